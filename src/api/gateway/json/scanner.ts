/**
 * Finds where the first JSON value of a text ends, or says why there is none, in the words of Go's encoding/json: that is what etcd's gateway
 * reads a body with before it looks at the message, and clients print its texts.
 *
 * Texts here and in `decode.ts` are "byte strings": one char code per byte of the UTF-8 that came in, so that an index is a byte position.
 */

/** Nesting of brackets that Go's scanner takes. */
const NESTING_MAX = 10_000;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** A byte as Go quotes it in its errors: 'x', '\'', '"', '\n', '\x01', 'Ã'. */
function quoteByte(code: number): string {
  if (code === 0x27) return "'\\''";
  if (code === QUOTE) return "'\"'";
  return `'${escapeByte(code)}'`;
}

const SHORT_ESCAPES: Record<number, string> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  92: "\\\\",
};

function escapeByte(code: number): string {
  const short = SHORT_ESCAPES[code];
  if (short !== undefined) return short;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  // Latin-1 controls, the no-break space and the soft hyphen do not print.
  if ((code >= 0x80 && code <= 0xa0) || code === 0xad) return `\\u00${code.toString(16)}`;
  return String.fromCharCode(code);
}

/** Where a value of the text lies: `[start, end)`. */
export interface Extent {
  start: number;
  end: number;
}

/** The first value of `text`; undefined when it holds white space only. Throws `JsonSyntaxError`. */
export function firstValue(text: string): Extent | undefined {
  const start = skipSpace(text, 0);
  if (start === text.length) return undefined;
  return { start, end: endOfValue(text, start) };
}

/** Where the value that begins at `start` ends, checking all of it. Iterative: nesting costs no stack. */
export function endOfValue(text: string, start: number): number {
  const open: number[] = [];
  let at = start;
  for (;;) {
    // A value begins here.
    at = skipSpace(text, at);
    const code = need(text, at);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (open.length >= NESTING_MAX) fail(code, "exceeded max depth");
      open.push(code);
      at = skipSpace(text, at + 1);
      const next = need(text, at);
      if (code === OPEN_BRACE) {
        if (next !== CLOSE_BRACE) {
          at = endOfName(text, at);
          continue;
        }
      } else if (next !== CLOSE_BRACKET) continue;
      open.pop();
      at++;
    } else at = endOfScalar(text, at, code);

    // A value ended; close what ends with it.
    for (;;) {
      const container = open.at(-1);
      if (container === undefined) return at;
      at = skipSpace(text, at);
      const after = need(text, at);
      at++;
      if (after === COMMA) {
        if (container === OPEN_BRACE) at = endOfName(text, skipSpace(text, at));
        break;
      }
      if (after !== (container === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET))
        fail(after, container === OPEN_BRACE ? "after object key:value pair" : "after array element");
      open.pop();
    }
  }
}

/** Passes a name and its colon. */
function endOfName(text: string, at: number): number {
  const code = need(text, at);
  if (code !== QUOTE) fail(code, "looking for beginning of object key string");
  const end = skipSpace(text, endOfString(text, at));
  const colon = need(text, end);
  if (colon !== COLON) fail(colon, "after object key");
  return end + 1;
}

function endOfScalar(text: string, at: number, code: number): number {
  switch (code) {
    case QUOTE:
      return endOfString(text, at);
    case 0x74:
      return endOfLiteral(text, at, "true");
    case 0x66:
      return endOfLiteral(text, at, "false");
    case 0x6e:
      return endOfLiteral(text, at, "null");
    default:
      if (code === 0x2d || isDigit(code)) return endOfNumber(text, at);
      return fail(code, "looking for beginning of value");
  }
}

function endOfLiteral(text: string, at: number, literal: string): number {
  for (let i = 1; i < literal.length; i++) {
    const code = need(text, at + i);
    if (code !== literal.charCodeAt(i)) fail(code, `in literal ${literal} (expecting '${literal[i]}')`);
  }
  return at + literal.length;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const code = need(text, at++);
    if (code === QUOTE) return at;
    if (code < 0x20) fail(code, "in string literal");
    if (code !== BACKSLASH) continue;
    const escaped = need(text, at++);
    if (escaped === 0x75) {
      for (let i = 0; i < 4; i++) {
        const digit = need(text, at++);
        if (!/[0-9a-fA-F]/.test(String.fromCharCode(digit))) fail(digit, "in \\u hexadecimal character escape");
      }
    } else if (!'bfnrt\\/"'.includes(String.fromCharCode(escaped))) fail(escaped, "in string escape code");
  }
}

function endOfNumber(text: string, start: number): number {
  let at = start;
  if (text.charCodeAt(at) === 0x2d) at++;
  const first = need(text, at);
  if (!isDigit(first)) fail(first, "in numeric literal");
  at++;
  if (first !== 0x30) while (isDigit(text.charCodeAt(at))) at++;
  if (text.charCodeAt(at) === 0x2e) {
    const digit = need(text, ++at);
    if (!isDigit(digit)) fail(digit, "after decimal point in numeric literal");
    while (isDigit(text.charCodeAt(at))) at++;
  }
  const exponent = text.charCodeAt(at);
  if (exponent === 0x65 || exponent === 0x45) {
    at++;
    const sign = need(text, at);
    if (sign === 0x2b || sign === 0x2d) at++;
    const digit = need(text, at);
    if (!isDigit(digit)) fail(digit, "in exponent of numeric literal");
    while (isDigit(text.charCodeAt(at))) at++;
  }
  return at;
}

function need(text: string, at: number): number {
  if (at >= text.length) throw new JsonSyntaxError("unexpected EOF");
  return text.charCodeAt(at);
}

function fail(code: number, context: string): never {
  throw new JsonSyntaxError(`invalid character ${quoteByte(code)} ${context}`);
}

/** A byte string as Go's %q prints it. */
export function quoteBytes(text: string): string {
  let out = '"';
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code < 0x80) {
      out += code === QUOTE ? '\\"' : escapeByte(code);
      at++;
      continue;
    }
    const size = code >= 0xf0 ? 4 : code >= 0xe0 ? 3 : 2;
    const decoded = Buffer.from(text.slice(at, at + size), "latin1").toString("utf8");
    if (code < 0xc2 || decoded.includes("\ufffd") || at + size > text.length) {
      out += `\\x${code.toString(16)}`;
      at++;
    } else {
      out += decoded;
      at += size;
    }
  }
  return `${out}"`;
}
