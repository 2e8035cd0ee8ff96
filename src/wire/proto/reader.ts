import { EMPTY } from "../../base/index.ts";
import { DecodeError } from "./error.ts";

/**
 * How deep messages may nest to be read by recursion. Go's protobuf allows 10000, C++ and Java 100. etcd itself refuses a transaction nested
 * deeper than its limit of operations (128 unless set otherwise), each level being two messages; this bound lies above that and well inside the
 * stack. What a client sends deeper than this is looked at without recursion, see `api/rpc/deep-txn.ts`.
 */
export const DEPTH_MAX = 1000;

const GROUPS_MAX = 10_000;

const wide = new BigUint64Array(1);
const wideSigned = new BigInt64Array(wide.buffer);
const halves = new Uint32Array(wide.buffer);
/** Where the low half of a 64-bit word lies: 0 on little-endian machines. */
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function truncated(): never {
  throw new DecodeError("Truncated", "unexpected end of message");
}

/** A cursor over the bytes of one message. `pos` never passes `bytes.length`; ends of nested messages are held by the caller. */
export class Reader {
  readonly bytes: Uint8Array;
  pos = 0;
  /** Halves of the varint read last by `long`. */
  #lo = 0;
  #hi = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Reads a field's tag: number << 3 | wire type, as unsigned 32 bits. */
  tag(): number {
    const first = this.bytes[this.pos]!;
    if (first < 128) {
      if (first < 8) throw new DecodeError("Tag", "field number 0");
      this.pos++;
      return first;
    }
    this.#long();
    if (this.#hi !== 0 || this.#lo < 8) throw new DecodeError("Tag", "field number out of range");
    return this.#lo;
  }

  /** Reads a varint of up to 64 bits into `lo` and `hi`. */
  #long(): void {
    const { bytes } = this;
    let pos = this.pos;
    const stop = Math.min(bytes.length, pos + 10);
    let lo = 0;
    let hi = 0;
    for (let shift = 0; pos < stop; shift += 7) {
      const byte = bytes[pos++]!;
      const part = byte & 0x7f;
      if (shift < 28) lo |= part << shift;
      else if (shift === 28) {
        lo |= part << 28;
        hi = part >>> 4;
      } else hi |= part << (shift - 32);
      if (byte < 128) {
        if (shift === 63 && byte > 1) throw new DecodeError("Varint", "varint overflows 64 bits");
        this.pos = pos;
        this.#lo = lo >>> 0;
        this.#hi = hi >>> 0;
        return;
      }
    }
    if (pos === bytes.length) truncated();
    throw new DecodeError("Varint", "varint of more than ten bytes");
  }

