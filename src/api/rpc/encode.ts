import type { Reply } from "../../wire/grpc/index.ts";
import { type rpc, sizeBytes, sizeInt64, sizeUint32, Writer } from "../../wire/proto/index.ts";
import type { HeaderEncoder } from "./header.ts";

/*
 * Encoders of the hot answers. They give the very bytes of the generated ones, but take the header from the memo and
 * hand large values on by reference instead of copying them into the message.
 */

/** A message up to this size is written into one buffer; in larger ones big pieces go by reference. */
const copyBytesMax = 8192;
/** In a large message, a stored value at least this long is not copied. */
const referenceBytesMin = 2048;

/** A tag and a varint length. */
function prefix(tag: number, length: number): Uint8Array {
  const w = Writer.of(1 + sizeUint32(length));
  w.byte(tag);
  w.uint32(length);
  return w.finish();
}

/**
 * Writes `tag len bytes` for each of `items` between `head` and `tail` (encoded fields). Fields with lower numbers than
 * `tag` belong to the head.
 */
export function joinItems(head: Uint8Array, tag: number, items: readonly Uint8Array[], tail: Uint8Array): Reply {
  if (items.length === 0 && tail.length === 0) return head;
  let size = head.length + tail.length;
  for (const item of items) size += 1 + sizeBytes(item);
  if (size <= copyBytesMax) {
    const w = Writer.of(size);
    w.raw(head);
    for (const item of items) {
      w.byte(tag);
      w.bytes(item);
    }
    w.raw(tail);
    return w.finish();
  }
  const pieces: Uint8Array[] = [head];
  // Runs of small items are copied together: a piece of its own costs more than a short copy.
  let from = 0;
  const copyRun = (to: number) => {
    let runBytes = 0;
    for (let i = from; i < to; i++) runBytes += 1 + sizeBytes(items[i]!);
    if (runBytes === 0) return;
    const w = Writer.of(runBytes);
    for (let i = from; i < to; i++) {
      w.byte(tag);
      w.bytes(items[i]!);
    }
    pieces.push(w.finish());
  };
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.length < referenceBytesMin) continue;
    copyRun(i);
    pieces.push(prefix(tag, item.length), item);
    from = i + 1;
  }
  copyRun(items.length);
  if (tail.length > 0) pieces.push(tail);
  return pieces;
}

const empty = new Uint8Array(0);

const kvTag = 0x12;

/** `kvTag len` by length; what stands in front of a stored value in nearly every answer. */
const kvPrefixes: (Uint8Array | undefined)[] = new Array(copyBytesMax).fill(undefined);

/** RangeResponse: header 1, kvs 2, more 3, count 4. */
export function encodeRange(headers: HeaderEncoder, response: rpc.RangeResponse): Reply {
  const { header, kvs, more, count } = response;
  const head = headers.fieldOf(header);
  if (kvs.length !== 1) return joinItems(head, kvTag, kvs, rangeTail(more, count));
  // One key: all around the stored bytes is known, and they go straight into the output.
  const kv = kvs[0]!;
  const { length } = kv;
  if (length >= copyBytesMax) return [head, prefix(kvTag, length), kv, rangeTail(more, count)];
  kvPrefixes[length] ??= prefix(kvTag, length);
  return [head, kvPrefixes[length], kv, rangeTail(more, count)];
}

/** More is not set, count is 1. */
const oneKeyTail = Uint8Array.of(0x20, 1);

function rangeTail(more: boolean, count: number): Uint8Array {
  if (count === 1 && !more) return oneKeyTail;
  let size = 0;
  if (more) size += 2;
  if (count !== 0) size += 1 + sizeInt64(count);
  if (size === 0) return empty;
  const w = Writer.of(size);
  if (more) {
    w.byte(0x18);
    w.bool(true);
  }
  if (count !== 0) {
    w.byte(0x20);
    w.int64(count);
  }
  return w.finish();
}

/** Total bytes of a reply. */
export function replyBytes(reply: Reply): number {
  if (reply instanceof Uint8Array) return reply.length;
  let size = 0;
  for (const piece of reply) size += piece.length;
  return size;
}

/** RangeStreamResponse: range_response 1. */
export function encodeRangeStream(inner: Reply): Uint8Array[] {
  const head = prefix(0x0a, replyBytes(inner));
  return inner instanceof Uint8Array ? [head, inner] : [head, ...inner];
}

/** PutResponse: header 1, prev_kv 2. */
export function encodePut(headers: HeaderEncoder, response: rpc.PutResponse): Reply {
  const head = headers.fieldOf(response.header);
  return response.prevKv === undefined ? head : joinItems(head, 0x12, [response.prevKv], empty);
}

/** DeleteRangeResponse: header 1, deleted 2, prev_kvs 3. */
export function encodeDeleteRange(headers: HeaderEncoder, response: rpc.DeleteRangeResponse): Reply {
  const head = headers.fieldOf(response.header);
  if (response.deleted === 0) return joinItems(head, 0x1a, response.prevKvs, empty);
  const w = Writer.of(head.length + 1 + sizeInt64(response.deleted));
  w.raw(head);
  w.byte(0x10);
  w.int64(response.deleted);
  return joinItems(w.finish(), 0x1a, response.prevKvs, empty);
}
