import { Http2Code, Http2Error } from "./errors.ts";
import { classifyField, FieldKind, HeaderFacts } from "./header-rules.ts";
import { huffmanDecode, huffmanDecodedMax } from "./huffman.ts";
import { DEFAULT_TABLE_BYTES, ENTRY_OVERHEAD, STATIC_ENTRIES, staticTable } from "./static-table.ts";
import type { HeaderField } from "./types.ts";

const latin1Slice = Buffer.prototype.latin1Slice;

const staticKinds = Uint8Array.from(staticTable, ([name, value]) => classifyField(name, value));

/** Longest block that the cache of repeated blocks takes up: a few literals, or any number of indexes that matters. */
const CACHED_BLOCK_BYTES_MAX = 192;
/** Power of two. A client calls a handful of methods, each with one or two header lists. */
const CACHE_SLOTS = 32;

interface CachedBlock {
  /** The table's generation that the block was decoded with: its indexes mean something else in any other. */
  readonly generation: number;
  readonly bytes: Uint8Array;
  readonly facts: HeaderFacts;
}

/** Shared by all decoders: a string is decoded into it and turned into a JavaScript string at once. */
let scratch = Buffer.allocUnsafeSlow(4096);

function broken(what: string): never {
  throw new Http2Error(Http2Code.COMPRESSION_ERROR, what);
}

/**
 * The decoding end of RFC 7541, one for each direction of a connection.
 *
 * The dynamic table is a ring: entry `d` (0 the newest) stands in slot `(#head + d) & mask`. A field is turned into a
 * [name, value] pair once, when it enters the table; an index then costs a look-up and no string.
 */
export class HpackDecoder {
  /** What SETTINGS_HEADER_TABLE_SIZE allows the peer's encoder to use. */
  #allowedBytes: number;
  /** What the peer's encoder chose, at most `#allowedBytes`. */
  #tableBytesMax: number = DEFAULT_TABLE_BYTES;
  #tableBytes = 0;
  #entries = 0;
  #head = 0;
  #fields: HeaderField[] = new Array<HeaderField>(64).fill(["", ""]);
  #kinds = new Uint8Array(64);
  #mask = 63;
  /** Changes with each change of the table. */
  #generation = 0;

  readonly #listBytesMax: number;
  readonly #cache: (CachedBlock | undefined)[] = new Array<CachedBlock | undefined>(CACHE_SLOTS).fill(undefined);
  /** Hash last seen in each slot: a block is taken up when it comes twice in a row, so that unique ones cost nothing. */
  readonly #seen = new Int32Array(CACHE_SLOTS);
  /** Blocks answered from the cache. */
  cacheHits = 0;
  /** The last `decode` was answered from the cache. */
  lastWasCached = false;

  // The block being decoded.
  #source: Uint8Array = scratch;
  #at = 0;
  #end = 0;

  /** `listBytesMax`: larger header lists come back with `oversize` set. */
  constructor(listBytesMax: number, allowedBytes: number = DEFAULT_TABLE_BYTES) {
    this.#listBytesMax = listBytesMax;
    this.#allowedBytes = allowedBytes;
  }

  /**
   * Our SETTINGS_HEADER_TABLE_SIZE took effect. A peer that still uses more has to say less in its next block.
   */
  setAllowedBytes(bytes: number): void {
    this.#allowedBytes = bytes;
  }

  /** Bytes of the dynamic table as the RFC counts them. */
  get tableBytes(): number {
    return this.#tableBytes;
  }

  /**
   * Decodes one whole header block. Throws `Http2Error` COMPRESSION_ERROR when it is broken; the connection cannot go
   * on then. The same block decoded again by an unchanged table gives the same object.
   */
  decode(source: Uint8Array, start: number, end: number): HeaderFacts {
    const length = end - start;
    let slot = -1;
    let hash = length;
    if (length <= CACHED_BLOCK_BYTES_MAX) {
      for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + source[i]!) | 0;
      slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
      const cached = this.#cache[slot];
      if (cached !== undefined && cached.generation === this.#generation && cached.bytes.length === length) {
        const bytes = cached.bytes;
        let i = 0;
        while (i < length && bytes[i] === source[start + i]) i++;
        if (i === length) {
          this.cacheHits++;
          this.lastWasCached = true;
          return cached.facts;
        }
      }
    }
    this.lastWasCached = false;
    const generation = this.#generation;
    const facts = this.#decode(source, start, end);
    if (slot < 0 || generation !== this.#generation) return facts;
    if (this.#seen[slot] !== hash) {
      this.#seen[slot] = hash;
    } else {
      // A copy: the block stands in the socket's chunk, which must not live as long as the cache.
      this.#cache[slot] = { generation, bytes: new Uint8Array(source.subarray(start, end)), facts };
    }
    return facts;
  }

  #decode(source: Uint8Array, start: number, end: number): HeaderFacts {
    this.#source = source;
    this.#at = start;
    this.#end = end;
    const fields: HeaderField[] = [];
    const facts = new HeaderFacts(fields);
    let regularSeen = false;
    let size = 0;

