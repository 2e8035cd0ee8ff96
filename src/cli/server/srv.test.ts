import { describe, expect, it } from "vitest";
import { silentLogger } from "../../base/index.ts";
import { clusterFromSrv, type Resolver, type SrvRecord } from "./srv.ts";

function resolver(records: Record<string, readonly SrvRecord[]>, hosts: Record<string, string>): Resolver {
  const find = async <T>(table: Record<string, T>, name: string): Promise<T> => {
    const found = table[name];
    if (found === undefined) throw new Error(`lookup ${name}: no such host`);
    return found;
  };
  return { srv: (name) => find(records, name), address: (host) => find(hosts, host) };
}

const hosts = {
  "a.example.com": "10.0.0.1",
  "b.example.com": "10.0.0.2",
  "c.example.com": "10.0.0.3",
  self: "10.0.0.2",
};
const three = ["a", "b", "c"].map((host) => ({ name: `${host}.example.com.`, port: 2380 }));
const ask = (records: Record<string, readonly SrvRecord[]>, urls: string[], suffix = "", more = hosts) =>
  clusterFromSrv("example.com", suffix, "me", urls, resolver(records, more), silentLogger);

describe("members by SRV records", () => {
  it("names the record with an own address after this member, the others by numbers", async () => {
    const found = await ask({ "_etcd-server._tcp.example.com": three }, ["http://self:2380"]);
    expect(found).toEqual(
      new Map([
        ["0", ["http://a.example.com:2380"]],
        ["me", ["http://b.example.com:2380"]],
        ["1", ["http://c.example.com:2380"]],
      ]),
    );
  });

  it("asks for https first, and for the service with its suffix", async () => {
    const found = await ask({ "_etcd-server-ssl-blue._tcp.example.com": three }, ["https://self:2380"], "blue");
    expect(found.get("me")).toEqual(["https://b.example.com:2380"]);
  });

  it("says what is missing or does not fit", async () => {
    await expect(ask({}, ["http://self:2380"])).rejects.toThrow(
      "error querying DNS SRV records for _etcd-server lookup _etcd-server._tcp.example.com: no such host",
    );
    await expect(ask({ "_etcd-server._tcp.example.com": three }, ["http://self:9999"])).rejects.toThrow(
      'cannot find local etcd member "me" in SRV records',
    );
    const alone = [{ name: "b.example.com.", port: 2380 }];
    await expect(ask({ "_etcd-server-ssl._tcp.example.com": alone }, ["http://self:2380"])).rejects.toThrow(
      "has scheme mismatch with expected peer http://self:2380",
    );
    // A host that does not resolve is left out as long as others do.
    const found = await ask(
      { "_etcd-server._tcp.example.com": [...three, { name: "gone.example.com.", port: 2380 }] },
      ["http://self:2380"],
    );
    expect(found.size).toBe(3);
  });
});
