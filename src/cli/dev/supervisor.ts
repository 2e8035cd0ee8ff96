import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { messageOf } from "../../base/index.ts";
import { RealDisk } from "../../storage/disk/index.ts";
import { DevError } from "./options.ts";

export interface MemberAddress {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly logPath: string;
}

interface Running extends MemberAddress {
  child: ChildProcess | undefined;
}

export interface MemberStatus {
  readonly name: string;
  readonly pid: number | undefined;
  /** Undefined when the member does not answer. */
  readonly leads: boolean | undefined;
  readonly applied: number;
}

const pollMs = 50;
const readyMs = 30_000;
const stopMs = 10_000;

/** Processes of one cluster on this machine. */
export class Supervisor {
  readonly #members: Running[] = [];
  readonly #command: readonly string[];
  readonly #dataDir: string;
  readonly #flags: readonly string[];
  readonly #say: (line: string) => void;
  #stopping = false;

  /** `command` starts one member, e.g. node and the path of the server. */
  constructor(
    command: readonly string[],
    dataDir: string,
    options: { members: number; basePort: number; flags: readonly string[] },
    say: (line: string) => void,
  ) {
    this.#command = command;
    this.#dataDir = dataDir;
    this.#flags = options.flags;
    this.#say = say;
    for (let i = 0; i < options.members; i++) {
      const name = `m${i + 1}`;
      const port = options.basePort + 10 * i;
      this.#members.push({
        name,
        clientUrl: `http://127.0.0.1:${port}`,
        peerUrl: `http://127.0.0.1:${port + 1}`,
        logPath: join(dataDir, `${name}.log`),
        child: undefined,
      });
    }
  }

  get members(): readonly MemberAddress[] {
    return this.#members;
  }

  get endpoints(): string {
    return this.#members.map(({ clientUrl }) => clientUrl.replace("http://", "")).join(",");
  }

  /** Starts everyone; resolves once all serve. @throws DevError */
  async startAll(): Promise<void> {
    new RealDisk().makeDirectory(this.#dataDir, 0o700);
    for (const { clientUrl, peerUrl } of this.#members) {
      for (const url of [clientUrl, peerUrl]) await refuseTaken(url);
    }
    for (const member of this.#members) this.#launch(member);
    await Promise.all(this.#members.map((member) => this.#serving(member)));
  }

  async start(name: string): Promise<void> {
    const member = this.#find(name);
    if (member.child !== undefined) throw new DevError(`${name} runs already`);
    this.#launch(member);
    await this.#serving(member);
  }

  /** kill -9. The name of who it was: `leader` may stand for it. */
  async kill(which: string): Promise<string> {
    const member = which === "leader" ? await this.#leader() : this.#find(which);
    const { child } = member;
    if (child === undefined) throw new DevError(`${member.name} does not run`);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    return member.name;
  }

  /** Name of the member that leads, as soon as one does. @throws DevError after half a minute */
  async waitLeader(): Promise<string> {
    return (await this.#leader()).name;
  }

  async status(): Promise<MemberStatus[]> {
    return Promise.all(
      this.#members.map(async (member) => {
        const said = member.child === undefined ? undefined : await statusOf(member.clientUrl);
        return { name: member.name, pid: member.child?.pid, leads: said?.leads, applied: said?.applied ?? 0 };
      }),
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      this.#members.map(async ({ child }) => {
        if (child === undefined) return;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
        await ended;
        clearTimeout(timer);
      }),
    );
  }

  #launch(member: Running): void {
    const initial = this.#members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
    const [program, ...args] = this.#command;
    const child = spawn(
      program!,
      [
        ...args,
        `--name=${member.name}`,
        `--data-dir=${join(this.#dataDir, member.name)}`,
        `--listen-client-urls=${member.clientUrl}`,
        `--advertise-client-urls=${member.clientUrl}`,
        `--listen-peer-urls=${member.peerUrl}`,
        `--initial-advertise-peer-urls=${member.peerUrl}`,
        `--initial-cluster=${initial}`,
        "--initial-cluster-token=quorate-dev",
        ...this.#flags,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    member.child = child;
    const log = createWriteStream(member.logPath, { flags: "a", mode: 0o600 });
    log.on("error", (error) => this.#say(`cannot write ${member.logPath}: ${messageOf(error)}`));
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.on("error", (error) => this.#say(`${member.name} could not be started: ${messageOf(error)}`));
    child.once("exit", (code, signal) => {
      if (member.child === child) member.child = undefined;
      log.end();
      if (!this.#stopping)
        this.#say(`${member.name} ended (${signal ?? `exit code ${code}`}); its log: ${member.logPath}`);
    });
  }

  #find(name: string): Running {
    const member = this.#members.find((one) => one.name === name);
    if (member !== undefined) return member;
    throw new DevError(`no member is called "${name}"; there are ${this.#members.map((one) => one.name).join(", ")}`);
  }

  async #leader(): Promise<Running> {
    const end = performance.now() + readyMs;
    for (;;) {
      for (const member of this.#members) {
        if (member.child !== undefined && (await statusOf(member.clientUrl))?.leads === true) return member;
      }
      if (performance.now() > end) throw new DevError("no member leads: is a majority of them running?");
      await pause();
    }
  }

  async #serving(member: Running): Promise<void> {
    const end = performance.now() + readyMs;
    for (;;) {
      if (member.child === undefined) throw new DevError(`${member.name} ended while starting; see ${member.logPath}`);
      if ((await statusOf(member.clientUrl)) !== undefined) return;
      if (performance.now() > end) throw new DevError(`${member.name} does not serve; see ${member.logPath}`);
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pollMs));
}

async function statusOf(url: string): Promise<{ leads: boolean; applied: number } | undefined> {
  try {
    const answer = await fetch(`${url}/v3/maintenance/status`, {
      method: "POST",
      body: "{}",
      signal: AbortSignal.timeout(1000),
    });
    if (!answer.ok) return undefined;
    const said = (await answer.json()) as {
      header?: { member_id?: string };
      leader?: string;
      raftAppliedIndex?: string;
    };
    return {
      leads: said.leader !== undefined && said.leader === said.header?.member_id,
      applied: Number(said.raftAppliedIndex ?? 0),
    };
  } catch {
    return undefined;
  }
}

function refuseTaken(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", () => reject(new DevError(`port ${port} is taken; choose others with --base-port`)));
    server.listen(Number(port), hostname, () => server.close(() => resolve()));
  });
}
