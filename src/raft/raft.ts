import { assert, type Logger, silentLogger } from "../base/pure.ts";
import { stepCandidate } from "./candidate.ts";
import {
  asConfChangeV2,
  type ChangeBase,
  type Configuration,
  changeConfiguration,
  restoreConfiguration,
} from "./confchange/index.ts";
import { type Config, type ReadOnlyOption, type ResolvedConfig, resolveConfig } from "./config.ts";
import { describeConfState } from "./describe.ts";
import { RaftError } from "./errors.ts";
import { stepFollower } from "./follower.ts";
import { stepLeader } from "./leader.ts";
import { RaftLog } from "./log.ts";
import { emptyEntry, newMessage } from "./messages.ts";
import { hex, messageTypeName } from "./names.ts";
import { ReadOnlyQueue } from "./read-only.ts";
import { entriesSize, payloadsSize } from "./sizes.ts";
import { isEmptySnapshot } from "./storage.ts";
import { Progress, ProgressState, ProgressTracker } from "./tracker/index.ts";
import {
  type ConfChange,
  type ConfChangeV2,
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  NONE,
  type ReadState,
  type Snapshot,
  StateType,
} from "./types.ts";
import { type CampaignKind, describeRequest, isTransferRequest, stepVoteRequest, TRANSFER_CONTEXT } from "./vote.ts";

/**
 * The state machine of one node. Ticks and messages go in through `tick` and `step`; what comes out gathers in `messages`,
 * `messagesAfterAppend`, `readStates` and the log until a RawNode collects it. Nothing in here waits, reads a clock or throws
 * on what a peer sends.
 *
 * This file holds the state, the transitions between roles and what the roles share; what a role does with a message is in
 * `follower.ts`, `candidate.ts`, `leader.ts`, and voting, which every role does, in `vote.ts`.
 */
export class Raft {
  readonly id: bigint;
  readonly log: RaftLog;
  readonly tracker: ProgressTracker;
  readonly logger: Logger;
  /** The fixed settings. */
  readonly config: ResolvedConfig;

  /** The latest term seen. Never falls; durable before any message that tells of it counts (paper, figure 2). */
  term = 0;
  /** Who got our vote in `term`; set at most once a term. */
  vote: bigint = NONE;
  state: StateType = StateType.StateFollower;
  /** The leader of `term` as far as known. `id` exactly while we lead. */
  lead: bigint = NONE;
  /** We are in the membership, but without a vote. False once we are removed. */
  isLearner = false;

  /**
   * The log index that the membership in force stands for, as far as known: that of the snapshot it came with, or of the last
   * conf change applied under its index. A conf change from before must not be applied (again).
   */
  #membershipIndex = 0;

  /** To be sent at once, to others only. */
  messages: Message[] = [];
  /**
   * To be sent once everything unstable now (term, vote, entries, snapshot) is durable: the answers by which we vote or
   * acknowledge, some of them to ourselves (thesis 3.8). A vote that is told but not saved could be given twice.
   */
  messagesAfterAppend: Message[] = [];
  /** Reads whose index is known. */
  readStates: ReadState[] = [];

  /** Leader: who is to take over (thesis 3.10), or NONE. No proposals meanwhile. */
  leadTransferee: bigint = NONE;
  /**
   * Leader: no conf change may be proposed before this index is applied. At least the index of the latest conf change in
   * the log, so that at most one is under way at a time.
   */
  pendingConfIndex = 0;
  /** Leader: payload of the entries proposed in this term and not known applied. May be too low, never too high. */
  #uncommittedSize = 0;
  /** Leader: reads that wait for a quorum. New in every term. */
  readOnly = new ReadOnlyQueue();
  /** Leader: reads that came before anything was committed in this term; no index can be told until then (thesis 6.4). */
  pendingReads: Message[] = [];

  /** Ticks since the election timeout last began: since we heard the leader, or voted, or (leader) last checked the quorum. */
  electionElapsed = 0;
  /** Leader: ticks since the last heartbeat. */
  #heartbeatElapsed = 0;
  /** In [electionTick, 2 electionTick); drawn anew on every transition so that candidates seldom collide (paper 5.2). */
  randomizedElectionTimeout = 0;

