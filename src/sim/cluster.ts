import { crc32c, hexId, nullMetrics, SeededRandom, silentLogger, utf8 } from "../base/index.ts";
import type { Entry, RawNode } from "../raft/index.ts";
import { Bolt, type Tx } from "../storage/bolt/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import { Caller } from "./caller.ts";
import {
  Commits,
  CommittedEntries,
  checkBounds,
  difference,
  Files,
  Hashes,
  Leases,
  type LockRecord,
  type Response,
  type State,
  type Violation,
  Votes,
  type WatchRecord,
} from "./check/index.ts";
import { rangeMessage, rangeResponse } from "./convert.ts";
import { instrument } from "./instrument.ts";
import { Machine, type Process } from "./machine.ts";
import { listedMembers } from "./members.ts";
import { Network } from "./network.ts";
import type { Options } from "./options.ts";
import { makePump } from "./pump.ts";
import type { Backup, Origin } from "./restores.ts";
import { Twin } from "./twin.ts";
import { drawWanted, SimWatcher, type Wanted } from "./watcher.ts";
import { ranges, type Scene } from "./workload.ts";
import { ProcessTime, World } from "./world.ts";

/** How a run ended other than well; each has its exit code. */
export type FailureKind = "crash" | "liveness" | "correctness";

export interface Failure {
  readonly kind: FailureKind;
  readonly atMs: number;
  readonly message: string;
  readonly facts?: unknown;
}

export interface TraceSink {
  line(text: string): void;
}

const everything = { kind: "range", key: "\0", end: "\0", revision: 0, limit: 0 } as const;

/** A whole cluster with its clients, and everything that is known about what it should hold. */
export class Cluster implements Scene {
  readonly world: World;
  readonly options: Options;
  readonly network: Network;
  readonly caller: Caller;
  readonly all: Machine[] = [];
  readonly twin: Twin;
  readonly committed: CommittedEntries;
  /** What the cluster was restored from; undefined for one that began empty. */
  readonly origin: Origin | undefined;
  /** Entries that the log of a restored cluster begins with. */
  readonly logBase: number;
  /** The state before the first call, and the leases that were there already. */
  readonly initial: { readonly state: State; readonly leases: readonly string[] };
  /** Snapshots that clients took, oldest first. */
  readonly backups: Backup[] = [];
  readonly hashes = new Hashes();
  readonly files = new Files();
  readonly votes = new Votes();
  readonly commits = new Commits();
  readonly leases: Leases;
  readonly watches: WatchRecord[] = [];
  readonly watchers: SimWatcher[] = [];
  readonly locks: LockRecord[] = [];
  /** The first promise that was broken. */
  failure: Failure | undefined;
  /** Sum over every line of the trace, printed or not: two runs that agree in it did the same. */
  digest = 0;
  lines = 0;
  stopped = false;
  readonly counts = { crashes: 0, serves: 0, audits: 0, checks: 0 };
  readonly #trace: TraceSink | undefined;
  #nextValue = 1;
  #nextLease = 1;
  #nextWatch = 1;
  #lister: SimWatcher | undefined;

