import { hexId, type MemberId, type Timer } from "../base/index.ts";
import type { Core } from "./core.ts";

/** A member that starts says so early why it does not serve. */
const firstMs = 1500;
const backoffMsMax = 30_000;

type Needs = Pick<Core, "memberId" | "options" | "env" | "life" | "node" | "leadership" | "state" | "transport">;

/** What a member without a leader waits for. */
export interface MajorityWait {
  /** Voters that can be reached, this member included. */
  readonly up: number;
  readonly voters: number;
  readonly needed: number;
  /** Voters that cannot be reached: name, where they were looked for, and why not if that is known. */
  readonly missing: readonly { readonly name: string; readonly urls: readonly string[]; readonly why?: string }[];
}

/**
 * Logs what a member waits for while the cluster has no leader, and that the wait is over. A member does not serve before
 * there is a leader, so these lines are the only sign of life that an operator gets from it. They come after 1.5 s, then
 * ever more rarely, at last every half minute.
 */
export class MajorityWatch {
  readonly #core: Needs;
  readonly #onLine: (line: string) => void;
  #timer: Timer | undefined;
  /** When the wait began; undefined while there is a leader. */
  #sinceMs: number | undefined;
  #pauseMs = 0;
  #told = false;

  /** `onLine` gets each line as a sentence for a person. */
  constructor(core: Needs, onLine: (line: string) => void) {
    this.#core = core;
    this.#onLine = onLine;
    core.leadership.onChange((leader) => {
      if (leader === undefined) this.#begin(2 * core.options.electionMs);
      else this.#end(leader);
    });
  }

  start(): void {
    if (this.#core.leadership.leader === 0n) this.#begin(firstMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#sinceMs = undefined;
  }

  #begin(afterMs: number): void {
    if (this.#sinceMs !== undefined || this.#core.life.over) return;
    this.#sinceMs = this.#core.env.clock.monotonicMs();
    this.#pauseMs = afterMs;
    this.#told = false;
    this.#arm();
  }

  #arm(): void {
    this.#timer = this.#core.env.scheduler.after(this.#pauseMs, () => {
      if (this.#sinceMs === undefined || this.#core.life.over) return;
      this.#tell();
      this.#pauseMs = Math.min(2 * this.#pauseMs, backoffMsMax);
      this.#arm();
    });
  }

  #tell(): void {
    const { memberId, env } = this.#core;
    const wait = this.#look();
    const line = sentence(wait);
    this.#told = true;
    env.logger.warn(line, {
      "local-member-id": hexId(memberId),
      "members-up": wait.up,
      "members-needed": wait.needed,
      "members-unreachable": wait.missing.map(({ name, urls, why }) => ({ name, urls, error: why ?? "" })),
      "waited-seconds": Math.round((env.clock.monotonicMs() - this.#sinceMs!) / 1000),
    });
    this.#onLine(line);
  }

  #end(leader: MemberId): void {
    this.#timer?.cancel();
    this.#sinceMs = undefined;
    if (!this.#told) return;
    this.#told = false;
    const { up, voters } = this.#look();
    const line = `${up} of ${voters} members up; ${this.#nameOf(leader)} leads`;
    this.#core.env.logger.info(line, { "local-member-id": hexId(this.#core.memberId), leader: hexId(leader) });
    this.#onLine(line);
  }

  #look(): MajorityWait {
    const { memberId, node, state, transport } = this.#core;
    const { voters, votersOutgoing } = node.status().config;
    // While the voters change both sets must agree; the operator is told of the one that is further away.
    const sets = [voters, votersOutgoing]
      .filter((set) => set.length > 0)
      .map((set) => {
        const missing = set.filter((id) => id !== memberId && transport.activeSinceMs(id) === undefined);
        return { up: set.length - missing.length, voters: set.length, needed: Math.floor(set.length / 2) + 1, missing };
      });
    sets.sort((a, b) => a.up - a.needed - (b.up - b.needed));
    const worst = sets[0] ?? { up: 0, voters: 0, needed: 1, missing: [] };
    const missing = worst.missing.map((id) => {
      const fault = transport.faultOf(id);
      const urls = state.membership.member(id)?.peerURLs ?? [];
      return { name: this.#nameOf(id), urls, ...(fault === undefined ? {} : { why: plainReason(fault) }) };
    });
    return { ...worst, missing };
  }

  #nameOf(id: MemberId): string {
    return this.#core.state.membership.member(id)?.name || hexId(id);
  }
}

function sentence({ up, voters, needed, missing }: MajorityWait): string {
  if (voters === 0) return "this member belongs to no cluster yet; waiting for the leader's snapshot or log";
  const head = `${up} of ${voters} members up`;
  if (up >= needed) return `${head}; waiting for them to elect a leader`;
  const who = missing.map(({ name, urls, why }) => {
    return `${name} at ${urls.join(" or ")}${why === undefined ? "" : ` (${why})`}`;
  });
  return `${head}; waiting for a majority (${needed}): ${who.join(", ")}`;
}

/** What the system says, and what that means to whoever reads the line. */
const meanings: readonly (readonly [ending: string, meaning: string])[] = [
  ["connection refused", "connection refused: nothing listens there"],
  ["connection reset by peer", "connection closed by the peer"],
  ["EOF", "connection closed by the peer"],
  ["temporary failure in name resolution", "the name service does not answer"],
  ["no such host", "no such host"],
  ["no route to host", "no route to host"],
  ["network is unreachable", "network is unreachable"],
  ["i/o timeout", "timed out"],
  ["connection timed out", "timed out"],
];

/** The transport's fault for a person: without the address, which the line has already. */
function plainReason(fault: string): string {
  return meanings.find(([ending]) => fault.endsWith(ending))?.[1] ?? fault;
}
