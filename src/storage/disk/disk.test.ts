import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { ManualTime, SeededRandom } from "../../base/index.ts";
import { diskCases, flockCases } from "./acceptance.ts";
import { FaultDisk, failFrom, failNth, MemoryDisk, RealDisk } from "./index.ts";
import { SyncPace } from "./real.ts";

const roots: string[] = [];
function temporary(): string {
  const root = mkdtempSync(`${tmpdir()}/quorate-disk-`);
  roots.push(root);
  return root;
}
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

function memoryRoot(disk: MemoryDisk): string {
  disk.makeDirectory("/root");
  return "/root";
}

describe("every engine keeps the promises of a disk", () => {
  for (const { name, run } of [...diskCases, ...flockCases]) {
    it(`real: ${name}`, () => run(new RealDisk(), temporary()));
    for (const crashable of [true, false]) {
      it(`memory${crashable ? ", crashable" : ""}: ${name}`, () => {
        const disk = new MemoryDisk({ crashable });
        return run(disk, memoryRoot(disk));
      });
    }
    it(`fault disk without faults: ${name}`, () => {
      const disk = new MemoryDisk();
      memoryRoot(disk);
      return run(new FaultDisk(disk, () => undefined), "/root");
    });
  }
  for (const { name, run } of diskCases) {
    it(`real, without a flock program: ${name}`, () =>
      run(new RealDisk({ flockProgram: "no-such-flock" }), temporary()));
  }
});

describe("the real disk's lock", () => {
  it("is flock(2): another program meets it, and it meets theirs", async () => {
    const path = `${temporary()}/db`;
    const disk = new RealDisk();
    const lock = disk.lock(path);
    const tryTheirs = (): Promise<number | null> =>
      new Promise((resolve) => spawn("flock", ["-n", path, "true"]).on("close", resolve));
    expect(await tryTheirs()).toBe(1);
    lock.release();
    expect(await tryTheirs()).toBe(0);
    const theirs = spawn("flock", ["-n", path, "sh", "-c", "echo held; read line"]);
    await new Promise((resolve) => theirs.stdout.once("data", resolve));
    expect(() => disk.lock(path)).toThrow(expect.objectContaining({ code: "Locked" }));
    theirs.stdin.end("\n");
    await new Promise((resolve) => theirs.once("close", resolve));
    disk.lock(path).release();
  });

  it("without a flock program takes over the pid file of a dead process, not of a live one", async () => {
    const path = `${temporary()}/db`;
    const disk = new RealDisk({ flockProgram: "no-such-flock" });
    const file = disk.open(`${path}.pid`, "create");
    file.writeSync([Buffer.from("1\n")], 0);
    expect(() => disk.lock(path)).toThrow("held by process 1");
    file.truncate(0);
    file.writeSync([Buffer.from("999999999\n")], 0);
    file.close();
    disk.lock(path).release();
    expect(disk.list(path.slice(0, -3))).toEqual(["db"]);
  });

  it("names a directory that is missing", () => {
    expect(() => new RealDisk().lock("/nowhere/at/all/db")).toThrow(expect.objectContaining({ code: "NotFound" }));
  });
});

describe("crash clones of the memory disk", () => {
  const read = (disk: MemoryDisk, path: string): string => {
    const file = disk.open(path, "read");
    const into = new Uint8Array(file.size());
    file.readSync(into, 0);
    return Buffer.from(into).toString("latin1");
  };

  it("keeps what was synced: bytes by the file, names by the directory", () => {
    const disk = new MemoryDisk({ crashable: true });
    disk.makeDirectory("/d");
    const file = disk.open("/d/a", "create");
    file.writeSync([Buffer.from("synced")], 0);
    file.syncSync();
    expect(disk.crashClone({ keep: "none" }).list("/d")).toEqual([]);
    disk.syncDirectory("/d");
    file.writeSync([Buffer.from("S")], 0);
    disk.rename("/d/a", "/d/b");
    disk.open("/d/c", "create").writeSync([Buffer.from("c")], 0);
    const none = disk.crashClone({ keep: "none" });
    expect(none.list("/d")).toEqual(["a"]);
    expect(read(none, "/d/a")).toBe("synced");
    const all = disk.crashClone({ keep: "all" });
    expect(all.list("/d")).toEqual(["b", "c"]);
    expect(read(all, "/d/b")).toBe("Synced");
    // The clone goes its own way, the original its own.
    all.open("/d/b", "write").writeSync([Buffer.from("x")], 0);
    expect(read(disk, "/d/b")).toBe("Synced");
    expect(read(all.crashClone({ keep: "none" }), "/d/b")).toBe("Synced");
  });

  it("random: tears writes at sectors, shows a rename whole or not at all, same seed same clone", () => {
    const disk = new MemoryDisk({ crashable: true });
    const file = disk.open("/a", "create");
    file.writeSync([new Uint8Array(2048).fill(1)], 0);
    file.syncSync();
    disk.syncDirectory("/");
    file.writeSync([new Uint8Array(1024).fill(2)], 256);
    disk.rename("/a", "/b");
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const clone = disk.crashClone({ keep: "random", random: new SeededRandom(seed) });
      const again = disk.crashClone({ keep: "random", random: new SeededRandom(seed) });
      const names = clone.list("/");
      expect(names).toHaveLength(1);
      const text = read(clone, `/${names[0]}`);
      expect(text).toBe(read(again, `/${names[0]}`));
      // Sectors of the write: [256,512) [512,1024) [1024,1280).
      const sectors = [256, 512, 1024].map((at) => text.charCodeAt(at)).join("");
      for (const [at, end] of [
        [0, 256],
        [256, 512],
        [512, 1024],
        [1024, 1280],
        [1280, 2048],
      ] as const) {
        expect(new Set(text.slice(at, end)).size).toBe(1);
      }
      seen.add(names[0] + sectors);
    }
    expect(seen.size).toBe(16);
  });

  it("holds no locks and counts its bytes", () => {
    const disk = new MemoryDisk({ crashable: true, capacityBytes: 100 });
    disk.lock("/a");
    disk.syncDirectory("/");
    const file = disk.open("/a", "write");
    file.writeSync([new Uint8Array(60)], 0);
    expect(() => file.writeSync([new Uint8Array(50)], 60)).toThrow(expect.objectContaining({ code: "NoSpace" }));
    expect(disk.freeBytes()).toBe(40);
    const clone = disk.crashClone({ keep: "all" });
    expect(clone.freeBytes()).toBe(40);
    clone.lock("/a").release();
    disk.remove("/a");
    expect(disk.freeBytes()).toBe(100);
  });
});

