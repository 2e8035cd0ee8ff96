/**
 * What a write stores and what its watchers get, encoded together:
 *
 *     put        | 12 len | 0a len key  10 create  18 mod  20 version  2a len value  30 lease |
 *                         '------------------- stored mvccpb.KeyValue ------------------------'
 *                '--------------------------- mvccpb.Event -----------------------------------'
 *
 *     tombstone  | 08 01  12 len | 0a len key | 18 mod |
 *                                '-- stored --'
 *                '------------ mvccpb.Event -----------'
 *
 * Fields ascend and zero fields are left out, as etcd writes them. The pieces lie in slabs, so one write costs a copy of
 * the value and one small view; the view of the event is made only if somebody watches.
 */
import { InvariantError } from "../../base/index.ts";

const slabBytes = 64 * 1024;
/** Longer records get memory of their own, so a slab is never kept for long by one giant. */
const sharedMax = slabBytes / 8;
/** Keys up to this length are copied byte by byte, which beats a call out of JavaScript. */
const shortKey = 20;

let slab = Buffer.allocUnsafeSlow(slabBytes);
let slabAt = 0;

/** Room for `bytes`; writing starts at `at`. */
let buffer = slab;
let at = 0;
/** What `buffer` lies in, from its first byte on: asking for it costs as much as a view. */
let memory = slab.buffer;

function reserve(bytes: number): void {
  // A number that is no revision or length must not move `slabAt`, which all later records are placed by.
  if (bytes >>> 0 !== bytes) throw new InvariantError("a record whose size is no whole number");
  if (bytes > sharedMax) {
    buffer = Buffer.allocUnsafeSlow(bytes);
    memory = buffer.buffer;
    at = 0;
    return;
  }
  if (slabAt + bytes > slabBytes) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabAt = 0;
  }
  if (buffer !== slab) {
    buffer = slab;
    memory = slab.buffer;
  }
  at = slabAt;
  slabAt += bytes;
}

/** Bytes of a varint; `value` is a safe integer from 0, and anything else has no size (NaN). */
function varintBytes(value: number): number {
  if (!(value <= Number.MAX_SAFE_INTEGER)) return Number.NaN;
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

function writeVarint(value: number): void {
  let rest = value;
  while (rest >= 0x8000_0000) {
    buffer[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
}

function writeKey(key: string): void {
  const { length } = key;
  buffer[at++] = 0x0a;
  writeVarint(length);
  if (length > shortKey) buffer.write(key, at, length, "latin1");
  else for (let i = 0; i < length; i++) buffer[at + i] = key.charCodeAt(i);
  at += length;
}

/** Two's complement halves of a lease, for a varint without bigints in the loop. */
function leaseBytes(lease: bigint): number {
  let bytes = 1;
  for (let rest = BigInt.asUintN(64, lease) >> 7n; rest > 0n; rest >>= 7n) bytes++;
  return bytes;
}

function writeLease(lease: bigint): void {
  let rest = BigInt.asUintN(64, lease);
  while (rest >= 0x80n) {
    buffer[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  buffer[at++] = Number(rest);
}

/** The KeyValue that a put stores. `key` is never empty. */
export function encodePut(
  key: string,
  created: number,
  main: number,
  version: number,
  value: Uint8Array,
  lease: bigint,
): Uint8Array {
  const keyLength = key.length;
  const valueLength = value.length;
  let size = 4 + varintBytes(keyLength) + keyLength + varintBytes(created) + varintBytes(main) + varintBytes(version);
  if (valueLength > 0) size += 1 + varintBytes(valueLength) + valueLength;
  if (lease !== 0n) size += 1 + leaseBytes(lease);
  reserve(1 + varintBytes(size) + size);
  buffer[at++] = 0x12;
  writeVarint(size);
  const start = at;
  writeKey(key);
  buffer[at++] = 0x10;
  writeVarint(created);
  buffer[at++] = 0x18;
  writeVarint(main);
  buffer[at++] = 0x20;
  writeVarint(version);
  if (valueLength > 0) {
    buffer[at++] = 0x2a;
    writeVarint(valueLength);
    buffer.set(value, at);
    at += valueLength;
  }
  if (lease !== 0n) {
    buffer[at++] = 0x30;
    writeLease(lease);
  }
  return new Uint8Array(memory, start, size);
}

/** What a tombstone stores. */
export function encodeTombstone(key: string, main: number): Uint8Array {
  const stored = 1 + varintBytes(key.length) + key.length;
  const size = stored + 1 + varintBytes(main);
  reserve(3 + varintBytes(size) + size);
  buffer[at++] = 0x08;
  buffer[at++] = 0x01;
  buffer[at++] = 0x12;
  writeVarint(size);
  const start = at;
  writeKey(key);
  buffer[at++] = 0x18;
  writeVarint(main);
  return new Uint8Array(memory, start, stored);
}

/** The event around what `encodePut` returned; only that: it looks at the bytes in front. */
export function eventAroundPut(kv: Uint8Array): Uint8Array {
  const head = 1 + varintBytes(kv.length);
  return new Uint8Array(kv.buffer, kv.byteOffset - head, head + kv.length);
}

/** The event around what `encodeTombstone` returned; only that: it looks at the bytes around. */
export function eventAroundTombstone(stored: Uint8Array, main: number): Uint8Array {
  const size = stored.length + 1 + varintBytes(main);
  const head = 3 + varintBytes(size);
  return new Uint8Array(stored.buffer, stored.byteOffset - head, head + size);
}

/** The KeyValue that keys_only answers from the index: neither value nor lease. */
export function encodeKeyOnly(key: string, created: number, main: number, version: number): Uint8Array {
  const size =
    4 + varintBytes(key.length) + key.length + varintBytes(created) + varintBytes(main) + varintBytes(version);
  reserve(size);
  const start = at;
  writeKey(key);
  buffer[at++] = 0x10;
  writeVarint(created);
  buffer[at++] = 0x18;
  writeVarint(main);
  buffer[at++] = 0x20;
  writeVarint(version);
  return new Uint8Array(memory, start, size);
}

/** The event of a stored revision, in memory of its own. */
export function encodeEvent(stored: Uint8Array, tombstone: boolean, main: number): Uint8Array {
  const size = tombstone ? stored.length + 1 + varintBytes(main) : stored.length;
  const total = (tombstone ? 3 : 1) + varintBytes(size) + size;
  reserve(total);
  const start = at;
  if (tombstone) {
    buffer[at++] = 0x08;
    buffer[at++] = 0x01;
  }
  buffer[at++] = 0x12;
  writeVarint(size);
  buffer.set(stored, at);
  at += stored.length;
  if (tombstone) {
    buffer[at++] = 0x18;
    writeVarint(main);
  }
  return new Uint8Array(memory, start, total);
}

/** An event with its prev_kv, in memory of its own. */
export function encodeWithPrevious(event: Uint8Array, previous: Uint8Array): Uint8Array {
  const total = event.length + 1 + varintBytes(previous.length) + previous.length;
  reserve(total);
  const start = at;
  buffer.set(event, at);
  at += event.length;
  buffer[at++] = 0x1a;
  writeVarint(previous.length);
  buffer.set(previous, at);
  at += previous.length;
  return new Uint8Array(memory, start, total);
}

/** A copy in a slab. */
export function copyToSlab(bytes: Uint8Array): Uint8Array {
  reserve(bytes.length);
  buffer.set(bytes, at);
  return new Uint8Array(memory, at, bytes.length);
}
