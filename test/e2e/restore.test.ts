import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Client, CompactedError } from "../../src/client/index.ts";
import { Cluster, killAll } from "./cluster.ts";
import {
  type Damage,
  damage,
  etcdctl34,
  etcdutl36,
  etcdutl37,
  expectedIds,
  hashesOf,
  lastIndexOf,
  ourTool,
  pairwise,
  product,
  restore,
  sorted,
  type Tool,
  toldOnDisk,
} from "./restored.ts";
import { cleanUp, etcd37, post, quorate, root, run, type Server, scratch, until } from "./servers.ts";

/*
 * Clusters restored from a snapshot: made by either tool, run by either server, from a snapshot of either, and then everything that
 * once broke one: writes past several raft snapshots, restarts one by one and all at once, members added and removed, a follower that
 * needs the database, the other server on the same files, and a second restore.
 *
 * By default so many cells that any two values come together in one; with QUORATE_RESTORE=all every combination of tool, server,
 * token, name, revision, members and raft snapshots (192 with etcd, about an hour). QUORATE_ETCD_37 and QUORATE_ETCD_36 name etcd's
 * programs; etcdutl is looked for beside them, or is what QUORATE_ETCDUTL_37 and QUORATE_ETCDUTL_36 say. What is not there is left out.
 */

afterAll(async () => {
  killAll();
  await cleanUp();
});

interface Cell extends Record<string, unknown> {
  readonly tool: Tool;
  readonly server: Server;
  /** Server that the snapshot is taken from, and how many members it has. */
  readonly source: Server;
  readonly sourceMembers: number;
  readonly members: number;
  /** The addresses stay: with the old token the restored members have the ids of the old ones. */
  readonly token: "same token" | "new token";
  readonly name: "same name" | "new name";
  readonly revision: "revision kept" | "revision bumped";
  readonly snapshots: keyof typeof rhythms;
}

/** When raft snapshots come, and how many writes are enough for several of them. */
const rhythms = {
  "snapshots at once": { args: ["--snapshot-count=10", "--snapshot-catchup-entries=5"], writes: 50 },
  "snapshots later": { args: ["--snapshot-count=100", "--snapshot-catchup-entries=20"], writes: 250 },
  "no snapshots": { args: [], writes: 50 },
} as const;
const bumpBy = 1000;
const newToken = "another";

const servers = etcd37 === undefined ? [quorate] : [quorate, etcd37];
const dimensions = {
  tool: etcdutl37 === undefined ? [ourTool] : [etcdutl37, ourTool],
  server: servers,
  token: ["new token", "same token"],
  name: ["new name", "same name"],
  revision: ["revision kept", "revision bumped"],
  members: [1, 3],
  snapshots: ["snapshots at once", "snapshots later", "no snapshots"],
  source: servers,
  sourceMembers: [1, 3],
} as const;

function cells(): Cell[] {
  if (process.env["QUORATE_RESTORE"] !== "all") return pairwise<Cell>(dimensions);
  // Where the snapshot comes from takes turns.
  return product<Cell>({ ...dimensions, source: [quorate], sourceMembers: [1] }).map((cell, at) => ({
    ...cell,
    source: servers[at % servers.length]!,
    sourceMembers: [1, 3][(at >> 1) % 2]!,
  }));
}

function titleOf({ tool, server, source, sourceMembers, members, token, name, revision, snapshots }: Cell): string {
  const from = `snapshot of ${sourceMembers} x ${source.name}`;
  return `${from}, restored by ${tool.name} as ${members} x ${server.name}: ${token}, ${name}, ${revision}, ${snapshots}`;
}

/** All that a restore keeps. */
interface Facts {
  readonly kvs: unknown;
  readonly leases: unknown;
  readonly users: unknown;
}

const all = { key: "AA==", range_end: "AA==" };

