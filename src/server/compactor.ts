import { type Env, isEtcdError, type LogFields, type Timer } from "../base/index.ts";

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

/** What both modes do alike: look again and again, be paused, say what they try and what became of it. */
abstract class SteppingCompactor implements Compactor {
  readonly #mode: CompactionMode;
  readonly #stepMs: number;
  /** What the log lines of an attempt carry besides the revision. */
  readonly #fields: LogFields;
  readonly #hooks: CompactorHooks;
  protected readonly env: Env;
  /** Revision of the last compaction that was done. */
  protected last = 0;
  #paused = true;
  #closed = false;
  #timer: Timer | undefined;

  constructor(mode: CompactionMode, stepMs: number, fields: LogFields, hooks: CompactorHooks, env: Env) {
    this.#mode = mode;
    this.#stepMs = stepMs;
    this.#fields = fields;
    this.#hooks = hooks;
    this.env = env;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** Given the revision of now at the start of each step, paused or not. */
  protected abstract note(revision: number): void;

  /** Up to where to compact at the end of a step; undefined when there is no need. */
  protected abstract due(revision: number): number | undefined;

  protected abstract done(): void;

  /** Takes one step after the other until `close`. */
  protected next(): void {
    this.note(this.#hooks.revision());
    this.#timer = this.env.scheduler.after(this.#stepMs, () => void this.#step());
  }

  async #step(): Promise<void> {
    const revision = this.#paused ? undefined : this.due(this.#hooks.revision());
    if (revision !== undefined && revision !== this.last) await this.#compact(revision);
    if (!this.#closed) this.next();
  }

  async #compact(revision: number): Promise<void> {
    const { clock, logger } = this.env;
    const what = `auto ${this.#mode} compaction`;
    const fields = { revision, ...this.#fields };
    logger.info(`starting ${what}`, fields);
    const startedMs = clock.monotonicMs();
    const error = await attempt(this.#hooks, revision);
    if (error !== undefined) {
      logger.warn(`failed ${what}`, { ...fields, "retry-interval": `${this.#stepMs}ms`, error });
      return;
    }
    this.last = revision;
    this.done();
    logger.info(`completed ${what}`, { ...fields, took: `${clock.monotonicMs() - startedMs}ms` });
  }
}

/**
 * Keeps what was written in the last `period`. Ten times in each interval (the period, at most an hour) it notes the
 * revision; once the first period is over it compacts, every interval, to the revision noted one period ago. A step that fails is
 * tried again one tenth of an interval later.
 */
class PeriodicCompactor extends SteppingCompactor {
  readonly #intervalMs: number;
  /** Noted revisions, oldest first: never more than fit into one period, so that the first one is a period old. */
  readonly #noted: number[] = [];
  readonly #notedMax: number;
  #lastMs: number;
  /** Whole period before the first compaction, one interval before each later one. */
  #waitMs: number;

  constructor(periodMs: number, hooks: CompactorHooks, env: Env) {
    const intervalMs = Math.min(periodMs, HOUR_MS);
    const stepMs = intervalMs / STEPS_PER_INTERVAL;
    super("periodic", stepMs, { "compact-period": `${periodMs}ms` }, hooks, env);
    this.#intervalMs = intervalMs;
    this.#notedMax = Math.floor(periodMs / stepMs) + 1;
    this.#waitMs = periodMs;
    this.#lastMs = env.clock.monotonicMs();
    this.next();
  }

  protected override note(revision: number): void {
    this.#noted.push(revision);
    if (this.#noted.length > this.#notedMax) this.#noted.shift();
  }

  protected override due(): number | undefined {
    const revision = this.#noted[0]!;
    if (this.env.clock.monotonicMs() - this.#lastMs < this.#waitMs || revision === this.last) return undefined;
    this.#waitMs = this.#intervalMs;
    return revision;
  }

  protected override done(): void {
    this.#lastMs = this.env.clock.monotonicMs();
  }
}

/** Keeps the last `retention` revisions: compacts every five minutes. */
class RevisionCompactor extends SteppingCompactor {
  readonly #retention: number;

  constructor(retention: number, hooks: CompactorHooks, env: Env) {
    super("revision", REVISION_PERIOD_MS, { "revision-compaction-retention": retention }, hooks, env);
    this.#retention = retention;
    this.next();
  }

  protected override note(): void {}

  protected override due(revision: number): number | undefined {
    return revision > this.#retention ? revision - this.#retention : undefined;
  }

  protected override done(): void {}
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
