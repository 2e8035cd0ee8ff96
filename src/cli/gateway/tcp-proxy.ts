import { connect, createServer, type Server, type Socket } from "node:net";
import { acceptOptions, dialOptions, messageOf, networkError, type Scheduler, type Timer } from "../../base/index.ts";
import { listenOnAddress } from "../../node/index.ts";

/** A place that connections are handed on to. Lower priorities first; among equals by weight, as SRV records say. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

interface Remote extends Endpoint {
  /** `host:port`, as it is logged. */
  readonly address: string;
  /** Cleared when it could not be reached; set again by the monitor. Nothing is sent to it meanwhile. */
  active: boolean;
}

export interface TcpProxyOptions {
  readonly endpoints: readonly Endpoint[];
  /** An endpoint that could not be reached is left alone for so long. */
  readonly retryDelayMs: number;
  readonly scheduler: Pick<Scheduler, "every">;
  /** A whole number from 0 up to, but not including, `below`. */
  readonly draw: (below: number) => number;
  /** A number of milliseconds as logs have it. */
  readonly durationText: (ms: number) => string;
  readonly log: (level: "info" | "warn", message: string, fields: Record<string, unknown>) => void;
}

/** Among endpoints with weights, one without is chosen once in so many times, as RFC 2782 asks for. */
const unweightedOnceIn = 100;

/**
 * Hands on TCP connections, bytes as they come, to one of several endpoints. It does not know what is said, so TLS and
 * every protocol pass. An endpoint that refuses is left out until a later look finds it there again.
 */
export class TcpProxy {
  readonly #options: TcpProxyOptions;
  readonly #remotes: Remote[];
  readonly #server: Server;
  /** Both ends of all connections that are handed on. */
  readonly #sockets = new Set<Socket>();
  readonly #interval: string;
  #turn = 0;
  #monitor: Timer | undefined;

  constructor(options: TcpProxyOptions) {
    this.#options = options;
    this.#remotes = options.endpoints.map((endpoint) => ({
      ...endpoint,
      address: endpoint.host.includes(":")
        ? `[${endpoint.host}]:${endpoint.port}`
        : `${endpoint.host}:${endpoint.port}`,
      active: true,
    }));
    this.#interval = options.durationText(options.retryDelayMs);
    this.#server = createServer({ ...acceptOptions, allowHalfOpen: true }, (socket) => void this.#serve(socket));
  }

  /** Starts at `host:port`; the port that was given to it. */
  async listen(address: string): Promise<number> {
    await listenOnAddress(this.#server, address);
    this.#options.log("info", "ready to proxy client requests", {
      endpoints: this.#remotes.map(({ address }) => address),
    });
    this.#monitor = this.#options.scheduler.every(this.#options.retryDelayMs, () => void this.#lookAgain());
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  /** Ends with all connections. */
  async close(): Promise<void> {
    this.#monitor?.cancel();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(incoming: Socket): Promise<void> {
    this.#keep(incoming);
    for (;;) {
      const remote = this.#pick();
      if (remote === undefined) {
        incoming.destroy();
        return;
      }
      try {
        const outgoing = await dial(remote);
        this.#keep(outgoing);
        if (incoming.destroyed) outgoing.destroy();
        else join(incoming, outgoing);
        return;
      } catch (error) {
        remote.active = false;
        this.#options.log("warn", "deactivated endpoint", {
          address: remote.address,
          interval: this.#interval,
          error: messageOf(error),
        });
      }
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // Whatever goes wrong ends the connection; its other end learns by the close.
    socket.on("error", () => {});
  }

  /** Of the best priority that anything answers at: by weight where there are weights, else in turn. */
  #pick(): Remote | undefined {
    const active = this.#remotes.filter((remote) => remote.active);
    const best = Math.min(...active.map(({ priority }) => priority));
    const candidates = active.filter(({ priority }) => priority === best);
    const weighted = candidates.filter(({ weight }) => weight > 0);
    const unweighted = candidates.filter(({ weight }) => weight === 0);
    const { draw } = this.#options;
    if (weighted.length === 0 || (unweighted.length > 0 && draw(unweightedOnceIn) === 0)) {
      return unweighted[this.#turn++ % unweighted.length];
    }
    let left = draw(weighted.reduce((sum, { weight }) => sum + weight, 0));
    return weighted.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
  }

  /** Whoever could not be reached is tried; whoever answers takes part again. */
  async #lookAgain(): Promise<void> {
    const away = this.#remotes.filter((remote) => !remote.active);
    await Promise.all(
      away.map(async (remote) => {
        const { address } = remote;
        try {
          (await dial(remote)).destroy();
          remote.active = true;
          this.#options.log("info", "activated", { address });
        } catch (error) {
          this.#options.log("warn", "failed to activate endpoint (stay inactive for another interval)", {
            address,
            interval: this.#interval,
            error: messageOf(error),
          });
        }
      }),
    );
  }
}

function dial({ host, port }: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...dialOptions, host, port, allowHalfOpen: true });
    const onError = (error: Error): void => reject(networkError(error));
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.off("error", onError);
      resolve(socket);
    });
  });
}

/** Bytes go both ways, an end of one direction too; when one socket is gone the other one is ended. */
function join(a: Socket, b: Socket): void {
  a.pipe(b);
  b.pipe(a);
  a.on("close", () => b.destroySoon());
  b.on("close", () => a.destroySoon());
}
