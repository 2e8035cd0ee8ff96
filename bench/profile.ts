import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { leaderOf, openChannels, probe } from "./load/channels.ts";
import { FlagError, Flags } from "./load/flags.ts";
import { h2load } from "./load/h2load.ts";
import { compact, fill, putsDuring, snapshots, watchIdly } from "./load/heavy.ts";
import { ownServer, runWorkload } from "./load/index.ts";
import { readProfile, type Stack } from "./load/pprof.ts";
import { type Server, startServer, usageOf } from "./load/processes.ts";
import { writeResult } from "./load/report.ts";
import { clusterRows, preloadKeys, type Row, rows } from "./load/rows.ts";

/*
 * `profile [--rows put,range] [--seconds 5] [--h2load] [--members 3] [--keys 1000000] [--memory] [--self <command>] [--no-file]`
 *
 * Where this server's event loop spends its time on rows of `versus`: each runs once to be compiled and once more under the profiler, which
 * is asked for at `/debug/pprof/profile`. `--keys`: also ranges at random among so many keys, and puts while as many revisions are compacted and while snapshots stream.
 * `--members`: instead the rows of a cluster of so many, at its leader and at a follower. `--memory`: also what 10,000 idle watchers take. The profiler itself takes some tenths of the throughput.
 */

const flagDefinitions = {
  rows: { kind: "string", help: "rows of versus by id (default: all)" },
  seconds: { kind: "number", help: "how long a row is looked at (default 5)" },
  h2load: { kind: "boolean", help: "also the rows that h2load makes" },
  members: { kind: "number", help: "rows of a cluster of so many members (default 1: those of one)" },
  keys: { kind: "number", help: "also ranges among so many keys, and their compaction" },
  memory: { kind: "boolean", help: "also the memory of 10,000 idle watchers" },
  self: { kind: "string", help: "command of the server (default: node bin/etcd of this repository)" },
  "no-file": { kind: "boolean", help: "write nothing to bench/results" },
} as const;

/** Functions of a row that are told by name. */
const functionsTold = 10;

/** What a stack's innermost frame is part of. */
function partOf({ frames }: Stack): string {
  const [inner = ""] = frames;
  if (inner === "(garbage collector)") return "garbage collector";
  if (inner === "(program)") return "outside of JavaScript: reading sockets, waiting for events";
  if (inner.startsWith("node:")) return "Node's streams, timers and files";
  const room = roomOf(inner);
  if (room !== undefined) return room;
  const caller = frames.map(roomOf).find((found) => found !== undefined);
  if (caller?.startsWith("storage/") === true) return "system: files";
  return frames.some((frame) => frame.startsWith("node:internal/stream"))
    ? "system: writing to sockets"
    : "native code";
}

/** `wire/http2` of `wire/http2/engine.#onData`; undefined for what is not of this repository. */
function roomOf(frame: string): string | undefined {
  if (frame.startsWith("node:")) return undefined;
  const folders = frame.split("/").slice(0, -1);
  return folders.length === 0 ? undefined : folders.slice(0, 2).join("/");
}

function shares(
  stacks: readonly Stack[],
  nameOf: (stack: Stack) => string,
): (readonly [name: string, amount: number])[] {
  const sums = new Map<string, number>();
  for (const stack of stacks) {
    const name = nameOf(stack);
    sums.set(name, (sums.get(name) ?? 0) + stack.amount);
  }
  return [...sums].toSorted(([, a], [, b]) => b - a);
}

/** `asked`: `profile?seconds=5` or `heap?gc=1`. */
async function profileOf(server: Member, asked: string): Promise<Stack[]> {
  const response = await fetch(`${server.endpoint}/debug/pprof/${asked}`);
  if (!response.ok) throw new Error(`no profile: ${await response.text()}`);
  return readProfile(gunzipSync(Buffer.from(await response.arrayBuffer())));
}

/** What the loop did in some seconds. */
interface Looked {
  readonly stacks: readonly Stack[];
  readonly seconds: number;
  /** How long it was ready to run and had no processor. */
  readonly waitedMs: number;
}

/** One process that is looked at. */
type Member = Pick<Server, "endpoint" | "pid">;

/** Milliseconds that the main thread of a process has waited for a processor so far: Linux, Documentation/scheduler/sched-stats.rst. */
function waitedMs({ pid }: Member): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1").split(" ")[1]) / 1e6;
}

