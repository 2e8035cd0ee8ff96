import { asConfChangeV2, decodeConfChangeEntry, planOf } from "./confchange/index.ts";
import { ReadOnlyOption } from "./config.ts";
import { describeConfChange } from "./describe.ts";
import { ErrProposalDropped, RaftError } from "./errors.ts";
import { emptyEntry, newMessage } from "./messages.ts";
import { hex } from "./names.ts";
import type { Raft } from "./raft.ts";
import { type Progress, ProgressState } from "./tracker/index.ts";
import { type ConfChangeV2, type Entry, EntryType, type Message, MessageType, NONE } from "./types.ts";

/** A leader appends, replicates, commits, and steps down when a later term or a silent quorum says so. */
export function stepLeader(raft: Raft, message: Message): RaftError | undefined {
  switch (message.type) {
    case MessageType.MsgBeat:
      raft.broadcastHeartbeat();
      return undefined;
    case MessageType.MsgCheckQuorum:
      checkQuorum(raft);
      return undefined;
    case MessageType.MsgProp:
      // Copies: a message may be delivered twice, and entries that are in the log must not change.
      return propose(
        raft,
        message.entries.map((entry) => ({ ...entry })),
      );
    case MessageType.MsgReadIndex:
      return readIndex(raft, message);
    case MessageType.MsgApp:
    case MessageType.MsgHeartbeat:
    case MessageType.MsgSnap:
      // Only a leader of this very term sends these, and that is us (paper 5.2, election safety).
      return new RaftError("SecondLeader", `${hex(message.from)} in term ${raft.term}`);
    case MessageType.MsgForgetLeader:
      return undefined;
  }
  // All that is left is about one member.
  const progress = raft.tracker.progressOf(message.from);
  if (progress === undefined) {
    if (raft.logger.enabled("debug")) {
      raft.logger.debug(`${hex(raft.id)} no progress available for ${hex(message.from)}`);
    }
    return undefined;
  }
  switch (message.type) {
    case MessageType.MsgAppResp:
      return appendAnswered(raft, message, progress);
    case MessageType.MsgHeartbeatResp:
      return heartbeatAnswered(raft, message, progress);
    case MessageType.MsgSnapStatus:
      snapshotReported(raft, message, progress);
      return undefined;
    case MessageType.MsgUnreachable:
      // What was in flight is most likely lost: find out where the logs meet now.
      if (progress.state === ProgressState.StateReplicate) progress.becomeProbe();
      if (raft.logger.enabled("debug")) {
        raft.logger.debug(
          `${hex(raft.id)} failed to send message to ${hex(message.from)} because it is unreachable [${progress}]`,
        );
      }
      return undefined;
    case MessageType.MsgTransferLeader:
      transferLeader(raft, message.from, progress);
      return undefined;
    default:
      return undefined;
  }
}

// --- Proposals ----------------------------------------------------------------------------------------------------------------

/** Appends new entries, which become the log's, and sends them on. */
export function propose(raft: Raft, entries: Entry[]): RaftError | undefined {
  // Removed, but still leading until somebody else is elected: manage what is there, take nothing new.
  if (raft.tracker.progressOf(raft.id) === undefined) return ErrProposalDropped;
  if (raft.leadTransferee !== NONE) {
    if (raft.logger.enabled("debug")) {
      raft.logger.debug(
        `${hex(raft.id)} [term ${raft.term}] transfer leadership to ${hex(raft.leadTransferee)} is in progress; ` +
          "dropping proposal",
      );
    }
    return ErrProposalDropped;
  }
  for (let i = 0; i < entries.length; i++) {
    if (entries[i]!.type === EntryType.EntryNormal) continue;
    const refused = admitConfChange(raft, entries, i);
    if (refused !== undefined) return refused;
  }
  if (!raft.appendEntries(entries)) return ErrProposalDropped;
  raft.broadcastAppend();
  // A batch beyond the size of a message goes out in as many as the window takes.
  if (entries.length > 1) sendRemaining(raft);
  return undefined;
}

/** A conf change that may not be made now takes its place in the log as an empty entry: the proposer learns that way. */
function admitConfChange(raft: Raft, entries: Entry[], at: number): RaftError | undefined {
  const decoded = decodeConfChangeEntry(entries[at]!);
  if (decoded === undefined) return new RaftError("ConfChangeInvalid", "the entry cannot be decoded");
  const change = asConfChangeV2(decoded);
  const fault = raft.config.disableConfChangeValidation ? undefined : faultOfConfChange(raft, change);
  if (fault === undefined) {
    raft.pendingConfIndex = raft.log.lastIndex + at + 1;
    return undefined;
  }
  if (raft.logger.enabled("info")) {
    raft.logger.info(
      `${hex(raft.id)} ignoring conf change ${describeConfChange(change)} at config ${raft.tracker.membership}: ${fault}`,
    );
  }
  entries[at] = emptyEntry();
  return undefined;
}

