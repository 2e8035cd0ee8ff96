/** A source of chance. Production hands in the system's, the simulator one seeded generator. */
export interface Random {
  /** Uniform in [0, 2^32). */
  uint32(): number;
  /** Fills `into` with random bytes. */
  fill(into: Uint8Array): void;
}

/** Uniform integer in [0, bound). `bound` is at most 2^32; unbiased by rejection. */
export function below(random: Random, bound: number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
  for (;;) {
    const draw = random.uint32();
    if (draw < limit) return draw % bound;
  }
}

/** Uniform in [0, 1) with 32 bits of resolution. */
export function unit(random: Random): number {
  return random.uint32() / 0x1_0000_0000;
}

/**
 * xoshiro128** (Blackman and Vigna, 2018), seeded by splitmix32: small, fast, the same sequence on every machine.
 * For tests, jitter and the simulator; never for secrets.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  uint32(): number {
    const scrambled = Math.imul(rotl(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotl(this.#d, 11);
    return scrambled;
  }

  fill(into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = this.uint32() >>> 24;
  }
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
