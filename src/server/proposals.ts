import { type Counter, type Env, EtcdError } from "../base/index.ts";
import type { Envelope } from "./command.ts";
import { RequestTimes } from "./request-times.ts";

/** What an applied entry answers to whoever proposed it. */
export type Outcome = { readonly response: unknown; readonly error?: undefined } | { readonly error: EtcdError };

/** One request on its way through the log. */
interface Pending {
  readonly id: bigint;
  /** The encoded entry; its identity tells the entry again when it comes back from the log of this very process. */
  readonly data: Uint8Array;
  /** The decoded request, so that our own entries are not decoded a second time. */
  readonly request: Envelope | undefined;
  readonly startedMs: number;
  readonly deadlineMs: number;
  resolve(response: unknown): void;
  reject(error: EtcdError): void;
}

/** Requests that may wait for their entry at once; beyond it TooManyRequests, as etcd answers a backlog. */
export const pendingMax = 65_536;

/**
 * Requests between their proposal and the entry's application, found again by the identity of the encoded bytes (the
 * common case: proposed and applied in one process) or by the request id (forwarded to a leader and back).
 *
 * Ordered by age, since every request has the same time-out: the sweep looks at the oldest only.
 */
export class Proposals {
  readonly #byData = new Map<Uint8Array, Pending>();
  readonly #byId = new Map<bigint, Pending>();
  readonly #env: Env;
  readonly #timeoutMs: number;
  readonly #failed: Counter;
  readonly #times: RequestTimes;

  constructor(timeoutMs: number, env: Env) {
    this.#timeoutMs = timeoutMs;
    this.#env = env;
    this.#times = new RequestTimes(env);
    env.metrics.gaugeFrom(
      { name: "etcd_server_proposals_pending", help: "The current number of pending proposals to commit." },
      () => this.#byData.size,
    );
    this.#failed = env.metrics.counter({
      name: "etcd_server_proposals_failed_total",
      help: "Proposals that ran out of time or were refused by a stopping member.",
    });
  }

  get size(): number {
    return this.#byData.size;
  }

  /** Waits for the entry. Caller has checked `size` against `pendingMax`. */
  add<R>(id: bigint, data: Uint8Array, request: Envelope | undefined): Promise<R> {
    const startedMs = this.#env.clock.monotonicMs();
    return new Promise<R>((resolve, reject) => {
      const pending: Pending = {
        id,
        data,
        request,
        startedMs,
        deadlineMs: startedMs + this.#timeoutMs,
        resolve: resolve as (response: unknown) => void,
        reject,
      };
      this.#byData.set(data, pending);
      this.#byId.set(id, pending);
    });
  }

  /** The request whose entry this is, when this process proposed it. */
  byData(data: Uint8Array): Pending | undefined {
    return this.#byData.get(data);
  }

  byId(id: bigint): Pending | undefined {
    return this.#byId.get(id);
  }

  settle(pending: Pending, outcome: Outcome): void {
    this.#forget(pending);
    // A request that was refused when it was applied has been served all the same.
    this.#observe(pending, true);
    if (outcome.error !== undefined) pending.reject(outcome.error);
    else pending.resolve(outcome.response);
  }

  /** Rejects what waited too long, with the error that fits when it began. Returns the encoded entries given up. */
  expire(nowMs: number, errorFor: (startedMs: number) => EtcdError): Set<Uint8Array> {
    const gone = new Set<Uint8Array>();
    for (const pending of this.#byData.values()) {
      if (pending.deadlineMs > nowMs) break;
      gone.add(pending.data);
      this.#forget(pending);
      this.#failed.inc();
      this.#observe(pending, false);
      pending.reject(errorFor(pending.startedMs));
    }
    return gone;
  }

  /** Rejects everything: the member stops. */
  rejectAll(): void {
    for (const pending of [...this.#byData.values()]) {
      this.#forget(pending);
      this.#failed.inc();
      pending.reject(EtcdError.of("Stopped"));
    }
  }

  #observe({ request, startedMs }: Pending, success: boolean): void {
    if (request !== undefined) this.#times.observe(request.command.kind, success, startedMs);
  }

  #forget(pending: Pending): void {
    this.#byData.delete(pending.data);
    this.#byId.delete(pending.id);
  }
}

export type { Pending };
