import { assert, type Env, unit } from "../../base/index.ts";
import type { Change, ChangeListener, Mvcc } from "../mvcc/index.ts";
import { type Group, Groups } from "./groups.ts";
import { registerWatchMetrics, WatchStats } from "./metrics.ts";
import { fragmentsOf, type Parcel, parcelsOf } from "./parcels.ts";
import { RecentChanges } from "./recent.ts";
import { OpenStream } from "./stream.ts";
import type { WatchHubOptions, WatchReply, WatchSink, WatchStream } from "./types.ts";
import type { Watcher, WatcherHome } from "./watcher.ts";

/** Rows, or watchers of one stream, between two looks at the clock. */
const clockEvery = 64;

/** Sizes; tests make them small. */
export interface WatchLimits {
  /** Watchers served in one catch-up round, as etcd has it. */
  readonly watchersPerRound: number;
  /** Revisions of one key read in one round for a watcher of that key alone. */
  readonly revisionsPerKey: number;
  /** Rows and bytes read in one round for watchers of ranges; the bytes bound the memory of a catch-up. */
  readonly rowsPerRound: number;
  readonly bytesPerRound: number;
  /** Longest time a round may hold the loop. */
  readonly roundMs: number;
  /** Longest time in one turn for handing out what was gathered; the rest goes on after others had theirs. */
  readonly sliceMs: number;
  /** A reply is cut at the next revision once it holds this much; some clients take no more than 4 MiB. */
  readonly replyBytes: number;
  /** Blocked sinks are asked this often whether they take more again, as etcd retries its victims. */
  readonly blockedPollMs: number;
  /** Newest changes that are kept for those who fall behind a little. */
  readonly recentTransactions: number;
  readonly recentBytes: number;
}

const defaultLimits: WatchLimits = {
  watchersPerRound: 512,
  revisionsPerKey: 1000,
  rowsPerRound: 10_000,
  bytesPerRound: 4 * 1024 * 1024,
  roundMs: 5,
  sliceMs: 2,
  replyBytes: 1024 * 1024,
  blockedPollMs: 10,
  recentTransactions: 10_000,
  recentBytes: 4 * 1024 * 1024,
};

const defaultProgressMs = 600_000;
const minimumProgressMs = 100;
const defaultFragmentBytes = 2 * 1024 * 1024;

/** What a group had pending, on its way to those who were its watchers then. */
interface Delivery {
  readonly group: Group;
  readonly parcels: readonly Parcel[];
  /** For the header: everything up to here is in the parcels, or was sent before. */
  readonly revision: number;
  /** Who joined since needs none of it, who left is passed over. */
  readonly watchers: readonly Watcher[];
  /** The next one to be served. */
  at: number;
}

/**
 * Carries what transactions changed to those who watch.
 *
 * During a turn changes are gathered per group of equal watchers; after the turn's answers have left, every group's
 * changes become replies, whose events are put together once per group. That takes as many turns as it needs, and what is
 * changed meanwhile gathers. A watcher whose sink takes no more keeps nothing here: it falls behind, and
 * catches up from the newest changes or from the store, as does one that starts in the past. So the memory of a slow
 * client is a number, and the store is the queue.
 */
export class WatchHub {
  readonly #mvcc: Mvcc;
  readonly #env: Env;
  readonly #progressMs: number;
  readonly #fragmentBytes: number;
  readonly #groups = new Groups();
  readonly #limits: WatchLimits;
  readonly #recent: RecentChanges;
  readonly #stats = new WatchStats();
  readonly #streams = new Set<OpenStream>();
  /** Groups with something pending, longest waiting first, from `#dirtyAt` on. */
  #dirty: Group[] = [];
  #dirtyAt = 0;
  /** Begun and not finished. What its group gathers meanwhile comes after it. */
  #delivery: Delivery | undefined = undefined;
  /** Lagging watchers that can be served, longest waiting first. */
  readonly #ready = new Set<Watcher>();
  /** Streams with lagging watchers that wait for their sink. */
  readonly #blocked = new Set<WatcherHome>();
  /** Newest revision that went through the groups. */
  #seen: number;
  #handOutAsked = false;
  #roundAsked = false;
  #poll: { cancel(): void } | undefined = undefined;
  #round: { cancel(): void } | undefined = undefined;
  #closed = false;
  readonly #unlisten: () => void;

