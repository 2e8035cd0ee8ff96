import { beforeEach, describe, expect, it } from "vitest";
import { ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import { Reads } from "./reads.ts";

const timeoutMs = 7000;

let time: ManualTime;
let reads: Reads;
let applied = 0;
/** Contexts that raft was asked with, in order. */
let asked: Uint8Array[] = [];
/** What became of each read, by its number. */
let outcomes: Record<number, string> = {};

beforeEach(() => {
  time = new ManualTime();
  applied = 10;
  asked = [];
  outcomes = {};
  let context = 0n;
  const node = { readIndex: (bytes: Uint8Array) => asked.push(bytes) };
  reads = new Reads(
    (act) => act(node as unknown as Parameters<typeof act>[0]),
    () => applied,
    () => ++context,
    timeoutMs,
    { clock: time, scheduler: time, random: new SeededRandom(1), logger: silentLogger, metrics: nullMetrics },
  );
});

function read(number: number): void {
  reads.wait().then(
    () => {
      outcomes[number] = "read";
    },
    (error: Error) => {
      outcomes[number] = error.message;
    },
  );
}

async function settle(): Promise<void> {
  time.endTurn();
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  time.advance(ms);
  await settle();
}

function tell(index: number, requestCtx = asked.at(-1)!): void {
  reads.onReadStates([{ index, requestCtx }]);
}

async function apply(index: number): Promise<void> {
  applied = index;
  reads.onApplied();
  await settle();
}

describe("a round of reads", () => {
  it("is shared by those of one turn and ends when its index is applied", async () => {
    read(1);
    read(2);
    await settle();
    expect(asked).toHaveLength(1);
    tell(12);
    await settle();
    expect(outcomes).toEqual({});
    await apply(11);
    expect(outcomes).toEqual({});
    await apply(12);
    expect(outcomes).toEqual({ 1: "read", 2: "read" });
  });

  it("asks again while no answer comes, and gives up after the request timeout", async () => {
    read(1);
    await settle();
    await pass(timeoutMs - 500);
    expect(asked.length).toBeGreaterThan(10);
    expect(outcomes).toEqual({});
    read(2);
    await pass(500);
    expect(outcomes).toEqual({ 1: "etcdserver: request timed out" });
    // The next has a time of its own.
    await pass(timeoutMs);
    expect(outcomes[2]).toBe("etcdserver: request timed out");
    const before = asked.length;
    await pass(60_000);
    expect(asked.length).toBe(before);
  });

  it("asks the next leader at once when the leader changes before its index is known", async () => {
    read(1);
    await settle();
    read(2);
    expect(asked).toHaveLength(1);
    reads.onLeader();
    expect(asked).toHaveLength(2);
    await settle();
    expect(outcomes).toEqual({});
    tell(10);
    await settle();
    expect(outcomes).toEqual({ 1: "read" });
    tell(10);
    await settle();
    expect(outcomes).toEqual({ 1: "read", 2: "read" });
    // Nobody waits: nobody is asked.
    reads.onLeader();
    expect(asked).toHaveLength(3);
  });
});

describe("a round whose index is known", () => {
  it("fails after the request timeout when nothing is applied any more", async () => {
    read(1);
    await settle();
    tell(12);
    // The leader that told the index is gone, and with it the entry.
    reads.onLeader();
    await pass(timeoutMs - 500);
    expect(outcomes).toEqual({});
    await pass(1000);
    expect(outcomes).toEqual({ 1: "etcdserver: request timed out" });
  });

  it("goes on for as long as entries are applied", async () => {
    read(1);
    await settle();
    tell(30);
    for (let index = 11; index < 30; index++) {
      await pass(timeoutMs - 1000);
      await apply(index);
    }
    expect(outcomes).toEqual({});
    await apply(30);
    expect(outcomes).toEqual({ 1: "read" });
  });

  it("keeps no later round from asking", async () => {
    read(1);
    await settle();
    tell(12);
    await settle();
    read(2);
    await settle();
    expect(asked).toHaveLength(2);
    tell(13);
    read(3);
    await settle();
    await pass(timeoutMs);
    expect(Object.keys(outcomes)).toEqual(["1", "2", "3"]);
    read(4);
    await settle();
    tell(10);
    await settle();
    expect(outcomes[4]).toBe("read");
  });

  it("ends with the round before it when both are reached at once", async () => {
    read(1);
    await settle();
    tell(12);
    read(2);
    await settle();
    tell(12);
    await apply(12);
    expect(outcomes).toEqual({ 1: "read", 2: "read" });
  });

  it("is refused, like every other, when the member stops", async () => {
    read(1);
    await settle();
    tell(12);
    read(2);
    await settle();
    read(3);
    reads.stop();
    await settle();
    const stopped = "etcdserver: server stopped";
    expect(outcomes).toEqual({ 1: stopped, 2: stopped, 3: stopped });
    const before = asked.length;
    await pass(60_000);
    expect(asked.length).toBe(before);
  });
});

it("an answer to an earlier request of the same reader changes nothing", async () => {
  read(1);
  await settle();
  const first = asked[0]!;
  await pass(timeoutMs);
  read(2);
  await settle();
  tell(10, first);
  await settle();
  expect(outcomes[2]).toBeUndefined();
  tell(10);
  await settle();
  expect(outcomes[2]).toBe("read");
});
