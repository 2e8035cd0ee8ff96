/**
 * Output of one connection between two flushes. Small things are written one after the other into a slab, so that a
 * turn's worth of answers is one piece; large payloads are put between the pieces by reference.
 */

/** Enough for some hundred unary answers; large enough that carving costs nothing, small enough to waste. */
const SLAB_BYTES = 64 * 1024;
/** A slab with less room than this left is not worth keeping. */
const SLAB_REST_MIN = 4096;
/** Slabs with room left, kept for whoever writes next: bounded by the connections that are dirty in the same turn. */
const SPARE_SLABS_MAX = 16;

interface Slab {
  readonly buffer: Uint8Array;
  /** Everything before belongs to somebody already. */
  used: number;
}

// A slab is carved from the front and never rewritten: what was handed out stays as it is while the socket holds it.
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

  /** All pieces in order; the gather is empty afterwards and holds no slab. */
  take(): Uint8Array[] {
    this.#cut();
    this.#giveBack();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pieceBytes = 0;
    return pieces;
  }

  /** Drops everything. */
  clear(): void {
    this.take();
  }

  #cut(): void {
    if (this.at > this.#start) {
      this.#pieces.push(this.buffer.subarray(this.#start, this.at));
      this.#pieceBytes += this.at - this.#start;
      this.#start = this.at;
    }
  }

  #giveBack(): void {
    const slab = this.#slab;
    if (slab !== undefined) {
      slab.used = this.at;
      if (slab.buffer.length - slab.used >= SLAB_REST_MIN && spare.length < SPARE_SLABS_MAX) spare.push(slab);
    }
    this.#slab = undefined;
    this.buffer = none;
    this.at = 0;
    this.#start = 0;
  }

  #next(bytes: number): void {
    this.#cut();
    this.#giveBack();
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
