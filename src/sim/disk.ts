import { below, type Random } from "../base/index.ts";
import {
  type CrashKeep,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskStat,
  directoryOf,
  MemoryDisk,
  type OpenMode,
} from "../storage/disk/index.ts";
import { chance, exponential, type Life, type World } from "./world.ts";

/** What the disk of a machine does to those who use it; changed while it runs. */
export interface DiskFaults {
  /** Mean of what an asynchronous write or sync takes. */
  latencyMs: number;
  /** Share of syncs that take a hundred times as long. */
  stall: number;
  /** Writes that need room fail. */
  full: boolean;
  /** Probability that a sync fails, once it has taken its time. */
  syncFails: number;
  /** Probability that a read of a log or snapshot file comes back with one bit turned over. */
  flipRead: number;
}

/** The process died inside this call. Nothing it does from here on is seen by anybody. */
export class ProcessDied extends Error {
  override readonly name = "ProcessDied";
}

/** Marks errors that the simulator made, so that a member that ends on them has done right. */
export const injected = "injected by the simulator";

/** What the disk needs of the process that uses it. */
export interface DiskUser {
  readonly life: Life;
  /** Called before each operation; kills the process when its time has come. */
  onOperation(kind: string, path: string): void;
}

/** The disk of one machine. Outlives its processes; each process reaches it through its own `mount`. */
export class MachineDisk {
  #memory = new MemoryDisk({ crashable: true });
  readonly faults: DiskFaults;
  readonly #world: World;
  /** Operations of all processes so far. */
  operations = 0;
  /** Files whose syncs say that they are done and do nothing; only a mutant has any. */
  syncLies: RegExp | undefined;
  /** Directories whose first sync after a removal does nothing; only a mutant has any. */
  removalSyncLies: RegExp | undefined;
  /** Files that a rename leaves where they are; only a mutant has any. */
  renameLies: RegExp | undefined;
  /** Bits that were turned over in what was read. */
  flips = 0;

  constructor(world: World, faults: DiskFaults) {
    this.#world = world;
    this.faults = faults;
  }

  /** What a crash leaves behind becomes the disk. */
  crash(keep: CrashKeep): void {
    this.#memory = this.#memory.crashClone(keep);
  }

