import { describe, expect, test } from "vitest";
import { Http2Error } from "./errors.ts";
import { PartialBlock } from "./partial-block.ts";

const options = { maxHeaderListBytes: 1000, maxContinuations: 3 };
/** What a block may have in bytes with these options. */
const bytesMax = 2 * 1000 + 16384;

describe("a header block in several frames", () => {
  test("is whole in the order of its frames, and its place is free again", () => {
    const block = new PartialBlock(options);
    expect(block.streamId).toBe(0);
    block.begin(5, true, Buffer.from("one "));
    expect([block.streamId, block.endStream]).toEqual([5, true]);
    block.add(Buffer.from("two "));
    block.add(Buffer.alloc(0));
    block.add(Buffer.from("three"));
    expect(Buffer.from(block.finish()).toString()).toBe("one two three");
    expect(block.streamId).toBe(0);
  });

  test("does not go on with the one before", () => {
    const block = new PartialBlock(options);
    block.begin(1, true, Buffer.from("dropped"));
    block.drop();
    expect(block.streamId).toBe(0);
    block.begin(3, false, Buffer.from("kept"));
    expect(Buffer.from(block.finish()).toString()).toBe("kept");
    expect(block.endStream).toBe(false);
  });

  test("keeps copies, so that the chunk they came in may be written to", () => {
    const block = new PartialBlock(options);
    const chunk = Buffer.from("abcd");
    block.begin(1, false, chunk.subarray(0, 2));
    block.add(chunk.subarray(2));
    chunk.fill("x");
    expect(Buffer.from(block.finish()).toString()).toBe("abcd");
  });

  test("may have so many frames, counted anew for each block", () => {
    const block = new PartialBlock(options);
    for (const streamId of [1, 3]) {
      block.begin(streamId, false, Buffer.alloc(1));
      for (let i = 0; i < 3; i++) block.add(Buffer.alloc(1));
      if (streamId === 1) block.finish();
    }
    expect(() => block.add(Buffer.alloc(0))).toThrow(Http2Error);
  });

  test("may have so many bytes", () => {
    const block = new PartialBlock(options);
    block.begin(1, false, Buffer.alloc(16384));
    block.add(Buffer.alloc(bytesMax - 16384));
    expect(() => block.add(Buffer.alloc(1))).toThrow("header block too large");
  });
});
