import { describe, expect, it } from "vitest";
import type { Env, Logger } from "../../base/index.ts";
import { ManualTime, silentLogger } from "../../base/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import { FaultDisk, failNth, MemoryDisk } from "../disk/index.ts";
import { FrameBuffer } from "./frame.ts";
import { purgeFiles, readWal, SEGMENT_BYTES, validSnapshotEntries, Wal, walExists } from "./index.ts";
import { listSegments } from "./names.ts";
import { entry, plain, readFile, state, testEnv, writeFile } from "./test-helpers.ts";

const metadata = Buffer.from("0807100a", "hex");
const zero = { index: 0, term: 0 };
const confState = raftpb.createConfState({ voters: [1n] });

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeDirectory("/m");
  return disk;
}

function names(disk: MemoryDisk): string[] {
  return disk.list("/m/wal").filter((name) => name.endsWith(".wal"));
}

/** Cuts a segment about every third entry of 300 bytes. */
const small = { segmentBytes: 1000 };

async function fill(wal: Wal, from: number, to: number, term = 1): Promise<void> {
  for (let i = from; i <= to; i++) await wal.save(state(term, i - 1), [entry(i, term, new Uint8Array(300).fill(i))]);
}

describe("creating a log", () => {
  it("makes one preallocated segment, and a file for the next", async () => {
    const disk = newDisk();
    expect(walExists(disk, "/m/wal")).toBe(false);
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    expect(disk.list("/m/wal")).toEqual(["0.tmp", "0000000000000000-0000000000000000.wal"]);
    expect(disk.stat("/m/wal/0000000000000000-0000000000000000.wal")?.size).toBe(SEGMENT_BYTES);
    expect(disk.stat("/m/wal.tmp")).toBeUndefined();
    await wal.close();
    await wal.close();
    expect(disk.list("/m/wal")).toHaveLength(1);
    expect(readWal(disk, "/m/wal", zero)).toEqual({
      metadata: Uint8Array.from(metadata),
      hardState: state(0, 0, 0n),
      entries: [],
      received: false,
    });
  });

  it("refuses a directory with a log, and one with anything else in it", () => {
    const disk = newDisk();
    Wal.create(disk, "/m/wal", metadata, testEnv());
    expect(() => Wal.create(disk, "/m/wal", metadata, testEnv())).toThrow(expect.objectContaining({ code: "Exists" }));
    disk.makeDirectory("/m/photos");
    writeFile(disk, "/m/photos/a.jpg", metadata);
    expect(() => Wal.create(disk, "/m/photos", metadata, testEnv())).toThrow("holds other files: a.jpg");
    expect(disk.list("/m/photos")).toEqual(["a.jpg"]);
  });

  it("clears away what an interrupted attempt left", () => {
    const disk = newDisk();
    disk.makeDirectory("/m/wal.tmp");
    writeFile(disk, "/m/wal.tmp/junk", metadata);
    Wal.create(disk, "/m/wal", metadata, testEnv());
    expect(disk.list("/m")).toEqual(["wal"]);
  });
});

