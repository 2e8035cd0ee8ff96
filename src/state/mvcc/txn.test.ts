import { describe, expect, it } from "vitest";
import { keyBytes, utf8 } from "../../base/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { applyDeleteRange, applyPut, applyTxn, isTxnReadonly, isTxnSerializable } from "./index.ts";
import { type Bench, put, remove, setUp, show } from "./testing/setup.ts";

type CompareInit = Partial<Omit<rpc.Compare, "key" | "rangeEnd">>;

function compare(key: string, init: CompareInit, end = ""): rpc.Compare {
  return rpc.createCompare({ ...init, key: keyBytes(key), rangeEnd: keyBytes(end) });
}

function putOp(key: string, value: string, init: Partial<rpc.PutRequest> = {}): rpc.RequestOp {
  return {
    request: { case: "requestPut", value: rpc.createPutRequest({ key: keyBytes(key), value: utf8(value), ...init }) },
  };
}

function rangeOp(key: string, end = "", init: Partial<rpc.RangeRequest> = {}): rpc.RequestOp {
  return {
    request: {
      case: "requestRange",
      value: rpc.createRangeRequest({ key: keyBytes(key), rangeEnd: keyBytes(end), ...init }),
    },
  };
}

function deleteOp(key: string, end = "", prevKv = false): rpc.RequestOp {
  return {
    request: {
      case: "requestDeleteRange",
      value: rpc.createDeleteRangeRequest({ key: keyBytes(key), rangeEnd: keyBytes(end), prevKv }),
    },
  };
}

function txnOp(request: Partial<rpc.TxnRequest>): rpc.RequestOp {
  return { request: { case: "requestTxn", value: rpc.createTxnRequest(request) } };
}

/** A response as text, nested ones in brackets. */
function tell(response: rpc.TxnResponse): string {
  const parts = response.responses.map(({ response: one }) => {
    switch (one.case) {
      case "responsePut":
        return `put@${one.value.header?.revision}${one.value.prevKv ? ` was ${show(one.value.prevKv)}` : ""}`;
      case "responseRange":
        return `range@${one.value.header?.revision} ${one.value.count}${one.value.more ? "+" : ""}: ${one.value.kvs.map(show).join(", ")}`;
      case "responseDeleteRange":
        return `delete@${one.value.header?.revision} ${one.value.deleted}${one.value.prevKvs.map((kv) => ` was ${show(kv)}`).join("")}`;
      case "responseTxn":
        return `[${tell(one.value)}]`;
      default:
        return "nothing";
    }
  });
  return `${response.succeeded ? "yes" : "no"}@${response.header?.revision} ${parts.join("; ")}`;
}

function run(bench: Bench, request: Partial<rpc.TxnRequest>, options = {}): string {
  return tell(applyTxn(bench.mvcc, bench.leases, rpc.createTxnRequest(request), options));
}

const { EQUAL, NOT_EQUAL, GREATER, LESS } = rpc.CompareResult;
const { VERSION, CREATE, MOD, VALUE, LEASE } = rpc.CompareTarget;

