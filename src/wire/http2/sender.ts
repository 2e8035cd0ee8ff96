import { assert } from "../../base/index.ts";
import { Budget } from "./budget.ts";
import {
  CLIENT_PREFACE,
  copyBytes,
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  Setting,
  WINDOW_BYTES_MAX,
  writeFrameHead,
  writeUint32,
} from "./frames.ts";
import { Gather } from "./gather.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import type { Http2Options } from "./options.ts";
import { DEFAULT_TABLE_BYTES } from "./static-table.ts";
import type { Stream } from "./stream.ts";
import type { HeaderBlock, HeaderList, Http2Output } from "./types.ts";

/** Payloads up to this are copied behind their frame head; a piece of its own costs the socket more than the copy. */
const COPY_BYTES_MAX = 8192;
/** Data up to this is framed at once when the windows allow; more goes through the queue, which minds the socket. */
const DIRECT_BYTES_MAX = 64 * 1024;

const none = new Uint8Array(0);

/** Lengths move both windows of the peer: one that is NaN would stop the whole connection for good. */
const noLength = "http2: what is sent is not bytes";

export function isBlock(headers: HeaderList | HeaderBlock): headers is HeaderBlock {
  return !Array.isArray(headers);
}

/** What the sending side tells the connection. */
export interface SenderOwner {
  /** END_STREAM of this stream was written. */
  endLocal(stream: Stream): void;
  /** The stream's queue ran empty, and more may come. */
  drained(stream: Stream): void;
}

/**
 * The sending half of a connection: frames into the gathered output, both levels of the peer's windows, and the queues
 * of streams that wait for them or for the socket.
 */
export class Sender {
  readonly #owner: SenderOwner;
  readonly #output: Http2Output;
  readonly #options: Http2Options;

  readonly #gather = new Gather();
  readonly #encoder: HpackEncoder;
  /** The connection is over: nothing is sent any more. */
  #over = false;
  /** The output was told that there is something to flush. */
  #dirty = true;
  /** Ordinal of the flush that what is gathered waits for. */
  #flushes = 1;
  /** The socket said stop; bytes gathered since. */
  #paused = false;
  #pausedBytes = 0;
  /** Told once the output has sent what is gathered. */
  #sent: (() => void)[] = [];

  /**
   * The DATA frame at the end of the output, which more data of its stream makes longer as long as nothing was gathered
   * behind it: `#tailAt` in `#tailBuffer` is where its head stands, `#tailEnd` how much was gathered when it was complete.
   */
  #tailStream: Stream | undefined;
  #tailBuffer: Uint8Array = none;
  #tailAt = 0;
  #tailBytes = 0;
  #tailEnd = 0;

  /** What the peer lets us send on the connection. */
  #window = DEFAULT_WINDOW_BYTES;
  /** The peer's SETTINGS_MAX_FRAME_SIZE. */
  peerFrameBytes = DEFAULT_FRAME_BYTES;
  /** DATA and HEADERS frames put into the output so far, wherever they waited before. */
  framesSent = 0;
  /** Bounds what the peer may make us do by opening windows; each DATA frame we send earns it some. */
  readonly windowUpdates: Budget;
  /** Other frames that the peer may send for nothing. It may well ask how far its line reaches (a PING) at each DATA frame that it got. */
  readonly control: Budget;

  /** Streams with something queued and, as far as known, an open window of their own, in turn from `#readyAt` on. */
  #ready: Stream[] = [];
  #readyAt = 0;
  #pumping = false;

  constructor(owner: SenderOwner, output: Http2Output, options: Http2Options) {
    this.#owner = owner;
    this.#output = output;
    this.#options = options;
    this.#encoder = new HpackEncoder(options.encoderTableBytes);
    this.windowUpdates = new Budget(options.windowUpdateBurst, options.windowUpdatesPerSecond);
    this.control = new Budget(options.controlBurst, options.controlPerSecond);
  }

