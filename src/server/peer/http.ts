import {
  Agent,
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest, Agent as SecureAgent } from "node:https";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import {
  type CancelSignal,
  dialOptions,
  http1Options,
  networkError,
  plainAddress,
  serveLikeGo,
} from "../../base/index.ts";
import {
  BodyTooLarge,
  type IncomingRequest,
  type OutgoingStream,
  type PeerNetwork,
  type StreamEvents,
  uploadChunks,
} from "./network.ts";
import type { PeerRequest, PeerResponse } from "./types.ts";

/** Answers held whole: `/members`, hashes, leases. */
const answerBytesMax = 100 * 1024 * 1024;
/** An upload that moves nothing for this long is given up. */
const uploadSilenceMs = 10_000;
const dialTimeoutMs = 2000;
/** Pieces of one write are joined up to this size: one copy costs less than one system call's vector. */
const joinBytesMax = 64 * 1024;
/** A connection without a request is closed after so long: etcd's ReadTimeout on its peer port. */
const idleMs = 300_000;
/** Connections for single requests. */
const pooled = { ...dialOptions, keepAlive: true, maxSockets: 16, keepAliveMsecs: 30_000, timeout: 60_000 };

/**
 * The one place where the peer protocol meets sockets: HTTP/1.1 by `node:http`. Listening sockets are opened by the composition
 * root, which hands every connection to `take`.
 */
export class HttpPeerNetwork implements PeerNetwork {
  readonly #agent = new Agent(pooled);
  readonly #secureAgent = new SecureAgent(pooled);
  readonly #tls: () => ConnectionOptions;
  readonly #localAddress: string | undefined;
  readonly #server = createServer({ ...http1Options, keepAliveTimeout: idleMs });
  readonly #sockets = new Set<Socket>();
  readonly #outgoing = new Set<ClientRequest>();
  #waiting: Socket[] | undefined = [];
  #closed = false;
  /** Told of bytes that were no HTTP. */
  #garbage: () => void = ignore;

