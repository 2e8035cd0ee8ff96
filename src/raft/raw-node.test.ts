import { describe, expect, test } from "vitest";
import { entry, message, settle, TestNetwork, type TestNode, testNode, text } from "../../test/harness/raft-network.ts";
import { type Logger, silentLogger } from "../base/index.ts";
import {
  ConfChangeType,
  type Config,
  emptyConfState,
  MemoryStorage,
  type Message,
  MessageType,
  RaftError,
  RawNode,
  ReadOnlyOption,
  SnapshotStatus,
  StateType,
} from "./index.ts";

const M = MessageType;
const data = (letters: string) => entry(0, 0, letters).data;
const nothing = new Uint8Array(0);

function change(type: ConfChangeType, nodeId: bigint) {
  return { id: 0n, type, nodeId, context: nothing };
}

function leader(config: Partial<Config> = {}): TestNode {
  const one = testNode(1n, [1n], config);
  one.node.campaign();
  settle(one);
  return one;
}

describe("config", () => {
  const good = { id: 1n, electionTick: 10, heartbeatTick: 1, storage: new MemoryStorage(), random: () => 0 };

  test.each<[Partial<Config>, string]>([
    [{ id: 0n }, "cannot use none as id"],
    [{ id: 2n ** 64n - 1n }, "cannot use local target as id"],
    [{ id: -1n }, "cannot use local target as id"],
    [{ heartbeatTick: 0 }, "heartbeat tick must be greater than 0"],
    [{ electionTick: 1 }, "election tick must be greater than heartbeat tick"],
    [{ electionTick: Number.NaN }, "election tick must be greater than heartbeat tick"],
    [{ maxInflightMsgs: 0 }, "max inflight messages must be greater than 0"],
    [{ maxInflightBytes: 5, maxSizePerMsg: 6 }, "max inflight bytes must be >= max message size"],
    [
      { readOnlyOption: ReadOnlyOption.ReadOnlyLeaseBased },
      "CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased",
    ],
  ])("%o is refused: %s", (wrong, why) => {
    expect(() => new RawNode({ ...good, ...wrong })).toThrow(why);
    expect(() => new RawNode({ ...good, ...wrong })).toThrow(RaftError);
  });

  test("a log that ends before what was committed is not started on", () => {
    const storage = new MemoryStorage();
    storage.setHardState({ term: 1, vote: 0n, commit: 3 });
    expect(() => new RawNode({ ...good, storage })).toThrow(expect.objectContaining({ code: "CommitOutOfRange" }));
  });

  test("a stored membership that contradicts itself is not started on", () => {
    const storage = new MemoryStorage();
    const confState = { ...emptyConfState(), voters: [1n], learners: [1n] };
    storage.applySnapshot({ data: nothing, metadata: { confState, index: 2, term: 1 } });
    expect(() => new RawNode({ ...good, storage })).toThrow(expect.objectContaining({ code: "ConfChangeInvalid" }));
  });

  test("what is applied was committed, even if the hard state could not say so before the crash", () => {
    const storage = new MemoryStorage();
    storage.append([entry(1, 1), entry(1, 2)]);
    storage.setHardState({ term: 1, vote: 0n, commit: 1 });
    const node = new RawNode({ ...good, storage, applied: 2 });
    expect([node.committed, node.applied]).toEqual([2, 2]);
  });
});