async function factsOf(cluster: Cluster, at: number): Promise<Facts> {
  const ask = async (path: string, body: unknown): Promise<Record<string, unknown>> =>
    (await post({ url: cluster.url(at) }, `/v3/${path}`, body)) as Record<string, unknown>;
  const leases = ((await ask("lease/leases", {}))["leases"] ?? []) as { ID: string }[];
  const users = [];
  for (const user of ((await ask("auth/user/list", {}))["users"] ?? []) as string[]) {
    users.push({ user, roles: (await ask("auth/user/get", { name: user }))["roles"] });
  }
  for (const role of ((await ask("auth/role/list", {}))["roles"] ?? []) as string[]) {
    users.push({ role, rights: (await ask("auth/role/get", { role }))["perm"] });
  }
  const attached = [];
  for (const { ID } of leases) {
    const { keys, grantedTTL } = await ask("lease/timetolive", { ID, keys: true });
    attached.push({ ID, keys, grantedTTL });
  }
  return {
    kvs: (await ask("kv/range", all))["kvs"],
    leases: attached.sort((a, b) => (a.ID < b.ID ? -1 : 1)),
    users,
  };
}

/** Every key with its value, as one member's own store has them. */
async function keysOf(cluster: Cluster, at: number): Promise<Map<string, string>> {
  const said = await cluster.call(at, "kv/range", { ...all, serializable: true });
  const kvs = (said?.["kvs"] ?? []) as { key: string; value?: string }[];
  return new Map(kvs.map(({ key, value }) => [atob(key), atob(value ?? "")]));
}

/** Waits until every member that runs answers a linearizable read: it is in touch with a leader that has a majority. */
async function ready(cluster: Cluster): Promise<void> {
  await Promise.all(
    cluster.alive().map((at) =>
      until(`${cluster.nodes[at]!.name} reads`, 30_000, async () => {
        const { child, name, log } = cluster.nodes[at]!;
        if (child === undefined) throw new Error(`${name} ended:\n${log}`);
        return (await cluster.call(at, "kv/range", { key: btoa("any"), count_only: true }, 2000)) !== undefined;
      }),
    ),
  ).catch((error: Error) => {
    throw new Error([error.message, ...cluster.nodes.map(({ name, log }) => `${name}:\n${tail(log)}`)].join("\n"));
  });
}

function tail(log: string): string {
  return log.split("\n").slice(-30).join("\n");
}

/** A cluster with what was written to it: each acknowledged key must be on every member for good. */
class Restored {
  readonly cluster: Cluster;
  readonly #written: Map<string, string>;
  readonly #writes: number;
  #round = 0;

  constructor(cluster: Cluster, written: Map<string, string>, writes: number) {
    this.cluster = cluster;
    this.#written = written;
    this.#writes = writes;
  }

  /** Starts members on the files that they have; all of them by default. */
  async launch(members = [...this.cluster.nodes.keys()]): Promise<void> {
    for (const at of members) this.cluster.launch(at);
    await ready(this.cluster);
  }

  /** Enough writes for several raft snapshots, at all members in turn. */
  async write(): Promise<void> {
    const alive = this.cluster.alive();
    const round = this.#round++;
    for (let n = 0; n < this.#writes; n += 50) {
      const puts = Array.from({ length: 50 }, async (_, i) => {
        const key = `w/${round}/${n + i}`;
        const at = alive[i % alive.length]!;
        // On a busy machine a leader may be replaced meanwhile; then the same put is made again.
        await until(`put ${key} at ${this.cluster.nodes[at]!.name}`, 30_000, () =>
          this.cluster.put(at, key, `${round}`),
        );
        this.#written.set(key, `${round}`);
      });
      await Promise.all(puts);
    }
  }

