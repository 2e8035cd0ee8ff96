import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeRecord } from "./check/index.ts";
import type { Failure, FailureKind, TraceSink } from "./cluster.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { defaultLoad, type Options } from "./options.ts";
import { type RunResult, run } from "./run.ts";
import { play, readScenarios, type Scenario, ScenarioError, scenarioDirectory } from "./scenario.ts";

const usage = `usage: npm run sim -- [options]

  --seed N          run this seed; without it one is drawn
  --seeds A..B      run these, one after the other
  --minutes M       simulated minutes with faults (default 10)
  --hours H
  --default-load    the load and the faults that speed is measured with
  --set NAME=VALUE  fix one of the drawn options (repeatable)
  --trace           print every event, one a line
  --from SECONDS    with --trace: only from this simulated second on
  --history FILE    write the recorded history, for build/src/sim/check/main.js
  --mutants [NAME]  plant each known bug and count the seeds until it is caught; with --write the
                    table goes into docs/internals/simulator.md
  --scenario PATH   play the scenario of this file, or all of a directory (default src/sim/testdata), each
                    without and with its bug; --set, --trace and --from as for seeds
  --ci              fixed seeds, then drawn ones for a minute

Exit code: 0 passed, 10 crash, 11 liveness, 12 correctness, 64 wrong usage.
`;

const exitCodes: Record<FailureKind, number> = { crash: 10, liveness: 11, correctness: 12 };

const ciSeeds = 20;

/** Seeds that each mutant gets at most. */
const mutantSeedsMax = 40;

const mutantTable = "docs/internals/simulator.md";
const tableBegin = "<!-- mutants -->";
const tableEnd = "<!-- /mutants -->";

/** Plants one bug after the other; prints the first seed that shows it. With `write` the table goes into the document, too. */
async function runMutants(args: readonly string[], minutes: number): Promise<number> {
  const write = args.includes("--write");
  const only = args.filter((arg) => !arg.startsWith("--"));
  const lines: string[] = [];
  const row = (text: string): void => {
    lines.push(text);
    print(text);
  };
  let caught = 0;
  let missed = 0;
  row("| mutant | the bug | seeds | found by |");
  row("| --- | --- | --- | --- |");
  for (const mutant of mutants) {
    if (only.length > 0 && !only.includes(mutant.name)) continue;
    const { found, seeds } = await hunt(mutant, minutes);
    if (found === undefined) missed++;
    else caught++;
    const how = found === undefined ? "**missed**" : `${found.kind}: ${found.message.split(/[:\n]/)[0]!.slice(0, 60)}`;
    row(`| ${mutant.name} | ${mutant.about} | ${seeds} | ${how} |`);
  }
  if (write) {
    const text = readFileSync(mutantTable, "utf8");
    const [before, after] = [text.indexOf(tableBegin), text.indexOf(tableEnd)];
    if (before < 0 || after < 0) throw new Error(`${mutantTable} has no place for the table`);
    const table = `${tableBegin}\n\n${lines.join("\n")}\n\n`;
    writeFileSync(mutantTable, text.slice(0, before) + table + text.slice(after));
  }
  print(`${caught} passed, ${missed} failed`);
  return missed === 0 ? 0 : 12;
}

/** The first failure that shows a planted bug, and how many seeds that took; or its scenario, where it has one. */
async function hunt(mutant: Mutant, minutes: number): Promise<{ found: Failure | undefined; seeds: number | string }> {
  if (mutant.scenario !== undefined) {
    const [scenario] = readScenarios(join(scenarioDirectory, `${mutant.scenario}.txt`));
    const { result, problem } = await play(scenario!, { faulty: true });
    return { found: problem === undefined ? result.failure : undefined, seeds: "scenario" };
  }
  const undo = await mutant.plant?.();
  try {
    for (let seed = 1; seed <= mutantSeedsMax; seed++) {
      const { failure } = await run({ seed, minutes, changes: mutant.changes ?? {}, arrange: mutant.arrange });
      if (failure !== undefined) return { found: failure, seeds: seed };
    }
    return { found: undefined, seeds: mutantSeedsMax };
  } finally {
    undo?.();
  }
}

