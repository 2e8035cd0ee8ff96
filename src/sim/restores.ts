import { createHash } from "node:crypto";
import { type RestoreOptions, restoreSnapshot, type Sha256 } from "../backup/restore/index.ts";
import { below, type Env, hexId, type MemberId, type Random } from "../base/index.ts";
import { defaultMemberOptions } from "../server/index.ts";
import { bootstrapCluster } from "../state/membership/index.ts";
import { type Disk, MemoryDisk } from "../storage/disk/index.ts";
import { openStore } from "../storage/store/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import { Twin } from "./twin.ts";
import { chance, exponential } from "./world.ts";

/*
 * A run may have several eras. Each ends with the cluster lost: what is left is one snapshot that a client took some time before, by chance an
 * old one. The next era begins with every member of a new cluster restoring that snapshot, faults included, and is judged as any other, by what the
 * log of the era before makes of the entries up to the snapshot's.
 */

/** A database as `Maintenance.Snapshot` sent it, its SHA-256 behind it. */
export interface Backup {
  readonly bytes: Uint8Array;
  /** Last entry whose effects it holds. */
  readonly index: number;
}

/** What a cluster was restored from, and as what. */
export interface Origin {
  readonly backup: Backup;
  readonly names: readonly string[];
  readonly token: string;
  readonly bumpRevision: number;
  /** Leave the row `confState` of the old cluster, as etcd's own etcdutl does. */
  readonly oldConfState: boolean;
  /** Eras before this one. */
  readonly era: number;
  /** The state that the members start with, by the logs of the eras before. Made anew for each caller, who may go on in it. */
  readonly twin: () => Twin;
}

export const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();

const sha256 = (): Sha256 => {
  const sum = createHash("sha256");
  return { update: (bytes) => void sum.update(bytes), digest: () => sum.digest() };
};

const source = "/backup";

function clusterOf(names: readonly string[]): Map<string, string[]> {
  return new Map(names.map((name) => [name, [`http://${name}:2380`]]));
}

/** Asks a member for a snapshot as a client does; undefined when it does not come whole. The image is checked on the way. */
export async function takeBackup(cluster: Cluster, machine: Machine): Promise<Backup | undefined> {
  const { process } = machine;
  if (machine.member === undefined || process === undefined) return undefined;
  const { raftAppliedIndex } = machine.member.status();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let size = 0;
  try {
    const from = await machine.member.snapshot();
    size = from.size;
    for await (const chunk of from.chunks(32 * 1024)) {
      pieces.push(chunk.slice());
      bytes += chunk.length;
      await cluster.world.wait(exponential(cluster.world.random, 20), process);
    }
    from.close();
  } catch (error) {
    if (process.alive && !machine.excused(error)) cluster.trace(machine.name, `snapshot failed: ${String(error)}`);
    return undefined;
  }
  cluster.trace(machine.name, `snapshot of ${bytes} bytes`);
  if (bytes !== size) {
    cluster.fail("correctness", `snapshot: ${machine.name} sent ${bytes} bytes, promised ${size}`);
  }
  if (machine.damage !== undefined) return undefined;
  // It is one state of the database, whatever was written while it was sent, and one that has all from before it was asked for.
  const image = new MemoryDisk();
  const file = image.open("/db", "createNew");
  file.writeSync(pieces, 0);
  file.close();
  const index = cluster.checkDatabase(`a snapshot of ${machine.name}`, image, "/db");
  if (index === undefined) return undefined;
  if (index < raftAppliedIndex) {
    cluster.fail(
      "correctness",
      `snapshot: ${machine.name} had applied ${raftAppliedIndex}, and sent what was at ${index}`,
    );
  }
  const sum = sha256();
  for (const piece of pieces) sum.update(piece);
  return { bytes: Buffer.concat([...pieces, sum.digest()]), index };
}

/** Draws what becomes of a cluster that was lost; undefined when nobody ever took a snapshot of it. */
export function drawOrigin(cluster: Cluster, random: Random): Origin | undefined {
  const { backups, origin } = cluster;
  const backup = backups[below(random, Math.max(1, backups.length))];
  if (backup === undefined) return undefined;
  const era = (origin?.era ?? 0) + 1;
  const members = [1, 3, 3, 5][below(random, 4)]!;
  const prefix = chance(random, 0.5) ? "m" : `r${era}x`;
  const token = chance(random, 0.5) ? (origin?.token ?? "etcd-cluster") : `era-${era}`;
  const names = Array.from({ length: members }, (_, i) => `${prefix}${i + 1}`);
  const bumpRevision = chance(random, 0.5) ? 0 : 1 + below(random, 5000);
  const before = cluster.logBase;
  const twin = (): Twin => {
    const restored = origin?.twin() ?? new Twin();
    for (let index = before + 1; index <= backup.index; index++) {
      restored.apply(cluster.committed.at(index) as never, () => {});
    }
    const { members: made } = bootstrapCluster(sha1, clusterOf(names), token);
    restored.restore(
      new Map(made.map(({ id, peerURLs }) => [id, { url: peerURLs[0]!, learner: false }])),
      bumpRevision,
    );
    return restored;
  };
  return { backup, names, token, bumpRevision, oldConfState: chance(random, 0.5), era, twin };
}

/** Puts the snapshot onto a machine's disk, where its restore finds it. */
export function placeBackup(disk: MemoryDisk, { backup }: Origin): void {
  const file = disk.open(source, "createNew");
  file.writeSync([backup.bytes], 0);
  file.syncSync();
  file.close();
  disk.syncDirectory("/");
}

/** One member's restore; what an interrupted one left is removed first, as its refusal tells an operator to. */
export async function restoreMachine(name: string, origin: Origin, disk: Disk, env: Env): Promise<void> {
  const { dataDir } = defaultMemberOptions("/data", sha1);
  disk.removeTree(dataDir);
  const options: RestoreOptions = {
    source,
    name,
    dataDir,
    initialCluster: clusterOf(origin.names),
    token: origin.token,
    bumpRevision: origin.bumpRevision,
    sha1,
    sha256,
  };
  await restoreSnapshot(options, disk, env);
  if (origin.oldConfState) await writeOldConfState(`${dataDir}/member/snap/db`, origin, disk, env);
}

/** Any other cluster's voters: the row that nothing may go by. One of them is this cluster's own, where ids were kept. */
async function writeOldConfState(path: string, origin: Origin, disk: Disk, env: Env): Promise<void> {
  const voters: MemberId[] = [1n, 2n];
  const [first] = bootstrapCluster(sha1, clusterOf(["m1", "m2", "m3"]), "etcd-cluster").members;
  if (first !== undefined) voters.push(first.id);
  const store = await openStore(disk, path, {}, env);
  store.setConfState({ voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false });
  await store.close();
  env.logger.debug("the old cluster's voters stay in the database", { era: origin.era, voters: voters.map(hexId) });
}
