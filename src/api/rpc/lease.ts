import { Code, isEtcdError } from "../../base/index.ts";
import type { Principal } from "../../server/index.ts";
import { type Call, type MethodRegistry, type ServerStream, statusOf } from "../../wire/grpc/index.ts";
import { DecodeError, rpc, sizeId, sizeInt64, Writer } from "../../wire/proto/index.ts";
import { decodeFault, ServiceRegistry, type Surroundings } from "./registry.ts";

/** Renewals of one stream that may wait for their turn before the stream is no longer read. */
const renewalsWaitingMax = 1024;
/** Renewals of one stream that the leader is asked for at once. */
const renewalsAtOnceMax = 32;

/** etcdserverpb.Lease */
export function registerLease(registry: MethodRegistry, around: Surroundings): void {
  const { member, options, guard } = around;
  const service = new ServiceRegistry(registry, around, rpc.LeaseService);
  /** Who calls; somebody must when authentication is on. */
  const someone = (call: Call): Principal | undefined => {
    const by = guard.principal(call);
    options.authorizer?.requireUser(by);
    return by;
  };
  service.simple<rpc.LeaseGrantRequest, rpc.LeaseGrantResponse>("LeaseGrant", (request, call) =>
    member.leaseGrant(request, someone(call)),
  );
  service.simple<rpc.LeaseRevokeRequest, rpc.LeaseRevokeResponse>("LeaseRevoke", (request, call) =>
    member.leaseRevoke(request, someone(call)),
  );
  service.simple<rpc.LeaseTimeToLiveRequest, rpc.LeaseTimeToLiveResponse>("LeaseTimeToLive", async (request, call) => {
    const by = someone(call);
    if (request.keys) options.authorizer?.requireLeaseRead(by, request.ID);
    try {
      return await member.leaseTimeToLive(request);
    } catch (error) {
      // A lease that is not there has no time to live; that is an answer, not a fault.
      if (!isEtcdError(error, "LeaseNotFound")) throw error;
      return rpc.createLeaseTimeToLiveResponse({ header: member.header(), ID: request.ID, TTL: -1 });
    }
  });
  service.simple<rpc.LeaseLeasesRequest, rpc.LeaseLeasesResponse>("LeaseLeases", async (_request, call) => {
    const by = someone(call);
    const response = await member.leaseLeases();
    // The list is for those who may read every key of every lease.
    for (const { ID } of response.leases) options.authorizer?.requireLeaseRead(by, ID);
    return response;
  });
  service.bidi("LeaseKeepAlive", (stream) => {
    new KeepAliveCall(around, stream);
  });
}

/** A renewal that was begun. */
interface Renewal {
  readonly id: bigint;
  /**
   * Made before the renewal: its revision must not be newer than the moment of the renewal, or a client could believe a lease alive at
   * a revision at which it was already revoked.
   */
  readonly header: Uint8Array;
  /** What is left to live, in seconds, or why it could not be renewed; undefined while nobody knows. */
  outcome: { readonly ttl: number } | { readonly error: unknown } | undefined;
}

/**
 * Renews leases as they are asked for, several at a time where a leader has to be asked, and answers in the order of the requests: one
 * slow answer of the leader must not cost the leases behind it their lives.
 */
class KeepAliveCall {
  readonly #around: Surroundings;
  readonly #stream: ServerStream;
  #waiting: bigint[] = [];
  /** Begun and not answered, oldest first; at most `renewalsAtOnceMax`. */
  readonly #begun: Renewal[] = [];
  #ended = false;

  constructor(around: Surroundings, stream: ServerStream) {
    this.#around = around;
    this.#stream = stream;
    stream.onMessage = (bytes) => this.#take(bytes);
    stream.onEnd = () => {
      this.#ended = true;
      this.#settle();
    };
    stream.onDrain = () => this.#work();
    stream.onCancel = () => {
      this.#waiting = [];
      this.#begun.length = 0;
    };
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#waiting.push(rpc.decodeLeaseKeepAliveRequest(bytes).ID);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#fail({
        code: Code.Internal,
        message: `grpc: failed to unmarshal the received message: ${decodeFault(error)}`,
      });
      return;
    }
    if (this.#waiting.length >= renewalsWaitingMax) this.#stream.pauseReading();
    this.#work();
  }

  #work(): void {
    const { member, headers, options, guard } = this.#around;
    while (this.#waiting.length > 0 && this.#begun.length < renewalsAtOnceMax) {
      if (this.#stream.cancelled || !this.#stream.writable()) break;
      const id = this.#waiting.shift()!;
      const header = headers.field(member.revision(), member.term());
      const renewal: Renewal = { id, header, outcome: undefined };
      try {
        options.authorizer?.requireLeaseWrite(guard.principal(this.#stream), id);
        const renewed = member.leaseRenew(id);
        if (typeof renewed === "number") renewal.outcome = { ttl: renewed };
        else this.#whenKnown(renewal, renewed);
      } catch (error) {
        renewal.outcome = { error };
      }
      this.#begun.push(renewal);
      this.#answerKnown();
    }
    if (this.#waiting.length < renewalsWaitingMax / 2) this.#stream.resumeReading();
    this.#settle();
  }

  #whenKnown(renewal: Renewal, renewed: Promise<number>): void {
    renewed
      .then(
        (ttl) => {
          renewal.outcome = { ttl };
        },
        (error: unknown) => {
          renewal.outcome = { error };
        },
      )
      .then(() => {
        this.#answerKnown();
        this.#work();
      });
  }

  /** Answers what is known, as far as nothing older is not. */
  #answerKnown(): void {
    for (let first = this.#begun[0]; first?.outcome !== undefined; first = this.#begun[0]) {
      this.#begun.shift();
      const { id, header, outcome } = first;
      if ("ttl" in outcome) this.#answer(header, id, outcome.ttl);
      else this.#refuse(header, id, outcome.error);
    }
  }

  #answer(header: Uint8Array, id: bigint, ttl: number): void {
    this.#stream.sendParts(answer, writeKeepAlive(answer, header, id, ttl), empty);
  }

  /** A lease that is not there has no time to live, which is an answer; anything else ends the stream. */
  #refuse(header: Uint8Array, id: bigint, error: unknown): void {
    if (isEtcdError(error, "LeaseNotFound")) this.#answer(header, id, 0);
    else this.#fail(statusOf(error));
  }

  #settle(): void {
    if (!this.#ended || this.#begun.length > 0 || this.#waiting.length > 0) return;
    this.#stream.end();
  }

  #fail(why: { code: Code; message: string }): void {
    this.#waiting = [];
    this.#begun.length = 0;
    this.#stream.end(why);
  }
}

const empty = new Uint8Array(0);
/** Written anew for each answer: who sends it copies it. A header and two numbers have room. */
const answer = new Uint8Array(128);

/** LeaseKeepAliveResponse: header 1, ID 2, TTL 3. Returns how many bytes it has. */
function writeKeepAlive(into: Uint8Array, header: Uint8Array, id: bigint, ttl: number): number {
  let size = header.length;
  if (id !== 0n) size += 1 + sizeId(id);
  if (ttl !== 0) size += 1 + sizeInt64(ttl);
  const w = Writer.into(into, 0, size);
  w.raw(header);
  if (id !== 0n) {
    w.byte(0x10);
    w.id(id);
  }
  if (ttl !== 0) {
    w.byte(0x18);
    w.int64(ttl);
  }
  return size;
}
