// The first thing that a program of bin/ and an import of the package run. Every Node since version 4 must be able to read this file
// and whatever comes before it: neither may use newer syntax, nor module names that begin with "node:".
"use strict";

/** The oldest Node that this package runs on. Change it together with "engines" in package.json and the README. */
var oldest = [20, 19];

/** Says in one line that `version` of Node is too old and what to do; undefined when it is not too old. */
function refusal(version, path) {
  var parts = version.replace(/^v/, "").split(".");
  var major = Number(parts[0]);
  var minor = Number(parts[1] || 0);
  // Written so that a version that is no version is refused.
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  return (
    "needs Node " + oldest.join(".") + " or later, but " + path + " is Node " + version.replace(/^v/, "") +
    ": install a newer Node (https://nodejs.org) and put it first in PATH"
  );
}

/** Ends the process of `program` with exit code 1 when the Node that runs it is too old. */
function checkProgram(program) {
  var why = refusal(process.version, process.execPath);
  if (why === undefined) return;
  require("fs").writeSync(2, program + ": " + why + "\n");
  process.exit(1);
}

/** Throws when the Node that imports the package is too old. */
function checkImport() {
  var why = refusal(process.version, process.execPath);
  if (why === undefined) return;
  var error = new Error("quorate " + why);
  // One line for people: the stack would name this file and tell nothing.
  error.stack = "Error: " + error.message;
  throw error;
}

module.exports = { refusal: refusal, checkProgram: checkProgram, checkImport: checkImport };
