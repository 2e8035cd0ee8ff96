/**
 * Signals as a program of Go takes them, since scripts and service managers were written for one. Those that Go ignores are taken by
 * bin/launch.cjs before anything is loaded. docs/internals/defaults-process.md has the whole table.
 */

/**
 * Go ends with 2 at these and says what the process was doing. The others of that kind (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
 * SIGSYS) stay with the system: a fault of the machine raises them, too, and JavaScript must not run after one.
 */
const dumping: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGQUIT: "quit",
  SIGABRT: "abort",
  SIGSTKFLT: "stack fault",
};

const exitCodeOfDump = 2;

/** The part of `process` that this room needs; tests give their own. */
export interface SignalHost {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

export interface SignalOptions {
  /** Whether a service manager ends this process with SIGABRT when its loop hangs. */
  readonly watched: boolean;
  /** Takes the lines of a dump. */
  readonly write: (text: string) => void;
  /** What the process was doing, for a dump. */
  readonly describe: () => string;
}

/**
 * Takes the signals that end a program of Go with a dump. With a watchdog SIGABRT keeps its default: it has to end a process whose
 * loop hangs, where no listener runs. SIGINT and SIGTERM end a process by default, in Go as in Node; a server adds listeners.
 */
export function takeSignals(options: SignalOptions, host: SignalHost = process): void {
  for (const [signal, words] of Object.entries(dumping) as [NodeJS.Signals, string][]) {
    if (signal === "SIGABRT" && options.watched) continue;
    host.on(signal, () => {
      options.write(`${signal}: ${words}\n\n${options.describe()}`);
      host.exit(exitCodeOfDump);
    });
  }
}

/**
 * Ends the process by `signal`, so that its parent sees the signal as the reason. The kernel does not kill the first process of a
 * container this way: that one exits with 128 plus the signal's number.
 */
export function dieOf(signal: NodeJS.Signals, number: number): never {
  // Node ignores SIGPIPE; the default comes back when the last listener leaves.
  process.on(signal, () => {});
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(128 + number);
}

/** What this process is busy with: the things its event loop waits for, and how much it uses. */
export function describeProcess(): string {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const waits = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `\t${kind}: ${count}`);
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { utilization } = performance.eventLoopUtilization();
  const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return [
    `node ${process.version}, pid ${process.pid}, up ${process.uptime().toFixed(1)} s`,
    `event loop: busy ${(100 * utilization).toFixed(1)} % of the time, waits for:`,
    ...waits,
    `memory: resident ${mb(rss)}, heap ${mb(heapUsed)} of ${mb(heapTotal)}, external ${mb(external)}`,
    "",
  ].join("\n");
}
