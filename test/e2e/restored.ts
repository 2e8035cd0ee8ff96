import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { silentLogger } from "../../src/base/index.ts";
import { toolEnv } from "../../src/cli/utl/env.ts";
import { memberId, storedMembers } from "../../src/state/membership/index.ts";
import { RealDisk } from "../../src/storage/disk/index.ts";
import { openStore } from "../../src/storage/store/index.ts";
import {
  membershipSnapshotData,
  RecordType,
  readSnapshotFile,
  readWal,
  Snapshotter,
  visitRecords,
  Wal,
} from "../../src/storage/wal/index.ts";
import { etcdserver, raftpb } from "../../src/wire/proto/index.ts";
import type { Cluster } from "./cluster.ts";
import { etcd36, etcd37, etcdctl, quorate, run, type Server } from "./servers.ts";

const disk = new RealDisk();
const env = toolEnv(silentLogger);

/** A program whose `snapshot restore` makes data directories. */
export interface Tool {
  readonly name: string;
  readonly command: string;
  /** 3.4's leaves the old members in the database and their roles out of the log's record: good for the same members only. */
  readonly keepsMembers: boolean;
}

/** The `etcdutl` beside a server's program, unless a variable names another. */
function beside(server: Server | undefined, name: string, variable = ""): Tool | undefined {
  const command = process.env[variable] ?? (server && join(dirname(server.command), "etcdutl"));
  return command !== undefined && existsSync(command) ? { name, command, keepsMembers: false } : undefined;
}

export const ourTool: Tool = beside(quorate, "our etcdutl")!;
export const etcdutl37 = beside(etcd37, "etcdutl 3.7", "QUORATE_ETCDUTL_37");
export const etcdutl36 = beside(etcd36, "etcdutl 3.6", "QUORATE_ETCDUTL_36");
export const etcdctl34: Tool | undefined = existsSync(etcdctl)
  ? { name: "etcdctl 3.4", command: etcdctl, keepsMembers: true }
  : undefined;

export interface RestoreFlags {
  /** Undefined: the tool's default, which is the servers', too. */
  readonly token?: string | undefined;
  /** How much the revision is raised, with everything before marked as compacted; 0: not at all. */
  readonly bump?: number;
}

/** Makes the data directories of all members of `cluster` that have none yet, at once. */
export async function restore(tool: Tool, file: string, cluster: Cluster, flags: RestoreFlags = {}): Promise<void> {
  const urls = cluster.nodes.map((_, at) => cluster.peerUrl(at));
  const initial = cluster.nodes.map(({ name }, at) => `${name}=${urls[at]}`).join(",");
  await Promise.all(
    cluster.nodes.map(async ({ name, dataDir }, at) => {
      const args = ["snapshot", "restore", file, `--name=${name}`, `--data-dir=${dataDir}`];
      args.push(`--initial-cluster=${initial}`, `--initial-advertise-peer-urls=${urls[at]}`);
      if (flags.token !== undefined) args.push(`--initial-cluster-token=${flags.token}`);
      if (flags.bump) args.push(`--bump-revision=${flags.bump}`, "--mark-compacted");
      const outcome = await run(tool.command, args, { env: { ETCDCTL_API: "3" } });
      if (outcome.code !== 0) throw new Error(`${tool.name} ${args.join(" ")}:\n${outcome.stderr}${outcome.stdout}`);
    }),
  );
}

const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();

/** Ids of a restored cluster's members, ascending, in decimal as the gateway tells them. */
export function expectedIds(cluster: Cluster, token = "etcd-cluster"): string[] {
  return sorted(cluster.nodes.map((_, at) => memberId(sha1, [cluster.peerUrl(at)], token)));
}

/** Ids in decimal, ascending. */
export function sorted(ids: Iterable<bigint>): string[] {
  return [...ids].sort((a, b) => (a < b ? -1 : 1)).map((id) => BigInt.asUintN(64, id).toString());
}

/** One place in a data directory that says who is in raft's configuration. */
export interface Told {
  readonly where: string;
  readonly index: number;
  /** Voters and learners, as `sorted`; undefined where the record leaves them out. */
  readonly ids: readonly string[] | undefined;
}

