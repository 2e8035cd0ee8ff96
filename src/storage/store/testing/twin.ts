import { compareBytes, equalBytes } from "../../../base/index.ts";
import { isTombstoneKey, mainOf, revisionKey, subOf } from "../revision-key.ts";
import {
  type BucketName,
  bucketNames,
  type ConfState,
  type RevisionScanner,
  type RevisionVisitor,
  type RowVisitor,
  type Store,
  type StoreSnapshot,
} from "../types.ts";

interface Row {
  readonly key: Uint8Array;
  value: Uint8Array;
}

/** The dumb twin of the store: sorted arrays, no file, no batch. What the real one is compared with. */
export class TwinStore implements Store {
  readonly #buckets = new Map<BucketName, Row[]>(bucketNames.map((name) => [name, []]));
  #index = 0;
  #term = 0;
  #confState: ConfState | undefined;
  #version: string | undefined;
  readonly pending = 0;
  readonly failure = undefined;

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    this.put("key", revisionKey(main, sub, tombstone), value);
  }

  getRevision(main: number, sub: number, tombstone?: boolean): Uint8Array | undefined {
    if (tombstone !== undefined) return this.get("key", revisionKey(main, sub, tombstone));
    return this.get("key", revisionKey(main, sub, false)) ?? this.get("key", revisionKey(main, sub, true));
  }

  visitRevisions(fromMain: number, visit: RevisionVisitor, fromSub = 0): void {
    this.visit("key", revisionKey(fromMain, fromSub, false), undefined, (key, value) =>
      visit(mainOf(key), subOf(key), isTombstoneKey(key), value),
    );
  }

  scanRevisions(fromMain: number, visit: RevisionScanner, fromSub = 0): void {
    this.visitRevisions(
      fromMain,
      (main, sub, tombstone, value) => visit(main, sub, tombstone, value, 0, value.length),
      fromSub,
    );
  }

  deleteRevision(main: number, sub: number, tombstone: boolean): void {
    this.delete("key", revisionKey(main, sub, tombstone));
  }

  put(bucket: BucketName, key: Uint8Array, value: Uint8Array): void {
    const rows = this.#rows(bucket);
    const at = lowerBound(rows, key);
    const row = rows[at];
    if (row !== undefined && equalBytes(row.key, key)) row.value = value;
    else rows.splice(at, 0, { key, value });
  }

  delete(bucket: BucketName, key: Uint8Array): void {
    const rows = this.#rows(bucket);
    const at = lowerBound(rows, key);
    const row = rows[at];
    if (row !== undefined && equalBytes(row.key, key)) rows.splice(at, 1);
  }

  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined {
    const rows = this.#rows(bucket);
    const row = rows[lowerBound(rows, key)];
    return row !== undefined && equalBytes(row.key, key) ? row.value : undefined;
  }

  visit(bucket: BucketName, from: Uint8Array, to: Uint8Array | undefined, visit: RowVisitor): void {
    const rows = this.#rows(bucket);
    for (const row of rows.slice(lowerBound(rows, from), to === undefined ? rows.length : lowerBound(rows, to))) {
      if (visit(row.key, row.value) === false) return;
    }
  }

  setConsistentIndex(index: number, term: number): void {
    if (index === 0) return;
    this.#index = index;
    if (term > 0) this.#term = term;
  }

  consistentIndex(): { index: number; term: number } {
    return { index: this.#index, term: this.#term };
  }

  setConfState(confState: ConfState): void {
    this.#confState = confState;
  }

  confState(): ConfState | undefined {
    return this.#confState;
  }

  storageVersion(): string | undefined {
    return this.#version;
  }

  setStorageVersion(version: string | undefined): void {
    this.#version = version;
  }

  async commit(): Promise<void> {}

  stage(): void {}

  ready(): undefined {
    return undefined;
  }

  size(): number {
    return 0;
  }

  sizeInUse(): number {
    return 0;
  }

  hash(): number {
    return 0;
  }

  async hashSliced(): Promise<number> {
    return 0;
  }

  async snapshot(): Promise<StoreSnapshot> {
    throw new Error("the twin has no file");
  }

  async defragment(): Promise<void> {}

  async close(): Promise<void> {}

  #rows(bucket: BucketName): Row[] {
    return this.#buckets.get(bucket)!;
  }
}

function lowerBound(rows: readonly Row[], key: Uint8Array): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(rows[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
