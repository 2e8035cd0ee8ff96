import { createHash } from "node:crypto";
import { crc32c, type Env, hexId, keyString, silentLogger, utf8, utf8String } from "../../base/index.ts";
import {
  bootstrapCluster,
  encodeChangeContext,
  encodeMember,
  type Member,
  parseInitialCluster,
  parseURLs,
} from "../../state/membership/index.ts";
import { Bolt } from "../../storage/bolt/index.ts";
import { type Disk, RealDisk } from "../../storage/disk/index.ts";
import { isTombstoneKey, mainOf, openStore, revisionKey, type Store } from "../../storage/store/index.ts";
import { membershipSnapshotData, Snapshotter, Wal } from "../../storage/wal/index.ts";
import { etcdserver, kv, raftpb } from "../../wire/proto/index.ts";
import { Exit, ExitCode, fail } from "../command/io.ts";
import { quote, sizeText } from "../command/text.ts";
import type { Invocation } from "../command/tree.ts";
import { checkFormat, show } from "./display.ts";
import { toolEnv, toolLogger } from "./env.ts";
import { adviceFor, databaseProblem, mustExist, reasonOf } from "./files.ts";

const hashBytes = 32;

/** A snapshot ends with the SHA-256 of what is before it; pages are multiples of 512 bytes, so its size tells. */
function hasHash(size: number): boolean {
  return size % 512 === hashBytes;
}

/** Reads a snapshot through, checking every page, and says what is in it. */
export async function status(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "snapshot status requires exactly one argument");
  const path = args[0]!;
  try {
    const disk = new RealDisk();
    mustExist(disk, path, "snapshot");
    checkFormat(call);
    const facts = await factsOf(disk, path, toolEnv(silentLogger));
    show(call, [
      { heading: "hash", field: "Hash", name: "hash", value: facts.hash, text: facts.hash.toString(16) },
      {
        heading: "revision",
        field: "Revision",
        name: "revision",
        value: facts.revision,
        text: String(facts.revision),
      },
      { heading: "total keys", field: "Keys", name: "totalKey", value: facts.keys, text: String(facts.keys) },
      { heading: "total size", field: "Size", name: "totalSize", value: facts.size, text: sizeText(facts.size) },
      { heading: "version", field: "Version", name: "version", value: facts.version, text: facts.version },
    ]);
  } catch (error) {
    if (error instanceof Exit) throw error;
    fail(io, ExitCode.Error, databaseProblem(error, path, "snapshot"));
  }
}

interface Facts {
  /** CRC-32C over every bucket's name, keys and values. */
  readonly hash: number;
  readonly revision: number;
  readonly keys: number;
  readonly size: number;
  /** Storage version; empty before etcd 3.6. */
  readonly version: string;
}

async function factsOf(disk: Disk, path: string, env: Env): Promise<Facts> {
  const bolt = Bolt.open(disk, path, { readOnly: true }, env);
  const tx = bolt.begin(false);
  try {
    const damage = [...(await metaFaults(disk, path, tx.pageSize)), ...tx.check()];
    if (damage.length > 0) {
      const count = `snapshot file integrity check failed. ${damage.length} errors found.`;
      throw new Error([count, ...damage, adviceFor(path, "snapshot")].join("\n"));
    }
    const version = tx.bucket("meta")?.get(utf8("storageVersion"));
    let hash = 0;
    let revision = 0;
    const live = new Set<string>();
    tx.forEachBucket((name, bucket) => {
      hash = crc32c(name, hash);
      const isKeys = utf8String(name) === "key";
      bucket.forEach((key, value) => {
        if (value === undefined) return;
        hash = crc32c(value, crc32c(key, hash));
        if (!isKeys) return;
        revision = mainOf(key);
        const name = keyString(kv.decodeKeyValue(value).key);
        if (isTombstoneKey(key)) live.delete(name);
        else live.add(name);
      });
    });
    return {
      hash,
      revision,
      keys: live.size,
      size: tx.size,
      version: version === undefined ? "" : utf8String(version),
    };
  } finally {
    tx.rollback();
    await bolt.close();
  }
}

/** Meta pages that name another page as themselves. Nothing reads that number, so it tells of damage alone. */
async function metaFaults(disk: Disk, path: string, pageSize: number): Promise<string[]> {
  const file = disk.open(path, "read");
  try {
    const faults: string[] = [];
    for (const id of [0, 1]) {
      const head = new Uint8Array(8);
      await file.read(head, id * pageSize);
      const said = new DataView(head.buffer).getBigUint64(0, true);
      if (said !== BigInt(id)) faults.push(`page ${id}: it says it is page ${said}`);
    }
    return faults;
  } finally {
    file.close();
  }
}

interface Restore {
  readonly source: string;
  readonly name: string;
  readonly dataDir: string;
  readonly walDir: string;
  readonly database: string;
  readonly members: readonly Member[];
  readonly clusterId: bigint;
  readonly skipHash: boolean;
  /** How much the revision is raised; 0: not at all. */
  readonly bump: number;
}

