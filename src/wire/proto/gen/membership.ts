// Written by scripts/gen-proto.mjs from proto/membership.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeDelimited, sizeId, sizeString, Writer } from "../writer.ts";

/** What the cluster must know to reach a member. */
export interface RaftAttributes {
  peerUrls: string[];
  isLearner: boolean;
}

export function createRaftAttributes(init?: Partial<RaftAttributes>): RaftAttributes {
  if (init === undefined) return { peerUrls: [], isLearner: false };
  return {
    peerUrls: init.peerUrls ?? [],
    isLearner: init.isLearner ?? false,
  };
}

export function sizeRaftAttributes(m: RaftAttributes): number {
  let n = 0;
  for (let i = 0; i < m.peerUrls.length; i++) n += 1 + sizeString(m.peerUrls[i]!);
  if (m.isLearner) n += 1 + 1;
  return n;
}

export function writeRaftAttributes(w: Writer, m: RaftAttributes): void {
  for (let i = 0; i < m.peerUrls.length; i++) {
    w.byte(10);
    const v = m.peerUrls[i]!;
    w.string(v);
  }
  if (m.isLearner) {
    w.byte(16);
    w.bool(m.isLearner);
  }
}

export function encodeRaftAttributes(m: RaftAttributes): Uint8Array {
  const size = sizeRaftAttributes(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRaftAttributes(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRaftAttributes(r: Reader, end: number, depth: number, into?: RaftAttributes): RaftAttributes {
  if (depth < 0) tooDeep();
  let $peerUrls: string[] = [];
  let $isLearner: boolean = false;
  if (into !== undefined) {
    $peerUrls = into.peerUrls;
    $isLearner = into.isLearner;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $peerUrls.push(r.string(end));
        break;
      case 16:
        $isLearner = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { peerUrls: $peerUrls, isLearner: $isLearner };
}

export function decodeRaftAttributes(bytes: Uint8Array): RaftAttributes {
  return readRaftAttributes(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const RaftAttributes: MessageCodec<RaftAttributes> = {
  typeName: "membershippb.RaftAttributes",
  since: "3.5",
  fields: [
    { name: "peer_urls", jsonName: "peerUrls", property: "peerUrls", number: 1, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "is_learner", jsonName: "isLearner", property: "isLearner", number: 2, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createRaftAttributes(),
  encode: encodeRaftAttributes,
  decode: decodeRaftAttributes,
};

/** What a member says of itself once it runs. */
export interface Attributes {
  name: string;
  clientUrls: string[];
}

export function createAttributes(init?: Partial<Attributes>): Attributes {
  if (init === undefined) return { name: "", clientUrls: [] };
  return {
    name: init.name ?? "",
    clientUrls: init.clientUrls ?? [],
  };
}

export function sizeAttributes(m: Attributes): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  for (let i = 0; i < m.clientUrls.length; i++) n += 1 + sizeString(m.clientUrls[i]!);
  return n;
}

export function writeAttributes(w: Writer, m: Attributes): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
  for (let i = 0; i < m.clientUrls.length; i++) {
    w.byte(18);
    const v = m.clientUrls[i]!;
    w.string(v);
  }
}

export function encodeAttributes(m: Attributes): Uint8Array {
  const size = sizeAttributes(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeAttributes(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readAttributes(r: Reader, end: number, depth: number, into?: Attributes): Attributes {
  if (depth < 0) tooDeep();
  let $name: string = "";
  let $clientUrls: string[] = [];
  if (into !== undefined) {
    $name = into.name;
    $clientUrls = into.clientUrls;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      case 18:
        $clientUrls.push(r.string(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, clientUrls: $clientUrls };
}

export function decodeAttributes(bytes: Uint8Array): Attributes {
  return readAttributes(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Attributes: MessageCodec<Attributes> = {
  typeName: "membershippb.Attributes",
  since: "3.5",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "client_urls", jsonName: "clientUrls", property: "clientUrls", number: 2, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createAttributes(),
  encode: encodeAttributes,
  decode: decodeAttributes,
};

export interface Member {
  ID: bigint;
  raftAttributes: RaftAttributes | undefined;
  memberAttributes: Attributes | undefined;
}

export function createMember(init?: Partial<Member>): Member {
  if (init === undefined) return { ID: 0n, raftAttributes: undefined, memberAttributes: undefined };
  return {
    ID: init.ID ?? 0n,
    raftAttributes: init.raftAttributes ?? undefined,
    memberAttributes: init.memberAttributes ?? undefined,
  };
}

export function sizeMember(m: Member): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.raftAttributes !== undefined) n += 1 + sizeDelimited(sizeRaftAttributes(m.raftAttributes));
  if (m.memberAttributes !== undefined) n += 1 + sizeDelimited(sizeAttributes(m.memberAttributes));
  return n;
}

export function writeMember(w: Writer, m: Member): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  if (m.raftAttributes !== undefined) {
    w.byte(18);
    w.uint32(sizeRaftAttributes(m.raftAttributes)); writeRaftAttributes(w, m.raftAttributes);
  }
  if (m.memberAttributes !== undefined) {
    w.byte(26);
    w.uint32(sizeAttributes(m.memberAttributes)); writeAttributes(w, m.memberAttributes);
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
  let $raftAttributes: RaftAttributes | undefined = undefined;
  let $memberAttributes: Attributes | undefined = undefined;
  if (into !== undefined) {
    $ID = into.ID;
    $raftAttributes = into.raftAttributes;
    $memberAttributes = into.memberAttributes;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.uint64Id();
        break;
      case 18:
        $raftAttributes = readRaftAttributes(r, r.sub(end), depth - 1, $raftAttributes);
        break;
      case 26:
        $memberAttributes = readAttributes(r, r.sub(end), depth - 1, $memberAttributes);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, raftAttributes: $raftAttributes, memberAttributes: $memberAttributes };
}

export function decodeMember(bytes: Uint8Array): Member {
  return readMember(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Member: MessageCodec<Member> = {
  typeName: "membershippb.Member",
  since: "3.5",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "raft_attributes", jsonName: "raftAttributes", property: "raftAttributes", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => RaftAttributes as MessageCodec<unknown>, enumeration: undefined },
    { name: "member_attributes", jsonName: "memberAttributes", property: "memberAttributes", number: 3, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Attributes as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMember(),
  encode: encodeMember,
  decode: decodeMember,
};

export interface ClusterVersionSetRequest {
  ver: string;
}

export function createClusterVersionSetRequest(init?: Partial<ClusterVersionSetRequest>): ClusterVersionSetRequest {
  if (init === undefined) return { ver: "" };
  return {
    ver: init.ver ?? "",
  };
}

export function sizeClusterVersionSetRequest(m: ClusterVersionSetRequest): number {
  let n = 0;
  if (m.ver !== "") n += 1 + sizeString(m.ver);
  return n;
}

export function writeClusterVersionSetRequest(w: Writer, m: ClusterVersionSetRequest): void {
  if (m.ver !== "") {
    w.byte(10);
    w.string(m.ver);
  }
}

export function encodeClusterVersionSetRequest(m: ClusterVersionSetRequest): Uint8Array {
  const size = sizeClusterVersionSetRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeClusterVersionSetRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readClusterVersionSetRequest(r: Reader, end: number, depth: number, into?: ClusterVersionSetRequest): ClusterVersionSetRequest {
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

export function decodeClusterVersionSetRequest(bytes: Uint8Array): ClusterVersionSetRequest {
  return readClusterVersionSetRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ClusterVersionSetRequest: MessageCodec<ClusterVersionSetRequest> = {
  typeName: "membershippb.ClusterVersionSetRequest",
  since: "3.5",
  fields: [
    { name: "ver", jsonName: "ver", property: "ver", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createClusterVersionSetRequest(),
  encode: encodeClusterVersionSetRequest,
  decode: decodeClusterVersionSetRequest,
};

export interface ClusterMemberAttrSetRequest {
  memberID: bigint;
  memberAttributes: Attributes | undefined;
}

export function createClusterMemberAttrSetRequest(init?: Partial<ClusterMemberAttrSetRequest>): ClusterMemberAttrSetRequest {
  if (init === undefined) return { memberID: 0n, memberAttributes: undefined };
  return {
    memberID: init.memberID ?? 0n,
    memberAttributes: init.memberAttributes ?? undefined,
  };
}

export function sizeClusterMemberAttrSetRequest(m: ClusterMemberAttrSetRequest): number {
  let n = 0;
  if (m.memberID !== 0n) n += 1 + sizeId(m.memberID);
  if (m.memberAttributes !== undefined) n += 1 + sizeDelimited(sizeAttributes(m.memberAttributes));
  return n;
}

export function writeClusterMemberAttrSetRequest(w: Writer, m: ClusterMemberAttrSetRequest): void {
  if (m.memberID !== 0n) {
    w.byte(8);
    w.id(m.memberID);
  }
  if (m.memberAttributes !== undefined) {
    w.byte(18);
    w.uint32(sizeAttributes(m.memberAttributes)); writeAttributes(w, m.memberAttributes);
  }
}

export function encodeClusterMemberAttrSetRequest(m: ClusterMemberAttrSetRequest): Uint8Array {
  const size = sizeClusterMemberAttrSetRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeClusterMemberAttrSetRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readClusterMemberAttrSetRequest(r: Reader, end: number, depth: number, into?: ClusterMemberAttrSetRequest): ClusterMemberAttrSetRequest {
  if (depth < 0) tooDeep();
  let $memberID: bigint = 0n;
  let $memberAttributes: Attributes | undefined = undefined;
  if (into !== undefined) {
    $memberID = into.memberID;
    $memberAttributes = into.memberAttributes;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $memberID = r.uint64Id();
        break;
      case 18:
        $memberAttributes = readAttributes(r, r.sub(end), depth - 1, $memberAttributes);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { memberID: $memberID, memberAttributes: $memberAttributes };
}

export function decodeClusterMemberAttrSetRequest(bytes: Uint8Array): ClusterMemberAttrSetRequest {
  return readClusterMemberAttrSetRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ClusterMemberAttrSetRequest: MessageCodec<ClusterMemberAttrSetRequest> = {
  typeName: "membershippb.ClusterMemberAttrSetRequest",
  since: "3.5",
  fields: [
    { name: "member_ID", jsonName: "memberID", property: "memberID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "member_attributes", jsonName: "memberAttributes", property: "memberAttributes", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Attributes as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createClusterMemberAttrSetRequest(),
  encode: encodeClusterMemberAttrSetRequest,
  decode: decodeClusterMemberAttrSetRequest,
};

export interface DowngradeInfoSetRequest {
  enabled: boolean;
  ver: string;
}

export function createDowngradeInfoSetRequest(init?: Partial<DowngradeInfoSetRequest>): DowngradeInfoSetRequest {
  if (init === undefined) return { enabled: false, ver: "" };
  return {
    enabled: init.enabled ?? false,
    ver: init.ver ?? "",
  };
}

export function sizeDowngradeInfoSetRequest(m: DowngradeInfoSetRequest): number {
  let n = 0;
  if (m.enabled) n += 1 + 1;
  if (m.ver !== "") n += 1 + sizeString(m.ver);
  return n;
}

export function writeDowngradeInfoSetRequest(w: Writer, m: DowngradeInfoSetRequest): void {
  if (m.enabled) {
    w.byte(8);
    w.bool(m.enabled);
  }
  if (m.ver !== "") {
    w.byte(18);
    w.string(m.ver);
  }
}

export function encodeDowngradeInfoSetRequest(m: DowngradeInfoSetRequest): Uint8Array {
  const size = sizeDowngradeInfoSetRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeDowngradeInfoSetRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readDowngradeInfoSetRequest(r: Reader, end: number, depth: number, into?: DowngradeInfoSetRequest): DowngradeInfoSetRequest {
  if (depth < 0) tooDeep();
  let $enabled: boolean = false;
  let $ver: string = "";
  if (into !== undefined) {
    $enabled = into.enabled;
    $ver = into.ver;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $enabled = r.bool();
        break;
      case 18:
        $ver = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { enabled: $enabled, ver: $ver };
}

export function decodeDowngradeInfoSetRequest(bytes: Uint8Array): DowngradeInfoSetRequest {
  return readDowngradeInfoSetRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const DowngradeInfoSetRequest: MessageCodec<DowngradeInfoSetRequest> = {
  typeName: "membershippb.DowngradeInfoSetRequest",
  since: "3.5",
  fields: [
    { name: "enabled", jsonName: "enabled", property: "enabled", number: 1, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "ver", jsonName: "ver", property: "ver", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createDowngradeInfoSetRequest(),
  encode: encodeDowngradeInfoSetRequest,
  decode: decodeDowngradeInfoSetRequest,
};
