/** Something that is due at an instant. Only the heap it is in may write `index`; `atMs` changes through `schedule` alone. */
export interface Timed {
  /** Monotonic milliseconds. */
  atMs: number;
  /** Place in the heap, or -1 when in none. */
  index: number;
}

/**
 * Binary heap, soonest first, in which every item knows its place: moving or taking out any item costs O(log n) and
 * leaves nothing stale behind.
 */
export class TimerHeap<T extends Timed> {
  /** `items[i].index === i`; no item is due before its parent `items[(i - 1) >> 1]`. */
  #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Puts `item` in, or moves it if it is in already, to be due at `atMs`. */
  schedule(item: T, atMs: number): void {
    item.atMs = atMs;
    if (item.index < 0) {
      item.index = this.#items.length;
      this.#items.push(item);
      this.#up(item);
    } else {
      this.#up(item);
      this.#down(item);
    }
  }

  remove(item: T): void {
    const at = item.index;
    if (at < 0) return;
    item.index = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[at] = last;
    last.index = at;
    this.#up(last);
    this.#down(last);
  }

  clear(): void {
    for (const item of this.#items) item.index = -1;
    this.#items = [];
  }

  /** Takes over `items`, whose `atMs` are set already, in O(n). What was in before is forgotten. */
  rebuild(items: T[]): void {
    this.clear();
    this.#items = items;
    for (let i = 0; i < items.length; i++) items[i]!.index = i;
    for (let i = (items.length >> 1) - 1; i >= 0; i--) this.#down(items[i]!);
  }

  #up(item: T): void {
    const items = this.#items;
    let at = item.index;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above]!;
      if (parent.atMs <= item.atMs) break;
      items[at] = parent;
      parent.index = at;
      at = above;
    }
    items[at] = item;
    item.index = at;
  }

  #down(item: T): void {
    const items = this.#items;
    const end = items.length;
    let at = item.index;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= end) break;
      if (below + 1 < end && items[below + 1]!.atMs < items[below]!.atMs) below++;
      const child = items[below]!;
      if (child.atMs >= item.atMs) break;
      items[at] = child;
      child.index = at;
      at = below;
    }
    items[at] = item;
    item.index = at;
  }
}
