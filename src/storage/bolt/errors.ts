/**
 * What can go wrong with a bolt file or with a call on it. The texts of the first group are bbolt 1.5.0's, since
 * `etcdutl` and people's notes search for them.
 */
const texts = {
  DatabaseNotOpen: "database not open",
  Invalid: "invalid database",
  VersionMismatch: "version mismatch",
  Checksum: "checksum error",
  Timeout: "timeout",
  TxNotWritable: "tx not writable",
  TxClosed: "tx closed",
  DatabaseReadOnly: "database is in read-only mode",
  BucketNotFound: "bucket not found",
  BucketExists: "bucket already exists",
  BucketNameRequired: "bucket name required",
  KeyRequired: "key required",
  KeyTooLarge: "key too large",
  ValueTooLarge: "value too large",
  MaxSizeReached: "database reached maximum size",
  IncompatibleValue: "incompatible value",

  /** The file breaks its own format; `page` says where. */
  Corrupt: "damaged database",
  /** An earlier commit failed: what is on the disk is the last durable state, and nothing more will be written. */
  Poisoned: "an earlier commit failed",
  /** A second write transaction while one is open: a caller's mistake. */
  WriterBusy: "a write transaction is already open",
  /** The machine's byte order is not the file's. */
  Unsupported: "unsupported machine",
} as const;

export type BoltErrorCode = keyof typeof texts;

export interface BoltErrorFacts {
  /** Path of the database file. */
  readonly path?: string;
  /** Page on which the fault was found. */
  readonly page?: number;
  /** What was seen. */
  readonly detail?: string;
  /** What a person can do about it, a sentence without its full stop: said last. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** A fault of the file or of a request; never a broken invariant of ours. */
export class BoltError extends Error {
  override readonly name = "BoltError";
  readonly code: BoltErrorCode;
  readonly path: string | undefined;
  readonly page: number | undefined;
  /** What was seen, and on which page, without path and advice: for a caller that has advice of its own. */
  readonly finding: string;

  constructor(code: BoltErrorCode, facts: BoltErrorFacts = {}) {
    super(compose(texts[code], facts), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.path = facts.path;
    this.page = facts.page;
    const { page, detail } = facts;
    this.finding = compose("", { ...(page === undefined ? {} : { page }), detail: detail ?? texts[code] }).slice(2);
  }
}

/** Whether `error` is bolt's, and of that code when one is given. */
export function isBoltError(error: unknown, code?: BoltErrorCode): error is BoltError {
  return error instanceof BoltError && (code === undefined || error.code === code);
}

/** Names the page, and the way out: there is no repairing in place, the data lives on in the other members and in backups. */
export function corrupt(path: string, page: number, detail: string): BoltError {
  return new BoltError("Corrupt", {
    path,
    page,
    detail,
    advice: "Restore this member from a snapshot, or remove it and add it again so that the others send it their data",
  });
}

function compose(text: string, facts: BoltErrorFacts): string {
  let out: string = text;
  if (facts.path !== undefined) out += `: ${facts.path}`;
  if (facts.page !== undefined) out += `: page ${facts.page}`;
  if (facts.detail !== undefined) out += `: ${facts.detail}`;
  if (facts.advice !== undefined) out += `. ${facts.advice}`;
  return out;
}
