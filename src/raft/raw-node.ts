import { assert, notWanted } from "../base/pure.ts";
import { refuse } from "./admission.ts";
import { checkChange, checkConfig, checkData, checkId, checkMessage } from "./arguments.ts";
import { encodeConfChange, encodeConfChangeEntry } from "./confchange/index.ts";
import type { Config } from "./config.ts";
import { RaftError } from "./errors.ts";
import { propose } from "./leader.ts";
import { EMPTY, newMessage } from "./messages.ts";
import { Raft } from "./raft.ts";
import { entriesSize } from "./sizes.ts";
import type { BasicStatus, Status } from "./status.ts";
import {
  type ConfChange,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  LOCAL_APPEND_THREAD,
  LOCAL_APPLY_THREAD,
  type Message,
  MessageType,
  NONE,
  type Peer,
  type Ready,
  SnapshotStatus,
  StateType,
} from "./types.ts";

/**
 * A raft node for an application that runs the loop itself: `tick` and `step` in, `ready` out, `advance` when that is done.
 * Nothing here waits or throws on what peers send; errors come back as values.
 *
 * @example
 * const node = new RawNode({ id: 1n, electionTick: 10, heartbeatTick: 1, storage, random: (n) => below(random, n) });
 * while (node.hasReady()) {
 *   const ready = node.ready();
 *   if (ready.hardState) storage.setHardState(ready.hardState);
 *   storage.append(ready.entries); // and sync, if ready.mustSync
 *   for (const message of ready.messages) send(message);
 *   for (const entry of ready.committedEntries) apply(entry);
 *   node.advance();
 * }
 */
export class RawNode {
  /** The state machine behind; for tests and tools. */
  readonly raft: Raft;
  /** Storage work goes to the local threads; Ready carries it as messages, `advance` is not used. */
  readonly #async: boolean;
  /** What the last Ready told, to tell only changes. */
  #told: { term: number; vote: bigint; commit: number; lead: bigint; state: StateType };
  /** Without threads: what `advance` tells the state machine, as the threads would. Empty while no Ready is out. */
  #onAdvance: Message[] = [];

  /**
   * Throws RaftError: `ConfigInvalid`; `ConfChangeInvalid` for a stored membership that contradicts itself;
   * `CommitOutOfRange` when the stored log ends before what was committed.
   */
  constructor(config: Config) {
    checkConfig(config);
    this.raft = new Raft(config);
    this.#async = this.raft.config.asyncStorageWrites;
    this.#told = this.#present();
  }

  get id(): bigint {
    return this.raft.id;
  }

  get term(): number {
    return this.raft.term;
  }

  /** The leader, as far as known; NONE. */
  get lead(): bigint {
    return this.raft.lead;
  }

  get state(): StateType {
    return this.raft.state;
  }

  /** The last index known to be committed. */
  get committed(): number {
    return this.raft.log.committed;
  }

  /** The last index the application has said it applied. */
  get applied(): number {
    return this.raft.log.applied;
  }

  get lastIndex(): number {
    return this.raft.log.lastIndex;
  }

  // --- In -----------------------------------------------------------------------------------------------------------------

  /** One unit of time has passed. */
  tick(): void {
    this.raft.tick();
  }

  /** Starts an election now, if this node may. */
  campaign(): RaftError | undefined {
    return this.raft.step(newMessage(MessageType.MsgHup, NONE));
  }

  /** Asks for `data` to be appended to the log. It is there when it comes back in `committedEntries`, and may be lost before. */
  propose(data: Uint8Array): RaftError | undefined {
    checkData("node.propose", "data", data);
    return this.#propose([newEntry(EntryType.EntryNormal, data)]);
  }

  /** Proposes a batch in one step: consecutive entries, all or none, one message a follower and one acknowledgement. */
  proposeMany(datas: readonly Uint8Array[]): RaftError | undefined {
    if (!Array.isArray(datas)) throw notWanted("node.proposeMany", "datas", "an array of Uint8Arrays", datas);
    if (datas.length === 0) return undefined;
    for (let i = 0; i < datas.length; i++) checkData("node.proposeMany", "each of datas", datas[i]);
    const entries: Entry[] = new Array(datas.length);
    for (let i = 0; i < datas.length; i++) entries[i] = newEntry(EntryType.EntryNormal, datas[i]!);
    return this.#propose(entries);
  }

