import {
  below,
  type Env,
  type LogFields,
  type Logger,
  lineLogger,
  nullMetrics,
  type Random,
  SeededRandom,
} from "../base/index.ts";
import { defaultMemberOptions, type MemberOptions, ServerMember } from "../server/index.ts";
import type { CrashKeep, Disk, MemoryDisk } from "../storage/disk/index.ts";
import { type DiskUser, injected, MachineDisk, ProcessDied } from "./disk.ts";
import type { Network } from "./network.ts";
import type { Options } from "./options.ts";
import { type Origin, placeBackup, restoreMachine, sha1 } from "./restores.ts";
import { type Damage, damage } from "./rot.ts";
import { type Life, ProcessTime, type World } from "./world.ts";

/** Passwords in the clear: what is simulated is the log, not bcrypt. */
const plainHasher = {
  hash: async (password: string) => `plain:${password}`,
  hashSync: (password: string) => `plain:${password}`,
  compare: async (password: string, hash: string) => hash === `plain:${password}`,
};

/** One process of a member, from its start to its end. */
export class Process implements Life, DiskUser {
  alive = true;
  pausedUntilMs = 0;
  readonly life = this;
  readonly time: ProcessTime;
  /** Set once it serves. */
  member: ServerMember | undefined;
  /** The member's gauges that are read, not set. */
  readonly gauges = new Map<string, () => number>();
  /** Dies in the n-th disk operation from now, when not 0. */
  diesIn = 0;
  readonly #machine: Machine;

  constructor(machine: Machine, world: World) {
    this.#machine = machine;
    this.time = new ProcessTime(world, this, machine.rate, () => machine.wallMs());
  }

  onOperation(kind: string, path: string): void {
    this.#machine.onOperation(kind, path);
    if (this.diesIn > 0 && --this.diesIn === 0) this.#machine.crash(`in ${kind} ${path}`);
  }
}

/** Errors that say what is wrong with a file, and where. */
const codedErrors = new Set(["WalError", "BoltError", "EtcdError", "DiskError", "RaftError"]);

function isCoded(error: unknown): boolean {
  return error instanceof Error && codedErrors.has(error.name);
}

/** A fault of the simulated disk, or the end of the process in the middle of a call. */
function isInjected(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ProcessDied || at.message.includes(injected)) return true;
  }
  return false;
}

/** Told of what becomes of a machine's processes. */
export interface MachineEvents {
  trace(who: string, what: string): void;
  /** What an operator writes into --initial-cluster of a member that is to join now. */
  initialCluster(): ReadonlyMap<string, readonly string[]>;
  /** Serves for the first time in this life. */
  serving(machine: Machine): void;
  /** The process ended, by whatever cause, and what it held in flight with it. */
  ended(machine: Machine, process: Process): void;
  /** A member ended itself, or did not start, and no fault excuses it. */
  unexcused(machine: Machine, error: unknown): void;
}

/** A computer of the cluster: a disk, a clock, a place in the network, and at most one process. */
export class Machine {
  readonly name: string;
  readonly url: string;
  readonly disk: MachineDisk;
  /** Local milliseconds per true one. */
  readonly rate: number;
  /** Replaced when the member is made anew. */
  memberOptions: MemberOptions;
  process: Process | undefined;
  /** True time at which the next start is due; undefined while none is. */
  restartAtMs: number | undefined;
  /** Its member is no longer one of the cluster. */
  removed = false;
  /** What was done to its files since it was made; from then on it may refuse to run. */
  damage: Damage | undefined;
  /** It refused to run on damaged files, and is not started again. */
  lost = false;
  /** Longest pause before the next start; shorter once everything is to come to rest. */
  downMaxMs: number;
  /** Lives so far. */
  starts = 0;
  #wallStepMs = 0;
  #served = false;
  /** A restore that has to make the data directory before the first start; undefined where none has to. */
  readonly #origin: Origin | undefined;
  /** The data directory is the member's own: what is in it may be judged. */
  made: boolean;
  readonly #world: World;
  readonly #network: Network;
  readonly #options: Options;
  readonly #events: MachineEvents;
  readonly #random: Random;

