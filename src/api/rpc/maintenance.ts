import { type Env, EtcdError, exponentialBuckets } from "../../base/index.ts";
import type { Call, MethodRegistry, ServerStream } from "../../wire/grpc/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import type { HealthService } from "./health.ts";
import { roomFor } from "./kv.ts";
import { ServiceRegistry, type Surroundings } from "./registry.ts";

/** Bytes of the database in one message of a snapshot stream. */
const snapshotBlobBytes = 32 * 1024;
/** Read, hashed and sent in one turn, in about a quarter of a millisecond. A call to the thread pool costs as much as 32 KiB. */
const snapshotReadBytes = 256 * 1024;

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
    let sent = 0;
    for await (const chunk of source.chunks(snapshotReadBytes)) {
      sha.update(chunk);
      for (let at = 0; at < chunk.length; at += snapshotBlobBytes) {
        if (stream.cancelled) return;
        const blob = chunk.subarray(at, at + snapshotBlobBytes);
        sent += blob.length;
        stream.send(rpc.encodeSnapshotResponse({ header: undefined, remainingBytes: size - sent, blob, version }));
        const full = roomFor(stream);
        if (full !== undefined) await full;
      }
      await around.nextTurn();
    }
    if (stream.cancelled) return;
    stream.send(rpc.encodeSnapshotResponse({ header: undefined, remainingBytes: 0, blob: sha.digest(), version }));
    stream.end();
  } finally {
    source.close();
  }
}
