import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchError } from "./flags.ts";

/** What a process has used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
}

/** Clock ticks in a second of /proc's times; 100 on every Linux that matters. */
const ticksPerSecond = 100;

/** From /proc; undefined where there is none, or no such process. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold blanks; user time is field 14, system time field 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const bytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      rssBytes: bytes("VmRSS"),
      rssPeakBytes: bytes("VmHWM"),
    };
  } catch {
    return undefined;
  }
}

/** Of several processes together; undefined when one is gone. */
export function usageOfAll(pids: readonly number[]): Usage | undefined {
  const sum = { cpuSeconds: 0, rssBytes: 0, rssPeakBytes: 0 };
  for (const pid of pids) {
    const usage = usageOf(pid);
    if (usage === undefined) return undefined;
    sum.cpuSeconds += usage.cpuSeconds;
    sum.rssBytes += usage.rssBytes;
    sum.rssPeakBytes += usage.rssPeakBytes;
  }
  return sum;
}

/** The local process that listens on this TCP port, as far as /proc tells us. */
export function listenerOn(port: number): number | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const sockets = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let text = "";
    try {
      text = readFileSync(table, "latin1");
    } catch {
      continue;
    }
    for (const line of text.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${wanted}`) && fields[3] === "0A") sockets.add(`socket:[${fields[9]}]`);
    }
  }
  if (sockets.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) return Number(pid);
      }
    } catch {
      // Gone, or somebody else's.
    }
  }
  return undefined;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof at === "object" && at !== null ? at.port : 0;
}

/** An etcd of any make that this benchmark started, on free ports of 127.0.0.1. */
export interface Server {
  readonly name: string;
  /** Of all members, comma-separated. */
  readonly endpoint: string;
  /** Of the first member. */
  readonly pid: number;
  readonly pids: readonly number[];
  readonly directory: string;
  /** Milliseconds from the start of the processes until they answered. */
  readonly readyMs: number;
  /** Ends it; its files stay unless `remove`. */
  stop(remove?: boolean): Promise<void>;
}

export interface StartOptions {
  /** The command line up to the flags, blanks between the words. */
  readonly command: string;
  readonly name: string;
  /** Default 1. */
  readonly members?: number | undefined;
  /** Reused for a restart; a fresh one otherwise. */
  readonly directory?: string | undefined;
  readonly flags?: readonly string[] | undefined;
  /** Resolves once it answers; called over and over until it does not reject. */
  readonly probe: (endpoint: string) => Promise<void>;
  readonly timeoutMs?: number | undefined;
}

/** Processes that must not outlive us. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

/** One process of a server. */
class Member {
  readonly child: ChildProcess;
  readonly clientUrl: string;
  readonly #logPath: string;
  readonly #ended: Promise<void>;
  #over: string | undefined;

  constructor(options: StartOptions, directory: string, name: string, clientUrl: string, peerUrl: string, all: string) {
    const [program, ...words] = options.command.split(" ");
    this.clientUrl = clientUrl;
    this.#logPath = join(directory, `${name}.log`);
    const log = openSync(this.#logPath, "a");
    this.child = spawn(
      program!,
      [
        ...words,
        ...["--name", name, "--data-dir", join(directory, name), "--logger", "zap", "--log-level", "error"],
        ...["--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl],
        ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
        ...["--initial-cluster", all, "--quota-backend-bytes", String(8 * 2 ** 30)],
        ...(options.flags ?? []),
      ],
      { stdio: ["ignore", log, log] },
    );
    closeSync(log);
    running.add(this.child);
    this.#ended = new Promise<void>((resolve) => {
      this.child.once("error", (error) => {
        this.#over = error.message;
        resolve();
      });
      this.child.once("exit", (code, signal) => {
        this.#over ??= `ended with ${signal ?? code}`;
        running.delete(this.child);
        resolve();
      });
    });
  }

  async ready(options: StartOptions, deadline: number): Promise<void> {
    for (;;) {
      if (this.#over !== undefined || performance.now() > deadline) {
        const why = this.#over ?? "no answer in time";
        const log = readFileSync(this.#logPath, "utf8").trim();
        throw new BenchError(`${options.command} did not start: ${why}${log === "" ? "" : `\n${log}`}`);
      }
      try {
        await options.probe(this.clientUrl);
        return;
      } catch {
        await sleep(20);
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#over === undefined) this.child.kill("SIGTERM");
    const forced = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await this.#ended;
    clearTimeout(forced);
  }
}

export async function startServer(options: StartOptions): Promise<Server> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "quorate-bench-"));
  const places: { name: string; clientUrl: string; peerUrl: string }[] = [];
  for (let i = 1; i <= (options.members ?? 1); i++) {
    const clientUrl = `http://127.0.0.1:${await freePort()}`;
    places.push({ name: `m${i}`, clientUrl, peerUrl: `http://127.0.0.1:${await freePort()}` });
  }
  const all = places.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
  const started = performance.now();
  const members = places.map(
    ({ name, clientUrl, peerUrl }) => new Member(options, directory, name, clientUrl, peerUrl, all),
  );
  const stop = async (remove = true): Promise<void> => {
    await Promise.all(members.map((member) => member.stop()));
    if (remove) rmSync(directory, { recursive: true, force: true });
  };
  try {
    const deadline = started + (options.timeoutMs ?? 30_000);
    await Promise.all(members.map((member) => member.ready(options, deadline)));
  } catch (error) {
    await stop();
    throw error;
  }
  const readyMs = performance.now() - started;
  const pids = members.map(({ child }) => child.pid!);
  const endpoint = members.map(({ clientUrl }) => clientUrl).join(",");
  return { name: options.name, endpoint, pid: pids[0]!, pids, directory, readyMs, stop };
}
