import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

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

/** An etcd of any make that this benchmark started, on a free port of 127.0.0.1. */
export interface Server {
  readonly name: string;
  readonly endpoint: string;
  readonly pid: number;
  readonly directory: string;
  /** Milliseconds from the start of the process until it answered. */
  readonly readyMs: number;
  /** Ends it; its files stay unless `remove`. */
  stop(remove?: boolean): Promise<void>;
}

export interface StartOptions {
  /** The command line up to the flags, blanks between the words. */
  readonly command: string;
  readonly name: string;
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

export async function startServer(options: StartOptions): Promise<Server> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "quorate-bench-"));
  const clientUrl = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const [program, ...words] = options.command.split(" ");
  const log = openSync(join(directory, "log"), "a");
  const started = performance.now();
  const child = spawn(
    program!,
    [
      ...words,
      ...["--name", "bench", "--data-dir", join(directory, "data"), "--logger", "zap", "--log-level", "error"],
      ...["--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
      ...["--initial-cluster", `bench=${peerUrl}`, "--quota-backend-bytes", String(8 * 2 ** 30)],
      ...(options.flags ?? []),
    ],
    { stdio: ["ignore", log, log] },
  );
  running.add(child);
  let over: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      over = error.message;
      resolve();
    });
    child.once("exit", (code, signal) => {
      over ??= `ended with ${signal ?? code}`;
      running.delete(child);
      resolve();
    });
  });
  const stop = async (remove = true): Promise<void> => {
    if (over === undefined) child.kill("SIGTERM");
    const forced = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(forced);
    if (remove) rmSync(directory, { recursive: true, force: true });
  };
  const deadline = started + (options.timeoutMs ?? 30_000);
  for (;;) {
    if (over !== undefined || performance.now() > deadline) {
      const why = `${options.name} did not start: ${over ?? "no answer in time"}\n${readFileSync(join(directory, "log"), "utf8")}`;
      await stop();
      throw new Error(why);
    }
    try {
      await options.probe(clientUrl);
      break;
    } catch {
      await sleep(20);
    }
  }
  const readyMs = performance.now() - started;
  return { name: options.name, endpoint: clientUrl, pid: child.pid!, directory, readyMs, stop };
}