/**
 * What the log's snapshot records and the `.snap` files of a directory say, each in ascending order, and at last where the newest record
 * leads to with the changes after it. Nobody may be writing to the directory.
 */
export function toldOnDisk(dataDir: string): Told[] {
  const snap = join(dataDir, "member/snap");
  const wal = join(dataDir, "member/wal");
  const told: Told[] = [];
  const records = Wal.validSnapshots(disk, wal).filter(({ index }) => index > 0);
  const known = records.map(({ index }) => `-${index.toString(16).padStart(16, "0")}.snap`);
  for (const name of readdirSync(snap).sort()) {
    // A file that the log does not know may have been cut off by a SIGKILL; no member reads it.
    if (!known.some((ending) => name.endsWith(ending))) continue;
    const { metadata } = readSnapshotFile(disk, join(snap, name));
    told.push({ where: name, index: metadata?.index ?? 0, ids: idsOf(metadata?.confState) });
  }
  for (const { index, confState } of records) told.push({ where: "log", index, ids: idsOf(confState) });
  const newest = records.at(-1);
  if (newest?.confState === undefined) return told;
  const { entries, hardState } = readWal(disk, wal, newest);
  const ids = new Set([...newest.confState.voters, ...newest.confState.learners]);
  for (const { type, data, index } of entries) {
    if (type !== raftpb.EntryType.EntryConfChange || index > hardState.commit) continue;
    const change = raftpb.decodeConfChange(data);
    if (change.type === raftpb.ConfChangeType.ConfChangeRemoveNode) ids.delete(change.nodeId);
    else ids.add(change.nodeId);
  }
  return [...told, { where: "end of the log", index: hardState.commit, ids: sorted(ids) }];
}

function idsOf(confState: raftpb.ConfState | undefined): string[] | undefined {
  return confState && sorted([...confState.voters, ...confState.learners]);
}

/** A hash for each file below a directory. */
export function hashesOf(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return new Map(paths.map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]));
}

/** Index of the last entry in the log of a member that does not run. */
export function lastIndexOf(dataDir: string): number {
  const wal = join(dataDir, "member/wal");
  const newest = Wal.validSnapshots(disk, wal).at(-1)!;
  return readWal(disk, wal, newest).entries.at(-1)?.index ?? newest.index;
}

export interface Damage {
  /** Who votes by the wrong record: decimal ids. */
  readonly voters: readonly string[];
  /** The entry that the wrong snapshot is of; the last one applied when left out. */
  readonly index?: number;
  /** The log also has the entries that `--force-new-cluster` made of those voters; every member refused to apply them. */
  readonly forced?: boolean;
  /** The log goes on for two empty entries, and its segments before them are gone, as after months of writes. */
  readonly trimmed?: boolean;
}

/**
 * Writes into a stopped member's directory what versions before 0.1.0 wrote after a restore: a `.snap` file and a snapshot record in the
 * log whose voters are those of the row `confState`, hence of the cluster that the snapshot was taken from. The log's entries and the
 * database's members stay as they are: they were always right.
 */
