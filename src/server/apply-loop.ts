import { assert, Code, EtcdError, messageOf } from "../base/index.ts";
import { type ConfChange, ConfChangeType, type Entry, EntryType, type Snapshot } from "../raft/index.ts";
import { raftpb, rpc } from "../wire/proto/index.ts";
import type { AlarmRaiser } from "./alarm-raiser.ts";
import type { Applied } from "./applied.ts";
import type { Applier } from "./applier.ts";
import { openDatabase, paths } from "./bootstrap.ts";
import { decodeCommand, type Envelope } from "./command.ts";
import { configurationOf, recordConfiguration, requireSameMembers } from "./configuration.ts";
import type { Core } from "./core.ts";
import type { Elections } from "./elections.ts";
import { api2Request } from "./foreign-format.ts";
import type { LogKeeper } from "./log-keeper.ts";
import type { Proposals } from "./proposals.ts";
import type { Reads } from "./reads.ts";
import { installDatabase } from "./snapshot-files.ts";
import type { State } from "./state.ts";
import { APPLY_GAP_MAX } from "./timeouts.ts";

type Needs = Pick<
  Core,
  | "memberId"
  | "options"
  | "env"
  | "disk"
  | "snapshotter"
  | "node"
  | "leadership"
  | "state"
  | "applied"
  | "transport"
  | "connections"
>;

/** Who takes part in applying, and who is told of it. */
export interface ApplyParts {
  readonly applier: Applier;
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly logKeeper: LogKeeper;
  readonly alarmRaiser: AlarmRaiser;
  readonly elections: Elections;
  /** The first entry of `term` is applied; all before it had lower terms. */
  onTerm(term: number): void;
  /** A database from the leader is in place. */
  onRestored(): void;
  /** This member leads and has applied an entry of its own term. */
  onLeading(): void;
  /** This member was removed, as its own log says. */
  onRemoved(): void;
  onFatal(error: unknown): void;
}

/**
 * Takes what raft has committed, entry by entry or as a whole snapshot, and makes it state: requests by the applier, changes of
 * members here. Then whoever waits for it is told: proposals, reads, watchers, the log's keeper.
 *
 * While a database from the leader takes the place of the store, entries wait.
 */
export class ApplyLoop {
  readonly #core: Needs;
  readonly #parts: ApplyParts;
  readonly #state: State;
  readonly #applied: Applied;
  readonly #proposals: Proposals;
  /** Entries up to here had their effects in the store when it was opened; they are not applied to it again. */
  #consistentIndex: number;
  /** Up to this index the node's configuration already held what ConfChange entries say when it was made. */
  readonly #confIndex: number;
  /** A database from the leader is taking the place of the store; entries wait in `#held` until it has. */
  #restoring: Promise<void> | undefined;
  #held: Entry[] = [];

  constructor(core: Needs, parts: ApplyParts, confIndex: number) {
    this.#core = core;
    this.#parts = parts;
    this.#state = core.state;
    this.#applied = core.applied;
    this.#proposals = parts.proposals;
    this.#consistentIndex = core.state.store.consistentIndex().index;
    this.#confIndex = confIndex;
  }

  get restoring(): boolean {
    return this.#restoring !== undefined;
  }

  /** Resolves once no database is being put in place. */
  async settled(): Promise<void> {
    await this.#restoring;
  }

  /** Entries in log order. A promise asks raft to hand over no more until it resolves. */
  onCommitted(entries: readonly Entry[]): Promise<void> | undefined {
    if (this.#restoring === undefined) {
      this.#apply(entries);
      return undefined;
    }
    this.#held.push(...entries);
    // A change of members must be in force before raft goes on; and what waits has a bound.
    const mustWait = this.#held.length > APPLY_GAP_MAX || entries.some((entry) => entry.type !== EntryType.EntryNormal);
    return mustWait ? this.#restoring : undefined;
  }

