import type { Change } from "../mvcc/index.ts";
import { type Interval, IntervalTree } from "./interval-tree.ts";
import type { Watcher, WatcherHome } from "./watcher.ts";

/** Watchers of the very same key or range. What matches is gathered once for all of them. */
export class Group implements Interval {
  readonly low: string;
  /** "" for a single key. */
  readonly high: string;
  /** Most groups have one watcher. The set comes with a second: its table costs more than all else of a group. */
  #only: Watcher | undefined = undefined;
  #several: Set<Watcher> | undefined = undefined;
  /** Changes gathered and not yet handed out, ascending. */
  pending: Change[] = [];
  /** Until a watcher comes or goes. */
  #byStream: readonly Watcher[] | undefined = undefined;

  constructor(low: string, high: string) {
    this.low = low;
    this.high = high;
  }

  get size(): number {
    if (this.#several !== undefined) return this.#several.size;
    return this.#only === undefined ? 0 : 1;
  }

  /** In the order in which they came. */
  get watchers(): Iterable<Watcher> {
    if (this.#several !== undefined) return this.#several;
    return this.#only === undefined ? [] : [this.#only];
  }

  add(watcher: Watcher): void {
    this.#byStream = undefined;
    if (this.#several !== undefined) this.#several.add(watcher);
    else if (this.#only === undefined) this.#only = watcher;
    else if (this.#only !== watcher) {
      this.#several = new Set([this.#only, watcher]);
      this.#only = undefined;
    }
  }

  remove(watcher: Watcher): void {
    this.#byStream = undefined;
    if (this.#only === watcher) this.#only = undefined;
    this.#several?.delete(watcher);
  }

  /** All watchers as they are now, those of one stream next to each other: what goes to a stream in one go costs it less. */
  byStream(): readonly Watcher[] {
    if (this.#byStream !== undefined) return this.#byStream;
    let ordered: readonly Watcher[] = [...this.watchers];
    if (ordered.length > 2) {
      const streams = new Map<WatcherHome, Watcher[]>();
      for (const watcher of ordered) {
        const own = streams.get(watcher.home);
        if (own === undefined) streams.set(watcher.home, [watcher]);
        else own.push(watcher);
      }
      ordered = [...streams.values()].flat();
    }
    this.#byStream = ordered;
    return ordered;
  }
}

/** Which groups a key concerns: single keys by name, ranges by an interval tree. */
export class Groups {
  readonly #single = new Map<string, Group>();
  readonly #ranges = new IntervalTree<Group>();
  readonly #hits: Group[] = [];

  get isEmpty(): boolean {
    return this.#single.size === 0 && this.#ranges.size === 0;
  }

  add(watcher: Watcher): Group {
    const { low, high } = watcher;
    let group = high === "" ? this.#single.get(low) : this.#ranges.find(low, high);
    if (group === undefined) {
      group = new Group(low, high);
      if (high === "") this.#single.set(low, group);
      else this.#ranges.add(group);
    }
    group.add(watcher);
    return group;
  }

  remove(watcher: Watcher, group: Group): void {
    group.remove(watcher);
    if (group.size > 0) return;
    if (group.high === "") this.#single.delete(group.low);
    else this.#ranges.remove(group);
  }

  /** Hands a change to all groups it concerns; those that had nothing pending join `dirty`. */
  gather(change: Change, dirty: Group[]): void {
    const single = this.#single.get(change.key);
    if (single !== undefined) {
      if (single.pending.length === 0) dirty.push(single);
      single.pending.push(change);
    }
    if (this.#ranges.size === 0) return;
    const hits = this.#hits;
    this.#ranges.stab(change.key, hits);
    for (const group of hits) {
      if (group.pending.length === 0) dirty.push(group);
      group.pending.push(change);
    }
    hits.length = 0;
  }

  *all(): Generator<Group, void, undefined> {
    yield* this.#single.values();
    yield* this.#ranges;
  }
}
