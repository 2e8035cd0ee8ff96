/** A range of keys, `begin` inclusive, `end` exclusive. */
export interface Interval {
  readonly begin: string;
  readonly end: string;
}

interface Node extends Interval {
  red: boolean;
  parent: Node | undefined;
  left: Node | undefined;
  right: Node | undefined;
}

/**
 * The shape that a red-black tree of intervals takes when they are put in one after the other (Cormen et al., Introduction to
 * Algorithms, 13.3), sorted by begin, then end.
 *
 * Who would care? An inverted request, `begin >= end`, asks for no key at all, and whether etcd permits it depends on
 * which nodes its walk happens to reach. It changes nothing by itself, but a transaction may carry it beside a put, and members of one cluster must
 * not disagree on whether that put happens. So we walk the same tree.
 */
export class IntervalShape {
  #root: Node | undefined;

  constructor(intervals: Iterable<Interval>) {
    for (const interval of intervals) this.#insert(interval);
  }

  /** Whether etcd permits the inverted request from `begin` to `end`: some interval around `begin` is reached. */
  reaches(begin: string, end: string): boolean {
    const waiting: (Node | undefined)[] = [this.#root];
    while (waiting.length > 0) {
      const node = waiting.pop();
      if (node === undefined) continue;
      if (begin < node.begin) {
        waiting.push(node.left);
      } else if (begin < node.end) {
        return true;
      } else if (node.begin < end) {
        // Left of the request. A node that does not begin before the request's end hides all that is below it.
        waiting.push(node.left, node.right);
      }
    }
    return false;
  }

  #insert({ begin, end }: Interval): void {
    let parent: Node | undefined;
    let goesLeft = false;
    for (let at = this.#root; at !== undefined; at = goesLeft ? at.left : at.right) {
      parent = at;
      goesLeft = begin < at.begin || (begin === at.begin && end < at.end);
    }
    const node: Node = { begin, end, red: true, parent, left: undefined, right: undefined };
    if (parent === undefined) this.#root = node;
    else if (goesLeft) parent.left = node;
    else parent.right = node;
    this.#repair(node);
  }

  #repair(from: Node): void {
    let node = from;
    for (let parent = node.parent; parent?.red === true; parent = node.parent) {
      // A red node is never the root, so there is a grandparent.
      const top = parent.parent!;
      const onLeft = parent === top.left;
      const uncle = onLeft ? top.right : top.left;
      if (uncle?.red === true) {
        parent.red = false;
        uncle.red = false;
        top.red = true;
        node = top;
        continue;
      }
      if (node === (onLeft ? parent.right : parent.left)) {
        node = parent;
        this.#rotate(node, onLeft);
      }
      node.parent!.red = false;
      top.red = true;
      this.#rotate(top, !onLeft);
    }
    this.#root!.red = false;
  }

  /** Lets a child rise over `node`: the right one when `left` (a rotation to the left), else the left one. */
  #rotate(node: Node, left: boolean): void {
    const child = (left ? node.right : node.left)!;
    const inner = left ? child.left : child.right;
    if (left) {
      node.right = inner;
      child.left = node;
    } else {
      node.left = inner;
      child.right = node;
    }
    if (inner !== undefined) inner.parent = node;
    const parent = node.parent;
    child.parent = parent;
    node.parent = child;
    if (parent === undefined) this.#root = child;
    else if (parent.left === node) parent.left = child;
    else parent.right = child;
  }
}
