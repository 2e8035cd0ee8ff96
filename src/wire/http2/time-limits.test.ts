import { describe, expect, test } from "vitest";
import { type Overdue, type Progress, TimeLimits } from "./time-limits.ts";

const options = { handshakeTimeoutMs: 10, settingsTimeoutMs: 30, frameTimeoutMs: 20, idleTimeoutMs: 50 };
const calm: Progress = {
  settingsReceived: true,
  settingsAcked: true,
  unfinished: undefined,
  openStreams: 1,
  streamsSeen: 1,
  noticeGiven: false,
};

/** Looks at each of these instants, and tells what was overdue and when. */
function looks(limits: TimeLimits, progress: Partial<Progress>, ...instants: number[]): [number, Overdue][] {
  const told: [number, Overdue][] = [];
  for (const now of instants) {
    limits.pass(now);
    const overdue = limits.look({ ...calm, ...progress });
    if (overdue !== undefined) told.push([now, overdue]);
  }
  return told;
}

describe("time", () => {
  test("is what passed since the last look", () => {
    const limits = new TimeLimits(options);
    expect([1000, 1000, 1007, 2000].map((now) => limits.pass(now))).toEqual([0, 0, 7, 993]);
  });

  test("begins with the first look, not with the clock", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { settingsReceived: false }, 1e9, 1e9 + 10, 1e9 + 11)).toEqual([[1e9 + 11, "handshake"]]);
  });
});

describe("the start", () => {
  test("the peer's SETTINGS have their time, then our acknowledgement has its own", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { settingsReceived: false, settingsAcked: false }, 0, 10)).toEqual([]);
    expect(looks(limits, { settingsAcked: false }, 11, 30, 31)).toEqual([[31, "settings"]]);
    expect(looks(limits, {}, 32)).toEqual([]);
  });

  test("who sends nothing is told of the handshake", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { settingsReceived: false, settingsAcked: false }, 0, 100)).toEqual([[100, "handshake"]]);
  });
});

describe("what is unfinished", () => {
  test("is overdue while it stays the same", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { unfinished: 7 }, 0, 20, 21)).toEqual([[21, "frame"]]);
  });

  test("has its time anew when it is something else, or was nothing in between", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { unfinished: 7 }, 0, 20)).toEqual([]);
    expect(looks(limits, { unfinished: -7 }, 21, 41)).toEqual([]);
    expect(looks(limits, {}, 42)).toEqual([]);
    expect(looks(limits, { unfinished: -7 }, 43, 63, 64)).toEqual([[64, "frame"]]);
  });

  test("may be the first frame of all, whose number is 0", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { unfinished: 0 }, 0, 21)).toEqual([[21, "frame"]]);
  });
});

describe("idleness", () => {
  test("counts from the look that found no stream", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, {}, 0, 100)).toEqual([]);
    expect(looks(limits, { openStreams: 0 }, 200, 250, 251)).toEqual([[251, "idle"]]);
  });

  test("counts anew after a stream that came and went between two looks", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { openStreams: 0, streamsSeen: 1 }, 0, 50)).toEqual([]);
    expect(looks(limits, { openStreams: 0, streamsSeen: 2 }, 51, 101, 102)).toEqual([[102, "idle"]]);
  });

  test("is there before the first stream, too", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { openStreams: 0, streamsSeen: 0 }, 0, 50, 51)).toEqual([[51, "idle"]]);
  });

  test("is told again each time it lasted as long, as nobody may have acted on it", () => {
    const limits = new TimeLimits(options);
    const told = looks(limits, { openStreams: 0 }, 0, 51, 60, 101, 102);
    expect(told).toEqual([
      [51, "idle"],
      [102, "idle"],
    ]);
  });
});

describe("the notice of an end", () => {
  test("has the time of a handshake to be answered, from the first look after it", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, {}, 0, 100)).toEqual([]);
    expect(looks(limits, { noticeGiven: true }, 101, 111, 112)).toEqual([[112, "notice"]]);
  });

  test("waits behind what ends the connection at once", () => {
    const limits = new TimeLimits(options);
    expect(looks(limits, { noticeGiven: true, unfinished: 3 }, 0, 10, 21)).toEqual([[21, "frame"]]);
  });
});
