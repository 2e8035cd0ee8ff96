import type { HeaderBlock, HeaderList, Http2Stream } from "./types.ts";

/** How a stream ended; decides what a late frame of the peer means. */
export const Closing = {
  /** Not closed. */
  Open: 0,
  /** END_STREAM both ways: a further frame is a fault of the connection. */
  Ended: 1,
  /** The peer's RST_STREAM: a further frame is a fault of the stream. */
  ResetByPeer: 2,
  /** Our RST_STREAM, or GOAWAY: frames may be on their way, and are ignored. */
  ResetByUs: 3,
} as const;
export type Closing = (typeof Closing)[keyof typeof Closing];

/** What a stream asks of its connection. */
export interface StreamOwner {
  sendHeaders(stream: Stream, headers: HeaderList | HeaderBlock, endStream: boolean): void;
  sendData(stream: Stream, pieces: readonly Uint8Array[], endStream: boolean): void;
  sendMessage(stream: Stream, head: Uint8Array, headBytes: number, body: Uint8Array): void;
  sendUnary(
    stream: Stream,
    head: HeaderBlock,
    prefix: Uint8Array,
    data: readonly Uint8Array[],
    trailers: HeaderBlock,
  ): void;
  reset(stream: Stream, code: number): void;
  consume(stream: Stream, bytes: number): void;
  flush(): void;
  whenSent(stream: Stream, run: () => void): void;
}

/** Told once so many more bytes of the queue were framed. */
export interface SentWaiter {
  bytes: number;
  readonly run: () => void;
}

/** State of one stream. The fields are the engine's; neighbours see `Http2Stream`. */
export class Stream implements Http2Stream {
  readonly id: number;
  readonly owner: StreamOwner;
  context: unknown = undefined;

  closing: Closing = Closing.Open;
  /** END_STREAM was sent, or waits behind the queue. Nothing may be added any more. */
  localEnded = false;
  /** The peer's END_STREAM was seen. */
  remoteEnded = false;

  /** What the peer lets us send; negative after it made its initial window smaller. */
  sendWindow: number;
  /** What we let the peer send. */
  receiveWindow: number;
  /** Credit that the layer above gave back and that the peer was not told yet. */
  credit = 0;
  /** DATA handed up and not yet given back by `consume`. */
  owed = 0;

  /** The message head was received; the next HEADERS are trailers. */
  headReceived = false;
  /** What content-length promised, -1 when it did not; then DATA received so far. */
  contentLength = -1;
  received = 0;
  /** Client: the answer to HEAD has a content-length and no content. */
  headRequest = false;

  /** Ordinal of the flush that carries the first DATA we sent; 0 before there is any. */
  answeredIn = 0;

  /** DATA waiting to be sent: `queue[queueAt]` from `queueOffset` on, and all behind it. */
  queue: Uint8Array[] | undefined = undefined;
  queueAt = 0;
  queueOffset = 0;
  bufferedBytes = 0;
  /** In the order in which they are due. */
  sentWaiters: SentWaiter[] | undefined = undefined;
  /** Trailers behind the queue. */
  trailers: HeaderList | HeaderBlock | undefined = undefined;
  /** Stands in the engine's list of streams that can send. */
  scheduled = false;

