import { createHash } from "node:crypto";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Code } from "../base/index.ts";
import { type StartedMember, startMember } from "../node/start-member.ts";
import { GrpcServer, type ServerStream, serve } from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { clientEnv } from "./env.ts";
import { Client, type ClientError, SnapshotError } from "./index.ts";

let member: StartedMember;
const clients: Client[] = [];
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  member = await startMember();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await member.close();
});

function open(options: { endpoints?: string; username?: string; password?: string } = {}): Client {
  const client = new Client({ endpoints: member.clientUrl, ...options });
  clients.push(client);
  return client;
}

async function failure(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it went well");
}

describe("users and roles", () => {
  it("are made, joined, asked for and removed", async () => {
    const { users, roles } = open();
    await roles.add("worker");
    await roles.grant("worker", { prefix: "jobs/" }, "readwrite");
    await roles.grant("worker", "config", "read");
    await roles.grant("worker", { from: "z" }, "write");
    await roles.grant("worker", { start: "m", end: "n\0" }, "read");
    const text = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();
    const granted = (await roles.get("worker")).map(({ permission, range }) => {
      const form = range instanceof Uint8Array ? { key: range } : (range as Record<string, Uint8Array>);
      return [permission, ...Object.entries(form).flatMap(([name, bytes]) => [name, text(bytes)])].join(" ");
    });
    expect(granted).toEqual(["read key config", "readwrite prefix jobs/", "read start m end n\0", "write from z"]);
    await roles.revoke("worker", { from: "z" });
    expect(await roles.get("worker")).toHaveLength(3);

    await users.add("alice", { password: "secret" });
    await users.add("bob");
    await users.grantRole("alice", "worker");
    expect(await users.get("alice")).toEqual({ name: "alice", roles: ["worker"] });
    expect(await users.list()).toEqual(["alice", "bob"]);
    expect(await roles.list()).toEqual(["worker"]);
    await users.revokeRole("alice", "worker");
    expect((await users.get("alice")).roles).toEqual([]);
    expect((await failure(users.add("alice", { password: "x" }))).is("user name already exists")).toBe(true);
    expect((await failure(roles.get("none"))).is("role name not found")).toBe(true);
    for (const name of ["alice", "bob"]) await users.delete(name);
    await roles.delete("worker");
    expect([await users.list(), await roles.list()]).toEqual([[], []]);
  });

  it("guard the keys once authentication is on; tokens are renewed, and passwords changed", async () => {
    const admin = open();
    const { users, roles } = admin;
    await roles.add("root");
    await roles.add("jobs");
    await roles.grant("jobs", { prefix: "jobs/" }, "readwrite");
    await users.add("root", { password: "r" });
    await users.grantRole("root", "root");
    await users.add("alice", { password: "a" });
    await users.grantRole("alice", "jobs");
    const early = open({ username: "root", password: "r" });
    await early.put("jobs/0", "noted that it needs no token");
    expect(await admin.auth.status()).toMatchObject({ enabled: false });
    await admin.auth.enable();
    try {
      // A client that once found authentication off logs in when it is refused.
      expect((await early.auth.status()).enabled).toBe(true);
      const alice = open({ username: "alice", password: "a" });
      await alice.auth.login();
      await alice.put("jobs/1", "1");
      expect((await failure(alice.put("other", "1"))).code).toBe(Code.PermissionDenied);
      await alice.auth.refresh();
      expect((await alice.get("jobs/1"))?.text).toBe("1");
      expect((await failure(open({ username: "alice", password: "wrong" }).auth.login())).code).toBe(
        Code.InvalidArgument,
      );
      await early.users.changePassword("alice", "b");
      const again = open({ username: "alice", password: "b" });
      expect((await again.namespace("jobs/").get("1"))?.text).toBe("1");
      expect((await failure(alice.auth.refresh())).code).toBe(Code.InvalidArgument);
    } finally {
      await early.auth.disable();
    }
    expect((await open().auth.status()).enabled).toBe(false);
    for (const name of ["root", "alice"]) await users.delete(name);
    for (const name of ["root", "jobs"]) await roles.delete(name);
  });
});

describe("the cluster", () => {
  it("is listed, and its members moved; one that is alone for good takes no others", async () => {
    const { cluster, ...client } = open();
    expect(Object.keys(client)).toContain("maintenance");
    const [own] = await cluster.members();
    const moved = await cluster.update(own!.id, ["http://127.0.0.1:3", "http://127.0.0.1:4"]);
    expect(moved).toMatchObject([{ id: own!.id, peerUrls: ["http://127.0.0.1:3", "http://127.0.0.1:4"] }]);
    expect(await cluster.members({ serializable: true })).toEqual(moved);
    expect((await failure(cluster.add("http://127.0.0.1:2", { learner: true }))).message).toContain("peer address");
    expect((await failure(cluster.promote(5n))).code).toBe(Code.NotFound);
    expect((await failure(cluster.remove(5n))).code).toBe(Code.NotFound);
  });
});

