/*
 * Text as Go prints it. etcd's commands are read by scripts, so their words, quotes and numbers are part of the interface.
 *
 * Arguments and keys may be any bytes. A byte that is not part of valid UTF-8 travels through our strings as the lone
 * surrogate U+DC80 + (byte - 0x80), which no valid text contains, and becomes that byte again on the way out.
 */

const loneByte = /[\udc80-\udcff]/;

/** Bytes as text; what is not UTF-8 is kept (see above). */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  if (!text.includes("\ufffd")) return text;
  let out = "";
  for (const rune of runes(bytes)) {
    out += rune.valid ? String.fromCodePoint(rune.code) : String.fromCharCode(0xdc00 + rune.code);
  }
  return out;
}

/** Undoes `textOf`; ordinary text becomes UTF-8. */
export function bytesOf(text: string): Uint8Array {
  if (!loneByte.test(text)) return Buffer.from(text, "utf8");
  const pieces: Buffer[] = [];
  for (const piece of text.match(/\p{Cs}|\P{Cs}+/gu) ?? []) {
    const code = piece.charCodeAt(0);
    if (piece.length === 1 && code >= 0xdc80 && code <= 0xdcff) pieces.push(Buffer.of(code - 0xdc00));
    else pieces.push(Buffer.from(piece, "utf8"));
  }
  return Buffer.concat(pieces);
}

interface Rune {
  /** Code point, or the byte itself where the bytes are not UTF-8. */
  readonly code: number;
  readonly valid: boolean;
}

/** Walks over bytes as Go ranges over a string: one byte at a time where they are not UTF-8. */
function* runes(bytes: Uint8Array): Generator<Rune> {
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i]!;
    if (first < 0x80) {
      yield { code: first, valid: true };
      i++;
      continue;
    }
    const more = first >= 0xf0 && first <= 0xf4 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
    let code = more === 3 ? first & 0x07 : more === 2 ? first & 0x0f : first & 0x1f;
    let valid = more > 0 && first <= 0xf4 && i + more < bytes.length;
    for (let k = 1; valid && k <= more; k++) {
      const next = bytes[i + k]!;
      valid = (next & 0xc0) === 0x80;
      code = (code << 6) | (next & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][more]!;
    if (!valid || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      yield { code: first, valid: false };
      i++;
      continue;
    }
    yield { code, valid: true };
    i += more + 1;
  }
}

