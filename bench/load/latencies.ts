/** What a set of durations says, in milliseconds. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * Durations of requests, every one kept exactly (8 bytes each) up to `samplesMax`; of a longer run, an even sample: when the
 * room is full every second one is dropped and from then on only each second, fourth, ... duration is kept.
 */
export class Latencies {
  #samples = new Float64Array(1 << 14);
  #used = 0;
  #each = 1;
  #skipped = 0;
  count = 0;
  #sum = 0;
  #max = 0;

  add(ms: number): void {
    this.count++;
    this.#sum += ms;
    if (ms > this.#max) this.#max = ms;
    if (++this.#skipped < this.#each) return;
    this.#skipped = 0;
    if (this.#used === this.#samples.length) this.#makeRoom();
    this.#samples[this.#used++] = ms;
  }

  #makeRoom(): void {
    const samples = this.#samples;
    if (samples.length < samplesMax) {
      this.#samples = new Float64Array(samples.length * 2);
      this.#samples.set(samples);
      return;
    }
    for (let i = 0; i < samples.length / 2; i++) samples[i] = samples[i * 2]!;
    this.#used = samples.length / 2;
    this.#each *= 2;
  }

  summary(): Summary {
    const sorted = this.#samples.slice(0, this.#used).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      count: this.count,
      mean: this.count === 0 ? 0 : this.#sum / this.count,
      p50: at(0.5),
      p90: at(0.9),
      p99: at(0.99),
      p999: at(0.999),
      max: this.#max,
    };
  }
}

const samplesMax = 1 << 22;