  get gatheredBytes(): number {
    return this.#gather.bytes;
  }

  /** More was gathered while the socket is backed up than anybody should be made to hold. */
  get overflowing(): boolean {
    return this.#pausedBytes > this.#options.pausedOutputBytesMax;
  }

  /** Data of the stream left before what the peer says now: it may have waited for that. */
  hasAnswered(stream: Stream): boolean {
    return stream.answeredIn !== 0 && stream.answeredIn < this.#flushes;
  }

  flush(): void {
    this.#dirty = false;
    const bytes = this.#gather.bytes;
    const sent = this.#takeSent();
    if (bytes === 0) {
      if (sent !== undefined) this.#output.write([], sent);
      return;
    }
    this.#options.stats.bytesSent += bytes;
    this.#flushes++;
    // What is written is not ours to change any more.
    this.#tailStream = undefined;
    if (this.#output.write(this.#gather.take(), sent) === false) this.#paused = true;
    this.#gather.release(this.#output.released?.() === true);
  }

  #takeSent(): (() => void) | undefined {
    if (this.#sent.length === 0) return undefined;
    const waiting = this.#sent;
    this.#sent = [];
    return () => {
      for (const run of waiting) run();
    };
  }

  #flushIfLarge(): void {
    if (this.#gather.bytes >= this.#options.gatherBytesMax) this.flush();
  }

  resume(): void {
    if (this.#over || !this.#paused) return;
    this.#paused = false;
    this.#pausedBytes = 0;
    this.pump();
  }

  /** No more: what was not flushed is dropped. */
  close(): void {
    this.#over = true;
    this.#tailStream = undefined;
    this.#gather.clear();
    this.#sent = [];
    this.#ready = [];
    this.#readyAt = 0;
  }

  // ---------------------------------------------------------------------------------------------------------------
  // What the peer allows

  /** SETTINGS_HEADER_TABLE_SIZE. */
  setPeerTableBytes(bytes: number): void {
    this.#encoder.setPeerBytesMax(bytes);
  }

  /** WINDOW_UPDATE on the connection. False when the window would become too large. */
  openWindow(bytes: number): boolean {
    this.#window += bytes;
    return this.#window <= WINDOW_BYTES_MAX;
  }

  /** As above for a stream; also by a change of SETTINGS_INITIAL_WINDOW_SIZE, then possibly negative. */
  openStreamWindow(stream: Stream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > WINDOW_BYTES_MAX) return false;
    if (stream.bufferedBytes > 0 && stream.sendWindow > 0) this.#schedule(stream);
    return true;
  }

  // ---------------------------------------------------------------------------------------------------------------
  // Messages

  headers(stream: Stream, headers: HeaderList | HeaderBlock, endStream: boolean): void {
    if (this.#over || stream.localEnded) return;
    if (stream.bufferedBytes > 0) {
      assert(endStream, "headers behind data are trailers");
      stream.trailers = headers;
      stream.localEnded = true;
      return;
    }
    this.#writeHeaders(stream, headers, endStream);
    if (endStream) this.#owner.endLocal(stream);
    this.#flushIfLarge();
  }

  data(stream: Stream, pieces: readonly Uint8Array[], endStream: boolean): void {
    if (this.#over || stream.localEnded) return;
    let total = 0;
    for (let i = 0; i < pieces.length; i++) total += pieces[i]!.length;
    assert(total >= 0, noLength);
    if (total === 0 && !endStream) return;
    const direct =
      stream.bufferedBytes === 0 &&
      !this.#paused &&
      total <= DIRECT_BYTES_MAX &&
      total <= this.#window &&
      total <= stream.sendWindow;
    if (direct || (total === 0 && stream.bufferedBytes === 0)) {
      this.#writePieces(stream, pieces, total, endStream);
      if (endStream) this.#owner.endLocal(stream);
      this.#flushIfLarge();
      return;
    }
    this.#enqueue(stream, pieces, total);
    stream.localEnded = endStream;
    if (stream.sendWindow > 0) {
      this.#schedule(stream);
      this.pump();
    }
  }

  /**
   * DATA made of the first `headBytes` of `head`, which are copied, and of `body`, which stays as it is. For many small
   * messages in a row: nothing is allocated for one that the windows allow.
   */
  message(stream: Stream, head: Uint8Array, headBytes: number, body: Uint8Array): void {
    if (this.#over || stream.localEnded) return;
    const total = headBytes + body.length;
    assert(total >= 0, noLength);
    if (
      total > COPY_BYTES_MAX ||
      total > this.#window ||
      total > stream.sendWindow ||
      stream.bufferedBytes > 0 ||
      this.#paused
    ) {
      this.data(stream, [new Uint8Array(head.subarray(0, headBytes)), body], false);
      return;
    }
    this.#writeDataHead(stream, total, false);
    let at = this.#gather.reserve(total);
    const into = this.#gather.buffer;
    for (let i = 0; i < headBytes; i++) into[at++] = head[i]!;
    this.#gather.at = copyBytes(into, at, body);
    this.#flushIfLarge();
  }

  /** Head, one message and trailers at once where possible: nothing is looked at twice. */
  unary(
    stream: Stream,
    head: HeaderBlock,
    prefix: Uint8Array,
    data: readonly Uint8Array[],
    trailers: HeaderBlock,
  ): void {
    if (this.#over || stream.localEnded) return;
    let total = prefix.length;
    for (let i = 0; i < data.length; i++) total += data[i]!.length;
    assert(total >= 0, noLength);
    const headBytes = head.bytes.length;
    const trailerBytes = trailers.bytes.length;
    if (
      total > COPY_BYTES_MAX ||
      total === 0 ||
      total > this.#window ||
      total > stream.sendWindow ||
      stream.bufferedBytes > 0 ||
      this.#paused ||
      headBytes > DEFAULT_FRAME_BYTES ||
      trailerBytes > DEFAULT_FRAME_BYTES ||
      this.#encoder.updatePending
    ) {
      this.headers(stream, head, false);
      if (total > 0) this.data(stream, [prefix, ...data], false);
      this.headers(stream, trailers, true);
      return;
    }
    let at = this.#reserve(3 * FRAME_HEAD_BYTES + headBytes + total + trailerBytes);
    const into = this.#gather.buffer;
    const id = stream.id;
    at = writeFrameHead(into, at, headBytes, FrameType.Headers, Flag.EndHeaders, id);
    at = copyBytes(into, at, head.bytes);
    at = writeFrameHead(into, at, total, FrameType.Data, 0, id);
    at = copyBytes(into, at, prefix);
    for (let i = 0; i < data.length; i++) at = copyBytes(into, at, data[i]!);
    at = writeFrameHead(into, at, trailerBytes, FrameType.Headers, Flag.EndHeaders | Flag.EndStream, id);
    this.#gather.at = copyBytes(into, at, trailers.bytes);
    this.framesSent += 3;
    this.#window -= total;
    stream.sendWindow -= total;
    this.#sentData();
    this.#owner.endLocal(stream);
    this.#flushIfLarge();
  }

  /** `run` is called once the output has sent all that the stream was given so far. */
  whenSent(stream: Stream, run: () => void): void {
    if (this.#over || stream.closed) return;
    if (stream.bufferedBytes > 0) {
      stream.sentWaiters ??= [];
      stream.sentWaiters.push({ bytes: stream.bufferedBytes, run });
      return;
    }
    this.#sent.push(run);
    this.#markDirty();
  }

  /** Sends queued data, a frame of each stream in turn, for as long as windows and socket allow. */
  pump(): void {
    // A callback below may come back here; the loop that is running sees what it scheduled.
    if (this.#pumping || this.#readyAt === this.#ready.length) return;
    this.#pumping = true;
    try {
      while (this.#readyAt < this.#ready.length && this.#window > 0 && !this.#paused && !this.#over) {
        const stream = this.#ready[this.#readyAt++]!;
        stream.scheduled = false;
        this.#sendTurn(stream);
        if (this.#readyAt > 1024 && this.#readyAt * 2 > this.#ready.length) {
          this.#ready.splice(0, this.#readyAt);
          this.#readyAt = 0;
        }
      }
    } finally {
      this.#pumping = false;
    }
    if (this.#readyAt >= this.#ready.length) {
      this.#ready = [];
      this.#readyAt = 0;
    }
  }

  /** `stream` has something queued and a window: it takes its turn. */
  #schedule(stream: Stream): void {
    if (stream.scheduled) return;
    stream.scheduled = true;
    this.#ready.push(stream);
  }

  /** One frame of a stream's queue, and what follows when it was the last. */
  #sendTurn(stream: Stream): void {
    if (stream.bufferedBytes === 0 || stream.sendWindow <= 0) return;
    const bytes = Math.min(stream.bufferedBytes, stream.sendWindow, this.#window, this.peerFrameBytes);
    const last = bytes === stream.bufferedBytes;
    const trailers = stream.trailers;
    const ended = stream.localEnded;
    this.#writeQueued(stream, bytes, last && ended && trailers === undefined);
    if (!last) {
      this.#schedule(stream);
    } else if (ended) {
      if (trailers !== undefined) {
        stream.trailers = undefined;
        this.#writeHeaders(stream, trailers, true);
      }
      this.#owner.endLocal(stream);
    } else {
      this.#owner.drained(stream);
    }
    this.#flushIfLarge();
  }

  // ---------------------------------------------------------------------------------------------------------------
  // HEADERS and DATA into the output

  /** Room for `bytes` bytes at the returned position of `#gather.buffer`. */
  #reserve(bytes: number): number {
    this.#markDirty();
    if (this.#paused) this.#pausedBytes += bytes;
    return this.#gather.reserve(bytes);
  }

  #markDirty(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#output.dirty();
  }

  #writeHeaders(stream: Stream, headers: HeaderList | HeaderBlock, endStream: boolean): void {
    let block: Uint8Array;
    if (isBlock(headers)) {
      block = headers.bytes;
      if (this.#encoder.updatePending) block = Buffer.concat([this.#encoder.takeUpdate(), block]);
    } else {
      block = this.#encoder.encode(headers);
    }
    this.framesSent++;
    let flags = endStream ? Flag.EndStream : 0;
    let type: number = FrameType.Headers;
    let start = 0;
    do {
      const length = Math.min(block.length - start, this.peerFrameBytes);
      const part = length === block.length ? block : block.subarray(start, start + length);
      start += length;
      if (start === block.length) flags |= Flag.EndHeaders;
      const at = this.#reserve(FRAME_HEAD_BYTES + length);
      const into = this.#gather.buffer;
      this.#gather.at = copyBytes(into, writeFrameHead(into, at, length, type, flags, stream.id), part);
      type = FrameType.Continuation;
      flags = 0;
    } while (start < block.length);
  }

  /** Frames `pieces`, for which the windows have room. Only the last frame may carry END_STREAM. */
  #writePieces(stream: Stream, pieces: readonly Uint8Array[], total: number, endStream: boolean): void {
    if (total <= this.peerFrameBytes) {
      this.#writeDataHead(stream, total, endStream);
      for (let i = 0; i < pieces.length; i++) this.#writePiece(pieces[i]!);
      return;
    }
    // Across frames: as the queue does it.
    this.#enqueue(stream, pieces, total);
    while (stream.bufferedBytes > 0) {
      const bytes = Math.min(stream.bufferedBytes, this.peerFrameBytes);
      this.#writeQueued(stream, bytes, endStream && bytes === stream.bufferedBytes);
    }
  }

  #enqueue(stream: Stream, pieces: readonly Uint8Array[], total: number): void {
    stream.queue ??= [];
    for (let i = 0; i < pieces.length; i++) if (pieces[i]!.length > 0) stream.queue.push(pieces[i]!);
    stream.bufferedBytes += total;
  }

  /** The head of a DATA frame for the `length` bytes that follow; or those bytes become part of the frame that stands last. */
  #writeDataHead(stream: Stream, length: number, endStream: boolean): void {
    const gather = this.#gather;
    const longer = this.#tailBytes + length;
    if (stream === this.#tailStream && gather.bytes === this.#tailEnd && longer <= this.peerFrameBytes && !endStream) {
      writeFrameHead(this.#tailBuffer, this.#tailAt, longer, FrameType.Data, 0, stream.id);
      this.#tailBytes = longer;
    } else {
      const at = this.#reserve(FRAME_HEAD_BYTES);
      const flags = endStream ? Flag.EndStream : 0;
      this.#tailStream = endStream ? undefined : stream;
      this.#tailBuffer = gather.buffer;
      this.#tailAt = at;
      this.#tailBytes = length;
      gather.at = writeFrameHead(gather.buffer, at, length, FrameType.Data, flags, stream.id);
      this.framesSent++;
    }
    this.#tailEnd = gather.bytes + length;
    if (stream.answeredIn === 0) stream.answeredIn = this.#flushes;
    this.#window -= length;
    stream.sendWindow -= length;
    if (length > 0) this.#sentData();
  }

  #sentData(): void {
    this.windowUpdates.add(4);
    this.control.add(1);
  }

  #writePiece(piece: Uint8Array): void {
    const length = piece.length;
    if (length > COPY_BYTES_MAX) {
      this.#gather.reference(piece);
    } else {
      const at = this.#gather.reserve(length);
      this.#gather.at = copyBytes(this.#gather.buffer, at, piece);
    }
  }

  /** Frames the next `bytes` bytes of the queue as one DATA frame. */
  #writeQueued(stream: Stream, bytes: number, endStream: boolean): void {
    this.#writeDataHead(stream, bytes, endStream);
    stream.bufferedBytes -= bytes;
    const queue = stream.queue!;
    let rest = bytes;
    while (rest > 0) {
      const piece = queue[stream.queueAt]!;
      const length = Math.min(piece.length - stream.queueOffset, rest);
      this.#writePiece(
        length === piece.length ? piece : piece.subarray(stream.queueOffset, stream.queueOffset + length),
      );
      rest -= length;
      stream.queueOffset += length;
      if (stream.queueOffset === piece.length) {
        queue[stream.queueAt] = none;
        stream.queueAt++;
        stream.queueOffset = 0;
      }
    }
    if (stream.sentWaiters !== undefined) this.#countDown(stream, bytes);
    if (stream.bufferedBytes === 0) {
      stream.queue = undefined;
      stream.queueAt = 0;
    } else if (stream.queueAt > 256 && stream.queueAt * 2 > queue.length) {
      // A queue that is always refilled before it runs empty must not keep its past.
      queue.splice(0, stream.queueAt);
      stream.queueAt = 0;
    }
  }

  /** So many bytes of the queue were framed: who waited for them waits for the output now. */
  #countDown(stream: Stream, bytes: number): void {
    const waiting = stream.sentWaiters!;
    let due = 0;
    for (const waiter of waiting) {
      waiter.bytes -= bytes;
      if (waiter.bytes > 0) continue;
      this.#sent.push(waiter.run);
      due++;
    }
    if (due === waiting.length) stream.sentWaiters = undefined;
    else waiting.splice(0, due);
  }

  // ---------------------------------------------------------------------------------------------------------------
  // The other frames

  /** What each end says first: SETTINGS, behind a client's preface, and the connection's window. */
  preface(server: boolean): void {
    const options = this.#options;
    const settings: [name: number, value: number][] = [];
    if (!server) settings.push([Setting.EnablePush, 0]);
    if (server && options.maxConcurrentStreams < 0xffff_ffff) {
      settings.push([Setting.MaxConcurrentStreams, options.maxConcurrentStreams]);
    }
    if (options.headerTableBytes !== DEFAULT_TABLE_BYTES) {
      settings.push([Setting.HeaderTableSize, options.headerTableBytes]);
    }
    if (options.streamWindowBytes !== DEFAULT_WINDOW_BYTES) {
      settings.push([Setting.InitialWindowSize, options.streamWindowBytes]);
    }
    if (options.maxFrameBytes !== DEFAULT_FRAME_BYTES) settings.push([Setting.MaxFrameSize, options.maxFrameBytes]);
    settings.push([Setting.MaxHeaderListSize, options.maxHeaderListBytes]);

    let at = this.#reserve(CLIENT_PREFACE.length + FRAME_HEAD_BYTES + settings.length * 6);
    const into = this.#gather.buffer;
    if (!server) at = copyBytes(into, at, CLIENT_PREFACE);
    at = writeFrameHead(into, at, settings.length * 6, FrameType.Settings, 0, 0);
    for (const [name, value] of settings) {
      into[at++] = name >>> 8;
      into[at++] = name;
      at = writeUint32(into, at, value);
    }
    this.#gather.at = at;
    // SETTINGS do not reach the connection's window, which starts at the default (RFC 9113 6.9.2).
    const more = options.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) this.windowUpdate(0, more);
  }

  settingsAck(): void {
    const at = this.#reserve(FRAME_HEAD_BYTES);
    this.#gather.at = writeFrameHead(this.#gather.buffer, at, 0, FrameType.Settings, Flag.Ack, 0);
  }

  /** Our PING. The upper half of its content marks it as ours, so that it can be told in a trace. */
  ping(payload: number): void {
    let at = this.#reserve(FRAME_HEAD_BYTES + 8);
    const into = this.#gather.buffer;
    at = writeFrameHead(into, at, 8, FrameType.Ping, 0, 0);
    at = writeUint32(into, at, 0x71756f72);
    this.#gather.at = writeUint32(into, at, payload);
  }

  /** The answer to the peer's PING, with its eight bytes from `start` on. */
  pingAck(source: Uint8Array, start: number): void {
    const at = this.#reserve(FRAME_HEAD_BYTES + 8);
    const into = this.#gather.buffer;
    const body = writeFrameHead(into, at, 8, FrameType.Ping, Flag.Ack, 0);
    for (let i = 0; i < 8; i++) into[body + i] = source[start + i]!;
    this.#gather.at = body + 8;
  }

  windowUpdate(streamId: number, bytes: number): void {
    const at = this.#reserve(FRAME_HEAD_BYTES + 4);
    const into = this.#gather.buffer;
    this.#gather.at = writeUint32(into, writeFrameHead(into, at, 4, FrameType.WindowUpdate, 0, streamId), bytes);
  }

  reset(streamId: number, code: number): void {
    this.#options.stats.resetsSent++;
    const at = this.#reserve(FRAME_HEAD_BYTES + 4);
    const into = this.#gather.buffer;
    this.#gather.at = writeUint32(into, writeFrameHead(into, at, 4, FrameType.RstStream, 0, streamId), code);
  }

  goaway(lastStreamId: number, code: number, debug: Uint8Array): void {
    let at = this.#reserve(FRAME_HEAD_BYTES + 8 + debug.length);
    const into = this.#gather.buffer;
    at = writeFrameHead(into, at, 8 + debug.length, FrameType.Goaway, 0, 0);
    at = writeUint32(into, at, lastStreamId);
    at = writeUint32(into, at, code);
    this.#gather.at = copyBytes(into, at, debug);
  }
}
