import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Env, ManualTime, SeededRandom } from "../../base/index.ts";
import { FaultDisk, MemoryDisk } from "../disk/index.ts";
import { type BucketName, openStore, type Store, type StoreOptions } from "./index.ts";
import { stillEnv } from "./testing/memory-store.ts";
import { TwinStore } from "./testing/twin.ts";

// The store against sorted arrays: every read must see everything that was put, wherever it has got to by then.

interface World {
  readonly disk: MemoryDisk;
  readonly time: ManualTime;
  readonly env: Env;
  readonly options: StoreOptions;
  store: Store;
  twin: TwinStore;
  main: number;
}

type Step = (world: World) => Promise<unknown> | unknown;

function envOf(time: ManualTime): Env {
  return { ...stillEnv(), clock: time, scheduler: { ...timers(time), endOfTurn: (run) => queueMicrotask(run) } };
}

function timers(time: ManualTime): Pick<Env["scheduler"], "after" | "every"> {
  return { after: (ms, run) => time.after(ms, run), every: (ms, run) => time.every(ms, run) };
}

function both(world: World, act: (store: Store) => void): void {
  act(world.store);
  act(world.twin);
}

function rows(store: Store, bucket: BucketName, from: Uint8Array, to: Uint8Array | undefined): string[] {
  const out: string[] = [];
  store.visit(bucket, from, to, (key, value) => {
    const name = Buffer.from(key).toString();
    // Written by the commit itself; the twin has none.
    if (bucket === "meta" && (name === "consistent_index" || name === "term")) return;
    out.push(`${Buffer.from(key).toString("hex")}=${Buffer.from(value).toString("latin1")}`);
  });
  return out;
}

function revisions(store: Store, from: number, sub: number, stopAfter: number): string[] {
  const out: string[] = [];
  store.visitRevisions(
    from,
    (main, s, tombstone, value) => {
      out.push(`${main}.${s}${tombstone ? "t" : ""}=${Buffer.from(value).toString("latin1")}`);
      return out.length < stopAfter;
    },
    sub,
  );
  const scanned: string[] = [];
  store.scanRevisions(
    from,
    (main, s, tombstone, bytes, start, end) => {
      scanned.push(`${main}.${s}${tombstone ? "t" : ""}=${Buffer.from(bytes.subarray(start, end)).toString("latin1")}`);
      return scanned.length < stopAfter;
    },
    sub,
  );
  expect(scanned).toEqual(out);
  return out;
}

const others: readonly BucketName[] = ["lease", "meta", "members", "authUsers"];
const small = fc.integer({ min: 0, max: 60 });
const value = fc
  .tuple(fc.nat(255), fc.oneof(fc.nat(30), fc.nat(2000)))
  .map(([byte, n]) => new Uint8Array(n).fill(byte));
const keyBytes = fc.nat(40).map((n) => Buffer.from(`k${n}`));
const bucket = fc.constantFrom(...others);

const steps: fc.Arbitrary<readonly [string, Step]>[] = [
  fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(3), value).map(([count, subs, v]) => [
    `put ${count} revisions`,
    (w) => {
      for (let i = 0; i < count; i++) {
        w.main++;
        for (let sub = 0; sub <= subs; sub++) both(w, (s) => s.putRevision(w.main, sub, sub % 2 === 1, v));
      }
    },
  ]),
  fc.tuple(fc.nat(100), value).map(([back, v]) => [
    `put the revision ${back} before`,
    (w) => {
      const main = Math.max(1, w.main - back);
      // One revision has one row: a put beside a tombstone would be something else.
      if (w.twin.getRevision(main, 0, true) === undefined) both(w, (s) => s.putRevision(main, 0, false, v));
    },
  ]),
  fc.tuple(fc.nat(150), fc.nat(40), fc.nat(3)).map(([back, count, sub]) => [
    `delete ${count} revisions from ${back} before`,
    (w) => {
      for (let i = 0; i < count; i++)
        both(w, (s) => s.deleteRevision(Math.max(0, w.main - back) + i, sub, sub % 2 === 1));
    },
  ]),
  fc.nat(200).map((back) => [
    `compact up to ${back} before`,
    (w) => {
      const end = w.main - back;
      for (const store of [w.store, w.twin]) {
        store.visitRevisions(0, (main, sub, tombstone) => {
          if (main > end) return false;
          if (main % 3 !== 0) store.deleteRevision(main, sub, tombstone);
          return true;
        });
      }
    },
  ]),
  fc.tuple(bucket, keyBytes, value).map(([b, k, v]) => [`put ${b}`, (w) => both(w, (s) => s.put(b, k, v))]),
  fc.tuple(bucket, keyBytes).map(([b, k]) => [`delete ${b}`, (w) => both(w, (s) => s.delete(b, k))]),
  fc.tuple(bucket, keyBytes, fc.option(keyBytes)).map(([b, from, to]) => [
    `visit ${b}`,
    (w) => {
      expect(w.store.get(b, from)).toEqual(w.twin.get(b, from));
      expect(rows(w.store, b, from, to ?? undefined)).toEqual(rows(w.twin, b, from, to ?? undefined));
    },
  ]),
  fc.tuple(fc.nat(200), fc.nat(3), fc.constantFrom(1, 7, 1e9)).map(([back, sub, stop]) => [
    `revisions from ${back} before`,
    (w) => {
      const from = Math.max(0, w.main - back);
      expect(revisions(w.store, from, sub, stop)).toEqual(revisions(w.twin, from, sub, stop));
      for (const kind of [undefined, true, false]) {
        expect(w.store.getRevision(from, sub, kind)).toEqual(w.twin.getRevision(from, sub, kind));
      }
    },
  ]),
  small.map((n) => [
    "index",
    (w) => {
      const index = w.store.consistentIndex().index + n;
      both(w, (s) => s.setConsistentIndex(index, 3));
      expect(w.store.consistentIndex()).toEqual(w.twin.consistentIndex());
    },
  ]),
  fc.boolean().map((wait) => [`commit ${wait}`, (w) => (wait ? w.store.commit() : void w.store.commit())]),
  fc.nat(150).map((ms) => [`wait ${ms} ms`, (w) => w.time.advance(ms)]),
  fc.constant(["defragment on the side", (w: World) => void w.store.defragment()] as const),
  fc.constant(["defragment", (w: World) => w.store.defragment()] as const),
  fc.constant([
    "hash",
    async (w: World) => {
      const hash = w.store.hash();
      expect(await w.store.hashSliced()).toBe(hash);
    },
  ] as const),
  fc.constant([
    "snapshot",
    async (w: World) => {
      await w.store.commit();
      const hash = w.store.hash();
      const image = await w.store.snapshot();
      const copy = new MemoryDisk();
      const file = copy.open("/db", "create");
      let at = 0;
      for await (const chunk of image.chunks(5000)) {
        file.writeSync([chunk], at);
        at += chunk.length;
      }
      file.close();
      image.close();
      expect(at).toBe(image.size);
      const restored = await openStore(copy, "/db", {}, w.env);
      expect(restored.hash()).toBe(hash);
      await restored.close();
    },
  ] as const),
  fc.constant([
    "restart",
    async (w: World) => {
      await w.store.close();
      w.store = await openStore(w.disk, "/db", w.options, w.env);
      expect(w.store.consistentIndex()).toEqual(w.twin.consistentIndex());
    },
  ] as const),
];

