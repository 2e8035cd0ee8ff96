import { assert } from "../../base/index.ts";

/** Received bytes that wait to be understood: chunks in, exact pieces out, copied only where a piece spans chunks. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are taken already. */
  #offset = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `count` bytes, which must be there. */
  take(count: number): Uint8Array {
    assert(count <= this.#length, "more bytes are taken than there are");
    if (count === 0) return new Uint8Array(0);
    this.#length -= count;
    const first = this.#chunks[0]!;
    const left = first.length - this.#offset;
    if (count <= left) {
      const piece = first.subarray(this.#offset, this.#offset + count);
      this.#skip(count, left);
      return piece;
    }
    const piece = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const chunk = this.#chunks[0]!;
      const here = Math.min(count - at, chunk.length - this.#offset);
      piece.set(chunk.subarray(this.#offset, this.#offset + here), at);
      at += here;
      this.#skip(here, chunk.length - this.#offset);
    }
    return piece;
  }

  takeByte(): number {
    return this.take(1)[0]!;
  }

  /** A big-endian uint64; beyond 2^53 it is rounded, and so above every limit. */
  takeUint64(): number {
    return readUint64(this.take(8), 0);
  }

  #skip(count: number, left: number): void {
    if (count === left) {
      this.#chunks.shift();
      this.#offset = 0;
    } else this.#offset += count;
  }
}

export function readUint64(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  return view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
}

/** Writes eight bytes and returns where the next ones go. */
export function writeUint64(into: Uint8Array, at: number, value: number): number {
  const high = Math.floor(value / 0x1_0000_0000);
  into[at] = high >>> 24;
  into[at + 1] = high >>> 16;
  into[at + 2] = high >>> 8;
  into[at + 3] = high;
  into[at + 4] = value >>> 24;
  into[at + 5] = value >>> 16;
  into[at + 6] = value >>> 8;
  into[at + 7] = value;
  return at + 8;
}
