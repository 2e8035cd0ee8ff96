import { assert, keyString } from "../../base/index.ts";
import { Cursor } from "./cursor.ts";
import { BoltError } from "./errors.ts";
import {
  bucketFlag,
  bucketHeaderBytes,
  depthMax,
  elementBytes,
  maxKeyBytes,
  maxValueBytes,
  Page,
  pageHeaderBytes,
  validatePage,
} from "./format.ts";
import { compareKeys, type Item, Node, writeItems } from "./node.ts";
import type { Tx } from "./tx.ts";

/** Share of a page a split fills when nobody says otherwise. */
export const defaultFillPercent = 0.5;

/**
 * A sorted map of keys to values or to further buckets. Valid until its transaction ends. Keys and values given are kept
 * by reference until the commit. Those returned must not be changed; in a read transaction they stay valid for good, in a write
 * transaction until it ends.
 */
export class Bucket {
  readonly tx: Tx;
  /** Root page; 0 = the bucket lives inline in its parent's leaf (or was just made). */
  root: number;
  /** A number kept with the bucket: `nextSequence` counts it up. */
  #sequence: bigint;
  /** How full a split leaves a page, 0.1 to 1. Not stored: set it in each transaction that appends. */
  fillPercent = defaultFillPercent;
  /** The inline page, when `root` is 0. */
  #inline: Page | undefined;
  #rootNode: Node | undefined;
  /** Nodes by the id of the page they were read from (0: inline). undefined in read transactions. */
  readonly #nodes: Map<number, Node> | undefined;
  /** Nested buckets already opened, by name. */
  readonly #buckets: Map<string, Bucket> | undefined;
  /** The last leaf, when the tail of the last change was there: lets ascending keys skip the search. */
  #tail: Node | undefined;
  /** The leaf of the last change: the next one is often close by. Leaves stay where they are until the commit. */
  #recent: Node | undefined;

  constructor(tx: Tx, root: number, sequence: bigint, inline: Page | undefined) {
    this.tx = tx;
    this.root = root;
    this.#sequence = sequence;
    this.#inline = inline;
    this.#nodes = tx.writable ? new Map() : undefined;
    this.#buckets = tx.writable ? new Map() : undefined;
  }

