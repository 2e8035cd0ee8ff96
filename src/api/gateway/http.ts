import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Code, callerAddress, type Env, parseSemVer } from "../../base/index.ts";
import { type Member, versionsJson } from "../../server/index.ts";
import { GrpcError, type Peer, type Status, status, statusOf } from "../../wire/grpc/index.ts";
import { CONTENT_TYPE as metricsType } from "../metrics/index.ts";
import { type AccessOptions, allowedOrigin, corsHeaders, hostAllowed, hostName, hostRefusal } from "./access.ts";
import { errorLine, resultLine, sendError, sendHeadError, streamAnswer, unaryAnswer } from "./answers.ts";
import { type CallHead, firstOf, HeadError, readCallHead } from "./call-head.ts";
import { formFault } from "./form.ts";
import { HealthChecks } from "./health.ts";
import { decodeJson } from "./json/index.ts";
import { JsonSplitter } from "./json-stream.ts";
import { deadlineExceeded, LocalCall } from "./local-call.ts";
import type { MethodTable } from "./methods.ts";
import { type Route, routes } from "./routes.ts";
import { errorBody } from "./status.ts";
import { cleanPath, placeOf } from "./target.ts";
import { UnderWay } from "./under-way.ts";
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
  /** What a request may take in all; a health check gives up then. */
  readonly requestTimeoutMs: number;
  /** Prometheus text of everything registered. */
  readonly scrape: () => string;
  /** What `/debug/vars` tells besides raft: command line, memory, descriptors. */
  readonly processVars: () => Record<string, unknown>;
  /** Flag enable-pprof: what serves the pages under `/debug/pprof/`; without it there are none. */
  readonly profiles?: ProfilesHandler | undefined;
  /** Whether certificates name users (client-cert-auth, authentication on): the gateway, which takes tokens only, then refuses callers that have one. */
  readonly certificatesNameUsers?: () => boolean;
  readonly env: Env;
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
  readonly #underWay = new UnderWay();
  #stopping = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#health = new HealthChecks(options.member, options.requestTimeoutMs, options.env);
  }

  /** Serves requests and upgrades of `server`. */
  attach(server: Server): void {
    server.on("request", this.listener);
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      try {
        const path = this.#webSocketPath(request);
        if (path !== undefined) this.#upgrade(path, request, socket, head);
        else if (!readsBodies) serveWithoutUpgrade(server, request, socket, head);
        else this.#readThenServe(server, request, socket, head);
      } catch (error) {
        this.#options.env.logger.warn("failed to serve an HTTP upgrade", { path: request.url, error });
        socket.destroy();
      }
    });
  }

  readonly listener: RequestListener = (request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      this.#options.env.logger.warn("failed to serve an HTTP request", { path: request.url, error });
      if (!response.headersSent) plain(response, 500, "Internal Server Error");
      else response.destroy();
    });
  };

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#stopping) response.shouldKeepAlive = false;
    if (request.url === "*" && request.method === "OPTIONS") {
      // Of the server as a whole: answered before anything of it is asked.
      response.writeHead(200, { "Content-Length": 0 }).end();
      return;
    }
    const place = placeOf(request.url);
    if (place === undefined) {
      badRequest(response);
      return;
    }
    const { path, page, query } = place;
    const { access } = this.#options;
    const refusal = this.#refusal(path, request);
    if (refusal !== undefined) {
      plain(response, refusal.status, refusal.text);
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
    if (request.url === "*") {
      response.shouldKeepAlive = false;
      response.writeHead(400, { "Content-Length": 0 }).end();
      return;
    }
    const better = this.#redirected(place.escaped);
    if (better !== place.escaped) {
      redirect(request, response, query === "" ? better : `${better}?${query}`);
      return;
    }
    if (this.#options.gateway && page.startsWith("/v3/")) {
      await this.#rpc(path, query, request, response);
      return;
    }
    const done = this.#underWay.add(() => {
      response.shouldKeepAlive = false;
    });
    response.on("close", done);
    await this.#page(page, query, request, response);
  }

  /** Where Go's mux sends a client that asks for this; the path itself when it is well as it is. */
  #redirected(path: string): string {
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

  async #rpc(path: string, query: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { rawHeaders } = request;
    let method = request.method;
    let body: Buffer | undefined;
    const override = firstOf(rawHeaders, "x-http-method-override");
    if (method === "POST" && override && firstOf(rawHeaders, "content-type") === "application/x-www-form-urlencoded") {
      // What says that it is another method is read as the form that it says it is: no body is left.
      body = await this.#body(request);
      const fault = formFault(body?.toString("latin1") ?? "") ?? formFault(query);
      if (fault !== undefined) {
        sendError(response, status(Code.InvalidArgument, fault), { trailers: false });
        return;
      }
      body = Buffer.alloc(0);
      method = override.toUpperCase();
    }
    const route = routes.get(path);
    if (route === undefined) {
      sendError(response, status(Code.NotFound, "Not Found"), { trailers: false });
      return;
    }
    if (method !== "POST") {
      sendError(response, status(Code.Unimplemented, "Method Not Allowed"), { trailers: false });
      return;
    }
    let head: CallHead;
    try {
      head = readCallHead(rawHeaders);
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
      sendHeadError(response, error.message);
      return;
    }
    const trailers = firstOf(rawHeaders, "te")?.toLowerCase().includes("trailers") === true;
    const refuse = (why: Status): void => sendError(response, why, { trailers });
    const definition = this.#options.methods.get(route.grpcPath);
    if (definition === undefined) {
      refuse(status(Code.Unimplemented, `unknown method ${route.method.name}`));
      return;
    }
    const streams = route.method.clientStream || route.method.serverStream;
    const sink = streams ? streamAnswer(route.method, response) : unaryAnswer(route.method, response, trailers);
    const local = new LocalCall(route.grpcPath, head, peerOf(request), sink, this.#options.env);
    const done = this.#underWay.add(() => {
      response.shouldKeepAlive = false;
      local.cut(stopped);
    });
    response.on("close", () => {
      done();
      if (!response.writableFinished) local.cancel();
    });
    response.on("drain", () => local.drained());
    let message: Uint8Array | undefined;
    if (!route.method.clientStream) {
      body ??= await this.#body(request);
      try {
        message = this.#messageOf(route, body);
      } catch (error) {
        local.forget();
        refuse(statusOf(error));
        return;
      }
    }
    const fault = head.fault ?? (local.tooLate ? deadlineExceeded : undefined);
    if (fault !== undefined) {
      local.forget();
      refuse(fault);
    } else if (message !== undefined) {
      await local.runOnce(definition, message);
    } else {
      await local.runStream(definition);
      this.#feed(route, local, request);
    }
  }

  /** The encoded message of a body; throws what the client is told. */
  #messageOf(route: Route, body: Buffer | undefined): Uint8Array {
    const { receiveBytesMax } = this.#options;
    if (body === undefined) throw new GrpcError(Code.ResourceExhausted, "grpc: received message larger than max");
    const { input } = route.method;
    const message = input.encode(decodeJson(input, body));
    if (message.length > receiveBytesMax) {
      const text = `grpc: received message larger than max (${message.length} vs. ${receiveBytesMax})`;
      throw new GrpcError(Code.ResourceExhausted, text);
    }
    return message;
  }

  /** Hands the objects of a body on as they come. As etcd's gateway, one that cannot be read ends them like the body's end. */
  #feed(route: Route, call: LocalCall, request: IncomingMessage): void {
    const requests = new Requests(route, call, this.#bodyMax());
    const decoder = new TextDecoder();
    request.on("data", (chunk: Buffer) => requests.take(decoder.decode(chunk, { stream: true })));
    request.on("end", () => requests.end());
    // A body that breaks off is a client gone.
    request.on("error", () => call.cancel());
  }

  /** Gives a request again with its body, which node:http has taken out of the connection. */
  #readThenServe(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#body(request).then(
      (body) => {
        if (body === undefined) socket.destroy();
        else serveWithoutUpgrade(server, request, socket, head, body);
      },
      () => socket.destroy(),
    );
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

  /** The path of a WebSocket that the gateway takes; everything else is a request like any other, whatever it offers. */
  #webSocketPath(request: IncomingMessage): string | undefined {
    if (request.headers.upgrade?.toLowerCase() !== "websocket" || !this.#options.gateway || this.#stopping)
      return undefined;
    const place = placeOf(request.url);
    if (place === undefined || !place.page.startsWith("/v3/") || this.#refusal(place.path, request) !== undefined) {
      return undefined;
    }
    return place.path;
  }

  /** Why a request is not let in, whatever it asks for. */
  #refusal(path: string, request: IncomingMessage): { readonly status: number; readonly text: string } | undefined {
    const { access, env, certificatesNameUsers } = this.#options;
    if (!isEncrypted(request)) {
      const host = hostName(request.headers.host);
      if (hostAllowed(access, host)) return undefined;
      env.logger.warn("rejecting HTTP request to prevent DNS rebinding attacks", { host });
      return { status: 421, text: hostRefusal(host) };
    }
    if (!path.startsWith("/v3/") || certificatesNameUsers?.() !== true || !hasCommonName(request)) return undefined;
    const text = "CommonName of client sending a request against gateway will be ignored and not used as expected";
    return { status: 400, text };
  }

  #upgrade(path: string, request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { env, methods } = this.#options;
    const route = routes.get(path);
    acceptWebSocket(request, socket, head, this.#bodyMax(), (channel) => {
      const definition = route === undefined ? undefined : methods.get(route.grpcPath);
      if (route === undefined || definition === undefined) {
        channel.send(errorBody(status(Code.NotFound, "Not Found")));
        channel.close();
        return;
      }
      const { method } = route;
      const local = new LocalCall(
        route.grpcPath,
        webSocketHead(request),
        peerOf(request),
        {
          message: (bytes) => channel.send(resultLine(method, bytes)),
          end: (outcome) => {
            if (outcome.code !== Code.OK) channel.send(errorLine(outcome));
            channel.close();
          },
          writable: () => channel.bufferedBytes() < 256 * 1024,
        },
        env,
      );
      const done = this.#underWay.add(() => local.cut(stopped));
      channel.onClose = () => {
        done();
        local.cancel();
      };
      channel.onDrain = () => local.drained();
      if (method.clientStream) {
        const requests = new Requests(route, local, this.#bodyMax());
        channel.onText = (text) => requests.take(text);
        void local.runStream(definition);
        return;
      }
      let started = false;
      channel.onText = (text) => {
        if (started) return;
        started = true;
        try {
          void local.runOnce(definition, this.#messageOf(route, Buffer.from(text)));
        } catch (error) {
          local.forget();
          channel.send(errorBody(statusOf(error)));
          channel.close();
        }
      };
    });
  }

  /**
   * Lets what is under way come to its end; resolves when nothing is left. Answers from now on close their connections.
   * What has not ended by then is ended by `cut`.
   */
  drain(): Promise<void> {
    this.#stopping = true;
    return this.#underWay.empty();
  }

  /** Ends every call with a last word: an error, or a last line of a stream. Resolves when all have gone out. */
  cut(): Promise<void> {
    this.#stopping = true;
    this.#underWay.cutAll();
    return this.#underWay.empty();
  }
}

