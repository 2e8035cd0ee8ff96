/** What a peer may send and what becomes of it: never an exception, never a wrong effect. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entry, message, settle, TestNetwork, type TestNode, testNode } from "../../test/harness/raft-network.ts";
import { lineLogger } from "../base/index.ts";
import { RaftError } from "./errors.ts";
import { newMessage } from "./messages.ts";
import {
  LOCAL_APPEND_THREAD,
  LOCAL_APPLY_THREAD,
  type Message,
  MessageType,
  type Snapshot,
  StateType,
} from "./types.ts";

const M = MessageType;
const confState = { voters: [1n, 2n, 3n], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
const snapshot = (fields: Partial<NonNullable<Snapshot["metadata"]>>): Snapshot => ({
  data: new Uint8Array(0),
  metadata: { confState, index: 5, term: 1, ...fields },
});

/** A follower of 2 in term 2 with three entries, two of them committed. */
function follower(): TestNode {
  const one = testNode(1n, [1n, 2n, 3n], {}, [entry(1, 1), entry(1, 2), entry(2, 3)]);
  one.node.step(message(M.MsgHeartbeat, { from: 2n, to: 1n, term: 2, commit: 2 }));
  settle(one);
  return one;
}

/** Everything of a node that a message could change. */
function view({ node }: TestNode): unknown {
  const { term, vote, lead, state, log } = node.raft;
  return [term, vote, lead, state, log.toString(), log.lastIndex, `${node.raft.tracker.membership}`, node.hasReady()];
}

describe("a message that no correct peer sends is refused by its code and changes nothing", () => {
  test.each<[string, Partial<Message> & { type: MessageType }, string]>([
    ["a kind that does not exist", { type: 24 as MessageType, from: 2n, term: 2 }, "UnknownMessage"],
    ["a negative kind", { type: -1 as MessageType, from: 2n, term: 2 }, "UnknownMessage"],
    ["a kind that is no whole number", { type: Number.NaN as MessageType, from: 2n, term: 2 }, "UnknownMessage"],
    ["a local message", { type: M.MsgHup, from: 2n }, "StepLocalMsg"],
    ["a quorum check from outside", { type: M.MsgCheckQuorum, from: 2n }, "StepLocalMsg"],
    ["storage work", { type: M.MsgStorageAppend, from: LOCAL_APPEND_THREAD }, "StepLocalMsg"],
    ["a storage answer without threads", { type: M.MsgStorageAppendResp, from: LOCAL_APPEND_THREAD }, "StepLocalMsg"],
    ["an answer of a stranger", { type: M.MsgAppResp, from: 9n, term: 2 }, "StepPeerNotFound"],
    ["a vote of a stranger", { type: M.MsgVoteResp, from: 9n, term: 3 }, "StepPeerNotFound"],
    ["a message of nobody", { type: M.MsgApp, from: 0n, term: 3 }, "Misaddressed"],
    ["a message of a thread", { type: M.MsgApp, from: LOCAL_APPLY_THREAD, term: 3 }, "Misaddressed"],
    ["a message of ourselves", { type: M.MsgHeartbeat, from: 1n, term: 3 }, "Misaddressed"],
    ["an acknowledgement of ourselves", { type: M.MsgAppResp, from: 1n, term: 2 }, "Misaddressed"],
    ["a message for another", { type: M.MsgApp, from: 2n, to: 3n, term: 3 }, "Misaddressed"],
    ["an append without a term", { type: M.MsgApp, from: 2n }, "MalformedMessage"],
    [
      "a proposal with a later term",
      { type: M.MsgProp, from: 2n, term: 9, entries: [entry(0, 0)] },
      "MalformedMessage",
    ],
    ["a term that is no whole number", { type: M.MsgApp, from: 2n, term: 2.5 }, "MalformedMessage"],
    ["a term without a next", { type: M.MsgApp, from: 2n, term: Number.MAX_SAFE_INTEGER }, "MalformedMessage"],
    ["a negative index", { type: M.MsgApp, from: 2n, term: 3, index: -1 }, "MalformedMessage"],
    ["no number for an index", { type: M.MsgApp, from: 2n, term: 3, index: Number.NaN }, "MalformedMessage"],
    ["a proposal of nothing", { type: M.MsgProp, from: 2n }, "MalformedMessage"],
    ["a read without a name", { type: M.MsgReadIndex, from: 2n }, "MalformedMessage"],
    [
      "a read answer with two names",
      { type: M.MsgReadIndexResp, from: 2n, term: 2, entries: [entry(0, 0), entry(0, 0)] },
      "MalformedMessage",
    ],
    [
      "entries with a gap",
      { type: M.MsgApp, from: 2n, term: 3, index: 3, logTerm: 2, entries: [entry(2, 5)] },
      "MalformedMessage",
    ],
    [
      "entries doubled",
      { type: M.MsgApp, from: 2n, term: 3, index: 3, logTerm: 2, entries: [entry(2, 4), entry(2, 4)] },
      "MalformedMessage",
    ],
    [
      "entries whose terms fall",
      { type: M.MsgApp, from: 2n, term: 3, index: 3, logTerm: 2, entries: [entry(1, 4)] },
      "MalformedMessage",
    ],
    [
      "entries of the future",
      { type: M.MsgApp, from: 2n, term: 3, index: 3, logTerm: 2, entries: [entry(4, 4)] },
      "MalformedMessage",
    ],
    ["a previous entry of the future", { type: M.MsgApp, from: 2n, term: 3, index: 3, logTerm: 4 }, "MalformedMessage"],
    ["a term before the first entry", { type: M.MsgApp, from: 2n, term: 3, index: 0, logTerm: 2 }, "MalformedMessage"],
    [
      "a candidate's log of the future",
      { type: M.MsgVote, from: 2n, term: 3, index: 4, logTerm: 4 },
      "MalformedMessage",
    ],
    ["no snapshot", { type: M.MsgSnap, from: 2n, term: 3 }, "SnapshotInvalid"],
    [
      "a snapshot without metadata",
      { type: M.MsgSnap, from: 2n, term: 3, snapshot: { data: new Uint8Array(0), metadata: undefined } },
      "SnapshotInvalid",
    ],
    [
      "a snapshot without a membership",
      { type: M.MsgSnap, from: 2n, term: 3, snapshot: snapshot({ confState: undefined }) },
      "SnapshotInvalid",
    ],
    [
      "a snapshot of nothing",
      { type: M.MsgSnap, from: 2n, term: 3, snapshot: snapshot({ index: 0 }) },
      "SnapshotInvalid",
    ],
    [
      "a snapshot of the future",
      { type: M.MsgSnap, from: 2n, term: 3, snapshot: snapshot({ term: 4 }) },
      "SnapshotInvalid",
    ],
  ])("%s", (_, fields, code) => {
    const one = follower();
    const before = view(one);
    expect(one.node.step({ ...newMessage(fields.type, 1n), ...fields })?.code).toBe(code);
    expect(view(one)).toEqual(before);
  });
});

