// Written by scripts/gen-proto.mjs from proto/walpb.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeDelimited, sizeInt64, sizeUint32, sizeUint64, Writer } from "../writer.ts";
import * as raftpb from "./raftpb.ts";

/** A frame of a WAL file. type: 1 metadata, 2 entry, 3 state, 4 crc, 5 snapshot. */
export interface Record {
  type: number;
  /** CRC-32C of all data of all records up to and with this one. */
  crc: number;
  data: Uint8Array;
}

export function createRecord(init?: Partial<Record>): Record {
  if (init === undefined) return { type: 0, crc: 0, data: EMPTY };
  return {
    type: init.type ?? 0,
    crc: init.crc ?? 0,
    data: init.data ?? EMPTY,
  };
}

export function sizeRecord(m: Record): number {
  let n = 0;
  n += 1 + sizeInt64(m.type);
  n += 1 + sizeUint32(m.crc);
  if (m.data.length !== 0) n += 1 + sizeBytes(m.data);
  return n;
}

export function writeRecord(w: Writer, m: Record): void {
  {
    w.byte(8);
    w.int64(m.type);
  }
  {
    w.byte(16);
    w.uint32(m.crc);
  }
  if (m.data.length !== 0) {
    w.byte(26);
    w.bytes(m.data);
  }
}

export function encodeRecord(m: Record): Uint8Array {
  const size = sizeRecord(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRecord(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRecord(r: Reader, end: number, depth: number, into?: Record): Record {
  if (depth < 0) tooDeep();
  let $type: number = 0;
  let $crc: number = 0;
  let $data: Uint8Array = EMPTY;
  if (into !== undefined) {
    $type = into.type;
    $crc = into.crc;
    $data = into.data;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $type = r.safeInt64();
        break;
      case 16:
        $crc = r.uint32();
        break;
      case 26:
        $data = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { type: $type, crc: $crc, data: $data };
}

export function decodeRecord(bytes: Uint8Array): Record {
  return readRecord(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Record: MessageCodec<Record> = {
  typeName: "walpb.Record",
  since: undefined,
  fields: [
    { name: "type", jsonName: "type", property: "type", number: 1, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "crc", jsonName: "crc", property: "crc", number: 2, kind: "uint32", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "data", jsonName: "data", property: "data", number: 3, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createRecord(),
  encode: encodeRecord,
  decode: decodeRecord,
};

/** Says that a snapshot at this index exists. */
export interface Snapshot {
  index: number;
  term: number;
  confState: raftpb.ConfState | undefined;
}

export function createSnapshot(init?: Partial<Snapshot>): Snapshot {
  if (init === undefined) return { index: 0, term: 0, confState: undefined };
  return {
    index: init.index ?? 0,
    term: init.term ?? 0,
    confState: init.confState ?? undefined,
  };
}

export function sizeSnapshot(m: Snapshot): number {
  let n = 0;
  n += 1 + sizeUint64(m.index);
  n += 1 + sizeUint64(m.term);
  if (m.confState !== undefined) n += 1 + sizeDelimited(raftpb.sizeConfState(m.confState));
  return n;
}

export function writeSnapshot(w: Writer, m: Snapshot): void {
  {
    w.byte(8);
    w.uint64(m.index);
  }
  {
    w.byte(16);
    w.uint64(m.term);
  }
  if (m.confState !== undefined) {
    w.byte(26);
    w.uint32(raftpb.sizeConfState(m.confState)); raftpb.writeConfState(w, m.confState);
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
  let $index: number = 0;
  let $term: number = 0;
  let $confState: raftpb.ConfState | undefined = undefined;
  if (into !== undefined) {
    $index = into.index;
    $term = into.term;
    $confState = into.confState;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $index = r.safeUint64();
        break;
      case 16:
        $term = r.safeUint64();
        break;
      case 26:
        $confState = raftpb.readConfState(r, r.sub(end), depth - 1, $confState);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { index: $index, term: $term, confState: $confState };
}

export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  return readSnapshot(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Snapshot: MessageCodec<Snapshot> = {
  typeName: "walpb.Snapshot",
  since: undefined,
  fields: [
    { name: "index", jsonName: "index", property: "index", number: 1, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "term", jsonName: "term", property: "term", number: 2, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "conf_state", jsonName: "confState", property: "confState", number: 3, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => raftpb.ConfState as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createSnapshot(),
  encode: encodeSnapshot,
  decode: decodeSnapshot,
};