interface Arguments {
  seeds: number[];
  minutes: number;
  trace: boolean;
  defaultLoad: boolean;
  fromMs: number;
  changes: Record<string, unknown>;
  history: string | undefined;
  scenario: string | undefined;
}

function parse(args: readonly string[]): Arguments | undefined {
  const parsed: Arguments = {
    seeds: [],
    minutes: 10,
    trace: false,
    defaultLoad: false,
    fromMs: 0,
    changes: {},
    history: undefined,
    scenario: undefined,
  };
  for (let i = 0; i < args.length; i++) {
    const value = (): string => args[++i] ?? "";
    switch (args[i]) {
      case "--seed":
        parsed.seeds.push(Number(value()));
        break;
      case "--seeds": {
        const [first, last] = value().split("..").map(Number);
        for (let seed = first!; seed <= (last ?? first!); seed++) parsed.seeds.push(seed);
        break;
      }
      case "--minutes":
        parsed.minutes = Number(value());
        break;
      case "--hours":
        parsed.minutes = Number(value()) * 60;
        break;
      case "--default-load":
        parsed.defaultLoad = true;
        break;
      case "--trace":
        parsed.trace = true;
        break;
      case "--from":
        parsed.fromMs = Number(value()) * 1000;
        break;
      case "--history":
        parsed.history = value();
        break;
      case "--scenario":
        parsed.scenario = value() || scenarioDirectory;
        break;
      case "--set": {
        const [name, text] = value().split("=");
        if (name === undefined || text === undefined) return undefined;
        parsed.changes[name] = text === "true" ? true : text === "false" ? false : Number(text);
        break;
      }
      default:
        return undefined;
    }
  }
  const numbers = [...parsed.seeds, parsed.minutes, parsed.fromMs];
  return numbers.every((number) => Number.isFinite(number) && number >= 0) ? parsed : undefined;
}

/** The commit that runs, so that a seed can be found again. */
function commit(): string {
  try {
    const text = (...args: string[]) =>
      execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return (
      text("rev-parse", "--short=12", "HEAD").trim() + (text("status", "--porcelain", "src").trim() === "" ? "" : "+")
    );
  } catch {
    return "unknown";
  }
}

function print(text: string): void {
  writeSync(1, `${text}\n`);
}

