import { mkdtempSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Code, type Env, ManualTime } from "../base/index.ts";
import { type StartedMember, startMember } from "../node/start-member.ts";
import { GrpcError, GrpcServer, serve } from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { clientEnv } from "./env.ts";
import { Client, type ClientError, type ClientOptions, CompactedError, compare, op, type WatchEvent } from "./index.ts";

let member: StartedMember;
const clients: Client[] = [];
const gates: Gate[] = [];
let space = 0;
/** A corner of the key space for one test. */
const corner = () => `t${++space}/`;

beforeAll(async () => {
  member = await startMember();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const gate of gates.splice(0)) gate.close();
});
afterAll(async () => {
  await member.close();
});

function open(options: Partial<ClientOptions> = {}, env?: Env): Client {
  const client = new Client({ endpoints: member.clientUrl, ...options }, env);
  clients.push(client);
  return client;
}

/** Stands between client and member, and can be cut. */
class Gate {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  refuses = false;
  connections = 0;
  port = 0;

  constructor() {
    gates.push(this);
    const target = new URL(member.clientUrl);
    this.#server = net.createServer((socket) => {
      if (this.refuses) {
        socket.destroy();
        return;
      }
      this.connections++;
      const upstream = net.connect({ host: target.hostname, port: Number(target.port) });
      for (const [from, to] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on("error", () => {});
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  /** The URL to reach it by, unless it was told where. */
  listen(where: net.ListenOptions = { host: "127.0.0.1", port: 0 }): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(where, () => {
        const address = this.#server.address();
        if (typeof address === "object") this.port = address?.port ?? 0;
        resolve(`http://127.0.0.1:${this.port}`);
      });
    });
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it never came true that ${what}`);
}

/** A client whose clock only the test moves; the member it talks to has its own. */
function openOn(time: ManualTime, options: Partial<ClientOptions> = {}): Client {
  const { scheduler, ...world } = clientEnv();
  const { endOfTurn } = scheduler;
  const timers = { after: time.after.bind(time), every: time.every.bind(time), endOfTurn };
  return open(options, { ...world, clock: time, scheduler: timers });
}

/** Moves the client's clock on by `ms`; between its steps the member has time to answer. */
async function pass(client: Client, time: ManualTime, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    time.advance(100);
    await client.get("time passes");
  }
}

async function failure(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it went well");
}

async function take(events: AsyncIterable<WatchEvent>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    seen.push(`${event.type} ${event.kv.keyText}${event.type === "put" ? `=${event.kv.text}` : ""}`);
    if (seen.length === count) break;
  }
  return seen;
}

describe("keys", () => {
  it("are put, read and deleted", async () => {
    const client = open();
    const at = corner();
    const first = await client.put(`${at}a`, "1");
    const second = await client.put(`${at}a`, Uint8Array.of(50), { previous: true });
    expect(second.previous?.text).toBe("1");
    const kv = await client.get(`${at}a`);
    expect(kv).toMatchObject({ createRevision: first.revision, modRevision: second.revision, version: 2, lease: 0n });
    expect(kv?.text).toBe("2");
    expect((await client.get(`${at}a`, { revision: first.revision }))?.text).toBe("1");
    expect(await client.delete(`${at}a`, { previous: true })).toMatchObject({ deleted: 1, previous: [{ version: 2 }] });
    expect(await client.get(`${at}a`)).toBeUndefined();
    await client.put(`${at}j`, JSON.stringify({ x: 1 }));
    expect((await client.get(`${at}j`))?.json()).toEqual({ x: 1 });
  });

  it("are read in ranges", async () => {
    const client = open();
    const at = corner();
    for (const name of ["c", "a", "d", "b"]) await client.put(at + name, name);
    const names = async (...args: Parameters<Client["range"]>) =>
      (await client.range(...args)).kvs.map((kv) => kv.keyText.slice(at.length)).join("");
    expect(await names({ prefix: at })).toBe("abcd");
    expect(await names({ start: `${at}b`, end: `${at}d` })).toBe("bc");
    expect((await names({ from: `${at}c` })).startsWith("cd")).toBe(true);
    expect(await names({ prefix: at }, { order: "descending", limit: 3 })).toBe("dcb");
    expect(await names({ prefix: at }, { sortBy: "mod" })).toBe("cadb");
    expect(await client.range({ prefix: at }, { limit: 1 })).toMatchObject({ count: 4, more: true });
    expect(await client.range({ prefix: at }, { countOnly: true, serializable: true })).toMatchObject({
      count: 4,
      kvs: [],
    });
    expect((await client.range({ prefix: "" }, { countOnly: true })).count).toBeGreaterThan(3);
  });

  it("change together in transactions", async () => {
    const client = open();
    const at = corner();
    const enter = () =>
      client
        .txn()
        .if(compare.missing(`${at}state`))
        .do(op.put(`${at}state`, "idle"))
        .else(op.range(`${at}state`), op.txn(client.txn().do(op.delete({ prefix: `${at}x` }, { previous: true }))))
        .commit();
    expect(await enter()).toMatchObject({ succeeded: true, results: [{ kind: "put" }] });
    const again = await enter();
    expect(again.succeeded).toBe(false);
    expect(again.results.map((result) => result.kind)).toEqual(["range", "txn"]);
    const all = [
      compare.value(`${at}state`, "=", "idle"),
      compare.version(`${at}state`, "<", 2),
      compare.modRevision(`${at}state`, ">", 1),
      compare.createRevision(`${at}state`, "!=", 1),
      compare.lease(`${at}state`, "=", 0n),
      compare.exists(`${at}state`),
    ];
    expect(
      (
        await client
          .txn()
          .if(...all)
          .commit()
      ).succeeded,
    ).toBe(true);
  });

  it("tell their faults", async () => {
    const client = open();
    const error = await failure(client.put("", "x"));
    expect(error).toMatchObject({ code: Code.InvalidArgument, codeName: "InvalidArgument", unsent: false });
    expect(error.is("key is not provided")).toBe(true);
    expect((await failure(client.get("a", { revision: 1e9 }))).is("mvcc: required revision is a future revision")).toBe(
      true,
    );
  });
});

describe("watches", () => {
  it("bring each change once and in order", async () => {
    const client = open();
    const at = corner();
    const watcher = client.watch({ prefix: at }, { previous: true });
    await watcher.ready;
    await client.put(`${at}a`, "1");
    await client.put(`${at}a`, "2");
    await client.delete(`${at}a`);
    const events: WatchEvent[] = [];
    for await (const event of watcher) if (events.push(event) === 3) break;
    expect(events.map((event) => [event.type, event.kv.text, event.previous?.text])).toEqual([
      ["put", "1", undefined],
      ["put", "2", "1"],
      ["delete", "", "2"],
    ]);
    expect(watcher.closed).toBe(true);
  });

  it("start in the past, filter, and end by signal", async () => {
    const client = open();
    const at = corner();
    const { revision } = await client.put(`${at}a`, "1");
    await client.delete(`${at}a`);
    await client.put(`${at}b`, "2");
    expect(await take(client.watch({ prefix: at }, { startRevision: revision, only: "put" }), 2)).toEqual([
      `put ${at}a=1`,
      `put ${at}b=2`,
    ]);
    expect(await take(client.watch({ prefix: at }, { startRevision: revision, only: "delete" }), 1)).toEqual([
      `delete ${at}a`,
    ]);
    const abort = new AbortController();
    const endless = take(client.watch({ prefix: at }, { signal: abort.signal }), 99);
    abort.abort();
    expect(await endless).toEqual([]);
  });

  it("go on after lost connections, missing nothing and repeating nothing", async () => {
    const gate = new Gate();
    const watching = open({ endpoints: await gate.listen() });
    const writing = open();
    const at = corner();
    const many = Array.from({ length: 5 }, (_, i) => watching.watch({ prefix: `${at}${i}/` }));
    await Promise.all(many.map((watcher) => watcher.ready));
    const seen = Promise.all(many.map((watcher) => take(watcher, 44)));
    for (let i = 0; i < 40; i++) {
      for (let w = 0; w < 5; w++) await writing.put(`${at}${w}/k`, `${i}`);
      if (i % 10 !== 5) continue;
      const before = gate.connections;
      gate.cut();
      // Writes go on while the watcher is away; the next cut finds it back.
      for (let w = 0; w < 5; w++) await writing.put(`${at}${w}/other`, `${i}`);
      await until("it is back", () => gate.connections > before);
    }
    const expected = (w: number) =>
      Array.from({ length: 40 }, (_, i) => [
        `put ${at}${w}/k=${i}`,
        ...(i % 10 === 5 ? [`put ${at}${w}/other=${i}`] : []),
      ]).flat();
    expect(await seen).toEqual([0, 1, 2, 3, 4].map(expected));
    expect(gate.connections).toBeGreaterThan(4);
  });

  it("say so when what they missed was compacted away", async () => {
    const gate = new Gate();
    const watching = open({ endpoints: await gate.listen() });
    const writing = open();
    const at = corner();
    const watcher = watching.watch({ prefix: at });
    await watcher.ready;
    gate.refuses = true;
    gate.cut();
    let revision = 0;
    for (let i = 0; i < 5; i++) revision = (await writing.put(`${at}a`, `${i}`)).revision;
    await writing.compact(revision);
    gate.refuses = false;
    const error = await failure(take(watcher, 1));
    expect(error).toBeInstanceOf(CompactedError);
    expect((error as CompactedError).compactRevision).toBe(revision);
  });

  it("hold a busy writer's events back for a slow reader, without losing any", async () => {
    const client = open();
    const at = corner();
    const watcher = client.watch({ prefix: at });
    const quick = client.watch(`${at}3999`);
    await watcher.ready;
    await Promise.all(Array.from({ length: 4000 }, (_, i) => client.put(`${at}${i}`, "v")));
    expect(watcher.backlog).toBeLessThan(4000);
    const seen = new Set<string>();
    for await (const event of watcher) if (seen.add(event.kv.keyText).size === 4000) break;
    expect(await take(quick, 1)).toEqual([`put ${at}3999=v`]);
  });
});

describe("leases", () => {
  it("live while they are kept, and take their keys along", async () => {
    const time = new ManualTime();
    const client = openOn(time);
    const at = corner();
    const lease = await client.lease(60);
    await client.put(`${at}a`, "x", { lease });
    await pass(client, time, 150_000);
    expect(lease.alive).toBe(true);
    expect(await lease.remaining()).toBeGreaterThan(0);
    expect((await client.get(`${at}a`))?.lease).toBe(lease.id);
    await lease.revoke();
    expect(lease.alive).toBe(false);
    expect(await client.get(`${at}a`)).toBeUndefined();
    expect((await failure(client.put(`${at}a`, "x", { lease }))).is("requested lease not found")).toBe(true);
  });

  it("tell when they are lost", async () => {
    const client = open();
    const other = open();
    const lease = await client.lease(2);
    const lost = new Promise((resolve) => lease.signal.addEventListener("abort", resolve));
    const same = await other.adoptLease(lease.id);
    await same.revoke();
    await lost;
    expect((lease.signal.reason as ClientError).is("requested lease not found")).toBe(true);
  });

  it("survive a lost connection, and are given up when nobody answers for all their time", async () => {
    const gate = new Gate();
    const time = new ManualTime();
    const client = openOn(time, { endpoints: await gate.listen() });
    const lease = await client.lease(60);
    await pass(client, time, 25_000);
    gate.cut();
    await pass(client, time, 90_000);
    expect(lease.alive).toBe(true);
    expect(gate.connections).toBeGreaterThan(1);
    gate.refuses = true;
    gate.cut();
    for (let passed = 0; passed < 39_000; passed += 100) time.advance(100);
    expect(lease.alive).toBe(true);
    for (let passed = 0; passed < 22_000; passed += 100) time.advance(100);
    expect((lease.signal.reason as ClientError).message).toBe("the lease was not renewed in time");
  });
});

describe("locks", () => {
  it("let one in at a time, in the order of asking", async () => {
    const at = corner();
    let inside = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const client = open();
        await client.withLock(at, async (signal) => {
          expect(++inside).toBe(1);
          order.push(i);
          await new Promise((resolve) => setTimeout(resolve, 5));
          expect(signal.aborted).toBe(false);
          inside--;
        });
      }),
    );
    expect(order.sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("stop waiting when told, and leave the queue", async () => {
    const client = open();
    const at = corner();
    const held = await client.lock(at);
    const abort = new AbortController();
    const waiting = failure(client.lock(at, { signal: abort.signal }));
    const queued = async () => (await client.range({ prefix: `${at}/` }, { countOnly: true })).count === 2;
    await until("it waits in the queue", queued);
    abort.abort();
    expect((await waiting).code).toBe(Code.Canceled);
    expect((await client.range({ prefix: `${at}/` })).count).toBe(1);
    await held.release();
    await (await client.lock(at)).release();
  });
});

describe("elections", () => {
  it("have one leader, whom others see change", async () => {
    const client = open();
    const name = corner();
    const election = client.election(name);
    const seen: string[] = [];
    const abort = new AbortController();
    const observing = (async () => {
      for await (const leader of open().election(name).observe({ signal: abort.signal })) seen.push(leader.text);
    })();
    const first = await election.campaign("one");
    const second = election.campaign("two");
    const told = (text: string) => until(`${text} is told`, () => seen.at(-1) === text);
    await told("one");
    // The next leader enters before this one speaks again: what it is told by is older, and must be told all the same.
    const entered = async () => (await client.range({ prefix: `${name}/` }, { countOnly: true })).count === 2;
    await until("two waits", entered);
    await first.proclaim("one, still");
    await told("one, still");
    expect((await election.leader())?.text).toBe("one, still");
    await first.resign();
    const office = await second;
    await told("two");
    expect(seen).toEqual(["one", "one, still", "two"]);
    expect((await failure(first.proclaim("ghost"))).message).toBe("election: not leader");
    await office.resign();
    expect(await election.leader()).toBeUndefined();
    abort.abort();
    await observing;
  });
});

describe("connections", () => {
  it("are tried at each endpoint", async () => {
    const client = open({ endpoints: ["http://127.0.0.1:1", member.clientUrl] });
    for (let i = 0; i < 3; i++) await client.put("endpoint", `${i}`);
    expect((await client.get("endpoint"))?.text).toBe("2");
  });

  it("give up in time and say that nothing was sent", async () => {
    const client = open({ endpoints: "http://127.0.0.1:1", requestTimeoutMs: 200 });
    const error = await failure(client.put("a", "b"));
    expect(error).toMatchObject({ code: Code.Unavailable, unsent: true });
    expect(error.message).toContain("dial tcp 127.0.0.1:1: connect: connection refused");
  });

  it("that break repeat reads, but never a write that may have been done", async () => {
    const gate = new Gate();
    const client = open({ endpoints: await gate.listen() });
    await client.get("warm");
    const read = client.range({ prefix: "" });
    const write = failure(client.put("maybe", "once"));
    gate.cut();
    expect((await read).count).toBeGreaterThan(0);
    expect(await write).toMatchObject({ code: Code.Unavailable, unsent: false });
  });

  it("say again what was refused since users changed meanwhile, even a write", async () => {
    const env = clientEnv();
    const refusals = ["revision of auth store is old", "revision of auth store is old", "invalid auth token"];
    let asked = 0;
    const grpc = new GrpcServer(env);
    grpc.register("etcdserverpb.KV", "Put", {
      kind: "unary",
      handler() {
        const refusal = refusals[asked++];
        if (refusal !== undefined) throw new GrpcError(Code.InvalidArgument, `etcdserver: ${refusal}`);
        return rpc.encodePutResponse({ header: undefined, prevKv: undefined });
      },
    });
    const server = await serve({ grpc, env }, { host: "127.0.0.1", port: 0 });
    const client = open({ endpoints: `http://127.0.0.1:${server.port}` });
    try {
      // Known by no token: it has none to be renewed.
      expect((await failure(client.put("a", "b"))).message).toBe("etcdserver: invalid auth token");
      expect(asked).toBe(3);
      await client.put("a", "b");
    } finally {
      client.close();
      await server.stopListening();
    }
  });

  it("go on from a learner to the next endpoint, even with a write", async () => {
    const env = clientEnv();
    const grpc = new GrpcServer(env);
    grpc.register("etcdserverpb.KV", "Put", {
      kind: "unary",
      handler() {
        throw new GrpcError(Code.FailedPrecondition, "etcdserver: rpc not supported for learner");
      },
    });
    const server = await serve({ grpc, env }, { host: "127.0.0.1", port: 0 });
    const learner = `http://127.0.0.1:${server.port}`;
    const alone = open({ endpoints: learner });
    const both = open({ endpoints: [learner, member.clientUrl] });
    try {
      expect(await failure(alone.put("a", "b"))).toMatchObject({ code: Code.FailedPrecondition });
      for (let i = 0; i < 3; i++) await both.put(`${corner()}k`, "v");
    } finally {
      alone.close();
      both.close();
      await server.stopListening();
    }
  });

  it("know who is there", async () => {
    const client = open();
    expect(await client.members()).toMatchObject([
      { name: "default", learner: false, clientUrls: [expect.any(String)] },
    ]);
    expect(await client.status(member.clientUrl)).toMatchObject({ version: "3.7.1", errors: [] });
  });

  it("refuse after close", async () => {
    const client = open();
    const watcher = client.watch("a");
    client.close();
    expect((await failure(client.get("a"))).code).toBe(Code.Canceled);
    expect(await take(watcher, 1)).toEqual([]);
  });

  it("may be reached by a Unix socket, with all the time it takes", async () => {
    const gate = new Gate();
    const directory = mkdtempSync(join(tmpdir(), "quorate-client-"));
    try {
      const path = join(directory, "member:1");
      await gate.listen({ path });
      const limits = { requestTimeoutMs: Number.POSITIVE_INFINITY, connectTimeoutMs: Number.POSITIVE_INFINITY };
      for (const endpoints of [`unix:${path}`, `unix://${path}`]) {
        const client = open({ endpoints, ...limits });
        await client.put(`${corner()}k`, "v");
      }
      expect(gate.connections).toBe(2);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("are named in several ways", async () => {
    const address = member.clientUrl.replace("http://", "");
    for (const endpoints of [`${address},`, ` ${address} , ,${address}`, [" ", address], `HTTP://${address}/path`]) {
      const client = open({ endpoints });
      await client.put(`${corner()}k`, "v");
    }
  });

  it.each([
    [
      "ftp://x:1",
      'endpoint "ftp://x:1": must be http://host:port, https://host:port, host:port or unix:/path (dial tcp: address ftp://x:1: too many colons in address)',
    ],
    [
      "a:b",
      'endpoint "a:b": must be http://host:port, https://host:port, host:port or unix:/path (dial tcp: lookup tcp/b: unknown port)',
    ],
    ["", 'new Client: endpoints must be a URL or an array of URLs (at least one), not "" (a string)'],
    [" , ,", "a client needs at least one endpoint"],
    [[], "new Client: endpoints must be a URL or an array of URLs (at least one), not an array of 0"],
  ])("%j are refused by name", (endpoints, message) => {
    expect(() => open({ endpoints })).toThrow(new TypeError(message));
  });
});
