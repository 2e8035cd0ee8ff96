import type { Env } from "../../base/index.ts";
import { type Disk, type DiskLock, isDiskError, joinPath } from "../disk/index.ts";

export interface PurgeOptions {
  /** Names that end like this are counted: ".wal", ".snap", ".snap.db". */
  readonly suffix: string;
  /** How many of the newest (last by name) stay; 0 keeps all, as `max-wals` and `max-snapshots` have it. */
  readonly keep: number;
  /**
   * Files still needed: the round ends at the first one. Given, a file's lock is also tried before it is removed, since
   * another program may hold it.
   */
  readonly held?: (name: string) => boolean;
}

/**
 * One round of the purge, to be called by a timer (etcd: every 30 s): removes the oldest files until `keep` are left or a
 * locked one is met. Resolves to the names removed. Off the loop: a segment of the log takes 15 to 35 ms to give its blocks back.
 */
export async function purgeFiles(disk: Disk, dir: string, options: PurgeOptions, env: Env): Promise<string[]> {
  const { suffix, keep, held } = options;
  if (keep <= 0) return [];
  const names = disk.list(dir).filter((name) => name.endsWith(suffix));
  const purged: string[] = [];
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    const path = joinPath(dir, name);
    let lock: DiskLock | undefined;
    if (held !== undefined) {
      if (held(name)) break;
      try {
        lock = await disk.lockSoon(path);
      } catch (error) {
        if (!isDiskError(error, "Locked")) throw error;
        env.logger.warn("failed to lock file", { path, error });
        break;
      }
    }
    try {
      await disk.removeSoon(path);
      // Before the next one goes: a power cut must not bring this name back and keep the next one lost, a log with a hole.
      await disk.syncDirectorySoon(dir);
    } finally {
      lock?.release();
    }
    env.logger.info("purged", { path });
    purged.push(name);
  }
  return purged;
}
