import { assert, type Logger } from "../base/pure.ts";
import type { Entry, Snapshot } from "./types.ts";

/**
 * The end of the log that storage is not known to hold: perhaps a snapshot, then entries.
 *
 *     storage ............ | in progress of being saved | not handed out yet
 *                      offset                  offsetInProgress          offset + entries.length
 *
 * What is here wins over storage: storage may still hold an overwritten tail beyond `offset`.
 */
export class Unstable {
  /** A snapshot received and not yet applied; everything before `offset` is in it. */
  snapshot: Snapshot | undefined;
  /** The snapshot was handed out in a Ready. False when there is none. */
  #snapshotInProgress = false;
  /** `entries[i]` has index `offset + i`. Handed out only in copies, so it may be cut and extended in place. */
  entries: Entry[] = [];
  /** First index that is not in storage for good. Storage (or the snapshot) ends right before it when `entries` is empty. */
  offset: number;
  /** Entries before this index were handed out in a Ready. Invariant: offset <= offsetInProgress <= end. */
  #offsetInProgress: number;
  readonly #logger: Logger;

  constructor(offset: number, logger: Logger) {
    this.offset = offset;
    this.#offsetInProgress = offset;
    this.#logger = logger;
  }

  get offsetInProgress(): number {
    return this.#offsetInProgress;
  }

  /** The last index of the whole log. */
  get lastIndex(): number {
    return this.offset + this.entries.length - 1;
  }

  /** Term at `index`, or -1 when only storage can know. */
  term(index: number): number {
    if (index >= this.offset) return this.entries[index - this.offset]?.term ?? -1;
    const held = this.snapshot?.metadata;
    return held !== undefined && held.index === index ? held.term : -1;
  }

  /** Entries to be saved that were not handed out before. */
  nextEntries(): Entry[] {
    return this.entries.slice(this.#offsetInProgress - this.offset);
  }

  get hasNextEntries(): boolean {
    return this.#offsetInProgress < this.offset + this.entries.length;
  }

  /** The snapshot, unless it was handed out before. */
  nextSnapshot(): Snapshot | undefined {
    return this.#snapshotInProgress ? undefined : this.snapshot;
  }

  /** Everything here has been handed out. */
  acceptInProgress(): void {
    this.#offsetInProgress = this.offset + this.entries.length;
    this.#snapshotInProgress = this.snapshot !== undefined;
  }

  /**
   * Storage holds the log up to `index`, whose entry there has `term`. Ignored unless that entry is still ours: a later
   * leader may have overwritten what was being saved.
   */
  stableTo(index: number, term: number): void {
    const own = this.term(index);
    const logger = this.#logger;
    if (own === -1) {
      if (logger.enabled("info")) logger.info(`entry at index ${index} missing from unstable log; ignoring`);
      return;
    }
    if (index < this.offset) {
      if (logger.enabled("info")) logger.info(`entry at index ${index} matched unstable snapshot; ignoring`);
      return;
    }
    if (own !== term) {
      if (logger.enabled("info")) {
        logger.info(
          `entry at (index,term)=(${index},${term}) mismatched with entry at (${index},${own}) in unstable log; ignoring`,
        );
      }
      return;
    }
    const saved = index + 1 - this.offset;
    this.entries = saved === this.entries.length ? [] : this.entries.slice(saved);
    this.offset = index + 1;
    if (this.#offsetInProgress < this.offset) this.#offsetInProgress = this.offset;
  }

  /** Storage holds the snapshot at `index`. Ignored when a newer one has arrived since. */
  stableSnapshotTo(index: number): void {
    if (this.snapshot?.metadata?.index !== index) return;
    this.snapshot = undefined;
    this.#snapshotInProgress = false;
  }

  /** The log starts over behind a snapshot. */
  restore(snapshot: Snapshot): void {
    this.offset = (snapshot.metadata?.index ?? 0) + 1;
    this.#offsetInProgress = this.offset;
    this.entries = [];
    this.snapshot = snapshot;
    this.#snapshotInProgress = false;
  }

  /** Appends from `entries[from]` on, cutting off whatever had those indexes. There must be no gap before it. */
  truncateAndAppend(entries: readonly Entry[], from: number): void {
    const first = entries[from]!.index;
    const at = first - this.offset;
    assert(at <= this.entries.length, "a gap in the log");
    if (at < this.entries.length || at < 0) this.#cut(first);
    for (let i = from; i < entries.length; i++) this.entries.push(entries[i]!);
  }

  /** A copy of [lo, hi), which must be here. */
  slice(lo: number, hi: number): Entry[] {
    assert(this.offset <= lo && lo <= hi && hi <= this.offset + this.entries.length, "slice outside the unstable log");
    return this.entries.slice(lo - this.offset, hi - this.offset);
  }

  /** Drops the entries from `first` on; `first` may lie in storage, which then is stable only up to before it. */
  #cut(first: number): void {
    const logger = this.#logger;
    if (first <= this.offset) {
      if (logger.enabled("info")) logger.info(`replace the unstable entries from index ${first}`);
      this.entries = [];
      this.offset = first;
      this.#offsetInProgress = first;
      return;
    }
    if (logger.enabled("info")) logger.info(`truncate the unstable entries before index ${first}`);
    this.entries.length = first - this.offset;
    // Entries already handed out are being saved and will be overwritten: the new ones have to be handed out, too.
    if (this.#offsetInProgress > first) this.#offsetInProgress = first;
  }
}
