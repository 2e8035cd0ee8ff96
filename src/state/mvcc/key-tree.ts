import { assert } from "../../base/index.ts";
import type { Entries } from "./entries.ts";

const leafMax = 128;
const leafMin = 32;
const innerMax = 64;
const innerMin = 16;
/** How full nodes are that are made from keys in order: some room, so that the first new keys do not split them all. */
const leafBuilt = 112;
const innerBuilt = 48;

class Leaf {
  /** Rows in the order of their keys; the first `size` count. */
  readonly rows = new Int32Array(leafMax);
  size = 0;
  next: Leaf | undefined = undefined;
}

class Inner {
  readonly nodes: (Leaf | Inner)[];
  /** bounds[i]: at most the first key of nodes[i + 1], above every key of nodes[i]. */
  readonly bounds: string[];
  /** Living keys below each node. */
  readonly lives: number[];

  constructor(nodes: (Leaf | Inner)[], bounds: string[], lives: number[]) {
    this.nodes = nodes;
    this.bounds = bounds;
    this.lives = lives;
  }
}

interface Split {
  right: Leaf | Inner;
  bound: string;
  leftLive: number;
  rightLive: number;
}

/**
 * The keys in order: a B+tree of row numbers that also counts the living keys below each node, so the count of a range
 * at the current revision takes two descents and no scan.
 */
export class KeyTree {
  readonly #entries: Entries;
  #root: Leaf | Inner = new Leaf();
  /** Living keys in all. */
  #live = 0;

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  get live(): number {
    return this.#live;
  }

  /** Adds a row whose key is not in the tree yet. */
  add(row: number): void {
    const live = this.#entries.live(row) ? 1 : 0;
    this.#live += live;
    const split = this.#add(this.#root, this.#entries.key(row), row, live);
    if (split === undefined) return;
    this.#root = new Inner([this.#root, split.right], [split.bound], [split.leftLive, split.rightLive]);
  }

