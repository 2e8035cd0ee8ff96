// Starts the programs of dist/bin. A process of Node spends most of its start on finding, reading and compiling what it runs;
// here that is one file, and what V8 made of it when the package was built is taken over as it is. See scripts/bundle.mjs.
const { readFileSync, statSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { cachedDataVersionTag } = require("node:v8");
const { Script } = require("node:vm");

const directory = join(__dirname, "../dist/bin");

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

/** The bundle as V8 holds it, compiled before where that was done. */
function load(bundle) {
  const filename = bundlePath(bundle);
  // It holds ASCII alone, and V8 takes it without decoding.
  return new Script(readFileSync(filename, "latin1"), { filename, cachedData: readIfThere(codePath(bundle)) });
}

/** Runs a program of `bundle` with the process's arguments. `notify`: see `Installation` in src/cli/installation.ts. */
function run(bundle, program, notify, script = load(bundle)) {
  const path = bundlePath(bundle);
  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, createRequire(path), module, path, directory);
  const { version } = require("../package.json");
  const runOther = (bundle, program) => run(bundle, program, notify);
  return module.exports.programs[program]({ version, etcd: join(__dirname, "etcd"), run: runOther, notify });
}

module.exports = { bundlePath, codePath, load, run };
