import { execFileSync } from "node:child_process";
import { leaderOf, probe } from "./load/channels.ts";
import { FlagError, Flags } from "./load/flags.ts";
import { h2load } from "./load/h2load.ts";
import { type HeavyFigure, heavy } from "./load/heavy.ts";
import { ownServer, runWorkload } from "./load/index.ts";
import { type Server, startServer } from "./load/processes.ts";
import { median, writeResult } from "./load/report.ts";
import { clusterRows, preloadKeys, type Row, rows } from "./load/rows.ts";

/*
 * `versus --other <command of an etcd> [--self <command>] [--rounds 5] [--quick] [--rows put,range] [--seconds 3] [--h2load]
 * [--heavy KEYS] [--members 3]`
 *
 * In each round both servers start on fresh directories and get the same keys; then each row runs on one and right after on the
 * other, in turn first. A ratio is taken within a round, where both had the same neighbours on the machine; the table shows the
 * median of the ratios.
 */

const flagDefinitions = {
  other: { kind: "string", help: "command of the server to compare with" },
  self: { kind: "string", help: "command of this server (default: node bin/etcd of this repository)" },
  rounds: { kind: "number", help: "how often (default 5)" },
  quick: { kind: "boolean", help: "three rounds of one second each" },
  seconds: { kind: "number", help: "duration of a row (default 3)" },
  rows: { kind: "string", help: "only these, by id" },
  members: { kind: "number", help: "each server as a cluster of so many members, with the rows for it (default 1)" },
  h2load: { kind: "boolean", help: "also the rows that h2load makes" },
  heavy: { kind: "number", help: "instead: memory, start and latencies with so many keys, once" },
  "no-file": { kind: "boolean", help: "write nothing to bench/results" },
} as const;

/** One run of one row on one server. */
interface Sample {
  readonly figure: number;
  readonly rate: number;
  /** Server's CPU time per operation, in microseconds. */
  readonly cpuMicros: number;
  readonly bottleneck: boolean;
}

async function preload(server: Server): Promise<void> {
  const args = ["--endpoints", server.endpoint, "--conns", "20", "--clients", "200", "--key-size", "16"];
  const extent = ["--val-size", "256", "--key-space-size", String(preloadKeys), "--total", String(preloadKeys)];
  const { measured } = await runWorkload("put", [...args, ...extent, "--sequential-keys"], false);
  if (measured[0]!.errors > 0) throw new Error(`${server.name}: ${measured[0]!.error}`);
}

async function sample(row: Row, server: Server, seconds: number): Promise<Sample> {
  if (row.h2load !== undefined) {
    // Its duration is in whole seconds.
    const extent = Math.max(1, Math.round(seconds));
    const { rate, serverCpuSeconds } = await h2load(server, row.h2load.path, row.h2load.message(), extent);
    return { figure: rate, rate, cpuMicros: (serverCpuSeconds * 1e6) / (rate * extent), bottleneck: false };
  }
  const endpoints = row.leaderOnly === true ? await leaderOf(server.endpoint.split(",")) : server.endpoint;
  const common = ["--endpoints", endpoints, "--server-pid", server.pids.join(",")];
  const extent = row.ownExtent === true ? [] : ["--seconds", String(seconds)];
  const { measured, costs } = await runWorkload(row.workload, [...common, ...extent, ...row.args], false);
  const found = measured.find(({ what }) => what === row.measurement) ?? measured[0]!;
  for (const { errors, error } of measured) if (errors > 0) throw new Error(`${server.name}, ${row.id}: ${error}`);
  const { latencyMs, rate } = found;
  const operations = rate * found.seconds;
  return {
    figure: row.figure === "rate" ? rate : row.figure === "p50" ? latencyMs.p50 : latencyMs.p99,
    rate,
    cpuMicros: ((costs.serverCpuSeconds ?? 0) * 1e6) / operations,
    bottleneck: costs.generatorIsTheBottleneck,
  };
}

function versionOf(command: string): string {
  const [program, ...words] = command.split(" ");
  try {
    const text = execFileSync(program!, [...words, "--version"], { encoding: "utf8" });
    return text.split("\n")[0] ?? command;
  } catch {
    return command;
  }
}

function cell(value: number, figure: Row["figure"]): string {
  if (figure === "rate") return value.toFixed(value < 100 ? 1 : 0);
  return `${value.toFixed(3)} ms`;
}

