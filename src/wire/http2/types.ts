/**
 * What the HTTP/2 room shows to its neighbours. Shapes only: the engine stands in `connection.ts`.
 */

/**
 * One header: lower-case name, latin1 value (one char a byte). Decoded fields are shared between requests of a
 * connection, so they are never written to.
 */
export type HeaderField = readonly [name: string, value: string];

/**
 * A decoded header list, pseudo-headers first. A header block that keeps coming on a connection is decoded to the very
 * same array object again (from its third time on, while the peer's dynamic table stands still): it must not be
 * changed, and its identity may be used as a cache key (a WeakMap, or "same as last time").
 */
export type HeaderList = readonly HeaderField[];

/**
 * A header list encoded once (`prepareHeaders`) and sent any number of times on any connection: static-table indexes
 * and literals without indexing only, so it depends on no connection's state.
 */
export interface HeaderBlock {
  /** The HPACK bytes. */
  readonly bytes: Uint8Array;
  /** Size as RFC 9113 counts it against SETTINGS_MAX_HEADER_LIST_SIZE: name + value + 32 for each field. */
  readonly listSize: number;
}

/**
 * One request and its answer. Made by the engine; all calls are allowed in every state, and do nothing once the stream
 * is closed (the peer may close it at any time).
 */
export interface Http2Stream {
  readonly id: number;
  /** Whatever the layer above wants to keep here. The engine clears it when the stream closes. */
  context: unknown;
  /**
   * Sends a header block: the request or response head, 1xx heads (`endStream` false) or, after data, trailers
   * (`endStream` true; they wait behind queued data).
   */
  sendHeaders(headers: HeaderList | HeaderBlock, endStream: boolean): void;
  /**
   * Sends or queues data. Small payloads are copied, large ones are kept by reference: do not change them afterwards.
   * What cannot go now is queued and counted in `bufferedBytes`; it is the caller's duty to stop at a bound of its
   * choice and go on at `onDrain`.
   */
  sendData(pieces: readonly Uint8Array[], endStream: boolean): void;
  /** DATA of the first `headBytes` bytes of `head`, which are the caller's again afterwards, and of `body`, which stays as it is. */
  sendMessage(head: Uint8Array, headBytes: number, body: Uint8Array): void;
  /** HEADERS, DATA of `prefix` and the pieces of `data`, and the closing HEADERS in one go: the fast path of a unary answer. */
  sendUnary(head: HeaderBlock, prefix: Uint8Array, data: readonly Uint8Array[], trailers: HeaderBlock): void;
  /** Ends the stream at once, both ways, dropping what is queued. `onReset` is not called for it. */
  reset(code: number): void;
  /**
   * Gives receive-window credit back for `bytes` of DATA handed to `onData`. Not calling it is how back-pressure
   * is put on the peer. At close, what was not given back goes back to the connection by itself.
   */
  consume(bytes: number): void;
  /** What the connection has gathered goes to the socket now instead of at the end of the turn. */
  flush(): void;
  /**
   * `run` is called once nobody reads the pieces any more that were given to `sendData` so far: their memory may be written to again. Not
   * called when the stream or the connection dies before.
   */
  whenSent(run: () => void): void;
  /** Bytes given to `sendData` that still wait for a window or for the socket. */
  readonly bufferedBytes: number;
  /** No more can be sent: END_STREAM was sent or queued, or the stream is closed. */
  readonly localEnded: boolean;
  /** The peer's END_STREAM was seen, or the stream is closed. */
  readonly remoteEnded: boolean;
  /** Closed both ways, or reset. */
  readonly closed: boolean;
}

/** What the layer above is told, always synchronously from inside a call on the connection. */
export interface Http2Handler {
  /**
   * Server: the request, then possibly trailers (`endStream` true). Client: the final response head, then possibly
   * trailers. The list was validated: it is well formed as RFC 9113 section 8 asks.
   */
  onHeaders(stream: Http2Stream, headers: HeaderList, endStream: boolean): void;
  /** Client only: a 1xx head. Ignored when absent. */
  onInformational?(stream: Http2Stream, headers: HeaderList): void;
  /**
   * One DATA frame without padding, possibly empty with `endStream`. `chunk` is a view of the socket's chunk: it may
   * be kept (that pins the chunk's memory) but not changed. `consume` is owed for its length.
   */
  onData(stream: Http2Stream, chunk: Uint8Array, endStream: boolean): void;
  /**
   * The stream died before both ends were done: by the peer's RST_STREAM, a fault of the peer on this stream, GOAWAY
   * (client: REFUSED_STREAM means that it was not processed) or the end of the connection. Called at most once, and
   * never for a stream that the layer above reset, or was not told of. NO_ERROR at a client: the answer is whole, and
   * the server wants no more of the request. The stream's `context` is there during the call for the last time.
   */
  onReset(stream: Http2Stream, code: number): void;
  /** `bufferedBytes` fell to zero after not having been zero, and more may be sent (END_STREAM is not queued). */
  onDrain(stream: Http2Stream): void;
  /** The peer sent GOAWAY. Streams above `lastStreamId` have been reset already (client). */
  onGoaway(lastStreamId: number, code: number, debug: Uint8Array): void;
  /** A PING that asks for an answer came in (the answer is the engine's). For keepalive policing. */
  onPing?(): void;
  /** Client: `canRequest` became true again after a refusal. */
  onCapacity?(): void;
  /** The connection is over; called once, after the `onReset` of every open stream. No error: an orderly end. */
  onClose(error?: Error): void;
}

/** The socket, as the engine sees it. */
export interface Http2Output {
  /**
   * Takes bytes to be sent, in order; they are not touched by the engine until `released` says so, or `sent` is called: once nobody reads
   * them any more, nor any that were given before (none with `sent` alone, for what was given before). Returns false when the socket is
   * backed up: no DATA follows until `Http2Connection.resume()`. While backed up the adapter should also stop reading,
   * since answers to control frames still gather (up to `pausedOutputBytesMax`, then the connection is ended).
   */
  write(pieces: Uint8Array[], sent?: () => void): boolean;
  /** Asked right after a write: nobody reads any more what was given to `write` so far. Without it nothing is used again. */
  released?(): boolean;
  /** Something was gathered where nothing was: `flush()` is wanted at the end of this turn. */
  dirty(): void;
  /**
   * No write follows: send what was written, then close the socket. Called once. A peer that does not close its end
   * in turn is the adapter's to cut off.
   */
  end(): void;
}
