import { describe, expect, it } from "vitest";
import { raftpb } from "../../wire/proto/index.ts";
import { FaultDisk, failNth, MemoryDisk } from "../disk/index.ts";
import { encodeSnapshotFile, readSnapshotFile, Snapshotter } from "./index.ts";
import { readFile, testEnv, writeFile } from "./test-helpers.ts";

function snapshot(index: number, term = 1): raftpb.Snapshot {
  const confState = raftpb.createConfState({ voters: [1n, 2n], learners: [3n] });
  return { data: Buffer.from(`data ${index}`), metadata: { confState, index, term } };
}

function setUp(): { disk: MemoryDisk; snapshotter: Snapshotter } {
  const disk = new MemoryDisk({ crashable: true });
  disk.makeDirectory("/snap");
  return { disk, snapshotter: new Snapshotter(disk, "/snap", testEnv()) };
}

const indexOf = (found: raftpb.Snapshot): number => found.metadata!.index;

describe("saving snapshots", () => {
  it("is durable, name and bytes, when it returns", async () => {
    const { disk, snapshotter } = setUp();
    await snapshotter.save(snapshot(10));
    const clone = disk.crashClone({ keep: "none" });
    expect(clone.list("/snap")).toEqual(["0000000000000001-000000000000000a.snap"]);
    expect(readSnapshotFile(clone, "/snap/0000000000000001-000000000000000a.snap")).toEqual(
      readSnapshotFile(disk, "/snap/0000000000000001-000000000000000a.snap"),
    );
    await snapshotter.save({ data: Buffer.from("x"), metadata: undefined });
    expect(disk.list("/snap")).toHaveLength(1);
  });

  it("leaves nothing behind when the disk fails", async () => {
    for (const kind of ["write", "sync", "syncDirectory"] as const) {
      const { disk } = setUp();
      const faulty = new FaultDisk(disk, failNth(0, "NoSpace", [kind]));
      await expect(new Snapshotter(faulty, "/snap", testEnv()).save(snapshot(10))).rejects.toMatchObject({
        code: "NoSpace",
      });
      expect(disk.list("/snap")).toEqual([]);
    }
  });
});

describe("loading snapshots", () => {
  it("takes the newest, and with the log's records the newest it knows", async () => {
    const { snapshotter } = setUp();
    expect(() => snapshotter.load()).toThrow(expect.objectContaining({ code: "NoSnapshot" }));
    for (const [index, term] of [
      [10, 1],
      [20, 1],
      [15, 2],
    ] as const) {
      await snapshotter.save(snapshot(index, term));
    }
    expect(indexOf(snapshotter.load())).toBe(15);
    expect(indexOf(snapshotter.loadNewestAvailable([{ index: 10, term: 1 }]))).toBe(10);
    const known = [
      { index: 10, term: 1 },
      { index: 20, term: 1 },
      { index: 15, term: 3 },
    ];
    expect(indexOf(snapshotter.loadNewestAvailable(known))).toBe(20);
    expect(() => snapshotter.loadNewestAvailable([])).toThrow(expect.objectContaining({ code: "NoSnapshot" }));
  });

  it("sets aside what cannot be read, cut at any byte or with any bit turned over", async () => {
    const good = encodeSnapshotFile(snapshot(20));
    const name = "/snap/0000000000000001-0000000000000014.snap";
    const damaged: Uint8Array[] = [];
    for (let cut = 0; cut < good.length; cut++) damaged.push(good.subarray(0, cut));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = good.slice();
      bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7));
      damaged.push(bytes);
    }
    let whole = 0;
    for (const bytes of damaged) {
      const { disk, snapshotter } = setUp();
      await snapshotter.save(snapshot(10));
      writeFile(disk, name, bytes);
      const found = snapshotter.load();
      if (indexOf(found) === 20) {
        // A bit of the varint above the sum's 32: nothing was lost.
        expect(Buffer.from(encodeSnapshotFile(found)).equals(good)).toBe(true);
        whole++;
        continue;
      }
      expect(indexOf(found)).toBe(10);
      expect(disk.list("/snap")).toContain("0000000000000001-0000000000000014.snap.broken");
      expect(Buffer.from(readFile(disk, `${name}.broken`)).equals(bytes)).toBe(true);
    }
    expect(whole).toBeLessThan(4);
  });

  it("clears away defragmentation's scratch, leaves the database and strangers", async () => {
    const { disk, snapshotter } = setUp();
    await snapshotter.save(snapshot(10));
    for (const name of ["db", "db.tmp.123", "notes"]) writeFile(disk, `/snap/${name}`, Buffer.from("x"));
    snapshotter.load();
    expect(disk.list("/snap")).toEqual(["0000000000000001-000000000000000a.snap", "db", "notes"]);
  });
});

describe("clearing away", () => {
  it("drops databases of older snapshots", () => {
    const { disk, snapshotter } = setUp();
    for (const index of [5, 10, 15]) writeFile(disk, snapshotter.databasePath(index), Buffer.from("db"));
    writeFile(disk, "/snap/zz.snap.db", Buffer.from("db"));
    snapshotter.releaseDatabases(10);
    expect(disk.list("/snap")).toEqual(["000000000000000a.snap.db", "000000000000000f.snap.db", "zz.snap.db"]);
  });

  it("keeps the newest of each kind", async () => {
    const { disk, snapshotter } = setUp();
    for (const index of [1, 2, 3, 4]) {
      await snapshotter.save(snapshot(index));
      writeFile(disk, snapshotter.databasePath(index), Buffer.from("db"));
    }
    expect(await snapshotter.purge(0)).toEqual([]);
    expect(await snapshotter.purge(3)).toEqual(["0000000000000001.snap.db", "0000000000000001-0000000000000001.snap"]);
    expect(disk.list("/snap")).toHaveLength(6);
  });
});
