import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { freePort, quorate, type Server, scratch, until } from "./servers.ts";

/** Where a member lives. */
export interface Place {
  /** What its command line starts with. */
  readonly command: readonly string[];
  readonly clientHost: string;
  readonly peerHost: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a reserved member has already; the rest is made for it. */
export interface Reserved {
  readonly name?: string;
  readonly peerPort?: number;
  readonly dataDir?: string;
}

const here: Place = { command: [], clientHost: "127.0.0.1", peerHost: "127.0.0.1" };

interface Node {
  readonly name: string;
  readonly place: Place;
  readonly port: number;
  readonly peerPort: number;
  readonly dataDir: string;
  server: Server;
  child: ChildProcess | undefined;
  log: string;
}

export interface Status {
  readonly memberId: string;
  readonly leader: string;
  readonly applied: number;
  readonly isLearner: boolean;
}

const running = new Set<ChildProcess>();

/** Kills whatever a test left behind. Call in `afterAll`. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Members as processes of their own, on free ports of this machine. */
export class Cluster {
  readonly nodes: Node[] = [];
  readonly #args: readonly string[];

  private constructor(args: readonly string[]) {
    this.#args = args;
  }

  /** One member for each of `servers`, all of them started, all serving; each at its place, by default on this machine. */
  static async start(
    servers: readonly Server[],
    args: readonly string[] = [],
    places: readonly Place[] = [],
  ): Promise<Cluster> {
    const cluster = new Cluster(args);
    for (const [at, server] of servers.entries()) await cluster.reserve(server, places[at]);
    for (const at of servers.keys()) cluster.launch(at);
    await Promise.all(servers.map((_, at) => cluster.serving(at)));
    return cluster;
  }

  /** A place for a further member; not started. Its number. */
  async reserve(server: Server = quorate, place: Place = here, known: Reserved = {}): Promise<number> {
    const port = await freePort();
    const peerPort = known.peerPort ?? (await freePort());
    const at = this.nodes.length;
    this.nodes.push({
      name: known.name ?? `m${at + 1}`,
      place,
      port,
      peerPort,
      dataDir: known.dataDir ?? join(scratch(), "data"),
      server,
      child: undefined,
      log: "",
    });
    return at;
  }

  url(at: number): string {
    const { place, port } = this.nodes[at]!;
    return `http://${place.clientHost}:${port}`;
  }

  peerUrl(at: number): string {
    const { place, peerPort } = this.nodes[at]!;
    return `http://${place.peerHost}:${peerPort}`;
  }

