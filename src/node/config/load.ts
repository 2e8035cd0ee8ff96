import { messageOf } from "../../base/index.ts";
import { parseFlags, Settings } from "./flags.ts";
import { BadValue, quote } from "./go-values.ts";
import { helpText, usageText } from "./help.ts";
import { type Config, type Option, options } from "./options.ts";
import { parseUrl, splitHostPort } from "./urls.ts";
import {
  ConfigError,
  compactionRetention,
  logLevels,
  type Notice,
  unsetAdvertiseClientUrls,
  validate,
  validateLogging,
} from "./validate.ts";
import { FileError, readYaml } from "./yaml-file.ts";

/** The world as far as settings need it; all of it handed in, so that loading is a function. */
export interface LoadInputs {
  /** Arguments after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws an error with a `code` when it cannot. */
  readonly readFile: (path: string) => string;
  /** Address of this machine that others reach it by, if it is known: stands in where the listener is 0.0.0.0. */
  readonly defaultHost?: string | undefined;
  /** Lines that `--version` prints after the first. */
  readonly build: { readonly gitSha: string; readonly runtime: string; readonly platform: string };
}

/** What --version and the API report: the etcd that this server is. */
export const etcdVersion = "3.7.1";

export type Loaded =
  /** Start with these. `notices` are for the log, in order. */
  | { readonly kind: "start"; readonly config: Config; readonly notices: readonly Notice[] }
  /** Print and end: help, version, a flag that cannot be read. */
  | {
      readonly kind: "exit";
      /** `usage`: a flag that cannot be read, see `fault`; `other`: anything else that etcd prints and ends with. */
      readonly about: "help" | "version" | "usage" | "other";
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
      /** What is wrong with the flags, without etcd's usage text; `unknownFlag` is a flag that does not exist, without dashes. */
      readonly fault?: { readonly message: string; readonly unknownFlag: string | undefined };
    }
  /** End with code 1; the last notices say why. `config` serves to open the log that was asked for, when that much was valid. */
  | {
      readonly kind: "refused";
      readonly error: string;
      readonly notices: readonly Notice[];
      readonly config: Config | undefined;
    };

const deprecated: Readonly<Record<string, string>> = {
  "max-snapshots": "--max-snapshots is deprecated in 3.6 and will be decommissioned in 3.8.",
  "v2-deprecation":
    "--v2-deprecation is deprecated and scheduled for removal in v3.8. The default value is enforced, ignoring user input.",
};

const raftTimeoutMsMin = 5000;
const defaultInitialCluster = "default=http://localhost:2380";

/**
 * Settings from the command line and the environment, or from a file if one is named, with etcd's rules for which wins.
 * Exit codes: 0 for help and version, 2 for flags that cannot be read, 1 for settings that cannot be used.
 */
