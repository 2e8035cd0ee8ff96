import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeMember, encodeMember, type Json, jsonString, MembershipError, parseJson } from "./index.ts";

const text = fc.string({ unit: "binary" }).map((one) => Buffer.from(one).toString());

it("members survive the round trip, ids whole", () => {
  const member = fc.record({
    id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    name: text,
    peerURLs: fc.array(text),
    clientURLs: fc.array(text),
    isLearner: fc.boolean(),
  });
  fc.assert(
    fc.property(member, (one) => {
      expect(decodeMember(encodeMember(one))).toEqual(one);
    }),
  );
});

it("strings are written as JavaScript would read them", () => {
  fc.assert(
    fc.property(text, (one) => {
      expect(JSON.parse(jsonString(one))).toBe(one);
      expect(parseJson(jsonString(one))).toBe(one);
      expect(parseJson(JSON.stringify(one))).toBe(one);
    }),
  );
});

/** What JSON.parse makes of the same text, whole numbers apart. */
function plain(value: Json): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

it("reads what JSON.parse reads, and refuses what it refuses", () => {
  const valid = fc.json({ maxDepth: 5 });
  const broken = fc
    .tuple(valid, fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "0", "x", " "))
    .map(
      ([whole, at, insert]) => whole.slice(0, at % (whole.length + 1)) + insert + whole.slice(at % (whole.length + 1)),
    );
  fc.assert(
    fc.property(fc.oneof(valid, broken, fc.string()), (input) => {
      let expected: unknown;
      let refused = false;
      try {
        expected = JSON.parse(input);
      } catch {
        refused = true;
      }
      if (refused) expect(() => parseJson(input)).toThrow(MembershipError);
      // Through text, to pass over -0 and the missing prototype.
      else expect(JSON.stringify(plain(parseJson(input)))).toBe(JSON.stringify(expected));
    }),
    { numRuns: 1000 },
  );
});

it("refuses deep nesting instead of running out of stack", () => {
  expect(() => parseJson("[".repeat(1_000_000))).toThrow("nested too deeply");
});
