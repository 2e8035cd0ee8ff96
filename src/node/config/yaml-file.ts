/**
 * The configuration file: YAML with the flags' names as keys, unknown ones passed over. Durations are plain integers of
 * nanoseconds; lists of URLs are one string with commas, as on the command line. What etcd's decoder refuses is refused with its words.
 */
import { createRequire } from "node:module";
import type { Tags } from "yaml";
import { parseFeatures } from "./features.ts";
import type { Settings } from "./flags.ts";
import { BadValue, fitsInteger, type IntegerType } from "./go-values.ts";
import { type Option, options } from "./options.ts";
import { parseUrls } from "./urls.ts";

/** Eighty modules that only a start with a configuration file needs: loaded then, not with this one. */
function yaml(): typeof import("yaml") {
  return createRequire(import.meta.url)("yaml") as typeof import("yaml");
}

/** The file cannot be used; the message is the line for the person. */
export class FileError extends Error {
  override readonly name = "FileError";
  /** etcd prints this one bare, before it has a logger. */
  readonly bare: boolean;

  constructor(message: string, bare = false) {
    super(message);
    this.bare = bare;
  }
}

type Fields = { readonly [key: string]: unknown };

const blocks: Readonly<Record<string, string>> = {
  "client-transport-security": "configYAML.configJSON.client-transport-security of type embed.securityConfig",
  "peer-transport-security": "configYAML.configJSON.peer-transport-security of type embed.securityConfig",
  "discovery-config": "configYAML.Config.discovery-config of type v3discovery.DiscoveryConfig",
  "socket-options": "configYAML.Config.socket-options of type transport.SocketOpts",
};

const structs: Readonly<Record<string, string>> = {
  "client-transport-security": "securityConfig",
  "peer-transport-security": "securityConfig",
  "socket-options": "SocketOpts",
  "discovery-config": "DiscoveryConfig",
  "discovery-config.client": "ConfigSpec",
  "discovery-config.client.secure": "SecureConfig",
  "discovery-config.client.auth": "AuthConfig",
};

/** Keys that etcd reads as one string and splits itself. */
const stringLists = new Set(["cors", "host-whitelist"]);

const goTypes: Readonly<Record<string, string>> = {
  string: "string",
  choice: "string",
  "feature-gates": "string",
  urls: "string",
  bool: "bool",
  duration: "time.Duration",
  strings: "[]string",
  "unique-strings": "[]string",
};

/** Reads a file's text into `settings`. Throws `FileError`. */
export function readYaml(text: string, settings: Settings): void {
  const document = parseDocument(text);
  if (document === null || document === undefined) return;
  if (!isFields(document)) {
    throw decoding(`cannot unmarshal ${jsonType(document)} into Go value of type embed.configYAML`);
  }
  const root = folded(document);
  for (const key of Object.keys(document)) settings.set.add(key);
  for (const [block, where] of Object.entries(blocks)) {
    const value = root[block];
    if (value === undefined || value === null) continue;
    if (!isFields(value)) throw decoding(`cannot unmarshal ${jsonType(value)} into Go struct field ${where}`);
    const prefix = block === "peer-transport-security" ? "peer-" : "";
    if (prefix !== "") for (const key of Object.keys(value)) settings.set.add(`${prefix}${key}`);
  }
  for (const option of options as readonly Option[]) {
    if (option.yaml === undefined) continue;
    let value: unknown = root;
    for (const key of option.yaml) value = isFields(value) ? folded(value)[key] : undefined;
    // A key without a value leaves the default, as null does in JSON.
    if (value === undefined || value === null) continue;
    settings.values.set(option.flag, decode(option, option.yaml, value));
    settings.set.add(option.flag);
  }
}

/** Go's decoder does not mind the case of keys. */
function folded(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.toLowerCase(), value]));
}