  /** Throws RaftError: `ConfigInvalid`; `CommitOutOfRange` or `ConfChangeInvalid` when storage lost or contradicts itself. */
  constructor(given: Config) {
    const config = resolveConfig(given);
    this.config = config;
    this.id = config.id;
    this.logger = config.logger;
    this.tracker = new ProgressTracker(config.maxInflightMsgs, config.maxInflightBytes);
    const staleAppends = config.logStaleAppends ? config.logger : silentLogger;
    this.log = new RaftLog(config.storage, config.logger, config.maxCommittedSizePerReady, staleAppends);

    const { hardState, confState } = config.storage.initialState();
    const restored = this.#restoreConfiguration(confState, this.log.lastIndex);
    if (restored instanceof RaftError) throw restored;
    this.#switchTo(restored);
    this.#loadState(hardState, config.applied);
    this.becomeFollower(this.term, NONE);
    if (this.logger.enabled("info")) {
      const peers = this.tracker.membership.voters.ids().map(hex).join(",");
      this.logger.info(
        `newRaft ${hex(this.id)} [peers: [${peers}], term: ${this.term}, commit: ${this.log.committed}, ` +
          `applied: ${this.log.applied}, lastindex: ${this.log.lastIndex}, lastterm: ${this.log.lastTerm}]`,
      );
    }
  }