  constructor(seed: number, options: Options, trace: TraceSink | undefined, origin?: Origin) {
    this.#trace = trace;
    this.options = options;
    this.origin = origin;
    this.logBase = origin?.names.length ?? 0;
    this.twin = origin?.twin() ?? new Twin();
    this.committed = new CommittedEntries(this.logBase);
    this.initial = { state: this.twin.state, leases: [...this.twin.leases] };
    // Values and leases are unique over all eras.
    this.#nextValue += 1_000_000 * (origin?.era ?? 0);
    this.#nextLease += 1_000_000 * (origin?.era ?? 0);
    this.world = new World(seed, makePump());
    this.network = new Network(this.world, {
      latencyMinMs: options.networkLatencyMs / 4,
      latencyMeanMs: options.networkLatencyMs,
      drop: options.drop,
      duplicate: options.duplicate,
      ordered: options.networkOrdered,
    });
    this.network.onVote = (term, voter, candidate) =>
      this.#broken(this.votes.cast(term, hexId(voter), hexId(candidate)));
    this.leases = new Leases((1 + options.skew) * 1.0001);
    this.caller = new Caller(
      this.world,
      options.networkLatencyMs,
      (who, what) => this.trace(who, what),
      (error) => this.fail("crash", `a call failed with what is no answer: ${stackOf(error)}`),
      () => this.twin.compacted,
      (message) => this.fail("correctness", `compaction: ${message}`),
    );
    instrument({
      onCommitted: (node, entries) => this.#onCommitted(node, entries),
      onReady: (node, entries) => {
        const { term, committed } = node;
        this.#broken(
          this.commits.look({
            who: hexId(node.id),
            term,
            leads: node.lead === node.id,
            committed,
            last: entries[entries.length - 1],
          }),
        );
      },
      segmentBytes: options.segmentBytes,
    });
    const names = origin?.names ?? Array.from({ length: options.members }, (_, i) => `m${i + 1}`);
    const initialCluster = new Map(names.map((name) => [name, [`http://${name}:2380`]]));
    for (const name of names) this.addMachine(name, initialCluster, "new", origin);
  }

  addMachine(
    name: string,
    initialCluster: ReadonlyMap<string, readonly string[]>,
    initialClusterState: "new" | "existing",
    origin?: Origin,
  ): Machine {
    const { options, world } = this;
    const rate = 1 + options.skew * (((world.random.uint32() % 2001) - 1000) / 1000);
    const machine = new Machine(
      name,
      rate,
      world,
      this.network,
      options,
      {
        initialCluster,
        initialClusterState,
        advertisePeerUrls: [`http://${name}:2380`],
        advertiseClientUrls: [`http://${name}:2379`],
        snapshotCount: options.snapshotCount,
        snapshotCatchUpEntries: options.catchUpEntries,
        batchIntervalMs: options.batchIntervalMs,
        batchLimit: options.batchLimit,
        pageCacheBytes: options.cacheBytes,
        valueCacheBytes: options.cacheBytes,
        compactionBatchLimit: options.compactionBatchLimit,
        preVote: options.preVote,
        watchProgressIntervalMs: 5000,
      },
      {
        trace: (who, what) => this.trace(who, what),
        initialCluster: () => listedMembers(this),
        serving: (at) => {
          this.counts.serves++;
          this.audit(at);
        },
        ended: (at, process) => this.#ended(at, process),
        unexcused: (at, error) => {
          // What the disk holds is the evidence, not what ran on it.
          this.fail("crash", `${at.name} ended without a fault to excuse it: ${stackOf(error)}`);
        },
      },
      origin,
    );
    this.all.push(machine);
    return machine;
  }

  // ---- what clients see ------------------------------------------------------------------------------------------------

  machines(): readonly Machine[] {
    return this.all.filter((machine) => !machine.removed);
  }

  /** Whether the log has a member with this machine's address. */
  isMember(machine: Machine): boolean {
    for (const { url } of this.twin.members.values()) if (url === machine.url) return true;
    return false;
  }

  /** Members with a vote, as the log has them. */
  voters(): number {
    let voters = 0;
    for (const { learner } of this.twin.members.values()) if (!learner) voters++;
    return voters;
  }

  stopping(): boolean {
    return this.stopped;
  }

  value(): string {
    const { valueBytes } = this.options;
    return `v${this.#nextValue++}`.padEnd(this.#nextValue % 7 === 0 ? valueBytes * 2 : valueBytes, ".");
  }

  leaseId(): string {
    return String(1000 + this.#nextLease++);
  }

  revision(): number {
    return this.twin.revision;
  }

  compacted(): number {
    return this.twin.compacted;
  }

  granted(lease: string, ttlSeconds: number, callMs: number): void {
    this.leases.granted(lease, ttlSeconds, callMs);
    // It may have ended before the answer to its grant came.
    if (!this.twin.leases.has(lease)) this.#broken(this.leases.gone(lease, this.world.nowMs));
  }

  renewed(lease: string, callMs: number, returnMs: number): void {
    this.#broken(this.leases.renewed(lease, callMs, returnMs));
  }

  revokeAsked(lease: string): void {
    this.leases.revokeAsked(lease);
  }

  addWatcher(): void {
    const { world } = this;
    const oldest = Math.max(0, this.twin.compacted);
    const newest = this.twin.revision;
    // From now, from the future, from what may be compacted away, from anywhere between.
    const starts = [
      0,
      newest + 1,
      newest + 3,
      Math.max(1, oldest - 1),
      oldest + (world.random.uint32() % (newest - oldest + 1)),
    ];
    const startRevision = starts[world.random.uint32() % starts.length]!;
    this.#watch(drawWanted(world, ranges), startRevision);
  }

  locked(lock: LockRecord): void {
    this.locks.push(lock);
  }

  /** There is one such watcher; it starts over whenever somebody lists. */
  watchFrom(key: string, end: string, revision: number): void {
    if (this.options.watchers === 0) return;
    if (this.#lister === undefined) {
      this.#lister = this.#watch({ key, end, noPut: false, noDelete: false, prevKv: true }, revision + 1);
    } else {
      this.#lister.disconnect();
      this.#lister.next = revision + 1;
    }
  }

  #watch(wanted: Wanted, startRevision: number): SimWatcher {
    const { world } = this;
    const watcher = new SimWatcher(`w${this.watchers.length + 1}`, wanted, startRevision, {
      world,
      latencyMs: this.options.networkLatencyMs,
      records: this.watches,
      nextId: () => this.#nextWatch++,
      trace: (who, what) => this.trace(who, what),
    });
    this.watchers.push(watcher);
    return watcher;
  }

  // ---- what is known ---------------------------------------------------------------------------------------------------

  trace(who: string, what: string): void {
    const line = `${(this.world.nowMs / 1000).toFixed(6).padStart(12)} ${who.padEnd(4)} ${what}`;
    this.digest = crc32c(utf8(line), this.digest);
    this.lines++;
    this.#trace?.line(line);
  }

  fail(kind: FailureKind, message: string, facts?: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { kind, atMs: this.world.nowMs, message, facts };
    this.trace("!", `${kind}: ${message}`);
  }

  #broken(violation: Violation | undefined): void {
    if (violation !== undefined) this.fail("correctness", `${violation.check}: ${violation.message}`, violation.facts);
  }

  broken(violation: Violation | undefined): void {
    this.#broken(violation);
  }

  #onCommitted(node: RawNode, entries: readonly Entry[]): void {
    this.#broken(
      this.committed.commit(hexId(node.id), entries, (entry) => {
        this.twin.apply(entry as Entry, (lease) => this.#broken(this.leases.gone(lease, this.world.nowMs)));
      }),
    );
  }

  #ended(machine: Machine, process: Process): void {
    this.counts.crashes++;
    this.caller.ended(process);
    for (const watcher of this.watchers) watcher.ended(process);
    if (!machine.removed && machine.damage === undefined && machine.made) this.#checkFiles(machine);
  }

  /** What the crash left of the database must be a sound one. */
  #checkFiles(machine: Machine): void {
    const disk = machine.disk.copy();
    const path = "/data/member/snap/db";
    if ((disk.stat(path)?.size ?? 0) > 0) this.checkDatabase(machine.name, disk, path, true);
  }

  /** `own`: it is a member's own file, and not a copy on its way somewhere. Returns the last entry that is in a sound one. */
  checkDatabase(whose: string, disk: Disk, path: string, own = false): number | undefined {
    this.counts.checks++;
    const life = { alive: true, pausedUntilMs: 0 };
    const time = new ProcessTime(this.world, life, 1, () => 0);
    const env = {
      clock: time,
      scheduler: time,
      random: new SeededRandom(1),
      logger: silentLogger,
      metrics: nullMetrics,
    };
    try {
      const db = Bolt.open(disk, path, { readOnly: true }, env);
      const tx = db.begin(false);
      const faults = tx.check();
      const rows = faults.length === 0 ? rowsOf(tx) : undefined;
      tx.rollback();
      if (faults.length > 0) this.fail("correctness", `files: ${whose}: ${faults.slice(0, 3).join("; ")}`);
      if (rows !== undefined && own) this.#broken(this.files.add(whose, rows.index, rows.sum));
      return rows?.index;
    } catch (error) {
      this.fail("correctness", `files: ${whose}: ${stackOf(error)}`);
      return undefined;
    }
  }

  /** What a member holds is what the log says, at whatever entry it is. */
  audit(machine: Machine): void {
    const { member } = machine;
    if (member === undefined) return;
    this.counts.audits++;
    this.#broken(checkBounds(machine.name, machine.process!.gauges));
    const applied = member.status().raftAppliedIndex;
    const expected = this.twin.revisionAt(applied);
    const who = `${machine.name}, index ${applied}`;
    if (expected === undefined) {
      this.fail("correctness", `state: ${who}: nobody has committed that far, ${this.committed.last}`);
      return;
    }
    if (member.revision() !== expected) {
      this.fail("correctness", `state: ${who}: revision ${member.revision()}, the log makes ${expected}`);
      return;
    }
    if (expected < this.twin.compacted) return;
    let actual: Response;
    try {
      actual = rangeResponse(member.range(rangeMessage(everything)));
    } catch (error) {
      // Its crash was due inside a disk operation, and the one that came was ours.
      if (machine.member === member) this.fail("crash", `state: ${who}: ${stackOf(error)}`);
      return;
    }
    const different = difference(this.twin.truth.range(everything, expected), { ...actual, revision: 0 });
    if (different !== undefined) this.fail("correctness", `state: ${who}: ${different}`);
  }

  /** Asks every member that serves for its hash at one revision. */
  async compareHashes(revision: number): Promise<void> {
    await Promise.all(
      this.machines().map(async (machine) => {
        const { member, process } = machine;
        if (member === undefined || process === undefined) return;
        try {
          const answer = await member.hashKv({ revision });
          if (!process.alive) return;
          const { hash, compactRevision, hashRevision } = answer;
          this.#broken(this.hashes.add(machine.name, { hash, compactRevision, revision: hashRevision }));
          const expected = this.twin.hashKv(hashRevision, compactRevision);
          if (expected !== undefined && expected !== hash) {
            this.fail(
              "correctness",
              `hash: ${machine.name} at ${hashRevision}, compacted ${compactRevision}: ${hash}, not ${expected}`,
            );
          }
        } catch {
          // Compacted meanwhile, behind, or gone: nothing to compare.
        }
      }),
    );
  }
}

/** Buckets whose rows are the log's doing alone. */
const loggedBuckets = ["lease", "alarm", "cluster", "members", "members_removed", "auth", "authUsers", "authRoles"].map(
  utf8,
);

/** Index of the last entry in the file, and a sum over what the entries made; undefined before there is an index. */
function rowsOf(tx: Tx): { index: number; sum: number } | undefined {
  const stored = tx.bucket(utf8("meta"))?.get(utf8("consistent_index"));
  if (stored === undefined) return undefined;
  const index = Number(new DataView(stored.buffer, stored.byteOffset).getBigUint64(0));
  let sum = 0;
  for (const name of loggedBuckets) {
    sum = crc32c(name, sum);
    tx.bucket(name)?.forEach((key, value) => {
      sum = crc32c(key, sum);
      if (value !== undefined) sum = crc32c(value, sum);
    });
  }
  return { index, sum };
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
