/**
 * The promises of raft, each with the sentence that makes it. "Paper": Ongaro and Ousterhout, In Search of an Understandable
 * Consensus Algorithm (extended version). "Thesis": Ongaro, Consensus: Bridging Theory and Practice.
 * What random clusters keep of them: `cluster.test.ts`.
 */
import { describe, expect, test } from "vitest";
import { entry, message, settle, TestNetwork, testNode, text } from "../../test/harness/raft-network.ts";
import { EntryType, MessageType, quorumSize, StateType } from "./index.ts";

const { MsgApp, MsgAppResp, MsgHeartbeat, MsgVote, MsgVoteResp, MsgSnap } = MessageType;
const { StateFollower, StateCandidate, StateLeader } = StateType;

describe("terms (paper 5.1)", () => {
  // "If one server's current term is smaller than the other's, then it updates its current term to the larger value. If a
  // candidate or leader discovers that its term is out of date, it immediately reverts to follower state."
  test.each([
    ["follower", 0],
    ["candidate", 1],
    ["leader", 2],
  ])("a %s joins a later term", (_, steps) => {
    const network = new TestNetwork(3);
    if (steps === 1) network.lost = () => true;
    if (steps > 0) network.elect(1);
    const node = network.node(1);
    expect(node.state).toBe([StateFollower, StateCandidate, StateLeader][steps]);
    expect(node.step(message(MsgApp, { from: 2n, to: 1n, term: 5 }))).toBeUndefined();
    expect([node.term, node.state, node.lead]).toEqual([5, StateFollower, 2n]);
  });

  // "If a server receives a request with a stale term number, it rejects the request."
  test("a message of an earlier term changes nothing", () => {
    const one = testNode(1n, [1n, 2n, 3n], {}, [entry(3, 1)]);
    one.node.step(message(MsgHeartbeat, { from: 2n, term: 4 }));
    settle(one);
    one.node.step(message(MsgApp, { from: 3n, term: 3, index: 1, logTerm: 3, entries: [entry(3, 2)] }));
    expect([one.node.term, one.node.lead, one.node.lastIndex]).toEqual([4, 2n, 1]);
    expect(settle(one)).toEqual([]);
  });
});

