import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../base/pure.ts";
import type { RaftError } from "./errors.ts";
import { NO_TERM, RaftLog } from "./log.ts";
import { entriesSize, entrySize } from "./sizes.ts";
import { emptyConfState, MemoryStorage } from "./storage.ts";
import type { Entry, Snapshot } from "./types.ts";

function entry(index: number, term: number): Entry {
  return { type: 0, term, index, data: new Uint8Array((index * 7 + term) % 11) };
}

function snapshotAt(index: number, term: number): Snapshot {
  return { data: new Uint8Array(0), metadata: { confState: { ...emptyConfState(), voters: [1n] }, index, term } };
}

/** The log as one array without any notion of stable, unstable or handed out. */
class Twin {
  /** Index and term of what stands right before `entries`. */
  base = { index: 0, term: 0 };
  entries: Entry[] = [];
  committed = 0;

  get last(): number {
    return this.base.index + this.entries.length;
  }

  term(index: number): number {
    if (index === this.base.index) return this.base.term;
    return this.entries[index - this.base.index - 1]?.term ?? NO_TERM;
  }

  append(prev: number, prevTerm: number, entries: Entry[], commit: number): number | "conflict" {
    if (this.term(prev) !== prevTerm) return NO_TERM;
    const at = entries.findIndex(({ index, term }) => this.term(index) !== term);
    if (at >= 0) {
      const index = entries[at]!.index;
      if (index <= this.committed) return "conflict";
      this.entries = [...this.entries.slice(0, index - this.base.index - 1), ...entries.slice(at)];
    }
    this.committed = Math.max(this.committed, Math.min(commit, prev + entries.length));
    return prev + entries.length;
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("append"), a: fc.nat(8), b: fc.nat(4), c: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("save"), a: fc.nat(3), b: fc.nat(1), c: fc.constant(0) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("saved"), a: fc.nat(5), b: fc.constant(0), c: fc.constant(0) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("apply"), a: fc.nat(6), b: fc.constant(0), c: fc.constant(0) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("compact"), a: fc.nat(5), b: fc.constant(0), c: fc.constant(0) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("restore"), a: fc.nat(5), b: fc.nat(2), c: fc.constant(0) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("slice"), a: fc.nat(12), b: fc.nat(12), c: fc.nat(60) }) },
  ),
  { maxLength: 40 },
);

