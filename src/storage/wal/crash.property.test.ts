import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { below, SeededRandom } from "../../base/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import { type CrashKeep, FaultDisk, MemoryDisk } from "../disk/index.ts";
import { readWal, validSnapshotEntries, verifyWal, Wal, walExists } from "./index.ts";
import { entry, plain, state, testEnv } from "./test-helpers.ts";
import type { Entry } from "./types.ts";

const zero = { index: 0, term: 0 };
const small = { segmentBytes: 2048 };
const metadata = Buffer.from("metadata");
const confState = raftpb.createConfState({ voters: [1n] });

/** What the world was told before the lights went out. */
interface Told {
  created: boolean;
  /** Highest index of an acknowledged entry. */
  index: number;
  term: number;
  snapshot: number;
}

function dataOf(index: number): Uint8Array {
  const data = new Uint8Array((index * 37) % 400);
  new SeededRandom(index).fill(data);
  return data;
}

/** A member's day: makes a log, saves in batches that overlap, now and then a snapshot; closes and goes on. */
async function workload(disk: FaultDisk, told: Told): Promise<void> {
  disk.makeDirectory("/m");
  let wal = Wal.create(disk, "/m/wal", metadata, testEnv(), small);
  told.created = true;
  let index = 0;
  for (let round = 0; round < 12; round++) {
    const saves: Promise<void>[] = [];
    for (let batch = 0; batch < 3; batch++) {
      const entries: Entry[] = [];
      for (let i = 0; i <= (round + batch) % 3; i++) entries.push(entry(++index, 1 + round, dataOf(index)));
      const last = index;
      saves.push(
        wal.save(state(1 + round, last), entries).then(() => {
          told.index = Math.max(told.index, last);
          told.term = Math.max(told.term, 1 + round);
        }),
      );
    }
    const results = await Promise.allSettled(saves);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    if (round % 4 === 2) {
      await wal.saveSnapshot({ index, term: 1 + round, confState });
      told.snapshot = index;
      wal.release(index);
    }
    if (round === 6) {
      await wal.close();
      wal = Wal.open(disk, "/m/wal", { snapshot: zero, ...small }, testEnv()).wal;
    }
  }
  await wal.close();
}

/** What must hold of the disk as found after the crash. */
async function expectRecovery(disk: MemoryDisk, told: Told): Promise<void> {
  if (!walExists(disk, "/m/wal")) {
    expect(told.created).toBe(false);
    disk.makeDirectory("/m");
    await Wal.create(disk, "/m/wal", metadata, testEnv(), small).close();
    return;
  }
  const opened = Wal.open(disk, "/m/wal", { snapshot: zero, repair: true, ...small }, testEnv());
  const { wal, entries, hardState } = opened;
  expect(entries.length).toBeGreaterThanOrEqual(told.index);
  for (const [i, found] of entries.entries()) {
    expect(found.index).toBe(i + 1);
    expect(Buffer.from(found.data).equals(dataOf(i + 1))).toBe(true);
  }
  expect(hardState.term).toBeGreaterThanOrEqual(told.term);
  expect(validSnapshotEntries(disk, "/m/wal").at(-1)!.index).toBeGreaterThanOrEqual(told.snapshot);
  // And it takes writes again, which another start finds.
  const next = entry(entries.length + 1, 99, dataOf(entries.length + 1));
  await wal.save(state(99, next.index), [next]);
  await wal.close();
  expect(readWal(disk, "/m/wal", zero).entries).toHaveLength(next.index);
}

