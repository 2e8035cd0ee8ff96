import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { below, keyBytes, SeededRandom } from "../../base/index.ts";
import { HIGHEST, KeyIndex } from "./key-index.ts";
import { RevisionPool } from "./revision-pool.ts";

/** The key that etcd's key_index_test.go walks through: three generations, the last one with two changes in one revision. */
function storied(): { index: KeyIndex; row: number } {
  const index = new KeyIndex(1);
  const row = index.add("foo", 2, 0, 2, 1, false);
  index.put(row, 4, 0, 2, 2, false);
  index.tombstone(row, 6, 0);
  index.put(row, 8, 0, 8, 1, false);
  index.put(row, 10, 0, 8, 2, false);
  index.tombstone(row, 12, 0);
  index.put(row, 14, 0, 14, 1, false);
  index.put(row, 14, 1, 14, 2, false);
  index.tombstone(row, 16, 0);
  return { index, row };
}

function revisionsOf(index: KeyIndex, from = 0, limit = 100): string {
  const row = index.find("foo");
  const found: string[] = [];
  if (row < 0) return "";
  index.visitRevisions(row, from, limit, (main, sub, tombstone) => {
    found.push(`${main}${sub > 0 ? `.${sub}` : ""}${tombstone ? "t" : ""}`);
  });
  return found.join(" ");
}

describe("one key", () => {
  it("is found at the revision that held at each point in time", () => {
    const { index, row } = storied();
    const held = ["-", "-", "2", "2", "4", "4", "-", "-", "8", "8", "10", "10", "-", "-", "14.1", "14.1", "-", "-"];
    for (const [at, expected] of held.entries()) {
      const found = index.seek(row, at) ? `${index.foundMain}${index.foundSub > 0 ? `.${index.foundSub}` : ""}` : "-";
      expect([at, found]).toEqual([at, expected]);
    }
  });

  it("tells its revisions from any one on", () => {
    const { index } = storied();
    const all = "2 4 6t 8 10 12t 14 14.1 16t";
    for (const [from, expected] of [
      [0, all],
      [2, all],
      [3, "4 6t 8 10 12t 14 14.1 16t"],
      [8, "8 10 12t 14 14.1 16t"],
      [9, "10 12t 14 14.1 16t"],
      [14, "14 14.1 16t"],
      [15, "16t"],
      [16, "16t"],
      [17, ""],
    ] as const) {
      expect(revisionsOf(index, from)).toBe(expected);
      for (let limit = 0; limit < 4; limit++) {
        expect(revisionsOf(index, from, limit)).toBe(expected.split(" ").slice(0, limit).join(" "));
      }
    }
  });

  it("keeps after a compaction what etcd keeps", () => {
    const all = "2 4 6t 8 10 12t 14 14.1 16t";
    for (const [at, expected] of [
      [1, all],
      [2, all],
      [3, all],
      [4, "4 6t 8 10 12t 14 14.1 16t"],
      [5, "4 6t 8 10 12t 14 14.1 16t"],
      [6, "6t 8 10 12t 14 14.1 16t"],
      [7, "8 10 12t 14 14.1 16t"],
      [8, "8 10 12t 14 14.1 16t"],
      [9, "8 10 12t 14 14.1 16t"],
      [10, "10 12t 14 14.1 16t"],
      [11, "10 12t 14 14.1 16t"],
      [12, "12t 14 14.1 16t"],
      [13, "14 14.1 16t"],
      [14, "14.1 16t"],
      [15, "14.1 16t"],
      [16, "16t"],
      [17, ""],
    ] as const) {
      const { index, row } = storied();
      expect(index.trim(row, at)).toBe(expected !== "");
      expect([at, revisionsOf(index)]).toEqual([at, expected]);
      index.verify();
      // Compacting once more changes nothing, and in steps comes to the same.
      const again = index.find("foo");
      if (again >= 0) index.trim(again, at);
      expect(revisionsOf(index)).toBe(expected);
      const steps = storied();
      for (let step = 1; step <= at; step++) {
        const left = steps.index.find("foo");
        if (left >= 0) steps.index.trim(left, step);
      }
      expect(revisionsOf(steps.index)).toBe(expected);
    }
  });

  it("survives a compaction where a living revision or the tombstone at that very revision is kept", () => {
    const { index, row } = storied();
    const surviving = Array.from({ length: 18 }, (_, at) => index.survives(row, at)).flatMap((kept, at) =>
      kept ? [at] : [],
    );
    expect(surviving).toEqual([2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 14, 15, 16]);
  });

  it("refuses a revision that does not ascend, and a tombstone on the dead", () => {
    const { index, row } = storied();
    expect(() => index.put(row, 16, 0, 16, 1, false)).toThrow("ascend");
    expect(() => index.put(row, 3, 0, 3, 1, false)).toThrow("ascend");
    expect(() => index.tombstone(row, 17, 0)).toThrow("dead");
  });
});

