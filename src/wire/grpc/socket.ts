import { type Server as HttpServer, request as httpRequest, type IncomingMessage, METHODS } from "node:http";
import * as net from "node:net";
import { Duplex } from "node:stream";
import * as tls from "node:tls";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Env, messageOf, type Scheduler, type Timer } from "../../base/index.ts";
import { type HeaderField, type HeaderList, Http2Code, type Http2Output, type Http2Stream } from "../http2/index.ts";
import { GrpcClient, type GrpcClientOptions } from "./client.ts";
import type { MessageCodec } from "./compression.ts";
import type { GrpcServer } from "./server.ts";
import type { ForeignCall, ForeignHandler, Peer } from "./types.ts";

/*
 * The one place where gRPC touches sockets.
 *
 *     read callbacks of one turn ---> engine ---> handlers          (every socket that had input)
 *     end of turn -------------------> flush of each dirty connection, one write per socket
 *
 * A socket is HTTP/2 when its first bytes are the connection preface; anything else is handed to node:http together
 * with what was already read, so that both protocols share one port, with TLS or without.
 */

/** gzip for messages, on the loop: messages are bounded by the receive limit. */
export const gzip: MessageCodec = {
  name: "gzip",
  compress: (message) => gzipSync(message, { level: 1 }),
  decompress(message, bytesMax) {
    try {
      return gunzipSync(message, { maxOutputLength: Math.max(1, bytesMax) });
    } catch (error) {
      if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") return undefined;
      throw error;
    }
  },
};

export interface DoorOptions {
  readonly grpc: GrpcServer;
  /** Gets every connection that does not speak HTTP/2; without it such connections are closed. */
  readonly http?: HttpServer | undefined;
  readonly env: Env;
  /** How long a socket may stay silent before its protocol is known. Default 60 s. */
  readonly firstBytesTimeoutMs?: number | undefined;
  /** Bytes a socket may hold unsent; above it requests are no longer read from it. Default 1 MiB. */
  readonly socketHighWaterBytes?: number | undefined;
}

/** How the HTTP/2 preface starts; no method of HTTP/1.1 is called PRI. */
const prefaceStart = Buffer.from("PRI * HTTP/2.0\r\n", "latin1");
/** Methods of HTTP/1.1; whatever starts otherwise is closed without a word, as nobody here speaks it. */
const methods = new Set(METHODS);
const methodBytesMax = Math.max(...METHODS.map((method) => method.length));

type Protocol = "http2" | "http1" | "neither" | "unknown yet";

/** What a connection speaks, by its first bytes. */
export function protocolOf(first: Uint8Array): Protocol {
  const known = Math.min(first.length, prefaceStart.length);
  if (prefaceStart.compare(first, 0, known, 0, known) === 0) return known < 4 ? "unknown yet" : "http2";
  const space = first.indexOf(0x20);
  if (space < 0) return first.length <= methodBytesMax ? "unknown yet" : "neither";
  return space <= methodBytesMax && methods.has(Buffer.from(first.subarray(0, space)).toString("latin1"))
    ? "http1"
    : "neither";
}

const nothing = new Uint8Array(0);

/** How long the peer may take to close its side after we closed ours. */
const lingerMs = 1000;

interface Flushable {
  flush(): void;
}

/** Connections with output that waits for the end of the turn. */
class TurnFlusher {
  readonly #env: Env;
  #dirty: Flushable[] = [];
  #scheduled = false;
  readonly #run = () => {
    this.#scheduled = false;
    this.flushAll();
  };

  constructor(env: Env) {
    this.#env = env;
  }

  add(connection: Flushable): void {
    this.#dirty.push(connection);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#env.scheduler.endOfTurn(this.#run);
  }

  flushAll(): void {
    while (this.#dirty.length > 0) {
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const connection of dirty) connection.flush();
    }
  }
}

/** What both ends of a connection look like from the socket. */
interface Engine extends Flushable {
  receive(chunk: Uint8Array): void;
  resume(): void;
  transportClosed(error?: Error): void;
}