describe("the fault disk", () => {
  it("fails from an op on, or one op of a kind, before anything is done", () => {
    const memory = new MemoryDisk();
    const disk = new FaultDisk(memory, failFrom(2, "Io"));
    const file = disk.open("/a", "create");
    file.writeSync([Buffer.from("a")], 0);
    expect(() => file.writeSync([Buffer.from("b")], 0)).toThrow(expect.objectContaining({ code: "Io" }));
    expect(() => disk.list("/")).toThrow("injected Io");
    disk.rule = failNth(1, "NoSpace", ["write"]);
    file.writeSync([Buffer.from("c")], 0);
    expect(() => file.writeSync([Buffer.from("d")], 0)).toThrow(expect.objectContaining({ code: "NoSpace" }));
    file.writeSync([Buffer.from("e")], 1);
    expect(textOf(memory, "/a")).toBe("ce");
    expect(disk.opCount).toBe(7);
  });

  it("cuts writes short, turns bits over, and slows down by the scheduler", async () => {
    const memory = new MemoryDisk();
    const time = new ManualTime();
    const disk = new FaultDisk(memory, () => undefined, time);
    const file = disk.open("/a", "create");
    disk.rule = (op) => (op.kind === "write" ? { kind: "short", bytes: 3, code: "NoSpace" } : undefined);
    await expect(file.write([Buffer.from("ab"), Buffer.from("cdef")], 0)).rejects.toThrow("NoSpace");
    expect(textOf(memory, "/a")).toBe("abc");
    disk.rule = (op) => (op.kind === "read" ? { kind: "flip", bit: 9 } : undefined);
    const into = new Uint8Array(3);
    file.readSync(into, 0);
    expect([...into]).toEqual([0x61, 0x62 ^ 2, 0x63]);
    disk.rule = () => ({ kind: "slow", delayMs: 50 });
    let done = false;
    const slow = file.dataSync().then(() => {
      done = true;
    });
    await time.advanceAsync(40);
    expect(done).toBe(false);
    await time.advanceAsync(20);
    expect(done).toBe(true);
    await slow;
  });

  function textOf(disk: MemoryDisk, path: string): string {
    const file = disk.open(path, "read");
    const into = new Uint8Array(file.size());
    file.readSync(into, 0);
    return Buffer.from(into).toString("latin1");
  }
});

describe("syncs that may be waited for", () => {
  it("go off the loop when the disk is slow, for a second, and while another sync is in flight", () => {
    let nowMs = 0;
    const pace = new SyncPace(() => nowMs);
    const take = (ms: number): void =>
      pace.wait(() => {
        nowMs += ms;
      });
    for (let i = 0; i < 10; i++) take(0.2);
    // One long wait alone says nothing.
    take(50);
    expect(pace.mayWait()).toBe(true);
    take(50);
    expect(pace.mayWait()).toBe(false);
    nowMs += 999;
    expect(pace.mayWait()).toBe(false);
    nowMs += 1;
    expect(pace.mayWait()).toBe(true);
    take(0.2);
    expect(pace.mayWait()).toBe(true);
    // Tried again and still slow: another second, after two at most.
    take(20);
    take(20);
    expect(pace.mayWait()).toBe(false);
    nowMs += 1000;
    pace.inFlight = 1;
    expect(pace.mayWait()).toBe(false);
    pace.inFlight = 0;
    expect(pace.mayWait()).toBe(true);
  });

  it("are durable and told in order on a real file, and faults reject", async () => {
    const disk = new RealDisk();
    const file = disk.open(`${temporary()}/log`, "create");
    const told: string[] = [];
    await file.writeAndSync([Buffer.from("ab"), Buffer.from("c")], 0, () => told.push("written"), true);
    expect(told).toEqual(["written"]);
    const into = new Uint8Array(3);
    file.readSync(into, 0);
    expect(Buffer.from(into).toString()).toBe("abc");
    file.close();
    await expect(file.writeAndSync([Buffer.from("d")], 3, undefined, true)).rejects.toMatchObject({ code: "Closed" });
  });
});
