import { EMPTY, keyString } from "../../base/index.ts";
import { Reader } from "./reader.ts";
import { sizeBytes, sizeDelimited, sizeId, sizeInt64, sizeUint32, Writer } from "./writer.ts";

/*
 * Single fields of an encoded mvccpb.KeyValue, read without building an object. The store keeps values in this form, written by us or by etcd:
 *
 *   0a len key   10 create_revision   18 mod_revision   20 version   2a len value   30 lease        zero fields absent, in this order
 *
 * Bytes that came from elsewhere in another order read the same; the last occurrence of a field wins.
 */

const KEY = 0x0a;
const CREATE = 0x10;
const MOD = 0x18;
const VERSION = 0x20;
const VALUE = 0x2a;
const LEASE = 0x30;

/** Moves behind the value of the field whose tag was read. */
function pass(r: Reader, tag: number, end: number): void {
  switch (tag) {
    case KEY:
    case VALUE:
      r.pos = r.sub(end);
      return;
    case CREATE:
    case MOD:
    case VERSION:
      r.uint64();
      return;
    default:
      r.skip(tag, end);
  }
}

function counter(kv: Uint8Array, wanted: number): number {
  const r = new Reader(kv);
  const end = kv.length;
  let value = 0;
  while (r.pos < end) {
    const tag = r.tag();
    if (tag === wanted) value = r.int64();
    else pass(r, tag, end);
  }
  return value;
}

function span(kv: Uint8Array, wanted: number): Uint8Array {
  const r = new Reader(kv);
  const end = kv.length;
  let value = EMPTY;
  while (r.pos < end) {
    const tag = r.tag();
    if (tag === wanted) value = r.view(end);
    else pass(r, tag, end);
  }
  return value;
}

/** The key as a view of `kv`. */
export function keyBytesOf(kv: Uint8Array): Uint8Array {
  return span(kv, KEY);
}

/** The key in the form it has in memory: latin1. */
export function keyStringOf(kv: Uint8Array): string {
  return keyString(span(kv, KEY));
}

/** The value as a view of `kv`. */
export function valueBytesOf(kv: Uint8Array): Uint8Array {
  return span(kv, VALUE);
}

export function createRevisionOf(kv: Uint8Array): number {
  return counter(kv, CREATE);
}

export function modRevisionOf(kv: Uint8Array): number {
  return counter(kv, MOD);
}

export function versionOf(kv: Uint8Array): number {
  return counter(kv, VERSION);
}

export function leaseOf(kv: Uint8Array): bigint {
  const r = new Reader(kv);
  const end = kv.length;
  let value = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    if (tag === LEASE) value = r.int64Id();
    else pass(r, tag, end);
  }
  return value;
}

/** Everything but key and value in one pass. */
export interface KeyValueMeta {
  createRevision: number;
  modRevision: number;
  version: number;
  lease: bigint;
}

export function metaOf(kv: Uint8Array): KeyValueMeta {
  const r = new Reader(kv);
  const end = kv.length;
  let createRevision = 0;
  let modRevision = 0;
  let version = 0;
  let lease = 0n;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case CREATE:
        createRevision = r.int64();
        break;
      case MOD:
        modRevision = r.int64();
        break;
      case VERSION:
        version = r.int64();
        break;
      case LEASE:
        lease = r.int64Id();
        break;
      default:
        pass(r, tag, end);
    }
  }
  return { createRevision, modRevision, version, lease };
}

/** Where the key of a KeyValue lies and what its numbers are, read in place: one object for any number of them. */
export class KeyValueFields {
  keyStart = 0;
  keyEnd = 0;
  createRevision = 0;
  version = 0;
  lease = 0n;
  #reader = new Reader(EMPTY);

  /** Reads the KeyValue at bytes[start..end). */
  read(bytes: Uint8Array, start: number, end: number): void {
    if (this.#reader.bytes !== bytes) this.#reader = new Reader(bytes);
    const r = this.#reader;
    r.pos = start;
    this.keyStart = 0;
    this.keyEnd = 0;
    this.createRevision = 0;
    this.version = 0;
    this.lease = 0n;
    while (r.pos < end) {
      const tag = r.tag();
      switch (tag) {
        case KEY:
          this.keyEnd = r.sub(end);
          this.keyStart = r.pos;
          r.pos = this.keyEnd;
          break;
        case CREATE:
          this.createRevision = r.int64();
          break;
        case VERSION:
          this.version = r.int64();
          break;
        case LEASE:
          this.lease = r.int64Id();
          break;
        default:
          pass(r, tag, end);
      }
    }
    // Behind `end` there are other bytes, which a number cut short would go on with.
    r.done(end);
  }
}

/**
 * Encodes a key value from a latin1 key without going through an object: what a put writes to the store.
 * `key` must hold char codes below 256.
 */
export function encodeKeyValueFrom(
  key: string,
  createRevision: number,
  modRevision: number,
  version: number,
  value: Uint8Array,
  lease: bigint,
): Uint8Array {
  let size = 0;
  if (key.length !== 0) size += 1 + sizeDelimited(key.length);
  if (createRevision !== 0) size += 1 + sizeInt64(createRevision);
  if (modRevision !== 0) size += 1 + sizeInt64(modRevision);
  if (version !== 0) size += 1 + sizeInt64(version);
  if (value.length !== 0) size += 1 + sizeBytes(value);
  if (lease !== 0n) size += 1 + sizeId(lease);
  if (size === 0) return EMPTY;
  const w = Writer.kept(size);
  if (key.length !== 0) {
    w.byte(KEY);
    w.latin1(key);
  }
  if (createRevision !== 0) {
    w.byte(CREATE);
    w.int64(createRevision);
  }
  if (modRevision !== 0) {
    w.byte(MOD);
    w.int64(modRevision);
  }
  if (version !== 0) {
    w.byte(VERSION);
    w.int64(version);
  }
  if (value.length !== 0) {
    w.byte(VALUE);
    w.bytes(value);
  }
  if (lease !== 0n) {
    w.byte(LEASE);
    w.id(lease);
  }
  return w.finish();
}

/** The same key value without its value: what keys_only answers. A view of `kv` when it has none. */
export function withoutValue(kv: Uint8Array): Uint8Array {
  const r = new Reader(kv);
  const end = kv.length;
  let from = -1;
  let until = -1;
  while (r.pos < end) {
    const at = r.pos;
    const tag = r.tag();
    pass(r, tag, end);
    if (tag === VALUE) {
      // Two values in one message come only from outside; cut them one after the other.
      if (from >= 0) return withoutValue(cut(kv, from, until));
      from = at;
      until = r.pos;
    }
  }
  return from < 0 ? kv : cut(kv, from, until);
}

function cut(kv: Uint8Array, from: number, until: number): Uint8Array {
  const w = Writer.of(kv.length - (until - from));
  w.raw(kv.subarray(0, from));
  w.raw(kv.subarray(until));
  return w.finish();
}

/** Encodes an mvccpb.Event around key values that are encoded already. `type`: 0 put, 1 delete. */
export function encodeEventFrom(type: number, kv: Uint8Array, prevKv: Uint8Array | undefined): Uint8Array {
  let size = 1 + sizeBytes(kv);
  if (type !== 0) size += 1 + sizeUint32(type);
  if (prevKv !== undefined) size += 1 + sizeBytes(prevKv);
  const w = Writer.of(size);
  if (type !== 0) {
    w.byte(0x08);
    w.uint32(type);
  }
  w.byte(0x12);
  w.bytes(kv);
  if (prevKv !== undefined) {
    w.byte(0x1a);
    w.bytes(prevKv);
  }
  return w.finish();
}
