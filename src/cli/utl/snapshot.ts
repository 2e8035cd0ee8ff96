import { createHash } from "node:crypto";
import { type RestoreOptions, requireFree, restoreSnapshot } from "../../backup/restore/index.ts";
import { crc32c, type Env, keyString, silentLogger, utf8, utf8String } from "../../base/index.ts";
import { parseInitialCluster, parseURLs } from "../../state/membership/index.ts";
import { Bolt } from "../../storage/bolt/index.ts";
import { type Disk, RealDisk } from "../../storage/disk/index.ts";
import { isTombstoneKey, mainOf } from "../../storage/store/index.ts";
import { kv } from "../../wire/proto/index.ts";
import { Exit, ExitCode, fail } from "../command/io.ts";
import { quote, sizeText } from "../command/text.ts";
import type { Invocation } from "../command/tree.ts";
import { checkFormat, show } from "./display.ts";
import { toolEnv, toolLogger } from "./env.ts";
import { adviceFor, databaseProblem, mustExist } from "./files.ts";

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
    const plan = planOf(call, bump);
    requireFree(plan, disk);
    const facts = {
      path: plan.source,
      "wal-dir": plan.walDir,
      "data-dir": plan.dataDir,
      "snap-dir": `${plan.dataDir}/member/snap`,
      "initial-memory-map-size": flags.number("initial-memory-map-size"),
    };
    logger.info("restoring snapshot", facts);
    await restoreSnapshot(plan, disk, toolEnv(logger));
    logger.info("restored snapshot", facts);
  } catch (error) {
    if (error instanceof Exit) throw error;
    fail(io, ExitCode.Error, error);
  }
}

/** The flags as a restore takes them; what is wrong with them is found before anything is written. */
function planOf({ args, flags }: Invocation, bumpRevision: number): RestoreOptions {
  const name = flags.string("name");
  const advertised = parseURLs(flags.string("initial-advertise-peer-urls").split(","));
  const initialCluster = parseInitialCluster(flags.string("initial-cluster"));
  const own = initialCluster.get(name);
  if (own === undefined) {
    throw new Error(`couldn't find local name ${quote(name)} in the initial cluster configuration`);
  }
  const all = [...initialCluster.values()].flat();
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
  const dataDir = flags.string("data-dir") || `${name}.etcd`;
  return {
    source: args[0]!,
    name,
    dataDir,
    walDir: flags.string("wal-dir") || `${dataDir}/member/wal`,
    initialCluster,
    token: flags.string("initial-cluster-token"),
    skipHashCheck: flags.bool("skip-hash-check"),
    bumpRevision,
    sha1: (bytes) => createHash("sha1").update(bytes).digest(),
    sha256: () => {
      const sum = createHash("sha256");
      return { update: (bytes) => void sum.update(bytes), digest: () => sum.digest() };
    },
  };
}