  constructor(
    name: string,
    rate: number,
    world: World,
    network: Network,
    options: Options,
    memberOptions: Partial<MemberOptions>,
    events: MachineEvents,
    origin?: Origin,
  ) {
    this.name = name;
    this.#origin = origin;
    this.made = origin === undefined;
    this.url = `http://${name}:2380`;
    this.rate = rate;
    this.#world = world;
    this.#network = network;
    this.#options = options;
    this.downMaxMs = options.downMaxMs;
    this.#events = events;
    this.#random = new SeededRandom(world.random.uint32());
    this.disk = new MachineDisk(world, {
      latencyMs: options.diskLatencyMs,
      stall: 0,
      full: false,
      syncFails: 0,
      flipRead: 0,
    });
    if (origin !== undefined) this.disk.alter((disk) => placeBackup(disk, origin));
    this.memberOptions = defaultMemberOptions("/data", sha1, { name, ...memberOptions });
  }

  wallMs(): number {
    return Math.floor(1_700_000_000_000 + this.#world.nowMs * this.rate + this.#wallStepMs);
  }

  stepWall(byMs: number): void {
    this.#wallStepMs += byMs;
  }

  get member(): ServerMember | undefined {
    return this.process?.member;
  }

  start(): void {
    if (this.process !== undefined) return;
    this.restartAtMs = undefined;
    this.starts++;
    const process = new Process(this, this.#world);
    this.process = process;
    this.#events.trace(this.name, `start ${this.starts}`);
    if (this.memberOptions.initialClusterState === "existing" && !this.#served) {
      // It may have waited for so long that others came and went.
      this.memberOptions = { ...this.memberOptions, initialCluster: this.#events.initialCluster() };
    }
    const env: Env = {
      clock: process.time,
      scheduler: process.time,
      random: new SeededRandom(this.#random.uint32()),
      logger: this.#logger(process),
      metrics: { ...nullMetrics, gaugeFrom: ({ name }, value) => process.gauges.set(name, value) },
    };
    const disk = this.disk.mount(process);
    const made = this.made ? undefined : this.#restore(process, disk, env);
    const startMember = (): Promise<ServerMember> =>
      ServerMember.start(this.memberOptions, {
        disk,
        env,
        transport: this.#network.connect(this.url, process, process.time),
        hasher: plainHasher,
        onFatal: (error) => this.#fatal(process, error),
      });
    (made === undefined ? startMember() : made.then(startMember)).then(
      (member) => {
        if (!process.alive) return;
        process.member = member;
        this.#served = true;
        this.#events.trace(this.name, "serves");
        this.#events.serving(this);
      },
      (error: unknown) => this.#fatal(process, error),
    );
  }

  async #restore(process: Process, disk: Disk, env: Env): Promise<void> {
    await restoreMachine(this.name, this.#origin!, disk, env);
    if (!process.alive) throw new ProcessDied();
    this.made = true;
    this.#events.trace(this.name, "restored");
  }

  #fatal(process: Process, error: unknown): void {
    if (!process.alive || process.diesIn < 0) return;
    // Once: what follows from it is no news.
    process.diesIn = -1;
    this.#world.after(
      0.01,
      () => {
        const text = error instanceof Error ? error.message : String(error);
        this.#events.trace(this.name, `ends itself: ${text}`);
        if (text.includes("permanently removed")) this.removed = true;
        const excused = this.removed || this.excused(error);
        if (this.damage !== undefined && !isInjected(error) && isCoded(error)) this.lost = true;
        this.crash("exit", { keep: "all" });
        if (!excused) this.#events.unexcused(this, error);
      },
      process,
    );
  }

  onOperation(kind: string, path: string): void {
    if (this.#options.logs && kind !== "read" && kind !== "size") {
      this.#events.trace(this.name, `disk ${kind} ${path.replace("/data/member/", "")}`);
    }
  }

  /** Whether a fault that is going on, or was made, explains that a member gave up. */
  excused(error: unknown): boolean {
    if (isInjected(error)) return true;
    if (!(error instanceof Error)) return false;
    if (this.damage !== undefined && isCoded(error)) return true;
    if (this.disk.flips > 0 && (error.name === "WalError" || /snap|wal|crc|checksum/i.test(error.message))) {
      this.disk.flips = 0;
      return true;
    }
    // It was added by an entry whose cluster cannot be asked yet, or was removed again before it ever served.
    if (this.memberOptions.initialClusterState === "existing" && !this.#served && error.name === "EtcdError")
      return true;
    // Those who would tell it about its cluster may be down, or cut off.
    return this.#options.members > 1 && /cannot fetch cluster info|could not retrieve cluster/.test(error.message);
  }

  /** Ends the process at this very point. `keep` is what the disk holds afterwards; drawn when left out. */
  crash(why: string, keep: CrashKeep = this.#drawKeep()): void {
    const { process } = this;
    if (process === undefined) return;
    process.alive = false;
    this.process = undefined;
    this.#events.trace(this.name, `crash ${keep.keep} ${why}`);
    this.disk.crash(keep);
    if (!this.lost) this.restartAtMs = this.#world.nowMs + 50 + below(this.#world.random, this.downMaxMs);
    this.#events.ended(this, process);
  }

  /** A process that is killed leaves its writes to the system; a power cut takes what was not synced, whole or in part. */
  #drawKeep(): CrashKeep {
    switch (below(this.#world.random, 4)) {
      case 0:
        return { keep: "all" };
      case 1:
        return { keep: "none" };
      default:
        return { keep: "random", random: this.#world.random };
    }
  }

  pause(ms: number): void {
    if (this.process === undefined) return;
    this.process.pausedUntilMs = this.#world.nowMs + ms;
    this.#events.trace(this.name, `paused for ${Math.round(ms)} ms`);
  }

  /** Its files are damaged while it is down; the process ends before that as one that is told to. */
  async rot(): Promise<void> {
    if (!(await this.stop())) return;
    this.hurt((disk) => damage(disk, this.memberOptions.dataDir, this.#world.random));
  }

  /** While it is down. */
  hurt(act: (disk: MemoryDisk) => Damage | undefined): void {
    this.damage = this.disk.alter(act);
    if (this.damage !== undefined) this.#events.trace(this.name, `damage: ${this.damage.path}: ${this.damage.what}`);
  }

  /** Ends the process the polite way; true when it did end so. */
  async stop(): Promise<boolean> {
    const { process } = this;
    if (process?.member === undefined) return false;
    this.#events.trace(this.name, "stop");
    const { member } = process;
    process.member = undefined;
    try {
      await member.stop();
    } catch (error) {
      // Its disk failed in its last moments: it ends, but as one that failed.
      this.#fatal(process, error);
      return false;
    }
    if (!process.alive) return false;
    process.alive = false;
    this.process = undefined;
    this.restartAtMs = this.#world.nowMs + 10;
    this.#events.trace(this.name, "stopped");
    this.#events.ended(this, process);
    return true;
  }

  #logger(process: Process): Logger {
    const verbose = this.#options.logs;
    return lineLogger(
      (level, message, fields) => {
        if (process.alive) this.#events.trace(this.name, `${level} ${message} ${fieldsText(fields)}`);
      },
      (level) => level === "panic" || level === "fatal" || (verbose && level !== "debug"),
    );
  }
}

function fieldsText(fields: LogFields): string {
  return Object.entries(fields)
    .map(
      ([key, value]) =>
        `${key}=${value instanceof Error ? value.message : typeof value === "bigint" ? value.toString(16) : JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? inner.toString(16) : inner))}`,
    )
    .join(" ");
}
