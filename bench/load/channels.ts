import { readFileSync } from "node:fs";
import { type Env, nullMetrics, silentLogger } from "../../src/base/index.ts";
import { systemClock, systemRandom, systemScheduler } from "../../src/node/system-env.ts";
import { connect, EndpointError, type GrpcClient, parseEndpoint } from "../../src/wire/grpc/index.ts";
import { rpc } from "../../src/wire/proto/index.ts";
import { BenchError } from "./flags.ts";

export const loadEnv: Env = {
  clock: systemClock,
  scheduler: systemScheduler,
  random: systemRandom,
  logger: silentLogger,
  metrics: nullMetrics,
};

export interface ConnectSettings {
  readonly endpoints: readonly string[];
  readonly conns: number;
  readonly user?: string | undefined;
  readonly cacert?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** Path of a KV, Watch or Lease method. */
export const path = {
  range: "/etcdserverpb.KV/Range",
  rangeStream: "/etcdserverpb.KV/RangeStream",
  put: "/etcdserverpb.KV/Put",
  deleteRange: "/etcdserverpb.KV/DeleteRange",
  txn: "/etcdserverpb.KV/Txn",
  compact: "/etcdserverpb.KV/Compact",
  watch: "/etcdserverpb.Watch/Watch",
  leaseGrant: "/etcdserverpb.Lease/LeaseGrant",
  leaseRevoke: "/etcdserverpb.Lease/LeaseRevoke",
  leaseKeepAlive: "/etcdserverpb.Lease/LeaseKeepAlive",
  status: "/etcdserverpb.Maintenance/Status",
  hashKv: "/etcdserverpb.Maintenance/HashKV",
  snapshot: "/etcdserverpb.Maintenance/Snapshot",
  defragment: "/etcdserverpb.Maintenance/Defragment",
  authenticate: "/etcdserverpb.Auth/Authenticate",
  lock: "/v3lockpb.Lock/Lock",
  unlock: "/v3lockpb.Lock/Unlock",
} as const;

function parts(endpoint: string): { host: string; port: number; secure: boolean } {
  try {
    return parseEndpoint(endpoint);
  } catch (error) {
    if (error instanceof EndpointError) throw new BenchError(`--endpoints: ${error.message}`);
    throw error;
  }
}

async function open(endpoint: string, settings: ConnectSettings, token: string | undefined): Promise<GrpcClient> {
  const { host, port, secure } = parts(endpoint);
  const tls = {
    rejectUnauthorized: settings.insecure !== true,
    ...(settings.cacert === undefined ? {} : { ca: readFileSync(settings.cacert) }),
  };
  try {
    return await connect(loadEnv, {
      host,
      port,
      ...(secure ? { tls } : {}),
      ...(token === undefined ? {} : { metadata: [["token", token]] as const }),
    });
  } catch (error) {
    throw new NoServerError(endpoint, error as NodeJS.ErrnoException);
  }
}

/** Nobody can be talked to at an endpoint. */
export class NoServerError extends BenchError {
  override readonly name = "NoServerError";

  constructor(endpoint: string, { code, message }: NodeJS.ErrnoException) {
    const reasons: Readonly<Record<string, string>> = {
      ECONNREFUSED: "connection refused",
      ENOTFOUND: "no such host",
      ETIMEDOUT: "timed out",
    };
    const word = /\bE[A-Z]+\b/.exec(`${code} ${message}`)?.[0] ?? "";
    const why = reasons[word] ?? message;
    super(
      `no server at ${endpoint} (${why}): use --spawn "node bin/etcd", start one with npm start, or name another by --endpoints`,
    );
  }
}

/** Opens the connections, spread over the endpoints in turn. */
export async function openChannels(settings: ConnectSettings): Promise<GrpcClient[]> {
  let token: string | undefined;
  if (settings.user !== undefined) {
    const colon = settings.user.indexOf(":");
    const first = await open(settings.endpoints[0]!, settings, undefined);
    const request = rpc.createAuthenticateRequest({
      name: settings.user.slice(0, colon),
      password: settings.user.slice(colon + 1),
    });
    const reply = await first.unary(path.authenticate, rpc.encodeAuthenticateRequest(request));
    token = rpc.decodeAuthenticateResponse(reply).token;
    first.close();
  }
  const { endpoints } = settings;
  return Promise.all(
    Array.from({ length: settings.conns }, (_, i) => open(endpoints[i % endpoints.length]!, settings, token)),
  );
}

/** Resolves when the server at the endpoint answers a linearizable range. */
export async function probe(endpoint: string): Promise<void> {
  const client = await open(endpoint, { endpoints: [endpoint], conns: 1 }, undefined);
  try {
    const reply = await client.unary(
      path.range,
      rpc.encodeRangeRequest(rpc.createRangeRequest({ key: Buffer.from("x") })),
      {
        timeoutMs: 5000,
      },
    );
    rpc.decodeRangeResponse(reply);
  } finally {
    client.close();
  }
}

/** The endpoint whose member leads. */
export async function leaderOf(endpoints: readonly string[]): Promise<string> {
  for (const endpoint of endpoints) {
    const client = await open(endpoint, { endpoints, conns: 1 }, undefined);
    try {
      const reply = await client.unary(path.status, rpc.encodeStatusRequest(rpc.createStatusRequest()));
      const { header, leader } = rpc.decodeStatusResponse(reply);
      if (header?.memberId === leader) return endpoint;
    } finally {
      client.close();
    }
  }
  throw new Error("no member leads");
}

/** The port of an endpoint, when it is on this machine. */
export function localPort(endpoint: string): number | undefined {
  const { host, port } = parts(endpoint);
  return host === "127.0.0.1" || host === "localhost" || host === "::1" ? port : undefined;
}
