import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CrashKeep } from "../storage/disk/index.ts";
import type { Outcome } from "./caller.ts";
import type { Cluster, Failure, TraceSink } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { type Options, quiet } from "./options.ts";
import { flipLength, flipPayload, loseSector } from "./rot.ts";
import { type RunResult, run } from "./run.ts";

/*
 * Scenarios: what a bug needed to show itself, on a cluster where nothing else happens.
 *
 *     # a comment
 *     seed 1
 *     minutes 0.5
 *     set members=3 snapshotCount=20
 *     at 3 follower cut
 *     at 4 leader put 40
 *     at 8 follower heal
 *     at 8 follower crash none after rename \.snap\.db$
 *     shows crash none
 *     mutant snapshot-before-state
 *     caught crash: m\d ended without a fault to excuse it
 *
 * Options that are not set are those of `quiet`, so that a new one changes no scenario. `at` is in seconds of true time. `leader`,
 * `follower` and `other` are who led when the first event came, and the rest in their order; they keep these names whatever they
 * become. `all` is everybody, m1 and so on are machines.
 *
 *     cut, heal                all links of the machine, both ways
 *     crash KEEP [DOWN]        a power cut; of what was not synced it keeps all, none, or a random share. Down for DOWN seconds
 *     crash KEEP after OPERATION PATH    the same, once the machine's next such disk operation is done
 *     stop [DOWN]              ends the polite way
 *     pause SECONDS            nothing of it runs
 *     transfer WHO             hands leadership over
 *     put N                    N calls, one after the other
 *     grant ID SECONDS, renew ID         a lease
 *     damage length            to a machine that is down: a bit of the length of the last entry in its log
 *     damage payload           a bit in the middle of the last entry
 *     damage sector            a sector of the log that was never written
 *
 * `shows` is a pattern that a line of the trace must match, for the situation would be missed without notice otherwise. With `mutant`
 * planted the run must fail as `caught` says, and without it must pass.
 */

export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly minutes: number;
  readonly changes: Partial<Options>;
  readonly events: readonly ScenarioEvent[];
  readonly shows: readonly RegExp[];
  readonly mutant: Mutant | undefined;
  /** What the failure must look like, its kind first. */
  readonly caught: RegExp | undefined;
}

interface ScenarioEvent {
  readonly atMs: number;
  readonly who: string;
  readonly verb: string;
  readonly args: readonly string[];
  /** Line in the file, for the eye. */
  readonly where: string;
}

/** Where the scenarios of this project are, also when this file runs from `build`, where `npm run tools` puts the code alone. */
export const scenarioDirectory = fileURLToPath(
  new URL("testdata/", import.meta.url.replace("/build/src/sim/", "/src/sim/")),
);

/** The scenario of a file, or all of a directory. */
export function readScenarios(path: string): Scenario[] {
  const paths = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith(".txt"))
        .sort()
        .map((name) => join(path, name))
    : [path];
  return paths.map((one) => parseScenario(basename(one, ".txt"), readFileSync(one, "utf8")));
}

export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

export function parseScenario(name: string, text: string): Scenario {
  let seed = 1;
  let minutes = 0.5;
  let mutant: Mutant | undefined;
  let caught: RegExp | undefined;
  const changes: Record<string, unknown> = {};
  const events: ScenarioEvent[] = [];
  const shows: RegExp[] = [];
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const where = `${name}:${i + 1}`;
    const [keyword, ...words] = line.split(/\s+/) as [string, ...string[]];
    const rest = line.slice(keyword.length).trim();
    switch (keyword) {
      case "seed":
        seed = numberOf(words[0], where);
        break;
      case "minutes":
        minutes = numberOf(words[0], where);
        break;
      case "set":
        for (const word of words) Object.assign(changes, parseSetting(word, where));
        break;
      case "at": {
        const [at, who, verb, ...args] = words;
        if (who === undefined || verb === undefined) throw new ScenarioError(`${where}: at SECONDS WHO WHAT`);
        if (acts[verb] === undefined) throw new ScenarioError(`${where}: nobody can ${verb}`);
        events.push({ atMs: numberOf(at, where) * 1000, who, verb, args, where });
        break;
      }
      case "shows":
        shows.push(new RegExp(rest));
        break;
      case "mutant":
        mutant = mutants.find((one) => one.name === rest);
        if (mutant === undefined) throw new ScenarioError(`${where}: no mutant ${rest}`);
        break;
      case "caught":
        caught = new RegExp(`^${rest}`, "s");
        break;
      default:
        throw new ScenarioError(`${where}: what is ${keyword}?`);
    }
  }
  if ((mutant === undefined) !== (caught === undefined)) {
    throw new ScenarioError(`${name}: a mutant and what it is caught by belong together`);
  }
  return { name, seed, minutes, changes: changes as Partial<Options>, events, shows, mutant, caught };
}

