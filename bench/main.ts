/**
 * `npm run bench -- NAME [args]`. NAME is a workload of `bench/load` (put, range, ...: against any etcd, see `--help`), `versus`
 * (this server beside another one), or a benchmark of one room: `bench/NAME.ts`, whose default export takes the rest of the
 * arguments. Without a name it lists what there is. Figures worth keeping go to `bench/results`, with what they were measured on.
 */
import { readdirSync } from "node:fs";
import { BenchError } from "./load/flags.ts";
import { load } from "./load/index.ts";
import { workloads } from "./load/workloads.ts";

const names = readdirSync(new URL(".", import.meta.url))
  .flatMap((file) => /^(.*)\.js$/.exec(file)?.[1] ?? [])
  .filter((name) => name !== "main");
const [wanted = "", ...args] = process.argv.slice(2);
if (wanted in workloads) {
  await load(wanted, args);
} else if (names.includes(wanted)) {
  const { default: run } = (await import(`./${wanted}.ts`)) as { default: (args: readonly string[]) => Promise<void> };
  try {
    await run(args);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
} else {
  console.error(`usage: npm run bench -- NAME [args], where NAME is a workload: ${Object.keys(workloads).join(", ")};`);
  console.error(`or a benchmark: ${names.join(", ")}`);
  process.exit(2);
}
