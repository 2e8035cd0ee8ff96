import { describe, expect, it } from "vitest";
import { crc32c, type Metrics, nullMetrics, utf8 } from "../../base/index.ts";
import { revisionKey } from "../../storage/store/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { keyValue } from "../../wire/proto/index.ts";
import { Mvcc } from "./index.ts";
import { FakeLeases, put, remove, settle, setUp, show } from "./testing/setup.ts";

function row(key: string, created: number, mod: number, version: number, value: string): Uint8Array {
  return keyValue.encodeKeyValueFrom(key, created, mod, version, utf8(value), 0n);
}

describe("revisions", () => {
  it("begin at 1; a transaction takes one if it changes anything", () => {
    const { mvcc, store } = setUp();
    expect([mvcc.revision, mvcc.compactRevision]).toEqual([1, -1]);
    const empty = mvcc.write();
    expect(empty.deleteRange("a", "\0")).toBe(0);
    empty.end();
    expect(mvcc.revision).toBe(1);
    const txn = mvcc.write();
    txn.put("b", utf8("1"), 0n);
    txn.put("a", utf8("2"), 0n);
    expect(txn.deleteRange("a", "c")).toBe(2);
    expect(txn.put("a", utf8("3"), 0n)).toBe(2);
    txn.end();
    expect(mvcc.revision).toBe(2);
    const rows: string[] = [];
    store.visitRevisions(0, (main, sub, tombstone, value) => {
      rows.push(`${main}.${sub}${tombstone ? "t" : ""} ${show(value)}`);
    });
    // The key that was deleted and put again in one transaction begins anew in the same revision.
    expect(rows).toEqual(["2.0 b=1 2/2/1", "2.1 a=2 2/2/1", "2.2t a= 0/0/0", "2.3t b= 0/0/0", "2.4 a=3 2/2/1"]);
    expect(mvcc.get("a") && show(mvcc.get("a")!)).toBe("a=3 2/2/1");
    mvcc.verify();
  });

  it("are written as etcd writes them, byte for byte", () => {
    const { mvcc, store, leases } = setUp();
    leases.known.add(0x7fff_ffff_ffff_fffen);
    put(mvcc, "k", "");
    put(mvcc, "k", "v".repeat(300), 0x7fff_ffff_ffff_fffen);
    put(mvcc, `long/${"x".repeat(300)}`, "y".repeat(70_000));
    remove(mvcc, "k");
    const all: [number, Uint8Array][] = [];
    store.visitRevisions(0, (main, _sub, _tombstone, value) => all.push([main, value]));
    expect(all.map(([, value]) => Buffer.from(value).toString("hex"))).toEqual(
      [
        row("k", 2, 2, 1, ""),
        keyValue.encodeKeyValueFrom("k", 2, 3, 2, utf8("v".repeat(300)), 0x7fff_ffff_ffff_fffen),
        row(`long/${"x".repeat(300)}`, 4, 4, 1, "y".repeat(70_000)),
        row("k", 0, 0, 0, ""),
      ].map((value) => Buffer.from(value).toString("hex")),
    );
  });

  it("pass 2^32 and stay exact", () => {
    const store = openMemoryStore();
    const far = 2 ** 40 + 5;
    store.putRevision(far, 0, false, row("a", far - 10, far, 2 ** 33, "x"));
    const { mvcc } = setUp({}, store);
    put(mvcc, "a", "y");
    expect(show(mvcc.get("a")!)).toBe(`a=y ${far - 10}/${far + 1}/${2 ** 33 + 1}`);
    expect(store.getRevision(far + 1, 0)).toBeDefined();
    expect(show(mvcc.range("a", "", { keysOnly: true }).kvs[0]!)).toBe(`a= ${far - 10}/${far + 1}/${2 ** 33 + 1}`);
    expect(show(mvcc.getAt("a", far)!)).toBe(`a=x ${far - 10}/${far}/${2 ** 33}`);
  });

  it("refuse a second open transaction, and writes after the end", () => {
    const { mvcc } = setUp();
    const txn = mvcc.write();
    expect(() => mvcc.write()).toThrow("open already");
    txn.end();
    expect(() => txn.put("a", utf8(""), 0n)).toThrow("after the end");
    expect(() => txn.end()).toThrow("twice");
  });
});

