import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../base/index.ts";
import { type Disk, MemoryDisk } from "../storage/disk/index.ts";
import { openStore, type Store } from "../storage/store/index.ts";
import { type Entry, readWal, Wal } from "../storage/wal/index.ts";
import { etcdserver, rpc } from "../wire/proto/index.ts";
import { api2Request } from "./foreign-format.ts";
import { runMember } from "./testing/run-member.ts";

const dataDir = "/data";
const wal = `${dataDir}/member/wal`;
const db = `${dataDir}/member/snap/db`;

/** What leaders up to 3.5 put into the log for a member's name and URLs. */
const oldRequest = etcdserver.encodeRequest(
  etcdserver.createRequest({
    ID: 7587883128327123458n,
    method: "PUT",
    path: "/0/members/2943212f5e2cf73/attributes",
    val: `{"name":"default","clientURLs":["http://127.0.0.1:2379"]}`,
  }),
);

/** A hash over every file below `path`, by name. */
function image(disk: Disk, path = dataDir): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of disk.list(path)) {
    const at = `${path}/${name}`;
    const stat = disk.stat(at)!;
    if (stat.directory) for (const [inner, bytes] of image(disk, at)) found.set(inner, bytes);
    else {
      const file = disk.open(at, "read");
      const bytes = new Uint8Array(stat.size);
      file.readSync(bytes, 0);
      file.close();
      found.set(at, createHash("sha256").update(bytes).digest("hex"));
    }
  }
  return found;
}

