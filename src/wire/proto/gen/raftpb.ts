// Written by scripts/gen-proto.mjs from proto/raftpb.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { EnumType, MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeDelimited, sizeId, sizeInt32, sizeUint64, Writer } from "../writer.ts";

export const EntryType = {
  EntryNormal: 0,
  EntryConfChange: 1,
  EntryConfChangeV2: 2,
} as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];
export const EntryTypeType: EnumType = { typeName: "raftpb.EntryType", values: EntryType, since: undefined, valuesSince: {  } };

export const MessageType = {
  MsgHup: 0,
  MsgBeat: 1,
  MsgProp: 2,
  MsgApp: 3,
  MsgAppResp: 4,
  MsgVote: 5,
  MsgVoteResp: 6,
  MsgSnap: 7,
  MsgHeartbeat: 8,
  MsgHeartbeatResp: 9,
  MsgUnreachable: 10,
  MsgSnapStatus: 11,
  MsgCheckQuorum: 12,
  MsgTransferLeader: 13,
  MsgTimeoutNow: 14,
  MsgReadIndex: 15,
  MsgReadIndexResp: 16,
  MsgPreVote: 17,
  MsgPreVoteResp: 18,
  MsgStorageAppend: 19,
  MsgStorageAppendResp: 20,
  MsgStorageApply: 21,
  MsgStorageApplyResp: 22,
  MsgForgetLeader: 23,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];
export const MessageTypeType: EnumType = { typeName: "raftpb.MessageType", values: MessageType, since: undefined, valuesSince: {  } };

export const ConfChangeTransition = {
  ConfChangeTransitionAuto: 0,
  ConfChangeTransitionJointImplicit: 1,
  ConfChangeTransitionJointExplicit: 2,
} as const;
export type ConfChangeTransition = (typeof ConfChangeTransition)[keyof typeof ConfChangeTransition];
export const ConfChangeTransitionType: EnumType = { typeName: "raftpb.ConfChangeTransition", values: ConfChangeTransition, since: undefined, valuesSince: {  } };

export const ConfChangeType = {
  ConfChangeAddNode: 0,
  ConfChangeRemoveNode: 1,
  ConfChangeUpdateNode: 2,
  ConfChangeAddLearnerNode: 3,
} as const;
export type ConfChangeType = (typeof ConfChangeType)[keyof typeof ConfChangeType];
export const ConfChangeTypeType: EnumType = { typeName: "raftpb.ConfChangeType", values: ConfChangeType, since: undefined, valuesSince: {  } };

/** One entry of the log. Data is an InternalRaftRequest or a ConfChange; empty for the entry that begins a term. */
export interface Entry {
  type: EntryType;
  term: number;
  index: number;
  data: Uint8Array;
}

export function createEntry(init?: Partial<Entry>): Entry {
  if (init === undefined) return { type: 0, term: 0, index: 0, data: EMPTY };
  return {
    type: init.type ?? 0,
    term: init.term ?? 0,
    index: init.index ?? 0,
    data: init.data ?? EMPTY,
  };
}

export function sizeEntry(m: Entry): number {
  let n = 0;
  if (m.type !== 0) n += 1 + sizeInt32(m.type);
  if (m.term !== 0) n += 1 + sizeUint64(m.term);
  if (m.index !== 0) n += 1 + sizeUint64(m.index);
  if (m.data.length !== 0) n += 1 + sizeBytes(m.data);
  return n;
}

export function writeEntry(w: Writer, m: Entry): void {
  if (m.type !== 0) {
    w.byte(8);
    w.int32(m.type);
  }
  if (m.term !== 0) {
    w.byte(16);
    w.uint64(m.term);
  }
  if (m.index !== 0) {
    w.byte(24);
    w.uint64(m.index);
  }
  if (m.data.length !== 0) {
    w.byte(34);
    w.bytes(m.data);
  }
}

