/**
 * The package as npm packs and installs it: what is in it, and whether all of it works in an empty project, with every Node, for
 * another user, on a tree that cannot be written to, and in a clone without the development dependencies.
 *
 * QUORATE_NODES names the programs of Node to try, with colons between; without it, the one that runs the tests.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, freePort, type Outcome, run, scratch, until } from "./servers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const nodes = (process.env["QUORATE_NODES"] ?? process.execPath).split(":").map((path) => ({
  version: execFileSync(path, ["--version"], { encoding: "utf8" }).trim(),
  /** PATH with this Node before all others. */
  path: `${dirname(path)}:${process.env["PATH"]}`,
}));
const firstPath = nodes[0]!.path;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

let packed: Packed;
let tarball: string;
/** An empty project in which the package was installed, and where it is there. */
let project: string;
let installed: string;

const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline", "--loglevel=error"];

/** Runs npm for the project in `directory`. */
function npm(directory: string, ...args: string[]): Promise<Outcome> {
  const home = process.env["HOME"];
  const env = home === undefined ? {} : { HOME: home };
  return run("npm", ["--prefix", directory, ...args, ...quiet], { env, timeoutMs: 150_000 });
}

/** Installs `what` in an empty project that every user can enter; returns the project's directory. */
async function projectWith(...what: readonly string[]): Promise<string> {
  const directory = scratch();
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, "package.json"), '{ "private": true, "type": "module" }\n');
  const outcome = await npm(directory, "install", ...what);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return directory;
}

beforeAll(async () => {
  const directory = scratch();
  const { stdout, stderr } = await npm(root, "pack", "--json", "--pack-destination", directory, root);
  // What the build says comes first. Some versions of npm print a list, others an object by name.
  const start = stdout.search(/^[[{]/m);
  expect(start, `${stdout}${stderr}`).toBeGreaterThanOrEqual(0);
  packed = Object.values(JSON.parse(stdout.slice(start)) as Record<string, Packed>)[0]!;
  tarball = join(directory, packed.filename);
  project = await projectWith("--ignore-scripts", tarball);
  installed = join(project, "node_modules/quorate");
}, 300_000);

afterAll(async () => {
  for (const child of started) end(child, "SIGKILL");
  await cleanUp();
});

const started = new Set<ChildProcess>();

/** The whole group: npx starts a shell, and that the program. */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // It has ended.
  }
}

interface Serving {
  readonly endpoint: string;
  /** Ends it; what it printed. */
  stop(): Promise<string>;
}

/** Starts a server by `command`, whose last words are to be its flags, and waits until it answers. */
async function serve(
  command: readonly string[],
  dataDir: string,
  env: Readonly<Record<string, string>>,
): Promise<Serving> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const flags = [
    `--data-dir=${dataDir}`,
    `--listen-client-urls=http://${endpoint}`,
    `--advertise-client-urls=http://${endpoint}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
  const [program, ...args] = [...command, ...flags];
  const child = spawn(program!, args, { env, cwd: project, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  let said = "";
  let over = false;
  child.stdout.on("data", (text) => {
    said += text;
  });
  child.stderr.on("data", (text) => {
    said += text;
  });
  const exited = new Promise<void>((resolve) => {
    child.once("close", () => {
      over = true;
      started.delete(child);
      resolve();
    });
  });
  await until("the server answers", 30_000, async () => {
    if (over) throw new Error(`the server ended while starting:\n${said}`);
    return fetch(`http://${endpoint}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return {
    endpoint,
    stop: async () => {
      end(child, "SIGTERM");
      await exited;
      return said;
    },
  };
}

/** Files of compiled code in a cache directory, of one bundle. */
function codeIn(directory: string, bundle: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => name.startsWith(`${bundle}-`));
}