/** The loop's time during `work`, of `seconds` from now on. */
async function profiled(server: Member, seconds: number, work: () => Promise<unknown>): Promise<Looked> {
  const [looked] = await Promise.all([look(server, seconds), work()]);
  return looked;
}

async function look(server: Member, seconds: number): Promise<Looked> {
  const before = waitedMs(server);
  const stacks = await profileOf(server, `profile?seconds=${seconds}`);
  return { stacks, seconds, waitedMs: waitedMs(server) - before };
}

function report(what: string, figures: string, { stacks, seconds, waitedMs: waited }: Looked): string {
  const total = stacks.reduce((sum, { amount }) => sum + amount, 0);
  const percent = (amount: number): string => `${((amount / total) * 100).toFixed(1)} %`;
  const parts = shares(stacks, partOf).filter(([, amount]) => amount / total >= 0.01);
  const functions = shares(stacks, ({ frames }) => frames[0] ?? "").slice(0, functionsTold);
  return [
    `### ${what}`,
    "",
    `${figures}; of ${seconds} s the loop was busy for ${(total / (seconds * 1e7)).toFixed(0)} %, ${(waited / (seconds * 10)).toFixed(0)} of them without a processor.`,
    "",
    "| part | of the busy time |",
    "| --- | --- |",
    ...parts.map(([name, amount]) => `| ${name} | ${percent(amount)} |`),
    "",
    `Single functions: ${functions.map(([name, amount]) => `\`${name}\` ${percent(amount)}`).join(", ")}.`,
  ].join("\n");
}

/** What is looked at of a server: itself, or of a cluster its leader and a follower. */
async function membersOf({ endpoint, pids }: Server): Promise<(Member & { readonly role: string })[]> {
  const endpoints = endpoint.split(",");
  if (endpoints.length === 1) return [{ endpoint, pid: pids[0]!, role: "" }];
  const leader = await leaderOf(endpoints);
  const all = endpoints.map((at, i) => ({
    endpoint: at,
    pid: pids[i]!,
    role: at === leader ? ", the leader" : ", a follower",
  }));
  return [all.find((member) => member.endpoint === leader)!, all.find((member) => member.endpoint !== leader)!];
}

/** Runs a row for so long; what it did, in words. */
async function runRow(row: Row, server: Server, at: string, seconds: number): Promise<string> {
  if (row.h2load !== undefined) {
    const { rate, serverCpuSeconds } = await h2load(server, row.h2load.path, row.h2load.message(), seconds);
    return `${rate.toFixed(0)}/s, ${((serverCpuSeconds * 1e6) / (rate * seconds)).toFixed(1)} us CPU each, the profiler's included`;
  }
  const common = ["--endpoints", at, "--server-pid", server.pids.join(",")];
  const extent = row.ownExtent === true ? [] : ["--seconds", String(seconds)];
  const { measured, costs } = await runWorkload(row.workload, [...common, ...extent, ...row.args], false);
  const found = measured.find(({ what }) => what === row.measurement) ?? measured[0]!;
  const micros = ((costs.serverCpuSeconds ?? 0) * 1e6) / (found.rate * found.seconds);
  const latency = row.figure === "rate" ? "" : `, ${row.figure} ${found.latencyMs[row.figure].toFixed(3)} ms`;
  return `${found.rate.toFixed(0)}/s${latency}, ${micros.toFixed(1)} us CPU each, the profiler's included`;
}

async function ofRow(row: Row, server: Server, seconds: number): Promise<string> {
  const members = await membersOf(server);
  const at = row.leaderOnly === true ? members[0]!.endpoint : server.endpoint;
  await runRow(row, server, at, 2);
  const [looked, figures] = await Promise.all([
    Promise.all(members.map((member) => look(member, seconds))),
    runRow(row, server, at, seconds),
  ]);
  return looked.map((one, i) => report(`${row.id}: ${row.what}${members[i]!.role}`, figures, one)).join("\n\n");
}

