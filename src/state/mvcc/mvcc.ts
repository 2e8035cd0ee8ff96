import { assert, type Env, EtcdError } from "../../base/index.ts";
import { keyValue } from "../../wire/proto/index.ts";
import { storedChange } from "./change.ts";
import { Compactor } from "./compactor.ts";
import { isKeptAt, RevisionHasher } from "./hasher.ts";
import { HIGHEST } from "./key-index.ts";
import { Loader } from "./loader.ts";
import { type MvccMetrics, MvccStats, registerMvccMetrics } from "./metrics.ts";
import { getAtIn, getIn, metadataIn, rangeIn, type State } from "./state.ts";
import type {
  Change,
  ChangeListener,
  HashKvResult,
  KeyMetadata,
  KeyValueHash,
  LeaseAttacher,
  MvccOptions,
  RangeOptions,
  RangeResult,
  ReadView,
  RevisionStore,
  WriteTxn,
} from "./types.ts";
import { OpenTxn } from "./write-txn.ts";

/** Rows between two looks at the clock. */
const clockEvery = 64;

const defaultCacheBytes = 32 * 1024 * 1024;

/** A hash under way. */
interface Hashing {
  readonly state: State;
  readonly currentRevision: number;
  readonly compactRevision: number;
  readonly revision: number;
  readonly hasher: RevisionHasher;
  /** Rows up to the compact revision count when they are the newest of a living key here. */
  readonly keptRevision: number;
  nextMain: number;
  nextSub: number;
}

/** Keys over revisions: what a key was at each revision since the last compaction. */
export class Mvcc implements ReadView {
  readonly #leases: LeaseAttacher;
  readonly #env: Env;
  readonly #sliceMs: number;
  readonly #cacheBytes: number;
  readonly #stats = new MvccStats();
  readonly #metrics: MvccMetrics;
  readonly #compactor: Compactor;
  readonly #listeners: ChangeListener[] = [];
  #state: State;
  #transaction: OpenTxn | undefined = undefined;
  #closed = false;

