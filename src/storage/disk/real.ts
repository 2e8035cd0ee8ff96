// The adapter to the machine's own file system: the only file of this room that touches `node:` modules.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { messageOf, systemMeaning } from "../../base/index.ts";
import { directoryOf } from "./path.ts";
import {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  type DiskStat,
  type OpenMode,
} from "./types.ts";

/**
 * Up to this size `writeAndSync` writes on the loop: copying so little into the page cache costs less than a trip to
 * the thread pool and back (see README.md for the figures). Larger writes go off the loop.
 */
const SYNC_WRITE_BYTES_MAX = 256 * 1024;

/**
 * As long as syncs on the loop take no longer than this on average, `writeAndSync` may wait for them there: handing over to a
 * thread and back costs more than such a wait (see README.md for the figures).
 */
const LOOP_SYNC_MS_MAX = 1;
/** After slow ones, syncs go off the loop for so long; then one is tried again. */
const LOOP_SYNC_PAUSE_MS = 1000;

/** What Node's error codes mean to a caller; a code that is not here is `Io`. */
const codes: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: "NotFound",
  EEXIST: "Exists",
  ENOTEMPTY: "Exists",
  ENOSPC: "NoSpace",
  EDQUOT: "NoSpace",
  EFBIG: "NoSpace",
  EACCES: "Permission",
  EPERM: "Permission",
  ENOTDIR: "NotDirectory",
  EISDIR: "IsDirectory",
  EROFS: "ReadOnly",
  EMFILE: "TooManyFiles",
  ENFILE: "TooManyFiles",
  EBADF: "Closed",
};

const flags: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
  createNew: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
};

const directoryFlags = fs.constants.O_RDONLY | (fs.constants.O_DIRECTORY ?? 0);

function fault(error: unknown, op: string, path: string): DiskError {
  if (error instanceof DiskError) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const meaning = systemMeaning(code);
  if (meaning === undefined) return new DiskError(codes[code] ?? "Io", op, path, messageOf(error), error);
  return new DiskError(codes[code] ?? "Io", operations[op] ?? op, path, meaning, error);
}

/** etcd's names of operations, where ours differ. */
const operations: Readonly<Record<string, string>> = { list: "open", lock: "open" };