/** One change at a time, joint configurations entered and left in turn, and never a change that could not be applied. */
function faultOfConfChange(raft: Raft, change: ConfChangeV2): string | undefined {
  if (raft.pendingConfIndex > raft.log.applied) {
    return `possible unapplied conf change at index ${raft.pendingConfIndex} (applied to ${raft.log.applied})`;
  }
  const { joint } = raft.tracker.membership.voters;
  const leaves = change.changes.length === 0;
  if (joint && !leaves) return "must transition out of joint config first";
  if (!joint && leaves) return "not in joint state; refusing empty conf change";
  // No change is pending, so the configuration it will be applied to is the present one: try it out.
  if (planOf(change) === undefined) return "unknown transition";
  const planned = raft.planConfChange(change);
  return planned instanceof RaftError ? planned.detail : undefined;
}

/** Fills every follower's window. */
function sendRemaining(raft: Raft): void {
  const { ids, all } = raft.tracker;
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== raft.id) fillWindow(raft, ids[i]!, all[i]!);
  }
}

function fillWindow(raft: Raft, to: bigint, progress: Progress): void {
  while (raft.maybeSendAppend(to, progress, false)) {
    // Each call sends one message; it ends when nothing is left or the window is full.
  }
}

// --- Answers of followers, and of our own disk --------------------------------------------------------------------------------

function appendAnswered(raft: Raft, answer: Message, progress: Progress): RaftError | undefined {
  const { lastIndex } = raft.log;
  if (answer.index > lastIndex || answer.rejectHint > lastIndex) {
    return new RaftError("IndexOutOfRange", `${hex(answer.from)} speaks of ${answer.index}, last index ${lastIndex}`);
  }
  progress.recentActive = true;
  if (answer.reject) appendRejected(raft, answer, progress);
  else appendAccepted(raft, answer, progress);
  return undefined;
}

/**
 * The logs do not meet at `answer.index`. The follower's entry at the hint has term `answer.logTerm`; the logs cannot meet at any
 * entry of ours with a higher term, for terms never fall along the follower's log either. So we go back to our last entry of
 * at most that term: one probe per term instead of one per entry. (README, "Finding where logs meet", works an example.)
 */
function appendRejected(raft: Raft, answer: Message, progress: Progress): void {
  const { from, index, rejectHint, logTerm } = answer;
  if (raft.logger.enabled("debug")) {
    raft.logger.debug(
      `${hex(raft.id)} received MsgAppResp(rejected, hint: (index ${rejectHint}, term ${logTerm})) from ${hex(from)} ` +
        `for index ${index}`,
    );
  }
  const probe = logTerm > 0 ? raft.log.findConflictByTerm(rejectHint, logTerm).index : rejectHint;
  if (!progress.maybeDecrease(index, probe)) return;
  if (raft.logger.enabled("debug")) {
    raft.logger.debug(`${hex(raft.id)} decreased progress of ${hex(from)} to [${progress}]`);
  }
  if (progress.state === ProgressState.StateReplicate) progress.becomeProbe();
  raft.sendAppend(from, progress);
}

function appendAccepted(raft: Raft, answer: Message, progress: Progress): void {
  const { from, index } = answer;
  // A probe may confirm just what we knew; it still shows that the logs meet.
  const confirmsProbe = progress.match === index && progress.state === ProgressState.StateProbe;
  if (!progress.maybeUpdate(index) && !confirmsProbe) return;
  switch (progress.state) {
    case ProgressState.StateProbe:
      progress.becomeReplicate();
      break;
    case ProgressState.StateReplicate:
      progress.inflights.freeUpTo(index);
      break;
    case ProgressState.StateSnapshot:
      leaveSnapshotState(raft, from, progress);
      break;
  }
  const others = from !== raft.id;
  if (raft.maybeCommit()) {
    releasePendingReads(raft);
    raft.broadcastAppend();
  } else if (others && progress.canBumpCommit(raft.log.committed)) {
    // It may not know the commit index yet; a heartbeat would tell it, later.
    raft.sendAppend(from, progress);
  }
  if (!others) return;
  fillWindow(raft, from, progress);
  if (from === raft.leadTransferee && progress.match === raft.log.lastIndex) {
    if (raft.logger.enabled("info")) {
      raft.logger.info(`${hex(raft.id)} sent MsgTimeoutNow to ${hex(from)} after received MsgAppResp`);
    }
    raft.send(newMessage(MessageType.MsgTimeoutNow, from));
  }
}

/** Whatever snapshot it got, and from whom: as soon as our log continues where its log ends, entries will do. */
function leaveSnapshotState(raft: Raft, from: bigint, progress: Progress): void {
  if (progress.match + 1 < raft.log.firstIndex) return;
  if (raft.logger.enabled("debug")) {
    raft.logger.debug(
      `${hex(raft.id)} recovered from needing snapshot, resumed sending replication messages to ${hex(from)} [${progress}]`,
    );
  }
  progress.becomeProbe();
  progress.becomeReplicate();
}

