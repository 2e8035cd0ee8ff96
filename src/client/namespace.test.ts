import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Code } from "../base/index.ts";
import { type StartedMember, startMember } from "../node/start-member.ts";
import { Client, type ClientError, compare, type KeyRange, op, type WatchEvent } from "./index.ts";

let member: StartedMember;
const clients: Client[] = [];
let space = 0;

beforeAll(async () => {
  member = await startMember();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await member.close();
});

/** A client, a prefix of its own, and the namespace under it. */
function open() {
  const client = new Client({ endpoints: member.clientUrl });
  clients.push(client);
  const prefix = `n${++space}/`;
  return { client, prefix, inside: client.namespace(prefix) };
}

async function failure(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it went well");
}

async function take(events: AsyncIterable<WatchEvent>, count: number): Promise<WatchEvent[]> {
  const seen: WatchEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (seen.length === count) break;
  }
  return seen;
}

describe("a namespace", () => {
  it("puts its prefix in front of keys, and takes it from those that come back", async () => {
    const { client, prefix, inside } = open();
    await inside.put("a", "1");
    expect((await client.get(`${prefix}a`))?.text).toBe("1");
    expect(await inside.get("a")).toMatchObject({ keyText: "a", text: "1" });
    expect((await inside.put("a", "2", { previous: true })).previous?.keyText).toBe("a");
    expect((await inside.delete("a", { previous: true })).previous.map((kv) => kv.keyText)).toEqual(["a"]);
    expect(await client.get(`${prefix}a`)).toBeUndefined();
    await client.put(`${prefix}é`, Uint8Array.of(255));
    expect((await inside.get("é"))?.value).toEqual(Uint8Array.of(255));
  });

  it("ends where its prefix ends, whatever the range", async () => {
    const { client, prefix, inside } = open();
    const edge = `${prefix.slice(0, -1)}0`; // the next string after all with the prefix
    for (const key of [prefix.slice(0, -1), `${prefix}a`, `${prefix}b`, `${prefix}b/1`, `${prefix}c`, edge]) {
      await client.put(key, key);
    }
    const names = async (range: KeyRange) => (await inside.range(range)).kvs.map((kv) => kv.keyText);
    expect(await names({ prefix: "" })).toEqual(["a", "b", "b/1", "c"]);
    expect(await names({ from: "" })).toEqual(["a", "b", "b/1", "c"]);
    expect(await names({ from: "b" })).toEqual(["b", "b/1", "c"]);
    expect(await names({ from: "b\0" })).toEqual(["b/1", "c"]);
    expect(await names({ prefix: "b" })).toEqual(["b", "b/1"]);
    expect(await names({ start: "b", end: "c" })).toEqual(["b", "b/1"]);
    expect(await names({ start: "a", end: "\0" })).toEqual(["a", "b", "b/1", "c"]);
    expect((await inside.delete({ prefix: "" })).deleted).toBe(4);
    expect((await client.range({ start: prefix.slice(0, -1), end: `${edge}\0` })).count).toBe(2);
  });

  it("of bytes without a successor ends with all keys", async () => {
    const { client } = open();
    const inside = client.namespace(Uint8Array.of(255, 255));
    await inside.put("last", "1");
    expect((await inside.range({ prefix: "" })).kvs.map((kv) => kv.keyText)).toEqual(["last"]);
    expect((await inside.range({ from: "m" })).count).toBe(0);
    expect((await inside.delete({ from: "a" })).deleted).toBe(1);
  });

  it("has no empty key, as the whole has none", async () => {
    const { inside } = open();
    for (const one of [
      inside.put("", "x"),
      inside.get(""),
      inside.delete(""),
      inside.txn().do(op.put("", "x")).commit(),
      inside.txn().if(compare.exists("")).commit(),
    ]) {
      const error = await failure(one);
      expect(error.code).toBe(Code.InvalidArgument);
      expect(error.is("key is not provided")).toBe(true);
    }
  });

  it("holds transactions within, nested ones and conditions on ranges among them", async () => {
    const { client, prefix, inside } = open();
    await client.put("state", "outside");
    const nested = inside
      .txn()
      .if(compare.value("seen", "=", "nothing"))
      .do(op.range({ prefix: "" }), op.put("seen", "idle", { previous: true }))
      .else(op.range("state"));
    await inside.put("seen", "nothing");
    const first = await inside.txn().if(compare.missing("state")).do(op.put("state", "idle"), op.txn(nested)).commit();
    expect(first.succeeded).toBe(true);
    const inner = first.results[1];
    if (inner?.kind !== "txn") throw new Error("no txn");
    expect(inner.succeeded).toBe(true);
    expect(inner.results[0]).toMatchObject({ kind: "range", kvs: [{ keyText: "seen" }, { keyText: "state" }] });
    expect(inner.results[1]).toMatchObject({ kind: "put", previous: { keyText: "seen", text: "nothing" } });
    expect((await client.get(`${prefix}state`))?.text).toBe("idle");
    expect((await client.get("state"))?.text).toBe("outside");
    const all = (value: string) =>
      inside
        .txn()
        .if(compare.value({ prefix: "" }, "=", value))
        .commit();
    expect((await all("idle")).succeeded).toBe(true);
    await inside.put("seen", "busy");
    expect((await all("idle")).succeeded).toBe(false);
    const gone = await inside
      .txn()
      .do(op.delete({ prefix: "" }, { previous: true }))
      .commit();
    expect(gone.results[0]).toMatchObject({
      kind: "delete",
      deleted: 2,
      previous: [{ keyText: "seen" }, { keyText: "state" }],
    });
    expect((await client.get("state"))?.text).toBe("outside");
  });

  it("watches what is in it, with former values, and in pieces when events are large", async () => {
    const { client, prefix, inside } = open();
    const start = (await inside.put("a", "0")).revision;
    await client.put("a", "outside");
    await inside.delete("a");
    const large = Buffer.alloc(1_000_000, "v");
    for (let i = 0; i < 6; i++) await inside.put(`large${i}`, large);
    const events = await take(inside.watch({ prefix: "" }, { startRevision: start, previous: true }), 8);
    expect(events.map((event) => `${event.type} ${event.kv.keyText}`)).toEqual([
      "put a",
      "delete a",
      ...Array.from({ length: 6 }, (_, i) => `put large${i}`),
    ]);
    expect(events[1]?.previous).toMatchObject({ keyText: "a", text: "0" });
    expect(events[7]?.kv.value.length).toBe(large.length);
    const single = inside.watch("a");
    await single.ready;
    await client.put(`${prefix}a`, "1");
    expect((await take(single, 1))[0]?.kv.keyText).toBe("a");
    await inside.delete({ prefix: "" });
  });

  it("shows of a lease the keys that are in it", async () => {
    const { client, prefix, inside } = open();
    const lease = await inside.lease(60);
    await inside.put("in", "1", { lease });
    await client.put("lease-outside", "1", { lease });
    const keys = async (at: typeof inside | Client) =>
      (await at.leaseInfo(lease, { keys: true }))?.keys.map((key) => Buffer.from(key).toString()).sort();
    expect(await keys(inside)).toEqual(["in"]);
    expect(await keys(client)).toEqual(["lease-outside", `${prefix}in`].sort());
    expect(await client.leases()).toContain(lease.id);
    await lease.revoke();
    expect(await inside.leaseInfo(lease)).toBeUndefined();
    expect(await inside.get("in")).toBeUndefined();
  });

  it("has locks and elections of its own", async () => {
    const { client, prefix, inside } = open();
    const lock = await inside.lock("l");
    expect(Buffer.from(lock.key).toString()).toMatch(/^l\//);
    expect((await client.range({ prefix: `${prefix}l/` })).count).toBe(1);
    // The same name outside is another lock; inside it is taken.
    await (await client.lock("l")).release();
    const waits = await failure(client.namespace(prefix).lock("l", { signal: AbortSignal.timeout(100) }));
    expect(waits.code).toBe(Code.Canceled);
    expect((await inside.txn().if(compare.exists(lock.key)).do(op.put("guarded", "1")).commit()).succeeded).toBe(true);
    await lock.release();
    expect(await inside.withLock("l", () => 5)).toBe(5);

    const election = inside.election("e");
    const office = await election.campaign("me");
    expect((await election.leader())?.keyText).toMatch(/^e\//);
    expect(await client.election("e").leader()).toBeUndefined();
    await office.proclaim("me, still");
    for await (const leader of election.observe()) {
      expect(leader.text).toBe("me, still");
      break;
    }
    await office.resign();
  });

  it("nests, and ends with its client", async () => {
    const { client, prefix, inside } = open();
    const deep = inside.namespace("x/").namespace(Buffer.from("y/"));
    await deep.put("k", "1");
    expect((await client.get(`${prefix}x/y/k`))?.text).toBe("1");
    expect((await inside.get("x/y/k"))?.keyText).toBe("x/y/k");
    expect((await client.namespace("").get(`${prefix}x/y/k`))?.keyText).toBe(`${prefix}x/y/k`);
    expect(await deep.stm(async (tx) => (await tx.get("k"))?.keyText)).toBe("k");
    client.close();
    expect(deep.closed).toBe(true);
    expect((await failure(deep.get("k"))).message).toBe("the client is closed");
  });
});
