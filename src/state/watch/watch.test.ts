import { describe, expect, it } from "vitest";
import { type Metrics, nullMetrics, utf8 } from "../../base/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { type Bench, put, remove, settle, setUp, showEvent } from "../mvcc/testing/setup.ts";
import { WatchHub, type WatchHubOptions, type WatchReply, type WatchSink, type WatchStream } from "./index.ts";

/** Writes down replies as text: `id created`, `id @revision: event, event`. */
class Listener implements WatchSink {
  readonly lines: string[] = [];
  readonly replies: WatchReply[] = [];
  open = true;

  writable(): boolean {
    return this.open;
  }

  send(reply: WatchReply): void {
    this.replies.push(reply);
    const { watchId, revision, created, canceled, cancelReason, compactRevision, fragment, events } = reply;
    let line = `${watchId}`;
    if (created) line += " created";
    if (canceled) line += " canceled";
    if (cancelReason !== "") line += ` (${cancelReason})`;
    if (compactRevision !== 0) line += ` compacted at ${compactRevision}`;
    line += ` @${revision}`;
    if (fragment) line += " part";
    if (events.length > 0) line += `: ${events.map(showEvent).join(", ")}`;
    this.lines.push(line);
  }

  /** What came since the last call. */
  heard(): string[] {
    return this.lines.splice(0);
  }
}

interface Scene extends Bench {
  readonly hub: WatchHub;
  readonly sink: Listener;
  readonly stream: WatchStream;
}

function scene(options: WatchHubOptions = {}): Scene {
  const bench = setUp();
  const hub = new WatchHub(bench.mvcc, options, bench.env);
  const sink = new Listener();
  return { ...bench, hub, sink, stream: hub.stream(sink) };
}

describe("creating a watcher", () => {
  it("numbers them from 0 and skips what is taken", () => {
    const { sink, stream } = scene();
    const watch = (watchId?: bigint): bigint =>
      stream.create({ key: "a", end: "", startRevision: 0, ...(watchId === undefined ? {} : { watchId }) });
    expect([watch(), watch(2n), watch(), watch(0n), watch(2n), watch(-7n)]).toEqual([0n, 2n, 1n, 3n, -1n, -7n]);
    expect(sink.heard()).toEqual([
      "0 created @1",
      "2 created @1",
      "1 created @1",
      "3 created @1",
      "-1 created canceled (mvcc: duplicate watch ID provided on the WatchStream) @1",
      "-7 created @1",
    ]);
    expect(stream.watchers).toBe(5);
  });

  it("is refused as etcd refuses it", () => {
    const { sink, stream } = scene();
    expect(stream.create({ key: "b", end: "b", startRevision: 0 })).toBe(-1n);
    expect(stream.create({ key: "b", end: "a", startRevision: 0 })).toBe(-1n);
    expect(stream.create({ key: "b", end: "a", startRevision: -1 })).toBe(-1n);
    stream.refuse("rpc error: code = PermissionDenied desc = etcdserver: permission denied");
    expect(sink.heard()).toEqual([
      "-1 created canceled (mvcc: watcher range is empty) @1",
      "-1 created canceled (mvcc: watcher range is empty) @1",
      "-1 created canceled (etcdserver: mvcc: required revision has been compacted) @1",
      "-1 created canceled (rpc error: code = PermissionDenied desc = etcdserver: permission denied) @1",
    ]);
    expect(stream.watchers).toBe(0);
  });

  it("takes an empty key for the lowest, and an end of one zero byte for no end", () => {
    const { mvcc, time, sink, stream } = scene();
    stream.create({ key: "", end: "\0", startRevision: 0 });
    stream.create({ key: "b", end: "\0", startRevision: 0 });
    sink.heard();
    put(mvcc, "a", "1");
    put(mvcc, "\xff\xff", "2");
    time.endTurn();
    expect(sink.heard()).toEqual(["0 @3: PUT a=1 2/2/1, PUT \xff\xff=2 3/3/1", "1 @3: PUT \xff\xff=2 3/3/1"]);
  });
});

