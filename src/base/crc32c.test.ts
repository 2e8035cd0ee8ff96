import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";

/** The definition, a bit at a time. */
function plain(bytes: Uint8Array, seed = 0): number {
  let sum = ~seed;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  }
  return ~sum >>> 0;
}

describe("crc32c", () => {
  it("gives the sums of RFC 3720, appendix B.4", () => {
    const read10 = Buffer.from(
      "01c0000000000000000000000000000014000000000004000000001400000018280000000000000002000000000000000000".slice(
        0,
        96,
      ),
      "hex",
    );
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
    expect(crc32c(read10)).toBe(0xd9963a56);
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it("equals its definition for any bytes, cut anywhere, at any offset", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(0xffffffff), (bytes, cut, seed) => {
        const at = Math.min(cut, bytes.length);
        const whole = crc32c(bytes, seed);
        expect(whole).toBe(plain(bytes, seed));
        expect(crc32c(bytes, crc32c(bytes, seed, 0, at), at)).toBe(whole);
        expect(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at), seed))).toBe(whole);
      }),
    );
  });
});
