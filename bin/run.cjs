// Starts the programs of dist/bin. A process of Node spends most of its start on finding, reading and compiling what it runs;
// here that is one file, and what V8 made of it, when the package was built or in an earlier run, is taken over as it is.
// See scripts/bundle.mjs and compile-cache.cjs.
const { existsSync, readFileSync, statSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { cachedDataVersionTag } = require("node:v8");
const { Script } = require("node:vm");

const root = dirname(__dirname);
const directory = join(root, "dist/bin");

/** The file that holds the programs of `bundle`. */
function bundlePath(bundle) {
  return join(directory, `${bundle}.cjs`);
}

/**
 * Where its compiled code is. It fits one build of Node with one set of flags. V8 refuses another version's and other flags', by
 * its tag; it does not tell apart two releases of Node with the same V8, and crashes on the other one's code.
 */
function codePath(bundle) {
  const build = `${process.version}-${process.arch}-${statSync(process.execPath).size}`;
  return join(directory, `${bundle}-${build}-${cachedDataVersionTag().toString(16)}.code`);
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/**
 * The bundle as V8 holds it, with the code that was compiled before where there is some. `keep` is to be called once the
 * program has done what most runs do: it keeps the compiled code for the next one.
 */
function load(bundle, program) {
  const filename = bundlePath(bundle);
  const source = readIfThere(filename) ?? notBuilt(program, filename);
  const built = readIfThere(codePath(bundle));
  // Without what the next lines read, a start after a build is as short as it can be.
  const cache = built === undefined ? openCache(bundle, source) : undefined;
  const cachedData = built ?? cache.read();
  // The source holds ASCII alone, and V8 takes it without decoding.
  const script = new Script(source.latin1Slice(), { filename, cachedData });
  let kept = cache === undefined || (cachedData !== undefined && !script.cachedDataRejected);
  const keep = (except) => {
    if (kept) return;
    kept = true;
    cache.write(() => script.createCachedData(), except);
  };
  return { script, keep };
}

function openCache(bundle, source) {
  const { CompileCache } = require("./compile-cache.cjs");
  return new CompileCache(bundle, source, packageVersion());
}

function packageVersion() {
  return require("../package.json").version;
}

/** Ends the process: a clone that was not built, or an installation that has lost a file. */
function notBuilt(program, filename) {
  const remedy = existsSync(join(root, "src"))
    ? `not built; run "npm ci && npm run build" in ${root}`
    : `${filename} is missing; install the package again`;
  process.stderr.write(`${program}: ${remedy}\n`);
  process.exit(1);
}

/** Runs a program of `bundle` with the process's arguments. `notify`: see `Installation` in src/cli/installation.ts. */
function run(bundle, program, notify, { script, keep } = load(bundle, program)) {
  const path = bundlePath(bundle);
  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, createRequire(path), module, path, directory);
  if (bundle !== "server") keepLater(bundle, keep);
  return module.exports.programs[program]({
    version: packageVersion(),
    etcd: join(__dirname, "etcd"),
    run: (other, name) => run(other, name, notify),
    notify,
    // Not at once: those who waited for the server come first.
    ready: (dataDir) => setTimeout(keep, 1000, dataDir).unref(),
  });
}

/** A command is over when it ends; what serves has done after a while what it does at its start. */
function keepLater(bundle, keep) {
  if (bundle === "beside") setTimeout(keep, 5000).unref();
  // A command that failed, or that told of itself, has compiled little of what the others need.
  else if (!["version", "help", "completion"].includes(process.argv[2])) {
    process.once("exit", (code) => {
      if (code === 0) keep();
    });
  }
}

module.exports = { bundlePath, codePath, load, run };
