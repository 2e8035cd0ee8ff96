/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4): reflected polynomial 0x82f63b78, all ones in and out. etcd checks WAL
 * records and `.snap` files with it, and HashKV is one. Node has none built in (`zlib.crc32` is another polynomial).
 *
 * Sixteen tables let one step take sixteen bytes ("slicing"): table k gives what a byte does to the sum k bytes later.
 */
const TABLES = 16;
const table = new Int32Array(256 * TABLES);
for (let byte = 0; byte < 256; byte++) {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  table[byte] = sum;
}
for (let at = 256; at < table.length; at++) {
  const before = table[at - 256]!;
  table[at] = table[before & 0xff]! ^ (before >>> 8);
}

/**
 * The sum of `bytes[start..end)`, going on from `seed`: `crc32c(b, crc32c(a))` is the sum of a and b together.
 * Unsigned 32 bits; the sum of nothing is 0.
 */
export function crc32c(bytes: Uint8Array, seed = 0, start = 0, end = bytes.length): number {
  let sum = ~seed;
  let at = start;
  const t = table;
  for (const last = end - 16; at <= last; at += 16) {
    sum ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    sum =
      t[3840 | (sum & 0xff)]! ^
      t[3584 | ((sum >>> 8) & 0xff)]! ^
      t[3328 | ((sum >>> 16) & 0xff)]! ^
      t[3072 | (sum >>> 24)]! ^
      t[2816 | bytes[at + 4]!]! ^
      t[2560 | bytes[at + 5]!]! ^
      t[2304 | bytes[at + 6]!]! ^
      t[2048 | bytes[at + 7]!]! ^
      t[1792 | bytes[at + 8]!]! ^
      t[1536 | bytes[at + 9]!]! ^
      t[1280 | bytes[at + 10]!]! ^
      t[1024 | bytes[at + 11]!]! ^
      t[768 | bytes[at + 12]!]! ^
      t[512 | bytes[at + 13]!]! ^
      t[256 | bytes[at + 14]!]! ^
      t[bytes[at + 15]!]!;
  }
  for (; at < end; at++) sum = t[(sum ^ bytes[at]!) & 0xff]! ^ (sum >>> 8);
  return ~sum >>> 0;
}
