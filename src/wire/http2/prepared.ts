import { HpackEncoder } from "./hpack-encoder.ts";
import { ENTRY_OVERHEAD } from "./static-table.ts";
import type { HeaderBlock, HeaderList } from "./types.ts";

const stateless = new HpackEncoder(0);

/** What a list counts against SETTINGS_MAX_HEADER_LIST_SIZE. */
export function headerListSize(fields: HeaderList): number {
  let size = 0;
  for (const [name, value] of fields) size += name.length + value.length + ENTRY_OVERHEAD;
  return size;
}

/**
 * Encodes a header list once, for sending on any connection any number of times.
 *
 * ```ts
 * const head = prepareHeaders([[":status", "200"], ["content-type", "application/grpc"]]);
 * stream.sendHeaders(head, false);
 * ```
 */
export function prepareHeaders(fields: HeaderList): HeaderBlock {
  return { bytes: stateless.encode(fields).slice(), listSize: headerListSize(fields) };
}