  /**
   * Proposes a change of the membership. One that may not be made now still takes a place in the log, as an empty entry. When
   * the entry comes back in `committedEntries`, call `applyConfChange`.
   */
  proposeConfChange(change: ConfChange | ConfChangeV2): RaftError | undefined {
    checkChange("node.proposeConfChange", change);
    const { type, data } = encodeConfChangeEntry(change);
    return this.#propose([newEntry(type, data)]);
  }

  #propose(entries: Entry[]): RaftError | undefined {
    if (this.raft.state === StateType.StateLeader) return propose(this.raft, entries);
    const proposal = newMessage(MessageType.MsgProp, NONE);
    proposal.from = this.raft.id;
    proposal.entries = entries;
    return this.raft.step(proposal);
  }

  /**
   * Puts a committed conf change into force; must be called for each, in order, on every member alike. An application that
   * decides against one calls it with the node id set to NONE. With the entry's `index`, a change that a snapshot has meanwhile
   * overtaken is left out, as it must be: give it unless entries are always applied before the next `step`.
   * Throws RaftError `ConfChangeInvalid`, with nothing changed, for a change that is impossible in the present membership:
   * possible only if conf changes were proposed unvalidated.
   */
  applyConfChange(change: ConfChange | ConfChangeV2, index?: number): ConfState {
    checkChange("node.applyConfChange", change);
    const result = this.raft.applyConfChange(change, index);
    if (result instanceof RaftError) throw result;
    return result;
  }

  /**
   * The configuration in force, provided that no snapshot beyond entry `index` has replaced it; else undefined. For an
   * application whose applying may lag behind: a ConfState and the index it is stored under must belong together.
   */
  confStateAt(index: number): ConfState | undefined {
    return this.raft.confStateAt(index);
  }

  /** A message from a peer or a storage thread. An error tells why it was refused; the node is as it was, or only heard the term. */
  step(message: Message): RaftError | undefined {
    checkMessage(message);
    return refuse(this.raft, message) ?? this.raft.step(message);
  }

  /** Asks for an index to read at; the answer comes in `readStates` under the same `context`, or never: ask again. */
  readIndex(context: Uint8Array): RaftError | undefined {
    checkData("node.readIndex", "context", context);
    const request = newMessage(MessageType.MsgReadIndex, NONE);
    request.entries.push(newEntry(EntryType.EntryNormal, context));
    return this.raft.step(request);
  }

  /** Asks the leader, which may be us, to hand over to a voter. */
  transferLeader(transferee: bigint): void {
    checkId("node.transferLeader", "transferee", transferee);
    const request = newMessage(MessageType.MsgTransferLeader, NONE);
    request.from = transferee;
    this.raft.step(request);
  }

  /** A follower forgets its leader, within the term: for an application that knows better than the election timeout. */
  forgetLeader(): RaftError | undefined {
    return this.raft.step(newMessage(MessageType.MsgForgetLeader, NONE));
  }

  /** The last message to `id` did not get through. */
  reportUnreachable(id: bigint): void {
    checkId("node.reportUnreachable", "id", id);
    const report = newMessage(MessageType.MsgUnreachable, NONE);
    report.from = id;
    this.raft.step(report);
  }

  /** How a snapshot sent to `id` ended. To be called once for each; until then nothing else is sent to `id`. */
  reportSnapshot(id: bigint, status: SnapshotStatus): void {
    checkId("node.reportSnapshot", "id", id);
    const report = newMessage(MessageType.MsgSnapStatus, NONE);
    report.from = id;
    report.reject = status === SnapshotStatus.SnapshotFailure;
    this.raft.step(report);
  }

  /**
   * Makes the first members of a new cluster, the same on each of them: one ConfChange entry each, at term 1, committed. They
   * come back in `committedEntries` to be applied again, for the application's sake; to raft that is no change.
   * Error `BootstrapInvalid` without peers or with a storage that is not empty.
   */
  bootstrap(peers: readonly Peer[]): RaftError | undefined {
    if (!Array.isArray(peers)) throw notWanted("node.bootstrap", "peers", "an array of peers", peers);
    for (let i = 0; i < peers.length; i++) {
      checkId("node.bootstrap", `peers[${i}].id`, peers[i]?.id);
      checkData("node.bootstrap", `peers[${i}].context`, peers[i]?.context);
    }
    const { raft } = this;
    if (peers.length === 0) return new RaftError("BootstrapInvalid", "must provide at least one peer to Bootstrap");
    if (raft.log.storage.lastIndex() !== 0) {
      return new RaftError("BootstrapInvalid", "can't bootstrap a nonempty Storage");
    }
    // So that the first Ready tells the hard state.
    this.#told = { ...this.#told, term: 0, vote: NONE, commit: 0 };
    raft.becomeFollower(1, NONE);
    const changes = peers.map(({ id, context }) => ({
      id: 0n,
      type: ConfChangeType.ConfChangeAddNode,
      nodeId: id,
      context,
    }));
    raft.log.append(
      changes.map((change, i) => ({
        type: EntryType.EntryConfChange,
        term: 1,
        index: i + 1,
        data: encodeConfChange(change),
      })),
    );
    raft.log.committed = changes.length;
    // In force at once, so that the node can campaign before it has applied anything.
    for (const change of changes) this.applyConfChange({ ...change, context: EMPTY });
    return undefined;
  }

  // --- Out ----------------------------------------------------------------------------------------------------------------

  hasReady(): boolean {
    const { raft } = this;
    return (
      raft.messages.length > 0 ||
      raft.messagesAfterAppend.length > 0 ||
      raft.log.unstable.hasNextEntries ||
      raft.log.hasNextCommitted(!this.#async) ||
      this.#softStateChanged() ||
      this.#hardStateChanged() ||
      raft.readStates.length > 0 ||
      raft.log.unstable.nextSnapshot() !== undefined
    );
  }

  /** Takes what there is to do. Without threads, `advance` before the next one. */
  ready(): Ready {
    assert(this.#onAdvance.length === 0, "two Readys without advance between them");
    const { raft } = this;
    const { log } = raft;
    const hardStateChanged = this.#hardStateChanged();
    const ready: Ready = {
      softState: this.#softStateChanged() ? { lead: raft.lead, raftState: raft.state } : undefined,
      hardState: hardStateChanged ? this.#hardState() : undefined,
      readStates: raft.readStates,
      entries: log.unstable.nextEntries(),
      snapshot: log.unstable.nextSnapshot(),
      committedEntries: log.nextCommitted(!this.#async),
      messages: raft.messages,
      mustSync: false,
    };
    ready.mustSync = ready.entries.length > 0 || raft.term !== this.#told.term || raft.vote !== this.#told.vote;
    if (this.#async) this.#instructThreads(ready);
    else this.#awaitAdvance(ready);

    const { committedEntries } = ready;
    raft.messages = [];
    raft.messagesAfterAppend = [];
    raft.readStates = [];
    log.unstable.acceptInProgress();
    if (committedEntries.length > 0) {
      const last = committedEntries[committedEntries.length - 1]!.index;
      log.acceptApplying(last, entriesSize(committedEntries), !this.#async);
    }
    this.#told = this.#present();
    return ready;
  }

  /** Everything in the last Ready is saved, sent and applied. Not with asynchronous storage writes. */
  advance(_ready?: Ready): void {
    assert(!this.#async, "advance is for synchronous storage writes");
    const messages = this.#onAdvance;
    this.#onAdvance = [];
    for (const message of messages) this.raft.step(message);
  }

  /** What the threads would answer is kept until `advance`; what waits for the disk leaves with the other messages. */
  #awaitAdvance(ready: Ready): void {
    const { raft } = this;
    for (const message of raft.messagesAfterAppend) {
      if (message.to === raft.id) this.#onAdvance.push(message);
      else ready.messages.push(message);
    }
    const appended = this.#appendAnswer(ready);
    if (appended !== undefined) this.#onAdvance.push(appended);
    if (ready.committedEntries.length > 0) this.#onAdvance.push(this.#applyAnswer(ready.committedEntries));
  }

  #instructThreads(ready: Ready): void {
    const { raft } = this;
    const { entries, hardState, snapshot, committedEntries, messages } = ready;
    const waiting = raft.messagesAfterAppend;
    if (entries.length > 0 || hardState !== undefined || snapshot !== undefined || waiting.length > 0) {
      const work = newMessage(MessageType.MsgStorageAppend, LOCAL_APPEND_THREAD);
      work.from = raft.id;
      work.entries = entries;
      work.snapshot = snapshot;
      if (hardState !== undefined) {
        work.term = hardState.term;
        work.vote = hardState.vote;
        work.commit = hardState.commit;
      }
      // Our own acknowledgement comes before the news that the entries are stable: it is handled while their terms are at hand.
      work.responses = waiting;
      const appended = this.#appendAnswer(ready);
      if (appended !== undefined) work.responses.push(appended);
      messages.push(work);
    }
    if (committedEntries.length > 0) {
      const work = newMessage(MessageType.MsgStorageApply, LOCAL_APPLY_THREAD);
      work.from = raft.id;
      work.entries = committedEntries;
      work.responses.push(this.#applyAnswer(committedEntries));
      messages.push(work);
    }
  }

  /**
   * "Durable up to the end of the log, as of this term." Said after every save while anything is unstable, not only after saves of
   * entries: an answer that comes back in a later term is ignored (what was saved may be overwritten by then), and without
   * new entries nobody else would say that the rest is durable by now. README, "The append that came back late".
   */
  #appendAnswer({ snapshot }: Ready): Message | undefined {
    const { raft } = this;
    const unstable = raft.log.unstable.entries.length > 0;
    if (!unstable && snapshot === undefined) return undefined;
    const answer = newMessage(MessageType.MsgStorageAppendResp, raft.id);
    answer.from = LOCAL_APPEND_THREAD;
    answer.term = raft.term;
    if (unstable) {
      answer.index = raft.log.lastIndex;
      answer.logTerm = raft.log.lastTerm;
    }
    answer.snapshot = snapshot;
    return answer;
  }

  #applyAnswer(entries: Entry[]): Message {
    const answer = newMessage(MessageType.MsgStorageApplyResp, this.raft.id);
    answer.from = LOCAL_APPLY_THREAD;
    answer.entries = entries;
    return answer;
  }

  // --- Status -------------------------------------------------------------------------------------------------------------

  basicStatus(): BasicStatus {
    const { raft } = this;
    return {
      id: raft.id,
      ...this.#hardState(),
      lead: raft.lead,
      raftState: raft.state,
      applied: raft.log.applied,
      leadTransferee: raft.leadTransferee,
    };
  }

  status(): Status {
    const { raft } = this;
    const progress = new Map();
    if (raft.state === StateType.StateLeader) {
      for (const [id, each] of raft.tracker.progressMap()) progress.set(id, each.clone());
    }
    return { ...this.basicStatus(), config: raft.tracker.membership.confState(), progress };
  }

  #hardState(): HardState {
    return { term: this.raft.term, vote: this.raft.vote, commit: this.raft.log.committed };
  }

  #present(): { term: number; vote: bigint; commit: number; lead: bigint; state: StateType } {
    const { term, vote, lead, state, log } = this.raft;
    return { term, vote, commit: log.committed, lead, state };
  }

  #softStateChanged(): boolean {
    return this.raft.lead !== this.#told.lead || this.raft.state !== this.#told.state;
  }

  #hardStateChanged(): boolean {
    const { term, vote, log } = this.raft;
    return term !== this.#told.term || vote !== this.#told.vote || log.committed !== this.#told.commit;
  }
}

function newEntry(type: EntryType, data: Uint8Array): Entry {
  return { type, term: 0, index: 0, data };
}
