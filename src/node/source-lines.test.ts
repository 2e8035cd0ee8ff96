import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nameSourcesInStacks, sourcePlace } from "./source-lines.ts";

describe("source lines of a bundle", () => {
  let directory: string;
  let bundle: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "quorate-lines-"));
    bundle = join(directory, "all.cjs");
    const names = Buffer.from(JSON.stringify(["src/a/a.ts", "src/é.ts"]));
    const header = Buffer.alloc(4);
    header.writeUInt32LE(names.length);
    const places = Buffer.from(Uint16Array.of(0, 0, 1, 12, 2, 60_000).buffer);
    writeFileSync(join(directory, "all.lines"), Buffer.concat([header, names, places]));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it("names the source and its line", () => {
    expect(sourcePlace(bundle, 2)).toEqual({ file: "src/a/a.ts", line: 12 });
    expect(sourcePlace(bundle, 3)).toEqual({ file: "src/é.ts", line: 60_000 });
  });

  it("leaves a line that comes from no source, and lines outside the table", () => {
    for (const line of [1, 0, -1, 4, 1e9]) expect(sourcePlace(bundle, line)).toEqual({ file: bundle, line });
  });

  it("leaves files that have no table", () => {
    expect(sourcePlace("/x/y.ts", 7)).toEqual({ file: "/x/y.ts", line: 7 });
    expect(sourcePlace(join(directory, "other.cjs"), 7)).toEqual({ file: join(directory, "other.cjs"), line: 7 });
  });

  it("stand in the stacks of errors", () => {
    const { prepareStackTrace } = Error;
    nameSourcesInStacks();
    try {
      const text = "(fail) => {\n  fail();\n}";
      const run = new Script(text, { filename: bundle }).runInThisContext() as (fail: () => never) => void;
      const stack = thrownBy(() =>
        run(() => {
          throw new RangeError("too far");
        }),
      );
      expect(stack).toMatch(/^RangeError: too far\n {4}at .*source-lines\.test\.ts:\d+/);
      expect(stack).toMatch(/\n {4}at src\/a\/a\.ts:12\n/);
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  });

  it("are there for what is thrown without a text of its own", () => {
    const { prepareStackTrace } = Error;
    nameSourcesInStacks();
    try {
      const odd = Object.assign(new Error("x"), { toString: undefined, name: Symbol("odd") });
      expect(odd.stack).toMatch(/^Error\n {4}at /);
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  });
});

function thrownBy(run: () => void): string {
  try {
    run();
  } catch (error) {
    return (error as Error).stack ?? "";
  }
  throw new Error("nothing was thrown");
}
