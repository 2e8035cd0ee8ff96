import { type CancelSignal, Code, kinds, type Shape, type Timer } from "../base/index.ts";
import type { ClientStream } from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { Connection } from "./connection.ts";
import { ClientError } from "./errors.ts";
import { checkCall, none, type RequestOptions } from "./options.ts";

/**
 * How a lease is granted.
 *
 * @example
 * const lease = await client.lease(60, { id: 7n, keepAlive: false });
 */
export interface LeaseOptions {
  /** Id to give it; chosen by the server when left out or 0n. */
  readonly id?: bigint | undefined;
  /** Renew it until it is revoked or released. Default true. */
  readonly keepAlive?: boolean | undefined;
}

export const leaseOptionsShape = { id: kinds.int64, keepAlive: kinds.flag } as const satisfies Shape;

/**
 * What the server knows of a lease.
 *
 * @example
 * const lease = await client.lease(10);
 * const info = await client.leaseInfo(lease, { keys: true });
 * console.log(info?.remaining, info?.keys.length);
 */
export interface LeaseInfo {
  readonly id: bigint;
  /** Seconds it was granted for. */
  readonly ttl: number;
  /** Seconds left. */
  readonly remaining: number;
  /** Keys that vanish with it, if they were asked for; of a namespace, those within it. */
  readonly keys: readonly Uint8Array[];
}

/**
 * A lease that is kept alive until it is revoked or released. Keys put with it vanish when it ends.
 *
 * @example
 * const lease = await client.lease(10);
 * await client.put("workers/me", "up", { lease });
 * lease.signal.addEventListener("abort", () => console.log("lost"));
 */
export class Lease {
  readonly id: bigint;
  /** Seconds the server granted. */
  readonly ttl: number;
  readonly #keeper: LeaseKeeper;
  readonly #lost = new AbortController();

  constructor(keeper: LeaseKeeper, id: bigint, ttl: number) {
    this.#keeper = keeper;
    this.id = id;
    this.ttl = ttl;
  }

  /** Aborted when the lease expired or could not be renewed in time: what hangs on it may be gone. */
  get signal(): CancelSignal {
    return this.#lost.signal;
  }

  /** Whether it still stands, as far as is known here. */
  get alive(): boolean {
    return !this.#lost.signal.aborted;
  }

  /** Seconds left; -1 when it is gone. */
  async remaining(options: RequestOptions = none): Promise<number> {
    checkCall("lease.remaining", options);
    return (await this.#keeper.info(this.id, false, options))?.remaining ?? -1;
  }

  /** Stops renewing and leaves the rest of its time to it. */
  release(): void {
    this.#keeper.drop(this);
  }

  /** Ends it now, and with it its keys. */
  async revoke(options: RequestOptions = none): Promise<void> {
    checkCall("lease.revoke", options);
    this.#keeper.drop(this);
    this.end(new ClientError(Code.Canceled, "the lease was revoked"));
    await this.#keeper.revoke(this.id, options);
  }

  /** For the keeper: the lease is no more. */
  end(reason: ClientError): void {
    if (this.alive) this.#lost.abort(reason);
  }
}

interface Kept {
  readonly lease: Lease;
  /** When it ends unless it is renewed, on the local clock: counted from the moment the renewal was sent. */
  expiresMs: number;
  sentMs: number;
  timer: Timer | undefined;
}

/** Renews all leases of a client over one stream, each after a third of its time. */
export class LeaseKeeper {
  readonly connection: Connection;
  readonly #kept = new Map<bigint, Kept>();
  #stream: ClientStream | undefined;
  #opening = false;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Asks for a lease of `ttl` seconds and keeps it alive. */
  async grant(ttl: number, options: LeaseOptions & RequestOptions): Promise<Lease> {
    const { id = 0n, keepAlive = true } = options;
    const sentMs = this.connection.env.clock.monotonicMs();
    const answer = rpc.decodeLeaseGrantResponse(
      await this.connection.call(
        "/etcdserverpb.Lease/LeaseGrant",
        rpc.encodeLeaseGrantRequest({ TTL: ttl, ID: id }),
        false,
        options,
      ),
    );
    const lease = new Lease(this, answer.ID, answer.TTL);
    if (keepAlive) this.#keep(lease, sentMs);
    return lease;
  }

  /** Keeps a lease alive that somebody else granted. */
  async adopt(id: bigint, options: RequestOptions): Promise<Lease> {
    const sentMs = this.connection.env.clock.monotonicMs();
    const info = await this.info(id, false, options);
    if (info === undefined) throw new ClientError(Code.NotFound, "etcdserver: requested lease not found");
    const lease = new Lease(this, id, info.ttl);
    this.#keep(lease, sentMs);
    return lease;
  }

