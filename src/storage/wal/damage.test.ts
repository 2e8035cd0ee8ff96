import { beforeAll, describe, expect, it } from "vitest";
import { below, SeededRandom } from "../../base/index.ts";
import { MemoryDisk } from "../disk/index.ts";
import { RecordDecoder } from "./decoder.ts";
import { isWalError, readWal, visitRecords, Wal } from "./index.ts";
import { entry, plain, readFile, state, testEnv, writeFile } from "./test-helpers.ts";
import { RecordType } from "./types.ts";

/**
 * The promise: a log that a crash cut short opens to a prefix of what was saved; a log that was damaged otherwise says so, with file
 * and offset. Never anything else.
 */
const NAME = "/wal/0000000000000000-0000000000000000.wal";
const zero = { index: 0, term: 0 };
const options = { snapshot: zero, segmentBytes: 16_384 };

let used: Uint8Array;
let entries: string[];
/** For each entry, where its record starts and ends. */
let starts: number[];
let ends: number[];

beforeAll(async () => {
  const disk = new MemoryDisk();
  const wal = Wal.create(disk, "/wal", Buffer.from("metadata"), testEnv());
  const random = new SeededRandom(42);
  const all = [];
  for (let i = 1; i <= 40; i++) {
    // Small, large, and some that hold long runs of zeros, as values may.
    const data = new Uint8Array(below(random, i % 5 === 0 ? 1500 : 200));
    if (i % 3 !== 0) random.fill(data);
    all.push(entry(i, 1, data));
    await wal.save(state(1, i - 1), [all.at(-1)!]);
  }
  await wal.close();
  entries = plain(all);
  starts = [];
  ends = [];
  let end = 0;
  let afterEntry = false;
  visitRecords(disk, "/wal", ({ type, offset }) => {
    if (afterEntry) ends.push(offset);
    afterEntry = type === 2;
    if (afterEntry) starts.push(offset);
    end = offset;
  });
  const size = end + 40;
  used = readFile(disk, NAME).subarray(0, size);
  expect(ends).toHaveLength(40);
});

function open(bytes: Uint8Array, size: number, repair = false): { entries: string[]; disk: MemoryDisk } {
  const disk = new MemoryDisk();
  disk.makeDirectory("/wal");
  writeFile(disk, NAME, bytes, size);
  const opened = Wal.open(disk, "/wal", { ...options, repair }, testEnv());
  return { entries: plain(opened.entries), disk };
}

function expectPrefix(found: string[], atLeast: number): void {
  expect(found.length).toBeGreaterThanOrEqual(atLeast);
  expect(found).toEqual(entries.slice(0, found.length));
}

describe("a log cut at every byte of its last 4 KiB", () => {
  for (const [name, sizeOf] of [
    ["the file ends there", (cut: number) => cut],
    ["zeros follow", () => 16_384],
  ] as const) {
    it(`opens to a prefix or says how it is broken: ${name}`, () => {
      let torn = 0;
      let corrupt = 0;
      for (let cut = used.length - 4096; cut <= used.length; cut++) {
        const whole = ends.filter((end) => end <= cut).length;
        const bytes = used.subarray(0, cut);
        try {
          expectPrefix(open(bytes, sizeOf(cut)).entries, whole);
          continue;
        } catch (error) {
          if (!isWalError(error)) throw error;
          expect(error.path).toBe(NAME);
          expect(error.offset).toBeLessThan(cut);
          if (error.code !== "TornTail") {
            // A record cut inside a sector that then holds zeros: no disk does that, so it counts as damage.
            expect(error.code).toMatch(/^(CrcMismatch|Malformed)$/);
            expect(name).toBe("zeros follow");
            corrupt++;
            continue;
          }
        }
        torn++;
        const { entries: found, disk } = open(bytes, sizeOf(cut), true);
        expectPrefix(found, whole);
        expect(Buffer.from(readFile(disk, `${NAME}.broken`).subarray(0, cut)).equals(bytes)).toBe(true);
      }
      if (name === "zeros follow") expect(corrupt).toBeGreaterThan(0);
      expect(torn).toBeGreaterThan(500);
    });
  }

  it("a reader beside a writer just stops there", () => {
    for (let cut = used.length - 500; cut <= used.length; cut++) {
      const disk = new MemoryDisk();
      writeFile(disk, NAME.slice(4), used.subarray(0, cut));
      expectPrefix(plain(readWal(disk, "/", zero).entries), ends.filter((end) => end <= cut).length);
    }
  });

  it("goes on where the prefix ended", async () => {
    const cut = ends[35]! + 3;
    const disk = new MemoryDisk();
    disk.makeDirectory("/wal");
    writeFile(disk, NAME, used.subarray(0, cut), 16_384);
    const { wal, entries: found } = Wal.open(disk, "/wal", { ...options, repair: true }, testEnv());
    const next = entry(found.length + 1, 2, "more");
    await wal.save(state(2, 1), [next]);
    await wal.close();
    expect(plain(readWal(disk, "/wal", zero).entries)).toEqual([...plain(found), ...plain([next])]);
  });
});

