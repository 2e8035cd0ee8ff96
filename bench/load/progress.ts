/** A line on the terminal that says how far a run is. Silent where standard error is no terminal. */
export class Progress {
  readonly #shown: boolean;
  #what = "";
  #total = 0;
  #seconds = 0;
  #done = 0;
  #startMs = 0;
  #drawnMs = 0;

  constructor(shown: boolean = process.stderr.isTTY === true) {
    this.#shown = shown;
  }

  start(what: string, total: number, seconds: number): void {
    this.#what = what;
    this.#total = total;
    this.#seconds = seconds;
    this.#done = 0;
    this.#startMs = performance.now();
    this.#drawnMs = 0;
  }

  step(by = 1): void {
    this.#done += by;
    if (!this.#shown || (this.#done & 63) !== 0) return;
    const now = performance.now();
    if (now - this.#drawnMs < 100) return;
    this.#drawnMs = now;
    const byTotal = Number.isFinite(this.#total) ? this.#done / this.#total : 0;
    const byTime = Number.isFinite(this.#seconds) ? (now - this.#startMs) / 1000 / this.#seconds : 0;
    const share = Math.min(1, Math.max(byTotal, byTime));
    const bar = "#".repeat(Math.round(share * 40)).padEnd(40, ".");
    const rate = Math.round(this.#done / Math.max(0.001, (now - this.#startMs) / 1000));
    process.stderr.write(`\r${this.#what} [${bar}] ${(share * 100).toFixed(0)} % ${this.#done} ${rate}/s\x1b[K`);
  }

  end(): void {
    if (this.#shown) process.stderr.write("\r\x1b[K");
  }
}
