import { expect, it } from "vitest";
import { runCommandLine } from "../command/testing.ts";
import { main } from "./main.ts";

/** The line that says what is wrong, of a command that asks nobody: what is refused is refused before. */
async function refusal(args: readonly string[], env: Record<string, string> = {}): Promise<[number, string]> {
  const { code, err } = await runCommandLine((io) => main(io), ["--dial-timeout=100ms", ...args], "", env);
  const lines = err.split("\n").filter((line) => line.startsWith("Error: "));
  return [code, lines.at(-1) ?? ""];
}

// Codes and texts of etcdctl 3.7.1.
it.each([
  ["127.0.0.1:9", 'Error: parse "127.0.0.1:9": first path segment in URL cannot contain colon'],
  ["http://127.0.0.1:9,", "Error: URL scheme must be http, https, unix, or unixs: "],
  [",", "Error: URL scheme must be http, https, unix, or unixs: "],
  ["http://127.0.0.1", 'Error: URL address does not have the form "host:port": http://127.0.0.1'],
  ["http://127.0.0.1:9/", "Error: URL must not contain a path: http://127.0.0.1:9/"],
])("member add --peer-urls=%s", async (urls, line) => {
  expect(await refusal(["member", "add", "n", `--peer-urls=${urls}`])).toEqual([1, line]);
});

it("without an endpoint has nobody to ask", async () => {
  const none = "Error: etcdclient: no available endpoints";
  expect(await refusal(["--endpoints=", "get", "k"])).toEqual([2, none]);
  expect(await refusal(["--endpoints=", "endpoint", "status", "--cluster"])).toEqual([1, none]);
});

it("names what is wrong with the zone of an address, and how it is written", async () => {
  expect(await refusal(["--endpoints=[fe80::1%eth0]:2379", "get", "k"])).toEqual([
    2,
    'Error: parse "etcd-endpoints:///[fe80::1%eth0]:2379": invalid URL escape "%et"; the zone of an IPv6 address is written http://[fe80::1%25eth0]:2379',
  ]);
});

it("takes endpoints that mean nothing for ones that do not answer", async () => {
  for (const endpoints of [",", " ", "ftp://a:1", "127.0.0.1", "a:b"]) {
    const line = "Error: context deadline exceeded";
    expect(await refusal([`--endpoints=${endpoints}`, "--command-timeout=50ms", "get", "k"])).toEqual([1, line]);
    expect(await refusal(["--command-timeout=50ms", "get", "k"], { ETCDCTL_ENDPOINTS: endpoints })).toEqual([1, line]);
  }
});
