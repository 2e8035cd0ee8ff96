import { performance } from "node:perf_hooks";
import { Latencies, type Summary } from "./latencies.ts";
import { type Usage, usageOfAll } from "./processes.ts";
import type { Progress } from "./progress.ts";

/** What one workload measured. */
export interface Measured {
  /** E.g. `put`, `txn-mixed read`. */
  readonly what: string;
  /** Operations done per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly errors: number;
  /** Text of the first error. */
  readonly error?: string | undefined;
  readonly latencyMs: Summary;
}

/** Costs of a whole run. */
export interface Costs {
  /** CPU seconds of the server, and what one core would have to give, in percent. */
  readonly serverCpuSeconds?: number | undefined;
  readonly serverCpuPercent?: number | undefined;
  readonly serverRssBytes?: number | undefined;
  readonly serverRssPeakBytes?: number | undefined;
  readonly generatorCpuPercent: number;
  /** The generator was busy nearly all the time: the server may be able to do more. */
  readonly generatorIsTheBottleneck: boolean;
}

/** Above this share of one core, the generator's own speed is what was measured. */
const generatorBusyPercent = 90;

/** Watches what server and generator use between its creation and `stop`. */
export class CostMeter {
  readonly #pids: readonly number[];
  readonly #server: Usage | undefined;
  readonly #own = process.cpuUsage();
  readonly #loop = performance.eventLoopUtilization();
  readonly #startMs = performance.now();

  /** `pids`: the server's processes, as far as they are known. */
  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#server = pids.length === 0 ? undefined : usageOfAll(pids);
  }

  stop(): Costs {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const own = process.cpuUsage(this.#own);
    const ownPercent = ((own.user + own.system) / 1e6 / seconds) * 100;
    // On a crowded machine the loop can be busy, that is, never waiting for the server, with less than a core of its own.
    const loopPercent = performance.eventLoopUtilization(this.#loop).utilization * 100;
    const now = this.#pids.length === 0 ? undefined : usageOfAll(this.#pids);
    const cpu = now === undefined || this.#server === undefined ? undefined : now.cpuSeconds - this.#server.cpuSeconds;
    return {
      serverCpuSeconds: cpu,
      serverCpuPercent: cpu === undefined ? undefined : (cpu / seconds) * 100,
      serverRssBytes: now?.rssBytes,
      serverRssPeakBytes: now?.rssPeakBytes,
      generatorCpuPercent: ownPercent,
      generatorIsTheBottleneck: ownPercent > generatorBusyPercent || loopPercent > 97,
    };
  }
}

export interface LoopOptions {
  readonly what: string;
  /** Requests that are under way at once, each its own caller. */
  readonly clients: number;
  /** Requests in all; or stop after `seconds`. */
  readonly total: number;
  readonly seconds: number;
  /** Requests a second over all clients; 0: as fast as they are answered. */
  readonly rate: number;
  readonly progress: Progress;
  /** Looked at before each request: true ends the run. */
  readonly over?: () => boolean;
  /** One request of one caller; `n` counts requests over all callers. */
  one(client: number, n: number): Promise<unknown>;
}

/** `clients` callers, each with one request at a time, until all was asked or time is up. */
export async function closedLoop(options: LoopOptions): Promise<Measured> {
  const { total, rate, progress } = options;
  const latencies = new Latencies();
  let asked = 0;
  let errors = 0;
  let error: string | undefined;
  const startMs = performance.now();
  const endMs = startMs + options.seconds * 1000;
  progress.start(options.what, total, options.seconds);
  const pace = rate > 0 ? new Pace(rate) : undefined;

  const caller = async (client: number): Promise<void> => {
    while (asked < total && options.over?.() !== true) {
      const n = asked++;
      if (pace !== undefined) await pace.turn(n);
      const before = performance.now();
      if (before >= endMs) return;
      try {
        await options.one(client, n);
        latencies.add(performance.now() - before);
      } catch (fault) {
        errors++;
        error ??= fault instanceof Error ? fault.message : String(fault);
        // A server that refuses everything must not make this spin.
        if (errors > 1000 && errors > latencies.count) return;
      }
      progress.step();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.clients, total) }, (_, i) => caller(i)));
  const seconds = (performance.now() - startMs) / 1000;
  progress.end();
  return {
    what: options.what,
    rate: latencies.count / seconds,
    seconds,
    errors,
    error,
    latencyMs: latencies.summary(),
  };
}

/** Lets the n-th request go at its time: n / rate after the first. */
class Pace {
  readonly #everyMs: number;
  readonly #startMs = performance.now();
  readonly #waiting: { atMs: number; go: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(rate: number) {
    this.#everyMs = 1000 / rate;
  }

  turn(n: number): Promise<void> | undefined {
    const atMs = this.#startMs + n * this.#everyMs;
    if (atMs <= performance.now()) return undefined;
    return new Promise((go) => {
      this.#waiting.push({ atMs, go });
      this.#timer ??= setTimeout(this.#release, Math.max(1, atMs - performance.now()));
    });
  }

  readonly #release = (): void => {
    const now = performance.now();
    this.#timer = undefined;
    while (this.#waiting.length > 0 && this.#waiting[0]!.atMs <= now) this.#waiting.shift()!.go();
    const next = this.#waiting[0];
    if (next !== undefined) this.#timer = setTimeout(this.#release, Math.max(1, next.atMs - now));
  };
}
