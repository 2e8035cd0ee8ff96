import { describe, expect, it } from "vitest";
import { FaultDisk, MemoryDisk } from "../disk/index.ts";
import { Bolt, BoltError } from "./index.ts";
import { bytes, dump, testEnv, text } from "./testing.ts";

describe("format", () => {
  it("smoke", async () => {
    const disk = new MemoryDisk();
    const db = Bolt.open(disk, "/db", {}, testEnv());
    for (let round = 0; round < 50; round++) {
      const tx = db.begin(true);
      const b = tx.createBucketIfNotExists("key");
      b.fillPercent = 0.9;
      for (let i = 0; i < 200; i++)
        b.append(bytes(`k${String(round * 1000 + i).padStart(8, "0")}`), bytes(`v${i}`.repeat(20)));
      if (round > 10)
        for (let i = 0; i < 150; i++) b.delete(bytes(`k${String((round - 10) * 1000 + i).padStart(8, "0")}`));
      await tx.commit();
      const r = db.begin(false);
      expect(r.check()).toEqual([]);
      r.rollback();
    }
    await db.close();
    const again = Bolt.open(disk, "/db", {}, testEnv());
    const r = again.begin(false);
    expect(r.check()).toEqual([]);
    let n = 0;
    r.bucket("key")!.forEach(() => {
      n++;
    });
    expect(n).toBe(50 * 200 - 39 * 150);
    expect(text(r.bucket("key")!.get(bytes("k00049007"))!)).toBe("v7".repeat(20));
    r.rollback();
    void FaultDisk;
    void BoltError;
    void dump;
  });
});