describe("the store against sorted arrays", () => {
  it("reads see everything, through commits, defragmentations and restarts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...steps), { minLength: 10, maxLength: 60 }),
        fc.constantFrom(10, 100, 10_000),
        async (list, batchLimit) => {
          const disk = new MemoryDisk();
          const time = new ManualTime();
          const env = envOf(time);
          const options: StoreOptions = { batchLimit, cacheBytes: 64 * 1024 };
          const store = await openStore(disk, "/db", options, env);
          const world: World = { disk, time, env, options, store, twin: new TwinStore(), main: 1 };
          for (const [, step] of list) await step(world);
          expect(revisions(world.store, 0, 0, 1e9)).toEqual(revisions(world.twin, 0, 0, 1e9));
          for (const name of others.filter((b) => b !== "meta")) {
            expect(rows(world.store, name, new Uint8Array(0), undefined)).toEqual(
              rows(world.twin, name, new Uint8Array(0), undefined),
            );
          }
          await world.store.close();
          expect(time.pending).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("a power cut", () => {
  it("leaves the effects of a whole number of entries, none acknowledged lost, defragmenting or not", async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const disk = new MemoryDisk({ crashable: true });
      const random = new SeededRandom(seed);
      const clones: { clone: MemoryDisk; least: number }[] = [];
      let durable = 0;
      let calls = 0;
      const faulty = new FaultDisk(disk, (op) => {
        if (
          ["write", "sync", "truncate", "rename", "remove", "syncDirectory", "open"].includes(op.kind) &&
          calls++ % 2 === 0
        ) {
          for (const how of [{ keep: "none" }, { keep: "random", random }] as const) {
            clones.push({ clone: disk.crashClone(how), least: durable });
          }
        }
        return undefined;
      });
      const env = envOf(new ManualTime());
      const store = await openStore(faulty, "/db", { batchLimit: 60 }, env);
      clones.length = 0;
      const waits: Promise<unknown>[] = [];
      for (let entry = 1; entry <= 400; entry++) {
        for (let sub = 0; sub <= entry % 3; sub++) store.putRevision(entry, sub, false, new Uint8Array(50).fill(entry));
        if (entry > 40) store.deleteRevision(entry - 40, 0, false);
        store.put("lease", Buffer.from("last"), Buffer.from(`${entry}`));
        store.setConsistentIndex(entry, 1);
        if (entry % 9 === 0) {
          const commit = store.commit().then(() => {
            durable = Math.max(durable, entry);
          });
          waits.push(commit);
          if (entry % 27 === 0) await commit;
        } else if (entry % 5 === 0) store.stage();
        if (entry % 130 === 0) waits.push(store.defragment());
        await Promise.resolve();
      }
      await Promise.all(waits);
      await store.close();
      expect(clones.length).toBeGreaterThan(150);
      for (const { clone, least } of clones) {
        const left = await openStore(clone, "/db", {}, envOf(new ManualTime()));
        const { index } = left.consistentIndex();
        expect(index).toBeGreaterThanOrEqual(least);
        expect(left.get("lease", Buffer.from("last"))?.toString() ?? "0").toBe(
          index === 0 ? "0" : Buffer.from(`${index}`).join(","),
        );
        const found = revisions(left, 0, 0, 1e9).map((row) => row.split("=")[0]);
        const wanted: string[] = [];
        for (let entry = 1; entry <= index; entry++) {
          for (let sub = entry <= index - 40 ? 1 : 0; sub <= entry % 3; sub++) wanted.push(`${entry}.${sub}`);
        }
        expect(found).toEqual(wanted);
        await left.close();
      }
    }
  });
});