const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;
const short: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** `%q`: a Go string literal. */
export function quote(value: string | Uint8Array): string {
  const bytes = typeof value === "string" ? bytesOf(value) : value;
  let out = '"';
  for (const { code, valid } of runes(bytes)) {
    const known = short[code];
    if (!valid) out += `\\x${code.toString(16)}`;
    else if (known !== undefined) out += known;
    else if (code === 0x20) out += " ";
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (printable.test(String.fromCodePoint(code))) out += String.fromCodePoint(code);
    else if (code < 0x10000) out += `\\u${code.toString(16).padStart(4, "0")}`;
    else out += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return `${out}"`;
}

/** Reads a Go literal in double quotes that stands at the start of `text`; undefined when there is none. */
export function unquote(text: string): { readonly value: string; readonly length: number } | undefined {
  if (text[0] !== '"') return undefined;
  const pieces: Uint8Array[] = [];
  for (let i = 1; i < text.length; ) {
    const c = text[i]!;
    if (c === '"') return { value: textOf(Buffer.concat(pieces)), length: i + 1 };
    if (c === "\n") return undefined;
    if (c !== "\\") {
      const point = String.fromCodePoint(text.codePointAt(i)!);
      pieces.push(bytesOf(point));
      i += point.length;
      continue;
    }
    const rest = text.slice(i + 1);
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(rest);
    if (hex !== null) {
      const byte =
        hex[1] !== undefined ? Number.parseInt(hex[1], 16) : hex[4] !== undefined ? Number.parseInt(hex[4], 8) : -1;
      const point = hex[2] ?? hex[3];
      if (point !== undefined) {
        const code = Number.parseInt(point, 16);
        if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
        pieces.push(Buffer.from(String.fromCodePoint(code), "utf8"));
      } else if (byte > 255) return undefined;
      else pieces.push(Buffer.of(byte));
      i += 1 + hex[0].length;
      continue;
    }
    const code = Object.entries(short).find(([, known]) => known[1] === rest[0])?.[0];
    if (code === undefined) return undefined;
    pieces.push(Buffer.of(Number(code)));
    i += 2;
  }
  return undefined;
}

/** `%016x`. Negative leases print as Go prints a negative number. */
export function hex16(id: bigint): string {
  return id < 0n ? `-${(-id).toString(16).padStart(15, "0")}` : id.toString(16).padStart(16, "0");
}

/** A duration as Go prints it: `1.5s`, `2m0s`, `312.5µs`. */
export function durationText(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  if (nanoseconds < 0n) return `-${durationText(-nanoseconds)}`;
  const decimal = (value: bigint, unit: bigint): string => {
    const fraction = (value % unit)
      .toString()
      .padStart(unit.toString().length - 1, "0")
      .replace(/0+$/, "");
    return fraction === "" || unit === 1n ? `${value / unit}` : `${value / unit}.${fraction}`;
  };
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 1_000n)}µs`;
  if (nanoseconds < 1_000_000_000n) return `${decimal(nanoseconds, 1_000_000n)}ms`;
  const minute = 60_000_000_000n;
  const seconds = `${decimal(nanoseconds % minute, 1_000_000_000n)}s`;
  const minutes = nanoseconds / minute;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration (`1m30s`, `500ms`); undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const [, sign, body] = /^([+-]?)(.*)$/s.exec(text)!;
  if (body === "0") return 0;
  const part = /^(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/;
  let rest = body!;
  let total = 0;
  if (rest === "") return undefined;
  while (rest !== "") {
    const match = part.exec(rest);
    if (match === null) return undefined;
    total += Number(match[1]) * unitsMs[match[2]!]!;
    rest = rest.slice(match[0].length);
  }
  return sign === "-" ? -total : total;
}

/** Why Go would not parse a number. */
export class NumberProblem extends Error {}

const digits = "0123456789abcdefghijklmnopqrstuvwxyz";

/** strconv.ParseInt and ParseUint; base 0 takes the base from the prefix, as in Go source. Throws `NumberProblem`. */
export function parseInteger(text: string, base: 0 | 10 | 16, signed = true): bigint {
  const name = signed ? "ParseInt" : "ParseUint";
  const wrong = (why: string) => new NumberProblem(`strconv.${name}: parsing ${quote(text)}: ${why}`);
  const [, sign, magnitude] = (signed ? /^([+-]?)(.*)$/s : /^()(.*)$/s).exec(text)!;
  let body = magnitude!;
  let radix = base as number;
  if (base === 0) {
    const prefix = /^0(?:([xX])|([oO]?)|([bB]))(?=.)/s.exec(body);
    radix = prefix === null ? 10 : prefix[1] ? 16 : prefix[3] ? 2 : 8;
    const b = /^0[bB]/.test(body);
    if (b) radix = 2;
    body = body.slice(b ? 2 : (prefix?.[0].length ?? 0)).replace(/_(?=.)/g, "");
  }
  if (body === "") throw wrong("invalid syntax");
  let value = 0n;
  for (const c of body.toLowerCase()) {
    const digit = digits.indexOf(c);
    if (digit < 0 || digit >= radix) throw wrong("invalid syntax");
    value = value * BigInt(radix) + BigInt(digit);
  }
  if (sign === "-") value = -value;
  const [least, most] = signed ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  if (value < least || value > most) throw wrong("value out of range");
  return value;
}

/** Sizes in powers of a thousand with at most one decimal: `20 kB`, `2.1 GB`. */
export function sizeText(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const exponent = Math.min(6, Math.floor(Math.log(bytes) / Math.log(1000)));
  const value = Math.floor((bytes / 1000 ** exponent) * 10 + 0.5) / 10;
  const unit = ["B", "kB", "MB", "GB", "TB", "PB", "EB"][exponent]!;
  // Halves go to the even number, as Go prints them.
  const whole = Math.floor(value);
  const rounded = value - whole === 0.5 ? whole + (whole % 2) : Math.round(value);
  return `${value < 10 ? value.toFixed(1) : rounded} ${unit}`;
}
