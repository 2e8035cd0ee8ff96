import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { ManualTime } from "../base/index.ts";
import { parseRotation } from "./log-rotation.ts";
import { createLogger, type LoggerOptions, LogSinkError } from "./logger.ts";

function collecting(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const clock = new ManualTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const logger = createLogger({ clock, write: (line) => lines.push(line), ...options });
  return { logger, lines, clock, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

describe("the log", () => {
  it("is zap's JSON, keys in zap's order", () => {
    const { logger, lines, last } = collecting();
    logger.child({ logger: "raft" }).info("became leader", { term: 7, "local-member-id": "8e9e05c52164694d" });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.endsWith("}\n")).toBe(true);
    expect(Object.keys(last())).toEqual(["level", "ts", "logger", "caller", "msg", "term", "local-member-id"]);
    expect(last()).toMatchObject({ level: "info", logger: "raft", msg: "became leader", term: 7 });
    expect(last().ts).toMatch(/^2026-01-0\dT\d\d:\d\d:\d\d\.678000(Z|[+-]\d{4})$/);
    expect(last().caller).toMatch(/^node\/logger\.test\.ts:\d+$/);
  });

  it("tells the time of the wall clock, also after somebody has set it", () => {
    const lines: string[] = [];
    const logger = createLogger({ write: (line) => lines.push(line) });
    const realNow = Date.now;
    const hour = 3_600_000;
    try {
      for (const offMs of [0, hour, -hour, 0]) {
        vi.spyOn(Date, "now").mockImplementation(() => realNow() + offMs);
        const before = Date.now();
        logger.warn(`off by ${offMs}`);
        const told = Date.parse((JSON.parse(lines.at(-1)!) as { ts: string }).ts);
        expect(told).toBeGreaterThanOrEqual(before - 3);
        expect(told).toBeLessThanOrEqual(Date.now() + 3);
      }
    } finally {
      vi.restoreAllMocks();
    }
  });

  it("says who called, or what the child was told", () => {
    const { logger, last } = collecting();
    logger.warn("x");
    expect(last().caller).toMatch(/logger\.test\.ts/);
    logger.child({ caller: "wal/wal.ts" }).warn("x");
    expect(last().caller).toBe("wal/wal.ts");
  });

  it("has a stack from error on", () => {
    const { logger, last } = collecting();
    logger.warn("w");
    expect(last()).not.toHaveProperty("stacktrace");
    for (const level of ["error", "panic", "fatal"] as const) {
      logger[level]("it broke", { error: new Error("why") });
      expect(last()).toMatchObject({ level, error: "why" });
      expect(Object.keys(last()).at(-1)).toBe("stacktrace");
      expect(last().stacktrace).toMatch(/\n\t.*logger\.test\.ts:\d+/);
    }
  });

  it("writes ids with all their digits, bytes as text, and keeps zap's keys its own", () => {
    const { logger, lines } = collecting();
    logger.info("f", {
      id: 2n ** 64n - 1n,
      bytes: Buffer.from("abc"),
      gone: undefined,
      nested: { id: 1n },
      msg: "not the message",
    });
    expect(lines[0]).toContain(
      '"msg":"f","id":18446744073709551615,"bytes":"abc","nested":{"id":1},"msg_":"not the message"}',
    );
  });

  it("drops what is below its level", () => {
    const { logger, lines } = collecting({ level: "WARN" });
    logger.debug("d");
    logger.info("i");
    expect(logger.enabled("info")).toBe(false);
    expect(logger.enabled("warn")).toBe(true);
    logger.warn("w");
    expect(lines).toHaveLength(1);
    const debug = collecting({ level: "debug" });
    debug.logger.debug("d");
    expect(debug.last().level).toBe("debug");
    // Any warn line is below dpanic, a panic is not.
    const high = collecting({ level: "dpanic" });
    high.logger.error("e");
    high.logger.panic("p");
    expect(high.lines).toHaveLength(1);
  });

  it("thins out equal lines: a hundred a second, then every hundredth", () => {
    const { logger, lines, clock } = collecting();
    for (let i = 0; i < 1000; i++) logger.info("again");
    for (let i = 0; i < 50; i++) logger.info("another");
    expect(lines).toHaveLength(100 + 9 + 50);
    clock.advance(1000);
    logger.info("again");
    expect(lines).toHaveLength(160);
    const all = collecting({ sampling: false });
    for (let i = 0; i < 300; i++) all.logger.info("again");
    expect(all.lines).toHaveLength(300);
  });

  it("has columns for people", () => {
    const { logger, lines } = collecting({ format: "console" });
    logger.info("plain");
    logger.child({ logger: "raft" }).warn('with "fields"', { id: 2n ** 63n, text: "a\tb" });
    logger.error("broken", { why: 1 });
    expect(lines[0]).toMatch(/^2026-01-0\dT[^\t]*\tinfo\tnode\/logger\.test\.ts:\d+\tplain\n$/);
    expect(lines[1]!.split("\t").slice(1)).toEqual([
      "warn",
      "raft",
      expect.stringMatching(/logger\.test/),
      'with "fields"',
      '{"id":9223372036854775808,"text":"a\\tb"}\n',
    ]);
    expect(lines[2]).toMatch(/\terror\t.*\tbroken\t\{"why":1\}\n.*\n\t.*logger\.test\.ts:\d+/);
  });

  it.skipIf(!existsSync("/dev/full"))("loses lines when the disk is full, and nothing else", () => {
    for (const rotation of [undefined, parseRotation("{}")]) {
      const logger = createLogger({ outputs: ["/dev/full"], rotation });
      for (let i = 0; i < 3; i++) logger.info("line");
      logger.close();
    }
  });

  it("goes to files, to several at once, and names one that cannot be opened", () => {
    const dir = mkdtempSync(`${tmpdir()}/quorate-log-`);
    try {
      const outputs = [`${dir}/a.log`, `${dir}/b.log`];
      for (let i = 0; i < 2; i++) {
        const logger = createLogger({ outputs });
        logger.info("line");
        logger.close();
      }
      for (const path of outputs) expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(2);
      expect(() => createLogger({ outputs: [`${dir}/no/such/file`] })).toThrow(
        `open sink "${dir}/no/such/file": open ${dir}/no/such/file: no such file or directory`,
      );
      const refused: readonly (readonly [string, string])[] = [
        [dir, `open ${dir}: is a directory`],
        ["", "open : no such file or directory"],
        ["http://x", 'no sink found for scheme "http"'],
      ];
      for (const [output, why] of refused) {
        expect(() => createLogger({ outputs: [output] })).toThrow(new LogSinkError(`open sink "${output}": ${why}`));
      }
      const url = createLogger({ outputs: [`file://${dir}/d.log`] });
      url.info("line");
      url.close();
      expect(readFileSync(`${dir}/d.log`, "utf8")).toContain('"msg":"line"');
      for (const [path, why] of [
        ["", "no such file or directory"],
        [dir, "is a directory"],
        [`${dir}/a.log/x`, "not a directory"],
      ]) {
        expect(() => createLogger({ outputs: [`${dir}/a.log`, path!] })).toThrow(
          `open sink "${path}": open ${path}: ${why}`,
        );
      }
      createLogger({ outputs: ["/dev/null", `${dir}/c.log`] }).info("x");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
