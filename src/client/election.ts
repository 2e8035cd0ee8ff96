import { Code } from "../base/index.ts";
import type { Client } from "./client.ts";
import { contestPrefix, enter, firstOf, type Place, waitTurn } from "./contest.ts";
import { ClientError } from "./errors.ts";
import type { Bytes, KeyValue } from "./keys.ts";
import type { Lease } from "./lease.ts";
import { compare, op } from "./txn.ts";

export interface CampaignOptions {
  /** Seconds after which another may lead when this process vanishes. Default 10. */
  readonly ttl?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** An election among all who campaign for one name. */
export class Election {
  readonly #client: Client;
  readonly #prefix: Uint8Array;

  constructor(client: Client, name: Bytes) {
    this.#client = client;
    this.#prefix = contestPrefix(name);
  }

  /** Waits until it is elected. `value` is what others see of the leader. */
  async campaign(value: Bytes, options: CampaignOptions = {}): Promise<Leadership> {
    const lease = await this.#client.lease(options.ttl ?? 10);
    try {
      const place = await enter(this.#client, this.#prefix, lease, value);
      const signal = firstOf(lease.signal, options.signal);
      await waitTurn(this.#client, this.#prefix, place, signal);
      if (signal.aborted) throw ClientError.from(signal.reason);
      return new Leadership(this.#client, place, lease);
    } catch (error) {
      await lease.revoke().catch(() => {});
      throw error;
    }
  }

  /** Who leads now; undefined when nobody does. */
  async leader(): Promise<KeyValue | undefined> {
    const first = await this.#client.range(
      { prefix: this.#prefix },
      { sortBy: "create", order: "ascending", limit: 1 },
    );
    return first.kvs[0];
  }

  /** The present leader, then each later value and leader. */
  async *observe(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<KeyValue> {
    const { signal } = options;
    // What was told last. A later leader may have entered before an earlier one spoke, so its revision alone decides nothing.
    let told: Pick<KeyValue, "key" | "modRevision"> | undefined;
    while (signal?.aborted !== true) {
      const first = await this.#client.range(
        { prefix: this.#prefix },
        { sortBy: "create", order: "ascending", limit: 1 },
      );
      const leader = first.kvs[0];
      const known = told !== undefined && leader !== undefined && Buffer.compare(told.key, leader.key) === 0;
      if (leader !== undefined && !(known && told!.modRevision >= leader.modRevision)) {
        told = leader;
        yield leader;
      }
      // The leader's key changes or goes; without a leader the first put makes one.
      const watched = leader === undefined ? { prefix: this.#prefix } : leader.key;
      for await (const event of this.#client.watch(watched, { startRevision: first.revision + 1, signal })) {
        if (event.type === "delete" || leader === undefined) break;
        told = event.kv;
        yield event.kv;
      }
      if (this.#client.closed) return;
    }
  }
}

/** The office of the leader, while it lasts. */
export class Leadership {
  readonly #client: Client;
  readonly #lease: Lease;
  readonly key: Uint8Array;
  /** Revision at which the place in the queue was taken: higher ones belong to later leaders, so it can fence writes. */
  readonly revision: number;

  constructor(client: Client, place: Place, lease: Lease) {
    this.#client = client;
    this.#lease = lease;
    this.key = place.key;
    this.revision = place.revision;
  }

  /** Aborted when the office may be lost. */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /** Shows another value, if still in office. */
  async proclaim(value: Bytes): Promise<void> {
    const { succeeded } = await this.#client
      .txn()
      .if(compare.createRevision(this.key, "=", this.revision))
      .do(op.put(this.key, value, { lease: this.#lease }))
      .commit();
    if (!succeeded) throw new ClientError(Code.Unknown, "election: not leader");
  }

  async resign(): Promise<void> {
    await this.#lease.revoke();
  }
}
