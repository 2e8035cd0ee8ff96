import { describe, expect, it } from "vitest";
import { runCommandLine } from "../command/testing.ts";
import { main } from "../proxies.ts";
import { checkEndpoints, discoverClients, endpointOf, type Resolver } from "./endpoints.ts";

const names: Record<string, string[]> = { localhost: ["127.0.0.1", "::1"], m1: ["10.0.0.1"] };

const resolver: Resolver = {
  srv: async (name) => {
    if (name !== "_etcd-client-ssl-x._tcp.example.com") throw Object.assign(new Error(name), { code: "ENOTFOUND" });
    return [{ host: "m1", port: 2379, priority: 1, weight: 2 }];
  },
  addresses: async (host) => {
    const found = names[host];
    if (found === undefined) throw new Error("no such host");
    return found;
  },
};

describe("a gateway's endpoints", () => {
  it("may be written with a scheme or without", () => {
    expect(endpointOf("https://m1:2379")).toMatchObject({ host: "m1", port: 2379 });
    expect(endpointOf("[::1]:2379")).toMatchObject({ host: "::1", port: 2379 });
    // As etcd's gateway takes them.
    for (const text of [" m1:2379", "m1:2379 ", "m1:2379/", "http://m1:2379/", "HTTP://m1:2379"]) {
      expect(endpointOf(text)).toMatchObject({ host: "m1", port: 2379 });
    }
    expect(() => endpointOf("")).toThrow('error parsing endpoint ""');
    expect(() => endpointOf("m1")).toThrow('error parsing endpoint "m1"');
    expect(() => endpointOf("::1:2379")).toThrow("error parsing endpoint");
  });

  it("must exist, and not be the gateway itself", async () => {
    const listen = { host: "localhost", port: 23790, text: "localhost:23790" };
    await checkEndpoints([endpointOf("m1:23790"), endpointOf("localhost:2379")], listen, resolver);
    await expect(checkEndpoints([endpointOf("m2:1")], listen, resolver)).rejects.toThrow(
      "failed to resolve endpoint host: m2",
    );
    await expect(checkEndpoints([endpointOf("localhost:23790")], listen, resolver)).rejects.toThrow(
      "SRV or endpoint (localhost:23790->127.0.0.1:23790) should not resolve to the gateway listen addr (localhost:23790)",
    );
    await expect(checkEndpoints([], { ...listen, host: "m3" }, resolver)).rejects.toThrow(
      "failed to resolve listen host: m3",
    );
  });

  it("are found in DNS, with priorities and weights", async () => {
    expect(await discoverClients("example.com", "x", resolver)).toEqual([
      { host: "m1", port: 2379, priority: 1, weight: 2, url: "https://m1:2379", secure: true },
    ]);
    await expect(discoverClients("example.com", "", resolver)).rejects.toThrow(
      "dns lookup errors: lookup _etcd-client-ssl._tcp.example.com: no such host and lookup _etcd-client._tcp.example.com: no such host",
    );
  });
});

describe("etcd gateway", () => {
  it("refuses what it cannot use, in etcd's words and places", async () => {
    const run = (...args: string[]) => runCommandLine(main, ["gateway", ...args]);
    expect(await run("start", "--endpoints=nowhere")).toMatchObject({
      code: 1,
      out: 'error parsing endpoint "nowhere"\n',
    });
    expect(await run("--listen-addr", "here", "start")).toMatchObject({
      code: 1,
      out: "failed to validate listen address: here\n",
    });
    const unknown = await run("start", "--nonsense");
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain("Error: unknown flag: --nonsense\n");
  });
});
