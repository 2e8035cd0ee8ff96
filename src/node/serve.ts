import { createHash } from "node:crypto";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { type AccessOptions, HttpGateway, MethodTable, registerInAll } from "../api/gateway/index.ts";
import { type Registry, Scraper } from "../api/metrics/index.ts";
import { RpcServices, registerElection, registerLock } from "../api/rpc/index.ts";
import type { Env } from "../base/index.ts";
import { type MemberOptions, ServerMember } from "../server/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import { Door, GrpcServer, gzip } from "../wire/grpc/index.ts";
import { loadAuthTokens } from "./auth-tokens.ts";
import { bcryptHasher } from "./hasher.ts";
import { ListenError, listenOptions } from "./listen.ts";
import { listenToPeers } from "./peers.ts";
import { processVars } from "./process-stats.ts";

/** One address to listen on, and what is served there. */
export interface Listen {
  /** As the flag gave it, e.g. `http://127.0.0.1:2379`; port 0 lets the system choose. */
  readonly url: string;
  /** `client`: gRPC and HTTP; `grpc`: gRPC alone; `http`: HTTP alone; `metrics`: health and metrics alone. */
  readonly serves: "client" | "grpc" | "http" | "metrics";
}

export interface ServeOptions {
  readonly member: MemberOptions;
  readonly listen: readonly Listen[];
  /** Addresses for the other members; without one this member stays alone. */
  readonly listenPeers?: readonly string[];
  readonly access: AccessOptions;
  /** Flag auth-token. */
  readonly authToken: string;
  readonly gateway: boolean;
  readonly maxConcurrentStreams: number;
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly handlingTimeHistogram: boolean;
  readonly stopServingOnDefrag: boolean;
  /** Called when the member can no longer keep its promises; end the process. */
  readonly onFatal: (error: unknown) => void;
}

/** A member that serves. */
export interface Serving {
  readonly member: ServerMember;
  /** The URLs that are served, in the order of `listen`, with the real ports. */
  readonly urls: readonly string[];
  /** Ends it: no new calls, open ones get up to `graceMs`, then files are committed and closed. */
  close(graceMs?: number): Promise<void>;
}

/** An address bound before anything else is touched; what connects early waits. */
interface Bound {
  readonly listen: Listen;
  readonly server: Server;
  readonly url: string;
  readonly early: Socket[];
  readonly onEarly: (socket: Socket) => void;
}

/**
 * Puts a member together: addresses first, so that a taken port fails before a file is touched; then disk, log, state;
 * then the services on top; last the doors are opened.
 */
export async function serve(options: ServeOptions, disk: Disk, registry: Registry, env: Env): Promise<Serving> {
  const bound: Bound[] = [];
  try {
    for (const listen of options.listen) bound.push(await bind(listen));
    const transport = await listenToPeers(options.listenPeers ?? [], env);
    const member = await ServerMember.start(options.member, {
      disk,
      env,
      transport,
      hasher: bcryptHasher,
      authTokens: loadAuthTokens(options.authToken, env.logger),
      onFatal: options.onFatal,
    });
    return open(options, member, bound, registry, env);
  } catch (error) {
    await Promise.all(bound.map(unbind));
    throw error;
  }
}

function open(options: ServeOptions, member: ServerMember, bound: Bound[], registry: Registry, env: Env): Serving {
  const receiveBytesMax = options.member.requestBytesMax + 512 * 1024;
  const grpc = new GrpcServer(
    env,
    {
      receiveBytesMax,
      concurrentStreamsMax: options.maxConcurrentStreams,
      keepaliveMinTimeMs: options.keepaliveMinTimeMs,
      keepaliveTimeMs: options.keepaliveTimeMs,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs,
      handlingTimeHistogram: options.handlingTimeHistogram,
    },
    [gzip],
  );
  const methods = new MethodTable();
  const services = new RpcServices(
    member,
    {
      electionMs: options.member.electionMs,
      sha256: () => {
        const hash = createHash("sha256");
        return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
      },
      authorizer: member.auth,
      auth: member.auth,
      stopServingOnDefrag: options.stopServingOnDefrag,
      more: (services) => {
        registerLock(services, member, member.auth);
        registerElection(services, member, member.auth);
      },
    },
    env,
  );
  services.register(registerInAll(grpc, methods));
  const scraper = new Scraper(registry);
  const gatewayParts = {
    member,
    methods,
    access: options.access,
    receiveBytesMax,
    scrape: () => scraper.scrape(),
    processVars,
    metrics: env.metrics,
    logger: env.logger,
  };
  const http = httpServer(new HttpGateway({ ...gatewayParts, gateway: options.gateway, pages: "all" }));
  const metricsHttp = httpServer(new HttpGateway({ ...gatewayParts, gateway: false, pages: "metrics" }));
  const doors: Door[] = [];
  for (const { listen, server, early, onEarly, url } of bound) {
    const take = doorOf(listen);
    server.off("connection", onEarly);
    server.on("connection", take);
    for (const socket of early) if (!socket.destroyed) take(socket);
    env.logger.info("serving client traffic insecurely; this is strongly discouraged!", {
      traffic: listen.serves === "client" ? "grpc+http" : listen.serves,
      address: new URL(url).host,
    });
  }
  env.logger.info("ready to serve client requests");

  function doorOf(listen: Listen): (socket: Socket) => void {
    if (listen.serves === "http" || listen.serves === "metrics") {
      const target = listen.serves === "http" ? http : metricsHttp;
      return (socket) => void target.emit("connection", socket);
    }
    const door = new Door({ grpc, http: listen.serves === "client" ? http : undefined, env });
    doors.push(door);
    return (socket) => door.take(socket);
  }

  let closing: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    for (const { server } of bound) server.close();
    http.closeIdleConnections();
    const stopped = grpc.stop();
    await Promise.race([stopped, new Promise<void>((resolve) => env.scheduler.after(graceMs, resolve))]);
    services.close();
    void grpc.close();
    for (const door of doors) door.destroy();
    http.closeAllConnections();
    metricsHttp.closeAllConnections();
    http.close();
    metricsHttp.close();
    await member.stop();
  };
  return {
    member,
    urls: bound.map(({ url }) => url),
    close: (graceMs = 1000) => {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

function httpServer(gateway: HttpGateway): HttpServer {
  const server = createHttpServer({ headersTimeout: 300_000, requestTimeout: 0 });
  gateway.attach(server);
  return server;
}

function bind(listen: Listen): Promise<Bound> {
  const server = createServer({ noDelay: true });
  const early: Socket[] = [];
  const onEarly = (socket: Socket): void => {
    // Nobody listens for its errors yet.
    socket.on("error", () => {});
    early.push(socket);
  };
  server.on("connection", onEarly);
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new ListenError(listen.url, error));
    });
    server.listen(listenOptions(listen.url), () => {
      const at = server.address();
      const url = new URL(listen.url);
      if (typeof at === "object" && at !== null) url.port = String(at.port);
      const text = listen.url.startsWith("unix") ? listen.url : url.toString().replace(/\/$/, "");
      resolve({ listen, server, early, onEarly, url: text });
    });
  });
}

function unbind({ server, early }: Bound): Promise<void> {
  for (const socket of early) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}