  private constructor(state: State, leases: LeaseAttacher, options: MvccOptions, env: Env) {
    this.#state = state;
    this.#leases = leases;
    this.#env = env;
    this.#sliceMs = options.sliceMs ?? 5;
    this.#cacheBytes = options.kvCacheBytes ?? defaultCacheBytes;
    this.#metrics = registerMvccMetrics(env.metrics, this.#stats, () => this.#state);
    this.#compactor = new Compactor(
      env,
      {
        batchLimit: options.compactionBatchLimit || 1000,
        sleepMs: options.compactionSleepIntervalMs || 10,
        sliceMs: this.#sliceMs,
      },
      this.#metrics,
    );
  }

  /** Restores the index from the key bucket, re-attaches leases, resumes a scheduled compaction. */
  static open(store: RevisionStore, leases: LeaseAttacher, options: MvccOptions, env: Env): Mvcc {
    const loader = new Loader(store, false, env);
    loader.step(Number.POSITIVE_INFINITY);
    const { state, resume } = loader.finish(leases, options.kvCacheBytes ?? defaultCacheBytes);
    const mvcc = new Mvcc(state, leases, options, env);
    mvcc.#resume(resume);
    return mvcc;
  }

  #resume(revision: number | undefined): void {
    if (revision === undefined) return;
    this.#compactor.start(this.#state, revision);
    this.#env.logger.info("resume scheduled compaction", { "scheduled-compact-revision": revision });
  }

  /** Newest revision; 1 before the first write. */
  get revision(): number {
    return this.#state.revision;
  }

  /** -1 when never compacted. */
  get compactRevision(): number {
    return this.#state.compactRevision;
  }

  range(key: string, end: string, options?: RangeOptions): RangeResult {
    this.#stats.ranges++;
    return rangeIn(this.#state, this.#state.revision, key, end, options);
  }

  metadata(key: string): KeyMetadata | undefined {
    return metadataIn(this.#state, key);
  }

  get(key: string): Uint8Array | undefined {
    return getIn(this.#state, key);
  }

  /** The encoded KeyValue of a key live at `revision`; undefined if it was not, or that is compacted away. */
  getAt(key: string, revision: number): Uint8Array | undefined {
    return getAtIn(this.#state, key, revision);
  }

  /** The one write transaction; it must `end` before the next one, and before anything is awaited. */
  write(): WriteTxn {
    assert(this.#transaction === undefined, "a write transaction is open already");
    this.#transaction = new OpenTxn(this.#state, this.#leases, this.#stats, this.#ended);
    return this.#transaction;
  }

  readonly #ended = (changes: readonly Change[]): void => {
    this.#transaction = undefined;
    if (changes.length === 0) return;
    const { revision } = this.#state;
    for (const listener of this.#listeners) listener.changed(revision, changes);
  };

  /** Counts a transaction of several reads, as etcd's metric does. */
  countTransaction(): void {
    this.#stats.transactions++;
  }

  /**
   * Checks bounds (throws Compacted, FutureRevision) and sets `compactRevision` before it returns. The promise resolves
   * when all is deleted; it rejects with Stopped on close (nobody has to listen).
   */
  compact(revision: number): Promise<void> {
    if (this.#closed) throw EtcdError.of("Stopped");
    for (const listener of this.#listeners) listener.compacting();
    return this.#compactor.start(this.#state, revision);
  }

  /** Hashes kept from compactions, the newest 10, ascending by revision. */
  compactionHashes(): readonly KeyValueHash[] {
    return this.#compactor.hashes;
  }

  /** etcd's HashKV up to `revision` (0 = newest). Holds the loop; for tools and tests. */
  hashKv(revision: number): HashKvResult {
    const kept = this.#keptHash(revision);
    if (kept !== undefined) return kept;
    const startMs = this.#env.clock.monotonicMs();
    const hashing = this.#startHash(revision);
    hashSlice(hashing, () => false);
    this.#metrics.hashSeconds.observe((this.#env.clock.monotonicMs() - startMs) / 1000);
    return hashResult(hashing);
  }

  /** The same in slices. Compactions that are asked for meanwhile wait for it. */
  async hashKvSliced(revision: number): Promise<HashKvResult> {
    const kept = this.#keptHash(revision);
    if (kept !== undefined) return kept;
    const { clock, scheduler } = this.#env;
    const startMs = clock.monotonicMs();
    const hashing = this.#startHash(revision);
    const { compactRevision } = hashing;
    this.#compactor.hold(compactRevision);
    try {
      for (;;) {
        const sliceStartMs = clock.monotonicMs();
        if (hashSlice(hashing, () => clock.monotonicMs() - sliceStartMs > this.#sliceMs)) break;
        await new Promise<void>((resolve) => scheduler.after(0, resolve));
        if (this.#closed || this.#state !== hashing.state) throw EtcdError.of("Stopped");
      }
    } finally {
      this.#compactor.release(compactRevision);
    }
    this.#metrics.hashSeconds.observe((clock.monotonicMs() - startMs) / 1000);
    return hashResult(hashing);
  }

  #keptHash(revision: number): HashKvResult | undefined {
    // A compaction at 0, which is legal, must not answer for "newest" for ever after.
    if (revision === 0) return undefined;
    const kept = this.#compactor.hashes.find((hash) => hash.revision === revision);
    return kept === undefined ? undefined : { ...kept, currentRevision: this.#state.revision };
  }

  #startHash(wanted: number): Hashing {
    const state = this.#state;
    if (wanted > 0 && wanted < state.compactRevision) throw EtcdError.of("Compacted");
    if (wanted > 0 && wanted > state.revision) throw EtcdError.of("FutureRevision");
    const revision = wanted === 0 ? state.revision : wanted;
    let anyKept = false;
    state.index.scan("", HIGHEST, (row) => {
      anyKept = state.index.seek(row, revision);
      return !anyKept;
    });
    return {
      state,
      currentRevision: state.revision,
      compactRevision: state.compactRevision,
      revision,
      hasher: new RevisionHasher(state.compactRevision, revision, true),
      // With nothing to keep etcd hashes all rows that are there, so its answer goes by how far a compaction has come.
      // Ours is the one that all come to once it is over.
      keptRevision: anyKept ? revision : state.compactRevision,
      nextMain: 0,
      nextSub: 0,
    };
  }

  /** Tells every later change to `listener`; returns what ends it. */
  listen(listener: ChangeListener): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
  }

  /**
   * Visits what changed from `fromRevision` on, ascending, whole transactions only as the store holds them; false stops.
   * Revisions below the compact revision are not all there any more: do not ask for them.
   */
  visitChanges(fromRevision: number, visit: (change: Change) => boolean): void {
    this.#state.store.visitRevisions(fromRevision, (main, _sub, tombstone, value) => {
      return visit(changeOf(main, tombstone, value));
    });
  }

  /** The changes of one key from `fromRevision` on, ascending, at most `limit`: found through the index, without a scan. */
  changesOf(key: string, fromRevision: number, limit: number): Change[] {
    const { index, store } = this.#state;
    const changes: Change[] = [];
    const row = index.find(key);
    if (row < 0) return changes;
    index.visitRevisions(row, fromRevision, limit, (main, sub, tombstone) => {
      const value = store.getRevision(main, sub, tombstone);
      assert(value !== undefined, "the index names a revision that the store does not have");
      changes.push(changeOf(main, tombstone, value));
    });
    return changes;
  }

  /** Replaces all state by that of `store` (a received snapshot); the old one is read until it is done, and must not be written. */
  async restore(store: RevisionStore): Promise<void> {
    const loader = new Loader(store, true, this.#env);
    this.#compactor.stop();
    while (!loader.step(this.#sliceMs)) {
      await new Promise<void>((resolve) => this.#env.scheduler.after(0, resolve));
      if (this.#closed) throw EtcdError.of("Stopped");
    }
    assert(this.#transaction === undefined, "a write transaction is open during a restore");
    const { state, resume } = loader.finish(this.#leases, this.#cacheBytes);
    this.#compactor.stop();
    this.#compactor.forget();
    for (const listener of this.#listeners) listener.compacting();
    this.#state = state;
    this.#resume(resume);
    for (const listener of this.#listeners) listener.restored(state.revision);
  }

  /** Ends background work. Reads still answer. */
  close(): void {
    this.#closed = true;
    this.#compactor.stop();
  }

  /** Throws unless the index is sound. For tests. */
  verify(): void {
    this.#state.index.verify();
  }
}

function changeOf(main: number, tombstone: boolean, value: Uint8Array): Change {
  const creates = !tombstone && keyValue.createRevisionOf(value) === main;
  return storedChange(keyValue.keyStringOf(value), main, tombstone, creates, value);
}

/** Hashes rows until the end (true) or until `pause` says so. */
function hashSlice(hashing: Hashing, pause: () => boolean): boolean {
  const { hasher, revision, keptRevision } = hashing;
  const { index, store } = hashing.state;
  let finished = true;
  let seen = 0;
  const fields = new keyValue.KeyValueFields();
  store.scanRevisions(
    hashing.nextMain,
    (main, sub, tombstone, bytes, start, end) => {
      if (main > revision) return false;
      if (++seen % clockEvery === 0 && pause()) {
        hashing.nextMain = main;
        hashing.nextSub = sub;
        finished = false;
        return false;
      }
      let kept = false;
      if (hasher.asksKept(main)) {
        fields.read(bytes, start, end);
        kept = isKeptAt(index, index.findBytes(bytes, fields.keyStart, fields.keyEnd), keptRevision, main, sub);
      }
      hasher.write(main, sub, tombstone, bytes, start, end, kept);
      return true;
    },
    hashing.nextSub,
  );
  return finished;
}

function hashResult(hashing: Hashing): HashKvResult {
  return { ...hashing.hasher.result(), currentRevision: hashing.currentRevision };
}
