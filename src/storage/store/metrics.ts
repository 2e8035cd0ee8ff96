import { exponentialBuckets, type Histogram, type Metrics } from "../../base/index.ts";

/** What the gauges read when they are scraped. */
export interface StoreReadings {
  size(): number;
  sizeInUse(): number;
  openReaders(): number;
  pending(): number;
  pendingBytes(): number;
  cacheBytes(): number;
  dirtyBytes(): number;
  cacheMisses(): number;
  cacheEvictions(): number;
  commitsInFlight(): number;
  freePages(): number;
  defragmenting(): number;
}

export interface StoreMetrics {
  readonly commit: Histogram;
  readonly rebalance: Histogram;
  readonly spill: Histogram;
  readonly write: Histogram;
  readonly defragment: Histogram;
  readonly snapshot: Histogram;
}

/** etcd's metrics of its backend, and ours (`quorate_*`) of what etcd does not have. */
export function declareMetrics(metrics: Metrics, read: StoreReadings): StoreMetrics {
  const gauge = (name: string, help: string, value: () => number): void => metrics.gaugeFrom({ name, help }, value);
  gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes of the database file in use or free.", () => read.size());
  gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Bytes of the database file in use.", () => read.sizeInUse());
  gauge("etcd_mvcc_db_open_read_transactions", "Open read transactions of the database.", () => read.openReaders());
  gauge("etcd_disk_defrag_inflight", "1 while the database is being defragmented.", () => read.defragmenting());
  gauge("quorate_store_pending_operations", "Operations that wait for a commit.", () => read.pending());
  gauge("quorate_store_pending_bytes", "Bytes that wait for a commit.", () => read.pendingBytes());
  gauge("quorate_bolt_cache_bytes", "Page images in memory.", () => read.cacheBytes());
  gauge("quorate_bolt_dirty_bytes", "Page images that are not durable yet.", () => read.dirtyBytes());
  gauge("quorate_bolt_commits_in_flight", "Commits being written.", () => read.commitsInFlight());
  gauge("quorate_bolt_free_pages", "Pages that may be given out again.", () => read.freePages());
  metrics.counterFrom({ name: "quorate_bolt_cache_misses_total", help: "Pages read from the file." }, () =>
    read.cacheMisses(),
  );
  metrics.counterFrom({ name: "quorate_bolt_cache_evictions_total", help: "Pages dropped from memory." }, () =>
    read.cacheEvictions(),
  );
  const duration = (name: string, help: string, start: number, count: number): Histogram =>
    metrics.histogram({ name, help, buckets: exponentialBuckets(start, 2, count) });
  const debugging = "etcd_debugging_disk_backend_commit_";
  return {
    commit: duration("etcd_disk_backend_commit_duration_seconds", "Duration of commits of the database.", 0.001, 14),
    rebalance: duration(`${debugging}rebalance_duration_seconds`, "Part of commits: merging of pages.", 0.001, 14),
    spill: duration(`${debugging}spill_duration_seconds`, "Part of commits: laying out of pages.", 0.001, 14),
    write: duration(`${debugging}write_duration_seconds`, "Part of commits: writing and syncing.", 0.001, 14),
    defragment: duration("etcd_disk_backend_defrag_duration_seconds", "Duration of defragmentations.", 0.1, 13),
    snapshot: duration("etcd_disk_backend_snapshot_duration_seconds", "Duration of sending a snapshot.", 0.01, 17),
  };
}
