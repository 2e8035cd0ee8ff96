import { type Env, EtcdError } from "../../base/index.ts";
import { keyValue } from "../../wire/proto/index.ts";
import { RevisionHasher } from "./hasher.ts";
import { HIGHEST } from "./key-index.ts";
import { finishedCompactKey, readCompactRevision, scheduledCompactKey, writeCompactRevision } from "./meta.ts";
import type { MvccMetrics } from "./metrics.ts";
import type { State } from "./state.ts";
import type { KeyValueHash } from "./types.ts";

/** Hashes of compactions that are kept, the newest. */
const hashesMax = 10;
/** Rows between two looks at the clock. */
const clockEvery = 64;
/**
 * Longest time a slice looks at rows. What it deletes is laid out by the store in the same turn, for some 2.5 us a row, which takes
 * about as long again.
 */
const sliceMsMax = 1;
/** As above while another compaction waits already: who writes so much wants this one to come to an end. */
const hurriedSliceMsMax = 4;

interface Job {
  readonly state: State;
  readonly revision: number;
  /** Compact revision before this one: where this compaction's hash begins. */
  readonly previous: number;
  /** The previous compaction had run to its end, so this hash covers all since then. */
  readonly hashCounts: boolean;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
  hasher: RevisionHasher | undefined;
  startMs: number;
  /** First row not looked at yet. */
  nextMain: number;
  nextSub: number;
  deleted: number;
}

export interface CompactorLimits {
  readonly batchLimit: number;
  readonly sleepMs: number;
  readonly sliceMs: number;
}

/**
 * Deletes what compactions gave up, one compaction after the other, in slices; the store takes what a slice deleted along with the
 * commits that it makes anyway. Each row up to the compact revision is looked at once; the first row of a key trims the key in the index, after which the index tells for every row of the
 * key whether it stays. So there is no pass over the whole index and no set of kept revisions.
 */
export class Compactor {
  readonly #env: Env;
  readonly #limits: CompactorLimits;
  readonly #metrics: MvccMetrics;
  readonly #jobs: Job[] = [];
  readonly #fields = new keyValue.KeyValueFields();
  #hashes: KeyValueHash[] = [];
  #timer: { cancel(): void } | undefined = undefined;
  /** Compact revisions of the sliced hashes under way: a later compaction would take rows from under them. */
  readonly #holds: number[] = [];

