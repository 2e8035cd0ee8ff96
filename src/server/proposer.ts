import { EtcdError, type Logger } from "../base/index.ts";
import type { ConfChange, RawNode } from "../raft/index.ts";
import type { Member as MemberInfo } from "../state/membership/index.ts";
import { raftpb } from "../wire/proto/index.ts";
import type { Applied } from "./applied.ts";
import { type Command, type Envelope, encodeCommand } from "./command.ts";
import type { Core } from "./core.ts";
import type { Leadership } from "./leadership.ts";
import type { Life } from "./life.ts";
import type { MemberOptions } from "./options.ts";
import { type Proposals, pendingMax, promised, type Waiter } from "./proposals.ts";
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
  /** Changes of members that wait for a leader, by their encoded entry; at most `pendingMax`. */
  readonly #changes = new Map<Uint8Array, ConfChange>();
  readonly #logger: Logger;

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
    this.#logger = core.env.logger;
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
    this.#proposals.add(id, data, envelope, waiter);
    this.#driver.propose(data, asLeader);
  }

  /**
   * What only a leader may decide. A deposed one that kept it for its successor could end a lease that was renewed there meanwhile: it
   * is dropped instead, and its caller told when the time is up.
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
      this.#proposals.add(full.id, data, undefined, waiter);
      this.#changes.set(data, full);
      if (this.#leadership.leader !== 0n) this.onLeader();
    });
  }

  /** There is somebody to take what waited for a leader. */
  onLeader(): void {
    if (this.#changes.size === 0) return;
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    this.#driver.withNode((node) => {
      for (const change of changes) {
        const refused = node.proposeConfChange(change);
        if (refused !== undefined) this.#logger.warn("configuration change was not proposed", { error: refused });
      }
    });
  }

  /** Entries that raft has not been told of: nobody leads, or the log has no room. */
  unproposed(): ReadonlySet<Uint8Array> {
    return new Set([...this.#changes.keys(), ...this.#driver.unproposed]);
  }

  /** Forgets what waits still. */
  withdraw(gone: ReadonlySet<Uint8Array>): void {
    for (const data of gone) this.#changes.delete(data);
    this.#driver.withdraw(gone);
  }
}
