import { type Env, utf8, utf8String } from "../../base/index.ts";
import { Bolt, BoltError } from "../bolt/index.ts";
import type { Disk } from "../disk/index.ts";
import { removeScratch } from "./defragment.ts";
import { BoltStore, cacheBytesOf } from "./store.ts";
import { bucketNames, type Store, type StoreOptions } from "./types.ts";

/**
 * Opens the store at `path`, or makes it: all of etcd's buckets exist afterwards, leftovers of a defragmentation are
 * removed. Throws `DiskError` (`Locked` when another process has it) or `BoltError`.
 */
export async function openStore(disk: Disk, path: string, options: StoreOptions, env: Env): Promise<Store> {
  const lock = await disk.lockSoon(path);
  const { store, created } = beginStore(disk, path, options, env, lock);
  try {
    await created;
    return store;
  } catch (error) {
    await store.close().catch(nothing);
    throw error;
  }
}

/** As `openStore`, but usable at once: `created` tells when the empty buckets are durable. */
export function beginStore(
  disk: Disk,
  path: string,
  options: StoreOptions,
  env: Env,
  lock = disk.lock(path),
): { store: Store; created: Promise<void> } {
  const bolt = Bolt.open(
    disk,
    path,
    { cacheBytes: cacheBytesOf(options), noSync: options.unsafeNoSync ?? false, lock },
    env,
  );
  try {
    // Under the lock: a scratch file of a member that runs is not ours to remove.
    removeScratch(disk, path);
    const tx = bolt.begin(true);
    const absent = bucketNames.filter((name) => tx.bucket(name) === undefined);
    for (const name of absent) {
      const cursor = tx.cursor();
      if (cursor.seek(utf8(name)) && utf8String(cursor.key) === name) {
        throw new BoltError("Corrupt", { path, detail: `"${name}" is a value where etcd has a bucket` });
      }
      tx.createBucket(name);
    }
    let created = Promise.resolve();
    if (absent.length === 0) tx.rollback();
    else created = tx.commit();
    created.catch(nothing);
    return { store: new BoltStore(disk, bolt, options, env), created };
  } catch (error) {
    void bolt.close();
    throw error;
  }
}

function nothing(): void {}
