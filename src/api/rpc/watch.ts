import {
  Code,
  type Counter,
  type Env,
  EtcdError,
  exponentialBuckets,
  type Histogram,
  isEtcdError,
  keyString,
} from "../../base/index.ts";
import type { WatchReply, WatchSink, WatchStream } from "../../state/watch/index.ts";
import { goStatusText, type MethodRegistry, type Reply, type ServerStream, statusOf } from "../../wire/grpc/index.ts";
import { DecodeError, rpc, sizeId, sizeInt64, sizeString, Writer } from "../../wire/proto/index.ts";
import { joinItems } from "./encode.ts";
import type { HeaderEncoder } from "./header.ts";
import { decodeFault, ServiceRegistry, type Surroundings } from "./registry.ts";

/** etcdserverpb.Watch: one stream carries any number of watchers; the hub keeps them, this file speaks for them. */
export function registerWatch(registry: MethodRegistry, around: Surroundings, env: Env): void {
  const metrics = new WatchMetrics(env);
  const encoder = new ReplyEncoder(around.headers);
  new ServiceRegistry(registry, around, rpc.WatchService).bidi("Watch", (stream) => {
    new WatchCall(around, encoder, metrics, env, stream);
  });
}

/** etcd's clocks around its send loop, in seconds. */
class WatchMetrics {
  readonly events: Histogram;
  readonly perEvent: Histogram;
  readonly control: Histogram;
  readonly receiveFailures: Counter;

  constructor(env: Env) {
    const buckets = exponentialBuckets(0.001, 2, 14);
    const histogram = (name: string, help: string) =>
      env.metrics.histogram({ name: `etcd_debugging_server_watch_send_loop_${name}_duration_seconds`, help, buckets });
    this.events = histogram(
      "watch_stream",
      "The total duration in seconds of running through the send loop watch stream response all events.",
    );
    this.perEvent = env.metrics.histogram({
      name: "etcd_debugging_server_watch_send_loop_watch_stream_duration_per_event_seconds",
      help: "The average duration in seconds of running through the send loop watch stream response, per event.",
      buckets,
    });
    this.control = histogram(
      "control_stream",
      "The total duration in seconds of running through the send loop control stream response.",
    );
    // Declared since etcd's list has it; progress goes out with the other replies here.
    histogram(
      "progress",
      "The total duration in seconds of running through the progress loop control stream response.",
    );
    this.receiveFailures = env.metrics
      .counter({
        name: "etcd_network_server_stream_failures_total",
        help: "The total number of stream failures from the local server.",
        labels: ["Type", "API"],
      })
      .with("receive", "watch");
  }
}

class WatchCall implements WatchSink {
  readonly #around: Surroundings;
  readonly #encoder: ReplyEncoder;
  readonly #metrics: WatchMetrics;
  readonly #env: Env;
  readonly #stream: ServerStream;
  readonly #watchers: WatchStream;
  /** Event replies since the last `endRun`, and their events. */
  #runReplies = 0;
  #runEvents = 0;
  #runStartMs = 0;

  constructor(around: Surroundings, encoder: ReplyEncoder, metrics: WatchMetrics, env: Env, stream: ServerStream) {
    this.#around = around;
    this.#encoder = encoder;
    this.#metrics = metrics;
    this.#env = env;
    this.#stream = stream;
    this.#watchers = around.member.watchHub.stream(this);
    stream.onMessage = (bytes) => this.#take(bytes);
    stream.onDrain = () => this.#watchers.resume();
    // A client that only closes its sending side goes on getting events: no `onEnd`.
    stream.onCancel = () => this.#close();
  }

  writable(): boolean {
    return this.#stream.writable();
  }

  send(reply: WatchReply): void {
    const { clock } = this.#env;
    if (reply.events.length > 0) {
      if (this.#runReplies === 0) this.#runStartMs = clock.monotonicMs();
      this.#runReplies++;
      this.#runEvents += reply.events.length;
      this.#encoder.send(reply, this.#around.member.term(), this.#stream);
      return;
    }
    const startMs = clock.monotonicMs();
    this.#encoder.send(reply, this.#around.member.term(), this.#stream);
    this.#metrics.control.observe((clock.monotonicMs() - startMs) / 1000);
  }

  /**
   * A run shares its time out evenly: a look at the clock costs as much as a small reply. A long one leaves at once, so that its
   * receivers work while other streams are served.
   */
  endRun(): void {
    const replies = this.#runReplies;
    if (replies === 0) return;
    if (replies >= flushReplies) this.#stream.flush();
    const seconds = (this.#env.clock.monotonicMs() - this.#runStartMs) / 1000;
    this.#metrics.events.observe(seconds / replies, replies);
    this.#metrics.perEvent.observe(seconds / this.#runEvents, replies);
    this.#runReplies = 0;
    this.#runEvents = 0;
  }

  #close(): void {
    this.#watchers.close();
  }

  #take(bytes: Uint8Array): void {
    let union: rpc.WatchRequest["requestUnion"];
    try {
      union = rpc.decodeWatchRequest(bytes).requestUnion;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#metrics.receiveFailures.inc();
      this.#close();
      const text = `grpc: failed to unmarshal the received message: ${decodeFault(error)}`;
      this.#stream.end({ code: Code.Internal, message: text });
      return;
    }
    switch (union.case) {
      case "createRequest":
        this.#create(union.value);
        return;
      case "cancelRequest":
        this.#watchers.cancel(union.value.watchId);
        return;
      case "progressRequest":
        this.#watchers.requestProgress();
        return;
      default:
      // An unknown request is passed over: it is no reason to end everybody else's watches.
    }
  }