  /**
   * `tls` gives what each call to an `https` URL shows and trusts; calls leave from `localAddress`, if one is given.
   * @internal Speaks of `node:tls`: left out of the package's types, which need no @types/node.
   */
  constructor(tls: () => ConnectionOptions = () => ({}), localAddress?: string) {
    this.#tls = tls;
    this.#localAddress = localAddress;
    serveLikeGo(this.#server, () => this.#garbage());
  }

  /**
   * A connection that was accepted on a peer address; with TLS, a secured one.
   * @internal Speaks of `node:net`: left out of the package's types.
   */
  take(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (this.#waiting !== undefined) {
      socket.on("error", ignore);
      this.#waiting.push(socket);
    } else this.#server.emit("connection", socket);
  }

  serve(handler: (request: IncomingRequest) => void, garbage: () => void = ignore): void {
    this.#server.on("request", (message: IncomingMessage, response: ServerResponse) => {
      handler(new HttpRequest(message, response));
    });
    this.#garbage = garbage;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const socket of waiting) {
      socket.off("error", ignore);
      if (!socket.destroyed) this.#server.emit("connection", socket);
    }
  }

  request(url: string, request: PeerRequest, timeoutMs: number, signal?: CancelSignal): Promise<PeerResponse> {
    return new Promise((resolve, fail) => {
      const reject = (error: Error): void => fail(networkError(error));
      const outgoing = this.#begin(url, request, true, reject);
      if (outgoing === undefined) return;
      const giveUp = (error: Error): void => {
        // Not left to an event: a request that the agent has no connection for yet has none.
        reject(error);
        outgoing.destroy(error);
      };
      const timer = setTimeout(() => giveUp(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const onAbort = (): void => giveUp(new Error("the answer is not waited for any longer"));
      signal?.addEventListener("abort", onAbort);
      if (signal?.aborted === true) onAbort();
      outgoing.on("error", reject);
      outgoing.on("close", () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        reject(new Error("connection closed"));
      });
      outgoing.on("response", (message) => collect(message, resolve, reject));
      if (request.body.length > 0) outgoing.setHeader("content-length", request.body.length);
      outgoing.end(request.body);
    });
  }

  upload(url: string, request: PeerRequest, body: AsyncIterable<Uint8Array>): Promise<PeerResponse> {
    return new Promise((resolve, fail) => {
      const reject = (error: Error): void => fail(networkError(error));
      const outgoing = this.#begin(url, request, false, reject);
      if (outgoing === undefined) return;
      outgoing.setTimeout(uploadSilenceMs, () => outgoing.destroy(new Error("the peer takes no more data")));
      outgoing.on("error", reject);
      outgoing.on("close", () => reject(new Error("connection closed")));
      outgoing.on("response", (message) => collect(message, resolve, reject));
      pour(body, outgoing).then(
        () => outgoing.end(),
        (error: unknown) => outgoing.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    });
  }

  openStream(url: string, request: PeerRequest, events: StreamEvents): { close(): void } {
    let over = false;
    const end = (error: Error | undefined): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      events.end(error === undefined ? undefined : networkError(error));
    };
    const outgoing = this.#begin(url, request, false, (error) => queueMicrotask(() => end(error)));
    const timer = setTimeout(() => outgoing?.destroy(new Error("dial tcp: i/o timeout")), dialTimeoutMs);
    outgoing?.on("error", end);
    outgoing?.on("close", () => end(undefined));
    outgoing?.on("response", (message) => {
      clearTimeout(timer);
      if (over) return;
      if (message.statusCode !== 200) {
        collect(
          message,
          ({ status, headers, body }) => {
            if (!over) events.head(status, headers, Buffer.from(body).toString("utf8"));
          },
          end,
        );
        return;
      }
      message.socket.setNoDelay(true);
      events.head(200, headersOf(message), "");
      message.on("data", (chunk: Buffer) => {
        if (!over) events.data(chunk);
      });
      message.on("error", end);
      message.on("end", () => end(undefined));
    });
    outgoing?.end();
    return {
      close: () => {
        over = true;
        clearTimeout(timer);
        outgoing?.destroy();
      },
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const outgoing of this.#outgoing) outgoing.destroy();
    this.#agent.destroy();
    this.#secureAgent.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #begin(
    url: string,
    request: PeerRequest,
    shared: boolean,
    onError: (error: Error) => void,
  ): ClientRequest | undefined {
    try {
      if (this.#closed) throw new Error("the network is closed");
      const { secure, ...address } = addressOf(new URL(url));
      const where = {
        ...address,
        method: request.method,
        path: request.path,
        headers: { ...request.headers },
        ...(this.#localAddress === undefined ? {} : { localAddress: this.#localAddress }),
      };
      const outgoing = secure
        ? httpsRequest({ ...where, ...this.#tls(), agent: shared ? this.#secureAgent : freshSecureAgent })
        : httpRequest({ ...where, agent: shared ? this.#agent : freshAgent });
      this.#outgoing.add(outgoing);
      outgoing.once("close", () => this.#outgoing.delete(outgoing));
      // Whoever listens, an error event must not end the process.
      outgoing.on("error", ignore);
      return outgoing;
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }
}

/** `unix://localhost:2380` is a socket file of that name, as etcd has it. */
function addressOf({ protocol, host, hostname, port, pathname }: URL): {
  secure: boolean;
  host?: string;
  port?: number;
  socketPath?: string;
} {
  const secure = protocol === "https:" || protocol === "unixs:";
  if (protocol.startsWith("unix")) return { secure, socketPath: `${host}${pathname}` };
  const number = port === "" ? (secure ? 443 : 80) : Number(port);
  return { secure, host: hostname.replace(/^\[|\]$/g, ""), port: number };
}

/** Streams and uploads have a connection of their own. */
const fresh = { ...dialOptions, keepAlive: false, maxSockets: Number.POSITIVE_INFINITY };
const freshAgent = new Agent(fresh);
const freshSecureAgent = new SecureAgent(fresh);

function ignore(): void {}

async function pour(body: AsyncIterable<Uint8Array>, into: ClientRequest): Promise<void> {
  const writing: Promise<Error | undefined>[] = [];
  for await (const chunk of body) {
    if (into.destroyed) throw new Error("connection closed");
    writing.push(written(chunk, into));
    const failure = writing.length === uploadChunks ? await writing.shift() : undefined;
    // Since Node 24 a write to a lost connection fails at once, before the loop's next turn: to go on would keep the loop from
    // ever telling that the connection is closed.
    if (failure !== undefined) throw failure;
  }
}

/** Resolves once the system has `chunk`, or the connection is gone; to why the system does not take it, if it does not. */
function written(chunk: Uint8Array, into: ClientRequest): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const closed = (): void => resolve(undefined);
    into.on("close", closed);
    into.write(chunk, (error) => {
      into.off("close", closed);
      resolve(error ?? undefined);
    });
  });
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

function collect(
  message: IncomingMessage,
  resolve: (response: PeerResponse) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  message.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > answerBytesMax) message.destroy(new Error("answer too large"));
    else chunks.push(chunk);
  });
  message.on("error", reject);
  message.on("end", () => {
    resolve({ status: message.statusCode ?? 0, headers: headersOf(message), body: Buffer.concat(chunks) });
  });
}

class HttpRequest implements IncomingRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(message: IncomingMessage, response: ServerResponse) {
    this.#message = message;
    this.#response = response;
    this.method = message.method ?? "GET";
    this.path = (message.url ?? "/").split("?", 1)[0]!;
    this.headers = headersOf(message);
    this.remoteAddress = plainAddress(message.socket.remoteAddress);
    message.on("error", ignore);
    response.on("error", ignore);
  }

  body(bytesMax: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      this.#message.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= bytesMax) chunks.push(chunk);
        else reject(new BodyTooLarge(`more than ${bytesMax} bytes`));
      });
      this.#message.on("end", () => resolve(Buffer.concat(chunks)));
      this.#message.on("error", reject);
      this.#message.on("close", () => reject(new Error("connection closed")));
    });
  }

  chunks(): AsyncIterable<Uint8Array> {
    return this.#message as AsyncIterable<Buffer>;
  }

  respond({ status, headers, body }: PeerResponse): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    if (!this.#message.complete) {
      // The rest of the body is not wanted, and nothing can follow it on this connection.
      response.setHeader("connection", "close");
      this.#message.resume();
    }
    response.writeHead(status, status === 204 ? headers : { ...headers, "content-length": body.length });
    response.end(status === 204 || this.method === "HEAD" ? undefined : body);
  }

  stream(headers: Readonly<Record<string, string>>): OutgoingStream {
    return new HttpStream(this.#response, headers);
  }
}

