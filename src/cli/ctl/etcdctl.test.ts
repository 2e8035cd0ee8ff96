import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StartedMember, startMember } from "../../node/index.ts";
import { runCommandLine } from "../command/testing.ts";
import { main } from "./main.ts";

interface Recorded {
  readonly args: readonly string[];
  readonly stdin?: string;
  /** Standard output, a byte a character. */
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

const fixture = fileURLToPath(new URL("../../../test/fixtures/etcdctl-3.7.1/commands.json", import.meta.url));
const recorded = JSON.parse(readFileSync(fixture, "utf8")) as Recorded[];

/** What differs between any two clusters: ids, ports, times, sizes. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/^\{"level".*\n/gm, ""],
  [/Usage:\n.*/s, ""],
  [
    /(lease|ID|id|Lease|Leader|leader|cluster_id|member_id|ClusterID|MemberID)("? ?: ?"?|\t)-?[0-9a-f]{9,}/g,
    "$1$2<id>",
  ],
  [/\b[0-9a-f]{16}\b/g, "<id>"],
  [/127\.0\.0\.1:\d+|localhost:2380/g, "<address>"],
  [/https?:\/\/<address>/g, "<url>"],
  [/[\d.]+(?:µs|Âµs|ms|s)(?=["\n])/g, "<time>"],
  [/remaining\(\d+s\)/g, "remaining(<time>)"],
  [/("ttl":|"TTL" : )\d+/g, "$1<time>"],
  [/("(?:dbSize|dbSizeInUse|raftIndex|raftAppliedIndex|raftTerm|raft_term)":)\d+/g, "$1<n>"],
  [/("(?:DBSize|DBSizeInUse|RaftIndex|RaftAppliedIndex|RaftTerm|Hash)" : )\d+/g, "$1<n>"],
  // endpoint status: sizes, percentage, term and indexes.
  [/\d+ kB, \d+ kB, \d+%, (.*?), \d+, \d+, \d+,/g, "<sizes>, $1, <n>,"],
  // Widths of a table's columns.
  [/(?:\xe2\x94\x80)+/g, "-"],
  [/ {2,}/g, " "],
];

function normal(text: string): string {
  return varying.reduce((now, [pattern, by]) => now.replace(pattern, by), text);
}

describe("etcdctl", () => {
  let member: StartedMember;
  let lease = "";

  beforeAll(async () => {
    member = await startMember();
  });
  afterAll(() => member.close());

  // One story: each command line finds what the ones before it left.
  for (const [i, expected] of recorded.entries()) {
    it(`${i}: ${expected.args.join(" ")}`, async () => {
      const args = expected.args.map((arg) => arg.replace("{lease}", lease));
      const got = await runCommandLine(
        main,
        [`--endpoints=${member.clientUrl.replace("http://", "")}`, ...args],
        expected.stdin,
      );
      lease = /^lease ([0-9a-f]{16}) granted with TTL\(100s\)\n$/.exec(got.out)?.[1] ?? lease;
      const protobuf = args.some((arg) => arg.includes("protobuf"));
      expect({
        out: protobuf ? "" : normal(got.out),
        err: normal(got.err).trimEnd(),
        code: got.code,
      }).toEqual({
        out: protobuf ? "" : normal(expected.out),
        err: normal(expected.err).trimEnd(),
        code: expected.code,
      });
    });
  }
});
