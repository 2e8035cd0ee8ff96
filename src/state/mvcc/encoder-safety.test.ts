import { describe, expect, it } from "vitest";
import { encodeKeyOnly, encodePut, encodeTombstone } from "./encoder.ts";

const value = Buffer.alloc(300, "v");
const good = () => Buffer.from(encodePut("key", 3, 5, 2, value, 9n)).toString("hex");

describe("a record that cannot be encoded", () => {
  const wrong: [string, () => unknown][] = [
    ["a revision that is NaN", () => encodePut("key", Number.NaN, 5, 2, value, 0n)],
    ["a revision without end", () => encodePut("key", 3, Number.POSITIVE_INFINITY, 2, value, 0n)],
    ["a length that is NaN", () => encodePut("key", 3, 5, 2, { length: Number.NaN } as Uint8Array, 0n)],
    ["a length below zero", () => encodePut("key", 3, 5, 2, { length: -200 } as Uint8Array, 0n)],
    ["a value that is a number", () => encodePut("key", 3, 5, 2, 5 as never, 5 as never)],
    ["a tombstone of NaN", () => encodeTombstone("key", Number.NaN)],
    ["a key only of NaN", () => encodeKeyOnly("key", 1, Number.NaN, 1)],
  ];
  it.each(wrong)("leaves those before and after it as they are: %s", (_, encode) => {
    const expected = good();
    const before = encodePut("key", 3, 5, 2, value, 9n);
    try {
      encode();
    } catch {
      // Some are written wrong instead of refused; that does not matter here.
    }
    expect(good()).toBe(expected);
    expect(Buffer.from(before).toString("hex")).toBe(expected);
  });
});
