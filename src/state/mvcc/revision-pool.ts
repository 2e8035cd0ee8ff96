const chunkBits = 12;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;

class Chunk {
  readonly main = new Float64Array(chunkSize);
  /** Sub revision and flags, packed as in `Entries`. */
  readonly mark = new Uint32Array(chunkSize);
  /** The next older revision of the same key, -1 at the end; in a free node the next free one. */
  readonly older = new Int32Array(chunkSize);
  /** A revision further back, or the node itself at the end of the chain. */
  readonly jump = new Int32Array(chunkSize);
  /** Nodes behind this one. */
  readonly depth = new Int32Array(chunkSize);
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
    const chunk = this.#chunks[id >>> chunkBits]!;
    chunk.main[id & chunkMask] = main;
    chunk.mark[id & chunkMask] = mark;
    this.#link(id, older);
    return id;
  }

  #link(id: number, older: number): void {
    const chunk = this.#chunks[id >>> chunkBits]!;
    const at = id & chunkMask;
    chunk.older[at] = older;
    if (older < 0) {
      chunk.jump[at] = id;
      chunk.depth[at] = 0;
      return;
    }
    const back = this.#jump(older);
    const further = this.#jump(back);
    const equal = this.#depth(older) - this.#depth(back) === this.#depth(back) - this.#depth(further);
    chunk.jump[at] = equal ? further : older;
    chunk.depth[at] = this.#depth(older) + 1;
  }

  main(id: number): number {
    return this.#chunks[id >>> chunkBits]!.main[id & chunkMask]!;
  }

  mark(id: number): number {
    return this.#chunks[id >>> chunkBits]!.mark[id & chunkMask]!;
  }

  older(id: number): number {
    return this.#chunks[id >>> chunkBits]!.older[id & chunkMask]!;
  }

  #jump(id: number): number {
    return this.#chunks[id >>> chunkBits]!.jump[id & chunkMask]!;
  }

  #depth(id: number): number {
    return this.#chunks[id >>> chunkBits]!.depth[id & chunkMask]!;
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
      this.#chunks[at >>> chunkBits]!.older[at & chunkMask] = this.#freeHead;
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
