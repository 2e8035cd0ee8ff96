import { afterAll, describe, expect, it } from "vitest";
import { Cluster, killAll } from "./cluster.ts";
import { judge, Recorder, wholeHistory } from "./recorder.ts";
import { cleanUp, quorate, until } from "./servers.ts";

afterAll(async () => {
  killAll();
  await cleanUp();
});

/** Short logs, so that a follower that was away needs a snapshot. */
const shortLog = ["--snapshot-count=200", "--snapshot-catchup-entries=50"];

describe("three members as processes", () => {
  it("bring a member up that was away for long, and one that lost its disk", async () => {
    const cluster = await Cluster.start([quorate, quorate, quorate], shortLog);
    const away = ((await cluster.leader()) + 1) % 3;
    const here = (away + 1) % 3;
    await cluster.stop(away, "SIGKILL");
    await cluster.fill(here, 2000, "k");
    cluster.launch(away);
    await cluster.serving(away);
    await cluster.equalHash();
    expect(cluster.nodes[away]!.log).toContain("applied snapshot");
    expect(await cluster.count(away, "k")).toBe(2000);

    const lost = await cluster.status(away);
    await cluster.stop(away, "SIGKILL");
    cluster.wipe(away);
    cluster.launch(away);
    await until("the old id is refused", 10_000, () => cluster.nodes[away]!.child === undefined);
    expect(cluster.nodes[away]!.log).toContain("has already been bootstrapped");
    // A member counts as healthy once it has been connected for five seconds.
    await until("the member is removed", 20_000, async () => {
      return (await cluster.call(here, "cluster/member/remove", { ID: lost!.memberId })) !== undefined;
    });
    await until("the member is added", 20_000, async () => {
      return (await cluster.call(here, "cluster/member/add", { peerURLs: [cluster.peerUrl(away)] })) !== undefined;
    });
    cluster.launch(away, "existing");
    await cluster.serving(away);
    expect((await cluster.status(away))!.memberId).not.toBe(lost!.memberId);
    await cluster.equalHash();
    expect(await cluster.count(away, "k")).toBe(2000);
    await cluster.stopAll();
  });
});

/**
 * Which members die together. By default as few sets as it takes for any two members to be in one of them together;
 * with QUORATE_SURVIVE=all every set of that size.
 */
function sets(size: number, lost: number): number[][] {
  if (process.env["QUORATE_SURVIVE"] === "all") return combinations(size, lost);
  if (size === 5) return combinations(5, 2);
  // The lines of Fano's plane.
  return Array.from({ length: 7 }, (_, i) => [i, (i + 1) % 7, (i + 3) % 7]);
}

function combinations(size: number, count: number, from = 0): number[][] {
  if (count === 0) return [[]];
  return Array.from({ length: size - from }, (_, i) => from + i).flatMap((first) =>
    combinations(size, count - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

describe("larger clusters as processes", () => {
  for (const [size, lost] of [
    [5, 2],
    [7, 3],
  ] as const) {
    it(`${size} members survive any ${lost}`, async () => {
      const cluster = await Cluster.start(Array.from({ length: size }, () => quorate));
      const work = new Recorder({ endpoints: cluster.urls, clients: 8, rate: 100 });
      for (const dead of sets(size, lost)) {
        await Promise.all(dead.map((at) => cluster.stop(at, "SIGKILL")));
        const mark = dead.join("");
        const alive = cluster.alive();
        await until(`a write without ${dead}`, 30_000, () => cluster.put(alive[0]!, `without-${mark}`, mark));
        expect(await cluster.get(alive[1]!, `without-${mark}`)).toBe(mark);
        for (const at of dead) cluster.launch(at);
        await Promise.all(dead.map((at) => cluster.serving(at)));
      }
      await work.end();
      const hash = await cluster.equalHash();
      const history = await wholeHistory(cluster.url(0));
      await cluster.stopAll();
      console.log(
        `${size} members without ${lost}, ${sets(size, lost).length} times: ${work.calls.length} calls, ${hash}`,
      );
      expect(judge(work.calls, history)).toBeUndefined();
    }, 600_000);
  }
});
