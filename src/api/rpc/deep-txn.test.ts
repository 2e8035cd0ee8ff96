import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError, rpc } from "../../wire/proto/index.ts";
import { decodeTxn, isCut } from "./deep-txn.ts";
import { checkTxn } from "./kv-checks.ts";

const opsMax = 128;

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) out.push((rest & 127) | 128);
  return [...out, rest];
}

/** `innermost`, an encoded transaction, as the only operation of a transaction, and so on. Each level may have something in front. */
function nested(levels: number, innermost: Uint8Array, before: Uint8Array = new Uint8Array()): Uint8Array {
  const prefixes: Uint8Array[] = [innermost];
  let length = innermost.length;
  for (let i = 0; i < levels; i++) {
    for (const tag of [0x22, 0x12]) {
      const prefix = Uint8Array.of(tag, ...varint(length));
      prefixes.push(prefix);
      length += prefix.length;
    }
    prefixes.push(before);
    length += before.length;
  }
  return Buffer.concat(prefixes.reverse());
}

const put = rpc.encodeTxnRequest(
  rpc.createTxnRequest({
    success: [{ request: { case: "requestPut", value: rpc.createPutRequest({ key: Buffer.from("k") }) } }],
  }),
);
const nothing = new Uint8Array();

/** What a client is told of a transaction; "taken" when it would be proposed. */
function verdict(bytes: Uint8Array): string {
  let request: rpc.TxnRequest;
  try {
    request = decodeTxn(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code;
  }
  try {
    checkTxn(request, opsMax);
  } catch (error) {
    return (error as Error).message;
  }
  return isCut(request) ? "cut" : "taken";
}

const tooMany = "etcdserver: too many operations in txn request";

// As etcd 3.7.1 answers each.
describe("a nested transaction", () => {
  it.each([1, 10, 63, 64, 100, 126, 127])("%d deep is taken", (levels) => {
    expect(verdict(nested(levels, put))).toBe("taken");
    expect(verdict(nested(levels, nothing))).toBe("taken");
  });

  it("128 deep is taken when nothing is in it", () => {
    expect(verdict(nested(128, nothing))).toBe("taken");
    expect(verdict(nested(128, put))).toBe(tooMany);
  });

  it.each([129, 449, 450, 451, 499, 500, 501, 2000, 4998])("%d deep has too many operations", (levels) => {
    expect(verdict(nested(levels, put))).toBe(tooMany);
    expect(verdict(nested(levels, nothing))).toBe(tooMany);
  });

  it("of more than 10000 messages is not read", () => {
    expect(verdict(nested(4999, nothing))).toBe(tooMany);
    expect(verdict(nested(4999, put))).toBe("Depth");
    for (const levels of [5000, 10_000, 100_000]) expect(verdict(nested(levels, nothing))).toBe("Depth");
  });

  it("is told of the first fault, wherever that lies", () => {
    const noKey = Uint8Array.of(0x12, 2, 0x12, 0);
    for (const levels of [10, 2000]) {
      expect(verdict(nested(levels, put, noKey))).toBe("etcdserver: key is not provided");
      // Behind the deep one it is second.
      const behind = Buffer.concat([nested(levels, put), noKey]);
      expect(verdict(behind)).toBe(levels === 10 ? "etcdserver: key is not provided" : tooMany);
      // What cannot be read goes before everything, however deep it lies.
      expect(verdict(nested(levels, Uint8Array.of(0x12, 200)))).toBe("Truncated");
      expect(verdict(nested(levels, Uint8Array.of(0x0a, 2, 0x2b, 0x34)))).toBe("Group");
      expect(verdict(nested(levels, Uint8Array.of(0x12)))).toBe("Truncated");
    }
  });

  it("that is deeper than it may be here is cut even where more operations are allowed, and never taken", () => {
    for (const levels of [451, 2000]) {
      const request = decodeTxn(nested(levels, put));
      expect(() => checkTxn(request, 100_000)).not.toThrow();
      expect(isCut(request)).toBe(true);
    }
    const whole = decodeTxn(nested(449, put));
    expect(isCut(whole)).toBe(false);
    // As an entry of the log, which has more around it, it is read again.
    const entry = rpc.encodeTxnRequest(
      rpc.createTxnRequest({ success: [{ request: { case: "requestTxn", value: whole } }] }),
    );
    expect(rpc.decodeTxnRequest(entry).success).toHaveLength(1);
  });

  it("is cut to the same lengths, whatever lies below", () => {
    fc.assert(
      fc.property(fc.nat({ max: 20_000 }), (size) => {
        const value = rpc.createPutRequest({ key: Buffer.from("k"), value: new Uint8Array(size) });
        const leaf = rpc.encodeTxnRequest(
          rpc.createTxnRequest({ success: [{ request: { case: "requestPut", value } }] }),
        );
        const request = decodeTxn(nested(450, leaf));
        expect(isCut(request)).toBe(true);
        let levels = 0;
        for (let txn = request; txn.success.length > 0; levels++) {
          const only = txn.success[0]!.request;
          if (only.case !== "requestTxn") throw new Error("something else came up");
          txn = only.value;
        }
        expect(levels).toBe(450);
      }),
      { numRuns: 50 },
    );
  });
});
