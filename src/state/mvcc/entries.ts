import { assert } from "../../base/index.ts";

const chunkBits = 12;
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

class Chunk {
  readonly keys: string[] = new Array<string>(chunkSize).fill("");
  /** Main revision of the newest change. */
  readonly main = new Float64Array(chunkSize);
  /** Its sub revision and flags: TOMBSTONE, and LEASED when the stored KeyValue names a lease. */
  readonly mark = new Uint32Array(chunkSize);
  /** Main revision that created the living generation; meaningless under a tombstone. */
  readonly created = new Float64Array(chunkSize);
  /** Puts in the living generation; meaningless under a tombstone. */
  readonly version = new Float64Array(chunkSize);
  /** Node of the next older revision in the `RevisionPool`, -1 when there is none. */
  readonly older = new Int32Array(chunkSize);
}

/**
 * The key index's rows, a number each, kept in columns: 36 bytes a key beside the key itself, nothing for the collector
 * to walk but the strings. Chunks, so that growing never copies. A key with one revision costs nothing more.
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
    let chunk = this.#chunks[id >>> chunkBits];
    if (chunk === undefined) {
      chunk = new Chunk();
      this.#chunks.push(chunk);
    }
    const at = id & chunkMask;
    chunk.keys[at] = key;
    chunk.main[at] = main;
    chunk.mark[at] = mark;
    chunk.created[at] = created;
    chunk.version[at] = version;
    chunk.older[at] = -1;
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
    return this.#chunks[id >>> chunkBits]!.main[id & chunkMask]!;
  }

  mark(id: number): number {
    return this.#chunks[id >>> chunkBits]!.mark[id & chunkMask]!;
  }

  created(id: number): number {
    return this.#chunks[id >>> chunkBits]!.created[id & chunkMask]!;
  }

  version(id: number): number {
    return this.#chunks[id >>> chunkBits]!.version[id & chunkMask]!;
  }

  older(id: number): number {
    return this.#chunks[id >>> chunkBits]!.older[id & chunkMask]!;
  }

  live(id: number): boolean {
    return (this.#chunks[id >>> chunkBits]!.mark[id & chunkMask]! & TOMBSTONE) === 0;
  }

  setOlder(id: number, node: number): void {
    this.#chunks[id >>> chunkBits]!.older[id & chunkMask] = node;
  }

  /** Makes another revision the newest; `older` is the node that now holds the one before. */
  advance(id: number, main: number, mark: number, created: number, version: number, older: number): void {
    const chunk = this.#chunks[id >>> chunkBits]!;
    const at = id & chunkMask;
    chunk.main[at] = main;
    chunk.mark[at] = mark;
    chunk.created[at] = created;
    chunk.version[at] = version;
    chunk.older[at] = older;
  }
}
