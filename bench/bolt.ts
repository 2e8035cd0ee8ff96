// The store on a real disk: bulk load of revisions, point reads, a scan, deletes as compaction makes them, defragmentation.
//   node build/bench/main.js bolt [rows] [value bytes] [directory]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { utf8 } from "../src/base/index.ts";
import { RealDisk } from "../src/storage/disk/index.ts";
import { openStore, type Store } from "../src/storage/store/index.ts";
import { benchEnv as env } from "./mvcc.ts";

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Longest time between two turns of the loop while `work` runs. */
async function worstPause<T>(work: Promise<T>): Promise<number> {
  let done = false;
  void work.finally(() => {
    done = true;
  });
  let worst = 0;
  let last = performance.now();
  while (!done) {
    await turn();
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  }
  return worst;
}

function say(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(44)} ${value.toFixed(value < 100 ? 2 : 0).padStart(12)} ${unit}`);
}

/** Puts `rows` revisions in turns of `perTurn`; returns nanoseconds per put and the worst pause of the loop. */
async function load(store: Store, first: number, rows: number, value: Uint8Array, perTurn: number) {
  let putNs = 0;
  let worst = 0;
  let last = performance.now();
  for (let i = 0; i < rows; ) {
    const started = performance.now();
    const end = Math.min(rows, i + perTurn);
    for (; i < end; i++) store.putRevision(first + i, 0, false, value);
    putNs += performance.now() - started;
    store.setConsistentIndex(first + i, 1);
    const wait = store.ready();
    if (wait !== undefined) await wait;
    await turn();
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  }
  await store.commit();
  return { putNs: (putNs * 1e6) / rows, worst };
}

/** Runs the benchmark and prints its figures. */
export async function run(args: readonly string[]): Promise<void> {
  let rows = Number(args[0] ?? 1_000_000);
  const valueBytes = Number(args[1] ?? 256);
  const directory = mkdtempSync(`${args[2] ?? tmpdir()}/quorate-bench-`);
  try {
    const store = await openStore(new RealDisk(), `${directory}/db`, {}, env);
    const value = utf8("v".repeat(valueBytes));
    let started = performance.now();
    const { putNs, worst } = await load(store, 2, rows, value, 100);
    say("bulk load", (rows / (performance.now() - started)) * 1000, "rows/s, durable");
    say("putRevision", putNs, "ns");
    say("longest turn while loading", worst, "ms");
    say("file", store.size() / 1e6, "MB");

    for (const batch of [1000, 10_000]) {
      const times: number[] = [];
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < batch; i++) store.putRevision(2 + rows++, 0, false, value);
        started = performance.now();
        const done = store.commit();
        times.push(performance.now() - started);
        await done;
      }
      times.sort((a, b) => a - b);
      say(`synchronous part of a commit, ${batch} rows`, times[10]!, "ms, median");
      say(`synchronous part of a commit, ${batch} rows`, times[19]!, "ms, worst of 20");
    }

    const gets = 1_000_000;
    for (const [what, span] of [
      ["getRevision, newest 1000", 1000],
      ["getRevision, anywhere", rows],
    ] as const) {
      let x = 1;
      let bytes = 0;
      started = performance.now();
      for (let i = 0; i < gets; i++) {
        x = (Math.imul(x, 1103515245) + 12345) >>> 0;
        bytes += store.getRevision(2 + rows - 1 - (x % span), 0)!.length;
      }
      const took = performance.now() - started;
      if (bytes !== gets * valueBytes) throw new Error("a read came back wrong");
      say(what, (took * 1e6) / gets, "ns");
    }

    started = performance.now();
    let seen = 0;
    store.visitRevisions(0, () => {
      seen++;
    });
    say("scan", (seen / (performance.now() - started)) * 1000, "rows/s");

    started = performance.now();
    let pause = 0;
    for (let main = 2; main < 2 + rows / 2; main += 1000) {
      const begun = performance.now();
      for (let i = main; i < Math.min(main + 1000, 2 + rows / 2); i++) {
        if (i % 10 !== 0) store.deleteRevision(i, 0, false);
      }
      const done = store.commit();
      pause = Math.max(pause, performance.now() - begun);
      await done;
    }
    say("compaction deletes, a commit per 1000", ((rows * 0.45) / (performance.now() - started)) * 1000, "rows/s");
    say("longest turn while deleting", pause, "ms");

    started = performance.now();
    const longest = await worstPause(store.defragment());
    say("defragmentation", performance.now() - started, "ms");
    say("longest turn while defragmenting", longest, "ms");
    say("file", store.size() / 1e6, "MB");
    await store.close();

    started = performance.now();
    const again = await openStore(new RealDisk(), `${directory}/db`, {}, env);
    say("open", performance.now() - started, "ms");
    await again.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export default run;
