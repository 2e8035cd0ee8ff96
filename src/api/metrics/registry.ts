import {
  assert,
  type Counter,
  type Gauge,
  type Histogram,
  type HistogramDefinition,
  type MetricDefinition,
  type Metrics,
} from "../../base/index.ts";
import { escapeHelp, formatLabels, formatNumber } from "./format.ts";

/**
 * Series that one family may have. A label that takes its values from outside (a peer's id, a method's name) must not grow without end; what comes
 * beyond is counted in `quorate_metrics_series_dropped_total` and otherwise lost.
 */
export const SERIES_MAX = 4096;

/** Readers of one counter kept apart; older ones are folded into their sum. */
const READERS_MAX = 16;

type FamilyType = "counter" | "gauge" | "histogram" | "summary";

/** A summary's state when it is read: quantile and value in pairs. */
export interface SummaryReading {
  quantiles: readonly (readonly [quantile: number, value: number])[];
  sum: number;
  count: number;
}

/** One line or, for histograms, some lines of a family. */
interface Series {
  /** Label values in order of the sorted label names: what series are sorted by. */
  readonly sortKey: readonly string[];
  lines(name: string): string;
}

/**
 * Holds every metric of a member and prints them. Declaring the same metric twice gives the same one, so that two parts may share it; declaring the
 * name with another type, other labels or other buckets is a bug.
 */
export class Registry implements Metrics {
  readonly #families = new Map<string, Family>();
  readonly #before: (() => void)[] = [];
  readonly #dropped: CounterSeries;

  constructor() {
    const family = this.#family("counter", {
      name: "quorate_metrics_series_dropped_total",
      help: "Label combinations refused because their metric has too many.",
    });
    this.#dropped = family.only(() => new CounterSeries("", [])) as CounterSeries;
  }

  counter(definition: MetricDefinition): Counter {
    const family = this.#family("counter", definition);
    return family.handle((labels, key) => new CounterSeries(labels, key), CounterParent) as Counter;
  }

  gauge(definition: MetricDefinition): Gauge {
    const family = this.#family("gauge", definition);
    return family.handle((labels, key) => new GaugeSeries(labels, key), GaugeParent) as Gauge;
  }

  histogram(definition: HistogramDefinition): Histogram {
    const bounds = Float64Array.from(definition.buckets);
    for (let i = 1; i < bounds.length; i++) assert(bounds[i]! > bounds[i - 1]!, "histogram buckets must ascend");
    const family = this.#family("histogram", definition, bounds.join());
    const names = [...bounds, Number.POSITIVE_INFINITY].map(formatNumber);
    return family.handle(
      (labels, key) => new HistogramSeries(labels, key, bounds, names),
      HistogramParent,
    ) as Histogram;
  }

  /** A gauge that is read when it is scraped. Declared again, the new reader takes the old one's place: its owner was replaced. */
  gaugeFrom(definition: MetricDefinition, read: () => number): void {
    const series = this.#reader("gauge", definition);
    series.readers = [read];
  }

  /** A counter that is read when it is scraped. Declared again, readers add up, so that it never steps back. */
  counterFrom(definition: MetricDefinition, read: () => number): void {
    const series = this.#reader("counter", definition);
    if (series.readers.length >= READERS_MAX) series.settled += series.readers.shift()!();
    series.readers.push(read);
  }

  /** A summary that is read when it is scraped. */
  summaryFrom(definition: MetricDefinition, read: () => SummaryReading): void {
    const family = this.#family("summary", definition);
    family.series.set("", new SummarySeries(read));
  }

  /** Runs `run` before each scrape: for readers that share something costly to find out. */
  beforeScrape(run: () => void): void {
    this.#before.push(run);
  }

  /** Everything in the text format: families by name, series by label values. Families without series are left out. */
  text(): string {
    for (const run of this.#before) run();
    let out = "";
    for (const name of [...this.#families.keys()].sort()) out += this.#families.get(name)!.text();
    return out;
  }

  /** The value of a counter or gauge, the count of a histogram; undefined when there is no such series. For tests and /debug/vars. */
  read(name: string, ...labelValues: string[]): number | undefined {
    const series = this.#families.get(name)?.series.get(labelValues.join(SEPARATOR));
    if (series instanceof CounterSeries || series instanceof GaugeSeries) return series.value;
    if (series instanceof ReaderSeries) return series.read();
    if (series instanceof HistogramSeries) return series.count;
    return undefined;
  }

  #reader(type: "counter" | "gauge", definition: MetricDefinition): ReaderSeries {
    assert((definition.labels ?? []).length === 0, "a metric with a reader has no labels");
    const family = this.#family(type, definition);
    const series = family.only(() => new ReaderSeries());
    assert(series instanceof ReaderSeries, "a metric is either read or written");
    return series;
  }

  #family(type: FamilyType, definition: MetricDefinition, shape = ""): Family {
    const { name, help, labels = [] } = definition;
    const known = this.#families.get(name);
    if (known !== undefined) {
      assert(known.type === type && known.shape === shape, "a metric is declared twice with different types");
      assert(known.labels.join() === labels.join(), "a metric is declared twice with different labels");
      return known;
    }
    assert(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name), "a metric's name has characters that no metric's name has");
    for (const label of labels)
      assert(
        /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) && label !== "le" && label !== "quantile",
        "a label's name is not allowed",
      );
    const family = new Family(name, help, type, labels, shape, () => this.#dropped.inc());
    this.#families.set(name, family);
    return family;
  }
}