describe("leader election (paper 5.2)", () => {
  // "If a follower receives no communication over a period of time called the election timeout, then it assumes there is no
  // viable leader and begins an election."
  test("silence makes a candidate, heartbeats keep a follower", () => {
    const { node } = testNode(1n, [1n, 2n, 3n]);
    for (let i = 0; i < 30; i++) {
      node.tick();
      if (i % 5 === 0) node.step(message(MsgHeartbeat, { from: 2n, term: 1 }));
    }
    expect([node.state, node.term]).toEqual([StateFollower, 1]);
    for (let i = 0; i < 10; i++) node.tick();
    expect([node.state, node.term]).toEqual([StateCandidate, 2]);
  });

  // "To begin an election, a follower increments its current term and transitions to candidate state. It then votes for itself
  // and issues RequestVote RPCs in parallel to each of the other servers."
  test("a candidate asks everybody for the new term", () => {
    const one = testNode(1n, [1n, 2n, 3n], {}, [entry(2, 1), entry(3, 2)]);
    one.node.step(message(MsgHeartbeat, { from: 2n, term: 3 }));
    settle(one);
    one.node.campaign();
    const asked = settle(one).map(({ type, to, term, index, logTerm }) => ({ type, to, term, index, logTerm }));
    expect(asked).toEqual([
      { type: MsgVote, to: 2n, term: 4, index: 2, logTerm: 3 },
      { type: MsgVote, to: 3n, term: 4, index: 2, logTerm: 3 },
    ]);
    expect(one.storage.initialState().hardState).toMatchObject({ term: 4, vote: 1n });
  });

  // "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the same term."
  test.each([1, 2, 3, 4, 5, 6, 7])("of %i members floor(n/2) + 1 votes elect", (n) => {
    const ids = Array.from({ length: n }, (_, i) => BigInt(i + 1));
    const one = testNode(1n, ids);
    one.node.campaign();
    settle(one);
    let votes = 1;
    for (const from of ids.slice(1)) {
      expect(one.node.state === StateLeader).toBe(votes >= quorumSize(n));
      one.node.step(message(MsgVoteResp, { from, to: 1n, term: 1 }));
      votes++;
    }
    expect(one.node.state).toBe(StateLeader);
  });

  // "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis." This is election
  // safety, figure 3: "at most one leader can be elected in a given term", also across a restart.
  test("one vote a term, whatever happens in between", () => {
    const voters = [1n, 2n, 3n];
    const one = testNode(1n, voters);
    const ask = (from: bigint) => {
      one.node.step(message(MsgVote, { from, to: 1n, term: 1 }));
      return settle(one).map(({ to, reject }) => ({ to, reject }));
    };
    expect(ask(2n)).toEqual([{ to: 2n, reject: false }]);
    expect(ask(3n)).toEqual([{ to: 3n, reject: true }]);
    expect(ask(2n)).toEqual([{ to: 2n, reject: false }]);
    const { hardState } = one.storage.initialState();
    const again = testNode(1n, voters);
    again.storage.setHardState(hardState);
    const restarted = testNode(1n, voters, { storage: again.storage });
    restarted.node.step(message(MsgVote, { from: 3n, to: 1n, term: 1 }));
    expect(settle(restarted)).toMatchObject([{ to: 3n, reject: true }]);
  });

  // "While waiting for votes, a candidate may receive an AppendEntries RPC from another server claiming to be leader. If the
  // leader's term is at least as large as the candidate's current term, then the candidate recognizes the leader."
  test.each([MsgApp, MsgHeartbeat])("a candidate yields to the leader of its term (message type %i)", (type) => {
    const one = testNode(1n, [1n, 2n, 3n]);
    one.node.campaign();
    settle(one);
    one.node.step(message(type, { from: 2n, to: 1n, term: 1 }));
    expect([one.node.state, one.node.lead]).toEqual([StateFollower, 2n]);
  });

  // "Election timeouts are chosen randomly from a fixed interval", here [electionTick, 2 electionTick).
  test("the election timeout is drawn anew each time, from the given source", () => {
    const draws = [0, 3, 9];
    const { node } = testNode(1n, [1n, 2n], { random: (n) => draws.shift()! % n });
    const until = () => {
      const { term } = node;
      let ticks = 0;
      for (; node.term === term; ticks++) node.tick();
      return ticks;
    };
    expect([until(), until(), until()]).toEqual([10, 13, 19]);
  });

  // "... votes are split": nobody wins, and a new term settles it.
  test("a split vote elects nobody; the next term does", () => {
    const network = new TestNetwork(4);
    network.node(1).campaign();
    network.node(2).campaign();
    network.lost = ({ from, to }) =>
      (from <= 2n && to <= 2n) || (from === 1n && to === 4n) || (from === 2n && to === 3n);
    network.settle();
    expect([1, 2].map((id) => network.node(id).state)).toEqual([StateCandidate, StateCandidate]);
    network.recover();
    network.elect(1);
    expect([network.node(1).state, network.node(1).term]).toEqual([StateLeader, 2]);
  });
});

