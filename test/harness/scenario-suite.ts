import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeFailure, type Handler, runScenario } from "./datadriven.ts";

/**
 * One test for each `*.txt` of a directory. `start` makes the handler with the state of one file. With `REWRITE=1` in the
 * environment the files are rewritten to what came out: read the diff, then commit.
 */
export function scenarioSuite(title: string, directory: string, start: () => Handler): void {
  describe(title, () => {
    for (const file of readdirSync(directory).filter((name) => name.endsWith(".txt"))) {
      test(file, () => {
        const path = join(directory, file);
        const text = readFileSync(path, "utf8");
        const { failures, rewritten } = runScenario(file, text, start());
        if (process.env.REWRITE === "1") {
          if (rewritten !== text) writeFileSync(path, rewritten);
          return;
        }
        expect(failures.map(describeFailure)).toEqual([]);
      });
    }
  });
}