describe("a torn write", () => {
  it("is known by a sector of zeros in the last record, wherever it lies", () => {
    // The last entry of chance bytes that spans three sectors.
    const at = entries.findLastIndex((text, i) => (i + 1) % 3 !== 0 && text.length > 2 * 1100);
    const start = starts[at]!;
    const end = ends[at]!;
    let sectors = 0;
    for (let sector = Math.ceil((start + 8) / 512) * 512; sector + 512 <= end; sector += 512) {
      sectors++;
      const bytes = used.slice(0, end);
      bytes.fill(0, sector, sector + 512);
      expect(() => open(bytes, 16_384)).toThrow(expect.objectContaining({ code: "TornTail", path: NAME }));
      expectPrefix(open(bytes, 16_384, true).entries, at);
    }
    expect(sectors).toBeGreaterThan(0);
  });

  it("that lost a length hides what follows, and what follows is wiped", async () => {
    const bytes = used.slice();
    bytes.fill(0, ends[37]!, ends[37]! + 8);
    const { entries: found, disk } = open(bytes, 16_384);
    expect(found).toHaveLength(38);
    expect(
      readFile(disk, NAME)
        .subarray(ends[37]!)
        .every((byte) => byte === 0),
    ).toBe(true);
  });

  it("is damage when it is not in the last segment", async () => {
    const disk = new MemoryDisk();
    const wal = Wal.create(disk, "/wal", Buffer.from("metadata"), testEnv(), { segmentBytes: 1200 });
    for (let i = 1; i <= 4; i++) await wal.save(state(1, i - 1), [entry(i, 1, new Uint8Array(1100).fill(i))]);
    await wal.close();
    expect(disk.list("/wal").length).toBeGreaterThan(2);
    const bytes = readFile(disk, NAME);
    bytes.fill(0, 512, 1024);
    writeFile(disk, NAME, bytes);
    expect(() => Wal.open(disk, "/wal", { ...options, repair: true }, testEnv())).toThrow(
      expect.objectContaining({ code: "CrcMismatch", path: NAME }),
    );
    expect(disk.list("/wal").some((name) => name.endsWith(".broken"))).toBe(false);
  });
});

describe("bits turned over", () => {
  /**
   * The checksum covers payloads. In the frame around them a length or a tag that changed breaks the record; a type that
   * changed shows unless the payload also reads as the other type. So: whatever opens is the log as saved but for the records hit,
   * and entries are never altered, only missing from the end.
   */
  it("open to a prefix or are told, never to other entries", () => {
    const random = new SeededRandom(7);
    const codes = new Map<string, number>();
    for (let round = 0; round < 3000; round++) {
      const bytes = used.slice();
      const bit = below(random, bytes.length * 8);
      bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7));
      let code = "opens";
      try {
        expectPrefix(open(bytes, 16_384).entries, 0);
      } catch (error) {
        if (!isWalError(error)) throw error;
        code = error.code;
      }
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(codes.get("CrcMismatch")).toBeGreaterThan(1500);
    // Values with a sector of zeros pass for torn writes, as etcd has it.
    expect(codes.get("TornTail")).toBeGreaterThan(100);
    // What opens had its bit in padding, in a length of zero to be, or in a crc record that nothing is compared with.
    expect(codes.get("opens") ?? 0).toBeLessThan(150);
  });

  it("in the length of a record are told from a torn write, so that no record is cut off for them", () => {
    for (const start of [starts[39]!, starts[20]!]) {
      for (let bit = 0; bit < 64; bit++) {
        const bytes = used.slice();
        const at = start + (bit >> 3);
        bytes[at] = bytes[at]! ^ (1 << (bit & 7));
        let found = 40;
        try {
          found = open(bytes, 16_384).entries.length;
        } catch (error) {
          expect(error).toMatchObject({ name: "WalError", path: NAME });
          expect(isWalError(error, "TornTail")).toBe(false);
        }
        // Bits 59 to 62 mean nothing.
        expect(found).toBe(40);
      }
    }
  });

  it("name the file and the offset of the record", () => {
    const bytes = used.slice();
    const inside = ends[20]! - 1 - 40;
    bytes[inside] = bytes[inside]! ^ 1;
    let thrown: unknown;
    try {
      open(bytes, 16_384, true);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ path: NAME });
    expect(String(thrown)).toContain(`in file '${NAME}' at position: `);
  });
});

describe("a reader that passes over entries", () => {
  /** What all records but entries were, or how it ended, where, and with what sum. */
  function told(bytes: Uint8Array, passEntries: boolean): string[] {
    const disk = new MemoryDisk();
    disk.makeDirectory("/wal");
    writeFile(disk, NAME, bytes, 16_384);
    const file = disk.open(NAME, "read");
    const decoder = new RecordDecoder([{ path: NAME, file }], passEntries);
    const out: string[] = [];
    try {
      for (let record = decoder.next(); record !== undefined; record = decoder.next()) {
        if (record.type === RecordType.Crc) decoder.chain(record);
        if (record.type !== RecordType.Entry) {
          out.push(`${record.type} ${record.crc} ${record.offset} ${Buffer.from(record.data).toString("hex")}`);
        }
      }
    } catch (error) {
      if (!isWalError(error)) throw error;
      out.push(`${error.code} ${error.offset} ${error.message}`);
    }
    out.push(`${decoder.offset} ${decoder.crc}`);
    file.close();
    return out;
  }

  it("finds the same damage at the same place", () => {
    const random = new SeededRandom(8);
    expect(told(used, true)).toEqual(told(used, false));
    for (let round = 0; round < 2000; round++) {
      const bytes = round % 4 === 0 ? used.slice(0, below(random, used.length)) : used.slice();
      const bit = below(random, bytes.length * 8 + 1);
      if (round % 4 !== 0) bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7));
      expect(told(bytes, true)).toEqual(told(bytes, false));
    }
  });
});

describe("any bytes at all", () => {
  it("are no log, and say so", () => {
    const random = new SeededRandom(3);
    for (let round = 0; round < 500; round++) {
      const bytes = new Uint8Array(below(random, 2000));
      random.fill(bytes);
      expect(() => open(bytes, 4096, true)).toThrow(expect.objectContaining({ name: "WalError" }));
    }
  });
});