  constructor(env: Env, limits: CompactorLimits, metrics: MvccMetrics) {
    this.#env = env;
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Ascending by revision. */
  get hashes(): readonly KeyValueHash[] {
    return this.#hashes;
  }

  /** Throws Compacted or FutureRevision; else the compact revision stands when this returns. */
  start(state: State, revision: number): Promise<void> {
    if (revision <= state.compactRevision) throw EtcdError.of("Compacted");
    if (revision > state.revision) throw EtcdError.of("FutureRevision");
    const { store } = state;
    const previous = state.compactRevision;
    const hashCounts =
      readCompactRevision(store, scheduledCompactKey) === readCompactRevision(store, finishedCompactKey);
    state.compactRevision = revision;
    writeCompactRevision(store, scheduledCompactKey, revision);
    const promise = new Promise<void>((done, failed) => {
      this.#jobs.push({
        state,
        revision,
        previous,
        hashCounts,
        done,
        failed,
        hasher: undefined,
        startMs: 0,
        nextMain: 0,
        nextSub: 0,
        deleted: 0,
      });
    });
    // Most callers do not wait; an end by `stop` is no news to them.
    promise.catch(() => {});
    this.#wake(0);
    return promise;
  }

  /** Ends all jobs; those who wait hear Stopped. The next start resumes by what is scheduled in the store. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const job of this.#jobs.splice(0)) job.failed(EtcdError.of("Stopped"));
  }

  /** Forgets the hashes, which belong to a state that is gone. */
  forget(): void {
    this.#hashes = [];
  }

  /** Keeps compactions above `compactRevision` from starting until `release`. */
  hold(compactRevision: number): void {
    this.#holds.push(compactRevision);
  }

  release(compactRevision: number): void {
    this.#holds.splice(this.#holds.indexOf(compactRevision), 1);
    this.#wake(0);
  }

  #wake(delayMs: number): void {
    const job = this.#jobs[0];
    if (job === undefined || this.#timer !== undefined) return;
    if (job.hasher === undefined && this.#holds.some((held) => held < job.revision)) return;
    this.#timer = this.#env.scheduler.after(delayMs, () => {
      this.#timer = undefined;
      this.#slice(job);
    });
  }

  #slice(job: Job): void {
    const { clock } = this.#env;
    const { index, store } = job.state;
    const startMs = clock.monotonicMs();
    if (job.hasher === undefined) {
      job.startMs = startMs;
      let anyKept = false;
      index.scan("", HIGHEST, (row) => {
        anyKept = index.survives(row, job.revision);
        return !anyKept;
      });
      job.hasher = new RevisionHasher(job.previous, job.revision, anyKept);
      this.#metrics.indexPauseMs.observe(clock.monotonicMs() - startMs);
    }
    const { hasher } = job;
    const { revision } = job;
    const sliceMs = Math.min(this.#jobs.length > 1 ? hurriedSliceMsMax : sliceMsMax, this.#limits.sliceMs);
    let finished = true;
    let seen = 0;
    let deleted = 0;
    const fields = this.#fields;
    store.scanRevisions(
      job.nextMain,
      (main, sub, tombstone, bytes, start, end) => {
        if (main > revision) return false;
        if (
          seen >= this.#limits.batchLimit ||
          (seen % clockEvery === clockEvery - 1 && clock.monotonicMs() - startMs > sliceMs)
        ) {
          job.nextMain = main;
          job.nextSub = sub;
          finished = false;
          return false;
        }
        seen++;
        fields.read(bytes, start, end);
        const row = index.findBytes(bytes, fields.keyStart, fields.keyEnd);
        const kept = row >= 0 && index.trim(row, revision) && index.isNewestAt(row, revision, main, sub);
        if (!kept) {
          store.deleteRevision(main, sub, tombstone);
          deleted++;
        }
        hasher.write(main, sub, tombstone, bytes, start, end, kept);
        return true;
      },
      job.nextSub,
    );
    job.deleted += deleted;
    this.#metrics.compactedKeys.inc(deleted);
    if (finished) this.#finish(job);
    this.#metrics.compactionPauseMs.observe(clock.monotonicMs() - startMs);
    if (deleted > 0) store.stage?.();
    // The pause is that of a whole batch; a slice that its time has ended earlier has earned a part of it.
    const pauseMs = finished ? 0 : this.#limits.sleepMs;
    // The disk has to keep up: what is deleted and not durable lies in memory.
    const backlog = store.ready?.();
    if (backlog === undefined) this.#wake(pauseMs);
    else backlog.then(() => this.#wake(pauseMs));
  }

  #finish(job: Job): void {
    const { clock, logger } = this.#env;
    this.#jobs.shift();
    writeCompactRevision(job.state.store, finishedCompactKey, job.revision);
    const tookMs = clock.monotonicMs() - job.startMs;
    this.#metrics.compactionTotalMs.observe(tookMs);
    this.#metrics.compactionLast.set(Math.floor(clock.wallMs() / 1000));
    const hash = job.hasher!.result();
    logger.info("finished scheduled compaction", {
      "compact-revision": job.revision,
      took: `${tookMs.toFixed(3)}ms`,
      "number-of-keys-compacted": job.deleted,
      hash: hash.hash,
    });
    if (job.hashCounts) {
      logger.info("storing new hash", {
        hash: hash.hash,
        revision: hash.revision,
        "compact-revision": hash.compactRevision,
      });
      this.#hashes.push(hash);
      this.#hashes.sort((a, b) => a.revision - b.revision);
      if (this.#hashes.length > hashesMax) this.#hashes.splice(0, this.#hashes.length - hashesMax);
    } else logger.info("previous compaction was interrupted, skip storing compaction hash value");
    job.done();
  }
}
