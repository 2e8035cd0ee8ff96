import { describe, expect, it } from "vitest";
import { type Env, EtcdError, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import { type CompactionMode, startCompactor } from "./compactor.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function bench(mode: CompactionMode, retention: number) {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
  const state = {
    revision: 1,
    asked: [] as { revision: number; atMs: number }[],
    fail: undefined as Error | undefined,
  };
  const compactor = startCompactor(
    mode,
    retention,
    {
      revision: () => state.revision,
      compact: async (revision) => {
        state.asked.push({ revision, atMs: time.monotonicMs() });
        if (state.fail !== undefined) throw state.fail;
      },
    },
    env,
  );
  compactor.resume();
  /** One step of time after the other, one revision each. */
  const run = async (steps: number, stepMs: number) => {
    for (let i = 0; i < steps; i++) {
      await time.advanceAsync(stepMs, stepMs);
      state.revision++;
    }
  };
  return { time, state, compactor, run };
}

describe("periodic", () => {
  it("keeps the last hour, compacting each hour", async () => {
    const { state, run, compactor } = bench("periodic", HOUR);
    await run(9, 6 * MINUTE);
    expect(state.asked).toEqual([]);
    await run(21, 6 * MINUTE);
    // After an hour to the revision of its start; then every hour to the one noted an hour and a step before.
    expect(state.asked).toEqual([
      { revision: 1, atMs: HOUR },
      { revision: 9, atMs: 2 * HOUR },
      { revision: 19, atMs: 3 * HOUR },
    ]);
    compactor.close();
  });

  it("of a whole day compacts every hour once the first day is over", async () => {
    const { state, run, compactor } = bench("periodic", 24 * HOUR);
    await run(239, 6 * MINUTE);
    expect(state.asked).toEqual([]);
    await run(21, 6 * MINUTE);
    expect(state.asked.map((one) => one.atMs)).toEqual([24 * HOUR, 25 * HOUR, 26 * HOUR]);
    expect(state.asked.map((one) => one.revision)).toEqual([1, 9, 19]);
    compactor.close();
  });

  it("of a few seconds works in tenths of them", async () => {
    const { state, run, compactor } = bench("periodic", 5000);
    await run(20, 500);
    expect(state.asked.map((one) => one.atMs)).toEqual([5000, 10_000]);
    compactor.close();
  });

  it("tries again a tenth later when a compaction fails, and not when somebody else was faster", async () => {
    const { state, run, compactor } = bench("periodic", HOUR);
    state.fail = EtcdError.of("NoLeader");
    await run(12, 6 * MINUTE);
    expect(state.asked.map((one) => one.atMs)).toEqual([HOUR, HOUR + 6 * MINUTE, HOUR + 12 * MINUTE]);
    state.fail = EtcdError.of("Compacted");
    await run(1, 6 * MINUTE);
    state.asked = [];
    await run(9, 6 * MINUTE);
    expect(state.asked).toEqual([]);
    await run(1, 6 * MINUTE);
    expect(state.asked.length).toBe(1);
    compactor.close();
  });

  it("does nothing while paused, nor when nothing was written", async () => {
    const { time, state, run, compactor } = bench("periodic", HOUR);
    compactor.pause();
    await run(30, 6 * MINUTE);
    expect(state.asked).toEqual([]);
    compactor.resume();
    await run(1, 6 * MINUTE);
    expect(state.asked.length).toBe(1);
    for (let i = 0; i < 40; i++) await time.advanceAsync(6 * MINUTE, 6 * MINUTE);
    const { length } = state.asked;
    for (let i = 0; i < 40; i++) await time.advanceAsync(6 * MINUTE, 6 * MINUTE);
    expect(state.asked.length).toBe(length);
    compactor.close();
    expect(time.pending).toBe(0);
  });
});

describe("revision", () => {
  it("keeps the last revisions, compacting every five minutes", async () => {
    const { time, state, compactor } = bench("revision", 10);
    const five = () => time.advanceAsync(5 * MINUTE, 5 * MINUTE);
    await five();
    expect(state.asked).toEqual([]);
    state.revision = 100;
    await five();
    await five();
    expect(state.asked).toEqual([{ revision: 90, atMs: 10 * MINUTE }]);
    state.revision = 105;
    compactor.pause();
    await five();
    compactor.resume();
    state.fail = EtcdError.of("NoLeader");
    await five();
    state.fail = undefined;
    await five();
    await five();
    expect(state.asked.map((one) => one.revision)).toEqual([90, 95, 95]);
    compactor.close();
    expect(time.pending).toBe(0);
  });
});
