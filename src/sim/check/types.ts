/*
 * What a recorded history is made of. Everything is plain JSON: keys and values are latin1 strings, identities decimal text,
 * times milliseconds on the observer's own clock. One record a line makes a history file.
 */

/** A key with its value and counters; a lease of "" is none. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly create: number;
  readonly mod: number;
  readonly version: number;
  readonly lease: string;
}

/** `end`: "" is the key alone, "\0" everything from `key` on, else exclusive. */
export interface RangeRequest {
  readonly kind: "range";
  readonly key: string;
  readonly end: string;
  /** 0: the newest. */
  readonly revision: number;
  /** 0: no limit. */
  readonly limit: number;
  readonly countOnly?: boolean;
  readonly keysOnly?: boolean;
  /** Answered from what one member happens to hold. */
  readonly serializable?: boolean;
  /** Sorted by something else than the key: of the answer only the count is known. */
  readonly sorted?: boolean;
}

export interface PutRequest {
  readonly kind: "put";
  readonly key: string;
  readonly value: string;
  readonly lease: string;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface DeleteRequest {
  readonly kind: "delete";
  readonly key: string;
  readonly end: string;
  readonly prevKv?: boolean;
}

export type CompareTarget = "version" | "create" | "mod" | "value" | "lease";
export type CompareResult = "=" | "!=" | ">" | "<";

export interface Compare {
  readonly key: string;
  readonly end: string;
  readonly target: CompareTarget;
  readonly result: CompareResult;
  /** A number for the counters, text for value and lease. */
  readonly operand: number | string;
}

export type Operation = RangeRequest | PutRequest | DeleteRequest | TxnRequest;

export interface TxnRequest {
  readonly kind: "txn";
  readonly compares: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

/** What concerns more than keys. `expire` is never asked by a client: it is a lease that ran out. */
export type Request =
  | Operation
  | { readonly kind: "compact"; readonly revision: number }
  | { readonly kind: "grant"; readonly lease: string; readonly ttlSeconds: number }
  | { readonly kind: "revoke"; readonly lease: string }
  | { readonly kind: "renew"; readonly lease: string }
  | { readonly kind: "expire"; readonly lease: string };

/** Fields that the request did not ask for are absent. */
export interface Response {
  /** Of the header; 0 when the answer had none. */
  readonly revision: number;
  readonly kvs?: readonly KeyValue[];
  readonly count?: number;
  readonly more?: boolean;
  readonly deleted?: number;
  readonly prevKvs?: readonly KeyValue[];
  readonly succeeded?: boolean;
  /** Of a txn, one per operation of the branch taken; their own `revision` is 0. */
  readonly responses?: readonly Response[];
  /** Seconds, of grant and renew. */
  readonly ttlSeconds?: number;
}

/** One call of a client. */
export interface CallRecord {
  readonly type: "call";
  readonly id: number;
  readonly client: string;
  readonly request: Request;
  readonly callMs: number;
  /** When the answer came; undefined while the outcome is not known. */
  readonly returnMs?: number;
  readonly response?: Response;
  /** Without an answer: the only revisions that it can have made. Absent: any. */
  readonly mayBe?: readonly number[];
  /** A refusal that proves that nothing happened (`Compacted`, `LeaseNotFound`, ...); with `returnMs`. */
  readonly refused?: string;
}

/** A change of one key, as a watcher sees it. A delete has only key and mod. */
export interface KeyEvent {
  readonly type: "put" | "delete";
  readonly kv: KeyValue;
  /** Of a watcher that asked for it. */
  readonly prev?: KeyValue;
}

/** One reply of a watch, in the order of arrival. */
export interface WatchReply {
  readonly atMs: number;
  /** Of the header. */
  readonly revision: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: number;
  readonly fragment?: boolean;
  /** None of the above and no events: a bookmark. */
  readonly events: readonly KeyEvent[];
}

/** A watcher from its creation to the loss of its stream. */
export interface WatchRecord {
  readonly type: "watch";
  readonly id: number;
  readonly client: string;
  readonly key: string;
  readonly end: string;
  /** 0: from the moment of creation on. */
  readonly startRevision: number;
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  readonly prevKv?: boolean;
  readonly replies: readonly WatchReply[];
}

/** All changes of one revision, known from elsewhere (the log, or one watcher of everything). */
export interface TruthRecord {
  readonly type: "truth";
  readonly revision: number;
  readonly events: readonly KeyEvent[];
  /** The request that made it, in a form that equal requests share; absent where it is not known. */
  readonly cause?: string;
}

export type HistoryRecord = CallRecord | WatchRecord | TruthRecord;

/** A broken promise: which, and the facts that show it. */
export interface Violation {
  readonly check: string;
  readonly message: string;
  readonly facts?: unknown;
}

/** Whether `key` lies in [low, end) as ranges have it. */
export function inRange(key: string, low: string, end: string): boolean {
  if (end === "") return key === low;
  return key >= low && (end === "\0" || key < end);
}
