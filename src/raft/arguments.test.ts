import { describe, expect, it } from "vitest";
import {
  ConfChangeType,
  EMPTY,
  encodeConfChange,
  encodeConfChangeV2,
  MemoryStorage,
  MessageType,
  newMessage,
  RawNode,
} from "./index.ts";

function start(): RawNode {
  const node = new RawNode({
    id: 1n,
    electionTick: 10,
    heartbeatTick: 1,
    storage: new MemoryStorage(),
    random: () => 0,
  });
  node.bootstrap([{ id: 1n, context: EMPTY }]);
  settle(node);
  node.campaign();
  settle(node);
  return node;
}

/** Does what the node asks for; returns the data of what was committed. */
function settle(node: RawNode): string[] {
  const committed: string[] = [];
  while (node.hasReady()) {
    const ready = node.ready();
    const storage = node.raft.config.storage as MemoryStorage;
    if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
    storage.append(ready.entries);
    for (const entry of ready.committedEntries)
      if (entry.type === 0) committed.push(Buffer.from(entry.data).toString());
    node.advance();
  }
  return committed.filter((data) => data !== "");
}

const wrong: unknown[] = [
  undefined,
  null,
  5,
  Number.NaN,
  5n,
  "text",
  Symbol("s"),
  {},
  [],
  [undefined],
  new Array(2),
  { length: 3 },
  () => 1,
];
const methods = [
  "propose",
  "proposeMany",
  "proposeConfChange",
  "applyConfChange",
  "step",
  "readIndex",
  "transferLeader",
  "reportUnreachable",
  "reportSnapshot",
  "bootstrap",
] as const;

describe("what an application hands in", () => {
  it.each(methods)("to %s is a TypeError or taken, and the node lives on", (method) => {
    const node = start();
    let refused = 0;
    for (const value of wrong) {
      try {
        (node[method] as (value: unknown) => unknown)(value);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(/^node\.\w+: .* must be .*, not /);
        refused++;
      }
    }
    expect(refused).toBeGreaterThanOrEqual(wrong.length - 3);
    settle(node);
    expect(node.propose(Buffer.from("after"))).toBeUndefined();
    expect(settle(node)).toEqual(["after"]);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ from: 1 }, "message.from must be a bigint, not 1 (a number)"],
    [{ to: "1" }, 'message.to must be a bigint, not "1" (a string)'],
    [{ type: "MsgApp" }, 'message.type must be a MessageType (0 to 23), not "MsgApp" (a string)'],
    [{ entries: undefined }, "message.entries must be an array of entries, not undefined"],
    [{ entries: new Array(1) }, "message.entries[0] must be an Entry, not undefined"],
    [
      { entries: [{ type: 0, term: 1, index: 1, data: "x" }] },
      'message.entries[0].data must be a Uint8Array, not "x" (a string)',
    ],
    [{ context: 5 }, "message.context must be a Uint8Array, not 5 (a number)"],
  ])("in a message: %j", (change, text) => {
    const node = start();
    const message = { ...newMessage(MessageType.MsgApp, 1n), from: 2n, term: 1, ...change };
    expect(() => node.step(message as never)).toThrow(new TypeError(`node.step: ${text}`));
  });

  it.each<[unknown, string]>([
    [undefined, "options must be an object, not undefined"],
    [{}, "id must be a bigint, not undefined"],
    [{ id: 1 }, "id must be a bigint, not 1 (a number)"],
    [{ id: 1n, electionTicks: 5 }, 'unknown option "electionTicks" (a number); did you mean "electionTick"?'],
    [
      { id: 1n, electionTick: 10, heartbeatTick: 1, storage: {}, random: () => 0 },
      "storage must be a Storage: an object with initialState, entries, term, firstIndex, lastIndex and snapshot, not an object",
    ],
  ])("as a config: %#", (config, text) => {
    expect(() => new RawNode(config as never)).toThrow(new TypeError(`new RawNode: ${text}`));
  });

  it("as a conf change", () => {
    const change = { id: 0n, type: ConfChangeType.ConfChangeAddNode, nodeId: 2n, context: EMPTY };
    for (const wrongPart of [{ nodeId: 2 }, { nodeId: -1n }, { type: 1.5 }, { context: "x" }, { id: 2n ** 64n }]) {
      expect(() => encodeConfChange({ ...change, ...wrongPart } as never)).toThrow(/^encodeConfChange: change must be/);
    }
    expect(() => encodeConfChangeV2({ transition: 0, changes: [undefined], context: EMPTY } as never)).toThrow(
      TypeError,
    );
    expect(Buffer.from(encodeConfChange(change)).toString("hex")).toBe("10001802");
  });
});
