import { type Counter, exponentialBuckets, type Gauge, type Histogram, type Metrics } from "../../base/index.ts";
import type { State } from "./state.ts";

/** Counted in plain fields on the hot path, read when scraped. */
export class MvccStats {
  ranges = 0;
  puts = 0;
  deletes = 0;
  transactions = 0;
  putBytes = 0;
}

export interface MvccMetrics {
  readonly indexPauseMs: Histogram;
  readonly compactionPauseMs: Histogram;
  readonly compactionTotalMs: Histogram;
  readonly compactionLast: Gauge;
  readonly compactedKeys: Counter;
  readonly hashSeconds: Histogram;
}

/** etcd's metrics of the groups `etcd_mvcc` and `etcd_debugging_mvcc` that are about keys; sizes of the file are the store's. */
export function registerMvccMetrics(metrics: Metrics, stats: MvccStats, state: () => State): MvccMetrics {
  const counters: [string, string, () => number][] = [
    ["etcd_mvcc_range_total", "Total number of ranges seen by this member.", () => stats.ranges],
    ["etcd_mvcc_put_total", "Total number of puts seen by this member.", () => stats.puts],
    ["etcd_mvcc_delete_total", "Total number of deletes seen by this member.", () => stats.deletes],
    ["etcd_mvcc_txn_total", "Total number of txns seen by this member.", () => stats.transactions],
  ];
  counters.push(
    ["quorate_mvcc_kv_cache_hits_total", "KeyValues read without the store.", () => state().cache.hits],
    ["quorate_mvcc_kv_cache_misses_total", "KeyValues read from the store.", () => state().cache.misses],
  );
  for (const [name, help, read] of counters) metrics.counterFrom({ name, help }, read);
  const gauges: [string, string, () => number][] = [
    ["etcd_debugging_mvcc_keys_total", "Total number of keys.", () => state().index.live],
    ["etcd_debugging_mvcc_current_revision", "The current revision of store.", () => state().revision],
    [
      "etcd_debugging_mvcc_compact_revision",
      "The revision of the last compaction in store.",
      () => state().compactRevision,
    ],
    [
      "etcd_debugging_mvcc_total_put_size_in_bytes",
      "The total size of put kv pairs seen by this member.",
      () => stats.putBytes,
    ],
    ["quorate_mvcc_index_keys", "Keys in the index, deleted ones included.", () => state().index.size],
    ["quorate_mvcc_kv_cache_bytes", "Memory of KeyValues kept for reads.", () => state().cache.bytes],
    ["quorate_mvcc_index_revisions", "Revisions in the index.", () => state().index.revisions],
  ];
  for (const [name, help, read] of gauges) metrics.gaugeFrom({ name, help }, read);
  return {
    indexPauseMs: metrics.histogram({
      name: "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds",
      help: "Bucketed histogram of index compaction pause duration.",
      buckets: exponentialBuckets(0.5, 2, 14),
    }),
    compactionPauseMs: metrics.histogram({
      name: "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
      help: "Bucketed histogram of db compaction pause duration.",
      buckets: exponentialBuckets(1, 2, 13),
    }),
    compactionTotalMs: metrics.histogram({
      name: "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
      help: "Bucketed histogram of db compaction total duration.",
      buckets: exponentialBuckets(100, 2, 14),
    }),
    compactionLast: metrics.gauge({
      name: "etcd_debugging_mvcc_db_compaction_last",
      help: "The unix time of the last db compaction. Resets to 0 on start.",
    }),
    compactedKeys: metrics.counter({
      name: "etcd_debugging_mvcc_db_compaction_keys_total",
      help: "Total number of db keys compacted.",
    }),
    hashSeconds: metrics.histogram({
      name: "etcd_mvcc_hash_rev_duration_seconds",
      help: "The latency distribution of storage hash by revision operation.",
      buckets: exponentialBuckets(0.01, 2, 15),
    }),
  };
}
