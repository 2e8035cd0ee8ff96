import { below, type ClusterId, Code, type Env, EtcdError, hexId, type MemberId } from "../base/index.ts";
import { type Entry, emptyConfState, type HardState, MemoryStorage, type Peer, RawNode } from "../raft/index.ts";
import {
  bootstrapCluster,
  encodeChangeContext,
  formatInitialCluster,
  type Member as MemberInfo,
} from "../state/membership/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import { openStore, type Store } from "../storage/store/index.ts";
import { isWalError, Snapshotter, Wal, type WalSnapshot } from "../storage/wal/index.ts";
import { etcdserver } from "../wire/proto/index.ts";
import type { MemberOptions } from "./options.ts";

/** A member's files opened and its raft node made, nothing running yet. */
export interface Boot {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  readonly store: Store;
  readonly wal: Wal;
  readonly snapshotter: Snapshotter;
  readonly log: MemoryStorage;
  readonly node: RawNode;
  /** Index of the snapshot that the log continues; 0 for a log from its beginning. */
  readonly snapshotIndex: number;
  /** Up to this index the node's configuration already holds what ConfChange entries say. */
  readonly confIndex: number;
  /** True when the directory held a log already. */
  readonly restarted: boolean;
}

/** Where a member's files stand. */
export function paths(options: Pick<MemberOptions, "dataDir" | "walDir">): {
  member: string;
  snap: string;
  wal: string;
  db: string;
} {
  const member = `${options.dataDir}/member`;
  return { member, snap: `${member}/snap`, wal: options.walDir || `${member}/wal`, db: `${member}/snap/db` };
}

/**
 * Opens a data directory, or makes one (etcd.md: bootstrap decision). With a log: the newest snapshot that the log knows,
 * the entries after it, and the membership that the store holds; flags about the initial cluster are ignored. Without:
 * one ConfChange per initial member, in a new log.
 *
 * @throws EtcdError FailedPrecondition when what is there cannot be used, saying what to do; WalError and BoltError on damage
 */
export async function boot(
  options: MemberOptions,
  disk: Disk,
  env: Env,
  onStoreFailure: (error: Error) => void,
): Promise<Boot> {
  const at = paths(options);
  refuseForeign(disk, options.dataDir);
  disk.makeDirectory(at.snap);
  const hasLog = Wal.exists(disk, at.wal);
  const hasStore = disk.stat(at.db) !== undefined;
  if (hasStore && !hasLog) {
    throw refused(
      `${at.db} exists, but there is no write-ahead log in ${at.wal}: restore the log or move the database away; ` +
        `a database alone is restored with "etcdutl snapshot restore"`,
    );
  }
  const snapshotter = new Snapshotter(disk, at.snap, env);
  const store = await openStore(
    disk,
    at.db,
    {
      batchIntervalMs: options.batchIntervalMs,
      batchLimit: options.batchLimit,
      unsafeNoSync: options.unsafeNoFsync,
      onFailure: onStoreFailure,
    },
    env,
  );
  try {
    return hasLog
      ? await reopen(options, at.wal, disk, store, snapshotter, env)
      : await begin(options, at.wal, disk, store, snapshotter, env);
  } catch (error) {
    await store.close().catch(() => {});
    throw error;
  }
}

/** Only `member` may be in a data directory; a `proxy` directory belonged to a v2 proxy and is refused, as etcd does. */
function refuseForeign(disk: Disk, dataDir: string): void {
  if (disk.stat(dataDir) === undefined) return;
  if (disk.list(dataDir).includes("proxy")) {
    throw refused(
      `${dataDir} holds a "proxy" directory: v2 proxies are not supported; remove it or choose another --data-dir`,
    );
  }
}

function refused(message: string): EtcdError {
  return EtcdError.raw(Code.FailedPrecondition, message);
}

