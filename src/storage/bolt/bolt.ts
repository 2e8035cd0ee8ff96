import { assert, type Env, RecentMisses } from "../../base/index.ts";
import { type Disk, type DiskFile, type DiskLock, directoryOf, isDiskError } from "../disk/index.ts";
import { Arena } from "./arena.ts";
import { type CommitTimes, CommitWriter, type Job } from "./commit-writer.ts";
import { BoltError, corrupt } from "./errors.ts";
import {
  assertPageSize,
  decodeMeta,
  encodeMeta,
  initialFile,
  littleEndian,
  type Meta,
  type MetaFault,
  Page,
  PageFlag,
  pageBuffer,
  pageHeaderBytes,
  validatePage,
} from "./format.ts";
import { Frames } from "./frames.ts";
import { Freelist } from "./freelist.ts";
import { PageCache } from "./page-cache.ts";
import { reachablePages } from "./reachable.ts";
import { type ChunkMemory, Tx, type TxHost } from "./tx.ts";

export interface BoltOptions {
  /** Of a new file; a file that exists has its own. Default 4096. */
  pageSize?: number;
  /** Memory for clean pages, default 64 MiB. */
  cacheBytes?: number;
  /** No lock is taken, nothing is written. */
  readOnly?: boolean;
  /** The file's lock, when it is held already; it is let go of by `close`, or when opening fails. */
  lock?: DiskLock;
  /** Keep the freelist in the file. Default false, as etcd: it is rebuilt by walking the tree when the file is opened. */
  freelistSync?: boolean;
  /** Skip every sync: for scratch files that are synced as a whole by `sync`. */
  noSync?: boolean;
  /** The file grows by this much at a time once it is that large, default 16 MiB. */
  allocBytes?: number;
  /** The file does not grow beyond; no limit by default. */
  maxBytes?: number;
}

export interface BoltStats {
  readonly pageSize: number;
  readonly txid: number;
  /** Number of the newest state that is on the disk. */
  readonly durableTxid: number;
  readonly highWater: number;
  readonly freePages: number;
  readonly pendingPages: number;
  readonly openReaders: number;
  readonly cacheBytes: number;
  readonly dirtyBytes: number;
  readonly cacheMisses: number;
  readonly cacheEvictions: number;
  /** Commits whose asynchronous part is not done. */
  readonly inFlight: number;
}

const defaultAllocBytes = 16 * 1024 * 1024;
const lockRetryMs = 50;
/** Of the leaves that a full cache lacks and that were not missed lately, one in so many is taken in. */
const admitEvery = 32;
/** Leaves whose miss is remembered. */
const missesKept = 4096;
/** Pages of one read ahead: 64 KiB at 4096 a page. */
const aheadPages = 16;
/** Read at a time in a scan: much for one call, and still within the processor's cache. */
const scanBytes = 256 * 1024;
/** Pages between two wanted ones that are read along: cheaper than another call. */
const gapPages = 8;

/**
 * A bbolt file. Reads are synchronous, from a bounded cache of page images. A commit has two parts: the first, synchronous,
 * lays the changed nodes out on fresh pages and makes the result the current state; the second writes pages, syncs, writes
 * the meta page and syncs again, off the loop (`CommitWriter`). The next write transaction may open in between.
 */
export class Bolt implements TxHost {
  readonly disk: Disk;
  readonly pageSize: number;
  readonly readOnly: boolean;
  /** Called after each durable commit. */
  onCommit: ((times: CommitTimes) => void) | undefined;
  readonly #env: Env;
  #path: string;
  readonly #file: DiskFile;
  #lock: DiskLock | undefined;
  readonly #cache: PageCache;
  /** Made with the first page that finds no place in the cache. */
  #frames: Frames | undefined;
  /** Pages that found none lately, and how many others did. */
  readonly #misses = new RecentMisses(missesKept);
  #turnedAway = 0;
  /** What the open writer has read that is not in the cache, by id; each lies in the arena. */
  readonly #writerPages = new Map<number, Page>();
  #arena: Arena | undefined;
  /** For scans: a buffer for each level of the tree. */
  readonly #scanBuffers: Uint8Array[] = [];
  readonly #freelist = new Freelist();
  readonly #freelistSync: boolean;
  readonly #noSync: boolean;
  readonly #writer: CommitWriter;
  readonly #allocBytes: number;
  readonly #maxBytes: number;
  /** The current state: what the next transaction starts from. May not be durable yet. */
  #meta: Meta;
  #durableTxid: number;
  #fileBytes: number;
  #openWriter: Tx | undefined;
  #closed = false;
  /** Close when the last reader ends. */
  #idleClose = false;

