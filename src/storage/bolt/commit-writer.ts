import { type Clock, messageOf } from "../../base/index.ts";
import type { DiskFile } from "../disk/index.ts";
import { BoltError } from "./errors.ts";
import { encodeMeta, type Meta, type Page } from "./format.ts";

/** What the first half of a commit leaves to be written. */
export interface Job {
  readonly meta: Meta;
  readonly pages: readonly Page[];
  /** The file must be this long first; 0 = it is long enough. */
  readonly growTo: number;
  readonly rebalanceMs: number;
  readonly spillMs: number;
}

/** How long the parts of a commit took, for whoever keeps metrics. Those that were written together count as one. */
export interface CommitTimes {
  readonly rebalanceMs: number;
  readonly spillMs: number;
  /** Asynchronous part: pages, sync, meta, sync. */
  readonly writeMs: number;
}

interface Waiting {
  readonly job: Job;
  readonly resolve: () => void;
  readonly reject: (error: BoltError) => void;
}

/** Bytes and pieces of one write: large enough to be cheap, small enough to let others at the disk. */
const writeBytesMax = 1024 * 1024;
const writePiecesMax = 512;

/**
 * The second halves of commits: pages, sync, the meta page, sync, off the loop. One write at a time; all that wait when it begins go
 * together, under the newest meta, since each state holds the ones before. Should one fail, the disk keeps the last durable state
 * and no later commit succeeds.
 */
export class CommitWriter {
  noSync: boolean;
  readonly #file: DiskFile;
  readonly #clock: Clock;
  readonly #path: () => string;
  /** The jobs of one write are on the disk: called before any of their promises resolves. */
  readonly #durable: (jobs: readonly Job[], times: CommitTimes) => void;
  /** See `Freelist.passed`. */
  readonly #passed: (firstTxid: number, lastTxid: number) => Iterable<number>;
  #waiting: Waiting[] = [];
  /** Jobs of the write under way. */
  #writing = 0;
  /** Somebody wants to see what waits on the disk. */
  #wanted = false;
  /** The writes under way; settles when there is nothing more that is wanted. Never rejects. */
  #running: Promise<void> | undefined;
  #failure: BoltError | undefined;

  constructor(
    file: DiskFile,
    clock: Clock,
    noSync: boolean,
    path: () => string,
    durable: (jobs: readonly Job[], times: CommitTimes) => void,
    passed: (firstTxid: number, lastTxid: number) => Iterable<number>,
  ) {
    this.#file = file;
    this.#clock = clock;
    this.noSync = noSync;
    this.#path = path;
    this.#durable = durable;
    this.#passed = passed;
  }

  /** Why no commit succeeds any more. */
  get failure(): BoltError | undefined {
    return this.#failure;
  }

  /** Jobs that are not durable. */
  get inFlight(): number {
    return this.#waiting.length + this.#writing;
  }

  /** Resolves when `job` is durable. With `later` it is not written by itself, but with the next that is, or at `settled`. */
  write(job: Job, later: boolean): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
    });
    if (!later) this.#start();
    return done;
  }

  /** Resolves when all that was handed over so far is durable; rejects when it will not be. */
  async settled(): Promise<void> {
    if (this.#waiting.length > 0) this.#start();
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #start(): void {
    this.#wanted = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Not at once: what else is committed in this turn goes along.
    await undefined;
    while (this.#wanted) {
      this.#wanted = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      await this.#writeAll(waiting);
    }
    this.#running = undefined;
  }

  async #writeAll(waiting: readonly Waiting[]): Promise<void> {
    const jobs = waiting.map(({ job }) => job);
    const started = this.#clock.monotonicMs();
    this.#writing = jobs.length;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#put(jobs);
    } catch (cause) {
      this.#failure ??= new BoltError("Poisoned", {
        path: this.#path(),
        detail: `transaction ${jobs[0]!.meta.txid} could not be written (${messageOf(cause)}). What was durable before is intact; make room or replace the disk, then start again`,
        cause,
      });
      for (const { reject } of waiting) reject(this.#failure);
      return;
    } finally {
      this.#writing = 0;
    }
    let rebalanceMs = 0;
    let spillMs = 0;
    for (const job of jobs) {
      rebalanceMs += job.rebalanceMs;
      spillMs += job.spillMs;
    }
    this.#durable(jobs, { rebalanceMs, spillMs, writeMs: this.#clock.monotonicMs() - started });
    for (const { resolve } of waiting) resolve();
  }

  async #put(jobs: readonly Job[]): Promise<void> {
    const file = this.#file;
    const { meta } = jobs.at(-1)!;
    const growTo = jobs.reduce((most, job) => Math.max(most, job.growTo), 0);
    if (growTo > 0) {
      file.truncate(growTo);
      if (!this.noSync) await file.sync();
    }
    await this.#writePages(this.#pagesOf(jobs), meta.pageSize);
    if (!this.noSync) await file.dataSync();
    await file.write([encodeMeta(meta)], (meta.txid % 2) * meta.pageSize);
    if (!this.noSync) await file.dataSync();
  }

  /**
   * What has to be on the disk for the newest of these states. Each of them wrote the path from its changes to the root anew, and
   * of all but the last that is of no use to anybody: in a compaction, whose slices are commits that wait, most of what there is.
   */
  #pagesOf(jobs: readonly Job[]): Page[] {
    const pages = jobs.flatMap((job) => job.pages);
    if (jobs.length === 1) return pages;
    const passed = new Set(this.#passed(jobs[0]!.meta.txid, jobs.at(-1)!.meta.txid));
    return passed.size === 0 ? pages : pages.filter(({ id }) => !passed.has(id));
  }

  /** In page order, neighbours in one write. */
  async #writePages(pages: Page[], pageSize: number): Promise<void> {
    pages.sort((a, b) => a.id - b.id);
    for (let i = 0; i < pages.length; ) {
      const start = pages[i]!.id;
      const pieces: Uint8Array[] = [];
      let next = start;
      let bytes = 0;
      while (i < pages.length && pages[i]!.id === next && bytes < writeBytesMax && pieces.length < writePiecesMax) {
        const page = pages[i++]!;
        pieces.push(page.bytes);
        bytes += page.bytes.length;
        next = page.id + page.overflow + 1;
      }
      await this.#file.write(pieces, start * pageSize);
    }
  }
}
