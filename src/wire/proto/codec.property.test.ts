import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codecs } from "./codecs.ts";
import {
  DEPTH_MAX,
  DecodeError,
  type FieldDescriptor,
  keyValue,
  kv,
  type MessageCodec,
  raftpb,
  rpc,
  walpb,
} from "./index.ts";
import { hex } from "./testing.ts";

const SAFE = Number.MAX_SAFE_INTEGER;

/** Any value of a field, as our types hold it. */
function anyValue(field: FieldDescriptor, depth: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "int64":
      return field.id ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) : fc.integer({ min: -SAFE, max: SAFE });
    case "uint64":
      return field.id ? fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) : fc.integer({ min: 0, max: SAFE });
    case "uint32":
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case "enum":
      return fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
    case "bool":
      return fc.boolean();
    case "bytes":
      return fc.uint8Array({ maxLength: 200 });
    case "string":
      return fc.string({ unit: "binary", maxLength: 160 });
    case "message": {
      const codec = field.message!();
      return field.embed
        ? anyMessage(codec, 0).map((m) => Uint8Array.from(codec.encode(m)))
        : anyMessage(codec, depth - 1);
    }
  }
}

/** Any message; below `depth` messages stay absent, so recursive types end. */
function anyMessage(codec: MessageCodec<unknown>, depth: number): fc.Arbitrary<unknown> {
  const slots: Record<string, fc.Arbitrary<unknown>> = {};
  const arms = new Map<string, fc.Arbitrary<unknown>[]>();
  for (const field of codec.fields) {
    const absent = field.kind === "message" && depth <= 0;
    if (field.oneof !== undefined) {
      const list = arms.get(field.oneof) ?? [];
      arms.set(field.oneof, list);
      if (!absent) list.push(anyValue(field, depth).map((value) => ({ case: field.property, value })));
    } else if (field.repeated) {
      slots[field.property] = absent ? fc.constant([]) : fc.array(anyValue(field, depth), { maxLength: 3 });
    } else if (field.kind === "message" || field.optional) {
      slots[field.property] = absent
        ? fc.constant(undefined)
        : fc.option(anyValue(field, depth), { nil: undefined, freq: 2 });
    } else slots[field.property] = anyValue(field, depth);
  }
  for (const [name, list] of arms) slots[name] = fc.oneof(fc.constant({ case: undefined }), ...list);
  return fc.record(slots);
}

// --- the dumb twin: reads fields into a list first, then fills the message by its descriptors ---------------------------------------

class Bad extends Error {}

interface Wire {
  number: number;
  type: number;
  varint: bigint;
  bytes: Uint8Array;
}

function varintAt(bytes: Uint8Array, at: number): [bigint, number] {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new Bad();
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 128) {
      if (value >= 2n ** 64n) throw new Bad();
      return [value, at + i + 1];
    }
  }
  throw new Bad();
}

/** Fields of `bytes` up to its end, or up to the end tag of group `inside`; returns where it stopped. */
function split(bytes: Uint8Array, start: number, inside: number | undefined): [Wire[], number] {
  const out: Wire[] = [];
  let at = start;
  while (at < bytes.length) {
    const [tag, afterTag] = varintAt(bytes, at);
    const number = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (number === 0 || number >= 2 ** 29) throw new Bad();
    let varint = 0n;
    let body = new Uint8Array();
    at = afterTag;
    if (type === 0) [varint, at] = varintAt(bytes, at);
    else if (type === 1 || type === 5) at += type === 1 ? 8 : 4;
    else if (type === 2) {
      const [length, from] = varintAt(bytes, at);
      if (length > BigInt(bytes.length - from)) throw new Bad();
      at = from + Number(length);
      body = Uint8Array.from(bytes.subarray(from, at));
    } else if (type === 3) [, at] = split(bytes, at, number);
    else if (type === 4) {
      if (inside !== number) throw new Bad();
      return [out, at];
    } else throw new Bad();
    if (at > bytes.length) throw new Bad();
    out.push({ number, type, varint, bytes: body });
  }
  if (inside !== undefined) throw new Bad();
  return [out, at];
}

