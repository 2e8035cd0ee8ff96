/** Reading a log without touching it: what `open` builds on, and what tools and the start of a member need. */
import { equalBytes } from "../../base/index.ts";
import { DecodeError, raftpb, walpb } from "../../wire/proto/index.ts";
import type { Disk } from "../disk/index.ts";
import { type LogRecord, RecordDecoder, withSegments } from "./decoder.ts";
import { isWalError, WalError } from "./errors.ts";
import { listSegments, selectSegments } from "./names.ts";
import { type Entry, type HardState, RecordType, type WalContent, type WalSnapshot, type WalStart } from "./types.ts";

/** Gathers the content of a log, record by record. */
export class ContentReader {
  readonly #start: WalStart;
  readonly #entries: Entry[] = [];
  #metadata: Uint8Array | undefined;
  #hardState: HardState = raftpb.createHardState();
  #matched = false;
  #received = false;
  /** Term of the entry at the snapshot's own index, as the log has it so far. */
  #termAtStart: number | undefined;
  /** Index of the last entry record, whatever came of it. */
  lastIndex = 0;

  constructor(start: WalStart) {
    this.#start = start;
  }

  take(record: LogRecord, decoder: RecordDecoder): void {
    switch (record.type) {
      case RecordType.Entry:
        this.#entry(record);
        break;
      case RecordType.State:
        this.#hardState = decodeState(record);
        break;
      case RecordType.Metadata:
        this.#metadata = sameMetadata(this.#metadata, record);
        break;
      case RecordType.Crc:
        decoder.chain(record);
        break;
      case RecordType.Snapshot:
        this.#snapshot(record);
        break;
      default:
        throw unexpectedType(record);
    }
  }

