import { type AddressInfo, connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  type Env,
  hexId,
  type Metrics,
  nullMetrics,
  parseSemVer,
  SeededRandom,
  silentLogger,
} from "../../base/index.ts";
import type { Message } from "../../raft/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import { encodeFramed, encodeMessage, HttpPeerNetwork, type PeerHost, type PeerTimeouts, RaftHttp } from "./index.ts";

const clusterId = 0xcafen;
const env: Env = {
  clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
  scheduler: {
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return { cancel: () => clearTimeout(timer) };
    },
    every: (ms, run) => {
      const timer = setInterval(run, ms);
      return { cancel: () => clearInterval(timer) };
    },
    endOfTurn: (run) => void setImmediate(run),
  },
  random: new SeededRandom(1),
  logger: silentLogger,
  metrics: nullMetrics,
};

/** Refused requests by status, over all sides; the last of a test are looked at. */
const refused = new Map<string, number>();
const countingMetrics: Metrics = {
  ...nullMetrics,
  counter: (definition) =>
    definition.name === "quorate_peer_requests_refused_total"
      ? {
          inc: () => {},
          with: (status) => ({
            inc: () => void refused.set(status!, (refused.get(status!) ?? 0) + 1),
            with: () => nullMetrics.counter(definition),
          }),
        }
      : nullMetrics.counter(definition),
};

/** Counts what goes out as requests of their own. */
class CountingNetwork extends HttpPeerNetwork {
  posts = 0;
  streams = 0;

  override request(...args: Parameters<HttpPeerNetwork["request"]>): ReturnType<HttpPeerNetwork["request"]> {
    this.posts++;
    return super.request(...args);
  }

  override openStream(...args: Parameters<HttpPeerNetwork["openStream"]>): ReturnType<HttpPeerNetwork["openStream"]> {
    this.streams++;
    return super.openStream(...args);
  }
}

class Side {
  readonly received: Message[] = [];
  readonly databases: Buffer[] = [];
  readonly sent: [bigint, boolean][] = [];
  unreachable = 0;
  removedTold = 0;
  readonly gone: bigint[] = [];
  removedIds = new Set<bigint>();
  url = "";
  refuseSnapshot = false;
  readonly transport: RaftHttp;
  readonly #id: bigint;
  readonly network = new CountingNetwork();
  readonly #server = createServer((socket) => this.network.take(socket));

  constructor(id: bigint, version = "3.7.1", timeouts: PeerTimeouts = { readMs: 5000, writeMs: 5000 }) {
    this.#id = id;
    const options = {
      timeouts,
      server: parseSemVer(version)!,
      clusterMin: parseSemVer("3.0.0")!,
      formatTime: (ms: number) => new Date(ms).toISOString(),
      parseTime: (text: string) => Date.parse(text),
    };
    this.transport = new RaftHttp(this.network, options, { ...env, metrics: countingMetrics });
  }

