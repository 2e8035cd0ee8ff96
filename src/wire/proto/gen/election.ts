// Written by scripts/gen-proto.mjs from proto/election.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec, ServiceDescriptor } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeDelimited, sizeId, sizeInt64, Writer } from "../writer.ts";
import * as rpc from "./rpc.ts";
import * as kv from "./kv.ts";

export interface CampaignRequest {
  name: Uint8Array;
  lease: bigint;
  /** What the leader announces. */
  value: Uint8Array;
}

export function createCampaignRequest(init?: Partial<CampaignRequest>): CampaignRequest {
  if (init === undefined) return { name: EMPTY, lease: 0n, value: EMPTY };
  return {
    name: init.name ?? EMPTY,
    lease: init.lease ?? 0n,
    value: init.value ?? EMPTY,
  };
}

export function sizeCampaignRequest(m: CampaignRequest): number {
  let n = 0;
  if (m.name.length !== 0) n += 1 + sizeBytes(m.name);
  if (m.lease !== 0n) n += 1 + sizeId(m.lease);
  if (m.value.length !== 0) n += 1 + sizeBytes(m.value);
  return n;
}

export function writeCampaignRequest(w: Writer, m: CampaignRequest): void {
  if (m.name.length !== 0) {
    w.byte(10);
    w.bytes(m.name);
  }
  if (m.lease !== 0n) {
    w.byte(16);
    w.id(m.lease);
  }
  if (m.value.length !== 0) {
    w.byte(26);
    w.bytes(m.value);
  }
}

export function encodeCampaignRequest(m: CampaignRequest): Uint8Array {
  const size = sizeCampaignRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeCampaignRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readCampaignRequest(r: Reader, end: number, depth: number, into?: CampaignRequest): CampaignRequest {
  if (depth < 0) tooDeep();
  let $name: Uint8Array = EMPTY;
  let $lease: bigint = 0n;
  let $value: Uint8Array = EMPTY;
  if (into !== undefined) {
    $name = into.name;
    $lease = into.lease;
    $value = into.value;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.view(end);
        break;
      case 16:
        $lease = r.int64Id();
        break;
      case 26:
        $value = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, lease: $lease, value: $value };
}

export function decodeCampaignRequest(bytes: Uint8Array): CampaignRequest {
  return readCampaignRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const CampaignRequest: MessageCodec<CampaignRequest> = {
  typeName: "v3electionpb.CampaignRequest",
  since: undefined,
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "lease", jsonName: "lease", property: "lease", number: 2, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "value", jsonName: "value", property: "value", number: 3, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createCampaignRequest(),
  encode: encodeCampaignRequest,
  decode: decodeCampaignRequest,
};

/** Comes when the caller leads. */
export interface CampaignResponse {
  header: rpc.ResponseHeader | undefined;
  leader: LeaderKey | undefined;
}

export function createCampaignResponse(init?: Partial<CampaignResponse>): CampaignResponse {
  if (init === undefined) return { header: undefined, leader: undefined };
  return {
    header: init.header ?? undefined,
    leader: init.leader ?? undefined,
  };
}

export function sizeCampaignResponse(m: CampaignResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(rpc.sizeResponseHeader(m.header));
  if (m.leader !== undefined) n += 1 + sizeDelimited(sizeLeaderKey(m.leader));
  return n;
}

export function writeCampaignResponse(w: Writer, m: CampaignResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeResponseHeader(m.header)); rpc.writeResponseHeader(w, m.header);
  }
  if (m.leader !== undefined) {
    w.byte(18);
    w.uint32(sizeLeaderKey(m.leader)); writeLeaderKey(w, m.leader);
  }
}

export function encodeCampaignResponse(m: CampaignResponse): Uint8Array {
  const size = sizeCampaignResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeCampaignResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readCampaignResponse(r: Reader, end: number, depth: number, into?: CampaignResponse): CampaignResponse {
  if (depth < 0) tooDeep();
  let $header: rpc.ResponseHeader | undefined = undefined;
  let $leader: LeaderKey | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
    $leader = into.leader;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = rpc.readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $leader = readLeaderKey(r, r.sub(end), depth - 1, $leader);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, leader: $leader };
}

