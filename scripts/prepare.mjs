// What npm runs after `npm ci` or `npm install` in a clone, for an installation from git, and before it packs: builds dist.
// Without the development dependencies (`npm ci --omit=dev`, NODE_ENV=production) nothing can be built. That is no error
// while installing, since dist may be there already or come with a later step; a package without it would be one.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { resolve } = createRequire(import.meta.url);
const absent = ["typescript/package.json", "rolldown"].filter((name) => {
  try {
    resolve(name);
    return false;
  } catch {
    return true;
  }
});

if (absent.length === 0) {
  const { status } = spawnSync("npm", ["run", "build"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  process.exitCode = status ?? 1;
} else {
  const packing = ["pack", "publish"].includes(process.env.npm_command);
  const built = existsSync(join(root, "dist/bin/server.cjs"));
  if (packing || !built) {
    console.error("quorate: not built: the development dependencies are not installed. Run: npm ci && npm run build");
  }
  if (packing) process.exitCode = 1;
}
