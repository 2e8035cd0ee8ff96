import { assert, EMPTY } from "../../base/index.ts";
import type { Bucket } from "./bucket.ts";
import { elementBytes, minKeysPerPage, Page, PageFlag, pageBuffer, pageHeaderBytes } from "./format.ts";

/** Pages of a slab: 64 KiB, so that little stays in memory for the sake of one page that is still used. */
const slabPages = 16;

/** One element of a node. A leaf uses `value` and `flags`, a branch `child`. */
export interface Item {
  /** Never empty. */
  key: Uint8Array;
  value: Uint8Array;
  /** Page id of the child; 0 in a leaf. */
  child: number;
  flags: number;
}

/**
 * A page taken into memory to be changed. Only write transactions have nodes, and only for pages on the way to a change.
 * At commit too small ones merge (`rebalance`), then each is written to fresh pages, children first (`spill`).
 */
export class Node {
  readonly bucket: Bucket;
  leaf: boolean;
  /** Something was deleted: look at it when rebalancing. */
  unbalanced = false;
  spilled = false;
  /** The first key when the page was read: under it the parent still knows this node. undefined for an empty page. */
  key: Uint8Array | undefined;
  /** Page it was read from, to be freed; 0 = none. */
  pageId = 0;
  overflow = 0;
  parent: Node | undefined;
  /** Those children that are nodes, in no order. */
  children: Node[] = [];
  /** Ascending by key, no two equal. */
  items: Item[] = [];

  constructor(bucket: Bucket, leaf: boolean, parent: Node | undefined) {
    this.bucket = bucket;
    this.leaf = leaf;
    this.parent = parent;
  }

  read(page: Page): void {
    this.pageId = page.id;
    this.overflow = page.overflow;
    this.leaf = page.leaf;
    const items: Item[] = new Array(page.count);
    for (let i = 0; i < page.count; i++) {
      items[i] = page.leaf
        ? { key: page.key(i), value: page.value(i), child: 0, flags: page.elementFlags(i) }
        : { key: page.key(i), value: EMPTY, child: page.child(i), flags: 0 };
    }
    this.items = items;
    this.key = items[0]?.key;
  }

  root(): Node {
    let node: Node = this;
    while (node.parent !== undefined) node = node.parent;
    return node;
  }

