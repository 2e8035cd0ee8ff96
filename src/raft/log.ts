import { assert, type Logger } from "../base/pure.ts";
import { RaftError } from "./errors.ts";
import { countWithin, entriesSize } from "./sizes.ts";
import type { Storage } from "./storage.ts";
import type { Entry, Snapshot } from "./types.ts";
import { Unstable } from "./unstable.ts";

/** The term of an index that is compacted or not there: equal to no entry's term. */
export const NO_TERM = -1;

/**
 * The log as raft sees it: storage with the unstable tail on top.
 *
 *     compacted | firstIndex ... applied ... applying ... committed ... lastIndex
 *
 * Invariant: firstIndex - 1 <= applied <= applying <= committed <= lastIndex.
 */
export class RaftLog {
  readonly storage: Storage;
  readonly unstable: Unstable;
  /** On stable storage of a quorum as far as this node knows. Never falls. */
  committed: number;
  /** Handed out to be applied. */
  applying: number;
  /** Applied, as the application said. */
  applied: number;
  /** How much may be in [applied, applying) before no more is handed out: bytes as encoded. */
  readonly #applyingLimit: number;
  #applyingSize = 0;
  /** No more is handed out until something was applied: the limit is reached, or the last batch was cut by it. */
  #applyingPaused = false;
  readonly #logger: Logger;

  /** `staleAppends`: where acknowledgements that come too late are logged. */
  constructor(storage: Storage, logger: Logger, applyingLimit = Number.POSITIVE_INFINITY, staleAppends = logger) {
    this.storage = storage;
    this.unstable = new Unstable(storage.lastIndex() + 1, staleAppends);
    const compacted = storage.firstIndex() - 1;
    this.committed = compacted;
    this.applying = compacted;
    this.applied = compacted;
    this.#applyingLimit = applyingLimit;
    this.#logger = logger;
  }

  get firstIndex(): number {
    const held = this.unstable.snapshot?.metadata;
    return held === undefined ? this.storage.firstIndex() : held.index + 1;
  }

  get lastIndex(): number {
    return this.unstable.lastIndex;
  }

  get lastTerm(): number {
    const term = this.term(this.lastIndex);
    assert(term !== NO_TERM, "the last entry has no term");
    return term;
  }

  /** Term of the entry at `index`; NO_TERM when it is compacted or beyond the end. */
  term(index: number): number {
    const unstable = this.unstable.term(index);
    if (unstable !== NO_TERM) return unstable;
    // Storage may hold an overwritten tail, and the term before its first entry: ask only about what is still the log.
    if (index + 1 < this.firstIndex || index > this.lastIndex) return NO_TERM;
    const stored = this.storage.term(index);
    return typeof stored === "number" ? stored : NO_TERM;
  }

