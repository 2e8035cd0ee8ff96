import { rpc } from "../wire/proto/index.ts";
import { type Bytes, type KeyRange, KeyValue, toBytes, toRange } from "./keys.ts";

/** How a put is done. */
export interface PutOptions {
  /** The key dies with this lease. */
  readonly lease?: bigint | { readonly id: bigint } | undefined;
  /** Answer with what was there before. */
  readonly previous?: boolean | undefined;
  /** Keep the present value and change only the lease; the value given must be empty. */
  readonly ignoreValue?: boolean | undefined;
  /** Keep the present lease. */
  readonly ignoreLease?: boolean | undefined;
}

/** What a put answered. */
export interface PutResult {
  readonly revision: number;
  readonly previous: KeyValue | undefined;
}

/** How a key is read. */
export interface GetOptions {
  /** Read as of this revision; the present one when left out. */
  readonly revision?: number | undefined;
  /** Be content with what the asked member has: faster, possibly old. */
  readonly serializable?: boolean | undefined;
}

/** How keys are read. */
export interface RangeOptions extends GetOptions {
  /** At most this many; 0 or nothing: all. */
  readonly limit?: number | undefined;
  readonly sortBy?: "key" | "version" | "create" | "mod" | "value" | undefined;
  readonly order?: "ascending" | "descending" | undefined;
  readonly keysOnly?: boolean | undefined;
  readonly countOnly?: boolean | undefined;
  readonly minModRevision?: number | undefined;
  readonly maxModRevision?: number | undefined;
  readonly minCreateRevision?: number | undefined;
  readonly maxCreateRevision?: number | undefined;
}

/** What a range answered. */
export interface RangeResult {
  /** Revision of the store when it was read. */
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
  /** Keys in the range in all, whatever the limit. */
  readonly count: number;
  /** The limit cut something off. */
  readonly more: boolean;
}

/** How keys are deleted. */
export interface DeleteOptions {
  /** Answer with what was deleted. */
  readonly previous?: boolean | undefined;
}

/** What a deletion answered. */
export interface DeleteResult {
  readonly revision: number;
  readonly deleted: number;
  readonly previous: readonly KeyValue[];
}

export function leaseId(lease: bigint | { readonly id: bigint } | undefined): bigint {
  if (lease === undefined) return 0n;
  return typeof lease === "bigint" ? lease : lease.id;
}

export function putRequest(key: Bytes, value: Bytes, options: PutOptions): rpc.PutRequest {
  return {
    key: toBytes(key),
    value: toBytes(value),
    lease: leaseId(options.lease),
    prevKv: options.previous ?? false,
    ignoreValue: options.ignoreValue ?? false,
    ignoreLease: options.ignoreLease ?? false,
  };
}

const sortTargets = { key: 0, version: 1, create: 2, mod: 3, value: 4 } as const;

export function rangeRequest(range: KeyRange, options: RangeOptions): rpc.RangeRequest {
  const sorted = options.sortBy !== undefined || options.order !== undefined;
  return {
    ...toRange(range),
    limit: options.limit ?? 0,
    revision: options.revision ?? 0,
    sortOrder: sorted ? (options.order === "descending" ? rpc.SortOrder.DESCEND : rpc.SortOrder.ASCEND) : 0,
    sortTarget: sortTargets[options.sortBy ?? "key"],
    serializable: options.serializable ?? false,
    keysOnly: options.keysOnly ?? false,
    countOnly: options.countOnly ?? false,
    minModRevision: options.minModRevision ?? 0,
    maxModRevision: options.maxModRevision ?? 0,
    minCreateRevision: options.minCreateRevision ?? 0,
    maxCreateRevision: options.maxCreateRevision ?? 0,
  };
}

export function deleteRequest(range: KeyRange, options: DeleteOptions): rpc.DeleteRangeRequest {
  return { ...toRange(range), prevKv: options.previous ?? false };
}

export function putResult(response: rpc.PutResponse, strip = 0): PutResult {
  return {
    revision: response.header?.revision ?? 0,
    previous: response.prevKv === undefined ? undefined : new KeyValue(response.prevKv, strip),
  };
}

export function rangeResult(response: rpc.RangeResponse, strip = 0): RangeResult {
  return {
    revision: response.header?.revision ?? 0,
    kvs: response.kvs.map((kv) => new KeyValue(kv, strip)),
    count: response.count,
    more: response.more,
  };
}

export function deleteResult(response: rpc.DeleteRangeResponse, strip = 0): DeleteResult {
  return {
    revision: response.header?.revision ?? 0,
    deleted: response.deleted,
    previous: response.prevKvs.map((kv) => new KeyValue(kv, strip)),
  };
}
