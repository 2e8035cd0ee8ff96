import { EMPTY, type Env, keyBytes, keyString, type Timer, utf8, utf8String } from "../../base/index.ts";
import { type Bolt, BoltError, type Bucket, type CommitTimes, type Tx } from "../bolt/index.ts";
import type { Disk } from "../disk/index.ts";
import { decodeConfState, encodeConfState } from "./conf-state.ts";
import { rewrite } from "./defragment.ts";
import { hashSliced, WholeHash } from "./hash.ts";
import { metaKeys } from "./meta-keys.ts";
import { declareMetrics, type StoreMetrics } from "./metrics.ts";
import { type Overlay, visitMerged } from "./overlay.ts";
import {
  isRevisionAt,
  isRevisionKey,
  isTombstoneKey,
  mainOf,
  revisionKey,
  revisionKeyBytes,
  subOf,
  tombstoneKeyBytes,
  writeRevisionKey,
} from "./revision-key.ts";
import { RevisionRows } from "./revision-rows.ts";
import {
  type BucketName,
  bucketNames,
  type ConfState,
  type RevisionScanner,
  type RevisionVisitor,
  type RowVisitor,
  type Store,
  type StoreOptions,
  type StoreSnapshot,
} from "./types.ts";

const defaultBatchIntervalMs = 100;
const defaultBatchLimit = 10_000;
const defaultBatchBytes = 16 * 1024 * 1024;
const defaultCacheBytes = 128 * 1024 * 1024;
/**
 * Commits laid out and not durable; a further one waits, and takes all that gathered meanwhile. More than a few only when
 * the disk falls behind: then batches stay small, so that none holds the loop for long.
 */
const inFlightMax = 8;
/** What a pending operation costs in memory besides its bytes, roughly. */
const operationBytes = 64;
/** `ready` asks to wait while more than this many batches wait to be durable. */
const backlogBatches = 4;
/** Slowest transfer of a snapshot that is not worth a warning (etcd: 100 MiB a second, half a minute at least). */
const snapshotBytesPerMs = (100 * 1024 * 1024) / 1000;
const snapshotWarningMs = 30_000;

const consistentIndexKey = utf8(metaKeys.consistentIndex);
const termKey = utf8(metaKeys.term);
const confStateKey = utf8(metaKeys.confState);
const storageVersionKey = utf8(metaKeys.storageVersion);

export function cacheBytesOf({ cacheBytes }: StoreOptions): number {
  return cacheBytes ?? defaultCacheBytes;
}

/** Reused by point reads of bucket `key`. */
const scratch = Buffer.alloc(tombstoneKeyBytes);
const scratchPut = scratch.subarray(0, revisionKeyBytes);

/**
 * Three layers are read as one: what is pending (rows and overlays), the pages of commits in flight and the file; the
 * latter two are one state to bolt. A commit moves everything pending into bolt within one call, so no read falls in
 * between, and no commit begins in the middle of a turn unless it is asked for: what is put in one turn stays together.
 */
export class BoltStore implements Store {
  readonly #disk: Disk;
  readonly #options: StoreOptions;
  readonly #env: Env;
  readonly #metrics: StoreMetrics;
  readonly #intervalMs: number;
  readonly #limit: number;
  readonly #limitBytes: number;
  #bolt: Bolt;
  /** A reader of bolt's current state; replaced at each commit. */
  #view!: Tx;
  #viewKey!: Bucket;
  readonly #viewBuckets = new Map<BucketName, Bucket>();

  /** New revisions: all above `#lastMain`, `#lastSub` at the time of the last commit. */
  #rows = new RevisionRows();
  readonly #overlays = new Map<BucketName, Overlay>(bucketNames.map((name) => [name, new Map()]));
  #keyOverlay: Overlay;
  /** The greatest revision of bucket `key`, pending rows included; a put at or below it takes the slow way. */
  #lastMain = -1;
  #lastSub = -1;

  #index = 0;
  #term = 0;
  #indexMoved = false;
  #termMoved = false;

