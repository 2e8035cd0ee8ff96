import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, createWriteStream, existsSync, fstatSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { messageOf } from "../../base/index.ts";
import { DevError } from "./options.ts";
import { type MemberView, majorityLost, type Outlook, roleOf, summary } from "./outlook.ts";

export interface MemberAddress {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly logPath: string;
}

interface Running extends MemberAddress {
  child: ChildProcess | undefined;
  /** It has answered since it was last started. */
  served: boolean;
  /** How its last process ended; undefined before that. */
  end: string | undefined;
}

export interface SupervisorOptions {
  /** Starts one member, e.g. node and the path of the server. */
  readonly command: readonly string[];
  readonly dataDir: string;
  readonly members: number;
  readonly basePort: number;
  /** Flags of each member. */
  readonly flags: readonly string[];
  /** What a person types to have this cluster do something: `quorate dev --data-dir d start m1` for `start m1`. */
  readonly commandFor: (line: string) => string;
  readonly say: (line: string) => void;
}

const pollMs = 50;
const readyMs = 60_000;
const leaderMs = 30_000;
const stopMs = 10_000;
const firstNewsMs = 2000;
/** Members of a cluster that was killed end within this time, and free their ports. */
const leftoverMs = 10_000;
const logTailBytes = 16 * 1024;

