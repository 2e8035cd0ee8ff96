/**
 * Reads records across segments and tells the three ways a log can end.
 *
 * - A length of zero, or the end of the file before any byte of a length: the end of this segment (what was
 *   preallocated is zeros), the next one goes on.
 * - `TornTail`: a write that a crash cut short. A length that reaches past the end of the file, or, in the last segment
 *   only, a record that is wrong (checksum or protobuf) and has a 512-byte sector of nothing but zeros: disks write whole
 *   sectors, so what was never written shows as one. Not when the record is whole and only its length is wrong.
 * - `CrcMismatch` and `Malformed`: anything else that is wrong. That is damage, and nothing may repair it silently.
 *
 * Lengths, as etcd reads them: low 56 bits bytes of the record; padding in the low 3 bits of the top byte if its high
 * bit is set.
 */
import { crc32c, EMPTY } from "../../base/index.ts";
import { DecodeError, Reader, walpb } from "../../wire/proto/index.ts";
import { type Disk, type DiskFile, joinPath, SECTOR_BYTES } from "../disk/index.ts";
import { WalError } from "./errors.ts";
import { FRAME_HEAD_BYTES } from "./frame.ts";
import { RecordType } from "./types.ts";

/** Read at a time. Payloads are views of such a window, so an entry kept in memory keeps its window. */
const WINDOW_BYTES = 1 << 20;
/** The same where nothing is kept: one window, small enough for the processor's cache. */
const PASSING_WINDOW_BYTES = 1 << 18;

/** Tags of a record's fields, and the room that they and their numbers take at most before the payload begins. */
const TYPE_TAG = 0x08;
const CRC_TAG = 0x10;
const DATA_TAG = 0x1a;
const RECORD_HEAD_BYTES_MAX = 32;

/** One record as it lies in the log. */
export interface LogRecord {
  readonly type: number;
  readonly crc: number;
  /** A view of bytes nobody else writes: may be kept, unless the decoder passes over entries. */
  readonly data: Uint8Array;
  /** Where its frame starts. */
  readonly path: string;
  readonly offset: number;
}

/** One segment, open for reading. Whoever gives it closes it. */
export interface SegmentSource {
  readonly path: string;
  readonly file: DiskFile;
}

export class RecordDecoder {
  readonly #sources: readonly SegmentSource[];
  #at = -1;
  #path = "";
  #file: DiskFile | undefined;
  #size = 0;
  /** End of the last good record in the segment being read; after the end of the log, in the last one. */
  #offset = 0;
  /** Bytes of the segment from `#windowStart` on. */
  #window: Uint8Array = EMPTY;
  #windowStart = 0;
  /** Running sum of payloads. */
  crc = 0;
  readonly #passEntries: boolean;
  /** With `#passEntries`: what each window is read into. */
  #buffer: Uint8Array = EMPTY;
  /** What `#parse` found; the payload by its place in the window. */
  #type = 0;
  #sum = 0;
  #dataStart = 0;
  #dataEnd = 0;

  /**
   * `passEntries`: entries are checked as everything is and not handed out, for a look at the other records. What those
   * hold is good only until the next is asked for.
   */
  constructor(sources: readonly SegmentSource[], passEntries = false) {
    this.#sources = sources;
    this.#passEntries = passEntries;
    this.#nextSegment();
  }

  /** End of the last good record, in the segment being read. */
  get offset(): number {
    return this.#offset;
  }

