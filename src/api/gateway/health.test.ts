import { beforeEach, describe, expect, it } from "vitest";
import { ManualTime, type MemberId, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import type { Health, Member } from "../../server/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { HealthChecks, type PlainAnswer } from "./health.ts";

/*
 * How long each page may take, and what it says then. That etcd 3.7.1 says the same after the same time was seen at three members two of
 * which were stopped.
 */

const requestTimeoutMs = 7000;
let time: ManualTime;
let health: HealthChecks;
let state: Health;
let barrier: () => Promise<void> | undefined;

beforeEach(() => {
  time = new ManualTime();
  state = { alarms: [], hasLeader: true, isLearner: false, defragmenting: false };
  barrier = () => undefined;
  const member = {
    health: () => state,
    linearizable: () => barrier(),
    range: () => rpc.createRangeResponse({}),
  } as unknown as Member;
  health = new HealthChecks(member, requestTimeoutMs, {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  });
});

/** What a page says, or undefined when it has said nothing after this time. */
async function pageAfter(ms: number, target: string): Promise<string | undefined> {
  const [path = "", query = ""] = target.split("?");
  let answer: PlainAnswer | undefined;
  void health.answer(path, new URLSearchParams(query))?.then((given) => {
    answer = given;
  });
  for (let passed = 0; ; passed += 500) {
    for (let i = 0; i < 30; i++) await Promise.resolve();
    if (answer !== undefined || passed >= ms) break;
    time.advance(500);
  }
  return answer === undefined ? undefined : `${answer.status} ${answer.body}`;
}

const never = (): Promise<void> => new Promise(() => {});

describe("a read that never comes back", () => {
  it("is given up by /health after the request timeout", async () => {
    barrier = never;
    expect(await pageAfter(requestTimeoutMs - 500, "/health")).toBeUndefined();
    expect(await pageAfter(requestTimeoutMs, "/health")).toBe(
      '503 {"health":"false","reason":"RANGE ERROR:context deadline exceeded"}\n',
    );
  });

  it("is given up by /readyz after two, and a second in which the read may say so itself", async () => {
    barrier = never;
    const limitMs = 2 * requestTimeoutMs + 1000;
    expect(await pageAfter(limitMs - 500, "/readyz")).toBeUndefined();
    const failed = "[-]linearizable_read failed: context deadline exceeded\n";
    expect(await pageAfter(limitMs, "/readyz/linearizable_read")).toBe(`503 ${failed}\n`);
    expect(await pageAfter(limitMs, "/readyz")).toBe(
      `503 [+]data_corruption ok\n[+]serializable_read ok\n${failed}[+]non_learner ok\n\n`,
    );
  });

  it("is not asked of what can do without it", async () => {
    barrier = never;
    expect(await pageAfter(0, "/health?serializable=true")).toBe('200 {"health":"true","reason":""}');
    expect(await pageAfter(0, "/livez")).toBe("200 ok\n");
    expect(await pageAfter(0, "/livez/serializable_read?verbose")).toBe("200 [+]serializable_read ok\nok\n");
    expect(await pageAfter(0, "/readyz?exclude=linearizable_read")).toBe("200 ok\n");
    expect(await pageAfter(0, "/readyz/non_learner")).toBe("200 ok\n");
    expect(await pageAfter(0, "/readyz/data_corruption")).toBe("200 ok\n");
  });
});

it("says at once that there is no leader", async () => {
  state = { ...state, hasLeader: false };
  barrier = never;
  expect(await pageAfter(0, "/health")).toBe('503 {"health":"false","reason":"RAFT NO LEADER"}\n');
  expect(await pageAfter(0, "/health?serializable=true")).toBe('200 {"health":"true","reason":""}');
});

it("tells the error of a read that fails", async () => {
  barrier = () => Promise.reject(new Error("etcdserver: request timed out"));
  expect(await pageAfter(0, "/health")).toBe(
    '503 {"health":"false","reason":"RANGE ERROR:etcdserver: request timed out"}\n',
  );
  expect(await pageAfter(0, "/readyz/linearizable_read")).toBe(
    "503 [-]linearizable_read failed: etcdserver: request timed out\n\n",
  );
});

it("tells the error of a member that has stopped, which throws", async () => {
  barrier = () => {
    throw new Error("etcdserver: server stopped");
  };
  expect(await pageAfter(0, "/health")).toBe(
    '503 {"health":"false","reason":"RANGE ERROR:etcdserver: server stopped"}\n',
  );
});

it("tells alarms and learners", async () => {
  const alarm = rpc.createAlarmMember({ memberID: 1n as MemberId, alarm: rpc.AlarmType.CORRUPT });
  state = { ...state, alarms: [alarm], isLearner: true };
  expect(await pageAfter(0, "/health")).toBe('503 {"health":"false","reason":"ALARM CORRUPT"}\n');
  expect(await pageAfter(0, "/health?exclude=CORRUPT")).toBe('200 {"health":"true","reason":""}');
  expect(await pageAfter(0, "/readyz")).toBe(
    "503 [-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n[+]linearizable_read ok\n[-]non_learner failed: not supported for learner\n\n",
  );
  expect(await pageAfter(0, "/livez")).toBe("200 ok\n");
});
