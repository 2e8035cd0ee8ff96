import { expect, it } from "vitest";
import { RecentMisses } from "./recent-misses.ts";

it("knows what was missed lately, until another number takes its place", () => {
  const misses = new RecentMisses(16);
  expect([misses.again(0), misses.again(0), misses.again(3), misses.again(3)]).toEqual([false, true, false, true]);
  expect([misses.again(16), misses.again(0), misses.again(3)]).toEqual([false, false, true]);
});