/** Processes of one cluster on this machine. */
export class Supervisor {
  readonly #members: Running[] = [];
  readonly #options: SupervisorOptions;
  #starting = false;
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    for (let i = 0; i < options.members; i++) {
      const name = `m${i + 1}`;
      const port = options.basePort + 10 * i;
      this.#members.push({
        name,
        clientUrl: `http://127.0.0.1:${port}`,
        peerUrl: `http://127.0.0.1:${port + 1}`,
        logPath: join(options.dataDir, `${name}.log`),
        child: undefined,
        served: false,
        end: undefined,
      });
    }
  }

  get endpoints(): string {
    return this.#members.map(({ clientUrl }) => clientUrl.replace("http://", "")).join(",");
  }

  /**
   * Starts everyone; resolves once all serve that were not killed meanwhile. `leftover`: members of a cluster that was killed may
   * still be ending. @throws DevError
   */
  async startAll(leftover: boolean): Promise<void> {
    this.#starting = true;
    try {
      for (const { clientUrl, peerUrl } of this.#members) {
        for (const url of [clientUrl, peerUrl]) await refuseTaken(url, leftover ? leftoverMs : 0);
      }
      if (this.#stopping !== undefined) return;
      for (const member of this.#members) this.#launch(member);
      const news = this.#tellWhileStarting();
      try {
        await Promise.all(this.#members.map((member) => this.#serving(member)));
      } finally {
        news.cancel();
      }
    } finally {
      this.#starting = false;
    }
  }

  /** Starts a member again; what came of it. @throws DevError */
  async start(name: string): Promise<string> {
    const member = this.#find(name);
    if (member.child !== undefined) throw new DevError(`${name} runs already`);
    this.#launch(member);
    if (await this.#serving(member)) return `${name} serves again`;
    if (member.child === undefined) return `${name} was killed again`;
    const { back } = this.#lost(await this.look());
    return `${name} runs, but serves only once a majority does; ${back}`;
  }

  /** kill -9, to a member's name or the `leader`; what came of it. @throws DevError */
  async kill(which: string): Promise<string> {
    const before = await this.look();
    let leader = before.members.find(({ leads }) => leads === true)?.name;
    if (which === "leader" && leader === undefined) leader = await this.#leader(undefined);
    const member = this.#find(which === "leader" ? leader! : which);
    const { child } = member;
    if (child === undefined) throw new DevError(`${member.name} does not run`);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    member.end = "killed";
    child.kill("SIGKILL");
    await ended;
    const startedMs = performance.now();
    if (this.#majorityLost()) {
      const { what, back } = this.#lost(await this.look());
      return `killed ${member.name}; ${what}\n${back}`;
    }
    const next = await this.#leader(member.name);
    if (next === leader) return `killed ${member.name}; ${next} still leads`;
    return `killed ${member.name}; ${next} leads, seen after ${((performance.now() - startedMs) / 1000).toFixed(2)} s`;
  }

  /** The table of members, and below it how the cluster is. */
  async status(): Promise<string> {
    const outlook = await this.look();
    const rows = [
      ["member", "clients", "peers", "process", "role", "log"],
      ...this.#members.map(({ name, clientUrl, peerUrl, logPath }, i) => {
        const member = outlook.members[i]!;
        return [name, clientUrl, peerUrl, member.pid?.toString() ?? "-", roleOf(member, outlook), logPath];
      }),
    ];
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const lines = rows.map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd(),
    );
    return `\n${lines.join("\n")}\n\n  ${summary(outlook, this.#options.commandFor).replaceAll("\n", "\n  ")}\n`;
  }

  /** What is known of all members now. */
  async look(): Promise<Outlook> {
    const members = await Promise.all(
      this.#members.map(async (member): Promise<MemberView> => {
        const said = member.child === undefined ? undefined : await statusOf(member.clientUrl);
        if (said !== undefined) member.served = true;
        const { name, child, served, end } = member;
        return { name, pid: child?.pid, served, end, leads: said?.leads, knowsLeader: said?.knowsLeader ?? false };
      }),
    );
    return { members, starting: this.#starting };
  }

  /** Ends all members, and what waits for them. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= Promise.all(
      this.#members.map(async ({ child }) => {
        if (child === undefined) return;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
        await ended;
        clearTimeout(timer);
      }),
    ).then(() => {});
    return this.#stopping;
  }

  /** Ends them without their consent. */
  stopNow(): void {
    for (const { child } of this.#members) child?.kill("SIGKILL");
  }

  get #up(): number {
    return this.#members.filter(({ child }) => child !== undefined).length;
  }

  #majorityLost(): boolean {
    return majorityLost(this.#up, this.#members.length);
  }

  #lost(outlook: Outlook): { what: string; back: string } {
    const [what = "", ...back] = summary({ ...outlook, starting: false }, this.#options.commandFor).split("\n");
    return { what, back: back.join("\n") };
  }

  #launch(member: Running): void {
    const { command, dataDir, flags, say } = this.#options;
    const initial = this.#members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
    const [program, ...args] = command;
    const child = spawn(
      program!,
      [
        ...args,
        `--name=${member.name}`,
        `--data-dir=${join(dataDir, member.name)}`,
        `--listen-client-urls=${member.clientUrl}`,
        `--advertise-client-urls=${member.clientUrl}`,
        `--listen-peer-urls=${member.peerUrl}`,
        `--initial-advertise-peer-urls=${member.peerUrl}`,
        `--initial-cluster=${initial}`,
        "--initial-cluster-token=quorate-dev",
        ...flags,
      ],
      {
        // The channel tells a member that this process is gone, however it ended; see `endWithParent`.
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        env: { ...process.env, [endWithParentVariable]: "1" },
        // Ctrl-C is for this process: it ends the members in order.
        detached: true,
      },
    );
    member.child = child;
    member.served = false;
    member.end = undefined;
    const log = createWriteStream(member.logPath, { flags: "a", mode: 0o600 });
    log.on("error", (error) => say(`cannot write ${member.logPath}: ${messageOf(error)}`));
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.on("error", (error) => say(`${member.name} could not be started: ${messageOf(error)}`));
    child.once("exit", (code, signal) => {
      const asked = member.end === "killed" || this.#stopping !== undefined;
      if (member.child === child) member.child = undefined;
      log.end();
      if (asked) return;
      member.end = `ended (${signal ?? `exit code ${code}`})`;
      const why = lastFault(member.logPath);
      say(`${member.name} ${member.end}${why === undefined ? "" : `: ${why}`}; its log: ${member.logPath}`);
      if (this.#starting || !this.#majorityLost()) return;
      void this.look().then((outlook) => {
        if (this.#majorityLost()) say(summary(outlook, this.#options.commandFor));
      });
    });
  }

  #find(name: string): Running {
    const member = this.#members.find((one) => one.name === name);
    if (member !== undefined) return member;
    throw new DevError(`no member is called "${name}"; there are ${this.#members.map((one) => one.name).join(", ")}`);
  }

  /** Name of the member that leads, other than `not`. @throws DevError when none can, or none does for half a minute */
  async #leader(not: string | undefined): Promise<string> {
    const end = performance.now() + leaderMs;
    for (;;) {
      if (this.#majorityLost()) {
        const { what, back } = this.#lost(await this.look());
        throw new DevError(`nobody leads; ${what}\n${back}`);
      }
      const { members } = await this.look();
      const leader = members.find(({ name, leads }) => leads === true && name !== not);
      if (leader !== undefined) return leader.name;
      if (performance.now() > end) {
        throw new DevError(`no member leads after ${leaderMs / 1000} s, though a majority runs; see their logs`);
      }
      await pause();
    }
  }

  /** Whether the member serves now; false when it cannot, since it was killed or a majority does not run. @throws DevError */
  async #serving(member: Running): Promise<boolean> {
    const end = performance.now() + readyMs;
    for (;;) {
      if (this.#stopping !== undefined || member.end === "killed") return false;
      if (member.child === undefined) {
        const why = lastFault(member.logPath);
        throw new DevError(
          `${member.name} ended while starting${why === undefined ? "" : `: ${why}`}; see ${member.logPath}`,
        );
      }
      if ((await statusOf(member.clientUrl)) !== undefined) {
        member.served = true;
        return true;
      }
      if (this.#majorityLost()) return false;
      if (performance.now() > end) throw new DevError(`${member.name} does not serve; see ${member.logPath}`);
      await pause();
    }
  }

  /** Says who is not there yet, first after two seconds, then ever more rarely. */
  #tellWhileStarting(): { cancel(): void } {
    let timer: NodeJS.Timeout;
    const arm = (delayMs: number): void => {
      timer = setTimeout(() => {
        const late = this.#members.filter(({ served, child }) => !served && child !== undefined);
        const up = this.#members.filter(({ served }) => served).length;
        if (late.length === 0) return;
        const who = late.map(({ name, logPath }) => `${name} (${logPath})`).join(", ");
        this.#options.say(`${up} of ${this.#members.length} members serve; waiting for ${who}`);
        arm(2 * delayMs);
      }, delayMs);
    };
    arm(firstNewsMs);
    return { cancel: () => clearTimeout(timer) };
  }
}