describe("bounds", () => {
  it("of a read and of a compaction are told in etcd's words", async () => {
    const { mvcc, time } = setUp();
    for (let i = 0; i < 5; i++) put(mvcc, "a", String(i));
    expect(() => mvcc.range("a", "", { revision: 7 })).toThrow(
      "etcdserver: mvcc: required revision is a future revision",
    );
    expect(() => mvcc.compact(7)).toThrow("etcdserver: mvcc: required revision is a future revision");
    const done = mvcc.compact(4);
    // At once, though nothing was deleted yet.
    expect(() => mvcc.range("a", "", { revision: 3 })).toThrow(
      "etcdserver: mvcc: required revision has been compacted",
    );
    expect(mvcc.range("a", "", { revision: 4 }).count).toBe(1);
    expect(() => mvcc.compact(4)).toThrow("etcdserver: mvcc: required revision has been compacted");
    await settle(time);
    await done;
    expect(show(mvcc.range("a", "", { revision: 4 }).kvs[0]!)).toBe("a=2 2/4/3");
  });
});

describe("leases", () => {
  it("follow the keys through puts, deletes and a restart", () => {
    const { mvcc, store, leases } = setUp();
    leases.known.add(1n).add(2n);
    put(mvcc, "a", "", 1n);
    put(mvcc, "b", "", 1n);
    put(mvcc, "c", "", 2n);
    put(mvcc, "b", "", 2n);
    put(mvcc, "c", "");
    put(mvcc, "d", "", 1n);
    remove(mvcc, "d");
    expect([...leases.attached]).toEqual([
      ["a", 1n],
      ["b", 2n],
    ]);
    const again = new FakeLeases();
    // Lease 1 is gone from the lessor: the key stays, on no lease.
    again.known.add(2n);
    const restarted = setUp({}, store, again);
    expect([...again.attached]).toEqual([["b", 2n]]);
    put(restarted.mvcc, "a", "");
    remove(restarted.mvcc, "b");
    expect(again.attached.size).toBe(0);
  });

  it("must exist", () => {
    const { mvcc } = setUp();
    const txn = mvcc.write();
    expect(() => txn.put("a", utf8(""), 9n)).toThrow("does not exist");
  });
});

describe("restore", () => {
  it("takes a compaction's revision where no row is as new", () => {
    const store = openMemoryStore();
    const revision = (main: number): Uint8Array => revisionKey(main, 0, false);
    store.put("meta", utf8("finishedCompactRev"), revision(5));
    expect(setUp({}, store).mvcc.revision).toBe(5);
    expect(setUp({}, store).mvcc.compactRevision).toBe(5);
    store.put("meta", utf8("scheduledCompactRev"), revision(8));
    const { mvcc } = setUp({}, store);
    expect([mvcc.revision, mvcc.compactRevision]).toEqual([8, 8]);
  });

  it("stages what each slice of a compaction deleted, and waits while the store has too much that is not durable", async () => {
    const store = openMemoryStore();
    const { mvcc, time } = setUp({ compactionBatchLimit: 1000 }, store);
    for (let i = 0; i < 3001; i++) put(mvcc, "k", String(i));
    let staged = 0;
    let release: (() => void) | undefined;
    const stage = store.stage.bind(store);
    store.stage = () => {
      staged++;
      stage();
      expect(store.pending).toBe(0);
    };
    store.ready = () =>
      staged !== 2
        ? undefined
        : new Promise((resolve) => {
            release = resolve;
          });
    const rows = (): number => {
      let count = 0;
      store.visitRevisions(0, () => {
        count++;
      });
      return count;
    };
    const done = mvcc.compact(mvcc.revision);
    await time.advanceAsync(1000);
    expect([staged, rows()]).toEqual([2, 1001]);
    release!();
    await time.advanceAsync(1000);
    await done;
    expect([staged, rows()]).toEqual([3, 1]);
  });

  it("goes on with a compaction that was cut off, and keeps no hash of it", async () => {
    const first = setUp({ compactionBatchLimit: 2 });
    for (let i = 0; i < 20; i++) put(first.mvcc, i % 2 === 0 ? "a" : "b", String(i));
    const done = first.mvcc.compact(18);
    await first.time.advanceAsync(25);
    first.mvcc.close();
    await expect(done).rejects.toThrow("etcdserver: server stopped");
    expect(() => first.mvcc.compact(19)).toThrow("server stopped");
    const second = setUp({}, first.store);
    expect(second.mvcc.compactRevision).toBe(18);
    await settle(second.time);
    const rows: number[] = [];
    second.store.visitRevisions(0, (main) => rows.push(main));
    expect(rows).toEqual([17, 18, 19, 20, 21]);
    expect(second.mvcc.compactionHashes()).toEqual([]);
    expect(Buffer.from(second.store.get("meta", utf8("finishedCompactRev"))!).toString("hex")).toBe(
      "0000000000000012" + "5f" + "0000000000000000",
    );
  });

  it("reads a store of an etcd that deleted the tombstone at its compact revision, and one with a tombstone too many", () => {
    const store = openMemoryStore();
    store.put("meta", utf8("finishedCompactRev"), revisionKey(4, 0, false));
    store.putRevision(5, 0, true, row("gone", 0, 0, 0, ""));
    store.putRevision(6, 0, true, row("gone", 0, 0, 0, ""));
    store.putRevision(7, 0, false, row("a", 7, 7, 1, "x"));
    const { mvcc } = setUp({}, store);
    expect(mvcc.revision).toBe(7);
    expect(mvcc.range("\0", "\0").kvs.map(show)).toEqual(["a=x 7/7/1"]);
    mvcc.verify();
  });

  it("serves the old state until the new one stands, in slices", async () => {
    const old = setUp({ sliceMs: -1 });
    put(old.mvcc, "old", "1");
    const other = setUp();
    for (let i = 0; i < 2000; i++) put(other.mvcc, `new/${i}`, "2");
    const heard: number[] = [];
    old.mvcc.listen({ changed() {}, compacting() {}, restored: (revision) => heard.push(revision) });
    let stands = false;
    const restored = old.mvcc.restore(other.store).then(() => {
      stands = true;
    });
    old.time.advance(0);
    expect(old.mvcc.range("\0", "\0").count).toBe(1);
    await settle(old.time, () => stands);
    await restored;
    expect(heard).toEqual([2001]);
    expect(old.mvcc.range("\0", "\0").count).toBe(2000);
    expect(old.mvcc.hashKv(0)).toEqual(other.mvcc.hashKv(0));
    put(old.mvcc, "a", "3");
    expect(old.mvcc.revision).toBe(2002);
  });
});

