import { assert, type Env, type Logger } from "../../base/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import { type Disk, type DiskFile, type DiskLock, directoryOf, joinPath } from "../disk/index.ts";
import { RecordDecoder, type SegmentSource } from "./decoder.ts";
import { isWalError, WalError } from "./errors.ts";
import { FrameBuffer } from "./frame.ts";
import { type WalMetrics, walMetrics } from "./metrics.ts";
import { listSegments, type SegmentName, segmentName, selectSegments, walExists } from "./names.ts";
import { purgeFiles } from "./purge.ts";
import { ContentReader, validSnapshotEntries } from "./read.ts";
import { repairWal } from "./repair.ts";
import { type ConfState, type Entry, type HardState, RecordType, type WalContent, type WalStart } from "./types.ts";

/** A segment is cut after the save that reaches this size: etcd's, in decimal megabytes. */
export const SEGMENT_BYTES = 64_000_000;

/** States that need no sync gather in memory up to this, as in etcd's page writer. */
const UNSYNCED_BYTES_MAX = 128 * 1024;

/** Far above what raft lets be unstable at a time; beyond it something saves without ever waiting. */
const PENDING_BYTES_MAX = 1 << 30;

const SLOW_SYNC_MS = 1000;

/**
 * Writes up to this take zeros along for those that follow: a sync of blocks that were written before has no block to map, and so
 * nothing for the file system's journal, which is a third of the time of a small one. Large writes map what they need at one go.
 */
const SMALL_WRITE_BYTES_MAX = 8 * 1024;
const zeros = new Uint8Array(128 * 1024);

export interface WalOptions {
  /** For tests; the default is etcd's. */
  readonly segmentBytes?: number;
  /** Never sync (`--unsafe-no-fsync`): a power cut may lose or tear anything. */
  readonly unsafeNoSync?: boolean;
}

export interface WalOpenOptions extends WalOptions {
  /** Read on from this snapshot; it must have a record in the log. */
  readonly snapshot: WalStart;
  /** For the eye: a log that is opened is written to. `readWal` only reads. */
  readonly write?: boolean;
  /** Cut a torn tail off (once, keeping a `.broken` copy) instead of throwing `TornTail`. */
  readonly repair?: boolean;
}

export interface OpenedWal extends WalContent {
  readonly wal: Wal;
}

/** Frames that go to the disk in one write, and who waits for them. */
interface Batch {
  readonly frames: FrameBuffer;
  /** Set when somebody must hear of its sync; made by the first who asks. */
  waiting: Waiting | undefined;
  /** Written even if nobody waits: a head of a segment, or more unsynced bytes than may gather. */
  wanted: boolean;
  /** The segment ends with this batch. */
  last: boolean;
  /** The batch is the head of this segment, made under a temporary name. */
  readonly starts: SegmentName | undefined;
}

interface Waiting {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Segment extends SegmentName {
  /** Undefined while the lock of a segment just cut is being taken. */
  lock: DiskLock | undefined;
}

const RESOLVED: Promise<void> = Promise.resolve();

/**
 * The log, open for appending. One writer: `save` encodes at once, in the order of the calls; what gathers while a
 * write is in flight goes out together in the next one, with one sync. When a write or a sync fails the log is dead: that save and all others reject, since
 * what the file holds is unknown until it is read again.
 */
export class Wal {
  readonly dir: string;
  /**
   * Nobody else waits for this process while it writes: a member that is alone. Where the disk is quick, syncs then are waited
   * for on the loop, which is cheaper than a thread; a leader with followers must get their messages out meanwhile.
   */
  mayWait = false;
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #env: Env;
  readonly #metrics: WalMetrics;
  readonly #segmentBytes: number;
  readonly #noSync: boolean;
  readonly #metadata: Uint8Array;

  /** Held segments, oldest first; the last one is written to. */
  readonly #segments: Segment[];
  #file: DiskFile;
  /** Where the next write goes in `#file`. */
  #offset: number;
  /** `#file` has blocks of its own at least up to here, written or zeroed. */
  #mapped = 0;

  /** Gathers what is encoded now. */
  #front: Batch;
  /** Encoded before `#front` and not yet written; more than one only around a cut. */
  readonly #sealed: Batch[] = [];
  /** A buffer to use again. */
  #spare: FrameBuffer | undefined;
  /** Where the next record goes once everything encoded is written, in the segment that `#front` belongs to. */
  #encodedOffset: number;
  /** The newest segment's number, counting those that are encoded only. */
  #sequence: number;
  /** Index of the last entry or snapshot encoded. */
  #lastIndex: number;
  /** Last state encoded: repeated at the head of each segment. */
  #state: HardState;