  /**
   * The record of the snapshot we start from. A snapshot of our own log stands for the very entry it was taken at, and what
   * follows that entry stays. Any other came from the leader and took the place of the whole log: entries
   * behind its index that were there before are not ours any more (etcd brings them back).
   */
  #snapshot(record: LogRecord): void {
    if (!matches(decodeSnapshot(record), this.#start, record)) return;
    const { index, term } = this.#start;
    if (!this.#matched && index > 0 && this.#termAtStart !== term) {
      this.#received = true;
      this.#entries.length = 0;
    }
    this.#matched = true;
  }

  /** Everything read; throws `SnapshotNotFound` if the snapshot it starts from never came. */
  finish(dir: string): WalContent {
    if (!this.#matched) throw snapshotNotFound(this.#start, dir);
    return {
      metadata: this.#metadata ?? new Uint8Array(0),
      hardState: this.#hardState,
      entries: this.#entries,
      received: this.#received,
    };
  }

  #entry(record: LogRecord): void {
    const entry = decode(record, raftpb.decodeEntry);
    const { index, term } = this.#start;
    this.lastIndex = entry.index;
    if (entry.index <= index) {
      // Whatever stood behind this entry was overwritten with it, what lies behind the snapshot included. etcd keeps that, and
      // a member could come back with entries of an older term than its snapshot.
      this.#entries.length = 0;
      this.#termAtStart = entry.index === index ? entry.term : undefined;
      return;
    }
    const offset = entry.index - index - 1;
    if (offset > this.#entries.length) {
      throw new WalError(
        "SliceOutOfRange",
        `wal: slice bounds out of range, snapshot[Index: ${index}, Term: ${term}], current entry[Index: ${entry.index}, Term: ${entry.term}], len(ents): ${this.#entries.length}`,
        record.path,
        record.offset,
      );
    }
    // A later leader may have overwritten what was never committed: its entry ends the list anew.
    this.#entries.length = offset;
    this.#entries.push(entry);
  }
}

/**
 * What a log holds from `start` on, by reading alone. The last record may be torn: reading stops before it, as a member
 * may be writing right now.
 */
export function readWal(disk: Disk, dir: string, start: WalStart): WalContent {
  const segments = selectSegments(listSegments(disk, dir), start.index, dir);
  return withSegments(disk, dir, segments, (sources) => {
    const decoder = new RecordDecoder(sources);
    const reader = new ContentReader(start);
    untilTorn(decoder, (record) => reader.take(record, decoder));
    return reader.finish(dir);
  });
}

/**
 * Reads through a log from `start` and checks it without keeping anything; gives the last hard state. A torn tail is
 * fine, as in `readWal`; entries are not looked into.
 */
export function verifyWal(disk: Disk, dir: string, start: WalStart): HardState {
  const segments = selectSegments(listSegments(disk, dir), start.index, dir);
  return withSegments(disk, dir, segments, (sources) => {
    const decoder = new RecordDecoder(sources, true);
    let metadata: Uint8Array | undefined;
    let state: HardState = raftpb.createHardState();
    let matched = false;
    untilTorn(decoder, (record) => {
      if (record.type === RecordType.Metadata) metadata = sameMetadata(metadata, record);
      else if (record.type === RecordType.Crc) decoder.chain(record);
      else if (record.type === RecordType.State) state = decodeState(record);
      else if (record.type === RecordType.Snapshot) matched = matches(decodeSnapshot(record), start, record) || matched;
      else throw unexpectedType(record);
    });
    if (!matched) throw snapshotNotFound(start, dir);
    return state;
  });
}

/**
 * The snapshots a member may start from: all snapshot records, oldest first, that are not past the last commit index
 * written, and that reading from them would meet. A record may be newer than that, since it is written before the state that commits
 * it. When the process ends in between, the log goes on below its index, and once it has reached that in another segment, the
 * record stands before all that is read (etcd then finds no snapshot, and does not start).
 */
export function validSnapshotEntries(disk: Disk, dir: string): WalSnapshot[] {
  const segments = listSegments(disk, dir);
  return withSegments(disk, dir, segments, (sources) => {
    const decoder = new RecordDecoder(sources, true);
    const found: { readonly snapshot: WalSnapshot; readonly path: string }[] = [];
    let commit = 0;
    untilTorn(decoder, (record) => {
      if (record.type === RecordType.Snapshot) found.push({ snapshot: decodeSnapshot(record), path: record.path });
      else if (record.type === RecordType.State) commit = decodeState(record).commit;
      else if (record.type === RecordType.Crc) decoder.chain(record);
    });
    const isMet = (index: number, path: string): boolean =>
      sources.findIndex((source) => source.path === path) >=
      segments.findLastIndex((segment) => segment.index <= index);
    return found
      .filter(({ snapshot: { index }, path }) => index <= commit && isMet(index, path))
      .map(({ snapshot }) => snapshot);
  });
}

/** Every record of the log in order, for tools. Stops at the end of the log; throws `WalError` at damage and torn tails. */
export function visitRecords(disk: Disk, dir: string, visit: (record: LogRecord) => void): void {
  withSegments(disk, dir, listSegments(disk, dir), (sources) => {
    const decoder = new RecordDecoder(sources);
    for (let record = decoder.next(); record !== undefined; record = decoder.next()) {
      if (record.type === RecordType.Crc) decoder.chain(record);
      visit(record);
    }
  });
}

function untilTorn(decoder: RecordDecoder, take: (record: LogRecord) => void): void {
  for (;;) {
    let record: LogRecord | undefined;
    try {
      record = decoder.next();
    } catch (error) {
      if (isWalError(error, "TornTail")) return;
      throw error;
    }
    if (record === undefined) return;
    take(record);
  }
}

/**
 * The checksum covers a record's payload but not its type, so a bit turned over in the type could make an entry pass for
 * a state. A state has three fields and no others; a payload with more is refused (etcd would read past it).
 */
function decodeState(record: LogRecord): HardState {
  const state = decode(record, raftpb.decodeHardState);
  const { data } = record;
  // Fields 1 to 3 as varints have the tags 0x08, 0x10, 0x18; each varint ends at its first byte below 0x80.
  for (let at = 0; at < data.length; ) {
    const tag = data[at]!;
    if (tag !== 0x08 && tag !== 0x10 && tag !== 0x18) {
      throw new WalError("Malformed", `wal: a hard state with field ${tag >> 3}`, record.path, record.offset);
    }
    at++;
    while (at < data.length && data[at]! >= 0x80) at++;
    at++;
  }
  return state;
}

function decodeSnapshot(record: LogRecord): WalSnapshot {
  return decode(record, walpb.decodeSnapshot);
}

function decode<T>(record: LogRecord, decoder: (bytes: Uint8Array) => T): T {
  try {
    return decoder(record.data);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new WalError(
      "Malformed",
      `wal: payload of a record of type ${record.type} cannot be read: ${error.message}`,
      record.path,
      record.offset,
    );
  }
}

function sameMetadata(before: Uint8Array | undefined, record: LogRecord): Uint8Array {
  if (before !== undefined && !equalBytes(before, record.data)) {
    throw new WalError("MetadataConflict", "wal: conflicting metadata found", record.path, record.offset);
  }
  return record.data.slice();
}

function matches(snapshot: WalSnapshot, start: WalStart, record: LogRecord): boolean {
  if (snapshot.index !== start.index) return false;
  if (snapshot.term !== start.term) {
    throw new WalError(
      "SnapshotMismatch",
      `wal: snapshot mismatch: index ${start.index} has term ${snapshot.term}, expected ${start.term}`,
      record.path,
      record.offset,
    );
  }
  return true;
}

function unexpectedType(record: LogRecord): WalError {
  return new WalError("Malformed", `unexpected block type ${record.type}`, record.path, record.offset);
}

function snapshotNotFound(start: WalStart, dir: string): WalError {
  return new WalError(
    "SnapshotNotFound",
    `wal: snapshot not found: no record of index ${start.index}, term ${start.term} in ${dir}`,
  );
}
