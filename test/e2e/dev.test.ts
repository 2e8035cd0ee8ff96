import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { cleanUp, run, scratch, until } from "./servers.ts";

const bin = (name: string): string => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));
let cluster: ChildProcess | undefined;

afterAll(async () => {
  cluster?.kill("SIGKILL");
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
async function basePort(): Promise<number> {
  for (let base = 20_000 + 40 * Math.floor(Math.random() * 250); ; base += 40) {
    const taken = await Promise.all([0, 1, 10, 11, 20, 21].map((offset) => free(base + offset)));
    if (taken.every(Boolean)) return base;
  }
}

describe("quorate dev", () => {
  it("shows what the README shows: the leader is killed, another leads, the key is there", async () => {
    const base = await basePort();
    const dataDir = join(scratch(), "dev");
    const child = spawn(bin("quorate"), ["dev", "--members", "3", "--base-port", String(base), "--data-dir", dataDir], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    cluster = child;
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until("the table of addresses", 60_000, () => said.includes("stop   Ctrl-C"));
    for (const member of ["m1", "m2", "m3"]) expect(said).toMatch(new RegExp(`\\n {2}${member} +http://127`));
    const endpoints = ["--endpoints", [0, 10, 20].map((offset) => `127.0.0.1:${base + offset}`).join(",")];
    const dev = async (...args: string[]): Promise<string> => {
      return (await run(bin("quorate"), ["dev", "--data-dir", dataDir, ...args], { timeoutMs: 60_000 })).stdout;
    };
    expect((await run(bin("etcdctl"), [...endpoints, "put", "greeting", "hello"])).stdout).toBe("OK\n");
    const killed = await dev("--kill", "leader");
    expect(killed).toMatch(/^killed m[123]; m[123] leads, seen after \d+\.\d\d s\n$/);
    expect((await run(bin("etcdctl"), [...endpoints, "get", "greeting"])).stdout).toBe("greeting\nhello\n");
    const victim = /^killed (m[123])/.exec(killed)![1]!;
    expect(await dev("--status")).toMatch(new RegExp(`${victim} .* killed `));
    expect(await dev("--start", victim)).toBe(`${victim} serves again\n`);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  });
});
