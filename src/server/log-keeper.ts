import { assert, type Env, type Timer } from "../base/index.ts";
import type { MemoryStorage } from "../raft/index.ts";
import type { Membership } from "../state/membership/index.ts";
import type { Store } from "../storage/store/index.ts";
import { membershipSnapshotData, type Snapshotter, type Wal } from "../storage/wal/index.ts";

export interface LogKeeperOptions {
  /** Entries applied since the last snapshot on disk that ask for a new one. */
  readonly snapshotCount: number;
  /** Entries kept in memory behind the applied index, for followers that lag. */
  readonly catchUpEntries: number;
  readonly snapshotsMax: number;
  readonly walsMax: number;
}

/** How many entries the log in memory may grow past `catchUpEntries` before it is cut: cutting copies what stays. */
const compactStep = 1000;
const purgePeriodMs = 30_000;

/**
 * Keeps the log short. Every `snapshotCount` entries: commit the store, write a `.snap` file, note it in the log, let go
 * of segments before it. The order is the safety of it: once the log says that a snapshot stands for everything up to an
 * index, the store on disk must hold all of that.
 */
export class LogKeeper {
  readonly #options: LogKeeperOptions;
  readonly #log: MemoryStorage;
  readonly #store: Store;
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
  #forced = false;

  constructor(
    parts: {
      log: MemoryStorage;
      store: Store;
      wal: Wal;
      snapshotter: Snapshotter;
      membership: Membership;
      snapshotIndex: number;
    },
    options: LogKeeperOptions,
    onFailure: (error: unknown) => void,
    env: Env,
  ) {
    this.#log = parts.log;
    this.#store = parts.store;
    this.#wal = parts.wal;
    this.#snapshotter = parts.snapshotter;
    this.#membership = parts.membership;
    this.#snapshotIndex = parts.snapshotIndex;
    this.#options = options;
    this.#onFailure = onFailure;
    this.#env = env;
    this.#purge = env.scheduler.every(purgePeriodMs, () => this.#purgeFiles());
  }

  /** The next applied entry is followed by a snapshot, whatever the count. */
  force(): void {
    this.#forced = true;
  }

  /** Called after each batch of applied entries; `term` is that of entry `applied`. */
  onApplied(applied: number, term: number): void {
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
    if (keepFrom > this.#compacted + compactStep) {
      this.#log.compact(keepFrom);
      this.#compacted = keepFrom;
    }
  }

  async close(): Promise<void> {
    this.#purge.cancel();
    await this.#saving;
  }

  async #save(index: number, term: number): Promise<void> {
    const { logger } = this.#env;
    logger.info("triggering snapshot", {
      "local-member-applied-index": index,
      "local-member-snapshot-index": this.#snapshotIndex,
      "local-member-snapshot-count": this.#options.snapshotCount,
    });
    // Taken in the turn in which `index` was applied, before anything later can change it.
    const confState = this.#store.confState();
    assert(confState !== undefined, "a snapshot of a log without a membership");
    const data = membershipSnapshotData({
      members: this.#membership.members(),
      removed: this.#membership.removedIds(),
      clusterVersion: this.#membership.clusterVersion,
    });
    await this.#store.commit();
    await this.#snapshotter.save({ data, metadata: { confState, index, term } });
    await this.#wal.saveSnapshot({ index, term, confState });
    this.#snapshotIndex = index;
    this.#log.createSnapshot(index, confState, data);
    this.#wal.release(index);
    logger.info("saved snapshot to disk", { "snapshot-index": index });
  }

  #purgeFiles(): void {
    try {
      this.#wal.purge(this.#options.walsMax);
      this.#snapshotter.purge(this.#options.snapshotsMax);
    } catch (error) {
      this.#env.logger.warn("failed to purge old files", { error });
    }
  }
}
