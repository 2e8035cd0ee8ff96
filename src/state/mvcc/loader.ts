import { type Env, keyStringAt } from "../../base/index.ts";
import { keyValue } from "../../wire/proto/index.ts";
import { KeyIndex } from "./key-index.ts";
import { KvCache } from "./kv-cache.ts";
import { finishedCompactKey, readCompactRevision, scheduledCompactKey } from "./meta.ts";
import type { State } from "./state.ts";
import type { LeaseAttacher, RevisionStore } from "./types.ts";

/** Rows between two looks at the clock. */
const clockEvery = 256;

/**
 * Rebuilds the index from the key bucket, in slices where the caller wants them. Without slices, at a start, keys are put in order all
 * at the end, which is cheaper and takes a good part of a second for a million.
 */
export class Loader {
  readonly #store: RevisionStore;
  readonly #env: Env;
  readonly #index: KeyIndex;
  /** Lease of each key whose newest KeyValue names one. */
  readonly #leases = new Map<string, bigint>();
  #revision = 1;
  #nextMain = 0;
  #nextSub = 0;
  readonly #fields = new keyValue.KeyValueFields();

  constructor(store: RevisionStore, inSlices: boolean, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#index = new KeyIndex(env.random.uint32());
    if (!inSlices) this.#index.disorder();
  }

  /** Reads for about `sliceMs`; false when there is more. */
  step(sliceMs: number): boolean {
    const { clock } = this.#env;
    const startMs = clock.monotonicMs();
    let finished = true;
    let seen = 0;
    this.#store.scanRevisions(
      this.#nextMain,
      (main, sub, tombstone, bytes, start, end) => {
        if (++seen % clockEvery === 0 && clock.monotonicMs() - startMs > sliceMs) {
          this.#nextMain = main;
          this.#nextSub = sub;
          finished = false;
          return false;
        }
        this.#revision = main;
        this.#row(main, sub, tombstone, bytes, start, end);
        return true;
      },
      this.#nextSub,
    );
    return finished;
  }

  #row(main: number, sub: number, tombstone: boolean, bytes: Uint8Array, start: number, end: number): void {
    const index = this.#index;
    const fields = this.#fields;
    fields.read(bytes, start, end);
    const { keyStart, keyEnd, createRevision, version } = fields;
    const leased = fields.lease !== 0n;
    const row = index.findBytes(bytes, keyStart, keyEnd);
    if (tombstone) {
      if (row < 0) index.addDead(keyStringAt(bytes, keyStart, keyEnd), main, sub);
      else if (index.isLive(row)) index.tombstone(row, main, sub);
      else this.#env.logger.warn("tombstone encountered error", { error: "mvcc: revision not found", revision: main });
      if (row >= 0 && this.#leases.size > 0) this.#leases.delete(index.key(row));
      return;
    }
    if (row < 0) {
      const key = keyStringAt(bytes, keyStart, keyEnd);
      index.addSought(key, main, sub, createRevision, version, leased);
      if (leased) this.#leases.set(key, fields.lease);
      return;
    }
    if (leased) this.#leases.set(index.key(row), fields.lease);
    else if (this.#leases.size > 0) this.#leases.delete(index.key(row));
    index.put(row, main, sub, createRevision, version, leased);
  }

  /** Call once, after `step` said that it is done. `resume`: a compaction that was scheduled and has not finished. */
  finish(leases: LeaseAttacher, cacheBytes: number): { state: State; resume: number | undefined } {
    const { logger } = this.#env;
    this.#index.order();
    const finished = readCompactRevision(this.#store, finishedCompactKey);
    const scheduled = readCompactRevision(this.#store, scheduledCompactKey) ?? 0;
    const compactRevision = finished ?? -1;
    if (finished !== undefined) {
      logger.info("restored last compact revision", {
        "meta-bucket-name-key": "finishedCompactRev",
        "restored-compact-revision": finished,
      });
    }
    // All rows up to a compaction may be gone, and a crash may have come just before it was written as finished.
    const revision = Math.max(this.#revision, compactRevision, scheduled);
    for (const [key, lease] of this.#leases) {
      if (!leases.attach(lease, key)) {
        logger.error("failed to attach a lease", { "lease-id": lease, error: "lease not found" });
      }
    }
    logger.info("kvstore restored", { "current-rev": revision });
    return {
      state: { store: this.#store, index: this.#index, cache: new KvCache(cacheBytes), revision, compactRevision },
      resume: scheduled > Math.max(compactRevision, 0) ? scheduled : undefined,
    };
  }
}
