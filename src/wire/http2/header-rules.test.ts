import { describe, expect, test } from "vitest";
import { type HeaderFacts, isRequestHead, isResponseHead, isTrailers } from "./header-rules.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { prepareHeaders } from "./prepared.ts";
import type { HeaderField } from "./types.ts";

function facts(fields: HeaderField[]): HeaderFacts {
  const { bytes } = prepareHeaders(fields);
  return new HpackDecoder(65536).decode(bytes, 0, bytes.length);
}

const method: HeaderField = [":method", "POST"];
const scheme: HeaderField = [":scheme", "http"];
const path: HeaderField = [":path", "/a.B/C"];
const authority: HeaderField = [":authority", "localhost:2379"];
const head = [method, scheme, path];

/** RFC 9113 8.1 to 8.5. */
describe("request heads", () => {
  test.each<[string, HeaderField[]]>([
    ["the least", head],
    ["any order of pseudo-headers", [path, authority, method, scheme]],
    ["an empty authority, as over a Unix socket", [...head, [":authority", ""]]],
    ["an authority that only gRPC would write", [...head, [":authority", "#initially=[unix:/run/a.sock]"]]],
    ["te: trailers", [...head, ["te", "trailers"]]],
    ["content-length", [...head, ["content-length", "12"]]],
    ["content-length twice, equal", [...head, ["content-length", "12"], ["content-length", "12"]]],
    ["the asterisk", [[":method", "OPTIONS"], scheme, [":path", "*"]]],
    ["CONNECT", [[":method", "CONNECT"], authority]],
    ["bytes above 127 in a value", [...head, ["x-a", "\xe4\xff"]]],
    ["inner spaces and tabs", [...head, ["x-a", "a \t b"]]],
    ["an empty value", [...head, ["x-a", ""]]],
    ["every token character", [...head, ["!#$%&'*+-.^_`|~09az", "v"]]],
  ])("accepts %s", (_, fields) => {
    expect(isRequestHead(facts(fields))).toBe(true);
  });

  test.each<[string, HeaderField[]]>([
    ["nothing", []],
    ["no method", [scheme, path]],
    ["no scheme", [method, path]],
    ["no path", [method, scheme]],
    ["a method twice", [...head, method]],
    ["a path twice", [...head, path]],
    ["an authority twice", [...head, authority, authority]],
    ["an empty method", [[":method", ""], scheme, path]],
    ["an empty path", [method, scheme, [":path", ""]]],
    ["a path without slash", [method, scheme, [":path", "a"]]],
    ["a status", [...head, [":status", "200"]]],
    ["an unknown pseudo-header", [...head, [":protocol", "websocket"]]],
    ["a pseudo-header after a regular field", [method, scheme, ["x-a", "1"], path]],
    ["CONNECT with a path", [[":method", "CONNECT"], authority, scheme, path]],
    ["CONNECT without authority", [[":method", "CONNECT"]]],
    ["an upper-case name", [...head, ["X-a", "1"]]],
    ["an empty name", [...head, ["", "1"]]],
    ["a space in a name", [...head, ["x a", "1"]]],
    ["a colon in a name", [...head, ["x:a", "1"]]],
    ["a byte above 127 in a name", [...head, ["x\xe4", "1"]]],
    ["a NUL in a value", [...head, ["x-a", "a\0b"]]],
    ["a line feed in a value", [...head, ["x-a", "a\nb"]]],
    ["a carriage return in a value", [...head, ["x-a", "a\rb"]]],
    ["a leading space", [...head, ["x-a", " a"]]],
    ["a trailing tab", [...head, ["x-a", "a\t"]]],
    ["a line feed in the path", [method, scheme, [":path", "/a\nb"]]],
    ["connection", [...head, ["connection", "close"]]],
    ["keep-alive", [...head, ["keep-alive", "1"]]],
    ["proxy-connection", [...head, ["proxy-connection", "close"]]],
    ["transfer-encoding", [...head, ["transfer-encoding", "chunked"]]],
    ["upgrade", [...head, ["upgrade", "h2c"]]],
    ["te that says more", [...head, ["te", "trailers, deflate"]]],
    ["content-length with a sign", [...head, ["content-length", "+1"]]],
    ["content-length that is no number", [...head, ["content-length", "1a"]]],
    ["content-lengths that differ", [...head, ["content-length", "1"], ["content-length", "2"]]],
  ])("refuses %s", (_, fields) => {
    expect(isRequestHead(facts(fields))).toBe(false);
  });
});

describe("response heads and trailers", () => {
  test("a response has a status and no other pseudo-header", () => {
    expect(
      isResponseHead(
        facts([
          [":status", "200"],
          ["a", "b"],
        ]),
      ),
    ).toBe(true);
    expect(isResponseHead(facts([["a", "b"]]))).toBe(false);
    expect(
      isResponseHead(
        facts([
          [":status", "200"],
          [":path", "/"],
        ]),
      ),
    ).toBe(false);
    expect(isResponseHead(facts([[":status", "20"]]))).toBe(false);
    expect(isResponseHead(facts([[":status", "099"]]))).toBe(false);
    expect(isResponseHead(facts([[":status", "2000"]]))).toBe(false);
  });

  test("trailers have none at all", () => {
    expect(isTrailers(facts([["grpc-status", "0"]]))).toBe(true);
    expect(isTrailers(facts([]))).toBe(true);
    expect(isTrailers(facts([[":status", "200"]]))).toBe(false);
    expect(isTrailers(facts([["Grpc-Status", "0"]]))).toBe(false);
  });
});