async function ofManyKeys(command: string, keys: number, seconds: number): Promise<string[]> {
  const server = await startServer({ command, name: "self", probe });
  const channels = await openChannels({ endpoints: [server.endpoint], conns: 50 });
  try {
    await fill(channels, keys, keys);
    const wide = ["--endpoints", server.endpoint, "--conns", "100", "--clients", "1000", "--key-size", "16"];
    const range = (extent: number) =>
      runWorkload("range", [...wide, "--key-space-size", String(keys), "--seconds", String(extent)], false);
    await range(5);
    let figures = "";
    const ranges = await profiled(server, seconds, async () => {
      figures = `${(await range(seconds)).measured[0]!.rate.toFixed(0)}/s`;
    });
    await fill(channels, keys, keys);
    const compaction = await profiled(server, seconds, async () => {
      // It goes on for longer than it is looked at.
      const { latencyMs } = await putsDuring(channels, keys, compact(channels[0]!));
      figures += `\n${latencyMs.p50.toFixed(1)} ms p50 and ${latencyMs.p99.toFixed(1)} ms p99 of the puts, the profiler's part included`;
    });
    const streaming = await profiled(server, seconds, async () => {
      const { latencyMs } = await putsDuring(
        channels,
        keys,
        snapshots(server, () => {}),
      );
      figures += `\n${latencyMs.p50.toFixed(1)} ms p50 and ${latencyMs.p99.toFixed(1)} ms p99 of the puts, the profiler's part included`;
    });
    const [rate = "", latency = "", streamed = ""] = figures.split("\n");
    return [
      report(`range one key, linearizable, 100 x 10, at random among ${keys} keys`, rate, ranges),
      report(`500 puts a second while ${keys} revisions are compacted`, latency, compaction),
      report(`500 puts a second while a snapshot streams, ${keys} keys`, streamed, streaming),
    ];
  } finally {
    for (const channel of channels) channel.close();
    await server.stop();
  }
}

async function ofMemory(command: string): Promise<string> {
  const mib = (pid: number): string => `${((usageOf(pid)?.rssBytes ?? 0) / 2 ** 20).toFixed(1)} MiB`;
  const bare = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const server = await startServer({ command, name: "self", probe, flags: ["--enable-pprof"] });
  const channels = await openChannels({ endpoints: [server.endpoint], conns: 50 });
  try {
    await sleep(1000);
    const lines = [
      "### memory with 10,000 idle watchers on 50 connections",
      "",
      "| process | RSS |",
      "| --- | --- |",
      `| Node alone, running nothing | ${mib(bare.pid!)} |`,
      `| a member, with 50 connections | ${mib(server.pid)} |`,
    ];
    const unwatch = await watchIdly(channels, 10_000);
    await sleep(1000);
    lines.push(`| the same with 10,000 watchers | ${mib(server.pid)} |`);
    const heap = await profileOf(server, "heap?gc=1");
    const total = heap.reduce((sum, { amount }) => sum + amount, 0);
    const rooms = shares(heap, ({ frames }) => frames.map(roomOf).find((room) => room !== undefined) ?? "Node and V8");
    const parts = rooms.slice(0, 8).map(([name, bytes]) => `${name} ${(bytes / 2 ** 20).toFixed(1)}`);
    lines.push("", `Of its heap ${(total / 2 ** 20).toFixed(1)} MiB are in use, in MiB: ${parts.join(", ")}.`);
    unwatch();
    return lines.join("\n");
  } finally {
    for (const channel of channels) channel.close();
    bare.kill();
    await server.stop();
  }
}

export default async function run(args: readonly string[]): Promise<void> {
  const flags = new Flags(args, flagDefinitions);
  const command = flags.text("self", `${process.execPath} ${ownServer}`);
  const seconds = flags.number("seconds", 5);
  const ids = flags.text("rows");
  const members = flags.number("members", 1);
  const offered = (members > 1 ? clusterRows : rows).filter((row) => row.h2load === undefined || flags.on("h2load"));
  const chosen = ids === "" ? offered : offered.filter(({ id }) => ids.split(",").includes(id));
  if (ids !== "" && chosen.length !== ids.split(",").length) throw new FlagError(`no such row in ${ids}`);
  const told: string[] = [];
  const tell = (text: string): void => {
    console.log(`${text}\n`);
    told.push(text);
  };
  const server = await startServer({ command, name: "self", members, probe, flags: ["--enable-pprof"] });
  try {
    const channels = await openChannels({ endpoints: server.endpoint.split(","), conns: 20 });
    await fill(channels, preloadKeys, preloadKeys);
    for (const channel of channels) channel.close();
    for (const row of chosen) tell(await ofRow(row, server, seconds));
  } finally {
    await server.stop();
  }
  if (flags.has("keys")) {
    const keys = flags.number("keys", 1_000_000);
    for (const text of await ofManyKeys(`${command} --enable-pprof`, keys, seconds)) tell(text);
  }
  if (flags.on("memory")) tell(await ofMemory(command));
  if (!flags.on("no-file"))
    writeResult("Profiles", `\`npm run bench -- profile ${args.join(" ")}\`\n\n${told.join("\n\n")}`);
}
