import { describe, expect, it } from "vitest";
import { below, ManualTime, SeededRandom } from "../../base/index.ts";
import { isDiskError, MemoryDisk } from "../disk/index.ts";
import { decodeMeta, fnv1a } from "./format.ts";
import { Freelist } from "./freelist.ts";
import { Bolt, type BoltError, type BoltOptions, type Bucket } from "./index.ts";
import { bytes, dump, testEnv, text } from "./testing.ts";

function open(options: BoltOptions = {}, disk = new MemoryDisk()): { db: Bolt; disk: MemoryDisk } {
  return { db: Bolt.open(disk, "/db", options, testEnv()), disk };
}

async function update(db: Bolt, change: (bucket: Bucket) => void): Promise<void> {
  const tx = db.begin(true);
  change(tx.createBucketIfNotExists("b"));
  await tx.commit();
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as BoltError).code;
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return new Uint8Array(Buffer.concat(all));
}

function write(disk: MemoryDisk, path: string, content: Uint8Array): void {
  const file = disk.open(path, "create");
  file.truncate(0);
  file.writeSync([content], 0);
  file.close();
}

function read(disk: MemoryDisk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  const content = new Uint8Array(file.size());
  file.readSync(content, 0);
  file.close();
  return content;
}

describe("format", () => {
  it("FNV-1a of the published vectors", () => {
    // http://www.isthe.com/chongo/tech/comp/fnv/: offset basis, "a", "foobar".
    expect(fnv1a(bytes(""), 0, 0)).toBe(0xcbf29ce484222325n);
    expect(fnv1a(bytes("a"), 0, 1)).toBe(0xaf63dc4c8601ec8cn);
    expect(fnv1a(bytes("foobar"), 0, 6)).toBe(0x85944171f73967e8n);
  });

  it("each transaction writes the other meta page; the newer valid one counts", async () => {
    const { db, disk } = open();
    for (let i = 0; i < 3; i++) await update(db, (b) => b.put(bytes("k"), bytes(`${i}`)));
    await db.close();
    const content = read(disk, "/db");
    const meta = [0, 1].map((slot) => decodeMeta(content.subarray(slot * 4096, slot * 4096 + 4096)));
    expect(meta.map((m) => (m as { txid: number }).txid)).toEqual([4, 3]);
    // Damage the newer one: the older state is back.
    content[16 + 20]! ^= 1;
    write(disk, "/db", content);
    const again = Bolt.open(disk, "/db", {}, testEnv());
    const reader = again.begin(false);
    expect(dump(reader)).toEqual({ b: { k: "1" } });
    reader.rollback();
    await again.close();
  });

  it.each([1024, 4096, 16384, 65536])("finds page size %i in meta 1 when meta 0 is damaged", async (pageSize) => {
    const { db, disk } = open({ pageSize });
    for (let i = 0; i < 2; i++) await update(db, (b) => b.put(bytes("k"), bytes(`${i}`)));
    await db.close();
    const content = read(disk, "/db");
    content.fill(0, 0, 80);
    write(disk, "/db", content);
    const again = Bolt.open(disk, "/db", {}, testEnv());
    expect(again.pageSize).toBe(pageSize);
    await again.close();
  });

  it.each([
    [0, "Invalid"],
    [4, "VersionMismatch"],
    [56, "Checksum"],
  ])("both metas bad at byte %i: %s", async (at, code) => {
    const { db, disk } = open();
    await update(db, (b) => b.put(bytes("k"), bytes("v")));
    await db.close();
    const content = read(disk, "/db");
    content[16 + at]! ^= 0x40;
    content[4096 + 16 + at]! ^= 0x40;
    write(disk, "/db", content);
    expect(codeOf(() => Bolt.open(disk, "/db", {}, testEnv()))).toBe(code);
  });

  describe("commits that wait for a later one", () => {
    /** Leaves and branches that are in the file, whatever they hold. */
    const pagesIn = (disk: MemoryDisk): number => {
      const content = read(disk, "/db");
      let count = 0;
      for (let at = 2 * 1024; at < content.length; at += 1024) {
        if (content.subarray(at, at + 1024).some((byte) => byte !== 0)) count++;
      }
      return count;
    };
    const commit = (db: Bolt, value: string, later: boolean): Promise<void> => {
      const tx = db.begin(true);
      tx.createBucketIfNotExists("b").put(bytes("k"), bytes(value.repeat(300)));
      return tx.commit(later);
    };

    it("leave no page to be written that none of the states on the disk, and no reader, will need", async () => {
      const { db, disk } = open({ pageSize: 1024 });
      const view = db.begin(false);
      await commit(db, "0", false);
      const before = pagesIn(disk);
      for (let i = 1; i <= 20; i++) void commit(db, String(i % 10), true);
      await commit(db, "z", false);
      // The path to one leaf, from twenty-one commits.
      expect(pagesIn(disk) - before).toBeLessThanOrEqual(3);
      view.rollback();
      await db.close();
      const again = Bolt.open(disk, "/db", {}, testEnv());
      const reader = again.begin(false);
      expect(dump(reader)).toEqual({ b: { k: "z".repeat(300) } });
      expect(reader.check()).toEqual([]);
      reader.rollback();
      await again.close();
    });

    it.each([1, 2, 3, 4, 5, 6, 8, 10])("write what only a commit %i steps later gives up", async (steps) => {
      const { db, disk } = open({ pageSize: 1024 });
      const view = db.begin(false);
      void commit(db, "a", true);
      // The file has to grow for this one, and to be synced, before any page is written.
      const durable = commit(db, "long".repeat(100), false);
      for (let i = 0; i < steps; i++) await undefined;
      void commit(db, "c", true);
      await durable;
      const after = new MemoryDisk();
      write(after, "/db", read(disk, "/db"));
      const again = Bolt.open(after, "/db", {}, testEnv());
      const reader = again.begin(false);
      expect(dump(reader)).toEqual({ b: { k: "long".repeat(100 * 300) } });
      expect(reader.check()).toEqual([]);
      reader.rollback();
      await again.close();
      view.rollback();
      await db.close();
    });

    it("write what a reader of a state between them sees", async () => {
      const { db } = open({ pageSize: 1024, cacheBytes: 0 });
      let view = db.begin(false);
      const readers = new Map<string, ReturnType<Bolt["begin"]>>();
      for (const value of "abcdefgh") {
        void commit(db, value, true);
        // As the store does: a reader of the newest state is open at any time.
        const next = db.begin(false);
        view.rollback();
        view = next;
        if ("bef".includes(value)) readers.set(value, db.begin(false));
      }
      await commit(db, "z", false);
      for (const [value, reader] of readers) {
        expect(dump(reader)).toEqual({ b: { k: value.repeat(300) } });
        reader.rollback();
      }
      view.rollback();
      await db.close();
    });
  });

  it("grows by doubling to the allocation step, then a step at a time", async () => {
    const { db, disk } = open({ allocBytes: 1024 * 1024 });
    const sizes = new Set<number>();
    for (let i = 0; i < 40; i++) {
      await update(db, (b) => b.put(bytes(`k${i}`), new Uint8Array(60_000)));
      sizes.add(disk.stat("/db")!.size);
    }
    const [first, ...rest] = sizes;
    expect(first).toBe(128 * 1024);
    expect(rest.slice(0, 3)).toEqual([256 * 1024, 512 * 1024, 1024 * 1024]);
    expect(rest.at(-1)! % 4096).toBe(0);
    expect(sizes.size).toBeLessThan(8);
    await db.close();
  });

  it("stops at the size limit, and goes on after a rollback", async () => {
    const { db } = open({ maxBytes: 64 * 1024 });
    await update(db, (b) => b.put(bytes("k"), bytes("v")));
    await expect(update(db, (b) => b.put(bytes("big"), new Uint8Array(100_000)))).rejects.toThrow(
      "database reached maximum size",
    );
    await update(db, (b) => b.put(bytes("k"), bytes("w")));
    const reader = db.begin(false);
    expect(dump(reader)).toEqual({ b: { k: "w" } });
    expect(reader.check()).toEqual([]);
    reader.rollback();
    await db.close();
  });
});