describe("opening a log", () => {
  it("holds the segments' locks until it is closed", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    const open = (): unknown => Wal.open(disk, "/m/wal", { snapshot: zero }, testEnv());
    expect(open).toThrow(expect.objectContaining({ code: "Locked" }));
    await wal.close();
    open();
    expect(open).toThrow(expect.objectContaining({ code: "Locked" }));
    expect(readWal(disk, "/m/wal", zero).entries).toEqual([]);
  });

  it("says what is wrong with the files", async () => {
    const disk = newDisk();
    const code = (index = 0, term = 0): string => {
      try {
        Wal.open(disk, "/m/wal", { snapshot: { index, term } }, testEnv());
      } catch (error) {
        return (error as { code: string }).code;
      }
      return "none";
    };
    expect(code()).toBe("FileNotFound");
    disk.makeDirectory("/m/wal");
    expect(code()).toBe("FileNotFound");
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv(), small);
    await fill(wal, 1, 12);
    await wal.saveSnapshot({ index: 9, term: 1, confState });
    await wal.close();
    expect(names(disk).length).toBeGreaterThan(3);
    expect(code(9, 2)).toBe("SnapshotMismatch");
    expect(code(8, 1)).toBe("SnapshotNotFound");
    const [first, second, third] = names(disk);
    const keep = readFile(disk, `/m/wal/${third}`);
    disk.remove(`/m/wal/${third}`);
    // The number before is 1, so a gap shows.
    expect(code()).toBe("FileGap");
    writeFile(disk, `/m/wal/${third}`, keep);
    expect(code()).toBe("none");
    disk.remove(`/m/wal/${first}`);
    expect(code()).toBe("FileGap");
    expect(second).toMatch(/^0000000000000001-000000000000000[1-9a-f]\.wal$/);
  });

  it("tells conflicting metadata and a segment of another log", async () => {
    const disk = newDisk();
    for (const [dir, bytes] of [
      ["/m/wal", metadata],
      ["/m/other", Buffer.from("0808100a", "hex")],
    ] as const) {
      const wal = Wal.create(disk, dir, bytes, testEnv(), small);
      await fill(wal, 1, 8);
      await wal.close();
    }
    const name = names(disk)[1]!;
    writeFile(disk, `/m/wal/${name}`, readFile(disk, `/m/other/${name}`));
    // Its crc record carries the sum of another past; that shows first.
    expect(() => readWal(disk, "/m/wal", zero)).toThrow(
      expect.objectContaining({ code: "CrcMismatch", path: `/m/wal/${name}`, offset: 0 }),
    );
    // With the sum set right, the metadata shows.
    const frames = new FrameBuffer();
    frames.crcRecord(0);
    frames.record(1, metadata);
    frames.record(1, Buffer.from("0808100a", "hex"));
    disk.makeDirectory("/m/third");
    writeFile(disk, "/m/third/0000000000000000-0000000000000000.wal", frames.view());
    expect(() => readWal(disk, "/m/third", zero)).toThrow(expect.objectContaining({ code: "MetadataConflict" }));
    frames.clear();
    frames.crcRecord(0);
    frames.record(9, metadata);
    writeFile(disk, "/m/third/0000000000000000-0000000000000000.wal", frames.view());
    expect(() => readWal(disk, "/m/third", zero)).toThrow("unexpected block type 9");
    frames.clear();
    frames.crcRecord(0);
    frames.record(2, raftpb.encodeEntry(entry(2, 1)));
    writeFile(disk, "/m/third/0000000000000000-0000000000000000.wal", frames.view());
    expect(() => readWal(disk, "/m/third", zero)).toThrow(
      "wal: slice bounds out of range, snapshot[Index: 0, Term: 0], current entry[Index: 2, Term: 1], len(ents): 0",
    );
    frames.clear();
    frames.crcRecord(0);
    frames.record(3, raftpb.encodeEntry(entry(1, 1)));
    writeFile(disk, "/m/third/0000000000000000-0000000000000000.wal", frames.view());
    expect(() => readWal(disk, "/m/third", zero)).toThrow("a hard state with field 4");
  });

  it("warns of strange files and leaves them alone", async () => {
    const disk = newDisk();
    await Wal.create(disk, "/m/wal", metadata, testEnv()).close();
    writeFile(disk, "/m/wal/notes.txt", metadata);
    const warnings: unknown[] = [];
    const logger: Logger = { ...silentLogger, warn: (message, fields) => warnings.push([message, fields?.path]) };
    Wal.open(disk, "/m/wal", { snapshot: zero }, { ...testEnv(), logger });
    expect(warnings).toEqual([["ignored file in WAL directory", "/m/wal/notes.txt"]]);
    expect(disk.list("/m/wal")).toContain("notes.txt");
  });
});

