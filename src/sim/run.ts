import { SeededRandom } from "../base/index.ts";
import {
  type CallRecord,
  checkAcknowledged,
  checkLinearizability,
  checkLocks,
  checkReadsOfThePast,
  checkWatches,
  resolveOutcomes,
} from "./check/index.ts";
import { Cluster, type Failure, stackOf, type TraceSink } from "./cluster.ts";
import { canonical } from "./convert.ts";
import { Faults } from "./faults.ts";
import type { Machine } from "./machine.ts";
import { followMembership } from "./members.ts";
import { endDowngrade } from "./operators.ts";
import { drawOptions, type Options } from "./options.ts";
import { runInTask } from "./pump.ts";
import { drawOrigin, type Origin, takeBackup } from "./restores.ts";
import { Client } from "./workload.ts";
import { exponential } from "./world.ts";

export interface RunRequest {
  readonly seed: number;
  /** Simulated time of the phase with faults. */
  readonly minutes: number;
  readonly changes?: Partial<Options>;
  readonly trace?: TraceSink | undefined;
  /** Told of the drawn options before anything runs. */
  /** Called once the cluster stands, before anything runs. */
  readonly arrange?: ((cluster: Cluster) => void) | undefined;
  readonly onOptions?: (options: Options) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly options: Options;
  readonly failure: Failure | undefined;
  readonly simulatedMs: number;
  readonly digest: number;
  readonly facts: Readonly<Record<string, number | string>>;
  readonly calls: readonly CallRecord[];
  readonly cluster: Cluster;
}

/** Messages between two audits; the busiest runs have a tenth of it. */
const messagesMax = 50_000;

/** Events between two looks at the event loop, so that Node can tell of unhandled rejections and collect garbage. */
const sliceEvents = 2000;

/** One run: options from the seed, a phase with faults, a phase that must come to rest, then the checks over all that was seen. */
export async function run(request: RunRequest): Promise<RunResult> {
  const random = new SeededRandom(request.seed ^ 0x51b0_ca7e);
  const options = drawOptions(random, request.changes);
  request.onOptions?.(options);
  const eras: Cluster[] = [];
  const verdicts: string[] = [];
  let origin: Origin | undefined;
  do {
    const seed = (request.seed + 0x1_0000_0000 * eras.length) % Number.MAX_SAFE_INTEGER;
    const members = origin?.names.length ?? options.members;
    const cluster = new Cluster(seed, { ...options, members }, request.trace, origin);
    eras.push(cluster);
    request.arrange?.(cluster);
    if (origin !== undefined) cluster.trace("sim", eraText(origin));
    await live(cluster, (request.minutes * 60_000) / (options.restores + 1));
    verdicts.push(cluster.failure === undefined ? checkHistory(cluster) : "not looked at");
    origin = cluster.failure === undefined && eras.length <= options.restores ? drawOrigin(cluster, random) : undefined;
  } while (origin !== undefined);
  const cluster = eras.at(-1)!;
  const sum = (of: (era: Cluster) => number): number => eras.reduce((total, era) => total + of(era), 0);
  return {
    seed: request.seed,
    options,
    failure: cluster.failure,
    simulatedMs: sum(({ world }) => world.nowMs),
    digest: eras.reduce((digest, era) => (digest ^ era.digest) >>> 0, 0),
    facts: {
      events: sum(({ world }) => world.ran),
      calls: sum(({ caller }) => caller.calls.length),
      unknown: sum(({ caller }) => caller.calls.filter((call) => call.returnMs === undefined).length),
      revision: cluster.twin.revision,
      entries: sum(({ committed }) => committed.last),
      watches: sum(({ watches }) => watches.length),
      messages: sum(({ network }) => network.delivered),
      snapshots: sum(({ network }) => network.snapshots),
      locks: sum(({ locks }) => locks.length),
      restores: eras.length - 1,
      linearizability: verdicts.find((verdict) => verdict !== "linearizable") ?? "linearizable",
      crashes: sum(({ counts }) => counts.crashes),
      serves: sum(({ counts }) => counts.serves),
      audits: sum(({ counts }) => counts.audits),
      checks: sum(({ counts }) => counts.checks),
    },
    calls: cluster.caller.calls,
    cluster,
  };
}

function eraText({ backup, names, token, bumpRevision, oldConfState, era }: Origin): string {
  const row = oldConfState ? ", the old voters left in the database" : "";
  return `era ${era}: ${names.join(",")} restored from entry ${backup.index}, token ${token}, revision raised by ${bumpRevision}${row}`;
}

/** From the first start to the last check at rest. */
async function live(cluster: Cluster, safetyMs: number): Promise<void> {
  const phases = new Phases(cluster, safetyMs);
  const onRejection = (error: unknown): void => {
    if (!isDeath(error)) cluster.fail("crash", `a promise was rejected and nobody heard: ${stackOf(error)}`);
  };
  process.on("unhandledRejection", onRejection);
  try {
    await runInTask(() => phases.slice());
    // Rejections are told after the slice in which they happened.
    await new Promise<void>((resolve) => setImmediate(resolve));
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}

function isDeath(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at.name === "ProcessDied") return true;
  return false;
}

