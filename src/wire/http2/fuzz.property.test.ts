import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  data,
  End,
  frame,
  headers,
  preface,
  requestFields,
  settings,
  settingsAck,
  uint32,
} from "../../../test/harness/http2.ts";
import type { Http2Options } from "./options.ts";
import { prepareHeaders } from "./prepared.ts";
import type { HeaderList } from "./types.ts";

/** How many times the usual number of runs: `FUZZ=100 SEED=1 npx vitest run ...` for a long one. */
const times = Number(process.env.FUZZ ?? 1);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const head = prepareHeaders([[":status", "200"]]);
const trailers = prepareHeaders([["grpc-status", "0"]]);

/** A session that uses every frame a client may send. */
function session(): Buffer {
  const client = new End("client", { encoderTableBytes: 4096 });
  client.receive(settings([3, 100]), settingsAck);
  const unary = client.connection.request(requestFields, false);
  unary.sendData([Buffer.from("hello")], true);
  const stream = client.connection.request([...requestFields, ["grpc-timeout", "5S"]], false);
  stream.sendData([Buffer.alloc(300, 1)], false);
  stream.sendData([Buffer.alloc(20, 2)], false);
  client.connection.request(requestFields, true);
  stream.reset(8);
  const last = client.connection.request(requestFields, false);
  last.sendHeaders([["x-checksum", "1"]], true);
  client.connection.ping(() => {});
  const block = prepareHeaders(requestFields).bytes;
  return Buffer.concat([
    client.take(),
    frame(
      1,
      0x28,
      9,
      Buffer.concat([Buffer.from([2]), uint32(0), Buffer.from([1]), block.subarray(0, 9), Buffer.alloc(2)]),
    ),
    frame(9, 0, 9, block.subarray(9, 20)),
    frame(9, 4, 9, block.subarray(20)),
    frame(0, 8, 9, Buffer.concat([Buffer.from([4]), Buffer.from("abc"), Buffer.alloc(4)])),
    frame(8, 0, 9, uint32(1000)),
    frame(8, 0, 0, uint32(1000)),
    frame(2, 0, 9, [0, 0, 0, 1, 3]),
    settings([4, 1000], [5, 20_000], [1, 100], [0x99, 1]),
    frame(0xbe, 1, 9, Buffer.from("unknown")),
    data(9, true, "end"),
    headers(11, true),
    frame(7, 0, 0, Buffer.concat([uint32(0, 0), Buffer.from("bye")])),
  ]);
}

function serve(options: Partial<Http2Options> = {}): End {
  const end = new End("server", options);
  end.handler.headers = (stream, _, endStream) => {
    if (endStream) stream.sendUnary(head, Buffer.alloc(50), [], trailers);
  };
  end.handler.data = (stream, _, endStream) => {
    if (endStream) stream.sendUnary(head, Buffer.alloc(700), [], trailers);
  };
  return end;
}

/** What came of a session: events, and all that was said. */
function outcome(end: End): string {
  return JSON.stringify([end.handler.events, end.take().toString("base64"), end.connection.openStreams]);
}

/** Receives a session in the given pieces. The socket's chunk is spoiled after the call: nothing of it may be relied on then. */
function receive(end: End, pieces: Buffer[]): void {
  for (const piece of pieces) {
    const chunk = Buffer.from(piece);
    end.receive(chunk);
    chunk.fill(0xee);
  }
}

