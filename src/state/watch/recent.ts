import type { Change } from "../mvcc/index.ts";

type Changes = readonly Change[];

/**
 * The newest transactions' changes, encoded or not: the log from which a watcher that fell behind a little catches up
 * without touching the store. Bounded in transactions and bytes; the oldest go first.
 */
export class RecentChanges {
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  /** Revisions without a gap; those before `#head` are given up. */
  #entries: Changes[] = [];
  #head = 0;
  #firstRevision = 0;
  bytes = 0;

  constructor(entriesMax: number, bytesMax: number) {
    this.#entriesMax = entriesMax;
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  add(revision: number, changes: readonly Change[]): void {
    if (this.length === 0) this.#firstRevision = revision;
    this.#entries.push(changes);
    this.bytes += bytesOf(changes);
    while (this.length > this.#entriesMax || (this.bytes > this.#bytesMax && this.length > 0)) {
      this.bytes -= bytesOf(this.#entries[this.#head]!);
      this.#entries[this.#head] = nothing;
      this.#head++;
      this.#firstRevision++;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Whether every change from `revision` on is here. */
  covers(revision: number): boolean {
    return this.length > 0 && revision >= this.#firstRevision;
  }

  /** The changes of a revision that is covered; undefined above the newest. */
  at(revision: number): readonly Change[] | undefined {
    return this.#entries[this.#head + revision - this.#firstRevision];
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.bytes = 0;
  }
}

const nothing: Changes = [];

function bytesOf(changes: Changes): number {
  let bytes = 0;
  for (let i = 0; i < changes.length; i++) bytes += changes[i]!.bytes;
  return bytes;
}
