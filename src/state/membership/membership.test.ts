import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type Env,
  ManualTime,
  nullMetrics,
  parseSemVer,
  SeededRandom,
  silentLogger,
  utf8String,
} from "../../base/index.ts";
import type { BucketName, Store } from "../../storage/store/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import {
  adoptIds,
  bootstrapCluster,
  clusterId,
  decodeChangeContext,
  decodeMembers,
  encodeChangeContext,
  encodeMember,
  encodeMembers,
  encodePromotion,
  formatInitialCluster,
  learnerReady,
  type Member,
  Membership,
  MembershipError,
  mayAdd,
  mayPromote,
  mayRemove,
  memberId,
  newMember,
  parseInitialCluster,
  parseURLs,
  type Sha1,
} from "./index.ts";

const sha1: Sha1 = (bytes) => createHash("sha1").update(bytes).digest();

const ADD = 0;
const REMOVE = 1;
const UPDATE = 2;
const LEARNER = 3;

function environment(): Env {
  const time = new ManualTime();
  return { clock: time, scheduler: time, random: new SeededRandom(1), logger: silentLogger, metrics: nullMetrics };
}

function member(id: bigint, changes: Partial<Member> = {}): Member {
  return { id, name: `m${id}`, peerURLs: [`http://h${id}:2380`], clientURLs: [], isLearner: false, ...changes };
}

function membership(store: Store = openMemoryStore(), server = "3.7.1", localId = 1n): Membership {
  const options = { localId, clusterId: 99n, maxLearners: 1, serverVersion: parseSemVer(server)! };
  return new Membership(store, options, environment());
}

function add(to: Membership, one: Member, type = one.isLearner ? LEARNER : ADD) {
  const change = { type, nodeId: one.id, context: encodeChangeContext(one) };
  const refusal = to.validate(change);
  if (refusal !== undefined) throw refusal;
  return to.apply(change);
}

function rows(store: Store, bucket: BucketName): Record<string, string> {
  const found: Record<string, string> = {};
  store.visit(bucket, new Uint8Array(0), undefined, (key, value) => {
    found[utf8String(key)] = utf8String(value);
  });
  return found;
}

describe("ids", () => {
  // Golden ids: etcd 3.7.1, server/etcdserver/api/membership/member_test.go, TestMemberTime.
  it.each([
    [["http://10.0.0.8:2379"], "", undefined, 14544069596553697298n],
    [["http://10.0.0.8:2379"], "", "1984-12-23T15:04:05Z", 2448790162483548276n],
    [["http://10.0.0.8:2379"], "etcd", "1984-12-23T15:04:05Z", 6973882743191604649n],
    [["http://10.0.0.1:2379"], "", "1984-12-23T15:04:05Z", 1466075294948436910n],
    [["http://10.0.0.1:2379", "http://10.0.0.2:2379"], "", undefined, 16552244735972308939n],
    [["http://10.0.0.2:2379", "http://10.0.0.1:2379"], "", undefined, 16552244735972308939n],
  ])("of %j, token %j, time %j", (urls, token, time, id) => {
    expect(memberId(sha1, urls, token, time === undefined ? undefined : Date.parse(time) / 1000)).toBe(id);
  });

  it("of members added at run time depend on the second", () => {
    const wallMs = Date.parse("1984-12-23T15:04:05Z") + 999;
    const added = newMember(sha1, ["http://10.0.0.8:2379"], wallMs, { isLearner: true });
    expect(added).toEqual({
      id: 2448790162483548276n,
      name: "",
      peerURLs: ["http://10.0.0.8:2379"],
      clientURLs: [],
      isLearner: true,
    });
  });

  it("of a cluster are those of a running etcd", () => {
    // Recorded from etcd 3.4.23 (`--initial-cluster-token tok`).
    const made = bootstrapCluster(sha1, parseInitialCluster("a=http://127.0.0.1:42380"), "tok");
    expect(made.members[0]?.id.toString(16)).toBe("30cf319feadb6b70");
    expect(made.clusterId.toString(16)).toBe("4b24f683ac4289a1");
    expect(clusterId(sha1, [2n, 1n])).toBe(clusterId(sha1, [1n, 2n]));
  });

  it("must differ", () => {
    const twice = new Map([
      ["a", ["http://h:1"]],
      ["b", ["http://h:1"]],
    ]);
    expect(() => bootstrapCluster(sha1, twice, "tok")).toThrow("member exists with identical ID");
  });
});

