import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import type { Http2Output } from "../http2/index.ts";
import { GrpcClient, type GrpcClientOptions } from "./client.ts";
import type { MessageCodec } from "./compression.ts";
import type { GrpcServer, GrpcServerConnection } from "./server.ts";
import type { Peer } from "./types.ts";

/** An environment whose time stands still until it is moved. */
export function manualEnv(changes: Partial<Env> = {}): Env & { readonly time: ManualTime } {
  const time = new ManualTime();
  return {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
    time,
    ...changes,
  };
}

/** The output of one end: keeps what was written until the pipe carries it over. */
class PipeEnd implements Http2Output {
  readonly chunks: Uint8Array[] = [];
  ended = false;
  /** Pretend that the socket is full. */
  full = false;
  written = 0;

  write(pieces: Uint8Array[], sent?: () => void): boolean {
    for (const piece of pieces) {
      this.written += piece.length;
      this.chunks.push(Uint8Array.from(piece));
    }
    if (sent !== undefined) queueMicrotask(sent);
    return !this.full;
  }

  released(): boolean {
    return true;
  }

  dirty(): void {}

  end(): void {
    this.ended = true;
  }
}

/** Client and server in one process, joined by memory instead of a socket; bytes move only in `settle`. */
export class MemoryPipe {
  readonly client: GrpcClient;
  readonly server: GrpcServerConnection;
  readonly toServer = new PipeEnd();
  readonly toClient = new PipeEnd();
  /** Sizes into which the byte streams are cut, used in turn. Empty: as written. */
  readonly cuts: readonly number[];
  readonly #env: Env & { readonly time?: ManualTime };
  #cut = 0;
  #clientTold = false;
  #serverTold = false;
  /** While true nothing moves from client to server and back. */
  blocked = false;

  constructor(
    server: GrpcServer,
    env: Env,
    options: Partial<GrpcClientOptions> & {
      cuts?: readonly number[];
      peer?: Peer;
      codecs?: readonly MessageCodec[];
    } = {},
  ) {
    const { cuts = [], peer = { address: "memory:1" }, ...rest } = options;
    this.cuts = cuts;
    this.#env = env;
    const accepted = server.accept(this.toClient, peer);
    if (accepted === undefined) throw new Error("connection refused");
    this.server = accepted;
    this.client = new GrpcClient(env, this.toServer, { authority: "memory", ...rest });
  }

  /** Carries bytes both ways until both sides are quiet, letting promises run in between. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      for (let i = 0; i < 10; i++) await Promise.resolve();
      this.#env.time?.endTurn();
      this.client.flush();
      this.server.flush();
      const moved = this.blocked ? false : this.#carry();
      quiet = moved ? 0 : quiet + 1;
    }
  }

  #carry(): boolean {
    let moved = false;
    for (const chunk of this.#take(this.toServer)) {
      moved = true;
      if (!this.server.closed) this.server.receive(chunk);
    }
    for (const chunk of this.#take(this.toClient)) {
      moved = true;
      if (!this.client.closed) this.client.receive(chunk);
    }
    if (this.toServer.ended && !this.#serverTold) {
      this.#serverTold = true;
      moved = true;
      this.server.transportClosed();
    }
    if (this.toClient.ended && !this.#clientTold) {
      this.#clientTold = true;
      moved = true;
      this.client.transportClosed();
    }
    return moved;
  }

  #take(end: PipeEnd): Uint8Array[] {
    const chunks = end.chunks.splice(0);
    if (this.cuts.length === 0 || chunks.length === 0) return chunks;
    const all = Buffer.concat(chunks);
    const out: Uint8Array[] = [];
    for (let at = 0; at < all.length; ) {
      const size = Math.max(1, this.cuts[this.#cut++ % this.cuts.length]!);
      out.push(Uint8Array.from(all.subarray(at, at + size)));
      at += size;
    }
    return out;
  }

  /** Settles until `promise` is done and hands its outcome on. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const mark = () => {
      done = true;
    };
    promise.then(mark, mark);
    for (let i = 0; i < 100 && !done; i++) await this.settle();
    if (!done) throw new Error("the call does not end");
    return promise;
  }
}