function heartbeatAnswered(raft: Raft, answer: Message, progress: Progress): RaftError | undefined {
  progress.recentActive = true;
  progress.appendPaused = false;
  // Behind, or probed and not yet known to be caught up: send, if only an empty append that asks for an answer.
  if (progress.match < raft.log.lastIndex || progress.state === ProgressState.StateProbe) {
    raft.sendAppend(answer.from, progress);
  }
  if (raft.readOnlyOption !== ReadOnlyOption.ReadOnlySafe || answer.context.length === 0) return undefined;
  const place = raft.readOnly.placeOf(answer.context);
  if (place === undefined) return new RaftError("MalformedMessage", "a heartbeat answer with a context we never sent");
  raft.readOnly.acknowledge(answer.from, place);
  for (const { request, index } of raft.readOnly.release(raft.tracker.membership.voters)) {
    raft.answerRead(request, index);
  }
  return undefined;
}

// --- Reports of the transport -------------------------------------------------------------------------------------------------

function snapshotReported(raft: Raft, report: Message, progress: Progress): void {
  if (progress.state !== ProgressState.StateSnapshot) return;
  // A snapshot that failed did not move the place to probe from.
  if (report.reject) progress.pendingSnapshot = 0;
  progress.becomeProbe();
  if (raft.logger.enabled("debug")) {
    raft.logger.debug(
      `${hex(raft.id)} snapshot ${report.reject ? "failed" : "succeeded"}, resumed sending replication messages to ` +
        `${hex(report.from)} [${progress}]`,
    );
  }
  // Delivered: its answer will start the flow. Failed: do not try again before the next heartbeat.
  progress.appendPaused = true;
}

function checkQuorum(raft: Raft): void {
  if (!raft.tracker.quorumActive()) {
    if (raft.logger.enabled("warn")) {
      raft.logger.warn(`${hex(raft.id)} stepped down to follower since quorum is not active`);
    }
    raft.becomeFollower(raft.term, NONE);
  }
  const { ids, all } = raft.tracker;
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== raft.id) all[i]!.recentActive = false;
  }
}

// --- Leader transfer (thesis 3.10) --------------------------------------------------------------------------------------------

function transferLeader(raft: Raft, to: bigint, progress: Progress): void {
  const { logger } = raft;
  if (progress.isLearner) {
    if (logger.enabled("debug")) logger.debug(`${hex(raft.id)} is learner. Ignored transferring leadership`);
    return;
  }
  if (raft.leadTransferee !== NONE) {
    if (raft.leadTransferee === to) {
      if (logger.enabled("info")) {
        logger.info(
          `${hex(raft.id)} [term ${raft.term}] transfer leadership to ${hex(to)} is in progress, ` +
            `ignores request to same node ${hex(to)}`,
        );
      }
      return;
    }
    const previous = raft.leadTransferee;
    raft.abortTransfer();
    if (logger.enabled("info")) {
      logger.info(`${hex(raft.id)} [term ${raft.term}] abort previous transferring leadership to ${hex(previous)}`);
    }
  }
  if (to === raft.id) {
    if (logger.enabled("debug")) {
      logger.debug(`${hex(raft.id)} is already leader. Ignored transferring leadership to self`);
    }
    return;
  }
  if (logger.enabled("info")) {
    logger.info(`${hex(raft.id)} [term ${raft.term}] starts to transfer leadership to ${hex(to)}`);
  }
  // One election timeout is all it gets.
  raft.electionElapsed = 0;
  raft.leadTransferee = to;
  if (progress.match === raft.log.lastIndex) {
    raft.send(newMessage(MessageType.MsgTimeoutNow, to));
    if (logger.enabled("info")) {
      logger.info(
        `${hex(raft.id)} sends MsgTimeoutNow to ${hex(to)} immediately as ${hex(to)} already has up-to-date log`,
      );
    }
  } else {
    raft.sendAppend(to, progress);
  }
}

// --- Reads (thesis 6.4) -------------------------------------------------------------------------------------------------------

function readIndex(raft: Raft, request: Message): RaftError | undefined {
  if (raft.pendingReads.length + raft.readOnly.length >= raft.config.maxPendingReads) {
    return new RaftError("ReadDropped", `${raft.config.maxPendingReads} reads are waiting`);
  }
  if (raft.committedInCurrentTerm) confirmRead(raft, request);
  else raft.pendingReads.push(request);
  return undefined;
}

/** Needs a commit in the current term: only then is our commit index at least as high as any leader's before us. */
function confirmRead(raft: Raft, request: Message): void {
  const alone = raft.tracker.isSoleVoter(raft.id);
  if (alone || raft.readOnlyOption === ReadOnlyOption.ReadOnlyLeaseBased) {
    raft.answerRead(request, raft.log.committed);
    return;
  }
  raft.readOnly.add(raft.log.committed, request);
  raft.readOnly.acknowledge(raft.id, raft.readOnly.lastPlace);
  raft.broadcastHeartbeat();
}

function releasePendingReads(raft: Raft): void {
  if (raft.pendingReads.length === 0 || !raft.committedInCurrentTerm) return;
  const pending = raft.pendingReads;
  raft.pendingReads = [];
  for (const request of pending) confirmRead(raft, request);
}
