import type { Env, LeaseId } from "../../base/index.ts";
import type { LeaseAttacher, LeaseCheckpoint, LeaseDeleter, LeaseStore, LeaseView, LessorOptions } from "./types.ts";

export type { LeaseAttacher, LeaseCheckpoint, LeaseDeleter, LeaseStore, LeaseView, LessorOptions } from "./types.ts";

/** Shape of the lessor. `new Lessor(store, options, env)` restores from bucket `lease`. */
export interface LessorShape extends LeaseAttacher {
  /** Number of leases. */
  readonly size: number;
  readonly primary: boolean;
  /** Applies a grant. Throws LeaseNotFound (id 0), LeaseTtlTooLarge, LeaseExists. Returns the TTL given, in seconds. */
  grant(id: LeaseId, ttlSeconds: number): number;
  /** Applies a revocation: deletes the attached keys in byte order through `txn`, then the lease. Throws LeaseNotFound. */
  revoke(id: LeaseId, txn: LeaseDeleter): void;
  /**
   * Renews at the primary; the TTL in seconds. Throws LeaseNotFound, or NotPrimary (`isNotPrimary`). A promise when the lease has
   * expired and its revocation is under way, or when a checkpoint must be cleared through the log first.
   */
  renew(id: LeaseId): number | Promise<number>;
  lookup(id: LeaseId): LeaseView | undefined;
  /** All leases, soonest expiry first, then by id. */
  leases(): LeaseView[];
  /** Becomes primary: every expiry is set anew to now + extend + what was left; piled-up expiries are spread. */
  promote(extendMs: number): void;
  demote(): void;
  /** Up to `limit` leases that have expired, each handed out again only after `expiredRetryMs`. */
  expired(limit: number): LeaseId[];
  /** Up to `limit` checkpoints that are due. Empty unless primary and checkpoints are on. */
  dueCheckpoints(limit: number): LeaseCheckpoint[];
  /** Applies a checkpoint entry's line; unknown leases are passed over. */
  checkpoint(id: LeaseId, remainingTtlSeconds: number): void;
  /** Reads everything anew from another store (a snapshot was installed). Attachments start empty. */
  recover(store: LeaseStore): void;
  /** Renewals that wait are refused; nothing runs afterwards. */
  close(): void;
}

export type LessorConstructor = new (store: LeaseStore, options: LessorOptions, env: Env) => LessorShape;
