import { probe } from "./load/channels.ts";
import { Flags } from "./load/flags.ts";
import { ownServer, runWorkload } from "./load/index.ts";
import { startServer, usageOfAll } from "./load/processes.ts";
import { median, writeResult } from "./load/report.ts";

/*
 * `growth [--keys 10000,100000,1000000,5000000] [--self <command>] [--seconds 3] [--rounds 3] [--no-file]`
 *
 * One server, filled further and further with keys of 256 bytes; at each size puts and linearizable ranges of random keys among all that
 * are there (100 connections x 10), in turn, the median of the rounds. What is asked is how much of the first throughput is left.
 */

const flagDefinitions = {
  keys: { kind: "string", help: "sizes to measure at, comma-separated, growing" },
  self: { kind: "string", help: "command of the server (default: node bin/etcd of this repository)" },
  seconds: { kind: "number", help: "duration of one measurement (default 3)" },
  rounds: { kind: "number", help: "measurements of each kind at each size (default 3)" },
  "no-file": { kind: "boolean", help: "write nothing to bench/results" },
} as const;

interface Point {
  readonly keys: number;
  readonly puts: number;
  readonly ranges: number;
  readonly rssMiB: number;
}

export default async function run(args: readonly string[]): Promise<void> {
  const flags = new Flags(args, flagDefinitions);
  const sizes = flags.text("keys", "10000,100000,1000000,5000000").split(",").map(Number);
  const command = flags.text("self", `${process.execPath} ${ownServer}`);
  // Half of etcd's default quota is reached by five million keys; what is asked here is speed, so there is none.
  const server = await startServer({ command: `${command} --quota-backend-bytes -1`, name: "self", probe });
  const points: Point[] = [];
  try {
    const at = ["--endpoints", server.endpoint, "--key-size", "16"];
    const rate = async (workload: string, more: readonly string[]): Promise<number> => {
      const { measured } = await runWorkload(workload, [...at, ...more], false);
      const { errors, error, rate: found } = measured[0]!;
      if (errors > 0) throw new Error(`${workload}: ${error ?? ""}`);
      return found;
    };
    const value = ["--val-size", "256"];
    for (const keys of sizes) {
      const space = ["--key-space-size", String(keys)];
      await rate("put", [
        "--conns",
        "50",
        "--clients",
        "500",
        ...space,
        ...value,
        "--sequential-keys",
        "--total",
        String(keys),
      ]);
      const wide = ["--conns", "100", "--clients", "1000", ...space, "--seconds", String(flags.number("seconds", 3))];
      const puts: number[] = [];
      const ranges: number[] = [];
      for (let round = 0; round < flags.number("rounds", 3); round++) {
        puts.push(await rate("put", [...wide, ...value]));
        ranges.push(await rate("range", wide));
      }
      const rssMiB = (usageOfAll(server.pids)?.rssBytes ?? 0) / 2 ** 20;
      points.push({ keys, puts: median(puts), ranges: median(ranges), rssMiB });
      console.error(
        `${keys} keys: ${median(puts).toFixed(0)} puts/s, ${median(ranges).toFixed(0)} ranges/s, RSS ${rssMiB.toFixed(0)} MiB`,
      );
    }
  } finally {
    await server.stop();
  }
  const first = points[0]!;
  const share = (now: number, then: number): string => `${((now / then) * 100).toFixed(0)} %`;
  const text = [
    "| keys | puts/s | of the first | ranges/s | of the first | RSS, MiB |",
    "| --- | --- | --- | --- | --- | --- |",
    ...points.map(
      ({ keys, puts, ranges, rssMiB }) =>
        `| ${keys} | ${puts.toFixed(0)} | ${share(puts, first.puts)} | ${ranges.toFixed(0)} | ${share(ranges, first.ranges)} | ${rssMiB.toFixed(0)} |`,
    ),
  ].join("\n");
  console.log(text);
  if (!flags.on("no-file"))
    writeResult("Growth", `\`npm run bench -- growth\`: 256-byte values, random keys among all, 100 x 10.\n\n${text}`);
}
