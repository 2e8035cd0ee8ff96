/**
 * The little of ASN.1's distinguished encoding that certificates and revocation lists need:
 *
 *     tag (1 byte)   length (1 byte below 128; else 80 + n, then n bytes)   content
 */

export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectId: 0x06,
  Utf8String: 0x0c,
  PrintableString: 0x13,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  Sequence: 0x30,
  Set: 0x31,
} as const;

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Where the next value starts. */
  readonly end: number;
}

/** The value at `offset`. Throws RangeError when the bytes end too soon. */
export function readDer(bytes: Uint8Array, offset = 0): DerValue {
  const tag = bytes[offset];
  let length = bytes[offset + 1];
  if (tag === undefined || length === undefined) throw new RangeError("DER: value ends too soon");
  let start = offset + 2;
  if (length >= 0x80) {
    const size = length - 0x80;
    if (size === 0 || size > 4) throw new RangeError("DER: length of unknown form");
    length = 0;
    for (let i = 0; i < size; i++) {
      const byte = bytes[start++];
      if (byte === undefined) throw new RangeError("DER: value ends too soon");
      length = length * 256 + byte;
    }
  }
  const end = start + length;
  if (end > bytes.length) throw new RangeError("DER: value ends too soon");
  return { tag, content: bytes.subarray(start, end), end };
}

/** All values of a content, one after the other. */
export function readDerAll(content: Uint8Array): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < content.length; ) {
    const value = readDer(content, at);
    values.push(value);
    at = value.end;
  }
  return values;
}

export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  const head = [tag];
  if (length < 0x80) head.push(length);
  else {
    const bytes: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    head.push(0x80 + bytes.length, ...bytes);
  }
  return Buffer.concat([Uint8Array.from(head), ...content]);
}

/** From dots: `2.5.4.10`. */
export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const group = [part % 128];
    for (let more = Math.floor(part / 128); more > 0; more = Math.floor(more / 128)) group.unshift(0x80 + (more % 128));
    bytes.push(...group);
  }
  return der(Tag.ObjectId, Uint8Array.from(bytes));
}

/** An unsigned number of any size, big-endian. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const lean = bytes.subarray(start);
  return der(Tag.Integer, ...(lean[0]! >= 0x80 ? [Uint8Array.of(0)] : []), lean);
}
