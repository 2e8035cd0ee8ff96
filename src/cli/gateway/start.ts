import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileErrorText, type Scheduler } from "../../base/index.ts";
import type { FlagSet } from "../command/flags.ts";
import { Exit, ExitCode, type Io, logLine } from "../command/io.ts";
import { durationText } from "../command/text.ts";
import type { Invocation } from "../command/tree.ts";
import {
  checkEndpoints,
  discoveredEndpoints,
  endpointOf,
  GatewayError,
  type Log,
  splitAuthority,
  systemResolver,
} from "./endpoints.ts";
import { type Endpoint, TcpProxy } from "./tcp-proxy.ts";

/** What a retry delay of nothing stands for. */
const retryDelayMsDefault = 5 * 60_000;

const scheduler: Pick<Scheduler, "every"> = {
  every(periodMs, run) {
    const timer = setInterval(run, periodMs);
    return { cancel: () => clearInterval(timer) };
  },
};

/** `etcd gateway start`: until a signal ends it. */
export async function startGateway({ io, flags }: Invocation): Promise<void> {
  const log: Log = (level, message, fields) => logLine(io, level, message, { caller: "gateway/start.ts", ...fields });
  log("info", "Running: ", { args: ["etcd", ...io.args] });
  const listen = { text: flags.string("listen-addr"), ...splitAuthority(flags.string("listen-addr")) };
  let endpoints: Endpoint[] = [];
  try {
    endpoints = await discoveredEndpoints(flags, authorities(flags), log);
    if (endpoints.length === 0) endpoints = flags.list("endpoints").map(endpointOf);
    const { host, port, text } = listen;
    if (host === undefined || port === undefined) {
      throw new GatewayError(`failed to validate listen address: ${text}`);
    }
    await checkEndpoints(endpoints, { host, port, text }, systemResolver);
    if (endpoints.length === 0) throw new GatewayError("no endpoints found");
    await run(io, endpoints, text, flags.durationMs("retry-delay"), log);
  } catch (error) {
    if (error instanceof Exit) throw error;
    // What etcd says of wrong settings it says on standard output.
    if (error instanceof GatewayError) io.out(`${error.message}\n`);
    else io.err(`${(error as Error).message}\n`);
    throw new Exit(ExitCode.Error);
  }
}

/** Only servers that DNS names are checked, so nothing else needs the file. */
function authorities(flags: FlagSet): Buffer | undefined {
  const path = flags.string("trusted-ca-file");
  if (path === "" || flags.string("discovery-srv") === "") return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(fileErrorText(path, error), { cause: error });
  }
}

async function run(
  io: Io,
  endpoints: readonly Endpoint[],
  listen: string,
  retryDelayMs: number,
  log: Log,
): Promise<void> {
  const proxy = new TcpProxy({
    endpoints,
    retryDelayMs: retryDelayMs > 0 ? retryDelayMs : retryDelayMsDefault,
    scheduler,
    draw: (below) => randomInt(below),
    durationText: (ms) => durationText(BigInt(Math.round(ms * 1e6))),
    log,
  });
  const ended = new Promise<void>((over) => io.onInterrupt(over));
  await proxy.listen(listen);
  await ended;
  await proxy.close();
}
