/**
 * Every option of the server, in one table: flag, environment variable (`ETCD_` and the flag in capitals) and YAML key come from it,
 * so do the help text, the documentation and the type `Config`. Names and defaults are those of etcd 3.7.1.
 */
import { defaultFeatures, type FeatureGates, parseFeatures } from "./features.ts";
import {
  BadValue,
  formatDuration,
  type IntegerType,
  parseBool,
  parseDuration,
  parseInt64,
  quote,
} from "./go-values.ts";
import { parseUrls } from "./urls.ts";

/**
 * - `done`: has its effect.
 * - `later`: parsed and checked as etcd does; who starts the server says that it has no effect yet.
 * - `none`: never will have one here, and nobody misses it; `why` says so.
 */
export type Status = "done" | "later" | "none";

export type Kind =
  | "string"
  | "bool"
  | IntegerType
  | "duration"
  | "urls"
  | "strings"
  | "unique-strings"
  | "choice"
  | "feature-gates"
  | "ignored";

export type Group =
  | "Member"
  | "Clustering"
  | "Security"
  | "Auth"
  | "Profiling and monitoring"
  | "Logging"
  | "Distributed tracing"
  | "Checks and limits"
  | "Unsafe"
  | "Command line";

export interface Option<Key extends string = string, Value = unknown> {
  /** Without dashes. */
  readonly flag: string;
  /** Its name in `Config`. */
  readonly key: Key;
  readonly kind: Kind;
  readonly group: Group;
  readonly default: Value;
  /** The default as the help shows it. */
  readonly shown: string;
  readonly help: string;
  readonly status: Status;
  /** Path of its key in a configuration file; undefined when a file cannot set it. */
  readonly yaml: readonly string[] | undefined;
  /** Reads a flag's text; throws `BadValue`. `before` is the value it replaces. */
  readonly parse: (text: string, before: Value) => Value;
}

interface Extras {
  readonly status?: Status;
  readonly yaml?: readonly string[] | false;
  readonly shown?: string;
}

/** Rows of one group. The `const` type parameters keep names literal, so that `Config` has them. */
function rows(group: Group) {
  const row = <const Key extends string, Value>(
    kind: Kind,
    flag: string,
    key: Key,
    value: Value,
    help: string,
    parse: (text: string, before: Value) => Value,
    shown: string,
    extras: Extras,
  ): Option<Key, Value> => ({
    flag,
    key,
    kind,
    group,
    default: value,
    shown: extras.shown ?? shown,
    help,
    status: extras.status ?? "done",
    yaml: extras.yaml === false ? undefined : (extras.yaml ?? [flag]),
    parse,
  });
  return {
    text: <const Key extends string>(flag: string, key: Key, value: string, help: string, extras: Extras = {}) =>
      row<Key, string>("string", flag, key, value, help, (text) => text, value, extras),
    bool: <const Key extends string>(flag: string, key: Key, value: boolean, help: string, extras: Extras = {}) =>
      row<Key, boolean>("bool", flag, key, value, help, parseBool, String(value), extras),
    integer: <const Key extends string>(
      type: IntegerType,
      flag: string,
      key: Key,
      value: number,
      help: string,
      extras: Extras = {},
    ) => row<Key, number>(type, flag, key, value, help, (text) => parseInt64(type, text), String(value), extras),
    /** Milliseconds. */
    duration: <const Key extends string>(flag: string, key: Key, value: number, help: string, extras: Extras = {}) =>
      row<Key, number>("duration", flag, key, value, help, flagDuration, formatDuration(value), extras),
    /** URLs in the order of their texts, each once. `*`, where allowed, stands for itself. */
    urls: <const Key extends string>(
      flag: string,
      key: Key,
      value: readonly string[],
      help: string,
      extras: Extras & { readonly except?: string } = {},
    ) =>
      row<Key, readonly string[]>(
        "urls",
        flag,
        key,
        value,
        help,
        (text, before) => uniqueUrls(text, before, extras.except ?? ""),
        value.join(","),
        extras,
      ),
    strings: <const Key extends string>(flag: string, key: Key, help: string, extras: Extras = {}) =>
      row<Key, readonly string[]>("strings", flag, key, [], help, (text) => text.split(","), "", extras),
    /** In ascending order, each once. */
    uniqueStrings: <const Key extends string>(
      flag: string,
      key: Key,
      value: readonly string[],
      help: string,
      extras: Extras = {},
    ) =>
      row<Key, readonly string[]>(
        "unique-strings",
        flag,
        key,
        value,
        help,
        (text) => [...new Set(text.split(","))].sort(),
        value.join(","),
        extras,
      ),
    choice: <const Key extends string, const Choice extends string>(
      flag: string,
      key: Key,
      choices: readonly [Choice, ...Choice[]],
      help: string,
      extras: Extras = {},
    ) =>
      row<Key, string>(
        "choice",
        flag,
        key,
        choices[0],
        help,
        (text) => {
          if (!(choices as readonly string[]).includes(text)) throw new BadValue("invalid value");
          return text;
        },
        choices[0],
        extras,
      ),
    features: <const Key extends string>(flag: string, key: Key, help: string) =>
      row<Key, FeatureGates>("feature-gates", flag, key, defaultFeatures, help, parseFeatures, "", {}),
  };
}

