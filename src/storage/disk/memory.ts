import { below, type Random } from "../../base/index.ts";
import { directoryOf, nameOf } from "./path.ts";
import { type Disk, DiskError, type DiskFile, type DiskLock, type DiskStat, type OpenMode } from "./types.ts";

/** What a power cut may tear: a sector is written whole or not at all. */
export const SECTOR_BYTES = 512;

export interface MemoryDiskOptions {
  /**
   * Keep what a crash clone needs: a second copy of every file as it was last synced, and a list of what came since.
   * Off by default: a member in memory has no power cut to survive and should not pay three times for its bytes.
   */
  readonly crashable?: boolean;
  /** Writes beyond this sum of file bytes fail with `NoSpace`. Default: no limit. */
  readonly capacityBytes?: number;
}

/** How much of what was not synced a crash clone keeps. */
export type CrashKeep =
  | { readonly keep: "all" }
  | { readonly keep: "none" }
  /** Each unsynced write, size change and directory entry by its own coin; a write may keep some of its sectors only. */
  | { readonly keep: "random"; readonly random: Random };

/** A change of a file's bytes since its last sync: a write, or (bytes undefined) a new size. */
interface Change {
  readonly position: number;
  readonly bytes: Uint8Array | undefined;
}

/** Bytes that grow; what was never written reads as zero, so a preallocated file costs nothing. */
class Content {
  bytes = new Uint8Array(0);
  /** Length of the file; `bytes` may be shorter (the rest is zeros) or longer (spare room, kept zero). */
  size = 0;

  write(piece: Uint8Array, position: number): void {
    const end = position + piece.length;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, Math.min(this.bytes.length * 2, this.bytes.length + (64 << 20)), 256));
      grown.set(this.bytes.subarray(0, Math.min(this.size, this.bytes.length)));
      this.bytes = grown;
    }
    this.bytes.set(piece, position);
    if (end > this.size) this.size = end;
  }

  resize(size: number): void {
    if (size < this.size) this.bytes.fill(0, Math.min(size, this.bytes.length));
    this.size = size;
  }

  apply(change: Change): void {
    if (change.bytes === undefined) this.resize(change.position);
    else this.write(change.bytes, change.position);
  }

  read(into: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(into.length, this.size - position));
    const stored = Math.max(0, Math.min(length, this.bytes.length - position));
    if (stored > 0) into.set(this.bytes.subarray(position, position + stored));
    into.fill(0, stored, length);
    return length;
  }

  clone(): Content {
    const copy = new Content();
    copy.bytes = this.bytes.slice(0, Math.min(this.size, this.bytes.length));
    copy.size = this.size;
    return copy;
  }
}

class FileNode {
  readonly now = new Content();
  /** As of the last sync; undefined when the disk is not crashable. */
  readonly durable: Content | undefined;
  /** What was done since, in order. */
  pending: Change[] = [];
  locked = false;

  constructor(crashable: boolean) {
    this.durable = crashable ? new Content() : undefined;
  }

  change(change: Change): void {
    this.now.apply(change);
    if (this.durable !== undefined) this.pending.push(change);
  }

  sync(): void {
    if (this.durable === undefined) return;
    for (const change of this.pending) this.durable.apply(change);
    this.pending = [];
  }
}

/** A change of names since the directory's last sync: `name` now leads to `node`, or to nothing. */
interface Naming {
  readonly sets: readonly (readonly [name: string, node: Node | undefined])[];
}

class DirectoryNode {
  readonly now = new Map<string, Node>();
  readonly durable = new Map<string, Node>();
  pending: Naming[] = [];

  readonly #crashable: boolean;

  constructor(crashable: boolean) {
    this.#crashable = crashable;
  }

  /** One atomic change: all of its names, or none, survive a crash. */
  set(sets: Naming["sets"]): void {
    apply(this.now, sets);
    if (this.#crashable) this.pending.push({ sets });
  }

  sync(): void {
    for (const { sets } of this.pending) apply(this.durable, sets);
    this.pending = [];
  }
}

type Node = FileNode | DirectoryNode;

function apply(names: Map<string, Node>, sets: Naming["sets"]): void {
  for (const [name, node] of sets) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}

/**
 * A disk in memory. Calls take effect at once, in the order in which they are made; a promise only says so later.
 * With `crashable`, `crashClone` gives the disk as a power cut at this instant could leave it.
 */
export class MemoryDisk implements Disk {
  readonly #options: MemoryDiskOptions;
  readonly #crashable: boolean;
  #root: DirectoryNode;
  /** Sum of the sizes of all named files. */
  #usedBytes = 0;

