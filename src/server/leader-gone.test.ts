import { describe, expect, it } from "vitest";
import { EtcdError, ManualTime, nullMetrics, SeededRandom, silentLogger, utf8 } from "../base/index.ts";
import { isNotPrimary } from "../state/lease/index.ts";
import { keyValue, rpc } from "../wire/proto/index.ts";
import { LeaseService } from "./lease-service.ts";
import type { ServerMember } from "./member.ts";
import { TestCluster } from "./testing/run-cluster.ts";

/*
 * A leader goes while others wait for it. Elections take one to two seconds here; a proposal's time-out is seven, and nobody waits for it
 * once the next leader is known.
 */
const soonMs = 500;

const put = (key: string): rpc.PutRequest => rpc.createPutRequest({ key: utf8(key), value: utf8("v") });

function versionOf(member: ServerMember, key: string): number {
  const [found] = member.range(rpc.createRangeRequest({ key: utf8(key) })).kvs;
  return found === undefined ? 0 : keyValue.versionOf(found);
}

/** Isolates the leader as if it stood still; tells the others. */
function stallLeader(cluster: TestCluster): { leader: number; follower: ServerMember; other: ServerMember } {
  const leader = cluster.leader();
  cluster.network.stall(cluster.get(leader).memberId);
  return { leader, follower: cluster.get((leader + 1) % 3), other: cluster.get((leader + 2) % 3) };
}

async function nextLeader(cluster: TestCluster, old: number, follower: ServerMember): Promise<void> {
  const before = cluster.get(old).memberId;
  await cluster.until("a follower knows the next leader", () => ![0n, before].includes(follower.leader()));
}

describe("what was handed to a leader that is gone", () => {
  it("is proposed again to the next leader, once: every kind of request, by who follows it and by who is it", async () => {
    const cluster = await TestCluster.start(3);
    await cluster.pass(6000);
    const { leader, ...rest } = stallLeader(cluster);
    const both = Object.values(rest);
    const calls = both.flatMap((member, n) => [
      member.put(put(`p${n}`)),
      member.txn(rpc.createTxnRequest({ success: [{ request: { case: "requestPut", value: put(`t${n}`) } }] })),
      member.deleteRange(rpc.createDeleteRangeRequest({ key: utf8("d") })),
      member.leaseGrant({ ID: BigInt(n + 1), TTL: 60 }),
      member.compact({ revision: 1, physical: false }).catch((error: Error) => error.message),
      member.alarm(rpc.createAlarmRequest({ action: rpc.AlarmAction.GET })),
      member.auth.call("UserAdd", rpc.createAuthUserAddRequest({ name: `u${n}`, password: "p" }), undefined),
    ]);
    const { memberId } = both[0]!;
    calls.push(both[0]!.memberUpdate(rpc.createMemberUpdateRequest({ ID: memberId, peerURLs: ["http://m9:1"] })));
    await cluster.pass(100);
    for (const member of both) await nextLeader(cluster, leader, member);
    await cluster.settle(Promise.all(calls), soonMs);
    // The old leader comes back with whatever it has; nothing happens twice.
    cluster.network.heal();
    await cluster.pass(5000);
    for (const at of [0, 1, 2]) {
      const member = cluster.get(at);
      expect(["p0", "p1", "t0", "t1"].map((key) => versionOf(member, key))).toEqual([1, 1, 1, 1]);
      expect((await cluster.settle(member.leaseLeases())).leases).toHaveLength(2);
      const { members } = await cluster.settle(member.memberList({ linearizable: true }));
      expect(members.find(({ ID }) => ID === memberId)?.peerURLs).toEqual(["http://m9:1"]);
    }
    await cluster.stop();
  });

  it("is proposed again by the leader itself when its own log was overwritten", async () => {
    const cluster = await TestCluster.start(3);
    const { leader, follower, other } = stallLeader(cluster);
    const old = cluster.get(leader);
    const written = old.put(put("mine"));
    await nextLeader(cluster, leader, follower);
    await cluster.settle(other.put(put("theirs")));
    cluster.network.heal();
    await cluster.until("it follows", () => old.leader() !== 0n && old.leader() !== old.memberId);
    await cluster.settle(written, soonMs);
    for (const at of [0, 1, 2]) await cluster.settle(Promise.resolve(cluster.get(at).linearizable()));
    expect([0, 1, 2].map((at) => versionOf(cluster.get(at), "mine"))).toEqual([1, 1, 1]);
    await cluster.stop();
  });

  it("is of unknown outcome when a snapshot took the place of the log in which it may have been", async () => {
    const cluster = await TestCluster.start(3, { snapshotCount: 20, snapshotCatchUpEntries: 5 });
    await cluster.settle(cluster.get(cluster.leader()).put(put("first")));
    const leader = cluster.leader();
    const behind = cluster.get((leader + 1) % 3);
    await cluster.pass(200);
    const asked = cluster.time.monotonicMs();
    const outcome = behind.put(put("lost")).catch((error: Error) => error.message);
    // Raft has it, and what it sends comes nowhere.
    cluster.network.isolate(behind.memberId);
    await cluster.pass(50);
    for (let i = 0; i < 80; i++) await cluster.settle(cluster.get(leader).put(put(`k${i}`)));
    cluster.network.heal();
    expect(await cluster.settle(outcome)).toBe(
      "etcdserver: request timed out, possibly due to previous leader failure",
    );
    expect(cluster.network.snapshots).toBeGreaterThan(0);
    expect(cluster.time.monotonicMs() - asked).toBeLessThan(6000);
    await cluster.stop();
  });
});

