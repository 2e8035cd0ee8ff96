import type { CancelSignal } from "../../base/index.ts";
import type { PeerRequest, PeerResponse } from "./types.ts";

/** An endless answer that is being received. */
export interface StreamEvents {
  /** Status and headers came; with another status than 200 `body` is the whole answer and nothing follows but `end`. */
  head(status: number, headers: Readonly<Record<string, string>>, body: string): void;
  /** A piece of the answer; the receiver may keep it. */
  data(chunk: Uint8Array): void;
  /** Over, by whatever reason; called exactly once, and not after `close`. */
  end(error: Error | undefined): void;
}

/** An endless answer that is being sent. */
export interface OutgoingStream {
  /** One write for all the pieces. They must not change until sent. */
  write(pieces: readonly Uint8Array[]): void;
  /** Bytes handed over and not yet taken by the system. */
  readonly bufferedBytes: number;
  /** Called once when the other side is gone; not after `close`. */
  onGone: () => void;
  /** Called when everything buffered went out. */
  onDrain: () => void;
  close(): void;
}

/** A request that arrives on the peer port. Exactly one of `respond` and `stream` is called. */
export interface IncomingRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  /** The whole body. Rejects with `BodyTooLarge` beyond `bytesMax`, with another error when the connection breaks. */
  body(bytesMax: number): Promise<Uint8Array>;
  chunks(): AsyncIterable<Uint8Array>;
  respond(response: PeerResponse): void;
  stream(headers: Readonly<Record<string, string>>): OutgoingStream;
}

export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** Chunks of an upload's body that are on their way at once; those before them nobody reads any more. */
export const uploadChunks = 4;

/** What the protocol needs of HTTP/1.1: the one seam between it and sockets. */
export interface PeerNetwork {
  request(url: string, request: PeerRequest, timeoutMs: number, signal?: CancelSignal): Promise<PeerResponse>;
  /**
   * A POST whose body is produced as it goes, without a time limit of its own but silence. When a chunk is asked for, that which came
   * `uploadChunks` before it is not read any more: its memory may be written to again.
   */
  upload(url: string, request: PeerRequest, body: AsyncIterable<Uint8Array>): Promise<PeerResponse>;
  openStream(url: string, request: PeerRequest, events: StreamEvents): { close(): void };
  /**
   * Called once: hands over every request that arrives, those that came early included. `garbage` hears of bytes that are no
   * request; they are answered with 400.
   */
  serve(handler: (request: IncomingRequest) => void, garbage?: () => void): void;
  close(): Promise<void>;
}
