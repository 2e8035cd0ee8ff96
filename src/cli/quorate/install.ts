import { lstatSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { ExitCode, fail } from "../command/io.ts";
import type { CommandSpec, Invocation } from "../command/tree.ts";
import { makeDirectory } from "../dev/supervisor.ts";
import type { Installation } from "../installation.ts";

/** etcd's programs, which lie beside each other in `bin`. */
const names = ["etcd", "etcdctl", "etcdutl"] as const;

/** `quorate install-etcd-names`: etcd's names for people and scripts that call them. */
export function installCommand({ etcd }: Installation): CommandSpec {
  return {
    use: "install-etcd-names <directory>",
    short: "Links etcd, etcdctl and etcdutl into a directory, for scripts that call these names",
    long: `Makes links named etcd, etcdctl and etcdutl in a directory. They behave as etcd's programs do, to the letter.
Whatever else has such a name there stays, unless --force is given.`,
    example: `  quorate install-etcd-names ~/.local/bin
  quorate install-etcd-names /usr/local/bin --force`,
    flags: [{ name: "force", type: "bool", initial: "false", usage: "replace files of these names" }],
    check: (args) => (args.length === 1 ? undefined : `takes one directory, not ${args.length}`),
    run: async (call) => install(call, dirname(etcd)),
  };
}

function install({ io, args, flags }: Invocation, bin: string): void {
  const directory = resolve(args[0]!);
  const force = flags.bool("force");
  const found = names.map((name) => ({ name, link: join(directory, name), target: join(bin, name) }));
  // All or none: a half-replaced etcd is worse than none.
  for (const { link, target } of found) {
    const what = occupant(link, target);
    if (what === undefined || what === "ours" || (force && what !== "a directory")) continue;
    fail(io, ExitCode.Error, `${link} is ${what}; ${what === "a directory" ? "remove it" : "--force replaces it"}`);
  }
  try {
    makeDirectory(directory);
    for (const { link, target } of found) {
      if (occupant(link, target) === "ours") continue;
      rmSync(link, { force: true });
      symlinkSync(target, link);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EACCES" || code === "EPERM" ? "permission denied" : message;
    fail(io, ExitCode.Error, `cannot write to ${directory}: ${why}`);
  }
  for (const { link, target } of found) io.out(`${link} -> ${target}\n`);
  const path = (io.env["PATH"] ?? "").split(delimiter);
  if (!path.includes(directory)) io.out(`${directory} is not in PATH; add it: export PATH="${directory}:$PATH"\n`);
  if (/[/\\]_npx[/\\]/.test(bin)) {
    io.err(
      "These links lead into npx's cache, which npm may empty; install the package to keep them: npm i -g quorate\n",
    );
  }
}

/** What stands where a link is to be; undefined: nothing. */
function occupant(link: string, target: string): "ours" | "a directory" | "another file" | undefined {
  let found: ReturnType<typeof lstatSync>;
  try {
    found = lstatSync(link);
  } catch {
    return undefined;
  }
  if (found.isDirectory()) return "a directory";
  if (!found.isSymbolicLink()) return "another file";
  try {
    return realpathSync(link) === realpathSync(target) ? "ours" : "another file";
  } catch {
    // A link that leads nowhere.
    return "another file";
  }
}
