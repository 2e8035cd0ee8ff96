/**
 * Keys of bucket `key` (etcd's revision bytes):
 *
 *     | main: u64 BE | '_' 0x5f | sub: u64 BE |            17 bytes, a put
 *     | main: u64 BE | '_' 0x5f | sub: u64 BE | 't' 0x74 | 18 bytes, a tombstone
 */
export const revisionKeyBytes = 17;
export const tombstoneKeyBytes = 18;
const separator = 0x5f;
const tombstoneMark = 0x74;

/** The row key of a revision. */
export function revisionKey(main: number, sub: number, tombstone: boolean): Uint8Array {
  const key = Buffer.allocUnsafe(tombstone ? tombstoneKeyBytes : revisionKeyBytes);
  writeRevisionKey(key, 0, main, sub, tombstone);
  return key;
}

/**
 * As `revisionKey`, into `into` at `offset`; returns the bytes written.
 * @internal Speaks of Buffer: left out of the package's types.
 */
export function writeRevisionKey(into: Buffer, offset: number, main: number, sub: number, tombstone: boolean): number {
  const high = Math.floor(main / 0x1_0000_0000);
  into.writeUInt32BE(high, offset);
  into.writeUInt32BE(main >>> 0, offset + 4);
  into[offset + 8] = separator;
  into.writeUInt32BE(Math.floor(sub / 0x1_0000_0000), offset + 9);
  into.writeUInt32BE(sub >>> 0, offset + 13);
  if (!tombstone) return revisionKeyBytes;
  into[offset + 17] = tombstoneMark;
  return tombstoneKeyBytes;
}

/** Main revision of a row key, which starts at `at`. */
export function mainOf(key: Uint8Array, at = 0): number {
  return uint32(key, at) * 0x1_0000_0000 + uint32(key, at + 4);
}

/** Sub revision of a row key, which starts at `at`. */
export function subOf(key: Uint8Array, at = 0): number {
  return uint32(key, at + 9) * 0x1_0000_0000 + uint32(key, at + 13);
}

export function isTombstoneKey(key: Uint8Array): boolean {
  return key.length === tombstoneKeyBytes && key[17] === tombstoneMark;
}

/** Whether the bytes have the form of a revision, with or without the mark. */
export function isRevisionKey(key: Uint8Array): boolean {
  return isRevisionAt(key, 0, key.length);
}

/** The same of the `size` bytes from `at` on. */
export function isRevisionAt(bytes: Uint8Array, at: number, size: number): boolean {
  if (bytes[at + 8] !== separator) return false;
  return size === revisionKeyBytes || (size === tombstoneKeyBytes && bytes[at + 17] === tombstoneMark);
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
