import { pageBuffer } from "./format.ts";

const slabBytes = 256 * 1024;
/** Kept for the next transaction: 1 MiB. */
const slabsKept = 4;

/**
 * Memory for the leaves that a write transaction reads to take them apart: nobody needs them after it, so the next one reads over
 * them. Memory of their own would be some hundred kilobytes a commit for the collector.
 */
export class Arena {
  readonly #pageSize: number;
  readonly #slabs: Uint8Array[] = [];
  /** Slab in use, and the first free byte of it. */
  #slab = 0;
  #at = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** Room for one page, until `reset`. */
  take(): Uint8Array {
    const pageSize = this.#pageSize;
    if (this.#slab < this.#slabs.length && this.#at + pageSize > this.#slabs[this.#slab]!.length) {
      this.#slab++;
      this.#at = 0;
    }
    if (this.#slab === this.#slabs.length) this.#slabs.push(pageBuffer(Math.max(slabBytes, pageSize)));
    const start = this.#at;
    this.#at += pageSize;
    return this.#slabs[this.#slab]!.subarray(start, start + pageSize);
  }

  /** The transaction is over. */
  reset(): void {
    this.#slabs.length = Math.min(this.#slabs.length, slabsKept);
    this.#slab = 0;
    this.#at = 0;
  }
}