describe("live events", () => {
  it("reach those whose key or range they touch, once a turn, a transaction whole", () => {
    const { mvcc, time, sink, stream, hub } = scene();
    stream.create({ key: "a", end: "", startRevision: 0 });
    stream.create({ key: "a", end: "c", startRevision: 0 });
    stream.create({ key: "x", end: "", startRevision: 0 });
    sink.heard();
    put(mvcc, "a", "1");
    const txn = mvcc.write();
    txn.put("b", utf8("2"), 0n);
    txn.put("c", utf8("3"), 0n);
    txn.deleteRange("a", "");
    txn.end();
    expect(sink.heard()).toEqual([]);
    time.endTurn();
    expect(sink.heard()).toEqual(["0 @3: PUT a=1 2/2/1, DELETE a@3", "1 @3: PUT a=1 2/2/1, PUT b=2 3/3/1, DELETE a@3"]);
    put(mvcc, "b", "4");
    hub.flush();
    expect(sink.heard()).toEqual(["1 @4: PUT b=4 3/4/2"]);
    time.endTurn();
    expect(sink.heard()).toEqual([]);
  });

  it("leave after what else was to be sent at the end of the turn", () => {
    const { mvcc, time, sink, stream } = scene();
    stream.create({ key: "a", end: "", startRevision: 0 });
    sink.heard();
    put(mvcc, "a", "1");
    // The answer to the put: the sockets are flushed when it is there.
    time.endOfTurn(() => sink.lines.push("answers"));
    time.endTurn();
    expect(sink.heard()).toEqual(["answers", "0 @2: PUT a=1 2/2/1"]);
  });

  it("take several turns when they are many, stream by stream, and stay in order", () => {
    const bench = setUp();
    const hub = new WatchHub(bench.mvcc, {}, bench.env, { sliceMs: 0 });
    const { mvcc, time } = bench;
    const said: string[] = [];
    const streams = ["x", "y", "z"].map((name) =>
      hub.stream({
        writable: () => true,
        send: ({ watchId, revision, events }) => {
          said.push(`${name}${watchId} @${revision} ${events.map(showEvent).join(", ")}`);
        },
        endRun: () => said.push(name),
      }),
    );
    // In turn, so that neighbours in the group are not of one stream.
    for (let i = 0; i < 2; i++) for (const stream of streams) stream.create({ key: "a", end: "", startRevision: 0 });
    said.length = 0;
    put(mvcc, "a", "1");
    time.endOneTurn();
    time.endOneTurn();
    expect(said.splice(0)).toEqual(["x0 @2 PUT a=1 2/2/1", "x1 @2 PUT a=1 2/2/1", "x"]);
    // Meanwhile the next change; one watcher goes, one comes.
    put(mvcc, "a", "2");
    streams[1]!.cancel(0n);
    streams[2]!.create({ key: "a", end: "", startRevision: 0 });
    expect(said.splice(0)).toEqual(["y0 @3 ", "z2 @3 "]);
    time.endOneTurn();
    expect(said.splice(0)).toEqual(["y1 @2 PUT a=1 2/2/1", "y"]);
    // Progress has to be true: everything before it goes first, also what was still under way.
    streams[2]!.requestProgress();
    expect(said.splice(0)).toEqual([
      ...["z0 @2 PUT a=1 2/2/1", "z1 @2 PUT a=1 2/2/1", "z"],
      ...["x0 @3 PUT a=2 2/3/2", "x1 @3 PUT a=2 2/3/2", "x"],
      ...["z0 @3 PUT a=2 2/3/2", "z1 @3 PUT a=2 2/3/2", "z"],
      ...["y1 @3 PUT a=2 2/3/2", "y"],
      "z-1 @3 ",
    ]);
    time.endTurn();
    expect(said).toEqual([]);
    hub.close();
  });

  it("still under way are counted as pending", () => {
    const gauges = new Map<string, () => number>();
    const metrics: Metrics = {
      ...nullMetrics,
      gaugeFrom: ({ name }, read) => void gauges.set(name, read),
    };
    const bench = setUp();
    const hub = new WatchHub(bench.mvcc, {}, { ...bench.env, metrics }, { sliceMs: 0 });
    const pending = gauges.get("etcd_debugging_mvcc_pending_events_total")!;
    for (let i = 0; i < 3; i++) hub.stream(new Listener()).create({ key: "a", end: "", startRevision: 0 });
    put(bench.mvcc, "a", "1");
    put(bench.mvcc, "a", "2");
    const seen = [pending()];
    for (let i = 0; i < 4; i++) {
      bench.time.endOneTurn();
      seen.push(pending());
    }
    expect(seen).toEqual([6, 6, 4, 2, 0]);
    hub.close();
  });

  it("with the previous value take it from the store that a snapshot replaces", async () => {
    const { mvcc, time, sink, stream, store } = scene();
    put(mvcc, "a", "1");
    stream.create({ key: "a", end: "", startRevision: 0, prevKv: true });
    sink.heard();
    put(mvcc, "a", "2");
    const snapshot = openMemoryStore();
    for (const bucket of ["key", "meta"] as const) {
      store.visit(bucket, new Uint8Array(0), undefined, (row, value) => snapshot.put(bucket, row, value));
    }
    const leader = setUp({}, snapshot).mvcc;
    put(leader, "a", "3");
    const compacted = leader.compact(3);
    await time.advanceAsync(10);
    leader.close();
    await compacted.catch(() => {});
    const restored = mvcc.restore(snapshot);
    await time.advanceAsync(10);
    await restored;
    expect(sink.heard()).toEqual(["0 @3: PUT a=2 2/3/2 was a=1 2/2/1", "0 @4: PUT a=3 2/4/3 was a=2 2/3/2"]);
  });

  it("go out as the very same bytes to all who want the same", () => {
    const { mvcc, time, hub } = scene();
    const sinks = Array.from({ length: 50 }, () => new Listener());
    for (const [i, sink] of sinks.entries()) {
      hub.stream(sink).create({ key: "k", end: "l", startRevision: 0, prevKv: i % 2 === 1 });
    }
    put(mvcc, "k", "1");
    put(mvcc, "k", "2");
    time.endTurn();
    const [plain, previous] = [sinks[0]!.replies[1]!.events, sinks[1]!.replies[1]!.events];
    for (const [i, sink] of sinks.entries()) expect(sink.replies[1]!.events).toBe(i % 2 === 1 ? previous : plain);
    expect(plain.map(showEvent)).toEqual(["PUT k=1 2/2/1", "PUT k=2 2/3/2"]);
    expect(previous.map(showEvent)).toEqual(["PUT k=1 2/2/1", "PUT k=2 2/3/2 was k=1 2/2/1"]);
  });

  it("are filtered; a reply with nothing left is not sent", () => {
    const { mvcc, time, sink, stream } = scene();
    stream.create({ key: "a", end: "", startRevision: 0, noPut: true });
    stream.create({ key: "a", end: "", startRevision: 0, noDelete: true });
    sink.heard();
    put(mvcc, "a", "1");
    time.endTurn();
    expect(sink.heard()).toEqual(["1 @2: PUT a=1 2/2/1"]);
    remove(mvcc, "a");
    time.endTurn();
    expect(sink.heard()).toEqual(["0 @3: DELETE a@3"]);
  });

  it("carry what was before where asked: not for a put that creates, not once compacted", async () => {
    const { mvcc, time, sink, stream } = scene();
    put(mvcc, "a", "0");
    stream.create({ key: "a", end: "", startRevision: 0, prevKv: true });
    sink.heard();
    put(mvcc, "a", "1");
    remove(mvcc, "a");
    put(mvcc, "a", "2");
    time.endTurn();
    expect(sink.heard()).toEqual(["0 @5: PUT a=1 2/3/2 was a=0 2/2/1, DELETE a@4 was a=1 2/3/2, PUT a=2 5/5/1"]);
    put(mvcc, "a", "3");
    mvcc.compact(6);
    await settle(time);
    stream.create({ key: "a", end: "", startRevision: 6, prevKv: true });
    time.endTurn();
    expect(sink.heard()).toEqual(["0 @6: PUT a=3 5/6/2 was a=2 5/5/1", "1 created @6", "1 @6: PUT a=3 5/6/2"]);
  });

  it("before the start revision are withheld, also of a future one", () => {
    const { mvcc, time, sink, stream } = scene();
    put(mvcc, "a", "1");
    stream.create({ key: "a", end: "", startRevision: 4 });
    stream.create({ key: "a", end: "", startRevision: 3 });
    sink.heard();
    for (let i = 0; i < 3; i++) put(mvcc, "a", String(i));
    time.endTurn();
    expect(sink.heard()).toEqual([
      "0 @5: PUT a=1 2/4/3, PUT a=2 2/5/4",
      "1 @5: PUT a=0 2/3/2, PUT a=1 2/4/3, PUT a=2 2/5/4",
    ]);
  });
});

