import type { ChunkMemory } from "../bolt/index.ts";

/** etcd's buckets (server/storage/schema/bucket.go). All exist from the first commit on. */
export const bucketNames = [
  "key",
  "meta",
  "lease",
  "alarm",
  "cluster",
  "members",
  "members_removed",
  "auth",
  "authUsers",
  "authRoles",
] as const;
export type BucketName = (typeof bucketNames)[number];

/** False stops, anything else goes on. Must not write to what it has not visited yet. */
export type RevisionVisitor = (main: number, sub: number, tombstone: boolean, value: Uint8Array) => unknown;
/** As `RevisionVisitor`, the value being bytes[start..end): good only during the call. */
export type RevisionScanner = (
  main: number,
  sub: number,
  tombstone: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
) => boolean;
export type RowVisitor = (key: Uint8Array, value: Uint8Array) => unknown;

/** raft's configuration as the bucket `meta` keeps it; the same shape as raftpb.ConfState. */
export interface ConfState {
  voters: bigint[];
  learners: bigint[];
  votersOutgoing: bigint[];
  learnersNext: bigint[];
  autoLeave: boolean;
}

/** A frozen image of the database file, for Maintenance.Snapshot and for a lagging peer. */
export interface StoreSnapshot {
  /** Last entry whose effects it holds, that entry's term as far as the store knows it, and the members' roles as of then. */
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState | undefined;
  /** Bytes that `chunks` yields in all. */
  readonly size: number;
  /**
   * The file from its first byte to its last, in chunks of at most `chunkBytes`, each in memory of its own or in what `memory` gives
   * for it. May be asked for once.
   */
  chunks(chunkBytes?: number, memory?: ChunkMemory): AsyncIterable<Uint8Array>;
  /** Lets the pages of this image be reused. Idempotent. */
  close(): void;
}

/**
 * etcd's backend: named buckets of sorted rows in one bbolt file, changes gathered in an open batch.
 *
 * Reads see everything put before them, committed or not. A commit is atomic: rows, consistent index and conf state that
 * were set since the last commit go together, whatever the number of entries. Keys and values handed in are kept by
 * reference until they are committed: do not change them. Returned arrays stay valid and unchanged for good.
 */
export interface Store {
  /** Hot path of bucket `key`: main and sub ascend over the life of the store; an older pair is legal but slow. */
  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void;
  /** `tombstone` left out: either kind, since one revision has one row. */
  getRevision(main: number, sub: number, tombstone?: boolean): Uint8Array | undefined;
  /** Ascending from (fromMain, fromSub) inclusive. The visitor may delete the row it stands on or earlier ones. */
  visitRevisions(fromMain: number, visit: RevisionVisitor, fromSub?: number): void;
  /**
   * As `visitRevisions`, for passes over all there is: nothing is copied or kept in memory. The scanner may delete the row it stands on
   * or earlier ones, nothing else may be written meanwhile.
   */
  scanRevisions(fromMain: number, visit: RevisionScanner, fromSub?: number): void;
  /** Deleting what is not there does nothing. */
  deleteRevision(main: number, sub: number, tombstone: boolean): void;

  put(bucket: BucketName, key: Uint8Array, value: Uint8Array): void;
  delete(bucket: BucketName, key: Uint8Array): void;
  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined;
  /** Ascending from `from` inclusive to `to` exclusive; undefined = to the end. */
  visit(bucket: BucketName, from: Uint8Array, to: Uint8Array | undefined, visit: RowVisitor): void;

  /**
   * Goes with the next commit; index 0 is never written and term 0 keeps the stored term (etcd's rules). By itself it
   * starts no commit: an index that moved without effects is saved with the next effects or at `commit()`.
   */
  setConsistentIndex(index: number, term: number): void;
  /** {0, 0} when none was ever saved. */
  consistentIndex(): { index: number; term: number };
  /** Goes with the next commit. */
  setConfState(confState: ConfState): void;
  /** undefined when the file has none (etcd before 3.5). */
  confState(): ConfState | undefined;
  /** Text such as `3.7.0` (3.6 and later); undefined when absent. */
  storageVersion(): string | undefined;
  /** Goes with the next commit; undefined removes the field, as a downgrade to 3.5 does. */
  setStorageVersion(version: string | undefined): void;

  /**
   * Resolves when everything put before the call is on the disk; rejects with the `BoltError` that broke the file, after
   * which every later commit rejects, too: the member must end. Also automatic, each 100 ms, 10000 ops or 16 MiB pending,
   * but only between turns: put the effects of an entry and its consistent index without awaiting in between.
   */
  commit(): Promise<void>;
  /**
   * Moves everything put before the call into the next state of the file, which reaches the disk with the next commit: for background
   * work that wants small batches, since laying one out holds the loop, and no sync for each.
   */
  stage(): void;
  /**
   * undefined = go on putting. Otherwise more waits to become durable than memory should hold (the disk is slow, or a
   * defragmentation is under way): wait for the promise, then ask again. Never rejects.
   */
  ready(): Promise<void> | undefined;
  /** Operations put and not yet handed to a commit. */
  readonly pending: number;
  /** The error of a failed automatic commit, as soon as it is known; also told by `onFailure` of the options. */
  readonly failure: Error | undefined;

  /** Bytes of the database by its high-water mark (bbolt's Tx.Size): what `dbSize` reports. */
  size(): number;
  /** `size` less the free pages. */
  sizeInUse(): number;
  /** CRC-32C over all buckets and rows but the volatile rows of `meta`: Maintenance.Hash. Blocks for the whole walk. */
  hash(): number;
  /** The same in slices of a few milliseconds, over the state at the call. */
  hashSliced(): Promise<number>;
  /**
   * The state at the call or later, the open batch included (it is committed for this). While a defragmentation is under way nothing
   * is committed: then the image is made when that ends.
   */
  snapshot(): Promise<StoreSnapshot>;
  /** Rewrites the file without its free pages. Writes go on: what is put meanwhile goes into the new file. */
  defragment(): Promise<void>;
  /** Commits what is pending, then closes file and lock. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Upper bound of what an operation waits in the batch, default 100 ms. */
  batchIntervalMs?: number;
  /** Operations that force a commit, default 10000. */
  batchLimit?: number;
  /** Pending bytes that force a commit, default 16 MiB: bounds memory and the length of one commit. */
  batchBytes?: number;
  /** Memory for clean pages, default 128 MiB. */
  cacheBytes?: number;
  /** etcd's --unsafe-no-fsync: skips every sync. For tests of speed only. */
  unsafeNoSync?: boolean;
  /** Called once when a commit fails; the store takes no commit any more. */
  onFailure?: (error: Error) => void;
}
