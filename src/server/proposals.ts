import { type Counter, type Env, EtcdError } from "../base/index.ts";
import type { Envelope } from "./command.ts";
import { RequestTimes } from "./request-times.ts";

/** What an applied entry answers to whoever proposed it. */
export type Outcome = { readonly response: unknown; readonly error?: undefined } | { readonly error: EtcdError };

/**
 * Whoever waits for an entry's outcome. An object with one method and no promise: of all that a write leaves behind while it
 * waits for the disk, promises and their closures were the most.
 */
export interface Waiter {
  /** Called once, while entries are applied: it must not call back into the member. */
  settled(outcome: Outcome): void;
}

/** The waiter behind a promise, for what is seldom. */
class Promised implements Waiter {
  readonly #resolve: (response: unknown) => void;
  readonly #reject: (error: EtcdError) => void;

  constructor(resolve: (response: unknown) => void, reject: (error: EtcdError) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  settled(outcome: Outcome): void {
    if (outcome.error !== undefined) this.#reject(outcome.error);
    else this.#resolve(outcome.response);
  }
}

/** Submits with a waiter whose outcome is the promise's; what `submit` throws rejects it. */
export function promised<R>(submit: (waiter: Waiter) => void): Promise<R> {
  return new Promise<R>((resolve, reject) => submit(new Promised(resolve as (response: unknown) => void, reject)));
}

/** An encoded entry on its way into the log. */
export interface Proposal {
  /** Its identity tells the entry again when it comes back from the log of this very process. */
  readonly data: Uint8Array;
  /** Valid only while this member leads: appended to its own log or refused, never forwarded. */
  readonly asLeader: boolean;
  /** The term in which raft accepted it; an entry that holds it has this term. 0 until raft has accepted it. */
  term: number;
}

/** One request on its way through the log. */
interface Pending extends Proposal {
  readonly id: bigint;
  /** The decoded request, so that our own entries are not decoded a second time; undefined for a change of members. */
  readonly request: Envelope | undefined;
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** Its entry is applied; only the answer is still due. */
  applied: boolean;
  /** Its place in the line, counted since the start; -1 once it is overtaken or settled. */
  place: number;
  readonly waiter: Waiter;
}

/** Requests that may wait for their entry at once; beyond it TooManyRequests, as etcd answers a backlog. */
export const pendingMax = 65_536;

/** Places in the line at the start; a power of two, doubled when it is full. */
const placesFirst = 1024;

/**
 * Requests between their proposal and the entry's application, found again by the identity of the encoded bytes (the
 * common case: proposed and applied in one process) or by the request id (forwarded to a leader and back).
 *
 * Entries are applied in the order in which they were proposed, so the requests stand in a line and the next entry belongs to the
 * first of them. (Not in Maps: a Map whose entries come and go leaves old tables behind, which keep what they held alive past the
 * next collections; that was a third of all that the collector had to move.) Whoever is overtaken, because its entry was lost
 * or a leader got it later, steps out of the line and is found by id from then on.
 *
 * All have the same time-out, so the line is ordered by deadline as well: the sweep looks at the oldest only.
 */
export class Proposals {
  /** Those who wait, by `place` modulo its length: from `#head` up to `#tail`, with gaps where one was settled out of turn. */
  #line: (Pending | undefined)[] = new Array<Pending | undefined>(placesFirst).fill(undefined);
  #head = 0;
  #tail = 0;
  /** The overtaken, by id, oldest first. */
  readonly #overtaken = new Map<bigint, Pending>();
  #size = 0;
  readonly #env: Env;
  readonly #timeoutMs: number;
  readonly #failed: Counter;
  readonly #times: RequestTimes;

  readonly #isOurs: (id: bigint) => boolean;

