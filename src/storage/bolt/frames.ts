import { Page, pageBuffer } from "./format.ts";

/** Frames of a set: few enough for the processor's cache, enough for rows that are read one after the other and stand close. */
const framesMax = 64;
const bytesMax = framesMax * 4096;
/** Copies of rows share memory by the slab: an array of its own costs more than a short row. */
const slabBytes = 32 * 1024;
/** A longer row gets memory of its own, so that it keeps no slab for long. */
const sharedMax = slabBytes / 8;

/**
 * Leaves that were read for a row and have no place in the cache: each has the one frame that its id leads to, and stays there until
 * another comes. Nothing is allocated for a page, and nothing that was read once is collected; but a frame is written again, so what
 * leaves it is a copy.
 */
export class Frames {
  readonly #pages: Page[] = [];
  /** Page id of each frame, 0 = none. Kept apart from the pages, so that a look at it costs one fetch. */
  readonly #ids: Float64Array;
  #slab: Uint8Array = new Uint8Array(0);
  #slabAt = 0;

  constructor(pageSize: number) {
    const count = Math.min(framesMax, Math.max(1, Math.floor(bytesMax / pageSize)));
    const memory = pageBuffer(count * pageSize);
    for (let i = 0; i < count; i++) this.#pages.push(new Page(memory.subarray(i * pageSize, (i + 1) * pageSize)));
    this.#ids = new Float64Array(count);
  }

  get(id: number): Page | undefined {
    const at = id % this.#ids.length;
    return this.#ids[at] === id ? this.#pages[at] : undefined;
  }

  /** The frame that page `id` may be read into. It holds nothing until `keep`. */
  take(id: number): Page {
    const at = id % this.#ids.length;
    this.#ids[at] = 0;
    return this.#pages[at]!;
  }

  /** The frame of `id` holds that page from now on. */
  keep(id: number): void {
    this.#ids[id % this.#ids.length] = id;
  }

  /** Page `id` is written anew. */
  forget(id: number): void {
    const at = id % this.#ids.length;
    if (this.#ids[at] === id) this.#ids[at] = 0;
  }

  /** Whether bytes of this page are good only until the next is read. */
  holds(page: Page): boolean {
    return page.bytes.buffer === this.#pages[0]!.bytes.buffer;
  }

  /** The value of leaf element `index`, valid for good. */
  copyValue(page: Page, index: number): Uint8Array {
    const start = page.valueStart(index);
    const size = page.valueSize(index);
    if (size > sharedMax) return page.bytes.slice(start, start + size);
    if (this.#slabAt + size > this.#slab.length) {
      this.#slab = pageBuffer(slabBytes);
      this.#slabAt = 0;
    }
    const copy = this.#slab.subarray(this.#slabAt, this.#slabAt + size);
    copy.set(page.bytes.subarray(start, start + size));
    this.#slabAt += size;
    return copy;
  }
}
