import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry, Message } from "../../raft/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import { decodeMessage, encodeFramed, LINK_HEARTBEAT_FRAME, MessageDecoder } from "./message-codec.ts";
import { EntryBlocks, MSGAPP_HEARTBEAT, MsgAppDecoder, MsgAppEncoder } from "./msgapp-codec.ts";

const local = 0x11n;
const remote = 0x22n;

/** Appends as a leader sends them: mostly each after the one before, now and then a step back or a new term. */
const history = fc.array(
  fc.record({
    entries: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
    commit: fc.nat(1000),
    jump: fc.constantFrom("on", "on", "on", "back", "term"),
  }),
  { maxLength: 30 },
);

function messagesOf(steps: { entries: Uint8Array[]; commit: number; jump: string }[]): Message[] {
  let term = 3;
  let logTerm = 3;
  let index = 10;
  return steps.map(({ entries, commit, jump }) => {
    if (jump === "back") index = Math.max(0, index - 2);
    if (jump === "term") term++;
    const message = raftpb.createMessage({
      type: raftpb.MessageType.MsgApp,
      from: remote,
      to: local,
      term,
      logTerm,
      index,
      commit,
      entries: entries.map((data, i): Entry => ({ type: 0, term, index: index + 1 + i, data })),
    }) as Message;
    if (entries.length > 0) logTerm = term;
    index += entries.length;
    return message;
  });
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[i % sizes.length]!);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("streams of messages", () => {
  it("bring appends over as they were, however the bytes are cut", () => {
    fc.assert(
      fc.property(history, fc.array(fc.integer({ min: 1, max: 40 })), (steps, sizes) => {
        const messages = messagesOf(steps);
        const encoder = new MsgAppEncoder(new EntryBlocks());
        const pieces: Uint8Array[] = [];
        for (const message of messages) {
          const before = pieces.reduce((sum, piece) => sum + piece.length, 0);
          const told = encoder.encode(message, pieces);
          expect(pieces.reduce((sum, piece) => sum + piece.length, 0) - before).toBe(told);
          pieces.push(MSGAPP_HEARTBEAT);
        }
        const decoder = new MsgAppDecoder(local, remote);
        const got: Message[] = [];
        for (const chunk of cut(Buffer.concat(pieces), sizes)) decoder.push(chunk, (message) => got.push(message));
        expect(got.map(plainMessage)).toEqual(messages.map(plainMessage));
      }),
    );
  });

  it("bring any message over, and keep heartbeats of the link to themselves", () => {
    fc.assert(
      fc.property(history, fc.array(fc.integer({ min: 1, max: 40 })), (steps, sizes) => {
        const messages = messagesOf(steps);
        const bytes = Buffer.concat(messages.flatMap((message) => [encodeFramed(message), LINK_HEARTBEAT_FRAME]));
        const decoder = new MessageDecoder();
        const got: Message[] = [];
        for (const chunk of cut(bytes, sizes)) decoder.push(chunk, (message) => got.push(message));
        expect(got.map(plainMessage)).toEqual(messages.map(plainMessage));
      }),
    );
  });

  it("encode one append once for several followers", () => {
    const blocks = new EntryBlocks();
    const entries: Entry[] = [{ type: 0, term: 1, index: 1, data: new Uint8Array(9) }];
    const first = blocks.of(entries);
    expect(blocks.of([...entries])).toBe(first);
    expect(blocks.of([{ ...entries[0]! }])).not.toBe(first);
  });

  it("write the bytes of msgappv2", () => {
    const encoder = new MsgAppEncoder(new EntryBlocks());
    const data = new TextEncoder().encode("ab");
    const base = { type: raftpb.MessageType.MsgApp, from: remote, to: local, term: 1, logTerm: 1 } as const;
    const pieces: Uint8Array[] = [];
    encoder.encode(raftpb.createMessage({ ...base, index: 5, commit: 5 }) as Message, pieces);
    const whole = pieces.splice(0);
    expect([...whole[0]!]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, whole[1]!.length]);
    expect(decodeMessage(whole[1]!).index).toBe(5);
    const entries: Entry[] = [{ type: 0, term: 1, index: 6, data }];
    encoder.encode(raftpb.createMessage({ ...base, index: 5, commit: 6, entries }) as Message, pieces);
    const entry = raftpb.encodeEntry(entries[0]!);
    const u64 = (value: number): number[] => [0, 0, 0, 0, 0, 0, 0, value];
    expect([...Buffer.concat(pieces)]).toEqual([1, ...u64(1), ...u64(entry.length), ...entry, ...u64(6)]);
  });

  it("end with an error at bytes that are no message", () => {
    const none = (): void => {};
    expect(() => new MsgAppDecoder(local, remote).push(new Uint8Array([9]), none)).toThrow("failed to parse type 9");
    const huge = new Uint8Array([2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(() => new MsgAppDecoder(local, remote).push(huge, none)).toThrow("limit");
    expect(() => new MessageDecoder().push(huge.subarray(1), none)).toThrow("limit");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const decoder of [new MsgAppDecoder(local, remote), new MessageDecoder()]) {
          try {
            decoder.push(bytes, none);
          } catch (error) {
            expect((error as Error).name).toMatch(/DecodeError|PeerProtocolError/);
          }
        }
      }),
    );
  });
});

function plainMessage(message: Message): unknown {
  return {
    ...message,
    entries: message.entries.map((entry) => ({ ...entry, data: [...entry.data] })),
    context: [...message.context],
  };
}
