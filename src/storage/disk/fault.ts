import type { Scheduler } from "../../base/index.ts";
import {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  type DiskStat,
  type OpenMode,
} from "./types.ts";

export type DiskOpKind =
  | "makeDirectory"
  | "list"
  | "stat"
  | "rename"
  | "remove"
  | "removeTree"
  | "syncDirectory"
  | "open"
  | "lock"
  | "read"
  | "write"
  | "sync"
  | "truncate"
  | "allocate";

/** One call that is about to be made of the disk below. */
export interface DiskOp {
  /** Counts every call from 0. */
  readonly number: number;
  readonly kind: DiskOpKind;
  readonly path: string;
  /** Of a read or write: where, and how many bytes. */
  readonly position: number;
  readonly bytes: number;
}

/** What goes wrong with a call. */
export type Fault =
  /** Nothing is done and the call throws. */
  | { readonly kind: "fail"; readonly code: DiskErrorCode }
  /** A write puts down its first `bytes` bytes, then throws. */
  | { readonly kind: "short"; readonly bytes: number; readonly code: DiskErrorCode }
  /** A read or write silently has one bit turned over, counted from its first byte's lowest. */
  | { readonly kind: "flip"; readonly bit: number }
  /** An asynchronous call takes `delayMs` longer. Synchronous ones cannot wait and go on at once. */
  | { readonly kind: "slow"; readonly delayMs: number };

/** Asked before every call; undefined lets it pass. */
export type FaultRule = (op: DiskOp) => Fault | undefined;

/** Fails every call of these kinds from the `from`-th call on, as a disk that died or filled up. */
export function failFrom(from: number, code: DiskErrorCode, kinds?: readonly DiskOpKind[]): FaultRule {
  return (op) =>
    op.number >= from && (kinds === undefined || kinds.includes(op.kind)) ? { kind: "fail", code } : undefined;
}

/** Fails the `n`-th call (from 0) among those of these kinds, once. */
export function failNth(n: number, code: DiskErrorCode, kinds: readonly DiskOpKind[]): FaultRule {
  let seen = 0;
  return (op) => (kinds.includes(op.kind) && seen++ === n ? { kind: "fail", code } : undefined);
}

/** A disk over another one on which a rule makes things go wrong. The rule may be changed at any time. */
export class FaultDisk implements Disk {
  readonly inner: Disk;
  rule: FaultRule;
  readonly #scheduler: Scheduler | undefined;
  #count = 0;

  /** `scheduler` is needed only for rules that make calls slow. */
  constructor(inner: Disk, rule: FaultRule, scheduler?: Scheduler) {
    this.inner = inner;
    this.rule = rule;
    this.#scheduler = scheduler;
    if (inner.freeBytes !== undefined) this.freeBytes = (path) => inner.freeBytes!(path);
  }

  /** Calls made so far. */
  get opCount(): number {
    return this.#count;
  }

  readonly freeBytes?: (path: string) => number;

  makeDirectory(path: string, mode?: number): void {
    this.check("makeDirectory", path);
    this.inner.makeDirectory(path, mode);
  }

  list(path: string): string[] {
    this.check("list", path);
    return this.inner.list(path);
  }

  stat(path: string): DiskStat | undefined {
    this.check("stat", path);
    return this.inner.stat(path);
  }

  rename(from: string, to: string): void {
    this.check("rename", from);
    this.inner.rename(from, to);
  }

  remove(path: string): void {
    this.check("remove", path);
    this.inner.remove(path);
  }

  async removeSoon(path: string): Promise<void> {
    await this.delay(this.check("remove", path));
    await this.inner.removeSoon(path);
  }

  removeTree(path: string): void {
    this.check("removeTree", path);
    this.inner.removeTree(path);
  }

  syncDirectory(path: string): void {
    this.check("syncDirectory", path);
    this.inner.syncDirectory(path);
  }

  async syncDirectorySoon(path: string): Promise<void> {
    await this.delay(this.check("syncDirectory", path));
    await this.inner.syncDirectorySoon(path);
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.check("open", path);
    return new FaultFile(this, this.inner.open(path, mode));
  }