describe("a chain of revisions", () => {
  it("is searched in few steps and cut without a loss", () => {
    const pool = new RevisionPool();
    let head = -1;
    for (let main = 0; main < 20_000; main++) head = pool.add(head, main * 2, 0);
    for (let at = -1; at < 40_010; at += 97) {
      const node = pool.newestAt(head, at);
      expect(node < 0 ? -1 : pool.main(node)).toBe(at < 0 ? -1 : Math.min(39_998, at - (at % 2)));
    }
    const kept = pool.newestAt(head, 30_001);
    pool.cutBehind(head, kept);
    expect(pool.size).toBe(5000);
    expect(pool.newestAt(head, 29_999)).toBe(-1);
    expect(pool.main(pool.newestAt(head, 35_001))).toBe(35_000);
    expect(pool.main(pool.atHeight(head, 1))).toBe(30_000);
    // What was given up is used again.
    let other = -1;
    for (let main = 0; main < 15_000; main++) other = pool.add(other, main, 0);
    expect(pool.size).toBe(20_000);
    expect(pool.main(pool.newestAt(other, 777))).toBe(777);
    expect(pool.main(pool.newestAt(head, 35_001))).toBe(35_000);
    pool.drop(head);
    pool.drop(other);
    expect(pool.size).toBe(0);
  });
});

describe("many keys against a sorted map", () => {
  const prefixes = ["", "/registry/pods/", "\xff"];

  it("finds, orders and counts the same while keys come, die, are forgotten and come again", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 4000 }),
        fc.constantFrom("random", "ascending", "descending"),
        fc.boolean(),
        (seed, amount, order, atOnce) => {
          const index = new KeyIndex(order.length * 7919);
          const twin = new Map<string, boolean>();
          let main = 1;
          const check = (): void => {
            index.verify();
            const sorted = [...twin.keys()].sort();
            const found: string[] = [];
            index.scan("", HIGHEST, (row) => found.push(index.key(row)) > 0);
            expect(found).toEqual(sorted);
            const low = sorted[Math.floor(sorted.length / 3)] ?? "";
            const high = sorted[Math.floor((sorted.length * 2) / 3)] ?? "";
            for (const [from, to] of [
              [low, high],
              [`${low}x`, `${high}x`],
              [high, low],
              ["", HIGHEST],
            ] as const) {
              const inside = sorted.filter((key) => key >= from && key < to);
              const rows: string[] = [];
              index.scan(from, to, (row) => rows.push(index.key(row)) > 0);
              expect(rows).toEqual(inside);
              expect(index.countLive(from, to)).toBe(inside.filter((key) => twin.get(key)).length);
            }
          };
          const random = new SeededRandom(seed);
          const batch = Array.from({ length: amount }, () => {
            return `${prefixes[below(random, 3)]!}${below(random, 40_000)}`;
          });
          if (order !== "random") batch.sort();
          if (order === "descending") batch.reverse();
          if (atOnce) index.disorder();
          for (const key of batch) {
            const row = index.findBytes(keyBytes(`(${key})`), 1, key.length + 1);
            expect(row >= 0).toBe(twin.has(key));
            expect(row).toBe(index.find(key));
            main++;
            if (row < 0 && atOnce) index.addSought(key, main, 0, main, 1, false);
            else if (row < 0) index.add(key, main, 0, main, 1, false);
            else index.put(row, main, 0, index.created(row), index.version(row) + 1, false);
            twin.set(key, true);
          }
          if (!atOnce) check();
          for (const [at, key] of batch.entries()) {
            if (at % 3 === 0 || twin.get(key) !== true) continue;
            index.tombstone(index.find(key), ++main, 0);
            twin.set(key, false);
          }
          if (atOnce) index.order();
          check();
          main++;
          for (const [at, key] of batch.entries()) {
            const row = index.find(key);
            if (at % 7 === 0 || row < 0) continue;
            index.trim(row, main);
            if (twin.get(key) === false) twin.delete(key);
          }
          check();
          for (const key of batch.slice(0, amount / 2)) {
            main++;
            const row = index.find(key);
            if (row < 0) index.add(key, main, 0, main, 1, false);
            else if (!index.isLive(row)) index.put(row, main, 0, main, 1, false);
            twin.set(key, true);
          }
          check();
        },
      ),
      { numRuns: 25 },
    );
  });
});
