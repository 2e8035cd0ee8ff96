import type { MemberId } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { Core } from "./core.ts";

type Needs = Pick<Core, "memberId" | "env" | "state" | "proposer">;

/** Raises alarms of this member's own accord: what no client asked for but every member has to know. */
export class AlarmRaiser {
  readonly #core: Needs;

  constructor(core: Needs) {
    this.#core = core;
  }

  /** Resolves also when it could not be raised. */
  async noSpace(): Promise<void> {
    const { memberId, env, state } = this.#core;
    env.logger.warn("message exceeded backend quota; raising alarm", {
      "quota-size-bytes": state.quota.limitBytes,
      "db-size-bytes": state.store.size(),
    });
    await this.#raise(memberId, rpc.AlarmType.NOSPACE);
  }

  /** `id`: 0 = the whole cluster. */
  corrupt(id: MemberId): Promise<void> {
    return this.#raise(id, rpc.AlarmType.CORRUPT);
  }

  async #raise(memberID: MemberId, alarm: rpc.AlarmType): Promise<void> {
    try {
      await this.#core.proposer.propose({
        kind: "alarm",
        value: { action: rpc.AlarmAction.ACTIVATE, memberID, alarm },
      });
    } catch (error) {
      this.#core.env.logger.warn("failed to raise alarm", { error });
    }
  }
}
