import { ErrStepLocalMsg, ErrStepPeerNotFound, RaftError } from "./errors.ts";
import { isLocalMessage, isLocalTarget, isResponseMessage } from "./messages.ts";
import { messageTypeName } from "./names.ts";
import type { Raft } from "./raft.ts";
import { type Message, MessageType, NONE } from "./types.ts";

/** Terms stay below this, so that the next one is still a safe integer. */
const TERM_LIMIT = Number.MAX_SAFE_INTEGER - 1;

/**
 * The door of the state machine: what arrives from outside is looked at before it can change anything, the term included.
 * Whether a message makes sense in itself is decided here; whether it makes sense now (a commit index we cannot have, an
 * acknowledgement of entries we never sent) where it is handled, once its term is known to be ours.
 */
export function refuse(raft: Raft, message: Message): RaftError | undefined {
  const { type, from, to, term } = message;
  if (!(type >= MessageType.MsgHup && type <= MessageType.MsgForgetLeader)) {
    return new RaftError("UnknownMessage", String(type));
  }
  if (isLocalMessage(type)) return refuseLocal(raft, message);
  if (from === NONE || isLocalTarget(from) || (to !== NONE && to !== raft.id)) return misaddressed(message);
  if (from === raft.id && !mayComeFromSelf(raft, type)) return misaddressed(message);
  if (isResponseMessage(type) && raft.tracker.progressOf(from) === undefined) return ErrStepPeerNotFound;
  if (
    !isCounter(message.term) ||
    !isCounter(message.logTerm) ||
    !isCounter(message.index) ||
    !isCounter(message.commit) ||
    !isCounter(message.rejectHint) ||
    term >= TERM_LIMIT
  ) {
    return malformed(message, "a counter out of range");
  }
  // Reads are for whoever leads, whatever the term, and so are proposals that name none; everything else is said in a term.
  if (type === MessageType.MsgProp) {
    // The leader of a term has reached it.
    if (term > raft.term) return malformed(message, "a later term");
  } else {
    const termless = type === MessageType.MsgReadIndex;
    if (termless !== (term === 0)) return malformed(message, termless ? "a term" : "no term");
  }
  switch (type) {
    case MessageType.MsgApp:
      return refuseAppend(message);
    case MessageType.MsgSnap:
      return refuseSnapshot(message);
    case MessageType.MsgProp:
      return message.entries.length === 0 ? malformed(message, "no entries") : undefined;
    case MessageType.MsgReadIndex:
    case MessageType.MsgReadIndexResp:
      return message.entries.length === 1 ? undefined : malformed(message, `${message.entries.length} entries`);
    case MessageType.MsgVote:
    case MessageType.MsgPreVote:
      return message.logTerm > term ? malformed(message, "a log from a later term") : undefined;
    default:
      return undefined;
  }
}

/** Of the local messages only the answers of the storage threads come this way, and only if there are such threads. */
function refuseLocal(raft: Raft, message: Message): RaftError | undefined {
  const { type, from, entries, snapshot } = message;
  const answers = type === MessageType.MsgStorageAppendResp || type === MessageType.MsgStorageApplyResp;
  if (!answers || !isLocalTarget(from) || !raft.config.asyncStorageWrites) return ErrStepLocalMsg;
  const applied = entries.length > 0 ? entries[entries.length - 1]!.index : (snapshot?.metadata?.index ?? 0);
  if (applied > raft.log.committed)
    return new RaftError("IndexOutOfRange", `applied ${applied} before it is committed`);
  return undefined;
}

/** What we tell ourselves by way of our disk, and what followers forwarded until it came back to us as the leader. */
function mayComeFromSelf(raft: Raft, type: MessageType): boolean {
  switch (type) {
    case MessageType.MsgAppResp:
    case MessageType.MsgVoteResp:
    case MessageType.MsgPreVoteResp:
      return raft.config.asyncStorageWrites;
    case MessageType.MsgProp:
    case MessageType.MsgReadIndex:
    case MessageType.MsgTransferLeader:
      return true;
    default:
      return false;
  }
}

/** The entries must be a piece of a log as a leader of that term can have it: no gap, terms never falling (paper 5.3). */
function refuseAppend(message: Message): RaftError | undefined {
  let { index, logTerm } = message;
  if (index === 0 && logTerm !== 0) return malformed(message, "a term before the first entry");
  for (const entry of message.entries) {
    if (entry.index !== ++index) return malformed(message, "entries are not consecutive");
    if (entry.term < logTerm) return malformed(message, "terms fall along the entries");
    logTerm = entry.term;
  }
  if (logTerm > message.term) return malformed(message, "entries from a later term");
  return isCounter(index) ? undefined : malformed(message, "a counter out of range");
}

function refuseSnapshot(message: Message): RaftError | undefined {
  const metadata = message.snapshot?.metadata;
  if (metadata === undefined) return new RaftError("SnapshotInvalid", "no metadata");
  if (metadata.confState === undefined) return new RaftError("SnapshotInvalid", "no membership");
  if (!isCounter(metadata.index) || metadata.index === 0) return new RaftError("SnapshotInvalid", "no index");
  if (!isCounter(metadata.term) || metadata.term > message.term)
    return new RaftError("SnapshotInvalid", "a wrong term");
  return undefined;
}

function isCounter(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function malformed({ type }: Message, what: string): RaftError {
  return new RaftError("MalformedMessage", `${messageTypeName(type)} with ${what}`);
}

function misaddressed({ type, from, to }: Message): RaftError {
  return new RaftError("Misaddressed", `${messageTypeName(type)} from ${from} to ${to}`);
}
