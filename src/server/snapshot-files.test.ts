import { describe, expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import { type DiskOp, FaultDisk, failNth, MemoryDisk } from "../storage/disk/index.ts";
import { Snapshotter } from "../storage/wal/index.ts";
import { receiveDatabase } from "./snapshot-files.ts";

const syncMs = 40;
const index = 7;

/** A directory for snapshots on a disk whose syncs take their time; what it was asked for, and when. */
function slowDisk() {
  const time = new ManualTime();
  const done: { kind: string; atMs: number; bytes: number }[] = [];
  const note = (op: DiskOp): void => void done.push({ kind: op.kind, atMs: time.monotonicMs(), bytes: op.bytes });
  const disk = new FaultDisk(
    new MemoryDisk(),
    (op) => {
      note(op);
      return op.kind === "sync" ? { kind: "slow", delayMs: syncMs } : undefined;
    },
    time,
  );
  disk.makeDirectory("/snap");
  const random = new SeededRandom(1);
  const env: Env = { clock: time, scheduler: time, random, logger: silentLogger, metrics: nullMetrics };
  return { time, disk, env, done, snapshotter: new Snapshotter(disk, "/snap", env) };
}

async function* chunks(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const [i, size] of sizes.entries()) yield new Uint8Array(size).fill(i);
}

describe("receiving a database", () => {
  it("syncs a MiB at a time, with a pause after each as long as it took", async () => {
    const { time, disk, env, done, snapshotter } = slowDisk();
    const sizes = Array.from({ length: 41 }, () => 100 * 1024);
    let saved = false;
    const save = receiveDatabase(disk, snapshotter, index, chunks(sizes), env).then(() => {
      saved = true;
    });
    while (!saved) await time.advanceAsync(10);
    await save;

    let unsynced = 0;
    const syncs: number[] = [];
    for (const { kind, atMs, bytes } of done) {
      if (kind === "write") unsynced += bytes;
      if (kind === "sync") {
        syncs.push(atMs);
        unsynced = 0;
      }
      expect(unsynced).toBeLessThan(1024 * 1024 + 100 * 1024);
    }
    // 4100 KiB: after each 1100, and at the end.
    expect(syncs).toHaveLength(4);
    for (const [i, atMs] of syncs.slice(1).entries()) expect(atMs - syncs[i]!).toBeGreaterThanOrEqual(2 * syncMs);
    expect(disk.stat(snapshotter.databasePath(index))?.size).toBe(41 * 100 * 1024);
    expect(disk.list("/snap")).toHaveLength(1);
  });

  it("leaves nothing behind when a sync on the way fails", async () => {
    const { time, disk, env, snapshotter } = slowDisk();
    disk.rule = failNth(1, "NoSpace", ["sync"]);
    let told: unknown;
    const save = receiveDatabase(disk, snapshotter, index, chunks(Array(5).fill(1 << 20)), env).catch((error) => {
      told = error;
    });
    while (told === undefined) await time.advanceAsync(10);
    await save;
    expect(told).toMatchObject({ code: "NoSpace" });
    expect(disk.list("/snap")).toEqual([]);
  });
});
