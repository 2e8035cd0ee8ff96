import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exponentialBuckets, InvariantError } from "../../base/index.ts";
import { formatNumber } from "./format.ts";
import { GcPauses, Registry, type RuntimeStats, runtimeMetrics, Scraper, SERIES_MAX } from "./index.ts";

interface Sample {
  name: string;
  labels: [string, string][];
  value: number;
}

interface Parsed {
  type: string;
  help: string;
  samples: Sample[];
}

/** Reads the text format and refuses everything that its definition does not allow. Families in order of appearance. */
function parse(text: string): Map<string, Parsed> {
  const families = new Map<string, Parsed>();
  let current: [string, Parsed] | undefined;
  let help: [string, string] | undefined;
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s.exec(line);
    if (comment?.[1] === "HELP") {
      expect(comment[3]).toMatch(/^(?:[^\\]|\\\\|\\n)*$/);
      help = [comment[2]!, comment[3]!.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c))];
      continue;
    }
    if (comment?.[1] === "TYPE") {
      expect(help?.[0], "HELP stands before TYPE").toBe(comment[2]);
      expect(["counter", "gauge", "histogram", "summary"]).toContain(comment[3]);
      expect(families.has(comment[2]!), "each family once").toBe(false);
      current = [comment[2]!, { type: comment[3]!, help: help![1], samples: [] }];
      families.set(...current);
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line);
    expect(sample, line).not.toBeNull();
    const [, name, inside, number] = sample!;
    expect(current, "samples stand under their TYPE").toBeDefined();
    const [family, parsed] = current!;
    const suffixes = {
      counter: [""],
      gauge: [""],
      histogram: ["_bucket", "_sum", "_count"],
      summary: ["", "_sum", "_count"],
    }[parsed.type]!;
    expect(suffixes.map((s) => family + s)).toContain(name);
    const labels: [string, string][] = [];
    let rest = inside ?? "";
    while (rest !== "") {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,(?=.)|$)/s.exec(rest);
      expect(label, line).not.toBeNull();
      labels.push([label![1]!, label![2]!.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c))]);
      rest = rest.slice(label![0].length);
    }
    expect(new Set(labels.map(([n]) => n)).size).toBe(labels.length);
    expect(number).toMatch(/^(?:NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]\d{2,})?)$/);
    const value = number === "NaN" ? Number.NaN : Number(number!.replace("Inf", "Infinity"));
    parsed.samples.push({ name: name!, labels, value });
  }
  const names = [...families.keys()];
  expect(names).toEqual([...names].sort());
  return families;
}

