import {
  compareSemVer,
  EtcdError,
  type Logger,
  majorMinor,
  minorOnly,
  parseSemVer,
  type SemVer,
} from "../base/index.ts";
import {
  allowedDowngrade,
  type DowngradeInfo,
  isValidDowngrade,
  isValidVersionChange,
} from "../state/membership/index.ts";

/** The etcd whose behaviour we have, and whose version we report. */
export const SERVER_VERSION = "3.7.1";
/** The oldest cluster that may be joined, and the version of a cluster whose members are not all known yet. */
export const CLUSTER_VERSION_MIN = "3.0.0";
/** First version whose checkpoints of leases are always persisted. */
export const VERSION_3_6: SemVer = { major: 3, minor: 6, patch: 0, pre: "" };

function known(text: string): SemVer {
  const version = parseSemVer(text);
  if (version === undefined) throw new TypeError(`not a version: ${text}`);
  return version;
}

export const serverVersion: SemVer = known(SERVER_VERSION);
export const clusterVersionMin: SemVer = known(CLUSTER_VERSION_MIN);

/** Body of `/version`, on both ports. */
export function versionsJson(cluster: SemVer | undefined, storage: string | undefined): string {
  return JSON.stringify({
    etcdserver: SERVER_VERSION,
    etcdcluster: cluster === undefined ? "not_decided" : `${majorMinor(cluster)}.0`,
    storage: storage ?? "unknown",
  });
}

/** Whether a cluster of that version serves the API at all: the fixed list that etcd keeps. */
export function isCapable(cluster: SemVer | undefined): boolean {
  if (cluster === undefined) return true;
  return cluster.major === 3 && cluster.minor <= 7;
}

/** Server version of each member as it said on `/version`; undefined for one that could not be asked. */
export type MemberVersions = ReadonlyMap<string, string | undefined>;

/** The lowest server version, or undefined while one is unknown. */
export function minimumServerVersion(versions: MemberVersions, logger: Logger): SemVer | undefined {
  let minimum: SemVer | undefined;
  for (const [id, text] of versions) {
    if (text === undefined) return undefined;
    const version = parseSemVer(text);
    const fields = { "remote-member-id": id, "remote-member-version": text };
    if (version === undefined) {
      logger.warn("failed to parse server version of remote member", fields);
      return undefined;
    }
    if (compareSemVer(serverVersion, version) < 0) {
      logger.warn("leader found higher-versioned member", { ...fields, "local-member-version": SERVER_VERSION });
    }
    if (minimum === undefined || compareSemVer(version, minimum) < 0) minimum = version;
  }
  return minimum;
}

/**
 * What the leader should set the cluster version to, or undefined to leave it. It rises to the lowest server version, and falls only to the
 * target of a downgrade that is under way.
 */
export function decideClusterVersion(
  current: SemVer | undefined,
  versions: MemberVersions,
  downgrade: DowngradeInfo,
  logger: Logger,
): SemVer | undefined {
  const minimum = minimumServerVersion(versions, logger);
  if (current === undefined) return minimum === undefined ? clusterVersionMin : minorOnly(minimum);
  if (minimum === undefined) return undefined;
  if (downgrade.enabled) {
    const target = known(downgrade.targetVersion);
    if (compareSemVer(target, current) === 0) return undefined;
    for (const [what, from] of [
      ["cluster-version", current],
      ["minimal-server-version", minimum],
    ] as const) {
      if (isValidDowngrade(from, target)) continue;
      logger.error(`Cannot downgrade from ${what} to downgrade-target`, {
        "downgrade-target": downgrade.targetVersion,
        [what]: majorMinor(from),
      });
      return undefined;
    }
    return target;
  }
  const rises = compareSemVer(current, minimum) < 0 && isValidVersionChange(current, minimum);
  return rises ? minorOnly(minimum) : undefined;
}

/** Whether every member runs the target of the downgrade, so that the leader may end it. */
export function allRun(versions: MemberVersions, target: SemVer): boolean {
  for (const text of versions.values()) {
    const version = text === undefined ? undefined : parseSemVer(text);
    if (version === undefined || compareSemVer(minorOnly(version), minorOnly(target)) !== 0) return false;
  }
  return true;
}

/**
 * Whether the cluster versions that others reported let this server join: at least one is known, and each lies in the
 * window that this server can serve. While a downgrade is under way that is only the version one minor above its own.
 */
export function mayJoin(clusterVersions: Iterable<string | undefined>, downgrading: boolean): boolean {
  const own = minorOnly(serverVersion);
  const above: SemVer = { ...own, minor: own.minor + 1 };
  const [low, high] = downgrading ? [above, above] : [clusterVersionMin, own];
  let any = false;
  for (const text of clusterVersions) {
    const version = text === undefined ? undefined : parseSemVer(text);
    if (version === undefined) continue;
    if (compareSemVer(version, low) < 0 || compareSemVer(high, version) < 0) return false;
    any = true;
  }
  return any;
}

/**
 * Reads the target of a downgrade request, `3.6` or `3.6.0`; the patch is dropped.
 * @throws EtcdError WrongDowngradeVersionFormat
 */
export function parseDowngradeTarget(text: string): SemVer {
  const version = parseSemVer(text) ?? parseSemVer(`${text}.0`);
  if (version === undefined) throw EtcdError.of("WrongDowngradeVersionFormat");
  return minorOnly(version);
}

/**
 * What VALIDATE says, and ENABLE before it proposes. Ask after a linearizable barrier.
 * @throws EtcdError ClusterVersionUnavailable, InvalidDowngradeTargetVersion, DowngradeInProcess
 */
export function checkDowngrade(target: SemVer, cluster: SemVer | undefined, downgrade: DowngradeInfo): void {
  if (cluster === undefined) throw EtcdError.of("ClusterVersionUnavailable");
  if (compareSemVer(target, allowedDowngrade(cluster)) !== 0) throw EtcdError.of("InvalidDowngradeTargetVersion");
  if (downgrade.enabled) throw EtcdError.of("DowngradeInProcess");
}