describe("Ready", () => {
  test("a lone voter: append, then commit and apply in the next Ready", () => {
    const { node, storage } = leader();
    node.proposeMany([data("a"), data("b")]);
    const first = node.ready();
    expect(first).toMatchObject({ mustSync: true, hardState: undefined, committedEntries: [], messages: [] });
    expect(first.entries.map((each) => text(each.data))).toEqual(["a", "b"]);
    storage.append(first.entries);
    node.advance(first);
    const second = node.ready();
    expect(second).toMatchObject({ mustSync: false, entries: [], hardState: { term: 1, vote: 1n, commit: 3 } });
    expect(second.committedEntries.map((each) => text(each.data))).toEqual(["a", "b"]);
    node.advance(second);
    expect([node.hasReady(), node.applied]).toEqual([false, 3]);
  });

  test("each thing is told once", () => {
    const one = testNode(1n, [1n, 2n]);
    one.node.step(message(M.MsgHeartbeat, { from: 2n, term: 3 }));
    const ready = one.node.ready();
    expect(ready).toMatchObject({
      softState: { lead: 2n, raftState: StateType.StateFollower },
      hardState: { term: 3, vote: 0n, commit: 0 },
      mustSync: true,
      messages: [{ type: M.MsgHeartbeatResp }],
    });
    one.node.advance();
    expect(one.node.hasReady()).toBe(false);
    expect(one.node.ready()).toMatchObject({
      softState: undefined,
      hardState: undefined,
      messages: [],
      mustSync: false,
    });
  });

  test("a commit index alone need not be synced", () => {
    const one = testNode(1n, [1n, 2n], {}, [entry(1, 1)]);
    one.node.step(message(M.MsgHeartbeat, { from: 2n, term: 1 }));
    settle(one);
    one.node.step(message(M.MsgHeartbeat, { from: 2n, term: 1, commit: 1 }));
    expect(one.node.ready()).toMatchObject({ hardState: { commit: 1 }, mustSync: false });
  });

  test("one at a time", () => {
    const { node } = leader();
    node.propose(data("a"));
    node.ready();
    expect(() => node.ready()).toThrow();
  });

  test("entries handed out stay as they are when a later leader replaces them", () => {
    const { node } = testNode(1n, [1n, 2n, 3n]);
    node.step(message(M.MsgApp, { from: 2n, term: 1, entries: [entry(1, 1, "a"), entry(1, 2, "b")] }));
    const { entries } = node.ready();
    node.step(message(M.MsgApp, { from: 3n, term: 2, entries: [entry(2, 1, "c")] }));
    expect(entries.map((each) => text(each.data))).toEqual(["a", "b"]);
    node.advance();
    expect(node.ready().entries.map((each) => text(each.data))).toEqual(["c"]);
  });

  test("committed entries come in pieces when their size is limited", () => {
    const { node, storage } = leader({ maxCommittedSizePerReady: 1 });
    node.proposeMany([data("a"), data("b"), data("c")]);
    const pieces: string[] = [];
    while (node.hasReady()) {
      const ready = node.ready();
      storage.append(ready.entries);
      if (ready.committedEntries.length > 0) pieces.push(ready.committedEntries.map((each) => text(each.data)).join());
      node.advance();
    }
    expect(pieces).toEqual(["a", "b", "c"]);
  });

  test("a message handed on twice does no harm: entries are copied on their way into the log", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    const proposal = message(M.MsgProp, { from: 2n, to: 1n, entries: [entry(0, 0, "x")] });
    network.node(1).step(proposal);
    network.node(1).step(proposal);
    network.settle();
    expect(network.log(3)).toEqual(["1/1", "1/2 x", "1/3 x"]);
    expect(proposal.entries[0]).toMatchObject({ term: 0, index: 0 });
  });
});