function checkHistory(cluster: Cluster): string {
  const { calls } = cluster.caller;
  const { truth } = cluster.twin;
  cluster.broken(checkAcknowledged(calls, truth));
  cluster.broken(checkReadsOfThePast(calls, truth));
  cluster.broken(checkLocks(cluster.locks, truth));
  const { watchers, watches } = cluster;
  const open = new Set(watchers.flatMap(({ record }) => (record === undefined ? [] : [record])));
  cluster.broken(
    checkWatches(watches, truth, {
      compacted: cluster.twin.compacted,
      mustReach: truth.revision,
      open: (watch) => open.has(watch as never),
    }),
  );
  const result = checkLinearizability(resolveOutcomes(calls, truth, canonical, cluster.initial.leases), {
    initial: cluster.initial.state,
    stepsMax: 300_000,
    expirationsListed: true,
  });
  if (result.verdict === "violation") cluster.broken(result.violation);
  return result.verdict;
}

/** Longest wait of a call at a member that knows its leader, once all faults have ended: above it only a time-out, 7 s, ends a wait. */
const waitMaxMs = 5500;

type Phase = "start" | "safety" | "calm" | "rest" | "end";

/** The order of things; each call of `slice` does a piece of it. */
class Phases {
  readonly #cluster: Cluster;
  readonly #faults: Faults;
  readonly #safetyMs: number;
  #phase: Phase = "start";
  #untilMs = 0;
  #deliveredBefore = 0;
  /** What each machine knows of its leader, and since when. */
  readonly #led = new Map<Machine, { readonly view: string; readonly sinceMs: number }>();

  constructor(cluster: Cluster, safetyMs: number) {
    this.#cluster = cluster;
    this.#faults = new Faults(cluster);
    this.#safetyMs = safetyMs;
  }