/** What etcd's gateway tells when the server behind it stops. */
const stopped = status(Code.Unavailable, "error reading from server: EOF");

/** The requests of a call that takes a stream of them, from text. */
class Requests {
  readonly #route: Route;
  readonly #call: LocalCall;
  readonly #splitter: JsonSplitter;
  #over = false;

  constructor(route: Route, call: LocalCall, objectBytesMax: number) {
    this.#route = route;
    this.#call = call;
    this.#splitter = new JsonSplitter(objectBytesMax);
  }

  take(text: string): void {
    if (this.#over) return;
    const { input } = this.#route.method;
    try {
      for (const object of this.#splitter.push(text)) this.#call.push(input.encode(decodeJson(input, object)));
      if (this.#splitter.broken) this.end();
    } catch {
      this.end();
    }
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#call.endRequests();
  }
}

/** A browser's WebSocket can neither set header fields nor see an HTTP error: what is wrong with them is passed over. */
function webSocketHead(request: IncomingMessage): CallHead {
  const timeoutMs = Number.POSITIVE_INFINITY;
  try {
    return { ...readCallHead(request.rawHeaders), timeoutMs };
  } catch (error) {
    if (!(error instanceof HeadError)) throw error;
    return { metadata: [], timeoutMs, fault: undefined };
  }
}

function peerOf(request: IncomingMessage): Peer {
  return { address: callerAddress(request.socket), encrypted: isEncrypted(request) };
}

function hasCommonName(request: IncomingMessage): boolean {
  const { authorized, getPeerCertificate } = request.socket as Partial<TLSSocket>;
  return authorized === true && (getPeerCertificate?.call(request.socket)?.subject?.CN ?? "") !== "";
}

function isEncrypted(request: IncomingMessage): boolean {
  return (request.socket as { encrypted?: boolean }).encrypted === true;
}

/** Whether node:http reads the body of a request that offers an upgrade; before Node 26 the body follows in the connection. */
const readsBodies = Number(process.versions.node.split(".")[0]) >= 26;

/**
 * An upgrade to anything else, as curl offers HTTP/2, is declined by answering the request in the protocol it came in. node:http
 * has left the connection to us, so it is given the same request again, without the offer; with `body`, where that was read.
 * (Its own way to decline, `shouldUpgradeCallback`, answers no further request of the connection.)
 */
function serveWithoutUpgrade(
  server: Server,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  body?: Buffer,
): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (/^(connection|upgrade|http2-settings)$/i.test(name)) continue;
    if (body !== undefined && /^(content-length|transfer-encoding|trailer)$/i.test(name)) continue;
    lines.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  if (body !== undefined && body.length > 0) lines.push(`Content-Length: ${body.length}`);
  const again = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  socket.unshift(Buffer.concat(body === undefined ? [again, head] : [again, body, head]));
  server.emit("connection", socket);
}

/** As Go's server answers what it cannot read: and then it hangs up. */
function badRequest(response: ServerResponse): void {
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.writeHead(400, { "Content-Type": textType });
  response.write("400 Bad Request");
  response.end();
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
