import { utf8 } from "../../base/index.ts";
import { Bucket } from "./bucket.ts";
import { check } from "./check.ts";
import type { Cursor } from "./cursor.ts";
import { BoltError, corrupt } from "./errors.ts";
import type { Meta, Page } from "./format.ts";

/** What one transaction did. Counts are pages or nodes. */
export interface TxStats {
  nodes: number;
  rebalance: number;
  split: number;
  spill: number;
  /** Pages given out, overflow pages included. */
  pages: number;
  rebalanceMs: number;
  spillMs: number;
}

/** What a transaction needs of its database. */
export interface TxHost {
  readonly path: string;
  readonly pageSize: number;
  readPage(id: number, highWater: number): Page;
  readPageOnce(id: number, highWater: number): Page;
  valueOf(page: Page, index: number): Uint8Array;
  readAhead(branch: Page, index: number, highWater: number): void;
  visitChildren(branch: Page, index: number, highWater: number, visit: (page: Page) => boolean): boolean;
  readPageToChange(id: number, highWater: number): Page;
  addPage(page: Page): void;
  free(txid: number, id: number, overflow: number): void;
  allocate(tx: Tx, count: number): number;
  freedPages(): number[];
  commit(tx: Tx, later: boolean): Promise<void>;
  end(tx: Tx): void;
  writeTo(tx: Tx, chunkBytes: number, memory: ChunkMemory | undefined): AsyncIterable<Uint8Array>;
}

/** Where the next chunk may be read into: as many bytes as were asked for, which nobody reads any more. */
export type ChunkMemory = (bytes: number) => Promise<Uint8Array>;

/**
 * A transaction: a fixed state to read, or the one place to change the next state. Any number of readers may be open
 * beside one writer. End each by `commit` or `rollback`: pages that a reader sees cannot be reused.
 */
export class Tx {
  readonly writable: boolean;
  readonly path: string;
  readonly pageSize: number;
  /** Its own copy; a writer changes it, the database takes it over at commit. */
  readonly meta: Meta;
  readonly root: Bucket;
  readonly stats: TxStats = { nodes: 0, rebalance: 0, split: 0, spill: 0, pages: 0, rebalanceMs: 0, spillMs: 0 };
  /** Pages written by the commit, in the order in which they were allocated. */
  readonly dirty: Page[] = [];
  /** Runs taken by the commit, to be given back should it fail: first page and count, alternating. */
  readonly allocated: number[] = [];
  readonly #host: TxHost;
  #open = true;
  #committed = false;

  constructor(host: TxHost, meta: Meta, writable: boolean) {
    this.#host = host;
    this.path = host.path;
    this.pageSize = host.pageSize;
    this.writable = writable;
    this.meta = { ...meta };
    if (writable) this.meta.txid++;
    this.root = new Bucket(this, meta.root, meta.sequence, undefined);
  }

  /** Number of this state: a writer's is one above the state it started from. */
  get id(): number {
    return this.meta.txid;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Its state became the current one; says nothing about durability. */
  get committed(): boolean {
    return this.#committed;
  }

  /** Bytes of the database as this transaction sees it, by its high-water mark. */
  get size(): number {
    return this.meta.highWater * this.pageSize;
  }

  bucket(name: Uint8Array | string): Bucket | undefined {
    return this.root.bucket(nameBytes(name));
  }

  createBucket(name: Uint8Array | string): Bucket {
    return this.root.createBucket(nameBytes(name));
  }

  createBucketIfNotExists(name: Uint8Array | string): Bucket {
    return this.root.createBucketIfNotExists(nameBytes(name));
  }

  deleteBucket(name: Uint8Array | string): void {
    this.root.deleteBucket(nameBytes(name));
  }

  /** Each top-level bucket in order of its name. False stops. */
  forEachBucket(visit: (name: Uint8Array, bucket: Bucket) => unknown): void {
    this.root.forEachBucket(visit);
  }

  /** Over the top-level buckets. */
  cursor(): Cursor {
    return this.root.cursor();
  }

  /**
   * Ends the transaction. When the call returns the new state stands for every later transaction; the promise resolves
   * when it is durable and rejects when it will never be. A fault met before anything was changed rolls back and rejects.
   * With `later` nobody is in a hurry: it is written with the next commit that is not `later`, or when `settled` or `close` ask.
   */
  commit(later = false): Promise<void> {
    try {
      this.assertWritable();
      return this.#host.commit(this, later);
    } catch (error) {
      if (this.#open && this.writable) this.rollback();
      return Promise.reject(error);
    }
  }

  /** Ends the transaction without a trace; how a reader ends. */
  rollback(): void {
    this.assertOpen();
    this.#host.end(this);
  }

  /** Every fault of the file that bbolt's check knows of, in its words; empty = sound. Open it while nobody writes. */
  check(): string[] {
    return check(this, this.#host.freedPages());
  }

  /**
   * The whole file as this transaction sees it, `size` bytes, once its state is durable. Both metas are this state's, the
   * second one a transaction older, as bbolt's Tx.WriteTo writes them. Keep the transaction open meanwhile. Each chunk has memory of
   * its own, or what `memory` gives for it.
   */
  writeTo(chunkBytes = 256 * 1024, memory?: ChunkMemory): AsyncIterable<Uint8Array> {
    this.assertOpen();
    return this.#host.writeTo(this, chunkBytes, memory);
  }

  // What follows is for the other files of this room.

  page(id: number): Page {
    const { highWater } = this.meta;
    return this.writable ? this.#host.readPageToChange(id, highWater) : this.#host.readPage(id, highWater);
  }

  /** As `page`, to look up one row: good only until the next page is read. `valueOf` takes the value. */
  pageOnce(id: number): Page {
    return this.writable ? this.page(id) : this.#host.readPageOnce(id, this.meta.highWater);
  }

  /** The value of a leaf's element, valid for good whichever way the page was read. */
  valueOf(page: Page, index: number): Uint8Array {
    return this.#host.valueOf(page, index);
  }

  readAhead(branch: Page, index: number): void {
    this.#host.readAhead(branch, index, this.meta.highWater);
  }

  visitChildren(branch: Page, index: number, visit: (page: Page) => boolean): boolean {
    return this.#host.visitChildren(branch, index, this.meta.highWater, visit);
  }

  allocate(count: number): number {
    const id = this.#host.allocate(this, count);
    this.allocated.push(id, count);
    this.stats.pages += count;
    return id;
  }

  addPage(page: Page): void {
    page.dirty = true;
    this.dirty.push(page);
    this.#host.addPage(page);
  }

  free(id: number, overflow: number): void {
    this.#host.free(this.meta.txid, id, overflow);
  }

  /** The database let go of it. */
  close(committed: boolean): void {
    this.#open = false;
    this.#committed = committed;
  }

  assertOpen(): void {
    if (!this.#open) throw new BoltError("TxClosed");
  }

  assertWritable(): void {
    if (!this.#open) throw new BoltError("TxClosed");
    if (!this.writable) throw new BoltError("TxNotWritable");
  }

  corrupt(page: number, detail: string): BoltError {
    return corrupt(this.path, page, detail);
  }
}

function nameBytes(name: Uint8Array | string): Uint8Array {
  return typeof name === "string" ? utf8(name) : name;
}