describe("JSON", () => {
  // Recorded from the buckets and the log of etcd 3.7.1; the first member's name is m<&>1.
  const started =
    '{"id":4627081221937520288,"peerURLs":["http://127.0.0.1:23801"],' +
    '"name":"m\\u003c\\u0026\\u003e1","clientURLs":["http://127.0.0.1:23790"]}';
  const learner = '{"id":16610304359250258502,"peerURLs":["http://127.0.0.1:23803"],"isLearner":true}';

  it("reads and writes etcd's members with all 64 bits of their ids", () => {
    const [first, second] = decodeMembers(`[${started},${learner}]`);
    expect(first).toEqual({
      id: 4627081221937520288n,
      name: "m<&>1",
      peerURLs: ["http://127.0.0.1:23801"],
      clientURLs: ["http://127.0.0.1:23790"],
      isLearner: false,
    });
    expect(second?.isLearner).toBe(true);
    expect(encodeMember(first!)).toBe(started);
    expect(encodeMember(second!)).toBe(learner);
    expect(encodeMembers([first!, second!])).toBe(`[${started},${learner}]`);
    expect(decodeMembers("null")).toEqual([]);
  });

  it("reads and writes the contexts of changes", () => {
    const promotion = encodePromotion(16610304359250258502n);
    expect(utf8String(promotion)).toBe('{"id":16610304359250258502,"peerURLs":null,"isPromote":true}');
    expect(decodeChangeContext(promotion)).toMatchObject({ isPromote: true, member: { peerURLs: [] } });
    const addition = Buffer.from('{"id":7,"peerURLs":["http://h:1"],"isLearner":true,"isPromote":false}');
    expect(decodeChangeContext(addition)).toEqual({
      isPromote: false,
      member: { id: 7n, name: "", peerURLs: ["http://h:1"], clientURLs: [], isLearner: true },
    });
  });

  it.each([
    "",
    "{",
    "[]",
    "7",
    '{"id":-1}',
    '{"id":18446744073709551616}',
    '{"id":1.5}',
    '{"id":"1"}',
    '{"id":1,"peerURLs":[1]}',
    '{"id":1,"name":2}',
    '{"id":1} x',
    '{"id":1,"name":"\u0001"}',
  ])("refuses %j with a coded error", (text) => {
    expect(() => decodeChangeContext(Buffer.from(text))).toThrow(MembershipError);
  });
});

describe("initial-cluster", () => {
  it("is read as etcd reads it", () => {
    const text = "b=http://10.0.0.2:2380,a=https://h:2380,,b=http://10.0.0.1:2380,u=unix://localhost:m10";
    expect([...parseInitialCluster(text)]).toEqual([
      ["b", ["http://10.0.0.1:2380", "http://10.0.0.2:2380"]],
      ["a", ["https://h:2380"]],
      ["u", ["unix://localhost:m10"]],
    ]);
    expect(formatInitialCluster(parseInitialCluster(text))).toBe(
      "a=https://h:2380,b=http://10.0.0.1:2380,b=http://10.0.0.2:2380,u=unix://localhost:m10",
    );
    expect(parseURLs([" HTTP://[::1]:2380 "])).toEqual(["http://[::1]:2380"]);
  });

  it.each([
    [[], "no valid URLs given"],
    [["127.0.0.1:2380"], 'parse "127.0.0.1:2380": first path segment in URL cannot contain colon'],
    [["localhost:2380"], "URL scheme must be http, https, unix, or unixs: localhost:2380"],
    [["mailto:x"], "URL scheme must be http, https, unix, or unixs: mailto:x"],
    [["http://h"], 'URL address does not have the form "host:port": http://h'],
    [["http://::1:2380"], 'URL address does not have the form "host:port": http://::1:2380'],
    [["http://h:2380/"], "URL must not contain a path: http://h:2380/"],
    [[""], "URL scheme must be http, https, unix, or unixs: "],
  ])("refuses %j", (urls, text) => {
    expect(() => parseURLs(urls)).toThrow(text);
  });
});

