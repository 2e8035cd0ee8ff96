import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/index.ts";
import { FaultDisk, MemoryDisk } from "../disk/index.ts";
import { Bolt, isBoltError } from "./index.ts";
import { bytes, type Dump, dump, testEnv } from "./testing.ts";

/** Opens what a power cut left; says which of the states it holds. */
async function stateAfterCrash(disk: MemoryDisk, states: readonly Dump[]): Promise<number> {
  const db = Bolt.open(disk, "/db", { pageSize: 1024 }, testEnv());
  const reader = db.begin(false);
  expect(reader.check()).toEqual([]);
  const found = JSON.stringify(dump(reader));
  reader.rollback();
  await db.close();
  return states.findLastIndex((state) => JSON.stringify(state) === found);
}

describe("a power cut", () => {
  it("at any operation leaves the last durable state, or the one being written", async () => {
    const disk = new MemoryDisk({ crashable: true });
    const random = new SeededRandom(42);
    /** States in order of their transactions; all up to `durable` were acknowledged. */
    const states: Dump[] = [{}];
    let durable = -1;
    let crashes = 0;
    let behind = 0;
    let checking = false;
    const pendingChecks: (() => Promise<void>)[] = [];
    const cut = (): void => {
      if (checking) return;
      for (const how of [
        { keep: "none" },
        { keep: "all" },
        { keep: "random", random },
        { keep: "random", random },
      ] as const) {
        const clone = disk.crashClone(how);
        const least = durable;
        const most = states.length - 1;
        pendingChecks.push(async () => {
          crashes++;
          if (clone.stat("/db") === undefined) return expect(least).toBe(-1);
          const state = await stateAfterCrash(clone, states);
          expect(state).toBeGreaterThanOrEqual(Math.max(0, least));
          expect(state).toBeLessThanOrEqual(most);
          if (state < most) behind++;
        });
      }
    };
    // Before each call of the disk that changes something.
    const faulty = new FaultDisk(disk, (op) => {
      if (["write", "sync", "truncate", "allocate", "syncDirectory"].includes(op.kind)) cut();
      return undefined;
    });
    const db = Bolt.open(faulty, "/db", { pageSize: 1024 }, testEnv());
    durable = 0;
    const flights: Promise<void>[] = [];
    for (let t = 0; t < 35; t++) {
      const tx = db.begin(true);
      const bucket = tx.createBucketIfNotExists("key");
      const nested = bucket.createBucketIfNotExists(bytes("nested"));
      for (let i = 0; i < 12; i++) {
        const n = random.uint32() % 200;
        if (n % 3 === 0) bucket.delete(bytes(`k${n}`));
        else bucket.put(bytes(`k${n}`), bytes("v".repeat((random.uint32() % 90) + (n % 50 === 1 ? 2500 : 0))));
        nested.put(bytes(`n${n}`), bytes(`${t}`));
      }
      states.push(dump(tx));
      const number = states.length - 1;
      const flight = tx.commit().then(() => {
        durable = Math.max(durable, number);
      });
      flights.push(flight);
      // Sometimes several commits are on their way at once.
      if (t % 5 !== 0) {
        await flight;
        cut();
      }
    }
    await Promise.all(flights);
    cut();
    checking = true;
    for (const check of pendingChecks) await check();
    await db.close();
    expect(crashes).toBeGreaterThan(500);
    expect(behind).toBeGreaterThan(60);
  });

  it("while a new file is made leaves a file that opens, or none", async () => {
    for (let seed = 0; seed < 200; seed++) {
      const disk = new MemoryDisk({ crashable: true });
      const clones: MemoryDisk[] = [];
      const faulty = new FaultDisk(disk, (op) => {
        if (["open", "write", "sync", "truncate", "syncDirectory"].includes(op.kind)) {
          clones.push(disk.crashClone({ keep: "random", random: new SeededRandom(seed * 100 + clones.length) }));
        }
        return undefined;
      });
      await Bolt.open(faulty, "/db", {}, testEnv()).close();
      for (const clone of clones) {
        const db = Bolt.open(clone, "/db", {}, testEnv());
        const reader = db.begin(false);
        expect(reader.check()).toEqual([]);
        expect(dump(reader)).toEqual({});
        reader.rollback();
        await db.close();
      }
    }
  });
});

describe("a failing disk", () => {
  it.each([
    ["write", "NoSpace"],
    ["sync", "Io"],
    ["truncate", "NoSpace"],
  ] as const)("%s: the commit and all later ones are refused, what was durable stays", async (kind, code) => {
    const inner = new MemoryDisk();
    const disk = new FaultDisk(inner, () => undefined);
    const db = Bolt.open(disk, "/db", { pageSize: 1024 }, testEnv());
    const put = (n: number): Promise<void> => {
      const tx = db.begin(true);
      tx.createBucketIfNotExists("b").put(bytes(`k${n}`), bytes("v".repeat(40_000)));
      return tx.commit();
    };
    await put(1);
    disk.rule = (op) => (op.kind === kind ? { kind: "fail", code } : undefined);
    const second = put(2);
    const third = put(3);
    for (const commit of [second, third]) {
      const error = await commit.then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(isBoltError(error, "Poisoned")).toBe(true);
    }
    disk.rule = () => undefined;
    expect(() => db.begin(true)).toThrow("an earlier commit failed");
    await expect(db.settled()).rejects.toThrow("transaction 3 could not be written");
    // Reads go on.
    const reader = db.begin(false);
    expect(reader.bucket("b")!.get(bytes("k3"))!.length).toBe(40_000);
    reader.rollback();
    await db.close();

    const again = Bolt.open(inner, "/db", {}, testEnv());
    const tx = again.begin(false);
    expect(Object.keys(dump(tx).b as Dump)).toEqual(["k1"]);
    expect(tx.check()).toEqual([]);
    tx.rollback();
    await again.close();
  });

  it("a torn meta page falls back to the state before", async () => {
    const inner = new MemoryDisk();
    const disk = new FaultDisk(inner, () => undefined);
    const db = Bolt.open(disk, "/db", {}, testEnv());
    const put = (n: number): Promise<void> => {
      const tx = db.begin(true);
      tx.createBucketIfNotExists("b").put(bytes(`k${n}`), bytes("v"));
      return tx.commit();
    };
    await put(1);
    await put(2);
    disk.rule = (op) =>
      op.kind === "write" && op.position < 8192 ? { kind: "short", bytes: 60, code: "Io" } : undefined;
    await expect(put(3)).rejects.toThrow("an earlier commit failed");
    await db.close();
    const again = Bolt.open(inner, "/db", {}, testEnv());
    const tx = again.begin(false);
    expect(dump(tx)).toEqual({ b: { k1: "v", k2: "v" } });
    expect(tx.check()).toEqual([]);
    tx.rollback();
    await again.close();
  });
});