function parseDocument(text: string): unknown {
  const document = yaml().parseDocument(text, {
    // What etcd's library resolves is YAML 1.1 (yes, on, 0777); it leaves times of day and dates as text.
    version: "1.1",
    uniqueKeys: false,
    intAsBigInt: true,
    merge: true,
    logLevel: "silent",
    customTags: (tags: Tags) => tags.filter((tag) => typeof tag === "string" || !isTime(tag)),
  });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line ?? 1;
    throw new FileError(`error converting YAML to JSON: yaml: line ${line}: ${fault.message.split(" at line")[0]}`);
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    const { message } = error as Error;
    const anchor = /^Unresolved alias .*: (.*)$/.exec(message)?.[1];
    const why = anchor === undefined ? message : `unknown anchor '${anchor}' referenced`;
    throw new FileError(`error converting YAML to JSON: yaml: ${why}`);
  }
}

function isTime(tag: object): boolean {
  return ("tag" in tag && tag.tag === "tag:yaml.org,2002:timestamp") || ("format" in tag && tag.format === "TIME");
}

function decode(option: Option, path: readonly string[], value: unknown): unknown {
  const { kind, flag } = option;
  const isList = (kind === "strings" || kind === "unique-strings") && !stringLists.has(flag);
  const goType = stringLists.has(flag) ? "string" : (goTypes[kind] ?? kind);
  const wrong = (what: string): FileError =>
    decoding(`cannot unmarshal ${what} into Go struct field ${structPath(option, path)} of type ${goType}`);
  if (isList) {
    if (!Array.isArray(value)) throw wrong(jsonType(value));
    for (const item of value) {
      if (typeof item !== "string") {
        throw decoding(
          `cannot unmarshal ${jsonType(item)} into Go struct field ${structPath(option, path)} of type string`,
        );
      }
    }
    return value as string[];
  }
  if (goType === "bool") {
    if (typeof value !== "boolean") throw wrong(jsonType(value));
    return value;
  }
  if (goType === "string") {
    if (typeof value !== "string") throw wrong(jsonType(value));
    return fromString(option, value);
  }
  if (typeof value !== "bigint" && typeof value !== "number") throw wrong(jsonType(value));
  // 1e3 is a float to YAML and a whole number to JSON.
  if (typeof value === "number" && !Number.isInteger(value)) throw wrong(`number ${value}`);
  const type = kind === "duration" ? "int64" : (kind as IntegerType);
  const whole = BigInt(value);
  if (!fitsInteger(type, whole))
    throw wrong(`number ${fitsInteger("uint64", whole) || whole < 0n ? whole : BigInt(Number(whole))}`);
  return kind === "duration" ? Number(whole) / 1e6 : Number(whole);
}

/** Strings that stand for more: an empty one leaves the default. */
function fromString(option: Option, text: string): unknown {
  const { kind, flag } = option;
  if (kind === "string" || kind === "choice") {
    // A file may say "" for the state, which means new.
    return flag === "initial-cluster-state" && text === "" ? option.default : text;
  }
  if (text === "") return option.default;
  try {
    if (kind === "feature-gates") return parseFeatures(text);
    if (kind === "unique-strings") return [...new Set(text.split(","))].sort();
    if (flag === "cors" && text === "*") return ["*"];
    return parseUrls(text).map((url) => url.text);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    if (kind === "feature-gates") throw new FileError(error.message);
    // etcd's line for the advertised client URLs names the peers'; scripts look for it as it is.
    const name = flag === "advertise-client-urls" ? "advertise-peer-urls" : flag;
    throw new FileError(`unexpected error setting up ${name}: ${error.message}`, true);
  }
}

/** Where etcd's structure has the field: the innermost type, then the way to it. */
function structPath(option: Option, path: readonly string[]): string {
  const [block = ""] = path;
  const inJson =
    block.endsWith("transport-security") ||
    (option.kind === "urls" && option.flag !== "listen-metrics-urls") ||
    ["cors", "host-whitelist", "feature-gates"].includes(option.flag);
  const owner = structs[path.slice(0, -1).join(".")] ?? "configYAML";
  return `${owner}.${inJson ? "configJSON" : "Config"}.${path.join(".")}`;
}

function decoding(what: string): FileError {
  return new FileError(`error unmarshaling JSON: while decoding JSON: json: ${what}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint" || typeof value === "number") return "number";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}
