const chunkBits = 14;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;

/** A node's numbers lie together: the main revision as a double, then words. */
const doublesPerNode = 3;
const wordsPerNode = 6;
/** Sub revision and flags, packed as in `Entries`. */
const markAt = 2;
/** The next older revision of the same key, -1 at the end; in a free node the next free one. */
const olderAt = 3;
/** A revision further back, or the node itself at the end of the chain. */
const jumpAt = 4;
/** Nodes behind this one. */
const depthAt = 5;

class Chunk {
  readonly doubles = new Float64Array(chunkSize * doublesPerNode);
  readonly words = new Int32Array(this.doubles.buffer);
}

/**
 * Revisions that were superseded and not yet compacted, 24 bytes each: per key a chain from newer to older. Each node
 * also jumps back over a stretch (Myers' skew-binary list), so the revision that held at some point in time is found in
 * a logarithmic number of steps, though a key were written a million times.
 */
export class RevisionPool {
  readonly #chunks: Chunk[] = [];
  #freeHead = -1;
  #next = 0;
  #free = 0;

  /** Nodes in use. */
  get size(): number {
    return this.#next - this.#free;
  }

  /** A node in front of `older` (-1: the first of its chain). */
  add(older: number, main: number, mark: number): number {
    let id = this.#freeHead;
    if (id >= 0) {
      this.#freeHead = this.older(id);
      this.#free--;
    } else {
      id = this.#next++;
      if (id >>> chunkBits === this.#chunks.length) this.#chunks.push(new Chunk());
    }
    const { doubles, words } = this.#chunks[id >>> chunkBits]!;
    doubles[(id & chunkMask) * doublesPerNode] = main;
    words[(id & chunkMask) * wordsPerNode + markAt] = mark;
    this.#link(id, older);
    return id;
  }

  #link(id: number, older: number): void {
    const { words } = this.#chunks[id >>> chunkBits]!;
    const at = (id & chunkMask) * wordsPerNode;
    words[at + olderAt] = older;
    if (older < 0) {
      words[at + jumpAt] = id;
      words[at + depthAt] = 0;
      return;
    }
    const back = this.#jump(older);
    const further = this.#jump(back);
    const equal = this.#depth(older) - this.#depth(back) === this.#depth(back) - this.#depth(further);
    words[at + jumpAt] = equal ? further : older;
    words[at + depthAt] = this.#depth(older) + 1;
  }

  main(id: number): number {
    return this.#chunks[id >>> chunkBits]!.doubles[(id & chunkMask) * doublesPerNode]!;
  }

  mark(id: number): number {
    return this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerNode + markAt]! >>> 0;
  }

  older(id: number): number {
    return this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerNode + olderAt]!;
  }

  #jump(id: number): number {
    return this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerNode + jumpAt]!;
  }

  #depth(id: number): number {
    return this.#chunks[id >>> chunkBits]!.words[(id & chunkMask) * wordsPerNode + depthAt]!;
  }

  /** The newest node from `head` on whose main revision is at most `main`, or -1. */
  newestAt(head: number, main: number): number {
    let id = head;
    while (id >= 0 && this.main(id) > main) {
      const jump = this.#jump(id);
      id = jump !== id && this.main(jump) > main ? jump : this.older(id);
    }
    return id;
  }

  /** Length of the chain that starts at `id`; 0 for -1. */
  heightOf(id: number): number {
    return id < 0 ? 0 : this.#depth(id) + 1;
  }

  /** The node of the chain from `head` with this height; -1 for 0. */
  atHeight(head: number, height: number): number {
    if (height === 0) return -1;
    let id = head;
    while (this.heightOf(id) > height) {
      const jump = this.#jump(id);
      id = jump !== id && this.heightOf(jump) >= height ? jump : this.older(id);
    }
    return id;
  }

  /** Gives up `id` and all behind it. */
  drop(id: number): void {
    for (let at = id; at >= 0; ) {
      const older = this.older(at);
      this.#chunks[at >>> chunkBits]!.words[(at & chunkMask) * wordsPerNode + olderAt] = this.#freeHead;
      this.#freeHead = at;
      this.#free++;
      at = older;
    }
  }

  /** Makes `last` the end of the chain that starts at `head`, gives up what was behind it and links the rest anew. */
  cutBehind(head: number, last: number): void {
    const behind = this.older(last);
    if (behind < 0) return;
    const kept: number[] = [];
    for (let id = head; id !== last; id = this.older(id)) kept.push(id);
    this.drop(behind);
    this.#link(last, -1);
    let older = last;
    for (let i = kept.length - 1; i >= 0; i--) {
      this.#link(kept[i]!, older);
      older = kept[i]!;
    }
  }
}
