import { type Env, EtcdError, exponentialBuckets, keyBytes } from "../../base/index.ts";
import type { Call, MethodRegistry, Reply, ServerStream } from "../../wire/grpc/index.ts";
import { keyValue, rpc } from "../../wire/proto/index.ts";
import { decodeTxn, isCut } from "./deep-txn.ts";
import { encodeDeleteRange, encodePut, encodeRange, encodeRangeStream, joinItems, replyBytes } from "./encode.ts";
import {
  checkDeleteRange,
  checkPut,
  checkRange,
  checkRangeStream,
  checkTxn,
  isReadOnly,
  isSerializable,
} from "./kv-checks.ts";
import { ServiceRegistry, type Surroundings } from "./registry.ts";
import { outcomes } from "./request-times.ts";

/** Keys of the first chunk of a streamed range; later chunks double or halve it. */
const streamChunkKeysFirst = 10;

/** etcdserverpb.KV */
export function registerKv(registry: MethodRegistry, around: Surroundings, env: Env): void {
  const { member, options, headers, guard, times } = around;
  const authorizer = options.authorizer;
  const service = new ServiceRegistry(registry, around, rpc.KVService);
  const rangeSeconds = env.metrics.histogram({
    name: "etcd_server_range_duration_seconds",
    help: "The latency distributions of ranges, with the wait for the newest state where there is one.",
    labels: ["success"],
    buckets: exponentialBuckets(0.0001, 2, 20),
  });
  const countRange = outcomes((success) => rangeSeconds.with(success));
  const countRangeRequest = times.counterOf("Range");
  const countReadTxn = times.counterOf("ReadonlyTxn");

  const read = (request: rpc.RangeRequest, call: Call): Reply => {
    authorizer?.requireRead(guard.principal(call), request.key, request.rangeEnd);
    return encodeRange(headers, member.range(request));
  };

  service.unary<rpc.RangeRequest>(
    "Range",
    rpc.decodeRangeRequest,
    (request, call) => {
      checkRange(request);
      const barrier = request.serializable ? undefined : member.linearizable();
      return barrier === undefined ? read(request, call) : barrier.then(() => read(request, call));
    },
    (request) => request.serializable,
    (_request, seconds, success) => {
      countRange(seconds, success);
      countRangeRequest(seconds, success);
    },
  );

  service.serverStream<rpc.RangeRequest>("RangeStream", rpc.decodeRangeRequest, async (stream, request) => {
    checkRangeStream(request);
    if (!request.serializable) await member.linearizable();
    authorizer?.requireRead(guard.principal(stream), request.key, request.rangeEnd);
    await streamRange(around, stream, request);
  });

  service.logged<rpc.PutRequest, rpc.PutResponse>(
    "Put",
    rpc.decodePutRequest,
    (request, call, answer, encoded) => {
      checkPut(request);
      member.submit({ kind: "put", value: request, encoded }, guard.principal(call), answer);
    },
    (response) => encodePut(headers, response),
  );

  service.logged<rpc.DeleteRangeRequest, rpc.DeleteRangeResponse>(
    "DeleteRange",
    rpc.decodeDeleteRangeRequest,
    (request, call, answer, encoded) => {
      checkDeleteRange(request);
      member.submit({ kind: "deleteRange", value: request, encoded }, guard.principal(call), answer);
    },
    (response) => encodeDeleteRange(headers, response),
  );

  service.logged<rpc.TxnRequest, rpc.TxnResponse>(
    "Txn",
    decodeTxn,
    (request, call, answer, encoded) => {
      checkTxn(request, member.txnOpsMax);
      if (isCut(request)) throw EtcdError.of("TooManyOps");
      if (!isReadOnly(request)) {
        member.submit({ kind: "txn", value: request, encoded }, guard.principal(call), answer);
        return;
      }
      const read = () => {
        authorizer?.requireTxn(guard.principal(call), request);
        answer.settled({ response: member.readTxn(request) });
      };
      const barrier = isSerializable(request) ? undefined : member.linearizable();
      if (barrier === undefined) read();
      else barrier.then(read).catch((error: unknown) => answer.refused(error));
    },
    rpc.encodeTxnResponse,
    (request, seconds, success) => {
      if (isReadOnly(request)) countReadTxn(seconds, success);
    },
  );

  service.simple<rpc.CompactionRequest, rpc.CompactionResponse>("Compact", (request, call) => {
    const by = guard.principal(call);
    authorizer?.requireRoot(by);
    return member.compact(request, by);
  });
}

const empty = new Uint8Array(0);

/**
 * A range in pieces of about max-request-bytes each. All pieces are read at the revision of the first; header, `more`
 * and `count` come with the last. As in etcd, a client that reads slowly slows the reading, and a compaction that
 * overtakes the pinned revision ends the stream with the compacted error.
 */
async function streamRange(around: Surroundings, stream: ServerStream, first: rpc.RangeRequest): Promise<void> {
  const { member, headers } = around;
  if (first.countOnly) {
    const { header, count } = member.range(first);
    const response = rpc.createRangeResponse({ header, count });
    stream.send(encodeRangeStream(encodeRange(headers, response)));
    stream.end();
    return;
  }
  const limit = first.limit === 0 ? Number.MAX_SAFE_INTEGER : first.limit;
  const request: rpc.RangeRequest = { ...first, limit: Math.min(streamChunkKeysFirst, limit) };
  let sent = 0;
  let headerRevision = 0;
  for (;;) {
    const response = member.range(request);
    const { kvs, more } = response;
    if (headerRevision === 0) {
      headerRevision = response.header?.revision ?? 0;
      if (request.revision <= 0) request.revision = headerRevision;
    }
    sent += kvs.length;
    const nextKey = more ? afterKey(kvs[kvs.length - 1]!) : empty;
    if (!more || sent === limit) {
      let count = sent;
      if (more) count += member.range({ ...request, key: nextKey, limit: 0, countOnly: true, keysOnly: false }).count;
      const header = response.header === undefined ? undefined : { ...response.header, revision: headerRevision };
      stream.send(encodeRangeStream(encodeRange(headers, { header, kvs, more, count })));
      stream.end();
      return;
    }
    const chunk = joinItems(empty, 0x12, kvs, empty);
    stream.send(encodeRangeStream(chunk));
    request.key = nextKey;
    request.limit = Math.min(nextChunkKeys(request.limit, replyBytes(chunk), member.requestBytesMax), limit - sent);
    // Each chunk is a turn of its own, so that a huge range does not hold everybody else up.
    await around.nextTurn();
    await roomFor(stream);
    if (stream.cancelled) return;
  }
}

function afterKey(kv: Uint8Array): Uint8Array {
  return keyBytes(`${keyValue.keyStringOf(kv)}\0`);
}

/** Doubled or halved unless the last chunk came within half and double of the target. */
export function nextChunkKeys(keys: number, lastBytes: number, targetBytes: number): number {
  if (lastBytes < targetBytes / 2) return keys * 2;
  if (lastBytes > targetBytes * 2) return Math.max(1, Math.floor(keys / 2));
  return keys;
}

/** Resolves when the stream takes more, or is over. */
export function roomFor(stream: ServerStream): Promise<void> | undefined {
  if (stream.cancelled || stream.writable()) return undefined;
  return new Promise((resolve) => {
    const before = stream.onCancel;
    const done = () => {
      stream.onDrain = undefined;
      stream.onCancel = before;
      resolve();
    };
    stream.onDrain = done;
    stream.onCancel = (why) => {
      done();
      before?.(why);
    };
  });
}
