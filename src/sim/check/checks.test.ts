import { describe, expect, it } from "vitest";
import { checkBounds } from "./bounds.ts";
import { Commits } from "./commits.ts";
import { CommittedEntries } from "./entries.ts";
import { Files } from "./files.ts";
import { Hashes } from "./hashes.ts";
import { checkAcknowledged, checkReadsOfThePast } from "./history.ts";
import { Leases } from "./leases.ts";
import { parseHistory, writeRecord } from "./records.ts";
import { Truth } from "./truth.ts";
import type { CallRecord } from "./types.ts";
import { Votes } from "./votes.ts";

const bytes = (text: string) => Buffer.from(text);

describe("the smaller checks", () => {
  it("holds members to the same entries", () => {
    const committed = new CommittedEntries();
    const entry = (index: number, term: number, text: string) => ({ index, term, type: 0, data: bytes(text) });
    const seen: number[] = [];
    const take = (who: string, ...entries: ReturnType<typeof entry>[]) =>
      committed.commit(who, entries, ({ index }) => seen.push(index))?.message;
    expect(take("a", entry(1, 1, "x"), entry(2, 1, "y"))).toBeUndefined();
    expect(take("b", entry(1, 1, "x"))).toBeUndefined();
    expect(seen).toEqual([1, 2]);
    expect(take("b", entry(2, 2, "z"))).toMatch("another entry at index 2");
    expect(take("b", entry(4, 2, "z"))).toMatch("nobody has committed 3");
  });

  it("holds hashes to be equal", () => {
    const hashes = new Hashes();
    expect(hashes.add("a", { revision: 5, compactRevision: 2, hash: 1 })).toBeUndefined();
    expect(hashes.add("b", { revision: 5, compactRevision: 3, hash: 2 })).toBeUndefined();
    expect(hashes.add("b", { revision: 5, compactRevision: 2, hash: 2 })?.message).toMatch("revision 5");
  });

  it("knows when a lease may end, and must have", () => {
    const leases = new Leases(1.1);
    leases.granted("1", 10, 1000);
    expect(leases.gone("1", 10_000)?.message).toMatch("early");
    leases.granted("2", 10, 1000);
    expect(leases.renewed("2", 9000, 9100)).toBeUndefined();
    expect(leases.gone("2", 11_500)?.message).toMatch("early");
    leases.granted("3", 10, 1000);
    expect(leases.overdue(13_000, 2000)).toBeUndefined();
    expect(leases.overdue(14_100, 2000)?.message).toMatch("lease 3 should have ended");
    leases.revokeAsked("3");
    expect(leases.gone("3", 1500)).toBeUndefined();
    leases.granted("4", 10, 1000);
    expect(leases.gone("4", 12_000)).toBeUndefined();
    expect(leases.renewed("4", 13_000, 13_100)?.message).toMatch("renewed");
  });

  it("finds acknowledged writes, and old reads, in what happened", () => {
    const truth = new Truth();
    const kv = { key: "a", value: "1", create: 2, mod: 2, version: 1, lease: "" };
    truth.add(2, [{ type: "put", kv }]);
    const put = (value: string, revision: number): CallRecord => {
      const request = { kind: "put", key: "a", value, lease: "" } as const;
      return { type: "call", id: 1, client: "c", request, callMs: 0, returnMs: 1, response: { revision } };
    };
    expect(checkAcknowledged([put("1", 2)], truth)).toBeUndefined();
    expect(checkAcknowledged([put("2", 2)], truth)?.message).toMatch("not there");
    expect(checkAcknowledged([put("1", 3)], truth)?.message).toMatch("not there");
    const read = (revision: number, count: number): CallRecord => ({
      ...put("", 0),
      request: { kind: "range", key: "a", end: "", revision: 0, limit: 0, serializable: true },
      response: { revision, kvs: count > 0 ? [kv] : [], count, more: false },
    });
    expect(checkReadsOfThePast([read(1, 0), read(2, 1)], truth)).toBeUndefined();
    expect(checkReadsOfThePast([read(1, 1)], truth)?.message).toMatch("revision 1");
    expect(checkReadsOfThePast([read(3, 1)], truth)?.message).toMatch("newest is 2");
  });

  it("reads back what it writes, and names the line it cannot read", () => {
    const record = { type: "truth", revision: 2, events: [] } as const;
    expect(parseHistory(`${writeRecord(record)}\n\n{"type":"other"}\n`).truth).toEqual([record]);
    expect(() => parseHistory('{"type":"call"}')).toThrow("line 1");
    expect(() => parseHistory("\n{")).toThrow("line 2");
  });

  it("holds the files of members to the same rows at the same entry", () => {
    const files = new Files();
    expect(files.add("a", 7, 1)).toBeUndefined();
    expect(files.add("b", 8, 2)).toBeUndefined();
    expect(files.add("b", 7, 1)).toBeUndefined();
    expect(files.add("c", 8, 3)?.message).toMatch("rows of c and of b differ");
  });

  it("sees a member vote twice in a term", () => {
    const votes = new Votes();
    expect(votes.cast(3, "a", "b")).toBeUndefined();
    expect(votes.cast(3, "a", "b")).toBeUndefined();
    expect(votes.cast(4, "a", "c")).toBeUndefined();
    expect(votes.cast(3, "c", "c")).toBeUndefined();
    expect(votes.cast(3, "a", "c")?.message).toMatch("a voted for b and for c in term 3");
  });

  it("sees a leader commit an entry of an earlier term", () => {
    const commits = new Commits();
    const step = (term: number, leads: boolean, committed: number, lastTerm: number) =>
      commits.look({ who: "a", term, leads, committed, last: { index: committed, term: lastTerm } })?.message;
    expect(step(3, false, 4, 2)).toBeUndefined();
    expect(step(3, true, 4, 2)).toBeUndefined();
    expect(step(3, true, 6, 3)).toBeUndefined();
    expect(step(4, true, 6, 3)).toBeUndefined();
    expect(step(4, true, 7, 3)).toMatch("leader of term 4, committed entry 7 of term 3");
  });

  it("holds queues to their bounds", () => {
    const gauges = (waiting: number) => new Map([["quorate_server_proposals_waiting", () => waiting]]);
    expect(checkBounds("a", gauges(3))).toBeUndefined();
    expect(checkBounds("a", gauges(5000))?.message).toMatch("quorate_server_proposals_waiting is 5000");
  });
});
