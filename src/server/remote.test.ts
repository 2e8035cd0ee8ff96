import { expect, it } from "vitest";
import { type Env, EtcdError, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import type { PeerRequest, PeerResponse, Transport } from "./peer/index.ts";
import { PeerRefusal, Remote } from "./remote.ts";

const patience = new AbortController().signal;

function remoteThatSays(status: number, said: string) {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
  const asked: [string, PeerRequest][] = [];
  const request = async (url: string, what: PeerRequest): Promise<PeerResponse> => {
    asked.push([url, what]);
    return { status, headers: {}, body: Buffer.from(said) };
  };
  return { remote: new Remote({ request } as unknown as Transport, env), asked };
}

it("asks for a promotion in the name of its client", async () => {
  const { remote, asked } = remoteThatSays(200, "[]");
  await remote.promote("http://a:1", 7n, undefined, 100, patience);
  await remote.promote("http://a:1", 7n, "abc.9", 100, patience);
  expect(asked.map(([, { method, path, headers }]) => ({ method, path, headers }))).toEqual([
    { method: "POST", path: "/members/promote/7", headers: {} },
    { method: "POST", path: "/members/promote/7", headers: { authorization: "abc.9" } },
  ]);
});

it.each([
  [404, "membership: ID not found", "MemberNotFound"],
  [408, "{}", "Timeout"],
  [412, "membership: can only promote a learner member", "MemberNotLearner"],
  [412, "etcdserver: can only promote a learner member which is in sync with leader", "LearnerNotReady"],
  [500, '{"message":"etcdserver: user name is empty"}', "UserEmpty"],
  [500, '{"message":"etcdserver: invalid auth token"}', "InvalidAuthToken"],
  [500, '{"message":"etcdserver: permission denied"}', "PermissionDenied"],
  [500, '{"message":"etcdserver: re-configuration failed due to not enough started members"}', "NotEnoughStarted"],
] as const)("takes %i %s for %s", async (status, said, name) => {
  const { remote } = remoteThatSays(status, said);
  await expect(remote.promote("http://a:1", 7n, undefined, 100, patience)).rejects.toThrow(EtcdError.of(name));
});

it.each(['{"message":"Internal Server Error"}', "null", "<html>"])(
  "takes 500 %s for a refusal without a reason",
  async (said) => {
    const { remote } = remoteThatSays(500, said);
    await expect(remote.promote("http://a:1", 7n, undefined, 100, patience)).rejects.toThrow(PeerRefusal);
  },
);