describe("history", () => {
  it("is caught up from any revision, from memory and from the store alike", async () => {
    const first = scene();
    put(first.mvcc, "a", "1");
    put(first.mvcc, "b", "2");
    remove(first.mvcc, "a");
    const expected = ["PUT a=1 2/2/1", "PUT b=2 3/3/1", "DELETE a@4"];
    // A second hub over the same store remembers nothing.
    const second = setUp({}, first.store);
    const hub = new WatchHub(second.mvcc, {}, second.env);
    for (const [stream, sink, time] of [
      [first.stream, first.sink, first.time],
      (() => {
        const sink = new Listener();
        return [hub.stream(sink), sink, second.time] as const;
      })(),
    ] as const) {
      for (let start = 1; start <= 5; start++) {
        stream.create({ key: "a", end: "z", startRevision: start });
        time.endTurn();
        const from = Math.max(0, start - 2);
        const rest = expected.slice(from).join(", ");
        expect(sink.heard()).toEqual(
          from < 3 ? [`${start - 1} created @4`, `${start - 1} @4: ${rest}`] : [`${start - 1} created @4`],
        );
      }
    }
  });

  it("that was compacted away ends the watch with the compact revision; at it the watch stands", async () => {
    const { mvcc, time, sink, stream } = scene();
    for (let i = 0; i < 5; i++) put(mvcc, "a", String(i));
    mvcc.compact(4);
    await settle(time);
    stream.create({ key: "a", end: "", startRevision: 3 });
    stream.create({ key: "a", end: "", startRevision: 4 });
    time.endTurn();
    expect(sink.heard()).toEqual([
      "0 created @6",
      "1 created @6",
      "0 canceled compacted at 4 @0",
      "1 @6: PUT a=2 2/4/3, PUT a=3 2/5/4, PUT a=4 2/6/5",
    ]);
    expect(stream.watchers).toBe(1);
    expect(stream.cancel(0n)).toBe(false);
  });

  it("of a key written many times comes in replies of whole revisions, at most 1000", async () => {
    const { mvcc, time, sink, stream } = scene();
    for (let i = 0; i < 2500; i++) put(mvcc, "hot", String(i));
    stream.create({ key: "hot", end: "", startRevision: 1 });
    stream.create({ key: "h", end: "i", startRevision: 1 });
    time.endTurn();
    await settle(time);
    for (const id of [0n, 1n]) {
      const sizes = sink.replies.filter((one) => one.watchId === id && !one.created).map((one) => one.events.length);
      expect(sizes).toEqual([1000, 1000, 500]);
    }
  });

  it("does not starve a watcher that is nearly in step behind one that is far back", async () => {
    const { mvcc, store } = setUp();
    for (let i = 0; i < 30_000; i++) put(mvcc, "k", "");
    const { env, time, mvcc: fresh } = setUp({}, store);
    const hub = new WatchHub(fresh, {}, env);
    const [far, near] = [new Listener(), new Listener()];
    hub.stream(far).create({ key: "j", end: "k", startRevision: 1 });
    hub.stream(near).create({ key: "k", end: "l", startRevision: 29_990 });
    time.endTurn();
    time.advance(0);
    expect(near.replies.at(-1)?.events.length).toBe(12);
    await settle(time);
    far.heard();
  });
});