describe("log replication (paper 5.3)", () => {
  // Figure 3, leader append-only: "a leader never overwrites or deletes entries in its log; it only appends new entries."
  test("a new leader keeps its tail and appends behind it", () => {
    const network = new TestNetwork(3, {}, { 1: [entry(1, 1, "a"), entry(1, 2, "b")] });
    network.elect(1);
    network.propose(1, "c");
    expect(network.log(1)).toEqual(["1/1 a", "1/2 b", "1/3", "1/4 c"]);
    expect(network.node(1).step(message(MsgApp, { from: 2n, term: 1, index: 0, entries: [entry(1, 1)] }))?.code).toBe(
      "SecondLeader",
    );
    expect(network.log(1)).toEqual(["1/1 a", "1/2 b", "1/3", "1/4 c"]);
  });

  // "A log entry is committed once the leader that created the entry has replicated it on a majority of the servers."
  test.each([1, 2, 3, 4, 5])("of %i members a majority commits, no fewer", (n) => {
    const network = new TestNetwork(n);
    network.elect(1);
    const { committed } = network.node(1);
    let reached = 1;
    network.lost = ({ type, to }) => type === MsgApp && Number(to) > reached;
    for (; reached < quorumSize(n); reached++) {
      network.propose(1, `with ${reached}`);
      expect(network.node(1).committed).toBe(committed);
    }
    network.propose(1, "enough");
    for (let i = 0; i < 2; i++) {
      network.node(1).tick();
      network.settle();
    }
    expect(network.node(1).committed).toBe(network.node(1).lastIndex);
  });

  // "If the follower does not find an entry in its log with the same index and term, then it refuses the new entries." With the
  // induction that follows in the paper this gives figure 3's log matching: "if two logs contain an entry with the same index
  // and term, then the logs are identical in all entries up through the given index."
  test.each([
    ["an entry that it has", 2, 2, false],
    ["the beginning", 0, 0, false],
    ["an entry of another term", 2, 1, true],
    ["an entry beyond its end", 3, 3, true],
  ])("an append behind %s", (_, index, logTerm, reject) => {
    const one = testNode(1n, [1n, 2n, 3n], {}, [entry(1, 1), entry(2, 2)]);
    one.node.step(message(MsgApp, { from: 2n, to: 1n, term: 3, index, logTerm }));
    expect(settle(one)).toMatchObject([{ type: MsgAppResp, to: 2n, index, reject }]);
  });

  // "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all that
  // follow it. Append any new entries not already in the log" (figure 2).
  test.each([
    [2, [entry(3, 3)], ["1/1", "2/2", "3/3"]],
    [1, [entry(3, 2), entry(4, 3)], ["1/1", "3/2", "4/3"]],
    [0, [entry(1, 1)], ["1/1", "2/2"]],
    [0, [entry(3, 1)], ["3/1"]],
  ])("entries behind index %i replace what differs, and only that", (index, entries, expected) => {
    const network = new TestNetwork(3, {}, { 1: [entry(1, 1), entry(2, 2)] });
    network.node(1).step(message(MsgApp, { from: 2n, to: 1n, term: 4, index, logTerm: index, entries }));
    expect(network.log(1)).toEqual(expected);
  });

  // Figure 7: "when the leader at the top comes to power, it is possible that any of scenarios (a-f) could occur in follower logs."
  test("the leader of figure 7 brings every follower to its own log", () => {
    const log = (...terms: number[]) => terms.map((term, i) => entry(term, i + 1));
    const network = new TestNetwork(
      7,
      {},
      {
        1: log(1, 1, 1, 4, 4, 5, 5, 6, 6, 6),
        2: log(1, 1, 1, 4, 4, 5, 5, 6, 6),
        3: log(1, 1, 1, 4),
        4: log(1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6),
        5: log(1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7),
        6: log(1, 1, 1, 4, 4, 4, 4),
        7: log(1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
      },
    );
    network.node(1).step(message(MsgHeartbeat, { from: 5n, term: 7 }));
    network.elect(1);
    expect(network.node(1).state).toBe(StateLeader);
    network.propose(1, "x");
    for (let id = 2; id <= 7; id++) expect(network.log(id)).toEqual(network.log(1));
  });
});

describe("safety (paper 5.4)", () => {
  // 5.4.1: "the voter denies its vote if its own log is more up-to-date than that of the candidate ... If the logs have last entries
  // with different terms, then the log with the later term is more up-to-date. If the logs end with the same term, then whichever
  // log is longer." This keeps figure 3's leader completeness.
  test.each([
    [1, 2, 1, 1, true],
    [1, 2, 1, 2, false],
    [1, 2, 1, 3, false],
    [1, 2, 2, 1, false],
    [2, 1, 1, 2, true],
    [2, 1, 2, 1, false],
  ])(
    "a log ending in term %i at %i: a candidate ending in term %i at %i is rejected: %s",
    (term, length, logTerm, index, reject) => {
      const log = Array.from({ length }, (_, i) => entry(term, i + 1));
      const one = testNode(1n, [1n, 2n], {}, log);
      one.node.step(message(MsgVote, { from: 2n, to: 1n, term: 3, logTerm, index }));
      expect(settle(one)).toMatchObject([{ type: MsgVoteResp, reject }]);
    },
  );

  // 5.4.2 and figure 8: "Raft never commits log entries from previous terms by counting replicas. Only log entries from the
  // leader's current term are committed by counting replicas."
  test("an entry of an earlier term on a majority is not committed before one of the leader's own", () => {
    const network = new TestNetwork(5, {}, { 1: [entry(1, 1), entry(2, 2)], 2: [entry(1, 1), entry(2, 2)] });
    for (const id of [1, 2, 3, 4, 5]) network.node(id).step(message(MsgHeartbeat, { from: 5n, term: 3 }));
    network.settle();
    // The old entry arrives everywhere, the leader's own nowhere.
    network.lost = ({ type, entries }) => type === MsgApp && entries.some(({ term }) => term === 4);
    network.elect(1);
    const { node } = network.at(1);
    expect(node.state).toBe(StateLeader);
    node.step(message(MsgAppResp, { from: 2n, term: 4, index: 2 }));
    node.step(message(MsgAppResp, { from: 3n, term: 4, index: 2 }));
    expect(node.committed).toBe(0);
    network.recover();
    node.step(message(MsgAppResp, { from: 2n, term: 4, index: 3 }));
    node.step(message(MsgAppResp, { from: 3n, term: 4, index: 3 }));
    expect(node.committed).toBe(3);
  });

  // Figure 3, state machine safety: "if a server has applied a log entry at a given index to its state machine, no other server
  // will ever apply a different log entry for the same index."
  test("an uncommitted entry of a deposed leader is applied nowhere", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    network.propose(1, "kept");
    network.isolate(1);
    network.propose(1, "lost");
    network.elect(2);
    network.propose(2, "instead");
    network.recover();
    network.node(2).tick();
    network.settle();
    network.propose(2, "more");
    for (const id of [1, 2, 3]) expect(network.applied(id)).toEqual(["kept", "instead", "more"]);
  });

  // Thesis 3.8: "each server persists its current term and vote ... each server also persists new log entries before they are counted
  // towards the entries' commitment."
  test("votes and acknowledgements leave only with what has to be saved before them", () => {
    const { node } = testNode(1n, [1n, 2n, 3n]);
    node.step(message(MsgVote, { from: 2n, to: 1n, term: 1 }));
    const voting = node.ready();
    expect(voting).toMatchObject({
      mustSync: true,
      hardState: { term: 1, vote: 2n },
      messages: [{ type: MsgVoteResp }],
    });
    node.advance();
    node.step(message(MsgApp, { from: 2n, to: 1n, term: 1, entries: [entry(1, 1)] }));
    expect(node.ready()).toMatchObject({ mustSync: true, entries: [{ index: 1 }], messages: [{ type: MsgAppResp }] });
  });

  test("a leader counts its own entries only once they are saved", () => {
    const one = testNode(1n, [1n]);
    one.node.campaign();
    expect(one.node.state).toBe(StateCandidate);
    settle(one);
    one.node.propose(entry(0, 0, "x").data);
    const before = one.node.committed;
    const saving = one.node.ready();
    expect([saving.entries.length, one.node.committed]).toEqual([1, before]);
    one.node.advance();
    expect(one.node.committed).toBe(before + 1);
  });
});

