import { type Env, hexId, utf8 } from "../../base/index.ts";
import {
  bootstrapCluster,
  encodeChangeContext,
  encodeMember,
  type Member,
  type Sha1,
} from "../../state/membership/index.ts";
import { type Disk, type DiskFile, directoryOf, isDiskError } from "../../storage/disk/index.ts";
import { openStore, revisionKey, type Store } from "../../storage/store/index.ts";
import { membershipSnapshotData, Snapshotter, Wal } from "../../storage/wal/index.ts";
import { etcdserver, raftpb } from "../../wire/proto/index.ts";

/** A running SHA-256. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** 32 bytes; ends it. */
  digest(): Uint8Array;
}

/** What to restore, and the member and cluster to make of it. */
export interface RestoreOptions {
  /** A database file, as a rule with its SHA-256 behind it: a snapshot that a client took, or a copied `member/snap/db`. */
  readonly source: string;
  /** Name of the member whose directory is made; one of `initialCluster`. */
  readonly name: string;
  /** Must be missing or empty. */
  readonly dataDir: string;
  /** Must be missing; the default is `member/wal` in the data directory. */
  readonly walDir?: string | undefined;
  /** All members of the new cluster: names with their peer URLs. */
  readonly initialCluster: ReadonlyMap<string, readonly string[]>;
  /** Goes into the members' ids: a new token keeps the old cluster's members apart from the new one's. */
  readonly token: string;
  /** Takes a file without a hash, and does not compare one that is there. */
  readonly skipHashCheck?: boolean | undefined;
  /** Raises the revision by so much and marks everything before as compacted; 0 leaves it as it is. */
  readonly bumpRevision?: number | undefined;
  readonly sha1: Sha1;
  readonly sha256: () => Sha256;
}

const hashBytes = 32;
const chunkBytes = 1024 * 1024;

/** Whether a file of this size ends with a SHA-256 of what is before it: pages are multiples of 512 bytes, so the size tells. */
function hasHash(size: number): boolean {
  return size % 512 === hashBytes;
}

function walDirOf({ dataDir, walDir }: Pick<RestoreOptions, "dataDir" | "walDir">): string {
  return walDir || `${dataDir}/member/wal`;
}

/** @throws Error when the directories that a restore makes are there already, in etcdutl's words */
export function requireFree(options: Pick<RestoreOptions, "dataDir" | "walDir">, disk: Disk): void {
  const { dataDir } = options;
  if (!isFree(disk, dataDir)) throw new Error(`data-dir "${dataDir}" not empty or could not be read`);
  const walDir = walDirOf(options);
  if (disk.stat(walDir) !== undefined) throw new Error(`wal-dir "${walDir}" exists`);
}

/** Whether `path` may become a data directory: it is missing or empty. */
function isFree(disk: Disk, path: string): boolean {
  try {
    const stat = disk.stat(path);
    return stat === undefined || (stat.directory && disk.list(path).length === 0);
  } catch {
    return false;
  }
}

/**
 * Makes the data directory of one member of a new cluster: the snapshot's keys, leases, users and alarms, the new cluster's
 * members, and a log that begins with them. Each member of the new cluster is made by a call of its own from the same snapshot. Durable on return.
 *
 * @throws Error in etcdutl's words, before anything is written when the directory is in use or the file has no hash
 */
export async function restoreSnapshot(options: RestoreOptions, disk: Disk, env: Env): Promise<void> {
  requireFree(options, disk);
  const { dataDir, name } = options;
  const walDir = walDirOf(options);
  const { members, clusterId } = bootstrapCluster(options.sha1, options.initialCluster, options.token);
  const own = members.find((member) => member.name === name);
  if (own === undefined) throw new Error(`couldn't find local name "${name}" in the initial cluster configuration`);
  const snapDir = `${dataDir}/member/snap`;
  const database = `${snapDir}/db`;
  await copyDatabase(options, disk, database);
  const store = await openStore(disk, database, {}, env);
  try {
    replaceMembers(store, members, clusterId, env);
    if (options.bumpRevision) raiseRevision(store, options.bumpRevision, env);
    store.setConsistentIndex(members.length, 1);
    store.setConfState(confStateOf(members));
    await store.commit();
  } finally {
    await store.close();
  }
  disk.syncDirectory(snapDir);
  // Last: a member refuses to start on a database without a log, so that a restore that was interrupted is never taken for a whole one.
  await writeLog(disk, walDir, snapDir, own, members, clusterId, env);
}