  /** Fills an empty tree with rows that are in the order of their keys. */
  build(rows: Int32Array): void {
    assert(this.#live === 0 && this.#root instanceof Leaf && this.#root.size === 0, "the tree is not empty");
    let nodes: (Leaf | Inner)[] = [];
    let lives: number[] = [];
    /** First key below each node. */
    let firsts: string[] = [];
    for (let from = 0; from < rows.length; from += leafBuilt) {
      const leaf = new Leaf();
      leaf.size = Math.min(leafBuilt, rows.length - from);
      leaf.rows.set(rows.subarray(from, from + leaf.size));
      const before = nodes.at(-1);
      if (before instanceof Leaf) before.next = leaf;
      nodes.push(leaf);
      lives.push(this.#liveIn(leaf, leaf.size));
      firsts.push(this.#entries.key(leaf.rows[0]!));
    }
    while (nodes.length > 1) {
      const parents: Inner[] = [];
      const sums: number[] = [];
      const starts: string[] = [];
      for (let from = 0; from < nodes.length; from += innerBuilt) {
        const until = Math.min(nodes.length, from + innerBuilt);
        const parent = new Inner(nodes.slice(from, until), firsts.slice(from + 1, until), lives.slice(from, until));
        parents.push(parent);
        sums.push(sum(parent.lives));
        starts.push(firsts[from]!);
      }
      nodes = parents;
      lives = sums;
      firsts = starts;
    }
    this.#root = nodes[0] ?? this.#root;
    this.#live = lives[0] ?? 0;
  }

  #add(node: Leaf | Inner, key: string, row: number, live: number): Split | undefined {
    if (node instanceof Leaf) return this.#addToLeaf(node, key, row);
    const at = childOf(node, key);
    node.lives[at]! += live;
    const split = this.#add(node.nodes[at]!, key, row, live);
    if (split === undefined) return undefined;
    node.nodes.splice(at + 1, 0, split.right);
    node.bounds.splice(at, 0, split.bound);
    node.lives.splice(at, 1, split.leftLive, split.rightLive);
    if (node.nodes.length <= innerMax) return undefined;
    // Keys that come in order leave full nodes behind.
    const keep = at === innerMax - 1 ? innerMax : innerMax / 2;
    const nodes = node.nodes.splice(keep);
    const lives = node.lives.splice(keep);
    const bounds = node.bounds.splice(keep);
    const bound = node.bounds.pop()!;
    const right = new Inner(nodes, bounds, lives);
    return { right, bound, leftLive: sum(node.lives), rightLive: sum(lives) };
  }

  #addToLeaf(leaf: Leaf, key: string, row: number): Split | undefined {
    const at = this.#lowerBound(leaf, key);
    if (leaf.size < leafMax) {
      insert(leaf, at, row);
      return undefined;
    }
    const right = new Leaf();
    right.next = leaf.next;
    leaf.next = right;
    // Keys that come in order leave full leaves behind.
    const keep = at === leafMax ? leafMax : leafMax / 2;
    for (let i = keep; i < leafMax; i++) right.rows[i - keep] = leaf.rows[i]!;
    right.size = leafMax - keep;
    leaf.size = keep;
    if (at > keep || keep === leafMax) insert(right, at - keep, row);
    else insert(leaf, at, row);
    const bound = this.#entries.key(right.rows[0]!);
    return { right, bound, leftLive: this.#liveIn(leaf, leaf.size), rightLive: this.#liveIn(right, right.size) };
  }

  /** Tells that the key of `row`, which is in the tree, came to life (1) or died (-1). */
  adjust(row: number, by: 1 | -1): void {
    this.#live += by;
    const key = this.#entries.key(row);
    let node = this.#root;
    while (node instanceof Inner) {
      const at = childOf(node, key);
      node.lives[at]! += by;
      node = node.nodes[at]!;
    }
  }

  /** Takes out a row that is dead. */
  remove(row: number): void {
    assert(!this.#entries.live(row), "a living key leaves the index");
    this.#remove(this.#root, this.#entries.key(row), row);
    while (this.#root instanceof Inner && this.#root.nodes.length === 1) this.#root = this.#root.nodes[0]!;
  }

  #remove(node: Leaf | Inner, key: string, row: number): void {
    if (node instanceof Leaf) {
      const at = this.#lowerBound(node, key);
      assert(node.rows[at] === row && at < node.size, "key is not where the tree has it");
      node.rows.copyWithin(at, at + 1, node.size);
      node.size--;
      return;
    }
    const at = childOf(node, key);
    const child = node.nodes[at]!;
    this.#remove(child, key, row);
    if (sizeOf(child) >= (child instanceof Leaf ? leafMin : innerMin)) return;
    // Small nodes join a neighbour under the same parent where both fit with room to spare.
    if (at + 1 < node.nodes.length && fits(child, node.nodes[at + 1]!)) this.#join(node, at);
    else if (at > 0 && fits(node.nodes[at - 1]!, child)) this.#join(node, at - 1);
  }

  #join(parent: Inner, at: number): void {
    const left = parent.nodes[at]!;
    const right = parent.nodes[at + 1]!;
    const [bound] = parent.bounds.splice(at, 1);
    parent.nodes.splice(at + 1, 1);
    parent.lives.splice(at, 2, parent.lives[at]! + parent.lives[at + 1]!);
    if (left instanceof Leaf && right instanceof Leaf) {
      for (let i = 0; i < right.size; i++) left.rows[left.size + i] = right.rows[i]!;
      left.size += right.size;
      left.next = right.next;
    } else if (left instanceof Inner && right instanceof Inner) {
      left.nodes.push(...right.nodes);
      left.bounds.push(bound!, ...right.bounds);
      left.lives.push(...right.lives);
    }
  }

  /** Visits rows with `key <= k < end` ascending, dead ones too; false stops. The tree must not change meanwhile. */
  scan(key: string, end: string, visit: (row: number) => boolean): void {
    let node = this.#root;
    while (node instanceof Inner) node = node.nodes[childOf(node, key)]!;
    const entries = this.#entries;
    let from = this.#lowerBound(node, key);
    for (let leaf: Leaf | undefined = node; leaf !== undefined; leaf = leaf.next) {
      // One comparison for a leaf that lies within the range whole.
      const last = leaf.size - 1;
      const until = last < 0 || entries.key(leaf.rows[last]!) < end ? leaf.size : this.#lowerBound(leaf, end);
      for (let i = from; i < until; i++) if (!visit(leaf.rows[i]!)) return;
      if (until < leaf.size) return;
      from = 0;
    }
  }

  /** Living keys with `key <= k < end`. */
  countLive(key: string, end: string): number {
    return Math.max(0, this.#liveBelow(end) - this.#liveBelow(key));
  }

  #liveBelow(key: string): number {
    let count = 0;
    let node = this.#root;
    while (node instanceof Inner) {
      const at = childOf(node, key);
      for (let i = 0; i < at; i++) count += node.lives[i]!;
      node = node.nodes[at]!;
    }
    return count + this.#liveIn(node, this.#lowerBound(node, key));
  }

  #liveIn(leaf: Leaf, until: number): number {
    let count = 0;
    for (let i = 0; i < until; i++) if (this.#entries.live(leaf.rows[i]!)) count++;
    return count;
  }

  /** First place in the leaf whose key is not below `key`. */
  #lowerBound(leaf: Leaf, key: string): number {
    const { rows } = leaf;
    let low = 0;
    let high = leaf.size;
    // Where keys come in order, the answer is the end.
    if (high > 0 && this.#entries.key(rows[high - 1]!) < key) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries.key(rows[middle]!) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Throws unless every promise of the structure holds. For tests. */
  verify(): void {
    let seen = 0;
    const walk = (node: Leaf | Inner, low: string, high: string | undefined, root: boolean): number => {
      if (node instanceof Leaf) {
        for (let i = 0; i < node.size; i++) {
          const key = this.#entries.key(node.rows[i]!);
          assert(key >= low && (high === undefined || key < high), "key outside its leaf");
          if (i > 0) assert(this.#entries.key(node.rows[i - 1]!) < key, "keys of a leaf out of order");
          seen++;
        }
        return this.#liveIn(node, node.size);
      }
      assert(node.nodes.length >= (root ? 2 : 1) && node.nodes.length <= innerMax, "inner node of a wrong size");
      assert(node.bounds.length === node.nodes.length - 1 && node.lives.length === node.nodes.length, "ragged node");
      let live = 0;
      for (const [i, child] of node.nodes.entries()) {
        const count = walk(child, i === 0 ? low : node.bounds[i - 1]!, node.bounds[i] ?? high, false);
        assert(count === node.lives[i], "count of living keys is wrong");
        live += count;
      }
      return live;
    };
    assert(walk(this.#root, "", undefined, true) === this.#live, "count of living keys is wrong");
    assert(seen === this.#entries.size, "tree and rows differ in size");
  }
}

function childOf(node: Inner, key: string): number {
  const { bounds } = node;
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(leaf: Leaf, at: number, row: number): void {
  const { rows } = leaf;
  for (let i = leaf.size; i > at; i--) rows[i] = rows[i - 1]!;
  rows[at] = row;
  leaf.size++;
}

function sizeOf(node: Leaf | Inner): number {
  return node instanceof Leaf ? node.size : node.nodes.length;
}

function fits(left: Leaf | Inner, right: Leaf | Inner): boolean {
  return sizeOf(left) + sizeOf(right) <= (left instanceof Leaf ? (leafMax * 3) / 4 : (innerMax * 3) / 4);
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
