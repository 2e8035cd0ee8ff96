import { beforeEach, describe, expect, it } from "vitest";
import { Code, EtcdError, keyBytes, keyString } from "../../base/index.ts";
import type { WatchReply, WatchSink, WatchStream } from "../../state/watch/index.ts";
import {
  Metadata,
  type MethodDefinition,
  type MethodRegistry,
  type Reply,
  type ServerStream,
  type Status,
  statusOf,
  type UnaryServerCall,
} from "../../wire/grpc/index.ts";
import { election, kv, lock, rpc } from "../../wire/proto/index.ts";
import type { ContestMember } from "./contest.ts";
import { registerElection } from "./election.ts";
import { registerLock } from "./lock.ts";
import { reply } from "./testing.ts";

interface Watcher {
  readonly key: string;
  readonly end: string;
  readonly sink: WatchSink;
}

/** A member in miniature: keys, revisions, leases and watchers, each request answered one turn later. */
class FakeMember implements ContestMember {
  revision = 1;
  readonly keys = new Map<string, kv.KeyValue>();
  readonly leases = new Set<bigint>();
  readonly watchers = new Set<Watcher>();
  readonly #events: { readonly revision: number; readonly event: kv.Event; readonly key: string }[] = [];
  #nextLease = 0x1000n;
  compacted = 0;
  /** While set, transactions do not come back. */
  hold: Promise<void> | undefined;

  readonly watchHub = {
    stream: (sink: WatchSink): WatchStream => {
      const own = new Set<Watcher>();
      return {
        create: ({ key, end, startRevision }) => {
          const send = (changes: Partial<WatchReply>) => sink.send(reply({ revision: this.revision, ...changes }));
          send({ created: true });
          if (startRevision > 0 && startRevision < this.compacted) {
            send({ canceled: true, compactRevision: this.compacted, revision: 0 });
            return 0n;
          }
          const watcher = { key, end, sink };
          own.add(watcher);
          this.watchers.add(watcher);
          for (const past of this.#events) if (past.revision >= startRevision) this.#tell(watcher, past);
          return 0n;
        },
        refuse: () => -1n,
        cancel: () => true,
        requestProgress: () => {},
        resume: () => {},
        close: () => {
          for (const watcher of own) this.watchers.delete(watcher);
        },
        watchers: own.size,
      };
    },
  };

  header(revision = this.revision): rpc.ResponseHeader {
    return rpc.createResponseHeader({ revision });
  }

  linearizable(): Promise<void> {
    return Promise.resolve();
  }

  range(request: rpc.RangeRequest): rpc.RangeResponse {
    const key = keyString(request.key);
    const end = keyString(request.rangeEnd);
    const found = [...this.keys.values()].filter((one) => {
      const name = keyString(one.key);
      const inside = end === "" ? name === key : name >= key && name < end;
      return inside && (request.maxCreateRevision === 0 || one.createRevision <= request.maxCreateRevision);
    });
    found.sort((a, b) => a.createRevision - b.createRevision);
    if (request.sortOrder === rpc.SortOrder.DESCEND) found.reverse();
    const cut = request.limit > 0 ? found.slice(0, request.limit) : found;
    return rpc.createRangeResponse({ header: this.header(), kvs: cut.map((one) => kv.encodeKeyValue(one)) });
  }

  async txn(request: rpc.TxnRequest): Promise<rpc.TxnResponse> {
    await this.hold;
    const succeeded = request.compare.every((compare) => {
      const known = this.keys.get(keyString(compare.key));
      return (known?.createRevision ?? 0) === compare.targetUnion.value;
    });
    const ops = succeeded ? request.success : request.failure;
    for (const { request: op } of ops) {
      if (op.case === "requestPut" && op.value.lease !== 0n && !this.leases.has(op.value.lease)) {
        throw EtcdError.of("LeaseNotFound");
      }
    }
    const responses: rpc.ResponseOp[] = ops.map(({ request: op }) => {
      if (op.case === "requestPut") {
        this.put(keyString(op.value.key), op.value.value, op.value.lease);
        return { response: { case: "responsePut", value: rpc.createPutResponse() } };
      }
      if (op.case === "requestDeleteRange") {
        this.remove(keyString(op.value.key));
        return { response: { case: "responseDeleteRange", value: rpc.createDeleteRangeResponse() } };
      }
      if (op.case !== "requestRange") throw new Error("not in use");
      return { response: { case: "responseRange", value: this.range(op.value) } };
    });
    return rpc.createTxnResponse({ header: this.header(), succeeded, responses });
  }

  async deleteRange(request: rpc.DeleteRangeRequest): Promise<rpc.DeleteRangeResponse> {
    this.remove(keyString(request.key));
    return rpc.createDeleteRangeResponse({ header: this.header() });
  }

  async leaseGrant(request: rpc.LeaseGrantRequest): Promise<rpc.LeaseGrantResponse> {
    expect(request.TTL).toBe(60);
    const ID = this.#nextLease++;
    this.leases.add(ID);
    return rpc.createLeaseGrantResponse({ header: this.header(), ID, TTL: 60 });
  }

  put(key: string, value: Uint8Array, lease: bigint): void {
    const known = this.keys.get(key);
    this.revision++;
    const next: kv.KeyValue = {
      key: keyBytes(key),
      value,
      lease,
      createRevision: known?.createRevision ?? this.revision,
      modRevision: this.revision,
      version: (known?.version ?? 0) + 1,
    };
    this.keys.set(key, next);
    this.#add(key, kv.createEvent({ kv: kv.encodeKeyValue(next) }));
  }

  remove(key: string): void {
    if (!this.keys.delete(key)) return;
    this.revision++;
    const gone = kv.createKeyValue({ key: keyBytes(key), modRevision: this.revision });
    this.#add(key, kv.createEvent({ type: kv.EventType.DELETE, kv: kv.encodeKeyValue(gone) }));
  }

  /** Ends a lease with its keys. */
  expire(lease: bigint): void {
    this.leases.delete(lease);
    for (const [key, one] of [...this.keys]) if (one.lease === lease) this.remove(key);
  }

  #add(key: string, event: kv.Event): void {
    const past = { revision: this.revision, event, key };
    this.#events.push(past);
    for (const watcher of [...this.watchers]) this.#tell(watcher, past);
  }