  constructor(options: MemoryDiskOptions = {}) {
    this.#options = options;
    this.#crashable = options.crashable ?? false;
    this.#root = new DirectoryNode(this.#crashable);
  }

  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of parts(path)) {
      const next = directory.now.get(name);
      if (next instanceof FileNode) throw new DiskError("NotDirectory", "mkdir", path);
      if (next !== undefined) {
        directory = next;
        continue;
      }
      const made = new DirectoryNode(this.#crashable);
      directory.now.set(name, made);
      directory.durable.set(name, made);
      directory = made;
    }
  }

  list(path: string): string[] {
    return [...this.#directory(path, "list").now.keys()].sort();
  }

  stat(path: string): DiskStat | undefined {
    const node = this.#find(path);
    if (node === undefined) return undefined;
    return node instanceof FileNode ? { size: node.now.size, directory: false } : { size: 0, directory: true };
  }

  rename(from: string, to: string): void {
    const source = this.#directory(directoryOf(from), "rename");
    const target = this.#directory(directoryOf(to), "rename");
    const node = source.now.get(nameOf(from));
    if (node === undefined) throw new DiskError("NotFound", "rename", from);
    const old = target.now.get(nameOf(to));
    if (old === node) return;
    if (old instanceof DirectoryNode) {
      if (node instanceof FileNode) throw new DiskError("IsDirectory", "rename", from, `${to} is a directory`);
      if (old.now.size > 0) throw new DiskError("Exists", "rename", from, `${to} is not empty`);
    } else if (old !== undefined) {
      if (node instanceof DirectoryNode) throw new DiskError("NotDirectory", "rename", from, `${to} is a file`);
      this.#usedBytes -= old.now.size;
    }
    if (source === target) {
      source.set([
        [nameOf(from), undefined],
        [nameOf(to), node],
      ]);
    } else {
      // The new name is noted first: a clone may show the file twice or under one name, never (by this call) under none.
      target.set([[nameOf(to), node]]);
      source.set([[nameOf(from), undefined]]);
    }
  }

  remove(path: string): void {
    const directory = this.#directory(directoryOf(path), "remove");
    const node = directory.now.get(nameOf(path));
    if (node === undefined) throw new DiskError("NotFound", "remove", path);
    if (node instanceof DirectoryNode) throw new DiskError("IsDirectory", "remove", path);
    this.#usedBytes -= node.now.size;
    directory.set([[nameOf(path), undefined]]);
  }

  async removeSoon(path: string): Promise<void> {
    this.remove(path);
  }

  removeTree(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    const release = (at: Node): void => {
      if (at instanceof FileNode) this.#usedBytes -= at.now.size;
      else for (const below of at.now.values()) release(below);
    };
    release(node);
    if (node === this.#root) this.#root = new DirectoryNode(this.#crashable);
    else this.#directory(directoryOf(path), "remove").set([[nameOf(path), undefined]]);
  }

  syncDirectory(path: string): void {
    this.#directory(path, "sync").sync();
  }

  async syncDirectorySoon(path: string): Promise<void> {
    this.syncDirectory(path);
  }

  open(path: string, mode: OpenMode): DiskFile {
    const node = this.#openNode(path, mode, "open");
    return new MemoryFile(path, node, mode !== "read", (by) => this.#grow(by, path));
  }

  lock(path: string): DiskLock {
    const node = this.#openNode(path, "create", "lock");
    if (node.locked) throw new DiskError("Locked", "lock", path);
    node.locked = true;
    let held = true;
    return {
      path,
      release() {
        if (held) node.locked = false;
        held = false;
      },
    };
  }

  async lockSoon(path: string): Promise<DiskLock> {
    return this.lock(path);
  }

  freeBytes(): number {
    const { capacityBytes } = this.#options;
    return capacityBytes === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, capacityBytes - this.#usedBytes);
  }

  /**
   * The disk as the next start finds it after a power cut now. No lock is held on it, no file open; this disk goes on
   * unchanged. Everything on the clone counts as durable.
   */
  crashClone(how: CrashKeep): MemoryDisk {
    if (!this.#crashable) throw new DiskError("Io", "crash", "/", "this memory disk was made without crashable");
    const clone = new MemoryDisk(this.#options);
    const copies = new Map<FileNode, FileNode>();
    const copyFile = (node: FileNode): FileNode => {
      const made = copies.get(node);
      if (made !== undefined) return made;
      const copy = new FileNode(true);
      const content = node.durable!.clone();
      for (const change of node.pending) survive(content, change, how);
      copy.change({ position: content.size, bytes: undefined });
      copy.now.bytes = content.bytes;
      copy.pending = [];
      copy.durable!.bytes = content.bytes.slice();
      copy.durable!.size = content.size;
      copies.set(node, copy);
      clone.#usedBytes += content.size;
      return copy;
    };
    const copyDirectory = (node: DirectoryNode): DirectoryNode => {
      const copy = new DirectoryNode(true);
      const names = new Map(node.durable);
      for (const { sets } of node.pending) if (coin(how)) apply(names, sets);
      for (const [name, below] of names) {
        const made = below instanceof FileNode ? copyFile(below) : copyDirectory(below);
        copy.now.set(name, made);
        copy.durable.set(name, made);
      }
      return copy;
    };
    clone.#root = copyDirectory(this.#root);
    return clone;
  }

  #grow(by: number, path: string): void {
    const { capacityBytes } = this.#options;
    if (by > 0 && capacityBytes !== undefined && this.#usedBytes + by > capacityBytes) {
      throw new DiskError("NoSpace", "write", path);
    }
    this.#usedBytes += by;
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of parts(path)) {
      if (!(node instanceof DirectoryNode)) return undefined;
      node = node.now.get(name);
    }
    return node;
  }

  #directory(path: string, op: string): DirectoryNode {
    const node = this.#find(path);
    if (node === undefined) throw new DiskError("NotFound", op, path);
    if (node instanceof FileNode) throw new DiskError("NotDirectory", op, path);
    return node;
  }

  #openNode(path: string, mode: OpenMode, op: string): FileNode {
    const directory = this.#directory(directoryOf(path), op);
    const name = nameOf(path);
    const node = directory.now.get(name);
    if (node instanceof DirectoryNode) throw new DiskError("IsDirectory", op, path);
    if (node !== undefined) {
      if (mode === "createNew") throw new DiskError("Exists", op, path);
      return node;
    }
    if (mode === "read" || mode === "write") throw new DiskError("NotFound", op, path);
    const made = new FileNode(this.#crashable);
    directory.set([[name, made]]);
    return made;
  }
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function coin(how: CrashKeep): boolean {
  if (how.keep === "random") return below(how.random, 2) === 1;
  return how.keep === "all";
}

/** Applies what a crash leaves of one unsynced change. */
function survive(content: Content, change: Change, how: CrashKeep): void {
  if (how.keep !== "random" || change.bytes === undefined) {
    if (coin(how)) content.apply(change);
    return;
  }
  // One write in three arrives whole, one not at all, one with some of its sectors.
  const fate = below(how.random, 3);
  if (fate === 0) content.apply(change);
  if (fate !== 2) return;
  const end = change.position + change.bytes.length;
  for (let at = change.position; at < end; ) {
    const next = Math.min(end, at - (at % SECTOR_BYTES) + SECTOR_BYTES);
    if (below(how.random, 2) === 1) {
      content.write(change.bytes.subarray(at - change.position, next - change.position), at);
    }
    at = next;
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #writable: boolean;
  readonly #grow: (by: number) => void;
  #node: FileNode | undefined;

  constructor(path: string, node: FileNode, writable: boolean, grow: (by: number) => void) {
    this.path = path;
    this.#node = node;
    this.#writable = writable;
    this.#grow = grow;
  }

  size(): number {
    return this.#open("stat").now.size;
  }

  readSync(into: Uint8Array, position: number): number {
    return this.#open("read").now.read(into, position);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return this.readSync(into, position);
  }

  writeSync(pieces: readonly Uint8Array[], position: number): void {
    const node = this.#forWriting("write");
    let at = position;
    for (const piece of pieces) {
      this.#grow(Math.max(0, at + piece.length - node.now.size));
      node.change({ position: at, bytes: node.durable === undefined ? piece : piece.slice() });
      at += piece.length;
    }
  }

  async write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    this.writeSync(pieces, position);
  }

  async writeAndSync(pieces: readonly Uint8Array[], position: number, written?: () => void): Promise<void> {
    this.writeSync(pieces, position);
    written?.();
    this.syncSync();
  }

  syncSync(): void {
    this.#open("sync").sync();
  }

  async sync(): Promise<void> {
    this.syncSync();
  }

  async dataSync(): Promise<void> {
    this.syncSync();
  }

  truncate(size: number): void {
    const node = this.#forWriting("truncate");
    this.#grow(size - node.now.size);
    node.change({ position: size, bytes: undefined });
  }

  allocate(size: number): void {
    if (this.size() < size) this.truncate(size);
  }

  close(): void {
    this.#node = undefined;
  }

  #open(op: string): FileNode {
    if (this.#node === undefined) throw new DiskError("Closed", op, this.path);
    return this.#node;
  }

  #forWriting(op: string): FileNode {
    const node = this.#open(op);
    if (!this.#writable) throw new DiskError("Permission", op, this.path, "opened for reading");
    return node;
  }
}
