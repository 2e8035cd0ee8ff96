/** Reads time. The production one stands in `node`, the simulated one in `sim`; no room below reads a clock by itself. */
export interface Clock {
  /** Milliseconds that never step back; for durations and deadlines. Fractions are allowed. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; may step. Only for ids, log stamps and certificates. */
  wallMs(): number;
}

/** A scheduled call. `cancel` is idempotent and may be called from inside the call itself. */
export interface Timer {
  cancel(): void;
}

/** Runs things later. Timers never keep a process alive by themselves. */
export interface Scheduler {
  /** Calls `run` once, `delayMs` from now or later. */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` every `periodMs`, first after one period; a late tick is not made up for. */
  every(periodMs: number, run: () => void): Timer;
  /** Calls `run` after the input that is already waiting was read: the end of one turn, and so of one batch. */
  endOfTurn(run: () => void): void;
}
