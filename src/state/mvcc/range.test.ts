import { describe, expect, it } from "vitest";
import { keyBytes } from "../../base/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { rangeRequest, rangeStream } from "./index.ts";
import { put, remove, settle, setUp, show } from "./testing/setup.ts";

const { KEY, VERSION, CREATE, MOD, VALUE } = rpc.SortTarget;
const { NONE, ASCEND, DESCEND } = rpc.SortOrder;

function library(): ReturnType<typeof setUp> {
  const bench = setUp();
  bench.leases.known.add(9n);
  put(bench.mvcc, "b", "9"); // 2
  put(bench.mvcc, "a", "5", 9n); // 3
  put(bench.mvcc, "c", "7"); // 4
  put(bench.mvcc, "b", "8"); // 5
  put(bench.mvcc, "d", "6"); // 6
  put(bench.mvcc, "b", "4"); // 7
  return bench;
}

function ask(bench: ReturnType<typeof setUp>, init: Partial<rpc.RangeRequest>): string {
  const request = rpc.createRangeRequest({ key: keyBytes("a"), rangeEnd: keyBytes("\0"), ...init });
  const { kvs, count, more, revision } = rangeRequest(bench.mvcc, request);
  const keys = kvs.map((kv) => show(kv));
  return `@${revision} ${count}${more ? "+" : ""} ${keys.join(", ")}`;
}

/** Keys alone, for orders. */
function order(bench: ReturnType<typeof setUp>, init: Partial<rpc.RangeRequest>): string {
  return ask(bench, init).replace(/=\S* [\d/]+( lease \d+)?/g, "");
}

describe("a range request", () => {
  const bench = library();

  it("sorts by any target, ties in the order of keys", () => {
    expect(order(bench, {})).toBe("@7 4 a, b, c, d");
    expect(order(bench, { sortTarget: KEY, sortOrder: DESCEND })).toBe("@7 4 d, c, b, a");
    expect(order(bench, { sortTarget: VERSION, sortOrder: ASCEND })).toBe("@7 4 a, c, d, b");
    expect(order(bench, { sortTarget: VERSION, sortOrder: DESCEND })).toBe("@7 4 b, a, c, d");
    expect(order(bench, { sortTarget: CREATE, sortOrder: ASCEND })).toBe("@7 4 b, a, c, d");
    expect(order(bench, { sortTarget: MOD, sortOrder: DESCEND })).toBe("@7 4 b, d, c, a");
    expect(order(bench, { sortTarget: VALUE, sortOrder: ASCEND })).toBe("@7 4 b, a, d, c");
    expect(order(bench, { sortTarget: MOD, sortOrder: NONE })).toBe("@7 4 a, c, d, b");
  });

  it("cuts after sorting; the count knows no limit", () => {
    expect(order(bench, { limit: 2 })).toBe("@7 4+ a, b");
    expect(order(bench, { limit: 4 })).toBe("@7 4 a, b, c, d");
    expect(order(bench, { limit: 2, sortTarget: MOD, sortOrder: DESCEND })).toBe("@7 4+ b, d");
    expect(order(bench, { limit: 1, revision: 4 })).toBe("@7 3+ a");
    // etcd's trap: without an order the limit goes first, and what it let through (one more) is sorted.
    expect(order(bench, { limit: 1, sortTarget: MOD, sortOrder: NONE })).toBe("@7 4+ a");
  });

  it("filters before it cuts; the count knows no filter", () => {
    expect(order(bench, { minModRevision: 4 })).toBe("@7 4 b, c, d");
    expect(order(bench, { maxModRevision: 4 })).toBe("@7 4 a, c");
    expect(order(bench, { minCreateRevision: 4, maxCreateRevision: 4 })).toBe("@7 4 c");
    expect(order(bench, { minModRevision: 4, limit: 2 })).toBe("@7 4+ b, c");
    expect(order(bench, { minModRevision: 9 })).toBe("@7 4 ");
  });

  it("answers keys alone from the index, without value or lease, but for a sort by value", () => {
    expect(ask(bench, { keysOnly: true, limit: 2 })).toBe("@7 4+ a= 3/3/1, b= 2/7/3");
    expect(ask(bench, { keysOnly: true, revision: 5 })).toBe("@7 3 a= 3/3/1, b= 2/5/2, c= 4/4/1");
    expect(ask(bench, { keysOnly: true, sortTarget: VALUE, sortOrder: ASCEND, limit: 2 })).toBe(
      "@7 4+ b= 2/7/3, a= 3/3/1 lease 9",
    );
    expect(ask(bench, { keysOnly: true, key: keyBytes("x") })).toBe("@7 0 ");
  });

  it("counts alone", () => {
    expect(ask(bench, { countOnly: true, limit: 1, minModRevision: 6 })).toBe("@7 4 ");
    expect(ask(bench, { countOnly: true, revision: 2 })).toBe("@7 1 ");
    expect(ask(bench, { countOnly: true, rangeEnd: keyBytes(""), key: keyBytes("b") })).toBe("@7 1 ");
    expect(ask(bench, { countOnly: true, rangeEnd: keyBytes(""), key: keyBytes("x") })).toBe("@7 0 ");
    expect(ask(bench, { countOnly: true, rangeEnd: keyBytes(""), key: keyBytes("d"), revision: 5 })).toBe("@7 0 ");
  });

  it("reads one key, a half-open range, an inverted one", () => {
    expect(ask(bench, { rangeEnd: keyBytes(""), revision: 5, key: keyBytes("b") })).toBe("@7 1 b=8 2/5/2");
    expect(order(bench, { key: keyBytes("b"), rangeEnd: keyBytes("d") })).toBe("@7 2 b, c");
    expect(order(bench, { key: keyBytes("d"), rangeEnd: keyBytes("b") })).toBe("@7 0 ");
    expect(order(bench, { key: keyBytes("\0"), rangeEnd: keyBytes("\0"), limit: -1, revision: -3 })).toBe(
      "@7 4 a, b, c, d",
    );
  });
});

