import { Code, concatBytes } from "../../base/index.ts";
import { type HeaderBlock, type HeaderField, type Http2Stream, prepareHeaders } from "../http2/index.ts";
import { compressBytesMin, type MessageCodec, unfold } from "./compression.ts";
import type { Deadlined } from "./deadlines.ts";
import { Deframer, type FrameSink, messagePrefix, prefixBytes, writePrefix } from "./framing.ts";
import { encodeFields, type Metadata, type MetadataFields } from "./metadata.ts";
import type { BoundMethod, ServerMetrics } from "./method.ts";
import { encodeMessage, type Status, status, statusOf, statusOk } from "./status.ts";
import type { Call, Peer, Reply, ServerStream, UnaryHandler, UnaryServerCall } from "./types.ts";

/** What a call needs of its connection. */
export interface CallHost {
  readonly peer: Peer;
  readonly metrics: ServerMetrics;
  readonly receiveBytesMax: number;
  readonly streamHighWaterBytes: number;
  nowMs(): number;
  /** The request is here but for its END_STREAM: start the call at the end of this turn. */
  dispatchSoon(call: UnaryCall): void;
  /** A call with a deadline is over: take it out of the wheel. */
  settled(call: ServerCall): void;
}

/**
 * What the head of a request decides. Clients repeat their heads, and the engine then hands over the same list, so that
 * all of this is worked out once and kept (a timeout is a duration, not an instant).
 */
export interface CallPlan {
  readonly bound: BoundMethod;
  readonly metadata: Metadata;
  /** Infinity when there is none. */
  readonly timeoutMs: number;
  readonly head: HeadBlocks;
  /** How request messages may be compressed; answers are then too. */
  readonly codec: MessageCodec | undefined;
}

/** Response heads without anything extra, encoded once. */
export interface HeadBlocks {
  readonly head: HeaderBlock;
  readonly fields: readonly HeaderField[];
}

function makeHead(contentType: string): HeadBlocks {
  const fields: HeaderField[] = [
    [":status", "200"],
    ["content-type", contentType],
  ];
  return { head: prepareHeaders(fields), fields };
}

/** One for each form of the content type that clients use; few of them, so the rest shares the plain one. */
const headsMax = 32;
const heads = new Map<string, HeadBlocks>();

/** The head that answers a request of this content type (`application/grpc`, perhaps with `+subtype`). */
export function headFor(contentType: string): HeadBlocks {
  let blocks = heads.get(contentType);
  if (blocks === undefined) {
    if (heads.size >= headsMax) return headFor("application/grpc");
    blocks = makeHead(contentType);
    heads.set(contentType, blocks);
  }
  return blocks;
}

// There from the start, so that it is always among those kept.
headFor("application/grpc");
const okTrailerFields: HeaderField[] = [["grpc-status", "0"]];
const okTrailer = prepareHeaders(okTrailerFields);

/** Where prefix and head of a message in parts are put together; the engine copies them. Longer heads are a message's pieces. */
const partsHeadBytesMax = 128;
const partsHead = new Uint8Array(prefixBytes + partsHeadBytesMax);

/** Trailers of a status, and what a trailers-only response adds in front. */
export function trailerFields(outcome: Status): HeaderField[] {
  const fields: HeaderField[] = [["grpc-status", String(outcome.code)]];
  if (outcome.message !== "") fields.push(["grpc-message", encodeMessage(outcome.message)]);
  if (outcome.metadata !== undefined) fields.push(...encodeFields(outcome.metadata));
  return fields;
}

/** Most refusals repeat: their trailers-only blocks are kept, up to this many. */
const refusalsMax = 512;
const refusals = new Map<string, HeaderBlock>();

