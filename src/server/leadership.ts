import { EtcdError, hexId, type MemberId } from "../base/index.ts";
import { type SoftState, StateType } from "../raft/index.ts";
import type { Core } from "./core.ts";

/** A member that has not counted its time for so many ticks may have been stuck (etcd: 3). */
const activeTicks = 3;

/** Who leads as far as this member knows, who wants to hear of it, and the way to hand leadership over. */
export class Leadership {
  /** 0 while none is known. */
  leader: MemberId = 0n;
  /** When it was first known; undefined until the first. */
  electedMs: number | undefined;
  /** Leaders seen so far. */
  changes = 0;
  /** This member is the only voter, leads, and has applied an entry of its term: its applied state is the newest there is. */
  alone = false;
  #role: StateType = StateType.StateFollower;
  /** When this member last counted its time, and when it last did so after it had been stuck. */
  #tickedMs = Number.NEGATIVE_INFINITY;
  #resumedMs = Number.NEGATIVE_INFINITY;
  readonly #listeners = new Set<(leader: MemberId | undefined) => void>();
  readonly #core: Pick<Core, "memberId" | "options" | "node" | "driver" | "wal" | "applied" | "env">;

  constructor(core: Pick<Core, "memberId" | "options" | "node" | "driver" | "wal" | "applied" | "env">) {
    this.#core = core;
  }

  get isLeader(): boolean {
    return this.#role === StateType.StateLeader;
  }

  /** How long the leader has been known, in milliseconds; 0 while none is. */
  get ledForMs(): number {
    if (this.leader === 0n || this.electedMs === undefined) return 0;
    return this.#core.env.clock.monotonicMs() - this.electedMs;
  }

  /** Called with every tick of raft's. */
  ticked(nowMs: number): void {
    if (nowMs - this.#tickedMs >= this.#stuckMs) this.#resumedMs = nowMs;
    this.#tickedMs = nowMs;
  }

  /**
   * Whether a leader can be sure of its office without asking the others. One that counts its time steps down by itself, within
   * an election timeout, when it is cut off; one that was stuck may have been replaced meanwhile and not know.
   */
  get certain(): boolean {
    if (this.alone) return true;
    const nowMs = this.#core.env.clock.monotonicMs();
    return nowMs - this.#tickedMs < this.#stuckMs && nowMs - this.#resumedMs > this.#core.options.electionMs;
  }

  get #stuckMs(): number {
    return activeTicks * this.#core.options.heartbeatMs;
  }

  /** Takes over what raft says. True when the leader is another one than before, or none: `tell` follows. */
  update(state: SoftState): boolean {
    const before = this.leader;
    this.#role = state.raftState;
    this.leader = state.lead;
    const changed = before !== state.lead;
    if (changed && state.lead !== 0n) {
      this.electedMs = this.#core.env.clock.monotonicMs();
      this.changes++;
    }
    this.reckonAlone();
    return changed;
  }

  onChange(listener: (leader: MemberId | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    const leader = this.leader === 0n ? undefined : this.leader;
    for (const listener of this.#listeners) listener(leader);
  }

  /** To be called after whatever `alone` depends on has changed: role, voters, term of what is applied. */
  reckonAlone(): void {
    this.alone = this.#isAlone();
    // No other voter waits for messages of ours while the log is written.
    this.#core.wal.mayWait = this.alone;
  }

  #isAlone(): boolean {
    const { node, applied, memberId } = this.#core;
    if (!this.isLeader || applied.term !== node.term) return false;
    const { voters, votersOutgoing } = node.status().config;
    return voters.length === 1 && voters[0] === memberId && votersOutgoing.length === 0;
  }

  /** @throws EtcdError TimeoutLeaderTransfer */
  async transferTo(id: MemberId, timeoutMs: number): Promise<void> {
    const { memberId, driver } = this.#core;
    const { logger, scheduler } = this.#core.env;
    const fields = { "local-member-id": hexId(memberId), "transferee-member-id": hexId(id) };
    logger.info("leadership transfer starting", fields);
    await new Promise<void>((resolve, reject) => {
      const timer = scheduler.after(timeoutMs, () => {
        stopListening();
        reject(EtcdError.of("TimeoutLeaderTransfer"));
      });
      const stopListening = this.onChange((leader) => {
        if (leader === undefined || leader === memberId) return;
        timer.cancel();
        stopListening();
        // Somebody else was elected: the one that was meant will not be, however long this waits.
        if (leader === id) resolve();
        else reject(EtcdError.of("TimeoutLeaderTransfer"));
      });
      driver.withNode((node) => node.transferLeader(id));
    });
    logger.info("leadership transfer finished", fields);
  }
}
