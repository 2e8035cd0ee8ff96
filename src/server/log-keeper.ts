import { assert, type Env, type Timer } from "../base/index.ts";
import { type ConfState, type MemoryStorage, type RawNode, sameConfState } from "../raft/index.ts";
import type { Membership } from "../state/membership/index.ts";
import type { Store } from "../storage/store/index.ts";
import { membershipSnapshotData, type Snapshotter, type Wal } from "../storage/wal/index.ts";
import { configurationOf } from "./configuration.ts";

export interface LogKeeperOptions {
  /** Entries applied since the last snapshot on disk that ask for a new one. */
  readonly snapshotCount: number;
  /** Entries kept in memory behind the applied index, for followers that lag. */
  readonly catchUpEntries: number;
  readonly snapshotsMax: number;
  readonly walsMax: number;
}

/**
 * How many entries the log in memory may grow past `catchUpEntries` before it is cut, at most, since cutting copies what stays; fewer
 * when snapshots are asked for more often than that.
 */
const compactStepMax = 1000;
/** A follower that got a snapshot needs the entries after it: they are kept this long (etcd: releaseDelayAfterSnapshot). */
const holdAfterSnapshotMs = 30_000;
const purgePeriodMs = 30_000;

/**
 * Keeps the log short. Every `snapshotCount` entries: commit the store, write a `.snap` file, note it in the log, let go
 * of segments before it. The order is the safety of it: once the log says that a snapshot stands for everything up to an
 * index, the store on disk must hold all of that.
 */
export class LogKeeper {
  readonly #options: LogKeeperOptions;
  readonly #log: MemoryStorage;
  readonly #node: Pick<RawNode, "confStateAt">;
  /** The store of now: receiving a snapshot replaces it. */
  readonly #store: () => Store;
  readonly #wal: Wal;
  readonly #snapshotter: Snapshotter;
  readonly #membership: Membership;
  readonly #env: Env;
  readonly #onFailure: (error: unknown) => void;
  readonly #purge: Timer;
  /** Index of the newest snapshot on disk. */
  #snapshotIndex: number;
  /** First index that the log in memory still has to hold. */
  #compacted = 0;
  #saving: Promise<void> | undefined;
  /** A round that takes longer than the period is not joined by another. Never rejects. */
  #purging: Promise<void> | undefined;
  #forced: boolean;
  /** Snapshots on their way to followers, and those that arrived lately: the log in memory is not cut while there are any. */
  #holds = 0;

  constructor(
    parts: {
      log: MemoryStorage;
      node: Pick<RawNode, "confStateAt">;
      store: () => Store;
      wal: Wal;
      snapshotter: Snapshotter;
      membership: Membership;
      snapshotIndex: number;
      /** The first applied entry is followed by a snapshot. */
      forced: boolean;
    },
    options: LogKeeperOptions,
    onFailure: (error: unknown) => void,
    env: Env,
  ) {
    this.#log = parts.log;
    this.#node = parts.node;
    this.#forced = parts.forced;
    this.#store = parts.store;
    this.#wal = parts.wal;
    this.#snapshotter = parts.snapshotter;
    this.#membership = parts.membership;
    this.#snapshotIndex = parts.snapshotIndex;
    this.#options = options;
    this.#onFailure = onFailure;
    this.#env = env;
    this.#purge = env.scheduler.every(purgePeriodMs, () => {
      this.#purging ??= this.#purgeFiles().finally(() => {
        this.#purging = undefined;
      });
    });
  }

  /** The next applied entry is followed by a snapshot, whatever the count. */
  force(): void {
    this.#forced = true;
  }

  /** Called after each batch of applied entries; `term` is that of entry `applied`. */
  onApplied(applied: number, term: number): void {
    // After a start the store is ahead of the entries that are passed over: no snapshot can say what it held at theirs.
    if (applied < this.#store().consistentIndex().index) return;
    const due =
      applied - this.#snapshotIndex > this.#options.snapshotCount || (this.#forced && applied > this.#snapshotIndex);
    if (due && this.#saving === undefined) {
      this.#forced = false;
      this.#saving = this.#save(applied, term)
        .catch((error: unknown) => this.#onFailure(error))
        .finally(() => {
          this.#saving = undefined;
        });
    }
    const keepFrom = applied - this.#options.catchUpEntries;
    const step = Math.min(compactStepMax, this.#options.snapshotCount);
    if (keepFrom > this.#compacted + step && this.#holds === 0) {
      // A follower that needs what is cut off gets a snapshot: raft must know of one, and sends a fresh one in its place.
      this.#log.createSnapshot(applied, this.#confState(applied), new Uint8Array(0));
      this.#log.compact(keepFrom);
      this.#compacted = keepFrom;
    }
  }

  /** Keeps the log in memory as it is until the answer is called, and a while longer. */
  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#env.scheduler.after(holdAfterSnapshotMs, () => {
        this.#holds--;
      });
    };
  }

  /** A snapshot from the leader took the place of everything up to `index`; its files and log record are durable. */
  onReceived(index: number): void {
    this.#snapshotIndex = index;
    this.#compacted = index;
    this.#wal.release(index);
  }

  async close(): Promise<void> {
    this.#purge.cancel();
    await this.#saving;
    await this.#purging;
  }

  async #save(index: number, term: number): Promise<void> {
    const { logger } = this.#env;
    logger.info("triggering snapshot", {
      "local-member-applied-index": index,
      "local-member-snapshot-index": this.#snapshotIndex,
      "local-member-snapshot-count": this.#options.snapshotCount,
    });
    // Taken in the turn in which `index` was applied, before anything later can change it.
    const store = this.#store();
    const confState = this.#confState(index);
    const data = membershipSnapshotData({
      members: this.#membership.members(),
      removed: this.#membership.removedIds(),
      clusterVersion: this.#membership.clusterVersion,
    });
    await store.commit();
    await this.#snapshotter.save({ data, metadata: { confState, index, term } });
    await this.#wal.saveSnapshot({ index, term, confState });
    // One from the leader may have come meanwhile.
    if (index <= this.#snapshotIndex) return;
    this.#snapshotIndex = index;
    this.#log.createSnapshot(index, confState, data);
    this.#wal.release(index);
    logger.info("saved snapshot to disk", { "snapshot-index": index });
  }

  /** Who votes as of `index`, the applied one: the members, whom raft goes by too. */
  #confState(index: number): ConfState {
    const confState = configurationOf(this.#membership.members());
    assert(confState.voters.length > 0, "a snapshot without voters");
    // Undefined while a snapshot from the leader waits to take the store's place: raft is further then.
    const inForce = this.#node.confStateAt(index);
    assert(inForce === undefined || sameConfState(confState, inForce), "a snapshot has other voters than raft");
    return confState;
  }

  async #purgeFiles(): Promise<void> {
    try {
      await this.#wal.purge(this.#options.walsMax);
      await this.#snapshotter.purge(this.#options.snapshotsMax);
      this.#snapshotter.releaseDatabases(this.#snapshotIndex);
    } catch (error) {
      this.#env.logger.warn("failed to purge old files", { error });
    }
  }
}
