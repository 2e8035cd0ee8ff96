import { type Counter, type Env, exponentialBuckets, type Gauge, type Histogram } from "../../base/index.ts";

/** What the network between members counts; labels are hex ids. */
export interface PeerMetrics {
  readonly activePeers: Gauge;
  readonly disconnected: Counter;
  readonly sentBytes: Counter;
  readonly receivedBytes: Counter;
  readonly sentFailures: Counter;
  readonly receivedFailures: Counter;
  readonly snapshotSent: Counter;
  readonly snapshotSending: Gauge;
  readonly snapshotSendFailures: Counter;
  readonly snapshotSendSeconds: Histogram;
  readonly snapshotReceived: Counter;
  readonly snapshotReceiving: Gauge;
  readonly snapshotReceiveFailures: Counter;
  readonly snapshotReceiveSeconds: Histogram;
  readonly roundTripSeconds: Histogram;
  readonly dropped: Counter;
  readonly refused: Counter;
}

export function peerMetrics({ metrics }: Env): PeerMetrics {
  const both = ["Local", "Remote"];
  const to = ["To"];
  const from = ["From"];
  const counter = (name: string, help: string, labels: string[]): Counter => metrics.counter({ name, help, labels });
  const gauge = (name: string, help: string, labels: string[]): Gauge => metrics.gauge({ name, help, labels });
  const snapshotBuckets = exponentialBuckets(0.1, 2, 10);
  return {
    activePeers: gauge("etcd_network_active_peers", "1 while a connection to the peer stands, else 0.", both),
    disconnected: counter("etcd_network_disconnected_peers_total", "Connections to peers that were lost.", both),
    sentBytes: counter("etcd_network_peer_sent_bytes_total", "Bytes sent to peers.", to),
    receivedBytes: counter("etcd_network_peer_received_bytes_total", "Bytes received from peers.", from),
    sentFailures: counter("etcd_network_peer_sent_failures_total", "Messages to peers that were lost.", to),
    receivedFailures: counter("etcd_network_peer_received_failures_total", "Messages that could not be read.", from),
    snapshotSent: counter("etcd_network_snapshot_send_success", "Databases delivered to peers.", to),
    snapshotSending: gauge("etcd_network_snapshot_send_inflights_total", "Databases on their way to peers.", to),
    snapshotSendFailures: counter("etcd_network_snapshot_send_failures", "Databases that did not get through.", to),
    snapshotSendSeconds: metrics.histogram({
      name: "etcd_network_snapshot_send_total_duration_seconds",
      help: "Time to deliver a database to a peer.",
      labels: to,
      buckets: snapshotBuckets,
    }),
    snapshotReceived: counter("etcd_network_snapshot_receive_success", "Databases received from peers.", from),
    snapshotReceiving: gauge("etcd_network_snapshot_receive_inflights_total", "Databases being received.", from),
    snapshotReceiveFailures: counter(
      "etcd_network_snapshot_receive_failures",
      "Databases from peers that could not be kept.",
      from,
    ),
    snapshotReceiveSeconds: metrics.histogram({
      name: "etcd_network_snapshot_receive_total_duration_seconds",
      help: "Time to receive a database from a peer.",
      labels: from,
      buckets: snapshotBuckets,
    }),
    roundTripSeconds: metrics.histogram({
      name: "etcd_network_peer_round_trip_time_seconds",
      help: "Round trips to peers, probed every few seconds.",
      labels: to,
      buckets: exponentialBuckets(0.0001, 2, 16),
    }),
    dropped: counter(
      "quorate_peer_messages_dropped_total",
      "Messages to a peer dropped since it takes them more slowly than they come.",
      to,
    ),
    refused: metrics.counter({
      name: "quorate_peer_requests_refused_total",
      help: "Requests on the peer port that were refused, by their status.",
      labels: ["status"],
    }),
  };
}