/** `NAME=VALUE` of an option that exists. */
export function parseSetting(text: string, where: string): Partial<Options> {
  const [name, value] = text.split("=");
  const known = name === undefined ? undefined : quiet[name as keyof Options];
  const parsed = value === "true" ? true : value === "false" ? false : value ? Number(value) : Number.NaN;
  if (typeof parsed !== typeof known || Number.isNaN(parsed)) throw new ScenarioError(`${where}: no option ${text}`);
  return { [name!]: parsed };
}

function numberOf(text: string | undefined, where: string): number {
  const value = text === undefined ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0) throw new ScenarioError(`${where}: ${text} is no number`);
  return value;
}

/** Plays a scenario once. `faulty`: with its bug planted. */
export async function play(
  scenario: Scenario,
  {
    faulty = false,
    trace,
    changes,
  }: { faulty?: boolean; trace?: TraceSink | undefined; changes?: Partial<Options> } = {},
): Promise<{ result: RunResult; problem: string | undefined }> {
  const mutant = faulty ? scenario.mutant : undefined;
  const missing = new Set(scenario.shows);
  const undo = await mutant?.plant?.();
  let result: RunResult;
  let stage: Stage | undefined;
  try {
    result = await run({
      seed: scenario.seed,
      minutes: scenario.minutes,
      changes: { ...quiet, ...scenario.changes, ...changes },
      arrange(cluster) {
        mutant?.arrange?.(cluster);
        stage = new Stage(cluster);
        stage.direct(scenario.events);
      },
      trace: {
        line(text) {
          for (const pattern of missing) if (pattern.test(text)) missing.delete(pattern);
          trace?.line(text);
        },
      },
    });
  } finally {
    undo?.();
  }
  if (stage?.error !== undefined) throw stage.error;
  return { result, problem: judge(scenario, faulty, result.failure, missing) };
}

function judge(
  { name, caught }: Scenario,
  faulty: boolean,
  failure: Failure | undefined,
  missing: ReadonlySet<RegExp>,
): string | undefined {
  const how = failure === undefined ? "passed" : `${failure.kind}: ${failure.message}`;
  if (faulty) return caught!.test(how) ? undefined : `${name} with its bug: ${how}, not ${caught!.source.slice(1)}`;
  if (failure !== undefined) return `${name}: ${how}`;
  const [first] = missing;
  return first === undefined ? undefined : `${name}: no line of the trace shows ${first.source}`;
}

type Act = (stage: Stage, machine: Machine, args: readonly string[], where: string) => void | Promise<void>;

/** Makes the events of a scenario happen. Draws nothing that a run without them would draw. */
class Stage {
  readonly cluster: Cluster;
  /** Bound when the first event comes. */
  #roles: Map<string, Machine> | undefined;
  #puts = 0;
  /** The scenario asks for what cannot be. */
  error: unknown;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  direct(events: readonly ScenarioEvent[]): void {
    for (const { atMs, who, verb, args, where } of events) {
      this.cluster.world.at(atMs, () => {
        try {
          for (const machine of this.find(who, where)) void acts[verb]!(this, machine, args, where);
        } catch (error) {
          this.error ??= error;
          this.cluster.fail("crash", String(error));
        }
      });
    }
  }

  find(who: string, where: string): readonly Machine[] {
    const { all } = this.cluster;
    if (who === "all") return [...all];
    this.#roles ??= this.#cast(where);
    const machine = this.#roles.get(who) ?? all.find(({ name }) => name === who);
    if (machine === undefined) throw new ScenarioError(`${where}: who is ${who}?`);
    return [machine];
  }

