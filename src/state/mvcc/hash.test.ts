import { describe, expect, it } from "vitest";
import type { Mvcc } from "./index.ts";
import { put, remove, settle, setUp } from "./testing/setup.ts";

/**
 * etcd's own golden values (server/storage/mvcc/hash_test.go, 3.7.1): the cycle of compactions is a prime, so that each
 * falls on another constellation of keys. A fill writes one key more than its count.
 */
const cycle = 71;
const totalRevisions = 1210;

const byRevision: readonly (readonly [hash: number, compactRevision: number, revision: number])[] = [
  [4082599214, -1, 35],
  [2279933401, 35, 106],
  [3284231217, 106, 177],
  [126286495, 177, 248],
  [900108730, 248, 319],
  [2475485232, 319, 390],
  [1226296507, 390, 461],
  [2503661030, 461, 532],
  [4155130747, 532, 603],
  [106915399, 603, 674],
  [406914006, 674, 745],
  [1882211381, 745, 816],
  [806177088, 816, 887],
  [664311366, 887, 958],
  [1496914449, 958, 1029],
  [2434525091, 1029, 1100],
  [3988652253, 1100, 1171],
  [1122462288, 1171, 1242],
  [724436716, 1242, 1883],
];

const atLastRevision: typeof byRevision = [
  [1913897190, -1, 73],
  [224860069, 73, 145],
  [1565167519, 145, 217],
  [1566261620, 217, 289],
  [2037173024, 289, 361],
  [691659396, 361, 433],
  [2713730748, 433, 505],
  [3919322507, 505, 577],
  [769967540, 577, 649],
  [2909194793, 649, 721],
  [1576921157, 721, 793],
  [4067701532, 793, 865],
  [2226384237, 865, 937],
  [2923408134, 937, 1009],
  [2680329256, 1009, 1081],
  [1546717673, 1081, 1153],
  [2713657846, 1153, 1225],
  [1046575299, 1225, 1297],
  [2017735779, 1297, 2508],
];

const names = ["alice", "bob", "celine", "dominik", "eve", "frederica", "gorge"];

function pickKey(i: number): string {
  if (i % (cycle * 2) === 30) return "zenek";
  if (i % cycle === 30) return "xavery";
  return names[i % 7]!;
}

function fill(mvcc: Mvcc, from: number, count: number): void {
  for (let i = from; i <= from + count; i++) put(mvcc, pickKey(i), String(i));
}

describe("golden hashes of etcd", () => {
  for (const [name, golden, at] of [
    ["at a revision in the middle", byRevision, (start: number, count: number) => start + Math.floor(count / 2)],
    ["at the newest revision", atLastRevision, () => 0],
  ] as const) {
    it(`match ${name}, compaction finished or not`, async () => {
      for (const finish of [true, false]) {
        const { mvcc, time } = setUp();
        const got: [number, number, number][] = [];
        const step = (start: number, count: number) => {
          fill(mvcc, start, count);
          const revision = at(start, count) || mvcc.revision;
          const { hash, compactRevision } = mvcc.hashKv(revision);
          got.push([hash, compactRevision, revision]);
          mvcc.compact(revision);
        };
        let start = 0;
        for (; start < totalRevisions; start += cycle) {
          step(start, cycle);
          if (finish) await settle(time);
        }
        step(start, totalRevisions);
        expect(got).toEqual(golden);
      }
    });
  }
});

describe("hash of a compaction", () => {
  it("equals HashKV at that revision before it, and is what HashKV answers after it", async () => {
    for (const batch of [1, 7, 1000]) {
      const { mvcc, time } = setUp({ compactionBatchLimit: batch });
      const round = async (from: number, to: number) => {
        for (let i = from; i <= to; i++) {
          if (i % 67 === 0) remove(mvcc, pickKey(i + 83));
          else put(mvcc, pickKey(i), String(i));
        }
        const before = mvcc.hashKv(to);
        const compacted = mvcc.compact(to);
        await settle(time);
        await compacted;
        const after = mvcc.hashKv(to);
        expect({ ...after, currentRevision: 0 }).toEqual({ ...before, currentRevision: 0 });
        expect(mvcc.compactionHashes().at(-1)).toMatchObject({ hash: before.hash, revision: to });
      };
      let revision = 0;
      for (; revision < totalRevisions; revision += cycle) await round(revision, revision + cycle);
      await round(revision, revision + totalRevisions);
      expect(mvcc.compactionHashes()).toHaveLength(10);
      mvcc.verify();
    }
  });

  it("is not kept when the compaction before it had not finished", async () => {
    const { mvcc, time } = setUp();
    for (let i = 0; i < 10; i++) put(mvcc, "a", String(i));
    mvcc.compact(4);
    mvcc.compact(7);
    await settle(time);
    expect(mvcc.compactionHashes().map((hash) => hash.revision)).toEqual([4]);
  });

  it("leaves out the tombstone at the compact revision, as versions did that deleted it", async () => {
    const { mvcc, time, store } = setUp();
    put(mvcc, "a", "1");
    remove(mvcc, "a");
    put(mvcc, "b", "2");
    mvcc.compact(3);
    await settle(time);
    expect(store.getRevision(3, 0, true)).toBeDefined();
    const kept = mvcc.hashKv(4).hash;
    store.deleteRevision(3, 0, true);
    expect(mvcc.hashKv(4).hash).toBe(kept);
  });
});

describe("a sliced hash", () => {
  it("is undisturbed by writes and compactions that come meanwhile", async () => {
    const { mvcc, time } = setUp({ sliceMs: -1 });
    fill(mvcc, 0, 500);
    const whole = mvcc.hashKv(400);
    const hashing = mvcc.hashKvSliced(400);
    fill(mvcc, 501, 300);
    const compacted = mvcc.compact(450);
    await settle(time);
    expect((await hashing).hash).toBe(whole.hash);
    await compacted;
    expect(() => mvcc.hashKv(400)).toThrow("compacted");
    mvcc.verify();
  });
});