async function begin(
  options: MemberOptions,
  walDir: string,
  disk: Disk,
  store: Store,
  snapshotter: Snapshotter,
  env: Env,
): Promise<Boot> {
  if (options.initialClusterState === "existing") {
    throw refused(
      "initial-cluster-state=existing: joining a running cluster needs the peer protocol, which this version does not speak yet",
    );
  }
  const { members, clusterId } = bootstrapCluster(options.sha1, options.initialCluster, options.initialClusterToken);
  const local = members.find((member) => member.name === options.name);
  if (local === undefined)
    throw refused(`couldn't find local name "${options.name}" in the initial cluster configuration`);
  const metadata = etcdserver.encodeMetadata({ nodeID: local.id, clusterID: clusterId });
  const wal = await Wal.create(disk, walDir, metadata, env, { unsafeNoSync: options.unsafeNoFsync });
  const log = new MemoryStorage();
  const node = makeNode(options, local.id, log, 0, env);
  const failure = node.bootstrap(members.map(peerOf));
  if (failure !== undefined) throw failure;
  env.logger.info("starting local member", {
    "local-member-id": hexId(local.id),
    "cluster-id": hexId(clusterId),
    "initial-cluster": formatInitialCluster(options.initialCluster),
  });
  return {
    memberId: local.id,
    clusterId,
    store,
    wal,
    snapshotter,
    log,
    node,
    snapshotIndex: 0,
    confIndex: 0,
    restarted: false,
  };
}

function peerOf(member: MemberInfo): Peer {
  return { id: member.id, context: encodeChangeContext(member) };
}

async function reopen(
  options: MemberOptions,
  walDir: string,
  disk: Disk,
  store: Store,
  snapshotter: Snapshotter,
  env: Env,
): Promise<Boot> {
  const snapshots = Wal.validSnapshots(disk, walDir);
  const newest = snapshots[snapshots.length - 1] ?? { index: 0, term: 0, confState: undefined };
  const { index } = store.consistentIndex();
  if (index < newest.index && index !== 0) {
    throw refused(
      `database file (${options.dataDir}/member/snap/db index ${index}) does not match with snapshot (index ${newest.index})`,
    );
  }
  const opened = await openLog(options, walDir, disk, newest, env);
  const { nodeID: memberId, clusterID: clusterId } = etcdserver.decodeMetadata(opened.metadata);
  const log = new MemoryStorage();
  const stored = store.confState();
  const confState = stored ?? newest.confState ?? emptyConfState();
  if (newest.index > 0 || confState.voters.length > 0) {
    log.applySnapshot({ data: new Uint8Array(0), metadata: { confState, index: newest.index, term: newest.term } });
  }
  log.setHardState(opened.hardState);
  log.append(opened.entries);
  const node = makeNode(options, memberId, log, newest.index, env);
  env.logger.info("restarting local member", {
    "cluster-id": hexId(clusterId),
    "local-member-id": hexId(memberId),
    "commit-index": opened.hardState.commit,
    "snapshot-index": newest.index,
    "consistent-index": index,
  });
  return {
    memberId,
    clusterId,
    store,
    wal: opened.wal,
    snapshotter,
    log,
    node,
    snapshotIndex: newest.index,
    confIndex: stored === undefined ? newest.index : index,
    restarted: true,
  };
}

/** Opens the log; a torn tail is repaired once (a copy is kept beside it), any other damage is refused. */
async function openLog(
  options: MemberOptions,
  walDir: string,
  disk: Disk,
  from: WalSnapshot,
  env: Env,
): Promise<{ wal: Wal; metadata: Uint8Array; hardState: HardState; entries: Entry[] }> {
  const at = { snapshot: from, write: true, unsafeNoSync: options.unsafeNoFsync };
  try {
    return await Wal.open(disk, walDir, at, env);
  } catch (error) {
    if (!isWalError(error, "TornTail")) throw error;
    env.logger.warn("write-ahead log ends in a torn record; repairing", { path: error.path, offset: error.offset });
    Wal.repair(disk, walDir, env);
    return await Wal.open(disk, walDir, at, env);
  }
}

function makeNode(options: MemberOptions, id: MemberId, log: MemoryStorage, applied: number, env: Env): RawNode {
  return new RawNode({
    id,
    electionTick: Math.max(2, Math.floor(options.electionMs / options.heartbeatMs)),
    heartbeatTick: 1,
    storage: log,
    applied,
    maxSizePerMsg: 1024 * 1024,
    maxInflightMsgs: 512,
    checkQuorum: true,
    preVote: options.preVote,
    random: (n) => below(env.random, n),
    logger: env.logger,
  });
}