describe("buckets", () => {
  it("refuses what bbolt refuses, in its words", async () => {
    const { db } = open();
    const tx = db.begin(true);
    const b = tx.createBucket("b");
    b.createBucket(bytes("in"));
    b.put(bytes("k"), bytes("v"));
    expect(() => b.put(bytes(""), bytes("v"))).toThrow("key required");
    expect(() => b.put(new Uint8Array(32769), bytes("v"))).toThrow("key too large");
    expect(() => b.put(bytes("in"), bytes("v"))).toThrow("incompatible value");
    expect(() => b.delete(bytes("in"))).toThrow("incompatible value");
    expect(() => b.createBucket(bytes(""))).toThrow("bucket name required");
    expect(() => tx.createBucket("b")).toThrow("bucket already exists");
    expect(() => b.createBucket(bytes("k"))).toThrow("incompatible value");
    expect(() => tx.deleteBucket("none")).toThrow("bucket not found");
    expect(() => b.deleteBucket(bytes("k"))).toThrow("incompatible value");
    expect(() => db.begin(true)).toThrow("a write transaction is already open");
    await tx.commit();
    expect(() => b.put(bytes("x"), bytes("v"))).toThrow("tx closed");
    expect(() => b.get(bytes("x"))).toThrow("tx closed");
    await expect(tx.commit()).rejects.toThrow("tx closed");
    const reader = db.begin(false);
    expect(() => reader.bucket("b")!.put(bytes("x"), bytes("v"))).toThrow("tx not writable");
    expect(() => reader.createBucket("x")).toThrow("tx not writable");
    await expect(reader.commit()).rejects.toThrow("tx not writable");
    reader.rollback();
    await db.close();
    expect(() => db.begin(false)).toThrow("database not open");
  });

  it("the longest key and a value of many pages come back", async () => {
    const { db, disk } = open();
    const key = new Uint8Array(32768).fill(0x6b);
    const value = new Uint8Array(3_000_000).map((_, i) => i % 251);
    await update(db, (b) => b.put(key, value));
    await db.close();
    const again = Bolt.open(disk, "/db", {}, testEnv());
    const reader = again.begin(false);
    expect(Buffer.compare(reader.bucket("b")!.get(key)!, value)).toBe(0);
    expect(reader.check()).toEqual([]);
    reader.rollback();
    await again.close();
  });

  it("a small bucket is inline, grows into pages and shrinks back", async () => {
    const { db } = open();
    const pagesInUse = async (): Promise<number> => {
      const { highWater, freePages, pendingPages } = db.stats();
      return highWater - freePages - pendingPages;
    };
    await update(db, (b) => b.put(bytes("k"), bytes("v")));
    const inline = await pagesInUse();
    // Header 16, element 16, key 1: 991 bytes of value make a quarter of a page.
    await update(db, (b) => b.put(bytes("k"), new Uint8Array(991)));
    expect(await pagesInUse()).toBe(inline);
    await update(db, (b) => b.put(bytes("k"), new Uint8Array(992)));
    expect(await pagesInUse()).toBe(inline + 1);
    await update(db, (b) => b.put(bytes("k"), bytes("v")));
    expect(await pagesInUse()).toBe(inline);
    // A bucket with a bucket in it is never inline.
    await update(db, (b) => void b.createBucket(bytes("nested")));
    expect(await pagesInUse()).toBe(inline + 1);
    await db.close();
  });

  it("sequences keep all 64 bits", async () => {
    const { db, disk } = open();
    await update(db, (b) => {
      expect(b.sequence).toBe(0n);
      expect(b.nextSequence()).toBe(1n);
      b.setSequence(2n ** 64n - 2n);
      expect(b.nextSequence()).toBe(2n ** 64n - 1n);
    });
    await db.close();
    const again = Bolt.open(disk, "/db", {}, testEnv());
    const reader = again.begin(false);
    expect(reader.bucket("b")!.sequence).toBe(2n ** 64n - 1n);
    reader.rollback();
    await again.close();
  });

  it("fill percent decides how full ascending keys leave the pages", async () => {
    const pages: number[] = [];
    for (const fill of [0.5, 0.9]) {
      const { db } = open();
      for (let t = 0; t < 20; t++) {
        await update(db, (b) => {
          b.fillPercent = fill;
          for (let i = 0; i < 100; i++) b.append(bytes(String(t * 100 + i).padStart(8, "0")), new Uint8Array(100));
        });
      }
      const { highWater, freePages, pendingPages } = db.stats();
      pages.push(highWater - freePages - pendingPages);
      await db.close();
    }
    expect(pages[0]! / pages[1]!).toBeGreaterThan(1.6);
  });
});