/** A flag says of any bad duration just that; time.ParseDuration's own words show elsewhere. */
function flagDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new BadValue("parse error");
  }
}

function uniqueUrls(text: string, before: readonly string[], except: string): readonly string[] {
  // As in etcd: what is there already, and the exception, change nothing.
  if (text === except || (before.length === 1 && before[0] === text)) return before;
  return [...new Set(parseUrls(text).map((url) => url.text))];
}

const v2Stages = ["write-only", "write-only-skip-check", "write-only-drop-data", "gone"];

const member = rows("Member");
const clustering = rows("Clustering");
const security = rows("Security");
const auth = rows("Auth");
const monitoring = rows("Profiling and monitoring");
const logging = rows("Logging");
const tracing = rows("Distributed tracing");
const checks = rows("Checks and limits");
const unsafe = rows("Unsafe");
const commandLine = rows("Command line");

const later = { status: "later" } as const;

export const options = [
  member.text("name", "name", "default", "Name of this member, for people to read."),
  member.text("data-dir", "dataDir", "", "Directory that holds everything the member stores.", {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shown as it is
    shown: "${name}.etcd",
  }),
  member.text("wal-dir", "walDir", "", "Directory of the write-ahead log, when it should lie apart (a faster disk)."),
  member.integer(
    "uint64",
    "snapshot-count",
    "snapshotCount",
    10_000,
    "Applied entries after which a snapshot is written.",
  ),
  member.integer(
    "uint64",
    "snapshot-catchup-entries",
    "snapshotCatchupEntries",
    5000,
    "Entries kept in memory behind a snapshot, so that a slow follower catches up without one.",
  ),
  member.integer("uint", "heartbeat-interval", "heartbeatIntervalMs", 100, "Milliseconds between heartbeats."),
  member.integer(
    "uint",
    "election-timeout",
    "electionTimeoutMs",
    1000,
    "Milliseconds without a leader before an election.",
  ),
  member.bool(
    "initial-election-tick-advance",
    "initialElectionTickAdvance",
    true,
    "Wait less before the first election after a start.",
  ),
  member.urls("listen-peer-urls", "listenPeerUrls", ["http://localhost:2380"], "URLs to listen on for other members."),
  member.urls(
    "listen-client-urls",
    "listenClientUrls",
    ["http://localhost:2379"],
    "URLs to listen on for clients: gRPC, and HTTP unless --listen-client-http-urls is given.",
  ),
  member.urls(
    "listen-client-http-urls",
    "listenClientHttpUrls",
    [],
    "URLs to listen on for HTTP alone; takes HTTP away from --listen-client-urls.",
  ),
  member.integer(
    "uint",
    "max-snapshots",
    "maxSnapshots",
    5,
    "Newest snapshot files to keep (0: all). Deprecated by etcd.",
  ),
  member.integer("uint", "max-wals", "maxWals", 5, "Newest log files to keep (0: all)."),
  member.bool("memory-mlock", "memoryMlock", false, "Keep memory from being swapped out.", later),
  member.integer(
    "int64",
    "quota-backend-bytes",
    "quotaBackendBytes",
    0,
    "Size of the database at which writes stop with an alarm (0: 2 GiB, negative: never).",
  ),
  member.text("backend-bbolt-freelist-type", "backendFreelistType", "", "How free pages are kept: map or array.", {
    status: "none",
    shown: "map",
  }),
  member.duration(
    "backend-batch-interval",
    "backendBatchIntervalMs",
    0,
    "Longest wait before the store commits (0: 100ms).",
  ),
  member.integer(
    "int",
    "backend-batch-limit",
    "backendBatchLimit",
    0,
    "Most changes before the store commits (0: 10000).",
  ),
  member.integer("uint", "max-txn-ops", "maxTxnOps", 128, "Most operations in one transaction."),
  member.integer("uint", "max-request-bytes", "maxRequestBytes", 1_572_864, "Largest request a client may send."),
  member.integer(
    "uint32",
    "max-concurrent-streams",
    "maxConcurrentStreams",
    4_294_967_295,
    "Most streams a client may have open on one connection.",
  ),
  member.duration(
    "grpc-keepalive-min-time",
    "grpcKeepaliveMinTimeMs",
    5000,
    "Clients must not ping more often than this.",
  ),
  member.duration(
    "grpc-keepalive-interval",
    "grpcKeepaliveIntervalMs",
    7_200_000,
    "How often the server pings a quiet client (0: never).",
  ),
  member.duration(
    "grpc-keepalive-timeout",
    "grpcKeepaliveTimeoutMs",
    20_000,
    "How long it then waits before it closes the connection (0: for good).",
  ),
  member.bool("socket-reuse-port", "socketReusePort", false, "Set SO_REUSEPORT on listeners (from Node 22.12 on).", {
    yaml: ["socket-options", "reuse-port"],
  }),
  member.bool("socket-reuse-address", "socketReuseAddress", false, "Set SO_REUSEADDR on listeners (always set).", {
    yaml: ["socket-options", "reuse-address"],
  }),
  member.bool("enable-grpc-gateway", "enableGrpcGateway", true, "Serve the JSON gateway under /v3/."),
  member.duration("raft-read-timeout", "raftReadTimeoutMs", 5000, "Read timeout of peer connections (at least 5s).", {
    yaml: false,
  }),
  member.duration(
    "raft-write-timeout",
    "raftWriteTimeoutMs",
    5000,
    "Write timeout of peer connections (at least 5s).",
    {
      yaml: false,
    },
  ),
  member.features("feature-gates", "features", "Switches for features that are not settled, as Name=true,Other=false."),

  clustering.urls(
    "initial-advertise-peer-urls",
    "initialAdvertisePeerUrls",
    ["http://localhost:2380"],
    "Peer URLs under which the other members reach this one.",
  ),
  clustering.text("initial-cluster", "initialCluster", "default=http://localhost:2380", "Members of a new cluster."),
  clustering.choice(
    "initial-cluster-state",
    "initialClusterState",
    ["new", "existing"],
    "new for a new cluster, existing for a member that joins one. Ignored once there is data.",
  ),
  clustering.text(
    "initial-cluster-token",
    "initialClusterToken",
    "etcd-cluster",
    "A word that keeps clusters apart which are made from the same settings.",
  ),
  clustering.urls(
    "advertise-client-urls",
    "advertiseClientUrls",
    ["http://localhost:2379"],
    "Client URLs told to the public; clients that list members connect to these.",
  ),
  clustering.text("discovery-token", "discoveryToken", "", "Token of the cluster at the discovery service.", {
    yaml: ["discovery-config", "token"],
  }),
  clustering.uniqueStrings(
    "discovery-endpoints",
    "discoveryEndpoints",
    [],
    "gRPC endpoints of the discovery service.",
    {
      yaml: ["discovery-config", "client", "endpoints"],
    },
  ),
  clustering.duration(
    "discovery-dial-timeout",
    "discoveryDialTimeoutMs",
    2000,
    "Discovery: how long a dial may take.",
    {
      yaml: ["discovery-config", "client", "dial-timeout"],
    },
  ),
  clustering.duration(
    "discovery-request-timeout",
    "discoveryRequestTimeoutMs",
    5000,
    "Discovery: how long a request may take.",
    { yaml: ["discovery-config", "client", "request-timeout"] },
  ),
  clustering.duration("discovery-keepalive-time", "discoveryKeepaliveTimeMs", 2000, "Discovery: time between pings.", {
    yaml: ["discovery-config", "client", "keepalive-time"],
  }),
  clustering.duration(
    "discovery-keepalive-timeout",
    "discoveryKeepaliveTimeoutMs",
    6000,
    "Discovery: how long a ping may go unanswered.",
    { yaml: ["discovery-config", "client", "keepalive-timeout"] },
  ),
  clustering.bool("discovery-insecure-transport", "discoveryInsecureTransport", true, "Discovery: without TLS.", {
    yaml: ["discovery-config", "client", "secure", "insecure-transport"],
  }),
  clustering.bool(
    "discovery-insecure-skip-tls-verify",
    "discoveryInsecureSkipTlsVerify",
    false,
    "Discovery: do not check the server's certificate. For tests only.",
    { yaml: ["discovery-config", "client", "secure", "insecure-skip-tls-verify"] },
  ),
  clustering.text("discovery-cert", "discoveryCert", "", "Discovery: certificate file of the client.", {
    yaml: ["discovery-config", "client", "secure", "cert"],
  }),
  clustering.text("discovery-key", "discoveryKey", "", "Discovery: key file of the client.", {
    yaml: ["discovery-config", "client", "secure", "key"],
  }),
  clustering.text(
    "discovery-cacert",
    "discoveryCacert",
    "",
    "Discovery: CA bundle that the server is checked against.",
    {
      yaml: ["discovery-config", "client", "secure", "cacert"],
    },
  ),
  clustering.text("discovery-user", "discoveryUser", "", "Discovery: user, or user:password.", {
    yaml: ["discovery-config", "client", "auth", "username"],
  }),
  clustering.text("discovery-password", "discoveryPassword", "", "Discovery: password, when not given with the user.", {
    yaml: ["discovery-config", "client", "auth", "password"],
  }),
  clustering.choice(
    "discovery-fallback",
    "discoveryFallback",
    ["exit", "proxy"],
    "What to do when discovery fails; only exit is left.",
    { status: "none", yaml: false },
  ),
  clustering.text(
    "discovery-srv",
    "discoverySrv",
    "",
    "DNS domain whose SRV records name the members of a new cluster.",
  ),
  clustering.text("discovery-srv-name", "discoverySrvName", "", "Suffix of the SRV service name."),
  clustering.bool(
    "strict-reconfig-check",
    "strictReconfigCheck",
    true,
    "Refuse changes of membership that would cost the quorum.",
  ),
  clustering.bool("pre-vote", "preVote", true, "Ask before an election whether it could be won."),
  clustering.text(
    "auto-compaction-retention",
    "autoCompactionRetention",
    "0",
    "How much history auto-compaction keeps: a duration (hours without a unit), or revisions. 0 switches it off.",
  ),
  clustering.text(
    "auto-compaction-mode",
    "autoCompactionMode",
    "periodic",
    "What the retention counts: periodic or revision.",
  ),
  {
    ...clustering.text("v2-deprecation", "v2Deprecation", "write-only", "Ignored; the old store is never loaded.", {
      status: "none",
    }),
    parse: (text: string): string => {
      for (const part of text.split(",")) {
        if (!v2Stages.includes(part)) throw new BadValue(`invalid value ${quote(part)}`);
      }
      return text;
    },
  },
  clustering.integer("int", "max-learners", "maxLearners", 1, "Most learners the cluster may have."),

  security.text("cert-file", "certFile", "", "Certificate of the client listeners.", {
    yaml: ["client-transport-security", "cert-file"],
  }),
  security.text("key-file", "keyFile", "", "Key of the client listeners.", {
    yaml: ["client-transport-security", "key-file"],
  }),
  security.text(
    "client-cert-file",
    "clientCertFile",
    "",
    "Certificate shown when the server is a client of its own port.",
    {
      // The gateway's calls never leave the process.
      status: "none",
      yaml: ["client-transport-security", "client-cert-file"],
    },
  ),
  security.text("client-key-file", "clientKeyFile", "", "Key that goes with --client-cert-file.", {
    status: "none",
    yaml: ["client-transport-security", "client-key-file"],
  }),
  security.bool("client-cert-auth", "clientCertAuth", false, "Ask clients for a certificate.", {
    yaml: ["client-transport-security", "client-cert-auth"],
  }),
  security.text("client-crl-file", "clientCrlFile", "", "Revocation list for clients' certificates."),
  security.strings(
    "client-cert-allowed-hostname",
    "clientCertAllowedHostnames",
    "Host names accepted in clients' certificates.",
    {
      yaml: ["client-transport-security", "allowed-hostname"],
    },
  ),
  security.text("trusted-ca-file", "trustedCaFile", "", "CA that clients' certificates are checked against.", {
    yaml: ["client-transport-security", "trusted-ca-file"],
  }),
  security.bool("auto-tls", "autoTls", false, "Client listeners with a certificate made on the spot.", {
    yaml: ["client-transport-security", "auto-tls"],
  }),
  security.text("peer-cert-file", "peerCertFile", "", "Certificate of the peer listeners.", {
    yaml: ["peer-transport-security", "cert-file"],
  }),
  security.text("peer-key-file", "peerKeyFile", "", "Key of the peer listeners.", {
    yaml: ["peer-transport-security", "key-file"],
  }),
  security.text("peer-client-cert-file", "peerClientCertFile", "", "Certificate shown to other members.", {
    yaml: ["peer-transport-security", "client-cert-file"],
  }),
  security.text("peer-client-key-file", "peerClientKeyFile", "", "Key that goes with --peer-client-cert-file.", {
    yaml: ["peer-transport-security", "client-key-file"],
  }),
  security.bool("peer-client-cert-auth", "peerClientCertAuth", false, "Ask other members for a certificate.", {
    yaml: ["peer-transport-security", "client-cert-auth"],
  }),
  security.text("peer-trusted-ca-file", "peerTrustedCaFile", "", "CA that members' certificates are checked against.", {
    yaml: ["peer-transport-security", "trusted-ca-file"],
  }),
  security.bool("peer-auto-tls", "peerAutoTls", false, "Peer listeners with a certificate made on the spot.", {
    yaml: ["peer-transport-security", "auto-tls"],
  }),
  security.integer(
    "uint",
    "self-signed-cert-validity",
    "selfSignedCertValidityYears",
    1,
    "Years such a certificate is valid.",
  ),
  security.text("peer-crl-file", "peerCrlFile", "", "Revocation list for members' certificates."),
  security.strings("peer-cert-allowed-cn", "peerCertAllowedCns", "Common names accepted in members' certificates.", {
    yaml: ["peer-transport-security", "allowed-cn"],
  }),
  security.strings(
    "peer-cert-allowed-hostname",
    "peerCertAllowedHostnames",
    "Host names accepted in members' certificates.",
    {
      yaml: ["peer-transport-security", "allowed-hostname"],
    },
  ),
  security.bool(
    "peer-skip-client-san-verification",
    "peerSkipClientSanVerification",
    false,
    "Do not compare a member's address with its certificate.",
    { yaml: ["peer-transport-security", "skip-client-san-verification"] },
  ),
  security.strings("cipher-suites", "cipherSuites", "TLS cipher suites offered (empty: the platform's choice)."),
  security.text("tls-min-version", "tlsMinVersion", "TLS1.2", "Oldest TLS version: TLS1.2 or TLS1.3."),
  security.text("tls-max-version", "tlsMaxVersion", "", "Newest TLS version (empty: the platform's choice)."),
  security.urls("cors", "cors", ["*"], "Origins that browsers may call from; * for any.", { except: "*" }),
  security.uniqueStrings(
    "host-whitelist",
    "hostWhitelist",
    ["*"],
    "Host names accepted in HTTP requests without TLS; * or empty for any.",
  ),

  auth.text(
    "auth-token",
    "authToken",
    "simple",
    "Kind of token and its settings: simple, or jwt,pub-key=..,sign-method=...",
  ),
  auth.integer("uint", "bcrypt-cost", "bcryptCost", 10, "Cost of hashing a password, 4 to 31."),
  auth.integer("uint", "auth-token-ttl", "authTokenTtlSeconds", 300, "Seconds a simple token lives."),

  monitoring.bool("enable-pprof", "enablePprof", false, "Serve profiles under /debug/pprof/."),
  monitoring.text("metrics", "metrics", "basic", "basic, or extensive for the time gRPC calls take."),
  monitoring.urls("listen-metrics-urls", "listenMetricsUrls", [], "URLs to listen on for /metrics and /health alone."),

  logging.text("logger", "logger", "zap", "Only zap: the shape of log lines."),
  logging.uniqueStrings(
    "log-outputs",
    "logOutputs",
    ["default"],
    "default (stderr), stderr, stdout, or files to append to.",
  ),
  logging.text("log-level", "logLevel", "info", "debug, info, warn, error, panic or fatal."),
  logging.text("log-format", "logFormat", "json", "json or console."),
  logging.bool("enable-log-rotation", "enableLogRotation", false, "Start a new log file when it gets large."),
  logging.text(
    "log-rotation-config-json",
    "logRotationConfigJson",
    '{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}',
    "When: maxsize in MB, maxage in days, maxbackups in files.",
  ),
  logging.duration(
    "warning-unary-request-duration",
    "warningUnaryRequestDurationMs",
    300,
    "A call that takes longer is logged.",
  ),

  tracing.bool(
    "enable-distributed-tracing",
    "enableDistributedTracing",
    false,
    "Send traces to an OpenTelemetry collector.",
    later,
  ),
  tracing.text(
    "distributed-tracing-address",
    "distributedTracingAddress",
    "localhost:4317",
    "Address of the collector.",
    later,
  ),
  tracing.text(
    "distributed-tracing-service-name",
    "distributedTracingServiceName",
    "etcd",
    "Name of the service in traces.",
    later,
  ),
  tracing.text(
    "distributed-tracing-instance-id",
    "distributedTracingInstanceId",
    "",
    "Name of this member in traces.",
    later,
  ),
  tracing.integer(
    "int",
    "distributed-tracing-sampling-rate",
    "distributedTracingSamplingRatePerMillion",
    0,
    "Traces kept per million.",
    later,
  ),

  checks.duration(
    "corrupt-check-time",
    "corruptCheckTimeMs",
    0,
    "Time between comparisons with the other members (0: never).",
  ),
  checks.duration(
    "compact-hash-check-time",
    "compactHashCheckTimeMs",
    60_000,
    "Time between comparisons of compaction hashes by the leader.",
  ),
  checks.integer(
    "int",
    "compaction-batch-limit",
    "compactionBatchLimit",
    0,
    "Most revisions removed in one go (0: 1000).",
    {
      shown: "1000",
    },
  ),
  checks.duration("compaction-sleep-interval", "compactionSleepIntervalMs", 0, "Pause between two goes (0: 10ms)."),
  checks.duration(
    "watch-progress-notify-interval",
    "watchProgressNotifyIntervalMs",
    0,
    "Time between progress notices to quiet watchers (0: 10m).",
    { shown: "10m" },
  ),
  checks.duration(
    "warning-apply-duration",
    "warningApplyDurationMs",
    100,
    "An entry that takes longer to apply is logged.",
  ),
  checks.integer(
    "uint",
    "bootstrap-defrag-threshold-megabytes",
    "bootstrapDefragThresholdMegabytes",
    0,
    "Defragment at start when that frees at least so much (0: never).",
  ),
  checks.duration(
    "downgrade-check-time",
    "downgradeCheckTimeMs",
    5000,
    "Time between looks at a downgrade under way (0: never).",
  ),

  unsafe.bool("force-new-cluster", "forceNewCluster", false, "Make a cluster of this member alone out of its data."),
  unsafe.bool("unsafe-no-fsync", "unsafeNoFsync", false, "Never wait for the disk. A power cut then loses data."),

  commandLine.text(
    "config-file",
    "configFile",
    "",
    "File with the settings; other flags and environment variables are then ignored. Durations in it are nanoseconds.",
    { yaml: false },
  ),
  commandLine.bool("version", "version", false, "Print the version and exit.", { yaml: false }),
] as const;

/** Flags of long ago that are taken and mean nothing. */
export const ignoredFlags: readonly string[] = [
  "cluster-active-size",
  "cluster-remove-delay",
  "cluster-sync-interval",
  "config",
  "force",
  "max-result-buffer",
  "max-retry-attempts",
  "peer-heartbeat-interval",
  "peer-election-timeout",
  "retry-interval",
  "snapshot",
  "v",
  "vv",
  "test.coverprofile",
  "test.outputdir",
];

type Rows = (typeof options)[number];
type Widen<Value> = Value extends boolean
  ? boolean
  : Value extends number
    ? number
    : Value extends string
      ? string
      : Value;

/** All settings, each under its `key`. Durations in milliseconds; URLs and lists as the flags order them. */
export type Config = {
  readonly [Row in Rows as Row["key"]]: Widen<Row["default"]>;
};

/** A setting by its flag. */
export const optionsByFlag: ReadonlyMap<string, Option> = new Map(
  (options as readonly Option[]).map((option) => [option.flag, option]),
);
