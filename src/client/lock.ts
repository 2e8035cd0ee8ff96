import type { Client } from "./client.ts";
import { contestPrefix, enter, firstOf, type Place, waitTurn } from "./contest.ts";
import { ClientError } from "./errors.ts";
import type { Bytes } from "./keys.ts";
import type { Lease } from "./lease.ts";

export interface LockOptions {
  /** Seconds after which the lock is free again when this process vanishes. Default 10. */
  readonly ttl?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** A held lock. */
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
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  async release(): Promise<void> {
    await this.#lease.revoke();
  }

  static async acquire(client: Client, name: Bytes, options: LockOptions): Promise<Lock> {
    const lease = await client.lease(options.ttl ?? 10);
    try {
      const prefix = contestPrefix(name);
      const place = await enter(client, prefix, lease, "");
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
