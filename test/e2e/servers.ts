import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A program that takes etcd's flags. */
export interface Server {
  readonly name: string;
  readonly command: string;
  /** First version is Debian's, second ours. */
  readonly version: string;
}

/** `QUORATE_BIN` names another build than that of this tree. */
export const quorate: Server = {
  name: "quorate",
  command: process.env["QUORATE_BIN"] ?? join(root, "bin/etcd"),
  version: "3.7.1",
};
export const debianEtcd: Server = { name: "etcd 3.4", command: "/usr/bin/etcd", version: "3.4.23" };
/** An etcd that somebody built; nothing of it is part of the project, and tests do without it. */
function built(variable: string, name: string, version: string): Server | undefined {
  const command = process.env[variable];
  return command === undefined ? undefined : { name, command, version };
}
/** An etcd 3.7.1. */
export const etcd37 = built("QUORATE_ETCD_37", "etcd 3.7", "3.7.1");
/** The last etcd 3.6. */
export const etcd36 = built("QUORATE_ETCD_36", "etcd 3.6", "3.6");
/** The last etcd 3.5: what a directory of 3.4 passes through on its way here. */
export const etcd35 = built("QUORATE_ETCD_35", "etcd 3.5", "3.5");
/** Those that are at hand and share a cluster with Quorate. */
export const etcds: readonly Server[] = [etcd37, etcd36].filter((server) => server !== undefined);
/** Debian's client, the one that outsiders have. */
export const etcdctl = "/usr/bin/etcdctl";

/** What of Debian's packages is missing here; tests that need it say "skipped". */
export function missing(...programs: string[]): string[] {
  return programs.filter((program) => !existsSync(program));
}

export interface Running {
  readonly server: Server;
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Everything the process printed so far. */
  log(): string;
  /** SIGTERM, then waits; the exit code, or the signal's name: a clean end is by the signal itself, as etcd's. */
  stop(): Promise<number | string>;
  /** SIGKILL, then waits. */
  kill(): Promise<void>;
  /** Resolves with exit code or signal once it ends by itself. */
  readonly exited: Promise<number | string>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

const directories: string[] = [];

/** A directory of its own under the system's temporary one; removed by `cleanUp`. */
export function scratch(): string {
  const made = mkdtempSync(join(tmpdir(), "quorate-e2e-"));
  directories.push(made);
  return made;
}

const running = new Set<ChildProcess>();

/** Ends what a test left behind. Call in `afterAll`. */
export async function cleanUp(): Promise<void> {
  for (const child of running) child.kill("SIGKILL");
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
}

export interface StartOptions {
  readonly dataDir?: string;
  readonly port?: number;
  /** Only told in `--initial-advertise-peer-urls`, so that two servers get the same ids. */
  readonly peerPort?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It will serve no client: what it does otherwise is the caller's to wait for. */
  readonly unserved?: boolean;
}

/** Starts a server and waits until it answers. */
export async function start(server: Server, options: StartOptions = {}): Promise<Running> {
  const port = options.port ?? (await freePort());
  const peerPort = options.peerPort ?? (await freePort());
  const dataDir = options.dataDir ?? join(scratch(), "data");
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const args = [
    "--name=m1",
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=m1=${peer}`,
    ...(options.args ?? []),
  ];
  const child = spawn(server.command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...options.env },
  });
  running.add(child);
  let log = "";
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-1_000_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  let over = false;
  const exited = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      over = true;
      running.delete(child);
      resolve(code ?? signal ?? "unknown");
    });
  });
  const result: Running = {
    server,
    port,
    url,
    dataDir,
    pid: child.pid ?? 0,
    log: () => log,
    exited,
    stop: () => {
      child.kill("SIGTERM");
      return exited;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
  if (options.unserved === true) return result;
  await until(`${server.name} answers on ${url}`, 60_000, async () => {
    if (over) throw new Error(`${server.name} ended while starting:\n${log}`);
    return healthy(url);
  });
  return result;
}

async function healthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits for a condition with a deadline; asks every 20 ms. */
export async function until(what: string, limitMs: number, condition: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    if (await condition()) return;
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  options: { input?: string; env?: Readonly<Record<string, string>>; timeoutMs?: number } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      {
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...options.env },
        timeout: options.timeoutMs ?? 20_000,
        maxBuffer: 256 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const failure = error as (Error & { code?: number | string; signal?: string }) | null;
        const code = failure === null ? 0 : typeof failure.code === "number" ? failure.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
    // A program may end without reading it.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}

/** Runs etcdctl against a running server. */
export function ctl(server: Pick<Running, "url">, args: readonly string[], input?: string): Promise<Outcome> {
  return run(etcdctl, args, {
    env: { ETCDCTL_API: "3", ETCDCTL_ENDPOINTS: server.url.replace("http://", "") },
    ...(input === undefined ? {} : { input }),
  });
}

export interface KvHash {
  readonly hash: number;
  /** The revision that was hashed; 3.4 does not tell it, so there it is the current one of a server at rest. */
  readonly revision: number;
  readonly compactRevision: number;
}

/** HashKV of a running server, by its JSON gateway; `revision` 0 = the current one. */
export async function hashKv(server: Pick<Running, "url">, revision = 0): Promise<KvHash> {
  const body = (await post(server, "/v3/maintenance/hashkv", { revision })) as {
    hash?: number;
    compact_revision?: string;
    hash_revision?: string;
    header: { revision: string };
  };
  return {
    hash: body.hash ?? 0,
    revision: Number(body.hash_revision ?? (revision === 0 ? body.header.revision : revision)),
    compactRevision: Number(body.compact_revision ?? 0),
  };
}

/** One call of the JSON gateway; throws what it refuses. */
export async function post(server: Pick<Running, "url">, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${server.url}${path}`, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} ${JSON.stringify(body)}: ${response.status} ${text}`);
  return JSON.parse(text);
}

export function readText(path: string): string {
  return readFileSync(path, "utf8");
}
