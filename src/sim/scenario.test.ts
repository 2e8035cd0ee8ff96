import { describe, expect, it } from "vitest";
import { mutants } from "./mutants.ts";
import { parseScenario, play, readScenarios, scenarioDirectory } from "./scenario.ts";

const scenarios = readScenarios(scenarioDirectory);

describe("scenarios", () => {
  describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", (_, scenario) => {
    it("passes", async () => {
      const { problem } = await play(scenario);
      expect(problem).toBeUndefined();
    });

    if (scenario.mutant === undefined) return;
    it("is caught with its bug", async () => {
      const { problem } = await play(scenario, { faulty: true });
      expect(problem).toBeUndefined();
    });
  });

  it("do the same, line by line, whenever they are played", async () => {
    const digests = new Set<number>();
    for (let i = 0; i < 2; i++) digests.add((await play(scenarios[0]!)).result.digest);
    expect(digests.size).toBe(1);
  });

  it("are there for each planted bug that names one", () => {
    for (const { name, scenario } of mutants) {
      if (scenario === undefined) continue;
      expect(scenarios.find((one) => one.name === scenario)?.mutant?.name).toBe(name);
    }
  });

  it("miss a bug that is not there, and a situation that does not come up", async () => {
    const unharmed = parseScenario("unharmed", "minutes 0.05\nmutant snapshot-without-term\ncaught liveness");
    expect((await play(unharmed, { faulty: true })).problem).toBe("unharmed with its bug: passed, not liveness");
    const idle = parseScenario("idle", "minutes 0.05\nshows crash");
    expect((await play(idle)).problem).toBe("idle: no line of the trace shows crash");
  });

  it.each([
    ["seed one", "x:1: one is no number"],
    ["\nset bananas=3", "x:2: no option bananas=3"],
    ["set members=many", "x:1: no option members=many"],
    ["at 3 m1", "x:1: at SECONDS WHO WHAT"],
    ["at 3 m1 sing", "x:1: nobody can sing"],
    ["mutant none-such", "x:1: no mutant none-such"],
    ["mutant commit-by-one", "x: a mutant and what it is caught by belong together"],
    ["what now", "x:1: what is what?"],
  ])("refuse %j", (text, message) => {
    expect(() => parseScenario("x", text)).toThrow(message);
  });

  it.each([
    ["at 0 leader cut", "x:1: nobody leads yet"],
    ["at 1 m7 cut", "x:1: who is m7?"],
    ["at 1 m1 crash", "x:1: keep all, none or random?"],
    ["at 1 m1 damage length", "x:1: m1 is up"],
    ["at 1 m1 crash none after rename", "x:1: crash KEEP after OPERATION PATH"],
  ])("stop at %j", async (text, message) => {
    await expect(play(parseScenario("x", text))).rejects.toThrow(message);
  });
});
