import type { Clock, Scheduler, Timer } from "./clock.ts";

interface Entry {
  atMs: number;
  /** Breaks ties: equal instants run in the order in which they were asked for. */
  readonly order: number;
  readonly periodMs: number | undefined;
  readonly run: () => void;
}

/**
 * A clock that moves only when told to, and the scheduler that hangs on it. For tests: nothing sleeps, everything that
 * is due runs inside `advance`, in order of time and then of asking.
 */
export class ManualTime implements Clock, Scheduler {
  #nowMs = 0;
  #order = 0;
  #wallOffsetMs: number;
  readonly #entries = new Set<Entry>();
  #turn: (() => void)[] = [];

  constructor(wallMs = 1_700_000_000_000) {
    this.#wallOffsetMs = wallMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallOffsetMs + this.#nowMs;
  }

  /** Steps the wall clock only. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add(delayMs, undefined, run);
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#add(periodMs, periodMs, run);
  }

  endOfTurn(run: () => void): void {
    this.#turn.push(run);
  }

  /** Runs what waits for the end of the turn, and what that asks for in turn. */
  endTurn(): void {
    while (this.#turn.length > 0) this.endOneTurn();
  }

  /** Runs what waits for the end of this turn; what that asks for waits for the end of the next. */
  endOneTurn(): void {
    const due = this.#turn;
    this.#turn = [];
    for (const run of due) run();
  }

  /** Moves time on by `ms`, running what falls due at its very instant. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    this.endTurn();
    for (;;) {
      const next = this.#next(end);
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      if (next.periodMs === undefined) this.#entries.delete(next);
      else next.atMs = this.#nowMs + next.periodMs;
      next.run();
      this.endTurn();
    }
    this.#nowMs = end;
  }

  /** As `advance`, in steps of `stepMs`, letting promises settle between steps. */
  async advanceAsync(ms: number, stepMs = 10): Promise<void> {
    for (let done = 0; done < ms; done += stepMs) {
      this.advance(Math.min(stepMs, ms - done));
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  }

  /** Timers still waiting: zero once everything was closed. */
  get pending(): number {
    return this.#entries.size;
  }

  #next(end: number): Entry | undefined {
    let best: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.atMs > end) continue;
      if (best === undefined || entry.atMs < best.atMs || (entry.atMs === best.atMs && entry.order < best.order)) {
        best = entry;
      }
    }
    return best;
  }

  #add(delayMs: number, periodMs: number | undefined, run: () => void): Timer {
    const entry: Entry = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      periodMs,
      run,
    };
    this.#entries.add(entry);
    return {
      cancel: () => {
        this.#entries.delete(entry);
      },
    };
  }
}
