/** Feature gates of etcd 3.7: `--feature-gates Name=true,Other=false`. */
import { BadValue, parseBool, quote } from "./go-values.ts";
import type { Status } from "./options.ts";

export type Stage = "ALPHA" | "BETA";

const known = {
  AllAlpha: { default: false, stage: "ALPHA" },
  AllBeta: { default: false, stage: "BETA" },
  CompactHashCheck: { default: false, stage: "ALPHA" },
  FastLeaseKeepAlive: { default: true, stage: "BETA" },
  InitialCorruptCheck: { default: false, stage: "ALPHA" },
  LeaseCheckpoint: { default: false, stage: "ALPHA" },
  LeaseCheckpointPersist: { default: false, stage: "ALPHA" },
  PriorityRequest: { default: false, stage: "ALPHA" },
  SetMemberLocalAddr: { default: false, stage: "ALPHA" },
  StopGRPCServiceOnDefrag: { default: false, stage: "ALPHA" },
  TxnModeWriteWithSharedBuffer: { default: true, stage: "BETA" },
} as const satisfies Record<string, { default: boolean; stage: Stage }>;

/** Gates that change nothing when they are turned from their default. */
const still: Readonly<Partial<Record<Feature, Exclude<Status, "done">>>> = {
  // About how etcd copies its write buffer; there is no such copy here.
  TxnModeWriteWithSharedBuffer: "none",
};

export type Feature = keyof typeof known;

/** Each gate, on or off. */
export type FeatureGates = Readonly<Record<Feature, boolean>>;

export const featureNames = Object.keys(known) as Feature[];

export function stageOf(feature: Feature): Stage {
  return known[feature].stage;
}

export function featureStatus(feature: Feature): Status {
  return still[feature] ?? "done";
}

export const defaultFeatures: FeatureGates = Object.fromEntries(
  featureNames.map((name) => [name, known[name].default]),
) as Record<Feature, boolean>;

/** Reads the flag's value: gates that it names, group switches for those of their stage that it does not. */
export function parseFeatures(text: string): FeatureGates {
  const named = new Map<Feature, boolean>();
  for (const pair of text.split(",")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = (at < 0 ? pair : pair.slice(0, at)).trim();
    if (at < 0) throw new BadValue(`missing bool value for ${name}`);
    const value = pair.slice(at + 1).trim();
    if (!Object.hasOwn(known, name)) {
      checkBool(name, value);
      throw new BadValue(`unrecognized feature gate: ${name}`);
    }
    named.set(name as Feature, checkBool(name, value));
  }
  const gates: Record<Feature, boolean> = { ...defaultFeatures };
  for (const [group, stage] of [
    ["AllAlpha", "ALPHA"],
    ["AllBeta", "BETA"],
  ] as const) {
    const value = named.get(group);
    if (value === undefined) continue;
    for (const name of featureNames) if (known[name].stage === stage) gates[name] = value;
  }
  for (const [name, value] of named) gates[name] = value;
  return gates;
}

function checkBool(name: string, value: string): boolean {
  try {
    return parseBool(value);
  } catch {
    throw new BadValue(
      `invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${quote(value)}: invalid syntax`,
    );
  }
}

/** Lines for the help text, one a gate. */
export function describeFeatures(): string[] {
  return featureNames.map((name) => {
    const status = featureStatus(name);
    const remark = status === "done" ? "" : status === "later" ? " (not in effect yet)" : " (without effect)";
    return `${name}=true|false (${known[name].stage} - default=${known[name].default})${remark}`;
  });
}
