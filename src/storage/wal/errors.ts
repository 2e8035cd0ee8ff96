/** What is wrong with a log or a snapshot directory. */
export type WalErrorCode =
  /** No `.wal` file here. */
  | "FileNotFound"
  /** The directory already holds a log. */
  | "Exists"
  /** Sequence numbers of the files are not contiguous, or none starts at or before the snapshot asked for. */
  | "FileGap"
  /** Damage: a checksum that does not match. Never repaired. */
  | "CrcMismatch"
  /** Damage: bytes with a right frame that are no record, or a record of an unknown type. Never repaired. */
  | "Malformed"
  /** The last record was cut off by a crash while it was written; `repair` drops it. etcd says `unexpected EOF`. */
  | "TornTail"
  /** An entry's index leaves a gap behind the entries before it. */
  | "SliceOutOfRange"
  /** Files of different members stand in one directory. */
  | "MetadataConflict"
  /** A snapshot record has the index asked for, but another term. */
  | "SnapshotMismatch"
  /** No snapshot record has the index asked for. */
  | "SnapshotNotFound"
  /** A snapshot record after the first needs a membership. */
  | "SnapshotInvalid"
  /** A `.snap` file that cannot be read: empty, wrong checksum, no snapshot in it. */
  | "SnapshotCorrupt"
  /** No usable `.snap` file. */
  | "NoSnapshot"
  /** Used after `close`, or after a write or sync failed: nothing more is accepted. */
  | "Closed";

/** A fault of the log. Damage names the file and the offset of the record it was found in. */
export class WalError extends Error {
  override readonly name = "WalError";
  readonly code: WalErrorCode;
  /** Path of the file, where there is one. */
  readonly path: string | undefined;
  /** Offset of the broken record's frame in that file. */
  readonly offset: number | undefined;

  constructor(code: WalErrorCode, message: string, path?: string, offset?: number, cause?: unknown) {
    super(
      path === undefined
        ? message
        : `${message}: in file '${path}'${offset === undefined ? "" : ` at position: ${offset}`}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.path = path;
    this.offset = offset;
  }
}

/** Whether `error` is the log's, and of that code when one is given. */
export function isWalError(error: unknown, code?: WalErrorCode): error is WalError {
  return error instanceof WalError && (code === undefined || error.code === code);
}
