import type { Metrics } from "../base/index.ts";
import { declareDatabaseMetrics } from "../server/index.ts";

/**
 * Metrics that etcd shows from its start and that stay at zero here: of parts that this server does not have (the store of API v2,
 * the proxy), or that have not happened yet. Dashboards and alerts ask for them by name, and absent is not zero to them.
 */
export function declareStillMetrics(metrics: Metrics, runtime: string): void {
  for (const [name, help] of counters) metrics.counterFrom({ name, help }, zero);
  for (const [name, help] of gauges) metrics.gaugeFrom({ name, help }, zero);
  declareDatabaseMetrics(metrics);
  metrics
    .gauge({
      name: "etcd_server_go_version",
      help: "Which runtime the server runs on, in the place where etcd tells Go's version.",
      labels: ["server_go_version"],
    })
    .with(runtime)
    .set(1);
}

const zero = () => 0;

const counters = [
  ["etcd_debugging_store_expires_total", "Total number of expired keys."],
  ["etcd_debugging_store_watch_requests_total", "Total number of incoming watch requests (new or reestablished)."],
  ["etcd_grpc_proxy_events_coalescing_total", "Total number of events coalescing"],
  [
    "etcd_server_heartbeat_send_failures_total",
    "The total number of leader heartbeat send failures (likely overloaded from slow disk).",
  ],
] as const;

const gauges = [
  ["etcd_debugging_store_watchers", "Count of currently active watchers."],
  ["etcd_grpc_proxy_cache_hits_total", "Total number of cache hits"],
  ["etcd_grpc_proxy_cache_keys_total", "Total number of keys/ranges cached"],
  ["etcd_grpc_proxy_cache_misses_total", "Total number of cache misses"],
  ["etcd_grpc_proxy_watchers_coalescing_total", "Total number of current watchers coalescing"],
] as const;