describe("the log", () => {
  test("storage with an unstable tail on top is one array", () => {
    fc.assert(
      fc.property(steps, (given) => {
        const storage = new MemoryStorage();
        const log = new RaftLog(storage, silentLogger);
        const twin = new Twin();
        /** Leader terms only rise, and a term's entries are the same whoever sends them. */
        let term = 1;
        let applied = 0;
        const inProgress: { index: number; term: number; entries: Entry[]; snapshot: Snapshot | undefined }[] = [];
        for (const { kind, a, b, c } of given) {
          if (kind === "append") {
            if (c === 0) term++;
            const prev = Math.max(twin.base.index, Math.min(twin.last, twin.last - a + 4));
            const prevTerm = c === 3 ? twin.term(prev) + 1 : twin.term(prev);
            const entries = Array.from({ length: b }, (_, i) => entry(prev + 1 + i, term));
            const before = log.toString();
            const expected = twin.append(prev, prevTerm, entries, prev + a);
            const result = log.maybeAppend(prev, prevTerm, entries, prev + a);
            if (expected === "conflict") {
              expect((result as RaftError).code).toBe("ConflictWithCommitted");
              expect(log.toString()).toBe(before);
            } else expect(result).toBe(expected);
          } else if (kind === "save") {
            inProgress.push({
              index: log.lastIndex,
              term: log.lastTerm,
              entries: log.unstable.nextEntries(),
              snapshot: log.unstable.nextSnapshot(),
            });
            log.unstable.acceptInProgress();
          } else if (kind === "saved" && inProgress.length > 0) {
            // As the append thread does it: in order, and told to raft unless something newer is on its way.
            const work = inProgress.shift()!;
            if (work.snapshot !== undefined) storage.applySnapshot(work.snapshot);
            storage.append(work.entries);
            if (inProgress.length === 0 && !log.unstable.hasNextEntries && log.unstable.nextSnapshot() === undefined) {
              if (log.unstable.entries.length > 0) log.unstable.stableTo(log.lastIndex, log.lastTerm);
              if (work.snapshot !== undefined) {
                log.unstable.stableSnapshotTo(work.snapshot.metadata!.index);
                applied = Math.max(applied, work.snapshot.metadata!.index);
                log.appliedTo(applied, 0);
              }
            }
          } else if (kind === "apply") {
            const entries = log.nextCommitted(false).slice(0, a + 1);
            for (const each of entries) expect(each).toBe(twin.entries[each.index - twin.base.index - 1]);
            if (entries.length === 0) continue;
            applied = entries[entries.length - 1]!.index;
            log.acceptApplying(applied, entriesSize(entries), false);
            log.appliedTo(applied, entriesSize(entries));
          } else if (kind === "compact") {
            const index = Math.min(applied, storage.lastIndex()) - a;
            if (index < storage.firstIndex() || log.hasPendingSnapshot) continue;
            storage.compact(index);
            twin.entries = twin.entries.slice(index - twin.base.index);
            twin.base = { index, term: storage.term(index) as number };
          } else if (kind === "restore" && b === 0) {
            const index = log.committed + 1 + a;
            term++;
            log.restore(snapshotAt(index, term));
            twin.base = { index, term };
            twin.entries = [];
            twin.committed = index;
          } else if (kind === "slice") {
            const lo = Math.min(twin.last + 1, twin.base.index + 1 + a);
            const hi = Math.min(twin.last + 1, lo + b);
            const limit = c === 60 ? Number.POSITIVE_INFINITY : c;
            const want: Entry[] = [];
            let size = 0;
            for (const each of twin.entries.slice(lo - twin.base.index - 1, hi - twin.base.index - 1)) {
              size += entrySize(each);
              if (want.length > 0 && size > limit) break;
              want.push(each);
            }
            expect(log.slice(lo, hi, limit)).toEqual(want);
            expect(log.slice(twin.base.index, hi, limit)).toBeUndefined();
          }
          expect([log.firstIndex - 1, log.lastIndex, log.committed]).toEqual([
            twin.base.index,
            twin.last,
            twin.committed,
          ]);
          for (let index = Math.max(0, twin.base.index - 1); index <= twin.last + 1; index++) {
            expect(log.term(index)).toBe(index < twin.base.index ? NO_TERM : twin.term(index));
          }
        }
      }),
    );
  });

  test("findConflictByTerm finds what a walk over both logs finds", () => {
    const terms = fc.array(fc.nat(4), { maxLength: 12 }).map((list) => [...list].sort().map((term) => term + 1));
    fc.assert(
      fc.property(terms, fc.nat(13), fc.nat(6), (list, index, term) => {
        const log = new RaftLog(new MemoryStorage(), silentLogger);
        log.append(list.map((each, i) => entry(i + 1, each)));
        const from = Math.min(index, list.length);
        const at = list.slice(0, from).findLastIndex((each) => each <= term) + 1;
        expect(log.findConflictByTerm(from, term)).toEqual({ index: at, term: at === 0 ? 0 : list[at - 1] });
      }),
    );
  });

  test("what is being applied is limited by size, one entry at least", () => {
    const log = new RaftLog(new MemoryStorage(), silentLogger, 30);
    const entries = Array.from(
      { length: 6 },
      (_, i): Entry => ({ type: 0, term: 1, index: i + 1, data: new Uint8Array(10) }),
    );
    log.append(entries);
    log.commitTo(6);
    const first = log.nextCommitted(true);
    expect(first.map(({ index }) => index)).toEqual([1]);
    log.acceptApplying(1, entriesSize(first), true);
    // Cut by the limit: nothing more until something is applied.
    expect(log.hasNextCommitted(true)).toBe(false);
    log.appliedTo(1, entriesSize(first));
    expect(log.nextCommitted(true).map(({ index }) => index)).toEqual([2]);
  });

  test("entries that only others hold durably are applied early only where that is allowed", () => {
    const log = new RaftLog(new MemoryStorage(), silentLogger);
    log.append([entry(1, 1)]);
    log.commitTo(1);
    expect([log.nextCommitted(true).length, log.nextCommitted(false).length]).toEqual([1, 0]);
  });
});
