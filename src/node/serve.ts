import { createHash } from "node:crypto";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import {
  type AccessOptions,
  type GatewayOptions,
  HttpGateway,
  MethodTable,
  registerInAll,
} from "../api/gateway/index.ts";
import { type Registry, Scraper } from "../api/metrics/index.ts";
import { RpcServices, registerElection, registerLock } from "../api/rpc/index.ts";
import { type Env, http1Options, serveLikeGo } from "../base/index.ts";
import { type Member, type MemberOptions, type PeerTimeouts, requestTimeoutMs, ServerMember } from "../server/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import { GrpcServer, gzip } from "../wire/grpc/index.ts";
import { loadAuthTokens } from "./auth-tokens.ts";
import { type Bound, Entrances, type Listen } from "./entrances.ts";
import { bcryptHasher } from "./hasher.ts";
import { ListenError, listenAddress, listenOn, tcpServer } from "./listen.ts";
import { listenToPeers } from "./peers.ts";
import { ProfilePages, type Profiler, v8Profiler } from "./pprof/index.ts";
import { processVars } from "./process-stats.ts";
import { noTls, type TlsSettings } from "./tls/index.ts";

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
  /** Told, as a sentence, what a member waits for that cannot serve for lack of a majority. */
  readonly onWaiting?: (line: string) => void;
}

/** A member that serves. */
export interface Serving {
  readonly member: ServerMember;
  /** The URLs that are served, in the order of `listen`, with the real ports. */
  readonly urls: readonly string[];
  /** Ends it: no new calls, open ones get up to `graceMs`, then files are committed and closed. */
  close(graceMs?: number): Promise<void>;
}

/** How long a client may take to read the last words of its calls when the member stops. */
const lastWordsMs = 1000;

/**
 * Puts a member together: addresses first, so that a taken port fails before a file is touched; then disk, log, state;
 * then the services on top; last the doors are opened. Addresses for metrics alone are open as soon as the member has
 * started, whether it finds a leader or not: they are asked what a member lacks.
 */
export async function serve(options: ServeOptions, disk: Disk, registry: Registry, env: Env): Promise<Serving> {
  const bound: Bound[] = [];
  const parts: Parts = { options, bound, registry, env, entrances: new Entrances(options.clientTls, env) };
  let metrics: HttpSide | undefined;
  let opened: Opened | undefined;
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
      onStarted: (started) => {
        metrics = openMetrics(parts, started);
      },
      onWaiting: options.onWaiting,
      onFatal: (error) => {
        if (opened === undefined) options.onFatal(error);
        else void opened.lastWords().finally(() => options.onFatal(error));
      },
    });
    opened = open(parts, member, metrics!);
    return opened;
  } catch (error) {
    parts.entrances.destroy();
    metrics?.http.closeAllConnections();
    await Promise.all(bound.map(unbind));
    throw error;
  }
}

/** What the parts of a server are made of. */
interface Parts {
  readonly options: ServeOptions;
  readonly bound: readonly Bound[];
  readonly registry: Registry;
  readonly env: Env;
  readonly entrances: Entrances;
}

/** An HTTP server, and what answers its requests. */
interface HttpSide {
  readonly gateway: HttpGateway;
  readonly http: HttpServer;
}

interface Opened extends Serving {
  /** Tells every call over HTTP that it is over; resolves when all know, or after a second. */
  lastWords(): Promise<void>;
}

function httpSide(
  { options, registry, env }: Parts,
  member: Member,
  what: Pick<GatewayOptions, "methods" | "gateway" | "pages" | "profiles" | "certificatesNameUsers">,
): HttpSide {
  const scraper = new Scraper(registry);
  const gateway = new HttpGateway({
    member,
    access: options.access,
    receiveBytesMax: receiveBytesMaxOf(options),
    requestTimeoutMs: requestTimeoutMs(options.member.electionMs),
    scrape: () => scraper.scrape(),
    processVars,
    env,
    ...what,
  });
  return { gateway, http: httpServer(gateway) };
}

/** The largest request that is taken: what the member takes, and room for what is around it. */
function receiveBytesMaxOf(options: ServeOptions): number {
  return options.member.requestBytesMax + 512 * 1024;
}

function isForMetrics({ listens }: Bound): boolean {
  return listens.every(({ serves }) => serves === "metrics");
}

/** Opens the addresses where nothing but metrics and health is served. */
function openMetrics(parts: Parts, member: Member): HttpSide {
  const side = httpSide(parts, member, { methods: new MethodTable(), gateway: false, pages: "metrics" });
  for (const address of parts.bound.filter(isForMetrics)) parts.entrances.open(address, () => ({ http: side.http }));
  return side;
}

/** Opens all other addresses. */
function open(parts: Parts, member: ServerMember, metrics: HttpSide): Opened {
  const { options, bound, env, entrances } = parts;
  const grpc = new GrpcServer(
    env,
    {
      receiveBytesMax: receiveBytesMaxOf(options),
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
  let profiler: Profiler | undefined;
  let profilePages: ProfilePages | undefined;
  if (options.profiles === true) {
    profiler = v8Profiler();
    profilePages = new ProfilePages(profiler, env);
    env.logger.info("pprof is enabled", { path: "/debug/pprof" });
  }
  const side = httpSide(parts, member, {
    methods,
    gateway: options.gateway,
    pages: "all",
    profiles: profilePages === undefined ? undefined : profilePages.serve.bind(profilePages),
    certificatesNameUsers: () => options.member.clientCertAuth && member.auth.store.enabled,
  });
  for (const address of bound) {
    if (isForMetrics(address)) continue;
    entrances.open(address, ({ serves }) => ({
      grpc: serves === "client" || serves === "grpc" ? grpc : undefined,
      http: serves === "metrics" ? metrics.http : serves === "grpc" ? undefined : side.http,
    }));
  }
  env.logger.info("ready to serve client requests");

  const pause = (ms: number): Promise<void> => new Promise((resolve) => env.scheduler.after(ms, resolve));
  // HTTP/2 carries some of these calls: its connections get a moment to send what the calls said.
  const lastWords = (): Promise<void> => Promise.race([side.gateway.cut().then(() => pause(0)), pause(lastWordsMs)]);
  let closing: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    const sides = [side, metrics];
    for (const { server } of bound) server.close();
    for (const { http } of sides) http.closeIdleConnections();
    const drained = Promise.all([grpc.stop(), ...sides.map(({ gateway }) => gateway.drain())]);
    await Promise.race([drained, pause(graceMs)]);
    await lastWords();
    services.close();
    void grpc.close();
    entrances.destroy();
    for (const { http } of sides) {
      http.closeAllConnections();
      http.close();
    }
    await member.stop();
    // Last, so that a profile under way ends as if its client had gone.
    profiler?.close();
  };
  return {
    member,
    lastWords,
    urls: bound.flatMap(({ urls }) => urls),
    close: (graceMs = 1000) => {
      if (closing === undefined) {
        // The member's timers do not keep a process alive; whoever awaits its end needs one that does.
        const holding = setInterval(() => {}, 1000);
        closing = close(graceMs).finally(() => clearInterval(holding));
      }
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

async function bind(listens: readonly Listen[], reusePort: boolean): Promise<Bound> {
  const early: Socket[] = [];
  // Where the member is asked how it does, silence says nothing: until it has started nobody is at home.
  const patient = listens.some(({ serves }) => serves !== "metrics");
  const onEarly = (socket: Socket): void => {
    // Nobody listens for its errors yet.
    socket.on("error", () => {});
    if (patient) early.push(socket);
    else socket.destroy();
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
