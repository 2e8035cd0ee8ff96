import type { Violation } from "./types.ts";

/** Queues of a member that the few clients of a run cannot fill honestly: what is beyond them grows without anybody's asking. */
const limits: Readonly<Record<string, number>> = {
  quorate_server_proposals_waiting: 1000,
  quorate_server_log_writes_waiting: 10_000,
  quorate_server_reads_waiting: 1000,
  etcd_server_proposals_pending: 1000,
  quorate_lease_expired_pending: 1000,
  quorate_wal_pending_bytes: 16 * 1024 * 1024,
};

/** Every queue is within its bounds, by the member's own gauges. */
export function checkBounds(who: string, gauges: ReadonlyMap<string, () => number>): Violation | undefined {
  for (const name in limits) {
    const value = gauges.get(name)?.() ?? 0;
    if (value > limits[name]!) return { check: "bounds", message: `${who}: ${name} is ${value}` };
  }
  return undefined;
}
