/**
 * `npm run bench -- NAME [args]`: runs the benchmark `bench/NAME.ts`, whose default export takes the rest of the arguments. Without a
 * name it lists what there is. Figures worth keeping go to `bench/results/NAME-DATE.md`, with what they were measured on.
 */
import { readdirSync } from "node:fs";

const names = readdirSync(new URL(".", import.meta.url))
  .flatMap((file) => /^(.*)\.js$/.exec(file)?.[1] ?? [])
  .filter((name) => name !== "main");
const [wanted, ...args] = process.argv.slice(2);
if (wanted === undefined || !names.includes(wanted)) {
  console.error(`usage: npm run bench -- NAME [args], where NAME is one of: ${names.join(", ")}`);
  process.exit(2);
}
const { default: run } = (await import(`./${wanted}.ts`)) as { default: (args: readonly string[]) => Promise<void> };
await run(args);
