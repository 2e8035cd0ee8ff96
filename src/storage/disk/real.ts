// The adapter to the machine's own file system: the only file of this room that touches `node:` modules.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  type DiskStat,
  type OpenMode,
} from "./types.ts";

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

function fault(error: unknown, op: string, path: string): DiskError {
  if (error instanceof DiskError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new DiskError(codes[code ?? ""] ?? "Io", op, path, message, error);
}

/** The machine's file system. Stateless but for its locks; make one and hand it down. */
export class RealDisk implements Disk {
  makeDirectory(path: string, mode = 0o700): void {
    try {
      fs.mkdirSync(path, { recursive: true, mode });
    } catch (error) {
      throw fault(error, "mkdir", path);
    }
  }

  list(path: string): string[] {
    try {
      return fs.readdirSync(path).sort();
    } catch (error) {
      throw fault(error, "list", path);
    }
  }

  stat(path: string): DiskStat | undefined {
    try {
      const stat = fs.statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      const directory = stat.isDirectory();
      return { size: directory ? 0 : stat.size, directory };
    } catch (error) {
      throw fault(error, "stat", path);
    }
  }

  rename(from: string, to: string): void {
    try {
      fs.renameSync(from, to);
    } catch (error) {
      throw fault(error, "rename", from);
    }
  }

  remove(path: string): void {
    try {
      fs.unlinkSync(path);
    } catch (error) {
      throw fault(error, "remove", path);
    }
  }

  removeTree(path: string): void {
    try {
      fs.rmSync(path, { recursive: true, force: true });
    } catch (error) {
      throw fault(error, "remove", path);
    }
  }

  syncDirectory(path: string): void {
    try {
      const fd = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_DIRECTORY ?? 0));
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    } catch (error) {
      throw fault(error, "sync", path);
    }
  }

  open(path: string, mode: OpenMode): DiskFile {
    try {
      return new RealFile(path, fs.openSync(path, flags[mode], 0o600));
    } catch (error) {
      throw fault(error, "open", path);
    }
  }

  lock(path: string): DiskLock {
    const fd = fs.openSync(path, flags.create, 0o600);
    const child = spawnSync("flock", ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "pipe", fd] });
    if (child.status !== 0) {
      fs.closeSync(fd);
      throw new DiskError("Locked", "lock", path);
    }
    return { path, release: () => fs.closeSync(fd) };
  }

  async lockSoon(path: string): Promise<DiskLock> {
    return this.lock(path);
  }

  freeBytes(path: string): number {
    try {
      const stat = fs.statfsSync(path);
      return stat.bavail * stat.bsize;
    } catch (error) {
      throw fault(error, "statfs", path);
    }
  }
}

const flags: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
  createNew: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
};

function total(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}

/** What is left of `pieces` after the first `done` bytes. */
function rest(pieces: readonly Uint8Array[], done: number): Uint8Array[] {
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

class RealFile implements DiskFile {
  readonly path: string;
  /** -1 once closed. */
  #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  size(): number {
    try {
      return fs.fstatSync(this.#fd).size;
    } catch (error) {
      throw fault(error, "stat", this.path);
    }
  }

  readSync(into: Uint8Array, position: number): number {
    let done = 0;
    try {
      while (done < into.length) {
        const n = fs.readSync(this.#fd, into, done, into.length - done, position + done);
        if (n === 0) break;
        done += n;
      }
    } catch (error) {
      throw fault(error, "read", this.path);
    }
    return done;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let done = 0;
      const next = (): void => {
        fs.read(this.#fd, into, done, into.length - done, position + done, (error, n) => {
          if (error) return reject(fault(error, "read", this.path));
          done += n;
          if (n === 0 || done === into.length) resolve(done);
          else next();
        });
      };
      if (into.length === 0) resolve(0);
      else next();
    });
  }

  writeSync(pieces: readonly Uint8Array[], position: number): void {
    const bytes = total(pieces);
    try {
      for (let done = 0; done < bytes; )
        done += fs.writevSync(this.#fd, done === 0 ? pieces : rest(pieces, done), position + done);
    } catch (error) {
      throw fault(error, "write", this.path);
    }
  }

  write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = total(pieces);
      let done = 0;
      const next = (): void => {
        fs.writev(this.#fd, done === 0 ? pieces : rest(pieces, done), position + done, (error, n) => {
          if (error) return reject(fault(error, "write", this.path));
          done += n;
          if (done >= bytes) resolve();
          else next();
        });
      };
      if (bytes === 0) resolve();
      else next();
    });
  }

  async writeAndSync(pieces: readonly Uint8Array[], position: number, written?: () => void): Promise<void> {
    await this.write(pieces, position);
    written?.();
    await this.dataSync();
  }

  syncSync(): void {
    try {
      fs.fsyncSync(this.#fd);
    } catch (error) {
      throw fault(error, "sync", this.path);
    }
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fsync(this.#fd, (error) => (error ? reject(fault(error, "sync", this.path)) : resolve()));
    });
  }

  dataSync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error ? reject(fault(error, "sync", this.path)) : resolve()));
    });
  }

  truncate(size: number): void {
    try {
      fs.ftruncateSync(this.#fd, size);
    } catch (error) {
      throw fault(error, "truncate", this.path);
    }
  }

  allocate(size: number): void {
    if (this.size() < size) this.truncate(size);
  }

  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    this.#fd = -1;
    try {
      fs.closeSync(fd);
    } catch (error) {
      throw fault(error, "close", this.path);
    }
  }
}
