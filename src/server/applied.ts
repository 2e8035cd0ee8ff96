import { EtcdError, type Scheduler } from "../base/index.ts";
import { APPLY_TIMEOUT_MS } from "./timeouts.ts";

/** How far the log is in the state, and who waits for it to get further. */
export class Applied {
  /** Last entry whose effects are in the state. Grows by one with each applied entry, or to a snapshot's; never shrinks. */
  index: number;
  /** Term of that entry; goes out with it in snapshots. */
  term: number;
  /** Calls that wait for an entry to be applied; each has a time-out of its own. */
  readonly #waiters = new Set<() => void>();
  readonly #scheduler: Scheduler;

  constructor(index: number, term: number, scheduler: Scheduler) {
    this.index = index;
    this.term = term;
    this.#scheduler = scheduler;
  }

  /** Called after each batch of applied entries. */
  tell(): void {
    for (const look of this.#waiters) look();
  }

  /** Resolves once `index` is applied. @throws EtcdError TimeoutWaitAppliedIndex after a second */
  wait(index: number): Promise<void> {
    if (this.index >= index) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (error?: EtcdError): void => {
        timer.cancel();
        this.#waiters.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = this.#scheduler.after(APPLY_TIMEOUT_MS, () => end(EtcdError.of("TimeoutWaitAppliedIndex")));
      const look = (): void => {
        if (this.index >= index) end();
      };
      this.#waiters.add(look);
    });
  }
}
