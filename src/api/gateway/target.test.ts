import fc from "fast-check";
import { expect, it } from "vitest";
import { cleanPath, isEscapedWell, targetOf } from "./target.ts";

it.each([
  ["/health?exclude=NOSPACE", "/health", "exclude=NOSPACE"],
  ["/a?b?c", "/a", "b?c"],
  ["http://host:2379/v3/kv/range?x", "/v3/kv/range", "x"],
  ["http://host", "", ""],
  ["//", "//", ""],
  ["*", "*", ""],
  ["", "", ""],
])("%j is %j and %j", (text, path, query) => {
  expect(targetOf(text)).toEqual({ path, query });
});

// What etcd 3.7.1's server redirects to.
it.each([
  ["//health", "/health"],
  ["/./health", "/health"],
  ["/a/../health", "/health"],
  ["/v3//kv/range", "/v3/kv/range"],
  ["/x/./y", "/x/y"],
  ["//", "/"],
  ["", "/"],
  ["/../..", "/"],
  ["/health/", "/health/"],
  ["/v3/kv/range/", "/v3/kv/range/"],
  ["/a/..", "/"],
])("%j is cleaned to %j", (path, clean) => {
  expect(cleanPath(path)).toBe(clean);
});

it("reads any text, and cleans what is clean no further", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("/", ".", "a", "?", ":", "h", "\0", "\u00ff") }), (text) => {
      const clean = cleanPath(targetOf(text).path);
      expect(clean).toMatch(/^\/(?!\/)/);
      expect(cleanPath(clean)).toBe(clean);
    }),
    { numRuns: 1000 },
  );
});

it.each([
  ["/health", true],
  ["/%2e%2E/x", true],
  ["/%zz", false],
  ["/100%", false],
  ["/%4", false],
])("%j is escaped as it should be: %j", (path, well) => {
  expect(isEscapedWell(path)).toBe(well);
});
