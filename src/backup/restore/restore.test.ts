import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type Env,
  hexId,
  keyString,
  lineLogger,
  ManualTime,
  nullMetrics,
  SeededRandom,
  silentLogger,
  utf8,
} from "../../base/index.ts";
import { runMember, type TestMember } from "../../server/testing/run-member.ts";
import { type Disk, FaultDisk, failFrom, MemoryDisk } from "../../storage/disk/index.ts";
import { openStore } from "../../storage/store/index.ts";
import { Snapshotter, Wal, type WalSnapshot } from "../../storage/wal/index.ts";
import { keyValue, rpc } from "../../wire/proto/index.ts";
import { type RestoreOptions, restoreSnapshot } from "./index.ts";

const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();
const sha256 = (): { update(bytes: Uint8Array): void; digest(): Uint8Array } => {
  const sum = createHash("sha256");
  return { update: (bytes) => void sum.update(bytes), digest: () => sum.digest() };
};
const newCluster = new Map([["default", ["http://new.example:2380"]]]);
const often = { snapshotCount: 10, snapshotCatchUpEntries: 5 } as const;

function newEnv(time = new ManualTime()): Env {
  return { clock: time, scheduler: time, random: new SeededRandom(1), logger: silentLogger, metrics: nullMetrics };
}

