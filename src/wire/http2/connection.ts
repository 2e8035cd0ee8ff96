import { Engine } from "./engine.ts";
import type { Http2Options } from "./options.ts";
import type { HeaderBlock, HeaderList, Http2Handler, Http2Output, Http2Stream } from "./types.ts";

/**
 * One HTTP/2 connection (RFC 9113), either end: bytes in, events out. Owns no socket, no timer and no clock.
 *
 * The constructor gathers our preface and SETTINGS: call `flush()` once after it, and then whenever `output.dirty()`
 * asked for it. Every call is allowed from inside a callback of the handler; after the end of the connection all of
 * them do nothing.
 *
 * ```ts
 * const connection = new Http2Connection("server", handler, output, http2Options());
 * connection.flush();
 * socket.on("data", (chunk) => connection.receive(chunk));
 * socket.on("drain", () => connection.resume());
 * socket.on("close", () => connection.transportClosed());
 * ```
 */
export class Http2Connection {
  readonly role: "server" | "client";
  readonly #engine: Engine;

  constructor(role: "server" | "client", handler: Http2Handler, output: Http2Output, options: Http2Options) {
    this.role = role;
    this.#engine = new Engine(role === "server", handler, output, options);
  }

  /**
   * Takes what the socket read. Never throws on peer input: a fault ends the connection with GOAWAY. What the handler
   * throws comes out here.
   */
  receive(chunk: Uint8Array): void {
    this.#engine.receive(chunk);
  }

  /** Hands everything gathered to `output.write` in one call. Cheap when there is nothing. */
  flush(): void {
    this.#engine.flush();
  }

  /** The socket can take more, after `write` had returned false. */
  resume(): void {
    this.#engine.resume();
  }

  /** The socket is gone (end or error): every open stream is reset with CANCEL, then `onClose(error)`. */
  transportClosed(error?: Error): void {
    this.#engine.transportClosed(error);
  }

  /** Client: opens a stream. Throws `Http2Error` REFUSED_STREAM unless `canRequest`. */
  request(headers: HeaderList | HeaderBlock, endStream: boolean): Http2Stream {
    return this.#engine.request(headers, endStream);
  }

  /** Client: the connection's state and the peer's SETTINGS_MAX_CONCURRENT_STREAMS allow one more stream. */
  get canRequest(): boolean {
    return this.#engine.canRequest;
  }

  /** Sends a PING; `onAck` is called when its answer comes. At most 64 may be unanswered: further ones are not sent. */
  ping(onAck: () => void): void {
    this.#engine.ping(onAck);
  }

  /** Sends GOAWAY with the last stream we took up. Later streams of the peer are ignored; open ones go on. */
  goaway(code: number, debug?: Uint8Array): void {
    this.#engine.goaway(code, debug);
  }

  /** Graceful end: GOAWAY in two steps, open streams finish, then `output.end()` and `onClose()`. */
  shutdown(): void {
    this.#engine.shutdown();
  }

  /** Ends at once: GOAWAY, flush, `output.end()`, every open stream reset, `onClose`. */
  destroy(code: number): void {
    this.#engine.destroy(code);
  }

  /** Checks all time limits and refills the flood budgets. Call it about once a second, with a monotonic clock. */
  checkTimeouts(nowMs: number): void {
    this.#engine.checkTimeouts(nowMs);
  }

  get openStreams(): number {
    return this.#engine.openStreams;
  }

  /** Over: nothing more is read, written or told. */
  get closed(): boolean {
    return this.#engine.over;
  }

  /** DATA and HEADERS frames sent so far: what waits for a window is not among them until the window opens. */
  get framesSent(): number {
    return this.#engine.framesSent;
  }

  /** Bytes gathered and not yet handed to the output. */
  get gatheredBytes(): number {
    return this.#engine.gatheredBytes;
  }
}
