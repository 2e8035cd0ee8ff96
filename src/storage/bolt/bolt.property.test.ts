import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryDisk } from "../disk/index.ts";
import { Bolt, type BoltOptions, type Bucket, type Tx } from "./index.ts";
import { bytes, type Dump, dump, testEnv, text } from "./testing.ts";

// The dumb twin is a plain object of objects. Everything that bolt can be told is told to both.

interface Model {
  /** What the next transaction starts from. */
  committed: Dump;
  /** What the open write transaction sees; undefined when none is open. */
  open: Dump | undefined;
}

interface Real {
  readonly disk: MemoryDisk;
  readonly options: BoltOptions;
  db: Bolt;
  tx: Tx | undefined;
  readers: { tx: Tx; expected: Dump }[];
  /** A reader of the newest state, as the store has one all the time; undefined for a database that is often without any. */
  view: Tx | undefined;
}

type Path = readonly string[];

function bucketAt(tx: Tx, path: Path): Bucket | undefined {
  let bucket: Bucket | undefined = tx.root;
  for (const name of path) bucket = bucket?.bucket(bytes(name));
  return bucket;
}

function modelAt(root: Dump, path: Path): Dump | undefined {
  let at: Dump | string | undefined = root;
  for (const name of path) at = typeof at === "object" ? at[name] : undefined;
  return typeof at === "object" ? at : undefined;
}

abstract class Command implements fc.AsyncCommand<Model, Real> {
  check(_: Readonly<Model>): boolean {
    return true;
  }
  abstract run(model: Model, real: Real): Promise<void>;
  abstract toString(): string;

  /** The write transaction, opened when there is none. */
  protected writer(model: Model, real: Real): { root: Dump; tx: Tx } {
    real.tx ??= real.db.begin(true);
    model.open ??= structuredClone(model.committed);
    return { root: model.open, tx: real.tx };
  }
}

class Put extends Command {
  readonly path: Path;
  readonly rows: readonly (readonly [string, number])[];
  readonly fill: number;
  constructor(path: Path, rows: readonly (readonly [string, number])[], fill: number) {
    super();
    this.path = path;
    this.rows = rows;
    this.fill = fill;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { root, tx } = this.writer(model, real);
    const bucket = bucketAt(tx, this.path);
    const twin = modelAt(root, this.path);
    expect(bucket === undefined).toBe(twin === undefined);
    // The root bucket holds buckets only.
    if (bucket === undefined || twin === undefined || this.path.length === 0) return;
    bucket.fillPercent = this.fill;
    for (const [key, length] of this.rows) {
      const value = "v".repeat(length);
      if (typeof twin[key] === "object") {
        expect(() => bucket.put(bytes(key), bytes(value))).toThrow("incompatible value");
        continue;
      }
      if (length % 2 === 0) bucket.append(bytes(key), bytes(value));
      else bucket.put(bytes(key), bytes(value));
      twin[key] = value;
    }
  }
  toString(): string {
    return `put(${this.path.join("/")}, ${JSON.stringify(this.rows)}, ${this.fill})`;
  }
}

class Delete extends Command {
  readonly path: Path;
  readonly keys: readonly string[];
  constructor(path: Path, keys: readonly string[]) {
    super();
    this.path = path;
    this.keys = keys;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { root, tx } = this.writer(model, real);
    const bucket = bucketAt(tx, this.path);
    const twin = modelAt(root, this.path);
    if (bucket === undefined || twin === undefined) return;
    for (const key of this.keys) {
      if (typeof twin[key] === "object") {
        expect(() => bucket.delete(bytes(key))).toThrow("incompatible value");
        continue;
      }
      bucket.delete(bytes(key));
      delete twin[key];
      expect(bucket.get(bytes(key))).toBeUndefined();
    }
  }
  toString(): string {
    return `delete(${this.path.join("/")}, ${JSON.stringify(this.keys)})`;
  }
}

/** Deletes about half of the rows from `from` on with a cursor. */
class Sweep extends Command {
  readonly path: Path;
  readonly from: string;
  readonly backwards: boolean;
  constructor(path: Path, from: string, backwards: boolean) {
    super();
    this.path = path;
    this.from = from;
    this.backwards = backwards;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { root, tx } = this.writer(model, real);
    const bucket = bucketAt(tx, this.path);
    const twin = modelAt(root, this.path);
    if (bucket === undefined || twin === undefined) return;
    const keys = Object.keys(twin).sort(byCode);
    const cursor = bucket.cursor();
    const start = keys.findIndex((key) => key >= this.from);
    const wanted = this.backwards
      ? (start < 0 ? keys : keys.slice(0, start + 1)).reverse()
      : start < 0
        ? []
        : keys.slice(start);
    let more = cursor.seek(bytes(this.from));
    if (!more && this.backwards) more = cursor.last();
    const seen: string[] = [];
    for (let i = 0; more; i++) {
      const key = text(cursor.key);
      seen.push(key);
      if (i % 2 === 0 && !cursor.isBucket) {
        cursor.delete();
        delete twin[key];
      }
      more = this.backwards ? cursor.prev() : cursor.next();
    }
    expect(seen).toEqual(wanted);
  }
  toString(): string {
    return `sweep(${this.path.join("/")}, ${JSON.stringify(this.from)}, ${this.backwards ? "back" : "on"})`;
  }
}