  /** The next record, or undefined at the end of the log. Throws `WalError`. */
  next(): LogRecord | undefined {
    for (;;) {
      if (this.#file === undefined) return undefined;
      const offset = this.#offset;
      const headBytes = this.#fetch(offset, FRAME_HEAD_BYTES);
      if (headBytes > 0 && headBytes < FRAME_HEAD_BYTES) throw this.#torn("the file ends inside a length");
      const low = headBytes === 0 ? 0 : uint32(this.#window, offset - this.#windowStart);
      const high = headBytes === 0 ? 0 : uint32(this.#window, offset - this.#windowStart + 4);
      if (low === 0 && high === 0) {
        if (!this.#nextSegment()) return undefined;
        continue;
      }
      const length = (high & 0x00ff_ffff) * 0x1_0000_0000 + low;
      const padding = high >= 0x8000_0000 ? (high >>> 24) & 7 : 0;
      // A length lies within one sector, so that no torn write leaves half of it.
      if (padding !== (-length & 7)) throw this.#error("Malformed", `wal: length ${length} with padding ${padding}`);
      if (offset + FRAME_HEAD_BYTES + length + padding > this.#size) {
        if (this.#wholeUnder(length))
          throw this.#error("Malformed", `wal: length ${length} of a record that is shorter`);
        throw this.#torn(`a record of ${length} bytes reaches past the end of the file`);
      }
      const bytes = this.#fetch(offset + FRAME_HEAD_BYTES, length + padding);
      if (bytes < length + padding) throw this.#torn("the file ends inside a record");
      const start = offset + FRAME_HEAD_BYTES - this.#windowStart;
      const record = this.#parse(start, length) ? undefined : this.#decode(this.#view(start, bytes), length);
      const type = record?.type ?? this.#type;
      const crc = record?.crc ?? this.#sum;
      if (type !== RecordType.Crc) {
        const sum =
          record === undefined
            ? crc32c(this.#window, this.crc, this.#dataStart, this.#dataEnd)
            : crc32c(record.data, this.crc);
        if (sum !== crc) {
          if (this.#looksTorn(this.#view(start, bytes), length))
            throw this.#torn("the last record was written in part");
          throw this.#error(
            "CrcMismatch",
            `walpb: crc mismatch: expected: ${crc.toString(16)} computed: ${sum.toString(16)}`,
          );
        }
        this.crc = sum;
      }
      this.#offset = offset + FRAME_HEAD_BYTES + length + padding;
      if (this.#passEntries && type === RecordType.Entry) continue;
      const data = record?.data ?? this.#window.subarray(this.#dataStart, this.#dataEnd);
      return { type, crc, data, path: this.#path, offset };
    }
  }

  /**
   * Reads a record in place if it has the form in which all are written: type, crc, then payload or nothing. Any other that
   * protobuf allows is read by `#decode`.
   */
  #parse(start: number, length: number): boolean {
    const window = this.#window;
    const end = start + length;
    if (length < 4 || window[start] !== TYPE_TAG || window[start + 2] !== CRC_TAG) return false;
    const type = window[start + 1]!;
    if (type >= 0x80) return false;
    let at = start + 3;
    let sum = 0;
    for (let shift = 0; ; shift += 7) {
      if (at === end || shift > 28) return false;
      const byte = window[at++]!;
      if (shift === 28 && byte > 0x0f) return false;
      sum |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    let dataStart = end;
    if (at < end) {
      if (window[at++] !== DATA_TAG) return false;
      let bytes = 0;
      for (let shift = 0; ; shift += 7) {
        if (at === end || shift > 21) return false;
        const byte = window[at++]!;
        bytes |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      if (at + bytes !== end) return false;
      dataStart = at;
    }
    this.#type = type;
    this.#sum = sum >>> 0;
    this.#dataStart = dataStart;
    this.#dataEnd = end;
    return true;
  }

  /**
   * Takes over the sum that a crc record carries. At the start of a log there is none to compare with; else it must be
   * the one we have, or the segments do not belong together.
   */
  chain(record: LogRecord): void {
    if (this.crc !== 0 && record.crc !== this.crc) {
      throw new WalError(
        "CrcMismatch",
        `walpb: crc mismatch: expected: ${record.crc.toString(16)} computed: ${this.crc.toString(16)}`,
        record.path,
        record.offset,
      );
    }
    this.crc = record.crc;
  }

  #decode(whole: Uint8Array, length: number): walpb.Record {
    try {
      return walpb.decodeRecord(whole.subarray(0, length));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      if (this.#looksTorn(whole, length)) throw this.#torn("the last record was written in part");
      throw this.#error("Malformed", `wal: not a record: ${error.message}`);
    }
  }

  /** A whole record under a wrong length is damage: taken for a torn write, it would be cut off although it was acknowledged. */
  #wholeUnder(length: number): boolean {
    const from = this.#offset + FRAME_HEAD_BYTES;
    const head = this.#peek(from, Math.min(this.#size - from, RECORD_HEAD_BYTES_MAX));
    try {
      const reader = new Reader(head);
      let crc = 0;
      let bytes = 0;
      for (let tag = reader.tag(); ; tag = reader.tag()) {
        if (tag === TYPE_TAG) reader.uint64();
        else if (tag === CRC_TAG) crc = reader.uint64();
        else if (tag === DATA_TAG) {
          bytes = reader.uint64();
          break;
        } else return false;
      }
      const payload = from + reader.pos;
      if (payload + bytes > this.#size || payload + bytes - from === length) return false;
      return crc32c(this.#peek(payload, bytes), this.crc) === crc;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }

  /** Whether a broken record of the last segment has a sector that was never written. `whole` starts after its length. */
  #looksTorn(record: Uint8Array, length: number): boolean {
    // A copy: a look further on may read another window over it.
    const whole = record.slice();
    if (this.#at !== this.#sources.length - 1 || this.#wholeUnder(length)) return false;
    const from = this.#offset + FRAME_HEAD_BYTES;
    for (let at = 0; at < whole.length; ) {
      const end = Math.min(whole.length, at + SECTOR_BYTES - ((from + at) % SECTOR_BYTES));
      let zero = true;
      for (let i = at; i < end && zero; i++) zero = whole[i] === 0;
      if (zero) return true;
      at = end;
    }
    return false;
  }

  #nextSegment(): boolean {
    if (this.#at >= this.#sources.length - 1) {
      this.#file = undefined;
      return false;
    }
    this.#at++;
    const { path, file } = this.#sources[this.#at]!;
    this.#path = path;
    this.#file = file;
    this.#size = file.size();
    this.#offset = 0;
    this.#window = EMPTY;
    this.#windowStart = 0;
    return true;
  }

  /** `length` bytes from `offset` of the segment, fewer at its end. */
  #peek(offset: number, length: number): Uint8Array {
    const bytes = this.#fetch(offset, length);
    return this.#view(offset - this.#windowStart, bytes);
  }

  /** Sees to it that the window holds `length` bytes from `offset` of the segment, and says how many it does: fewer at the end. */
  #fetch(offset: number, length: number): number {
    const start = offset - this.#windowStart;
    if (start + length <= this.#window.length) return length;
    if (this.#windowStart + this.#window.length >= this.#size) return Math.max(0, this.#window.length - start);
    const wanted = this.#passEntries ? PASSING_WINDOW_BYTES : WINDOW_BYTES;
    const window = this.#room(Math.min(this.#size - offset, Math.max(length, wanted)));
    const got = this.#file!.readSync(window, offset);
    this.#window = got === window.length ? window : window.subarray(0, got);
    this.#windowStart = offset;
    return Math.min(length, got);
  }

  #room(bytes: number): Uint8Array {
    if (!this.#passEntries) return new Uint8Array(bytes);
    if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes);
    return this.#buffer.subarray(0, bytes);
  }

  #view(start: number, bytes: number): Uint8Array {
    return this.#window.subarray(start, start + bytes);
  }

  #torn(what: string): WalError {
    return this.#error("TornTail", `wal: unexpected EOF: ${what}`);
  }

  #error(code: "TornTail" | "CrcMismatch" | "Malformed", message: string): WalError {
    return new WalError(code, message, this.#path, this.#offset);
  }
}

/** Opens the named segments, runs `use`, closes them again. */
export function withSegments<T>(
  disk: Disk,
  dir: string,
  names: readonly { readonly name: string }[],
  use: (sources: SegmentSource[]) => T,
): T {
  const sources: SegmentSource[] = [];
  try {
    for (const { name } of names) {
      const path = joinPath(dir, name);
      sources.push({ path, file: disk.open(path, "read") });
    }
    return use(sources);
  } finally {
    for (const { file } of sources) file.close();
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
