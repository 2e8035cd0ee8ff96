import type { Clock, Scheduler } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Random } from "./random.ts";

/** All that a room may know of the world besides its disk and its network; handed down from `node` or `sim`. */
export interface Env {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
