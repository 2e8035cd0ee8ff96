import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Registry } from "../api/metrics/index.ts";
import { Code, silentLogger } from "../base/index.ts";
import { connect, type GrpcClient, GrpcError } from "../wire/grpc/index.ts";
import { election, health, lock, type MethodDescriptor, rpc, type ServiceDescriptor } from "../wire/proto/index.ts";
import { type StartedMember, startMember, systemEnv } from "./start-member.ts";

const services: readonly ServiceDescriptor[] = [
  rpc.KVService,
  rpc.WatchService,
  rpc.LeaseService,
  rpc.ClusterService,
  rpc.MaintenanceService,
  rpc.AuthService,
  lock.LockService,
  election.ElectionService,
  health.HealthService,
];
const methods = services.flatMap((service) =>
  service.methods.map((method) => ({ method, path: `/${service.typeName}/${method.name}` })),
);
/** Streams and waits for a lock or an election say nothing for long; who does not know a method says so at once. */
const patienceMs = 250;

let member: StartedMember;
let client: GrpcClient;

beforeAll(async () => {
  member = await startMember();
  const port = Number(new URL(member.clientUrl).port);
  client = await connect(systemEnv(silentLogger, new Registry()), { host: "127.0.0.1", port });
});

afterAll(async () => {
  client.close();
  await member.close();
});

/** The code that an empty request gets; OK for a first message, undefined for silence. */
async function codeOf(method: MethodDescriptor, path: string, timeoutMs = patienceMs): Promise<Code | undefined> {
  const request = method.input.encode(method.input.create());
  if (!method.clientStream && !method.serverStream) {
    try {
      await client.unary(path, request, { timeoutMs });
      return Code.OK;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return error.code;
    }
  }
  return new Promise((resolve) => {
    const stream = client.stream(
      path,
      { onMessage: () => resolve(Code.OK), onEnd: (outcome) => resolve(outcome.code) },
      { timeoutMs },
    );
    stream.send(request);
    stream.closeSend();
  });
}

describe("a member", () => {
  it.each(methods)("knows $path", async ({ method, path }) => {
    expect(await codeOf(method, path)).not.toBe(Code.Unimplemented);
  });

  it("does not know what is in no description", async () => {
    const unknown: MethodDescriptor = { ...rpc.KVService.methods[0]!, name: "Nope" };
    expect(await codeOf(unknown, "/etcdserverpb.KV/Nope", 20_000)).toBe(Code.Unimplemented);
  });

  it.each(methods.flatMap(({ method }) => method.paths))("serves POST %s", async (path) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), patienceMs);
    const heard = await fetch(member.clientUrl + path, {
      method: "POST",
      body: "{}",
      signal: patience.signal,
    }).catch((error: Error) => error);
    // What began to answer may finish.
    clearTimeout(timer);
    if (heard instanceof Error) expect(heard.name).toBe("AbortError");
    else if (heard.status === 404) {
      // Also said of a lease or a member that is not there; of a path, with these words.
      expect(await heard.json()).not.toMatchObject({ message: "Not Found" });
    } else {
      expect([405, 501]).not.toContain(heard.status);
      await heard.body?.cancel();
    }
  });

  it("has the gateway's routes for every method but RangeStream and health", () => {
    const without = methods.filter(({ method }) => method.paths.length === 0).map(({ path }) => path);
    expect(without).toEqual([
      "/etcdserverpb.KV/RangeStream",
      "/grpc.health.v1.Health/Check",
      "/grpc.health.v1.Health/List",
      "/grpc.health.v1.Health/Watch",
    ]);
  });
});
