import { describe, expect, it } from "vitest";
import { type Env, EtcdError, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import { CorruptionCheck, type OwnHash, type PeerHash } from "./corruption.ts";

const time = new ManualTime();
const env: Env = {
  clock: time,
  scheduler: time,
  random: new SeededRandom(1),
  logger: silentLogger,
  metrics: nullMetrics,
};

const own = (hash: number, compactRevision = 1): OwnHash => ({
  hash,
  compactRevision,
  revision: 9,
  currentRevision: 9,
});
const peer = (id: bigint, hash: number, compactRevision = 1, revision = 9): PeerHash => ({
  id,
  hash: { hash, compactRevision, hashRevision: 9, revision },
  error: undefined,
});
const silent = (id: bigint, error: unknown = new Error("down")): PeerHash => ({ id, hash: undefined, error });

function check(hashes: OwnHash[], peers: PeerHash[], compactions: OwnHash[] = []) {
  const raised: bigint[] = [];
  const asked: number[] = [];
  let at = 0;
  const corruption = new CorruptionCheck(
    {
      memberId: 1n,
      hash: async () => hashes[Math.min(at++, hashes.length - 1)]!,
      compactionHashes: () => compactions,
      peerHashes: async (revision) => {
        asked.push(revision);
        return peers;
      },
      linearizable: async () => {},
      raise: (id) => void raised.push(id),
    },
    env,
  );
  return { corruption, raised, asked };
}

describe("corruption check", () => {
  it("before serving: only other keys at the same compaction stop the start", async () => {
    await check(
      [own(5)],
      [peer(2n, 5), peer(3n, 7, 2), silent(4n, EtcdError.of("FutureRevision"))],
    ).corruption.initial();
    await expect(check([own(5)], [peer(2n, 6)]).corruption.initial()).rejects.toThrow("1 found data inconsistency");
  });

  it("by the leader: a follower with other keys, ahead of the leader, or compacted further", async () => {
    const cases: [PeerHash[], bigint[]][] = [
      [[peer(2n, 5), silent(3n)], []],
      [[peer(2n, 6)], [2n]],
      [[peer(2n, 5), peer(3n, 5, 1, 10)], [3n]],
      [[peer(3n, 5, 2)], [3n]],
      // One alarm a round is enough.
      [[peer(2n, 6), peer(3n, 7)], [2n]],
    ];
    for (const [peers, expected] of cases) {
      const { corruption, raised } = check([own(5)], peers);
      await corruption.periodic();
      expect(raised).toEqual(expected);
    }
    const self = check([own(5), own(6)], []);
    await self.corruption.periodic();
    expect(self.raised).toEqual([1n]);
  });

  it("of compactions: the minority is told, or the whole cluster where there is none", async () => {
    const compactions = [own(5)];
    const minority = check([], [peer(2n, 5), peer(3n, 7)], compactions);
    await minority.corruption.compactions();
    expect(minority.raised).toEqual([3n]);
    const leader = check([], [peer(2n, 7), peer(3n, 7)], compactions);
    await leader.corruption.compactions();
    expect(leader.raised).toEqual([1n]);
    const nobody = check([], [peer(2n, 7), peer(3n, 8)], compactions);
    await nobody.corruption.compactions();
    expect(nobody.raised).toEqual([0n]);
  });

  it("of compactions: newest first, older ones only while somebody could not be asked, none twice", async () => {
    const older: OwnHash = { ...own(4), revision: 4 };
    const all = check([], [peer(2n, 5)], [older, own(5)]);
    await all.corruption.compactions();
    await all.corruption.compactions();
    expect(all.asked).toEqual([9]);
    const down = check([], [peer(2n, 5), silent(3n)], [older, own(5)]);
    await down.corruption.compactions();
    expect(down.asked).toEqual([9, 4]);
  });
});
