import type { Env } from "../../base/index.ts";
import { Bolt, BoltError, type Bucket, type Tx } from "../bolt/index.ts";
import { type Disk, directoryOf, joinPath, nameOf } from "../disk/index.ts";

/** Rows of one transaction of the copy: its pages are laid out in one go. etcd takes 10,000, which would hold the loop for 25 ms. */
const rowsPerTx = 1000;
/** Rows after which what was copied is synced: one sync of it all would keep the log's syncs waiting behind it. */
const rowsPerSync = 16 * rowsPerTx;
/** How long the loop is held at a time. */
const sliceMs = 3;
const rowsBetweenLooks = 32;

/**
 * Writes what `view` sees of `old` into a fresh file and puts it where `old` has its own, which lives on until it is closed. The
 * caller lets the fresh database adopt the path.
 */
export async function rewrite(view: Tx, old: Bolt, disk: Disk, cacheBytes: number, env: Env): Promise<Bolt> {
  const { path, pageSize } = old;
  const scratchPath = `${scratchPrefix(path)}${env.random.uint32()}`;
  let fresh: Bolt | undefined;
  try {
    disk.open(scratchPath, "createNew").close();
    const lock = await disk.lockSoon(scratchPath);
    fresh = Bolt.open(disk, scratchPath, { cacheBytes, noSync: true, pageSize, lock }, env);
    await copyAll(view, fresh, env);
    await fresh.sync();
    disk.rename(scratchPath, path);
    await disk.syncDirectorySoon(directoryOf(path));
    return fresh;
  } catch (error) {
    await fresh?.close();
    if (disk.stat(scratchPath) !== undefined) disk.remove(scratchPath);
    throw error;
  }
}

/** How the files of a defragmentation begin. */
function scratchPrefix(path: string): string {
  return `${path}.tmp.`;
}

/** Removes what a defragmentation left that did not end. */
export function removeScratch(disk: Disk, path: string): void {
  const directory = directoryOf(path);
  for (const name of disk.list(directory)) {
    if (name.startsWith(nameOf(scratchPrefix(path)))) disk.remove(joinPath(directory, name));
  }
}

/**
 * Copies every row that `from` sees into the empty database `to`, pages filled to nine tenths. Gives the loop back every
 * few milliseconds. `to` is not synced yet when this resolves.
 */
async function copyAll(from: Tx, to: Bolt, env: Env): Promise<void> {
  const { clock } = env;
  let tx = to.begin(true);
  let copied = 0;
  let sliceEnd = clock.monotonicMs() + sliceMs;
  const cursor = from.cursor();
  try {
    for (let more = cursor.first(); more; more = cursor.next()) {
      const name = cursor.key;
      const source = from.bucket(name);
      if (source === undefined) throw new BoltError("IncompatibleValue", { path: from.path, detail: "no bucket" });
      const open = (): Bucket => {
        const bucket = tx.createBucketIfNotExists(name);
        bucket.fillPercent = 0.9;
        return bucket;
      };
      let target = open();
      if (source.sequence !== 0n) target.setSequence(source.sequence);
      const rows = source.cursor();
      for (let row = rows.first(); row; row = rows.next()) {
        const value = rows.value;
        // etcd nests no buckets, and its own defragmentation would lose them.
        if (value === undefined) {
          throw new BoltError("IncompatibleValue", { path: from.path, detail: "a bucket within a bucket" });
        }
        target.append(rows.key, value);
        copied++;
        if (copied % rowsPerTx === 0) {
          await tx.commit();
          if (copied % rowsPerSync === 0) await to.sync();
          tx = to.begin(true);
          target = open();
        }
        if (copied % rowsBetweenLooks === 0 && clock.monotonicMs() >= sliceEnd) {
          await new Promise<void>((resolve) => {
            env.scheduler.endOfTurn(resolve);
          });
          sliceEnd = clock.monotonicMs() + sliceMs;
        }
      }
    }
    await tx.commit();
  } catch (error) {
    if (tx.open) tx.rollback();
    throw error;
  }
}
