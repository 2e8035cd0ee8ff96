/** Every way raft refuses. The texts that etcd's raft has too are its texts: scenario files and log searches know them. */
const texts = {
  /** No leader, transfer in progress, uncommitted log too large, forwarding disabled, or this leader was removed. */
  ProposalDropped: "raft proposal dropped",
  /** A message that only the node itself may make arrived from outside. */
  StepLocalMsg: "raft: cannot step raft local message",
  /** An answer from somebody who is no member. */
  StepPeerNotFound: "raft: cannot step as peer not found",
  Compacted: "requested index is unavailable due to compaction",
  Unavailable: "requested entry at index is unavailable",
  SnapOutOfDate: "requested index is older than the existing snapshot",
  SnapshotTemporarilyUnavailable: "snapshot is temporarily unavailable",
  /** Fields that contradict each other or the message's type. */
  MalformedMessage: "raft: malformed message",
  UnknownMessage: "raft: unknown message type",
  /** Addressed to another node, or from nobody, or a request from ourselves. */
  Misaddressed: "raft: message from or to the wrong node",
  /** Another node claims to lead the term that we lead. */
  SecondLeader: "raft: a second leader in one term",
  /** Too many reads wait for their index. */
  ReadDropped: "raft read index request dropped",
  /** An acknowledgement or a rejection of entries that we never had. */
  IndexOutOfRange: "raft: index out of range",
  /** A leader believes we hold committed entries that we do not hold: our log was lost or cut. The member should stop. */
  CommitOutOfRange: "raft: commit index is beyond the last entry; was the log corrupted, truncated, or lost?",
  /** A leader wants to overwrite a committed entry: somebody's disk lied. The member should stop. */
  ConflictWithCommitted: "raft: entry conflicts with a committed entry",
  SnapshotInvalid: "raft: invalid snapshot",
  ConfChangeInvalid: "raft: invalid configuration change",
  ConfigInvalid: "raft: invalid config",
  BootstrapInvalid: "raft: cannot bootstrap",
} as const;

/** What callers decide by; the text is for people. */
export type RaftErrorCode = keyof typeof texts;

/**
 * A fault of the world, told by its code. Raft returns these as values: `step`, `propose` and the storage's methods give one
 * back instead of throwing, so that no message of a peer unwinds the state machine half way.
 */
export class RaftError extends Error {
  override readonly name = "RaftError";
  readonly code: RaftErrorCode;
  /** What in particular was wrong; "" when the code says all. */
  readonly detail: string;

  constructor(code: RaftErrorCode, detail = "") {
    super(detail === "" ? texts[code] : `${texts[code]}: ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

// The refusals that carry no detail, made once: `propose(...) === ErrProposalDropped`.

/** There is no leader, or it takes no proposals just now. Propose again later. */
export const ErrProposalDropped = new RaftError("ProposalDropped");
/** A message of a kind that only the node itself may make. */
export const ErrStepLocalMsg = new RaftError("StepLocalMsg");
/** An answer from somebody who is no member. */
export const ErrStepPeerNotFound = new RaftError("StepPeerNotFound");
/** A storage's word for entries that are gone: a snapshot stands for them. */
export const ErrCompacted = new RaftError("Compacted");
/** A storage's word for entries that it does not hold yet. */
export const ErrUnavailable = new RaftError("Unavailable");
/** A snapshot no newer than the one held. */
export const ErrSnapOutOfDate = new RaftError("SnapOutOfDate");
/** A storage's word while it makes a snapshot: raft asks again later. */
export const ErrSnapshotTemporarilyUnavailable = new RaftError("SnapshotTemporarilyUnavailable");
