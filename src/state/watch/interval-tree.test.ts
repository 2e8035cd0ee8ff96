import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Interval, IntervalTree } from "./interval-tree.ts";

const point = fc.string({ minLength: 0, maxLength: 3, unit: fc.constantFrom("a", "b", "c", "\xff") });

describe("interval tree against a list", () => {
  it("holds the same and stabs the same", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ low: point, high: point, remove: fc.nat(2) }), { maxLength: 80 }),
        fc.array(point, { minLength: 1, maxLength: 10 }),
        (steps, points) => {
          const tree = new IntervalTree<Interval>();
          const list: Interval[] = [];
          for (const { low, high, remove } of steps) {
            const at = list.findIndex((one) => one.low === low && one.high === high);
            expect(tree.find(low, high)).toBe(list[at]);
            if (at < 0) {
              const interval = { low, high };
              tree.add(interval);
              list.push(interval);
            } else if (remove > 0) {
              tree.remove(list[at]!);
              list.splice(at, 1);
            }
            expect(tree.size).toBe(list.length);
          }
          expect(new Set(tree)).toEqual(new Set(list));
          for (const key of points) {
            const hits: Interval[] = [];
            tree.stab(key, hits);
            expect(hits.length).toBe(new Set(hits).size);
            expect(new Set(hits)).toEqual(new Set(list.filter((one) => one.low <= key && key < one.high)));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("stays flat when intervals come in order", () => {
    const tree = new IntervalTree<Interval>();
    for (let i = 0; i < 50_000; i++) {
      const low = String(i).padStart(6, "0");
      tree.add({ low, high: `${low}~` });
    }
    const hits: Interval[] = [];
    tree.stab("001234x", hits);
    expect(hits.map((one) => one.low)).toEqual(["001234"]);
  });
});