describe("asynchronous storage writes", () => {
  /** The messages to the two threads in a Ready. */
  function work(messages: Message[]): { append: Message | undefined; apply: Message | undefined } {
    return {
      append: messages.find(({ type }) => type === M.MsgStorageAppend),
      apply: messages.find(({ type }) => type === M.MsgStorageApply),
    };
  }

  function asyncLeader(): { node: RawNode; storage: MemoryStorage; run: () => void } {
    const { node, storage } = testNode(1n, [1n], { asyncStorageWrites: true });
    const run = () => {
      while (node.hasReady()) {
        for (const { entries, responses, type } of node.ready().messages) {
          if (type === M.MsgStorageAppend) storage.append(entries);
          for (const response of responses) node.step(response);
        }
      }
    };
    node.campaign();
    run();
    return { node, storage, run };
  }

  test("the next batch is handed out while the one before is being saved", () => {
    const { node, storage } = asyncLeader();
    const { committed } = node;
    node.propose(data("a"));
    const first = work(node.ready().messages).append!;
    node.propose(data("b"));
    const second = work(node.ready().messages).append!;
    expect([first, second].map(({ entries }) => entries.map((each) => text(each.data)))).toEqual([["a"], ["b"]]);
    expect(node.committed).toBe(committed);
    storage.append(first.entries);
    for (const response of first.responses) expect(node.step(response)).toBeUndefined();
    expect(node.committed).toBe(committed + 1);
    storage.append(second.entries);
    for (const response of second.responses) node.step(response);
    const { apply } = work(node.ready().messages);
    expect(apply!.entries.map((each) => text(each.data))).toEqual(["a", "b"]);
    expect(node.applied).toBe(committed);
    for (const response of apply!.responses) node.step(response);
    expect(node.applied).toBe(committed + 2);
  });

  test.each([true, false])("an append acknowledged twice is logged: %s", (logStaleAppends) => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, enabled: () => true, info: (line) => void lines.push(line) };
    const { node, storage } = testNode(1n, [1n, 2n, 3n], { asyncStorageWrites: true, logger, logStaleAppends });
    node.step(message(M.MsgApp, { from: 2n, term: 1, entries: [entry(1, 1, "a")] }));
    const first = work(node.ready().messages).append!;
    // The commit alone: it goes to the disk, too, and names the entry that is on its way there.
    node.step(message(M.MsgApp, { from: 2n, term: 1, logTerm: 1, index: 1, commit: 1 }));
    const second = work(node.ready().messages).append!;
    for (const { entries, responses } of [first, second]) {
      storage.append(entries);
      for (const response of responses) if (response.to === 1n) node.step(response);
    }
    const stale = lines.filter((line) => line.includes("missing from unstable log"));
    expect(stale).toEqual(logStaleAppends ? ["entry at index 1 missing from unstable log; ignoring"] : []);
    expect(lines.some((line) => line.includes("became follower"))).toBe(true);
  });

  test("only what is durable here is applied here", () => {
    const { node, storage } = testNode(1n, [1n, 2n, 3n], { asyncStorageWrites: true });
    node.step(message(M.MsgApp, { from: 2n, term: 1, entries: [entry(1, 1, "a")], commit: 1 }));
    const { append, apply } = work(node.ready().messages);
    expect([append!.entries.length, apply]).toEqual([1, undefined]);
    storage.append(append!.entries);
    for (const response of append!.responses) if (response.to === 1n) node.step(response);
    expect(work(node.ready().messages).apply!.entries.length).toBe(1);
  });

  test("a vote waits for the disk, with everything before it", () => {
    const { node } = testNode(1n, [1n, 2n, 3n], { asyncStorageWrites: true });
    node.step(message(M.MsgVote, { from: 2n, term: 1 }));
    const { messages } = node.ready();
    expect(messages).toMatchObject([
      { type: M.MsgStorageAppend, term: 1, vote: 2n, responses: [{ type: M.MsgVoteResp, to: 2n }] },
    ]);
  });

  test("advance has no place here", () => {
    expect(() => asyncLeader().node.advance()).toThrow();
  });
});

describe("bootstrap", () => {
  test("makes the first members, the same on each of them", () => {
    const storage = new MemoryStorage();
    const node = new RawNode({ id: 1n, electionTick: 10, heartbeatTick: 1, storage, random: () => 0 });
    const peers = [1n, 2n].map((id) => ({ id, context: data(`${id}`) }));
    expect(node.bootstrap(peers)).toBeUndefined();
    const ready = node.ready();
    expect(ready.hardState).toEqual({ term: 1, vote: 0n, commit: 2 });
    expect(ready.committedEntries.map(({ index, term, type }) => [index, term, type])).toEqual([
      [1, 1, 1],
      [2, 1, 1],
    ]);
    storage.append(ready.entries);
    for (const { index } of ready.committedEntries) {
      node.applyConfChange(change(ConfChangeType.ConfChangeAddNode, BigInt(index)), index);
    }
    node.advance();
    expect(node.status().config.voters).toEqual([1n, 2n]);
    expect(node.bootstrap(peers)?.code).toBe("BootstrapInvalid");
    expect(node.bootstrap([])?.code).toBe("BootstrapInvalid");
  });
});

