import { copyToSlab } from "./encoder.ts";

const chunkBits = 12;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;
/** What a cached view costs besides its bytes: the view, its place in the queue and in the row's chunk. */
const overheadBytes = 144;

/**
 * The newest KeyValues of rows written or read lately, so that a read of a busy key does not go to the store. What came in
 * first goes out first, used or not, and a value that was overwritten keeps its place in the queue until it comes up: the
 * bytes lie in slabs in this very order, so the bound on what is queued is a bound on the memory, slabs included.
 */
export class KvCache {
  readonly #bytesMax: number;
  readonly #chunks: (Uint8Array | undefined)[][] = [];
  /** Ring of rows and what was put for them; its length is a power of two. */
  #rows = new Int32Array(1024);
  #values: (Uint8Array | undefined)[] = new Array(1024).fill(undefined);
  #head = 0;
  #length = 0;
  bytes = 0;
  hits = 0;
  misses = 0;

  /** 0 caches nothing. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(row: number): Uint8Array | undefined {
    const kv = this.#chunks[row >>> chunkBits]?.[row & chunkMask];
    if (kv === undefined) this.misses++;
    else this.hits++;
    return kv;
  }

  /** `kv` lies in a slab: it comes from the encoder. */
  set(row: number, kv: Uint8Array): void {
    const cost = kv.length + overheadBytes;
    if (cost * 8 > this.#bytesMax) {
      this.delete(row);
      return;
    }
    let chunk = this.#chunks[row >>> chunkBits];
    if (chunk === undefined) {
      chunk = new Array<Uint8Array | undefined>(chunkSize).fill(undefined);
      this.#chunks[row >>> chunkBits] = chunk;
    }
    chunk[row & chunkMask] = kv;
    if (this.#length === this.#rows.length) this.#grow();
    const tail = (this.#head + this.#length++) & (this.#rows.length - 1);
    this.#rows[tail] = row;
    this.#values[tail] = kv;
    this.bytes += cost;
    while (this.bytes > this.#bytesMax) this.#evict();
  }

  /** As `set` for a value that lies elsewhere, on a page of the store: it is copied, not to keep the page. */
  copyIn(row: number, kv: Uint8Array): void {
    if ((kv.length + overheadBytes) * 8 <= this.#bytesMax) this.set(row, copyToSlab(kv));
  }

  delete(row: number): void {
    const chunk = this.#chunks[row >>> chunkBits];
    if (chunk !== undefined) chunk[row & chunkMask] = undefined;
  }

  #evict(): void {
    const head = this.#head;
    const kv = this.#values[head]!;
    const row = this.#rows[head]!;
    const chunk = this.#chunks[row >>> chunkBits]!;
    if (chunk[row & chunkMask] === kv) chunk[row & chunkMask] = undefined;
    this.#values[head] = undefined;
    this.#head = (head + 1) & (this.#rows.length - 1);
    this.#length--;
    this.bytes -= kv.length + overheadBytes;
  }

  #grow(): void {
    const capacity = this.#rows.length;
    const rows = new Int32Array(capacity * 2);
    const values = new Array<Uint8Array | undefined>(capacity * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#head + i) & (capacity - 1);
      rows[i] = this.#rows[at]!;
      values[i] = this.#values[at];
    }
    this.#rows = rows;
    this.#values = values;
    this.#head = 0;
  }
}
