import { BlockList, isIP } from "node:net";
import type { AccessOptions } from "../api/gateway/index.ts";
import type { Logger } from "../base/index.ts";
import { defaultMemberOptions } from "../server/index.ts";
import {
  type Config,
  compactionRetention,
  defaultFeatures,
  featureNames,
  featureStatus,
  initialClusterOf,
  options,
} from "./config/index.ts";
import type { Listen } from "./entrances.ts";
import { canReusePort } from "./listen.ts";
import type { ServeOptions } from "./serve.ts";
import { sha1 } from "./start-member.ts";
import {
  checkCipherSuites,
  ensureSelfSigned,
  hasCertificate,
  http2Fault,
  noTls,
  type TlsSettings,
} from "./tls/index.ts";

/** Settings of the command line turned into what a member is started with. */
export function serveOptionsOf(config: Config, logger: Logger, onFatal: (error: unknown) => void): ServeOptions {
  const gates = config.features;
  checkCipherSuites(config.cipherSuites);
  // etcd's check of the members that there are, which none pass.
  if (config.maxLearners < 0) throw new Error("membership: too many learner members in cluster");
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
      downgradeCheckMs: config.downgradeCheckTimeMs,
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
      bootstrapDefragMebibytes: config.bootstrapDefragThresholdMegabytes,
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
      fastLeaseKeepAlive: gates.FastLeaseKeepAlive,
      priorityRequest: gates.PriorityRequest,
      unsafeNoFsync: config.unsafeNoFsync,
      authTokenTtlSeconds: config.authTokenTtlSeconds,
      bcryptCost: config.bcryptCost,
      clientCertAuth: config.clientCertAuth,
    }),
    listen: listens(config),
    listenPeers: config.listenPeerUrls,
    peerTimeouts: { readMs: config.raftReadTimeoutMs, writeMs: config.raftWriteTimeoutMs },
    reusePort: config.socketReusePort && canReusePort(),
    clientTls: clientTlsOf(config, logger),
    peerTls: peerTlsOf(config, logger),
    peerLocalAddress: gates.SetMemberLocalAddr ? localAddressOf(config.initialAdvertisePeerUrls, logger) : undefined,
    access: access(config),
    authToken: config.authToken,
    gateway: config.enableGrpcGateway,
    profiles: config.enablePprof,
    maxConcurrentStreams: config.maxConcurrentStreams,
    keepaliveMinTimeMs: config.grpcKeepaliveMinTimeMs,
    keepaliveTimeMs: config.grpcKeepaliveIntervalMs,
    keepaliveTimeoutMs: config.grpcKeepaliveTimeoutMs,
    handlingTimeHistogram: config.metrics === "extensive",
    stopServingOnDefrag: gates.StopGRPCServiceOnDefrag,
    warningUnaryMs: config.warningUnaryRequestDurationMs || 300,
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

const autoTlsUnused = {
  client: "ignoring client auto TLS since certs given",
  peer: "ignoring peer auto TLS since certs given",
};

/** Certificates for clients; made on the spot when auto-tls says so. Throws when an `https` address has none. */
function clientTlsOf(config: Config, logger: Logger): TlsSettings {
  const given: TlsSettings = {
    ...noTls,
    certFile: config.certFile,
    keyFile: config.keyFile,
    clientCertFile: config.clientCertFile,
    clientKeyFile: config.clientKeyFile,
    trustedCaFile: config.trustedCaFile,
    clientCertAuth: config.clientCertAuth,
    crlFile: config.clientCrlFile,
    allowedHostnames: config.clientCertAllowedHostnames,
    ...versionsOf(config),
  };
  const urls = [...config.listenClientUrls, ...config.listenClientHttpUrls];
  const settings = config.autoTls ? automatic(given, "client", urls, config, logger) : given;
  for (const url of urls) {
    const secure = /^(https|unixs):/.test(url);
    if (secure && !hasCertificate(settings)) {
      throw new Error(
        `TLS key/cert (--cert-file, --key-file) must be provided for client url ${url} with HTTPS scheme`,
      );
    }
    if (!secure && hasCertificate(settings)) {
      const message = "scheme is http or unix while key and cert files are present; ignoring key and cert files";
      logger.warn(message, { "client-url": url });
    }
    if (!secure && settings.clientCertAuth) {
      const message =
        "scheme is http or unix while --client-cert-auth is enabled; ignoring client cert auth for this URL";
      logger.warn(message, { "client-url": url });
    }
  }
  // gRPC alone, on addresses of its own, has no such demand.
  const withHttp = config.listenClientHttpUrls.length > 0 ? config.listenClientHttpUrls : config.listenClientUrls;
  const fault = http2Fault(config.cipherSuites);
  if (fault !== undefined && withHttp.some((url) => /^(https|unixs):/.test(url))) throw new Error(fault);
  if (!hasCertificate(settings) && config.listenMetricsUrls.some((url) => url.startsWith("https:"))) {
    throw new Error("client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url");
  }
  return settings;
}

