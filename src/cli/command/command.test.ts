import { describe, expect, it } from "vitest";
import { execute } from "./command.ts";
import { runCommandLine } from "./testing.ts";
import {
  bytesOf,
  durationText,
  hex16,
  parseDurationMs,
  parseInteger,
  quote,
  sizeText,
  textOf,
  unquote,
} from "./text.ts";
import type { CommandSpec } from "./tree.ts";

const program: CommandSpec = {
  use: "tool",
  short: "Does things.",
  inherited: [
    { name: "hosts", type: "stringSlice", initial: "[a,b]", usage: "where" },
    { name: "wide", short: "w", type: "bool", initial: "false", usage: "more" },
  ],
  children: [
    {
      use: "show <thing>",
      short: "Shows a thing",
      flags: [
        { name: "limit", short: "l", type: "int64", initial: "0", usage: "at most `n` of them" },
        { name: "name", type: "string", initial: "x", usage: "which" },
        { name: "pause", type: "duration", initial: "5s", usage: "how long" },
      ],
      run: async ({ io, flags, args }) => {
        const { number, string } = { number: flags.number("limit"), string: flags.string("name") };
        io.out(
          JSON.stringify([number, string, flags.durationMs("pause"), flags.list("hosts"), flags.bool("wide"), args]),
        );
      },
    },
    { use: "shout", short: "Shouts", run: async ({ io }) => io.out("!") },
    {
      use: "inner <x>",
      short: "More",
      children: [{ use: "deep", short: "Deep", run: async ({ io }) => io.out("deep") }],
    },
  ],
};

const run = (...args: string[]) => runCommandLine((io) => execute(program, io), args);

