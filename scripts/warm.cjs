// node scripts/warm.cjs <bundle> <program> <arguments>: runs a program of bin/ and keeps what V8 compiled for it, when the
// program exits or when whoever started it says so. Used by bundle.mjs.
const { renameSync, writeFileSync } = require("node:fs");
const { codePath, load, run } = require("../bin/run.cjs");

const [bundle, program] = process.argv.splice(2, 2);
const { script } = load(bundle, program);
process.on("exit", keep);
// A server ends by a signal, with no time left for this.
process.on("message", () => {
  keep();
  process.kill(process.pid, "SIGTERM");
});
run(bundle, program, undefined, { script, keep: () => {} });

function keep() {
  const path = codePath(bundle);
  writeFileSync(`${path}.new`, script.createCachedData());
  renameSync(`${path}.new`, path);
}
