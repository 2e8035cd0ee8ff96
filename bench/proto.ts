/**
 * Protobuf codecs: ours against protobufjs (reflection at load, generated functions at run time), which is what npm's other etcd client uses.
 * Each case runs for a fixed time after warming up; the best of several rounds counts, since the machine's noise only ever slows.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { internal, keyValue, kv, raftpb, rpc } from "../src/wire/proto/index.ts";

interface Case {
  name: string;
  ours: () => unknown;
  theirs?: () => unknown;
}

const ROUNDS = 5;
let sink: unknown;

function nanoseconds(run: () => unknown, roundMs: number): number {
  let batch = 64;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let done = 0;
    let elapsed = 0;
    do {
      for (let i = 0; i < batch; i++) sink = run();
      done += batch;
      elapsed = performance.now() - start;
      if (elapsed < 1) batch *= 2;
    } while (elapsed < roundMs);
    best = Math.min(best, (elapsed * 1e6) / done);
  }
  return best;
}

function cases(): Case[] {
  const key = Buffer.from("/registry/pods/default/nginx-7bb7cd8db5-x2x9r");
  const value = Buffer.alloc(256, "v");
  const put = rpc.createPutRequest({ key, value });
  const range = rpc.createRangeRequest({ key });
  const header = rpc.createResponseHeader({
    clusterId: 0xcdf818194e3a8c32n,
    memberId: 0x8e9e05c52164694dn,
    revision: 123_456,
    raftTerm: 7,
  });
  const pair = kv.createKeyValue({ key, value, createRevision: 123_000, modRevision: 123_456, version: 12 });
  const pairBytes = kv.encodeKeyValue(pair);
  const kvs = Array.from({ length: 100 }, () => pairBytes);
  const request = internal.createInternalRaftRequest({
    header: internal.createRequestHeader({ ID: 0x694d_0192_3456_7800n }),
    put,
  });
  const data = internal.encodeInternalRaftRequest(request);
  const entry = raftpb.createEntry({ term: 7, index: 123_456, data });
  const append = raftpb.createMessage({
    type: raftpb.MessageType.MsgApp,
    to: 0x8e9e05c52164694dn,
    from: 0x91bc3c398fb3c146n,
    term: 7,
    logTerm: 7,
    index: 123_455,
    entries: Array.from({ length: 16 }, () => entry),
    commit: 123_400,
  });
  const txn = rpc.createTxnRequest({
    compare: [rpc.createCompare({ target: 2, key, targetUnion: { case: "modRevision", value: 123_456 } })],
    success: [{ request: { case: "requestPut", value: put } }],
    failure: [{ request: { case: "requestRange", value: range } }],
  });
  const rangeResponse = rpc.createRangeResponse({ header, kvs: [pairBytes], count: 1 });
  const listResponse = rpc.createRangeResponse({ header, kvs, count: 100 });
  const event = keyValue.encodeEventFrom(0, pairBytes, undefined);
  const watch = rpc.createWatchResponse({ header, watchId: 5n, events: [event, event, event, event] });

  const theirs = protobufjs();
  const both = (
    name: string,
    type: string,
    codec: { encode: (m: never) => Uint8Array; decode: (b: Uint8Array) => unknown },
    message: unknown,
  ): Case[] => {
    const bytes = codec.encode(message as never);
    const other = theirs?.(type);
    const decoded = other?.decode(bytes);
    return [
      {
        name: `${name} encode`,
        ours: () => codec.encode(message as never),
        ...(other && { theirs: () => other.encode(decoded).finish() }),
      },
      {
        name: `${name} decode`,
        ours: () => codec.decode(bytes),
        ...(other && { theirs: () => other.decode(bytes) }),
      },
    ];
  };
  return [
    ...both("RangeRequest", "etcdserverpb.RangeRequest", rpc.RangeRequest, range),
    ...both("PutRequest 256 B", "etcdserverpb.PutRequest", rpc.PutRequest, put),
    ...both("TxnRequest", "etcdserverpb.TxnRequest", rpc.TxnRequest, txn),
    ...both("PutResponse", "etcdserverpb.PutResponse", rpc.PutResponse, rpc.createPutResponse({ header })),
    ...both("RangeResponse 1", "etcdserverpb.RangeResponse", rpc.RangeResponse, rangeResponse),
    ...both("RangeResponse 100", "etcdserverpb.RangeResponse", rpc.RangeResponse, listResponse),
    ...both("WatchResponse 4", "etcdserverpb.WatchResponse", rpc.WatchResponse, watch),
    ...both("KeyValue", "mvccpb.KeyValue", kv.KeyValue, pair),
    ...both("InternalRaftRequest put", "etcdserverpb.InternalRaftRequest", internal.InternalRaftRequest, request),
    ...both("Entry", "raftpb.Entry", raftpb.Entry, entry),
    ...both("Message, 16 entries", "raftpb.Message", raftpb.Message, append),
    { name: "KeyValue modRevisionOf", ours: () => keyValue.modRevisionOf(pairBytes) },
    { name: "KeyValue metaOf", ours: () => keyValue.metaOf(pairBytes) },
    {
      name: "KeyValue from parts",
      ours: () =>
        keyValue.encodeKeyValueFrom("/registry/pods/default/nginx-7bb7cd8db5-x2x9r", 123_000, 123_456, 12, value, 0n),
    },
  ];
}

interface OtherType {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
}

/** protobufjs over our own .proto files; undefined where it is not installed. */
function protobufjs(): ((type: string) => OtherType) | undefined {
  try {
    const require = createRequire(import.meta.url);
    const library = require("protobufjs");
    const root = new library.Root();
    // The version options are extensions of a file that protobufjs does not come with.
    root.resolveAll = function () {
      return this;
    };
    root.resolvePath = (_: string, target: string) => (target.startsWith("/") ? target : protoPath(target));
    root.loadSync(["rpc.proto", "raft_internal.proto", "raftpb.proto"].map(protoPath));
    return (type) => root.lookupType(type);
  } catch {
    return undefined;
  }
}

function protoPath(name: string): string {
  // From sources and from build/bench alike.
  const up = import.meta.url.includes("/build/") ? "../../proto/" : "../proto/";
  return fileURLToPath(new URL(up + name, import.meta.url));
}

/** `args`: milliseconds per round (default 100). Prints nanoseconds per operation. */
export async function run(args: string[] = []): Promise<void> {
  const roundMs = Number(args[0] ?? 100);
  console.log(`${"".padEnd(32)}${"ours ns".padStart(10)}${"protobufjs ns".padStart(16)}${"ratio".padStart(8)}`);
  for (const c of cases()) {
    const ours = nanoseconds(c.ours, roundMs);
    const theirs = c.theirs && nanoseconds(c.theirs, roundMs);
    const tail =
      theirs === undefined ? "" : `${theirs.toFixed(0).padStart(16)}${(theirs / ours).toFixed(1).padStart(8)}`;
    console.log(`${c.name.padEnd(32)}${ours.toFixed(0).padStart(10)}${tail}`);
  }
  void sink;
}

export default run;
