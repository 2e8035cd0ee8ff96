import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { get as getSecurely } from "node:https";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { exchange } from "../../test/harness/http1.ts";
import { Registry } from "../api/metrics/index.ts";
import { silentLogger } from "../base/index.ts";
import { defaultMemberOptions } from "../server/index.ts";
import { MemoryDisk } from "../storage/disk/index.ts";
import { load } from "./config/index.ts";
import type { Listen } from "./entrances.ts";
import { serveOptionsOf } from "./from-config.ts";
import { type Serving, serve } from "./serve.ts";
import { defaultServeOptions, sha1, systemEnv } from "./start-member.ts";
import { selfSigned } from "./tls/self-signed.ts";
import { noTls } from "./tls/settings.ts";

const dir = mkdtempSync(join(tmpdir(), "serve-tls-"));
let serving: Serving | undefined;
afterEach(async () => {
  await serving?.close();
  serving = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function textOf(start: typeof get, url: string, ca?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    start(url, { ...(ca === undefined ? {} : { ca }), agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

it("serves one address with TLS and without", async () => {
  const own = selfSigned(["127.0.0.1"], new Date(Date.now() - 60_000), 1);
  const [certFile, keyFile] = [join(dir, "own.crt"), join(dir, "own.key")];
  writeFileSync(certFile, own.cert);
  writeFileSync(keyFile, own.key);
  const begin = async (): Promise<string[]> => {
    const port = await freePort();
    const urls = [`http://127.0.0.1:${port}`, `https://127.0.0.1:${port}`];
    const registry = new Registry();
    const member = defaultMemberOptions("/memory", sha1, { advertiseClientUrls: urls });
    serving = await serve(
      { ...defaultServeOptions(member, urls), clientTls: { ...noTls, certFile, keyFile } },
      new MemoryDisk(),
      registry,
      systemEnv(silentLogger, registry),
    );
    return urls;
  };
  // Somebody else may take the port between the look and the leap.
  const urls = await begin().catch((error: Error) => {
    expect(error.message).toContain("address already in use");
    return begin();
  });
  expect(serving?.urls).toEqual(urls);
  const [plain, secure] = urls as [string, string];
  expect(JSON.parse(await textOf(get, `${plain}/version`))).toMatchObject({ etcdserver: "3.7.1" });
  expect(JSON.parse(await textOf(getSecurely, `${secure}/version`, own.cert))).toMatchObject({ etcdserver: "3.7.1" });
});

it("serves HTTP/2 on secured addresses, whatever is served there", async () => {
  const own = selfSigned(["127.0.0.1"], new Date(Date.now() - 60_000), 1);
  const [certFile, keyFile] = [join(dir, "own.crt"), join(dir, "own.key")];
  mkdirSync(dir, { recursive: true });
  writeFileSync(certFile, own.cert);
  writeFileSync(keyFile, own.key);
  const registry = new Registry();
  const url = "https://127.0.0.1:0";
  const member = defaultMemberOptions("/memory", sha1, { advertiseClientUrls: [url] });
  serving = await serve(
    {
      ...defaultServeOptions(member, []),
      listen: [
        { url, serves: "grpc" },
        { url, serves: "http" },
        { url, serves: "metrics" },
      ],
      clientTls: { ...noTls, certFile, keyFile },
    },
    new MemoryDisk(),
    registry,
    systemEnv(silentLogger, registry),
  );
  const [grpcUrl, httpUrl, metricsUrl] = serving.urls as [string, string, string];
  expect(new Set(serving.urls).size).toBe(3);
  expect(await statusOverHttp2(`${httpUrl}/version`, own.cert)).toBe(200);
  expect(await statusOverHttp2(`${metricsUrl}/metrics`, own.cert)).toBe(200);
  expect(await statusOverHttp2(`${grpcUrl}/version`, own.cert)).toBe(415);
});

it.each([
  ["a body of known length", "Content-Length: 16", ['{"k', 'ey": "YQ==" }']],
  ["a body in chunks", "Transfer-Encoding: chunked", ['5\r\n{"key\r\n', '9\r\n": "YQ=="\r\n1\r\n}\r\n0\r\n\r\n']],
  ["an empty body in chunks", "Transfer-Encoding: chunked", ["0\r", "\n\r\n"]],
])("declines to change the protocol by answering in the old one: %s", async (_, framing, parts) => {
  const registry = new Registry();
  const urls = ["http://127.0.0.1:0"];
  const member = defaultMemberOptions("/memory", sha1, { advertiseClientUrls: urls });
  serving = await serve(
    defaultServeOptions(member, urls),
    new MemoryDisk(),
    registry,
    systemEnv(silentLogger, registry),
  );
  const socket = connect(Number(new URL(serving.urls[0]!).port), "127.0.0.1");
  const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n";
  const head = `POST /v3/kv/range HTTP/1.1\r\nHost: localhost\r\n${offer}${framing}\r\n\r\n`;
  socket.write(`${head}${parts[0]}`);
  setTimeout(
    () => socket.write(`${parts[1]}GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    20,
  );
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  expect(text.match(/HTTP\/1.1 (200 OK|400 Bad Request)/g)).toHaveLength(2);
  expect(text).toContain(parts[0]!.includes("key") || parts[0]!.includes('"k') ? '"raft_term"' : "key is not provided");
  expect(text).toContain('"etcdserver":"3.7.1"');
});

function statusOverHttp2(url: string, ca: string): Promise<number> {
  const session = connectHttp2(new URL(url).origin, { ca });
  return new Promise<number>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":path": new URL(url).pathname });
    stream.on("response", (headers) => resolve(Number(headers[":status"])));
    stream.on("error", reject);
    stream.resume();
  }).finally(() => session.destroy());
}

it.each([
  [
    ["--listen-client-urls=https://127.0.0.1:2379", "--advertise-client-urls=https://127.0.0.1:2379"],
    "TLS key/cert (--cert-file, --key-file) must be provided for client url https://127.0.0.1:2379 with HTTPS scheme",
  ],
  [
    ["--listen-metrics-urls=https://127.0.0.1:2381"],
    "client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url",
  ],
])("wants a certificate for %j", (args, why) => {
  const loaded = load({
    args,
    env: {},
    readFile: () => "",
    defaultHost: undefined,
    build: { gitSha: "", runtime: "", platform: "" },
  });
  if (loaded.kind !== "start") throw new Error(loaded.kind);
  expect(() => serveOptionsOf(loaded.config, silentLogger, () => {})).toThrow(why);
});

it("ends requests of HTTP/1 that are under way when it is closed", async () => {
  const registry = new Registry();
  const member = defaultMemberOptions("/memory", sha1, { advertiseClientUrls: ["http://127.0.0.1:0"] });
  serving = await serve(
    defaultServeOptions(member, ["http://127.0.0.1:0"]),
    new MemoryDisk(),
    registry,
    systemEnv(silentLogger, registry),
  );
  const { port } = new URL(serving.urls[0]!);
  const socket = connect(Number(port), "127.0.0.1");
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const body = JSON.stringify({ create_request: { key: "YQ==" } });
  socket.write(`POST /v3/watch HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length + 1}\r\n\r\n${body}`);
  await new Promise((resolve) => socket.once("data", resolve));
  await serving.close();
  await closed;
});

it("serves metrics and health as soon as the member has started, be there a leader or not", async () => {
  const urls: string[] = [];
  for (let i = 0; i < 5; i++) urls.push(`http://127.0.0.1:${await freePort()}`);
  const [clientUrl, metricsUrl, peer, otherUrl, otherPeer] = urls as [string, string, string, string, string];
  const initialCluster = new Map([
    ["one", [peer]],
    ["other", [otherPeer]],
  ]);
  const begin = (name: string, listen: Listen[], listenPeer: string): Promise<Serving> => {
    const registry = new Registry();
    const member = defaultMemberOptions("/memory", sha1, {
      name,
      advertiseClientUrls: [listen[0]!.url],
      advertisePeerUrls: [listenPeer],
      initialCluster,
    });
    const options = { ...defaultServeOptions(member, []), listen, listenPeers: [listenPeer] };
    return serve(options, new MemoryDisk(), registry, systemEnv(silentLogger, registry));
  };
  const one = begin(
    "one",
    [
      { url: clientUrl, serves: "client" },
      { url: metricsUrl, serves: "metrics" },
    ],
    peer,
  );
  // Until it has started, whoever asks is turned away.
  let answer = "";
  while (answer === "") answer = await textOf(get, `${metricsUrl}/health`).catch(() => "");
  expect(answer).toBe('{"health":"false","reason":"RAFT NO LEADER"}\n');
  expect(await textOf(get, `${metricsUrl}/health?serializable=true`)).toBe('{"health":"true","reason":""}');
  expect(await textOf(get, `${metricsUrl}/livez`)).toBe("ok\n");
  expect(await textOf(get, `${metricsUrl}/readyz?exclude=linearizable_read`)).toBe("ok\n");
  expect(await textOf(get, `${metricsUrl}/metrics`)).toContain("\netcd_server_has_leader 0\n");
  // Clients wait, as at etcd, until it can serve them.
  const early = textOf(get, `${clientUrl}/health`);
  const other = await begin("other", [{ url: otherUrl, serves: "client" }], otherPeer);
  serving = await one;
  expect(await early).toBe('{"health":"true","reason":""}');
  expect(await textOf(get, `${metricsUrl}/health`)).toBe('{"health":"true","reason":""}');
  await Promise.all([serving.close(0), other.close(0)]);
});

it("tells open calls that the member has failed before it says so itself", async () => {
  const registry = new Registry();
  const urls = ["http://127.0.0.1:0"];
  const member = defaultMemberOptions("/memory", sha1, { advertiseClientUrls: urls });
  const said: string[] = [];
  let failed: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    failed = resolve;
  });
  const onFatal = (error: unknown): void => {
    said.push(String(error));
    failed();
  };
  serving = await serve(
    { ...defaultServeOptions(member, urls), onFatal },
    new MemoryDisk(),
    registry,
    systemEnv(silentLogger, registry),
  );
  const request = postJson("/v3/watch", { create_request: { key: "YQ==" } });
  let first: () => void = () => {};
  const watching = new Promise<void>((resolve) => {
    first = resolve;
  });
  const watch = exchange(serving.urls[0]!, request, { onBody: (body) => body.includes("\n") && first() });
  await watching;
  serving.member.fail(new Error("the disk is gone"));
  const answer = await watch;
  said.push(answer?.end ?? "");
  await over;
  expect(answer?.body.endsWith('{"error":{"code":14,"message":"error reading from server: EOF"}}\n')).toBe(true);
  expect(said.sort()).toEqual(["Error: the disk is gone", "chunks"]);
});

function postJson(path: string, message: unknown): string {
  const body = JSON.stringify(message);
  return `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

it("serves profiles to who asked for them, and to nobody else", async () => {
  const begin = async (profiles: boolean): Promise<string> => {
    const registry = new Registry();
    const member = defaultMemberOptions("/memory", sha1, { advertiseClientUrls: ["http://127.0.0.1:0"] });
    const options = { ...defaultServeOptions(member, ["http://127.0.0.1:0"]), profiles };
    serving = await serve(options, new MemoryDisk(), registry, systemEnv(silentLogger, registry));
    return serving.urls[0]!;
  };
  const without = await begin(false);
  for (const path of ["/debug/pprof", "/debug/pprof/", "/debug/pprof/heap"]) {
    expect(await textOf(get, without + path)).toBe("404 page not found\n");
  }
  await serving?.close();
  const url = await begin(true);
  expect(await textOf(get, `${url}/debug/pprof`)).toBe('<a href="/debug/pprof/">Temporary Redirect</a>.\n\n');
  expect(await textOf(get, `${url}/debug/pprof/`)).toContain("go tool pprof");
  // Its end does not wait for a profile that somebody still wants.
  const profile = textOf(get, `${url}/debug/pprof/profile?seconds=600`).catch((error: Error) => error.message);
  await textOf(get, `${url}/debug/pprof/cmdline`);
  await serving?.close();
  expect(await profile).toBe("socket hang up");
});
