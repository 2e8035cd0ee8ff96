import { describe, expect, it } from "vitest";
import { type Env, ManualTime, type Metrics, nullMetrics, utf8 } from "../../base/index.ts";
import { Bolt, isBoltError } from "../bolt/index.ts";
import { FaultDisk, isDiskError, MemoryDisk } from "../disk/index.ts";
import { decodeConfState, encodeConfState } from "./conf-state.ts";
import {
  bucketNames,
  isRevisionKey,
  isTombstoneKey,
  mainOf,
  openStore,
  revisionKey,
  type Store,
  subOf,
} from "./index.ts";
import { openMemoryStore } from "./testing/index.ts";
import { stillEnv } from "./testing/memory-store.ts";

const v = new Uint8Array(utf8("value"));

function timedEnv(): { env: Env; time: ManualTime } {
  const time = new ManualTime();
  return { env: { ...stillEnv(), clock: time, scheduler: time }, time };
}

/** Lets everything that only waits for promises come to rest. */
async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

describe("revision keys", () => {
  it("are etcd's bytes, and sort as revisions do", () => {
    expect(Buffer.from(revisionKey(5, 1, false)).toString("hex")).toBe("00000000000000055f0000000000000001");
    expect(Buffer.from(revisionKey(5, 1, true)).toString("hex")).toBe("00000000000000055f000000000000000174");
    const main = 2 ** 40 + 3;
    const key = revisionKey(main, 2 ** 33, true);
    expect([mainOf(key), subOf(key), isTombstoneKey(key), isRevisionKey(key)]).toEqual([main, 2 ** 33, true, true]);
    expect(isRevisionKey(utf8("scheduledCompactRe"))).toBe(false);
    const order = [
      revisionKey(1, 0, false),
      revisionKey(1, 0, true),
      revisionKey(1, 1, false),
      revisionKey(2 ** 32, 0, false),
    ];
    expect([...order].sort(Buffer.compare)).toEqual(order);
  });
});

describe("confState", () => {
  it("keeps ids beyond 2^53, in etcd's order", () => {
    const state = {
      voters: [3319814642761637952n, 2n ** 64n - 1n],
      learners: [7n],
      votersOutgoing: [],
      learnersNext: [9n],
      autoLeave: true,
    };
    const text =
      '{"voters":[3319814642761637952,18446744073709551615],"learners":[7],"learners_next":[9],"auto_leave":true}';
    expect(Buffer.from(encodeConfState(state)).toString()).toBe(text);
    expect(decodeConfState(utf8(text))).toEqual(state);
    expect(decodeConfState(utf8('{ "voters" : [ 1 , 2 ] , "new_field": 3.5 }'))?.voters).toEqual([1n, 2n]);
    for (const bad of ["", "[]x", '{"voters":[1.5]}', '{"voters":"x"}', '{"voters":[-1]}']) {
      expect(decodeConfState(utf8(bad))).toBeUndefined();
    }
  });
});