  #cast(where: string): Map<string, Machine> {
    const { all } = this.cluster;
    const leader = all.find(({ member }) => member?.isLeader() === true);
    if (leader === undefined) throw new ScenarioError(`${where}: nobody leads yet`);
    const [follower, other] = all.filter((machine) => machine !== leader);
    const roles = Object.entries({ leader, follower, other }).filter(([, machine]) => machine !== undefined);
    return new Map(roles as [string, Machine][]);
  }

  /** Cuts or heals all links of a machine. */
  link(machine: Machine, how: "cut" | "heal"): void {
    const { network, all } = this.cluster;
    this.cluster.trace("net", `${how} ${machine.name}`);
    for (const other of all) {
      if (other === machine) continue;
      network[how](machine.url, other.url);
      network[how](other.url, machine.url);
    }
  }

  power(machine: Machine, keep: string | undefined, downSeconds: string | undefined, where: string): void {
    const left: Record<string, CrashKeep> = {
      all: { keep: "all" },
      none: { keep: "none" },
      random: { keep: "random", random: this.cluster.world.random },
    };
    const kept = left[keep ?? ""];
    if (kept === undefined) throw new ScenarioError(`${where}: keep all, none or random?`);
    machine.crash("power", kept);
    this.rest(machine, downSeconds, where);
  }

  /** It stays down for so long. */
  rest(machine: Machine, downSeconds: string | undefined, where: string): void {
    if (downSeconds === undefined) return;
    machine.restartAtMs = this.cluster.world.nowMs + numberOf(downSeconds, where) * 1000;
  }

  /** Calls `act` once, after the disk operation that matches next, and whatever the machine does in the same breath. */
  onceDone(machine: Machine, operation: string, path: RegExp, act: () => void): void {
    const { onOperation } = machine;
    machine.onOperation = (kind, at) => {
      onOperation.call(machine, kind, at);
      if (kind !== operation || !path.test(at)) return;
      machine.onOperation = onOperation;
      this.cluster.world.after(0, act);
    };
  }

  async put(machine: Machine, count: number): Promise<void> {
    const { caller, options } = this.cluster;
    for (let i = 0; i < count; i++) {
      const key = `k/${this.#puts++ % options.keys}`;
      await caller.call("s", machine, { kind: "put", key, value: this.cluster.value(), lease: "" });
    }
  }
}

function answered(outcome: Outcome): outcome is Exclude<Outcome, string | { refused: string }> {
  return typeof outcome === "object" && "response" in outcome;
}

const acts: Record<string, Act> = {
  cut: (stage, machine) => stage.link(machine, "cut"),
  heal: (stage, machine) => stage.link(machine, "heal"),
  crash(stage, machine, [keep, ...args], where) {
    if (args[0] !== "after") stage.power(machine, keep, args[0], where);
    else {
      const [, operation, path, ...more] = args;
      if (operation === undefined || path === undefined || more.length > 0) {
        throw new ScenarioError(`${where}: crash KEEP after OPERATION PATH`);
      }
      stage.onceDone(machine, operation, new RegExp(path), () => stage.power(machine, keep, undefined, where));
    }
  },
  async stop(stage, machine, [downSeconds], where) {
    if (await machine.stop()) stage.rest(machine, downSeconds, where);
  },
  pause: (_, machine, [seconds], where) => machine.pause(numberOf(seconds, where) * 1000),
  transfer(stage, machine, [who], where) {
    const targetID = stage.find(who ?? "", where)[0]?.member?.memberId ?? 0n;
    stage.cluster.trace(machine.name, `moves leadership to ${who}`);
    machine.member?.moveLeader({ targetID }).catch(() => {});
  },
  put: (stage, machine, [count], where) => stage.put(machine, numberOf(count, where)),
  async grant({ cluster }, machine, [lease, seconds], where) {
    const request = { kind: "grant", lease: lease ?? "", ttlSeconds: numberOf(seconds, where) } as const;
    const outcome = await cluster.caller.call("s", machine, request);
    if (answered(outcome)) cluster.granted(request.lease, outcome.response.ttlSeconds ?? 0, outcome.callMs);
  },
  async renew({ cluster }, machine, [lease]) {
    const request = { kind: "renew", lease: lease ?? "" } as const;
    const outcome = await cluster.caller.call("s", machine, request);
    if (answered(outcome)) cluster.renewed(request.lease, outcome.callMs, outcome.returnMs);
  },
  damage(_, machine, [what], where) {
    const kinds: Record<string, typeof flipLength> = { length: flipLength, payload: flipPayload, sector: loseSector };
    const kind = kinds[what ?? ""];
    if (kind === undefined) throw new ScenarioError(`${where}: damage length, payload or sector?`);
    if (machine.process !== undefined) throw new ScenarioError(`${where}: ${machine.name} is up`);
    machine.hurt((disk) => kind(disk, machine.memberOptions.dataDir));
    if (machine.damage === undefined) throw new ScenarioError(`${where}: nothing to damage`);
  },
};
