import { type Env, EtcdError, exponentialBuckets } from "../../base/index.ts";
import type { Call, MethodRegistry, ServerStream } from "../../wire/grpc/index.ts";
import { rpc, sizeUint32, Writer } from "../../wire/proto/index.ts";
import type { HealthService } from "./health.ts";
import { roomFor } from "./kv.ts";
import { ServiceRegistry, type Surroundings } from "./registry.ts";

/** Bytes of the database in one message of a snapshot stream. */
const snapshotBlobBytes = 32 * 1024;
/** Read, hashed and sent in one turn, in about a quarter of a millisecond. A call to the thread pool costs as much as 32 KiB. */
const snapshotReadBytes = 256 * 1024;
/** Field 3 of SnapshotResponse, bytes. */
const blobTag = (3 << 3) | 2;

/** etcdserverpb.Maintenance */
export function registerMaintenance(
  registry: MethodRegistry,
  around: Surroundings,
  health: HealthService,
  env: Env,
): void {
  const { member, options, guard, times } = around;
  const { authorizer } = options;
  const root = (call: Call) => authorizer?.requireRoot(guard.principal(call));
  const service = new ServiceRegistry(registry, around, rpc.MaintenanceService);

  service.simple<rpc.AlarmRequest, rpc.AlarmResponse>("Alarm", (request, call) => {
    if (request.action === rpc.AlarmAction.GET) authorizer?.requireUser(guard.principal(call));
    else root(call);
    return member.alarm(request);
  });

  service.simple<rpc.StatusRequest, rpc.StatusResponse>(
    "Status",
    (_request, call) => {
      authorizer?.requireUser(guard.principal(call));
      return member.status();
    },
    () => true,
  );

  service.simple<rpc.DefragmentRequest, rpc.DefragmentResponse>("Defragment", async (_request, call) => {
    root(call);
    if (options.stopServingOnDefrag === true) health.set(false);
    try {
      await member.defragment();
    } finally {
      health.set(true);
    }
    // etcd sends no header here.
    return rpc.createDefragmentResponse();
  });

  const hashSeconds = env.metrics.histogram({
    name: "etcd_mvcc_hash_duration_seconds",
    help: "The latency distribution of storage hash operation.",
    buckets: exponentialBuckets(0.01, 2, 15),
  });
  service.simple<rpc.HashRequest, rpc.HashResponse>("Hash", async (_request, call) => {
    root(call);
    const startMs = times.nowMs();
    const response = await member.hash();
    hashSeconds.observe((times.nowMs() - startMs) / 1000);
    return response;
  });

  service.simple<rpc.HashKVRequest, rpc.HashKVResponse>("HashKV", (request, call) => {
    root(call);
    return member.hashKv(request);
  });

  service.serverStream<rpc.SnapshotRequest>(
    "Snapshot",
    rpc.decodeSnapshotRequest,
    (stream) => {
      root(stream);
      return sendSnapshot(around, stream);
    },
    true,
  );

  service.simple<rpc.MoveLeaderRequest, rpc.MoveLeaderResponse>("MoveLeader", async (request, call) => {
    root(call);
    if (!member.isLeader()) throw EtcdError.of("NotLeader");
    await member.moveLeader(request);
    // No header here either.
    return rpc.createMoveLeaderResponse();
  });

  service.simple<rpc.DowngradeRequest, rpc.DowngradeResponse>("Downgrade", (request, call) => {
    root(call);
    return member.downgrade(request);
  });
}

/**
 * The database as one consistent image: blobs of 32 KiB with falling `remaining_bytes`, then the SHA-256 of them all in
 * a message of its own. The client writes both to one file, which is why a saved snapshot is 32 bytes longer than the
 * database.
 */
async function sendSnapshot(around: Surroundings, stream: ServerStream): Promise<void> {
  const source = await around.member.snapshot();
  try {
    const { size, version } = source;
    const sha = around.options.sha256();
    const tail = rpc.encodeSnapshotResponse(rpc.createSnapshotResponse({ version }));
    const memory = new SnapshotMemory(stream);
    let sent = 0;
    for await (const chunk of source.chunks(snapshotReadBytes, (bytes) => memory.next(bytes))) {
      sha.update(chunk);
      for (let at = 0; at < chunk.length; at += snapshotBlobBytes) {
        if (stream.cancelled) return;
        const blob = chunk.subarray(at, at + snapshotBlobBytes);
        sent += blob.length;
        stream.send([blobHead(size - sent, blob.length), blob, tail]);
        const full = roomFor(stream);
        if (full !== undefined) await full;
      }
      memory.sent();
      await around.nextTurn();
    }
    if (stream.cancelled) return;
    stream.send(rpc.encodeSnapshotResponse({ header: undefined, remainingBytes: 0, blob: sha.digest(), version }));
    stream.end();
  } finally {
    source.close();
  }
}

/** Of a SnapshotResponse everything before the bytes of its blob: they follow as they are, and are not copied. */
function blobHead(remainingBytes: number, blobBytes: number): Uint8Array {
  const start = rpc.encodeSnapshotResponse(rpc.createSnapshotResponse({ remainingBytes }));
  const w = Writer.of(start.length + 1 + sizeUint32(blobBytes));
  w.raw(start);
  w.uint32(blobTag);
  w.uint32(blobBytes);
  return w.finish();
}

/** Chunks of a snapshot that may be on their way at once: with two of them the socket ran empty now and then. */
const snapshotChunks = 4;

/**
 * What a snapshot is read into: pieces in turn, each again once the system has what was in it. Memory of its own for each chunk
 * would make the collector, which counts memory outside its heap too, mark the whole heap ten times a second.
 */
class SnapshotMemory {
  readonly #stream: ServerStream;
  readonly #pieces = Array.from({ length: snapshotChunks }, () => ({
    bytes: new Uint8Array(snapshotReadBytes),
    free: Promise.resolve(),
  }));
  #turn = 0;
  /** Calls that wait for the system end with the stream. */
  readonly #waiting = new Set<() => void>();

  constructor(stream: ServerStream) {
    this.#stream = stream;
    const before = stream.onCancel;
    stream.onCancel = (why) => {
      for (const run of this.#waiting) run();
      before?.(why);
    };
  }

  async next(bytes: number): Promise<Uint8Array> {
    const piece = this.#pieces[++this.#turn % this.#pieces.length]!;
    await piece.free;
    return piece.bytes.subarray(0, bytes);
  }

  /** Everything in the piece that was given last is on its way. */
  sent(): void {
    this.#pieces[this.#turn % this.#pieces.length]!.free = new Promise<void>((resolve) => {
      const run = (): void => {
        this.#waiting.delete(run);
        resolve();
      };
      this.#waiting.add(run);
      this.#stream.whenSent(run);
      if (this.#stream.cancelled) run();
    });
  }
}