/** Makes the data directory of a member of a new cluster, with the snapshot's keys and the new cluster's members. */
export async function restore(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "snapshot restore requires exactly one argument");
  const bump = flags.number("bump-revision");
  if (bump > 0 !== flags.bool("mark-compacted")) {
    fail(io, ExitCode.BadArgs, "--mark-compacted required if --revision-bump > 0");
  }
  const logger = toolLogger(io, "utl/snapshot.ts");
  const disk = new RealDisk();
  try {
    const plan = planOf(call, disk, bump);
    const facts = {
      path: plan.source,
      "wal-dir": plan.walDir,
      "data-dir": plan.dataDir,
      "snap-dir": `${plan.dataDir}/member/snap`,
      "initial-memory-map-size": flags.number("initial-memory-map-size"),
    };
    logger.info("restoring snapshot", facts);
    const env = toolEnv(logger);
    await copyDatabase(disk, plan);
    const store = await openStore(disk, plan.database, {}, env);
    try {
      replaceMembers(store, plan, env);
      if (plan.bump > 0) raiseRevision(store, plan.bump, env);
      const commit = plan.members.length;
      store.setConsistentIndex(commit, 1);
      await writeLog(disk, plan, env);
      await store.commit();
    } finally {
      await store.close();
    }
    logger.info("restored snapshot", facts);
  } catch (error) {
    if (error instanceof Exit) throw error;
    fail(io, ExitCode.Error, error);
  }
}

/** Checks everything that can be wrong before anything is written. */
function planOf({ args, flags }: Invocation, disk: Disk, bump: number): Restore {
  const name = flags.string("name");
  const advertised = parseURLs(flags.string("initial-advertise-peer-urls").split(","));
  const cluster = parseInitialCluster(flags.string("initial-cluster"));
  const own = cluster.get(name);
  if (own === undefined) {
    throw new Error(`couldn't find local name ${quote(name)} in the initial cluster configuration`);
  }
  const all = [...cluster.values()].flat();
  if (new Set(all).size < all.length) {
    throw new Error(`initial cluster ${flags.string("initial-cluster")} has duplicate url`);
  }
  const missing = own.filter((url) => !advertised.includes(url));
  if (missing.length > 0) {
    const listed = missing.map((url) => `${name}=${url}`).join(",");
    throw new Error(
      `--initial-cluster has ${listed} but missing from --initial-advertise-peer-urls=${advertised.join(",")}`,
    );
  }
  const extra = advertised.filter((url) => !own.includes(url));
  if (extra.length > 0) {
    const listed = advertised.map((url) => `${name}=${url}`).join(",");
    throw new Error(
      `--initial-advertise-peer-urls has ${extra.join(",")} but missing from --initial-cluster=${listed}`,
    );
  }
  const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();
  const { members, clusterId } = bootstrapCluster(sha1, cluster, flags.string("initial-cluster-token"));
  const dataDir = flags.string("data-dir") || `${name}.etcd`;
  if (disk.stat(dataDir) !== undefined && !isEmptyDirectory(disk, dataDir)) {
    throw new Error(`data-dir ${quote(dataDir)} not empty or could not be read`);
  }
  const walDir = flags.string("wal-dir") || `${dataDir}/member/wal`;
  if (disk.stat(walDir) !== undefined) throw new Error(`wal-dir ${quote(walDir)} exists`);
  return {
    source: args[0]!,
    name,
    dataDir,
    walDir,
    database: `${dataDir}/member/snap/db`,
    members,
    clusterId,
    skipHash: flags.bool("skip-hash-check"),
    bump,
  };
}

function isEmptyDirectory(disk: Disk, path: string): boolean {
  try {
    return disk.stat(path)?.directory === true && disk.list(path).length === 0;
  } catch {
    return false;
  }
}

const chunkBytes = 1024 * 1024;

/** Copies the snapshot without its hash, and compares the hash on the way. */
async function copyDatabase(disk: Disk, plan: Restore): Promise<void> {
  let source: ReturnType<Disk["open"]>;
  try {
    source = disk.open(plan.source, "read");
  } catch (error) {
    throw new Error(`open ${plan.source}: ${reasonOf(error)}`);
  }
  try {
    const size = source.size();
    if (size < hashBytes) throw new Error(`seek ${plan.source}: invalid argument`);
    disk.makeDirectory(`${plan.dataDir}/member/snap`);
    const hashed = hasHash(size);
    const length = hashed ? size - hashBytes : size;
    const target = disk.open(plan.database, "createNew");
    const sum = createHash("sha256");
    try {
      const chunk = Buffer.alloc(chunkBytes);
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
    if (plan.skipHash) return;
    if (!hashed) throw new Error("snapshot missing hash but --skip-hash-check=false");
    const told = Buffer.alloc(hashBytes);
    await source.read(told, length);
    const found = sum.digest();
    if (!found.equals(told)) {
      throw new Error(`expected sha256 [${[...told].join(" ")}], got [${[...found].join(" ")}]`);
    }
  } finally {
    source.close();
  }
}

/** The old cluster's members go, the new one's come; users, leases and alarms stay. */
function replaceMembers(store: Store, { members, clusterId }: Restore, { logger }: Env): void {
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
      // As etcd tells it: nobody is this member yet.
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

/** A log that begins with the new members and a snapshot right behind them. */
async function writeLog(disk: Disk, plan: Restore, env: Env): Promise<void> {
  const own = plan.members.find((member) => member.name === plan.name)!;
  disk.makeDirectory(plan.walDir);
  const metadata = etcdserver.encodeMetadata({ nodeID: own.id, clusterID: plan.clusterId });
  const wal = Wal.create(disk, plan.walDir, metadata, env);
  try {
    const entries = plan.members.map((member, i) => ({
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
    const voters = plan.members.map((member) => member.id);
    const confState = { voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    const index = entries.length;
    await wal.save({ term: 1, vote: voters[0]!, commit: index }, entries);
    const data = membershipSnapshotData({ members: plan.members, removed: [], clusterVersion: undefined });
    await new Snapshotter(disk, `${plan.dataDir}/member/snap`, env).save({
      data,
      metadata: { confState, index, term: 1 },
    });
    await wal.saveSnapshot({ index, term: 1, confState });
  } finally {
    await wal.close();
  }
}
