import type { FlagSet } from "../command/flags.ts";

/** What `quorate dev` was asked to do. */
export type DevCommand =
  | {
      readonly kind: "run";
      /** Undefined when not given: what the directory holds, or 3. */
      readonly members: number | undefined;
      readonly dataDir: string;
      /** Undefined when not given: what the directory holds, or 2379. */
      readonly basePort: number | undefined;
      /** Flags of the server, after `--`. */
      readonly serverFlags: readonly string[];
    }
  /** Told to a cluster that runs in this directory. */
  | { readonly kind: "tell"; readonly dataDir: string; readonly line: string };

/** What cannot be done as asked; one line for a person. */
export class DevError extends Error {
  override readonly name = "DevError";
}

export const membersMax = 9;
export const membersDefault = 3;
export const basePortDefault = 2379;

/** What is told to a cluster that runs: the verb, and whether it names a member. */
export const verbs: Readonly<Record<string, boolean>> = { status: false, stop: false, kill: true, start: true };

/** @throws DevError */
export function devCommandOf(flags: FlagSet): DevCommand {
  const dataDir = flags.string("data-dir");
  const words = flags.args.slice(0, flags.argsBeforeDashes);
  const asked: string[] = [];
  if (words.length > 0) asked.push(words.join(" "));
  for (const [verb, named] of Object.entries(verbs)) {
    if (flags.changed(verb)) asked.push(named ? `${verb} ${flags.string(verb)}`.trimEnd() : verb);
  }
  if (asked.length > 1) throw new DevError(`one thing at a time: ${asked.join(", or ")}`);
  if (asked[0] !== undefined) {
    const [verb = "", ...names] = asked[0].split(/\s+/);
    const named = verbs[verb];
    if (named === undefined)
      throw new DevError(`unknown command "${verb}"; there are ${Object.keys(verbs).join(", ")}`);
    if (named && names.length !== 1) {
      const example = verb === "kill" ? "m2, or leader" : "m2";
      throw new DevError(`${verb} needs the name of one member: ${example}`);
    }
    if (!named && names.length > 0) throw new DevError(`${verb} takes no name`);
    for (const name of ["members", "base-port"]) {
      if (flags.changed(name)) throw new DevError(`--${name} is for starting a cluster, not for ${verb}`);
    }
    return { kind: "tell", dataDir, line: asked[0] };
  }
  const given = (name: string, low: number, high: number): number | undefined =>
    flags.changed(name) ? whole(`--${name}`, flags.string(name), low, high) : undefined;
  return {
    kind: "run",
    members: given("members", 1, membersMax),
    dataDir,
    basePort: given("base-port", 1, 65_535 - 10 * membersMax),
    serverFlags: flags.argsBeforeDashes === undefined ? [] : flags.args.slice(flags.argsBeforeDashes),
  };
}

function whole(flag: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < low || value > high) {
    throw new DevError(`${flag} must be a whole number from ${low} to ${high}, not "${text}"`);
  }
  return value;
}