describe("proposals", () => {
  test("a batch is all or nothing, in one message a follower", () => {
    const network = new TestNetwork(3, { maxUncommittedEntriesSize: 4 });
    network.elect(1);
    const { node } = network.at(1);
    expect(node.proposeMany([data("ab"), data("c")])).toBeUndefined();
    expect(node.proposeMany([data("d"), data("e")])?.code).toBe("ProposalDropped");
    expect(node.ready().messages.map(({ type, entries }) => [type, entries.length])).toEqual([
      [M.MsgApp, 2],
      [M.MsgApp, 2],
    ]);
    expect(node.proposeMany([])).toBeUndefined();
  });

  test("a batch larger than a message goes out in as many as the window takes", () => {
    const network = new TestNetwork(2, { maxSizePerMsg: 0, maxInflightMsgs: 3 });
    network.elect(1);
    const { node } = network.at(1);
    node.proposeMany(["a", "b", "c", "d"].map(data));
    expect(node.ready().messages.map(({ entries }) => entries.map((each) => text(each.data)).join())).toEqual([
      "a",
      "b",
      "c",
    ]);
    node.advance();
  });

  test("the uncommitted tail is limited, but for a first entry and empty ones", () => {
    const network = new TestNetwork(3, { maxUncommittedEntriesSize: 4 });
    network.elect(1);
    const { node } = network.at(1);
    expect(node.propose(data("a large first one"))).toBeUndefined();
    expect(node.propose(data("b"))?.code).toBe("ProposalDropped");
    expect(node.propose(nothing)).toBeUndefined();
    network.settle();
    expect(node.propose(data("b"))).toBeUndefined();
  });

  test("a follower passes proposals on, unless told not to", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    network.propose(2, "x");
    expect(network.applied(3)).toEqual(["x"]);
    const strict = new TestNetwork(3, { disableProposalForwarding: true });
    strict.elect(1);
    expect(strict.node(2).propose(data("x"))?.code).toBe("ProposalDropped");
  });

  /** Node 2 proposes "x"; the message to leader 1 is late: it comes after 3 has become leader and told all of it. */
  function late(config: Partial<Config>): { network: TestNetwork; proposal: Message } {
    const network = new TestNetwork(3, config);
    network.elect(1);
    let proposal: Message | undefined;
    network.lost = (message) => {
      if (message.type === M.MsgProp) proposal = message;
      return message.type === M.MsgProp;
    };
    network.propose(2, "x");
    network.recover();
    network.elect(3);
    return { network, proposal: proposal! };
  }

  test("a late one is passed on by the leader of before, as etcd has it", () => {
    const { network, proposal } = late({});
    expect(proposal.term).toBe(0);
    network.node(1).step(proposal);
    network.settle();
    expect(network.applied(2)).toEqual(["x"]);
  });

  test("with terms, a late one is in nobody's log, whoever leads when it comes", () => {
    const { network, proposal } = late({ proposalTerms: true });
    expect(proposal.term).toBe(1);
    network.node(1).step(proposal);
    network.settle();
    network.elect(1);
    network.node(1).step(proposal);
    network.settle();
    expect([1, 2, 3].map((id) => network.applied(id))).toEqual([[], [], []]);
    network.propose(2, "y");
    expect(network.applied(3)).toEqual(["y"]);
  });

  test("with terms, one comes to a leader of its own term that leads no more, and is in no log", () => {
    const network = new TestNetwork(3, { proposalTerms: true });
    network.elect(1);
    let proposal: Message | undefined;
    network.lost = (message) => {
      if (message.type === M.MsgProp) proposal = message;
      return true;
    };
    network.propose(2, "x");
    network.recover();
    network.node(1).forgetLeader();
    network.at(1).node.raft.becomeFollower(1, 3n);
    expect(network.node(1).step(proposal!)?.code).toBe("ProposalDropped");
    expect(network.at(1).node.ready().messages).toEqual([]);
  });

  test("another member's proposal is passed on without a term of ours", () => {
    const network = new TestNetwork(3, { proposalTerms: true });
    network.elect(1);
    network.node(2).step(message(M.MsgProp, { from: 3n, to: 2n, entries: [entry(0, 0, "z")] }));
    const passed = network
      .at(2)
      .node.ready()
      .messages.find(({ type }) => type === M.MsgProp);
    expect(passed).toMatchObject({ from: 3n, to: 1n, term: 0 });
  });

  test("without a leader they are dropped", () => {
    const { node } = testNode(1n, [1n, 2n]);
    expect(node.propose(data("x"))?.code).toBe("ProposalDropped");
    node.campaign();
    expect(node.propose(data("x"))?.code).toBe("ProposalDropped");
  });
});

