import { assert, type Clock, Code, type Env, type Scheduler, type Timer } from "../../base/index.ts";
import {
  createHttp2Stats,
  type HeaderField,
  type HeaderList,
  Http2Code,
  Http2Connection,
  type Http2Handler,
  type Http2Options,
  type Http2Output,
  type Http2Stats,
  type Http2Stream,
  http2Options,
} from "../http2/index.ts";
import {
  type CallHost,
  type CallPlan,
  headFor,
  type ServerCall,
  StreamCall,
  trailerFields,
  UnaryCall,
} from "./call.ts";
import { acceptEncoding, findCodec, type MessageCodec } from "./compression.ts";
import { type Deadlined, DeadlineWheel } from "./deadlines.ts";
import { decodeBinary, isReserved, Metadata } from "./metadata.ts";
import { type BoundMethod, ServerMetrics } from "./method.ts";
import { type Status, status } from "./status.ts";
import { parseTimeout, timeoutFault } from "./timeout.ts";
import type {
  ForeignCall,
  ForeignHandler,
  GrpcServerOptions,
  MethodDefinition,
  MethodRegistry,
  Peer,
} from "./types.ts";

/** Bad pings in a row that are forgiven; grpc-go's number. */
const pingStrikesMax = 2;
/** How long a request that is refused anyway is listened to. */
const refusedWaitMs = 10_000;
/** How often connections are looked at for keepalive and for the engine's time limits. */
const checkPeriodMs = 1000;
/** Silence that makes a ping without streams legal even if those are not permitted (grpc-go: 2 h). */
const idlePingMs = 2 * 60 * 60 * 1000;

const defaults = {
  receiveBytesMax: 2 * 1024 * 1024,
  concurrentStreamsMax: 0xffff_ffff,
  connectionsMax: 65_536,
  keepaliveMinTimeMs: 5000,
  keepalivePermitWithoutStream: false,
  keepaliveTimeMs: 2 * 60 * 60 * 1000,
  keepaliveTimeoutMs: 20_000,
  streamHighWaterBytes: 256 * 1024,
  handlingTimeHistogram: false,
};

type Settings = { readonly [K in keyof typeof defaults]: (typeof defaults)[K] };

/** What the server shares with its connections. */
interface Shared {
  readonly settings: Settings;
  readonly methods: Map<string, BoundMethod>;
  readonly services: Set<string>;
  readonly codecs: readonly MessageCodec[];
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly wheel: DeadlineWheel;
  readonly metrics: ServerMetrics;
  readonly http2: Http2Options;
  closed(connection: GrpcServerConnection): void;
}

/**
 * A gRPC server over any number of HTTP/2 connections. Pure: sockets are the adapter's (`socket.ts`), time comes from
 * the environment. Methods work on encoded messages.
 */
export class GrpcServer implements MethodRegistry {
  readonly #shared: Shared;
  readonly #scheduler: Scheduler;
  readonly #connections = new Set<GrpcServerConnection>();
  readonly stats: Http2Stats = createHttp2Stats();
  #timer: Timer | undefined;
  #stopping = false;
  #whenEmpty: (() => void)[] = [];

  constructor(
    env: Env,
    options: GrpcServerOptions = {},
    codecs: readonly MessageCodec[] = [],
    http2: Partial<Http2Options> = {},
  ) {
    const settings: Settings = { ...defaults };
    for (const [name, value] of Object.entries(options)) {
      if (value !== undefined) Object.assign(settings, { [name]: value });
    }
    this.#scheduler = env.scheduler;
    this.#shared = {
      settings,
      methods: new Map(),
      services: new Set(),
      codecs,
      clock: env.clock,
      scheduler: env.scheduler,
      wheel: new DeadlineWheel(env.clock, env.scheduler),
      metrics: new ServerMetrics(env.metrics, settings.handlingTimeHistogram),
      http2: http2Options({ maxConcurrentStreams: settings.concurrentStreamsMax, ...http2, stats: this.stats }),
      closed: (connection) => this.#closed(connection),
    };
    declareStats(env, this.stats, () => this.#connections.size);
  }

