import { afterAll, describe, expect, it } from "vitest";
import { Client } from "../../src/client/index.ts";
import { Cluster, killAll } from "./cluster.ts";
import { judge, pause, Recorder, wholeHistory } from "./recorder.ts";
import { cleanUp, etcds, quorate, until } from "./servers.ts";

/** How far behind the follower falls; QUORATE_BEHIND=100000 for the long run. */
const behind = Number(process.env["QUORATE_BEHIND"] ?? 15_000);
/** Calls a second while latencies are looked at. */
const rate = 400;

afterAll(async () => {
  killAll();
  await cleanUp();
});

/** Puts as fast as 64 callers at one member are answered. */
async function fill(url: string, count: number): Promise<void> {
  const client = new Client({ endpoints: url });
  const value = "x".repeat(256);
  let n = 0;
  const caller = async (): Promise<void> => {
    while (n < count) await client.put(`fill/${n++ % 10_000}`, value);
  };
  await Promise.all(Array.from({ length: 64 }, caller));
  client.close();
}

/** Of puts that were sent between the two moments. */
function latencies(work: Recorder, fromMs: number, toMs: number): string {
  const taken = work.calls
    .filter(({ request, returnMs, callMs }) => request.kind === "put" && returnMs && callMs >= fromMs && callMs < toMs)
    .map(({ callMs, returnMs }) => returnMs! - callMs)
    .sort((a, b) => a - b);
  const at = (share: number): string => (taken[Math.floor(taken.length * share)] ?? Number.NaN).toFixed(1);
  return `${taken.length} puts, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

describe("a member that is far behind", () => {
  for (const server of [quorate, ...etcds]) {
    it(`${server.name}: ${behind} entries behind, a snapshot brings it up under load`, async () => {
      const cluster = await Cluster.start([server, server, server]);
      const leader = await cluster.leader();
      const away = (leader + 1) % 3;
      await cluster.stop(away, "SIGKILL");
      await fill(cluster.url(leader), behind);
      const work = new Recorder({ endpoints: [cluster.url(leader)], clients: 40, rate });
      await pause(1000);
      const began = performance.now();
      await pause(5000);
      const middle = performance.now();
      cluster.launch(away);
      await until("the follower has caught up", 60_000, async () => {
        const [own, its] = await Promise.all([cluster.status(leader), cluster.status(away)]);
        return own !== undefined && its !== undefined && its.applied >= own.applied;
      });
      const caughtUp = performance.now();
      await pause(Math.max(0, 5000 - (caughtUp - middle)));
      const end = performance.now();
      await work.end();
      expect(cluster.nodes[away]!.log).toContain("applied snapshot");
      const hash = await cluster.equalHash();
      console.log(
        `${server.name}, ${behind} entries behind: caught up after ${((caughtUp - middle) / 1000).toFixed(1)} s; ` +
          `at the leader before: ${latencies(work, began, middle)}; during: ${latencies(work, middle, end)}; ${hash}`,
      );
      await cluster.stopAll();
      expect(work.unknown).toBe(0);
    }, 300_000);
  }

  it("quorate: a learner follows and is promoted under load", async () => {
    const cluster = await Cluster.start([quorate, quorate, quorate]);
    const learner = await cluster.reserve();
    const work = new Recorder({ endpoints: cluster.urls.slice(0, 3), clients: 24, rate });
    let added: Record<string, unknown> | undefined;
    await until("a learner is added", 30_000, async () => {
      added = await cluster.call(0, "cluster/member/add", { peerURLs: [cluster.peerUrl(learner)], isLearner: true });
      return added !== undefined;
    });
    const { ID } = added!["member"] as { ID: string };
    cluster.launch(learner, "existing");
    await cluster.serving(learner);
    expect((await cluster.status(learner))!.isLearner).toBe(true);
    await until("the learner is promoted", 30_000, async () => {
      return (await cluster.call(1, "cluster/member/promote", { ID })) !== undefined;
    });
    // Now it counts: with one of the others gone, three of four go on; and it can lead.
    await cluster.moveLeader(learner);
    await cluster.stop(0, "SIGKILL");
    await pause(1000);
    await work.end();
    await cluster.equalHash();
    const history = await wholeHistory(cluster.url(learner));
    await cluster.stopAll();
    expect(judge(work.calls, history)).toBeUndefined();
  });
});
