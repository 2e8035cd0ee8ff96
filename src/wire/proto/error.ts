/** Why bytes are no message. `Depth` and `Range` are bounds of ours, the rest break protobuf's own rules. */
export type DecodeCode =
  /** A field or a length reaches past the end of its message. */
  | "Truncated"
  /** A varint of more than ten bytes or above 64 bits. */
  | "Varint"
  /** A field number outside 1..2^29-1 or a wire type that does not exist. */
  | "Tag"
  /** A group that ends without having begun, or begins without ending. */
  | "Group"
  /** A proto3 string that is not UTF-8. */
  | "Utf8"
  /** Messages nested deeper than `DEPTH_MAX`. */
  | "Depth"
  /** A counter of raft or the log above 2^53 - 1, where a number would lose it. */
  | "Range";

/** The world's fault: these bytes are not a message of the type asked for. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly code: DecodeCode;

  constructor(code: DecodeCode, message: string) {
    super(`proto: ${message}`);
    this.code = code;
  }
}

/**
 * The caller's fault: a message that is not what its type says. It fails alone; what was encoded before and what is encoded after are
 * not touched.
 */
export class EncodeError extends TypeError {
  override readonly name = "EncodeError";

  constructor(message: string) {
    super(`proto: ${message}`);
  }
}
