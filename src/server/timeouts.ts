import { Code, EtcdError } from "../base/index.ts";
import type { CommandKind } from "./command.ts";

/** Time that a proposal may take before the server itself gives up on it. */
export function requestTimeoutMs(electionTimeoutMs: number): number {
  return 5000 + 2 * electionTimeoutMs;
}

/** Longest wait for the applied index to reach the committed one (leases, promotion of a learner). */
export const APPLY_TIMEOUT_MS = 1000;
/** A read index without an answer is asked for again after this time. */
export const READ_INDEX_RETRY_MS = 500;
/** A peer counts as connected for changes of members once its connection has stood that long. */
export const HEALTH_INTERVAL_MS = 5000;
/** Committed but unapplied entries beyond which proposals are refused. */
export const APPLY_GAP_MAX = 5000;
/** The same for revocations under the gate PriorityRequest, so that leases end on a busy member, too. */
const APPLY_GAP_PRIORITY_MAX = 10_000;

/** How many committed entries may wait to be applied for this proposal to be taken. */
export function applyGapMax(kind: CommandKind, priorityRequest: boolean): number {
  return priorityRequest && kind === "leaseRevoke" ? APPLY_GAP_PRIORITY_MAX : APPLY_GAP_MAX;
}

/** What is known of the cluster when a proposal has run out of time. All instants are monotonic milliseconds. */
export interface TimeoutFacts {
  readonly startedMs: number;
  /** When the current leader was elected; undefined when none was yet. */
  readonly leaderElectedMs: number | undefined;
  readonly electionTimeoutMs: number;
  readonly leader: "none" | "self" | "other";
  /**
   * Since the request began without a break: with the leader connected, or, on the leader itself, with a quorum. Asked only
   * when there is a leader.
   */
  readonly connected: () => boolean;
}

/** The text for a proposal that ran out of time: it says as much of the reason as is known. */
export function timeoutError(facts: TimeoutFacts): EtcdError {
  const elected = facts.leaderElectedMs;
  if (elected !== undefined) {
    // The old leader may have been gone for up to two election timeouts before the new one was elected.
    const lost = elected - 2 * facts.electionTimeoutMs;
    if (facts.startedMs > lost && facts.startedMs < elected) return EtcdError.of("TimeoutDueToLeaderFail");
  }
  if (facts.leader !== "none" && !facts.connected()) return EtcdError.of("TimeoutDueToConnectionLost");
  return EtcdError.of("Timeout");
}

/** The text for one that raft was never told of, since nobody led: as etcd, whose context just ran out over it. */
export function neverProposed(): EtcdError {
  return EtcdError.raw(Code.DeadlineExceeded, "context deadline exceeded");
}
