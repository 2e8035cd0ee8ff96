import { createHash } from "node:crypto";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import { MemoryDisk } from "../../storage/disk/index.ts";
import { defaultMemberOptions, type MemberOptions, ServerMember, type Transport } from "../index.ts";
import { MemoryNetwork } from "./memory-network.ts";

const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();

/** Passwords in the clear: tests of the log need no slow hash. */
const plainHasher = {
  hash: async (password: string) => `plain:${password}`,
  hashSync: (password: string) => `plain:${password}`,
  compare: async (password: string, hash: string) => hash === `plain:${password}`,
};

function newDisk(): MemoryDisk {
  return new MemoryDisk({ crashable: true });
}

/** A clock of the members' own that a process can be taken off: the timers of one that was killed do not fire. */
class Life {
  readonly env: Env;
  #dead = false;

  constructor(time: ManualTime, random: SeededRandom) {
    this.env = {
      clock: time,
      scheduler: {
        after: (delayMs, run) => time.after(delayMs, () => this.#alive(run)),
        every: (periodMs, run) => time.every(periodMs, () => this.#alive(run)),
        endOfTurn: (run) => time.endOfTurn(() => this.#alive(run)),
      },
      random,
      logger: silentLogger,
      metrics: nullMetrics,
    };
  }

  end(): void {
    this.#dead = true;
  }

  #alive(run: () => void): void {
    if (!this.#dead) run();
  }
}

export interface ClusterMember {
  readonly name: string;
  readonly url: string;
  disk: MemoryDisk;
  member: ServerMember | undefined;
  life: Life;
  transport: Transport | undefined;
  /** Errors that ended the member. */
  readonly fatal: unknown[];
  /** What it said while it waited for a majority, and when, in milliseconds of the cluster's clock. */
  readonly waited: { readonly line: string; readonly atMs: number }[];
}

/** A cluster in one process on one clock that the test moves; the same seed makes the same history. */
export class TestCluster {
  readonly time = new ManualTime();
  readonly network = new MemoryNetwork(this.time);
  readonly members: ClusterMember[] = [];
  readonly #changes: Partial<MemberOptions>;
  readonly #random: SeededRandom;
  readonly #size: number;

  constructor(size: number, changes: Partial<MemberOptions> = {}, seed = 1) {
    this.#size = size;
    this.#changes = changes;
    this.#random = new SeededRandom(seed);
  }

  static async start(size: number, changes: Partial<MemberOptions> = {}, seed = 1): Promise<TestCluster> {
    const cluster = new TestCluster(size, changes, seed);
    const starting: Promise<unknown>[] = [];
    for (let i = 0; i < size; i++) {
      cluster.members.push(cluster.#blank(`m${i + 1}`));
      starting.push(cluster.#launch(i));
    }
    await cluster.settle(Promise.all(starting), 60_000);
    return cluster;
  }

  #blank(name: string): ClusterMember {
    const life = new Life(this.time, this.#random);
    return {
      name,
      url: `http://${name}:2380`,
      disk: newDisk(),
      member: undefined,
      life,
      transport: undefined,
      fatal: [],
      waited: [],
    };
  }

  async #launch(at: number, changes: Partial<MemberOptions> = {}): Promise<ServerMember> {
    const one = this.members[at]!;
    one.life = new Life(this.time, this.#random);
    const { env } = one.life;
    const transport = this.network.transport(() => this.time.monotonicMs());
    one.transport = transport;
    const initialCluster = new Map<string, string[]>();
    for (let i = 1; i <= this.#size; i++) initialCluster.set(`m${i}`, [`http://m${i}:2380`]);
    const options = defaultMemberOptions("/data", sha1, {
      name: one.name,
      initialCluster,
      advertisePeerUrls: [one.url],
      advertiseClientUrls: [`http://${one.name}:2379`],
      ...this.#changes,
      ...changes,
    });
    const member = await ServerMember.start(options, {
      disk: one.disk,
      env,
      transport,
      hasher: plainHasher,
      onFatal: (error) => one.fatal.push(error),
      onWaiting: (line) => one.waited.push({ line, atMs: this.time.monotonicMs() }),
    });
    one.member = member;
    return member;
  }

  /** A member beyond the first ones, or one of those started anew. */
  start(at: number, changes: Partial<MemberOptions> = {}): Promise<ServerMember> {
    if (this.members[at] === undefined) this.members[at] = this.#blank(`m${at + 1}`);
    return this.settle(this.#launch(at, changes), 60_000);
  }

  /** As a machine whose power is cut: nothing it has not synced survives. */
  kill(at: number): void {
    const one = this.members[at]!;
    one.life.end();
    void one.transport?.close();
    one.member = undefined;
    one.disk = one.disk.crashClone({ keep: "none" });
  }

  /** The member loses its directory. */
  wipe(at: number): void {
    this.members[at]!.disk = newDisk();
  }

  get(at: number): ServerMember {
    return this.members[at]!.member!;
  }

  /** Index of the member that leads, as it says itself; -1 when nobody does. */
  leader(): number {
    return this.members.findIndex(({ member }) => member?.isLeader() === true);
  }

  async settle<T>(promise: Promise<T> | T, limitMs = 20_000): Promise<T> {
    let done = false;
    const settled = Promise.resolve(promise).finally(() => {
      done = true;
    });
    settled.catch(() => {});
    const end = this.time.monotonicMs() + limitMs;
    for (let round = 0; !done; round++) {
      await this.#pump();
      // Work that needs no time goes first; then time moves.
      if (round % 20 === 19) this.time.advance(10);
      if (this.time.monotonicMs() > end) throw new Error(`not settled within ${limitMs} ms`);
    }
    return settled;
  }

  async #pump(): Promise<void> {
    this.time.endTurn();
    for (let i = 0; i < 8; i++) await Promise.resolve();
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.time.advance(Math.min(10, ms - passed));
      for (let i = 0; i < 4; i++) await this.#pump();
    }
  }

  async until(what: string, condition: () => boolean, limitMs = 30_000): Promise<void> {
    const end = this.time.monotonicMs() + limitMs;
    while (!condition()) {
      if (this.time.monotonicMs() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
      await this.pass(10);
    }
  }

  async stop(): Promise<void> {
    for (const { member } of this.members) if (member !== undefined) await this.settle(member.stop());
  }
}