  constructor(owner: StreamOwner, id: number, sendWindow: number, receiveWindow: number) {
    this.owner = owner;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  get closed(): boolean {
    return this.closing !== Closing.Open;
  }

  sendHeaders(headers: HeaderList | HeaderBlock, endStream: boolean): void {
    this.owner.sendHeaders(this, headers, endStream);
  }

  sendData(pieces: readonly Uint8Array[], endStream: boolean): void {
    this.owner.sendData(this, pieces, endStream);
  }

  sendMessage(head: Uint8Array, headBytes: number, body: Uint8Array): void {
    this.owner.sendMessage(this, head, headBytes, body);
  }

  sendUnary(head: HeaderBlock, prefix: Uint8Array, data: readonly Uint8Array[], trailers: HeaderBlock): void {
    this.owner.sendUnary(this, head, prefix, data, trailers);
  }

  reset(code: number): void {
    this.owner.reset(this, code);
  }

  consume(bytes: number): void {
    this.owner.consume(this, bytes);
  }

  flush(): void {
    this.owner.flush();
  }

  whenSent(run: () => void): void {
    this.owner.whenSent(this, run);
  }

  /** Forgets all that pins memory; the shell stays in the table to judge late frames. */
  release(): void {
    this.context = undefined;
    this.queue = undefined;
    this.queueAt = 0;
    this.queueOffset = 0;
    this.bufferedBytes = 0;
    this.sentWaiters = undefined;
    this.trailers = undefined;
  }
}

/** Slots at the start and at most; powers of two. More streams than slots at once only cost a Map look-up each. */
const SLOTS = 128;
const SLOTS_MAX = 8192;

/** What stands for a closed stream: how it ended is all that anybody asks of it. Shared, never written to. */
function closedStream(closing: Closing): Stream {
  const stream = new Stream(nobody, 0, 0, 0);
  stream.closing = closing;
  stream.localEnded = true;
  stream.remoteEnded = true;
  return stream;
}

const nobody: StreamOwner = {
  sendHeaders() {},
  sendData() {},
  sendMessage() {},
  sendUnary() {},
  reset() {},
  consume() {},
  flush() {},
  whenSent() {},
};

/** By `Closing`; nothing stands for an open one. */
const closedStreams = [Closing.Open, Closing.Ended, Closing.ResetByPeer, Closing.ResetByUs].map(closedStream);

/**
 * Streams by id. Ids come in steps of two, so a ring indexed by half the id holds the newest `slots` streams. Of a closed
 * one its id and how it ended stay until the slot is wanted, and tell what a late frame means; the stream itself is let go, for
 * those that outlive a collection or two cost the collector more than all else of a request. A stream that is still open
 * when its slot is wanted (a watch among puts) moves to a Map.
 */
export class StreamTable {
  /** Open streams. */
  #slots: (Stream | undefined)[] = new Array<Stream | undefined>(SLOTS).fill(undefined);
  /** The newest closed stream of each slot, 0 if there was none. */
  #closedIds = new Int32Array(SLOTS);
  #closings = new Uint8Array(SLOTS);
  #mask = SLOTS - 1;
  readonly #long = new Map<number, Stream>();

  /** The stream; one that stands for it when it is closed and still known. */
  get(id: number): Stream | undefined {
    const slot = (id >>> 1) & this.#mask;
    const stream = this.#slots[slot];
    if (stream !== undefined && stream.id === id) return stream;
    if (this.#closedIds[slot] === id) return closedStreams[this.#closings[slot]!];
    return this.#long.size === 0 ? undefined : this.#long.get(id);
  }

  add(stream: Stream): void {
    const slot = (stream.id >>> 1) & this.#mask;
    const before = this.#slots[slot];
    if (before !== undefined) {
      this.#long.set(before.id, before);
      if (this.#long.size > this.#mask >>> 1 && this.#mask + 1 < SLOTS_MAX) {
        this.#grow();
        this.add(stream);
        return;
      }
    }
    this.#slots[slot] = stream;
  }

  /** To be told of each stream that closed, when its `closing` says how. */
  remove(stream: Stream): void {
    const slot = (stream.id >>> 1) & this.#mask;
    if (this.#slots[slot] !== stream) {
      this.#long.delete(stream.id);
      return;
    }
    this.#slots[slot] = undefined;
    this.#closedIds[slot] = stream.id;
    this.#closings[slot] = stream.closing;
  }

  /** All open streams, oldest first. */
  open(): Stream[] {
    const streams = [...this.#long.values()];
    for (const stream of this.#slots) if (stream !== undefined) streams.push(stream);
    return streams.sort((a, b) => a.id - b.id);
  }

  #grow(): void {
    const streams = this.open();
    const ids = this.#closedIds;
    const closings = this.#closings;
    const count = (this.#mask + 1) * 4;
    this.#slots = new Array<Stream | undefined>(count).fill(undefined);
    this.#closedIds = new Int32Array(count);
    this.#closings = new Uint8Array(count);
    this.#mask = count - 1;
    this.#long.clear();
    ids.forEach((id, slot) => {
      if (id === 0) return;
      this.#closedIds[(id >>> 1) & this.#mask] = id;
      this.#closings[(id >>> 1) & this.#mask] = closings[slot]!;
    });
    for (const stream of streams) this.add(stream);
  }
}
