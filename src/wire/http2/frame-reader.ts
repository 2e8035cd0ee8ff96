import { Http2Code, Http2Error } from "./errors.ts";
import { CLIENT_PREFACE, FRAME_HEAD_BYTES } from "./frames.ts";

/** Takes the frames that were read. */
export interface FrameSink {
  /** One whole frame: its head at `source[at]`, `length` bytes of payload behind it. False ends the reading. */
  frame(source: Uint8Array, at: number, length: number): boolean;
  /** A frame above the limit, known by its head alone. Throws. */
  tooLong(source: Uint8Array, at: number): never;
}

/**
 * Cuts what a connection receives into frames (RFC 9113 4.1), whatever pieces it comes in. A frame that lies within one chunk
 * is read in place; one that is split is gathered, once, in a buffer of its own, so that views of it may be kept as views
 * of a chunk may.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #frameBytesMax: number;
  /** Bytes of the client preface that were seen; all of them for a client. */
  #prefaceAt: number;
  /** A frame that did not come whole: its head in `#head`, once that is whole its bytes with head in `#partial`. */
  readonly #head = new Uint8Array(FRAME_HEAD_BYTES);
  #partial: Uint8Array | undefined;
  #partialBytes = 0;

  /** `server`: the client's preface comes before the first frame. */
  constructor(sink: FrameSink, server: boolean, frameBytesMax: number) {
    this.#sink = sink;
    this.#prefaceAt = server ? 0 : CLIENT_PREFACE.length;
    this.#frameBytesMax = frameBytesMax;
  }

  /** A frame began and is not complete. */
  get insideFrame(): boolean {
    return this.#partialBytes > 0;
  }

  /** Forgets what it holds; nothing may be read any more. */
  close(): void {
    this.#partial = undefined;
  }

  /** @throws Http2Error for a wrong preface, and whatever the sink throws */
  read(chunk: Uint8Array): void {
    let at = 0;
    const end = chunk.length;
    while (this.#prefaceAt < CLIENT_PREFACE.length && at < end) {
      if (chunk[at++] !== CLIENT_PREFACE[this.#prefaceAt++]) {
        throw new Http2Error(Http2Code.PROTOCOL_ERROR, "bad connection preface");
      }
    }
    if (this.#partialBytes > 0) {
      at = this.#complete(chunk, at);
      if (at < 0) return;
    }
    while (end - at >= FRAME_HEAD_BYTES) {
      const length = (chunk[at]! << 16) | (chunk[at + 1]! << 8) | chunk[at + 2]!;
      if (length > this.#frameBytesMax) this.#sink.tooLong(chunk, at);
      const next = at + FRAME_HEAD_BYTES + length;
      if (next > end) break;
      if (!this.#sink.frame(chunk, at, length)) return;
      at = next;
    }
    if (at < end) this.#keep(chunk, at);
  }

  /** Finishes the frame that came in parts; returns where in `chunk` the next one starts, -1 when the sink has enough. */
  #complete(chunk: Uint8Array, start: number): number {
    let at = start;
    if (this.#partial === undefined) {
      while (this.#partialBytes < FRAME_HEAD_BYTES && at < chunk.length) {
        this.#head[this.#partialBytes++] = chunk[at++]!;
      }
      if (this.#partialBytes < FRAME_HEAD_BYTES) return at;
      this.#openPartial();
    }
    const partial = this.#partial!;
    const take = Math.min(partial.length - this.#partialBytes, chunk.length - at);
    partial.set(chunk.subarray(at, at + take), this.#partialBytes);
    this.#partialBytes += take;
    at += take;
    if (this.#partialBytes < partial.length) return at;
    this.#partial = undefined;
    this.#partialBytes = 0;
    return this.#sink.frame(partial, 0, partial.length - FRAME_HEAD_BYTES) ? at : -1;
  }

  /** Puts the rest of a chunk, which is less than a frame, aside. */
  #keep(chunk: Uint8Array, at: number): void {
    const rest = chunk.length - at;
    const headBytes = Math.min(rest, FRAME_HEAD_BYTES);
    for (let i = 0; i < headBytes; i++) this.#head[i] = chunk[at + i]!;
    this.#partialBytes = headBytes;
    if (headBytes < FRAME_HEAD_BYTES) return;
    this.#openPartial();
    this.#partial!.set(chunk.subarray(at + FRAME_HEAD_BYTES), FRAME_HEAD_BYTES);
    this.#partialBytes = rest;
  }

  #openPartial(): void {
    const head = this.#head;
    const length = (head[0]! << 16) | (head[1]! << 8) | head[2]!;
    if (length > this.#frameBytesMax) this.#sink.tooLong(head, 0);
    this.#partial = Buffer.allocUnsafeSlow(FRAME_HEAD_BYTES + length);
    this.#partial.set(head, 0);
  }
}
