import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EtcdError, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import { type Pending, Proposals, promised } from "./proposals.ts";

function setup(isOurs: (id: bigint) => boolean = () => true): { proposals: Proposals; time: ManualTime } {
  const time = new ManualTime();
  const env = { clock: time, scheduler: time, random: new SeededRandom(1), logger: silentLogger, metrics: nullMetrics };
  return { proposals: new Proposals(7000, isOurs, env), time };
}

const bytes = (id: bigint): Uint8Array => Buffer.from(String(id));

describe("requests on their way through the log", () => {
  it("are found by their bytes in order, by id where one was lost or overtaken", async () => {
    const { proposals } = setup((id) => id < 100n);
    const datas = [1n, 2n, 3n, 4n].map(bytes);
    const answers = [1n, 2n, 3n, 4n].map((id, i) =>
      promised<string>((waiter) => proposals.add(id, datas[i]!, undefined, waiter)),
    );
    expect(proposals.byData(bytes(1n))).toBeUndefined();
    proposals.settle(proposals.byData(datas[0]!)!, { response: "one" });
    expect(await answers[0]).toBe("one");
    // The second is late: the third is not the first of the line.
    expect(proposals.byData(datas[2]!)).toBeUndefined();
    expect(proposals.byId(100n)).toBeUndefined();
    proposals.settle(proposals.byId(3n)!, { response: "three" });
    proposals.settle(proposals.byData(datas[3]!)!, { error: EtcdError.of("NoSpace") });
    const second = proposals.byId(2n)!;
    proposals.settle(second, { response: "two" });
    expect(await answers[1]).toBe("two");
    expect(await answers[2]).toBe("three");
    await expect(answers[3]).rejects.toThrow("database space exceeded");
    expect(proposals.size).toBe(0);
    // A second outcome changes nothing.
    proposals.settle(second, { response: "again" });
    expect(proposals.size).toBe(0);
    expect(proposals.byId(2n)).toBeUndefined();
  });

  it("end after their time, the overtaken too, and all of them when the member stops", async () => {
    const { proposals, time } = setup();
    const early = [1n, 2n].map((id) => promised((waiter) => proposals.add(id, bytes(id), undefined, waiter)));
    proposals.byId(2n);
    time.advance(5000);
    const late = [3n, 4n].map((id) => promised((waiter) => proposals.add(id, bytes(id), undefined, waiter)));
    time.advance(2000);
    const gone = proposals.expire(time.monotonicMs(), () => EtcdError.of("Timeout"));
    expect([...gone].map(({ data }) => Buffer.from(data).toString())).toEqual(["1", "2"]);
    for (const answer of early) await expect(answer).rejects.toThrow("request timed out");
    expect(proposals.size).toBe(2);
    proposals.byId(4n);
    proposals.rejectAll();
    for (const answer of late) await expect(answer).rejects.toThrow("server stopped");
    expect(proposals.size).toBe(0);
  });

  it("are lost when a later term begins without their entry: those that raft was given before, and no others", async () => {
    const { proposals, time } = setup();
    const added: Pending[] = [];
    const answers = [1n, 2n, 3n, 4n, 5n].map((id) =>
      promised<string>((waiter) => {
        added.push(proposals.add(id, bytes(id), undefined, waiter));
      }),
    );
    const [first, second, applied, later, waiting] = added as [Pending, Pending, Pending, Pending, Pending];
    for (const pending of [first, second, applied]) pending.term = 2;
    later.term = 3;
    applied.applied = true;
    expect(proposals.lost(2)).toEqual([]);
    expect(proposals.lost(3)).toEqual([first, second]);
    // What is proposed again comes in the order of the new leader's log.
    second.term = 3;
    for (const pending of [second, first]) proposals.settle(proposals.byId(pending.id)!, { response: "again" });
    expect(await Promise.all(answers.slice(0, 2))).toEqual(["again", "again"]);
    // A snapshot may hold the entry of whatever raft was given.
    proposals.leapt();
    await expect(answers[3]).rejects.toThrow("request timed out, possibly due to previous leader failure");
    expect(proposals.size).toBe(2);
    proposals.settle(applied, { error: EtcdError.of("NoSpace") });
    await expect(answers[2]).rejects.toThrow("database space exceeded");
    time.advance(7000);
    expect(proposals.expire(time.monotonicMs(), () => EtcdError.of("Timeout"))).toEqual(new Set([waiting]));
    await expect(answers[4]).rejects.toThrow("request timed out");
  });

  it("agree with a list, whatever order they are settled in", () => {
    const act = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant("add" as const), count: fc.integer({ min: 1, max: 900 }) }),
      },
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant("next" as const), count: fc.integer({ min: 1, max: 900 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("any" as const), count: fc.nat(5000) }) },
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const { proposals } = setup();
        const waiting: { id: bigint; data: Uint8Array }[] = [];
        let id = 0n;
        for (const { kind, count } of acts) {
          if (kind === "add") {
            for (let i = 0; i < count; i++) {
              const data = bytes(++id);
              proposals.add(id, data, undefined, { settled() {} });
              waiting.push({ id, data });
            }
          } else {
            const chosen =
              kind === "next" ? waiting.splice(0, count) : waiting.splice(count % (waiting.length || 1), 1);
            for (const one of chosen) {
              const found = proposals.byData(one.data) ?? proposals.byId(one.id);
              expect(found?.data).toBe(one.data);
              proposals.settle(found!, { response: undefined });
            }
          }
          expect(proposals.size).toBe(waiting.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});
