// Makes dist/entry, by which a Node comes in that does not know the condition "module-sync" of package.json's exports: one that is too
// old, or 21 and 22.0 to 22.9, which are not. They may not even read the modules of the package, so these files look at the version
// first and load the rest only then. A newer Node goes past them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const directory = join(root, "dist/entry");

mkdirSync(directory, { recursive: true });
for (const conditions of Object.values(exports)) {
  const target = conditions["module-sync"];
  const names = Object.keys(await import(join(root, target))).sort();
  const text = [
    "// Made by scripts/entries.mjs.",
    'import version from "../../bin/node-version.cjs";',
    "version.checkImport();",
    `const { ${names.join(", ")} } = await import("../../${target.replace("./", "")}");`,
    `export { ${names.join(", ")} };`,
    "",
  ];
  writeFileSync(join(directory, basename(conditions.default)), text.join("\n"));
}