  #busy = false;
  /** The write loop, while it runs; awaited by `close`. */
  #running: Promise<void> = RESOLVED;
  readonly #locking = new Set<Promise<void>>();
  #failure: unknown;
  #closed = false;
  /** Made in advance for the next cut, under the name `<count % 2>.tmp`. */
  #next: DiskFile | undefined;
  #nextCount = 0;

  private constructor(
    disk: Disk,
    dir: string,
    env: Env,
    options: WalOptions,
    metadata: Uint8Array,
    state: HardState,
    at: { file: DiskFile; offset: number; crc: number; lastIndex: number; segments: Segment[] },
  ) {
    this.dir = dir;
    this.#disk = disk;
    this.#env = env;
    this.#logger = env.logger;
    this.#metrics = walMetrics(env.metrics);
    env.metrics.gaugeFrom(
      { name: "quorate_wal_pending_bytes", help: "Bytes encoded for the WAL that are not yet written." },
      () => this.pendingBytes,
    );
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#noSync = options.unsafeNoSync ?? false;
    this.#metadata = metadata;
    this.#state = state;
    this.#segments = at.segments;
    this.#sequence = at.segments.at(-1)!.sequence;
    this.#file = at.file;
    this.#offset = at.offset;
    this.#encodedOffset = at.offset;
    this.#lastIndex = at.lastIndex;
    this.#front = newBatch(new FrameBuffer(at.crc));
    this.#prepareNext();
  }

  /** Whether `dir` holds a log. */
  static readonly exists = walExists;
  /** See `repairWal`. */
  static readonly repair = repairWal;
  /** See `validSnapshotEntries`. */
  static readonly validSnapshots = validSnapshotEntries;

  /**
   * Makes a new log in `dir`, which must hold none, durable on return: it is built under `<dir>.tmp` and renamed, so that a
   * crash leaves either no log or a whole one. `metadata` is an encoded `etcdserverpb.Metadata`.
   */
  static create(disk: Disk, dir: string, metadata: Uint8Array, env: Env, options: WalOptions = {}): Wal {
    if (walExists(disk, dir)) throw new WalError("Exists", `wal: ${dir} already holds a log`);
    if (disk.stat(dir) !== undefined) {
      const other = disk.list(dir).find((name) => !name.endsWith(".tmp"));
      if (other !== undefined) throw new WalError("Exists", `wal: ${dir} holds other files: ${other}`);
    }
    const temporary = `${dir}.tmp`;
    disk.removeTree(temporary);
    disk.makeDirectory(temporary);
    const name = segmentName(0, 0);
    const frames = new FrameBuffer();
    frames.crcRecord(0);
    frames.record(RecordType.Metadata, metadata);
    frames.snapshot({ index: 0, term: 0, confState: undefined });
    const first = disk.open(joinPath(temporary, name), "createNew");
    try {
      first.allocate(options.segmentBytes ?? SEGMENT_BYTES);
      first.writeSync([frames.view()], 0);
      first.syncSync();
    } finally {
      first.close();
    }
    disk.syncDirectory(temporary);
    disk.removeTree(dir);
    disk.rename(temporary, dir);
    disk.syncDirectory(directoryOf(dir));
    const path = joinPath(dir, name);
    const lock = disk.lock(path);
    return new Wal(disk, dir, env, options, metadata, raftpb.createHardState(), {
      file: disk.open(path, "write"),
      offset: frames.length,
      crc: frames.crc,
      lastIndex: 0,
      segments: [{ name, sequence: 0, index: 0, lock }],
    });
  }

  /**
   * Opens a log for appending and gives what it holds from the snapshot on. Takes the locks of the segments it needs.
   * Throws `WalError`: `TornTail` when the last write was cut short (see `repair`), another code for damage.
   */
  static open(disk: Disk, dir: string, options: WalOpenOptions, env: Env): OpenedWal {
    try {
      return Wal.#open(disk, dir, options, env);
    } catch (error) {
      if (options.repair !== true || !isWalError(error, "TornTail")) throw error;
      env.logger.warn("the last WAL record was cut short by a crash", { error });
      if (!repairWal(disk, dir, env)) throw error;
      return Wal.#open(disk, dir, options, env);
    }
  }

