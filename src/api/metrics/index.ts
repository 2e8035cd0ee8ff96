/** The registry that implements base's `Metrics`, its text format, and the metrics of the process itself. */
export { CONTENT_TYPE } from "./format.ts";
export { Registry, SERIES_MAX, type SummaryReading } from "./registry.ts";
export { GcPauses, type RuntimeStats, runtimeMetrics, Scraper } from "./runtime.ts";
