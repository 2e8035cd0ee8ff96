// The first thing that a program of bin/ and an import of the package run, by whatever Node there is: this file and what comes before
// it know no syntax that is newer than Node 10, and no module names that begin with "node:".

/** The oldest Node that this package runs on. Change it together with "engines" in package.json and the README. */
const oldest = [20, 19];

/** Says in one line that `version` of Node is too old and what to do; undefined when it is not too old. */
function refusal(version, path) {
  const plain = version.replace(/^v/, "");
  const [major, minor = 0] = plain.split(".").map(Number);
  // Written so that a version that is no version is refused.
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  const needed = `needs Node ${oldest.join(".")} or later, but ${path} is Node ${plain}`;
  return `${needed}: install a newer Node (https://nodejs.org) and put it first in PATH`;
}

/** Ends the process of `program` with exit code 1 when the Node that runs it is too old. */
function checkProgram(program) {
  const why = refusal(process.version, process.execPath);
  if (why === undefined) return;
  // biome-ignore lint/style/useNodejsImportProtocol: see above
  require("fs").writeSync(2, `${program}: ${why}\n`);
  process.exit(1);
}

/** Throws when the Node that imports the package is too old. */
function checkImport() {
  const why = refusal(process.version, process.execPath);
  if (why === undefined) return;
  const error = new Error(`quorate ${why}`);
  // One line for people: the stack would name this file and tell nothing.
  error.stack = `Error: ${error.message}`;
  throw error;
}

module.exports = { refusal, checkProgram, checkImport };
