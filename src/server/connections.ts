import type { MemberId } from "../base/index.ts";
import type { Core } from "./core.ts";
import { HEALTH_INTERVAL_MS } from "./timeouts.ts";

type Needs = Pick<Core, "memberId" | "env" | "state" | "transport" | "leadership">;

/** Who of the cluster can be reached, and since when. */
export class Connections {
  readonly #core: Needs;

  constructor(core: Needs) {
    this.#core = core;
  }

  /** Connects to everyone the membership knows; who was connected to for another reason stays. */
  setPeers(): void {
    const { memberId, state, transport } = this.#core;
    for (const member of state.membership.members()) {
      if (member.id !== memberId) transport.setPeer(member.id, member.peerURLs);
    }
    for (const id of state.membership.removedIds()) transport.removePeer(id);
  }

  isActive(id: MemberId): boolean {
    return this.#core.transport.activeSinceMs(id) !== undefined;
  }

  /** Voters, self included, whose connection has stood long enough to count for changes of members. */
  healthyVoters(): number {
    return this.#votersSince(this.#core.env.clock.monotonicMs() - HEALTH_INTERVAL_MS);
  }

  /** Since then without a break: with the leader, or, as the leader, with a quorum. */
  connectedSince(sinceMs: number): boolean {
    const { memberId, state, transport, leadership } = this.#core;
    if (leadership.leader === memberId) {
      return this.#votersSince(sinceMs) >= Math.floor(state.membership.votingMembers().length / 2) + 1;
    }
    const activeMs = transport.activeSinceMs(leadership.leader);
    return activeMs !== undefined && activeMs <= sinceMs;
  }

  /** The other voter whose connection has stood longest: the likeliest to be there in a moment, too. */
  steadiestVoter(): MemberId | undefined {
    const { state, transport } = this.#core;
    let steadiest: { id: MemberId; sinceMs: number } | undefined;
    for (const { id } of state.membership.votingMembers()) {
      const sinceMs = transport.activeSinceMs(id);
      if (sinceMs !== undefined && (steadiest === undefined || sinceMs < steadiest.sinceMs))
        steadiest = { id, sinceMs };
    }
    return steadiest?.id;
  }

  /** Voters, self included, that have been connected since then without a break. */
  #votersSince(sinceMs: number): number {
    const { memberId, state, transport } = this.#core;
    let count = 0;
    for (const { id } of state.membership.votingMembers()) {
      const activeMs = transport.activeSinceMs(id);
      if (id === memberId || (activeMs !== undefined && activeMs <= sinceMs)) count++;
    }
    return count;
  }
}
