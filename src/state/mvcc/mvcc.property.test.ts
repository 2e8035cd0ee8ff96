import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/index.ts";
import { type Bench, settle, setUp, show } from "./testing/setup.ts";
import { Twin } from "./testing/twin.ts";

/** Keys that share prefixes, lie at the ends of the byte range, and are few enough to meet again. */
const keys = ["a", "aa", "ab", "a\0", "b", "b\xff", "ba", "c/1", "c/2", "c/10", "\0", "\xff", "\xff\xff"];
const ends = ["", "\0", "b", "c", "d", "a\0", "c/2", "\xff", "\xff\xff\xff"];
const key = fc.constantFrom(...keys);
const end = fc.constantFrom(...ends);

type Write = { put: string; value: string; lease: number } | { remove: string; end: string };
const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ put: key, value: fc.string({ maxLength: 4, unit: "binary-ascii" }), lease: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ remove: key, end }) },
);
type Step =
  | { do: "txn"; writes: Write[]; readEach: boolean }
  | { do: "compact"; back: number }
  | { do: "advance" }
  | { do: "restart" }
  | { do: "swap" }
  | { do: "read"; key: string; end: string; back: number; limit: number }
  | { do: "hash"; back: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("txn" as const),
      writes: fc.array(write, { minLength: 0, maxLength: 5 }),
      readEach: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const), back: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.constant({ do: "advance" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "swap" as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      key,
      end,
      back: fc.integer({ min: -1, max: 20 }),
      limit: fc.nat(4),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hash" as const), back: fc.nat(6) }) },
);

function outcome<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return (error as Error).message;
  }
}

async function play(steps: readonly Step[], batchLimit: number, kvCacheBytes: number): Promise<void> {
  const options = { compactionBatchLimit: batchLimit, kvCacheBytes };
  let bench: Bench = setUp(options);
  bench.leases.known.add(1n).add(2n);
  const twin = new Twin();
  for (const one of steps) {
    const { mvcc, time } = bench;
    switch (one.do) {
      case "txn": {
        const txn = mvcc.write();
        twin.begin();
        for (const change of one.writes) {
          if ("put" in change) {
            const lease = BigInt(change.lease);
            expect(txn.put(change.put, utf8(change.value), lease)).toBe(twin.put(change.put, change.value, lease));
          } else expect(txn.deleteRange(change.remove, change.end)).toBe(twin.remove(change.remove, change.end));
          expect(txn.changes).toBe(twin.changes);
          if (!one.readEach) continue;
          const { kvs, count, revision } = txn.range("\0", "\0");
          expect(kvs.map(show)).toEqual(twin.range("\0", "\0", 0));
          expect(count).toBe(kvs.length);
          expect(revision).toBe(twin.current);
          // The state before the transaction can still be read from within.
          expect(txn.range("\0", "\0", { revision: mvcc.revision }).kvs.map(show)).toEqual(
            twin.range("\0", "\0", mvcc.revision),
          );
        }
        txn.end();
        twin.end();
        break;
      }
      case "compact": {
        const revision = Math.max(1, mvcc.revision - one.back);
        const expected = outcome(() => twin.compact(revision));
        const got = outcome(() => mvcc.compact(revision));
        if (typeof expected === "string") expect(got).toBe(expected);
        else expect(typeof got).toBe("object");
        break;
      }
      case "advance":
        time.advance(10);
        break;
      case "restart":
        mvcc.close();
        bench.leases.attached.clear();
        bench = setUp(options, bench.store, bench.leases);
        break;
      case "swap": {
        bench.leases.attached.clear();
        const restored = mvcc.restore(bench.store);
        await time.advanceAsync(20);
        await restored;
        break;
      }
      case "read": {
        const revision = one.back < 0 ? 0 : Math.max(0, mvcc.revision + 1 - one.back);
        const expected = outcome(() => twin.range(one.key, one.end, revision));
        const got = outcome(() => mvcc.range(one.key, one.end, { revision, limit: one.limit }));
        if (typeof expected === "string" || typeof got === "string") {
          expect(got).toBe(expected);
          break;
        }
        const cut = one.limit === 0 ? expected : expected.slice(0, one.limit);
        expect(got.kvs.map(show)).toEqual(cut);
        expect(got.count).toBe(expected.length);
        expect(mvcc.range(one.key, one.end, { revision, countOnly: true }).count).toBe(expected.length);
        const bare = mvcc.range(one.key, one.end, { revision, limit: one.limit, keysOnly: true });
        expect(bare.kvs.map(show)).toEqual(cut.map((text) => text.replace(/=.* (\d+\/\d+\/\d+).*$/s, "= $1")));
        const chunk = mvcc.range(one.key, one.end, { revision, limit: one.limit, totalCount: false });
        expect([chunk.kvs.map(show), chunk.count]).toEqual([cut, cut.length]);
        break;
      }
      case "hash": {
        const revision = Math.max(0, mvcc.revision - one.back);
        const expected = outcome(() => twin.hash(revision));
        const kept = mvcc.compactionHashes().some((hash) => hash.revision === revision);
        if (!kept) expect(outcome(() => mvcc.hashKv(revision).hash)).toBe(expected);
        break;
      }
      default:
    }
    expect(bench.mvcc.revision).toBe(twin.current);
    expect(bench.mvcc.compactRevision).toBe(twin.compactRevision);
    expect(new Map([...bench.leases.attached].sort())).toEqual(twin.leases());
    bench.mvcc.verify();
  }
  await settle(bench.time);
  bench.mvcc.verify();
  // Nothing but what a compaction keeps is left, and a restart comes to the same state.
  const rows: string[] = [];
  bench.store.visitRevisions(0, (main, sub, tombstone) => rows.push(`${main}/${sub}${tombstone ? "t" : ""}`));
  expect(rows).toEqual(twin.rows());
  const again = setUp({}, bench.store, bench.leases);
  expect(again.mvcc.revision).toBe(bench.mvcc.revision);
  expect(again.mvcc.compactRevision).toBe(bench.mvcc.compactRevision);
  expect(again.mvcc.hashKv(0)).toEqual(bench.mvcc.hashKv(0));
  again.mvcc.verify();
}

describe("mvcc against an array of revisions", () => {
  it("answers, writes and hashes the same, through compactions, restarts and restores", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(1, 3, 1000),
        fc.constantFrom(0, 2000, 1 << 20),
        play,
      ),
      { numRuns: 600 },
    );
  });
});
