import { expect, it } from "vitest";
import { applyGapMax, requestTimeoutMs, type TimeoutFacts, timeoutError } from "./timeouts.ts";

const facts: TimeoutFacts = {
  startedMs: 50_000,
  leaderElectedMs: 10_000,
  electionTimeoutMs: 1000,
  leader: "other",
  connected: () => true,
};

it("says what is known of the reason", () => {
  expect(requestTimeoutMs(1000)).toBe(7000);
  expect(timeoutError(facts).key).toBe("Timeout");
  expect(timeoutError({ ...facts, connected: () => false }).key).toBe("TimeoutDueToConnectionLost");
  expect(timeoutError({ ...facts, leader: "none", connected: () => false }).key).toBe("Timeout");
});

it("blames the old leader when the request began around its end", () => {
  const elected = (leaderElectedMs: number | undefined) => timeoutError({ ...facts, leaderElectedMs }).key;
  expect(elected(50_000)).toBe("Timeout");
  expect(elected(50_001)).toBe("TimeoutDueToLeaderFail");
  expect(elected(51_999)).toBe("TimeoutDueToLeaderFail");
  expect(elected(52_000)).toBe("Timeout");
  expect(elected(undefined)).toBe("Timeout");
});

it("takes revocations of leases when it takes nothing else, if told to", () => {
  expect(applyGapMax("put", true)).toBe(5000);
  expect(applyGapMax("leaseRevoke", false)).toBe(5000);
  expect(applyGapMax("leaseRevoke", true)).toBe(10_000);
});
