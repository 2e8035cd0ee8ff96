import { createHash } from "node:crypto";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import { type AccessOptions, HttpGateway, MethodTable, registerInAll } from "../api/gateway/index.ts";
import { type Registry, Scraper } from "../api/metrics/index.ts";
import { RpcServices, registerElection, registerLock } from "../api/rpc/index.ts";
import { type Env, http1Options, serveLikeGo } from "../base/index.ts";
import { type MemberOptions, type PeerTimeouts, ServerMember } from "../server/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import { Door, GrpcServer, gzip } from "../wire/grpc/index.ts";
import { loadAuthTokens } from "./auth-tokens.ts";
import { bcryptHasher } from "./hasher.ts";
import { boundAddress, ListenError, listenAddress, listenOn, tcpServer } from "./listen.ts";
import { listenToPeers } from "./peers.ts";
import { ProfilePages, type Profiler, v8Profiler } from "./pprof/index.ts";
import { processVars } from "./process-stats.ts";
import { noTls, TlsServer, type TlsSettings } from "./tls/index.ts";

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
  /** For `https` among `listen`. */
  readonly clientTls?: TlsSettings;
  /** For `https` among `listenPeers`, and for calls to other members. */
  readonly peerTls?: TlsSettings;
  /** Calls to other members leave from this address; without it the system chooses. */
  readonly peerLocalAddress?: string | undefined;
  /** Flags raft-read-timeout and raft-write-timeout; default 5 s each. */
  readonly peerTimeouts?: PeerTimeouts;
  /** Flag socket-reuse-port. */
  readonly reusePort?: boolean;
  readonly access: AccessOptions;
  /** Flag auth-token. */
  readonly authToken: string;
  readonly gateway: boolean;
  /** Flag enable-pprof. */
  readonly profiles?: boolean;
  readonly maxConcurrentStreams: number;
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly handlingTimeHistogram: boolean;
  readonly stopServingOnDefrag: boolean;
  /** A unary call that takes longer is logged. */
  readonly warningUnaryMs: number;
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
  /** What is served there: one, or one without TLS and one with it. */
  readonly listens: readonly Listen[];
  readonly server: Server;
  /** Those of `listens`, with the real port. */
  readonly urls: readonly string[];
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
    const { reusePort = false } = options;
    for (const listens of byAddress(options.listen)) bound.push(await bind(listens, reusePort));
    const transport = await listenToPeers(
      {
        urls: options.listenPeers ?? [],
        tls: options.peerTls ?? noTls,
        localAddress: options.peerLocalAddress,
        timeouts: options.peerTimeouts ?? { readMs: 5000, writeMs: 5000 },
        reusePort,
      },
      env,
    );
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
      warningUnaryMs: options.warningUnaryMs,
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
    certificatesNameUsers: () => options.member.clientCertAuth && member.auth.store.enabled,
    metrics: env.metrics,
    logger: env.logger,
  };
  let profiler: Profiler | undefined;
  let profilePages: ProfilePages | undefined;
  if (options.profiles === true) {
    profiler = v8Profiler();
    profilePages = new ProfilePages(profiler, env);
    env.logger.info("pprof is enabled", { path: "/debug/pprof" });
  }
  const http = httpServer(
    new HttpGateway({
      ...gatewayParts,
      gateway: options.gateway,
      pages: "all",
      profiles: profilePages === undefined ? undefined : profilePages.serve.bind(profilePages),
    }),
  );
  const metricsHttp = httpServer(new HttpGateway({ ...gatewayParts, gateway: false, pages: "metrics" }));
  const doors: Door[] = [];
  /** Speaks HTTP/2 where gRPC is not served. */
  let noGrpc: GrpcServer | undefined;
  const secured: TlsServer[] = [];
  for (const address of bound) {
    const { server, early, onEarly } = address;
    const take = entranceOf(address);
    server.off("connection", onEarly);
    server.on("connection", take);
    for (const socket of early) if (!socket.destroyed) take(socket);
  }
  env.logger.info("ready to serve client requests");

  /** An address without TLS, with it, or with both, which the first byte tells apart. */
  function entranceOf({ listens, server }: Bound): (socket: Socket) => void {
    let plain: ((socket: Socket) => void) | undefined;
    let secure: TlsServer | undefined;
    const address = boundAddress(server);
    for (const listen of listens) {
      const traffic = listen.serves === "client" ? "grpc+http" : listen.serves;
      if (isSecure(listen.url)) {
        secure = new TlsServer(options.clientTls ?? noTls, "client", env.logger, doorOf(listen));
        secured.push(secure);
        env.logger.info("serving client traffic securely", { traffic, address });
      } else {
        plain = doorOf(listen);
        env.logger.info("serving client traffic insecurely; this is strongly discouraged!", { traffic, address });
      }
    }
    if (secure === undefined) return plain!;
    const [withTls, without] = [secure, plain];
    if (without === undefined) return (socket) => withTls.take(socket);
    return (socket) => sortByFirstByte(socket, withTls, without);
  }

  function doorOf(listen: Listen): (socket: Socket) => void {
    if (listen.serves === "http" || listen.serves === "metrics") {
      const target = listen.serves === "http" ? http : metricsHttp;
      if (!isSecure(listen.url)) return (socket) => void target.emit("connection", socket);
      // With TLS a client may have agreed on HTTP/2.
      noGrpc ??= new GrpcServer(env);
      const door = new Door({ grpc: noGrpc, http: target, env });
      doors.push(door);
      return (socket) => door.take(socket);
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
    void noGrpc?.close();
    for (const door of doors) door.destroy();
    for (const terminator of secured) terminator.destroy();
    http.closeAllConnections();
    metricsHttp.closeAllConnections();
    http.close();
    metricsHttp.close();
    await member.stop();
    // Last, so that a profile under way ends as if its client had gone.
    profiler?.close();
  };
  return {
    member,
    urls: bound.flatMap(({ urls }) => urls),
    close: (graceMs = 1000) => {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

function httpServer(gateway: HttpGateway): HttpServer {
  const server = createHttpServer(http1Options);
  serveLikeGo(server);
  gateway.attach(server);
  return server;
}

/** Client URLs that share an address, with TLS and without. Throws ListenError when clients and HTTP alone have the same. */
function byAddress(listens: readonly Listen[]): Listen[][] {
  const groups = new Map<string, Listen[]>();
  for (const [i, listen] of listens.entries()) {
    const { host, port, path } = listenAddress(listen.url);
    // Port 0 is another port each time. The metrics have a listener for each of their URLs, and a second one on an address fails.
    const alone = port === 0 || listen.serves === "metrics";
    const address = alone ? `alone ${i}` : (path ?? `${host}:${port}`);
    const group = groups.get(address) ?? [];
    if (listen.serves === "http" && group.some(({ serves }) => serves !== "http")) {
      throw new ListenError(
        `cannot bind both --listen-client-urls and --listen-client-http-urls on the same url ${listen.url}`,
      );
    }
    groups.set(address, [...group, listen]);
  }
  return [...groups.values()];
}

function isSecure(url: string): boolean {
  return url.startsWith("https:") || url.startsWith("unixs:");
}

/** The first byte of a TLS handshake; no request starts with it. */
const handshakeByte = 0x16;

function sortByFirstByte(socket: Socket, secure: TlsServer, plain: (socket: Socket) => void): void {
  const onError = (): void => {};
  socket.on("error", onError);
  socket.once("readable", () => {
    const first = socket.read() as Buffer | null;
    socket.off("error", onError);
    if (first === null) {
      socket.destroy();
      return;
    }
    socket.unshift(first);
    if (first[0] === handshakeByte) secure.take(socket);
    else plain(socket);
  });
}

async function bind(listens: readonly Listen[], reusePort: boolean): Promise<Bound> {
  const early: Socket[] = [];
  const onEarly = (socket: Socket): void => {
    // Nobody listens for its errors yet.
    socket.on("error", () => {});
    early.push(socket);
  };
  const server = tcpServer(onEarly);
  await listenOn(server, listens[0]!.url, reusePort);
  const at = server.address();
  const urls = listens.map(({ url }) =>
    typeof at === "object" && at !== null ? url.replace(/:[0-9]*$/, `:${at.port}`) : url,
  );
  return { listens, server, early, onEarly, urls };
}

function unbind({ server, early }: Bound): Promise<void> {
  for (const socket of early) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}