  launch(at: number, state: "new" | "existing" = "new", members = this.nodes.map((_, i) => i)): void {
    const node = this.nodes[at]!;
    const initial = members.map((i) => `${this.nodes[i]!.name}=${this.peerUrl(i)}`).join(",");
    const [command, ...words] = [...node.place.command, node.server.command];
    const child = spawn(
      command!,
      [
        ...words,
        `--name=${node.name}`,
        `--data-dir=${node.dataDir}`,
        `--listen-client-urls=${this.url(at)}`,
        `--advertise-client-urls=${this.url(at)}`,
        `--listen-peer-urls=${this.peerUrl(at)}`,
        `--initial-advertise-peer-urls=${this.peerUrl(at)}`,
        `--initial-cluster=${initial}`,
        `--initial-cluster-state=${state}`,
        ...this.#args,
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], ...node.place.env } },
    );
    node.child = child;
    node.log = "";
    running.add(child);
    const keep = (chunk: Buffer): void => {
      node.log = (node.log + chunk.toString()).slice(-500_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("exit", () => {
      running.delete(child);
      if (node.child === child) node.child = undefined;
    });
  }

  async serving(at: number): Promise<void> {
    await until(`${this.nodes[at]!.name} serves`, 30_000, async () => {
      const node = this.nodes[at]!;
      if (node.child === undefined) throw new Error(`${node.name} ended while starting:\n${node.log}`);
      return (await this.status(at)) !== undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.nodes[at]!.log}`);
    });
  }

  async stop(at: number, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const { child } = this.nodes[at]!;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** Sends a signal that does not end it: SIGSTOP, SIGCONT, ... */
  signal(at: number, signal: NodeJS.Signals): void {
    this.nodes[at]!.child?.kill(signal);
  }

  get urls(): string[] {
    return this.nodes.map((_, at) => this.url(at));
  }

  async stopAll(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await Promise.all(this.nodes.map((_, at) => this.stop(at, signal)));
  }

  wipe(at: number): void {
    rmSync(this.nodes[at]!.dataDir, { recursive: true, force: true });
  }

  /** One call of the JSON gateway; undefined when there was no good answer in time. */
  async call(
    at: number,
    path: string,
    body: unknown,
    timeoutMs = 5000,
    token?: string,
  ): Promise<Record<string, unknown> | undefined> {
    try {
      const answer = await fetch(`${this.url(at)}/v3/${path}`, {
        method: "POST",
        ...(token === undefined ? {} : { headers: { authorization: token } }),
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const said = (await answer.json()) as Record<string, unknown>;
      return answer.ok ? said : undefined;
    } catch {
      return undefined;
    }
  }

  async put(at: number, key: string, value: string): Promise<boolean> {
    return (await this.call(at, "kv/put", { key: btoa(key), value: btoa(value) })) !== undefined;
  }

  /** So many puts of 100 bytes, of keys that start with `prefix`; a multiple of 50. */
  async fill(at: number, count: number, prefix: string): Promise<void> {
    for (let n = 0; n < count; n += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => this.put(at, `${prefix}${n + i}`, "x".repeat(100))));
    }
  }

  async get(at: number, key: string): Promise<string | undefined> {
    const said = await this.call(at, "kv/range", { key: btoa(key) });
    const kvs = said?.["kvs"] as { value?: string }[] | undefined;
    return kvs?.[0] === undefined ? undefined : atob(kvs[0].value ?? "");
  }

  async count(at: number, prefix: string): Promise<number> {
    const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
    const said = await this.call(at, "kv/range", { key: btoa(prefix), range_end: btoa(end), count_only: true });
    return Number(said?.["count"] ?? 0);
  }

  async status(at: number): Promise<Status | undefined> {
    const said = await this.call(at, "maintenance/status", {}, 1000);
    if (said === undefined) return undefined;
    return {
      memberId: String((said["header"] as Record<string, unknown>)["member_id"]),
      leader: String(said["leader"] ?? "0"),
      applied: Number(said["raftAppliedIndex"] ?? 0),
      isLearner: said["isLearner"] === true,
    };
  }

  /** Number of the member that leads, as it says itself. */
  async leader(): Promise<number> {
    let found = -1;
    await until("a leader", 20_000, async () => {
      for (const at of this.nodes.keys()) {
        if (this.nodes[at]!.child === undefined) continue;
        const status = await this.status(at);
        if (status !== undefined && status.leader === status.memberId) found = at;
      }
      return found >= 0;
    });
    return found;
  }

  async moveLeader(to: number): Promise<void> {
    const target = await this.status(to);
    await until(`m${to + 1} leads`, 20_000, async () => {
      const leader = await this.leader();
      if (leader === to) return true;
      await this.call(leader, "maintenance/transfer-leadership", { targetID: target?.memberId });
      return false;
    });
  }

  /** Of the store, as a linearizable read tells it. */
  async revision(): Promise<number> {
    let found = 0;
    await until("a linearizable read", 20_000, async () => {
      for (const at of this.alive()) {
        const said = await this.call(at, "kv/range", { key: btoa("any"), count_only: true });
        if (said !== undefined) found = Number((said["header"] as Record<string, unknown>)["revision"]);
        if (found > 0) return true;
      }
      return false;
    });
    return found;
  }

  /** Numbers of the members that run. */
  alive(): number[] {
    return [...this.nodes.keys()].filter((at) => this.nodes[at]!.child !== undefined);
  }

  /** Waits until all running members tell the same hash of what is written by now; the hash, with its revision. */
  async equalHash(limitMs = 20_000): Promise<string> {
    let last: string[] = [];
    const revision = await this.revision();
    await until("the same HashKV on all members", limitMs, async () => {
      const said = await Promise.all(this.alive().map((at) => this.call(at, "maintenance/hashkv", { revision })));
      last = said.map((one) => `${one?.["hash"]}@${one?.["hash_revision"]}/${one?.["compact_revision"]}`);
      return new Set(last).size === 1 && !last[0]!.startsWith("undefined");
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${last.join(" ")}`);
    });
    return last[0]!;
  }

  async members(at: number): Promise<{ ID: string; name?: string }[]> {
    const said = await this.call(at, "cluster/member/list", {});
    return (said?.["members"] ?? []) as { ID: string; name?: string }[];
  }
}
