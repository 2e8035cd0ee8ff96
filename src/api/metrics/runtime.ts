import type { Registry, SummaryReading } from "./registry.ts";

/** What the platform tells about the process; `node` fills it in. A figure that the platform does not have is undefined and not shown. */
export interface RuntimeStats {
  /** Version of the JavaScript runtime, as `go_info` shows it: "node20.20.2". */
  readonly version: string;
  readonly heapUsedBytes: number;
  /** Heap obtained from the system. */
  readonly heapTotalBytes: number;
  /** Heap size that the next full collection aims to stay below. */
  readonly heapLimitBytes: number;
  /** Memory outside the heap that objects hold: buffers. */
  readonly externalBytes: number;
  readonly residentBytes: number;
  /** Threads of the process. */
  readonly threads: number;
  /** Things the event loop waits for: what comes closest to goroutines. */
  readonly activeHandles: number;
  /** Processors that may run us. */
  readonly processors: number;
  readonly cpuSeconds: number;
  /** Seconds since the Unix epoch. */
  readonly startTimeSeconds: number;
  readonly openFiles: number | undefined;
  readonly maxFiles: number | undefined;
  readonly virtualBytes: number | undefined;
  readonly virtualMaxBytes: number | undefined;
  readonly networkReceivedBytes: number | undefined;
  readonly networkSentBytes: number | undefined;
}

/**
 * The last pauses of garbage collection. Fed by whoever hears of them; keeps 256, as Go's runtime does, and the sums of all.
 */
export class GcPauses {
  readonly #last = new Float64Array(256);
  #count = 0;
  #sum = 0;
  #lastAtSeconds = 0;

  /** @param atSeconds when it ended, seconds since the Unix epoch */
  observe(seconds: number, atSeconds: number): void {
    this.#last[this.#count % this.#last.length] = seconds;
    this.#count++;
    this.#sum += seconds;
    this.#lastAtSeconds = atSeconds;
  }

  get lastAtSeconds(): number {
    return this.#lastAtSeconds;
  }

  reading(): SummaryReading {
    const kept = this.#last.slice(0, Math.min(this.#count, this.#last.length)).sort();
    const at = (quantile: number): number => kept[Math.floor((kept.length - 1) * quantile)] ?? 0;
    return {
      quantiles: [0, 0.25, 0.5, 0.75, 1].map((q) => [q, at(q)] as const),
      sum: this.#sum,
      count: this.#count,
    };
  }
}

/**
 * Declares the names that dashboards written for a Go program ask for: `go_*`, `process_*` and etcd's `os_fd_*`. Where JavaScript has a counterpart its
 * value is shown, where it has none (spans, mcaches, the profiler's table) the value is 0: the name must exist, and 0 is the truth.
 * `read` is called once per scrape.
 */
