import { randomFillSync } from "node:crypto";
import { type Env, type Logger, nullMetrics, silentLogger } from "../base/index.ts";

/** The process's clock, timers and chance, for a client that lives in somebody's program. */
export function clientEnv(logger: Logger = silentLogger): Env {
  const word = new Uint32Array(1);
  return {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    scheduler: {
      after(delayMs, run) {
        const timer = setTimeout(run, Math.min(delayMs, 0x7fff_ffff));
        // A connection keeps the process alive, its timers need not.
        timer.unref();
        return { cancel: () => clearTimeout(timer) };
      },
      every(periodMs, run) {
        const timer = setInterval(run, Math.min(periodMs, 0x7fff_ffff));
        timer.unref();
        return { cancel: () => clearInterval(timer) };
      },
      endOfTurn: (run) => {
        setImmediate(run);
      },
    },
    random: {
      uint32() {
        randomFillSync(word);
        return word[0]!;
      },
      fill: (into) => {
        randomFillSync(into);
      },
    },
    logger,
    metrics: nullMetrics,
  };
}
