// Written by scripts/gen-proto.mjs from proto/etcdserver.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeId, sizeInt64, sizeString, sizeUint64, Writer } from "../writer.ts";

/** First record of every WAL file: whose log this is. */
export interface Metadata {
  nodeID: bigint;
  clusterID: bigint;
}

export function createMetadata(init?: Partial<Metadata>): Metadata {
  if (init === undefined) return { nodeID: 0n, clusterID: 0n };
  return {
    nodeID: init.nodeID ?? 0n,
    clusterID: init.clusterID ?? 0n,
  };
}

export function sizeMetadata(m: Metadata): number {
  let n = 0;
  n += 1 + sizeId(m.nodeID);
  n += 1 + sizeId(m.clusterID);
  return n;
}

export function writeMetadata(w: Writer, m: Metadata): void {
  {
    w.byte(8);
    w.id(m.nodeID);
  }
  {
    w.byte(16);
    w.id(m.clusterID);
  }
}

export function encodeMetadata(m: Metadata): Uint8Array {
  const size = sizeMetadata(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMetadata(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMetadata(r: Reader, end: number, depth: number, into?: Metadata): Metadata {
  if (depth < 0) tooDeep();
  let $nodeID: bigint = 0n;
  let $clusterID: bigint = 0n;
  if (into !== undefined) {
    $nodeID = into.nodeID;
    $clusterID = into.clusterID;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $nodeID = r.uint64Id();
        break;
      case 16:
        $clusterID = r.uint64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { nodeID: $nodeID, clusterID: $clusterID };
}

export function decodeMetadata(bytes: Uint8Array): Metadata {
  return readMetadata(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Metadata: MessageCodec<Metadata> = {
  typeName: "etcdserverpb.Metadata",
  since: undefined,
  fields: [
    { name: "NodeID", jsonName: "NodeID", property: "nodeID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "ClusterID", jsonName: "ClusterID", property: "clusterID", number: 2, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createMetadata(),
  encode: encodeMetadata,
  decode: decodeMetadata,
};

/**
 * Entry payload that leaders up to 3.5 still propose for member attributes and the cluster version; read from old logs
 * and peers, never proposed to a 3.7 cluster. Those releases write every field but the two nullable ones, zero or not.
 */
export interface Request {
  ID: bigint;
  method: string;
  path: string;
  val: string;
  dir: boolean;
  prevValue: string;
  prevIndex: number;
  prevExist: boolean | undefined;
  expiration: number;
  wait: boolean;
  since: number;
  recursive: boolean;
  sorted: boolean;
  quorum: boolean;
  time: number;
  stream: boolean;
  refresh: boolean | undefined;
}

export function createRequest(init?: Partial<Request>): Request {
  if (init === undefined) return { ID: 0n, method: "", path: "", val: "", dir: false, prevValue: "", prevIndex: 0, prevExist: undefined, expiration: 0, wait: false, since: 0, recursive: false, sorted: false, quorum: false, time: 0, stream: false, refresh: undefined };
  return {
    ID: init.ID ?? 0n,
    method: init.method ?? "",
    path: init.path ?? "",
    val: init.val ?? "",
    dir: init.dir ?? false,
    prevValue: init.prevValue ?? "",
    prevIndex: init.prevIndex ?? 0,
    prevExist: init.prevExist ?? undefined,
    expiration: init.expiration ?? 0,
    wait: init.wait ?? false,
    since: init.since ?? 0,
    recursive: init.recursive ?? false,
    sorted: init.sorted ?? false,
    quorum: init.quorum ?? false,
    time: init.time ?? 0,
    stream: init.stream ?? false,
    refresh: init.refresh ?? undefined,
  };
}

export function sizeRequest(m: Request): number {
  let n = 0;
  n += 1 + sizeId(m.ID);
  n += 1 + sizeString(m.method);
  n += 1 + sizeString(m.path);
  n += 1 + sizeString(m.val);
  n += 1 + 1;
  n += 1 + sizeString(m.prevValue);
  n += 1 + sizeUint64(m.prevIndex);
  if (m.prevExist !== undefined) n += 1 + 1;
  n += 1 + sizeInt64(m.expiration);
  n += 1 + 1;
  n += 1 + sizeUint64(m.since);
  n += 1 + 1;
  n += 1 + 1;
  n += 1 + 1;
  n += 1 + sizeInt64(m.time);
  n += 2 + 1;
  if (m.refresh !== undefined) n += 2 + 1;
  return n;
}

export function writeRequest(w: Writer, m: Request): void {
  {
    w.byte(8);
    w.id(m.ID);
  }
  {
    w.byte(18);
    w.string(m.method);
  }
  {
    w.byte(26);
    w.string(m.path);
  }
  {
    w.byte(34);
    w.string(m.val);
  }
  {
    w.byte(40);
    w.bool(m.dir);
  }
  {
    w.byte(50);
    w.string(m.prevValue);
  }
  {
    w.byte(56);
    w.uint64(m.prevIndex);
  }
  if (m.prevExist !== undefined) {
    w.byte(64);
    w.bool(m.prevExist);
  }
  {
    w.byte(72);
    w.int64(m.expiration);
  }
  {
    w.byte(80);
    w.bool(m.wait);
  }
  {
    w.byte(88);
    w.uint64(m.since);
  }
  {
    w.byte(96);
    w.bool(m.recursive);
  }
  {
    w.byte(104);
    w.bool(m.sorted);
  }
  {
    w.byte(112);
    w.bool(m.quorum);
  }
  {
    w.byte(120);
    w.int64(m.time);
  }
  {
    w.uint32(128);
    w.bool(m.stream);
  }
  if (m.refresh !== undefined) {
    w.uint32(136);
    w.bool(m.refresh);
  }
}

export function encodeRequest(m: Request): Uint8Array {
  const size = sizeRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRequest(r: Reader, end: number, depth: number, into?: Request): Request {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  let $method: string = "";
  let $path: string = "";
  let $val: string = "";
  let $dir: boolean = false;
  let $prevValue: string = "";
  let $prevIndex: number = 0;
  let $prevExist: boolean | undefined = undefined;
  let $expiration: number = 0;
  let $wait: boolean = false;
  let $since: number = 0;
  let $recursive: boolean = false;
  let $sorted: boolean = false;
  let $quorum: boolean = false;
  let $time: number = 0;
  let $stream: boolean = false;
  let $refresh: boolean | undefined = undefined;
  if (into !== undefined) {
    $ID = into.ID;
    $method = into.method;
    $path = into.path;
    $val = into.val;
    $dir = into.dir;
    $prevValue = into.prevValue;
    $prevIndex = into.prevIndex;
    $prevExist = into.prevExist;
    $expiration = into.expiration;
    $wait = into.wait;
    $since = into.since;
    $recursive = into.recursive;
    $sorted = into.sorted;
    $quorum = into.quorum;
    $time = into.time;
    $stream = into.stream;
    $refresh = into.refresh;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.uint64Id();
        break;
      case 18:
        $method = r.looseString(end);
        break;
      case 26:
        $path = r.looseString(end);
        break;
      case 34:
        $val = r.looseString(end);
        break;
      case 40:
        $dir = r.bool();
        break;
      case 50:
        $prevValue = r.looseString(end);
        break;
      case 56:
        $prevIndex = r.uint64();
        break;
      case 64:
        $prevExist = r.bool();
        break;
      case 72:
        $expiration = r.int64();
        break;
      case 80:
        $wait = r.bool();
        break;
      case 88:
        $since = r.uint64();
        break;
      case 96:
        $recursive = r.bool();
        break;
      case 104:
        $sorted = r.bool();
        break;
      case 112:
        $quorum = r.bool();
        break;
      case 120:
        $time = r.int64();
        break;
      case 128:
        $stream = r.bool();
        break;
      case 136:
        $refresh = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, method: $method, path: $path, val: $val, dir: $dir, prevValue: $prevValue, prevIndex: $prevIndex, prevExist: $prevExist, expiration: $expiration, wait: $wait, since: $since, recursive: $recursive, sorted: $sorted, quorum: $quorum, time: $time, stream: $stream, refresh: $refresh };
}

export function decodeRequest(bytes: Uint8Array): Request {
  return readRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Request: MessageCodec<Request> = {
  typeName: "etcdserverpb.Request",
  since: undefined,
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Method", jsonName: "Method", property: "method", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Path", jsonName: "Path", property: "path", number: 3, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Val", jsonName: "Val", property: "val", number: 4, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Dir", jsonName: "Dir", property: "dir", number: 5, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "PrevValue", jsonName: "PrevValue", property: "prevValue", number: 6, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "PrevIndex", jsonName: "PrevIndex", property: "prevIndex", number: 7, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "PrevExist", jsonName: "PrevExist", property: "prevExist", number: 8, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: true, since: undefined, message: undefined, enumeration: undefined },
    { name: "Expiration", jsonName: "Expiration", property: "expiration", number: 9, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Wait", jsonName: "Wait", property: "wait", number: 10, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Since", jsonName: "Since", property: "since", number: 11, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Recursive", jsonName: "Recursive", property: "recursive", number: 12, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Sorted", jsonName: "Sorted", property: "sorted", number: 13, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Quorum", jsonName: "Quorum", property: "quorum", number: 14, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Time", jsonName: "Time", property: "time", number: 15, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Stream", jsonName: "Stream", property: "stream", number: 16, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Refresh", jsonName: "Refresh", property: "refresh", number: 17, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: true, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createRequest(),
  encode: encodeRequest,
  decode: decodeRequest,
};
