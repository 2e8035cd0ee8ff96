import { Code, EMPTY, EtcdError, keyBytes, keyString, type LeaseId, prefixEnd } from "../../base/index.ts";
import type { Principal } from "../../server/index.ts";
import type { WatchSink, WatchStream } from "../../state/watch/index.ts";
import { type Call, GrpcError, type Status } from "../../wire/grpc/index.ts";
import { keyValue, kv, rpc } from "../../wire/proto/index.ts";
import type { Authorizer } from "./options.ts";

/** What Lock and Election need of a member. */
export interface ContestMember {
  readonly watchHub: { stream(sink: WatchSink): WatchStream };
  header(revision?: number): rpc.ResponseHeader;
  linearizable(): Promise<void> | undefined;
  range(request: rpc.RangeRequest): rpc.RangeResponse;
  txn(request: rpc.TxnRequest, by?: Principal): Promise<rpc.TxnResponse>;
  deleteRange(request: rpc.DeleteRangeRequest, by?: Principal): Promise<rpc.DeleteRangeResponse>;
  leaseGrant(request: rpc.LeaseGrantRequest, by?: Principal): Promise<rpc.LeaseGrantResponse>;
}

/** Life of a lease that is made for a caller who brought none; the caller has to keep it alive. */
const SESSION_TTL_SECONDS = 60;

/**
 * One call's part in a contest for a prefix. Each contender owns the key `<prefix><lease in hex>`; the one whose key was created
 * first has won, the others wait for the keys before theirs to go. What the call reads and writes, it does as its caller.
 */
export class Contender {
  readonly #member: ContestMember;
  readonly #authorizer: Authorizer | undefined;
  readonly #by: Principal | undefined;
  /** Rejects once the client is gone; never resolves. */
  readonly #gone: Promise<never>;
  #cancelled: Status | undefined;

  constructor(call: Call, member: ContestMember, authorizer: Authorizer | undefined) {
    this.#member = member;
    this.#authorizer = authorizer;
    try {
      this.#by = authorizer?.principal(call.metadata, call.peer);
    } catch (error) {
      throw unknownTwin(error);
    }
    this.#gone = new Promise((_, reject) => {
      call.onCancel = (why) => {
        this.#cancelled = why;
        reject(new GrpcError(why.code, why.message));
      };
    });
    // Whoever waits hears of it; when nobody waits it is no news.
    this.#gone.catch(() => {});
    if (call.cancelled) call.onCancel?.({ code: Code.Canceled, message: "context canceled" });
  }

  get cancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  /** `work`, or the rejection when the client goes first. */
  whileHere<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#gone]);
  }

  /** The lease the caller brought, or a new one. */
  async lease(given: LeaseId): Promise<LeaseId> {
    if (given !== 0n) return given;
    const request = rpc.createLeaseGrantRequest({ TTL: SESSION_TTL_SECONDS });
    return (await this.whileHere(asUnknown(this.#member.leaseGrant(request, this.#by)))).ID;
  }

  /** A linearizable read. What the caller may read is asked after the barrier, in the very turn of the read. */
  async range(request: rpc.RangeRequest): Promise<rpc.RangeResponse> {
    const barrier = this.#member.linearizable();
    if (barrier !== undefined) await this.whileHere(asUnknown(barrier));
    try {
      this.#authorizer?.requireRead(this.#by, request.key, request.rangeEnd);
      return this.#member.range(request);
    } catch (error) {
      throw unknownTwin(error);
    }
  }

  /** Not given up when the client goes: what was asked for happens or fails, and the caller has to know which. */
  txn(request: Partial<rpc.TxnRequest>): Promise<rpc.TxnResponse> {
    return asUnknown(this.#member.txn(rpc.createTxnRequest(request), this.#by));
  }

  delete(key: Uint8Array): Promise<rpc.DeleteRangeResponse> {
    requireKey(key);
    return asUnknown(this.#member.deleteRange(rpc.createDeleteRangeRequest({ key }), this.#by));
  }

  header(revision: number): rpc.ResponseHeader {
    return this.#member.header(revision);
  }

  /** Waits until no key of `prefix` is left that was created up to `createRevision`. */
  async othersGone(prefix: string, createRevision: number): Promise<void> {
    const last = ofPrefix(prefix, rpc.SortOrder.DESCEND);
    last.maxCreateRevision = createRevision;
    for (;;) {
      const response = await this.range(last);
      const before = response.kvs[0];
      if (before === undefined) return;
      const from = response.header?.revision ?? 0;
      await this.watch(keyValue.keyStringOf(before), "", from, (event) => event.type === kv.EventType.DELETE);
    }
  }

  /**
   * Shows the events from revision `from` on to `visit`, in order, until it answers true. With `sink` room is asked for
   * before more is fetched.
   * @throws EtcdError one that `isCompacted` knows when the events are gone
   */
  async watch(
    key: string,
    end: string,
    from: number,
    visit: (event: kv.Event, revision: number) => boolean,
    sink?: { writable(): boolean; onDrain: (() => void) | undefined },
  ): Promise<void> {
    let stream: WatchStream | undefined;
    try {
      await this.whileHere(
        new Promise<void>((resolve, reject) => {
          let over = false;
          stream = this.#member.watchHub.stream({
            writable: () => sink?.writable() ?? true,
            send: (reply) => {
              if (over) return;
              for (const bytes of reply.events) {
                if (!visit(kv.decodeEvent(bytes), reply.revision)) continue;
                over = true;
                resolve();
                return;
              }
              if (!reply.canceled) return;
              over = true;
              reject(
                reply.compactRevision > 0
                  ? compacted()
                  : EtcdError.raw(Code.Unknown, reply.cancelReason || "lost watcher waiting for delete"),
              );
            },
          });
          if (sink !== undefined) sink.onDrain = () => stream?.resume();
          stream.create({ key, end, startRevision: from });
        }),
      );
    } finally {
      if (sink !== undefined) sink.onDrain = undefined;
      stream?.close();
    }
  }
}

/**
 * etcd serves these calls with its own client library, whose errors are no gRPC statuses any more: the text is that of the
 * catalogue, the code on the wire Unknown.
 */
function unknownTwin(error: unknown): unknown {
  const known = error instanceof EtcdError && error.key !== undefined;
  return known ? EtcdError.raw(Code.Unknown, error.message) : error;
}

async function asUnknown<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unknownTwin(error);
  }
}

