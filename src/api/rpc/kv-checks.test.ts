import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EtcdError, utf8 } from "../../base/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { checkOverlaps, checkPut, checkRange, checkTxn, isReadOnly, isSerializable, KeySpans } from "./kv-checks.ts";

const range = (key: string, changes: Partial<rpc.RangeRequest> = {}): rpc.RequestOp => ({
  request: { case: "requestRange", value: rpc.createRangeRequest({ key: utf8(key), ...changes }) },
});
const put = (key: string): rpc.RequestOp => ({
  request: { case: "requestPut", value: rpc.createPutRequest({ key: utf8(key) }) },
});
const del = (key: string, end = ""): rpc.RequestOp => ({
  request: {
    case: "requestDeleteRange",
    value: rpc.createDeleteRangeRequest({ key: utf8(key), rangeEnd: utf8(end) }),
  },
});
const txn = (success: rpc.RequestOp[], failure: rpc.RequestOp[] = [], compare: rpc.Compare[] = []): rpc.TxnRequest => ({
  compare,
  success,
  failure,
});
const nest = (success: rpc.RequestOp[], failure: rpc.RequestOp[] = []): rpc.RequestOp => ({
  request: { case: "requestTxn", value: txn(success, failure) },
});
const many = (count: number, op: (i: number) => rpc.RequestOp) => Array.from({ length: count }, (_, i) => op(i));

/** Name of the row refused with, or "ok". */
function verdict(run: () => unknown): string {
  try {
    run();
    return "ok";
  } catch (error) {
    if (error instanceof EtcdError) return error.key ?? error.message;
    throw error;
  }
}

describe("single requests", () => {
  it("range: key first, then the order, then the target", () => {
    const check = (changes: Partial<rpc.RangeRequest>) => verdict(() => checkRange(rpc.createRangeRequest(changes)));
    const bad = 9 as never;
    expect(check({ sortOrder: bad })).toBe("KeyEmpty");
    expect(check({ key: utf8("a"), sortOrder: bad, sortTarget: bad })).toBe("InvalidSortOption");
    expect(check({ key: utf8("a"), sortTarget: -1 as never })).toBe("InvalidSortOption");
    expect(check({ key: utf8("a"), sortOrder: 2, sortTarget: 4 })).toBe("ok");
  });

  it("put: key, then value, then lease", () => {
    const check = (changes: Partial<rpc.PutRequest>) => verdict(() => checkPut(rpc.createPutRequest(changes)));
    const all = { ignoreValue: true, value: utf8("v"), ignoreLease: true, lease: 1n };
    expect(check(all)).toBe("KeyEmpty");
    expect(check({ ...all, key: utf8("a") })).toBe("ValueProvided");
    expect(check({ ...all, key: utf8("a"), value: utf8("") })).toBe("LeaseProvided");
    expect(check({ ...all, key: utf8("a"), value: utf8(""), lease: 0n })).toBe("ok");
  });
});

describe("transactions", () => {
  const compare = (key: string) => rpc.createCompare({ key: utf8(key) });
  it.each<[string, rpc.TxnRequest, string]>([
    ["as many operations as allowed", txn(many(128, (i) => put(`k${i}`))), "ok"],
    ["one more", txn(many(129, (i) => put(`k${i}`))), "TooManyOps"],
    ["one compare more", txn([], [], Array(129).fill(compare("a")) as rpc.Compare[]), "TooManyOps"],
    ["a compare without key", txn([put("")], [], [compare("")]), "KeyEmpty"],
    ["a put without key", txn([put("")]), "KeyEmpty"],
    ["nothing in an operation", txn([{ request: { case: undefined } }]), "KeyNotFound"],
    [
      "a nested one within what its parent left",
      txn([...many(100, (i) => range(`r${i}`)), nest(many(27, (i) => put(`n${i}`)))]),
      "ok",
    ],
    [
      "a nested one with one more",
      txn([...many(100, (i) => range(`r${i}`)), nest(many(28, (i) => put(`n${i}`)))]),
      "TooManyOps",
    ],
    ["faults in the order of the request", txn([put("a"), put("a"), range("")]), "KeyEmpty"],
    ["the same key twice", txn([put("a"), put("a")]), "DuplicateKey"],
    ["the same key twice in the other branch", txn([], [put("a"), put("a")]), "DuplicateKey"],
    ["one key in both branches", txn([put("a")], [put("a")]), "ok"],
    ["a put before a delete of it", txn([put("a"), del("a")]), "DuplicateKey"],
    ["a put inside a deleted range", txn([del("a", "c"), put("b")]), "DuplicateKey"],
    ["a put at the end of a deleted range", txn([del("a", "c"), put("c")]), "ok"],
    ["deletes that overlap", txn([del("a", "d"), del("b", "z"), del("c")]), "ok"],
    ["a delete of all keys from here on, which etcd overlooks", txn([del("a", "\0"), put("b")]), "ok"],
    ["a nested put of the same key", txn([nest([put("a")]), put("a")]), "DuplicateKey"],
    ["both branches of a nested one", txn([nest([put("a")], [put("a")])]), "ok"],
    ["two nested ones", txn([nest([put("a")]), nest([], [put("a")])]), "DuplicateKey"],
    ["a nested delete", txn([nest([], [del("a", "c")]), put("b")]), "DuplicateKey"],
    ["a nested delete and an earlier nested put", txn([nest([put("b")]), nest([del("a", "c")])]), "ok"],
    ["a nested delete and a later nested put", txn([nest([del("a", "c")]), nest([put("b")])]), "DuplicateKey"],
    ["deeply", txn([nest([nest([nest([put("x")])])]), put("x")]), "DuplicateKey"],
  ])("%s", (_name, request, expected) => {
    expect(verdict(() => checkTxn(request, 128))).toBe(expected);
  });

  it("are told apart by what they need", () => {
    const read = txn([range("a")], [range("b", { serializable: true })]);
    expect([isReadOnly(read), isSerializable(read)]).toEqual([true, false]);
    const local = txn([range("a", { serializable: true })]);
    expect([isReadOnly(local), isSerializable(local)]).toEqual([true, true]);
    expect(isReadOnly(txn([nest([range("a")])]))).toBe(false);
    expect([isReadOnly(txn([])), isSerializable(txn([]))]).toEqual([true, true]);
  });

  it("with thousands of operations are checked, down to the one that does not fit", () => {
    const inner = (i: number) =>
      nest(
        many(60, (j) => put(`p${i}-${j}`)),
        many(60, (j) => del(`d${i}-${j}`)),
      );
    const all = many(128, inner);
    expect(verdict(() => checkOverlaps(all))).toBe("ok");
    expect(verdict(() => checkOverlaps([...all, put("p127-59")]))).toBe("DuplicateKey");
    expect(verdict(() => checkOverlaps([...all, put("d0-0")]))).toBe("DuplicateKey");
  });
});

describe("key spans", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "c", "\0"), maxLength: 3 });
  it("hold what a list of spans holds", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, key), { maxLength: 20 }), fc.array(key), (spans, probes) => {
        const set = new KeySpans();
        for (const [begin, end] of spans) set.add(begin, end);
        for (const probe of [...probes, ...spans.flat()]) {
          expect(set.has(probe)).toBe(spans.some(([begin, end]) => begin <= probe && probe < end));
        }
      }),
      { numRuns: 500, verbose: 1 },
    );
  });
});
