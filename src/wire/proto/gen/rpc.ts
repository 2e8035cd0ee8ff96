// Written by scripts/gen-proto.mjs from proto/rpc.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { EnumType, MessageCodec, ServiceDescriptor } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeDelimited, sizeId, sizeInt32, sizeInt64, sizeString, sizeUint32, sizeUint64, Writer } from "../writer.ts";
import * as kv from "./kv.ts";
import * as auth from "./auth.ts";

/** The empty oneof. */
const NONE = { case: undefined } as const;

export const SortOrder = {
  NONE: 0,
  ASCEND: 1,
  DESCEND: 2,
} as const;
export type SortOrder = (typeof SortOrder)[keyof typeof SortOrder];
export const SortOrderType: EnumType = { typeName: "etcdserverpb.RangeRequest.SortOrder", values: SortOrder, since: "3.0", valuesSince: {  } };

export const SortTarget = {
  KEY: 0,
  VERSION: 1,
  CREATE: 2,
  MOD: 3,
  VALUE: 4,
} as const;
export type SortTarget = (typeof SortTarget)[keyof typeof SortTarget];
export const SortTargetType: EnumType = { typeName: "etcdserverpb.RangeRequest.SortTarget", values: SortTarget, since: "3.0", valuesSince: {  } };

export const CompareResult = {
  EQUAL: 0,
  GREATER: 1,
  LESS: 2,
  NOT_EQUAL: 3,
} as const;
export type CompareResult = (typeof CompareResult)[keyof typeof CompareResult];
export const CompareResultType: EnumType = { typeName: "etcdserverpb.Compare.CompareResult", values: CompareResult, since: "3.0", valuesSince: { 3: "3.1" } };

export const CompareTarget = {
  VERSION: 0,
  CREATE: 1,
  MOD: 2,
  VALUE: 3,
  LEASE: 4,
} as const;
export type CompareTarget = (typeof CompareTarget)[keyof typeof CompareTarget];
export const CompareTargetType: EnumType = { typeName: "etcdserverpb.Compare.CompareTarget", values: CompareTarget, since: "3.0", valuesSince: { 4: "3.3" } };

export const FilterType = {
  NOPUT: 0,
  NODELETE: 1,
} as const;
export type FilterType = (typeof FilterType)[keyof typeof FilterType];
export const FilterTypeType: EnumType = { typeName: "etcdserverpb.WatchCreateRequest.FilterType", values: FilterType, since: "3.1", valuesSince: {  } };

/** What is wrong with a member. */
export const AlarmType = {
  NONE: 0,
  NOSPACE: 1,
  CORRUPT: 2,
} as const;
export type AlarmType = (typeof AlarmType)[keyof typeof AlarmType];
export const AlarmTypeType: EnumType = { typeName: "etcdserverpb.AlarmType", values: AlarmType, since: "3.0", valuesSince: { 2: "3.3" } };

export const AlarmAction = {
  GET: 0,
  ACTIVATE: 1,
  DEACTIVATE: 2,
} as const;
export type AlarmAction = (typeof AlarmAction)[keyof typeof AlarmAction];
export const AlarmActionType: EnumType = { typeName: "etcdserverpb.AlarmRequest.AlarmAction", values: AlarmAction, since: "3.0", valuesSince: {  } };

export const DowngradeAction = {
  VALIDATE: 0,
  ENABLE: 1,
  CANCEL: 2,
} as const;
export type DowngradeAction = (typeof DowngradeAction)[keyof typeof DowngradeAction];
export const DowngradeActionType: EnumType = { typeName: "etcdserverpb.DowngradeRequest.DowngradeAction", values: DowngradeAction, since: "3.5", valuesSince: {  } };

/** Stands at the head of every answer. */
export interface ResponseHeader {
  clusterId: bigint;
  memberId: bigint;
  /** Revision of the store when the request was applied. In a watch answer of progress: everything up to here was sent. */
  revision: number;
  /** Raft term when the request was applied. */
  raftTerm: number;
}

export function createResponseHeader(init?: Partial<ResponseHeader>): ResponseHeader {
  if (init === undefined) return { clusterId: 0n, memberId: 0n, revision: 0, raftTerm: 0 };
  return {
    clusterId: init.clusterId ?? 0n,
    memberId: init.memberId ?? 0n,
    revision: init.revision ?? 0,
    raftTerm: init.raftTerm ?? 0,
  };
}

export function sizeResponseHeader(m: ResponseHeader): number {
  let n = 0;
  if (m.clusterId !== 0n) n += 1 + sizeId(m.clusterId);
  if (m.memberId !== 0n) n += 1 + sizeId(m.memberId);
  if (m.revision !== 0) n += 1 + sizeInt64(m.revision);
  if (m.raftTerm !== 0) n += 1 + sizeUint64(m.raftTerm);
  return n;
}

export function writeResponseHeader(w: Writer, m: ResponseHeader): void {
  if (m.clusterId !== 0n) {
    w.byte(8);
    w.id(m.clusterId);
  }
  if (m.memberId !== 0n) {
    w.byte(16);
    w.id(m.memberId);
  }
  if (m.revision !== 0) {
    w.byte(24);
    w.int64(m.revision);
  }
  if (m.raftTerm !== 0) {
    w.byte(32);
    w.uint64(m.raftTerm);
  }
}