function twinDecode(
  codec: MessageCodec<unknown>,
  bytes: Uint8Array,
  message = codec.create() as Record<string, unknown>,
): unknown {
  const safe = /^(raftpb|walpb)\./.test(codec.typeName);
  const strict = !/^(raftpb|walpb|snappb)\.|etcdserverpb\.(Request|Metadata)$/.test(codec.typeName);
  const number = (field: FieldDescriptor, raw: bigint): unknown => {
    const signed = BigInt.asIntN(64, raw);
    switch (field.kind) {
      case "bool":
        return raw !== 0n;
      case "enum":
        return Number(BigInt.asIntN(32, raw));
      case "uint32":
        return Number(BigInt.asUintN(32, raw));
      default: {
        const value = field.kind === "int64" ? signed : raw;
        if (field.id) return value;
        if (safe && !Number.isSafeInteger(Number(value))) throw new Bad();
        return Number(value);
      }
    }
  };
  for (const wire of split(bytes, 0, undefined)[0]) {
    const field = codec.fields.find((f) => f.number === wire.number);
    if (field === undefined) continue;
    const delimited = ["bytes", "string", "message"].includes(field.kind);
    const held = field.oneof === undefined ? undefined : (message[field.oneof] as { case: unknown; value: unknown });
    let value: unknown;
    if (delimited && wire.type === 2) {
      if (field.kind === "bytes") value = wire.bytes;
      else if (field.kind === "string") {
        try {
          value = new TextDecoder("utf-8", { fatal: strict, ignoreBOM: true }).decode(wire.bytes);
        } catch {
          throw new Bad();
        }
      } else if (field.embed) {
        const before = field.repeated ? undefined : (message[field.property] as Uint8Array | undefined);
        value = before === undefined ? wire.bytes : Uint8Array.from([...before, ...wire.bytes]);
      } else {
        const type = field.message!();
        const old =
          held === undefined ? message[field.property] : held.case === field.property ? held.value : undefined;
        value = twinDecode(
          type,
          wire.bytes,
          field.repeated || old === undefined ? undefined : (old as Record<string, unknown>),
        );
      }
    } else if (!delimited && wire.type === 0) value = number(field, wire.varint);
    else if (!delimited && wire.type === 2 && field.repeated) {
      for (let at = 0; at < wire.bytes.length; ) {
        const [raw, next] = varintAt(wire.bytes, at);
        at = next;
        (message[field.property] as unknown[]).push(number(field, raw));
      }
      continue;
    } else continue;
    if (field.oneof !== undefined) message[field.oneof] = { case: field.property, value };
    else if (field.repeated) (message[field.property] as unknown[]).push(value);
    else message[field.property] = value;
  }
  return message;
}

/** What a decoder says: its value, or that it refused. Anything but a DecodeError is a bug. */
function outcome(run: () => unknown, refusal: new (...args: never[]) => Error): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof refusal) return "refused";
    throw error;
  }
}

/** A list of fields as somebody else might send them: any order, any wire type, numbers that mean something to `codec` and others. */
function anyWire(codec: MessageCodec<unknown>): fc.Arbitrary<Uint8Array> {
  const varint = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => {
    const out: number[] = [];
    let rest = value;
    for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
    out.push(Number(rest));
    return out;
  });
  const small = fc.integer({ min: 0, max: 127 }).map((n) => [n]);
  const numbers = codec.fields.map((f) => f.number);
  const number = fc.oneof(fc.constantFrom(...(numbers.length > 0 ? numbers : [1])), fc.integer({ min: 0, max: 70 }));
  const tag = (n: number, type: number): number[] => {
    const out: number[] = [];
    let rest = n * 8 + type;
    for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest & 127) | 128);
    out.push(rest);
    return out;
  };
  const subs = codec.fields.filter((f) => f.kind === "message").map((f) => f.message!());
  const body = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }),
    fc.string({ maxLength: 8 }).map((s) => [...Buffer.from(s)]),
    ...subs.slice(0, 3).map((sub) => anyMessage(sub, 1).map((m) => [...sub.encode(m)])),
  );
  const field = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(number, fc.oneof(varint, small)).map(([n, v]) => [...tag(n, 0), ...v]) },
    { weight: 4, arbitrary: fc.tuple(number, body).map(([n, b]) => [...tag(n, 2), ...lengthOf(b.length), ...b]) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(number, fc.constantFrom(1, 5))
        .map(([n, t]) => [...tag(n, t), ...new Array(t === 1 ? 8 : 4).fill(7)]),
    },
    { weight: 1, arbitrary: fc.tuple(number, small).map(([n, v]) => [...tag(n, 3), ...tag(9, 0), ...v, ...tag(n, 4)]) },
    { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 3 }) },
  );
  return fc.array(field, { maxLength: 6 }).map((fields) => Uint8Array.from(fields.flat()));
}

function lengthOf(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7];
}

const all = [...codecs.values()];
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const runs = { seed, numRuns: 15 };