describe(`any bytes at all (seed ${seed})`, () => {
  const whole = session();

  test("the session itself is valid and does what it should", () => {
    const end = serve();
    receive(end, [whole]);
    expect(end.handler.error).toBeUndefined();
    expect(
      end.handler.events.filter((event) => event.startsWith("headers")).map((event) => event.slice(0, 10)),
    ).toEqual(["headers 1 ", "headers 3 ", "headers 5 ", "headers 7 ", "headers 7 ", "headers 9 ", "headers 11"]);
    expect(end.connection.openStreams).toBe(0);
  });

  test("split in two at every byte, the events are the same", () => {
    const end = serve();
    receive(end, [whole]);
    const expected = outcome(end);
    for (let at = 0; at <= whole.length; at++) {
      const split = serve();
      receive(split, [whole.subarray(0, at), whole.subarray(at)]);
      if (outcome(split) !== expected) expect.fail(`split at ${at}`);
    }
  });

  test("split anywhere, down to single bytes, the events are the same", () => {
    const end = serve();
    receive(end, [whole]);
    const expected = outcome(end);
    const bytes = serve();
    receive(
      bytes,
      Array.from(whole, (_, i) => whole.subarray(i, i + 1)),
    );
    expect(outcome(bytes)).toBe(expected);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 30 }), (cuts) => {
        const pieces: Buffer[] = [];
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), whole.length]) {
          pieces.push(whole.subarray(from, cut));
          from = cut;
        }
        const split = serve();
        receive(split, pieces);
        expect(outcome(split)).toBe(expected);
      }),
      { seed, numRuns: 200 * times },
    );
  });

  /** Whatever came in: no exception, the books are in order, and an end is an orderly one. */
  function inspect(end: End): void {
    expect(end.connection.openStreams).toBeGreaterThanOrEqual(0);
    if (end.handler.closed) {
      expect(end.connection.openStreams).toBe(0);
      expect(end.wire.ended).toBe(true);
    }
    for (const stream of end.handler.streams.values()) {
      expect(stream.bufferedBytes).toBeGreaterThanOrEqual(0);
      if (stream.closed) expect(stream.bufferedBytes).toBe(0);
    }
    const resets = end.handler.events.filter((event) => event.startsWith("reset"));
    expect(new Set(resets).size).toBe(resets.length);
    end.take();
  }

  test("random bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), fc.boolean(), (chunks, greeted) => {
        const end = greeted ? End.served() : new End("server");
        for (const chunk of chunks) end.receive(chunk);
        inspect(end);
      }),
      { seed, numRuns: 1000 * times },
    );
  });

  const mutation = fc.record({
    at: fc.integer({ min: preface.length, max: whole.length - 1 }),
    kind: fc.constantFrom("flip", "set", "cut", "repeat"),
    value: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: 1, max: 60 }),
  });

  test("a valid session with some bytes changed, cut or repeated", () => {
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 2000 }),
        (mutations, chunkBytes) => {
          let bytes = Buffer.from(whole);
          for (const { at, kind, value, length } of mutations) {
            if (at >= bytes.length) continue;
            if (kind === "flip") bytes[at]! ^= 1 << (value & 7);
            else if (kind === "set") bytes[at] = value;
            else if (kind === "cut") bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
            else bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
          }
          const end = serve();
          for (let at = 0; at < bytes.length; at += chunkBytes) end.receive(bytes.subarray(at, at + chunkBytes));
          inspect(end);
        },
      ),
      { seed, numRuns: 2000 * times },
    );
  });

  const someFrame = fc
    .tuple(
      fc.integer({ min: 0, max: 10 }),
      fc.constantFrom(0, 1, 4, 5, 8, 12, 13, 0x25, 0x2d, 255),
      fc.constantFrom(0, 1, 2, 3, 5, 7, 9, 0x7fffffff),
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constant(new Uint8Array(prepareHeaders(requestFields).bytes)),
        fc.constant(new Uint8Array(8)),
        fc.constant(Uint8Array.of(0, 0, 0, 8)),
      ),
    )
    .map(([type, flags, streamId, payload]) => frame(type, flags, streamId, payload));
  const action = fc.record({
    kind: fc.constantFrom("headers", "data", "end", "unary", "reset", "consume", "flush", "pause", "resume", "time"),
    pick: fc.nat({ max: 5 }),
    bytes: fc.integer({ min: 0, max: 30_000 }),
  });

  test.each(["server", "client"] as const)("frames of all kinds at a %s that does all it may", (role) => {
    const answer: HeaderList = [[":status", "200"]];
    fc.assert(
      fc.property(fc.array(fc.oneof(someFrame, action), { maxLength: 60 }), (steps) => {
        const end = role === "server" ? End.served({ maxConcurrentStreams: 3 }) : End.connected({}, [3, 4]);
        if (role === "client") {
          for (let i = 0; i < 3; i++) {
            const stream = end.connection.request(requestFields, i === 0);
            end.handler.streams.set(stream.id, stream);
          }
        }
        let now = 0;
        for (const step of steps) {
          if (Buffer.isBuffer(step)) {
            end.receive(step);
            continue;
          }
          const streams = [...end.handler.streams.values()];
          const stream = streams[step.pick % Math.max(1, streams.length)];
          if (step.kind === "flush") end.connection.flush();
          else if (step.kind === "resume") end.connection.resume();
          else if (step.kind === "pause") end.wire.writable = step.pick > 2;
          else if (step.kind === "time") {
            now += step.bytes / 10;
            end.connection.checkTimeouts(now);
          } else if (stream === undefined) continue;
          else if (step.kind === "headers" && stream.bufferedBytes === 0) stream.sendHeaders(answer, false);
          else if (step.kind === "data") stream.sendData([Buffer.alloc(step.bytes)], false);
          else if (step.kind === "end") stream.sendHeaders(answer, true);
          else if (step.kind === "unary") stream.sendUnary(head, Buffer.alloc(step.bytes), [], trailers);
          else if (step.kind === "reset") stream.reset(8);
          else if (step.kind === "consume") stream.consume(step.bytes);
        }
        inspect(end);
      }),
      { seed, numRuns: 1000 * times },
    );
  });
});