describe("cursors", () => {
  it("walk both ways over pages, and stay at the ends", async () => {
    const { db } = open({ pageSize: 1024 });
    const keys = Array.from({ length: 500 }, (_, i) => String(i * 2).padStart(6, "0"));
    await update(db, (b) => {
      for (const key of keys) b.put(bytes(key), bytes(key));
    });
    const reader = db.begin(false);
    const cursor = reader.bucket("b")!.cursor();
    const seen: string[] = [];
    for (let more = cursor.first(); more; more = cursor.next()) seen.push(text(cursor.key));
    expect(seen).toEqual(keys);
    expect(cursor.next()).toBe(false);
    // Still on the last one, so that prev gives the one before.
    expect(cursor.prev()).toBe(true);
    expect(text(cursor.key)).toBe(keys.at(-2));
    seen.length = 0;
    for (let more = cursor.last(); more; more = cursor.prev()) seen.push(text(cursor.key));
    expect(seen).toEqual([...keys].reverse());
    expect(cursor.next()).toBe(true);
    expect(text(cursor.key)).toBe(keys[1]);
    expect(cursor.seek(bytes("000501"))).toBe(true);
    expect(text(cursor.key)).toBe("000502");
    expect(text(cursor.value!)).toBe("000502");
    expect(cursor.seek(bytes("1"))).toBe(false);
    expect(cursor.prev()).toBe(true);
    expect(text(cursor.key)).toBe(keys.at(-1));
    reader.rollback();
    expect(() => cursor.next()).toThrow("tx closed");
    await db.close();
  });

  it("an empty bucket has no positions", async () => {
    const { db } = open();
    await update(db, () => {});
    const reader = db.begin(false);
    const cursor = reader.bucket("b")!.cursor();
    expect([cursor.first(), cursor.last(), cursor.seek(bytes("a"))]).toEqual([false, false, false]);
    reader.rollback();
    await db.close();
  });
});

