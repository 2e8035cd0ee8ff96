import { type CancelSignal, EtcdError, isEtcdError, type LeaseId } from "../base/index.ts";
import { isNotPrimary, LeaseExpiry, type Lessor, notPrimary } from "../state/lease/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { askLeader, retryMs } from "./ask-leader.ts";
import type { Core } from "./core.ts";
import type { RequestIds } from "./request-ids.ts";
import { requestTimeoutMs } from "./timeouts.ts";

type Needs = Pick<
  Core,
  | "memberId"
  | "options"
  | "env"
  | "life"
  | "node"
  | "leadership"
  | "state"
  | "applied"
  | "proposer"
  | "remote"
  | "linearizable"
  | "header"
>;

/**
 * Leases beyond what entries say of them. Remaining time is the leader's knowledge, not the log's: other members ask it. The leader
 * also ends what expired, and writes down now and then how much is left.
 */
export class LeaseService {
  readonly #core: Needs;
  readonly #lessor: Lessor;
  readonly #expiry: LeaseExpiry;
  readonly #ids: RequestIds;

  constructor(core: Needs, ids: RequestIds) {
    this.#core = core;
    this.#ids = ids;
    const { lessor, auth } = core.state;
    this.#lessor = lessor;
    if (core.options.leaseCheckpoint) {
      lessor.setCheckpointer(async (lines) => {
        const checkpoints = lines.map((line) =>
          rpc.createLeaseCheckpoint({ ID: line.id, remainingTTL: line.remainingTtlSeconds }),
        );
        const value = rpc.createLeaseCheckpointRequest({ checkpoints });
        // Not forwarded: the next leader may have renewed the lease meanwhile.
        await core.proposer.proposeAsLeader({ kind: "leaseCheckpoint", value });
      });
    }
    this.#expiry = new LeaseExpiry(
      lessor,
      {
        revoke: (id) => core.proposer.proposeAsLeader({ kind: "leaseRevoke", value: { ID: id } }, auth.rootPrincipal()),
        ensureLeadership: () => this.#ensureLeadership(),
      },
      core.env,
    );
  }

  /** A request to grant, with an id where the client leaves the choice to the server. */
  withId(request: rpc.LeaseGrantRequest): rpc.LeaseGrantRequest {
    let value = request;
    while (value.ID === 0n) value = { ID: this.#ids.next() & 0x7fff_ffff_ffff_ffffn, TTL: request.TTL };
    return value;
  }

  /** A member that is alone answers at once in the common case. */
  renew(id: LeaseId): number | Promise<number> {
    const { life, leadership } = this.#core;
    life.mustRun();
    return leadership.alone && this.#lessor.primary ? this.#lessor.renew(id) : this.#renewAmongOthers(id);
  }

  #renewAmongOthers(id: LeaseId): Promise<number> {
    const { remote } = this.#core;
    return this.#byLeader(
      () => this.#renewHere(id),
      (url, timeoutMs, signal) => remote.leaseRenew(url, id, timeoutMs, signal),
    );
  }

  async #renewHere(id: LeaseId): Promise<number> {
    const { leadership, options } = this.#core;
    if (!leadership.certain && !(await this.#ensureLeadership())) {
      if (leadership.isLeader) throw notPrimary();
      throw EtcdError.of("LeaderChanged");
    }
    // A lease that is not there may be about to be granted.
    if (!options.fastLeaseKeepAlive || this.#lessor.lookup(id) === undefined) await this.#allApplied();
    return this.#asPrimary(() => this.#lessor.renew(id));
  }

  /**
   * Renews on behalf of another member. A leader that was replaced must not renew what its successor lets expire.
   * @throws EtcdError LeaseNotFound, or the one that `isNotPrimary` knows
   */
  async renewForPeer(id: LeaseId): Promise<number> {
    if (!this.#core.leadership.certain && !(await this.#ensureLeadership())) throw notPrimary();
    return this.#lessor.renew(id);
  }

  async timeToLive(request: rpc.LeaseTimeToLiveRequest): Promise<rpc.LeaseTimeToLiveResponse> {
    const { life, leadership, remote } = this.#core;
    life.mustRun();
    try {
      if (leadership.alone && this.#lessor.primary) return this.#timeToLiveHere(request);
      const answer = await this.#byLeader(
        async () => {
          await this.#allApplied();
          return this.#asPrimary(() => this.#timeToLiveHere(request));
        },
        (url, timeoutMs, signal) => remote.leaseTimeToLive(url, request, timeoutMs, signal),
      );
      return { ...answer, header: this.#core.header() };
    } catch (error) {
      if (!isLeaseNotFound(error)) throw error;
      return rpc.createLeaseTimeToLiveResponse({ header: this.#core.header(), ID: request.ID, TTL: -1 });
    }
  }

  /** @throws EtcdError LeaseNotFound, or the one that `isNotPrimary` knows */
  #timeToLiveHere({ ID, keys }: rpc.LeaseTimeToLiveRequest): rpc.LeaseTimeToLiveResponse {
    const lease = this.#lessor.lookup(ID);
    if (lease === undefined) throw EtcdError.of("LeaseNotFound");
    if (!this.#lessor.primary) throw notPrimary();
    return rpc.createLeaseTimeToLiveResponse({
      header: this.#core.header(),
      ID,
      TTL: Math.trunc(lease.remainingMs() / 1000),
      grantedTTL: lease.ttlSeconds,
      ...(keys ? { keys: lease.keys().map((key) => Buffer.from(key, "latin1")) } : {}),
    });
  }

  /**
   * Gets from the leader what only the leader knows: from this member by `here`, which rejects with LeaderChanged when the member does not
   * lead any more or not yet, or from another by `ask`. Retries until one of them answers.
   */
  async #byLeader<T>(
    here: () => Promise<T>,
    ask: (url: string, timeoutMs: number, signal: CancelSignal) => Promise<T>,
  ): Promise<T> {
    const { life, leadership, options } = this.#core;
    const { clock, scheduler } = this.#core.env;
    const endMs = clock.monotonicMs() + requestTimeoutMs(options.electionMs);
    for (;;) {
      life.mustRun();
      try {
        return await (leadership.isLeader ? here() : askLeader(this.#core, ask, isLeaseNotFound, endMs));
      } catch (error) {
        if (!isEtcdError(error, "LeaderChanged")) throw error;
        if (clock.monotonicMs() + retryMs >= endMs) throw EtcdError.of("Timeout");
      }
      await new Promise<void>((resolve) => scheduler.after(retryMs, resolve));
    }
  }

  /** Turns NotPrimary into LeaderChanged: a lessor becomes primary shortly after its member becomes leader. */
  async #asPrimary<T>(act: () => T | Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw isNotPrimary(error) ? EtcdError.of("LeaderChanged") : error;
    }
  }

  leases(): rpc.LeaseLeasesResponse {
    this.#core.life.mustRun();
    const leases = this.#lessor.leases().map((lease) => ({ ID: lease.id }));
    return rpc.createLeaseLeasesResponse({ header: this.#core.header(), leases });
  }

  close(): void {
    this.#expiry.close();
  }

  async #ensureLeadership(): Promise<boolean> {
    const { leadership, env } = this.#core;
    try {
      if (!leadership.certain) await this.#core.linearizable();
      return leadership.isLeader;
    } catch (error) {
      env.logger.warn("failed to check current member's leadership", { error });
      return false;
    }
  }

  #allApplied(): Promise<void> {
    return this.#core.applied.wait(this.#core.node.committed);
  }
}

function isLeaseNotFound(error: unknown): boolean {
  return isEtcdError(error, "LeaseNotFound");
}
