import { Session } from "node:inspector";
import type { CpuProfile, HeapProfile } from "./convert.ts";

/** Between two samples of the CPU: V8's own default. */
export const cpuPeriodMicros = 1000;
/** One sample for so many bytes allocated: Go's default, and too few to be felt. */
export const heapPeriodBytes = 512 * 1024;

/** V8's profilers, of this process. What they find is for whoever asks; nothing is kept. */
export interface Profiler {
  /** Begins a profile of the CPU; what it returns ends it. */
  startCpu(): Promise<() => Promise<CpuProfile>>;
  /** What is in use of all that was allocated since the profiler was made; `collect`: after a collection. */
  heap(collect: boolean): Promise<HeapProfile>;
  close(): void;
}

/**
 * Through the inspector, which no port opens for this. The profiler of the heap runs from now on, as it always does in Go:
 * only what was sampled when it was allocated can be told of later.
 */
export function v8Profiler(): Profiler {
  const session = new Session();
  session.connect();
  const ask = <T>(method: string, params?: object): Promise<T> =>
    new Promise((resolve, reject) => {
      session.post(method, params, (error, result) => {
        if (error === null) resolve(result as T);
        else reject(error);
      });
    });
  const sampling = ask("HeapProfiler.startSampling", { samplingInterval: heapPeriodBytes });
  // Told to whoever asks for the profile.
  sampling.catch(() => {});
  return {
    async startCpu() {
      await ask("Profiler.enable");
      await ask("Profiler.setSamplingInterval", { interval: cpuPeriodMicros });
      await ask("Profiler.start");
      return async () => {
        const { profile } = await ask<{ profile: CpuProfile }>("Profiler.stop");
        await ask("Profiler.disable");
        return profile;
      };
    },
    async heap(collect) {
      await sampling;
      if (collect) await ask("HeapProfiler.collectGarbage");
      return (await ask<{ profile: HeapProfile }>("HeapProfiler.getSamplingProfile")).profile;
    },
    close: () => session.disconnect(),
  };
}
