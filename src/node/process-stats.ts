import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { GcPauses, type Registry, type RuntimeStats, runtimeMetrics } from "../api/metrics/index.ts";
import { declareStillMetrics } from "./still-metrics.ts";

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

/** Declares `go_*`, `process_*` and `os_fd_*` from what Node and Linux tell about this process. */
export function registerProcessMetrics(registry: Registry): void {
  const pauses = new GcPauses();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      pauses.observe(entry.duration / 1000, (performance.timeOrigin + entry.startTime + entry.duration) / 1000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  runtimeMetrics(registry, pauses, readStats);
  declareStillMetrics(registry, `node${process.version.slice(1)}`);
}

function readStats(): RuntimeStats {
  const memory = process.memoryUsage();
  const usage = process.cpuUsage();
  const status = readProc("status");
  const network = readProc("net/netstat");
  return {
    version: `node${process.version.slice(1)}`,
    heapUsedBytes: memory.heapUsed,
    heapTotalBytes: memory.heapTotal,
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    externalBytes: memory.external,
    residentBytes: memory.rss,
    threads: numberAfter(status, "Threads:") ?? 1,
    activeHandles: process.getActiveResourcesInfo().length,
    processors: availableParallelism(),
    cpuSeconds: (usage.user + usage.system) / 1e6,
    startTimeSeconds: performance.timeOrigin / 1000,
    openFiles: fileDescriptorsUsed(),
    maxFiles: fileDescriptorLimit(),
    virtualBytes: kibibytes(numberAfter(status, "VmSize:")),
    virtualMaxBytes: addressSpaceLimit(),
    networkReceivedBytes: ipCounter(network, "InOctets"),
    networkSentBytes: ipCounter(network, "OutOctets"),
  };
}

/** A file under /proc/self; empty where there is none. */
function readProc(name: string): string {
  try {
    return readFileSync(`/proc/self/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** 2^64 - 1 where nothing limits it, as the name's other writers have it. */
function addressSpaceLimit(): number | undefined {
  const found = /^Max address space\s+(\S+)/m.exec(readProc("limits"));
  if (found === null) return undefined;
  return found[1] === "unlimited" ? 2 ** 64 : Number(found[1]);
}

/** A counter of the line pair `IpExt:` names, `IpExt:` values. */
function ipCounter(text: string, name: string): number | undefined {
  const [names, values] = text.split("\n").filter((line) => line.startsWith("IpExt:"));
  const at = names?.split(" ").indexOf(name) ?? -1;
  return at < 0 ? undefined : Number(values?.split(" ")[at] ?? 0);
}

function numberAfter(text: string, label: string): number | undefined {
  const at = text.indexOf(label);
  if (at < 0) return undefined;
  const value = Number.parseInt(text.slice(at + label.length).trim(), 10);
  return Number.isNaN(value) ? undefined : value;
}

function kibibytes(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1024;
}
