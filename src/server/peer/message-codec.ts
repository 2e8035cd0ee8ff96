import type { Message } from "../../raft/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import { ByteQueue, writeUint64 } from "./byte-queue.ts";
import { PeerProtocolError } from "./errors.ts";

/** Longest frame that is taken from a stream (etcd: readBytesLimit). */
export const FRAME_BYTES_MAX = 512 * 1024 * 1024;
/** Longest MsgSnap in front of a database (etcd 3.7.1: snapshotLimitByte). */
export const SNAPSHOT_MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

/** A heartbeat from nobody to nobody: says only that the connection lives. */
export function isLinkHeartbeat(message: Message): boolean {
  return message.type === raftpb.MessageType.MsgHeartbeat && message.from === 0n && message.to === 0n;
}

/** The bytes of a message; the same shape in raft and on the wire. */
export function encodeMessage(message: Message): Uint8Array {
  return raftpb.encodeMessage(message as raftpb.Message);
}

/** @throws DecodeError */
export function decodeMessage(bytes: Uint8Array): Message {
  return raftpb.decodeMessage(bytes) as Message;
}

/** A frame of the message stream, and the head of a snapshot: length (uint64, big-endian), message. */
export function encodeFramed(message: Message): Uint8Array {
  const size = raftpb.sizeMessage(message as raftpb.Message);
  const frame = new Uint8Array(8 + size);
  writeUint64(frame, 0, size);
  frame.set(encodeMessage(message), 8);
  return frame;
}

export const LINK_HEARTBEAT_FRAME: Uint8Array = encodeFramed(
  raftpb.createMessage({ type: raftpb.MessageType.MsgHeartbeat }) as Message,
);

/** Reads the message stream: repeated frames. */
export class MessageDecoder {
  readonly #queue = new ByteQueue();
  readonly #limit: number;
  #size = -1;

  constructor(limit = FRAME_BYTES_MAX) {
    this.#limit = limit;
  }

  /** @throws DecodeError, PeerProtocolError; nothing after it can be understood */
  push(chunk: Uint8Array, deliver: (message: Message) => void): void {
    this.#queue.push(chunk);
    for (;;) {
      const message = this.next();
      if (message === undefined) return;
      if (!isLinkHeartbeat(message)) deliver(message);
    }
  }

  /** For a stream in which something else follows: adds bytes without reading them. */
  feed(chunk: Uint8Array): void {
    this.#queue.push(chunk);
  }

  /** The next message, or undefined when more bytes are needed. */
  next(): Message | undefined {
    if (this.#size < 0) {
      if (this.#queue.length < 8) return undefined;
      this.#size = this.#queue.takeUint64();
      if (this.#size > this.#limit) throw new PeerProtocolError("error limit exceeded");
    }
    if (this.#queue.length < this.#size) return undefined;
    const bytes = this.#queue.take(this.#size);
    this.#size = -1;
    return decodeMessage(bytes);
  }

  /** What was fed and not read. */
  rest(): Uint8Array {
    return this.#queue.take(this.#queue.length);
  }
}