  #apply(entries: readonly Entry[]): void {
    const applied = this.#applied;
    for (const entry of entries) {
      assert(entry.index === applied.index + 1, "entries are applied without a gap");
      const fresh = entry.index > this.#consistentIndex;
      if (fresh) this.#state.store.setConsistentIndex(entry.index, entry.term);
      if (entry.type === EntryType.EntryNormal) this.#applyNormal(entry, fresh);
      else if (entry.type === EntryType.EntryConfChange) this.#applyConfChange(entry, fresh);
      else assert(false, "an entry of a kind that etcd never writes");
      applied.index = entry.index;
      if (entry.term !== applied.term) {
        applied.term = entry.term;
        this.#core.leadership.reckonAlone();
        this.#parts.onTerm(entry.term);
      }
    }
    this.#parts.elections.standAlone();
    this.#tell();
  }

  #tell(): void {
    const applied = this.#applied;
    this.#parts.reads.onApplied();
    applied.tell();
    this.#parts.logKeeper.onApplied(applied.index, applied.term);
  }

  // ---- entries ---------------------------------------------------------------------------------------------------------

  #applyNormal(entry: Entry, fresh: boolean): void {
    if (entry.data.length === 0) {
      this.#onEmptyEntry(entry);
      return;
    }
    // Replayed at the start: its effects are in the store, and it may be of a form that only older versions read.
    if (!fresh) return;
    let pending = this.#proposals.byData(entry.data);
    let envelope: Envelope | undefined;
    if (pending !== undefined) {
      envelope = pending.request as Envelope;
    } else {
      envelope = readCommand(entry);
      if (envelope === undefined) {
        this.#core.env.logger.warn("passed over an entry that holds no known request", { index: entry.index });
        return;
      }
      pending = this.#proposals.byId(envelope.id);
    }
    const outcome = this.#parts.applier.apply(entry.index, envelope, pending !== undefined);
    const full = outcome.error?.is("NoSpace") === true && !this.#state.alarms.has(rpc.AlarmType.NOSPACE);
    if (full) {
      const waiting = pending;
      if (waiting !== undefined) waiting.applied = true;
      void this.#parts.alarmRaiser.noSpace().finally(() => {
        if (waiting !== undefined) this.#proposals.settle(waiting, outcome);
      });
    } else if (pending !== undefined) {
      this.#proposals.settle(pending, outcome);
    }
  }

  /** A new leader's first entry. Term and role may have moved on since; then a later one follows. */
  #onEmptyEntry(entry: Entry): void {
    const { node, leadership, env } = this.#core;
    if (!leadership.isLeader || entry.term !== node.term) return;
    env.scheduler.endOfTurn(() => {
      if (leadership.isLeader) this.#parts.onLeading();
    });
  }

  #applyConfChange(entry: Entry, fresh: boolean): void {
    const change = raftpb.decodeConfChange(entry.data) as ConfChange;
    const { memberId, node, transport, leadership, env } = this.#core;
    const { membership, store } = this.#state;
    const pending = this.#proposals.byData(entry.data) ?? this.#proposals.byId(change.id);
    const refusal = fresh ? membership.validate(change) : undefined;
    if (refusal !== undefined) {
      env.logger.error("validation on configuration change failed", { error: refusal });
      // Raft must hear of it all the same: a change to nobody frees the way for the next one.
      node.applyConfChange({ ...change, nodeId: 0n });
      const error = refusal.client ?? EtcdError.raw(Code.Unknown, refusal.message);
      if (pending !== undefined) this.#proposals.settle(pending, { error });
      return;
    }
    if (fresh || entry.index > this.#confIndex) {
      node.applyConfChange(change, entry.index);
      if (fresh) {
        const changed = membership.apply(change);
        recordConfiguration(store, configurationOf(membership.members()));
        if (changed.kind === "removed") transport.removePeer(changed.id);
        else if (changed.member.id !== memberId) transport.setPeer(changed.member.id, changed.member.peerURLs);
      }
    }
    leadership.reckonAlone();
    if (pending !== undefined) this.#proposals.settle(pending, { response: membership.members() });
    if (change.type === ConfChangeType.ConfChangeRemoveNode && change.nodeId === memberId && fresh) {
      this.#parts.onRemoved();
    }
  }

  // ---- snapshots -------------------------------------------------------------------------------------------------------

  /** Raft's snapshot is durable in the log: put its database in the place of the store while raft goes on. */
  onSnapshot(snapshot: Snapshot): void {
    const index = snapshot.metadata!.index;
    this.#proposals.leapt();
    // It stands for these, too.
    this.#held = this.#held.filter((entry) => entry.index > index);
    const before = this.#restoring ?? Promise.resolve();
    const restoring = before
      .then(() => this.#restore(snapshot))
      .then(() => {
        if (this.#restoring !== restoring) return;
        this.#restoring = undefined;
        const held = this.#held;
        this.#held = [];
        if (held.length > 0) this.#apply(held);
        else this.#tell();
      })
      .catch((error: unknown) => this.#parts.onFatal(error));
    this.#restoring = restoring;
  }

  async #restore(snapshot: Snapshot): Promise<void> {
    const { options, disk, snapshotter, env, connections } = this.#core;
    const { logger } = env;
    const { index, term } = snapshot.metadata!;
    const fields = { "current-applied-index": this.#applied.index, "incoming-leader-snapshot-index": index };
    logger.info("applying snapshot", { ...fields, "incoming-leader-snapshot-term": term });
    assert(index > this.#applied.index, "a snapshot older than what is applied");
    if (!installDatabase(disk, snapshotter, index, paths(options).db)) {
      throw new Error(`the database of snapshot ${index} is missing: ${snapshotter.databasePath(index)}`);
    }
    const old = this.#state.store;
    const fresh = await openDatabase(options, disk, env, this.#parts.onFatal);
    requireSameMembers(snapshot, fresh);
    await this.#state.replace(fresh);
    const { membership } = this.#state;
    this.#consistentIndex = fresh.consistentIndex().index;
    let changed = recordConfiguration(fresh, configurationOf(membership.members()));
    if (this.#consistentIndex < index) {
      this.#consistentIndex = index;
      fresh.setConsistentIndex(index, term);
      changed = true;
    }
    if (changed) await fresh.commit();
    this.#applied.index = index;
    this.#applied.term = term;
    this.#parts.logKeeper.onReceived(index);
    connections.setPeers();
    this.#parts.onRestored();
    logger.info("applied snapshot", fields);
    old.close().catch((error: unknown) => logger.warn("failed to close the old database", { error }));
  }
}

/** @throws Error naming the entry: its checksum was right, so another version wrote it, or a broken one */
function readCommand(entry: Entry): Envelope | undefined {
  try {
    return decodeCommand(entry.data);
  } catch (error) {
    const old = api2Request(entry.data);
    const what = old === undefined ? messageOf(error) : `it is a request of the v2 API, ${old.method} ${old.path}`;
    throw new Error(`entry ${entry.index} of the log holds no request that this version reads: ${what}`, {
      cause: error,
    });
  }
}
