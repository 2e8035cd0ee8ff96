import fc from "fast-check";
import { expect, it } from "vitest";
import { isValidPermissionRange, KeyRanges } from "./index.ts";

/** Short keys over four letters: every key there is can be tried. "\0" is the least key. */
const letters = ["\0", "a", "b", "\xff"];
const universe: string[] = [];
for (const x of letters) {
  universe.push(x);
  for (const y of letters) {
    universe.push(x + y);
    for (const z of letters) universe.push(x + y + z);
  }
}
/** Ends of ranges; those of single keys, one "\0" longer, are in the universe, too. */
const short = universe.filter((key) => key.length <= 2);

function inside(key: string, begin: string, end: string): boolean {
  if (end === "") return key === begin;
  if (end === "\0") return key >= begin;
  return key >= begin && key < end;
}

const range = fc
  .tuple(fc.constantFrom(...short), fc.constantFrom("", "\0", ...short))
  .filter(([key, end]) => isValidPermissionRange(key, end));

it("covers a request exactly when a scan finds every key of it permitted", () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), range, (permitted, [key, end]) => {
      const scan = universe
        .filter((one) => inside(one, key, end))
        .every((one) => permitted.some(([from, to]) => inside(one, from, to)));
      // Exact: the least key that is missing is the request's first or the end of a permission, and all those are tried.
      expect(new KeyRanges(permitted).covers(key, end)).toBe(scan);
    }),
    { numRuns: 2000 },
  );
});

it("finds a single key exactly when some permission holds it", () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), fc.constantFrom(...universe), (permitted, key) => {
      const scan = permitted.some(([from, to]) => inside(key, from, to));
      expect(new KeyRanges(permitted).covers(key, "")).toBe(scan);
    }),
    { numRuns: 2000 },
  );
});

it("does not depend on order or on how a range is cut up", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(short, { minLength: 3, maxLength: 8 }), range, (cuts, [key, end]) => {
      const sorted = [...cuts].sort();
      const pieces = sorted.slice(1).map((to, i): [string, string] => [sorted[i]!, to]);
      const whole: [string, string][] = [[sorted[0]!, sorted.at(-1)!]];
      expect(new KeyRanges(pieces.reverse()).covers(key, end)).toBe(new KeyRanges(whole).covers(key, end));
    }),
  );
});

it.each([
  ["a", "", true],
  ["", "", false],
  ["", "\0", false],
  ["a", "b", true],
  ["b", "a", false],
  ["a", "a", false],
  ["a", "\0", true],
  ["\0", "\0", true],
])("a permission for %j up to %j is valid: %s", (key, end, valid) => {
  expect(isValidPermissionRange(key, end)).toBe(valid);
});

it("judges inverted requests as etcd does", () => {
  // Recorded from etcd 3.7.1: a user's permissions in the order of roles, then requests and whether they were allowed.
  const permitted: [string, string][] = [
    ["\0ab", "\xffa\0"],
    ["a\0c", ""],
    ["abb", "\xff"],
    ["b", ""],
    ["\xff\0\xff", "\xff\xff"],
    ["\xffb\0", ""],
    ["\xffbc", ""],
    ["\xffa", "\xffb"],
    ["\xffc", "\0"],
    ["\xffcc", ""],
  ];
  const requests: [string, string, boolean][] = [
    ["c\xffa", "b\xff", true],
    ["\0\xff", "\0\xff", true],
    ["bca", "a", false],
    ["aa", "a\0c", false],
    ["\xffa\xff", "a\0", false],
    ["c", "\0bb", false],
    ["\xffc", "c", false],
    ["ba", "\0\xff", false],
    ["\xffc", "a\xff", false],
    ["c", "b", false],
    ["\xffc", "\xff", false],
    ["\0cc", "\0a\xff", true],
    ["cbc", "\0ab", false],
    ["a", "a", true],
    ["\xff", "b", false],
    ["\xffcc", "\xff\0", false],
    ["\xffa\0", "ba\xff", true],
    ["\xff\0", "bb\0", true],
    ["c\xffc", "c", true],
    ["\xffac", "\0\0", false],
    ["b\xff", "a", false],
    ["\xffba", "b\0b", false],
    ["c", "c", true],
    ["\0a", "\0\0b", false],
    ["ac", "\0\0\xff", false],
    ["c\0", "\0\0a", false],
    ["\xff", "a\0", false],
    ["ca\xff", "b", false],
    ["\xffca", "\xffc", true],
    ["cc", "cb\xff", true],
    ["\xff", "b\0", true],
    ["\xff", "b\xff", true],
    ["c\xffc", "aa", false],
    ["c\0\0", "bc", true],
    ["\xff", "c\xff", true],
    ["b", "\0\xff\xff", true],
    ["\0\xff", "\0b\xff", true],
    ["\xff", "ab\xff", false],
    ["c", "b", false],
    ["\xff\xff", "c", false],
  ];
  const ranges = new KeyRanges(permitted);
  for (const [key, end, allowed] of requests) expect([key, end, ranges.covers(key, end)]).toEqual([key, end, allowed]);
});