/** A socket that speaks HTTP/2: the engine's output, and the engine's input. */
class SocketLink implements Http2Output {
  readonly #socket: net.Socket;
  readonly #flusher: TurnFlusher;
  readonly #env: Env;
  readonly #highWaterBytes: number;
  #engine: Engine | undefined;
  #backedUp = false;
  #ended = false;
  #linger: Timer | undefined;

  constructor(socket: net.Socket, flusher: TurnFlusher, env: Env, highWaterBytes: number) {
    this.#socket = socket;
    this.#flusher = flusher;
    this.#env = env;
    this.#highWaterBytes = highWaterBytes;
  }

  /** Connects the engine and starts reading. */
  start(engine: Engine): void {
    this.#engine = engine;
    const socket = this.#socket;
    socket.on("data", (chunk: Buffer) => {
      if (!this.#ended) engine.receive(chunk);
    });
    socket.on("drain", () => {
      if (!this.#backedUp) return;
      this.#backedUp = false;
      socket.resume();
      engine.resume();
    });
    let fault: Error | undefined;
    socket.on("error", (error: Error) => {
      fault = error;
    });
    // A client that closes its half of a TCP connection has left: gRPC has no half-closed connections.
    socket.on("end", () => engine.transportClosed());
    socket.on("close", () => {
      this.#ended = true;
      this.#linger?.cancel();
      engine.transportClosed(fault);
    });
    this.#flusher.add(engine);
  }

  write(pieces: Uint8Array[], sent?: () => void): boolean {
    const socket = this.#socket;
    if (this.#ended || socket.destroyed) return true;
    if (pieces.length === 1) {
      socket.write(pieces[0]!);
    } else if (pieces.length > 1) {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
    if (sent !== undefined) this.#whenWritten(sent);
    if (socket.writableLength < this.#highWaterBytes) return true;
    if (!this.#backedUp) {
      this.#backedUp = true;
      socket.pause();
    }
    return false;
  }

  #whenWritten(run: () => void): void {
    if (this.released()) {
      queueMicrotask(run);
      return;
    }
    // Writes come back in their order, so an empty one comes back when those before it have.
    this.#socket.write(nothing, (error) => {
      if (!error) run();
    });
  }

  /** Of a system's socket whose writes all came back: the kernel, or TLS, has its copy. */
  released(): boolean {
    return this.#socket.writableLength === 0 && this.#socket instanceof net.Socket;
  }

  dirty(): void {
    if (this.#engine !== undefined) this.#flusher.add(this.#engine);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const socket = this.#socket;
    socket.end();
    // Go on reading into nothing: closing with unread input would reset the connection under our last words.
    socket.resume();
    this.#linger = this.#env.scheduler.after(lingerMs, () => socket.destroy());
  }
}

function peerOf(socket: net.Socket): Peer {
  const host = socket.remoteAddress ?? "";
  const address = host.includes(":") ? `[${host}]:${socket.remotePort ?? 0}` : `${host}:${socket.remotePort ?? 0}`;
  if (!(socket instanceof tls.TLSSocket)) return { address };
  const name = socket.authorized ? socket.getPeerCertificate()?.subject?.CN : undefined;
  return { address, encrypted: true, commonName: Array.isArray(name) ? name[0] : name };
}

/** Takes sockets from any number of listeners and gives each to the protocol it speaks. */
export class Door {
  readonly #options: DoorOptions;
  readonly #flusher: TurnFlusher;
  /** Sockets whose protocol is not known yet, and those that speak HTTP/2; HTTP/1 ones are node:http's. */
  readonly #sockets = new Set<net.Socket>();

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#flusher = new TurnFlusher(options.env);
  }

  /** Serves what this listener accepts. A `tls.Server` should offer ALPN `h2` and `http/1.1`. */
  attach(server: net.Server): void {
    server.on(server instanceof tls.Server ? "secureConnection" : "connection", (socket: net.Socket) =>
      this.take(socket),
    );
    if (server instanceof tls.Server) {
      // A failed handshake is the client's affair; its socket is closed by node:tls.
      server.on("tlsClientError", (error: Error, socket: tls.TLSSocket) => {
        this.#options.env.logger.debug("rejected connection on client endpoint", {
          "remote-addr": socket.remoteAddress,
          error: messageOf(error),
        });
      });
    }
  }