describe("a stream of a range", () => {
  it("gives all keys once, at the revision of its first chunk, in chunks of a size", async () => {
    const { mvcc, time } = setUp();
    for (let i = 0; i < 500; i++) put(mvcc, `k${String(i).padStart(4, "0")}`, "x".repeat(100));
    const target = 4096;
    const request = rpc.createRangeRequest({ key: keyBytes("k"), rangeEnd: keyBytes("l") });
    const seen: string[] = [];
    const sizes: number[] = [];
    let chunks = 0;
    for (const chunk of rangeStream(mvcc, request, target)) {
      if (chunks++ === 1) {
        put(mvcc, "k0499", "changed");
        remove(mvcc, "k0498");
        put(mvcc, "k9", "new");
      }
      seen.push(...chunk.kvs.map((kv) => show(kv).split("=")[0]!));
      sizes.push(chunk.kvs.length);
      if (chunk.header === undefined) expect([chunk.count, chunk.more]).toEqual([0, false]);
      else expect([chunk.header.revision, chunk.count, chunk.more]).toEqual([501, 500, false]);
      expect(rpc.sizeRangeResponse(chunk)).toBeLessThan(target * 2);
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => `k${String(i).padStart(4, "0")}`));
    expect(sizes.slice(0, 3)).toEqual([10, 20, 20]);
    const limited = [...rangeStream(mvcc, rpc.createRangeRequest({ ...request, limit: 35 }), target)];
    expect(limited.map((chunk) => chunk.kvs.length)).toEqual([10, 20, 5]);
    expect(limited.at(-1)).toMatchObject({ more: true, count: 500 });
    const counted = [...rangeStream(mvcc, rpc.createRangeRequest({ ...request, countOnly: true }), target)];
    expect(counted).toMatchObject([{ count: 500, kvs: [], more: false, header: { revision: 504 } }]);
    const overtaken = rangeStream(mvcc, request, target);
    overtaken.next();
    put(mvcc, "z", "");
    mvcc.compact(mvcc.revision);
    await settle(time);
    expect(() => overtaken.next()).toThrow("compacted");
  });
});