/** Copies the snapshot without its hash, and compares the hash on the way. */
async function copyDatabase(options: RestoreOptions, disk: Disk, database: string): Promise<void> {
  const { source: path } = options;
  const source = openSource(disk, path);
  try {
    const size = source.size();
    if (size < hashBytes) throw new Error(`seek ${path}: invalid argument`);
    const hashed = hasHash(size);
    const length = hashed ? size - hashBytes : size;
    disk.makeDirectory(directoryOf(database));
    const found = await copy(source, length, disk, database, options.sha256());
    if (options.skipHashCheck) return;
    if (!hashed) throw new Error("snapshot missing hash but --skip-hash-check=false");
    const expected = new Uint8Array(hashBytes);
    await source.read(expected, length);
    if (found.some((byte, at) => byte !== expected[at])) {
      throw new Error(`expected sha256 [${[...expected].join(" ")}], got [${[...found].join(" ")}]`);
    }
  } finally {
    source.close();
  }
}

function openSource(disk: Disk, path: string): DiskFile {
  try {
    return disk.open(path, "read");
  } catch (error) {
    if (isDiskError(error, "NotFound")) throw new Error(`open ${path}: no such file or directory`);
    throw error;
  }
}

/** Writes the first `length` bytes of `source` to a new file at `path`, durable on return; gives their hash. */
async function copy(source: DiskFile, length: number, disk: Disk, path: string, sum: Sha256): Promise<Uint8Array> {
  const target = disk.open(path, "createNew");
  try {
    const chunk = new Uint8Array(chunkBytes);
    for (let at = 0; at < length; ) {
      const read = await source.read(chunk.subarray(0, Math.min(chunkBytes, length - at)), at);
      if (read === 0) throw new Error("unexpected EOF");
      const piece = chunk.subarray(0, read);
      sum.update(piece);
      await target.write([piece], at);
      at += read;
    }
    await target.sync();
  } finally {
    target.close();
  }
  return sum.digest();
}

/** The old cluster's members go, the new one's come; users, leases and alarms stay. */
function replaceMembers(store: Store, members: readonly Member[], clusterId: bigint, { logger }: Env): void {
  logger.info("Trimming membership information from the backend...");
  for (const bucket of ["members", "members_removed"] as const) {
    const keys: Uint8Array[] = [];
    store.visit(bucket, new Uint8Array(0), undefined, (key) => {
      keys.push(key);
    });
    for (const key of keys) store.delete(bucket, key);
  }
  for (const member of members) {
    store.put("members", utf8(hexId(member.id)), utf8(encodeMember(member)));
    logger.info("added member", {
      "cluster-id": hexId(clusterId),
      // As etcd says it: nobody is this member yet.
      "local-member-id": "0",
      "added-peer-id": hexId(member.id),
      "added-peer-peer-urls": member.peerURLs,
      "added-peer-is-learner": member.isLearner,
    });
  }
}

/** An empty row far ahead makes the revision; marked as compacted, so that no client believes it has seen what is below. */
function raiseRevision(store: Store, amount: number, env: Env): void {
  let latest = 0;
  store.visitRevisions(0, (main) => {
    latest = main;
  });
  const revision = latest + amount;
  env.logger.info("bumping latest revision", {
    "latest-revision": latest,
    "bump-amount": amount,
    "new-latest-revision": revision,
  });
  store.putRevision(revision, 0, false, new Uint8Array(0));
  env.logger.info("marking revision compacted", { revision });
  store.put("meta", utf8("scheduledCompactRev"), revisionKey(revision, 0, false));
}

function confStateOf(members: readonly Member[]): raftpb.ConfState {
  const voters = members.map((member) => member.id);
  return { voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
}

/** A log that begins with the new members and a snapshot right behind them. */
async function writeLog(
  disk: Disk,
  walDir: string,
  snapDir: string,
  own: Member,
  members: readonly Member[],
  clusterId: bigint,
  env: Env,
): Promise<void> {
  disk.makeDirectory(walDir);
  const metadata = etcdserver.encodeMetadata({ nodeID: own.id, clusterID: clusterId });
  const wal = Wal.create(disk, walDir, metadata, env);
  try {
    const entries = members.map((member, i) => ({
      type: raftpb.EntryType.EntryConfChange,
      term: 1,
      index: i + 1,
      data: raftpb.encodeConfChange({
        id: 0n,
        type: raftpb.ConfChangeType.ConfChangeAddNode,
        nodeId: member.id,
        context: encodeChangeContext(member),
      }),
    }));
    const confState = confStateOf(members);
    const index = entries.length;
    await wal.save({ term: 1, vote: confState.voters[0]!, commit: index }, entries);
    const data = membershipSnapshotData({ members, removed: [], clusterVersion: undefined });
    await new Snapshotter(disk, snapDir, env).save({ data, metadata: { confState, index, term: 1 } });
    await wal.saveSnapshot({ index, term: 1, confState });
  } finally {
    await wal.close();
  }
}
