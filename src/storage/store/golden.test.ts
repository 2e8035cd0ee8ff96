import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Disk, MemoryDisk } from "../disk/index.ts";
import { bucketNames, openStore, revisionKey, type Store } from "./index.ts";
import { stillEnv } from "./testing/memory-store.ts";

// test/fixtures/bolt-etcd-3.7.1: the db of a member of etcd 3.7.1 that had seen puts, deletes, a lease, a compaction, users
// and roles, as it lay after SIGTERM; its rows as bbolt lists them; its answers to Maintenance.Hash and Status before.
const fixtures = new URL("../../../test/fixtures/bolt-etcd-3.7.1/", import.meta.url);
const hashAnswer = 3301405661;
const dbSizeAnswer = 90112;

function fixtureDisk(): Disk {
  const disk = new MemoryDisk();
  const file = disk.open("/db", "create");
  file.writeSync([gunzipSync(readFileSync(new URL("db.gz", fixtures)))], 0);
  file.close();
  return disk;
}

/** The store's rows in the form of `rows.txt`, consistent index and term left out. */
function rows(store: Store): string[] {
  const lines: string[] = [];
  for (const bucket of [...bucketNames].sort()) {
    lines.push(`/${bucket} seq=0`);
    store.visit(bucket, new Uint8Array(0), undefined, (key, value) => {
      let sum = 0;
      for (const byte of value) sum = (Math.imul(sum, 31) + byte) >>> 0;
      lines.push(`/${bucket} ${Buffer.from(key).toString("hex")} ${value.length} ${sum}`);
    });
  }
  return lines;
}

describe("the database of etcd 3.7.1", () => {
  it("reads as bbolt reads it, hashes as etcd hashes it", async () => {
    const store = await openStore(fixtureDisk(), "/db", {}, stillEnv());
    const expected = gunzipSync(readFileSync(new URL("rows.txt.gz", fixtures)))
      .toString()
      .trimEnd()
      .split("\n");
    expect(rows(store)).toEqual(expected);
    expect(store.hash()).toBe(hashAnswer);
    expect(await store.hashSliced()).toBe(hashAnswer);
    expect(store.size()).toBe(dbSizeAnswer);
    expect(store.sizeInUse()).toBeLessThanOrEqual(store.size());
    expect(store.consistentIndex()).toEqual({ index: 96, term: 2 });
    expect(store.storageVersion()).toBe("3.7.0");
    expect(store.confState()).toEqual({
      voters: [3319814642761637952n],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    });
    await store.close();
  });

  it("stays what it is through a defragmentation and a restart", async () => {
    const disk = fixtureDisk();
    const store = await openStore(disk, "/db", {}, stillEnv());
    await store.defragment();
    expect(store.hash()).toBe(hashAnswer);
    expect(store.size()).toBeLessThan(dbSizeAnswer);
    expect(disk.list("/")).toEqual(["db"]);
    await store.close();
    const again = await openStore(disk, "/db", {}, stillEnv());
    expect(again.hash()).toBe(hashAnswer);
    // Revision 85 was the last put; the next one is above it.
    expect(again.getRevision(85, 0)).toBeDefined();
    expect(again.get("key", revisionKey(85, 0, false))).toBeDefined();
    expect(again.getRevision(86, 0)).toBeUndefined();
    await again.close();
  });

  it("confState written by us has etcd's bytes", async () => {
    const disk = fixtureDisk();
    const store = await openStore(disk, "/db", {}, stillEnv());
    store.setConfState(store.confState()!);
    await store.commit();
    expect(store.hash()).toBe(hashAnswer);
    await store.close();
  });
});
