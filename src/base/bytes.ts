/** The one empty byte string: proto3's default, compared by length, never written to. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** Unsigned bytewise order, the only order etcd knows: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

let viewed = EMPTY;
let viewedBuffer = EMPTY.buffer;
let viewedAt = 0;

/**
 * bytes[start..end) in place, for the many views of one chunk: what a view is made of is asked once of each `bytes`. A third of
 * the time of `Buffer.subarray`, and two thirds of that of `Uint8Array.subarray`. The last `bytes` is remembered.
 */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes !== viewed) {
    viewedBuffer = bytes.buffer;
    viewedAt = bytes.byteOffset;
    // Last: if one of the two throws, `viewed` never names bytes whose memory is another's.
    viewed = bytes;
  }
  return new Uint8Array(viewedBuffer, viewedAt + start, end - start);
}

/** Joins pieces into one new array. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  return Buffer.concat(pieces);
}

/**
 * Keys live in memory as latin1 strings: one byte a character, compared natively in byte order, usable as Map keys.
 * Nothing is lost: char code and byte are the same number.
 */
export function keyString(bytes: Uint8Array): string {
  // The end of a range of one key, and half of all calls: not worth the way out of JavaScript.
  if (bytes.length === 0) return "";
  return Buffer.prototype.latin1Slice.call(bytes, 0, bytes.length);
}

/** The key at bytes[start..end). */
export function keyStringAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}

/** The bytes of a key made by `keyString`. */
export function keyBytes(key: string): Uint8Array {
  return Buffer.from(key, "latin1");
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

export function utf8String(bytes: Uint8Array): string {
  return Buffer.prototype.utf8Slice.call(bytes, 0, bytes.length);
}

/** The least key above every key that starts with `prefix`; "\0" (all keys from `prefix` on) when all bytes are 0xff. */
export function prefixEnd(prefix: string): string {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const code = prefix.charCodeAt(i);
    if (code < 0xff) return prefix.slice(0, i) + String.fromCharCode(code + 1);
  }
  return "\0";
}
