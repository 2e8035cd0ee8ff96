import { availableParallelism } from "node:os";
import type { LogFields } from "../../base/index.ts";
import { type Config, etcdVersion, formatDuration } from "../../node/index.ts";

/** Fields of the line that a server begins with, under etcd's names: what it was told, defaults filled in. */
export function startFields(config: Config, gitSha: string, initialized: boolean): LogFields {
  const processors = availableParallelism();
  const memberDir = `${config.dataDir}/member`;
  return {
    "etcd-version": etcdVersion,
    "git-sha": gitSha,
    "go-version": `node${process.version}`,
    "go-os": process.platform,
    "go-arch": process.arch === "x64" ? "amd64" : process.arch,
    "max-cpu-set": processors,
    "max-cpu-available": processors,
    "member-initialized": initialized,
    name: config.name,
    "data-dir": config.dataDir,
    "wal-dir": config.walDir,
    "wal-dir-dedicated": config.walDir,
    "member-dir": memberDir,
    "force-new-cluster": config.forceNewCluster,
    "heartbeat-interval": formatDuration(config.heartbeatIntervalMs),
    "election-timeout": formatDuration(config.electionTimeoutMs),
    "initial-election-tick-advance": config.initialElectionTickAdvance,
    "snapshot-count": config.snapshotCount,
    "max-wals": config.maxWals,
    "max-snapshots": config.maxSnapshots,
    "snapshot-catchup-entries": config.snapshotCatchupEntries,
    "initial-advertise-peer-urls": config.initialAdvertisePeerUrls,
    "listen-peer-urls": config.listenPeerUrls,
    "advertise-client-urls": config.advertiseClientUrls,
    "listen-client-urls": config.listenClientUrls,
    "listen-metrics-urls": config.listenMetricsUrls,
    cors: config.cors,
    "host-whitelist": config.hostWhitelist,
    "initial-cluster": config.initialCluster,
    "initial-cluster-state": config.initialClusterState,
    "initial-cluster-token": config.initialClusterToken,
    "quota-backend-bytes": config.quotaBackendBytes === 0 ? 2 * 1024 ** 3 : config.quotaBackendBytes,
    "max-request-bytes": config.maxRequestBytes,
    "max-concurrent-streams": config.maxConcurrentStreams,
    "pre-vote": config.preVote,
    "corrupt-check-time-interval": formatDuration(config.corruptCheckTimeMs),
    "compact-check-time-interval": formatDuration(config.compactHashCheckTimeMs),
    "auto-compaction-mode": config.autoCompactionMode,
    "auto-compaction-retention": config.autoCompactionRetention,
    "discovery-token": config.discoveryToken,
    "discovery-endpoints": config.discoveryEndpoints.join(","),
    "max-learners": config.maxLearners,
    // The only value left, whatever the flag says.
    "v2-deprecation": "write-only",
  };
}
