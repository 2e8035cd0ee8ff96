import type { Page } from "./format.ts";

/**
 * Page images in memory. Bounded by bytes: past the limit the hand of a clock goes round and takes what was not used since
 * it last came by. Dirty pages stay until their commit is durable, so they may exceed the limit for that long.
 */
export class PageCache {
  readonly limitBytes: number;
  readonly #pages = new Map<number, Page>();
  /** The clock's face: each page at its `slot`, gaps where one was dropped; never more gaps than pages, but for a few. */
  #face: (Page | undefined)[] = [];
  readonly #gaps: number[] = [];
  #hand = 0;
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

  /** Whether another page would push one out. */
  get full(): boolean {
    return this.#bytes >= this.limitBytes;
  }

  get(id: number): Page | undefined {
    const page = this.#pages.get(id);
    if (page !== undefined) page.used = true;
    return page;
  }

  /** Without counting as a use. */
  has(id: number): boolean {
    return this.#pages.has(id);
  }

  /** Takes the place of whatever had this id. */
  add(page: Page): void {
    this.delete(page.id);
    this.#pages.set(page.id, page);
    page.slot = this.#gaps.pop() ?? this.#face.length;
    this.#face[page.slot] = page;
    this.#bytes += page.bytes.length;
    if (page.dirty) this.#dirtyBytes += page.bytes.length;
    // A few steps an addition keep the cost even; what stays above the limit is found by the next ones.
    if (this.#bytes > this.limitBytes) this.#evict(16);
  }

  /** The file has the page now. A leaf that nobody asked for since it was laid out goes: much more is written than read again. */
  clean(page: Page): void {
    if (!page.dirty) return;
    const cached = this.#pages.get(page.id) === page;
    if (cached && page.leaf && !page.used) this.#drop(page);
    else if (cached) this.#dirtyBytes -= page.bytes.length;
    page.dirty = false;
  }

  delete(id: number): void {
    const page = this.#pages.get(id);
    if (page !== undefined) this.#drop(page);
  }

  /** Evicts down to the limit: called after pages became clean. */
  trim(): void {
    // Twice round: the first time clears the bits, the second finds the pages.
    if (this.#bytes > this.limitBytes) this.#evict(this.#face.length * 2);
  }

  clear(): void {
    for (const page of this.#pages.values()) page.slot = -1;
    this.#pages.clear();
    this.#face.length = 0;
    this.#gaps.length = 0;
    this.#hand = 0;
    this.#bytes = 0;
    this.#dirtyBytes = 0;
  }

  #evict(stepsMax: number): void {
    // Gaps are not steps; with nothing but dirty pages left, twice round is enough.
    let looks = this.#face.length * 2;
    for (let step = 0; step < stepsMax && looks > 0 && this.#bytes > this.limitBytes; looks--) {
      if (this.#hand >= this.#face.length) this.#hand = 0;
      const page = this.#face[this.#hand++];
      if (page === undefined) continue;
      step++;
      if (page.dirty) continue;
      if (page.used) page.used = false;
      else {
        this.#drop(page);
        this.evictions++;
      }
    }
  }

  #drop(page: Page): void {
    this.#pages.delete(page.id);
    this.#face[page.slot] = undefined;
    this.#gaps.push(page.slot);
    page.slot = -1;
    this.#bytes -= page.bytes.length;
    if (page.dirty) this.#dirtyBytes -= page.bytes.length;
    if (this.#gaps.length > 64 && this.#gaps.length > this.#pages.size) this.#close();
  }

  /** Closes the gaps. */
  #close(): void {
    const face: Page[] = [];
    let hand = 0;
    for (let i = 0; i < this.#face.length; i++) {
      if (i === this.#hand) hand = face.length;
      const page = this.#face[i];
      if (page === undefined) continue;
      page.slot = face.length;
      face.push(page);
    }
    this.#face = face;
    this.#gaps.length = 0;
    this.#hand = hand;
  }
}
