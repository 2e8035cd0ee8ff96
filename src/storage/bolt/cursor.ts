import type { Bucket } from "./bucket.ts";
import { BoltError } from "./errors.ts";
import { bucketFlag, depthMax, type Page } from "./format.ts";
import type { Node } from "./node.ts";

/** One step of the way from the root: a page, or the node it became in this write transaction. */
interface Level {
  page: Page | undefined;
  node: Node | undefined;
  /** Element on the way, or of the position in the leaf; may equal the count after a seek past the last key. */
  index: number;
}

/**
 * A position in a bucket, in key order. Each move tells whether it stands on an element afterwards; `key` and `value` may
 * be asked for only then. After a change of the bucket by others than this cursor's `delete`, position it again.
 */
export class Cursor {
  readonly #bucket: Bucket;
  readonly #levels: Level[] = [];
  /** Levels in use; the rest is kept to be used again. */
  #depth = 0;
  /** After `delete` the cursor stands on what followed: the next `next` stays there. */
  #deleted = false;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  get bucket(): Bucket {
    return this.#bucket;
  }

  first(): boolean {
    this.#start();
    this.#push(this.#bucket.root, 0);
    this.#descendFirst();
    if (this.#count() === 0) return this.#forward();
    return true;
  }

  last(): boolean {
    this.#start();
    this.#pushLast(this.#bucket.root);
    this.#descendLast();
    // Leaves emptied in this transaction are still there.
    while (this.#count() === 0) if (!this.#backward()) return false;
    return true;
  }

  /** To the first key at or above `key`. */
  seek(key: Uint8Array): boolean {
    this.#start();
    this.#search(key);
    if (this.#top().index >= this.#count()) return this.#forward();
    return true;
  }

  /** False at the end, where it stays on the last element, so that `prev` gives the one before. */
  next(): boolean {
    this.#bucket.tx.assertOpen();
    if (this.#deleted) {
      this.#deleted = false;
      if (this.#top().index < this.#count()) return true;
      return this.#forward();
    }
    return this.#forward();
  }

  /** False at the beginning, where it stays on the first element, so that `next` gives the second. */
  prev(): boolean {
    this.#bucket.tx.assertOpen();
    this.#deleted = false;
    if (this.#backward()) {
      while (this.#count() === 0) if (!this.#backward()) return false;
      return true;
    }
    this.first();
    return false;
  }

  /** Deletes the element it stands on. Then `next` moves to the one that followed, `prev` to the one before. */
  delete(): void {
    const { tx } = this.#bucket;
    tx.assertWritable();
    if ((this.flags & bucketFlag) !== 0) throw new BoltError("IncompatibleValue");
    const key = this.key;
    this.#bucket.delete(key);
    this.#start();
    this.#search(key);
    this.#deleted = true;
  }

  get key(): Uint8Array {
    const { page, node, index } = this.#top();
    return node === undefined ? page!.key(index) : node.items[index]!.key;
  }

  /** undefined for a nested bucket. */
  get value(): Uint8Array | undefined {
    return (this.flags & bucketFlag) !== 0 ? undefined : this.rawValue;
  }

  /** The value as it stands in the leaf, header and inline page of a bucket included. */
  get rawValue(): Uint8Array {
    const { page, node, index } = this.#top();
    return node === undefined ? page!.value(index) : node.items[index]!.value;
  }

  get flags(): number {
    const { page, node, index } = this.#top();
    return node === undefined ? page!.elementFlags(index) : node.items[index]!.flags;
  }

  /** The leaf it stands on, to read keys in place; undefined when this transaction changed that leaf. */
  get page(): Page | undefined {
    return this.#top().page;
  }

  /** Which element of the leaf. */
  get index(): number {
    return this.#top().index;
  }

  get isBucket(): boolean {
    return (this.flags & bucketFlag) !== 0;
  }

  #start(): void {
    this.#bucket.tx.assertOpen();
    this.#depth = 0;
    this.#deleted = false;
  }

  #top(): Level {
    const level = this.#levels[this.#depth - 1];
    if (level === undefined) throw new BoltError("TxClosed", { detail: "the cursor stands nowhere yet" });
    return level;
  }

  #count(): number {
    const { page, node } = this.#top();
    return node === undefined ? page!.count : node.items.length;
  }

  #isLeaf(): boolean {
    const { page, node } = this.#top();
    return node === undefined ? page!.leaf : node.leaf;
  }

  #child(): number {
    const { page, node, index } = this.#top();
    return node === undefined ? page!.child(index) : node.items[index]!.child;
  }

  #push(id: number, index: number): void {
    if (this.#depth >= depthMax) throw this.#bucket.tx.corrupt(id, "the tree is too deep: its pages form a circle");
    const node = this.#bucket.nodeOf(id);
    const page = node === undefined ? this.#bucket.pageOf(id) : undefined;
    const level = this.#levels[this.#depth];
    if (level === undefined) this.#levels.push({ page, node, index });
    else {
      level.page = page;
      level.node = node;
      level.index = index;
    }
    this.#depth++;
  }

  #pushLast(id: number): void {
    this.#push(id, 0);
    this.#top().index = this.#count() - 1;
  }

  #descendFirst(): void {
    while (!this.#isLeaf()) this.#push(this.#child(), 0);
  }

  #descendLast(): void {
    while (!this.#isLeaf()) this.#pushLast(this.#child());
  }

  #search(key: Uint8Array): void {
    this.#push(this.#bucket.root, 0);
    for (;;) {
      const level = this.#top();
      const { page, node } = level;
      if (this.#isLeaf()) {
        level.index = node === undefined ? page!.lowerBound(key) : node.lowerBound(key);
        return;
      }
      level.index = node === undefined ? page!.childFor(key) : node.childFor(key);
      this.#push(this.#child(), 0);
    }
  }

  #forward(): boolean {
    const leaf = this.#top();
    // The common step: one further in the same leaf.
    if (leaf.node === undefined && leaf.index < leaf.page!.count - 1) {
      leaf.index++;
      return true;
    }
    for (;;) {
      let depth = this.#depth;
      for (; depth > 0; depth--) {
        const level = this.#levels[depth - 1]!;
        const count = level.node === undefined ? level.page!.count : level.node.items.length;
        if (level.index < count - 1) {
          level.index++;
          break;
        }
      }
      if (depth === 0) return false;
      this.#depth = depth;
      const { page, index } = this.#top();
      // Going on to another page: what follows will be wanted soon.
      if (page !== undefined && !page.leaf) this.#bucket.tx.readAhead(page, index);
      this.#descendFirst();
      if (this.#count() > 0) return true;
    }
  }

  #backward(): boolean {
    let depth = this.#depth;
    for (; depth > 0; depth--) {
      const level = this.#levels[depth - 1]!;
      if (level.index > 0) {
        level.index--;
        break;
      }
    }
    if (depth === 0) return false;
    this.#depth = depth;
    this.#descendLast();
    return true;
  }
}
