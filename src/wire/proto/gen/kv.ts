// Written by scripts/gen-proto.mjs from proto/kv.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { EnumType, MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeId, sizeInt32, sizeInt64, Writer } from "../writer.ts";

export const EventType = {
  PUT: 0,
  DELETE: 1,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];
export const EventTypeType: EnumType = { typeName: "mvccpb.Event.EventType", values: EventType, since: undefined, valuesSince: {  } };

/** A key at one revision. Kept in the store in this encoding. */
export interface KeyValue {
  key: Uint8Array;
  /** Revision that made the key, the last time it came into being. */
  createRevision: number;
  /** Revision of this value. */
  modRevision: number;
  /** Changes since creation, 1 for the first. 0 in a tombstone. */
  version: number;
  value: Uint8Array;
  /** Lease that deletes the key when it ends; 0: none. */
  lease: bigint;
}

export function createKeyValue(init?: Partial<KeyValue>): KeyValue {
  if (init === undefined) return { key: EMPTY, createRevision: 0, modRevision: 0, version: 0, value: EMPTY, lease: 0n };
  return {
    key: init.key ?? EMPTY,
    createRevision: init.createRevision ?? 0,
    modRevision: init.modRevision ?? 0,
    version: init.version ?? 0,
    value: init.value ?? EMPTY,
    lease: init.lease ?? 0n,
  };
}

export function sizeKeyValue(m: KeyValue): number {
  let n = 0;
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.createRevision !== 0) n += 1 + sizeInt64(m.createRevision);
  if (m.modRevision !== 0) n += 1 + sizeInt64(m.modRevision);
  if (m.version !== 0) n += 1 + sizeInt64(m.version);
  if (m.value.length !== 0) n += 1 + sizeBytes(m.value);
  if (m.lease !== 0n) n += 1 + sizeId(m.lease);
  return n;
}

export function writeKeyValue(w: Writer, m: KeyValue): void {
  if (m.key.length !== 0) {
    w.byte(10);
    w.bytes(m.key);
  }
  if (m.createRevision !== 0) {
    w.byte(16);
    w.int64(m.createRevision);
  }
  if (m.modRevision !== 0) {
    w.byte(24);
    w.int64(m.modRevision);
  }
  if (m.version !== 0) {
    w.byte(32);
    w.int64(m.version);
  }
  if (m.value.length !== 0) {
    w.byte(42);
    w.bytes(m.value);
  }
  if (m.lease !== 0n) {
    w.byte(48);
    w.id(m.lease);
  }
}

export function encodeKeyValue(m: KeyValue): Uint8Array {
  const size = sizeKeyValue(m);
  if (size === 0) return EMPTY;
  const w = Writer.kept(size);
  writeKeyValue(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readKeyValue(r: Reader, end: number, depth: number, into?: KeyValue): KeyValue {
  if (depth < 0) tooDeep();
  let $key: Uint8Array = EMPTY;
  let $createRevision: number = 0;
  let $modRevision: number = 0;
  let $version: number = 0;
  let $value: Uint8Array = EMPTY;
  let $lease: bigint = 0n;
  if (into !== undefined) {
    $key = into.key;
    $createRevision = into.createRevision;
    $modRevision = into.modRevision;
    $version = into.version;
    $value = into.value;
    $lease = into.lease;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $key = r.view(end);
        break;
      case 16:
        $createRevision = r.int64();
        break;
      case 24:
        $modRevision = r.int64();
        break;
      case 32:
        $version = r.int64();
        break;
      case 42:
        $value = r.view(end);
        break;
      case 48:
        $lease = r.int64Id();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { key: $key, createRevision: $createRevision, modRevision: $modRevision, version: $version, value: $value, lease: $lease };
}

export function decodeKeyValue(bytes: Uint8Array): KeyValue {
  return readKeyValue(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const KeyValue: MessageCodec<KeyValue> = {
  typeName: "mvccpb.KeyValue",
  since: undefined,
  fields: [
    { name: "key", jsonName: "key", property: "key", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "create_revision", jsonName: "createRevision", property: "createRevision", number: 2, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "mod_revision", jsonName: "modRevision", property: "modRevision", number: 3, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "version", jsonName: "version", property: "version", number: 4, kind: "int64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "value", jsonName: "value", property: "value", number: 5, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "lease", jsonName: "lease", property: "lease", number: 6, kind: "int64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createKeyValue(),
  encode: encodeKeyValue,
  decode: decodeKeyValue,
};

/** One change of one key. */
export interface Event {
  type: EventType;
  /** The key after the change. Of a deletion: key and mod_revision only. */
  kv: Uint8Array | undefined;
  /** The key before it, for watchers that asked. */
  prevKv: Uint8Array | undefined;
}

export function createEvent(init?: Partial<Event>): Event {
  if (init === undefined) return { type: 0, kv: undefined, prevKv: undefined };
  return {
    type: init.type ?? 0,
    kv: init.kv ?? undefined,
    prevKv: init.prevKv ?? undefined,
  };
}

export function sizeEvent(m: Event): number {
  let n = 0;
  if (m.type !== 0) n += 1 + sizeInt32(m.type);
  if (m.kv !== undefined) n += 1 + sizeBytes(m.kv);
  if (m.prevKv !== undefined) n += 1 + sizeBytes(m.prevKv);
  return n;
}

export function writeEvent(w: Writer, m: Event): void {
  if (m.type !== 0) {
    w.byte(8);
    w.int32(m.type);
  }
  if (m.kv !== undefined) {
    w.byte(18);
    w.bytes(m.kv);
  }
  if (m.prevKv !== undefined) {
    w.byte(26);
    w.bytes(m.prevKv);
  }
}

export function encodeEvent(m: Event): Uint8Array {
  const size = sizeEvent(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeEvent(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readEvent(r: Reader, end: number, depth: number, into?: Event): Event {
  if (depth < 0) tooDeep();
  let $type: EventType = 0;
  let $kv: Uint8Array | undefined = undefined;
  let $prevKv: Uint8Array | undefined = undefined;
  let $kvParts: Uint8Array[] | undefined;
  let $prevKvParts: Uint8Array[] | undefined;
  if (into !== undefined) {
    $type = into.type;
    $kv = into.kv;
    $prevKv = into.prevKv;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $type = r.int32() as EventType;
        break;
      case 18:
        if ($kv === undefined) $kv = r.view(end);
        else ($kvParts ??= [$kv]).push(r.view(end));
        break;
      case 26:
        if ($prevKv === undefined) $prevKv = r.view(end);
        else ($prevKvParts ??= [$prevKv]).push(r.view(end));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  if ($kvParts !== undefined) $kv = join($kvParts);
  if ($prevKvParts !== undefined) $prevKv = join($prevKvParts);
  return { type: $type, kv: $kv, prevKv: $prevKv };
}

export function decodeEvent(bytes: Uint8Array): Event {
  return readEvent(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Event: MessageCodec<Event> = {
  typeName: "mvccpb.Event",
  since: undefined,
  fields: [
    { name: "type", jsonName: "type", property: "type", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: EventTypeType },
    { name: "kv", jsonName: "kv", property: "kv", number: 2, kind: "message", repeated: false, id: false, embed: true, oneof: undefined, optional: false, since: undefined, message: () => KeyValue as MessageCodec<unknown>, enumeration: undefined },
    { name: "prev_kv", jsonName: "prevKv", property: "prevKv", number: 3, kind: "message", repeated: false, id: false, embed: true, oneof: undefined, optional: false, since: undefined, message: () => KeyValue as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createEvent(),
  encode: encodeEvent,
  decode: decodeEvent,
};
