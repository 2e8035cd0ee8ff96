// Written by scripts/gen-proto.mjs from proto/leasepb.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeDelimited, sizeId, sizeInt64, Writer } from "../writer.ts";
import * as rpc from "./rpc.ts";

export interface Lease {
  ID: bigint;
  TTL: number;
  /** Seconds left at the last checkpoint; 0: none was made. */
  remainingTTL: number;
}

export function createLease(init?: Partial<Lease>): Lease {
  if (init === undefined) return { ID: 0n, TTL: 0, remainingTTL: 0 };
  return {
    ID: init.ID ?? 0n,
    TTL: init.TTL ?? 0,
    remainingTTL: init.remainingTTL ?? 0,
  };
}

export function sizeLease(m: Lease): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.TTL !== 0) n += 1 + sizeInt64(m.TTL);
  if (m.remainingTTL !== 0) n += 1 + sizeInt64(m.remainingTTL);
  return n;
}

export function writeLease(w: Writer, m: Lease): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  if (m.TTL !== 0) {
    w.byte(16);
    w.int64(m.TTL);
  }
  if (m.remainingTTL !== 0) {
    w.byte(24);
    w.int64(m.remainingTTL);
  }
}

export function encodeLease(m: Lease): Uint8Array {
  const size = sizeLease(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLease(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLease(r: Reader, end: number, depth: number, into?: Lease): Lease {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  let $TTL: number = 0;
  let $remainingTTL: number = 0;
  if (into !== undefined) {
    $ID = into.ID;
    $TTL = into.TTL;
    $remainingTTL = into.remainingTTL;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.int64Id();
        break;
      case 16:
        $TTL = r.int64();
        break;
      case 24:
        $remainingTTL = r.int64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, TTL: $TTL, remainingTTL: $remainingTTL };
}

export function decodeLease(bytes: Uint8Array): Lease {
  return readLease(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Lease: MessageCodec<Lease> = {
  typeName: "leasepb.Lease",
  since: undefined,
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "TTL", jsonName: "TTL", property: "TTL", number: 2, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "RemainingTTL", jsonName: "RemainingTTL", property: "remainingTTL", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLease(),
  encode: encodeLease,
  decode: decodeLease,
};

export interface LeaseInternalRequest {
  leaseTimeToLiveRequest: rpc.LeaseTimeToLiveRequest | undefined;
}

export function createLeaseInternalRequest(init?: Partial<LeaseInternalRequest>): LeaseInternalRequest {
  if (init === undefined) return { leaseTimeToLiveRequest: undefined };
  return {
    leaseTimeToLiveRequest: init.leaseTimeToLiveRequest ?? undefined,
  };
}

export function sizeLeaseInternalRequest(m: LeaseInternalRequest): number {
  let n = 0;
  if (m.leaseTimeToLiveRequest !== undefined) n += 1 + sizeDelimited(rpc.sizeLeaseTimeToLiveRequest(m.leaseTimeToLiveRequest));
  return n;
}

export function writeLeaseInternalRequest(w: Writer, m: LeaseInternalRequest): void {
  if (m.leaseTimeToLiveRequest !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeLeaseTimeToLiveRequest(m.leaseTimeToLiveRequest)); rpc.writeLeaseTimeToLiveRequest(w, m.leaseTimeToLiveRequest);
  }
}

export function encodeLeaseInternalRequest(m: LeaseInternalRequest): Uint8Array {
  const size = sizeLeaseInternalRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseInternalRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseInternalRequest(r: Reader, end: number, depth: number, into?: LeaseInternalRequest): LeaseInternalRequest {
  if (depth < 0) tooDeep();
  let $leaseTimeToLiveRequest: rpc.LeaseTimeToLiveRequest | undefined = undefined;
  if (into !== undefined) {
    $leaseTimeToLiveRequest = into.leaseTimeToLiveRequest;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $leaseTimeToLiveRequest = rpc.readLeaseTimeToLiveRequest(r, r.sub(end), depth - 1, $leaseTimeToLiveRequest);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { leaseTimeToLiveRequest: $leaseTimeToLiveRequest };
}

export function decodeLeaseInternalRequest(bytes: Uint8Array): LeaseInternalRequest {
  return readLeaseInternalRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseInternalRequest: MessageCodec<LeaseInternalRequest> = {
  typeName: "leasepb.LeaseInternalRequest",
  since: undefined,
  fields: [
    { name: "LeaseTimeToLiveRequest", jsonName: "LeaseTimeToLiveRequest", property: "leaseTimeToLiveRequest", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.LeaseTimeToLiveRequest as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createLeaseInternalRequest(),
  encode: encodeLeaseInternalRequest,
  decode: decodeLeaseInternalRequest,
};

export interface LeaseInternalResponse {
  leaseTimeToLiveResponse: rpc.LeaseTimeToLiveResponse | undefined;
}

export function createLeaseInternalResponse(init?: Partial<LeaseInternalResponse>): LeaseInternalResponse {
  if (init === undefined) return { leaseTimeToLiveResponse: undefined };
  return {
    leaseTimeToLiveResponse: init.leaseTimeToLiveResponse ?? undefined,
  };
}

export function sizeLeaseInternalResponse(m: LeaseInternalResponse): number {
  let n = 0;
  if (m.leaseTimeToLiveResponse !== undefined) n += 1 + sizeDelimited(rpc.sizeLeaseTimeToLiveResponse(m.leaseTimeToLiveResponse));
  return n;
}

export function writeLeaseInternalResponse(w: Writer, m: LeaseInternalResponse): void {
  if (m.leaseTimeToLiveResponse !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeLeaseTimeToLiveResponse(m.leaseTimeToLiveResponse)); rpc.writeLeaseTimeToLiveResponse(w, m.leaseTimeToLiveResponse);
  }
}

export function encodeLeaseInternalResponse(m: LeaseInternalResponse): Uint8Array {
  const size = sizeLeaseInternalResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLeaseInternalResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLeaseInternalResponse(r: Reader, end: number, depth: number, into?: LeaseInternalResponse): LeaseInternalResponse {
  if (depth < 0) tooDeep();
  let $leaseTimeToLiveResponse: rpc.LeaseTimeToLiveResponse | undefined = undefined;
  if (into !== undefined) {
    $leaseTimeToLiveResponse = into.leaseTimeToLiveResponse;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $leaseTimeToLiveResponse = rpc.readLeaseTimeToLiveResponse(r, r.sub(end), depth - 1, $leaseTimeToLiveResponse);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { leaseTimeToLiveResponse: $leaseTimeToLiveResponse };
}

export function decodeLeaseInternalResponse(bytes: Uint8Array): LeaseInternalResponse {
  return readLeaseInternalResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LeaseInternalResponse: MessageCodec<LeaseInternalResponse> = {
  typeName: "leasepb.LeaseInternalResponse",
  since: undefined,
  fields: [
    { name: "LeaseTimeToLiveResponse", jsonName: "LeaseTimeToLiveResponse", property: "leaseTimeToLiveResponse", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.LeaseTimeToLiveResponse as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createLeaseInternalResponse(),
  encode: encodeLeaseInternalResponse,
  decode: decodeLeaseInternalResponse,
};