describe("saving", () => {
  it("is one write and one sync for a batch, none for a commit index alone", async () => {
    const memory = newDisk();
    const disk = new FaultDisk(memory, () => undefined);
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    const ops: string[] = [];
    disk.rule = ({ kind }) => {
      ops.push(kind);
      return undefined;
    };
    await wal.save(state(1, 0), [entry(1, 1), entry(2, 1), entry(3, 1)]);
    expect(ops.splice(0)).toEqual(["write", "sync"]);
    await wal.save(state(1, 3), []);
    await wal.save(undefined, []);
    await wal.save(state(0, 0, 0n), []);
    expect(ops).toEqual([]);
    await wal.save(state(2, 3), []);
    expect(ops.splice(0)).toEqual(["write", "sync"]);
    wal.append(state(2, 3), [entry(4, 2)]);
    expect(ops).toEqual([]);
    expect(wal.pendingBytes).toBeGreaterThan(0);
    await wal.sync();
    expect(ops.splice(0)).toEqual(["write", "sync"]);
    expect(wal.pendingBytes).toBe(0);
    expect(plain(readWal(memory, "/m/wal", zero).entries)).toEqual(
      plain([entry(1, 1), entry(2, 1), entry(3, 1), entry(4, 2)]),
    );
    await wal.close();
  });

  it("gathers what comes while a write is in flight into the next one", async () => {
    const memory = newDisk();
    const time = new ManualTime();
    const disk = new FaultDisk(memory, () => undefined, time);
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    let writes = 0;
    disk.rule = ({ kind }) => {
      if (kind === "write") writes++;
      return kind === "sync" ? { kind: "slow", delayMs: 10 } : undefined;
    };
    const done: number[] = [];
    for (let i = 1; i <= 5; i++) void wal.save(undefined, [entry(i, 1)]).then(() => done.push(i));
    await time.advanceAsync(5);
    expect([writes, done]).toEqual([1, []]);
    await time.advanceAsync(10);
    expect([writes, done]).toEqual([2, [1]]);
    await time.advanceAsync(10);
    expect([writes, done]).toEqual([2, [1, 2, 3, 4, 5]]);
    const closed = wal.close();
    await time.advanceAsync(20);
    await closed;
    expect(readWal(memory, "/m/wal", zero).entries).toHaveLength(5);
  });

  it("cuts after the save that fills a segment: head with sum, metadata and state; the old one trimmed", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv(), small);
    await fill(wal, 1, 10);
    await wal.sync();
    expect(names(disk)).toEqual([
      "0000000000000000-0000000000000000.wal",
      "0000000000000001-0000000000000004.wal",
      "0000000000000002-0000000000000007.wal",
      "0000000000000003-000000000000000a.wal",
    ]);
    expect(disk.stat("/m/wal/0000000000000001-0000000000000004.wal")!.size).toBeGreaterThanOrEqual(1000);
    expect(readWal(disk, "/m/wal", zero)).toMatchObject({ hardState: state(1, 9) });
    await wal.saveSnapshot({ index: 7, term: 1, confState });
    await wal.close();
    const fromSnapshot = Wal.open(disk, "/m/wal", { snapshot: { index: 7, term: 1 }, ...small }, testEnv());
    expect(fromSnapshot.entries.map(({ index }) => index)).toEqual([8, 9, 10]);
    expect(fromSnapshot.hardState).toEqual(state(1, 9));
    await fill(fromSnapshot.wal, 11, 15);
    await fromSnapshot.wal.close();
    expect(readWal(disk, "/m/wal", zero).entries.map(({ index }) => index)).toEqual(
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
  });

  it("many saves at once around cuts come out in order", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv(), small);
    const saves: Promise<void>[] = [];
    for (let i = 1; i <= 100; i++) saves.push(wal.save(state(1, i), [entry(i, 1, new Uint8Array(200))]));
    await Promise.all(saves);
    await wal.close();
    expect(names(disk).length).toBeGreaterThan(15);
    expect(readWal(disk, "/m/wal", zero).entries).toHaveLength(100);
    expect(readWal(disk, "/m/wal", zero).hardState.commit).toBe(100);
  });

  it("lets a later leader overwrite what was not committed", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    await wal.save(state(1, 1), [entry(1, 1), entry(2, 1), entry(3, 1)]);
    await wal.save(state(2, 1), [entry(2, 2, "new")]);
    await wal.close();
    expect(plain(readWal(disk, "/m/wal", zero).entries)).toEqual(plain([entry(1, 1), entry(2, 2, "new")]));
  });

  it("stops at a gap or disorder of entries: a bug of the caller", async () => {
    const wal = Wal.create(newDisk(), "/m/wal", metadata, testEnv());
    expect(() => wal.save(undefined, [entry(2, 1)])).toThrow("gap");
    expect(() => wal.save(undefined, [entry(1, 1), entry(3, 1)])).toThrow("contiguous");
  });

  it("takes entries of any size, indexes past 2^32 and large ids", async () => {
    const disk = newDisk();
    const far = 2 ** 52;
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    await wal.saveSnapshot({ index: far, term: 2 ** 40, confState });
    const sizes = [0, 1, 110, 127, 128, 500, 16_383, 16_384, 70_000, 3_000_000];
    const entries = sizes.map((size, i) => entry(far + 1 + i, 2 ** 40, new Uint8Array(size).fill(i)));
    entries[3] = { ...entries[3]!, type: 1 };
    for (const one of entries) await wal.save(state(2 ** 40, one.index, 2n ** 64n - 1n), [one]);
    await wal.close();
    const content = readWal(disk, "/m/wal", { index: far, term: 2 ** 40 });
    expect(plain(content.entries)).toEqual(plain(entries));
    expect(content.hardState).toEqual(state(2 ** 40, far + sizes.length, 2n ** 64n - 1n));
  });

  it("a failing sync is final: nothing more is acknowledged", async () => {
    const memory = newDisk();
    const disk = new FaultDisk(memory, () => undefined);
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    await wal.save(undefined, [entry(1, 1)]);
    disk.rule = failNth(0, "Io", ["sync"]);
    const both = [wal.save(undefined, [entry(2, 1)]), wal.save(undefined, [entry(3, 1)])];
    for (const save of both) await expect(save).rejects.toThrow("injected Io");
    await expect(wal.save(undefined, [entry(4, 1)])).rejects.toThrow("injected Io");
    await expect(wal.saveSnapshot({ index: 1, term: 1, confState })).rejects.toThrow("injected Io");
    await expect(wal.sync()).rejects.toThrow("injected Io");
    await wal.close();
    expect(readWal(memory, "/m/wal", zero).entries[0]!.index).toBe(1);
  });

  it("a full disk is told as such, also when it fills up at a cut", async () => {
    for (const kind of ["write", "truncate", "rename", "syncDirectory", "open"] as const) {
      const disk = new FaultDisk(newDisk(), () => undefined);
      const wal = Wal.create(disk, "/m/wal", metadata, testEnv(), small);
      await fill(wal, 1, 2);
      disk.rule = failNth(0, "NoSpace", [kind]);
      const results = await Promise.allSettled([3, 4, 5, 6].map((i) => fill(wal, i, i)));
      expect(results.at(-1)).toMatchObject({ status: "rejected", reason: { code: "NoSpace" } });
      await wal.close().catch(() => {});
    }
  });

  it("says no after close", async () => {
    const wal = Wal.create(newDisk(), "/m/wal", metadata, testEnv());
    await wal.close();
    await expect(wal.save(undefined, [entry(1, 1)])).rejects.toMatchObject({ code: "Closed" });
  });

  it("warns when a sync takes long", async () => {
    const time = new ManualTime();
    const disk = new FaultDisk(newDisk(), () => undefined, time);
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
    const env: Env = { ...testEnv(), clock: time, scheduler: time, logger };
    const wal = Wal.create(disk, "/m/wal", metadata, env);
    disk.rule = ({ kind }) => (kind === "sync" ? { kind: "slow", delayMs: 1500 } : undefined);
    const saved = wal.save(undefined, [entry(1, 1)]);
    await time.advanceAsync(2000, 100);
    await saved;
    expect(warnings).toEqual(["slow fdatasync"]);
  });
});

