import type { Bucket } from "./bucket.ts";
import { isBoltError } from "./errors.ts";
import { bucketFlag, depthMax, type Page } from "./format.ts";
import { compareKeys } from "./node.ts";
import type { Tx } from "./tx.ts";

/**
 * bbolt's consistency check of one state: every page below the high-water mark is either in use exactly once or free,
 * pages of the tree are branches and leaves, keys ascend on a page and stay within what the branches above promise.
 */
export function check(tx: Tx, freedPages: readonly number[]): string[] {
  return new Checker(tx, freedPages).run();
}

/** Without the path and the advice, which the list of faults is told with once. */
function findingOf(error: unknown): string {
  return isBoltError(error) ? error.finding : (error as Error).message;
}

class Checker {
  readonly #tx: Tx;
  readonly #freed = new Set<number>();
  readonly #reachable = new Set<number>([0, 1]);
  readonly #faults: string[] = [];

  constructor(tx: Tx, freedPages: readonly number[]) {
    this.#tx = tx;
    for (const id of freedPages) {
      if (this.#freed.has(id)) this.#faults.push(`page ${id}: already freed`);
      this.#freed.add(id);
    }
    const { freelist, freelistOverflow } = tx.meta;
    if (freelist !== undefined) for (let i = 0; i <= freelistOverflow; i++) this.#reachable.add(freelist + i);
  }

  run(): string[] {
    this.#bucket(this.#tx.root);
    for (let id = 0; id < this.#tx.meta.highWater; id++) {
      if (!this.#reachable.has(id) && !this.#freed.has(id)) this.#faults.push(`page ${id}: unreachable unfreed`);
    }
    return this.#faults;
  }

  #bucket(bucket: Bucket): void {
    if (bucket.root === 0) return;
    const nested: Uint8Array[] = [];
    this.#page(bucket.root, undefined, undefined, [], nested);
    for (const value of nested) {
      try {
        this.#bucket(bucket.open(value));
      } catch (error) {
        this.#faults.push(findingOf(error));
      }
    }
  }

  /** Walks below `id`; returns the greatest key there. Bucket values found are put into `nested`. */
  #page(
    id: number,
    least: Uint8Array | undefined,
    bound: Uint8Array | undefined,
    above: readonly number[],
    nested: Uint8Array[],
  ): Uint8Array | undefined {
    const stack = [...above, id];
    let page: Page;
    try {
      page = this.#tx.page(id);
    } catch (error) {
      this.#faults.push(`${findingOf(error)} (stack: [${stack.join(" ")}])`);
      return undefined;
    }
    let again = false;
    for (let i = 0; i <= page.overflow; i++) {
      if (this.#reachable.has(id + i)) {
        this.#faults.push(`page ${id + i}: multiple references (stack: [${stack.join(" ")}])`);
        again = true;
      }
      this.#reachable.add(id + i);
    }
    if (this.#freed.has(id)) this.#faults.push(`page ${id}: reachable freed`);
    // What was walked before is not walked again: a circle would have no end.
    if (again || stack.length > depthMax) return undefined;

    if (page.leaf) {
      let previous = least;
      for (let i = 0; i < page.count; i++) {
        const key = page.key(i);
        this.#order(id, "leaf", i, key, previous, bound, stack);
        previous = key;
        if ((page.elementFlags(i) & bucketFlag) !== 0) nested.push(page.value(i));
      }
      return page.count > 0 ? page.key(page.count - 1) : undefined;
    }
    let running = least;
    let greatest: Uint8Array | undefined;
    for (let i = 0; i < page.count; i++) {
      const key = page.key(i);
      this.#order(page.child(i), "branch", i, key, running, bound, stack);
      const next = i < page.count - 1 ? page.key(i + 1) : bound;
      greatest = this.#page(page.child(i), key, next, stack, nested);
      running = greatest;
    }
    return greatest;
  }

  #order(
    id: number,
    type: "branch" | "leaf",
    index: number,
    key: Uint8Array,
    previous: Uint8Array | undefined,
    bound: Uint8Array | undefined,
    stack: readonly number[],
  ): void {
    const where = `key[${index}]=(hex)${hex(key)} on ${type} page(${id})`;
    if (previous !== undefined) {
      const order = compareKeys(previous, key);
      if (index === 0 && order > 0) {
        this.#faults.push(
          `the first ${where} needs to be >= the key in the ancestor (${hex(previous)}). Stack: [${stack.join(" ")}]`,
        );
      } else if (index > 0 && order >= 0) {
        this.#faults.push(
          `${where} needs to be > (found ${order > 0 ? "<" : "="}) than previous element (hex)${hex(previous)}. Stack: [${stack.join(" ")}]`,
        );
      }
    }
    if (bound !== undefined && compareKeys(key, bound) >= 0) {
      this.#faults.push(
        `${where} needs to be < than key of the next element in ancestor (hex)${hex(bound)}. Pages stack: [${stack.join(" ")}]`,
      );
    }
  }
}

function hex(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("hex");
}
