import { Code, concatBytes, keyBytes, keyString, prefixEnd } from "../base/index.ts";
import type { rpc } from "../wire/proto/index.ts";
import { ClientError } from "./errors.ts";

/*
 * How requests enter a namespace, by the rules of etcd's own client (`client/v3/namespace`): the prefix goes in front of keys
 * and ends alike, and the edge of the key space ("\0" as an end) becomes the edge of the namespace.
 */

interface Interval {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

/** The error for an empty key, in the server's words: with a prefix in front the server would take it. */
export function emptyKey(): ClientError {
  return new ClientError(Code.InvalidArgument, "etcdserver: key is not provided", true);
}

/** Key and range end as they are outside of the namespace. */
export function prefixInterval(prefix: Uint8Array, { key, rangeEnd }: Interval): Interval {
  if (key.length === 0 && rangeEnd.length === 0) throw emptyKey();
  const edge = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return {
    key: concatBytes([prefix, key]),
    rangeEnd: edge
      ? keyBytes(prefixEnd(keyString(prefix)))
      : rangeEnd.length === 0
        ? rangeEnd
        : concatBytes([prefix, rangeEnd]),
  };
}

export function prefixPut(prefix: Uint8Array, request: rpc.PutRequest): rpc.PutRequest {
  if (request.key.length === 0) throw emptyKey();
  return { ...request, key: concatBytes([prefix, request.key]) };
}

/** A transaction with every key in it, those of conditions and of nested transactions among them. */
export function prefixTxn(prefix: Uint8Array, request: rpc.TxnRequest): rpc.TxnRequest {
  const operation = ({ request: one }: rpc.RequestOp): rpc.RequestOp => {
    switch (one.case) {
      case "requestPut":
        return { request: { case: one.case, value: prefixPut(prefix, one.value) } };
      case "requestRange":
        return { request: { case: one.case, value: { ...one.value, ...prefixInterval(prefix, one.value) } } };
      case "requestDeleteRange":
        return { request: { case: one.case, value: { ...one.value, ...prefixInterval(prefix, one.value) } } };
      case "requestTxn":
        return { request: { case: one.case, value: prefixTxn(prefix, one.value) } };
      default:
        return { request: one };
    }
  };
  return {
    compare: request.compare.map((compare) => ({ ...compare, ...prefixInterval(prefix, compare) })),
    success: request.success.map(operation),
    failure: request.failure.map(operation),
  };
}

/** What is left of those keys that lie in the namespace. */
export function stripKeys(prefix: Uint8Array, keys: readonly Uint8Array[]): Uint8Array[] {
  const start = keyString(prefix);
  return keys.filter((key) => keyString(key).startsWith(start)).map((key) => key.subarray(prefix.length));
}