describe("transactions", () => {
  it("a value stays what it was, whatever is written later", async () => {
    const { db } = open({ cacheBytes: 8192 });
    await update(db, (b) => {
      for (let i = 0; i < 100; i++) b.put(bytes(`k${i}`), bytes(`first ${i}`.repeat(10)));
    });
    const reader = db.begin(false);
    const held = Array.from({ length: 100 }, (_, i) => reader.bucket("b")!.get(bytes(`k${i}`))!);
    reader.rollback();
    for (let round = 0; round < 30; round++) {
      await update(db, (b) => {
        for (let i = 0; i < 100; i++) b.put(bytes(`k${i}`), bytes(`later ${round}`.repeat(20)));
      });
    }
    held.forEach((value, i) => {
      expect(text(value)).toBe(`first ${i}`.repeat(10));
    });
    await db.close();
  });

  it("an old reader keeps its state, and only the pages it needs", async () => {
    const { db } = open();
    await update(db, (b) => {
      for (let i = 0; i < 500; i++) b.put(bytes(`k${i}`), new Uint8Array(100).fill(1));
    });
    const reader = db.begin(false);
    const before = dump(reader);
    const sizes: number[] = [];
    for (let round = 0; round < 50; round++) {
      await update(db, (b) => {
        for (let i = 0; i < 500; i++) b.put(bytes(`k${i}`), new Uint8Array(100).fill(round));
      });
      sizes.push(db.stats().highWater);
    }
    expect(dump(reader)).toEqual(before);
    // Pages allocated and freed after the reader began are reused under it: the file does not grow on and on.
    expect(sizes.at(-1)).toBe(sizes[10]);
    reader.rollback();
    await db.begin(true).commit();
    expect(db.stats().pendingPages).toBeLessThan(10);
    await db.close();
  });

  it("the next writer starts on a commit that is not durable yet", async () => {
    const { db } = open();
    const first = db.begin(true);
    first.createBucket("b").put(bytes("k"), bytes("1"));
    const one = first.commit();
    const second = db.begin(true);
    expect(text(second.bucket("b")!.get(bytes("k"))!)).toBe("1");
    second.bucket("b")!.put(bytes("k"), bytes("2"));
    const two = second.commit();
    expect(db.stats().durableTxid).toBe(1);
    expect(db.stats().inFlight).toBe(2);
    const order: number[] = [];
    await Promise.all([two.then(() => order.push(2)), one.then(() => order.push(1))]);
    expect(order).toEqual([1, 2]);
    expect(db.stats().durableTxid).toBe(3);
    await db.close();
  });

  it("rows read one by one from much more than the cache holds take no memory, and stay what they were", async () => {
    const { db } = open({ cacheBytes: 32 * 1024 });
    const count = 20_000;
    const textOf = (i: number, round: number): string => `${i}-${round} `.repeat(i % 997 === 0 ? 3000 : 10);
    const fill = (round: number): Promise<void> =>
      update(db, (b) => {
        for (let i = round; i < count; i += round + 1) b.put(bytes(`k${i}`), bytes(textOf(i, round)));
      });
    await fill(0);
    const random = new SeededRandom(7);
    const held: [string, Uint8Array][] = [];
    for (let round = 1; round < 4; round++) {
      const reader = db.begin(false);
      const b = reader.bucket("b")!;
      for (let n = 0; n < 3000; n++) {
        const i = below(random, count);
        // What a round wrote: every (round + 1)-th from `round` on.
        let last = 0;
        for (let r = 1; r < round; r++) if (i >= r && (i - r) % (r + 1) === 0) last = r;
        held.push([textOf(i, last), b.get(bytes(`k${i}`))!]);
        expect(b.get(bytes(`k${i}x`))).toBeUndefined();
      }
      reader.rollback();
      // The branches of the tree and a long row may lie above it for a moment.
      expect(db.stats().cacheBytes).toBeLessThanOrEqual(64 * 1024);
      await fill(round);
    }
    for (const [expected, value] of held) expect(text(value)).toBe(expected);
    await db.close();
  });

  it("a row read again and again from more than the cache holds is soon read from memory", async () => {
    const { db } = open({ cacheBytes: 64 * 1024 });
    await update(db, (b) => {
      for (let i = 0; i < 5000; i++) b.put(bytes(`k${i}`), new Uint8Array(100));
    });
    const reader = db.begin(false);
    const b = reader.bucket("b")!;
    const random = new SeededRandom(3);
    for (let n = 0; n < 1000; n++) b.get(bytes(`k${below(random, 5000)}`));
    let missed = 0;
    for (let round = 0; round < 400; round++) {
      const { cacheMisses } = db.stats();
      b.get(bytes("k77"));
      missed += db.stats().cacheMisses - cacheMisses;
      for (let other = 0; other < 50; other++) b.get(bytes(`k${below(random, 5000)}`));
    }
    expect(missed).toBeLessThan(40);
    expect(db.stats().cacheMisses).toBeGreaterThan(400 * 30);
    reader.rollback();
    await db.close();
  });

  it.each([
    ["evenly spread", (i: number): number => i * 1000],
    ["crowded at the start", (i: number): number => i ** 3],
    ["crowded at the end", (i: number): number => 600 ** 3 - (600 - i) ** 3],
    ["in two crowds", (i: number): number => (i < 300 ? i : 2 ** 40 + i)],
  ])("keys that are %s are found, and those between them are not", async (_, number) => {
    const { db } = open({ pageSize: 1024 });
    const key = (n: number): Uint8Array => {
      const k = Buffer.alloc(9);
      k.writeBigUInt64BE(BigInt(n));
      return k;
    };
    await update(db, (b) => {
      for (let i = 0; i < 600; i++) b.put(key(number(i)), bytes(`${i}`.padEnd(40)));
    });
    const reader = db.begin(false);
    const b = reader.bucket("b")!;
    for (let i = 0; i < 600; i++) {
      // The second time by the ways that the first has remembered.
      for (let again = 0; again < 2; again++) expect(text(b.get(key(number(i)))!).trim()).toBe(`${i}`);
      const next = i < 599 ? number(i + 1) : number(i) + 2;
      if (next > number(i) + 1) expect(b.get(key(number(i) + 1))).toBeUndefined();
      expect(b.get(key(number(i)).subarray(0, 8))).toBeUndefined();
    }
    reader.rollback();
    await db.close();
  });

  it("a leaf that nobody asks for leaves the memory with its commit", async () => {
    const { db } = open();
    await update(db, (b) => {
      for (let i = 0; i < 5000; i++) b.put(bytes(`k${i}`), new Uint8Array(100));
    });
    expect(db.stats().dirtyBytes).toBe(0);
    expect(db.stats().cacheBytes).toBeLessThan(64 * 1024);
    const writer = db.begin(true);
    writer.bucket("b")!.put(bytes("k5"), bytes("new"));
    const done = writer.commit();
    const reader = db.begin(false);
    expect(text(reader.bucket("b")!.get(bytes("k5"))!)).toBe("new");
    await done;
    // Asked for meanwhile, so it stays.
    const { cacheMisses } = db.stats();
    expect(text(reader.bucket("b")!.get(bytes("k5"))!)).toBe("new");
    expect(db.stats().cacheMisses).toBe(cacheMisses);
    reader.rollback();
    await db.close();
  });

  it("a page cache far smaller than the file holds its limit", async () => {
    const { db } = open({ cacheBytes: 64 * 1024 });
    await update(db, (b) => {
      for (let i = 0; i < 20_000; i++) b.put(bytes(`k${i}`), new Uint8Array(50));
    });
    const reader = db.begin(false);
    let rows = 0;
    reader.bucket("b")!.forEach(() => {
      rows++;
    });
    expect(rows).toBe(20_000);
    expect(db.stats().cacheBytes).toBeLessThanOrEqual(64 * 1024 + 4096);
    expect(db.stats().cacheMisses).toBeGreaterThan(100);
    reader.rollback();
    await db.close();
  });
});