describe(`every codec (SEED=${seed})`, () => {
  test.each(all.map((codec) => [codec.typeName, codec] as const))("%s", (_name, codec) => {
    fc.assert(
      fc.property(anyMessage(codec, 2), (message) => {
        const bytes = codec.encode(message);
        expect(codec.decode(bytes)).toEqual(message);
        expect(codec.encode(codec.decode(bytes))).toEqual(bytes);
        expect(twinDecode(codec, bytes)).toEqual(message);
        // A message cut short is refused or is a shorter message; it is never read past its end.
        const cut = bytes.slice(0, Math.floor(bytes.length / 2));
        expect(outcome(() => codec.decode(cut), DecodeError)).toEqual(outcome(() => twinDecode(codec, cut), Bad));
      }),
      runs,
    );
    fc.assert(
      fc.property(anyWire(codec), (bytes) => {
        expect(outcome(() => codec.decode(bytes), DecodeError)).toEqual(outcome(() => twinDecode(codec, bytes), Bad));
      }),
      { ...runs, numRuns: 20 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(outcome(() => codec.decode(bytes), DecodeError)).toEqual(outcome(() => twinDecode(codec, bytes), Bad));
      }),
      { ...runs, numRuns: 20 },
    );
  });
});

describe("rules of the wire", () => {
  const bytes = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
  const refused = (codec: MessageCodec<unknown>, text: string): string => {
    try {
      codec.decode(bytes(text));
    } catch (error) {
      if (error instanceof DecodeError) return error.code;
      throw error;
    }
    return "accepted";
  };

  test.each([
    ["a tag alone", "0a", "Truncated"],
    ["a length past the end", "0a 05 61", "Truncated"],
    ["a length of 2^63", "0a ffffffffffffffff7f", "Truncated"],
    ["a varint past the end", "18 ff", "Truncated"],
    ["a varint of eleven bytes", "18 8080808080808080808001", "Varint"],
    ["a varint above 64 bits", "18 ffffffffffffffffff02", "Varint"],
    ["field number 0", "00 01", "Tag"],
    ["field number 2^29", "808080801001", "Tag"],
    ["wire type 6", "0e", "Tag"],
    ["wire type 7", "0f", "Tag"],
    ["the end of no group", "0c", "Group"],
    ["a group that ends as another", "5b 64", "Group"],
    ["a group without an end", "5b 0801", "Truncated"],
    ["a nested message longer than its outer", "1a 02 0a 05", "accepted"],
  ])("PutRequest: %s", (_what, text, code) => {
    expect(refused(rpc.PutRequest, text)).toBe(code);
  });

  test("a field of another wire type than declared is unknown, not an error", () => {
    expect(rpc.decodePutRequest(bytes("08 05 12 01 76"))).toEqual(rpc.createPutRequest({ value: Uint8Array.of(0x76) }));
  });

  test("text must be UTF-8 in proto3", () => {
    expect(refused(rpc.AuthenticateRequest, "0a 02 c328")).toBe("Utf8");
    expect(refused(rpc.AuthenticateRequest, "0a 03 eda080")).toBe("Utf8");
    expect(rpc.decodeAuthenticateRequest(bytes("0a 03 efbbbf")).name).toBe("\ufeff");
  });

  test("counters of raft and the log are exact or refused; those of the API saturate", () => {
    expect(refused(raftpb.Entry, "10 ffffffffffffff0f")).toBe("accepted");
    expect(refused(raftpb.Entry, "10 8080808080808010")).toBe("Range");
    expect(refused(walpb.Record, "08 ffffffffffffffffff01")).toBe("accepted");
    expect(refused(walpb.Record, "08 80808080808080808001")).toBe("Range");
    const request = rpc.decodeRangeRequest(bytes("18 ffffffffffffffff7f"));
    expect(request.limit).toBe(2 ** 63);
    expect(hex(rpc.encodeRangeRequest(request))).toBe("18ffffffffffffffff7f");
  });

  test("what no double holds becomes the nearest one, also below zero", () => {
    for (const value of [
      -427663542041925856n,
      427663542041925856n,
      -(2n ** 53n) - 3n,
      -(2n ** 63n),
      -1n,
      -(2n ** 32n),
    ]) {
      const encoded = Buffer.concat([Uint8Array.of(8), wideVarint(BigInt.asUintN(64, value))]);
      expect(rpc.decodeHashKVRequest(encoded)).toEqual({ revision: Number(value) });
    }
  });

  test("a message that comes twice is one", () => {
    const put = "0a 01 61 12 01 62";
    const again = "1a 00 12 01 63";
    const both = rpc.decodeRequestOp(bytes(`12 06 ${put} 12 05 ${again}`));
    expect(both.request).toEqual({
      case: "requestPut",
      value: rpc.createPutRequest({ key: Uint8Array.of(0x61), value: Uint8Array.of(0x63) }),
    });
    const replaced = rpc.decodeRequestOp(bytes(`12 06 ${put} 0a 00 12 05 ${again}`));
    expect(replaced.request.value).toEqual(rpc.createPutRequest({ value: Uint8Array.of(0x63) }));
  });

  test("a kept message that comes twice is the sum of its bytes", () => {
    const response = rpc.decodePutResponse(bytes("12 03 0a 01 61 12 02 10 05"));
    expect(kv.decodeKeyValue(response.prevKv!)).toEqual(
      kv.createKeyValue({ key: Uint8Array.of(0x61), createRevision: 5 }),
    );
  });

  test("packed and unpacked numbers are both read", () => {
    expect(raftpb.decodeConfState(bytes("0a 02 01 02 08 03")).voters).toEqual([1n, 2n, 3n]);
    expect(rpc.decodeWatchCreateRequest(bytes("28 01 2a 02 00 01")).filters).toEqual([1, 0, 1]);
  });

  test("a nested transaction deeper than the bound is refused, one at the bound is read and written", () => {
    const nest = (levels: number): Uint8Array => {
      // Prefixes from the inside out, joined once: the whole is as long as its lengths make it.
      const prefixes: Uint8Array[] = [];
      let length = 0;
      for (let i = 0; i < 2 * levels; i++) {
        const prefix = Uint8Array.of(i % 2 === 0 ? 0x22 : 0x12, ...varint(length));
        prefixes.push(prefix);
        length += prefix.length;
      }
      return Buffer.concat(prefixes.reverse());
    };
    const fits = nest(DEPTH_MAX / 2);
    expect(hex(rpc.encodeTxnRequest(rpc.decodeTxnRequest(fits)))).toBe(hex(fits));
    expect(() => rpc.decodeTxnRequest(nest(DEPTH_MAX / 2 + 1))).toThrow(/nested deeper/);
    expect(() => rpc.decodeTxnRequest(nest(100_000))).toThrow(/nested deeper/);
  });

  test("unknown groups may nest as deep as Go reads them, and cost no stack", () => {
    const groups = (count: number): Uint8Array => Buffer.concat([Buffer.alloc(count, 0x7b), Buffer.alloc(count, 0x7c)]);
    expect(rpc.decodePutRequest(groups(10_001))).toEqual(rpc.createPutRequest());
    for (const count of [10_002, 100_000]) expect(() => rpc.decodePutRequest(groups(count))).toThrow(/too deeply/);
    expect(() => rpc.decodePutRequest(Buffer.alloc(10_000, 0x7b))).toThrow(/unexpected end/);
    // Two groups, one in the other, that end in the wrong order.
    expect(() => rpc.decodePutRequest(bytes("7b 83 01 7c 84 01"))).toThrow(/another number/);
    expect(hex(rpc.decodePutRequest(bytes("7b 83 01 84 01 08 05 7c 0a 01 6b")).key)).toBe("6b");
  });
});