/** Runs `work` on a clock of its own until it is done. */
async function timed<T>(work: (env: Env) => Promise<T>): Promise<T> {
  const time = new ManualTime();
  let done = false;
  const result = work(newEnv(time)).finally(() => {
    done = true;
  });
  result.catch(() => {});
  while (!done) {
    time.endTurn();
    time.advance(10);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return result;
}

async function puts(test: TestMember, count: number, prefix = "k"): Promise<void> {
  for (let i = 0; i < count; i++) {
    await test.settle(test.member.put(rpc.createPutRequest({ key: utf8(`${prefix}${i}`), value: utf8(`${i}`) })));
  }
}

function currentValue(test: TestMember, key: string): string | undefined {
  const kv = test.member.range(rpc.createRangeRequest({ key: utf8(key) })).kvs[0];
  return kv === undefined ? undefined : keyString(keyValue.valueBytesOf(kv));
}

/** A snapshot of `test` as a client takes it, at `path` of `disk`. */
async function takeSnapshot(test: TestMember, disk: Disk, path: string, tail = true): Promise<void> {
  const source = await test.settle(test.member.snapshot());
  const sum = sha256();
  const file = disk.open(path, "createNew");
  let at = 0;
  for await (const chunk of source.chunks(64 * 1024)) {
    sum.update(chunk);
    file.writeSync([chunk], at);
    at += chunk.length;
  }
  source.close();
  if (tail) file.writeSync([sum.digest()], at);
  file.close();
}

/** A disk with the snapshot `/backup` of a member with a hundred keys and a lease, under the ids of the default cluster. */
async function backedUp(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const source = await runMember(new MemoryDisk(), often);
  await puts(source, 100);
  await source.settle(source.member.leaseGrant({ ID: 7n, TTL: 1000 }));
  await source.settle(source.member.put(rpc.createPutRequest({ key: utf8("leased"), lease: 7n })));
  await takeSnapshot(source, disk, "/backup");
  await source.stop();
  return disk;
}

function restore(disk: Disk, changes: Partial<RestoreOptions> = {}): Promise<void> {
  const options: RestoreOptions = {
    source: "/backup",
    name: "default",
    dataDir: "/data",
    initialCluster: newCluster,
    token: "another-token",
    sha1,
    sha256,
    ...changes,
  };
  return timed((env) => restoreSnapshot(options, disk, env));
}

/** Voters in the newest snapshot record of the log. */
function recordedVoters(disk: Disk): string[] {
  return Wal.validSnapshots(disk, "/data/member/wal").at(-1)!.confState!.voters.map(hexId);
}

/** What the server that took the voters from the database wrote: a `.snap` file and a record with the old cluster's. */
async function writeForeignSnapshot(disk: Disk, voters: bigint[], learners: bigint[] = []): Promise<void> {
  await timed(async (env) => {
    const snapshotter = new Snapshotter(disk, "/data/member/snap", env);
    const newest = Wal.validSnapshots(disk, "/data/member/wal").at(-1) as WalSnapshot;
    const { wal, hardState, entries } = Wal.open(disk, "/data/member/wal", { snapshot: newest }, env);
    const { index, term } = entries.find((entry) => entry.index === hardState.commit)!;
    const confState = { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false };
    await snapshotter.save({ data: new Uint8Array(0), metadata: { confState, index, term } });
    await wal.saveSnapshot({ index, term, confState });
    await wal.close();
  });
}

describe("a member on a restored directory", () => {
  for (const [what, changes] of [
    ["a new token", {}],
    ["the old ids", { token: "etcd-cluster", initialCluster: new Map([["default", ["http://localhost:2380"]]]) }],
    ["a new name", { name: "fresh", initialCluster: new Map([["fresh", ["http://new.example:2380"]]]) }],
    ["a raised revision", { bumpRevision: 1000 }],
  ] as const) {
    it(`lives on past raft snapshots, restarts and a second restore, with ${what}`, async () => {
      const disk = await backedUp();
      await restore(disk, changes);
      let test = await runMember(disk, often);
      const first = test.member.header().revision;
      expect(first).toBe("bumpRevision" in changes ? 1102 : 102);
      expect(currentValue(test, "k42")).toBe("42");
      const self = hexId(test.member.memberId);
      for (let round = 0; round < 3; round++) {
        await puts(test, 30, `round${round}/`);
        await test.stop();
        expect(recordedVoters(disk)).toEqual([self]);
        test = await runMember(disk, often);
        expect(currentValue(test, `round${round}/29`)).toBe("29");
      }
      expect(test.member.header().revision).toBe(first + 90);
      await puts(test, 1, "last");
      const { keys } = await test.settle(test.member.leaseTimeToLive({ ID: 7n, keys: true }));
      expect(keys.map(keyString)).toEqual(["leased"]);
      await takeSnapshot(test, disk, "/backup2");
      await test.stop();
      disk.removeTree("/data");
      await restore(disk, { source: "/backup2", token: "a-third-token" });
      test = await runMember(disk, often);
      await puts(test, 30, "again");
      await test.stop();
      test = await runMember(disk, often);
      expect(currentValue(test, "round2/29")).toBe("29");
      expect(hexId(test.member.memberId)).not.toBe(self);
      await test.stop();
    });
  }

  it("tells of every revision before a raised one that it is compacted", async () => {
    const disk = await backedUp();
    await restore(disk, { bumpRevision: 500 });
    const test = await runMember(disk, often);
    const at = (revision: number) => () => test.member.range(rpc.createRangeRequest({ key: utf8("k1"), revision }));
    expect(at(50)).toThrow("required revision has been compacted");
    expect(at(601)).toThrow("required revision has been compacted");
    expect(test.member.header().revision).toBe(602);
    expect(currentValue(test, "k1")).toBe("1");
    await test.stop();
  });

  for (const [what, voters, learners] of [
    ["the old cluster's voter", () => [0x8e9e05c52164694dn], []],
    ["three old voters, this one among them", (self: bigint) => [self, 0x11n, 0x12n], []],
    ["this one as a learner", () => [0x11n], "self"],
  ] as const) {
    it(`is healed when a raft snapshot names ${what}`, async () => {
      const disk = await backedUp();
      await restore(disk);
      let test = await runMember(disk, often);
      await puts(test, 5, "before");
      const self = test.member.memberId;
      await test.stop();
      await writeForeignSnapshot(disk, voters(self), learners === "self" ? [self] : []);

      const warnings: string[] = [];
      const logger = lineLogger((level, message) => level === "warn" && warnings.push(message));
      test = await runMember(disk, often, 1, logger);
      expect(warnings).toContain(
        "the newest raft snapshot names other voters than the applied log; starting with those of the applied log",
      );
      expect(currentValue(test, "before4")).toBe("4");
      // The first applied entry brings a sound record, whatever the snapshot count: etcd 3.6 and older tools read it.
      await puts(test, 1, "after");
      await test.stop();
      expect(recordedVoters(disk)).toEqual([hexId(self)]);
      warnings.length = 0;
      test = await runMember(disk, often, 1, logger);
      expect(warnings).toEqual([]);
      expect(currentValue(test, "after0")).toBe("0");
      await test.stop();
    });
  }

  it("leads alone with --force-new-cluster on a damaged directory, too", async () => {
    const disk = await backedUp();
    await restore(disk);
    let test = await runMember(disk, often);
    await puts(test, 5, "before");
    const self = test.member.memberId;
    await test.stop();
    await writeForeignSnapshot(disk, [0x11n, 0x12n]);
    test = await runMember(disk, { ...often, forceNewCluster: true });
    const { members } = await test.settle(test.member.memberList({ linearizable: true }));
    expect(members.map(({ ID }) => ID)).toEqual([self]);
    expect(currentValue(test, "before4")).toBe("4");
    await puts(test, 30, "after");
    await test.stop();
    expect(recordedVoters(disk)).toEqual([hexId(self)]);
  });

  it("never takes the voters of a raft snapshot from the database's row", async () => {
    const disk = await backedUp();
    await restore(disk);
    // As etcd's own etcdutl leaves it.
    await timed(async (env) => {
      const store = await openStore(disk, "/data/member/snap/db", {}, env);
      store.setConfState({
        voters: [0x8e9e05c52164694dn],
        learners: [],
        votersOutgoing: [],
        learnersNext: [],
        autoLeave: false,
      });
      await store.commit();
      await store.close();
    });
    let test = await runMember(disk, often);
    await puts(test, 50);
    const self = hexId(test.member.memberId);
    await test.stop();
    expect(recordedVoters(disk)).toEqual([self]);
    test = await runMember(disk, often);
    await test.stop();
    await timed(async (env) => {
      const store = await openStore(disk, "/data/member/snap/db", {}, env);
      expect(store.confState()?.voters.map(hexId)).toEqual([self]);
      await store.close();
    });
  });
});

describe("a directory whose database lists another cluster's members alone", () => {
  it("is refused in one line, since its member would wait for them for ever", async () => {
    const disk = await backedUp();
    await restore(disk);
    // As etcdctl 3.4 restores a snapshot of etcd 3.6: new log and `.snap`, but the old members where 3.6 keeps them.
    await timed(async (env) => {
      const store = await openStore(disk, "/data/member/snap/db", {}, env);
      const rows: [Uint8Array, Uint8Array][] = [];
      store.visit("members", new Uint8Array(0), undefined, (key, value) => {
        rows.push([key.slice(), value.slice()]);
      });
      for (const [key, value] of rows) {
        store.delete("members", key);
        store.put(
          "members",
          utf8("8e9e05c52164694d"),
          utf8(new TextDecoder().decode(value).replace(/"id":\d+/, '"id":10276657743932975437')),
        );
      }
      await store.commit();
      await store.close();
    });
    const before = contentOf(disk, "/data/member/snap/db");
    await expect(runMember(disk, often)).rejects.toThrow(/lists only members of another cluster \(8e9e05c52164694d\)/);
    expect(contentOf(disk, "/data/member/snap/db")).toEqual(before);
    // A second try is told the same: nothing holds the files, nothing was changed.
    await expect(runMember(disk, often)).rejects.toThrow("restore the snapshot anew with etcdutl");
  });
});

describe("a restore", () => {
  it("refuses what is damaged, has no hash, or is there already, and says so in etcdutl's words", async () => {
    const disk = await backedUp();
    const file = disk.open("/backup", "write");
    const size = file.size();
    file.writeSync([new Uint8Array([0xff])], 5000);
    await expect(restore(disk)).rejects.toThrow("expected sha256 [");
    disk.removeTree("/data");
    file.truncate(size - 32);
    await expect(restore(disk)).rejects.toThrow("snapshot missing hash but --skip-hash-check=false");
    file.truncate(10);
    disk.removeTree("/data");
    await expect(restore(disk)).rejects.toThrow("seek /backup: invalid argument");
    file.close();
    await expect(restore(disk, { source: "/nothing" })).rejects.toThrow("open /nothing: no such file or directory");
    disk.makeDirectory("/data/member");
    await expect(restore(disk)).rejects.toThrow('data-dir "/data" not empty or could not be read');
    await expect(restore(disk, { dataDir: "/other", walDir: "/data" })).rejects.toThrow('wal-dir "/data" exists');
    await expect(restore(disk, { dataDir: "/other", name: "stranger" })).rejects.toThrow(
      `couldn't find local name "stranger"`,
    );
  });

  it("leaves nothing that starts when it is cut off, at whatever operation of the disk", async () => {
    const bytes = contentOf(await backedUp(), "/backup");
    const outcomes = { whole: 0, refused: 0, nothing: 0 };
    for (let operation = 1; outcomes.whole === 0; operation++) {
      const inner = new MemoryDisk({ crashable: true });
      const file = inner.open("/backup", "createNew");
      file.writeSync([bytes], 0);
      file.syncSync();
      file.close();
      inner.syncDirectory("/");
      const cut = await restore(new FaultDisk(inner, failFrom(operation, "Io"))).then(
        () => false,
        () => true,
      );
      const left = inner.crashClone({ keep: "none" });
      // Where not even the database is left, a member would begin a new cluster, as on any empty directory.
      if (left.stat("/data/member/snap/db") === undefined) {
        expect(cut).toBe(true);
        outcomes.nothing++;
      } else if (cut) {
        const started = await runMember(left, often).then(
          async (test) => {
            const value = currentValue(test, "k42");
            await test.stop();
            return value;
          },
          () => "refused",
        );
        // Everything may be there but the last step that makes it so for good.
        if (started !== "42") expect({ operation, started }).toEqual({ operation, started: "refused" });
        if (started === "refused") outcomes.refused++;
      } else {
        const test = await runMember(left, often);
        expect(currentValue(test, "k42")).toBe("42");
        await test.stop();
        outcomes.whole++;
      }
    }
    expect(outcomes.nothing).toBeGreaterThan(3);
    expect(outcomes.refused).toBeGreaterThan(3);
  });
});

function contentOf(disk: Disk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(file.size());
  file.readSync(bytes, 0);
  file.close();
  return bytes;
}
