import { type CancelSignal, kinds, type Shape } from "../base/index.ts";
import { contestPrefix, enter, firstOf, type Place, waitTurn } from "./contest.ts";
import { ClientError } from "./errors.ts";
import type { Bytes } from "./keys.ts";
import type { Keyspace } from "./keyspace.ts";
import type { Lease } from "./lease.ts";
import { checkCall, none, type RequestOptions } from "./options.ts";

/**
 * How a lock is waited for.
 *
 * @example
 * const lock = await client.lock("migration", { ttl: 30, signal: AbortSignal.timeout(60_000) });
 * await lock.release();
 */
export interface LockOptions {
  /** Seconds after which the lock is free again when this process vanishes. Default 10. */
  readonly ttl?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: CancelSignal | undefined;
}

export const lockShape = { ttl: kinds.integer, signal: kinds.signal } as const satisfies Shape;

/**
 * A held lock.
 *
 * @example
 * const lock = await client.lock("migration");
 * lock.signal.addEventListener("abort", () => console.log("may be held by somebody else now"));
 * await client.txn().if(compare.exists(lock.key)).do(op.put("schema", "2")).commit();
 * await lock.release();
 */
export class Lock {
  /** The key that stands for the hold; a transaction guarded by `compare.exists(lock.key)` runs only while it is held. */
  readonly key: Uint8Array;
  readonly revision: number;
  readonly #lease: Lease;

  private constructor(place: Place, lease: Lease) {
    this.key = place.key;
    this.revision = place.revision;
    this.#lease = lease;
  }

  /** Aborted when the hold may be lost. */
  get signal(): CancelSignal {
    return this.#lease.signal;
  }

  /** Gives it back; whoever waits longest has it next. */
  async release(options: RequestOptions = none): Promise<void> {
    checkCall("lock.release", options);
    await this.#lease.revoke(options);
  }

  /** For `client.lock`. */
  static async acquire(client: Keyspace, name: Bytes, options: LockOptions): Promise<Lock> {
    const lease = await client.lease(options.ttl ?? 10, { signal: options.signal });
    try {
      const prefix = contestPrefix(name);
      const place = await enter(client, prefix, lease, "", options.signal);
      const signal = firstOf(lease.signal, options.signal);
      await waitTurn(client, prefix, place, signal);
      if (signal.aborted) throw ClientError.from(signal.reason);
      return new Lock(place, lease);
    } catch (error) {
      // Revoking takes our place in the queue away as well.
      await lease.revoke().catch(() => {});
      throw error;
    }
  }
}
