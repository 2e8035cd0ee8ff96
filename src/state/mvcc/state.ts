import { assert, EtcdError } from "../../base/index.ts";
import { keyValue } from "../../wire/proto/index.ts";
import { encodeKeyOnly } from "./encoder.ts";
import { HIGHEST, type KeyIndex } from "./key-index.ts";
import type { KvCache } from "./kv-cache.ts";
import type { KeyMetadata, RangeOptions, RangeResult, RevisionStore } from "./types.ts";

/** Everything a restore replaces. */
export interface State {
  readonly store: RevisionStore;
  readonly index: KeyIndex;
  readonly cache: KvCache;
  /** Revision of the last finished transaction. */
  revision: number;
  /** -1 when never compacted. */
  compactRevision: number;
}

const noOptions: RangeOptions = {};

/** A range end as the tree takes it: "\0" means no end. Not for "", which means one key. */
export function treeEnd(end: string): string {
  return end === "\0" ? HIGHEST : end;
}

/** The revision to read at, or the error that etcd answers. */
function revisionToRead(state: State, wanted: number, current: number): number {
  if (wanted <= 0) return current;
  if (wanted > current) throw EtcdError.of("FutureRevision");
  if (wanted < state.compactRevision) throw EtcdError.of("Compacted");
  return wanted;
}

function load(state: State, main: number, sub: number): Uint8Array {
  const kv = state.store.getRevision(main, sub, false);
  assert(kv !== undefined, "the index names a revision that the store does not have");
  return kv;
}

/** The newest KeyValue of a living row. `alone`: it was asked for by name, which is worth remembering. */
function readNewest(state: State, row: number, alone: boolean): Uint8Array {
  const { cache, index } = state;
  const cached = cache.get(row);
  if (cached !== undefined) return cached;
  const kv = load(state, index.main(row), index.sub(row));
  if (alone) cache.copyIn(row, kv);
  return kv;
}

function keyOnly(index: KeyIndex, row: number): Uint8Array {
  return encodeKeyOnly(index.key(row), index.created(row), index.main(row), index.version(row));
}

/** The KeyValue of a row at an older revision, or undefined where it is not live. */
function readAt(state: State, row: number, at: number, keysOnly: boolean): Uint8Array | undefined {
  const { index } = state;
  if (!index.seek(row, at)) return undefined;
  if (keysOnly && index.foundMain === index.main(row)) return keyOnly(index, row);
  const kv = load(state, index.foundMain, index.foundSub);
  if (!keysOnly) return kv;
  const meta = keyValue.metaOf(kv);
  return encodeKeyOnly(index.key(row), meta.createRevision, meta.modRevision, meta.version);
}

function read(
  state: State,
  row: number,
  at: number,
  newest: boolean,
  keysOnly: boolean,
  alone: boolean,
): Uint8Array | undefined {
  if (!newest) return readAt(state, row, at, keysOnly);
  if (!state.index.isLive(row)) return undefined;
  return keysOnly ? keyOnly(state.index, row) : readNewest(state, row, alone);
}

/** `current`: the newest revision the reader sees. */
export function rangeIn(
  state: State,
  current: number,
  key: string,
  end: string,
  options: RangeOptions = noOptions,
): RangeResult {
  const at = revisionToRead(state, options.revision ?? 0, current);
  const newest = at === current;
  const { index } = state;
  const kvs: Uint8Array[] = [];
  const keysOnly = options.keysOnly === true;
  const countOnly = options.countOnly === true;

  if (end === "") {
    const row = index.find(key);
    if (row < 0) return { kvs, count: 0, revision: current };
    if (countOnly) return { kvs, count: (newest ? index.isLive(row) : index.seek(row, at)) ? 1 : 0, revision: current };
    const kv = read(state, row, at, newest, keysOnly, true);
    if (kv !== undefined) kvs.push(kv);
    return { kvs, count: kvs.length, revision: current };
  }

  const high = treeEnd(end);
  const limit = options.limit !== undefined && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY;
  let count = 0;
  if (newest) {
    if (countOnly) return { kvs, count: index.countLive(key, high), revision: current };
    index.scan(key, high, (row) => {
      const kv = read(state, row, at, true, keysOnly, false);
      if (kv !== undefined) kvs.push(kv);
      return kvs.length < limit;
    });
    const whole = kvs.length < limit || options.totalCount === false;
    return { kvs, count: whole ? kvs.length : index.countLive(key, high), revision: current };
  }
  index.scan(key, high, (row) => {
    if (countOnly || kvs.length >= limit) {
      if (index.seek(row, at)) count++;
      return true;
    }
    const kv = readAt(state, row, at, keysOnly);
    if (kv === undefined) return true;
    kvs.push(kv);
    count++;
    return kvs.length < limit || options.totalCount !== false;
  });
  return { kvs, count, revision: current };
}

export function metadataIn(state: State, key: string): KeyMetadata | undefined {
  const { index } = state;
  const row = index.find(key);
  if (row < 0 || !index.isLive(row)) return undefined;
  return { createRevision: index.created(row), modRevision: index.main(row), version: index.version(row) };
}

export function getIn(state: State, key: string): Uint8Array | undefined {
  const row = state.index.find(key);
  return row < 0 || !state.index.isLive(row) ? undefined : readNewest(state, row, true);
}

export function getAtIn(state: State, key: string, revision: number): Uint8Array | undefined {
  if (revision < state.compactRevision || revision > state.revision) return undefined;
  const row = state.index.find(key);
  return row < 0 ? undefined : readAt(state, row, revision, false);
}
