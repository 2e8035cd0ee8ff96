import { type CancelSignal, Code, checkGiven, kinds, type Shape } from "../base/index.ts";
import { contestPrefix, enter, firstOf, type Place, waitTurn } from "./contest.ts";
import { ClientError } from "./errors.ts";
import type { Bytes, KeyValue } from "./keys.ts";
import type { Keyspace } from "./keyspace.ts";
import type { Lease } from "./lease.ts";
import { checkCall, isAborted, none, type RequestOptions } from "./options.ts";
import type { RangeResult } from "./requests.ts";
import { compare, op } from "./txn.ts";

/**
 * How to campaign.
 *
 * @example
 * const office = await client.election("leader").campaign("me", { ttl: 5, signal: AbortSignal.timeout(60_000) });
 * await office.resign();
 */
export interface CampaignOptions {
  /** Seconds after which another may lead when this process vanishes. Default 10. */
  readonly ttl?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: CancelSignal | undefined;
}

const campaignShape = { ttl: kinds.integer, signal: kinds.signal } as const satisfies Shape;
const observeShape = { signal: kinds.signal } as const satisfies Shape;

/**
 * An election among all who campaign for one name.
 *
 * @example
 * const election = client.election("leader");
 * const office = await election.campaign("me");
 * console.log((await election.leader())?.text);
 * await office.resign();
 */
export class Election {
  readonly #client: Keyspace;
  readonly #prefix: Uint8Array;

  /** Made by `client.election`. */
  constructor(client: Keyspace, name: Bytes) {
    this.#client = client;
    this.#prefix = contestPrefix(name);
  }

  /** Waits until it is elected. `value` is what others see of the leader. */
  async campaign(value: Bytes, options: CampaignOptions = none): Promise<Leadership> {
    checkGiven("election.campaign", "value", value, kinds.textOrBytes);
    checkCall("election.campaign", options, campaignShape);
    const lease = await this.#client.lease(options.ttl ?? 10, { signal: options.signal });
    try {
      const place = await enter(this.#client, this.#prefix, lease, value, options.signal);
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
  async leader(options: RequestOptions = none): Promise<KeyValue | undefined> {
    checkCall("election.leader", options);
    const first = await this.#client.range(
      { prefix: this.#prefix },
      { ...options, sortBy: "create", order: "ascending", limit: 1 },
    );
    return first.kvs[0];
  }

  /** The present leader, then each later value and leader. */
  observe(options: { readonly signal?: CancelSignal | undefined } = none): AsyncGenerator<KeyValue> {
    checkCall("election.observe", options, observeShape);
    return this.#observe(options.signal);
  }

  async *#observe(signal: CancelSignal | undefined): AsyncGenerator<KeyValue> {
    // What was told last. A later leader may have entered before an earlier one spoke, so its revision alone decides nothing.
    let told: Pick<KeyValue, "key" | "modRevision"> | undefined;
    while (!isAborted(signal)) {
      let first: RangeResult;
      try {
        first = await this.#client.range(
          { prefix: this.#prefix },
          { sortBy: "create", order: "ascending", limit: 1, signal },
        );
      } catch (error) {
        if (isAborted(signal)) return;
        throw error;
      }
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

/**
 * The office of the leader, while it lasts.
 *
 * @example
 * const office = await client.election("leader").campaign("me");
 * office.signal.addEventListener("abort", () => console.log("no longer in office"));
 * await office.proclaim("me, busy");
 * await office.resign();
 */
export class Leadership {
  readonly #client: Keyspace;
  readonly #lease: Lease;
  readonly key: Uint8Array;
  /** Revision at which the place in the queue was taken: higher ones belong to later leaders, so it can fence writes. */
  readonly revision: number;

  /** Made by `election.campaign`. */
  constructor(client: Keyspace, place: Place, lease: Lease) {
    this.#client = client;
    this.#lease = lease;
    this.key = place.key;
    this.revision = place.revision;
  }

  /** Aborted when the office may be lost. */
  get signal(): CancelSignal {
    return this.#lease.signal;
  }

  /** Shows another value, if still in office. */
  async proclaim(value: Bytes, options: RequestOptions = none): Promise<void> {
    checkGiven("leadership.proclaim", "value", value, kinds.textOrBytes);
    checkCall("leadership.proclaim", options);
    const { succeeded } = await this.#client
      .txn()
      .if(compare.createRevision(this.key, "=", this.revision))
      .do(op.put(this.key, value, { lease: this.#lease }))
      .commit(options);
    if (!succeeded) throw new ClientError(Code.Unknown, "election: not leader");
  }

  /** Leaves the office to the next one. */
  async resign(options: RequestOptions = none): Promise<void> {
    checkCall("leadership.resign", options);
    await this.#lease.revoke(options);
  }
}
