import type { Violation } from "./types.ts";

/** What a node says of itself after a step. */
export interface CommitView {
  readonly who: string;
  readonly term: number;
  readonly leads: boolean;
  readonly committed: number;
  /** The newest committed entry, where it was handed out in this step. */
  readonly last: { readonly index: number; readonly term: number } | undefined;
}

/** A leader moves its commit index only to an entry of its own term (paper 5.4.2): one of an earlier term could still be overwritten. */
export class Commits {
  readonly #leaders = new Map<string, { readonly term: number; readonly committed: number }>();

  look({ who, term, leads, committed, last }: CommitView): Violation | undefined {
    const before = this.#leaders.get(who);
    if (!leads) {
      if (before !== undefined) this.#leaders.delete(who);
      return undefined;
    }
    if (before?.term === term && before.committed === committed) return undefined;
    this.#leaders.set(who, { term, committed });
    if (before?.term !== term || last?.index !== committed || last.term === term) return undefined;
    return {
      check: "commits",
      message: `${who}, leader of term ${term}, committed entry ${committed} of term ${last.term}`,
    };
  }
}
