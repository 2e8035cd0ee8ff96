import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { type Registry, Scraper } from "../../api/metrics/index.ts";
import { type Env, http1Options, serveLikeGo } from "../../base/index.ts";
import { Door, GrpcServer, gzip, type MethodRegistry } from "../../wire/grpc/index.ts";
import { election, lock, rpc } from "../../wire/proto/index.ts";
import { listenOn, listenOnAddress, tcpServer } from "../listen.ts";
import { ProfilePages, v8Profiler } from "../pprof/index.ts";
import { clientContext, hasCertificate, noTls, TlsServer, type TlsSettings } from "../tls/index.ts";
import { forward } from "./forward.ts";
import { pages } from "./pages.ts";
import { Upstream } from "./upstream.ts";

export interface GrpcProxyOptions {
  /** `host:port` for clients. */
  readonly listen: string;
  /** A URL that serves pages alone; empty: none. */
  readonly metricsUrl: string;
  /** Flag enable-pprof; not at `metricsUrl`. */
  readonly profiles: boolean;
  /** How clients reach the proxy: what it gives as the cluster's only member, so that they stay. Empty: members as they are. */
  readonly advertise: string;
  /** Name of that member. */
  readonly hostname: string;
  readonly endpoints: readonly string[];
  readonly syncMs: number;
  /** Towards clients; without a certificate they are served without TLS. */
  readonly listenTls: TlsSettings;
  /** Towards the cluster; undefined: plain, unless an endpoint says https. */
  readonly upstreamTls: TlsSettings | undefined;
  readonly skipVerify: boolean;
  /** Largest message taken from a client, and from the cluster. */
  readonly sendBytesMax: number;
  readonly receiveBytesMax: number;
  readonly maxConcurrentStreams: number;
  readonly dialKeepaliveTimeMs: number;
  readonly dialKeepaliveTimeoutMs: number;
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

export interface GrpcProxy {
  /** `host:port`, with the real port. */
  readonly address: string;
  close(): Promise<void>;
}

const forwarded = [
  rpc.KVService,
  rpc.WatchService,
  rpc.LeaseService,
  rpc.ClusterService,
  rpc.MaintenanceService,
  rpc.AuthService,
  lock.LockService,
  election.ElectionService,
];

const memberList = "/etcdserverpb.Cluster/MemberList";

/** A server that hands every call on to a cluster: clients keep one address while members come and go. */
export async function serveGrpcProxy(options: GrpcProxyOptions, registry: Registry, env: Env): Promise<GrpcProxy> {
  const tls = upstreamTls(options, env);
  const upstream = new Upstream(env, {
    endpoints: options.endpoints,
    tls,
    syncMs: options.syncMs,
    keepaliveTimeMs: options.dialKeepaliveTimeMs > 0 ? options.dialKeepaliveTimeMs : undefined,
    keepaliveTimeoutMs: options.dialKeepaliveTimeoutMs > 0 ? options.dialKeepaliveTimeoutMs : undefined,
    receiveBytesMax: options.receiveBytesMax,
  });
  const grpc = new GrpcServer(
    env,
    {
      receiveBytesMax: options.sendBytesMax,
      concurrentStreamsMax: options.maxConcurrentStreams,
      keepaliveMinTimeMs: options.keepaliveMinTimeMs,
      keepaliveTimeMs: options.keepaliveTimeMs,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs,
    },
    [gzip],
  );
  const ready = () => upstream.ready();
  const methods = withOwnMembers(grpc, options);
  for (const service of forwarded) forward(service, methods, ready, env.clock);
  const scraper = new Scraper(registry);
  const profiler = options.profiles ? v8Profiler() : undefined;
  if (profiler !== undefined) env.logger.info("gRPC proxy enabled pprof", { path: "/debug/pprof" });
  const httpServer = (profiles: ProfilePages | undefined): HttpServer => {
    const page = pages({
      ready,
      endpoints: () => upstream.endpoints,
      tls,
      scrape: () => scraper.scrape(),
      profiles,
      logger: env.logger,
    });
    const server = createHttpServer(http1Options, page);
    serveLikeGo(server);
    return server;
  };
  const http = httpServer(profiler === undefined ? undefined : new ProfilePages(profiler, env));
  const metricsHttp = httpServer(undefined);
  const door = new Door({ grpc, http, env });
  const secure = hasCertificate(options.listenTls)
    ? new TlsServer(options.listenTls, "client", env.logger, (socket) => door.take(socket))
    : undefined;
  const take = (socket: Socket): void => (secure === undefined ? door.take(socket) : secure.take(socket));
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers) server.close();
    http.closeAllConnections();
    metricsHttp.closeAllConnections();
    await grpc.close();
    door.destroy();
    secure?.destroy();
    upstream.close();
    // Last, so that a profile under way ends as if its client had gone.
    profiler?.close();
  };
  try {
    servers.push(await listen((server) => listenOnAddress(server, options.listen), take));
    env.logger.info("listening for gRPC proxy client requests", { address: options.listen });
    if (options.metricsUrl !== "") {
      servers.push(
        await listen(
          (server) => listenOn(server, options.metricsUrl),
          (socket) => void metricsHttp.emit("connection", socket),
        ),
      );
      env.logger.info("gRPC proxy server metrics URL serving", { address: options.metricsUrl });
    }
  } catch (error) {
    await close();
    throw error;
  }
  env.logger.info("started gRPC proxy", { address: options.listen });
  const bound = servers[0]!.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return { address: `${options.listen.slice(0, options.listen.lastIndexOf(":"))}:${port}`, close };
}

function upstreamTls({ upstreamTls: settings, skipVerify }: GrpcProxyOptions, env: Env) {
  if (settings === undefined && !skipVerify) return undefined;
  const context = clientContext(settings ?? noTls, env.logger);
  return (): ConnectionOptions => ({ ...context(), ...(skipVerify ? { rejectUnauthorized: false } : {}) });
}

/** Clients that ask for the members, to connect to them, are given the proxy. */
function withOwnMembers(into: MethodRegistry, { advertise, hostname }: GrpcProxyOptions): MethodRegistry {
  if (advertise === "") return into;
  const own = rpc.createMember({ name: hostname, clientURLs: [advertise] });
  const answer = rpc.MemberListResponse.encode(rpc.createMemberListResponse({ members: [own] }));
  return {
    register(service, method, definition) {
      const mine = `/${service}/${method}` === memberList;
      into.register(service, method, mine ? { kind: "unary", handler: () => answer } : definition);
    },
  };
}

async function listen(on: (server: Server) => Promise<void>, take: (socket: Socket) => void): Promise<Server> {
  const server = tcpServer(take);
  await on(server);
  return server;
}