describe("snapshots", () => {
  it("are a whole database of one state, while writing goes on", async () => {
    const { db, disk } = open();
    for (let t = 0; t < 10; t++) {
      await update(db, (b) => {
        for (let i = 0; i < 200; i++) b.put(bytes(`k${i}`), bytes(`${t}`.repeat(50)));
      });
    }
    // The last commit is still on its way.
    const last = update(db, (b) => b.put(bytes("last"), bytes("1")));
    const reader = db.begin(false);
    const expected = dump(reader);
    const pieces: Uint8Array[] = [];
    for await (const chunk of reader.writeTo(10_000)) {
      pieces.push(chunk);
      expect(chunk.length).toBeLessThanOrEqual(10_000);
      await update(db, (b) => {
        for (let i = 0; i < 200; i++) b.put(bytes(`k${i}`), bytes(`changed ${pieces.length}`));
      });
    }
    await last;
    const image = Buffer.concat(pieces);
    expect(image.length).toBe(reader.size);
    const metas = [0, 1].map((slot) => decodeMeta(new Uint8Array(image.subarray(slot * 4096, (slot + 1) * 4096))));
    expect(metas.map((m) => (m as { txid: number }).txid)).toEqual([reader.id, reader.id - 1]);
    reader.rollback();
    write(disk, "/copy", image);
    const copy = Bolt.open(disk, "/copy", {}, testEnv());
    const tx = copy.begin(false);
    expect(dump(tx)).toEqual(expected);
    expect(tx.check()).toEqual([]);
    tx.rollback();
    await copy.close();
    await db.close();
  });

  it("end with an error when the reader was ended", async () => {
    const { db } = open();
    await update(db, (b) => b.put(bytes("k"), new Uint8Array(100_000)));
    const reader = db.begin(false);
    const chunks = reader.writeTo(4096);
    reader.rollback();
    await expect(collect(chunks)).rejects.toThrow("tx closed");
    await db.close();
  });
});