  /** Serves one connected socket. */
  take(socket: net.Socket): void {
    socket.setNoDelay(true);
    const sockets = this.#sockets;
    sockets.add(socket);
    const { env, http, firstBytesTimeoutMs = 60_000 } = this.#options;
    const timer = env.scheduler.after(firstBytesTimeoutMs, () => socket.destroy());
    let seen: Buffer | undefined;
    const onData = (chunk: Buffer) => {
      const first = seen === undefined ? chunk : Buffer.concat([seen, chunk]);
      const protocol = protocolOf(first);
      if (protocol === "unknown yet") {
        seen = first;
        return;
      }
      timer.cancel();
      socket.off("data", onData);
      socket.off("error", onError);
      if (protocol === "http2") {
        this.#speakHttp2(socket, first);
        return;
      }
      sockets.delete(socket);
      socket.off("close", onClose);
      if (http === undefined || protocol === "neither") {
        socket.destroy();
        return;
      }
      socket.pause();
      http.emit("connection", socket);
      socket.unshift(first);
      socket.resume();
    };
    const onClose = () => {
      timer.cancel();
      sockets.delete(socket);
    };
    // Before the protocol is known an error has nobody to be told; "close" follows it.
    const onError = () => {};
    socket.on("data", onData);
    socket.on("close", onClose);
    socket.on("error", onError);
  }

  /** Writes out what every connection has gathered, without waiting for the end of the turn. */
  flushAll(): void {
    this.#flusher.flushAll();
  }

  /** Sockets that are open here (HTTP/1 ones not counted). */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** Drops every socket at once, also those that have not said a word yet. */
  destroy(): void {
    for (const socket of [...this.#sockets]) socket.destroy();
  }

  #speakHttp2(socket: net.Socket, first: Buffer): void {
    const { env, grpc, http, socketHighWaterBytes = 1024 * 1024 } = this.#options;
    const link = new SocketLink(socket, this.#flusher, env, socketHighWaterBytes);
    const foreign = http === undefined ? undefined : bridgeTo(http, socket, env.scheduler);
    const connection = grpc.accept(link, peerOf(socket), foreign);
    if (connection === undefined) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    link.start(connection);
    connection.receive(first);
  }
}

/** One end of a pipe within the process. */
class PairEnd extends Duplex {
  #other: PairEnd | undefined;
  /** The server has this end. */
  #served = false;
  /** A write of the other end that waits until this one is read. */
  #blocked: (() => void) | undefined;

  static pair(): { readonly inside: PairEnd; readonly outside: PairEnd } {
    const inside = new PairEnd();
    const outside = new PairEnd();
    inside.#other = outside;
    outside.#other = inside;
    outside.#served = true;
    return { inside, outside };
  }

  override _read(): void {
    const go = this.#blocked;
    this.#blocked = undefined;
    go?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const other = this.#other!;
    if (other.push(chunk)) done();
    else other.#blocked = done;
  }

  override _final(done: () => void): void {
    this.#other!.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other!;
    if (!this.#served || other.readableEnded) {
      other.destroy();
    } else if (!other.destroyed) {
      // As when a server closes a socket: what it said before can still be read, and then the end.
      if (!this.writableFinished) other.push(null);
      other.once("end", () => other.destroy());
    }
    done(error);
  }
}

/** Header fields that belong to one HTTP/1.1 connection and are not passed on. */
const hopFields = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
  // Trailers are not passed on, so none are announced.
  "trailer",
]);

/** How long an answer that is complete before its request stays open, so that what the client still sends is judged as HTTP/2 wants. */
const requestRestMs = 250;

/** Bytes of an answer that may wait on a stream before reading it stops. */
const foreignHighWaterBytes = 256 * 1024;

