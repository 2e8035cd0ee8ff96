import { Code, EtcdError, keyString } from "../../base/index.ts";
import { rpc } from "../../wire/proto/index.ts";

/*
 * What is refused before anything is proposed, in etcd's order: the first fault found is the one told.
 */

export function checkRange(request: rpc.RangeRequest): void {
  if (request.key.length === 0) throw EtcdError.of("KeyEmpty");
  // Enums are open on the wire: any number may come.
  if (!(request.sortOrder >= 0 && request.sortOrder <= rpc.SortOrder.DESCEND)) throw EtcdError.of("InvalidSortOption");
  if (!(request.sortTarget >= 0 && request.sortTarget <= rpc.SortTarget.VALUE)) {
    throw EtcdError.of("InvalidSortOption");
  }
}

export function checkRangeStream(request: rpc.RangeRequest): void {
  checkRange(request);
  const { sortOrder, sortTarget } = request;
  const natural =
    sortOrder === rpc.SortOrder.NONE || (sortTarget === rpc.SortTarget.KEY && sortOrder === rpc.SortOrder.ASCEND);
  if (!natural) {
    throw EtcdError.raw(Code.Unimplemented, "RangeStream does not support custom sort orders");
  }
  const filtered =
    request.minModRevision !== 0 ||
    request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 ||
    request.maxCreateRevision !== 0;
  if (filtered) throw EtcdError.raw(Code.Unimplemented, "RangeStream does not support revision filters");
}

export function checkPut(request: rpc.PutRequest): void {
  if (request.key.length === 0) throw EtcdError.of("KeyEmpty");
  if (request.ignoreValue && request.value.length !== 0) throw EtcdError.of("ValueProvided");
  if (request.ignoreLease && request.lease !== 0n) throw EtcdError.of("LeaseProvided");
}

export function checkDeleteRange(request: rpc.DeleteRangeRequest): void {
  if (request.key.length === 0) throw EtcdError.of("KeyEmpty");
}

/** `opsMax`: most entries in each list; a nested transaction may use what the longest list of its parent left. */
export function checkTxn(request: rpc.TxnRequest, opsMax: number): void {
  checkTxnLists(request, opsMax);
  checkOverlaps(request.success);
  checkOverlaps(request.failure);
}

function checkTxnLists(request: rpc.TxnRequest, opsMax: number): void {
  const used = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (used > opsMax) throw EtcdError.of("TooManyOps");
  for (const compare of request.compare) if (compare.key.length === 0) throw EtcdError.of("KeyEmpty");
  for (const op of request.success) checkOp(op, opsMax - used);
  for (const op of request.failure) checkOp(op, opsMax - used);
}

function checkOp(op: rpc.RequestOp, opsLeft: number): void {
  const { request } = op;
  switch (request.case) {
    case "requestRange":
      checkRange(request.value);
      return;
    case "requestPut":
      checkPut(request.value);
      return;
    case "requestDeleteRange":
      checkDeleteRange(request.value);
      return;
    case "requestTxn":
      checkTxnLists(request.value, opsLeft);
      return;
    default:
      // An operation with nothing in it.
      throw EtcdError.of("KeyNotFound");
  }
}

/** A set of keys made of half-open spans; kept sorted and disjoint, so that a look-up is a binary search. */
export class KeySpans {
  readonly #begins: string[] = [];
  readonly #ends: string[] = [];

  /** Adds `[begin, end)`; nothing when `end` is not above `begin`. */
  add(begin: string, end: string): void {
    if (begin >= end) return;
    // First span that ends at or after `begin`, and first one that begins after `end`: all between melt into one.
    const from = lowerBound(this.#ends, begin);
    const to = upperBound(this.#begins, end);
    let low = begin;
    let high = end;
    if (from < to) {
      if (this.#begins[from]! < low) low = this.#begins[from]!;
      if (this.#ends[to - 1]! > high) high = this.#ends[to - 1]!;
    }
    this.#begins.splice(from, to - from, low);
    this.#ends.splice(from, to - from, high);
  }

  addAll(other: KeySpans): void {
    for (let i = 0; i < other.#begins.length; i++) this.add(other.#begins[i]!, other.#ends[i]!);
  }

  has(key: string): boolean {
    const i = upperBound(this.#begins, key) - 1;
    return i >= 0 && key < this.#ends[i]!;
  }
}

/** Index of the first element >= `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first element > `key`. */
function upperBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Touched {
  readonly puts: Set<string>;
  readonly deletes: KeySpans;
}

/**
 * Refuses a branch that puts a key twice, or puts a key that it also deletes; deletes may overlap each other. The two
 * branches of a nested transaction exclude each other, so both may put the same key.
 *
 * As in etcd a delete up to "\0" (every key from there on) counts as an empty span here, so that it clashes with nothing.
 */
export function checkOverlaps(ops: readonly rpc.RequestOp[]): Touched {
  const puts = new Set<string>();
  const deletes = new KeySpans();
  let nested = false;
  for (const { request } of ops) {
    if (request.case === "requestTxn") nested = true;
    if (request.case !== "requestDeleteRange") continue;
    const begin = keyString(request.value.key);
    const end = request.value.rangeEnd;
    deletes.add(begin, end.length === 0 ? `${begin}\0` : keyString(end));
  }
  if (nested) {
    for (const { request } of ops) {
      if (request.case !== "requestTxn") continue;
      const then = checkOverlaps(request.value.success);
      const otherwise = checkOverlaps(request.value.failure);
      for (const key of then.puts) {
        if (puts.has(key) || deletes.has(key)) throw EtcdError.of("DuplicateKey");
        puts.add(key);
      }
      for (const key of otherwise.puts) {
        if ((puts.has(key) && !then.puts.has(key)) || deletes.has(key)) throw EtcdError.of("DuplicateKey");
        puts.add(key);
      }
      deletes.addAll(then.deletes);
      deletes.addAll(otherwise.deletes);
    }
  }
  for (const { request } of ops) {
    if (request.case !== "requestPut") continue;
    const key = keyString(request.value.key);
    if (puts.has(key) || deletes.has(key)) throw EtcdError.of("DuplicateKey");
    puts.add(key);
  }
  return { puts, deletes };
}

/** Nothing but ranges in both branches: answered without raft. */
export function isReadOnly(request: rpc.TxnRequest): boolean {
  return onlyRanges(request.success, false) && onlyRanges(request.failure, false);
}

/** Read-only, and every range of it content with what this member has. */
export function isSerializable(request: rpc.TxnRequest): boolean {
  return onlyRanges(request.success, true) && onlyRanges(request.failure, true);
}

function onlyRanges(ops: readonly rpc.RequestOp[], serializable: boolean): boolean {
  for (const { request } of ops) {
    if (request.case !== "requestRange") return false;
    if (serializable && !request.value.serializable) return false;
  }
  return true;
}
