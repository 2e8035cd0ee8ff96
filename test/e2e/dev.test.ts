import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { cleanUp, freePort, type Outcome, quorate, run, scratch, until } from "./servers.ts";

const bin = (name: string): string => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));
const started: ChildProcess[] = [];

afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await cleanUp();
});

async function free(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Below the ports that the system gives away by itself. */
async function basePort(members = 3): Promise<number> {
  const offsets = Array.from({ length: members }, (_, i) => [10 * i, 10 * i + 1]).flat();
  for (let base = 20_000 + 50 * Math.floor(Math.random() * 200); ; base += 50) {
    const taken = await Promise.all(offsets.map((offset) => free(base + offset)));
    if (taken.every(Boolean)) return base;
  }
}

/** A cluster that `quorate dev` runs, and what is told to it. */
interface Dev {
  readonly child: ChildProcess;
  readonly base: number;
  readonly dataDir: string;
  readonly ended: Promise<number | string>;
  said(): string;
  tell(...args: string[]): Promise<Outcome>;
  /** The table of addresses was printed: all members serve. */
  ready(): Promise<void>;
}

async function dev(members: number, dataDir = join(scratch(), "dev"), given?: number): Promise<Dev> {
  const base = given ?? (await basePort(members));
  const args = ["dev", "--members", String(members), "--base-port", String(base), "--data-dir", dataDir];
  const child = spawn(bin("quorate"), args, { stdio: ["pipe", "pipe", "pipe"] });
  started.push(child);
  let said = "";
  const keep = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? ""));
  });
  return {
    child,
    base,
    dataDir,
    ended,
    said: () => said,
    tell: (...words) => run(bin("quorate"), ["dev", "--data-dir", dataDir, ...words], { timeoutMs: 60_000 }),
    ready: () => until("the table of addresses", 60_000, () => said.includes("stop   Ctrl-C")),
  };
}

describe("quorate dev", () => {
  it("shows what the README shows: the leader is killed, another leads, the key is there", async () => {
    const cluster = await dev(3);
    await cluster.ready();
    for (const member of ["m1", "m2", "m3"]) expect(cluster.said()).toMatch(new RegExp(`\\n {2}${member} +http://127`));
    const endpoints = ["--endpoints", [0, 10, 20].map((offset) => `127.0.0.1:${cluster.base + offset}`).join(",")];
    expect((await run(bin("etcdctl"), [...endpoints, "put", "greeting", "hello"])).stdout).toBe("OK\n");
    const killed = (await cluster.tell("--kill", "leader")).stdout;
    expect(killed).toMatch(/^killed m[123]; m[123] leads, seen after \d+\.\d\d s\n$/);
    expect((await run(bin("etcdctl"), [...endpoints, "get", "greeting"])).stdout).toBe("greeting\nhello\n");
    const victim = /^killed (m[123])/.exec(killed)![1]!;
    expect((await cluster.tell("--status")).stdout).toMatch(new RegExp(`${victim} .* killed `));
    expect((await cluster.tell("--start", victim)).stdout).toBe(`${victim} serves again\n`);
    cluster.child.kill("SIGINT");
    expect(await cluster.ended).toBe(0);
    expect(cluster.said()).toContain("stopping all members");
  });

  it("says that the majority is lost, what still works, and what brings it back", async () => {
    const cluster = await dev(3);
    await until("an answer while it starts", 20_000, async () => {
      const early = await cluster.tell("status");
      if (early.code !== 0) return false;
      if (!cluster.said().includes("leads;")) expect(early.stdout).toMatch(/starting: [0-3] of 3 members serve/);
      return true;
    });
    await cluster.ready();
    const leader = /\n {2}(m[123]) .* leader /.exec((await cluster.tell("status")).stdout)![1]!;
    const [one, other] = ["m1", "m2", "m3"].filter((name) => name !== leader) as [string, string];
    expect((await cluster.tell("kill", one)).stdout).toBe(`killed ${one}; ${leader} still leads\n`);
    expect((await cluster.tell("status")).stdout).toContain(`${leader} leads; 2 of 3 members up; ${one} down`);

    const back = (name: string): string => `to get it back: quorate dev start ${name} --data-dir ${cluster.dataDir}`;
    const first = one < other ? one : other;
    const lost = (await cluster.tell("kill", other)).stdout;
    expect(lost).toBe(
      `killed ${other}; majority lost: 1 of 3 members up, 2 needed; nothing can be written, and reads wait; only reads with --consistency=s are answered\n${back(first)}\n`,
    );
    expect(lost).not.toContain("leads");
    // What it says is so.
    const left = ["--endpoints", `127.0.0.1:${cluster.base + 10 * (Number(leader[1]) - 1)}`, "--command-timeout=1s"];
    expect((await run(bin("etcdctl"), [...left, "put", "k", "v"])).code).not.toBe(0);
    expect((await run(bin("etcdctl"), [...left, "get", "k", "--consistency=s"])).code).toBe(0);
    expect((await cluster.tell("status")).stdout).toMatch(
      new RegExp(`${leader} .* no leader .*[\\s\\S]*majority lost: 1 of 3`),
    );
    const again = await cluster.tell("kill", "leader");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`quorate dev: nobody leads; majority lost: 1 of 3 members up`);

    expect((await cluster.tell("kill", leader)).stdout).toContain(
      "0 of 3 members up, 2 needed; nothing can be read or written",
    );
    expect((await cluster.tell("kill", leader)).stderr).toBe(`quorate dev: ${leader} does not run\n`);
    expect((await cluster.tell("start", one)).stdout).toMatch(
      new RegExp(`^${one} runs, but serves only once a majority does; to get it back: quorate dev start m`),
    );
    expect((await cluster.tell("status")).stdout).toMatch(new RegExp(`${one} .* waits for a majority `));
    expect((await cluster.tell("start", other)).stdout).toBe(`${other} serves again\n`);
    expect((await cluster.tell("start", other)).stderr).toBe(`quorate dev: ${other} runs already\n`);
    expect((await cluster.tell("status")).stdout).toMatch(/m[123] leads; 2 of 3 members up/);
    expect(await cluster.tell("stop")).toMatchObject({ code: 0, stdout: "stopped\n" });
    expect(await cluster.ended).toBe(0);
    const gone = await cluster.tell("status");
    expect([gone.code, gone.stderr]).toEqual([
      1,
      `quorate dev: no cluster runs in ${cluster.dataDir}; start one with quorate dev\n`,
    ]);
  });

  it("leaves no member behind when it is killed, and starts again on their data", async () => {
    const cluster = await dev(3);
    await cluster.ready();
    const endpoint = ["--endpoints", `127.0.0.1:${cluster.base}`];
    expect((await run(bin("etcdctl"), [...endpoint, "put", "a", "b"])).stdout).toBe("OK\n");
    cluster.child.kill("SIGKILL");
    await cluster.ended;
    expect((await cluster.tell("status")).stderr).toBe(
      `quorate dev: the cluster in ${cluster.dataDir} was killed; start it again with quorate dev\n`,
    );
    // At once: members of the killed one may still be ending.
    const again = await dev(3, cluster.dataDir, cluster.base);
    await again.ready();
    expect((await run(bin("etcdctl"), [...endpoint, "get", "a"])).stdout).toBe("a\nb\n");
    const second = await dev(3, cluster.dataDir, cluster.base);
    expect(await second.ended).toBe(1);
    expect(second.said()).toBe(
      `quorate dev: a cluster runs in ${cluster.dataDir} already; quorate dev status shows it\n`,
    );
    const elsewhere = await dev(3, join(scratch(), "other"), cluster.base);
    expect(await elsewhere.ended).toBe(1);
    expect(elsewhere.said()).toContain(`port ${cluster.base} is taken; choose others with --base-port\n`);
    again.child.kill("SIGTERM");
    expect(await again.ended).toBe(0);
    const other = await dev(5, cluster.dataDir, cluster.base);
    expect(await other.ended).toBe(1);
    expect(other.said()).toContain(`holds a cluster of 3 at ports from ${cluster.base};`);
  });

  it("of one member: killed, it is gone; started, it is back", async () => {
    const cluster = await dev(1);
    await cluster.ready();
    expect((await cluster.tell("kill", "leader")).stdout).toContain(
      "killed m1; majority lost: 0 of 1 member up, 1 needed",
    );
    expect((await cluster.tell("start", "m1")).stdout).toBe("m1 serves again\n");
    expect((await cluster.tell("status")).stdout).toContain("m1 leads; 1 of 1 member up");
    cluster.child.kill("SIGINT");
    expect(await cluster.ended).toBe(0);
  });

  it("tells why a member could not start", async () => {
    const base = await basePort(1);
    const dataDir = join(scratch(), "dev");
    const outcome = await run(
      bin("quorate"),
      ["dev", "--members=1", `--base-port=${base}`, "--data-dir", dataDir, "--", "--heartbeat-interval=0"],
      { timeoutMs: 60_000 },
    );
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("m1 ended while starting: --heartbeat-interval must be >0 (set to 0ms); see ");
  });
});

