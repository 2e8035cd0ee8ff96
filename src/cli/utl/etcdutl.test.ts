import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../../client/index.ts";
import { startMember } from "../../node/index.ts";
import { runCommandLine } from "../command/testing.ts";
import { main as etcdctl } from "../ctl/main.ts";
import { main } from "./main.ts";

const fixture = fileURLToPath(new URL("../../../test/fixtures/bolt-etcd-3.7.1/db.gz", import.meta.url));

describe("etcdutl", () => {
  let dir: string;
  let database: string;
  const run = (...args: string[]) => runCommandLine(main, args);

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "quorate-utl-"));
    database = join(dir, "db");
    writeFileSync(database, gunzipSync(readFileSync(fixture)));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  // What etcdutl 3.7.1 prints for this file.
  it.each([
    [
      ["snapshot", "status", "-w", "json"],
      '{"hash":467120371,"revision":85,"totalKey":30,"totalSize":90112,"version":"3.7.0"}\n',
    ],
    [["snapshot", "status"], "1bd7b0f3, 85, 30, 90 kB, 3.7.0\n"],
    [["hashkv", "-w", "json"], '{"hash":763877880,"hashRevision":85,"compactRevision":40}\n'],
    [["hashkv", "-w", "fields"], '"Hash" : 763877880\n"Hash revision" : 85\n"Compact revision" : 40\n'],
  ])("%j of a database of etcd 3.7.1", async (args, out) => {
    const before = readFileSync(database);
    expect(await run(...args, database)).toEqual({ out, err: "", code: 0 });
    expect(readFileSync(database).equals(before)).toBe(true);
  });

  it("restores a snapshot to a directory that a member starts on", async () => {
    const source = await startMember();
    const endpoint = source.clientUrl.replace("http://", "");
    const client = new Client({ endpoints: source.clientUrl });
    for (let i = 0; i < 20; i++) await client.put(`key${i}`, `value ${i}`);
    await client.delete("key7");
    const snapshot = join(dir, "snapshot.db");
    const saved = await runCommandLine(etcdctl, [`--endpoints=${endpoint}`, "snapshot", "save", snapshot]);
    expect(saved.out).toContain(`Snapshot saved at ${snapshot}\n`);
    client.close();
    await source.close();

    const urls = [
      "--initial-cluster=new=http://127.0.0.1:23999",
      "--initial-advertise-peer-urls=http://127.0.0.1:23999",
    ];
    const target = join(dir, "restored");
    const bumped = ["--bump-revision=1000", "--mark-compacted"];
    const restored = await run(
      "snapshot",
      "restore",
      snapshot,
      `--data-dir=${target}`,
      "--name=new",
      ...urls,
      ...bumped,
    );
    expect(restored.code).toBe(0);
    expect(restored.err).toContain("restored snapshot");
    // Programs wait for this line to know that the members are there.
    expect(restored.err).toContain('"added-peer-peer-urls":');
    expect(readdirSync(join(target, "member/snap")).sort()).toEqual(["0000000000000001-0000000000000001.snap", "db"]);

    const member = await startMember({ name: "new", storage: target });
    const reader = new Client({ endpoints: member.clientUrl });
    const { kvs, revision } = await reader.range({ prefix: "key" });
    expect(kvs.length).toBe(19);
    expect(revision).toBe(1022);
    expect((await reader.members()).map(({ name, peerUrls }) => [name, peerUrls])).toEqual([
      ["new", ["http://127.0.0.1:23999"]],
    ]);
    await expect(reader.get("key1", { revision: 20 })).rejects.toThrow("compacted");
    reader.close();
    await member.close();

    const again = await run("snapshot", "restore", snapshot, `--data-dir=${target}`);
    expect(again).toEqual({ out: "", err: `Error: data-dir "${target}" not empty or could not be read\n`, code: 1 });
    expect((await run("defrag", `--data-dir=${target}`)).code).toBe(0);
    expect((await run("migrate", `--data-dir=${target}`, "--target-version=3.6")).code).toBe(0);
    expect((await run("snapshot", "status", join(target, "member/snap/db"))).out).toMatch(/, 3\.6\.0\n$/);
    const newer = ["migrate", `--data-dir=${target}`, "--target-version=3.8"];
    expect((await run(...newer)).err).toContain(
      'Error: cannot create migration plan: version "3.8.0" is not supported',
    );
    expect((await run(...newer, "--force")).err).toContain(
      'forcefully set storage version\t{"storage-version": "3.8"}',
    );
    expect((await run(...newer)).err).toContain('storage version up-to-date\t{"storage-version": "3.8"}');
  });

  it("takes no snapshot that was changed or has no hash", async () => {
    const without = await run("snapshot", "restore", database, `--data-dir=${join(dir, "a")}`);
    expect(without.err).toMatch(/Error: snapshot missing hash but --skip-hash-check=false\n$/);
    const wrong = join(dir, "wrong.db");
    writeFileSync(wrong, Buffer.concat([readFileSync(database), Buffer.alloc(32)]));
    const refused = await run("snapshot", "restore", wrong, `--data-dir=${join(dir, "b")}`);
    expect(refused.err).toMatch(/Error: expected sha256 \[0 0 .*\], got \[\d/);
    const forced = await run("snapshot", "restore", wrong, `--data-dir=${join(dir, "c")}`, "--skip-hash-check");
    expect(forced.code).toBe(0);
    expect(existsSync(join(dir, "c/member/wal"))).toBe(true);
  });

  it.each([
    [["defrag"], 1, 'Error: required flag(s) "data-dir" not set\n'],
    [["snapshot", "status"], 128, "Error: snapshot status requires exactly one argument\n"],
    [["snapshot", "status", "/nowhere"], 1, "Error: stat /nowhere: no such file or directory\n"],
    [
      ["snapshot", "restore", "x", "--bump-revision=5"],
      128,
      "Error: --mark-compacted required if --revision-bump > 0\n",
    ],
    [
      ["snapshot", "restore", "x", "--name=y"],
      1,
      'Error: couldn\'t find local name "y" in the initial cluster configuration\n',
    ],
    [
      ["migrate", "--data-dir=x", "--target-version=3"],
      128,
      'Error: wrong target version format, expected "X.Y", got "3"\n',
    ],
  ])("%j", async (args, code, line) => {
    const ran = await run(...args);
    expect([ran.code, ran.err.slice(0, line.length)]).toEqual([code, line]);
  });
});
