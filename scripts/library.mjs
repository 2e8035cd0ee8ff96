// Makes the library in dist: of what tsc wrote to build/lib, the files that the entry points in package.json reach, code and
// types each by their own imports. Whatever else is in dist goes, except dist/bin (scripts/bundle.mjs): all of dist is packed.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const from = join(root, "build/lib");
const dist = join(root, "dist");
const { exports, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** As tsc writes them: statements at the start of a line, and calls, which are also how a type names another file. */
const imports = /^(?:import|export)\s(?:[^"';]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** Content by path, with slashes on every system. */
const library = new Map();
for (const entry of Object.values(exports)) {
  for (const path of Object.values(entry)) {
    // dist/entry is made by scripts/entries.mjs, after this.
    if (path.startsWith("./dist/") && !path.startsWith("./dist/entry/")) reach(path.slice("./dist/".length));
  }
}
for (const [path, content] of library) {
  const target = join(dist, path);
  if (read(target) === content) continue;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
}
prune("");

function reach(path) {
  if (library.has(path)) return;
  const types = path.endsWith(".d.ts");
  const text = readFileSync(join(from, path), "utf8");
  const content = types ? forEveryone(text) : text;
  library.set(path, content);
  for (const [, fixed, onDemand] of content.matchAll(imports)) {
    const specifier = fixed ?? onDemand;
    if (specifier.startsWith(".")) {
      const target = join(dirname(path), specifier).replaceAll("\\", "/");
      reach(types ? target.replace(/\.js$/, ".d.ts") : target);
    } else if (!specifier.startsWith("node:") && !(specifier in dependencies)) {
      throw new Error(`${path} imports ${specifier}, which is no dependency of the package`);
    }
  }
}

/**
 * Types as programs outside of this project can read them. Relative imports end in .js: tsc leaves them as they are in the
 * sources, and not every compiler finds `x.d.ts` by `./x.ts`. Imports of Node's types may fail, for programs that have no
 * `@types/node`; to these they are `any`, while a mistake anywhere else still shows.
 */
function forEveryone(text) {
  return text.replace(imports, (statement, specifier) => {
    const ours = statement.replace(/(["']\.[^"']*)\.ts(["'])/, "$1.js$2");
    return specifier?.startsWith("node:") ? `// @ts-ignore: known where @types/node is installed\n${ours}` : ours;
  });
}

/** Removes what is not of the library; returns whether anything is left in `folder`. */
function prune(folder) {
  let left = false;
  for (const entry of readdirSync(join(dist, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    const keep = path === "bin" || path === "entry" || (entry.isDirectory() ? prune(path) : library.has(path));
    if (!keep) rmSync(join(dist, path), { recursive: true });
    left ||= keep;
  }
  return left;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
