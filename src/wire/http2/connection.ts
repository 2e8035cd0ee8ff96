import type { Http2Options } from "./options.ts";
import type { HeaderBlock, HeaderList, Http2Handler, Http2Output, Http2Stream } from "./types.ts";

/**
 * One HTTP/2 connection, either end: bytes in, events out. Owns no socket, no timer and no clock.
 *
 * The constructor gathers our preface and SETTINGS; the owner calls `flush()` once after it and then whenever
 * `output.dirty()` asked for it.
 */
export class Http2Connection {
  readonly role: "server" | "client";
  readonly #output: Http2Output;

  constructor(role: "server" | "client", _handler: Http2Handler, output: Http2Output, _options: Http2Options) {
    this.role = role;
    this.#output = output;
  }

  /** Takes what the socket read. Never throws on peer input: a fault ends the connection with GOAWAY. */
  receive(_chunk: Uint8Array): void {}

  /** Hands everything gathered to `output.write` in one call. Cheap when there is nothing. */
  flush(): void {
    this.#output.end();
  }

  /** The socket can take more, after `write` had returned false. */
  resume(): void {}

  /** The socket is gone (end or error): every open stream is reset with CANCEL, then `onClose`. */
  transportClosed(_error?: Error): void {}

  /** Client: opens a stream. Throws `Http2Error` REFUSED_STREAM unless `canRequest`. */
  request(_headers: HeaderList | HeaderBlock, _endStream: boolean): Http2Stream {
    throw new Error("not built");
  }

  /** Client: the peer's limit and state allow one more stream. */
  get canRequest(): boolean {
    return false;
  }

  /** Sends a PING; `onAck` is called when its answer comes. At most 64 may be unanswered: further ones are dropped. */
  ping(_onAck: () => void): void {}

  /** Sends GOAWAY with the last stream we took up. New streams of the peer are refused from here on; open ones go on. */
  goaway(_code: number, _debug?: Uint8Array): void {}

  /** Graceful end: two-step GOAWAY, open streams finish, then `output.end()` and `onClose()`. */
  shutdown(): void {}

  /** Ends at once: GOAWAY, every open stream reset, output flushed and ended. */
  destroy(_code: number): void {}

  /** Checks all time limits and refills the flood budgets. To be called about once a second with a monotonic clock. */
  checkTimeouts(_nowMs: number): void {}

  get openStreams(): number {
    return 0;
  }

  /** Over: nothing more will be read, written or told. */
  get closed(): boolean {
    return false;
  }

  /** Bytes gathered and not yet handed to the output. */
  get gatheredBytes(): number {
    return 0;
  }
}
