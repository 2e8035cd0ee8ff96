import { Http2Code, Http2Error } from "./errors.ts";
import { DEFAULT_FRAME_BYTES } from "./frames.ts";

export interface PartialBlockOptions {
  readonly maxHeaderListBytes: number;
  readonly maxContinuations: number;
}

/**
 * A header block whose HEADERS came without END_HEADERS, while it waits for its CONTINUATION frames. There is at most one
 * on a connection, since nothing may come between its frames (RFC 9113 6.10).
 */
export class PartialBlock {
  readonly #continuationsMax: number;
  readonly #bytesMax: number;
  /** Stream of the block; 0 when none is under way. */
  streamId = 0;
  /** END_STREAM of its HEADERS. */
  endStream = false;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #continuations = 0;

  constructor(options: PartialBlockOptions) {
    this.#continuationsMax = options.maxContinuations;
    // Huffman code and indexes make a block smaller than its list; nobody honest makes it twice as large.
    this.#bytesMax = 2 * options.maxHeaderListBytes + DEFAULT_FRAME_BYTES;
  }

  begin(streamId: number, endStream: boolean, part: Uint8Array): void {
    this.streamId = streamId;
    this.endStream = endStream;
    this.#parts = [];
    this.#bytes = 0;
    this.#continuations = 0;
    this.#keep(part);
  }

  /**
   * Adds what a CONTINUATION brought.
   * @throws Http2Error when the block grows beyond what any legal list needs
   */
  add(part: Uint8Array): void {
    this.#keep(part);
    if (++this.#continuations > this.#continuationsMax || this.#bytes > this.#bytesMax) {
      throw new Http2Error(Http2Code.ENHANCE_YOUR_CALM, "header block too large");
    }
  }

  /** The whole block; none is under way any more. */
  finish(): Uint8Array {
    const block = Buffer.concat(this.#parts, this.#bytes);
    this.drop();
    return block;
  }

  drop(): void {
    this.streamId = 0;
    this.#parts = [];
  }

  #keep(part: Uint8Array): void {
    // Copied, so that a few bytes that wait do not pin the socket's chunk.
    this.#parts.push(Buffer.from(part));
    this.#bytes += part.length;
  }
}
