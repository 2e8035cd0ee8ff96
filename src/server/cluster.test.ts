import { describe, expect, it } from "vitest";
import { below, EtcdError, isEtcdError, keyString, SeededRandom, utf8 } from "../base/index.ts";
import { openStore } from "../storage/store/index.ts";
import { keyValue, kv, rpc } from "../wire/proto/index.ts";
import { TestCluster } from "./testing/run-cluster.ts";

const put = (key: string, value: string, more: Partial<rpc.PutRequest> = {}): rpc.PutRequest =>
  rpc.createPutRequest({ key: utf8(key), value: utf8(value), ...more });

function valueAt(cluster: TestCluster, at: number, key: string): string | undefined {
  const kv = cluster.get(at).range(rpc.createRangeRequest({ key: utf8(key) })).kvs[0];
  return kv === undefined ? undefined : keyString(keyValue.valueBytesOf(kv));
}

async function linearizable(cluster: TestCluster, at: number): Promise<void> {
  await cluster.settle(Promise.resolve(cluster.get(at).linearizable()));
}

/** The same keys everywhere: hash, and the revision it was taken at. */
async function expectEqual(cluster: TestCluster, limitMs = 30_000): Promise<void> {
  const running = cluster.members.flatMap(({ member }) => (member === undefined ? [] : [member]));
  await cluster.until(
    "all members have applied the same",
    () => new Set(running.map((member) => member.status().raftAppliedIndex)).size === 1,
    limitMs,
  );
  const hashes = await cluster.settle(Promise.all(running.map((member) => member.hashKv({ revision: 0 }))));
  for (const { hash, hashRevision, compactRevision } of hashes) {
    expect({ hash, hashRevision, compactRevision }).toEqual({
      hash: hashes[0]!.hash,
      hashRevision: hashes[0]!.hashRevision,
      compactRevision: hashes[0]!.compactRevision,
    });
  }
}

async function newLeader(cluster: TestCluster, not = -1): Promise<number> {
  await cluster.until("a leader", () => cluster.leader() >= 0 && cluster.leader() !== not);
  return cluster.leader();
}

