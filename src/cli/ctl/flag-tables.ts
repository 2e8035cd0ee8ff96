import type { FlagSpec } from "../command/flags.ts";

/* The flags of etcdctl: names, types and initial values are etcd's, the descriptions are ours. */

export function text(name: string, usage: string, initial = ""): FlagSpec {
  return { name, type: "string", initial, usage };
}

export function bool(name: string, usage: string, initial = "false", short?: string): FlagSpec {
  return { name, type: "bool", initial, usage, ...(short === undefined ? {} : { short }) };
}

export function int64(name: string, usage: string, initial = "0"): FlagSpec {
  return { name, type: "int64", initial, usage };
}

function duration(name: string, usage: string, initial: string): FlagSpec {
  return { name, type: "duration", initial, usage };
}

/** Help lists these only under `options`. */
function hidden(flags: readonly FlagSpec[]): readonly FlagSpec[] {
  return flags.map((flag) => ({ ...flag, hidden: true }));
}

export const globals: readonly FlagSpec[] = hidden([
  { name: "endpoints", type: "stringSlice", initial: "[127.0.0.1:2379]", usage: "client URLs of the members" },
  bool("debug", "say on standard error what the client does"),
  { ...text("write-out", "how answers are printed (fields, json, protobuf, simple, table)", "simple"), short: "w" },
  bool("hex", "print keys, values and ids in hexadecimal"),
  duration("dial-timeout", "time for a connection to stand", "2s"),
  duration("command-timeout", "time a short command may take, without the connecting", "5s"),
  duration("keepalive-time", "silence after which a connection is tested", "2s"),
  duration("keepalive-timeout", "time a tested connection has to answer", "6s"),
  {
    name: "max-request-bytes",
    type: "int",
    initial: "0",
    usage: "largest request that is sent, in bytes (0 means 2 MiB)",
  },
  {
    name: "max-recv-bytes",
    type: "int",
    initial: "0",
    usage: "largest answer that is taken, in bytes (0 means no limit)",
  },
  bool("insecure-transport", "talk without TLS", "true"),
  bool("insecure-discovery", "take members found by DNS even if they talk without TLS", "true"),
  bool("insecure-skip-tls-verify", "take any server certificate (for tests only)"),
  text("cert", "certificate that says who the client is"),
  text("key", "private key of that certificate"),
  text("cacert", "certificate authorities whose servers are trusted"),
  text("auth-jwt-token", "JWT to show instead of --user and --password"),
  text("user", "name[:password] to log in with (the password is asked for when it is missing)"),
  text("password", "password to log in with (--user then holds the name only)"),
  { ...text("discovery-srv", "domain whose SRV records name the members"), short: "d" },
  text("discovery-srv-name", "service name for SRV records"),
]);

export const consistency = text("consistency", "Linearizable(l) or Serializable(s)", "l");
export const prefixOrFrom = (verb: string): FlagSpec[] => [
  bool("prefix", `${verb} all keys that start with the given one`),
  bool("from-key", `${verb} the given key and all that come after it in byte order`),
];

/** `get`, also inside a transaction. */
export const getFlags: readonly FlagSpec[] = [
  consistency,
  text("order", "ASCEND or DESCEND; ascending when not given"),
  text("sort-by", "CREATE, KEY, MODIFY, VALUE or VERSION"),
  int64("limit", "at most this many results"),
  ...prefixOrFrom("get"),
  int64("rev", "read as of this revision"),
  bool("keys-only", "keys without values"),
  bool("count-only", "only how many there are"),
  bool("print-value-only", 'values without keys, with "simple" output'),
  int64("min-create-rev", "only keys made at this revision or later"),
  int64("max-create-rev", "only keys made at this revision or earlier"),
  int64("min-mod-rev", "only keys changed at this revision or later"),
  int64("max-mod-rev", "only keys changed at this revision or earlier"),
  bool("stream", "have the server send the range piece by piece (RangeStream)"),
];

/** `put`, also inside a transaction. */
export const putFlags: readonly FlagSpec[] = [
  text("lease", "lease to attach the key to, in hexadecimal", "0"),
  bool("prev-kv", "show what was there before"),
  bool("ignore-value", "keep the present value"),
  bool("ignore-lease", "keep the present lease"),
];

/** `del`, also inside a transaction. */
export const delFlags: readonly FlagSpec[] = [
  ...prefixOrFrom("delete"),
  bool("prev-kv", "show what was deleted"),
  bool("range", "delete a range without the pause before it"),
];

/** `watch`, also in its interactive mode. */
export const watchFlags: readonly FlagSpec[] = [
  bool("interactive", "read watch commands from standard input", "false", "i"),
  bool("prefix", "follow all keys that start with the given one"),
  int64("rev", "start at this revision"),
  bool("prev-kv", "show what was there before each event"),
  bool("progress-notify", "have the server say now and then how far it is"),
];

export const cluster = bool("cluster", "ask every member of the cluster, not only the given endpoints");
export const interactive = (usage: string) => bool("interactive", usage, "true");
