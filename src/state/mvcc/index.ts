import type { Env } from "../../base/index.ts";
import type {
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

export type * from "./types.ts";

/** Keys over revisions. */
export declare class Mvcc implements ReadView {
  /** Restores the index from the key bucket, re-attaches leases, resumes a scheduled compaction. */
  static open(store: RevisionStore, leases: LeaseAttacher, options: MvccOptions, env: Env): Mvcc;
  /** Newest revision; 1 before the first write. */
  get revision(): number;
  /** -1 when never compacted. */
  get compactRevision(): number;
  range(key: string, end: string, options?: RangeOptions): RangeResult;
  metadata(key: string): KeyMetadata | undefined;
  get(key: string): Uint8Array | undefined;
  /** The encoded KeyValue of a key live at `revision`; undefined if not live or compacted away. */
  getAt(key: string, revision: number): Uint8Array | undefined;
  write(): WriteTxn;
  /**
   * Checks bounds (throws Compacted, FutureRevision) and sets `compactRevision` before it returns. The promise resolves
   * when all is deleted; it rejects with Stopped on close (nobody has to listen).
   */
  compact(revision: number): Promise<void>;
  /** Revision 0 = newest. Holds the loop; for tools and tests. */
  hashKv(revision: number): HashKvResult;
  /** The same in slices. */
  hashKvSliced(revision: number): Promise<HashKvResult>;
  /** Hashes kept from compactions, newest 10, ascending by revision. */
  compactionHashes(): readonly KeyValueHash[];
  /** Tells every later change to `listener`; returns the end of it. */
  listen(listener: ChangeListener): () => void;
  /** Replaces all state by that of `store` (a received snapshot); reads are served from the old one until it is done. */
  restore(store: RevisionStore): Promise<void>;
  close(): void;
}
