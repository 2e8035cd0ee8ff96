import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JointConfig, MajorityConfig, quorumIndex, quorumSize, VoteResult } from "./index.ts";

/** The definition: the highest index that more than half of the members have reached. */
function committedTwin(ids: readonly bigint[], acked: Map<bigint, number>): number {
  if (ids.length === 0) return Number.POSITIVE_INFINITY;
  const reached = (index: number) => ids.filter((id) => (acked.get(id) ?? 0) >= index).length * 2 > ids.length;
  return Math.max(0, ...[...acked.values()].filter(reached));
}

/** The definition: try every way the missing votes may still go. */
function voteTwin(halves: readonly (readonly bigint[])[], votes: Map<bigint, boolean>): VoteResult {
  const wins = (missing: boolean) =>
    halves.every((ids) => ids.length === 0 || ids.filter((id) => votes.get(id) ?? missing).length * 2 > ids.length);
  if (wins(false)) return VoteResult.VoteWon;
  return wins(true) ? VoteResult.VotePending : VoteResult.VoteLost;
}

const ids = fc.uniqueArray(fc.bigInt({ min: 1n, max: 12n }), { maxLength: 9 });
const acks = fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 12n }), fc.nat(20))).map((pairs) => new Map(pairs));
const ballots = fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 12n }), fc.boolean())).map((pairs) => new Map(pairs));

describe("quorum", () => {
  test("quorum and tolerated failures, as the README has them", () => {
    const table = Array.from({ length: 9 }, (_, i) => i + 1).map((n) => [n, quorumSize(n), n - quorumSize(n)]);
    expect(table).toEqual([
      [1, 1, 0],
      [2, 2, 0],
      [3, 2, 1],
      [4, 3, 1],
      [5, 3, 2],
      [6, 4, 2],
      [7, 4, 3],
      [8, 5, 3],
      [9, 5, 4],
    ]);
  });

  test("two quorums of a group always share a member", () => {
    for (let n = 1; n <= 20; n++) expect(2 * quorumSize(n)).toBeGreaterThan(n);
  });

  test("a majority commits what its twin commits", () => {
    fc.assert(
      fc.property(ids, acks, (group, acked) => {
        expect(new MajorityConfig(group).committedIndex((id) => acked.get(id))).toBe(committedTwin(group, acked));
      }),
    );
  });

  test("a joint quorum commits what both halves commit", () => {
    fc.assert(
      fc.property(ids, ids, acks, (a, b, acked) => {
        const joint = new JointConfig(new MajorityConfig(a), new MajorityConfig(b));
        const twin = Math.min(committedTwin(a, acked), committedTwin(b, acked));
        expect(joint.committedIndex((id) => acked.get(id))).toBe(twin);
      }),
    );
  });

  test("votes are won, lost or open as every outcome of the missing ones says", () => {
    fc.assert(
      fc.property(ids, ids, ballots, (a, b, votes) => {
        const joint = new JointConfig(new MajorityConfig(a), new MajorityConfig(b));
        expect(joint.voteResult((id) => votes.get(id))).toBe(voteTwin([a, b], votes));
      }),
    );
  });

  test("quorumIndex sorts nothing beyond the group", () => {
    const scratch = [5, 3, 9, 100, 100];
    expect(quorumIndex(scratch, 3)).toBe(5);
    expect(scratch).toEqual([3, 5, 9, 100, 100]);
  });

  test("a group is a set in id order", () => {
    const group = new MajorityConfig([3n, 1n, 3n]);
    expect(group.ids).toEqual([1n, 3n]);
    expect(`${group.with(2n).without(1n)}`).toBe("(2 3)");
    expect(group.with(1n)).toBe(group);
    expect(group.without(2n)).toBe(group);
  });
});
