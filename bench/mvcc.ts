import { type Env, keyString, SeededRandom, silentLogger } from "../src/base/index.ts";
import { toolEnv } from "../src/cli/utl/env.ts";
import { type LeaseAttacher, Mvcc, type RevisionStore } from "../src/state/mvcc/index.ts";
import type { RevisionScanner } from "../src/storage/store/index.ts";

/*
 * What keys over revisions cost, without a disk below: `mvcc [keys] [operations]`. The store is an array that only takes
 * rows, so the figures are those of index, encoding and transaction.
 */

/** Rows by main revision, sub 0 only: as little work as a store can do. */
class NullStore implements RevisionStore {
  readonly rows: Uint8Array[] = [];
  readonly #meta = new Map<string, Uint8Array>();

  putRevision(main: number, _sub: number, _tombstone: boolean, value: Uint8Array): void {
    this.rows[main] = value;
  }
  getRevision(main: number): Uint8Array | undefined {
    return this.rows[main];
  }
  visitRevisions(fromMain: number, visit: (main: number, sub: number, t: boolean, v: Uint8Array) => unknown): void {
    for (let main = fromMain; main < this.rows.length; main++) {
      const row = this.rows[main];
      if (row !== undefined && visit(main, 0, row.length < 28, row) === false) return;
    }
  }
  scanRevisions(fromMain: number, visit: RevisionScanner): void {
    this.visitRevisions(fromMain, (main, sub, tombstone, value) => visit(main, sub, tombstone, value, 0, value.length));
  }
  deleteRevision(main: number): void {
    delete this.rows[main];
  }
  put(_bucket: string, key: Uint8Array, value: Uint8Array): void {
    this.#meta.set(keyString(key), value);
  }
  get(_bucket: string, key: Uint8Array): Uint8Array | undefined {
    return this.#meta.get(keyString(key));
  }
}

export const noLeases: LeaseAttacher = { attach: () => false, detach: () => false, leaseOf: () => 0n };

/** The process's clock and timers, and the same chance every time. */
export const benchEnv: Env = { ...toolEnv(silentLogger), random: new SeededRandom(1) };

export function report(what: string, operations: number, ms: number, worstMs?: number): void {
  const each = ((ms * 1e6) / operations).toFixed(0).padStart(8);
  const rate = ((operations / ms) * 1000).toFixed(0).padStart(10);
  console.log(
    `${what.padEnd(44)}${rate}/s ${each} ns${worstMs === undefined ? "" : `  worst ${worstMs.toFixed(2)} ms`}`,
  );
}

/** Runs `one` so many times and watches for the longest of each hundred. */
function measure(what: string, operations: number, one: (i: number) => void): void {
  let worst = 0;
  const start = performance.now();
  let before = start;
  for (let i = 0; i < operations; i++) {
    one(i);
    if (i % 100 === 99) {
      const now = performance.now();
      worst = Math.max(worst, now - before);
      before = now;
    }
  }
  report(what, operations, performance.now() - start, worst);
}

export function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export default async function run(args: readonly string[]): Promise<void> {
  const keys = Number(args[0] ?? 1_000_000);
  const operations = Number(args[1] ?? 500_000);
  const random = new SeededRandom(7);
  // As the server has them: decoded from bytes of a request, in no order.
  const name = (i: number): string => {
    const at = Math.imul(i, 0x9e3779b1) >>> 0;
    return keyString(Buffer.from(`/registry/pods/namespace-${at % 100}/pod-${at.toString(16).padStart(8, "0")}`));
  };
  const value = new Uint8Array(256).fill(120);
  const store = new NullStore();
  const mvcc = Mvcc.open(store, noLeases, { compactionSleepIntervalMs: 1 }, benchEnv);
  const write = (key: string): void => {
    const txn = mvcc.write();
    txn.put(key, value, 0n);
    txn.end();
  };

  console.log(
    `${keys} keys of ${name(1).length} bytes, values of ${value.length} bytes, ${operations} operations each`,
  );
  const before = memory();
  measure("put of a new key", keys, (i) => write(name(i)));
  if (globalThis.gc === undefined) console.log("memory: run with --expose-gc");
  else {
    // Without the values, which a real store has on its pages: 64 KiB slabs, and a view and a place in the array each.
    const kept = store.rows;
    const withRows = memory();
    (store as { rows: Uint8Array[] }).rows = [];
    kept.length = 0;
    const index = memory() - before;
    console.log(
      `memory: index ${(index / keys).toFixed(0)} bytes a key (with rows ${((withRows - before) / keys).toFixed(0)})`,
    );
    for (let i = 0; i < keys; i++) store.rows[i + 2] = value;
  }
  const some = Array.from({ length: operations }, () => name(random.uint32() % keys));
  measure("name of a key alone (to be subtracted)", operations, (i) => void name(i));
  measure("point lookup", operations, (i) => void mvcc.metadata(some[i]!));
  measure("point lookup of a missing key", operations, (i) => void mvcc.metadata(`${some[i]!}x`));
  measure("point range", operations, (i) => void mvcc.range(some[i]!, ""));
  measure("put of an existing key", operations, (i) => write(some[i]!));
  measure("range of 100", operations / 100, (i) => void mvcc.range(some[i]!, "\0", { limit: 100 }));
  measure("range of 100, keys only", operations / 100, (i) => {
    mvcc.range(some[i]!, "\0", { limit: 100, keysOnly: true });
  });
  measure("count of all keys, newest revision", operations, () => {
    mvcc.range("\0", "\0", { countOnly: true });
  });
  measure("count of all keys, older revision", 5, () => {
    mvcc.range("\0", "\0", { countOnly: true, revision: mvcc.revision - 100 });
  });
  measure("keys of all, keys only", 3, () => {
    mvcc.range("\0", "\0", { keysOnly: true });
  });
  measure("put of one key again and again", operations, () => write("hot"));
  const first = mvcc.revision - operations + 1;
  measure("that key at an older revision", operations, (i) => {
    mvcc.range("hot", "", { revision: first + (random.uint32() % (i + 1)) });
  });
  measure("delete of a key", operations, (i) => {
    const txn = mvcc.write();
    txn.deleteRange(some[i]!, "");
    txn.end();
  });
}
