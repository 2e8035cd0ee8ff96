import { assert } from "../../base/pure.ts";
import { ascending, type MajorityConfig, quorumIndex, VoteResult } from "../quorum/index.ts";
import { Membership } from "./membership.ts";
import type { Progress } from "./progress.ts";

/** Progress of every member, by id. */
export type ProgressMap = ReadonlyMap<bigint, Progress>;

/**
 * The active membership with the progress of each member and the votes of the election under way.
 *
 * A Map keyed by bigint costs several times one keyed by number, and groups are small: members stand in two parallel arrays
 * in id order and are found by a scan; each half of the quorum keeps its own members' progress at hand for the commit index.
 */
export class ProgressTracker {
  readonly maxInflight: number;
  readonly maxInflightBytes: number;

  #membership = new Membership();
  /** Ascending. */
  #ids: bigint[] = [];
  /** `#progress[i]` belongs to `#ids[i]`. */
  #progress: Progress[] = [];
  /** Progress of the voters of either half; a subset of `#progress`. */
  #incoming: Progress[] = [];
  #outgoing: Progress[] = [];
  /** The first vote of each member counts; emptied when an election begins. */
  #votes = new Map<bigint, boolean>();
  /** Room for sorting match indexes without allocating. */
  readonly #scratch: number[] = [];

  constructor(maxInflight: number, maxInflightBytes: number) {
    this.maxInflight = maxInflight;
    this.maxInflightBytes = maxInflightBytes;
  }

  get membership(): Membership {
    return this.#membership;
  }

  /** Ascending. Replaced, never changed, when the membership changes. */
  get ids(): readonly bigint[] {
    return this.#ids;
  }

  /** In the order of `ids`. */
  get all(): readonly Progress[] {
    return this.#progress;
  }

  /** `id` decides alone. Not every group of one is led by its one voter: a removed leader may still be managing it. */
  isSoleVoter(id: bigint): boolean {
    const { incoming, outgoing } = this.#membership.voters;
    return outgoing.size === 0 && incoming.size === 1 && incoming.ids[0] === id;
  }

  progressOf(id: bigint): Progress | undefined {
    const ids = this.#ids;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] === id) return this.#progress[i];
    }
    return undefined;
  }

  progressMap(): Map<bigint, Progress> {
    return new Map(this.#ids.map((id, i) => [id, this.#progress[i]!]));
  }

  /** Takes over a membership and the progress of exactly its members. */
  install(membership: Membership, progress: ProgressMap): void {
    this.#membership = membership;
    this.#ids = [...progress.keys()].sort(ascending);
    this.#progress = this.#ids.map((id) => progress.get(id)!);
    this.#incoming = this.#pick(membership.voters.incoming);
    this.#outgoing = this.#pick(membership.voters.outgoing);
  }

  /** A new term: all that was known of the members is void. `make` gives each its new progress. */
  renew(make: (id: bigint, old: Progress) => Progress): void {
    const renewed = new Map(this.#ids.map((id, i) => [id, make(id, this.#progress[i]!)]));
    this.install(this.#membership, renewed);
  }

  /** The highest index that a quorum (of both halves) is known to hold. */
  committedIndex(): number {
    const incoming = this.#indexOf(this.#incoming);
    if (this.#outgoing.length === 0) return incoming;
    return Math.min(incoming, this.#indexOf(this.#outgoing));
  }

  /** A quorum was heard of since the last check. */
  quorumActive(): boolean {
    return this.#membership.voters.voteResult((id) => this.progressOf(id)?.recentActive) === VoteResult.VoteWon;
  }

  resetVotes(): void {
    this.#votes = new Map();
  }

  /** Who voted once cannot vote otherwise later. */
  recordVote(id: bigint, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  tallyVotes(): { granted: number; rejected: number; result: VoteResult } {
    let granted = 0;
    let rejected = 0;
    for (let i = 0; i < this.#ids.length; i++) {
      const vote = this.#votes.get(this.#ids[i]!);
      if (vote === undefined || this.#progress[i]!.isLearner) continue;
      if (vote) granted++;
      else rejected++;
    }
    return { granted, rejected, result: this.#membership.voters.voteResult((id) => this.#votes.get(id)) };
  }

  #indexOf(half: readonly Progress[]): number {
    const scratch = this.#scratch;
    for (let i = 0; i < half.length; i++) scratch[i] = half[i]!.match;
    return quorumIndex(scratch, half.length);
  }

  #pick(half: MajorityConfig): Progress[] {
    return half.ids.map((id) => {
      const progress = this.progressOf(id);
      assert(progress !== undefined, "a voter without progress");
      return progress;
    });
  }
}
