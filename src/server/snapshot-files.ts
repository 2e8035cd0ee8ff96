import { type Env, exponentialBuckets, type Histogram, type Metrics } from "../base/index.ts";
import { type Disk, joinPath } from "../storage/disk/index.ts";
import type { Snapshotter } from "../storage/wal/index.ts";

const temporaryPrefix = "tmp";
/** So much of a database that is received goes to the disk at once. */
const syncBytes = 1024 * 1024;

/** Removes what a member that died while it received a database left behind. */
export function removeUnfinished(disk: Disk, snapDir: string): void {
  for (const name of disk.list(snapDir)) {
    if (name.startsWith(temporaryPrefix)) disk.remove(joinPath(snapDir, name));
  }
}

/**
 * Writes a database that comes from the leader beside the one in use, durable on return, never whole in memory. It gets its name
 * only once it is complete, so that a crash leaves nothing that looks like one.
 *
 * It goes to the disk a piece at a time, with as long a pause after each as the piece took: one sync of it all would hold up every
 * other on that disk, those of the log of a member next to this one first.
 */
export async function receiveDatabase(
  disk: Disk,
  snapshotter: Snapshotter,
  index: number,
  chunks: AsyncIterable<Uint8Array>,
  env: Env,
): Promise<void> {
  const path = snapshotter.databasePath(index);
  const temporary = joinPath(snapshotter.dir, `${temporaryPrefix}${env.random.uint32()}`);
  const { saveSeconds, syncSeconds } = declareDatabaseMetrics(env.metrics);
  const startedMs = env.clock.monotonicMs();
  const file = disk.open(temporary, "createNew");
  try {
    let at = 0;
    let syncedTo = 0;
    let syncingMs = 0;
    const sync = async (run: () => Promise<void>): Promise<number> => {
      const beganMs = env.clock.monotonicMs();
      await run();
      const tookMs = env.clock.monotonicMs() - beganMs;
      syncingMs += tookMs;
      return tookMs;
    };
    for await (const chunk of chunks) {
      await file.write([chunk], at);
      at += chunk.length;
      if (at - syncedTo < syncBytes) continue;
      syncedTo = at;
      const tookMs = await sync(() => file.dataSync());
      await new Promise<void>((resolve) => env.scheduler.after(tookMs, resolve));
    }
    await sync(() => file.sync());
    syncSeconds.observe(syncingMs / 1000);
  } catch (error) {
    file.close();
    disk.remove(temporary);
    throw error;
  }
  file.close();
  if (disk.stat(path) !== undefined) {
    // Another transfer of the same snapshot was faster.
    disk.remove(temporary);
    return;
  }
  disk.rename(temporary, path);
  await disk.syncDirectorySoon(snapshotter.dir);
  saveSeconds.observe((env.clock.monotonicMs() - startedMs) / 1000);
}

/** Shown from the start, also by a member that never receives a database. */
export function declareDatabaseMetrics(metrics: Metrics): { saveSeconds: Histogram; syncSeconds: Histogram } {
  return {
    saveSeconds: metrics.histogram({
      name: "etcd_snap_db_save_total_duration_seconds",
      help: "The total latency distributions of v3 snapshot save",
      buckets: exponentialBuckets(0.1, 2, 10),
    }),
    syncSeconds: metrics.histogram({
      name: "etcd_snap_db_fsync_duration_seconds",
      help: "The latency distributions of fsyncing .snap.db file",
      buckets: exponentialBuckets(0.001, 2, 14),
    }),
  };
}

/** Puts a received database in the place of the one in use; both are the same to whoever opens `db` next. False when there is none. */
export function installDatabase(disk: Disk, snapshotter: Snapshotter, index: number, dbPath: string): boolean {
  const from = snapshotter.databasePath(index);
  if (disk.stat(from) === undefined) return false;
  disk.rename(from, dbPath);
  disk.syncDirectory(snapshotter.dir);
  return true;
}
