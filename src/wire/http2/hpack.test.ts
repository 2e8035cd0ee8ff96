import { describe, expect, test } from "vitest";
import { Http2Error } from "./errors.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { headerListSize, prepareHeaders } from "./prepared.ts";
import type { HeaderField, HeaderList } from "./types.ts";

function decode(decoder: HpackDecoder, hex: string): HeaderList {
  const block = Buffer.from(hex.replaceAll(" ", ""), "hex");
  return decoder.decode(block, 0, block.length).fields;
}

const request1: HeaderField[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];
const request2: HeaderField[] = [...request1, ["cache-control", "no-cache"]];
const request3: HeaderField[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/index.html"],
  [":authority", "www.example.com"],
  ["custom-key", "custom-value"],
];

describe("decoder", () => {
  // RFC 7541 C.2: single representations.
  test.each([
    [
      "literal with indexing",
      "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
      ["custom-key", "custom-header"],
      55,
    ],
    ["literal without indexing", "040c 2f73 616d 706c 652f 7061 7468", [":path", "/sample/path"], 0],
    ["never indexed", "1008 7061 7373 776f 7264 0673 6563 7265 74", ["password", "secret"], 0],
    ["indexed", "82", [":method", "GET"], 0],
  ] as const)("%s", (_, hex, field, tableBytes) => {
    const decoder = new HpackDecoder(65536);
    expect(decode(decoder, hex)).toEqual([field]);
    expect(decoder.tableBytes).toBe(tableBytes);
  });

  // RFC 7541 C.3 and C.4: the same three requests, plain and as Huffman code.
  test.each([
    [
      "plain",
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ],
    [
      "Huffman",
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ],
  ])("requests on one connection, %s", (_, first, second, third) => {
    const decoder = new HpackDecoder(65536);
    expect(decode(decoder, first)).toEqual(request1);
    expect(decoder.tableBytes).toBe(57);
    expect(decode(decoder, second)).toEqual(request2);
    expect(decoder.tableBytes).toBe(110);
    expect(decode(decoder, third)).toEqual(request3);
    expect(decoder.tableBytes).toBe(164);
  });

  test("responses that evict, RFC 7541 C.6", () => {
    const decoder = new HpackDecoder(65536, 256);
    // The table's limit is a setting there; here the encoder says so in its first block.
    decode(decoder, "3fe101");
    expect(
      decode(
        decoder,
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
      ),
    ).toHaveLength(4);
    expect(decoder.tableBytes).toBe(222);
    expect(decode(decoder, "4883 640e ffc1 c0bf")[0]).toEqual([":status", "307"]);
    expect(decoder.tableBytes).toBe(222);
    const third = decode(
      decoder,
      "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    );
    expect(third.map(([name]) => name)).toEqual([
      ":status",
      "cache-control",
      "date",
      "location",
      "content-encoding",
      "set-cookie",
    ]);
    expect(decoder.tableBytes).toBe(215);
  });

  test("a block that keeps coming gives the same object until the table changes", () => {
    const decoder = new HpackDecoder(65536);
    decode(decoder, "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d");
    // Once is chance, twice is a habit: what comes once is not kept.
    decode(decoder, "828684be");
    const list = decode(decoder, "828684be");
    expect(decoder.cacheHits).toBe(0);
    expect(decode(decoder, "828684be")).toBe(list);
    expect(decoder.cacheHits).toBe(1);
    decode(decoder, "4001 6101 62");
    const after = decode(decoder, "828684be");
    expect(after).not.toBe(list);
    expect(after[3]).toEqual(["a", "b"]);
    // The fields themselves are shared all the same.
    expect(decode(decoder, "828684bf")[3]).toBe(list[3]);
  });

  test("a list above the limit is cut and marked, and the table goes on", () => {
    const decoder = new HpackDecoder(100);
    const facts = decoder.decode(prepareHeaders([...request1]).bytes, 0, prepareHeaders([...request1]).bytes.length);
    expect(facts.oversize).toBe(true);
    expect(facts.listSize).toBe(headerListSize(request1));
    expect(facts.fields).toHaveLength(2);
    decode(decoder, "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572");
    expect(decode(decoder, "be")).toEqual([["custom-key", "custom-header"]]);
  });

  test("an entry larger than the table empties it", () => {
    const decoder = new HpackDecoder(65536);
    decode(decoder, "4001 6101 62");
    decode(decoder, "3f11"); // 48 bytes
    expect(decoder.tableBytes).toBe(34);
    expect(decode(decoder, `400a ${"61".repeat(10)} 0a ${"62".repeat(10)}`)).toHaveLength(1);
    expect(decoder.tableBytes).toBe(0);
    expect(() => decode(decoder, "be")).toThrow(Http2Error);
  });

  test("many entries: the ring grows and indexes stay right", () => {
    const decoder = new HpackDecoder(1 << 20, 1 << 16);
    decode(decoder, "3fe1ff03"); // 65536
    for (let i = 0; i < 1500; i++) {
      const name = `n${i}`.padStart(6, "x");
      decode(decoder, `4006 ${Buffer.from(name).toString("hex")} 0176`);
    }
    // Index 62 + 999 is the thousandth newest.
    expect(decode(decoder, "ffa607")[0]).toEqual(["xxn500", "v"]);
  });

  test.each([
    ["index 0", "80"],
    ["index beyond the static table", "be"],
    ["name index beyond the table", "7e 0161"],
    ["index cut short", "ff"],
    ["an integer without end", "ffffffffffffff7f"],
    ["a string cut short", "4003 6161"],
    ["a string without length", "40"],
    ["a value missing", "4001 61"],
    ["broken Huffman code", "4081 fe 0161"],
    ["a size update after a field", "8220"],
    ["a size update above the limit", "3fe21f"],
    ["three size updates", "20202082"],
  ])("%s is a compression error", (_, hex) => {
    expect(() => decode(new HpackDecoder(65536), hex)).toThrow(/COMPRESSION_ERROR/);
  });

  test("a reduced limit has to be acknowledged by the next block", () => {
    const decoder = new HpackDecoder(65536);
    decoder.setAllowedBytes(100);
    expect(() => decode(decoder, "82")).toThrow(/size update expected/);
    const obedient = new HpackDecoder(65536);
    obedient.setAllowedBytes(100);
    expect(decode(obedient, "3f45 82")).toEqual([[":method", "GET"]]);
    expect(decode(obedient, "82")).toEqual([[":method", "GET"]]);
  });
});

describe("encoder", () => {
  test("requests of RFC 7541 C.4, byte for byte", () => {
    const encoder = new HpackEncoder(4096);
    const hex = (fields: HeaderList): string => Buffer.from(encoder.encode(fields)).toString("hex");
    expect(hex(request1)).toBe("828684418cf1e3c2e5f23a6ba0ab90f4ff");
    expect(hex(request2)).toBe("828684be5886a8eb10649cbf");
    expect(hex(request3)).toBe("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
    expect(encoder.tableBytes).toBe(164);
  });

  test("stateless: no table, the same bytes each time", () => {
    const block = prepareHeaders(request3);
    expect(Buffer.from(block.bytes).toString("hex")).toBe(
      "828785018cf1e3c2e5f23a6ba0ab90f4ff008825a849e95ba97d7f8925a849e95bb8e8b4bf",
    );
    expect(prepareHeaders(request3).bytes).toEqual(block.bytes);
    expect(block.listSize).toBe(headerListSize(request3));
  });

  test("secrets are never indexed, fleeting values not indexed", () => {
    const encoder = new HpackEncoder(4096);
    const secret = encoder.encode([["authorization", "abc"]]);
    expect(secret[0]! & 0xf0).toBe(0x10);
    const fleeting = encoder.encode([["grpc-timeout", "5S"]]);
    expect(fleeting[0]! & 0xf0).toBe(0x00);
    expect(encoder.tableBytes).toBe(0);
  });

  test("a smaller table of the peer is acknowledged once, also when nothing is kept in it", () => {
    const stateless = new HpackEncoder(0);
    expect(stateless.updatePending).toBe(false);
    stateless.setPeerBytesMax(8192);
    expect(stateless.updatePending).toBe(false);
    stateless.setPeerBytesMax(1000);
    expect(stateless.updatePending).toBe(true);
    expect(Buffer.from(stateless.encode([[":method", "GET"]])).toString("hex")).toBe("2082");
    expect(Buffer.from(stateless.encode([[":method", "GET"]])).toString("hex")).toBe("82");
    stateless.setPeerBytesMax(10);
    expect(stateless.updatePending).toBe(false);
  });

  test("a dip between two blocks is told as well as where it ends", () => {
    const encoder = new HpackEncoder(4096);
    encoder.encode([["a", "b"]]);
    encoder.setPeerBytesMax(0);
    encoder.setPeerBytesMax(4096);
    expect(Buffer.from(encoder.encode([["a", "b"]])).toString("hex")).toBe("203fe11f4001610162");
    expect(Buffer.from(encoder.encode([["a", "b"]])).toString("hex")).toBe("be");
  });
});
