import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RealDisk } from "../disk/index.ts";
import { Snapshotter, Wal } from "./index.ts";
import { entry, plain, state, testEnv } from "./test-helpers.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(`${tmpdir()}/quorate-wal-`);
});
afterEach(() => rmSync(dir, { recursive: true }));

const zero = { index: 0, term: 0 };
const small = { segmentBytes: 4096 };

describe("the log on the machine's disk", () => {
  it("lives through cuts, snapshots, releases, purges and restarts", async () => {
    const disk = new RealDisk();
    const wal = Wal.create(disk, `${dir}/wal`, Buffer.from("metadata"), testEnv(), small);
    const all = Array.from({ length: 60 }, (_, i) => entry(i + 1, 1, new Uint8Array(300).fill(i)));
    for (const one of all.slice(0, 40)) await wal.save(state(1, one.index), [one]);
    await Promise.all(all.slice(40).map((one) => wal.save(state(1, one.index), [one])));
    const confState = { voters: [1n], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    disk.makeDirectory(`${dir}/snap`);
    const snapshotter = new Snapshotter(disk, `${dir}/snap`, testEnv());
    await snapshotter.save({ data: Buffer.from("{}"), metadata: { index: 30, term: 1, confState } });
    await wal.saveSnapshot({ index: 30, term: 1, confState });
    wal.release(30);
    expect((await wal.purge(1)).length).toBeGreaterThan(0);
    await wal.close();
    const known = Wal.validSnapshots(disk, `${dir}/wal`);
    expect(snapshotter.loadNewestAvailable(known).metadata!.index).toBe(30);
    const opened = Wal.open(disk, `${dir}/wal`, { snapshot: { index: 30, term: 1 }, ...small }, testEnv());
    expect(plain(opened.entries)).toEqual(plain(all.slice(30)));
    await opened.wal.close();
  });

  it("is locked against other programs while it is open, the segment just cut included", async () => {
    const tryLock = (name: string): Promise<number | null> =>
      new Promise((resolve) => spawn("flock", ["-n", `${dir}/wal/${name}`, "true"]).on("close", resolve));
    const disk = new RealDisk();
    const wal = Wal.create(disk, `${dir}/wal`, Buffer.from("metadata"), testEnv(), small);
    await wal.save(undefined, [entry(1, 1, new Uint8Array(5000))]);
    await wal.save(undefined, [entry(2, 1)]);
    const names = disk.list(`${dir}/wal`).filter((name) => name.endsWith(".wal"));
    expect(names).toHaveLength(2);
    await wal.close();
    const { wal: again } = Wal.open(disk, `${dir}/wal`, { snapshot: zero, ...small }, testEnv());
    for (const name of names) expect(await tryLock(name)).toBe(1);
    await again.close();
    for (const name of names) expect(await tryLock(name)).toBe(0);
  });

  it("works where there is no flock program", async () => {
    const disk = new RealDisk({ flockProgram: "no-such-flock" });
    const wal = Wal.create(disk, `${dir}/wal`, Buffer.from("metadata"), testEnv(), small);
    for (let i = 1; i <= 30; i++) await wal.save(state(1, i), [entry(i, 1, new Uint8Array(400))]);
    await wal.close();
    expect(disk.list(`${dir}/wal`).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
