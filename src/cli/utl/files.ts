import { type Env, messageOf } from "../../base/index.ts";
import { isBoltError } from "../../storage/bolt/index.ts";
import { type Disk, isDiskError } from "../../storage/disk/index.ts";
import { openStore, type Store } from "../../storage/store/index.ts";
import type { Invocation } from "../command/tree.ts";

/** Where a member keeps its database. */
export function databaseOf(dataDir: string): string {
  return `${dataDir}/member/snap/db`;
}

/** What a file is to the tool that reads it: that decides what to do when it is damaged. */
export type FileRole = "snapshot" | "member's database" | "copy";

const advice: Readonly<Record<FileRole, string>> = {
  snapshot: "Copy it again, use another snapshot, or save a new one from a running member",
  "member's database":
    "Restore this member from a snapshot, or remove it and add it again so that the others send it their data",
  copy: "Use another copy: a snapshot, or another member's database",
};

/** Throws when there is no such file, in the operating system's words, or when it cannot be a database. Nothing is written to it. */
export function mustExist(disk: Disk, path: string, role: FileRole): void {
  let found: ReturnType<Disk["stat"]>;
  try {
    found = disk.stat(path);
  } catch (error) {
    throw new Error(`stat ${path}: ${reasonOf(error)}`);
  }
  if (found === undefined) throw new Error(`stat ${path}: no such file or directory`);
  if (found.directory) throw new Error(`read ${path}: is a directory`);
  // Opening so short a file would make a new database of it.
  if (found.size < sizeMin)
    throw damaged(path, found.size === 0 ? "the file is empty" : `file size too small ${found.size}`, role);
}

/** Two pages of the smallest size. */
const sizeMin = 1024;

function damaged(path: string, finding: string, role: FileRole): Error {
  return new Error(`invalid database: ${path}: ${finding}. ${advice[role]}`);
}

/** What follows the list of faults that were found in a file. */
export function adviceFor(path: string, role: FileRole): string {
  return `${path} is damaged. ${advice[role]}`;
}

/** A fault of the disk as Go names it. */
export function reasonOf(error: unknown): string {
  if (isDiskError(error)) {
    const known: Readonly<Record<string, string>> = {
      NotFound: "no such file or directory",
      Permission: "permission denied",
      NotDirectory: "not a directory",
      IsDirectory: "is a directory",
      NoSpace: "no space left on device",
    };
    return known[error.code] ?? error.message;
  }
  return messageOf(error);
}

/** What keeps a file from being read: which one, what was seen, and what to do next. */
export function databaseProblem(error: unknown, path: string, role: FileRole): Error {
  if (isBoltError(error)) return damaged(path, error.finding, role);
  if (isDiskError(error)) return new Error(`${error.op} ${error.path}: ${reasonOf(error)}`);
  return error instanceof Error ? error : new Error(String(error));
}

const pauseMs = 50;

/** Opens a member's database; waits for one that is in use as long as `--timeout` says. */
export async function openDatabase(
  call: Invocation,
  disk: Disk,
  path: string,
  role: FileRole,
  env: Env,
): Promise<Store> {
  const timeoutMs = call.flags.durationMs("timeout") || Number.POSITIVE_INFINITY;
  const end = env.clock.monotonicMs() + timeoutMs;
  for (;;) {
    try {
      return await openStore(disk, path, {}, env);
    } catch (error) {
      if (!isDiskError(error, "Locked")) throw databaseProblem(error, path, role);
      if (env.clock.monotonicMs() + pauseMs > end) throw new Error("timeout");
      await new Promise<void>((resolve) => env.scheduler.after(pauseMs, resolve));
    }
  }
}
