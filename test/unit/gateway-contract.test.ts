import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StartedMember, startMember } from "../../src/node/index.ts";
import { type Essence, gatewayRequests, playGatewayRequests } from "../harness/gateway-requests.ts";

const recorded: Record<string, Essence> = JSON.parse(
  readFileSync(new URL("../fixtures/gateway-3.7.1/http.json", import.meta.url), "utf8"),
);

describe("the gateway answers over HTTP as etcd 3.7.1 did", () => {
  let member: StartedMember;
  let own: Record<string, Essence> = {};

  beforeAll(async () => {
    member = await startMember();
    own = await playGatewayRequests(member.clientUrl);
  });
  afterAll(() => member.close());

  it("and every answer was recorded", () => {
    const names = gatewayRequests.flatMap(({ requests }) => requests.map(({ name }) => name));
    expect(Object.keys(recorded)).toEqual(names);
  });

  it.each(Object.keys(recorded))("%s", (name) => {
    expect(own[name]).toEqual(recorded[name]);
  });
});