export function decodeCampaignResponse(bytes: Uint8Array): CampaignResponse {
  return readCampaignResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const CampaignResponse: MessageCodec<CampaignResponse> = {
  typeName: "v3electionpb.CampaignResponse",
  since: undefined,
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "leader", jsonName: "leader", property: "leader", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => LeaderKey as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createCampaignResponse(),
  encode: encodeCampaignResponse,
  decode: decodeCampaignResponse,
};

/** Proof of leadership: a key that exists at a revision. */
export interface LeaderKey {
  name: Uint8Array;
  key: Uint8Array;
  /** create_revision of the key. */
  rev: number;
  lease: bigint;
}

export function createLeaderKey(init?: Partial<LeaderKey>): LeaderKey {
  if (init === undefined) return { name: EMPTY, key: EMPTY, rev: 0, lease: 0n };
  return {
    name: init.name ?? EMPTY,
    key: init.key ?? EMPTY,
    rev: init.rev ?? 0,
    lease: init.lease ?? 0n,
  };
}

export function sizeLeaderKey(m: LeaderKey): number {
  let n = 0;
  if (m.name.length !== 0) n += 1 + sizeBytes(m.name);
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.rev !== 0) n += 1 + sizeInt64(m.rev);
  if (m.lease !== 0n) n += 1 + sizeId(m.lease);
  return n;
}

export function writeLeaderKey(w: Writer, m: LeaderKey): void {
  if (m.name.length !== 0) {
    w.byte(10);
    w.bytes(m.name);
  }
  if (m.key.length !== 0) {
    w.byte(18);
    w.bytes(m.key);
  }
  if (m.rev !== 0) {
    w.byte(24);
    w.int64(m.rev);
  }
  if (m.lease !== 0n) {
    w.byte(32);
    w.id(m.lease);
  }
}

