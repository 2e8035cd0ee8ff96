import { describe, expect, it } from "vitest";
import { type Env, EtcdError, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import type { Store } from "../../storage/store/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { lease as leasepb } from "../../wire/proto/index.ts";
import {
  isNotPrimary,
  LEASE_TTL_MAX_SECONDS,
  type LeaseDeleter,
  Lessor,
  type LessorOptions,
  minimumTtlSeconds,
} from "./index.ts";

interface Bench {
  readonly time: ManualTime;
  readonly env: Env;
  readonly store: Store;
  readonly lessor: Lessor;
}

function bench(changes: Partial<LessorOptions> = {}, store: Store = openMemoryStore()): Bench {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
  const options: LessorOptions = { minimumTtlSeconds: 2, persistCheckpoints: () => true, ...changes };
  return { time, env, store, lessor: new Lessor(store, options, env) };
}

/** Notes what is deleted, and detaches as mvcc does. */
function deleter(lessor: Lessor): LeaseDeleter & { readonly keys: string[] } {
  const keys: string[] = [];
  return {
    keys,
    deleteRange(key, end) {
      expect(end).toBe("");
      keys.push(key);
      lessor.detach(lessor.leaseOf(key), key);
      return 1;
    },
  };
}

function stored(store: Store): leasepb.Lease[] {
  const rows: leasepb.Lease[] = [];
  store.visit("lease", new Uint8Array(0), undefined, (_key, value) => {
    rows.push(leasepb.decodeLease(value));
  });
  return rows;
}

describe("grant", () => {
  it("computes the shortest TTL from the election timeout", () => {
    expect(minimumTtlSeconds(10, 100)).toBe(2);
    expect(minimumTtlSeconds(10, 1000)).toBe(15);
    // Whole ticks: 3 * 5 / 2 is 7, not 7.5.
    expect(minimumTtlSeconds(5, 200)).toBe(2);
  });

  it("raises short TTLs, negative ones too, and refuses what etcd refuses", () => {
    const { lessor } = bench();
    expect(lessor.grant(1n, 1)).toBe(2);
    expect(lessor.grant(2n, -5)).toBe(2);
    expect(lessor.grant(3n, LEASE_TTL_MAX_SECONDS)).toBe(LEASE_TTL_MAX_SECONDS);
    expect(() => lessor.grant(4n, LEASE_TTL_MAX_SECONDS + 1)).toThrow(EtcdError.of("LeaseTtlTooLarge"));
    expect(() => lessor.grant(1n, 10)).toThrow(EtcdError.of("LeaseExists"));
    expect(() => lessor.grant(0n, 10)).toThrow(EtcdError.of("LeaseNotFound"));
    expect(lessor.size).toBe(3);
  });

  it("writes etcd's rows: big-endian id, leasepb.Lease", () => {
    const { store, lessor } = bench();
    lessor.grant(0x0102030405060708n, 60);
    lessor.grant(-1n, 60);
    const rows: [string, string][] = [];
    store.visit("lease", new Uint8Array(0), undefined, (key, value) => {
      rows.push([Buffer.from(key).toString("hex"), Buffer.from(value).toString("hex")]);
    });
    expect(rows).toEqual([
      ["0102030405060708", "08888e98a8c0e0808101103c"],
      ["ffffffffffffffff", "08ffffffffffffffffff01103c"],
    ]);
  });
});

describe("attachments", () => {
  it("follow a key from lease to lease", () => {
    const { lessor } = bench();
    lessor.grant(1n, 10);
    lessor.grant(2n, 10);
    expect(lessor.attach(1n, "a")).toBe(true);
    expect(lessor.attach(1n, "a")).toBe(true);
    expect(lessor.attach(1n, "c")).toBe(true);
    expect(lessor.attach(1n, "\xff")).toBe(true);
    expect(lessor.attach(9n, "x")).toBe(false);
    expect(lessor.lookup(1n)?.keys()).toEqual(["a", "c", "\xff"]);
    lessor.attach(2n, "a");
    expect(lessor.leaseOf("a")).toBe(2n);
    expect(lessor.lookup(1n)?.keys()).toEqual(["c", "\xff"]);
    expect(lessor.detach(1n, "a")).toBe(true);
    expect(lessor.leaseOf("a")).toBe(2n);
    expect(lessor.detach(9n, "a")).toBe(false);
    lessor.detach(2n, "a");
    expect(lessor.leaseOf("a")).toBe(0n);
  });

  it("go with their lease, in byte order, and leave the next one alone", () => {
    const { store, lessor } = bench();
    lessor.grant(1n, 10);
    lessor.grant(2n, 10);
    for (const key of ["b", "\xe4", "aa", "a", "B"]) lessor.attach(1n, key);
    lessor.attach(2n, "z");
    const txn = deleter(lessor);
    lessor.revoke(1n, txn);
    expect(txn.keys).toEqual(["B", "a", "aa", "b", "\xe4"]);
    expect(lessor.leaseOf("a")).toBe(0n);
    expect(lessor.leaseOf("z")).toBe(2n);
    expect(lessor.lookup(1n)).toBeUndefined();
    expect(stored(store).map((row) => row.ID)).toEqual([2n]);
    expect(() => lessor.revoke(1n, txn)).toThrow(EtcdError.of("LeaseNotFound"));
  });
});

describe("time", () => {
  it("is counted by the primary only", () => {
    const { time, lessor } = bench();
    lessor.grant(1n, 10);
    time.advance(100_000);
    expect(lessor.lookup(1n)?.remainingMs()).toBe(Number.POSITIVE_INFINITY);
    expect(lessor.expired(10)).toEqual([]);
    expect(() => lessor.renew(1n)).toThrow("not a primary lessor");
    lessor.promote(1000);
    // The clock starts anew, with the election timeout on top.
    expect(lessor.lookup(1n)?.remainingMs()).toBe(11_000);
    time.advance(10_999);
    expect(lessor.expired(10)).toEqual([]);
    time.advance(1);
    expect(lessor.expired(10)).toEqual([1n]);
    lessor.demote();
    time.advance(100_000);
    expect(lessor.expired(10)).toEqual([]);
    expect(lessor.lookup(1n)?.remainingMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it("tells an expired lease again only after the retry interval", () => {
    const { time, lessor } = bench();
    lessor.promote(0);
    lessor.grant(1n, 5);
    time.advance(5000);
    expect(lessor.expired(10)).toEqual([1n]);
    expect(lessor.expired(10)).toEqual([]);
    time.advance(2999);
    expect(lessor.expired(10)).toEqual([]);
    time.advance(1);
    expect(lessor.expired(10)).toEqual([1n]);
  });

  it("hands out expired leases soonest first, at most as many as asked for", () => {
    const { time, lessor } = bench();
    lessor.promote(0);
    for (const [id, ttl] of [
      [1n, 30],
      [2n, 10],
      [3n, 20],
    ] as const) {
      lessor.grant(id, ttl);
    }
    time.advance(60_000);
    expect(lessor.expired(2)).toEqual([2n, 3n]);
    expect(lessor.expired(2)).toEqual([1n]);
  });

  it("lists leases by expiry, then by id", () => {
    const { time, lessor } = bench();
    lessor.grant(5n, 10);
    lessor.grant(4n, 10);
    expect(lessor.leases().map((lease) => lease.id)).toEqual([4n, 5n]);
    lessor.promote(0);
    time.advance(1000);
    lessor.grant(3n, 5);
    lessor.renew(4n);
    expect(lessor.leases().map((lease) => lease.id)).toEqual([3n, 5n, 4n]);
  });

  // Kubernetes attaches all events of some minutes to one lease; after a fail-over thousands may end at once.
  it("spreads expiries that pile up at promote, and never brings one forward", () => {
    const { time, lessor } = bench({ revokesPerSecond: 100 });
    for (let id = 1n; id <= 1000n; id++) lessor.grant(id, 30);
    lessor.promote(500);
    time.advance(30_499);
    expect(lessor.expired(10_000)).toEqual([]);
    let left = 1000;
    let seconds = 0;
    while (left > 0 && seconds < 60) {
      time.advance(1000);
      seconds++;
      const ids = lessor.expired(10_000);
      expect(ids.length).toBeLessThanOrEqual(100);
      left -= ids.length;
      for (const id of ids) lessor.revoke(id, deleter(lessor));
    }
    expect(left).toBe(0);
    expect(seconds).toBeGreaterThan(8);
  });
});

describe("renew", () => {
  it("gives the whole TTL again", () => {
    const { time, lessor } = bench();
    lessor.promote(0);
    lessor.grant(1n, 10);
    time.advance(9000);
    expect(lessor.renew(1n)).toBe(10);
    time.advance(9999);
    expect(lessor.expired(1)).toEqual([]);
    time.advance(1);
    expect(lessor.expired(1)).toEqual([1n]);
    expect(() => lessor.renew(2n)).toThrow(EtcdError.of("LeaseNotFound"));
  });

  it("of an expired lease waits for its revocation", async () => {
    const { time, lessor } = bench();
    lessor.promote(0);
    lessor.grant(1n, 10);
    time.advance(10_000);
    const renewal = lessor.renew(1n);
    expect(renewal).toBeInstanceOf(Promise);
    lessor.revoke(1n, deleter(lessor));
    await expect(renewal).rejects.toThrow("requested lease not found");
  });

  it("of an expired lease is sent to the next leader when this one ends", async () => {
    const { time, lessor } = bench();
    lessor.promote(0);
    lessor.grant(1n, 10);
    time.advance(10_000);
    const first = lessor.renew(1n);
    const second = lessor.renew(1n);
    lessor.demote();
    for (const renewal of [first, second]) {
      const error = await Promise.resolve(renewal).catch((caught: unknown) => caught);
      expect(isNotPrimary(error)).toBe(true);
    }
    expect(lessor.lookup(1n)).toBeDefined();
  });
});

describe("checkpoints", () => {
  it("keep what was left over a change of leaders and a restart", () => {
    const { time, store, lessor } = bench();
    const proposed: unknown[] = [];
    lessor.setCheckpointer(async (lines) => {
      proposed.push(...lines);
    });
    lessor.promote(0);
    lessor.grant(1n, 1000);
    lessor.grant(2n, 300);
    time.advance(299_999);
    expect(lessor.dueCheckpoints(10)).toEqual([]);
    time.advance(1);
    // A lease no longer than the interval needs none.
    expect(lessor.dueCheckpoints(10)).toEqual([{ id: 1n, remainingTtlSeconds: 700 }]);
    expect(lessor.dueCheckpoints(10)).toEqual([]);
    lessor.checkpoint(1n, 700);
    lessor.checkpoint(99n, 700);
    expect(stored(store).find((row) => row.ID === 1n)?.remainingTTL).toBe(700);

    lessor.demote();
    lessor.promote(1000);
    expect(lessor.lookup(1n)?.remainingMs()).toBe(701_000);

    const again = bench({}, store).lessor;
    again.promote(0);
    expect(again.lookup(1n)?.remainingMs()).toBe(700_000);
    expect(again.lookup(1n)?.ttlSeconds).toBe(1000);
  });

  it("are cleared through the log by a renewal", async () => {
    const { time, lessor } = bench();
    const proposed: unknown[] = [];
    lessor.setCheckpointer(async (lines) => {
      proposed.push(...lines);
      for (const line of lines) lessor.checkpoint(line.id, line.remainingTtlSeconds);
    });
    lessor.promote(0);
    lessor.grant(1n, 1000);
    time.advance(300_000);
    lessor.checkpoint(1n, 700);
    expect(await lessor.renew(1n)).toBe(1000);
    expect(proposed).toEqual([{ id: 1n, remainingTtlSeconds: 0 }]);
    expect(lessor.lookup(1n)?.remainingMs()).toBe(1_000_000);
    expect(lessor.renew(1n)).toBe(1000);
    time.advance(300_000);
    expect(lessor.dueCheckpoints(10)).toEqual([{ id: 1n, remainingTtlSeconds: 700 }]);
  });

  it("are not written while the cluster may hold a member that cannot read them", () => {
    const { store, lessor } = bench({ persistCheckpoints: () => false });
    lessor.grant(1n, 1000);
    lessor.checkpoint(1n, 700);
    expect(stored(store)[0]?.remainingTTL).toBe(0);
    lessor.promote(0);
    expect(lessor.lookup(1n)?.remainingMs()).toBe(700_000);
  });
});

describe("restore", () => {
  it("raises stored TTLs to a minimum that has grown, and starts without keys", () => {
    const { store, lessor } = bench();
    lessor.grant(1n, 5);
    lessor.grant(2n, 60);
    lessor.attach(1n, "a");
    const again = bench({ minimumTtlSeconds: 15 }, store).lessor;
    expect(again.lookup(1n)?.ttlSeconds).toBe(15);
    expect(again.lookup(2n)?.ttlSeconds).toBe(60);
    expect(again.leaseOf("a")).toBe(0n);
    expect(again.primary).toBe(false);
  });
});