describe("a sink that takes no more", () => {
  it("costs nothing while it is closed, and gets everything once it opens", () => {
    const { mvcc, time, sink, stream } = scene();
    stream.create({ key: "a", end: "", startRevision: 0 });
    put(mvcc, "a", "1");
    time.endTurn();
    sink.open = false;
    for (let i = 2; i < 5; i++) put(mvcc, "a", String(i));
    time.endTurn();
    time.advance(100);
    put(mvcc, "a", "5");
    time.endTurn();
    sink.heard();
    sink.open = true;
    time.advance(10);
    expect(sink.heard()).toEqual(["0 @6: PUT a=2 2/3/2, PUT a=3 2/4/3, PUT a=4 2/5/4, PUT a=5 2/6/5"]);
    sink.open = false;
    put(mvcc, "a", "6");
    time.endTurn();
    sink.open = true;
    stream.resume();
    time.endTurn();
    expect(sink.heard()).toEqual(["0 @7: PUT a=6 2/7/6"]);
    expect(time.pending).toBe(1);
    time.advance(10);
    expect(time.pending).toBe(0);
  });

  it("hears of a compaction that overtook it when it opens", async () => {
    const { mvcc, time, sink, stream } = scene();
    stream.create({ key: "a", end: "", startRevision: 0 });
    sink.open = false;
    put(mvcc, "a", "1");
    time.endTurn();
    put(mvcc, "a", "2");
    mvcc.compact(3);
    await time.advanceAsync(50);
    sink.heard();
    sink.open = true;
    await settle(time);
    expect(sink.heard()).toEqual(["0 canceled compacted at 3 @0"]);
  });

  it("does not hold up the others", () => {
    const { mvcc, time, sink, stream, hub } = scene();
    const other = new Listener();
    stream.create({ key: "a", end: "", startRevision: 0 });
    hub.stream(other).create({ key: "a", end: "", startRevision: 0 });
    sink.open = false;
    put(mvcc, "a", "1");
    time.endTurn();
    expect(other.lines).toEqual(["0 created @1", "0 @2: PUT a=1 2/2/1"]);
  });
});