describe("power cuts", () => {
  it("at every operation of a day keep each acknowledged entry, whatever share of the rest survives", async () => {
    const memory = new MemoryDisk();
    const counting = new FaultDisk(memory, () => undefined);
    await workload(counting, { created: false, index: 0, term: 0, snapshot: 0 });
    const operations = counting.opCount;
    expect(operations).toBeGreaterThan(150);
    for (let cut = 0; cut <= operations; cut++) {
      const disk = new MemoryDisk({ crashable: true });
      const told: Told = { created: false, index: 0, term: 0, snapshot: 0 };
      const clones: MemoryDisk[] = [];
      let toldThen: Told | undefined;
      const faulty = new FaultDisk(disk, ({ number }) => {
        if (number < cut) return undefined;
        if (toldThen === undefined) {
          toldThen = { ...told };
          const ways: CrashKeep[] = [{ keep: "all" }, { keep: "none" }];
          for (let i = 0; i < 4; i++) ways.push({ keep: "random", random: new SeededRandom(cut * 10 + i) });
          for (const how of ways) clones.push(disk.crashClone(how));
        }
        return { kind: "fail", code: "Io" };
      });
      await workload(faulty, told).catch((error: unknown) => {
        expect(String(error)).toMatch(/injected Io|wal: closed/);
      });
      toldThen ??= { ...told };
      if (clones.length === 0) clones.push(disk.crashClone({ keep: "none" }));
      for (const clone of clones) await expectRecovery(clone, toldThen);
    }
  });

  it("twice in a row, the second inside the first recovery", async () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = new SeededRandom(seed);
      const disk = new MemoryDisk({ crashable: true });
      const told: Told = { created: false, index: 0, term: 0, snapshot: 0 };
      const cut = 20 + below(random, 130);
      let first: MemoryDisk | undefined;
      const faulty = new FaultDisk(disk, ({ number }) => {
        if (number < cut) return undefined;
        first ??= disk.crashClone({ keep: "random", random });
        return { kind: "fail", code: "Io" };
      });
      await workload(faulty, told).catch(() => {});
      if (first === undefined) continue;
      const again = first;
      let second: MemoryDisk | undefined;
      const cutAgain = below(random, 25);
      const recovering = new FaultDisk(first, ({ number }) => {
        if (number < cutAgain) return undefined;
        second ??= again.crashClone({ keep: "random", random });
        return { kind: "fail", code: "Io" };
      });
      try {
        const { wal } = Wal.open(recovering, "/m/wal", { snapshot: zero, repair: true, ...small }, testEnv());
        const index = wal.lastIndex + 1;
        await wal.save(state(50, index), [entry(index, 50, dataOf(index))]);
        await wal.close();
      } catch (error) {
        expect(String(error)).toMatch(/injected Io/);
      }
      if (second !== undefined) await expectRecovery(second, told);
    }
  });
});

describe("a log against a list of entries", () => {
  type Step =
    | { kind: "append"; sizes: number[] }
    | { kind: "overwrite"; back: number; sizes: number[] }
    | { kind: "commit" }
    | { kind: "snapshot"; back: number }
    | { kind: "install"; ahead: number }
    | { kind: "reopen" }
    | { kind: "purge" };
  const sizes = fc.array(fc.nat(900), { minLength: 1, maxLength: 5 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("append" as const), sizes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("overwrite" as const), back: fc.nat(6), sizes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("snapshot" as const), back: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("install" as const), ahead: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("purge" as const) }) },
  );

  it("holds what was saved, through overwriting, cuts, snapshots, purges and restarts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const disk = new MemoryDisk();
        let wal = Wal.create(disk, "/wal", metadata, testEnv(), small);
        // The dumb twin.
        const list: Entry[] = [];
        let term = 1;
        let commit = 0;
        let start = zero;
        const check = (content: { entries: Entry[]; hardState: raftpb.HardState }): void => {
          expect(plain(content.entries)).toEqual(plain(list.slice(start.index)));
          if (list.length > 0) expect(content.hardState).toEqual(state(term, commit));
        };
        for (const one of steps) {
          if (one.kind === "append" || one.kind === "overwrite") {
            if (one.kind === "overwrite") {
              term++;
              list.length = Math.max(commit, list.length - one.back);
            }
            const added = one.sizes.map((size, i) => {
              return entry(list.length + 1 + i, term, new Uint8Array(size).fill(term));
            });
            list.push(...added);
            await wal.save(state(term, commit), added);
          } else if (one.kind === "commit" && list.length > 0) {
            commit = list.length;
            await wal.save(state(term, commit), []);
          } else if (one.kind === "snapshot" && commit > one.back && commit - one.back > start.index) {
            const { index, term: at } = list[commit - one.back - 1]!;
            await wal.saveSnapshot({ index, term: at, confState });
            wal.release(index);
            start = { index, term: at };
          } else if (one.kind === "install") {
            // From the leader: the log up to it and beyond is replaced, whatever it was.
            term++;
            commit = commit + 1 + one.ahead;
            list.length = 0;
            while (list.length < commit) list.push(entry(list.length + 1, term, "of the leader"));
            start = { index: commit, term };
            await wal.saveSnapshot({ ...start, confState });
            await wal.save(state(term, commit), []);
            wal.release(commit);
          } else if (one.kind === "purge") await wal.purge(1);
          else if (one.kind === "reopen") {
            await wal.close();
            const opened = Wal.open(disk, "/wal", { snapshot: start, ...small }, testEnv());
            check(opened);
            wal = opened.wal;
          }
        }
        await wal.close();
        check(readWal(disk, "/wal", start));
        verifyWal(disk, "/wal", start);
      }),
      { numRuns: 300 },
    );
  });
});
