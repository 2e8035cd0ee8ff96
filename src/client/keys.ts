import { isBytes, keyBytes, keyString, prefixEnd, utf8, utf8String } from "../base/index.ts";
import { kv } from "../wire/proto/index.ts";

/**
 * Keys and values: bytes, or text that is sent as UTF-8. Text with half of a surrogate pair has no UTF-8 form and is refused.
 *
 * @example
 * await client.put("text", Uint8Array.of(0, 255));
 */
export type Bytes = string | Uint8Array;

/**
 * A key, or a set of keys.
 *
 * @example
 * await client.range({ prefix: "jobs/" });
 * await client.range({ start: "a", end: "b" });
 * await client.range({ from: "jobs/7" });
 */
export type KeyRange =
  | Bytes
  /** All keys that start with this. */
  | { readonly prefix: Bytes }
  /** All keys from this one on. */
  | { readonly from: Bytes }
  /** Keys from `start` up to and without `end`. */
  | { readonly start: Bytes; readonly end: Bytes };

/** Text as UTF-8, bytes as they are. */
export function toBytes(value: Bytes): Uint8Array {
  return typeof value === "string" ? utf8(value) : value;
}

/** Key and range end as etcd's requests want them. */
export function toRange(range: KeyRange): { key: Uint8Array; rangeEnd: Uint8Array } {
  if (typeof range === "string" || isBytes(range)) return { key: toBytes(range), rangeEnd: utf8("") };
  if ("prefix" in range) {
    const prefix = toBytes(range.prefix);
    // The empty prefix means every key; "\0" is the lowest one.
    if (prefix.length === 0) return { key: lowest, rangeEnd: lowest };
    return { key: prefix, rangeEnd: keyBytes(prefixEnd(keyString(prefix))) };
  }
  if ("from" in range) {
    const from = toBytes(range.from);
    return { key: from.length === 0 ? lowest : from, rangeEnd: lowest };
  }
  return { key: toBytes(range.start), rangeEnd: toBytes(range.end) };
}

const lowest = Uint8Array.of(0);

/**
 * One key with its value and history.
 *
 * @example
 * const kv = await client.get("config");
 * console.log(kv?.keyText, kv?.text, kv?.modRevision);
 */
export class KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Revision of the put that made the key. */
  readonly createRevision: number;
  /** Revision of its last change. */
  readonly modRevision: number;
  /** Changes since it was made; the first is 1. */
  readonly version: number;
  /** Lease that keeps it alive; 0n for none. */
  readonly lease: bigint;

  /** `strip`: bytes of a namespace's prefix to leave out of the key. */
  constructor(encoded: Uint8Array, strip = 0) {
    const decoded = kv.decodeKeyValue(encoded);
    this.key = strip === 0 ? decoded.key : decoded.key.subarray(strip);
    this.value = decoded.value;
    this.createRevision = decoded.createRevision;
    this.modRevision = decoded.modRevision;
    this.version = decoded.version;
    this.lease = decoded.lease;
  }

  /** The key as UTF-8 text. */
  get keyText(): string {
    return utf8String(this.key);
  }

  /** The value as UTF-8 text. */
  get text(): string {
    return utf8String(this.value);
  }

  /** The value parsed as JSON. */
  json<T = unknown>(): T {
    return JSON.parse(this.text) as T;
  }
}