describe("what raft gives its users (paper 2, properties of practical consensus)", () => {
  // "They ensure safety (never returning an incorrect result) under all non-Byzantine conditions, including network delays,
  // partitions, and packet loss, duplication, and reordering."
  test("always a correct result: doubled and overtaken messages change nothing", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    const held = new Map<bigint, ReturnType<typeof settle>>();
    for (const each of ["a", "b", "c"]) {
      network.node(1).propose(entry(0, 0, each).data);
      for (const sent of settle(network.at(1))) held.set(sent.to, [sent, ...(held.get(sent.to) ?? [])]);
    }
    for (const [to, late] of held) for (const sent of [...late, ...late]) network.nodes.get(to)!.node.step(sent);
    network.settle();
    network.node(1).tick();
    network.settle();
    for (const id of [1, 2, 3]) expect(network.applied(id)).toEqual(["a", "b", "c"]);
  });

  // "They are fully functional (available) as long as any majority of the servers are operational and can communicate with each
  // other and with clients."
  test.each([
    [3, [3]],
    [5, [4, 5]],
    [5, [1, 2]],
    [7, [1, 2, 3]],
  ])("available while a majority lives: %i members without %j", (n, down) => {
    const network = new TestNetwork(n);
    network.elect(1);
    network.propose(1, "before");
    network.isolate(...down);
    const survivor = [...Array(n).keys()].map((i) => i + 1).find((id) => !down.includes(id))!;
    network.elect(survivor);
    network.propose(survivor, "after");
    expect(network.applied(survivor)).toEqual(["before", "after"]);
  });

  test("no majority, no answer", () => {
    const network = new TestNetwork(4);
    network.elect(1);
    network.isolate(3, 4);
    network.propose(1, "unanswered");
    expect(network.applied(1)).toEqual([]);
  });

  // "They do not depend on timing to ensure the consistency of the logs: faulty clocks and extreme message delays can, at worst, cause
  // availability problems."
  test("log consistency independent of timing: a clock that races deposes leaders and loses nothing", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    for (let i = 0; i < 10; i++) {
      network.propose(1, `${i}`);
      for (let t = 0; t < 500; t++) network.node(2).tick();
      network.settle();
      network.elect(1);
    }
    const applied = network.applied(1);
    expect(applied).toEqual([...applied].sort());
    for (const id of [2, 3]) expect(network.applied(id)).toEqual(applied);
  });

  // "In the common case, a command can complete as soon as a majority of the cluster has responded to a single round of remote
  // procedure calls; a minority of slow servers need not impact overall system performance."
  test("an answer as soon as a quorum has it: one round, the slowest not awaited", () => {
    const network = new TestNetwork(5);
    network.elect(1);
    const leader = network.at(1);
    leader.node.propose(entry(0, 0, "x").data);
    const round = settle(leader);
    expect(round.map(({ type }) => type)).toEqual([MsgApp, MsgApp, MsgApp, MsgApp]);
    for (const sent of round.slice(0, 2)) {
      expect(network.applied(1)).toEqual([]);
      const follower = network.nodes.get(sent.to)!;
      follower.node.step(sent);
      for (const answer of settle(follower)) leader.node.step(answer);
      settle(leader);
    }
    expect(network.applied(1)).toEqual(["x"]);
  });
});

