import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { raftpb } from "../../wire/proto/index.ts";
import { MemoryDisk } from "../disk/index.ts";
import {
  encodeSnapshotFile,
  membershipSnapshotData,
  readWal,
  Snapshotter,
  validSnapshotEntries,
  verifyWal,
  visitRecords,
  Wal,
} from "./index.ts";
import { plain, readFile, testEnv, writeFile } from "./test-helpers.ts";

/** What etcd 3.7.1 wrote; see test/fixtures/wal-3.7.1/README.md. */
const fixture = new URL("../../../test/fixtures/wal-3.7.1/", import.meta.url);
const NAME = "0000000000000000-0000000000000000.wal";
const SNAP = "0000000000000002-0000000000000015.snap";
const used = readFileSync(new URL(NAME, fixture));
const snap = readFileSync(new URL(SNAP, fixture));

interface Recorded {
  offset: number;
  type: "metadata" | "entry" | "state" | "crc" | "snapshot";
  crc: number;
  data?: string;
  entry?: { type: 0 | 1; term: number; index: number; data: string };
  state?: { term: number; vote: string; commit: number };
  snapshot?: { index: number; term: number; confState: { voters: string[]; autoLeave: boolean } | null };
}
const records: Recorded[] = JSON.parse(readFileSync(new URL("records.json", fixture), "utf8"));

function recordedEntries(after: number): raftpb.Entry[] {
  return records
    .filter(({ entry }) => entry !== undefined && entry.index > after)
    .map(({ entry }) => ({ ...entry!, data: Buffer.from(entry!.data, "hex") }));
}

function directory(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeDirectory("/member/snap");
  disk.makeDirectory("/member/wal");
  writeFile(disk, `/member/wal/${NAME}`, used, 64_000_000);
  writeFile(disk, `/member/snap/${SNAP}`, snap);
  return disk;
}

describe("a log that etcd 3.7.1 wrote", () => {
  it("reads record by record as it was decoded by other means", () => {
    const seen: { offset: number; type: string; crc: number }[] = [];
    const types = ["", "metadata", "entry", "state", "crc", "snapshot"];
    visitRecords(directory(), "/member/wal", ({ offset, type, crc }) => {
      seen.push({ offset, type: types[type]!, crc });
    });
    expect(seen).toEqual(records.map(({ offset, type, crc }) => ({ offset, type, crc })));
  });

  it("gives its entries from the beginning and from the snapshot", () => {
    const disk = directory();
    const last = records.filter((record) => record.state !== undefined).at(-1)!.state!;
    for (const start of [
      { index: 0, term: 0 },
      { index: 21, term: 2 },
    ]) {
      const content = readWal(disk, "/member/wal", start);
      expect(plain(content.entries)).toEqual(plain(recordedEntries(start.index)));
      expect(content.hardState).toEqual({ term: last.term, vote: BigInt(last.vote), commit: last.commit });
      expect(Buffer.from(content.metadata).toString("hex")).toBe(records[1]!.data);
      expect(verifyWal(disk, "/member/wal", start)).toEqual(content.hardState);
    }
    const code = (index: number, term: number): string => {
      try {
        readWal(disk, "/member/wal", { index, term });
      } catch (error) {
        return (error as { code: string }).code;
      }
      return "none";
    };
    expect(code(21, 3)).toBe("SnapshotMismatch");
    expect(code(20, 2)).toBe("SnapshotNotFound");
    expect(validSnapshotEntries(disk, "/member/wal").map(({ index, term }) => [index, term])).toEqual([
      [0, 0],
      [21, 2],
    ]);
  });

  it("is what we write for the same records, byte for byte", async () => {
    const disk = new MemoryDisk();
    disk.makeDirectory("/member");
    const wal = Wal.create(disk, "/member/wal", Buffer.from(records[1]!.data!, "hex"), testEnv());
    let entries: raftpb.Entry[] = [];
    for (const record of records.slice(3)) {
      if (record.entry !== undefined) entries.push({ ...record.entry, data: Buffer.from(record.entry.data, "hex") });
      if (record.state !== undefined) {
        const { term, vote, commit } = record.state;
        await wal.save({ term, vote: BigInt(vote), commit }, entries);
        entries = [];
      }
      if (record.snapshot !== undefined) {
        const { index, term, confState } = record.snapshot;
        await wal.saveSnapshot({
          index,
          term,
          confState: raftpb.createConfState({ voters: confState!.voters.map(BigInt), autoLeave: confState!.autoLeave }),
        });
      }
    }
    await wal.close();
    const written = readFile(disk, `/member/wal/${NAME}`);
    expect(written.length).toBe(64_000_000);
    expect(Buffer.from(written.subarray(0, used.length)).equals(used)).toBe(true);
    expect(written.subarray(used.length).every((byte) => byte === 0)).toBe(true);
  });

  it("is continued by us and reads whole afterwards", async () => {
    const disk = directory();
    const { wal, entries, hardState } = Wal.open(disk, "/member/wal", { snapshot: { index: 21, term: 2 } }, testEnv());
    const next = { type: 0 as const, term: 3, index: entries.at(-1)!.index + 1, data: Buffer.from("ours") };
    await wal.save({ ...hardState, commit: next.index }, [next]);
    await wal.close();
    const content = readWal(disk, "/member/wal", { index: 0, term: 0 });
    expect(plain(content.entries)).toEqual(plain([...recordedEntries(0), next]));
    expect(content.hardState.commit).toBe(next.index);
    expect(Buffer.from(readFile(disk, `/member/wal/${NAME}`).subarray(0, used.length)).equals(used)).toBe(true);
  });
});

