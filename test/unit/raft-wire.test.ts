import fc from "fast-check";
import { expect, test } from "vitest";
import * as raft from "../../src/raft/index.ts";
import { raftpb } from "../../src/wire/proto/index.ts";

test("a message of the wire is a message of raft: nothing is converted on the way", () => {
  // The assignments compile only while the shapes are the same, both ways.
  const toWire: (message: raft.Message) => raftpb.Message = (message) => message;
  const fromWire: (message: raftpb.Message) => raft.Message = (message) => message;
  const hardState: (state: raft.HardState) => raftpb.HardState = (state) => state;
  const change: (change: raftpb.ConfChange) => raft.ConfChange = (given) => given;
  expect(Object.keys(toWire(raft.newMessage(3, 1n)))).toEqual(Object.keys(fromWire(raftpb.createMessage())));
  expect(hardState({ term: 1, vote: 2n, commit: 3 })).toEqual(raftpb.createHardState({ term: 1, vote: 2n, commit: 3 }));
  expect(change(raftpb.createConfChange())).toMatchObject({ id: 0n, type: 0, nodeId: 0n });
});

test("the numbers of the kinds are the wire's", () => {
  expect(raft.MessageType).toEqual(raftpb.MessageType);
  expect(raft.EntryType).toEqual(raftpb.EntryType);
  expect(raft.ConfChangeType).toEqual(raftpb.ConfChangeType);
});

const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const type = fc.constantFrom(...Object.values(raft.ConfChangeType));

test("raft reads the conf changes that the wire writes, and the other way round", () => {
  const change = fc.record({ id, type, nodeId: id, context: fc.uint8Array() });
  fc.assert(
    fc.property(change, (given) => {
      expect(raft.decodeConfChange(raftpb.encodeConfChange(given))).toEqual(given);
      expect(raftpb.decodeConfChange(raft.encodeConfChange(given))).toEqual(given);
    }),
  );
  const changeV2 = fc.record({
    transition: fc.constantFrom(...Object.values(raft.ConfChangeTransition)),
    changes: fc.array(fc.record({ type, nodeId: id })),
    context: fc.uint8Array(),
  });
  fc.assert(
    fc.property(changeV2, (given) => {
      expect(raft.decodeConfChangeV2(raftpb.encodeConfChangeV2(given))).toEqual(given);
      expect(raftpb.decodeConfChangeV2(raft.encodeConfChangeV2(given))).toEqual(given);
    }),
  );
});