function refusalBlock(head: HeadBlocks, outcome: Status): HeaderBlock {
  const key = `${head.fields[1]![1]} ${outcome.code} ${outcome.message}`;
  let block = refusals.get(key);
  if (block === undefined) {
    block = prepareHeaders([...head.fields, ...trailerFields(outcome)]);
    // Texts can carry a client's own words, so the cache is simply emptied when it is full.
    if (refusals.size >= refusalsMax) refusals.clear();
    refusals.set(key, block);
  }
  return block;
}

/**
 * One call on the server. States: reading (request not complete), running (handler has it), ended. `ended` is set by
 * whoever comes first: answer, failure, cancellation, deadline; everything after it is ignored.
 */
export abstract class ServerCall implements Call, Deadlined, FrameSink {
  readonly stream: Http2Stream;
  readonly host: CallHost;
  readonly bound: BoundMethod;
  readonly deadlineMs: number;
  readonly #plan: CallPlan;
  #headSent = false;
  /** When the call came, for the histogram; only kept when that is on. */
  readonly #startedMs: number;
  #extraHeader: HeaderField[] | undefined;
  #extraTrailer: HeaderField[] | undefined;
  /** Whether the handler was started, and so whether metrics know the call. */
  protected started = false;
  ended = false;
  protected deframer: Deframer | undefined;
  cancelled = false;
  onCancel: ((why: Status) => void) | undefined = undefined;
  deadlineBefore: Deadlined | undefined = undefined;
  deadlineAfter: Deadlined | undefined = undefined;
  deadlineSlot = -1;

  constructor(host: CallHost, stream: Http2Stream, plan: CallPlan, deadlineMs: number) {
    this.host = host;
    this.stream = stream;
    this.bound = plan.bound;
    this.#plan = plan;
    this.deadlineMs = deadlineMs;
    this.#startedMs = plan.bound.handlingSeconds === undefined ? 0 : host.nowMs();
  }

  get path(): string {
    return this.bound.path;
  }

  get metadata(): Metadata {
    return this.#plan.metadata;
  }

  get peer(): Peer {
    return this.host.peer;
  }