export function encodeResponseHeader(m: ResponseHeader): Uint8Array {
  const size = sizeResponseHeader(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeResponseHeader(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readResponseHeader(r: Reader, end: number, depth: number, into?: ResponseHeader): ResponseHeader {
  if (depth < 0) tooDeep();
  let $clusterId: bigint = 0n;
  let $memberId: bigint = 0n;
  let $revision: number = 0;
  let $raftTerm: number = 0;
  if (into !== undefined) {
    $clusterId = into.clusterId;
    $memberId = into.memberId;
    $revision = into.revision;
    $raftTerm = into.raftTerm;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $clusterId = r.uint64Id();
        break;
      case 16:
        $memberId = r.uint64Id();
        break;
      case 24:
        $revision = r.int64();
        break;
      case 32:
        $raftTerm = r.uint64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { clusterId: $clusterId, memberId: $memberId, revision: $revision, raftTerm: $raftTerm };
}

export function decodeResponseHeader(bytes: Uint8Array): ResponseHeader {
  return readResponseHeader(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ResponseHeader: MessageCodec<ResponseHeader> = {
  typeName: "etcdserverpb.ResponseHeader",
  since: "3.0",
  fields: [
    { name: "cluster_id", jsonName: "clusterId", property: "clusterId", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "member_id", jsonName: "memberId", property: "memberId", number: 2, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "revision", jsonName: "revision", property: "revision", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "raft_term", jsonName: "raftTerm", property: "raftTerm", number: 4, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createResponseHeader(),
  encode: encodeResponseHeader,
  decode: decodeResponseHeader,
};

export interface RangeRequest {
  /** First key. With range_end empty, the only one. */
  key: Uint8Array;
  /** First key behind the range; a single zero byte: no end; both a single zero byte: all keys. */
  rangeEnd: Uint8Array;
  /** Most keys to answer; 0: all. */
  limit: number;
  /** Revision to look at; 0 or less: the latest. Compacted ones are refused. */
  revision: number;
  sortOrder: SortOrder;
  sortTarget: SortTarget;
  /** Answer from this member's own state, perhaps behind the cluster's. */
  serializable: boolean;
  /** Leave the values out. */
  keysOnly: boolean;
  /** Leave everything out but the count. */
  countOnly: boolean;
  /** Bounds on the revisions of the keys to answer, each 0 for none. */
  minModRevision: number;
  maxModRevision: number;
  minCreateRevision: number;
  maxCreateRevision: number;
}

export function createRangeRequest(init?: Partial<RangeRequest>): RangeRequest {
  if (init === undefined) return { key: EMPTY, rangeEnd: EMPTY, limit: 0, revision: 0, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false, minModRevision: 0, maxModRevision: 0, minCreateRevision: 0, maxCreateRevision: 0 };
  return {
    key: init.key ?? EMPTY,
    rangeEnd: init.rangeEnd ?? EMPTY,
    limit: init.limit ?? 0,
    revision: init.revision ?? 0,
    sortOrder: init.sortOrder ?? 0,
    sortTarget: init.sortTarget ?? 0,
    serializable: init.serializable ?? false,
    keysOnly: init.keysOnly ?? false,
    countOnly: init.countOnly ?? false,
    minModRevision: init.minModRevision ?? 0,
    maxModRevision: init.maxModRevision ?? 0,
    minCreateRevision: init.minCreateRevision ?? 0,
    maxCreateRevision: init.maxCreateRevision ?? 0,
  };
}

export function sizeRangeRequest(m: RangeRequest): number {
  let n = 0;
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length !== 0) n += 1 + sizeBytes(m.rangeEnd);
  if (m.limit !== 0) n += 1 + sizeInt64(m.limit);
  if (m.revision !== 0) n += 1 + sizeInt64(m.revision);
  if (m.sortOrder !== 0) n += 1 + sizeInt32(m.sortOrder);
  if (m.sortTarget !== 0) n += 1 + sizeInt32(m.sortTarget);
  if (m.serializable) n += 1 + 1;
  if (m.keysOnly) n += 1 + 1;
  if (m.countOnly) n += 1 + 1;
  if (m.minModRevision !== 0) n += 1 + sizeInt64(m.minModRevision);
  if (m.maxModRevision !== 0) n += 1 + sizeInt64(m.maxModRevision);
  if (m.minCreateRevision !== 0) n += 1 + sizeInt64(m.minCreateRevision);
  if (m.maxCreateRevision !== 0) n += 1 + sizeInt64(m.maxCreateRevision);
  return n;
}

export function writeRangeRequest(w: Writer, m: RangeRequest): void {
  if (m.key.length !== 0) {
    w.byte(10);
    w.bytes(m.key);
  }
  if (m.rangeEnd.length !== 0) {
    w.byte(18);
    w.bytes(m.rangeEnd);
  }
  if (m.limit !== 0) {
    w.byte(24);
    w.int64(m.limit);
  }
  if (m.revision !== 0) {
    w.byte(32);
    w.int64(m.revision);
  }
  if (m.sortOrder !== 0) {
    w.byte(40);
    w.int32(m.sortOrder);
  }
  if (m.sortTarget !== 0) {
    w.byte(48);
    w.int32(m.sortTarget);
  }
  if (m.serializable) {
    w.byte(56);
    w.bool(m.serializable);
  }
  if (m.keysOnly) {
    w.byte(64);
    w.bool(m.keysOnly);
  }
  if (m.countOnly) {
    w.byte(72);
    w.bool(m.countOnly);
  }
  if (m.minModRevision !== 0) {
    w.byte(80);
    w.int64(m.minModRevision);
  }
  if (m.maxModRevision !== 0) {
    w.byte(88);
    w.int64(m.maxModRevision);
  }
  if (m.minCreateRevision !== 0) {
    w.byte(96);
    w.int64(m.minCreateRevision);
  }
  if (m.maxCreateRevision !== 0) {
    w.byte(104);
    w.int64(m.maxCreateRevision);
  }
}

export function encodeRangeRequest(m: RangeRequest): Uint8Array {
  const size = sizeRangeRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRangeRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRangeRequest(r: Reader, end: number, depth: number, into?: RangeRequest): RangeRequest {
  if (depth < 0) tooDeep();
  let $key: Uint8Array = EMPTY;
  let $rangeEnd: Uint8Array = EMPTY;
  let $limit: number = 0;
  let $revision: number = 0;
  let $sortOrder: SortOrder = 0;
  let $sortTarget: SortTarget = 0;
  let $serializable: boolean = false;
  let $keysOnly: boolean = false;
  let $countOnly: boolean = false;
  let $minModRevision: number = 0;
  let $maxModRevision: number = 0;
  let $minCreateRevision: number = 0;
  let $maxCreateRevision: number = 0;
  if (into !== undefined) {
    $key = into.key;
    $rangeEnd = into.rangeEnd;
    $limit = into.limit;
    $revision = into.revision;
    $sortOrder = into.sortOrder;
    $sortTarget = into.sortTarget;
    $serializable = into.serializable;
    $keysOnly = into.keysOnly;
    $countOnly = into.countOnly;
    $minModRevision = into.minModRevision;
    $maxModRevision = into.maxModRevision;
    $minCreateRevision = into.minCreateRevision;
    $maxCreateRevision = into.maxCreateRevision;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $key = r.view(end);
        break;
      case 18:
        $rangeEnd = r.view(end);
        break;
      case 24:
        $limit = r.int64();
        break;
      case 32:
        $revision = r.int64();
        break;
      case 40:
        $sortOrder = r.int32() as SortOrder;
        break;
      case 48:
        $sortTarget = r.int32() as SortTarget;
        break;
      case 56:
        $serializable = r.bool();
        break;
      case 64:
        $keysOnly = r.bool();
        break;
      case 72:
        $countOnly = r.bool();
        break;
      case 80:
        $minModRevision = r.int64();
        break;
      case 88:
        $maxModRevision = r.int64();
        break;
      case 96:
        $minCreateRevision = r.int64();
        break;
      case 104:
        $maxCreateRevision = r.int64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { key: $key, rangeEnd: $rangeEnd, limit: $limit, revision: $revision, sortOrder: $sortOrder, sortTarget: $sortTarget, serializable: $serializable, keysOnly: $keysOnly, countOnly: $countOnly, minModRevision: $minModRevision, maxModRevision: $maxModRevision, minCreateRevision: $minCreateRevision, maxCreateRevision: $maxCreateRevision };
}

export function decodeRangeRequest(bytes: Uint8Array): RangeRequest {
  return readRangeRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const RangeRequest: MessageCodec<RangeRequest> = {
  typeName: "etcdserverpb.RangeRequest",
  since: "3.0",
  fields: [
    { name: "key", jsonName: "key", property: "key", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "range_end", jsonName: "rangeEnd", property: "rangeEnd", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "limit", jsonName: "limit", property: "limit", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "revision", jsonName: "revision", property: "revision", number: 4, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "sort_order", jsonName: "sortOrder", property: "sortOrder", number: 5, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: SortOrderType },
    { name: "sort_target", jsonName: "sortTarget", property: "sortTarget", number: 6, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: SortTargetType },
    { name: "serializable", jsonName: "serializable", property: "serializable", number: 7, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "keys_only", jsonName: "keysOnly", property: "keysOnly", number: 8, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "count_only", jsonName: "countOnly", property: "countOnly", number: 9, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "min_mod_revision", jsonName: "minModRevision", property: "minModRevision", number: 10, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
    { name: "max_mod_revision", jsonName: "maxModRevision", property: "maxModRevision", number: 11, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
    { name: "min_create_revision", jsonName: "minCreateRevision", property: "minCreateRevision", number: 12, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
    { name: "max_create_revision", jsonName: "maxCreateRevision", property: "maxCreateRevision", number: 13, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
  ],
  create: () => createRangeRequest(),
  encode: encodeRangeRequest,
  decode: decodeRangeRequest,
};

export interface RangeResponse {
  header: ResponseHeader | undefined;
  kvs: Uint8Array[];
  /** The limit left keys out. */
  more: boolean;
  /** Keys in the range, whatever the limit. */
  count: number;
}

export function createRangeResponse(init?: Partial<RangeResponse>): RangeResponse {
  if (init === undefined) return { header: undefined, kvs: [], more: false, count: 0 };
  return {
    header: init.header ?? undefined,
    kvs: init.kvs ?? [],
    more: init.more ?? false,
    count: init.count ?? 0,
  };
}

export function sizeRangeResponse(m: RangeResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.kvs.length; i++) n += 1 + sizeBytes(m.kvs[i]!);
  if (m.more) n += 1 + 1;
  if (m.count !== 0) n += 1 + sizeInt64(m.count);
  return n;
}

export function writeRangeResponse(w: Writer, m: RangeResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.kvs.length; i++) {
    w.byte(18);
    const v = m.kvs[i]!;
    w.bytes(v);
  }
  if (m.more) {
    w.byte(24);
    w.bool(m.more);
  }
  if (m.count !== 0) {
    w.byte(32);
    w.int64(m.count);
  }
}

export function encodeRangeResponse(m: RangeResponse): Uint8Array {
  const size = sizeRangeResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRangeResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRangeResponse(r: Reader, end: number, depth: number, into?: RangeResponse): RangeResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $kvs: Uint8Array[] = [];
  let $more: boolean = false;
  let $count: number = 0;
  if (into !== undefined) {
    $header = into.header;
    $kvs = into.kvs;
    $more = into.more;
    $count = into.count;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $kvs.push(r.view(end));
        break;
      case 24:
        $more = r.bool();
        break;
      case 32:
        $count = r.int64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, kvs: $kvs, more: $more, count: $count };
}

export function decodeRangeResponse(bytes: Uint8Array): RangeResponse {
  return readRangeResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const RangeResponse: MessageCodec<RangeResponse> = {
  typeName: "etcdserverpb.RangeResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "kvs", jsonName: "kvs", property: "kvs", number: 2, kind: "message", repeated: true, id: false, embed: true, oneof: undefined, optional: false, since: undefined, message: () => kv.KeyValue as MessageCodec<unknown>, enumeration: undefined },
    { name: "more", jsonName: "more", property: "more", number: 3, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "count", jsonName: "count", property: "count", number: 4, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createRangeResponse(),
  encode: encodeRangeResponse,
  decode: decodeRangeResponse,
};

export interface PutRequest {
  key: Uint8Array;
  value: Uint8Array;
  /** Lease to hang the key on; 0: none. */
  lease: bigint;
  /** Answer what the key was before. */
  prevKv: boolean;
  /** Keep the value the key has; the key must exist. */
  ignoreValue: boolean;
  /** Keep the lease the key has; the key must exist. */
  ignoreLease: boolean;
}

export function createPutRequest(init?: Partial<PutRequest>): PutRequest {
  if (init === undefined) return { key: EMPTY, value: EMPTY, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
  return {
    key: init.key ?? EMPTY,
    value: init.value ?? EMPTY,
    lease: init.lease ?? 0n,
    prevKv: init.prevKv ?? false,
    ignoreValue: init.ignoreValue ?? false,
    ignoreLease: init.ignoreLease ?? false,
  };
}

export function sizePutRequest(m: PutRequest): number {
  let n = 0;
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.value.length !== 0) n += 1 + sizeBytes(m.value);
  if (m.lease !== 0n) n += 1 + sizeId(m.lease);
  if (m.prevKv) n += 1 + 1;
  if (m.ignoreValue) n += 1 + 1;
  if (m.ignoreLease) n += 1 + 1;
  return n;
}

export function writePutRequest(w: Writer, m: PutRequest): void {
  if (m.key.length !== 0) {
    w.byte(10);
    w.bytes(m.key);
  }
  if (m.value.length !== 0) {
    w.byte(18);
    w.bytes(m.value);
  }
  if (m.lease !== 0n) {
    w.byte(24);
    w.id(m.lease);
  }
  if (m.prevKv) {
    w.byte(32);
    w.bool(m.prevKv);
  }
  if (m.ignoreValue) {
    w.byte(40);
    w.bool(m.ignoreValue);
  }
  if (m.ignoreLease) {
    w.byte(48);
    w.bool(m.ignoreLease);
  }
}

export function encodePutRequest(m: PutRequest): Uint8Array {
  const size = sizePutRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writePutRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readPutRequest(r: Reader, end: number, depth: number, into?: PutRequest): PutRequest {
  if (depth < 0) tooDeep();
  let $key: Uint8Array = EMPTY;
  let $value: Uint8Array = EMPTY;
  let $lease: bigint = 0n;
  let $prevKv: boolean = false;
  let $ignoreValue: boolean = false;
  let $ignoreLease: boolean = false;
  if (into !== undefined) {
    $key = into.key;
    $value = into.value;
    $lease = into.lease;
    $prevKv = into.prevKv;
    $ignoreValue = into.ignoreValue;
    $ignoreLease = into.ignoreLease;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $key = r.view(end);
        break;
      case 18:
        $value = r.view(end);
        break;
      case 24:
        $lease = r.int64Id();
        break;
      case 32:
        $prevKv = r.bool();
        break;
      case 40:
        $ignoreValue = r.bool();
        break;
      case 48:
        $ignoreLease = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { key: $key, value: $value, lease: $lease, prevKv: $prevKv, ignoreValue: $ignoreValue, ignoreLease: $ignoreLease };
}

export function decodePutRequest(bytes: Uint8Array): PutRequest {
  return readPutRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const PutRequest: MessageCodec<PutRequest> = {
  typeName: "etcdserverpb.PutRequest",
  since: "3.0",
  fields: [
    { name: "key", jsonName: "key", property: "key", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "value", jsonName: "value", property: "value", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "lease", jsonName: "lease", property: "lease", number: 3, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "prev_kv", jsonName: "prevKv", property: "prevKv", number: 4, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
    { name: "ignore_value", jsonName: "ignoreValue", property: "ignoreValue", number: 5, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.2", message: undefined, enumeration: undefined },
    { name: "ignore_lease", jsonName: "ignoreLease", property: "ignoreLease", number: 6, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.2", message: undefined, enumeration: undefined },
  ],
  create: () => createPutRequest(),
  encode: encodePutRequest,
  decode: decodePutRequest,
};

export interface PutResponse {
  header: ResponseHeader | undefined;
  prevKv: Uint8Array | undefined;
}

export function createPutResponse(init?: Partial<PutResponse>): PutResponse {
  if (init === undefined) return { header: undefined, prevKv: undefined };
  return {
    header: init.header ?? undefined,
    prevKv: init.prevKv ?? undefined,
  };
}

export function sizePutResponse(m: PutResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.prevKv !== undefined) n += 1 + sizeBytes(m.prevKv);
  return n;
}

export function writePutResponse(w: Writer, m: PutResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.prevKv !== undefined) {
    w.byte(18);
    w.bytes(m.prevKv);
  }
}

export function encodePutResponse(m: PutResponse): Uint8Array {
  const size = sizePutResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writePutResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readPutResponse(r: Reader, end: number, depth: number, into?: PutResponse): PutResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $prevKv: Uint8Array | undefined = undefined;
  let $prevKvParts: Uint8Array[] | undefined;
  if (into !== undefined) {
    $header = into.header;
    $prevKv = into.prevKv;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        if ($prevKv === undefined) $prevKv = r.view(end);
        else ($prevKvParts ??= [$prevKv]).push(r.view(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  if ($prevKvParts !== undefined) $prevKv = join($prevKvParts);
  return { header: $header, prevKv: $prevKv };
}

export function decodePutResponse(bytes: Uint8Array): PutResponse {
  return readPutResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const PutResponse: MessageCodec<PutResponse> = {
  typeName: "etcdserverpb.PutResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "prev_kv", jsonName: "prevKv", property: "prevKv", number: 2, kind: "message", repeated: false, id: false, embed: true, oneof: undefined, optional: false, since: "3.1", message: () => kv.KeyValue as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createPutResponse(),
  encode: encodePutResponse,
  decode: decodePutResponse,
};

export interface DeleteRangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  prevKv: boolean;
}

export function createDeleteRangeRequest(init?: Partial<DeleteRangeRequest>): DeleteRangeRequest {
  if (init === undefined) return { key: EMPTY, rangeEnd: EMPTY, prevKv: false };
  return {
    key: init.key ?? EMPTY,
    rangeEnd: init.rangeEnd ?? EMPTY,
    prevKv: init.prevKv ?? false,
  };
}

export function sizeDeleteRangeRequest(m: DeleteRangeRequest): number {
  let n = 0;
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length !== 0) n += 1 + sizeBytes(m.rangeEnd);
  if (m.prevKv) n += 1 + 1;
  return n;
}

export function writeDeleteRangeRequest(w: Writer, m: DeleteRangeRequest): void {
  if (m.key.length !== 0) {
    w.byte(10);
    w.bytes(m.key);
  }
  if (m.rangeEnd.length !== 0) {
    w.byte(18);
    w.bytes(m.rangeEnd);
  }
  if (m.prevKv) {
    w.byte(24);
    w.bool(m.prevKv);
  }
}

export function encodeDeleteRangeRequest(m: DeleteRangeRequest): Uint8Array {
  const size = sizeDeleteRangeRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDeleteRangeRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDeleteRangeRequest(r: Reader, end: number, depth: number, into?: DeleteRangeRequest): DeleteRangeRequest {
  if (depth < 0) tooDeep();
  let $key: Uint8Array = EMPTY;
  let $rangeEnd: Uint8Array = EMPTY;
  let $prevKv: boolean = false;
  if (into !== undefined) {
    $key = into.key;
    $rangeEnd = into.rangeEnd;
    $prevKv = into.prevKv;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $key = r.view(end);
        break;
      case 18:
        $rangeEnd = r.view(end);
        break;
      case 24:
        $prevKv = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { key: $key, rangeEnd: $rangeEnd, prevKv: $prevKv };
}

export function decodeDeleteRangeRequest(bytes: Uint8Array): DeleteRangeRequest {
  return readDeleteRangeRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DeleteRangeRequest: MessageCodec<DeleteRangeRequest> = {
  typeName: "etcdserverpb.DeleteRangeRequest",
  since: "3.0",
  fields: [
    { name: "key", jsonName: "key", property: "key", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "range_end", jsonName: "rangeEnd", property: "rangeEnd", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "prev_kv", jsonName: "prevKv", property: "prevKv", number: 3, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
  ],
  create: () => createDeleteRangeRequest(),
  encode: encodeDeleteRangeRequest,
  decode: decodeDeleteRangeRequest,
};

export interface DeleteRangeResponse {
  header: ResponseHeader | undefined;
  /** Keys that were there and are not any more. */
  deleted: number;
  prevKvs: Uint8Array[];
}

export function createDeleteRangeResponse(init?: Partial<DeleteRangeResponse>): DeleteRangeResponse {
  if (init === undefined) return { header: undefined, deleted: 0, prevKvs: [] };
  return {
    header: init.header ?? undefined,
    deleted: init.deleted ?? 0,
    prevKvs: init.prevKvs ?? [],
  };
}

export function sizeDeleteRangeResponse(m: DeleteRangeResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.deleted !== 0) n += 1 + sizeInt64(m.deleted);
  for (let i = 0; i < m.prevKvs.length; i++) n += 1 + sizeBytes(m.prevKvs[i]!);
  return n;
}

export function writeDeleteRangeResponse(w: Writer, m: DeleteRangeResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.deleted !== 0) {
    w.byte(16);
    w.int64(m.deleted);
  }
  for (let i = 0; i < m.prevKvs.length; i++) {
    w.byte(26);
    const v = m.prevKvs[i]!;
    w.bytes(v);
  }
}

export function encodeDeleteRangeResponse(m: DeleteRangeResponse): Uint8Array {
  const size = sizeDeleteRangeResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDeleteRangeResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDeleteRangeResponse(r: Reader, end: number, depth: number, into?: DeleteRangeResponse): DeleteRangeResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $deleted: number = 0;
  let $prevKvs: Uint8Array[] = [];
  if (into !== undefined) {
    $header = into.header;
    $deleted = into.deleted;
    $prevKvs = into.prevKvs;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $deleted = r.int64();
        break;
      case 26:
        $prevKvs.push(r.view(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, deleted: $deleted, prevKvs: $prevKvs };
}

export function decodeDeleteRangeResponse(bytes: Uint8Array): DeleteRangeResponse {
  return readDeleteRangeResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DeleteRangeResponse: MessageCodec<DeleteRangeResponse> = {
  typeName: "etcdserverpb.DeleteRangeResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "deleted", jsonName: "deleted", property: "deleted", number: 2, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "prev_kvs", jsonName: "prevKvs", property: "prevKvs", number: 3, kind: "message", repeated: true, id: false, embed: true, oneof: undefined, optional: false, since: "3.1", message: () => kv.KeyValue as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createDeleteRangeResponse(),
  encode: encodeDeleteRangeResponse,
  decode: decodeDeleteRangeResponse,
};

export type RequestOp_Request =
  | { readonly case: "requestRange"; readonly value: RangeRequest }
  | { readonly case: "requestPut"; readonly value: PutRequest }
  | { readonly case: "requestDeleteRange"; readonly value: DeleteRangeRequest }
  | { readonly case: "requestTxn"; readonly value: TxnRequest }
  | { readonly case: undefined; readonly value?: undefined };

/** One step of a transaction. */
export interface RequestOp {
  request: RequestOp_Request;
}

export function createRequestOp(init?: Partial<RequestOp>): RequestOp {
  if (init === undefined) return { request: NONE };
  return {
    request: init.request ?? NONE,
  };
}

export function sizeRequestOp(m: RequestOp): number {
  let n = 0;
  const $request = m.request;
  switch ($request.case) {
    case "requestRange":
      n += 1 + sizeDelimited(sizeRangeRequest($request.value));
      break;
    case "requestPut":
      n += 1 + sizeDelimited(sizePutRequest($request.value));
      break;
    case "requestDeleteRange":
      n += 1 + sizeDelimited(sizeDeleteRangeRequest($request.value));
      break;
    case "requestTxn":
      n += 1 + sizeDelimited(sizeTxnRequest($request.value));
      break;
  }
  return n;
}

export function writeRequestOp(w: Writer, m: RequestOp): void {
  const $request = m.request;
  switch ($request.case) {
    case "requestRange":
      w.byte(10);
      w.uint32(sizeRangeRequest($request.value)); writeRangeRequest(w, $request.value);
      break;
    case "requestPut":
      w.byte(18);
      w.uint32(sizePutRequest($request.value)); writePutRequest(w, $request.value);
      break;
    case "requestDeleteRange":
      w.byte(26);
      w.uint32(sizeDeleteRangeRequest($request.value)); writeDeleteRangeRequest(w, $request.value);
      break;
    case "requestTxn":
      w.byte(34);
      w.uint32(sizeTxnRequest($request.value)); writeTxnRequest(w, $request.value);
      break;
  }
}

export function encodeRequestOp(m: RequestOp): Uint8Array {
  const size = sizeRequestOp(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRequestOp(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRequestOp(r: Reader, end: number, depth: number, into?: RequestOp): RequestOp {
  if (depth < 0) tooDeep();
  let $request: RequestOp_Request = NONE;
  if (into !== undefined) {
    $request = into.request;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $request = { case: "requestRange", value: readRangeRequest(r, r.sub(end), depth - 1, $request.case === "requestRange" ? $request.value : undefined) };
        break;
      case 18:
        $request = { case: "requestPut", value: readPutRequest(r, r.sub(end), depth - 1, $request.case === "requestPut" ? $request.value : undefined) };
        break;
      case 26:
        $request = { case: "requestDeleteRange", value: readDeleteRangeRequest(r, r.sub(end), depth - 1, $request.case === "requestDeleteRange" ? $request.value : undefined) };
        break;
      case 34:
        $request = { case: "requestTxn", value: readTxnRequest(r, r.sub(end), depth - 1, $request.case === "requestTxn" ? $request.value : undefined) };
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { request: $request };
}

export function decodeRequestOp(bytes: Uint8Array): RequestOp {
  return readRequestOp(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const RequestOp: MessageCodec<RequestOp> = {
  typeName: "etcdserverpb.RequestOp",
  since: "3.0",
  fields: [
    { name: "request_range", jsonName: "requestRange", property: "requestRange", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: "request", optional: false, since: undefined, message: () => RangeRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "request_put", jsonName: "requestPut", property: "requestPut", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: "request", optional: false, since: undefined, message: () => PutRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "request_delete_range", jsonName: "requestDeleteRange", property: "requestDeleteRange", number: 3, kind: "message", repeated: false, id: false, embed: false, oneof: "request", optional: false, since: undefined, message: () => DeleteRangeRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "request_txn", jsonName: "requestTxn", property: "requestTxn", number: 4, kind: "message", repeated: false, id: false, embed: false, oneof: "request", optional: false, since: "3.3", message: () => TxnRequest as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createRequestOp(),
  encode: encodeRequestOp,
  decode: decodeRequestOp,
};

export type ResponseOp_Response =
  | { readonly case: "responseRange"; readonly value: RangeResponse }
  | { readonly case: "responsePut"; readonly value: PutResponse }
  | { readonly case: "responseDeleteRange"; readonly value: DeleteRangeResponse }
  | { readonly case: "responseTxn"; readonly value: TxnResponse }
  | { readonly case: undefined; readonly value?: undefined };

/** The answer to one step, of the same kind as the step. */
export interface ResponseOp {
  response: ResponseOp_Response;
}

export function createResponseOp(init?: Partial<ResponseOp>): ResponseOp {
  if (init === undefined) return { response: NONE };
  return {
    response: init.response ?? NONE,
  };
}

export function sizeResponseOp(m: ResponseOp): number {
  let n = 0;
  const $response = m.response;
  switch ($response.case) {
    case "responseRange":
      n += 1 + sizeDelimited(sizeRangeResponse($response.value));
      break;
    case "responsePut":
      n += 1 + sizeDelimited(sizePutResponse($response.value));
      break;
    case "responseDeleteRange":
      n += 1 + sizeDelimited(sizeDeleteRangeResponse($response.value));
      break;
    case "responseTxn":
      n += 1 + sizeDelimited(sizeTxnResponse($response.value));
      break;
  }
  return n;
}

export function writeResponseOp(w: Writer, m: ResponseOp): void {
  const $response = m.response;
  switch ($response.case) {
    case "responseRange":
      w.byte(10);
      w.uint32(sizeRangeResponse($response.value)); writeRangeResponse(w, $response.value);
      break;
    case "responsePut":
      w.byte(18);
      w.uint32(sizePutResponse($response.value)); writePutResponse(w, $response.value);
      break;
    case "responseDeleteRange":
      w.byte(26);
      w.uint32(sizeDeleteRangeResponse($response.value)); writeDeleteRangeResponse(w, $response.value);
      break;
    case "responseTxn":
      w.byte(34);
      w.uint32(sizeTxnResponse($response.value)); writeTxnResponse(w, $response.value);
      break;
  }
}

export function encodeResponseOp(m: ResponseOp): Uint8Array {
  const size = sizeResponseOp(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeResponseOp(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readResponseOp(r: Reader, end: number, depth: number, into?: ResponseOp): ResponseOp {
  if (depth < 0) tooDeep();
  let $response: ResponseOp_Response = NONE;
  if (into !== undefined) {
    $response = into.response;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $response = { case: "responseRange", value: readRangeResponse(r, r.sub(end), depth - 1, $response.case === "responseRange" ? $response.value : undefined) };
        break;
      case 18:
        $response = { case: "responsePut", value: readPutResponse(r, r.sub(end), depth - 1, $response.case === "responsePut" ? $response.value : undefined) };
        break;
      case 26:
        $response = { case: "responseDeleteRange", value: readDeleteRangeResponse(r, r.sub(end), depth - 1, $response.case === "responseDeleteRange" ? $response.value : undefined) };
        break;
      case 34:
        $response = { case: "responseTxn", value: readTxnResponse(r, r.sub(end), depth - 1, $response.case === "responseTxn" ? $response.value : undefined) };
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { response: $response };
}

export function decodeResponseOp(bytes: Uint8Array): ResponseOp {
  return readResponseOp(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ResponseOp: MessageCodec<ResponseOp> = {
  typeName: "etcdserverpb.ResponseOp",
  since: "3.0",
  fields: [
    { name: "response_range", jsonName: "responseRange", property: "responseRange", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: "response", optional: false, since: undefined, message: () => RangeResponse as MessageCodec<unknown>, enumeration: undefined },
    { name: "response_put", jsonName: "responsePut", property: "responsePut", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: "response", optional: false, since: undefined, message: () => PutResponse as MessageCodec<unknown>, enumeration: undefined },
    { name: "response_delete_range", jsonName: "responseDeleteRange", property: "responseDeleteRange", number: 3, kind: "message", repeated: false, id: false, embed: false, oneof: "response", optional: false, since: undefined, message: () => DeleteRangeResponse as MessageCodec<unknown>, enumeration: undefined },
    { name: "response_txn", jsonName: "responseTxn", property: "responseTxn", number: 4, kind: "message", repeated: false, id: false, embed: false, oneof: "response", optional: false, since: "3.3", message: () => TxnResponse as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createResponseOp(),
  encode: encodeResponseOp,
  decode: decodeResponseOp,
};

/** The literal. Encoded behind range_end, since Go's library writes oneofs last. */
export type Compare_TargetUnion =
  | { readonly case: "version"; readonly value: number }
  | { readonly case: "createRevision"; readonly value: number }
  | { readonly case: "modRevision"; readonly value: number }
  | { readonly case: "value"; readonly value: Uint8Array }
  | { readonly case: "lease"; readonly value: bigint }
  | { readonly case: undefined; readonly value?: undefined };

/** One condition of a transaction: a property of a key, or of every key of a range, against a literal. */
export interface Compare {
  result: CompareResult;
  target: CompareTarget;
  key: Uint8Array;
  /** The literal. Encoded behind range_end, since Go's library writes oneofs last. */
  targetUnion: Compare_TargetUnion;
  /** As in RangeRequest; every key of the range must fulfil the condition. No key at all counts as one that was never written. */
  rangeEnd: Uint8Array;
}

export function createCompare(init?: Partial<Compare>): Compare {
  if (init === undefined) return { result: 0, target: 0, key: EMPTY, targetUnion: NONE, rangeEnd: EMPTY };
  return {
    result: init.result ?? 0,
    target: init.target ?? 0,
    key: init.key ?? EMPTY,
    targetUnion: init.targetUnion ?? NONE,
    rangeEnd: init.rangeEnd ?? EMPTY,
  };
}

export function sizeCompare(m: Compare): number {
  let n = 0;
  if (m.result !== 0) n += 1 + sizeInt32(m.result);
  if (m.target !== 0) n += 1 + sizeInt32(m.target);
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length !== 0) n += 2 + sizeBytes(m.rangeEnd);
  const $targetUnion = m.targetUnion;
  switch ($targetUnion.case) {
    case "version":
      n += 1 + sizeInt64($targetUnion.value);
      break;
    case "createRevision":
      n += 1 + sizeInt64($targetUnion.value);
      break;
    case "modRevision":
      n += 1 + sizeInt64($targetUnion.value);
      break;
    case "value":
      n += 1 + sizeBytes($targetUnion.value);
      break;
    case "lease":
      n += 1 + sizeId($targetUnion.value);
      break;
  }
  return n;
}

export function writeCompare(w: Writer, m: Compare): void {
  if (m.result !== 0) {
    w.byte(8);
    w.int32(m.result);
  }
  if (m.target !== 0) {
    w.byte(16);
    w.int32(m.target);
  }
  if (m.key.length !== 0) {
    w.byte(26);
    w.bytes(m.key);
  }
  if (m.rangeEnd.length !== 0) {
    w.uint32(514);
    w.bytes(m.rangeEnd);
  }
  const $targetUnion = m.targetUnion;
  switch ($targetUnion.case) {
    case "version":
      w.byte(32);
      w.int64($targetUnion.value);
      break;
    case "createRevision":
      w.byte(40);
      w.int64($targetUnion.value);
      break;
    case "modRevision":
      w.byte(48);
      w.int64($targetUnion.value);
      break;
    case "value":
      w.byte(58);
      w.bytes($targetUnion.value);
      break;
    case "lease":
      w.byte(64);
      w.id($targetUnion.value);
      break;
  }
}

export function encodeCompare(m: Compare): Uint8Array {
  const size = sizeCompare(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeCompare(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readCompare(r: Reader, end: number, depth: number, into?: Compare): Compare {
  if (depth < 0) tooDeep();
  let $result: CompareResult = 0;
  let $target: CompareTarget = 0;
  let $key: Uint8Array = EMPTY;
  let $targetUnion: Compare_TargetUnion = NONE;
  let $rangeEnd: Uint8Array = EMPTY;
  if (into !== undefined) {
    $result = into.result;
    $target = into.target;
    $key = into.key;
    $targetUnion = into.targetUnion;
    $rangeEnd = into.rangeEnd;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $result = r.int32() as CompareResult;
        break;
      case 16:
        $target = r.int32() as CompareTarget;
        break;
      case 26:
        $key = r.view(end);
        break;
      case 32:
        $targetUnion = { case: "version", value: r.int64() };
        break;
      case 40:
        $targetUnion = { case: "createRevision", value: r.int64() };
        break;
      case 48:
        $targetUnion = { case: "modRevision", value: r.int64() };
        break;
      case 58:
        $targetUnion = { case: "value", value: r.view(end) };
        break;
      case 64:
        $targetUnion = { case: "lease", value: r.int64Id() };
        break;
      case 514:
        $rangeEnd = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { result: $result, target: $target, key: $key, targetUnion: $targetUnion, rangeEnd: $rangeEnd };
}

export function decodeCompare(bytes: Uint8Array): Compare {
  return readCompare(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Compare: MessageCodec<Compare> = {
  typeName: "etcdserverpb.Compare",
  since: "3.0",
  fields: [
    { name: "result", jsonName: "result", property: "result", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: CompareResultType },
    { name: "target", jsonName: "target", property: "target", number: 2, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: CompareTargetType },
    { name: "key", jsonName: "key", property: "key", number: 3, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "version", jsonName: "version", property: "version", number: 4, kind: "int64", repeated: false, id: false, embed: false, oneof: "targetUnion", optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "create_revision", jsonName: "createRevision", property: "createRevision", number: 5, kind: "int64", repeated: false, id: false, embed: false, oneof: "targetUnion", optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "mod_revision", jsonName: "modRevision", property: "modRevision", number: 6, kind: "int64", repeated: false, id: false, embed: false, oneof: "targetUnion", optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "value", jsonName: "value", property: "value", number: 7, kind: "bytes", repeated: false, id: false, embed: false, oneof: "targetUnion", optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "lease", jsonName: "lease", property: "lease", number: 8, kind: "int64", repeated: false, id: true, embed: false, oneof: "targetUnion", optional: false, since: "3.3", message: undefined, enumeration: undefined },
    { name: "range_end", jsonName: "rangeEnd", property: "rangeEnd", number: 64, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.3", message: undefined, enumeration: undefined },
  ],
  create: () => createCompare(),
  encode: encodeCompare,
  decode: decodeCompare,
};

/** All conditions hold: the steps of success, else those of failure. One revision, whatever number of steps. */
export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}

export function createTxnRequest(init?: Partial<TxnRequest>): TxnRequest {
  if (init === undefined) return { compare: [], success: [], failure: [] };
  return {
    compare: init.compare ?? [],
    success: init.success ?? [],
    failure: init.failure ?? [],
  };
}

export function sizeTxnRequest(m: TxnRequest): number {
  let n = 0;
  for (let i = 0; i < m.compare.length; i++) n += 1 + sizeDelimited(sizeCompare(m.compare[i]!));
  for (let i = 0; i < m.success.length; i++) n += 1 + sizeDelimited(sizeRequestOp(m.success[i]!));
  for (let i = 0; i < m.failure.length; i++) n += 1 + sizeDelimited(sizeRequestOp(m.failure[i]!));
  return n;
}

export function writeTxnRequest(w: Writer, m: TxnRequest): void {
  for (let i = 0; i < m.compare.length; i++) {
    w.byte(10);
    const v = m.compare[i]!;
    w.uint32(sizeCompare(v)); writeCompare(w, v);
  }
  for (let i = 0; i < m.success.length; i++) {
    w.byte(18);
    const v = m.success[i]!;
    w.uint32(sizeRequestOp(v)); writeRequestOp(w, v);
  }
  for (let i = 0; i < m.failure.length; i++) {
    w.byte(26);
    const v = m.failure[i]!;
    w.uint32(sizeRequestOp(v)); writeRequestOp(w, v);
  }
}

export function encodeTxnRequest(m: TxnRequest): Uint8Array {
  const size = sizeTxnRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeTxnRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readTxnRequest(r: Reader, end: number, depth: number, into?: TxnRequest): TxnRequest {
  if (depth < 0) tooDeep();
  let $compare: Compare[] = [];
  let $success: RequestOp[] = [];
  let $failure: RequestOp[] = [];
  if (into !== undefined) {
    $compare = into.compare;
    $success = into.success;
    $failure = into.failure;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $compare.push(readCompare(r, r.sub(end), depth - 1));
        break;
      case 18:
        $success.push(readRequestOp(r, r.sub(end), depth - 1));
        break;
      case 26:
        $failure.push(readRequestOp(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { compare: $compare, success: $success, failure: $failure };
}

export function decodeTxnRequest(bytes: Uint8Array): TxnRequest {
  return readTxnRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const TxnRequest: MessageCodec<TxnRequest> = {
  typeName: "etcdserverpb.TxnRequest",
  since: "3.0",
  fields: [
    { name: "compare", jsonName: "compare", property: "compare", number: 1, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Compare as MessageCodec<unknown>, enumeration: undefined },
    { name: "success", jsonName: "success", property: "success", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => RequestOp as MessageCodec<unknown>, enumeration: undefined },
    { name: "failure", jsonName: "failure", property: "failure", number: 3, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => RequestOp as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createTxnRequest(),
  encode: encodeTxnRequest,
  decode: decodeTxnRequest,
};

export interface TxnResponse {
  header: ResponseHeader | undefined;
  /** Whether the conditions held. */
  succeeded: boolean;
  responses: ResponseOp[];
}

export function createTxnResponse(init?: Partial<TxnResponse>): TxnResponse {
  if (init === undefined) return { header: undefined, succeeded: false, responses: [] };
  return {
    header: init.header ?? undefined,
    succeeded: init.succeeded ?? false,
    responses: init.responses ?? [],
  };
}

export function sizeTxnResponse(m: TxnResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.succeeded) n += 1 + 1;
  for (let i = 0; i < m.responses.length; i++) n += 1 + sizeDelimited(sizeResponseOp(m.responses[i]!));
  return n;
}

export function writeTxnResponse(w: Writer, m: TxnResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.succeeded) {
    w.byte(16);
    w.bool(m.succeeded);
  }
  for (let i = 0; i < m.responses.length; i++) {
    w.byte(26);
    const v = m.responses[i]!;
    w.uint32(sizeResponseOp(v)); writeResponseOp(w, v);
  }
}

export function encodeTxnResponse(m: TxnResponse): Uint8Array {
  const size = sizeTxnResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeTxnResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readTxnResponse(r: Reader, end: number, depth: number, into?: TxnResponse): TxnResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $succeeded: boolean = false;
  let $responses: ResponseOp[] = [];
  if (into !== undefined) {
    $header = into.header;
    $succeeded = into.succeeded;
    $responses = into.responses;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $succeeded = r.bool();
        break;
      case 26:
        $responses.push(readResponseOp(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, succeeded: $succeeded, responses: $responses };
}

export function decodeTxnResponse(bytes: Uint8Array): TxnResponse {
  return readTxnResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const TxnResponse: MessageCodec<TxnResponse> = {
  typeName: "etcdserverpb.TxnResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "succeeded", jsonName: "succeeded", property: "succeeded", number: 2, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "responses", jsonName: "responses", property: "responses", number: 3, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseOp as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createTxnResponse(),
  encode: encodeTxnResponse,
  decode: decodeTxnResponse,
};

/** Forgets history before a revision. */
export interface CompactionRequest {
  revision: number;
  /** Answer only when the space is free in the database. */
  physical: boolean;
}

export function createCompactionRequest(init?: Partial<CompactionRequest>): CompactionRequest {
  if (init === undefined) return { revision: 0, physical: false };
  return {
    revision: init.revision ?? 0,
    physical: init.physical ?? false,
  };
}

export function sizeCompactionRequest(m: CompactionRequest): number {
  let n = 0;
  if (m.revision !== 0) n += 1 + sizeInt64(m.revision);
  if (m.physical) n += 1 + 1;
  return n;
}

export function writeCompactionRequest(w: Writer, m: CompactionRequest): void {
  if (m.revision !== 0) {
    w.byte(8);
    w.int64(m.revision);
  }
  if (m.physical) {
    w.byte(16);
    w.bool(m.physical);
  }
}

export function encodeCompactionRequest(m: CompactionRequest): Uint8Array {
  const size = sizeCompactionRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeCompactionRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readCompactionRequest(r: Reader, end: number, depth: number, into?: CompactionRequest): CompactionRequest {
  if (depth < 0) tooDeep();
  let $revision: number = 0;
  let $physical: boolean = false;
  if (into !== undefined) {
    $revision = into.revision;
    $physical = into.physical;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $revision = r.int64();
        break;
      case 16:
        $physical = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { revision: $revision, physical: $physical };
}

export function decodeCompactionRequest(bytes: Uint8Array): CompactionRequest {
  return readCompactionRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const CompactionRequest: MessageCodec<CompactionRequest> = {
  typeName: "etcdserverpb.CompactionRequest",
  since: "3.0",
  fields: [
    { name: "revision", jsonName: "revision", property: "revision", number: 1, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "physical", jsonName: "physical", property: "physical", number: 2, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createCompactionRequest(),
  encode: encodeCompactionRequest,
  decode: decodeCompactionRequest,
};

export interface CompactionResponse {
  header: ResponseHeader | undefined;
}

export function createCompactionResponse(init?: Partial<CompactionResponse>): CompactionResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeCompactionResponse(m: CompactionResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeCompactionResponse(w: Writer, m: CompactionResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeCompactionResponse(m: CompactionResponse): Uint8Array {
  const size = sizeCompactionResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeCompactionResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readCompactionResponse(r: Reader, end: number, depth: number, into?: CompactionResponse): CompactionResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeCompactionResponse(bytes: Uint8Array): CompactionResponse {
  return readCompactionResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const CompactionResponse: MessageCodec<CompactionResponse> = {
  typeName: "etcdserverpb.CompactionResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createCompactionResponse(),
  encode: encodeCompactionResponse,
  decode: decodeCompactionResponse,
};

export interface HashRequest {

}

export function createHashRequest(_init?: Partial<HashRequest>): HashRequest {
  return {};
}

export function sizeHashRequest(_m: HashRequest): number {
  return 0;
}

export function writeHashRequest(_w: Writer, _m: HashRequest): void {
}

export function encodeHashRequest(m: HashRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHashRequest(r: Reader, end: number, depth: number, _into?: HashRequest): HashRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeHashRequest(bytes: Uint8Array): HashRequest {
  return readHashRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HashRequest: MessageCodec<HashRequest> = {
  typeName: "etcdserverpb.HashRequest",
  since: "3.0",
  fields: [],
  create: () => createHashRequest(),
  encode: encodeHashRequest,
  decode: decodeHashRequest,
};

export interface HashKVRequest {
  /** Hash the history up to here; 0: the latest. */
  revision: number;
}

export function createHashKVRequest(init?: Partial<HashKVRequest>): HashKVRequest {
  if (init === undefined) return { revision: 0 };
  return {
    revision: init.revision ?? 0,
  };
}

export function sizeHashKVRequest(m: HashKVRequest): number {
  let n = 0;
  if (m.revision !== 0) n += 1 + sizeInt64(m.revision);
  return n;
}

export function writeHashKVRequest(w: Writer, m: HashKVRequest): void {
  if (m.revision !== 0) {
    w.byte(8);
    w.int64(m.revision);
  }
}

export function encodeHashKVRequest(m: HashKVRequest): Uint8Array {
  const size = sizeHashKVRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHashKVRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHashKVRequest(r: Reader, end: number, depth: number, into?: HashKVRequest): HashKVRequest {
  if (depth < 0) tooDeep();
  let $revision: number = 0;
  if (into !== undefined) {
    $revision = into.revision;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $revision = r.int64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { revision: $revision };
}

export function decodeHashKVRequest(bytes: Uint8Array): HashKVRequest {
  return readHashKVRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HashKVRequest: MessageCodec<HashKVRequest> = {
  typeName: "etcdserverpb.HashKVRequest",
  since: "3.3",
  fields: [
    { name: "revision", jsonName: "revision", property: "revision", number: 1, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createHashKVRequest(),
  encode: encodeHashKVRequest,
  decode: decodeHashKVRequest,
};

export interface HashKVResponse {
  header: ResponseHeader | undefined;
  hash: number;
  /** Where the history that was hashed begins. */
  compactRevision: number;
  /** Where it ends. */
  hashRevision: number;
}

export function createHashKVResponse(init?: Partial<HashKVResponse>): HashKVResponse {
  if (init === undefined) return { header: undefined, hash: 0, compactRevision: 0, hashRevision: 0 };
  return {
    header: init.header ?? undefined,
    hash: init.hash ?? 0,
    compactRevision: init.compactRevision ?? 0,
    hashRevision: init.hashRevision ?? 0,
  };
}

export function sizeHashKVResponse(m: HashKVResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.hash !== 0) n += 1 + sizeUint32(m.hash);
  if (m.compactRevision !== 0) n += 1 + sizeInt64(m.compactRevision);
  if (m.hashRevision !== 0) n += 1 + sizeInt64(m.hashRevision);
  return n;
}

export function writeHashKVResponse(w: Writer, m: HashKVResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.hash !== 0) {
    w.byte(16);
    w.uint32(m.hash);
  }
  if (m.compactRevision !== 0) {
    w.byte(24);
    w.int64(m.compactRevision);
  }
  if (m.hashRevision !== 0) {
    w.byte(32);
    w.int64(m.hashRevision);
  }
}

export function encodeHashKVResponse(m: HashKVResponse): Uint8Array {
  const size = sizeHashKVResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHashKVResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHashKVResponse(r: Reader, end: number, depth: number, into?: HashKVResponse): HashKVResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $hash: number = 0;
  let $compactRevision: number = 0;
  let $hashRevision: number = 0;
  if (into !== undefined) {
    $header = into.header;
    $hash = into.hash;
    $compactRevision = into.compactRevision;
    $hashRevision = into.hashRevision;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $hash = r.uint32();
        break;
      case 24:
        $compactRevision = r.int64();
        break;
      case 32:
        $hashRevision = r.int64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, hash: $hash, compactRevision: $compactRevision, hashRevision: $hashRevision };
}

export function decodeHashKVResponse(bytes: Uint8Array): HashKVResponse {
  return readHashKVResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HashKVResponse: MessageCodec<HashKVResponse> = {
  typeName: "etcdserverpb.HashKVResponse",
  since: "3.3",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "hash", jsonName: "hash", property: "hash", number: 2, kind: "uint32", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "compact_revision", jsonName: "compactRevision", property: "compactRevision", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "hash_revision", jsonName: "hashRevision", property: "hashRevision", number: 4, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.6", message: undefined, enumeration: undefined },
  ],
  create: () => createHashKVResponse(),
  encode: encodeHashKVResponse,
  decode: decodeHashKVResponse,
};

/** Hash over the whole database file, bucket by bucket. Differs between members that are alike. */
export interface HashResponse {
  header: ResponseHeader | undefined;
  hash: number;
}

export function createHashResponse(init?: Partial<HashResponse>): HashResponse {
  if (init === undefined) return { header: undefined, hash: 0 };
  return {
    header: init.header ?? undefined,
    hash: init.hash ?? 0,
  };
}

export function sizeHashResponse(m: HashResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.hash !== 0) n += 1 + sizeUint32(m.hash);
  return n;
}

export function writeHashResponse(w: Writer, m: HashResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.hash !== 0) {
    w.byte(16);
    w.uint32(m.hash);
  }
}

export function encodeHashResponse(m: HashResponse): Uint8Array {
  const size = sizeHashResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHashResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHashResponse(r: Reader, end: number, depth: number, into?: HashResponse): HashResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $hash: number = 0;
  if (into !== undefined) {
    $header = into.header;
    $hash = into.hash;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $hash = r.uint32();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, hash: $hash };
}

export function decodeHashResponse(bytes: Uint8Array): HashResponse {
  return readHashResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HashResponse: MessageCodec<HashResponse> = {
  typeName: "etcdserverpb.HashResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "hash", jsonName: "hash", property: "hash", number: 2, kind: "uint32", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createHashResponse(),
  encode: encodeHashResponse,
  decode: decodeHashResponse,
};

export interface SnapshotRequest {

}

export function createSnapshotRequest(_init?: Partial<SnapshotRequest>): SnapshotRequest {
  return {};
}

export function sizeSnapshotRequest(_m: SnapshotRequest): number {
  return 0;
}

export function writeSnapshotRequest(_w: Writer, _m: SnapshotRequest): void {
}

export function encodeSnapshotRequest(m: SnapshotRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readSnapshotRequest(r: Reader, end: number, depth: number, _into?: SnapshotRequest): SnapshotRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeSnapshotRequest(bytes: Uint8Array): SnapshotRequest {
  return readSnapshotRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const SnapshotRequest: MessageCodec<SnapshotRequest> = {
  typeName: "etcdserverpb.SnapshotRequest",
  since: "3.3",
  fields: [],
  create: () => createSnapshotRequest(),
  encode: encodeSnapshotRequest,
  decode: decodeSnapshotRequest,
};

/** A piece of the database file; after the last byte comes its SHA-256. */
export interface SnapshotResponse {
  header: ResponseHeader | undefined;
  remainingBytes: number;
  blob: Uint8Array;
  /** Storage version of the file. */
  version: string;
}

export function createSnapshotResponse(init?: Partial<SnapshotResponse>): SnapshotResponse {
  if (init === undefined) return { header: undefined, remainingBytes: 0, blob: EMPTY, version: "" };
  return {
    header: init.header ?? undefined,
    remainingBytes: init.remainingBytes ?? 0,
    blob: init.blob ?? EMPTY,
    version: init.version ?? "",
  };
}

export function sizeSnapshotResponse(m: SnapshotResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.remainingBytes !== 0) n += 1 + sizeUint64(m.remainingBytes);
  if (m.blob.length !== 0) n += 1 + sizeBytes(m.blob);
  if (m.version !== "") n += 1 + sizeString(m.version);
  return n;
}

export function writeSnapshotResponse(w: Writer, m: SnapshotResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.remainingBytes !== 0) {
    w.byte(16);
    w.uint64(m.remainingBytes);
  }
  if (m.blob.length !== 0) {
    w.byte(26);
    w.bytes(m.blob);
  }
  if (m.version !== "") {
    w.byte(34);
    w.string(m.version);
  }
}

export function encodeSnapshotResponse(m: SnapshotResponse): Uint8Array {
  const size = sizeSnapshotResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeSnapshotResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readSnapshotResponse(r: Reader, end: number, depth: number, into?: SnapshotResponse): SnapshotResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $remainingBytes: number = 0;
  let $blob: Uint8Array = EMPTY;
  let $version: string = "";
  if (into !== undefined) {
    $header = into.header;
    $remainingBytes = into.remainingBytes;
    $blob = into.blob;
    $version = into.version;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $remainingBytes = r.uint64();
        break;
      case 26:
        $blob = r.view(end);
        break;
      case 34:
        $version = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, remainingBytes: $remainingBytes, blob: $blob, version: $version };
}

export function decodeSnapshotResponse(bytes: Uint8Array): SnapshotResponse {
  return readSnapshotResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const SnapshotResponse: MessageCodec<SnapshotResponse> = {
  typeName: "etcdserverpb.SnapshotResponse",
  since: "3.3",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "remaining_bytes", jsonName: "remainingBytes", property: "remainingBytes", number: 2, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "blob", jsonName: "blob", property: "blob", number: 3, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "version", jsonName: "version", property: "version", number: 4, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.6", message: undefined, enumeration: undefined },
  ],
  create: () => createSnapshotResponse(),
  encode: encodeSnapshotResponse,
  decode: decodeSnapshotResponse,
};

export type WatchRequest_RequestUnion =
  | { readonly case: "createRequest"; readonly value: WatchCreateRequest }
  | { readonly case: "cancelRequest"; readonly value: WatchCancelRequest }
  | { readonly case: "progressRequest"; readonly value: WatchProgressRequest }
  | { readonly case: undefined; readonly value?: undefined };

export interface WatchRequest {
  requestUnion: WatchRequest_RequestUnion;
}

export function createWatchRequest(init?: Partial<WatchRequest>): WatchRequest {
  if (init === undefined) return { requestUnion: NONE };
  return {
    requestUnion: init.requestUnion ?? NONE,
  };
}

export function sizeWatchRequest(m: WatchRequest): number {
  let n = 0;
  const $requestUnion = m.requestUnion;
  switch ($requestUnion.case) {
    case "createRequest":
      n += 1 + sizeDelimited(sizeWatchCreateRequest($requestUnion.value));
      break;
    case "cancelRequest":
      n += 1 + sizeDelimited(sizeWatchCancelRequest($requestUnion.value));
      break;
    case "progressRequest":
      n += 1 + sizeDelimited(sizeWatchProgressRequest($requestUnion.value));
      break;
  }
  return n;
}

export function writeWatchRequest(w: Writer, m: WatchRequest): void {
  const $requestUnion = m.requestUnion;
  switch ($requestUnion.case) {
    case "createRequest":
      w.byte(10);
      w.uint32(sizeWatchCreateRequest($requestUnion.value)); writeWatchCreateRequest(w, $requestUnion.value);
      break;
    case "cancelRequest":
      w.byte(18);
      w.uint32(sizeWatchCancelRequest($requestUnion.value)); writeWatchCancelRequest(w, $requestUnion.value);
      break;
    case "progressRequest":
      w.byte(26);
      w.uint32(sizeWatchProgressRequest($requestUnion.value)); writeWatchProgressRequest(w, $requestUnion.value);
      break;
  }
}

export function encodeWatchRequest(m: WatchRequest): Uint8Array {
  const size = sizeWatchRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeWatchRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readWatchRequest(r: Reader, end: number, depth: number, into?: WatchRequest): WatchRequest {
  if (depth < 0) tooDeep();
  let $requestUnion: WatchRequest_RequestUnion = NONE;
  if (into !== undefined) {
    $requestUnion = into.requestUnion;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $requestUnion = { case: "createRequest", value: readWatchCreateRequest(r, r.sub(end), depth - 1, $requestUnion.case === "createRequest" ? $requestUnion.value : undefined) };
        break;
      case 18:
        $requestUnion = { case: "cancelRequest", value: readWatchCancelRequest(r, r.sub(end), depth - 1, $requestUnion.case === "cancelRequest" ? $requestUnion.value : undefined) };
        break;
      case 26:
        $requestUnion = { case: "progressRequest", value: readWatchProgressRequest(r, r.sub(end), depth - 1, $requestUnion.case === "progressRequest" ? $requestUnion.value : undefined) };
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { requestUnion: $requestUnion };
}

export function decodeWatchRequest(bytes: Uint8Array): WatchRequest {
  return readWatchRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const WatchRequest: MessageCodec<WatchRequest> = {
  typeName: "etcdserverpb.WatchRequest",
  since: "3.0",
  fields: [
    { name: "create_request", jsonName: "createRequest", property: "createRequest", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: "requestUnion", optional: false, since: undefined, message: () => WatchCreateRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "cancel_request", jsonName: "cancelRequest", property: "cancelRequest", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: "requestUnion", optional: false, since: undefined, message: () => WatchCancelRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "progress_request", jsonName: "progressRequest", property: "progressRequest", number: 3, kind: "message", repeated: false, id: false, embed: false, oneof: "requestUnion", optional: false, since: "3.4", message: () => WatchProgressRequest as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createWatchRequest(),
  encode: encodeWatchRequest,
  decode: decodeWatchRequest,
};

export interface WatchCreateRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  /** First revision of interest; 0: from now on. */
  startRevision: number;
  /** Send empty answers now and then while nothing happens. */
  progressNotify: boolean;
  /** Kinds of events to leave out. */
  filters: FilterType[];
  prevKv: boolean;
  /** Number the client wants; 0: the server picks. */
  watchId: bigint;
  /** Large answers may come in parts. */
  fragment: boolean;
}

export function createWatchCreateRequest(init?: Partial<WatchCreateRequest>): WatchCreateRequest {
  if (init === undefined) return { key: EMPTY, rangeEnd: EMPTY, startRevision: 0, progressNotify: false, filters: [], prevKv: false, watchId: 0n, fragment: false };
  return {
    key: init.key ?? EMPTY,
    rangeEnd: init.rangeEnd ?? EMPTY,
    startRevision: init.startRevision ?? 0,
    progressNotify: init.progressNotify ?? false,
    filters: init.filters ?? [],
    prevKv: init.prevKv ?? false,
    watchId: init.watchId ?? 0n,
    fragment: init.fragment ?? false,
  };
}

export function sizeWatchCreateRequest(m: WatchCreateRequest): number {
  let n = 0;
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length !== 0) n += 1 + sizeBytes(m.rangeEnd);
  if (m.startRevision !== 0) n += 1 + sizeInt64(m.startRevision);
  if (m.progressNotify) n += 1 + 1;
  if (m.filters.length !== 0) {
    let packed = 0;
    for (const v of m.filters) packed += sizeInt32(v);
    n += 1 + sizeDelimited(packed);
  }
  if (m.prevKv) n += 1 + 1;
  if (m.watchId !== 0n) n += 1 + sizeId(m.watchId);
  if (m.fragment) n += 1 + 1;
  return n;
}

export function writeWatchCreateRequest(w: Writer, m: WatchCreateRequest): void {
  if (m.key.length !== 0) {
    w.byte(10);
    w.bytes(m.key);
  }
  if (m.rangeEnd.length !== 0) {
    w.byte(18);
    w.bytes(m.rangeEnd);
  }
  if (m.startRevision !== 0) {
    w.byte(24);
    w.int64(m.startRevision);
  }
  if (m.progressNotify) {
    w.byte(32);
    w.bool(m.progressNotify);
  }
  if (m.filters.length !== 0) {
    let packed = 0;
    for (const v of m.filters) packed += sizeInt32(v);
    w.byte(42);
    w.uint32(packed);
    for (const v of m.filters) w.int32(v);
  }
  if (m.prevKv) {
    w.byte(48);
    w.bool(m.prevKv);
  }
  if (m.watchId !== 0n) {
    w.byte(56);
    w.id(m.watchId);
  }
  if (m.fragment) {
    w.byte(64);
    w.bool(m.fragment);
  }
}

export function encodeWatchCreateRequest(m: WatchCreateRequest): Uint8Array {
  const size = sizeWatchCreateRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeWatchCreateRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readWatchCreateRequest(r: Reader, end: number, depth: number, into?: WatchCreateRequest): WatchCreateRequest {
  if (depth < 0) tooDeep();
  let $key: Uint8Array = EMPTY;
  let $rangeEnd: Uint8Array = EMPTY;
  let $startRevision: number = 0;
  let $progressNotify: boolean = false;
  let $filters: FilterType[] = [];
  let $prevKv: boolean = false;
  let $watchId: bigint = 0n;
  let $fragment: boolean = false;
  if (into !== undefined) {
    $key = into.key;
    $rangeEnd = into.rangeEnd;
    $startRevision = into.startRevision;
    $progressNotify = into.progressNotify;
    $filters = into.filters;
    $prevKv = into.prevKv;
    $watchId = into.watchId;
    $fragment = into.fragment;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $key = r.view(end);
        break;
      case 18:
        $rangeEnd = r.view(end);
        break;
      case 24:
        $startRevision = r.int64();
        break;
      case 32:
        $progressNotify = r.bool();
        break;
      case 40:
        $filters.push(r.int32() as FilterType);
        break;
      case 42: {
        const until = r.sub(end);
        while (r.pos < until) $filters.push(r.int32() as FilterType);
        r.done(until);
        break;
      }
      case 48:
        $prevKv = r.bool();
        break;
      case 56:
        $watchId = r.int64Id();
        break;
      case 64:
        $fragment = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { key: $key, rangeEnd: $rangeEnd, startRevision: $startRevision, progressNotify: $progressNotify, filters: $filters, prevKv: $prevKv, watchId: $watchId, fragment: $fragment };
}

export function decodeWatchCreateRequest(bytes: Uint8Array): WatchCreateRequest {
  return readWatchCreateRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const WatchCreateRequest: MessageCodec<WatchCreateRequest> = {
  typeName: "etcdserverpb.WatchCreateRequest",
  since: "3.0",
  fields: [
    { name: "key", jsonName: "key", property: "key", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "range_end", jsonName: "rangeEnd", property: "rangeEnd", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "start_revision", jsonName: "startRevision", property: "startRevision", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "progress_notify", jsonName: "progressNotify", property: "progressNotify", number: 4, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "filters", jsonName: "filters", property: "filters", number: 5, kind: "enum", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: FilterTypeType },
    { name: "prev_kv", jsonName: "prevKv", property: "prevKv", number: 6, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
    { name: "watch_id", jsonName: "watchId", property: "watchId", number: 7, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
    { name: "fragment", jsonName: "fragment", property: "fragment", number: 8, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
  ],
  create: () => createWatchCreateRequest(),
  encode: encodeWatchCreateRequest,
  decode: decodeWatchCreateRequest,
};

export interface WatchCancelRequest {
  watchId: bigint;
}

export function createWatchCancelRequest(init?: Partial<WatchCancelRequest>): WatchCancelRequest {
  if (init === undefined) return { watchId: 0n };
  return {
    watchId: init.watchId ?? 0n,
  };
}

export function sizeWatchCancelRequest(m: WatchCancelRequest): number {
  let n = 0;
  if (m.watchId !== 0n) n += 1 + sizeId(m.watchId);
  return n;
}

export function writeWatchCancelRequest(w: Writer, m: WatchCancelRequest): void {
  if (m.watchId !== 0n) {
    w.byte(8);
    w.id(m.watchId);
  }
}

export function encodeWatchCancelRequest(m: WatchCancelRequest): Uint8Array {
  const size = sizeWatchCancelRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeWatchCancelRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readWatchCancelRequest(r: Reader, end: number, depth: number, into?: WatchCancelRequest): WatchCancelRequest {
  if (depth < 0) tooDeep();
  let $watchId: bigint = 0n;
  if (into !== undefined) {
    $watchId = into.watchId;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $watchId = r.int64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { watchId: $watchId };
}

export function decodeWatchCancelRequest(bytes: Uint8Array): WatchCancelRequest {
  return readWatchCancelRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const WatchCancelRequest: MessageCodec<WatchCancelRequest> = {
  typeName: "etcdserverpb.WatchCancelRequest",
  since: "3.1",
  fields: [
    { name: "watch_id", jsonName: "watchId", property: "watchId", number: 1, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
  ],
  create: () => createWatchCancelRequest(),
  encode: encodeWatchCancelRequest,
  decode: decodeWatchCancelRequest,
};

/** Asks for a progress answer for the whole stream. */
export interface WatchProgressRequest {

}

export function createWatchProgressRequest(_init?: Partial<WatchProgressRequest>): WatchProgressRequest {
  return {};
}

export function sizeWatchProgressRequest(_m: WatchProgressRequest): number {
  return 0;
}

export function writeWatchProgressRequest(_w: Writer, _m: WatchProgressRequest): void {
}

export function encodeWatchProgressRequest(m: WatchProgressRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readWatchProgressRequest(r: Reader, end: number, depth: number, _into?: WatchProgressRequest): WatchProgressRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeWatchProgressRequest(bytes: Uint8Array): WatchProgressRequest {
  return readWatchProgressRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const WatchProgressRequest: MessageCodec<WatchProgressRequest> = {
  typeName: "etcdserverpb.WatchProgressRequest",
  since: "3.4",
  fields: [],
  create: () => createWatchProgressRequest(),
  encode: encodeWatchProgressRequest,
  decode: decodeWatchProgressRequest,
};

export interface WatchResponse {
  header: ResponseHeader | undefined;
  watchId: bigint;
  created: boolean;
  canceled: boolean;
  /** Set when the start was compacted: nothing older can be watched. */
  compactRevision: number;
  cancelReason: string;
  /** More parts of this answer follow. */
  fragment: boolean;
  events: Uint8Array[];
}

export function createWatchResponse(init?: Partial<WatchResponse>): WatchResponse {
  if (init === undefined) return { header: undefined, watchId: 0n, created: false, canceled: false, compactRevision: 0, cancelReason: "", fragment: false, events: [] };
  return {
    header: init.header ?? undefined,
    watchId: init.watchId ?? 0n,
    created: init.created ?? false,
    canceled: init.canceled ?? false,
    compactRevision: init.compactRevision ?? 0,
    cancelReason: init.cancelReason ?? "",
    fragment: init.fragment ?? false,
    events: init.events ?? [],
  };
}

export function sizeWatchResponse(m: WatchResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.watchId !== 0n) n += 1 + sizeId(m.watchId);
  if (m.created) n += 1 + 1;
  if (m.canceled) n += 1 + 1;
  if (m.compactRevision !== 0) n += 1 + sizeInt64(m.compactRevision);
  if (m.cancelReason !== "") n += 1 + sizeString(m.cancelReason);
  if (m.fragment) n += 1 + 1;
  for (let i = 0; i < m.events.length; i++) n += 1 + sizeBytes(m.events[i]!);
  return n;
}

export function writeWatchResponse(w: Writer, m: WatchResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.watchId !== 0n) {
    w.byte(16);
    w.id(m.watchId);
  }
  if (m.created) {
    w.byte(24);
    w.bool(m.created);
  }
  if (m.canceled) {
    w.byte(32);
    w.bool(m.canceled);
  }
  if (m.compactRevision !== 0) {
    w.byte(40);
    w.int64(m.compactRevision);
  }
  if (m.cancelReason !== "") {
    w.byte(50);
    w.string(m.cancelReason);
  }
  if (m.fragment) {
    w.byte(56);
    w.bool(m.fragment);
  }
  for (let i = 0; i < m.events.length; i++) {
    w.byte(90);
    const v = m.events[i]!;
    w.bytes(v);
  }
}

export function encodeWatchResponse(m: WatchResponse): Uint8Array {
  const size = sizeWatchResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeWatchResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readWatchResponse(r: Reader, end: number, depth: number, into?: WatchResponse): WatchResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $watchId: bigint = 0n;
  let $created: boolean = false;
  let $canceled: boolean = false;
  let $compactRevision: number = 0;
  let $cancelReason: string = "";
  let $fragment: boolean = false;
  let $events: Uint8Array[] = [];
  if (into !== undefined) {
    $header = into.header;
    $watchId = into.watchId;
    $created = into.created;
    $canceled = into.canceled;
    $compactRevision = into.compactRevision;
    $cancelReason = into.cancelReason;
    $fragment = into.fragment;
    $events = into.events;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $watchId = r.int64Id();
        break;
      case 24:
        $created = r.bool();
        break;
      case 32:
        $canceled = r.bool();
        break;
      case 40:
        $compactRevision = r.int64();
        break;
      case 50:
        $cancelReason = r.string(end);
        break;
      case 56:
        $fragment = r.bool();
        break;
      case 90:
        $events.push(r.view(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, watchId: $watchId, created: $created, canceled: $canceled, compactRevision: $compactRevision, cancelReason: $cancelReason, fragment: $fragment, events: $events };
}

export function decodeWatchResponse(bytes: Uint8Array): WatchResponse {
  return readWatchResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const WatchResponse: MessageCodec<WatchResponse> = {
  typeName: "etcdserverpb.WatchResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "watch_id", jsonName: "watchId", property: "watchId", number: 2, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "created", jsonName: "created", property: "created", number: 3, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "canceled", jsonName: "canceled", property: "canceled", number: 4, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "compact_revision", jsonName: "compactRevision", property: "compactRevision", number: 5, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "cancel_reason", jsonName: "cancelReason", property: "cancelReason", number: 6, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
    { name: "fragment", jsonName: "fragment", property: "fragment", number: 7, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
    { name: "events", jsonName: "events", property: "events", number: 11, kind: "message", repeated: true, id: false, embed: true, oneof: undefined, optional: false, since: undefined, message: () => kv.Event as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createWatchResponse(),
  encode: encodeWatchResponse,
  decode: decodeWatchResponse,
};

export interface LeaseGrantRequest {
  /** Seconds the client asks for. */
  TTL: number;
  /** Number the client wants; 0: the server picks. */
  ID: bigint;
}

export function createLeaseGrantRequest(init?: Partial<LeaseGrantRequest>): LeaseGrantRequest {
  if (init === undefined) return { TTL: 0, ID: 0n };
  return {
    TTL: init.TTL ?? 0,
    ID: init.ID ?? 0n,
  };
}

export function sizeLeaseGrantRequest(m: LeaseGrantRequest): number {
  let n = 0;
  if (m.TTL !== 0) n += 1 + sizeInt64(m.TTL);
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  return n;
}

export function writeLeaseGrantRequest(w: Writer, m: LeaseGrantRequest): void {
  if (m.TTL !== 0) {
    w.byte(8);
    w.int64(m.TTL);
  }
  if (m.ID !== 0n) {
    w.byte(16);
    w.id(m.ID);
  }
}

export function encodeLeaseGrantRequest(m: LeaseGrantRequest): Uint8Array {
  const size = sizeLeaseGrantRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseGrantRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseGrantRequest(r: Reader, end: number, depth: number, into?: LeaseGrantRequest): LeaseGrantRequest {
  if (depth < 0) tooDeep();
  let $TTL: number = 0;
  let $ID: bigint = 0n;
  if (into !== undefined) {
    $TTL = into.TTL;
    $ID = into.ID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $TTL = r.int64();
        break;
      case 16:
        $ID = r.int64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { TTL: $TTL, ID: $ID };
}

export function decodeLeaseGrantRequest(bytes: Uint8Array): LeaseGrantRequest {
  return readLeaseGrantRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseGrantRequest: MessageCodec<LeaseGrantRequest> = {
  typeName: "etcdserverpb.LeaseGrantRequest",
  since: "3.0",
  fields: [
    { name: "TTL", jsonName: "TTL", property: "TTL", number: 1, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "ID", jsonName: "ID", property: "ID", number: 2, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseGrantRequest(),
  encode: encodeLeaseGrantRequest,
  decode: decodeLeaseGrantRequest,
};

export interface LeaseGrantResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  /** Seconds the server gives. */
  TTL: number;
  error: string;
}

export function createLeaseGrantResponse(init?: Partial<LeaseGrantResponse>): LeaseGrantResponse {
  if (init === undefined) return { header: undefined, ID: 0n, TTL: 0, error: "" };
  return {
    header: init.header ?? undefined,
    ID: init.ID ?? 0n,
    TTL: init.TTL ?? 0,
    error: init.error ?? "",
  };
}

export function sizeLeaseGrantResponse(m: LeaseGrantResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.TTL !== 0) n += 1 + sizeInt64(m.TTL);
  if (m.error !== "") n += 1 + sizeString(m.error);
  return n;
}

export function writeLeaseGrantResponse(w: Writer, m: LeaseGrantResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.ID !== 0n) {
    w.byte(16);
    w.id(m.ID);
  }
  if (m.TTL !== 0) {
    w.byte(24);
    w.int64(m.TTL);
  }
  if (m.error !== "") {
    w.byte(34);
    w.string(m.error);
  }
}

export function encodeLeaseGrantResponse(m: LeaseGrantResponse): Uint8Array {
  const size = sizeLeaseGrantResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseGrantResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseGrantResponse(r: Reader, end: number, depth: number, into?: LeaseGrantResponse): LeaseGrantResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $ID: bigint = 0n;
  let $TTL: number = 0;
  let $error: string = "";
  if (into !== undefined) {
    $header = into.header;
    $ID = into.ID;
    $TTL = into.TTL;
    $error = into.error;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $ID = r.int64Id();
        break;
      case 24:
        $TTL = r.int64();
        break;
      case 34:
        $error = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, ID: $ID, TTL: $TTL, error: $error };
}

export function decodeLeaseGrantResponse(bytes: Uint8Array): LeaseGrantResponse {
  return readLeaseGrantResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseGrantResponse: MessageCodec<LeaseGrantResponse> = {
  typeName: "etcdserverpb.LeaseGrantResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "ID", jsonName: "ID", property: "ID", number: 2, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "TTL", jsonName: "TTL", property: "TTL", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "error", jsonName: "error", property: "error", number: 4, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseGrantResponse(),
  encode: encodeLeaseGrantResponse,
  decode: decodeLeaseGrantResponse,
};

export interface LeaseRevokeRequest {
  ID: bigint;
}

export function createLeaseRevokeRequest(init?: Partial<LeaseRevokeRequest>): LeaseRevokeRequest {
  if (init === undefined) return { ID: 0n };
  return {
    ID: init.ID ?? 0n,
  };
}

export function sizeLeaseRevokeRequest(m: LeaseRevokeRequest): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  return n;
}

export function writeLeaseRevokeRequest(w: Writer, m: LeaseRevokeRequest): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
}

export function encodeLeaseRevokeRequest(m: LeaseRevokeRequest): Uint8Array {
  const size = sizeLeaseRevokeRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseRevokeRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseRevokeRequest(r: Reader, end: number, depth: number, into?: LeaseRevokeRequest): LeaseRevokeRequest {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  if (into !== undefined) {
    $ID = into.ID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.int64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID };
}

export function decodeLeaseRevokeRequest(bytes: Uint8Array): LeaseRevokeRequest {
  return readLeaseRevokeRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseRevokeRequest: MessageCodec<LeaseRevokeRequest> = {
  typeName: "etcdserverpb.LeaseRevokeRequest",
  since: "3.0",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseRevokeRequest(),
  encode: encodeLeaseRevokeRequest,
  decode: decodeLeaseRevokeRequest,
};

export interface LeaseRevokeResponse {
  header: ResponseHeader | undefined;
}

export function createLeaseRevokeResponse(init?: Partial<LeaseRevokeResponse>): LeaseRevokeResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeLeaseRevokeResponse(m: LeaseRevokeResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeLeaseRevokeResponse(w: Writer, m: LeaseRevokeResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeLeaseRevokeResponse(m: LeaseRevokeResponse): Uint8Array {
  const size = sizeLeaseRevokeResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseRevokeResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseRevokeResponse(r: Reader, end: number, depth: number, into?: LeaseRevokeResponse): LeaseRevokeResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeLeaseRevokeResponse(bytes: Uint8Array): LeaseRevokeResponse {
  return readLeaseRevokeResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseRevokeResponse: MessageCodec<LeaseRevokeResponse> = {
  typeName: "etcdserverpb.LeaseRevokeResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createLeaseRevokeResponse(),
  encode: encodeLeaseRevokeResponse,
  decode: decodeLeaseRevokeResponse,
};

/** How much of a lease's time is left, told to followers so that a new leader does not begin afresh. */
export interface LeaseCheckpoint {
  ID: bigint;
  remainingTTL: number;
}

export function createLeaseCheckpoint(init?: Partial<LeaseCheckpoint>): LeaseCheckpoint {
  if (init === undefined) return { ID: 0n, remainingTTL: 0 };
  return {
    ID: init.ID ?? 0n,
    remainingTTL: init.remainingTTL ?? 0,
  };
}

export function sizeLeaseCheckpoint(m: LeaseCheckpoint): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.remainingTTL !== 0) n += 1 + sizeInt64(m.remainingTTL);
  return n;
}

export function writeLeaseCheckpoint(w: Writer, m: LeaseCheckpoint): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  if (m.remainingTTL !== 0) {
    w.byte(16);
    w.int64(m.remainingTTL);
  }
}

export function encodeLeaseCheckpoint(m: LeaseCheckpoint): Uint8Array {
  const size = sizeLeaseCheckpoint(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseCheckpoint(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseCheckpoint(r: Reader, end: number, depth: number, into?: LeaseCheckpoint): LeaseCheckpoint {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  let $remainingTTL: number = 0;
  if (into !== undefined) {
    $ID = into.ID;
    $remainingTTL = into.remainingTTL;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.int64Id();
        break;
      case 16:
        $remainingTTL = r.int64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, remainingTTL: $remainingTTL };
}

export function decodeLeaseCheckpoint(bytes: Uint8Array): LeaseCheckpoint {
  return readLeaseCheckpoint(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseCheckpoint: MessageCodec<LeaseCheckpoint> = {
  typeName: "etcdserverpb.LeaseCheckpoint",
  since: "3.4",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "remaining_TTL", jsonName: "remainingTTL", property: "remainingTTL", number: 2, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseCheckpoint(),
  encode: encodeLeaseCheckpoint,
  decode: decodeLeaseCheckpoint,
};

export interface LeaseCheckpointRequest {
  checkpoints: LeaseCheckpoint[];
}

export function createLeaseCheckpointRequest(init?: Partial<LeaseCheckpointRequest>): LeaseCheckpointRequest {
  if (init === undefined) return { checkpoints: [] };
  return {
    checkpoints: init.checkpoints ?? [],
  };
}

export function sizeLeaseCheckpointRequest(m: LeaseCheckpointRequest): number {
  let n = 0;
  for (let i = 0; i < m.checkpoints.length; i++) n += 1 + sizeDelimited(sizeLeaseCheckpoint(m.checkpoints[i]!));
  return n;
}

export function writeLeaseCheckpointRequest(w: Writer, m: LeaseCheckpointRequest): void {
  for (let i = 0; i < m.checkpoints.length; i++) {
    w.byte(10);
    const v = m.checkpoints[i]!;
    w.uint32(sizeLeaseCheckpoint(v)); writeLeaseCheckpoint(w, v);
  }
}

export function encodeLeaseCheckpointRequest(m: LeaseCheckpointRequest): Uint8Array {
  const size = sizeLeaseCheckpointRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseCheckpointRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseCheckpointRequest(r: Reader, end: number, depth: number, into?: LeaseCheckpointRequest): LeaseCheckpointRequest {
  if (depth < 0) tooDeep();
  let $checkpoints: LeaseCheckpoint[] = [];
  if (into !== undefined) {
    $checkpoints = into.checkpoints;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $checkpoints.push(readLeaseCheckpoint(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { checkpoints: $checkpoints };
}

export function decodeLeaseCheckpointRequest(bytes: Uint8Array): LeaseCheckpointRequest {
  return readLeaseCheckpointRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseCheckpointRequest: MessageCodec<LeaseCheckpointRequest> = {
  typeName: "etcdserverpb.LeaseCheckpointRequest",
  since: "3.4",
  fields: [
    { name: "checkpoints", jsonName: "checkpoints", property: "checkpoints", number: 1, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => LeaseCheckpoint as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createLeaseCheckpointRequest(),
  encode: encodeLeaseCheckpointRequest,
  decode: decodeLeaseCheckpointRequest,
};

export interface LeaseCheckpointResponse {
  header: ResponseHeader | undefined;
}

export function createLeaseCheckpointResponse(init?: Partial<LeaseCheckpointResponse>): LeaseCheckpointResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeLeaseCheckpointResponse(m: LeaseCheckpointResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeLeaseCheckpointResponse(w: Writer, m: LeaseCheckpointResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeLeaseCheckpointResponse(m: LeaseCheckpointResponse): Uint8Array {
  const size = sizeLeaseCheckpointResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseCheckpointResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseCheckpointResponse(r: Reader, end: number, depth: number, into?: LeaseCheckpointResponse): LeaseCheckpointResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeLeaseCheckpointResponse(bytes: Uint8Array): LeaseCheckpointResponse {
  return readLeaseCheckpointResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseCheckpointResponse: MessageCodec<LeaseCheckpointResponse> = {
  typeName: "etcdserverpb.LeaseCheckpointResponse",
  since: "3.4",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createLeaseCheckpointResponse(),
  encode: encodeLeaseCheckpointResponse,
  decode: decodeLeaseCheckpointResponse,
};

export interface LeaseKeepAliveRequest {
  ID: bigint;
}

export function createLeaseKeepAliveRequest(init?: Partial<LeaseKeepAliveRequest>): LeaseKeepAliveRequest {
  if (init === undefined) return { ID: 0n };
  return {
    ID: init.ID ?? 0n,
  };
}

export function sizeLeaseKeepAliveRequest(m: LeaseKeepAliveRequest): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  return n;
}

export function writeLeaseKeepAliveRequest(w: Writer, m: LeaseKeepAliveRequest): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
}

export function encodeLeaseKeepAliveRequest(m: LeaseKeepAliveRequest): Uint8Array {
  const size = sizeLeaseKeepAliveRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseKeepAliveRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseKeepAliveRequest(r: Reader, end: number, depth: number, into?: LeaseKeepAliveRequest): LeaseKeepAliveRequest {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  if (into !== undefined) {
    $ID = into.ID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.int64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID };
}

export function decodeLeaseKeepAliveRequest(bytes: Uint8Array): LeaseKeepAliveRequest {
  return readLeaseKeepAliveRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseKeepAliveRequest: MessageCodec<LeaseKeepAliveRequest> = {
  typeName: "etcdserverpb.LeaseKeepAliveRequest",
  since: "3.0",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseKeepAliveRequest(),
  encode: encodeLeaseKeepAliveRequest,
  decode: decodeLeaseKeepAliveRequest,
};

export interface LeaseKeepAliveResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  /** Seconds from now; 0: there is no such lease. */
  TTL: number;
}

export function createLeaseKeepAliveResponse(init?: Partial<LeaseKeepAliveResponse>): LeaseKeepAliveResponse {
  if (init === undefined) return { header: undefined, ID: 0n, TTL: 0 };
  return {
    header: init.header ?? undefined,
    ID: init.ID ?? 0n,
    TTL: init.TTL ?? 0,
  };
}

export function sizeLeaseKeepAliveResponse(m: LeaseKeepAliveResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.TTL !== 0) n += 1 + sizeInt64(m.TTL);
  return n;
}

export function writeLeaseKeepAliveResponse(w: Writer, m: LeaseKeepAliveResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.ID !== 0n) {
    w.byte(16);
    w.id(m.ID);
  }
  if (m.TTL !== 0) {
    w.byte(24);
    w.int64(m.TTL);
  }
}

export function encodeLeaseKeepAliveResponse(m: LeaseKeepAliveResponse): Uint8Array {
  const size = sizeLeaseKeepAliveResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseKeepAliveResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseKeepAliveResponse(r: Reader, end: number, depth: number, into?: LeaseKeepAliveResponse): LeaseKeepAliveResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $ID: bigint = 0n;
  let $TTL: number = 0;
  if (into !== undefined) {
    $header = into.header;
    $ID = into.ID;
    $TTL = into.TTL;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $ID = r.int64Id();
        break;
      case 24:
        $TTL = r.int64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, ID: $ID, TTL: $TTL };
}

export function decodeLeaseKeepAliveResponse(bytes: Uint8Array): LeaseKeepAliveResponse {
  return readLeaseKeepAliveResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseKeepAliveResponse: MessageCodec<LeaseKeepAliveResponse> = {
  typeName: "etcdserverpb.LeaseKeepAliveResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "ID", jsonName: "ID", property: "ID", number: 2, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "TTL", jsonName: "TTL", property: "TTL", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseKeepAliveResponse(),
  encode: encodeLeaseKeepAliveResponse,
  decode: decodeLeaseKeepAliveResponse,
};

export interface LeaseTimeToLiveRequest {
  ID: bigint;
  /** List the keys that hang on the lease. */
  keys: boolean;
}

export function createLeaseTimeToLiveRequest(init?: Partial<LeaseTimeToLiveRequest>): LeaseTimeToLiveRequest {
  if (init === undefined) return { ID: 0n, keys: false };
  return {
    ID: init.ID ?? 0n,
    keys: init.keys ?? false,
  };
}

export function sizeLeaseTimeToLiveRequest(m: LeaseTimeToLiveRequest): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.keys) n += 1 + 1;
  return n;
}

export function writeLeaseTimeToLiveRequest(w: Writer, m: LeaseTimeToLiveRequest): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  if (m.keys) {
    w.byte(16);
    w.bool(m.keys);
  }
}

export function encodeLeaseTimeToLiveRequest(m: LeaseTimeToLiveRequest): Uint8Array {
  const size = sizeLeaseTimeToLiveRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseTimeToLiveRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseTimeToLiveRequest(r: Reader, end: number, depth: number, into?: LeaseTimeToLiveRequest): LeaseTimeToLiveRequest {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  let $keys: boolean = false;
  if (into !== undefined) {
    $ID = into.ID;
    $keys = into.keys;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.int64Id();
        break;
      case 16:
        $keys = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, keys: $keys };
}

export function decodeLeaseTimeToLiveRequest(bytes: Uint8Array): LeaseTimeToLiveRequest {
  return readLeaseTimeToLiveRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseTimeToLiveRequest: MessageCodec<LeaseTimeToLiveRequest> = {
  typeName: "etcdserverpb.LeaseTimeToLiveRequest",
  since: "3.1",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "keys", jsonName: "keys", property: "keys", number: 2, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseTimeToLiveRequest(),
  encode: encodeLeaseTimeToLiveRequest,
  decode: decodeLeaseTimeToLiveRequest,
};

export interface LeaseTimeToLiveResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  /** Seconds left; -1: there is no such lease. */
  TTL: number;
  /** Seconds given at first. */
  grantedTTL: number;
  keys: Uint8Array[];
}

export function createLeaseTimeToLiveResponse(init?: Partial<LeaseTimeToLiveResponse>): LeaseTimeToLiveResponse {
  if (init === undefined) return { header: undefined, ID: 0n, TTL: 0, grantedTTL: 0, keys: [] };
  return {
    header: init.header ?? undefined,
    ID: init.ID ?? 0n,
    TTL: init.TTL ?? 0,
    grantedTTL: init.grantedTTL ?? 0,
    keys: init.keys ?? [],
  };
}

export function sizeLeaseTimeToLiveResponse(m: LeaseTimeToLiveResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.TTL !== 0) n += 1 + sizeInt64(m.TTL);
  if (m.grantedTTL !== 0) n += 1 + sizeInt64(m.grantedTTL);
  for (let i = 0; i < m.keys.length; i++) n += 1 + sizeBytes(m.keys[i]!);
  return n;
}

export function writeLeaseTimeToLiveResponse(w: Writer, m: LeaseTimeToLiveResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.ID !== 0n) {
    w.byte(16);
    w.id(m.ID);
  }
  if (m.TTL !== 0) {
    w.byte(24);
    w.int64(m.TTL);
  }
  if (m.grantedTTL !== 0) {
    w.byte(32);
    w.int64(m.grantedTTL);
  }
  for (let i = 0; i < m.keys.length; i++) {
    w.byte(42);
    const v = m.keys[i]!;
    w.bytes(v);
  }
}

export function encodeLeaseTimeToLiveResponse(m: LeaseTimeToLiveResponse): Uint8Array {
  const size = sizeLeaseTimeToLiveResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseTimeToLiveResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseTimeToLiveResponse(r: Reader, end: number, depth: number, into?: LeaseTimeToLiveResponse): LeaseTimeToLiveResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $ID: bigint = 0n;
  let $TTL: number = 0;
  let $grantedTTL: number = 0;
  let $keys: Uint8Array[] = [];
  if (into !== undefined) {
    $header = into.header;
    $ID = into.ID;
    $TTL = into.TTL;
    $grantedTTL = into.grantedTTL;
    $keys = into.keys;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $ID = r.int64Id();
        break;
      case 24:
        $TTL = r.int64();
        break;
      case 32:
        $grantedTTL = r.int64();
        break;
      case 42:
        $keys.push(r.view(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, ID: $ID, TTL: $TTL, grantedTTL: $grantedTTL, keys: $keys };
}

export function decodeLeaseTimeToLiveResponse(bytes: Uint8Array): LeaseTimeToLiveResponse {
  return readLeaseTimeToLiveResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseTimeToLiveResponse: MessageCodec<LeaseTimeToLiveResponse> = {
  typeName: "etcdserverpb.LeaseTimeToLiveResponse",
  since: "3.1",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "ID", jsonName: "ID", property: "ID", number: 2, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "TTL", jsonName: "TTL", property: "TTL", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "grantedTTL", jsonName: "grantedTTL", property: "grantedTTL", number: 4, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "keys", jsonName: "keys", property: "keys", number: 5, kind: "bytes", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseTimeToLiveResponse(),
  encode: encodeLeaseTimeToLiveResponse,
  decode: decodeLeaseTimeToLiveResponse,
};

export interface LeaseLeasesRequest {

}

export function createLeaseLeasesRequest(_init?: Partial<LeaseLeasesRequest>): LeaseLeasesRequest {
  return {};
}

export function sizeLeaseLeasesRequest(_m: LeaseLeasesRequest): number {
  return 0;
}

export function writeLeaseLeasesRequest(_w: Writer, _m: LeaseLeasesRequest): void {
}

export function encodeLeaseLeasesRequest(m: LeaseLeasesRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseLeasesRequest(r: Reader, end: number, depth: number, _into?: LeaseLeasesRequest): LeaseLeasesRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeLeaseLeasesRequest(bytes: Uint8Array): LeaseLeasesRequest {
  return readLeaseLeasesRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseLeasesRequest: MessageCodec<LeaseLeasesRequest> = {
  typeName: "etcdserverpb.LeaseLeasesRequest",
  since: "3.3",
  fields: [],
  create: () => createLeaseLeasesRequest(),
  encode: encodeLeaseLeasesRequest,
  decode: decodeLeaseLeasesRequest,
};

export interface LeaseStatus {
  ID: bigint;
}

export function createLeaseStatus(init?: Partial<LeaseStatus>): LeaseStatus {
  if (init === undefined) return { ID: 0n };
  return {
    ID: init.ID ?? 0n,
  };
}

export function sizeLeaseStatus(m: LeaseStatus): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  return n;
}

export function writeLeaseStatus(w: Writer, m: LeaseStatus): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
}

export function encodeLeaseStatus(m: LeaseStatus): Uint8Array {
  const size = sizeLeaseStatus(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseStatus(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseStatus(r: Reader, end: number, depth: number, into?: LeaseStatus): LeaseStatus {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  if (into !== undefined) {
    $ID = into.ID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.int64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID };
}

export function decodeLeaseStatus(bytes: Uint8Array): LeaseStatus {
  return readLeaseStatus(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseStatus: MessageCodec<LeaseStatus> = {
  typeName: "etcdserverpb.LeaseStatus",
  since: "3.3",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaseStatus(),
  encode: encodeLeaseStatus,
  decode: decodeLeaseStatus,
};

export interface LeaseLeasesResponse {
  header: ResponseHeader | undefined;
  leases: LeaseStatus[];
}

export function createLeaseLeasesResponse(init?: Partial<LeaseLeasesResponse>): LeaseLeasesResponse {
  if (init === undefined) return { header: undefined, leases: [] };
  return {
    header: init.header ?? undefined,
    leases: init.leases ?? [],
  };
}

export function sizeLeaseLeasesResponse(m: LeaseLeasesResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.leases.length; i++) n += 1 + sizeDelimited(sizeLeaseStatus(m.leases[i]!));
  return n;
}

export function writeLeaseLeasesResponse(w: Writer, m: LeaseLeasesResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.leases.length; i++) {
    w.byte(18);
    const v = m.leases[i]!;
    w.uint32(sizeLeaseStatus(v)); writeLeaseStatus(w, v);
  }
}

export function encodeLeaseLeasesResponse(m: LeaseLeasesResponse): Uint8Array {
  const size = sizeLeaseLeasesResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseLeasesResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseLeasesResponse(r: Reader, end: number, depth: number, into?: LeaseLeasesResponse): LeaseLeasesResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $leases: LeaseStatus[] = [];
  if (into !== undefined) {
    $header = into.header;
    $leases = into.leases;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $leases.push(readLeaseStatus(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, leases: $leases };
}

export function decodeLeaseLeasesResponse(bytes: Uint8Array): LeaseLeasesResponse {
  return readLeaseLeasesResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseLeasesResponse: MessageCodec<LeaseLeasesResponse> = {
  typeName: "etcdserverpb.LeaseLeasesResponse",
  since: "3.3",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "leases", jsonName: "leases", property: "leases", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => LeaseStatus as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createLeaseLeasesResponse(),
  encode: encodeLeaseLeasesResponse,
  decode: decodeLeaseLeasesResponse,
};

export interface Member {
  ID: bigint;
  /** Empty until the member has started once. */
  name: string;
  peerURLs: string[];
  clientURLs: string[];
  /** Gets the log but does not vote. */
  isLearner: boolean;
}

export function createMember(init?: Partial<Member>): Member {
  if (init === undefined) return { ID: 0n, name: "", peerURLs: [], clientURLs: [], isLearner: false };
  return {
    ID: init.ID ?? 0n,
    name: init.name ?? "",
    peerURLs: init.peerURLs ?? [],
    clientURLs: init.clientURLs ?? [],
    isLearner: init.isLearner ?? false,
  };
}

export function sizeMember(m: Member): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.name !== "") n += 1 + sizeString(m.name);
  for (let i = 0; i < m.peerURLs.length; i++) n += 1 + sizeString(m.peerURLs[i]!);
  for (let i = 0; i < m.clientURLs.length; i++) n += 1 + sizeString(m.clientURLs[i]!);
  if (m.isLearner) n += 1 + 1;
  return n;
}

export function writeMember(w: Writer, m: Member): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  if (m.name !== "") {
    w.byte(18);
    w.string(m.name);
  }
  for (let i = 0; i < m.peerURLs.length; i++) {
    w.byte(26);
    const v = m.peerURLs[i]!;
    w.string(v);
  }
  for (let i = 0; i < m.clientURLs.length; i++) {
    w.byte(34);
    const v = m.clientURLs[i]!;
    w.string(v);
  }
  if (m.isLearner) {
    w.byte(40);
    w.bool(m.isLearner);
  }
}

export function encodeMember(m: Member): Uint8Array {
  const size = sizeMember(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMember(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMember(r: Reader, end: number, depth: number, into?: Member): Member {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  let $name: string = "";
  let $peerURLs: string[] = [];
  let $clientURLs: string[] = [];
  let $isLearner: boolean = false;
  if (into !== undefined) {
    $ID = into.ID;
    $name = into.name;
    $peerURLs = into.peerURLs;
    $clientURLs = into.clientURLs;
    $isLearner = into.isLearner;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.uint64Id();
        break;
      case 18:
        $name = r.string(end);
        break;
      case 26:
        $peerURLs.push(r.string(end));
        break;
      case 34:
        $clientURLs.push(r.string(end));
        break;
      case 40:
        $isLearner = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, name: $name, peerURLs: $peerURLs, clientURLs: $clientURLs, isLearner: $isLearner };
}

export function decodeMember(bytes: Uint8Array): Member {
  return readMember(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Member: MessageCodec<Member> = {
  typeName: "etcdserverpb.Member",
  since: "3.0",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "name", jsonName: "name", property: "name", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "peerURLs", jsonName: "peerURLs", property: "peerURLs", number: 3, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "clientURLs", jsonName: "clientURLs", property: "clientURLs", number: 4, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "isLearner", jsonName: "isLearner", property: "isLearner", number: 5, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
  ],
  create: () => createMember(),
  encode: encodeMember,
  decode: decodeMember,
};

export interface MemberAddRequest {
  peerURLs: string[];
  isLearner: boolean;
}

export function createMemberAddRequest(init?: Partial<MemberAddRequest>): MemberAddRequest {
  if (init === undefined) return { peerURLs: [], isLearner: false };
  return {
    peerURLs: init.peerURLs ?? [],
    isLearner: init.isLearner ?? false,
  };
}

export function sizeMemberAddRequest(m: MemberAddRequest): number {
  let n = 0;
  for (let i = 0; i < m.peerURLs.length; i++) n += 1 + sizeString(m.peerURLs[i]!);
  if (m.isLearner) n += 1 + 1;
  return n;
}

export function writeMemberAddRequest(w: Writer, m: MemberAddRequest): void {
  for (let i = 0; i < m.peerURLs.length; i++) {
    w.byte(10);
    const v = m.peerURLs[i]!;
    w.string(v);
  }
  if (m.isLearner) {
    w.byte(16);
    w.bool(m.isLearner);
  }
}

export function encodeMemberAddRequest(m: MemberAddRequest): Uint8Array {
  const size = sizeMemberAddRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberAddRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberAddRequest(r: Reader, end: number, depth: number, into?: MemberAddRequest): MemberAddRequest {
  if (depth < 0) tooDeep();
  let $peerURLs: string[] = [];
  let $isLearner: boolean = false;
  if (into !== undefined) {
    $peerURLs = into.peerURLs;
    $isLearner = into.isLearner;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $peerURLs.push(r.string(end));
        break;
      case 16:
        $isLearner = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { peerURLs: $peerURLs, isLearner: $isLearner };
}

export function decodeMemberAddRequest(bytes: Uint8Array): MemberAddRequest {
  return readMemberAddRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberAddRequest: MessageCodec<MemberAddRequest> = {
  typeName: "etcdserverpb.MemberAddRequest",
  since: "3.0",
  fields: [
    { name: "peerURLs", jsonName: "peerURLs", property: "peerURLs", number: 1, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "isLearner", jsonName: "isLearner", property: "isLearner", number: 2, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
  ],
  create: () => createMemberAddRequest(),
  encode: encodeMemberAddRequest,
  decode: decodeMemberAddRequest,
};

export interface MemberAddResponse {
  header: ResponseHeader | undefined;
  member: Member | undefined;
  members: Member[];
}

export function createMemberAddResponse(init?: Partial<MemberAddResponse>): MemberAddResponse {
  if (init === undefined) return { header: undefined, member: undefined, members: [] };
  return {
    header: init.header ?? undefined,
    member: init.member ?? undefined,
    members: init.members ?? [],
  };
}

export function sizeMemberAddResponse(m: MemberAddResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.member !== undefined) n += 1 + sizeDelimited(sizeMember(m.member));
  for (let i = 0; i < m.members.length; i++) n += 1 + sizeDelimited(sizeMember(m.members[i]!));
  return n;
}

export function writeMemberAddResponse(w: Writer, m: MemberAddResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.member !== undefined) {
    w.byte(18);
    w.uint32(sizeMember(m.member)); writeMember(w, m.member);
  }
  for (let i = 0; i < m.members.length; i++) {
    w.byte(26);
    const v = m.members[i]!;
    w.uint32(sizeMember(v)); writeMember(w, v);
  }
}

export function encodeMemberAddResponse(m: MemberAddResponse): Uint8Array {
  const size = sizeMemberAddResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberAddResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberAddResponse(r: Reader, end: number, depth: number, into?: MemberAddResponse): MemberAddResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $member: Member | undefined = undefined;
  let $members: Member[] = [];
  if (into !== undefined) {
    $header = into.header;
    $member = into.member;
    $members = into.members;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $member = readMember(r, r.sub(end), depth - 1, $member);
        break;
      case 26:
        $members.push(readMember(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, member: $member, members: $members };
}

export function decodeMemberAddResponse(bytes: Uint8Array): MemberAddResponse {
  return readMemberAddResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberAddResponse: MessageCodec<MemberAddResponse> = {
  typeName: "etcdserverpb.MemberAddResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "member", jsonName: "member", property: "member", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Member as MessageCodec<unknown>, enumeration: undefined },
    { name: "members", jsonName: "members", property: "members", number: 3, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Member as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMemberAddResponse(),
  encode: encodeMemberAddResponse,
  decode: decodeMemberAddResponse,
};

export interface MemberRemoveRequest {
  ID: bigint;
}

export function createMemberRemoveRequest(init?: Partial<MemberRemoveRequest>): MemberRemoveRequest {
  if (init === undefined) return { ID: 0n };
  return {
    ID: init.ID ?? 0n,
  };
}

export function sizeMemberRemoveRequest(m: MemberRemoveRequest): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  return n;
}

export function writeMemberRemoveRequest(w: Writer, m: MemberRemoveRequest): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
}

export function encodeMemberRemoveRequest(m: MemberRemoveRequest): Uint8Array {
  const size = sizeMemberRemoveRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberRemoveRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberRemoveRequest(r: Reader, end: number, depth: number, into?: MemberRemoveRequest): MemberRemoveRequest {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  if (into !== undefined) {
    $ID = into.ID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.uint64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID };
}

export function decodeMemberRemoveRequest(bytes: Uint8Array): MemberRemoveRequest {
  return readMemberRemoveRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberRemoveRequest: MessageCodec<MemberRemoveRequest> = {
  typeName: "etcdserverpb.MemberRemoveRequest",
  since: "3.0",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createMemberRemoveRequest(),
  encode: encodeMemberRemoveRequest,
  decode: decodeMemberRemoveRequest,
};

export interface MemberRemoveResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function createMemberRemoveResponse(init?: Partial<MemberRemoveResponse>): MemberRemoveResponse {
  if (init === undefined) return { header: undefined, members: [] };
  return {
    header: init.header ?? undefined,
    members: init.members ?? [],
  };
}

export function sizeMemberRemoveResponse(m: MemberRemoveResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.members.length; i++) n += 1 + sizeDelimited(sizeMember(m.members[i]!));
  return n;
}

export function writeMemberRemoveResponse(w: Writer, m: MemberRemoveResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.members.length; i++) {
    w.byte(18);
    const v = m.members[i]!;
    w.uint32(sizeMember(v)); writeMember(w, v);
  }
}

export function encodeMemberRemoveResponse(m: MemberRemoveResponse): Uint8Array {
  const size = sizeMemberRemoveResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberRemoveResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberRemoveResponse(r: Reader, end: number, depth: number, into?: MemberRemoveResponse): MemberRemoveResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $members: Member[] = [];
  if (into !== undefined) {
    $header = into.header;
    $members = into.members;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $members.push(readMember(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, members: $members };
}

export function decodeMemberRemoveResponse(bytes: Uint8Array): MemberRemoveResponse {
  return readMemberRemoveResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberRemoveResponse: MessageCodec<MemberRemoveResponse> = {
  typeName: "etcdserverpb.MemberRemoveResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "members", jsonName: "members", property: "members", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Member as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMemberRemoveResponse(),
  encode: encodeMemberRemoveResponse,
  decode: decodeMemberRemoveResponse,
};

export interface MemberUpdateRequest {
  ID: bigint;
  peerURLs: string[];
}

export function createMemberUpdateRequest(init?: Partial<MemberUpdateRequest>): MemberUpdateRequest {
  if (init === undefined) return { ID: 0n, peerURLs: [] };
  return {
    ID: init.ID ?? 0n,
    peerURLs: init.peerURLs ?? [],
  };
}

export function sizeMemberUpdateRequest(m: MemberUpdateRequest): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  for (let i = 0; i < m.peerURLs.length; i++) n += 1 + sizeString(m.peerURLs[i]!);
  return n;
}

export function writeMemberUpdateRequest(w: Writer, m: MemberUpdateRequest): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  for (let i = 0; i < m.peerURLs.length; i++) {
    w.byte(18);
    const v = m.peerURLs[i]!;
    w.string(v);
  }
}

export function encodeMemberUpdateRequest(m: MemberUpdateRequest): Uint8Array {
  const size = sizeMemberUpdateRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberUpdateRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberUpdateRequest(r: Reader, end: number, depth: number, into?: MemberUpdateRequest): MemberUpdateRequest {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  let $peerURLs: string[] = [];
  if (into !== undefined) {
    $ID = into.ID;
    $peerURLs = into.peerURLs;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.uint64Id();
        break;
      case 18:
        $peerURLs.push(r.string(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, peerURLs: $peerURLs };
}

export function decodeMemberUpdateRequest(bytes: Uint8Array): MemberUpdateRequest {
  return readMemberUpdateRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberUpdateRequest: MessageCodec<MemberUpdateRequest> = {
  typeName: "etcdserverpb.MemberUpdateRequest",
  since: "3.0",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "peerURLs", jsonName: "peerURLs", property: "peerURLs", number: 2, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createMemberUpdateRequest(),
  encode: encodeMemberUpdateRequest,
  decode: decodeMemberUpdateRequest,
};

export interface MemberUpdateResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function createMemberUpdateResponse(init?: Partial<MemberUpdateResponse>): MemberUpdateResponse {
  if (init === undefined) return { header: undefined, members: [] };
  return {
    header: init.header ?? undefined,
    members: init.members ?? [],
  };
}

export function sizeMemberUpdateResponse(m: MemberUpdateResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.members.length; i++) n += 1 + sizeDelimited(sizeMember(m.members[i]!));
  return n;
}

export function writeMemberUpdateResponse(w: Writer, m: MemberUpdateResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.members.length; i++) {
    w.byte(18);
    const v = m.members[i]!;
    w.uint32(sizeMember(v)); writeMember(w, v);
  }
}

export function encodeMemberUpdateResponse(m: MemberUpdateResponse): Uint8Array {
  const size = sizeMemberUpdateResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberUpdateResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberUpdateResponse(r: Reader, end: number, depth: number, into?: MemberUpdateResponse): MemberUpdateResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $members: Member[] = [];
  if (into !== undefined) {
    $header = into.header;
    $members = into.members;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $members.push(readMember(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, members: $members };
}

export function decodeMemberUpdateResponse(bytes: Uint8Array): MemberUpdateResponse {
  return readMemberUpdateResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberUpdateResponse: MessageCodec<MemberUpdateResponse> = {
  typeName: "etcdserverpb.MemberUpdateResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "members", jsonName: "members", property: "members", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: () => Member as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMemberUpdateResponse(),
  encode: encodeMemberUpdateResponse,
  decode: decodeMemberUpdateResponse,
};

export interface MemberListRequest {
  /** Ask the leader first. */
  linearizable: boolean;
}

export function createMemberListRequest(init?: Partial<MemberListRequest>): MemberListRequest {
  if (init === undefined) return { linearizable: false };
  return {
    linearizable: init.linearizable ?? false,
  };
}

export function sizeMemberListRequest(m: MemberListRequest): number {
  let n = 0;
  if (m.linearizable) n += 1 + 1;
  return n;
}

export function writeMemberListRequest(w: Writer, m: MemberListRequest): void {
  if (m.linearizable) {
    w.byte(8);
    w.bool(m.linearizable);
  }
}

export function encodeMemberListRequest(m: MemberListRequest): Uint8Array {
  const size = sizeMemberListRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberListRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberListRequest(r: Reader, end: number, depth: number, into?: MemberListRequest): MemberListRequest {
  if (depth < 0) tooDeep();
  let $linearizable: boolean = false;
  if (into !== undefined) {
    $linearizable = into.linearizable;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $linearizable = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { linearizable: $linearizable };
}

export function decodeMemberListRequest(bytes: Uint8Array): MemberListRequest {
  return readMemberListRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberListRequest: MessageCodec<MemberListRequest> = {
  typeName: "etcdserverpb.MemberListRequest",
  since: "3.0",
  fields: [
    { name: "linearizable", jsonName: "linearizable", property: "linearizable", number: 1, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.5", message: undefined, enumeration: undefined },
  ],
  create: () => createMemberListRequest(),
  encode: encodeMemberListRequest,
  decode: decodeMemberListRequest,
};

export interface MemberListResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function createMemberListResponse(init?: Partial<MemberListResponse>): MemberListResponse {
  if (init === undefined) return { header: undefined, members: [] };
  return {
    header: init.header ?? undefined,
    members: init.members ?? [],
  };
}

export function sizeMemberListResponse(m: MemberListResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.members.length; i++) n += 1 + sizeDelimited(sizeMember(m.members[i]!));
  return n;
}

export function writeMemberListResponse(w: Writer, m: MemberListResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.members.length; i++) {
    w.byte(18);
    const v = m.members[i]!;
    w.uint32(sizeMember(v)); writeMember(w, v);
  }
}

export function encodeMemberListResponse(m: MemberListResponse): Uint8Array {
  const size = sizeMemberListResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberListResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberListResponse(r: Reader, end: number, depth: number, into?: MemberListResponse): MemberListResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $members: Member[] = [];
  if (into !== undefined) {
    $header = into.header;
    $members = into.members;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $members.push(readMember(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, members: $members };
}

export function decodeMemberListResponse(bytes: Uint8Array): MemberListResponse {
  return readMemberListResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberListResponse: MessageCodec<MemberListResponse> = {
  typeName: "etcdserverpb.MemberListResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "members", jsonName: "members", property: "members", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Member as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMemberListResponse(),
  encode: encodeMemberListResponse,
  decode: decodeMemberListResponse,
};

export interface MemberPromoteRequest {
  ID: bigint;
}

export function createMemberPromoteRequest(init?: Partial<MemberPromoteRequest>): MemberPromoteRequest {
  if (init === undefined) return { ID: 0n };
  return {
    ID: init.ID ?? 0n,
  };
}

export function sizeMemberPromoteRequest(m: MemberPromoteRequest): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  return n;
}

export function writeMemberPromoteRequest(w: Writer, m: MemberPromoteRequest): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
}

export function encodeMemberPromoteRequest(m: MemberPromoteRequest): Uint8Array {
  const size = sizeMemberPromoteRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberPromoteRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberPromoteRequest(r: Reader, end: number, depth: number, into?: MemberPromoteRequest): MemberPromoteRequest {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  if (into !== undefined) {
    $ID = into.ID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.uint64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID };
}

export function decodeMemberPromoteRequest(bytes: Uint8Array): MemberPromoteRequest {
  return readMemberPromoteRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberPromoteRequest: MessageCodec<MemberPromoteRequest> = {
  typeName: "etcdserverpb.MemberPromoteRequest",
  since: "3.4",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createMemberPromoteRequest(),
  encode: encodeMemberPromoteRequest,
  decode: decodeMemberPromoteRequest,
};

export interface MemberPromoteResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function createMemberPromoteResponse(init?: Partial<MemberPromoteResponse>): MemberPromoteResponse {
  if (init === undefined) return { header: undefined, members: [] };
  return {
    header: init.header ?? undefined,
    members: init.members ?? [],
  };
}

export function sizeMemberPromoteResponse(m: MemberPromoteResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.members.length; i++) n += 1 + sizeDelimited(sizeMember(m.members[i]!));
  return n;
}

export function writeMemberPromoteResponse(w: Writer, m: MemberPromoteResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.members.length; i++) {
    w.byte(18);
    const v = m.members[i]!;
    w.uint32(sizeMember(v)); writeMember(w, v);
  }
}

export function encodeMemberPromoteResponse(m: MemberPromoteResponse): Uint8Array {
  const size = sizeMemberPromoteResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMemberPromoteResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMemberPromoteResponse(r: Reader, end: number, depth: number, into?: MemberPromoteResponse): MemberPromoteResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $members: Member[] = [];
  if (into !== undefined) {
    $header = into.header;
    $members = into.members;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $members.push(readMember(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, members: $members };
}

export function decodeMemberPromoteResponse(bytes: Uint8Array): MemberPromoteResponse {
  return readMemberPromoteResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MemberPromoteResponse: MessageCodec<MemberPromoteResponse> = {
  typeName: "etcdserverpb.MemberPromoteResponse",
  since: "3.4",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "members", jsonName: "members", property: "members", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Member as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMemberPromoteResponse(),
  encode: encodeMemberPromoteResponse,
  decode: decodeMemberPromoteResponse,
};

export interface DefragmentRequest {

}

export function createDefragmentRequest(_init?: Partial<DefragmentRequest>): DefragmentRequest {
  return {};
}

export function sizeDefragmentRequest(_m: DefragmentRequest): number {
  return 0;
}

export function writeDefragmentRequest(_w: Writer, _m: DefragmentRequest): void {
}

export function encodeDefragmentRequest(m: DefragmentRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDefragmentRequest(r: Reader, end: number, depth: number, _into?: DefragmentRequest): DefragmentRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeDefragmentRequest(bytes: Uint8Array): DefragmentRequest {
  return readDefragmentRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DefragmentRequest: MessageCodec<DefragmentRequest> = {
  typeName: "etcdserverpb.DefragmentRequest",
  since: "3.0",
  fields: [],
  create: () => createDefragmentRequest(),
  encode: encodeDefragmentRequest,
  decode: decodeDefragmentRequest,
};

export interface DefragmentResponse {
  header: ResponseHeader | undefined;
}

export function createDefragmentResponse(init?: Partial<DefragmentResponse>): DefragmentResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeDefragmentResponse(m: DefragmentResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeDefragmentResponse(w: Writer, m: DefragmentResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeDefragmentResponse(m: DefragmentResponse): Uint8Array {
  const size = sizeDefragmentResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDefragmentResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDefragmentResponse(r: Reader, end: number, depth: number, into?: DefragmentResponse): DefragmentResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeDefragmentResponse(bytes: Uint8Array): DefragmentResponse {
  return readDefragmentResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DefragmentResponse: MessageCodec<DefragmentResponse> = {
  typeName: "etcdserverpb.DefragmentResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createDefragmentResponse(),
  encode: encodeDefragmentResponse,
  decode: decodeDefragmentResponse,
};

export interface MoveLeaderRequest {
  targetID: bigint;
}

export function createMoveLeaderRequest(init?: Partial<MoveLeaderRequest>): MoveLeaderRequest {
  if (init === undefined) return { targetID: 0n };
  return {
    targetID: init.targetID ?? 0n,
  };
}

export function sizeMoveLeaderRequest(m: MoveLeaderRequest): number {
  let n = 0;
  if (m.targetID !== 0n) n += 1 + sizeId(m.targetID);
  return n;
}

export function writeMoveLeaderRequest(w: Writer, m: MoveLeaderRequest): void {
  if (m.targetID !== 0n) {
    w.byte(8);
    w.id(m.targetID);
  }
}

export function encodeMoveLeaderRequest(m: MoveLeaderRequest): Uint8Array {
  const size = sizeMoveLeaderRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMoveLeaderRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMoveLeaderRequest(r: Reader, end: number, depth: number, into?: MoveLeaderRequest): MoveLeaderRequest {
  if (depth < 0) tooDeep();
  let $targetID: bigint = 0n;
  if (into !== undefined) {
    $targetID = into.targetID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $targetID = r.uint64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { targetID: $targetID };
}

export function decodeMoveLeaderRequest(bytes: Uint8Array): MoveLeaderRequest {
  return readMoveLeaderRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MoveLeaderRequest: MessageCodec<MoveLeaderRequest> = {
  typeName: "etcdserverpb.MoveLeaderRequest",
  since: "3.3",
  fields: [
    { name: "targetID", jsonName: "targetID", property: "targetID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createMoveLeaderRequest(),
  encode: encodeMoveLeaderRequest,
  decode: decodeMoveLeaderRequest,
};

export interface MoveLeaderResponse {
  header: ResponseHeader | undefined;
}

export function createMoveLeaderResponse(init?: Partial<MoveLeaderResponse>): MoveLeaderResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeMoveLeaderResponse(m: MoveLeaderResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeMoveLeaderResponse(w: Writer, m: MoveLeaderResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeMoveLeaderResponse(m: MoveLeaderResponse): Uint8Array {
  const size = sizeMoveLeaderResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMoveLeaderResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMoveLeaderResponse(r: Reader, end: number, depth: number, into?: MoveLeaderResponse): MoveLeaderResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeMoveLeaderResponse(bytes: Uint8Array): MoveLeaderResponse {
  return readMoveLeaderResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const MoveLeaderResponse: MessageCodec<MoveLeaderResponse> = {
  typeName: "etcdserverpb.MoveLeaderResponse",
  since: "3.3",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMoveLeaderResponse(),
  encode: encodeMoveLeaderResponse,
  decode: decodeMoveLeaderResponse,
};

export interface AlarmRequest {
  action: AlarmAction;
  /** Whose alarm; 0: everybody's. */
  memberID: bigint;
  alarm: AlarmType;
}

export function createAlarmRequest(init?: Partial<AlarmRequest>): AlarmRequest {
  if (init === undefined) return { action: 0, memberID: 0n, alarm: 0 };
  return {
    action: init.action ?? 0,
    memberID: init.memberID ?? 0n,
    alarm: init.alarm ?? 0,
  };
}

export function sizeAlarmRequest(m: AlarmRequest): number {
  let n = 0;
  if (m.action !== 0) n += 1 + sizeInt32(m.action);
  if (m.memberID !== 0n) n += 1 + sizeId(m.memberID);
  if (m.alarm !== 0) n += 1 + sizeInt32(m.alarm);
  return n;
}

export function writeAlarmRequest(w: Writer, m: AlarmRequest): void {
  if (m.action !== 0) {
    w.byte(8);
    w.int32(m.action);
  }
  if (m.memberID !== 0n) {
    w.byte(16);
    w.id(m.memberID);
  }
  if (m.alarm !== 0) {
    w.byte(24);
    w.int32(m.alarm);
  }
}

export function encodeAlarmRequest(m: AlarmRequest): Uint8Array {
  const size = sizeAlarmRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAlarmRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAlarmRequest(r: Reader, end: number, depth: number, into?: AlarmRequest): AlarmRequest {
  if (depth < 0) tooDeep();
  let $action: AlarmAction = 0;
  let $memberID: bigint = 0n;
  let $alarm: AlarmType = 0;
  if (into !== undefined) {
    $action = into.action;
    $memberID = into.memberID;
    $alarm = into.alarm;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $action = r.int32() as AlarmAction;
        break;
      case 16:
        $memberID = r.uint64Id();
        break;
      case 24:
        $alarm = r.int32() as AlarmType;
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { action: $action, memberID: $memberID, alarm: $alarm };
}

export function decodeAlarmRequest(bytes: Uint8Array): AlarmRequest {
  return readAlarmRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AlarmRequest: MessageCodec<AlarmRequest> = {
  typeName: "etcdserverpb.AlarmRequest",
  since: "3.0",
  fields: [
    { name: "action", jsonName: "action", property: "action", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: AlarmActionType },
    { name: "memberID", jsonName: "memberID", property: "memberID", number: 2, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "alarm", jsonName: "alarm", property: "alarm", number: 3, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: AlarmTypeType },
  ],
  create: () => createAlarmRequest(),
  encode: encodeAlarmRequest,
  decode: decodeAlarmRequest,
};

export interface AlarmMember {
  memberID: bigint;
  alarm: AlarmType;
}

export function createAlarmMember(init?: Partial<AlarmMember>): AlarmMember {
  if (init === undefined) return { memberID: 0n, alarm: 0 };
  return {
    memberID: init.memberID ?? 0n,
    alarm: init.alarm ?? 0,
  };
}

export function sizeAlarmMember(m: AlarmMember): number {
  let n = 0;
  if (m.memberID !== 0n) n += 1 + sizeId(m.memberID);
  if (m.alarm !== 0) n += 1 + sizeInt32(m.alarm);
  return n;
}

export function writeAlarmMember(w: Writer, m: AlarmMember): void {
  if (m.memberID !== 0n) {
    w.byte(8);
    w.id(m.memberID);
  }
  if (m.alarm !== 0) {
    w.byte(16);
    w.int32(m.alarm);
  }
}

export function encodeAlarmMember(m: AlarmMember): Uint8Array {
  const size = sizeAlarmMember(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAlarmMember(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAlarmMember(r: Reader, end: number, depth: number, into?: AlarmMember): AlarmMember {
  if (depth < 0) tooDeep();
  let $memberID: bigint = 0n;
  let $alarm: AlarmType = 0;
  if (into !== undefined) {
    $memberID = into.memberID;
    $alarm = into.alarm;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $memberID = r.uint64Id();
        break;
      case 16:
        $alarm = r.int32() as AlarmType;
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { memberID: $memberID, alarm: $alarm };
}

export function decodeAlarmMember(bytes: Uint8Array): AlarmMember {
  return readAlarmMember(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AlarmMember: MessageCodec<AlarmMember> = {
  typeName: "etcdserverpb.AlarmMember",
  since: "3.0",
  fields: [
    { name: "memberID", jsonName: "memberID", property: "memberID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "alarm", jsonName: "alarm", property: "alarm", number: 2, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: AlarmTypeType },
  ],
  create: () => createAlarmMember(),
  encode: encodeAlarmMember,
  decode: decodeAlarmMember,
};

export interface AlarmResponse {
  header: ResponseHeader | undefined;
  alarms: AlarmMember[];
}

export function createAlarmResponse(init?: Partial<AlarmResponse>): AlarmResponse {
  if (init === undefined) return { header: undefined, alarms: [] };
  return {
    header: init.header ?? undefined,
    alarms: init.alarms ?? [],
  };
}

export function sizeAlarmResponse(m: AlarmResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.alarms.length; i++) n += 1 + sizeDelimited(sizeAlarmMember(m.alarms[i]!));
  return n;
}

export function writeAlarmResponse(w: Writer, m: AlarmResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.alarms.length; i++) {
    w.byte(18);
    const v = m.alarms[i]!;
    w.uint32(sizeAlarmMember(v)); writeAlarmMember(w, v);
  }
}

export function encodeAlarmResponse(m: AlarmResponse): Uint8Array {
  const size = sizeAlarmResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAlarmResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAlarmResponse(r: Reader, end: number, depth: number, into?: AlarmResponse): AlarmResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $alarms: AlarmMember[] = [];
  if (into !== undefined) {
    $header = into.header;
    $alarms = into.alarms;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $alarms.push(readAlarmMember(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, alarms: $alarms };
}

export function decodeAlarmResponse(bytes: Uint8Array): AlarmResponse {
  return readAlarmResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AlarmResponse: MessageCodec<AlarmResponse> = {
  typeName: "etcdserverpb.AlarmResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "alarms", jsonName: "alarms", property: "alarms", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => AlarmMember as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAlarmResponse(),
  encode: encodeAlarmResponse,
  decode: decodeAlarmResponse,
};

export interface DowngradeRequest {
  action: DowngradeAction;
  /** The minor version to go back to: "3.6". */
  version: string;
}

export function createDowngradeRequest(init?: Partial<DowngradeRequest>): DowngradeRequest {
  if (init === undefined) return { action: 0, version: "" };
  return {
    action: init.action ?? 0,
    version: init.version ?? "",
  };
}

export function sizeDowngradeRequest(m: DowngradeRequest): number {
  let n = 0;
  if (m.action !== 0) n += 1 + sizeInt32(m.action);
  if (m.version !== "") n += 1 + sizeString(m.version);
  return n;
}

export function writeDowngradeRequest(w: Writer, m: DowngradeRequest): void {
  if (m.action !== 0) {
    w.byte(8);
    w.int32(m.action);
  }
  if (m.version !== "") {
    w.byte(18);
    w.string(m.version);
  }
}

export function encodeDowngradeRequest(m: DowngradeRequest): Uint8Array {
  const size = sizeDowngradeRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDowngradeRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDowngradeRequest(r: Reader, end: number, depth: number, into?: DowngradeRequest): DowngradeRequest {
  if (depth < 0) tooDeep();
  let $action: DowngradeAction = 0;
  let $version: string = "";
  if (into !== undefined) {
    $action = into.action;
    $version = into.version;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $action = r.int32() as DowngradeAction;
        break;
      case 18:
        $version = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { action: $action, version: $version };
}

export function decodeDowngradeRequest(bytes: Uint8Array): DowngradeRequest {
  return readDowngradeRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DowngradeRequest: MessageCodec<DowngradeRequest> = {
  typeName: "etcdserverpb.DowngradeRequest",
  since: "3.5",
  fields: [
    { name: "action", jsonName: "action", property: "action", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: DowngradeActionType },
    { name: "version", jsonName: "version", property: "version", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createDowngradeRequest(),
  encode: encodeDowngradeRequest,
  decode: decodeDowngradeRequest,
};

export interface DowngradeResponse {
  header: ResponseHeader | undefined;
  version: string;
}

export function createDowngradeResponse(init?: Partial<DowngradeResponse>): DowngradeResponse {
  if (init === undefined) return { header: undefined, version: "" };
  return {
    header: init.header ?? undefined,
    version: init.version ?? "",
  };
}

export function sizeDowngradeResponse(m: DowngradeResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.version !== "") n += 1 + sizeString(m.version);
  return n;
}

export function writeDowngradeResponse(w: Writer, m: DowngradeResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.version !== "") {
    w.byte(18);
    w.string(m.version);
  }
}

export function encodeDowngradeResponse(m: DowngradeResponse): Uint8Array {
  const size = sizeDowngradeResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDowngradeResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDowngradeResponse(r: Reader, end: number, depth: number, into?: DowngradeResponse): DowngradeResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $version: string = "";
  if (into !== undefined) {
    $header = into.header;
    $version = into.version;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $version = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, version: $version };
}

export function decodeDowngradeResponse(bytes: Uint8Array): DowngradeResponse {
  return readDowngradeResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DowngradeResponse: MessageCodec<DowngradeResponse> = {
  typeName: "etcdserverpb.DowngradeResponse",
  since: "3.5",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "version", jsonName: "version", property: "version", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createDowngradeResponse(),
  encode: encodeDowngradeResponse,
  decode: decodeDowngradeResponse,
};

/** Tests only: an entry that says it needs version `ver`. */
export interface DowngradeVersionTestRequest {
  ver: string;
}

export function createDowngradeVersionTestRequest(init?: Partial<DowngradeVersionTestRequest>): DowngradeVersionTestRequest {
  if (init === undefined) return { ver: "" };
  return {
    ver: init.ver ?? "",
  };
}

export function sizeDowngradeVersionTestRequest(m: DowngradeVersionTestRequest): number {
  let n = 0;
  if (m.ver !== "") n += 1 + sizeString(m.ver);
  return n;
}

export function writeDowngradeVersionTestRequest(w: Writer, m: DowngradeVersionTestRequest): void {
  if (m.ver !== "") {
    w.byte(10);
    w.string(m.ver);
  }
}

export function encodeDowngradeVersionTestRequest(m: DowngradeVersionTestRequest): Uint8Array {
  const size = sizeDowngradeVersionTestRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDowngradeVersionTestRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDowngradeVersionTestRequest(r: Reader, end: number, depth: number, into?: DowngradeVersionTestRequest): DowngradeVersionTestRequest {
  if (depth < 0) tooDeep();
  let $ver: string = "";
  if (into !== undefined) {
    $ver = into.ver;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $ver = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ver: $ver };
}

export function decodeDowngradeVersionTestRequest(bytes: Uint8Array): DowngradeVersionTestRequest {
  return readDowngradeVersionTestRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DowngradeVersionTestRequest: MessageCodec<DowngradeVersionTestRequest> = {
  typeName: "etcdserverpb.DowngradeVersionTestRequest",
  since: "3.6",
  fields: [
    { name: "ver", jsonName: "ver", property: "ver", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createDowngradeVersionTestRequest(),
  encode: encodeDowngradeVersionTestRequest,
  decode: decodeDowngradeVersionTestRequest,
};

export interface StatusRequest {

}

export function createStatusRequest(_init?: Partial<StatusRequest>): StatusRequest {
  return {};
}

export function sizeStatusRequest(_m: StatusRequest): number {
  return 0;
}

export function writeStatusRequest(_w: Writer, _m: StatusRequest): void {
}

export function encodeStatusRequest(m: StatusRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readStatusRequest(r: Reader, end: number, depth: number, _into?: StatusRequest): StatusRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeStatusRequest(bytes: Uint8Array): StatusRequest {
  return readStatusRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const StatusRequest: MessageCodec<StatusRequest> = {
  typeName: "etcdserverpb.StatusRequest",
  since: "3.0",
  fields: [],
  create: () => createStatusRequest(),
  encode: encodeStatusRequest,
  decode: decodeStatusRequest,
};

export interface StatusResponse {
  header: ResponseHeader | undefined;
  version: string;
  /** Bytes of the database file. */
  dbSize: number;
  /** Who leads in this member's eyes; 0: nobody. */
  leader: bigint;
  raftIndex: number;
  raftTerm: number;
  /** Last entry of the log that was applied. */
  raftAppliedIndex: number;
  /** Alarms and other trouble, as text. */
  errors: string[];
  /** Bytes of the file that hold something. */
  dbSizeInUse: number;
  isLearner: boolean;
  storageVersion: string;
  dbSizeQuota: number;
  downgradeInfo: DowngradeInfo | undefined;
}

export function createStatusResponse(init?: Partial<StatusResponse>): StatusResponse {
  if (init === undefined) return { header: undefined, version: "", dbSize: 0, leader: 0n, raftIndex: 0, raftTerm: 0, raftAppliedIndex: 0, errors: [], dbSizeInUse: 0, isLearner: false, storageVersion: "", dbSizeQuota: 0, downgradeInfo: undefined };
  return {
    header: init.header ?? undefined,
    version: init.version ?? "",
    dbSize: init.dbSize ?? 0,
    leader: init.leader ?? 0n,
    raftIndex: init.raftIndex ?? 0,
    raftTerm: init.raftTerm ?? 0,
    raftAppliedIndex: init.raftAppliedIndex ?? 0,
    errors: init.errors ?? [],
    dbSizeInUse: init.dbSizeInUse ?? 0,
    isLearner: init.isLearner ?? false,
    storageVersion: init.storageVersion ?? "",
    dbSizeQuota: init.dbSizeQuota ?? 0,
    downgradeInfo: init.downgradeInfo ?? undefined,
  };
}

export function sizeStatusResponse(m: StatusResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.version !== "") n += 1 + sizeString(m.version);
  if (m.dbSize !== 0) n += 1 + sizeInt64(m.dbSize);
  if (m.leader !== 0n) n += 1 + sizeId(m.leader);
  if (m.raftIndex !== 0) n += 1 + sizeUint64(m.raftIndex);
  if (m.raftTerm !== 0) n += 1 + sizeUint64(m.raftTerm);
  if (m.raftAppliedIndex !== 0) n += 1 + sizeUint64(m.raftAppliedIndex);
  for (let i = 0; i < m.errors.length; i++) n += 1 + sizeString(m.errors[i]!);
  if (m.dbSizeInUse !== 0) n += 1 + sizeInt64(m.dbSizeInUse);
  if (m.isLearner) n += 1 + 1;
  if (m.storageVersion !== "") n += 1 + sizeString(m.storageVersion);
  if (m.dbSizeQuota !== 0) n += 1 + sizeInt64(m.dbSizeQuota);
  if (m.downgradeInfo !== undefined) n += 1 + sizeDelimited(sizeDowngradeInfo(m.downgradeInfo));
  return n;
}

export function writeStatusResponse(w: Writer, m: StatusResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.version !== "") {
    w.byte(18);
    w.string(m.version);
  }
  if (m.dbSize !== 0) {
    w.byte(24);
    w.int64(m.dbSize);
  }
  if (m.leader !== 0n) {
    w.byte(32);
    w.id(m.leader);
  }
  if (m.raftIndex !== 0) {
    w.byte(40);
    w.uint64(m.raftIndex);
  }
  if (m.raftTerm !== 0) {
    w.byte(48);
    w.uint64(m.raftTerm);
  }
  if (m.raftAppliedIndex !== 0) {
    w.byte(56);
    w.uint64(m.raftAppliedIndex);
  }
  for (let i = 0; i < m.errors.length; i++) {
    w.byte(66);
    const v = m.errors[i]!;
    w.string(v);
  }
  if (m.dbSizeInUse !== 0) {
    w.byte(72);
    w.int64(m.dbSizeInUse);
  }
  if (m.isLearner) {
    w.byte(80);
    w.bool(m.isLearner);
  }
  if (m.storageVersion !== "") {
    w.byte(90);
    w.string(m.storageVersion);
  }
  if (m.dbSizeQuota !== 0) {
    w.byte(96);
    w.int64(m.dbSizeQuota);
  }
  if (m.downgradeInfo !== undefined) {
    w.byte(106);
    w.uint32(sizeDowngradeInfo(m.downgradeInfo)); writeDowngradeInfo(w, m.downgradeInfo);
  }
}

export function encodeStatusResponse(m: StatusResponse): Uint8Array {
  const size = sizeStatusResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeStatusResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readStatusResponse(r: Reader, end: number, depth: number, into?: StatusResponse): StatusResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $version: string = "";
  let $dbSize: number = 0;
  let $leader: bigint = 0n;
  let $raftIndex: number = 0;
  let $raftTerm: number = 0;
  let $raftAppliedIndex: number = 0;
  let $errors: string[] = [];
  let $dbSizeInUse: number = 0;
  let $isLearner: boolean = false;
  let $storageVersion: string = "";
  let $dbSizeQuota: number = 0;
  let $downgradeInfo: DowngradeInfo | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
    $version = into.version;
    $dbSize = into.dbSize;
    $leader = into.leader;
    $raftIndex = into.raftIndex;
    $raftTerm = into.raftTerm;
    $raftAppliedIndex = into.raftAppliedIndex;
    $errors = into.errors;
    $dbSizeInUse = into.dbSizeInUse;
    $isLearner = into.isLearner;
    $storageVersion = into.storageVersion;
    $dbSizeQuota = into.dbSizeQuota;
    $downgradeInfo = into.downgradeInfo;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $version = r.string(end);
        break;
      case 24:
        $dbSize = r.int64();
        break;
      case 32:
        $leader = r.uint64Id();
        break;
      case 40:
        $raftIndex = r.uint64();
        break;
      case 48:
        $raftTerm = r.uint64();
        break;
      case 56:
        $raftAppliedIndex = r.uint64();
        break;
      case 66:
        $errors.push(r.string(end));
        break;
      case 72:
        $dbSizeInUse = r.int64();
        break;
      case 80:
        $isLearner = r.bool();
        break;
      case 90:
        $storageVersion = r.string(end);
        break;
      case 96:
        $dbSizeQuota = r.int64();
        break;
      case 106:
        $downgradeInfo = readDowngradeInfo(r, r.sub(end), depth - 1, $downgradeInfo);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, version: $version, dbSize: $dbSize, leader: $leader, raftIndex: $raftIndex, raftTerm: $raftTerm, raftAppliedIndex: $raftAppliedIndex, errors: $errors, dbSizeInUse: $dbSizeInUse, isLearner: $isLearner, storageVersion: $storageVersion, dbSizeQuota: $dbSizeQuota, downgradeInfo: $downgradeInfo };
}

export function decodeStatusResponse(bytes: Uint8Array): StatusResponse {
  return readStatusResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const StatusResponse: MessageCodec<StatusResponse> = {
  typeName: "etcdserverpb.StatusResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "version", jsonName: "version", property: "version", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "dbSize", jsonName: "dbSize", property: "dbSize", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "leader", jsonName: "leader", property: "leader", number: 4, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "raftIndex", jsonName: "raftIndex", property: "raftIndex", number: 5, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "raftTerm", jsonName: "raftTerm", property: "raftTerm", number: 6, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "raftAppliedIndex", jsonName: "raftAppliedIndex", property: "raftAppliedIndex", number: 7, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
    { name: "errors", jsonName: "errors", property: "errors", number: 8, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
    { name: "dbSizeInUse", jsonName: "dbSizeInUse", property: "dbSizeInUse", number: 9, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
    { name: "isLearner", jsonName: "isLearner", property: "isLearner", number: 10, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: undefined, enumeration: undefined },
    { name: "storageVersion", jsonName: "storageVersion", property: "storageVersion", number: 11, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.6", message: undefined, enumeration: undefined },
    { name: "dbSizeQuota", jsonName: "dbSizeQuota", property: "dbSizeQuota", number: 12, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.6", message: undefined, enumeration: undefined },
    { name: "downgradeInfo", jsonName: "downgradeInfo", property: "downgradeInfo", number: 13, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.6", message: () => DowngradeInfo as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createStatusResponse(),
  encode: encodeStatusResponse,
  decode: decodeStatusResponse,
};

export interface DowngradeInfo {
  enabled: boolean;
  targetVersion: string;
}

export function createDowngradeInfo(init?: Partial<DowngradeInfo>): DowngradeInfo {
  if (init === undefined) return { enabled: false, targetVersion: "" };
  return {
    enabled: init.enabled ?? false,
    targetVersion: init.targetVersion ?? "",
  };
}

export function sizeDowngradeInfo(m: DowngradeInfo): number {
  let n = 0;
  if (m.enabled) n += 1 + 1;
  if (m.targetVersion !== "") n += 1 + sizeString(m.targetVersion);
  return n;
}

export function writeDowngradeInfo(w: Writer, m: DowngradeInfo): void {
  if (m.enabled) {
    w.byte(8);
    w.bool(m.enabled);
  }
  if (m.targetVersion !== "") {
    w.byte(18);
    w.string(m.targetVersion);
  }
}

export function encodeDowngradeInfo(m: DowngradeInfo): Uint8Array {
  const size = sizeDowngradeInfo(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDowngradeInfo(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDowngradeInfo(r: Reader, end: number, depth: number, into?: DowngradeInfo): DowngradeInfo {
  if (depth < 0) tooDeep();
  let $enabled: boolean = false;
  let $targetVersion: string = "";
  if (into !== undefined) {
    $enabled = into.enabled;
    $targetVersion = into.targetVersion;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $enabled = r.bool();
        break;
      case 18:
        $targetVersion = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { enabled: $enabled, targetVersion: $targetVersion };
}

export function decodeDowngradeInfo(bytes: Uint8Array): DowngradeInfo {
  return readDowngradeInfo(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DowngradeInfo: MessageCodec<DowngradeInfo> = {
  typeName: "etcdserverpb.DowngradeInfo",
  since: undefined,
  fields: [
    { name: "enabled", jsonName: "enabled", property: "enabled", number: 1, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "targetVersion", jsonName: "targetVersion", property: "targetVersion", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createDowngradeInfo(),
  encode: encodeDowngradeInfo,
  decode: decodeDowngradeInfo,
};

export interface AuthEnableRequest {

}

export function createAuthEnableRequest(_init?: Partial<AuthEnableRequest>): AuthEnableRequest {
  return {};
}

export function sizeAuthEnableRequest(_m: AuthEnableRequest): number {
  return 0;
}

export function writeAuthEnableRequest(_w: Writer, _m: AuthEnableRequest): void {
}

export function encodeAuthEnableRequest(m: AuthEnableRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthEnableRequest(r: Reader, end: number, depth: number, _into?: AuthEnableRequest): AuthEnableRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeAuthEnableRequest(bytes: Uint8Array): AuthEnableRequest {
  return readAuthEnableRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthEnableRequest: MessageCodec<AuthEnableRequest> = {
  typeName: "etcdserverpb.AuthEnableRequest",
  since: "3.0",
  fields: [],
  create: () => createAuthEnableRequest(),
  encode: encodeAuthEnableRequest,
  decode: decodeAuthEnableRequest,
};

export interface AuthDisableRequest {

}

export function createAuthDisableRequest(_init?: Partial<AuthDisableRequest>): AuthDisableRequest {
  return {};
}

export function sizeAuthDisableRequest(_m: AuthDisableRequest): number {
  return 0;
}

export function writeAuthDisableRequest(_w: Writer, _m: AuthDisableRequest): void {
}

export function encodeAuthDisableRequest(m: AuthDisableRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthDisableRequest(r: Reader, end: number, depth: number, _into?: AuthDisableRequest): AuthDisableRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeAuthDisableRequest(bytes: Uint8Array): AuthDisableRequest {
  return readAuthDisableRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthDisableRequest: MessageCodec<AuthDisableRequest> = {
  typeName: "etcdserverpb.AuthDisableRequest",
  since: "3.0",
  fields: [],
  create: () => createAuthDisableRequest(),
  encode: encodeAuthDisableRequest,
  decode: decodeAuthDisableRequest,
};

export interface AuthStatusRequest {

}

export function createAuthStatusRequest(_init?: Partial<AuthStatusRequest>): AuthStatusRequest {
  return {};
}

export function sizeAuthStatusRequest(_m: AuthStatusRequest): number {
  return 0;
}

export function writeAuthStatusRequest(_w: Writer, _m: AuthStatusRequest): void {
}

export function encodeAuthStatusRequest(m: AuthStatusRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthStatusRequest(r: Reader, end: number, depth: number, _into?: AuthStatusRequest): AuthStatusRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeAuthStatusRequest(bytes: Uint8Array): AuthStatusRequest {
  return readAuthStatusRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthStatusRequest: MessageCodec<AuthStatusRequest> = {
  typeName: "etcdserverpb.AuthStatusRequest",
  since: "3.5",
  fields: [],
  create: () => createAuthStatusRequest(),
  encode: encodeAuthStatusRequest,
  decode: decodeAuthStatusRequest,
};

export interface AuthenticateRequest {
  name: string;
  password: string;
}

export function createAuthenticateRequest(init?: Partial<AuthenticateRequest>): AuthenticateRequest {
  if (init === undefined) return { name: "", password: "" };
  return {
    name: init.name ?? "",
    password: init.password ?? "",
  };
}

export function sizeAuthenticateRequest(m: AuthenticateRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  if (m.password !== "") n += 1 + sizeString(m.password);
  return n;
}

export function writeAuthenticateRequest(w: Writer, m: AuthenticateRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
  if (m.password !== "") {
    w.byte(18);
    w.string(m.password);
  }
}

export function encodeAuthenticateRequest(m: AuthenticateRequest): Uint8Array {
  const size = sizeAuthenticateRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthenticateRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthenticateRequest(r: Reader, end: number, depth: number, into?: AuthenticateRequest): AuthenticateRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  let $password: string = "";
  if (into !== undefined) {
    $name = into.name;
    $password = into.password;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      case 18:
        $password = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, password: $password };
}

export function decodeAuthenticateRequest(bytes: Uint8Array): AuthenticateRequest {
  return readAuthenticateRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthenticateRequest: MessageCodec<AuthenticateRequest> = {
  typeName: "etcdserverpb.AuthenticateRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "password", jsonName: "password", property: "password", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthenticateRequest(),
  encode: encodeAuthenticateRequest,
  decode: decodeAuthenticateRequest,
};

export interface AuthUserAddRequest {
  name: string;
  password: string;
  options: auth.UserAddOptions | undefined;
  /** Filled by the server before the request goes into the log, so that the log holds no password. */
  hashedPassword: string;
}

export function createAuthUserAddRequest(init?: Partial<AuthUserAddRequest>): AuthUserAddRequest {
  if (init === undefined) return { name: "", password: "", options: undefined, hashedPassword: "" };
  return {
    name: init.name ?? "",
    password: init.password ?? "",
    options: init.options ?? undefined,
    hashedPassword: init.hashedPassword ?? "",
  };
}

export function sizeAuthUserAddRequest(m: AuthUserAddRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  if (m.password !== "") n += 1 + sizeString(m.password);
  if (m.options !== undefined) n += 1 + sizeDelimited(auth.sizeUserAddOptions(m.options));
  if (m.hashedPassword !== "") n += 1 + sizeString(m.hashedPassword);
  return n;
}

export function writeAuthUserAddRequest(w: Writer, m: AuthUserAddRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
  if (m.password !== "") {
    w.byte(18);
    w.string(m.password);
  }
  if (m.options !== undefined) {
    w.byte(26);
    w.uint32(auth.sizeUserAddOptions(m.options)); auth.writeUserAddOptions(w, m.options);
  }
  if (m.hashedPassword !== "") {
    w.byte(34);
    w.string(m.hashedPassword);
  }
}

export function encodeAuthUserAddRequest(m: AuthUserAddRequest): Uint8Array {
  const size = sizeAuthUserAddRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserAddRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserAddRequest(r: Reader, end: number, depth: number, into?: AuthUserAddRequest): AuthUserAddRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  let $password: string = "";
  let $options: auth.UserAddOptions | undefined = undefined;
  let $hashedPassword: string = "";
  if (into !== undefined) {
    $name = into.name;
    $password = into.password;
    $options = into.options;
    $hashedPassword = into.hashedPassword;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      case 18:
        $password = r.string(end);
        break;
      case 26:
        $options = auth.readUserAddOptions(r, r.sub(end), depth - 1, $options);
        break;
      case 34:
        $hashedPassword = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, password: $password, options: $options, hashedPassword: $hashedPassword };
}

export function decodeAuthUserAddRequest(bytes: Uint8Array): AuthUserAddRequest {
  return readAuthUserAddRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserAddRequest: MessageCodec<AuthUserAddRequest> = {
  typeName: "etcdserverpb.AuthUserAddRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "password", jsonName: "password", property: "password", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "options", jsonName: "options", property: "options", number: 3, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: () => auth.UserAddOptions as MessageCodec<unknown>, enumeration: undefined },
    { name: "hashedPassword", jsonName: "hashedPassword", property: "hashedPassword", number: 4, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.5", message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserAddRequest(),
  encode: encodeAuthUserAddRequest,
  decode: decodeAuthUserAddRequest,
};

export interface AuthUserGetRequest {
  name: string;
}

export function createAuthUserGetRequest(init?: Partial<AuthUserGetRequest>): AuthUserGetRequest {
  if (init === undefined) return { name: "" };
  return {
    name: init.name ?? "",
  };
}

export function sizeAuthUserGetRequest(m: AuthUserGetRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  return n;
}

export function writeAuthUserGetRequest(w: Writer, m: AuthUserGetRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
}

export function encodeAuthUserGetRequest(m: AuthUserGetRequest): Uint8Array {
  const size = sizeAuthUserGetRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserGetRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserGetRequest(r: Reader, end: number, depth: number, into?: AuthUserGetRequest): AuthUserGetRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  if (into !== undefined) {
    $name = into.name;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name };
}

export function decodeAuthUserGetRequest(bytes: Uint8Array): AuthUserGetRequest {
  return readAuthUserGetRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserGetRequest: MessageCodec<AuthUserGetRequest> = {
  typeName: "etcdserverpb.AuthUserGetRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserGetRequest(),
  encode: encodeAuthUserGetRequest,
  decode: decodeAuthUserGetRequest,
};

export interface AuthUserDeleteRequest {
  name: string;
}

export function createAuthUserDeleteRequest(init?: Partial<AuthUserDeleteRequest>): AuthUserDeleteRequest {
  if (init === undefined) return { name: "" };
  return {
    name: init.name ?? "",
  };
}

export function sizeAuthUserDeleteRequest(m: AuthUserDeleteRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  return n;
}

export function writeAuthUserDeleteRequest(w: Writer, m: AuthUserDeleteRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
}

export function encodeAuthUserDeleteRequest(m: AuthUserDeleteRequest): Uint8Array {
  const size = sizeAuthUserDeleteRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserDeleteRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserDeleteRequest(r: Reader, end: number, depth: number, into?: AuthUserDeleteRequest): AuthUserDeleteRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  if (into !== undefined) {
    $name = into.name;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name };
}

export function decodeAuthUserDeleteRequest(bytes: Uint8Array): AuthUserDeleteRequest {
  return readAuthUserDeleteRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserDeleteRequest: MessageCodec<AuthUserDeleteRequest> = {
  typeName: "etcdserverpb.AuthUserDeleteRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserDeleteRequest(),
  encode: encodeAuthUserDeleteRequest,
  decode: decodeAuthUserDeleteRequest,
};

export interface AuthUserChangePasswordRequest {
  name: string;
  password: string;
  hashedPassword: string;
}

export function createAuthUserChangePasswordRequest(init?: Partial<AuthUserChangePasswordRequest>): AuthUserChangePasswordRequest {
  if (init === undefined) return { name: "", password: "", hashedPassword: "" };
  return {
    name: init.name ?? "",
    password: init.password ?? "",
    hashedPassword: init.hashedPassword ?? "",
  };
}

export function sizeAuthUserChangePasswordRequest(m: AuthUserChangePasswordRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  if (m.password !== "") n += 1 + sizeString(m.password);
  if (m.hashedPassword !== "") n += 1 + sizeString(m.hashedPassword);
  return n;
}

export function writeAuthUserChangePasswordRequest(w: Writer, m: AuthUserChangePasswordRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
  if (m.password !== "") {
    w.byte(18);
    w.string(m.password);
  }
  if (m.hashedPassword !== "") {
    w.byte(26);
    w.string(m.hashedPassword);
  }
}

export function encodeAuthUserChangePasswordRequest(m: AuthUserChangePasswordRequest): Uint8Array {
  const size = sizeAuthUserChangePasswordRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserChangePasswordRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserChangePasswordRequest(r: Reader, end: number, depth: number, into?: AuthUserChangePasswordRequest): AuthUserChangePasswordRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  let $password: string = "";
  let $hashedPassword: string = "";
  if (into !== undefined) {
    $name = into.name;
    $password = into.password;
    $hashedPassword = into.hashedPassword;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      case 18:
        $password = r.string(end);
        break;
      case 26:
        $hashedPassword = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, password: $password, hashedPassword: $hashedPassword };
}

export function decodeAuthUserChangePasswordRequest(bytes: Uint8Array): AuthUserChangePasswordRequest {
  return readAuthUserChangePasswordRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserChangePasswordRequest: MessageCodec<AuthUserChangePasswordRequest> = {
  typeName: "etcdserverpb.AuthUserChangePasswordRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "password", jsonName: "password", property: "password", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "hashedPassword", jsonName: "hashedPassword", property: "hashedPassword", number: 3, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.5", message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserChangePasswordRequest(),
  encode: encodeAuthUserChangePasswordRequest,
  decode: decodeAuthUserChangePasswordRequest,
};

export interface AuthUserGrantRoleRequest {
  user: string;
  role: string;
}

export function createAuthUserGrantRoleRequest(init?: Partial<AuthUserGrantRoleRequest>): AuthUserGrantRoleRequest {
  if (init === undefined) return { user: "", role: "" };
  return {
    user: init.user ?? "",
    role: init.role ?? "",
  };
}

export function sizeAuthUserGrantRoleRequest(m: AuthUserGrantRoleRequest): number {
  let n = 0;
  if (m.user !== "") n += 1 + sizeString(m.user);
  if (m.role !== "") n += 1 + sizeString(m.role);
  return n;
}

export function writeAuthUserGrantRoleRequest(w: Writer, m: AuthUserGrantRoleRequest): void {
  if (m.user !== "") {
    w.byte(10);
    w.string(m.user);
  }
  if (m.role !== "") {
    w.byte(18);
    w.string(m.role);
  }
}

export function encodeAuthUserGrantRoleRequest(m: AuthUserGrantRoleRequest): Uint8Array {
  const size = sizeAuthUserGrantRoleRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserGrantRoleRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserGrantRoleRequest(r: Reader, end: number, depth: number, into?: AuthUserGrantRoleRequest): AuthUserGrantRoleRequest {
  if (depth < 0) tooDeep();
  let $user: string = "";
  let $role: string = "";
  if (into !== undefined) {
    $user = into.user;
    $role = into.role;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $user = r.string(end);
        break;
      case 18:
        $role = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { user: $user, role: $role };
}

export function decodeAuthUserGrantRoleRequest(bytes: Uint8Array): AuthUserGrantRoleRequest {
  return readAuthUserGrantRoleRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserGrantRoleRequest: MessageCodec<AuthUserGrantRoleRequest> = {
  typeName: "etcdserverpb.AuthUserGrantRoleRequest",
  since: "3.0",
  fields: [
    { name: "user", jsonName: "user", property: "user", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "role", jsonName: "role", property: "role", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserGrantRoleRequest(),
  encode: encodeAuthUserGrantRoleRequest,
  decode: decodeAuthUserGrantRoleRequest,
};

export interface AuthUserRevokeRoleRequest {
  name: string;
  role: string;
}

export function createAuthUserRevokeRoleRequest(init?: Partial<AuthUserRevokeRoleRequest>): AuthUserRevokeRoleRequest {
  if (init === undefined) return { name: "", role: "" };
  return {
    name: init.name ?? "",
    role: init.role ?? "",
  };
}

export function sizeAuthUserRevokeRoleRequest(m: AuthUserRevokeRoleRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  if (m.role !== "") n += 1 + sizeString(m.role);
  return n;
}

export function writeAuthUserRevokeRoleRequest(w: Writer, m: AuthUserRevokeRoleRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
  if (m.role !== "") {
    w.byte(18);
    w.string(m.role);
  }
}

export function encodeAuthUserRevokeRoleRequest(m: AuthUserRevokeRoleRequest): Uint8Array {
  const size = sizeAuthUserRevokeRoleRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserRevokeRoleRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserRevokeRoleRequest(r: Reader, end: number, depth: number, into?: AuthUserRevokeRoleRequest): AuthUserRevokeRoleRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  let $role: string = "";
  if (into !== undefined) {
    $name = into.name;
    $role = into.role;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      case 18:
        $role = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, role: $role };
}

export function decodeAuthUserRevokeRoleRequest(bytes: Uint8Array): AuthUserRevokeRoleRequest {
  return readAuthUserRevokeRoleRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserRevokeRoleRequest: MessageCodec<AuthUserRevokeRoleRequest> = {
  typeName: "etcdserverpb.AuthUserRevokeRoleRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "role", jsonName: "role", property: "role", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserRevokeRoleRequest(),
  encode: encodeAuthUserRevokeRoleRequest,
  decode: decodeAuthUserRevokeRoleRequest,
};

export interface AuthRoleAddRequest {
  name: string;
}

export function createAuthRoleAddRequest(init?: Partial<AuthRoleAddRequest>): AuthRoleAddRequest {
  if (init === undefined) return { name: "" };
  return {
    name: init.name ?? "",
  };
}

export function sizeAuthRoleAddRequest(m: AuthRoleAddRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  return n;
}

export function writeAuthRoleAddRequest(w: Writer, m: AuthRoleAddRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
}

export function encodeAuthRoleAddRequest(m: AuthRoleAddRequest): Uint8Array {
  const size = sizeAuthRoleAddRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleAddRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleAddRequest(r: Reader, end: number, depth: number, into?: AuthRoleAddRequest): AuthRoleAddRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  if (into !== undefined) {
    $name = into.name;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name };
}

export function decodeAuthRoleAddRequest(bytes: Uint8Array): AuthRoleAddRequest {
  return readAuthRoleAddRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleAddRequest: MessageCodec<AuthRoleAddRequest> = {
  typeName: "etcdserverpb.AuthRoleAddRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthRoleAddRequest(),
  encode: encodeAuthRoleAddRequest,
  decode: decodeAuthRoleAddRequest,
};

export interface AuthRoleGetRequest {
  role: string;
}

export function createAuthRoleGetRequest(init?: Partial<AuthRoleGetRequest>): AuthRoleGetRequest {
  if (init === undefined) return { role: "" };
  return {
    role: init.role ?? "",
  };
}

export function sizeAuthRoleGetRequest(m: AuthRoleGetRequest): number {
  let n = 0;
  if (m.role !== "") n += 1 + sizeString(m.role);
  return n;
}

export function writeAuthRoleGetRequest(w: Writer, m: AuthRoleGetRequest): void {
  if (m.role !== "") {
    w.byte(10);
    w.string(m.role);
  }
}

export function encodeAuthRoleGetRequest(m: AuthRoleGetRequest): Uint8Array {
  const size = sizeAuthRoleGetRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleGetRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleGetRequest(r: Reader, end: number, depth: number, into?: AuthRoleGetRequest): AuthRoleGetRequest {
  if (depth < 0) tooDeep();
  let $role: string = "";
  if (into !== undefined) {
    $role = into.role;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $role = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { role: $role };
}

export function decodeAuthRoleGetRequest(bytes: Uint8Array): AuthRoleGetRequest {
  return readAuthRoleGetRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleGetRequest: MessageCodec<AuthRoleGetRequest> = {
  typeName: "etcdserverpb.AuthRoleGetRequest",
  since: "3.0",
  fields: [
    { name: "role", jsonName: "role", property: "role", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthRoleGetRequest(),
  encode: encodeAuthRoleGetRequest,
  decode: decodeAuthRoleGetRequest,
};

export interface AuthUserListRequest {

}

export function createAuthUserListRequest(_init?: Partial<AuthUserListRequest>): AuthUserListRequest {
  return {};
}

export function sizeAuthUserListRequest(_m: AuthUserListRequest): number {
  return 0;
}

export function writeAuthUserListRequest(_w: Writer, _m: AuthUserListRequest): void {
}

export function encodeAuthUserListRequest(m: AuthUserListRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserListRequest(r: Reader, end: number, depth: number, _into?: AuthUserListRequest): AuthUserListRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeAuthUserListRequest(bytes: Uint8Array): AuthUserListRequest {
  return readAuthUserListRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserListRequest: MessageCodec<AuthUserListRequest> = {
  typeName: "etcdserverpb.AuthUserListRequest",
  since: "3.0",
  fields: [],
  create: () => createAuthUserListRequest(),
  encode: encodeAuthUserListRequest,
  decode: decodeAuthUserListRequest,
};

export interface AuthRoleListRequest {

}

export function createAuthRoleListRequest(_init?: Partial<AuthRoleListRequest>): AuthRoleListRequest {
  return {};
}

export function sizeAuthRoleListRequest(_m: AuthRoleListRequest): number {
  return 0;
}

export function writeAuthRoleListRequest(_w: Writer, _m: AuthRoleListRequest): void {
}

export function encodeAuthRoleListRequest(m: AuthRoleListRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleListRequest(r: Reader, end: number, depth: number, _into?: AuthRoleListRequest): AuthRoleListRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeAuthRoleListRequest(bytes: Uint8Array): AuthRoleListRequest {
  return readAuthRoleListRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleListRequest: MessageCodec<AuthRoleListRequest> = {
  typeName: "etcdserverpb.AuthRoleListRequest",
  since: "3.0",
  fields: [],
  create: () => createAuthRoleListRequest(),
  encode: encodeAuthRoleListRequest,
  decode: decodeAuthRoleListRequest,
};

export interface AuthRoleDeleteRequest {
  role: string;
}

export function createAuthRoleDeleteRequest(init?: Partial<AuthRoleDeleteRequest>): AuthRoleDeleteRequest {
  if (init === undefined) return { role: "" };
  return {
    role: init.role ?? "",
  };
}

export function sizeAuthRoleDeleteRequest(m: AuthRoleDeleteRequest): number {
  let n = 0;
  if (m.role !== "") n += 1 + sizeString(m.role);
  return n;
}

export function writeAuthRoleDeleteRequest(w: Writer, m: AuthRoleDeleteRequest): void {
  if (m.role !== "") {
    w.byte(10);
    w.string(m.role);
  }
}

export function encodeAuthRoleDeleteRequest(m: AuthRoleDeleteRequest): Uint8Array {
  const size = sizeAuthRoleDeleteRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleDeleteRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleDeleteRequest(r: Reader, end: number, depth: number, into?: AuthRoleDeleteRequest): AuthRoleDeleteRequest {
  if (depth < 0) tooDeep();
  let $role: string = "";
  if (into !== undefined) {
    $role = into.role;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $role = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { role: $role };
}

export function decodeAuthRoleDeleteRequest(bytes: Uint8Array): AuthRoleDeleteRequest {
  return readAuthRoleDeleteRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleDeleteRequest: MessageCodec<AuthRoleDeleteRequest> = {
  typeName: "etcdserverpb.AuthRoleDeleteRequest",
  since: "3.0",
  fields: [
    { name: "role", jsonName: "role", property: "role", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthRoleDeleteRequest(),
  encode: encodeAuthRoleDeleteRequest,
  decode: decodeAuthRoleDeleteRequest,
};

export interface AuthRoleGrantPermissionRequest {
  name: string;
  perm: auth.Permission | undefined;
}

export function createAuthRoleGrantPermissionRequest(init?: Partial<AuthRoleGrantPermissionRequest>): AuthRoleGrantPermissionRequest {
  if (init === undefined) return { name: "", perm: undefined };
  return {
    name: init.name ?? "",
    perm: init.perm ?? undefined,
  };
}

export function sizeAuthRoleGrantPermissionRequest(m: AuthRoleGrantPermissionRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  if (m.perm !== undefined) n += 1 + sizeDelimited(auth.sizePermission(m.perm));
  return n;
}

export function writeAuthRoleGrantPermissionRequest(w: Writer, m: AuthRoleGrantPermissionRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
  if (m.perm !== undefined) {
    w.byte(18);
    w.uint32(auth.sizePermission(m.perm)); auth.writePermission(w, m.perm);
  }
}

export function encodeAuthRoleGrantPermissionRequest(m: AuthRoleGrantPermissionRequest): Uint8Array {
  const size = sizeAuthRoleGrantPermissionRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleGrantPermissionRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleGrantPermissionRequest(r: Reader, end: number, depth: number, into?: AuthRoleGrantPermissionRequest): AuthRoleGrantPermissionRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  let $perm: auth.Permission | undefined = undefined;
  if (into !== undefined) {
    $name = into.name;
    $perm = into.perm;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      case 18:
        $perm = auth.readPermission(r, r.sub(end), depth - 1, $perm);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, perm: $perm };
}

export function decodeAuthRoleGrantPermissionRequest(bytes: Uint8Array): AuthRoleGrantPermissionRequest {
  return readAuthRoleGrantPermissionRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleGrantPermissionRequest: MessageCodec<AuthRoleGrantPermissionRequest> = {
  typeName: "etcdserverpb.AuthRoleGrantPermissionRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "perm", jsonName: "perm", property: "perm", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => auth.Permission as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthRoleGrantPermissionRequest(),
  encode: encodeAuthRoleGrantPermissionRequest,
  decode: decodeAuthRoleGrantPermissionRequest,
};

/** Takes back the permission on exactly this range. */
export interface AuthRoleRevokePermissionRequest {
  role: string;
  key: Uint8Array;
  rangeEnd: Uint8Array;
}

export function createAuthRoleRevokePermissionRequest(init?: Partial<AuthRoleRevokePermissionRequest>): AuthRoleRevokePermissionRequest {
  if (init === undefined) return { role: "", key: EMPTY, rangeEnd: EMPTY };
  return {
    role: init.role ?? "",
    key: init.key ?? EMPTY,
    rangeEnd: init.rangeEnd ?? EMPTY,
  };
}

export function sizeAuthRoleRevokePermissionRequest(m: AuthRoleRevokePermissionRequest): number {
  let n = 0;
  if (m.role !== "") n += 1 + sizeString(m.role);
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length !== 0) n += 1 + sizeBytes(m.rangeEnd);
  return n;
}

export function writeAuthRoleRevokePermissionRequest(w: Writer, m: AuthRoleRevokePermissionRequest): void {
  if (m.role !== "") {
    w.byte(10);
    w.string(m.role);
  }
  if (m.key.length !== 0) {
    w.byte(18);
    w.bytes(m.key);
  }
  if (m.rangeEnd.length !== 0) {
    w.byte(26);
    w.bytes(m.rangeEnd);
  }
}

export function encodeAuthRoleRevokePermissionRequest(m: AuthRoleRevokePermissionRequest): Uint8Array {
  const size = sizeAuthRoleRevokePermissionRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleRevokePermissionRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleRevokePermissionRequest(r: Reader, end: number, depth: number, into?: AuthRoleRevokePermissionRequest): AuthRoleRevokePermissionRequest {
  if (depth < 0) tooDeep();
  let $role: string = "";
  let $key: Uint8Array = EMPTY;
  let $rangeEnd: Uint8Array = EMPTY;
  if (into !== undefined) {
    $role = into.role;
    $key = into.key;
    $rangeEnd = into.rangeEnd;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $role = r.string(end);
        break;
      case 18:
        $key = r.view(end);
        break;
      case 26:
        $rangeEnd = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { role: $role, key: $key, rangeEnd: $rangeEnd };
}

export function decodeAuthRoleRevokePermissionRequest(bytes: Uint8Array): AuthRoleRevokePermissionRequest {
  return readAuthRoleRevokePermissionRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleRevokePermissionRequest: MessageCodec<AuthRoleRevokePermissionRequest> = {
  typeName: "etcdserverpb.AuthRoleRevokePermissionRequest",
  since: "3.0",
  fields: [
    { name: "role", jsonName: "role", property: "role", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "key", jsonName: "key", property: "key", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "range_end", jsonName: "rangeEnd", property: "rangeEnd", number: 3, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthRoleRevokePermissionRequest(),
  encode: encodeAuthRoleRevokePermissionRequest,
  decode: decodeAuthRoleRevokePermissionRequest,
};

export interface AuthEnableResponse {
  header: ResponseHeader | undefined;
}

export function createAuthEnableResponse(init?: Partial<AuthEnableResponse>): AuthEnableResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthEnableResponse(m: AuthEnableResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthEnableResponse(w: Writer, m: AuthEnableResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthEnableResponse(m: AuthEnableResponse): Uint8Array {
  const size = sizeAuthEnableResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthEnableResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthEnableResponse(r: Reader, end: number, depth: number, into?: AuthEnableResponse): AuthEnableResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthEnableResponse(bytes: Uint8Array): AuthEnableResponse {
  return readAuthEnableResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthEnableResponse: MessageCodec<AuthEnableResponse> = {
  typeName: "etcdserverpb.AuthEnableResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthEnableResponse(),
  encode: encodeAuthEnableResponse,
  decode: decodeAuthEnableResponse,
};

export interface AuthDisableResponse {
  header: ResponseHeader | undefined;
}

export function createAuthDisableResponse(init?: Partial<AuthDisableResponse>): AuthDisableResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthDisableResponse(m: AuthDisableResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthDisableResponse(w: Writer, m: AuthDisableResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthDisableResponse(m: AuthDisableResponse): Uint8Array {
  const size = sizeAuthDisableResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthDisableResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthDisableResponse(r: Reader, end: number, depth: number, into?: AuthDisableResponse): AuthDisableResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthDisableResponse(bytes: Uint8Array): AuthDisableResponse {
  return readAuthDisableResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthDisableResponse: MessageCodec<AuthDisableResponse> = {
  typeName: "etcdserverpb.AuthDisableResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthDisableResponse(),
  encode: encodeAuthDisableResponse,
  decode: decodeAuthDisableResponse,
};

export interface AuthStatusResponse {
  header: ResponseHeader | undefined;
  enabled: boolean;
  /** Counts changes of users and roles. */
  authRevision: number;
}

export function createAuthStatusResponse(init?: Partial<AuthStatusResponse>): AuthStatusResponse {
  if (init === undefined) return { header: undefined, enabled: false, authRevision: 0 };
  return {
    header: init.header ?? undefined,
    enabled: init.enabled ?? false,
    authRevision: init.authRevision ?? 0,
  };
}

export function sizeAuthStatusResponse(m: AuthStatusResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.enabled) n += 1 + 1;
  if (m.authRevision !== 0) n += 1 + sizeUint64(m.authRevision);
  return n;
}

export function writeAuthStatusResponse(w: Writer, m: AuthStatusResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.enabled) {
    w.byte(16);
    w.bool(m.enabled);
  }
  if (m.authRevision !== 0) {
    w.byte(24);
    w.uint64(m.authRevision);
  }
}

export function encodeAuthStatusResponse(m: AuthStatusResponse): Uint8Array {
  const size = sizeAuthStatusResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthStatusResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthStatusResponse(r: Reader, end: number, depth: number, into?: AuthStatusResponse): AuthStatusResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $enabled: boolean = false;
  let $authRevision: number = 0;
  if (into !== undefined) {
    $header = into.header;
    $enabled = into.enabled;
    $authRevision = into.authRevision;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 16:
        $enabled = r.bool();
        break;
      case 24:
        $authRevision = r.uint64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, enabled: $enabled, authRevision: $authRevision };
}

export function decodeAuthStatusResponse(bytes: Uint8Array): AuthStatusResponse {
  return readAuthStatusResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthStatusResponse: MessageCodec<AuthStatusResponse> = {
  typeName: "etcdserverpb.AuthStatusResponse",
  since: "3.5",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "enabled", jsonName: "enabled", property: "enabled", number: 2, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "authRevision", jsonName: "authRevision", property: "authRevision", number: 3, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthStatusResponse(),
  encode: encodeAuthStatusResponse,
  decode: decodeAuthStatusResponse,
};

export interface AuthenticateResponse {
  header: ResponseHeader | undefined;
  token: string;
}

export function createAuthenticateResponse(init?: Partial<AuthenticateResponse>): AuthenticateResponse {
  if (init === undefined) return { header: undefined, token: "" };
  return {
    header: init.header ?? undefined,
    token: init.token ?? "",
  };
}

export function sizeAuthenticateResponse(m: AuthenticateResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  if (m.token !== "") n += 1 + sizeString(m.token);
  return n;
}

export function writeAuthenticateResponse(w: Writer, m: AuthenticateResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  if (m.token !== "") {
    w.byte(18);
    w.string(m.token);
  }
}

export function encodeAuthenticateResponse(m: AuthenticateResponse): Uint8Array {
  const size = sizeAuthenticateResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthenticateResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthenticateResponse(r: Reader, end: number, depth: number, into?: AuthenticateResponse): AuthenticateResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $token: string = "";
  if (into !== undefined) {
    $header = into.header;
    $token = into.token;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $token = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, token: $token };
}

export function decodeAuthenticateResponse(bytes: Uint8Array): AuthenticateResponse {
  return readAuthenticateResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthenticateResponse: MessageCodec<AuthenticateResponse> = {
  typeName: "etcdserverpb.AuthenticateResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "token", jsonName: "token", property: "token", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthenticateResponse(),
  encode: encodeAuthenticateResponse,
  decode: decodeAuthenticateResponse,
};

export interface AuthUserAddResponse {
  header: ResponseHeader | undefined;
}

export function createAuthUserAddResponse(init?: Partial<AuthUserAddResponse>): AuthUserAddResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthUserAddResponse(m: AuthUserAddResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthUserAddResponse(w: Writer, m: AuthUserAddResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthUserAddResponse(m: AuthUserAddResponse): Uint8Array {
  const size = sizeAuthUserAddResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserAddResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserAddResponse(r: Reader, end: number, depth: number, into?: AuthUserAddResponse): AuthUserAddResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthUserAddResponse(bytes: Uint8Array): AuthUserAddResponse {
  return readAuthUserAddResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserAddResponse: MessageCodec<AuthUserAddResponse> = {
  typeName: "etcdserverpb.AuthUserAddResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthUserAddResponse(),
  encode: encodeAuthUserAddResponse,
  decode: decodeAuthUserAddResponse,
};

export interface AuthUserGetResponse {
  header: ResponseHeader | undefined;
  roles: string[];
}

export function createAuthUserGetResponse(init?: Partial<AuthUserGetResponse>): AuthUserGetResponse {
  if (init === undefined) return { header: undefined, roles: [] };
  return {
    header: init.header ?? undefined,
    roles: init.roles ?? [],
  };
}

export function sizeAuthUserGetResponse(m: AuthUserGetResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.roles.length; i++) n += 1 + sizeString(m.roles[i]!);
  return n;
}

export function writeAuthUserGetResponse(w: Writer, m: AuthUserGetResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.roles.length; i++) {
    w.byte(18);
    const v = m.roles[i]!;
    w.string(v);
  }
}

export function encodeAuthUserGetResponse(m: AuthUserGetResponse): Uint8Array {
  const size = sizeAuthUserGetResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserGetResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserGetResponse(r: Reader, end: number, depth: number, into?: AuthUserGetResponse): AuthUserGetResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $roles: string[] = [];
  if (into !== undefined) {
    $header = into.header;
    $roles = into.roles;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $roles.push(r.string(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, roles: $roles };
}

export function decodeAuthUserGetResponse(bytes: Uint8Array): AuthUserGetResponse {
  return readAuthUserGetResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserGetResponse: MessageCodec<AuthUserGetResponse> = {
  typeName: "etcdserverpb.AuthUserGetResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "roles", jsonName: "roles", property: "roles", number: 2, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserGetResponse(),
  encode: encodeAuthUserGetResponse,
  decode: decodeAuthUserGetResponse,
};

export interface AuthUserDeleteResponse {
  header: ResponseHeader | undefined;
}

export function createAuthUserDeleteResponse(init?: Partial<AuthUserDeleteResponse>): AuthUserDeleteResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthUserDeleteResponse(m: AuthUserDeleteResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthUserDeleteResponse(w: Writer, m: AuthUserDeleteResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthUserDeleteResponse(m: AuthUserDeleteResponse): Uint8Array {
  const size = sizeAuthUserDeleteResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserDeleteResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserDeleteResponse(r: Reader, end: number, depth: number, into?: AuthUserDeleteResponse): AuthUserDeleteResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthUserDeleteResponse(bytes: Uint8Array): AuthUserDeleteResponse {
  return readAuthUserDeleteResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserDeleteResponse: MessageCodec<AuthUserDeleteResponse> = {
  typeName: "etcdserverpb.AuthUserDeleteResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthUserDeleteResponse(),
  encode: encodeAuthUserDeleteResponse,
  decode: decodeAuthUserDeleteResponse,
};

export interface AuthUserChangePasswordResponse {
  header: ResponseHeader | undefined;
}

export function createAuthUserChangePasswordResponse(init?: Partial<AuthUserChangePasswordResponse>): AuthUserChangePasswordResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthUserChangePasswordResponse(m: AuthUserChangePasswordResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthUserChangePasswordResponse(w: Writer, m: AuthUserChangePasswordResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthUserChangePasswordResponse(m: AuthUserChangePasswordResponse): Uint8Array {
  const size = sizeAuthUserChangePasswordResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserChangePasswordResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserChangePasswordResponse(r: Reader, end: number, depth: number, into?: AuthUserChangePasswordResponse): AuthUserChangePasswordResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthUserChangePasswordResponse(bytes: Uint8Array): AuthUserChangePasswordResponse {
  return readAuthUserChangePasswordResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserChangePasswordResponse: MessageCodec<AuthUserChangePasswordResponse> = {
  typeName: "etcdserverpb.AuthUserChangePasswordResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthUserChangePasswordResponse(),
  encode: encodeAuthUserChangePasswordResponse,
  decode: decodeAuthUserChangePasswordResponse,
};

export interface AuthUserGrantRoleResponse {
  header: ResponseHeader | undefined;
}

export function createAuthUserGrantRoleResponse(init?: Partial<AuthUserGrantRoleResponse>): AuthUserGrantRoleResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthUserGrantRoleResponse(m: AuthUserGrantRoleResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthUserGrantRoleResponse(w: Writer, m: AuthUserGrantRoleResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthUserGrantRoleResponse(m: AuthUserGrantRoleResponse): Uint8Array {
  const size = sizeAuthUserGrantRoleResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserGrantRoleResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserGrantRoleResponse(r: Reader, end: number, depth: number, into?: AuthUserGrantRoleResponse): AuthUserGrantRoleResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthUserGrantRoleResponse(bytes: Uint8Array): AuthUserGrantRoleResponse {
  return readAuthUserGrantRoleResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserGrantRoleResponse: MessageCodec<AuthUserGrantRoleResponse> = {
  typeName: "etcdserverpb.AuthUserGrantRoleResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthUserGrantRoleResponse(),
  encode: encodeAuthUserGrantRoleResponse,
  decode: decodeAuthUserGrantRoleResponse,
};

export interface AuthUserRevokeRoleResponse {
  header: ResponseHeader | undefined;
}

export function createAuthUserRevokeRoleResponse(init?: Partial<AuthUserRevokeRoleResponse>): AuthUserRevokeRoleResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthUserRevokeRoleResponse(m: AuthUserRevokeRoleResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthUserRevokeRoleResponse(w: Writer, m: AuthUserRevokeRoleResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthUserRevokeRoleResponse(m: AuthUserRevokeRoleResponse): Uint8Array {
  const size = sizeAuthUserRevokeRoleResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserRevokeRoleResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserRevokeRoleResponse(r: Reader, end: number, depth: number, into?: AuthUserRevokeRoleResponse): AuthUserRevokeRoleResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthUserRevokeRoleResponse(bytes: Uint8Array): AuthUserRevokeRoleResponse {
  return readAuthUserRevokeRoleResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserRevokeRoleResponse: MessageCodec<AuthUserRevokeRoleResponse> = {
  typeName: "etcdserverpb.AuthUserRevokeRoleResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthUserRevokeRoleResponse(),
  encode: encodeAuthUserRevokeRoleResponse,
  decode: decodeAuthUserRevokeRoleResponse,
};

export interface AuthRoleAddResponse {
  header: ResponseHeader | undefined;
}

export function createAuthRoleAddResponse(init?: Partial<AuthRoleAddResponse>): AuthRoleAddResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthRoleAddResponse(m: AuthRoleAddResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthRoleAddResponse(w: Writer, m: AuthRoleAddResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthRoleAddResponse(m: AuthRoleAddResponse): Uint8Array {
  const size = sizeAuthRoleAddResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleAddResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleAddResponse(r: Reader, end: number, depth: number, into?: AuthRoleAddResponse): AuthRoleAddResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthRoleAddResponse(bytes: Uint8Array): AuthRoleAddResponse {
  return readAuthRoleAddResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleAddResponse: MessageCodec<AuthRoleAddResponse> = {
  typeName: "etcdserverpb.AuthRoleAddResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthRoleAddResponse(),
  encode: encodeAuthRoleAddResponse,
  decode: decodeAuthRoleAddResponse,
};

export interface AuthRoleGetResponse {
  header: ResponseHeader | undefined;
  perm: auth.Permission[];
}

export function createAuthRoleGetResponse(init?: Partial<AuthRoleGetResponse>): AuthRoleGetResponse {
  if (init === undefined) return { header: undefined, perm: [] };
  return {
    header: init.header ?? undefined,
    perm: init.perm ?? [],
  };
}

export function sizeAuthRoleGetResponse(m: AuthRoleGetResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.perm.length; i++) n += 1 + sizeDelimited(auth.sizePermission(m.perm[i]!));
  return n;
}

export function writeAuthRoleGetResponse(w: Writer, m: AuthRoleGetResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.perm.length; i++) {
    w.byte(18);
    const v = m.perm[i]!;
    w.uint32(auth.sizePermission(v)); auth.writePermission(w, v);
  }
}

export function encodeAuthRoleGetResponse(m: AuthRoleGetResponse): Uint8Array {
  const size = sizeAuthRoleGetResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleGetResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleGetResponse(r: Reader, end: number, depth: number, into?: AuthRoleGetResponse): AuthRoleGetResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $perm: auth.Permission[] = [];
  if (into !== undefined) {
    $header = into.header;
    $perm = into.perm;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $perm.push(auth.readPermission(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, perm: $perm };
}

export function decodeAuthRoleGetResponse(bytes: Uint8Array): AuthRoleGetResponse {
  return readAuthRoleGetResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleGetResponse: MessageCodec<AuthRoleGetResponse> = {
  typeName: "etcdserverpb.AuthRoleGetResponse",
  since: undefined,
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.0", message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "perm", jsonName: "perm", property: "perm", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: "3.0", message: () => auth.Permission as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthRoleGetResponse(),
  encode: encodeAuthRoleGetResponse,
  decode: decodeAuthRoleGetResponse,
};

export interface AuthRoleListResponse {
  header: ResponseHeader | undefined;
  roles: string[];
}

export function createAuthRoleListResponse(init?: Partial<AuthRoleListResponse>): AuthRoleListResponse {
  if (init === undefined) return { header: undefined, roles: [] };
  return {
    header: init.header ?? undefined,
    roles: init.roles ?? [],
  };
}

export function sizeAuthRoleListResponse(m: AuthRoleListResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.roles.length; i++) n += 1 + sizeString(m.roles[i]!);
  return n;
}

export function writeAuthRoleListResponse(w: Writer, m: AuthRoleListResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.roles.length; i++) {
    w.byte(18);
    const v = m.roles[i]!;
    w.string(v);
  }
}

export function encodeAuthRoleListResponse(m: AuthRoleListResponse): Uint8Array {
  const size = sizeAuthRoleListResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleListResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleListResponse(r: Reader, end: number, depth: number, into?: AuthRoleListResponse): AuthRoleListResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $roles: string[] = [];
  if (into !== undefined) {
    $header = into.header;
    $roles = into.roles;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $roles.push(r.string(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, roles: $roles };
}

export function decodeAuthRoleListResponse(bytes: Uint8Array): AuthRoleListResponse {
  return readAuthRoleListResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleListResponse: MessageCodec<AuthRoleListResponse> = {
  typeName: "etcdserverpb.AuthRoleListResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "roles", jsonName: "roles", property: "roles", number: 2, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthRoleListResponse(),
  encode: encodeAuthRoleListResponse,
  decode: decodeAuthRoleListResponse,
};

export interface AuthUserListResponse {
  header: ResponseHeader | undefined;
  users: string[];
}

export function createAuthUserListResponse(init?: Partial<AuthUserListResponse>): AuthUserListResponse {
  if (init === undefined) return { header: undefined, users: [] };
  return {
    header: init.header ?? undefined,
    users: init.users ?? [],
  };
}

export function sizeAuthUserListResponse(m: AuthUserListResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  for (let i = 0; i < m.users.length; i++) n += 1 + sizeString(m.users[i]!);
  return n;
}

export function writeAuthUserListResponse(w: Writer, m: AuthUserListResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
  for (let i = 0; i < m.users.length; i++) {
    w.byte(18);
    const v = m.users[i]!;
    w.string(v);
  }
}

export function encodeAuthUserListResponse(m: AuthUserListResponse): Uint8Array {
  const size = sizeAuthUserListResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthUserListResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthUserListResponse(r: Reader, end: number, depth: number, into?: AuthUserListResponse): AuthUserListResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  let $users: string[] = [];
  if (into !== undefined) {
    $header = into.header;
    $users = into.users;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $users.push(r.string(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, users: $users };
}

export function decodeAuthUserListResponse(bytes: Uint8Array): AuthUserListResponse {
  return readAuthUserListResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthUserListResponse: MessageCodec<AuthUserListResponse> = {
  typeName: "etcdserverpb.AuthUserListResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "users", jsonName: "users", property: "users", number: 2, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAuthUserListResponse(),
  encode: encodeAuthUserListResponse,
  decode: decodeAuthUserListResponse,
};

export interface AuthRoleDeleteResponse {
  header: ResponseHeader | undefined;
}

export function createAuthRoleDeleteResponse(init?: Partial<AuthRoleDeleteResponse>): AuthRoleDeleteResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthRoleDeleteResponse(m: AuthRoleDeleteResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthRoleDeleteResponse(w: Writer, m: AuthRoleDeleteResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthRoleDeleteResponse(m: AuthRoleDeleteResponse): Uint8Array {
  const size = sizeAuthRoleDeleteResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleDeleteResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleDeleteResponse(r: Reader, end: number, depth: number, into?: AuthRoleDeleteResponse): AuthRoleDeleteResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthRoleDeleteResponse(bytes: Uint8Array): AuthRoleDeleteResponse {
  return readAuthRoleDeleteResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleDeleteResponse: MessageCodec<AuthRoleDeleteResponse> = {
  typeName: "etcdserverpb.AuthRoleDeleteResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthRoleDeleteResponse(),
  encode: encodeAuthRoleDeleteResponse,
  decode: decodeAuthRoleDeleteResponse,
};

export interface AuthRoleGrantPermissionResponse {
  header: ResponseHeader | undefined;
}

export function createAuthRoleGrantPermissionResponse(init?: Partial<AuthRoleGrantPermissionResponse>): AuthRoleGrantPermissionResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthRoleGrantPermissionResponse(m: AuthRoleGrantPermissionResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthRoleGrantPermissionResponse(w: Writer, m: AuthRoleGrantPermissionResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthRoleGrantPermissionResponse(m: AuthRoleGrantPermissionResponse): Uint8Array {
  const size = sizeAuthRoleGrantPermissionResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleGrantPermissionResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleGrantPermissionResponse(r: Reader, end: number, depth: number, into?: AuthRoleGrantPermissionResponse): AuthRoleGrantPermissionResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthRoleGrantPermissionResponse(bytes: Uint8Array): AuthRoleGrantPermissionResponse {
  return readAuthRoleGrantPermissionResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleGrantPermissionResponse: MessageCodec<AuthRoleGrantPermissionResponse> = {
  typeName: "etcdserverpb.AuthRoleGrantPermissionResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthRoleGrantPermissionResponse(),
  encode: encodeAuthRoleGrantPermissionResponse,
  decode: decodeAuthRoleGrantPermissionResponse,
};

export interface AuthRoleRevokePermissionResponse {
  header: ResponseHeader | undefined;
}

export function createAuthRoleRevokePermissionResponse(init?: Partial<AuthRoleRevokePermissionResponse>): AuthRoleRevokePermissionResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeAuthRoleRevokePermissionResponse(m: AuthRoleRevokePermissionResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(sizeResponseHeader(m.header));
  return n;
}

export function writeAuthRoleRevokePermissionResponse(w: Writer, m: AuthRoleRevokePermissionResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(sizeResponseHeader(m.header)); writeResponseHeader(w, m.header);
  }
}

export function encodeAuthRoleRevokePermissionResponse(m: AuthRoleRevokePermissionResponse): Uint8Array {
  const size = sizeAuthRoleRevokePermissionResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAuthRoleRevokePermissionResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAuthRoleRevokePermissionResponse(r: Reader, end: number, depth: number, into?: AuthRoleRevokePermissionResponse): AuthRoleRevokePermissionResponse {
  if (depth < 0) tooDeep();
  let $header: ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeAuthRoleRevokePermissionResponse(bytes: Uint8Array): AuthRoleRevokePermissionResponse {
  return readAuthRoleRevokePermissionResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const AuthRoleRevokePermissionResponse: MessageCodec<AuthRoleRevokePermissionResponse> = {
  typeName: "etcdserverpb.AuthRoleRevokePermissionResponse",
  since: "3.0",
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createAuthRoleRevokePermissionResponse(),
  encode: encodeAuthRoleRevokePermissionResponse,
  decode: decodeAuthRoleRevokePermissionResponse,
};

/** One piece of a streamed range. Header, more and count stand in the last one only. */
export interface RangeStreamResponse {
  rangeResponse: RangeResponse | undefined;
}

export function createRangeStreamResponse(init?: Partial<RangeStreamResponse>): RangeStreamResponse {
  if (init === undefined) return { rangeResponse: undefined };
  return {
    rangeResponse: init.rangeResponse ?? undefined,
  };
}

export function sizeRangeStreamResponse(m: RangeStreamResponse): number {
  let n = 0;
  if (m.rangeResponse !== undefined) n += 1 + sizeDelimited(sizeRangeResponse(m.rangeResponse));
  return n;
}

export function writeRangeStreamResponse(w: Writer, m: RangeStreamResponse): void {
  if (m.rangeResponse !== undefined) {
    w.byte(10);
    w.uint32(sizeRangeResponse(m.rangeResponse)); writeRangeResponse(w, m.rangeResponse);
  }
}

export function encodeRangeStreamResponse(m: RangeStreamResponse): Uint8Array {
  const size = sizeRangeStreamResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRangeStreamResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRangeStreamResponse(r: Reader, end: number, depth: number, into?: RangeStreamResponse): RangeStreamResponse {
  if (depth < 0) tooDeep();
  let $rangeResponse: RangeResponse | undefined = undefined;
  if (into !== undefined) {
    $rangeResponse = into.rangeResponse;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $rangeResponse = readRangeResponse(r, r.sub(end), depth - 1, $rangeResponse);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { rangeResponse: $rangeResponse };
}

export function decodeRangeStreamResponse(bytes: Uint8Array): RangeStreamResponse {
  return readRangeStreamResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const RangeStreamResponse: MessageCodec<RangeStreamResponse> = {
  typeName: "etcdserverpb.RangeStreamResponse",
  since: "3.7",
  fields: [
    { name: "range_response", jsonName: "rangeResponse", property: "rangeResponse", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => RangeResponse as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createRangeStreamResponse(),
  encode: encodeRangeStreamResponse,
  decode: decodeRangeStreamResponse,
};

/** Keys and values. Every change makes one revision and, for watchers, one event per key. */
export const KVService: ServiceDescriptor = {
  typeName: "etcdserverpb.KV",
  methods: [
    { name: "Range", input: RangeRequest, output: RangeResponse, clientStream: false, serverStream: false, paths: ["/v3/kv/range"] },
    /** A range in several answers, for results that are too large for one. Since 3.7, not on the gateway. */
    { name: "RangeStream", input: RangeRequest, output: RangeStreamResponse, clientStream: false, serverStream: true, paths: [] },
    { name: "Put", input: PutRequest, output: PutResponse, clientStream: false, serverStream: false, paths: ["/v3/kv/put"] },
    { name: "DeleteRange", input: DeleteRangeRequest, output: DeleteRangeResponse, clientStream: false, serverStream: false, paths: ["/v3/kv/deleterange"] },
    { name: "Txn", input: TxnRequest, output: TxnResponse, clientStream: false, serverStream: false, paths: ["/v3/kv/txn"] },
    { name: "Compact", input: CompactionRequest, output: CompactionResponse, clientStream: false, serverStream: false, paths: ["/v3/kv/compaction"] },
  ],
};

/** Events of the store's history, many watchers on one stream. */
export const WatchService: ServiceDescriptor = {
  typeName: "etcdserverpb.Watch",
  methods: [
    { name: "Watch", input: WatchRequest, output: WatchResponse, clientStream: true, serverStream: true, paths: ["/v3/watch"] },
  ],
};

/** Time-limited grants that keys can hang on. */
export const LeaseService: ServiceDescriptor = {
  typeName: "etcdserverpb.Lease",
  methods: [
    { name: "LeaseGrant", input: LeaseGrantRequest, output: LeaseGrantResponse, clientStream: false, serverStream: false, paths: ["/v3/lease/grant"] },
    { name: "LeaseRevoke", input: LeaseRevokeRequest, output: LeaseRevokeResponse, clientStream: false, serverStream: false, paths: ["/v3/lease/revoke","/v3/kv/lease/revoke"] },
    { name: "LeaseKeepAlive", input: LeaseKeepAliveRequest, output: LeaseKeepAliveResponse, clientStream: true, serverStream: true, paths: ["/v3/lease/keepalive"] },
    { name: "LeaseTimeToLive", input: LeaseTimeToLiveRequest, output: LeaseTimeToLiveResponse, clientStream: false, serverStream: false, paths: ["/v3/lease/timetolive","/v3/kv/lease/timetolive"] },
    { name: "LeaseLeases", input: LeaseLeasesRequest, output: LeaseLeasesResponse, clientStream: false, serverStream: false, paths: ["/v3/lease/leases","/v3/kv/lease/leases"] },
  ],
};

/** Who is a member. */
export const ClusterService: ServiceDescriptor = {
  typeName: "etcdserverpb.Cluster",
  methods: [
    { name: "MemberAdd", input: MemberAddRequest, output: MemberAddResponse, clientStream: false, serverStream: false, paths: ["/v3/cluster/member/add"] },
    { name: "MemberRemove", input: MemberRemoveRequest, output: MemberRemoveResponse, clientStream: false, serverStream: false, paths: ["/v3/cluster/member/remove"] },
    { name: "MemberUpdate", input: MemberUpdateRequest, output: MemberUpdateResponse, clientStream: false, serverStream: false, paths: ["/v3/cluster/member/update"] },
    { name: "MemberList", input: MemberListRequest, output: MemberListResponse, clientStream: false, serverStream: false, paths: ["/v3/cluster/member/list"] },
    { name: "MemberPromote", input: MemberPromoteRequest, output: MemberPromoteResponse, clientStream: false, serverStream: false, paths: ["/v3/cluster/member/promote"] },
  ],
};

/** What an operator needs: alarms, status, hashes, snapshots, leadership, downgrade. */
export const MaintenanceService: ServiceDescriptor = {
  typeName: "etcdserverpb.Maintenance",
  methods: [
    { name: "Alarm", input: AlarmRequest, output: AlarmResponse, clientStream: false, serverStream: false, paths: ["/v3/maintenance/alarm"] },
    { name: "Status", input: StatusRequest, output: StatusResponse, clientStream: false, serverStream: false, paths: ["/v3/maintenance/status"] },
    { name: "Defragment", input: DefragmentRequest, output: DefragmentResponse, clientStream: false, serverStream: false, paths: ["/v3/maintenance/defragment"] },
    { name: "Hash", input: HashRequest, output: HashResponse, clientStream: false, serverStream: false, paths: ["/v3/maintenance/hash"] },
    { name: "HashKV", input: HashKVRequest, output: HashKVResponse, clientStream: false, serverStream: false, paths: ["/v3/maintenance/hashkv"] },
    { name: "Snapshot", input: SnapshotRequest, output: SnapshotResponse, clientStream: false, serverStream: true, paths: ["/v3/maintenance/snapshot"] },
    { name: "MoveLeader", input: MoveLeaderRequest, output: MoveLeaderResponse, clientStream: false, serverStream: false, paths: ["/v3/maintenance/transfer-leadership"] },
    { name: "Downgrade", input: DowngradeRequest, output: DowngradeResponse, clientStream: false, serverStream: false, paths: ["/v3/maintenance/downgrade"] },
  ],
};

/** Users, roles and whether they matter. */
export const AuthService: ServiceDescriptor = {
  typeName: "etcdserverpb.Auth",
  methods: [
    { name: "AuthEnable", input: AuthEnableRequest, output: AuthEnableResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/enable"] },
    { name: "AuthDisable", input: AuthDisableRequest, output: AuthDisableResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/disable"] },
    { name: "AuthStatus", input: AuthStatusRequest, output: AuthStatusResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/status"] },
    { name: "Authenticate", input: AuthenticateRequest, output: AuthenticateResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/authenticate"] },
    { name: "UserAdd", input: AuthUserAddRequest, output: AuthUserAddResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/user/add"] },
    { name: "UserGet", input: AuthUserGetRequest, output: AuthUserGetResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/user/get"] },
    { name: "UserList", input: AuthUserListRequest, output: AuthUserListResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/user/list"] },
    { name: "UserDelete", input: AuthUserDeleteRequest, output: AuthUserDeleteResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/user/delete"] },
    { name: "UserChangePassword", input: AuthUserChangePasswordRequest, output: AuthUserChangePasswordResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/user/changepw"] },
    { name: "UserGrantRole", input: AuthUserGrantRoleRequest, output: AuthUserGrantRoleResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/user/grant"] },
    { name: "UserRevokeRole", input: AuthUserRevokeRoleRequest, output: AuthUserRevokeRoleResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/user/revoke"] },
    { name: "RoleAdd", input: AuthRoleAddRequest, output: AuthRoleAddResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/role/add"] },
    { name: "RoleGet", input: AuthRoleGetRequest, output: AuthRoleGetResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/role/get"] },
    { name: "RoleList", input: AuthRoleListRequest, output: AuthRoleListResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/role/list"] },
    { name: "RoleDelete", input: AuthRoleDeleteRequest, output: AuthRoleDeleteResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/role/delete"] },
    { name: "RoleGrantPermission", input: AuthRoleGrantPermissionRequest, output: AuthRoleGrantPermissionResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/role/grant"] },
    { name: "RoleRevokePermission", input: AuthRoleRevokePermissionRequest, output: AuthRoleRevokePermissionResponse, clientStream: false, serverStream: false, paths: ["/v3/auth/role/revoke"] },
  ],
};
