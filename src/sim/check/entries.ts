import type { Violation } from "./types.ts";

/** A committed entry, as one member was handed it. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** All members are handed the same entries (raft's state machine safety), each in order and without a gap. */
export class CommittedEntries {
  /** Entries by index - 1 - #base, whoever was first. */
  readonly #entries: CommittedEntry[] = [];
  /** The log begins behind this index: a restored one has entries that nobody ever committed. */
  readonly #base: number;

  constructor(base = 0) {
    this.#base = base;
  }

  get last(): number {
    return this.#base + this.#entries.length;
  }

  at(index: number): CommittedEntry {
    return this.#entries[index - 1 - this.#base]!;
  }

  /** `added` is called for each entry that nobody had before. */
  commit(
    who: string,
    entries: readonly CommittedEntry[],
    added: (entry: CommittedEntry) => void,
  ): Violation | undefined {
    for (const entry of entries) {
      const known = this.#entries[entry.index - 1 - this.#base];
      if (known === undefined) {
        if (entry.index !== this.last + 1) {
          return {
            check: "entries",
            message: `${who} commits index ${entry.index}, nobody has committed ${this.last + 1}`,
          };
        }
        this.#entries.push(entry);
        added(entry);
      } else if (known.term !== entry.term || known.type !== entry.type || !sameBytes(known.data, entry.data)) {
        return {
          check: "entries",
          message: `${who} commits another entry at index ${entry.index}: term ${entry.term}, before it was term ${known.term}`,
        };
      }
    }
    return undefined;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
