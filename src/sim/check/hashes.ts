import type { Violation } from "./types.ts";

/** HashKV of members is equal wherever revision and compaction are. */
export class Hashes {
  readonly #known = new Map<string, { readonly hash: number; readonly who: string }>();

  add(who: string, at: { revision: number; compactRevision: number; hash: number }): Violation | undefined {
    const key = `${at.revision} ${at.compactRevision}`;
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#known.set(key, { hash: at.hash, who });
      return undefined;
    }
    if (known.hash === at.hash) return undefined;
    return {
      check: "hash",
      message: `HashKV at revision ${at.revision}, compacted ${at.compactRevision}: ${who} has ${at.hash}, ${known.who} had ${known.hash}`,
    };
  }
}