  /** Index of the first item at or above `key`. */
  lowerBound(key: Uint8Array): number {
    const items = this.items;
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(items[middle]!.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether `key` lies between the first and the last item of this leaf, and so belongs here. */
  spans(key: Uint8Array): boolean {
    const { items } = this;
    const { length } = items;
    return length > 0 && compareKeys(items[0]!.key, key) <= 0 && compareKeys(items[length - 1]!.key, key) >= 0;
  }

  /** Index of the child under which `key` stands or would stand. */
  childFor(key: Uint8Array): number {
    const index = this.lowerBound(key);
    const item = this.items[index];
    if (item !== undefined && compareKeys(item.key, key) === 0) return index;
    return index > 0 ? index - 1 : 0;
  }

  /** Sets the item that `oldKey` names, or inserts one; its key becomes `newKey`. */
  put(oldKey: Uint8Array, newKey: Uint8Array, value: Uint8Array, child: number, flags: number): void {
    assert(oldKey.length > 0 && newKey.length > 0, "a key in the tree is never empty");
    const index = this.lowerBound(oldKey);
    const item = this.items[index];
    if (item !== undefined && compareKeys(item.key, oldKey) === 0) {
      item.key = newKey;
      item.value = value;
      item.child = child;
      item.flags = flags;
    } else {
      const fresh: Item = { key: newKey, value, child, flags };
      if (index === this.items.length) this.items.push(fresh);
      else this.items.splice(index, 0, fresh);
    }
  }

  remove(key: Uint8Array): void {
    const index = this.lowerBound(key);
    const item = this.items[index];
    if (item === undefined || compareKeys(item.key, key) !== 0) return;
    this.items.splice(index, 1);
    this.unbalanced = true;
  }

  /** Bytes when written. */
  size(): number {
    return sizeOf(this.items, 0, this.items.length, Number.POSITIVE_INFINITY);
  }

  /** Merges this node with a sibling when it became too small, removes it when it became empty. */
  rebalance(): void {
    if (!this.unbalanced) return;
    this.unbalanced = false;
    const { bucket, parent } = this;
    bucket.tx.stats.rebalance++;

    const threshold = Math.floor(bucket.tx.pageSize * bucket.fillPercent) / 2;
    if (this.items.length > (this.leaf ? 1 : 2) && this.size() > threshold) return;

    if (parent === undefined) {
      // A root branch with one child is one level too many: the child's content moves up.
      if (!this.leaf && this.items.length === 1) {
        const child = bucket.node(this.items[0]!.child, this);
        this.leaf = child.leaf;
        this.items = child.items;
        this.children = child.children;
        for (const grandchild of this.children) grandchild.parent = this;
        child.parent = undefined;
        bucket.dropNode(child);
      }
      return;
    }

    if (this.items.length === 0) {
      parent.remove(this.key!);
      parent.#removeChild(this);
      bucket.dropNode(this);
      parent.rebalance();
      return;
    }

    // Nothing to merge with; only a file of another writer has such a branch.
    if (parent.items.length < 2) return;
    const index = parent.lowerBound(this.key!);
    const left = index === 0 ? this : bucket.node(parent.items[index - 1]!.child, parent);
    const right = index === 0 ? bucket.node(parent.items[1]!.child, parent) : this;
    for (const child of right.children) {
      child.parent = left;
      left.children.push(child);
    }
    right.children = [];
    for (const item of right.items) left.items.push(item);
    parent.remove(right.key!);
    parent.#removeChild(right);
    bucket.dropNode(right);
    parent.rebalance();
  }

  /** Writes this node and the nodes below to fresh pages, splitting what is too large. */
  spill(): void {
    if (this.spilled) return;
    const { bucket } = this;
    const tx = bucket.tx;
    if (this.children.length > 1) this.children.sort((a, b) => compareKeys(a.items[0]!.key, b.items[0]!.key));
    for (const child of this.children) child.spill();
    this.children = [];

    if (this.pageId !== 0) {
      tx.free(this.pageId, this.overflow);
      this.pageId = 0;
    }

    const { items, leaf } = this;
    const pageSize = tx.pageSize;
    const fill = Math.min(1, Math.max(0.1, bucket.fillPercent));
    const threshold = Math.floor(pageSize * fill);
    // A node of many pages, as appending makes them, takes its memory a slab at a time: the pages live and die together.
    let slab: Uint8Array | undefined;
    let start = 0;
    for (;;) {
      const end = splitPoint(items, start, pageSize, threshold);
      if (end < items.length && this.parent === undefined) this.parent = new Node(bucket, false, undefined);
      const size = sizeOf(items, start, end, Number.POSITIVE_INFINITY);
      const count = Math.ceil(size / pageSize);
      const id = tx.allocate(count);
      if (slab === undefined && (items.length - start) / (end - start) > slabPages)
        slab = pageBuffer(slabPages * pageSize);
      let bytes: Uint8Array;
      if (slab === undefined || slab.length < count * pageSize) bytes = pageBuffer(count * pageSize);
      else {
        bytes = slab.subarray(0, count * pageSize);
        slab = slab.length > bytes.length ? slab.subarray(bytes.length) : undefined;
      }
      bytes.fill(0, writeItems(bytes, id, count - 1, leaf, items, start, end));
      tx.addPage(new Page(bytes));
      tx.stats.spill++;
      if (start === 0) this.pageId = id;
      if (this.parent !== undefined) {
        const first = items[start]!.key;
        const known = start === 0 ? (this.key ?? first) : first;
        this.parent.put(known, first, EMPTY, id, 0);
        if (start === 0) this.key = first;
      }
      if (end === items.length) break;
      tx.stats.split++;
      start = end;
    }
    this.spilled = true;
    // A root that split has a parent that never was on disk: the new root, to be written as well.
    if (this.parent?.pageId === 0) this.parent.spill();
  }

  #removeChild(child: Node): void {
    const index = this.children.indexOf(child);
    if (index >= 0) this.children.splice(index, 1);
  }
}

/** Unsigned bytewise; an inline loop beats a call into C++ for keys as short as ours. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Bytes of items [start, end) as a page; stops counting at `limit`. */
function sizeOf(items: readonly Item[], start: number, end: number, limit: number): number {
  let size = pageHeaderBytes;
  for (let i = start; i < end && size < limit; i++) {
    const item = items[i]!;
    size += elementBytes + item.key.length + item.value.length;
  }
  return size;
}

/** Where the page that begins with item `start` ends: all of the rest if it fits or cannot be split. */
function splitPoint(items: readonly Item[], start: number, pageSize: number, threshold: number): number {
  const count = items.length - start;
  if (count <= minKeysPerPage * 2 || sizeOf(items, start, items.length, pageSize) < pageSize) return items.length;
  let size = pageHeaderBytes;
  let index = 0;
  for (let i = 0; i < count - minKeysPerPage; i++) {
    index = i;
    const item = items[start + i]!;
    const bytes = elementBytes + item.key.length + item.value.length;
    if (i >= minKeysPerPage && size + bytes > threshold) break;
    size += bytes;
  }
  return start + index;
}

/** Writes header, elements and data; returns where they end. `bytes` must be aligned to 4. */
export function writeItems(
  bytes: Uint8Array,
  id: number,
  overflow: number,
  leaf: boolean,
  items: readonly Item[],
  start: number,
  end: number,
): number {
  const count = end - start;
  assert(count < 0xffff, "a page holds fewer than 65535 elements");
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  words[0] = id >>> 0;
  words[1] = Math.floor(id / 0x1_0000_0000);
  words[2] = (leaf ? PageFlag.leaf : PageFlag.branch) | (count << 16);
  words[3] = overflow;
  let at = pageHeaderBytes + count * elementBytes;
  for (let i = 0; i < count; i++) {
    const item = items[start + i]!;
    const { key, value } = item;
    const word = 4 + i * 4;
    const position = at - word * 4;
    if (leaf) {
      words[word] = item.flags;
      words[word + 1] = position;
      words[word + 2] = key.length;
      words[word + 3] = value.length;
    } else {
      assert(item.child !== id, "a page never points to itself");
      words[word] = position;
      words[word + 1] = key.length;
      words[word + 2] = item.child >>> 0;
      words[word + 3] = Math.floor(item.child / 0x1_0000_0000);
    }
    if (key.length <= 24) for (let k = 0; k < key.length; k++) bytes[at + k] = key[k]!;
    else bytes.set(key, at);
    at += key.length;
    if (value.length > 0) {
      bytes.set(value, at);
      at += value.length;
    }
  }
  return at;
}
