/**
 * Values as Go's `flag` and `strconv` read and print them, with their error texts: etcd's users meet these texts in scripts and
 * search engines. Parsers give the value or a `BadValue`.
 */

/** A text that is no value of its type. `message` is what stands behind the last colon of the error line. */
export class BadValue extends Error {
  override readonly name = "BadValue";
}

/** Go's %q: a string in double quotes with escapes. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (char === '"' || char === "\\") out += `\\${char}`;
    else if (char === "\n") out += "\\n";
    else if (char === "\t") out += "\\t";
    else if (char === "\r") out += "\\r";
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else out += char;
  }
  return `${out}"`;
}

const trues = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const falses = new Set(["0", "f", "F", "FALSE", "false", "False"]);

export function parseBool(text: string): boolean {
  if (trues.has(text)) return true;
  if (falses.has(text)) return false;
  throw new BadValue("parse error");
}

/** Why a text is no integer: not a number at all, or one that does not fit. */
type IntegerFault = "syntax" | "range";

/**
 * An integer in Go's notation: decimal, 0x, 0o, 0b or a leading 0 for octal, with underscores between digits. Between `min` and
 * `max`, which may lie beyond what a number holds exactly: the value is then the nearest one.
 */
function parseInteger(text: string, min: bigint, max: bigint): number | IntegerFault {
  const match = /^([+-]?)(0[xX]|0[oO]|0[bB]|0(?=[0-9_]))?([0-9a-fA-F_]+)$/.exec(text);
  if (match === null) return "syntax";
  const [, sign = "", prefix = "", body = ""] = match;
  if (sign !== "" && min === 0n) return "syntax";
  // An underscore must stand between digits, or between the prefix and one.
  if (body.endsWith("_") || body.includes("__") || (prefix === "" && body.startsWith("_"))) return "syntax";
  const digits = body.replaceAll("_", "");
  const base = { "": 10, "0": 8, "0o": 8, "0x": 16, "0b": 2 }[prefix.toLowerCase()] ?? 10;
  const allowed = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^[0-9]+$/, 16: /^[0-9a-f]+$/i }[base]!;
  if (!allowed.test(digits)) return "syntax";
  const literal = { 2: "0b", 8: "0o", 10: "", 16: "0x" }[base]! + digits;
  const magnitude = BigInt(literal);
  const value = sign === "-" ? -magnitude : magnitude;
  if (value < min || value > max) return "range";
  return Number(value);
}

const bounds = {
  uint: [0n, 2n ** 64n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

export type IntegerType = keyof typeof bounds;

export function parseInt64(type: IntegerType, text: string): number {
  const [min, max] = bounds[type];
  const value = parseInteger(text, min, max);
  if (typeof value === "number") return value;
  if (type === "uint32") {
    // The one integer flag that is not of package flag: it tells strconv's whole error.
    const why = value === "range" ? "value out of range" : "invalid syntax";
    throw new BadValue(`strconv.ParseUint: parsing ${quote(text)}: ${why}`);
  }
  throw new BadValue(value === "range" ? "value out of range" : "parse error");
}

/** Whether an integer from a file fits its type. */
export function fitsInteger(type: IntegerType, value: bigint): boolean {
  const [min, max] = bounds[type];
  return value >= min && value <= max;
}

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A duration as Go writes it, `1h30m`, `300ms`, `-1.5h`, `0`; in milliseconds. The error is time.ParseDuration's. */
export function parseDuration(text: string): number {
  const invalid = (): BadValue => new BadValue(`time: invalid duration ${quote(text)}`);
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0;
  if (rest === "") throw invalid();
  let total = 0;
  while (rest !== "") {
    const number = /^([0-9]*)(\.[0-9]*)?/.exec(rest)!;
    if (number[0] === "" || number[0] === ".") throw invalid();
    if (Number(number[1] ?? 0) >= 2 ** 63) throw invalid();
    rest = rest.slice(number[0].length);
    const unit = /^[^.0-9]*/.exec(rest)![0];
    if (unit === "") throw new BadValue(`time: missing unit in duration ${quote(text)}`);
    const factor = units[unit];
    if (factor === undefined) throw new BadValue(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    rest = rest.slice(unit.length);
    // The fraction apart and as a whole number, as Go does: 1.001s must be 1001 ms to the nanosecond.
    const fraction = (number[2] ?? ".").slice(1);
    total += Number(number[1] ?? 0) * factor + Math.trunc(Number(fraction) * (factor / 10 ** fraction.length));
    if (total > 2 ** 63) throw invalid();
  }
  return (sign * total) / 1e6;
}

/** Milliseconds as Go prints a duration: `2h0m0s`, `300ms`, `1.5s`, `0s`. */
export function formatDuration(ms: number): string {
  const ns = Math.round(Math.abs(ms) * 1e6);
  const sign = ms < 0 ? "-" : "";
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${sign}${ns}ns`;
  if (ns < 1e6) return `${sign}${trimmed(ns / 1e3)}µs`;
  if (ns < 1e9) return `${sign}${trimmed(ns / 1e6)}ms`;
  const seconds = Math.floor(ns / 1e9);
  const fraction = ns - seconds * 1e9;
  const text = trimmed((seconds % 60) + fraction / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${sign}${text}s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${sign}${minutes}m${text}s` : `${sign}${hours}h${minutes % 60}m${text}s`;
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(9)));
}
