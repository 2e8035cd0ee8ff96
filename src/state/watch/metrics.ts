import type { Metrics } from "../../base/index.ts";

/** Counted in plain fields, read when scraped. */
export class WatchStats {
  watchers = 0;
  /** Watchers that have to catch up. */
  lagging = 0;
  /** Events sent. */
  events = 0;
}

export interface WatchGauges {
  streams(): number;
  pending(): number;
  recentBytes(): number;
  blockedStreams(): number;
}

export function registerWatchMetrics(metrics: Metrics, stats: WatchStats, gauges: WatchGauges): void {
  metrics.counterFrom(
    { name: "etcd_debugging_mvcc_events_total", help: "Total number of events sent by this member." },
    () => stats.events,
  );
  const all: [string, string, () => number][] = [
    ["etcd_debugging_mvcc_watch_stream_total", "Total number of watch streams.", gauges.streams],
    ["etcd_debugging_mvcc_watcher_total", "Total number of watchers.", () => stats.watchers],
    ["etcd_debugging_mvcc_slow_watcher_total", "Total number of unsynced slow watchers.", () => stats.lagging],
    ["etcd_debugging_mvcc_pending_events_total", "Total number of pending events to be sent.", gauges.pending],
    ["quorate_watch_recent_bytes", "Bytes of the newest changes kept for watchers to catch up.", gauges.recentBytes],
    ["quorate_watch_blocked_streams", "Streams whose slow watchers wait for the client.", gauges.blockedStreams],
  ];
  for (const [name, help, read] of all) metrics.gaugeFrom({ name, help }, read);
}
