import { Code } from "../../base/index.ts";
import { type Status, status } from "./status.ts";

/** One message encoding besides identity. The implementation stands in the socket adapter, where zlib is at hand. */
export interface MessageCodec {
  /** Name in `grpc-encoding`. */
  readonly name: string;
  compress(message: Uint8Array): Uint8Array;
  /**
   * Throws on bad input. Must stop once more than `bytesMax` bytes came out and return undefined then: a small message
   * may unfold to gigabytes.
   */
  decompress(message: Uint8Array, bytesMax: number): Uint8Array | undefined;
}

/** Answers shorter than this are not worth compressing. */
export const compressBytesMin = 1024;

/** Looks a codec up by its name in `grpc-encoding`. */
export function findCodec(codecs: readonly MessageCodec[], name: string): MessageCodec | undefined {
  for (const codec of codecs) if (codec.name === name) return codec;
  return undefined;
}

/** The value of `grpc-accept-encoding`: what we can decode. */
export function acceptEncoding(codecs: readonly MessageCodec[]): string {
  return ["identity", ...codecs.map((codec) => codec.name)].join(",");
}

/** Unfolds one message; a status says why it could not be. */
export function unfold(codec: MessageCodec | undefined, message: Uint8Array, bytesMax: number): Uint8Array | Status {
  if (codec === undefined) {
    return status(Code.Internal, "grpc: compressed flag set with identity or empty encoding");
  }
  let out: Uint8Array | undefined;
  try {
    out = codec.decompress(message, bytesMax);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return status(Code.Internal, `grpc: failed to decompress the message: ${text}`);
  }
  if (out === undefined) {
    return status(Code.ResourceExhausted, `grpc: received message after decompression larger than max ${bytesMax}`);
  }
  return out;
}
