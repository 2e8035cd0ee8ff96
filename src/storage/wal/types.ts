import type { raftpb, walpb } from "../../wire/proto/index.ts";

export type Entry = raftpb.Entry;
export type HardState = raftpb.HardState;
export type ConfState = raftpb.ConfState;

/** A snapshot as the log knows it; `confState` is there in every record with index > 0 that etcd >= 3.5 wrote. */
export type WalSnapshot = walpb.Snapshot;

/** Where to start reading: the snapshot the state was restored from; {0, 0} is the beginning of the log. */
export interface WalStart {
  readonly index: number;
  readonly term: number;
}

/** What a log holds from a snapshot on. */
export interface WalContent {
  /** Payload of the metadata record: an encoded `etcdserverpb.Metadata`. */
  readonly metadata: Uint8Array;
  /** The last one written; all zero when there is none. */
  readonly hardState: HardState;
  /** Contiguous, from `start.index + 1`; may go past the commit index. What a later leader overwrote is left out. */
  readonly entries: Entry[];
  /** The snapshot that it starts from came from a leader: the log never had the entry it stands for. */
  readonly received: boolean;
}

/** Types of a record (field 1 of `walpb.Record`). */
export const RecordType = {
  Metadata: 1,
  Entry: 2,
  State: 3,
  Crc: 4,
  Snapshot: 5,
} as const;
