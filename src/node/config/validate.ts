/** etcd's rules for settings that are well-formed one by one, in etcd's order and words. */
import type { LogFields, LogLevel } from "../../base/index.ts";
import { BadValue, formatDuration, parseDuration, quote } from "./go-values.ts";
import type { Config } from "./options.ts";
import { isIp, parseUrls, splitHostPort } from "./urls.ts";

/** A line for the log about the settings, to be written once there is a logger. */
export interface Notice {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: LogFields;
}

/** The settings contradict each other or the world; the message is the line for the person. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export const logLevels = ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"];
const electionMsMax = 50_000;
const tracesPerMillionMax = 1_000_000;
export const unsetAdvertiseClientUrls =
  "--advertise-client-urls is required when --listen-client-urls is set explicitly";

/** Checks what logging needs; apart, since nothing else can be told properly before. */
export function validateLogging(config: Config): void {
  if (config.logger === "capnslog") throw new ConfigError("--logger=capnslog is removed in v3.5");
  if (config.logger !== "zap") throw new ConfigError(`unknown logger option ${quote(config.logger)}`);
  if (config.logOutputs.length > 1 && config.logOutputs.includes("default")) {
    throw new ConfigError('multi logoutput for "default" is not supported yet');
  }
  if (config.enableLogRotation) validateRotation(config);
  if (config.logFormat !== "json" && config.logFormat !== "console" && config.logFormat !== "") {
    throw new ConfigError(`unknown log format: ${config.logFormat}, supported values json, console`);
  }
}

function validateRotation(config: Config): void {
  const files = config.logOutputs.filter((output) => !["default", "stderr", "stdout"].includes(output));
  if (files.length > 1 || (config.logOutputs.length === 1 && files.length === 0)) {
    throw new ConfigError("--log-outputs requires a single file path when --log-rotate-config-json is defined");
  }
  const text = config.logRotationConfigJson;
  let rotation: unknown;
  try {
    rotation = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`improperly formatted log rotation config: ${jsonFault(text, String(error))}`);
  }
  const goType = (value: unknown): string =>
    Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const wrong = (value: unknown, where: string): ConfigError =>
    new ConfigError(`invalid log rotation config: json: cannot unmarshal ${goType(value)} into Go ${where}`);
  if (rotation === null) return;
  if (typeof rotation !== "object" || Array.isArray(rotation)) {
    throw wrong(rotation, "value of type embed.logRotationConfig");
  }
  const kinds = {
    maxsize: "number",
    maxage: "number",
    maxbackups: "number",
    localtime: "boolean",
    compress: "boolean",
  };
  for (const [key, kind] of Object.entries(kinds)) {
    const value = (rotation as Record<string, unknown>)[key];
    if (value === undefined || value === null || typeof value === kind) continue;
    throw wrong(value, `struct field logRotationConfig.Logger.${key} of type ${kind === "number" ? "int" : "bool"}`);
  }
}

/** What Go finds wrong with the text, from what our parser does. */
function jsonFault(text: string, error: string): string {
  const at = Number(/position (\d+)/.exec(error)?.[1] ?? text.length);
  const found = text[at];
  if (found === undefined || /end of JSON/.test(error)) return "unexpected end of JSON input";
  const where = /after JSON/.test(error) ? "after top-level value" : "looking for beginning of value";
  return `invalid character '${found}' ${where}`;
}

/** The rest of the rules. `notices` gets what is worth saying but no reason to stop. */
export function validate(config: Config, notices: Notice[]): void {
  checkBind(config.listenPeerUrls);
  checkBind(config.listenClientUrls);
  checkBind(config.listenClientHttpUrls);
  if (config.listenClientHttpUrls.length === 0) {
    notices.push({
      level: "warn",
      message: "Running http and grpc server on single port. This is not recommended for production.",
    });
  }
  checkBind(config.listenMetricsUrls);
  const peerFault = hostFault(config.initialAdvertisePeerUrls);
  if (peerFault !== undefined) {
    const list = quote(config.initialAdvertisePeerUrls.join(","));
    throw new ConfigError(`--initial-advertise-peer-urls ${list} must be "host:port" (${peerFault})`);
  }
  const clientFault = hostFault(config.advertiseClientUrls);
  if (clientFault !== undefined) {
    const list = quote(config.advertiseClientUrls.join(","));
    throw new ConfigError(
      `--advertise-client-urls ${list} must be in the format "host:port", "unix:/path/to/socket" or "unixs:/path/to/socket" (${clientFault})`,
    );
  }
  if (config.initialClusterState !== "new" && config.initialClusterState !== "existing") {
    throw new ConfigError(`unexpected clusterState ${quote(config.initialClusterState)}`);
  }
  const ways = [config.initialCluster !== "", config.discoverySrv !== "", config.discoveryEndpoints.length > 0];
  if (ways.filter(Boolean).length > 1) {
    throw new ConfigError(
      'multiple discovery or bootstrap flags are set. Choose one of "initial-cluster", "discovery-endpoints" or "discovery-srv"',
    );
  }
  if ((config.discoveryToken !== "") !== config.discoveryEndpoints.length > 0) {
    throw new ConfigError("both --discovery-token and --discovery-endpoints must be set");
  }
  if (config.discoveryEndpoints.some((endpoint) => endpoint.trim() === "")) {
    throw new ConfigError("--discovery-endpoints must not contain empty endpoints");
  }
  checkTimes(config);
  // Undefined stands for "given to listen on, but nothing to advertise", see `load`.
  if (config.listenClientUrls.length > 0 && config.advertiseClientUrls.length === 0) {
    throw new ConfigError(unsetAdvertiseClientUrls);
  }
  if (config.autoCompactionMode === "") throw new ConfigError("undefined auto-compaction-mode");
  if (config.autoCompactionMode !== "periodic" && config.autoCompactionMode !== "revision") {
    throw new ConfigError(`unknown auto-compaction-mode ${quote(config.autoCompactionMode)}`);
  }
  checkTracing(config);
  checkFeatures(config, notices);
  if (config.compactHashCheckTimeMs <= 0) {
    const set = formatDuration(config.compactHashCheckTimeMs);
    throw new ConfigError(`--compact-hash-check-time must be >0 (set to ${set})`);
  }
  if (config.name === "default") {
    notices.push({
      level: "warn",
      message:
        "it isn't recommended to use default name, please set a value for --name. " +
        "Note that etcd might run into issue when multiple members have the same default name",
      fields: { name: config.name },
    });
  }
  checkTls(config);
}

