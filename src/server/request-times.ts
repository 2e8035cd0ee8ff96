import { type Env, exponentialBuckets, type Histogram } from "../base/index.ts";

/** How long requests take that travel through the log, by kind: from the proposal to the answer. */
export class RequestTimes {
  readonly #seconds: Histogram;
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
  }

  /** `kind` as the log's field is called: `put`. */
  observe(kind: string, success: boolean, startedMs: number): void {
    const key = success ? kind : `${kind} failed`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#seconds.with(kind[0]!.toUpperCase() + kind.slice(1), String(success));
      this.#series.set(key, series);
    }
    series.observe((this.#clock.monotonicMs() - startedMs) / 1000);
  }
}