  /** A varint of up to four bytes, or -1 with nothing read. */
  #short(): number {
    const { bytes, pos } = this;
    if (pos >= bytes.length) truncated();
    const a = bytes[pos]!;
    if (a < 128) {
      this.pos = pos + 1;
      return a;
    }
    if (pos + 3 >= bytes.length) return -1;
    const b = bytes[pos + 1]!;
    if (b < 128) {
      this.pos = pos + 2;
      return (a & 0x7f) | (b << 7);
    }
    const c = bytes[pos + 2]!;
    if (c < 128) {
      this.pos = pos + 3;
      return (a & 0x7f) | ((b & 0x7f) << 7) | (c << 14);
    }
    const d = bytes[pos + 3]!;
    if (d < 128) {
      this.pos = pos + 4;
      return (a & 0x7f) | ((b & 0x7f) << 7) | ((c & 0x7f) << 14) | (d << 21);
    }
    return -1;
  }

  /** Unsigned 64 bits as a number: exact up to 2^53, the nearest double above. */
  uint64(): number {
    const short = this.#short();
    if (short >= 0) return short;
    this.#long();
    return this.#hi * 0x1_0000_0000 + this.#lo;
  }

  /** Signed 64 bits as a number: exact within ±2^53, the nearest double outside. */
  int64(): number {
    const short = this.#short();
    if (short >= 0) return short;
    this.#long();
    if (this.#hi < 0x8000_0000) return this.#hi * 0x1_0000_0000 + this.#lo;
    // Two's complement: -(~v + 1). The 1 joins the lower half, which stays exact: only the last sum may round.
    return -((~this.#hi >>> 0) * 0x1_0000_0000 + ((~this.#lo >>> 0) + 1));
  }

  /** Unsigned 64 bits that must be a safe integer. */
  safeUint64(): number {
    const value = this.uint64();
    if (value > Number.MAX_SAFE_INTEGER) throw new DecodeError("Range", "counter above 2^53 - 1");
    return value;
  }

  /** Signed 64 bits that must be a safe integer. */
  safeInt64(): number {
    const value = this.int64();
    if (!Number.isSafeInteger(value)) throw new DecodeError("Range", "counter outside ±(2^53 - 1)");
    return value;
  }

  uint64Id(): bigint {
    const { bytes, pos } = this;
    if (pos >= bytes.length) truncated();
    const a = bytes[pos]!;
    if (a === 0) {
      this.pos = pos + 1;
      return 0n;
    }
    this.#long();
    halves[LOW] = this.#lo;
    halves[HIGH] = this.#hi;
    return wide[0]!;
  }

  int64Id(): bigint {
    const { bytes, pos } = this;
    if (pos >= bytes.length) truncated();
    const a = bytes[pos]!;
    if (a === 0) {
      this.pos = pos + 1;
      return 0n;
    }
    this.#long();
    halves[LOW] = this.#lo;
    halves[HIGH] = this.#hi;
    return wideSigned[0]!;
  }

  /** Unsigned 32 bits; what stands above them is cut off, as protobuf says. */
  uint32(): number {
    const { bytes, pos } = this;
    if (pos >= bytes.length) truncated();
    const a = bytes[pos]!;
    if (a < 128) {
      this.pos = pos + 1;
      return a;
    }
    this.#long();
    return this.#lo;
  }

  /** Signed 32 bits: enums. */
  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    const { bytes, pos } = this;
    if (pos >= bytes.length) truncated();
    const a = bytes[pos]!;
    if (a < 128) {
      this.pos = pos + 1;
      return a !== 0;
    }
    this.#long();
    return this.#lo !== 0 || this.#hi !== 0;
  }

  /** Reads a length and returns where that many bytes end, never past `end`. */
  sub(end: number): number {
    const length = this.uint64();
    const until = this.pos + length;
    if (until > end) truncated();
    return until;
  }

  /** A length-delimited field as a view of the input: nothing is copied, and the input lives as long as the view. */
  view(end: number): Uint8Array {
    const until = this.sub(end);
    const { bytes, pos } = this;
    if (until === pos) return EMPTY;
    this.pos = until;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + pos, until - pos);
  }

  /** A proto3 string; refused unless it is UTF-8. */
  string(end: number): string {
    return this.#text(end, true);
  }

  /** A proto2 string: not checked, broken sequences read as U+FFFD. */
  looseString(end: number): string {
    return this.#text(end, false);
  }

  #text(end: number, strict: boolean): string {
    const until = this.sub(end);
    const { bytes, pos } = this;
    if (until === pos) return "";
    this.pos = until;
    let ascii = true;
    for (let i = pos; i < until; i++) {
      if (bytes[i]! >= 128) {
        ascii = false;
        break;
      }
    }
    if (ascii) return Buffer.prototype.latin1Slice.call(bytes, pos, until);
    if (!strict) return Buffer.prototype.utf8Slice.call(bytes, pos, until);
    try {
      return strictUtf8.decode(bytes.subarray(pos, until));
    } catch {
      throw new DecodeError("Utf8", "string field contains invalid UTF-8");
    }
  }

  /** Passes over a field that the message does not know, groups included. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case 0:
        this.#long();
        return;
      case 1:
        this.#advance(8, end);
        return;
      case 2:
        this.pos = this.sub(end);
        return;
      case 3:
        this.#skipGroup(tag >>> 3, end);
        return;
      case 4:
        throw new DecodeError("Group", "end of a group that never began");
      case 5:
        this.#advance(4, end);
        return;
      default:
        throw new DecodeError("Tag", "wire type that does not exist");
    }
  }

  #advance(count: number, end: number): void {
    if (this.pos + count > end) truncated();
    this.pos += count;
  }

  /** Groups in groups are counted, not recursed into: 10001 of them are as many as Go's protobuf takes. */
  #skipGroup(number: number, end: number): void {
    const open = [number];
    while (open.length > 0) {
      if (this.pos >= end) truncated();
      const tag = this.tag();
      if ((tag & 7) === 3) {
        if (open.length > GROUPS_MAX) throw new DecodeError("Group", "groups nested too deeply");
        open.push(tag >>> 3);
      } else if ((tag & 7) === 4) {
        if (tag >>> 3 !== open.pop()) throw new DecodeError("Group", "group ends under another number");
      } else this.skip(tag, end);
    }
  }

  /** Called where a message ends: a field must not have run past it. */
  done(end: number): void {
    if (this.pos !== end) truncated();
  }
}

export function tooDeep(): never {
  throw new DecodeError("Depth", `messages nested deeper than ${DEPTH_MAX}`);
}

/** A kept message that came in several parts: protobuf merges messages exactly as their bytes are joined. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
