import { setFlagsFromString } from "node:v8";

/** Lets every promise settle that can settle without more input: the end of one macrotask, as Node ends it. */
export type Pump = () => void;

/**
 * V8's own microtask checkpoint, called by name: it drains the queue to the last job, as the event loop does between two
 * callbacks, without going round the loop (0.1 µs against 2 µs). It does nothing inside a microtask, so a run must start from
 * a callback; `runInTask` sees to that.
 */
export function makePump(): Pump {
  setFlagsFromString("--allow-natives-syntax");
  return new Function("%PerformMicrotaskCheckpoint()") as Pump;
}

/** Runs `slice` in callbacks of the event loop until it says that it is done. */
export function runInTask(slice: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const again = (): void => {
      try {
        if (slice()) resolve();
        else setImmediate(again);
      } catch (error) {
        reject(error);
      }
    };
    setImmediate(again);
  });
}
