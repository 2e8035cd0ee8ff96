// The bytes of a bbolt file (format version 2). README.md draws them.
import { assert } from "../../base/index.ts";
import { BoltError, corrupt } from "./errors.ts";

export const pageHeaderBytes = 16;
/** Leaf and branch elements are equally long. */
export const elementBytes = 16;
/** Root page and sequence in front of a bucket's value. */
export const bucketHeaderBytes = 16;

export const PageFlag = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
/** Flag of a leaf element whose value is a bucket. */
export const bucketFlag = 0x01;

export const magic = 0xed0cdaed;
export const formatVersion = 2;
export const metaBytes = 64;
export const maxKeyBytes = 32768;
export const maxValueBytes = 2 ** 31 - 2;
/** A split leaves at least this many elements on each side. */
export const minKeysPerPage = 2;
/** Deeper trees do not exist: with two children a page, 2^48 pages would be needed. Stops a walk in a damaged file. */
export const depthMax = 48;

/** Words are read through native views, as bbolt itself does; only machines with the file's byte order can. */
export const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Six bytes as a big-endian number, zeros past the end: orders as the bytes do, but for keys that end within them. */
function headOf(bytes: Uint8Array, start: number, end: number): number {
  if (start + 6 <= end) {
    return (
      ((bytes[start]! << 8) | bytes[start + 1]!) * 0x1_0000_0000 +
      (((bytes[start + 2]! << 24) | (bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) | bytes[start + 5]!) >>> 0)
    );
  }
  let head = 0;
  for (let i = start; i < start + 6; i++) head = head * 256 + (i < end ? bytes[i]! : 0);
  return head;
}