  #tell(watcher: Watcher, { revision, event, key }: { revision: number; event: kv.Event; key: string }): void {
    if (watcher.end === "" ? key !== watcher.key : key < watcher.key || key >= watcher.end) return;
    watcher.sink.send({
      watchId: 0n,
      revision,
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: "",
      fragment: false,
      events: [kv.encodeEvent(event)],
    });
  }
}

/** A call without a wire. */
class FakeCall implements ServerStream, UnaryServerCall {
  readonly path = "/test";
  readonly metadata = Metadata.empty;
  readonly peer = { address: "127.0.0.1:1" };
  readonly deadlineMs = Number.POSITIVE_INFINITY;
  readonly bufferedBytes = 0;
  cancelled = false;
  onCancel: ((why: Status) => void) | undefined;
  onMessage: ((message: Uint8Array) => void) | undefined;
  onEnd: (() => void) | undefined;
  onDrain: (() => void) | undefined;
  readonly sent: Uint8Array[] = [];
  closing: Status | "OK" | undefined;

  get ended(): boolean {
    return this.cancelled || this.closing !== undefined;
  }
  leave(): void {
    this.cancelled = true;
    this.onCancel?.({ code: Code.Canceled, message: "context canceled" });
  }
  send(message: Reply): void {
    this.sent.push(message as Uint8Array);
  }
  answer(reply: Reply): void {
    this.send(reply);
    this.end();
  }
  refuse(error: unknown): void {
    this.end(statusOf(error));
  }
  sendParts(head: Uint8Array, headBytes: number, body: Uint8Array): void {
    this.sent.push(Buffer.concat([head.subarray(0, headBytes), body]));
  }
  writable(): boolean {
    return true;
  }
  end(status?: Status): void {
    this.closing ??= status ?? "OK";
  }
  flush(): void {}
  whenSent(run: () => void): void {
    queueMicrotask(run);
  }
  addHeader(): void {}
  addTrailer(): void {}
  abort(): void {}
  pauseReading(): void {}
  resumeReading(): void {}
}

let member: FakeMember;
let methods: Map<string, MethodDefinition>;

beforeEach(() => {
  member = new FakeMember();
  methods = new Map();
  const registry: MethodRegistry = { register: (service, method, one) => methods.set(`${service}/${method}`, one) };
  registerLock(registry, member);
  registerElection(registry, member);
});

interface Asked<T> {
  readonly call: FakeCall;
  /** Filled once answered. */
  answer: T | undefined;
  error: Status | undefined;
}

