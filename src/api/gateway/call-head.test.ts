import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Code } from "../../base/index.ts";
import { readCallHead } from "./call-head.ts";

function read(...rawHeaders: string[]): ReturnType<typeof readCallHead> {
  return readCallHead(rawHeaders);
}

function timeoutOf(text: string): number {
  return read("Grpc-Timeout", text).timeoutMs;
}

describe("Grpc-Timeout", () => {
  // What etcd 3.7.1 does with each was seen at its gateway.
  it.each([
    ["2H", 7_200_000],
    ["3M", 180_000],
    ["4S", 4000],
    ["5m", 5],
    ["6u", 0.006],
    ["7n", 0.000007],
    ["+20m", 20],
    ["-20m", -20],
    ["0000000000000000000020m", 20],
    ["2562047H", 2562047 * 3_600_000],
    ["", Number.POSITIVE_INFINITY],
    ["0S", Number.POSITIVE_INFINITY],
    ["-0n", Number.POSITIVE_INFINITY],
  ])("%j is %d ms", (text, ms) => {
    expect(timeoutOf(text)).toBe(ms);
  });

  it.each(["2562048H", "99999999H", "9223372036854775807S", "9223372036854775807H", "-9223372036854775808n"])(
    "%s lies in the past: 64 bits of nanoseconds wrap around",
    (text) => {
      expect(timeoutOf(text)).toBeLessThan(0);
    },
  );

  it("of more than 64 bits may wrap around into the future", () => {
    expect(timeoutOf("5124095576030432H")).toBeGreaterThan(0);
  });

  it.each([
    "S",
    "m",
    "1",
    "10",
    "1s",
    "1h",
    "S1",
    "1 S",
    "1.5S",
    "0x10m",
    "1_0m",
    "1e3m",
    "-",
    "ten",
    "10SS",
    "10S,10S",
  ])("%j is refused", (text) => {
    expect(() => timeoutOf(text)).toThrow(`invalid grpc-timeout: ${text}`);
  });

  it.each(["9223372036854775808n", "-9223372036854775809n", "99999999999999999999S"])("%s does not fit", (text) => {
    expect(() => timeoutOf(text)).toThrow(`invalid grpc-timeout: ${text}`);
  });

  it("holds by its first field, whatever its case", () => {
    expect(read("GRPC-TIMEOUT", "1S", "grpc-timeout", "bad").timeoutMs).toBe(1000);
    expect(() => read("grpc-timeout", "bad", "Grpc-Timeout", "1S")).toThrow("invalid grpc-timeout: bad");
  });
});

describe("binary fields", () => {
  it.each(["", "AA==", "AAA=", "AAAA", "AA", "AAA", "AA+/", "////", "/w", "Zm9vYmFy"])("%j is base64", (text) => {
    expect(read("Grpc-Metadata-X-Bin", text).metadata).toEqual([["x-bin", text]]);
  });

  it.each([
    ["A", 0],
    ["AAAAA", 4],
    ["AA=", 2],
    ["AA===", 2],
    ["A===", 1],
    ["====", 0],
    ["=", 0],
    ["AA=A", 2],
    ["AAA=AAAA", 4],
    ["AA==AA==", 4],
    ["A A=", 1],
    ["AA-_", 2],
    ["AAA!", 3],
    ["AA,AA", 2],
    ["AA\xe4A", 2],
  ])("%j is not, from byte %d on", (text, at) => {
    expect(() => read("grpc-metadata-X-bIn", text)).toThrow(
      `invalid binary header Grpc-Metadata-X-Bin: illegal base64 data at input byte ${at}`,
    );
  });

  it("takes whatever was encoded, padded or not, and nothing with a foreign character", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(), (bytes, where) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(read("Grpc-Metadata-X-Bin", text).metadata).toHaveLength(1);
        expect(read("Grpc-Metadata-X-Bin", text.replace(/=/g, "")).metadata).toHaveLength(1);
        if (text === "") return;
        const at = where % text.length;
        expect(() => read("Grpc-Metadata-X-Bin", `${text.slice(0, at)}!${text.slice(at + 1)}`)).toThrow(
          /at input byte/,
        );
      }),
    );
  });

  it("are only those of the prefix, by the end of their name", () => {
    expect(read("X-Bin", "!", "Grpc-Metadata-X-Bin-Y", "!", "Grpc-Metadata-X_Bin", "!").metadata).toEqual([
      ["x-bin-y", "!"],
      ["x_bin", "!"],
    ]);
    // A name that no metadata may have is passed over, whatever it holds.
    expect(read("Grpc-Metadata-X~-Bin", "!").metadata).toEqual([]);
  });
});

describe("metadata", () => {
  it("is Authorization and the prefixed fields, each for itself, and nothing else", () => {
    const head = read(
      ...["Authorization", "t", "authorization", "u", "Grpc-Metadata-HasLeader", "true", "Cookie", "a=b"],
      ...["Grpc-Metadata-X", "caf\xe9", "Grpc-Metadata-X!", "y", "X-Other", "\xe9", "Host", "h", "Accept", "*/*"],
    );
    expect(head).toEqual({
      timeoutMs: Number.POSITIVE_INFINITY,
      metadata: [
        ["authorization", "t"],
        ["authorization", "u"],
        ["hasleader", "true"],
      ],
      fault: undefined,
    });
  });

  it.each([
    ["Authorization", "caf\xe9", 'header key "authorization" contains value with non-printable ASCII characters'],
    ["Authorization", "x\ty", 'header key "authorization" contains value with non-printable ASCII characters'],
    ["X-Forwarded-For", "\xe9", 'header key "x-forwarded-for" contains value with non-printable ASCII characters'],
    ["X-Forwarded-Host", "\xe9", 'header key "x-forwarded-host" contains value with non-printable ASCII characters'],
    ["Grpc-Metadata-", "x", "there is an empty key in the header"],
    ["Grpc-Metadata-Connection", "x", "stream terminated by RST_STREAM with error code: PROTOCOL_ERROR"],
  ])("%s: %j cannot be sent on", (name, value, message) => {
    expect(read(name, value).fault).toEqual({ code: Code.Internal, message });
  });
});