  /** Opens or creates. Throws `DiskError` (`Locked`: another process has it) or `BoltError`. */
  static open(disk: Disk, path: string, options: BoltOptions, env: Env): Bolt {
    return new Bolt(disk, path, options, env);
  }

  /** As `open`, waiting up to `timeoutMs` for the lock: `Timeout` then. */
  static async openWithin(disk: Disk, path: string, options: BoltOptions, env: Env, timeoutMs: number): Promise<Bolt> {
    const deadline = env.clock.monotonicMs() + timeoutMs;
    for (;;) {
      try {
        const lock = await disk.lockSoon(path);
        return Bolt.open(disk, path, { ...options, lock }, env);
      } catch (error) {
        if (!isDiskError(error, "Locked")) throw error;
        if (env.clock.monotonicMs() + lockRetryMs > deadline) throw new BoltError("Timeout", { path, cause: error });
      }
      await new Promise<void>((resolve) => {
        env.scheduler.after(lockRetryMs, resolve);
      });
    }
  }

  private constructor(disk: Disk, path: string, options: BoltOptions, env: Env) {
    if (!littleEndian) throw new BoltError("Unsupported", { path, detail: "the format is little-endian" });
    this.disk = disk;
    this.#env = env;
    this.#path = path;
    this.readOnly = options.readOnly ?? false;
    this.#freelistSync = options.freelistSync ?? false;
    this.#noSync = options.noSync ?? false;
    this.#allocBytes = options.allocBytes ?? defaultAllocBytes;
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.#cache = new PageCache(options.cacheBytes ?? 64 * 1024 * 1024);
    const wanted = options.pageSize ?? 4096;
    this.#lock = options.lock ?? (this.readOnly ? undefined : disk.lock(path));
    let file: DiskFile | undefined;
    try {
      assertPageSize(wanted);
      file = disk.open(path, this.readOnly ? "read" : "create");
      this.#file = file;
      if (!this.readOnly) this.#initialise(wanted);
      const meta = this.#readMeta(wanted);
      this.pageSize = meta.pageSize;
      this.#meta = meta;
      this.#durableTxid = meta.txid;
      this.#fileBytes = file.size();
      const passed = (first: number, last: number) => this.#freelist.passed(first, last);
      this.#writer = new CommitWriter(file, env.clock, this.#noSync, () => this.#path, this.#durable, passed);
      // A reader needs no freelist but for a check; one that is in the file costs nothing.
      if (!this.readOnly || meta.freelist !== undefined) this.#loadFreelist();
    } catch (error) {
      file?.close();
      this.#lock?.release();
      throw error;
    }
  }

  get path(): string {
    return this.#path;
  }

  /** A scratch file becomes the real one: it was renamed, and from now on commits are synced. */
  adopt(path: string, noSync: boolean): void {
    this.#path = path;
    this.#writer.noSync = noSync;
  }