class MakeBucket extends Command {
  readonly path: Path;
  readonly name: string;
  constructor(path: Path, name: string) {
    super();
    this.path = path;
    this.name = name;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { root, tx } = this.writer(model, real);
    const parent = bucketAt(tx, this.path);
    const twin = modelAt(root, this.path);
    if (parent === undefined || twin === undefined) return;
    const there = twin[this.name];
    const make = (): Bucket => parent.createBucket(bytes(this.name));
    if (typeof there === "string") expect(make).toThrow("incompatible value");
    else if (there !== undefined) expect(make).toThrow("bucket already exists");
    else {
      make();
      twin[this.name] = {};
    }
  }
  toString(): string {
    return `makeBucket(${[...this.path, this.name].join("/")})`;
  }
}

class DropBucket extends Command {
  readonly path: Path;
  readonly name: string;
  constructor(path: Path, name: string) {
    super();
    this.path = path;
    this.name = name;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { root, tx } = this.writer(model, real);
    const parent = bucketAt(tx, this.path);
    const twin = modelAt(root, this.path);
    if (parent === undefined || twin === undefined) return;
    const there = twin[this.name];
    const drop = (): void => parent.deleteBucket(bytes(this.name));
    if (typeof there === "string") expect(drop).toThrow("incompatible value");
    else if (there === undefined) expect(drop).toThrow("bucket not found");
    else {
      drop();
      delete twin[this.name];
    }
  }
  toString(): string {
    return `dropBucket(${[...this.path, this.name].join("/")})`;
  }
}

class Commit extends Command {
  readonly wait: boolean;
  readonly later: boolean;
  constructor(wait: boolean, later: boolean) {
    super();
    this.wait = wait;
    this.later = later;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { root, tx } = this.writer(model, real);
    const durable = tx.commit(this.later);
    real.tx = undefined;
    model.committed = root;
    model.open = undefined;
    if (this.wait) await (this.later ? real.db.settled() : durable);
    const reader = real.db.begin(false);
    expect(dump(reader)).toEqual(model.committed);
    expect(reader.check()).toEqual([]);
    if (real.view === undefined) reader.rollback();
    else {
      real.view.rollback();
      real.view = reader;
    }
  }
  toString(): string {
    return `commit(${this.wait ? "wait" : "go on"}${this.later ? ", later" : ""})`;
  }
}

class Rollback extends Command {
  async run(model: Model, real: Real): Promise<void> {
    real.tx?.rollback();
    real.tx = undefined;
    model.open = undefined;
  }
  toString(): string {
    return "rollback";
  }
}

class OpenReader extends Command {
  async run(model: Model, real: Real): Promise<void> {
    if (real.readers.length < 3) {
      real.readers.push({ tx: real.db.begin(false), expected: structuredClone(model.committed) });
    }
  }
  toString(): string {
    return "openReader";
  }
}

class CloseReader extends Command {
  async run(_: Model, real: Real): Promise<void> {
    const reader = real.readers.shift();
    if (reader === undefined) return;
    expect(dump(reader.tx)).toEqual(reader.expected);
    reader.tx.rollback();
  }
  toString(): string {
    return "closeReader";
  }
}

class Compare extends Command {
  async run(model: Model, real: Real): Promise<void> {
    if (real.tx !== undefined) expect(dump(real.tx)).toEqual(model.open);
    for (const { tx, expected } of real.readers) expect(dump(tx)).toEqual(expected);
  }
  toString(): string {
    return "compare";
  }
}

class Reopen extends Command {
  async run(model: Model, real: Real): Promise<void> {
    real.tx?.rollback();
    real.tx = undefined;
    model.open = undefined;
    for (const { tx } of real.readers) tx.rollback();
    real.readers = [];
    const viewed = real.view !== undefined;
    real.view?.rollback();
    const before = real.db.stats();
    await real.db.close();
    real.db = Bolt.open(real.disk, "/db", real.options, testEnv());
    const after = real.db.stats();
    // What was free or about to be is free now: nothing leaks.
    expect(after.freePages).toBe(before.freePages + before.pendingPages);
    const reader = real.db.begin(false);
    expect(dump(reader)).toEqual(model.committed);
    expect(reader.check()).toEqual([]);
    reader.rollback();
    if (viewed) real.view = real.db.begin(false);
  }
  toString(): string {
    return "reopen";
  }
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { maxLength: 2 });
const inside = fc.array(name, { minLength: 1, maxLength: 3 });
const key = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }).map((n) => `k${String(n).padStart(4, "0")}`) },
  { weight: 1, arbitrary: name },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom("\0", "\x7f", "\xff", "k"), minLength: 1, maxLength: 40 }),
  },
);
const length = fc.oneof(
  { weight: 8, arbitrary: fc.nat(60) },
  { weight: 2, arbitrary: fc.nat(700) },
  { weight: 1, arbitrary: fc.nat(5000) },
);
const run = fc
  .tuple(fc.nat(400), fc.integer({ min: 1, max: 80 }), fc.nat(40))
  .map(([from, count, bytes]) =>
    Array.from({ length: count }, (_, i) => [`k${String(from + i).padStart(4, "0")}`, bytes] as const),
  );

