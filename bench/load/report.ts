import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { repository } from "./index.ts";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What this was measured on, in one paragraph. */
function machine(): string {
  const [first] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return (
    `${cpus().length} x ${first?.model ?? "unknown CPU"}, ${memory} GiB, Linux ${release()}, Node ${process.version}, ` +
    `load average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")}; generator and servers on the same machine, 127.0.0.1, sync on.`
  );
}

/** Adds a part to today's page of `bench/results`. */
export function writeResult(title: string, part: string): void {
  const day = new Date().toISOString().slice(0, 10);
  const file = `${repository}bench/results/${day}.md`;
  let page = `# Beside etcd, ${day}\n`;
  try {
    page = readFileSync(file, "utf8");
  } catch {
    mkdirSync(`${repository}bench/results`, { recursive: true });
  }
  writeFileSync(file, `${page}\n## ${title}\n\n${machine()}\n\n${part}\n`);
  console.error(`written to ${file}`);
}
