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
  sendUnary(stream: Stream, head: HeaderBlock, data: readonly Uint8Array[], trailers: HeaderBlock): void;
  reset(stream: Stream, code: number): void;
  consume(stream: Stream, bytes: number): void;
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

  /** DATA waiting to be sent: `queue[queueAt]` from `queueOffset` on, and all behind it. */
  queue: Uint8Array[] | undefined = undefined;
  queueAt = 0;
  queueOffset = 0;
  bufferedBytes = 0;
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

  sendUnary(head: HeaderBlock, data: readonly Uint8Array[], trailers: HeaderBlock): void {
    this.owner.sendUnary(this, head, data, trailers);
  }

  reset(code: number): void {
    this.owner.reset(this, code);
  }

  consume(bytes: number): void {
    this.owner.consume(this, bytes);
  }

  /** Forgets all that pins memory; the shell stays in the table to judge late frames. */
  release(): void {
    this.context = undefined;
    this.queue = undefined;
    this.queueAt = 0;
    this.queueOffset = 0;
    this.bufferedBytes = 0;
    this.trailers = undefined;
  }
}

/** Slots at the start and at most; powers of two. More streams than slots at once only cost a Map look-up each. */
const SLOTS = 128;
const SLOTS_MAX = 8192;

/**
 * Streams by id. Ids come in steps of two, so a ring indexed by half the id holds the newest `slots` streams, open or
 * closed: closed ones stay until their slot is wanted, and tell what a late frame means. A stream that is still open
 * when its slot is wanted (a watch among puts) moves to a Map.
 */
export class StreamTable {
  #slots: (Stream | undefined)[] = new Array<Stream | undefined>(SLOTS).fill(undefined);
  #mask = SLOTS - 1;
  readonly #long = new Map<number, Stream>();

  get(id: number): Stream | undefined {
    const stream = this.#slots[(id >>> 1) & this.#mask];
    if (stream !== undefined && stream.id === id) return stream;
    return this.#long.size === 0 ? undefined : this.#long.get(id);
  }

  add(stream: Stream): void {
    const slot = (stream.id >>> 1) & this.#mask;
    const before = this.#slots[slot];
    if (before !== undefined && before.closing === Closing.Open) {
      this.#long.set(before.id, before);
      if (this.#long.size > this.#mask >>> 1 && this.#mask + 1 < SLOTS_MAX) {
        this.#grow();
        this.add(stream);
        return;
      }
    }
    this.#slots[slot] = stream;
  }

  /** To be told of each stream that closed. */
  remove(stream: Stream): void {
    if (this.#long.size > 0) this.#long.delete(stream.id);
  }

  /** All open streams, oldest first. */
  open(): Stream[] {
    const streams = [...this.#long.values()];
    for (const stream of this.#slots) if (stream !== undefined && stream.closing === Closing.Open) streams.push(stream);
    return streams.sort((a, b) => a.id - b.id);
  }

  #grow(): void {
    const streams = [...this.#slots.filter((stream) => stream !== undefined), ...this.#long.values()];
    streams.sort((a, b) => Number(a.closing === Closing.Open) - Number(b.closing === Closing.Open) || a.id - b.id);
    const count = (this.#mask + 1) * 4;
    this.#slots = new Array<Stream | undefined>(count).fill(undefined);
    this.#mask = count - 1;
    this.#long.clear();
    for (const stream of streams) this.add(stream);
  }
}