  addHeader(fields: MetadataFields): void {
    if (this.#headSent) return;
    this.#extraHeader = [...(this.#extraHeader ?? []), ...encodeFields(fields)];
  }

  addTrailer(fields: MetadataFields): void {
    this.#extraTrailer = [...(this.#extraTrailer ?? []), ...encodeFields(fields)];
  }

  /** The head arrived with END_STREAM: there will be no message. */
  abstract headOnly(): void;
  /** DATA arrived. `chunk` is ours to keep. */
  abstract data(chunk: Uint8Array, endStream: boolean): void;
  abstract onMessageBytes(message: Uint8Array): void;

  onFrame(bytes: Uint8Array, compressed: boolean): void {
    if (this.ended) return;
    if (!compressed) {
      this.onMessageBytes(bytes);
      return;
    }
    const unfolded = unfold(this.#plan.codec, bytes, this.host.receiveBytesMax);
    if (unfolded instanceof Uint8Array) this.onMessageBytes(unfolded);
    else this.fail(unfolded);
  }

  onFrameFault(fault: Status): void {
    this.fail(fault);
  }

  protected pushFrames(chunk: Uint8Array): void {
    this.deframer ??= new Deframer(this, this.host.receiveBytesMax);
    this.deframer.push(chunk);
  }

  expire(): void {
    this.abort(status(Code.DeadlineExceeded, "context deadline exceeded"));
  }

  abort(why: Status): void {
    if (this.ended) return;
    this.cancelled = true;
    this.fail(why);
    this.#tellCancelled(why);
  }

  /** The stream is gone, by the client's reset or with its connection: nothing can be sent. */
  gone(why: Status): void {
    if (this.ended) return;
    this.cancelled = true;
    this.#close(why.code);
    this.#tellCancelled(why);
  }

  /** Ends the call with a failure. */
  fail(outcome: Status): void {
    if (this.ended) return;
    const stream = this.stream;
    if (this.#headSent) {
      stream.sendHeaders(this.#trailers(outcome), true);
    } else if (this.#extraHeader === undefined && this.#extraTrailer === undefined && outcome.metadata === undefined) {
      stream.sendHeaders(refusalBlock(this.#plan.head, outcome), true);
    } else {
      const fields = [...this.#plan.head.fields, ...(this.#extraHeader ?? []), ...this.#trailers(outcome)];
      stream.sendHeaders(fields, true);
    }
    this.#headSent = true;
    this.#close(outcome.code);
  }

  protected begin(): void {
    this.started = true;
    this.bound.started.inc();
  }

  protected countReceived(message: Uint8Array): void {
    this.bound.received.inc();
    this.host.metrics.receivedBytes.inc(message.length);
  }

  /** One message and the OK status. */
  protected sendOnly(reply: Reply): void {
    if (this.ended) return;
    const stream = this.stream;
    if (this.#plan.codec === undefined && this.#extraHeader === undefined && this.#extraTrailer === undefined) {
      const pieces = reply instanceof Uint8Array ? [reply] : reply;
      const prefix = messagePrefix(this.#countSent(pieces), false);
      stream.sendUnary(this.#plan.head.head, prefix, pieces, okTrailer);
      this.#headSent = true;
    } else {
      this.#sendHead();
      stream.sendData(this.#frame(reply), false);
      stream.sendHeaders(this.#trailers(statusOk), true);
    }
    this.#close(Code.OK);
  }

  protected sendMessage(reply: Reply): void {
    if (!this.#headSent) this.#sendHead();
    this.stream.sendData(this.#frame(reply), false);
  }

  protected sendMessageParts(head: Uint8Array, headBytes: number, body: Uint8Array): void {
    if (this.#plan.codec !== undefined || headBytes > partsHeadBytesMax) {
      this.sendMessage([new Uint8Array(head.subarray(0, headBytes)), body]);
      return;
    }
    if (!this.#headSent) this.#sendHead();
    const length = headBytes + body.length;
    this.bound.sent.inc();
    this.host.metrics.sentBytes.inc(length);
    writePrefix(partsHead, 0, length, false);
    for (let i = 0; i < headBytes; i++) partsHead[prefixBytes + i] = head[i]!;
    this.stream.sendMessage(partsHead, prefixBytes + headBytes, body);
  }

  protected endOk(): void {
    if (this.ended) return;
    if (this.#headSent) {
      this.stream.sendHeaders(this.#extraTrailer === undefined ? okTrailer : this.#trailers(statusOk), true);
    } else {
      // Nothing was sent: one block says it all.
      const extra = this.#extraHeader ?? [];
      this.stream.sendHeaders([...this.#plan.head.fields, ...extra, ...this.#trailers(statusOk)], true);
      this.#headSent = true;
    }
    this.#close(Code.OK);
  }

  /** Counts a message that goes out, before it is compressed; returns its bytes. */
  #countSent(pieces: readonly Uint8Array[]): number {
    let length = 0;
    for (let i = 0; i < pieces.length; i++) length += pieces[i]!.length;
    this.bound.sent.inc();
    this.host.metrics.sentBytes.inc(length);
    return length;
  }

  #frame(reply: Reply): Uint8Array[] {
    const pieces = reply instanceof Uint8Array ? [reply] : reply;
    const length = this.#countSent(pieces);
    const { codec } = this.#plan;
    if (codec === undefined || length < compressBytesMin) return [messagePrefix(length, false), ...pieces];
    const packed = codec.compress(concatBytes(pieces));
    return [messagePrefix(packed.length, true), packed];
  }

  #sendHead(): void {
    this.#headSent = true;
    if (this.#extraHeader === undefined && this.#plan.codec === undefined) {
      this.stream.sendHeaders(this.#plan.head.head, false);
      return;
    }
    const fields = [...this.#plan.head.fields];
    if (this.#plan.codec !== undefined) fields.push(["grpc-encoding", this.#plan.codec.name]);
    if (this.#extraHeader !== undefined) fields.push(...this.#extraHeader);
    this.stream.sendHeaders(fields, false);
  }

  #trailers(outcome: Status): HeaderField[] {
    const fields = trailerFields(outcome);
    if (this.#extraTrailer !== undefined) fields.push(...this.#extraTrailer);
    return fields;
  }

  #close(code: Code): void {
    this.ended = true;
    this.deframer?.stop();
    if (this.started) {
      this.bound.handled[code]!.inc();
      this.bound.handlingSeconds?.observe((this.host.nowMs() - this.#startedMs) / 1000);
    }
    if (this.deadlineSlot >= 0) this.host.settled(this);
  }

  #tellCancelled(why: Status): void {
    const tell = this.onCancel;
    if (tell === undefined) return;
    this.onCancel = undefined;
    tell(why);
  }
}

/** One message in, one message out. */
export class UnaryCall extends ServerCall implements UnaryServerCall {
  #message: Uint8Array | undefined;

  headOnly(): void {
    // grpc-go reads a message and finds the end of the stream: io.EOF, which is no gRPC status and goes out as Unknown.
    this.fail(status(Code.Unknown, "EOF"));
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    const length = chunk.length;
    // The usual case: the whole request in the stream's only DATA frame. Its credit goes back when the stream closes.
    if (
      endStream &&
      this.deframer === undefined &&
      length >= prefixBytes &&
      chunk[0] === 0 &&
      chunk[1]! * 0x1000000 + ((chunk[2]! << 16) | (chunk[3]! << 8) | chunk[4]!) === length - prefixBytes &&
      length - prefixBytes <= this.host.receiveBytesMax
    ) {
      this.#dispatch(chunk.subarray(prefixBytes));
      return;
    }
    this.stream.consume(length);
    if (this.#message !== undefined) {
      // What follows the one message is of no interest, but its end is.
      if (endStream) this.dispatchNow();
      return;
    }
    if (length > 0) this.pushFrames(chunk);
    if (this.ended) return;
    if (this.#message !== undefined) {
      if (endStream) this.dispatchNow();
      // The end usually comes with the next frame of this turn; then the stream can be closed in both directions at once.
      else this.host.dispatchSoon(this);
    } else if (endStream) {
      const inside = this.deframer?.insideMessage === true;
      this.fail(status(Code.Unknown, inside ? "unexpected EOF" : "EOF"));
    }
  }

  /** Hands the message over, if that was not done yet. */
  dispatchNow(): void {
    if (this.started || this.ended || this.#message === undefined) return;
    this.#dispatch(this.#message);
  }

  onMessageBytes(message: Uint8Array): void {
    this.#message ??= message;
  }

  #dispatch(message: Uint8Array): void {
    this.begin();
    this.countReceived(message);
    const definition = this.bound.definition;
    if (definition.kind !== "unary") return;
    let reply: ReturnType<UnaryHandler>;
    try {
      reply = definition.handler(this, message);
    } catch (error) {
      this.fail(statusOf(error));
      return;
    }
    if (reply === undefined) return;
    if (reply instanceof Uint8Array || Array.isArray(reply)) {
      this.sendOnly(reply as Reply);
      return;
    }
    // Not an async function, whose frame would be one more thing that lives as long as the call waits for the log.
    (reply as Promise<Reply | undefined>).then(
      (settled) => {
        if (settled !== undefined) this.answer(settled);
      },
      (error: unknown) => this.refuse(error),
    );
  }

  answer(reply: Reply): void {
    try {
      this.sendOnly(reply);
    } catch (error) {
      this.refuse(error);
    }
  }

  refuse(error: unknown): void {
    this.fail(statusOf(error));
  }
}

/** A call with a stream on at least one side. */
export class StreamCall extends ServerCall implements ServerStream {
  onMessage: ((message: Uint8Array) => void) | undefined = undefined;
  onEnd: (() => void) | undefined = undefined;
  onDrain: (() => void) | undefined = undefined;
  #paused = false;
  /** DATA that came while paused, bounded by the stream's receive window since no credit is given for it. */
  #held: Uint8Array[] = [];
  #wantsDrain = false;
  #request: Uint8Array | undefined;
  /** END_STREAM arrived, perhaps behind DATA that is still held. */
  #lastSeen = false;
  #endTold = false;

  /** Starts the handler of a method whose requests are a stream. */
  start(): void {
    const definition = this.bound.definition;
    if (definition.kind === "unary" || definition.kind === "serverStream") return;
    this.begin();
    this.#run(() => definition.handler(this));
  }

  headOnly(): void {
    this.#lastSeen = true;
    if (!this.#paused) this.#ending();
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.#lastSeen = true;
    if (this.#paused) {
      if (chunk.length > 0) this.#held.push(chunk);
      return;
    }
    this.stream.consume(chunk.length);
    if (chunk.length > 0) this.pushFrames(chunk);
    if (endStream && !this.#paused) this.#ending();
  }

  onMessageBytes(message: Uint8Array): void {
    if (this.bound.definition.kind === "serverStream") {
      if (this.#request !== undefined) {
        this.fail(
          status(
            Code.Internal,
            "cardinality violation: received multiple request messages for non-client-streaming RPC",
          ),
        );
        return;
      }
      this.#request = message;
      return;
    }
    this.countReceived(message);
    this.onMessage?.(message);
  }

  send(message: Reply): void {
    if (!this.ended) this.sendMessage(message);
  }

  sendParts(head: Uint8Array, headBytes: number, body: Uint8Array): void {
    if (!this.ended) this.sendMessageParts(head, headBytes, body);
  }

  flush(): void {
    if (!this.ended) this.stream.flush();
  }

  whenSent(run: () => void): void {
    if (!this.ended) this.stream.whenSent(run);
  }

  get bufferedBytes(): number {
    return this.ended ? 0 : this.stream.bufferedBytes;
  }

  writable(): boolean {
    if (this.ended) return true;
    if (this.stream.bufferedBytes < this.host.streamHighWaterBytes) return true;
    this.#wantsDrain = true;
    return false;
  }

  /** Everything queued on the stream has gone. */
  drained(): void {
    if (!this.#wantsDrain || this.ended || !this.writable()) return;
    this.#wantsDrain = false;
    this.onDrain?.();
  }

  end(outcome?: Status): void {
    if (this.ended) return;
    if (outcome === undefined || outcome.code === Code.OK) this.endOk();
    else this.fail(outcome);
  }

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    if (!this.#paused) return;
    this.#paused = false;
    while (this.#held.length > 0 && !this.#paused && !this.ended) {
      const chunk = this.#held.shift()!;
      this.stream.consume(chunk.length);
      this.pushFrames(chunk);
    }
    if (this.#lastSeen && this.#held.length === 0 && !this.#paused) this.#ending();
  }

  /** The client's side is complete and delivered. */
  #ending(): void {
    if (this.ended || this.#endTold) return;
    this.#endTold = true;
    if (this.deframer?.insideMessage === true) {
      this.fail(status(Code.Internal, "unexpected EOF"));
      return;
    }
    const definition = this.bound.definition;
    if (definition.kind !== "serverStream") {
      this.onEnd?.();
      return;
    }
    const request = this.#request;
    if (request === undefined) {
      this.fail(
        status(Code.Internal, "cardinality violation: received no request message from non-client-streaming RPC"),
      );
      return;
    }
    this.begin();
    this.countReceived(request);
    this.#run(() => definition.handler(this, request));
  }

  #run(handler: () => void | Promise<void>): void {
    try {
      const done = handler();
      if (done !== undefined) done.catch((error: unknown) => this.fail(statusOf(error)));
    } catch (error) {
      this.fail(statusOf(error));
    }
  }
}
