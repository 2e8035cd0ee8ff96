/**
 * A token bucket without a clock: it starts full, every cheap frame of the peer takes one, and time (as told) or
 * useful work puts some back. An empty bucket is a flood.
 */
export class Budget {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** False when nothing is left. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  add(tokens: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + tokens);
  }

  /** Refills for a time that has gone by. */
  pass(ms: number): void {
    this.add((ms * this.#perSecond) / 1000);
  }
}
