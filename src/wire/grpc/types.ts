import type { Code } from "../../base/index.ts";
import type { HeaderList, Http2Stream } from "../http2/index.ts";
import type { Metadata, MetadataFields } from "./metadata.ts";
import type { Status } from "./status.ts";

/** How many messages go each way; it decides which handler shape a method has. */
export type MethodKind = "unary" | "serverStream" | "clientStream" | "bidi";

/** One encoded message. Several pieces are written one after the other: an answer may embed stored bytes uncopied. */
export type Reply = Uint8Array | readonly Uint8Array[];

/** Who is at the other end of a connection. */
export interface Peer {
  /** `host:port` as the socket tells it. */
  readonly address: string;
  /** Common name of the verified client certificate, when there is one. */
  readonly commonName?: string | undefined;
  readonly encrypted?: boolean | undefined;
}

/** What every handler gets about the call it answers. */
export interface Call {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly metadata: Metadata;
  readonly peer: Peer;
  /** Instant on the monotonic clock (ms) after which nobody waits any more; Infinity without a deadline. */
  readonly deadlineMs: number;
  /** True once the client reset the stream, the connection is gone, the deadline passed, or `abort` was called. */
  readonly cancelled: boolean;
  /** The call is over, whoever ended it; nothing more is sent. */
  readonly ended: boolean;
  /** Called at most once, when `cancelled` turns true. Set by the handler; the status says why. */
  onCancel: ((why: Status) => void) | undefined;
  /** Adds fields to the response head; only before the first message. */
  addHeader(fields: MetadataFields): void;
  /** Adds fields to the trailers. */
  addTrailer(fields: MetadataFields): void;
  /** Ends the call from the server's side with this status, and tells the handler through `onCancel`. */
  abort(status: Status): void;
}

/** A call with one message each way. */
export interface UnaryServerCall extends Call {
  /** Ends the call with its one message. Ignored when the call is over. */
  answer(reply: Reply): void;
  /** Ends the call with what a handler may throw. */
  refuse(error: unknown): void;
}

/**
 * Answers one message with one message: at once, by promise, or, when it returns undefined, by `answer` or `refuse` later on. Throwing (or rejecting with) an error that has a numeric `code` sends that code
 * and its message; anything else goes out as Unknown with the error's message, as grpc-go does.
 */
export type UnaryHandler = (
  call: UnaryServerCall,
  request: Uint8Array,
) => Reply | Promise<Reply | undefined> | undefined;

/**
 * A call with a stream on at least one side. Events are only given to the callbacks that stand when they occur; set
 * them before the handler returns. Messages that wait while `pauseReading` holds are bounded by the flow-control window.
 */
export interface ServerStream extends Call {
  onMessage: ((message: Uint8Array) => void) | undefined;
  /** The client will send no more. */
  onEnd: (() => void) | undefined;
  /** `writable()` was false and is true again. */
  onDrain: (() => void) | undefined;
  /** Queues a message. Allowed while not `writable()`, but then the caller owns the growth. Ignored after the end. */
  send(message: Reply): void;
  /**
   * The same for one of many messages that differ in their first bytes: the first `headBytes` of `head`, which is the caller's
   * again afterwards, then `body`.
   */
  sendParts(head: Uint8Array, headBytes: number, body: Uint8Array): void;
  /** What was sent goes to the socket now instead of at the end of the turn: for one who has more to do before it ends. */
  flush(): void;
  /**
   * `run` is called once nobody reads the messages any more that were sent so far: their memory may be written to again. Not called when
   * the call ends before.
   */
  whenSent(run: () => void): void;
  /** False while more than the high-water mark waits for flow control or the socket. */
  writable(): boolean;
  /** Bytes queued for this stream and not yet handed to the socket. */
  readonly bufferedBytes: number;
  /** Ends the call; OK when no status is given. Idempotent. */
  end(status?: Status): void;
  /** Stops delivering messages; the client's flow-control window then fills up. */
  pauseReading(): void;
  resumeReading(): void;
}

/** Serves a bidi or client-streaming call. */
export type StreamHandler = (stream: ServerStream) => void | Promise<void>;
/** Serves a call with one request message and many replies. */
export type ServerStreamHandler = (stream: ServerStream, request: Uint8Array) => void | Promise<void>;

export type MethodDefinition =
  | { readonly kind: "unary"; readonly handler: UnaryHandler }
  | { readonly kind: "serverStream"; readonly handler: ServerStreamHandler }
  | { readonly kind: "clientStream" | "bidi"; readonly handler: StreamHandler };

/** Where services register their methods; `GrpcServer` is one. */
export interface MethodRegistry {
  /** `service` with its package, e.g. `etcdserverpb.KV`. Registering a method twice is a bug. */
  register(service: string, method: string, definition: MethodDefinition): void;
}

/** Limits and times of a server; all have grpc-go's and etcd's defaults. */
export interface GrpcServerOptions {
  /** Largest request message after decompression. etcd: max-request-bytes + 512 KiB. Default 2 MiB. */
  readonly receiveBytesMax?: number | undefined;
  /** Streams open at once on one connection, the rest is refused. Default 2^32 - 1 as etcd's flag. */
  readonly concurrentStreamsMax?: number | undefined;
  /** Connections open at once; above it new ones are closed at once. Default 65536. */
  readonly connectionsMax?: number | undefined;
  /** A client's pings closer than this are strikes; three strikes close the connection. Default 5 s. */
  readonly keepaliveMinTimeMs?: number | undefined;
  /** Whether pings are allowed with no stream open (else one every 2 h). Default false. */
  readonly keepalivePermitWithoutStream?: boolean | undefined;
  /** Silence after which the server pings. Default 2 h. */
  readonly keepaliveTimeMs?: number | undefined;
  /** How long a ping may stay unanswered before the connection is closed. Default 20 s. */
  readonly keepaliveTimeoutMs?: number | undefined;
  /** Bytes that may wait on one stream before `writable()` turns false. Default 256 KiB. */
  readonly streamHighWaterBytes?: number | undefined;
  /** Seconds histogram per call as etcd's `--metrics extensive`. Default false. */
  readonly handlingTimeHistogram?: boolean | undefined;
}

/** A request over HTTP/2 that is not gRPC's, served by somebody else. */
export interface ForeignCall {
  /** DATA; the callee owes the stream's `consume` for it. */
  data(chunk: Uint8Array, endStream: boolean): void;
  /** The stream is gone. */
  gone(): void;
  /** Everything queued on the stream was sent. */
  drained(): void;
}

/** Takes requests whose content type is not gRPC's, on the same port and connection as gRPC. */
export type ForeignHandler = (stream: Http2Stream, headers: HeaderList, endStream: boolean) => ForeignCall;

/** What a finished call ended with. */
export interface CallResult {
  readonly code: Code;
  readonly message: string;
  readonly header: Metadata;
  readonly trailer: Metadata;
}
