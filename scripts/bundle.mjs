// Makes dist/bin, which the programs of bin/ run. For each of server, beside, ctl and utl, from src/cli/<bundle>.ts:
//   <bundle>.cjs         its programs in one file, with what they use of the dependencies, in ASCII
//   <bundle>.lines       for each of its lines the source file and line: src/node/source-lines.ts reads it
//   <bundle>-<tag>.code  what V8 compiled in a run of a program, for the Node and flags that the tag stands for
// and THIRD-PARTY-NOTICES, the licences of the packages that the bundles hold. The compiled code is made by running the programs on a member with a temporary directory. Where that is not possible it is
// left out: programs then start slower, and nothing else. See docs/decisions/0004-one-file.md.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, SourceMap } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { bundlePath, codePath } = createRequire(import.meta.url)("../bin/run.cjs");
const warm = join(root, "scripts/warm.cjs");
// What the programs compile while they warm up is for dist/bin, and only that.
process.env.QUORATE_COMPILE_CACHE = "off";
const bundles = ["server", "beside", "ctl", "utl"];
/** The directories of packages of which a bundle holds something. */
const packages = new Set();

const made = await Promise.all(bundles.map(bundle));
const noticesPath = join(dirname(bundlePath("server")), "THIRD-PARTY-NOTICES");
const notices = noticesText();
const current =
  holds(noticesPath, notices) &&
  made.every(({ path, code, lines }) => holds(path, code) && holds(linesPath(path), lines));
if (!current || !bundles.every((name) => existsSync(codePath(name)))) {
  const directory = dirname(bundlePath("server"));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const { path, code, lines } of made) {
    writeFileSync(path, code, "latin1");
    writeFileSync(linesPath(path), lines);
  }
  writeFileSync(noticesPath, notices);
  await keepCode();
  for (const name of bundles) {
    if (!existsSync(codePath(name))) console.warn(`bundle: no compiled code was kept for ${name}`);
  }
}

function linesPath(path) {
  return path.replace(/\.cjs$/, ".lines");
}

function holds(path, content) {
  return existsSync(path) && readFileSync(path).equals(Buffer.from(content));
}

async function bundle(name) {
  const build = await rolldown({
    input: join(root, `src/cli/${name}.ts`),
    platform: "node",
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  const path = bundlePath(name);
  // The map's sources are told as seen from `dir`.
  const dir = dirname(path);
  const { output } = await build.generate({
    dir,
    format: "cjs",
    codeSplitting: false,
    comments: false,
    sourcemap: "hidden",
  });
  await build.close();
  const [chunk] = output;
  for (const id of chunk.moduleIds) {
    const [directory] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll("\\", "/")) ?? [];
    if (directory !== undefined) packages.add(directory);
  }
  // Where a module is imported on demand, those it shares with the others are set up by functions, and none of their constants is
  // one for V8: 5 to 8 % of the processor time of a request.
  if (name === "server" && chunk.code.includes("__esmMin"))
    throw new Error("something in the server is imported on demand");
  // The function that Node makes of a CommonJS module; it begins on the first line, which so stays the first. These globals of
  // Node's are getters, called by whoever uses them; here they are constants.
  const globals = "const { Buffer, performance, process } = globalThis;";
  const code = `(function (exports, require, module, __filename, __dirname) {${globals}${toAscii(chunk.code)}\n})`;
  return { path, code, lines: lineTable(path, chunk.code, chunk.map) };
}

/** Other characters stand in strings, templates and regular expressions only, all of which know this form. */
function toAscii(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything beyond ASCII is meant
  return text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** See src/node/source-lines.ts for its bytes. */
function lineTable(path, text, map) {
  const sources = map.sources.map((source) => relative(root, join(dirname(path), source)));
  const names = Buffer.from(JSON.stringify(sources));
  const places = new SourceMap({ ...map, version: 3 });
  const generated = text.split("\n");
  const table = Buffer.alloc(4 + names.length + 4 * generated.length);
  table.writeUInt32LE(names.length);
  names.copy(table, 4);
  for (const [i, line] of generated.entries()) {
    const entry = places.findEntry(i, line.search(/\S|$/));
    if (entry.originalSource === undefined) continue;
    const at = 4 + names.length + 4 * i;
    table.writeUInt16LE(map.sources.indexOf(entry.originalSource) + 1, at);
    table.writeUInt16LE(entry.originalLine + 1, at + 2);
  }
  return table;
}

/** What the licences of the bundled packages ask to be passed on with their code. */
function noticesText() {
  const texts = [...packages].map((directory) => {
    const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    const file = readdirSync(directory).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
    const text = readFileSync(join(directory, file), "utf8").replaceAll("\r\n", "\n").trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  const head = "The programs in this directory hold code of these packages:\n";
  return [head, ...texts.sort()].join(`\n${"-".repeat(80)}\n\n`);
}

/** Runs each program on what it is for, so that V8 compiles what such a run needs. */
async function keepCode() {
  const directory = mkdtempSync(join(tmpdir(), "quorate-build-"));
  try {
    const [clients, peers] = await freePorts(2);
    const url = `http://127.0.0.1:${clients}`;
    const peerUrl = `http://127.0.0.1:${peers}`;
    const data = join(directory, "m");
    const flags = ["--name=m", `--data-dir=${data}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`];
    const peer = [`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`];
    const member = spawn(
      process.execPath,
      [warm, "server", "etcd", ...flags, ...peer, `--initial-cluster=m=${peerUrl}`],
      {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      },
    );
    const ended = new Promise((done) => member.on("exit", done));
    const limit = setTimeout(() => member.kill("SIGKILL"), 30_000);
    let log = "";
    await new Promise((ready) => {
      member.stderr.on("data", (text) => {
        log += text;
        if (log.includes("ready to serve client requests")) ready();
      });
      void ended.then(ready);
    });
    for (const command of [
      ["put", "a", "b"],
      ["get", "a"],
      ["endpoint", "status"],
    ]) {
      once("ctl", "etcdctl", ["--endpoints", url, ...command]);
    }
    if (member.connected) member.send("enough");
    await ended;
    clearTimeout(limit);
    once("beside", "quorate", ["dev", "--help"]);
    once("utl", "etcdutl", ["snapshot", "status", join(data, "member/snap/db")]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function once(bundle, program, args) {
  spawnSync(process.execPath, [warm, bundle, program, ...args], { timeout: 30_000 });
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise((done, failed) => {
        server.once("error", failed);
        server.listen(0, "127.0.0.1", () => done(server));
      });
    }),
  );
  return Promise.all(
    servers.map((server) => {
      const { port } = server.address();
      return new Promise((done) => server.close(() => done(port)));
    }),
  );
}