function optionsText(options: Options): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${typeof value === "number" ? Number(value.toFixed(3)) : value}`)
    .join(" ");
}

/** Prints what is traced, if it is asked for, in lumps; `flush` prints the rest. */
function printer(args: Arguments): { trace: TraceSink | undefined; flush: () => void } {
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) print(lines.join("\n"));
    lines = [];
  };
  const line = (text: string): void => {
    if (Number(text.slice(0, 12)) * 1000 < args.fromMs) return;
    lines.push(text);
    if (lines.length > 1000) flush();
  };
  return { trace: args.trace ? { line } : undefined, flush };
}

function factsText({ facts, digest }: RunResult): string {
  const texts = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  return [...texts, `digest ${digest.toString(16).padStart(8, "0")}`].join(", ");
}

async function runOne(seed: number, args: Arguments): Promise<RunResult> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const { trace, flush } = printer(args);
  const result = await run({
    seed,
    minutes: args.minutes,
    changes: { ...(args.defaultLoad ? defaultLoad : {}), ...(args.changes as Partial<Options>) },
    onOptions: (options) =>
      print(`seed ${seed} commit ${commitText} minutes ${args.minutes}\n  ${optionsText(options)}`),
    trace,
  });
  flush();
  const wallMs = performance.now() - startedMs;
  const { failure } = result;
  const speed = Math.round(result.simulatedMs / wallMs);
  // Speed is the machine's, not the run's: it stays out of what must be equal.
  const spent = process.cpuUsage(cpu);
  const cpuMs = (spent.user + spent.system) / 1000;
  process.stderr.write(
    `seed ${seed}: ${Math.round(result.simulatedMs / 1000)} s simulated in ${Math.round(wallMs)} ms, ${speed} times real time, ${Math.round(result.simulatedMs / cpuMs)} by processor time\n`,
  );
  print(`  ${factsText(result)}`);
  if (failure !== undefined) {
    print(
      `FAILED seed ${seed} (${failure.kind}) at ${(failure.atMs / 1000).toFixed(3)} s: ${failure.message.slice(0, 3000)}`,
    );
    if (failure.facts !== undefined) print(JSON.stringify(failure.facts, shorten, 2).slice(0, 6000));
    print(`replay: npm run sim -- --seed ${seed} --minutes ${args.minutes}${changesText(args)} --trace`);
  }
  if (args.history !== undefined) {
    const truth = Array.from({ length: result.cluster.twin.revision - 1 }, (_, i) => ({
      type: "truth" as const,
      revision: i + 2,
      events: result.cluster.twin.truth.at(i + 2),
    }));
    const records = [...result.calls, ...result.cluster.watches, ...truth];
    writeFileSync(args.history, `${records.map(writeRecord).join("\n")}\n`);
  }
  return result;
}

/** Values are long for the store's sake, not the reader's. */
function shorten(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.length > 200 ? `${value.slice(0, 24)}… (${value.length})` : value;
}

/** Each scenario without its bug, then with it. */
async function runScenarios(scenarios: readonly Scenario[], args: Arguments): Promise<number> {
  let passed = 0;
  let code = 0;
  for (const scenario of scenarios) {
    for (const faulty of scenario.mutant === undefined ? [false] : [false, true]) {
      print(`scenario ${scenario.name}${faulty ? ` with the bug ${scenario.mutant!.name}` : ""} commit ${commitText}`);
      const { trace, flush } = printer(args);
      const { result, problem } = await play(scenario, { faulty, trace, changes: args.changes as Partial<Options> });
      flush();
      print(`  ${factsText(result)}`);
      const { failure } = result;
      if (problem !== undefined) {
        print(`FAILED ${problem}`);
        code ||= exitCodes[failure?.kind ?? "correctness"];
      } else {
        passed++;
        if (failure !== undefined) {
          print(
            `  caught at ${(failure.atMs / 1000).toFixed(3)} s, ${failure.kind}: ${failure.message.split("\n")[0]}`,
          );
        }
      }
    }
  }
  const runs = scenarios.reduce((sum, { mutant }) => sum + (mutant === undefined ? 1 : 2), 0);
  print(`${passed} passed, ${runs - passed} failed`);
  return code;
}

/** The same twenty every time, then new ones for a minute. */
async function runForCi(): Promise<number> {
  const args = parse(["--minutes", "1"])!;
  let passed = 0;
  let failed = 0;
  let code = 0;
  const take = async (seed: number): Promise<void> => {
    const { failure } = await runOne(seed, args);
    if (failure === undefined) passed++;
    else {
      failed++;
      code ||= exitCodes[failure.kind];
    }
  };
  for (let seed = 1; seed <= ciSeeds; seed++) await take(seed);
  for (const endMs = performance.now() + 60_000; performance.now() < endMs; ) await take(randomInt(2 ** 32));
  print(`${passed} passed, ${failed} failed`);
  return code;
}

function changesText(args: Arguments): string {
  const fixed = Object.entries(args.changes).map(([name, value]) => ` --set ${name}=${value}`);
  return (args.defaultLoad ? " --default-load" : "") + fixed.join("");
}

const commitText = commit();

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "--ci") return runForCi();
  if (args[0] === "--mutants") return runMutants(args.slice(1), 2);
  const parsed = parse(args);
  if (parsed === undefined) {
    process.stderr.write(usage);
    return 64;
  }
  if (parsed.scenario !== undefined) {
    try {
      return await runScenarios(readScenarios(parsed.scenario), parsed);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 64;
    }
  }
  if (parsed.seeds.length === 0) parsed.seeds.push(randomInt(2 ** 32));
  let code = 0;
  let failed = 0;
  for (const seed of parsed.seeds) {
    const { failure } = await runOne(seed, parsed);
    if (failure === undefined) continue;
    failed++;
    if (code === 0) code = exitCodes[failure.kind];
  }
  if (parsed.seeds.length > 1) print(`${parsed.seeds.length - failed} passed, ${failed} failed`);
  return code;
}

process.exitCode = await main(process.argv.slice(2));