describe("three members", () => {
  it("take writes at each of them, and read them at each", async () => {
    const cluster = await TestCluster.start(3);
    for (let at = 0; at < 3; at++) await cluster.settle(cluster.get(at).put(put(`k${at}`, `v${at}`)));
    for (let at = 0; at < 3; at++) {
      await linearizable(cluster, at);
      expect([0, 1, 2].map((i) => valueAt(cluster, at, `k${i}`))).toEqual(["v0", "v1", "v2"]);
    }
    const list = await cluster.settle(cluster.get(1).memberList({ linearizable: true }));
    expect(list.members.map(({ name, clientURLs }) => [name, clientURLs]).sort()).toEqual([
      ["m1", ["http://m1:2379"]],
      ["m2", ["http://m2:2379"]],
      ["m3", ["http://m3:2379"]],
    ]);
    expect(cluster.get(2).versions().cluster).toBe("3.7.0");
    await expectEqual(cluster);
    await cluster.stop();
    expect(cluster.time.pending).toBe(0);
  });

  it("go on without their leader, and take it back when it returns", async () => {
    const cluster = await TestCluster.start(3);
    const old = cluster.leader();
    await cluster.settle(cluster.get(old).put(put("before", "1")));
    cluster.kill(old);
    const next = await newLeader(cluster, old);
    await cluster.settle(cluster.get(next).put(put("after", "2")));
    await cluster.start(old);
    await linearizable(cluster, old);
    expect(valueAt(cluster, old, "before")).toBe("1");
    expect(valueAt(cluster, old, "after")).toBe("2");
    await expectEqual(cluster);
    await cluster.stop();
  });

  it("refuse writes and linearizable reads where there is no quorum, in etcd's words, and heal", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.settle(cluster.get(0).put(put("k", "old")));
    await expectEqual(cluster);
    const alone = cluster.leader();
    cluster.network.isolate(cluster.get(alone).memberId);
    const write = cluster.get(alone).put(put("k", "lost"));
    write.catch(() => {});
    const read = Promise.resolve(cluster.get(alone).linearizable());
    read.catch(() => {});
    const next = await newLeader(cluster, alone);
    await cluster.settle(cluster.get(next).put(put("k", "new")));
    expect(valueAt(cluster, alone, "k")).toBe("old");
    await expect(cluster.settle(write)).rejects.toThrow(/request timed out/);
    await expect(cluster.settle(read)).rejects.toThrow("etcdserver: request timed out");
    expect(cluster.get(alone).health().hasLeader).toBe(false);
    cluster.network.heal();
    await cluster.until("the leader is known again", () => cluster.get(alone).health().hasLeader);
    await linearizable(cluster, alone);
    expect(valueAt(cluster, alone, "k")).toBe("new");
    await expectEqual(cluster);
    await cluster.stop();
  });

  it("tell what came of a call while nobody led: never proposed, no leader to ask, or no answer", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.settle(cluster.get(0).leaseGrant({ ID: 7n, TTL: 600 }));
    await expectEqual(cluster);
    const alone = (cluster.leader() + 1) % 3;
    const member = cluster.get(alone);
    cluster.network.isolate(member.memberId);
    await cluster.until("it knows no leader", () => !member.health().hasLeader);
    const outcome = async (call: Promise<unknown>): Promise<string> => {
      const error = await call.catch((error: EtcdError) => error);
      return error instanceof EtcdError ? `${error.code} ${error.message}` : "OK";
    };
    const calls = {
      put: member.put(put("k", "v")),
      grant: member.leaseGrant({ ID: 8n, TTL: 10 }),
      update: member.memberUpdate(rpc.createMemberUpdateRequest({ ID: member.memberId, peerURLs: ["http://m9:2380"] })),
      renew: Promise.resolve(member.leaseRenew(7n)),
      timeToLive: member.leaseTimeToLive({ ID: 7n, keys: false }),
      promote: member.memberPromote({ ID: 5n }),
      read: Promise.resolve(member.linearizable()),
    };
    const outcomes = await cluster.settle(Promise.all(Object.values(calls).map(outcome)));
    const deadline = "4 context deadline exceeded";
    const nobody = "14 etcdserver: no leader";
    expect(Object.fromEntries(Object.keys(calls).map((name, i) => [name, outcomes[i]]))).toEqual({
      put: deadline,
      grant: deadline,
      update: deadline,
      renew: nobody,
      timeToLive: nobody,
      promote: nobody,
      read: "14 etcdserver: request timed out",
    });
    // What finds a leader in time is done all the same.
    const late = [
      member.put(put("late", "v")),
      member.memberUpdate(rpc.createMemberUpdateRequest({ ID: member.memberId, peerURLs: ["http://m8:2380"] })),
      member.leaseRenew(7n),
    ];
    await cluster.pass(2000);
    cluster.network.heal();
    await cluster.settle(Promise.all(late));
    const { members } = await cluster.settle(member.memberList({ linearizable: true }));
    expect(members.find(({ ID }) => ID === member.memberId)?.peerURLs).toEqual(["http://m8:2380"]);
    await cluster.stop();
  });

  it("renew at a leader that counts its time without asking the others, until it steps down", async () => {
    const cluster = await TestCluster.start(3, { fastLeaseKeepAlive: false });
    await cluster.settle(cluster.get(0).leaseGrant({ ID: 7n, TTL: 600 }));
    await cluster.pass(2000);
    const leader = cluster.get(cluster.leader());
    cluster.network.isolate(leader.memberId);
    expect(await cluster.settle(leader.leaseRenew(7n), 100)).toBe(600);
    await cluster.until("it steps down", () => !leader.isLeader());
    await expect(cluster.settle(leader.leaseRenew(7n))).rejects.toThrow("etcdserver: no leader");
    await cluster.stop();
  });

  it("hand leadership over when asked to, and when the leader stops", async () => {
    const cluster = await TestCluster.start(3);
    const first = cluster.leader();
    const target = (first + 1) % 3;
    await cluster.settle(cluster.get(first).moveLeader({ targetID: cluster.get(target).memberId }));
    await cluster.until("the target leads", () => cluster.leader() === target);
    await expect(cluster.settle(cluster.get(first).moveLeader({ targetID: 1n }))).rejects.toThrow("not leader");
    const term = cluster.get(first).term();
    const stopped = cluster.get(target);
    await cluster.settle(stopped.stop());
    cluster.members[target]!.member = undefined;
    const heir = await newLeader(cluster, target);
    expect(cluster.get(heir).term()).toBe(term + 1);
    await cluster.settle(cluster.get(heir).put(put("k", "v")));
    await cluster.stop();
  });

  it("renew leases and tell of them at each member; they expire by the leader's clock, also after a change", async () => {
    const cluster = await TestCluster.start(3);
    const { ID } = await cluster.settle(cluster.get(0).leaseGrant({ ID: 7n, TTL: 10 }));
    await cluster.settle(cluster.get(1).put(put("leased", "v", { lease: ID })));
    for (let at = 0; at < 3; at++) {
      expect(await cluster.settle(cluster.get(at).leaseRenew(ID))).toBe(10);
      const told = await cluster.settle(cluster.get(at).leaseTimeToLive({ ID, keys: true }));
      expect(told).toMatchObject({ ID, grantedTTL: 10 });
      expect(told.keys.map(keyString)).toEqual(["leased"]);
      expect((await cluster.settle(cluster.get(at).leaseTimeToLive({ ID: 9n, keys: false }))).TTL).toBe(-1);
      const unknown = cluster.settle(cluster.get(at).leaseRenew(9n));
      await expect(unknown).rejects.toSatisfy((error) => isEtcdError(error, "LeaseNotFound"));
    }
    await cluster.pass(6000);
    cluster.kill(cluster.leader());
    const next = await newLeader(cluster);
    // A new leader gives the whole TTL once more.
    await cluster.pass(6000);
    expect(valueAt(cluster, next, "leased")).toBe("v");
    await cluster.pass(8000);
    expect(valueAt(cluster, next, "leased")).toBeUndefined();
    await cluster.stop();
  });

  it("keep as few entries as they were told for one that is away, and send it a snapshot", async () => {
    const cluster = await TestCluster.start(3, { snapshotCount: 10, snapshotCatchUpEntries: 10 });
    const away = (cluster.leader() + 1) % 3;
    cluster.kill(away);
    for (let i = 0; i < 30; i++) await cluster.settle(cluster.get(cluster.leader()).put(put(`k${i}`, "v")));
    await cluster.start(away);
    await expectEqual(cluster);
    expect(cluster.network.snapshots).toBeGreaterThan(0);
    await cluster.stop();
  });

  it("send a snapshot under its true term though nothing was applied since the start", async () => {
    const cluster = await TestCluster.start(3, { snapshotCount: 5, snapshotCatchUpEntries: 1 });
    const leader = cluster.leader();
    const [away, other] = [(leader + 1) % 3, (leader + 2) % 3];
    cluster.kill(away);
    const { disk } = cluster.members[leader]!;
    const summedUp = () => {
      const applied = cluster.get(leader).status().raftAppliedIndex;
      const name = `${applied.toString(16).padStart(16, "0")}.snap`;
      return disk.list("/data/member/snap").some((file) => file.endsWith(name));
    };
    do {
      await cluster.settle(cluster.get(leader).put(put("k", "v")));
      await cluster.pass(20);
    } while (!summedUp());
    cluster.kill(other);
    cluster.kill(leader);
    cluster.network.faults.delayMs = 1;
    // What the leader holds is the snapshot and nothing after it; without the one that was away it can commit nothing.
    await Promise.all([cluster.start(leader), cluster.start(away)]);
    expect(cluster.network.snapshots).toBeGreaterThan(0);
    await cluster.settle(cluster.get(away).put(put("k", "after")));
    await expectEqual(cluster);
    await cluster.stop();
  });

  it("bring one that is far behind up by a snapshot, while it serves", async () => {
    const cluster = await TestCluster.start(3, { snapshotCatchUpEntries: 50 });
    const leader = cluster.leader();
    const behind = (leader + 1) % 3;
    const watched: number[] = [];
    cluster.network.isolate(cluster.get(behind).memberId);
    const stream = cluster.get(behind).watchHub.stream({
      writable: () => true,
      send: (reply) => {
        watched.push(...reply.events.map(() => reply.revision));
      },
    });
    stream.create({ key: "k", end: "l", startRevision: 0, prevKv: false, progressNotify: false, fragment: false });
    for (let round = 0; round < 30; round++) {
      await cluster.settle(
        Promise.all(Array.from({ length: 100 }, (_, i) => cluster.get(leader).put(put(`k${i}`, `${round}`)))),
      );
    }
    await cluster.settle(cluster.get(leader).leaseGrant({ ID: 5n, TTL: 100 }));
    await cluster.settle(cluster.get(leader).put(put("k0", "last", { lease: 5n })));
    cluster.network.heal();
    await cluster.until("caught up", () => valueAt(cluster, behind, "k0") === "last", 60_000);
    expect(cluster.network.snapshots).toBeGreaterThan(0);
    await expectEqual(cluster);
    await cluster.until("the watcher has every event", () => watched.length === 3001);
    // The snapshot is the member's own from now on: it survives, and can be built upon.
    await cluster.settle(cluster.get(behind).put(put("more", "x")));
    cluster.kill(behind);
    await cluster.start(behind);
    await expectEqual(cluster);
    expect(valueAt(cluster, behind, "more")).toBe("x");
    const leases = await cluster.settle(cluster.get(behind).leaseLeases());
    expect(leases.leases.map(({ ID }) => ID)).toEqual([5n]);
    await cluster.stop();
  });
});

