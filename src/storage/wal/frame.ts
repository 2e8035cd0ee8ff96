/**
 * The bytes of a record, and the writer of them. See README.md for the picture.
 *
 *     +-----------------+--------------------------------------+-----------+
 *     | length, LE u64  | walpb.Record                         | 0..7 x 00 |
 *     +-----------------+--------------------------------------+-----------+
 *                        08 type  10 crc  [1a length payload]
 *
 * The length counts the record alone; with padding its top byte is 0x80 | padding. `crc` is the running CRC-32C of all
 * payloads since the file's crc record, this one included.
 */
import { assert, crc32c, EMPTY } from "../../base/index.ts";
import { raftpb, walpb } from "../../wire/proto/index.ts";
import { type Entry, type HardState, RecordType, type WalSnapshot } from "./types.ts";

/** A record's frame starts with its length. */
export const FRAME_HEAD_BYTES = 8;

/** Room for everything of a record but its payload: frame head, type, crc, tag and length, padding. */
const OVERHEAD_BYTES = FRAME_HEAD_BYTES + 2 + 6 + 6 + 7;
/** Type (2), crc at its longest (1 + 5), tag of the payload (1); the payload's length comes on top. */
const BEFORE_LENGTH_BYTES = 9;

const FIRST_BYTES = 64 * 1024;
/** A buffer that grew beyond this for one batch is given back afterwards. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** A record that fails leaves the buffer, its length and the running sum as they were. */
const notOfItsSize = "wal: a record is not of the size that was computed";

/** Frames gathered for one write. The buffer is used again for the next. */
export class FrameBuffer {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;
  /** Running sum after the last record. */
  crc: number;
  /** The vote encoded last, with its tag: it stays the same for a whole term. */
  #vote = 0n;
  #voteField: Uint8Array = Uint8Array.of(0x10, 0);

  constructor(crc = 0) {
    this.crc = crc;
  }

  get length(): number {
    return this.#length;
  }

  /** What was gathered: a view, good until `clear`. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = new Uint8Array(FIRST_BYTES);
  }

  /** The record that starts a segment: the sum so far, no payload. */
  crcRecord(sum: number): void {
    this.crc = sum;
    this.record(RecordType.Crc, EMPTY);
  }

  /** A state goes with nearly every save, so it is encoded in place like an entry. All three fields, zero or not. */
  state(state: HardState): void {
    if (state.vote !== this.#vote) {
      // Field 2 of a state that has no other: what stands before it is the zero term.
      const encoded = raftpb.encodeHardState({ term: 0, vote: state.vote, commit: 0 });
      this.#voteField = encoded.slice(2, encoded.length - 2);
      // Only now: a vote that cannot be encoded must not pass for the one whose field is kept.
      this.#vote = state.vote;
    }
    const { term, commit } = state;
    const field = this.#voteField;
    const size = 2 + sizeOf(term) + field.length + sizeOf(commit);
    this.#reserve(OVERHEAD_BYTES + size);
    const bytes = this.#bytes;
    const start = this.#length;
    const payload = start + FRAME_HEAD_BYTES + BEFORE_LENGTH_BYTES + 1;
    let at = payload;
    bytes[at++] = 0x08;
    at = varint(bytes, at, term);
    for (let i = 0; i < field.length; i++) bytes[at++] = field[i]!;
    bytes[at++] = 0x18;
    at = varint(bytes, at, commit);
    assert(at === payload + size, notOfItsSize);
    this.#frame(RecordType.State, start, payload, size);
  }

  snapshot(snapshot: WalSnapshot): void {
    this.record(RecordType.Snapshot, walpb.encodeSnapshot(snapshot));
  }

  record(type: number, payload: Uint8Array): void {
    this.#reserve(OVERHEAD_BYTES + payload.length);
    const start = this.#length;
    const at = payload.length === 0 ? start : start + FRAME_HEAD_BYTES + BEFORE_LENGTH_BYTES + sizeOf(payload.length);
    this.#bytes.set(payload, at);
    this.#frame(type, start, at, payload.length);
  }

  /**
   * An entry, encoded straight into its place. The payload is put down where it belongs if the sum takes five bytes
   * as a varint, as 15 in 16 do; else it is moved down once the sum is known.
   */
  entry(entry: Entry): void {
    const { type, term, index, data } = entry;
    const dataLength = data.length;
    const size =
      (type === 0 ? 0 : 1 + sizeOf(type)) +
      (term === 0 ? 0 : 1 + sizeOf(term)) +
      (index === 0 ? 0 : 1 + sizeOf(index)) +
      (dataLength === 0 ? 0 : 1 + sizeOf(dataLength) + dataLength);
    this.#reserve(OVERHEAD_BYTES + size);
    const bytes = this.#bytes;
    const start = this.#length;
    const payload = size === 0 ? start : start + FRAME_HEAD_BYTES + BEFORE_LENGTH_BYTES + sizeOf(size);
    let at = payload;
    if (type !== 0) {
      bytes[at++] = 0x08;
      at = varint(bytes, at, type);
    }
    if (term !== 0) {
      bytes[at++] = 0x10;
      at = varint(bytes, at, term);
    }
    if (index !== 0) {
      bytes[at++] = 0x18;
      at = varint(bytes, at, index);
    }
    if (dataLength !== 0) {
      bytes[at++] = 0x22;
      at = varint(bytes, at, dataLength);
      bytes.set(data, at);
      at += dataLength;
    }
    assert(at === payload + size && dataLength >= 0, notOfItsSize);
    this.#frame(RecordType.Entry, start, payload, size);
  }

  /** Puts head, type, sum and padding around a payload that already lies at `payload`. */
  #frame(type: number, start: number, payload: number, size: number): void {
    const bytes = this.#bytes;
    const sum = size === 0 ? this.crc : crc32c(bytes, this.crc, payload, payload + size);
    this.crc = sum;
    let at = start + FRAME_HEAD_BYTES;
    bytes[at++] = 0x08;
    bytes[at++] = type;
    bytes[at++] = 0x10;
    at = varint(bytes, at, sum);
    if (size !== 0) {
      bytes[at++] = 0x1a;
      at = varint(bytes, at, size);
      if (at !== payload) bytes.copyWithin(at, payload, payload + size);
      at += size;
    }
    const length = at - start - FRAME_HEAD_BYTES;
    const padding = -length & 7;
    for (let i = 0; i < padding; i++) bytes[at++] = 0;
    bytes[start] = length;
    bytes[start + 1] = length >>> 8;
    bytes[start + 2] = length >>> 16;
    bytes[start + 3] = length >>> 24;
    bytes[start + 4] = 0;
    bytes[start + 5] = 0;
    bytes[start + 6] = 0;
    bytes[start + 7] = padding === 0 ? 0 : 0x80 | padding;
    this.#length = at;
  }

  #reserve(more: number): void {
    const need = this.#length + more;
    if (need <= this.#bytes.length) return;
    assert(Number.isSafeInteger(need), notOfItsSize);
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    grown.set(this.view());
    this.#bytes = grown;
  }
}

/** Bytes of a non-negative safe integer as a varint. */
function sizeOf(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  if (value < 0x8_0000_0000) return 5;
  if (value < 0x400_0000_0000) return 6;
  if (value < 0x2_0000_0000_0000) return 7;
  // Before a byte is written: NaN would be framed with a length that is not its own, and Infinity has no last byte.
  assert(value <= Number.MAX_SAFE_INTEGER, "wal: a counter is no safe integer");
  return 8;
}

function varint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest > 0x7fff_ffff) {
    bytes[next++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    bytes[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
}