/** Joins label values to a key; no valid UTF-8 text holds it. */
const SEPARATOR = "\ud800";

type Make = (labels: string, sortKey: readonly string[]) => Series;

/** All series of one name. */
class Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly labels: readonly string[];
  /** A histogram's buckets, to tell two declarations apart. */
  readonly shape: string;
  readonly series = new Map<string, Series>();
  readonly #sorted: readonly number[];
  readonly #onDrop: () => void;
  #handle: unknown;

  constructor(
    name: string,
    help: string,
    type: FamilyType,
    labels: readonly string[],
    shape: string,
    onDrop: () => void,
  ) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.labels = labels;
    this.shape = shape;
    this.#onDrop = onDrop;
    this.#sorted = labels.map((_, i) => i).sort((a, b) => (labels[a]! < labels[b]! ? -1 : 1));
  }

  /** What the declarer gets: the one series, or the parent of all when there are labels. */
  handle(make: Make, Parent: new (family: Family, make: Make) => unknown): unknown {
    this.#handle ??= this.labels.length === 0 ? this.only(() => make("", [])) : new Parent(this, make);
    assert(!(this.#handle instanceof ReaderSeries), "a metric is either read or written");
    return this.#handle;
  }

  /** The series of a family without labels. */
  only(make: () => Series): Series {
    let series = this.series.get("");
    if (series === undefined) {
      series = make();
      this.series.set("", series);
    }
    return series;
  }

  /** The series of these label values. Beyond the bound, one that is printed nowhere. */
  at(values: readonly string[], make: Make): Series {
    assert(values.length === this.labels.length, "a metric takes one value for each of its labels");
    const key = values.join(SEPARATOR);
    let series = this.series.get(key);
    if (series === undefined) {
      series = make(
        formatLabels(this.labels, values),
        this.#sorted.map((i) => values[i]!),
      );
      if (this.series.size < SERIES_MAX) this.series.set(key, series);
      else this.#onDrop();
    }
    return series;
  }

  remove(values: readonly string[]): void {
    this.series.delete(values.join(SEPARATOR));
  }

  text(): string {
    if (this.series.size === 0) return "";
    let out = `# HELP ${this.name} ${escapeHelp(this.help)}\n# TYPE ${this.name} ${this.type}\n`;
    const all = [...this.series.values()];
    if (all.length > 1) all.sort(bySortKey);
    for (const series of all) out += series.lines(this.name);
    return out;
  }
}

function bySortKey(a: Series, b: Series): number {
  for (let i = 0; i < a.sortKey.length; i++) {
    const x = a.sortKey[i]!;
    const y = b.sortKey[i]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function line(name: string, labels: string, value: number): string {
  return labels === "" ? `${name} ${formatNumber(value)}\n` : `${name}{${labels}} ${formatNumber(value)}\n`;
}

class CounterSeries implements Counter, Series {
  readonly sortKey: readonly string[];
  readonly #labels: string;
  value = 0;

  constructor(labels: string, sortKey: readonly string[]) {
    this.#labels = labels;
    this.sortKey = sortKey;
  }

  inc(by = 1): void {
    assert(by >= 0, "a counter only grows");
    this.value += by;
  }

  with(): Counter {
    assert(false, "the metric has no labels left to fill");
  }

  lines(name: string): string {
    return line(name, this.#labels, this.value);
  }
}

class GaugeSeries implements Gauge, Series {
  readonly sortKey: readonly string[];
  readonly #labels: string;
  value = 0;

  constructor(labels: string, sortKey: readonly string[]) {
    this.#labels = labels;
    this.sortKey = sortKey;
  }

  set(value: number): void {
    this.value = value;
  }

  inc(by = 1): void {
    this.value += by;
  }

  dec(by = 1): void {
    this.value -= by;
  }

  with(): Gauge {
    assert(false, "the metric has no labels left to fill");
  }

  remove(): void {
    assert(false, "the metric has no labels");
  }

  lines(name: string): string {
    return line(name, this.#labels, this.value);
  }
}

class HistogramSeries implements Histogram, Series {
  readonly sortKey: readonly string[];
  readonly #labels: string;
  /** Upper bounds, inclusive, ascending; the last bucket, +Inf, has none. */
  readonly #bounds: Float64Array;
  /** The bounds as they are printed, "+Inf" last. */
  readonly #names: readonly string[];
  /** Observations per bucket, not cumulated: one write per observation. */
  readonly #counts: Float64Array;
  #sum = 0;
  count = 0;

  constructor(labels: string, sortKey: readonly string[], bounds: Float64Array, names: readonly string[]) {
    this.#labels = labels;
    this.sortKey = sortKey;
    this.#bounds = bounds;
    this.#names = names;
    this.#counts = new Float64Array(names.length);
  }

  observe(value: number, times = 1): void {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    this.#counts[low]! += times;
    this.#sum += value * times;
    this.count += times;
  }

  with(): Histogram {
    assert(false, "the metric has no labels left to fill");
  }

  lines(name: string): string {
    const before = this.#labels === "" ? "" : `${this.#labels},`;
    let out = "";
    let total = 0;
    for (let i = 0; i < this.#names.length; i++) {
      total += this.#counts[i]!;
      out += `${name}_bucket{${before}le="${this.#names[i]}"} ${formatNumber(total)}\n`;
    }
    return out + line(`${name}_sum`, this.#labels, this.#sum) + line(`${name}_count`, this.#labels, this.count);
  }
}

/** A counter or gauge whose value lies with its owner. */
class ReaderSeries implements Series {
  readonly sortKey: readonly string[] = [];
  readers: (() => number)[] = [];
  /** What readers that were folded away had counted. */
  settled = 0;

  read(): number {
    let value = this.settled;
    for (const read of this.readers) value += read();
    return value;
  }

  lines(name: string): string {
    return line(name, "", this.read());
  }
}

class SummarySeries implements Series {
  readonly sortKey: readonly string[] = [];
  readonly #read: () => SummaryReading;

  constructor(read: () => SummaryReading) {
    this.#read = read;
  }

  lines(name: string): string {
    const { quantiles, sum, count } = this.#read();
    let out = "";
    for (const [quantile, value] of quantiles) out += line(name, `quantile="${formatNumber(quantile)}"`, value);
    return out + line(`${name}_sum`, "", sum) + line(`${name}_count`, "", count);
  }
}

/** What a metric with labels is until they are filled: only `with` means something. */
class Parent {
  readonly family: Family;
  readonly make: Make;

  constructor(family: Family, make: Make) {
    this.family = family;
    this.make = make;
  }

  protected unfilled(): never {
    assert(false, "the metric's labels must be filled first");
  }
}

class CounterParent extends Parent implements Counter {
  inc(): void {
    this.unfilled();
  }

  with(...labelValues: string[]): Counter {
    return this.family.at(labelValues, this.make) as CounterSeries;
  }
}

class GaugeParent extends Parent implements Gauge {
  set(): void {
    this.unfilled();
  }

  inc(): void {
    this.unfilled();
  }

  dec(): void {
    this.unfilled();
  }

  with(...labelValues: string[]): Gauge {
    return this.family.at(labelValues, this.make) as GaugeSeries;
  }

  remove(...labelValues: string[]): void {
    this.family.remove(labelValues);
  }
}

class HistogramParent extends Parent implements Histogram {
  observe(): void {
    this.unfilled();
  }

  with(...labelValues: string[]): Histogram {
    return this.family.at(labelValues, this.make) as HistogramSeries;
  }
}
