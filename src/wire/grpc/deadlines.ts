import { assert, type Clock, type Scheduler, type Timer } from "../../base/index.ts";

/**
 * What waits in the wheel. The links make entering and leaving cheap and free of allocation: nearly every call leaves
 * long before its deadline.
 */
export interface Deadlined {
  /** Instant on the monotonic clock, ms. Must not change while linked. */
  readonly deadlineMs: number;
  /** Neighbours in the slot; undefined at its ends. Owned by the wheel. */
  deadlineBefore: Deadlined | undefined;
  deadlineAfter: Deadlined | undefined;
  /** Slot it stands in, or -1. Owned by the wheel. */
  deadlineSlot: number;
  /** Called once, from the wheel's tick, when the deadline has passed. */
  expire(): void;
}

const slotMs = 16;
/** 512 slots of 16 ms: one turn of the wheel is 8 s, more than the usual 5 s of etcd's clients. */
const slotsCount = 512;

/**
 * Hashed timing wheel. A deadline fires at its instant or up to one slot (16 ms) late, never early. The timer runs only
 * while somebody waits.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #heads: (Deadlined | undefined)[] = new Array(slotsCount).fill(undefined);
  #count = 0;
  /** Absolute number of the next slot to look at. */
  #cursor = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  get count(): number {
    return this.#count;
  }

  add(item: Deadlined): void {
    assert(item.deadlineSlot < 0, "deadline entered twice");
    if (this.#timer === undefined) {
      this.#cursor = Math.floor(this.#clock.monotonicMs() / slotMs);
      this.#timer = this.#scheduler.every(slotMs, () => this.#tick());
    }
    // Rounded up, and never into a slot the cursor has passed.
    const slot = Math.max(this.#cursor, Math.ceil(item.deadlineMs / slotMs)) % slotsCount;
    const head = this.#heads[slot];
    item.deadlineSlot = slot;
    item.deadlineBefore = undefined;
    item.deadlineAfter = head;
    if (head !== undefined) head.deadlineBefore = item;
    this.#heads[slot] = item;
    this.#count++;
  }

  /** Idempotent. */
  remove(item: Deadlined): void {
    if (item.deadlineSlot < 0) return;
    if (item.deadlineBefore === undefined) this.#heads[item.deadlineSlot] = item.deadlineAfter;
    else item.deadlineBefore.deadlineAfter = item.deadlineAfter;
    if (item.deadlineAfter !== undefined) item.deadlineAfter.deadlineBefore = item.deadlineBefore;
    item.deadlineBefore = undefined;
    item.deadlineAfter = undefined;
    item.deadlineSlot = -1;
    this.#count--;
    // The timer itself is stopped by the next tick: an idle moment between two calls should not cost two timers.
  }

  /** Stops the timer; what still waits never fires. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    if (this.#count === 0) {
      this.close();
      return;
    }
    const now = this.#clock.monotonicMs();
    const last = Math.floor(now / slotMs);
    // After a long pause one turn of the wheel sees every slot.
    if (last - this.#cursor >= slotsCount) this.#cursor = last - slotsCount + 1;
    for (; this.#cursor <= last; this.#cursor++) {
      let item = this.#heads[this.#cursor % slotsCount];
      while (item !== undefined) {
        const after: Deadlined | undefined = item.deadlineAfter;
        if (item.deadlineMs <= now) {
          this.remove(item);
          item.expire();
          // `expire` may have taken any neighbour out: start over in this slot, what remains is not due or is taken next.
          item = after !== undefined && after.deadlineSlot < 0 ? this.#heads[this.#cursor % slotsCount] : after;
        } else {
          item = after;
        }
      }
    }
  }
}
