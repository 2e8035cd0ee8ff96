import { exponentialBuckets, type Gauge, type Histogram, type Metrics } from "../../base/index.ts";

const fromOneMs = exponentialBuckets(0.001, 2, 14);

/** What the log tells of itself, under etcd's names. */
export interface WalMetrics {
  readonly fsyncSeconds: Histogram;
  readonly writeSeconds: Histogram;
  readonly writeBytes: Gauge;
}

export function walMetrics(metrics: Metrics): WalMetrics {
  return {
    fsyncSeconds: metrics.histogram({
      name: "etcd_disk_wal_fsync_duration_seconds",
      help: "The latency distributions of fsync called by WAL.",
      buckets: fromOneMs,
    }),
    writeSeconds: metrics.histogram({
      name: "etcd_disk_wal_write_duration_seconds",
      help: "The latency distributions of write called by WAL.",
      buckets: fromOneMs,
    }),
    writeBytes: metrics.gauge({
      name: "etcd_disk_wal_write_bytes_total",
      help: "Total number of bytes written in WAL.",
    }),
  };
}

/** What saving snapshots tells of itself, under etcd's names. */
export interface SnapMetrics {
  readonly marshallingSeconds: Histogram;
  readonly saveSeconds: Histogram;
  readonly fsyncSeconds: Histogram;
}

export function snapMetrics(metrics: Metrics): SnapMetrics {
  return {
    marshallingSeconds: metrics.histogram({
      name: "etcd_debugging_snap_save_marshalling_duration_seconds",
      help: "The marshalling cost distributions of save called by snapshot.",
      buckets: fromOneMs,
    }),
    saveSeconds: metrics.histogram({
      name: "etcd_debugging_snap_save_total_duration_seconds",
      help: "The total latency distributions of save called by snapshot.",
      buckets: fromOneMs,
    }),
    fsyncSeconds: metrics.histogram({
      name: "etcd_snap_fsync_duration_seconds",
      help: "The latency distributions of fsync called by snap.",
      buckets: fromOneMs,
    }),
  };
}
