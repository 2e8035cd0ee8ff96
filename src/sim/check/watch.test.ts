import { describe, expect, it } from "vitest";
import { emptyState, step } from "./model.ts";
import { Truth } from "./truth.ts";
import type { KeyEvent, WatchRecord, WatchReply } from "./types.ts";
import { checkWatch } from "./watch.ts";

/** a=1 (2), b=2 (3), a and b deleted at once (4), a=3 (5). */
function story(): Truth {
  const truth = new Truth();
  let state = emptyState;
  for (const request of [
    { kind: "put", key: "a", value: "1", lease: "" },
    { kind: "put", key: "b", value: "2", lease: "" },
    { kind: "delete", key: "a", end: "c" },
    { kind: "put", key: "a", value: "3", lease: "" },
  ] as const) {
    const result = step(state, request);
    state = result.state;
    truth.add(state.revision, result.events);
  }
  return truth;
}

const truth = story();
const bare = (event: KeyEvent): KeyEvent => ({ type: event.type, kv: event.kv });
const events = (revision: number) => truth.at(revision).map(bare);
const created: WatchReply = { atMs: 0, revision: 1, created: true, events: [] };
const reply = (revision: number, ...seen: KeyEvent[]): WatchReply => ({ atMs: 1, revision, events: seen });
const watch = (replies: WatchReply[], changes: Partial<WatchRecord> = {}): WatchRecord => {
  return {
    type: "watch",
    id: 1,
    client: "c",
    key: "a",
    end: "c",
    startRevision: 2,
    replies: [created, ...replies],
    ...changes,
  };
};
const all = [2, 3, 4, 5].flatMap(events);
const fault = (record: WatchRecord, options = {}) => checkWatch(record, truth, options)?.message;

describe("the promises of a watch", () => {
  it("accepts everything in order, in any grouping that keeps a revision whole", () => {
    expect(fault(watch([reply(5, ...all)]))).toBeUndefined();
    expect(
      fault(watch([reply(3, ...events(2), ...events(3)), reply(5, ...events(4), ...events(5)), reply(5)])),
    ).toBeUndefined();
  });

  it("starts from now when asked so", () => {
    const now = { ...created, revision: 3 };
    const record = { ...watch([]), startRevision: 0 };
    expect(fault({ ...record, replies: [now, reply(5, ...events(4), ...events(5))] })).toBeUndefined();
    expect(fault({ ...record, replies: [now, reply(5, ...events(3))] })).toMatch("before its start");
  });

  it.each([
    ["left out", [reply(5, ...events(2), ...events(4))], "left out"],
    ["twice", [reply(3, ...events(2)), reply(3, ...events(2))], "again"],
    ["out of order", [reply(5, ...events(3), ...events(2))], "after"],
    ["half a revision", [reply(4, ...events(2), ...events(3), events(4)[0]!), reply(5, ...events(5))], "left out"],
    [
      "a revision in two replies",
      [reply(4, ...events(2), ...events(3), events(4)[0]!), reply(4, events(4)[1]!)],
      "left out",
    ],
    ["invented", [reply(9, { type: "put", kv: { ...events(2)[0]!.kv, key: "aa" } })], "left out|never happened"],
    ["wrong value", [reply(2, { type: "put", kv: { ...events(2)[0]!.kv, value: "9" } })], "expected"],
    ["a bookmark ahead of its events", [reply(5), reply(5, ...all)], "left out"],
    ["an event behind the bookmark", [reply(5, ...all), reply(5), reply(5, ...events(5))], "again"],
    [
      "cancelled though it was not behind",
      [reply(5, ...all), { ...reply(0), canceled: true, compactRevision: 4 }],
      "compaction",
    ],
  ])("sees %s", (_name, replies, message) => {
    expect(fault(watch(replies as WatchReply[]))).toMatch(new RegExp(message as string));
  });

  it("sees what never came, where it had to", () => {
    const record = watch([reply(3, ...events(2), ...events(3))]);
    expect(fault(record)).toBeUndefined();
    expect(fault(record, { mustReach: 5, open: () => true })).toMatch("never came");
    expect(
      fault(watch([{ ...reply(0), canceled: true, compactRevision: 3 }]), { mustReach: 5, open: () => true }),
    ).toBeUndefined();
  });

  it("respects filters, previous values and fragments", () => {
    expect(fault(watch([reply(5, ...events(4))], { noPut: true }))).toBeUndefined();
    expect(fault(watch([reply(4, ...truth.at(4))], { startRevision: 4, prevKv: true }))).toBeUndefined();
    const wrong = { ...truth.at(4)[0]!, prev: { ...truth.at(4)[0]!.prev!, value: "9" } };
    expect(fault(watch([reply(4, wrong, truth.at(4)[1]!)], { startRevision: 4, prevKv: true }))).toMatch(
      "previous value",
    );
    const [first, second] = events(4);
    const pieces = [{ ...reply(4, first!), fragment: true }, reply(4, second!)];
    expect(fault(watch(pieces, { startRevision: 4 }))).toBeUndefined();
  });
});
