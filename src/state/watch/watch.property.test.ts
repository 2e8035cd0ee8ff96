import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { kv } from "../../wire/proto/index.ts";
import type { Mvcc } from "../mvcc/index.ts";
import { type Bench, settle, setUp, show } from "../mvcc/testing/setup.ts";
import { WatchHub } from "./hub.ts";
import type { WatchReply, WatchSink, WatchStream } from "./index.ts";

/*
 * The promises of etcd's watch (its API guarantees, and the six that its robustness tests check): ordered, unique,
 * reliable (nothing missing), atomic (a revision is not torn), resumable (from any revision still there), bookmarkable
 * (a progress reply means that all up to it was delivered).
 */

interface Happened {
  revision: number;
  key: string;
  tombstone: boolean;
  /** `show` of the KeyValue. */
  now: string;
  /** Of the one before, if any. */
  before: string | undefined;
}

interface Watched {
  readonly stream: TestSink;
  readonly id: bigint;
  readonly key: string;
  readonly end: string;
  /** First revision it is to see. */
  readonly start: number;
  /** As it asked; 0 = from now on. */
  readonly startRevision: number;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly prevKv: boolean;
  /** Matches of `history` delivered so far. */
  seen: number;
  lastRevision: number;
  /** Revision in the header of the last reply with events. */
  header: number;
  tearing: boolean;
  ended: boolean;
}

/** What went on, and what of it each watcher has to see. */
class World {
  readonly history: Happened[] = [];
  compactRevision = -1;
  revision: () => number = () => 1;

  expected(watched: Watched, upTo = Number.POSITIVE_INFINITY): Happened[] {
    const { key, end, start, noPut, noDelete } = watched;
    return this.history.filter(
      (one) =>
        one.revision >= start &&
        one.revision <= upTo &&
        (end === "" ? one.key === key : one.key >= key && (end === "\0" || one.key < end)) &&
        !(one.tombstone ? noDelete : noPut),
    );
  }
}

class TestSink implements WatchSink {
  readonly world: World;
  readonly watched = new Map<bigint, Watched>();
  open = true;
  /** Replies until it blocks by itself. */
  budget = Number.POSITIVE_INFINITY;
  /** Ids whose created reply came. */
  readonly created = new Set<bigint>();
  readonly canceled = new Set<bigint>();
  replies = 0;
  progress = 0;

  constructor(world: World) {
    this.world = world;
  }

  writable(): boolean {
    return this.open && this.budget > 0;
  }

  send(reply: WatchReply): void {
    this.replies++;
    if (reply.created) {
      if (!reply.canceled) this.created.add(reply.watchId);
      return;
    }
    if (reply.watchId === -1n) {
      this.progress++;
      for (const watched of this.watched.values()) this.#complete(watched, reply.revision);
      return;
    }
    const watched = this.watched.get(reply.watchId)!;
    expect(this.created.has(reply.watchId)).toBe(true);
    expect(watched.ended).toBe(false);
    if (reply.canceled) {
      watched.ended = true;
      this.canceled.add(reply.watchId);
      if (reply.compactRevision === 0) return;
      // Cut off by a compaction: only if something it had still to see, or to pass, was compacted.
      expect(reply.compactRevision).toBe(this.world.compactRevision);
      expect(reply.revision).toBe(0);
      expect(Math.max(watched.start, watched.lastRevision)).toBeLessThan(this.world.compactRevision);
      this.watched.delete(reply.watchId);
      return;
    }
    if (reply.events.length === 0) {
      expect(reply.revision).toBe(this.world.revision());
      this.progress++;
      this.#complete(watched, reply.revision);
      return;
    }
    // The pieces of one response come together.
    if (!watched.tearing) expect(this.writable()).toBe(true);
    this.budget = Math.max(0, this.budget - 1);
    this.#take(watched, reply);
  }

  #take(watched: Watched, reply: WatchReply): void {
    const expected = this.world.expected(watched);
    const first = kv.decodeEvent(reply.events[0]!).kv!;
    // Atomic: a reply does not go on with a revision of the one before, unless it is a fragment of it.
    const firstRevision = kv.decodeKeyValue(first).modRevision;
    if (!watched.tearing) expect(firstRevision).toBeGreaterThan(watched.lastRevision);
    for (const bytes of reply.events) {
      const event = kv.decodeEvent(bytes);
      const one = expected[watched.seen++]!;
      expect(one).toBeDefined();
      expect(event.type === kv.EventType.DELETE).toBe(one.tombstone);
      const key = kv.decodeKeyValue(event.kv!);
      expect(Buffer.from(key.key).toString("latin1")).toBe(one.key);
      expect(key.modRevision).toBe(one.revision);
      if (!one.tombstone) expect(show(event.kv!)).toBe(one.now);
      if (!watched.prevKv) expect(event.prevKv).toBeUndefined();
      else if (event.prevKv !== undefined) expect(show(event.prevKv)).toBe(one.before);
      else if (one.before !== undefined) expect(this.world.compactRevision).toBeGreaterThan(one.revision - 1);
      watched.lastRevision = one.revision;
    }
    watched.tearing = reply.fragment;
    // Written meanwhile is possible; a header behind its events, or ahead of the store, is not.
    expect(reply.revision).toBeGreaterThanOrEqual(watched.lastRevision);
    expect(reply.revision).toBeLessThanOrEqual(this.world.revision());
    expect(reply.revision).toBeGreaterThanOrEqual(watched.header);
    watched.header = reply.revision;
    const next = expected[watched.seen];
    if (!reply.fragment && next !== undefined) expect(next.revision).toBeGreaterThan(watched.lastRevision);
  }

  #complete(watched: Watched, revision: number): void {
    expect(watched.seen).toBe(this.world.expected(watched, revision).length);
  }
}

