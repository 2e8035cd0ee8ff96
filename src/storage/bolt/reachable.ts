import type { DiskFile } from "../disk/index.ts";
import { corrupt } from "./errors.ts";
import {
  bucketFlag,
  bucketHeaderBytes,
  depthMax,
  type Meta,
  Page,
  pageBuffer,
  pageHeaderBytes,
  validatePage,
} from "./format.ts";

/** Pages that are not asked for but lie between two that are: cheaper to read than to skip. */
const gapPages = 8;
/** Much for one call, and still within the processor's cache. */
const chunkBytes = 256 * 1024;

/**
 * Every page in use by the tree, as a bitmap: the rest of the file is free. Walks level by level, each in page order and in
 * large reads, so that a file of gigabytes is read about once and in sequence. Finds damage on the way: a page that two
 * branches claim, a page of the wrong kind, elements out of bounds.
 */
export function reachablePages(file: DiskFile, meta: Meta, path: string): Uint32Array {
  const { pageSize, highWater } = meta;
  const reached = new Uint32Array((highWater >>> 5) + 1);
  let level: number[] = [meta.root];
  for (let depth = 0; level.length > 0; depth++) {
    // Buckets in buckets add levels, so the bound is generous; only circles pass it.
    if (depth > depthMax * 8) throw corrupt(path, level[0]!, "the tree is too deep: its pages form a circle");
    level.sort((a, b) => a - b);
    const next: number[] = [];
    let buffer: Uint8Array = pageBuffer(pageSize);
    let bufferStart = 0;
    let bufferPages = 0;
    for (let i = 0; i < level.length; i++) {
      const id = level[i]!;
      if (id >= bufferStart + bufferPages || bufferPages === 0) {
        bufferStart = id;
        bufferPages = spanOf(level, i, Math.max(1, Math.floor(chunkBytes / pageSize)));
        if (buffer.length < bufferPages * pageSize) buffer = pageBuffer(bufferPages * pageSize);
        const view = buffer.subarray(0, bufferPages * pageSize);
        const read = file.readSync(view, id * pageSize);
        if (read < pageSize) throw corrupt(path, id, "the file ends before it");
        bufferPages = Math.floor(read / pageSize);
        if (id >= bufferStart + bufferPages) throw corrupt(path, id, "the file ends before it");
      }
      const at = (id - bufferStart) * pageSize;
      let page = new Page(buffer.subarray(at, at + pageSize));
      const { overflow } = page;
      if (id + overflow >= highWater) throw corrupt(path, id, `it claims ${overflow} further pages`);
      if (overflow > 0) page = readRun(file, id, overflow, pageSize, path);
      validatePage(page, id, highWater, path);
      for (let taken = id; taken <= id + overflow; taken++) {
        if ((reached[taken >>> 5]! & (1 << (taken & 31))) !== 0)
          throw corrupt(path, taken, "two parts of the tree hold it");
        reached[taken >>> 5]! |= 1 << (taken & 31);
      }
      if (page.leaf) bucketRoots(page, id, highWater, path, next);
      else for (let c = 0; c < page.count; c++) next.push(page.child(c));
    }
    level = next;
  }
  return reached;
}

/** How many pages from `ids[from]` on are worth one read. */
function spanOf(ids: readonly number[], from: number, max: number): number {
  const start = ids[from]!;
  let end = start + 1;
  for (let i = from + 1; i < ids.length; i++) {
    const id = ids[i]!;
    if (id > end + gapPages || id >= start + max) break;
    end = id + 1;
  }
  return Math.max(1, end - start);
}

function readRun(file: DiskFile, id: number, overflow: number, pageSize: number, path: string): Page {
  let bytes: Uint8Array;
  try {
    bytes = pageBuffer((overflow + 1) * pageSize);
  } catch (cause) {
    throw corrupt(path, id, `it claims ${overflow} further pages: ${(cause as Error).message}`);
  }
  if (file.readSync(bytes, id * pageSize) < bytes.length) throw corrupt(path, id, "the file ends within it");
  return new Page(bytes);
}

/** Roots of the buckets in a leaf that have pages of their own; inline ones are checked, too. */
function bucketRoots(page: Page, id: number, highWater: number, path: string, into: number[]): void {
  for (let i = 0; i < page.count; i++) {
    if ((page.elementFlags(i) & bucketFlag) === 0) continue;
    const value = page.value(i);
    if (value.length < bucketHeaderBytes) throw corrupt(path, id, "a bucket's header is cut short");
    const view = new DataView(value.buffer, value.byteOffset, bucketHeaderBytes);
    const root = Number(view.getBigUint64(0, true));
    if (root !== 0) {
      if (root < 2 || root >= highWater) throw corrupt(path, id, `a bucket's root is page ${root} of ${highWater}`);
      into.push(root);
      continue;
    }
    if (value.length < bucketHeaderBytes + pageHeaderBytes) throw corrupt(path, id, "an inline bucket is cut short");
    validatePage(new Page(new Uint8Array(value.subarray(bucketHeaderBytes))), 0, 0, path, id);
  }
}
