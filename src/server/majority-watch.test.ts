import { describe, expect, it } from "vitest";
import { TestCluster } from "./testing/run-cluster.ts";

/** Lines of member `at` since `fromMs`. */
function said(cluster: TestCluster, at: number, fromMs = 0): string[] {
  return cluster.members[at]!.waited.filter(({ atMs }) => atMs >= fromMs).map(({ line }) => line);
}

describe("a member without a leader", () => {
  it("says soon, and then more and more rarely, whom it waits for and why, and when the wait is over", async () => {
    const cluster = await TestCluster.start(2);
    expect([said(cluster, 0), said(cluster, 1)]).toEqual([[], []]);
    cluster.kill(0);
    cluster.kill(1);
    const startedMs = cluster.time.monotonicMs();
    const starting = cluster.start(0).catch(() => {});
    await cluster.until("the first line", () => said(cluster, 0, startedMs).length > 0, 5000);
    const first = cluster.members[0]!.waited[0]!;
    expect(first.atMs - startedMs).toBeLessThan(2000);
    expect(first.line).toBe(
      "1 of 2 members up; waiting for a majority (2): m2 at http://m2:2380 (connection refused: nothing listens there)",
    );
    await cluster.pass(20_000);
    const times = cluster.members[0]!.waited.map(({ atMs }) => Math.round((atMs - startedMs) / 100) / 10);
    expect(times.length).toBe(4);
    for (const [i, time] of times.entries()) expect(time).toBeCloseTo([1.5, 4.5, 10.5, 22.5][i]!, 0);

    await cluster.start(1);
    await starting;
    expect(said(cluster, 0).at(-1)).toMatch(/^2 of 2 members up; m[12] leads$/);
    const lines = said(cluster, 0).length;
    await cluster.pass(40_000);
    expect(said(cluster, 0).length).toBe(lines);
    await cluster.stop();
  });

  it("says nothing of an election that takes its normal time, and names those that are lost later", async () => {
    const cluster = await TestCluster.start(3);
    const leader = cluster.leader();
    const [one, other] = [0, 1, 2].filter((at) => at !== leader) as [number, number];
    cluster.kill(leader);
    await cluster.until("another leader", () => cluster.leader() >= 0);
    expect([...said(cluster, one), ...said(cluster, other)]).toEqual([]);
    cluster.kill(other);
    await cluster.until("a line", () => said(cluster, one).length > 0);
    const gone = [leader, other].sort((a, b) => cluster.members[a]!.name.localeCompare(cluster.members[b]!.name));
    const line = said(cluster, one)[0]!;
    expect(line).toContain("1 of 3 members up; waiting for a majority (2): ");
    for (const at of gone) expect(line).toContain(`m${at + 1} at http://m${at + 1}:2380`);
    await cluster.stop();
  });

  it("of a cluster of one says nothing", async () => {
    const cluster = await TestCluster.start(1);
    await cluster.pass(10_000);
    expect(said(cluster, 0)).toEqual([]);
    await cluster.stop();
  });
});