describe("a snapshot that etcd 3.7.1 wrote", () => {
  const snapshotter = (): Snapshotter => new Snapshotter(directory(), "/member/snap", testEnv());
  const known = [
    { index: 0, term: 0 },
    { index: 21, term: 2 },
  ];

  it("loads, and is what we write for it", () => {
    const snapshot = snapshotter().loadNewestAvailable(known);
    expect(snapshot.metadata).toEqual({
      index: 21,
      term: 2,
      confState: raftpb.createConfState({ voters: [0xa821b2fcb451fb42n] }),
    });
    expect(Buffer.from(encodeSnapshotFile(snapshot)).equals(snap)).toBe(true);
  });

  it("holds the membership as we dump it", () => {
    const ours = membershipSnapshotData({
      members: [
        {
          id: 0xa821b2fcb451fb42n,
          name: "n1",
          peerURLs: ["http://127.0.0.1:31380"],
          clientURLs: ["http://127.0.0.1:31379"],
          isLearner: false,
        },
      ],
      removed: [0x3bcf4e3cb2317cfcn],
      clusterVersion: { major: 3, minor: 7, patch: 0, pre: "" },
    });
    const theirs = snapshotter().load().data;
    expect(Buffer.from(ours).toString()).toBe(Buffer.from(theirs).toString());
  });

  it("dumps nothing and much without breaking the ring", () => {
    const parse = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());
    const empty = parse(membershipSnapshotData({ members: [], removed: [], clusterVersion: undefined }));
    expect(empty.Root.Children["0"].Children).toEqual({});
    expect(empty.CurrentIndex).toBe(0);
    const removed = Array.from({ length: 1005 }, (_, i) => BigInt(i + 1));
    const member = { id: 7n, name: "<&>", peerURLs: ["http://a"], clientURLs: [], isLearner: true };
    const much = parse(membershipSnapshotData({ members: [member], removed, clusterVersion: undefined }));
    expect(much.Root.Children["0"].Children.members.Children["7"].Children.raftAttributes.Value).toBe(
      '{"peerURLs":["http://a"],"isLearner":true}',
    );
    const { Queue, StartIndex, LastIndex } = much.WatcherHub.EventHistory;
    expect([StartIndex, LastIndex, Queue.Size, Queue.Front, Queue.Back]).toEqual([7, 1006, 1000, 6, 6]);
    expect(Queue.Events[Queue.Front].node.modifiedIndex).toBe(StartIndex);
  });
});
