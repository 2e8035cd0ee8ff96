/**
 * The shapes raft reads and writes. They are the very shapes of the wire's `raftpb` messages (same fields, same order, same
 * numbers), so that nothing is converted between the network, the log on disk and the state machine.
 *
 * Identities (`to`, `from`, `vote`, `nodeId`, ...) are `bigint`, unsigned 64 bits. Counters (`term`, `index`, `commit`) are
 * safe integers: no cluster lives long enough to count past 2^53.
 */

/** No node: no leader, no vote, nobody to send to. */
export const NONE = 0n;
/** Stands for the local thread that makes log, hard state and snapshot durable (asynchronous storage writes). */
export const LOCAL_APPEND_THREAD = 0xffff_ffff_ffff_ffffn;
/** Stands for the local thread that applies committed entries (asynchronous storage writes). */
export const LOCAL_APPLY_THREAD = 0xffff_ffff_ffff_fffen;

/** What the data of an entry is. */
export const EntryType = {
  /** Opaque bytes of the application. No bytes at all: the entry a new leader opens its term with. */
  EntryNormal: 0,
  /** An encoded `ConfChange`. */
  EntryConfChange: 1,
  /** An encoded `ConfChangeV2`. No bytes at all: leave the joint configuration. */
  EntryConfChangeV2: 2,
} as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/** One entry of the log. Never changed once appended: arrays of entries are shared between log, messages and storage. */
export interface Entry {
  type: EntryType;
  /** Term of the leader that created the entry; terms never fall along the log. */
  term: number;
  /** Position in the log; the first entry ever has index 1. */
  index: number;
  data: Uint8Array;
}

/** What must survive a restart besides the log (paper, figure 2, "persistent state"; commit is an optimisation). */
export interface HardState {
  term: number;
  /** Who got our vote in `term`; NONE = nobody. */
  vote: bigint;
  commit: number;
}

/** The membership at one log index. Order within a list means nothing. */
export interface ConfState {
  /** The voters; while joint, those of the incoming half. */
  voters: bigint[];
  learners: bigint[];
  /** Not empty exactly while the configuration is joint: the voters of the outgoing half. */
  votersOutgoing: bigint[];
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  learnersNext: bigint[];
  /** Joint, and raft leaves the joint configuration by itself. */
  autoLeave: boolean;
}

/** What a snapshot stands for. */
export interface SnapshotMetadata {
  confState: ConfState | undefined;
  /** The last entry the snapshot stands for; 0 = no snapshot. */
  index: number;
  term: number;
}

/** A state machine's state in place of the entries up to `metadata.index`. */
export interface Snapshot {
  data: Uint8Array;
  metadata: SnapshotMetadata | undefined;
}

/**
 * What a message asks or tells. Requests travel with the sender's term; proposals and read-index requests carry none.
 * Those marked "local" never cross the network.
 */
