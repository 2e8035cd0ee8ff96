import { huffmanEncode, huffmanLength } from "./huffman.ts";
import { DEFAULT_TABLE_BYTES, ENTRY_OVERHEAD, STATIC_ENTRIES, staticNames, staticPairs } from "./static-table.ts";
import type { HeaderList } from "./types.ts";

/** Secrets: sent as never-indexed, so that no proxy on the way puts them in a table either (RFC 7541 7.1.3). */
const sensitive: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
  "token",
]);

/** Values that differ each time: indexing them would only push useful entries out. */
const fleeting: ReadonlySet<string> = new Set([
  "age",
  "content-length",
  "content-range",
  "date",
  "etag",
  "grpc-message",
  "grpc-status-details-bin",
  "grpc-timeout",
  "if-modified-since",
  "if-none-match",
  "last-modified",
  "location",
]);

/** Integer with the high bits of `pattern` in front of a prefix of `prefix`'s bits (RFC 7541 5.1). */
function writeInteger(into: Uint8Array, at: number, pattern: number, prefix: number, value: number): number {
  let position = at;
  if (value < prefix) {
    into[position++] = pattern | value;
    return position;
  }
  into[position++] = pattern | prefix;
  let rest = value - prefix;
  while (rest >= 0x80) {
    into[position++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  into[position++] = rest;
  return position;
}

/** String literal, as Huffman code when that is shorter. */
function writeString(into: Uint8Array, at: number, text: string): number {
  const huffman = huffmanLength(text);
  if (huffman < text.length) return huffmanEncode(text, into, writeInteger(into, at, 0x80, 0x7f, huffman));
  let position = writeInteger(into, at, 0, 0x7f, text.length);
  for (let i = 0; i < text.length; i++) into[position++] = text.charCodeAt(i);
  return position;
}

/** Room that a field can take at most: two strings with their lengths, an index, nothing shorter than itself. */
function fieldBytesMax(name: string, value: string): number {
  return name.length + value.length + 16;
}

/**
 * The encoding end of RFC 7541. With a table limit of zero it is stateless: what it writes can be sent on any
 * connection at any time, which is what prepared header blocks are made of.
 */
export class HpackEncoder {
  /** What we are willing to use. */
  readonly #ownBytesMax: number;
  /** What the peer's decoder believes is in force: the last size we told, 4096 before that. */
  #toldBytes: number = DEFAULT_TABLE_BYTES;
  /** What the peer allows now, and the least it allowed since our last block. */
  #allowedBytes: number = DEFAULT_TABLE_BYTES;
  #leastAllowedBytes: number = Number.POSITIVE_INFINITY;

  #tableBytes = 0;
  /** Names and values from the oldest on; the first `#dropped` entries ever made are gone from the front. */
  readonly #queue: { readonly key: string; readonly name: string; readonly size: number }[] = [];
  #queueHead = 0;
  #made = 0;
  /** Number in making order, of the newest entry with this pair, or with this name. */
  readonly #pairs = new Map<string, number>();
  readonly #names = new Map<string, number>();

  #buffer: Uint8Array = new Uint8Array(1024);
  /** The list encoded last; once it came twice and left the table as it was, also its block. */
  #lastList: HeaderList | undefined;
  #lastBlock: Uint8Array | undefined;
  /** `#made` when `#lastBlock` was written: indexes in it hold as long as nothing was added since. */
  #lastMade = -1;

  constructor(ownBytesMax: number) {
    this.#ownBytesMax = ownBytesMax;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE; in force from the next block on. */
  setPeerBytesMax(bytes: number): void {
    this.#allowedBytes = bytes;
    if (bytes < this.#leastAllowedBytes) this.#leastAllowedBytes = bytes;
  }

  /**
   * A table size update has to go in front of the next block, so prepared bytes cannot be sent alone. Using less than
   * told needs no update; being allowed less than told does (RFC 7541 4.2), and so does using more.
   */
  get updatePending(): boolean {
    return (
      this.#leastAllowedBytes < this.#toldBytes || Math.min(this.#ownBytesMax, this.#allowedBytes) > this.#toldBytes
    );
  }

  get tableBytes(): number {
    return this.#tableBytes;
  }

  /** The size updates that are due, as bytes to put in front of the next block; empty when none are. */
  takeUpdate(): Uint8Array {
    return this.#buffer.slice(0, this.#writeUpdate(0));
  }

  /**
   * Encodes a list. The result is valid until the next call. A list that is given again and again costs nothing more, so
   * it must not be changed between calls.
   */
  encode(fields: HeaderList): Uint8Array {
    const repeated = fields === this.#lastList;
    const made = this.#made;
    const updated = this.updatePending;
    if (repeated && this.#lastBlock !== undefined && made === this.#lastMade && !updated) return this.#lastBlock;
    // Before anything is written: what goes into the table and then not to the peer would shift every index after it.
    for (const [name, value] of fields) {
      if (typeof name !== "string" || typeof value !== "string") {
        throw new TypeError(`hpack: the value of header field ${String(name)} is not text`);
      }
    }
    this.#lastList = fields;
    this.#lastBlock = undefined;
    let at = this.#writeUpdate(0);
    for (const [name, value] of fields) {
      const room = at + fieldBytesMax(name, value);
      if (room > this.#buffer.length) {
        const larger = new Uint8Array(Math.max(room, this.#buffer.length * 2));
        larger.set(this.#buffer.subarray(0, at));
        this.#buffer = larger;
      }
      at = this.#writeField(at, name, value);
    }
    if (repeated && made === this.#made && !updated) {
      this.#lastBlock = this.#buffer.slice(0, at);
      this.#lastMade = made;
    }
    return this.#buffer.subarray(0, at);
  }

  #writeUpdate(at: number): number {
    let position = at;
    if (this.updatePending) {
      const wanted = Math.min(this.#ownBytesMax, this.#allowedBytes);
      const least = Math.min(this.#leastAllowedBytes, wanted);
      // A dip below what holds now has to be seen by the decoder, too: it makes both sides evict.
      if (least < this.#toldBytes) position = this.#tell(position, least);
      if (wanted > this.#toldBytes) position = this.#tell(position, wanted);
    }
    this.#leastAllowedBytes = Number.POSITIVE_INFINITY;
    return position;
  }

  #tell(at: number, bytes: number): number {
    this.#toldBytes = bytes;
    this.#evict(bytes);
    return writeInteger(this.#buffer, at, 0x20, 0x1f, bytes);
  }

  #writeField(at: number, name: string, value: string): number {
    const into = this.#buffer;
    const secret = sensitive.has(name);
    if (!secret) {
      const pair = this.#pairIndex(name, value);
      if (pair > 0) return writeInteger(into, at, 0x80, 0x7f, pair);
    }
    const nameIndex = this.#nameIndex(name);
    const limit = Math.min(this.#ownBytesMax, this.#toldBytes);
    const size = name.length + value.length + ENTRY_OVERHEAD;
    // An entry of more than half the table would push out too much for its worth.
    const index = !secret && size * 2 <= limit && !fleeting.has(name);
    let position: number;
    if (index) position = writeInteger(into, at, 0x40, 0x3f, nameIndex);
    else position = writeInteger(into, at, secret ? 0x10 : 0, 0x0f, nameIndex);
    if (nameIndex === 0) position = writeString(into, position, name);
    position = writeString(into, position, value);
    if (index) this.#insert(name, value, size, limit);
    return position;
  }

  #pairIndex(name: string, value: string): number {
    const key = `${name}\0${value}`;
    const fixed = staticPairs.get(key);
    if (fixed !== undefined) return fixed;
    const made = this.#pairs.get(key);
    return made === undefined ? 0 : STATIC_ENTRIES + this.#made - made;
  }

  #nameIndex(name: string): number {
    const fixed = staticNames.get(name);
    if (fixed !== undefined) return fixed;
    const made = this.#names.get(name);
    return made === undefined ? 0 : STATIC_ENTRIES + this.#made - made;
  }

  #insert(name: string, value: string, size: number, limit: number): void {
    this.#evict(limit - size);
    const key = `${name}\0${value}`;
    this.#queue.push({ key, name, size });
    this.#pairs.set(key, this.#made);
    this.#names.set(name, this.#made);
    this.#made++;
    this.#tableBytes += size;
  }

  #evict(bytes: number): void {
    while (this.#tableBytes > bytes) {
      const oldest = this.#queue[this.#queueHead]!;
      const made = this.#made - (this.#queue.length - this.#queueHead);
      this.#queueHead++;
      this.#tableBytes -= oldest.size;
      if (this.#pairs.get(oldest.key) === made) this.#pairs.delete(oldest.key);
      if (this.#names.get(oldest.name) === made) this.#names.delete(oldest.name);
    }
    if (this.#queueHead > 64 && this.#queueHead * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#queueHead);
      this.#queueHead = 0;
    }
  }
}
