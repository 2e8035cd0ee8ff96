import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Http2Error } from "./errors.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import type { HeaderField } from "./types.ts";

/** How many times the usual number of runs: `FUZZ=100 SEED=1 npx vitest run ...` for a long one. */
const times = Number(process.env.FUZZ ?? 1);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const parameters = (numRuns: number) => ({ seed, numRuns: numRuns * times });

const latin1 = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString("latin1"));

// Few names and values, so that the table is hit; some odd ones, so that everything else is.
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(":path", ":method", "content-type", "x-a", "x-b", "x-c", "authorization") },
  { weight: 1, arbitrary: latin1(40) },
);
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("", "GET", "/", "application/grpc", "v1", "v2", "v3") },
  { weight: 1, arbitrary: latin1(300) },
);
const field: fc.Arbitrary<HeaderField> = fc.tuple(name, value);

const step = fc.oneof(
  { weight: 5, arbitrary: fc.array(field, { maxLength: 12 }).map((fields) => ({ fields })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 6000 }).map((tableBytes) => ({ tableBytes })) },
);

describe(`HPACK (seed ${seed})`, () => {
  test("what is encoded is read back, whatever the peer's table does meanwhile", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom(0, 100, 4096, 65536), (steps, ownBytes) => {
        const encoder = new HpackEncoder(ownBytes);
        const decoder = new HpackDecoder(1 << 20);
        for (const step of steps) {
          if ("tableBytes" in step) {
            encoder.setPeerBytesMax(step.tableBytes);
            decoder.setAllowedBytes(step.tableBytes);
            continue;
          }
          const block = encoder.encode(step.fields).slice();
          const facts = decoder.decode(block, 0, block.length);
          expect(facts.fields).toEqual(step.fields);
          // Both ends hold the same table, unless the encoder keeps less than it is allowed.
          if (ownBytes >= 4096) expect(decoder.tableBytes).toBe(encoder.tableBytes);
        }
      }),
      parameters(300),
    );
  });

  test("any bytes give a list or a coded error", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
        const decoder = new HpackDecoder(4096);
        try {
          for (const block of blocks) {
            decoder.decode(block, 0, block.length);
            expect(decoder.tableBytes).toBeLessThanOrEqual(4096);
          }
        } catch (error) {
          if (!(error instanceof Http2Error)) throw error;
        }
      }),
      parameters(2000),
    );
  });

  test("with and without the cache of repeated blocks the lists are the same", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat({ max: 3 }), { maxLength: 40 }),
        (lists, order) => {
          const encoder = new HpackEncoder(512);
          const caching = new HpackDecoder(1 << 20);
          for (const pick of order) {
            const fields = lists[pick % lists.length]!;
            const block = encoder.encode(fields).slice();
            expect(caching.decode(block, 0, block.length).fields).toEqual(fields);
          }
        },
      ),
      parameters(200),
    );
  });
});
