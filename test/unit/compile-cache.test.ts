/** `bin/compile-cache.cjs`: whatever stands in the cache, a program gets code that it kept itself, or none. */
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface Cache {
  read(): Buffer | undefined;
  write(make: () => Buffer, except?: string): void;
}
const { CompileCache, cacheDirectory } = createRequire(import.meta.url)("../../bin/compile-cache.cjs") as {
  CompileCache: new (bundle: string, source: Buffer, version: string, directory?: string) => Cache;
  cacheDirectory: (env: Record<string, string>, platform?: string) => string | undefined;
};

const code = Buffer.from("what V8 made of it".repeat(100));
const source = Buffer.from("(function () {})");

let scratch: string;
let directory: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "quorate-cache-"));
  directory = join(scratch, "a/quorate");
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function cache({ bundle = "server", text = source, version = "1.0.0" } = {}): Cache {
  return new CompileCache(bundle, text, version, directory);
}

function kept(): string {
  const [name] = readdirSync(directory);
  return join(directory, name!);
}

describe("code that was kept", () => {
  it("is read again, by the user alone", () => {
    expect(cache().read()).toBeUndefined();
    cache().write(() => code);
    expect(cache().read()).toEqual(code);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^server-[0-9a-f]{32}\.code$/)]);
  });

  it("is that of one bundle, one source and one version", () => {
    cache().write(() => code);
    expect(cache({ bundle: "ctl" }).read()).toBeUndefined();
    expect(cache({ version: "1.0.1" }).read()).toBeUndefined();
    // V8 itself compares the length of the source alone.
    expect(cache({ text: Buffer.from("(function (){ })") }).read()).toBeUndefined();
  });

  it("is not read when another entry stands under its name", () => {
    cache({ version: "1.0.1" }).write(() => code);
    const other = kept();
    cache().write(() => Buffer.from("x"));
    const own = readdirSync(directory).find((name) => join(directory, name) !== other)!;
    renameSync(other, join(directory, own));
    expect(cache().read()).toBeUndefined();
  });

  it("is not read when any of it has changed or is missing, and is kept anew", () => {
    cache().write(() => code);
    const whole = readFileSync(kept());
    for (const at of [0, 31, 32, whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      writeFileSync(kept(), damaged);
      expect(cache().read(), `byte ${at}`).toBeUndefined();
    }
    for (const size of [0, 5, 32, whole.length - 1]) {
      writeFileSync(kept(), whole);
      truncateSync(kept(), size);
      expect(cache().read(), `${size} bytes`).toBeUndefined();
    }
    cache().write(() => code);
    expect(cache().read()).toEqual(code);
  });
});

describe.skipIf(process.geteuid === undefined)("code that others could have written", () => {
  it.each([
    ["the file", 0o620],
    ["the file", 0o602],
    ["the directory", 0o720],
    ["the directory", 0o702],
    ["the directory", 0o1777],
  ])("is not read: %s with mode %o", (what, mode) => {
    cache().write(() => code);
    chmodSync(what === "the file" ? kept() : directory, mode);
    expect(cache().read()).toBeUndefined();
  });

  it("is not read through a link", () => {
    cache().write(() => code);
    const path = kept();
    renameSync(path, join(scratch, "elsewhere"));
    symlinkSync(join(scratch, "elsewhere"), path);
    expect(cache().read()).toBeUndefined();
  });

  it("is not joined by code of one's own", () => {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o777);
    let made = 0;
    cache().write(() => {
      made++;
      return code;
    });
    expect([made, readdirSync(directory)]).toEqual([0, []]);
  });

  it("does not hold up a program that finds no file there", () => {
    cache().write(() => code);
    const path = kept();
    rmSync(path);
    mkdirSync(path);
    expect(cache().read()).toBeUndefined();
  });
});

describe("a place where nothing can be kept", () => {
  it("is no error", () => {
    mkdirSync(join(scratch, "a"));
    writeFileSync(directory, "a file");
    cache().write(() => code);
    expect(cache().read()).toBeUndefined();
    expect(readFileSync(directory, "utf8")).toBe("a file");
  });

  it("is left as it was when the code cannot be made", () => {
    cache().write(() => {
      throw new Error("no memory");
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is the data directory of the server", () => {
    for (const except of [join(scratch, "a"), directory, scratch]) cache().write(() => code, except);
    expect(existsSync(join(scratch, "a"))).toBe(false);
    cache().write(() => code, join(scratch, "a/quo"));
    expect(cache().read()).toEqual(code);
  });
});

describe("the directory", () => {
  it("follows the environment", () => {
    const home = scratch;
    const of = (env: Record<string, string>, platform = "linux"): string | undefined => cacheDirectory(env, platform);
    expect(of({ HOME: home })).toBe(join(home, ".cache/quorate"));
    expect(of({ HOME: home }, "darwin")).toBe(join(home, "Library/Caches/quorate"));
    expect(of({ LOCALAPPDATA: home }, "win32")).toBe(join(home, "quorate/Cache"));
    expect(of({ HOME: home, XDG_CACHE_HOME: "/x" })).toBe("/x/quorate");
    expect(of({ HOME: home, XDG_CACHE_HOME: "x" })).toBe(join(home, ".cache/quorate"));
    expect(of({ HOME: home, QUORATE_COMPILE_CACHE: "/y" })).toBe("/y");
    for (const off of ["off", "OFF", "no", "false", "0"]) {
      expect(of({ HOME: home, XDG_CACHE_HOME: "/x", QUORATE_COMPILE_CACHE: off })).toBeUndefined();
    }
  });

  it("is none without a home of one's own", () => {
    for (const env of [{}, { HOME: "" }, { HOME: "relative" }, { HOME: join(scratch, "gone") }] as const) {
      expect(cacheDirectory(env as Record<string, string>, "linux")).toBeUndefined();
    }
  });

  it("holds sixteen entries at most, those that were used last, and nothing that a dead process left", () => {
    const others = ["notes.txt", "server.code", "server-1.code"];
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of others) writeFileSync(join(directory, name), "of the user");
    const key = (n: number): string => n.toString(16).padStart(32, "0");
    const put = (name: string, ageHours: number): void => {
      writeFileSync(join(directory, name), "x");
      const seconds = Date.now() / 1000 - ageHours * 3600;
      lutimesSync(join(directory, name), seconds, seconds);
    };
    for (let n = 1; n <= 30; n++) put(`ctl-${key(n)}.code`, n);
    put(`ctl-${key(1)}.code.77.tmp`, 25);
    put(`ctl-${key(2)}.code.78.tmp`, 1);
    cache().write(() => code);
    const left = readdirSync(directory).sort();
    expect(cache().read()).toEqual(code);
    expect(left.filter((name) => name.startsWith("ctl-"))).toEqual([
      ...Array.from({ length: 15 }, (_, i) => `ctl-${key(i + 1)}.code`).slice(0, 2),
      `ctl-${key(2)}.code.78.tmp`,
      ...Array.from({ length: 13 }, (_, i) => `ctl-${key(i + 3)}.code`),
    ]);
    for (const name of others) expect(left).toContain(name);
  });

  it("remembers what is used", () => {
    cache().write(() => code);
    const longAgo = Date.now() / 1000 - 3 * 24 * 3600;
    lutimesSync(kept(), longAgo, longAgo);
    cache().read();
    expect(Date.now() - statSync(kept()).mtimeMs).toBeLessThan(60_000);
  });
});