export async function damage(dataDir: string, { voters, forced, trimmed, ...at }: Damage): Promise<void> {
  const snap = join(dataDir, "member/snap");
  const walDir = join(dataDir, "member/wal");
  const confState: raftpb.ConfState = { ...emptyConfState(), voters: voters.map(BigInt) };
  const store = await openStore(disk, join(snap, "db"), {}, env);
  const newest = Wal.validSnapshots(disk, walDir).at(-1)!;
  // With segments of one byte, each save ends one.
  const opened = Wal.open(disk, walDir, { snapshot: newest, write: true, ...(trimmed && { segmentBytes: 1 }) }, env);
  const { wal, entries, hardState } = opened;
  const last = entries.at(-1) ?? newest;
  let next = last.index + 1;
  const append = async (type: raftpb.EntryType, data: Uint8Array): Promise<void> => {
    const entry = { type, term: hardState.term, index: next, data };
    await wal.save({ ...hardState, commit: next++ }, [entry]);
  };
  if (trimmed) {
    for (let i = 0; i < 2; i++) await append(raftpb.EntryType.EntryNormal, new Uint8Array(0));
    store.setConsistentIndex(next - 1, hardState.term);
  }
  const applied = store.consistentIndex();
  const index = at.index ?? Math.min(applied.index, trimmed ? next - 1 : hardState.commit);
  const term = index > last.index ? hardState.term : termOf(walDir, index);
  const data = membershipSnapshotData({ members: storedMembers(store), removed: [], clusterVersion: undefined });
  store.setConfState(confState);
  await store.commit();
  await store.close();
  await new Snapshotter(disk, snap, env).save({ data, metadata: { confState, index, term } });
  await wal.saveSnapshot({ index, term, confState });
  if (forced) {
    const { nodeID } = etcdserver.decodeMetadata(opened.metadata);
    const context = JSON.stringify({ id: 0, peerURLs: ["http://localhost:2380"], name: "" }).replace("0", `${nodeID}`);
    const change = {
      id: 0n,
      type: raftpb.ConfChangeType.ConfChangeAddNode,
      nodeId: nodeID,
      context: Buffer.from(context),
    };
    await append(raftpb.EntryType.EntryConfChange, raftpb.encodeConfChange(change));
    for (const nodeId of confState.voters) {
      if (nodeId === nodeID) continue;
      const gone = { ...change, type: raftpb.ConfChangeType.ConfChangeRemoveNode, nodeId, context: new Uint8Array(0) };
      await append(raftpb.EntryType.EntryConfChange, raftpb.encodeConfChange(gone));
    }
  }
  await wal.close();
  if (trimmed) {
    for (const [folder, ending, kept] of [
      [walDir, ".wal", 2],
      [snap, ".snap", 1],
    ] as const) {
      const names = readdirSync(folder).filter((name) => name.endsWith(ending));
      for (const name of names.sort().slice(0, -kept)) rmSync(join(folder, name));
    }
  }
}

function termOf(walDir: string, index: number): number {
  let term = 0;
  visitRecords(disk, walDir, ({ type, data }) => {
    const entry = type === RecordType.Entry ? raftpb.decodeEntry(data) : undefined;
    if (entry?.index === index) term = entry.term;
  });
  return term;
}

function emptyConfState(): raftpb.ConfState {
  return { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
}

/**
 * As few rows as greed finds in which each two values of two dimensions come together; always the same ones. `possible` says which
 * values cannot.
 */
export function pairwise<Row extends Record<string, unknown>>(
  dimensions: { readonly [Name in keyof Row]: readonly Row[Name][] },
  possible: (row: Row) => boolean = () => true,
): Row[] {
  const rows = product(dimensions).filter(possible);
  const names = Object.keys(dimensions);
  const pairsOf = (row: Row): string[] =>
    names.flatMap((a, i) =>
      names.slice(i + 1).map((b) => {
        const at = (name: string): number => dimensions[name]!.indexOf(row[name] as Row[string]);
        return `${a}=${at(a)},${b}=${at(b)}`;
      }),
    );
  const pairs = new Map(rows.map((row) => [row, pairsOf(row)]));
  const open = new Set([...pairs.values()].flat());
  const chosen: Row[] = [];
  while (open.size > 0) {
    let best: Row | undefined;
    let most = 0;
    for (const [row, its] of pairs) {
      const fresh = its.filter((pair) => open.has(pair)).length;
      if (fresh > most) [best, most] = [row, fresh];
    }
    for (const pair of pairs.get(best!)!) open.delete(pair);
    chosen.push(best!);
  }
  return chosen;
}

/** Every row there is. */
export function product<Row extends Record<string, unknown>>(
  dimensions: {
    readonly [Name in keyof Row]: readonly Row[Name][];
  },
): Row[] {
  let rows: Partial<Row>[] = [{}];
  for (const name of Object.keys(dimensions) as (keyof Row)[]) {
    rows = rows.flatMap((row) => dimensions[name].map((value) => ({ ...row, [name]: value })));
  }
  return rows as Row[];
}