describe("larger clusters", () => {
  for (const [size, lost] of [
    [5, 2],
    [7, 3],
  ] as const) {
    it(`${size} members survive any ${lost}, and not one more`, async () => {
      const cluster = await TestCluster.start(size);
      await cluster.settle(cluster.get(0).put(put("k", "1")));
      await expectEqual(cluster);
      for (let i = 0; i < lost; i++) cluster.kill(cluster.leader() >= 0 ? cluster.leader() : await newLeader(cluster));
      const leader = await newLeader(cluster);
      await cluster.settle(cluster.get(leader).put(put("k", "2")));
      await expectEqual(cluster);
      cluster.kill(leader);
      const left = cluster.members.findIndex(({ member }) => member !== undefined);
      await expect(cluster.settle(cluster.get(left).put(put("k", "3")))).rejects.toThrow("context deadline exceeded");
      expect(valueAt(cluster, left, "k")).toBe("2");
      await cluster.stop();
    });
  }
});

describe("members come and go", () => {
  it("a learner joins, follows, is promoted by any member; a removed member stops and says why", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.pass(6000);
    for (let i = 0; i < 20; i++) await cluster.settle(cluster.get(0).put(put(`k${i}`, "v")));
    const added = await cluster.settle(
      cluster.get(0).memberAdd(rpc.createMemberAddRequest({ peerURLs: ["http://m4:2380"], isLearner: true })),
    );
    const id = added.member!.ID;
    const initialCluster = new Map([1, 2, 3, 4].map((n) => [`m${n}`, [`http://m${n}:2380`]] as const));
    await cluster.start(3, { initialClusterState: "existing", initialCluster });
    expect(cluster.get(3).memberId).toBe(id);
    expect(cluster.get(3).health().isLearner).toBe(true);
    await cluster.until("the learner has the keys", () => valueAt(cluster, 3, "k19") === "v");
    const follower = (cluster.leader() + 1) % 3;
    const promoted = await cluster.settle(cluster.get(follower).memberPromote({ ID: id }));
    expect(promoted.members.find((member) => member.ID === id)?.isLearner).toBe(false);
    await cluster.pass(6000);
    await cluster.settle(cluster.get(3).put(put("by", "m4")));

    const leaving = (cluster.leader() + 1) % 3;
    const leavingId = cluster.get(leaving).memberId;
    await cluster.settle(cluster.get(cluster.leader()).memberRemove({ ID: leavingId }));
    await cluster.pass(3000);
    expect(String(cluster.members[leaving]!.fatal[0])).toContain("permanently removed from the cluster");
    cluster.members[leaving]!.member = undefined;
    await cluster.settle(cluster.get(cluster.leader()).put(put("without", "it")));
    await expectEqual(cluster);
    await cluster.stop();
  });

  it("the leader can be removed, too", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.pass(6000);
    const leader = cluster.leader();
    await cluster.settle(cluster.get(leader).memberRemove({ ID: cluster.get(leader).memberId }));
    await cluster.pass(3000);
    cluster.members[leader]!.member = undefined;
    const next = await newLeader(cluster, leader);
    await cluster.settle(cluster.get(next).put(put("k", "v")));
    await expectEqual(cluster);
    await cluster.stop();
  });

  it("one that lost its data may not start over under its old id; removed and added it comes back", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.pass(6000);
    await cluster.settle(cluster.get(0).put(put("k", "v")));
    const lost = (cluster.leader() + 1) % 3;
    const { memberId } = cluster.get(lost);
    cluster.kill(lost);
    cluster.wipe(lost);
    await expect(cluster.start(lost)).rejects.toThrow("has already been bootstrapped");
    const leader = cluster.get(cluster.leader());
    await cluster.settle(leader.memberRemove({ ID: memberId }));
    await cluster.settle(leader.memberAdd(rpc.createMemberAddRequest({ peerURLs: [cluster.members[lost]!.url] })));
    await cluster.start(lost, { initialClusterState: "existing" });
    expect(cluster.get(lost).memberId).not.toBe(memberId);
    await expectEqual(cluster);
    expect(valueAt(cluster, lost, "k")).toBe("v");
    await cluster.stop();
  });

  it("refuses members that do not fit the cluster", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.pass(6000);
    const four = new Map([1, 2, 3, 4].map((n) => [`m${n}`, [`http://m${n}:2380`]] as const));
    await expect(cluster.start(3, { initialClusterState: "existing", initialCluster: four })).rejects.toThrow(
      "error validating peerURLs: member count is unequal",
    );
    const leader = cluster.get(cluster.leader());
    const again = leader.memberAdd(rpc.createMemberAddRequest({ peerURLs: ["http://m1:2380"] }));
    await expect(cluster.settle(again)).rejects.toSatisfy((error) => isEtcdError(error, "PeerUrlExists"));
    await expect(cluster.settle(leader.memberRemove({ ID: 5n }))).rejects.toThrow("member not found");
    await cluster.stop();
  });

  it("one survivor makes a cluster of its own by force", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.settle(cluster.get(0).put(put("k", "v")));
    await expectEqual(cluster);
    await cluster.pass(1000);
    for (let at = 0; at < 3; at++) cluster.kill(at);
    await cluster.start(1, { forceNewCluster: true });
    const { members } = await cluster.settle(cluster.get(1).memberList({ linearizable: true }));
    expect(members.map(({ name }) => name)).toEqual(["m2"]);
    await cluster.settle(cluster.get(1).put(put("alone", "yes")));
    expect(valueAt(cluster, 1, "k")).toBe("v");
    await cluster.settle(cluster.get(1).stop());
    await cluster.start(1);
    expect(valueAt(cluster, 1, "alone")).toBe("yes");
    await cluster.stop();
  });
});

