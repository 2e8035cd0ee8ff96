import { Code, compareSemVer, type Env, EtcdError, parseSemVer } from "../base/index.ts";
import { type Entry, EntryType } from "../raft/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import { readStoreFacts, type StoreFacts } from "../storage/store/index.ts";
import { isWalError, readWal, validSnapshotEntries, walExists } from "../storage/wal/index.ts";
import { etcdserver } from "../wire/proto/index.ts";
import { SERVER_VERSION } from "./version.ts";

/**
 * Refuses a data directory that another version of etcd left in a form that this one does not read, before anything in it is
 * touched: the error says who wrote it and which way leads here. Damage is not told here; opening the files finds it.
 *
 * Up to 3.5 leaders put requests of the v2 API into the log (member attributes, the cluster's version). etcd 3.6 replays them, 3.7
 * does not. From 3.6 on the store carries a version, and what came before it in the log has had its effects in the store: then
 * such entries are only passed over, and the log need not be read for them.
 *
 * @throws EtcdError FailedPrecondition
 */
export async function refuseForeignFormat(
  dataDir: string,
  at: { readonly wal: string; readonly db: string },
  disk: Disk,
  env: Env,
): Promise<void> {
  if (!walExists(disk, at.wal)) return;
  const hasStore = disk.stat(at.db) !== undefined;
  const facts = hasStore ? await readStoreFacts(disk, at.db, env) : undefined;
  if (hasStore && facts === undefined) return;
  if (facts?.storageVersion !== undefined) {
    refuseNewer(dataDir, facts.storageVersion);
    return;
  }
  const old = oldEntries(disk, at.wal);
  if (old === undefined) return;
  // Where a member runs on it, that is the better answer.
  if (hasStore) disk.lock(at.db).release();
  const way = wayFrom(facts, old.beyond36);
  throw refused(`${dataDir} was written by ${writerOf(facts)}: ${old.first}. ${way}. Nothing in it was changed`);
}

function refuseNewer(dataDir: string, text: string): void {
  const own = parseSemVer(SERVER_VERSION)!;
  const stored = parseSemVer(text);
  if (stored === undefined || compareSemVer(stored, { ...own, patch: 0 }) <= 0) return;
  throw refused(
    `version "${text}" is not supported: ${dataDir} was written by etcd ${stored.major}.${stored.minor}, this is ${own.major}.${own.minor}. ` +
      "Downgrade the cluster with the version that wrote it, or start that one. Nothing in it was changed",
  );
}

interface OldEntries {
  /** The first one, for people. */
  readonly first: string;
  /** Whether there are others than 3.6 replays: a 3.4 logs a read of the v2 API for every look at its `/health`. */
  readonly beyond36: boolean;
}

/** Requests of the v2 API among the entries that would be replayed; undefined without one. */
function oldEntries(disk: Disk, wal: string): OldEntries | undefined {
  let entries: readonly Entry[];
  try {
    const newest = validSnapshotEntries(disk, wal).at(-1) ?? { index: 0, term: 0 };
    ({ entries } = readWal(disk, wal, newest));
  } catch (error) {
    if (isWalError(error)) return undefined;
    throw error;
  }
  let first: string | undefined;
  let beyond36 = false;
  for (const { index, type, data } of entries) {
    const request = type === EntryType.EntryNormal ? api2Request(data) : undefined;
    if (request === undefined) continue;
    first ??= `entry ${index} of its log (${request.method} ${request.path}) has a form that etcd 3.7 no longer reads`;
    beyond36 ||= request.method !== "PUT" || !/^\/0\/(version$|members\/[0-9a-f]+\/attributes$)/.test(request.path);
  }
  return first === undefined ? undefined : { first, beyond36 };
}

const methods = new Set(["POST", "PUT", "GET", "QGET", "HEAD", "DELETE", "SYNC"]);

/** The v2 API's request in an entry's data; undefined for anything else, damage included. */
export function api2Request(data: Uint8Array): etcdserver.Request | undefined {
  if (data.length === 0) return undefined;
  try {
    const request = etcdserver.decodeRequest(data);
    return methods.has(request.method) && (request.path.startsWith("/") || request.method === "SYNC")
      ? request
      : undefined;
  } catch {
    return undefined;
  }
}

function writerOf(facts: StoreFacts | undefined): string {
  if (facts === undefined) return "etcd 2";
  return facts.hasTerm ? "etcd 3.5" : "etcd 3.4 or earlier";
}

function wayFrom(facts: StoreFacts | undefined, beyond36: boolean): string {
  const last = 'until it logs "updated storage version", then this version';
  // A snapshot takes the place of what is before it in the log.
  const rid = 'etcd 3.5 on it with --snapshot-count=1 until it logs "saved snapshot", then etcd 3.6';
  if (facts === undefined)
    return `Start every minor version from etcd 3.0 to 3.4 on it, one after the other, then ${rid} ${last}`;
  return facts.hasTerm && !beyond36 ? `Start etcd 3.6 on it ${last}` : `Start ${rid} ${last}`;
}

function refused(message: string): EtcdError {
  return EtcdError.raw(Code.FailedPrecondition, message);
}
