/**
 * The seam through which everything below `node/` reaches a file system. Paths are plain strings joined with "/".
 *
 * What each call promises after a power cut, and so what a caller must ask for:
 * - bytes written are safe only once `sync` or `dataSync` of that file came back;
 * - a name made, renamed or removed is safe only once `syncDirectory` of its directory came back;
 * - before that, any share of it may be there: all, nothing, or a write torn at a 512-byte sector.
 */
export interface Disk {
  /** Makes the directory and its missing parents, durable on return; one that exists is fine. `mode` defaults to 0o700. */
  makeDirectory(path: string, mode?: number): void;
  /** Names in the directory, in ascending order of their UTF-16 code units; "." and ".." left out. */
  list(path: string): string[];
  /** Undefined when nothing has that name. */
  stat(path: string): DiskStat | undefined;
  /** Replaces `to` if it is a file. Both names stay in doubt until their directory is synced. */
  rename(from: string, to: string): void;
  /** Removes one file; `NotFound` when there is none. */
  remove(path: string): void;
  /** As `remove`, off the loop: giving back the blocks of a large file takes many milliseconds. */
  removeSoon(path: string): Promise<void>;
  /** Removes whatever stands at `path` and below; nothing there is fine. */
  removeTree(path: string): void;
  /** Makes the names in this directory durable. */
  syncDirectory(path: string): void;
  /** As `syncDirectory`, off the loop. */
  syncDirectorySoon(path: string): Promise<void>;
  /**
   * Opens a file.
   * - `read`: must exist, only reads;
   * - `write`: must exist, reads and writes;
   * - `create`: reads and writes, made when missing;
   * - `createNew`: reads and writes, `Exists` when already there.
   * New files get mode 0600.
   */
  open(path: string, mode: OpenMode): DiskFile;
  /**
   * Takes an exclusive lock on the file (made when missing) against every other process, etcd and bbolt among them,
   * and against a second `lock` in this one. Never waits: throws `Locked`. A lock dies with its process.
   */
  lock(path: string): DiskLock;
  /** As `lock`, without holding up the loop: where taking a lock means starting a program, that takes milliseconds. */
  lockSoon(path: string): Promise<DiskLock>;
  /** Bytes that can still be written below `path`; left out where the engine cannot tell. */
  freeBytes?(path: string): number;
}

export type OpenMode = "read" | "write" | "create" | "createNew";

export interface DiskStat {
  /** Bytes; 0 for a directory. */
  readonly size: number;
  readonly directory: boolean;
}

/**
 * An open file. The asynchronous calls work off the loop; calls on one file that overlap are carried out in an order
 * nobody promises, so a caller waits for its write before it syncs. Every call after `close` throws `Closed`.
 */
export interface DiskFile {
  readonly path: string;
  size(): number;
  /** Fills `into` as far as the file reaches; returns the bytes read, less than asked only at the end of the file. */
  readSync(into: Uint8Array, position: number): number;
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes the pieces one after the other from `position`: the whole of it, or throws. */
  writeSync(pieces: readonly Uint8Array[], position: number): void;
  /** As `writeSync`, off the loop. The pieces must not change until it came back. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>;
  /**
   * Writes the pieces, then makes them durable as `dataSync` does: the path of the log, one promise for both.
   * `written`, when given, is called between the two. With `mayWait` the caller has nothing to do meanwhile that others
   * depend on: where the disk is quick, the file may wait for it on the loop.
   */
  writeAndSync(pieces: readonly Uint8Array[], position: number, written?: () => void, mayWait?: boolean): Promise<void>;
  syncSync(): void;
  /** fsync: data and all of the file's attributes. */
  sync(): Promise<void>;
  /** fdatasync: data, and the size when it grew. */
  dataSync(): Promise<void>;
  /** Sets the size; what is new reads as zeros. */
  truncate(size: number): void;
  /** Makes the file at least `size` bytes long, reserving the space where the file system can. */
  allocate(size: number): void;
  close(): void;
  /** As `close`, off the loop, where that matters: the last close of a large removed file frees all of its blocks. */
  closeSoon?(): Promise<void>;
}

/** A lock that is held. `release` is idempotent. */
export interface DiskLock {
  readonly path: string;
  release(): void;
}

/** What a caller can act on; everything else is `Io`. */
export type DiskErrorCode =
  | "NotFound"
  | "Exists"
  | "Locked"
  | "NoSpace"
  | "Permission"
  | "NotDirectory"
  | "IsDirectory"
  | "ReadOnly"
  | "TooManyFiles"
  | "Closed"
  | "Io";

/** A fault of the disk. Names the operation and the path, so that the line that reaches a person needs no stack. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly code: DiskErrorCode;
  readonly op: string;
  readonly path: string;

  constructor(code: DiskErrorCode, op: string, path: string, detail?: string, cause?: unknown) {
    super(`${op} ${path}: ${detail ?? code}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.op = op;
    this.path = path;
  }
}

/** Whether `error` is a disk's, and of that code when one is given. */
export function isDiskError(error: unknown, code?: DiskErrorCode): error is DiskError {
  return error instanceof DiskError && (code === undefined || error.code === code);
}