describe("membership", () => {
  test("a change that a snapshot has overtaken is left out", () => {
    const one = testNode(1n, [1n, 2n]);
    const confState = { ...emptyConfState(), voters: [1n, 2n] };
    const snapshot = { data: nothing, metadata: { confState, index: 9, term: 1 } };
    one.node.step(message(M.MsgSnap, { from: 2n, term: 1, snapshot }));
    settle(one);
    const add = change(ConfChangeType.ConfChangeAddNode, 3n);
    expect(one.node.applyConfChange(add, 9).voters).toEqual([1n, 2n]);
    expect(one.node.applyConfChange(add, 10).voters).toEqual([1n, 2n, 3n]);
    expect(one.node.applyConfChange(change(ConfChangeType.ConfChangeRemoveNode, 3n), 10).voters).toEqual([1n, 2n, 3n]);
  });

  test("an impossible change is refused by its code and changes nothing", () => {
    const { node } = leader();
    const remove = change(ConfChangeType.ConfChangeRemoveNode, 1n);
    expect(() => node.applyConfChange(remove)).toThrow(expect.objectContaining({ code: "ConfChangeInvalid" }));
    expect(node.status().config.voters).toEqual([1n]);
  });

  test("node NONE: decided against, by everybody alike", () => {
    const { node } = leader();
    expect(node.applyConfChange(change(ConfChangeType.ConfChangeAddNode, 0n)).voters).toEqual([1n]);
  });

  test("a transfer to a member that is removed ends", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    const { node } = network.at(1);
    network.isolate(3);
    network.propose(1, "x");
    node.transferLeader(3n);
    expect(node.basicStatus().leadTransferee).toBe(3n);
    node.applyConfChange(change(ConfChangeType.ConfChangeRemoveNode, 3n));
    expect(node.basicStatus().leadTransferee).toBe(0n);
  });

  test("a leader that is removed takes no proposals and steps down if told to", () => {
    for (const stepDownOnRemoval of [false, true]) {
      const network = new TestNetwork(3, { stepDownOnRemoval });
      network.elect(1);
      const { node } = network.at(1);
      node.applyConfChange(change(ConfChangeType.ConfChangeRemoveNode, 1n));
      expect(node.state).toBe(stepDownOnRemoval ? StateType.StateFollower : StateType.StateLeader);
      expect(node.propose(data("x"))?.code).toBe("ProposalDropped");
    }
  });
});

describe("conf changes left unchecked", () => {
  const two = [
    change(ConfChangeType.ConfChangeAddLearnerNode, 2n),
    change(ConfChangeType.ConfChangeAddLearnerNode, 3n),
  ];
  const proposed = (one: TestNode) => {
    const before = one.node.lastIndex;
    for (const each of two) one.node.proposeConfChange(each);
    settle(one);
    return one.applied.filter(({ index }) => index > before).map(({ type }) => type);
  };

  test("one at a time enters the log, unless validation is off", () => {
    expect(proposed(leader())).toEqual([1, 0]);
    expect(proposed(leader({ disableConfChangeValidation: true }))).toEqual([1, 1]);
  });
});

describe("forgetting the leader", () => {
  test("lets a candidate pass within the term, without waiting out the lease", () => {
    const network = new TestNetwork(3, { checkQuorum: true, preVote: true });
    network.elect(1);
    network.isolate(1);
    network.elect(2);
    expect(network.node(2).state).toBe(StateType.StatePreCandidate);
    network.node(2).forgetLeader();
    network.node(3).forgetLeader();
    expect([network.node(3).lead, network.node(3).term]).toEqual([0n, 1]);
    network.elect(2);
    expect([network.node(2).state, network.node(3).lead, network.node(3).term]).toEqual([StateType.StateLeader, 2n, 2]);
  });

  test("is nothing to a leader, and undone by the next heartbeat", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    network.node(1).forgetLeader();
    network.node(2).forgetLeader();
    expect([network.node(1).lead, network.node(2).lead]).toEqual([1n, 0n]);
    network.node(1).tick();
    network.settle();
    expect(network.node(2).lead).toBe(1n);
  });

  test("is refused where reads trust the lease", () => {
    const network = new TestNetwork(3, { checkQuorum: true, readOnlyOption: ReadOnlyOption.ReadOnlyLeaseBased });
    network.elect(1);
    network.node(2).forgetLeader();
    expect(network.node(2).lead).toBe(1n);
  });
});