  lock(path: string): DiskLock {
    this.check("lock", path);
    return this.inner.lock(path);
  }

  async lockSoon(path: string): Promise<DiskLock> {
    await this.delay(this.check("lock", path));
    return this.inner.lockSoon(path);
  }

  /** Counts a call and asks the rule; throws on `fail`. For the files of this disk. */
  check(kind: DiskOpKind, path: string, position = 0, bytes = 0): Fault | undefined {
    const fault = this.rule({ number: this.#count++, kind, path, position, bytes });
    if (fault?.kind === "fail") throw new DiskError(fault.code, kind, path, `injected ${fault.code}`);
    return fault;
  }

  /** Waits where the fault says so. */
  delay(fault: Fault | undefined): Promise<void> | undefined {
    if (fault?.kind !== "slow") return undefined;
    const scheduler = this.#scheduler;
    if (scheduler === undefined) throw new DiskError("Io", "slow", "", "a slow fault needs a scheduler");
    return new Promise((resolve) => {
      scheduler.after(fault.delayMs, resolve);
    });
  }
}

class FaultFile implements DiskFile {
  readonly #disk: FaultDisk;
  readonly #inner: DiskFile;

  constructor(disk: FaultDisk, inner: DiskFile) {
    this.#disk = disk;
    this.#inner = inner;
  }

  get path(): string {
    return this.#inner.path;
  }

  size(): number {
    return this.#inner.size();
  }

  readSync(into: Uint8Array, position: number): number {
    const fault = this.#disk.check("read", this.path, position, into.length);
    const n = this.#inner.readSync(into, position);
    flip(fault, into.subarray(0, n));
    return n;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const fault = this.#disk.check("read", this.path, position, into.length);
    await this.#disk.delay(fault);
    const n = await this.#inner.read(into, position);
    flip(fault, into.subarray(0, n));
    return n;
  }

  writeSync(pieces: readonly Uint8Array[], position: number): void {
    const fault = this.#disk.check("write", this.path, position, total(pieces));
    this.#inner.writeSync(this.#spoil(fault, pieces), position);
    this.#shorten(fault);
  }

  async write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    const fault = this.#disk.check("write", this.path, position, total(pieces));
    await this.#inner.write(this.#spoil(fault, pieces), position);
    await this.#disk.delay(fault);
    this.#shorten(fault);
  }

  async writeAndSync(pieces: readonly Uint8Array[], position: number, written?: () => void): Promise<void> {
    await this.write(pieces, position);
    written?.();
    await this.dataSync();
  }

  syncSync(): void {
    this.#disk.check("sync", this.path);
    this.#inner.syncSync();
  }

  async sync(): Promise<void> {
    await this.#disk.delay(this.#disk.check("sync", this.path));
    await this.#inner.sync();
  }

  async dataSync(): Promise<void> {
    await this.#disk.delay(this.#disk.check("sync", this.path));
    await this.#inner.dataSync();
  }

  truncate(size: number): void {
    this.#disk.check("truncate", this.path, size);
    this.#inner.truncate(size);
  }

  allocate(size: number): void {
    this.#disk.check("allocate", this.path, size);
    this.#inner.allocate(size);
  }

  close(): void {
    this.#inner.close();
  }

  /** The pieces as they reach the disk below: cut short or with a bit turned over. */
  #spoil(fault: Fault | undefined, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
    if (fault?.kind !== "short" && fault?.kind !== "flip") return pieces;
    const whole = new Uint8Array(total(pieces));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    if (fault.kind === "short") return [whole.subarray(0, fault.bytes)];
    flip(fault, whole);
    return [whole];
  }

  #shorten(fault: Fault | undefined): void {
    if (fault?.kind === "short") throw new DiskError(fault.code, "write", this.path, `injected ${fault.code}`);
  }
}

function flip(fault: Fault | undefined, bytes: Uint8Array): void {
  if (fault?.kind !== "flip") return;
  const at = fault.bit >> 3;
  if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << (fault.bit & 7));
}

function total(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}
