/**
 * Majority quorums. Two majorities of one group always share a member: everything raft promises rests on that.
 * An empty group decides nothing and stands in nobody's way: it commits everything (Infinity) and wins every vote, so that
 * a joint quorum with one empty half behaves like the other half.
 */

/** How an election stands. */
export const VoteResult = {
  /** Neither a quorum of yes nor a quorum of no is in. */
  VotePending: 1,
  VoteLost: 2,
  VoteWon: 3,
} as const;
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult];

const voteResultNames = ["", "VotePending", "VoteLost", "VoteWon"] as const;

/** `VotePending`, `VoteLost` or `VoteWon`. */
export function voteResultName(result: VoteResult): string {
  return voteResultNames[result];
}

/**
 * Members of a group of `n` that decide for all: floor(n/2) + 1.
 *
 * @example
 * quorumSize(5); // 3
 */
export function quorumSize(n: number): number {
  return Math.floor(n / 2) + 1;
}

/**
 * The highest index that a quorum of the first `n` numbers of `acked` has reached; a member that reported nothing counts
 * as 0. Sorts `acked` in place: groups are small, so insertion sort beats everything that allocates.
 */
export function quorumIndex(acked: number[], n: number): number {
  if (n === 0) return Number.POSITIVE_INFINITY;
  for (let i = 1; i < n; i++) {
    const value = acked[i]!;
    let at = i;
    while (at > 0 && acked[at - 1]! > value) {
      acked[at] = acked[at - 1]!;
      at--;
    }
    acked[at] = value;
  }
  // Ascending: this place and the quorumSize(n) - 1 places above it have all reached the index found here.
  return acked[n - quorumSize(n)]!;
}

/** The index a member has acknowledged, or undefined when it reported nothing. */
export type AckedIndex = (id: bigint) => number | undefined;
/** A member's vote, or undefined when it has not voted. */
export type VoteOf = (id: bigint) => boolean | undefined;

/**
 * A group that decides by majority. Immutable.
 *
 * @example
 * new MajorityConfig([1n, 2n, 3n]).committedIndex((id) => acked.get(id)); // the highest index that two of them have
 */
export class MajorityConfig {
  /** Ascending, no id twice. */
  readonly ids: readonly bigint[];

  constructor(ids: Iterable<bigint> = []) {
    this.ids = [...new Set(ids)].sort(ascending);
  }

  get size(): number {
    return this.ids.length;
  }

  has(id: bigint): boolean {
    return this.ids.includes(id);
  }

  with(id: bigint): MajorityConfig {
    return this.has(id) ? this : new MajorityConfig([...this.ids, id]);
  }

  without(id: bigint): MajorityConfig {
    return this.has(id) ? new MajorityConfig(this.ids.filter((other) => other !== id)) : this;
  }

  /** The highest index that a quorum has acknowledged; Infinity for the empty group. */
  committedIndex(acked: AckedIndex): number {
    return quorumIndex(
      this.ids.map((id) => acked(id) ?? 0),
      this.size,
    );
  }

  voteResult(vote: VoteOf): VoteResult {
    if (this.size === 0) return VoteResult.VoteWon;
    let yes = 0;
    let missing = 0;
    for (const id of this.ids) {
      const cast = vote(id);
      if (cast === undefined) missing++;
      else if (cast) yes++;
    }
    const needed = quorumSize(this.size);
    if (yes >= needed) return VoteResult.VoteWon;
    return yes + missing >= needed ? VoteResult.VotePending : VoteResult.VoteLost;
  }

  /** A bar per member, longer the more members are behind it: where the commit index comes from, at a glance. */
  describe(acked: AckedIndex): string {
    const n = this.size;
    if (n === 0) return "<empty majority quorum>";
    const indexes = this.ids.map((id) => acked(id) ?? 0);
    const lines = this.ids.map((id, i) => {
      const own = indexes[i]!;
      const behind = indexes.filter((index) => index < own).length;
      const bar = acked(id) === undefined ? `?${" ".repeat(n)}` : `${"x".repeat(behind)}>${" ".repeat(n - behind)}`;
      return `${bar} ${String(own).padStart(5)}    (id=${id.toString(16)})\n`;
    });
    return `${" ".repeat(n)}    idx\n${lines.join("")}`;
  }

  toString(): string {
    return `(${this.ids.map((id) => id.toString(16)).join(" ")})`;
  }
}

/** Order of unsigned ids. */
export function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
