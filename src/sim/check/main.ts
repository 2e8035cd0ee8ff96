import { readFileSync } from "node:fs";
import { checkAcknowledged, checkReadsOfThePast } from "./history.ts";
import { checkLinearizability } from "./linearizability.ts";
import { type History, parseHistory } from "./records.ts";
import { resolveOutcomes } from "./resolve.ts";
import { Truth } from "./truth.ts";
import type { Violation } from "./types.ts";
import { checkWatches } from "./watch.ts";

const usage = `usage: node build/src/sim/check/main.js <linearizability|watch|all> <history.jsonl> [--no-revisions] [--steps N]

Checks a recorded history, one JSON record a line (docs/internals/simulator.md). "-" reads standard input.
Exit code: 0 passed, 1 a promise was broken, 2 undecided within the steps, 64 wrong usage or file.
`;

/** 0 passed, 1 broken, 2 undecided. */
function run(what: string, history: History, options: { revisions: boolean; stepsMax?: number }): number {
  const watched = Truth.fromWatches(history.watches);
  let truth = history.truth.length > 0 ? Truth.from(history.truth) : watched;
  let undecided = false;
  const report = (violation: Violation | undefined): boolean => {
    if (violation === undefined) return true;
    console.log(`broken: ${violation.check}: ${violation.message}`);
    if (violation.facts !== undefined) console.log(JSON.stringify(violation.facts, undefined, 2));
    return false;
  };
  if (what !== "watch") {
    const calls = history.truth.length > 0 ? resolveOutcomes(history.calls, truth, JSON.stringify) : history.calls;
    const result = checkLinearizability(calls, options);
    if (result.verdict === "violation") {
      report(result.violation);
      return 1;
    }
    undecided = result.verdict === "undecided";
    console.log(
      undecided
        ? "linearizability: undecided within the steps allowed"
        : `linearizability: ${history.calls.length} calls, one order explains them`,
    );
    if (history.truth.length === 0 && result.verdict === "linearizable" && options.revisions) {
      truth = Truth.from(result.events.map((events) => ({ type: "truth", revision: events[0]!.kv.mod, events })));
    }
    const exact = history.truth.length > 0 || result.verdict === "linearizable";
    if (options.revisions && exact && !report(checkReadsOfThePast(history.calls, truth))) return 1;
    if (options.revisions && exact && !report(checkAcknowledged(history.calls, truth))) return 1;
  }
  if (what !== "linearizability") {
    // What watchers saw of a call without an answer is more than the order found may say; they are held to each other then.
    const exact = history.truth.length > 0;
    if (!report(checkWatches(history.watches, exact ? truth : watched))) return 1;
    const replies = history.watches.reduce((sum, watch) => sum + watch.replies.length, 0);
    console.log(`watch: ${history.watches.length} watchers, ${replies} replies, every promise kept`);
  }
  return undecided ? 2 : 0;
}

function main(args: readonly string[]): number {
  const positional = args.filter((arg, i) => !arg.startsWith("--") && args[i - 1] !== "--steps");
  const [what, file] = positional;
  const steps = args.includes("--steps") ? Number(args[args.indexOf("--steps") + 1]) : undefined;
  if (what === undefined || file === undefined || !["linearizability", "watch", "all"].includes(what)) {
    process.stderr.write(usage);
    return 64;
  }
  let history: History;
  try {
    history = parseHistory(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    process.stderr.write(`${file}: ${error instanceof Error ? error.message : String(error)}\n`);
    return 64;
  }
  const revisions = !args.includes("--no-revisions");
  return run(what, history, steps === undefined ? { revisions } : { revisions, stepsMax: steps });
}

process.exitCode = main(process.argv.slice(2));
