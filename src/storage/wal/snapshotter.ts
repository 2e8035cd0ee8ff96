/**
 * `.snap` files: what raft knows of a snapshot, and the membership in the form that etcd 3.5 and 3.6 load. The keys themselves stand
 * in `db` beside them.
 *
 *     <term, 16 hex>-<index, 16 hex>.snap = snappb.Snapshot { crc 1: CRC-32C of data, data 2: raftpb.Snapshot }
 */
import { crc32c, type Env } from "../../base/index.ts";
import { DecodeError, raftpb, snappb } from "../../wire/proto/index.ts";
import { type Disk, isDiskError, joinPath } from "../disk/index.ts";
import { isWalError, WalError } from "./errors.ts";
import { type SnapMetrics, snapMetrics } from "./metrics.ts";
import { hex16 } from "./names.ts";
import { purgeFiles } from "./purge.ts";
import type { WalStart } from "./types.ts";

const SUFFIX = ".snap";
const DATABASE_SUFFIX = ".snap.db";

/** The snapshots in one directory (`member/snap`). */
export class Snapshotter {
  readonly dir: string;
  readonly #disk: Disk;
  readonly #env: Env;
  readonly #metrics: SnapMetrics;

  constructor(disk: Disk, dir: string, env: Env) {
    this.dir = dir;
    this.#disk = disk;
    this.#env = env;
    this.#metrics = snapMetrics(env.metrics);
  }

  /**
   * Writes a snapshot, durable on return, its name too. An empty one (index 0) is nothing to save. What was written in part
   * is removed again.
   */
  async save(snapshot: raftpb.Snapshot): Promise<void> {
    const index = snapshot.metadata?.index ?? 0;
    if (index === 0) return;
    const { clock, logger } = this.#env;
    const started = clock.monotonicMs();
    const name = `${hex16(snapshot.metadata!.term)}-${hex16(index)}${SUFFIX}`;
    const path = joinPath(this.dir, name);
    const bytes = encodeSnapshotFile(snapshot);
    const marshalled = clock.monotonicMs();
    this.#metrics.marshallingSeconds.observe((marshalled - started) / 1000);
    try {
      const file = this.#disk.open(path, "create");
      try {
        file.truncate(0);
        await file.write([bytes], 0);
        await file.sync();
      } finally {
        file.close();
      }
      await this.#disk.syncDirectorySoon(this.dir);
    } catch (error) {
      logger.warn("failed to write a snap file", { path, error });
      try {
        this.#disk.remove(path);
      } catch (removal) {
        if (!isDiskError(removal, "NotFound"))
          logger.warn("failed to remove a broken snap file", { path, error: removal });
      }
      throw error;
    } finally {
      this.#metrics.fsyncSeconds.observe((clock.monotonicMs() - marshalled) / 1000);
    }
    this.#metrics.saveSeconds.observe((clock.monotonicMs() - started) / 1000);
  }

  /** The newest snapshot that can be read; `NoSnapshot` when there is none. Those that cannot are set aside as `.broken`. */
  load(): raftpb.Snapshot {
    return this.#newest(() => true);
  }

  /** The newest snapshot that the log knows too, by term and index (see `validSnapshotEntries`). */
  loadNewestAvailable(known: readonly WalStart[]): raftpb.Snapshot {
    return this.#newest(({ index, term }) => known.some((entry) => entry.index === index && entry.term === term));
  }

  /** Path of the database that came with a snapshot from the leader, `<index, 16 hex>.snap.db`. */
  databasePath(index: number): string {
    return joinPath(this.dir, `${hex16(index)}${DATABASE_SUFFIX}`);
  }