  #create(request: rpc.WatchCreateRequest): void {
    // A negative start is answered by the hub before permission is asked, as in etcd.
    if (request.startRevision >= 0) {
      const refusal = this.#refusal(request);
      if (refusal !== undefined) {
        this.#watchers.refuse(refusal);
        return;
      }
    }
    this.#watchers.create({
      watchId: request.watchId,
      key: keyString(request.key),
      end: keyString(request.rangeEnd),
      startRevision: request.startRevision,
      noPut: request.filters.includes(rpc.FilterType.NOPUT),
      noDelete: request.filters.includes(rpc.FilterType.NODELETE),
      prevKv: request.prevKv,
      progressNotify: request.progressNotify,
      fragment: request.fragment,
    });
  }

  /** Why the caller may not watch this, in the form of a Go status; undefined when it may. */
  #refusal(request: rpc.WatchCreateRequest): string | undefined {
    const { authorizer } = this.#around.options;
    if (authorizer === undefined) return undefined;
    try {
      const by = authorizer.principal(this.#stream.metadata, this.#stream.peer);
      authorizer.requireRead(by, request.key.length === 0 ? lowestKey : request.key, request.rangeEnd);
      return undefined;
    } catch (error) {
      const told =
        isEtcdError(error, "InvalidAuthToken") ||
        isEtcdError(error, "AuthOldRevision") ||
        isEtcdError(error, "UserEmpty")
          ? statusOf(error)
          : statusOf(EtcdError.of("PermissionDenied"));
      return goStatusText(told.code, told.message);
    }
  }
}

/** Replies in a run from which on they are worth a write to the socket of their own. */
const flushReplies = 8;

const lowestKey = Uint8Array.of(0);
const empty = new Uint8Array(0);

/**
 * Encodes WatchResponses. What differs between the watchers of one event is a few bytes in front (the watch id); the
 * events themselves are put together once and shared by all streams.
 *
 *     header 1 | watch_id 2 | created 3 | canceled 4 | compact_revision 5 | cancel_reason 6 | fragment 7 | events 11
 */
export class ReplyEncoder {
  readonly #headers: HeaderEncoder;
  #events: readonly Uint8Array[] | undefined;
  #body: Reply = empty;
  /** Written anew for each reply: who sends it copies it. */
  #head = new Uint8Array(128);

  constructor(headers: HeaderEncoder) {
    this.#headers = headers;
  }

  send(reply: WatchReply, term: number, stream: Pick<ServerStream, "send" | "sendParts">): void {
    const { events } = reply;
    if (events !== this.#events && events.length > 0) {
      this.#events = events;
      this.#body = joinItems(empty, 0x5a, events, empty);
    }
    const body = events.length === 0 ? empty : this.#body;
    const headBytes = this.#writeHead(reply, term);
    if (body instanceof Uint8Array) stream.sendParts(this.#head, headBytes, body);
    else stream.send([new Uint8Array(this.#head.subarray(0, headBytes)), ...body]);
  }

  /** Fills `#head`; returns how many bytes it has now. */
  #writeHead(reply: WatchReply, term: number): number {
    const header = this.#headers.field(reply.revision, term);
    const { watchId, created, canceled, compactRevision, cancelReason, fragment } = reply;
    let size = header.length;
    if (watchId !== 0n) size += 1 + sizeId(watchId);
    if (created) size += 2;
    if (canceled) size += 2;
    if (compactRevision !== 0) size += 1 + sizeInt64(compactRevision);
    if (cancelReason !== "") size += 1 + sizeString(cancelReason);
    if (fragment) size += 2;
    if (size > this.#head.length) this.#head = new Uint8Array(size);
    const w = Writer.into(this.#head, 0, size);
    w.raw(header);
    if (watchId !== 0n) {
      w.byte(0x10);
      w.id(watchId);
    }
    if (created) {
      w.byte(0x18);
      w.bool(true);
    }
    if (canceled) {
      w.byte(0x20);
      w.bool(true);
    }
    if (compactRevision !== 0) {
      w.byte(0x28);
      w.int64(compactRevision);
    }
    if (cancelReason !== "") {
      w.byte(0x32);
      w.string(cancelReason);
    }
    if (fragment) {
      w.byte(0x38);
      w.bool(true);
    }
    return size;
  }
}
