import { MemoryStorage, type Message, RawNode, type Ready } from "../src/raft/index.ts";

/**
 * Proposals a second through voters in one process: no network, no disk, no codec, so the state machine alone. A round is: propose,
 * then let every node handle Readys until none is left. The same loop around etcd's raft gives the figure to compare with
 * (`bench/results/raft-*.md` has both).
 */
export default async function run(_args: readonly string[]): Promise<void> {
  const cases: Case[] = [
    { name: "3 voters, 1 proposal a round", voters: 3, batch: 1, many: false, async: false },
    { name: "3 voters, 100 proposals a round", voters: 3, batch: 100, many: false, async: false },
    { name: "3 voters, batches of 100", voters: 3, batch: 100, many: true, async: false },
    { name: "3 voters, batches of 100, storage threads", voters: 3, batch: 100, many: true, async: true },
    { name: "1 voter, 1 proposal a round", voters: 1, batch: 1, many: false, async: false },
    { name: "1 voter, batches of 100", voters: 1, batch: 100, many: true, async: false },
    { name: "1 voter, batches of 100, storage threads", voters: 1, batch: 100, many: true, async: true },
  ];
  for (const each of cases) {
    let best = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) best = Math.max(best, measure(each));
    console.log(`${each.name.padEnd(44)} ${Math.round(best).toString().padStart(10)} proposals/s`);
  }
}

interface Case {
  name: string;
  voters: number;
  /** Proposals a round. */
  batch: number;
  /** In one call. */
  many: boolean;
  /** Asynchronous storage writes, with threads that do their work at once. */
  async: boolean;
}

const TOTAL = 200_000;
const REPEATS = 5;
const PAYLOAD = new Uint8Array(256);

interface Voter {
  node: RawNode;
  storage: MemoryStorage;
  applied: number;
  count: number;
}

function measure({ voters, batch, many, async }: Case): number {
  const cluster = start(voters, async);
  const leader = cluster[0]!.node;
  const datas = new Array<Uint8Array>(batch).fill(PAYLOAD);
  const began = performance.now();
  for (let done = 0, compacted = 0; done < TOTAL; done += batch) {
    if (many) leader.proposeMany(datas);
    else for (let i = 0; i < batch; i++) leader.propose(PAYLOAD);
    drain(cluster);
    if (done - compacted >= 10_000) {
      compacted = done;
      for (const { storage, applied } of cluster) storage.compact(applied - 1000);
    }
  }
  const seconds = (performance.now() - began) / 1000;
  for (const { count } of cluster) if (count < TOTAL) throw new Error("a proposal was lost");
  return TOTAL / seconds;
}

function start(count: number, async: boolean): Voter[] {
  const ids = Array.from({ length: count }, (_, i) => BigInt(i + 1));
  const cluster = ids.map((id) => {
    const storage = new MemoryStorage();
    const confState = { voters: ids, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    storage.applySnapshot({ data: new Uint8Array(0), metadata: { confState, index: 1, term: 1 } });
    const node = new RawNode({
      id,
      electionTick: 10,
      heartbeatTick: 1,
      storage,
      applied: 1,
      random: () => 0,
      maxSizePerMsg: 1 << 20,
      maxInflightMsgs: 512,
      asyncStorageWrites: async,
      preVote: true,
      checkQuorum: true,
    });
    return { node, storage, applied: 1, count: 0 };
  });
  cluster[0]!.node.campaign();
  drain(cluster);
  return cluster;
}

function drain(cluster: Voter[]): void {
  for (let busy = true; busy; ) {
    busy = false;
    for (const voter of cluster) {
      if (!voter.node.hasReady()) continue;
      busy = true;
      handle(cluster, voter, voter.node.ready());
    }
  }
}

function handle(cluster: Voter[], voter: Voter, ready: Ready): void {
  const { node, storage } = voter;
  if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
  storage.append(ready.entries);
  for (const message of ready.messages) {
    if (message.responses.length > 0 || message.to > 0xffn) complete(cluster, message);
    else cluster[Number(message.to) - 1]!.node.step(message);
  }
  const { committedEntries } = ready;
  if (committedEntries.length > 0) {
    voter.count += committedEntries.length;
    voter.applied = committedEntries[committedEntries.length - 1]!.index;
  }
  if (!node.raft.config.asyncStorageWrites) node.advance();
}

/** A storage thread: the work itself is done with the Ready above, so only the answers are left. */
function complete(cluster: Voter[], work: Message): void {
  for (const response of work.responses) cluster[Number(response.to) - 1]!.node.step(response);
}