export const MessageType = {
  /** Local: start an election. */
  MsgHup: 0,
  /** Local: the leader's heartbeat tick. */
  MsgBeat: 1,
  /** Entries to append; a follower forwards it to the leader. */
  MsgProp: 2,
  /** AppendEntries of the paper: `entries` follow the entry (`index`, `logTerm`). */
  MsgApp: 3,
  /** Answer: everything up to `index` matches; or `reject` with a hint where logs may meet. */
  MsgAppResp: 4,
  /** RequestVote of the paper: the candidate's log ends at (`index`, `logTerm`). */
  MsgVote: 5,
  MsgVoteResp: 6,
  /** InstallSnapshot of the paper. */
  MsgSnap: 7,
  MsgHeartbeat: 8,
  MsgHeartbeatResp: 9,
  /** Local: the transport failed to deliver to `from`. */
  MsgUnreachable: 10,
  /** Local: a snapshot to `from` was delivered, or not (`reject`). */
  MsgSnapStatus: 11,
  /** Local: the leader's check whether a quorum was heard lately. */
  MsgCheckQuorum: 12,
  /** Hand leadership to `from`; a follower forwards it. */
  MsgTransferLeader: 13,
  /** The leader tells its successor to start an election at once. */
  MsgTimeoutNow: 14,
  /** Ask for an index at which a read is linearizable; `entries[0].data` names the request. */
  MsgReadIndex: 15,
  MsgReadIndexResp: 16,
  /** Would you vote for me? (thesis 9.6) `term` is the term that would be. */
  MsgPreVote: 17,
  MsgPreVoteResp: 18,
  /** Local: for the append thread: make entries, hard state and snapshot durable, then deliver `responses`. */
  MsgStorageAppend: 19,
  /** Local: from the append thread: durable up to (`index`, `logTerm`). */
  MsgStorageAppendResp: 20,
  /** Local: for the apply thread: apply `entries`, then deliver `responses`. */
  MsgStorageApply: 21,
  /** Local: from the apply thread: `entries` are applied. */
  MsgStorageApplyResp: 22,
  /** A follower forgets its leader, without a new term. */
  MsgForgetLeader: 23,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** One message for every purpose, as on the wire; which fields mean something depends on `type`. */
export interface Message {
  type: MessageType;
  to: bigint;
  from: bigint;
  /** The sender's term; 0 for local messages, proposals and read-index requests. */
  term: number;
  logTerm: number;
  index: number;
  entries: Entry[];
  commit: number;
  /** Only in MsgStorageAppend: the vote of the hard state to save. */
  vote: bigint;
  snapshot: Snapshot | undefined;
  reject: boolean;
  rejectHint: number;
  context: Uint8Array;
  /** Only in MsgStorageAppend and MsgStorageApply: what to deliver once the work is done. */
  responses: Message[];
}

/** What happens to one member. Adding a learner as a voter promotes it, adding a voter as a learner demotes it. */
export const ConfChangeType = {
  ConfChangeAddNode: 0,
  ConfChangeRemoveNode: 1,
  ConfChangeUpdateNode: 2,
  ConfChangeAddLearnerNode: 3,
} as const;
export type ConfChangeType = (typeof ConfChangeType)[keyof typeof ConfChangeType];

/** A change of one member, the only kind etcd proposes. */
export interface ConfChange {
  /** The proposer's request id; raft does not look at it. */
  id: bigint;
  type: ConfChangeType;
  /** Set to NONE by an application that decides not to carry the change out. */
  nodeId: bigint;
  context: Uint8Array;
}

/** One of the changes of a `ConfChangeV2`. */
export interface ConfChangeSingle {
  type: ConfChangeType;
  nodeId: bigint;
}

/** By which way to the new membership. */
export const ConfChangeTransition = {
  /** Simple when at most one voter changes, else joint and left by itself. */
  ConfChangeTransitionAuto: 0,
  /** Joint, left by itself. */
  ConfChangeTransitionJointImplicit: 1,
  /** Joint, left when the application proposes an empty change. */
  ConfChangeTransitionJointExplicit: 2,
} as const;
export type ConfChangeTransition = (typeof ConfChangeTransition)[keyof typeof ConfChangeTransition];

/** Any number of changes at once (thesis 4.3). Without changes and with transition Auto: leave the joint configuration. */
export interface ConfChangeV2 {
  transition: ConfChangeTransition;
  changes: ConfChangeSingle[];
  context: Uint8Array;
}

/** The role of a node (paper, figure 4, with the pre-candidate of thesis 9.6). */
export const StateType = {
  StateFollower: 0,
  StateCandidate: 1,
  StateLeader: 2,
  StatePreCandidate: 3,
} as const;
export type StateType = (typeof StateType)[keyof typeof StateType];

/** What need not survive a restart: who leads, and our own role. */
export interface SoftState {
  lead: bigint;
  raftState: StateType;
}

/** The answer to a `readIndex`: a read at or after applying `index` is linearizable. */
export interface ReadState {
  index: number;
  requestCtx: Uint8Array;
}

/** How a snapshot sent to a peer ended. */
export const SnapshotStatus = { SnapshotFinish: 1, SnapshotFailure: 2 } as const;
export type SnapshotStatus = (typeof SnapshotStatus)[keyof typeof SnapshotStatus];

/** A first member for `RawNode.bootstrap`; `context` goes into its ConfChange. */
export interface Peer {
  id: bigint;
  context: Uint8Array;
}

/**
 * What the application has to do now. In this order, unless asynchronous storage writes are on (README, "Ready"):
 * 1. save `hardState`, `entries` (truncating what they overwrite) and `snapshot`; sync if `mustSync`;
 * 2. send `messages`, apply `snapshot` and `committedEntries` (conf changes through `applyConfChange`);
 * 3. call `advance`.
 * With asynchronous storage writes 1 and the applying arrive as messages to the two local threads and `advance` is not called.
 * The arrays belong to the application; the entries in them are shared and must not be changed.
 */
export interface Ready {
  /** Present when it changed since the last Ready. */
  softState: SoftState | undefined;
  /** Present when it changed since the last Ready. */
  hardState: HardState | undefined;
  readStates: ReadState[];
  /** Not durable yet: append to the log before sending `messages`. */
  entries: Entry[];
  snapshot: Snapshot | undefined;
  /** Committed and to be applied, in order, without a gap to the last Ready. */
  committedEntries: Entry[];
  messages: Message[];
  /** Entries, term or vote are new: step 1 must be synced. */
  mustSync: boolean;
}
