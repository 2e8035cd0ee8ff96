import { below, type ClusterId, Code, type Env, EtcdError, hexId, type MemberId, messageOf } from "../base/index.ts";
import {
  ConfChangeType,
  type ConfState,
  describeConfState,
  type Entry,
  EntryType,
  emptyConfState,
  encodeConfChange,
  type HardState,
  isEmptyHardState,
  MemoryStorage,
  type Peer,
  RawNode,
  sameConfState,
} from "../raft/index.ts";
import {
  adoptIds,
  bootstrapCluster,
  encodeChangeContext,
  formatInitialCluster,
  type Member as MemberInfo,
  storedMembers,
} from "../state/membership/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import { openStore, type Store } from "../storage/store/index.ts";
import { isWalError, type OpenedWal, Snapshotter, Wal, type WalSnapshot } from "../storage/wal/index.ts";
import { etcdserver, raftpb } from "../wire/proto/index.ts";
import { configurationAtStart, configurationOf, followChanges, idsOf, recordConfiguration } from "./configuration.ts";
import { refuseForeignFormat } from "./foreign-format.ts";
import type { MemberOptions } from "./options.ts";
import type { Remote } from "./remote.ts";
import { installDatabase, removeUnfinished } from "./snapshot-files.ts";
import { requestTimeoutMs } from "./timeouts.ts";
import { mayJoin } from "./version.ts";

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
  /** Term of the entry at `snapshotIndex`. */
  readonly snapshotTerm: number;
  /** Up to this index the node's configuration already holds what ConfChange entries say. */
  readonly confIndex: number;
  /** The node's configuration: as of `confIndex`, or that of a new cluster's first members. */
  readonly confState: ConfState;
  /** A record on disk names other voters than the log and the store do: the next snapshot, which replaces it, is due at once. */
  readonly healing: boolean;
  /** Members to connect to before the log has told of any: all of a new cluster, or of the one that is joined. */
  readonly peers: readonly MemberInfo[];
}

/** Longest wait for a member that is asked about the cluster before this one starts (etcd: 10 s, and 1 s for a new cluster). */
const joinTimeoutMs = 10_000;
const bootstrapTimeoutMs = 1000;

/** What a member with a new log starts from. */
const newBoot = { snapshotIndex: 0, snapshotTerm: 0, confIndex: 0, healing: false } as const;

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
 * the entries after it, and the configuration that both lead to; flags about the initial cluster are ignored. Without:
 * one ConfChange per initial member, in a new log.
 *
 * @throws EtcdError FailedPrecondition when what is there cannot be used, saying what to do; WalError and BoltError on damage
 */
export async function boot(
  options: MemberOptions,
  disk: Disk,
  remote: Remote,
  env: Env,
  onStoreFailure: (error: Error) => void,
): Promise<Boot> {
  const at = paths(options);
  refuseForeign(disk, options.dataDir);
  await refuseForeignFormat(options.dataDir, at, disk, env);
  disk.makeDirectory(at.snap);
  const hasLog = Wal.exists(disk, at.wal);
  const hasStore = disk.stat(at.db) !== undefined;
  removeUnfinished(disk, at.snap);
  const snapshotter = new Snapshotter(disk, at.snap, env);
  // The whole log is read for it, so it is looked for once.
  let found: WalSnapshot | undefined;
  const newestOfLog = (): WalSnapshot => {
    found ??= newestSnapshot(disk, at.wal);
    return found;
  };
  if (hasLog && !hasStore) {
    const { index } = newestOfLog();
    // Looked at before a database is made: the next start would take the empty one for ours.
    if (index > 0 && disk.stat(snapshotter.databasePath(index)) === undefined) {
      throw refused(
        `failed to find database snapshot file (snap: snapshot file doesn't exist): ${at.db} is missing, and the log starts ` +
          `at index ${index}; remove the member and add it again`,
      );
    }
  }
  const open = (): Promise<Store> => openDatabase(options, disk, env, onStoreFailure);
  let store = await open();
  try {
    // A power cut during the very first start may leave a database that holds nothing yet.
    if (hasStore && !hasLog && store.consistentIndex().index > 0) {
      throw refused(
        `${at.db} exists, but there is no write-ahead log in ${at.wal}: restore the log or move the database away; ` +
          `a database alone is restored with "etcdutl snapshot restore"`,
      );
    }
    await defragmentIfWorth(store, options.bootstrapDefragMebibytes, env);
    if (hasLog) {
      // The log may know of a snapshot whose database did not take its place before the process ended.
      const newest = newestOfLog();
      if (store.consistentIndex().index < newest.index && disk.stat(snapshotter.databasePath(newest.index))) {
        await store.close();
        installDatabase(disk, snapshotter, newest.index, at.db);
        store = await open();
      }
      return await reopen(options, at.wal, disk, store, snapshotter, newest, env);
    }
    return options.initialClusterState === "existing"
      ? await join(options, at.wal, disk, store, snapshotter, remote, env)
      : await begin(options, at.wal, disk, store, snapshotter, remote, env);
  } catch (error) {
    await store.close().catch(() => {});
    // A start that was refused leaves nothing behind: the next one must not take an empty database for somebody's data.
    if (!hasStore && !Wal.exists(disk, at.wal)) disk.remove(at.db);
    throw error;
  }
}

