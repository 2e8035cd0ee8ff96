import { describe, expect, it } from "vitest";
import { defaultHost, systemClock, systemRandom, systemScheduler } from "./system-env.ts";

describe("the world as the process sees it", () => {
  it("has a clock that goes on and a calendar", () => {
    const before = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
    expect(Math.abs(systemClock.wallMs() - Date.now())).toBeLessThan(1000);
  });

  it("runs things later, in order, and not once cancelled", async () => {
    const ran: string[] = [];
    systemScheduler.after(0, () => ran.push("cancelled")).cancel();
    const every = systemScheduler.every(1, () => ran.push("every"));
    await new Promise<void>((resolve) => systemScheduler.after(20, resolve));
    every.cancel();
    expect(ran.length).toBeGreaterThan(1);
    expect(new Set(ran)).toEqual(new Set(["every"]));
    // Longer than Node's timers hold: must wait, not fire at once.
    const far = systemScheduler.after(2 ** 33, () => ran.push("far"));
    await new Promise<void>((resolve) => systemScheduler.after(5, resolve));
    far.cancel();
    expect(ran).not.toContain("far");
    await new Promise<void>((resolve) => systemScheduler.endOfTurn(resolve));
  });

  it("draws different numbers", () => {
    const drawn = new Set(Array.from({ length: 3000 }, () => systemRandom.uint32()));
    expect(drawn.size).toBeGreaterThan(2990);
    const bytes = new Uint8Array(64);
    systemRandom.fill(bytes);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
  });

  it("knows the machine's address, or that it does not", () => {
    expect(defaultHost() ?? "10.0.0.1").toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });
});
