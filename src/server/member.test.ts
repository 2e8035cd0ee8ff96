import { describe, expect, it } from "vitest";
import { isEtcdError, keyString, type Scheduler, SeededRandom, utf8 } from "../base/index.ts";
import { FaultDisk, MemoryDisk } from "../storage/disk/index.ts";
import { openStore } from "../storage/store/index.ts";
import { keyValue, rpc } from "../wire/proto/index.ts";
import { runMember, type TestMember } from "./testing/run-member.ts";

const put = (key: string, value: string, more: Partial<rpc.PutRequest> = {}): rpc.PutRequest =>
  rpc.createPutRequest({ key: utf8(key), value: utf8(value), ...more });
const range = (key: string, more: Partial<rpc.RangeRequest> = {}): rpc.RangeRequest =>
  rpc.createRangeRequest({ key: utf8(key), ...more });

function currentValue(test: TestMember, key: string): string | undefined {
  const kv = test.member.range(range(key)).kvs[0];
  return kv === undefined ? undefined : keyString(keyValue.valueBytesOf(kv));
}

function contentOf(disk: MemoryDisk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(file.size());
  file.readSync(bytes, 0);
  file.close();
  return bytes;
}

describe("a member alone", () => {
  it("answers a put once it is applied, and reads it in the same turn", async () => {
    const test = await runMember(new MemoryDisk());
    const { header } = await test.settle(test.member.put(put("a", "1")));
    expect(header).toEqual({ clusterId: 0xcdf818194e3a8c32n, memberId: 0x8e9e05c52164694dn, revision: 2, raftTerm: 2 });
    expect(test.member.linearizable()).toBeUndefined();
    expect(currentValue(test, "a")).toBe("1");
    await test.stop();
    expect(test.time.pending).toBe(0);
  });

  it("applies proposals of one turn in their order under one write", async () => {
    const test = await runMember(new MemoryDisk());
    const answers = await test.settle(Promise.all([1, 2, 3, 4].map((n) => test.member.put(put("k", String(n))))));
    expect(answers.map((answer) => answer.header?.revision)).toEqual([2, 3, 4, 5]);
    expect(currentValue(test, "k")).toBe("4");
    await test.stop();
  });

  it("has everything after a restart: keys, leases with their keys, alarms, versions, hash", async () => {
    const disk = new MemoryDisk();
    const first = await runMember(disk);
    const lease = await first.settle(first.member.leaseGrant({ ID: 77n, TTL: 100 }));
    expect(lease.TTL).toBe(100);
    for (let i = 0; i < 50; i++) await first.settle(first.member.put(put(`k${i % 7}`, `v${i}`, { lease: 77n })));
    await first.settle(first.member.deleteRange(rpc.createDeleteRangeRequest({ key: utf8("k3") })));
    await first.settle(
      first.member.alarm({ action: rpc.AlarmAction.ACTIVATE, memberID: 5n, alarm: rpc.AlarmType.CORRUPT }),
    );
    const { alarms } = await first.settle(
      first.member.alarm({ action: rpc.AlarmAction.DEACTIVATE, memberID: 5n, alarm: rpc.AlarmType.CORRUPT }),
    );
    expect(alarms).toHaveLength(1);
    await first.pass(5000);
    const before = await first.settle(first.member.hashKv({ revision: 0 }));
    expect(first.member.versions()).toEqual({ server: "3.7.1", cluster: "3.7.0", storage: "3.7.0" });
    await first.stop();

    const second = await runMember(disk);
    const after = await second.settle(second.member.hashKv({ revision: 0 }));
    expect({ ...after, header: undefined }).toEqual({ ...before, header: undefined });
    expect(second.member.versions()).toEqual({ server: "3.7.1", cluster: "3.7.0", storage: "3.7.0" });
    const ttl = await second.settle(second.member.leaseTimeToLive({ ID: 77n, keys: true }));
    expect(ttl.keys.map(keyString)).toEqual(["k0", "k1", "k2", "k4", "k5", "k6"]);
    expect(ttl.grantedTTL).toBe(100);
    await second.stop();
  });

  it("revokes a lease when its time is over, never before, and deletes its keys in one revision", async () => {
    const test = await runMember(new MemoryDisk());
    await test.settle(test.member.leaseGrant({ ID: 1n, TTL: 5 }));
    await test.settle(test.member.put(put("x", "1", { lease: 1n })));
    await test.settle(test.member.put(put("y", "1", { lease: 1n })));
    const { revision } = test.member.header();
    await test.pass(4900);
    expect(currentValue(test, "x")).toBe("1");
    await test.pass(3000);
    expect(currentValue(test, "x")).toBeUndefined();
    expect(test.member.revision()).toBe(revision + 1);
    await test.stop();
  });

  it("looks at a downgrade under way only when told to", async () => {
    const timers = async (downgradeCheckMs: number): Promise<number> => {
      const test = await runMember(new MemoryDisk(), { downgradeCheckMs });
      const { pending } = test.time;
      await test.stop();
      return pending;
    };
    expect((await timers(1000)) - (await timers(0))).toBe(1);
  });

  it("refuses what is too large, unknown leases, and everything once it has stopped, in etcd's words", async () => {
    const test = await runMember(new MemoryDisk(), { requestBytesMax: 1000 });
    await expect(test.member.put(put("k", "x".repeat(1000)))).rejects.toThrow("etcdserver: request is too large");
    await expect(test.settle(test.member.put(put("k", "v", { lease: 9n })))).rejects.toThrow(
      "etcdserver: requested lease not found",
    );
    await test.stop();
    await expect(test.member.put(put("k", "v"))).rejects.toThrow("etcdserver: server stopped");
    expect(() => test.member.linearizable()).toThrow("etcdserver: server stopped");
  });

  it("raises NOSPACE when the store is full, still deletes and compacts, and writes again once disarmed", async () => {
    const test = await runMember(new MemoryDisk(), { quotaBackendBytes: 200_000 });
    let full: unknown;
    for (let i = 0; full === undefined && i < 2000; i++) {
      await test.settle(test.member.put(put(`k${i}`, "x".repeat(2000)))).catch((error: unknown) => {
        full = error;
      });
      if (i % 10 === 9) await test.pass(110);
    }
    expect(isEtcdError(full, "NoSpace")).toBe(true);
    expect(test.member.status().errors).toEqual(["memberID:10276657743932975437 alarm:NOSPACE"]);
    await expect(test.settle(test.member.leaseGrant({ ID: 3n, TTL: 10 }))).rejects.toThrow("database space exceeded");
    const gone = await test.settle(
      test.member.deleteRange(rpc.createDeleteRangeRequest({ key: utf8("k"), rangeEnd: utf8("l") })),
    );
    expect(gone.deleted).toBeGreaterThan(10);
    await test.settle(test.member.compact({ revision: test.member.revision(), physical: true }));
    await test.settle(test.member.defragment());
    await test.settle(
      test.member.alarm({
        action: rpc.AlarmAction.DEACTIVATE,
        memberID: test.member.memberId,
        alarm: rpc.AlarmType.NOSPACE,
      }),
    );
    await test.settle(test.member.put(put("k", "v")));
    expect(currentValue(test, "k")).toBe("v");
    await test.stop();
  });

  it("sums the log up in snapshots and starts from the newest", async () => {
    const disk = new MemoryDisk();
    const options = { snapshotCount: 50, snapshotCatchUpEntries: 10 };
    const first = await runMember(disk, options);
    for (let i = 0; i < 180; i++) await first.settle(first.member.put(put(`k${i % 9}`, String(i))));
    await first.pass(100);
    const before = await first.settle(first.member.hashKv({ revision: 0 }));
    await first.stop();
    const snapshots = disk.list("/data/member/snap").filter((name) => name.endsWith(".snap"));
    expect(snapshots.length).toBeGreaterThanOrEqual(3);
    const second = await runMember(disk, options);
    const after = await second.settle(second.member.hashKv({ revision: 0 }));
    expect(after.hash).toBe(before.hash);
    expect(second.member.raftStatus()).toMatchObject({ raftState: "StateLeader" });
    await second.stop();
  });

  it("refuses a database without its log, and keeps both as they are", async () => {
    const disk = new MemoryDisk();
    const first = await runMember(disk);
    await first.settle(first.member.put(put("a", "1")));
    await first.stop();
    disk.removeTree("/data/member/wal");
    await expect(runMember(disk)).rejects.toThrow("there is no write-ahead log in /data/member/wal");
    expect(disk.stat("/data/member/snap/db")).toBeDefined();
  });

  it("begins anew when its first start left a database that holds nothing", async () => {
    const disk = new MemoryDisk();
    disk.makeDirectory("/data/member/snap");
    const other = await runMember(new MemoryDisk());
    const store = await other.settle(openStore(disk, "/data/member/snap/db", {}, other.env));
    await other.settle(store.close());
    await other.stop();
    const test = await runMember(disk);
    await test.settle(test.member.put(put("a", "1")));
    expect(currentValue(test, "a")).toBe("1");
    await test.stop();
  });

  it("defragments at its start when that frees enough", async () => {
    const disk = new MemoryDisk();
    const first = await runMember(disk);
    const value = "x".repeat(100_000);
    for (let i = 0; i < 60; i++) await first.settle(first.member.put(put(`k${i}`, value)));
    await first.pass(500);
    await first.settle(first.member.deleteRange(rpc.createDeleteRangeRequest({ key: utf8("k"), rangeEnd: utf8("l") })));
    const revision = first.member.revision();
    await first.settle(first.member.compact(rpc.createCompactionRequest({ revision, physical: true })));
    await first.stop();
    const db = "/data/member/snap/db";
    const before = disk.stat(db)!.size;
    await (await runMember(disk, { bootstrapDefragMebibytes: 100 })).stop();
    expect(disk.stat(db)!.size).toBeGreaterThanOrEqual(before);
    const second = await runMember(disk, { bootstrapDefragMebibytes: 1 });
    expect(second.member.revision()).toBe(revision);
    await second.stop();
    expect(disk.stat(db)!.size).toBeLessThan(before / 10);
  });

  it("refuses a log that ends before its database does", async () => {
    const disk = new MemoryDisk();
    const name = "/data/member/wal/0000000000000000-0000000000000000.wal";
    const first = await runMember(disk);
    await first.settle(first.member.put(put("a", "1")));
    await first.stop();
    const old = contentOf(disk, name);
    const second = await runMember(disk);
    for (let i = 0; i < 10; i++) await second.settle(second.member.put(put("a", String(i))));
    await second.stop();
    const log = disk.open(name, "write");
    log.writeSync([old, new Uint8Array(log.size() - old.length)], 0);
    log.close();
    await expect(runMember(disk)).rejects.toThrow(/the log in .* ends at index \d+, but .* entries are lost/);
  });

  it("refuses a log that starts with a snapshot, when the database is gone, older or empty", async () => {
    const disk = new MemoryDisk();
    const options = { snapshotCount: 20, snapshotCatchUpEntries: 5 };
    const first = await runMember(disk, options);
    await first.settle(first.member.put(put("a", "1")));
    await first.stop();
    const db = "/data/member/snap/db";
    const old = contentOf(disk, db);
    const second = await runMember(disk, options);
    for (let i = 0; i < 60; i++) await second.settle(second.member.put(put("a", String(i))));
    await second.stop();
    disk.remove(db);
    await expect(runMember(disk, options)).rejects.toThrow("failed to find database snapshot file");
    expect(disk.stat(db)).toBeUndefined();
    const file = disk.open(db, "create");
    file.writeSync([old], 0);
    file.close();
    await expect(runMember(disk, options)).rejects.toThrow("does not match with snapshot");
    // One that a first start made and never filled.
    disk.remove(db);
    const empty = await first.settle(openStore(disk, db, {}, first.env));
    await first.settle(empty.close());
    await expect(runMember(disk, options)).rejects.toThrow("db index 0) does not match with snapshot");
  });

  it("ends instead of acknowledging when the disk fails", async () => {
    const inner = new MemoryDisk();
    let failing = false;
    const disk = new FaultDisk(inner, (op) =>
      failing && op.path.endsWith(".wal") && op.kind === "sync" ? { kind: "fail", code: "Io" } : undefined,
    );
    const test = await runMember(disk);
    await test.settle(test.member.put(put("a", "1")));
    failing = true;
    await expect(test.settle(test.member.put(put("a", "2")))).rejects.toThrow("etcdserver: server stopped");
    expect(test.fatal).toHaveLength(1);
    await expect(test.member.put(put("a", "3"))).rejects.toThrow("etcdserver: server stopped");
    await test.stop();
  });
});