describe("progress", () => {
  it("asked for is told once for the stream, and only if all its watchers are in step", () => {
    const { mvcc, time, sink, stream } = scene();
    stream.requestProgress();
    expect(sink.heard()).toEqual([]);
    stream.create({ key: "a", end: "", startRevision: 0 });
    stream.create({ key: "b", end: "", startRevision: 0 });
    put(mvcc, "a", "1");
    sink.heard();
    // What is pending goes first, or the revision would claim too much.
    stream.requestProgress();
    expect(sink.heard()).toEqual(["0 @2: PUT a=1 2/2/1", "-1 @2"]);
    stream.create({ key: "a", end: "", startRevision: 1 });
    stream.requestProgress();
    expect(sink.heard()).toEqual(["2 created @2"]);
    time.endTurn();
    stream.requestProgress();
    expect(sink.heard()).toEqual(["2 @2: PUT a=1 2/2/1", "-1 @2"]);
    stream.create({ key: "a", end: "", startRevision: 9 });
    stream.requestProgress();
    expect(sink.heard()).toEqual(["3 created @2"]);
  });

  it("is told by itself to watchers that asked for it and had no event since the last time", () => {
    const { mvcc, time, sink, stream } = scene({ progressNotifyIntervalMs: 1000 });
    stream.create({ key: "a", end: "", startRevision: 0, progressNotify: true });
    stream.create({ key: "b", end: "", startRevision: 0 });
    put(mvcc, "x", "");
    sink.heard();
    time.advance(999);
    expect(sink.heard()).toEqual([]);
    time.advance(101);
    expect(sink.heard()).toEqual(["0 @2"]);
    put(mvcc, "a", "1");
    time.endTurn();
    expect(sink.heard()).toEqual(["0 @3: PUT a=1 3/3/1"]);
    time.advance(1100);
    expect(sink.heard()).toEqual([]);
    time.advance(1100);
    expect(sink.heard()).toEqual(["0 @3"]);
    stream.close();
    expect(time.pending).toBe(0);
  });
});