  /** All members that run have the same hash, the keys that were written and nothing else, and one leader. */
  async verify(): Promise<void> {
    await this.cluster.equalHash();
    for (const at of this.cluster.alive()) expect(await keysOf(this.cluster, at)).toEqual(this.#written);
    const told = await Promise.all(this.cluster.alive().map((at) => this.cluster.status(at)));
    expect(new Set(told.map((status) => status?.leader)).size).toBe(1);
  }

  async restartOneByOne(): Promise<void> {
    for (const at of this.cluster.alive()) {
      await this.cluster.stop(at, at % 2 === 0 ? "SIGTERM" : "SIGKILL");
      await this.launch([at]);
      await this.write();
    }
  }

  async restartAll(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const members = this.cluster.alive();
    await this.cluster.stopAll(signal);
    await this.launch(members);
  }

  /** Adds a member, which needs the database since the log does not begin with the first entry; its number. */
  async add(server: Server): Promise<number> {
    const { cluster } = this;
    const present = cluster.alive();
    const at = await cluster.reserve(server);
    const url = cluster.peerUrl(at);
    let refusal = "";
    await until("a member is added", 30_000, async () => {
      const ask = { peerURLs: [url] };
      try {
        await post({ url: cluster.url(present[0]!) }, "/v3/cluster/member/add", ask);
      } catch (error) {
        // On a busy machine a leader may be replaced meanwhile, and the outcome is unknown.
        refusal = String(error);
        const members = (await cluster.members(present[0]!)) as { peerURLs?: string[] }[];
        return members.some(({ peerURLs }) => peerURLs?.includes(url));
      }
      return true;
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${refusal}`);
    });
    cluster.launch(at, "existing", [...present, at]);
    await ready(cluster);
    expect(cluster.nodes[at]!.log).toContain("applied snapshot");
    return at;
  }

  async remove(at: number): Promise<void> {
    const { cluster } = this;
    const { memberId: ID } = (await cluster.status(at))!;
    const other = cluster.alive().find((one) => one !== at)!;
    await until("the removed member ends by itself", 30_000, async () => {
      if (cluster.nodes[at]!.child === undefined) return true;
      await cluster.call(other, "cluster/member/remove", { ID });
      return false;
    });
    await ready(cluster);
  }

  /** Ids that the members list, ascending. */
  async ids(): Promise<string[]> {
    const members = await this.cluster.members(this.cluster.alive()[0]!);
    return sorted(members.map(({ ID }) => BigInt(ID)));
  }
}

/** Each record of who votes, in all these directories, names members of this cluster alone, and the log ends with those of now. */
function expectTruthOnDisk(cluster: Cluster, members: readonly number[], now: string[], ever: readonly string[]): void {
  for (const at of members) {
    const { dataDir, name } = cluster.nodes[at]!;
    const told = toldOnDisk(dataDir);
    for (const { where, index, ids } of told) {
      const strangers = ids?.filter((id) => !ever.includes(id)) ?? [];
      expect(strangers, `${name}: ${where}, index ${index}`).toEqual([]);
    }
    expect(told.at(-1), name).toMatchObject({ ids: now });
  }
}

async function save(url: string): Promise<string> {
  const file = join(scratch(), "snapshot.db");
  const outcome = await run(join(root, "bin/etcdctl"), [`--endpoints=${url}`, "snapshot", "save", file]);
  expect(outcome.code, outcome.stderr).toBe(0);
  return file;
}

interface Source {
  readonly cluster: Cluster;
  readonly file: string;
  readonly facts: Facts;
  readonly keys: Map<string, string>;
  readonly revision: number;
  /** Of the past, when `k/1` had another value; not compacted. */
  readonly past: number;
  readonly clusterId: string;
  /** Of its members, ascending. */
  readonly ids: readonly string[];
}

/** Notes a cluster whose members must have ended when the cell has. */
type Keep = (cluster: Cluster) => Cluster;

/** A cluster with keys, leases and users, from which a snapshot was taken; it runs no more. */
async function sourceOf(server: Server, members: number, keep: Keep): Promise<Source> {
  const cluster = keep(await Cluster.start([]));
  for (let at = 0; at < members; at++) await cluster.reserve(server);
  for (const at of cluster.nodes.keys()) cluster.launch(at);
  await ready(cluster);
  const say = async (path: string, body: unknown): Promise<Record<string, unknown>> =>
    (await post({ url: cluster.url(0) }, `/v3/${path}`, body)) as Record<string, unknown>;
  const put = (key: string, value: string, lease = "0"): Promise<unknown> =>
    say("kv/put", { key: btoa(key), value: btoa(value), lease });
  await Promise.all(Array.from({ length: 30 }, (_, i) => put(`k/${i}`, "one")));
  await say("kv/compaction", { revision: (await cluster.revision()) - 10 });
  await put("k/1", "past");
  const past = await cluster.revision();
  await put("k/1", "present");
  await say("kv/deleterange", { key: btoa("k/2") });
  await say("lease/grant", { ID: "1234567", TTL: 3000 });
  await put("leased", "v", "1234567");
  await say("auth/user/add", { name: "root", password: "secret" });
  await say("auth/role/add", { name: "root" });
  await say("auth/role/add", { name: "reader" });
  await say("auth/role/grant", { name: "reader", perm: { permType: "READ", key: btoa("k/"), range_end: btoa("k0") } });
  for (const role of ["root", "reader"]) await say("auth/user/grant", { user: "root", role });
  const [facts, keys, revision, file] = await Promise.all([
    factsOf(cluster, 0),
    keysOf(cluster, 0),
    cluster.revision(),
    save(cluster.url(0)),
  ]);
  const said = await say("kv/range", all);
  const clusterId = (said["header"] as { cluster_id: string }).cluster_id;
  const ids = sorted((await cluster.members(0)).map(({ ID }) => BigInt(ID)));
  await cluster.stopAll("SIGKILL");
  return { cluster, file, facts, keys, revision, past, clusterId, ids };
}

/** What was there before is there: keys and leases to the letter, users with their passwords, the past unless it was given up. */
async function expectKept(cluster: Cluster, source: Omit<Source, "cluster">, bump: number): Promise<void> {
  expect(await cluster.revision()).toBe(source.revision + bump);
  for (const at of cluster.nodes.keys()) expect(await factsOf(cluster, at)).toEqual(source.facts);
  const pastRead = post({ url: cluster.url(0) }, "/v3/kv/range", { key: btoa("k/1"), revision: source.past });
  const client = new Client({ endpoints: cluster.url(0) });
  try {
    const watch = client.watch("k/1", { startRevision: source.past })[Symbol.asyncIterator]();
    if (bump > 0) {
      await expect(pastRead).rejects.toThrow("etcdserver: mvcc: required revision has been compacted");
      const failure = await watch.next().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(CompactedError);
      expect((failure as CompactedError).compactRevision).toBe(source.revision + bump);
    } else {
      expect(await pastRead).toMatchObject({ kvs: [{ value: btoa("past") }] });
      expect((await watch.next()).value).toMatchObject({ revision: source.past });
    }
  } finally {
    client.close();
  }
}

async function expectPassword(cluster: Cluster): Promise<void> {
  const ask = (path: string, body: unknown, token?: string) =>
    cluster.call(cluster.alive()[0]!, path, body, 5000, token);
  expect(await ask("auth/enable", {})).toBeDefined();
  const said = await ask("auth/authenticate", { name: "root", password: "secret" });
  expect(said?.["token"]).toBeDefined();
  expect(await ask("auth/authenticate", { name: "root", password: "wrong" })).toBeUndefined();
  expect(await ask("auth/disable", {}, said!["token"] as string)).toBeDefined();
}

/** An empty cluster of members that are to be restored, at the addresses that the source's members had. */
async function places(
  cell: Pick<Cell, "server" | "members" | "name">,
  before: Cluster,
  args: readonly string[],
  keep: Keep,
): Promise<Cluster> {
  const cluster = keep(await Cluster.start([], ["--strict-reconfig-check=false", ...args]));
  for (let at = 0; at < cell.members; at++) {
    const peerPort = before.nodes[at]?.peerPort;
    await cluster.reserve(cell.server, undefined, {
      name: cell.name === "same name" ? `m${at + 1}` : `restored-${at + 1}`,
      ...(peerPort !== undefined && { peerPort }),
    });
  }
  return cluster;
}

/** The life of a restored cluster. */
async function live(cell: Cell, keep: Keep): Promise<void> {
  const { tool, server, snapshots } = cell;
  const { args, writes } = rhythms[snapshots];
  const token = cell.token === "new token" ? newToken : undefined;
  const bump = cell.revision === "revision bumped" ? bumpBy : 0;
  const source = await sourceOf(cell.source, cell.sourceMembers, keep);
  const cluster = await places(cell, source.cluster, args, keep);
  await restore(tool, source.file, cluster, { token, bump });
  const ids = expectedIds(cluster, token);
  const first = [...cluster.nodes.keys()];
  if (!tool.keepsMembers) expectTruthOnDisk(cluster, first, ids, ids);

  const restored = new Restored(cluster, source.keys, writes);
  await restored.launch();
  await expectKept(cluster, source, bump);
  expect(await restored.ids()).toEqual(ids);
  const said = (await cluster.call(0, "kv/range", all))?.["header"] as { cluster_id: string };
  const sameMembers = token === undefined && cell.members === cell.sourceMembers;
  expect(said.cluster_id === source.clusterId).toBe(sameMembers);

  await restored.write();
  await restored.restartOneByOne();
  await restored.restartAll();
  await restored.write();
  await restored.verify();

  // One that was away needs the database, and so does one that is new; both then live by what they were sent.
  let removed: number;
  let added: number;
  if (cell.members === 1) {
    removed = added = await restored.add(server);
    await cluster.stop(added, "SIGKILL");
    await restored.launch([added]);
    await restored.write();
    await restored.verify();
  } else {
    const leader = await cluster.leader();
    const away = (leader + 1) % 3;
    removed = (leader + 2) % 3;
    await cluster.stop(away, "SIGKILL");
    await restored.write();
    await restored.launch([away]);
    if (snapshots !== "no snapshots") expect(cluster.nodes[away]!.log).toContain("applied snapshot");
    await restored.verify();
    await cluster.stop(away, "SIGKILL");
    await restored.launch([away]);
    added = await restored.add(server);
    await cluster.stop(added, "SIGKILL");
    await restored.launch([added]);
  }
  const ever = [...new Set([...ids, ...(await restored.ids())])];
  await restored.remove(removed);
  await restored.write();
  const now = await restored.ids();
  await restored.restartAll("SIGTERM");
  await expectPassword(cluster);
  await restored.verify();
  const members = cluster.alive();
  await cluster.stopAll();
  expectTruthOnDisk(cluster, members, now, ever);

  // The other server on the same files, past snapshots, and back.
  for (const next of servers.length > 1 ? [servers.find((one) => one !== server)!, server] : [server]) {
    for (const at of members) cluster.nodes[at]!.server = next;
    await restored.launch(members);
    await restored.write();
    await restored.restartAll();
    await restored.verify();
    if (next !== server) await cluster.stopAll();
  }

  // A second restore, from a snapshot of what was restored. 3.4's tool cannot: the members are others by now.
  if (tool.keepsMembers && cell.members > 1) return cluster.stopAll();
  const [facts, keys, revision, file] = await Promise.all([
    factsOf(cluster, members[0]!),
    keysOf(cluster, members[0]!),
    cluster.revision(),
    save(cluster.url(members[0]!)),
  ]);
  await cluster.stopAll();
  expectTruthOnDisk(cluster, members, now, ever);
  const again = await places(cell, cluster, args, keep);
  const secondToken = cell.token === "new token" ? "a third" : undefined;
  await restore(tool, file, again, { token: secondToken, bump });
  const second = new Restored(again, keys, writes);
  await second.launch();
  await expectKept(again, { ...source, facts, revision, past: bump > 0 ? revision : source.past }, bump);
  await second.write();
  await second.restartOneByOne();
  await second.restartAll();
  await second.verify();
  await again.stopAll();
  const secondIds = expectedIds(again, secondToken);
  expectTruthOnDisk(again, [...again.nodes.keys()], secondIds, secondIds);
}

/** A way to damage a directory: its newest raft snapshot says that the members of the snapshot's source vote. */
interface Damaged {
  readonly what: string;
  readonly members: number;
  readonly sourceMembers: number;
  readonly token: Cell["token"];
  /** Members whose directory is damaged; all when left out. */
  readonly only?: readonly number[];
  readonly how?: Pick<Damage, "forced" | "trimmed">;
  /** Members are changed between the entry of the wrong snapshot and the end of the log. */
  readonly changed?: boolean;
}

const damaged: readonly Damaged[] = [
  { what: "one member, voters of another cluster", members: 1, sourceMembers: 1, token: "new token" },
  { what: "three members, voters of another cluster", members: 3, sourceMembers: 1, token: "new token" },
  { what: "one of three members", members: 3, sourceMembers: 3, token: "new token", only: [1] },
  { what: "one member, voters that are more", members: 1, sourceMembers: 3, token: "same token" },
  { what: "three members, one voter of them", members: 3, sourceMembers: 1, token: "same token" },
  {
    what: "one member, the beginning of its log gone",
    members: 1,
    sourceMembers: 1,
    token: "new token",
    how: { trimmed: true },
  },
  {
    what: "three members, one voter of them, the beginning of the log gone",
    members: 3,
    sourceMembers: 1,
    token: "same token",
    how: { trimmed: true },
  },
  {
    what: "one member, after --force-new-cluster was tried",
    members: 1,
    sourceMembers: 1,
    token: "new token",
    how: { forced: true },
  },
  {
    what: "members changed after the wrong snapshot",
    members: 3,
    sourceMembers: 1,
    token: "new token",
    changed: true,
  },
];

const healed = "the newest raft snapshot names other voters than the applied log";

/** A damaged directory starts again, with all members, and is right from then on. */
async function heal(made: Damaged, keep: Keep): Promise<void> {
  const source = await sourceOf(quorate, made.sourceMembers, keep);
  const { args } = rhythms["snapshots later"];
  const cell = { server: quorate, members: made.members, name: "same name" } as const;
  const cluster = await places(cell, source.cluster, args, keep);
  const token = made.token === "new token" ? newToken : undefined;
  await restore(ourTool, source.file, cluster, { token });
  let ids = expectedIds(cluster, token);
  const restored = new Restored(cluster, source.keys, 50);
  await restored.launch();
  await restored.write();
  let index: number | undefined;
  if (made.changed) {
    index = (await cluster.status(0))!.applied;
    const added = await restored.add(quorate);
    await restored.remove(added === 0 ? 1 : 0);
    await restored.write();
    ids = await restored.ids();
  }
  await restored.verify();
  const members = cluster.alive();
  await cluster.stopAll();
  if (made.how?.trimmed) {
    // The entries that are put behind the log must be the same for all.
    expect(new Set(members.map((at) => lastIndexOf(cluster.nodes[at]!.dataDir))).size).toBe(1);
  }
  // One that was added has its database from the leader, and a log that begins with it.
  const hurt = made.only ?? members.filter((at) => at < made.members);
  for (const at of hurt) {
    await damage(cluster.nodes[at]!.dataDir, {
      voters: source.ids,
      ...made.how,
      ...(index !== undefined && { index }),
    });
  }

  if (members.length > 1) {
    // One alone has no majority, whatever its record says: it serves nobody, and does not win an election.
    const alone = hurt[0]!;
    cluster.launch(alone);
    await until("a second election begins", 20_000, () => {
      return cluster.nodes[alone]!.log.split("is starting a new election").length > 2;
    });
    expect(await cluster.call(alone, "kv/range", all, 1000)).toBeUndefined();
    expect(cluster.nodes[alone]!.log).not.toContain("became leader");
    await restored.launch(members.filter((at) => at !== alone));
  } else {
    await restored.launch(members);
  }
  for (const at of hurt) expect(cluster.nodes[at]!.log).toContain(healed);
  await restored.verify();
  expect(await restored.ids()).toEqual(ids);
  await restored.write();
  await restored.restartOneByOne();
  await restored.restartAll();
  for (const at of members) expect(cluster.nodes[at]!.log).not.toContain(healed);
  await restored.verify();
  await cluster.stopAll();
  for (const at of members) expect(toldOnDisk(cluster.nodes[at]!.dataDir).at(-1)).toMatchObject({ ids });
  if (etcd37 === undefined) return;
  for (const next of [etcd37, quorate]) {
    for (const at of members) cluster.nodes[at]!.server = next;
    await restored.launch(members);
    await restored.write();
    await restored.verify();
    await cluster.stopAll();
  }
}

/** Further tools, each for the cells that it can do. */
const further: readonly Cell[] = [
  ...[1, 3].flatMap((members) =>
    etcdctl34 === undefined
      ? []
      : [
          {
            tool: etcdctl34,
            server: quorate,
            source: servers.at(-1)!,
            sourceMembers: members,
            members,
            token: "same token",
            name: "same name",
            revision: "revision kept",
            snapshots: members === 1 ? "snapshots at once" : "snapshots later",
          } as const,
        ],
  ),
  ...[1, 3].flatMap((members) =>
    etcdutl36 === undefined
      ? []
      : [
          {
            tool: etcdutl36,
            server: quorate,
            source: quorate,
            sourceMembers: 4 - members,
            members,
            token: members === 1 ? "same token" : "new token",
            name: "new name",
            revision: members === 1 ? "revision kept" : "revision bumped",
            snapshots: members === 1 ? "snapshots at once" : "snapshots later",
          } as const,
        ],
  ),
];

/** Cells wait for timeouts and elections most of the time, so some run side by side: as many as two processors carry. */
const sideBySide = 3;
const waiting: (() => void)[] = [];
let free = sideBySide;

/** Runs a cell when there is room for it; ends the members that it left, so that a cell that failed disturbs no other. */
function inTurn(cell: (keep: Keep) => Promise<void>): () => Promise<void> {
  return async () => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const clusters: Cluster[] = [];
    try {
      await cell((cluster) => {
        clusters.push(cluster);
        return cluster;
      });
    } finally {
      await Promise.all(clusters.map((cluster) => cluster.stopAll("SIGKILL")));
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

/** Includes the wait for its turn. */
const limitMs = 4 * 3600 * 1000;

describe.concurrent("a restored cluster lives", () => {
  const without = [
    ...(servers.length === 1 || etcdutl37 === undefined ? ["etcd 3.7.1 (QUORATE_ETCD_37)"] : []),
    ...(etcdutl36 === undefined ? ["etcdutl 3.6 (QUORATE_ETCD_36)"] : []),
    ...(etcdctl34 === undefined ? ["Debian's etcdctl 3.4"] : []),
  ];
  if (without.length > 0) {
    it(`was not run with ${without.join(" nor with ")}`, () => {
      console.log(`skipped: restores with ${without.join(", ")}`);
    });
  }
  for (const cell of [...cells(), ...further]) {
    it(
      titleOf(cell),
      inTurn((keep) => live(cell, keep)),
      limitMs,
    );
  }
});

describe.concurrent("a directory that a version before 0.1.0 damaged after a restore heals when it starts", () => {
  for (const made of damaged)
    it(
      made.what,
      inTurn((keep) => heal(made, keep)),
      limitMs,
    );
});

const refuses = "a directory that etcdctl 3.4 restored for other members is refused with the way out";
describe.skipIf(etcdctl34 === undefined).concurrent(refuses, () => {
  it(
    "and left as it is",
    inTurn(async (keep) => {
      const source = await sourceOf(quorate, 1, keep);
      const cell = { server: quorate, members: 1, name: "same name" } as const;
      const cluster = await places(cell, source.cluster, [], keep);
      await restore(etcdctl34!, source.file, cluster, { token: newToken });
      const { dataDir } = cluster.nodes[0]!;
      const before = hashesOf(dataDir);
      for (let start = 0; start < 2; start++) {
        cluster.launch(0);
        await until("it ends", 20_000, () => cluster.nodes[0]!.child === undefined);
        expect(cluster.nodes[0]!.log).toContain("restore the snapshot anew with etcdutl");
        expect(hashesOf(dataDir)).toEqual(before);
      }
    }),
    limitMs,
  );
});
