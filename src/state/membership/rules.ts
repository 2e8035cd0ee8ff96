import { compareSemVer, EtcdError, type MemberId, minorOnly, type SemVer } from "../../base/index.ts";
import type { Member } from "./types.ts";

/** A learner may be promoted once it has this share of the leader's log. */
const LEARNER_READY_SHARE = 0.9;

/** A member has started once it has published its name. */
export function isStarted(member: Member): boolean {
  return member.name !== "";
}

export function quorumOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * Strict check before a member is added; undefined when it may be. `connected` counts the voters, self included, to which this member has been
 * connected for the health interval (5 s).
 */
export function mayAdd(voters: readonly Member[], isLearner: boolean, connected: number): EtcdError | undefined {
  if (!isLearner) {
    const started = voters.filter(isStarted).length;
    // One voter that has started may always take a second: that is how a cluster is rebuilt from one survivor.
    const fromOne = started === 1 && voters.length === 1;
    if (!fromOne && started < quorumOf(voters.length + 1)) return EtcdError.of("NotEnoughStarted");
  }
  if (voters.length > 1 && connected < quorumOf(voters.length + 1)) return EtcdError.of("UnhealthyCluster");
  return undefined;
}

/** What `mayRemove` has to know of the member that is to go. */
export interface Removal {
  readonly id: MemberId;
  readonly isSelf: boolean;
  readonly isLearner: boolean;
  /** Whether this process ever had a connection to it that still stands: a member that is down anyway may go. */
  readonly active: boolean;
}

/** Strict check before a member is removed; undefined when it may be. */
export function mayRemove(voters: readonly Member[], target: Removal, connected: number): EtcdError | undefined {
  if (target.isLearner) return undefined;
  const others = voters.filter((member) => member.id !== target.id);
  if (others.filter(isStarted).length < quorumOf(others.length)) return EtcdError.of("NotEnoughStarted");
  if (!target.isSelf && !target.active) return undefined;
  if (connected - 1 < quorumOf(voters.length - 1)) return EtcdError.of("UnhealthyCluster");
  return undefined;
}

/** Strict check before a learner becomes a voter: it counts as started, as it has caught up. */
export function mayPromote(voters: readonly Member[]): EtcdError | undefined {
  const started = 1 + voters.filter(isStarted).length;
  return started < quorumOf(1 + voters.length) ? EtcdError.of("NotEnoughStarted") : undefined;
}

/** Whether the learner has caught up; for the leader only. A learner that raft does not know passes: the apply will refuse it. */
export function learnerReady(learnerMatch: number | undefined, leaderMatch: number): EtcdError | undefined {
  if (learnerMatch === undefined) return undefined;
  return learnerMatch < leaderMatch * LEARNER_READY_SHARE ? EtcdError.of("LearnerNotReady") : undefined;
}

/** The one version to which a cluster of `version` may be taken down: one minor lower. */
export function allowedDowngrade(version: SemVer): SemVer {
  return { major: version.major, minor: version.minor - 1, patch: 0, pre: "" };
}

export function isValidDowngrade(from: SemVer, to: SemVer): boolean {
  return compareSemVer(to, allowedDowngrade(from)) === 0;
}

/** A cluster version may rise within its major version, and fall by one minor. */
export function isValidVersionChange(from: SemVer, to: SemVer): boolean {
  const a = minorOnly(from);
  const b = minorOnly(to);
  return isValidDowngrade(a, b) || (a.major === b.major && compareSemVer(a, b) < 0);
}

/** Whether a server may serve in a cluster of that version: its own minor is not below. */
export function serverFits(server: SemVer, cluster: SemVer | undefined): boolean {
  return cluster === undefined || compareSemVer(minorOnly(server), cluster) >= 0;
}
