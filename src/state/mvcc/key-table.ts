import type { Entries } from "./entries.ts";

/** Slots of a segment before it is split in two. */
const segmentSlotsMax = 8192;
const segmentSlotsMin = 64;
/** Splitting further than this cannot help (hashes that are equal in so many bits were made to be): the segment grows instead. */
const depthMax = 20;

class Segment {
  /** Leading bits of the hash that all its keys share. */
  depth: number;
  used = 0;
  /** Pairs (hash, row + 1); row + 1 = 0 means empty. Length is twice a power of two. */
  slots: Int32Array;

  constructor(depth: number, slots: number) {
    this.depth = depth;
    this.slots = new Int32Array(slots * 2);
  }
}

/**
 * From key to row: extendible hashing. The leading bits of a key's hash pick a small open-addressed segment, and only a
 * full segment is split, so no insertion ever pays for all (a `Map` of a million keys stops the loop for tens of
 * milliseconds when it grows, and ends at 2^24).
 */
export class KeyTable {
  readonly #entries: Entries;
  readonly #seed: number;
  /** 2^depth segments by leading bits; neighbours share a segment that is not split as far. */
  #directory: Segment[] = [new Segment(1, segmentSlotsMin), new Segment(1, segmentSlotsMin)];
  /** The slots of each segment of the directory: a look-up goes straight to them. */
  #slots: Int32Array[] = this.#directory.map((segment) => segment.slots);
  #depth = 1;
  /** Hash of the key that `findBytes` looked for last. */
  #sought = 0;

  /** `seed` makes the order of hashes unguessable. */
  constructor(entries: Entries, seed: number) {
    this.#entries = entries;
    this.#seed = seed | 0;
  }

  /** FNV-1a over the bytes, then murmur's finisher, since both ends of the hash are used. */
  #hash(key: string): number {
    let h = this.#seed;
    for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
    return finish(h);
  }

  /** Row of `key`, or -1. */
  find(key: string): number {
    const hash = this.#hash(key);
    const slots = this.#slots[hash >>> (32 - this.#depth)]!;
    const mask = slots.length - 2;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const row = slots[at + 1]! - 1;
      if (row < 0) return -1;
      if (slots[at] === hash && this.#entries.key(row) === key) return row;
    }
  }

  /** As `find`, for the key at bytes[start..end). */
  findBytes(bytes: Uint8Array, start: number, end: number): number {
    let h = this.#seed;
    for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
    const hash = finish(h);
    this.#sought = hash;
    const slots = this.#slots[hash >>> (32 - this.#depth)]!;
    const mask = slots.length - 2;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const row = slots[at + 1]! - 1;
      if (row < 0) return -1;
      if (slots[at] === hash && isKey(this.#entries.key(row), bytes, start, end)) return row;
    }
  }

  /** Adds the key that `findBytes` did not find just now. */
  addSought(row: number): void {
    this.#add(this.#sought, row);
  }

  /** `key` must not be there yet. */
  add(key: string, row: number): void {
    this.#add(this.#hash(key), row);
  }

  #add(hash: number, row: number): void {
    for (;;) {
      const segment = this.#directory[hash >>> (32 - this.#depth)]!;
      const capacity = segment.slots.length / 2;
      if (segment.used * 4 < capacity * 3) {
        put(segment, hash, row);
        return;
      }
      if (capacity < segmentSlotsMax || segment.depth >= depthMax) {
        grow(segment);
        this.#place(hash, segment.depth, segment, segment);
      } else this.#split(segment, hash);
    }
  }

  /** `key` must be there. */
  remove(key: string): void {
    const hash = this.#hash(key);
    const segment = this.#directory[hash >>> (32 - this.#depth)]!;
    const slots = segment.slots;
    const mask = slots.length - 2;
    let at = (hash << 1) & mask;
    while (slots[at] !== hash || this.#entries.key(slots[at + 1]! - 1) !== key) at = (at + 2) & mask;
    segment.used--;
    // Whatever follows without a gap moves up, unless it stands at or behind its own place already.
    for (let hole = at, next = (at + 2) & mask; ; next = (next + 2) & mask) {
      if (slots[next + 1] === 0) {
        slots[hole] = 0;
        slots[hole + 1] = 0;
        return;
      }
      const home = (slots[next]! << 1) & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        slots[hole] = slots[next]!;
        slots[hole + 1] = slots[next + 1]!;
        hole = next;
      }
    }
  }

  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) {
      this.#directory = doubled(this.#directory);
      this.#slots = doubled(this.#slots);
      this.#depth++;
    }
    const depth = segment.depth + 1;
    const low = new Segment(depth, segmentSlotsMax);
    const high = new Segment(depth, segmentSlotsMax);
    const { slots } = segment;
    for (let at = 0; at < slots.length; at += 2) {
      const row = slots[at + 1]! - 1;
      if (row < 0) continue;
      put((slots[at]! >>> (32 - depth)) & 1 ? high : low, slots[at]!, row);
    }
    this.#place(hash, segment.depth, low, high);
  }

  /** Where the directory names the segment of `hash`, whose depth is given, `low` and `high` share its places from now on. */
  #place(hash: number, depth: number, low: Segment, high: Segment): void {
    const span = 1 << (this.#depth - depth);
    const first = (hash >>> (32 - depth)) << (this.#depth - depth);
    for (let i = 0; i < span; i++) {
      const segment = i < span / 2 ? low : high;
      this.#directory[first + i] = segment;
      this.#slots[first + i] = segment.slots;
    }
  }
}

/** Each element twice. */
function doubled<T>(list: readonly T[]): T[] {
  const twice = new Array<T>(list.length * 2);
  for (let i = 0; i < twice.length; i++) twice[i] = list[i >>> 1]!;
  return twice;
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function isKey(key: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function put(segment: Segment, hash: number, row: number): void {
  const { slots } = segment;
  const mask = slots.length - 2;
  let at = (hash << 1) & mask;
  while (slots[at + 1] !== 0) at = (at + 2) & mask;
  slots[at] = hash;
  slots[at + 1] = row + 1;
  segment.used++;
}

function grow(segment: Segment): void {
  const { slots } = segment;
  segment.slots = new Int32Array(slots.length * 2);
  segment.used = 0;
  for (let at = 0; at < slots.length; at += 2) {
    const row = slots[at + 1]! - 1;
    if (row >= 0) put(segment, slots[at]!, row);
  }
}
