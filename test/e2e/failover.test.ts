import { afterAll, describe, expect, it } from "vitest";
import { Cluster, killAll } from "./cluster.ts";
import { judge, keepHistory, median, pause, Recorder, wholeHistory } from "./recorder.ts";
import { cleanUp, etcds, quorate } from "./servers.ts";

/*
 * The leader is killed -9 every five seconds under the eyes of 64 writers. For 15 seconds each, or QUORATE_FAILOVER_SECONDS.
 * The same happens to any etcd that is named (QUORATE_ETCD_37, QUORATE_ETCD_36), so that the gaps can be laid side by side.
 */
const seconds = Number(process.env["QUORATE_FAILOVER_SECONDS"] ?? 15);
const writers = 64;
const everyMs = 5000;
/** Calls a second: what the checker goes through in a few seconds, for a run of two minutes. */
const rate = 600;

const gaps = new Map<string, number[]>();

afterAll(async () => {
  killAll();
  await cleanUp();
  for (const [name, list] of gaps) {
    const each = list.map((gap) => gap.toFixed(0)).join(" ");
    console.log(`${name}: ${list.length} failovers, median write gap ${median(list).toFixed(0)} ms (${each})`);
  }
});

describe(`the leader is killed every 5 s for ${seconds} s, ${writers} writers`, () => {
  for (const server of [quorate, ...etcds]) {
    it(
      `${server.name}: nothing acknowledged is lost, all is linearizable, all members agree`,
      async () => {
        const cluster = await Cluster.start([server, server, server]);
        const work = new Recorder({ endpoints: [0, 1, 2].map((at) => cluster.url(at)), clients: writers, rate });
        const kills: number[] = [];
        const began = performance.now();
        await pause(everyMs / 2);
        while (performance.now() - began < seconds * 1000) {
          const turn = performance.now();
          const leader = await cluster.leader();
          kills.push(performance.now());
          await cluster.stop(leader, "SIGKILL");
          await pause(everyMs / 5);
          cluster.launch(leader);
          await cluster.serving(leader);
          await pause(everyMs - (performance.now() - turn));
        }
        await work.end();
        gaps.set(
          server.name,
          kills.map((at) => work.gapMs(at, at + everyMs / 2)),
        );
        const hash = await cluster.equalHash();
        const history = await wholeHistory(cluster.url(0));
        expect(await wholeHistory(cluster.url(1))).toEqual(history);
        expect(await wholeHistory(cluster.url(2))).toEqual(history);
        await cluster.stopAll();
        keepHistory(`failover-${server.name.replaceAll(" ", "-")}`, work.calls, history);
        console.log(
          `${server.name}: ${work.calls.length} calls, ${work.unknown} of unknown outcome, ${history.length} revisions, ${hash}`,
        );
        expect(judge(work.calls, history)).toBeUndefined();
        expect(work.acknowledgedMs.length).toBeGreaterThan(300);
      },
      seconds * 2000 + 120_000,
    );
  }
});
