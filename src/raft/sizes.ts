import type { Entry } from "./types.ts";

/** Bytes of `value` as a protobuf varint. */
export function varintSize(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest /= 128) bytes++;
  return bytes;
}

/** Bytes of one entry as etcd encodes it: what every size limit but the uncommitted one counts. */
export function entrySize(entry: Entry): number {
  const length = entry.data.length;
  return (
    2 +
    varintSize(entry.term) +
    varintSize(entry.index) +
    (entry.type === 0 ? 0 : 2) +
    (length === 0 ? 0 : 1 + varintSize(length) + length)
  );
}

/** The same for all of them together, without what stands between them in a message. */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entrySize(entries[i]!);
  return size;
}

/** Bytes of the payloads alone: what in-flight and uncommitted limits count. An empty entry weighs nothing. */
export function payloadsSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entries[i]!.data.length;
  return size;
}

/**
 * How many entries of [from, to) fit in `maxSize` together: always at least one of them, so that an entry above
 * the limit still travels, alone.
 */
export function countWithin(entries: readonly Entry[], from: number, to: number, maxSize: number): number {
  if (to - from <= 1 || maxSize === Number.POSITIVE_INFINITY) return to - from;
  let size = entrySize(entries[from]!);
  for (let i = from + 1; i < to; i++) {
    size += entrySize(entries[i]!);
    if (size > maxSize) return i - from;
  }
  return to - from;
}
