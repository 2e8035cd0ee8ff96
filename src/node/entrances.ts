import type { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import type { Env } from "../base/index.ts";
import { Door, GrpcServer } from "../wire/grpc/index.ts";
import { boundAddress } from "./listen.ts";
import { noTls, TlsServer, type TlsSettings } from "./tls/index.ts";

/** One address to listen on, and what is served there. */
export interface Listen {
  /** As the flag gave it, e.g. `http://127.0.0.1:2379`; port 0 lets the system choose. */
  readonly url: string;
  /** `client`: gRPC and HTTP; `grpc`: gRPC alone; `http`: HTTP alone; `metrics`: health and metrics alone. */
  readonly serves: "client" | "grpc" | "http" | "metrics";
}

/**
 * An address bound before anything else is touched; what connects early waits.
 * @internal Speaks of `node:net`: left out of the package's types.
 */
export interface Bound {
  /** What is served there: one, or one without TLS and one with it. */
  readonly listens: readonly Listen[];
  readonly server: Server;
  /** Those of `listens`, with the real port. */
  readonly urls: readonly string[];
  readonly early: Socket[];
  readonly onEarly: (socket: Socket) => void;
}

/**
 * Who takes what comes to an address; at least one of them.
 * @internal As above.
 */
export interface Behind {
  readonly grpc?: GrpcServer | undefined;
  readonly http?: HttpServer | undefined;
}

/**
 * Lets connections in, each to the server of the protocol that it speaks.
 * @internal As above.
 */
export class Entrances {
  readonly #clientTls: TlsSettings;
  readonly #env: Env;
  readonly #doors: Door[] = [];
  readonly #secured: TlsServer[] = [];
  /** Speaks HTTP/2 where gRPC is not served. */
  #noGrpc: GrpcServer | undefined;

  constructor(clientTls: TlsSettings | undefined, env: Env) {
    this.#clientTls = clientTls ?? noTls;
    this.#env = env;
  }

  /** Opens an address: to those who wait there already, and to all who come. */
  open(address: Bound, behind: (listen: Listen) => Behind): void {
    const { server, early, onEarly } = address;
    const take = this.#entranceOf(address, behind);
    server.off("connection", onEarly);
    server.on("connection", take);
    for (const socket of early) if (!socket.destroyed) take(socket);
  }

  /** Drops every connection but those of HTTP/1, which are the HTTP servers' own. */
  destroy(): void {
    void this.#noGrpc?.close();
    for (const door of this.#doors) door.destroy();
    for (const terminator of this.#secured) terminator.destroy();
  }

  /** An address without TLS, with it, or with both, which the first byte tells apart. */
  #entranceOf({ listens, urls, server }: Bound, behind: (listen: Listen) => Behind): (socket: Socket) => void {
    const { logger } = this.#env;
    let plain: ((socket: Socket) => void) | undefined;
    let secure: TlsServer | undefined;
    const address = boundAddress(server);
    for (const [i, listen] of listens.entries()) {
      const traffic = listen.serves === "client" ? "grpc+http" : listen.serves;
      const door = this.#doorOf(listen, behind(listen));
      if (isSecure(listen.url)) {
        secure = new TlsServer(this.#clientTls, "client", logger, door);
        this.#secured.push(secure);
      } else plain = door;
      if (traffic === "metrics") logger.info("serving metrics", { address: urls[i]! });
      else if (isSecure(listen.url)) logger.info("serving client traffic securely", { traffic, address });
      else logger.info("serving client traffic insecurely; this is strongly discouraged!", { traffic, address });
    }
    if (secure === undefined) return plain!;
    const [withTls, without] = [secure, plain];
    if (without === undefined) return (socket) => withTls.take(socket);
    return (socket) => sortByFirstByte(socket, withTls, without);
  }

  #doorOf(listen: Listen, { grpc, http }: Behind): (socket: Socket) => void {
    if (grpc === undefined && !isSecure(listen.url)) return (socket) => void http!.emit("connection", socket);
    // With TLS a client may have agreed on HTTP/2, be there gRPC or not.
    if (grpc === undefined) this.#noGrpc ??= new GrpcServer(this.#env);
    const door = new Door({ grpc: grpc ?? this.#noGrpc!, http, env: this.#env });
    this.#doors.push(door);
    return (socket) => door.take(socket);
  }
}

export function isSecure(url: string): boolean {
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