describe("batches", () => {
  it("are committed after the interval, and only when there is something", async () => {
    const disk = new MemoryDisk();
    const { env, time } = timedEnv();
    const store = await openStore(disk, "/db", {}, env);
    time.advance(1000);
    store.setConsistentIndex(9, 1);
    time.advance(1000);
    expect(store.pending).toBe(0);
    store.put("lease", utf8("a"), v);
    time.advance(99);
    expect(store.pending).toBe(1);
    time.advance(1);
    expect(store.pending).toBe(0);
    await settle();
    const other = Bolt.open(disk, "/db", { readOnly: true }, env);
    const reader = other.begin(false);
    expect(reader.bucket("lease")!.get(utf8("a"))).toEqual(v);
    // The index that had moved before went with it.
    expect(Buffer.from(reader.bucket("meta")!.get(utf8("consistent_index"))!).readUInt32BE(4)).toBe(9);
    reader.rollback();
    await other.close();
    await store.close();
    expect(time.pending).toBe(0);
  });

  it("are committed at the limit, but not before the turn ends", async () => {
    const { env, time } = timedEnv();
    const store = await openStore(new MemoryDisk(), "/db", { batchLimit: 10 }, env);
    for (let i = 1; i <= 25; i++) store.putRevision(i, 0, false, v);
    expect(store.pending).toBe(25);
    time.endTurn();
    expect(store.pending).toBe(0);
    await settle();
    for (let i = 1; i <= 25; i++) expect(store.getRevision(i, 0)).toEqual(v);
    await store.close();
  });

  it("ask to wait when the disk falls behind, and say when to go on", async () => {
    const { env, time } = timedEnv();
    const inner = new MemoryDisk();
    const slow = new FaultDisk(inner, () => undefined, time);
    const store = await openStore(slow, "/db", { batchBytes: 1000 }, env);
    slow.rule = (op) => (op.kind === "sync" ? { kind: "slow", delayMs: 50 } : undefined);
    expect(store.ready()).toBeUndefined();
    let main = 0;
    while (store.ready() === undefined && main < 1000) store.putRevision(++main, 0, false, new Uint8Array(100));
    expect(main).toBeGreaterThan(10);
    expect(main).toBeLessThan(100);
    let went = false;
    const wait = store.ready()!.then(() => {
      went = true;
    });
    await time.advanceAsync(40);
    expect(went).toBe(false);
    await time.advanceAsync(400);
    await wait;
    expect(store.ready()).toBeUndefined();
    const closing = store.close();
    await time.advanceAsync(400);
    await closing;
  });

  it("nothing pending, nothing written", async () => {
    const disk = new FaultDisk(new MemoryDisk(), () => undefined);
    const store = await openStore(disk, "/db", {}, stillEnv());
    const before = disk.opCount;
    await store.commit();
    await store.commit();
    expect(disk.opCount).toBe(before);
    await store.close();
  });
});

describe("faults", () => {
  it("a failed commit is told once, and to whoever waits; reads go on", async () => {
    const { env, time } = timedEnv();
    const inner = new MemoryDisk();
    const disk = new FaultDisk(inner, () => undefined);
    const told: Error[] = [];
    const store = await openStore(disk, "/db", { onFailure: (error) => told.push(error) }, env);
    store.putRevision(1, 0, false, v);
    store.setConsistentIndex(1, 1);
    await store.commit();
    disk.rule = (op) => (op.kind === "write" ? { kind: "fail", code: "NoSpace" } : undefined);
    store.putRevision(2, 0, false, v);
    store.setConsistentIndex(2, 1);
    time.advance(100);
    await settle();
    expect(told.length).toBe(1);
    expect(isBoltError(told[0], "Poisoned")).toBe(true);
    expect(store.failure).toBe(told[0]);
    store.putRevision(3, 0, false, v);
    await expect(store.commit()).rejects.toBe(told[0]);
    await expect(store.defragment()).rejects.toBe(told[0]);
    expect(store.ready()).toBeUndefined();
    expect([1, 2, 3].map((main) => store.getRevision(main, 0) !== undefined)).toEqual([true, true, true]);
    expect(told.length).toBe(1);
    await store.close();
    const again = await openStore(inner, "/db", {}, stillEnv());
    expect(again.consistentIndex()).toEqual({ index: 1, term: 1 });
    expect(again.getRevision(2, 0)).toBeUndefined();
    await again.close();
  });

  it("a defragmentation that fails leaves the store as it was", async () => {
    const inner = new MemoryDisk();
    const disk = new FaultDisk(inner, () => undefined);
    const store = await openStore(disk, "/db", {}, stillEnv());
    for (let i = 1; i < 500; i++) store.putRevision(i, 0, false, v);
    await store.commit();
    for (const kind of ["createNew", "write", "rename"]) {
      disk.rule = (op) =>
        (kind === "createNew" && op.kind === "open" && op.path.includes(".tmp.")) ||
        (kind === "write" && op.kind === "write" && op.path.includes(".tmp.") && op.position >= 8192) ||
        (kind === "rename" && op.kind === "rename")
          ? { kind: "fail", code: "NoSpace" }
          : undefined;
      const running = store.defragment();
      store.putRevision(1000 + store.pending, 0, false, v);
      await expect(running).rejects.toThrow("NoSpace");
      expect(inner.list("/")).toEqual(["db"]);
    }
    disk.rule = () => undefined;
    expect(store.failure).toBeUndefined();
    await store.commit();
    await store.defragment();
    expect(store.getRevision(1000, 0)).toEqual(v);
    expect(store.getRevision(499, 0)).toEqual(v);
    await store.close();
  });

  it("a second member on the same file is refused", async () => {
    const disk = new MemoryDisk();
    const store = await openStore(disk, "/db", {}, stillEnv());
    const second = await openStore(disk, "/db", {}, stillEnv()).catch((error: unknown) => error);
    expect(isDiskError(second, "Locked")).toBe(true);
    await store.close();
    await (await openStore(disk, "/db", {}, stillEnv())).close();
  });

  it("a bucket's name that holds a value, and a row that is no revision, are damage", async () => {
    const disk = new MemoryDisk();
    const bolt = Bolt.open(disk, "/db", {}, stillEnv());
    const tx = bolt.begin(true);
    tx.createBucket("key").put(utf8("nonsense"), v);
    await tx.commit();
    await bolt.close();
    await expect(openStore(disk, "/db", {}, stillEnv())).rejects.toThrow('bucket "key" has a row that is no revision');
  });
});