describe("a hash while nothing is kept", () => {
  it("is the one that all members come to, however far the compaction has come", async () => {
    const { mvcc, store, time } = setUp({ compactionBatchLimit: 1 });
    put(mvcc, "a", "1");
    put(mvcc, "a", "2");
    remove(mvcc, "a");
    put(mvcc, "b", "1");
    remove(mvcc, "b");
    mvcc.compact(4);
    // Nothing is left up to 4 but the tombstone there, which does not count.
    let sum = crc32c(utf8("key"));
    for (const [main, tombstone] of [
      [5, false],
      [6, true],
    ] as const) {
      sum = crc32c(store.getRevision(main, 0)!, crc32c(revisionKey(main, 0, tombstone), sum));
    }
    for (let slice = 0; slice < 10; slice++) {
      expect(mvcc.hashKv(6).hash, `after ${slice} slices`).toBe(sum);
      await time.advanceAsync(10);
    }
    const rows: number[] = [];
    store.visitRevisions(0, (main) => rows.push(main));
    expect(rows).toEqual([4, 5, 6]);
  });

  it("takes in what a compaction kept and a later revision deleted, as etcd does, which takes an empty set for none", async () => {
    const { mvcc, store, time } = setUp();
    put(mvcc, "a", "1");
    mvcc.compact(2);
    await settle(time);
    remove(mvcc, "a");
    let sum = crc32c(utf8("key"));
    for (const main of [2, 3]) {
      sum = crc32c(store.getRevision(main, 0)!, crc32c(revisionKey(main, 0, main === 3), sum));
    }
    expect(mvcc.hashKv(3).hash).toBe(sum);
  });
});

describe("metrics", () => {
  it("count as etcd counts", () => {
    const read = new Map<string, () => number>();
    const metrics: Metrics = {
      ...nullMetrics,
      counterFrom: ({ name }, value) => void read.set(name, value),
      gaugeFrom: ({ name }, value) => void read.set(name, value),
    };
    const { env, store, leases } = setUp();
    const mvcc = Mvcc.open(store, leases, {}, { ...env, metrics });
    put(mvcc, "a", "12345");
    put(mvcc, "b", "1");
    remove(mvcc, "a");
    mvcc.range("a", "");
    const txn = mvcc.write();
    txn.put("c", utf8("1"), 0n);
    txn.range("a", "");
    txn.end();
    mvcc.compact(2);
    expect(Object.fromEntries([...read].map(([name, value]) => [name.replace(/^.*mvcc_/, ""), value()]))).toEqual({
      range_total: 2,
      put_total: 3,
      delete_total: 1,
      txn_total: 1,
      keys_total: 2,
      current_revision: 5,
      compact_revision: 2,
      total_put_size_in_bytes: 10,
      kv_cache_bytes: 472,
      kv_cache_hits_total: 0,
      kv_cache_misses_total: 0,
      index_keys: 3,
      index_revisions: 4,
    });
  });
});
