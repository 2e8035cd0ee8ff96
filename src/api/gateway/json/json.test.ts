import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Code, EtcdError } from "../../../base/index.ts";
import { codecs, DEPTH_MAX, kv, type MessageCodec, rpc } from "../../../wire/proto/index.ts";
import { decodeJson, encodeJson } from "./index.ts";

const fixtures = new URL("../../../../test/fixtures/", import.meta.url);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The text of the refusal, which must be InvalidArgument and nothing else. */
function refusal(codec: MessageCodec<unknown>, body: string | Uint8Array): string {
  try {
    decodeJson(codec, body);
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    expect(error.code).toBe(Code.InvalidArgument);
    return error.message;
  }
  return "accepted";
}

/*
 * Recorded from the gateway's own marshaler with etcd 3.7.1's options: bodies written by hand for each rule, and good bodies damaged at random.
 * Each has the bytes of the message read, or the text of the error. (Go's no-break space behind "proto:" is recorded as a space.)
 */
describe("bodies as etcd reads them", () => {
  interface Recorded {
    message: string;
    text?: string;
    /** Base64, for bodies that are not UTF-8. */
    input?: string;
    hex?: string;
    error?: string;
  }
  const recorded: Recorded[] = JSON.parse(readFileSync(new URL("gateway-3.7.1/decode.json", fixtures), "utf8"));
  test.each(recorded.map((r) => [r.text ?? r.input!, r.message, r] as const))("%j as %s", (_body, message, r) => {
    const codec = codecs.get(message)!;
    const body = r.text ?? Buffer.from(r.input!, "base64");
    if (r.error !== undefined) {
      expect(refusal(codec, body)).toBe(r.error);
      return;
    }
    // Counters beyond 2^53 saturate here; what was read is compared with what we make of Go's reading.
    const theirs = hex(codec.encode(codec.decode(Buffer.from(r.hex!, "hex"))));
    expect(hex(codec.encode(decodeJson(codec, body)))).toBe(theirs);
  });
});

describe("messages as etcd prints them", () => {
  interface Golden {
    message: string;
    case: string;
    hex: string;
    json?: string;
  }
  const folder = new URL("proto-3.7.1/", fixtures);
  const goldens = readdirSync(folder)
    .filter((name) => /^(etcdserverpb|mvccpb|authpb|v3lockpb|v3electionpb)\.json$/.test(name))
    .flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Golden[])
    .filter((golden) => golden.json !== undefined);
  test(`${goldens.length} goldens, and back`, () => {
    for (const golden of goldens) {
      const codec = codecs.get(golden.message)!;
      const text = encodeJson(codec, codec.decode(Buffer.from(golden.hex, "hex")));
      expect(text, golden.case).toBe(golden.json);
      expect(hex(codec.encode(decodeJson(codec, text)))).toBe(golden.hex);
    }
  });

  test("an answer of kept key values shows what is in them", () => {
    const pair = kv.encodeKeyValue(
      kv.createKeyValue({
        key: Buffer.from("foo"),
        value: Buffer.from("bar"),
        createRevision: 2,
        modRevision: 3,
        version: 2,
      }),
    );
    const response = rpc.createRangeResponse({
      header: rpc.createResponseHeader({ clusterId: 2n ** 64n - 1n, revision: 3 }),
      kvs: [pair],
      count: 1,
    });
    expect(encodeJson(rpc.RangeResponse, response)).toBe(
      '{"header":{"cluster_id":"18446744073709551615","revision":"3"},"kvs":[{"key":"Zm9v","create_revision":"2","mod_revision":"3","version":"2","value":"YmFy"}],"count":"1"}',
    );
  });

  test("text is escaped as little as JSON allows", () => {
    const name = 'é\u2028<&>"\\\b\f\n\r\t\u0001\u001f\u007f';
    expect(encodeJson(rpc.AuthUserAddRequest, rpc.createAuthUserAddRequest({ name }))).toBe(
      '{"name":"é\u2028<&>\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\u007f"}',
    );
  });

  test("a saturated counter prints as the end of its type", () => {
    expect(encodeJson(rpc.RangeRequest, rpc.createRangeRequest({ limit: 2 ** 63, revision: -(2 ** 63) }))).toBe(
      '{"limit":"9223372036854775807","revision":"-9223372036854775808"}',
    );
  });
});

describe("bodies that want to hurt", () => {
  test("nesting is bounded, in brackets and in messages", () => {
    expect(refusal(rpc.PutRequest, "[".repeat(100_000))).toBe("invalid character '[' exceeded max depth");
    expect(refusal(rpc.PutRequest, `{"x":${"[".repeat(9_999)}${"]".repeat(9_999)}}`)).toBe("accepted");
  });

  const nested = (levels: number, innermost: string): string =>
    `${'{"success":[{"request_txn":'.repeat(levels)}${innermost}${"}]}".repeat(levels)}`;

  // etcd's gateway takes three brackets a level, 10000 in all.
  test.each([1, 100, 500, 501, 2000, 3333])(
    "a transaction nested %d deep is read, whatever is too deep left out",
    (levels) => {
      const encoded = rpc.TxnRequest.encode(decodeJson(rpc.TxnRequest, nested(levels, "{}")));
      let kept = 0;
      if (levels <= DEPTH_MAX / 2) {
        for (let txn = rpc.decodeTxnRequest(encoded); txn.success.length > 0; kept++) {
          const { request } = txn.success[0]!;
          if (request.case !== "requestTxn") throw new Error("no transaction in it");
          txn = request.value;
        }
        expect(kept).toBe(levels);
      } else {
        // Still too deep for whoever gets it.
        expect(() => rpc.decodeTxnRequest(encoded)).toThrow(/nested deeper/);
      }
    },
  );

  test("what is left out is checked like the rest", () => {
    for (const levels of [10, 2000]) {
      const at = 27 * levels + 1;
      expect(refusal(rpc.TxnRequest, nested(levels, '{"success":5}'))).toBe(
        `proto: syntax error (line 1:${at + 11}): unexpected token 5`,
      );
      expect(refusal(rpc.TxnRequest, nested(levels, '{"success":[],"success":[]}'))).toBe(
        `proto: (line 1:${at + 14}): duplicate field "success"`,
      );
      expect(refusal(rpc.TxnRequest, nested(levels, '{"nothing":[[]]}'))).toBe("accepted");
      expect(refusal(rpc.TxnRequest, '{"success":[{"request_txn":'.repeat(levels))).toBe("unexpected EOF");
    }
    expect(refusal(rpc.TxnRequest, nested(3334, "{}"))).toBe("invalid character '[' exceeded max depth");
  });

  test("names of Object's own are no fields and no enums", () => {
    expect(decodeJson(rpc.RangeRequest, '{"__proto__":{"key":"Zg=="},"constructor":1,"sort_order":"valueOf"}')).toEqual(
      rpc.createRangeRequest(),
    );
  });

  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  test(`any bytes are a message or an error (SEED=${seed})`, () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"',
      "\\u",
      "d83d",
      '"key"',
      '"limit"',
      "1",
      "-",
      "e",
      "null",
      "\xff",
      " ",
      "é",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.array(pieces, { maxLength: 20 }).map((p) => Buffer.from(p.join(""))),
        ),
        (bytes) => {
          refusal(rpc.RangeRequest, bytes);
          refusal(rpc.TxnRequest, bytes);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});
