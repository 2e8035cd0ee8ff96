import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../../base/index.ts";
import { MemoryDisk } from "../../disk/index.ts";
import { beginStore } from "../open.ts";
import type { Store, StoreOptions } from "../types.ts";

/**
 * A store on a disk in memory, for tests: the real one. Unless an environment is given its clock stands still, so it
 * commits when asked, at 10000 operations or 16 MiB, and never by time.
 */
export function openMemoryStore(env: Env = stillEnv(), options: StoreOptions = {}): Store {
  return beginStore(new MemoryDisk(), "/db", options, env).store;
}

/** Timers that never fire, turns that end as soon as the code at hand has run. */
export function stillEnv(): Env {
  const time = new ManualTime();
  return {
    clock: time,
    scheduler: {
      after: (delayMs, run) => time.after(delayMs, run),
      every: (periodMs, run) => time.every(periodMs, run),
      endOfTurn: (run) => queueMicrotask(run),
    },
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
}