describe("the end of a watcher", () => {
  it("by cancel is answered once, drops what is pending, and frees the number", () => {
    const { mvcc, time, sink, stream } = scene();
    stream.create({ watchId: 5n, key: "a", end: "", startRevision: 0 });
    put(mvcc, "a", "1");
    sink.heard();
    expect([stream.cancel(5n), stream.cancel(5n), stream.cancel(6n)]).toEqual([true, false, false]);
    time.endTurn();
    expect(sink.heard()).toEqual(["5 canceled @2"]);
    expect(stream.create({ watchId: 5n, key: "a", end: "", startRevision: 0 })).toBe(5n);
  });

  it("by the end of its stream or of the hub is silent", () => {
    const { mvcc, time, sink, stream, hub } = scene();
    stream.create({ key: "a", end: "", startRevision: 0 });
    stream.create({ key: "a", end: "", startRevision: 1 });
    sink.heard();
    put(mvcc, "a", "1");
    hub.close();
    time.advance(1000);
    expect(stream.create({ key: "a", end: "", startRevision: 0 })).toBe(-1n);
    expect(sink.heard()).toEqual([]);
    expect(time.pending).toBe(0);
    expect(() => hub.stream(sink)).toThrow("closed");
  });
});

describe("fragments", () => {
  it("split one long revision for those who allow it", () => {
    const { mvcc, time, sink, stream } = scene({ fragmentBytes: 1000 });
    stream.create({ key: "k", end: "l", startRevision: 0, fragment: true });
    stream.create({ key: "k", end: "l", startRevision: 0 });
    const txn = mvcc.write();
    for (let i = 0; i < 10; i++) txn.put(`k${i}`, new Uint8Array(200), 0n);
    txn.end();
    put(mvcc, "k", "short");
    time.endTurn();
    const pieces = sink.replies.filter((one) => one.watchId === 0n && !one.created);
    expect(pieces.map((one) => [one.events.length, one.fragment])).toEqual([
      [4, true],
      [4, true],
      [3, false],
    ]);
    const whole = sink.replies.filter((one) => one.watchId === 1n && !one.created);
    expect(whole.map((one) => [one.events.length, one.fragment])).toEqual([[11, false]]);
    expect(pieces.flatMap((one) => one.events)).toEqual(whole[0]!.events);
  });
});

describe("metrics", () => {
  it("tell streams, watchers, slow ones and events", () => {
    const read = new Map<string, () => number>();
    const metrics: Metrics = {
      ...nullMetrics,
      counterFrom: ({ name }, value) => void read.set(name, value),
      gaugeFrom: ({ name }, value) => void read.set(name, value),
    };
    const { env, mvcc, time } = setUp();
    const hub = new WatchHub(mvcc, {}, { ...env, metrics });
    const sink = new Listener();
    const stream = hub.stream(sink);
    const tell = (): number[] =>
      ["watch_stream_total", "watcher_total", "slow_watcher_total", "events_total", "pending_events_total"].map(
        (name) => read.get(`etcd_debugging_mvcc_${name}`)!(),
      );
    stream.create({ key: "a", end: "", startRevision: 0 });
    stream.create({ key: "a", end: "", startRevision: 0 });
    put(mvcc, "a", "1");
    expect(tell()).toEqual([1, 2, 0, 0, 2]);
    time.endTurn();
    expect(tell()).toEqual([1, 2, 0, 2, 0]);
    sink.open = false;
    put(mvcc, "a", "1");
    time.endTurn();
    expect(tell()).toEqual([1, 2, 2, 2, 0]);
    expect(read.get("quorate_watch_blocked_streams")!()).toBe(1);
    expect(read.get("quorate_watch_recent_bytes")!()).toBeGreaterThan(0);
    stream.cancel(0n);
    expect(tell()).toEqual([1, 1, 1, 2, 0]);
    stream.close();
    expect(tell()).toEqual([0, 0, 0, 2, 0]);
    expect(read.get("quorate_watch_blocked_streams")!()).toBe(0);
  });
});