export function encodeEntry(m: Entry): Uint8Array {
  const size = sizeEntry(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeEntry(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readEntry(r: Reader, end: number, depth: number, into?: Entry): Entry {
  if (depth < 0) tooDeep();
  let $type: EntryType = 0;
  let $term: number = 0;
  let $index: number = 0;
  let $data: Uint8Array = EMPTY;
  if (into !== undefined) {
    $type = into.type;
    $term = into.term;
    $index = into.index;
    $data = into.data;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $type = r.int32() as EntryType;
        break;
      case 16:
        $term = r.safeUint64();
        break;
      case 24:
        $index = r.safeUint64();
        break;
      case 34:
        $data = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { type: $type, term: $term, index: $index, data: $data };
}

export function decodeEntry(bytes: Uint8Array): Entry {
  return readEntry(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Entry: MessageCodec<Entry> = {
  typeName: "raftpb.Entry",
  since: undefined,
  fields: [
    { name: "Type", jsonName: "Type", property: "type", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: EntryTypeType },
    { name: "Term", jsonName: "Term", property: "term", number: 2, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Index", jsonName: "Index", property: "index", number: 3, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "Data", jsonName: "Data", property: "data", number: 4, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createEntry(),
  encode: encodeEntry,
  decode: decodeEntry,
};

/** The state of the log where a snapshot was taken. */
export interface SnapshotMetadata {
  confState: ConfState | undefined;
  index: number;
  term: number;
}

export function createSnapshotMetadata(init?: Partial<SnapshotMetadata>): SnapshotMetadata {
  if (init === undefined) return { confState: undefined, index: 0, term: 0 };
  return {
    confState: init.confState ?? undefined,
    index: init.index ?? 0,
    term: init.term ?? 0,
  };
}

export function sizeSnapshotMetadata(m: SnapshotMetadata): number {
  let n = 0;
  if (m.confState !== undefined) n += 1 + sizeDelimited(sizeConfState(m.confState));
  n += 1 + sizeUint64(m.index);
  n += 1 + sizeUint64(m.term);
  return n;
}

export function writeSnapshotMetadata(w: Writer, m: SnapshotMetadata): void {
  if (m.confState !== undefined) {
    w.byte(10);
    w.uint32(sizeConfState(m.confState)); writeConfState(w, m.confState);
  }
  {
    w.byte(16);
    w.uint64(m.index);
  }
  {
    w.byte(24);
    w.uint64(m.term);
  }
}

export function encodeSnapshotMetadata(m: SnapshotMetadata): Uint8Array {
  const size = sizeSnapshotMetadata(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeSnapshotMetadata(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readSnapshotMetadata(r: Reader, end: number, depth: number, into?: SnapshotMetadata): SnapshotMetadata {
  if (depth < 0) tooDeep();
  let $confState: ConfState | undefined = undefined;
  let $index: number = 0;
  let $term: number = 0;
  if (into !== undefined) {
    $confState = into.confState;
    $index = into.index;
    $term = into.term;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $confState = readConfState(r, r.sub(end), depth - 1, $confState);
        break;
      case 16:
        $index = r.safeUint64();
        break;
      case 24:
        $term = r.safeUint64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { confState: $confState, index: $index, term: $term };
}

export function decodeSnapshotMetadata(bytes: Uint8Array): SnapshotMetadata {
  return readSnapshotMetadata(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const SnapshotMetadata: MessageCodec<SnapshotMetadata> = {
  typeName: "raftpb.SnapshotMetadata",
  since: undefined,
  fields: [
    { name: "conf_state", jsonName: "confState", property: "confState", number: 1, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ConfState as MessageCodec<unknown>, enumeration: undefined },
    { name: "index", jsonName: "index", property: "index", number: 2, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "term", jsonName: "term", property: "term", number: 3, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createSnapshotMetadata(),
  encode: encodeSnapshotMetadata,
  decode: decodeSnapshotMetadata,
};

export interface Snapshot {
  data: Uint8Array;
  metadata: SnapshotMetadata | undefined;
}

export function createSnapshot(init?: Partial<Snapshot>): Snapshot {
  if (init === undefined) return { data: EMPTY, metadata: undefined };
  return {
    data: init.data ?? EMPTY,
    metadata: init.metadata ?? undefined,
  };
}

export function sizeSnapshot(m: Snapshot): number {
  let n = 0;
  if (m.data.length !== 0) n += 1 + sizeBytes(m.data);
  if (m.metadata !== undefined) n += 1 + sizeDelimited(sizeSnapshotMetadata(m.metadata));
  return n;
}

export function writeSnapshot(w: Writer, m: Snapshot): void {
  if (m.data.length !== 0) {
    w.byte(10);
    w.bytes(m.data);
  }
  if (m.metadata !== undefined) {
    w.byte(18);
    w.uint32(sizeSnapshotMetadata(m.metadata)); writeSnapshotMetadata(w, m.metadata);
  }
}

export function encodeSnapshot(m: Snapshot): Uint8Array {
  const size = sizeSnapshot(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeSnapshot(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readSnapshot(r: Reader, end: number, depth: number, into?: Snapshot): Snapshot {
  if (depth < 0) tooDeep();
  let $data: Uint8Array = EMPTY;
  let $metadata: SnapshotMetadata | undefined = undefined;
  if (into !== undefined) {
    $data = into.data;
    $metadata = into.metadata;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $data = r.view(end);
        break;
      case 18:
        $metadata = readSnapshotMetadata(r, r.sub(end), depth - 1, $metadata);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { data: $data, metadata: $metadata };
}

export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  return readSnapshot(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Snapshot: MessageCodec<Snapshot> = {
  typeName: "raftpb.Snapshot",
  since: undefined,
  fields: [
    { name: "data", jsonName: "data", property: "data", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "metadata", jsonName: "metadata", property: "metadata", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => SnapshotMetadata as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createSnapshot(),
  encode: encodeSnapshot,
  decode: decodeSnapshot,
};

/** What members say to each other. */
export interface Message {
  type: MessageType;
  to: bigint;
  from: bigint;
  term: number;
  /** Term of the entry before the first of `entries`; in an answer that rejects, the term at the hint. */
  logTerm: number;
  /** Index of the entry before the first of `entries`; in an answer, the last one that matches. */
  index: number;
  entries: Entry[];
  commit: number;
  vote: bigint;
  snapshot: Snapshot | undefined;
  reject: boolean;
  /** In a rejecting answer: where the follower's log may agree. */
  rejectHint: number;
  /** Ties answers to reads and transfers to campaigns. */
  context: Uint8Array;
  /** Local messages only: what to say once the storage is done. */
  responses: Message[];
}

export function createMessage(init?: Partial<Message>): Message {
  if (init === undefined) return { type: 0, to: 0n, from: 0n, term: 0, logTerm: 0, index: 0, entries: [], commit: 0, vote: 0n, snapshot: undefined, reject: false, rejectHint: 0, context: EMPTY, responses: [] };
  return {
    type: init.type ?? 0,
    to: init.to ?? 0n,
    from: init.from ?? 0n,
    term: init.term ?? 0,
    logTerm: init.logTerm ?? 0,
    index: init.index ?? 0,
    entries: init.entries ?? [],
    commit: init.commit ?? 0,
    vote: init.vote ?? 0n,
    snapshot: init.snapshot ?? undefined,
    reject: init.reject ?? false,
    rejectHint: init.rejectHint ?? 0,
    context: init.context ?? EMPTY,
    responses: init.responses ?? [],
  };
}

export function sizeMessage(m: Message): number {
  let n = 0;
  if (m.type !== 0) n += 1 + sizeInt32(m.type);
  if (m.to !== 0n) n += 1 + sizeId(m.to);
  if (m.from !== 0n) n += 1 + sizeId(m.from);
  if (m.term !== 0) n += 1 + sizeUint64(m.term);
  if (m.logTerm !== 0) n += 1 + sizeUint64(m.logTerm);
  if (m.index !== 0) n += 1 + sizeUint64(m.index);
  for (let i = 0; i < m.entries.length; i++) n += 1 + sizeDelimited(sizeEntry(m.entries[i]!));
  if (m.commit !== 0) n += 1 + sizeUint64(m.commit);
  if (m.snapshot !== undefined) n += 1 + sizeDelimited(sizeSnapshot(m.snapshot));
  if (m.reject) n += 1 + 1;
  if (m.rejectHint !== 0) n += 1 + sizeUint64(m.rejectHint);
  if (m.context.length !== 0) n += 1 + sizeBytes(m.context);
  if (m.vote !== 0n) n += 1 + sizeId(m.vote);
  for (let i = 0; i < m.responses.length; i++) n += 1 + sizeDelimited(sizeMessage(m.responses[i]!));
  return n;
}

export function writeMessage(w: Writer, m: Message): void {
  if (m.type !== 0) {
    w.byte(8);
    w.int32(m.type);
  }
  if (m.to !== 0n) {
    w.byte(16);
    w.id(m.to);
  }
  if (m.from !== 0n) {
    w.byte(24);
    w.id(m.from);
  }
  if (m.term !== 0) {
    w.byte(32);
    w.uint64(m.term);
  }
  if (m.logTerm !== 0) {
    w.byte(40);
    w.uint64(m.logTerm);
  }
  if (m.index !== 0) {
    w.byte(48);
    w.uint64(m.index);
  }
  for (let i = 0; i < m.entries.length; i++) {
    w.byte(58);
    const v = m.entries[i]!;
    w.uint32(sizeEntry(v)); writeEntry(w, v);
  }
  if (m.commit !== 0) {
    w.byte(64);
    w.uint64(m.commit);
  }
  if (m.snapshot !== undefined) {
    w.byte(74);
    w.uint32(sizeSnapshot(m.snapshot)); writeSnapshot(w, m.snapshot);
  }
  if (m.reject) {
    w.byte(80);
    w.bool(m.reject);
  }
  if (m.rejectHint !== 0) {
    w.byte(88);
    w.uint64(m.rejectHint);
  }
  if (m.context.length !== 0) {
    w.byte(98);
    w.bytes(m.context);
  }
  if (m.vote !== 0n) {
    w.byte(104);
    w.id(m.vote);
  }
  for (let i = 0; i < m.responses.length; i++) {
    w.byte(114);
    const v = m.responses[i]!;
    w.uint32(sizeMessage(v)); writeMessage(w, v);
  }
}

export function encodeMessage(m: Message): Uint8Array {
  const size = sizeMessage(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeMessage(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readMessage(r: Reader, end: number, depth: number, into?: Message): Message {
  if (depth < 0) tooDeep();
  let $type: MessageType = 0;
  let $to: bigint = 0n;
  let $from: bigint = 0n;
  let $term: number = 0;
  let $logTerm: number = 0;
  let $index: number = 0;
  let $entries: Entry[] = [];
  let $commit: number = 0;
  let $vote: bigint = 0n;
  let $snapshot: Snapshot | undefined = undefined;
  let $reject: boolean = false;
  let $rejectHint: number = 0;
  let $context: Uint8Array = EMPTY;
  let $responses: Message[] = [];
  if (into !== undefined) {
    $type = into.type;
    $to = into.to;
    $from = into.from;
    $term = into.term;
    $logTerm = into.logTerm;
    $index = into.index;
    $entries = into.entries;
    $commit = into.commit;
    $vote = into.vote;
    $snapshot = into.snapshot;
    $reject = into.reject;
    $rejectHint = into.rejectHint;
    $context = into.context;
    $responses = into.responses;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $type = r.int32() as MessageType;
        break;
      case 16:
        $to = r.uint64Id();
        break;
      case 24:
        $from = r.uint64Id();
        break;
      case 32:
        $term = r.safeUint64();
        break;
      case 40:
        $logTerm = r.safeUint64();
        break;
      case 48:
        $index = r.safeUint64();
        break;
      case 58:
        $entries.push(readEntry(r, r.sub(end), depth - 1));
        break;
      case 64:
        $commit = r.safeUint64();
        break;
      case 104:
        $vote = r.uint64Id();
        break;
      case 74:
        $snapshot = readSnapshot(r, r.sub(end), depth - 1, $snapshot);
        break;
      case 80:
        $reject = r.bool();
        break;
      case 88:
        $rejectHint = r.safeUint64();
        break;
      case 98:
        $context = r.view(end);
        break;
      case 114:
        $responses.push(readMessage(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { type: $type, to: $to, from: $from, term: $term, logTerm: $logTerm, index: $index, entries: $entries, commit: $commit, vote: $vote, snapshot: $snapshot, reject: $reject, rejectHint: $rejectHint, context: $context, responses: $responses };
}

export function decodeMessage(bytes: Uint8Array): Message {
  return readMessage(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Message: MessageCodec<Message> = {
  typeName: "raftpb.Message",
  since: undefined,
  fields: [
    { name: "type", jsonName: "type", property: "type", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: MessageTypeType },
    { name: "to", jsonName: "to", property: "to", number: 2, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "from", jsonName: "from", property: "from", number: 3, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "term", jsonName: "term", property: "term", number: 4, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "logTerm", jsonName: "logTerm", property: "logTerm", number: 5, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "index", jsonName: "index", property: "index", number: 6, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "entries", jsonName: "entries", property: "entries", number: 7, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Entry as MessageCodec<unknown>, enumeration: undefined },
    { name: "commit", jsonName: "commit", property: "commit", number: 8, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "snapshot", jsonName: "snapshot", property: "snapshot", number: 9, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Snapshot as MessageCodec<unknown>, enumeration: undefined },
    { name: "reject", jsonName: "reject", property: "reject", number: 10, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "rejectHint", jsonName: "rejectHint", property: "rejectHint", number: 11, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "context", jsonName: "context", property: "context", number: 12, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "vote", jsonName: "vote", property: "vote", number: 13, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "responses", jsonName: "responses", property: "responses", number: 14, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Message as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createMessage(),
  encode: encodeMessage,
  decode: decodeMessage,
};

/** What must be on disk before anything is said. */
export interface HardState {
  term: number;
  /** Whom this member voted for in `term`; 0: nobody. */
  vote: bigint;
  commit: number;
}

export function createHardState(init?: Partial<HardState>): HardState {
  if (init === undefined) return { term: 0, vote: 0n, commit: 0 };
  return {
    term: init.term ?? 0,
    vote: init.vote ?? 0n,
    commit: init.commit ?? 0,
  };
}

export function sizeHardState(m: HardState): number {
  let n = 0;
  n += 1 + sizeUint64(m.term);
  n += 1 + sizeId(m.vote);
  n += 1 + sizeUint64(m.commit);
  return n;
}

export function writeHardState(w: Writer, m: HardState): void {
  {
    w.byte(8);
    w.uint64(m.term);
  }
  {
    w.byte(16);
    w.id(m.vote);
  }
  {
    w.byte(24);
    w.uint64(m.commit);
  }
}

export function encodeHardState(m: HardState): Uint8Array {
  const size = sizeHardState(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHardState(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHardState(r: Reader, end: number, depth: number, into?: HardState): HardState {
  if (depth < 0) tooDeep();
  let $term: number = 0;
  let $vote: bigint = 0n;
  let $commit: number = 0;
  if (into !== undefined) {
    $term = into.term;
    $vote = into.vote;
    $commit = into.commit;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $term = r.safeUint64();
        break;
      case 16:
        $vote = r.uint64Id();
        break;
      case 24:
        $commit = r.safeUint64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { term: $term, vote: $vote, commit: $commit };
}

export function decodeHardState(bytes: Uint8Array): HardState {
  return readHardState(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HardState: MessageCodec<HardState> = {
  typeName: "raftpb.HardState",
  since: undefined,
  fields: [
    { name: "term", jsonName: "term", property: "term", number: 1, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "vote", jsonName: "vote", property: "vote", number: 2, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "commit", jsonName: "commit", property: "commit", number: 3, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createHardState(),
  encode: encodeHardState,
  decode: decodeHardState,
};

/** Who votes and who learns. `voters_outgoing` is empty outside of joint consensus. */
export interface ConfState {
  voters: bigint[];
  learners: bigint[];
  votersOutgoing: bigint[];
  learnersNext: bigint[];
  /** Joint consensus ends by itself. */
  autoLeave: boolean;
}

export function createConfState(init?: Partial<ConfState>): ConfState {
  if (init === undefined) return { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  return {
    voters: init.voters ?? [],
    learners: init.learners ?? [],
    votersOutgoing: init.votersOutgoing ?? [],
    learnersNext: init.learnersNext ?? [],
    autoLeave: init.autoLeave ?? false,
  };
}

export function sizeConfState(m: ConfState): number {
  let n = 0;
  for (let i = 0; i < m.voters.length; i++) n += 1 + sizeId(m.voters[i]!);
  for (let i = 0; i < m.learners.length; i++) n += 1 + sizeId(m.learners[i]!);
  for (let i = 0; i < m.votersOutgoing.length; i++) n += 1 + sizeId(m.votersOutgoing[i]!);
  for (let i = 0; i < m.learnersNext.length; i++) n += 1 + sizeId(m.learnersNext[i]!);
  n += 1 + 1;
  return n;
}

export function writeConfState(w: Writer, m: ConfState): void {
  for (let i = 0; i < m.voters.length; i++) {
    w.byte(8);
    const v = m.voters[i]!;
    w.id(v);
  }
  for (let i = 0; i < m.learners.length; i++) {
    w.byte(16);
    const v = m.learners[i]!;
    w.id(v);
  }
  for (let i = 0; i < m.votersOutgoing.length; i++) {
    w.byte(24);
    const v = m.votersOutgoing[i]!;
    w.id(v);
  }
  for (let i = 0; i < m.learnersNext.length; i++) {
    w.byte(32);
    const v = m.learnersNext[i]!;
    w.id(v);
  }
  {
    w.byte(40);
    w.bool(m.autoLeave);
  }
}

export function encodeConfState(m: ConfState): Uint8Array {
  const size = sizeConfState(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeConfState(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readConfState(r: Reader, end: number, depth: number, into?: ConfState): ConfState {
  if (depth < 0) tooDeep();
  let $voters: bigint[] = [];
  let $learners: bigint[] = [];
  let $votersOutgoing: bigint[] = [];
  let $learnersNext: bigint[] = [];
  let $autoLeave: boolean = false;
  if (into !== undefined) {
    $voters = into.voters;
    $learners = into.learners;
    $votersOutgoing = into.votersOutgoing;
    $learnersNext = into.learnersNext;
    $autoLeave = into.autoLeave;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $voters.push(r.uint64Id());
        break;
      case 10: {
        const until = r.sub(end);
        while (r.pos < until) $voters.push(r.uint64Id());
        r.done(until);
        break;
      }
      case 16:
        $learners.push(r.uint64Id());
        break;
      case 18: {
        const until = r.sub(end);
        while (r.pos < until) $learners.push(r.uint64Id());
        r.done(until);
        break;
      }
      case 24:
        $votersOutgoing.push(r.uint64Id());
        break;
      case 26: {
        const until = r.sub(end);
        while (r.pos < until) $votersOutgoing.push(r.uint64Id());
        r.done(until);
        break;
      }
      case 32:
        $learnersNext.push(r.uint64Id());
        break;
      case 34: {
        const until = r.sub(end);
        while (r.pos < until) $learnersNext.push(r.uint64Id());
        r.done(until);
        break;
      }
      case 40:
        $autoLeave = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { voters: $voters, learners: $learners, votersOutgoing: $votersOutgoing, learnersNext: $learnersNext, autoLeave: $autoLeave };
}

export function decodeConfState(bytes: Uint8Array): ConfState {
  return readConfState(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ConfState: MessageCodec<ConfState> = {
  typeName: "raftpb.ConfState",
  since: undefined,
  fields: [
    { name: "voters", jsonName: "voters", property: "voters", number: 1, kind: "uint64", repeated: true, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "learners", jsonName: "learners", property: "learners", number: 2, kind: "uint64", repeated: true, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "voters_outgoing", jsonName: "votersOutgoing", property: "votersOutgoing", number: 3, kind: "uint64", repeated: true, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "learners_next", jsonName: "learnersNext", property: "learnersNext", number: 4, kind: "uint64", repeated: true, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "auto_leave", jsonName: "autoLeave", property: "autoLeave", number: 5, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createConfState(),
  encode: encodeConfState,
  decode: decodeConfState,
};

/** One change of membership, as an entry's data. */
export interface ConfChange {
  /** etcd's request number; absent in the entries of a bootstrap. */
  id: bigint;
  type: ConfChangeType;
  nodeId: bigint;
  context: Uint8Array;
}

export function createConfChange(init?: Partial<ConfChange>): ConfChange {
  if (init === undefined) return { id: 0n, type: 0, nodeId: 0n, context: EMPTY };
  return {
    id: init.id ?? 0n,
    type: init.type ?? 0,
    nodeId: init.nodeId ?? 0n,
    context: init.context ?? EMPTY,
  };
}

export function sizeConfChange(m: ConfChange): number {
  let n = 0;
  if (m.id !== 0n) n += 1 + sizeId(m.id);
  n += 1 + sizeInt32(m.type);
  n += 1 + sizeId(m.nodeId);
  if (m.context.length !== 0) n += 1 + sizeBytes(m.context);
  return n;
}

export function writeConfChange(w: Writer, m: ConfChange): void {
  if (m.id !== 0n) {
    w.byte(8);
    w.id(m.id);
  }
  {
    w.byte(16);
    w.int32(m.type);
  }
  {
    w.byte(24);
    w.id(m.nodeId);
  }
  if (m.context.length !== 0) {
    w.byte(34);
    w.bytes(m.context);
  }
}

export function encodeConfChange(m: ConfChange): Uint8Array {
  const size = sizeConfChange(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeConfChange(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readConfChange(r: Reader, end: number, depth: number, into?: ConfChange): ConfChange {
  if (depth < 0) tooDeep();
  let $id: bigint = 0n;
  let $type: ConfChangeType = 0;
  let $nodeId: bigint = 0n;
  let $context: Uint8Array = EMPTY;
  if (into !== undefined) {
    $id = into.id;
    $type = into.type;
    $nodeId = into.nodeId;
    $context = into.context;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $id = r.uint64Id();
        break;
      case 16:
        $type = r.int32() as ConfChangeType;
        break;
      case 24:
        $nodeId = r.uint64Id();
        break;
      case 34:
        $context = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { id: $id, type: $type, nodeId: $nodeId, context: $context };
}

export function decodeConfChange(bytes: Uint8Array): ConfChange {
  return readConfChange(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ConfChange: MessageCodec<ConfChange> = {
  typeName: "raftpb.ConfChange",
  since: undefined,
  fields: [
    { name: "id", jsonName: "id", property: "id", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "type", jsonName: "type", property: "type", number: 2, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: ConfChangeTypeType },
    { name: "node_id", jsonName: "nodeId", property: "nodeId", number: 3, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "context", jsonName: "context", property: "context", number: 4, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createConfChange(),
  encode: encodeConfChange,
  decode: decodeConfChange,
};

export interface ConfChangeSingle {
  type: ConfChangeType;
  nodeId: bigint;
}

export function createConfChangeSingle(init?: Partial<ConfChangeSingle>): ConfChangeSingle {
  if (init === undefined) return { type: 0, nodeId: 0n };
  return {
    type: init.type ?? 0,
    nodeId: init.nodeId ?? 0n,
  };
}

export function sizeConfChangeSingle(m: ConfChangeSingle): number {
  let n = 0;
  n += 1 + sizeInt32(m.type);
  n += 1 + sizeId(m.nodeId);
  return n;
}

export function writeConfChangeSingle(w: Writer, m: ConfChangeSingle): void {
  {
    w.byte(8);
    w.int32(m.type);
  }
  {
    w.byte(16);
    w.id(m.nodeId);
  }
}

export function encodeConfChangeSingle(m: ConfChangeSingle): Uint8Array {
  const size = sizeConfChangeSingle(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeConfChangeSingle(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readConfChangeSingle(r: Reader, end: number, depth: number, into?: ConfChangeSingle): ConfChangeSingle {
  if (depth < 0) tooDeep();
  let $type: ConfChangeType = 0;
  let $nodeId: bigint = 0n;
  if (into !== undefined) {
    $type = into.type;
    $nodeId = into.nodeId;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $type = r.int32() as ConfChangeType;
        break;
      case 16:
        $nodeId = r.uint64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { type: $type, nodeId: $nodeId };
}

export function decodeConfChangeSingle(bytes: Uint8Array): ConfChangeSingle {
  return readConfChangeSingle(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ConfChangeSingle: MessageCodec<ConfChangeSingle> = {
  typeName: "raftpb.ConfChangeSingle",
  since: undefined,
  fields: [
    { name: "type", jsonName: "type", property: "type", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: ConfChangeTypeType },
    { name: "node_id", jsonName: "nodeId", property: "nodeId", number: 2, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createConfChangeSingle(),
  encode: encodeConfChangeSingle,
  decode: decodeConfChangeSingle,
};

/** Several changes at once. etcd never proposes it. */
export interface ConfChangeV2 {
  transition: ConfChangeTransition;
  changes: ConfChangeSingle[];
  context: Uint8Array;
}

export function createConfChangeV2(init?: Partial<ConfChangeV2>): ConfChangeV2 {
  if (init === undefined) return { transition: 0, changes: [], context: EMPTY };
  return {
    transition: init.transition ?? 0,
    changes: init.changes ?? [],
    context: init.context ?? EMPTY,
  };
}

export function sizeConfChangeV2(m: ConfChangeV2): number {
  let n = 0;
  if (m.transition !== 0) n += 1 + sizeInt32(m.transition);
  for (let i = 0; i < m.changes.length; i++) n += 1 + sizeDelimited(sizeConfChangeSingle(m.changes[i]!));
  if (m.context.length !== 0) n += 1 + sizeBytes(m.context);
  return n;
}

export function writeConfChangeV2(w: Writer, m: ConfChangeV2): void {
  if (m.transition !== 0) {
    w.byte(8);
    w.int32(m.transition);
  }
  for (let i = 0; i < m.changes.length; i++) {
    w.byte(18);
    const v = m.changes[i]!;
    w.uint32(sizeConfChangeSingle(v)); writeConfChangeSingle(w, v);
  }
  if (m.context.length !== 0) {
    w.byte(26);
    w.bytes(m.context);
  }
}

export function encodeConfChangeV2(m: ConfChangeV2): Uint8Array {
  const size = sizeConfChangeV2(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeConfChangeV2(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readConfChangeV2(r: Reader, end: number, depth: number, into?: ConfChangeV2): ConfChangeV2 {
  if (depth < 0) tooDeep();
  let $transition: ConfChangeTransition = 0;
  let $changes: ConfChangeSingle[] = [];
  let $context: Uint8Array = EMPTY;
  if (into !== undefined) {
    $transition = into.transition;
    $changes = into.changes;
    $context = into.context;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $transition = r.int32() as ConfChangeTransition;
        break;
      case 18:
        $changes.push(readConfChangeSingle(r, r.sub(end), depth - 1));
        break;
      case 26:
        $context = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { transition: $transition, changes: $changes, context: $context };
}

export function decodeConfChangeV2(bytes: Uint8Array): ConfChangeV2 {
  return readConfChangeV2(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const ConfChangeV2: MessageCodec<ConfChangeV2> = {
  typeName: "raftpb.ConfChangeV2",
  since: undefined,
  fields: [
    { name: "transition", jsonName: "transition", property: "transition", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: ConfChangeTransitionType },
    { name: "changes", jsonName: "changes", property: "changes", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => ConfChangeSingle as MessageCodec<unknown>, enumeration: undefined },
    { name: "context", jsonName: "context", property: "context", number: 3, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createConfChangeV2(),
  encode: encodeConfChangeV2,
  decode: decodeConfChangeV2,
};