    if (this.#tableBytesMax > this.#allowedBytes) {
      // RFC 7541 4.2: the reduction has to be acknowledged in the first block after it.
      if (start === end || (source[start]! & 0xe0) !== 0x20) broken("table size update expected");
    }
    // Size updates come first, and nowhere else; more than two say nothing that two cannot.
    for (let updates = 0; this.#at < end && (source[this.#at]! & 0xe0) === 0x20; updates++) {
      if (updates === 2) broken("too many table size updates");
      const bytes = this.#integer(0x1f);
      if (bytes > this.#allowedBytes) broken("table size above the limit");
      this.#resize(bytes);
    }
    if (this.#tableBytesMax > this.#allowedBytes) broken("table size update above the limit");

    while (this.#at < end) {
      const first = source[this.#at]!;
      let field: HeaderField;
      let kind: number;
      if (first >= 0x80) {
        const index = this.#integer(0x7f);
        if (index === 0) broken("index 0");
        if (index <= STATIC_ENTRIES) {
          field = staticTable[index]!;
          kind = staticKinds[index]!;
        } else {
          const at = this.#slot(index);
          field = this.#fields[at]!;
          kind = this.#kinds[at]!;
        }
      } else if (first >= 0x40) {
        field = this.#literal(0x3f);
        kind = classifyField(field[0], field[1]);
        this.#insert(field, kind);
      } else if (first < 0x20) {
        field = this.#literal(0x0f);
        kind = classifyField(field[0], field[1]);
      } else {
        broken("table size update inside a block");
      }

      size += field[0].length + field[1].length + ENTRY_OVERHEAD;
      if (size > this.#listBytesMax) {
        // Decoding goes on, since later blocks rely on the table; collecting stops.
        facts.oversize = true;
        continue;
      }
      fields.push(field);
      if (kind === FieldKind.Regular) {
        regularSeen = true;
      } else if (kind === FieldKind.Bad) {
        facts.malformed = true;
      } else if (kind === FieldKind.ContentLength) {
        regularSeen = true;
        const value = Number(field[1]);
        if (facts.contentLength >= 0 && facts.contentLength !== value) facts.malformed = true;
        facts.contentLength = value;
      } else {
        if (regularSeen || (facts.pseudo & kind) !== 0) facts.malformed = true;
        facts.pseudo |= kind;
      }
    }
    facts.listSize = size;
    return facts;
  }

  /** Ring slot of a dynamic index (62 is the newest entry). */
  #slot(index: number): number {
    const distance = index - STATIC_ENTRIES - 1;
    if (distance >= this.#entries) broken("index beyond the table");
    return (this.#head + distance) & this.#mask;
  }

  /** An integer with a prefix of as many bits as `prefix` has (RFC 7541 5.1); moves past it. */
  #integer(prefix: number): number {
    const source = this.#source;
    let value = source[this.#at++]! & prefix;
    if (value < prefix) return value;
    // Four more bytes at most: 2^28 is more than any size, length or index that could be valid here.
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) broken("integer cut short");
      const byte = source[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return broken("integer too large");
  }

  #literal(prefix: number): HeaderField {
    const index = this.#integer(prefix);
    let name: string;
    if (index === 0) name = this.#string();
    else if (index <= STATIC_ENTRIES) name = staticTable[index]![0];
    else name = this.#fields[this.#slot(index)]![0];
    return [name, this.#string()];
  }

  #string(): string {
    if (this.#at >= this.#end) broken("string missing");
    const huffman = this.#source[this.#at]! >= 0x80;
    const length = this.#integer(0x7f);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) broken("string cut short");
    this.#at = end;
    if (!huffman) return latin1Slice.call(this.#source, start, end);
    const room = huffmanDecodedMax(length);
    if (room > scratch.length) scratch = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(room)));
    const decoded = huffmanDecode(this.#source, start, end, scratch);
    if (decoded < 0) broken("Huffman code");
    return latin1Slice.call(scratch, 0, decoded);
  }

  #insert(field: HeaderField, kind: number): void {
    const size = field[0].length + field[1].length + ENTRY_OVERHEAD;
    this.#generation++;
    this.#evict(this.#tableBytesMax - size);
    // An entry larger than the table empties it and is not an error (RFC 7541 4.4).
    if (size > this.#tableBytesMax) return;
    if (this.#entries > this.#mask) this.#grow();
    this.#head = (this.#head - 1) & this.#mask;
    this.#fields[this.#head] = field;
    this.#kinds[this.#head] = kind;
    this.#entries++;
    this.#tableBytes += size;
  }

  #resize(bytes: number): void {
    this.#generation++;
    this.#tableBytesMax = bytes;
    this.#evict(bytes);
  }

  /** Drops the oldest entries until at most `bytes` are held; all of them when `bytes` is negative. */
  #evict(bytes: number): void {
    while (this.#entries > 0 && this.#tableBytes > bytes) {
      const oldest = this.#fields[(this.#head + this.#entries - 1) & this.#mask]!;
      this.#tableBytes -= oldest[0].length + oldest[1].length + ENTRY_OVERHEAD;
      this.#entries--;
    }
  }

  #grow(): void {
    const capacity = this.#mask + 1;
    const fields = new Array<HeaderField>(capacity * 2).fill(["", ""]);
    const kinds = new Uint8Array(capacity * 2);
    for (let i = 0; i < this.#entries; i++) {
      fields[i] = this.#fields[(this.#head + i) & this.#mask]!;
      kinds[i] = this.#kinds[(this.#head + i) & this.#mask]!;
    }
    this.#fields = fields;
    this.#kinds = kinds;
    this.#head = 0;
    this.#mask = capacity * 2 - 1;
  }
}
