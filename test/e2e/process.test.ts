import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  cleanUp,
  etcd37,
  freePort,
  type Outcome,
  quorate,
  type Running,
  run,
  type Server,
  scratch,
  start,
  until,
} from "./servers.ts";

/** What Quorate's processes do where Node has other defaults than Go; the same bodies run against etcd 3.7.1 where it is at hand. */
const servers: readonly Server[] = etcd37 === undefined ? [quorate] : [quorate, etcd37];

afterAll(cleanUp);

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

/** `alive`, `stopped`, `exit 2` or `SIGHUP`. */
type State = string;

interface Process {
  readonly child: ChildProcess;
  said(): string;
  state(): State;
}

function watchProcess(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  const child = spawn(command, [...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...env },
  });
  children.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said += String(chunk)));
  return {
    child,
    said: () => said,
    state: () => {
      if (child.signalCode !== null) return child.signalCode;
      if (child.exitCode !== null) return `exit ${child.exitCode}`;
      const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
      return state === "T" || state === "t" ? "stopped" : "alive";
    },
  };
}

async function startServer(server: Server, prefix: readonly string[] = []): Promise<Process> {
  const [port, peerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const words = [
    ...prefix,
    server.command,
    "--name=m1",
    `--data-dir=${join(scratch(), "data")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=m1=${peer}`,
  ];
  const process = watchProcess(words[0]!, words.slice(1));
  await until(`${server.name} serves`, 30_000, async () => {
    if (process.state() !== "alive") throw new Error(`${server.name} ended:\n${process.said()}`);
    return process.said().includes("ready to serve client requests") && (await answers(url));
  });
  return process;
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Sends a signal and gives what came of it: an end within a second or two, or none. */
async function outcomeOf(process: Process, signal: number, wanted: State): Promise<State> {
  globalThis.process.kill(process.child.pid!, signal);
  const end = performance.now() + (wanted === "alive" ? 300 : 10_000);
  while (process.state() !== wanted && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  if (wanted === "alive") await new Promise((resolve) => setTimeout(resolve, 100));
  return process.state();
}

const { signals } = constants;
/** What becomes of a process of Go, by signal. Those that mean a fault of the machine are not here, see defaults-process.md. */
const alive = [
  "SIGUSR1",
  "SIGUSR2",
  "SIGPIPE",
  "SIGALRM",
  "SIGCHLD",
  "SIGCONT",
  "SIGURG",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
  "SIGWINCH",
  "SIGIO",
  "SIGPWR",
] as const;
const ends: Readonly<Record<string, State>> = {
  SIGHUP: "SIGHUP",
  SIGINT: "SIGINT",
  SIGTERM: "SIGTERM",
  SIGQUIT: "exit 2",
  SIGABRT: "exit 2",
  SIGSTKFLT: "exit 2",
};
const stops = ["SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGSTOP"] as const;
const numberOf = (name: string): number => (signals as Readonly<Record<string, number>>)[name]!;

describe.each(servers)("$name", (server) => {
  it("goes on at signals that mean nothing to it, and says nothing", async () => {
    const process = await startServer(server);
    const before = process.said();
    for (const name of alive) expect(await outcomeOf(process, numberOf(name), "alive"), name).toBe("alive");
    for (let number = 35; number <= 64; number++) globalThis.process.kill(process.child.pid!, number);
    expect(await outcomeOf(process, 35, "alive")).toBe("alive");
    for (const name of stops) {
      // Where no shell could continue the group (it is orphaned), the terminal's signals stop nobody in it, this `sleep` neither.
      const expected = name === "SIGSTOP" ? "stopped" : await stateAfter(name);
      expect(await outcomeOf(process, numberOf(name), expected), name).toBe(expected);
      expect(await outcomeOf(process, signals.SIGCONT, "alive"), name).toBe("alive");
    }
    // Nothing but what a member logs by itself; no debugger listens, above all.
    const lines = process.said().slice(before.length).split("\n");
    expect(lines.filter((line) => line !== "" && !line.startsWith('{"level":"info"'))).toEqual([]);
  });

  it.each(Object.entries(ends))("ends at %s as %s", async (name, wanted) => {
    const process = await startServer(server);
    expect(await outcomeOf(process, numberOf(name), wanted)).toBe(wanted);
    if (wanted === "exit 2") {
      const words = { SIGQUIT: "quit", SIGABRT: "abort", SIGSTKFLT: "stack fault" }[name];
      await until("its last words", 5000, () => process.said().split("\n").includes(`${name}: ${words}`));
    } else if (name !== "SIGHUP") {
      const words = name === "SIGINT" ? "interrupt" : "terminated";
      await until("its last line", 5000, () =>
        process.said().includes(`"msg":"received signal; shutting down","signal":"${words}"`),
      );
    }
  });

  it("takes its time to end, whatever signal follows the first", async () => {
    const process = await startServer(server);
    // An open stream, whose end it waits for.
    const request = new AbortController();
    const url = /"address":"(127\.0\.0\.1:\d+)"/.exec(process.said().split("serving client traffic")[1]!)![1]!;
    const watch = await fetch(`http://${url}/v3/watch`, {
      method: "POST",
      body: JSON.stringify({ create_request: { key: "aw==" } }),
      signal: request.signal,
    });
    process.child.kill("SIGTERM");
    await until("the first is noticed", 5000, () => process.said().includes("received signal"));
    process.child.kill("SIGINT");
    process.child.kill("SIGTERM");
    await until("its end", 20_000, () => process.state() !== "alive");
    expect(process.state()).toBe("SIGTERM");
    expect(process.said()).toContain('"msg":"closed etcd server"');
    request.abort();
    expect(watch.ok).toBe(true);
  });

  it("keeps ignoring SIGHUP under nohup, and ends at SIGINT though a script's background job ignores it", async () => {
    const process = await startServer(server, ["sh", "-c", `trap '' HUP INT; exec "$@"`, "sh"]);
    expect(await outcomeOf(process, signals.SIGHUP, "alive")).toBe("alive");
    expect(await outcomeOf(process, signals.SIGINT, "SIGINT")).toBe("SIGINT");
  });

  it("ends by SIGPIPE once nobody reads its log", async () => {
    const process = await startServer(server);
    process.child.stderr!.destroy();
    process.child.stdout!.destroy();
    // It has something to log.
    process.child.kill("SIGTERM");
    await until("its end", 10_000, () => process.state() !== "alive");
    expect(process.state()).toBe("SIGPIPE");
  });

  it("lives on when the disk behind its log is full", async () => {
    const [port, peerPort] = [await freePort(), await freePort()];
    const full = openSync("/dev/full", "w");
    const child = spawn(
      server.command,
      [
        `--data-dir=${join(scratch(), "data")}`,
        `--listen-client-urls=http://127.0.0.1:${port}`,
        `--advertise-client-urls=http://127.0.0.1:${port}`,
        `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
        `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
      ],
      { stdio: ["ignore", full, full], env: { PATH: process.env["PATH"] } },
    );
    closeSync(full);
    children.add(child);
    await until("it serves", 30_000, () => answers(`http://127.0.0.1:${port}`));
    child.kill("SIGTERM");
    await until("its end", 10_000, () => child.signalCode !== null);
    expect(child.signalCode).toBe("SIGTERM");
  });

  it("is known to ps and killall by its name", async () => {
    const process = await startServer(server);
    expect(readFileSync(`/proc/${process.child.pid}/comm`, "utf8")).toBe("etcd\n");
  });
});

describe("commands", () => {
  const ctls = [quorate, ...(etcd37 === undefined ? [] : [etcd37])].map(({ name, command }) => ({
    name: `etcdctl of ${name}`,
    command: command.replace(/etcd$/, "etcdctl"),
  }));
  let member: Running;

  beforeAll(async () => {
    member = await start(quorate);
    for (let i = 0; i < 40; i++) {
      const put = await run(ctls[0]!.command, ["--endpoints", member.url, "put", `k${i}`], { input: "x".repeat(8192) });
      expect(put.code, put.stderr).toBe(0);
    }
  });
  afterAll(() => member.stop());

  describe.each(ctls)("$name", ({ command }) => {
    async function watch(prefix: readonly string[] = []): Promise<Process> {
      const words = [...prefix, command, "--endpoints", member.url, "watch", "--rev=1", "k0"];
      const process = watchProcess(words[0]!, words.slice(1));
      await until("the first event", 20_000, () => process.said().includes("PUT"));
      return process;
    }

    it("goes on at signals that mean nothing to it", async () => {
      const process = await watch();
      const before = process.said();
      for (const name of alive) expect(await outcomeOf(process, numberOf(name), "alive"), name).toBe("alive");
      expect(process.said()).toBe(before);
    });

    it.each(Object.entries(ends))("ends at %s as %s", async (name, wanted) => {
      expect(await outcomeOf(await watch(), numberOf(name), wanted)).toBe(wanted);
    });

    it("keeps ignoring what it was started with", async () => {
      const process = await watch(["sh", "-c", `trap '' HUP INT; exec "$@"`, "sh"]);
      expect(await outcomeOf(process, signals.SIGHUP, "alive")).toBe("alive");
      expect(await outcomeOf(process, signals.SIGINT, "alive")).toBe("alive");
      expect(await outcomeOf(process, signals.SIGTERM, "SIGTERM")).toBe("SIGTERM");
    });

    it("ends by SIGPIPE when nobody reads on, without a word", async () => {
      const process = watchProcess(command, ["--endpoints", member.url, "get", "--prefix", "k"]);
      await new Promise((resolve) => process.child.stdout!.once("data", resolve));
      process.child.stdout!.destroy();
      await until("its end", 10_000, () => process.state() !== "alive");
      expect(process.state()).toBe("SIGPIPE");
    });

    it("gives a lock back at SIGINT and ends well", async () => {
      const process = watchProcess(command, ["--endpoints", member.url, "lock", "l"]);
      await until("the lock", 20_000, () => process.said().includes("l/"));
      expect(await outcomeOf(process, signals.SIGINT, "exit 0")).toBe("exit 0");
    });
  });

  it("says that standard output is full, in one line; etcdctl ends well with half an answer", async () => {
    const words = [ctls[0]!.command, "--endpoints", member.url, "get", "--prefix", "k"];
    const outcome = await run("/bin/sh", ["-c", '"$@" > /dev/full', "sh", ...words]);
    expect(outcome).toMatchObject({ code: 1, stderr: "Error: write /dev/stdout: no space left on device\n" });
  });

  it.each(["etcd --help", "etcd --version", "etcdutl --help", "etcdctl --help"])(
    "%s into a closed pipe",
    async (words) => {
      const [program = "", ...args] = words.split(" ");
      const path = quorate.command.replace(/etcd$/, program);
      const outcome = await run("/bin/bash", [
        "-c",
        `"$@" | head -c 0; echo "\${PIPESTATUS[0]}"`,
        "bash",
        path,
        ...args,
      ]);
      expect(outcome.stderr).toBe("");
      // 141: by SIGPIPE; 0: it was quicker than head.
      expect(outcome.stdout).toMatch(/^(141|0)\n$/);
    },
  );
});

describe("directories and files that cannot be used", () => {
  const root = process.getuid?.() === 0;

  /** The last reason that a server gives: its fatal line's, or that of the line before its end. */
  function reason({ stderr }: Outcome): { message: string; error: string } {
    const lines = stderr
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { level: string; msg: string; error?: string })
      .filter(({ level, error }) => error !== undefined && (level === "fatal" || level === "warn"));
    const { msg = "", error = "" } = lines.at(-1) ?? {};
    return { message: msg, error };
  }

  /** As a user who is not root, whom modes do not stop. */
  function runAs(server: Server, args: readonly string[]): Promise<Outcome> {
    const words = root ? ["setpriv", "--reuid=65534", "--clear-groups", server.command] : [server.command];
    return run(words[0]!, [...words.slice(1), ...args], { timeoutMs: 15_000 });
  }

  function place(): string {
    const at = join(scratch(), "p");
    mkdirSync(at);
    chmodSync(join(at, ".."), 0o755);
    if (root) chownSync(at, 65534, 65534);
    writeFileSync(join(at, "file"), "text");
    writeFileSync(join(at, "secret"), "text", { mode: 0 });
    mkdirSync(join(at, "dir"));
    symlinkSync("loop", join(at, "loop"));
    symlinkSync(join(at, "nowhere/x"), join(at, "dangling"));
    mkdirSync(join(at, "closed"));
    chmodSync(join(at, "closed"), 0);
    mkdirSync(join(at, "read-only"));
    chmodSync(join(at, "read-only"), 0o555);
    if (root) for (const name of ["read-only", "closed"]) chownSync(join(at, name), 65534, 65534);
    return at;
  }

  const data = (path: string) => (at: string) => [`--data-dir=${path.replace("P", at)}`];
  const cannot = "cannot access data directory: ";
  const list = "failed to list data directory";
  const cases: readonly [string, (at: string) => string[], string, string?][] = [
    ["below /proc", data("/proc/x"), `${cannot}mkdir /proc/x: no such file or directory`],
    ["deep below /proc", data("/proc/x/y"), `${cannot}mkdir /proc/x: no such file or directory`],
    ["a file", data("P/file"), "readdirent P/file: not a directory", list],
    ["below a file", data("P/file/x"), "open P/file/x: not a directory", list],
    ["a device", data("/dev/null"), "readdirent /dev/null: not a directory", list],
    ["a loop of links", data("P/loop"), "open P/loop: too many levels of symbolic links", list],
    ["a link to nowhere", data("P/dangling"), `${cannot}mkdir P/dangling: file exists`],
    ["read-only", data("P/read-only"), `${cannot}open P/read-only/.touch: permission denied`],
    ["below a read-only one", data("P/read-only/x"), `${cannot}mkdir P/read-only/x: permission denied`],
    ["closed", data("P/closed"), "open P/closed: permission denied", list],
    [
      "a name that is too long",
      data(`/tmp/${"x".repeat(300)}`),
      `open /tmp/${"x".repeat(300)}: file name too long`,
      list,
    ],
    ["no configuration", (at) => [`--config-file=${at}/none`], "open P/none: no such file or directory"],
    ["a directory for configuration", (at) => [`--config-file=${at}/dir`], "read P/dir: is a directory"],
    ["secret configuration", (at) => [`--config-file=${at}/secret`], "open P/secret: permission denied"],
    [
      "a loop for configuration",
      (at) => [`--config-file=${at}/loop`],
      "open P/loop: too many levels of symbolic links",
    ],
    ["a directory for the log", (at) => [`--log-outputs=${at}/dir`], 'open sink "P/dir": open P/dir: is a directory'],
    ["a secret log", (at) => [`--log-outputs=${at}/secret`], 'open sink "P/secret": open P/secret: permission denied'],
    [
      "somebody else's address",
      (at) => [
        `--data-dir=${at}/d`,
        "--listen-client-urls=http://203.0.113.7:1",
        "--advertise-client-urls=http://203.0.113.7:1",
      ],
      "listen tcp 203.0.113.7:1: bind: cannot assign requested address",
    ],
    [
      "a socket in no directory",
      (at) => [
        `--data-dir=${at}/d`,
        "--listen-client-urls=unix://nowhere/s",
        "--advertise-client-urls=unix://nowhere/s",
      ],
      "listen unix nowhere/s: bind: no such file or directory",
    ],
  ];

  describe.each(servers)("$name", (server) => {
    it.each(cases)("%s", async (_, args, error, message) => {
      const at = place();
      const peer = `http://127.0.0.1:${await freePort()}`;
      const client = `http://127.0.0.1:${await freePort()}`;
      const words = args(at);
      const own = words.some((word) => word.includes("config-file"))
        ? []
        : [
            `--listen-peer-urls=${peer}`,
            `--initial-advertise-peer-urls=${peer}`,
            `--initial-cluster=default=${peer}`,
            ...(words.some((word) => word.includes("listen-client"))
              ? []
              : [`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`]),
          ];
      const outcome = await runAs(server, [...own, ...words]);
      const told = reason(outcome);
      expect({ code: outcome.code, error: told.error.replaceAll(at, "P") }, outcome.stderr).toEqual({ code: 1, error });
      if (message !== undefined) expect(told.message).toBe(message);
      // No word of Node's.
      expect(outcome.stderr).not.toMatch(/\bE[A-Z]{3,}: /);
    });
  });
});

/** What a stop signal makes of a process that leaves all signals alone, in the group that the servers here are in. */
async function stateAfter(signal: NodeJS.Signals): Promise<"stopped" | "alive"> {
  const sleeper = spawn("sleep", ["30"]);
  try {
    await new Promise((resolve) => sleeper.once("spawn", resolve));
    sleeper.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return /^State:\s+T/m.test(readFileSync(`/proc/${sleeper.pid}/status`, "utf8")) ? "stopped" : "alive";
  } finally {
    sleeper.kill("SIGKILL");
  }
}
