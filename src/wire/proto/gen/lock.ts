// Written by scripts/gen-proto.mjs from proto/lock.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec, ServiceDescriptor } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeDelimited, sizeId, Writer } from "../writer.ts";
import * as rpc from "./rpc.ts";

export interface LockRequest {
  name: Uint8Array;
  /** The lock ends with this lease. */
  lease: bigint;
}

export function createLockRequest(init?: Partial<LockRequest>): LockRequest {
  if (init === undefined) return { name: EMPTY, lease: 0n };
  return {
    name: init.name ?? EMPTY,
    lease: init.lease ?? 0n,
  };
}

export function sizeLockRequest(m: LockRequest): number {
  let n = 0;
  if (m.name.length !== 0) n += 1 + sizeBytes(m.name);
  if (m.lease !== 0n) n += 1 + sizeId(m.lease);
  return n;
}

export function writeLockRequest(w: Writer, m: LockRequest): void {
  if (m.name.length !== 0) {
    w.byte(10);
    w.bytes(m.name);
  }
  if (m.lease !== 0n) {
    w.byte(16);
    w.id(m.lease);
  }
}

export function encodeLockRequest(m: LockRequest): Uint8Array {
  const size = sizeLockRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLockRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLockRequest(r: Reader, end: number, depth: number, into?: LockRequest): LockRequest {
  if (depth < 0) tooDeep();
  let $name: Uint8Array = EMPTY;
  let $lease: bigint = 0n;
  if (into !== undefined) {
    $name = into.name;
    $lease = into.lease;
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
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, lease: $lease };
}

export function decodeLockRequest(bytes: Uint8Array): LockRequest {
  return readLockRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LockRequest: MessageCodec<LockRequest> = {
  typeName: "v3lockpb.LockRequest",
  since: undefined,
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "lease", jsonName: "lease", property: "lease", number: 2, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLockRequest(),
  encode: encodeLockRequest,
  decode: decodeLockRequest,
};

export interface LockResponse {
  header: rpc.ResponseHeader | undefined;
  /** Exists while the caller holds the lock; also what Unlock takes. */
  key: Uint8Array;
}

export function createLockResponse(init?: Partial<LockResponse>): LockResponse {
  if (init === undefined) return { header: undefined, key: EMPTY };
  return {
    header: init.header ?? undefined,
    key: init.key ?? EMPTY,
  };
}

export function sizeLockResponse(m: LockResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(rpc.sizeResponseHeader(m.header));
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  return n;
}

export function writeLockResponse(w: Writer, m: LockResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeResponseHeader(m.header)); rpc.writeResponseHeader(w, m.header);
  }
  if (m.key.length !== 0) {
    w.byte(18);
    w.bytes(m.key);
  }
}

export function encodeLockResponse(m: LockResponse): Uint8Array {
  const size = sizeLockResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeLockResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readLockResponse(r: Reader, end: number, depth: number, into?: LockResponse): LockResponse {
  if (depth < 0) tooDeep();
  let $header: rpc.ResponseHeader | undefined = undefined;
  let $key: Uint8Array = EMPTY;
  if (into !== undefined) {
    $header = into.header;
    $key = into.key;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $header = rpc.readResponseHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 18:
        $key = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, key: $key };
}

export function decodeLockResponse(bytes: Uint8Array): LockResponse {
  return readLockResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const LockResponse: MessageCodec<LockResponse> = {
  typeName: "v3lockpb.LockResponse",
  since: undefined,
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "key", jsonName: "key", property: "key", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createLockResponse(),
  encode: encodeLockResponse,
  decode: decodeLockResponse,
};

export interface UnlockRequest {
  key: Uint8Array;
}

export function createUnlockRequest(init?: Partial<UnlockRequest>): UnlockRequest {
  if (init === undefined) return { key: EMPTY };
  return {
    key: init.key ?? EMPTY,
  };
}

export function sizeUnlockRequest(m: UnlockRequest): number {
  let n = 0;
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  return n;
}

export function writeUnlockRequest(w: Writer, m: UnlockRequest): void {
  if (m.key.length !== 0) {
    w.byte(10);
    w.bytes(m.key);
  }
}

export function encodeUnlockRequest(m: UnlockRequest): Uint8Array {
  const size = sizeUnlockRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeUnlockRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readUnlockRequest(r: Reader, end: number, depth: number, into?: UnlockRequest): UnlockRequest {
  if (depth < 0) tooDeep();
  let $key: Uint8Array = EMPTY;
  if (into !== undefined) {
    $key = into.key;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $key = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { key: $key };
}

export function decodeUnlockRequest(bytes: Uint8Array): UnlockRequest {
  return readUnlockRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const UnlockRequest: MessageCodec<UnlockRequest> = {
  typeName: "v3lockpb.UnlockRequest",
  since: undefined,
  fields: [
    { name: "key", jsonName: "key", property: "key", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createUnlockRequest(),
  encode: encodeUnlockRequest,
  decode: decodeUnlockRequest,
};

export interface UnlockResponse {
  header: rpc.ResponseHeader | undefined;
}

export function createUnlockResponse(init?: Partial<UnlockResponse>): UnlockResponse {
  if (init === undefined) return { header: undefined };
  return {
    header: init.header ?? undefined,
  };
}

export function sizeUnlockResponse(m: UnlockResponse): number {
  let n = 0;
  if (m.header !== undefined) n += 1 + sizeDelimited(rpc.sizeResponseHeader(m.header));
  return n;
}

export function writeUnlockResponse(w: Writer, m: UnlockResponse): void {
  if (m.header !== undefined) {
    w.byte(10);
    w.uint32(rpc.sizeResponseHeader(m.header)); rpc.writeResponseHeader(w, m.header);
  }
}

export function encodeUnlockResponse(m: UnlockResponse): Uint8Array {
  const size = sizeUnlockResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeUnlockResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readUnlockResponse(r: Reader, end: number, depth: number, into?: UnlockResponse): UnlockResponse {
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

export function decodeUnlockResponse(bytes: Uint8Array): UnlockResponse {
  return readUnlockResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const UnlockResponse: MessageCodec<UnlockResponse> = {
  typeName: "v3lockpb.UnlockResponse",
  since: undefined,
  fields: [
    { name: "header", jsonName: "header", property: "header", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.ResponseHeader as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createUnlockResponse(),
  encode: encodeUnlockResponse,
  decode: decodeUnlockResponse,
};

export const LockService: ServiceDescriptor = {
  typeName: "v3lockpb.Lock",
  methods: [
    { name: "Lock", input: LockRequest, output: LockResponse, clientStream: false, serverStream: false, paths: ["/v3/lock/lock"] },
    { name: "Unlock", input: UnlockRequest, output: UnlockResponse, clientStream: false, serverStream: false, paths: ["/v3/lock/unlock"] },
  ],
};
