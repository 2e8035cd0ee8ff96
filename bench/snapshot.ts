import type { GrpcClient } from "../src/wire/grpc/index.ts";
import { rpc } from "../src/wire/proto/index.ts";
import { openChannels, path, probe } from "./load/channels.ts";
import { Flags } from "./load/flags.ts";
import { startServer } from "./load/processes.ts";

/*
 * `snapshot [--endpoints 127.0.0.1:2379 | --spawn "node bin/etcd"] [--seconds 3]`
 *
 * Reads whole snapshots, one after the other, until so many seconds have passed, and tells how fast they came. Also what `versus --heavy`
 * runs beside its puts: in a process of its own, since who reads a gigabyte cannot tell how long a put took.
 */

const flagDefinitions = {
  endpoints: { kind: "string", help: "where (default 127.0.0.1:2379)" },
  spawn: { kind: "string", help: "start this server first and use it" },
  seconds: { kind: "number", help: "no further snapshot after so long (default 3)" },
} as const;

export default async function run(args: readonly string[]): Promise<void> {
  const flags = new Flags(args, flagDefinitions);
  const server = flags.has("spawn")
    ? await startServer({ command: flags.text("spawn"), name: "spawned", probe })
    : undefined;
  try {
    await read(server?.endpoint ?? flags.text("endpoints", "127.0.0.1:2379"), flags.number("seconds", 3));
  } finally {
    await server?.stop();
  }
}

async function read(endpoint: string, atLeastSeconds: number): Promise<void> {
  const [channel] = await openChannels({ endpoints: [endpoint], conns: 1 });
  const started = performance.now();
  let bytes = 0;
  let snapshots = 0;
  do {
    bytes += await snapshot(channel!);
    snapshots++;
  } while (performance.now() - started < atLeastSeconds * 1000);
  const seconds = (performance.now() - started) / 1000;
  channel!.close();
  console.log(
    `${snapshots} snapshots, ${(bytes / 2 ** 20).toFixed(0)} MiB in ${seconds.toFixed(2)} s, ${(bytes / 2 ** 20 / seconds).toFixed(0)} MiB/s`,
  );
}

/** Reads a whole snapshot and says how many bytes it had. */
function snapshot(channel: GrpcClient): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const stream = channel.stream(path.snapshot, {
      onMessage(message) {
        bytes += rpc.decodeSnapshotResponse(message).blob.length;
      },
      onEnd: (outcome) => (outcome.code === 0 ? resolve(bytes) : reject(new Error(outcome.message))),
    });
    stream.send(rpc.encodeSnapshotRequest(rpc.createSnapshotRequest()));
    stream.closeSend();
  });
}
