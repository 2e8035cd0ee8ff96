/** What the tree holds: a half-open range of keys. */
export interface Interval {
  readonly low: string;
  /** Exclusive. */
  readonly high: string;
}

class Node<T extends Interval> {
  readonly value: T;
  /** Highest end in this subtree. */
  max: string;
  left: Node<T> | undefined = undefined;
  right: Node<T> | undefined = undefined;
  /** A heap over these keeps the tree as flat as one built in random order. */
  readonly priority: number;

  constructor(value: T, priority: number) {
    this.value = value;
    this.max = value.high;
    this.priority = priority;
  }
}

/** Intervals by (low, high), each pair once: a treap that knows the highest end of each subtree, so that stabbing skips what cannot match. */
export class IntervalTree<T extends Interval> {
  #root: Node<T> | undefined = undefined;
  /** Priorities are a fixed sequence: the same calls build the same tree. */
  #sequence = 0x9e3779b9;
  size = 0;

  #nextPriority(): number {
    let x = this.#sequence;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#sequence = x;
    return x >>> 0;
  }

  find(low: string, high: string): T | undefined {
    let node = this.#root;
    while (node !== undefined) {
      const order = compare(low, high, node.value);
      if (order === 0) return node.value;
      node = order < 0 ? node.left : node.right;
    }
    return undefined;
  }

  /** The interval must not be there yet. */
  add(value: T): void {
    this.#root = insert(this.#root, new Node(value, this.#nextPriority()));
    this.size++;
  }

  /** The interval must be there. */
  remove(value: T): void {
    this.#root = remove(this.#root, value);
    this.size--;
  }

  /** Adds to `into` every value whose interval holds `key`. */
  stab(key: string, into: T[]): void {
    stab(this.#root, key, into);
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    yield* walk(this.#root);
  }
}

function compare(low: string, high: string, other: Interval): number {
  if (low !== other.low) return low < other.low ? -1 : 1;
  if (high !== other.high) return high < other.high ? -1 : 1;
  return 0;
}

function update<T extends Interval>(node: Node<T>): Node<T> {
  let max = node.value.high;
  if (node.left !== undefined && node.left.max > max) max = node.left.max;
  if (node.right !== undefined && node.right.max > max) max = node.right.max;
  node.max = max;
  return node;
}

function insert<T extends Interval>(root: Node<T> | undefined, node: Node<T>): Node<T> {
  if (root === undefined) return node;
  if (compare(node.value.low, node.value.high, root.value) < 0) {
    root.left = insert(root.left, node);
    if (root.left.priority < root.priority) return update(root);
    const top = root.left;
    root.left = top.right;
    top.right = update(root);
    return update(top);
  }
  root.right = insert(root.right, node);
  if (root.right.priority < root.priority) return update(root);
  const top = root.right;
  root.right = top.left;
  top.left = update(root);
  return update(top);
}

function remove<T extends Interval>(root: Node<T> | undefined, value: T): Node<T> | undefined {
  if (root === undefined) return undefined;
  const order = compare(value.low, value.high, root.value);
  if (order === 0) return merge(root.left, root.right);
  if (order < 0) root.left = remove(root.left, value);
  else root.right = remove(root.right, value);
  return update(root);
}

function merge<T extends Interval>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    return update(left);
  }
  right.left = merge(left, right.left);
  return update(right);
}

function stab<T extends Interval>(node: Node<T> | undefined, key: string, into: T[]): void {
  if (node === undefined || node.max <= key) return;
  stab(node.left, key, into);
  if (node.value.low > key) return;
  if (key < node.value.high) into.push(node.value);
  stab(node.right, key, into);
}

function* walk<T extends Interval>(node: Node<T> | undefined): Generator<T, void, undefined> {
  if (node === undefined) return;
  yield* walk(node.left);
  yield node.value;
  yield* walk(node.right);
}
