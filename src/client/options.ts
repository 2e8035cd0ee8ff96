import {
  type CancelSignal,
  checkGiven,
  checkOptions,
  isBytes,
  isText,
  type Kind,
  kinds,
  oneOf,
  type Shape,
} from "../base/index.ts";

/** What every request takes: how long it may last, and what gives it up. */
export interface RequestOptions {
  /** Milliseconds the request may take with all its attempts; `Infinity` waits for ever. Default: the client's `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting: the promise rejects with code Canceled. A write that was sent may still be carried out. */
  readonly signal?: CancelSignal | undefined;
}

export const requestShape = { timeoutMs: kinds.milliseconds, signal: kinds.signal } as const satisfies Shape;

const rangeForms = ["prefix", "from", "start", "end"];

/** A `KeyRange`. */
export const rangeKind: Kind = {
  wanted: "a key (string or Uint8Array), { prefix }, { from } or { start, end }",
  holds(value) {
    if (typeof value === "string") return isText(value);
    if (isBytes(value)) return true;
    if (typeof value !== "object" || value === null) return false;
    const names = Object.keys(value);
    const range = value as Record<string, unknown>;
    const whole =
      "prefix" in value || "from" in value
        ? names.length === 1
        : names.length === 2 && "start" in value && "end" in value;
    return whole && names.every((name) => rangeForms.includes(name) && kinds.textOrBytes.holds(range[name]));
  },
};

/** A lease, or its id. */
export const leaseKind: Kind = {
  wanted: "a lease or its id (a bigint of 64 bits)",
  holds: (value) =>
    kinds.int64.holds(typeof value === "object" && value !== null ? (value as { id?: unknown }).id : value),
};

export const putShape = {
  lease: leaseKind,
  previous: kinds.flag,
  ignoreValue: kinds.flag,
  ignoreLease: kinds.flag,
} as const satisfies Shape;
export const getShape = { revision: kinds.count, serializable: kinds.flag } as const satisfies Shape;
export const rangeShape = {
  ...getShape,
  limit: kinds.count,
  sortBy: oneOf("key", "version", "create", "mod", "value"),
  order: oneOf("ascending", "descending"),
  keysOnly: kinds.flag,
  countOnly: kinds.flag,
  minModRevision: kinds.count,
  maxModRevision: kinds.count,
  minCreateRevision: kinds.count,
  maxCreateRevision: kinds.count,
} as const satisfies Shape;
export const deleteShape = { previous: kinds.flag } as const satisfies Shape;

/** As `Shape`, together with what every request takes. */
export function withRequest(shape: Shape): Shape {
  return { ...shape, ...requestShape };
}

export const putCall = withRequest(putShape);
export const getCall = withRequest(getShape);
export const rangeCall = withRequest(rangeShape);
export const deleteCall = withRequest(deleteShape);

/** The options when none were given: known by identity, so that they are not looked at. */
export const none: Record<string, never> = Object.freeze({});

export function checkKey(where: string, name: string, value: unknown): void {
  checkGiven(where, name, value, kinds.textOrBytes);
}

export function checkRange(where: string, value: unknown, name = "range"): void {
  // The usual case without a look at forms.
  if (typeof value === "string" && isText(value)) return;
  checkGiven(where, name, value, rangeKind);
}

export function checkCall(where: string, options: unknown, shape: Shape = requestShape): void {
  if (options !== none) checkOptions(where, options, shape);
}

/** Whether the signal has given up; a function, since a look at the property is remembered by the type checker. */
export function isAborted(signal: CancelSignal | undefined): boolean {
  return signal?.aborted === true;
}
