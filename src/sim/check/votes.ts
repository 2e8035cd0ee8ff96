import type { Violation } from "./types.ts";

/** Raft's election safety, where it begins: whoever gives its vote to one candidate gives it to no other in that term, restarts or not. */
export class Votes {
  readonly #given = new Map<string, string>();

  /** A vote left `voter` for `candidate`: so it is durable there. */
  cast(term: number, voter: string, candidate: string): Violation | undefined {
    const key = `${term} ${voter}`;
    const before = this.#given.get(key);
    if (before === undefined) this.#given.set(key, candidate);
    if (before === undefined || before === candidate) return undefined;
    return { check: "votes", message: `${voter} voted for ${before} and for ${candidate} in term ${term}` };
  }
}