/** Memory for a page image, not zeroed. A plain array of its own: one kind of object on the hot paths, freed by itself. */
export function pageBuffer(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

/**
 * The image of one page and its overflow pages. Never changed once it is in the cache: a changed node goes to another
 * page. So whatever was handed out as a subarray stays valid for good. Only those in `Frames` are read over.
 */
export class Page {
  id = 0;
  /** The whole run: (overflow + 1) x page size; of an inline bucket, just what is there. */
  readonly bytes: Uint8Array;
  /** The same memory as 32-bit words. Element i starts at word 4 + 4i. */
  readonly words: Uint32Array;
  leaf = false;
  count = 0;
  /** Clock bit of the cache: set on each use, cleared as the hand passes. */
  used = true;
  /** Its place in the cache, -1 when it is not there. */
  slot = -1;
  /** Not durable yet: must not be evicted, since the file does not have it. */
  dirty = false;
  /** Of a branch: the six bytes of each key that follow the `#common` ones all share, as a number. */
  #heads: Float64Array | undefined;
  #common = 0;
  /** Of a branch: those of its children that are branches and were in the cache when they were last come by. */
  #branches: (Page | undefined)[] | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    this.readHeader();
  }

  /** Other bytes were read into this image. */
  readHeader(): void {
    const words = this.words;
    this.#heads = undefined;
    this.#branches = undefined;
    this.id = words[0]! + words[1]! * 0x1_0000_0000;
    this.leaf = (words[2]! & 0xffff) === PageFlag.leaf;
    this.count = words[2]! >>> 16;
  }

  get flags(): number {
    return this.words[2]! & 0xffff;
  }

  get overflow(): number {
    return this.words[3]!;
  }

  /** Child page of branch element `index`. */
  child(index: number): number {
    const at = 4 + index * 4;
    return this.words[at + 2]! + this.words[at + 3]! * 0x1_0000_0000;
  }

  /** Offset of the key of element `index`. */
  keyStart(index: number): number {
    const at = 4 + index * 4;
    return at * 4 + this.words[this.leaf ? at + 1 : at]!;
  }

  keySize(index: number): number {
    const at = 4 + index * 4;
    return this.words[this.leaf ? at + 2 : at + 1]!;
  }

  key(index: number): Uint8Array {
    const start = this.keyStart(index);
    return this.bytes.subarray(start, start + this.keySize(index));
  }

  /** Flags of leaf element `index`. */
  elementFlags(index: number): number {
    return this.words[4 + index * 4]!;
  }

  /** Of leaf element `index`. Its value stands right behind its key. */
  valueSize(index: number): number {
    return this.words[4 + index * 4 + 3]!;
  }

  /** Offset of the value of leaf element `index`. */
  valueStart(index: number): number {
    const at = 4 + index * 4;
    const words = this.words;
    return at * 4 + words[at + 1]! + words[at + 2]!;
  }

  /** Value of leaf element `index`. */
  value(index: number): Uint8Array {
    const start = this.valueStart(index);
    return this.bytes.subarray(start, start + this.valueSize(index));
  }

  /** Index of the first element whose key is at or above `key`; `count` when there is none. */
  lowerBound(key: Uint8Array): number {
    const bytes = this.bytes;
    const words = this.words;
    const position = this.leaf ? 1 : 0;
    const keyLength = key.length;
    let low = 0;
    let high = this.count;
    // Bytes that the keys just outside of [low, high) are known to share with `key`: those within share the lesser number.
    let lowCommon = 0;
    let highCommon = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = 4 + middle * 4;
      const start = at * 4 + words[at + position]!;
      const size = words[at + position + 1]!;
      const end = Math.min(size, keyLength);
      let i = Math.min(lowCommon, highCommon);
      while (i < end && bytes[start + i] === key[i]) i++;
      if (i < end ? bytes[start + i]! < key[i]! : size < keyLength) {
        low = middle + 1;
        lowCommon = i;
      } else {
        high = middle;
        highCommon = i;
      }
    }
    return low;
  }

  /** Index of the child under which `key` stands or would stand: the last one whose key is not above it, else the first. */
  childFor(key: Uint8Array): number {
    if (this.#heads === undefined) this.#indexHeads();
    const heads = this.#heads!;
    const common = this.#common;
    const bytes = this.bytes;
    const start = this.keyStart(0);
    // Outside of what all keys share, the answer is one of the ends.
    for (let i = 0; i < common; i++) {
      const difference = (i < key.length ? key[i]! : -1) - bytes[start + i]!;
      if (difference !== 0) return difference < 0 ? 0 : this.count - 1;
    }
    const head = headOf(key, common, key.length);
    let low = 0;
    let high = this.count;
    // Revisions lie about evenly, so the first look goes where `head` should be, and often there are no more than two.
    let middle = guess(heads, head);
    while (low < high) {
      if (heads[middle]! <= head) {
        low = middle + 1;
        if (low < high && heads[low]! > head) break;
      } else high = middle;
      middle = (low + high) >>> 1;
    }
    // Keys with an equal head differ further on, or in length only.
    while (low > 0 && heads[low - 1] === head && this.compareKey(low - 1, key) > 0) low--;
    return low > 0 ? low - 1 : 0;
  }

  /** Child `index` of a branch, if it is a branch that is in the cache: spares the search for it by its id. */
  branchAt(index: number): Page | undefined {
    const branch = this.#branches?.[index];
    return branch !== undefined && branch.slot >= 0 ? branch : undefined;
  }

  /** Remembers child `index`, a branch in the cache. Where it is dropped from there, its `slot` says so. */
  linkBranch(index: number, branch: Page): void {
    this.#branches ??= new Array<Page | undefined>(this.count).fill(undefined);
    this.#branches[index] = branch;
  }

  /** Order of element `index` against `key`. */
  compareKey(index: number, key: Uint8Array): number {
    const start = this.keyStart(index);
    const size = this.keySize(index);
    const bytes = this.bytes;
    const end = Math.min(size, key.length);
    for (let i = 0; i < end; i++) {
      const difference = bytes[start + i]! - key[i]!;
      if (difference !== 0) return difference;
    }
    return size - key.length;
  }

  /** Fills `#heads`, on the first search: most of what a search through scattered keys costs is fetching them. */
  #indexHeads(): void {
    const { bytes, count } = this;
    const first = this.keyStart(0);
    const last = this.keyStart(count - 1);
    const end = Math.min(this.keySize(0), this.keySize(count - 1));
    let common = 0;
    while (common < end && bytes[first + common] === bytes[last + common]) common++;
    const heads = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const start = this.keyStart(i);
      heads[i] = headOf(bytes, start + common, start + this.keySize(i));
    }
    this.#common = common;
    this.#heads = heads;
  }

  /** Whether element `index` has exactly this key. */
  keyIs(index: number, key: Uint8Array): boolean {
    const size = this.keySize(index);
    if (size !== key.length) return false;
    const start = this.keyStart(index);
    const bytes = this.bytes;
    for (let i = size - 1; i >= 0; i--) if (bytes[start + i] !== key[i]) return false;
    return true;
  }
}

