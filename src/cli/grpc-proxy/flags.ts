import type { FlagSpec, FlagType } from "../command/flags.ts";

function flag(name: string, type: FlagType, initial: string, usage: string): FlagSpec {
  return { name, type, initial, usage };
}

/** Flags of `etcd grpc-proxy start`. Names and initial values are etcd's, descriptions are ours. */
export const flags: readonly FlagSpec[] = [
  flag("listen-addr", "string", "127.0.0.1:23790", "where clients connect"),
  flag("metrics-addr", "string", "", "URL that serves metrics and health alone"),
  flag(
    "advertise-client-url",
    "string",
    "127.0.0.1:23790",
    "how clients reach the proxy; told to who asks for members",
  ),
  flag("endpoints", "stringSlice", "[127.0.0.1:2379]", "the cluster's endpoints, with commas between"),
  flag(
    "endpoints-auto-sync-interval",
    "duration",
    "0s",
    "how often the members' URLs are taken as endpoints; 0: never",
  ),
  flag("discovery-srv", "string", "", "domain whose SRV records name the endpoints"),
  flag("discovery-srv-name", "string", "", "ending of the service's name in DNS"),
  flag("insecure-discovery", "bool", "false", "take discovered endpoints unchecked"),
  flag("dial-keepalive-time", "duration", "0s", "silence after which a connection to the cluster is pinged; 0: never"),
  flag("dial-keepalive-timeout", "duration", "20s", "how long the cluster may leave a ping unanswered"),
  flag("permit-without-stream", "bool", "false", "ping the cluster also while no call is open (without effect)"),
  flag("max-send-bytes", "int", "1572864", "largest message of a client"),
  flag("max-recv-bytes", "int", "2147483647", "largest message of the cluster"),
  flag("max-concurrent-streams", "uint", "4294967295", "calls that a client may have open on one connection"),
  flag("grpc-keepalive-min-time", "duration", "5s", "least time between a client's pings"),
  flag("grpc-keepalive-interval", "duration", "2h0m0s", "silence after which a client is pinged"),
  flag("grpc-keepalive-timeout", "duration", "20s", "how long a client may leave a ping unanswered"),
  flag("cert", "string", "", "certificate shown to the cluster; its common name must be empty"),
  flag("key", "string", "", "key of --cert"),
  flag("cacert", "string", "", "CA that the cluster's certificates are checked with"),
  flag("insecure-skip-tls-verify", "bool", "false", "take any certificate of the cluster; for tests only"),
  flag("cert-file", "string", "", "certificate shown to clients"),
  flag("key-file", "string", "", "key of --cert-file"),
  flag("trusted-ca-file", "string", "", "CA that clients' certificates are checked with"),
  flag("listen-cipher-suites", "stringSlice", "[]", "cipher suites towards clients; empty: the platform's"),
  flag("client-crl-file", "string", "", "clients' certificates that are refused"),
  flag("tls-min-version", "string", "TLS1.2", "lowest TLS version towards clients: TLS1.2 or TLS1.3"),
  flag("tls-max-version", "string", "", "highest TLS version towards clients; empty: the platform's"),
  flag("debug", "bool", "false", "log more"),
  ...["resolver-prefix", "namespace", "experimental-leasing-prefix"].map((name) =>
    flag(name, "string", "", "not supported yet: refused"),
  ),
  flag("resolver-ttl", "int", "0", "not supported yet: refused"),
  ...["auto-tls", "experimental-serializable-ordering"].map((name) =>
    flag(name, "bool", "false", "not supported yet: refused"),
  ),
  flag("self-signed-cert-validity", "uint", "1", "years; for --auto-tls"),
  flag("data-dir", "string", "default.proxy", "where certificates of --auto-tls are kept"),
  flag("enable-pprof", "bool", "false", "serve profiles under /debug/pprof/"),
  flag("experimental-enable-grpc-logging", "bool", "false", "without effect"),
];

/** Flags that would change what clients see, and cannot be honoured: better refused than left out silently. */
export const refused = [
  "resolver-prefix",
  "resolver-ttl",
  "namespace",
  "experimental-leasing-prefix",
  "auto-tls",
  "experimental-serializable-ordering",
] as const;