class HttpStream implements OutgoingStream {
  onGone: () => void = ignore;
  onDrain: () => void = ignore;
  readonly #response: ServerResponse;
  /** Writes that the system has not taken whole. */
  #pending = 0;
  #inWrite = false;

  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    response.writeHead(200, { ...headers });
    response.flushHeaders();
    response.on("close", () => this.onGone());
  }

  get bufferedBytes(): number {
    return this.#pending > 0 ? Math.max(1, this.#response.writableLength) : 0;
  }

  write(pieces: readonly Uint8Array[]): void {
    const response = this.#response;
    if (response.destroyed) return;
    let total = 0;
    for (const piece of pieces) total += piece.length;
    this.#pending++;
    this.#inWrite = true;
    if (total <= joinBytesMax) {
      response.write(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, total), this.#written);
    } else {
      // Gathered into one chunk of the transfer encoding and one write of several pieces.
      response.cork();
      const last = pieces.length - 1;
      for (let i = 0; i < last; i++) response.write(pieces[i]!);
      response.write(pieces[last]!, this.#written);
      response.uncork();
    }
    this.#inWrite = false;
  }

  readonly #written = (): void => {
    this.#pending--;
    if (this.#pending === 0 && !this.#inWrite) this.onDrain();
  };

  close(): void {
    this.onGone = ignore;
    this.onDrain = ignore;
    this.#response.destroy();
  }
}