export function load(inputs: LoadInputs): Loaded {
  const settings = new Settings();
  const flags = parseFlags(inputs.args, settings);
  if (flags.kind === "help") {
    return { kind: "exit", about: "help", code: 0, stdout: `${helpText()}\n`, stderr: `${usageText}\n` };
  }
  if (flags.kind === "wrong") {
    const { message, unknownFlag } = flags;
    const stderr = `${message}\n${usageText}\n`;
    return { kind: "exit", about: "usage", code: 2, stdout: "", stderr, fault: { message, unknownFlag } };
  }
  const notices: Notice[] = [];
  const refuse = (error: string, config?: Config): Loaded => ({
    kind: "refused",
    error,
    config,
    notices: [
      ...notices,
      { level: "info", message: "Running: ", fields: { args: inputs.args } },
      { level: "warn", message: "failed to verify flags", fields: { error } },
      ...(error === unsetAdvertiseClientUrls
        ? [{ level: "warn", message: "advertise client URLs are not set", fields: { error } } as const]
        : []),
    ],
  });
  if (flags.rest.length > 0) return refuse(`${quote(flags.rest[0]!)} is not a valid flag`);
  if (settings.get<boolean>("version")) return versionOf(inputs);

  const file = settings.get<string>("config-file") || inputs.env.ETCD_CONFIG_FILE || "";
  let chosen = settings;
  if (file !== "") {
    chosen = new Settings();
    chosen.values.set("config-file", file);
    try {
      readYaml(readFile(inputs, file), chosen);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (error.bare) {
        return { kind: "exit", about: "other", code: 1, stdout: "", stderr: `${error.message}\n` };
      }
      return refuse(error.message);
    }
  } else {
    const fault = readEnvironment(inputs.env, settings, notices);
    if (fault?.kind === "conflict") return fault.refused;
    if (fault?.kind === "bad") return refuse(fault.message);
    clampRaftTimeouts(settings, notices);
    if (settings.set.has("listen-client-urls") && !settings.set.has("advertise-client-urls")) {
      settings.values.set("advertise-client-urls", []);
    }
  }
  forgetDefaultCluster(chosen, file !== "");
  if (chosen.get<number>("warning-unary-request-duration") === 0)
    chosen.values.set("warning-unary-request-duration", 300);
  if (file !== "" && chosen.get<number>("self-signed-cert-validity") === 0) {
    chosen.values.set("self-signed-cert-validity", 1);
  }

  const config = toConfig(chosen);
  if (config.logLevel !== "" && !logLevels.includes(config.logLevel.toLowerCase())) {
    return {
      kind: "exit",
      about: "other",
      code: 2,
      stdout: "",
      stderr: `panic: unrecognized level: ${quote(config.logLevel)} (--log-level)\n`,
    };
  }
  let loggable = false;
  try {
    validateLogging(config);
    loggable = true;
    if (file === "" && config.discoveryFallback === "proxy") {
      throw new ConfigError(`v2 proxy is deprecated, and --discovery-fallback can't be configured as "proxy"`);
    }
    validate(config, notices);
    compactionRetention(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (loggable && file === "") tellDeprecated(notices, chosen);
    return refuse(error.message, loggable ? config : undefined);
  }
  if (file !== "") {
    notices.push({
      level: "info",
      message:
        "loaded server configuration, other configuration command line flags and environment variables will be ignored if provided",
      fields: { path: file },
    });
  }
  tellDeprecated(notices, chosen);
  notices.push({ level: "info", message: "Running: ", fields: { args: inputs.args } });
  return { kind: "start", config: settle(config, inputs, notices), notices };
}

function tellDeprecated(notices: Notice[], settings: Settings): void {
  for (const [flag, message] of Object.entries(deprecated)) {
    if (settings.set.has(flag)) notices.push({ level: "warn", message });
  }
}

function versionOf({ build }: LoadInputs): Loaded {
  const lines = [
    `etcd Version: ${etcdVersion}`,
    `Git SHA: ${build.gitSha}`,
    // Test frameworks count the lines; what stands behind the third is ours.
    `Go Version: ${build.runtime}`,
    `Go OS/Arch: ${build.platform}`,
  ];
  return { kind: "exit", about: "version", code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" };
}

function readFile(inputs: LoadInputs, path: string): string {
  try {
    return inputs.readFile(path);
  } catch (error) {
    throw new FileError(messageOf(error, path));
  }
}

type EnvironmentFault =
  | { readonly kind: "conflict"; readonly refused: Loaded }
  | { readonly kind: "bad"; readonly message: string };

/**
 * Variables into settings that no flag gave. A variable beside its flag is an error, since nobody could tell which one was
 * meant; one that no flag has is only told.
 */
function readEnvironment(env: LoadInputs["env"], settings: Settings, notices: Notice[]): EnvironmentFault | undefined {
  const given = { ...env };
  if (given.ETCD_VERSION) {
    notices.push({
      level: "warn",
      message: "cannot set special environment variable",
      fields: { key: "ETCD_VERSION", value: given.ETCD_VERSION },
    });
    delete given.ETCD_VERSION;
  }
  const flagged = new Set([...settings.set].map(variableOf));
  const used = new Set<string>();
  let bad: string | undefined;
  const inOrder = [...(options as readonly Option[])].sort((a, b) => (a.flag < b.flag ? -1 : 1));
  for (const option of inOrder) {
    const name = variableOf(option.flag);
    const value = given[name];
    if (flagged.has(name) || value === undefined || value === "") continue;
    used.add(name);
    try {
      settings.parse(option, value);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      bad = `invalid value ${quote(value)} for ${name}: ${error.message}`;
      continue;
    }
    notices.push({
      level: "info",
      message: "recognized and used environment variable",
      fields: { "variable-name": name, "variable-value": value },
    });
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || used.has(name)) continue;
    if (flagged.has(name)) {
      const message =
        "conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))";
      notices.push({ level: "fatal", message, fields: { "environment-variable": name } });
      return {
        kind: "conflict",
        refused: { kind: "refused", error: `${message}: ${name}`, notices, config: undefined },
      };
    }
    if (name.startsWith("ETCD_")) {
      notices.push({
        level: "warn",
        message: "unrecognized environment variable",
        fields: { "environment-variable": `${name}=${value}` },
      });
    }
  }
  return bad === undefined ? undefined : { kind: "bad", message: bad };
}

/** The environment variable of a flag. */
export function variableOf(flag: string): string {
  return `ETCD_${flag.toUpperCase().replaceAll("-", "_")}`;
}

function clampRaftTimeouts(settings: Settings, notices: Notice[]): void {
  for (const flag of ["raft-read-timeout", "raft-write-timeout"]) {
    if (settings.get<number>(flag) >= raftTimeoutMsMin) continue;
    settings.values.set(flag, raftTimeoutMsMin);
    notices.push({ level: "info", message: `${flag} increased to minimum value: 5s` });
  }
}

/** With discovery the cluster is not the default one, unless somebody said so. */
function forgetDefaultCluster(settings: Settings, fromFile: boolean): void {
  const discovers =
    settings.get<string>("discovery-srv") !== "" ||
    (!fromFile && settings.get<string>("discovery-srv-name") !== "") ||
    settings.get<readonly string[]>("discovery-endpoints").length > 0;
  const untouched = fromFile
    ? settings.get<string>("initial-cluster") === defaultInitialCluster
    : !settings.set.has("initial-cluster");
  if (discovers && untouched) settings.values.set("initial-cluster", "");
}

function toConfig(settings: Settings): Config {
  return Object.fromEntries(
    (options as readonly Option[]).map(({ key, flag }) => [key, settings.values.get(flag)]),
  ) as Config;
}

/** Fills in what depends on other settings and on the machine. */
function settle(given: Config, { defaultHost }: LoadInputs, notices: Notice[]): Config {
  const config = { ...given } as { -readonly [Key in keyof Config]: Config[Key] };
  let used = false;
  const advertise = (listen: readonly string[], advertised: readonly string[], standard: string): readonly string[] => {
    if (defaultHost === undefined || listen[0] === undefined) return advertised;
    if (advertised.length !== 1 || advertised[0] !== standard) return advertised;
    const parts = splitHostPort(parseUrl(listen[0]).host);
    if (typeof parts === "string" || parts.host !== "0.0.0.0") return advertised;
    used = true;
    return [`http://${defaultHost.includes(":") ? `[${defaultHost}]` : defaultHost}:${parts.port}`];
  };
  config.initialAdvertisePeerUrls = advertise(
    config.listenPeerUrls,
    config.initialAdvertisePeerUrls,
    "http://localhost:2380",
  );
  if (config.name !== "default" && config.initialCluster === defaultInitialCluster) {
    const name = config.name === "" ? "default" : config.name;
    config.initialCluster = config.initialAdvertisePeerUrls.map((url) => `${name}=${url}`).join(",");
  }
  config.advertiseClientUrls = advertise(config.listenClientUrls, config.advertiseClientUrls, "http://localhost:2379");
  if (used)
    notices.push({ level: "info", message: "detected default host for advertise", fields: { host: defaultHost } });
  if (config.dataDir === "") {
    config.dataDir = `${config.name}.etcd`;
    notices.push({
      level: "warn",
      message: "'data-dir' was empty; using default",
      fields: { "data-dir": config.dataDir },
    });
  }
  return config;
}
