import { join } from "node:path";
import { Etcd3 } from "etcd3";
import { afterAll, expect, it } from "vitest";
import {
  cleanUp,
  freePort,
  hashKv,
  type KvHash,
  post,
  quorate,
  type Running,
  scratch,
  start,
  until,
} from "./servers.ts";

const rounds = 10;
const writers = 48;

/** What an acknowledged write must have left: key -> value at that revision, `null` = deleted. */
type Acknowledged = Map<number, Map<string, string | null>>;

/**
 * Writers that go on until the server is gone. Each has keys of its own and writes them in turn, so that what is
 * missing after a crash can be told from what was never acknowledged.
 */
function writeUntilGone(client: Etcd3, writer: number, round: number, acknowledged: Acknowledged): Promise<void> {
  const note = (revision: string | undefined, changes: [string, string | null][]): void => {
    if (revision === undefined) throw new Error("an acknowledgement without a revision");
    acknowledged.set(Number(revision), new Map(changes));
  };
  const key = `writer/${writer}`;
  const loop = async (): Promise<void> => {
    for (let count = 0; ; count++) {
      const value = `${round}.${count} ${"x".repeat((writer * 37 + count * 11) % 900)}`;
      if (writer % 8 === 1) {
        const changes = [0, 1, 2].map((part): [string, string] => [`${key}/${part}`, value]);
        const reply = await client
          .if(key, "Version", ">", -1)
          .then(...changes.map(([name, text]) => client.put(name).value(text)))
          .commit();
        note(reply.header.revision, changes);
      } else if (writer % 8 === 2 && count % 2 === 1) {
        const reply = await client.delete().key(key);
        note(reply.header.revision, [[key, null]]);
      } else {
        const reply = await client.put(key).value(value);
        note(reply.header.revision, [[key, value]]);
      }
    }
  };
  return loop().catch(() => {});
}

/** All events from a revision on, as a watcher sees them. */
async function history(server: Running, from: number, to: number): Promise<Acknowledged> {
  const client = new Etcd3({ hosts: server.url });
  const seen: Acknowledged = new Map();
  try {
    const watcher = await client.watch().prefix("writer/").startRevision(String(from)).create();
    await new Promise<void>((resolve, reject) => {
      watcher.on("error", reject);
      watcher.on("data", (response) => {
        for (const { type, kv } of response.events) {
          const revision = Number(kv.mod_revision);
          const changes = seen.get(revision) ?? new Map<string, string | null>();
          changes.set(kv.key.toString(), type === "Delete" ? null : kv.value.toString());
          seen.set(revision, changes);
        }
        if ([...seen.keys()].at(-1) === to) resolve();
      });
    });
    await watcher.cancel();
  } finally {
    client.close();
  }
  return seen;
}

afterAll(cleanUp);

it(`${rounds} rounds of kill -9 under load lose no acknowledged write`, async () => {
  const dataDir = join(scratch(), "data");
  const [port, peerPort] = [await freePort(), await freePort()];
  const place = { dataDir, port, peerPort, args: ["--snapshot-count=2000"] };
  // A pseudo-random time for each kill; the seed is in the failure's text.
  let state = Number(process.env["QUORATE_SEED"] ?? 20240917);
  const seed = state;
  const random = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };

  const everything: Acknowledged = new Map();
  const restarts: number[] = [];
  let compacted = 0;
  let server = await start(quorate, place);
  for (let round = 1; round <= rounds; round++) {
    const acknowledged: Acknowledged = new Map();
    const clients = Array.from({ length: 4 }, () => new Etcd3({ hosts: server.url }));
    const writing = Array.from({ length: writers }, (_, writer) =>
      writeUntilGone(clients[writer % clients.length]!, writer, round, acknowledged),
    );
    const hashes: KvHash[] = [];
    await new Promise((resolve) => setTimeout(resolve, 250 + 500 * random()));
    // Enough for a crash to lose something, however busy the machine is.
    await until("fifty writes are acknowledged", 60_000, () => acknowledged.size > 50);
    hashes.push(await hashKv(server));
    if (round % 4 === 0) {
      // The kill may come in the middle of it.
      compacted = hashes[0]!.revision - 50;
      await post(server, "/v3/kv/compaction", { revision: compacted });
    }
    await new Promise((resolve) => setTimeout(resolve, 200 * random()));
    const last = await hashKv(server);
    if (round % 4 !== 0) hashes.push(last);
    await new Promise((resolve) => setTimeout(resolve, 100 * random()));
    await server.kill();
    await Promise.all(writing);
    for (const client of clients) client.close();
    expect(acknowledged.size, `round ${round}, seed ${seed}`).toBeGreaterThan(50);

    const before = performance.now();
    server = await start(quorate, place);
    restarts.push(Math.round(performance.now() - before));
    for (const [revision, changes] of acknowledged) everything.set(revision, changes);
    const now = await hashKv(server);
    expect(now.revision).toBeGreaterThanOrEqual(Math.max(...acknowledged.keys()));
    if (round % 4 === 0) {
      // Compaction changes the hash of older revisions, so both sides have to be past it.
      expect(now.compactRevision).toBe(compacted);
    } else {
      for (const hash of hashes)
        expect(await hashKv(server, hash.revision), `round ${round}, seed ${seed}`).toEqual(hash);
    }
    const from = Math.max(Math.min(...acknowledged.keys()), compacted + 1);
    const seen = await history(server, from, now.revision);
    for (const [revision, changes] of acknowledged) {
      if (revision >= from)
        expect(seen.get(revision), `revision ${revision}, round ${round}, seed ${seed}`).toEqual(changes);
    }
  }

  // A clean stop must leave the same as the last crash did.
  const [crashed, { revision }] = [await hashKv(server), await hashKv(server)];
  const seen = await history(server, compacted + 1, revision);
  for (const [at, changes] of everything) if (at > compacted) expect(seen.get(at)).toEqual(changes);
  expect(await server.stop()).toBe("SIGTERM");
  server = await start(quorate, place);
  expect(await hashKv(server)).toEqual(crashed);
  await server.stop();
  console.log(
    `${everything.size} acknowledged writes, ${revision} revisions; back after ${restarts.join(", ")} ms (start to healthy)`,
  );
}, 900_000);
