import type { GrpcClient } from "../src/wire/grpc/index.ts";
import { rpc } from "../src/wire/proto/index.ts";
import { openChannels, path } from "./load/channels.ts";
import { Flags } from "./load/flags.ts";

/*
 * `snapshot [--endpoints 127.0.0.1:2379] [--seconds 3]`
 *
 * Reads whole snapshots, one after the other, until so many seconds have passed, and tells how fast they came. Also what `versus --heavy`
 * runs beside its puts: in a process of its own, since who reads a gigabyte cannot tell how long a put took.
 */

const flagDefinitions = {
  endpoints: { kind: "string", help: "where (default 127.0.0.1:2379)" },
  seconds: { kind: "number", help: "no further snapshot after so long (default 3)" },
} as const;

export default async function run(args: readonly string[]): Promise<void> {
  const flags = new Flags(args, flagDefinitions);
  const [channel] = await openChannels({ endpoints: [flags.text("endpoints", "127.0.0.1:2379")], conns: 1 });
  const started = performance.now();
  let bytes = 0;
  let snapshots = 0;
  do {
    bytes += await snapshot(channel!);
    snapshots++;
  } while (performance.now() - started < flags.number("seconds", 3) * 1000);
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