const commands = [
  fc.tuple(path, name).map(([at, child]) => new MakeBucket(at, child)),
  fc
    .tuple(
      inside,
      fc.oneof(run, fc.array(fc.tuple(key, length), { minLength: 1, maxLength: 30 })),
      fc.constantFrom(0.1, 0.5, 0.9, 1),
    )
    .map(([at, rows, fill]) => new Put(at, rows, fill)),
  fc
    .tuple(
      inside,
      fc.oneof(
        run.map((rows) => rows.map(([k]) => k)),
        fc.array(key, { maxLength: 20 }),
      ),
    )
    .map(([at, keys]) => new Delete(at, keys)),
  fc.tuple(inside, key, fc.boolean()).map(([at, from, backwards]) => new Sweep(at, from, backwards)),
  fc.tuple(path, name).map(([at, child]) => new DropBucket(at, child)),
  fc.boolean().map((wait) => new Commit(wait, false)),
  fc.boolean().map((wait) => new Commit(wait, true)),
  fc.constant(new Rollback()),
  fc.constant(new OpenReader()),
  fc.constant(new CloseReader()),
  fc.constant(new Compare()),
  fc.constant(new Reopen()),
];

describe("bolt against a sorted map", () => {
  it.each([
    ["freelist rebuilt", { pageSize: 1024, cacheBytes: 16 * 1024 }, false],
    ["freelist rebuilt, with a reader of each state", { pageSize: 1024, cacheBytes: 0 }, true],
    ["freelist in the file", { pageSize: 1024, freelistSync: true }, false],
    ["etcd's page size", { pageSize: 4096 }, true],
  ] as const)("%s", async (_, options, viewed) => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: "max" }), async (list) => {
        const disk = new MemoryDisk();
        const db = Bolt.open(disk, "/db", options, testEnv());
        const view = viewed ? db.begin(false) : undefined;
        const real: Real = { disk, options, db, tx: undefined, readers: [], view };
        // Something to work on from the start: a bucket of several pages, one nested in it, an inline one.
        const first: Model = { committed: {}, open: undefined };
        for (const [at, child] of [
          [[], "a"],
          [["a"], "b"],
          [[], "b"],
        ] as const)
          await new MakeBucket(at, child).run(first, real);
        for (const [at, rows] of [
          [["a"], 150],
          [["a", "b"], 60],
          [["b"], 3],
        ] as const) {
          await new Put(
            at,
            Array.from({ length: rows }, (_, i) => [`k${String(i * 2).padStart(4, "0")}`, i % 50] as const),
            0.5,
          ).run(first, real);
        }
        await fc.asyncModelRun(() => ({ model: first, real }), list);
        const last: Model = { committed: currentOf(real), open: undefined };
        await new Reopen().run(last, real);
        await real.db.close();
      }),
      { numRuns: 120 },
    );
  });
});

describe("deep trees", () => {
  it("long keys make many levels; they grow and shrink in one transaction and in many", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(399), fc.nat(400), fc.boolean()), { minLength: 3, maxLength: 14 }),
        async (steps) => {
          const db = Bolt.open(new MemoryDisk(), "/db", { pageSize: 1024 }, testEnv());
          const twin = new Map<string, string>();
          const long = (n: number): string => `${String(n).padStart(4, "0")}${"k".repeat(220)}`;
          for (const [from, count, put] of [[0, 400, true] as const, ...steps]) {
            const tx = db.begin(true);
            const bucket = tx.createBucketIfNotExists("b");
            for (let i = from; i < Math.min(400, from + count); i++) {
              const key = long(i);
              if (put) {
                bucket.put(bytes(key), bytes(`${from}`));
                twin.set(key, `${from}`);
              } else {
                bucket.delete(bytes(key));
                twin.delete(key);
              }
              // A put among the deletes reaches into branches that are about to collapse.
              if (i % 90 === 0) bucket.put(bytes(`x${key}`), bytes(""));
              if (i % 90 === 0) twin.set(`x${key}`, "");
            }
            void tx.commit();
            const reader = db.begin(false);
            expect(reader.check()).toEqual([]);
            expect(dump(reader).b).toEqual(Object.fromEntries([...twin].sort(([a], [b]) => byCode(a, b))));
            reader.rollback();
          }
          await db.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});

function currentOf(real: Real): Dump {
  const reader = real.db.begin(false);
  const all = dump(reader);
  reader.rollback();
  return all;
}
