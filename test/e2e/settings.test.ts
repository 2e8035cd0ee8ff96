/** Settings that cannot be, and what is said of them: each text is etcd 3.7.1's, which is asked too where it is at hand. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../../src/node/tls/self-signed.ts";
import { cleanUp, etcd37, freePort, type Outcome, quorate, run, scratch, start } from "./servers.ts";

const servers = etcd37 === undefined ? [quorate] : [quorate, etcd37];
if (etcd37 === undefined) console.log("skipped: the same settings with etcd 3.7.1 (QUORATE_ETCD_37 names none)");

const dir = scratch();
const file = (name: string): string => join(dir, name);
let port = 0;
let peerPort = 0;

beforeAll(async () => {
  const own = selfSigned(["localhost"], new Date(Date.now() - 60_000), 1);
  const other = selfSigned(["localhost"], new Date(Date.now() - 60_000), 1);
  const files = {
    "own.crt": own.cert,
    "own.key": own.key,
    "other.key": other.key,
    "hello.txt": "hello\n",
    empty: "",
    "broken.crt": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "broken.key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "suites.yml": "cipher-suites: [A, FOO]\n",
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(file(name), content);
  mkdirSync(file("directory"));
  port = await freePort();
  peerPort = await freePort();
});
afterAll(cleanUp);

/** The last error that the log tells, or the first line that is no log. */
function reason({ stderr }: Outcome): string {
  let told = "";
  for (const line of stderr.split("\n").filter((text) => text !== "")) {
    if (!line.startsWith("{")) return line;
    const { error, level } = JSON.parse(line) as { error?: string; level: string };
    if (error !== undefined && level !== "info") told = error;
  }
  return told;
}

const inPlace = (text: string): string => text.replaceAll("@", `${dir}/`).replaceAll("PORT", String(port));
const flag = (args: readonly string[], name: string, value: string): string[] =>
  args.some((arg) => arg.startsWith(`--${name}=`)) ? [] : [`--${name}=${value}`];

const secure = ["--listen-client-urls=https://127.0.0.1:PORT"];
const pair = (cert: string, key: string): string[] => [...secure, `--cert-file=@${cert}`, `--key-file=@${key}`];
const own = pair("own.crt", "own.key");
const peer = (cert: string, key: string): string[] => [
  `--peer-cert-file=@${cert}`,
  `--peer-key-file=@${key}`,
  "--listen-peer-urls=https://127.0.0.1:0",
];

const cases: readonly (readonly [args: readonly string[], code: number, says: string])[] = [
  [["--cipher-suites=FOO"], 1, 'unexpected TLS cipher suite "FOO"'],
  [["--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,FOO"], 1, 'unexpected TLS cipher suite "FOO"'],
  [["--cipher-suites="], 1, 'unexpected TLS cipher suite ""'],
  [["--config-file=@suites.yml"], 1, 'unexpected TLS cipher suite "A"'],
  [
    [...own, "--cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA"],
    1,
    "http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher (need at least one of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)",
  ],
  [["--tls-min-version=TLS1.1"], 1, 'unexpected TLS version "TLS1.1" (must be one of: TLS1.2, TLS1.3)'],
  [pair("absent", "own.key"), 1, "open @absent: no such file or directory"],
  [pair("own.crt", "directory"), 1, "read @directory: is a directory"],
  [pair("empty", "own.key"), 1, "tls: failed to find any PEM data in certificate input"],
  [pair("own.crt", "hello.txt"), 1, "tls: failed to find any PEM data in key input"],
  [pair("broken.crt", "own.key"), 1, "x509: malformed certificate"],
  [pair("own.crt", "broken.key"), 1, "tls: failed to parse private key"],
  [pair("own.crt", "other.key"), 1, "tls: private key does not match public key"],
  [
    pair("own.key", "own.crt"),
    1,
    "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
  ],
  [[...secure, "--cert-file=@own.crt"], 1, "KeyFile and CertFile must both be present[key: , cert: @own.crt]"],
  [[...own, "--trusted-ca-file=@broken.crt"], 1, "x509: malformed certificate"],
  [[...own, "--trusted-ca-file=@own.key"], 1, "x509: malformed tbs certificate"],
  [
    [...own, "--client-cert-file=@own.crt"],
    1,
    "ClientKeyFile and ClientCertFile must both be present or both absent: key: , cert: @own.crt]",
  ],
  [peer("own.crt", "other.key"), 1, "tls: private key does not match public key"],
  [peer("hello.txt", "own.key"), 1, "tls: failed to find any PEM data in certificate input"],
  [
    [...peer("own.crt", "own.key"), "--peer-cert-allowed-cn=a", "--peer-cert-allowed-hostname=b"],
    1,
    'AllowedCNs and AllowedHostnames are mutually exclusive (cns=["a"], hostnames=["b"])',
  ],
  [
    [...secure, "--auto-tls", "--self-signed-cert-validity=0"],
    1,
    "selfSignedCertValidity is invalid,it should be greater than 0",
  ],
  [["--listen-client-urls=http://127.0.0.1:99999"], 1, "listen tcp: address 99999: invalid port"],
  [["--listen-peer-urls=http://127.0.0.1:65536"], 1, "listen tcp: address 65536: invalid port"],
  [["--listen-metrics-urls=http://127.0.0.1:65536"], 1, "listen tcp: address 65536: invalid port"],
  [
    ["--listen-client-urls=http://192.0.2.1:PORT"],
    1,
    "listen tcp 192.0.2.1:PORT: bind: cannot assign requested address",
  ],
  [
    ["--listen-client-urls=http://127.0.0.1:PORT,http://localhost:PORT"],
    1,
    "listen tcp 127.0.0.1:PORT: bind: address already in use",
  ],
  [
    ["--listen-client-http-urls=http://127.0.0.1:PORT"],
    1,
    "cannot bind both --listen-client-urls and --listen-client-http-urls on the same url http://127.0.0.1:PORT",
  ],
  [["--listen-client-urls=unix://@no/s.sock"], 1, "listen unix @no/s.sock: bind: no such file or directory"],
  [["--log-outputs=@directory"], 1, 'open sink "@directory": open @directory: is a directory'],
  [["--log-outputs=http://x"], 1, 'open sink "http://x": no sink found for scheme "http"'],
  [
    ["--auth-token=jwt,priv-key=@hello.txt,sign-method=RS256"],
    1,
    "invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key",
  ],
  [["--auth-token=jwt,priv-key=@absent,sign-method=RS256"], 1, "auth: invalid auth options"],
  [
    ["--max-concurrent-streams=-1"],
    2,
    'invalid value "-1" for flag -max-concurrent-streams: strconv.ParseUint: parsing "-1": invalid syntax',
  ],
  [["--grpc-keepalive-interval=1"], 2, 'invalid value "1" for flag -grpc-keepalive-interval: parse error'],
];

