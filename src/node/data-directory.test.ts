import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lineLogger } from "../base/index.ts";
import { RealDisk } from "../storage/disk/index.ts";
import { modeText, prepareDataDirectory } from "./data-directory.ts";

let root: string;
const lines: string[] = [];
const logger = lineLogger((level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "quorate-data-"));
  lines.length = 0;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const prepare = (path: string): void => prepareDataDirectory(path, new RealDisk(), logger);

describe("prepareDataDirectory", () => {
  it("makes a private directory for the member and leaves nothing else in it", () => {
    prepare(join(root, "a/b"));
    expect(readdirSync(join(root, "a/b"))).toEqual(["member"]);
    expect(readdirSync(join(root, "a/b/member"))).toEqual([]);
    expect(statSync(join(root, "a/b/member")).mode & 0o777).toBe(0o700);
    expect(lines).toEqual([]);
    prepare(join(root, "a/b"));
    expect(lines).toEqual([]);
  });

  it("warns of rights that are too wide, and of files that do not belong there", () => {
    mkdirSync(join(root, "wide"));
    chmodSync(join(root, "wide"), 0o755);
    writeFileSync(join(root, "wide/stray"), "");
    prepare(join(root, "wide"));
    expect(lines).toEqual([
      `warn found invalid file under data directory {"filename":"stray","data-dir":"${root}/wide"}`,
      `warn check file permission ${JSON.stringify({
        error: `directory "${root}/wide" exist, but the permission is "drwxr-xr-x". The recommended permission is "-rwx------" to prevent possible unprivileged access to the data`,
      })}`,
    ]);
  });

  it("says what is in the way, without waiting for it", () => {
    writeFileSync(join(root, "file"), "");
    symlinkSync("loop", join(root, "loop"));
    symlinkSync(join(root, "nowhere/x"), join(root, "dangling"));
    mkdirSync(join(root, "odd"));
    writeFileSync(join(root, "odd/member"), "");
    const caught = (path: string): unknown => {
      try {
        prepare(path);
      } catch (error) {
        const { message, dir, cause } = error as { message: string; dir?: string; cause?: Error };
        return dir === undefined ? message : `${message} ${dir} ${cause?.message}`;
      }
      return "nothing";
    };
    expect(caught("/proc/x")).toBe("cannot access data directory: mkdir /proc/x: no such file or directory");
    expect(caught("/proc/x/y/z")).toBe("cannot access data directory: mkdir /proc/x: no such file or directory");
    const list = "failed to list data directory";
    expect(caught(`${root}/file`)).toBe(`${list} ${root}/file readdirent ${root}/file: not a directory`);
    expect(caught("/dev/null")).toBe(`${list} /dev/null readdirent /dev/null: not a directory`);
    expect(caught(`${root}/file/x`)).toBe(`${list} ${root}/file/x open ${root}/file/x: not a directory`);
    expect(caught(`${root}/loop`)).toBe(`${list} ${root}/loop open ${root}/loop: too many levels of symbolic links`);
    expect(caught(`${root}/dangling`)).toBe(`cannot access data directory: mkdir ${root}/dangling: file exists`);
    expect(caught(`${root}/odd`)).toBe(
      `cannot access member directory: open ${root}/odd/member/.touch: not a directory`,
    );
  });
});

it.each([
  [0o040755, "drwxr-xr-x"],
  [0o041777, "dtrwxrwxrwx"],
  [0o100644, "-rw-r--r--"],
  [0o106511, "ugr-x--x--x"],
  [0o040000, "d---------"],
])("mode %s is %s", (mode, text) => {
  expect(modeText(mode)).toBe(text);
});
