import { assert } from "../../base/index.ts";

const chunkBits = 14;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;

/** Bits of a mark: `sub * 4 + flags`. */
export const TOMBSTONE = 1;
export const LEASED = 2;

/** Packs a sub revision with its flags into 32 bits. */
export function packMark(sub: number, flags: number): number {
  assert(sub < 0x4000_0000, "more than 2^30 changes in one transaction");
  return sub * 4 + flags;
}

export function subOfMark(mark: number): number {
  return mark >>> 2;
}

/** Words of a row: its numbers lie together, so that a key met at random costs one line of the processor's cache. */
const doublesPerRow = 4;
const wordsPerRow = 8;
// As doubles:
/** Main revision of the newest change. */
const mainAt = 0;
/** Main revision that created the living generation; meaningless under a tombstone. */
const createdAt = 1;
/** Puts in the living generation; meaningless under a tombstone. */
const versionAt = 2;
// As 32-bit words, in the place of the fourth double:
/** Sub revision and flags of the newest change: TOMBSTONE, and LEASED when the stored KeyValue names a lease. */
const markAt = 6;
/** Node of the next older revision in the `RevisionPool`, -1 when there is none. */
const olderAt = 7;

class Chunk {
  readonly keys: string[] = new Array<string>(chunkSize).fill("");
  readonly doubles = new Float64Array(chunkSize * doublesPerRow);
  readonly words = new Int32Array(this.doubles.buffer);
}

/**
 * The key index's rows, a number each: 32 bytes a key beside the key itself, nothing for the collector to walk but the
 * strings. Chunks, so that growing never copies. A key with one revision costs nothing more.
 */
export class Entries {
  readonly #chunks: Chunk[] = [];
  readonly #free: number[] = [];
  #next = 0;

  /** Rows in use. */
  get size(): number {
    return this.#next - this.#free.length;
  }

  add(key: string, main: number, mark: number, created: number, version: number): number {
    const id = this.#free.pop() ?? this.#next++;
    if (id >>> chunkBits === this.#chunks.length) this.#chunks.push(new Chunk());
    this.#chunks[id >>> chunkBits]!.keys[id & chunkMask] = key;
    this.advance(id, main, mark, created, version, -1);
    return id;
  }

  remove(id: number): void {
    this.#chunks[id >>> chunkBits]!.keys[id & chunkMask] = "";
    this.#free.push(id);
  }

  key(id: number): string {
    return this.#chunks[id >>> chunkBits]!.keys[id & chunkMask]!;
  }

  main(id: number): number {
    return this.#chunks[id >>> chunkBits]!.doubles[(id & chunkMask) * doublesPerRow + mainAt]!;
  }

  mark(id: number): number {
    return this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerRow + markAt]! >>> 0;
  }

  created(id: number): number {
    return this.#chunks[id >>> chunkBits]!.doubles[(id & chunkMask) * doublesPerRow + createdAt]!;
  }

  version(id: number): number {
    return this.#chunks[id >>> chunkBits]!.doubles[(id & chunkMask) * doublesPerRow + versionAt]!;
  }

  older(id: number): number {
    return this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerRow + olderAt]!;
  }

  live(id: number): boolean {
    return (this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerRow + markAt]! & TOMBSTONE) === 0;
  }

  setOlder(id: number, node: number): void {
    this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerRow + olderAt] = node;
  }

  /** Makes another revision the newest; `older` is the node that now holds the one before. */
  advance(id: number, main: number, mark: number, created: number, version: number, older: number): void {
    const { doubles, words } = this.#chunks[id >>> chunkBits]!;
    const double = (id & chunkMask) * doublesPerRow;
    const word = (id & chunkMask) * wordsPerRow;
    doubles[double + mainAt] = main;
    doubles[double + createdAt] = created;
    doubles[double + versionAt] = version;
    words[word + markAt] = mark;
    words[word + olderAt] = older;
  }
}