function peerTlsOf(config: Config, logger: Logger): TlsSettings {
  const given: TlsSettings = {
    ...noTls,
    certFile: config.peerCertFile,
    keyFile: config.peerKeyFile,
    clientCertFile: config.peerClientCertFile,
    clientKeyFile: config.peerClientKeyFile,
    trustedCaFile: config.peerTrustedCaFile,
    clientCertAuth: config.peerClientCertAuth,
    crlFile: config.peerCrlFile,
    allowedCns: config.peerCertAllowedCns,
    allowedHostnames: config.peerCertAllowedHostnames,
    checkCallerAddress: !config.peerSkipClientSanVerification,
    ...versionsOf(config),
  };
  return config.peerAutoTls ? automatic(given, "peer", config.listenPeerUrls, config, logger) : given;
}

function versionsOf(config: Config): Pick<TlsSettings, "cipherSuites" | "minVersion" | "maxVersion"> {
  return { cipherSuites: config.cipherSuites, minVersion: config.tlsMinVersion, maxVersion: config.tlsMaxVersion };
}

function automatic(
  given: TlsSettings,
  side: "client" | "peer",
  urls: readonly string[],
  config: Config,
  logger: Logger,
): TlsSettings {
  if (hasCertificate(given)) {
    logger.warn(autoTlsUnused[side]);
    return given;
  }
  const hosts = urls.map((url) => new URL(url).host);
  const directory = `${config.dataDir}/fixtures/${side}`;
  return ensureSelfSigned(given, directory, hosts, config.selfSignedCertValidityYears, logger);
}

function access(config: Config): AccessOptions {
  return { hostWhitelist: new Set(config.hostWhitelist), cors: new Set(config.cors) };
}

/** Addresses that others cannot mean when they reach for this machine. */
const unusable = new BlockList();
unusable.addSubnet("127.0.0.0", 8);
unusable.addAddress("0.0.0.0");
unusable.addAddress("::1", "ipv6");
unusable.addAddress("::", "ipv6");

/** The first address among a member's own peer URLs that other machines can know it by; names are not looked up. */
export function localAddressOf(urls: readonly string[], logger: Logger): string | undefined {
  const told = { "advertise-peer-urls": urls };
  logger.info("searching for a suitable member local address in AdvertisePeerURLs", told);
  for (const url of urls) {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
    const family = isIP(host);
    if (family === 0 || unusable.check(host, family === 6 ? "ipv6" : "ipv4")) continue;
    logger.info("setting member local address", { LocalAddr: host });
    return host;
  }
  logger.warn("unable to set a member local address due to lack of suitable local addresses", told);
  return undefined;
}

/** Flags, and gates, that were given another value than their default and have no effect yet: said at start-up. */
export function withoutEffect(config: Config): string[] {
  const gates = featureNames
    .filter((name) => featureStatus(name) === "later" && config.features[name] !== defaultFeatures[name])
    .map((name) => `feature-gates ${name}`);
  const flags: string[] = options
    .filter((option) => option.status === "later")
    .filter((option) => {
      const value = (config as Record<string, unknown>)[option.key];
      return JSON.stringify(value) !== JSON.stringify(option.default);
    })
    .map((option) => option.flag);
  if (config.socketReusePort && !canReusePort()) flags.push("socket-reuse-port");
  return [...flags, ...gates];
}