/** Set in a member's environment: it ends when the process that started it does. */
const endWithParentVariable = "QUORATE_ENDS_WITH_PARENT";

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pollMs));
}

async function statusOf(url: string): Promise<{ leads: boolean; knowsLeader: boolean } | undefined> {
  try {
    const answer = await fetch(`${url}/v3/maintenance/status`, {
      method: "POST",
      body: "{}",
      signal: AbortSignal.timeout(1000),
    });
    if (!answer.ok) return undefined;
    const said = (await answer.json()) as { header?: { member_id?: string }; leader?: string };
    const knowsLeader = said.leader !== undefined && said.leader !== "0";
    return { leads: knowsLeader && said.leader === said.header?.member_id, knowsLeader };
  } catch {
    return undefined;
  }
}

/** What the last line of a member's log says that tells of a failure; undefined when none does. */
function lastFault(path: string): string | undefined {
  let text: string;
  try {
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, logTailBytes));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      text = bytes.toString("utf8");
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  for (const line of text.trimEnd().split("\n").reverse()) {
    try {
      const { level, msg, error } = JSON.parse(line) as { level?: string; msg?: string; error?: string };
      if (level !== "fatal" && level !== "error" && level !== "panic" && !(level === "warn" && error)) continue;
      return error === undefined || error === "" ? msg : error;
    } catch {
      // A line of etcd's usage text, say; the first one tells what is wrong.
    }
  }
  return undefined;
}

/** Makes sure that nobody listens there. @throws DevError */
async function refuseTaken(url: string, waitMs: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const end = performance.now() + waitMs;
  while (!(await isFree(hostname, Number(port)))) {
    if (performance.now() > end) throw new DevError(`port ${port} is taken; choose others with --base-port`);
    await pause();
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Makes the directory of a cluster. @throws DevError */
export function makeDirectory(path: string): void {
  try {
    makeEach(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      EACCES: "permission denied",
      EEXIST: "a file is in the way",
      ENOTDIR: "a file is in the way",
      ENOENT: "no such directory, and none can be made there",
      EROFS: "the file system is read-only",
    };
    throw new DevError(`cannot make the directory ${path}: ${reasons[code ?? ""] ?? message}`);
  }
}

/** As mkdir -p. Node's own, below a directory that takes none (/proc), never returns. */
function makeEach(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || existsSync(parent)) throw error;
    makeEach(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}
