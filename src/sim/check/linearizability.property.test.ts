import { describe, expect, it } from "vitest";
import { below, SeededRandom } from "../../base/index.ts";
import { checkLinearizability } from "./linearizability.ts";
import { emptyState, type State, step } from "./model.ts";
import { resolveOutcomes } from "./resolve.ts";
import { Truth } from "./truth.ts";
import type { CallRecord, Operation, Request } from "./types.ts";

/*
 * Histories made by running the model itself: clients call, the call takes effect at some instant, the answer comes, or
 * never does. Such a history is linearizable by construction; one wrong answer makes it not so.
 */
function makeHistory(seed: number, calls: number): { records: CallRecord[]; truth: Truth } {
  const random = new SeededRandom(seed);
  const truth = new Truth();
  const records: CallRecord[] = [];
  const clients = Array.from({ length: 4 }, () => 0);
  const planned: { atMs: number; record: CallRecord; lost: boolean; happens: boolean; returnMs: number }[] = [];
  for (let id = 0; id < calls; id++) {
    const client = below(random, clients.length);
    const callMs = clients[client]! + below(random, 10);
    const atMs = callMs + below(random, 20);
    const returnMs = atMs + below(random, 20);
    clients[client] = returnMs + 1;
    const lost = below(random, 12) === 0;
    const record: CallRecord = { type: "call", id, client: `c${client}`, request: draw(random, id), callMs };
    planned.push({ atMs, record, lost, happens: !lost || below(random, 2) === 0, returnMs });
  }
  let state: State = emptyState;
  for (const { record, lost, happens, returnMs } of planned.sort((a, b) => a.atMs - b.atMs)) {
    if (!happens) {
      records.push(record);
      continue;
    }
    const result = step(state, record.request);
    state = result.state;
    if (result.events.length > 0) truth.add(state.revision, result.events, JSON.stringify(record.request));
    records.push(lost ? record : { ...record, returnMs, response: result.response });
  }
  return { records: records.sort((a, b) => a.id - b.id), truth };
}

function draw(random: SeededRandom, id: number): Request {
  const key = `k${below(random, 4)}`;
  const put: Operation = { kind: "put", key, value: `v${id}`, lease: "" };
  switch (below(random, 6)) {
    case 0:
      return { kind: "delete", key, end: "" };
    case 1:
      return { kind: "range", key: "k", end: "l", revision: 0, limit: 0 };
    case 2:
      return {
        kind: "txn",
        compares: [{ key, end: "", target: "version", result: "=", operand: 0 }],
        success: [put],
        failure: [{ kind: "range", key, end: "", revision: 0, limit: 0 }],
      };
    default:
      return put;
  }
}

describe("linearizability", () => {
  it("finds an order for whatever the model did", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { records, truth } = makeHistory(seed, 120);
      expect(checkLinearizability(records).verdict, `seed ${seed}`).toBe("linearizable");
      expect(checkLinearizability(resolveOutcomes(records, truth, JSON.stringify)).verdict, `seed ${seed}`).toBe(
        "linearizable",
      );
    }
  });

  it("finds an order without revisions, key by key", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { records } = makeHistory(seed, 24);
      expect(checkLinearizability(records, { revisions: false }).verdict, `seed ${seed}`).toBe("linearizable");
    }
  });

  it("sees an answer that saw an older state", () => {
    let seen = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { records, truth } = makeHistory(seed, 80);
      // The last read is answered as if the newest write before its call had not been.
      const at = records.findLastIndex((record) => record.request.kind === "range" && record.response !== undefined);
      const read = records[at]!;
      const before = records
        .filter((other) => other.returnMs !== undefined && other.returnMs < read.callMs && other.response !== undefined)
        .reduce((newest, other) => Math.max(newest, other.response!.revision), 1);
      if (before < 3 || read.request.kind !== "range") continue;
      seen++;
      const stale = { ...truth.range(read.request, before - 1), revision: before - 1 };
      const wrong = records.with(at, { ...read, response: stale });
      expect(checkLinearizability(wrong).verdict, `seed ${seed}`).toBe("violation");
    }
    expect(seen).toBeGreaterThan(30);
  });

  it("sees a value that nobody wrote, with and without revisions", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { records } = makeHistory(seed, 30);
      const at = records.findIndex((record) => (record.response?.kvs?.length ?? 0) > 0);
      const read = records[at]!;
      const kvs = read.response!.kvs!.with(0, { ...read.response!.kvs![0]!, value: "never" });
      const wrong = records.with(at, { ...read, response: { ...read.response!, kvs } });
      expect(checkLinearizability(wrong).verdict, `seed ${seed}`).toBe("violation");
      const few = { revisions: false, stepsMax: 100_000 };
      expect(checkLinearizability(wrong, few).verdict, `seed ${seed}`).not.toBe("linearizable");
    }
  });
});