export function runtimeMetrics(registry: Registry, pauses: GcPauses, read: () => RuntimeStats): void {
  let stats = read();
  // The runtime does not count what it freed; growth seen from scrape to scrape is a counter all the same, and never too high.
  let allocated = stats.heapUsedBytes;
  registry.beforeScrape(() => {
    const before = stats.heapUsedBytes;
    stats = read();
    allocated += Math.max(0, stats.heapUsedBytes - before);
  });
  const gauge = (name: string, help: string, value: (s: RuntimeStats) => number): void =>
    registry.gaugeFrom({ name, help }, () => value(stats));
  const counter = (name: string, help: string, value: (s: RuntimeStats) => number): void =>
    registry.counterFrom({ name, help }, () => value(stats));
  const none = "Has no counterpart in this runtime; always 0.";
  const zero = (name: string): void => gauge(name, none, () => 0);

  registry.summaryFrom(
    { name: "go_gc_duration_seconds", help: "Pauses of garbage collection: the last 256, and the sum of all." },
    () => pauses.reading(),
  );
  registry
    .gauge({ name: "go_info", help: "1 for the runtime that runs us.", labels: ["version"] })
    .with(stats.version)
    .set(1);
  gauge("go_gc_gogc_percent", "Go's target for heap growth; fixed, this runtime sets its own.", () => 100);
  gauge("go_gc_gomemlimit_bytes", "Heap size that may not be passed.", (s) => s.heapLimitBytes);
  gauge("go_goroutines", "Things that the event loop waits for.", (s) => s.activeHandles);
  gauge("go_threads", "Threads of the process.", (s) => s.threads);
  gauge("go_sched_gomaxprocs_threads", "Processors that may run the process.", (s) => s.processors);

  gauge("go_memstats_alloc_bytes", "Heap in use.", (s) => s.heapUsedBytes);
  counter("go_memstats_alloc_bytes_total", "Heap growth seen between scrapes.", () => allocated);
  gauge("go_memstats_heap_alloc_bytes", "Heap in use.", (s) => s.heapUsedBytes);
  gauge("go_memstats_heap_inuse_bytes", "Heap in use.", (s) => s.heapUsedBytes);
  gauge("go_memstats_heap_idle_bytes", "Heap obtained and not in use.", (s) => s.heapTotalBytes - s.heapUsedBytes);
  gauge("go_memstats_heap_sys_bytes", "Heap obtained from the system.", (s) => s.heapTotalBytes);
  gauge("go_memstats_next_gc_bytes", "Heap size that may not be passed.", (s) => s.heapLimitBytes);
  gauge(
    "go_memstats_last_gc_time_seconds",
    "When the last collection ended, since the epoch.",
    () => pauses.lastAtSeconds,
  );
  gauge("go_memstats_other_sys_bytes", "Memory of buffers, outside the heap.", (s) => s.externalBytes);
  gauge(
    "go_memstats_sys_bytes",
    "Memory obtained from the system: heap and buffers.",
    (s) => s.heapTotalBytes + s.externalBytes,
  );
  for (const name of ["heap_objects", "heap_released_bytes", "buck_hash_sys_bytes", "gc_sys_bytes"])
    zero(`go_memstats_${name}`);
  for (const name of ["mcache_inuse", "mcache_sys", "mspan_inuse", "mspan_sys", "stack_inuse", "stack_sys"])
    zero(`go_memstats_${name}_bytes`);
  counter("go_memstats_frees_total", none, () => 0);
  counter("go_memstats_mallocs_total", none, () => 0);

  counter("process_cpu_seconds_total", "Processor time spent, user and system.", (s) => s.cpuSeconds);
  gauge("process_resident_memory_bytes", "Memory that is resident.", (s) => s.residentBytes);
  gauge("process_start_time_seconds", "When the process began, since the epoch.", (s) => s.startTimeSeconds);
  if (stats.openFiles !== undefined) {
    gauge("process_open_fds", "Open file descriptors.", (s) => s.openFiles ?? 0);
    gauge("os_fd_used", "Open file descriptors.", (s) => s.openFiles ?? 0);
  }
  if (stats.maxFiles !== undefined) {
    gauge("process_max_fds", "File descriptors that may be open.", (s) => s.maxFiles ?? 0);
    gauge("os_fd_limit", "File descriptors that may be open.", (s) => s.maxFiles ?? 0);
  }
  if (stats.virtualBytes !== undefined)
    gauge("process_virtual_memory_bytes", "Address space in use.", (s) => s.virtualBytes ?? 0);
  if (stats.virtualMaxBytes !== undefined)
    gauge("process_virtual_memory_max_bytes", "Address space that may be used.", (s) => s.virtualMaxBytes ?? 0);
  if (stats.networkReceivedBytes !== undefined)
    counter("process_network_receive_bytes_total", "Bytes received.", (s) => s.networkReceivedBytes ?? 0);
  if (stats.networkSentBytes !== undefined)
    counter("process_network_transmit_bytes_total", "Bytes sent.", (s) => s.networkSentBytes ?? 0);
}

/** Counts scrapes as Go's handler does; the scrape that is being answered is in flight and not yet counted. */
export class Scraper {
  readonly #registry: Registry;
  readonly #ok: { inc(): void };
  readonly #failed: { inc(): void };
  readonly #inFlight: { inc(): void; dec(): void };

  constructor(registry: Registry) {
    this.#registry = registry;
    const total = registry.counter({
      name: "promhttp_metric_handler_requests_total",
      help: "Scrapes by HTTP status.",
      labels: ["code"],
    });
    this.#ok = total.with("200");
    this.#failed = total.with("500");
    total.with("503");
    this.#inFlight = registry.gauge({
      name: "promhttp_metric_handler_requests_in_flight",
      help: "Scrapes being answered.",
    });
  }

  /** The text of one scrape. A reader that fails is counted and thrown on. */
  scrape(): string {
    this.#inFlight.inc();
    try {
      const text = this.#registry.text();
      this.#ok.inc();
      return text;
    } catch (error) {
      this.#failed.inc();
      throw error;
    } finally {
      this.#inFlight.dec();
    }
  }
}
