import { ReadOnlyOption } from "./config.ts";
import { ErrProposalDropped, RaftError } from "./errors.ts";
import { NO_TERM } from "./log.ts";
import { forwarded, newMessage } from "./messages.ts";
import { hex } from "./names.ts";
import type { Raft } from "./raft.ts";
import { type Message, MessageType, NONE } from "./types.ts";

/** A follower answers the leader of its term and passes on what only the leader can do. */
export function stepFollower(raft: Raft, message: Message): RaftError | undefined {
  switch (message.type) {
    case MessageType.MsgApp:
      hearLeader(raft, message.from);
      return acceptEntries(raft, message);
    case MessageType.MsgHeartbeat:
      hearLeader(raft, message.from);
      return acceptHeartbeat(raft, message);
    case MessageType.MsgSnap:
      hearLeader(raft, message.from);
      return acceptSnapshot(raft, message);
    case MessageType.MsgProp:
      return forwardProposal(raft, message);
    case MessageType.MsgTransferLeader:
      return forward(raft, message, "leader transfer");
    case MessageType.MsgReadIndex:
      return forward(raft, message, "index reading");
    case MessageType.MsgReadIndexResp:
      return acceptReadIndex(raft, message);
    case MessageType.MsgTimeoutNow:
      if (raft.logger.enabled("info")) {
        raft.logger.info(
          `${hex(raft.id)} [term ${raft.term}] received MsgTimeoutNow from ${hex(message.from)} ` +
            "and starts an election to get leadership.",
        );
      }
      raft.hup("CampaignTransfer");
      return undefined;
    case MessageType.MsgForgetLeader:
      forgetLeader(raft);
      return undefined;
    default:
      return undefined;
  }
}

function hearLeader(raft: Raft, leader: bigint): void {
  raft.electionElapsed = 0;
  raft.lead = leader;
}

/** AppendEntries (paper 5.3). Also for a candidate that has just become follower. */
export function acceptEntries(raft: Raft, append: Message): RaftError | undefined {
  const { log } = raft;
  const answer = newMessage(MessageType.MsgAppResp, append.from);
  if (append.index < log.committed) {
    // An old message: the leader can learn something better from us.
    answer.index = log.committed;
    raft.send(answer);
    return undefined;
  }
  const last = log.maybeAppend(append.index, append.logTerm, append.entries, append.commit);
  if (last instanceof RaftError) return last;
  if (last !== NO_TERM) {
    answer.index = last;
    raft.send(answer);
    return undefined;
  }
  if (raft.logger.enabled("debug")) {
    raft.logger.debug(
      `${hex(raft.id)} [logterm: ${Math.max(0, log.term(append.index))}, index: ${append.index}] rejected ` +
        `MsgApp [logterm: ${append.logTerm}, index: ${append.index}] from ${hex(append.from)}`,
    );
  }
  // The leader's terms up to there are at most its term there, so the logs cannot meet at an entry of ours of a later term:
  // tell it the last place where they can. One answer skips a whole divergent tail.
  const hint = log.findConflictByTerm(Math.min(append.index, log.lastIndex), append.logTerm);
  answer.index = append.index;
  answer.reject = true;
  answer.rejectHint = hint.index;
  answer.logTerm = hint.term;
  raft.send(answer);
  return undefined;
}

/** The leader sends no commit index beyond what it knows we have; if it does, one of the two has lost its log. */
export function acceptHeartbeat(raft: Raft, heartbeat: Message): RaftError | undefined {
  if (heartbeat.commit > raft.log.lastIndex) {
    return new RaftError("CommitOutOfRange", `commit ${heartbeat.commit}, last index ${raft.log.lastIndex}`);
  }
  raft.log.commitTo(heartbeat.commit);
  const answer = newMessage(MessageType.MsgHeartbeatResp, heartbeat.from);
  answer.context = heartbeat.context;
  raft.send(answer);
  return undefined;
}

/** InstallSnapshot (paper 7). Whatever became of it, the answer says how far our log goes. */
export function acceptSnapshot(raft: Raft, message: Message): RaftError | undefined {
  const snapshot = message.snapshot!;
  const { index, term } = snapshot.metadata!;
  const restored = raft.restoreSnapshot(snapshot);
  if (restored instanceof RaftError) return restored;
  if (raft.logger.enabled("info")) {
    raft.logger.info(
      `${hex(raft.id)} [commit: ${raft.log.committed}] ${restored ? "restored" : "ignored"} snapshot ` +
        `[index: ${index}, term: ${term}]`,
    );
  }
  const answer = newMessage(MessageType.MsgAppResp, message.from);
  answer.index = restored ? raft.log.lastIndex : raft.log.committed;
  raft.send(answer);
  return undefined;
}

function forwardProposal(raft: Raft, proposal: Message): RaftError | undefined {
  const { logger } = raft;
  // A proposal with a term is for the leader of that term alone, and this node is not, or no longer, the leader.
  if (raft.lead === NONE || proposal.term !== 0) {
    if (logger.enabled("info")) {
      logger.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`);
    }
    return ErrProposalDropped;
  }
  if (raft.config.disableProposalForwarding) {
    if (logger.enabled("info")) {
      logger.info(`${hex(raft.id)} not forwarding to leader ${hex(raft.lead)} at term ${raft.term}; dropping proposal`);
    }
    return ErrProposalDropped;
  }
  raft.send(forwarded(proposal, raft.lead));
  return undefined;
}

function forward(raft: Raft, message: Message, what: string): undefined {
  if (raft.lead === NONE) {
    if (raft.logger.enabled("info")) {
      raft.logger.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping ${what} msg`);
    }
    return;
  }
  raft.send(forwarded(message, raft.lead));
}

function acceptReadIndex(raft: Raft, answer: Message): undefined {
  raft.readStates.push({ index: answer.index, requestCtx: answer.entries[0]!.data });
}

/** Lets other candidates pass without waiting out the lease. Unsafe with lease-based reads, which trust that very lease. */
function forgetLeader(raft: Raft): void {
  if (raft.readOnlyOption === ReadOnlyOption.ReadOnlyLeaseBased) {
    raft.logger.error("ignoring MsgForgetLeader due to ReadOnlyLeaseBased");
    return;
  }
  if (raft.lead === NONE) return;
  if (raft.logger.enabled("info")) {
    raft.logger.info(`${hex(raft.id)} forgetting leader ${hex(raft.lead)} at term ${raft.term}`);
  }
  raft.lead = NONE;
}