describe("a directory of another version", () => {
  let disk: MemoryDisk;
  let lastIndex: number;
  let env: Awaited<ReturnType<typeof runMember>>["env"];

  beforeEach(async () => {
    disk = new MemoryDisk();
    const first = await runMember(disk, { dataDir });
    ({ env } = first);
    await first.settle(first.member.put(rpc.createPutRequest({ key: utf8("a"), value: utf8("1") })));
    await first.stop();
  });

  async function changeStore(change: (store: Store) => void): Promise<void> {
    const store = await openStore(disk, db, {}, env);
    change(store);
    await store.commit();
    await store.close();
  }

  /** Appends entries as the member's own leader would have; they count as committed. */
  async function append(...datas: Uint8Array[]): Promise<void> {
    const start = { index: 0, term: 0 };
    const { entries, hardState } = readWal(disk, wal, start);
    lastIndex = entries.at(-1)!.index;
    const opened = Wal.open(disk, wal, { snapshot: start }, env);
    const added = datas.map((data, i): Entry => ({ type: 0, term: hardState.term, index: lastIndex + i + 1, data }));
    await opened.wal.save({ ...hardState, commit: lastIndex + datas.length }, added);
    await opened.wal.close();
  }

  /** What the next start says; undefined when it starts, and then it has kept what was written. */
  async function startAgain(): Promise<string | undefined> {
    let member: Awaited<ReturnType<typeof runMember>>;
    try {
      member = await runMember(disk, { dataDir });
    } catch (error) {
      return (error as Error).message;
    }
    expect(member.fatal).toEqual([]);
    expect(member.member.range(rpc.createRangeRequest({ key: utf8("a"), serializable: true })).count).toBe(1);
    await member.stop();
    return undefined;
  }

  const form = (): string =>
    `entry ${lastIndex + 1} of its log (PUT /0/members/2943212f5e2cf73/attributes) has a form that etcd 3.7 no longer reads`;
  const way = 'until it logs "updated storage version", then this version. Nothing in it was changed';

  const rid = 'Start etcd 3.5 on it with --snapshot-count=1 until it logs "saved snapshot", then etcd 3.6';

  it("of 3.4 is named, with the way, and left as it was", async () => {
    await append(oldRequest);
    await changeStore((store) => {
      store.setStorageVersion(undefined);
      store.delete("meta", utf8("term"));
    });
    const before = image(disk);
    expect(await startAgain()).toBe(`/data was written by etcd 3.4 or earlier: ${form()}. ${rid} ${way}`);
    expect(image(disk)).toEqual(before);
  });

  it("of 3.5 is named, with the way, and left as it was", async () => {
    await append(oldRequest);
    await changeStore((store) => store.setStorageVersion(undefined));
    const before = image(disk);
    expect(await startAgain()).toBe(`/data was written by etcd 3.5: ${form()}. Start etcd 3.6 on it ${way}`);
    expect(image(disk)).toEqual(before);
  });

  it("of 3.5 whose log has what 3.6 does not replay either has to make a snapshot first", async () => {
    const read = etcdserver.createRequest({ ID: 2n, method: "QGET", path: "/1/foo" });
    await append(oldRequest, etcdserver.encodeRequest(read));
    await changeStore((store) => store.setStorageVersion(undefined));
    expect(await startAgain()).toBe(`/data was written by etcd 3.5: ${form()}. ${rid} ${way}`);
  });

  it("of 2 has no database at all", async () => {
    await append(oldRequest);
    disk.remove(db);
    expect(await startAgain()).toBe(
      `/data was written by etcd 2: ${form()}. ${rid.replace("Start", "Start every minor version from etcd 3.0 to 3.4 on it, one after the other, then")} ${way}`,
    );
    expect(disk.stat(db)).toBeUndefined();
  });

  it("that 3.6 ran on has the effects of such entries in its store: it starts", async () => {
    await append(oldRequest);
    await changeStore((store) => {
      store.setStorageVersion("3.6.0");
      store.setConsistentIndex(lastIndex + 1, store.consistentIndex().term);
    });
    expect(await startAgain()).toBeUndefined();
  });

  it("without such entries starts, whoever wrote it", async () => {
    await changeStore((store) => store.setStorageVersion(undefined));
    expect(await startAgain()).toBeUndefined();
  });

  it("of a later version is refused before it is touched", async () => {
    await changeStore((store) => store.setStorageVersion("3.8.0"));
    const before = image(disk);
    expect(await startAgain()).toBe(
      'version "3.8.0" is not supported: /data was written by etcd 3.8, this is 3.7. ' +
        "Downgrade the cluster with the version that wrote it, or start that one. Nothing in it was changed",
    );
    expect(image(disk)).toEqual(before);
  });

  it("that somebody else has open is said to be in use", async () => {
    await append(oldRequest);
    await changeStore((store) => store.setStorageVersion(undefined));
    const lock = disk.lock(db);
    expect(await startAgain()).toMatch(/^lock \/data\/member\/snap\/db/);
    lock.release();
  });

  it("is not taken for old when it is damaged: an entry that is nothing at all", async () => {
    await append(Uint8Array.of(0x0f, 0xff, 0xff));
    await changeStore((store) => store.setStorageVersion(undefined));
    const member = await runMember(disk, { dataDir }).catch((error: unknown) => error as Error);
    const told = member instanceof Error ? member.message : String((member.fatal[0] as Error).message);
    expect(told).toMatch(
      new RegExp(`^entry ${lastIndex + 1} of the log holds no request that this version reads: proto: `),
    );
    if (!(member instanceof Error)) await member.stop();
  });

  it("is not taken for old when its database cannot be read", async () => {
    await append(oldRequest);
    const file = disk.open(db, "write");
    file.writeSync([new Uint8Array(8192).fill(0x55)], 0);
    file.close();
    expect(await startAgain()).not.toMatch(/was written by/);
  });
});

describe("api2Request", () => {
  it("knows the requests that old leaders proposed, and nothing else", () => {
    expect(api2Request(oldRequest)).toMatchObject({ method: "PUT", path: "/0/members/2943212f5e2cf73/attributes" });
    const sync = etcdserver.createRequest({ ID: 1n, method: "SYNC", time: 5 });
    expect(api2Request(etcdserver.encodeRequest(sync))).toMatchObject({ method: "SYNC" });
    for (const data of [new Uint8Array(0), Uint8Array.of(0x0f), oldRequest.subarray(0, 20), utf8("PUT /0/members")]) {
      expect(api2Request(data)).toBeUndefined();
    }
    // A put of key `PUT` with value `/`, as 3.7 writes it: the same field numbers mean other things.
    expect(api2Request(Uint8Array.of(0x22, 0x08, 0x0a, 3, 80, 85, 84, 0x12, 1, 47))).toBeUndefined();
  });
});
