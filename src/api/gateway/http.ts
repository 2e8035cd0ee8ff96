import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Code, type Logger, type Metrics, messageOf, parseSemVer } from "../../base/index.ts";
import { type Member, versionsJson } from "../../server/index.ts";
import { type Peer, type Status, status } from "../../wire/grpc/index.ts";
import { CONTENT_TYPE as metricsType } from "../metrics/index.ts";
import { type AccessOptions, allowedOrigin, corsHeaders, hostAllowed, hostName, hostRefusal } from "./access.ts";
import { HealthChecks } from "./health.ts";
import { decodeJson, encodeJson } from "./json/index.ts";
import { JsonSplitter } from "./json-stream.ts";
import { LocalCall } from "./local-call.ts";
import type { MethodTable } from "./methods.ts";
import { type Route, routes } from "./routes.ts";
import { errorBody, httpStatus } from "./status.ts";
import { cleanPath, isEscapedWell, targetOf } from "./target.ts";
import { acceptWebSocket } from "./websocket.ts";

/** What the HTTP side of a member is made of. */
export interface GatewayOptions {
  readonly member: Member;
  readonly methods: MethodTable;
  readonly access: AccessOptions;
  /** Flag enable-grpc-gateway: whether `/v3/` is served. */
  readonly gateway: boolean;
  /** `metrics`: only what listen-metrics-urls serve, `/metrics` and the health checks. */
  readonly pages: "all" | "metrics";
  /** Largest request message; a JSON body may be three times as long (base64, names). */
  readonly receiveBytesMax: number;
  /** Prometheus text of everything registered. */
  readonly scrape: () => string;
  /** What `/debug/vars` tells besides raft: command line, memory, descriptors. */
  readonly processVars: () => Record<string, unknown>;
  /** Flag enable-pprof: what serves the pages under `/debug/pprof/`; without it there are none. */
  readonly profiles?: ProfilesHandler | undefined;
  /** Whether certificates name users (client-cert-auth, authentication on): the gateway, which takes tokens only, then refuses callers that have one. */
  readonly certificatesNameUsers?: () => boolean;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Serves a path under `/debug/pprof/`. */
export type ProfilesHandler = (
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

const profilesPath = "/debug/pprof/";
const textType = "text/plain; charset=utf-8";

/** The HTTP/1.1 side of the client port: JSON gateway, health, version, metrics, debug. */
export class HttpGateway {
  readonly #options: GatewayOptions;
  readonly #health: HealthChecks;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#health = new HealthChecks(options.member, options.metrics, options.logger);
  }

  /** Serves requests and upgrades of `server`. */
  attach(server: Server): void {
    server.on("request", this.listener);
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      try {
        if (request.headers.upgrade?.toLowerCase() === "websocket") this.#upgrade(request, socket, head);
        else serveWithoutUpgrade(server, request, socket, head);
      } catch (error) {
        this.#options.logger.warn("failed to serve an HTTP upgrade", { path: request.url, error });
        socket.destroy();
      }
    });
    server.on("clientError", (_error: Error, socket: Socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      else socket.destroy();
    });
  }

  readonly listener: RequestListener = (request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      this.#options.logger.warn("failed to serve an HTTP request", { path: request.url, error });
      if (!response.headersSent) plain(response, 500, "Internal Server Error");
      else response.destroy();
    });
  };

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path: asked, query } = targetOf(request.url);
    if (!isEscapedWell(asked)) {
      response.setHeader("Connection", "close");
      plain(response, 400, "400 Bad Request");
      return;
    }
    const path = asked.replace(/^\/v3beta\//, "/v3/");
    const { access, logger } = this.#options;
    const host = hostName(request.headers.host);
    if (!isEncrypted(request) && !hostAllowed(access, host)) {
      logger.warn("rejecting HTTP request to prevent DNS rebinding attacks", { host });
      plain(response, 421, hostRefusal(host));
      return;
    }
    if (path.startsWith("/v3/") && this.#options.certificatesNameUsers?.() === true && hasCommonName(request)) {
      const why = "CommonName of client sending a request against gateway will be ignored and not used as expected";
      plain(response, 400, why);
      return;
    }
    const origin = allowedOrigin(access, request.headers.origin);
    if (origin !== undefined) {
      for (const [name, value] of Object.entries(corsHeaders)) response.setHeader(name, value);
      response.setHeader("Access-Control-Allow-Origin", origin);
    }
    if (request.method === "OPTIONS") {
      response.writeHead(200, { "Content-Length": 0 }).end();
      return;
    }
    const better = this.#redirected(path);
    if (better !== path) {
      redirect(request, response, query === "" ? better : `${better}?${query}`);
      return;
    }
    if (this.#options.gateway && path.startsWith("/v3/")) {
      await this.#rpc(path, request, response);
      return;
    }
    await this.#page(path, query, request, response);
  }

  /** Where Go's mux sends a client that asks for this; the path itself when it is well as it is. */
  #redirected(path: string): string {
    if (path === "*") return path;
    const clean = cleanPath(path);
    if (clean === "/v3" && this.#options.gateway) return "/v3/";
    return `${clean}/` === profilesPath && this.#options.profiles !== undefined ? profilesPath : clean;
  }

  async #page(path: string, query: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { member, profiles, scrape, processVars } = this.#options;
    if (path === "/metrics") {
      const body = scrape();
      response.writeHead(200, {
        "Content-Type": metricsType,
        "Content-Length": Buffer.byteLength(body),
      });
      response.end(body);
      return;
    }
    if (profiles !== undefined && path.startsWith(profilesPath)) {
      await profiles(path, new URLSearchParams(query), request, response);
      return;
    }
    const health = this.#health.answer(path, new URLSearchParams(query));
    const known = this.#options.pages === "all" && (path === "/version" || path === "/debug/vars");
    if (health === undefined && !known) {
      plain(response, 404, "404 page not found");
      return;
    }
    if (request.method !== "GET") {
      // The promise of the health check, if any, runs to its end unheard.
      health?.catch(() => {});
      response.setHeader("Allow", "GET");
      plain(response, 405, "Method Not Allowed");
      return;
    }
    if (health !== undefined) {
      const { status: code, contentType, body } = await health;
      // As etcd: every answer of the checks, but of the older `/health` only what it tells as an error.
      if (path !== "/health" || code !== 200) response.setHeader("X-Content-Type-Options", "nosniff");
      response.writeHead(code, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(body) });
      response.end(body);
    } else if (path === "/version") {
      const { cluster, storage } = member.versions();
      json(response, 200, versionsJson(cluster === undefined ? undefined : parseSemVer(cluster), storage));
    } else {
      const vars = { ...processVars(), "raft.status": member.raftStatus() };
      const lines = Object.entries(vars).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
      response.writeHead(200, { "Content-Type": "application/json; charset=utf-8" });
      response.end(`{\n${lines.join(",\n")}\n}\n`);
    }
  }

  async #rpc(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routes.get(path);
    if (route === undefined) {
      json(response, 404, errorBody(status(Code.NotFound, "Not Found")));
      return;
    }
    if (request.method !== "POST") {
      json(response, 501, errorBody(status(Code.Unimplemented, "Method Not Allowed")));
      return;
    }
    const streams = route.method.clientStream || route.method.serverStream;
    const call = this.#call(route, request, streams ? streamSink(route, response) : unarySink(route, response));
    if (call === undefined) {
      json(response, 501, errorBody(status(Code.Unimplemented, `unknown method ${route.method.name}`)));
      return;
    }
    response.on("close", () => {
      if (!response.writableFinished) call.local.cancel();
    });
    response.on("drain", () => call.local.drained());
    if (route.method.clientStream) await this.#feed(route, call, request, response);
    else await this.#single(route, call, request, response);
  }

  #call(
    route: Route,
    request: IncomingMessage,
    sink: ConstructorParameters<typeof LocalCall>[3],
  ): Callable | undefined {
    const definition = this.#options.methods.get(route.grpcPath);
    if (definition === undefined) return undefined;
    return { definition, local: new LocalCall(route.grpcPath, metadataOf(request), peerOf(request), sink) };
  }

  async #single(route: Route, call: Callable, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await this.#body(request);
    if (body === undefined) {
      json(response, 429, errorBody(status(Code.ResourceExhausted, "grpc: received message larger than max")));
      return;
    }
    let message: Uint8Array;
    try {
      message = route.method.input.encode(
        body.toString("latin1").trim() === "" ? route.method.input.create() : decodeJson(route.method.input, body),
      );
    } catch (error) {
      json(response, 400, errorBody(status(Code.InvalidArgument, messageOf(error))));
      return;
    }
    const { receiveBytesMax } = this.#options;
    if (message.length > receiveBytesMax) {
      const text = `grpc: received message larger than max (${message.length} vs. ${receiveBytesMax})`;
      json(response, 429, errorBody(status(Code.ResourceExhausted, text)));
      return;
    }
    await call.local.runOnce(call.definition, message);
  }

  async #feed(route: Route, call: Callable, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const splitter = new JsonSplitter(this.#bodyMax());
    const decoder = new TextDecoder();
    await call.local.runStream(call.definition);
    try {
      for await (const chunk of request) {
        for (const text of splitter.push(decoder.decode(chunk as Buffer, { stream: true }))) {
          call.local.push(route.method.input.encode(decodeJson(route.method.input, text)));
        }
      }
      call.local.endRequests();
    } catch (error) {
      // A body that breaks off is a client gone; one that cannot be read ends its call.
      if (request.destroyed && !request.complete) call.local.cancel();
      else if (!response.headersSent) call.local.abort(status(Code.InvalidArgument, messageOf(error)));
      else call.local.endRequests();
    }
  }

  #bodyMax(): number {
    return 3 * this.#options.receiveBytesMax;
  }

  /** The body, or undefined when it is too long (the rest is not read). */
  async #body(request: IncomingMessage): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      if (bytes > this.#bodyMax()) return undefined;
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const path = targetOf(request.url).path.replace(/^\/v3beta\//, "/v3/");
    const route = this.#options.gateway ? routes.get(path) : undefined;
    const host = hostName(request.headers.host);
    if (route === undefined || (!isEncrypted(request) && !hostAllowed(this.#options.access, host))) {
      socket.end(
        `HTTP/1.1 ${route === undefined ? "404 Not Found" : "421 Misdirected Request"}\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    acceptWebSocket(request, socket, head, this.#bodyMax(), (channel) => {
      const call = this.#call(route, request, {
        message: (bytes) =>
          channel.send(`{"result":${encodeJson(route.method.output, route.method.output.decode(bytes))}}`),
        end: (outcome) => {
          if (outcome.code !== Code.OK) channel.send(`{"error":${errorBody(outcome)}}`);
          channel.close();
        },
        writable: () => channel.bufferedBytes() < 256 * 1024,
      });
      if (call === undefined) {
        channel.close();
        return;
      }
      if (route.method.clientStream) void call.local.runStream(call.definition);
      let started = false;
      channel.onText = (text) => {
        try {
          const message = route.method.input.encode(decodeJson(route.method.input, text));
          if (route.method.clientStream) call.local.push(message);
          else if (!started) {
            started = true;
            void call.local.runOnce(call.definition, message);
          }
        } catch (error) {
          call.local.abort(status(Code.InvalidArgument, messageOf(error)));
        }
      };
      channel.onClose = () => call.local.cancel();
      channel.onDrain = () => call.local.drained();
    });
  }
}

interface Callable {
  readonly definition: NonNullable<ReturnType<MethodTable["get"]>>;
  readonly local: LocalCall;
}

function unarySink(route: Route, response: ServerResponse): ConstructorParameters<typeof LocalCall>[3] {
  let body: string | undefined;
  return {
    message: (bytes) => {
      body = encodeJson(route.method.output, route.method.output.decode(bytes));
    },
    end: (outcome) => {
      if (response.headersSent) return;
      if (outcome.code === Code.OK && body !== undefined) {
        response.setHeader("Grpc-Metadata-Content-Type", "application/grpc");
        json(response, 200, body);
      } else {
        json(response, httpStatus(outcome.code), errorBody(outcome));
      }
    },
    writable: () => true,
  };
}

function streamSink(route: Route, response: ServerResponse): ConstructorParameters<typeof LocalCall>[3] {
  const head = (code: number): void => {
    if (!response.headersSent) {
      response.writeHead(code, {
        "Content-Type": "application/json",
        "Grpc-Metadata-Content-Type": "application/grpc",
      });
    }
  };
  return {
    message: (bytes) => {
      head(200);
      response.write(`{"result":${encodeJson(route.method.output, route.method.output.decode(bytes))}}\n`);
    },
    end: (outcome: Status) => {
      head(httpStatus(outcome.code));
      response.end(outcome.code === Code.OK ? undefined : `{"error":${errorBody(outcome)}}\n`);
    },
    writable: () => !response.writableNeedDrain,
  };
}

/** Headers that become gRPC metadata: `Authorization`, and whatever carries grpc-gateway's prefix. */
function metadataOf(request: IncomingMessage): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries(request.headers)) {
    const text = Array.isArray(value) ? value[0] : value;
    if (text === undefined) continue;
    if (name === "authorization") fields.push(["authorization", text]);
    if (name.startsWith("grpc-metadata-")) fields.push([name.slice("grpc-metadata-".length), text]);
  }
  return fields;
}

function peerOf(request: IncomingMessage): Peer {
  const { remoteAddress, remotePort } = request.socket;
  return { address: `${remoteAddress ?? ""}:${remotePort ?? 0}`, encrypted: isEncrypted(request) };
}

function hasCommonName(request: IncomingMessage): boolean {
  const { authorized, getPeerCertificate } = request.socket as Partial<TLSSocket>;
  return authorized === true && (getPeerCertificate?.call(request.socket)?.subject?.CN ?? "") !== "";
}

function isEncrypted(request: IncomingMessage): boolean {
  return (request.socket as { encrypted?: boolean }).encrypted === true;
}

/**
 * An upgrade to anything else, as curl offers HTTP/2, is declined by answering the request in the protocol it came in. node:http
 * has left the connection to us, so it is given the same request again, without the offer.
 */
function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (!/^(connection|upgrade|http2-settings)$/i.test(name)) lines.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}

function plain(response: ServerResponse, code: number, text: string): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.writeHead(code, { "Content-Type": textType, "Content-Length": Buffer.byteLength(text) + 1 });
  response.end(`${text}\n`);
}

/** As Go words it: a body for those who may want to read it. */
function redirect(request: IncomingMessage, response: ServerResponse, location: string): void {
  // A path may hold any byte that HTTP lets through; a header may not.
  response.setHeader("Location", location.replace(/[^\x21-\x7e]/g, encodeURIComponent));
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(307, { "Content-Length": 0 }).end();
    return;
  }
  const href = location.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  const body = `<a href="${href}">Temporary Redirect</a>.\n\n`;
  response.writeHead(307, { "Content-Type": "text/html; charset=utf-8", "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

function json(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
