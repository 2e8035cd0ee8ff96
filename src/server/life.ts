import { EtcdError } from "../base/index.ts";

/** Whether a member still runs. Both ends are final. */
export class Life {
  /** It was told to stop. */
  stopped = false;
  /** Why it can no longer keep its promises; undefined while it can. */
  failure: unknown;

  get over(): boolean {
    return this.stopped || this.failure !== undefined;
  }

  /** @throws EtcdError Stopped */
  mustRun(): void {
    if (this.stopped || this.failure !== undefined) throw EtcdError.of("Stopped");
  }
}