  /**
   * What is compacted or applied was committed, even if the crash came before the hard state could say so. A commit index
   * beyond the log, however, means that the log was cut: going on would forget what was acknowledged.
   */
  #loadState({ term, vote, commit }: HardState, applied: number): void {
    const { log } = this;
    const committed = Math.max(commit, applied, log.committed);
    if (committed > log.lastIndex) {
      throw new RaftError("CommitOutOfRange", `saved commit ${committed}, last index ${log.lastIndex}`);
    }
    log.committed = committed;
    log.appliedTo(Math.max(applied, log.applied), 0);
    this.#membershipIndex = log.applied;
    this.term = term;
    this.vote = vote;
  }

  // --- Time ---------------------------------------------------------------------------------------------------------------

  tick(): void {
    if (this.state === StateType.StateLeader) this.#tickLeader();
    else this.#tickElection();
  }

  /** Followers and candidates: no leader for long enough means a new election (paper 5.2). */
  #tickElection(): void {
    this.electionElapsed++;
    if (!this.promotable || this.electionElapsed < this.randomizedElectionTimeout) return;
    this.electionElapsed = 0;
    this.step(this.#local(MessageType.MsgHup));
  }

  /** Leaders: heartbeats, and once an election timeout a look whether anybody still listens. */
  #tickLeader(): void {
    this.#heartbeatElapsed++;
    this.electionElapsed++;
    if (this.electionElapsed >= this.config.electionTick) {
      this.electionElapsed = 0;
      if (this.config.checkQuorum) this.step(this.#local(MessageType.MsgCheckQuorum));
      // A transfer that takes an election timeout has failed: take proposals again (thesis 3.10).
      if (this.state === StateType.StateLeader) this.abortTransfer();
    }
    if (this.state !== StateType.StateLeader || this.#heartbeatElapsed < this.config.heartbeatTick) return;
    this.#heartbeatElapsed = 0;
    this.step(this.#local(MessageType.MsgBeat));
  }

  #local(type: MessageType): Message {
    const message = newMessage(type, NONE);
    message.from = this.id;
    return message;
  }

  // --- Roles --------------------------------------------------------------------------------------------------------------

  becomeFollower(term: number, lead: bigint): void {
    this.#reset(term);
    this.lead = lead;
    this.state = StateType.StateFollower;
    if (this.logger.enabled("info")) this.logger.info(`${hex(this.id)} became follower at term ${this.term}`);
  }

  /** A new term, and our vote in it is our own. */
  becomeCandidate(): void {
    assert(this.state !== StateType.StateLeader, "invalid transition [leader -> candidate]");
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.state = StateType.StateCandidate;
    if (this.logger.enabled("info")) this.logger.info(`${hex(this.id)} became candidate at term ${this.term}`);
  }

  /** Only a question: term and vote stay, so an isolated node disturbs nobody when it comes back (thesis 9.6). */
  becomePreCandidate(): void {
    assert(this.state !== StateType.StateLeader, "invalid transition [leader -> pre-candidate]");
    this.tracker.resetVotes();
    this.lead = NONE;
    this.state = StateType.StatePreCandidate;
    if (this.logger.enabled("info")) this.logger.info(`${hex(this.id)} became pre-candidate at term ${this.term}`);
  }

  /** Opens the term with an empty entry: earlier entries can be committed only through one of the own term (paper 5.4.2, 8). */
  becomeLeader(): void {
    assert(this.state !== StateType.StateFollower, "invalid transition [follower -> leader]");
    this.#reset(this.term);
    this.lead = this.id;
    this.state = StateType.StateLeader;
    const own = this.tracker.progressOf(this.id);
    assert(own !== undefined, "a node outside the membership became leader");
    own.becomeReplicate();
    own.recentActive = true;
    // The inherited tail may hold a conf change. Waiting for all of it is simpler than reading it, and always safe.
    this.pendingConfIndex = this.log.lastIndex;
    const accepted = this.appendEntries([emptyEntry()]);
    assert(accepted, "the empty entry of a new term was dropped");
    if (this.logger.enabled("info")) this.logger.info(`${hex(this.id)} became leader at term ${this.term}`);
  }

  /** What every transition forgets; a new term forgets the vote, too. */
  #reset(term: number): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = NONE;
    }
    this.lead = NONE;
    this.electionElapsed = 0;
    this.#heartbeatElapsed = 0;
    const { electionTick, random, maxInflightMsgs, maxInflightBytes } = this.config;
    this.randomizedElectionTimeout = electionTick + random(electionTick);
    this.abortTransfer();
    this.tracker.resetVotes();
    const last = this.log.lastIndex;
    this.tracker.renew((id, old) => {
      const progress = Progress.fresh(last + 1, old.isLearner, maxInflightMsgs, maxInflightBytes);
      if (id === this.id) progress.match = last;
      return progress;
    });
    this.pendingConfIndex = 0;
    this.#uncommittedSize = 0;
    this.readOnly = new ReadOnlyQueue();
    // Asked of a leader that is none any more: whoever asked will ask again.
    this.pendingReads = [];
  }

  /** May campaign: a voter, and not about to have its log replaced by a snapshot. */
  get promotable(): boolean {
    const own = this.tracker.progressOf(this.id);
    return own !== undefined && !own.isLearner && !this.log.hasPendingSnapshot;
  }

  abortTransfer(): void {
    this.leadTransferee = NONE;
  }

  // --- Messages in --------------------------------------------------------------------------------------------------------

  /**
   * One message, of a peer or of our own. The term is settled first (paper 5.1): a higher one makes us follower, a lower one
   * is stale. An error means the message was refused; the caller may count and log it.
   */
  step(message: Message): RaftError | undefined {
    if (message.term > this.term) {
      if (this.#ignoresNewTerm(message)) return undefined;
    } else if (message.term < this.term && message.term !== 0) {
      this.#stepStale(message);
      return undefined;
    }
    switch (message.type) {
      case MessageType.MsgHup:
        this.hup(this.config.preVote ? "CampaignPreElection" : "CampaignElection");
        return undefined;
      case MessageType.MsgStorageAppendResp:
        this.#stepAppended(message);
        return undefined;
      case MessageType.MsgStorageApplyResp:
        this.#stepApplied(message.entries);
        return undefined;
      case MessageType.MsgVote:
      case MessageType.MsgPreVote:
        stepVoteRequest(this, message);
        return undefined;
    }
    switch (this.state) {
      case StateType.StateLeader:
        return stepLeader(this, message);
      case StateType.StateFollower:
        return stepFollower(this, message);
      default:
        return stepCandidate(this, message);
    }
  }

  /** A message of a later term: join it, unless it is one that must not move us. True: drop the message. */
  #ignoresNewTerm(message: Message): boolean {
    const { type, from, term } = message;
    if (type === MessageType.MsgVote || type === MessageType.MsgPreVote) {
      // While a leader is heard of, candidates are members who cannot hear it: do not let them depose it (thesis 4.2.3).
      const leased = this.config.checkQuorum && this.lead !== NONE && this.electionElapsed < this.config.electionTick;
      if (leased && !isTransferRequest(message)) {
        if (this.logger.enabled("info")) {
          this.logger.info(
            `${this.describeLogEnd()} ignored ${describeRequest(message)} at term ${this.term}: ` +
              `lease is not expired (remaining ticks: ${this.config.electionTick - this.electionElapsed})`,
          );
        }
        return true;
      }
    }
    // A pre-vote speaks of a term that may never be; a granted one is answered in that same future term.
    if (type === MessageType.MsgPreVote) return false;
    if (type === MessageType.MsgPreVoteResp && !message.reject) return false;
    if (this.logger.enabled("info")) {
      this.logger.info(
        `${hex(this.id)} [term: ${this.term}] received a ${messageTypeName(type)} message with higher term ` +
          `from ${hex(from)} [term: ${term}]`,
      );
    }
    const fromLeader = type === MessageType.MsgApp || type === MessageType.MsgHeartbeat || type === MessageType.MsgSnap;
    this.becomeFollower(term, fromLeader ? from : NONE);
    return false;
  }

  /** A message of an earlier term has no effect here, but sometimes its sender has to learn of the present term. */
  #stepStale(message: Message): void {
    const { type, from, term } = message;
    const { checkQuorum, preVote } = this.config;
    if ((checkQuorum || preVote) && (type === MessageType.MsgHeartbeat || type === MessageType.MsgApp)) {
      // Our own vote requests may be ignored (lease, pre-vote), so this answer is what frees a node whose term ran ahead.
      this.send(newMessage(MessageType.MsgAppResp, from));
    } else if (type === MessageType.MsgPreVote) {
      // A candidate with a longer log but an older term must not wait for ever: it needs to hear our term.
      if (this.logger.enabled("info")) {
        this.logger.info(`${this.describeLogEnd()} rejected ${describeRequest(message)} at term ${this.term}`);
      }
      const answer = newMessage(MessageType.MsgPreVoteResp, from);
      answer.term = this.term;
      answer.reject = true;
      this.send(answer);
    } else if (type === MessageType.MsgStorageAppendResp) {
      // What was saved then may have been overwritten since, in a later term (README, "The append that came back late").
      if (message.index !== 0 && this.logger.enabled("info")) {
        this.logger.info(
          `${hex(this.id)} [term: ${this.term}] ignored entry appends from a MsgStorageAppendResp message ` +
            `with lower term [term: ${term}]`,
        );
      }
      // A snapshot is committed state, true in every term.
      if (message.snapshot !== undefined) this.#appliedSnapshot(message.snapshot);
    } else if (this.logger.enabled("info")) {
      this.logger.info(
        `${hex(this.id)} [term: ${this.term}] ignored a ${messageTypeName(type)} message with lower term ` +
          `from ${hex(from)} [term: ${term}]`,
      );
    }
  }

  // --- Storage answers ----------------------------------------------------------------------------------------------------

  #stepAppended(message: Message): void {
    if (message.index !== 0) this.log.unstable.stableTo(message.index, message.logTerm);
    if (message.snapshot !== undefined) this.#appliedSnapshot(message.snapshot);
  }

  #stepApplied(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.appliedTo(entries[entries.length - 1]!.index, entriesSize(entries));
    this.#uncommittedSize = Math.max(0, this.#uncommittedSize - payloadsSize(entries));
  }

  #appliedSnapshot(snapshot: Snapshot): void {
    const index = snapshot.metadata?.index ?? 0;
    this.log.unstable.stableSnapshotTo(index);
    this.appliedTo(index, 0);
  }

  appliedTo(index: number, size: number): void {
    const applied = Math.max(index, this.log.applied);
    this.log.appliedTo(applied, size);
    const { membership } = this.tracker;
    if (!membership.autoLeave || applied < this.pendingConfIndex || this.state !== StateType.StateLeader) return;
    // The joint configuration is in force everywhere it has to be: leave it by an empty change, which no size limit refuses.
    // A transfer under way refuses it; then the next applied entry, or the next leader, tries again.
    const message = newMessage(MessageType.MsgProp, NONE);
    message.entries.push({ ...emptyEntry(), type: EntryType.EntryConfChangeV2 });
    const refused = this.step(message);
    if (refused === undefined) {
      if (this.logger.enabled("info")) {
        this.logger.info(`initiating automatic transition out of joint configuration ${membership}`);
      }
    } else if (this.logger.enabled("debug")) {
      this.logger.debug(
        `not initiating automatic transition out of joint configuration ${membership}: ${refused.message}`,
      );
    }
  }

  // --- Elections ----------------------------------------------------------------------------------------------------------

  /** Campaigns if that can make sense. */
  hup(kind: CampaignKind): void {
    const { logger } = this;
    if (this.state === StateType.StateLeader) {
      if (logger.enabled("debug")) logger.debug(`${hex(this.id)} ignoring MsgHup because already leader`);
      return;
    }
    if (!this.promotable) {
      if (logger.enabled("warn")) logger.warn(`${hex(this.id)} is unpromotable and can not campaign`);
      return;
    }
    if (this.#hasUnappliedConfChange()) {
      // We may be campaigning in a membership that is no longer.
      if (logger.enabled("warn")) {
        logger.warn(
          `${hex(this.id)} cannot campaign at term ${this.term} since there are still pending configuration changes to apply`,
        );
      }
      return;
    }
    if (logger.enabled("info")) logger.info(`${hex(this.id)} is starting a new election at term ${this.term}`);
    this.campaign(kind);
  }

  #hasUnappliedConfChange(): boolean {
    const end = this.log.committed + 1;
    for (let at = this.log.applied + 1; at < end; ) {
      const page = this.log.slice(at, end, this.config.maxCommittedSizePerReady);
      // Compacted means applied by whoever compacted: nothing there is pending.
      if (page === undefined || page.length === 0) return false;
      if (page.some((entry) => entry.type !== EntryType.EntryNormal)) return true;
      at += page.length;
    }
    return false;
  }

  /** Asks every voter, ourselves by way of our own disk. */
  campaign(kind: CampaignKind): void {
    const pre = kind === "CampaignPreElection";
    if (pre) this.becomePreCandidate();
    else this.becomeCandidate();
    // A pre-vote asks about the term that the election would have.
    const term = pre ? this.term + 1 : this.term;
    const ask = pre ? MessageType.MsgPreVote : MessageType.MsgVote;
    for (const id of this.tracker.membership.voters.ids()) {
      if (id === this.id) {
        const own = newMessage(pre ? MessageType.MsgPreVoteResp : MessageType.MsgVoteResp, id);
        own.term = term;
        this.send(own);
        continue;
      }
      if (this.logger.enabled("info")) {
        this.logger.info(
          `${hex(this.id)} [logterm: ${this.log.lastTerm}, index: ${this.log.lastIndex}] sent ${messageTypeName(ask)} ` +
            `request to ${hex(id)} at term ${this.term}`,
        );
      }
      const request = newMessage(ask, id);
      request.term = term;
      request.index = this.log.lastIndex;
      request.logTerm = this.log.lastTerm;
      if (kind === "CampaignTransfer") request.context = TRANSFER_CONTEXT;
      this.send(request);
    }
  }

  // --- The leader's log ---------------------------------------------------------------------------------------------------

  /**
   * Gives `entries` (which become ours) their place and term and appends them. False, with nothing done, when they would make
   * the uncommitted tail too large. Our own acknowledgement is a message like any follower's: it counts when it is durable.
   */
  appendEntries(entries: readonly Entry[]): boolean {
    if (!this.#reserveUncommitted(payloadsSize(entries))) {
      if (this.logger.enabled("warn")) {
        this.logger.warn(
          `${hex(this.id)} appending new entries to log would exceed uncommitted entry size limit; dropping proposal`,
        );
      }
      return false;
    }
    let index = this.log.lastIndex;
    for (const entry of entries) {
      entry.term = this.term;
      entry.index = ++index;
    }
    this.log.append(entries);
    const own = newMessage(MessageType.MsgAppResp, this.id);
    own.index = index;
    this.send(own);
    return true;
  }

  /** A first proposal of any size is let in, and what has no payload always is. */
  #reserveUncommitted(bytes: number): boolean {
    const held = this.#uncommittedSize;
    if (held > 0 && bytes > 0 && held + bytes > this.config.maxUncommittedEntriesSize) return false;
    this.#uncommittedSize = held + bytes;
    return true;
  }

  /** True when the commit index rose; then the followers should hear of it. */
  maybeCommit(): boolean {
    return this.log.maybeCommit(this.tracker.committedIndex(), this.term);
  }

  /** No read may be served before: an earlier term's commit index may be older than what was acknowledged (thesis 6.4). */
  get committedInCurrentTerm(): boolean {
    return this.log.term(this.log.committed) === this.term;
  }

  // --- Messages out -------------------------------------------------------------------------------------------------------

  /** Fills in sender and term and queues the message where its durability demands. */
  send(message: Message): void {
    if (message.from === NONE) message.from = this.id;
    switch (message.type) {
      case MessageType.MsgVote:
      case MessageType.MsgPreVote:
        assert(message.term !== 0, "a vote request without its term");
        break;
      case MessageType.MsgVoteResp:
      case MessageType.MsgPreVoteResp:
        assert(message.term !== 0, "a vote without its term");
        this.messagesAfterAppend.push(message);
        return;
      case MessageType.MsgAppResp:
        message.term = this.term;
        this.messagesAfterAppend.push(message);
        return;
      case MessageType.MsgProp:
        // Only this node's own: what another sender concludes from a term is not known here.
        if (this.config.proposalTerms && message.from === this.id) message.term = this.term;
        break;
      case MessageType.MsgReadIndex:
        // Forwarded: the leader takes them in whatever term it leads.
        break;
      default:
        assert(message.term === 0, "a message has a term before it is sent");
        message.term = this.term;
    }
    assert(message.to !== this.id, "a message to ourselves that need not wait for our disk");
    this.messages.push(message);
  }

  sendAppend(to: bigint, progress: Progress): void {
    this.maybeSendAppend(to, progress, true);
  }

  /**
   * Sends the member what follows in its log, with the commit index; false when there is nothing to send or it must wait.
   * Without entries a message goes out only if `evenEmpty`: it still carries the commit index and asks for an answer.
   */
  maybeSendAppend(to: bigint, progress: Progress, evenEmpty: boolean): boolean {
    if (progress.paused) return false;
    const previous = progress.next - 1;
    const previousTerm = this.log.term(previous);
    if (previousTerm < 0) return this.#maybeSendSnapshot(to, progress);
    // With a full window only an empty append goes: should all in flight be lost, its rejection is what shows it.
    const full = progress.state === ProgressState.StateReplicate && progress.inflights.full;
    const entries = full ? [] : this.log.entriesFrom(progress.next, this.config.maxSizePerMsg);
    if (!evenEmpty && (entries === undefined || entries.length === 0)) return false;
    if (entries === undefined) return this.#maybeSendSnapshot(to, progress);
    const append = newMessage(MessageType.MsgApp, to);
    append.index = previous;
    append.logTerm = previousTerm;
    append.entries = entries;
    append.commit = this.log.committed;
    this.send(append);
    progress.sentEntries(entries.length, payloadsSize(entries));
    progress.sentCommit = this.log.committed;
    return true;
  }

  /** The entries the member needs are compacted. */
  #maybeSendSnapshot(to: bigint, progress: Progress): boolean {
    const { logger } = this;
    if (!progress.recentActive) {
      if (logger.enabled("debug")) {
        logger.debug(`ignore sending snapshot to ${hex(to)} since it is not recently active`);
      }
      return false;
    }
    const snapshot = this.log.snapshot();
    if (snapshot instanceof RaftError) {
      assert(snapshot.code === "SnapshotTemporarilyUnavailable", "storage has neither the entries nor a snapshot");
      if (logger.enabled("debug")) {
        logger.debug(
          `${hex(this.id)} failed to send snapshot to ${hex(to)} because snapshot is temporarily unavailable`,
        );
      }
      return false;
    }
    assert(!isEmptySnapshot(snapshot), "storage compacted entries without a snapshot");
    const { index, term } = snapshot.metadata!;
    if (logger.enabled("debug")) {
      logger.debug(
        `${hex(this.id)} [firstindex: ${this.log.firstIndex}, commit: ${this.log.committed}] sent ` +
          `snapshot[index: ${index}, term: ${term}] to ${hex(to)} [${progress}]`,
      );
    }
    progress.becomeSnapshot(index);
    if (logger.enabled("debug")) {
      logger.debug(`${hex(this.id)} paused sending replication messages to ${hex(to)} [${progress}]`);
    }
    const message = newMessage(MessageType.MsgSnap, to);
    message.snapshot = snapshot;
    this.send(message);
    return true;
  }

  /** To every other member, voter or learner, that may be sent to. */
  broadcastAppend(): void {
    const { ids, all } = this.tracker;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] !== this.id) this.sendAppend(ids[i]!, all[i]!);
    }
  }

  /** The commit index in a heartbeat never passes what the member is known to have: it cannot check it. */
  broadcastHeartbeat(): void {
    const context = this.readOnly.heartbeatContext();
    const { ids, all } = this.tracker;
    for (let i = 0; i < ids.length; i++) {
      const to = ids[i]!;
      if (to === this.id) continue;
      const progress = all[i]!;
      const heartbeat = newMessage(MessageType.MsgHeartbeat, to);
      heartbeat.commit = Math.min(progress.match, this.log.committed);
      heartbeat.context = context;
      this.send(heartbeat);
      progress.sentCommit = heartbeat.commit;
    }
  }

  // --- Membership ---------------------------------------------------------------------------------------------------------

  /**
   * Puts a committed change into force. RaftError `ConfChangeInvalid`, with nothing changed, when the present
   * configuration does not allow it; every member decides alike, for all of them see the same log.
   *
   * `index` is that of the change's entry. A change that waited to be applied while a snapshot beyond it arrived is in that
   * snapshot's membership already, and perhaps undone there: it is left out.
   */
  applyConfChange(change: ConfChange | ConfChangeV2, index: number | undefined): ConfState | RaftError {
    if (index !== undefined && index <= this.#membershipIndex) return this.tracker.membership.confState();
    const changed = this.planConfChange(asConfChangeV2(change));
    if (changed instanceof RaftError) return changed;
    if (index !== undefined) this.#membershipIndex = index;
    return this.#switchTo(changed);
  }

  /** The configuration as of entry `index`, or undefined when a snapshot beyond `index` has replaced it. */
  confStateAt(index: number): ConfState | undefined {
    return index < this.#membershipIndex ? undefined : this.tracker.membership.confState();
  }

  /** What the configuration would be after a change. */
  planConfChange(change: ConfChangeV2): Configuration | RaftError {
    const { membership } = this.tracker;
    const base: ChangeBase = {
      membership,
      progress: this.tracker.progressMap(),
      lastIndex: this.log.lastIndex,
      maxInflight: this.config.maxInflightMsgs,
      maxInflightBytes: this.config.maxInflightBytes,
    };
    return changeConfiguration(base, change);
  }

  #restoreConfiguration(confState: ConfState, lastIndex: number): Configuration | RaftError {
    const { maxInflightMsgs, maxInflightBytes } = this.config;
    return restoreConfiguration(confState, lastIndex, maxInflightMsgs, maxInflightBytes);
  }

  /** The new membership is in force: a smaller quorum may commit more at once, a newcomer may be sent to. */
  #switchTo({ membership, progress }: Configuration): ConfState {
    this.tracker.install(membership, progress);
    if (this.logger.enabled("info")) {
      this.logger.info(`${hex(this.id)} switched to configuration ${membership}`);
    }
    const confState = membership.confState();
    const own = this.tracker.progressOf(this.id);
    this.isLearner = own?.isLearner ?? false;
    if (this.state !== StateType.StateLeader) return confState;
    if (own === undefined || this.isLearner) {
      // A leader outside the voters manages the rest until somebody else is elected (thesis 4.2.2), unless told to go.
      if (this.config.stepDownOnRemoval) this.becomeFollower(this.term, NONE);
      return confState;
    }
    if (this.maybeCommit()) {
      this.broadcastAppend();
    } else {
      const { ids, all } = this.tracker;
      for (let i = 0; i < ids.length; i++) {
        if (ids[i] !== this.id) this.maybeSendAppend(ids[i]!, all[i]!, false);
      }
    }
    if (this.leadTransferee !== NONE && !membership.voters.has(this.leadTransferee)) this.abortTransfer();
    return confState;
  }

  // --- Snapshots ----------------------------------------------------------------------------------------------------------

  /**
   * Replaces log and membership by a snapshot that is ahead of our commit index. False when it is of no use: not ahead, not
   * for us, or the log already has it, when only the commit index moves.
   */
  restoreSnapshot(snapshot: Snapshot): boolean | RaftError {
    const { index, term, confState } = snapshot.metadata!;
    const { log, logger } = this;
    if (index <= log.committed) return false;
    assert(this.state === StateType.StateFollower, "only a follower restores a snapshot");
    const members = confState!;
    const ours = [members.voters, members.learners, members.votersOutgoing].some((ids) => ids.includes(this.id));
    if (!ours) {
      if (logger.enabled("warn")) {
        logger.warn(
          `${hex(this.id)} attempted to restore snapshot but it is not in the ConfState ${describeConfState(members)}; ` +
            "should never happen",
        );
      }
      return false;
    }
    if (log.matches(index, term)) {
      if (logger.enabled("info")) {
        logger.info(`${this.#describePosition()} fast-forwarded commit to snapshot [index: ${index}, term: ${term}]`);
      }
      log.commitTo(index);
      return false;
    }
    const restored = this.#restoreConfiguration(members, index);
    if (restored instanceof RaftError) return new RaftError("SnapshotInvalid", restored.detail);
    log.restore(snapshot);
    this.#membershipIndex = index;
    this.#switchTo(restored);
    if (logger.enabled("info")) {
      logger.info(`${this.#describePosition()} restored snapshot [index: ${index}, term: ${term}]`);
    }
    return true;
  }

  // --- Reads --------------------------------------------------------------------------------------------------------------

  get readOnlyOption(): ReadOnlyOption {
    return this.config.readOnlyOption;
  }

  /** Tells whoever asked that `index` is safe to read at: the application, or the follower that forwarded the question. */
  answerRead(request: Message, index: number): void {
    if (request.from === NONE || request.from === this.id) {
      this.readStates.push({ index, requestCtx: request.entries[0]!.data });
      return;
    }
    const answer = newMessage(MessageType.MsgReadIndexResp, request.from);
    answer.index = index;
    answer.entries = request.entries;
    this.send(answer);
  }

  // --- Words --------------------------------------------------------------------------------------------------------------

  /** Our id with the end of our log and our vote: how vote decisions begin. */
  describeLogEnd(): string {
    return `${hex(this.id)} [logterm: ${this.log.lastTerm}, index: ${this.log.lastIndex}, vote: ${hex(this.vote)}]`;
  }

  #describePosition(): string {
    const { committed, lastIndex, lastTerm } = this.log;
    return `${hex(this.id)} [commit: ${committed}, lastindex: ${lastIndex}, lastterm: ${lastTerm}]`;
  }
}
