import { EtcdError, type Logger } from "../base/index.ts";
import type { ConfChange, RawNode } from "../raft/index.ts";
import type { Member as MemberInfo } from "../state/membership/index.ts";
import { raftpb } from "../wire/proto/index.ts";
import type { Applied } from "./applied.ts";
import { type Command, type Envelope, encodeCommand } from "./command.ts";
import type { Core } from "./core.ts";
import type { Life } from "./life.ts";
import { type Proposals, pendingMax, promised, type Waiter } from "./proposals.ts";
import type { RaftDriver } from "./raft-driver.ts";
import type { RequestIds } from "./request-ids.ts";
import { APPLY_GAP_MAX } from "./timeouts.ts";
import type { Principal } from "./types.ts";

/** The way into the log: gives a request its number, its bytes and its place among those that wait, and hands it to raft. */
export class Proposer {
  readonly #life: Life;
  readonly #node: RawNode;
  readonly #driver: RaftDriver;
  readonly #applied: Applied;
  readonly #proposals: Proposals;
  readonly #ids: RequestIds;
  readonly #requestBytesMax: number;
  readonly #logger: Logger;

  constructor(
    core: Pick<Core, "options" | "env" | "life" | "node" | "driver" | "applied">,
    proposals: Proposals,
    ids: RequestIds,
  ) {
    this.#life = core.life;
    this.#node = core.node;
    this.#driver = core.driver;
    this.#applied = core.applied;
    this.#proposals = proposals;
    this.#ids = ids;
    this.#requestBytesMax = core.options.requestBytesMax;
    this.#logger = core.env.logger;
  }

  /** `waiter` is told what the applied entry answers. @throws EtcdError Stopped, TooManyRequests, RequestTooLarge */
  submit(command: Command, by: Principal | undefined, waiter: Waiter): void {
    this.#life.mustRun();
    const behind = this.#node.committed - this.#applied.index > APPLY_GAP_MAX;
    if (behind || this.#proposals.size >= pendingMax) throw EtcdError.of("TooManyRequests");
    const id = this.#ids.next();
    const data = encodeCommand(id, command, by);
    if (data.length > this.#requestBytesMax) throw EtcdError.of("RequestTooLarge");
    const envelope: Envelope = { id, command, username: by?.username ?? "", authRevision: by?.authRevision ?? 0 };
    this.#proposals.add(id, data, envelope, waiter);
    this.#driver.propose(data);
  }

  /** As `submit`; resolves with what the applied entry answers. */
  propose<R>(command: Command, by?: Principal): Promise<R> {
    return promised((waiter) => this.submit(command, by, waiter));
  }

  /** Resolves with the members after the change. */
  proposeConfChange(change: Omit<ConfChange, "id">): Promise<readonly MemberInfo[]> {
    this.#life.mustRun();
    const full: ConfChange = { ...change, id: this.#ids.next() };
    const data = raftpb.encodeConfChange(full);
    return promised((waiter) => {
      this.#proposals.add(full.id, data, undefined, waiter);
      this.#driver.withNode((node) => {
        const refused = node.proposeConfChange(full);
        if (refused !== undefined) this.#logger.warn("configuration change was not proposed", { error: refused });
      });
    });
  }
}
