import { Code, EtcdError, type Scheduler } from "../base/index.ts";
import type { ConfChange, RawNode } from "../raft/index.ts";
import type { Member as MemberInfo } from "../state/membership/index.ts";
import { raftpb } from "../wire/proto/index.ts";
import type { Applied } from "./applied.ts";
import { type Command, type Envelope, encodeCommand } from "./command.ts";
import type { Core } from "./core.ts";
import type { Leadership } from "./leadership.ts";
import type { Life } from "./life.ts";
import type { MemberOptions } from "./options.ts";
import { type Pending, type Proposal, type Proposals, pendingMax, promised, type Waiter } from "./proposals.ts";
import type { RaftDriver } from "./raft-driver.ts";
import type { RequestIds } from "./request-ids.ts";
import { applyGapMax } from "./timeouts.ts";
import type { Principal } from "./types.ts";

/** The way into the log: gives a request its number, its bytes and its place among those that wait, and hands it to raft. */
export class Proposer {
  readonly #life: Life;
  readonly #node: RawNode;
  readonly #driver: RaftDriver;
  readonly #leadership: Leadership;
  readonly #applied: Applied;
  readonly #proposals: Proposals;
  readonly #ids: RequestIds;
  readonly #options: Pick<MemberOptions, "requestBytesMax" | "priorityRequest">;
  /** Membership changes that raft has not accepted yet; at most `pendingMax`. */
  readonly #changes = new Map<Pending, ConfChange>();

  readonly #scheduler: Scheduler;

  constructor(
    core: Pick<Core, "options" | "env" | "life" | "node" | "driver" | "leadership" | "applied">,
    proposals: Proposals,
    ids: RequestIds,
  ) {
    this.#life = core.life;
    this.#node = core.node;
    this.#driver = core.driver;
    this.#applied = core.applied;
    this.#proposals = proposals;
    this.#ids = ids;
    this.#options = core.options;
    this.#leadership = core.leadership;
    this.#scheduler = core.env.scheduler;
  }

  /** `waiter` is told what the applied entry answers. @throws EtcdError Stopped, TooManyRequests, RequestTooLarge */
  submit(command: Command, by: Principal | undefined, waiter: Waiter, asLeader = false): void {
    this.#life.mustRun();
    const { priorityRequest, requestBytesMax } = this.#options;
    const behind = this.#node.committed - this.#applied.index > applyGapMax(command.kind, priorityRequest);
    if (behind || this.#proposals.size >= pendingMax) throw EtcdError.of("TooManyRequests");
    const id = this.#ids.next();
    const data = encodeCommand(id, command, by);
    if (data.length > requestBytesMax) throw EtcdError.of("RequestTooLarge");
    const envelope: Envelope = { id, command, username: by?.username ?? "", authRevision: by?.authRevision ?? 0 };
    this.#driver.propose(this.#proposals.add(id, data, envelope, waiter, asLeader));
  }

  /**
   * What only a leader may decide. A deposed one that kept it for its successor could end a lease that was renewed there meanwhile: it
   * is dropped instead. Rejects with LeaderChanged then.
   */
  proposeAsLeader<R>(command: Command, by?: Principal): Promise<R> {
    return promised((waiter) => this.submit(command, by, waiter, true));
  }

  /** As `submit`; resolves with what the applied entry answers. */
  propose<R>(command: Command, by?: Principal): Promise<R> {
    return promised((waiter) => this.submit(command, by, waiter));
  }

  /** Resolves with the members after the change. */
  proposeConfChange(change: Omit<ConfChange, "id">): Promise<readonly MemberInfo[]> {
    this.#life.mustRun();
    if (this.#proposals.size >= pendingMax) throw EtcdError.of("TooManyRequests");
    const full: ConfChange = { ...change, id: this.#ids.next() };
    const data = raftpb.encodeConfChange(full);
    return promised((waiter) => {
      this.#changes.set(this.#proposals.add(full.id, data, undefined, waiter), full);
      this.proposeChanges();
    });
  }

  /**
   * Proposes the membership changes that wait for a leader. Call it whenever raft may accept them. They wait until an entry of the current
   * term is applied: before that, a new leader would replace a change by an empty entry.
   */
  proposeChanges(): void {
    if (this.#changes.size === 0 || this.#leadership.leader === 0n) return;
    this.#driver.withNode((node) => {
      if (this.#applied.term !== node.term) return;
      for (const [pending, change] of this.#changes) {
        const { term } = node;
        const refused = node.proposeConfChange(change);
        // No leader, or one that hands over: it waits.
        if (refused?.code === "ProposalDropped") return;
        this.#changes.delete(pending);
        if (refused === undefined) pending.term = term;
        else this.#proposals.refuse(pending, EtcdError.raw(Code.Unknown, refused.message));
      }
    });
  }

  /**
   * The first entry of `term` is applied: proposes again what was lost with the leaders of earlier terms
   * (docs/decisions/0006-lost-proposals.md). Deadlines stay as they are.
   */
  onTerm(term: number): void {
    for (const pending of this.#proposals.lost(term)) {
      if (pending.asLeader) {
        this.#proposals.refuse(pending, EtcdError.of("LeaderChanged"));
        continue;
      }
      pending.term = 0;
      if (pending.request === undefined) {
        this.#changes.set(pending, raftpb.decodeConfChange(pending.data) as ConfChange);
      } else if (!this.#driver.propose(pending)) this.#proposals.refuse(pending, EtcdError.of("TooManyRequests"));
    }
    // Raft learns what is applied only after this batch of entries.
    if (this.#changes.size > 0) this.#scheduler.endOfTurn(() => this.proposeChanges());
  }

  /** This member lost leadership before raft was given these. */
  onNotLeader(dropped: readonly Proposal[]): void {
    for (const pending of dropped) this.#proposals.refuse(pending as Pending, EtcdError.of("LeaderChanged"));
  }

  /** Forgets what waits still. */
  withdraw(gone: ReadonlySet<Proposal>): void {
    for (const pending of gone) this.#changes.delete(pending as Pending);
    this.#driver.withdraw(gone);
  }
}
