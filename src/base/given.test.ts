import { describe, expect, it } from "vitest";
import { checkOptions, describeGiven, isBytes, isText, kinds, nearest, oneOf } from "./given.ts";

describe("the nearest known name", () => {
  const known = ["endpoints", "username", "password", "requestTimeoutMs", "tls", "token", "limit"];
  it.each([
    ["endpoint", "endpoints"],
    ["Endpoints", "endpoints"],
    ["endpionts", "endpoints"],
    ["user", "username"],
    ["passwrd", "password"],
    ["timeout", "requestTimeoutMs"],
    ["requestTimeout", "requestTimeoutMs"],
    ["tokn", "token"],
    ["TLS", "tls"],
    ["limits", "limit"],
    ["colour", undefined],
    ["x", undefined],
    ["", undefined],
    ["a".repeat(10_000), undefined],
  ])("of %j is %j", (name, wanted) => {
    expect(nearest(name, known)).toBe(wanted);
  });
});

describe("options", () => {
  const shape = { limit: kinds.count, order: oneOf("up", "down") };
  const check = (options: unknown) => () => checkOptions("f", options, shape, ["limit"]);
  it.each<[unknown, string]>([
    [null, "f: options must be an object, not null"],
    [[1], "f: options must be an object, not an array of 1"],
    ["text", 'f: options must be an object, not "text" (a string)'],
    [{}, "f: limit must be a whole number from 0 to 2^53 - 1, not undefined"],
    [{ limit: -1 }, "f: limit must be a whole number from 0 to 2^53 - 1, not -1 (a number)"],
    [{ limit: 1, order: "left" }, 'f: order must be one of "up", "down", not "left" (a string)'],
    [{ limit: 1, ordre: "up" }, 'f: unknown option "ordre" (a string); did you mean "order"?'],
    [{ limit: 1, colour: 2 }, 'f: unknown option "colour" (a number); known: limit, order'],
    [{ limit: 1, constructor: 2 }, 'f: unknown option "constructor" (a number); known: limit, order'],
  ])("%j: %s", (options, message) => {
    expect(check(options)).toThrow(new TypeError(message));
  });

  it("may be undefined, or have no prototype", () => {
    expect(check({ limit: 0, order: undefined })).not.toThrow();
    expect(check(Object.assign(Object.create(null), { limit: 1 }))).not.toThrow();
  });
});

describe("a value in a message", () => {
  const trap = new Proxy(
    {},
    {
      get() {
        throw new Error("no");
      },
    },
  );
  it.each<[unknown, string]>([
    ["a".repeat(1000), `"${"a".repeat(37)}..." (a string)`],
    [-0, "-0 (a number)"],
    [2n ** 70n, "1180591620717411303424n (a bigint)"],
    [Symbol("s"), "a symbol"],
    [() => 1, "a function"],
    [new Date(), "an object (Date)"],
    [Object.create(null), "an object"],
    [trap, "an object"],
    [new Array(5), "an array of 5"],
  ])("%#", (value, text) => {
    expect(describeGiven(value)).toBe(text);
  });
});

it("knows bytes and text from what looks like them", () => {
  const gone = new Uint8Array(4);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const good = [new Uint8Array(0), new Uint8Array(2), Buffer.from("a"), new Uint8Array(new SharedArrayBuffer(2))];
  const bad = [
    gone,
    new Uint16Array(2),
    new DataView(new ArrayBuffer(2)),
    new ArrayBuffer(2),
    [1],
    { length: 1 },
    "a",
    null,
  ];
  const liars = [
    Object.create(Uint8Array.prototype),
    new Proxy(new Uint8Array(1), {}),
    { [Symbol.toStringTag]: "Uint8Array" },
  ];
  expect(good.map(isBytes)).toEqual(good.map(() => true));
  expect([...bad, ...liars].map(isBytes)).toEqual([...bad, ...liars].map(() => false));
  expect(["", "a", "é", "\u{1f600}"].every(isText)).toBe(true);
  expect(["\ud800", "a\udc00b", 5, undefined].some(isText)).toBe(false);
});