describe("maintenance", () => {
  it("tells how a member is, and what its history hashes to", async () => {
    const client = open();
    const { maintenance } = client;
    const { revision } = await client.put("m", "1");
    const id = (await client.members())[0]!.id;
    for (const options of [{}, { endpoint: member.clientUrl }]) {
      const status = await maintenance.status(options);
      expect(status).toMatchObject({ memberId: id, leader: id, learner: false, version: "3.7.1", errors: [] });
      expect(status.dbSize).toBeGreaterThanOrEqual(status.dbSizeInUse);
      const hash = await maintenance.hashKv({ ...options, revision });
      expect(hash).toMatchObject({ memberId: id, revision, compactRevision: -1 });
      expect(await maintenance.hashKv(options)).toMatchObject({ hash: hash.hash, revision });
      expect((await maintenance.hash(options)).memberId).toBe(id);
      await maintenance.defragment(options);
    }
    await client.compact(revision, { physical: true });
    expect(
      (await failure(client.get("m", { revision: revision - 1 }))).is("mvcc: required revision has been compacted"),
    ).toBe(true);
    expect((await maintenance.hashKv()).compactRevision).toBe(revision);
  });

  it("lists alarms and takes them back", async () => {
    const client = open();
    const { maintenance } = client;
    const { memberId } = await maintenance.status();
    const raise = (alarm: rpc.AlarmType) =>
      client.call(
        "/etcdserverpb.Maintenance/Alarm",
        rpc.encodeAlarmRequest({ action: rpc.AlarmAction.ACTIVATE, memberID: memberId, alarm }),
      );
    await raise(rpc.AlarmType.NOSPACE);
    await raise(rpc.AlarmType.CORRUPT);
    expect(await maintenance.alarms()).toEqual([
      { memberId, alarm: "nospace" },
      { memberId, alarm: "corrupt" },
    ]);
    expect(await maintenance.disarm({ alarm: "corrupt" })).toEqual([{ memberId, alarm: "corrupt" }]);
    expect((await failure(client.put("full", "1"))).is("mvcc: database space exceeded")).toBe(true);
    expect(await maintenance.disarm({ memberId: 5n })).toEqual([]);
    expect(await maintenance.disarm()).toEqual([{ memberId, alarm: "nospace" }]);
    expect(await maintenance.alarms()).toEqual([]);
    await client.put("full", "1");
  });

  it("asks who leads to hand over, and prepares downgrades", async () => {
    const { maintenance } = open();
    expect((await failure(maintenance.moveLeader(5n))).code).toBe(Code.FailedPrecondition);
    expect(await maintenance.downgrade("validate", "3.6")).toBe("3.7");
    expect((await failure(maintenance.downgrade("validate", "3.1"))).message).toContain(
      "invalid downgrade target version",
    );
    await maintenance.downgrade("enable", "3.6");
    expect((await maintenance.status()).downgradeTo).toMatch(/^3\.6/);
    await maintenance.downgrade("cancel");
    expect((await maintenance.status()).downgradeTo).toBeUndefined();
  });

  it("is given up by signal and by time, like every request", async () => {
    const client = open({ endpoints: "http://127.0.0.1:1" });
    const signal = AbortSignal.abort();
    for (const one of [
      client.maintenance.status({ signal }),
      client.maintenance.status({ signal, endpoint: member.clientUrl }),
      client.maintenance.snapshot({ signal }),
      client.users.list({ signal }),
      client.cluster.members({ signal }),
      client.get("a", { signal }),
      client.txn().commit({ signal }),
      client.lease(5, { signal }),
    ]) {
      expect((await failure(one)).code).toBe(Code.Canceled);
    }
    const abort = new AbortController();
    const waiting = failure(client.get("a", { timeoutMs: Number.POSITIVE_INFINITY, signal: abort.signal }));
    setTimeout(() => abort.abort(), 20);
    expect((await waiting).code).toBe(Code.Canceled);
    const late = await failure(client.roles.list({ timeoutMs: 50 }));
    expect(late).toMatchObject({ code: Code.Unavailable, unsent: true });
  });
});