function ask<T>(method: string, request: Uint8Array, decode: (bytes: Uint8Array) => T): Asked<T> {
  const definition = methods.get(method);
  if (definition?.kind !== "unary") throw new Error(`no unary method ${method}`);
  const asked: Asked<T> = { call: new FakeCall(), answer: undefined, error: undefined };
  Promise.resolve(definition.handler(asked.call, request)).then(
    (reply) => {
      asked.answer = decode(reply as Uint8Array);
    },
    (error: unknown) => {
      asked.error = statusOf(error);
    },
  );
  return asked;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const keyed = (name: string) => Uint8Array.from(keyBytes(name));
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();
const lockOf = (name: string, lease: bigint) =>
  ask("v3lockpb.Lock/Lock", lock.encodeLockRequest({ name: Buffer.from(name), lease }), lock.decodeLockResponse);
const unlock = (key: Uint8Array) =>
  ask("v3lockpb.Lock/Unlock", lock.encodeUnlockRequest({ key }), lock.decodeUnlockResponse);

describe("lock", () => {
  it("is taken at once when free: key, header, empty value under the lease", async () => {
    member.leases.add(0x694dn);
    const first = lockOf("name", 0x694dn);
    await settle();
    expect(text(first.answer?.key)).toBe("name/694d");
    expect(first.answer?.header?.revision).toBe(2);
    expect(member.keys.get("name/694d")).toMatchObject({ lease: 0x694dn, value: new Uint8Array(0) });
    // Asking again with the same lease is no wait.
    const again = lockOf("name", 0x694dn);
    await settle();
    expect([text(again.answer?.key), member.revision]).toEqual(["name/694d", 2]);
  });

  it("makes a lease for a caller without one, and refuses one that is unknown", async () => {
    const without = lockOf("n", 0n);
    const unknown = lockOf("n", 0x77n);
    await settle();
    expect(text(without.answer?.key)).toBe("n/1000");
    expect(unknown.error).toEqual({ code: Code.Unknown, message: "etcdserver: requested lease not found" });
  });

  it("tells that nobody led in time with the code of a deadline, all else as Unknown", async () => {
    member.leases.add(1n);
    const fail = (error: EtcdError) => {
      member.hold = Promise.reject(error);
      member.hold.catch(() => {});
      return lockOf("n", 1n);
    };
    const late = fail(EtcdError.raw(Code.DeadlineExceeded, "context deadline exceeded"));
    await settle();
    const refused = fail(EtcdError.of("NoSpace"));
    await settle();
    expect([late.error, refused.error]).toEqual([
      { code: Code.DeadlineExceeded, message: "context deadline exceeded" },
      { code: Code.Unknown, message: "etcdserver: mvcc: database space exceeded" },
    ]);
  });

  it("is passed on in the order of coming, one after the other", async () => {
    for (let lease = 1n; lease <= 4n; lease++) member.leases.add(lease);
    const holders = [1n, 2n, 3n, 4n].map((lease) => lockOf("n", lease));
    await settle();
    const taken = () => holders.map((one) => one.answer !== undefined);
    expect(taken()).toEqual([true, false, false, false]);
    // Each waits for the one before it alone.
    expect([...member.watchers].map((watcher) => watcher.key)).toEqual(["n/1", "n/2", "n/3"]);
    unlock(holders[0]!.answer!.key);
    await settle();
    expect(taken()).toEqual([true, true, false, false]);
    member.expire(2n);
    await settle();
    expect(taken()).toEqual([true, true, true, false]);
    unlock(holders[2]!.answer!.key);
    await settle();
    expect(taken()).toEqual([true, true, true, true]);
    expect(member.watchers.size).toBe(0);
  });

  it("is given up by a caller who leaves while waiting", async () => {
    for (let lease = 1n; lease <= 3n; lease++) member.leases.add(lease);
    const [first, second, third] = [1n, 2n, 3n].map((lease) => lockOf("n", lease));
    await settle();
    second!.call.leave();
    await settle();
    expect(second!.error?.code).toBe(Code.Canceled);
    expect([...member.keys.keys()]).toEqual(["n/1", "n/3"]);
    expect(third!.answer).toBeUndefined();
    unlock(first!.answer!.key);
    await settle();
    expect(text(third!.answer?.key)).toBe("n/3");
    expect(member.watchers.size).toBe(0);
  });

  it("is given up by a caller who left before the answer came, unless it was theirs before", async () => {
    member.leases.add(1n);
    let go: () => void = () => {};
    const holding = () => {
      member.hold = new Promise((resolve) => {
        go = resolve;
      });
    };
    holding();
    const first = lockOf("n", 1n);
    await settle();
    first.call.leave();
    go();
    await settle();
    expect([first.error?.code, member.keys.size]).toEqual([Code.Canceled, 0]);

    member.hold = undefined;
    lockOf("n", 1n);
    await settle();
    holding();
    const again = lockOf("n", 1n);
    await settle();
    again.call.leave();
    go();
    await settle();
    expect(member.keys.size).toBe(1);
  });

  it("cannot be had by a lease that ended while it waited", async () => {
    member.leases.add(1n).add(2n);
    lockOf("n", 1n);
    await settle();
    const second = lockOf("n", 2n);
    await settle();
    member.expire(2n);
    member.expire(1n);
    await settle();
    expect(second.error).toEqual({ code: Code.Unknown, message: "mutex: session is expired" });
  });

  it("does not mind locks with longer names", async () => {
    member.leases.add(1n).add(2n);
    lockOf("na", 1n);
    await settle();
    const other = lockOf("n", 2n);
    await settle();
    expect(other.answer).toBeDefined();
  });

  it("refuses bytes that are no request", async () => {
    const asked = ask("v3lockpb.Lock/Lock", Buffer.from([0x0a, 0x7f]), lock.decodeLockResponse);
    await settle();
    expect(asked.error?.code).toBe(Code.Internal);
  });
});

const campaign = (name: string, lease: bigint, value: string) =>
  ask(
    "v3electionpb.Election/Campaign",
    election.encodeCampaignRequest({ name: Buffer.from(name), lease, value: Buffer.from(value) }),
    election.decodeCampaignResponse,
  );
const proclaim = (leader: election.LeaderKey | undefined, value: string) =>
  ask(
    "v3electionpb.Election/Proclaim",
    election.encodeProclaimRequest({ leader, value: Buffer.from(value) }),
    election.decodeProclaimResponse,
  );
const resign = (leader: election.LeaderKey | undefined) =>
  ask("v3electionpb.Election/Resign", election.encodeResignRequest({ leader }), election.decodeResignResponse);
const leader = (name: string) =>
  ask(
    "v3electionpb.Election/Leader",
    election.encodeLeaderRequest({ name: Buffer.from(name) }),
    election.decodeLeaderResponse,
  );

function observe(name: string): FakeCall {
  const definition = methods.get("v3electionpb.Election/Observe");
  if (definition?.kind !== "serverStream") throw new Error("Observe is no stream");
  const call = new FakeCall();
  void definition.handler(call, election.encodeLeaderRequest({ name: Buffer.from(name) }));
  return call;
}

/** `revision value` of each message seen so far. */
function seen(call: FakeCall): string[] {
  return call.sent.map((bytes) => {
    const response = election.decodeLeaderResponse(bytes);
    return `${response.header?.revision} ${text(response.kv?.value)}`;
  });
}

describe("election", () => {
  beforeEach(() => {
    for (let lease = 1n; lease <= 3n; lease++) member.leases.add(lease);
  });

  it("goes to the first, then to the next", async () => {
    const first = campaign("e", 1n, "one");
    const second = campaign("e", 2n, "two");
    await settle();
    expect(first.answer).toEqual({
      header: rpc.createResponseHeader({ revision: 2 }),
      leader: { name: keyed("e"), key: keyed("e/1"), rev: 2, lease: 1n },
    });
    expect(second.answer).toBeUndefined();
    const led = leader("e");
    const none = leader("other");
    await settle();
    expect(text(led.answer?.kv?.value)).toBe("one");
    expect(none.error).toEqual({ code: Code.Unknown, message: "election: no leader" });
    resign(first.answer?.leader);
    await settle();
    expect(second.answer?.leader).toMatchObject({ rev: 3, lease: 2n });
    expect(member.watchers.size).toBe(0);
  });

  it("lets its holder campaign again with another value", async () => {
    campaign("e", 1n, "one");
    await settle();
    const again = campaign("e", 1n, "uno");
    await settle();
    expect(again.answer?.leader?.rev).toBe(2);
    expect(text(member.keys.get("e/1")?.value)).toBe("uno");
  });

  it("lets only the leader proclaim; who resigns twice is not told off", async () => {
    const first = campaign("e", 1n, "one");
    await settle();
    const held = first.answer?.leader;
    const said = proclaim(held, "two");
    await settle();
    expect(said.answer?.header?.revision).toBe(3);
    resign(held);
    await settle();
    const late = proclaim(held, "three");
    const twice = resign(held);
    const bare = proclaim(undefined, "x");
    const bareResign = resign(undefined);
    await settle();
    expect(late.error).toEqual({ code: Code.Unknown, message: "election: not leader" });
    expect(twice.answer).toBeDefined();
    const keyless = resign(election.createLeaderKey());
    const nothing = unlock(new Uint8Array(0));
    await settle();
    for (const one of [keyless, nothing]) {
      expect(one.error).toEqual({ code: Code.Unknown, message: "etcdserver: key is not provided" });
    }
    for (const one of [bare, bareResign]) {
      expect(one.error).toEqual({ code: Code.Unknown, message: '"leader" field must be provided' });
    }
  });

  it("is left by a candidate who goes away", async () => {
    campaign("e", 1n, "one");
    const second = campaign("e", 2n, "two");
    const third = campaign("e", 3n, "three");
    await settle();
    second.call.leave();
    await settle();
    expect([...member.keys.keys()]).toEqual(["e/1", "e/3"]);
    member.expire(1n);
    await settle();
    expect(third.answer?.leader?.lease).toBe(3n);
  });

  it("keeps a candidate whose wait failed by compaction standing, as etcd does", async () => {
    campaign("e", 1n, "one");
    await settle();
    member.compacted = 100;
    const second = campaign("e", 2n, "two");
    await settle();
    expect(second.error).toEqual({
      code: Code.Unknown,
      message: "etcdserver: mvcc: required revision has been compacted",
    });
    expect(member.keys.has("e/2")).toBe(true);
  });
});

describe("observe", () => {
  beforeEach(() => {
    for (let lease = 1n; lease <= 3n; lease++) member.leases.add(lease);
  });

  it("tells who leads, what they say, and who comes next", async () => {
    const first = campaign("e", 1n, "one");
    campaign("e", 2n, "two");
    await settle();
    const stream = observe("e");
    await settle();
    expect(seen(stream)).toEqual(["3 one"]);
    proclaim(first.answer?.leader, "uno");
    await settle();
    resign(first.answer?.leader);
    await settle();
    expect(seen(stream)).toEqual(["3 one", "4 uno", "5 two"]);
    member.expire(2n);
    await settle();
    expect(stream.closing).toBeUndefined();
    campaign("e", 3n, "three");
    await settle();
    expect(seen(stream).at(-1)).toBe("7 three");
    stream.leave();
    await settle();
    expect(stream.closing).toMatchObject({ code: Code.Canceled });
    expect(member.watchers.size).toBe(0);
  });

  it("waits for the first leader", async () => {
    const stream = observe("e");
    await settle();
    expect(seen(stream)).toEqual([]);
    campaign("e", 1n, "one");
    await settle();
    expect(seen(stream)).toEqual(["2 one"]);
    stream.leave();
    await settle();
    expect(member.watchers.size).toBe(0);
  });

  it("ends without an error when it may not read, as etcd's does", async () => {
    const registry: MethodRegistry = { register: (service, method, one) => methods.set(`${service}/${method}`, one) };
    registerElection(registry, member, {
      principal: () => {
        throw EtcdError.of("InvalidAuthToken");
      },
      requireUser: () => {},
      requireRoot: () => {},
      requireRead: () => {},
      requireTxn: () => {},
      requireLeaseWrite: () => {},
      requireLeaseRead: () => {},
    });
    const stream = observe("e");
    await settle();
    expect(stream.closing).toBe("OK");
  });

  it("ends when what it has to tell was compacted away", async () => {
    campaign("e", 1n, "one");
    await settle();
    member.compacted = 100;
    const stream = observe("e");
    await settle();
    expect(stream.closing).toBe("OK");
  });
});

it("acts as its caller", async () => {
  const asked: string[] = [];
  const by = { username: "u", authRevision: 3 };
  const registry: MethodRegistry = { register: (service, method, one) => methods.set(`${service}/${method}`, one) };
  registerLock(registry, member, {
    principal: () => by,
    requireUser: () => {},
    requireRoot: () => {},
    requireRead: (who, key, end) => {
      expect(who).toBe(by);
      asked.push(`${text(key)} ${text(end)}`);
      throw EtcdError.of("PermissionDenied");
    },
    requireTxn: () => {},
    requireLeaseWrite: () => {},
    requireLeaseRead: () => {},
  });
  member.leases.add(1n).add(2n);
  lockOf("n", 1n);
  await settle();
  const second = lockOf("n", 2n);
  await settle();
  expect(second.error).toEqual({ code: Code.Unknown, message: "etcdserver: permission denied" });
  expect(asked).toEqual(["n/ n0"]);
  expect([...member.keys.keys()]).toEqual(["n/1"]);
});
