import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseRotation, RotatingFile } from "./log-rotation.ts";
import { createLogger } from "./logger.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(`${tmpdir()}/quorate-log-`);
});
afterEach(() => rmSync(dir, { recursive: true }));

const line = `${"x".repeat(300 * 1024 - 1)}\n`;

describe("a log file that rotates", () => {
  it("is renamed when full, and the oldest go", async () => {
    let now = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    const rotation = parseRotation('{"maxsize": 1, "maxbackups": 2}');
    const file = new RotatingFile(`${dir}/etcd.log`, rotation, () => now);
    for (let i = 0; i < 12; i++) {
      file.write(line);
      now += 1000;
    }
    await file.settled();
    // Three lines fill a file; the fourth goes to the next.
    expect(readdirSync(dir)).toEqual([
      "etcd-2026-01-02T03-04-11.006.log",
      "etcd-2026-01-02T03-04-14.006.log",
      "etcd.log",
    ]);
    for (const name of readdirSync(dir)) expect(readFileSync(`${dir}/${name}`)).toHaveLength(3 * line.length);
    file.end();
  });

  it("goes on where the last run stopped, and packs full files", async () => {
    writeFileSync(`${dir}/etcd.log`, line.repeat(4));
    writeFileSync(`${dir}/etcd-notes.log`, "keep me");
    const file = new RotatingFile(`${dir}/etcd.log`, parseRotation('{"maxsize": 1, "compress": true}'));
    file.write("next\n");
    await file.settled();
    const packed = readdirSync(dir).find((name) => name.endsWith(".log.gz"))!;
    expect(gunzipSync(readFileSync(`${dir}/${packed}`))).toHaveLength(4 * line.length);
    expect(readFileSync(`${dir}/etcd.log`, "utf8")).toBe("next\n");
    expect(readdirSync(dir)).toHaveLength(3);
    file.end();
  });

  it("drops what is too old", async () => {
    writeFileSync(`${dir}/etcd-2020-01-01T00-00-00.000.log`, "old");
    const file = new RotatingFile(`${dir}/etcd.log`, parseRotation('{"maxsize": 1, "maxage": 30, "localtime": true}'));
    for (let i = 0; i < 4; i++) file.write(line);
    await file.settled();
    expect(readdirSync(dir)).toHaveLength(2);
    file.end();
  });

  it("serves the logger", () => {
    const logger = createLogger({
      outputs: [`${dir}/etcd.log`],
      rotation: parseRotation("{}"),
    });
    logger.info("hello");
    logger.close();
    expect(readFileSync(`${dir}/etcd.log`, "utf8")).toContain('"msg":"hello"');
  });
});
