import type { LeaseId } from "../../base/index.ts";
import type { Store } from "../../storage/store/index.ts";

/** What the lessor needs of the store: bucket `lease`. */
export type LeaseStore = Pick<Store, "put" | "delete" | "visit">;

/** The part of an mvcc write transaction that a revocation uses. */
export interface LeaseDeleter {
  /** Deletes keys; `end` is always "" here: one key. */
  deleteRange(key: string, end: string): number;
}

/** How mvcc tells which key hangs on which lease. Keys are latin1 strings. */
export interface LeaseAttacher {
  /** Hangs `key` on `lease`, taking it from another lease it may hang on. False, and nothing done, when there is no such lease. */
  attach(lease: LeaseId, key: string): boolean;
  /** Takes `key` off `lease`. False, and nothing done, when there is no such lease. */
  detach(lease: LeaseId, key: string): boolean;
  /** The lease that `key` hangs on, or 0. */
  leaseOf(key: string): LeaseId;
}

export interface LessorOptions {
  /** Shorter TTLs are raised to this; see `minimumTtlSeconds`. */
  readonly minimumTtlSeconds: number;
  /**
   * Whether an applied checkpoint is also written to the store: gate LeaseCheckpointPersist or a cluster version of at least 3.6.
   * Asked at each checkpoint, since the cluster version moves.
   */
  readonly persistCheckpoints: () => boolean;
  /** Time between two checkpoints of one lease. Default 300 s. */
  readonly checkpointIntervalSeconds?: number;
  /** Expired leases handed out in one second. Default 1000. */
  readonly revokesPerSecond?: number;
  /** After this time an expired lease that is still there is handed out again. Default 3000 ms. */
  readonly expiredRetryMs?: number;
}

/** A lease as others may see it. `remainingMs` is Infinity on a member that is not primary. */
export interface LeaseView {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** Time left, zero or less when expired, Infinity unless primary. */
  remainingMs(): number;
  /** Attached keys in byte order. */
  keys(): string[];
}

/** One line of a LeaseCheckpoint entry. */
export interface LeaseCheckpoint {
  readonly id: LeaseId;
  /** Seconds left; 0 forgets an earlier checkpoint. */
  readonly remainingTtlSeconds: number;
}

/** Proposes checkpoints through the log; resolves once they are applied here. */
export type Checkpointer = (checkpoints: readonly LeaseCheckpoint[]) => Promise<void>;
