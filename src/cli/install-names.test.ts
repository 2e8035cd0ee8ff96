import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { installEtcdNames } from "./install-names.ts";

const names = ["etcd", "etcdctl", "etcdutl"];

let scratch: string;
/** A package whose programs print their name and arguments, at a path that a shell must be kept from reading. */
let bin: string;
let directory: string;
beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "quorate-names-")));
  bin = join(scratch, `it's $HOME's/bin`);
  directory = join(scratch, "usr/local/bin");
  mkdirSync(bin, { recursive: true });
  for (const name of names) {
    const text = `#!/usr/bin/env node\nconsole.log(JSON.stringify(["${name}", ...process.argv.slice(2)]));\n`;
    writeFileSync(join(bin, name), text, { mode: 0o755 });
  }
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function run(args: readonly string[], options: { node?: string; path?: string; platform?: NodeJS.Platform } = {}) {
  let out = "";
  let err = "";
  const io = {
    env: { PATH: options.path ?? directory },
    out: (data: string | Uint8Array) => {
      out += String(data);
    },
    err: (data: string | Uint8Array) => {
      err += String(data);
    },
  };
  const etcd = join(bin, "etcd");
  const { node = process.execPath, platform = "linux" } = options;
  const [to] = args.filter((arg) => !arg.startsWith("-"));
  const request = { directory: to!, force: args.includes("--force"), remove: args.includes("--remove") };
  const code = installEtcdNames(request, io, { etcd, node, platform });
  return { code, out, err };
}

/** With `path` as PATH; without it there is no Node in it, as in a unit of systemd. */
function call(name: string, args: readonly string[] = [], path = "/nowhere:/usr/bin:/bin"): unknown {
  const env = { PATH: path };
  return JSON.parse(execFileSync(join(directory, name), args, { encoding: "utf8", env }));
}

it("writes launchers that hand on every argument, says what it did and how to undo it", () => {
  const { code, out, err } = run([directory]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(
    [
      ...names.map((name) => `${join(directory, name)} starts ${join(bin, name)}`),
      `They run with ${process.execPath}. Remove them with: quorate install-etcd-names --remove ${directory}`,
      "",
    ].join("\n"),
  );
  for (const name of names) {
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o755);
    expect(call(name, ["a b", "$HOME", "'", ""])).toEqual([name, "a b", "$HOME", "'", ""]);
  }
  expect(readdirSync(directory).sort()).toEqual(names);
});

it("finds another Node when the one it was made with has gone", () => {
  run([directory], { node: join(scratch, "gone/node") });
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
  expect(call("etcdctl", ["version"], path)).toEqual(["etcdctl", "version"]);
});

it("writes its own launchers anew, and replaces a link to the program", () => {
  run([directory], { node: "/old/node" });
  rmSync(join(directory, "etcdctl"));
  symlinkSync(join(bin, "etcdctl"), join(directory, "etcdctl"));
  expect(run([directory]).code).toBe(0);
  expect(readFileSync(join(directory, "etcd"), "utf8")).not.toContain("/old");
  expect(call("etcdctl")).toEqual(["etcdctl"]);
  expect(readFileSync(join(bin, "etcdctl"), "utf8")).toContain("console.log");
});

it("leaves everything as it is when one of the names is someone else's, unless told otherwise", () => {
  mkdirSync(directory, { recursive: true });
  const real = join(scratch, "etcd-3.7.1");
  writeFileSync(real, "ELF");
  symlinkSync(real, join(directory, "etcd"));
  writeFileSync(join(directory, "etcdutl"), "ELF");
  const refused = run([directory]);
  expect([refused.code, refused.out, refused.err]).toEqual([
    1,
    "",
    `quorate install-etcd-names: ${directory}/etcd, ${directory}/etcdutl exist and are not Quorate's; nothing was written. Replace with --force, or choose another directory\n`,
  ]);
  expect(readdirSync(directory).sort()).toEqual(["etcd", "etcdutl"]);
  expect(run(["--force", directory]).code).toBe(0);
  expect(call("etcd", ["--version"])).toEqual(["etcd", "--version"]);
  // The link went, not what it named.
  expect(readFileSync(real, "utf8")).toBe("ELF");
});

it("counts a dangling link as someone else's", () => {
  mkdirSync(directory, { recursive: true });
  symlinkSync("/nowhere/etcd", join(directory, "etcd"));
  expect(run([directory]).err).toContain(`${directory}/etcd exists and is not Quorate's`);
});

it("never puts a launcher in the place of the program that it starts, nor of a directory", () => {
  const through = join(scratch, "link-to-bin");
  symlinkSync(bin, through);
  for (const target of [bin, through]) {
    const { code, err } = run(["--force", target]);
    expect([code, err]).toEqual([
      1,
      `quorate install-etcd-names: ${target}/etcd is the program that it would start; nothing was written\n`,
    ]);
  }
  mkdirSync(join(directory, "etcdctl"), { recursive: true });
  expect(run(["--force", directory]).err).toContain(`${directory}/etcdctl is a directory; nothing was written`);
  expect(readdirSync(directory)).toEqual(["etcdctl"]);
});

it("removes its launchers and nothing else", () => {
  run([directory]);
  writeFileSync(join(directory, "etcdctl"), "ELF");
  const { code, out } = run(["--remove", directory]);
  expect([code, out]).toEqual([
    0,
    `removed ${directory}/etcd\n${directory}/etcdctl is not Quorate's and stays\nremoved ${directory}/etcdutl\n`,
  ]);
  expect(readdirSync(directory)).toEqual(["etcdctl"]);
  expect(run(["--remove", directory]).out).toContain("nothing of Quorate's to remove");
});

it("tells what would keep the names from being found", () => {
  const first = join(scratch, "first");
  mkdirSync(first);
  writeFileSync(join(first, "etcd"), "ELF");
  expect(run([directory], { path: "/bin" }).out).toContain(`Note: ${directory} is not in PATH`);
  expect(run([directory], { path: `${first}:${directory}` }).out).toContain(`Note: ${first}/etcd comes first in PATH`);
  bin = join(scratch, ".npm/_npx/0123/node_modules/quorate/bin");
  mkdirSync(bin, { recursive: true });
  for (const name of names) writeFileSync(join(bin, name), "");
  expect(run([directory]).out).toContain("Note: this copy is in npx's cache");
});

it("says in one line what it cannot do", () => {
  writeFileSync(join(scratch, "file"), "");
  expect(run([join(scratch, "file/bin")]).err).toBe(
    `quorate install-etcd-names: mkdir ${scratch}/file: not a directory\n`,
  );
  rmSync(join(bin, "etcdutl"));
  expect(run([directory]).err).toContain(`${bin}/etcdutl is missing; install Quorate again`);
  expect(existsSync(directory)).toBe(false);
});

it("writes batch files on Windows", () => {
  run([directory], { platform: "win32" });
  expect(readdirSync(directory).sort()).toEqual(names.map((name) => `${name}.cmd`));
  const text = readFileSync(join(directory, "etcd.cmd"), "latin1");
  expect(text.split("\r\n").slice(-2)).toEqual([`"%QUORATE_NODE%" "${join(bin, "etcd")}" %*`, ""]);
});
