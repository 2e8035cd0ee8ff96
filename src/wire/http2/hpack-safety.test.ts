import { expect, it } from "vitest";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import type { HeaderList } from "./types.ts";

it.each([[5], [null], [undefined], [Symbol("s")], [{ length: Number.NaN }], [["a"]]])(
  "a list with the value %s puts nothing into the table that the peer does not get",
  (value) => {
    const encoder = new HpackEncoder(4096);
    const list: HeaderList = [
      ["x-first", "one"],
      ["x-second", "two"],
    ];
    expect(() =>
      encoder.encode([
        ["x-new", "three"],
        ["x-wrong", value as never],
      ]),
    ).toThrow(TypeError);
    expect(encoder.tableBytes).toBe(0);
    const decoder = new HpackDecoder(65_536);
    for (let i = 0; i < 3; i++) {
      const block = encoder.encode(list);
      expect(decoder.decode(block, 0, block.length).fields).toEqual(list);
    }
  },
);
