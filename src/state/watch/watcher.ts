import type { Group } from "./groups.ts";
import type { WatchSink } from "./types.ts";

/** Bits of what a watcher wants to see; watchers with equal bits share their replies' events. */
export const NO_PUT = 1;
export const NO_DELETE = 2;
export const WITH_PREVIOUS = 4;
export const VARIANTS = 8;

/** The stream as its watchers and the hub see it. */
export interface WatcherHome {
  readonly sink: WatchSink;
  /** Watchers that fell behind and wait for the sink. */
  readonly blocked: Set<Watcher>;
  /** Forgets a watcher that ended by itself. */
  forget(watcher: Watcher): void;
}

/**
 * One watch. Its state is where it stands:
 *
 * - synced: in a group; has had, or has pending in its group, every event of its range below the store's newest revision.
 *   Leaves to lagging when its sink takes no more or a snapshot replaced the store.
 * - lagging: in no group; `next` says where it goes on. Waits for the catch-up round (ready) or for its sink (blocked).
 *   Leaves to synced when it has caught up, to ended when a compaction overtook it.
 * - ended: cancelled, compacted or closed; never comes back.
 */
export class Watcher {
  readonly home: WatcherHome;
  readonly id: bigint;
  /** First key. */
  readonly low: string;
  /** Exclusive end above all keys of the range; "" for a single key. */
  readonly high: string;
  readonly startRevision: number;
  /** Bits above. */
  readonly variant: number;
  readonly progressNotify: boolean;
  readonly fragment: boolean;
  state: "synced" | "lagging" | "ended" = "lagging";
  /** While synced. */
  group: Group | undefined = undefined;
  /** No event below this revision may be sent any more: it was sent, or is before the start. */
  next: number;
  /** No event went out since the last progress tick. */
  quiet = true;

  constructor(
    home: WatcherHome,
    id: bigint,
    low: string,
    high: string,
    startRevision: number,
    next: number,
    variant: number,
    progressNotify: boolean,
    fragment: boolean,
  ) {
    this.home = home;
    this.id = id;
    this.low = low;
    this.high = high;
    this.startRevision = startRevision;
    this.next = next;
    this.variant = variant;
    this.progressNotify = progressNotify;
    this.fragment = fragment;
  }
}
