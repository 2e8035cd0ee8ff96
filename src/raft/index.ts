export { type Config, ReadOnlyOption } from "./config.ts";
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
export { RawNode } from "./raw-node.ts";
export type { BasicStatus, Status } from "./status.ts";
export {
  emptyConfState,
  emptySnapshot,
  isEmptyHardState,
  isEmptySnapshot,
  MemoryStorage,
  type Storage,
} from "./storage.ts";
export { Progress, ProgressState } from "./tracker/progress.ts";
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