describe("a snapshot", () => {
  const directory = mkdtempSync(join(tmpdir(), "quorate-snapshot-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("is a file that ends with the sum of its bytes, whatever it is written to", async () => {
    const client = open();
    await client.put("in the snapshot", Buffer.alloc(1_000_000, "s"));
    const path = join(directory, "handle.db");
    const file = await openFile(path, "w");
    const saved = await (await client.maintenance.snapshot()).saveTo(file);
    await file.close();
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(saved.bytes);
    const sum = createHash("sha256").update(bytes.subarray(0, -32)).digest();
    expect([bytes.subarray(-32).toString("hex"), saved.sha256]).toEqual([sum.toString("hex"), sum.toString("hex")]);
    expect(saved.version).toBe((await client.maintenance.status()).storageVersion);

    // Smaller than its high-water mark a stream asks for a pause after each piece.
    const stream = createWriteStream(join(directory, "stream.db"), { highWaterMark: 1024 });
    const streamed = await (await client.maintenance.snapshot({ endpoint: member.clientUrl })).saveTo(stream);
    await new Promise((resolve) => stream.end(resolve));
    expect(readFileSync(join(directory, "stream.db")).length).toBe(streamed.bytes);

    let slow = 0;
    const snapshot = await client.maintenance.snapshot();
    const sink = {
      write: async (piece: Uint8Array) => {
        await new Promise(setImmediate);
        const bytesWritten = Math.min(piece.length, 50_000);
        slow += bytesWritten;
        return { bytesWritten };
      },
    };
    expect((await snapshot.saveTo(sink)).bytes).toBe(slow);
    await expect(snapshot.saveTo(sink)).rejects.toThrow("can be read once");
    await expect(snapshot.saveTo({} as never)).rejects.toThrow(TypeError);
  });

  it("is read piece by piece, and may be left early", async () => {
    const client = open();
    let bytes = 0;
    const snapshot = await client.maintenance.snapshot();
    for await (const piece of snapshot) bytes += piece.length;
    expect(bytes).toBe(snapshot.bytes);
    for await (const piece of await client.maintenance.snapshot()) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    const abort = new AbortController();
    const aborted = await client.maintenance.snapshot({ signal: abort.signal });
    const sink = { write: () => abort.abort() };
    expect((await failure(aborted.saveTo(sink))).code).toBe(Code.Canceled);
    await client.put("after", "1");
  });

  /** A server whose snapshots are what `send` sends. */
  async function serving(send: (stream: ServerStream) => void): Promise<Client> {
    const env = clientEnv();
    const grpc = new GrpcServer(env);
    grpc.register("etcdserverpb.Maintenance", "Snapshot", { kind: "serverStream", handler: (stream) => send(stream) });
    const listening = await serve({ grpc, env }, { host: "127.0.0.1", port: 0 });
    ends.push(async () => {
      listening.door.destroy();
      await listening.stopListening();
    });
    return open({ endpoints: `http://127.0.0.1:${listening.port}` });
  }

  const database = Buffer.alloc(8192, "d");
  const sumOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  const blob = (bytes: Uint8Array) => rpc.encodeSnapshotResponse(rpc.createSnapshotResponse({ blob: bytes }));
  it.each<[string, Uint8Array[], RegExp | undefined]>([
    ["whole", [database, sumOf(database)], undefined],
    ["whole, its sum in pieces", [database, sumOf(database).subarray(0, 5), sumOf(database).subarray(5)], undefined],
    ["whole, in one piece", [Buffer.concat([database, sumOf(database)])], undefined],
    ["without its sum", [database], /cut off: 8192 bytes/],
    ["cut in the middle", [database.subarray(0, 5000)], /cut off: 5000 bytes/],
    ["with a page too few", [database.subarray(0, 4096), sumOf(database)], /damaged/],
    ["with a bit turned", [Buffer.concat([database.subarray(0, 8191), Buffer.of(1)]), sumOf(database)], /damaged/],
    ["of nothing", [], /cut off: 0 bytes/],
  ])("that comes %s is told from a good one", async (_, pieces, wrong) => {
    const client = await serving((stream) => {
      for (const piece of pieces) stream.send(blob(piece));
      stream.end();
    });
    const saving = (await client.maintenance.snapshot()).saveTo({ write: () => {} });
    if (wrong === undefined) expect((await saving).bytes).toBe(8192 + 32);
    else {
      const error = await failure(saving);
      expect(error).toBeInstanceOf(SnapshotError);
      expect(error.message).toMatch(wrong);
    }
  });

  it("that its server gives up says so", async () => {
    const client = await serving((stream) => {
      stream.send(blob(database));
      stream.end({ code: Code.Unavailable, message: "etcdserver: server stopped" });
    });
    expect(await failure((await client.maintenance.snapshot()).saveTo({ write: () => {} }))).toMatchObject({
      code: Code.Unavailable,
      message: "etcdserver: server stopped",
    });
  });

  it("ends with its client", async () => {
    const client = await serving((stream) => stream.send(blob(database)));
    const snapshot = await client.maintenance.snapshot();
    const saving = failure(snapshot.saveTo({ write: () => client.close() }));
    expect((await saving).code).not.toBe(Code.OK);
  });
});
