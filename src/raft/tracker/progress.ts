import { assert } from "../../base/pure.ts";
import { Inflights } from "./inflights.ts";

/** How the leader deals with one follower (README draws the transitions). */
export const ProgressState = {
  /** Where the logs meet is unknown: one append at a time, until it is answered or a heartbeat is. */
  StateProbe: 0,
  /** The logs meet: appends are sent optimistically, as many as the window takes. */
  StateReplicate: 1,
  /** The entries it needs are compacted: a snapshot is under way, no appends. */
  StateSnapshot: 2,
} as const;
export type ProgressState = (typeof ProgressState)[keyof typeof ProgressState];

const stateNames = ["StateProbe", "StateReplicate", "StateSnapshot"] as const;

/** What the leader knows of one member, itself included. */
export class Progress {
  /** The member's log is known to equal ours up to here. Never falls during a term. */
  match = 0;
  /**
   * The next entry to send. Entries in (match, next) are in flight.
   * Invariant: match < next. In StateSnapshot next === pendingSnapshot + 1.
   */
  next: number;
  /**
   * The highest commit index sent. Falls back when we probe or are rejected, for then it may not have arrived.
   * In StateSnapshot equal to pendingSnapshot.
   */
  sentCommit = 0;
  state: ProgressState = ProgressState.StateProbe;
  /** Index of the snapshot under way in StateSnapshot, else 0. */
  pendingSnapshot = 0;
  /** Heard of since the last quorum check. Always true on the leader's own. */
  recentActive = false;
  /** Send no appends until a heartbeat is answered: probing and one is out, or replicating and the window is full. */
  appendPaused = false;
  readonly inflights: Inflights;
  isLearner: boolean;

  constructor(next: number, isLearner: boolean, inflights: Inflights) {
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = inflights;
  }

  /** A member about whom nothing is known: to be probed at `next - 1`. */
  static fresh(next: number, isLearner: boolean, maxInflight: number, maxInflightBytes: number): Progress {
    return new Progress(next, isLearner, new Inflights(maxInflight, maxInflightBytes));
  }

  /** True while appends are held back. */
  get paused(): boolean {
    return this.state === ProgressState.StateSnapshot || this.appendPaused;
  }

  /** Probe from the last known match, or from behind the snapshot just delivered. */
  becomeProbe(): void {
    const afterSnapshot = this.state === ProgressState.StateSnapshot ? this.pendingSnapshot + 1 : 0;
    this.#enter(ProgressState.StateProbe);
    this.next = Math.max(this.match + 1, afterSnapshot);
    this.#regressSentCommit();
  }

  becomeReplicate(): void {
    this.#enter(ProgressState.StateReplicate);
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#enter(ProgressState.StateSnapshot);
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** An append with `count` entries from `next` on went out. Not in StateSnapshot. */
  sentEntries(count: number, bytes: number): void {
    if (this.state === ProgressState.StateReplicate) {
      if (count > 0) {
        this.next += count;
        this.inflights.add(this.next - 1, bytes);
      }
      // A message that fills the window, or an empty one sent while it is full, serves as a probe.
      this.appendPaused = this.inflights.full;
      return;
    }
    assert(this.state === ProgressState.StateProbe, "an append is sent while a snapshot is pending");
    if (count > 0) this.appendPaused = true;
  }

  /** Would sending this commit index tell the member anything it can use? It can commit no further than next - 1. */
  canBumpCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** The member has everything up to `index`. False when that is old news. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    this.appendPaused = false;
    return true;
  }

  /**
   * The member rejected the append behind `rejected` and says the logs meet no later than `hint`. False when the rejection is
   * stale: it speaks of an index since acknowledged, or, while probing, not of the one probe that is out.
   */
  maybeDecrease(rejected: number, hint: number): boolean {
    if (this.state === ProgressState.StateReplicate) {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#regressSentCommit();
      return true;
    }
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.#regressSentCommit();
    this.appendPaused = false;
    return true;
  }

  clone(): Progress {
    const copy = new Progress(this.next, this.isLearner, this.inflights.clone());
    copy.match = this.match;
    copy.sentCommit = this.sentCommit;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.recentActive = this.recentActive;
    copy.appendPaused = this.appendPaused;
    return copy;
  }

  toString(): string {
    let text = `${stateNames[this.state]} match=${this.match} next=${this.next}`;
    if (this.isLearner) text += " learner";
    if (this.paused) text += " paused";
    if (this.pendingSnapshot > 0) text += ` pendingSnap=${this.pendingSnapshot}`;
    if (!this.recentActive) text += " inactive";
    if (this.inflights.count > 0) text += ` inflight=${this.inflights.count}${this.inflights.full ? "[full]" : ""}`;
    return text;
  }

  /** Every transition starts with nothing in flight, nothing pending, nothing held back. */
  #enter(state: ProgressState): void {
    this.state = state;
    this.appendPaused = false;
    this.pendingSnapshot = 0;
    this.inflights.reset();
  }

  #regressSentCommit(): void {
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }
}