function wideVarint(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Uint8Array.from(out);
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) out.push((rest & 127) | 128);
  out.push(rest);
  return Uint8Array.from(out);
}

describe("a KeyValue read in place", () => {
  const fields = new keyValue.KeyValueFields();
  const bytes = fc.uint8Array({ maxLength: 40 });
  const counter = fc.oneof(fc.constant(0), fc.nat(300), fc.maxSafeNat());

  /** Key and numbers, or the error's name, by `read`. */
  function told(read: () => readonly unknown[]): readonly unknown[] {
    try {
      return read();
    } catch (error) {
      return [(error as Error).name];
    }
  }

  test("gives what reading it alone gives, whatever stands around it, whole or not", () => {
    fc.assert(
      fc.property(
        fc.tuple(bytes, counter, counter, counter, bytes, fc.bigInt(0n, 2n ** 62n)),
        fc.oneof(fc.constant(undefined), bytes),
        fc.oneof(fc.constant(1000), fc.nat(60)),
        bytes,
        ([key, createRevision, modRevision, version, value, lease], tail, cut, around) => {
          const encoded = keyValue.encodeKeyValueFrom(
            Buffer.from(key).toString("latin1"),
            createRevision,
            modRevision,
            version,
            value,
            lease,
          );
          const kv = Uint8Array.from([...encoded, ...(tail ?? [])]).subarray(0, cut);
          const expected = told(() => {
            const meta = keyValue.metaOf(kv);
            return [keyValue.keyStringOf(kv), meta.createRevision, meta.version, meta.lease];
          });
          const within = Uint8Array.from([...around, ...kv, ...around]);
          const found = told(() => {
            fields.read(within, around.length, around.length + kv.length);
            const name = Buffer.from(within.subarray(fields.keyStart, fields.keyEnd)).toString("latin1");
            return [name, fields.createRevision, fields.version, fields.lease];
          });
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
