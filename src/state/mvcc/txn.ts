import { assert, compareBytes, EMPTY, EtcdError, keyString } from "../../base/index.ts";
import { keyValue, rpc } from "../../wire/proto/index.ts";
import type { Mvcc } from "./mvcc.ts";
import { header, rangeRequest } from "./range.ts";
import type { LeaseLookup, ReadView, WriteTxn } from "./types.ts";

/*
 * Requests of the KV service as the log hands them down. All decide by replicated state alone: every member writes the
 * same bytes or gives the same error. What may be refused is refused before the first write. Responses carry headers with
 * the revision only.
 */

export interface ApplyTxnOptions {
  /** Leaves ranges out: a follower whose answer nobody reads. Checks still run, for they decide what is written. */
  readonly noRangeResults?: boolean;
}

function checkPut(view: ReadView, leases: LeaseLookup, request: rpc.PutRequest): void {
  if (request.lease !== 0n && leases.lookup(request.lease) === undefined) throw EtcdError.of("LeaseNotFound");
  if ((request.ignoreValue || request.ignoreLease) && view.metadata(keyString(request.key)) === undefined) {
    throw EtcdError.of("KeyNotFound");
  }
}

function put(txn: WriteTxn, request: rpc.PutRequest): rpc.PutResponse {
  const { ignoreValue, ignoreLease, prevKv } = request;
  const key = keyString(request.key);
  let { value, lease } = request;
  const previous = ignoreValue || ignoreLease || prevKv ? txn.get(key) : undefined;
  if (ignoreValue || ignoreLease) {
    // Validation refuses a delete of a key that the same transaction puts.
    assert(previous !== undefined, "the key that was checked is gone");
    if (ignoreValue) value = keyValue.valueBytesOf(previous);
    if (ignoreLease) lease = keyValue.leaseOf(previous);
  }
  const revision = txn.put(key, value, lease);
  return { header: header(revision), prevKv: prevKv ? previous : undefined };
}

function deleteRange(txn: WriteTxn, request: rpc.DeleteRangeRequest): rpc.DeleteRangeResponse {
  const key = keyString(request.key);
  const end = keyString(request.rangeEnd);
  const prevKvs = request.prevKv ? txn.range(key, end).kvs : [];
  const deleted = txn.deleteRange(key, end);
  return { header: header(newest(txn)), deleted, prevKvs };
}

/** Revision as the transaction's next reader sees it. */
function newest(view: ReadView): number {
  return view.revision + (isWriting(view) && view.changes > 0 ? 1 : 0);
}

function isWriting(view: ReadView): view is WriteTxn {
  return "changes" in view;
}

/** Throws LeaseNotFound or KeyNotFound, and then nothing was written. */
export function applyPut(mvcc: Mvcc, leases: LeaseLookup, request: rpc.PutRequest): rpc.PutResponse {
  checkPut(mvcc, leases, request);
  const txn = mvcc.write();
  const response = put(txn, request);
  txn.end();
  return response;
}

/** Deleting nothing takes no revision. */
export function applyDeleteRange(mvcc: Mvcc, request: rpc.DeleteRangeRequest): rpc.DeleteRangeResponse {
  const txn = mvcc.write();
  const response = deleteRange(txn, request);
  txn.end();
  return response;
}

/**
 * A transaction: compares choose a path through the branches (nested ones too, all on the state before it), the path is
 * checked, then its operations run in order, each seeing the writes before it, under one revision. A read-only one
 * (`isTxnReadonly`) takes the same way without a write.
 *
 * Throws Compacted, FutureRevision, LeaseNotFound, KeyNotFound, and then nothing was written.
 */
export function applyTxn(
  mvcc: Mvcc,
  leases: LeaseLookup,
  request: rpc.TxnRequest,
  options: ApplyTxnOptions = {},
): rpc.TxnResponse {
  const path = choosePath(mvcc, request);
  checkPath(mvcc, leases, path);
  if (isTxnReadonly(request)) {
    if (path.operations.length > 1) mvcc.countTransaction();
    const response = runPath(mvcc, path, options.noRangeResults === true);
    response.header = header(mvcc.revision);
    return response;
  }
  const txn = mvcc.write();
  const response = runPath(txn, path, options.noRangeResults === true);
  response.header = header(newest(txn));
  txn.end();
  return response;
}

/** The branch that was chosen, with the paths of its nested transactions in the order of their operations. */
interface Path {
  readonly succeeded: boolean;
  readonly operations: readonly rpc.RequestOp[];
  readonly nested: readonly Path[];
}

function choosePath(view: ReadView, request: rpc.TxnRequest): Path {
  const succeeded = request.compare.every((compare) => holds(view, compare));
  const operations = succeeded ? request.success : request.failure;
  const nested: Path[] = [];
  for (const { request: operation } of operations) {
    if (operation.case === "requestTxn") nested.push(choosePath(view, operation.value));
  }
  return { succeeded, operations, nested };
}

function checkPath(view: ReadView, leases: LeaseLookup, path: Path): void {
  let at = 0;
  for (const { request: operation } of path.operations) {
    switch (operation.case) {
      case "requestRange": {
        const { revision } = operation.value;
        if (revision === 0) break;
        if (revision > view.revision) throw EtcdError.of("FutureRevision");
        if (revision < view.compactRevision) throw EtcdError.of("Compacted");
        break;
      }
      case "requestPut":
        checkPut(view, leases, operation.value);
        break;
      case "requestTxn":
        checkPath(view, leases, path.nested[at++]!);
        break;
      default:
    }
  }
}

