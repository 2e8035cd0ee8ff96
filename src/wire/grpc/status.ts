import { Code, codeName, InvariantError } from "../../base/index.ts";
import type { MetadataFields } from "./metadata.ts";

/** How a call ended. `message` is any text; it is percent-encoded on the wire. */
export interface Status {
  readonly code: Code;
  readonly message: string;
  /** Further trailers, e.g. `grpc-status-details-bin`. */
  readonly metadata?: MetadataFields | undefined;
  /** Clients only: the server certainly did not take the call up, so it may be sent again even if it writes. */
  readonly unsent?: boolean | undefined;
}

export const statusOk: Status = { code: Code.OK, message: "" };

export function status(code: Code, message: string): Status {
  return { code, message };
}

/** A call that failed, as a client sees it; a server's handler may throw it too. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: Code;
  readonly metadata: MetadataFields | undefined;
  /** The server certainly did not take the call up. */
  readonly unsent: boolean;

  constructor(code: Code, message: string, metadata?: MetadataFields, unsent = false) {
    super(message);
    this.code = code;
    this.metadata = metadata;
    this.unsent = unsent;
  }

  /** As grpc-go prints it: `rpc error: code = NotFound desc = ...`. */
  get goText(): string {
    return goStatusText(this.code, this.message);
  }
}

/** The text form of a status in Go; etcd puts it into `cancel_reason` of a refused watch. */
export function goStatusText(code: number, message: string): string {
  return `rpc error: code = ${codeName(code)} desc = ${message}`;
}

/**
 * Turns whatever a handler threw into a status. Our coded errors (`EtcdError`, `GrpcError`) carry the gRPC code
 * themselves; a broken invariant is thrown on; any other error goes out as Unknown with its message, which is what grpc-go does with a plain error.
 */
export function statusOf(error: unknown): Status {
  // A broken invariant is no answer to a client: it must end the member.
  if (error instanceof InvariantError) throw error;
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code === "number" && Number.isInteger(code) && code >= 0 && code <= 16) {
      const metadata = (error as { metadata?: MetadataFields }).metadata;
      return metadata === undefined
        ? { code: code as Code, message: error.message }
        : { code: code as Code, message: error.message, metadata };
    }
    return { code: Code.Unknown, message: error.message };
  }
  return { code: Code.Unknown, message: String(error) };
}

const encoder = new TextEncoder();
const hex = "0123456789ABCDEF";

/** Percent-encodes UTF-8 bytes outside 0x20..0x7e, and `%`, for `grpc-message`. */
export function encodeMessage(text: string): string {
  let plain = true;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || c > 0x7e || c === 0x25) {
      plain = false;
      break;
    }
  }
  if (plain) return text;
  let out = "";
  for (const b of encoder.encode(text)) {
    out += b < 0x20 || b > 0x7e || b === 0x25 ? `%${hex[b >> 4]}${hex[b & 15]}` : String.fromCharCode(b);
  }
  return out;
}

/** Undoes `encodeMessage`; a broken escape is kept as it stands and never an error, as the specification demands. */
export function decodeMessage(wire: string): string {
  if (!wire.includes("%")) return Buffer.from(wire, "latin1").toString("utf8");
  const bytes = Buffer.alloc(wire.length);
  let n = 0;
  for (let i = 0; i < wire.length; i++) {
    const c = wire.charCodeAt(i);
    if (c === 0x25 && i + 2 < wire.length) {
      const pair = wire.slice(i + 1, i + 3);
      if (/^[0-9a-fA-F]{2}$/.test(pair)) {
        bytes[n++] = Number.parseInt(pair, 16);
        i += 2;
        continue;
      }
    }
    bytes[n++] = c & 0xff;
  }
  return bytes.toString("utf8", 0, n);
}
