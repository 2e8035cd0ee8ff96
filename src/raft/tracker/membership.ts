import { JointConfig, MajorityConfig } from "../quorum/index.ts";
import type { ConfState } from "../types.ts";

/**
 * Who belongs to the group and how they decide. Immutable; a change makes a new one.
 * Invariants: no learner is a voter of either half; every member of `learnersNext` votes in the outgoing half and is no
 * learner yet; outside a joint configuration `learnersNext` is empty and `autoLeave` false.
 */
export class Membership {
  readonly voters: JointConfig;
  readonly learners: MajorityConfig;
  /**
   * Voters of the outgoing half that are to become learners. They cannot be both at once, so the wish waits here until the
   * outgoing half is gone.
   */
  readonly learnersNext: MajorityConfig;
  /** Joint, and to be left as soon as the change that made it so is applied. */
  readonly autoLeave: boolean;

  constructor(
    voters: JointConfig = new JointConfig(),
    learners: MajorityConfig = new MajorityConfig(),
    learnersNext: MajorityConfig = new MajorityConfig(),
    autoLeave = false,
  ) {
    this.voters = voters;
    this.learners = learners;
    this.learnersNext = learnersNext;
    this.autoLeave = autoLeave;
  }

  confState(): ConfState {
    return {
      voters: [...this.voters.incoming.ids],
      learners: [...this.learners.ids],
      votersOutgoing: [...this.voters.outgoing.ids],
      learnersNext: [...this.learnersNext.ids],
      autoLeave: this.autoLeave,
    };
  }

  toString(): string {
    let text = `voters=${this.voters}`;
    if (this.learners.size > 0) text += ` learners=${this.learners}`;
    if (this.learnersNext.size > 0) text += ` learners_next=${this.learnersNext}`;
    if (this.autoLeave) text += " autoleave";
    return text;
  }
}
