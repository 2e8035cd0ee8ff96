import { describe, expect, it } from "vitest";
import { FrameBuffer } from "./frame.ts";
import type { Entry } from "./types.ts";

const entry: Entry = { type: 0, term: 3, index: 7, data: Buffer.from("data") };
const state = { term: 3, vote: 2n, commit: 6 };

const wrongEntries: [string, unknown][] = [
  ["an index that is NaN", { ...entry, index: Number.NaN }],
  ["an index without end", { ...entry, index: Number.POSITIVE_INFINITY }],
  ["a term above 2^53", { ...entry, term: 2 ** 60 }],
  ["data that is a number", { ...entry, data: 5 }],
  ["data with a length that is NaN", { ...entry, data: { length: Number.NaN } }],
  ["data with a length that lies", { ...entry, data: { length: -40 } }],
  ["no data", { ...entry, data: undefined }],
];

describe("a record that cannot be written", () => {
  it.each(wrongEntries)("leaves the others and the sum as they were: %s", (_, wrong) => {
    const plain = new FrameBuffer();
    const tried = new FrameBuffer();
    plain.entry(entry);
    tried.entry(entry);
    expect(() => tried.entry(wrong as Entry)).toThrow();
    plain.state(state);
    tried.state(state);
    plain.entry({ ...entry, index: 8 });
    tried.entry({ ...entry, index: 8 });
    expect(Buffer.from(tried.view())).toEqual(Buffer.from(plain.view()));
    expect(tried.crc).toBe(plain.crc);
  });

  it.each([
    ["a vote that is a number", { ...state, vote: 9 }],
    ["a commit that is NaN", { ...state, commit: Number.NaN }],
    ["a term without end", { ...state, term: Number.POSITIVE_INFINITY }],
  ])("nor is a state remembered that was not written: %s", (_, wrong) => {
    const plain = new FrameBuffer();
    const tried = new FrameBuffer();
    plain.state(state);
    tried.state(state);
    for (let i = 0; i < 2; i++) expect(() => tried.state(wrong as typeof state)).toThrow();
    plain.state({ ...state, vote: 9n });
    tried.state({ ...state, vote: 9n });
    expect(Buffer.from(tried.view())).toEqual(Buffer.from(plain.view()));
  });
});
