import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { Client, ClientError } from "../../src/client/index.ts";
import { rpc } from "../../src/wire/proto/index.ts";
import { Cluster, killAll } from "./cluster.ts";
import { cut, Network, noNamespaces, removeNetworks } from "./network.ts";
import { judge, keepHistory, pause, Recorder, wholeHistory } from "./recorder.ts";
import { cleanUp, etcds, quorate, type Server, scratch, until } from "./servers.ts";

/** How long each fault lasts; QUORATE_FAULT_SECONDS for more. */
const faultMs = Number(process.env["QUORATE_FAULT_SECONDS"] ?? 5) * 1000;

afterAll(async () => {
  killAll();
  await removeNetworks();
  await cleanUp();
});

/** What goes on while a fault lasts. */
interface Scene {
  readonly cluster: Cluster;
  readonly network: Network;
  readonly work: Recorder;
  readonly leader: number;
  readonly others: readonly number[];
}

/** Three members in namespaces under load; `fault` begins and ends one. Afterwards everything that was promised is looked at. */
async function under(name: string, server: Server, fault: (scene: Scene) => Promise<void>): Promise<void> {
  const network = await Network.of(3);
  let cluster: Cluster | undefined;
  try {
    cluster = await Cluster.start([server, server, server], [], network.places);
    const work = new Recorder({ endpoints: cluster.urls, clients: 24, rate: 300 });
    const leader = await cluster.leader();
    await pause(500);
    await fault({ cluster, network, work, leader, others: [0, 1, 2].filter((at) => at !== leader) });
    await network.rules();
    await cluster.leader();
    await pause(500);
    await work.end();
    const hash = await cluster.equalHash();
    const histories = await Promise.all(cluster.urls.map(wholeHistory));
    keepHistory(`${name}-${server.name}`.replaceAll(/[ ,%]+/g, "-"), work.calls, histories[0]!);
    console.log(
      `${server.name}, ${name}: ${work.calls.length} calls, ${work.unknown} of unknown outcome, HashKV ${hash}`,
    );
    expect(histories[1]).toEqual(histories[0]);
    expect(histories[2]).toEqual(histories[0]);
    expect(judge(work.calls, histories[0]!)).toBeUndefined();
  } finally {
    await cluster?.stopAll("SIGKILL");
    await network.remove();
  }
}

/** How a call of one member fails; "" when it does not. */
async function failure(cluster: Cluster, at: number, call: (client: Client) => Promise<unknown>): Promise<string> {
  const client = new Client({ endpoints: cluster.url(at), requestTimeoutMs: 30_000 });
  try {
    await call(client);
    return "";
  } catch (error) {
    return error instanceof ClientError ? error.message : String(error);
  } finally {
    client.close();
  }
}

/** A member without a majority refuses writes and linearizable reads within its time-out, and goes on with serializable ones. */
async function expectNoQuorum(cluster: Cluster, at: number): Promise<void> {
  const timedOut = /^etcdserver: (request timed out|leader changed|no leader)|^context deadline exceeded$/;
  const read = rpc.encodeRangeRequest(rpc.createRangeRequest({ key: Buffer.from("no") }));
  const [written, found, stale] = await Promise.all([
    failure(cluster, at, (client) => client.put("no", "quorum")),
    // As a call of its own: a client tries a read again for as long as it may.
    failure(cluster, at, (client) => client.call("/etcdserverpb.KV/Range", read)),
    failure(cluster, at, (client) => client.get("no", { serializable: true })),
  ]);
  expect(written).toMatch(timedOut);
  expect(found).toMatch(timedOut);
  expect(stale).toBe("");
}

/** Writes are acknowledged by each of these members. */
async function expectProgress(cluster: Cluster, members: readonly number[]): Promise<void> {
  for (const at of members) {
    await until(`m${at + 1} takes a write`, 20_000, async () => cluster.put(at, `seen-by-${at}`, "v"));
  }
}

