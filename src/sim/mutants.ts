import { type ConfState, MajorityConfig, MemoryStorage, MessageType, RawNode, VoteResult } from "../raft/index.ts";
import { ServerMember } from "../server/index.ts";
import { Lessor } from "../state/lease/index.ts";
import { Mvcc } from "../state/mvcc/index.ts";
import { WatchHub, type WatchReply, type WatchSink } from "../state/watch/index.ts";
import type { Store } from "../storage/store/index.ts";
import { openMemoryStore } from "../storage/store/testing/index.ts";
import { Wal } from "../storage/wal/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Options } from "./options.ts";

/*
 * Bugs that are planted to see whether the checks find them. They live here only: each wraps methods of the production
 * classes for the time of a run, or makes the disk or the network lie. Some stand behind front doors that no room opens; those
 * are entered by dynamic import, here and nowhere else.
 */

export interface Mutant {
  readonly name: string;
  readonly about: string;
  /** What the run needs for the bug to matter at all. */
  readonly changes?: Partial<Options>;
  /** The scenario that finds it, where drawn faults hardly ever bring about what it needs. */
  readonly scenario?: string;
  /** Wraps classes; the answer takes it back. */
  plant?(): (() => void) | Promise<() => void>;
  /** Makes the world of a run lie. */
  arrange?(cluster: Cluster): void;
}

// biome-ignore lint/suspicious/noExplicitAny: methods of any shape are wrapped.
type Method = (...args: any[]) => any;

/** Puts `make(original)` in the place of a method; returns what undoes it. */
function wrap(prototype: object, name: string, make: (original: Method) => Method): () => void {
  const target = prototype as Record<string, Method>;
  const original = target[name]!;
  // As a method, so that `this` is the instance.
  target[name] = make(original);
  return () => {
    target[name] = original;
  };
}

function storePrototype(): Store {
  return Object.getPrototypeOf(openMemoryStore()) as Store;
}

/** Changes what watchers are sent. */
function bendReplies(bend: (reply: WatchReply, send: (reply: WatchReply) => void) => void): () => void {
  return wrap(
    WatchHub.prototype,
    "stream",
    (original) =>
      function (this: WatchHub, sink: WatchSink) {
        return original.call(this, {
          writable: () => sink.writable(),
          send: (reply: WatchReply) => bend(reply, (bent) => sink.send(bent)),
        });
      },
  );
}

/** Changes where watchers start. */
function bendCreates(bend: (request: { startRevision: number }, revision: number) => number): () => void {
  return wrap(
    WatchHub.prototype,
    "stream",
    (original) =>
      function (this: WatchHub & { revision: number }, sink: WatchSink) {
        const stream = original.call(this, sink) as { create: Method };
        const { create } = stream;
        stream.create = (request: { startRevision: number }) =>
          create.call(stream, { ...request, startRevision: bend(request, this.revision) });
        return stream;
      },
  );
}

/** What only a leader may decide is proposed as any request is. */
async function forwardRevocations(): Promise<() => void> {
  const { Proposer } = await import("../server/proposer.ts");
  return wrap(
    Proposer.prototype,
    "proposeAsLeader",
    () =>
      function (this: InstanceType<typeof Proposer>, command: never, by: never) {
        return this.propose(command, by) as never;
      },
  );
}

const crashy: Partial<Options> = { crashes: 8, downMaxMs: 3000 };
const cut: Partial<Options> = { members: 3, partitions: 6, pauses: 3 };
const watched: Partial<Options> = { watchers: 6 };

/** Faults of a log whose message `which` picks count as a torn tail, which a start repairs by cutting it off. */
async function takenForTorn(which: (message: string) => boolean): Promise<() => void> {
  const { RecordDecoder } = await import("../storage/wal/decoder.ts");
  const { WalError } = await import("../storage/wal/errors.ts");
  return wrap(
    RecordDecoder.prototype,
    "next",
    (original) =>
      function (this: object) {
        try {
          return original.call(this);
        } catch (error) {
          if (!(error instanceof WalError) || !which(error.message)) throw error;
          throw new WalError("TornTail", error.message);
        }
      },
  );
}

