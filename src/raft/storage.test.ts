import { describe, expect, test } from "vitest";
import { entry } from "../../test/harness/raft-network.ts";
import { ErrCompacted, ErrSnapOutOfDate, ErrUnavailable } from "./errors.ts";
import { entrySize } from "./sizes.ts";
import { emptyConfState, MemoryStorage } from "./storage.ts";
import type { Entry } from "./types.ts";

/** Entries 4, 5, 6 of terms 4, 5, 6 behind a compacted 3. */
function stored(): MemoryStorage {
  const storage = new MemoryStorage();
  storage.append(Array.from({ length: 6 }, (_, i) => entry(i + 1, i + 1)));
  storage.compact(3);
  return storage;
}

function ids(entries: unknown): string[] {
  return (entries as Entry[]).map(({ term, index }) => `${term}/${index}`);
}

describe("MemoryStorage", () => {
  test("starts empty, with nothing compacted", () => {
    const storage = new MemoryStorage();
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(0)]).toEqual([1, 0, 0]);
    expect(storage.initialState()).toEqual({
      hardState: { term: 0, vote: 0n, commit: 0 },
      confState: emptyConfState(),
    });
    expect(storage.entries(1, 1, 100)).toBe(ErrUnavailable);
  });

  test("term reaches one entry further back than entries", () => {
    const storage = stored();
    expect([2, 3, 4, 6, 7].map((index) => storage.term(index))).toEqual([ErrCompacted, 3, 4, 6, ErrUnavailable]);
    expect(storage.entries(3, 5, 100)).toBe(ErrCompacted);
    expect(ids(storage.entries(4, 7, 100))).toEqual(["4/4", "5/5", "6/6"]);
  });

  test("a size limit counts encoded bytes and lets one entry through always", () => {
    const storage = stored();
    const one = entrySize(entry(4, 4));
    expect([0, one, 2 * one - 1, 2 * one, 3 * one].map((size) => ids(storage.entries(4, 7, size)).length)).toEqual([
      1, 1, 1, 2, 3,
    ]);
  });

  test.each<[string, Entry[], string[]]>([
    ["nothing", [], ["4/4", "5/5", "6/6"]],
    ["the same again", [entry(4, 4), entry(5, 5), entry(6, 6)], ["4/4", "5/5", "6/6"]],
    ["a tail in place of another", [entry(7, 5)], ["4/4", "7/5"]],
    ["what is partly compacted", [entry(2, 2), entry(3, 3), entry(8, 4)], ["8/4"]],
    ["what is compacted", [entry(2, 2), entry(3, 3)], ["4/4", "5/5", "6/6"]],
    ["the next", [entry(6, 7)], ["4/4", "5/5", "6/6", "6/7"]],
  ])("append: %s", (_, entries, expected) => {
    const storage = stored();
    const before = storage.entries(4, 7, Infinity);
    storage.append(entries);
    expect(ids(storage.entries(4, storage.lastIndex() + 1, Infinity))).toEqual(expected);
    // What was handed out before stays as it was.
    expect(ids(before)).toEqual(["4/4", "5/5", "6/6"]);
  });

  test("append leaves no gap", () => {
    expect(() => stored().append([entry(9, 9)])).toThrow();
  });

  test("compaction forgets, up to the last entry", () => {
    const storage = stored();
    expect(storage.compact(3)).toBe(ErrCompacted);
    expect(storage.compact(6)).toBeUndefined();
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(6)]).toEqual([7, 6, 6]);
    expect(() => storage.compact(7)).toThrow();
  });

  test("snapshots rise", () => {
    const storage = stored();
    const confState = { ...emptyConfState(), voters: [1n, 2n] };
    expect(storage.createSnapshot(5, confState, Uint8Array.of(1))).toMatchObject({ metadata: { index: 5, term: 5 } });
    expect(storage.createSnapshot(5, confState, Uint8Array.of(1))).toBe(ErrSnapOutOfDate);
    // Without a membership of its own a snapshot keeps that of the one before.
    expect(storage.createSnapshot(6, undefined, Uint8Array.of(2))).toMatchObject({ metadata: { confState } });
    expect(storage.initialState().confState).toEqual(confState);
    const received = { data: Uint8Array.of(3), metadata: { confState, index: 9, term: 7 } };
    expect(storage.applySnapshot(received)).toBeUndefined();
    expect(storage.applySnapshot(received)).toBe(ErrSnapOutOfDate);
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(9)]).toEqual([10, 9, 7]);
  });
});
