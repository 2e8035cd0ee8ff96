import { createHash } from "node:crypto";
import {
  type Env,
  type Logger,
  ManualTime,
  nullMetrics,
  type Scheduler,
  SeededRandom,
  silentLogger,
} from "../../base/index.ts";
import type { Disk } from "../../storage/disk/index.ts";
import { defaultMemberOptions, type MemberOptions, ServerMember } from "../index.ts";

/** A member on a clock that the test moves. */
export interface TestMember {
  readonly member: ServerMember;
  readonly time: ManualTime;
  readonly env: Env;
  /** Errors that ended the member. */
  readonly fatal: unknown[];
  /** Moves time on until `promise` settles; fails after `limitMs` of that time. */
  settle<T>(promise: Promise<T> | T, limitMs?: number): Promise<T>;
  /** Moves time on by `ms`. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Passwords in the clear: tests of the log need no slow hash. */
const plainHasher = {
  hash: async (password: string) => `plain:${password}`,
  hashSync: (password: string) => `plain:${password}`,
  compare: async (password: string, hash: string) => hash === `plain:${password}`,
};

async function pump(time: ManualTime): Promise<void> {
  time.endTurn();
  for (let i = 0; i < 8; i++) await Promise.resolve();
}

async function settleOn<T>(time: ManualTime, promise: Promise<T> | T, limitMs = 20_000): Promise<T> {
  let done = false;
  const settled = Promise.resolve(promise).finally(() => {
    done = true;
  });
  settled.catch(() => {});
  const end = time.monotonicMs() + limitMs;
  for (let round = 0; !done; round++) {
    await pump(time);
    // Work that needs no time goes first; then time moves.
    if (round % 20 === 19) time.advance(10);
    if (time.monotonicMs() > end) throw new Error(`not settled within ${limitMs} ms`);
  }
  return settled;
}

/** `disk` may be made around the test's own scheduler, for one that takes its time. */
export async function runMember(
  disk: Disk | ((scheduler: Scheduler) => Disk),
  changes: Partial<MemberOptions> = {},
  seed = 1,
  logger: Logger = silentLogger,
): Promise<TestMember> {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(seed),
    logger,
    metrics: nullMetrics,
  };
  const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();
  const fatal: unknown[] = [];
  const member = await settleOn(
    time,
    ServerMember.start(defaultMemberOptions("/data", sha1, changes), {
      disk: typeof disk === "function" ? disk(time) : disk,
      env,
      hasher: plainHasher,
      onFatal: (error) => fatal.push(error),
    }),
  );
  return {
    member,
    time,
    env,
    fatal,
    settle: (promise, limitMs) => settleOn(time, promise, limitMs),
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += 10) {
        time.advance(Math.min(10, ms - passed));
        await pump(time);
      }
    },
    stop: () => settleOn(time, member.stop()),
  };
}
