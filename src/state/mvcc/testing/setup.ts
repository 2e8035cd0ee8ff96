import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger, utf8 } from "../../../base/index.ts";
import type { Store } from "../../../storage/store/index.ts";
import { openMemoryStore } from "../../../storage/store/testing/index.ts";
import { keyValue, kv } from "../../../wire/proto/index.ts";
import { type LeaseAttacher, Mvcc, type MvccOptions } from "../index.ts";

/** Leases that only remember who hangs on what. */
export class FakeLeases implements LeaseAttacher {
  readonly known = new Set<bigint>();
  readonly attached = new Map<string, bigint>();

  attach(lease: bigint, key: string): boolean {
    if (!this.known.has(lease)) return false;
    this.attached.set(key, lease);
    return true;
  }

  detach(lease: bigint, key: string): boolean {
    if (this.attached.get(key) !== lease) return false;
    return this.attached.delete(key);
  }

  leaseOf(key: string): bigint {
    return this.attached.get(key) ?? 0n;
  }

  lookup(lease: bigint): true | undefined {
    return this.known.has(lease) ? true : undefined;
  }
}

export interface Bench {
  readonly time: ManualTime;
  readonly env: Env;
  readonly store: Store;
  readonly leases: FakeLeases;
  readonly mvcc: Mvcc;
}

/** An mvcc over a store in memory on a clock that is moved by hand. */
export function setUp(options: MvccOptions = {}, store: Store = openMemoryStore(), leases = new FakeLeases()): Bench {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
  return { time, env, store, leases, mvcc: Mvcc.open(store, leases, options, env) };
}

/** One put in a transaction of its own; returns the revision. */
export function put(mvcc: Mvcc, key: string, value = "", lease = 0n): number {
  const txn = mvcc.write();
  const revision = txn.put(key, utf8(value), lease);
  txn.end();
  return revision;
}

/** One delete in a transaction of its own; returns how many keys went. */
export function remove(mvcc: Mvcc, key: string, end = ""): number {
  const txn = mvcc.write();
  const deleted = txn.deleteRange(key, end);
  txn.end();
  return deleted;
}

/** A KeyValue as readable text: `key=value create/mod/version lease`. */
export function show(bytes: Uint8Array): string {
  const { key, value, createRevision, modRevision, version, lease } = kv.decodeKeyValue(bytes);
  const text = `${Buffer.from(key).toString("latin1")}=${Buffer.from(value).toString("latin1")}`;
  return `${text} ${createRevision}/${modRevision}/${version}${lease === 0n ? "" : ` lease ${lease}`}`;
}

/** An event as readable text: `PUT key=value c/m/v`, `DELETE key@mod`, with ` was …` for prev_kv. */
export function showEvent(bytes: Uint8Array): string {
  const event = kv.decodeEvent(bytes);
  const previous = event.prevKv === undefined ? "" : ` was ${show(event.prevKv)}`;
  if (event.type === kv.EventType.PUT) return `PUT ${show(event.kv!)}${previous}`;
  return `DELETE ${keyValue.keyStringOf(event.kv!)}@${keyValue.modRevisionOf(event.kv!)}${previous}`;
}

/** Runs what was scheduled until nothing is left or `done` says so. */
export async function settle(time: ManualTime, done: () => boolean = () => time.pending === 0): Promise<void> {
  for (let i = 0; i < 100_000 && !done(); i++) await time.advanceAsync(10);
  if (!done()) throw new Error("does not settle");
}
