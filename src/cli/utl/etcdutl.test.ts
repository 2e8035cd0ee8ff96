import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

  const copyAdvice = "Copy it again, use another snapshot, or save a new one from a running member";
  const memberAdvice =
    "Restore this member from a snapshot, or remove it and add it again so that the others send it their data";

  /** Files that are no database, or were one: what every tool says of them. */
  const damages: [string, (good: Buffer) => Buffer, string | RegExp][] = [
    ["empty", () => Buffer.alloc(0), "the file is empty"],
    ["one byte", (good) => good.subarray(0, 1), "file size too small 1"],
    ["half a page", (good) => good.subarray(0, 2048), "file size too small 2048"],
    [
      "two pages",
      (good) => good.subarray(0, 8192),
      /^page [01]: the database has \d+ pages of 4096 bytes, but the file ends after 8192 bytes$/,
    ],
    [
      "cut in the tree",
      (good) => good.subarray(0, 16_384),
      /^page [01]: the database has \d+ pages of 4096 bytes, but the file ends after \d+ bytes$/,
    ],
    [
      "no database",
      () => Buffer.from("no database ".repeat(2000)),
      "neither of the two meta pages can be used: this is no bbolt file, or both were damaged",
    ],
    [
      "without metas",
      (good) => Buffer.concat([Buffer.alloc(8192), good.subarray(8192)]),
      "neither of the two meta pages can be used: this is no bbolt file, or both were damaged",
    ],
  ];

  it.each(damages)(
    "names a file that is %s, says what is wrong and what to do next, and leaves it as it is",
    async (name, spoil, finding) => {
      const bytes = spoil(readFileSync(database));
      const path = join(dir, `spoilt ${name}.db`);
      writeFileSync(path, bytes);
      const data = join(dir, `spoilt ${name}`);
      mkdirSync(join(data, "member/snap"), { recursive: true });
      const own = join(data, "member/snap/db");
      writeFileSync(own, bytes);
      const told: [string[], string, string, RegExp][] = [
        [["snapshot", "status", path], path, copyAdvice, /^Error: (.*)\n$/],
        [["hashkv", path], path, "Use another copy: a snapshot, or another member's database", /^Error: (.*)\n$/],
        [
          ["defrag", "--data-dir", data],
          own,
          memberAdvice,
          /\nError: Failed to defragment etcd data\[.*?\] \((.*)\)\n$/,
        ],
        [["migrate", "--data-dir", data, "--target-version=3.6"], own, memberAdvice, /^Error: (.*)\n$/],
      ];
      for (const [args, file, advice, line] of told) {
        const { code, err, out } = await run(...args);
        expect([code, out], err).toEqual([1, ""]);
        const said = line.exec(`${args[0] === "defrag" ? "\n" : ""}${err}`)?.[1];
        expect(said, err).toBeDefined();
        const head = `invalid database: ${file}: `;
        expect(said!.slice(0, head.length)).toBe(head);
        expect(said!.slice(-advice.length - 2)).toBe(`. ${advice}`);
        const middle = said!.slice(head.length, -advice.length - 2);
        if (typeof finding === "string") expect(middle).toBe(finding);
        else expect(middle).toMatch(finding);
        expect(readFileSync(file).equals(bytes)).toBe(true);
      }
    },
  );

  it("lists what is damaged in a snapshot, names the file, and does not advise to restore it", async () => {
    const bytes = readFileSync(database);
    // The number that the first meta page gives itself; below, the type of every page behind it.
    bytes[0] = 9;
    const path = join(dir, "flipped.db");
    writeFileSync(path, bytes);
    const { code, err } = await run("snapshot", "status", path);
    expect(code).toBe(1);
    expect(err).toBe(
      `Error: snapshot file integrity check failed. 1 errors found.\npage 0: it says it is page 9\n${path} is damaged. ${copyAdvice}\n`,
    );
    for (let page = 2; page * 4096 < bytes.length; page++) bytes[page * 4096 + 8] = 0xff;
    writeFileSync(path, bytes);
    const worse = await run("snapshot", "status", path);
    expect(worse.code).toBe(1);
    expect(worse.err).toContain(path);
    expect(worse.err).toContain(copyAdvice);
    expect(worse.err).not.toContain("Restore this member");
  });

  it("tells a directory, and a file without permission, from a damaged one", async () => {
    expect((await run("snapshot", "status", dir)).err).toBe(`Error: read ${dir}: is a directory\n`);
    expect((await run("hashkv", dir)).err).toBe(`Error: read ${dir}: is a directory\n`);
    expect((await run("hashkv", join(database, "x"))).err).toBe(`Error: stat ${database}/x: not a directory\n`);
    if (process.getuid?.() === 0) return;
    const path = join(dir, "unreadable.db");
    writeFileSync(path, readFileSync(database), { mode: 0 });
    expect((await run("snapshot", "status", path)).err).toBe(`Error: open ${path}: permission denied\n`);
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
