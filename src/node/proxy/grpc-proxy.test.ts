import { afterEach, describe, expect, it } from "vitest";
import { Registry } from "../../api/metrics/index.ts";
import { Code, silentLogger, utf8, utf8String } from "../../base/index.ts";
import { connect, type GrpcClient, type GrpcError } from "../../wire/grpc/index.ts";
import { kv, rpc } from "../../wire/proto/index.ts";
import { type StartedMember, startMember, systemEnv } from "../start-member.ts";
import { noTls } from "../tls/index.ts";
import { type GrpcProxy, type GrpcProxyOptions, serveGrpcProxy } from "./grpc-proxy.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function member(): Promise<StartedMember> {
  const started = await startMember();
  ends.push(() => started.close());
  return started;
}

async function proxyOf(endpoints: readonly string[], settings: Partial<GrpcProxyOptions> = {}) {
  const registry = new Registry();
  const env = systemEnv(silentLogger, registry);
  const options: GrpcProxyOptions = {
    listen: "127.0.0.1:0",
    metricsUrl: "",
    profiles: false,
    advertise: "127.0.0.1:23790",
    hostname: "here",
    endpoints,
    syncMs: 0,
    listenTls: noTls,
    upstreamTls: undefined,
    skipVerify: false,
    sendBytesMax: 1024 * 1024,
    receiveBytesMax: 1024 * 1024,
    maxConcurrentStreams: 1000,
    dialKeepaliveTimeMs: 0,
    dialKeepaliveTimeoutMs: 20_000,
    keepaliveMinTimeMs: 5000,
    keepaliveTimeMs: 7_200_000,
    keepaliveTimeoutMs: 20_000,
    ...settings,
  };
  const proxy: GrpcProxy = await serveGrpcProxy(options, registry, env);
  ends.push(() => proxy.close());
  const port = Number(proxy.address.split(":")[1]);
  const client = await connect(env, { host: "127.0.0.1", port });
  ends.push(() => client.close());
  return { proxy, client };
}

async function put(client: GrpcClient, key: string, value: string | Uint8Array): Promise<void> {
  const bytes = typeof value === "string" ? utf8(value) : value;
  const request = rpc.createPutRequest({ key: utf8(key), value: bytes });
  await client.unary("/etcdserverpb.KV/Put", rpc.PutRequest.encode(request), { timeoutMs: 20_000 });
}

async function get(client: GrpcClient, key: string): Promise<string | undefined> {
  const request = rpc.RangeRequest.encode(rpc.createRangeRequest({ key: utf8(key) }));
  const answer = await client.unary("/etcdserverpb.KV/Range", request, { timeoutMs: 20_000 });
  const [found] = rpc.RangeResponse.decode(answer).kvs;
  return found === undefined ? undefined : utf8String(kv.decodeKeyValue(found).value);
}

async function failure(call: Promise<unknown>): Promise<Pick<GrpcError, "code" | "message">> {
  try {
    await call;
  } catch (error) {
    const { code, message } = error as GrpcError;
    return { code, message };
  }
  throw new Error("it succeeded");
}

