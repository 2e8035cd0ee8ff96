import fc from "fast-check";
import { expect, it } from "vitest";
import { JsonSplitter } from "./json-stream.ts";

const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));

it("finds the same values however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(value),
      fc.array(fc.nat(20)),
      fc.constantFrom("", " ", "\n", "\r\n\t"),
      (values, cuts, gap) => {
        const text = values.map((each) => JSON.stringify(each)).join(gap);
        const splitter = new JsonSplitter(1 << 20);
        const found: unknown[] = [];
        let at = 0;
        for (const cut of cuts) {
          for (const piece of splitter.push(text.slice(at, at + cut))) found.push(JSON.parse(piece));
          at += cut;
        }
        for (const piece of splitter.push(text.slice(at))) found.push(JSON.parse(piece));
        expect(found).toEqual(values.map((each) => JSON.parse(JSON.stringify(each))));
        expect(splitter.rest()).toBe("");
      },
    ),
  );
});

it("never holds more than its bound", () => {
  const splitter = new JsonSplitter(100);
  expect(() => {
    for (let i = 0; i < 30; i++) splitter.push('{"a":"aaaa');
  }).toThrow(RangeError);
});

it("takes any text without harm", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (pieces) => {
      const splitter = new JsonSplitter(10_000);
      for (const piece of pieces) splitter.push(piece);
    }),
  );
});
