import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { messageOf } from "../base/index.ts";
import { RealDisk } from "../storage/disk/index.ts";
import { ExitCode, type Io } from "./command/io.ts";

const names = ["etcd", "etcdctl", "etcdutl"] as const;

/** The line by which a launcher is known as ours. */
const mark = 'Made by "quorate install-etcd-names"';

/** What the command may know of the world beside its arguments. */
export interface Surroundings {
  /** `bin/etcd` of this package; etcdctl and etcdutl are beside it. */
  readonly etcd: string;
  /** The program of Node. */
  readonly node: string;
  readonly platform: NodeJS.Platform;
}

type Found = "nothing" | "ours" | "foreign" | "directory" | "the program itself";

/** What is to be done, and where. */
export interface InstallRequest {
  readonly directory: string;
  /** Replace files of these names that something else put there. */
  readonly force: boolean;
  /** Remove the launchers instead; other files stay. */
  readonly remove: boolean;
}

/** Writes launchers named as etcd's programs to a directory, or removes them again; returns the exit code. */
export function installEtcdNames(
  request: InstallRequest,
  io: Pick<Io, "out" | "err" | "env">,
  { etcd, node, platform }: Surroundings,
): number {
  const refuse = (why: string): number => {
    io.err(`quorate install-etcd-names: ${why}\n`);
    return ExitCode.Error;
  };

  const directory = resolve(request.directory);
  const ending = platform === "win32" ? ".cmd" : "";
  const launchers = names.map((name) => {
    const target = join(dirname(etcd), name);
    return { path: join(directory, `${name}${ending}`), target, text: launcher(platform, node, target) };
  });
  const missing = launchers.find(({ target }) => !existsSync(target));
  if (missing !== undefined) return refuse(`${missing.target} is missing; install Quorate again`);
  try {
    if (request.remove) return remove(launchers, directory, io);

    new RealDisk().makeDirectory(directory, 0o755);
    const found = launchers.map(({ path, target }) => ({ path, is: look(path, target) }));
    for (const { path, is } of found) {
      if (is === "directory" || is === "the program itself")
        return refuse(`${path} is ${isText[is]}; nothing was written`);
    }
    const foreign = found.filter(({ is }) => is === "foreign").map(({ path }) => path);
    if (foreign.length > 0 && !request.force) {
      const what = foreign.length === 1 ? "exists and is" : "exist and are";
      return refuse(
        `${foreign.join(", ")} ${what} not Quorate's; nothing was written. Replace with --force, or choose another directory`,
      );
    }
    for (const { path, target, text } of launchers) {
      // Renamed into place: a program that is being started sees the old file or the new one, and where the old one
      // is a link, that goes, not the file it names.
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        writeFileSync(temporary, text, { flag: "wx" });
        chmodSync(temporary, 0o755);
        renameSync(temporary, path);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
      io.out(`${path} starts ${target}\n`);
    }
  } catch (error) {
    return refuse(describe(error));
  }

  io.out(`They run with ${node}. Remove them with: quorate install-etcd-names --remove ${request.directory}\n`);
  for (const note of notes(directory, launchers, io.env["PATH"] ?? "")) io.out(`Note: ${note}\n`);
  return ExitCode.Success;
}

const isText = { directory: "a directory", "the program itself": "the program that it would start" } as const;

interface Launcher {
  readonly path: string;
  readonly target: string;
  readonly text: string;
}

/**
 * The launcher's text. It puts Node's directory before the others, since a unit of systemd, cron and sudo have a PATH of their
 * own; where that Node has gone, after an upgrade, another one serves. It starts the program's file itself, not Node with it,
 * as that may do something before Node runs; exec keeps the process id, which signals and systemd's notifications go by.
 */
function launcher(platform: NodeJS.Platform, node: string, target: string): string {
  if (platform === "win32") {
    const escaped = target.replaceAll("%", "%%");
    return [
      "@echo off",
      `rem ${mark}.`,
      `set "QUORATE_NODE=${node.replaceAll("%", "%%")}"`,
      'if not exist "%QUORATE_NODE%" set "QUORATE_NODE=node"',
      `"%QUORATE_NODE%" "${escaped}" %*`,
      "",
    ].join("\r\n");
  }
  return [
    "#!/bin/sh",
    `# ${mark}.`,
    `node=${quoted(dirname(node))}`,
    '[ -x "$node/node" ] && export PATH="$node:$PATH"',
    `exec ${quoted(target)} "$@"`,
    "",
  ].join("\n");
}

/** As one word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What stands at a launcher's path. */
function look(path: string, target: string): Found {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "nothing";
  if (stat.isDirectory()) return "directory";
  // A launcher in the place of the program would start itself, for ever.
  if (realpathSync(dirname(path)) === realpathSync(dirname(target))) return "the program itself";
  // A link to the program that somebody made by hand does what the launcher does.
  if (stat.isSymbolicLink() && real(path) === realpathSync(target)) return "ours";
  return isOurs(path, stat) ? "ours" : "foreign";
}

function isOurs(path: string, stat: { isFile(): boolean; readonly size: number }): boolean {
  return stat.isFile() && stat.size < 64 * 1024 && readFileSync(path, "latin1").includes(mark);
}

function remove(launchers: readonly Launcher[], directory: string, io: Pick<Io, "out">): number {
  let removed = 0;
  for (const { path } of launchers) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (isOurs(path, stat)) {
      unlinkSync(path);
      removed++;
      io.out(`removed ${path}\n`);
    } else io.out(`${path} is not Quorate's and stays\n`);
  }
  if (removed === 0) io.out(`nothing of Quorate's to remove in ${directory}\n`);
  return ExitCode.Success;
}

/** What would keep the names from working as expected. */
function notes(directory: string, [first]: readonly Launcher[], searchPath: string): string[] {
  const found: string[] = [];
  const { path, target } = first!;
  if (target.includes(`${sep}_npx${sep}`)) {
    found.push("this copy is in npx's cache, which npm may empty; for one that stays: npm install -g quorate");
  }
  const directories = searchPath.split(delimiter).filter((entry) => entry !== "");
  const same = (entry: string): boolean => resolve(entry) === directory || real(entry) === real(directory);
  const at = directories.findIndex(same);
  if (at < 0) found.push(`${directory} is not in PATH`);
  const name = path.slice(directory.length + 1);
  const before = directories
    .slice(0, Math.max(at, 0))
    .map((entry) => join(entry, name))
    .find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
  if (before !== undefined) found.push(`${before} comes first in PATH`);
  return found;
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** What went wrong, without the name of the temporary file that a launcher is first written to. */
function describe(error: unknown): string {
  return messageOf(error).replace(/\.\d+\.tmp(?=:| )/, "");
}
