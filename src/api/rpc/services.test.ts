import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { Code, EtcdError, nullMetrics, utf8 } from "../../base/index.ts";
import { type ClientStream, GrpcError, GrpcServer, type MetadataFields } from "../../wire/grpc/index.ts";
import { MemoryPipe, manualEnv } from "../../wire/grpc/testing.ts";
import { health, keyValue, rpc } from "../../wire/proto/index.ts";
import { nextChunkKeys } from "./kv.ts";
import type { RpcOptions } from "./options.ts";
import { RpcServices } from "./services.ts";
import { FakeMember, reply } from "./testing.ts";

const rpcOptions: RpcOptions = {
  electionMs: 1000,
  sha256: () => {
    const hash = createHash("sha256");
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  },
};

const closers: (() => Promise<void>)[] = [];

function setUp(options: Partial<RpcOptions> = {}) {
  const counts = new Map<string, number>();
  const counter = (name: string) => ({
    inc: (by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    with: (...labels: string[]) => counter(`${name}{${labels.join()}}`),
  });
  const env = manualEnv({ metrics: { ...nullMetrics, counter: ({ name }) => counter(name) } });
  const member = new FakeMember();
  const services = new RpcServices(member.asMember(), { ...rpcOptions, ...options }, env);
  const grpc = new GrpcServer(env);
  services.register(grpc);
  const pipe = new MemoryPipe(grpc, env);
  closers.push(async () => {
    pipe.client.close();
    await pipe.settle();
    pipe.server.transportClosed();
    services.close();
    expect(env.time.pending).toBe(0);
  });

  /** A unary call: response bytes, or the failure as `code message`. */
  const call = async (
    path: string,
    request: Uint8Array,
    metadata: MetadataFields = [],
  ): Promise<Uint8Array | string> => {
    try {
      return await pipe.run(pipe.client.unary(`/etcdserverpb.${path}`, request, { metadata }));
    } catch (error) {
      if (error instanceof GrpcError) return `${error.code} ${error.message}`;
      throw error;
    }
  };
  const stream = (path: string, metadata: MetadataFields = []) => {
    const messages: Uint8Array[] = [];
    const ends: string[] = [];
    const client: ClientStream = pipe.client.stream(
      path.startsWith("/") ? path : `/etcdserverpb.${path}`,
      {
        onMessage: (message) => messages.push(message),
        onEnd: (status) => ends.push(`${status.code} ${status.message}`),
      },
      { metadata },
    );
    return { client, messages, ends };
  };
  return { env, time: env.time, member, grpc, pipe, call, stream, counts, services };
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const bytes = (result: Uint8Array | string): Uint8Array => {
  if (typeof result === "string") throw new Error(result);
  return result;
};
const rangeOf = (key: string, changes: Partial<rpc.RangeRequest> = {}) =>
  rpc.encodeRangeRequest(rpc.createRangeRequest({ key: utf8(key), ...changes }));
const putOf = (key: string, value = "v", changes: Partial<rpc.PutRequest> = {}) =>
  rpc.encodePutRequest(rpc.createPutRequest({ key: utf8(key), value: utf8(value), ...changes }));

describe("KV", () => {
  it("puts, ranges and deletes", async () => {
    const { call, member } = setUp();
    expect(rpc.decodePutResponse(bytes(await call("KV/Put", putOf("a", "1"))))).toEqual({
      header: { clusterId: member.clusterId, memberId: member.memberId, revision: 2, raftTerm: 2 },
      prevKv: undefined,
    });
    const second = rpc.decodePutResponse(bytes(await call("KV/Put", putOf("a", "2", { prevKv: true }))));
    expect(Buffer.from(keyValue.valueBytesOf(second.prevKv!)).toString()).toBe("1");
    const range = rpc.decodeRangeResponse(bytes(await call("KV/Range", rangeOf("a"))));
    expect(range).toMatchObject({ count: 1, more: false, header: { revision: 3 } });
    expect(Buffer.from(keyValue.valueBytesOf(range.kvs[0]!)).toString()).toBe("2");
    const gone = await call(
      "KV/DeleteRange",
      rpc.encodeDeleteRangeRequest(rpc.createDeleteRangeRequest({ key: utf8("a") })),
    );
    expect(rpc.decodeDeleteRangeResponse(bytes(gone))).toMatchObject({ deleted: 1, prevKvs: [] });
  });

  it("waits for the barrier unless the read is serializable", async () => {
    const { call, member } = setUp();
    await call("KV/Range", rangeOf("a", { serializable: true }));
    expect(member.log).toEqual(["range a 0 @0"]);
    let open = () => {};
    member.barrier = new Promise((resolve) => {
      open = resolve;
    });
    const read = call("KV/Range", rangeOf("b"));
    await Promise.resolve();
    expect(member.log).toEqual(["range a 0 @0"]);
    open();
    await read;
    expect(member.log.slice(1)).toEqual(["barrier", "range b 0 @0"]);
    member.barrier = Promise.reject(EtcdError.of("Timeout"));
    expect(await call("KV/Range", rangeOf("b"))).toBe("14 etcdserver: request timed out");
  });

  it("refuses before anything reaches the member, in etcd's words", async () => {
    const { call, member } = setUp();
    const txn = (changes: Partial<rpc.TxnRequest>) => rpc.encodeTxnRequest(rpc.createTxnRequest(changes));
    const op = (key: string): rpc.RequestOp => ({
      request: { case: "requestPut", value: rpc.createPutRequest({ key: utf8(key) }) },
    });
    expect(await call("KV/Range", rangeOf(""))).toBe("3 etcdserver: key is not provided");
    expect(await call("KV/Range", rangeOf("a", { sortOrder: 7 as never }))).toBe("3 etcdserver: invalid sort option");
    expect(await call("KV/Put", putOf(""))).toBe("3 etcdserver: key is not provided");
    expect(await call("KV/Put", putOf("a", "v", { ignoreValue: true }))).toBe("3 etcdserver: value is provided");
    expect(await call("KV/Put", putOf("a", "", { ignoreLease: true, lease: 5n }))).toBe(
      "3 etcdserver: lease is provided",
    );
    expect(await call("KV/Txn", txn({ success: [op("a"), op("a")] }))).toBe(
      "3 etcdserver: duplicate key given in txn request",
    );
    expect(await call("KV/Txn", txn({ success: Array.from({ length: 129 }, (_, i) => op(`${i}`)) }))).toBe(
      "3 etcdserver: too many operations in txn request",
    );
    expect(await call("KV/Txn", txn({ success: [{ request: { case: undefined } }] }))).toBe(
      "3 etcdserver: key not found",
    );
    expect(await call("KV/Range", Uint8Array.of(0x0a, 0x05))).toBe(
      "13 grpc: error unmarshalling request: proto: cannot parse invalid wire-format data",
    );
    expect(member.log).toEqual([]);
    expect(await call("KV/Compact", rpc.encodeCompactionRequest(rpc.createCompactionRequest({ revision: 1 })))).toBe(
      "11 etcdserver: mvcc: required revision has been compacted",
    );
  });

  it("sends only transactions that write through raft", async () => {
    const { call, member } = setUp();
    const op = (serializable: boolean): rpc.RequestOp => ({
      request: { case: "requestRange", value: rpc.createRangeRequest({ key: utf8("a"), serializable }) },
    });
    const put: rpc.RequestOp = { request: { case: "requestPut", value: rpc.createPutRequest({ key: utf8("a") }) } };
    const run = (success: rpc.RequestOp[]) => call("KV/Txn", rpc.encodeTxnRequest(rpc.createTxnRequest({ success })));
    await run([op(true)]);
    await run([op(false)]);
    await run([op(true), put]);
    expect(member.log).toEqual(["readTxn 1", "barrier", "readTxn 1", "txn 2"]);
  });

  it("tells the member's faults as they are", async () => {
    const { call, member } = setUp();
    member.failWith = EtcdError.of("TooManyRequests");
    expect(await call("KV/Put", putOf("a"))).toBe("2 etcdserver: too many requests");
    member.failWith = EtcdError.of("NoSpace");
    expect(await call("KV/Put", putOf("a"))).toBe("8 etcdserver: mvcc: database space exceeded");
    member.failWith = new Error("lessor: not primary");
    expect(await call("KV/Range", rangeOf("a"))).toBe("2 lessor: not primary");
  });

  it("streams a range in chunks of one revision, header last", async () => {
    const { member, stream, pipe } = setUp();
    for (let i = 0; i < 100; i++) {
      await member.put(rpc.createPutRequest({ key: utf8(`k${String(i).padStart(3, "0")}`), value: Buffer.alloc(100) }));
    }
    member.log.length = 0;
    const s = stream("KV/RangeStream");
    s.client.send(rangeOf("k", { rangeEnd: utf8("l"), limit: 75 }));
    s.client.closeSend();
    await pipe.settle();
    expect(s.ends).toEqual(["0 "]);
    const chunks = s.messages.map((message) => rpc.decodeRangeStreamResponse(message).rangeResponse!);
    expect(chunks.map((chunk) => chunk.kvs.length)).toEqual([10, 20, 40, 5]);
    expect(chunks.slice(0, -1).every((chunk) => chunk.header === undefined && chunk.count === 0 && !chunk.more)).toBe(
      true,
    );
    expect(chunks.at(-1)).toMatchObject({ header: { revision: 101 }, more: true, count: 100 });
    const keys = chunks.flatMap((chunk) => chunk.kvs.map(keyValue.keyStringOf));
    expect(keys).toEqual(Array.from({ length: 75 }, (_, i) => `k${String(i).padStart(3, "0")}`));
    expect(member.log).toEqual([
      "barrier",
      "range k 10 @0",
      "range k009\0 20 @101",
      "range k029\0 40 @101",
      "range k069\0 5 @101",
      "range k074\0 0 @101",
    ]);
  });

  it("streams a count alone, and refuses sorts and filters", async () => {
    const { member, stream, pipe } = setUp();
    await member.put(rpc.createPutRequest({ key: utf8("k") }));
    const ask = async (changes: Partial<rpc.RangeRequest>) => {
      const s = stream("KV/RangeStream");
      s.client.send(rangeOf("k", { rangeEnd: utf8("\0"), ...changes }));
      s.client.closeSend();
      await pipe.settle();
      return s;
    };
    const count = await ask({ countOnly: true });
    expect(rpc.decodeRangeStreamResponse(count.messages[0]!).rangeResponse).toMatchObject({ count: 1, kvs: [] });
    expect((await ask({ sortOrder: rpc.SortOrder.DESCEND })).ends).toEqual([
      "12 RangeStream does not support custom sort orders",
    ]);
    expect((await ask({ maxModRevision: 3 })).ends).toEqual(["12 RangeStream does not support revision filters"]);
  });

  it("sizes chunks by doubling and halving", () => {
    expect([nextChunkKeys(10, 100, 1000), nextChunkKeys(10, 500, 1000), nextChunkKeys(10, 2001, 1000)]).toEqual([
      20, 10, 5,
    ]);
    expect(nextChunkKeys(1, 9999, 1000)).toBe(1);
  });
});

describe("Watch", () => {
  const create = (changes: Partial<rpc.WatchCreateRequest>) =>
    rpc.encodeWatchRequest({ requestUnion: { case: "createRequest", value: rpc.createWatchCreateRequest(changes) } });

  it("passes requests to the hub and replies to the client", async () => {
    const { member, stream, pipe } = setUp();
    const s = stream("Watch/Watch");
    s.client.send(
      create({
        key: utf8("a"),
        rangeEnd: utf8("b"),
        startRevision: 5,
        filters: [rpc.FilterType.NODELETE],
        prevKv: true,
        watchId: 12n,
        fragment: true,
      }),
    );
    s.client.send(rpc.encodeWatchRequest({ requestUnion: { case: "cancelRequest", value: { watchId: 12n } } }));
    s.client.send(rpc.encodeWatchRequest({ requestUnion: { case: "progressRequest", value: {} } }));
    s.client.send(rpc.encodeWatchRequest({ requestUnion: { case: undefined } }));
    await pipe.settle();
    expect(member.watchHub.log).toEqual([
      'create {"watchId":"12n","key":"a","end":"b","startRevision":5,"noPut":false,"noDelete":true,"prevKv":true,"progressNotify":false,"fragment":true}',
      "cancel 12",
      "progress",
    ]);
    expect(rpc.decodeWatchResponse(s.messages[0]!)).toMatchObject({
      header: { revision: 7, raftTerm: 2, memberId: member.memberId },
      watchId: 12n,
      created: true,
    });
    // Closing the sending side does not end the watch.
    s.client.closeSend();
    const kv = keyValue.encodeKeyValueFrom("a", 8, 8, 1, utf8("v"), 0n);
    member.watchHub.sinks[0]!.send(
      reply({ watchId: 12n, revision: 8, events: [keyValue.encodeEventFrom(0, kv, undefined)] }),
    );
    await pipe.settle();
    expect(s.ends).toEqual([]);
    expect(rpc.decodeWatchResponse(s.messages[1]!).events).toHaveLength(1);
    s.client.cancel();
    await pipe.settle();
    expect(member.watchHub.log.at(-1)).toBe("close");
  });

  it("sends a long run of events off at once, and leaves a short one to the end of the turn", async () => {
    const { member, stream, pipe } = setUp();
    const s = stream("Watch/Watch");
    s.client.send(create({ key: utf8("a") }));
    await pipe.settle();
    const sink = member.watchHub.sinks[0]!;
    const events = [keyValue.encodeEventFrom(0, keyValue.encodeKeyValueFrom("a", 8, 8, 1, utf8("v"), 0n), undefined)];
    const run = (replies: number): number => {
      const before = pipe.toClient.written;
      for (let i = 0; i < replies; i++) sink.send(reply({ watchId: BigInt(i), revision: 8, events }));
      sink.endRun!();
      return pipe.toClient.written - before;
    };
    expect(run(7)).toBe(0);
    // With what waited from before.
    expect(run(8)).toBeGreaterThan(15 * events[0]!.length);
    await pipe.settle();
    expect(s.messages.slice(1)).toHaveLength(15);
  });

  it("looks at the URLs of a new member before it asks who calls", async () => {
    const allowed = () => {};
    const { call } = setUp({
      authorizer: {
        principal: () => undefined,
        requireUser: allowed,
        requireRoot: () => {
          throw EtcdError.of("PermissionDenied");
        },
        requireRead: allowed,
        requireTxn: allowed,
        requireLeaseWrite: allowed,
        requireLeaseRead: allowed,
      },
    });
    const add = (url: string) =>
      call("Cluster/MemberAdd", rpc.encodeMemberAddRequest(rpc.createMemberAddRequest({ peerURLs: [url] })));
    expect(await add("nonsense")).toBe("3 etcdserver: given member URLs are invalid");
    expect(await add("http://a:1")).toBe("7 etcdserver: permission denied");
  });

  it("refuses a watch in the form of a Go status", async () => {
    const nobody = () => {
      throw EtcdError.of("InvalidAuthToken");
    };
    const allowed = () => {};
    const authorizer = {
      principal: () => undefined,
      requireUser: allowed,
      requireRoot: allowed,
      requireRead: (_by: unknown, key: Uint8Array) => {
        if (key[0] === 0) throw EtcdError.of("PermissionDenied");
        nobody();
      },
      requireTxn: allowed,
      requireLeaseWrite: () => {},
      requireLeaseRead: allowed,
    };
    const { member, stream, pipe } = setUp({ authorizer });
    const s = stream("Watch/Watch");
    s.client.send(create({ key: utf8("a") }));
    s.client.send(create({}));
    s.client.send(create({ startRevision: -1 }));
    await pipe.settle();
    expect(member.watchHub.log.map((line) => line.slice(0, 90))).toEqual([
      "refuse rpc error: code = Unauthenticated desc = etcdserver: invalid auth token",
      "refuse rpc error: code = PermissionDenied desc = etcdserver: permission denied",
      expect.stringMatching(/^create .*"startRevision":-1/),
    ]);
  });

  it("ends the stream on a message that is none", async () => {
    const { member, stream, pipe } = setUp();
    const s = stream("Watch/Watch");
    s.client.send(Uint8Array.of(0xff));
    await pipe.settle();
    expect(s.ends).toEqual([
      "13 grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data",
    ]);
    expect(member.watchHub.log).toEqual(["close"]);
  });

  it("tells the hub when a slow client has caught up", async () => {
    const { member, stream, pipe } = setUp();
    const s = stream("Watch/Watch");
    s.client.send(create({ key: utf8("a") }));
    await pipe.settle();
    s.client.pauseReading();
    const sink = member.watchHub.sinks[0]!;
    const kv = keyValue.encodeKeyValueFrom("a", 8, 8, 1, Buffer.alloc(100_000), 0n);
    let sent = 0;
    while (sink.writable() && sent < 1000) {
      sink.send(reply({ revision: 8, events: [keyValue.encodeEventFrom(0, kv, undefined)] }));
      sent++;
      await pipe.settle();
    }
    expect(sent).toBeLessThan(1000);
    expect(member.watchHub.log).toHaveLength(1);
    s.client.resumeReading();
    await pipe.settle();
    expect(member.watchHub.log.at(-1)).toBe("resume");
    expect(s.messages).toHaveLength(sent + 1);
  });
});

describe("Lease", () => {
  const renewal = (ID: bigint) => rpc.encodeLeaseKeepAliveRequest({ ID });

  it.each(["at once", "by promise", "now this way, now that"])(
    "keeps alive in order, with the header of before, %s",
    async (how) => {
      const { member, stream, pipe } = setUp();
      let asked = 0;
      const renew = (id: bigint): number => {
        member.revisionNow += 10;
        if (id === 3n) throw EtcdError.of("LeaseNotFound");
        return Number(id) * 10;
      };
      const renewSoon = async (id: bigint) => renew(id);
      member.renewals = (id) =>
        how === "at once" || (how !== "by promise" && asked++ % 2 === 0) ? renew(id) : renewSoon(id);
      const s = stream("Lease/LeaseKeepAlive");
      for (const id of [1n, 3n, 2n]) s.client.send(renewal(id));
      s.client.closeSend();
      await pipe.settle();
      expect(
        s.messages
          .map((message) => rpc.decodeLeaseKeepAliveResponse(message))
          .map((r) => [r.ID, r.TTL, r.header?.revision]),
      ).toEqual([
        [1n, 10, 1],
        [3n, 0, 11],
        [2n, 20, 21],
      ]);
      expect(s.ends).toEqual(["0 "]);
    },
  );

  it("ends the stream when the leader cannot be reached", async () => {
    const { member, stream, pipe } = setUp();
    member.renewals = async () => {
      throw EtcdError.of("NoLeader");
    };
    const s = stream("Lease/LeaseKeepAlive");
    s.client.send(renewal(1n));
    await pipe.settle();
    expect(s.ends).toEqual(["14 etcdserver: no leader"]);
  });

  it("asks for several at once, and answers in the order of the requests", async () => {
    const { member, stream, pipe } = setUp();
    const open = new Map<bigint, (ttl: number) => void>();
    member.renewals = (id) => new Promise<number>((resolve) => open.set(id, resolve));
    const s = stream("Lease/LeaseKeepAlive");
    for (let i = 1; i <= 100; i++) s.client.send(renewal(BigInt(i)));
    await pipe.settle();
    // A bound, so that one stream cannot take all that the leader has.
    expect(open.size).toBe(32);
    for (const id of [2n, 3n, 20n]) open.get(id)!(8);
    await pipe.settle();
    expect(s.messages).toHaveLength(0);
    open.get(1n)!(8);
    await pipe.settle();
    expect(s.messages.map((message) => rpc.decodeLeaseKeepAliveResponse(message).ID)).toEqual([1n, 2n, 3n]);
    expect(open.size).toBe(35);
    for (let id = 4n; id <= 100n; id++) {
      open.get(id)!(8);
      await pipe.settle();
    }
    expect(s.messages).toHaveLength(100);
  });

  it("ends the stream at the renewal that failed, whatever is known of those behind it", async () => {
    const { member, stream, pipe } = setUp();
    const fail: (() => void)[] = [];
    member.renewals = (id) =>
      id === 2n
        ? new Promise<number>((_, reject) => fail.push(() => reject(EtcdError.of("Timeout"))))
        : Promise.resolve(8);
    const s = stream("Lease/LeaseKeepAlive");
    for (const id of [1n, 2n, 3n]) s.client.send(renewal(id));
    await pipe.settle();
    fail[0]!();
    await pipe.settle();
    expect(s.messages.map((message) => rpc.decodeLeaseKeepAliveResponse(message).ID)).toEqual([1n]);
    expect(s.ends).toEqual(["14 etcdserver: request timed out"]);
  });

  it("bounds the renewals that wait", async () => {
    const { member, stream, pipe } = setUp();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    member.renewals = async (id) => {
      await gate;
      return Number(id);
    };
    const s = stream("Lease/LeaseKeepAlive");
    for (let i = 1; i <= 5000; i++) s.client.send(renewal(BigInt(i)));
    await pipe.settle();
    open();
    for (let i = 0; i < 500 && s.messages.length < 5000; i++) await pipe.settle();
    expect(s.messages).toHaveLength(5000);
    expect(rpc.decodeLeaseKeepAliveResponse(s.messages[4999]!).ID).toBe(5000n);
  });

  it("says -1 for a lease that is not there", async () => {
    const { call } = setUp();
    const answer = await call("Lease/LeaseTimeToLive", rpc.encodeLeaseTimeToLiveRequest({ ID: 77n, keys: false }));
    expect(rpc.decodeLeaseTimeToLiveResponse(bytes(answer))).toMatchObject({
      ID: 77n,
      TTL: -1,
      header: { revision: 1 },
    });
  });
});

describe("Maintenance", () => {
  it.each([0, 100, 32 * 1024, 70_000])("sends a snapshot of %i bytes and its hash", async (size) => {
    const { member, stream, pipe } = setUp();
    member.snapshotBytes = Buffer.alloc(size, "snapshot");
    const s = stream("Maintenance/Snapshot");
    s.client.closeSend();
    s.client.send(new Uint8Array(0));
    const t = stream("Maintenance/Snapshot");
    t.client.send(new Uint8Array(0));
    t.client.closeSend();
    await pipe.settle();
    expect(s.ends[0]).toMatch(/^13 /);
    expect(t.ends).toEqual(["0 "]);
    const parts = t.messages.map(rpc.decodeSnapshotResponse);
    const last = parts.pop()!;
    expect(Buffer.concat(parts.map((part) => part.blob)).equals(member.snapshotBytes)).toBe(true);
    expect(parts.every((part) => part.blob.length === 32 * 1024 || part.remainingBytes === 0)).toBe(true);
    expect(Buffer.from(last.blob).toString("hex")).toBe(
      createHash("sha256").update(member.snapshotBytes).digest("hex"),
    );
    expect(last).toMatchObject({ remainingBytes: 0, version: "3.7.0", header: undefined });
    expect(member.snapshotsOpen).toBe(0);
  });

  it("lets go of a snapshot whose client went away", async () => {
    const { member, stream, pipe } = setUp();
    member.snapshotBytes = Buffer.alloc(50_000_000);
    const s = stream("Maintenance/Snapshot");
    s.client.send(new Uint8Array(0));
    s.client.closeSend();
    s.client.pauseReading();
    await pipe.settle();
    expect(member.snapshotsOpen).toBe(1);
    s.client.cancel();
    await pipe.settle();
    expect(member.snapshotsOpen).toBe(0);
  });

  it("answers Defragment without a header, and MoveLeader only as the leader", async () => {
    const { call, member } = setUp();
    expect(await call("Maintenance/Defragment", new Uint8Array(0))).toHaveLength(0);
    expect(await call("Maintenance/MoveLeader", new Uint8Array(0))).toBe("9 etcdserver: bad leader transferee");
    member.leaderNow = 5n;
    expect(await call("Maintenance/MoveLeader", new Uint8Array(0))).toBe("9 etcdserver: not leader");
    expect(await call("Maintenance/Downgrade", new Uint8Array(0))).toBe("2 etcdserver: unknown method");
    expect(rpc.decodeHashResponse(bytes(await call("Maintenance/Hash", new Uint8Array(0)))).hash).toBe(42);
  });
});

describe("Auth without a store", () => {
  it("answers as an etcd with authentication off", async () => {
    const { call } = setUp();
    const told: Record<string, string> = {};
    for (const { name } of rpc.AuthService.methods) {
      const answer = await call(`Auth/${name}`, new Uint8Array(0));
      told[name] = typeof answer === "string" ? answer : "ok";
    }
    expect(told).toEqual({
      AuthEnable: "9 etcdserver: root user does not exist",
      AuthDisable: "ok",
      AuthStatus: "ok",
      Authenticate: "9 etcdserver: authentication is not enabled",
      UserAdd: "3 etcdserver: user name is empty",
      UserGet: "9 etcdserver: user name not found",
      UserList: "ok",
      UserDelete: "9 etcdserver: user name not found",
      UserChangePassword: "9 etcdserver: user name not found",
      UserGrantRole: "9 etcdserver: user name not found",
      UserRevokeRole: "9 etcdserver: user name not found",
      RoleAdd: "3 etcdserver: role name is empty",
      RoleGet: "9 etcdserver: role name not found",
      RoleList: "ok",
      RoleDelete: "9 etcdserver: role name not found",
      RoleGrantPermission: "9 etcdserver: role name not found",
      RoleRevokePermission: "9 etcdserver: role name not found",
    });
    const status = rpc.decodeAuthStatusResponse(bytes(await call("Auth/AuthStatus", new Uint8Array(0))));
    expect(status).toMatchObject({ enabled: false, authRevision: 1 });
  });
});

describe("before every call", () => {
  it("a cluster without a version is not capable", async () => {
    const { call, member } = setUp();
    member.clusterVersion = undefined;
    expect(await call("KV/Range", rangeOf("a"))).toBe("9 etcdserver: not capable");
    member.clusterVersion = "3.7.0";
    expect(await call("KV/Range", rangeOf("a"))).toBeInstanceOf(Uint8Array);
  });

  it("a learner answers Status, serializable Range and Snapshot alone", async () => {
    const { call, member, stream, pipe } = setUp();
    member.learner = true;
    const refused = "9 etcdserver: rpc not supported for learner";
    expect(await call("KV/Range", rangeOf("a"))).toBe(refused);
    expect(await call("KV/Put", putOf("a"))).toBe(refused);
    expect(await call("Cluster/MemberList", new Uint8Array(0))).toBe(refused);
    expect(await call("KV/Range", rangeOf("a", { serializable: true }))).toBeInstanceOf(Uint8Array);
    expect(await call("Maintenance/Status", new Uint8Array(0))).toBeInstanceOf(Uint8Array);
    const watch = stream("Watch/Watch");
    const snapshot = stream("Maintenance/Snapshot");
    snapshot.client.send(new Uint8Array(0));
    snapshot.client.closeSend();
    await pipe.settle();
    expect(watch.ends).toEqual([refused]);
    expect(snapshot.ends).toEqual(["0 "]);
    member.learner = false;
    expect(await call("KV/Put", putOf("a"))).toBeInstanceOf(Uint8Array);
  });

  it("calls are counted by client version, which must be UTF-8", async () => {
    const { call, counts, pipe } = setUp();
    await call("KV/Range", rangeOf("a"));
    await call("KV/Range", rangeOf("a"), [["client-api-version", "3.5"]]);
    expect(counts.get("etcd_server_client_requests_total{unary,unknown}")).toBe(1);
    expect(counts.get("etcd_server_client_requests_total{unary,3.5}")).toBe(1);
    for (let i = 0; i < 100; i++) await call("KV/Range", rangeOf("a"), [["client-api-version", `v${i}`]]);
    expect(
      [...counts.keys()].filter((key) => key.startsWith("etcd_server_client_requests_total{unary")).length,
    ).toBeLessThan(70);
    expect(counts.get("etcd_server_client_requests_total{unary,other}")).toBeGreaterThan(30);
    expect(pipe.server.closed).toBe(false);
  });

  it("those that require a leader are refused without one, and open streams cancelled after a while", async () => {
    const { call, member, stream, pipe, time } = setUp();
    const demanding: MetadataFields = [["hasleader", "true"]];
    const watch = stream("Watch/Watch", demanding);
    const easy = stream("Watch/Watch");
    await pipe.settle();
    member.leaderNow = 0n;
    expect(await call("KV/Range", rangeOf("a"), demanding)).toBe("14 etcdserver: no leader");
    expect(await call("KV/Range", rangeOf("a"))).toBeInstanceOf(Uint8Array);
    time.advance(2500);
    await pipe.settle();
    expect(watch.ends).toEqual([]);
    // The count starts anew when a leader is seen in between.
    member.leaderNow = 1n;
    time.advance(1000);
    member.leaderNow = 0n;
    time.advance(2000);
    await pipe.settle();
    expect(watch.ends).toEqual([]);
    time.advance(1000);
    await pipe.settle();
    expect(watch.ends).toEqual(["14 etcdserver: no leader"]);
    expect(easy.ends).toEqual([]);
    expect(member.watchHub.log).toEqual(["close"]);
  });

  it("services from elsewhere are guarded as well", async () => {
    const { call, member } = setUp({
      more: (registry) =>
        registry.register("etcdserverpb.Extra", "Hello", { kind: "unary", handler: () => utf8("hello") }),
    });
    expect(await call("Extra/Hello", new Uint8Array(0))).toBeInstanceOf(Uint8Array);
    member.leaderNow = 0n;
    expect(await call("Extra/Hello", new Uint8Array(0), [["hasleader", "true"]])).toBe("14 etcdserver: no leader");
  });
});

describe("health", () => {
  it("serves, and says when it does not", async () => {
    const { pipe, services, stream } = setUp();
    const check = (service: string) =>
      pipe.run(pipe.client.unary("/grpc.health.v1.Health/Check", health.encodeHealthCheckRequest({ service })));
    expect(health.decodeHealthCheckResponse(await check("")).status).toBe(health.ServingStatus.SERVING);
    await expect(check("etcd")).rejects.toMatchObject({ code: Code.NotFound, message: "unknown service" });
    const s = stream("/grpc.health.v1.Health/Watch");
    s.client.send(new Uint8Array(0));
    s.client.closeSend();
    const unknown = stream("/grpc.health.v1.Health/Watch");
    unknown.client.send(health.encodeHealthCheckRequest({ service: "x" }));
    unknown.client.closeSend();
    await pipe.settle();
    services.health.set(false);
    services.health.set(false);
    services.health.set(true);
    await pipe.settle();
    expect(s.messages.map((message) => health.decodeHealthCheckResponse(message).status)).toEqual([1, 2, 1]);
    expect(unknown.messages.map((message) => health.decodeHealthCheckResponse(message).status)).toEqual([3]);
    expect(unknown.ends).toEqual([]);
  });
});
