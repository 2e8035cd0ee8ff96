import { assert, viewOf } from "../../base/index.ts";
import { Budget } from "./budget.ts";
import { Http2Code, Http2Error } from "./errors.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import {
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  Flag,
  FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  FrameType,
  readUint32,
  Setting,
  STREAM_ID_MAX,
  WINDOW_BYTES_MAX,
} from "./frames.ts";
import { type HeaderFacts, isRequestHead, isResponseHead, isTrailers } from "./header-rules.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import type { Http2Options } from "./options.ts";
import { PartialBlock } from "./partial-block.ts";
import { isBlock, Sender, type SenderOwner } from "./sender.ts";
import { checkSetting } from "./settings.ts";
import { DEFAULT_TABLE_BYTES } from "./static-table.ts";
import { Closing, Stream, type StreamOwner, StreamTable } from "./stream.ts";
import { type Progress, TimeLimits } from "./time-limits.ts";
import type { HeaderBlock, HeaderList, Http2Handler, Http2Output } from "./types.ts";

/** Unanswered PINGs of ours. */
const PINGS_MAX = 64;
/** Bytes of a reason that GOAWAY carries. */
const DEBUG_BYTES_MAX = 256;

const none = new Uint8Array(0);

function findValue(fields: HeaderList, name: string): string | undefined {
  for (const field of fields) if (field[0] === name) return field[1];
  return undefined;
}

/**
 * The machinery behind `Http2Connection`: everything that a stream, or the door, may ask for is a method here.
 *
 * Two rules keep it honest while the layer above calls back into it from inside its own callbacks: state is changed
 * before the callback that tells of it, and after any callback `#over` is looked at before going on.
 */
export class Engine implements StreamOwner, SenderOwner, FrameSink {
  readonly #server: boolean;
  readonly #handler: Http2Handler;
  readonly #output: Http2Output;
  readonly #options: Http2Options;

  readonly #streams = new StreamTable();
  /** Open streams by who opened them. */
  #peerOpen = 0;
  #localOpen = 0;
  /** Largest id of the peer's that was seen in HEADERS: smaller ones that are not in the table were closed. */
  #lastPeerId = 0;
  #nextLocalId = 1;

  /** Nothing more is read, written or told. */
  #over = false;
  /** Last stream named in our latest GOAWAY; larger ones of the peer are not taken up. -1 before the first. */
  #goawayLastId = -1;
  #goawayReceived = false;
  /** Ends when the last stream does. */
  #draining = false;
  /** `shutdown` began. */
  #shuttingDown = false;

  // Input.
  readonly #reader: FrameReader;
  #settingsReceived = false;
  readonly #block: PartialBlock;
  readonly #decoder: HpackDecoder;
  /** What the peer may still send on the connection, and what of it was given back but not told yet. */
  #receiveWindow: number;
  #credit = 0;
  #settingsAcked = false;
  /** Receive window of a new stream. */
  #streamWindow: number;

  // Output.
  readonly #sender: Sender;
  readonly #pings: { readonly payload: number; readonly onAck: () => void }[] = [];
  #pingCount = 0;

  // The peer's settings.
  #peerStreamWindow = DEFAULT_WINDOW_BYTES;
  #peerStreamsMax = Number.POSITIVE_INFINITY;

  // Floods.
  readonly #resets: Budget;

  // Time.
  readonly #limits: TimeLimits;
  /** Whole frames received. */
  #frames = 0;
  #streamsSeen = 0;