  static #open(disk: Disk, dir: string, options: WalOpenOptions, env: Env): OpenedWal {
    const { snapshot } = options;
    const all = listSegments(disk, dir, (name) =>
      env.logger.warn("ignored file in WAL directory", { path: joinPath(dir, name) }),
    );
    const segments: Segment[] = [];
    const sources: SegmentSource[] = [];
    let tail: DiskFile | undefined;
    try {
      const needed = selectSegments(all, snapshot.index, dir);
      for (const segment of needed) {
        const path = joinPath(dir, segment.name);
        segments.push({ ...segment, lock: disk.lock(path) });
        const file = disk.open(path, segment === needed.at(-1) ? "write" : "read");
        sources.push({ path, file });
        if (segment === needed.at(-1)) tail = file;
      }
      const decoder = new RecordDecoder(sources);
      const reader = new ContentReader(snapshot);
      for (let record = decoder.next(); record !== undefined; record = decoder.next()) reader.take(record, decoder);
      const content = reader.finish(dir);
      assert(tail !== undefined, "wal: no segment selected");
      // A zero length ended the log, but a torn write may have left bytes behind it. They were never acknowledged;
      // overwritten in part, they would look like damage later.
      const size = tail.size();
      tail.truncate(decoder.offset);
      tail.allocate(size);
      tail.syncSync();
      const wal = new Wal(disk, dir, env, options, content.metadata, content.hardState, {
        file: tail,
        offset: decoder.offset,
        crc: decoder.crc,
        lastIndex: Math.max(reader.lastIndex, snapshot.index),
        segments,
      });
      for (const { file } of sources) if (file !== tail) file.close();
      return { wal, ...content };
    } catch (error) {
      for (const { file } of sources) file.close();
      for (const { lock } of segments) lock?.release();
      throw error;
    }
  }

