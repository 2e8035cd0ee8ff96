import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { GrpcClient } from "../../src/wire/grpc/index.ts";
import { rpc } from "../../src/wire/proto/index.ts";
import { openChannels, path, probe } from "./channels.ts";
import { type Server, startServer, usageOf } from "./processes.ts";
import { Progress } from "./progress.ts";
import { median } from "./report.ts";
import { closedLoop, type Measured } from "./run.ts";
import { keyOf, WatchStream } from "./workloads.ts";

/** A figure of the slow part of the comparison; all of these are better when they are smaller. */
export interface HeavyFigure {
  readonly what: string;
  readonly unit: "ms" | "MiB";
  readonly value: number;
  /** The ratio that is wanted, at most; undefined for what the others are to be seen beside. */
  readonly goal: number | undefined;
}

const value = Buffer.alloc(256, "v");

/** Puts `total` keys of 256 bytes, of `keys` different ones in turn. */
export async function fill(channels: readonly GrpcClient[], keys: number, total: number): Promise<Measured> {
  return closedLoop({
    what: "load",
    clients: channels.length * 10,
    total,
    seconds: 600,
    rate: 0,
    progress: new Progress(),
    one: (client, n) =>
      channels[client % channels.length]!.unary(
        path.put,
        rpc.encodePutRequest(rpc.createPutRequest({ key: keyOf(n % keys, 16), value })),
      ),
  });
}

/** Puts at a steady rate while `work` goes on; their latencies. At least for one second. */
export async function putsDuring(
  channels: readonly GrpcClient[],
  keys: number,
  work: Promise<unknown>,
): Promise<Measured> {
  let over = false;
  void Promise.allSettled([work, sleep(1000)]).then(() => {
    over = true;
  });
  const done = await closedLoop({
    what: "puts meanwhile",
    clients: 20,
    total: Number.POSITIVE_INFINITY,
    seconds: 300,
    rate: 500,
    progress: new Progress(),
    over: () => over,
    one: (client, n) =>
      channels[client % channels.length]!.unary(
        path.put,
        rpc.encodePutRequest(rpc.createPutRequest({ key: keyOf(n % keys, 16), value })),
      ),
  });
  await work;
  return done;
}

/**
 * Snapshots, one after the other for some seconds, read by another process: this one measures. It stands for another machine, so it
 * stands back where there are fewer processors than processes.
 */
export async function snapshots(server: Server, say: (line: string) => void): Promise<void> {
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  const reading = promisify(execFile)(process.execPath, [main, "snapshot", "--endpoints", server.endpoint]);
  setPriority(reading.child.pid!, constants.priority.PRIORITY_LOW);
  say((await reading).stdout.trim());
}

/** Compacts all there is; resolves when the last row is deleted. */
export async function compact(channel: GrpcClient): Promise<void> {
  const revision = await revisionOf(channel);
  await channel.unary(
    path.compact,
    rpc.encodeCompactionRequest(rpc.createCompactionRequest({ revision, physical: true })),
  );
}

/** So many watchers, each on a key of its own and with a stream for each connection; returns what ends them. */
export async function watchIdly(channels: readonly GrpcClient[], watchers: number): Promise<() => void> {
  const streams = channels.map((channel) => new WatchStream(channel));
  for (let i = 0; i < watchers; i++) await streams[i % streams.length]!.create({ key: keyOf(i, 16) });
  return () => {
    for (const stream of streams) stream.close();
  };
}

async function revisionOf(channel: GrpcClient): Promise<number> {
  const reply = await channel.unary(path.status, rpc.encodeStatusRequest(rpc.createStatusRequest()));
  return rpc.decodeStatusResponse(reply).header?.revision ?? 0;
}

function rssMiB(server: Server): number {
  return (usageOf(server.pid)?.rssBytes ?? 0) / 2 ** 20;
}

/**
 * What takes minutes: memory and start with many keys, latency while the store is worked over. One server, start to end.
 * `keys` keys of 256 bytes, then as many overwrites, which the compaction removes.
 */
export async function heavy(
  name: string,
  command: string,
  keys: number,
  say: (line: string) => void,
): Promise<HeavyFigure[]> {
  const figures: HeavyFigure[] = [];
  const add = (what: string, unit: HeavyFigure["unit"], figure: number, goal?: number): void => {
    figures.push({ what, unit, value: figure, goal });
    say(`${name}: ${what}: ${figure.toFixed(1)} ${unit}`);
  };
  const latency = (what: string, goal: number | undefined, ...runs: Measured[]): void => {
    for (const { errors, error } of runs) if (errors > 0) say(`${name}: ${errors} puts failed: ${error ?? ""}`);
    const found = runs.map(({ latencyMs }) => latencyMs.p99);
    if (found.length > 1) say(`${name}: ${found.map((p99) => p99.toFixed(1)).join(", ")} ms`);
    add(`p99 of puts (500/s) ${what}`, "ms", median(found), goal);
  };
  let server = await startServer({ command, name, probe });
  let channels: GrpcClient[] = [];
  const open = async (): Promise<void> => {
    for (const channel of channels) channel.close();
    channels = await openChannels({ endpoints: [server.endpoint], conns: 50 });
  };
  try {
    await open();
    const unwatch = await watchIdly(channels, 10_000);
    await sleep(1000);
    add("RSS with 10,000 idle watchers", "MiB", rssMiB(server), 1);
    unwatch();
    await server.stop();

    server = await startServer({ command, name, probe });
    await open();
    const loaded = await fill(channels, keys, keys);
    if (loaded.errors > 0) throw new Error(`${name}: load failed: ${loaded.error ?? ""}`);
    say(`${name}: ${keys} keys at ${loaded.rate.toFixed(0)}/s`);
    await sleep(3000);
    add(`RSS with ${keys} keys after load`, "MiB", rssMiB(server), 1);

    for (const channel of channels) channel.close();
    await server.stop(false);
    if (!existsSync(server.directory)) throw new Error("the data directory is gone");
    server = await startServer({ command, name, probe, directory: server.directory, timeoutMs: 120_000 });
    add(`start on ${keys} keys until it answers`, "ms", server.readyMs, 0.5);
    await sleep(1000);
    add(`RSS with ${keys} keys after start`, "MiB", rssMiB(server), 1);
    await open();

    await fill(channels, keys, keys);
    const first = channels[0]!;
    latency("with nothing else going on", undefined, await putsDuring(channels, keys, sleep(3000)));
    latency(`while ${keys} revisions are compacted`, 0.5, await putsDuring(channels, keys, compact(first)));
    // A few seconds each, in which one hiccup of the machine is all of a p99.
    const streamed: Measured[] = [];
    for (let i = 0; i < 3; i++) streamed.push(await putsDuring(channels, keys, snapshots(server, say)));
    latency("while a snapshot streams, median of three", 0.5, ...streamed);
    const defragment = rpc.encodeDefragmentRequest(rpc.createDefragmentRequest());
    latency("during defragment", 0.5, await putsDuring(channels, keys, first.unary(path.defragment, defragment)));
    return figures;
  } finally {
    for (const channel of channels) channel.close();
    await server.stop();
  }
}
