import { type Env, exponentialBuckets, type Histogram } from "../base/index.ts";

/** How long requests take, by kind: from the member's door to the answer. */
export class RequestTimes {
  readonly #seconds: Histogram;
  readonly #ranges: Histogram;
  readonly #clock: Env["clock"];
  readonly #series = new Map<string, Histogram>();

  constructor(env: Env) {
    this.#clock = env.clock;
    this.#seconds = env.metrics.histogram({
      name: "etcd_server_request_duration_seconds",
      help: "Response latency distribution in seconds for each type.",
      labels: ["type", "success"],
      buckets: exponentialBuckets(0.001, 2, 14),
    });
    this.#ranges = env.metrics.histogram({
      name: "etcd_server_range_duration_seconds",
      help: "The latency distributions of txn.Range",
      labels: ["success"],
      buckets: exponentialBuckets(0.0001, 2, 20),
    });
  }

  now(): number {
    return this.#clock.monotonicMs();
  }

  /** `kind` as the log's field is called, `put`, or with a capital: `Range`. */
  observe(kind: string, success: boolean, startedMs: number): void {
    const key = success ? kind : `${kind} failed`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#seconds.with(kind[0]!.toUpperCase() + kind.slice(1), String(success));
      this.#series.set(key, series);
    }
    series.observe((this.now() - startedMs) / 1000);
  }

  /** Reads `read`'s keys; its time without the wait that made it linearizable is one figure, that with it another. */
  range<T>(startedMs: number, read: () => T): T {
    const readMs = this.now();
    let success = false;
    try {
      const answer = read();
      success = true;
      return answer;
    } finally {
      this.#ranges.with(String(success)).observe((this.now() - readMs) / 1000);
      this.observe("Range", success, startedMs);
    }
  }
}
