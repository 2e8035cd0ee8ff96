import type { Env } from "../../base/index.ts";
import type { Message } from "../../raft/index.ts";
import { encodeFramed, LINK_HEARTBEAT_FRAME } from "./message-codec.ts";
import { type EntryBlocks, MSGAPP_HEARTBEAT, MsgAppEncoder } from "./msgapp-codec.ts";
import type { OutgoingStream } from "./network.ts";

export type StreamKind = "msgapp" | "message";

/** Messages and bytes that may wait for one connection; beyond either a message is dropped and raft told. */
const messagesMax = 4096;
const bytesMax = 64 * 1024 * 1024;

export interface StreamWriterEvents {
  attached(): void;
  /** The connection is gone; `lost` when messages were still waiting in it. */
  detached(reason: string, lost: boolean): void;
  sent(bytes: number): void;
}

/**
 * Sends messages over the connection that the peer opened to fetch them. What is written during a turn leaves in one
 * write at its end; a connection that does not keep up is written to again once it has drained.
 */
export class StreamWriter {
  readonly #kind: StreamKind;
  readonly #blocks: EntryBlocks;
  readonly #events: StreamWriterEvents;
  /** A connection that takes nothing for this long is given up. */
  readonly #stallMs: number;
  readonly #env: Env;
  #stream: OutgoingStream | undefined;
  #encoder: MsgAppEncoder | undefined;
  #pieces: Uint8Array[] = [];
  #messages = 0;
  #bytes = 0;
  #flushing = false;
  /** The connection is full: wait for it to drain. */
  #full = false;
  #fullSinceMs = 0;

  constructor(kind: StreamKind, blocks: EntryBlocks, events: StreamWriterEvents, stallMs: number, env: Env) {
    this.#stallMs = stallMs;
    this.#kind = kind;
    this.#blocks = blocks;
    this.#events = events;
    this.#env = env;
  }

  get attached(): boolean {
    return this.#stream !== undefined;
  }

  /** Takes a new connection; it replaces the one before. */
  attach(stream: OutgoingStream): void {
    if (this.#stream !== undefined) this.#drop("replaced by a new connection");
    this.#stream = stream;
    this.#encoder = this.#kind === "msgapp" ? new MsgAppEncoder(this.#blocks) : undefined;
    stream.onGone = () => {
      if (this.#stream === stream) this.#drop("closed by the peer");
    };
    stream.onDrain = () => {
      if (this.#stream !== stream) return;
      this.#full = false;
      this.#flush();
    };
    this.#events.attached();
  }

  /** False when the message was dropped: too much waits already. */
  send(message: Message): boolean {
    if (this.#messages >= messagesMax || this.#bytes >= bytesMax) return false;
    if (this.#encoder !== undefined) this.#bytes += this.#encoder.encode(message, this.#pieces);
    else {
      const frame = encodeFramed(message);
      this.#pieces.push(frame);
      this.#bytes += frame.length;
    }
    this.#messages++;
    this.#schedule();
    return true;
  }

  /** Every third of the peer's patience: lets it know that the connection lives. Also looks whether it does. */
  heartbeat(): void {
    if (this.#stream === undefined) return;
    if (this.#full) {
      if (this.#env.clock.monotonicMs() - this.#fullSinceMs > this.#stallMs) this.#drop("takes no more data");
      return;
    }
    this.#pieces.push(this.#kind === "msgapp" ? MSGAPP_HEARTBEAT : LINK_HEARTBEAT_FRAME);
    this.#schedule();
  }

  close(): void {
    const stream = this.#stream;
    this.#forget();
    stream?.close();
  }

  #schedule(): void {
    if (this.#flushing || this.#full) return;
    this.#flushing = true;
    this.#env.scheduler.endOfTurn(this.#flushTurn);
  }

  readonly #flushTurn = (): void => {
    this.#flushing = false;
    this.#flush();
  };

  #flush(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#full || this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#messages = 0;
    this.#events.sent(this.#bytes);
    this.#bytes = 0;
    stream.write(pieces);
    if (stream.bufferedBytes > 0) {
      this.#full = true;
      this.#fullSinceMs = this.#env.clock.monotonicMs();
    }
  }

  #drop(reason: string): void {
    const stream = this.#stream;
    const lost = this.#messages > 0 || this.#full;
    this.#forget();
    stream?.close();
    this.#events.detached(reason, lost);
  }

  #forget(): void {
    if (this.#stream !== undefined) {
      this.#stream.onGone = () => {};
      this.#stream.onDrain = () => {};
    }
    this.#stream = undefined;
    this.#encoder = undefined;
    this.#pieces = [];
    this.#messages = 0;
    this.#bytes = 0;
    this.#full = false;
  }
}
