import { expect, test } from "vitest";
import { internal, membership, raftpb, rpc, version } from "./index.ts";

const key = Uint8Array.of(1);
const entry = (init: Partial<internal.InternalRaftRequest>): raftpb.Entry =>
  raftpb.createEntry({ data: internal.encodeInternalRaftRequest(internal.createInternalRaftRequest(init)) });

// Each checked once against MinimalEtcdVersion of etcd 3.7.1.
test.each([
  ["a term's first entry", raftpb.createEntry(), "3.0"],
  ["a put", entry({ header: internal.createRequestHeader({ ID: 5n }), put: rpc.createPutRequest({ key }) }), "3.0"],
  ["a put that wants prev_kv", entry({ put: rpc.createPutRequest({ key, prevKv: true }) }), "3.1"],
  ["a put that keeps its lease", entry({ put: rpc.createPutRequest({ key, ignoreLease: true }) }), "3.2"],
  ["a request of a user", entry({ header: internal.createRequestHeader({ authRevision: 3 }) }), "3.1"],
  [
    "an alarm of a kind that came later",
    entry({ alarm: rpc.createAlarmRequest({ alarm: rpc.AlarmType.CORRUPT }) }),
    "3.3",
  ],
  ["a checkpoint", entry({ leaseCheckpoint: rpc.createLeaseCheckpointRequest() }), "3.4"],
  [
    "steps of a transaction are not looked into",
    entry({
      txn: rpc.createTxnRequest({
        success: [{ request: { case: "requestPut", value: rpc.createPutRequest({ key, prevKv: true }) } }],
      }),
    }),
    "3.0",
  ],
  [
    "the cluster's version",
    entry({ clusterVersionSet: membership.createClusterVersionSetRequest({ ver: "3.7.0" }) }),
    "3.5",
  ],
  ["a test's entry", entry({ downgradeVersionTest: rpc.createDowngradeVersionTestRequest({ ver: "3.99.1" }) }), "3.99"],
  ["a change of membership", raftpb.createEntry({ type: raftpb.EntryType.EntryConfChange }), "3.0"],
  ["many of them", raftpb.createEntry({ type: raftpb.EntryType.EntryConfChangeV2 }), "3.4"],
] as const)("%s", (_what, written, wanted) => {
  expect(version.minimalVersionOfEntry(written)).toBe(wanted);
});