describe("changes", () => {
  it("are kept in the store and come back from it", () => {
    const store = openMemoryStore();
    const first = membership(store);
    const added = add(first, member(1n));
    expect(added).toEqual({ kind: "added", member: member(1n) });
    add(first, member(0xffff_ffff_ffff_fffen, { name: "", isLearner: true }));
    add(first, member(3n));
    first.setAttributes(1n, "renamed", ["http://c:2379"]);
    expect(first.apply({ type: REMOVE, nodeId: 3n, context: new Uint8Array(0) })).toEqual({
      kind: "removed",
      member: member(3n),
      id: 3n,
    });
    const update = encodeChangeContext(member(1n, { name: "", peerURLs: ["http://new:2380"] }));
    first.apply({ type: UPDATE, nodeId: 1n, context: update });
    first.apply({ type: ADD, nodeId: 0xffff_ffff_ffff_fffen, context: encodePromotion(0xffff_ffff_ffff_fffen) });
    first.setClusterVersion(parseSemVer("3.7.0")!);
    first.setDowngrade({ targetVersion: "3.6.0", enabled: true });

    expect(rows(store, "members")).toEqual({
      "1": '{"id":1,"peerURLs":["http://new:2380"],"name":"renamed","clientURLs":["http://c:2379"]}',
      fffffffffffffffe: '{"id":18446744073709551614,"peerURLs":["http://h18446744073709551614:2380"]}',
    });
    expect(rows(store, "members_removed")).toEqual({ "3": "removed" });
    expect(rows(store, "cluster")).toEqual({
      clusterVersion: "3.7.0",
      downgrade: '{"target-version":"3.6.0","enabled":true}',
    });

    const second = membership(store);
    second.recover();
    expect(second.members()).toEqual(first.members());
    expect(second.removedIds()).toEqual([3n]);
    expect(second.clusterVersion).toEqual(parseSemVer("3.7.0"));
    expect(second.downgrade).toEqual({ targetVersion: "3.6.0", enabled: true });
    expect(second.clientURLs()).toEqual(["http://c:2379"]);
    expect(second.memberByName("renamed")?.id).toBe(1n);
  });

  it("are validated where they are applied", () => {
    const cluster = membership();
    add(cluster, member(1n));
    add(cluster, member(2n));
    add(cluster, member(3n, { isLearner: true }));
    cluster.apply({ type: REMOVE, nodeId: 2n, context: new Uint8Array(0) });
    const refusal = (type: number, nodeId: bigint, context: Uint8Array = new Uint8Array(0)) => {
      const error = cluster.validate({ type, nodeId, context });
      return error === undefined ? undefined : [error.message, error.client?.message];
    };
    const of = (id: bigint, changes: Partial<Member> = {}) => encodeChangeContext(member(id, changes));

    expect(refusal(ADD, 2n, of(2n))).toEqual(["membership: ID removed", "etcdserver: member not found"]);
    expect(refusal(ADD, 1n, of(1n))).toEqual(["membership: ID exists", "etcdserver: member ID already exist"]);
    expect(refusal(ADD, 5n, of(5n, { peerURLs: ["http://x:1", "http://h1:2380"] }))).toEqual([
      "membership: peerURL exists",
      "etcdserver: Peer URLs already exists",
    ]);
    expect(refusal(LEARNER, 5n, of(5n, { isLearner: true }))).toEqual([
      "membership: too many learner members in cluster",
      "etcdserver: too many learner members in cluster",
    ]);
    expect(refusal(ADD, 5n, of(5n))).toBeUndefined();
    expect(refusal(ADD, 5n, encodePromotion(5n))).toEqual(["membership: ID not found", "etcdserver: member not found"]);
    expect(refusal(ADD, 1n, encodePromotion(1n))).toEqual([
      "membership: can only promote a learner member",
      "etcdserver: can only promote a learner member",
    ]);
    expect(refusal(ADD, 3n, encodePromotion(3n))).toBeUndefined();
    expect(refusal(REMOVE, 5n)).toEqual(["membership: ID not found", "etcdserver: member not found"]);
    expect(refusal(REMOVE, 3n)).toBeUndefined();
    expect(refusal(UPDATE, 5n, of(5n))).toEqual(["membership: ID not found", "etcdserver: member not found"]);
    expect(refusal(UPDATE, 1n, of(1n, { peerURLs: ["http://h3:2380"] }))?.[0]).toBe("membership: peerURL exists");
    expect(refusal(UPDATE, 1n, of(1n))).toBeUndefined();
    expect(() => refusal(17, 1n)).toThrow("unknown kind");
  });

  it("of attributes pass over a member that was removed meanwhile", () => {
    const cluster = membership();
    add(cluster, member(1n));
    add(cluster, member(2n));
    cluster.apply({ type: REMOVE, nodeId: 2n, context: new Uint8Array(0) });
    cluster.setAttributes(2n, "late", []);
    expect(cluster.member(2n)).toBeUndefined();
    expect(() => cluster.setAttributes(7n, "who", [])).toThrow("never was");
  });
});

