import { fileURLToPath } from "node:url";
import { localPort, openChannels, probe } from "./channels.ts";
import { BenchError, type FlagDefinition, FlagError, Flags } from "./flags.ts";
import { listenerOn, type Server, startServer } from "./processes.ts";
import { Progress } from "./progress.ts";
import { CostMeter, type Costs, type Measured } from "./run.ts";
import { workloads } from "./workloads.ts";

export interface Outcome {
  readonly measured: readonly Measured[];
  readonly costs: Costs;
}

const commonFlags: Readonly<Record<string, FlagDefinition>> = {
  endpoints: { kind: "string", help: "comma-separated endpoints (default 127.0.0.1:2379)" },
  conns: { kind: "number", help: "gRPC connections (default 1)" },
  clients: { kind: "number", help: "callers, spread over the connections (default 1)" },
  user: { kind: "string", help: "username:password" },
  cacert: { kind: "string", help: "verify certificates with this CA bundle" },
  "insecure-skip-tls-verify": { kind: "boolean", help: "skip server certificate verification" },
  spawn: { kind: "string", help: "start this server first (e.g. `node bin/etcd`) and use it; here only" },
  "server-pid": {
    kind: "string",
    help: "whose CPU and memory to tell, comma-separated (default: who listens there); here only",
  },
  json: { kind: "boolean", help: "one JSON object instead of text; here only" },
};

/** The root of this repository, seen from `build/bench/load`. */
export const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** The server of this repository, as `npm run build` leaves it. */
export const ownServer = `${repository}bin/etcd`;

/** Runs one workload against what `args` name. */
export async function runWorkload(name: string, args: readonly string[], show = true): Promise<Outcome> {
  const workload = workloads[name]!;
  const flags = new Flags(args, { ...commonFlags, ...workload.flags });
  let server: Server | undefined;
  if (flags.has("spawn")) server = await startServer({ command: flags.text("spawn"), name: "spawned", probe });
  try {
    const endpoints = server === undefined ? endpointsOf(flags.text("endpoints", "127.0.0.1:2379")) : [server.endpoint];
    const channels = await openChannels({
      endpoints,
      conns: flags.number("conns", 1),
      user: flags.has("user") ? flags.text("user") : undefined,
      cacert: flags.has("cacert") ? flags.text("cacert") : undefined,
      insecure: flags.on("insecure-skip-tls-verify"),
    });
    const told = flags.has("server-pid") ? flags.text("server-pid").split(",").map(Number) : server?.pids;
    const meter = new CostMeter(told ?? endpoints.flatMap(listeners));
    const progress = new Progress(show && process.stderr.isTTY === true);
    const measured = await workload.run({ flags, channels, clients: flags.number("clients", 1), progress });
    const costs = meter.stop();
    for (const channel of channels) channel.close();
    return { measured, costs };
  } finally {
    await server?.stop();
  }
}

/** Blanks around endpoints do not count, nor do empty ones. */
function endpointsOf(list: string): string[] {
  const endpoints = list.split(",").map((endpoint) => endpoint.trim());
  const found = endpoints.filter((endpoint) => endpoint !== "");
  if (found.length === 0) throw new FlagError("--endpoints names no endpoint");
  return found;
}

function listeners(endpoint: string): number[] {
  const port = localPort(endpoint);
  const pid = port === undefined ? undefined : listenerOn(port);
  return pid === undefined ? [] : [pid];
}

function help(name: string): string {
  const workload = workloads[name]!;
  const lines = Object.entries({ ...workload.flags, ...commonFlags }).map(
    ([flag, { help }]) => `  --${flag.padEnd(26)}${help}`,
  );
  return `npm run bench -- ${name}: ${workload.help}\n\n${lines.join("\n")}`;
}

export function describe({ measured, costs }: Outcome): string {
  const lines: string[] = [];
  for (const { what, rate, seconds, errors, error, latencyMs: ms } of measured) {
    const n = (value: number): string => value.toFixed(value < 10 ? 3 : 1);
    lines.push(`${what}: ${rate.toFixed(0)}/s for ${seconds.toFixed(2)} s`);
    if (ms.count > 0) {
      lines.push(
        `  ms: mean ${n(ms.mean)}  p50 ${n(ms.p50)}  p90 ${n(ms.p90)}  p99 ${n(ms.p99)}  p99.9 ${n(ms.p999)}  max ${n(ms.max)}  (${ms.count})`,
      );
    }
    if (errors > 0) lines.push(`  ${errors} errors, the first: ${error ?? ""}`);
  }
  const mib = (bytes: number | undefined): string => `${((bytes ?? 0) / 2 ** 20).toFixed(0)} MiB`;
  if (costs.serverCpuSeconds !== undefined) {
    lines.push(
      `server: ${costs.serverCpuSeconds.toFixed(2)} s of CPU (${costs.serverCpuPercent!.toFixed(0)} % of a core), ` +
        `RSS ${mib(costs.serverRssBytes)}, at most ${mib(costs.serverRssPeakBytes)}`,
    );
  }
  lines.push(`generator: ${costs.generatorCpuPercent.toFixed(0)} % of a core`);
  if (costs.generatorIsTheBottleneck) {
    lines.push(
      "The generator itself was the bottleneck: the server may be able to do more (try h2load, or fewer clients).",
    );
  }
  return lines.join("\n");
}

/** `npm run bench -- NAME [flags]`. */
export async function load(name: string, args: readonly string[]): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help(name));
    return;
  }
  try {
    const outcome = await runWorkload(name, args);
    console.log(args.includes("--json") ? JSON.stringify({ workload: name, ...outcome }) : describe(outcome));
    if (outcome.measured.some(({ errors }) => errors > 0)) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
