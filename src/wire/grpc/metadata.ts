import { Code } from "../../base/index.ts";
import { GrpcError } from "./status.ts";

/** Metadata to send: names in lower case; a name that ends in `-bin` takes bytes, every other one printable ASCII. */
export type MetadataFields = readonly (readonly [name: string, value: string | Uint8Array])[];

type WireField = readonly [name: string, value: string];

/**
 * Custom metadata of one side of a call: a read-only view on the header fields as they came. Made only when somebody
 * asks, look-ups are linear: calls carry a handful of fields.
 */
export class Metadata {
  readonly #fields: readonly WireField[];

  constructor(fields: readonly WireField[]) {
    this.#fields = fields;
  }

  static readonly empty = new Metadata([]);

  /** First value of a name (lower case), or undefined. Values are latin1: one character a byte of the wire. */
  get(name: string): string | undefined {
    for (const field of this.#fields) if (field[0] === name && !isReserved(name)) return field[1];
    return undefined;
  }

  getAll(name: string): string[] {
    if (isReserved(name)) return [];
    return this.#fields.filter((field) => field[0] === name).map((field) => field[1]);
  }

  /** First value of a `-bin` name, decoded; undefined when absent or not base64. */
  getBinary(name: string): Uint8Array | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : decodeBinary(value);
  }

  /** All custom fields in order, `-bin` values decoded. */
  entries(): MetadataFields {
    const out: (readonly [string, string | Uint8Array])[] = [];
    for (const [name, value] of this.#fields) {
      if (isReserved(name)) continue;
      if (!name.endsWith("-bin")) {
        out.push([name, value]);
        continue;
      }
      // Several binary values may have been joined by commas on the way.
      for (const part of value.split(",")) {
        const bytes = decodeBinary(part);
        if (bytes !== undefined) out.push([name, bytes]);
      }
    }
    return out;
  }
}

/** Names that belong to HTTP/2 and to gRPC itself: never shown to applications, never taken from them. */
export function isReserved(name: string): boolean {
  switch (name) {
    case "content-type":
    case "te":
    case "connection":
    case "grpc-timeout":
    case "grpc-encoding":
    case "grpc-accept-encoding":
    case "grpc-message-type":
    case "grpc-status":
    case "grpc-message":
      return true;
    default:
      return name.charCodeAt(0) === 0x3a;
  }
}

/** Decodes base64 with or without padding; undefined when it is neither. */
export function decodeBinary(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}

const nameForm = /^[0-9a-z_.-]+$/;
const valueForm = /^[\x20-\x7e]*$/;

/** Encodes fields for the wire (binary ones as unpadded base64). Refuses what no header may carry. */
export function encodeFields(fields: MetadataFields): [string, string][] {
  const out: [string, string][] = [];
  for (const [name, value] of fields) {
    if (!nameForm.test(name)) throw new GrpcError(Code.Internal, `header key "${name}" contains illegal characters`);
    if (isReserved(name)) continue;
    if (name.endsWith("-bin")) {
      const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : Buffer.from(value);
      out.push([name, bytes.toString("base64").replace(/=+$/, "")]);
      continue;
    }
    const text = typeof value === "string" ? value : Buffer.from(value).toString("latin1");
    if (!valueForm.test(text)) {
      throw new GrpcError(Code.Internal, `header key "${name}" contains value with non-printable ASCII characters`);
    }
    out.push([name, text]);
  }
  return out;
}
