/*
 * What a program hands in at a public door, checked before anything is done with it: programs without types, and types that were
 * cast away, get a TypeError that names the argument, what was given and what is wanted.
 */

/** What a value has to be: a test, and the words for it in "must be ...". */
export interface Kind {
  readonly wanted: string;
  readonly holds: (value: unknown) => boolean;
  /** Passwords and the like: an error tells their type and never the value, since errors end up in logs. */
  readonly secret?: boolean;
}

/** Options by name; each may also be left out or undefined. */
export type Shape = Readonly<Record<string, Kind>>;

/** The error for a value that is not what is wanted: `client.put: key must be a string or Uint8Array, not 5 (a number)`. */
export function notWanted(where: string, name: string, wanted: string, given: unknown, secret = false): TypeError {
  return new TypeError(
    `${where}: ${name} must be ${wanted}, not ${secret ? typeOfGiven(given) : describeGiven(given)}`,
  );
}

/** Throws the TypeError for argument `name` of `where` unless it is of the kind. */
export function checkGiven(where: string, name: string, value: unknown, kind: Kind): void {
  if (!kind.holds(value)) throw notWanted(where, name, kind.wanted, value, kind.secret);
}

/** Throws a TypeError for the first option that is unknown or not of its kind. `required` ones must be there. */
export function checkOptions(where: string, options: unknown, shape: Shape, required: readonly string[] = []): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw notWanted(where, "options", "an object", options);
  }
  const given = options as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    const kind = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (kind === undefined)
      throw new TypeError(
        `${where}: unknown option ${quoted(name)} (${typeOfGiven(given[name])}); ${hint(name, shape)}`,
      );
    const value = given[name];
    if (value !== undefined && !kind.holds(value)) throw notWanted(where, name, kind.wanted, value, kind.secret);
  }
  for (const name of required) {
    if (given[name] === undefined) throw notWanted(where, name, shape[name]!.wanted, undefined);
  }
}

function hint(name: string, shape: Shape): string {
  const known = Object.keys(shape);
  const near = nearest(name, known);
  if (near !== undefined) return `did you mean ${quoted(near)}?`;
  return known.length === 0 ? "there are no options" : `known: ${known.join(", ")}`;
}

/** The known name that was most likely meant; undefined when none is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // A third of the letters may differ, two in any case; in short names only one.
  let bestDistance = name.length < 4 ? 2 : Math.max(3, Math.ceil(name.length / 3) + 1);
  for (const candidate of known) {
    const one = name.toLowerCase();
    const other = candidate.toLowerCase();
    // `ttl` for `ttlSeconds`, `timeout` for `requestTimeoutMs`.
    const part = one.length > 2 && (other.startsWith(one) || one.startsWith(other) || other.includes(one));
    const distance = part ? 1.5 : editDistance(one, other);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Letters to add, drop, change or swap to come from one word to the other. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= Math.min(from.length, 64); i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[to.length]! + Math.max(0, from.length - 64);
}

/** The type of a value, in words: of values that may be secrets, or whose meaning is not known. */
function typeOfGiven(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? describeGiven(value) : `a ${typeof value}`;
}

/** A value in an error message: short, and never throwing, whatever the value is. */
export function describeGiven(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "string":
      return `${quoted(value)} (a string)`;
    case "number":
      return `${Object.is(value, -0) ? "-0" : value} (a number)`;
    case "bigint":
      return `${value}n (a bigint)`;
    case "boolean":
      return `${value} (a boolean)`;
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    default:
  }
  if (value === null) return "null";
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    if (typeof name === "string" && name !== "" && name !== "Object") return `an object (${name.slice(0, 40)})`;
  } catch {
    // A proxy or a getter that throws.
  }
  return "an object";
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}

/** The type's name as the engine knows it: no object can pretend to it, and arrays of another realm have it, too. */
const nameOfView = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!
  .get!;

/** Whether it is a Uint8Array (or a Buffer) whose memory is still there. */
export function isBytes(value: unknown): value is Uint8Array {
  if (typeof value !== "object" || value === null || nameOfView.call(value) !== "Uint8Array") return false;
  if ((value as Uint8Array).length > 0) return true;
  try {
    // A view of transferred memory also has length 0, and would silently be sent as nothing.
    new Uint8Array((value as Uint8Array).buffer, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is text that has a UTF-8 form: half of a surrogate pair has none, and two such keys would become the same one. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && (value as unknown as { isWellFormed(): boolean }).isWellFormed();
}

/** Kinds of values that several doors take. */
export const kinds = {
  text: { wanted: "a string without lone surrogates", holds: isText },
  secret: { wanted: "a string without lone surrogates", holds: isText, secret: true },
  bytes: { wanted: "a Uint8Array", holds: isBytes },
  textOrBytes: {
    wanted: "a string without lone surrogates, or a Uint8Array",
    holds: (value) => (typeof value === "string" ? isText(value) : isBytes(value)),
  },
  flag: { wanted: "true or false", holds: (value) => typeof value === "boolean" },
  integer: { wanted: "a whole number within ±(2^53 - 1)", holds: Number.isSafeInteger },
  /** Counters, limits, sizes. */
  count: {
    wanted: "a whole number from 0 to 2^53 - 1",
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  },
  positive: {
    wanted: "a whole number from 1 to 2^53 - 1",
    holds: (value) => Number.isSafeInteger(value) && (value as number) > 0,
  },
  port: {
    wanted: "a whole number from 0 to 65535",
    holds: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  },
  /** A span of time that may be without end. */
  milliseconds: {
    wanted: "a number of milliseconds from 0, or Infinity",
    holds: (value) => typeof value === "number" && value >= 0,
  },
  int64: {
    wanted: "a bigint of 64 bits",
    holds: (value) => typeof value === "bigint" && value >= -(2n ** 63n) && value < 2n ** 63n,
  },
  uint64: {
    wanted: "a bigint from 0n to 2n ** 64n - 1n",
    holds: (value) => typeof value === "bigint" && value >= 0n && value < 2n ** 64n,
  },
  fn: { wanted: "a function", holds: (value) => typeof value === "function" },
  object: {
    wanted: "an object",
    holds: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  },
  signal: {
    wanted: "an AbortSignal",
    holds: (value) =>
      typeof value === "object" &&
      value !== null &&
      typeof (value as { aborted?: unknown }).aborted === "boolean" &&
      typeof (value as { addEventListener?: unknown }).addEventListener === "function",
  },
  texts: {
    wanted: "an array of strings",
    holds: (value) => Array.isArray(value) && everyOf(value, isText),
  },
} as const satisfies Record<string, Kind>;

/** One of a few words. */
export function oneOf(...words: readonly (string | number)[]): Kind {
  return {
    wanted: `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`,
    holds: (value) => words.includes(value as string),
  };
}

/** Like `every`, but holes count as undefined. */
export function everyOf(values: readonly unknown[], holds: (value: unknown) => boolean): boolean {
  for (let i = 0; i < values.length; i++) if (!holds(values[i])) return false;
  return true;
}