  #pending = 0;
  #pendingBytes = 0;
  /** Operations laid out by `stage` since the last commit. */
  #staged = 0;
  /** Bytes handed to commits that are not durable. */
  #inFlightBytes = 0;
  #timer: Timer | undefined;
  /** A commit is due at the end of this turn. */
  #due = false;
  /** The commit that begins when one in flight is done. */
  #next: Promise<void> | undefined;
  /** Commits being written, oldest first; each settles without rejecting. */
  readonly #flights: Promise<void>[] = [];
  /** The defragmentation under way: no commit begins before it settles. */
  #defragmentation: Promise<void> | undefined;
  #holding = false;
  #failure: Error | undefined;
  #closed = false;

  constructor(disk: Disk, bolt: Bolt, options: StoreOptions, env: Env) {
    this.#disk = disk;
    this.#bolt = bolt;
    this.#options = options;
    this.#env = env;
    this.#intervalMs = options.batchIntervalMs || defaultBatchIntervalMs;
    this.#limit = options.batchLimit || defaultBatchLimit;
    this.#limitBytes = options.batchBytes || defaultBatchBytes;
    this.#keyOverlay = this.#overlays.get("key")!;
    this.#openView();
    const last = this.#viewKey.cursor();
    if (last.last()) {
      this.#checkRevision(last.key);
      this.#lastMain = mainOf(last.key);
      this.#lastSub = subOf(last.key);
    }
    this.#index = bigEndian(this.get("meta", consistentIndexKey));
    this.#term = bigEndian(this.get("meta", termKey));
    this.#metrics = declareMetrics(env.metrics, {
      size: () => this.size(),
      sizeInUse: () => this.sizeInUse(),
      openReaders: () => this.#bolt.stats().openReaders,
      pending: () => this.#pending,
      pendingBytes: () => this.#pendingBytes,
      cacheBytes: () => this.#bolt.stats().cacheBytes,
      dirtyBytes: () => this.#bolt.stats().dirtyBytes,
      cacheMisses: () => this.#bolt.stats().cacheMisses,
      cacheEvictions: () => this.#bolt.stats().cacheEvictions,
      commitsInFlight: () => this.#flights.length,
      freePages: () => this.#bolt.stats().freePages,
      defragmenting: () => (this.#defragmentation === undefined ? 0 : 1),
    });
    bolt.onCommit = this.#observeCommit;
  }

  // --- revisions

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    if (main > this.#lastMain || (main === this.#lastMain && sub > this.#lastSub)) {
      this.#rows.push(main, sub, tombstone, value);
      this.#lastMain = main;
      this.#lastSub = sub;
      this.#count(value.length);
      return;
    }
    // An old revision: never in the life of a member, but legal. The rows give up their order for it.
    this.#rowsToOverlay();
    this.#keyOverlay.set(keyString(revisionKey(main, sub, tombstone)), value);
    this.#count(value.length);
  }

  #rowsToOverlay(): void {
    const { length, mains, subs, tombstones, values } = this.#rows;
    for (let i = 0; i < length; i++) {
      this.#keyOverlay.set(keyString(revisionKey(mains[i]!, subs[i]!, tombstones[i]!)), values[i]);
    }
    this.#rows = new RevisionRows();
  }

  getRevision(main: number, sub: number, tombstone?: boolean): Uint8Array | undefined {
    const rows = this.#rows;
    if (rows.length > 0 && main >= rows.mains[0]!) {
      const index = rows.indexOf(main, sub);
      if (index >= 0 && (tombstone === undefined || rows.tombstones[index] === tombstone)) return rows.values[index];
    }
    if (tombstone !== true) {
      writeRevisionKey(scratch, 0, main, sub, false);
      const value = this.#getKey(scratchPut);
      if (value !== undefined || tombstone === false) return value;
    }
    writeRevisionKey(scratch, 0, main, sub, true);
    return this.#getKey(scratch);
  }

  visitRevisions(fromMain: number, visit: RevisionVisitor, fromSub = 0): void {
    const from = revisionKey(fromMain, fromSub, false);
    if (this.#keyOverlay.size > 0) {
      let stopped = false;
      this.#merge("key", from, undefined, (key, value) => {
        this.#checkRevision(key);
        stopped = visit(mainOf(key), subOf(key), isTombstoneKey(key), value) === false;
        return !stopped;
      });
      if (stopped) return;
    } else {
      const cursor = this.#viewKey.cursor();
      for (let more = cursor.seek(from); more; more = cursor.next()) {
        const { key } = cursor;
        this.#checkRevision(key);
        if (visit(mainOf(key), subOf(key), isTombstoneKey(key), cursor.rawValue) === false) return;
      }
    }
    this.#visitRows(fromMain, fromSub, visit);
  }

  scanRevisions(fromMain: number, visit: RevisionScanner, fromSub = 0): void {
    if (this.#keyOverlay.size > 0) {
      this.visitRevisions(
        fromMain,
        (main, sub, tombstone, value) => visit(main, sub, tombstone, value, 0, value.length),
        fromSub,
      );
      return;
    }
    let stopped = false;
    this.#viewKey.scan(revisionKey(fromMain, fromSub, false), (leaf, index) => {
      const { bytes, count } = leaf;
      for (let i = index; i < count; i++) {
        const at = leaf.keyStart(i);
        const size = leaf.keySize(i);
        if (!isRevisionAt(bytes, at, size)) this.#checkRevision(leaf.key(i));
        const start = at + size;
        const tombstone = size === tombstoneKeyBytes;
        if (!visit(mainOf(bytes, at), subOf(bytes, at), tombstone, bytes, start, start + leaf.valueSize(i))) {
          stopped = true;
          return false;
        }
      }
      return true;
    });
    if (stopped) return;
    this.#visitRows(fromMain, fromSub, (main, sub, tombstone, value) =>
      visit(main, sub, tombstone, value, 0, value.length),
    );
  }

  /** Pending rows from there on. */
  #visitRows(fromMain: number, fromSub: number, visit: RevisionVisitor): void {
    const rows = this.#rows;
    for (let i = rows.lowerBound(fromMain, fromSub); i < rows.length; i++) {
      const value = rows.values[i];
      if (value === undefined) continue;
      if (visit(rows.mains[i]!, rows.subs[i]!, rows.tombstones[i]!, value) === false) return;
    }
  }

  deleteRevision(main: number, sub: number, tombstone: boolean): void {
    const index = this.#rows.indexOf(main, sub);
    if (index >= 0 && this.#rows.tombstones[index] === tombstone) {
      this.#rows.values[index] = undefined;
      this.#count(0);
    } else this.delete("key", revisionKey(main, sub, tombstone));
  }

  #getKey(key: Uint8Array): Uint8Array | undefined {
    if (this.#keyOverlay.size > 0) {
      const name = keyString(key);
      if (this.#keyOverlay.has(name)) return this.#keyOverlay.get(name);
    }
    return this.#viewKey.get(key);
  }

  #checkRevision(key: Uint8Array): void {
    if (isRevisionKey(key)) return;
    throw new BoltError("Corrupt", {
      path: this.#bolt.path,
      detail: `bucket "key" has a row that is no revision (${Buffer.from(key).toString("hex")})`,
    });
  }

  // --- other buckets

  put(bucket: BucketName, key: Uint8Array, value: Uint8Array): void {
    if (bucket === "key" && isRevisionKey(key)) {
      this.putRevision(mainOf(key), subOf(key), isTombstoneKey(key), value);
      return;
    }
    this.#overlays.get(bucket)!.set(keyString(key), value);
    this.#count(key.length + value.length);
  }

  delete(bucket: BucketName, key: Uint8Array): void {
    const row = bucket === "key" ? this.#pendingRow(key) : -1;
    if (row >= 0) this.#rows.values[row] = undefined;
    else this.#overlays.get(bucket)!.set(keyString(key), undefined);
    this.#count(key.length);
  }

  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined {
    if (bucket === "key") {
      const index = this.#pendingRow(key);
      if (index >= 0) return this.#rows.values[index];
    }
    const overlay = this.#overlays.get(bucket)!;
    if (overlay.size > 0) {
      const name = keyString(key);
      if (overlay.has(name)) return overlay.get(name);
    }
    return this.#viewBuckets.get(bucket)!.get(key);
  }

  visit(bucket: BucketName, from: Uint8Array, to: Uint8Array | undefined, visit: RowVisitor): void {
    if (bucket !== "key" || this.#rows.length === 0) {
      this.#merge(bucket, from, to, visit);
      return;
    }
    let stopped = false;
    this.#merge(bucket, from, to, (key, value) => {
      stopped = visit(key, value) === false;
      return !stopped;
    });
    if (stopped) return;
    const rows = this.#rows;
    for (let i = 0; i < rows.length; i++) {
      const value = rows.values[i];
      if (value === undefined) continue;
      const key = revisionKey(rows.mains[i]!, rows.subs[i]!, rows.tombstones[i]!);
      if (Buffer.compare(key, from) < 0) continue;
      if (to !== undefined && Buffer.compare(key, to) >= 0) return;
      if (visit(key, value) === false) return;
    }
  }

  /** Index of a pending row by its key; -1 when there is none. */
  #pendingRow(key: Uint8Array): number {
    if (this.#rows.length === 0 || !isRevisionKey(key)) return -1;
    const index = this.#rows.indexOf(mainOf(key), subOf(key));
    return index >= 0 && this.#rows.tombstones[index] === isTombstoneKey(key) ? index : -1;
  }

  #merge(bucket: BucketName, from: Uint8Array, to: Uint8Array | undefined, visit: RowVisitor): void {
    visitMerged(this.#viewBuckets.get(bucket)!, this.#overlays.get(bucket)!, from, to, visit);
  }

  // --- meta

  setConsistentIndex(index: number, term: number): void {
    if (index === 0) return;
    this.#index = index;
    this.#indexMoved = true;
    if (term > 0 && term !== this.#term) {
      this.#term = term;
      this.#termMoved = true;
    }
  }

  consistentIndex(): { index: number; term: number } {
    return { index: this.#index, term: this.#term };
  }

  setConfState(confState: ConfState): void {
    this.#overlays.get("meta")!.set(keyString(confStateKey), encodeConfState(confState));
  }

  confState(): ConfState | undefined {
    const bytes = this.get("meta", confStateKey);
    if (bytes === undefined) return undefined;
    const confState = decodeConfState(bytes);
    if (confState === undefined) {
      throw new BoltError("Corrupt", { path: this.#bolt.path, detail: `confState reads ${utf8String(bytes)}` });
    }
    return confState;
  }

  storageVersion(): string | undefined {
    const bytes = this.get("meta", storageVersionKey);
    return bytes === undefined ? undefined : utf8String(bytes);
  }

  setStorageVersion(version: string | undefined): void {
    this.#overlays.get("meta")!.set(keyString(storageVersionKey), version === undefined ? undefined : utf8(version));
  }

  // --- commits

  get pending(): number {
    return this.#pending;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  ready(): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    const backlog = this.#pendingBytes + this.#inFlightBytes;
    // The batch itself stays small, too, since laying it out holds the loop.
    if (backlog < backlogBatches * this.#limitBytes && this.#pending < 2 * this.#limit) return undefined;
    if (this.#holding) return this.#defragmentation!.then(nothing, nothing);
    const oldest = this.#flights[0];
    this.#commitDue();
    return oldest ?? this.#flights[0];
  }

  commit(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.reject(new BoltError("DatabaseNotOpen", { path: this.#bolt.path }));
    if (this.#next !== undefined) return this.#next;
    if (this.#holding || this.#flights.length >= inFlightMax) {
      const gate = this.#holding ? this.#defragmentation!.then(nothing, nothing) : this.#flights[0]!;
      this.#next = gate.then(() => {
        this.#next = undefined;
        return this.#flush();
      });
      return this.#next;
    }
    return this.#flush();
  }

  stage(): void {
    // What is staged stays in memory until it is durable, so it has a bound, too.
    const enough = this.#staged + this.#pending >= this.#limit || this.#inFlightBytes >= this.#limitBytes;
    if (enough || this.#holding || this.#next !== undefined || this.#closed) this.commit().catch(nothing);
    else if (this.#pending > 0) this.#flush(true).catch(nothing);
  }

  /** An operation joined the batch. */
  #count(bytes: number): void {
    this.#pending++;
    this.#pendingBytes += bytes + operationBytes;
    if (this.#pending >= this.#limit || this.#pendingBytes >= this.#limitBytes) {
      if (!this.#due) {
        // Not at once: the effects of an entry and its index belong to one commit, and they are put in one turn.
        this.#due = true;
        this.#env.scheduler.endOfTurn(this.#commitDue);
      }
    } else this.#timer ??= this.#env.scheduler.after(this.#intervalMs, this.#commitDue);
  }

  /** The commit nobody waits for; a failure is told by `onFailure`. */
  readonly #commitDue = (): void => {
    this.#due = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#pending + this.#staged === 0 || this.#failure !== undefined || this.#closed) return;
    this.commit().catch(nothing);
  };

  /**
   * Moves all that is pending into bolt, in this very call; the promise is about durability. With `later` a commit that follows, or the
   * clock, brings it to the disk.
   */
  #flush(later = false): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!later) {
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#staged = 0;
    }
    const dirty = this.#indexMoved || this.#pending > 0 || this.#overlays.get("meta")!.size > 0;
    if (!dirty) return this.#bolt.settled();

    let done: Promise<void>;
    let tx: Tx | undefined;
    try {
      tx = this.#bolt.begin(true);
      this.#fill(tx);
      done = tx.commit(later);
      if (!tx.committed) return done.catch((error: Error) => this.#fail(error));
    } catch (error) {
      if (tx?.open) tx.rollback();
      return Promise.reject(this.#failed(error as Error));
    }
    this.#rows = new RevisionRows();
    for (const overlay of this.#overlays.values()) if (overlay.size > 0) overlay.clear();
    this.#indexMoved = false;
    this.#termMoved = false;
    const bytes = this.#pendingBytes;
    const operations = this.#pending;
    this.#pending = 0;
    this.#pendingBytes = 0;
    this.#inFlightBytes += bytes;
    this.#openView();

    const settled = done
      .catch((error: Error) => this.#fail(error))
      .finally(() => {
        if (!later) this.#flights.shift();
        this.#inFlightBytes -= bytes;
      });
    if (later) {
      this.#staged += operations;
      this.#timer ??= this.#env.scheduler.after(this.#intervalMs, this.#commitDue);
    } else this.#flights.push(settled.catch(nothing));
    return settled;
  }

  #fill(tx: Tx): void {
    if (this.#indexMoved) {
      this.#overlays.get("meta")!.set(keyString(consistentIndexKey), bigEndianBytes(this.#index));
      if (this.#termMoved) this.#overlays.get("meta")!.set(keyString(termKey), bigEndianBytes(this.#term));
    }
    for (const [name, overlay] of this.#overlays) {
      if (overlay.size === 0) continue;
      const bucket = tx.bucket(name)!;
      for (const [key, value] of overlay) {
        if (value === undefined) bucket.delete(keyBytes(key));
        else bucket.put(keyBytes(key), value);
      }
    }
    const { length, mains, subs, tombstones, values } = this.#rows;
    if (length === 0) return;
    const bucket = tx.bucket("key")!;
    // Ascending keys: leave little room in the pages that will never be inserted into.
    bucket.fillPercent = 0.9;
    const slab = Buffer.allocUnsafeSlow(length * tombstoneKeyBytes);
    let at = 0;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (value === undefined) continue;
      const size = writeRevisionKey(slab, at, mains[i]!, subs[i]!, tombstones[i]!);
      bucket.append(new Uint8Array(slab.buffer, at, size), value);
      at += size;
    }
  }

  #openView(): void {
    const view = this.#bolt.begin(false);
    if (this.#view?.open) this.#view.rollback();
    this.#view = view;
    for (const name of bucketNames) this.#viewBuckets.set(name, view.bucket(name)!);
    this.#viewKey = this.#viewBuckets.get("key")!;
  }

  #failed(error: Error): Error {
    if (this.#failure === undefined) {
      this.#failure = error;
      this.#env.logger.error("failed to commit to the database", { path: this.#bolt.path, error });
      this.#options.onFailure?.(error);
    }
    return this.#failure;
  }

  #fail(error: Error): never {
    throw this.#failed(error);
  }

  readonly #observeCommit = (times: CommitTimes): void => {
    const { commit, rebalance, spill, write } = this.#metrics;
    rebalance.observe(times.rebalanceMs / 1000);
    spill.observe(times.spillMs / 1000);
    write.observe(times.writeMs / 1000);
    commit.observe((times.rebalanceMs + times.spillMs + times.writeMs) / 1000);
  };

  // --- maintenance

  size(): number {
    return this.#bolt.size;
  }

  sizeInUse(): number {
    return this.#bolt.sizeInUse;
  }

  hash(): number {
    const hash = new WholeHash();
    // Names in order, unknown buckets of another version included.
    this.#view.forEachBucket((name, bucket) => {
      hash.bucket(name);
      const row = (key: Uint8Array, value: Uint8Array | undefined): void => hash.row(key, value ?? EMPTY);
      const known = bucketNames.find((candidate) => candidate === utf8String(name));
      if (known !== undefined) this.visit(known, EMPTY, undefined, row);
      else bucket.forEach(row);
    });
    return hash.sum;
  }

  async hashSliced(): Promise<number> {
    await this.#defragmentation?.catch(nothing);
    this.#flush().catch(nothing);
    const tx = this.#bolt.begin(false);
    try {
      return await hashSliced(tx, this.#env);
    } finally {
      if (tx.open) tx.rollback();
    }
  }

  async snapshot(): Promise<StoreSnapshot> {
    while (this.#holding) await this.#defragmentation!.catch(nothing);
    this.#flush().catch(nothing);
    const { clock, scheduler, logger } = this.#env;
    const tx = this.#bolt.begin(false);
    const started = clock.monotonicMs();
    const { size } = tx;
    const warning = scheduler.every(Math.max(snapshotWarningMs, size / snapshotBytesPerMs), () => {
      const takingMs = clock.monotonicMs() - started;
      logger.warn("snapshotting taking too long to transfer", { "taking-ms": takingMs, bytes: size });
    });
    return {
      ...this.consistentIndex(),
      confState: this.confState(),
      size,
      chunks: (chunkBytes, memory) => tx.writeTo(chunkBytes, memory),
      close: () => {
        if (!tx.open) return;
        tx.rollback();
        warning.cancel();
        this.#metrics.snapshot.observe((clock.monotonicMs() - started) / 1000);
      },
    };
  }

  defragment(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    // One at a time: who asks meanwhile gets the one under way.
    if (this.#defragmentation === undefined) {
      this.#defragmentation = this.#defragment().finally(() => {
        this.#defragmentation = undefined;
        if (this.#pending > 0) this.#commitDue();
      });
    }
    return this.#defragmentation;
  }

  async #defragment(): Promise<void> {
    const { clock, logger } = this.#env;
    const started = clock.monotonicMs();
    const old = this.#bolt;
    const { path } = old;
    const before = { size: this.size(), inUse: this.sizeInUse() };
    logger.info("defragmenting", {
      path,
      "current-db-size-bytes": before.size,
      "current-db-size-in-use-bytes": before.inUse,
    });
    this.#flush().catch(nothing);
    this.#holding = true;
    let fresh: Bolt;
    try {
      await old.settled();
      fresh = await rewrite(this.#view, old, this.#disk, cacheBytesOf(this.#options), this.#env);
    } catch (error) {
      this.#holding = false;
      logger.error("failed to defragment", { path, error });
      throw error;
    }
    // From here on nothing waits: the new file takes the place of the old one within this turn.
    fresh.adopt(path, this.#options.unsafeNoSync ?? false);
    fresh.onCommit = this.#observeCommit;
    this.#view.rollback();
    this.#bolt = fresh;
    this.#openView();
    this.#holding = false;
    old.closeWhenIdle();
    const tookMs = clock.monotonicMs() - started;
    this.#metrics.defragment.observe(tookMs / 1000);
    logger.info("finished defragmenting directory", {
      path,
      "current-db-size-bytes-diff": this.size() - before.size,
      "current-db-size-bytes": this.size(),
      "current-db-size-in-use-bytes-diff": this.sizeInUse() - before.inUse,
      "current-db-size-in-use-bytes": this.sizeInUse(),
      took: `${tookMs.toFixed(3)}ms`,
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#defragmentation?.catch(nothing);
    let failure: unknown;
    if (this.#failure === undefined) {
      await this.commit().catch((error: unknown) => {
        failure = error;
      });
    }
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#view.open) this.#view.rollback();
    await this.#bolt.close();
    if (failure !== undefined) throw failure;
  }
}

function nothing(): void {}

function bigEndian(bytes: Uint8Array | undefined): number {
  if (bytes === undefined || bytes.length !== 8) return 0;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
}

function bigEndianBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