describe("maintenance", () => {
  it("the hash leaves out what differs by nature, and nothing else", async () => {
    const hashes = new Set<number>();
    const of = async (change: (store: Store) => void): Promise<number> => {
      const store = openMemoryStore();
      store.put("members", utf8("m"), v);
      change(store);
      const open = store.hash();
      await store.commit();
      expect(store.hash()).toBe(open);
      expect(await store.hashSliced()).toBe(open);
      await store.close();
      hashes.add(open);
      return open;
    };
    const plain = await of(() => {});
    expect(await of((s) => s.setConsistentIndex(7, 3))).toBe(plain);
    expect(await of((s) => s.setStorageVersion("3.7.0"))).toBe(plain);
    await of((s) => s.put("meta", utf8("finishedCompactRev"), v));
    await of((s) => s.put("lease", utf8("term"), v));
    await of((s) => s.putRevision(1, 0, false, v));
    await of((s) =>
      s.setConfState({ voters: [1n], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false }),
    );
    expect(hashes.size).toBe(5);
  });

  it("defragmenting gives space back, without losing what is put meanwhile", async () => {
    const disk = new MemoryDisk();
    const store = await openStore(disk, "/db", {}, stillEnv());
    for (let i = 1; i <= 30_000; i++) store.putRevision(i, 0, false, new Uint8Array(100));
    await store.commit();
    for (let i = 1; i <= 29_000; i++) store.deleteRevision(i, 0, false);
    await store.commit();
    const before = store.size();
    expect(store.sizeInUse()).toBeLessThan(before / 5);
    const image = await store.snapshot();
    const running = store.defragment();
    const joined = store.defragment();
    store.putRevision(30_001, 0, true, v);
    store.deleteRevision(29_500, 0, false);
    store.setConsistentIndex(77, 5);
    const commit = store.commit();
    expect(store.getRevision(30_001, 0)).toEqual(v);
    await Promise.all([running, joined, commit]);
    expect(store.size()).toBeLessThan(before / 5);
    expect(store.getRevision(30_001, 0)).toEqual(v);
    expect(store.getRevision(29_500, 0)).toBeUndefined();
    // The snapshot taken before still reads from the old file.
    let bytes = 0;
    for await (const chunk of image.chunks(1 << 20)) bytes += chunk.length;
    expect(bytes).toBe(image.size);
    image.close();
    image.close();
    await store.close();
    expect(disk.list("/")).toEqual(["db"]);
    const again = await openStore(disk, "/db", {}, stillEnv());
    expect(again.consistentIndex()).toEqual({ index: 77, term: 5 });
    expect(again.getRevision(30_001, 0, true)).toEqual(v);
    let rows = 0;
    again.visitRevisions(0, () => {
      rows++;
    });
    expect(rows).toBe(1000);
    await again.close();
  });

  it("a snapshot asked for during a defragmentation holds what was put before it", async () => {
    const disk = new MemoryDisk();
    const store = await openStore(disk, "/db", {}, stillEnv());
    for (let i = 1; i <= 5000; i++) store.putRevision(i, 0, false, new Uint8Array(100));
    store.setConsistentIndex(76, 5);
    const running = store.defragment();
    await Promise.resolve();
    store.putRevision(5001, 0, false, v);
    store.setConsistentIndex(77, 5);
    const image = await store.snapshot();
    expect([image.index, image.term]).toEqual([77, 5]);
    const copy = new MemoryDisk();
    const file = copy.open("/db", "createNew");
    let at = 0;
    for await (const chunk of image.chunks()) {
      file.writeSync([chunk], at);
      at += chunk.length;
    }
    file.close();
    image.close();
    await running;
    await store.close();
    const copied = await openStore(copy, "/db", {}, stillEnv());
    expect(copied.getRevision(5001, 0)).toEqual(v);
    expect(copied.consistentIndex()).toEqual({ index: 77, term: 5 });
    await copied.close();
  });

  it("removes what an interrupted defragmentation left", async () => {
    const disk = new MemoryDisk();
    disk.makeDirectory("/snap");
    for (const name of ["db.tmp.123", "db.tmp.x", "other.tmp.1"]) disk.open(`/snap/${name}`, "create").close();
    const store = await openStore(disk, "/snap/db", {}, stillEnv());
    expect(disk.list("/snap")).toEqual(["db", "other.tmp.1"]);
    await store.close();
  });

  it("declares etcd's metrics", async () => {
    const names: string[] = [];
    const observed: string[] = [];
    const metrics: Metrics = {
      ...nullMetrics,
      gaugeFrom: ({ name }, read) => {
        names.push(name);
        expect(Number.isFinite(read())).toBe(true);
      },
      counterFrom: ({ name }) => names.push(name),
      histogram: ({ name, buckets }) => {
        names.push(`${name} ${buckets[0]}x${buckets.length}`);
        return { observe: () => observed.push(name), with: () => expect.unreachable() };
      },
    };
    const store = await openStore(new MemoryDisk(), "/db", {}, { ...stillEnv(), metrics });
    store.put("lease", utf8("a"), v);
    await store.commit();
    await store.defragment();
    (await store.snapshot()).close();
    await store.close();
    expect(names.filter((name) => name.startsWith("etcd"))).toEqual([
      "etcd_mvcc_db_total_size_in_bytes",
      "etcd_mvcc_db_total_size_in_use_in_bytes",
      "etcd_mvcc_db_open_read_transactions",
      "etcd_disk_defrag_inflight",
      "etcd_disk_backend_commit_duration_seconds 0.001x14",
      "etcd_debugging_disk_backend_commit_rebalance_duration_seconds 0.001x14",
      "etcd_debugging_disk_backend_commit_spill_duration_seconds 0.001x14",
      "etcd_debugging_disk_backend_commit_write_duration_seconds 0.001x14",
      "etcd_disk_backend_defrag_duration_seconds 0.1x13",
      "etcd_disk_backend_snapshot_duration_seconds 0.01x17",
    ]);
    expect(new Set(observed).size).toBe(6);
  });

  it("a new store has etcd's buckets and the storage version that is set", async () => {
    const disk = new MemoryDisk();
    const store = await openStore(disk, "/db", {}, stillEnv());
    expect(store.storageVersion()).toBeUndefined();
    expect(store.confState()).toBeUndefined();
    expect(store.consistentIndex()).toEqual({ index: 0, term: 0 });
    store.setStorageVersion("3.7.0");
    await store.close();
    const bolt = Bolt.open(disk, "/db", {}, stillEnv());
    const reader = bolt.begin(false);
    const names: string[] = [];
    reader.forEachBucket((name) => names.push(Buffer.from(name).toString()));
    expect(names).toEqual([...bucketNames].sort());
    reader.rollback();
    await bolt.close();
    const again = await openStore(disk, "/db", {}, stillEnv());
    expect(again.storageVersion()).toBe("3.7.0");
    again.setStorageVersion(undefined);
    await again.commit();
    expect(again.storageVersion()).toBeUndefined();
    await again.close();
  });
});