  /** Flags of the element of that key, -1 when absent. */
  #flagsOf(key: Uint8Array): number {
    const recent = this.#recent;
    if (recent?.spans(key)) {
      const item = recent.items[recent.lowerBound(key)]!;
      return compareKeys(item.key, key) === 0 ? item.flags : -1;
    }
    const cursor = new Cursor(this);
    return cursor.seek(key) && compareKeys(cursor.key, key) === 0 ? cursor.flags : -1;
  }

  /** undefined when absent, or when the key names a nested bucket. */
  get(key: Uint8Array): Uint8Array | undefined {
    this.tx.assertOpen();
    let id = this.root;
    for (let depth = 0; depth < depthMax; depth++) {
      const node = this.#nodes?.get(id);
      if (node === undefined) {
        const page = this.root === 0 ? this.pageOf(id) : this.tx.pageOnce(id);
        return this.#getFrom(page, key, depth);
      }
      if (node.leaf) {
        const item = node.items[node.lowerBound(key)];
        if (item === undefined || (item.flags & bucketFlag) !== 0 || compareKeys(item.key, key) !== 0) return undefined;
        return item.value;
      }
      id = node.items[node.childFor(key)]!.child;
    }
    throw this.#tooDeep(id);
  }

  /** As `get`, from `from` down. */
  #getFrom(from: Page, key: Uint8Array, depth: number): Uint8Array | undefined {
    const { tx } = this;
    let page = from;
    for (let at = depth; at < depthMax; at++) {
      if (page.leaf) {
        const index = page.lowerBound(key);
        if (index >= page.count || !page.keyIs(index, key)) return undefined;
        return (page.elementFlags(index) & bucketFlag) !== 0 ? undefined : tx.valueOf(page, index);
      }
      const index = page.childFor(key);
      const branch = page.branchAt(index);
      if (branch !== undefined) {
        branch.used = true;
        page = branch;
        continue;
      }
      const child = tx.pageOnce(page.child(index));
      if (!child.leaf) page.linkBranch(index, child);
      page = child;
    }
    throw this.#tooDeep(page.id);
  }

  #tooDeep(id: number): BoltError {
    return this.tx.corrupt(id, "the tree is too deep: its pages form a circle");
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.tx.assertWritable();
    checkRow(key, value);
    const leaf = this.#leafFor(key);
    const item = leaf.items[leaf.lowerBound(key)];
    if (item !== undefined && (item.flags & bucketFlag) !== 0 && compareKeys(item.key, key) === 0) {
      throw new BoltError("IncompatibleValue");
    }
    leaf.put(key, key, value, 0, 0);
  }

  /** As `put`, without a search when `key` is above every key of the bucket. */
  append(key: Uint8Array, value: Uint8Array): void {
    this.tx.assertWritable();
    checkRow(key, value);
    this.#tail ??= this.#lastLeaf();
    const items = this.#tail.items;
    const last = items[items.length - 1];
    if (last !== undefined && compareKeys(last.key, key) < 0) items.push({ key, value, child: 0, flags: 0 });
    else this.put(key, value);
  }

  /** Deleting what is not there does nothing. */
  delete(key: Uint8Array): void {
    this.tx.assertWritable();
    const flags = this.#flagsOf(key);
    if (flags < 0) return;
    if ((flags & bucketFlag) !== 0) throw new BoltError("IncompatibleValue");
    this.#leafFor(key).remove(key);
  }

  cursor(): Cursor {
    return new Cursor(this);
  }

  /** Each key in order, nested buckets with an undefined value. False stops. */
  forEach(visit: (key: Uint8Array, value: Uint8Array | undefined) => unknown): void {
    const cursor = new Cursor(this);
    for (let more = cursor.first(); more; more = cursor.next()) if (visit(cursor.key, cursor.value) === false) return;
  }

  /**
   * The leaves in order from the one on where `from` stands or would stand, whose element that is comes first; false stops. For
   * one pass over much: pages that are not in memory are read in large pieces and not kept, so a page and all that was taken
   * from it are good only until `visit` returns. Of a read transaction only.
   */
  scan(from: Uint8Array, visit: (leaf: Page, index: number) => boolean): void {
    this.tx.assertOpen();
    assert(this.#nodes === undefined, "a scan within a write transaction");
    let first = true;
    const walk = (page: Page, depth: number): boolean => {
      if (page.leaf) {
        const index = first ? page.lowerBound(from) : 0;
        first = false;
        return visit(page, index);
      }
      if (depth >= depthMax) throw this.tx.corrupt(page.id, "the tree is too deep: its pages form a circle");
      return this.tx.visitChildren(page, first ? page.childFor(from) : 0, (child) => walk(child, depth + 1));
    };
    walk(this.pageOf(this.root), 1);
  }

  /** Each nested bucket in order. False stops. */
  forEachBucket(visit: (name: Uint8Array, bucket: Bucket) => unknown): void {
    const cursor = new Cursor(this);
    for (let more = cursor.first(); more; more = cursor.next()) {
      if (cursor.isBucket && visit(cursor.key, this.bucket(cursor.key)!) === false) return;
    }
  }

  /** A nested bucket; undefined when there is none, or when the key holds a value. */
  bucket(name: Uint8Array): Bucket | undefined {
    const known = this.#buckets?.get(keyString(name));
    if (known !== undefined) return known;
    const cursor = new Cursor(this);
    if (!cursor.seek(name) || compareKeys(cursor.key, name) !== 0 || !cursor.isBucket) return undefined;
    const child = this.open(cursor.rawValue);
    this.#buckets?.set(keyString(name), child);
    return child;
  }

  createBucket(name: Uint8Array): Bucket {
    this.tx.assertWritable();
    if (name.length === 0) throw new BoltError("BucketNameRequired");
    if (name.length > maxKeyBytes) throw new BoltError("KeyTooLarge");
    const cursor = new Cursor(this);
    if (cursor.seek(name) && compareKeys(cursor.key, name) === 0) {
      throw new BoltError(cursor.isBucket ? "BucketExists" : "IncompatibleValue");
    }
    const value = new Uint8Array(bucketHeaderBytes + pageHeaderBytes);
    writeItems(value.subarray(bucketHeaderBytes), 0, 0, true, [], 0, 0);
    const own = new Uint8Array(name);
    this.#leafFor(own).put(own, own, value, 0, bucketFlag);
    // A bucket with buckets in it is not inline any more.
    this.#inline = undefined;
    return this.bucket(own)!;
  }

  createBucketIfNotExists(name: Uint8Array): Bucket {
    this.tx.assertWritable();
    if (name.length === 0) throw new BoltError("BucketNameRequired");
    return this.bucket(name) ?? this.createBucket(name);
  }

  /** Deletes a nested bucket with all it holds. */
  deleteBucket(name: Uint8Array): void {
    this.tx.assertWritable();
    const cursor = new Cursor(this);
    if (!cursor.seek(name) || compareKeys(cursor.key, name) !== 0) throw new BoltError("BucketNotFound");
    if (!cursor.isBucket) throw new BoltError("IncompatibleValue");
    const child = this.bucket(name)!;
    const names: Uint8Array[] = [];
    child.forEachBucket((nested) => names.push(nested));
    for (const nested of names) child.deleteBucket(nested);
    this.#buckets!.delete(keyString(name));
    child.#freeAll();
    this.#leafFor(name).remove(name);
  }

  get sequence(): bigint {
    return this.#sequence;
  }

  setSequence(value: bigint): void {
    this.tx.assertWritable();
    // The root must be a node, or the bucket is not written.
    this.#rootNode ??= this.node(this.root, undefined);
    this.#sequence = BigInt.asUintN(64, value);
  }

  nextSequence(): bigint {
    this.setSequence(this.#sequence + 1n);
    return this.#sequence;
  }

  // What follows is for the other files of this room.

  /** The node a page became in this transaction. */
  nodeOf(id: number): Node | undefined {
    return this.#nodes?.get(id);
  }

  pageOf(id: number): Page {
    if (this.root === 0) {
      if (this.#inline === undefined || id !== 0) throw this.tx.corrupt(id, "an inline bucket has no such page");
      return this.#inline;
    }
    return this.tx.page(id);
  }

  /** Reads a page into a node below `parent`; undefined = it is the root. */
  node(id: number, parent: Node | undefined): Node {
    const known = this.#nodes!.get(id);
    if (known !== undefined) return known;
    const node = new Node(this, true, parent);
    node.read(this.pageOf(id));
    if (parent === undefined) this.#rootNode = node;
    else parent.children.push(node);
    this.#nodes!.set(id, node);
    this.tx.stats.nodes++;
    return node;
  }

  /** Forgets a node and frees its page. */
  dropNode(node: Node): void {
    this.#nodes!.delete(node.pageId);
    if (node.pageId !== 0) this.tx.free(node.pageId, node.overflow);
    node.pageId = 0;
  }

  /** Opens the bucket that a leaf element holds. */
  open(value: Uint8Array): Bucket {
    if (value.length < bucketHeaderBytes) throw this.tx.corrupt(this.root, "a bucket's header is cut short");
    const view = new DataView(value.buffer, value.byteOffset, bucketHeaderBytes);
    const root = Number(view.getBigUint64(0, true));
    const sequence = view.getBigUint64(8, true);
    if (root !== 0) return new Bucket(this.tx, root, sequence, undefined);
    if (value.length < bucketHeaderBytes + pageHeaderBytes) {
      throw this.tx.corrupt(this.root, "an inline bucket is cut short");
    }
    // Copied, since words need an aligned start.
    const inline = new Page(new Uint8Array(value.subarray(bucketHeaderBytes)));
    validatePage(inline, 0, 0, this.tx.path, this.root);
    if (!inline.leaf) throw this.tx.corrupt(this.root, "an inline bucket is no leaf");
    return new Bucket(this.tx, 0, sequence, inline);
  }

  rebalance(): void {
    // Siblings read meanwhile join the iteration; they are balanced.
    for (const node of this.#nodes!.values()) node.rebalance();
    for (const child of this.#buckets!.values()) child.rebalance();
  }

  /** Writes all nodes of this bucket and of those in it to fresh pages. */
  spill(): void {
    for (const [name, child] of this.#buckets!) {
      let value: Uint8Array;
      if (child.#inlineable()) {
        child.#freePages();
        value = child.#inlineValue();
      } else {
        child.spill();
        if (child.#rootNode === undefined) continue;
        value = child.#header(bucketHeaderBytes);
      }
      const key = Buffer.from(name, "latin1");
      this.#leafFor(key).put(key, key, value, 0, bucketFlag);
    }
    if (this.#rootNode === undefined) return;
    this.#rootNode.spill();
    this.#rootNode = this.#rootNode.root();
    this.root = this.#rootNode.pageId;
  }

  /** Small enough to live in the parent's leaf: one leaf of at most a quarter page, without buckets. */
  #inlineable(): boolean {
    const node = this.#rootNode;
    if (node === undefined || !node.leaf) return false;
    const limit = Math.floor(this.tx.pageSize / 4);
    let size = pageHeaderBytes;
    for (const item of node.items) {
      size += elementBytes + item.key.length + item.value.length;
      if ((item.flags & bucketFlag) !== 0 || size > limit) return false;
    }
    return true;
  }

  #inlineValue(): Uint8Array {
    const items: readonly Item[] = this.#rootNode!.items;
    const value = this.#header(bucketHeaderBytes + this.#rootNode!.size());
    writeItems(value.subarray(bucketHeaderBytes), 0, 0, true, items, 0, items.length);
    return value;
  }

  #header(length: number): Uint8Array {
    const value = new Uint8Array(length);
    const view = new DataView(value.buffer);
    view.setBigUint64(0, BigInt(this.root), true);
    view.setBigUint64(8, this.#sequence, true);
    return value;
  }

  /** Frees the pages of this bucket (not of buckets in it), read into nodes or not. */
  #freePages(): void {
    if (this.root === 0) return;
    this.#freeBelow(this.root, 0);
    this.root = 0;
  }

  #freeBelow(id: number, depth: number): void {
    if (depth >= depthMax) throw this.tx.corrupt(id, "the tree is too deep: its pages form a circle");
    const node = this.#nodes!.get(id);
    if (node !== undefined) {
      if (!node.leaf) for (const item of node.items) this.#freeBelow(item.child, depth + 1);
      if (node.pageId !== 0) this.tx.free(node.pageId, node.overflow);
      node.pageId = 0;
      return;
    }
    const page = this.tx.page(id);
    if (!page.leaf) for (let i = 0; i < page.count; i++) this.#freeBelow(page.child(i), depth + 1);
    this.tx.free(id, page.overflow);
  }

  #freeAll(): void {
    this.#freePages();
    this.#nodes!.clear();
    this.#rootNode = undefined;
    this.#recent = undefined;
    this.#tail = undefined;
  }

  /** The leaf where `key` belongs, as a node, with all branches above it. */
  #leafFor(key: Uint8Array): Node {
    const recent = this.#recent;
    if (recent?.spans(key)) return recent;
    let node = this.#rootNode ?? this.node(this.root, undefined);
    for (let depth = 0; !node.leaf; depth++) {
      if (depth >= depthMax) throw this.tx.corrupt(node.pageId, "the tree is too deep: its pages form a circle");
      node = this.node(node.items[node.childFor(key)]!.child, node);
    }
    this.#recent = node;
    return node;
  }

  #lastLeaf(): Node {
    let node = this.#rootNode ?? this.node(this.root, undefined);
    for (let depth = 0; !node.leaf; depth++) {
      if (depth >= depthMax) throw this.tx.corrupt(node.pageId, "the tree is too deep: its pages form a circle");
      node = this.node(node.items[node.items.length - 1]!.child, node);
    }
    return node;
  }
}

function checkRow(key: Uint8Array, value: Uint8Array): void {
  if (key.length === 0) throw new BoltError("KeyRequired");
  if (key.length > maxKeyBytes) throw new BoltError("KeyTooLarge");
  if (value.length > maxValueBytes) throw new BoltError("ValueTooLarge");
}