function table(taken: ReadonlyMap<Row, readonly (readonly [Sample, Sample])[]>, other: string): string {
  const lines = [
    `| workload | Quorate | ${other} | ratio | goal | | CPU per operation, us | generator busy |`,
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const [row, pairs] of taken) {
    const ratio = median(pairs.map(([self, its]) => self.figure / its.figure));
    const met = row.figure === "rate" ? ratio >= row.goal : ratio <= row.goal;
    const own = cell(median(pairs.map(([self]) => self.figure)), row.figure);
    const its = cell(median(pairs.map(([, its]) => its.figure)), row.figure);
    const cpu = `${median(pairs.map(([self]) => self.cpuMicros)).toFixed(1)} / ${median(pairs.map(([, its]) => its.cpuMicros)).toFixed(1)}`;
    const busy = pairs.filter(([self]) => self.bottleneck).length * 2 > pairs.length ? "with Quorate" : "";
    const goal = `${row.figure === "rate" ? ">=" : "<="} ${row.goal}`;
    lines.push(
      `| ${row.what} | ${own} | ${its} | ${ratio.toFixed(2)} | ${goal} | ${met ? "met" : "not met"} | ${cpu} | ${busy} |`,
    );
  }
  return lines.join("\n");
}

function heavyTable(own: readonly HeavyFigure[], its: readonly HeavyFigure[], other: string): string {
  const lines = [`| | Quorate | ${other} | ratio | goal | |`, "| --- | --- | --- | --- | --- | --- |"];
  own.forEach(({ what, unit, value, goal }, i) => {
    const theirs = its[i]!.value;
    const ratio = value / theirs;
    const asked = goal === undefined ? "| |" : `<= ${goal} | ${ratio <= goal ? "met" : "not met"} |`;
    lines.push(
      `| ${what} | ${value.toFixed(1)} ${unit} | ${theirs.toFixed(1)} ${unit} | ${ratio.toFixed(2)} | ${asked}`,
    );
  });
  return lines.join("\n");
}

export default async function run(args: readonly string[]): Promise<void> {
  const flags = new Flags(args, flagDefinitions);
  const other = flags.text("other");
  if (other === "") throw new FlagError("versus needs --other <command of an etcd>");
  const self = flags.text("self", `${process.execPath} ${ownServer}`);
  const otherName = versionOf(other);
  const say = (line: string): void => console.error(line);
  if (flags.has("heavy")) {
    const keys = flags.number("heavy", 1_000_000);
    const theirs = await heavy("other", other, keys, say);
    const own = await heavy("self", self, keys, say);
    const text = heavyTable(own, theirs, otherName);
    console.log(text);
    if (!flags.on("no-file")) writeResult(otherName, `\`--heavy ${keys}\`, once.\n\n${text}`);
    return;
  }
  const quick = flags.on("quick");
  const rounds = flags.number("rounds", quick ? 3 : 5);
  const seconds = flags.number("seconds", quick ? 1 : 3);
  const ids = flags.text("rows");
  const members = flags.number("members", 1);
  const of = members > 1 ? clusterRows : rows;
  const offered = of.filter((row) => row.h2load === undefined || flags.on("h2load"));
  const chosen = ids === "" ? offered : of.filter(({ id }) => ids.split(",").includes(id));
  const taken = new Map<Row, [Sample, Sample][]>(chosen.map((row) => [row, []]));
  for (let round = 0; round < rounds; round++) {
    const servers: Server[] = [];
    try {
      servers.push(await startServer({ command: self, name: "self", members, probe }));
      servers.push(await startServer({ command: other, name: "other", members, probe }));
      for (const server of servers) await preload(server);
      for (const row of chosen) {
        const pair: Sample[] = [];
        for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) pair[at] = await sample(row, servers[at]!, seconds);
        taken.get(row)!.push([pair[0]!, pair[1]!]);
        const [own, its] = pair.map(({ figure }) => cell(figure, row.figure));
        say(
          `round ${round + 1}/${rounds} ${row.id.padEnd(16)} ${own} / ${its} = ${(pair[0]!.figure / pair[1]!.figure).toFixed(2)}`,
        );
      }
    } finally {
      for (const server of servers) await server.stop();
    }
  }
  const text = table(taken, otherName);
  console.log(text);
  const each = members > 1 ? ` Each server is a cluster of ${members} members.` : "";
  const how = `Median of ${rounds} rounds, ${seconds} s a row; the ratio is the median of the rounds' ratios.${each}`;
  if (!flags.on("no-file")) writeResult(otherName, `${how}\n\n${text}`);
}
