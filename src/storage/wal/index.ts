export type { LogRecord } from "./decoder.ts";
export { isWalError, WalError, type WalErrorCode } from "./errors.ts";
export {
  membershipSnapshotData,
  type SnapshotMember,
  type SnapshotMembership,
} from "./membership-data.ts";
export { parseSegmentName, type SegmentName, walExists } from "./names.ts";
export { type PurgeOptions, purgeFiles } from "./purge.ts";
export { readWal, validSnapshotEntries, verifyWal, visitRecords } from "./read.ts";
export { repairWal } from "./repair.ts";
export { encodeSnapshotFile, readSnapshotFile, Snapshotter } from "./snapshotter.ts";
export {
  type ConfState,
  type Entry,
  type HardState,
  RecordType,
  type WalContent,
  type WalSnapshot,
  type WalStart,
} from "./types.ts";
export { type OpenedWal, SEGMENT_BYTES, Wal, type WalOpenOptions, type WalOptions } from "./wal.ts";
