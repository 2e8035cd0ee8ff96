import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/index.ts";
import { MemoryDisk } from "../disk/index.ts";
import { openMemoryStore, openStore } from "./index.ts";
import { stillEnv } from "./testing/memory-store.ts";

describe("store", () => {
  it("smoke", async () => {
    const disk = new MemoryDisk();
    const store = await openStore(disk, "/db", {}, stillEnv());
    for (let i = 1; i < 3000; i++) store.putRevision(i, 0, i % 10 === 0, utf8(`v${i}`));
    const all: number[] = [];
    store.visitRevisions(1, (m) => {
      all.push(m);
    });
    expect(all.length).toBe(2999);
    store.setConsistentIndex(7, 2);
    await store.commit();
    for (let i = 1; i < 1000; i++) store.deleteRevision(i, 0, i % 10 === 0);
    for (let i = 3000; i < 4000; i++) store.putRevision(i, 0, i % 10 === 0, utf8(`v${i}`));
    all.length = 0;
    store.visitRevisions(500, (m) => {
      all.push(m);
    });
    expect(all.length).toBe(3000);
    expect(all[0]).toBe(1000);
    const h = store.hash();
    await store.defragment();
    expect(store.hash()).toBe(h);
    await store.commit();
    expect(store.hash()).toBe(h);
    expect(await store.hashSliced()).toBe(h);
    await store.close();
    const again = await openStore(disk, "/db", {}, stillEnv());
    expect(again.hash()).toBe(h);
    expect(again.consistentIndex()).toEqual({ index: 7, term: 2 });
    void openMemoryStore();
  });
});
