import { type Env, messageOf } from "../../base/index.ts";
import { isBoltError } from "../../storage/bolt/index.ts";
import { type Disk, isDiskError } from "../../storage/disk/index.ts";
import { openStore, type Store } from "../../storage/store/index.ts";
import type { Invocation } from "../command/tree.ts";

/** Where a member keeps its database. */
export function databaseOf(dataDir: string): string {
  return `${dataDir}/member/snap/db`;
}

/** Throws in the operating system's words when there is no such file. */
export function mustExist(disk: Disk, path: string): void {
  try {
    if (disk.stat(path) !== undefined) return;
  } catch (error) {
    throw new Error(`stat ${path}: ${reasonOf(error)}`);
  }
  throw new Error(`stat ${path}: no such file or directory`);
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

/** A database's fault as bbolt names it. */
export function databaseProblem(error: unknown): Error {
  if (isBoltError(error) && error.code === "Corrupt") return new Error(`invalid database: ${error.message}`);
  return error instanceof Error ? error : new Error(String(error));
}

const pauseMs = 50;

/** Opens a member's database; waits for one that is in use as long as `--timeout` says. */
export async function openDatabase(call: Invocation, disk: Disk, path: string, env: Env): Promise<Store> {
  const timeoutMs = call.flags.durationMs("timeout") || Number.POSITIVE_INFINITY;
  const end = env.clock.monotonicMs() + timeoutMs;
  for (;;) {
    try {
      return await openStore(disk, path, {}, env);
    } catch (error) {
      if (!isDiskError(error, "Locked")) throw databaseProblem(error);
      if (env.clock.monotonicMs() + pauseMs > end) throw new Error("timeout");
      await new Promise<void>((resolve) => env.scheduler.after(pauseMs, resolve));
    }
  }
}
