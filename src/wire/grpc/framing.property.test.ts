import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Deframer, frameReply } from "./framing.ts";
import type { Status } from "./status.ts";

class Collector {
  readonly messages: { bytes: number[]; compressed: boolean }[] = [];
  fault: Status | undefined;
  onFrame(bytes: Uint8Array, compressed: boolean): void {
    this.messages.push({ bytes: [...bytes], compressed });
  }
  onFrameFault(fault: Status): void {
    expect(this.fault).toBeUndefined();
    this.fault = fault;
  }
}

/** The obvious deframer: all bytes first, then cut. */
function twin(all: Uint8Array, max: number): { messages: { bytes: number[]; compressed: boolean }[]; fault: boolean } {
  const messages: { bytes: number[]; compressed: boolean }[] = [];
  let at = 0;
  while (all.length - at >= 5) {
    const flag = all[at]!;
    const length = Buffer.from(all).readUInt32BE(at + 1);
    if (length > max || flag > 1) return { messages, fault: true };
    if (all.length - at - 5 < length) break;
    messages.push({ bytes: [...all.subarray(at + 5, at + 5 + length)], compressed: flag === 1 });
    at += 5 + length;
  }
  return { messages, fault: false };
}

function cut(all: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < all.length; i++) {
    const size = sizes.length === 0 ? all.length : Math.max(1, sizes[i % sizes.length]!);
    chunks.push(Uint8Array.from(all.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });

describe("deframer", () => {
  it("gives the same messages however DATA is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), cuts, (messages, sizes) => {
        const all = Buffer.concat(messages.flatMap((message) => frameReply(message)));
        const sink = new Collector();
        const deframer = new Deframer(sink, 1000);
        for (const chunk of cut(all, sizes)) deframer.push(chunk);
        expect(sink.messages.map((m) => m.bytes)).toEqual(messages.map((m) => [...m]));
        expect(deframer.insideMessage).toBe(false);
        expect(sink.fault).toBeUndefined();
      }),
      { verbose: 1 },
    );
  });

  it("agrees with the dumb twin on any bytes at all", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // Mostly plausible prefixes, so that the interesting paths are taken.
      fc
        .array(
          fc.tuple(
            fc.constantFrom(0, 0, 1, 2),
            fc.constantFrom(0, 1, 7, 60, 101, 70_000),
            fc.uint8Array({ maxLength: 60 }),
          ),
          { maxLength: 5 },
        )
        .map((parts) =>
          Buffer.concat(
            parts.map(([flag, length, body]) => {
              const prefix = Buffer.alloc(5);
              prefix[0] = flag;
              prefix.writeUInt32BE(length, 1);
              return Buffer.concat([prefix, body]);
            }),
          ),
        ),
    );
    fc.assert(
      fc.property(bytes, cuts, (all, sizes) => {
        const sink = new Collector();
        const deframer = new Deframer(sink, 100);
        for (const chunk of cut(all, sizes)) deframer.push(chunk);
        const expected = twin(all, 100);
        expect(sink.messages).toEqual(expected.messages);
        expect(sink.fault !== undefined).toBe(expected.fault);
      }),
      { numRuns: 500, verbose: 1 },
    );
  });

  it("hands a message on without copying when it lies within one chunk", () => {
    const chunk = Buffer.concat([...frameReply(Buffer.from("one")), ...frameReply(Buffer.from("two"))]);
    const seen: Uint8Array[] = [];
    new Deframer({ onFrame: (bytes) => void seen.push(bytes), onFrameFault: () => {} }, 100).push(chunk);
    expect(seen.map((bytes) => bytes.buffer)).toEqual([chunk.buffer, chunk.buffer]);
    expect(seen[1]!.byteOffset).toBe(chunk.byteOffset + 13);
  });

  it("does not allocate what a prefix merely promises", () => {
    const before = process.memoryUsage().arrayBuffers;
    const sinks: Deframer[] = [];
    for (let i = 0; i < 200; i++) {
      const deframer = new Deframer(new Collector(), 2 ** 31);
      deframer.push(Buffer.from([0, 0x40, 0, 0, 0, 1, 2, 3]));
      sinks.push(deframer);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    expect(sinks.every((deframer) => deframer.insideMessage)).toBe(true);
  });

  it("refuses too long a message in grpc-go's words", () => {
    const sink = new Collector();
    new Deframer(sink, 100).push(Buffer.from([0, 0, 0, 0, 101, 1]));
    expect(sink.fault).toEqual({ code: 8, message: "grpc: received message larger than max (101 vs. 100)" });
  });
});
