import { assert } from "../../base/index.ts";
import { joinPath } from "./path.ts";
import { type Disk, type DiskErrorCode, isDiskError } from "./types.ts";

/** One promise of `Disk`, to be kept by every engine. `root` is an empty directory of the case's own. */
export interface DiskCase {
  readonly name: string;
  run(disk: Disk, root: string): void | Promise<void>;
}

function equal(actual: unknown, expected: unknown, what: string): void {
  assert(Object.is(actual, expected), `${what}: expected ${String(expected)}, got ${String(actual)}`);
}

async function fails(code: DiskErrorCode, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    assert(isDiskError(error, code), `expected ${code}, got ${String(error)}`);
    return;
  }
  assert(false, `expected ${code}, nothing was thrown`);
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function textOf(disk: Disk, path: string): string {
  const file = disk.open(path, "read");
  const into = new Uint8Array(file.size());
  equal(file.readSync(into, 0), into.length, "bytes read");
  file.close();
  return Buffer.from(into).toString("latin1");
}

/** What a disk is: run each case with any test runner, for each engine. */
export const diskCases: readonly DiskCase[] = [
  {
    name: "open modes: read and write need the file, createNew needs its absence",
    async run(disk, root) {
      const path = joinPath(root, "a");
      await fails("NotFound", () => disk.open(path, "read"));
      await fails("NotFound", () => disk.open(path, "write"));
      await fails("NotFound", () => disk.open(joinPath(root, "missing", "a"), "create"));
      disk.open(path, "createNew").close();
      await fails("Exists", () => disk.open(path, "createNew"));
      disk.open(path, "create").close();
      disk.open(path, "write").close();
      equal(disk.stat(path)?.size, 0, "size");
      equal(disk.stat(joinPath(root, "b")), undefined, "stat of nothing");
      equal(disk.stat(root)?.directory, true, "directory");
    },
  },
  {
    name: "a file opened for reading refuses to be written",
    async run(disk, root) {
      const path = joinPath(root, "a");
      disk.open(path, "create").close();
      const file = disk.open(path, "read");
      let thrown = 0;
      try {
        file.writeSync([bytes("x")], 0);
      } catch (error) {
        assert(isDiskError(error), "coded");
        thrown++;
      }
      equal(thrown, 1, "refusals");
      equal(file.size(), 0, "size");
      file.close();
    },
  },
  {
    name: "pieces are written one after the other, reads stop at the end of the file",
    async run(disk, root) {
      const file = disk.open(joinPath(root, "a"), "create");
      file.writeSync([bytes("hello "), new Uint8Array(0), bytes("world")], 0);
      await file.write([bytes("W"), bytes("O")], 6);
      await file.write([], 3);
      file.writeSync([], 3);
      const into = new Uint8Array(20);
      equal(file.readSync(into, 0), 11, "bytes");
      equal(Buffer.from(into.subarray(0, 11)).toString(), "hello WOrld", "text");
      equal(await file.read(into, 6), 5, "bytes from 6");
      equal(file.readSync(into, 11), 0, "at the end");
      equal(await file.read(into, 100), 0, "past the end");
      equal(await file.read(new Uint8Array(0), 0), 0, "nothing asked");
      equal(file.size(), 11, "size");
      file.close();
    },
  },
  {
    name: "a hole reads as zeros, so does what truncate and allocate add",
    async run(disk, root) {
      const path = joinPath(root, "a");
      const file = disk.open(path, "create");
      file.writeSync([bytes("end")], 5);
      equal(textOf(disk, path), "\0\0\0\0\0end", "hole");
      file.truncate(6);
      file.truncate(8);
      equal(textOf(disk, path), "\0\0\0\0\0e\0\0", "cut and grown");
      file.allocate(10);
      equal(file.size(), 10, "allocated");
      file.allocate(4);
      equal(file.size(), 10, "allocate never shrinks");
      file.writeSync([bytes("z")], 11);
      equal(textOf(disk, path), "\0\0\0\0\0e\0\0\0\0\0z", "written past allocation");
      file.close();
    },
  },
  {
    name: "writeAndSync writes, says so, and syncs; small and large",
    async run(disk, root) {
      const path = joinPath(root, "a");
      const file = disk.open(path, "create");
      const large = new Uint8Array(700_000).fill(7);
      let told = 0;
      await file.writeAndSync([bytes("abc")], 0, () => told++);
      await file.writeAndSync([bytes("d"), large], 3, () => told++);
      equal(told, 2, "times told");
      equal(file.size(), 700_004, "size");
      const into = new Uint8Array(700_004);
      file.readSync(into, 0);
      assert(Buffer.from(into.subarray(4)).equals(large), "the large piece reads back");
      await file.sync();
      await file.dataSync();
      file.syncSync();
      file.close();
    },
  },
  {
    name: "rename replaces a file, keeps open handles working, moves directories",
    async run(disk, root) {
      const a = joinPath(root, "a");
      const b = joinPath(root, "b");
      const file = disk.open(a, "create");
      file.writeSync([bytes("A")], 0);
      disk.open(b, "create").close();
      disk.rename(a, b);
      file.writeSync([bytes("B")], 1);
      file.close();
      equal(textOf(disk, b), "AB", "text");
      equal(disk.list(root).join(), "b", "names");
      await fails("NotFound", () => disk.rename(a, b));
      disk.makeDirectory(joinPath(root, "d", "e"));
      disk.rename(joinPath(root, "d"), joinPath(root, "f"));
      disk.rename(b, joinPath(root, "f", "e", "b"));
      equal(textOf(disk, joinPath(root, "f", "e", "b")), "AB", "moved");
      equal(disk.list(root).join(), "f", "names after");
      disk.syncDirectory(joinPath(root, "f", "e"));
      await disk.syncDirectorySoon(root);
      await fails("NotFound", () => disk.syncDirectorySoon(joinPath(root, "d")));
    },
  },
  {
    name: "list is sorted; remove takes files only, removeTree anything",
    async run(disk, root) {
      disk.makeDirectory(joinPath(root, "x", "y"));
      disk.makeDirectory(joinPath(root, "x", "y"));
      for (const name of ["b", "a", "10", "9", "B"]) disk.open(joinPath(root, "x", name), "create").close();
      equal(disk.list(joinPath(root, "x")).join(), "10,9,B,a,b,y", "names");
      disk.remove(joinPath(root, "x", "a"));
      await disk.removeSoon(joinPath(root, "x", "9"));
      await fails("NotFound", () => disk.removeSoon(joinPath(root, "x", "9")));
      await fails("NotFound", () => disk.remove(joinPath(root, "x", "a")));
      await fails("NotFound", () => disk.list(joinPath(root, "nowhere")));
      await fails("NotDirectory", () => disk.list(joinPath(root, "x", "b")));
      disk.removeTree(joinPath(root, "x"));
      disk.removeTree(joinPath(root, "x"));
      equal(disk.list(root).length, 0, "names left");
    },
  },
  {
    name: "a removed file lives on for who has it open",
    run(disk, root) {
      const path = joinPath(root, "a");
      const file = disk.open(path, "create");
      file.writeSync([bytes("still here")], 0);
      disk.remove(path);
      const into = new Uint8Array(10);
      equal(file.readSync(into, 0), 10, "bytes");
      file.close();
      equal(disk.stat(path), undefined, "name");
    },
  },
  {
    name: "a closed file refuses everything, closing twice is fine",
    async run(disk, root) {
      const file = disk.open(joinPath(root, "a"), "create");
      const inFlight = file.write([new Uint8Array(300_000)], 0);
      file.close();
      file.close();
      await inFlight;
      await fails("Closed", () => file.size());
      await fails("Closed", () => file.readSync(new Uint8Array(1), 0));
      await fails("Closed", () => file.read(new Uint8Array(1), 0));
      await fails("Closed", () => file.write([bytes("x")], 0));
      await fails("Closed", () => file.writeSync([bytes("x")], 0));
      await fails("Closed", () => file.writeAndSync([bytes("x")], 0));
      await fails("Closed", () => file.sync());
      await fails("Closed", () => file.dataSync());
      await fails("Closed", () => file.syncSync());
      await fails("Closed", () => file.truncate(0));
      equal(disk.stat(joinPath(root, "a"))?.size, 300_000, "the write in flight arrived");
    },
  },
  {
    name: "a lock keeps out a second one and ends by release",
    async run(disk, root) {
      const path = joinPath(root, "a");
      const lock = disk.lock(path);
      equal(disk.stat(path)?.size, 0, "made");
      await fails("Locked", () => disk.lock(path));
      await fails("Locked", () => disk.lockSoon(path));
      const other = await disk.lockSoon(joinPath(root, "b"));
      disk.open(path, "write").close();
      lock.release();
      lock.release();
      other.release();
      const again = disk.lock(path);
      await fails("Locked", () => disk.lock(path));
      again.release();
    },
  },
];

/** Kept apart since a pid lock file, the fallback of the real disk, cannot follow a rename. */
export const flockCases: readonly DiskCase[] = [
  {
    name: "a lock follows its file when that is renamed",
    async run(disk, root) {
      const lock = disk.lock(joinPath(root, "a"));
      disk.rename(joinPath(root, "a"), joinPath(root, "b"));
      await fails("Locked", () => disk.lock(joinPath(root, "b")));
      disk.lock(joinPath(root, "a")).release();
      lock.release();
      disk.lock(joinPath(root, "b")).release();
    },
  },
];