/**
 * Promise: what was acknowledged survives a power cut, whatever share of the unsynced bytes it kept; and the hash over
 * what is there equals that of a member that saw the same entries and never crashed.
 */
describe("power cuts", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`loses nothing acknowledged (seed ${seed})`, async () => {
      const random = new SeededRandom(seed);
      let disk = new MemoryDisk({ crashable: true });
      const acknowledged = new Map<string, number>();
      let next = 0;
      for (let life = 0; life < 6; life++) {
        // Syncs take up to 20 ms, so that a cut finds some of them under way.
        const current = disk;
        const slow = (scheduler: Scheduler): FaultDisk =>
          new FaultDisk(
            current,
            (op) => (op.kind === "sync" ? { kind: "slow", delayMs: random.uint32() % 20 } : undefined),
            scheduler,
          );
        const test = await runMember(slow, { snapshotCount: 40, snapshotCatchUpEntries: 5, batchLimit: 25 }, seed);
        for (const [key, least] of acknowledged) {
          expect(Number(currentValue(test, key)), `${key} in life ${life}`).toBeGreaterThanOrEqual(least);
        }
        const cutAfter = 20 + (random.uint32() % 120);
        let answered = 0;
        const inFlight: Promise<void>[] = [];
        while (answered < cutAfter) {
          for (let i = random.uint32() % 6; i >= 0; i--) {
            const key = `k${random.uint32() % 11}`;
            const value = ++next;
            const answer = test.member.put(put(key, String(value))).then(
              () => {
                answered++;
                acknowledged.set(key, Math.max(acknowledged.get(key) ?? 0, value));
              },
              () => {},
            );
            inFlight.push(answer);
          }
          await test.pass(random.uint32() % 30);
        }
        // The cut may fall anywhere: after some more turns, with work in flight.
        for (let i = random.uint32() % 8; i > 0; i--) await test.pass(0);
        const cut = disk.crashClone({ keep: "random", random });
        await test.stop();
        await Promise.all(inFlight);
        disk = cut;
      }
      const last = await runMember(disk, {}, seed);
      const hash = await last.settle(last.member.hashKv({ revision: 0 }));
      await last.stop();
      const again = await runMember(disk, {}, seed);
      expect((await again.settle(again.member.hashKv({ revision: 0 }))).hash).toBe(hash.hash);
      await again.stop();
    });
  }
});
