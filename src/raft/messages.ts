import { type Entry, LOCAL_APPLY_THREAD, type Message, MessageType, NONE } from "./types.ts";

/** No bytes. Never written to. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** A message with nothing in it but its kind and its address; always the same shape, so that readers stay monomorphic. */
export function newMessage(type: MessageType, to: bigint): Message {
  return {
    type,
    to,
    from: NONE,
    term: 0,
    logTerm: 0,
    index: 0,
    entries: [],
    commit: 0,
    vote: NONE,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: EMPTY,
    responses: [],
  };
}

/** The same message on its way to the leader; what was received is left as it is. */
export function forwarded(message: Message, to: bigint): Message {
  return { ...message, to, term: 0 };
}

/** The entry a new leader opens its term with, and what takes the place of a refused conf change. */
export function emptyEntry(): Entry {
  return { type: 0, term: 0, index: 0, data: EMPTY };
}

/** Only the node itself, its ticker, transport or storage threads may make these. */
export function isLocalMessage(type: MessageType): boolean {
  switch (type) {
    case MessageType.MsgHup:
    case MessageType.MsgBeat:
    case MessageType.MsgUnreachable:
    case MessageType.MsgSnapStatus:
    case MessageType.MsgCheckQuorum:
    case MessageType.MsgStorageAppend:
    case MessageType.MsgStorageAppendResp:
    case MessageType.MsgStorageApply:
    case MessageType.MsgStorageApplyResp:
      return true;
    default:
      return false;
  }
}

/** Answers mean something only from a member. */
export function isResponseMessage(type: MessageType): boolean {
  switch (type) {
    case MessageType.MsgAppResp:
    case MessageType.MsgVoteResp:
    case MessageType.MsgHeartbeatResp:
    case MessageType.MsgUnreachable:
    case MessageType.MsgReadIndexResp:
    case MessageType.MsgPreVoteResp:
    case MessageType.MsgStorageAppendResp:
    case MessageType.MsgStorageApplyResp:
      return true;
    default:
      return false;
  }
}

/** One of the two local storage threads. */
export function isLocalTarget(id: bigint): boolean {
  return id >= LOCAL_APPLY_THREAD;
}