describe("reads", () => {
  test("a lone voter answers at once, but not before it has committed in its term", () => {
    const one = testNode(1n, [1n], {}, [entry(1, 1)]);
    one.node.campaign();
    one.storage.append(one.node.ready().entries);
    one.node.advance();
    expect(one.node.state).toBe(StateType.StateLeader);
    one.node.readIndex(data("r"));
    const early = one.node.ready();
    expect(early.readStates).toEqual([]);
    one.storage.append(early.entries);
    one.node.advance();
    const { readStates } = one.node.ready();
    expect(readStates.map(({ index, requestCtx }) => [index, text(requestCtx)])).toEqual([[2, "r"]]);
  });

  test("a removed leader does not take the one voter left for itself", () => {
    const network = new TestNetwork(2);
    network.elect(1);
    const { node } = network.at(1);
    node.applyConfChange(change(ConfChangeType.ConfChangeRemoveNode, 1n));
    node.readIndex(data("r"));
    expect(node.ready().readStates).toEqual([]);
  });

  test("one round of heartbeats confirms all reads that wait", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    const one = network.at(1);
    for (const name of ["a", "b", "c"]) one.node.readIndex(data(name));
    const heartbeats = settle(one).filter(({ to }) => to === 2n);
    const last = heartbeats.at(-1)!;
    network.node(2).step(last);
    for (const answer of settle(network.at(2))) one.node.step(answer);
    expect(one.node.ready().readStates.map(({ requestCtx }) => text(requestCtx))).toEqual(["a", "b", "c"]);
  });

  test("with a lease a leader answers without asking", () => {
    const network = new TestNetwork(3, { checkQuorum: true, readOnlyOption: ReadOnlyOption.ReadOnlyLeaseBased });
    network.elect(1);
    network.node(1).readIndex(data("r"));
    expect(network.node(1).ready()).toMatchObject({ messages: [], readStates: [{ index: 1 }] });
  });

  test("only so many wait", () => {
    const network = new TestNetwork(3, { maxPendingReads: 2 });
    network.elect(1);
    network.isolate(1);
    const codes = ["a", "b", "c"].map((name) => network.node(1).readIndex(data(name))?.code);
    expect(codes).toEqual([undefined, undefined, "ReadDropped"]);
  });

  test("reads of a deposed leader are forgotten", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    network.isolate(1);
    network.node(1).readIndex(data("r"));
    network.node(1).step(message(M.MsgHeartbeat, { from: 2n, term: 9 }));
    network.recover();
    network.elect(1);
    expect(network.node(1).raft.readOnly.length).toBe(0);
  });
});

describe("reports and small things", () => {
  test("an unreachable follower is probed, a failed snapshot tried again after a heartbeat", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    const { node, storage } = network.at(1);
    const state = () => `${node.status().progress.get(3n)}`;
    node.reportUnreachable(3n);
    expect(state()).toContain("StateProbe");
    network.isolate(3);
    network.propose(1, "a");
    storage.createSnapshot(node.applied, node.status().config, nothing);
    storage.compact(node.applied);
    node.step(message(M.MsgHeartbeatResp, { from: 3n, term: 1 }));
    node.step(message(M.MsgAppResp, { from: 3n, term: 1, index: 1, reject: true, rejectHint: 0 }));
    expect(state()).toContain("StateSnapshot");
    settle(network.at(1));
    node.reportSnapshot(3n, SnapshotStatus.SnapshotFailure);
    expect(state()).toMatch(/StateProbe.* paused/);
    node.step(message(M.MsgHeartbeatResp, { from: 3n, term: 1 }));
    expect(settle(network.at(1)).map(({ type }) => type)).toContain(M.MsgSnap);
  });

  test("status: everybody knows itself, only the leader knows the others", () => {
    const network = new TestNetwork(2);
    network.elect(1);
    expect(network.node(1).status()).toMatchObject({ id: 1n, term: 1, vote: 1n, lead: 1n, applied: 1 });
    expect([...network.node(1).status().progress.keys()]).toEqual([1n, 2n]);
    expect(network.node(2).status().progress.size).toBe(0);
    // A copy: whoever reads it cannot disturb.
    network.node(1).status().progress.get(2n)!.match = 99;
    expect(network.node(1).status().progress.get(2n)!.match).toBe(1);
  });

  test("a logger that is off costs no words", () => {
    let asked = 0;
    const never = () => {
      throw new Error("a line was built for nobody");
    };
    const logger = {
      enabled: () => {
        asked++;
        return false;
      },
      debug: never,
      info: never,
      warn: never,
      error: never,
      panic: never,
      fatal: never,
      child: () => logger,
    };
    const network = new TestNetwork(3, { logger, preVote: true, checkQuorum: true });
    network.elect(1);
    network.propose(1, "x");
    network.node(1).transferLeader(2n);
    network.settle();
    expect(network.node(2).state).toBe(StateType.StateLeader);
    expect(asked).toBeGreaterThan(0);
  });
});