function runPath(view: ReadView, path: Path, noRangeResults: boolean): rpc.TxnResponse {
  let at = 0;
  const responses = path.operations.map(({ request: operation }): rpc.ResponseOp => {
    switch (operation.case) {
      case "requestRange":
        return { response: { case: "responseRange", value: range(view, operation.value, noRangeResults) } };
      case "requestPut":
        assert(isWriting(view), "a put in a read-only transaction");
        return { response: { case: "responsePut", value: put(view, operation.value) } };
      case "requestDeleteRange":
        assert(isWriting(view), "a delete in a read-only transaction");
        return { response: { case: "responseDeleteRange", value: deleteRange(view, operation.value) } };
      case "requestTxn":
        return { response: { case: "responseTxn", value: runPath(view, path.nested[at++]!, noRangeResults) } };
      default:
        return rpc.createResponseOp();
    }
  });
  // etcd gives nested transactions an empty header; the outermost one is filled in by the caller.
  return { header: header(0), succeeded: path.succeeded, responses };
}

function range(view: ReadView, request: rpc.RangeRequest, noRangeResults: boolean): rpc.RangeResponse {
  if (noRangeResults) return { header: header(newest(view)), kvs: [], more: false, count: 0 };
  const { kvs, more, count, revision } = rangeRequest(view, request);
  return { header: header(revision), kvs, more, count };
}

/** Whether a compare is true for its key, or for every live key of its range; no key at all counts as one missing key. */
function holds(view: ReadView, compare: rpc.Compare): boolean {
  const key = keyString(compare.key);
  const end = keyString(compare.rangeEnd);
  const { target } = compare;
  if (end === "" && target !== rpc.CompareTarget.VALUE && target !== rpc.CompareTarget.LEASE) {
    // Answered by the index alone.
    const known = view.metadata(key);
    return satisfies(compare, known ?? missing, undefined);
  }
  if (end === "") {
    const kv = view.get(key);
    return kv === undefined ? holdsForMissing(compare) : holdsFor(compare, kv);
  }
  // Keys-only entries come from the index, and tell all but value and lease.
  const keysOnly = target !== rpc.CompareTarget.VALUE && target !== rpc.CompareTarget.LEASE;
  const { kvs } = view.range(key, end, { keysOnly });
  if (kvs.length === 0) return holdsForMissing(compare);
  return kvs.every((kv) => holdsFor(compare, kv));
}

const missing = { createRevision: 0, modRevision: 0, version: 0 };

/** A missing key has no value, not even the empty one; all else about it is zero. */
function holdsForMissing(compare: rpc.Compare): boolean {
  return compare.target !== rpc.CompareTarget.VALUE && satisfies(compare, missing, undefined);
}

function holdsFor(compare: rpc.Compare, kv: Uint8Array): boolean {
  return satisfies(compare, keyValue.metaOf(kv), kv);
}

function satisfies(
  compare: rpc.Compare,
  meta: { createRevision: number; modRevision: number; version: number; lease?: bigint },
  kv: Uint8Array | undefined,
): boolean {
  const { targetUnion: wanted } = compare;
  // A target whose union holds something else compares with the zero value, as in etcd.
  let order = 0;
  switch (compare.target) {
    case rpc.CompareTarget.VALUE: {
      order = compareBytes(
        kv === undefined ? EMPTY : keyValue.valueBytesOf(kv),
        wanted.case === "value" ? wanted.value : EMPTY,
      );
      break;
    }
    case rpc.CompareTarget.CREATE:
      order = meta.createRevision - (wanted.case === "createRevision" ? wanted.value : 0);
      break;
    case rpc.CompareTarget.MOD:
      order = meta.modRevision - (wanted.case === "modRevision" ? wanted.value : 0);
      break;
    case rpc.CompareTarget.VERSION:
      order = meta.version - (wanted.case === "version" ? wanted.value : 0);
      break;
    case rpc.CompareTarget.LEASE: {
      const lease = meta.lease ?? 0n;
      const other = wanted.case === "lease" ? wanted.value : 0n;
      order = lease < other ? -1 : lease > other ? 1 : 0;
      break;
    }
    default:
  }
  switch (compare.result) {
    case rpc.CompareResult.EQUAL:
      return order === 0;
    case rpc.CompareResult.NOT_EQUAL:
      return order !== 0;
    case rpc.CompareResult.GREATER:
      return order > 0;
    case rpc.CompareResult.LESS:
      return order < 0;
    default:
      return true;
  }
}

/** Only ranges in both branches, nothing nested: need not go through the log. */
export function isTxnReadonly(request: rpc.TxnRequest): boolean {
  return request.success.every(isRange) && request.failure.every(isRange);
}

/** Only serializable ranges in both branches: need not even ask the leader. */
export function isTxnSerializable(request: rpc.TxnRequest): boolean {
  return request.success.every(isSerializableRange) && request.failure.every(isSerializableRange);
}

function isRange(operation: rpc.RequestOp): boolean {
  return operation.request.case === "requestRange";
}

function isSerializableRange(operation: rpc.RequestOp): boolean {
  return operation.request.case === "requestRange" && operation.request.value.serializable;
}
