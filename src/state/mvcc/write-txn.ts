import { assert } from "../../base/index.ts";
import { writtenChange } from "./change.ts";
import { encodePut, encodeTombstone } from "./encoder.ts";
import type { MvccStats } from "./metrics.ts";
import { getIn, metadataIn, rangeIn, type State, treeEnd } from "./state.ts";
import type { Change, KeyMetadata, LeaseAttacher, RangeOptions, RangeResult, WriteTxn } from "./types.ts";

const none: Change[] = [];

/**
 * A write transaction. Index and store take each change at once (nothing else runs meanwhile); `end` moves the revision.
 * There is no way back: whatever may refuse a request is checked before the first write.
 */
export class OpenTxn implements WriteTxn {
  readonly #state: State;
  readonly #leases: LeaseAttacher;
  readonly #stats: MvccStats;
  readonly #ended: (changes: readonly Change[]) => void;
  /** Main revision of all changes. */
  readonly #main: number;
  /** Made by the first change, so that one alone takes no more room than it needs: some are kept for lagging watchers. */
  #changes: Change[] = none;
  #operations = 0;
  #open = true;

  constructor(state: State, leases: LeaseAttacher, stats: MvccStats, ended: (changes: readonly Change[]) => void) {
    this.#state = state;
    this.#leases = leases;
    this.#stats = stats;
    this.#ended = ended;
    this.#main = state.revision + 1;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get compactRevision(): number {
    return this.#state.compactRevision;
  }

  get changes(): number {
    return this.#changes.length;
  }

  range(key: string, end: string, options?: RangeOptions): RangeResult {
    this.#operations++;
    this.#stats.ranges++;
    const current = this.#changes.length > 0 ? this.#main : this.#state.revision;
    return rangeIn(this.#state, current, key, end, options);
  }

  metadata(key: string): KeyMetadata | undefined {
    return metadataIn(this.#state, key);
  }

  get(key: string): Uint8Array | undefined {
    return getIn(this.#state, key);
  }

  put(key: string, value: Uint8Array, lease: bigint): number {
    assert(this.#open, "put after the end of its transaction");
    this.#operations++;
    this.#stats.puts++;
    this.#stats.putBytes += key.length + value.length;
    const { cache, index, store } = this.#state;
    const main = this.#main;
    const sub = this.#changes.length;
    let row = index.find(key);
    const live = row >= 0 && index.isLive(row);
    const created = live ? index.created(row) : main;
    const version = live ? index.version(row) + 1 : 1;
    const before = live && index.isLeased(row) ? this.#leases.leaseOf(key) : 0n;
    const leased = lease !== 0n;
    const kv = encodePut(key, created, main, version, value, lease);
    store.putRevision(main, sub, false, kv);
    if (row < 0) row = index.add(key, main, sub, main, 1, leased);
    else index.put(row, main, sub, created, version, leased);
    cache.set(row, kv);
    this.#changed(writtenChange(key, main, false, created === main, kv));
    if (before !== lease) {
      if (before !== 0n) this.#leases.detach(before, key);
      if (leased) assert(this.#leases.attach(lease, key), "a put names a lease that does not exist");
    }
    return main;
  }

  deleteRange(key: string, end: string): number {
    assert(this.#open, "delete after the end of its transaction");
    this.#operations++;
    this.#stats.deletes++;
    const { index } = this.#state;
    if (end === "") {
      const row = index.find(key);
      if (row < 0 || !index.isLive(row)) return 0;
      this.#delete(row);
      return 1;
    }
    const rows: number[] = [];
    index.scan(key, treeEnd(end), (row) => {
      if (index.isLive(row)) rows.push(row);
      return true;
    });
    for (const row of rows) this.#delete(row);
    return rows.length;
  }

  #delete(row: number): void {
    const { cache, index, store } = this.#state;
    const key = index.key(row);
    const sub = this.#changes.length;
    const leased = index.isLeased(row);
    const stored = encodeTombstone(key, this.#main);
    store.putRevision(this.#main, sub, true, stored);
    index.tombstone(row, this.#main, sub);
    cache.delete(row);
    this.#changed(writtenChange(key, this.#main, true, false, stored));
    if (!leased) return;
    const lease = this.#leases.leaseOf(key);
    if (lease !== 0n) this.#leases.detach(lease, key);
  }

  #changed(change: Change): void {
    if (this.#changes === none) this.#changes = [change];
    else this.#changes.push(change);
  }

  end(): void {
    assert(this.#open, "transaction ended twice");
    this.#open = false;
    if (this.#operations > 1) this.#stats.transactions++;
    if (this.#changes.length > 0) this.#state.revision = this.#main;
    this.#ended(this.#changes);
  }
}