/** What a start reads of the database's row of voters is what raft begins with. */
function votersOfTheRow(): () => void {
  let row: ConfState | undefined;
  const undoRead = wrap(
    storePrototype(),
    "confState",
    (original) =>
      function (this: object) {
        row = original.call(this) as ConfState | undefined;
        return row;
      },
  );
  const undoStart = wrap(
    MemoryStorage.prototype,
    "initialState",
    (original) =>
      function (this: object) {
        const state = original.call(this) as ReturnType<MemoryStorage["initialState"]>;
        return state.confState.voters.length > 0 && row !== undefined ? { ...state, confState: row } : state;
      },
  );
  return () => {
    undoRead();
    undoStart();
  };
}

export const mutants: readonly Mutant[] = [
  {
    name: "voters-from-the-database",
    about: "a member starts with the voters of the row confState, where a restore leaves those of another cluster",
    changes: { ...crashy, restores: 2 },
    plant: votersOfTheRow,
  },
  {
    name: "ack-before-sync",
    about: "syncs of the log come back before anything is durable",
    changes: crashy,
    arrange: (cluster) => {
      for (const { disk } of cluster.all) disk.syncLies = /\.wal$/;
    },
  },
  {
    name: "db-sync-skipped",
    about: "the database's syncs do nothing, so that its meta page may be durable before the pages it names",
    changes: crashy,
    arrange: (cluster) => {
      for (const { disk } of cluster.all) disk.syncLies = /\/db$/;
    },
  },
  {
    name: "index-before-effects",
    about: "the consistent index is saved ahead of the entries' effects (etcd 3.5.0 to 3.5.2)",
    changes: crashy,
    plant: () =>
      wrap(
        storePrototype(),
        "setConsistentIndex",
        (original) =>
          function (this: Store, index: number, term: number) {
            original.call(this, index + 2, term);
          },
      ),
  },
  {
    name: "index-never-saved",
    about: "the consistent index stays where it was, and entries are applied again after a restart",
    changes: crashy,
    plant: () =>
      wrap(
        storePrototype(),
        "setConsistentIndex",
        (original) =>
          function (this: Store, index: number, term: number) {
            if (index < 20) original.call(this, index, term);
          },
      ),
  },
  {
    name: "commit-not-waited-for",
    about: "a snapshot of the log is written without waiting for the store's commit",
    changes: { ...crashy, snapshotCount: 20, batchIntervalMs: 1000 },
    plant: () => wrap(storePrototype(), "commit", () => async () => {}),
  },
  {
    name: "freed-page-reused",
    about: "readers do not keep the pages they look at from being used again",
    changes: { snapshots: 30, crashes: 0, keys: 40, valueBytes: 2000, thinkMs: 300 },
    plant: async () => {
      const { Freelist } = await import("../storage/bolt/freelist.ts");
      const undo = [
        wrap(Freelist.prototype, "addReader", () => () => {}),
        wrap(Freelist.prototype, "removeReader", () => () => {}),
      ];
      return () => {
        for (const one of undo) one();
      };
    },
  },
  {
    name: "page-given-twice",
    about: "the freelist gives a page to two transactions in a row",
    plant: async () => {
      const { Freelist } = await import("../storage/bolt/freelist.ts");
      let last = { txid: 0, id: 0 };
      let count = 0;
      return wrap(
        Freelist.prototype,
        "allocate",
        (original) =>
          function (this: object, txid: number, pages: number) {
            if (pages === 1 && last.id !== 0 && last.txid < txid && ++count % 10 === 0) return last.id;
            const id = original.call(this, txid, pages) as number;
            if (pages === 1) last = { txid, id };
            return id;
          },
      );
    },
  },
  {
    name: "snapshot-before-state",
    about: "a snapshot that arrived is installed before the log holds its commit index (ours, found by seed 13)",
    changes: {
      members: 3,
      snapshotCount: 20,
      catchUpEntries: 10,
      partitions: 6,
      crashes: 12,
      crashesInside: 1,
      thinkMs: 300,
    },
    plant: () => wrap(Wal.prototype, "sync", () => async () => {}),
  },
  {
    name: "purge-leaves-hole",
    about: "removed log files are not made to stay removed one by one (ours, found by seed 13)",
    changes: { ...crashy, snapshotCount: 20, segmentBytes: 16 * 1024, thinkMs: 300, valueBytes: 200 },
    arrange: (cluster) => {
      for (const { disk } of cluster.all) disk.removalSyncLies = /\/wal$/;
    },
  },
  {
    name: "vote-forgotten",
    about: "votes are not in the log, so that a member may vote twice in a term after a restart",
    changes: {
      members: 3,
      crashes: 60,
      crashesInside: 0,
      downMaxMs: 20,
      partitions: 20,
      preVote: false,
      networkLatencyMs: 80,
    },
    plant: () => {
      const forget = (original: Method): Method =>
        function (this: Wal, state: { vote: bigint } | undefined, entries: unknown) {
          return original.call(this, state === undefined ? state : { ...state, vote: 0n }, entries);
        };
      const undo = [wrap(Wal.prototype, "save", forget), wrap(Wal.prototype, "append", forget)];
      return () => {
        for (const one of undo) one();
      };
    },
  },
  {
    name: "term-forgotten",
    about: "a state without entries never reaches the log",
    changes: { members: 3, crashes: 12, downMaxMs: 200, partitions: 6 },
    plant: () => {
      const forget = (original: Method): Method =>
        function (this: Wal, state: unknown, entries: readonly unknown[]) {
          return original.call(this, entries.length === 0 ? undefined : state, entries);
        };
      const undo = [wrap(Wal.prototype, "save", forget), wrap(Wal.prototype, "append", forget)];
      return () => {
        for (const one of undo) one();
      };
    },
  },
  {
    name: "old-term-by-count",
    about:
      "a leader commits an entry of an earlier term because a majority holds it (raft paper, figure 8); one entry a message",
    changes: {
      members: 5,
      crashes: 40,
      crashesInside: 0.5,
      downMaxMs: 500,
      partitions: 20,
      thinkMs: 100,
      networkLatencyMs: 30,
      preVote: false,
      memberChanges: 0,
      rots: 0,
    },
    plant: async () => {
      const { RaftLog } = await import("../raft/log.ts");
      const undo = [
        wrap(
          RaftLog.prototype,
          "maybeCommit",
          () =>
            function (this: { committed: number; lastIndex: number; commitTo(index: number): void }, index: number) {
              if (index <= this.committed || index > this.lastIndex) return false;
              this.commitTo(index);
              return true;
            },
        ),
        // Else an old entry travels with the first one of the new term, and both are counted together.
        wrap(
          RaftLog.prototype,
          "entriesFrom",
          (original) =>
            function (this: object, index: number) {
              return original.call(this, index, 1);
            },
        ),
      ];
      return () => {
        for (const one of undo) one();
      };
    },
  },
  {
    name: "commit-by-one",
    about: "what the leader alone holds counts as committed",
    changes: { ...cut, crashes: 4 },
    plant: async () => {
      const { Raft } = await import("../raft/raft.ts");
      return wrap(
        Raft.prototype,
        "maybeCommit",
        () =>
          function (this: { log: { lastIndex: number; maybeCommit: Method }; term: number }) {
            return this.log.maybeCommit(this.log.lastIndex, this.term);
          },
      );
    },
  },
  {
    name: "vote-by-one",
    about: "one vote more than none wins an election",
    changes: { ...cut, crashes: 4 },
    plant: () =>
      wrap(
        MajorityConfig.prototype,
        "voteResult",
        () =>
          function (this: { ids: Iterable<bigint> }, vote: (id: bigint) => boolean | undefined) {
            for (const id of this.ids) if (vote(id) === true) return VoteResult.VoteWon;
            return VoteResult.VotePending;
          },
      ),
  },
  {
    name: "conflict-kept",
    about: "a follower takes any entries after any predecessor",
    changes: { ...cut, crashes: 6, thinkMs: 300 },
    plant: async () => {
      const { RaftLog } = await import("../raft/log.ts");
      return wrap(
        RaftLog.prototype,
        "matches",
        () =>
          function (this: { lastIndex: number }, index: number) {
            return index <= this.lastIndex;
          },
      );
    },
  },
  {
    name: "proposal-doubled",
    about: "the network delivers a forwarded proposal twice",
    changes: { members: 3, duplicate: 0.2 },
    arrange: (cluster) => {
      cluster.network.doublesProposals = true;
    },
  },
  {
    name: "proposal-without-term",
    about:
      "a proposal that is made again was sent without its term, so that a former leader may have passed the first one on to the new one",
    changes: { members: 3, transfers: 60, clients: 6, thinkMs: 50, networkLatencyMs: 8, networkOrdered: false },
    plant: async () => {
      const { Raft } = await import("../raft/raft.ts");
      return wrap(
        Raft.prototype,
        "send",
        (original) =>
          function (this: object, message: { type: MessageType; term: number }) {
            original.call(this, message);
            if (message.type === MessageType.MsgProp) message.term = 0;
          },
      );
    },
  },
  {
    name: "proposal-of-dead-leader-waits",
    about: "what was handed to a leader that is gone waits for its time-out, as in etcd",
    changes: { members: 3, clients: 6, thinkMs: 50, rots: 0, memberChanges: 0, judgeWaits: true },
    plant: async () => {
      const { Proposer } = await import("../server/proposer.ts");
      return wrap(Proposer.prototype, "onTerm", () => () => {});
    },
  },
  {
    name: "read-without-round",
    about: "linearizable reads look at what is applied here, on any member",
    changes: { members: 3 },
    plant: () => wrap(ServerMember.prototype, "linearizable", () => () => undefined),
  },
  {
    name: "stale-leader-reads",
    about: "a leader trusts that it still is one: stale reads after a pause or a partition",
    changes: { ...cut, pauses: 6, partitions: 10, thinkMs: 300 },
    plant: () =>
      wrap(
        ServerMember.prototype,
        "linearizable",
        (original) =>
          function (this: ServerMember) {
            return this.isLeader() ? undefined : original.call(this);
          },
      ),
  },
  {
    name: "double-leader-lease",
    about: "a leader that was stuck ends leases by its own clock, without asking whether it still leads (etcd 15247)",
    changes: {
      members: 3,
      pauses: 25,
      partitions: 0,
      crashes: 0,
      clients: 6,
      thinkMs: 100,
      skew: 0,
      memberChanges: 0,
      rots: 0,
    },
    plant: async () => {
      const { Leadership } = await import("../server/leadership.ts");
      // Its word is enough, and its wishes go to whoever leads.
      const certain = Object.getOwnPropertyDescriptor(Leadership.prototype, "certain")!;
      Object.defineProperty(Leadership.prototype, "certain", { ...certain, get: () => true });
      const undo = await forwardRevocations();
      return () => {
        undo();
        Object.defineProperty(Leadership.prototype, "certain", certain);
      };
    },
  },
  {
    name: "revocation-forwarded",
    about: "a leader's wish to end a lease goes to its successor when its turn comes too late (ours)",
    scenario: "lease-ended-by-former-leader",
    plant: forwardRevocations,
  },
  {
    name: "renewal-without-effect",
    about: "a renewal is answered and does not extend the lease",
    plant: () =>
      wrap(
        Lessor.prototype,
        "renew",
        (original) =>
          function (this: Lessor, id: never) {
            const lease = this.lookup(id);
            return lease === undefined || !this.primary ? original.call(this, id) : lease.ttlSeconds;
          },
      ),
  },
  {
    name: "lease-not-extended",
    about: "a new leader does not give leases their time again",
    changes: { ...cut, transfers: 6 },
    plant: () =>
      wrap(
        Lessor.prototype,
        "promote",
        (original) =>
          function (this: Lessor) {
            original.call(this, -8000);
          },
      ),
  },
  {
    name: "lease-never-ends",
    about: "leases that ran out are not noticed",
    plant: () => wrap(Lessor.prototype, "expired", () => () => []),
  },
  {
    name: "lease-leaves-keys",
    about: "a lease that ends takes only its first key with it",
    plant: () =>
      wrap(
        Lessor.prototype,
        "revoke",
        (original) =>
          function (this: Lessor, id: never, txn: { deleteRange(key: string, end: string): number }) {
            let deleted = 0;
            original.call(this, id, {
              deleteRange: (key: string, end: string) => (deleted++ === 0 ? txn.deleteRange(key, end) : 0),
            });
          },
      ),
  },
  {
    name: "key-not-detached",
    about: "a key that moved to another lease still goes with the first one",
    plant: () => wrap(Lessor.prototype, "detach", () => () => true),
  },
  {
    name: "watch-event-lost",
    about: "one change in fifty reaches no watcher",
    changes: watched,
    plant: () => {
      let count = 0;
      return wrap(
        Mvcc.prototype,
        "listen",
        (original) =>
          function (this: Mvcc, listener: { changed: Method }) {
            return original.call(this, {
              ...listener,
              changed: (revision: number, changes: readonly unknown[]) =>
                listener.changed(revision, ++count % 50 === 0 ? changes.slice(1) : changes),
            });
          },
      );
    },
  },
  {
    name: "watch-zero-late",
    about: "a watch from revision 0 starts one revision late",
    changes: watched,
    plant: () => bendCreates(({ startRevision }, revision) => (startRevision === 0 ? revision + 2 : startRevision)),
  },
  {
    name: "watch-future-early",
    about: "a watch from a future revision gets events from before it",
    changes: watched,
    plant: () => bendCreates(({ startRevision }, revision) => (startRevision > revision ? revision : startRevision)),
  },
  {
    name: "watch-revision-split",
    about: "the events of one revision arrive in two responses",
    changes: watched,
    plant: () =>
      bendReplies((reply, send) => {
        if (reply.events.length < 2) send(reply);
        else {
          send({ ...reply, events: reply.events.slice(0, 1) });
          send({ ...reply, events: reply.events.slice(1) });
        }
      }),
  },
  {
    name: "bookmark-ahead",
    about: "a bookmark names a revision whose events are still to come",
    changes: watched,
    plant: () =>
      bendReplies((reply, send) => {
        const bookmark = reply.events.length === 0 && !reply.created && !reply.canceled;
        send(bookmark ? { ...reply, revision: reply.revision + 2 } : reply);
      }),
  },
  {
    name: "compaction-too-far",
    about: "a compaction goes one revision further than it was asked to",
    changes: { compactions: 6 },
    plant: () =>
      wrap(
        Mvcc.prototype,
        "compact",
        (original) =>
          function (this: Mvcc, revision: number) {
            return original.call(this, Math.min(revision + 1, this.revision));
          },
      ),
  },
  {
    name: "hash-without-tombstones",
    about: "HashKV passes over tombstones, and so over lost deletes",
    changes: { compactions: 3 },
    plant: async () => {
      const { RevisionHasher } = await import("../state/mvcc/hasher.ts");
      return wrap(
        RevisionHasher.prototype,
        "write",
        (original) =>
          function (this: object, main: number, sub: number, tombstone: boolean, ...rest: unknown[]) {
            if (!tombstone) original.call(this, main, sub, tombstone, ...rest);
          },
      );
    },
  },
  {
    name: "snapshot-not-installed",
    about: "a database that a leader sent does not take the place of the old one",
    changes: {
      members: 3,
      snapshotCount: 20,
      catchUpEntries: 10,
      partitions: 6,
      crashes: 6,
      downMaxMs: 20_000,
      thinkMs: 300,
    },
    arrange: (cluster) => {
      for (const { disk } of cluster.all) disk.renameLies = /\.snap\.db$/;
    },
  },
  {
    name: "header-ahead",
    about: "answers of one member alone carry a later revision than the state they show",
    plant: () =>
      wrap(
        ServerMember.prototype,
        "range",
        (original) =>
          function (this: ServerMember, request: { serializable: boolean }) {
            const answer = original.call(this, request) as { header: { revision: number } };
            if (request.serializable && this.revision() > 5) answer.header.revision++;
            return answer;
          },
      ),
  },
  {
    name: "lock-after-lease-loss",
    about: "a lock is given to one whose lease ended while it waited (etcd before 3.6)",
    changes: { members: 3, clients: 6, thinkMs: 300 },
    plant: async () => {
      const { Contender } = await import("../api/rpc/contest.ts");
      return wrap(
        Contender.prototype,
        "range",
        (original) =>
          async function (this: object, request: { key: Uint8Array; rangeEnd: Uint8Array }) {
            const answer = (await original.call(this, request)) as { kvs: unknown[] };
            // The look whether one's own key is still there: it always is.
            return request.rangeEnd.length === 0 && answer.kvs.length === 0 ? { ...answer, kvs: [{}] } : answer;
          },
      );
    },
  },
  {
    name: "lock-does-not-wait",
    about: "a lock is given while others are before its new owner",
    changes: { members: 3, clients: 6, thinkMs: 300 },
    plant: async () => {
      const { Contender } = await import("../api/rpc/contest.ts");
      return wrap(Contender.prototype, "othersGone", () => async () => {});
    },
  },
  {
    name: "damage-taken-for-torn",
    about: "a wrong checksum in the log counts as a torn tail, and everything behind it is dropped as repaired",
    scenario: "payload-of-the-last-record",
    plant: () => takenForTorn(() => true),
  },
  {
    name: "length-taken-for-torn",
    about: "a wrong length in the log counts as a torn tail, though the record behind it is whole (ours)",
    scenario: "length-of-the-last-record",
    plant: () => takenForTorn((message) => message.startsWith("wal: length")),
  },
  {
    name: "short-log-accepted",
    about: "nobody asks whether the log reaches as far as its database (ours)",
    scenario: "log-ends-before-database",
    plant: async () => {
      const { ContentReader } = await import("../storage/wal/read.ts");
      return wrap(
        ContentReader.prototype,
        "finish",
        (original) =>
          function (this: object, dir: string) {
            const content = original.call(this, dir) as { entries: { index: number }[] };
            // A start asks for the last entry to compare its index with the database's, and for nothing else.
            content.entries.at = () => ({ index: Number.POSITIVE_INFINITY });
            return content;
          },
      );
    },
  },
  {
    name: "role-row-lost",
    about: "a change of a role now and then does not reach the database of one member",
    changes: { members: 3, authChanges: 40, crashes: 6, downMaxMs: 200 },
    plant: () => {
      let count = 0;
      return wrap(
        storePrototype(),
        "put",
        (original) =>
          function (this: Store, bucket: string, ...row: unknown[]) {
            if (bucket !== "authRoles" || ++count % 7 !== 0) original.call(this, bucket, ...row);
          },
      );
    },
  },
  {
    name: "snapshot-without-term",
    about: "a snapshot is sent under term 0 (ours, found by seed 106)",
    changes: {
      members: 3,
      snapshotCount: 20,
      catchUpEntries: 10,
      partitions: 6,
      crashes: 6,
      downMaxMs: 20_000,
      thinkMs: 300,
    },
    arrange: (cluster) => {
      cluster.network.losesSnapshotTerms = true;
    },
  },
  {
    name: "election-never",
    about: "no member ever answers a request for its vote: a cluster that lost its leader stays without",
    changes: { members: 3, crashes: 6 },
    plant: () =>
      wrap(
        RawNode.prototype,
        "step",
        (original) =>
          function (this: RawNode, message: { type: number }) {
            const asks = message.type === MessageType.MsgVote || message.type === MessageType.MsgPreVote;
            return asks ? undefined : original.call(this, message);
          },
      ),
  },
];
