/** What a metric is. Names are etcd's own; what etcd does not have is named `quorate_*`. */
export interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  /** Label names in the order in which `with` takes their values. */
  readonly labels?: readonly string[];
}

export interface HistogramDefinition extends MetricDefinition {
  /** Upper bounds, ascending, +Inf left out. */
  readonly buckets: readonly number[];
}

export interface Counter {
  inc(by?: number): void;
  /** The series of these label values; keep it when it is used often. */
  with(...labelValues: string[]): Counter;
}

export interface Gauge {
  set(value: number): void;
  inc(by?: number): void;
  dec(by?: number): void;
  with(...labelValues: string[]): Gauge;
  /** Drops the series of these label values. */
  remove(...labelValues: string[]): void;
}

export interface Histogram {
  /** `value` in the unit the name ends in, mostly seconds; `times` when it was the same so often. */
  observe(value: number, times?: number): void;
  with(...labelValues: string[]): Histogram;
}

/** Makes metrics. Each room declares its own; the registry in `api/metrics` collects and prints them. */
export interface Metrics {
  counter(definition: MetricDefinition): Counter;
  gauge(definition: MetricDefinition): Gauge;
  /** A gauge (or counter) read when it is scraped. */
  gaugeFrom(definition: MetricDefinition, read: () => number): void;
  counterFrom(definition: MetricDefinition, read: () => number): void;
  histogram(definition: HistogramDefinition): Histogram;
}

/** `count` bounds, each `factor` times the one before, from `start`: Prometheus' exponential buckets. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}

const nullCounter: Counter = { inc() {}, with: () => nullCounter };
const nullGauge: Gauge = { set() {}, inc() {}, dec() {}, with: () => nullGauge, remove() {} };
const nullHistogram: Histogram = { observe() {}, with: () => nullHistogram };

/** Counts nothing: for tests and tools. */
export const nullMetrics: Metrics = {
  counter: () => nullCounter,
  gauge: () => nullGauge,
  gaugeFrom() {},
  counterFrom() {},
  histogram: () => nullHistogram,
};
