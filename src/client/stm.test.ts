import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Code } from "../base/index.ts";
import { type StartedMember, startMember } from "../node/start-member.ts";
import { Client, type ClientError, ConflictError, type Isolation, op, type StmTxn } from "./index.ts";

let member: StartedMember;
const clients: Client[] = [];
let space = 0;

beforeAll(async () => {
  member = await startMember();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await member.close();
});

function open() {
  const client = new Client({ endpoints: member.clientUrl });
  clients.push(client);
  return client.namespace(`s${++space}/`);
}

async function failure(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it went well");
}

const isolations: Isolation[] = ["serializable-snapshot", "serializable", "repeatable-reads", "read-committed"];

describe("stm", () => {
  it("returns what its function returns, and writes all or nothing", async () => {
    const keys = open();
    await keys.put("a", "100");
    const left = await keys.stm(async (tx) => {
      const a = Number((await tx.get("a"))?.text);
      tx.put("a", String(a - 30));
      tx.put("b", "30");
      return a - 30;
    });
    expect(left).toBe(70);
    expect((await keys.range({ prefix: "" })).kvs.map((kv) => `${kv.keyText}=${kv.text}`)).toEqual(["a=70", "b=30"]);
    const failed = keys.stm(async (tx) => {
      tx.put("a", "0");
      await tx.get("b");
      throw new Error("changed my mind");
    });
    await expect(failed).rejects.toThrow("changed my mind");
    expect((await keys.get("a"))?.text).toBe("70");
  });

  it.each(isolations.slice(0, 3))("loses no update of many at once: %s", async (isolation) => {
    const keys = open();
    const add = () =>
      keys.stm(
        async (tx) => {
          const next = Number((await tx.get("counter"))?.text ?? 0) + 1;
          tx.put("counter", String(next));
        },
        { isolation, retries: Number.POSITIVE_INFINITY },
      );
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 10; i++) await add();
      }),
    );
    expect((await keys.get("counter"))?.text).toBe("80");
  });

  it("reads its own writes and deletions", async () => {
    const keys = open();
    await keys.put("gone", "1");
    const seen = await keys.stm(async (tx) => {
      tx.put("new", '{"x":1}');
      tx.delete("gone");
      const made = await tx.get("new");
      return [made?.keyText, made?.text, made?.json(), await tx.get("gone"), await tx.revision("new")];
    });
    expect(seen).toEqual(["new", '{"x":1}', { x: 1 }, undefined, 0]);
    expect(await keys.get("gone")).toBeUndefined();
  });

  /** How many attempts a transaction takes that somebody else writes into between its two reads, and what it saw at each. */
  async function run(
    isolation: Isolation,
    meddle: (keys: ReturnType<typeof open>) => Promise<unknown>,
    work: (tx: StmTxn, between: () => Promise<void>) => Promise<string>,
  ) {
    const keys = open();
    await keys.txn().do(op.put("a", "a0"), op.put("b", "b0"), op.put("w", "w0")).commit();
    const seen: string[] = [];
    let meddled = false;
    const between = async () => {
      if (!meddled) await meddle(keys);
      meddled = true;
    };
    await keys.stm(
      async (tx) => {
        seen.push(await work(tx, between));
      },
      { isolation },
    );
    return { seen, w: (await keys.get("w"))?.text };
  }

  // As etcd's own client does (client/v3/concurrency): what a level remembers, and what its commit requires.
  it.each<[Isolation, string[]]>([
    ["serializable-snapshot", ["a0 b0", "a0 b1"]],
    ["serializable", ["a0 b0", "a0 b1"]],
    ["repeatable-reads", ["a0 b1"]],
    ["read-committed", ["a0 b1"]],
  ])("another key changes before it is read: %s", async (isolation, expected) => {
    const { seen } = await run(
      isolation,
      (keys) => keys.put("b", "b1"),
      async (tx, between) => {
        const a = (await tx.get("a"))?.text;
        await between();
        const b = (await tx.get("b"))?.text;
        tx.put("w", `${a}${b}`);
        return `${a} ${b}`;
      },
    );
    expect(seen).toEqual(expected);
  });

  it.each<[Isolation, string[]]>([
    ["serializable-snapshot", ["a0 a0", "a1 a1"]],
    ["serializable", ["a0 a0", "a1 a1"]],
    ["repeatable-reads", ["a0 a0", "a1 a1"]],
    ["read-committed", ["a0 a0"]],
  ])("a key changes after it was read: %s", async (isolation, expected) => {
    const { seen } = await run(
      isolation,
      (keys) => keys.put("a", "a1"),
      async (tx, between) => {
        const first = (await tx.get("a"))?.text;
        await between();
        const again = (await tx.get("a"))?.text;
        tx.put("w", first ?? "");
        return `${first} ${again}`;
      },
    );
    expect(seen).toEqual(expected);
  });

  it.each<[Isolation, number]>([
    ["serializable-snapshot", 2],
    ["serializable", 1],
    ["repeatable-reads", 1],
    ["read-committed", 1],
  ])("a key that is only written changes: %s takes %i attempts", async (isolation, attempts) => {
    const { seen, w } = await run(
      isolation,
      (keys) => keys.put("w", "theirs"),
      async (tx, between) => {
        const a = (await tx.get("a"))?.text ?? "";
        await between();
        tx.put("w", "ours");
        return a;
      },
    );
    expect(seen).toHaveLength(attempts);
    expect(w).toBe("ours");
  });

  it.each<[Isolation, string[]]>([
    ["serializable-snapshot", ["no", "yes"]],
    ["read-committed", ["no"]],
  ])("a key that is made meanwhile counts as changed: %s", async (isolation, expected) => {
    const { seen } = await run(
      isolation,
      (keys) => keys.put("fresh", "1"),
      async (tx, between) => {
        const there = (await tx.get("fresh")) === undefined ? "no" : "yes";
        await between();
        tx.put("w", there);
        return there;
      },
    );
    expect(seen).toEqual(expected);
  });

  it("reads of one revision only, also when several are under way at once", async () => {
    const keys = open();
    const other = clients[0]!.namespace("s-pairs/");
    await other.txn().do(op.put("a", "0"), op.put("b", "0")).commit();
    let stop = false;
    const writer = (async () => {
      for (let i = 1; !stop; i++)
        await other
          .txn()
          .do(op.put("a", `${i}`), op.put("b", `${i}`))
          .commit();
    })();
    const torn: string[] = [];
    try {
      for (let i = 0; i < 40; i++) {
        await other
          .stm(
            async (tx) => {
              const order = i % 2 === 0 ? ["a", "b"] : ["b", "a"];
              const [one, two] = await Promise.all(order.map((key) => tx.get(key)));
              if (one?.text !== two?.text) torn.push(`${one?.text} ${two?.text}`);
            },
            { isolation: "serializable", retries: 2, prefetch: i % 3 === 0 ? ["a"] : [] },
          )
          .catch((error) => {
            if (!(error instanceof ConflictError)) throw error;
          });
      }
    } finally {
      stop = true;
      await writer;
    }
    expect(torn).toEqual([]);
    expect(keys.closed).toBe(false);
  });

  it("gives up after so many conflicts, and nothing is written", async () => {
    const keys = open();
    let runs = 0;
    const hopeless = keys.stm(
      async (tx) => {
        runs++;
        await tx.get("a");
        await keys.put("a", `${runs}`);
        tx.put("mine", "1");
      },
      { retries: 2 },
    );
    const error = await failure(hopeless);
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({
      code: Code.Aborted,
      attempts: 3,
      message: "the transaction met a conflict at each of 3 attempts",
    });
    expect(runs).toBe(3);
    expect(await keys.get("mine")).toBeUndefined();
  });

  it("ends by its signal and by its time, wherever it stands", async () => {
    const keys = open();
    const abort = new AbortController();
    const fights = async (tx: StmTxn) => {
      await tx.get("a");
      await keys.put("a", "x");
      tx.put("mine", "1");
    };
    setTimeout(() => abort.abort(), 30);
    const aborted = keys.stm(fights, { retries: Number.POSITIVE_INFINITY, signal: abort.signal });
    expect((await failure(aborted)).code).toBe(Code.Canceled);
    const late = keys.stm(fights, { retries: Number.POSITIVE_INFINITY, timeoutMs: 60 });
    expect([Code.DeadlineExceeded, Code.Unavailable]).toContain((await failure(late)).code);
    let ran = false;
    const run = () => {
      ran = true;
    };
    const before = keys.stm(run, { signal: AbortSignal.abort() });
    expect((await failure(before)).code).toBe(Code.Canceled);
    expect(ran).toBe(false);
    expect(await keys.get("mine")).toBeUndefined();
  });

  it("fetches what it is told together, and its view is over with it", async () => {
    const keys = open();
    await keys.put("a", "1");
    let kept: StmTxn | undefined;
    const seen = await keys.stm(
      async (tx) => {
        kept = tx;
        return [(await tx.get("a"))?.text, await tx.get("b"), (await tx.revision("a")) > 0];
      },
      { prefetch: ["a", "b", Buffer.from("a")] },
    );
    expect(seen).toEqual(["1", undefined, true]);
    expect(() => kept!.put("a", "2")).toThrow("is over");
    await expect(kept!.get("a")).rejects.toThrow("is over");
  });

  it("starts anew when what it reads is compacted away under it", async () => {
    const keys = open();
    const client = clients[0]!;
    await keys.put("a", "1");
    let runs = 0;
    const seen = await keys.stm(async (tx) => {
      runs++;
      await tx.get("a");
      if (runs === 1) await client.compact((await keys.put("b", "2")).revision);
      return (await tx.get("b"))?.text;
    });
    expect([seen, runs]).toEqual(["2", 2]);
  });

  it("keeps keys alive by a lease", async () => {
    const keys = open();
    const lease = await keys.lease(60);
    await keys.stm((tx) => tx.put("a", "1", { lease }));
    expect((await keys.get("a"))?.lease).toBe(lease.id);
    await lease.revoke();
    expect(await keys.get("a")).toBeUndefined();
  });
});
