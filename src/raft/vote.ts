import { newMessage } from "./messages.ts";
import { hex, messageTypeName } from "./names.ts";
import type { Raft } from "./raft.ts";
import { type Message, MessageType, NONE } from "./types.ts";

/**
 * Why a node campaigns: to ask first (thesis 9.6), because no leader is heard of, or because the leader hands over (3.10).
 * A handed-over leadership skips the question: nobody has to be protected from a candidate that the leader itself named.
 */
export type CampaignKind = "CampaignPreElection" | "CampaignElection" | "CampaignTransfer";

/** ASCII of "CampaignTransfer", the context of vote requests that the leader's lease must not hold up. Known to etcd. */
export const TRANSFER_CONTEXT: Uint8Array = Uint8Array.from("CampaignTransfer", (char) => char.charCodeAt(0));

/** A vote request by a candidate whom the leader itself named. */
export function isTransferRequest({ context }: Message): boolean {
  return context.length === TRANSFER_CONTEXT.length && context.every((byte, i) => byte === TRANSFER_CONTEXT[i]);
}

/**
 * RequestVote (paper 5.2, 5.4.1), and the question before it, in any role. Learners vote, too: one that was promoted may not
 * know it yet, and the candidate, which does, may need its vote.
 */
export function stepVoteRequest(raft: Raft, request: Message): void {
  const pre = request.type === MessageType.MsgPreVote;
  const granted = mayVoteFor(raft, request) && raft.log.isUpToDate(request.index, request.logTerm);
  if (raft.logger.enabled("info")) {
    const decision = granted ? describeCast(request) : `rejected ${describeRequest(request)}`;
    raft.logger.info(`${raft.describeLogEnd()} ${decision} at term ${raft.term}`);
  }
  const answer = newMessage(pre ? MessageType.MsgPreVoteResp : MessageType.MsgVoteResp, request.from);
  // A granted pre-vote is answered in the future term it was asked for, else the asker would take it for a stale one.
  answer.term = granted ? request.term : raft.term;
  answer.reject = !granted;
  raft.send(answer);
  if (granted && !pre) {
    raft.electionElapsed = 0;
    raft.vote = request.from;
  }
}

function mayVoteFor(raft: Raft, request: Message): boolean {
  // Whom we voted for may ask again, for our answer may be lost.
  if (raft.vote === request.from) return true;
  // One vote a term, and none once somebody is known to lead.
  if (raft.vote === NONE && raft.lead === NONE) return true;
  // A pre-vote of a term to come binds nobody.
  return request.type === MessageType.MsgPreVote && request.term > raft.term;
}

/** Whose vote request, and how good its log is. */
export function describeRequest({ type, from, logTerm, index }: Message): string {
  return `${messageTypeName(type)} from ${hex(from)} [logterm: ${logTerm}, index: ${index}]`;
}

function describeCast({ type, from, logTerm, index }: Message): string {
  return `cast ${messageTypeName(type)} for ${hex(from)} [logterm: ${logTerm}, index: ${index}]`;
}
