import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JointConfig, MajorityConfig } from "../quorum/index.ts";
import { Inflights, Membership, Progress, ProgressState, ProgressTracker } from "./index.ts";

const { StateProbe, StateReplicate, StateSnapshot } = ProgressState;

describe("inflights", () => {
  test("the ring is a list of what was sent and not acknowledged", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), index: fc.integer({ min: 1, max: 5 }), bytes: fc.nat(50) }),
      fc.record({ kind: fc.constant("free" as const), index: fc.nat(60), bytes: fc.constant(0) }),
      fc.record({ kind: fc.constant("reset" as const), index: fc.constant(0), bytes: fc.constant(0) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(60, Infinity),
        fc.array(step),
        (limit, bytes, steps) => {
          let ring = new Inflights(limit, bytes);
          let twin: { index: number; bytes: number }[] = [];
          let last = 0;
          for (const each of steps) {
            if (each.kind === "add" && !ring.full) {
              last += each.index;
              ring.add(last, each.bytes);
              twin.push({ index: last, bytes: each.bytes });
            } else if (each.kind === "free") {
              ring.freeUpTo(each.index);
              twin = twin.filter(({ index }) => index > each.index);
            } else if (each.kind === "reset") {
              ring.reset();
              twin = [];
            }
            const held = twin.reduce((sum, { bytes: own }) => sum + own, 0);
            expect([ring.count, ring.bytes, ring.full]).toEqual([
              twin.length,
              held,
              twin.length === limit || held >= bytes,
            ]);
            ring = ring.clone();
          }
        },
      ),
    );
  });

  test("a full window takes nothing", () => {
    const ring = new Inflights(1, Infinity);
    ring.add(1, 1);
    expect(() => ring.add(2, 1)).toThrow();
  });
});

describe("progress", () => {
  const fresh = () => Progress.fresh(5, false, 2, Infinity);

  test("match stays below next, whatever happens", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("update"), a: fc.nat(30), b: fc.constant(0) }),
      fc.record({ kind: fc.constant("reject"), a: fc.nat(30), b: fc.nat(30) }),
      fc.record({ kind: fc.constantFrom("probe", "replicate"), a: fc.constant(0), b: fc.constant(0) }),
      fc.record({ kind: fc.constant("snapshot"), a: fc.nat(40), b: fc.constant(0) }),
      fc.record({ kind: fc.constant("send"), a: fc.nat(3), b: fc.nat(9) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const progress = fresh();
        let match = 0;
        for (const { kind, a, b } of steps) {
          if (kind === "update") progress.maybeUpdate(a);
          else if (kind === "reject") progress.maybeDecrease(a, b);
          else if (kind === "probe") progress.becomeProbe();
          else if (kind === "replicate") progress.becomeReplicate();
          else if (kind === "snapshot") progress.becomeSnapshot(Math.max(a, progress.match));
          else if (!progress.paused) progress.sentEntries(a, b);
          expect(progress.match).toBeGreaterThanOrEqual(match);
          expect(progress.next).toBeGreaterThan(progress.match);
          if (progress.state === StateSnapshot) expect(progress.paused).toBe(true);
          else expect(progress.pendingSnapshot).toBe(0);
          match = progress.match;
        }
      }),
    );
  });

  test("probing sends one append with entries, replicating a window full", () => {
    const probing = fresh();
    probing.sentEntries(0, 0);
    expect(probing.paused).toBe(false);
    probing.sentEntries(1, 1);
    expect([probing.paused, probing.next]).toEqual([true, 5]);
    const replicating = fresh();
    replicating.becomeReplicate();
    replicating.sentEntries(3, 1);
    expect([replicating.paused, replicating.next]).toEqual([false, 4]);
    replicating.sentEntries(1, 1);
    expect([replicating.paused, replicating.next]).toEqual([true, 5]);
  });

  test("a snapshot delivered is where probing goes on, one that failed is not", () => {
    const delivered = fresh();
    delivered.becomeSnapshot(9);
    delivered.becomeProbe();
    expect([delivered.state, delivered.next]).toEqual([StateProbe, 10]);
    const failed = fresh();
    failed.becomeSnapshot(9);
    failed.pendingSnapshot = 0;
    failed.becomeProbe();
    expect(failed.next).toBe(1);
  });

  test.each([
    ["replicating, already acknowledged", StateReplicate, 5, 10, 5, 5, false, 10],
    ["replicating, beyond the match", StateReplicate, 5, 10, 9, 9, true, 6],
    ["probing, another probe than the one out", StateProbe, 0, 10, 8, 8, false, 10],
    ["probing, falls to the hint", StateProbe, 0, 10, 9, 2, true, 3],
    ["probing, falls by one at least", StateProbe, 0, 10, 9, 9, true, 9],
    ["probing, never to the match", StateProbe, 4, 10, 9, 1, true, 5],
  ])("a rejection: %s", (_, state, match, next, rejected, hint, taken, then) => {
    const progress = fresh();
    progress.state = state;
    progress.match = match;
    progress.next = next;
    expect([progress.maybeDecrease(rejected, hint), progress.next]).toEqual([taken, then]);
  });

  test("a commit index is worth sending until one that commits all of its log was sent", () => {
    const progress = fresh();
    progress.sentCommit = 3;
    expect([2, 3, 4, 9].map((commit) => progress.canBumpCommit(commit))).toEqual([false, false, true, true]);
    progress.sentCommit = 4;
    expect(progress.canBumpCommit(9)).toBe(false);
  });
});

describe("tracker", () => {
  test("commit index and quorum activity are those of the quorum over the progress", () => {
    const halves = fc.uniqueArray(fc.bigInt({ min: 1n, max: 7n }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(halves, fc.option(halves), fc.array(fc.nat(20), { minLength: 7, maxLength: 7 }), (a, b, matches) => {
        const voters = new JointConfig(new MajorityConfig(a), new MajorityConfig(b ?? []));
        const tracker = new ProgressTracker(10, Infinity);
        const progress = new Map(voters.ids().map((id) => [id, Progress.fresh(99, false, 10, Infinity)]));
        for (const [id, each] of progress) {
          each.match = matches[Number(id) - 1]!;
          each.recentActive = each.match % 2 === 0;
        }
        tracker.install(new Membership(voters), progress);
        expect(tracker.committedIndex()).toBe(voters.committedIndex((id) => progress.get(id)!.match));
        expect(tracker.quorumActive()).toBe(voters.voteResult((id) => progress.get(id)!.recentActive) === 3);
        expect(tracker.isSoleVoter(a[0]!)).toBe(a.length === 1 && b === null);
        for (const id of [0n, 1n, 7n, 8n]) expect(tracker.progressOf(id)).toBe(progress.get(id));
      }),
    );
  });

  test("the first vote counts", () => {
    const tracker = new ProgressTracker(1, Infinity);
    const progress = new Map([1n, 2n].map((id) => [id, Progress.fresh(1, false, 1, Infinity)]));
    tracker.install(new Membership(new JointConfig(new MajorityConfig([1n, 2n]))), progress);
    tracker.recordVote(1n, true);
    tracker.recordVote(1n, false);
    expect(tracker.tallyVotes()).toMatchObject({ granted: 1, rejected: 0 });
  });
});
