import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  cleanUp,
  debianEtcd,
  etcd35,
  etcd36,
  missing,
  post,
  quorate,
  run,
  type Server,
  scratch,
  start,
  until,
} from "./servers.ts";

afterAll(cleanUp);

const b64 = (text: string): string => Buffer.from(text).toString("base64");

/** A hash of every file, by name. */
function image(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: "utf8" })
      .sort()
      .filter((name) => statSync(join(directory, name)).isFile())
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(directory, name)))
          .digest("hex"),
      ]),
  );
}

/** A directory that `server` made and left in good order, with a key in it. */
async function madeBy(server: Server): Promise<string> {
  const member = await start(server);
  await post(member, "/v3/kv/put", { key: b64("k"), value: b64("v") });
  await member.stop();
  return member.dataDir;
}

/** Runs `server` on a directory until its log says `words`. */
async function pass(server: Server, dataDir: string, words: string, args: readonly string[] = []): Promise<void> {
  const member = await start(server, { dataDir, args });
  await until(words, 60_000, () => member.log().includes(words));
  await member.stop();
}

async function refusal(dataDir: string): Promise<{ code: number; lines: { level: string; error?: string }[] }> {
  const { code, stderr } = await run(quorate.command, ["--name=m1", `--data-dir=${dataDir}`]);
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { level: string; error?: string });
  return { code, lines: lines.filter(({ level }) => level === "fatal" || level === "error" || level === "panic") };
}

const olds: readonly [Server | undefined, string, string][] = [
  [
    missing(debianEtcd.command).length === 0 ? debianEtcd : undefined,
    "etcd 3.4 or earlier",
    'Start etcd 3.5 on it with --snapshot-count=1 until it logs "saved snapshot", then etcd 3.6',
  ],
  [etcd35, "etcd 3.5", "Start etcd 3.6 on it"],
];

describe.each(olds)("a directory of another version: %#", (server, writer, way) => {
  it.skipIf(server === undefined)(`${writer} is refused in one line and left as it was (needs that etcd)`, async () => {
    const dataDir = await madeBy(server!);
    const before = image(dataDir);
    const { code, lines } = await refusal(dataDir);
    expect(code).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]!.error).toMatch(
      new RegExp(
        `^${dataDir} was written by ${writer}: entry \\d+ of its log \\(PUT /0/members/[0-9a-f]+/attributes\\) has a form that ` +
          `etcd 3\\.7 no longer reads\\. ${way} until it logs "updated storage version", then this version\\. Nothing in it was changed$`,
      ),
    );
    expect(image(dataDir)).toEqual(before);
    // Whoever wrote it goes on with it.
    const again = await start(server!, { dataDir });
    expect(await post(again, "/v3/kv/range", { key: b64("k") })).toMatchObject({ count: "1" });
    await again.stop();
  });

  it.skipIf(server === undefined || etcd35 === undefined || etcd36 === undefined)(
    `${writer} has a way here (needs that etcd, QUORATE_ETCD_35 and QUORATE_ETCD_36)`,
    async () => {
      const dataDir = await madeBy(server!);
      if (server === debianEtcd) await pass(etcd35!, dataDir, "saved snapshot", ["--snapshot-count=1"]);
      await pass(etcd36!, dataDir, "updated storage version");
      const member = await start(quorate, { dataDir });
      expect(await post(member, "/v3/kv/range", { key: b64("k") })).toMatchObject({ kvs: [{ value: b64("v") }] });
      await post(member, "/v3/kv/put", { key: b64("k2"), value: b64("v2") });
      await member.stop();
      // And once more, from a copy as an operator would have made one.
      const copy = join(scratch(), "copy");
      cpSync(dataDir, copy, { recursive: true });
      const again = await start(quorate, { dataDir: copy });
      expect(await post(again, "/v3/kv/range", { key: b64("k2") })).toMatchObject({ count: "1" });
      await again.stop();
    },
  );
});
