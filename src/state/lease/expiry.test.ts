import { expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { LeaseExpiry, Lessor } from "./index.ts";

function bench(leads = () => true) {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
  const lessor = new Lessor(openMemoryStore(), { minimumTtlSeconds: 1, persistCheckpoints: () => true }, env);
  lessor.promote(0);
  const waiting: { id: bigint; done: () => void; fail: (error: Error) => void }[] = [];
  const expiry = new LeaseExpiry(
    lessor,
    {
      revoke: (id) =>
        new Promise<void>((resolve, reject) => {
          waiting.push({ id, done: resolve, fail: reject });
        }),
      ensureLeadership: leads,
    },
    env,
  );
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { time, lessor, waiting, expiry, settle };
}

it("keeps sixteen revocations in flight, five hundred to a tick", async () => {
  const { time, lessor, waiting, expiry, settle } = bench();
  for (let id = 1n; id <= 700n; id++) lessor.grant(id, 1);
  time.advance(1000);
  await settle();
  expect(waiting.length).toBe(16);
  let revoked = 0;
  while (waiting.length > 0) {
    const { id, done } = waiting.shift()!;
    lessor.revoke(id, { deleteRange: () => 0 });
    done();
    revoked++;
    await settle();
    expect(waiting.length).toBeLessThanOrEqual(16);
  }
  expect(revoked).toBe(500);
  time.advance(500);
  await settle();
  expect(waiting.length).toBe(16);
  expiry.close();
  expect(time.pending).toBe(0);
});

it("tries a failed revocation again", async () => {
  const { time, lessor, waiting, expiry, settle } = bench();
  lessor.grant(1n, 1);
  time.advance(1000);
  await settle();
  waiting.shift()!.fail(new Error("no leader"));
  await settle();
  time.advance(2900);
  await settle();
  expect(waiting).toEqual([]);
  time.advance(600);
  await settle();
  expect(waiting.map((one) => one.id)).toEqual([1n]);
  expiry.close();
});

it("revokes nothing when a quorum follows somebody else", async () => {
  const { time, lessor, waiting, expiry, settle } = bench(() => false);
  lessor.grant(1n, 1);
  time.advance(10_000);
  await settle();
  expect(waiting).toEqual([]);
  expect(lessor.size).toBe(1);
  expiry.close();
});

it("forgets what waits when this member leads no more", async () => {
  const { time, lessor, waiting, expiry, settle } = bench();
  for (let id = 1n; id <= 40n; id++) lessor.grant(id, 1);
  time.advance(1000);
  await settle();
  lessor.demote();
  for (const { done } of waiting.splice(0)) done();
  await settle();
  time.advance(5000);
  await settle();
  expect(waiting).toEqual([]);
  expiry.close();
});

it("hands due checkpoints to the log in batches", async () => {
  const { time, lessor, expiry } = bench();
  const batches: number[] = [];
  lessor.setCheckpointer(async (lines) => {
    batches.push(lines.length);
    for (const line of lines) lessor.checkpoint(line.id, line.remainingTtlSeconds);
  });
  for (let id = 1n; id <= 2500n; id++) lessor.grant(id, 1000);
  await time.advanceAsync(300_500, 500);
  expect(batches).toEqual([1000, 1000, 500]);
  expiry.close();
});