  /** Is (index, term) an entry of this log? Then everything before it is the same in both logs (paper 5.3). */
  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** The other log's last entry is no older than ours: voting for it is safe (paper 5.4.1). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    const own = this.lastTerm;
    return lastTerm > own || (lastTerm === own && lastIndex >= this.lastIndex);
  }

  /**
   * The follower's side of an append: `entries` follow (prevIndex, prevTerm) in the leader's log, which is committed up to
   * `commit`. Gives the last index known to match; NO_TERM when the logs do not meet at prevIndex; an error, with nothing
   * changed, when a committed entry would have to go.
   */
  maybeAppend(prevIndex: number, prevTerm: number, entries: readonly Entry[], commit: number): number | RaftError {
    if (!this.matches(prevIndex, prevTerm)) return NO_TERM;
    const conflict = this.#findConflict(entries);
    if (conflict >= 0) {
      const index = entries[conflict]!.index;
      if (index <= this.committed) {
        return new RaftError("ConflictWithCommitted", `entry ${index}, committed ${this.committed}`);
      }
      this.unstable.truncateAndAppend(entries, conflict);
    }
    const last = prevIndex + entries.length;
    this.commitTo(Math.min(commit, last));
    return last;
  }

  /** Appends what belongs at the end or replaces an uncommitted tail. */
  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    assert(entries[0]!.index > this.committed, "a committed entry would be overwritten");
    this.unstable.truncateAndAppend(entries, 0);
  }

  /** Place in `entries` of the first one this log does not have; -1 when it has them all. */
  #findConflict(entries: readonly Entry[]): number {
    for (let i = 0; i < entries.length; i++) {
      const { index, term } = entries[i]!;
      const own = this.term(index);
      if (own === term) continue;
      if (index <= this.lastIndex && this.#logger.enabled("info")) {
        const shown = own === NO_TERM ? 0 : own;
        this.#logger.info(`found conflict at index ${index} [existing term: ${shown}, conflicting term: ${term}]`);
      }
      return i;
    }
    return -1;
  }

  /**
   * The last place at or before `index` where this log may meet one whose term there is `term`: terms never fall along a log,
   * so every entry of a higher term can be skipped at once. Term 0 when the place is compacted or the log's beginning.
   */
  findConflictByTerm(index: number, term: number): { index: number; term: number } {
    for (let at = index; at > 0; at--) {
      const own = this.term(at);
      if (own === NO_TERM) return { index: at, term: 0 };
      if (own <= term) return { index: at, term: own };
    }
    return { index: 0, term: 0 };
  }

  /** The leader's rule: an index counts as committed only through an entry of the leader's own term (paper 5.4.2). */
  maybeCommit(index: number, term: number): boolean {
    if (index <= this.committed || !this.matches(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    assert(index <= this.lastIndex, "commit index beyond the last entry");
    this.committed = index;
  }

  /** Entries from `index` on, within `maxSize`; undefined when they are compacted. */
  entriesFrom(index: number, maxSize: number): Entry[] | undefined {
    return index > this.lastIndex ? [] : this.slice(index, this.lastIndex + 1, maxSize);
  }

  /** Entries of [lo, hi), at least one of them and no more than `maxSize` together; undefined when compacted. */
  slice(lo: number, hi: number, maxSize: number): Entry[] | undefined {
    if (lo < this.firstIndex) return undefined;
    assert(lo <= hi && hi <= this.lastIndex + 1, "slice outside the log");
    if (lo === hi) return [];
    const { offset } = this.unstable;
    if (lo >= offset) return this.#unstableSlice(lo, hi, maxSize);
    const cut = Math.min(hi, offset);
    const stored = this.storage.entries(lo, cut, maxSize);
    if (stored instanceof RaftError) {
      assert(stored.code === "Compacted", "storage lost entries of the log");
      return undefined;
    }
    if (hi <= offset || stored.length < cut - lo) return stored;
    // Storage gave all it has: go on in the unstable tail, if the size allows.
    const left = maxSize === Number.POSITIVE_INFINITY ? maxSize : maxSize - entriesSize(stored);
    if (left <= 0) return stored;
    const rest = this.#unstableSlice(offset, hi, left);
    if (rest.length === 1 && entriesSize(rest) > left) return stored;
    return stored.concat(rest);
  }

  #unstableSlice(lo: number, hi: number, maxSize: number): Entry[] {
    const { entries, offset } = this.unstable;
    return this.unstable.slice(lo, lo + countWithin(entries, lo - offset, hi - offset, maxSize));
  }

  /** The snapshot to send: one just received, or storage's. */
  snapshot(): Snapshot | RaftError {
    return this.unstable.snapshot ?? this.storage.snapshot();
  }

  /** A snapshot waits to be saved or applied; until then the log before it is not there. */
  get hasPendingSnapshot(): boolean {
    return this.unstable.snapshot !== undefined;
  }

  /** `allowUnstable`: entries committed by others may be applied before our own disk has them. */
  hasNextCommitted(allowUnstable: boolean): boolean {
    if (this.#applyingPaused || this.hasPendingSnapshot) return false;
    return this.applying < this.#maxAppliable(allowUnstable);
  }

  /** The next entries to apply, as many as the limit allows. */
  nextCommitted(allowUnstable: boolean): Entry[] {
    if (!this.hasNextCommitted(allowUnstable)) return [];
    const limit = this.#applyingLimit - this.#applyingSize;
    assert(limit > 0, "entries are applied beyond their limit");
    const entries = this.slice(this.applying + 1, this.#maxAppliable(allowUnstable) + 1, limit);
    assert(entries !== undefined, "entries were compacted before they were applied");
    return entries;
  }

  #maxAppliable(allowUnstable: boolean): number {
    return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);
  }

  /** Entries up to `index`, encoding to `size` bytes, were handed out. */
  acceptApplying(index: number, size: number, allowUnstable: boolean): void {
    assert(index <= this.committed, "uncommitted entries are applied");
    this.applying = index;
    this.#applyingSize += size;
    this.#applyingPaused = this.#applyingSize >= this.#applyingLimit || index < this.#maxAppliable(allowUnstable);
  }

  /** Entries up to `index` are applied; the last of them encode to `size` bytes. */
  appliedTo(index: number, size: number): void {
    assert(this.applied <= index && index <= this.committed, "applied index falls or passes the commit index");
    this.applied = index;
    if (this.applying < index) this.applying = index;
    this.#applyingSize = Math.max(0, this.#applyingSize - size);
    this.#applyingPaused = this.#applyingSize >= this.#applyingLimit;
  }

  /** The log starts over behind a snapshot, all of it committed. */
  restore(snapshot: Snapshot): void {
    const index = snapshot.metadata?.index ?? 0;
    if (this.#logger.enabled("info")) {
      const term = snapshot.metadata?.term ?? 0;
      this.#logger.info(`log [${this}] starts to restore snapshot [index: ${index}, term: ${term}]`);
    }
    this.committed = index;
    this.unstable.restore(snapshot);
  }

  toString(): string {
    const { offset, offsetInProgress, entries } = this.unstable;
    return (
      `committed=${this.committed}, applied=${this.applied}, applying=${this.applying}, unstable.offset=${offset}, ` +
      `unstable.offsetInProgress=${offsetInProgress}, len(unstable.Entries)=${entries.length}`
    );
  }
}