export function encodeLeaderKey(m: LeaderKey): Uint8Array {
  const size = sizeLeaderKey(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaderKey(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaderKey(r: Reader, end: number, depth: number, into?: LeaderKey): LeaderKey {
  if (depth < 0) tooDeep();
  let $name: Uint8Array = EMPTY;
  let $key: Uint8Array = EMPTY;
  let $rev: number = 0;
  let $lease: bigint = 0n;
  if (into !== undefined) {
    $name = into.name;
    $key = into.key;
    $rev = into.rev;
    $lease = into.lease;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.view(end);
        break;
      case 18:
        $key = r.view(end);
        break;
      case 24:
        $rev = r.int64();
        break;
      case 32:
        $lease = r.int64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, key: $key, rev: $rev, lease: $lease };
}

export function decodeLeaderKey(bytes: Uint8Array): LeaderKey {
  return readLeaderKey(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaderKey: MessageCodec<LeaderKey> = {
  typeName: "v3electionpb.LeaderKey",
  since: undefined,
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "key", jsonName: "key", property: "key", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "rev", jsonName: "rev", property: "rev", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "lease", jsonName: "lease", property: "lease", number: 4, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaderKey(),
  encode: encodeLeaderKey,
  decode: decodeLeaderKey,
};

export interface LeaderRequest {
  name: Uint8Array;
}

export function createLeaderRequest(init?: Partial<LeaderRequest>): LeaderRequest {
  if (init === undefined) return { name: EMPTY };
  return {
    name: init.name ?? EMPTY,
  };
}

export function sizeLeaderRequest(m: LeaderRequest): number {
  let n = 0;
  if (m.name.length !== 0) n += 1 + sizeBytes(m.name);
  return n;
}

export function writeLeaderRequest(w: Writer, m: LeaderRequest): void {
  if (m.name.length !== 0) {
    w.byte(10);
    w.bytes(m.name);
  }
}

export function encodeLeaderRequest(m: LeaderRequest): Uint8Array {
  const size = sizeLeaderRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaderRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaderRequest(r: Reader, end: number, depth: number, into?: LeaderRequest): LeaderRequest {
  if (depth < 0) tooDeep();
  let $name: Uint8Array = EMPTY;
  if (into !== undefined) {
    $name = into.name;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name };
}

export function decodeLeaderRequest(bytes: Uint8Array): LeaderRequest {
  return readLeaderRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaderRequest: MessageCodec<LeaderRequest> = {
  typeName: "v3electionpb.LeaderRequest",
  since: undefined,
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLeaderRequest(),
  encode: encodeLeaderRequest,
  decode: decodeLeaderRequest,
};

export interface LeaderResponse {
  header: rpc.ResponseHeader | undefined;
  kv: kv.KeyValue | undefined;
}

export function createLeaderResponse(init?: Partial<LeaderResponse>): LeaderResponse {
  if (init === undefined) return { header: undefined, kv: undefined };
  return {
    header: init.header ?? undefined,
    kv: init.kv ?? undefined,
  };
}

export function sizeLeaderResponse(m: LeaderResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(rpc.sizeResponseHeader(m.header));
  if (m.kv !== undefined) n += 1 + sizeDelimited(kv.sizeKeyValue(m.kv));
  return n;
}

export function writeLeaderResponse(w: Writer, m: LeaderResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeResponseHeader(m.header)); rpc.writeResponseHeader(w, m.header);
  }
  if (m.kv !== undefined) {
    w.byte(18);
    w.uint32(kv.sizeKeyValue(m.kv)); kv.writeKeyValue(w, m.kv);
  }
}

export function encodeLeaderResponse(m: LeaderResponse): Uint8Array {
  const size = sizeLeaderResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaderResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaderResponse(r: Reader, end: number, depth: number, into?: LeaderResponse): LeaderResponse {
  if (depth < 0) tooDeep();
  let $header: rpc.ResponseHeader | undefined = undefined;
  let $kv: kv.KeyValue | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
    $kv = into.kv;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = rpc.readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $kv = kv.readKeyValue(r, r.sub(end), depth - 1, $kv);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, kv: $kv };
}

export function decodeLeaderResponse(bytes: Uint8Array): LeaderResponse {
  return readLeaderResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaderResponse: MessageCodec<LeaderResponse> = {
  typeName: "v3electionpb.LeaderResponse",
  since: undefined,
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "kv", jsonName: "kv", property: "kv", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => kv.KeyValue as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createLeaderResponse(),
  encode: encodeLeaderResponse,
  decode: decodeLeaderResponse,
};

export interface ResignRequest {
  leader: LeaderKey | undefined;
}

export function createResignRequest(init?: Partial<ResignRequest>): ResignRequest {
  if (init === undefined) return { leader: undefined };
  return {
    leader: init.leader ?? undefined,
  };
}

export function sizeResignRequest(m: ResignRequest): number {
  let n = 0;
  if (m.leader !== undefined) n += 1 + sizeDelimited(sizeLeaderKey(m.leader));
  return n;
}

export function writeResignRequest(w: Writer, m: ResignRequest): void {
  if (m.leader !== undefined) {
    w.byte(10);
    w.uint32(sizeLeaderKey(m.leader)); writeLeaderKey(w, m.leader);
  }
}

export function encodeResignRequest(m: ResignRequest): Uint8Array {
  const size = sizeResignRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeResignRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readResignRequest(r: Reader, end: number, depth: number, into?: ResignRequest): ResignRequest {
  if (depth < 0) tooDeep();
  let $leader: LeaderKey | undefined = undefined;
  if (into !== undefined) {
    $leader = into.leader;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $leader = readLeaderKey(r, r.sub(end), depth - 1, $leader);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { leader: $leader };
}

export function decodeResignRequest(bytes: Uint8Array): ResignRequest {
  return readResignRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ResignRequest: MessageCodec<ResignRequest> = {
  typeName: "v3electionpb.ResignRequest",
  since: undefined,
  fields: [
    { name: "leader", jsonName: "leader", property: "leader", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => LeaderKey as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createResignRequest(),
  encode: encodeResignRequest,
  decode: decodeResignRequest,
};

export interface ResignResponse {
  header: rpc.ResponseHeader | undefined;
}

export function createResignResponse(init?: Partial<ResignResponse>): ResignResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeResignResponse(m: ResignResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(rpc.sizeResponseHeader(m.header));
  return n;
}

export function writeResignResponse(w: Writer, m: ResignResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeResponseHeader(m.header)); rpc.writeResponseHeader(w, m.header);
  }
}

export function encodeResignResponse(m: ResignResponse): Uint8Array {
  const size = sizeResignResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeResignResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readResignResponse(r: Reader, end: number, depth: number, into?: ResignResponse): ResignResponse {
  if (depth < 0) tooDeep();
  let $header: rpc.ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = rpc.readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeResignResponse(bytes: Uint8Array): ResignResponse {
  return readResignResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ResignResponse: MessageCodec<ResignResponse> = {
  typeName: "v3electionpb.ResignResponse",
  since: undefined,
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createResignResponse(),
  encode: encodeResignResponse,
  decode: decodeResignResponse,
};

export interface ProclaimRequest {
  leader: LeaderKey | undefined;
  value: Uint8Array;
}

export function createProclaimRequest(init?: Partial<ProclaimRequest>): ProclaimRequest {
  if (init === undefined) return { leader: undefined, value: EMPTY };
  return {
    leader: init.leader ?? undefined,
    value: init.value ?? EMPTY,
  };
}

export function sizeProclaimRequest(m: ProclaimRequest): number {
  let n = 0;
  if (m.leader !== undefined) n += 1 + sizeDelimited(sizeLeaderKey(m.leader));
  if (m.value.length !== 0) n += 1 + sizeBytes(m.value);
  return n;
}

export function writeProclaimRequest(w: Writer, m: ProclaimRequest): void {
  if (m.leader !== undefined) {
    w.byte(10);
    w.uint32(sizeLeaderKey(m.leader)); writeLeaderKey(w, m.leader);
  }
  if (m.value.length !== 0) {
    w.byte(18);
    w.bytes(m.value);
  }
}

export function encodeProclaimRequest(m: ProclaimRequest): Uint8Array {
  const size = sizeProclaimRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeProclaimRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readProclaimRequest(r: Reader, end: number, depth: number, into?: ProclaimRequest): ProclaimRequest {
  if (depth < 0) tooDeep();
  let $leader: LeaderKey | undefined = undefined;
  let $value: Uint8Array = EMPTY;
  if (into !== undefined) {
    $leader = into.leader;
    $value = into.value;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $leader = readLeaderKey(r, r.sub(end), depth - 1, $leader);
        break;
      case 18:
        $value = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { leader: $leader, value: $value };
}

export function decodeProclaimRequest(bytes: Uint8Array): ProclaimRequest {
  return readProclaimRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ProclaimRequest: MessageCodec<ProclaimRequest> = {
  typeName: "v3electionpb.ProclaimRequest",
  since: undefined,
  fields: [
    { name: "leader", jsonName: "leader", property: "leader", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => LeaderKey as MessageCodec<unknown>, enumeration: undefined },
    { name: "value", jsonName: "value", property: "value", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createProclaimRequest(),
  encode: encodeProclaimRequest,
  decode: decodeProclaimRequest,
};

export interface ProclaimResponse {
  header: rpc.ResponseHeader | undefined;
}

export function createProclaimResponse(init?: Partial<ProclaimResponse>): ProclaimResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeProclaimResponse(m: ProclaimResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(rpc.sizeResponseHeader(m.header));
  return n;
}

export function writeProclaimResponse(w: Writer, m: ProclaimResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeResponseHeader(m.header)); rpc.writeResponseHeader(w, m.header);
  }
}

export function encodeProclaimResponse(m: ProclaimResponse): Uint8Array {
  const size = sizeProclaimResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeProclaimResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readProclaimResponse(r: Reader, end: number, depth: number, into?: ProclaimResponse): ProclaimResponse {
  if (depth < 0) tooDeep();
  let $header: rpc.ResponseHeader | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = rpc.readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header };
}

export function decodeProclaimResponse(bytes: Uint8Array): ProclaimResponse {
  return readProclaimResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ProclaimResponse: MessageCodec<ProclaimResponse> = {
  typeName: "v3electionpb.ProclaimResponse",
  since: undefined,
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createProclaimResponse(),
  encode: encodeProclaimResponse,
  decode: decodeProclaimResponse,
};

export const ElectionService: ServiceDescriptor = {
  typeName: "v3electionpb.Election",
  methods: [
    { name: "Campaign", input: CampaignRequest, output: CampaignResponse, clientStream: false, serverStream: false, paths: ["/v3/election/campaign"] },
    { name: "Proclaim", input: ProclaimRequest, output: ProclaimResponse, clientStream: false, serverStream: false, paths: ["/v3/election/proclaim"] },
    { name: "Leader", input: LeaderRequest, output: LeaderResponse, clientStream: false, serverStream: false, paths: ["/v3/election/leader"] },
    { name: "Observe", input: LeaderRequest, output: LeaderResponse, clientStream: false, serverStream: true, paths: ["/v3/election/observe"] },
    { name: "Resign", input: ResignRequest, output: ResignResponse, clientStream: false, serverStream: false, paths: ["/v3/election/resign"] },
  ],
};
