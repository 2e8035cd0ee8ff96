/**
 * The stories of the hpack-test-case collection: header blocks that other implementations encoded, in sequences that
 * build up a dynamic table. Each case is decoded and compared; then its headers are encoded by our own encoder, in the
 * same sequence with the same table sizes, and read back. A case passes when both agree.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type HeaderField, HpackDecoder, HpackEncoder } from "../../src/wire/http2/index.ts";

interface Case {
  readonly seqno: number;
  /** Hex. */
  readonly wire: string;
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** SETTINGS_HEADER_TABLE_SIZE in force from this case on. */
  readonly header_table_size?: number;
}

/** No story's list is near this; the limit is not what is tested here. */
const LIST_BYTES_MAX = 1024 * 1024;
/** What our encoder would use if it were allowed to: more than any story allows. */
const ENCODER_BYTES_MAX = 65536;

function sameFields(a: readonly HeaderField[], b: readonly HeaderField[]): boolean {
  return a.length === b.length && a.every(([name, value], i) => name === b[i]![0] && value === b[i]![1]);
}

function runStory(cases: readonly Case[], fail: (at: number, why: string) => void): number {
  const theirs = new HpackDecoder(LIST_BYTES_MAX);
  const encoder = new HpackEncoder(ENCODER_BYTES_MAX);
  const ours = new HpackDecoder(LIST_BYTES_MAX);
  let passed = 0;
  for (const [at, { wire, headers, header_table_size: tableBytes }] of cases.entries()) {
    if (tableBytes !== undefined) {
      theirs.setAllowedBytes(tableBytes);
      encoder.setPeerBytesMax(tableBytes);
      ours.setAllowedBytes(tableBytes);
    }
    // JSON holds text, the wire bytes: header values are latin1 to us.
    const expected = headers.flatMap((header) =>
      Object.entries(header).map(([name, value]): HeaderField => [name, Buffer.from(value, "utf8").toString("latin1")]),
    );
    try {
      const block = Buffer.from(wire, "hex");
      if (!sameFields(theirs.decode(block, 0, block.length).fields, expected)) {
        fail(at, "decoded headers differ");
        continue;
      }
      const encoded = encoder.encode(expected);
      if (!sameFields(ours.decode(encoded, 0, encoded.length).fields, expected)) {
        fail(at, "headers of our own encoding differ");
        continue;
      }
      passed++;
    } catch (error) {
      fail(at, String(error));
    }
  }
  return passed;
}

export async function run(args: string[]): Promise<{ passed: number; failed: number }> {
  const root = join(process.env.QUORATE_CONFORMANCE ?? "../shared/conformance", "hpack");
  if (!existsSync(root)) {
    console.log(`hpack: skipped, no ${root}`);
    return { passed: 0, failed: 0 };
  }
  let passed = 0;
  let failed = 0;
  for (const collection of readdirSync(root).sort()) {
    const directory = join(root, collection);
    if (!statSync(directory).isDirectory()) continue;
    if (args.length > 0 && !args.includes(collection)) continue;
    for (const file of readdirSync(directory).sort()) {
      if (!file.endsWith(".json")) continue;
      const story = JSON.parse(readFileSync(join(directory, file), "utf8")) as { cases: Case[] };
      passed += runStory(story.cases, (at, why) => {
        failed++;
        console.log(`${collection}/${file} case ${at}: ${why}`);
      });
    }
  }
  return { passed, failed };
}
