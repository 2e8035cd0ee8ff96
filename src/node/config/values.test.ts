import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultFeatures, parseFeatures } from "./features.ts";
import { formatDuration, parseDuration, parseInt64, quote } from "./go-values.ts";
import type { Config } from "./options.ts";
import { isIp, parseUrl, splitHostPort } from "./urls.ts";
import { compactionRetention, initialClusterOf } from "./validate.ts";

describe("durations", () => {
  it("read and print as Go's do", () => {
    for (const [text, ms, printed] of [
      ["0", 0, "0s"],
      ["5s", 5000, "5s"],
      ["1h2m3.5s", 3_723_500, "1h2m3.5s"],
      ["90m", 5_400_000, "1h30m0s"],
      ["100ms", 100, "100ms"],
      ["1.5ms", 1.5, "1.5ms"],
      ["2us", 0.002, "2µs"],
      ["7ns", 0.000007, "7ns"],
      ["-1m", -60_000, "-1m0s"],
      [".5s", 500, "500ms"],
    ] as const) {
      expect(parseDuration(text)).toBeCloseTo(ms, 9);
      expect(formatDuration(ms)).toBe(printed);
    }
    for (const [text, message] of [
      ["", 'time: invalid duration ""'],
      ["abc", 'time: invalid duration "abc"'],
      ["5", 'time: missing unit in duration "5"'],
      ["5x", 'time: unknown unit "x" in duration "5x"'],
      [".s", 'time: invalid duration ".s"'],
      ["9999999h", 'time: invalid duration "9999999h"'],
    ] as const) {
      expect(() => parseDuration(text)).toThrow(message);
    }
  });

  it("come back from their print", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe("integers", () => {
  it("read in Go's notations and ranges", () => {
    for (const [text, value] of [
      ["12", 12],
      ["0x1F", 31],
      ["0o17", 15],
      ["017", 15],
      ["0b101", 5],
      ["1_000", 1000],
      ["0x_f", 15],
      ["-5", -5],
      ["+5", 5],
    ] as const) {
      expect(parseInt64("int64", text)).toBe(value);
    }
    for (const text of ["", "x", "1.5", "1e3", "08", "0b2", "1__0", "_1", "1_", "0x", "--1", " 1"]) {
      expect(() => parseInt64("int", text)).toThrow("parse error");
    }
    for (const text of ["-1", "+1"]) expect(() => parseInt64("uint", text)).toThrow("parse error");
    expect(() => parseInt64("int64", "9223372036854775808")).toThrow("value out of range");
    expect(parseInt64("uint64", "18446744073709551615")).toBe(2 ** 64);
    expect(() => parseInt64("uint32", "x")).toThrow('strconv.ParseUint: parsing "x": invalid syntax');
  });

  it("agree with JavaScript on plain ones", () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => parseInt64("int", String(value)) === value));
  });
});

describe("URLs", () => {
  it("say what is wrong as Go and etcd do, and never anything but a coded error", () => {
    expect(parseUrl("HTTPS://[::1]:2379")).toEqual({ text: "https://[::1]:2379", scheme: "https", host: "[::1]:2379" });
    expect(parseUrl("unix:///tmp/x").scheme).toBe("unix");
    expect(splitHostPort("[::1]:80")).toEqual({ host: "::1", port: "80" });
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseUrl(text);
        } catch (error) {
          expect((error as Error).name).toBe("BadValue");
        }
      }),
    );
  });

  it("know addresses from names", () => {
    for (const ip of [
      "127.0.0.1",
      "0.0.0.0",
      "255.255.255.255",
      "::",
      "::1",
      "fe80::1",
      "::ffff:1.2.3.4",
      "1:2:3:4:5:6:7:8",
    ]) {
      expect([ip, isIp(ip)]).toEqual([ip, true]);
    }
    for (const name of [
      "",
      "a",
      "256.0.0.1",
      "1.2.3",
      "1.2.3.4.5",
      "01.2.3.4",
      ":::",
      "1::2::3",
      "1:2:3",
      "g::",
      "1.2.3.4.",
    ]) {
      expect([name, isIp(name)]).toEqual([name, false]);
    }
  });
});

describe("the rest", () => {
  it("quotes as Go does", () => {
    expect(quote('a"b\\c\n\u0001é')).toBe('"a\\"b\\\\c\\n\\x01é"');
  });

  it("feature gates: groups switch those that are not named", () => {
    expect(parseFeatures("")).toEqual(defaultFeatures);
    const all = parseFeatures("AllAlpha=true, LeaseCheckpoint=false,AllBeta=0");
    expect(all.PriorityRequest).toBe(true);
    expect(all.LeaseCheckpoint).toBe(false);
    expect(all.FastLeaseKeepAlive).toBe(false);
  });

  it("compaction: hours without a unit, revisions under the other mode", () => {
    const retention = (autoCompactionMode: string, autoCompactionRetention: string): number =>
      compactionRetention({ autoCompactionMode, autoCompactionRetention } as Config);
    expect(retention("periodic", "0")).toBe(0);
    expect(retention("periodic", "")).toBe(0);
    expect(retention("periodic", "2")).toBe(7_200_000);
    expect(retention("periodic", "30m")).toBe(1_800_000);
    expect(retention("revision", "1000")).toBe(1000);
    expect(() => retention("periodic", "-5")).toThrow(
      'error parsing CompactionRetention: time: missing unit in duration "-5"',
    );
  });

  it("an initial cluster: names may repeat, URLs are checked", () => {
    expect([...initialClusterOf("a=http://h:2,b=http://h:3,,a=http://h:1")]).toEqual([
      ["a", ["http://h:1", "http://h:2"]],
      ["b", ["http://h:3"]],
    ]);
    expect(() => initialClusterOf("a")).toThrow(
      "error setting up initial cluster: URL scheme must be http, https, unix, or unixs: ",
    );
  });
});
