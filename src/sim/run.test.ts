import { describe, expect, it } from "vitest";
import { mutants } from "./mutants.ts";
import { run } from "./run.ts";

describe("a simulated cluster", () => {
  it("does the same, line by line, whenever it is given the same seed", async () => {
    const trace = async () => {
      const lines: string[] = [];
      const { digest, failure } = await run({ seed: 8, minutes: 0.5, trace: { line: (text) => lines.push(text) } });
      expect(failure).toBeUndefined();
      return { digest, lines };
    };
    const first = await trace();
    const second = await trace();
    expect(first.lines.length).toBeGreaterThan(100);
    expect(second.lines).toEqual(first.lines);
    expect(second.digest).toBe(first.digest);
  });

  it.each([1, 2, 3])("keeps its promises under the faults of seed %i", async (seed) => {
    const { failure } = await run({ seed, minutes: 0.5 });
    expect(failure).toBeUndefined();
  });

  it.each(["ack-before-sync", "watch-event-lost", "proposal-doubled", "lease-leaves-keys", "election-never"])(
    "is caught with the bug %s in it",
    async (name) => {
      const mutant = mutants.find((one) => one.name === name)!;
      const undo = await mutant.plant?.();
      try {
        for (let seed = 1; seed <= 10; seed++) {
          const changes = { ...mutant.changes, watchers: 6 };
          const { failure } = await run({ seed, minutes: 1, changes, arrange: mutant.arrange });
          if (failure !== undefined) return;
        }
        expect.fail(`${name} was not caught`);
      } finally {
        undo?.();
      }
    },
  );
});
