import { describe, expect, test } from "vitest";
import { huffmanDecode, huffmanDecodedMax, huffmanEncode, huffmanLength } from "./huffman.ts";

function encode(text: string): string {
  const into = Buffer.alloc(huffmanLength(text) + 8, 0xee);
  const end = huffmanEncode(text, into, 0);
  expect(end).toBe(huffmanLength(text));
  return into.toString("hex", 0, end);
}

function decode(hex: string): string | undefined {
  const source = Buffer.from(hex, "hex");
  const into = Buffer.alloc(huffmanDecodedMax(source.length) + 1);
  const length = huffmanDecode(source, 0, source.length, into);
  return length < 0 ? undefined : into.toString("latin1", 0, length);
}

describe("Huffman code", () => {
  // RFC 7541 C.4 and C.6.
  test.each([
    ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
    ["no-cache", "a8eb10649cbf"],
    ["custom-key", "25a849e95ba97d7f"],
    ["custom-value", "25a849e95bb8e8b4bf"],
    ["302", "6402"],
    ["private", "aec3771a4b"],
    ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
    ["https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"],
    [
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
      "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ],
    ["", ""],
  ])("%s", (text, hex) => {
    expect(encode(text)).toBe(hex);
    expect(decode(hex)).toBe(text);
  });

  test("every byte, alone and in every position of a pair", () => {
    for (let a = 0; a < 256; a++) {
      expect(decode(encode(String.fromCharCode(a)))).toBe(String.fromCharCode(a));
      for (let b = 0; b < 256; b += 5) {
        const text = String.fromCharCode(a, b, a);
        expect(decode(encode(text))).toBe(text);
      }
    }
  });

  test("nothing decodes to more than the room promised", () => {
    // '0' has the shortest code, five bits of zero.
    for (let bytes = 0; bytes < 40; bytes++) {
      const text = "0".repeat(huffmanDecodedMax(bytes));
      expect(huffmanLength(text)).toBeLessThanOrEqual(bytes);
      expect(huffmanLength(`${text}0`)).toBeGreaterThan(bytes);
    }
  });

  test.each([
    ["padding of eight bits", "f1e3c2e5f23a6ba0ab90f4ffff"],
    ["padding of zeros", "1c6490b2cd39ba7580"],
    ["EOS", "ffffffff"],
    ["EOS in the middle", "1fffffffff"],
    ["a code cut short", "fe"],
  ])("%s is refused", (_, hex) => {
    expect(decode(hex)).toBeUndefined();
  });
});