describe("snapshot records, release and purge", () => {
  it("a snapshot past the start needs a membership", async () => {
    const wal = Wal.create(newDisk(), "/m/wal", metadata, testEnv());
    await expect(wal.saveSnapshot({ index: 3, term: 1, confState: undefined })).rejects.toMatchObject({
      code: "SnapshotInvalid",
    });
  });

  it("what a snapshot from the leader replaced does not come back, what our own left does", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    await wal.save(
      state(1, 2),
      [1, 2, 3, 4, 5].map((index) => entry(index, 1)),
    );
    await wal.saveSnapshot({ index: 2, term: 1, confState });
    await wal.saveSnapshot({ index: 4, term: 3, confState });
    await wal.save(state(3, 4), []);
    await wal.sync();
    const own = readWal(disk, "/m/wal", { index: 2, term: 1 });
    expect([own.entries.map(({ index }) => index), own.received]).toEqual([[3, 4, 5], false]);
    expect(readWal(disk, "/m/wal", { index: 4, term: 3 })).toMatchObject({ entries: [], received: true });
    await wal.save(state(3, 5), [entry(5, 3)]);
    expect(plain(readWal(disk, "/m/wal", { index: 4, term: 3 }).entries)).toEqual(plain([entry(5, 3)]));
    await wal.close();
  });

  it("a snapshot that never came to be, in a segment that the log has grown past, is none to start from", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv(), small);
    await wal.save(state(1, 2), [entry(1, 1), entry(2, 1)]);
    // From a leader. The process ends before the state that commits it.
    await wal.saveSnapshot({ index: 8, term: 1, confState });
    await wal.close();
    const { wal: again } = Wal.open(disk, "/m/wal", { snapshot: { index: 0, term: 0 }, ...small }, testEnv());
    await fill(again, 3, 40);
    await again.save(state(1, 40), []);
    await again.sync();
    expect(listSegments(disk, "/m/wal").some(({ index }) => index > 2 && index <= 8)).toBe(true);
    expect(validSnapshotEntries(disk, "/m/wal").map(({ index }) => index)).toEqual([0]);
    await again.close();
  });

  it("only snapshots up to the last commit index are valid", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv());
    await wal.save(state(1, 2), [entry(1, 1), entry(2, 1), entry(3, 1)]);
    await wal.saveSnapshot({ index: 2, term: 1, confState });
    await wal.saveSnapshot({ index: 3, term: 1, confState });
    expect(validSnapshotEntries(disk, "/m/wal").map(({ index }) => index)).toEqual([0, 2]);
    await wal.save(state(1, 3), []);
    await wal.sync();
    expect(validSnapshotEntries(disk, "/m/wal").map(({ index }) => index)).toEqual([0, 2, 3]);
    await wal.close();
  });

  it("keeps what is held, and the newest by count", async () => {
    const disk = newDisk();
    const wal = Wal.create(disk, "/m/wal", metadata, testEnv(), small);
    await fill(wal, 1, 30);
    await wal.sync();
    const all = names(disk);
    expect(all).toHaveLength(11);
    expect(await wal.purge(5)).toEqual([]);
    wal.release(16);
    // Segment 5 starts at 16; one more than needed stays: segment 4.
    expect(await wal.purge(0)).toEqual([]);
    expect(await wal.purge(9)).toEqual(all.slice(0, 2));
    expect(await wal.purge(2)).toEqual(all.slice(2, 4));
    expect(names(disk)).toEqual(all.slice(4));
    wal.release(16);
    wal.release(1_000_000);
    expect(await wal.purge(1)).toEqual(all.slice(4, 10));
    await fill(wal, 31, 33);
    await wal.close();
  });

  it("a file locked by somebody else ends the round", async () => {
    const disk = newDisk();
    for (const name of ["1.wal", "2.wal", "3.wal"]) writeFile(disk, `/m/${name}`, metadata);
    const lock = disk.lock("/m/2.wal");
    const round = (): Promise<string[]> =>
      purgeFiles(disk, "/m", { suffix: ".wal", keep: 1, held: () => false }, testEnv());
    expect(await round()).toEqual(["1.wal"]);
    lock.release();
    expect(await round()).toEqual(["2.wal"]);
  });
});
