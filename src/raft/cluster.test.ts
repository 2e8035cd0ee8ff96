/**
 * Random clusters under every fault we know keep the five properties of figure 3 (election safety, leader append-only, log matching,
 * leader completeness, state machine safety), answer reads linearizably, and work again once the faults stop.
 * `RAFT_CLUSTERS=10000 RAFT_SEED=1 npx vitest run --project unit src/raft/cluster.test.ts` runs more of them.
 */
import { expect, test } from "vitest";
import { type ClusterSummary, runCluster } from "../../test/harness/raft-cluster.ts";

const count = Number(process.env.RAFT_CLUSTERS ?? 300);
const first = Number(process.env.RAFT_SEED ?? Math.floor(Math.random() * 1_000_000_000));

test(`${count} random clusters from seed ${first} on`, { timeout: 20_000 + count * 200 }, () => {
  const total: Partial<Record<keyof ClusterSummary, number>> = {};
  for (let seed = first; seed < first + count; seed++) {
    for (const [what, much] of Object.entries(runCluster(seed, 500)) as [keyof ClusterSummary, number][]) {
      total[what] = (total[what] ?? 0) + much;
    }
  }
  console.log(`raft: ${count} random clusters from seed ${first} on: ${JSON.stringify({ ...total, seed: undefined })}`);
  // The runs must have been worth something.
  for (const what of ["elections", "committed", "crashes", "lost", "confChanges", "reads"] as const) {
    expect(total[what]).toBeGreaterThan(count / 10);
  }
});

test("the same seed gives the same run", () => {
  expect(runCluster(7, 300)).toEqual(runCluster(7, 300));
});
