import { writeFileSync } from "node:fs";
import { messageOf } from "../../base/index.ts";
import { watchdogMs } from "./notifier.ts";
import { writeOrLose } from "./output.ts";
import { describeProcess, takeSignals } from "./signals.ts";

/** Go's exit code for a panic. */
const exitCodeOfPanic = 2;

/**
 * Makes this process behave as one of Go does, where Node has other defaults (docs/internals/defaults-process.md): signals, the
 * name that ps and killall know it by, faults that nobody caught, warnings of the run-time. Called by programs, never by a
 * member that runs inside somebody else's process.
 */
export function prepareProcess(name: string): void {
  const write = (text: string): void => writeOrLose(2, text);
  const watched = watchdogMs(process.env, process.pid) !== undefined;
  takeSignals({ watched, write, describe: describeProcess });
  nameProcess(name);
  const panic = (error: unknown): void => {
    const stack = error instanceof Error ? `\n\n${error.stack ?? ""}` : "";
    write(`panic: ${messageOf(error)}${stack}\n`);
    process.exit(exitCodeOfPanic);
  };
  process.on("uncaughtException", panic);
  // Deprecations and experiments of Node are for those who write this program; a server logs them for debugging.
  process.removeAllListeners("warning");
}

/** Linux keeps a short name beside the arguments, which stay. Elsewhere the process is called `node`. */
function nameProcess(name: string): void {
  try {
    writeFileSync("/proc/self/comm", name);
  } catch {
    // No /proc.
  }
}