/** Index where `head` stands among ascending `heads`, were they evenly spread. */
function guess(heads: Float64Array, head: number): number {
  const last = heads.length - 1;
  const first = heads[0]!;
  const span = heads[last]! - first;
  if (span === 0 || head <= first) return 0;
  return Math.min(last, Math.floor(((head - first) / span) * last));
}

/**
 * Makes sure that nothing read from this page later can leave its bytes or the file: type, count, the bounds of every
 * element, children within the high-water mark; and that its keys ascend, or searches would miss some. `expected` is the
 * id under which it was read, 0 for an inline bucket.
 */
export function validatePage(page: Page, expected: number, highWater: number, path: string, where = expected): void {
  if (page.id !== expected) throw corrupt(path, where, `it says it is page ${page.id}`);
  const { words, bytes, count } = page;
  const limit = bytes.length;
  if (page.leaf) {
    if (pageHeaderBytes + count * elementBytes > limit) throw corrupt(path, where, `${count} elements do not fit`);
    for (let i = 0; i < count; i++) {
      const at = 4 + i * 4;
      const size = words[at + 2]!;
      if (size === 0 || at * 4 + words[at + 1]! + size + words[at + 3]! > limit) {
        throw corrupt(path, where, `element ${i} reaches outside of it`);
      }
    }
    validateOrder(page, path, where);
    return;
  }
  if (page.flags !== PageFlag.branch) {
    throw corrupt(path, where, `a page of the tree has type 0x${page.flags.toString(16)}`);
  }
  if (count === 0) throw corrupt(path, where, "a branch without children");
  if (pageHeaderBytes + count * elementBytes > limit) throw corrupt(path, where, `${count} elements do not fit`);
  for (let i = 0; i < count; i++) {
    const at = 4 + i * 4;
    const size = words[at + 1]!;
    if (size === 0 || at * 4 + words[at]! + size > limit) {
      throw corrupt(path, where, `element ${i} reaches outside of it`);
    }
    const child = page.child(i);
    if (child < 2 || child >= highWater || child === expected) {
      throw corrupt(path, where, `element ${i} points to page ${child} of ${highWater}`);
    }
  }
  validateOrder(page, path, where);
}

function validateOrder(page: Page, path: string, where: number): void {
  const { bytes, count } = page;
  if (count === 0) return;
  let before = page.keyStart(0);
  let beforeSize = page.keySize(0);
  for (let i = 1; i < count; i++) {
    const start = page.keyStart(i);
    const size = page.keySize(i);
    const end = Math.min(size, beforeSize);
    let at = 0;
    while (at < end && bytes[start + at] === bytes[before + at]) at++;
    if (at < end ? bytes[start + at]! < bytes[before + at]! : size <= beforeSize) {
      throw corrupt(path, where, `the key of element ${i} is not above the one before`);
    }
    before = start;
    beforeSize = size;
  }
}

/** What a meta page says. */
export interface Meta {
  readonly pageSize: number;
  readonly flags: number;
  /** Root page of the root bucket. */
  root: number;
  /** Sequence of the root bucket; nobody counts with it, but it is kept. */
  sequence: bigint;
  /** First page of the freelist; undefined when it is not kept in the file (all ones). */
  freelist: number | undefined;
  /** Overflow pages of the freelist: known from its page, not part of the meta's bytes. */
  freelistOverflow: number;
  /** Every page below it was given out once; the file ends somewhere above. */
  highWater: number;
  txid: number;
}

/** Why a meta page cannot be used, in bbolt's words. */
export type MetaFault = "Invalid" | "VersionMismatch" | "Checksum";

