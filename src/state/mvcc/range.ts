import { EMPTY, keyBytes, keyString } from "../../base/index.ts";
import { keyValue, rpc } from "../../wire/proto/index.ts";
import type { RangeResult, ReadView } from "./types.ts";

export interface RangeAnswer extends RangeResult {
  /** There are more keys in the range than the limit let through. */
  more: boolean;
}

/** Whether the order asked for is the one in which keys are found. Order NONE counts as such for every target, as in etcd. */
export function isNaturalOrder(request: rpc.RangeRequest): boolean {
  return (
    request.sortOrder === rpc.SortOrder.NONE ||
    (request.sortTarget === rpc.SortTarget.KEY && request.sortOrder === rpc.SortOrder.ASCEND)
  );
}

export function hasRevisionFilters(request: rpc.RangeRequest): boolean {
  return (
    request.minModRevision !== 0 ||
    request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 ||
    request.maxCreateRevision !== 0
  );
}

/**
 * Answers a RangeRequest that was validated before, in etcd's order: read (one more than the limit, if neither sort nor
 * filter needs all), filter, sort, cut, clear values. `count` is that of the read: limit and filters do not touch it.
 * Throws Compacted or FutureRevision.
 */
export function rangeRequest(view: ReadView, request: rpc.RangeRequest, totalCount = true): RangeAnswer {
  const whole = !isNaturalOrder(request) || hasRevisionFilters(request);
  const fromIndex = request.keysOnly && request.sortTarget !== rpc.SortTarget.VALUE;
  const result = view.range(keyString(request.key), keyString(request.rangeEnd), {
    revision: request.revision,
    limit: whole || request.limit <= 0 ? 0 : request.limit + 1,
    countOnly: request.countOnly,
    keysOnly: fromIndex,
    totalCount,
  });
  let { kvs } = result;
  if (hasRevisionFilters(request)) kvs = filterKvs(kvs, request);
  kvs = sortKvs(kvs, request.sortTarget, request.sortOrder);
  const more = request.limit > 0 && kvs.length > request.limit;
  if (more) kvs = kvs.slice(0, request.limit);
  if (request.keysOnly && !fromIndex) kvs = kvs.map(keyValue.withoutValue);
  return { kvs, count: result.count, revision: result.revision, more };
}

/** Drops encoded KeyValues outside the request's revision bounds; 0 means no bound. */
export function filterKvs(kvs: readonly Uint8Array[], request: rpc.RangeRequest): Uint8Array[] {
  const { maxModRevision, minModRevision, maxCreateRevision, minCreateRevision } = request;
  return kvs.filter((kv) => {
    const { modRevision, createRevision } = keyValue.metaOf(kv);
    return (
      (maxModRevision === 0 || modRevision <= maxModRevision) &&
      (minModRevision === 0 || modRevision >= minModRevision) &&
      (maxCreateRevision === 0 || createRevision <= maxCreateRevision) &&
      (minCreateRevision === 0 || createRevision >= minCreateRevision)
    );
  });
}

/**
 * Sorts encoded KeyValues that ascend by key. Each sort key is read once. Ties keep their order (etcd's are in any);
 * target KEY in order NONE or ASCEND gives `kvs` itself back.
 */
export function sortKvs(kvs: Uint8Array[], target: rpc.SortTarget, order: rpc.SortOrder): Uint8Array[] {
  const descending = order === rpc.SortOrder.DESCEND;
  if (target === rpc.SortTarget.KEY) return descending ? [...kvs].reverse() : kvs;
  if (kvs.length < 2) return kvs;
  const places = Array.from(kvs.keys());
  const sign = descending ? -1 : 1;
  if (target === rpc.SortTarget.VALUE) {
    const values = kvs.map(keyValue.valueBytesOf);
    places.sort((a, b) => sign * Buffer.compare(values[a]!, values[b]!));
  } else {
    const read =
      target === rpc.SortTarget.VERSION
        ? keyValue.versionOf
        : target === rpc.SortTarget.CREATE
          ? keyValue.createRevisionOf
          : keyValue.modRevisionOf;
    const numbers = kvs.map(read);
    places.sort((a, b) => sign * (numbers[a]! - numbers[b]!));
  }
  return places.map((place) => kvs[place]!);
}

/** Keys of the first chunk of a RangeStream. */
const firstChunkLimit = 10;

/**
 * The chunks of a RangeStream, cut by number of keys so that each comes near `targetBytes` (max-request-bytes). The revision
 * is pinned by the first chunk; a compaction that overtakes it makes a later chunk throw Compacted. Header (revision only),
 * `more` and `count` come with the last chunk. The consumer sets the pace. The caller refuses sorts and filters before.
 */
export function* rangeStream(
  view: ReadView,
  request: rpc.RangeRequest,
  targetBytes: number,
): Generator<rpc.RangeResponse, void, undefined> {
  if (request.countOnly) {
    const { count, revision } = rangeRequest(view, request);
    yield { header: header(revision), kvs: [], more: false, count };
    return;
  }
  const total = request.limit === 0 ? Number.POSITIVE_INFINITY : request.limit;
  const part = { ...request, limit: Math.min(firstChunkLimit, total) };
  let sent = 0;
  let headerRevision = 0;
  for (;;) {
    const answer = rangeRequest(view, part, false);
    if (headerRevision === 0) {
      headerRevision = answer.revision;
      if (part.revision === 0) part.revision = headerRevision;
    }
    sent += answer.kvs.length;
    let next = EMPTY;
    if (answer.more) next = keyBytes(`${keyValue.keyStringOf(answer.kvs.at(-1)!)}\0`);
    if (!answer.more || sent === total) {
      let count = sent;
      if (answer.more) {
        count += view.range(keyString(next), keyString(request.rangeEnd), {
          revision: part.revision,
          countOnly: true,
        }).count;
      }
      yield { header: header(headerRevision), kvs: answer.kvs, more: answer.more, count };
      return;
    }
    yield { header: undefined, kvs: answer.kvs, more: false, count: 0 };
    part.key = next;
    part.limit = Math.min(nextChunkLimit(part.limit, sizeOf(answer), targetBytes), total - sent);
  }
}

/** Doubles or halves only outside half and twice the target, so that it does not flutter at a border. */
function nextChunkLimit(limit: number, bytes: number, targetBytes: number): number {
  if (bytes < Math.floor(targetBytes / 2)) return limit * 2;
  if (bytes > targetBytes * 2) return Math.max(1, Math.floor(limit / 2));
  return limit;
}

function sizeOf({ kvs, more, count, revision }: RangeAnswer): number {
  return rpc.sizeRangeResponse({ header: header(revision), kvs, more, count });
}

/** The header as far as mvcc knows it. */
export function header(revision: number): rpc.ResponseHeader {
  return { clusterId: 0n, memberId: 0n, revision, raftTerm: 0 };
}
