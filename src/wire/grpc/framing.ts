import { Code } from "../../base/index.ts";
import { type Status, status } from "./status.ts";

/*
 * A gRPC message on the wire (gRPC over HTTP/2, "Length-Prefixed-Message"):
 *
 *   +--------+----------------+-------------------+
 *   | flag 1 | length 4 (BE)  | message (length)  |
 *   +--------+----------------+-------------------+
 *
 * flag 0 plain, 1 compressed with `grpc-encoding`. DATA frames cut this sequence wherever they like.
 */
export const prefixBytes = 5;

/** Smallest buffer that starts gathering a message which came in parts. */
const gatherBytesMin = 4096;

/** Where the deframer hands its results. */
export interface FrameSink {
  /** One whole message. `bytes` is part of the chunk given to `push` or a buffer of its own; never reused. */
  onFrame(bytes: Uint8Array, compressed: boolean): void;
  /** The stream is unusable; called once, nothing follows. */
  onFrameFault(fault: Status): void;
}

/**
 * Puts messages together again from DATA chunks. A message that lies within one chunk is handed on as a part of that
 * chunk; otherwise it is gathered in a buffer that grows with what really came, so that a prefix alone cannot make us
 * allocate its promised length.
 */
export class Deframer {
  readonly #sink: FrameSink;
  readonly #bytesMax: number;
  /** Prefix bytes seen so far when the prefix itself was cut; 0..4. */
  #prefixSeen = 0;
  #prefix0 = 0;
  #length = 0;
  /** Set while a message is being gathered. */
  #gathered: Uint8Array | undefined;
  #gatheredBytes = 0;
  #broken = false;

  constructor(sink: FrameSink, bytesMax: number) {
    this.#sink = sink;
    this.#bytesMax = bytesMax;
  }

  /**
   * Whether a message has begun and is not complete: an end now is an unexpected one. A cut prefix does not count, as it
   * does not for grpc-go.
   */
  get insideMessage(): boolean {
    return this.#gathered !== undefined;
  }

  /** Takes no more input: what `push` still holds is dropped. */
  stop(): void {
    this.#broken = true;
    this.#gathered = undefined;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    const end = chunk.length;
    while (at < end && !this.#broken) {
      const gathered = this.#gathered;
      if (gathered !== undefined) {
        at += this.#gather(gathered, chunk, at, end);
        continue;
      }
      if (this.#prefixSeen === 0 && end - at >= prefixBytes) {
        this.#prefix0 = chunk[at]!;
        this.#length = chunk[at + 1]! * 0x1000000 + ((chunk[at + 2]! << 16) | (chunk[at + 3]! << 8) | chunk[at + 4]!);
        at += prefixBytes;
      } else {
        // A cut prefix: take it byte by byte.
        const byte = chunk[at++]!;
        if (this.#prefixSeen === 0) this.#prefix0 = byte;
        else this.#length = (this.#prefixSeen === 1 ? 0 : this.#length * 256) + byte;
        if (++this.#prefixSeen < prefixBytes) continue;
        this.#prefixSeen = 0;
      }
      if (!this.#acceptPrefix()) return;
      const length = this.#length;
      if (end - at >= length) {
        this.#sink.onFrame(chunk.subarray(at, at + length), this.#prefix0 === 1);
        at += length;
      } else {
        this.#gathered = Buffer.allocUnsafeSlow(Math.min(length, Math.max(gatherBytesMin, (end - at) * 2)));
        this.#gatheredBytes = 0;
      }
    }
  }

  #acceptPrefix(): boolean {
    const fault = prefixFault(this.#prefix0, this.#length, this.#bytesMax);
    if (fault === undefined) return true;
    this.stop();
    this.#sink.onFrameFault(fault);
    return false;
  }

  /** Copies into the gathering buffer and says how many bytes of the chunk it took. */
  #gather(gathered: Uint8Array, chunk: Uint8Array, at: number, end: number): number {
    const take = Math.min(this.#length - this.#gatheredBytes, end - at);
    const needed = this.#gatheredBytes + take;
    let into = gathered;
    if (needed > into.length) {
      into = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(needed, into.length * 2)));
      into.set(gathered.subarray(0, this.#gatheredBytes));
      this.#gathered = into;
    }
    into.set(at === 0 && end === take ? chunk : chunk.subarray(at, at + take), this.#gatheredBytes);
    this.#gatheredBytes = needed;
    if (needed === this.#length) {
      this.#gathered = undefined;
      this.#sink.onFrame(into.length === needed ? into : into.subarray(0, needed), this.#prefix0 === 1);
    }
    return take;
  }
}

/** What is wrong with a prefix, in grpc-go's words, or undefined. */
export function prefixFault(flag: number, length: number, bytesMax: number): Status | undefined {
  if (length > bytesMax) {
    return status(Code.ResourceExhausted, `grpc: received message larger than max (${length} vs. ${bytesMax})`);
  }
  if (flag > 1) return status(Code.Internal, `grpc: received unexpected payload format ${flag}`);
  return undefined;
}

/** Prefixes of plain messages by length, made when they are first needed: most answers of a server are alike. Never written to. */
const prefixes: (Uint8Array | undefined)[] = new Array(4096).fill(undefined);

/** The 5 bytes in front of a message of `length` bytes. */
export function messagePrefix(length: number, compressed: boolean): Uint8Array {
  if (compressed || length >= prefixes.length) return makePrefix(length, compressed);
  prefixes[length] ??= makePrefix(length, false);
  return prefixes[length];
}

function makePrefix(length: number, compressed: boolean): Uint8Array {
  const prefix = new Uint8Array(prefixBytes);
  writePrefix(prefix, 0, length, compressed);
  return prefix;
}

export function writePrefix(into: Uint8Array, at: number, length: number, compressed: boolean): void {
  into[at] = compressed ? 1 : 0;
  into[at + 1] = length >>> 24;
  into[at + 2] = length >>> 16;
  into[at + 3] = length >>> 8;
  into[at + 4] = length;
}

/** The pieces of a framed message, ready for DATA frames. */
export function frameReply(reply: Uint8Array | readonly Uint8Array[]): Uint8Array[] {
  if (reply instanceof Uint8Array) return [messagePrefix(reply.length, false), reply];
  if (!Array.isArray(reply)) throw new TypeError(`a message must be bytes (Uint8Array), not ${typeof reply}`);
  let length = 0;
  for (const piece of reply) {
    // The length moves the windows of the whole connection, so it has to be a true one.
    if (!(piece instanceof Uint8Array))
      throw new TypeError(`a message must be bytes (Uint8Array), not ${typeof piece}`);
    length += piece.length;
  }
  return [messagePrefix(length, false), ...reply];
}
