import {
  type Config,
  EMPTY,
  type Entry,
  emptyConfState,
  isEmptySnapshot,
  MemoryStorage,
  type Message,
  type MessageType,
  newMessage,
  RawNode,
} from "../../src/raft/index.ts";

/** A node of a test with what it has saved and applied. */
export interface TestNode {
  node: RawNode;
  storage: MemoryStorage;
  /** Committed entries in the order they came, the leaders' empty ones included. */
  applied: Entry[];
}

/** An entry of a given term and index, with `text` as its data. */
export function entry(term: number, index: number, text = ""): Entry {
  return { type: 0, term, index, data: text === "" ? EMPTY : Uint8Array.from(text, (char) => char.charCodeAt(0)) };
}

/** A message with the given fields. */
export function message(type: MessageType, fields: Partial<Message>): Message {
  return { ...newMessage(type, 0n), ...fields };
}

export function text(data: Uint8Array): string {
  return String.fromCharCode(...data);
}

/** A single node that knows its voters from a snapshot at index 0, with `log` behind it. */
export function testNode(
  id: bigint,
  voters: readonly bigint[],
  config: Partial<Config> = {},
  log: Entry[] = [],
): TestNode {
  const storage = new MemoryStorage();
  const confState = { ...emptyConfState(), voters: [...voters] };
  storage.applySnapshot({ data: EMPTY, metadata: { confState, index: 0, term: 0 } });
  storage.append(log);
  const node = new RawNode({ id, storage, electionTick: 10, heartbeatTick: 1, random: () => 0, ...config });
  return { node, storage, applied: [] };
}

/** Saves and applies one Ready after the other; gives the messages to others. */
export function settle({ node, storage, applied }: TestNode): Message[] {
  const sent: Message[] = [];
  while (node.hasReady()) {
    const ready = node.ready();
    if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
    if (ready.snapshot !== undefined && !isEmptySnapshot(ready.snapshot)) storage.applySnapshot(ready.snapshot);
    storage.append(ready.entries);
    sent.push(...ready.messages);
    applied.push(...ready.committedEntries);
    node.advance(ready);
  }
  return sent;
}

/** Nodes that hear each other at once, but for what `lost` takes away. */
export class TestNetwork {
  readonly nodes = new Map<bigint, TestNode>();
  /** True for a message that does not arrive. */
  lost: (message: Message) => boolean = () => false;

  constructor(count: number, config: Partial<Config> = {}, logs: Readonly<Record<number, Entry[]>> = {}) {
    const ids = Array.from({ length: count }, (_, i) => BigInt(i + 1));
    for (const id of ids) this.nodes.set(id, testNode(id, ids, config, logs[Number(id)] ?? []));
  }

  at(id: number): TestNode {
    return this.nodes.get(BigInt(id))!;
  }

  node(id: number): RawNode {
    return this.at(id).node;
  }

  /** Lets everybody work until nobody has anything to do. */
  settle(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const each of this.nodes.values()) {
        if (!each.node.hasReady()) continue;
        busy = true;
        for (const message of settle(each)) {
          if (!this.lost(message)) this.nodes.get(message.to)?.node.step(message);
        }
      }
    }
  }

  elect(id: number): void {
    this.node(id).campaign();
    this.settle();
  }

  propose(id: number, ...texts: string[]): void {
    this.node(id).proposeMany(texts.map((each) => entry(0, 0, each).data));
    this.settle();
  }

  /** Nobody hears or is heard by these. */
  isolate(...ids: number[]): void {
    const out = ids.map(BigInt);
    this.lost = ({ from, to }) => out.includes(from) || out.includes(to);
  }

  recover(): void {
    this.lost = () => false;
  }

  /** What a node has applied, without the leaders' empty entries. */
  applied(id: number): string[] {
    return this.at(id)
      .applied.map(({ data }) => text(data))
      .filter((each) => each !== "");
  }

  /** The log as `term/index`, or with data. */
  log(id: number): string[] {
    const { log } = this.node(id).raft;
    const entries = log.slice(log.firstIndex, log.lastIndex + 1, Number.POSITIVE_INFINITY) ?? [];
    return entries.map(({ term, index, data }) => `${term}/${index}${data.length > 0 ? ` ${text(data)}` : ""}`);
  }
}
