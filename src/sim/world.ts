import { type Clock, type Random, type Scheduler, SeededRandom, type Timer, unit } from "../base/index.ts";
import type { Pump } from "./pump.ts";

/** A process: everything it asked for ends with it. */
export interface Life {
  readonly alive: boolean;
  /** Until then nothing of it runs (SIGSTOP); true time. */
  readonly pausedUntilMs: number;
}

interface SimEvent extends Timer {
  /** Changes only while the event is not in the heap. */
  atMs: number;
  /** Breaks ties: equal instants run in the order in which they were asked for. */
  readonly order: number;
  readonly life: Life | undefined;
  run: (() => void) | undefined;
}

/**
 * True time and everything that waits for it. One event at a time runs to its end, promises included, before the next: so a
 * run is a function of the seed. Time is in milliseconds with fractions, from 0.
 */
export class World {
  nowMs = 0;
  /** Events that ran. */
  ran = 0;
  readonly random: Random;
  readonly #pump: Pump;
  readonly #heap: SimEvent[] = [];
  #order = 0;

  constructor(seed: number, pump: Pump) {
    this.random = new SeededRandom(seed);
    this.#pump = pump;
  }

  get pending(): number {
    return this.#heap.length;
  }

  /** Calls `run` at true time `atMs`, unless `life` has ended by then. */
  at(atMs: number, run: () => void, life?: Life): Timer {
    const event: SimEvent = {
      atMs: Math.max(atMs, this.nowMs),
      order: this.#order++,
      life,
      run,
      cancel() {
        event.run = undefined;
      },
    };
    this.#push(event);
    return event;
  }

  after(delayMs: number, run: () => void, life?: Life): Timer {
    return this.at(this.nowMs + delayMs, run, life);
  }

  /** Never settles once `life` has ended. */
  wait(delayMs: number, life?: Life): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve, life);
    });
  }

  /** Runs the next event; false when there is none before `untilMs`. */
  step(untilMs: number): boolean {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return false;
      }
      this.#pop();
      const { run, life } = event;
      if (run === undefined || life?.alive === false) continue;
      if (life !== undefined && life.pausedUntilMs > event.atMs) {
        event.atMs = life.pausedUntilMs;
        this.#push(event);
        continue;
      }
      this.nowMs = event.atMs;
      this.ran++;
      run();
      this.#pump();
      return true;
    }
  }

  #push(event: SimEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(heap[parent]!, event)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Time from now to the end of a turn: what arrives within it is one batch. */
const turnMs = 0.02;

/** The clock and the scheduler of one process, on a machine whose clock may run fast or slow. */
export class ProcessTime implements Clock, Scheduler {
  readonly #world: World;
  readonly #life: Life;
  readonly #rate: number;
  readonly #bootMs: number;
  readonly #wall: () => number;
  #turn: (() => void)[] = [];

  /** `rate` is local milliseconds per true one; `wall` the machine's wall clock. */
  constructor(world: World, life: Life, rate: number, wall: () => number) {
    this.#world = world;
    this.#life = life;
    this.#rate = rate;
    this.#bootMs = world.nowMs;
    this.#wall = wall;
  }

  monotonicMs(): number {
    return this.localMs(this.#world.nowMs);
  }

  /** What this process' clock shows at a true time. */
  localMs(trueMs: number): number {
    return 1000 + (trueMs - this.#bootMs) * this.#rate;
  }

  wallMs(): number {
    return this.#wall();
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#world.after(Math.max(0, delayMs) / this.#rate, run, this.#life);
  }

  every(periodMs: number, run: () => void): Timer {
    let timer: Timer;
    let canceled = false;
    const again = (): void => {
      timer = this.#world.after(
        periodMs / this.#rate,
        () => {
          again();
          run();
        },
        this.#life,
      );
    };
    again();
    return {
      cancel() {
        if (!canceled) timer.cancel();
        canceled = true;
      },
    };
  }

  endOfTurn(run: () => void): void {
    if (this.#turn.push(run) > 1) return;
    this.#world.after(
      turnMs,
      () => {
        while (this.#turn.length > 0) {
          const due = this.#turn;
          this.#turn = [];
          for (const act of due) act();
        }
      },
      this.#life,
    );
  }
}

/** True with the given probability. */
export function chance(random: Random, probability: number): boolean {
  return probability > 0 && unit(random) < probability;
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + unit(random) * (high - low);
}

/** With mean `mean`, never above twenty times it. */
export function exponential(random: Random, mean: number): number {
  return Math.min(-Math.log(1 - unit(random)) * mean, 20 * mean);
}