  constructor(mvcc: Mvcc, options: WatchHubOptions, env: Env, changed: Partial<WatchLimits> = {}) {
    const limits = { ...defaultLimits, ...changed };
    this.#mvcc = mvcc;
    this.#env = env;
    this.#limits = limits;
    this.#recent = new RecentChanges(limits.recentTransactions, limits.recentBytes);
    this.#progressMs = Math.max(minimumProgressMs, options.progressNotifyIntervalMs || defaultProgressMs);
    this.#fragmentBytes = options.fragmentBytes ?? defaultFragmentBytes;
    this.#seen = mvcc.revision;
    const listener: ChangeListener = {
      changed: (revision, changes) => this.#changed(revision, changes),
      compacting: this.flush,
      restored: (revision) => this.#restored(revision),
    };
    this.#unlisten = mvcc.listen(listener);
    registerWatchMetrics(env.metrics, this.#stats, {
      streams: () => this.#streams.size,
      pending: () => this.#pendingEvents(),
      recentBytes: () => this.#recent.bytes,
      blockedStreams: () => this.#blocked.size,
    });
  }

  stream(sink: WatchSink): WatchStream {
    assert(!this.#closed, "the hub is closed");
    const stream = new OpenStream(this, sink);
    this.#streams.add(stream);
    return stream;
  }

  /** Ends all streams without replies. */
  close(): void {
    this.#closed = true;
    for (const stream of [...this.#streams]) stream.close();
    this.#dirty = [];
    this.#dirtyAt = 0;
    this.#delivery = undefined;
    this.#unlisten();
    this.#poll?.cancel();
    this.#round?.cancel();
  }

  // What streams ask of the hub.

  get revision(): number {
    return this.#mvcc.revision;
  }

  /** Takes in a new watcher: at its place among the synced, or among those that have to catch up. */
  admit(watcher: Watcher): void {
    this.#stats.watchers++;
    if (watcher.next > this.#mvcc.revision) this.#join(watcher);
    else this.#lag(watcher, watcher.next);
  }

  /** Ends a watcher; what is pending for it is dropped. */
  dismiss(watcher: Watcher): void {
    if (watcher.state === "ended") return;
    this.#stats.watchers--;
    if (watcher.state === "synced") this.#groups.remove(watcher, watcher.group!);
    else this.#unlag(watcher);
    watcher.group = undefined;
    watcher.state = "ended";
  }

  release(stream: OpenStream): void {
    this.#streams.delete(stream);
    this.#blocked.delete(stream);
  }

  /** Calls `tick` each progress interval, which has a jitter, so that streams opened together do not speak together. */
  everyProgressInterval(tick: () => void): { cancel(): void } {
    const jitterMs = unit(this.#env.random) * (this.#progressMs / 10);
    return this.#env.scheduler.every(this.#progressMs + jitterMs, tick);
  }

  /** The sink of a stream takes more again. */
  unblock(home: WatcherHome): void {
    if (!this.#blocked.delete(home)) return;
    for (const watcher of home.blocked) this.#ready.add(watcher);
    home.blocked.clear();
    this.#askRound();
  }

  // Live changes.

  #changed(revision: number, changes: readonly Change[]): void {
    this.#seen = revision;
    if (this.#stats.watchers === 0) {
      // Whoever comes later and asks for this reads it from the store.
      if (this.#recent.length > 0) this.#recent.clear();
      return;
    }
    this.#recent.add(revision, changes);
    if (this.#groups.isEmpty) return;
    const dirty = this.#dirty;
    for (const change of changes) this.#groups.gather(change, dirty);
    if (dirty.length === 0 || this.#handOutAsked) return;
    this.#handOutAsked = true;
    this.#env.scheduler.endOfTurn(this.#afterAnswers);
  }

  /** Whoever changed something gets the answer at the end of the same turn; the events go behind it, not before. */
  readonly #afterAnswers = (): void => {
    this.#env.scheduler.endOfTurn(this.#slice);
  };

  readonly #slice = (): void => {
    if (this.#handOut(this.#env.clock.monotonicMs() + this.#limits.sliceMs)) this.#handOutAsked = false;
    else this.#env.scheduler.endOfTurn(this.#slice);
  };

  /** Sends now all that was gathered: for whoever is about to say something that counts on it. */
  readonly flush = (): void => {
    this.#handOut(Number.POSITIVE_INFINITY);
  };

  /** Sends what was gathered, for as long as the time allows. True when all is sent. */
  #handOut(untilMs: number): boolean {
    for (;;) {
      const delivery = this.#delivery ?? this.#nextDelivery();
      if (delivery === undefined) return true;
      if (!this.#serveGroup(delivery, untilMs)) return false;
      this.#delivery = undefined;
    }
  }

  #nextDelivery(): Delivery | undefined {
    const group = this.#dirty[this.#dirtyAt];
    if (group === undefined) return undefined;
    this.#dirtyAt++;
    if (this.#dirtyAt === this.#dirty.length) {
      this.#dirty = [];
      this.#dirtyAt = 0;
    }
    const changes = group.pending;
    group.pending = [];
    const parcels = parcelsOf(changes, this.#limits.replyBytes);
    this.#delivery = { group, parcels, revision: this.#mvcc.revision, watchers: group.byStream(), at: 0 };
    return this.#delivery;
  }

  /** Stream by stream. False when the time was up before the last watcher. */
  #serveGroup(delivery: Delivery, untilMs: number): boolean {
    const { group, parcels, revision, watchers } = delivery;
    const { clock } = this.#env;
    let inStream = 0;
    while (delivery.at < watchers.length) {
      const watcher = watchers[delivery.at++]!;
      if (watcher.group === group) {
        const stoppedAt = this.#deliver(watcher, parcels, revision);
        if (stoppedAt !== 0) this.#lag(watcher, stoppedAt);
      }
      const next = watchers[delivery.at];
      const { home } = watcher;
      if (next?.home === home && ++inStream < clockEvery) continue;
      inStream = 0;
      home.sink.endRun?.();
      if (next !== undefined && untilMs !== Number.POSITIVE_INFINITY && clock.monotonicMs() >= untilMs) return false;
    }
    return true;
  }

  #pendingEvents(): number {
    let events = 0;
    for (let i = this.#dirtyAt; i < this.#dirty.length; i++) {
      const group = this.#dirty[i]!;
      events += group.pending.length * group.size;
    }
    const delivery = this.#delivery;
    if (delivery === undefined) return events;
    const changes = delivery.parcels.reduce((sum, parcel) => sum + parcel.changes, 0);
    return events + changes * (delivery.watchers.length - delivery.at);
  }

  /** Sends parcels until the sink takes no more; then returns the revision to go on with, else 0. */
  #deliver(watcher: Watcher, parcels: readonly Parcel[], revision: number): number {
    for (const parcel of parcels) {
      if (parcel.lastRevision < watcher.next) continue;
      const events = parcel.eventsFor(watcher, this.#mvcc);
      if (events.length > 0) {
        if (!watcher.home.sink.writable()) return Math.max(watcher.next, parcel.firstRevision);
        this.#sendEvents(watcher, events, revision);
      }
      watcher.next = parcel.lastRevision + 1;
    }
    return 0;
  }

  #sendEvents(watcher: Watcher, events: readonly Uint8Array[], revision: number): void {
    this.#stats.events += events.length;
    watcher.quiet = false;
    const pieces = watcher.fragment && events.length > 1 ? fragmentsOf(events, this.#fragmentBytes) : [events];
    for (let i = 0; i < pieces.length; i++) {
      const reply: WatchReply = {
        watchId: watcher.id,
        revision,
        created: false,
        canceled: false,
        compactRevision: 0,
        cancelReason: "",
        fragment: i < pieces.length - 1,
        events: pieces[i]!,
      };
      watcher.home.sink.send(reply);
    }
  }

  // From state to state.

  #join(watcher: Watcher): void {
    watcher.state = "synced";
    watcher.group = this.#groups.add(watcher);
  }

  /** From synced, or new: behind from `next` on. */
  #lag(watcher: Watcher, next: number): void {
    if (watcher.group !== undefined) {
      this.#groups.remove(watcher, watcher.group);
      watcher.group = undefined;
    }
    watcher.state = "lagging";
    watcher.next = Math.max(watcher.next, next);
    this.#stats.lagging++;
    this.#wait(watcher);
  }

  /** Queues a lagging watcher where it belongs. */
  #wait(watcher: Watcher): void {
    const { home } = watcher;
    if (home.sink.writable()) {
      this.#ready.add(watcher);
      this.#askRound();
      return;
    }
    home.blocked.add(watcher);
    this.#blocked.add(home);
    this.#askPoll();
  }

  #unlag(watcher: Watcher): void {
    this.#stats.lagging--;
    this.#ready.delete(watcher);
    const { home } = watcher;
    if (home.blocked.delete(watcher) && home.blocked.size === 0) this.#blocked.delete(home);
  }

  #askPoll(): void {
    if (this.#poll !== undefined || this.#blocked.size === 0 || this.#closed) return;
    this.#poll = this.#env.scheduler.after(this.#limits.blockedPollMs, () => {
      this.#poll = undefined;
      for (const home of [...this.#blocked]) if (home.sink.writable()) this.unblock(home);
      this.#askPoll();
    });
  }

  // Catching up.

  #askRound(): void {
    if (this.#roundAsked || this.#closed) return;
    this.#roundAsked = true;
    this.#env.scheduler.endOfTurn(this.#catchUp);
  }

  /** One round; then rests as long as it took, to be fair to all else. */
  readonly #catchUp = (): void => {
    this.#round = undefined;
    const { clock, scheduler } = this.#env;
    const startMs = clock.monotonicMs();
    if (!this.#closed) this.#serve(startMs);
    if (this.#ready.size === 0 || this.#closed) {
      this.#roundAsked = false;
      return;
    }
    this.#round = scheduler.after(clock.monotonicMs() - startMs, this.#catchUp);
  };

  #serve(startMs: number): void {
    const { clock } = this.#env;
    const current = this.#mvcc.revision;
    const ranged: Watcher[] = [];
    const byKey = new Map<string, { from: number; reached: number; parcels: Parcel[] }>();
    let served = 0;
    const queue: Watcher[] = [];
    for (const watcher of this.#ready) if (queue.push(watcher) === this.#limits.watchersPerRound) break;
    for (const watcher of queue) {
      if (served > 0 && served % clockEvery === 0 && clock.monotonicMs() - startMs > this.#limits.roundMs) break;
      served++;
      this.#ready.delete(watcher);
      if (!watcher.home.sink.writable()) this.#wait(watcher);
      else if (watcher.next < this.#mvcc.compactRevision) this.#overtake(watcher);
      else if (watcher.next > current) this.#sync(watcher);
      else if (watcher.high !== "") ranged.push(watcher);
      else {
        let read = byKey.get(watcher.low);
        if (read === undefined || read.from !== watcher.next) {
          read = this.#readKey(watcher.low, watcher.next, current);
          byKey.set(watcher.low, read);
        }
        this.#progress(watcher, read.parcels, read.reached, current);
      }
    }
    if (ranged.length > 0) this.#serveRanges(ranged, startMs, current);
  }

  #readKey(key: string, from: number, current: number): { from: number; reached: number; parcels: Parcel[] } {
    const changes = this.#mvcc.changesOf(key, from, this.#limits.revisionsPerKey);
    const reached = changes.length < this.#limits.revisionsPerKey ? current : changes.at(-1)!.revision;
    return { from, reached, parcels: parcelsOf(changes, this.#limits.replyBytes) };
  }

  /** Reads once, from where the longest waiting stands, for all whose place lies within what is read. */
  #serveRanges(ranged: readonly Watcher[], startMs: number, current: number): void {
    const from = ranged[0]!.next;
    const groups = new Groups();
    const members: Watcher[] = [];
    for (const watcher of ranged) {
      if (watcher.next < from) continue;
      groups.add(watcher);
      members.push(watcher);
    }
    const dirty: Group[] = [];
    const reached = this.#read(from, current, startMs, groups, dirty);
    const stopped = new Map<Watcher, number>();
    for (const group of dirty) {
      const parcels = parcelsOf(group.pending, this.#limits.replyBytes);
      for (const watcher of group.watchers) {
        const stoppedAt = this.#catchUpWith(watcher, parcels, current);
        if (stoppedAt !== 0) stopped.set(watcher, stoppedAt);
      }
    }
    for (const watcher of members) {
      const stoppedAt = stopped.get(watcher);
      if (stoppedAt === undefined) this.#advance(watcher, reached, current);
      else {
        watcher.next = stoppedAt;
        this.#wait(watcher);
      }
    }
    // Those further back come first in one of the next rounds.
    for (const watcher of ranged) if (watcher.next < from) this.#wait(watcher);
  }

  /** Gathers whole revisions from `from` on within the bounds of a round; returns the last one gathered. */
  #read(from: number, current: number, startMs: number, groups: Groups, dirty: Group[]): number {
    const { clock } = this.#env;
    let rows = 0;
    let bytes = 0;
    let asked = 0;
    const full = (): boolean =>
      rows >= this.#limits.rowsPerRound ||
      bytes >= this.#limits.bytesPerRound ||
      (++asked % clockEvery === 0 && clock.monotonicMs() - startMs > this.#limits.roundMs);
    if (this.#recent.covers(from)) {
      for (let revision = from; revision <= current; revision++) {
        if (full()) return revision - 1;
        for (const change of this.#recent.at(revision) ?? []) {
          rows++;
          bytes += change.bytes;
          groups.gather(change, dirty);
        }
      }
      return current;
    }
    let reading = from - 1;
    let finished = true;
    this.#mvcc.visitChanges(from, (change) => {
      // A revision that was begun goes to its end.
      if (change.revision !== reading && full()) {
        finished = false;
        return false;
      }
      reading = change.revision;
      rows++;
      bytes += change.bytes;
      groups.gather(change, dirty);
      return true;
    });
    return finished ? current : reading;
  }

  #catchUpWith(watcher: Watcher, parcels: readonly Parcel[], current: number): number {
    const stoppedAt = this.#deliver(watcher, parcels, current);
    watcher.home.sink.endRun?.();
    return stoppedAt;
  }

  #progress(watcher: Watcher, parcels: readonly Parcel[], reached: number, current: number): void {
    const stoppedAt = this.#catchUpWith(watcher, parcels, current);
    if (stoppedAt === 0) this.#advance(watcher, reached, current);
    else {
      watcher.next = stoppedAt;
      this.#wait(watcher);
    }
  }

  /** A lagging watcher has had everything up to `reached`. */
  #advance(watcher: Watcher, reached: number, current: number): void {
    watcher.next = Math.max(watcher.next, reached + 1);
    if (watcher.next > current) this.#sync(watcher);
    else this.#wait(watcher);
  }

  #sync(watcher: Watcher): void {
    this.#stats.lagging--;
    this.#join(watcher);
  }

  /** What the watcher wanted next was compacted away: it is told, and ends. */
  #overtake(watcher: Watcher): void {
    watcher.home.sink.send({
      watchId: watcher.id,
      revision: 0,
      created: false,
      canceled: true,
      compactRevision: this.#mvcc.compactRevision,
      cancelReason: "",
      fragment: false,
      events: [],
    });
    this.dismiss(watcher);
    watcher.home.forget(watcher);
  }

  /** The store was replaced: what came between is caught up from the new one. */
  #restored(revision: number): void {
    assert(this.#dirty.length === 0, "what was pending was sent from the old store");
    this.#recent.clear();
    const seen = this.#seen;
    this.#seen = revision;
    for (const group of [...this.#groups.all()]) {
      for (const watcher of [...group.watchers]) this.#lag(watcher, seen + 1);
    }
  }
}
