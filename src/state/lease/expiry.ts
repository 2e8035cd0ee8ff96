import { type Counter, type Env, hexId, type LeaseId, type Timer } from "../../base/index.ts";
import type { Lessor } from "./lessor.ts";

const PERIOD_MS = 500;
/** A thousand a second. */
const EXPIRED_PER_PERIOD = 500;
/** Revocations that may be in the log at once. */
const REVOKES_IN_FLIGHT_MAX = 16;
/** Expired leases taken from the lessor and not revoked yet; beyond, they stay with the lessor until there is room. */
const PENDING_MAX = 16 * EXPIRED_PER_PERIOD;
const CHECKPOINTS_PER_BATCH = 1000;
const CHECKPOINT_BATCHES_PER_PERIOD = 500;

export interface LeaseExpiryHooks {
  /** Proposes the revocation of an expired lease, with root's rights; resolves when it is applied. */
  revoke(id: LeaseId): Promise<unknown>;
  /**
   * Whether this member still leads by the word of a quorum: a leader stuck on its disk may have been replaced without knowing it, and
   * its clock must not end leases that its successor renewed.
   */
  ensureLeadership(): boolean | Promise<boolean>;
}

/** Twice a second: revokes what expired, at a steady pace, and writes checkpoints that are due. Idle unless the lessor is primary. */
export class LeaseExpiry {
  readonly #lessor: Lessor;
  readonly #hooks: LeaseExpiryHooks;
  readonly #env: Env;
  readonly #timer: Timer;
  readonly #expired: Counter;
  /** Handed out, not proposed yet: at most PENDING_MAX. */
  #pending: LeaseId[] = [];
  #inFlight = 0;
  #asking = false;
  #checkpointing = false;
  #closed = false;

  constructor(lessor: Lessor, hooks: LeaseExpiryHooks, env: Env) {
    this.#lessor = lessor;
    this.#hooks = hooks;
    this.#env = env;
    this.#expired = env.metrics.counter({
      name: "etcd_debugging_server_lease_expired_total",
      help: "Leases revoked because they expired.",
    });
    env.metrics.gaugeFrom(
      { name: "quorate_lease_expired_pending", help: "Expired leases whose revocation waits for its turn." },
      () => this.#pending.length,
    );
    this.#timer = env.scheduler.every(PERIOD_MS, () => this.#tick());
  }

  close(): void {
    this.#closed = true;
    this.#pending = [];
    this.#timer.cancel();
  }

  #tick(): void {
    if (!this.#lessor.primary) {
      this.#pending = [];
      return;
    }
    if (!this.#asking && this.#pending.length < PENDING_MAX) void this.#collect();
    if (!this.#checkpointing) void this.#checkpoint();
  }

  async #collect(): Promise<void> {
    const ids = this.#lessor.expired(Math.min(EXPIRED_PER_PERIOD, PENDING_MAX - this.#pending.length));
    if (ids.length === 0) return;
    this.#asking = true;
    try {
      if (await this.#hooks.ensureLeadership()) {
        this.#pending.push(...ids);
        this.#pump();
      } else {
        this.#env.logger.warn("Ignore the lease revoking request because current member isn't a leader");
      }
    } catch (error) {
      this.#env.logger.warn("failed to confirm leadership before revoking leases", { error });
    } finally {
      this.#asking = false;
    }
  }

  #pump(): void {
    if (this.#closed || !this.#lessor.primary) {
      this.#pending = [];
      return;
    }
    let next = 0;
    while (this.#inFlight < REVOKES_IN_FLIGHT_MAX && next < this.#pending.length) {
      void this.#revoke(this.#pending[next++]!);
    }
    if (next > 0) this.#pending = this.#pending.slice(next);
  }

  async #revoke(id: LeaseId): Promise<void> {
    this.#inFlight++;
    try {
      await this.#hooks.revoke(id);
      this.#expired.inc();
    } catch (error) {
      this.#env.logger.warn("failed to revoke lease", { "lease-id": hexId(id).padStart(16, "0"), error });
    }
    this.#inFlight--;
    this.#pump();
  }

  async #checkpoint(): Promise<void> {
    this.#checkpointing = true;
    try {
      for (let i = 0; i < CHECKPOINT_BATCHES_PER_PERIOD && !this.#closed; i++) {
        const due = this.#lessor.dueCheckpoints(CHECKPOINTS_PER_BATCH);
        if (due.length > 0) await this.#lessor.proposeCheckpoints(due);
        if (due.length < CHECKPOINTS_PER_BATCH) break;
      }
    } catch (error) {
      // They are due again one interval later.
      this.#env.logger.warn("failed to checkpoint leases", { error });
    } finally {
      this.#checkpointing = false;
    }
  }
}