describe("a message that is well formed and cannot be true is refused, the log untouched", () => {
  test("a heartbeat that commits what we do not have", () => {
    const one = follower();
    expect(one.node.step(message(M.MsgHeartbeat, { from: 2n, term: 2, commit: 4 }))?.code).toBe("CommitOutOfRange");
    expect(one.node.committed).toBe(2);
    expect(settle(one)).toEqual([]);
  });

  test("an append that would overwrite what is committed is answered with what is committed", () => {
    const one = follower();
    const clash = message(M.MsgApp, { from: 3n, term: 3, index: 1, logTerm: 1, entries: [entry(3, 2)], commit: 2 });
    expect(one.node.step(clash)).toBeUndefined();
    expect(one.node.raft.log.term(2)).toBe(1);
    expect(settle(one)).toMatchObject([{ type: M.MsgAppResp, index: 2, reject: false }]);
    // Should it ever get past that, the log itself refuses.
    const before = one.node.raft.log.toString();
    expect(one.node.raft.log.maybeAppend(1, 1, [entry(3, 2)], 2)).toMatchObject({ code: "ConflictWithCommitted" });
    expect(one.node.raft.log.toString()).toBe(before);
  });

  test("a snapshot whose membership contradicts itself", () => {
    const one = follower();
    const bad = snapshot({ confState: { ...confState, learners: [1n], voters: [1n, 2n] } });
    expect(one.node.step(message(M.MsgSnap, { from: 2n, term: 2, snapshot: bad }))?.code).toBe("SnapshotInvalid");
    expect([one.node.committed, one.node.lastIndex]).toEqual([2, 3]);
  });

  test.each<[string, Partial<Message>, string | undefined]>([
    ["entries it was never sent", { type: M.MsgAppResp, index: 50 }, "IndexOutOfRange"],
    ["a rejection of such", { type: M.MsgAppResp, index: 50, reject: true }, "IndexOutOfRange"],
    ["a hint beyond our log", { type: M.MsgAppResp, index: 1, reject: true, rejectHint: 50 }, "IndexOutOfRange"],
    ["another leader's append", { type: M.MsgApp }, "SecondLeader"],
    ["another leader's heartbeat", { type: M.MsgHeartbeat }, "SecondLeader"],
    ["another leader's snapshot", { type: M.MsgSnap, snapshot: snapshot({}) }, "SecondLeader"],
    [
      "a read context we never sent",
      { type: M.MsgHeartbeatResp, context: new Uint8Array(8).fill(255) },
      "MalformedMessage",
    ],
    ["a read context of another length", { type: M.MsgHeartbeatResp, context: Uint8Array.of(1) }, "MalformedMessage"],
    ["a vote long after", { type: M.MsgVoteResp }, undefined],
    ["a timeout for a leader", { type: M.MsgTimeoutNow }, undefined],
  ])("a leader gets %s", (_, fields, code) => {
    const network = new TestNetwork(3);
    network.elect(1);
    const { node } = network.at(1);
    const before = [node.committed, node.lastIndex, node.state];
    expect(node.step({ ...newMessage(M.MsgApp, 1n), from: 2n, term: 1, ...fields })?.code).toBe(code);
    expect([node.committed, node.lastIndex, node.state]).toEqual(before);
  });

  test.each([
    ["of no voters", [{ type: 1, nodeId: 1n }], "removed all voters"],
    ["of a kind that does not exist", [{ type: 7, nodeId: 2n }], undefined],
    ["to nothing, outside a joint configuration", [], "not in joint state; refusing empty conf change"],
  ])("a conf change %s does not get into the log", (_, changes, reason) => {
    const lines: string[] = [];
    const logger = lineLogger((_level, text) => void lines.push(text));
    const one = testNode(1n, [1n], { logger });
    one.node.campaign();
    settle(one);
    const refused = one.node.proposeConfChange({
      transition: 0,
      changes: changes as never,
      context: new Uint8Array(0),
    });
    settle(one);
    if (reason === undefined) {
      expect(refused?.code).toBe("ConfChangeInvalid");
      return;
    }
    expect(lines.some((each) => each.endsWith(reason))).toBe(true);
    expect(one.applied.at(-1)).toMatchObject({ type: 0, data: new Uint8Array(0) });
    expect(one.node.status().config.voters).toEqual([1n]);
  });

  test("a conf change that cannot be decoded is refused", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    const proposal = message(M.MsgProp, {
      from: 2n,
      to: 1n,
      entries: [{ ...entry(0, 0), type: 1, data: Uint8Array.of(8) }],
    });
    const { lastIndex } = network.node(1);
    expect(network.node(1).step(proposal)?.code).toBe("ConfChangeInvalid");
    expect(network.node(1).lastIndex).toBe(lastIndex);
  });

  test("storage answers that run ahead of us", () => {
    const one = testNode(1n, [1n, 2n], { asyncStorageWrites: true });
    const applied = message(M.MsgStorageApplyResp, { from: LOCAL_APPLY_THREAD, to: 1n, entries: [entry(1, 9)] });
    expect(one.node.step(applied)?.code).toBe("IndexOutOfRange");
    const saved = message(M.MsgStorageAppendResp, {
      from: LOCAL_APPEND_THREAD,
      to: 1n,
      snapshot: snapshot({ index: 9 }),
    });
    expect(one.node.step(saved)?.code).toBe("IndexOutOfRange");
  });
});