/**
 * Serves other requests of an HTTP/2 connection by the HTTP/1.1 server: with TLS, browsers and curl choose HTTP/2 for
 * `/health` and the JSON gateway. Each request goes through a pipe in this process; speed is no aim here.
 */
function bridgeTo(http: HttpServer, socket: net.Socket, scheduler: Scheduler): ForeignHandler {
  return (stream, headers, endStream) => new BridgedRequest(http, socket, scheduler, stream, headers, endStream);
}

class BridgedRequest implements ForeignCall {
  readonly #stream: Http2Stream;
  readonly #scheduler: Scheduler;
  /** Undefined when there was none to be made: the stream is reset then, and nothing more of it comes. */
  readonly #request: ReturnType<typeof httpRequest> | undefined;
  #response: IncomingMessage | undefined;
  #requestEnded: boolean;
  /** The answer is complete and waits for the rest of the request. */
  #rest: Timer | undefined;

  constructor(
    http: HttpServer,
    socket: net.Socket,
    scheduler: Scheduler,
    stream: Http2Stream,
    list: HeaderList,
    endStream: boolean,
  ) {
    this.#stream = stream;
    this.#scheduler = scheduler;
    this.#requestEnded = endStream;
    let method = "GET";
    let path = "/";
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of list) {
      if (name === ":method") method = value;
      else if (name === ":path") path = value;
      else if (name === ":authority") headers.host = value;
      else if (name.startsWith(":") || hopFields.has(name)) continue;
      else if (name === "cookie" && headers.cookie !== undefined)
        headers.cookie = `${String(headers.cookie)}; ${value}`;
      else if (headers[name] === undefined) headers[name] = value;
      else headers[name] = [headers[name], value].flat();
    }
    const { inside, outside } = PairEnd.pair();
    // What handlers ask of a request's socket.
    for (const name of ["remoteAddress", "remotePort", "encrypted", "authorized", "getPeerCertificate"] as const) {
      const value = (socket as unknown as Record<string, unknown>)[name];
      if (value !== undefined) {
        Object.assign(outside, { [name]: typeof value === "function" ? value.bind(socket) : value });
      }
    }
    // Without it node:http would send the body of a GET or DELETE bare, to be read as the next request.
    if (!endStream && headers["content-length"] === undefined) headers["transfer-encoding"] = "chunked";
    try {
      this.#request = httpRequest({
        method,
        // HTTP/2 allows a blank here, HTTP/1 separates by it.
        path: path.replaceAll(" ", "%20"),
        headers,
        // Given this, node:http uses no agent and closes the pipe after the answer.
        createConnection: () => inside as unknown as net.Socket,
      });
      // A handler may answer, or start to, before there is a body.
      if (endStream) this.#request.end();
      else this.#request.flushHeaders();
    } catch {
      // Control characters, or a method that is none: HTTP/2's rules let them pass, node:http writes no such head.
      stream.reset(Http2Code.PROTOCOL_ERROR);
      inside.destroy();
      return;
    }
    this.#request.on("response", (response) => this.#answer(response));
    this.#request.on("error", () => stream.reset(Http2Code.INTERNAL_ERROR));
    http.emit("connection", outside);
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    if (chunk.length > 0) this.#request?.write(chunk, () => this.#stream.consume(chunk.length));
    if (!endStream) return;
    this.#requestEnded = true;
    this.#request?.end();
    if (this.#rest !== undefined) this.#end();
  }

  gone(): void {
    this.#rest?.cancel();
    this.#request?.destroy();
  }

  drained(): void {
    this.#response?.resume();
  }

  #answer(response: IncomingMessage): void {
    this.#response = response;
    const stream = this.#stream;
    const fields: HeaderField[] = [[":status", String(response.statusCode)]];
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      const name = response.rawHeaders[i]!.toLowerCase();
      if (!hopFields.has(name)) fields.push([name, response.rawHeaders[i + 1]!]);
    }
    stream.sendHeaders(fields, false);
    response.on("data", (chunk: Buffer) => {
      stream.sendData([chunk], false);
      if (stream.bufferedBytes >= foreignHighWaterBytes) response.pause();
    });
    response.on("end", () => {
      if (this.#requestEnded) this.#end();
      else this.#rest = this.#scheduler.after(requestRestMs, () => this.#end());
    });
    response.on("error", () => stream.reset(Http2Code.INTERNAL_ERROR));
  }

  #end(): void {
    this.#rest?.cancel();
    this.#stream.sendData([], true);
  }
}