  /** True when the run is over. */
  slice(): boolean {
    const cluster = this.#cluster;
    const { world } = cluster;
    try {
      if (this.#phase === "start") this.#begin();
      for (let i = 0; i < sliceEvents && cluster.failure === undefined; i++) {
        if (!world.step(this.#untilMs) && this.#next()) return true;
      }
    } catch (error) {
      if (!isDeath(error)) cluster.fail("crash", stackOf(error));
    }
    return cluster.failure !== undefined;
  }

  #enter(phase: Phase, lastsMs: number): void {
    this.#phase = phase;
    this.#untilMs = this.#cluster.world.nowMs + lastsMs;
    this.#cluster.trace("sim", `phase ${phase}`);
  }

  #begin(): void {
    const cluster = this.#cluster;
    this.#enter("safety", this.#safetyMs);
    for (const machine of cluster.all) machine.start();
    const kinds = ["kv", "kube", "lock", "lease"] as const;
    for (let i = 0; i < cluster.options.clients; i++) {
      void new Client(`c${i + 1}`, kinds[i % kinds.length]!, cluster).run();
    }
    this.#keepRunning();
    this.#keepWatching();
    this.#keepAuditing();
    this.#faults.start();
  }

  /** Starts what is due to start. */
  #keepRunning(): void {
    const { world } = this.#cluster;
    followMembership(this.#cluster);
    for (const machine of this.#cluster.machines()) {
      if (machine.restartAtMs !== undefined && machine.restartAtMs <= world.nowMs) machine.start();
    }
    world.after(50, () => this.#keepRunning());
  }

  #keepWatching(): void {
    const cluster = this.#cluster;
    const { world, options, watchers } = cluster;
    const serving = cluster.machines().filter(({ member }) => member !== undefined);
    for (const watcher of watchers) {
      const machine = serving[world.random.uint32() % Math.max(1, serving.length)];
      if (machine !== undefined) watcher.resume(machine);
    }
    if (this.#phase === "safety" && watchers.length > 0 && world.random.uint32() % 20 === 0) {
      const watcher = watchers[world.random.uint32() % watchers.length]!;
      if (world.random.uint32() % 2 === 0) watcher.disconnect();
      else watcher.askProgress();
    }
    if (watchers.length < options.watchers) cluster.addWatcher();
    world.after(exponential(world.random, 400), () => this.#keepWatching());
  }

  /** The last fault: calls at the other members must not wait for the paused leader. */
  #pauseLeader(): void {
    const machines = this.#cluster.machines().filter((machine) => this.#cluster.isMember(machine));
    const leader = machines.find(({ member }) => member?.isLeader() === true);
    const all = machines.length > 2 && machines.every(({ member, lost }) => member !== undefined && !lost);
    if (all) leader?.pause(4000);
  }

  /** Watches how long calls wait. No message is lost any more. */
  #keepTime(fromMs: number): void {
    const cluster = this.#cluster;
    const { nowMs } = cluster.world;
    const standing = new Set<bigint>();
    for (const machine of cluster.machines()) {
      const { member, process, starts } = machine;
      const paused = (process?.pausedUntilMs ?? 0) > nowMs;
      if (member !== undefined && paused) standing.add(member.memberId);
      const led = member !== undefined && !paused && member.leader() !== 0n;
      const view = led ? `${starts} ${member.leader()} ${member.term()}` : "";
      if (this.#led.get(machine)?.view !== view) this.#led.set(machine, { view, sinceMs: nowMs });
    }
    const late = cluster.caller.waitsTooLong(waitMaxMs, fromMs, (machine) => {
      const led = this.#led.get(machine);
      const leader = machine.member?.leader();
      return led === undefined || led.view === "" || standing.has(leader ?? 0n) ? undefined : led.sinceMs;
    });
    if (late !== undefined) cluster.fail("liveness", late);
    cluster.world.after(50, () => this.#keepTime(fromMs));
  }

  #keepAuditing(): void {
    const cluster = this.#cluster;
    const { delivered } = cluster.network;
    const carried = delivered - this.#deliveredBefore;
    this.#deliveredBefore = delivered;
    if (carried > messagesMax) {
      cluster.fail("liveness", `the network carried ${carried} messages within 10 s: members talk in circles`);
    }
    for (const machine of cluster.machines()) cluster.audit(machine);
    cluster.world.after(10_000, () => this.#keepAuditing());
  }

  /** The phase is over; true when it was the last. */
  #next(): boolean {
    const cluster = this.#cluster;
    switch (this.#phase) {
      case "safety":
        this.#heal();
        // Long enough for a member that was down to start, to elect and to catch up.
        this.#enter("calm", 24_000);
        cluster.world.after(12_000, () => this.#pauseLeader());
        if (cluster.options.judgeWaits) this.#keepTime(cluster.world.nowMs);
        return false;
      case "calm":
        cluster.stopped = true;
        // Every call has its time-out, every lease its end.
        this.#enter("rest", Math.max(25_000, cluster.leases.lastEndMs() + 10_000 - cluster.world.nowMs));
        return false;
      case "rest":
        this.#checkRest();
        void cluster.compareHashes(0);
        void this.#lastBackup();
        this.#enter("end", 2000);
        return false;
      default:
        return true;
    }
  }

  /** At least one is there to restore from. */
  async #lastBackup(): Promise<void> {
    const cluster = this.#cluster;
    if (cluster.options.restores === 0) return;
    const machine = cluster.machines().find(({ member, damage }) => member !== undefined && damage === undefined);
    const backup = machine === undefined ? undefined : await takeBackup(cluster, machine);
    if (backup !== undefined) cluster.backups.push(backup);
  }

  #heal(): void {
    const { network, all, world, options } = this.#cluster;
    this.#faults.stop();
    void endDowngrade(this.#cluster);
    network.heal();
    network.faults.drop = 0;
    network.faults.duplicate = 0;
    for (const machine of all) {
      machine.downMaxMs = Math.min(machine.downMaxMs, 500);
      Object.assign(machine.disk.faults, {
        latencyMs: Math.min(1, options.diskLatencyMs),
        stall: 0,
        full: false,
        syncFails: 0,
        flipRead: 0,
      });
      if (machine.process !== undefined) {
        machine.process.pausedUntilMs = 0;
        machine.process.diesIn = Math.min(0, machine.process.diesIn);
      }
      if (machine.restartAtMs !== undefined) machine.restartAtMs = Math.min(machine.restartAtMs, world.nowMs + 500);
    }
  }

  /** Nothing is left undone once nothing goes wrong any more. */
  #checkRest(): void {
    const cluster = this.#cluster;
    const stuck = (message: string): void => cluster.fail("liveness", message);
    for (const machine of cluster.machines()) {
      if (!cluster.isMember(machine)) {
        // Its removal is in a log that it need not have: the others refuse it, and it can win no election among them.
        if (machine.member?.isLeader() === true) stuck(`${machine.name} leads, though it was removed`);
        continue;
      }
      const { member } = machine;
      // It refused to run on what its disk holds. The others have to do without it.
      if (machine.lost) continue;
      if (member === undefined) {
        stuck(`${machine.name} does not serve`);
        return;
      }
      const applied = member.status().raftAppliedIndex;
      if (applied !== cluster.committed.last)
        stuck(`${machine.name} has applied ${applied} of ${cluster.committed.last}`);
      if (member.leader() === 0n) stuck(`${machine.name} knows no leader`);
      cluster.audit(machine);
    }
    if (cluster.caller.open > 0) stuck(`${cluster.caller.open} calls never ended`);
    const late = cluster.leases.overdue(cluster.world.nowMs, 8000);
    if (late !== undefined) stuck(late.message);
    const closed = cluster.watchers.find((watcher) => !watcher.open);
    if (closed !== undefined) stuck(`watcher ${closed.name} finds no stream`);
  }
}
