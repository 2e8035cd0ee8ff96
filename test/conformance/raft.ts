import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeFailure, type Handler, runScenario } from "../harness/datadriven.ts";
import { raftConfChange } from "../harness/raft-confchange.ts";
import { raftInteraction } from "../harness/raft-interaction.ts";
import { raftQuorum } from "../harness/raft-quorum.ts";

/** Where a directory of scenario files is, below the conformance data, and who understands its commands. */
const suites: readonly [directory: string, start: () => Handler][] = [
  ["testdata", raftInteraction],
  ["confchange/testdata", raftConfChange],
  ["quorum/testdata", raftQuorum],
];

/**
 * Runs etcd-raft's own scenario files, read where they are and never rewritten; one directive counts one. Arguments: parts of
 * file names to run only those; `-v` prints each file.
 */
export async function run(args: readonly string[]): Promise<{ passed: number; failed: number }> {
  const root = join(process.env.QUORATE_CONFORMANCE ?? "../shared/conformance", "raft");
  const total = { passed: 0, failed: 0 };
  if (!existsSync(root)) {
    console.log(`skipped: no scenario files at ${root}`);
    return total;
  }
  const verbose = args.includes("-v");
  const wanted = args.filter((arg) => !arg.startsWith("-"));
  for (const [directory, start] of suites) {
    for (const file of readdirSync(join(root, directory)).sort()) {
      if (!file.endsWith(".txt") || (wanted.length > 0 && !wanted.some((part) => file.includes(part)))) continue;
      const text = readFileSync(join(root, directory, file), "utf8");
      const { passed, failures } = runScenario(join(directory, file), text, start());
      total.passed += passed;
      total.failed += failures.length;
      if (verbose) console.log(`${join(directory, file)}: ${passed} passed, ${failures.length} failed`);
      for (const failure of failures) console.log(describeFailure(failure));
    }
  }
  return total;
}
