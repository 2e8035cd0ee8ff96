import { describe, expect, it } from "vitest";
import { codecs } from "./codecs.ts";
import { EncodeError, type FieldDescriptor, kv, type MessageCodec, raftpb, rpc, Writer } from "./index.ts";
import { hex } from "./testing.ts";

/** What a program without types may hand in where a field of any kind is wanted. */
function wrongValues(): unknown[] {
  const lying = (length: unknown) => ({ length, 0: 1, 1: 2 });
  let asked = 0;
  return [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    2 ** 53,
    1.5,
    2n ** 64n,
    -(2n ** 63n) - 1n,
    null,
    undefined,
    {},
    Symbol("s"),
    () => 1,
    "text",
    "\ud800",
    5,
    true,
    new Array(3),
    [undefined],
    [Number.NaN],
    [{}],
    new Date(Number.NaN),
    lying(Number.NaN),
    lying(-5),
    lying(-100),
    lying(1.5),
    lying("3"),
    lying(2 ** 32),
    lying(Number.POSITIVE_INFINITY),
    new Proxy(new Uint8Array(4), {}),
    new Uint8Array(new SharedArrayBuffer(4)),
    detached(),
    Buffer.from("buffer"),
    {
      get length(): number {
        throw new Error("a getter that throws");
      },
    },
    // One length while sizes are computed, another one while it is written.
    {
      get length(): number {
        return asked++ % 2 === 0 ? 3 : 4000;
      },
    },
    {
      get length(): number {
        return asked++ % 2 === 0 ? 3 : -64;
      },
    },
    { case: "nothing of ours" },
    {
      get case(): string {
        throw new Error("a getter that throws");
      },
    },
  ];
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(16);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** A message with something in each field. */
function filled(codec: MessageCodec<unknown>, depth: number): Record<string, unknown> {
  const message = codec.create() as Record<string, unknown>;
  for (const field of codec.fields) {
    if (field.kind === "message" && depth === 0) continue;
    const value = good(field, depth);
    if (field.oneof !== undefined) message[field.oneof] = { case: field.property, value };
    else message[field.property] = field.repeated ? [value, value] : value;
  }
  return message;
}

function good(field: FieldDescriptor, depth: number): unknown {
  switch (field.kind) {
    case "int64":
    case "uint64":
      return field.id ? 7n : 7;
    case "bool":
      return true;
    case "bytes":
      return Uint8Array.of(1, 2, 3);
    case "string":
      return "words";
    case "message":
      return field.embed ? Uint8Array.of(8, 1) : filled(field.message!(), depth - 1);
    default:
      return 1;
  }
}

const probes: [MessageCodec<unknown>, unknown][] = [
  [
    rpc.PutRequest as MessageCodec<unknown>,
    rpc.createPutRequest({ key: Buffer.from("key"), value: Buffer.alloc(300, "v") }),
  ],
  [kv.KeyValue as MessageCodec<unknown>, kv.createKeyValue({ key: Buffer.from("k"), modRevision: 5, lease: -1n })],
  [raftpb.Entry as MessageCodec<unknown>, raftpb.createEntry({ term: 3, index: 9, data: Buffer.alloc(40, "d") })],
];
const expected = probes.map(([codec, message]) => hex(codec.encode(message)));

/** The next encodes give what they always give, and messages from before are as they were. */
class Watch {
  readonly #before = probes.map(([codec, message]) => codec.encode(message));

  check(why: string): void {
    for (const [i, [codec, message]] of probes.entries()) {
      if (hex(codec.encode(message)) !== expected[i]) throw new Error(`the next encode is wrong after ${why}`);
      if (hex(this.#before[i]!) !== expected[i]) throw new Error(`an earlier message was changed by ${why}`);
    }
  }
}

function describeValue(value: unknown): string {
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
}

describe("an encode that fails", () => {
  const cases = [...codecs.values()].filter((codec) => codec.fields.length > 0);

  it.each(cases.map((codec) => [codec.typeName, codec] as const))("leaves the next one right: %s", (_, codec) => {
    const watch = new Watch();
    let threw = 0;
    for (const field of codec.fields) {
      for (const value of wrongValues()) {
        const message = filled(codec, 1);
        const slots = field.oneof === undefined ? [value] : [value, { case: field.property, value }];
        for (const slot of [...slots, ...(field.repeated ? [[value]] : [])]) {
          message[field.oneof ?? field.property] = slot;
          try {
            codec.encode(message);
          } catch {
            threw++;
          }
          watch.check(`${codec.typeName}.${field.name} = ${describeValue(value)}`);
        }
        // A field whose getter throws once its size is known.
        let asked = 0;
        Object.defineProperty(message, field.oneof ?? field.property, {
          get: () => {
            if (asked++ > 0) throw new Error("a getter that throws");
            return filled(codec, 1)[field.oneof ?? field.property];
          },
        });
        try {
          codec.encode(message);
        } catch {
          threw++;
        }
        watch.check(`${codec.typeName}.${field.name} with a getter that throws`);
      }
    }
    expect(threw).toBeGreaterThan(0);
  });

  it("also when another message is encoded in the middle of it", () => {
    const watch = new Watch();
    let inner: Uint8Array | undefined;
    let asked = 0;
    const key = {
      get length(): number {
        asked++;
        if (asked <= 2) return 3;
        // While the outer message is written: an inner one takes its place behind, then the outer runs over its end.
        inner ??= probes[0]![0].encode(probes[0]![1]);
        return 200;
      },
    };
    expect(() => rpc.encodePutRequest({ ...rpc.createPutRequest(), key: key as never })).toThrow();
    expect(hex(inner!)).toBe(expected[0]);
    watch.check("a nested encode");
  });

  it("says that it is the message", () => {
    const put = rpc.createPutRequest({ key: Buffer.from("a") });
    expect(() => rpc.encodePutRequest({ ...put, value: 5 as never })).toThrow(EncodeError);
    expect(() => rpc.encodePutRequest({ ...put, value: 5 as never })).toThrow(TypeError);
  });

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, "3", undefined])(
    "by its size %s reserves nothing",
    (size) => {
      const watch = new Watch();
      for (const make of [Writer.of, Writer.kept]) {
        expect(() => make(size as number)).toThrow(EncodeError);
        watch.check(String(size));
      }
    },
  );
});
