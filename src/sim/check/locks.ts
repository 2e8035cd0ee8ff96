import type { Truth } from "./truth.ts";
import { inRange, type Violation } from "./types.ts";

/** A lock that somebody was told is theirs. */
export interface LockRecord {
  readonly client: string;
  /** What contenders' keys begin with, and the end of that range. */
  readonly prefix: string;
  readonly end: string;
  /** The owner's key. */
  readonly key: string;
  /** Revision of the answer that gave it the lock. */
  readonly revision: number;
}

/**
 * Whoever is told that it holds a lock held it at the revision of that answer: its key was there, and none of the other contenders'
 * keys was older. Two holders at one revision are thereby impossible. (What happens later is the lease's affair.)
 */
export function checkLocks(locks: readonly LockRecord[], truth: Truth): Violation | undefined {
  for (const lock of locks) {
    const fail = (message: string): Violation => ({
      check: "locks",
      message: `${lock.client} was given ${lock.key} at revision ${lock.revision}: ${message}`,
      facts: lock,
    });
    if (!inRange(lock.key, lock.prefix, lock.end)) return fail("the key is none of this lock's");
    const own = truth.get(lock.key, lock.revision);
    if (own === undefined) return fail("its key was gone, and its lease with it");
    const contenders = truth.range({ key: lock.prefix, end: lock.end, limit: 0 }, lock.revision).kvs ?? [];
    const first = contenders.find((kv) => kv.create < own.create);
    if (first !== undefined) return fail(`${first.key} was there before`);
  }
  return undefined;
}
