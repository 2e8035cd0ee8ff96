import type { Violation } from "./types.ts";

/**
 * Whatever the log makes of leases, members, alarms, users and roles stands in the same rows on every member whose file has applied
 * the same entries. Keys are not among them: how far a compaction has come is each member's own affair, and HashKV compares them.
 */
export class Files {
  readonly #sums = new Map<number, { readonly who: string; readonly sum: number }>();

  /** The rows in a file that holds the effects of all entries up to `index` sum up to `sum`. */
  add(who: string, index: number, sum: number): Violation | undefined {
    const known = this.#sums.get(index);
    if (known === undefined) {
      this.#sums.set(index, { who, sum });
      return undefined;
    }
    if (known.sum === sum) return undefined;
    return {
      check: "files",
      message: `rows of ${who} and of ${known.who} differ, though both have applied ${index} entries`,
    };
  }
}
