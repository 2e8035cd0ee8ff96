import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Disk, MemoryDisk } from "../disk/index.ts";
import { Bolt, type Bucket } from "./index.ts";
import { bytes, testEnv } from "./testing.ts";

// Files written by bbolt 1.5.0 from the same instructions that stand here: test/fixtures/bolt-1.5.0.
const fixtures = new URL("../../../test/fixtures/bolt-1.5.0/", import.meta.url);

function fixture(name: string): Uint8Array {
  return new Uint8Array(gunzipSync(readFileSync(new URL(`${name}.gz`, fixtures))));
}

function diskWith(file: Uint8Array): Disk {
  const disk = new MemoryDisk();
  const out = disk.open("/db", "create");
  out.writeSync([file], 0);
  out.close();
  return disk;
}

function contentOf(disk: Disk): Uint8Array {
  const file = disk.open("/db", "read");
  const content = new Uint8Array(file.size());
  file.readSync(content, 0);
  file.close();
  return content;
}

/** xorshift32, as in the generator of the fixtures. */
function random(seed: number): (bound: number) => number {
  let x = seed;
  return (bound) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x % bound;
  };
}

/** Twelve transactions: ascending keys and random ones in turn, some values over several pages. */
async function writeInserts(db: Bolt): Promise<void> {
  const below = random(1);
  for (let t = 0; t < 12; t++) {
    const tx = db.begin(true);
    const bucket = tx.createBucketIfNotExists("key");
    if (t % 2 === 0) bucket.fillPercent = 0.9;
    for (let i = 0; i < 60; i++) {
      const key = Buffer.alloc(8);
      key.writeUInt32BE(t % 2 === 0 ? t * 1000 + i : below(20_000), 4);
      const length = below(90) + (i % 50 === 49 ? 9000 : 0);
      bucket.put(key, new Uint8Array(length).fill(0x61 + t));
    }
    await tx.commit();
  }
}

/** All rows as the generator prints them. */
function lines(db: Bolt): string {
  const out: string[] = [];
  const walk = (bucket: Bucket, prefix: string): void => {
    bucket.forEach((key, value) => {
      if (value === undefined) {
        const child = bucket.bucket(key)!;
        const name = `${prefix}/${Buffer.from(key).toString()}`;
        out.push(`${name} seq=${child.sequence}`);
        walk(child, name);
        return;
      }
      let sum = 0;
      for (const byte of value) sum = (Math.imul(sum, 31) + byte) >>> 0;
      out.push(`${prefix} ${Buffer.from(key).toString("hex")} ${value.length} ${sum}`);
    });
  };
  const tx = db.begin(false);
  walk(tx.root, "");
  tx.rollback();
  return `${out.join("\n")}\n`;
}

describe("files of bbolt 1.5.0", () => {
  it("a new file is byte for byte bbolt's", async () => {
    const disk = new MemoryDisk();
    await Bolt.open(disk, "/db", {}, testEnv()).close();
    expect(Buffer.compare(contentOf(disk), fixture("initial.db"))).toBe(0);
  });

  it.each([
    ["inserts.db", false],
    ["inserts-freelist.db", true],
  ])("the same puts give the same bytes: %s", async (name, freelistSync) => {
    const disk = new MemoryDisk();
    const db = Bolt.open(disk, "/db", { freelistSync }, testEnv());
    await writeInserts(db);
    await db.close();
    const ours = contentOf(disk);
    const theirs = fixture(name);
    expect(ours.length).toBe(theirs.length);
    for (let page = 0; page * 4096 < theirs.length; page++) {
      const at = page * 4096;
      const equal = Buffer.compare(ours.subarray(at, at + 4096), theirs.subarray(at, at + 4096)) === 0;
      expect(equal, `page ${page}`).toBe(true);
    }
  });

  it.each([["nested.db"], ["nested8k.db"]])(
    "nested buckets, sequences, its page size, its freelist: %s",
    async (name) => {
      const disk = diskWith(fixture(name));
      const db = Bolt.open(disk, "/db", { freelistSync: true }, testEnv());
      expect(db.pageSize).toBe(name === "nested.db" ? 1024 : 8192);
      const expected = gunzipSync(readFileSync(new URL("nested.txt.gz", fixtures))).toString();
      expect(lines(db)).toBe(expected);
      const reader = db.begin(false);
      expect(reader.check()).toEqual([]);
      reader.rollback();

      // Written on, with and without a freelist in the file, it stays sound and loses nothing.
      for (const freelistSync of [true, false, true]) {
        await db.close();
        const again = Bolt.open(disk, "/db", { freelistSync }, testEnv());
        const tx = again.begin(true);
        tx.bucket("small")!.put(bytes("k0"), bytes("inline"));
        await tx.commit();
        const check = again.begin(false);
        expect(check.check()).toEqual([]);
        check.rollback();
        expect(lines(again)).toBe(expected);
        await again.close();
      }
    },
  );
});
