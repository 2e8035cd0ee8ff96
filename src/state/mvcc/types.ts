import type { Store } from "../../storage/store/index.ts";

export type { LeaseAttacher } from "../lease/index.ts";

/** What mvcc needs of the store below it: buckets `key` and `meta`. */
export type RevisionStore = Pick<
  Store,
  "putRevision" | "getRevision" | "visitRevisions" | "scanRevisions" | "deleteRevision" | "put" | "get"
> &
  // What a compaction asks for after each slice; a store that keeps no file has none.
  Partial<Pick<Store, "stage" | "ready">>;

/** Tells whether a lease exists; `undefined` means it does not. */
export interface LeaseLookup {
  lookup(lease: bigint): unknown;
}

export interface MvccOptions {
  /** Revisions looked at in one slice of a compaction; etcd's `--compaction-batch-limit`. Default 1000. */
  readonly compactionBatchLimit?: number;
  /** Pause between slices; etcd's `--compaction-sleep-interval`. Default 10. */
  readonly compactionSleepIntervalMs?: number;
  /** Memory for KeyValues of keys written or read lately. Default 32 MiB. */
  readonly kvCacheBytes?: number;
  /** Longest time a slice of background work may hold the loop. Default 5. */
  readonly sliceMs?: number;
}

export interface RangeOptions {
  /** At which revision; 0 or less = the newest. */
  readonly revision?: number;
  /** Most pairs returned; 0 or less = all. `count` is not affected. */
  readonly limit?: number;
  /** Only `count`. */
  readonly countOnly?: boolean;
  /** KeyValues from the index alone: no value, no lease (etcd 3.7 behaves so); and `count` 0 when no key is returned. */
  readonly keysOnly?: boolean;
  /** False: `count` need not go past the limit (chunks of a stream). Default true. */
  readonly totalCount?: boolean;
}

export interface RangeResult {
  /** Encoded `mvccpb.KeyValue`s, ascending by key. */
  kvs: Uint8Array[];
  /** Live keys of the range at that revision, whatever the limit. */
  count: number;
  /** The store's revision as the reader sees it (in a transaction with writes: the one being written). */
  revision: number;
}

/** What a compare needs without reading the value. */
export interface KeyMetadata {
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** Reads at a point in time: the store between transactions, or inside a write transaction with its own writes. */
export interface ReadView {
  /** Revision of the last finished transaction; inside a write transaction the one it began at. */
  readonly revision: number;
  /** -1 when never compacted. */
  readonly compactRevision: number;
  /** Throws EtcdError Compacted or FutureRevision. `end` "" = that key, "\0" = all keys from `key` on, else exclusive. */
  range(key: string, end: string, options?: RangeOptions): RangeResult;
  /** Newest state of a live key. */
  metadata(key: string): KeyMetadata | undefined;
  /** Newest encoded KeyValue of a live key. */
  get(key: string): Uint8Array | undefined;
}

/** One transaction; at most one main revision. Runs to its end without `await`; only one may be open. */
export interface WriteTxn extends ReadView {
  /** Writes a KeyValue, moves the key to `lease` (0n = none). Returns the revision written. */
  put(key: string, value: Uint8Array, lease: bigint): number;
  /** Deletes live keys ascending, a tombstone each. Returns how many. */
  deleteRange(key: string, end: string): number;
  /** Number of changes so far. */
  readonly changes: number;
  /** Makes the writes current and tells the listeners, synchronously. */
  end(): void;
}

/** Reads what a key was at a revision; undefined when it was not there, or that is compacted away. */
export interface PreviousReader {
  getAt(key: string, revision: number): Uint8Array | undefined;
}

/** One written KeyValue, shared by all who look at it. */
export interface Change {
  readonly key: string;
  readonly tombstone: boolean;
  /** A put that created its key (or a new generation of it): there is no previous value. */
  readonly creates: boolean;
  readonly revision: number;
  /** Bytes of the encoded event, a measure for budgets. */
  readonly bytes: number;
  /** Encoded `mvccpb.Event` without prev_kv, always the same array. */
  event(): Uint8Array;
  /** The same with prev_kv where there is one; looked up when first asked for. */
  eventWithPrevious(reader: PreviousReader): Uint8Array;
}

/** Hears of what transactions changed, in the order of revisions. */
export interface ChangeListener {
  changed(revision: number, changes: readonly Change[]): void;
  /**
   * A compaction, or a snapshot that replaces all state, is about to take previous values away; what is still to be looked
   * up should be now.
   */
  compacting(): void;
  /** All state was replaced (a snapshot was installed); `revision` is the new newest one. */
  restored(revision: number): void;
}

export interface KeyValueHash {
  /** CRC-32C, unsigned. */
  readonly hash: number;
  /** -1 when never compacted. */
  readonly compactRevision: number;
  /** The revision up to which was hashed. */
  readonly revision: number;
}

export interface HashKvResult extends KeyValueHash {
  /** The store's revision at the time. */
  readonly currentRevision: number;
}
