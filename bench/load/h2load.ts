import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { openChannels } from "./channels.ts";
import { type Server, usageOfAll } from "./processes.ts";

export interface H2loadRun {
  readonly rate: number;
  readonly serverCpuSeconds: number;
  readonly seconds: number;
}

/**
 * 100 connections with 10 requests each by nghttp2's `h2load`, which is C and costs the machine a third of what our generator does.
 * It repeats one message; that it is answered well is tried first, since h2load does not look at gRPC's status.
 */
export async function h2load(server: Server, path: string, message: Uint8Array, seconds: number): Promise<H2loadRun> {
  const [channel] = await openChannels({ endpoints: [server.endpoint], conns: 1 });
  await channel!.unary(path, message);
  channel!.close();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  const body = join(server.directory, "body");
  writeFileSync(body, Buffer.concat([prefix, message]));
  const before = usageOfAll(server.pids)?.cpuSeconds ?? 0;
  const { stdout } = await promisify(execFile)("h2load", [
    ...["-c", "100", "-m", "10", "-D", String(seconds), "-d", body],
    ...["-H", "content-type: application/grpc", "-H", "te: trailers", `${server.endpoint}${path}`],
  ]);
  const serverCpuSeconds = (usageOfAll(server.pids)?.cpuSeconds ?? 0) - before;
  const rate = Number(/, ([\d.]+) req\/s/.exec(stdout)?.[1]);
  const failed = Number(/(\d+) failed/.exec(stdout)?.[1]);
  if (!Number.isFinite(rate) || failed > 0) throw new Error(`h2load: ${stdout}`);
  return { rate, serverCpuSeconds, seconds };
}
