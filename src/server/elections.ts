import { below, hexId, type MemberId, type Timer } from "../base/index.ts";
import type { Core } from "./core.ts";

/** Elections that a member tries at once when the leader's process is gone, before it waits for its timeout like any other. */
const goneCampaigns = 5;
/** How long a member that starts waits for its peers before it lets the election timer run as it is. */
const advanceTicksWithinMs = 5000;
const advanceTicksPollMs = 50;

type Needs = Pick<
  Core,
  "memberId" | "options" | "env" | "life" | "node" | "driver" | "leadership" | "state" | "transport"
>;

/** The cases in which a member need not wait for its whole election timeout, since there is no leader to wait for. */
export class Elections {
  readonly #core: Needs;
  /** `standAlone` has looked at the voters. */
  #stood = false;

  constructor(core: Needs) {
    this.#core = core;
  }

  /**
   * Where nobody else could win, there is no reason to wait for an election timeout: the only voter campaigns as soon as
   * all that was committed before is applied (raft refuses earlier).
   */
  standAlone(): void {
    const { env, life, node, driver, memberId } = this.#core;
    if (this.#stood || life.stopped) return;
    env.scheduler.endOfTurn(() => {
      if (this.#stood || node.applied < node.committed) return;
      const { voters, votersOutgoing } = node.status().config;
      this.#stood = voters.length > 0;
      if (voters.length !== 1 || voters[0] !== memberId || votersOutgoing.length > 0) return;
      driver.withNode(() => {
        node.campaign();
      });
    });
  }

  /**
   * A cluster that starts need not wait a whole election timeout for its first leader, once a quorum is connected. Returns the
   * timer that looks for one.
   */
  advanceTicks(): Timer | undefined {
    const { memberId, options, env, life, node, driver, leadership, transport } = this.#core;
    if (!options.initialElectionTickAdvance) return undefined;
    const { scheduler, clock, logger } = env;
    const startedMs = clock.monotonicMs();
    const poll = scheduler.every(advanceTicksPollMs, () => {
      const { voters } = node.status().config;
      const others = voters.filter((id) => id !== memberId);
      const active = others.filter((id) => transport.activeSinceMs(id) !== undefined).length;
      const over = clock.monotonicMs() - startedMs > advanceTicksWithinMs || life.stopped || leadership.leader !== 0n;
      const quorum = active + 1 >= Math.floor(voters.length / 2) + 1;
      if (!over && (!quorum || others.length === 0)) return;
      poll.cancel();
      if (over) return;
      const ticks = Math.floor(options.electionMs / options.heartbeatMs) - 2;
      logger.info("initialized peer connections; fast-forwarding election ticks", {
        "local-member-id": hexId(memberId),
        "forward-ticks": ticks,
        "active-remote-members": active,
      });
      for (let i = 0; i < ticks; i++) driver.tick();
    });
    return poll;
  }

  /**
   * The leader's process is gone: no reason to wait for an election timeout. Safe by pre-vote: voters that still hear a leader
   * do not answer, so at worst nothing comes of it.
   */
  onGone(id: MemberId): void {
    const { memberId, options, env, life, driver, leadership, state } = this.#core;
    if (id !== leadership.leader || !options.preVote || life.stopped || state.membership.isLocalLearner()) return;
    env.logger.info("the leader's process is gone", { "local-member-id": hexId(memberId), leader: hexId(id) });
    driver.withNode((node) => {
      node.forgetLeader();
    });
    this.#campaignSoon(goneCampaigns);
  }

  /** Voters wait for different times, so that one of them is ahead; who meets another starts over. */
  #campaignSoon(tries: number): void {
    const { options, env, life, driver, leadership } = this.#core;
    const waitMs = below(env.random, 2 * options.heartbeatMs);
    env.scheduler.after(waitMs, () => {
      if (life.stopped || leadership.leader !== 0n || tries === 0) return;
      driver.withNode((node) => {
        if (node.lead === 0n) node.campaign();
      });
      env.scheduler.after(options.heartbeatMs, () => this.#campaignSoon(tries - 1));
    });
  }
}
