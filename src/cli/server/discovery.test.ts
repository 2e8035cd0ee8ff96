import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLogger } from "../../base/index.ts";
import { Client } from "../../client/index.ts";
import { type StartedMember, startMember } from "../../node/index.ts";
import { discoverCluster } from "./discovery.ts";

let service: StartedMember;
let client: Client;
beforeEach(async () => {
  service = await startMember({ storage: "memory" });
  client = new Client({ endpoints: service.clientUrl });
});
afterEach(async () => {
  client.close();
  await service.close();
});

const join = (name: string, token = "t") =>
  discoverCluster(client, token, name, [`http://${name}:2380`, `http://${name}:2381`], silentLogger);
const sizeIs = (size: string) => client.put("/_etcd/registry/t/_config/size", size);

it("gives every member the same cluster once all have come, and none to those who come later", async () => {
  await sizeIs("3");
  const waiting = [join("a"), join("b")];
  const last = await join("c");
  for (const found of await Promise.all(waiting)) expect([...found].sort()).toEqual([...last].sort());
  expect(last.get("a")).toEqual(["http://a:2380", "http://a:2381"]);
  expect([...last.keys()].sort()).toEqual(["a", "b", "c"]);
  await expect(join("d")).rejects.toThrow("discovery: cluster is full");
  // One that failed after it had told its name gets its place again.
  expect([...(await join("b")).keys()].sort()).toEqual(["a", "b", "c"]);
});

it("writes under the id that etcd would give", async () => {
  await sizeIs("1");
  await join("infra1");
  const { kvs } = await client.range({ prefix: "/_etcd/registry/t/members/" });
  expect(kvs.map((kv) => [kv.keyText, kv.text])).toEqual([
    [expect.stringMatching(/members\/[0-9a-f]{1,16}$/), "infra1=http://infra1:2380,infra1=http://infra1:2381"],
  ]);
});

it.each(["0", "-1", "many", ""])("refuses %j as the size", async (size) => {
  await sizeIs(size);
  await expect(join("a")).rejects.toThrow("discovery: size key is bad");
});

it("refuses a token that nobody has set up, and two members of one name", async () => {
  await expect(join("a", "unknown")).rejects.toThrow("discovery: size key not found");
  await sizeIs("2");
  await client.put("/_etcd/registry/t/members/1", "a=http://other:2380");
  await expect(join("a")).rejects.toThrow("discovery: found duplicate members");
});
