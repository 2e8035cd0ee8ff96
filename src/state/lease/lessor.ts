import { assert, Code, type Env, EtcdError, exponentialBuckets, type LeaseId } from "../../base/index.ts";
import { lease as leasepb } from "../../wire/proto/index.ts";
import { type Timed, TimerHeap } from "./timer-heap.ts";
import type {
  Checkpointer,
  LeaseAttacher,
  LeaseCheckpoint,
  LeaseDeleter,
  LeaseStore,
  LeaseView,
  LessorOptions,
} from "./types.ts";

/** Longest TTL that may be asked for, in seconds. */
export const LEASE_TTL_MAX_SECONDS = 9_000_000_000;

const CHECKPOINT_INTERVAL_SECONDS = 300;
const REVOKES_PER_SECOND = 1000;
const EXPIRED_RETRY_MS = 3000;

/** Shortest TTL that is granted: one and a half election timeouts, in whole ticks, rounded up to seconds. */
export function minimumTtlSeconds(electionTicks: number, heartbeatMs: number): number {
  return Math.ceil((Math.floor((3 * electionTicks) / 2) * heartbeatMs) / 1000);
}

const NOT_PRIMARY = "not a primary lessor";

export function notPrimary(): EtcdError {
  return EtcdError.raw(Code.Unknown, NOT_PRIMARY);
}

/** Whether a renewal failed because this member is no longer the one to ask: ask the leader. */
export function isNotPrimary(error: unknown): boolean {
  return error instanceof EtcdError && error.message === NOT_PRIMARY;
}

/**
 * A lease. Hundreds of thousands of them may live here, so it is one object: its own place in the expiry heap, and its
 * keys without a Set until there are two.
 */
class Lease implements LeaseView, Timed {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** From the last checkpoint; 0 means none: the whole TTL counts. */
  remainingTtlSeconds: number;
  /** When it ends, on the monotonic clock of this process. Infinity unless primary: only a primary counts time. */
  expiryMs = Number.POSITIVE_INFINITY;
  /** When the heap looks at it next: the expiry, or later once it was handed out to be revoked. */
  atMs = Number.POSITIVE_INFINITY;
  index = -1;
  /** Attached keys: nothing, the one key, or a set of at least one. */
  attached: string | Set<string> | undefined = undefined;
  /** Renewals that came after the expiry; they end with the revocation or with the reign of this primary. */
  waiting: ((error: Error) => void)[] | undefined = undefined;
  readonly #env: Env;

  constructor(id: LeaseId, ttlSeconds: number, remainingTtlSeconds: number, env: Env) {
    this.id = id;
    this.ttlSeconds = ttlSeconds;
    this.remainingTtlSeconds = remainingTtlSeconds;
    this.#env = env;
  }

  remainingMs(): number {
    return this.expiryMs - this.#env.clock.monotonicMs();
  }

  keys(): string[] {
    const attached = this.attached;
    if (attached === undefined) return [];
    if (typeof attached === "string") return [attached];
    // Code units are bytes here, so the default order of strings is byte order.
    return [...attached].sort();
  }

  add(key: string): void {
    const attached = this.attached;
    if (attached === undefined) this.attached = key;
    else if (typeof attached !== "string") attached.add(key);
    else if (attached !== key) this.attached = new Set([attached, key]);
  }

  take(key: string): void {
    const attached = this.attached;
    if (attached === key) this.attached = undefined;
    else if (attached instanceof Set) {
      attached.delete(key);
      if (attached.size === 0) this.attached = undefined;
    }
  }

  endWaiting(error: () => Error): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting !== undefined) for (const end of waiting) end(error());
  }

  /** What counts when the clock starts anew. */
  get leftSeconds(): number {
    return this.remainingTtlSeconds > 0 ? this.remainingTtlSeconds : this.ttlSeconds;
  }
}

/** A lease's next checkpoint. */
interface CheckpointTimer extends Timed {
  readonly lease: Lease;
}

/**
 * The leases of one member. What is granted, revoked and attached follows the log and is the same everywhere; time is counted
 * by the primary alone, which is the leader's lessor. Nothing here waits or schedules: `LeaseExpiry` asks twice a second what is due.
 */
export class Lessor implements LeaseAttacher {
  #store: LeaseStore;
  readonly #env: Env;
  readonly #minimumTtlSeconds: number;
  readonly #persistCheckpoints: () => boolean;
  readonly #checkpointIntervalSeconds: number;
  readonly #revokesPerSecond: number;
  readonly #expiredRetryMs: number;

