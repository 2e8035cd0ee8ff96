import { describe, expect, it } from "vitest";
import { checkLinearizability } from "./linearizability.ts";
import type { CallRecord, KeyValue, Request, Response } from "./types.ts";

let id = 0;
function call(request: Request, callMs: number, returnMs?: number, response?: Response): CallRecord {
  const record: CallRecord = { type: "call", id: id++, client: "c", request, callMs };
  return returnMs === undefined ? record : { ...record, returnMs, response: response! };
}
const put = (key: string, value: string, lease = ""): Request => ({ kind: "put", key, value, lease });
const get = (key: string): Request => ({ kind: "range", key, end: "", revision: 0, limit: 0 });
const kv = (key: string, value: string, create: number, mod: number, version: number, lease = ""): KeyValue => {
  return { key, value, create, mod, version, lease };
};
const verdict = (records: CallRecord[]) => checkLinearizability(records).verdict;

describe("one order of all calls", () => {
  it("lets concurrent calls take effect in either order, as their revisions say", () => {
    expect(verdict([call(put("a", "1"), 0, 10, { revision: 3 }), call(put("a", "2"), 1, 9, { revision: 2 })])).toBe(
      "linearizable",
    );
  });

  it("does not let a call take effect before it began", () => {
    expect(verdict([call(put("a", "1"), 0, 1, { revision: 3 }), call(put("a", "2"), 2, 3, { revision: 2 })])).toBe(
      "violation",
    );
  });

  it("sees a read that misses an acknowledged write", () => {
    expect(
      verdict([
        call(put("a", "1"), 0, 1, { revision: 2 }),
        call(get("a"), 2, 3, { revision: 1, kvs: [], count: 0, more: false }),
      ]),
    ).toBe("violation");
  });

  it("lets a call without an answer happen late, once, or never", () => {
    const lost = call(put("a", "1"), 0);
    const sees = (callMs: number, value: string, mod: number) =>
      call(get("a"), callMs, callMs + 1, {
        revision: mod,
        kvs: [kv("a", value, 2, mod, mod - 1)],
        count: 1,
        more: false,
      });
    expect(verdict([lost, call(put("a", "2"), 5, 6, { revision: 2 })])).toBe("linearizable");
    expect(verdict([lost, call(put("a", "2"), 5, 6, { revision: 2 }), sees(7, "2", 2), sees(9, "1", 3)])).toBe(
      "linearizable",
    );
    expect(verdict([lost, call(put("a", "2"), 5, 6, { revision: 3 }), sees(7, "2", 3), sees(9, "1", 4)])).toBe(
      "violation",
    );
  });

  it("puts calls that did nothing where they fit, before it asks in how many orders they could have come", () => {
    // Twenty writes and, at each revision, a transaction and a delete without effect, all of them under way at once; the last
    // read contradicts the writes, which nobody should have to find out once for every order of the others.
    const records: CallRecord[] = [];
    for (let n = 1; n <= 20; n++) {
      records.push(call(put("a", `${n}`), 0, 100, { revision: n + 1 }));
      const failing: Request = {
        kind: "txn",
        compares: [{ key: "b", end: "", target: "create", result: ">", operand: 0 }],
        success: [{ kind: "put", key: "b", value: "x", lease: "" }],
        failure: [],
      };
      records.push(call(failing, 0, 100, { revision: n, succeeded: false, responses: [] }));
      records.push(call({ kind: "delete", key: "c", end: "" }, 0, 100, { revision: n, deleted: 0 }));
    }
    const seen = (value: string) =>
      call(get("a"), 101, 102, { revision: 21, kvs: [kv("a", value, 2, 21, 20)], count: 1, more: false });
    expect(checkLinearizability([...records, seen("20")], { stepsMax: 5000 }).verdict).toBe("linearizable");
    expect(checkLinearizability([...records, seen("19")], { stepsMax: 5000 }).verdict).toBe("violation");
  });

  it("knows what a lease takes with it", () => {
    const records = [
      call({ kind: "grant", lease: "7", ttlSeconds: 5 }, 0, 1, { revision: 1, ttlSeconds: 5 }),
      call(put("a", "1", "7"), 2, 3, { revision: 2 }),
    ];
    const gone = call(get("a"), 10, 11, { revision: 3, kvs: [], count: 0, more: false });
    expect(verdict([...records, gone])).toBe("linearizable");
    expect(verdict([...records, { ...gone, response: { ...gone.response!, revision: 4 } }])).toBe("violation");
  });

  it("compares transactions in depth", () => {
    const request: Request = {
      kind: "txn",
      compares: [{ key: "a", end: "", target: "value", result: "=", operand: "1" }],
      success: [put("b", "x"), { kind: "txn", compares: [], success: [get("b") as never], failure: [] }] as never,
      failure: [],
    };
    const answer = (value: string): Response => ({
      revision: 3,
      succeeded: true,
      responses: [
        { revision: 0 },
        {
          revision: 0,
          succeeded: true,
          responses: [{ revision: 0, kvs: [kv("b", value, 3, 3, 1)], count: 1, more: false }],
        },
      ],
    });
    const first = call(put("a", "1"), 0, 1, { revision: 2 });
    expect(verdict([first, call(request, 2, 3, answer("x"))])).toBe("linearizable");
    expect(verdict([first, call(request, 2, 3, answer("y"))])).toBe("violation");
    expect(verdict([first, call(request, 2, 3, { ...answer("x"), succeeded: false })])).toBe("violation");
  });

  it("gives up within its bound, and says so", () => {
    const lost = Array.from({ length: 18 }, (_, i) => call(put(`k${i % 3}`, `v${i}`), 0));
    const end = call(get("z"), 100, 101, { revision: 30, kvs: [], count: 0, more: false });
    expect(checkLinearizability([...lost, end], { stepsMax: 1000 }).verdict).toBe("undecided");
  });

  it("splits a history by keys when there are no revisions to go by", () => {
    const answer = (value: string): Response => ({
      revision: 0,
      kvs: [kv("b", value, 0, 0, 1)],
      count: 1,
      more: false,
    });
    const records = [
      call(put("a", "1"), 0, 9, { revision: 0 }),
      call(put("b", "2"), 0, 9, { revision: 0 }),
      call(get("b"), 10, 11, answer("2")),
    ];
    expect(checkLinearizability(records, { revisions: false }).verdict).toBe("linearizable");
    expect(
      checkLinearizability(records.with(2, { ...records[2]!, response: answer("1") }), { revisions: false }).verdict,
    ).toBe("violation");
  });
});