function checkTimes({ heartbeatIntervalMs: heartbeat, electionTimeoutMs: election }: Config): void {
  if (heartbeat === 0) throw new ConfigError("--heartbeat-interval must be >0 (set to 0ms)");
  if (election === 0) throw new ConfigError("--election-timeout must be >0 (set to 0ms)");
  if (5 * heartbeat > election) {
    throw new ConfigError(
      `--election-timeout[${election}ms] should be at least as 5 times as --heartbeat-interval[${heartbeat}ms]`,
    );
  }
  if (election > electionMsMax) {
    throw new ConfigError(
      `--election-timeout[${election}ms] is too long, and should be set less than ${electionMsMax}ms`,
    );
  }
}

function checkTracing(config: Config): void {
  if (!config.enableDistributedTracing) return;
  const rate = config.distributedTracingSamplingRatePerMillion;
  const fault =
    rate < 0
      ? "tracing sampling rate must be positive"
      : rate > tracesPerMillionMax
        ? `tracing sampling rate must be less than ${tracesPerMillionMax}`
        : undefined;
  if (fault !== undefined) throw new ConfigError(`distributed tracing configurition is not valid: (${fault})`);
}

function checkFeatures({ features }: Config, notices: Notice[]): void {
  if (features.LeaseCheckpoint && !features.LeaseCheckpointPersist) {
    notices.push({
      level: "warn",
      message:
        "Detected that checkpointing is enabled without persistence. Consider enabling feature gate LeaseCheckpointPersist",
    });
  }
  if (features.LeaseCheckpointPersist && !features.LeaseCheckpoint) {
    throw new ConfigError(
      "enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint",
    );
  }
}

function checkTls(config: Config): void {
  const [min, max] = [config.tlsMinVersion, config.tlsMaxVersion].map((version) => {
    const order = ["", "TLS1.2", "TLS1.3"].indexOf(version);
    if (order < 0) {
      throw new ConfigError(`unexpected TLS version ${quote(version)} (must be one of: TLS1.2, TLS1.3)`);
    }
    return order;
  }) as [number, number];
  if (max !== 0 && min > max) {
    throw new ConfigError(
      `min version (${config.tlsMinVersion}) is greater than max version (${config.tlsMaxVersion})`,
    );
  }
  if (min === 2 && config.cipherSuites.length > 0) {
    throw new ConfigError("cipher suites cannot be configured when only TLS1.3 is enabled");
  }
}

/** A listener is bound to an address, not to a name: a name may lead elsewhere tomorrow. */
function checkBind(urls: readonly string[]): void {
  for (const { text, scheme, host } of urls.flatMap(parseUrls)) {
    if (scheme === "unix" || scheme === "unixs") continue;
    const parts = splitHostPort(host);
    if (typeof parts === "string") throw new ConfigError(parts);
    if (parts.host !== "localhost" && !isIp(parts.host)) {
      throw new ConfigError(`expected IP in URL for binding (${text})`);
    }
  }
}

function hostFault(urls: readonly string[]): string | undefined {
  for (const { text, scheme, host } of urls.flatMap(parseUrls)) {
    if (scheme === "unix" || scheme === "unixs") continue;
    const parts = splitHostPort(host);
    if (typeof parts === "string") return parts;
    if (parts.host === "") return `unexpected empty host (${text})`;
  }
  return undefined;
}

/**
 * What `auto-compaction-retention` means: milliseconds under mode periodic (hours without a unit), a count of revisions under mode revision;
 * 0 for never. Throws `ConfigError`.
 */
export function compactionRetention({ autoCompactionMode: mode, autoCompactionRetention: text }: Config): number {
  if (text === "") return 0;
  if (/^\+?[0-9]+$/.test(text)) {
    const count = Number(text);
    if (count <= Number.MAX_SAFE_INTEGER) return mode === "revision" ? count : count * 3_600_000;
  }
  try {
    const ms = parseDuration(text);
    // etcd keeps both in one field of nanoseconds: a duration under mode revision is that many revisions.
    return mode === "revision" ? ms * 1e6 : ms;
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new ConfigError(`error parsing CompactionRetention: ${error.message}`);
  }
}

/** `name=url,name=url` as lists of URLs by name, each in order. Throws `ConfigError`. */
export function initialClusterOf(text: string): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const pair of text.split(",")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    const urls = members.get(name) ?? [];
    urls.push(at < 0 ? "" : pair.slice(at + 1));
    members.set(name, urls);
  }
  for (const [name, urls] of members) {
    try {
      members.set(
        name,
        parseUrls(urls.join(",")).map((url) => url.text),
      );
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      throw new ConfigError(`error setting up initial cluster: ${error.message}`);
    }
  }
  return members;
}
