import { statSync } from "node:fs";
import { join } from "node:path";
import { type Logger, messageOf } from "../base/index.ts";
import type { Disk } from "../storage/disk/index.ts";

/** A data directory that a member cannot use. `message` is the log's line for it, `dir` the directory when the line has it as a field. */
export class DataDirectoryError extends Error {
  override readonly name = "DataDirectoryError";
  readonly dir: string | undefined;

  constructor(message: string, cause: unknown, dir?: string) {
    super(message, { cause });
    this.dir = dir;
  }
}

const privateMode = 0o700;

/**
 * Makes the directories that a member keeps its files in and finds out that it may write there, before anything is served: as etcd
 * does, with its warnings and words. Throws `DataDirectoryError`.
 */
export function prepareDataDirectory(dataDir: string, disk: Disk, logger: Logger): void {
  for (const name of namesIn(dataDir, disk)) {
    if (name === "member" || name === "proxy") continue;
    logger.warn("found invalid file under data directory", { filename: name, "data-dir": dataDir });
  }
  access("data directory", dataDir, disk, logger);
  access("member directory", join(dataDir, "member"), disk, logger);
}

function namesIn(dataDir: string, disk: Disk): readonly string[] {
  try {
    return disk.list(dataDir);
  } catch (error) {
    // `code` of a DiskError; a path through a file is another fault.
    if ((error as { code?: unknown }).code === "NotFound") return [];
    throw new DataDirectoryError("failed to list data directory", error, dataDir);
  }
}

function access(what: string, path: string, disk: Disk, logger: Logger): void {
  try {
    if (isThere(path)) warnOfMode(path, logger);
    else disk.makeDirectory(path, privateMode);
    const probe = `${path}/.touch`;
    disk.open(probe, "create").close();
    disk.remove(probe);
  } catch (error) {
    throw new DataDirectoryError(`cannot access ${what}: ${messageOf(error)}`, error);
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function warnOfMode(path: string, logger: Logger): void {
  const mode = statSync(path).mode;
  if ((mode & 0o777) === privateMode) return;
  const error = `directory "${path}" exist, but the permission is "${modeText(mode)}". The recommended permission is "-rwx------" to prevent possible unprivileged access to the data`;
  logger.warn("check file permission", { error });
}

/** A mode as Go prints it: `drwxr-xr-x`, `dtrwxrwxrwx`. */
export function modeText(mode: number): string {
  const kind = (mode & 0o170000) === 0o040000 ? "d" : "";
  const special = [
    [0o4000, "u"],
    [0o2000, "g"],
    [0o1000, "t"],
  ] as const;
  const flags = kind + special.map(([bit, letter]) => ((mode & bit) === 0 ? "" : letter)).join("");
  const rights = [..."rwxrwxrwx"].map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : "-")).join("");
  return (flags === "" ? "-" : flags) + rights;
}
