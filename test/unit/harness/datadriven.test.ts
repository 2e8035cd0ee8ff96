import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  describeFailure,
  parseScenario,
  runScenario,
  ScenarioError,
  soleValueOf,
  valuesOf,
} from "../../harness/datadriven.ts";

const file = `# a comment
  # another

first
----
one

second key key=value list=(a, b ,(c, d)) empty= none=() \\
  last=(x)
  input, line one

  line two
----
two
three

third
----
----
with

blank lines
----
----

fourth
----
`;

describe("the scenario grammar", () => {
  const directives = parseScenario("file", file);

  test("commands, their lines and their outputs", () => {
    expect(directives.map(({ line, command, expected }) => [line, command, expected])).toEqual([
      [4, "first", "one\n"],
      [8, "second", "two\nthree\n"],
      [17, "third", "with\n\nblank lines\n"],
      [26, "fourth", ""],
    ]);
  });

  test("arguments", () => {
    expect(directives[1]!.args).toEqual([
      { key: "key", values: [] },
      { key: "key", values: ["value"] },
      { key: "list", values: ["a", "b", "(c, d)"] },
      { key: "empty", values: [""] },
      { key: "none", values: [""] },
      { key: "last", values: ["x"] },
    ]);
    expect(valuesOf(directives[1]!, "list")).toEqual(["a", "b", "(c, d)"]);
    expect([soleValueOf(directives[1]!, "last", "?"), soleValueOf(directives[1]!, "absent", "?")]).toEqual(["x", "?"]);
    expect(valuesOf(directives[1]!, "absent")).toBeUndefined();
  });

  test("input keeps its inner lines", () => {
    expect(directives[1]!.input).toBe("input, line one\n\n  line two");
  });

  test.each([
    ["a command without a separator", "command\n", "file:1: no ----"],
    ["a doubled separator that does not close", "command\n----\n----\ntext\n", "file:1: the output does not end"],
    ["a continuation of nothing", "\ncommand \\", "file:2: the command does not end"],
    ["an argument without a key", "command =x\n----\n", "file:1: an argument without a key"],
    ["open parentheses", "command a=(b\n----\n", "file:1: unbalanced parentheses"],
  ])("refuses %s", (_, text, why) => {
    expect(() => parseScenario("file", text)).toThrow(ScenarioError);
    expect(() => parseScenario("file", text)).toThrow(why);
  });
});

describe("running a scenario", () => {
  const handle = ({ command }: { command: string }) =>
    ({ first: "one", second: "two\nother", third: "with\n\nblank lines\n", fourth: "" })[command]!;

  test("compares each output and goes on after a failure", () => {
    const { passed, failures } = runScenario("file", file, handle);
    expect(passed).toBe(3);
    expect(failures.map(describeFailure)).toEqual([
      "file:8: second\n--- expected\ntwo\nthree\n--- actual\ntwo\nother\n",
    ]);
  });

  test("a handler that throws fails its directive only", () => {
    const { passed, failures } = runScenario("file", "a\n----\nx\n\nb\n----\nok\n", ({ command }) => {
      if (command === "a") throw new Error("broken");
      return "ok";
    });
    expect([passed, failures.length]).toEqual([1, 1]);
    expect(failures[0]!.actual).toContain("broken");
  });

  test("rewriting puts the outputs in and leaves the rest, byte for byte", () => {
    const { rewritten } = runScenario("file", file, handle);
    expect(rewritten).toBe(file.replace("two\nthree\n", "two\nother\n"));
    const again = runScenario("file", rewritten, handle);
    expect([again.failures, again.rewritten]).toEqual([[], rewritten]);
  });

  test("output that grows a blank line is fenced", () => {
    const text = "command\n----\nx\n\nnext\n----\n";
    const outputs: Record<string, string> = { command: "a\n\nb", next: "" };
    const { rewritten } = runScenario("file", text, ({ command }) => outputs[command]!);
    expect(rewritten).toBe("command\n----\n----\na\n\nb\n----\n----\n\nnext\n----\n");
    expect(runScenario("file", rewritten, ({ command }) => outputs[command]!).failures).toEqual([]);
  });

  test("a rewritten file on disk reads back", () => {
    const directory = mkdtempSync(join(tmpdir(), "scenario-"));
    try {
      const path = join(directory, "a.txt");
      writeFileSync(path, "command\n----\n");
      writeFileSync(path, runScenario("a.txt", readFileSync(path, "utf8"), () => "out").rewritten);
      expect(readFileSync(path, "utf8")).toBe("command\n----\nout\n");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
