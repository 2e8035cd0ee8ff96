import { type CancelSignal, Code, type Env, messageOf, type Timer } from "../../base/index.ts";
import {
  type HeaderField,
  type HeaderList,
  Http2Code,
  Http2Connection,
  type Http2Handler,
  type Http2Options,
  type Http2Output,
  type Http2Stream,
  http2CodeName,
  http2Options,
} from "../http2/index.ts";
import { acceptEncoding, findCodec, type MessageCodec, unfold } from "./compression.ts";
import { type Deadlined, DeadlineWheel } from "./deadlines.ts";
import { Deframer, type FrameSink, frameReply, prefixBytes } from "./framing.ts";
import { encodeFields, Metadata, type MetadataFields } from "./metadata.ts";
import { decodeMessage, GrpcError, type Status, status, statusOk } from "./status.ts";
import { formatTimeout } from "./timeout.ts";
import type { Reply } from "./types.ts";

export interface GrpcClientOptions {
  /** `:authority`, usually `host:port`. */
  readonly authority: string;
  readonly scheme?: "http" | "https" | undefined;
  readonly userAgent?: string | undefined;
  /** Sent with every call. */
  readonly metadata?: MetadataFields | undefined;
  /** Largest message taken from the server. Default 2^31 - 1, as etcd's client. */
  readonly receiveBytesMax?: number | undefined;
  /** Calls that may wait for a free stream; more fail with ResourceExhausted. Default 10000. */
  readonly waitingCallsMax?: number | undefined;
  /** Bytes queued on a stream at which `writable()` turns false. Default 256 KiB. */
  readonly streamHighWaterBytes?: number | undefined;
  /** Ping after this much silence while calls are open. Default: never. */
  readonly keepaliveTimeMs?: number | undefined;
  readonly keepaliveTimeoutMs?: number | undefined;
  readonly codecs?: readonly MessageCodec[] | undefined;
  readonly http2?: Partial<Http2Options> | undefined;
}

export interface CallOptions {
  readonly metadata?: MetadataFields | undefined;
  /** Time the whole call may take; told to the server as `grpc-timeout`. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call. */
  readonly signal?: CancelSignal | undefined;
}

/** What a client's stream tells its caller. Nothing follows `onEnd`. */
export interface ClientStreamEvents {
  onHeader?(header: Metadata): void;
  onMessage(message: Uint8Array): void;
  /** The call is over, well or not. */
  onEnd(outcome: Status, trailer: Metadata): void;
  /** `writable()` was false and is true again. */
  onDrain?(): void;
}

export interface ClientStream {
  send(message: Reply): void;
  /** No more messages from us. */
  closeSend(): void;
  /** Resets the stream; `onEnd` gets Canceled (or the given status). */
  cancel(why?: Status): void;
  writable(): boolean;
  readonly bufferedBytes: number;
  pauseReading(): void;
  resumeReading(): void;
}

/** Paths whose request heads are kept; more than etcd has methods. */
const headsMax = 256;
const draining: Status = { code: Code.Unavailable, message: "the connection is draining", unsent: true };

/**
 * gRPC calls over one connection. Pure like the server: the adapter's `connect` gives it a socket. It does not
 * reconnect: that, and the choice among endpoints, is `src/client`'s.
 */
