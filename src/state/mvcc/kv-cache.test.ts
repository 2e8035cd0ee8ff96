import { describe, expect, it } from "vitest";
import { below, SeededRandom } from "../../base/index.ts";
import { copyToSlab } from "./encoder.ts";
import { KvCache } from "./kv-cache.ts";

describe("the cache of values", () => {
  it("answers what was put last for a row, or nothing, and stays within its bound", () => {
    const random = new SeededRandom(11);
    const bytesMax = 40_000;
    const cache = new KvCache(bytesMax);
    const newest = new Map<number, Uint8Array>();
    let found = 0;
    for (let step = 0; step < 50_000; step++) {
      const row = below(random, 6000);
      const draw = below(random, 10);
      if (draw === 0) {
        cache.delete(row);
        newest.delete(row);
      } else if (draw < 5) {
        const value = copyToSlab(new Uint8Array(below(random, 60)).fill(step));
        newest.set(row, value);
        cache.set(row, value);
      } else {
        const value = cache.get(row);
        if (value !== undefined) {
          found++;
          expect(value).toBe(newest.get(row));
        }
      }
      expect(cache.bytes).toBeLessThanOrEqual(bytesMax);
    }
    expect(found).toBeGreaterThan(500);
    expect(cache.hits).toBe(found);
  });

  it("grows without losing anything while there is room", () => {
    const cache = new KvCache(64 * 1024 * 1024);
    const values: Uint8Array[] = [];
    for (let row = 0; row < 20_000; row++) {
      const value = copyToSlab(new Uint8Array([row & 255]));
      cache.set(row % 7000, value);
      values[row % 7000] = value;
    }
    for (let row = 0; row < 7000; row++) expect(cache.get(row)).toBe(values[row]);
  });

  it("takes in what is read while there is room, and later what is read often", () => {
    const cache = new KvCache(100_000);
    const value = new Uint8Array(100);
    for (let row = 0; row < 100; row++) {
      cache.copyIn(row, value);
      expect(cache.get(row)).toEqual(value);
      expect(cache.get(row)).not.toBe(value);
    }
    for (let row = 100; row < 1000; row++) cache.set(row, copyToSlab(value));
    let taken = 0;
    for (let row = 5000; row < 5800; row++) {
      cache.copyIn(row, value);
      if (cache.get(row) !== undefined) taken++;
    }
    expect(taken).toBe(100);
    cache.copyIn(7001, value);
    cache.copyIn(7001, value);
    expect(cache.get(7001)).toEqual(value);
  });

  it("leaves a value alone that is too large for it", () => {
    const cache = new KvCache(1000);
    cache.set(1, new Uint8Array(10));
    cache.set(1, new Uint8Array(500));
    expect(cache.get(1)).toBeUndefined();
    cache.copyIn(2, new Uint8Array(500));
    expect(cache.get(2)).toBeUndefined();
  });
});
