import { ErrProposalDropped, type RaftError } from "./errors.ts";
import { acceptEntries, acceptHeartbeat, acceptSnapshot } from "./follower.ts";
import { hex, messageTypeName, stateTypeName } from "./names.ts";
import { VoteResult } from "./quorum/index.ts";
import type { Raft } from "./raft.ts";
import { type Message, MessageType, NONE, StateType } from "./types.ts";

/** A candidate or pre-candidate counts votes until it wins, loses, or hears that somebody else has won. */
export function stepCandidate(raft: Raft, message: Message): RaftError | undefined {
  switch (message.type) {
    case MessageType.MsgProp:
      if (raft.logger.enabled("info")) {
        raft.logger.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`);
      }
      return ErrProposalDropped;
    case MessageType.MsgApp:
      raft.becomeFollower(message.term, message.from);
      return acceptEntries(raft, message);
    case MessageType.MsgHeartbeat:
      raft.becomeFollower(message.term, message.from);
      return acceptHeartbeat(raft, message);
    case MessageType.MsgSnap:
      raft.becomeFollower(message.term, message.from);
      return acceptSnapshot(raft, message);
    case MessageType.MsgVoteResp:
      if (raft.state === StateType.StateCandidate) countVote(raft, message);
      return undefined;
    case MessageType.MsgPreVoteResp:
      // A candidate may still get answers to the question it asked before.
      if (raft.state === StateType.StatePreCandidate) countVote(raft, message);
      return undefined;
    case MessageType.MsgTimeoutNow:
      if (raft.logger.enabled("debug")) {
        raft.logger.debug(
          `${hex(raft.id)} [term ${raft.term} state ${stateTypeName(raft.state)}] ignored MsgTimeoutNow ` +
            `from ${hex(message.from)}`,
        );
      }
      return undefined;
    default:
      return undefined;
  }
}

function countVote(raft: Raft, { type, from, reject }: Message): void {
  const { logger } = raft;
  const kind = messageTypeName(type);
  if (logger.enabled("info")) {
    logger.info(`${hex(raft.id)} received ${kind}${reject ? " rejection" : ""} from ${hex(from)} at term ${raft.term}`);
  }
  raft.tracker.recordVote(from, !reject);
  const { granted, rejected, result } = raft.tracker.tallyVotes();
  if (logger.enabled("info")) {
    logger.info(`${hex(raft.id)} has received ${granted} ${kind} votes and ${rejected} vote rejections`);
  }
  if (result === VoteResult.VoteLost) {
    // The answers to a pre-vote carry a term that never was; ours stays.
    raft.becomeFollower(raft.term, NONE);
  } else if (result === VoteResult.VoteWon) {
    if (raft.state === StateType.StatePreCandidate) {
      raft.campaign("CampaignElection");
    } else {
      raft.becomeLeader();
      raft.broadcastAppend();
    }
  }
}