export class GrpcClient implements Http2Handler {
  readonly #http2: Http2Connection;
  readonly #env: Env;
  readonly #wheel: DeadlineWheel;
  readonly #base: readonly HeaderField[];
  readonly #sharedFields: readonly HeaderField[];
  readonly #settings: {
    readonly receiveBytesMax: number;
    readonly waitingCallsMax: number;
    readonly highWaterBytes: number;
    readonly keepaliveTimeMs: number;
    readonly keepaliveTimeoutMs: number;
    readonly codecs: readonly MessageCodec[];
    readonly known: KnownLists;
  };
  /** Heads of calls without metadata and deadline of their own, by path: one list a path lets HPACK see that it repeats. */
  readonly #heads = new Map<string, HeaderList>();
  #waiting: ClientCall[] = [];
  #timer: Timer | undefined;
  #closed = false;
  #goneAway = false;
  #whyClosed: Status = status(Code.Unavailable, "connection closed");
  #readMs: number;
  #pingSentMs: number | undefined;
  /** Called once, when the connection is over. */
  onClosed: ((error?: Error) => void) | undefined = undefined;

  constructor(env: Env, output: Http2Output, options: GrpcClientOptions) {
    this.#env = env;
    this.#wheel = new DeadlineWheel(env.clock, env.scheduler);
    const codecs = options.codecs ?? [];
    this.#settings = {
      receiveBytesMax: options.receiveBytesMax ?? 0x7fff_ffff,
      waitingCallsMax: options.waitingCallsMax ?? 10_000,
      highWaterBytes: options.streamHighWaterBytes ?? 256 * 1024,
      keepaliveTimeMs: options.keepaliveTimeMs ?? Number.POSITIVE_INFINITY,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? 20_000,
      codecs,
      known: new KnownLists(),
    };
    this.#base = [
      [":method", "POST"],
      [":scheme", options.scheme ?? "http"],
      [":authority", options.authority],
    ];
    this.#sharedFields = [
      ["content-type", "application/grpc"],
      ["user-agent", options.userAgent ?? "grpc-quorate/1.0"],
      ["te", "trailers"],
      ["grpc-accept-encoding", acceptEncoding(codecs)],
      ...encodeFields(options.metadata ?? []),
    ];
    this.#readMs = env.clock.monotonicMs();
    this.#http2 = new Http2Connection("client", this, output, http2Options({ ...options.http2 }));
    this.#timer = env.scheduler.every(1000, () => this.#check());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** False once the connection is over or the server said that it goes: open a new one for further calls. */
  get usable(): boolean {
    return !this.#closed && !this.#goneAway;
  }

  get openCalls(): number {
    return this.#http2.openStreams;
  }

  /** One message each way. Rejects with `GrpcError`. */
  unary(path: string, request: Reply, options: CallOptions = {}): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      // Before there is a call that would be left open: bytes or an error.
      const pieces = frameReply(request);
      this.#call(path, new UnaryOutcome(resolve, reject), options).sendFramed(pieces);
    });
  }

  /** Opens a call with a stream on at least one side. Faults are told by `onEnd`, never thrown. */
  stream(path: string, events: ClientStreamEvents, options: CallOptions = {}): ClientStream {
    return this.#call(path, events, options);
  }

  receive(chunk: Uint8Array): void {
    this.#readMs = this.#env.clock.monotonicMs();
    this.#http2.receive(chunk);
  }

  flush(): void {
    this.#http2.flush();
  }

  resume(): void {
    this.#http2.resume();
  }

  transportClosed(error?: Error): void {
    this.#whyClosed = status(
      Code.Unavailable,
      error === undefined ? "error reading from server: EOF" : `connection error: ${messageOf(error)}`,
    );
    this.#goneAway = true;
    this.#http2.transportClosed(error);
  }

  /** Lets open calls finish, then closes. */
  shutdown(): void {
    this.#goneAway = true;
    this.#failWaiting(status(Code.Canceled, "grpc: the client connection is closing"));
    this.#http2.shutdown();
  }

  /** Cancels everything and closes. */
  close(): void {
    this.#goneAway = true;
    this.#whyClosed = status(Code.Canceled, "grpc: the client connection is closing");
    this.#http2.destroy(Http2Code.NO_ERROR);
  }

  onHeaders(stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    (stream.context as ClientCall | undefined)?.headers(headers, endStream);
  }

  onData(stream: Http2Stream, chunk: Uint8Array, endStream: boolean): void {
    const call = stream.context as ClientCall | undefined;
    if (call === undefined) stream.consume(chunk.length);
    else call.data(chunk, endStream);
  }

  onReset(stream: Http2Stream, code: number): void {
    const call = stream.context as ClientCall | undefined;
    if (call === undefined) return;
    if (code === Http2Code.CANCEL && this.#goneAway) call.finish(this.#whyClosed);
    else call.finish(resetStatus(code));
  }

  onDrain(stream: Http2Stream): void {
    (stream.context as ClientCall | undefined)?.drained();
  }

  onGoaway(_last: number, code: number, debug: Uint8Array): void {
    this.#goneAway = true;
    const text = Buffer.from(debug).toString("latin1");
    if (code !== Http2Code.NO_ERROR) {
      this.#whyClosed = status(
        Code.Unavailable,
        `closing transport due to: received GOAWAY with code ${http2CodeName(code)}, debug data: ${JSON.stringify(text)}`,
      );
    }
    this.#failWaiting(draining);
  }

  onCapacity(): void {
    while (this.#waiting.length > 0 && this.#http2.canRequest) this.#waiting.shift()!.open(this.#http2);
  }

  onClose(error?: Error): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#failWaiting(this.#whyClosed);
    this.#wheel.close();
    const told = this.onClosed;
    this.onClosed = undefined;
    told?.(error);
  }

  #failWaiting(why: Status): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call.finish({ ...why, unsent: true });
  }

  /** The request head of a path for calls that add nothing to it. */
  #head(path: string): HeaderList {
    let head = this.#heads.get(path);
    if (head === undefined) {
      head = [...this.#base, [":path", path], ...this.#sharedFields];
      if (this.#heads.size >= headsMax) this.#heads.clear();
      this.#heads.set(path, head);
    }
    return head;
  }

  #call(path: string, events: ClientStreamEvents, options: CallOptions): ClientCall {
    if (options.timeoutMs === undefined && options.metadata === undefined) {
      return this.#begin(this.#head(path), Number.POSITIVE_INFINITY, undefined, events, options.signal);
    }
    const fields: HeaderField[] = [...this.#base, [":path", path]];
    let deadlineMs = Number.POSITIVE_INFINITY;
    if (options.timeoutMs !== undefined) {
      deadlineMs = this.#env.clock.monotonicMs() + options.timeoutMs;
      fields.push(["grpc-timeout", formatTimeout(options.timeoutMs)]);
    }
    fields.push(...this.#sharedFields);
    let fault: Status | undefined;
    if (options.metadata !== undefined) {
      try {
        fields.push(...encodeFields(options.metadata));
      } catch (error) {
        fault = status(Code.Internal, messageOf(error));
      }
    }
    return this.#begin(fields, deadlineMs, fault, events, options.signal);
  }

  #begin(
    fields: HeaderList,
    deadlineMs: number,
    fault: Status | undefined,
    events: ClientStreamEvents,
    signal: CancelSignal | undefined,
  ): ClientCall {
    const call = new ClientCall(this.#settings, this.#wheel, fields, events, deadlineMs, signal);
    if (fault !== undefined) call.failSoon(fault);
    else if (signal?.aborted === true) call.failSoon(status(Code.Canceled, "context canceled"));
    else if (this.#closed) call.failSoon({ ...this.#whyClosed, unsent: true });
    else if (this.#goneAway) call.failSoon(draining);
    else if (this.#waiting.length === 0 && this.#http2.canRequest) call.open(this.#http2);
    else if (this.#waiting.length >= this.#settings.waitingCallsMax) {
      call.failSoon(status(Code.ResourceExhausted, "too many calls wait for a stream"));
    } else this.#waiting.push(call);
    return call;
  }

  #check(): void {
    const now = this.#env.clock.monotonicMs();
    this.#http2.checkTimeouts(now);
    if (this.#closed) return;
    const { keepaliveTimeMs, keepaliveTimeoutMs } = this.#settings;
    if (this.#pingSentMs !== undefined) {
      if (this.#readMs > this.#pingSentMs) this.#pingSentMs = undefined;
      else if (now - this.#pingSentMs >= keepaliveTimeoutMs) {
        this.#goneAway = true;
        this.#whyClosed = status(Code.Unavailable, "keepalive ping failed to receive ACK within timeout");
        this.#http2.destroy(Http2Code.NO_ERROR);
      }
      return;
    }
    if (this.#http2.openStreams === 0 || now - this.#readMs < keepaliveTimeMs) return;
    this.#pingSentMs = now;
    this.#http2.ping(() => {
      this.#pingSentMs = undefined;
    });
  }
}

/** gRPC's table from RST_STREAM codes to statuses. */
function resetStatus(code: number): Status {
  const text = `stream terminated by RST_STREAM with error code: ${http2CodeName(code)}`;
  switch (code) {
    case Http2Code.REFUSED_STREAM:
      return { code: Code.Unavailable, message: text, unsent: true };
    case Http2Code.CANCEL:
      return status(Code.Canceled, text);
    case Http2Code.ENHANCE_YOUR_CALM:
      return status(Code.ResourceExhausted, text);
    case Http2Code.INADEQUATE_SECURITY:
      return status(Code.PermissionDenied, text);
    default:
      return status(Code.Internal, text);
  }
}

/** gRPC's table from HTTP statuses, for answers that carry no grpc-status (http-grpc-status-mapping.md). */
function httpStatus(http: string): Status {
  const text = `unexpected HTTP status code received from server: ${http}`;
  switch (http) {
    case "400":
      return status(Code.Internal, text);
    case "401":
      return status(Code.Unauthenticated, text);
    case "403":
      return status(Code.PermissionDenied, text);
    case "404":
      return status(Code.Unimplemented, text);
    case "429":
    case "502":
    case "503":
    case "504":
      return status(Code.Unavailable, text);
    default:
      return status(Code.Unknown, text);
  }
}

/**
 * The head and the trailers of the last good answer. The HPACK decoder gives the same list for the same block, so nearly
 * every answer is known by identity and need not be read again.
 */
class KnownLists {
  /** Status 200, gRPC, not compressed. */
  head: HeaderList | undefined = undefined;
  /** Status OK, no message. */
  trailers: HeaderList | undefined = undefined;
  trailer: Metadata = Metadata.empty;
}

interface ClientSettings {
  readonly receiveBytesMax: number;
  readonly highWaterBytes: number;
  readonly codecs: readonly MessageCodec[];
  readonly known: KnownLists;
}

/** Settles the promise of a call with one message each way. */
class UnaryOutcome implements ClientStreamEvents {
  readonly #resolve: (reply: Uint8Array) => void;
  readonly #reject: (error: GrpcError) => void;
  #reply: Uint8Array | undefined;
  #twice = false;

  constructor(resolve: (reply: Uint8Array) => void, reject: (error: GrpcError) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onMessage(message: Uint8Array): void {
    if (this.#reply !== undefined) this.#twice = true;
    this.#reply = message;
  }

  onEnd(outcome: Status, trailer: Metadata): void {
    if (outcome.code !== Code.OK) {
      this.#reject(new GrpcError(outcome.code, outcome.message, trailer.entries(), outcome.unsent === true));
    } else if (this.#reply === undefined || this.#twice) {
      this.#reject(new GrpcError(Code.Internal, "cardinality violation: a unary call must have one response"));
    } else {
      this.#resolve(this.#reply);
    }
  }
}

/** One call of the client. States: waiting (no stream yet), open, finished. */
class ClientCall implements ClientStream, Deadlined, FrameSink {
  readonly deadlineMs: number;
  deadlineBefore: Deadlined | undefined = undefined;
  deadlineAfter: Deadlined | undefined = undefined;
  deadlineSlot = -1;
  readonly #settings: ClientSettings;
  readonly #wheel: DeadlineWheel;
  readonly #fields: HeaderList;
  readonly #events: ClientStreamEvents;
  readonly #signal: CancelSignal | undefined;
  #onAbort: (() => void) | undefined;
  #stream: Http2Stream | undefined;
  #finished = false;
  /** What was sent before there was a stream. */
  #queued: Uint8Array[] = [];
  #queuedBytes = 0;
  #sendClosed = false;
  #headSeen = false;
  #codec: MessageCodec | undefined;
  #deframer: Deframer | undefined;
  #wantsDrain = false;
  #paused = false;
  #held: Uint8Array[] = [];
  /** The end arrived while reading was paused. */
  #endWaits: { outcome: Status; trailer: Metadata } | undefined;

  constructor(
    settings: ClientSettings,
    wheel: DeadlineWheel,
    fields: HeaderList,
    events: ClientStreamEvents,
    deadlineMs: number,
    signal: CancelSignal | undefined,
  ) {
    this.#settings = settings;
    this.#wheel = wheel;
    this.#fields = fields;
    this.#events = events;
    this.deadlineMs = deadlineMs;
    this.#signal = signal;
    if (signal !== undefined) {
      this.#onAbort = () => this.cancel();
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    if (deadlineMs !== Number.POSITIVE_INFINITY) wheel.add(this);
  }

  open(http2: Http2Connection): void {
    if (this.#finished) return;
    const bare = this.#queued.length === 0 && this.#sendClosed;
    const stream = http2.request(this.#fields, bare);
    stream.context = this;
    this.#stream = stream;
    if (this.#queued.length > 0 || (this.#sendClosed && !bare)) stream.sendData(this.#queued, this.#sendClosed);
    this.#queued = [];
    this.#queuedBytes = 0;
  }

  /** Fails from the next microtask on, so that the caller has its handle first. */
  failSoon(why: Status): void {
    queueMicrotask(() => this.finish(why));
  }

  send(message: Reply): void {
    if (this.#finished || this.#sendClosed) return;
    const pieces = frameReply(message);
    if (this.#stream !== undefined) {
      this.#stream.sendData(pieces, false);
      return;
    }
    for (const piece of pieces) {
      this.#queued.push(piece);
      this.#queuedBytes += piece.length;
    }
  }

  /** Sends the only message, framed already. */
  sendFramed(pieces: Uint8Array[]): void {
    if (this.#finished || this.#sendClosed) return;
    this.#sendClosed = true;
    if (this.#stream !== undefined) this.#stream.sendData(pieces, true);
    else this.#queued.push(...pieces);
  }

  closeSend(): void {
    if (this.#finished || this.#sendClosed) return;
    this.#sendClosed = true;
    this.#stream?.sendData([], true);
  }

  cancel(why: Status = status(Code.Canceled, "context canceled")): void {
    this.finish(why, Http2Code.CANCEL);
  }

  expire(): void {
    this.finish(status(Code.DeadlineExceeded, "context deadline exceeded"), Http2Code.CANCEL);
  }

  get bufferedBytes(): number {
    return this.#stream === undefined ? this.#queuedBytes : this.#stream.bufferedBytes;
  }

  writable(): boolean {
    if (this.#finished || this.bufferedBytes < this.#settings.highWaterBytes) return true;
    this.#wantsDrain = true;
    return false;
  }

  drained(): void {
    if (!this.#wantsDrain || this.#finished) return;
    this.#wantsDrain = false;
    this.#events.onDrain?.();
  }

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    if (!this.#paused) return;
    this.#paused = false;
    while (this.#held.length > 0 && !this.#paused && !this.#finished) this.#take(this.#held.shift()!);
    const waits = this.#endWaits;
    if (waits !== undefined && !this.#paused && this.#held.length === 0) this.#end(waits.outcome, waits.trailer);
  }

  headers(list: HeaderList, endStream: boolean): void {
    if (this.#finished) return;
    if (this.#headSeen) {
      this.#trailers(list);
      return;
    }
    this.#headSeen = true;
    const { known } = this.#settings;
    if (list === known.head && !endStream) {
      this.#events.onHeader?.(new Metadata(list));
      return;
    }
    let http = "";
    let contentType = "";
    let encoding = "";
    for (const [name, value] of list) {
      if (name === ":status") http = value;
      else if (name === "content-type") contentType = value;
      else if (name === "grpc-encoding") encoding = value;
    }
    if (endStream) {
      this.#trailers(list, http);
      return;
    }
    if (http !== "200") {
      this.finish(httpStatus(http), Http2Code.CANCEL);
      return;
    }
    if (!contentType.startsWith("application/grpc")) {
      const text = `unexpected content-type ${JSON.stringify(contentType)}`;
      this.finish(status(Code.Unknown, text), Http2Code.CANCEL);
      return;
    }
    if (encoding !== "" && encoding !== "identity") {
      this.#codec = findCodec(this.#settings.codecs, encoding);
      if (this.#codec === undefined) {
        const text = `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`;
        this.finish(status(Code.Internal, text), Http2Code.CANCEL);
        return;
      }
    } else {
      known.head = list;
    }
    this.#events.onHeader?.(new Metadata(list));
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    if (this.#finished) {
      this.#stream?.consume(chunk.length);
      return;
    }
    if (chunk.length > 0) {
      if (this.#paused) this.#held.push(chunk);
      else this.#take(chunk);
    }
    if (endStream)
      this.#close(status(Code.Internal, "server closed the stream without sending trailers"), Metadata.empty);
  }

  onFrame(bytes: Uint8Array, compressed: boolean): void {
    if (this.#finished) return;
    if (!compressed) {
      this.#events.onMessage(bytes);
      return;
    }
    const unfolded = unfold(this.#codec, bytes, this.#settings.receiveBytesMax);
    if (unfolded instanceof Uint8Array) this.#events.onMessage(unfolded);
    else this.finish(unfolded, Http2Code.CANCEL);
  }

  onFrameFault(fault: Status): void {
    this.finish(fault, Http2Code.CANCEL);
  }

  /** Ends the call from our side or the connection's. */
  finish(outcome: Status, reset?: number): void {
    if (this.#finished) return;
    if (reset !== undefined) this.#stream?.reset(reset);
    this.#end(outcome, Metadata.empty);
  }

  #take(chunk: Uint8Array): void {
    const length = chunk.length;
    this.#stream?.consume(length);
    // The usual case: one message, whole and alone in its DATA frame.
    if (
      this.#deframer === undefined &&
      length >= prefixBytes &&
      chunk[0] === 0 &&
      chunk[1]! * 0x1000000 + ((chunk[2]! << 16) | (chunk[3]! << 8) | chunk[4]!) === length - prefixBytes &&
      length - prefixBytes <= this.#settings.receiveBytesMax
    ) {
      this.#events.onMessage(chunk.subarray(prefixBytes));
      return;
    }
    this.#deframer ??= new Deframer(this, this.#settings.receiveBytesMax);
    this.#deframer.push(chunk);
  }

  #trailers(list: HeaderList, http = "200"): void {
    const { known } = this.#settings;
    if (list === known.trailers && this.#deframer === undefined) {
      this.#close(statusOk, known.trailer);
      return;
    }
    let code: number | undefined;
    let message = "";
    for (const [name, value] of list) {
      if (name === "grpc-status") code = /^[0-9]{1,3}$/.test(value) ? Number(value) : -1;
      else if (name === "grpc-message") message = decodeMessage(value);
    }
    let outcome: Status;
    if (code === undefined) {
      outcome = http === "200" ? status(Code.Internal, "trailers without grpc-status") : httpStatus(http);
    } else if (code < 0 || code > 16) outcome = status(Code.Unknown, message);
    else outcome = code === Code.OK ? statusOk : { code: code as Code, message };
    if (outcome.code === Code.OK && this.#deframer !== undefined && this.#deframer.insideMessage && !this.#paused) {
      outcome = status(Code.Internal, "unexpected EOF");
    }
    const trailer = new Metadata(list);
    if (outcome === statusOk) {
      known.trailers = list;
      known.trailer = trailer;
    }
    this.#close(outcome, trailer);
  }

  #close(outcome: Status, trailer: Metadata): void {
    if (this.#paused && this.#held.length > 0) this.#endWaits = { outcome, trailer };
    else this.#end(outcome, trailer);
  }

  #end(outcome: Status, trailer: Metadata): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#queued = [];
    this.#held = [];
    this.#deframer?.stop();
    if (this.deadlineSlot >= 0) this.#wheel.remove(this);
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#events.onEnd(outcome, trailer);
  }
}
