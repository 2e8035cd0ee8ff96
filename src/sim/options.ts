import { below, type Random } from "../base/index.ts";
import { between, chance } from "./world.ts";

/** Everything that a run draws before it begins. Rates are per simulated minute unless they say otherwise; 0 switches a fault off. */
export interface Options {
  readonly members: number;
  readonly clients: number;
  /** Mean pause of a client between two calls. */
  readonly thinkMs: number;
  readonly keys: number;
  /** Bytes of most values. */
  readonly valueBytes: number;
  /** Watchers that are open at a time. */
  readonly watchers: number;
  readonly snapshotCount: number;
  readonly catchUpEntries: number;
  readonly segmentBytes: number;
  readonly batchIntervalMs: number;
  readonly batchLimit: number;
  /** For pages of the database and for values: small ones make the store read its file. */
  readonly cacheBytes: number;
  readonly compactionBatchLimit: number;
  readonly preVote: boolean;
  readonly diskLatencyMs: number;
  readonly networkLatencyMs: number;
  readonly networkOrdered: boolean;
  readonly drop: number;
  readonly duplicate: number;
  /** Greatest deviation of a machine's clock from true time, as a share. */
  readonly skew: number;
  readonly crashes: number;
  /** Share of crashes that happen inside a disk operation. */
  readonly crashesInside: number;
  readonly restarts: number;
  readonly downMaxMs: number;
  readonly partitions: number;
  readonly pauses: number;
  readonly wallSteps: number;
  readonly slowDisks: number;
  readonly fullDisks: number;
  readonly failingSyncs: number;
  readonly readFlips: number;
  readonly compactions: number;
  readonly defragmentations: number;
  readonly transfers: number;
  readonly snapshots: number;
  readonly memberChanges: number;
  /** Files damaged for good, of one member at a time. */
  readonly rots: number;
  readonly downgrades: number;
  readonly authChanges: number;
  /** How often the whole cluster is lost and restored from a snapshot; the minutes are shared among the eras. */
  readonly restores: number;
  /** The power goes at all machines at once. */
  readonly blackouts: number;
  /**
   * Calls may not wait long at a member that knows its leader, once all faults have ended. Off in drawn runs: a proposal that was lost while
   * its leader stayed waits for its time-out, since it cannot be told from a slow one.
   */
  readonly judgeWaits: boolean;
  /** Members' own log lines go into the trace. */
  readonly logs: boolean;
}

/** Swarm testing: each run has some faults off, some mild, and now and then one that is extreme. */
export function drawOptions(random: Random, changes: Partial<Options> = {}): Options {
  const pick = <T>(...values: T[]): T => values[below(random, values.length)]!;
  const rate = (mild: number, extreme: number): number =>
    chance(random, 0.4) ? 0 : chance(random, 0.85) ? between(random, mild / 4, mild) : extreme;
  const drawn: Options = {
    members: pick(1, 3, 3, 3, 3, 5),
    clients: pick(2, 4, 6),
    thinkMs: pick(300, 600, 1000),
    keys: pick(4, 12, 40),
    valueBytes: pick(8, 40, 200, 2000),
    watchers: pick(0, 2, 4, 8),
    snapshotCount: pick(10_000, 500, 100, 20),
    catchUpEntries: pick(5000, 200, 10),
    segmentBytes: pick(4 * 1024 * 1024, 256 * 1024, 32 * 1024),
    batchIntervalMs: pick(100, 100, 10, 1000),
    compactionBatchLimit: pick(1000, 10, 100),
    preVote: chance(random, 0.9),
    diskLatencyMs: pick(0.2, 1, 5),
    networkLatencyMs: pick(0.3, 1, 8),
    networkOrdered: chance(random, 0.5),
    drop: chance(random, 0.5) ? 0 : pick(0.001, 0.01, 0.1),
    duplicate: chance(random, 0.5) ? 0 : pick(0.01, 0.1),
    skew: pick(0, 0.001, 0.05),
    crashes: rate(3, 12),
    crashesInside: between(random, 0, 1),
    restarts: rate(0.5, 3),
    downMaxMs: pick(200, 3000, 20_000),
    partitions: rate(2, 10),
    pauses: rate(1, 6),
    wallSteps: rate(0.5, 5),
    slowDisks: rate(1, 6),
    fullDisks: rate(0.2, 1),
    failingSyncs: rate(0.3, 2),
    readFlips: rate(0.5, 2),
    compactions: rate(2, 20),
    defragmentations: rate(0.5, 6),
    transfers: rate(1, 6),
    snapshots: rate(0.3, 2),
    memberChanges: rate(0.3, 2),
    rots: rate(0.3, 2),
    downgrades: rate(0.2, 2),
    authChanges: rate(1, 10),
    batchLimit: pick(10_000, 10_000, 50),
    cacheBytes: pick(32 * 1024 * 1024, 64 * 1024, 8 * 1024),
    restores: pick(0, 0, 0, 1, 1, 2),
    blackouts: rate(0.3, 3),
    judgeWaits: false,
    logs: false,
  };
  return { ...drawn, ...changes };
}

/** The load that speed is measured with: three members, each kind of fault now and then, nothing extreme. */
export const defaultLoad: Options = {
  members: 3,
  clients: 4,
  thinkMs: 600,
  keys: 12,
  valueBytes: 40,
  watchers: 4,
  snapshotCount: 500,
  catchUpEntries: 200,
  segmentBytes: 256 * 1024,
  batchIntervalMs: 100,
  batchLimit: 10_000,
  cacheBytes: 32 * 1024 * 1024,
  compactionBatchLimit: 100,
  preVote: true,
  diskLatencyMs: 1,
  networkLatencyMs: 1,
  networkOrdered: true,
  drop: 0.001,
  duplicate: 0.01,
  skew: 0.001,
  crashes: 1,
  crashesInside: 0.5,
  restarts: 0.2,
  downMaxMs: 3000,
  partitions: 1,
  pauses: 0.3,
  wallSteps: 0.2,
  slowDisks: 0.3,
  fullDisks: 0.1,
  failingSyncs: 0.1,
  readFlips: 0.1,
  compactions: 1,
  defragmentations: 0.2,
  transfers: 0.3,
  snapshots: 0.1,
  memberChanges: 0.1,
  rots: 0.1,
  downgrades: 0.05,
  authChanges: 0.3,
  restores: 0,
  blackouts: 0,
  judgeWaits: false,
  logs: false,
};

/** Three members to whom nothing happens, and nobody who calls them: where scenarios begin. */
export const quiet: Options = {
  ...defaultLoad,
  clients: 0,
  watchers: 0,
  drop: 0,
  duplicate: 0,
  skew: 0,
  crashes: 0,
  restarts: 0,
  downMaxMs: 1,
  partitions: 0,
  pauses: 0,
  wallSteps: 0,
  slowDisks: 0,
  fullDisks: 0,
  failingSyncs: 0,
  readFlips: 0,
  compactions: 0,
  defragmentations: 0,
  transfers: 0,
  snapshots: 0,
  memberChanges: 0,
  rots: 0,
  downgrades: 0,
  authChanges: 0,
  restores: 0,
  blackouts: 0,
};
