import { kv, rpc } from "../../wire/proto/index.ts";
import { bytesOf, textOf } from "../command/text.ts";
import { KeepAlive } from "./keep-alive.ts";
import { prefixEndOf } from "./keys.ts";
import type { Session } from "./session.ts";
import { Watching } from "./watching.ts";

const canceled = () => new Error("context canceled");

/**
 * Contenders for one name, as etcd's locks and elections work: each puts a key `name/<lease>` that dies with its lease; who put
 * first holds the name; each of the others waits until the key right before its own is deleted.
 */
export class Contest {
  readonly #session: Session;
  readonly #lease: bigint;
  readonly #prefix: string;
  readonly #aborted: Promise<never>;
  #abort!: () => void;
  readonly key: string;
  /** Resolves when the lease is gone. */
  readonly expired: Promise<"expired">;
  /** Revision at which our key was made. */
  revision = 0;
  /** Revision of the store when we entered. */
  headerRevision = 0;

  private constructor(session: Session, name: string, lease: bigint) {
    this.#session = session;
    this.#lease = lease;
    this.#prefix = `${name}/`;
    this.key = `${this.#prefix}${lease.toString(16)}`;
    this.#aborted = new Promise((_, reject) => {
      this.#abort = () => reject(canceled());
    });
    this.#aborted.catch(() => undefined);
    const renewals = new KeepAlive(session, lease);
    this.expired = (async () => {
      for await (const _ of renewals) {
        // Renewed.
      }
      return "expired" as const;
    })();
    this.expired.catch(() => undefined);
  }

  /** Gets a lease to contend with, and renews it from here on. */
  static async open(session: Session, name: string, ttl: number): Promise<Contest> {
    const request = rpc.createLeaseGrantRequest({ TTL: ttl });
    const { ID } = await session.call("Lease/LeaseGrant", [rpc.LeaseGrantRequest, request], rpc.LeaseGrantResponse);
    return new Contest(session, name, ID);
  }

  /** Gives up waiting. */
  abort(): void {
    this.#abort();
  }

  /** Waits until the name is ours. */
  async enter(value: string, lost: string): Promise<void> {
    const answer = await this.#or(this.#put(value));
    this.headerRevision = answer.header?.revision ?? 0;
    const [mine, first] = answer.responses.map(({ response }) =>
      response.case === "responseRange" ? response.value : undefined,
    );
    const existing = mine?.kvs[0] === undefined ? undefined : kv.decodeKeyValue(mine.kvs[0]);
    this.revision = answer.succeeded ? this.headerRevision : (existing?.createRevision ?? 0);
    if (existing !== undefined && textOf(existing.value) !== value) await this.#proclaim(value);
    const owner = first?.kvs[0] === undefined ? undefined : kv.decodeKeyValue(first.kvs[0]);
    if (owner === undefined || owner.createRevision === this.revision) return;
    try {
      await this.#or(this.#waitForTurn());
    } catch (error) {
      await this.leave();
      throw error;
    }
    const now = await this.get();
    if (now.kvs.length === 0) throw new Error(lost);
    this.headerRevision = now.header?.revision ?? this.headerRevision;
  }

  /** Our key as it is. */
  get(): Promise<rpc.RangeResponse> {
    return this.#range({ key: bytesOf(this.key) });
  }

  async leave(): Promise<void> {
    const request = rpc.createDeleteRangeRequest({ key: bytesOf(this.key) });
    await this.#session.call("KV/DeleteRange", [rpc.DeleteRangeRequest, request], rpc.DeleteRangeResponse);
  }

  /** Gives leadership up, if it is still ours. */
  async resign(): Promise<void> {
    const value = rpc.createDeleteRangeRequest({ key: bytesOf(this.key) });
    const request = rpc.createTxnRequest({
      compare: [this.#madeAt(this.revision)],
      success: [{ request: { case: "requestDeleteRange", value } }],
    });
    await this.#session.call("KV/Txn", [rpc.TxnRequest, request], rpc.TxnResponse);
  }

  /** Tells each leader, and each new value of a leader, until the observer is aborted. */
  async observe(tell: (answer: rpc.RangeResponse) => Promise<void>): Promise<void> {
    for (;;) {
      const first = await this.#range({
        ...this.#all(),
        limit: 1,
        sortTarget: rpc.SortTarget.CREATE,
        sortOrder: rpc.SortOrder.ASCEND,
      });
      const found = first.kvs[0];
      let header = first.header;
      let leader: Uint8Array;
      if (found === undefined) {
        const made = await this.#next(this.#all(), (header?.revision ?? 0) + 1, kv.EventType.PUT);
        leader = made.pair;
        header = made.header;
      } else leader = found;
      await tell(rpc.createRangeResponse({ header: header!, kvs: [leader] }));
      const { key, modRevision } = kv.decodeKeyValue(leader);
      await this.#follow(key, found === undefined ? modRevision + 1 : (header?.revision ?? 0) + 1, tell);
    }
  }

  /** Values of one leader until its key is deleted. */
  #follow(key: Uint8Array, from: number, tell: (answer: rpc.RangeResponse) => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      void new Watching(this.#session).watch(
        wish({ key, rangeEnd: bytesOf("") }, from),
        async ({ response, failure }) => {
          for (const bytes of response.events) {
            const event = kv.decodeEvent(bytes);
            if (event.type === kv.EventType.DELETE) return resolve();
            await tell(rpc.createRangeResponse({ header: response.header!, kvs: [event.kv ?? new Uint8Array(0)] }));
          }
          if (failure !== undefined) resolve();
        },
      );
    });
  }

  async #put(value: string): Promise<rpc.TxnResponse> {
    const put = rpc.createPutRequest({ key: bytesOf(this.key), value: bytesOf(value), lease: this.#lease });
    const mine = rpc.createRangeRequest({ key: bytesOf(this.key) });
    const first = rpc.createRangeRequest({
      ...this.#all(),
      limit: 1,
      sortTarget: rpc.SortTarget.CREATE,
      sortOrder: rpc.SortOrder.ASCEND,
    });
    const owner: rpc.RequestOp = { request: { case: "requestRange", value: first } };
    const request = rpc.createTxnRequest({
      compare: [this.#madeAt(0)],
      success: [{ request: { case: "requestPut", value: put } }, owner],
      failure: [{ request: { case: "requestRange", value: mine } }, owner],
    });
    return this.#session.call("KV/Txn", [rpc.TxnRequest, request], rpc.TxnResponse);
  }

  async #proclaim(value: string): Promise<void> {
    const put = rpc.createPutRequest({ key: bytesOf(this.key), value: bytesOf(value), lease: this.#lease });
    const request = rpc.createTxnRequest({
      compare: [this.#madeAt(this.revision)],
      success: [{ request: { case: "requestPut", value: put } }],
    });
    await this.#session.call("KV/Txn", [rpc.TxnRequest, request], rpc.TxnResponse);
  }

  async #waitForTurn(): Promise<void> {
    for (;;) {
      const before = await this.#range({
        ...this.#all(),
        limit: 1,
        sortTarget: rpc.SortTarget.CREATE,
        sortOrder: rpc.SortOrder.DESCEND,
        maxCreateRevision: this.revision - 1,
      });
      const last = before.kvs[0];
      if (last === undefined) return;
      const range = { key: kv.decodeKeyValue(last).key, rangeEnd: bytesOf("") };
      await this.#next(range, before.header?.revision ?? 0, kv.EventType.DELETE);
    }
  }

  /** The next event of this kind. */
  #next(
    range: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array },
    from: number,
    type: kv.EventType,
  ): Promise<{ readonly header: rpc.ResponseHeader | undefined; readonly pair: Uint8Array }> {
    return new Promise((resolve, reject) => {
      void new Watching(this.#session).watch(wish(range, from), async ({ response, failure }) => {
        for (const bytes of response.events) {
          const event = kv.decodeEvent(bytes);
          if (event.type === type) resolve({ header: response.header, pair: event.kv ?? new Uint8Array(0) });
        }
        if (failure !== undefined) reject(new Error(failure));
      });
    });
  }

  #range(fields: Partial<rpc.RangeRequest>): Promise<rpc.RangeResponse> {
    return this.#session.call("KV/Range", [rpc.RangeRequest, rpc.createRangeRequest(fields)], rpc.RangeResponse, {
      repeatable: true,
    });
  }

  #all(): { readonly key: Uint8Array; readonly rangeEnd: Uint8Array } {
    return { key: bytesOf(this.#prefix), rangeEnd: bytesOf(prefixEndOf(this.#prefix)) };
  }

  #madeAt(revision: number): rpc.Compare {
    return rpc.createCompare({
      result: rpc.CompareResult.EQUAL,
      target: rpc.CompareTarget.CREATE,
      key: bytesOf(this.key),
      targetUnion: { case: "createRevision", value: revision },
    });
  }

  #or<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#aborted]);
  }
}

function wish(range: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }, startRevision: number) {
  return { ...range, startRevision, prevKv: false, progressNotify: false };
}
