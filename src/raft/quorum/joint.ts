import { type AckedIndex, MajorityConfig, type VoteOf, VoteResult } from "./majority.ts";

/**
 * Two groups, both of which must agree (thesis 4.3). While no membership change is under way `outgoing` is empty and
 * `incoming` decides alone. Immutable.
 */
export class JointConfig {
  readonly incoming: MajorityConfig;
  readonly outgoing: MajorityConfig;

  constructor(incoming: MajorityConfig = new MajorityConfig(), outgoing: MajorityConfig = new MajorityConfig()) {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  get joint(): boolean {
    return this.outgoing.size > 0;
  }

  /** Every voter of either half, ascending. */
  ids(): readonly bigint[] {
    return this.joint ? new MajorityConfig([...this.incoming.ids, ...this.outgoing.ids]).ids : this.incoming.ids;
  }

  has(id: bigint): boolean {
    return this.incoming.has(id) || this.outgoing.has(id);
  }

  /** Committed jointly is what is committed in both halves. */
  committedIndex(acked: AckedIndex): number {
    return Math.min(this.incoming.committedIndex(acked), this.outgoing.committedIndex(acked));
  }

  /** Won in both halves; lost as soon as one half lost. */
  voteResult(vote: VoteOf): VoteResult {
    const incoming = this.incoming.voteResult(vote);
    const outgoing = this.outgoing.voteResult(vote);
    if (incoming === outgoing) return incoming;
    if (incoming === VoteResult.VoteLost || outgoing === VoteResult.VoteLost) return VoteResult.VoteLost;
    return VoteResult.VotePending;
  }

  describe(acked: AckedIndex): string {
    return new MajorityConfig(this.ids()).describe(acked);
  }

  toString(): string {
    return this.joint ? `${this.incoming}&&${this.outgoing}` : `${this.incoming}`;
  }
}
