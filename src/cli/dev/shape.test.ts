import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DevError } from "./options.ts";
import { rememberShape, shapeOf } from "./shape.ts";
import { makeDirectory } from "./supervisor.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "quorate-shape-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const anything = { members: undefined, basePort: undefined };

it("is what was asked for where no member has data", () => {
  expect(shapeOf(join(dir, "nowhere"), { members: 5, basePort: 1 })).toEqual({ members: 5, basePort: 1 });
  rememberShape(dir, { members: 3, basePort: 2379 });
  expect(shapeOf(dir, { members: 5, basePort: 1 })).toEqual({ members: 5, basePort: 1 });
});

it("is what the members' data was made with, and nothing else", () => {
  for (const name of ["m1", "m2"]) mkdirSync(join(dir, name, "member"), { recursive: true });
  rememberShape(dir, { members: 2, basePort: 4000 });
  expect(shapeOf(dir, anything)).toEqual({ members: 2, basePort: 4000 });
  expect(shapeOf(dir, { members: 2, basePort: 4000 })).toEqual({ members: 2, basePort: 4000 });
  for (const asked of [
    { members: 3, basePort: undefined },
    { members: undefined, basePort: 4001 },
  ]) {
    expect(() => shapeOf(dir, asked)).toThrow(
      `${dir} holds a cluster of 2 at ports from 4000; leave --members and --base-port out, or choose another --data-dir`,
    );
  }
  // A file that was damaged: the directories tell how many members there are.
  writeFileSync(join(dir, "dev.json"), '{"members":');
  expect(shapeOf(dir, anything)).toEqual({ members: 2, basePort: undefined });
  expect(() => shapeOf(dir, { members: 3, basePort: 1 })).toThrow("holds a cluster of 2;");
});

it("is kept in a directory that is made as mkdir -p makes it, or refused in one line", () => {
  makeDirectory(join(dir, "a/b/c"));
  makeDirectory(join(dir, "a/b/c"));
  expect(statSync(join(dir, "a/b/c")).isDirectory()).toBe(true);
  writeFileSync(join(dir, "file"), "");
  for (const path of [join(dir, "file"), join(dir, "file/x")]) {
    expect(() => makeDirectory(path)).toThrow(new DevError(`cannot make the directory ${path}: a file is in the way`));
  }
  if (!existsSync("/proc/self")) return;
  expect(() => makeDirectory("/proc/quorate/x")).toThrow(
    "cannot make the directory /proc/quorate/x: no such directory",
  );
});