describe("a command line", () => {
  const initial = [0, "x", 5000, ["a", "b"], false];
  it.each([
    [["show"], [...initial, []]],
    [["sho", "k"], undefined],
    [
      ["show", "k", "--limit", "3"],
      [3, "x", 5000, ["a", "b"], false, ["k"]],
    ],
    [
      ["--wide", "show", "--limit=0x10", "k"],
      [16, "x", 5000, ["a", "b"], true, ["k"]],
    ],
    [
      ["show", "-wl3", "k"],
      [3, "x", 5000, ["a", "b"], true, ["k"]],
    ],
    [
      ["show", "-l=3", "-l", "4"],
      [4, "x", 5000, ["a", "b"], false, []],
    ],
    [
      ["show", "--wide", "true"],
      [0, "x", 5000, ["a", "b"], true, ["true"]],
    ],
    [
      ["show", "--wide=false", "--", "--limit", "3"],
      [0, "x", 5000, ["a", "b"], false, ["--limit", "3"]],
    ],
    [
      ["show", "--hosts", "c,d", "--hosts=e", "--pause=1m0.5s"],
      [0, "x", 60_500, ["c", "d", "e"], false, []],
    ],
    [
      ["show", "--name=", "-"],
      [0, "", 5000, ["a", "b"], false, ["-"]],
    ],
  ])("%j", async (args, expected) => {
    const { out, code } = await run(...args);
    if (expected === undefined) expect(code).toBe(1);
    else expect(JSON.parse(out)).toEqual(expected);
  });

  // As pflag reads a stringSlice: the texts are etcdctl's.
  it.each([
    ["a,", ["a", ""]],
    [",a,,b,", ["", "a", "", "b", ""]],
    [",", ["", ""]],
    [" a , b", [" a ", " b"]],
    ["", []],
    ['"a,b",c', ["a,b", "c"]],
    ['""', [""]],
    ['"a""b"', ['a"b']],
    ["a\nb,c", ["a"]],
    ['"a\nb"', ["a\nb"]],
  ])("a list %j", async (text, items) => {
    expect(JSON.parse((await run("show", `--hosts=${text}`)).out)[3]).toEqual(items);
  });

  it.each([
    ['"a', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['a"b', 'parse error on line 1, column 2: bare " in non-quoted-field'],
    ['"a"b', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['"a",b"', 'parse error on line 1, column 6: bare " in non-quoted-field'],
    ['a,"b', 'parse error on line 1, column 5: extraneous or missing " in quoted-field'],
    ['x,"a"b,c', 'parse error on line 1, column 5: extraneous or missing " in quoted-field'],
    ["\n", "EOF"],
  ])("a list %j is refused", async (text, why) => {
    const { err, code } = await run("show", `--hosts=${text}`);
    expect(err.split("\n")[0]).toBe(`Error: invalid argument ${quote(text)} for "--hosts" flag: ${why}`);
    expect(code).toBe(1);
  });

  it("finds a command by a beginning that only it has", async () => {
    expect((await run("sh")).err).toBe(
      'Error: unknown command "sh" for "tool"\n\nDid you mean this?\n\tshout\n\tshow\n\nRun \'tool --help\' for usage.\n',
    );
    expect((await run("shou")).out).toBe("!");
    expect((await run("i", "d")).out).toBe("deep");
  });

  it.each([
    [["show", "--nope"], "unknown flag: --nope"],
    [["show", "-z"], "unknown shorthand flag: 'z' in -z"],
    [["show", "--limit"], "flag needs an argument: --limit"],
    [["show", "-l"], "flag needs an argument: 'l' in -l"],
    [
      ["show", "--limit=x"],
      'invalid argument "x" for "-l, --limit" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [["show", "--pause=7"], 'invalid argument "7" for "--pause" flag: time: missing unit in duration "7"'],
    [["show", "---x"], "bad flag syntax: ---x"],
  ])("%j is refused", async (args, message) => {
    const { err, code } = await run(...args);
    expect(err.split("\n")[0]).toBe(`Error: ${message}`);
    expect(err).toContain("\nUsage:\n  tool show <thing> [flags]\n\nFlags:\n");
    expect(code).toBe(1);
  });

  it("prints help", async () => {
    expect(await run("show", "--help")).toEqual({
      out: `Shows a thing

Usage:
  tool show <thing> [flags]

Flags:
  -h, --help             help for show
  -l, --limit n          at most n of them
      --name string      which (default "x")
      --pause duration   how long (default 5s)

Global Flags:
      --hosts strings   where (default [a,b])
  -w, --wide            more
`,
      err: "",
      code: 0,
    });
    expect((await run("help", "inner", "deep")).out).toContain("tool inner deep [flags]");
    expect((await run("inner")).out).toContain("Available Commands:\n  deep        Deep\n");
  });
});

describe("Go's text", () => {
  it("quotes and reads back any bytes", () => {
    expect(quote(Uint8Array.of(0x61, 0xff, 0x00, 0x7f, 0x22, 0x5c, 0x0a))).toBe(String.raw`"a\xff\x00\x7f\"\\\n"`);
    expect(quote("é世\u00a0\u{1f600}\u200b")).toBe('"é世\\u00a0😀\\u200b"');
    for (const text of ["", "plain", "tab\tnew\n", "\u{1f600}é", textOf(Uint8Array.of(0xff, 0x41, 0xc3))]) {
      expect(unquote(quote(text))?.value).toBe(text);
    }
    expect(unquote('"open')).toBeUndefined();
    expect(unquote(String.raw`"\q"`)).toBeUndefined();
  });

  it("keeps bytes that are not UTF-8", () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0xfe, 0xe4, 0xb8, 0x96, 0xed, 0xa0, 0x80, 0xf0);
    expect(Buffer.from(bytesOf(textOf(bytes))).equals(Buffer.from(bytes))).toBe(true);
  });

  it("prints durations, sizes and ids", () => {
    expect([0n, 1n, 1500n, 1_563_547n, 5_003_097_296n, 61_000_000_000n, 3_600_000_000_000n].map(durationText)).toEqual([
      "0s",
      "1ns",
      "1.5µs",
      "1.563547ms",
      "5.003097296s",
      "1m1s",
      "1h0m0s",
    ]);
    expect([0, 9, 20_480, 999_999, 2_147_483_648, 82_854_982].map(sizeText)).toEqual([
      "0 B",
      "9 B",
      "20 kB",
      "1000 kB",
      "2.1 GB",
      "83 MB",
    ]);
    expect([hex16(0x123n), hex16(-1n)]).toEqual(["0000000000000123", "-000000000000001"]);
  });

  it("reads durations and numbers", () => {
    expect(["1.5h", "0", "-2ms", "1h2m3s", "x", "5", ""].map(parseDurationMs)).toEqual([
      5_400_000,
      0,
      -2,
      3_723_000,
      undefined,
      undefined,
      undefined,
    ]);
    expect([parseInteger("0b11", 0), parseInteger("017", 0), parseInteger("-0x_f", 0), parseInteger("ff", 16)]).toEqual(
      [3n, 15n, -15n, 255n],
    );
    expect(() => parseInteger("9223372036854775808", 10)).toThrow("value out of range");
    expect(() => parseInteger("-1", 10, false)).toThrow("invalid syntax");
  });
});
