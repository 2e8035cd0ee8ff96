/** `quorate/raft` as another program meets it: by the package's name, nothing but what it exports. */
import {
  type Entry,
  MemoryStorage,
  type Message,
  quorumSize,
  RaftError,
  RawNode,
  type Ready,
  StateType,
} from "quorate/raft";
import { describe, expect, it } from "vitest";

const ids = [1n, 2n, 3n];

/** One member: a node, its log in memory, and the texts it has applied. */
class Voter {
  readonly storage = new MemoryStorage();
  readonly node: RawNode;
  readonly applied: string[] = [];

  constructor(id: bigint) {
    const confState = { voters: [...ids], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    this.storage.applySnapshot({ data: new Uint8Array(0), metadata: { confState, index: 1, term: 1 } });
    this.node = new RawNode({
      id,
      electionTick: 10,
      heartbeatTick: 1,
      storage: this.storage,
      random: () => 0,
      preVote: true,
      checkQuorum: true,
    });
  }

  /** Does what a Ready asks for; the messages that are to be sent. */
  handle(ready: Ready): Message[] {
    if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
    if (ready.snapshot !== undefined) this.storage.applySnapshot(ready.snapshot);
    this.storage.append(ready.entries);
    for (const { data } of ready.committedEntries as readonly Entry[]) {
      if (data.length > 0) this.applied.push(Buffer.from(data).toString());
    }
    this.node.advance();
    return ready.messages;
  }
}

/** Lets the members talk until nobody has anything left to say; `cut` members hear and say nothing. */
function settle(voters: readonly Voter[], cut: readonly bigint[] = []): void {
  for (let busy = true; busy; ) {
    busy = false;
    for (const voter of voters) {
      while (voter.node.hasReady()) {
        busy = true;
        for (const message of voter.handle(voter.node.ready())) {
          if (cut.includes(message.from) || cut.includes(message.to)) continue;
          voters.find(({ node }) => node.id === message.to)!.node.step(message);
        }
      }
    }
  }
}

describe("three nodes in memory", () => {
  it("elect a leader, agree on a log, go on without a minority and take it back", () => {
    const voters = ids.map((id) => new Voter(id));
    const [one, two, three] = voters as [Voter, Voter, Voter];
    one.node.campaign();
    settle(voters);
    expect(voters.map(({ node }) => node.lead)).toEqual([1n, 1n, 1n]);
    expect(one.node.state).toBe(StateType.StateLeader);

    one.node.propose(Buffer.from("a"));
    two.node.propose(Buffer.from("b"));
    settle(voters);
    for (const { applied } of voters) expect([...applied].sort()).toEqual(["a", "b"]);

    // floor(3 / 2) + 1 = 2 are enough; one alone is not.
    expect(quorumSize(voters.length)).toBe(2);
    one.node.propose(Buffer.from("c"));
    settle(voters, [3n]);
    expect([one.applied.at(-1), two.applied.at(-1), three.applied.length]).toEqual(["c", "c", 2]);
    one.node.propose(Buffer.from("d"));
    settle(voters, [2n, 3n]);
    expect(one.applied).toHaveLength(3);

    for (let i = 0; i < 2; i++) one.node.tick();
    settle(voters);
    expect(voters.map(({ applied }) => applied.slice(2))).toEqual([
      ["c", "d"],
      ["c", "d"],
      ["c", "d"],
    ]);
  });

  it("refuse what cannot be, by a code", () => {
    const { node } = new Voter(1n);
    const refused = node.propose(Buffer.from("nobody leads"));
    expect(refused).toBeInstanceOf(RaftError);
    expect(refused?.code).toBe("ProposalDropped");
    expect(() => new RawNode({ ...node.raft.config, id: 0n })).toThrow("cannot use none as id");
  });
});
