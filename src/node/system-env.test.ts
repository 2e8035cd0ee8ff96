import { describe, expect, it } from "vitest";
import { systemClock, systemRandom, systemScheduler } from "./system-env.ts";

describe("the world as the process sees it", () => {
  it("has a clock that goes on and a calendar", () => {
    const before = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
    const earliest = Date.now();
    const now = systemClock.wallMs();
    expect(now).toBeGreaterThanOrEqual(earliest);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it("runs things later, in order, and not once cancelled", async () => {
    const ran: string[] = [];
    systemScheduler.after(0, () => ran.push("cancelled")).cancel();
    await new Promise<void>((resolve) => {
      const every = systemScheduler.every(1, () => {
        if (ran.push("every") < 3) return;
        every.cancel();
        resolve();
      });
    });
    // Longer than Node's timers hold: must wait, not fire at once.
    const far = systemScheduler.after(2 ** 33, () => ran.push("far"));
    await new Promise<void>((resolve) => systemScheduler.after(5, resolve));
    far.cancel();
    expect(ran).toEqual(["every", "every", "every"]);
    await new Promise<void>((resolve) => systemScheduler.endOfTurn(resolve));
  });

  it("draws different numbers", () => {
    const drawn = new Set(Array.from({ length: 3000 }, () => systemRandom.uint32()));
    expect(drawn.size).toBeGreaterThan(2990);
    const bytes = new Uint8Array(64);
    systemRandom.fill(bytes);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
  });
});