describe("numbers print as Go's client prints them", () => {
  test.each([
    [0, "0"],
    [1, "1"],
    [-1, "-1"],
    [0.001, "0.001"],
    [8.192, "8.192"],
    [3.8811e-5, "3.8811e-05"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [0.000109082, "0.000109082"],
    [999_999, "999999"],
    [1_000_000, "1e+06"],
    [4_488_680, "4.48868e+06"],
    [123_456.5, "123456.5"],
    [1_234_567.5, "1.2345675e+06"],
    [2 ** 63, "9.223372036854776e+18"],
    [2 ** 64, "1.8446744073709552e+19"],
    [1e100, "1e+100"],
    [-2.5e-7, "-2.5e-07"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
  ])("%d", (value, text) => expect(formatNumber(value)).toBe(text));

  test("and read back the same", () => {
    fc.assert(fc.property(fc.double({ noNaN: true }), (x) => Number(formatNumber(x).replace("Inf", "Infinity")) === x));
  });
});

describe("the text", () => {
  test("is this, to the letter", () => {
    const registry = new Registry();
    registry.gauge({ name: "b_gauge", help: "A gauge." }).set(-2.5);
    registry.counter({ name: "a_total", help: "Back\\slash and\nnew line." }).inc(3);
    const byLabel = registry.counter({ name: "c_total", help: "With labels.", labels: ["zone", "Kind"] });
    byLabel.with("b", "x").inc();
    byLabel.with("a", "y").inc(2);
    byLabel.with("c", 'quote " slash \\ line\nend').inc(4);
    registry.gauge({ name: "never_shown", help: "No series.", labels: ["x"] });
    const seconds = registry.histogram({ name: "d_seconds", help: "Durations.", buckets: [0.1, 1], labels: ["op"] });
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.with("put").observe(value);
    registry.histogram({ name: "e_seconds", help: "Nothing observed.", buckets: [1] });
    registry.gaugeFrom({ name: "f", help: "Read." }, () => 42);
    registry.summaryFrom({ name: "g", help: "Summary." }, () => ({ quantiles: [[0.5, 2]], sum: 4, count: 2 }));
    expect(registry.text()).toBe(
      [
        "# HELP a_total Back\\\\slash and\\nnew line.",
        "# TYPE a_total counter",
        "a_total 3",
        "# HELP b_gauge A gauge.",
        "# TYPE b_gauge gauge",
        "b_gauge -2.5",
        "# HELP c_total With labels.",
        "# TYPE c_total counter",
        'c_total{Kind="quote \\" slash \\\\ line\\nend",zone="c"} 4',
        'c_total{Kind="x",zone="b"} 1',
        'c_total{Kind="y",zone="a"} 2',
        "# HELP d_seconds Durations.",
        "# TYPE d_seconds histogram",
        'd_seconds_bucket{op="put",le="0.1"} 2',
        'd_seconds_bucket{op="put",le="1"} 3',
        'd_seconds_bucket{op="put",le="+Inf"} 4',
        'd_seconds_sum{op="put"} 7.65',
        'd_seconds_count{op="put"} 4',
        "# HELP e_seconds Nothing observed.",
        "# TYPE e_seconds histogram",
        'e_seconds_bucket{le="1"} 0',
        'e_seconds_bucket{le="+Inf"} 0',
        "e_seconds_sum 0",
        "e_seconds_count 0",
        "# HELP f Read.",
        "# TYPE f gauge",
        "f 42",
        "# HELP g Summary.",
        "# TYPE g summary",
        'g{quantile="0.5"} 2',
        "g_sum 4",
        "g_count 2",
        "# HELP quorate_metrics_series_dropped_total Label combinations refused because their metric has too many.",
        "# TYPE quorate_metrics_series_dropped_total counter",
        "quorate_metrics_series_dropped_total 0",
        "",
      ].join("\n"),
    );
  });

  test("reads back whatever the labels hold", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string({ unit: "binary" }), fc.string()), { selector: (x) => x.join("\ud800") }),
        (all) => {
          const registry = new Registry();
          const counter = registry.counter({ name: "x_total", help: "h", labels: ["a", "b"] });
          for (const [i, values] of all.entries()) counter.with(...values).inc(i + 1);
          const samples = parse(registry.text()).get("x_total")?.samples ?? [];
          const got = samples.map((s) => JSON.stringify([...s.labels.map(([, v]) => v), s.value])).sort();
          expect(got).toEqual(all.map((values, i) => JSON.stringify([...values, i + 1])).sort());
        },
      ),
    );
  });

  test("a histogram agrees with counting by hand", () => {
    const buckets = exponentialBuckets(0.001, 2, 14);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.constantFrom(...buckets))),
        (values) => {
          const registry = new Registry();
          const histogram = registry.histogram({ name: "h", help: "h", buckets });
          for (const value of values) histogram.observe(value);
          const samples = parse(registry.text()).get("h")!.samples;
          const expected = [...buckets, Number.POSITIVE_INFINITY].map((le) => values.filter((v) => v <= le).length);
          expect(samples.slice(0, -2).map((s) => s.value)).toEqual(expected);
          expect(samples.at(-2)!.value).toBe(values.reduce((a, b) => a + b, 0));
          expect(samples.at(-1)!.value).toBe(values.length);
        },
      ),
    );
  });
});

describe("declaring", () => {
  test("twice gives the same metric; with another shape it is a bug", () => {
    const registry = new Registry();
    const definition = { name: "x_total", help: "h" };
    registry.counter(definition).inc();
    registry.counter(definition).inc();
    expect(registry.read("x_total")).toBe(2);
    expect(() => registry.gauge(definition)).toThrow(InvariantError);
    expect(() => registry.counter({ ...definition, labels: ["a"] })).toThrow(InvariantError);
    expect(() => registry.counterFrom(definition, () => 1)).toThrow(InvariantError);
    registry.histogram({ name: "h", help: "h", buckets: [1, 2] });
    expect(() => registry.histogram({ name: "h", help: "h", buckets: [1, 3] })).toThrow(InvariantError);
    expect(() => registry.histogram({ name: "i", help: "h", buckets: [2, 1] })).toThrow(InvariantError);
    expect(() => registry.counter({ name: "a-b", help: "h" })).toThrow(InvariantError);
    expect(() => registry.counter({ name: "ab", help: "h", labels: ["le"] })).toThrow(InvariantError);
  });

  test("labels must be filled, all of them, once", () => {
    const registry = new Registry();
    const counter = registry.counter({ name: "x_total", help: "h", labels: ["a", "b"] });
    expect(() => counter.inc()).toThrow(InvariantError);
    expect(() => counter.with("1")).toThrow(InvariantError);
    expect(() => counter.with("1", "2").with("3")).toThrow(InvariantError);
    expect(counter.with("1", "2")).toBe(counter.with("1", "2"));
    expect(() => counter.with("1", "2").inc(-1)).toThrow(InvariantError);
  });

  test("a gauge's series can go", () => {
    const registry = new Registry();
    const gauge = registry.gauge({ name: "x", help: "h", labels: ["a"] });
    gauge.with("1").set(5);
    gauge.with("2").set(6);
    gauge.remove("1");
    expect(registry.read("x", "1")).toBeUndefined();
    expect(parse(registry.text()).get("x")!.samples).toEqual([{ name: "x", labels: [["a", "2"]], value: 6 }]);
  });

  test("series are bounded; what is lost is counted", () => {
    const registry = new Registry();
    const counter = registry.counter({ name: "x_total", help: "h", labels: ["a"] });
    for (let i = 0; i < SERIES_MAX + 5; i++) counter.with(String(i)).inc();
    expect(parse(registry.text()).get("x_total")!.samples.length).toBe(SERIES_MAX);
    expect(registry.read("quorate_metrics_series_dropped_total")).toBe(5);
  });

  test("readers: a gauge's is replaced, a counter's add up, however many", () => {
    const registry = new Registry();
    for (let i = 1; i <= 100; i++) {
      registry.gaugeFrom({ name: "g", help: "h" }, () => i);
      registry.counterFrom({ name: "c_total", help: "h" }, () => i);
    }
    expect(registry.read("g")).toBe(100);
    expect(registry.read("c_total")).toBe(5050);
  });
});

