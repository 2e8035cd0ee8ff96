import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import {
  cleanUp,
  debianEtcd,
  freePort,
  hashKv,
  missing,
  type Outcome,
  post,
  quorate,
  type Running,
  run,
  type Server,
  scratch,
  start,
} from "./servers.ts";

/** The one line that says why a server did not start, as text. */
function reason(outcome: Outcome): string {
  const lines = outcome.stderr.split("\n").filter((line) => line !== "");
  for (const line of lines) {
    if (!line.startsWith("{")) return line;
    const { error } = JSON.parse(line) as { error?: string };
    if (error !== undefined) return error;
  }
  return "";
}

afterAll(cleanUp);

const without = missing(debianEtcd.command);
const both = without.length === 0 ? [quorate, debianEtcd] : [quorate];

describe("settings that cannot be", () => {
  const config = (text: string): string => {
    const path = join(mkdtempSync(join(scratch(), "config-")), "etcd.yml");
    writeFileSync(path, text);
    return path;
  };

  const url = "http://127.0.0.1:1";
  const cases: readonly { name: string; args: () => string[]; code: number; says: RegExp }[] = [
    { name: "an unknown flag", args: () => ["--nonsense"], code: 2, says: /^flag provided but not defined: -nonsense/ },
    {
      name: "a number that is none",
      args: () => ["--heartbeat-interval=x"],
      code: 2,
      says: /^invalid value "x" for flag -heartbeat-interval: parse error/,
    },
    { name: "a flag without its value", args: () => ["--name"], code: 2, says: /^flag needs an argument: -name/ },
    { name: "a word too many", args: () => ["extra"], code: 1, says: /['"]extra['"] is not a valid flag/ },
    { name: "YAML that is none", args: () => [`--config-file=${config("name: [x\n")}`], code: 1, says: /yaml/ },
    {
      name: "YAML of the wrong type",
      args: () => [`--config-file=${config("election-timeout: no\n")}`],
      code: 1,
      says: /cannot unmarshal bool into Go struct field configYAML\.(Config\.)?election-timeout of type uint/,
    },
    {
      name: "no such file",
      args: () => ["--config-file=/nowhere.yml"],
      code: 1,
      says: /open \/nowhere\.yml: no such file or directory/,
    },
    {
      name: "an election time below five heartbeats",
      args: () => ["--election-timeout=10"],
      code: 1,
      says: /--election-timeout\[10ms\] should be at least as 5 times as --heartbeat-interval\[100ms\]/,
    },
    {
      name: "listening without advertising",
      args: () => [`--listen-client-urls=${url}`],
      code: 1,
      says: /--advertise-client-urls is required when --listen-client-urls is set explicitly/,
    },
    {
      name: "a name where an address has to be",
      args: () => ["--listen-client-urls=http://example.com:1", "--advertise-client-urls=http://example.com:1"],
      code: 1,
      says: /expected IP in URL for binding \(http:\/\/example\.com:1\)/,
    },
    {
      name: "a cluster without this member",
      args: () => ["--initial-cluster=other=http://127.0.0.1:1", "--initial-advertise-peer-urls=http://127.0.0.1:1"],
      code: 1,
      says: /couldn't find local name "default" in the initial cluster configuration/,
    },
  ];

  for (const kind of both) {
    it.each(cases)(`${kind.name}: $name`, async ({ args, code, says }) => {
      const words = args();
      const place = words[0]?.includes("config") ? [] : [`--data-dir=${join(scratch(), "data")}`];
      const outcome = await run(kind.command, [...place, ...words]);
      expect(outcome.code, outcome.stderr).toBe(code);
      expect(outcome.stdout).toBe("");
      // 3.4 logs to the same stream in lines of its own, so only Quorate is held to "one line".
      if (kind === quorate) expect(reason(outcome)).toMatch(says);
      else expect(outcome.stderr).toMatch(says);
    });
  }

  it("a variable and its flag at once", async () => {
    const outcome = await run(quorate.command, ["--name=a"], { env: { ETCD_NAME: "b" } });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(
      /conflicting environment variable is shadowed by corresponding command-line flag.*"environment-variable":"ETCD_NAME"/,
    );
  });

  it("help and version end well", async () => {
    for (const kind of both) {
      const version = await run(kind.command, ["--version"]);
      expect(version.code).toBe(0);
      expect(version.stdout).toMatch(
        new RegExp(
          `^etcd Version: ${kind.version.replaceAll(".", "\\.")}\\nGit SHA: .*\\nGo Version: .*\\nGo OS/Arch: linux/\\w+\\n$`,
        ),
      );
      expect((await run(kind.command, ["-h"])).code).toBe(0);
    }
  });
});

describe("what others hold", () => {
  const flags = (dataDir: string, port: number, peerPort: number): string[] => [
    "--name=m1",
    `--data-dir=${dataDir}`,
    `--listen-client-urls=http://127.0.0.1:${port}`,
    `--advertise-client-urls=http://127.0.0.1:${port}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=m1=http://127.0.0.1:${peerPort}`,
  ];

  it("a port that is taken is named", async () => {
    const [port, peerPort] = [await freePort(), await freePort()];
    const first = await start(quorate, { port, peerPort });
    for (const kind of both) {
      for (const [client, peer] of [
        [port, await freePort()],
        [await freePort(), peerPort],
      ] as const) {
        const outcome = await run(kind.command, flags(join(scratch(), "d"), client, peer));
        expect(outcome.code, outcome.stderr).toBe(1);
        const taken = client === port ? port : peerPort;
        expect(outcome.stderr).toContain(`listen tcp 127.0.0.1:${taken}: bind: address already in use`);
      }
    }
    expect(await first.stop()).toBe("SIGTERM");
  });

  /** `holder` runs on the directory; the newcomer must not get in, nor harm it. */
  async function contested(holder: Server, newcomer: Server): Promise<[Running, Outcome]> {
    const first = await start(holder);
    await post(first, "/v3/kv/put", { key: "aw==", value: "dg==" });
    const before = readdirSync(join(first.dataDir, "member/wal"));
    const args = flags(first.dataDir, await freePort(), await freePort());
    const outcome = await run(newcomer.command, args, { timeoutMs: 3000 });
    expect(readdirSync(join(first.dataDir, "member/wal"))).toEqual(before);
    expect(await post(first, "/v3/kv/range", { key: "aw==" })).toMatchObject({ count: "1" });
    return [first, outcome];
  }

  it("a directory in use by Quorate is refused in one line", async () => {
    const [first, outcome] = await contested(quorate, quorate);
    expect(outcome.code).toBe(1);
    expect(reason(outcome)).toBe(`lock ${first.dataDir}/member/snap/db: held by another process`);
    await first.stop();
  });

  it.skipIf(without.length > 0)(
    `a directory in use by etcd is refused in one line (needs ${debianEtcd.command})`,
    async () => {
      const [first, outcome] = await contested(debianEtcd, quorate);
      expect(outcome.code).toBe(1);
      expect(reason(outcome)).toBe(`lock ${first.dataDir}/member/snap/db: held by another process`);
      await first.stop();
    },
  );

  it.skipIf(without.length > 0)(
    `etcd waits for a directory that Quorate holds (needs ${debianEtcd.command})`,
    async () => {
      const [first, outcome] = await contested(quorate, debianEtcd);
      // etcd never gives up waiting: it was still at it when its time was over.
      expect(outcome.code).toBe(-1);
      const hash = await hashKv(first);
      await first.stop();
      const again = await start(quorate, { dataDir: first.dataDir });
      expect(await hashKv(again)).toEqual(hash);
      await again.stop();
    },
  );
});

describe("the file that a program runs from", () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
  const { codePath, load } = createRequire(import.meta.url)("../../bin/run.cjs") as {
    codePath(bundle: string): string;
    load(bundle: string): { script: { cachedDataRejected?: boolean } };
  };

  it.each(["server", "beside", "ctl", "utl"])("%s: its compiled code is taken over", (bundle) => {
    // The build's own, not what an earlier run has kept.
    expect(existsSync(codePath(bundle))).toBe(true);
    expect(load(bundle).script.cachedDataRejected).toBe(false);
  });

  it.each(["server", "beside", "ctl", "utl"])("%s: its lines are of files that there are", (bundle) => {
    const table = readFileSync(join(root, `dist/bin/${bundle}.lines`));
    const names = JSON.parse(table.subarray(4, 4 + table.readUInt32LE(0)).toString()) as string[];
    expect(names).toContain(`src/cli/${bundle}.ts`);
    // The bundler's own helpers are in none.
    expect(names.filter((name) => !existsSync(join(root, name)) && !name.includes("rolldown"))).toEqual([]);
  });

  it.each(["etcd --version", "etcdctl version", "etcdutl version"])(
    "%s, without compiled code for it",
    async (words) => {
      const [program = "", ...args] = words.split(" ");
      const path = join(root, "bin", program);
      const outcome = await run(process.execPath, ["--no-opt", path, ...args]);
      expect(outcome).toEqual(await run(path, args));
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
      expect(outcome.stdout).toContain("3.7.1");
    },
  );

  it("has log lines name the source and the line that wrote them", async () => {
    const member = await start(quorate);
    await member.stop();
    const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
    let found = 0;
    for (const text of member.log().split("\n").slice(0, -1)) {
      const { caller = "", msg = "" } = JSON.parse(text) as { caller?: string; msg?: string };
      const [, path, line] = /^(\S+\.ts):(\d+)$/.exec(caller) ?? [];
      expect(path, text).toBeDefined();
      const source = sources.find((name) => `src/${name}`.endsWith(`/${path}`));
      expect(source, text).toBeDefined();
      const lines = readFileSync(join(root, "src", source ?? ""), "utf8").split("\n");
      // Some texts are put together, or handed on to the line that logs them.
      if (!lines.some((written) => /\.(info|warn)\(/.test(written) && written.includes(`("${msg}"`))) continue;
      found++;
      expect(lines.slice(Number(line) - 1, Number(line) + 3).join("\n"), text).toContain(msg);
    }
    expect(found).toBeGreaterThan(5);
  });
});
