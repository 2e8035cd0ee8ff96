import { randomInt } from "node:crypto";
import { constants } from "node:os";
import { lineLogger, messageOf, type Scheduler } from "../../base/index.ts";
import { readGivenFile } from "../../node/index.ts";
import type { FlagSet } from "../command/flags.ts";
import { Exit, ExitCode, type Io, logLine } from "../command/io.ts";
import { durationText } from "../command/text.ts";
import type { Invocation } from "../command/tree.ts";
import { dieOf } from "../process/signals.ts";
import { systemNotifier } from "../process/system-notifier.ts";
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
export async function startGateway({ io, flags }: Invocation, notify?: string): Promise<void> {
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
    await run(io, endpoints, text, flags.durationMs("retry-delay"), log, notify);
  } catch (error) {
    if (error instanceof Exit) throw error;
    // What etcd says of wrong settings it says on standard output.
    if (error instanceof GatewayError) io.out(`${error.message}\n`);
    else io.err(`${messageOf(error)}\n`);
    throw new Exit(ExitCode.Error);
  }
}

/** Only servers that DNS names are checked, so nothing else needs the file. */
function authorities(flags: FlagSet): Buffer | undefined {
  const path = flags.string("trusted-ca-file");
  if (path === "" || flags.string("discovery-srv") === "") return undefined;
  return readGivenFile(path);
}

async function run(
  io: Io,
  endpoints: readonly Endpoint[],
  listen: string,
  retryDelayMs: number,
  log: Log,
  notify: string | undefined,
): Promise<void> {
  const proxy = new TcpProxy({
    endpoints,
    retryDelayMs: retryDelayMs > 0 ? retryDelayMs : retryDelayMsDefault,
    scheduler,
    draw: (below) => randomInt(below),
    durationText: (ms) => durationText(BigInt(Math.round(ms * 1e6))),
    log,
  });
  const notifier = systemNotifier(notify, lineLogger(log));
  const ended = new Promise<NodeJS.Signals>((over) => io.onInterrupt(over));
  await proxy.listen(listen);
  notifier.ready(`handing on connections at ${listen}`);
  notifier.watch(() => {});
  const signal = await ended;
  notifier.stopping("closing connections");
  await proxy.close();
  dieOf(signal, constants.signals[signal]);
}
