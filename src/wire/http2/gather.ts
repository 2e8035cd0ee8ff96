/**
 * Output of one connection between two flushes. Small things are written one after the other into a slab, so that a
 * turn's worth of answers is one piece; large payloads are put between the pieces by reference.
 */

/** Enough for some hundred unary answers, small enough that every connection may hold one at the end of a turn. */
const SLAB_BYTES = 32 * 1024;
/** A slab with less room than this left is not worth keeping. */
const SLAB_REST_MIN = 4096;
/**
 * Slabs kept for whoever writes next. As many as connections that have something to say in one turn: memory from outside
 * the heap that comes and goes with each turn makes the collector run all the time.
 */
const SPARE_SLABS_MAX = 256;

interface Slab {
  readonly buffer: Uint8Array;
  /** Everything before may still be read by a socket, or belongs to another connection's output of this turn. */
  used: number;
}

// A slab is carved from the front. What was handed out stays as it is until its taker says that it is done with it.
const spare: Slab[] = [];

const none = new Uint8Array(0);

export class Gather {
  /** The slab being written; `reserve` makes sure of its room. */
  buffer: Uint8Array = none;
  /** Next byte to write. Whoever reserved moves it on. */
  at = 0;
  /** Where the piece begins that ends at `at`. */
  #start = 0;
  #slab: Slab | undefined;
  /** Slabs written to since the last `release`, the current one not among them. Of each, what is ours begins at `used`. */
  #written: Slab[] = [];
  /** How far each of `#written` was filled. */
  #ends: number[] = [];
  #pieces: Uint8Array[] = [];
  /** Bytes in `#pieces`. */
  #pieceBytes = 0;

  get bytes(): number {
    return this.#pieceBytes + (this.at - this.#start);
  }

  /** Makes `bytes` bytes writable at the returned position of `buffer`. */
  reserve(bytes: number): number {
    if (this.buffer.length - this.at < bytes) this.#next(bytes);
    return this.at;
  }

  /** Puts `piece` itself behind what was written so far. */
  reference(piece: Uint8Array): void {
    this.#cut();
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
  }

  /** All pieces in order; the gather is empty afterwards. To be followed by `release`. */
  take(): Uint8Array[] {
    this.#cut();
    this.#leaveSlab();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pieceBytes = 0;
    return pieces;
  }

  /** The slabs go to whoever writes next: from where they were before if nobody reads the taken pieces any more. */
  release(done: boolean): void {
    const written = this.#written;
    for (let i = 0; i < written.length; i++) {
      const slab = written[i]!;
      if (!done) slab.used = this.#ends[i]!;
      if (slab.buffer.length - slab.used >= SLAB_REST_MIN && spare.length < SPARE_SLABS_MAX) spare.push(slab);
    }
    written.length = 0;
    this.#ends.length = 0;
  }

  /** Drops everything. */
  clear(): void {
    this.take();
    this.release(true);
  }

  #cut(): void {
    if (this.at > this.#start) {
      this.#pieces.push(this.buffer.subarray(this.#start, this.at));
      this.#pieceBytes += this.at - this.#start;
      this.#start = this.at;
    }
  }

  #leaveSlab(): void {
    if (this.#slab !== undefined) {
      this.#written.push(this.#slab);
      this.#ends.push(this.at);
    }
    this.#slab = undefined;
    this.buffer = none;
    this.at = 0;
    this.#start = 0;
  }

  #next(bytes: number): void {
    this.#cut();
    this.#leaveSlab();
    let slab = spare.pop();
    if (slab === undefined || slab.buffer.length - slab.used < bytes) {
      if (slab !== undefined) spare.push(slab);
      slab = { buffer: Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes)), used: 0 };
    }
    this.#slab = slab;
    this.buffer = slab.buffer;
    this.at = slab.used;
    this.#start = slab.used;
  }
}