function isThere(path: string): boolean {
  try {
    return fs.statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Makes a directory with all its parents; those that were missing, outermost first. Not Node's own `recursive`, which runs for ever
 * where a parent is there and takes no directories (/proc).
 */
function makeDirectories(path: string, mode: number): string[] {
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return [];
    if (stat !== undefined) throw new DiskError("NotDirectory", "mkdir", path, "not a directory");
  } catch (error) {
    // Whatever keeps it from being looked at, making it tells better.
    if (error instanceof DiskError) throw error;
  }
  const parent = directoryOf(path);
  const made = parent === path ? [] : makeDirectories(parent, mode);
  try {
    fs.mkdirSync(path, mode);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (isDirectory(path)) return made;
    throw fault(error, "mkdir", path);
  }
  return [...made, path];
}

function isDirectory(path: string): boolean {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** Newer Nodes answer "no entry" also for a path through a file, which is a fault (ENOTDIR): asked once more, they name it. */
function statOrThrow(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Runs one blocking call, its fault told in our words. */
function attempt<T>(op: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw fault(error, op, path);
  }
}

export interface RealDiskOptions {
  /** Program that takes flock(2) on an inherited descriptor, as util-linux' and busybox' `flock` do. */
  readonly flockProgram?: string;
}

/**
 * Decides whether a sync may hold up the loop: by how long the ones before took, and never while the disk is busy with another
 * one, which ours would queue behind.
 */
export class SyncPace {
  /** Writes and syncs in the thread pool, of any file of this disk: what is written is about to be synced. */
  inFlight = 0;
  /** Moving average of the syncs on the loop, 0 .. 4 * LOOP_SYNC_MS_MAX. */
  #averageMs = 0;
  #notBeforeMs = 0;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  mayWait(): boolean {
    return this.inFlight === 0 && (this.#notBeforeMs === 0 || this.#now() >= this.#notBeforeMs);
  }

  /** Runs a sync on the loop. */
  wait(sync: () => void): void {
    const start = this.#now();
    sync();
    // One long wait alone is chance, and as often the machine's as the disk's; two in a row are not.
    this.#averageMs += (Math.min(this.#now() - start, 4 * LOOP_SYNC_MS_MAX) - this.#averageMs) / 8;
    if (this.#averageMs <= LOOP_SYNC_MS_MAX) {
      this.#notBeforeMs = 0;
      return;
    }
    this.#notBeforeMs = this.#now() + LOOP_SYNC_PAUSE_MS;
    this.#averageMs = LOOP_SYNC_MS_MAX / 2;
  }
}

/** The machine's file system. */
export class RealDisk implements Disk {
  readonly #flockProgram: string;
  /** Pid lock files this process holds; only used where there is no `flock` program. */
  readonly #pidLocks = new Set<string>();
  readonly #pace = new SyncPace();

  constructor(options: RealDiskOptions = {}) {
    this.#flockProgram = options.flockProgram ?? "flock";
  }

  makeDirectory(path: string, mode = 0o700): void {
    const made = makeDirectories(path, mode);
    // Each new directory is a name in its parent.
    for (const directory of made.reverse()) this.syncDirectory(directoryOf(directory));
  }

  list(path: string): string[] {
    try {
      return fs.readdirSync(path).sort();
    } catch (error) {
      // Node opens directories only; what etcd opens, and finds to be a file, is told apart from a path through a file.
      const isFile = (error as NodeJS.ErrnoException).code === "ENOTDIR" && isThere(path);
      throw fault(error, isFile ? "readdirent" : "list", path);
    }
  }

  stat(path: string): DiskStat | undefined {
    return attempt("stat", path, () => {
      const stat = fs.statSync(path, { throwIfNoEntry: false }) ?? statOrThrow(path);
      if (stat === undefined) return undefined;
      const directory = stat.isDirectory();
      return { size: directory ? 0 : stat.size, directory };
    });
  }

  rename(from: string, to: string): void {
    attempt("rename", `${from} ${to}`, () => fs.renameSync(from, to));
  }

  remove(path: string): void {
    attempt("remove", path, () => fs.unlinkSync(path));
  }

  removeSoon(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.unlink(path, (error) => (error === null ? resolve() : reject(fault(error, "remove", path))));
    });
  }

  removeTree(path: string): void {
    attempt("remove", path, () => fs.rmSync(path, { recursive: true, force: true }));
  }

  syncDirectory(path: string): void {
    attempt("sync", path, () => {
      const fd = fs.openSync(path, directoryFlags);
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  async syncDirectorySoon(path: string): Promise<void> {
    const directory = attempt("sync", path, () => new RealFile(path, fs.openSync(path, directoryFlags), this.#pace));
    try {
      await directory.sync();
    } finally {
      directory.close();
    }
  }

  open(path: string, mode: OpenMode): DiskFile {
    return attempt("open", path, () => new RealFile(path, fs.openSync(path, flags[mode], 0o600), this.#pace));
  }

  /**
   * Node has no call for flock(2), so a `flock` program takes it on a descriptor that it shares with us. The lock
   * belongs to the open file, not to the process: it stays ours after the program ended, and bbolt's own flock meets it.
   * (etcd's lock on WAL files is another kind, fcntl's open file description lock, which does not meet flock; two
   * servers on one directory are kept apart by the lock on `db`, which both take first.)
   */
  lock(path: string): DiskLock {
    const fd = attempt("lock", path, () => fs.openSync(path, flags.create, 0o600));
    const child = spawnSync(this.#flockProgram, flockArguments, { stdio: ["ignore", "ignore", "pipe", fd] });
    return this.#locked(path, fd, child.error, child.status, child.stderr?.toString() ?? "");
  }

  lockSoon(path: string): Promise<DiskLock> {
    return new Promise((resolve, reject) => {
      const fd = attempt("lock", path, () => fs.openSync(path, flags.create, 0o600));
      const child = spawn(this.#flockProgram, flockArguments, { stdio: ["ignore", "ignore", "pipe", fd] });
      let said = "";
      let settled = false;
      const settle = (error: Error | undefined, status: number | null): void => {
        if (settled) return;
        settled = true;
        try {
          resolve(this.#locked(path, fd, error, status, said));
        } catch (failure) {
          reject(failure);
        }
      };
      child.stdio[2]?.on("data", (chunk) => {
        if (said.length < 1024) said += String(chunk);
      });
      child.on("error", (error) => settle(error, null));
      child.on("close", (status) => settle(undefined, status));
    });
  }

  freeBytes(path: string): number {
    return attempt("statfs", path, () => {
      const stat = fs.statfsSync(path);
      return stat.bavail * stat.bsize;
    });
  }

  /** Makes a lock of what the program answered: 0 taken, 1 somebody else's. Owns `fd`. */
  #locked(path: string, fd: number, error: Error | undefined, status: number | null, said: string): DiskLock {
    if (error === undefined && status === 0) {
      let held = true;
      return {
        path,
        release() {
          if (held) fs.closeSync(fd);
          held = false;
        },
      };
    }
    fs.closeSync(fd);
    if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return this.#pidLock(path);
    if (error !== undefined) throw fault(error, "lock", path);
    if (status === 1) throw new DiskError("Locked", "lock", path, "held by another process");
    throw new DiskError("Io", "lock", path, said.trim() || `${this.#flockProgram} ended with ${status}`);
  }

  /**
   * Without a `flock` program: `<path>.pid` holds the owner's process id. Keeps our own processes apart on one machine,
   * not etcd. A file whose process is gone, or has our id without being ours (a container restarted), is taken over.
   */
  #pidLock(path: string): DiskLock {
    const pidPath = `${path}.pid`;
    for (let tries = 0; tries < 3; tries++) {
      try {
        fs.writeFileSync(pidPath, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw fault(error, "lock", path);
        const owner = Number.parseInt(
          attempt("lock", path, () => fs.readFileSync(pidPath, "utf8")),
          10,
        );
        const ours = owner === process.pid && this.#pidLocks.has(pidPath);
        if (ours || (owner !== process.pid && alive(owner))) {
          throw new DiskError("Locked", "lock", path, `held by process ${owner}`);
        }
        fs.rmSync(pidPath, { force: true });
        continue;
      }
      this.#pidLocks.add(pidPath);
      return {
        path,
        release: () => {
          if (this.#pidLocks.delete(pidPath)) fs.rmSync(pidPath, { force: true });
        },
      };
    }
    throw new DiskError("Locked", "lock", path, "its pid file keeps coming back");
  }
}

/** The descriptor is the child's number 3: exclusive, without waiting. */
const flockArguments = ["-n", "-x", "3"];

function alive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function total(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}

/** What is left of `pieces` after the first `done` bytes. */
function rest(pieces: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  if (done === 0) return pieces;
  const out: Uint8Array[] = [];
  let skip = done;
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length;
    else {
      out.push(skip === 0 ? piece : piece.subarray(skip));
      skip = 0;
    }
  }
  return out;
}

type Done = (error?: DiskError) => void;

class RealFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;
  /** Once true no call is let in; the descriptor is given back when the last call in flight came home. */
  #closed = false;
  /** Calls in the thread pool. Were the descriptor closed under them, its number might already be another file. */
  #inFlight = 0;
  readonly #pace: SyncPace;

  constructor(path: string, fd: number, pace: SyncPace) {
    this.path = path;
    this.#fd = fd;
    this.#pace = pace;
  }

  size(): number {
    return attempt("stat", this.path, () => fs.fstatSync(this.#open("stat")).size);
  }

  readSync(into: Uint8Array, position: number): number {
    return attempt("read", this.path, () => {
      const fd = this.#open("read");
      let done = 0;
      while (done < into.length) {
        const n = fs.readSync(fd, into, done, into.length - done, position + done);
        if (n === 0) break;
        done += n;
      }
      return done;
    });
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const fd = this.#begin("read");
      let done = 0;
      const next = (): void => {
        fs.read(fd, into, done, into.length - done, position + done, (error, n) => {
          if (error === null) done += n;
          if (error === null && n > 0 && done < into.length) return next();
          this.#end();
          if (error === null) resolve(done);
          else reject(fault(error, "read", this.path));
        });
      };
      next();
    });
  }

  writeSync(pieces: readonly Uint8Array[], position: number): void {
    attempt("write", this.path, () => {
      const fd = this.#open("write");
      if (pieces.length === 1) {
        const piece = pieces[0]!;
        for (let done = 0; done < piece.length; ) {
          done += fs.writeSync(fd, piece, done, piece.length - done, position + done);
        }
        return;
      }
      const bytes = total(pieces);
      for (let done = 0; done < bytes; ) done += fs.writevSync(fd, rest(pieces, done), position + done);
    });
  }

  write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    return this.#promise((done) => this.#write(this.#begin("write"), pieces, position, done));
  }

  writeAndSync(pieces: readonly Uint8Array[], position: number, written?: () => void, mayWait = false): Promise<void> {
    return this.#promise((done) => {
      if (total(pieces) <= SYNC_WRITE_BYTES_MAX) {
        this.writeSync(pieces, position);
        written?.();
        if (mayWait && this.#pace.mayWait()) {
          const fd = this.#open("sync");
          this.#pace.wait(() => attempt("sync", this.path, () => fs.fdatasyncSync(fd)));
          done();
        } else this.#dataSync(this.#begin("sync"), done);
        return;
      }
      this.#write(this.#begin("write"), pieces, position, (error) => {
        if (error !== undefined) return done(error);
        // Closed meanwhile: what was written is not safe, and the caller must hear it.
        if (this.#closed) return done(new DiskError("Closed", "sync", this.path));
        written?.();
        this.#dataSync(this.#begin("sync"), done);
      });
    });
  }

  syncSync(): void {
    attempt("sync", this.path, () => fs.fsyncSync(this.#open("sync")));
  }

  sync(): Promise<void> {
    return this.#promise((done) => {
      const fd = this.#begin("sync");
      this.#pace.inFlight++;
      fs.fsync(fd, (error) => {
        this.#pace.inFlight--;
        this.#end();
        done(error === null ? undefined : fault(error, "sync", this.path));
      });
    });
  }

  dataSync(): Promise<void> {
    return this.#promise((done) => this.#dataSync(this.#begin("sync"), done));
  }

  truncate(size: number): void {
    attempt("truncate", this.path, () => fs.ftruncateSync(this.#open("truncate"), size));
  }

  allocate(size: number): void {
    if (this.size() < size) this.truncate(size);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#inFlight === 0) attempt("close", this.path, () => fs.closeSync(this.#fd));
  }

  closeSoon(): Promise<void> {
    if (this.#closed || this.#inFlight > 0) {
      this.close();
      return Promise.resolve();
    }
    this.#closed = true;
    return new Promise((resolve, reject) => {
      fs.close(this.#fd, (error) => (error ? reject(fault(error, "close", this.path)) : resolve()));
    });
  }

  #open(op: string): number {
    if (this.#closed) throw new DiskError("Closed", op, this.path);
    return this.#fd;
  }

  #begin(op: string): number {
    const fd = this.#open(op);
    this.#inFlight++;
    return fd;
  }

  #end(): void {
    this.#inFlight--;
    if (this.#closed && this.#inFlight === 0) fs.closeSync(this.#fd);
  }

  #promise(run: (done: Done) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      run((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  #write(fd: number, pieces: readonly Uint8Array[], position: number, finish: Done): void {
    const bytes = total(pieces);
    let done = 0;
    this.#pace.inFlight++;
    const next = (): void => {
      fs.writev(fd, rest(pieces, done), position + done, (error, n) => {
        if (error === null) done += n;
        if (error === null && done < bytes) return next();
        this.#pace.inFlight--;
        this.#end();
        finish(error === null ? undefined : fault(error, "write", this.path));
      });
    };
    next();
  }

  #dataSync(fd: number, finish: Done): void {
    this.#pace.inFlight++;
    fs.fdatasync(fd, (error) => {
      this.#pace.inFlight--;
      this.#end();
      finish(error === null ? undefined : fault(error, "sync", this.path));
    });
  }
}
