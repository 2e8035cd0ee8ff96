import { type Env, isEtcdError, type Timer } from "../base/index.ts";

export type CompactionMode = "periodic" | "revision";

/** How the compactor reaches the member. */
export interface CompactorHooks {
  /** Current revision of the store. */
  revision(): number;
  /** Proposes a compaction; resolves once it is applied. */
  compact(revision: number): Promise<unknown>;
}

/** Compacts by itself. It starts paused; the leader's one is resumed, so that one member at a time does the work. */
export interface Compactor {
  pause(): void;
  resume(): void;
  /** Stops for good. A compaction under way goes on, unheard. */
  close(): void;
}

const HOUR_MS = 3_600_000;
const REVISION_PERIOD_MS = 300_000;
/** Revisions noted for each interval between two compactions, and attempts after a failed one. */
const STEPS_PER_INTERVAL = 10;

/**
 * @param retention milliseconds in mode `periodic`, revisions in mode `revision`; more than 0
 */
export function startCompactor(mode: CompactionMode, retention: number, hooks: CompactorHooks, env: Env): Compactor {
  return mode === "periodic"
    ? new PeriodicCompactor(retention, hooks, env)
    : new RevisionCompactor(retention, hooks, env);
}

/**
 * Keeps what was written in the last `period`. Ten times in each interval (the period, at most an hour) it notes the
 * revision; once the first period is over it compacts, every interval, to the revision noted one period ago. A step that fails is
 * tried again one tenth of an interval later.
 */
class PeriodicCompactor implements Compactor {
  readonly #periodMs: number;
  readonly #intervalMs: number;
  readonly #stepMs: number;
  readonly #hooks: CompactorHooks;
  readonly #env: Env;
  /** Noted revisions, oldest first: never more than fit into one period, so that the first one is a period old. */
  readonly #noted: number[] = [];
  readonly #notedMax: number;
  #lastMs: number;
  #last = 0;
  /** Whole period before the first compaction, one interval before each later one. */
  #waitMs: number;
  #paused = true;
  #closed = false;
  #timer: Timer;

  constructor(periodMs: number, hooks: CompactorHooks, env: Env) {
    this.#periodMs = periodMs;
    this.#intervalMs = Math.min(periodMs, HOUR_MS);
    this.#stepMs = this.#intervalMs / STEPS_PER_INTERVAL;
    this.#notedMax = Math.floor(periodMs / this.#stepMs) + 1;
    this.#hooks = hooks;
    this.#env = env;
    this.#waitMs = periodMs;
    this.#lastMs = env.clock.monotonicMs();
    this.#timer = this.#next();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
  }

  /** Notes the revision now and looks again one step later. */
  #next(): Timer {
    this.#noted.push(this.#hooks.revision());
    if (this.#noted.length > this.#notedMax) this.#noted.shift();
    return this.#env.scheduler.after(this.#stepMs, () => void this.#step());
  }

  async #step(): Promise<void> {
    if (!this.#paused) await this.#compact(this.#noted[0]!);
    if (!this.#closed) this.#timer = this.#next();
  }

  async #compact(revision: number): Promise<void> {
    const { clock, logger } = this.#env;
    if (clock.monotonicMs() - this.#lastMs < this.#waitMs || revision === this.#last) return;
    this.#waitMs = this.#intervalMs;
    const fields = { revision, "compact-period": `${this.#periodMs}ms` };
    logger.info("starting auto periodic compaction", fields);
    const started = clock.monotonicMs();
    const error = await attempt(this.#hooks, revision);
    if (error === undefined) {
      this.#last = revision;
      this.#lastMs = clock.monotonicMs();
      logger.info("completed auto periodic compaction", { ...fields, took: `${this.#lastMs - started}ms` });
    } else {
      logger.warn("failed auto periodic compaction", { ...fields, "retry-interval": `${this.#stepMs}ms`, error });
    }
  }
}

/** Keeps the last `retention` revisions: compacts every five minutes. */
class RevisionCompactor implements Compactor {
  readonly #retention: number;
  readonly #hooks: CompactorHooks;
  readonly #env: Env;
  #last = 0;
  #paused = true;
  #closed = false;
  #timer: Timer;

  constructor(retention: number, hooks: CompactorHooks, env: Env) {
    this.#retention = retention;
    this.#hooks = hooks;
    this.#env = env;
    this.#timer = this.#next();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#env.scheduler.after(REVISION_PERIOD_MS, () => void this.#step());
  }

  async #step(): Promise<void> {
    if (!this.#paused) await this.#compact(this.#hooks.revision() - this.#retention);
    if (!this.#closed) this.#timer = this.#next();
  }

  async #compact(revision: number): Promise<void> {
    if (revision <= 0 || revision === this.#last) return;
    const { clock, logger } = this.#env;
    const fields = { revision, "revision-compaction-retention": this.#retention };
    logger.info("starting auto revision compaction", fields);
    const started = clock.monotonicMs();
    const error = await attempt(this.#hooks, revision);
    if (error === undefined) {
      this.#last = revision;
      logger.info("completed auto revision compaction", { ...fields, took: `${clock.monotonicMs() - started}ms` });
    } else {
      logger.warn("failed auto revision compaction", {
        ...fields,
        "retry-interval": `${REVISION_PERIOD_MS}ms`,
        error,
      });
    }
  }
}

/** Undefined when done, also when somebody else had compacted that far already. */
async function attempt(hooks: CompactorHooks, revision: number): Promise<unknown> {
  try {
    await hooks.compact(revision);
    return undefined;
  } catch (error) {
    return isEtcdError(error, "Compacted") ? undefined : (error ?? new Error("compaction failed"));
  }
}