describe("what must not go unnoticed", () => {
  it("different keys under one revision raise CORRUPT, and reads and writes stop", async () => {
    const cluster = await TestCluster.start(3, { corruptCheckMs: 1000 });
    for (let i = 0; i < 10; i++) await cluster.settle(cluster.get(0).put(put(`k${i}`, "v")));
    await cluster.pass(5000);
    expect(cluster.get(0).health().alarms).toEqual([]);
    const bad = (cluster.leader() + 1) % 3;
    await cluster.settle(cluster.get(bad).stop());
    const { disk, life } = cluster.members[bad]!;
    const store = await openStore(disk, "/data/member/snap/db", {}, life.env);
    store.putRevision(5, 0, false, kv.encodeKeyValue(kv.createKeyValue({ key: utf8("k3"), value: utf8("other") })));
    await store.close();
    await cluster.start(bad);
    await cluster.until("the alarm", () => cluster.get(0).health().alarms.length > 0);
    expect(cluster.get(0).health().alarms).toEqual([
      { memberID: cluster.get(bad).memberId, alarm: rpc.AlarmType.CORRUPT },
    ]);
    await expect(cluster.settle(cluster.get(0).put(put("k", "v")))).rejects.toThrow("etcdserver: corrupt cluster");
    await cluster.stop();
  });

  it("a member with other keys than its peers does not serve when it is told to look first", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.settle(cluster.get(0).put(put("k", "v")));
    await expectEqual(cluster);
    const bad = (cluster.leader() + 1) % 3;
    await cluster.settle(cluster.get(bad).stop());
    const { disk, life } = cluster.members[bad]!;
    const store = await openStore(disk, "/data/member/snap/db", {}, life.env);
    store.putRevision(2, 0, false, kv.encodeKeyValue(kv.createKeyValue({ key: utf8("k"), value: utf8("other") })));
    await store.close();
    const started = cluster.start(bad, { initialCorruptCheck: true });
    await expect(started).rejects.toThrow("found data inconsistency with peers");
    cluster.members[bad]!.member = undefined;
    await cluster.stop();
  });

  it("a token made by one member is good at another, once word of it has come", async () => {
    const cluster = await TestCluster.start(3);
    const { auth } = cluster.get(0);
    const call = (method: string, request: unknown) => cluster.settle(auth.call(method, request, undefined));
    await call("UserAdd", rpc.createAuthUserAddRequest({ name: "root", password: "secret" }));
    await call("RoleAdd", rpc.createAuthRoleAddRequest({ name: "root" }));
    await call("UserGrantRole", rpc.createAuthUserGrantRoleRequest({ user: "root", role: "root" }));
    await call("AuthEnable", rpc.createAuthEnableRequest());
    await expectEqual(cluster);
    const leader = cluster.leader();
    const other = (leader + 1) % 3;
    cluster.network.isolate(cluster.get(other).memberId);
    const request = rpc.createAuthenticateRequest({ name: "root", password: "secret" });
    const { token } = (await cluster.settle(
      cluster.get(leader).auth.call("Authenticate", request, undefined),
    )) as rpc.AuthenticateResponse;
    const metadata = new Map([["token", token]]);
    const elsewhere = cluster.get(other).auth;
    const ready = elsewhere.ready(metadata);
    expect(ready).toBeInstanceOf(Promise);
    cluster.network.heal();
    await cluster.settle(ready!);
    expect(elsewhere.ready(metadata)).toBeUndefined();
    expect(elsewhere.principal(metadata, {})?.username).toBe("root");
    const invented = new Map([["token", "abcdefghijklmnop.999999"]]);
    await cluster.settle(elsewhere.ready(invented)!);
    expect(() => elsewhere.principal(invented, {})).toThrow("invalid auth token");
    await cluster.stop();
  });
});