  async listen(cluster = clusterId): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    const host: PeerHost = {
      receive: (message) => void this.received.push(message),
      receiveSnapshot: async (_message, chunks) => {
        if (this.refuseSnapshot) throw new Error("no room");
        const all: Uint8Array[] = [];
        for await (const chunk of chunks) all.push(chunk);
        this.databases.push(Buffer.concat(all));
      },
      serve: async () => ({ status: 200, headers: {}, body: Buffer.from("served") }),
      unreachable: () => void this.unreachable++,
      snapshotSent: (id, delivered) => void this.sent.push([id, delivered]),
      isRemoved: (id) => this.removedIds.has(id),
      removed: () => void this.removedTold++,
      gone: (id) => void this.gone.push(id),
    };
    this.transport.start({ memberId: this.#id, clusterId: cluster, peerURLs: [this.url] }, host);
    return this;
  }

  async close(): Promise<void> {
    this.#server.close();
    await this.transport.close();
  }
}

const sides: Side[] = [];
async function side(id: bigint, cluster?: bigint, version?: string, timeouts?: PeerTimeouts): Promise<Side> {
  const made = await new Side(id, version, timeouts).listen(cluster);
  sides.push(made);
  return made;
}
afterEach(async () => {
  for (const one of sides.splice(0)) await one.close();
});

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error("not within 20 s");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const append = (index: number, to: bigint, from: bigint, bytes = 10): Message =>
  raftpb.createMessage({
    type: raftpb.MessageType.MsgApp,
    to,
    from,
    term: 1,
    logTerm: 1,
    index,
    commit: index,
    entries: [{ type: 0, term: 1, index: index + 1, data: Buffer.alloc(bytes, index) }],
  }) as Message;
const beat = (to: bigint, from: bigint): Message =>
  raftpb.createMessage({ type: raftpb.MessageType.MsgHeartbeat, to, from, term: 1 }) as Message;

/** Until the receiver has fetched a stream: until then messages go as requests, several at once and in no order. */
async function streaming(from: Side, to: Side, beatOf: () => Message): Promise<void> {
  for (let posts = -1; posts !== from.network.posts; ) {
    posts = from.network.posts;
    const before = to.received.length;
    from.transport.send([beatOf()]);
    await until(() => to.received.length > before);
  }
  to.received.length = 0;
}

const headers = (from = 1n) => ({
  "x-server-from": hexId(from),
  "x-server-version": "3.7.1",
  "x-min-cluster-version": "3.0.0",
  "x-etcd-cluster-id": hexId(clusterId),
});

describe("two members over HTTP", () => {
  it("exchange messages on streams that each fetches from the other, in order", async () => {
    const [a, b] = [await side(1n), await side(2n)];
    a.transport.setPeer(2n, [b.url]);
    b.transport.setPeer(1n, [a.url]);
    await streaming(a, b, () => beat(2n, 1n));
    await streaming(b, a, () => beat(1n, 2n));
    const posts = a.network.posts + b.network.posts;
    a.transport.send([append(0, 2n, 1n), beat(2n, 1n), append(1, 2n, 1n), append(2, 2n, 1n)]);
    b.transport.send([beat(1n, 2n)]);
    await until(() => b.received.length === 4 && a.received.length === 1);
    const appends = b.received.filter(({ type }) => type === raftpb.MessageType.MsgApp);
    expect(appends.map(({ index, commit, entries }) => [index, commit, entries[0]?.index])).toEqual([
      [0, 0, 1],
      [1, 1, 2],
      [2, 2, 3],
    ]);
    expect(appends[1]).toMatchObject({ from: 1n, to: 2n, term: 1, logTerm: 1 });
    expect(a.network.posts + b.network.posts).toBe(posts);
  });

  it("send by POST before the peer has fetched a stream, and large appends whole", async () => {
    const [a, b] = [await side(1n), await side(2n)];
    a.transport.setPeer(2n, [b.url]);
    // b does not know a: no streams, but an answer finds its way by the address in the request.
    a.transport.send([append(0, 2n, 1n, 3_000_000)]);
    await until(() => b.received.length === 1);
    expect(b.received[0]!.entries[0]!.data.length).toBe(3_000_000);
    b.transport.send([beat(1n, 2n)]);
    await until(() => a.received.length === 1);
  });

  it("connect again when the other was gone, and tell raft what was lost", async () => {
    const [a, b] = [await side(1n), await side(2n)];
    a.transport.setPeer(2n, [b.url]);
    b.transport.setPeer(1n, [a.url]);
    await until(() => a.transport.activeSinceMs(2n) !== undefined);
    await b.close();
    await until(() => a.transport.activeSinceMs(2n) === undefined);
    await until(() => a.gone.length > 0);
    expect(a.gone).toEqual([2n]);
    a.transport.send([beat(2n, 1n)]);
    await until(() => a.unreachable > 0);
    const again = await side(2n);
    again.transport.setPeer(1n, [a.url]);
    a.transport.setPeer(2n, [again.url]);
    await until(() => again.transport.activeSinceMs(1n) !== undefined);
    a.transport.send([beat(2n, 1n)]);
    await until(() => again.received.length > 0);
  });

  it("give up a connection that is silent for longer than they were told", async () => {
    const [a, b] = [await side(1n, undefined, undefined, { readMs: 60, writeMs: 5000 }), await side(2n)];
    // b sends its sign of life every 5/3 s only, which is too seldom for a.
    a.transport.setPeer(2n, [b.url]);
    b.transport.setPeer(1n, [a.url]);
    const before = a.network.streams;
    await until(() => a.network.streams > before + 2);
  });

  it("stream a database behind its message, and tell how it went", async () => {
    const [a, b] = [await side(1n), await side(2n)];
    a.transport.setPeer(2n, [b.url]);
    const metadata = { confState: raftpb.createConfState(), index: 5, term: 1 };
    const message = raftpb.createMessage({
      type: raftpb.MessageType.MsgSnap,
      to: 2n,
      from: 1n,
      term: 1,
      snapshot: { data: new Uint8Array(3), metadata },
    }) as Message;
    const database = Buffer.alloc(1_500_000, 7);
    let closed = 0;
    const image = () => ({
      size: database.length,
      chunks: async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < database.length; at += 100_000) yield database.subarray(at, at + 100_000);
      },
      close: () => void closed++,
    });
    a.transport.sendSnapshot(message, image());
    await until(() => a.sent.length === 1);
    expect(a.sent).toEqual([[2n, true]]);
    expect(b.databases[0]!.equals(database)).toBe(true);
    b.refuseSnapshot = true;
    a.transport.sendSnapshot(message, image());
    await until(() => a.sent.length === 2);
    expect(a.sent[1]).toEqual([2n, false]);
    a.transport.sendSnapshot({ ...message, to: 9n }, image());
    await until(() => a.sent.length === 3);
    expect(a.sent[2]).toEqual([9n, false]);
    expect(closed).toBe(3);
  });

