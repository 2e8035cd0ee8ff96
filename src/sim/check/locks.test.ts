import { describe, expect, it } from "vitest";
import { checkLocks } from "./locks.ts";
import { emptyState, step } from "./model.ts";
import { Truth } from "./truth.ts";

/** Contender 1 enters (2), contender 2 enters (3), 1 leaves (4). */
const truth = new Truth();
let state = emptyState;
for (const request of [
  { kind: "put", key: "lock/1", value: "", lease: "1" },
  { kind: "put", key: "lock/2", value: "", lease: "2" },
  { kind: "delete", key: "lock/1", end: "" },
] as const) {
  const result = step(state, request);
  state = result.state;
  truth.add(state.revision, result.events);
}

const given = (key: string, revision: number) =>
  checkLocks([{ client: "c", prefix: "lock/", end: "lock0", key, revision }], truth)?.message;

describe("the promise of a lock", () => {
  it("is kept when the owner's key is the oldest at the revision of the answer", () => {
    expect(given("lock/1", 2)).toBeUndefined();
    expect(given("lock/1", 3)).toBeUndefined();
    expect(given("lock/2", 4)).toBeUndefined();
  });

  it("is broken when another was there before, or the owner's key is gone", () => {
    expect(given("lock/2", 3)).toMatch("lock/1 was there before");
    expect(given("lock/1", 4)).toMatch("gone");
    expect(given("elsewhere/1", 4)).toMatch("none of this lock's");
  });
});