describe("the package", () => {
  it("holds what its programs and its importers need", () => {
    const paths = packed.files.map(({ path }) => path);
    for (const name of ["etcd", "etcdctl", "etcdutl", "quorate", "quoratectl", "quorateutl"]) {
      expect(paths).toContain(`bin/${name}`);
    }
    for (const bundle of ["server", "beside", "ctl", "utl"]) {
      expect(paths).toEqual(expect.arrayContaining([`dist/bin/${bundle}.cjs`, `dist/bin/${bundle}.lines`]));
    }
    for (const room of ["node", "client", "raft"]) {
      expect(paths).toEqual(expect.arrayContaining([`dist/${room}/index.js`, `dist/${room}/index.d.ts`]));
    }
    expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "CHANGELOG.md", "package.json"]));
  });

  it("holds nothing else: no simulator, no tests and their helpers, no maps, no state of a compiler", () => {
    const wanted = /^(?:bin|proto)\/[\w.-]+$|^dist\/bin\/(?:[a-z]+\.(?:cjs|lines)|THIRD-PARTY-NOTICES)$/;
    const library = /^dist\/(?!(?:bin|cli|sim)\/)[\w./-]+\.(?:js|d\.ts)$/;
    const helpers = /(?:^|\/)(?:test|tests|testing|testdata|mutants?|sim)(?:[./]|$)|\.test\./;
    const pages = /^(?:package\.json|LICENSE|CHANGELOG\.md|README(?:\.ko)?\.md)$/;
    const wrong = packed.files
      .map(({ path }) => path)
      .filter((path) => helpers.test(path) || !(wanted.test(path) || library.test(path) || pages.test(path)));
    expect(wrong).toEqual([]);
    expect(packed.files.length).toBeLessThan(700);
    expect(packed.unpackedSize).toBeLessThan(9_000_000);
    expect(packed.size).toBeLessThan(2_200_000);
  });

  it("names no map, no compiler's state and no directory of the machine that built it", () => {
    const wrong = packed.files
      .map(({ path }) => path)
      .filter((path) => {
        const text = readFileSync(join(installed, path), "latin1");
        return text.includes(root) || /^\/\/# sourceMappingURL/m.test(text);
      });
    expect(wrong).toEqual([]);
  });

  it("says where it comes from, and links to there from its pages", () => {
    const about = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(about).toMatchObject({
      repository: { type: "git", url: expect.stringMatching(/^git\+https:\/\/.*\.git$/) },
      bugs: expect.stringMatching(/^https:\/\//),
      homepage: expect.stringMatching(/^https:\/\//),
      keywords: expect.arrayContaining(["etcd", "raft"]),
    });
    for (const page of ["README.md", "README.ko.md", "CHANGELOG.md"]) {
      const links = [...readFileSync(join(installed, page), "utf8").matchAll(/\](?:\(|: )([^)\s]*)/g)].map(
        ([, to]) => to!,
      );
      expect(links.filter((to) => !to.startsWith("https://"))).toEqual([]);
    }
  });

  it("passes on the licence of every package that its bundles hold", () => {
    const notices = readFileSync(join(installed, "dist/bin/THIRD-PARTY-NOTICES"), "utf8");
    for (const name of ["bcryptjs", "pino", "sonic-boom", "safe-stable-stringify", "@pinojs/redact"]) {
      const { version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
      expect(notices).toContain(`\n${name} ${version} (`);
    }
    expect(notices.match(/Copyright/g)!.length).toBeGreaterThanOrEqual(notices.match(/^[-]{80}$/gm)!.length - 1);
  });

  it("has types that compile strictly without skipLibCheck, with and without Node's", async () => {
    writeFileSync(
      join(project, "use.ts"),
      `import { type StartedMember, startMember } from "quorate";
import { Client, type ClientOptions } from "quorate/client";
import { MemoryStorage, RawNode } from "quorate/raft";

export async function use(options: ClientOptions): Promise<string> {
  const member: StartedMember = await startMember({ storage: "memory", port: 0 });
  const client = new Client({ ...options, endpoints: [member.clientUrl] });
  await client.put("a", "b");
  client.close();
  await member.close();
  return member.clientUrl;
}
export const node: (storage: MemoryStorage) => RawNode = (storage) =>
  new RawNode({ id: 1n, electionTick: 10, heartbeatTick: 1, storage, random: () => 0 });
// @ts-expect-error: the types are there, and are no any.
export const wrong: number = startMember({ storage: "memory" });
// @ts-expect-error
new Client(1);
`,
    );
    const tsc = createRequire(import.meta.url)
      .resolve("typescript/package.json")
      .replace("package.json", "bin/tsc");
    const compile = (types: readonly string[]): Promise<Outcome> => {
      const compilerOptions = { strict: true, target: "es2022", module: "nodenext", noEmit: true, types };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
      return run(process.execPath, [tsc, "-p", project], { timeoutMs: 120_000 });
    };
    expect(await compile([])).toEqual({ code: 0, stdout: "", stderr: "" });
    for (const name of ["@types/node", "undici-types"]) {
      cpSync(join(root, "node_modules", name), join(project, "node_modules", name), { recursive: true });
    }
    expect(await compile(["node"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe.each(nodes)("installed, with Node $version", ({ version, path }) => {
  it("runs by npx, and keeps its compiled code for the next start", async () => {
    const cacheHome = join(scratch(), "cache");
    const cache = join(cacheHome, "quorate");
    const env = { PATH: path, HOME: scratch(), XDG_CACHE_HOME: cacheHome, npm_config_update_notifier: "false" };
    const member = await serve(["npx", "quorate"], join(scratch(), "data"), env);
    const ctl = (...args: string[]): Promise<Outcome> =>
      run("sh", ["-c", 'cd "$0" && exec npx "$@"', project, "quoratectl", "--endpoints", member.endpoint, ...args], {
        env,
      });
    expect(await ctl("put", "greeting", "hello")).toEqual({ code: 0, stdout: "OK\n", stderr: "" });

    const [code, ...others] = codeIn(cache, "ctl");
    expect([others, statSync(cache).mode & 0o777]).toEqual([[], 0o700]);
    const file = join(cache, code!);
    const { ino, size } = statSync(file);
    expect((await ctl("get", "greeting")).stdout).toBe("greeting\nhello\n");
    // V8 took it: it was not made anew.
    expect(statSync(file).ino).toBe(ino);
    truncateSync(file, size - 1);
    expect((await ctl("get", "greeting")).stdout).toBe("greeting\nhello\n");
    expect(statSync(file).size).toBeGreaterThan(size / 2);
    expect(statSync(file).ino).not.toBe(ino);

    await until("the server has kept its compiled code", 20_000, () => codeIn(cache, "server").length > 0);
    expect(await member.stop()).toContain("Quorate is ready");
    expect(codeIn(cache, "server")).toEqual([expect.stringMatching(/^server-[0-9a-f]{32}\.code$/)]);
  });

  it("starts many times at once with nothing kept yet", async () => {
    const cacheHome = join(scratch(), "cache");
    const data = join(scratch(), "data");
    const member = await serve([join(installed, "bin/etcd")], data, { PATH: path });
    const env = { PATH: path, XDG_CACHE_HOME: cacheHome };
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        run(join(installed, "bin/etcdctl"), ["--endpoints", member.endpoint, "get", "a"], { env }),
      ),
    );
    expect(outcomes).toEqual(outcomes.map(() => ({ code: 0, stdout: "", stderr: "" })));
    expect(codeIn(join(cacheHome, "quorate"), "ctl")).toEqual([expect.stringMatching(/\.code$/)]);
    await member.stop();
    const status = await run(join(installed, "bin/quorateutl"), ["snapshot", "status", join(data, "member/snap/db")], {
      env,
    });
    expect(status).toMatchObject({ code: 0, stderr: "" });
  });

  it("can be imported, each of its entry points", async () => {
    const script = join(project, "use.mjs");
    writeFileSync(
      script,
      `import { startMember } from "quorate";
import { Client } from "quorate/client";
import { MemoryStorage } from "quorate/raft";
const member = await startMember({ storage: "memory", port: 0 });
const client = new Client({ endpoints: [member.clientUrl] });
await client.put("a", "b");
const found = await client.get("a");
client.close();
await member.close();
console.log(process.version, found.text, new MemoryStorage().lastIndex());
`,
    );
    expect(await run("node", [script], { env: { PATH: path } })).toEqual({
      code: 0,
      stdout: `${version} b 0\n`,
      stderr: "",
    });
  });

  it("installs etcd's names", async () => {
    const directory = join(scratch(), "bin");
    const env = { PATH: path };
    const made = await run(join(installed, "bin/quorate"), ["install-etcd-names", directory], { env });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    // As in a unit of systemd, whose PATH does not have this Node.
    const bare = { env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" } };
    const etcd = await run(join(directory, "etcd"), ["--version"], bare);
    expect(etcd.stdout).toMatch(/^etcd Version: 3\.7\.1\n/);
    expect(etcd.stdout).toContain(`node${version}`);
    expect((await run(join(directory, "etcdctl"), ["version"], bare)).stdout).toMatch(/^etcdctl version: 3\.7\.1\n/);
    expect((await run(join(directory, "etcdutl"), ["version"], bare)).stdout).toMatch(/^etcdutl version: 3\.7\.1\n/);
  });
});

const asRoot = process.geteuid?.() === 0;
const nobody = 65534;
const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];

describe.skipIf(!asRoot)("installed by another user (skipped: not root)", () => {
  /** A directory that nobody owns. */
  const own = (): string => {
    const directory = scratch();
    chownSync(directory, nobody, nobody);
    return directory;
  };
  // The directory of Node must be open to everyone, as a system's is.
  const everyone = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };

  it.each([
    ["without a home", () => ({})],
    ["with a home that does not exist", () => ({ HOME: "/nonexistent" })],
    ["with a home of somebody else", () => ({ HOME: project })],
    ["with a cache of somebody else", () => ({ XDG_CACHE_HOME: project })],
  ])("serves %s, and leaves nothing anywhere", async (_, places) => {
    const before = readdirSync(project).sort();
    const member = await serve([...asNobody, join(installed, "bin/etcd")], join(own(), "data"), {
      ...everyone,
      ...places(),
    });
    const outcome = await run(
      asNobody[0]!,
      [...asNobody.slice(1), join(installed, "bin/etcdctl"), "--endpoints", member.endpoint, "put", "a", "b"],
      { env: { ...everyone, ...places() } },
    );
    expect(outcome).toEqual({ code: 0, stdout: "OK\n", stderr: "" });
    await member.stop();
    expect(readdirSync(project).sort()).toEqual(before);
  });

  it("takes no code that another user left for it", async () => {
    const home = own();
    const env = { ...everyone, XDG_CACHE_HOME: home };
    const member = await serve([join(installed, "bin/etcd")], join(scratch(), "data"), everyone);
    const put = (): Promise<Outcome> =>
      run(
        asNobody[0]!,
        [...asNobody.slice(1), join(installed, "bin/etcdctl"), "--endpoints", member.endpoint, "put", "a", "b"],
        { env },
      );
    await put();
    const [name] = codeIn(join(home, "quorate"), "ctl");
    const file = join(home, "quorate", name!);
    expect(statSync(file)).toMatchObject({ uid: nobody, mode: 0o100600 });
    // Whole, and its own, but others could have written to it: it is made anew.
    chmodSync(file, 0o666);
    const { ino } = statSync(file);
    expect(await put()).toMatchObject({ code: 0, stderr: "" });
    expect(statSync(file).ino).not.toBe(ino);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Root reads nobody's cache no more than the other way round, and does not write there.
    await run(join(installed, "bin/etcdctl"), ["--endpoints", member.endpoint, "get", "a"], { env });
    expect(readdirSync(join(home, "quorate"))).toEqual([name]);
    await member.stop();
  });

  it("serves from a tree that cannot be written to, and with a full disk for a cache", async () => {
    const home = scratch();
    // Only in a namespace of its own: nothing of it is left.
    const inside = `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && mount -t tmpfs -o size=64k none "$2" || exit 99
      shift 2; exec "$@"`;
    const readOnly = (cacheHome: string): string[] => ["unshare", "-m", "sh", "-c", inside, "sh", project, cacheHome];
    const full = join(home, "full");
    mkdirSync(full);
    for (const env of [{ HOME: project }, { XDG_CACHE_HOME: full }]) {
      const [program, ...args] = readOnly(full);
      const all = { ...everyone, ...env };
      const member = await serve([program!, ...args, join(installed, "bin/etcd")], join(scratch(), "data"), all);
      const command = [join(installed, "bin/etcdctl"), "--endpoints", member.endpoint, "put", "a", "b"];
      expect(await run(program!, [...args, ...command], { env: all })).toEqual({ code: 0, stdout: "OK\n", stderr: "" });
      expect(await member.stop()).toContain("closed etcd server");
    }
    expect(existsSync(join(project, ".cache"))).toBe(false);
  });
});

describe("other ways to install", () => {
  it("works where packages are links into a store, as pnpm lays them", async () => {
    const directory = await projectWith("--ignore-scripts", "--install-strategy=linked", tarball);
    expect(realpathSync(join(directory, "node_modules/quorate"))).not.toBe(join(directory, "node_modules/quorate"));
    const env = { PATH: firstPath };
    expect((await run(join(directory, "node_modules/.bin/quoratectl"), ["version"], { env })).code).toBe(0);
    const script = join(directory, "use.mjs");
    writeFileSync(
      script,
      'import { startMember } from "quorate";\nawait (await startMember({ storage: "memory" })).close();\n',
    );
    expect(await run("node", [script], { env })).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("installs in a clone without the development dependencies; its programs then say what is missing", async () => {
    const clone = scratch();
    const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
    for (const path of tracked) {
      if (path === "" || path.startsWith("test/") || !existsSync(join(root, path))) continue;
      cpSync(join(root, path), join(clone, path));
    }
    const outcome = await npm(clone, "ci", "--omit=dev");
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(existsSync(join(clone, "node_modules/pino"))).toBe(true);
    expect(existsSync(join(clone, "node_modules/typescript"))).toBe(false);
    for (const name of ["etcd", "etcdctl", "etcdutl", "quorate", "quoratectl", "quorateutl"]) {
      expect(await run(join(clone, "bin", name), ["--version"], { env: { PATH: firstPath } })).toEqual({
        code: 1,
        stdout: "",
        stderr: `${name}: not built; run "npm ci && npm run build" in ${clone}\n`,
      });
    }
    const packing = await npm(clone, "pack", "--pack-destination", clone, clone);
    expect(packing.code).not.toBe(0);
    expect(packing.stderr).toContain("quorate: not built: the development dependencies are not installed");
  });
});