describe("the process", () => {
  const stats: RuntimeStats = {
    version: "node20.20.2",
    heapUsedBytes: 5_000_000,
    heapTotalBytes: 8_000_000,
    heapLimitBytes: 2_000_000_000,
    externalBytes: 1_000_000,
    residentBytes: 60_000_000,
    threads: 11,
    activeHandles: 7,
    processors: 2,
    cpuSeconds: 1.5,
    startTimeSeconds: 1_700_000_000,
    openFiles: 20,
    maxFiles: 1024,
    virtualBytes: 1e9,
    virtualMaxBytes: 2 ** 64,
    networkReceivedBytes: undefined,
    networkSentBytes: undefined,
  };

  // What etcd's own e2e test TestNoMetricsMissing asks of the process and the handler.
  test("shows every name that etcd's tests ask for", () => {
    const registry = new Registry();
    let reads = 0;
    runtimeMetrics(registry, new GcPauses(), () => {
      reads++;
      return stats;
    });
    const families = parse(new Scraper(registry).scrape());
    expect(reads).toBe(2);
    const asked =
      `go_gc_duration_seconds go_gc_gogc_percent go_gc_gomemlimit_bytes go_goroutines go_info go_memstats_alloc_bytes
      go_memstats_alloc_bytes_total go_memstats_buck_hash_sys_bytes go_memstats_frees_total go_memstats_gc_sys_bytes
      go_memstats_heap_alloc_bytes go_memstats_heap_idle_bytes go_memstats_heap_inuse_bytes go_memstats_heap_objects
      go_memstats_heap_released_bytes go_memstats_heap_sys_bytes go_memstats_last_gc_time_seconds go_memstats_mallocs_total
      go_memstats_mcache_inuse_bytes go_memstats_mcache_sys_bytes go_memstats_mspan_inuse_bytes go_memstats_mspan_sys_bytes
      go_memstats_next_gc_bytes go_memstats_other_sys_bytes go_memstats_stack_inuse_bytes go_memstats_stack_sys_bytes
      go_memstats_sys_bytes go_sched_gomaxprocs_threads go_threads os_fd_limit os_fd_used
      promhttp_metric_handler_requests_in_flight promhttp_metric_handler_requests_total`.split(/\s+/);
    expect(asked.filter((name) => !families.has(name))).toEqual([]);
    expect(families.has("process_network_receive_bytes_total")).toBe(false);
    expect(families.get("go_info")!.samples[0]!.labels).toEqual([["version", "node20.20.2"]]);
  });

  test("a scrape sees itself in flight and is counted after", () => {
    const registry = new Registry();
    const scraper = new Scraper(registry);
    const value = (text: string, name: string) => parse(text).get(name)!.samples[0]!.value;
    const first = scraper.scrape();
    expect(value(first, "promhttp_metric_handler_requests_in_flight")).toBe(1);
    expect(value(first, "promhttp_metric_handler_requests_total")).toBe(0);
    expect(value(scraper.scrape(), "promhttp_metric_handler_requests_total")).toBe(1);
    registry.gaugeFrom({ name: "broken", help: "h" }, () => {
      throw new Error("gone");
    });
    expect(() => scraper.scrape()).toThrow("gone");
    expect(registry.read("promhttp_metric_handler_requests_total", "500")).toBe(1);
    expect(registry.read("promhttp_metric_handler_requests_in_flight")).toBe(0);
  });

  test("pauses: the quantiles of the last 256, the sum of all", () => {
    const pauses = new GcPauses();
    expect(pauses.reading().quantiles).toEqual([
      [0, 0],
      [0.25, 0],
      [0.5, 0],
      [0.75, 0],
      [1, 0],
    ]);
    for (let i = 1; i <= 300; i++) pauses.observe(i, 1000 + i);
    const { quantiles, sum, count } = pauses.reading();
    expect(quantiles).toEqual([
      [0, 45],
      [0.25, 108],
      [0.5, 172],
      [0.75, 236],
      [1, 300],
    ]);
    expect([sum, count, pauses.lastAtSeconds]).toEqual([45_150, 300, 1300]);
  });

  test("allocation only grows, whatever the heap does", () => {
    const registry = new Registry();
    let used = 100;
    runtimeMetrics(registry, new GcPauses(), () => ({ ...stats, heapUsedBytes: used }));
    const seen = [150, 80, 200].map((bytes) => {
      used = bytes;
      return parse(registry.text()).get("go_memstats_alloc_bytes_total")!.samples[0]!.value;
    });
    expect(seen).toEqual([150, 150, 270]);
  });
});