  /** Bytes encoded and not yet written. */
  get pendingBytes(): number {
    let bytes = this.#front.frames.length;
    for (const { frames } of this.#sealed) bytes += frames.length;
    return bytes;
  }

  /** Index of the last entry (or snapshot ahead of it) saved. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /**
   * Appends entries and then a state, and resolves when they are durable. Entries must be contiguous and start no later than
   * one past the last index saved. A state in which only the commit index moved needs no sync and resolves at once; it
   * reaches the disk with the next save that does, as in etcd. The arguments may change once the call returned.
   */
  save(state: HardState | undefined, entries: readonly Entry[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const batch = this.#front;
    if (!this.#encode(state, entries)) {
      this.#endEncoding(batch);
      return RESOLVED;
    }
    const done = this.#wait(batch);
    this.#endEncoding(batch);
    this.#start();
    return done;
  }

  /**
   * Appends like `save` and waits for nothing: for what may be lost in a crash, or is waited for by a later `save` or `sync`.
   * A failure shows in those.
   */
  append(state: HardState | undefined, entries: readonly Entry[]): void {
    if (this.#failure !== undefined) return;
    const batch = this.#front;
    this.#encode(state, entries);
    this.#endEncoding(batch);
  }

  /** Appends the record of a snapshot and resolves when it is durable. The `.snap` file must be durable before. */
  saveSnapshot(snapshot: { index: number; term: number; confState: ConfState | undefined }): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (snapshot.index > 0 && snapshot.confState === undefined) {
      const what = `index ${snapshot.index}, term ${snapshot.term}`;
      return Promise.reject(
        new WalError("SnapshotInvalid", `wal: saved (not-initial) snapshot is missing ConfState: ${what}`),
      );
    }
    const { frames } = this.#front;
    const before = frames.length;
    frames.snapshot(snapshot);
    this.#encodedOffset += frames.length - before;
    this.#lastIndex = Math.max(this.#lastIndex, snapshot.index);
    return this.#flush();
  }

  /** Resolves when everything saved so far is durable, states without sync included. */
  sync(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return this.#flush();
  }

  /**
   * Says that entries below `index` are not needed any more: segments that hold only such entries are unlocked, and
   * `purge` may remove them. As etcd's, it keeps one segment more than it must.
   */
  release(index: number): void {
    let first = this.#segments.findIndex((segment) => segment.index >= index);
    first = (first < 0 ? this.#segments.length : first) - 1;
    if (first <= 0) return;
    for (const { lock } of this.#segments.splice(0, first)) lock?.release();
  }

  /** One round of the purge: the oldest segments until `keep` are left, never one this log still holds. */
  purge(keep: number): Promise<string[]> {
    const held = new Set(this.#segments.map(({ name }) => name));
    return purgeFiles(this.#disk, this.dir, { suffix: ".wal", keep, held: (name) => held.has(name) }, this.#env);
  }

  /** Writes and syncs what is pending, then gives files and locks back. Safe to call twice, and after a failure. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    let failed: unknown;
    if (this.#failure === undefined) {
      const flushed = this.#flush();
      this.#failure = new WalError("Closed", "wal: closed");
      await flushed.catch((error: unknown) => {
        failed = error;
      });
    }
    await this.#running;
    await Promise.all(this.#locking);
    this.#file.close();
    this.#dropNext();
    for (const { lock } of this.#segments.splice(0)) lock?.release();
    if (failed !== undefined) throw failed;
  }

  /** Puts entries and state into the front. True when raft needs them durable before it goes on. */
  #encode(state: HardState | undefined, entries: readonly Entry[]): boolean {
    const { frames } = this.#front;
    const before = frames.length;
    let mustSync = false;
    const count = entries.length;
    if (count > 0) {
      mustSync = true;
      let index = entries[0]!.index;
      assert(index <= this.#lastIndex + 1, "wal: entries leave a gap");
      for (let i = 0; i < count; i++, index++) {
        const entry = entries[i]!;
        assert(entry.index === index, "wal: entries are not contiguous");
        frames.entry(entry);
      }
      this.#lastIndex = index - 1;
    }
    if (state !== undefined && (state.term !== 0 || state.vote !== 0n || state.commit !== 0)) {
      if (state.term !== this.#state.term || state.vote !== this.#state.vote) mustSync = true;
      this.#state = { term: state.term, vote: state.vote, commit: state.commit };
      frames.state(this.#state);
    }
    this.#encodedOffset += frames.length - before;
    return mustSync;
  }

  /** After each save: cuts a segment that is full, and lets not too much gather that nobody waits for. */
  #endEncoding(batch: Batch): void {
    if (this.#encodedOffset >= this.#segmentBytes) this.#cut();
    else if (batch.frames.length <= UNSYNCED_BYTES_MAX) return;
    batch.wanted = true;
    this.#start();
  }

  #flush(): Promise<void> {
    const done = this.#wait(this.#front);
    this.#start();
    return done;
  }

  #wait(batch: Batch): Promise<void> {
    if (batch.waiting === undefined) batch.waiting = newWaiting();
    return batch.waiting.promise;
  }

  /** Seals the front as the end of its segment and goes on with the head of the next one. */
  #cut(): void {
    const ended = this.#front;
    ended.last = true;
    this.#sealed.push(ended);
    this.#sequence++;
    const index = this.#lastIndex + 1;
    const starts = { name: segmentName(this.#sequence, index), sequence: this.#sequence, index };
    const frames = new FrameBuffer();
    frames.crcRecord(ended.frames.crc);
    frames.record(RecordType.Metadata, this.#metadata);
    const { term, vote, commit } = this.#state;
    if (term !== 0 || vote !== 0n || commit !== 0) frames.state(this.#state);
    this.#front = newBatch(frames, starts);
    this.#encodedOffset = frames.length;
  }

  /** Sees to it that the write loop runs. */
  #start(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#running = this.#run();
  }

  /** Writes batch after batch until nobody waits. Never rejects. */
  async #run(): Promise<void> {
    for (let batch = this.#take(); batch !== undefined; batch = this.#take()) {
      try {
        await this.#write(batch);
      } catch (error) {
        this.#fail(error, batch);
        break;
      }
    }
    this.#busy = false;
  }

  #take(): Batch | undefined {
    const sealed = this.#sealed.shift();
    if (sealed !== undefined) return sealed;
    const batch = this.#front;
    if (batch.waiting === undefined && !batch.wanted) return undefined;
    assert(batch.frames.length < PENDING_BYTES_MAX, "wal: too much is pending");
    const frames = this.#spare ?? new FrameBuffer();
    this.#spare = undefined;
    frames.crc = batch.frames.crc;
    this.#front = newBatch(frames);
    return batch;
  }

  async #write(batch: Batch): Promise<void> {
    const { frames, waiting } = batch;
    const bytes = frames.length;
    const pieces = bytes === 0 ? [] : [frames.view()];
    const started = this.#env.clock.monotonicMs();
    let written = started;
    const wrote = (): void => {
      written = this.#env.clock.monotonicMs();
      this.#metrics.writeSeconds.observe((written - started) / 1000);
      this.#metrics.writeBytes.inc(bytes);
    };
    if (batch.starts !== undefined) this.#openNext();
    const file = this.#file;
    const offset = this.#offset;
    this.#offset += bytes;
    if (batch.last || this.#noSync) {
      await file.write(pieces, offset);
      wrote();
      // What was preallocated and is not needed goes back; the size has to be durable with the data.
      if (batch.last) file.truncate(this.#offset);
      if (!this.#noSync) await file.sync();
    } else {
      await file.writeAndSync(this.#withZeros(pieces, bytes), offset, wrote, this.mayWait);
    }
    if (!this.#noSync) this.#synced(this.#env.clock.monotonicMs() - written);
    if (batch.starts !== undefined) await this.#publish(batch.starts);
    if (batch.last) file.close();
    frames.clear();
    this.#spare = frames;
    waiting?.resolve();
  }

  /** Behind a small write that reaches new blocks: zeros as far as this segment goes. They read as its end, as a hole does. */
  #withZeros(pieces: Uint8Array[], bytes: number): Uint8Array[] {
    if (this.#offset <= this.#mapped || bytes > SMALL_WRITE_BYTES_MAX) return pieces;
    const ahead = Math.min(zeros.length, this.#segmentBytes - this.#offset);
    if (ahead <= 0) return pieces;
    this.#mapped = this.#offset + ahead;
    return [...pieces, ahead === zeros.length ? zeros : zeros.subarray(0, ahead)];
  }

  #synced(tookMs: number): void {
    this.#metrics.fsyncSeconds.observe(tookMs / 1000);
    if (tookMs > SLOW_SYNC_MS) {
      this.#logger.warn("slow fdatasync", { took: `${tookMs / 1000}s`, "expected-duration": "1s" });
    }
  }

  /** Goes on in the file made in advance, still under its temporary name. */
  #openNext(): void {
    this.#prepareNext();
    this.#file = this.#next!;
    this.#offset = 0;
    this.#mapped = 0;
    this.#next = undefined;
  }

  /** Gives the new segment its name, now that its head is durable: from here on a reader sees it. */
  async #publish(segment: SegmentName): Promise<void> {
    const path = joinPath(this.dir, segment.name);
    const temporary = this.#file;
    this.#disk.rename(temporary.path, path);
    const started = this.#env.clock.monotonicMs();
    await this.#disk.syncDirectorySoon(this.dir);
    this.#metrics.fsyncSeconds.observe((this.#env.clock.monotonicMs() - started) / 1000);
    this.#file = this.#disk.open(path, "write");
    temporary.close();
    const held: Segment = { ...segment, lock: undefined };
    this.#segments.push(held);
    const locking = this.#disk.lockSoon(path).then(
      (lock) => {
        // Released meanwhile: nobody needs the lock any more.
        if (this.#segments.includes(held)) held.lock = lock;
        else lock.release();
      },
      (error: unknown) => this.#fail(error, undefined),
    );
    this.#locking.add(locking);
    void locking.then(() => this.#locking.delete(locking));
    this.#prepareNext();
    this.#logger.info("created a new WAL segment", { path });
  }

  #prepareNext(): void {
    if (this.#next !== undefined) return;
    const path = joinPath(this.dir, `${this.#nextCount % 2}.tmp`);
    const file = this.#disk.open(path, "create");
    // A crash may have left one that was written to.
    file.truncate(0);
    file.allocate(this.#segmentBytes);
    this.#next = file;
    this.#nextCount++;
  }

  #dropNext(): void {
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    next.close();
    try {
      this.#disk.remove(next.path);
    } catch (error) {
      this.#logger.warn("failed to remove a preallocated WAL file", { path: next.path, error });
    }
  }

  /** The log is dead: whoever waits hears why, and so does everybody after. */
  #fail(error: unknown, batch: Batch | undefined): void {
    if (this.#failure === undefined || this.#closed) {
      this.#failure = error;
      this.#logger.error("failed to write the WAL", { dir: this.dir, error });
    }
    batch?.waiting?.reject(error);
    for (const sealed of this.#sealed.splice(0)) sealed.waiting?.reject(error);
    this.#front.waiting?.reject(error);
    this.#front.waiting = undefined;
    this.#front.wanted = false;
  }
}

function newBatch(frames: FrameBuffer, starts?: SegmentName): Batch {
  return { frames, waiting: undefined, wanted: starts !== undefined, last: false, starts };
}

function newWaiting(): Waiting {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
