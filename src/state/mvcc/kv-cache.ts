import { RecentMisses } from "../../base/index.ts";
import { copyToSlab } from "./encoder.ts";

const chunkBits = 14;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;
/** What a cached view costs besides its bytes: the view, its place in the queue and in the row's chunk. */
const overheadBytes = 144;
/** Of the values that are read, not there and were not missed lately, one in so many is taken in once there is no room left. */
const admitEvery = 8;
/** Rows whose miss is remembered. */
const missesKept = 16_384;

/**
 * The newest KeyValues of rows written or read lately, so that a read of a busy key does not go to the store. What came in
 * first goes out first, used or not, and a value that was overwritten keeps its place in the queue until it comes up: the
 * bytes lie in slabs in this very order, so the bound on what is queued is a bound on the memory, slabs included.
 */
export class KvCache {
  readonly #bytesMax: number;
  /** By row: where in the ring its value stands, plus one; 0 = nowhere. Numbers, so that the collector has nothing to walk. */
  readonly #chunks: Int32Array[] = [];
  /** Ring of rows and what was put for them; its length is a power of two. A value that was replaced stands under no row. */
  #rows = new Int32Array(1024);
  #values: (Uint8Array | undefined)[] = new Array(1024).fill(undefined);
  #head = 0;
  #length = 0;
  readonly #recent = new RecentMisses(missesKept);
  #turnedAway = 0;
  bytes = 0;
  hits = 0;
  misses = 0;

  /** 0 caches nothing. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(row: number): Uint8Array | undefined {
    const place = this.#chunks[row >>> chunkBits]?.[row & chunkMask];
    if (place === undefined || place === 0) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    return this.#values[place - 1];
  }

  /** `kv` lies in a slab: it comes from the encoder. */
  set(row: number, kv: Uint8Array): void {
    const cost = kv.length + overheadBytes;
    if (cost * 8 > this.#bytesMax) {
      this.delete(row);
      return;
    }
    while (row >>> chunkBits >= this.#chunks.length) this.#chunks.push(new Int32Array(chunkSize));
    if (this.#length === this.#rows.length) this.#grow();
    const tail = (this.#head + this.#length++) & (this.#rows.length - 1);
    this.#chunks[row >>> chunkBits]![row & chunkMask] = tail + 1;
    this.#rows[tail] = row;
    this.#values[tail] = kv;
    this.bytes += cost;
    while (this.bytes > this.#bytesMax) this.#evict();
  }

  /**
   * As `set` for a value that was read from the store: it is copied, not to keep what it lies in. Once the cache is full, only those are
   * that were missed a short while ago, too, and some others: reads at random among much more than fits would push out what is written
   * and read again, and gain nothing.
   */
  copyIn(row: number, kv: Uint8Array): void {
    const cost = kv.length + overheadBytes;
    if (cost * 8 > this.#bytesMax) return;
    if (this.bytes + cost > this.#bytesMax && !this.#recent.again(row) && ++this.#turnedAway % admitEvery !== 0) return;
    this.set(row, copyToSlab(kv));
  }

  delete(row: number): void {
    const chunk = this.#chunks[row >>> chunkBits];
    if (chunk !== undefined) chunk[row & chunkMask] = 0;
  }

  #evict(): void {
    const head = this.#head;
    const row = this.#rows[head]!;
    const chunk = this.#chunks[row >>> chunkBits]!;
    if (chunk[row & chunkMask] === head + 1) chunk[row & chunkMask] = 0;
    this.bytes -= this.#values[head]!.length + overheadBytes;
    this.#values[head] = undefined;
    this.#head = (head + 1) & (this.#rows.length - 1);
    this.#length--;
  }

  /** Twice as long, the first in front. */
  #grow(): void {
    const capacity = this.#rows.length;
    const rows = new Int32Array(capacity * 2);
    const values = new Array<Uint8Array | undefined>(capacity * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#head + i) & (capacity - 1);
      const row = this.#rows[at]!;
      rows[i] = row;
      values[i] = this.#values[at];
      // Below zero until all are done: a new place must not be taken for an old one.
      const chunk = this.#chunks[row >>> chunkBits]!;
      if (chunk[row & chunkMask] === at + 1) chunk[row & chunkMask] = -(i + 1);
    }
    for (let i = 0; i < this.#length; i++) {
      const row = rows[i]!;
      const chunk = this.#chunks[row >>> chunkBits]!;
      if (chunk[row & chunkMask] === -(i + 1)) chunk[row & chunkMask] = i + 1;
    }
    this.#rows = rows;
    this.#values = values;
    this.#head = 0;
  }
}
