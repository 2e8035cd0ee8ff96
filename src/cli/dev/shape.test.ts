import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { rememberShape, shapeOf } from "./shape.ts";

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
