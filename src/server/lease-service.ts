import { isEtcdError, type LeaseId } from "../base/index.ts";
import { isNotPrimary, LeaseExpiry, type Lessor, notPrimary } from "../state/lease/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { askLeader } from "./ask-leader.ts";
import type { Core } from "./core.ts";
import type { RequestIds } from "./request-ids.ts";

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
        await core.proposer.propose({ kind: "leaseCheckpoint", value });
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
    return leadership.alone ? this.#lessor.renew(id) : this.#renewAmongOthers(id);
  }

  async #renewAmongOthers(id: LeaseId): Promise<number> {
    const { leadership, remote, options } = this.#core;
    if (leadership.isLeader) {
      // A leader that was replaced must not renew what its successor lets expire.
      if (!leadership.certain && !(await this.#ensureLeadership())) throw notPrimary();
      // A lease that is not there may be about to be granted.
      if (!options.fastLeaseKeepAlive || this.#lessor.lookup(id) === undefined) await this.#allApplied();
      try {
        return await this.#lessor.renew(id);
      } catch (error) {
        if (!isNotPrimary(error)) throw error;
      }
    }
    return askLeader(this.#core, (url, timeoutMs) => remote.leaseRenew(url, id, timeoutMs), isLeaseNotFound);
  }

  async timeToLive(request: rpc.LeaseTimeToLiveRequest): Promise<rpc.LeaseTimeToLiveResponse> {
    const { life, leadership, remote } = this.#core;
    life.mustRun();
    const response = rpc.createLeaseTimeToLiveResponse({ header: this.#core.header(), ID: request.ID, TTL: -1 });
    if (leadership.alone || leadership.isLeader) {
      if (!leadership.alone) await this.#allApplied();
      const lease = this.#lessor.lookup(request.ID);
      if (lease === undefined) return response;
      if (this.#lessor.primary) {
        response.TTL = Math.trunc(lease.remainingMs() / 1000);
        response.grantedTTL = lease.ttlSeconds;
        if (request.keys) response.keys = lease.keys().map((key) => Buffer.from(key, "latin1"));
        return response;
      }
    }
    try {
      const answer = await askLeader(
        this.#core,
        (url, timeoutMs) => remote.leaseTimeToLive(url, request, timeoutMs),
        isLeaseNotFound,
      );
      return { ...answer, header: this.#core.header() };
    } catch (error) {
      if (isLeaseNotFound(error)) return response;
      throw error;
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