const keys = ["a", "aa", "ab", "b", "c", "\xff"];
const key = fc.constantFrom(...keys);
const end = fc.constantFrom("", "\0", "b", "c", "\xff");

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      writes: fc.array(fc.record({ key, end, remove: fc.nat(3), size: fc.nat(40) }), { minLength: 1, maxLength: 4 }),
      times: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("create" as const),
      stream: fc.nat(2),
      key,
      end,
      back: fc.integer({ min: -4, max: 30 }),
      id: fc.nat(3),
      noPut: fc.nat(5),
      noDelete: fc.nat(5),
      prevKv: fc.boolean(),
      progressNotify: fc.boolean(),
      fragment: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), stream: fc.nat(2), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), stream: fc.nat(2) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("sink" as const),
      stream: fc.nat(2),
      budget: fc.nat(3),
      tell: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("compact" as const), back: fc.nat(8), delete: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const), ahead: fc.array(key, { maxLength: 4 }) }) },
  { weight: 6, arbitrary: fc.constant({ do: "turn" as const }) },
  { weight: 6, arbitrary: fc.constant({ do: "slice" as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 10, 150) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("progress" as const), stream: fc.nat(2) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Limits so small that every cut happens. */
const limits = {
  watchersPerRound: 3,
  revisionsPerKey: 4,
  rowsPerRound: 7,
  bytesPerRound: 400,
  roundMs: 5,
  // One stream in a turn.
  sliceMs: 0,
  replyBytes: 120,
  blockedPollMs: 10,
  recentTransactions: 6,
  recentBytes: 300,
};

class Play {
  readonly world = new World();
  readonly bench: { -readonly [K in keyof Bench]: Bench[K] } = setUp({ compactionBatchLimit: 5 });
  readonly hub = new WatchHub(
    this.bench.mvcc,
    { progressNotifyIntervalMs: 100, fragmentBytes: 150 },
    this.bench.env,
    limits,
  );
  readonly state = new Map<string, string>();
  readonly streams: { sink: TestSink; stream: WatchStream }[] = [];

  constructor() {
    this.world.revision = () => this.bench.mvcc.revision;
    for (let i = 0; i < 3; i++) this.streams.push(this.open());
  }

  open(): { sink: TestSink; stream: WatchStream } {
    const sink = new TestSink(this.world);
    return { sink, stream: this.hub.stream(sink) };
  }

  write(mvcc: Mvcc, writes: readonly { key: string; end: string; remove: number; size: number }[]): void {
    const txn = mvcc.write();
    const revision = mvcc.revision + 1;
    const { history, compactRevision } = this.world;
    const happened: Happened[] = [];
    const touched = new Set<string>();
    const before = new Map(this.state);
    for (const one of writes) {
      // As validation has it: no key is put twice, or put and deleted, in one transaction.
      if (one.remove > 0) {
        if (touched.has(one.key)) continue;
        touched.add(one.key);
        txn.put(one.key, utf8("x".repeat(one.size)), 0n);
        const now = show(mvcc.get(one.key)!);
        this.state.set(one.key, now);
        const was = before.get(one.key);
        happened.push({ revision, key: one.key, tombstone: false, now, before: was });
        continue;
      }
      const gone = [...this.state.keys()]
        .filter((k) => (one.end === "" ? k === one.key : k >= one.key && (one.end === "\0" || k < one.end)))
        .sort();
      if (gone.some((k) => touched.has(k))) continue;
      txn.deleteRange(one.key, one.end);
      for (const k of gone) {
        touched.add(k);
        happened.push({ revision, key: k, tombstone: true, now: "", before: this.state.get(k) });
        this.state.delete(k);
      }
    }
    // The history must be known before the hub may speak of it.
    history.push(...happened);
    txn.end();
    expect(mvcc.revision).toBe(happened.length > 0 ? revision : revision - 1);
    expect(this.world.compactRevision).toBe(compactRevision);
  }

  create(one: Extract<Step, { do: "create" }>): void {
    const { sink, stream } = this.streams[one.stream]!;
    const { mvcc } = this.bench;
    const startRevision = one.back > 25 ? 0 : Math.max(0, mvcc.revision - one.back);
    const taken = sink.watched.has(BigInt(one.id));
    const id = stream.create({
      watchId: BigInt(one.id),
      key: one.key,
      end: one.end,
      startRevision,
      noPut: one.noPut === 0,
      noDelete: one.noDelete === 0,
      prevKv: one.prevKv,
      progressNotify: one.progressNotify,
      fragment: one.fragment,
    });
    const empty = one.end !== "" && one.end !== "\0" && one.key >= one.end;
    expect(id === -1n).toBe(empty || (one.id !== 0 && taken));
    if (id === -1n) return;
    expect(sink.created.has(id)).toBe(true);
    sink.watched.set(id, {
      stream: sink,
      id,
      key: one.key,
      end: one.end,
      startRevision,
      start: startRevision === 0 ? mvcc.revision + 1 : startRevision,
      noPut: one.noPut === 0,
      noDelete: one.noDelete === 0,
      prevKv: one.prevKv,
      seen: 0,
      lastRevision: 0,
      header: 0,
      tearing: false,
      ended: false,
    });
  }

  async step(one: Step): Promise<void> {
    const { mvcc, time } = this.bench;
    switch (one.do) {
      case "write":
        for (let i = 0; i < one.times; i++) this.write(mvcc, one.writes);
        break;
      case "create":
        this.create(one);
        break;
      case "cancel": {
        const { sink, stream } = this.streams[one.stream]!;
        const ids = [...sink.watched.keys()];
        const id = ids[one.which % Math.max(1, ids.length)];
        expect(stream.cancel(99n)).toBe(false);
        if (id === undefined) break;
        expect(stream.cancel(id)).toBe(true);
        expect(sink.canceled.has(id)).toBe(true);
        sink.watched.delete(id);
        break;
      }
      case "close": {
        const { sink, stream } = this.streams[one.stream]!;
        stream.close();
        const { replies } = sink;
        this.streams[one.stream] = this.open();
        time.endTurn();
        expect(sink.replies).toBe(replies);
        break;
      }
      case "sink": {
        const { sink, stream } = this.streams[one.stream]!;
        sink.budget = one.budget === 3 ? Number.POSITIVE_INFINITY : one.budget;
        if (one.tell) stream.resume();
        break;
      }
      case "compact": {
        const revision = mvcc.revision - one.back;
        if (revision <= Math.max(1, mvcc.compactRevision)) break;
        mvcc.compact(revision);
        this.world.compactRevision = revision;
        // Deletes while no sink takes anything: those who lag are overtaken in the middle.
        if (one.delete) await this.#whileBlocked(() => time.advanceAsync(50));
        break;
      }
      case "restore": {
        await this.#restore(one.ahead);
        break;
      }
      case "turn":
        time.endTurn();
        break;
      case "slice":
        time.endOneTurn();
        break;
      case "advance":
        time.advance(one.ms);
        break;
      case "progress":
        this.streams[one.stream]!.stream.requestProgress();
        break;
      default:
    }
  }

  async #whileBlocked(run: () => Promise<void>): Promise<void> {
    for (const { sink } of this.streams) sink.open = false;
    await run();
    for (const { sink } of this.streams) sink.open = true;
  }

  /** A snapshot from a member that is some writes ahead takes the place of the store. */
  async #restore(ahead: readonly string[]): Promise<void> {
    const { mvcc, time, store } = this.bench;
    const snapshot = openMemoryStore();
    for (const bucket of ["key", "meta"] as const) {
      store.visit(bucket, new Uint8Array(0), undefined, (row, value) => snapshot.put(bucket, row, value));
    }
    const leader = setUp({}, snapshot).mvcc;
    for (const one of ahead) this.write(leader, [{ key: one, end: "", remove: one === "b" ? 0 : 1, size: 3 }]);
    leader.close();
    this.bench.store = snapshot;
    const restored = mvcc.restore(snapshot);
    await time.advanceAsync(10);
    await restored;
  }

  async finish(): Promise<void> {
    const { time, mvcc } = this.bench;
    for (const { sink } of this.streams) sink.budget = Number.POSITIVE_INFINITY;
    await time.advanceAsync(1000);
    for (const { sink, stream } of this.streams) {
      for (const watched of sink.watched.values()) {
        expect(watched.seen).toBe(this.world.expected(watched).length);
      }
      expect(stream.watchers).toBe(sink.watched.size);
      const { progress } = sink;
      stream.requestProgress();
      const future = [...sink.watched.values()].some((watched) => watched.startRevision > mvcc.revision);
      expect(sink.progress - progress).toBe(sink.watched.size > 0 && !future ? 1 : 0);
    }
    this.hub.close();
    mvcc.close();
    await settle(time);
    expect(time.pending).toBe(0);
  }
}

describe("watch against a replay of history", () => {
  it("every watcher sees exactly the events of its range, once, in order, whole revisions at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const play = new Play();
        for (const one of steps) await play.step(one);
        await play.finish();
      }),
      { numRuns: 700 },
    );
  });
});
