import { randomFillSync } from "node:crypto";
import { type Env, type Logger, lineLogger, nullMetrics } from "../../base/index.ts";
import type { Io } from "../command/io.ts";

/** The process's clock and timers, for a tool that opens a member's files and ends. */
export function toolEnv(logger: Logger): Env {
  const word = new Uint32Array(1);
  return {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    scheduler: {
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
      every(periodMs, run) {
        const timer = setInterval(run, periodMs);
        timer.unref();
        return { cancel: () => clearInterval(timer) };
      },
      endOfTurn: (run) => {
        setImmediate(run);
      },
    },
    random: {
      uint32: () => randomFillSync(word)[0]!,
      fill: (into) => {
        randomFillSync(into);
      },
    },
    logger,
    metrics: nullMetrics,
  };
}

/** Lines on standard error in columns: time, level, where, what, facts. */
export function toolLogger(io: Io, where: string): Logger {
  return lineLogger((level, message, fields) => {
    const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const facts = Object.keys(fields).length === 0 ? "" : `\t${factsText(fields)}`;
    io.err(`${time}\t${level}\t${where}\t${message}${facts}\n`);
  });
}

/** JSON with a space behind each colon and comma, as zap's console prints it. */
function factsText(fields: object): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{${pairs.join(", ")}}`;
}