  constructor(server: boolean, handler: Http2Handler, output: Http2Output, options: Http2Options) {
    assert(options.maxFrameBytes >= DEFAULT_FRAME_BYTES && options.maxFrameBytes <= FRAME_BYTES_MAX, "maxFrameBytes");
    assert(options.streamWindowBytes <= WINDOW_BYTES_MAX, "streamWindowBytes");
    assert(options.connectionWindowBytes <= WINDOW_BYTES_MAX, "connectionWindowBytes");
    this.#server = server;
    this.#handler = handler;
    this.#output = output;
    this.#options = options;
    this.#reader = new FrameReader(this, server, options.maxFrameBytes);
    // Until the peer acknowledges our SETTINGS it may go by the defaults, so the more generous of both holds.
    this.#decoder = new HpackDecoder(
      options.maxHeaderListBytes,
      Math.max(DEFAULT_TABLE_BYTES, options.headerTableBytes),
    );
    this.#block = new PartialBlock(options);
    this.#streamWindow = Math.max(DEFAULT_WINDOW_BYTES, options.streamWindowBytes);
    this.#receiveWindow = Math.max(DEFAULT_WINDOW_BYTES, options.connectionWindowBytes);
    this.#resets = new Budget(options.resetBurst, options.resetsPerSecond);
    this.#limits = new TimeLimits(options);
    this.#sender = new Sender(this, output, options);
    this.#sender.preface(server);
  }

  // ---------------------------------------------------------------------------------------------------------------
  // The door

  get openStreams(): number {
    return this.#peerOpen + this.#localOpen;
  }

  get over(): boolean {
    return this.#over;
  }

  get framesSent(): number {
    return this.#sender.framesSent;
  }

  get gatheredBytes(): number {
    return this.#sender.gatheredBytes;
  }

  get canRequest(): boolean {
    return (
      !this.#over &&
      !this.#goawayReceived &&
      this.#goawayLastId < 0 &&
      this.#localOpen < this.#peerStreamsMax &&
      this.#nextLocalId <= STREAM_ID_MAX
    );
  }

  receive(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#options.stats.bytesReceived += chunk.length;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      // Only faults of the peer are thrown as Http2Error; anything else is a bug, of ours or of the layer above.
      if (!(error instanceof Http2Error)) throw error;
      this.fail(error.code, error);
    }
    if (this.#sender.overflowing) this.#overflow();
  }

  flush(): void {
    this.#sender.flush();
  }

  resume(): void {
    this.#sender.resume();
  }

  transportClosed(error?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#closeAll(Http2Code.CANCEL, error);
  }

  request(headers: HeaderList | HeaderBlock, endStream: boolean): Stream {
    assert(!this.#server, "a server opens no streams");
    if (!this.canRequest) throw new Http2Error(Http2Code.REFUSED_STREAM, "no stream can be opened");
    const stream = new Stream(this, this.#nextLocalId, this.#peerStreamWindow, this.#streamWindow);
    this.#nextLocalId += 2;
    this.#localOpen++;
    this.#streamsSeen++;
    this.#options.stats.streamsOpened++;
    stream.headRequest = !isBlock(headers) && findValue(headers, ":method") === "HEAD";
    this.#streams.add(stream);
    this.#sender.headers(stream, headers, endStream);
    return stream;
  }

  ping(onAck: () => void): void {
    if (this.#over || this.#pings.length >= PINGS_MAX) return;
    const payload = ++this.#pingCount;
    this.#pings.push({ payload, onAck });
    this.#sender.ping(payload);
  }

  goaway(code: number, debug?: Uint8Array): void {
    if (this.#over) return;
    this.#sender.goaway(this.#lastPeerId, code, debug ?? none);
    this.#goawayLastId = this.#lastPeerId;
  }

  shutdown(): void {
    if (this.#over || this.#shuttingDown) return;
    this.#shuttingDown = true;
    if (!this.#server) {
      this.goaway(Http2Code.NO_ERROR);
      this.#drain();
      return;
    }
    // First tell, taking up what is under way; after a round trip name the last stream (RFC 9113 6.8).
    this.#sender.goaway(STREAM_ID_MAX, Http2Code.NO_ERROR, none);
    this.ping(() => this.#drainAfterNotice());
  }

  #drainAfterNotice(): void {
    if (this.#over || this.#draining) return;
    this.goaway(Http2Code.NO_ERROR);
    this.#drain();
  }

  #drain(): void {
    this.#draining = true;
    if (this.openStreams === 0) this.#finish();
  }

  /** The orderly end: everything was said. */
  #finish(error?: Error): void {
    if (this.#over) return;
    this.flush();
    this.#over = true;
    this.#output.end();
    this.#closeAll(Http2Code.CANCEL, error);
  }

  destroy(code: number): void {
    if (this.#over) return;
    this.#end(code, none, code === Http2Code.NO_ERROR ? undefined : new Http2Error(code, "connection destroyed"));
  }

  /** The peer broke the protocol, or a limit. */
  fail(code: number, error: Error): void {
    if (this.#over) return;
    this.#options.stats.connectionErrors++;
    if (code === Http2Code.ENHANCE_YOUR_CALM) this.#options.stats.floods++;
    this.#end(code, Buffer.from(error.message, "latin1").subarray(0, DEBUG_BYTES_MAX), error);
  }

  #end(code: number, debug: Uint8Array, error: Error | undefined): void {
    this.#sender.goaway(this.#lastPeerId, code, debug);
    this.flush();
    this.#over = true;
    this.#output.end();
    this.#closeAll(code === Http2Code.NO_ERROR ? Http2Code.CANCEL : code, error);
  }

  #closeAll(code: number, error: Error | undefined): void {
    this.#pings.length = 0;
    this.#sender.close();
    this.#block.drop();
    this.#reader.close();
    for (const stream of this.#streams.open()) {
      if (stream.closed) continue;
      stream.closing = Closing.ResetByUs;
      this.#handler.onReset(stream, code);
      stream.localEnded = true;
      stream.remoteEnded = true;
      stream.release();
    }
    this.#peerOpen = 0;
    this.#localOpen = 0;
    this.#handler.onClose(error);
  }

  #overflow(): void {
    this.fail(
      Http2Code.ENHANCE_YOUR_CALM,
      new Http2Error(Http2Code.ENHANCE_YOUR_CALM, "output gathers and nobody reads it"),
    );
  }

  checkTimeouts(nowMs: number): void {
    if (this.#over) return;
    const passed = this.#limits.pass(nowMs);
    this.#resets.pass(passed);
    this.#sender.control.pass(passed);
    this.#sender.windowUpdates.pass(passed);
    switch (this.#limits.look(this.#progress())) {
      case "handshake":
        this.#timeout(Http2Code.SETTINGS_TIMEOUT, "handshake not finished in time");
        break;
      case "settings":
        this.#timeout(Http2Code.SETTINGS_TIMEOUT, "settings not acknowledged in time");
        break;
      case "frame":
        this.#timeout(Http2Code.ENHANCE_YOUR_CALM, "frame not finished in time");
        break;
      case "idle":
        this.#options.stats.timeouts++;
        this.shutdown();
        break;
      case "notice":
        this.#drainAfterNotice();
        break;
      default:
    }
  }

  #progress(): Progress {
    // Whole frames are counted, and a block by its stream, so dribbled bytes do not count as getting on.
    let unfinished: number | undefined;
    if (this.#block.streamId !== 0) unfinished = -this.#block.streamId;
    else if (this.#reader.insideFrame) unfinished = this.#frames;
    return {
      settingsReceived: this.#settingsReceived,
      settingsAcked: this.#settingsAcked,
      unfinished,
      openStreams: this.openStreams,
      streamsSeen: this.#streamsSeen,
      noticeGiven: this.#shuttingDown && !this.#draining,
    };
  }

  #timeout(code: number, message: string): void {
    this.#options.stats.timeouts++;
    this.#end(code, Buffer.from(message, "latin1"), new Http2Error(code, message));
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Input: what the frame reader found

  /** RFC 9113 4.2 would let DATA of this kind end only its stream; who ignores our SETTINGS gets no second chance. */
  tooLong(source: Uint8Array, at: number): never {
    if (!this.#settingsReceived && source[at + 3] !== FrameType.Settings) {
      throw new Http2Error(Http2Code.PROTOCOL_ERROR, "SETTINGS expected first");
    }
    const streamId = readUint32(source, at + 5) & STREAM_ID_MAX;
    throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, `frame above the limit on stream ${streamId}`);
  }

  frame(source: Uint8Array, at: number, length: number): boolean {
    this.#frames++;
    const type = source[at + 3]!;
    const flags = source[at + 4]!;
    const streamId =
      ((source[at + 5]! & 0x7f) << 24) | (source[at + 6]! << 16) | (source[at + 7]! << 8) | source[at + 8]!;
    const start = at + FRAME_HEAD_BYTES;
    const end = start + length;
    if (this.#block.streamId !== 0 && (type !== FrameType.Continuation || streamId !== this.#block.streamId)) {
      throw new Http2Error(Http2Code.PROTOCOL_ERROR, "header block interrupted");
    }
    if (!this.#settingsReceived && (type !== FrameType.Settings || (flags & Flag.Ack) !== 0)) {
      throw new Http2Error(Http2Code.PROTOCOL_ERROR, "SETTINGS expected first");
    }
    switch (type) {
      case FrameType.Data:
        this.#onData(source, start, end, flags, streamId);
        break;
      case FrameType.Headers:
        this.#onHeaders(source, start, end, flags, streamId);
        break;
      case FrameType.Priority:
        this.#onPriority(source, start, length, streamId);
        break;
      case FrameType.RstStream:
        this.#onRstStream(source, start, length, streamId);
        break;
      case FrameType.Settings:
        this.#onSettings(source, start, length, flags, streamId);
        break;
      case FrameType.PushPromise:
        // A client never pushes, and a server of ours was told not to.
        throw new Http2Error(Http2Code.PROTOCOL_ERROR, "PUSH_PROMISE refused");
      case FrameType.Ping:
        this.#onPing(source, start, length, flags, streamId);
        break;
      case FrameType.Goaway:
        this.#onGoaway(source, start, length, streamId);
        break;
      case FrameType.WindowUpdate:
        this.#onWindowUpdate(source, start, length, streamId);
        break;
      case FrameType.Continuation:
        this.#onContinuation(source, start, end, flags);
        break;
      default:
        // Unknown frames are for extensions, and are to be ignored (RFC 9113 5.5).
        this.#spendControl();
    }
    return !this.#over;
  }

  #spendControl(): void {
    if (!this.#sender.control.take()) throw new Http2Error(Http2Code.ENHANCE_YOUR_CALM, "too many control frames");
  }

  #spendReset(): void {
    if (!this.#resets.take()) throw new Http2Error(Http2Code.ENHANCE_YOUR_CALM, "too many streams reset");
  }

  /** A stream that nobody has opened yet (RFC 9113 5.1). */
  #isIdle(streamId: number): boolean {
    const ofClient = (streamId & 1) === 1;
    // Nobody pushes, so even ids stay idle for good.
    if (!ofClient) return true;
    return this.#server ? streamId > this.#lastPeerId : streamId >= this.#nextLocalId;
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Input: DATA

  #onData(source: Uint8Array, dataStart: number, frameEnd: number, flags: number, streamId: number): void {
    if (streamId === 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "DATA on stream 0");
    let start = dataStart;
    let end = frameEnd;
    const length = end - start;
    if ((flags & Flag.Padded) !== 0) {
      if (length === 0) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "padded DATA without pad length");
      const padding = source[start]!;
      if (padding >= length) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "DATA padding beyond the frame");
      start++;
      end -= padding;
    }
    // The connection's window counts whatever was sent, to whichever stream.
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0) throw new Http2Error(Http2Code.FLOW_CONTROL_ERROR, "connection window exceeded");

    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.closed || stream.remoteEnded) {
      this.#giveBack(length);
      this.#lateFrame(stream, streamId, "DATA");
      return;
    }
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      this.#giveBack(length);
      this.#streamError(stream, Http2Code.FLOW_CONTROL_ERROR);
      return;
    }
    const endStream = (flags & Flag.EndStream) !== 0;
    const bytes = end - start;
    if (!this.#server && !stream.headReceived) {
      this.#giveBack(length);
      this.#streamError(stream, Http2Code.PROTOCOL_ERROR);
      return;
    }
    stream.received += bytes;
    if (
      stream.contentLength >= 0 &&
      (stream.received > stream.contentLength || (endStream && stream.received !== stream.contentLength))
    ) {
      this.#giveBack(length);
      this.#streamError(stream, Http2Code.PROTOCOL_ERROR);
      return;
    }
    stream.owed += length;
    if (length > bytes) this.consume(stream, length - bytes);
    if (bytes === 0) {
      if (!endStream) {
        this.#spendControl();
        return;
      }
    } else {
      this.#sender.control.add(1);
    }
    if (endStream) stream.remoteEnded = true;
    this.#handler.onData(stream, viewOf(source, start, end), endStream);
    if (endStream) this.#closeIfEnded(stream);
  }

  /** DATA or HEADERS on a stream whose peer has no business sending them any more, or yet. */
  #lateFrame(stream: Stream | undefined, streamId: number, what: string): void {
    if (stream === undefined) {
      if (this.#isIdle(streamId)) throw new Http2Error(Http2Code.PROTOCOL_ERROR, `${what} on an idle stream`);
      if (this.#goawayLastId >= 0 && streamId > this.#goawayLastId) return;
      // Closed so long ago that nobody knows how.
      this.#spendControl();
      this.#sender.reset(streamId, Http2Code.STREAM_CLOSED);
      return;
    }
    switch (stream.closing) {
      case Closing.Open:
        // Half closed: the peer said END_STREAM and goes on.
        this.#streamError(stream, Http2Code.STREAM_CLOSED);
        return;
      case Closing.Ended:
        throw new Http2Error(Http2Code.STREAM_CLOSED, `${what} after END_STREAM`);
      case Closing.ResetByPeer:
        this.#spendControl();
        this.#sender.reset(streamId, Http2Code.STREAM_CLOSED);
        return;
      case Closing.ResetByUs:
        // Sent before our RST_STREAM got there; an upload that was cut off may have a whole window of it under way.
        return;
    }
  }

  /** Connection-level credit for `bytes` that nobody will consume. */
  #giveBack(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit * 2 >= this.#options.connectionWindowBytes) {
      this.#receiveWindow += this.#credit;
      this.#sender.windowUpdate(0, this.#credit);
      this.#credit = 0;
    }
  }

  consume(stream: Stream, bytes: number): void {
    const given = Math.min(bytes, stream.owed);
    if (given <= 0 || this.#over) return;
    stream.owed -= given;
    this.#giveBack(given);
    if (stream.remoteEnded) return;
    stream.credit += given;
    if (stream.credit * 2 >= this.#options.streamWindowBytes) {
      stream.receiveWindow += stream.credit;
      this.#sender.windowUpdate(stream.id, stream.credit);
      stream.credit = 0;
    }
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Input: HEADERS

  #onHeaders(source: Uint8Array, blockStart: number, frameEnd: number, flags: number, streamId: number): void {
    if (streamId === 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "HEADERS on stream 0");
    let start = blockStart;
    let end = frameEnd;
    let padding = 0;
    if ((flags & Flag.Padded) !== 0) {
      if (start === end) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "padded HEADERS without pad length");
      padding = source[start++]!;
    }
    let dependsOnItself = false;
    if ((flags & Flag.Priority) !== 0) {
      if (end - start < 5) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "HEADERS without its priority");
      dependsOnItself = (readUint32(source, start) & STREAM_ID_MAX) === streamId;
      start += 5;
    }
    if (padding > end - start) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "HEADERS padding beyond the frame");
    end -= padding;
    // RFC 7540 5.3.1: a fault of the stream; the connection's, here, since its block would have to be decoded first.
    if (dependsOnItself) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "stream depends on itself");
    const endStream = (flags & Flag.EndStream) !== 0;
    if ((flags & Flag.EndHeaders) !== 0) {
      this.#onBlock(streamId, endStream, source, start, end);
      return;
    }
    this.#block.begin(streamId, endStream, source.subarray(start, end));
  }

  #onContinuation(source: Uint8Array, start: number, end: number, flags: number): void {
    const { streamId, endStream } = this.#block;
    if (streamId === 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "CONTINUATION without HEADERS");
    this.#block.add(source.subarray(start, end));
    if ((flags & Flag.EndHeaders) === 0) return;
    const block = this.#block.finish();
    this.#onBlock(streamId, endStream, block, 0, block.length);
  }

  /** One whole header block. It is decoded whatever becomes of its stream: the table must stay in step. */
  #onBlock(streamId: number, endStream: boolean, source: Uint8Array, start: number, end: number): void {
    const facts = this.#decoder.decode(source, start, end);
    if (this.#decoder.lastWasCached) this.#options.stats.headerBlocksCached++;
    else this.#options.stats.headerBlocksDecoded++;
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      if (this.#server) this.#onRequest(streamId, endStream, facts);
      else this.#lateFrame(undefined, streamId, "HEADERS");
      return;
    }
    if (stream.closed || stream.remoteEnded) {
      this.#lateFrame(stream, streamId, "HEADERS");
      return;
    }
    if (stream.headReceived) this.#onTrailers(stream, endStream, facts);
    else this.#onResponse(stream, endStream, facts);
  }

  #onRequest(streamId: number, endStream: boolean, facts: HeaderFacts): void {
    // Ids only grow; an old one that is not in the table was skipped, or is long closed (RFC 9113 5.1.1).
    if ((streamId & 1) === 0 || streamId <= this.#lastPeerId) {
      throw new Http2Error(Http2Code.PROTOCOL_ERROR, "stream id not above the last");
    }
    this.#lastPeerId = streamId;
    if (this.#goawayLastId >= 0 && streamId > this.#goawayLastId) return;
    const stream = new Stream(this, streamId, this.#peerStreamWindow, this.#streamWindow);
    stream.headReceived = true;
    stream.contentLength = facts.contentLength;
    this.#streams.add(stream);
    this.#peerOpen++;
    this.#streamsSeen++;
    this.#options.stats.streamsOpened++;
    if (this.#peerOpen > this.#options.maxConcurrentStreams) {
      this.#options.stats.streamsRefused++;
      this.#rejectRequest(stream, Http2Code.REFUSED_STREAM);
      return;
    }
    if (facts.oversize) {
      this.#rejectRequest(stream, Http2Code.ENHANCE_YOUR_CALM);
      return;
    }
    if (!isRequestHead(facts) || (endStream && facts.contentLength > 0)) {
      this.#rejectRequest(stream, Http2Code.PROTOCOL_ERROR);
      return;
    }
    this.#sender.control.add(1);
    stream.remoteEnded = endStream;
    this.#handler.onHeaders(stream, facts.fields, endStream);
    if (endStream) this.#closeIfEnded(stream);
  }

  /** Ends a stream that the layer above never heard of. Counts as a reset: making us reset is as cheap as resetting. */
  #rejectRequest(stream: Stream, code: number): void {
    this.#sender.reset(stream.id, code);
    this.#close(stream, Closing.ResetByUs);
    this.#spendReset();
  }

  #onResponse(stream: Stream, endStream: boolean, facts: HeaderFacts): void {
    if (facts.oversize) {
      this.#streamError(stream, Http2Code.ENHANCE_YOUR_CALM);
      return;
    }
    if (!isResponseHead(facts)) {
      this.#streamError(stream, Http2Code.PROTOCOL_ERROR);
      return;
    }
    const status = facts.fields[0]![1];
    if (status.charCodeAt(0) === 0x31) {
      // 101 does not exist in HTTP/2, and an informational head is never the last (RFC 9113 8.1, 8.6).
      if (endStream || status === "101") {
        this.#streamError(stream, Http2Code.PROTOCOL_ERROR);
        return;
      }
      this.#spendControl();
      this.#handler.onInformational?.(stream, facts.fields);
      return;
    }
    if (!stream.headRequest && status !== "304" && status !== "204") {
      stream.contentLength = facts.contentLength;
      if (endStream && facts.contentLength > 0) {
        this.#streamError(stream, Http2Code.PROTOCOL_ERROR);
        return;
      }
    }
    stream.headReceived = true;
    stream.remoteEnded = endStream;
    this.#sender.control.add(1);
    this.#handler.onHeaders(stream, facts.fields, endStream);
    if (endStream) this.#closeIfEnded(stream);
  }

  #onTrailers(stream: Stream, endStream: boolean, facts: HeaderFacts): void {
    if (facts.oversize) {
      this.#streamError(stream, Http2Code.ENHANCE_YOUR_CALM);
      return;
    }
    if (!endStream || !isTrailers(facts) || (stream.contentLength >= 0 && stream.received !== stream.contentLength)) {
      this.#streamError(stream, Http2Code.PROTOCOL_ERROR);
      return;
    }
    stream.remoteEnded = true;
    this.#handler.onHeaders(stream, facts.fields, true);
    this.#closeIfEnded(stream);
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Input: the other frames

  #onPriority(source: Uint8Array, start: number, length: number, streamId: number): void {
    if (streamId === 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "PRIORITY on stream 0");
    this.#spendControl();
    const stream = this.#streams.get(streamId);
    const itself = length >= 4 && (readUint32(source, start) & STREAM_ID_MAX) === streamId;
    if (length === 5 && !itself) return;
    const code = length !== 5 ? Http2Code.FRAME_SIZE_ERROR : Http2Code.PROTOCOL_ERROR;
    // A fault of the stream, open or closed; one that does not exist cannot be reset, so it is the connection's then.
    if (stream !== undefined && !stream.closed) this.#streamError(stream, code);
    else if (this.#isIdle(streamId)) throw new Http2Error(code, "PRIORITY");
    else this.#sender.reset(streamId, code);
  }

  #onRstStream(source: Uint8Array, start: number, length: number, streamId: number): void {
    if (streamId === 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "RST_STREAM on stream 0");
    if (length !== 4) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "RST_STREAM");
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.closed) {
      if (stream === undefined && this.#isIdle(streamId)) {
        throw new Http2Error(Http2Code.PROTOCOL_ERROR, "RST_STREAM on an idle stream");
      }
      this.#spendControl();
      return;
    }
    this.#options.stats.resetsReceived++;
    // A peer that had an answer ends its call the only way there is (a lease renewed once, a watch no longer wanted).
    if (this.#sender.hasAnswered(stream)) this.#resets.add(1);
    this.#abort(stream, Closing.ResetByPeer, readUint32(source, start));
    if (this.#server && !this.#over) this.#spendReset();
  }

  #onSettings(source: Uint8Array, start: number, length: number, flags: number, streamId: number): void {
    if (streamId !== 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "SETTINGS on a stream");
    this.#spendControl();
    if ((flags & Flag.Ack) !== 0) {
      if (length !== 0) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "SETTINGS acknowledgement with content");
      if (!this.#settingsAcked) {
        this.#settingsAcked = true;
        this.#decoder.setAllowedBytes(this.#options.headerTableBytes);
        this.#streamWindow = this.#options.streamWindowBytes;
      }
      return;
    }
    if (length % 6 !== 0) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "SETTINGS");
    this.#settingsReceived = true;
    for (let at = start; at < start + length; at += 6) {
      this.#onSetting((source[at]! << 8) | source[at + 1]!, readUint32(source, at + 2));
    }
    this.#sender.settingsAck();
    this.#sender.pump();
  }

  #onSetting(name: number, value: number): void {
    checkSetting(name, value, !this.#server);
    switch (name) {
      case Setting.HeaderTableSize:
        this.#sender.setPeerTableBytes(value);
        break;
      case Setting.MaxConcurrentStreams: {
        const could = this.canRequest;
        this.#peerStreamsMax = value;
        if (!could && this.canRequest) this.#handler.onCapacity?.();
        break;
      }
      case Setting.InitialWindowSize: {
        const change = value - this.#peerStreamWindow;
        this.#peerStreamWindow = value;
        if (change === 0 || this.openStreams === 0) break;
        for (const stream of this.#streams.open()) {
          if (!this.#sender.openStreamWindow(stream, change)) {
            throw new Http2Error(Http2Code.FLOW_CONTROL_ERROR, "initial window makes a window too large");
          }
        }
        break;
      }
      case Setting.MaxFrameSize:
        this.#sender.peerFrameBytes = value;
        break;
      default:
      // SETTINGS_MAX_HEADER_LIST_SIZE is advice, and our heads are small; we never push.
    }
  }

  #onPing(source: Uint8Array, start: number, length: number, flags: number, streamId: number): void {
    if (streamId !== 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "PING on a stream");
    if (length !== 8) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "PING");
    this.#spendControl();
    if ((flags & Flag.Ack) !== 0) {
      const payload = readUint32(source, start + 4);
      const index = this.#pings.findIndex((ping) => ping.payload === payload);
      if (index < 0) return;
      const [ping] = this.#pings.splice(index, 1);
      ping!.onAck();
      return;
    }
    this.#handler.onPing?.();
    if (this.#over) return;
    this.#sender.pingAck(source, start);
  }

  #onGoaway(source: Uint8Array, start: number, length: number, streamId: number): void {
    if (streamId !== 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "GOAWAY on a stream");
    if (length < 8) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "GOAWAY");
    this.#spendControl();
    this.#goawayReceived = true;
    const lastStreamId = readUint32(source, start) & STREAM_ID_MAX;
    const code = readUint32(source, start + 4);
    if (!this.#server) {
      for (const stream of this.#streams.open()) {
        if (stream.id > lastStreamId && !stream.closed) {
          this.#abort(stream, Closing.ResetByUs, Http2Code.REFUSED_STREAM);
        }
      }
    }
    if (this.#over) return;
    this.#handler.onGoaway(lastStreamId, code, source.subarray(start + 8, start + length));
    if (this.#over || this.#server) return;
    const error = code === Http2Code.NO_ERROR ? undefined : new Http2Error(code, "the peer went away", true);
    this.#draining = true;
    if (this.openStreams === 0) this.#finish(error);
  }

  #onWindowUpdate(source: Uint8Array, start: number, length: number, streamId: number): void {
    if (length !== 4) throw new Http2Error(Http2Code.FRAME_SIZE_ERROR, "WINDOW_UPDATE");
    if (!this.#sender.windowUpdates.take())
      throw new Http2Error(Http2Code.ENHANCE_YOUR_CALM, "too many window updates");
    const increment = readUint32(source, start) & WINDOW_BYTES_MAX;
    if (streamId === 0) {
      if (increment === 0) throw new Http2Error(Http2Code.PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
      if (!this.#sender.openWindow(increment)) {
        throw new Http2Error(Http2Code.FLOW_CONTROL_ERROR, "connection window too large");
      }
      this.#sender.pump();
      return;
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.closed) {
      if (stream === undefined && this.#isIdle(streamId)) {
        throw new Http2Error(Http2Code.PROTOCOL_ERROR, "WINDOW_UPDATE on an idle stream");
      }
      return;
    }
    if (increment === 0) {
      this.#streamError(stream, Http2Code.PROTOCOL_ERROR);
      return;
    }
    if (this.#sender.openStreamWindow(stream, increment)) this.#sender.pump();
    else this.#streamError(stream, Http2Code.FLOW_CONTROL_ERROR);
  }

  // ---------------------------------------------------------------------------------------------------------------
  // How streams end

  #closeIfEnded(stream: Stream): void {
    // `localEnded` may run ahead of what was sent: the queue has to be gone, too.
    if (!stream.localEnded || !stream.remoteEnded || stream.closed) return;
    if (stream.bufferedBytes > 0 || stream.trailers !== undefined) return;
    this.#resets.add(1);
    this.#close(stream, Closing.Ended);
  }

  /** Our END_STREAM was written. */
  endLocal(stream: Stream): void {
    stream.localEnded = true;
    if (stream.closed) return;
    if (!stream.remoteEnded && this.#server && this.#options.resetAfterResponse) {
      this.#sender.reset(stream.id, Http2Code.NO_ERROR);
      this.#resets.add(1);
      this.#close(stream, Closing.ResetByUs);
      return;
    }
    this.#closeIfEnded(stream);
  }

  /** The one place where a stream becomes closed. */
  #close(stream: Stream, closing: Closing): void {
    stream.closing = closing;
    stream.localEnded = true;
    stream.remoteEnded = true;
    stream.release();
    this.#streams.remove(stream);
    const owed = stream.owed;
    stream.owed = 0;
    if (owed > 0) this.#giveBack(owed);
    if (this.#server) {
      this.#peerOpen--;
    } else {
      const could = this.canRequest;
      this.#localOpen--;
      if (!could && this.canRequest) this.#handler.onCapacity?.();
    }
    if (this.#draining && this.openStreams === 0) this.#finish();
  }

  /** The stream dies by something else than the layer above, which is told. */
  #abort(stream: Stream, closing: Closing, code: number): void {
    stream.closing = closing;
    this.#handler.onReset(stream, code);
    // The connection may have ended in the callback, and with it all that is left to do.
    if (!this.#over) this.#close(stream, closing);
  }

  /** A fault of the peer on an open stream. */
  #streamError(stream: Stream, code: number): void {
    this.#sender.reset(stream.id, code);
    this.#abort(stream, Closing.ResetByUs, code);
    if (this.#server && !this.#over) this.#spendReset();
  }

  reset(stream: Stream, code: number): void {
    if (this.#over || stream.closed) return;
    this.#sender.reset(stream.id, code);
    this.#close(stream, Closing.ResetByUs);
  }

  // ---------------------------------------------------------------------------------------------------------------
  // What streams and the sender ask

  sendHeaders(stream: Stream, headers: HeaderList | HeaderBlock, endStream: boolean): void {
    this.#sender.headers(stream, headers, endStream);
  }

  sendData(stream: Stream, pieces: readonly Uint8Array[], endStream: boolean): void {
    this.#sender.data(stream, pieces, endStream);
  }

  sendMessage(stream: Stream, head: Uint8Array, headBytes: number, body: Uint8Array): void {
    this.#sender.message(stream, head, headBytes, body);
  }

  whenSent(stream: Stream, run: () => void): void {
    this.#sender.whenSent(stream, run);
  }

  sendUnary(
    stream: Stream,
    head: HeaderBlock,
    prefix: Uint8Array,
    data: readonly Uint8Array[],
    trailers: HeaderBlock,
  ): void {
    this.#sender.unary(stream, head, prefix, data, trailers);
  }

  drained(stream: Stream): void {
    this.#handler.onDrain(stream);
  }
}