  /** Lets go of file and lock once no reader is open: another file took this one's place. */
  closeWhenIdle(): void {
    this.#idleClose = true;
    if (this.#freelist.readers === 0) this.#closeQuietly();
  }

  /** Why no commit succeeds any more. */
  get failure(): BoltError | undefined {
    return this.#writer.failure;
  }

  /** Bytes of the current state by its high-water mark. */
  get size(): number {
    return this.#meta.highWater * this.pageSize;
  }

  /** `size` less the free pages. */
  get sizeInUse(): number {
    return this.size - this.#freelist.freeCount * this.pageSize;
  }

  stats(): BoltStats {
    return {
      pageSize: this.pageSize,
      txid: this.#meta.txid,
      durableTxid: this.#durableTxid,
      highWater: this.#meta.highWater,
      freePages: this.#freelist.freeCount,
      pendingPages: this.#freelist.pendingCount,
      openReaders: this.#freelist.readers,
      cacheBytes: this.#cache.bytes,
      dirtyBytes: this.#cache.dirtyBytes,
      cacheMisses: this.#cache.misses,
      cacheEvictions: this.#cache.evictions,
      inFlight: this.#writer.inFlight,
    };
  }

  /** A reader of the current state, or the one writer. */
  begin(writable: boolean): Tx {
    if (this.#closed) throw new BoltError("DatabaseNotOpen", { path: this.#path });
    if (!writable) {
      this.#freelist.addReader(this.#meta.txid);
      return new Tx(this, this.#meta, false);
    }
    if (this.readOnly) throw new BoltError("DatabaseReadOnly", { path: this.#path });
    if (this.failure !== undefined) throw this.failure;
    if (this.#openWriter !== undefined) throw new BoltError("WriterBusy", { path: this.#path });
    this.#freelist.release(this.#durableTxid, this.#forgetPage);
    this.#openWriter = new Tx(this, this.#meta, true);
    return this.#openWriter;
  }

  /** Resolves when every commit so far is durable; rejects when one failed. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  /** fsync of the file, for a scratch file opened with `noSync`. */
  async sync(): Promise<void> {
    await this.settled();
    await this.#file.sync();
  }

  /** Waits for commits in flight, then lets go of file and lock. Transactions still open cannot read on. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer.settled().catch(() => undefined);
    this.#cache.clear();
    this.#frames = undefined;
    if (this.#file.closeSoon === undefined) this.#file.close();
    else await this.#file.closeSoon();
    this.#lock?.release();
    this.#lock = undefined;
  }

  // --- for transactions

  readPage(id: number, highWater: number): Page {
    return this.#cache.get(id) ?? this.#load(id, highWater);
  }

  /**
   * As `readPage`, for one look: while the cache is full, a leaf takes a place in it when it was missed a short while ago, too, and one
   * in some others. So what is read often gets one soon, and what is read at random from much more than fits costs a call to the
   * system, no memory.
   */
  readPageOnce(id: number, highWater: number): Page {
    return this.#cache.get(id) ?? this.#frames?.get(id) ?? this.#loadOnce(id, highWater);
  }

  readPageToChange(id: number, highWater: number): Page {
    const known = this.#cache.get(id) ?? this.#writerPages.get(id);
    if (known !== undefined) return known;
    if (this.#closed) throw new BoltError("DatabaseNotOpen", { path: this.#path });
    if (id < 2 || id >= highWater) throw this.#outside(id, highWater);
    this.#arena ??= new Arena(this.pageSize);
    const bytes = this.#arena.take();
    if (this.#file.readSync(bytes, id * this.pageSize) < this.pageSize) throw this.#cut(id);
    const page = new Page(bytes);
    if (!page.leaf || page.overflow > 0) return this.#load(id, highWater);
    validatePage(page, id, highWater, this.#path);
    this.#cache.misses++;
    this.#writerPages.set(id, page);
    return page;
  }

  #forgetWriterPages(): void {
    if (this.#writerPages.size > 0) this.#writerPages.clear();
    this.#arena?.reset();
  }

  valueOf(page: Page, index: number): Uint8Array {
    const frames = this.#frames;
    return frames?.holds(page) ? frames.copyValue(page, index) : page.value(index);
  }

  #loadOnce(id: number, highWater: number): Page {
    if (!this.#cache.full) return this.#load(id, highWater);
    this.#frames ??= new Frames(this.pageSize);
    if (this.#misses.again(id)) return this.#load(id, highWater);
    if (++this.#turnedAway % admitEvery === 0) {
      const admitted = this.#load(id, highWater);
      // The first to go unless it is asked for again.
      admitted.used = false;
      return admitted;
    }
    if (this.#closed) throw new BoltError("DatabaseNotOpen", { path: this.#path });
    if (id < 2 || id >= highWater) throw this.#outside(id, highWater);
    const page = this.#frames.take(id);
    if (this.#file.readSync(page.bytes, id * this.pageSize) < this.pageSize) throw this.#cut(id);
    page.readHeader();
    // A branch is worth its place, and what goes on behind its first page needs room of its own.
    if (!page.leaf || page.overflow > 0) return this.#load(id, highWater);
    validatePage(page, id, highWater, this.#path);
    this.#cache.misses++;
    this.#frames.keep(id);
    return page;
  }

  /** Brings in the children from `index` on that lie next to each other in the file, in one read, if the first is missing. */
  readAhead(branch: Page, index: number, highWater: number): void {
    const first = branch.child(index);
    if (this.#cache.has(first) || this.#closed) return;
    let count = 1;
    while (
      count < aheadPages &&
      index + count < branch.count &&
      branch.child(index + count) === first + count &&
      !this.#cache.has(first + count)
    ) {
      count++;
    }
    if (count === 1) return;
    const { pageSize } = this;
    const slab = pageBuffer(count * pageSize);
    const whole = Math.floor(this.#file.readSync(slab, first * pageSize) / pageSize);
    for (let i = 0; i < whole; i++) {
      const page = new Page(slab.subarray(i * pageSize, (i + 1) * pageSize));
      // With overflow pages the next is no child; and what is wrong with a page is told when it is asked for.
      if (page.overflow > 0 || !isValid(page, first + i, highWater, this.#path)) return;
      this.#cache.misses++;
      this.#cache.add(page);
    }
  }

  /**
   * The children from `index` on, in order, until one answers false (then so does this). Leaves that are not in memory are read in
   * large pieces into a buffer that is used again: such a page is good only until `visit` returns.
   */
  visitChildren(branch: Page, index: number, highWater: number, visit: (page: Page) => boolean): boolean {
    const buffer = this.#scanBuffers.pop() ?? pageBuffer(Math.max(scanBytes, this.pageSize));
    try {
      return this.#visitChildren(branch, index, highWater, buffer, visit);
    } finally {
      this.#scanBuffers.push(buffer);
    }
  }

  #visitChildren(
    branch: Page,
    index: number,
    highWater: number,
    buffer: Uint8Array,
    visit: (page: Page) => boolean,
  ): boolean {
    const { pageSize } = this;
    let start = 0;
    let end = 0;
    for (let i = index; i < branch.count; i++) {
      const id = branch.child(i);
      let page = this.#cache.get(id);
      if (page === undefined) {
        if (this.#closed) throw new BoltError("DatabaseNotOpen", { path: this.#path });
        if (id < start || id >= end) {
          const view = buffer.subarray(0, spanOf(branch, i, buffer.length / pageSize) * pageSize);
          start = id;
          end = id + Math.floor(this.#file.readSync(view, id * pageSize) / pageSize);
        }
        const at = (id - start) * pageSize;
        if (id < end) page = new Page(buffer.subarray(at, at + pageSize));
        if (page?.leaf === true && page.overflow === 0) {
          validatePage(page, id, highWater, this.#path);
          this.#cache.misses++;
        } else page = this.#load(id, highWater);
      }
      if (!visit(page)) return false;
    }
    return true;
  }

  addPage(page: Page): void {
    this.#frames?.forget(page.id);
    page.used = false;
    this.#cache.add(page);
  }

  free(txid: number, id: number, overflow: number): void {
    // Where the freelist comes from the file, nobody has walked the tree: it may still turn out to hold a page twice.
    for (let page = id; page <= id + overflow; page++) {
      if (this.#freelist.isFreed(page)) throw corrupt(this.#path, page, "it is free and in use at once");
    }
    this.#freelist.free(txid, id, overflow);
  }

  allocate(tx: Tx, count: number): number {
    const reused = this.#freelist.allocate(tx.id, count);
    if (reused !== 0) return reused;
    const { meta } = tx;
    const id = meta.highWater;
    if (this.#grownSize(id + count + 1) > this.#maxBytes) throw new BoltError("MaxSizeReached", { path: this.#path });
    meta.highWater += count;
    this.#freelist.noteAllocated(tx.id, id);
    return id;
  }

  freedPages(): number[] {
    if (this.readOnly && this.#meta.freelist === undefined) this.#loadFreelist();
    return this.#freelist.all();
  }

  commit(tx: Tx, later: boolean): Promise<void> {
    assert(tx === this.#openWriter, "only the open writer commits");
    const { clock } = this.#env;
    const started = clock.monotonicMs();
    tx.root.rebalance();
    const balanced = clock.monotonicMs();
    tx.root.spill();
    const { meta } = tx;
    meta.root = tx.root.root;
    meta.sequence = tx.root.sequence;
    if (meta.freelist !== undefined) {
      this.#freelist.free(tx.id, meta.freelist, meta.freelistOverflow);
      meta.freelist = undefined;
    }
    if (this.#freelistSync) this.#spillFreelist(tx);
    tx.stats.rebalanceMs = balanced - started;
    tx.stats.spillMs = clock.monotonicMs() - balanced;

    const growTo = this.#grownSize(meta.highWater + 1);
    const { rebalanceMs, spillMs } = tx.stats;
    const job: Job = {
      meta: { ...meta },
      pages: tx.dirty,
      growTo: growTo > this.#fileBytes ? growTo : 0,
      rebalanceMs,
      spillMs,
    };
    if (job.growTo > 0) this.#fileBytes = job.growTo;
    // From here on it is the current state; what may still fail is only whether it ever becomes durable.
    this.#meta = job.meta;
    this.#openWriter = undefined;
    this.#forgetWriterPages();
    tx.close(true);
    return this.#writer.write(job, later);
  }

  readonly #durable = (jobs: readonly Job[], times: CommitTimes): void => {
    this.#durableTxid = jobs.at(-1)!.meta.txid;
    this.#freelist.release(this.#durableTxid, this.#forgetPage);
    for (const { pages } of jobs) for (const page of pages) this.#cache.clean(page);
    this.#cache.trim();
    this.onCommit?.(times);
  };

  end(tx: Tx): void {
    tx.close(false);
    if (!tx.writable) {
      this.#freelist.removeReader(tx.id);
      if (this.#idleClose && this.#freelist.readers === 0) this.#closeQuietly();
      return;
    }
    assert(tx === this.#openWriter, "only the open writer rolls back");
    this.#openWriter = undefined;
    this.#forgetWriterPages();
    this.#freelist.rollback(tx.id);
    for (const page of tx.dirty) this.#cache.delete(page.id);
    for (let i = 0; i < tx.allocated.length; i += 2) {
      const id = tx.allocated[i]!;
      if (id < this.#meta.highWater) this.#freelist.giveBack(id, tx.allocated[i + 1]!);
      else this.#freelist.forget(id);
    }
  }

  async *writeTo(tx: Tx, chunkBytes: number, memory: ChunkMemory | undefined): AsyncIterable<Uint8Array> {
    const { meta, pageSize } = tx;
    // The pages are read from the file, so they must be there.
    await this.settled();
    yield encodeMeta(meta, 0);
    yield encodeMeta({ ...meta, txid: meta.txid - 1 }, 1);
    for (let at = pageSize * 2; at < tx.size; ) {
      const bytes = Math.min(chunkBytes, tx.size - at);
      const chunk = memory === undefined ? pageBuffer(bytes) : await memory(bytes);
      tx.assertOpen();
      const read = await this.#file.read(chunk, at);
      // A file that ends early has only free pages there.
      if (read < chunk.length) chunk.fill(0, read);
      at += chunk.length;
      yield chunk;
    }
  }

  #closeQuietly(): void {
    this.close().catch((error: unknown) => {
      this.#env.logger.warn("failed to close a replaced database file", { path: this.#path, error });
    });
  }

  // --- opening

  /**
   * Writes the first four pages into an empty file. A crash may have left some sectors of them; whatever else is in the
   * file is not ours to overwrite.
   */
  #initialise(pageSize: number): void {
    const size = this.#file.size();
    const image = initialFile(pageSize);
    if (size > image.length) return;
    if (size > 0) {
      const found = new Uint8Array(image.length);
      this.#file.readSync(found, 0);
      if (!isTornImage(found, image)) return;
    }
    this.#file.writeSync([image], 0);
    if (!this.#noSync) {
      this.#file.syncSync();
      this.disk.syncDirectory(directoryOf(this.#path));
    }
  }

  /** The valid meta with the highest transaction; of two faults bbolt's order decides which is told. */
  #readMeta(wanted: number): Meta {
    const size = this.#file.size();
    const pageSize = this.#detectPageSize(size, wanted);
    if (size < pageSize * 2)
      throw new BoltError("Invalid", { path: this.#path, detail: `file size too small ${size}` });
    const metas = [0, 1].map((slot) => this.#metaAt(slot * pageSize));
    let best: Meta | undefined;
    for (const meta of metas) {
      if (typeof meta === "string" || meta.pageSize !== pageSize) continue;
      if (best === undefined || meta.txid > best.txid) best = meta;
    }
    if (best === undefined) {
      const fault = metas[0] as MetaFault | Meta;
      throw new BoltError(typeof fault === "string" ? fault : "Invalid", {
        path: this.#path,
        detail: "neither of the two meta pages can be used: this is no bbolt file, or both were damaged",
        advice: "Restore it from a snapshot",
      });
    }
    if (best.root < 2 || best.root >= best.highWater) {
      throw corrupt(this.#path, best.txid % 2, `the root is page ${best.root} of ${best.highWater}`);
    }
    // A page count beyond the file's end is impossible: the file grows before pages are written.
    if (best.highWater * pageSize > size) {
      throw corrupt(
        this.#path,
        best.txid % 2,
        `the database has ${best.highWater} pages of ${pageSize} bytes, but the file ends after ${size} bytes`,
      );
    }
    return best;
  }

  /** From meta 0; if that is damaged, from meta 1, whose place depends on the page size: all sizes are tried. */
  #detectPageSize(size: number, wanted: number): number {
    const first = this.#metaAt(0);
    if (typeof first !== "string") {
      assertPageSize(first.pageSize);
      return first.pageSize;
    }
    for (let pageSize = 1024; pageSize <= 1 << 24 && pageSize < size - 1024; pageSize *= 2) {
      const second = this.#metaAt(pageSize);
      if (typeof second !== "string" && second.pageSize === pageSize) return pageSize;
    }
    return wanted;
  }

  #metaAt(position: number): Meta | MetaFault {
    const bytes = new Uint8Array(128);
    this.#file.readSync(bytes, position);
    return decodeMeta(bytes);
  }

  #loadFreelist(): void {
    const { freelist, highWater } = this.#meta;
    if (freelist === undefined) {
      const reached = reachablePages(this.#file, this.#meta, this.#path);
      this.#freelist.load(missing(reached, highWater));
      return;
    }
    const page = this.#readRun(freelist, highWater);
    if (page.id !== freelist || page.flags !== PageFlag.freelist) {
      throw corrupt(this.#path, freelist, "it should be the freelist");
    }
    this.#meta.freelistOverflow = page.overflow;
    const view = new DataView(page.bytes.buffer, page.bytes.byteOffset, page.bytes.byteLength);
    let at = pageHeaderBytes;
    let { count } = page;
    if (count === 0xffff) {
      count = Number(view.getBigUint64(at, true));
      at += 8;
    }
    if (at + count * 8 > page.bytes.length) throw corrupt(this.#path, freelist, `${count} free pages do not fit`);
    const ids = new Set<number>();
    for (let i = 0; i < count; i++) {
      const id = Number(view.getBigUint64(at + i * 8, true));
      if (id < 2 || id >= highWater || ids.has(id)) throw corrupt(this.#path, freelist, `it lists page ${id}`);
      ids.add(id);
    }
    this.#freelist.load(ids);
  }

  // --- pages

  #load(id: number, highWater: number): Page {
    if (this.#closed) throw new BoltError("DatabaseNotOpen", { path: this.#path });
    const page = this.#readRun(id, highWater);
    validatePage(page, id, highWater, this.#path);
    this.#cache.misses++;
    this.#cache.add(page);
    return page;
  }

  /** Reads a page and its overflow pages. */
  #readRun(id: number, highWater: number): Page {
    if (id < 2 || id >= highWater) throw this.#outside(id, highWater);
    const { pageSize } = this;
    const first = pageBuffer(pageSize);
    if (this.#file.readSync(first, id * pageSize) < pageSize) throw this.#cut(id);
    const page = new Page(first);
    const { overflow } = page;
    if (overflow === 0) return page;
    if (id + overflow >= highWater) throw corrupt(this.#path, id, `it claims ${overflow} further pages`);
    let run: Uint8Array;
    try {
      run = pageBuffer((overflow + 1) * pageSize);
    } catch (cause) {
      throw corrupt(this.#path, id, `it claims ${overflow} further pages: ${(cause as Error).message}`);
    }
    if (this.#file.readSync(run, id * pageSize) < run.length) throw corrupt(this.#path, id, "the file ends within it");
    return new Page(run);
  }

  #outside(id: number, highWater: number): BoltError {
    return corrupt(this.#path, id, `the database has ${highWater} pages`);
  }

  #cut(id: number): BoltError {
    return corrupt(this.#path, id, "the file ends before it");
  }

  readonly #forgetPage = (id: number): void => this.#cache.delete(id);

  #spillFreelist(tx: Tx): void {
    const { pageSize } = this;
    const estimate = pageHeaderBytes + 8 * (this.#freelist.freeCount + this.#freelist.pendingCount + 1);
    const count = Math.floor(estimate / pageSize) + 1;
    const id = tx.allocate(count);
    const ids = this.#freelist.all();
    const bytes = pageBuffer(count * pageSize).fill(0);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(id), true);
    view.setUint16(8, PageFlag.freelist, true);
    view.setUint16(10, Math.min(ids.length, 0xffff), true);
    view.setUint32(12, count - 1, true);
    let at = pageHeaderBytes;
    if (ids.length >= 0xffff) {
      view.setBigUint64(at, BigInt(ids.length), true);
      at += 8;
    }
    for (const free of ids) {
      view.setBigUint64(at, BigInt(free), true);
      at += 8;
    }
    tx.addPage(new Page(bytes));
    tx.meta.freelist = id;
    tx.meta.freelistOverflow = count - 1;
  }

  /** Length of the file that holds `pages` pages: doubling up to the allocation step, then a step more than needed. */
  #grownSize(pages: number): number {
    const need = pages * this.pageSize;
    if (need <= this.#fileBytes) return this.#fileBytes;
    let mapped = 32 * 1024;
    while (mapped < need && mapped < 1 << 30) mapped *= 2;
    return mapped >= need && mapped <= this.#allocBytes ? mapped : need + this.#allocBytes;
  }
}

/** How many pages from child `index` on to read at once: up to `max`, while the children ascend without large gaps. */
function spanOf(branch: Page, index: number, max: number): number {
  const start = branch.child(index);
  let end = start + 1;
  for (let i = index + 1; i < branch.count; i++) {
    const id = branch.child(i);
    if (id < end || id > end + gapPages || id >= start + max) break;
    end = id + 1;
  }
  return end - start;
}

function isValid(page: Page, id: number, highWater: number, path: string): boolean {
  try {
    validatePage(page, id, highWater, path);
    return true;
  } catch {
    return false;
  }
}

const sectorBytes = 512;

/** Whether each sector is either the image's or zeros: an initialisation that a crash cut short. */
function isTornImage(found: Uint8Array, image: Uint8Array): boolean {
  let whole = true;
  for (let at = 0; at < image.length; at += sectorBytes) {
    let same = true;
    let zero = true;
    for (let i = at; i < at + sectorBytes; i++) {
      if (found[i] !== image[i]) same = false;
      if (found[i] !== 0) zero = false;
    }
    if (!same && !zero) return false;
    if (!same) whole = false;
  }
  return !whole;
}

/** Pages 2 to `highWater` that are not in the bitmap. */
function* missing(reached: Uint32Array, highWater: number): Iterable<number> {
  for (let id = 2; id < highWater; id++) if ((reached[id >>> 5]! & (1 << (id & 31))) === 0) yield id;
}
