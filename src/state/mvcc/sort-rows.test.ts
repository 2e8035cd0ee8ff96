import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortRows } from "./sort-rows.ts";

function sorted(keys: readonly string[]): string[] {
  const rows = Int32Array.from(keys, (_, i) => i);
  sortRows(rows, (row) => keys[row]!);
  return [...rows].map((row) => keys[row]!);
}

/** Few bytes, zero and the highest among them, so that much is shared and ends matter. */
const bytes = fc.constantFrom("\0", "a", "b", "\u00ff");
const part = fc.constantFrom("/registry/", "pods/", "events/", "namespace-1/", "namespace-12/", "\0\0\0\0\0\0\0");
const key = fc.oneof(
  fc.array(bytes, { minLength: 1, maxLength: 30 }).map((parts) => parts.join("")),
  fc.tuple(fc.array(part, { maxLength: 4 }), fc.nat(3000)).map(([parts, n]) => `${parts.join("")}${n}`),
  fc.nat(500).map((zeros) => `a${"\0".repeat(zeros)}`),
);

describe("rows in the order of their keys", () => {
  it("are what a sort by comparison gives", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 800, size: "max" }), (keys) => {
        expect(sorted(keys)).toEqual([...keys].sort());
      }),
      { numRuns: 200 },
    );
  });

  it("are so for keys that each go on where another ends", () => {
    const keys = Array.from({ length: 3000 }, (_, i) => "k".repeat(i + 1)).reverse();
    expect(sorted(keys)[2999]).toHaveLength(3000);
  });

  it("there may be none, or one", () => {
    expect(sorted([])).toEqual([]);
    expect(sorted(["one"])).toEqual(["one"]);
  });
});