describe("beyond the paper's core", () => {
  // Paper 7: "the leader must occasionally send snapshots to followers that lag behind. This happens when the leader has already
  // discarded the next log entry that it needs to send to a follower."
  test("a follower that needs what is compacted gets a snapshot, then the rest", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    network.isolate(3);
    network.propose(1, "a", "b", "c");
    const { node, storage } = network.at(1);
    storage.createSnapshot(node.applied, node.status().config, Uint8Array.of(7));
    storage.compact(node.applied);
    let snapshots = 0;
    network.lost = ({ type }) => {
      if (type === MsgSnap) snapshots++;
      return false;
    };
    for (let i = 0; i < 3; i++) {
      node.tick();
      network.settle();
    }
    network.propose(1, "d");
    expect(snapshots).toBe(1);
    expect(network.node(3).committed).toBe(node.committed);
    expect(network.applied(3)).toEqual(["d"]);
  });

  // Thesis 4.2.3: "if a server receives a RequestVote request within the minimum election timeout of hearing from a current leader, it
  // does not update its term or grant its vote."
  test("a leader in contact with its followers cannot be deposed (checkQuorum)", () => {
    const network = new TestNetwork(3, { checkQuorum: true });
    network.elect(1);
    network.elect(3);
    expect([network.node(1).state, network.node(2).term]).toEqual([StateLeader, 1]);
  });

  // Thesis 6.2: "A leader in Raft steps down if an election timeout elapses without a successful round of heartbeats to a majority
  // of its cluster."
  test("a leader without a quorum steps down (checkQuorum)", () => {
    const network = new TestNetwork(3, { checkQuorum: true });
    network.elect(1);
    network.isolate(1);
    for (let i = 0; i < 20; i++) network.node(1).tick();
    expect(network.node(1).state).toBe(StateFollower);
  });

  // Thesis 9.6: "a candidate only increments its term if it first learns from a majority of the cluster that they would be willing to
  // grant the candidate their votes."
  test("a node that comes back from isolation does not disturb (preVote)", () => {
    const network = new TestNetwork(3, { preVote: true });
    network.elect(1);
    network.isolate(3);
    for (let i = 0; i < 100; i++) network.node(3).tick();
    network.propose(1, "x");
    expect(network.node(3).term).toBe(1);
    network.recover();
    network.settle();
    network.node(1).tick();
    network.settle();
    expect([network.node(1).state, network.node(1).term, network.node(3).lead]).toEqual([StateLeader, 1, 1n]);
  });

  // Thesis 3.10: the leader brings the target up to date, then "sends a TimeoutNow request to the target server."
  test("leadership moves to a member that is behind, without an election timeout", () => {
    const network = new TestNetwork(3, { preVote: true, checkQuorum: true });
    network.elect(1);
    network.isolate(3);
    network.propose(1, "x");
    network.recover();
    network.node(1).transferLeader(3n);
    expect(network.node(1).propose(entry(0, 0, "y").data)?.code).toBe("ProposalDropped");
    network.settle();
    network.node(1).tick();
    network.settle();
    expect([network.node(3).state, network.node(1).lead]).toEqual([StateLeader, 3n]);
  });

  // Thesis 6.4: before it answers a read, a leader must have committed an entry of its term, and must have heard from a quorum since
  // the question came, so that no newer leader can have answered others in the meantime.
  test("a read is answered by a leader that a quorum still follows, and by no other", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    network.propose(1, "x");
    const reads: string[] = [];
    const ask = (id: number, name: string) => {
      network.node(id).readIndex(entry(0, 0, name).data);
      const { node, storage } = network.at(id);
      const run = () => {
        while (node.hasReady()) {
          const ready = node.ready();
          storage.append(ready.entries);
          for (const { index, requestCtx } of ready.readStates) reads.push(`${text(requestCtx)} at ${index}`);
          for (const sent of ready.messages) if (!network.lost(sent)) network.nodes.get(sent.to)!.node.step(sent);
          node.advance();
          for (const [other, each] of network.nodes) {
            if (other === BigInt(id)) continue;
            for (const sent of settle(each)) if (!network.lost(sent)) network.nodes.get(sent.to)!.node.step(sent);
          }
        }
      };
      run();
    };
    ask(1, "leader");
    ask(2, "follower");
    network.isolate(1);
    ask(1, "cut off");
    expect(reads).toEqual(["leader at 2", "follower at 2"]);
  });

  // Thesis 4.1: the next change waits until the one before is committed; here, where changes come into force when they are applied,
  // until it is applied.
  test("one membership change at a time", () => {
    const network = new TestNetwork(3);
    network.elect(1);
    const { node } = network.at(1);
    const add = (nodeId: bigint) => ({ id: 0n, type: 0 as const, nodeId, context: new Uint8Array(0) });
    node.proposeConfChange(add(4n));
    node.proposeConfChange(add(5n));
    const types = network
      .at(1)
      .node.raft.log.slice(2, 4, Number.POSITIVE_INFINITY)!
      .map(({ type }) => type);
    expect(types).toEqual([EntryType.EntryConfChange, EntryType.EntryNormal]);
  });
});