describe("opening", () => {
  it("locks: a second one is refused at once, or after its time", async () => {
    const disk = new MemoryDisk();
    const { db } = open({}, disk);
    try {
      open({}, disk);
      expect.unreachable();
    } catch (error) {
      expect(isDiskError(error, "Locked")).toBe(true);
    }
    const time = new ManualTime();
    const waiting = Bolt.openWithin(disk, "/db", {}, testEnv(time), 200);
    const outcome = expect(waiting).rejects.toThrow("timeout");
    await time.advanceAsync(300);
    await outcome;
    const patient = Bolt.openWithin(disk, "/db", {}, testEnv(time), 200);
    await time.advanceAsync(60);
    await db.close();
    await time.advanceAsync(60);
    await (await patient).close();
  });

  it("read only: beside a writer's lock, and nothing can be written", async () => {
    const { db, disk } = open();
    await update(db, (b) => b.put(bytes("k"), bytes("v")));
    const other = Bolt.open(disk, "/db", { readOnly: true }, testEnv());
    expect(() => other.begin(true)).toThrow("database is in read-only mode");
    const reader = other.begin(false);
    expect(reader.check()).toEqual([]);
    expect(dump(reader)).toEqual({ b: { k: "v" } });
    reader.rollback();
    await other.close();
    await db.close();
  });

  it("a file shorter than its high-water mark is damaged", async () => {
    const { db, disk } = open();
    await update(db, (b) => b.put(bytes("k"), new Uint8Array(50_000)));
    await db.close();
    write(disk, "/db", read(disk, "/db").slice(0, 20_000));
    expect(codeOf(() => Bolt.open(disk, "/db", {}, testEnv()))).toBe("Corrupt");
  });
});