describe("a member that waits for a majority", () => {
  async function alone(
    command: string,
  ): Promise<{ child: ChildProcess; said(): string; peer: string; flags: string[] }> {
    const [client, own, other] = [await freePort(), await freePort(), await freePort()];
    const peer = `http://127.0.0.1:${other}`;
    const flags = ["--initial-cluster", `m1=http://127.0.0.1:${own},m2=${peer}`, "--initial-cluster-token=waiting"];
    const child = spawn(
      command,
      [
        "--name=m1",
        `--data-dir=${join(scratch(), "m1")}`,
        `--listen-client-urls=http://127.0.0.1:${client}`,
        `--advertise-client-urls=http://127.0.0.1:${client}`,
        `--listen-peer-urls=http://127.0.0.1:${own}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${own}`,
        ...flags,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    started.push(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    return { child, said: () => said, peer, flags };
  }

  it.each([
    ["etcd", quorate.command],
    ["quorate", bin("quorate")],
  ])("%s says so within seconds, and when the wait is over", async (name, command) => {
    const one = await alone(command);
    const line = `1 of 2 members up; waiting for a majority (2): m2 at ${one.peer} (connection refused: nothing listens there)`;
    await until("the line", 10_000, () => one.said().includes(line));
    if (name === "quorate") expect(one.said().split("\n")[0]).toBe(`quorate: ${line}`);
    else {
      const found = one
        .said()
        .split("\n")
        .find((text) => text.includes(line))!;
      expect(JSON.parse(found)).toMatchObject({ level: "warn", msg: line, "members-up": 1, "members-needed": 2 });
    }
    const client = await freePort();
    const second = spawn(
      quorate.command,
      [
        "--name=m2",
        `--data-dir=${join(scratch(), "m2")}`,
        `--listen-client-urls=http://127.0.0.1:${client}`,
        `--advertise-client-urls=http://127.0.0.1:${client}`,
        `--listen-peer-urls=${one.peer}`,
        `--initial-advertise-peer-urls=${one.peer}`,
        ...one.flags,
      ],
      { stdio: "ignore" },
    );
    started.push(second);
    await until("the end of the wait", 20_000, () => /2 of 2 members up; m[12] leads/.test(one.said()));
    one.child.kill("SIGKILL");
    second.kill("SIGKILL");
  });
});
