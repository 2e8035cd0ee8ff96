import { hexId } from "../base/index.ts";
import type { ApplyLoop } from "./apply-loop.ts";
import type { Core } from "./core.ts";
import { SERVER_VERSION } from "./version.ts";

/** Metrics of the member as a whole; the parts declare their own. */
export function declareMemberMetrics(
  core: Pick<Core, "memberId" | "env" | "node" | "leadership" | "applied">,
  applyLoop: Pick<ApplyLoop, "restoring">,
): void {
  const { memberId, node, leadership, applied } = core;
  const { metrics } = core.env;
  metrics.gaugeFrom(
    {
      name: "etcd_server_snapshot_apply_in_progress_total",
      help: "1 if the server is applying the incoming snapshot. 0 if none.",
    },
    () => (applyLoop.restoring ? 1 : 0),
  );
  metrics.gaugeFrom({ name: "etcd_server_has_leader", help: "1 while a leader is known, else 0." }, () =>
    leadership.leader === 0n ? 0 : 1,
  );
  metrics.gaugeFrom({ name: "etcd_server_is_leader", help: "1 while this member leads, else 0." }, () =>
    leadership.isLeader ? 1 : 0,
  );
  metrics.counterFrom(
    { name: "etcd_server_leader_changes_seen_total", help: "Leaders that this member has seen come." },
    () => leadership.changes,
  );
  metrics.gaugeFrom(
    { name: "etcd_server_proposals_committed_total", help: "Index of the last committed entry." },
    () => node.committed,
  );
  metrics.gaugeFrom(
    { name: "etcd_server_proposals_applied_total", help: "Index of the last applied entry." },
    () => applied.index,
  );
  metrics
    .gauge({ name: "etcd_server_version", help: "1 for the version that runs.", labels: ["server_version"] })
    .with(SERVER_VERSION)
    .set(1);
  metrics
    .gauge({ name: "etcd_server_id", help: "1 for this member's id in hex.", labels: ["server_id"] })
    .with(hexId(memberId))
    .set(1);
}
