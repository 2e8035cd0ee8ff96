// Random operations on a bolt file on a real disk, compared with maps and checked at the end; with bbolt's own check where
// its program is at hand. Not a benchmark, but too long for the tests.
//   node build/bench/main.js bolt-soak [operations] [seed] [path of bbolt]
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { below, type Env, nullMetrics, SeededRandom, silentLogger } from "../src/base/index.ts";
import { Bolt, type BoltOptions, type Bucket, type Tx } from "../src/storage/bolt/index.ts";
import { RealDisk } from "../src/storage/disk/index.ts";

const env: Env = {
  clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
  scheduler: {
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
    every: () => ({ cancel: () => undefined }),
    endOfTurn: (run) => void setImmediate(run),
  },
  random: new SeededRandom(1),
  logger: silentLogger,
  metrics: nullMetrics,
};

/** Buckets by path; each with its own habits, see `change`. */
const names = ["key", "meta", "lease", "deep/a", "deep/b", "deep/a/x"] as const;
type Name = (typeof names)[number];
type Twin = Map<Name, Map<string, string>>;

function bytes(latin1: string): Uint8Array {
  return Buffer.from(latin1, "latin1");
}

function text(raw: Uint8Array): string {
  return Buffer.from(raw).toString("latin1");
}

function find(tx: Tx, name: Name, make: boolean): Bucket | undefined {
  let bucket: Bucket | undefined = tx.root;
  for (const part of name.split("/")) {
    bucket = make ? bucket!.createBucketIfNotExists(bytes(part)) : bucket?.bucket(bytes(part));
  }
  return bucket;
}

/** What the file holds now, into the twin. */
function reload(db: Bolt, twin: Twin): void {
  const tx = db.begin(false);
  for (const name of names) {
    const rows = twin.get(name)!;
    rows.clear();
    find(tx, name, false)?.forEach((key, value) => {
      if (value !== undefined) rows.set(text(key), text(value));
    });
  }
  tx.rollback();
}

function compare(tx: Tx, twin: Twin): void {
  for (const name of names) {
    const rest = new Map(twin.get(name)!);
    let last = "";
    find(tx, name, false)?.forEach((key, value) => {
      if (value === undefined) return;
      const k = text(key);
      if (k <= last) throw new Error(`${name}: ${k} after ${last}`);
      last = k;
      if (rest.get(k) !== text(value)) throw new Error(`${name}: ${k} has a wrong value`);
      rest.delete(k);
    });
    if (rest.size > 0) throw new Error(`${name}: ${rest.size} keys are missing`);
  }
}

/** Runs the operations; throws on the first difference. */
export async function run(args: readonly string[]): Promise<void> {
  const operations = Number(args[0] ?? 1_000_000);
  const seed = Number(args[1] ?? 1);
  const program = args[2];
  const random = new SeededRandom(seed);
  const pick = (bound: number): number => below(random, bound);
  const options: BoltOptions = { cacheBytes: 4 << 20, freelistSync: pick(2) === 0, noSync: true };
  console.log(`seed ${seed}, freelist ${options.freelistSync ? "in the file" : "rebuilt"}`);
  const directory = mkdtempSync(`${tmpdir()}/quorate-soak-`);
  const path = `${directory}/db`;
  try {
    const disk = new RealDisk();
    let db = Bolt.open(disk, path, options, env);
    const twin: Twin = new Map(names.map((name) => [name, new Map()]));
    const readers: Tx[] = [];
    let sequence = 0;

    const change = (tx: Tx, deleting: boolean): void => {
      const name = names[pick(names.length)]!;
      const bucket = find(tx, name, true)!;
      const rows = twin.get(name)!;
      const put = (key: string, value: string): void => {
        bucket.put(bytes(key), bytes(value));
        rows.set(key, value);
      };
      const remove = (key: string): void => {
        bucket.delete(bytes(key));
        rows.delete(key);
      };
      const what = pick(100);
      const revision = (n: number): string => `r${String(n).padStart(10, "0")}`;
      if (name === "key" && what < 50) {
        bucket.fillPercent = 0.9;
        const key = revision(sequence++);
        const value = "x".repeat(pick(400));
        bucket.append(bytes(key), bytes(value));
        rows.set(key, value);
      } else if (name === "key") for (let i = 0; i < 5; i++) remove(revision(pick(sequence + 1)));
      else {
        const space = name === "meta" ? 20 : name === "deep/b" ? 200_000 : 20_000;
        const key = String(pick(space)).padStart(1 + pick(2) * 7, "k");
        if (what < (deleting ? 20 : 65)) put(key, "v".repeat(pick(1000) === 0 ? pick(30_000) : pick(300)));
        else remove(key);
      }
    };

    for (let done = 0; done < operations; ) {
      const tx = db.begin(true);
      const deleting = pick(4) === 0;
      for (let n = 1 + pick(3000); n > 0; n--, done++) change(tx, deleting);
      if (pick(40) === 0 && find(tx, "deep/b", false) !== undefined) {
        tx.bucket("deep")!.deleteBucket(bytes("b"));
        twin.get("deep/b")!.clear();
      }
      if (pick(10) === 0) {
        tx.rollback();
        reload(db, twin);
        continue;
      }
      const durable = tx.commit();
      if (pick(3) === 0) await durable;
      else durable.catch(() => undefined);
      if (pick(8) === 0) readers.push(db.begin(false));
      if (readers.length > 3) readers.shift()!.rollback();
      if (pick(60) === 0) {
        for (const reader of readers.splice(0)) reader.rollback();
        await db.close();
        db = Bolt.open(disk, path, options, env);
      }
    }
    for (const reader of readers) reader.rollback();
    await db.settled();
    const tx = db.begin(false);
    compare(tx, twin);
    const faults = tx.check();
    tx.rollback();
    if (faults.length > 0) throw new Error(faults.slice(0, 10).join("\n"));
    const { txid, highWater, freePages } = db.stats();
    await db.close();
    console.log(
      `${operations} operations in ${txid} transactions, ${highWater} pages, ${freePages} of them free: sound`,
    );
    if (program !== undefined) console.log(`bbolt check: ${execFileSync(program, ["check", path]).toString().trim()}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export default run;