/** A listening door. */
export interface Listening {
  readonly door: Door;
  readonly server: net.Server;
  /** Port chosen by the system when 0 was asked for. */
  readonly port: number;
  /** Takes no more connections; resolves when the listener is closed. Open connections are not touched. */
  stopListening(): Promise<void>;
}

/** Listens and serves; `tls` holds node's own options (key, cert, ca, requestCert, ...). */
export function serve(
  options: DoorOptions,
  listen: net.ListenOptions,
  secure?: tls.TlsOptions | undefined,
): Promise<Listening> {
  const door = new Door(options);
  const server =
    secure === undefined ? net.createServer() : tls.createServer({ ALPNProtocols: ["h2", "http/1.1"], ...secure });
  door.attach(server);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ backlog: 4096, ...listen }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve({
        door,
        server,
        port: typeof address === "object" && address !== null ? address.port : 0,
        stopListening: () =>
          new Promise((done) => {
            if (!server.listening) done();
            // The callback would wait for open connections; that the port is free is what is asked here.
            else {
              server.close();
              setImmediate(done);
            }
          }),
      });
    });
  });
}

export interface ConnectOptions extends Omit<GrpcClientOptions, "authority" | "scheme"> {
  readonly host: string;
  readonly port: number;
  /** A Unix socket to connect to instead; `host` and `port` then only name it. */
  readonly path?: string | undefined;
  /** node's options for TLS; ALPN is set to h2. */
  readonly tls?: tls.ConnectionOptions | undefined;
  readonly authority?: string | undefined;
  /** Time for TCP, TLS and HTTP/2 to stand; infinite: for ever. Default 20 s. */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Opens a connection for gRPC calls; rejects when it cannot be made in time. It stands once the server has said its first
 * word, which HTTP/2 makes it say unasked: one that drops whom it does not like after the TLS handshake, as it must with
 * TLS 1.3, is told from one that took a call and was lost.
 */
export function connect(env: Env, options: ConnectOptions): Promise<GrpcClient> {
  const { host, port, path, tls: secure, connectTimeoutMs = 20_000, authority, ...rest } = options;
  const where = path === undefined ? { host, port } : { path };
  const told = path ?? `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket =
      secure === undefined
        ? net.connect(where)
        : tls.connect({
            ...where,
            ALPNProtocols: ["h2"],
            ...(net.isIP(host) === 0 ? { servername: host } : {}),
            ...secure,
          });
    const timer = Number.isFinite(connectTimeoutMs)
      ? env.scheduler.after(connectTimeoutMs, () => {
          socket.destroy(new Error(`connect ${told}: timed out`));
        })
      : undefined;
    const onError = (error: Error) => {
      timer?.cancel();
      reject(error);
    };
    socket.once("error", onError);
    socket.once(secure === undefined ? "connect" : "secureConnect", () => {
      socket.off("error", onError);
      socket.setNoDelay(true);
      const link = new SocketLink(socket, new TurnFlusher(env), env, 4 * 1024 * 1024);
      const client = new GrpcClient(env, link, {
        codecs: [gzip],
        ...rest,
        authority: authority ?? authorityOf(host, port),
        scheme: secure === undefined ? "http" : "https",
      });
      client.onClosed = (error) => {
        timer?.cancel();
        reject(error ?? new Error(`connect ${told}: closed before the server's preface`));
      };
      socket.once("data", () => {
        timer?.cancel();
        client.onClosed = undefined;
        resolve(client);
      });
      link.start(client);
    });
  });
}

/** Port 0: the name of a socket that has none. */
function authorityOf(host: string, port: number): string {
  if (port === 0) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
