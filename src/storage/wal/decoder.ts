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

/** Tags of a record's fields, and the room that they and their numbers take at most before the payload begins. */
const TYPE_TAG = 0x08;
const CRC_TAG = 0x10;
const DATA_TAG = 0x1a;
const RECORD_HEAD_BYTES_MAX = 32;

/** One record as it lies in the log. */
export interface LogRecord {
  readonly type: number;
  readonly crc: number;
  /** A view of bytes nobody else writes: may be kept. */
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

  constructor(sources: readonly SegmentSource[]) {
    this.#sources = sources;
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
      const head = this.#peek(offset, FRAME_HEAD_BYTES);
      if (head.length > 0 && head.length < FRAME_HEAD_BYTES) throw this.#torn("the file ends inside a length");
      const low = head.length === 0 ? 0 : uint32(head, 0);
      const high = head.length === 0 ? 0 : uint32(head, 4);
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
      const whole = this.#peek(offset + FRAME_HEAD_BYTES, length + padding);
      if (whole.length < length + padding) throw this.#torn("the file ends inside a record");
      const record = this.#decode(whole, length);
      if (record.type !== RecordType.Crc) {
        const sum = crc32c(record.data, this.crc);
        if (sum !== record.crc) {
          if (this.#looksTorn(whole, length)) throw this.#torn("the last record was written in part");
          throw this.#error(
            "CrcMismatch",
            `walpb: crc mismatch: expected: ${record.crc.toString(16)} computed: ${sum.toString(16)}`,
          );
        }
        this.crc = sum;
      }
      this.#offset = offset + FRAME_HEAD_BYTES + length + padding;
      return { type: record.type, crc: record.crc, data: record.data, path: this.#path, offset };
    }
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
  #looksTorn(whole: Uint8Array, length: number): boolean {
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
    let start = offset - this.#windowStart;
    if (start + length > this.#window.length && this.#windowStart + this.#window.length < this.#size) {
      const window = new Uint8Array(Math.min(this.#size - offset, Math.max(length, WINDOW_BYTES)));
      const got = this.#file!.readSync(window, offset);
      this.#window = got === window.length ? window : window.subarray(0, got);
      this.#windowStart = offset;
      start = 0;
    }
    return this.#window.subarray(start, start + length);
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
