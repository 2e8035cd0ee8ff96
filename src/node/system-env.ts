import { randomFillSync } from "node:crypto";
import type { Clock, Random, Scheduler, Timer } from "../base/index.ts";

/** The machine's clocks. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** Node's timers hold 31 bits of milliseconds; what is longer fires at once, with a warning. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** Node's event loop. No timer of it keeps the process alive. */
export const systemScheduler: Scheduler = {
  after(delayMs, run) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, TIMER_MS_MAX);
      handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : run()), stepMs);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  every(periodMs, run): Timer {
    const handle = setInterval(run, Math.min(periodMs, TIMER_MS_MAX));
    handle.unref();
    return { cancel: () => clearInterval(handle) };
  },
  endOfTurn(run) {
    // Immediates run right after the sockets that were ready have been read.
    setImmediate(run);
  },
};

/** The system's source of chance, good for secrets. Drawn 4 KiB at a time: a call into the kernel costs more than the bytes. */
class SystemRandom implements Random {
  readonly #pool = new Uint32Array(1024);
  #next = this.#pool.length;

  uint32(): number {
    if (this.#next === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const drawn = this.#pool[this.#next]!;
    // Used once: a later look into memory must not find what became an id or a token.
    this.#pool[this.#next++] = 0;
    return drawn;
  }

  fill(into: Uint8Array): void {
    randomFillSync(into);
  }
}

export const systemRandom: Random = new SystemRandom();
