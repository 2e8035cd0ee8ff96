import { assert } from "../base/pure.ts";
import { ErrCompacted, ErrSnapOutOfDate, ErrUnavailable, type RaftError } from "./errors.ts";
import { countWithin } from "./sizes.ts";
import { type ConfState, type Entry, EntryType, type HardState, NONE, type Snapshot } from "./types.ts";

/**
 * What raft reads of the durable log; the application writes it. Synchronous: raft never waits. Raft looks here only for
 * what is no longer in its own unstable tail, so an entry must be readable here before its append is acknowledged.
 */
export interface Storage {
  /** What was saved before the restart; all zero and empty when nothing was. */
  initialState(): { hardState: HardState; confState: ConfState };
  /**
   * Entries of [lo, hi), as many as encode to at most `maxSize` bytes but at least one. The array is the caller's.
   * ErrCompacted when `lo` is gone, ErrUnavailable when the storage holds no entries. `hi - 1` never passes `lastIndex()`.
   */
  entries(lo: number, hi: number, maxSize: number): Entry[] | RaftError;
  /** Term of the entry at `index`, for `firstIndex() - 1` too (its term is kept for matching). ErrCompacted, ErrUnavailable. */
  term(index: number): number | RaftError;
  /** Index of the first entry that `entries` can give; the snapshot stands for all before. */
  firstIndex(): number;
  lastIndex(): number;
  /** The newest snapshot, or ErrSnapshotTemporarilyUnavailable while one is being made. */
  snapshot(): Snapshot | RaftError;
}

/** The least a snapshot can be: nothing was ever compacted. */
export function emptySnapshot(): Snapshot {
  return { data: new Uint8Array(0), metadata: { confState: emptyConfState(), index: 0, term: 0 } };
}

/** Nobody. */
export function emptyConfState(): ConfState {
  return { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
}

/** True for no snapshot at all and for one that stands for no entry. */
export function isEmptySnapshot(snapshot: Snapshot | undefined): boolean {
  return snapshot?.metadata === undefined || snapshot.metadata.index === 0;
}

/** True for none and for that of a node that never did anything. */
export function isEmptyHardState(state: HardState | undefined): boolean {
  return state === undefined || (state.term === 0 && state.vote === NONE && state.commit === 0);
}

/**
 * The log in an array. etcd keeps its log so, too, with the WAL as the durable copy behind it.
 *
 * @example
 * const storage = new MemoryStorage(); // then, from what was saved:
 * storage.applySnapshot(snapshot);
 * storage.setHardState(hardState);
 * storage.append(entries);
 */
export class MemoryStorage implements Storage {
  #hardState: HardState = { term: 0, vote: NONE, commit: 0 };
  #snapshot: Snapshot = emptySnapshot();
  /**
   * `#log[0]` is no entry but the place before the first one: index and term of what was compacted last (0, 0 at first).
   * Invariant: never empty; `#log[i].index === #log[0].index + i`.
   */
  #log: Entry[] = [placeholder(0, 0)];

  initialState(): { hardState: HardState; confState: ConfState } {
    return { hardState: this.#hardState, confState: this.#snapshot.metadata?.confState ?? emptyConfState() };
  }

  setHardState(state: HardState): void {
    this.#hardState = state;
  }

  entries(lo: number, hi: number, maxSize: number): Entry[] | RaftError {
    const base = this.#log[0]!.index;
    if (lo <= base) return ErrCompacted;
    assert(hi <= this.lastIndex() + 1, "entries asked for beyond the last index");
    if (this.#log.length === 1) return ErrUnavailable;
    const from = lo - base;
    return this.#log.slice(from, from + countWithin(this.#log, from, hi - base, maxSize));
  }

  term(index: number): number | RaftError {
    const offset = index - this.#log[0]!.index;
    if (offset < 0) return ErrCompacted;
    if (offset >= this.#log.length) return ErrUnavailable;
    return this.#log[offset]!.term;
  }

  firstIndex(): number {
    return this.#log[0]!.index + 1;
  }

  lastIndex(): number {
    return this.#log[0]!.index + this.#log.length - 1;
  }

  snapshot(): Snapshot | RaftError {
    return this.#snapshot;
  }

  /** Replaces everything by the snapshot. ErrSnapOutOfDate when the one held is as new. */
  applySnapshot(snapshot: Snapshot): RaftError | undefined {
    const held = this.#snapshot.metadata?.index ?? 0;
    const index = snapshot.metadata?.index ?? 0;
    // A first snapshot may have index 0 and carry just a membership: that is how an application bootstraps.
    if (held !== 0 && held >= index) return ErrSnapOutOfDate;
    this.#snapshot = snapshot;
    this.#log = [placeholder(snapshot.metadata?.term ?? 0, index)];
    return undefined;
  }

  /**
   * Makes the snapshot that stands for everything up to `index` (within the log); compacts nothing. `confState` is the
   * result of the last `applyConfChange` up to there; without one the membership of the previous snapshot is kept.
   */
  createSnapshot(index: number, confState: ConfState | undefined, data: Uint8Array): Snapshot | RaftError {
    if (index <= (this.#snapshot.metadata?.index ?? 0)) return ErrSnapOutOfDate;
    assert(index <= this.lastIndex(), "snapshot beyond the last index");
    const term = this.term(index);
    if (typeof term !== "number") return term;
    this.#snapshot = {
      data,
      metadata: { confState: confState ?? this.#snapshot.metadata?.confState ?? emptyConfState(), index, term },
    };
    return this.#snapshot;
  }

  /** Forgets entries up to and including `index`, which must be applied. ErrCompacted when they are gone already. */
  compact(index: number): RaftError | undefined {
    const base = this.#log[0]!.index;
    if (index <= base) return ErrCompacted;
    assert(index <= this.lastIndex(), "compaction beyond the last index");
    // A new array: slices handed out before stay as they are.
    const kept = this.#log.slice(index - base);
    kept[0] = placeholder(kept[0]!.term, index);
    this.#log = kept;
    return undefined;
  }

  /** Appends, replacing from the first given index on; entries already compacted are skipped. There must be no gap. */
  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const log = this.#log;
    const base = log[0]!.index;
    const skip = Math.max(0, base + 1 - entries[0]!.index);
    if (skip >= entries.length) return;
    const at = entries[skip]!.index - base;
    assert(at <= log.length, "a gap between the stored log and the entries to append");
    if (at < log.length) log.length = at;
    for (let i = skip; i < entries.length; i++) log.push(entries[i]!);
  }
}

function placeholder(term: number, index: number): Entry {
  return { type: EntryType.EntryNormal, term, index, data: new Uint8Array(0) };
}
