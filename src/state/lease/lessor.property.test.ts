import fc from "fast-check";
import { expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { Lessor } from "./index.ts";
import { type Timed, TimerHeap } from "./timer-heap.ts";

const MINIMUM = 2;
const ids = [1n, 2n, 3n, 4n, 5n];
const keys = ["a", "b", "c", "d", "\xff"];

/** The lessor as anybody would write it: a list that is searched. Without spreading, since there are few. */
class Twin {
  leases: { id: bigint; ttl: number; expiryMs: number; toldMs: number }[] = [];
  attached: { key: string; lease: bigint }[] = [];
  primary = false;
}

type Step =
  | { readonly kind: "grant"; readonly id: bigint; readonly ttl: number }
  | { readonly kind: "revoke" | "renew"; readonly id: bigint }
  | { readonly kind: "attach" | "detach"; readonly id: bigint; readonly key: string }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "promote"; readonly extendMs: number }
  | { readonly kind: "demote" | "restart" };

const id = fc.constantFrom(...ids);
const key = fc.constantFrom(...keys);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("grant" as const), id, ttl: fc.integer({ min: -1, max: 12 }) }),
  fc.record({ kind: fc.constantFrom("revoke" as const, "renew" as const), id }),
  fc.record({ kind: fc.constantFrom("attach" as const, "detach" as const), id, key }),
  fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 0, max: 4000 }) }),
  fc.record({ kind: fc.constant("promote" as const), extendMs: fc.integer({ min: 0, max: 1000 }) }),
  fc.record({ kind: fc.constantFrom("demote" as const, "restart" as const) }),
);

it("does what a list would do: no lease ends early, each ends at last", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const time = new ManualTime();
      const env: Env = {
        clock: time,
        scheduler: time,
        random: new SeededRandom(1),
        logger: silentLogger,
        metrics: nullMetrics,
      };
      const store = openMemoryStore();
      const options = { minimumTtlSeconds: MINIMUM, persistCheckpoints: () => true };
      let lessor = new Lessor(store, options, env);
      const twin = new Twin();
      const now = () => time.monotonicMs();

      for (const next of steps) {
        switch (next.kind) {
          case "grant": {
            const known = twin.leases.some((lease) => lease.id === next.id);
            if (known) {
              expect(() => lessor.grant(next.id, next.ttl)).toThrow("already exists");
            } else {
              const ttl = Math.max(next.ttl, MINIMUM);
              expect(lessor.grant(next.id, next.ttl)).toBe(ttl);
              const expiryMs = twin.primary ? now() + ttl * 1000 : Number.POSITIVE_INFINITY;
              twin.leases.push({ id: next.id, ttl, expiryMs, toldMs: Number.NEGATIVE_INFINITY });
            }
            break;
          }
          case "revoke": {
            const deleted: string[] = [];
            const txn = { deleteRange: (one: string) => deleted.push(one) };
            if (!twin.leases.some((lease) => lease.id === next.id)) {
              expect(() => lessor.revoke(next.id, txn)).toThrow("not found");
              break;
            }
            lessor.revoke(next.id, txn);
            const own = twin.attached.filter((pair) => pair.lease === next.id).map((pair) => pair.key);
            expect(deleted).toEqual(own.sort());
            twin.leases = twin.leases.filter((lease) => lease.id !== next.id);
            twin.attached = twin.attached.filter((pair) => pair.lease !== next.id);
            break;
          }
          case "renew": {
            const lease = twin.leases.find((one) => one.id === next.id);
            if (!twin.primary) expect(() => lessor.renew(next.id)).toThrow("not a primary lessor");
            else if (lease === undefined) expect(() => lessor.renew(next.id)).toThrow("not found");
            else if (lease.expiryMs <= now()) {
              const waiting = lessor.renew(next.id);
              expect(waiting).toBeInstanceOf(Promise);
              (waiting as Promise<number>).catch(() => {});
            } else {
              expect(lessor.renew(next.id)).toBe(lease.ttl);
              lease.expiryMs = now() + lease.ttl * 1000;
              lease.toldMs = Number.NEGATIVE_INFINITY;
            }
            break;
          }
          case "attach": {
            const known = twin.leases.some((lease) => lease.id === next.id);
            expect(lessor.attach(next.id, next.key)).toBe(known);
            if (!known) break;
            twin.attached = twin.attached.filter((pair) => pair.key !== next.key);
            twin.attached.push({ key: next.key, lease: next.id });
            break;
          }
          case "detach": {
            const known = twin.leases.some((lease) => lease.id === next.id);
            expect(lessor.detach(next.id, next.key)).toBe(known);
            twin.attached = twin.attached.filter((pair) => pair.key !== next.key || pair.lease !== next.id);
            break;
          }
          case "advance":
            time.advance(next.ms);
            break;
          case "promote":
            lessor.promote(next.extendMs);
            twin.primary = true;
            for (const lease of twin.leases) {
              lease.expiryMs = now() + next.extendMs + lease.ttl * 1000;
              lease.toldMs = Number.NEGATIVE_INFINITY;
            }
            break;
          case "demote":
          case "restart":
            if (next.kind === "demote") lessor.demote();
            else {
              lessor = new Lessor(store, options, env);
              twin.attached = [];
            }
            twin.primary = false;
            for (const lease of twin.leases) lease.expiryMs = Number.POSITIVE_INFINITY;
            break;
        }

        const due = twin.leases.filter((lease) => lease.expiryMs <= now() && lease.toldMs + 3000 <= now());
        for (const lease of due) lease.toldMs = now();
        expect(lessor.expired(100).sort()).toEqual(due.map((lease) => lease.id).sort());

        expect(lessor.size).toBe(twin.leases.length);
        const order = [...twin.leases].sort((a, b) =>
          a.expiryMs === b.expiryMs ? Number(a.id - b.id) : a.expiryMs - b.expiryMs,
        );
        expect(lessor.leases().map((lease) => lease.id)).toEqual(order.map((lease) => lease.id));
        for (const one of keys) {
          expect(lessor.leaseOf(one)).toBe(twin.attached.find((pair) => pair.key === one)?.lease ?? 0n);
        }
        for (const one of ids) {
          const own = twin.attached.filter((pair) => pair.lease === one).map((pair) => pair.key);
          expect(lessor.lookup(one)?.keys() ?? []).toEqual(own.sort());
        }
      }
    }),
    { numRuns: 300 },
  );
});

it("keeps the soonest on top of the heap, whatever is moved or taken out", () => {
  interface Item extends Timed {
    readonly name: number;
  }
  const change = fc.record({
    name: fc.nat(20),
    atMs: fc.option(fc.nat(50), { nil: undefined }),
    rebuild: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
      const heap = new TimerHeap<Item>();
      const items = Array.from({ length: 21 }, (_, name): Item => ({ name, atMs: 0, index: -1 }));
      const twin = new Map<number, number>();
      for (const { name, atMs, rebuild } of changes) {
        const item = items[name]!;
        if (atMs === undefined) {
          heap.remove(item);
          twin.delete(name);
        } else {
          heap.schedule(item, atMs);
          twin.set(name, atMs);
        }
        if (rebuild) heap.rebuild(items.filter((one) => twin.has(one.name)).reverse());
        expect(heap.size).toBe(twin.size);
        if (twin.size > 0) expect(heap.peek()?.atMs).toBe(Math.min(...twin.values()));
      }
      const drained: number[] = [];
      for (let top = heap.peek(); top !== undefined; top = heap.peek()) {
        drained.push(top.atMs);
        heap.remove(top);
      }
      expect(drained).toEqual([...twin.values()].sort((a, b) => a - b));
    }),
  );
});