const faults: [string, (scene: Scene) => Promise<void>][] = [
  [
    "the leader is cut off",
    async ({ cluster, network, leader, others }) => {
      await network.rules(...cut([leader], others));
      await Promise.all([expectProgress(cluster, others), expectNoQuorum(cluster, leader)]);
      expect((await cluster.status(leader))!.leader).toBe("0");
    },
  ],
  [
    "no two members hear each other",
    async ({ cluster, network }) => {
      await network.rules(...cut([0], [1, 2]), ...cut([1], [2]));
      await pause(faultMs / 2);
      await Promise.all([0, 1, 2].map((at) => expectNoQuorum(cluster, at)));
      await network.rules();
      await expectProgress(cluster, [0, 1, 2]);
    },
  ],
  [
    "the leader hears nobody",
    async ({ cluster, network, leader, others }) => {
      await network.rules({ from: others, to: [leader], loss: 1 });
      await expectProgress(cluster, others);
      await pause(faultMs / 2);
    },
  ],
  [
    "nobody hears the leader",
    async ({ cluster, network, leader, others }) => {
      await network.rules({ from: [leader], to: others, loss: 1 });
      await expectProgress(cluster, others);
      await pause(faultMs / 2);
    },
  ],
  [
    "two followers do not hear each other",
    async ({ cluster, network, leader, others: [one, other] }) => {
      await network.rules(...cut([one!], [other!]));
      await expectProgress(cluster, [0, 1, 2]);
      await pause(faultMs / 2);
      // Nobody was needed in the leader's place.
      expect(await cluster.leader()).toBe(leader);
    },
  ],
  [
    "every packet is 200 ms late",
    async ({ cluster, network, work }) => {
      await network.rules({ from: [0, 1, 2], to: [0, 1, 2], delayMs: 200 });
      const before = work.acknowledgedMs.length;
      await pause(faultMs);
      await expectProgress(cluster, [0, 1, 2]);
      expect(work.acknowledgedMs.length).toBeGreaterThan(before);
    },
  ],
  [
    "10 % of packets are lost",
    async ({ cluster, network, work }) => {
      await network.rules({ from: [0, 1, 2], to: [0, 1, 2], loss: 0.1 });
      const before = work.acknowledgedMs.length;
      await pause(faultMs);
      await expectProgress(cluster, [0, 1, 2]);
      expect(work.acknowledgedMs.length).toBeGreaterThan(before);
    },
  ],
  [
    "the leader is paused",
    async ({ cluster, leader, others }) => {
      cluster.signal(leader, "SIGSTOP");
      await expectProgress(cluster, others);
      await pause(faultMs / 2);
      cluster.signal(leader, "SIGCONT");
      await expectProgress(cluster, [leader]);
    },
  ],
];

const without = noNamespaces();
describe.skipIf(without !== undefined)(
  `three members in network namespaces${without === undefined ? "" : ` (skipped: ${without})`}`,
  () => {
    for (const server of [quorate, ...etcds]) {
      for (const [name, fault] of faults) it(`${server.name}: ${name}`, () => under(name, server, fault));
    }
  },
);

describe("a wall clock that steps an hour", () => {
  it("quorate: forward and back on every member, leases live on, everything stays linearizable", async () => {
    const files = [0, 1, 2].map(() => join(scratch(), "clock"));
    const preload = fileURLToPath(new URL("step-clock.cjs", import.meta.url));
    const places = files.map((file) => ({
      command: [],
      clientHost: "127.0.0.1",
      peerHost: "127.0.0.1",
      env: { NODE_OPTIONS: `--require=${preload}`, QUORATE_CLOCK: file },
    }));
    const cluster = await Cluster.start([quorate, quorate, quorate], [], places);
    const work = new Recorder({ endpoints: cluster.urls, clients: 24, rate: 300 });
    const lease = await cluster.call(0, "lease/grant", { TTL: 60 });
    const leader = await cluster.leader();
    for (const byMs of [3_600_000, -3_600_000]) {
      for (const at of [leader, (leader + 1) % 3, (leader + 2) % 3]) {
        writeFileSync(files[at]!, String(byMs));
        cluster.signal(at, "SIGUSR2");
        await until(`m${at + 1} tells the time that was set`, 10_000, async () => {
          // Each line of the log has it, and a defragmentation makes two.
          await cluster.call(at, "maintenance/defragment", {});
          const times = [...cluster.nodes[at]!.log.matchAll(/"ts":"([^"]+)"/g)].map(([, ts]) => Date.parse(ts!));
          return Math.abs(times.at(-1)! - Date.now() - byMs) < 60_000;
        });
        expect(await cluster.put(at, "clock", String(byMs))).toBe(true);
      }
      await pause(faultMs / 4);
      for (const at of [0, 1, 2]) {
        const left = await cluster.call(at, "lease/timetolive", { ID: lease!["ID"] });
        expect(Number(left!["TTL"])).toBeGreaterThan(0);
        expect(Number(left!["TTL"])).toBeLessThanOrEqual(60);
      }
    }
    // Nobody lost the lead over it.
    expect(await cluster.leader()).toBe(leader);
    await work.end();
    await cluster.equalHash();
    const history = await wholeHistory(cluster.url(0));
    await cluster.stopAll();
    expect(judge(work.calls, history)).toBeUndefined();
  });
});
