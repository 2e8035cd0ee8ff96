import { keyBytes, keyString } from "../base/index.ts";
import { kv as mvccpb, rpc } from "../wire/proto/index.ts";
import type {
  Compare,
  CompareTarget,
  DeleteRequest,
  KeyEvent,
  KeyValue,
  Operation,
  PutRequest,
  RangeRequest,
  Request,
  Response,
  TxnRequest,
} from "./check/index.ts";

/* Between the records of a history and etcd's messages. */

export function leaseText(id: bigint): string {
  return id === 0n ? "" : id.toString();
}

export function leaseId(text: string): bigint {
  return text === "" ? 0n : BigInt(text);
}

export function rangeMessage(request: RangeRequest): rpc.RangeRequest {
  return rpc.createRangeRequest({
    key: keyBytes(request.key),
    rangeEnd: keyBytes(request.end),
    revision: request.revision,
    limit: request.limit,
    countOnly: request.countOnly ?? false,
    keysOnly: request.keysOnly ?? false,
    serializable: request.serializable ?? false,
  });
}

export function putMessage(request: PutRequest): rpc.PutRequest {
  return rpc.createPutRequest({
    key: keyBytes(request.key),
    value: keyBytes(request.value),
    lease: leaseId(request.lease),
    prevKv: request.prevKv ?? false,
    ignoreValue: request.ignoreValue ?? false,
    ignoreLease: request.ignoreLease ?? false,
  });
}

export function deleteMessage(request: DeleteRequest): rpc.DeleteRangeRequest {
  return rpc.createDeleteRangeRequest({
    key: keyBytes(request.key),
    rangeEnd: keyBytes(request.end),
    prevKv: request.prevKv ?? false,
  });
}

export function txnMessage(request: TxnRequest): rpc.TxnRequest {
  return rpc.createTxnRequest({
    compare: request.compares.map(compareMessage),
    success: request.success.map(operationMessage),
    failure: request.failure.map(operationMessage),
  });
}

function operationMessage(operation: Operation): rpc.RequestOp {
  switch (operation.kind) {
    case "range":
      return { request: { case: "requestRange", value: rangeMessage(operation) } };
    case "put":
      return { request: { case: "requestPut", value: putMessage(operation) } };
    case "delete":
      return { request: { case: "requestDeleteRange", value: deleteMessage(operation) } };
    case "txn":
      return { request: { case: "requestTxn", value: txnMessage(operation) } };
  }
}

const results = {
  "=": rpc.CompareResult.EQUAL,
  ">": rpc.CompareResult.GREATER,
  "<": rpc.CompareResult.LESS,
  "!=": rpc.CompareResult.NOT_EQUAL,
} as const;

function compareMessage({ key, end, target, result, operand }: Compare): rpc.Compare {
  const base = { key: keyBytes(key), rangeEnd: keyBytes(end), result: results[result] };
  switch (target) {
    case "version":
      return rpc.createCompare({
        ...base,
        target: rpc.CompareTarget.VERSION,
        targetUnion: { case: "version", value: Number(operand) },
      });
    case "create":
      return rpc.createCompare({
        ...base,
        target: rpc.CompareTarget.CREATE,
        targetUnion: { case: "createRevision", value: Number(operand) },
      });
    case "mod":
      return rpc.createCompare({
        ...base,
        target: rpc.CompareTarget.MOD,
        targetUnion: { case: "modRevision", value: Number(operand) },
      });
    case "value":
      return rpc.createCompare({
        ...base,
        target: rpc.CompareTarget.VALUE,
        targetUnion: { case: "value", value: keyBytes(String(operand)) },
      });
    case "lease":
      return rpc.createCompare({
        ...base,
        target: rpc.CompareTarget.LEASE,
        targetUnion: { case: "lease", value: leaseId(String(operand)) },
      });
  }
}

/** A request of the log as the model takes it. */
export function operationOf(operation: rpc.RequestOp): Operation {
  const { request } = operation;
  switch (request.case) {
    case "requestRange":
      return rangeOf(request.value);
    case "requestPut":
      return putOf(request.value);
    case "requestDeleteRange":
      return deleteOf(request.value);
    case "requestTxn":
      return txnOf(request.value);
    default:
      throw new Error("an operation without a request");
  }
}