  register(service: string, method: string, definition: MethodDefinition): void {
    const bound = this.#shared.metrics.bind(service, method, definition);
    assert(!this.#shared.methods.has(bound.path), "method registered twice");
    this.#shared.methods.set(bound.path, bound);
    this.#shared.services.add(service);
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** True once `stop` or `close` was called. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /**
   * Takes a connection on which HTTP/2 is spoken. Undefined when there are too many or the server stops: close the
   * socket then. `foreign` serves requests that are not gRPC's; without it they are refused with 415.
   */
  accept(output: Http2Output, peer: Peer, foreign?: ForeignHandler): GrpcServerConnection | undefined {
    if (this.#stopping) return undefined;
    if (this.#connections.size >= this.#shared.settings.connectionsMax) {
      this.#shared.metrics.refusedConnections.inc();
      return undefined;
    }
    const connection = new GrpcServerConnection(this.#shared, output, peer, foreign);
    this.#connections.add(connection);
    this.#timer ??= this.#scheduler.every(checkPeriodMs, () => this.#check());
    return connection;
  }

  /**
   * Graceful: clients are told twice (GOAWAY with the highest id, then with the last one taken), open calls may finish.
   * Resolves when every connection is closed. Idle ones close at once.
   */
  stop(): Promise<void> {
    this.#stopping = true;
    const done = this.#empty();
    for (const connection of [...this.#connections]) connection.shutdown();
    return done;
  }

  /** Hard: every call is cancelled, every connection closed. */
  close(): Promise<void> {
    this.#stopping = true;
    const done = this.#empty();
    for (const connection of [...this.#connections]) connection.destroy();
    this.#shared.wheel.close();
    return done;
  }

  #empty(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  #closed(connection: GrpcServerConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiting = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of waiting) resolve();
  }

  #check(): void {
    const now = this.#shared.clock.monotonicMs();
    for (const connection of this.#connections) connection.check(now);
  }
}

function declareStats(env: Env, stats: Http2Stats, open: () => number): void {
  const { metrics } = env;
  metrics.gaugeFrom({ name: "quorate_grpc_connections", help: "Open HTTP/2 connections." }, open);
  const counters: [string, string, () => number][] = [
    ["quorate_http2_received_bytes_total", "Bytes read from HTTP/2 connections.", () => stats.bytesReceived],
    ["quorate_http2_sent_bytes_total", "Bytes written to HTTP/2 connections.", () => stats.bytesSent],
    ["quorate_http2_streams_total", "Streams opened by clients.", () => stats.streamsOpened],
    ["quorate_http2_refused_streams_total", "Streams refused by the concurrency limit.", () => stats.streamsRefused],
    ["quorate_http2_resets_received_total", "RST_STREAM frames received.", () => stats.resetsReceived],
    ["quorate_http2_connection_errors_total", "Connections ended for a client's fault.", () => stats.connectionErrors],
    ["quorate_http2_floods_total", "Connections ended for flooding.", () => stats.floods],
    ["quorate_http2_timeouts_total", "Connections ended by a time limit.", () => stats.timeouts],
  ];
  for (const [name, help, read] of counters) metrics.counterFrom({ name, help }, read);
}

/**
 * A request that is no gRPC call and will be refused: the answer comes when all of it was read, or after a while, since
 * HTTP's own rules about the rest of the stream go before it.
 */
class RefusedRequest implements Deadlined {
  readonly deadlineMs: number;
  deadlineBefore: Deadlined | undefined = undefined;
  deadlineAfter: Deadlined | undefined = undefined;
  deadlineSlot = -1;
  readonly #stream: Http2Stream;
  readonly #refusal: Refusal;
  readonly #wheel: DeadlineWheel;

  constructor(stream: Http2Stream, refusal: Refusal, deadlineMs: number, wheel: DeadlineWheel) {
    this.#stream = stream;
    this.#refusal = refusal;
    this.deadlineMs = deadlineMs;
    this.#wheel = wheel;
    wheel.add(this);
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    if (chunk.length > 0) this.#stream.consume(chunk.length);
    if (endStream) this.expire();
  }

  gone(_why: Status): void {
    this.#wheel.remove(this);
  }

  expire(): void {
    this.#wheel.remove(this);
    const { fields, status } = this.#refusal;
    this.#stream.sendHeaders(fields, false);
    this.#stream.sendData([Buffer.from(`${status.message}\n`)], true);
  }
}

/** A stream that somebody else serves. */
class ForeignContext {
  readonly #call: ForeignCall;

  constructor(call: ForeignCall) {
    this.#call = call;
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    this.#call.data(chunk, endStream);
  }

  gone(_why: Status): void {
    this.#call.gone();
  }

  drained(): void {
    this.#call.drained();
  }
}

/** What a stream's context can be. */
type StreamContext = ServerCall | RefusedRequest | ForeignContext;

/** What is answered without ever starting a call: an HTTP status and a gRPC one. */
interface Refusal {
  readonly http: string;
  readonly status: Status;
  readonly fields: readonly HeaderField[];
}

/** Plans kept per connection for heads that repeat. */
type Planned = CallPlan | Refusal;

function isRefusal(planned: Planned): planned is Refusal {
  return "http" in planned;
}

/** One client connection. The adapter feeds it and flushes it; calls live in the streams' contexts. */
export class GrpcServerConnection implements Http2Handler, CallHost {
  readonly peer: Peer;
  readonly metrics: ServerMetrics;
  readonly receiveBytesMax: number;
  readonly streamHighWaterBytes: number;
  readonly #shared: Shared;
  readonly #http2: Http2Connection;
  readonly #foreign: ForeignHandler | undefined;
  #lastHead: HeaderList | undefined;
  #lastPlan: Planned | undefined;
  readonly #plans = new WeakMap<HeaderList, Planned>();
  /** Unary calls that wait for the end of the turn. */
  #soon: UnaryCall[] = [];
  /** Last instant at which bytes came in. */
  #readMs: number;
  /** When an unanswered keepalive ping was sent. */
  #pingSentMs: number | undefined;
  #lastPingMs = Number.NEGATIVE_INFINITY;
  #pingStrikes = 0;
  /** How many frames were sent when the last ping came; any more clear the strikes. */
  #framesAtPing = 0;
  #closed = false;

  constructor(shared: Shared, output: Http2Output, peer: Peer, foreign: ForeignHandler | undefined) {
    this.#shared = shared;
    this.#foreign = foreign;
    this.peer = peer;
    this.metrics = shared.metrics;
    this.receiveBytesMax = shared.settings.receiveBytesMax;
    this.streamHighWaterBytes = shared.settings.streamHighWaterBytes;
    this.#readMs = shared.clock.monotonicMs();
    this.#http2 = new Http2Connection("server", this, output, shared.http2);
  }

  get openCalls(): number {
    return this.#http2.openStreams;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes from the socket. The chunk must stay unchanged: messages are parts of it. */
  receive(chunk: Uint8Array): void {
    this.#readMs = this.#shared.clock.monotonicMs();
    this.#http2.receive(chunk);
  }

  flush(): void {
    this.#http2.flush();
  }

  /** The socket drained after `output.write` returned false. */
  resume(): void {
    this.#http2.resume();
  }

  /** The socket ended or failed. */
  transportClosed(error?: Error): void {
    this.#http2.transportClosed(error);
  }

  shutdown(): void {
    this.#http2.shutdown();
    this.#http2.flush();
  }

  destroy(code: number = Http2Code.NO_ERROR): void {
    this.#http2.destroy(code);
  }

  nowMs(): number {
    return this.#shared.clock.monotonicMs();
  }

  dispatchSoon(call: UnaryCall): void {
    if (this.#soon.push(call) > 1) return;
    this.#shared.scheduler.endOfTurn(() => {
      const soon = this.#soon;
      this.#soon = [];
      for (const waiting of soon) waiting.dispatchNow();
    });
  }

  settled(call: ServerCall): void {
    this.#shared.wheel.remove(call);
  }

  /** Once a second: keepalive and the engine's own limits. */
  check(nowMs: number): void {
    this.#http2.checkTimeouts(nowMs);
    if (this.#closed) return;
    const { keepaliveTimeMs, keepaliveTimeoutMs } = this.#shared.settings;
    if (this.#pingSentMs !== undefined) {
      if (this.#readMs > this.#pingSentMs) this.#pingSentMs = undefined;
      else if (nowMs - this.#pingSentMs >= keepaliveTimeoutMs) this.#http2.destroy(Http2Code.NO_ERROR);
      return;
    }
    if (nowMs - this.#readMs < keepaliveTimeMs) return;
    this.#pingSentMs = nowMs;
    this.#http2.ping(() => {
      this.#pingSentMs = undefined;
    });
  }

  onHeaders(stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    if (stream.context !== undefined) {
      // Request trailers mean nothing in gRPC but the end of the stream.
      if (endStream) (stream.context as StreamContext).data(emptyChunk, true);
      return;
    }
    let planned: Planned;
    if (headers === this.#lastHead) {
      planned = this.#lastPlan!;
    } else {
      planned = this.#plans.get(headers) ?? this.#plan(headers);
      this.#lastHead = headers;
      this.#lastPlan = planned;
    }
    if (isRefusal(planned)) {
      // A gRPC client may wait for this answer with its side open; any other request is heard out first.
      if (planned.http !== "415") stream.sendHeaders(planned.fields, true);
      else if (this.#foreign !== undefined) {
        stream.context = new ForeignContext(this.#foreign(stream, headers, endStream));
      } else {
        const refused = new RefusedRequest(stream, planned, this.#readMs + refusedWaitMs, this.#shared.wheel);
        stream.context = refused;
        if (endStream) refused.expire();
      }
      return;
    }
    const { timeoutMs, bound } = planned;
    const deadlineMs = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : this.#readMs + timeoutMs;
    if (bound.definition.kind === "unary") {
      const call = new UnaryCall(this, stream, planned, deadlineMs);
      stream.context = call;
      if (timeoutMs !== Number.POSITIVE_INFINITY) this.#limit(call);
      if (endStream) call.headOnly();
      return;
    }
    const call = new StreamCall(this, stream, planned, deadlineMs);
    stream.context = call;
    if (timeoutMs !== Number.POSITIVE_INFINITY) this.#limit(call);
    call.start();
    if (endStream) call.headOnly();
  }

  onData(stream: Http2Stream, chunk: Uint8Array, endStream: boolean): void {
    const call = stream.context as StreamContext | undefined;
    if (call !== undefined) call.data(chunk, endStream);
    else stream.consume(chunk.length);
  }

  onReset(stream: Http2Stream): void {
    (stream.context as StreamContext | undefined)?.gone(canceled);
  }

  onDrain(stream: Http2Stream): void {
    const call = stream.context;
    if (call instanceof StreamCall || call instanceof ForeignContext) call.drained();
  }

  onGoaway(): void {
    // A client that says goodbye still wants the answers it waits for.
  }

  /** Enforcement as grpc-go's server does it: what a ping may not do is come too often. */
  onPing(): void {
    const now = this.#shared.clock.monotonicMs();
    const since = now - this.#lastPingMs;
    this.#lastPingMs = now;
    // A client that measures the line pings with the data it gets, however long ago that data was queued here.
    const sent = this.#http2.framesSent;
    if (sent !== this.#framesAtPing) {
      this.#framesAtPing = sent;
      this.#pingStrikes = 0;
      return;
    }
    const { keepaliveMinTimeMs, keepalivePermitWithoutStream } = this.#shared.settings;
    const idle = this.#http2.openStreams === 0 && !keepalivePermitWithoutStream;
    if (since < (idle ? idlePingMs : keepaliveMinTimeMs)) this.#pingStrikes++;
    if (this.#pingStrikes > pingStrikesMax) {
      this.#http2.goaway(Http2Code.ENHANCE_YOUR_CALM, tooManyPings);
      this.#http2.destroy(Http2Code.ENHANCE_YOUR_CALM);
    }
  }

  onClose(): void {
    this.#closed = true;
    this.#shared.closed(this);
  }

  #limit(call: ServerCall): void {
    if (call.deadlineMs <= this.#readMs) call.expire();
    else this.#shared.wheel.add(call);
  }

  #plan(headers: HeaderList): Planned {
    const planned = planCall(headers, this.#shared);
    this.#plans.set(headers, planned);
    return planned;
  }
}

const emptyChunk = new Uint8Array(0);
const canceled = status(Code.Canceled, "context canceled");
const tooManyPings = Buffer.from("too_many_pings");

function refuse(http: string, outcome: Status, extra: readonly HeaderField[] = []): Refusal {
  // Who does not speak gRPC gets the reason as text too.
  const contentType = http === "415" ? "text/plain; charset=utf-8" : "application/grpc";
  return {
    http,
    status: outcome,
    fields: [[":status", http], ["content-type", contentType], ...trailerFields(outcome), ...extra],
  };
}

/** Reads a request head; texts and the order of the checks are grpc-go's. */
function planCall(headers: HeaderList, shared: Shared): Planned {
  let httpMethod = "";
  let path = "";
  let contentType: string | undefined;
  let timeout: string | undefined;
  let encoding = "";
  let headerFault: Status | undefined;
  for (const [name, value] of headers) {
    switch (name) {
      case ":method":
        httpMethod = value;
        break;
      case ":path":
        path = value;
        break;
      case "content-type":
        contentType = value;
        break;
      case "grpc-timeout":
        timeout = value;
        break;
      case "grpc-encoding":
        encoding = value;
        break;
      default:
        if (name.endsWith("-bin") && !isReserved(name)) headerFault ??= binaryFault(name, value);
    }
  }
  const form = contentType === undefined ? undefined : grpcForm(contentType);
  if (form === undefined) {
    const text = `invalid gRPC request content-type ${JSON.stringify(contentType ?? "")}`;
    return refuse("415", status(Code.InvalidArgument, text));
  }
  let timeoutMs = Number.POSITIVE_INFINITY;
  if (timeout !== undefined) {
    const parsed = parseTimeout(timeout);
    if (parsed === undefined) headerFault = status(Code.Internal, timeoutFault(timeout));
    else timeoutMs = parsed;
  }
  if (headerFault !== undefined) return refuse("400", headerFault);
  if (httpMethod !== "POST") {
    const text = `Received a HEADERS frame with :method ${JSON.stringify(httpMethod)} which should be POST`;
    return refuse("405", status(Code.Internal, text));
  }
  if (timeoutMs <= 0) return refuse("200", status(Code.DeadlineExceeded, "context deadline exceeded"));
  const bound = shared.methods.get(path);
  if (bound === undefined) return refuse("200", unknownPath(path, shared.services));
  let codec: MessageCodec | undefined;
  if (encoding !== "" && encoding !== "identity") {
    codec = findCodec(shared.codecs, encoding);
    if (codec === undefined) {
      const text = `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`;
      return refuse("200", status(Code.Unimplemented, text), [["grpc-accept-encoding", acceptEncoding(shared.codecs)]]);
    }
  }
  return {
    bound,
    metadata: new Metadata(headers),
    timeoutMs,
    head: headFor(form),
    codec,
  };
}

/** The content type to answer with, or undefined when it is not gRPC's. */
function grpcForm(contentType: string): string | undefined {
  const type = contentType.toLowerCase();
  if (!type.startsWith("application/grpc")) return undefined;
  const rest = type.slice("application/grpc".length);
  if (rest !== "" && rest[0] !== "+" && rest[0] !== ";") return undefined;
  return rest === "" ? "application/grpc" : `application/grpc+${rest.slice(1)}`;
}

function binaryFault(name: string, value: string): Status | undefined {
  for (const part of value.split(",")) {
    if (decodeBinary(part) === undefined) {
      const at = part.search(/[^A-Za-z0-9+/]/);
      const where = `at input byte ${at < 0 ? part.length : at}`;
      const text = `malformed binary metadata ${JSON.stringify(value)} in header ${JSON.stringify(name)}: illegal base64 data ${where}`;
      return status(Code.Internal, text);
    }
  }
  return undefined;
}

function unknownPath(path: string, services: ReadonlySet<string>): Status {
  const slash = path.lastIndexOf("/");
  if (!path.startsWith("/") || slash < 1) {
    return status(Code.Unimplemented, `malformed method name: ${JSON.stringify(path)}`);
  }
  const service = path.slice(1, slash);
  const method = path.slice(slash + 1);
  if (!services.has(service)) return status(Code.Unimplemented, `unknown service ${service}`);
  return status(Code.Unimplemented, `unknown method ${method} for service ${service}`);
}
