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
  /** Entries by index - 1, whoever was first. */
  readonly #entries: CommittedEntry[] = [];

  get last(): number {
    return this.#entries.length;
  }

  at(index: number): CommittedEntry {
    return this.#entries[index - 1]!;
  }

  /** `added` is called for each entry that nobody had before. */
  commit(
    who: string,
    entries: readonly CommittedEntry[],
    added: (entry: CommittedEntry) => void,
  ): Violation | undefined {
    for (const entry of entries) {
      const known = this.#entries[entry.index - 1];
      if (known === undefined) {
        if (entry.index !== this.#entries.length + 1) {
          return {
            check: "entries",
            message: `${who} commits index ${entry.index}, nobody has committed ${this.#entries.length + 1}`,
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