describe("compares", () => {
  const bench = setUp();
  bench.leases.known.add(7n);
  put(bench.mvcc, "a", "m"); // 2
  put(bench.mvcc, "a", "m"); // 3
  put(bench.mvcc, "b", "z", 7n); // 4
  const table: [string, rpc.Compare, boolean][] = [];
  const add = (name: string, key: string, init: CompareInit, expected: boolean, end = ""): void => {
    table.push([name, compare(key, init, end), expected]);
  };
  for (const [result, below, same, above] of [
    [EQUAL, false, true, false],
    [NOT_EQUAL, true, false, true],
    [GREATER, true, false, false],
    [LESS, false, false, true],
  ] as const) {
    for (const [by, expected] of [
      [-1, below],
      [0, same],
      [1, above],
    ] as const) {
      const to = (value: number) => `result ${result}, by ${by} (${value})`;
      add(
        `version ${to(2)}`,
        "a",
        { result, target: VERSION, targetUnion: { case: "version", value: 2 + by } },
        expected,
      );
      add(
        `create ${to(2)}`,
        "a",
        { result, target: CREATE, targetUnion: { case: "createRevision", value: 2 + by } },
        expected,
      );
      add(`mod ${to(3)}`, "a", { result, target: MOD, targetUnion: { case: "modRevision", value: 3 + by } }, expected);
      add(
        `lease ${to(7)}`,
        "b",
        { result, target: LEASE, targetUnion: { case: "lease", value: BigInt(7 + by) } },
        expected,
      );
      const value = utf8(["l", "m", "n"][by + 1]!);
      add(`value ${to(0)}`, "a", { result, target: VALUE, targetUnion: { case: "value", value } }, expected);
    }
  }
  const version = (value: number) => ({ case: "version" as const, value });
  add("a missing key has version 0", "x", { target: VERSION, targetUnion: version(0) }, true);
  add("a missing key is on lease 0", "x", { target: LEASE, targetUnion: { case: "lease", value: 0n } }, true);
  add("a missing key has no value", "x", { target: VALUE, targetUnion: { case: "value", value: utf8("") } }, false);
  add("no value is not even unlike one", "x", { result: NOT_EQUAL, target: VALUE }, false);
  add("an absent operand is zero", "x", { target: MOD }, true);
  add("an operand of another kind is zero", "a", { target: MOD, result: GREATER, targetUnion: version(9) }, true);
  add("all of a range", "a", { result: GREATER, target: VERSION, targetUnion: version(0) }, true, "c");
  add("not all of a range", "a", { result: GREATER, target: VERSION, targetUnion: version(1) }, false, "c");
  add(
    "all values of a range",
    "a",
    { result: GREATER, target: VALUE, targetUnion: { case: "value", value: utf8("l") } },
    true,
    "\0",
  );
  add("leases of a range", "a", { target: LEASE, targetUnion: { case: "lease", value: 7n } }, false, "c");
  add("an empty range is one missing key", "x", { target: VERSION, targetUnion: version(0) }, true, "z");
  add("an empty range has no value", "x", { target: VALUE }, false, "z");
  for (const [name, one, expected] of table) {
    it(name, () => {
      expect(run(bench, { compare: [one] })).toBe(`${expected ? "yes" : "no"}@4 `);
    });
  }
});

describe("a transaction", () => {
  it("runs its operations in order, each seeing those before, under one revision", () => {
    const bench = setUp();
    put(bench.mvcc, "a", "1");
    put(bench.mvcc, "b", "2");
    expect(
      run(bench, {
        success: [
          rangeOp("a", "c", { limit: 1 }),
          deleteOp("a", "b", true),
          rangeOp("a", "c"),
          putOp("c", "3", { prevKv: true }),
          putOp("b", "4", { prevKv: true }),
          rangeOp("a", "\0", { sortOrder: rpc.SortOrder.DESCEND }),
          rangeOp("a", "\0", { revision: 3, countOnly: true }),
        ],
      }),
    ).toBe(
      "yes@4 range@3 2+: a=1 2/2/1; delete@4 1 was a=1 2/2/1; range@4 1: b=2 3/3/1; put@4; put@4 was b=2 3/3/1; " +
        "range@4 2: c=3 4/4/1, b=4 3/4/2; range@4 2: ",
    );
  });

  it("takes no revision when it changes nothing", () => {
    const bench = setUp();
    expect(run(bench, { success: [deleteOp("a")] })).toBe("yes@1 delete@1 0");
    expect(run(bench, { compare: [compare("a", { result: GREATER })], success: [putOp("a", "")] })).toBe("no@1 ");
    expect(bench.mvcc.revision).toBe(1);
  });

  it("nests: all compares look at the state before it", () => {
    const bench = setUp();
    const exists = (key: string): rpc.Compare => compare(key, { result: GREATER, target: VERSION });
    expect(
      run(bench, {
        success: [
          putOp("a", "1"),
          txnOp({
            compare: [exists("a")],
            success: [putOp("never", "")],
            failure: [txnOp({ failure: [putOp("never", "")] }), putOp("b", "2"), txnOp({ compare: [exists("b")] })],
          }),
          txnOp({ success: [rangeOp("a", "\0")] }),
        ],
      }),
    ).toBe("yes@2 put@2; [no@0 [yes@0 ]; put@2; [no@0 ]]; [yes@0 range@2 2: a=1 2/2/1, b=2 2/2/1]");
  });

  it("is checked along the chosen path before anything is written", () => {
    const bench = setUp();
    bench.leases.known.add(1n);
    put(bench.mvcc, "a", "1");
    put(bench.mvcc, "a", "2");
    bench.mvcc.compact(3);
    for (const [bad, message] of [
      [rangeOp("a", "", { revision: 4 }), "etcdserver: mvcc: required revision is a future revision"],
      [rangeOp("a", "", { revision: 2 }), "etcdserver: mvcc: required revision has been compacted"],
      [rangeOp("a", "", { revision: -2 }), "etcdserver: mvcc: required revision has been compacted"],
      [putOp("x", "", { lease: 2n }), "etcdserver: requested lease not found"],
      [putOp("x", "", { ignoreValue: true }), "etcdserver: key not found"],
      [putOp("x", "", { ignoreLease: true }), "etcdserver: key not found"],
      [txnOp({ success: [putOp("x", "", { lease: 2n })] }), "etcdserver: requested lease not found"],
    ] as const) {
      expect(() => run(bench, { success: [putOp("b", "1"), bad] })).toThrow(message);
      // On the path that was not chosen it does no harm.
      expect(run(bench, { compare: [compare("a", { target: VERSION })], success: [bad] })).toBe("no@3 ");
      expect(run(bench, { success: [txnOp({ failure: [bad] })] })).toBe("yes@3 [yes@0 ]");
    }
    expect(bench.mvcc.revision).toBe(3);
    expect(run(bench, { success: [rangeOp("a", "", { revision: 3 }), putOp("b", "1", { lease: 1n })] })).toBe(
      "yes@4 range@3 1: a=2 2/3/2; put@4",
    );
  });

  it("leaves out ranges where nobody reads them, and writes the same", () => {
    const request = { success: [rangeOp("a", "\0"), putOp("a", "1"), rangeOp("a", "\0"), deleteOp("b", "", true)] };
    const [one, other] = [setUp(), setUp()];
    expect(run(one, request, { noRangeResults: true })).toBe("yes@2 range@1 0: ; put@2; range@2 0: ; delete@2 0");
    run(other, request);
    expect(one.mvcc.hashKv(0)).toEqual(other.mvcc.hashKv(0));
  });

  it("may only read, then without a write transaction", () => {
    const bench = setUp();
    put(bench.mvcc, "a", "1");
    const reads = rpc.createTxnRequest({
      success: [rangeOp("a")],
      failure: [rangeOp("b", "", { serializable: true })],
    });
    expect([isTxnReadonly(reads), isTxnSerializable(reads)]).toEqual([true, false]);
    expect(tell(applyTxn(bench.mvcc, bench.leases, reads))).toBe("yes@2 range@2 1: a=1 2/2/1");
    const local = rpc.createTxnRequest({ success: [rangeOp("a", "", { serializable: true })] });
    expect([isTxnReadonly(local), isTxnSerializable(local)]).toEqual([true, true]);
    const nested = rpc.createTxnRequest({ success: [txnOp({})] });
    expect([isTxnReadonly(nested), isTxnSerializable(nested)]).toEqual([false, false]);
    expect([isTxnReadonly(rpc.createTxnRequest()), isTxnSerializable(rpc.createTxnRequest())]).toEqual([true, true]);
  });
});

