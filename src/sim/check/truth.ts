import { range } from "./model.ts";
import { inRange, type KeyEvent, type KeyValue, type Response, type TruthRecord, type WatchRecord } from "./types.ts";

/** What became of one key, oldest first; a tombstone has version 0. */
type Versions = KeyValue[];

/**
 * The one true sequence of changes, revision by revision, against which everything seen is held. It comes from the log, from
 * the order that the linearizability check found, or, where nothing better is at hand, from all watchers put together.
 */
export class Truth {
  /** Of the newest change known; 1 when there is none. */
  revision = 1;
  readonly #byRevision = new Map<number, readonly KeyEvent[]>();
  readonly #causes = new Map<number, string>();
  readonly #keys = new Map<string, Versions>();
  #sorted: string[] | undefined;

  /** Revisions must come in ascending order. */
  add(revision: number, events: readonly KeyEvent[], cause?: string): void {
    if (revision <= this.revision) throw new Error(`revision ${revision} after ${this.revision}`);
    this.revision = revision;
    this.#byRevision.set(revision, events);
    if (cause !== undefined) this.#causes.set(revision, cause);
    for (const { kv } of events) {
      const versions = this.#keys.get(kv.key);
      if (versions !== undefined) versions.push(kv);
      else {
        this.#keys.set(kv.key, [kv]);
        this.#sorted = undefined;
      }
    }
  }

  /** The revision is raised without a change, as a restore may do. */
  raise(revision: number): void {
    if (revision <= this.revision) throw new Error(`revision raised to ${revision} after ${this.revision}`);
    this.revision = revision;
  }

  static from(records: readonly TruthRecord[]): Truth {
    const truth = new Truth();
    for (const record of [...records].sort((a, b) => a.revision - b.revision))
      truth.add(record.revision, record.events, record.cause);
    return truth;
  }

  /** Everything that some watcher saw. Tells nothing of revisions nobody watched: completeness is then "among watchers". */
  static fromWatches(watches: readonly WatchRecord[]): Truth {
    const seen = new Map<number, Map<string, KeyEvent>>();
    for (const watch of watches) {
      for (const event of watch.replies.flatMap((reply) => reply.events)) {
        let events = seen.get(event.kv.mod);
        if (events === undefined) {
          events = new Map();
          seen.set(event.kv.mod, events);
        }
        const known = events.get(event.kv.key);
        if (known === undefined || (known.prev === undefined && event.prev !== undefined))
          events.set(event.kv.key, event);
      }
    }
    const truth = new Truth();
    for (const [revision, events] of [...seen].sort(([a], [b]) => a - b)) {
      truth.add(
        revision,
        [...events.values()].sort((a, b) => (a.kv.key < b.kv.key ? -1 : 1)),
      );
    }
    return truth;
  }

  at(revision: number): readonly KeyEvent[] {
    return this.#byRevision.get(revision) ?? [];
  }

  cause(revision: number): string | undefined {
    return this.#causes.get(revision);
  }

  /** Changes of keys in the range with `from` <= revision <= `to`, in order. */
  *changes(low: string, end: string, from: number, to: number): Generator<KeyEvent> {
    for (let revision = Math.max(2, from); revision <= Math.min(to, this.revision); revision++) {
      for (const event of this.at(revision)) if (inRange(event.kv.key, low, end)) yield event;
    }
  }

  /** What the key was just after `revision`; undefined when it was not there. */
  get(key: string, revision: number): KeyValue | undefined {
    const versions = this.#keys.get(key);
    if (versions === undefined) return undefined;
    let low = 0;
    let high = versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (versions[middle]!.mod <= revision) low = middle + 1;
      else high = middle;
    }
    const found = versions[low - 1];
    return found === undefined || found.version === 0 ? undefined : found;
  }

  /** What a range answered just after `revision`. */
  range(asked: Parameters<typeof range>[1], revision: number): Response {
    this.#sorted ??= [...this.#keys.keys()].sort();
    const keys: KeyValue[] = [];
    for (const key of this.#sorted) {
      if (!inRange(key, asked.key, asked.end)) continue;
      const kv = this.get(key, revision);
      if (kv !== undefined) keys.push(kv);
    }
    return range(keys, asked);
  }
}