/** Reads the meta of a page image; `page` starts with the page header. */
export function decodeMeta(page: Uint8Array): Meta | MetaFault {
  if (page.length < pageHeaderBytes + metaBytes) return "Invalid";
  const view = new DataView(page.buffer, page.byteOffset + pageHeaderBytes, metaBytes);
  if (view.getUint32(0, true) !== magic) return "Invalid";
  if (view.getUint32(4, true) !== formatVersion) return "VersionMismatch";
  if (view.getBigUint64(56, true) !== fnv1a(page, pageHeaderBytes, 56)) return "Checksum";
  const freelist = view.getBigUint64(32, true);
  const numbers = [view.getBigUint64(16, true), view.getBigUint64(40, true), view.getBigUint64(48, true)];
  // Beyond 2^53 no real file goes; with a right checksum this was made on purpose, so it is no database of ours.
  if (numbers.some((n) => n > BigInt(Number.MAX_SAFE_INTEGER))) return "Invalid";
  return {
    pageSize: view.getUint32(8, true),
    flags: view.getUint32(12, true),
    root: Number(numbers[0]),
    sequence: view.getBigUint64(24, true),
    freelist: freelist === 0xffff_ffff_ffff_ffffn ? undefined : Number(freelist),
    freelistOverflow: 0,
    highWater: Number(numbers[1]),
    txid: Number(numbers[2]),
  };
}

/** A whole meta page, checksum included. Its number is the parity of the transaction unless told otherwise. */
export function encodeMeta(meta: Meta, pageId = meta.txid % 2): Uint8Array {
  assert(meta.root < meta.highWater, "root page above the high-water mark");
  assert(meta.freelist === undefined || meta.freelist < meta.highWater, "freelist above the high-water mark");
  const page = new Uint8Array(meta.pageSize);
  const view = new DataView(page.buffer);
  view.setUint32(0, pageId, true);
  view.setUint16(8, PageFlag.meta, true);
  const at = pageHeaderBytes;
  view.setUint32(at, magic, true);
  view.setUint32(at + 4, formatVersion, true);
  view.setUint32(at + 8, meta.pageSize, true);
  view.setUint32(at + 12, meta.flags, true);
  view.setBigUint64(at + 16, BigInt(meta.root), true);
  view.setBigUint64(at + 24, meta.sequence, true);
  view.setBigUint64(at + 32, meta.freelist === undefined ? 0xffff_ffff_ffff_ffffn : BigInt(meta.freelist), true);
  view.setBigUint64(at + 40, BigInt(meta.highWater), true);
  view.setBigUint64(at + 48, BigInt(meta.txid), true);
  view.setBigUint64(at + 56, fnv1a(page, pageHeaderBytes, 56), true);
  return page;
}

/** FNV-1a, 64 bits, in four 16-bit limbs: the prime is 2^40 + 0x1b3, so a product needs two partial ones. */
export function fnv1a(bytes: Uint8Array, start: number, length: number): bigint {
  let a = 0x2325;
  let b = 0x8422;
  let c = 0x9ce4;
  let d = 0xcbf2;
  for (let i = start; i < start + length; i++) {
    a ^= bytes[i]!;
    // x * 0x100000001b3 = x * 0x1b3 + (x << 40); the shift by 40 is two limbs and 8 bits.
    const low = a * 0x1b3;
    let next = b * 0x1b3 + (low >>> 16);
    const newB = next & 0xffff;
    next = c * 0x1b3 + ((a << 8) & 0xffff) + (next >>> 16);
    const newC = next & 0xffff;
    next = d * 0x1b3 + ((b << 8) & 0xffff) + (a >>> 8) + (next >>> 16);
    d = next & 0xffff;
    a = low & 0xffff;
    b = newB;
    c = newC;
  }
  return (BigInt(d) << 48n) | (BigInt(c) << 32n) | (BigInt(b) << 16n) | BigInt(a);
}

/** The four pages of a new database: two metas, an empty freelist, an empty root leaf. */
export function initialFile(pageSize: number): Uint8Array {
  const file = new Uint8Array(pageSize * 4);
  for (let i = 0; i < 2; i++) {
    const meta = { pageSize, flags: 0, root: 3, sequence: 0n, freelist: 2, freelistOverflow: 0, highWater: 4, txid: i };
    file.set(encodeMeta(meta), i * pageSize);
  }
  const words = new Uint32Array(file.buffer);
  words[(pageSize * 2) >>> 2] = 2;
  words[((pageSize * 2) >>> 2) + 2] = PageFlag.freelist;
  words[(pageSize * 3) >>> 2] = 3;
  words[((pageSize * 3) >>> 2) + 2] = PageFlag.leaf;
  return file;
}

export function assertPageSize(pageSize: number): void {
  if (pageSize < 1024 || pageSize > 1 << 24 || (pageSize & (pageSize - 1)) !== 0) {
    throw new BoltError("Invalid", { detail: `page size ${pageSize}: a power of two from 1024 to 16777216 is needed` });
  }
}
