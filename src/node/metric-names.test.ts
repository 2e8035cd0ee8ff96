import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Registry } from "../api/metrics/index.ts";
import { silentLogger } from "../base/index.ts";
import { Client } from "../client/index.ts";
import { defaultMemberOptions } from "../server/index.ts";
import { MemoryDisk } from "../storage/disk/index.ts";
import { load } from "./config/index.ts";
import { declareFeatureMetrics } from "./feature-metrics.ts";
import { registerProcessMetrics } from "./process-stats.ts";
import { type Serving, serve } from "./serve.ts";
import { defaultServeOptions, sha1, systemEnv } from "./start-member.ts";

let serving: Serving;
beforeAll(async () => {
  const registry = new Registry();
  registerProcessMetrics(registry);
  const build = { gitSha: "", runtime: "", platform: "" };
  const loaded = load({ args: [], env: {}, readFile: () => "", defaultHost: undefined, build });
  if (loaded.kind !== "start") throw new Error(loaded.kind);
  declareFeatureMetrics(registry, loaded.config.features);
  const urls = ["http://127.0.0.1:0"];
  const member = defaultMemberOptions("/memory", sha1, { advertiseClientUrls: urls });
  const env = systemEnv(silentLogger, registry);
  serving = await serve(
    { ...defaultServeOptions(member, urls), listenPeers: ["http://127.0.0.1:0"] },
    new MemoryDisk(),
    registry,
    env,
  );
});
afterAll(() => serving.close());

it("shows every metric that etcd shows after a put and a get, with its type", async () => {
  const client = new Client({ endpoints: serving.urls[0]! });
  await client.put("a", "b");
  await client.get("a");
  client.close();
  const text = await (await fetch(`${serving.urls[0]}/metrics`)).text();
  const shown = new Set(text.match(/(?<=^# TYPE ).*$/gm));
  // Recorded from etcd 3.7.1, a member alone.
  const recorded = readFileSync(new URL("./testdata/etcd-3.7.1-metrics.txt", import.meta.url), "utf8");
  expect(
    recorded
      .trim()
      .split("\n")
      .filter((line) => !shown.has(line)),
  ).toEqual([]);
});
