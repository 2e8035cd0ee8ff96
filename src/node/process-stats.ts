import { readdirSync, readFileSync } from "node:fs";

/** What `/debug/vars` tells of the process. */
export function processVars(): Record<string, unknown> {
  const memory = process.memoryUsage();
  return {
    cmdline: process.argv,
    file_descriptor_limit: fileDescriptorLimit(),
    memstats: {
      Alloc: memory.heapUsed,
      HeapAlloc: memory.heapUsed,
      HeapSys: memory.heapTotal,
      Sys: memory.rss,
    },
  };
}

/** Soft limit of open files; 0 where the system does not tell. */
export function fileDescriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return line === null ? 0 : Number(line[1]);
  } catch {
    return 0;
  }
}

/** Open files now; 0 where the system does not tell. */
export function fileDescriptorsUsed(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