  readonly #leases = new Map<LeaseId, Lease>();
  /** Attached key to its lease; exactly the pairs that the leases' own `attached` hold. */
  readonly #holders = new Map<string, Lease>();
  /** All leases while primary, else none. */
  readonly #expiries = new TimerHeap<Lease>();
  /** While primary with a checkpointer: one timer for each lease that lives long enough to need one. */
  readonly #checkpoints = new TimerHeap<CheckpointTimer>();
  readonly #checkpointTimers = new Map<Lease, CheckpointTimer>();
  #checkpointer: Checkpointer | undefined;
  #primary = false;

  readonly #granted;
  readonly #revoked;
  readonly #renewed;
  readonly #ttls;

  /** Restores from bucket `lease`. Keys are attached again by mvcc when it restores. */
  constructor(store: LeaseStore, options: LessorOptions, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#minimumTtlSeconds = options.minimumTtlSeconds;
    this.#persistCheckpoints = options.persistCheckpoints;
    this.#checkpointIntervalSeconds = options.checkpointIntervalSeconds ?? CHECKPOINT_INTERVAL_SECONDS;
    this.#revokesPerSecond = options.revokesPerSecond ?? REVOKES_PER_SECOND;
    this.#expiredRetryMs = options.expiredRetryMs ?? EXPIRED_RETRY_MS;
    const { metrics } = env;
    this.#granted = metrics.counter({ name: "etcd_debugging_lease_granted_total", help: "Leases granted." });
    this.#revoked = metrics.counter({ name: "etcd_debugging_lease_revoked_total", help: "Leases revoked." });
    this.#renewed = metrics.counter({
      name: "etcd_debugging_lease_renewed_total",
      help: "Leases renewed while this member led.",
    });
    this.#ttls = metrics.histogram({
      name: "etcd_debugging_lease_ttl_total",
      help: "TTLs of granted leases, in seconds.",
      buckets: exponentialBuckets(1, 2, 24),
    });
    metrics.gaugeFrom({ name: "quorate_lease_count", help: "Leases alive." }, () => this.#leases.size);
    this.recover(store);
  }

  get size(): number {
    return this.#leases.size;
  }

  get primary(): boolean {
    return this.#primary;
  }

  /** Turns checkpoints on (gate LeaseCheckpoint). Call before the first `promote`. */
  setCheckpointer(checkpointer: Checkpointer): void {
    this.#checkpointer = checkpointer;
  }

  /** Hands due checkpoints to the log; called by `LeaseExpiry`. */
  proposeCheckpoints(checkpoints: readonly LeaseCheckpoint[]): Promise<void> {
    assert(this.#checkpointer !== undefined, "a checkpoint without a checkpointer");
    return this.#checkpointer(checkpoints);
  }

  /**
   * Applies a grant and says which TTL was given, in seconds.
   * @throws EtcdError LeaseNotFound for id 0, LeaseTtlTooLarge, LeaseExists
   */
  grant(id: LeaseId, ttlSeconds: number): number {
    if (id === 0n) throw EtcdError.of("LeaseNotFound");
    if (ttlSeconds > LEASE_TTL_MAX_SECONDS) throw EtcdError.of("LeaseTtlTooLarge");
    if (this.#leases.has(id)) throw EtcdError.of("LeaseExists");
    const ttl = Math.max(ttlSeconds, this.#minimumTtlSeconds);
    const lease = new Lease(id, ttl, 0, this.#env);
    this.#leases.set(id, lease);
    this.#persist(lease);
    this.#ttls.observe(ttl);
    this.#granted.inc();
    if (this.#primary) {
      this.#start(lease, 0);
      this.#expiries.schedule(lease, lease.expiryMs);
      this.#scheduleCheckpoint(lease);
    }
    return ttl;
  }

  /**
   * Applies a revocation. Keys go in byte order, the same on every member, since each delete is a sub-revision of its own. The
   * caller ends `txn`, and both changes reach the disk in one commit.
   * @throws EtcdError LeaseNotFound
   */
  revoke(id: LeaseId, txn: LeaseDeleter): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw EtcdError.of("LeaseNotFound");
    for (const key of lease.keys()) txn.deleteRange(key, "");
    // A delete detaches its key by itself; what may be left is a key that mvcc did not have.
    for (const key of lease.keys()) this.#holders.delete(key);
    this.#leases.delete(id);
    this.#expiries.remove(lease);
    this.#dropCheckpoint(lease);
    this.#store.delete("lease", leaseKey(id));
    this.#revoked.inc();
    lease.endWaiting(() => EtcdError.of("LeaseNotFound"));
  }

  /**
   * Renews at the primary and returns the TTL in seconds: at once in the common case. A promise when a checkpoint has to be cleared through the
   * log first, or when the lease has already expired: then its end is awaited, so that nobody is told of a renewal that a
   * revocation under way undoes.
   * @throws EtcdError LeaseNotFound, or the one that `isNotPrimary` knows
   */
  renew(id: LeaseId): number | Promise<number> {
    if (!this.#primary) throw notPrimary();
    const lease = this.#leases.get(id);
    if (lease === undefined) throw EtcdError.of("LeaseNotFound");
    if (lease.remainingMs() <= 0) {
      return new Promise((_, reject) => {
        lease.waiting ??= [];
        lease.waiting.push(reject);
      });
    }
    if (this.#checkpointer !== undefined && lease.remainingTtlSeconds > 0) {
      return this.#checkpointer([{ id, remainingTtlSeconds: 0 }]).then(() => {
        if (!this.#primary) throw notPrimary();
        if (this.#leases.get(id) !== lease) throw EtcdError.of("LeaseNotFound");
        return this.#renew(lease);
      });
    }
    return this.#renew(lease);
  }

  lookup(id: LeaseId): LeaseView | undefined {
    return this.#leases.get(id);
  }

  /** All leases: soonest expiry first, then by id. */
  leases(): LeaseView[] {
    return [...this.#leases.values()].sort(byExpiry);
  }

  attach(id: LeaseId, key: string): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    const holder = this.#holders.get(key);
    if (holder !== lease) {
      holder?.take(key);
      this.#holders.set(key, lease);
      lease.add(key);
    }
    return true;
  }

  detach(id: LeaseId, key: string): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    if (this.#holders.get(key) === lease) {
      this.#holders.delete(key);
      lease.take(key);
    }
    return true;
  }

  leaseOf(key: string): LeaseId {
    // Asked on every put; most stores know no leases.
    if (this.#holders.size === 0) return 0n;
    return this.#holders.get(key)?.id ?? 0n;
  }

  /**
   * Becomes primary. Each lease gets what it had left (its last checkpoint, else its TTL) and `extendMs` more, for the
   * time in which there was no leader to renew it. Expiries that would come in heaps are spread.
   */
  promote(extendMs: number): void {
    this.#primary = true;
    this.#checkpoints.clear();
    this.#checkpointTimers.clear();
    const leases = [...this.#leases.values()];
    for (const lease of leases) {
      this.#start(lease, extendMs);
      this.#scheduleCheckpoint(lease);
    }
    if (leases.length >= this.#revokesPerSecond) this.#spread(leases, extendMs);
    for (const lease of leases) lease.atMs = lease.expiryMs;
    this.#expiries.rebuild(leases);
  }

  /** Is primary no more: no lease expires here until `promote`. */
  demote(): void {
    this.#primary = false;
    this.#expiries.clear();
    this.#checkpoints.clear();
    this.#checkpointTimers.clear();
    for (const lease of this.#leases.values()) {
      lease.expiryMs = Number.POSITIVE_INFINITY;
      lease.endWaiting(notPrimary);
    }
  }

  /** Up to `limit` expired leases, soonest first. One that is still there after the retry interval is told again. */
  expired(limit: number): LeaseId[] {
    const ids: LeaseId[] = [];
    const now = this.#env.clock.monotonicMs();
    while (ids.length < limit) {
      const lease = this.#expiries.peek();
      if (lease === undefined || lease.atMs > now) break;
      this.#expiries.schedule(lease, now + this.#expiredRetryMs);
      ids.push(lease.id);
    }
    return ids;
  }

  /** Up to `limit` checkpoints that are due. A lease whose checkpoint got lost on its way is told again one interval later. */
  dueCheckpoints(limit: number): LeaseCheckpoint[] {
    const due: LeaseCheckpoint[] = [];
    const now = this.#env.clock.monotonicMs();
    while (due.length < limit) {
      const timer = this.#checkpoints.peek();
      if (timer === undefined || timer.atMs > now) break;
      const { lease } = timer;
      const leftMs = lease.expiryMs - now;
      this.#checkpoints.schedule(timer, now + this.#checkpointIntervalSeconds * 1000);
      const remainingTtlSeconds = Math.ceil(leftMs / 1000);
      if (leftMs > 0 && remainingTtlSeconds < lease.ttlSeconds) due.push({ id: lease.id, remainingTtlSeconds });
    }
    return due;
  }

  /** Applies one line of a checkpoint entry. It counts at the next `promote`; a lease unknown by now is passed over. */
  checkpoint(id: LeaseId, remainingTtlSeconds: number): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.remainingTtlSeconds = remainingTtlSeconds;
    if (this.#persistCheckpoints()) this.#persist(lease);
    if (this.#primary) this.#scheduleCheckpoint(lease);
  }

  /** Forgets everything and reads bucket `lease` of `store`. Keys start unattached, and this member is not primary. */
  recover(store: LeaseStore): void {
    this.demote();
    this.#store = store;
    this.#leases.clear();
    this.#holders.clear();
    store.visit("lease", new Uint8Array(0), undefined, (_key, value) => {
      const stored = leasepb.decodeLease(value);
      const ttl = Math.max(stored.TTL, this.#minimumTtlSeconds);
      this.#leases.set(stored.ID, new Lease(stored.ID, ttl, stored.remainingTTL, this.#env));
    });
  }

  /** Refuses the renewals that wait. */
  close(): void {
    this.demote();
  }

  #renew(lease: Lease): number {
    // In full, also when a checkpoint from a time with the gate on is still noted: what the client is told is the TTL.
    lease.expiryMs = this.#env.clock.monotonicMs() + lease.ttlSeconds * 1000;
    this.#expiries.schedule(lease, lease.expiryMs);
    this.#renewed.inc();
    return lease.ttlSeconds;
  }

  #start(lease: Lease, extendMs: number): void {
    lease.expiryMs = this.#env.clock.monotonicMs() + extendMs + lease.leftSeconds * 1000;
  }

  /**
   * Keeps expiries below three quarters of the pace at which they are handed out, so that a heap of them leaves room for
   * others. Walks in order of expiry with a window of one second; from the lease on that would be one too many, each is moved
   * back by the time that the window has already filled, which widens the window. Only ever later, never earlier.
   */
  #spread(leases: Lease[], extendMs: number): void {
    leases.sort(byExpiry);
    const now = this.#env.clock.monotonicMs();
    const perSecond = Math.floor((3 * this.#revokesPerSecond) / 4);
    let baseMs = leases[0]!.expiryMs - now;
    let endMs = baseMs + 1000;
    let count = 0;
    for (const lease of leases) {
      const remainingMs = lease.expiryMs - now;
      if (remainingMs > endMs) {
        baseMs = remainingMs;
        endMs = baseMs + 1000;
        count = 1;
        continue;
      }
      count++;
      if (count <= perSecond) continue;
      const delayMs = (1000 * count) / perSecond - (remainingMs - baseMs);
      endMs = baseMs + delayMs;
      this.#start(lease, delayMs + extendMs);
    }
  }

  #scheduleCheckpoint(lease: Lease): void {
    if (this.#checkpointer === undefined) return;
    if (lease.leftSeconds <= this.#checkpointIntervalSeconds) return;
    let timer = this.#checkpointTimers.get(lease);
    if (timer === undefined) {
      timer = { lease, atMs: 0, index: -1 };
      this.#checkpointTimers.set(lease, timer);
    }
    this.#checkpoints.schedule(timer, this.#env.clock.monotonicMs() + this.#checkpointIntervalSeconds * 1000);
  }

  #dropCheckpoint(lease: Lease): void {
    const timer = this.#checkpointTimers.get(lease);
    if (timer === undefined) return;
    this.#checkpoints.remove(timer);
    this.#checkpointTimers.delete(lease);
  }

  #persist(lease: Lease): void {
    const value = leasepb.encodeLease({
      ID: lease.id,
      TTL: lease.ttlSeconds,
      remainingTTL: lease.remainingTtlSeconds,
    });
    this.#store.put("lease", leaseKey(lease.id), value);
  }
}

function byExpiry(a: Lease, b: Lease): number {
  if (a.expiryMs < b.expiryMs) return -1;
  if (a.expiryMs > b.expiryMs) return 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Key in bucket `lease`: the id, big-endian, a negative one as its unsigned twin. */
function leaseKey(id: LeaseId): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigInt64(0, id);
  return key;
}