describe("under faults", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`loses nothing acknowledged (seed ${seed})`, async () => {
      const random = new SeededRandom(seed);
      const cluster = await TestCluster.start(3, { snapshotCount: 200, snapshotCatchUpEntries: 50 }, seed);
      cluster.network.faults = { delayMs: below(random, 20), lose: () => below(random, 100) < 5 };
      const acknowledged: string[] = [];
      let down = -1;
      for (let step = 0; step < 60; step++) {
        const { member } = cluster.members[below(random, 3)]!;
        for (let i = 0; i < 10 && member !== undefined; i++) {
          const key = `k${step}-${i}`;
          member.put(put(key, "v")).then(
            () => acknowledged.push(key),
            () => {},
          );
        }
        await cluster.pass(below(random, 400));
        const dice = below(random, 10);
        if (dice === 0 && down < 0) {
          down = below(random, 3);
          cluster.kill(down);
        } else if (dice <= 2 && down >= 0) {
          cluster.network.heal();
          await cluster.start(down);
          down = -1;
        } else if (dice === 3 && down < 0) cluster.network.isolate(cluster.get(below(random, 3)).memberId);
        else if (dice === 4) cluster.network.heal();
      }
      cluster.network.heal();
      cluster.network.faults = { delayMs: 1, lose: () => false };
      if (down >= 0) await cluster.start(down);
      await newLeader(cluster);
      await cluster.settle(cluster.get(0).put(put("end", "x")));
      await expectEqual(cluster, 60_000);
      expect(acknowledged.length).toBeGreaterThan(100);
      expect(acknowledged.filter((key) => valueAt(cluster, 0, key) === undefined)).toEqual([]);
      await cluster.stop();
    });
  }
});
