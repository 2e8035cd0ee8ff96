import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { End, type Frame, frame, headers, parseFrames, settings, uint32 } from "../../../test/harness/http2.ts";
import { prepareHeaders } from "./prepared.ts";

/** How many times the usual number of runs: `FUZZ=100 SEED=1 npx vitest run ...` for a long one. */
const times = Number(process.env.FUZZ ?? 1);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const STREAMS = [1, 3, 5];
const trailers = prepareHeaders([["grpc-status", "0"]]);

type Step =
  | { kind: "send"; stream: number; bytes: number }
  | { kind: "end"; stream: number; trailers: boolean }
  | { kind: "window"; stream: number; bytes: number }
  | { kind: "initial"; bytes: number }
  | { kind: "frameMax"; bytes: number }
  | { kind: "socket"; writable: boolean };

const stream = fc.constantFrom(...STREAMS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("send" as const), stream, bytes: fc.integer({ min: 0, max: 90_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), stream, trailers: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("window" as const),
      stream: fc.constantFrom(0, ...STREAMS),
      bytes: fc.integer({ min: 1, max: 60_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("initial" as const), bytes: fc.integer({ min: 0, max: 100_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("frameMax" as const), bytes: fc.integer({ min: 16384, max: 40_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("socket" as const), writable: fc.boolean() }) },
);

const patternSource = Buffer.from(Array.from({ length: 251 + 100_000 }, (_, i) => i % 251));
function pattern(at: number, bytes: number): Buffer {
  return patternSource.subarray(at % 251, (at % 251) + bytes);
}

/** The dumb twin: RFC 9113 5.2 as sums over everything that was ever said. */
class Twin {
  initial = 65535;
  frameMax = 16384;
  connection = 65535;
  readonly granted = new Map(STREAMS.map((id) => [id, 0]));
  /** Bytes given to the stream and seen on the wire. Byte `n` of a stream is `n % 251`. */
  readonly accepted = new Map(STREAMS.map((id) => [id, 0]));
  readonly sent = new Map(STREAMS.map((id) => [id, 0]));
  readonly ended = new Map<number, "data" | "trailers">();
  readonly endSeen = new Set<number>();

  window(id: number): number {
    return this.initial + this.granted.get(id)! - this.sent.get(id)!;
  }

  pending(id: number): number {
    return this.accepted.get(id)! - this.sent.get(id)!;
  }

  see(seen: Frame): void {
    if (seen.type !== 0 && seen.type !== 1) return;
    const id = seen.streamId;
    expect(this.endSeen.has(id)).toBe(false);
    if (seen.type === 0) {
      expect(seen.payload.length).toBeLessThanOrEqual(this.frameMax);
      if (seen.payload.length > 0) {
        expect(this.window(id)).toBeGreaterThanOrEqual(seen.payload.length);
        expect(this.connection).toBeGreaterThanOrEqual(seen.payload.length);
      }
      this.connection -= seen.payload.length;
      const at = this.sent.get(id)!;
      expect(pattern(at, seen.payload.length).equals(seen.payload)).toBe(true);
      this.sent.set(id, at + seen.payload.length);
    }
    if ((seen.flags & 1) !== 0) {
      this.endSeen.add(id);
      expect(this.ended.get(id)).toBe(seen.type === 0 ? "data" : "trailers");
      expect(this.pending(id)).toBe(0);
    }
  }
}

describe(`flow control against a dumb twin (seed ${seed})`, () => {
  test("never beyond a window, never less than the windows allow, in order, ended once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const end = End.served({ resetAfterResponse: false });
        const twin = new Twin();
        let writable = true;
        let paused = false;
        for (const id of STREAMS) end.receive(headers(id, false));

        const check = (): void => {
          for (const seen of parseFrames(end.take())) twin.see(seen);
          // Whatever was gathered went out; the answer of that write decides about the next.
          if (!writable) paused = true;
        };
        const settle = (): void => {
          check();
          for (const id of STREAMS) {
            const buffered = end.handler.streams.get(id)!.bufferedBytes;
            expect(buffered).toBe(twin.endSeen.has(id) ? 0 : twin.pending(id));
            if (!paused && buffered > 0) expect(Math.min(twin.window(id), twin.connection)).toBeLessThanOrEqual(0);
            if (twin.ended.has(id) && buffered === 0 && !paused) expect(twin.endSeen.has(id)).toBe(true);
          }
        };

        for (const step of steps) {
          // A write that says no is only noticed when there was something to write.
          end.wire.writable = writable;
          switch (step.kind) {
            case "send": {
              if (twin.ended.has(step.stream)) break;
              const at = twin.accepted.get(step.stream)!;
              const bytes = pattern(at, step.bytes);
              twin.accepted.set(step.stream, at + step.bytes);
              const cut = bytes.length >> 2;
              end.handler.streams.get(step.stream)!.sendData([bytes.subarray(0, cut), bytes.subarray(cut)], false);
              break;
            }
            case "end":
              if (twin.ended.has(step.stream)) break;
              twin.ended.set(step.stream, step.trailers ? "trailers" : "data");
              if (step.trailers) end.handler.streams.get(step.stream)!.sendHeaders(trailers, true);
              else end.handler.streams.get(step.stream)!.sendData([], true);
              break;
            case "window":
              // What is still gathered was sent under the old windows.
              for (const seen of parseFrames(end.take())) twin.see(seen);
              if (step.stream === 0) twin.connection += step.bytes;
              else if (!twin.endSeen.has(step.stream))
                twin.granted.set(step.stream, twin.granted.get(step.stream)! + step.bytes);
              end.receive(frame(8, 0, step.stream, uint32(step.bytes)));
              break;
            case "initial":
              for (const seen of parseFrames(end.take())) twin.see(seen);
              twin.initial = step.bytes;
              end.receive(settings([4, step.bytes]));
              break;
            case "frameMax":
              for (const seen of parseFrames(end.take())) twin.see(seen);
              twin.frameMax = step.bytes;
              end.receive(settings([5, step.bytes]));
              break;
            case "socket":
              writable = step.writable;
              if (writable) {
                end.wire.writable = true;
                end.connection.resume();
                paused = false;
              }
              break;
          }
          // Make sure that there is something to write, so that both sides agree about the socket.
          end.receive(frame(6, 0, 0, Buffer.alloc(8)));
          settle();
          expect(end.handler.closed).toBe(false);
        }

        // With all windows open and the socket free, everything arrives.
        end.wire.writable = true;
        writable = true;
        end.connection.resume();
        paused = false;
        check();
        twin.connection += 0x3fff_ffff;
        end.receive(frame(8, 0, 0, uint32(0x3fff_ffff)));
        twin.initial = 0x3fff_ffff;
        end.receive(settings([4, 0x3fff_ffff]));
        settle();
        for (const id of STREAMS) expect(twin.sent.get(id)).toBe(twin.accepted.get(id));
      }),
      { seed, numRuns: 200 * times },
    );
  });

  test("what a client sends is what a server gets, whatever their windows", () => {
    const sizes = fc.integer({ min: 1, max: 200_000 });
    fc.assert(
      fc.property(
        sizes,
        sizes,
        fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 20 }),
        (connection, own, chunks) => {
          const client = new End("client");
          const server = new End("server", { connectionWindowBytes: connection, streamWindowBytes: own });
          let total = 0;
          const stream = client.connection.request(
            [
              [":method", "POST"],
              [":scheme", "http"],
              [":path", "/"],
            ],
            false,
          );
          for (const bytes of chunks) {
            stream.sendData([Buffer.alloc(bytes, total & 0xff)], false);
            total += bytes;
          }
          stream.sendData([], true);
          for (;;) {
            const toServer = client.take();
            const toClient = server.take();
            if (toServer.length === 0 && toClient.length === 0) break;
            server.receive(toServer);
            client.receive(toClient);
          }
          expect(server.handler.error).toBeUndefined();
          expect(server.handler.body(1).length).toBe(total);
          expect(server.handler.streams.get(1)!.remoteEnded).toBe(true);
        },
      ),
      { seed, numRuns: 100 * times },
    );
  });
});