export function rangeOf(m: rpc.RangeRequest): RangeRequest {
  return {
    kind: "range",
    key: keyString(m.key),
    end: keyString(m.rangeEnd),
    revision: m.revision,
    limit: m.limit,
    countOnly: m.countOnly,
    keysOnly: m.keysOnly,
    ...(m.sortOrder === rpc.SortOrder.NONE ? {} : { sorted: true }),
  };
}

export function putOf(m: rpc.PutRequest): PutRequest {
  return {
    kind: "put",
    key: keyString(m.key),
    value: keyString(m.value),
    lease: leaseText(m.lease),
    prevKv: m.prevKv,
    ignoreValue: m.ignoreValue,
    ignoreLease: m.ignoreLease,
  };
}

export function deleteOf(m: rpc.DeleteRangeRequest): DeleteRequest {
  return { kind: "delete", key: keyString(m.key), end: keyString(m.rangeEnd), prevKv: m.prevKv };
}

export function txnOf(m: rpc.TxnRequest): TxnRequest {
  return {
    kind: "txn",
    compares: m.compare.map(compareOf),
    success: m.success.map(operationOf),
    failure: m.failure.map(operationOf),
  };
}

const targets: readonly CompareTarget[] = ["version", "create", "mod", "value", "lease"];

function compareOf(m: rpc.Compare): Compare {
  const union = m.targetUnion;
  const target = targets[m.target]!;
  const raw = union.case === undefined ? 0 : union.value;
  const operand = raw instanceof Uint8Array ? keyString(raw) : typeof raw === "bigint" ? leaseText(raw) : raw;
  const result = (["=", ">", "<", "!="] as const)[m.result]!;
  return { key: keyString(m.key), end: keyString(m.rangeEnd), target, result, operand };
}

export function keyValueOf(bytes: Uint8Array): KeyValue {
  const m = mvccpb.decodeKeyValue(bytes);
  return {
    key: keyString(m.key),
    value: keyString(m.value),
    create: m.createRevision,
    mod: m.modRevision,
    version: m.version,
    lease: leaseText(m.lease),
  };
}

export function eventOf(bytes: Uint8Array): KeyEvent {
  const m = mvccpb.decodeEvent(bytes);
  const event: KeyEvent = { type: m.type === mvccpb.EventType.DELETE ? "delete" : "put", kv: keyValueOf(m.kv!) };
  return m.prevKv === undefined ? event : { ...event, prev: keyValueOf(m.prevKv) };
}

export function rangeResponse(m: rpc.RangeResponse): Response {
  return { revision: m.header?.revision ?? 0, kvs: m.kvs.map(keyValueOf), count: m.count, more: m.more };
}

export function putResponse(m: rpc.PutResponse, request: PutRequest): Response {
  const response: Response = { revision: m.header?.revision ?? 0 };
  return request.prevKv ? { ...response, prevKvs: m.prevKv === undefined ? [] : [keyValueOf(m.prevKv)] } : response;
}

export function deleteResponse(m: rpc.DeleteRangeResponse, request: DeleteRequest): Response {
  const response: Response = { revision: m.header?.revision ?? 0, deleted: m.deleted };
  return request.prevKv ? { ...response, prevKvs: m.prevKvs.map(keyValueOf) } : response;
}

export function txnResponse(m: rpc.TxnResponse, request: TxnRequest): Response {
  const branch = m.succeeded ? request.success : request.failure;
  return {
    revision: m.header?.revision ?? 0,
    succeeded: m.succeeded,
    responses: m.responses.map((response, i) => ({ ...operationResponse(response, branch[i]!), revision: 0 })),
  };
}

function operationResponse({ response }: rpc.ResponseOp, operation: Operation): Response {
  switch (response.case) {
    case "responseRange":
      return rangeResponse(response.value);
    case "responsePut":
      return putResponse(response.value, operation as PutRequest);
    case "responseDeleteRange":
      return deleteResponse(response.value, operation as DeleteRequest);
    case "responseTxn":
      return txnResponse(response.value, operation as TxnRequest);
    default:
      throw new Error("an answer without a response");
  }
}

/** One text for requests that the log cannot tell apart. */
export function canonical(request: Request): string {
  switch (request.kind) {
    case "put":
      return JSON.stringify(putOf(putMessage(request)));
    case "delete":
      return JSON.stringify(deleteOf(deleteMessage(request)));
    case "txn":
      return JSON.stringify(txnOf(txnMessage(request)));
    case "revoke":
    case "expire":
      return `end of lease ${request.lease}`;
    default:
      return request.kind;
  }
}
