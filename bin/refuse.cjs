// Where `require("quorate")` ends with a Node that cannot require ECMAScript modules: one that is too old, or 21 and 22.0 to 22.9.
require("./node-version.cjs").checkImport();
throw new Error(
  `quorate cannot be required with Node ${process.versions.node}: use import, or Node 20.19, 22.12 or later`,
);