function compacted(): unknown {
  return unknownTwin(EtcdError.of("Compacted"));
}

/** Whether a watch ended because the events it wanted were compacted away. */
export function isCompacted(error: unknown): boolean {
  return error instanceof EtcdError && error.message === EtcdError.of("Compacted").message;
}

/** The check that a client's own request meets at the door of the KV service. */
export function requireKey(key: Uint8Array): void {
  if (key.length === 0) throw unknownTwin(EtcdError.of("KeyEmpty"));
}

/** Reads the key of `prefix` that was created first, or last. */
export function ofPrefix(prefix: string, sortOrder: rpc.SortOrder): rpc.RangeRequest {
  return rpc.createRangeRequest({
    key: keyBytes(prefix),
    rangeEnd: keyBytes(prefixEnd(prefix)),
    sortTarget: rpc.SortTarget.CREATE,
    sortOrder,
    limit: 1,
  });
}

export function contestPrefix(name: Uint8Array): string {
  return `${keyString(name)}/`;
}

/** A contender's key. A negative lease shows its sign. */
export function contenderKey(prefix: string, lease: LeaseId): Uint8Array {
  return keyBytes(`${prefix}${lease.toString(16)}`);
}

export function createdAt(key: Uint8Array, revision: number): rpc.Compare {
  return rpc.createCompare({
    key,
    target: rpc.CompareTarget.CREATE,
    result: rpc.CompareResult.EQUAL,
    targetUnion: { case: "createRevision", value: revision },
  });
}

export function putOp(key: Uint8Array, value: Uint8Array, lease: LeaseId): rpc.RequestOp {
  return { request: { case: "requestPut", value: rpc.createPutRequest({ key, value, lease }) } };
}

export function rangeOp(request: rpc.RangeRequest): rpc.RequestOp {
  return { request: { case: "requestRange", value: request } };
}

export function deleteOp(key: Uint8Array): rpc.RequestOp {
  return { request: { case: "requestDeleteRange", value: rpc.createDeleteRangeRequest({ key }) } };
}

/** First key of the range that the `at`-th operation of a txn answered. */
export function firstKv(response: rpc.TxnResponse, at: number): Uint8Array | undefined {
  const answer = response.responses[at]?.response;
  return answer?.case === "responseRange" ? answer.value.kvs[0] : undefined;
}

/** An answer without a value is the empty one. */
export function storedValue(bytes: Uint8Array | undefined): Uint8Array {
  return bytes === undefined ? EMPTY : keyValue.valueBytesOf(bytes);
}
