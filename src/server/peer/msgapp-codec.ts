import type { Entry, Message } from "../../raft/index.ts";
import { raftpb, Writer } from "../../wire/proto/index.ts";
import { ByteQueue, writeUint64 } from "./byte-queue.ts";
import { PeerProtocolError } from "./errors.ts";
import { decodeMessage, FRAME_BYTES_MAX } from "./message-codec.ts";

/*
 * Stream of MsgApp, "msgappv2". All integers are big-endian uint64.
 *
 *     0x00                                          link heartbeat
 *     0x01 count { size entry } * count  commit     an append that follows the one before
 *     0x02 size message                             any other append
 *
 * Both sides keep (term, index) of the last entry sent, so that 0x01 can leave the rest of the message out.
 */

const HEARTBEAT = 0;
const FOLLOWS = 1;
const WHOLE = 2;

/** A frame that says only that the connection lives. */
export const MSGAPP_HEARTBEAT: Uint8Array = new Uint8Array([HEARTBEAT]);

/** Entries of one append as they travel, kept while the same append goes to further followers. */
export class EntryBlocks {
  #entries: readonly Entry[] = [];
  #bytes: Uint8Array = new Uint8Array(0);

  /** Count, then size and entry for each. */
  of(entries: readonly Entry[]): Uint8Array {
    const count = entries.length;
    const kept = this.#entries;
    if (count > 0 && kept.length === count && kept[0] === entries[0] && kept[count - 1] === entries[count - 1]) {
      return this.#bytes;
    }
    this.#bytes = encodeBlock(entries);
    this.#entries = entries;
    return this.#bytes;
  }

  /** Lets go of what was kept. */
  clear(): void {
    this.#entries = [];
    this.#bytes = new Uint8Array(0);
  }
}

function encodeBlock(entries: readonly Entry[]): Uint8Array {
  const count = entries.length;
  const sizes: number[] = new Array(count);
  let total = 8;
  for (let i = 0; i < count; i++) {
    const size = raftpb.sizeEntry(entries[i]!);
    sizes[i] = size;
    total += 8 + size;
  }
  const w = Writer.of(total);
  uint64(w, count);
  for (let i = 0; i < count; i++) {
    uint64(w, sizes[i]!);
    raftpb.writeEntry(w, entries[i]!);
  }
  return w.finish();
}

function uint64(w: Writer, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  w.byte(high >>> 24);
  w.byte((high >>> 16) & 0xff);
  w.byte((high >>> 8) & 0xff);
  w.byte(high & 0xff);
  w.byte((value >>> 24) & 0xff);
  w.byte((value >>> 16) & 0xff);
  w.byte((value >>> 8) & 0xff);
  w.byte(value & 0xff);
}

const followsHead: Uint8Array = new Uint8Array([FOLLOWS]);

/** One for each connection. */
export class MsgAppEncoder {
  #term = 0;
  #index = 0;
  readonly #blocks: EntryBlocks;

  constructor(blocks: EntryBlocks) {
    this.#blocks = blocks;
  }

  /** Adds the pieces of `message` to `into`; returns their bytes. */
  encode(message: Message, into: Uint8Array[]): number {
    const { entries } = message;
    if (this.#index === message.index && this.#term === message.logTerm && message.logTerm === message.term) {
      const block = this.#blocks.of(entries);
      const commit = new Uint8Array(8);
      writeUint64(commit, 0, message.commit);
      into.push(followsHead, block, commit);
      this.#index += entries.length;
      return 1 + block.length + 8;
    }
    const body = raftpb.encodeMessage(message as raftpb.Message);
    const head = new Uint8Array(9);
    head[0] = WHOLE;
    writeUint64(head, 1, body.length);
    into.push(head, body);
    this.#term = message.term;
    this.#index = entries.length > 0 ? entries[entries.length - 1]!.index : message.index;
    return 9 + body.length;
  }
}

type Expect = "kind" | "count" | "entrySize" | "entry" | "commit" | "messageSize" | "message";

/** One for each connection. Entries it gives out are views into the chunks it was given. */
export class MsgAppDecoder {
  readonly #local: bigint;
  readonly #remote: bigint;
  readonly #queue = new ByteQueue();
  #expect: Expect = "kind";
  #size = 0;
  #left = 0;
  #entries: Entry[] = [];
  #term = 0;
  #index = 0;

  constructor(local: bigint, remote: bigint) {
    this.#local = local;
    this.#remote = remote;
  }

  /** @throws DecodeError, PeerProtocolError; nothing after it can be understood */
  push(chunk: Uint8Array, deliver: (message: Message) => void): void {
    const queue = this.#queue;
    queue.push(chunk);
    for (;;) {
      switch (this.#expect) {
        case "kind":
          if (queue.length < 1) return;
          this.#expect = this.#kind(queue.takeByte());
          break;
        case "count":
          if (queue.length < 8) return;
          this.#left = queue.takeUint64();
          if (this.#left > FRAME_BYTES_MAX) throw new PeerProtocolError("more entries than an append can hold");
          this.#entries = [];
          this.#expect = this.#left === 0 ? "commit" : "entrySize";
          break;
        case "entrySize":
          if (queue.length < 8) return;
          this.#takeSize("entry");
          break;
        case "entry":
          if (queue.length < this.#size) return;
          this.#entries.push(raftpb.decodeEntry(queue.take(this.#size)) as Entry);
          this.#left--;
          this.#expect = this.#left === 0 ? "commit" : "entrySize";
          break;
        case "commit":
          if (queue.length < 8) return;
          this.#expect = "kind";
          deliver(this.#follows(queue.takeUint64()));
          break;
        case "messageSize":
          if (queue.length < 8) return;
          this.#takeSize("message");
          break;
        case "message": {
          if (queue.length < this.#size) return;
          this.#expect = "kind";
          const message = decodeMessage(queue.take(this.#size));
          this.#term = message.term;
          this.#index = message.entries.at(-1)?.index ?? message.index;
          deliver(message);
          break;
        }
      }
    }
  }

  #kind(kind: number): Expect {
    switch (kind) {
      case HEARTBEAT:
        return "kind";
      case FOLLOWS:
        return "count";
      case WHOLE:
        return "messageSize";
      default:
        throw new PeerProtocolError(`failed to parse type ${kind} in msgappv2 stream`);
    }
  }

  #takeSize(next: Expect): void {
    this.#size = this.#queue.takeUint64();
    if (this.#size > FRAME_BYTES_MAX) throw new PeerProtocolError("error limit exceeded");
    this.#expect = next;
  }

  #follows(commit: number): Message {
    const message = raftpb.createMessage({
      type: raftpb.MessageType.MsgApp,
      from: this.#remote,
      to: this.#local,
      term: this.#term,
      logTerm: this.#term,
      index: this.#index,
      entries: this.#entries,
      commit,
    }) as Message;
    // 1 for each: what an entry says of its index is raft's to check.
    this.#index += this.#entries.length;
    this.#entries = [];
    return message;
  }
}
