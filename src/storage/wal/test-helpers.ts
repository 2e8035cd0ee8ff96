/** Shared by this room's tests only. */
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import type { Disk, MemoryDisk } from "../disk/index.ts";
import type { Entry, HardState } from "./types.ts";

export function testEnv(): Env {
  const time = new ManualTime();
  return { clock: time, scheduler: time, random: new SeededRandom(1), logger: silentLogger, metrics: nullMetrics };
}

export function entry(index: number, term: number, data: string | Uint8Array = `data ${index}`): Entry {
  return { type: 0, term, index, data: typeof data === "string" ? Buffer.from(data) : data };
}

export function state(term: number, commit: number, vote = 1n): HardState {
  return { term, vote, commit };
}

/** Entries as plain values, so that a failed comparison can be read. */
export function plain(entries: readonly Entry[]): string[] {
  return entries.map(({ index, term, type, data }) => `${index}/${term}/${type}/${Buffer.from(data).toString("hex")}`);
}

export function readFile(disk: Disk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(file.size());
  file.readSync(bytes, 0);
  file.close();
  return bytes;
}

export function writeFile(disk: Disk, path: string, bytes: Uint8Array, size = bytes.length): void {
  const file = disk.open(path, "create");
  file.truncate(0);
  file.writeSync([bytes], 0);
  file.allocate(size);
  file.close();
}

/** Copies all files of one directory to another disk. */
export function copyDirectory(from: Disk, to: MemoryDisk, dir: string): void {
  to.makeDirectory(dir);
  for (const name of from.list(dir)) writeFile(to, `${dir}/${name}`, readFile(from, `${dir}/${name}`));
}