async function defragmentIfWorth(store: Store, mebibytes: number, env: Env): Promise<void> {
  if (mebibytes === 0) return;
  const size = store.size();
  const inUse = store.sizeInUse();
  const threshold = mebibytes * 1024 * 1024;
  if (size - inUse >= threshold) {
    await store.defragment();
    return;
  }
  env.logger.info("Skipping defragmentation", {
    "current-db-size-bytes": size,
    "current-db-size-in-use-bytes": inUse,
    "bootstrap-defrag-threshold-bytes": threshold,
  });
}

/** Opens `db` as it stands. */
export function openDatabase(
  options: MemberOptions,
  disk: Disk,
  env: Env,
  onFailure: (error: Error) => void,
): Promise<Store> {
  const { batchIntervalMs, batchLimit, pageCacheBytes: cacheBytes, unsafeNoFsync: unsafeNoSync } = options;
  return openStore(disk, paths(options).db, { batchIntervalMs, batchLimit, cacheBytes, unsafeNoSync, onFailure }, env);
}

function newestSnapshot(disk: Disk, walDir: string): WalSnapshot {
  const snapshots = Wal.validSnapshots(disk, walDir);
  return snapshots[snapshots.length - 1] ?? { index: 0, term: 0, confState: undefined };
}

/** etcd 3.4, also its `etcdctl snapshot restore`, left the voters out of the log's record: its `.snap` file has them. */
function withConfState(snapshot: WalSnapshot, snapshotter: Snapshotter): WalSnapshot {
  if (snapshot.index === 0 || snapshot.confState !== undefined) return snapshot;
  try {
    const confState = snapshotter.loadNewestAvailable([snapshot]).metadata?.confState;
    return confState === undefined ? snapshot : { ...snapshot, confState };
  } catch (error) {
    if (isWalError(error, "NoSnapshot")) return snapshot;
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

/** A new cluster: every one of its first members writes the same first entries. */
async function begin(
  options: MemberOptions,
  walDir: string,
  disk: Disk,
  store: Store,
  snapshotter: Snapshotter,
  remote: Remote,
  env: Env,
): Promise<Boot> {
  const local = localUrls(options);
  const { members, clusterId } = bootstrapCluster(options.sha1, options.initialCluster, options.initialClusterToken);
  refuseDuplicateUrls(options);
  const own = members.find((member) => member.name === options.name)!;
  if (options.advertisePeerUrls.length > 0 && !sameUrls(options.advertisePeerUrls, local)) {
    throw refused(
      `--initial-cluster has ${options.name}=${local.join(",")} but missing from --initial-advertise-peer-urls=${options.advertisePeerUrls.join(",")}`,
    );
  }
  const others = members.filter((member) => member !== own).flatMap((member) => member.peerURLs);
  if (others.length > 0) {
    // One that lost its data must not start over under its old id: it could vote a second time in a term.
    const running = await remote.cluster([...others].sort(), bootstrapTimeoutMs, true).catch(() => undefined);
    const known = running?.members.find((member) => member.id === own.id);
    if (known !== undefined && known.clientURLs.length > 0) {
      throw refused(`member ${hexId(own.id)} has already been bootstrapped`);
    }
  }
  const wal = await newLog(options, own.id, clusterId, walDir, disk, env);
  const { log, node } = bootstrapNode(options, own.id, clusterId, members, env);
  return {
    ...newBoot,
    memberId: own.id,
    clusterId,
    store,
    wal,
    snapshotter,
    log,
    node,
    confState: configurationOf(members),
    peers: members,
  };
}

/** A node whose log is to begin with these members. */
function bootstrapNode(
  options: MemberOptions,
  id: MemberId,
  clusterId: ClusterId,
  members: readonly MemberInfo[],
  env: Env,
): { log: MemoryStorage; node: RawNode } {
  const log = new MemoryStorage();
  const node = makeNode(options, id, log, 0, env);
  const failure = node.bootstrap(members.map(peerOf));
  if (failure !== undefined) throw failure;
  env.logger.info("starting local member", {
    "local-member-id": hexId(id),
    "cluster-id": hexId(clusterId),
    "initial-cluster": formatInitialCluster(options.initialCluster),
  });
  return { log, node };
}

/**
 * Whether the very first write to the log did not complete: the process ended between making the log and that. Such a member has
 * promised nothing to anybody, since a term, a vote or an acknowledged entry would be in the log.
 */
function neverBegun(newest: WalSnapshot, { hardState }: OpenedWal, store: Store): boolean {
  return newest.index === 0 && isEmptyHardState(hardState) && store.consistentIndex().index === 0;
}

/** The first members of the new cluster that the flags describe, if it is the one that the log was made for. */
function firstMembers(options: MemberOptions, id: MemberId, clusterId: ClusterId): readonly MemberInfo[] | undefined {
  if (options.initialClusterState !== "new" || options.forceNewCluster) return undefined;
  const first = bootstrapCluster(options.sha1, options.initialCluster, options.initialClusterToken);
  return first.clusterId === clusterId && first.members.some((member) => member.id === id) ? first.members : undefined;
}

/** A running cluster that has added this member: its ids come from there, everything else by the log or a snapshot. */
async function join(
  options: MemberOptions,
  walDir: string,
  disk: Disk,
  store: Store,
  snapshotter: Snapshotter,
  remote: Remote,
  env: Env,
): Promise<Boot> {
  localUrls(options);
  refuseDuplicateUrls(options);
  const others = [...options.initialCluster].filter(([name]) => name !== options.name).flatMap(([, urls]) => urls);
  const running = await remote.cluster([...others].sort(), joinTimeoutMs).catch((error: Error) => {
    throw refused(`cannot fetch cluster info from peer urls: ${error.message}`);
  });
  const listed = bootstrapCluster(options.sha1, options.initialCluster, options.initialClusterToken).members;
  let members: MemberInfo[];
  try {
    members = await adoptIds(running.members, listed, sameUrls);
  } catch (error) {
    throw refused(`error validating peerURLs: ${messageOf(error)}`);
  }
  const own = members.find((member) => member.name === options.name)!;
  const rest = running.members.filter((member) => member.id !== own.id);
  const timeoutMs = requestTimeoutMs(options.electionMs);
  const versions = await Promise.all(rest.map((member) => remote.versions(member, timeoutMs)));
  const downgrading = await remote.downgradeEnabled(rest, timeoutMs);
  if (
    !mayJoin(
      versions.map((said) => said?.cluster),
      downgrading,
    )
  )
    throw refused("incompatible with current running cluster");
  const learners = running.members.filter((member) => member.isLearner).length;
  if (learners > options.learnersMax) {
    throw refused(`number of learners ${learners} exceeds --max-learners ${options.learnersMax}`);
  }
  const wal = await newLog(options, own.id, running.clusterId, walDir, disk, env);
  const log = new MemoryStorage();
  const node = makeNode(options, own.id, log, 0, env);
  env.logger.info("starting local member", {
    "local-member-id": hexId(own.id),
    "cluster-id": hexId(running.clusterId),
  });
  return {
    ...newBoot,
    memberId: own.id,
    clusterId: running.clusterId,
    store,
    wal,
    snapshotter,
    log,
    node,
    confState: emptyConfState(),
    peers: rest,
  };
}

function newLog(
  options: MemberOptions,
  nodeID: MemberId,
  clusterID: ClusterId,
  walDir: string,
  disk: Disk,
  env: Env,
): Promise<Wal> | Wal {
  const metadata = etcdserver.encodeMetadata({ nodeID, clusterID });
  return Wal.create(disk, walDir, metadata, env, { unsafeNoSync: options.unsafeNoFsync });
}

function localUrls(options: MemberOptions): readonly string[] {
  const urls = options.initialCluster.get(options.name);
  if (urls === undefined)
    throw refused(`couldn't find local name "${options.name}" in the initial cluster configuration`);
  return urls;
}

function refuseDuplicateUrls(options: MemberOptions): void {
  const urls = [...options.initialCluster.values()].flat();
  if (new Set(urls).size < urls.length) {
    throw refused(`initial cluster ${formatInitialCluster(options.initialCluster)} has duplicate url`);
  }
}

function sameUrls(a: readonly string[], b: readonly string[]): boolean {
  const sorted = [...b].sort();
  return a.length === b.length && [...a].sort().every((url, i) => url === sorted[i]);
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
  found: WalSnapshot,
  env: Env,
): Promise<Boot> {
  const newest = withConfState(found, snapshotter);
  const { index } = store.consistentIndex();
  if (index < newest.index) {
    throw refused(
      `failed to find database snapshot file (snap: snapshot file doesn't exist): database file (${options.dataDir}/member/snap/db index ${index}) does not match with snapshot (index ${newest.index})`,
    );
  }
  const opened = await openLog(options, walDir, disk, newest, env);
  const last = opened.entries.at(-1)?.index ?? newest.index;
  // A leader of etcd that has just started sends its database as it is, under the index that its log is committed to: it may hold more.
  const ahead = opened.received && last === newest.index;
  if (last < index && !ahead && !options.forceNewCluster) {
    // What is in the database was in the log first. A repair that cut off more than a torn write shows here at the latest.
    await opened.wal.close();
    throw refused(
      `the log in ${walDir} ends at index ${last}, but ${options.dataDir}/member/snap/db holds the effects of entries up to ${index}: ` +
        "entries are lost; remove the member and add it again",
    );
  }
  const { nodeID: memberId, clusterID: clusterId } = etcdserver.decodeMetadata(opened.metadata);
  const first = neverBegun(newest, opened, store) ? firstMembers(options, memberId, clusterId) : undefined;
  if (first !== undefined) {
    const { log, node } = bootstrapNode(options, memberId, clusterId, first, env);
    const confState = configurationOf(first);
    return { ...newBoot, memberId, clusterId, store, wal: opened.wal, snapshotter, log, node, confState, peers: first };
  }
  let configuration: ReturnType<typeof configurationOnDisk>;
  try {
    configuration = configurationOnDisk(newest, opened, store, memberId, options.dataDir, env);
  } catch (error) {
    await opened.wal.close();
    throw error;
  }
  const { confState, contradicted } = configuration;
  recordConfiguration(store, confState);
  const { hardState, entries } = options.forceNewCluster
    ? await forceAlone(opened, memberId, confState, index, env)
    : opened;
  const log = new MemoryStorage();
  if (newest.index > 0 || confState.voters.length > 0) {
    log.applySnapshot({ data: new Uint8Array(0), metadata: { confState, index: newest.index, term: newest.term } });
  }
  log.setHardState(hardState);
  log.append(entries);
  const node = makeNode(options, memberId, log, newest.index, env);
  env.logger.info(options.forceNewCluster ? "forcing restart member" : "restarting local member", {
    "cluster-id": hexId(clusterId),
    "local-member-id": hexId(memberId),
    "commit-index": hardState.commit,
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
    snapshotTerm: newest.term,
    confIndex: index,
    confState,
    healing: contradicted,
    peers: [],
  };
}

/**
 * The configuration to start with, and whether the newest record on disk says another one. A server that took the voters of a raft
 * snapshot from the database wrote such records after a restore: they name the members of the cluster that the restored snapshot was taken from.
 * @throws EtcdError FailedPrecondition when the log has this member and the store has only others
 */
function configurationOnDisk(
  newest: WalSnapshot,
  opened: OpenedWal,
  store: Store,
  self: MemberId,
  dataDir: string,
  env: Env,
): { readonly confState: ConfState; readonly contradicted: boolean } {
  const { index } = store.consistentIndex();
  const recorded = followChanges(newest.confState ?? emptyConfState(), opened.entries, index);
  const confState = configurationAtStart(storedMembers(store), recorded);
  if (idsOf(recorded).includes(self) && !idsOf(confState).includes(self)) {
    // etcd 3.4's restore leaves the members of the old cluster where 3.6 and later read them: a member would wait for those for ever.
    throw refused(
      `the log in ${dataDir} is that of member ${hexId(self)}, but ${dataDir}/member/snap/db lists only members of another cluster ` +
        `(${idsOf(confState).map(hexId).join(", ")}): it was restored by an older tool, such as etcdctl 3.4; restore the snapshot anew with etcdutl`,
    );
  }
  // A received database may be ahead of the log: then the record cannot know the members of its index yet.
  const comparable = (opened.entries.at(-1)?.index ?? newest.index) >= index && newest.confState !== undefined;
  const contradicted = comparable && !sameConfState(recorded, confState);
  if (contradicted) {
    env.logger.warn(
      "the newest raft snapshot names other voters than the applied log; starting with those of the applied log",
      {
        "snapshot-index": newest.index,
        "consistent-index": index,
        "snapshot-conf-state": describeConfState(recorded),
        "applied-conf-state": describeConfState(confState),
      },
    );
  }
  return { confState, contradicted };
}

/**
 * --force-new-cluster: what was not committed is dropped, and every other member is removed by entries that count as
 * committed, in the log like any others.
 */
async function forceAlone(
  opened: { wal: Wal; hardState: HardState; entries: Entry[] },
  self: MemberId,
  confState: ConfState,
  consistentIndex: number,
  env: Env,
): Promise<{ hardState: HardState; entries: Entry[] }> {
  // A commit index by itself is not synced: what the store holds was committed all the same.
  const commit = Math.max(opened.hardState.commit, consistentIndex);
  const entries = opened.entries.filter((entry) => entry.index <= commit);
  const ids = new Set(idsOf(confState));
  for (const entry of entries) {
    if (entry.index <= consistentIndex || entry.type !== EntryType.EntryConfChange) continue;
    const change = raftpb.decodeConfChange(entry.data);
    if (change.type === ConfChangeType.ConfChangeRemoveNode) ids.delete(change.nodeId);
    else if (change.type !== ConfChangeType.ConfChangeUpdateNode) ids.add(change.nodeId);
  }
  const { term } = opened.hardState;
  const changes: Entry[] = [];
  const add = (type: ConfChangeType, nodeId: MemberId, context: Uint8Array): void => {
    const data = encodeConfChange({ id: 0n, type, nodeId, context });
    changes.push({ type: EntryType.EntryConfChange, term, index: commit + changes.length + 1, data });
  };
  // Oneself first: a cluster must never be without a voter.
  if (!ids.has(self)) {
    const own = { id: self, name: "", peerURLs: ["http://localhost:2380"], clientURLs: [], isLearner: false };
    add(ConfChangeType.ConfChangeAddNode, self, encodeChangeContext(own));
  }
  for (const id of [...ids].sort((a, b) => (a < b ? -1 : 1))) {
    if (id !== self) add(ConfChangeType.ConfChangeRemoveNode, id, new Uint8Array(0));
  }
  const dropped = opened.entries.length - entries.length;
  if (dropped > 0) env.logger.info("discarding uncommitted WAL entries", { "number-of-discarded-entries": dropped });
  const hardState: HardState = { ...opened.hardState, commit: commit + changes.length };
  await opened.wal.save(hardState, changes);
  return { hardState, entries: [...entries, ...changes] };
}

/** Opens the log; a torn tail is repaired once (a copy is kept beside it), any other damage is refused. */
async function openLog(
  options: MemberOptions,
  walDir: string,
  disk: Disk,
  from: WalSnapshot,
  env: Env,
): Promise<OpenedWal> {
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
    // What `Proposals.lost` concludes rests on it.
    proposalTerms: true,
    asyncStorageWrites: true,
    preVote: options.preVote,
    random: (n) => below(env.random, n),
    logger: env.logger,
    // Here appends overlap all the time; etcd's log, where they do not, has no such lines.
    logStaleAppends: false,
  });
}