describe("a gRPC proxy", () => {
  it("hands on calls, their answers and their failures", async () => {
    const { clientUrl } = await member();
    const { client } = await proxyOf([clientUrl]);
    await put(client, "greeting", "hello");
    expect(await get(client, "greeting")).toBe("hello");
    expect(await failure(put(client, "", "x"))).toEqual({
      code: Code.InvalidArgument,
      message: "etcdserver: key is not provided",
    });
  });

  it("hands on metadata: a token that the cluster does not know is refused by it", async () => {
    const { clientUrl } = await member();
    const { client } = await proxyOf([clientUrl]);
    const root = rpc.AuthUserAddRequest.encode(rpc.createAuthUserAddRequest({ name: "root", password: "p" }));
    await client.unary("/etcdserverpb.Auth/UserAdd", root);
    const role = rpc.createAuthUserGrantRoleRequest({ user: "root", role: "root" });
    await client.unary("/etcdserverpb.Auth/UserGrantRole", rpc.AuthUserGrantRoleRequest.encode(role));
    await client.unary("/etcdserverpb.Auth/AuthEnable", new Uint8Array());
    const login = rpc.AuthenticateRequest.encode(rpc.createAuthenticateRequest({ name: "root", password: "p" }));
    const { token } = rpc.AuthenticateResponse.decode(await client.unary("/etcdserverpb.Auth/Authenticate", login));
    const status = (given: string) =>
      client.unary("/etcdserverpb.Auth/UserList", new Uint8Array(), { metadata: [["token", given]] });
    await status(token);
    expect(await failure(status("nonsense"))).toMatchObject({ code: Code.Unauthenticated });
  });

  it("hands on streams in both directions until the client ends them", async () => {
    const started = await member();
    const { client } = await proxyOf([started.clientUrl]);
    const responses: rpc.WatchResponse[] = [];
    const waiting: (() => void)[] = [];
    const until = async (met: () => boolean): Promise<void> => {
      while (!met()) await new Promise<void>((resolve) => waiting.push(resolve));
    };
    const wake = (): void => {
      for (const go of waiting.splice(0)) go();
    };
    let outcome: Code | undefined;
    const stream = client.stream("/etcdserverpb.Watch/Watch", {
      onMessage: (message) => {
        responses.push(rpc.WatchResponse.decode(message));
        wake();
      },
      onEnd: ({ code }) => {
        outcome = code;
        wake();
      },
    });
    const value = rpc.createWatchCreateRequest({ key: utf8("k") });
    stream.send(rpc.WatchRequest.encode(rpc.createWatchRequest({ requestUnion: { case: "createRequest", value } })));
    await until(() => responses.length === 1);
    expect(responses[0]!.created).toBe(true);
    const seen = () => responses.slice(1).flatMap(({ events }) => events);
    for (let i = 0; i < 20; i++) await put(client, "k", `${i}`);
    await until(() => seen().length === 20);
    const values = seen().map((event) => utf8String(kv.decodeKeyValue(kv.decodeEvent(event).kv!).value));
    expect(values).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    stream.cancel();
    await until(() => outcome !== undefined);
    expect(outcome).toBe(Code.Canceled);
  });

  it("hands on a large answer in pieces, no faster than it is read", async () => {
    const { clientUrl } = await member();
    const { client } = await proxyOf([clientUrl]);
    for (let i = 0; i < 8; i++) await put(client, `big${i}`, new Uint8Array(500_000).fill(i));
    let bytes = 0;
    let stopped = false;
    const ended = new Promise<Code>((resolve) => {
      const stream = client.stream("/etcdserverpb.Maintenance/Snapshot", {
        onMessage: (message) => {
          bytes += rpc.SnapshotResponse.decode(message).blob.length;
          if (stopped) return;
          stopped = true;
          stream.pauseReading();
          // What was on its way may still come, then nothing more until reading goes on.
          setImmediate(() => stream.resumeReading());
        },
        onEnd: ({ code }) => resolve(code),
      });
      stream.send(rpc.SnapshotRequest.encode(rpc.createSnapshotRequest()));
      stream.closeSend();
    });
    expect(await ended).toBe(Code.OK);
    expect(bytes).toBeGreaterThan(4_000_000);
  });

  it("goes on with another endpoint when one is lost, and says Unavailable when none is left", async () => {
    const [first, second] = [await member(), await member()];
    await put((await proxyOf([second.clientUrl])).client, "who", "second");
    const { client } = await proxyOf([first.clientUrl, second.clientUrl]);
    await get(client, "who");
    await first.close();
    expect(await get(client, "who").catch(() => get(client, "who"))).toBe("second");
    await second.close();
    expect((await failure(get(client, "who").then(() => get(client, "who")))).code).toBe(Code.Unavailable);
  });

  it("is the only member that clients see, unless it has no address of its own", async () => {
    const { clientUrl } = await member();
    const members = async ({ client }: { client: GrpcClient }) => {
      const request = rpc.MemberListRequest.encode(rpc.createMemberListRequest({}));
      const answer = await client.unary("/etcdserverpb.Cluster/MemberList", request);
      return rpc.MemberListResponse.decode(answer).members.map(({ name, clientURLs }) => [name, ...clientURLs]);
    };
    expect(await members(await proxyOf([clientUrl]))).toEqual([["here", "127.0.0.1:23790"]]);
    expect((await members(await proxyOf([clientUrl], { advertise: "" })))[0]![0]).toBe("default");
  });

  it("takes no larger messages than it was told to", async () => {
    const { clientUrl } = await member();
    const { client } = await proxyOf([clientUrl], { sendBytesMax: 1000 });
    await put(client, "a", new Uint8Array(900));
    expect(await failure(put(client, "a", new Uint8Array(1100)))).toMatchObject({ code: Code.ResourceExhausted });
  });

  it("has pages of health and metrics, the cluster's and its own", async () => {
    const started = await member();
    const { proxy } = await proxyOf([started.clientUrl]);
    const page = async (path: string, method = "GET"): Promise<[number, string]> => {
      const answer = await fetch(`http://${proxy.address}${path}`, { method });
      return [answer.status, await answer.text()];
    };
    expect(await page("/health")).toEqual([200, '{"health":"true","reason":""}']);
    expect(await page("/proxy/health")).toEqual([200, '{"health":"true","reason":""}']);
    expect((await page("/health", "POST"))[0]).toBe(405);
    expect((await page("/metrics"))[1]).toContain("etcd_server_has_leader 1");
    expect((await page("/proxy/metrics"))[1]).toContain('grpc_server_started_total{grpc_method="Range"');
    expect((await page("/proxy/metrics"))[1]).not.toContain("etcd_server_has_leader");
    expect((await page("/nowhere"))[0]).toBe(404);
    await started.close();
    const [status, text] = await page("/health");
    expect(status).toBe(503);
    expect(text).toMatch(/^\{"health":"false","reason":"GET ERROR:/);
  });

  it("has profiles of itself when it is told to", async () => {
    const started = await member();
    for (const profiles of [false, true]) {
      const { proxy } = await proxyOf([started.clientUrl], { profiles });
      const answer = await fetch(`http://${proxy.address}/debug/pprof/heap?gc=1`);
      const body = await answer.arrayBuffer();
      expect(answer.status).toBe(profiles ? 200 : 404);
      // The mark of gzip.
      if (profiles) expect([...new Uint8Array(body.slice(0, 2))]).toEqual([0x1f, 0x8b]);
    }
  });
});
