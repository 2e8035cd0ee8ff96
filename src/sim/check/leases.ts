import type { Violation } from "./types.ts";

interface Lease {
  readonly ttlMs: number;
  /** Time of the call of the last renewal that was answered (of the grant at first): the lease lives at least from then on. */
  renewedMs: number;
  goneMs: number | undefined;
  /** A client asked for its end, so that it may come at any time. */
  revokeAsked: boolean;
}

/**
 * A lease ends neither before its time nor never. Times are the observer's; `rate` is by how much a member's clock may run
 * faster than the observer's.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  readonly #rate: number;

  constructor(rate: number) {
    this.#rate = rate;
  }

  granted(lease: string, ttlSeconds: number, calledMs: number): void {
    this.#leases.set(lease, { ttlMs: ttlSeconds * 1000, renewedMs: calledMs, goneMs: undefined, revokeAsked: false });
  }

  /** A renewal of `lease` that was called at `calledMs` was answered with a TTL at `returnMs`. */
  renewed(lease: string, calledMs: number, returnMs: number): Violation | undefined {
    const known = this.#leases.get(lease);
    if (known === undefined) return undefined;
    if (known.goneMs !== undefined && known.goneMs < calledMs && !known.revokeAsked) {
      return {
        check: "leases",
        message: `lease ${lease} was gone at ${known.goneMs} ms and renewed between ${calledMs} and ${returnMs} ms`,
      };
    }
    if (known.goneMs === undefined) known.renewedMs = Math.max(known.renewedMs, calledMs);
    return undefined;
  }

  revokeAsked(lease: string): void {
    const known = this.#leases.get(lease);
    if (known !== undefined) known.revokeAsked = true;
  }

  /** The log ended `lease`; the entry was first seen committed at `nowMs`. */
  gone(lease: string, nowMs: number): Violation | undefined {
    const known = this.#leases.get(lease);
    if (known === undefined || known.goneMs !== undefined) return undefined;
    known.goneMs = nowMs;
    const earliestMs = known.renewedMs + known.ttlMs / this.#rate;
    if (known.revokeAsked || nowMs >= earliestMs) return undefined;
    return {
      check: "leases",
      message: `lease ${lease} of ${known.ttlMs} ms, renewed at ${known.renewedMs} ms, ended at ${nowMs} ms, ${Math.round(earliestMs - nowMs)} ms early`,
    };
  }

  /** Leases that should have ended by now, given `graceMs` beyond their time. */
  overdue(nowMs: number, graceMs: number): Violation | undefined {
    for (const [lease, known] of this.#leases) {
      if (known.goneMs !== undefined) continue;
      const lateMs = nowMs - (known.renewedMs + known.ttlMs * this.#rate + graceMs);
      if (lateMs > 0)
        return {
          check: "leases",
          message: `lease ${lease} should have ended ${Math.round(lateMs)} ms ago and has not`,
        };
    }
    return undefined;
  }

  /** Latest time at which a lease known now may still be there. */
  lastEndMs(): number {
    let last = 0;
    for (const known of this.#leases.values()) {
      if (known.goneMs === undefined) last = Math.max(last, known.renewedMs + known.ttlMs * this.#rate);
    }
    return last;
  }
}