  /** Changes what the disk holds, while no process has it mounted. */
  alter<T>(act: (disk: MemoryDisk) => T): T {
    return act(this.#memory);
  }

  /** A copy to look into; what happens to it happens to nobody else. */
  copy(): MemoryDisk {
    return this.#memory.crashClone({ keep: "all" });
  }

  wipe(): void {
    this.#memory = new MemoryDisk({ crashable: true });
  }

  mount(user: DiskUser): Disk {
    return new Mounted(this, this.#memory, this.#world, user);
  }
}

/** No operation takes longer: one begun on a slow disk must be over before a run may say that nothing goes wrong any more. */
const stallMaxMs = 10_000;

/** The disk as one process sees it: asynchronous calls take their time, and every call may be its last. */
class Mounted implements Disk {
  readonly machine: MachineDisk;
  readonly world: World;
  readonly user: DiskUser;
  readonly #inner: MemoryDisk;
  /** Directories out of which a file was removed since they were last synced. */
  readonly #removedFrom = new Set<string>();

  constructor(machine: MachineDisk, inner: MemoryDisk, world: World, user: DiskUser) {
    this.machine = machine;
    this.#inner = inner;
    this.world = world;
    this.user = user;
  }

  enter(kind: string, path: string): void {
    if (!this.user.life.alive) throw new ProcessDied();
    this.machine.operations++;
    this.user.onOperation(kind, path);
    if (!this.user.life.alive) throw new ProcessDied();
  }

  get random(): Random {
    return this.world.random;
  }

  /** The time an asynchronous operation takes; never ends for a process that died meanwhile. */
  wait(): Promise<void> {
    const { latencyMs, stall } = this.machine.faults;
    const slow = chance(this.random, stall) ? 100 : 1;
    return this.world.wait(Math.min(stallMaxMs, exponential(this.random, latencyMs) * slow), this.user.life);
  }

  makeDirectory(path: string): void {
    this.enter("makeDirectory", path);
    this.#inner.makeDirectory(path);
  }

  list(path: string): string[] {
    this.enter("list", path);
    return this.#inner.list(path);
  }

  stat(path: string): DiskStat | undefined {
    this.enter("stat", path);
    return this.#inner.stat(path);
  }

  rename(from: string, to: string): void {
    this.enter("rename", from);
    if (this.machine.renameLies?.test(from)) return;
    this.#inner.rename(from, to);
  }

  remove(path: string): void {
    this.enter("remove", path);
    this.#inner.remove(path);
    this.#removedFrom.add(directoryOf(path));
  }

  async removeSoon(path: string): Promise<void> {
    await this.wait();
    this.remove(path);
  }

  removeTree(path: string): void {
    this.enter("removeTree", path);
    this.#inner.removeTree(path);
  }

  syncDirectory(path: string): void {
    const afterRemoval = this.#removedFrom.delete(path);
    this.enter("syncDirectory", path);
    this.#failSync(path);
    if (afterRemoval && this.machine.removalSyncLies?.test(path)) return;
    this.#inner.syncDirectory(path);
  }

  async syncDirectorySoon(path: string): Promise<void> {
    // As a file's: what changes meanwhile may be covered by it or not.
    if (below(this.random, 2) === 0) {
      this.syncDirectory(path);
      await this.wait();
    } else {
      await this.wait();
      this.syncDirectory(path);
    }
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.enter("open", path);
    return new MountedFile(this, this.#inner.open(path, mode), path);
  }

  lock(path: string): DiskLock {
    this.enter("lock", path);
    return this.#inner.lock(path);
  }

  async lockSoon(path: string): Promise<DiskLock> {
    await this.wait();
    return this.lock(path);
  }

  freeBytes(): number {
    return this.machine.faults.full ? 0 : 1 << 30;
  }

  #failSync(path: string): void {
    if (chance(this.random, this.machine.faults.syncFails)) throw new DiskError("Io", "sync", path, injected);
  }
}

class MountedFile implements DiskFile {
  readonly path: string;
  readonly #disk: Mounted;
  readonly #inner: DiskFile;

  constructor(disk: Mounted, inner: DiskFile, path: string) {
    this.#disk = disk;
    this.#inner = inner;
    this.path = path;
  }

  size(): number {
    this.#disk.enter("size", this.path);
    return this.#inner.size();
  }

  readSync(into: Uint8Array, position: number): number {
    this.#disk.enter("read", this.path);
    const n = this.#inner.readSync(into, position);
    const { machine, random } = this.#disk;
    if (
      machine.faults.flipRead > 0 &&
      n > 0 &&
      /\.(wal|snap)$/.test(this.path) &&
      chance(random, machine.faults.flipRead)
    ) {
      // Once: a controller that lies, not a platter that lost a bit for good.
      machine.faults.flipRead = 0;
      machine.flips++;
      const at = below(random, n);
      into[at] = into[at]! ^ (1 << below(random, 8));
    }
    return n;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#disk.wait();
    return this.readSync(into, position);
  }

  writeSync(pieces: readonly Uint8Array[], position: number): void {
    this.#disk.enter("write", this.path);
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    if (this.#disk.machine.faults.full && position + bytes > this.#inner.size()) {
      throw new DiskError("NoSpace", "write", this.path, injected);
    }
    this.#inner.writeSync(pieces, position);
  }

  async write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    this.writeSync(pieces, position);
    await this.#disk.wait();
  }

  async writeAndSync(pieces: readonly Uint8Array[], position: number, written?: () => void): Promise<void> {
    this.writeSync(pieces, position);
    await this.#disk.wait();
    written?.();
    await this.dataSync();
  }

  syncSync(): void {
    this.#disk.enter("sync", this.path);
    if (chance(this.#disk.random, this.#disk.machine.faults.syncFails)) {
      throw new DiskError("Io", "sync", this.path, injected);
    }
    if (this.#disk.machine.syncLies?.test(this.path)) return;
    this.#inner.syncSync();
  }

  async sync(): Promise<void> {
    this.#disk.enter("sync", this.path);
    // What is written while the sync runs may be covered by it or not.
    if (below(this.#disk.random, 2) === 0) {
      this.syncSync();
      await this.#disk.wait();
    } else {
      await this.#disk.wait();
      this.syncSync();
    }
  }

  dataSync(): Promise<void> {
    return this.sync();
  }

  truncate(size: number): void {
    this.#disk.enter("truncate", this.path);
    this.#inner.truncate(size);
  }

  allocate(size: number): void {
    this.#disk.enter("allocate", this.path);
    if (this.#disk.machine.faults.full && size > this.#inner.size()) {
      throw new DiskError("NoSpace", "allocate", this.path, injected);
    }
    this.#inner.allocate(size);
  }

  close(): void {
    if (this.#disk.user.life.alive) this.#inner.close();
  }
}