describe("anything at all from a peer", () => {
  const small = fc.oneof(
    { weight: 9, arbitrary: fc.nat(8) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 2.5, 2 ** 53, NaN, Infinity) },
  );
  const id = fc.oneof(
    { weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 4n }) },
    { weight: 1, arbitrary: fc.constantFrom(LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD) },
  );
  const entries = fc.array(
    fc.record({
      type: fc.constantFrom(0 as const, 1 as const, 2 as const),
      term: fc.nat(6),
      index: fc.nat(8),
      data: fc.uint8Array({ maxLength: 6 }),
    }),
    { maxLength: 3 },
  );
  const members = fc.array(fc.bigInt({ min: 0n, max: 4n }), { maxLength: 4 });
  const anySnapshot = fc.option(
    fc.record({
      data: fc.constant(new Uint8Array(0)),
      metadata: fc.option(
        fc.record({
          confState: fc.option(
            fc.record({
              voters: members,
              learners: members,
              votersOutgoing: members,
              learnersNext: members,
              autoLeave: fc.boolean(),
            }),
            { nil: undefined },
          ),
          index: small,
          term: small,
        }),
        { nil: undefined },
      ),
    }),
    { nil: undefined },
  );
  const anything: fc.Arbitrary<Message> = fc.record({
    type: fc.integer({ min: -1, max: 25 }) as fc.Arbitrary<MessageType>,
    to: fc.oneof(fc.constant(1n), id),
    from: id,
    term: small,
    logTerm: small,
    index: small,
    entries,
    commit: small,
    vote: id,
    snapshot: anySnapshot,
    reject: fc.boolean(),
    rejectHint: small,
    context: fc.uint8Array({ maxLength: 9 }),
    responses: fc.constant([]),
  });
  /** Likely enough to get past the door: entries that follow each other, fields that fit. */
  const plausible = anything.map((given): Message => {
    const term = Math.max(1, Math.trunc(given.term) || 1) % 50;
    const logTerm = Math.min(given.logTerm >= 0 ? Math.trunc(given.logTerm) || 0 : 0, term) % 50;
    const index = (Math.trunc(given.index) || 0) % 50;
    const fitting = given.entries.map((each, i) => ({
      ...each,
      index: Math.max(0, index) + 1 + i,
      term: Math.max(logTerm, 1),
    }));
    return {
      ...given,
      to: 1n,
      from: given.from % 4n,
      term,
      logTerm: index === 0 ? 0 : logTerm,
      index: Math.max(0, index),
      entries: fitting,
    };
  });
  const inputs = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: plausible.map((given) => ({ kind: "step" as const, given })) },
      { weight: 3, arbitrary: anything.map((given) => ({ kind: "step" as const, given })) },
      { weight: 3, arbitrary: fc.constant({ kind: "ready" as const, given: undefined }) },
      { weight: 1, arbitrary: fc.constant({ kind: "tick" as const, given: undefined }) },
      { weight: 1, arbitrary: fc.constant({ kind: "campaign" as const, given: undefined }) },
    ),
    { maxLength: 60 },
  );

  // The storage threads are our own, so with asynchronous writes their answers are left out of the guessing.
  test.each([false, true])("is refused or taken in, never thrown back (asynchronous storage writes: %s)", (async) => {
    const options = fc.record({
      preVote: fc.boolean(),
      checkQuorum: fc.boolean(),
      voters: fc.integer({ min: 1, max: 3 }),
    });
    const led = new Set<StateType>();
    fc.assert(
      fc.property(options, inputs, ({ preVote, checkQuorum, voters }, steps) => {
        const ids = [1n, 2n, 3n].slice(0, voters);
        const one = testNode(1n, ids, {
          preVote,
          checkQuorum,
          asyncStorageWrites: async,
          electionTick: 3,
          maxPendingReads: 3,
        });
        const { node, storage } = one;
        for (const { kind, given } of steps) {
          if (kind === "tick") node.tick();
          else if (kind === "campaign") node.campaign();
          else if (kind === "ready" && node.hasReady()) {
            const ready = node.ready();
            if (ready.snapshot !== undefined) storage.applySnapshot(ready.snapshot);
            storage.append(ready.entries);
            if (!async) node.advance();
            else
              for (const { responses } of ready.messages)
                for (const each of responses) if (each.to === 1n) node.step(each);
          } else if (kind === "step") {
            if (async && (given.from >= LOCAL_APPLY_THREAD || given.from === 1n)) continue;
            const refused = node.step(given);
            if (refused !== undefined) expect(refused).toBeInstanceOf(RaftError);
          }
          led.add(node.state);
          const { log } = node.raft;
          expect(log.applied).toBeLessThanOrEqual(log.committed);
          expect(log.committed).toBeLessThanOrEqual(log.lastIndex);
        }
      }),
      { numRuns: 2000 },
    );
    expect(led.has(StateType.StateLeader)).toBe(true);
  });
});
