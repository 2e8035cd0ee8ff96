import { rpc } from "../../src/wire/proto/index.ts";
import { path } from "./channels.ts";
import { keyOf } from "./workloads.ts";

/** One line of the comparison: a workload with its arguments, and which of its figures counts. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly workload: string;
  /** Without endpoints and duration. */
  readonly args: readonly string[];
  /** Which of the workload's measurements, by its name; the first otherwise. */
  readonly measurement?: string;
  readonly figure: "rate" | "p50" | "p99";
  /** The ratio to etcd that is wanted: at least for rates, at most for latencies. */
  readonly goal: number;
  /** Calls go to the leader alone instead of to all members in turn. */
  readonly leaderOnly?: boolean;
  /** The run has an extent of its own; no `--seconds`. */
  readonly ownExtent?: boolean;
  /** Made by h2load instead: one message over and over. Only with `--h2load`. */
  readonly h2load?: { readonly path: string; readonly message: () => Uint8Array };
}

/** Keys that `versus` puts into both servers before anything is measured; 256 bytes each. */
export const preloadKeys = 50_000;

const space = ["--key-size", "16", "--key-space-size", String(preloadKeys)];
const wide = ["--conns", "100", "--clients", "1000"];
const alone = ["--conns", "1", "--clients", "1"];

export const rows: readonly Row[] = [
  {
    id: "put",
    what: "put 256 B, 100 connections x 10",
    workload: "put",
    args: [...wide, ...space, "--val-size", "256"],
    figure: "rate",
    goal: 4,
  },
  {
    id: "put-1",
    what: "put 256 B, one at a time: p50",
    workload: "put",
    args: [...alone, ...space, "--val-size", "256"],
    figure: "p50",
    goal: 0.7,
  },
  {
    id: "range",
    what: "range one key, linearizable, 100 x 10",
    workload: "range",
    args: [...wide, ...space],
    figure: "rate",
    goal: 10,
  },
  {
    id: "range-s",
    what: "range one key, serializable, 100 x 10",
    workload: "range",
    args: [...wide, ...space, "--consistency", "s"],
    figure: "rate",
    goal: 10,
  },
  {
    id: "range-1",
    what: "range one key, linearizable, one at a time: p50",
    workload: "range",
    args: [...alone, ...space],
    figure: "p50",
    goal: 0.6,
  },
  {
    id: "range-1000",
    what: "range of 1,000 keys x 256 B, 10 x 1",
    workload: "range",
    args: ["--conns", "10", "--clients", "10", "--limit", "1000", "", ""],
    figure: "rate",
    goal: 2,
  },
  {
    id: "list",
    what: "list of 50,000 keys in pages of 500, 10 x 1",
    workload: "range",
    args: ["--conns", "10", "--clients", "10", "--paginate", "--limit", "500", "", ""],
    figure: "rate",
    goal: 2,
  },
  {
    id: "guarded",
    what: "guarded update (compare, put, else get), 100 x 10",
    workload: "guarded",
    args: [...wide, ...space, "--val-size", "256"],
    figure: "rate",
    goal: 3,
  },
  {
    id: "txn-mixed",
    what: "txn: put or range of 100, 10 x 10",
    workload: "txn-mixed",
    args: ["--conns", "10", "--clients", "100", ...space, "--val-size", "256", "--limit", "100"],
    figure: "rate",
    goal: 2,
  },
  {
    id: "watch",
    what: "50 putting, each put seen by 1,000 watchers on 50 connections: events",
    workload: "watch",
    args: ["--conns", "50", "--clients", "50", "--streams", "50", "--watch-per-stream", "20", "--put-total", "6000"],
    measurement: "watch-events",
    figure: "rate",
    goal: 3,
    ownExtent: true,
  },
  {
    id: "watch-delay",
    // Not from the answer to the put, as etcd's tool has it: a server that answers late would seem to be quick.
    what: "put seen by 1,000 watchers, 50 puts a second: p99 from sending the put to the event",
    workload: "watch-latency",
    args: [
      ...["--conns", "50", "--clients", "50", "--streams", "50", "--watchers-per-stream", "20"],
      // Ten seconds: the first puts meet code that is not compiled yet.
      ...["--put-total", "500", "--put-rate", "50"],
    ],
    measurement: "watch-latency events after the put was sent",
    figure: "p99",
    goal: 0.5,
    ownExtent: true,
  },
  {
    id: "keepalive",
    what: "lease keepalive, 100 x 10, one stream each",
    workload: "lease-keepalive",
    args: [...wide, "--keep-stream"],
    figure: "rate",
    goal: 4,
  },
  {
    id: "keepalive-once",
    what: "lease keepalive, 100 x 10, a stream for each (KeepAliveOnce)",
    workload: "lease-keepalive",
    args: [...wide],
    figure: "rate",
    goal: 4,
  },
  {
    id: "put-h2load",
    what: "put 256 B, 100 x 10, by h2load",
    workload: "put",
    args: [],
    figure: "rate",
    goal: 4,
    h2load: {
      path: path.put,
      message: () => rpc.encodePutRequest(rpc.createPutRequest({ key: keyOf(1, 16), value: Buffer.alloc(256, "v") })),
    },
  },
  {
    id: "range-h2load",
    what: "range one key, linearizable, 100 x 10, by h2load",
    workload: "range",
    args: [],
    figure: "rate",
    goal: 10,
    h2load: {
      path: path.range,
      message: () => rpc.encodeRangeRequest(rpc.createRangeRequest({ key: keyOf(1, 16) })),
    },
  },
  {
    id: "range-s-h2load",
    what: "range one key, serializable, 100 x 10, by h2load",
    workload: "range",
    args: [],
    figure: "rate",
    goal: 10,
    h2load: {
      path: path.range,
      message: () => rpc.encodeRangeRequest(rpc.createRangeRequest({ key: keyOf(1, 16), serializable: true })),
    },
  },
];

/** What is measured on clusters of several members. */
export const clusterRows: readonly Row[] = [
  {
    id: "put",
    what: "put 256 B, 100 connections x 10, over all members",
    workload: "put",
    args: [...wide, ...space, "--val-size", "256"],
    figure: "rate",
    goal: 2,
  },
  {
    id: "put-leader",
    what: "put 256 B, 100 connections x 10, at the leader",
    workload: "put",
    args: [...wide, ...space, "--val-size", "256"],
    figure: "rate",
    goal: 2,
    leaderOnly: true,
  },
  {
    id: "put-1",
    what: "put 256 B, one at a time, at the leader: p50",
    workload: "put",
    args: [...alone, ...space, "--val-size", "256"],
    figure: "p50",
    goal: 1,
    leaderOnly: true,
  },
  {
    id: "range",
    what: "range one key, linearizable, 100 x 10, over all members",
    workload: "range",
    args: [...wide, ...space],
    figure: "rate",
    goal: 2,
  },
  {
    id: "range-s",
    what: "range one key, serializable, 100 x 10, over all members",
    workload: "range",
    args: [...wide, ...space, "--consistency", "s"],
    figure: "rate",
    goal: 2,
  },
];
