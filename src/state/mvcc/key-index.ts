import { assert } from "../../base/index.ts";
import { Entries, LEASED, packMark, subOfMark, TOMBSTONE } from "./entries.ts";
import { KeyTable } from "./key-table.ts";
import { KeyTree } from "./key-tree.ts";
import { RevisionPool } from "./revision-pool.ts";
import { sortRows } from "./sort-rows.ts";

/** Above every key: no key holds a char code over 255. */
export const HIGHEST = "\uffff";

/**
 * Which revisions each key has, as etcd's key index knows them: per key a list of revisions, ascending, cut into
 * generations by tombstones. Here the newest revision of a key stands in its row (`Entries`), the older ones in a chain
 * (`RevisionPool`). A key stays, dead, until a compaction has passed its tombstone.
 */
export class KeyIndex {
  readonly #entries = new Entries();
  readonly #table: KeyTable;
  readonly #tree = new KeyTree(this.#entries);
  readonly #pool = new RevisionPool();
  /** The tree waits for `order`. */
  #unordered = false;

  /** What the last successful `seek` found. */
  foundMain = 0;
  foundSub = 0;

  constructor(seed: number) {
    this.#table = new KeyTable(this.#entries, seed);
  }

  /** Until `order`, keys are taken in without an order: there are no ranges then, no counts, and no `trim`. For an empty index. */
  disorder(): void {
    assert(this.#entries.size === 0, "the index is not empty");
    this.#unordered = true;
  }

  /** Puts in order what came since `disorder`, all at once: a fraction of what insertions cost. */
  order(): void {
    if (!this.#unordered) return;
    this.#unordered = false;
    const entries = this.#entries;
    // No row was given up yet, so they are the numbers from 0 on.
    const rows = new Int32Array(entries.size);
    for (let row = 0; row < rows.length; row++) rows[row] = row;
    sortRows(rows, (row) => entries.key(row));
    this.#tree.build(rows);
  }

  /** Living keys. */
  get live(): number {
    return this.#tree.live;
  }

  /** Keys that are known, dead ones too. */
  get size(): number {
    return this.#entries.size;
  }

  /** Revisions that are known. */
  get revisions(): number {
    return this.#entries.size + this.#pool.size;
  }

  /** Row of a key, or -1. A row number is valid until `trim` removes the key. */
  find(key: string): number {
    return this.#table.find(key);
  }

  /** As `find`, for the key at bytes[start..end). */
  findBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.#table.findBytes(bytes, start, end);
  }

  key(row: number): string {
    return this.#entries.key(row);
  }

  isLive(row: number): boolean {
    return this.#entries.live(row);
  }

  /** Of the newest revision. */
  main(row: number): number {
    return this.#entries.main(row);
  }

  sub(row: number): number {
    return subOfMark(this.#entries.mark(row));
  }

  /** Whether the newest KeyValue names a lease. */
  isLeased(row: number): boolean {
    return (this.#entries.mark(row) & LEASED) !== 0;
  }

  /** Of a living key. */
  created(row: number): number {
    return this.#entries.created(row);
  }

  /** Of a living key. */
  version(row: number): number {
    return this.#entries.version(row);
  }

  /** The first revision of a key that is not known. */
  add(key: string, main: number, sub: number, created: number, version: number, leased: boolean): number {
    const row = this.#entries.add(key, main, packMark(sub, leased ? LEASED : 0), created, version);
    this.#table.add(key, row);
    this.#tree.add(row);
    return row;
  }

  /** The same of the key that `findBytes` did not find just now; for restore, where `created` and `version` may differ from (main, 1). */
  addSought(key: string, main: number, sub: number, created: number, version: number, leased: boolean): void {
    this.#addSought(this.#entries.add(key, main, packMark(sub, leased ? LEASED : 0), created, version));
  }

  /** As `addSought`, of a key of which a compaction left only the tombstone. */
  addDead(key: string, main: number, sub: number): void {
    this.#addSought(this.#entries.add(key, main, packMark(sub, TOMBSTONE), 0, 0));
  }

  #addSought(row: number): void {
    this.#table.addSought(row);
    if (!this.#unordered) this.#tree.add(row);
  }

  /** A put of a known key, live or dead. */
  put(row: number, main: number, sub: number, created: number, version: number, leased: boolean): void {
    const dead = !this.#entries.live(row);
    this.#advance(row, main, packMark(sub, leased ? LEASED : 0), created, version);
    if (dead && !this.#unordered) this.#tree.adjust(row, 1);
  }

  /** The end of a living generation. */
  tombstone(row: number, main: number, sub: number): void {
    assert(this.#entries.live(row), "tombstone on a dead key");
    this.#advance(row, main, packMark(sub, TOMBSTONE), 0, 0);
    if (!this.#unordered) this.#tree.adjust(row, -1);
  }

  #advance(row: number, main: number, mark: number, created: number, version: number): void {
    const entries = this.#entries;
    const beforeMain = entries.main(row);
    const beforeMark = entries.mark(row);
    assert(main > beforeMain || (main === beforeMain && mark >>> 2 > beforeMark >>> 2), "revision does not ascend");
    const older = this.#pool.add(entries.older(row), beforeMain, beforeMark);
    entries.advance(row, main, mark, created, version, older);
  }

  /** Finds the newest revision of a row at `main`; false if there is none or it is a tombstone. */
  seek(row: number, main: number): boolean {
    let at = this.#entries.main(row);
    let mark = this.#entries.mark(row);
    if (at > main) {
      const node = this.#pool.newestAt(this.#entries.older(row), main);
      if (node < 0) return false;
      at = this.#pool.main(node);
      mark = this.#pool.mark(node);
    }
    if ((mark & TOMBSTONE) !== 0) return false;
    this.foundMain = at;
    this.foundSub = subOfMark(mark);
    return true;
  }

  /** Whether a row's newest revision up to `at` is this one, tombstone or not. */
  isNewestAt(row: number, at: number, main: number, sub: number): boolean {
    if (this.#entries.main(row) <= at) {
      return this.#entries.main(row) === main && subOfMark(this.#entries.mark(row)) === sub;
    }
    const node = this.#pool.newestAt(this.#entries.older(row), at);
    return node >= 0 && this.#pool.main(node) === main && subOfMark(this.#pool.mark(node)) === sub;
  }

  /** Whether a compaction at `at` keeps a revision of this row that is not above it. */
  survives(row: number, at: number): boolean {
    if (this.seek(row, at)) return true;
    if (this.#entries.main(row) <= at) return this.#entries.main(row) === at;
    const node = this.#pool.newestAt(this.#entries.older(row), at);
    return node >= 0 && this.#pool.main(node) === at;
  }

  /** Visits a row's revisions from `fromMain` on, ascending, at most `limit`. */
  visitRevisions(
    row: number,
    fromMain: number,
    limit: number,
    visit: (main: number, sub: number, tombstone: boolean) => void,
  ): void {
    const pool = this.#pool;
    const head = this.#entries.older(row);
    const from = pool.heightOf(pool.newestAt(head, fromMain - 1));
    const until = Math.min(pool.heightOf(head), from + limit);
    const nodes: number[] = [];
    for (let node = pool.atHeight(head, until); nodes.length < until - from; node = pool.older(node)) nodes.push(node);
    for (let i = nodes.length - 1; i >= 0; i--) {
      const mark = pool.mark(nodes[i]!);
      visit(pool.main(nodes[i]!), subOfMark(mark), (mark & TOMBSTONE) !== 0);
    }
    const mark = this.#entries.mark(row);
    if (nodes.length < limit && this.#entries.main(row) >= fromMain) {
      visit(this.#entries.main(row), subOfMark(mark), (mark & TOMBSTONE) !== 0);
    }
  }

  /**
   * Compacts one key: of its revisions up to `main` only the newest stays, and not even that if it is a tombstone below
   * `main` (one exactly at `main` stays, as in etcd since 3.5.16). A key without any revision left is forgotten: then
   * the answer is false, and the row number is void.
   */
  trim(row: number, main: number): boolean {
    const entries = this.#entries;
    const pool = this.#pool;
    const head = entries.older(row);
    const newest = entries.main(row);
    if (newest <= main) {
      if (head >= 0) {
        pool.drop(head);
        entries.setOlder(row, -1);
      }
      if (newest < main && !entries.live(row)) {
        this.#tree.remove(row);
        this.#table.remove(entries.key(row));
        entries.remove(row);
        return false;
      }
      return true;
    }
    const kept = pool.newestAt(head, main);
    if (kept < 0) return true;
    pool.cutBehind(head, kept);
    if ((pool.mark(kept) & TOMBSTONE) === 0 || pool.main(kept) === main) return true;
    if (kept === head) {
      pool.drop(head);
      entries.setOlder(row, -1);
      return true;
    }
    let above = head;
    while (pool.older(above) !== kept) above = pool.older(above);
    pool.cutBehind(head, above);
    return true;
  }

  /** Rows with `key <= k < end`, ascending, dead ones too; false stops. Nothing may be written meanwhile. */
  scan(key: string, end: string, visit: (row: number) => boolean): void {
    this.#tree.scan(key, end, visit);
  }

  countLive(key: string, end: string): number {
    return this.#tree.countLive(key, end);
  }

  /** Throws unless the structures agree. For tests. */
  verify(): void {
    this.#tree.verify();
    let revisions = this.#entries.size;
    this.#tree.scan("", HIGHEST, (row) => {
      assert(this.#table.find(this.#entries.key(row)) === row, "table and tree differ");
      let above = this.#entries.main(row);
      for (let node = this.#entries.older(row); node >= 0; node = this.#pool.older(node)) {
        assert(this.#pool.main(node) <= above, "chain out of order");
        above = this.#pool.main(node);
        revisions++;
      }
      return true;
    });
    assert(revisions === this.revisions, "lost revision nodes");
  }
}
