/**
 * RFC 9113 section 8: which header lists are well formed. A field is judged once, by `classifyField`, when it is
 * decoded; the judgement is kept beside it in the dynamic table, so that a repeated field costs nothing.
 */
import type { HeaderList } from "./types.ts";

/** What a field is to the rules. The pseudo-headers' numbers are also their bits in `HeaderFacts.pseudo`. */
export const FieldKind = {
  Regular: 0,
  Method: 1,
  Connect: 2,
  Scheme: 4,
  Authority: 8,
  Path: 16,
  Status: 32,
  ContentLength: 64,
  /** Makes the whole message malformed wherever it stands. */
  Bad: 128,
} as const;

/** A decoded header list and all that the rules need to know of it. */
export class HeaderFacts {
  readonly fields: HeaderList;
  /** As RFC 9113 counts it: 32 + name + value for each field. Counts the fields that were dropped as oversize, too. */
  listSize = 0;
  /** The list passed the limit; `fields` stops before it did. */
  oversize = false;
  /** Bits of `FieldKind`, one for each pseudo-header present. */
  pseudo = 0;
  /** A bad field, a pseudo-header twice or after a regular field, or content-lengths that differ. */
  malformed = false;
  /** Value of content-length, -1 when there is none. */
  contentLength = -1;

  constructor(fields: HeaderList) {
    this.fields = fields;
  }
}

// 1 for the characters a field name may have: RFC 9110's token without upper case (RFC 9113 8.2.1).
const nameCharacters = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  nameCharacters[character.charCodeAt(0)] = 1;
}

function nameIsValid(name: string): boolean {
  if (name.length === 0) return false;
  for (let i = 0; i < name.length; i++) if (nameCharacters[name.charCodeAt(i)] !== 1) return false;
  return true;
}

/** No NUL, CR or LF anywhere, no space or tab at either end. */
function valueIsValid(value: string): boolean {
  const length = value.length;
  if (length === 0) return true;
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(length - 1);
  if (first === 0x20 || first === 0x09 || last === 0x20 || last === 0x09) return false;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code <= 0x0d && (code === 0x00 || code === 0x0a || code === 0x0d)) return false;
  }
  return true;
}

const status = /^[1-9][0-9][0-9]$/;
const digits = /^[0-9]{1,15}$/;

/** Judges one field by itself; one of `FieldKind`. */
export function classifyField(name: string, value: string): number {
  if (!valueIsValid(value)) return FieldKind.Bad;
  if (name.charCodeAt(0) === 0x3a) {
    switch (name) {
      case ":method":
        if (value.length === 0) return FieldKind.Bad;
        return value === "CONNECT" ? FieldKind.Connect : FieldKind.Method;
      case ":scheme":
        return value.length === 0 ? FieldKind.Bad : FieldKind.Scheme;
      case ":authority":
        return FieldKind.Authority;
      case ":path":
        // Origin form, or the asterisk of OPTIONS.
        return value.charCodeAt(0) === 0x2f || value === "*" ? FieldKind.Path : FieldKind.Bad;
      case ":status":
        return status.test(value) ? FieldKind.Status : FieldKind.Bad;
      default:
        return FieldKind.Bad;
    }
  }
  if (!nameIsValid(name)) return FieldKind.Bad;
  switch (name) {
    // What HTTP/1.1 says about the connection has no place here (RFC 9113 8.2.2).
    case "connection":
    case "keep-alive":
    case "proxy-connection":
    case "transfer-encoding":
    case "upgrade":
      return FieldKind.Bad;
    case "te":
      return value === "trailers" ? FieldKind.Regular : FieldKind.Bad;
    case "content-length":
      return digits.test(value) ? FieldKind.ContentLength : FieldKind.Bad;
    default:
      return FieldKind.Regular;
  }
}

/** A request's head (RFC 9113 8.3.1). */
export function isRequestHead(facts: HeaderFacts): boolean {
  if (facts.malformed) return false;
  const needed = FieldKind.Method | FieldKind.Scheme | FieldKind.Path;
  if ((facts.pseudo & ~FieldKind.Authority) === needed) return true;
  return facts.pseudo === (FieldKind.Connect | FieldKind.Authority);
}

/** A response's head, final or informational (RFC 9113 8.3.2). */
export function isResponseHead(facts: HeaderFacts): boolean {
  return !facts.malformed && facts.pseudo === FieldKind.Status;
}

/** A trailer section: no pseudo-header (RFC 9113 8.1). */
export function isTrailers(facts: HeaderFacts): boolean {
  return !facts.malformed && facts.pseudo === 0;
}
