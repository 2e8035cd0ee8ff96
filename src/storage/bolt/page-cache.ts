import type { Page } from "./format.ts";

/**
 * Page images in memory. Bounded by bytes: past the limit the clock hand (the order of the map) takes what was not used
 * since it last came by. Dirty pages stay until their commit is durable, so they may exceed the limit for that long.
 */
export class PageCache {
  readonly limitBytes: number;
  readonly #pages = new Map<number, Page>();
  #bytes = 0;
  #dirtyBytes = 0;
  /** Pages that had to be read from the file. */
  misses = 0;
  evictions = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  get size(): number {
    return this.#pages.size;
  }

  get(id: number): Page | undefined {
    const page = this.#pages.get(id);
    if (page !== undefined) page.used = true;
    return page;
  }

  /** Takes the place of whatever had this id. */
  add(page: Page): void {
    this.delete(page.id);
    this.#pages.set(page.id, page);
    this.#bytes += page.bytes.length;
    if (page.dirty) this.#dirtyBytes += page.bytes.length;
    // A few steps an addition keep the cost even; what stays above the limit is found by the next ones.
    if (this.#bytes > this.limitBytes) this.#evict(64);
  }

  /** The file has the page now. */
  clean(page: Page): void {
    if (!page.dirty) return;
    page.dirty = false;
    if (this.#pages.get(page.id) === page) this.#dirtyBytes -= page.bytes.length;
  }

  delete(id: number): void {
    const page = this.#pages.get(id);
    if (page === undefined) return;
    this.#pages.delete(id);
    this.#bytes -= page.bytes.length;
    if (page.dirty) this.#dirtyBytes -= page.bytes.length;
  }

  /** Evicts down to the limit: called after pages became clean. */
  trim(): void {
    // Twice round at most: the first time clears the bits, the second finds the pages.
    if (this.#bytes > this.limitBytes) this.#evict(this.#pages.size * 2);
  }

  clear(): void {
    this.#pages.clear();
    this.#bytes = 0;
    this.#dirtyBytes = 0;
  }

  #evict(stepsMax: number): void {
    let steps = stepsMax;
    for (const [id, page] of this.#pages) {
      if (this.#bytes <= this.limitBytes || steps-- <= 0) return;
      if (page.dirty || page.used) {
        page.used = false;
        // To the end of the order: the hand moves on.
        this.#pages.delete(id);
        this.#pages.set(id, page);
      } else {
        this.#pages.delete(id);
        this.#bytes -= page.bytes.length;
        this.evictions++;
      }
    }
  }
}
