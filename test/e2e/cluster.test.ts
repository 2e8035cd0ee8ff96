import { afterAll, describe, expect, it } from "vitest";
import { Cluster, killAll } from "./cluster.ts";
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
