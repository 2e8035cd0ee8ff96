import type { HeaderBlock, HeaderList } from "./types.ts";

/** Encodes a header list once, for sending on any connection. */
export function prepareHeaders(_fields: HeaderList): HeaderBlock {
  throw new Error("not built");
}