describe("check", () => {
  async function damaged(change: (content: Uint8Array, page: (id: number) => DataView) => void): Promise<string[]> {
    const { db, disk } = open({ pageSize: 1024, freelistSync: true });
    for (let t = 0; t < 3; t++) {
      await update(db, (b) => {
        for (let i = 0; i < 60; i++) b.put(bytes(`k${String(i).padStart(3, "0")}`), new Uint8Array(60).fill(t));
      });
    }
    await db.close();
    const content = read(disk, "/db");
    change(content, (id) => new DataView(content.buffer, id * 1024, 1024));
    write(disk, "/db", content);
    // The freelist is in the file, so nothing is walked before the check.
    const again = Bolt.open(disk, "/db", { readOnly: true }, testEnv());
    const reader = again.begin(false);
    const faults = reader.check();
    reader.rollback();
    await again.close();
    return faults;
  }

  function pages(content: Uint8Array, flag: number): number[] {
    const found: number[] = [];
    const view = new DataView(content.buffer);
    for (let id = 2; id * 1024 < content.length; id++) if (view.getUint16(id * 1024 + 8, true) === flag) found.push(id);
    return found;
  }

  it("finds nothing in a sound file", async () => {
    expect(await damaged(() => {})).toEqual([]);
  });

  it("a page in use and free, one in neither", async () => {
    const faults = await damaged((content, page) => {
      const meta = [0, 1].map(
        (slot) => decodeMeta(content.subarray(slot * 1024, slot * 1024 + 1024)) as { txid: number; freelist: number },
      );
      const { freelist } = meta[0]!.txid > meta[1]!.txid ? meta[0]! : meta[1]!;
      const used = pages(content, 2).find((id) => {
        const list = page(freelist);
        for (let i = 0; i < list.getUint16(10, true); i++)
          if (Number(list.getBigUint64(16 + i * 8, true)) === id) return false;
        return true;
      })!;
      page(freelist).setBigUint64(16, BigInt(used), true);
    });
    expect(faults.some((fault) => /page \d+: reachable freed/.test(fault))).toBe(true);
    expect(faults.some((fault) => /page \d+: unreachable unfreed/.test(fault))).toBe(true);
  });

  it("a page held twice", async () => {
    const faults = await damaged((content, page) => {
      for (const id of pages(content, 1)) page(id).setBigUint64(16 + 16 + 8, page(id).getBigUint64(16 + 8, true), true);
    });
    expect(faults.some((fault) => /page \d+: multiple references \(stack: \[\d+ \d+/.test(fault))).toBe(true);
  });

  it("keys that leave what the branch above promises", async () => {
    const faults = await damaged((content, page) => {
      // The last key of every leaf becomes the greatest there is.
      for (const id of pages(content, 2)) {
        const view = page(id);
        const count = view.getUint16(10, true);
        if (count < 2) continue;
        const element = 16 + (count - 1) * 16;
        view.setUint8(element + view.getUint32(element + 4, true), 0xff);
      }
    });
    expect(faults.some((fault) => fault.includes("needs to be < than key of the next element in ancestor"))).toBe(true);
  });
});

describe("freelist", () => {
  it("gives out the lowest run that fits", () => {
    const list = new Freelist();
    list.load([3, 4, 6, 7, 8, ...Array.from({ length: 200 }, (_, i) => 20 + i)]);
    expect(list.allocate(1, 3)).toBe(6);
    expect(list.allocate(1, 1)).toBe(3);
    expect(list.allocate(1, 2)).toBe(20);
    expect(list.allocate(1, 100)).toBe(22);
    expect(list.allocate(1, 99)).toBe(0);
    expect(list.allocate(1, 98)).toBe(122);
    expect(list.allocate(1, 1)).toBe(4);
    expect(list.allocate(1, 1)).toBe(0);
    expect(list.freeCount).toBe(0);
  });

  it("releases what is durable and unseen", () => {
    const list = new Freelist();
    const freed: number[] = [];
    list.addReader(5);
    list.noteAllocated(7, 40);
    list.free(8, 40, 1);
    list.free(8, 30, 0);
    list.release(7, (id) => freed.push(id));
    expect(freed).toEqual([]);
    // 40 came after the reader, 30 may be in its tree.
    list.release(8, (id) => freed.push(id));
    expect(freed).toEqual([40, 41]);
    list.removeReader(5);
    list.release(8, (id) => freed.push(id));
    expect(freed).toEqual([40, 41, 30]);
    expect(() => list.free(9, 30, 0)).toThrow("a page was freed twice");
  });
});