  /** Removes databases that came with snapshots older than `index`: nobody will ask for them. */
  releaseDatabases(index: number): void {
    for (const name of this.#disk.list(this.dir)) {
      if (!name.endsWith(DATABASE_SUFFIX)) continue;
      const path = joinPath(this.dir, name);
      const digits = name.slice(0, -DATABASE_SUFFIX.length);
      if (!/^[0-9a-f]+$/i.test(digits)) {
        this.#env.logger.error("failed to parse index from filename", { path });
        continue;
      }
      if (Number.parseInt(digits, 16) >= index) continue;
      this.#env.logger.info("found orphaned .snap.db file; deleting", { path });
      this.#removeQuietly(path);
    }
  }

  /** One round of the purge, of both kinds of files: the oldest go until `keep` are left of each. */
  async purge(keep: number): Promise<string[]> {
    const purged: string[] = [];
    for (const suffix of [DATABASE_SUFFIX, SUFFIX]) {
      purged.push(...(await purgeFiles(this.#disk, this.dir, { suffix, keep }, this.#env)));
    }
    return purged;
  }

  #newest(matches: (snapshot: WalStart) => boolean): raftpb.Snapshot {
    for (const name of this.#names()) {
      const snapshot = this.#read(name);
      if (
        snapshot !== undefined &&
        matches({ index: snapshot.metadata?.index ?? 0, term: snapshot.metadata?.term ?? 0 })
      ) {
        return snapshot;
      }
    }
    throw new WalError("NoSnapshot", `snap: no available snapshot in ${this.dir}`);
  }

  /** Names of snapshots, newest first. Clears away what a defragmentation left when it was interrupted. */
  #names(): string[] {
    const names: string[] = [];
    for (const name of this.#disk.list(this.dir)) {
      const path = joinPath(this.dir, name);
      if (name.startsWith("db.tmp")) {
        this.#env.logger.info("found orphaned defragmentation file; deleting", { path });
        this.#removeQuietly(path);
      } else if (name.endsWith(SUFFIX)) names.push(name);
      else if (name !== "db") this.#env.logger.warn("found unexpected non-snap file; skipping", { path: name });
    }
    return names.reverse();
  }

  #read(name: string): raftpb.Snapshot | undefined {
    const path = joinPath(this.dir, name);
    try {
      return readSnapshotFile(this.#disk, path);
    } catch (error) {
      if (!isWalError(error)) throw error;
      const { logger } = this.#env;
      logger.warn("failed to read a snap file", { path, error });
      const broken = `${path}.broken`;
      try {
        this.#disk.rename(path, broken);
        logger.warn("renamed to a broken snap file", { path, "broken-path": broken });
      } catch (renaming) {
        logger.warn("failed to rename a broken snap file", { path, "broken-path": broken, error: renaming });
      }
      return undefined;
    }
  }

  #removeQuietly(path: string): void {
    try {
      this.#disk.remove(path);
    } catch (error) {
      if (!isDiskError(error, "NotFound")) this.#env.logger.error("failed to remove a file", { path, error });
    }
  }
}

export function encodeSnapshotFile(snapshot: raftpb.Snapshot): Uint8Array {
  const data = raftpb.encodeSnapshot(snapshot);
  return snappb.encodeSnapshot({ crc: crc32c(data), data });
}

/** Reads one `.snap` file; `SnapshotCorrupt` says what is wrong with it. */
export function readSnapshotFile(disk: Disk, path: string): raftpb.Snapshot {
  const file = disk.open(path, "read");
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(file.size());
    bytes = bytes.subarray(0, file.readSync(bytes, 0));
  } finally {
    file.close();
  }
  if (bytes.length === 0) throw new WalError("SnapshotCorrupt", "snap: empty snapshot", path);
  try {
    const { crc, data } = snappb.decodeSnapshot(bytes);
    if (data.length === 0 || crc === 0) throw new WalError("SnapshotCorrupt", "snap: empty snapshot", path);
    if (crc32c(data) !== crc) throw new WalError("SnapshotCorrupt", "snap: crc mismatch", path);
    return raftpb.decodeSnapshot(data);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new WalError("SnapshotCorrupt", `snap: cannot be read: ${error.message}`, path);
  }
}