  /** `isOurs` tells the ids of this member's requests. */
  constructor(timeoutMs: number, isOurs: (id: bigint) => boolean, env: Env) {
    this.#timeoutMs = timeoutMs;
    this.#isOurs = isOurs;
    this.#env = env;
    this.#times = new RequestTimes(env);
    env.metrics.gaugeFrom(
      { name: "etcd_server_proposals_pending", help: "The current number of pending proposals to commit." },
      () => this.#size,
    );
    this.#failed = env.metrics.counter({
      name: "etcd_server_proposals_failed_total",
      help: "Proposals that ran out of time or were refused by a stopping member.",
    });
  }

  get size(): number {
    return this.#size;
  }

  /** `waiter` is told what becomes of the entry. Caller has checked `size` against `pendingMax`. */
  add(id: bigint, data: Uint8Array, request: Envelope | undefined, waiter: Waiter, asLeader = false): Pending {
    if (this.#tail - this.#head === this.#line.length) this.#grow();
    const startedMs = this.#env.clock.monotonicMs();
    const place = this.#tail++;
    const deadlineMs = startedMs + this.#timeoutMs;
    const pending = { id, data, request, startedMs, deadlineMs, place, waiter, asLeader, term: 0, applied: false };
    this.#line[place & (this.#line.length - 1)] = pending;
    this.#size++;
    return pending;
  }

  /** The request whose entry this is, when this process proposed it and nobody older waits. Else ask by id. */
  byData(data: Uint8Array): Pending | undefined {
    const first = this.#line[this.#head & (this.#line.length - 1)];
    return first?.data === data ? first : undefined;
  }

  byId(id: bigint): Pending | undefined {
    if (this.#size === 0 || !this.#isOurs(id)) return undefined;
    const overtaken = this.#overtaken.get(id);
    if (overtaken !== undefined) return overtaken;
    const mask = this.#line.length - 1;
    for (let place = this.#head; place < this.#tail; place++) {
      const pending = this.#line[place & mask];
      if (pending?.id !== id) continue;
      this.#overtake(place);
      return pending;
    }
    return undefined;
  }

  settle(pending: Pending, outcome: Outcome): void {
    if (!this.#forget(pending)) return;
    // A request that was refused when it was applied has been served all the same.
    this.#observe(pending, true);
    pending.waiter.settled(outcome);
  }

  /**
   * Proposals that are lost, oldest first; they stay pending. An entry of `term` has been applied, so no entry of an earlier term can
   * follow, and no entry of another term can hold them (docs/decisions/0006-lost-proposals.md).
   */
  lost(term: number): Pending[] {
    return this.#given((pending) => pending.term < term);
  }

  /**
   * Fails every proposal that raft has accepted, with an error that leaves its outcome open: a snapshot replaces entries of the log, and
   * theirs may be among them.
   */
  leapt(): void {
    for (const pending of this.#given(() => true)) this.refuse(pending, EtcdError.of("TimeoutDueToLeaderFail"));
  }

  /** Fails it; an entry of it that is applied later has no waiter. */
  refuse(pending: Pending, error: EtcdError): void {
    if (!this.#forget(pending)) return;
    this.#failed.inc();
    this.#observe(pending, false);
    pending.waiter.settled({ error });
  }

  /** Proposals that raft has accepted and whose entry is not applied. Empties the line: in which order entries come next is not known. */
  #given(which: (pending: Pending) => boolean): Pending[] {
    if (this.#size === 0) return [];
    this.#overtake(this.#tail);
    return [...this.#overtaken.values()].filter((pending) => pending.term !== 0 && !pending.applied && which(pending));
  }

  /** Rejects what waited too long, each with the error that fits it. Returns what was given up. */
  expire(nowMs: number, errorFor: (pending: Pick<Pending, "startedMs" | "term">) => EtcdError): Set<Proposal> {
    const gone = new Set<Proposal>();
    const giveUp = (pending: Pending): void => {
      gone.add(pending);
      this.refuse(pending, errorFor(pending));
    };
    for (const pending of this.#overtaken.values()) {
      if (pending.deadlineMs > nowMs) break;
      giveUp(pending);
    }
    for (let first = this.#first(); first !== undefined && first.deadlineMs <= nowMs; first = this.#first()) {
      giveUp(first);
    }
    return gone;
  }

  /** Rejects everything: the member stops. */
  rejectAll(): void {
    this.#overtake(this.#tail);
    for (const pending of [...this.#overtaken.values()]) {
      this.#forget(pending);
      this.#failed.inc();
      pending.waiter.settled({ error: EtcdError.of("Stopped") });
    }
  }

  #observe({ request, startedMs }: Pending, success: boolean): void {
    if (request !== undefined) this.#times.observe(request.command.kind, success, startedMs);
  }

  /** The head of the line, which has no gap in front. */
  #first(): Pending | undefined {
    return this.#line[this.#head & (this.#line.length - 1)];
  }

  /** All before `place` step out of the line. */
  #overtake(place: number): void {
    const mask = this.#line.length - 1;
    for (; this.#head < place; this.#head++) {
      const pending = this.#line[this.#head & mask];
      if (pending === undefined) continue;
      this.#line[this.#head & mask] = undefined;
      pending.place = -1;
      this.#overtaken.set(pending.id, pending);
    }
  }

  /** False when it is not waiting any more. */
  #forget(pending: Pending): boolean {
    const { place } = pending;
    if (place < 0) {
      if (!this.#overtaken.delete(pending.id)) return false;
      this.#size--;
      return true;
    }
    const mask = this.#line.length - 1;
    this.#line[place & mask] = undefined;
    pending.place = -1;
    this.#size--;
    while (this.#head < this.#tail && this.#line[this.#head & mask] === undefined) this.#head++;
    return true;
  }

  #grow(): void {
    const before = this.#line;
    const after = new Array<Pending | undefined>(before.length * 2).fill(undefined);
    for (let place = this.#head; place < this.#tail; place++) {
      after[place & (after.length - 1)] = before[place & (before.length - 1)];
    }
    this.#line = after;
  }
}

export type { Pending };