describe("reads", () => {
  it("ask the next leader at once, and do not fail", async () => {
    const cluster = await TestCluster.start(3);
    const { leader, follower, other } = stallLeader(cluster);
    const reads = [follower, other].map((member) => Promise.resolve(member.linearizable()));
    await nextLeader(cluster, leader, follower);
    await nextLeader(cluster, leader, other);
    await cluster.settle(Promise.all(reads), 100);
    await cluster.stop();
  });
});

describe("what only the leader knows", () => {
  it("is asked of the next one as soon as there is one, and of the member itself when it is that one", async () => {
    const cluster = await TestCluster.start(3);
    for (let id = 1n; id <= 20n; id++) await cluster.settle(cluster.get(0).leaseGrant({ ID: id, TTL: 8 }));
    await cluster.pass(200);
    const { leader, follower, other } = stallLeader(cluster);
    const asked = [follower, other].flatMap((member) => [
      ...Array.from({ length: 20 }, (_, i) => member.leaseRenew(BigInt(i + 1))),
      member.leaseTimeToLive({ ID: 3n, keys: false }).then(({ TTL }) => (TTL >= 7 ? 8 : TTL)),
    ]);
    await nextLeader(cluster, leader, follower);
    await nextLeader(cluster, leader, other);
    expect(await cluster.settle(Promise.all(asked), soonMs)).toEqual(Array(42).fill(8));
    await cluster.stop();
  });

  it.each([
    ["that cannot ask a quorum", async () => Promise.reject(EtcdError.of("Timeout")), true],
    ["that was replaced", async () => {}, false],
  ])("is not told to other members by a leader that stood still %s", async (_, linearizable, isLeader) => {
    const time = new ManualTime();
    const env = {
      clock: time,
      scheduler: time,
      random: new SeededRandom(1),
      logger: silentLogger,
      metrics: nullMetrics,
    };
    const leadership = { certain: false, isLeader };
    const state = { lessor: { renew: () => 60 }, auth: {} };
    const core = { options: { leaseCheckpoint: false }, env, leadership, state, linearizable };
    const service = new LeaseService(core as never, {} as never);
    const error = await service.renewForPeer(7n).catch((thrown: unknown) => thrown);
    expect(isNotPrimary(error)).toBe(true);
    leadership.certain = true;
    expect(await service.renewForPeer(7n)).toBe(60);
    service.close();
  });
});

describe("a promotion by the leader", () => {
  async function withLearner(changes: object = {}): Promise<{ cluster: TestCluster; id: bigint }> {
    const cluster = await TestCluster.start(3, changes);
    await cluster.pass(6000);
    const added = await cluster.settle(
      cluster.get(0).memberAdd(rpc.createMemberAddRequest({ peerURLs: ["http://m4:2380"], isLearner: true })),
    );
    const initialCluster = new Map([1, 2, 3, 4].map((n) => [`m${n}`, [`http://m${n}:2380`]] as const));
    await cluster.start(3, { initialClusterState: "existing", initialCluster });
    await cluster.pass(6000);
    return { cluster, id: added.member!.ID };
  }

  it("is asked of the next one when the first is gone", async () => {
    const { cluster, id } = await withLearner();
    const { leader, follower } = stallLeader(cluster);
    const promoted = follower.memberPromote({ ID: id });
    await nextLeader(cluster, leader, follower);
    const { members } = await cluster.settle(promoted, 2000);
    expect(members.find((member) => member.ID === id)?.isLearner).toBe(false);
    await cluster.stop();
  });

  it.each([
    ["a password", { name: "root", password: "p" }, undefined],
    // As etcd's: no token for whoever has no password, so the leader cannot be told who asks.
    ["no password", { name: "root", options: { noPassword: true } }, "etcdserver: user name is empty"],
  ])("is asked for at once by a user named by certificate who has %s", async (_, user, refused) => {
    const { cluster, id } = await withLearner({ clientCertAuth: true });
    const leader = cluster.get(cluster.leader());
    const ask = (method: string, request: unknown) => cluster.settle(leader.auth.call(method, request, undefined));
    await ask("UserAdd", rpc.createAuthUserAddRequest(user));
    await ask("RoleAdd", rpc.createAuthRoleAddRequest({ name: "root" }));
    await ask("UserGrantRole", rpc.createAuthUserGrantRoleRequest({ user: "root", role: "root" }));
    await ask("AuthEnable", rpc.createAuthEnableRequest({}));
    await cluster.pass(100);
    const follower = cluster.get((cluster.leader() + 1) % 3);
    const by = follower.auth.principal({ get: () => undefined }, { commonName: "root" });
    const promoted = follower.memberPromote({ ID: id }, undefined, by);
    promoted.catch(() => {});
    if (refused === undefined) {
      const { members } = await cluster.settle(promoted, soonMs);
      expect(members.find((member) => member.ID === id)?.isLearner).toBe(false);
    } else await expect(cluster.settle(promoted, soonMs)).rejects.toThrow(refused);
    for (const [token, error] of [
      ["nobody.1", "etcdserver: invalid auth token"],
      ["", "etcdserver: invalid auth token"],
    ] as const) {
      const call = follower.memberPromote({ ID: id }, token);
      call.catch(() => {});
      await expect(cluster.settle(call, soonMs)).rejects.toThrow(error);
    }
    await cluster.stop();
  });
});
