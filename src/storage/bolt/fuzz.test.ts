import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { isDiskError, MemoryDisk } from "../disk/index.ts";
import { Bolt, isBoltError } from "./index.ts";
import { bytes, dump, testEnv } from "./testing.ts";

const pageSize = 1024;

async function sample(freelistSync: boolean): Promise<Uint8Array> {
  const disk = new MemoryDisk();
  const db = Bolt.open(disk, "/db", { pageSize, freelistSync }, testEnv());
  for (let t = 0; t < 8; t++) {
    const tx = db.begin(true);
    const bucket = tx.createBucketIfNotExists("key");
    for (let i = 0; i < 60; i++) bucket.put(bytes(`k${(i * 37 + t * 11) % 500}`), bytes("v".repeat((i * 7) % 90)));
    bucket.put(bytes("large"), bytes("x".repeat(4000)));
    tx.createBucketIfNotExists("inline").put(bytes("a"), bytes("b"));
    const nested = tx.createBucketIfNotExists("outer").createBucketIfNotExists(bytes("inner"));
    for (let i = 0; i < 40; i++) nested.put(bytes(`n${i}`), bytes("w".repeat(30)));
    await tx.commit();
  }
  await db.close();
  const file = disk.open("/db", "read");
  const content = new Uint8Array(file.size());
  file.readSync(content, 0);
  file.close();
  return content;
}

/** Opens a damaged file and does with it all there is to do: each step works or fails with a coded error. */
async function exercise(content: Uint8Array, freelistSync: boolean): Promise<void> {
  const disk = new MemoryDisk();
  const file = disk.open("/db", "create");
  file.writeSync([content], 0);
  file.close();
  const guard = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      if (!isBoltError(error) && !isDiskError(error)) throw error;
      if (isBoltError(error, "Corrupt")) expect(error.message).toContain("Restore this member from a snapshot");
    }
  };
  let db: Bolt | undefined;
  guard(() => {
    db = Bolt.open(disk, "/db", { pageSize, freelistSync }, testEnv());
  });
  if (db === undefined) return;
  const reader = db.begin(false);
  guard(() => void dump(reader));
  guard(() => void reader.check());
  guard(() => void reader.bucket("key")?.get(bytes("k77")));
  reader.rollback();
  const tx = db.begin(true);
  guard(() => {
    const bucket = tx.createBucketIfNotExists("key");
    for (let i = 0; i < 100; i++) bucket.delete(bytes(`k${i * 5}`));
    bucket.put(bytes("large"), bytes("small"));
    bucket.put(bytes("k7"), bytes("y".repeat(500)));
  });
  guard(() => {
    tx.deleteBucket("outer");
  });
  await tx.commit().catch((error: unknown) => {
    if (!isBoltError(error)) throw error;
  });
  await db.close();
}

describe("damage", () => {
  const samples = new Map<boolean, Uint8Array>();
  beforeAll(async () => {
    for (const freelistSync of [false, true]) samples.set(freelistSync, await sample(freelistSync));
  });

  it.each([[false], [true]])(
    "any bytes anywhere: a value or a coded error (freelist in the file: %s)",
    async (freelistSync) => {
      const base = samples.get(freelistSync)!;
      const pages = base.length / pageSize;
      const header = fc
        .tuple(fc.nat(pages - 1), fc.nat(63), fc.nat(255))
        .map(([p, at, byte]) => [p * pageSize + at, byte] as const);
      const anywhere = fc.tuple(fc.nat(base.length - 1), fc.nat(255));
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(header, anywhere), { minLength: 1, maxLength: 12 }), async (changes) => {
          const content = base.slice();
          for (const [at, byte] of changes) content[at] = byte;
          await exercise(content, freelistSync);
        }),
        { numRuns: 400 },
      );
    },
  );

  it("pages swapped, zeroed, repeated; files cut", async () => {
    const base = samples.get(false)!;
    const pages = base.length / pageSize;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("swap", "zero", "repeat", "cut"),
        fc.nat(pages - 1),
        fc.nat(pages - 1),
        async (kind, a, b) => {
          let content = base.slice();
          const page = (id: number): Uint8Array => base.slice(id * pageSize, (id + 1) * pageSize);
          if (kind === "swap") {
            content.set(page(a), b * pageSize);
            content.set(page(b), a * pageSize);
          } else if (kind === "zero") content.fill(0, a * pageSize, (a + 1) * pageSize);
          else if (kind === "repeat") content.set(page(a), b * pageSize);
          else content = content.slice(0, a * pageSize + b);
          await exercise(content, false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("a file that is something else is told apart from a damaged one, and left alone", () => {
    for (const content of [bytes("a text that somebody put here"), new Uint8Array(5000).fill(7)]) {
      const disk = new MemoryDisk();
      const file = disk.open("/db", "create");
      file.writeSync([content], 0);
      expect(() => Bolt.open(disk, "/db", {}, testEnv())).toThrow(/invalid database: \/db/);
      const after = new Uint8Array(content.length);
      file.readSync(after, 0);
      expect(Buffer.compare(after, content)).toBe(0);
      file.close();
    }
  });

  it("names the page and the way out", async () => {
    const content = samples.get(false)!.slice();
    const view = new DataView(content.buffer);
    const slot =
      Number(view.getBigUint64(16 + 48, true)) > Number(view.getBigUint64(pageSize + 16 + 48, true)) ? 0 : pageSize;
    const root = Number(view.getBigUint64(slot + 16 + 16, true));
    content.fill(0xff, root * pageSize + 16, root * pageSize + 40);
    const disk = new MemoryDisk();
    const file = disk.open("/db", "create");
    file.writeSync([content], 0);
    file.close();
    expect(() => Bolt.open(disk, "/db", {}, testEnv())).toThrow(
      `damaged database: /db: page ${root}: element 0 reaches outside of it. Restore this member from a snapshot`,
    );
  });
});