  it("learn that they were removed", async () => {
    const [a, b] = [await side(1n), await side(2n)];
    b.removedIds.add(1n);
    a.transport.setPeer(2n, [b.url]);
    await until(() => a.removedTold > 0);
  });
});

describe("the peer port refuses", () => {
  const ask = async (one: Side, path: string, init: RequestInit = {}): Promise<[number, string]> => {
    const answer = await fetch(`${one.url}${path}`, init);
    return [answer.status, (await answer.text()).trim()];
  };

  it("other clusters, versions and members, and counts them", async () => {
    refused.clear();
    const one = await side(1n);
    one.transport.setPeer(2n, ["http://127.0.0.1:1"]);
    const stream = `/raft/stream/message/2`;
    const to = { "x-raft-to": "1" };
    const with_ = (more: Record<string, string>): RequestInit => ({ headers: { ...headers(2n), ...to, ...more } });
    expect(await ask(one, stream, with_({ "x-etcd-cluster-id": "1" }))).toEqual([412, "cluster ID mismatch"]);
    expect(await ask(one, stream, with_({ "x-server-version": "2.3.0" }))).toEqual([412, "incompatible version"]);
    expect(await ask(one, stream, with_({ "x-min-cluster-version": "3.8.0" }))).toEqual([412, "incompatible version"]);
    expect(await ask(one, stream, with_({ "x-server-version": "garbage" }))).toEqual([412, "incompatible version"]);
    expect(await ask(one, stream, with_({ "x-raft-to": "7" }))).toEqual([412, "to field mismatch"]);
    expect(await ask(one, "/raft/stream/message/9", with_({}))).toEqual([404, "error sender not found"]);
    expect(await ask(one, "/raft/stream/message/zz", with_({}))).toEqual([404, "invalid from"]);
    expect(await ask(one, "/raft/stream/other/2", with_({}))).toEqual([404, "invalid path"]);
    expect(await ask(one, stream, { ...with_({}), method: "POST" })).toEqual([405, "Method Not Allowed"]);
    one.removedIds.add(2n);
    expect(await ask(one, stream, with_({}))).toEqual([410, "removed member"]);
    expect(Object.fromEntries(refused)).toEqual({ 412: 5, 404: 3, 405: 1, 410: 1 });
  });

  it("what is no message, or not for it", async () => {
    const one = await side(1n);
    const post = (body: Uint8Array, path = "/raft") =>
      ask(one, path, { method: "POST", headers: headers(2n), body: Buffer.from(body) });
    expect(await post(Buffer.from("garbage"))).toEqual([400, "error unmarshalling raft message"]);
    expect(await post(encodeMessage(beat(7n, 2n)))).toEqual([
      403,
      '{"message":"cannot process message to mismatch member"}',
    ]);
    one.removedIds.add(3n);
    expect(await post(encodeMessage(beat(1n, 3n)))).toEqual([
      403,
      '{"message":"cannot process message from removed member"}',
    ]);
    expect((await post(Buffer.alloc(4), "/raft/snapshot"))[0]).toBe(400);
    expect((await post(Buffer.alloc(16, 0xff), "/raft/snapshot"))[1]).toContain("error limit exceeded");
    expect(await post(encodeFramed(beat(1n, 2n)), "/raft/snapshot")).toEqual([400, "wrong raft message type"]);
    expect(await ask(one, "/raft", { headers: headers(2n) })).toEqual([405, "Method Not Allowed"]);
    expect(await ask(one, "/raft/unknown")).toEqual([404, "404 page not found"]);
    expect(one.received).toEqual([]);
    expect(await post(encodeMessage(beat(1n, 2n)))).toEqual([204, ""]);
    expect(one.received).toHaveLength(1);
  });

  it("bytes that are no HTTP, counts them, and goes on", async () => {
    refused.clear();
    const one = await side(1n);
    const said = await new Promise<string>((resolve) => {
      let all = "";
      const socket = connect(Number(new URL(one.url).port), "127.0.0.1");
      socket.on("data", (chunk) => {
        all += chunk.toString("latin1");
      });
      socket.on("close", () => resolve(all));
      socket.on("error", () => {});
      socket.write(Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 13, 10, 13, 10]));
    });
    expect(said).toContain("400 Bad Request");
    expect(refused.get("400")).toBe(1);
    expect(await ask(one, "/members")).toEqual([200, "served"]);
    const [status, probe] = await ask(one, "/raft/probing");
    expect(status).toBe(200);
    expect(JSON.parse(probe)).toMatchObject({ OK: true });
  });

  it("a body that is too large for the small endpoints", async () => {
    const one = await side(1n);
    const [status] = await ask(one, "/leases", { method: "POST", body: Buffer.alloc(70_000) });
    expect(status).toBe(413);
  });
});
