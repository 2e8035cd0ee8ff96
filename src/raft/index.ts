export {
  asConfChangeV2,
  type ChangeBase,
  type Configuration,
  changeConfState,
  decodeConfChange,
  decodeConfChangeEntry,
  decodeConfChangeV2,
  describeProgress,
  encodeConfChange,
  encodeConfChangeEntry,
  encodeConfChangeV2,
  enterJoint,
  equivalent as sameConfState,
  leaveJoint,
  simpleChange,
} from "./confchange/index.ts";
export { type Config, ReadOnlyOption } from "./config.ts";
export {
  describeChanges,
  describeConfChange,
  describeConfState,
  describeEntries,
  describeEntry,
  describeHardState,
  describeMessage,
  describeReady,
  describeSnapshot,
  describeSoftState,
  type EntryFormatter,
  parseChanges,
} from "./describe.ts";
export {
  ErrCompacted,
  ErrProposalDropped,
  ErrSnapOutOfDate,
  ErrSnapshotTemporarilyUnavailable,
  ErrStepLocalMsg,
  ErrStepPeerNotFound,
  ErrUnavailable,
  RaftError,
  type RaftErrorCode,
} from "./errors.ts";
export { EMPTY, isLocalMessage, isLocalTarget, isResponseMessage, newMessage } from "./messages.ts";
export { confChangeTypeName, entryTypeName, messageTypeName, stateTypeName } from "./names.ts";
export { JointConfig, MajorityConfig, quorumSize, VoteResult, voteResultName } from "./quorum/index.ts";
export { RawNode } from "./raw-node.ts";
export { entriesSize, entrySize } from "./sizes.ts";
export type { BasicStatus, Status } from "./status.ts";
export {
  emptyConfState,
  emptySnapshot,
  isEmptyHardState,
  isEmptySnapshot,
  MemoryStorage,
  type Storage,
} from "./storage.ts";
export { Membership, Progress, ProgressState } from "./tracker/index.ts";
export {
  type ConfChange,
  type ConfChangeSingle,
  ConfChangeTransition,
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
  type ReadState,
  type Ready,
  type Snapshot,
  type SnapshotMetadata,
  SnapshotStatus,
  type SoftState,
  StateType,
} from "./types.ts";
