import type { AccessOptions } from "../api/gateway/index.ts";
import { defaultMemberOptions } from "../server/index.ts";
import { type Config, compactionRetention, initialClusterOf, options } from "./config/index.ts";
import type { Listen, ServeOptions } from "./serve.ts";
import { sha1 } from "./start-member.ts";

/** Settings of the command line turned into what a member is started with. */
export function serveOptionsOf(config: Config, onFatal: (error: unknown) => void): ServeOptions {
  const gates = config.features;
  return {
    member: defaultMemberOptions(config.dataDir, sha1, {
      name: config.name,
      walDir: config.walDir === "" ? undefined : config.walDir,
      initialCluster: initialClusterOf(config.initialCluster),
      initialClusterToken: config.initialClusterToken,
      initialClusterState: config.initialClusterState === "existing" ? "existing" : "new",
      advertiseClientUrls: config.advertiseClientUrls,
      advertisePeerUrls: config.initialAdvertisePeerUrls,
      forceNewCluster: config.forceNewCluster,
      initialElectionTickAdvance: config.initialElectionTickAdvance,
      initialCorruptCheck: gates.InitialCorruptCheck,
      corruptCheckMs: config.corruptCheckTimeMs,
      compactHashCheck: gates.CompactHashCheck,
      compactHashCheckMs: config.compactHashCheckTimeMs,
      heartbeatMs: config.heartbeatIntervalMs,
      electionMs: config.electionTimeoutMs,
      preVote: config.preVote,
      snapshotCount: config.snapshotCount,
      snapshotCatchUpEntries: config.snapshotCatchupEntries,
      snapshotsMax: config.maxSnapshots,
      walsMax: config.maxWals,
      learnersMax: config.maxLearners,
      strictReconfigCheck: config.strictReconfigCheck,
      quotaBackendBytes: config.quotaBackendBytes,
      batchIntervalMs: config.backendBatchIntervalMs || 100,
      batchLimit: config.backendBatchLimit || 10_000,
      txnOpsMax: config.maxTxnOps,
      requestBytesMax: config.maxRequestBytes,
      autoCompactionMode: config.autoCompactionMode === "revision" ? "revision" : "periodic",
      autoCompactionRetention: compactionRetention(config),
      compactionBatchLimit: config.compactionBatchLimit || 1000,
      compactionSleepMs: config.compactionSleepIntervalMs || 10,
      watchProgressIntervalMs: config.watchProgressNotifyIntervalMs || 600_000,
      warningApplyMs: config.warningApplyDurationMs,
      leaseCheckpoint: gates.LeaseCheckpoint,
      leaseCheckpointPersist: gates.LeaseCheckpointPersist,
      unsafeNoFsync: config.unsafeNoFsync,
      authTokenTtlSeconds: config.authTokenTtlSeconds,
      bcryptCost: config.bcryptCost,
      clientCertAuth: config.clientCertAuth,
    }),
    listen: listens(config),
    listenPeers: config.listenPeerUrls,
    access: access(config),
    authToken: config.authToken,
    gateway: config.enableGrpcGateway,
    maxConcurrentStreams: config.maxConcurrentStreams,
    keepaliveMinTimeMs: config.grpcKeepaliveMinTimeMs,
    keepaliveTimeMs: config.grpcKeepaliveIntervalMs,
    keepaliveTimeoutMs: config.grpcKeepaliveTimeoutMs,
    handlingTimeHistogram: config.metrics === "extensive",
    stopServingOnDefrag: gates.StopGRPCServiceOnDefrag,
    onFatal,
  };
}

/** Client URLs serve gRPC and HTTP, unless HTTP has URLs of its own. */
function listens(config: Config): Listen[] {
  const split = config.listenClientHttpUrls.length > 0;
  return [
    ...config.listenClientUrls.map((url): Listen => ({ url, serves: split ? "grpc" : "client" })),
    ...config.listenClientHttpUrls.map((url): Listen => ({ url, serves: "http" })),
    ...config.listenMetricsUrls.map((url): Listen => ({ url, serves: "metrics" })),
  ];
}

function access(config: Config): AccessOptions {
  return { hostWhitelist: new Set(config.hostWhitelist), cors: new Set(config.cors) };
}

/** Flags that were given another value than their default and have no effect yet: said at start-up. */
export function withoutEffect(config: Config): string[] {
  return options
    .filter((option) => option.status === "later")
    .filter((option) => {
      const value = (config as Record<string, unknown>)[option.key];
      return JSON.stringify(value) !== JSON.stringify(option.default);
    })
    .map((option) => option.flag);
}