  /** What the server knows of a lease; undefined when there is none, or none any more. */
  async info(id: bigint, keys: boolean, options: RequestOptions): Promise<LeaseInfo | undefined> {
    const request = rpc.encodeLeaseTimeToLiveRequest({ ID: id, keys });
    const answer = rpc.decodeLeaseTimeToLiveResponse(
      await this.connection.call("/etcdserverpb.Lease/LeaseTimeToLive", request, true, options),
    );
    if (answer.TTL < 0) return undefined;
    return { id, ttl: answer.grantedTTL, remaining: answer.TTL, keys: answer.keys };
  }

  async revoke(id: bigint, options: RequestOptions): Promise<void> {
    const request = rpc.encodeLeaseRevokeRequest({ ID: id });
    await this.connection.call("/etcdserverpb.Lease/LeaseRevoke", request, false, options);
  }

  async list(options: RequestOptions): Promise<bigint[]> {
    const request = rpc.encodeLeaseLeasesRequest({});
    const answer = await this.connection.call("/etcdserverpb.Lease/LeaseLeases", request, true, options);
    return rpc.decodeLeaseLeasesResponse(answer).leases.map((lease) => lease.ID);
  }

  drop(lease: Lease): void {
    const kept = this.#kept.get(lease.id);
    if (kept === undefined || kept.lease !== lease) return;
    kept.timer?.cancel();
    this.#kept.delete(lease.id);
    if (this.#kept.size === 0) {
      this.#stream?.cancel();
      this.#stream = undefined;
    }
  }

  close(): void {
    for (const { lease } of [...this.#kept.values()]) {
      this.drop(lease);
      lease.end(new ClientError(Code.Canceled, "the client is closed"));
    }
  }

  #keep(lease: Lease, sentMs: number): void {
    const kept: Kept = { lease, expiresMs: sentMs + lease.ttl * 1000, sentMs, timer: undefined };
    this.#kept.set(lease.id, kept);
    this.#plan(kept, (lease.ttl * 1000) / 3);
  }

  #plan(kept: Kept, delayMs: number): void {
    kept.timer?.cancel();
    kept.timer = this.connection.env.scheduler.after(delayMs, () => this.#renew(kept));
  }

  #renew(kept: Kept): void {
    const now = this.connection.env.clock.monotonicMs();
    if (now >= kept.expiresMs) {
      this.drop(kept.lease);
      kept.lease.end(new ClientError(Code.DeadlineExceeded, "the lease was not renewed in time"));
      return;
    }
    if (this.#stream !== undefined) {
      kept.sentMs = now;
      this.#stream.send(rpc.encodeLeaseKeepAliveRequest({ ID: kept.lease.id }));
    } else void this.#open();
    // Until an answer comes: ask again soon, but no later than the end of the lease.
    this.#plan(kept, Math.min(500, Math.max(1, kept.expiresMs - now)));
  }

  async #open(): Promise<void> {
    if (this.#opening) return;
    this.#opening = true;
    try {
      let mine: ClientStream | undefined;
      let over = false;
      mine = await this.connection.stream("/etcdserverpb.Lease/LeaseKeepAlive", {
        onMessage: (bytes) => this.#take(bytes),
        onEnd: () => {
          over = true;
          if (mine === undefined || mine !== this.#stream) return;
          this.#stream = undefined;
          this.connection.leave();
        },
      });
      if (this.#kept.size === 0) mine.cancel();
      else if (!over) {
        this.#stream = mine;
        for (const kept of this.#kept.values()) {
          if (kept.expiresMs - this.connection.env.clock.monotonicMs() < kept.lease.ttl * 700) this.#renew(kept);
        }
      }
    } catch {
      // The next renewal tries again, until the lease is over.
    } finally {
      this.#opening = false;
    }
  }

  #take(bytes: Uint8Array): void {
    const { ID, TTL } = rpc.decodeLeaseKeepAliveResponse(bytes);
    const kept = this.#kept.get(ID);
    if (kept === undefined) return;
    if (TTL <= 0) {
      this.drop(kept.lease);
      kept.lease.end(new ClientError(Code.NotFound, "etcdserver: requested lease not found"));
      return;
    }
    kept.expiresMs = kept.sentMs + TTL * 1000;
    this.#plan(kept, (TTL * 1000) / 3);
  }
}