describe("versions", () => {
  it("a server older than its cluster refuses to go on", () => {
    const store = openMemoryStore();
    membership(store).setClusterVersion(parseSemVer("3.7.0")!);
    expect(() => membership(store, "3.6.4").recover()).toThrow("server version is lower");
    expect(() => membership(store, "3.7.0-rc.0").recover()).not.toThrow();
  });

  it("changes are told", () => {
    const cluster = membership();
    const told: string[] = [];
    cluster.onVersionChange((version) => told.push(`${version.major}.${version.minor}`));
    cluster.setClusterVersion(parseSemVer("3.0.0")!);
    cluster.setClusterVersion(parseSemVer("3.7.0")!);
    expect(told).toEqual(["3.0", "3.7"]);
  });
});

describe("strict checks", () => {
  const started = (count: number, of: number): Member[] =>
    Array.from({ length: of }, (_, i) => member(BigInt(i + 1), { name: i < count ? `m${i}` : "" }));

  // etcd 3.7.1, cluster_test.go: TestIsReadyToAddVotingMember and its like.
  it.each([
    [0, 3, false],
    [1, 1, true],
    [1, 2, false],
    [2, 2, true],
    [1, 3, false],
    [2, 3, false],
    [3, 3, true],
  ])("%i of %i started: a voter may be added: %s", (up, all, allowed) => {
    const error = mayAdd(started(up, all), false, all);
    // All connected; a cluster of two needs both for a third.
    expect(error?.key).toBe(allowed ? undefined : "NotEnoughStarted");
  });

  it("a new member counts as down", () => {
    const three = started(3, 3);
    expect(mayAdd(three, false, 3)).toBeUndefined();
    expect(mayAdd(three, false, 2)?.key).toBe("UnhealthyCluster");
    expect(mayAdd(three, true, 2)?.key).toBe("UnhealthyCluster");
    expect(mayAdd(started(1, 1), false, 1)).toBeUndefined();
  });

  it("removal keeps a quorum of started and connected members", () => {
    const target = { id: 3n, isSelf: false, isLearner: false, active: true };
    expect(mayRemove(started(3, 3), target, 3)).toBeUndefined();
    expect(mayRemove(started(3, 3), target, 2)?.key).toBe("UnhealthyCluster");
    expect(mayRemove(started(3, 3), { ...target, active: false }, 2)).toBeUndefined();
    expect(mayRemove(started(1, 3), target, 3)?.key).toBe("NotEnoughStarted");
    expect(mayRemove(started(1, 1), { ...target, id: 1n, isSelf: true }, 1)?.key).toBe("NotEnoughStarted");
    expect(mayRemove(started(1, 1), { ...target, isLearner: true }, 1)).toBeUndefined();
    // The member itself is always active.
    expect(mayRemove(started(3, 3), { ...target, isSelf: true, active: false }, 2)?.key).toBe("UnhealthyCluster");
  });

  it("promotion counts the learner as started", () => {
    expect(mayPromote(started(1, 1))).toBeUndefined();
    expect(mayPromote(started(1, 2))).toBeUndefined();
    expect(mayPromote(started(0, 2))?.key).toBe("NotEnoughStarted");
    expect(learnerReady(89, 100)?.key).toBe("LearnerNotReady");
    expect(learnerReady(90, 100)).toBeUndefined();
    expect(learnerReady(undefined, 100)).toBeUndefined();
  });
});

describe("joining", () => {
  it("takes the ids of the running cluster", async () => {
    const existing = [member(7n, { peerURLs: ["http://a:1"] }), member(5n, { peerURLs: ["http://b:1"] })];
    const local = [
      member(1n, { name: "b", peerURLs: ["http://b:1"] }),
      member(2n, { name: "a", peerURLs: ["http://a:1"] }),
    ];
    const same = async (a: readonly string[], b: readonly string[]) => a.join() === b.join();
    const adopted = await adoptIds(existing, local, same);
    expect(adopted.map(({ id, name }) => [id, name])).toEqual([
      [5n, "b"],
      [7n, "a"],
    ]);
    await expect(adoptIds(existing, local.slice(1), same)).rejects.toThrow("member count is unequal");
    await expect(adoptIds(existing, [local[0]!, local[0]!], same)).rejects.toThrow("no match found");
  });
});