describe("put and delete alone", () => {
  it("answer with revision and what was there", () => {
    const { mvcc, leases } = setUp();
    leases.known.add(5n);
    const request = (init: Partial<rpc.PutRequest>): rpc.PutRequest =>
      rpc.createPutRequest({ key: keyBytes("a"), ...init });
    const first = applyPut(mvcc, leases, request({ value: utf8("1"), lease: 5n, prevKv: true }));
    expect([first.header?.revision, first.prevKv]).toEqual([2, undefined]);
    const second = applyPut(mvcc, leases, request({ value: utf8("2"), ignoreLease: true, prevKv: true }));
    expect(show(second.prevKv!)).toBe("a=1 2/2/1 lease 5");
    expect(show(mvcc.get("a")!)).toBe("a=2 2/3/2 lease 5");
    expect(applyPut(mvcc, leases, request({ ignoreValue: true })).prevKv).toBeUndefined();
    expect(show(mvcc.get("a")!)).toBe("a=2 2/4/3");
    expect(leases.attached.size).toBe(0);
    expect(() => applyPut(mvcc, leases, request({ lease: 6n }))).toThrow("etcdserver: requested lease not found");
    expect(() => applyPut(mvcc, leases, request({ key: keyBytes("b"), ignoreValue: true }))).toThrow(
      "etcdserver: key not found",
    );
    const gone = applyDeleteRange(
      mvcc,
      rpc.createDeleteRangeRequest({ key: keyBytes("a"), rangeEnd: keyBytes("\0"), prevKv: true }),
    );
    expect([gone.deleted, gone.header?.revision, gone.prevKvs.map(show)]).toEqual([1, 5, ["a=2 2/4/3"]]);
    const nothing = applyDeleteRange(mvcc, rpc.createDeleteRangeRequest({ key: keyBytes("a") }));
    expect([nothing.deleted, nothing.header?.revision]).toEqual([0, 5]);
    expect(remove(mvcc, "a")).toBe(0);
  });
});