// etcd has several things to say of some settings, and which comes first is chance.
describe.each(servers)("$name", ({ command, name }) => {
  it.each(cases)("%j", { retry: name.startsWith("etcd") ? 2 : 0 }, async (args, code, says) => {
    const given = args.map(inPlace);
    const all = [
      ...given,
      ...(given[0]?.startsWith("--config-file") ? [] : [`--data-dir=${join(scratch(), "data")}`]),
      ...flag(given, "listen-client-urls", `http://127.0.0.1:${port}`),
      `--advertise-client-urls=http://127.0.0.1:${port}`,
      ...flag(given, "listen-peer-urls", `http://127.0.0.1:${peerPort}`),
      "--election-timeout=100",
      "--heartbeat-interval=10",
    ];
    const outcome = await run(command, all);
    expect(outcome.code, outcome.stderr).toBe(code);
    expect(reason(outcome)).toBe(inPlace(says));
    // Nothing of OpenSSL's own in any other line either.
    expect(outcome.stderr).not.toContain("routines::");
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

describe.skipIf(!hasIpv6).each(servers)("$name listens", (server) => {
  it.each(["0.0.0.0", "[::]"])("on %s for IPv4 and IPv6, for clients and metrics", async (host) => {
    const [client, metrics] = [await freePort(), await freePort()];
    const running = await start(server, {
      port: client,
      args: [`--listen-client-urls=http://${host}:${client}`, `--listen-metrics-urls=http://${host}:${metrics}`],
    });
    for (const address of ["127.0.0.1", "[::1]"]) {
      expect((await fetch(`http://${address}:${client}/version`)).status).toBe(200);
      expect((await fetch(`http://${address}:${metrics}/metrics`)).status).toBe(200);
    }
    await running.stop();
  });
});

describe("etcdctl", () => {
  const programs = [
    join(dirname(quorate.command), "etcdctl"),
    ...(etcd37 ? [join(dirname(etcd37.command), "etcdctl")] : []),
  ];
  const endpoint = "--endpoints=https://127.0.0.1:1";
  it.each([
    [["--cacert=@absent"], "open @absent: no such file or directory"],
    [["--cacert=@directory"], "read @directory: is a directory"],
    [["--cacert=@broken.crt"], "x509: malformed certificate"],
    [["--cert=@own.crt"], "KeyFile and CertFile must both be present[key: , cert: @own.crt]"],
    [["--cert=@own.crt", "--key=@other.key"], "tls: private key does not match public key"],
    [["--cert=@hello.txt", "--key=@own.key"], "tls: failed to find any PEM data in certificate input"],
    [["--cert=@own.crt", "--key=@broken.key"], "tls: failed to parse private key"],
  ])("%j", async (args, says) => {
    for (const program of programs.filter((path) => existsSync(path))) {
      const outcome = await run(program, ["get", "a", endpoint, ...args.map(inPlace)]);
      expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({
        code: 128,
        stderr: `Error: ${inPlace(says)}\n`,
      });
    }
  });
});
