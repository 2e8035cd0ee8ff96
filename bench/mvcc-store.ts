import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyString, SeededRandom } from "../src/base/index.ts";
import { Mvcc } from "../src/state/mvcc/index.ts";
import { WatchHub } from "../src/state/watch/index.ts";
import { RealDisk } from "../src/storage/disk/real.ts";
import { openStore } from "../src/storage/store/index.ts";
import { benchEnv, memory, noLeases, report } from "./mvcc.ts";

/*
 * Keys over revisions on the real store and disk, with watchers: `mvcc-store [keys] [operations] [watchers]`. One
 * transaction is one operation; the loop is let go each 100 of them, as a server's turns do.
 */

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function measure(what: string, operations: number, one: (i: number) => void): Promise<void> {
  const start = performance.now();
  let worst = 0;
  for (let i = 0; i < operations; ) {
    const before = performance.now();
    for (const until = Math.min(operations, i + 100); i < until; i++) one(i);
    worst = Math.max(worst, performance.now() - before);
    await turn();
  }
  report(what, operations, performance.now() - start, worst);
}

export default async function run(args: readonly string[]): Promise<void> {
  const keys = Number(args[0] ?? 200_000);
  const operations = Number(args[1] ?? 200_000);
  const watchers = Number(args[2] ?? 1000);
  const directory = mkdtempSync(join(tmpdir(), "quorate-mvcc-"));
  try {
    const store = await openStore(new RealDisk(), join(directory, "db"), {}, benchEnv);
    const mvcc = Mvcc.open(store, noLeases, { compactionSleepIntervalMs: 1 }, benchEnv);
    const random = new SeededRandom(3);
    const name = (i: number): string => {
      const at = Math.imul(i, 0x9e3779b1) >>> 0;
      return keyString(Buffer.from(`/registry/pods/namespace-${at % 100}/pod-${at.toString(16).padStart(8, "0")}`));
    };
    const value = new Uint8Array(256).fill(120);
    const put = (key: string): void => {
      const txn = mvcc.write();
      txn.put(key, value, 0n);
      txn.end();
    };
    await measure("put of a new key", keys, (i) => put(name(i)));
    const some = Array.from({ length: operations }, () => name(random.uint32() % keys));
    await measure("put of an existing key", operations, (i) => put(some[i]!));
    await store.commit();
    console.log(
      `memory in all ${(memory() / 2 ** 20).toFixed(0)} MiB, file ${(store.size() / 2 ** 20).toFixed(0)} MiB`,
    );
    await measure("point range", operations, (i) => void mvcc.range(some[i]!, ""));
    await measure("range of 100", operations / 100, (i) => void mvcc.range(some[i]!, "\0", { limit: 100 }));

    const hub = new WatchHub(mvcc, {}, benchEnv);
    let events = 0;
    const sink = {
      writable: () => true,
      send(reply: { events: readonly Uint8Array[] }): void {
        events += reply.events.length;
      },
    };
    const start = performance.now();
    hub.stream(sink).create({ key: "/", end: "0", startRevision: 1 });
    while (events < mvcc.revision - 1) await turn();
    report("one watcher through all history, events", events, performance.now() - start);
    hub.close();
    for (const [what, range] of [
      ["the same prefix", () => ["/registry/", "/registry0"]],
      ["prefixes of their own", (i: number) => [`/registry/pods/namespace-${i}/`, `/registry/pods/namespace-${i}0`]],
      ["single keys", (i: number) => [some[i % some.length]!, ""]],
    ] as const) {
      const live = new WatchHub(mvcc, {}, benchEnv);
      for (let i = 0; i < watchers; i++) {
        const [key, end] = range(i);
        live.stream(sink).create({ key: key!, end: end!, startRevision: 0 });
      }
      events = 0;
      const count = operations / 10;
      await measure(`put under ${watchers} watchers of ${what}`, count, (i) => put(some[i]!));
      console.log(`    ${events} events`);
      live.close();
    }

    let from = performance.now();
    mvcc.hashKv(0);
    report("hash of all rows", mvcc.revision, performance.now() - from);
    from = performance.now();
    await mvcc.compact(mvcc.revision);
    report("compaction of all, rows", mvcc.revision, performance.now() - from);
    from = performance.now();
    Mvcc.open(store, noLeases, {}, benchEnv).close();
    report("restore, keys", keys, performance.now() - from);
    mvcc.close();
    await store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}
