import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EtcdError, InvariantError, ManualTime } from "../../base/index.ts";
import { type Deadlined, DeadlineWheel } from "./deadlines.ts";
import { decodeBinary, encodeFields, Metadata } from "./metadata.ts";
import { decodeMessage, encodeMessage, GrpcError, statusOf } from "./status.ts";
import { formatTimeout, parseTimeout, timeoutFault } from "./timeout.ts";

describe("grpc-timeout", () => {
  it("knows every unit", () => {
    expect(["1H", "2M", "3S", "4m", "5u", "6n"].map(parseTimeout)).toEqual([3_600_000, 120_000, 3000, 4, 0.005, 6e-6]);
    expect(parseTimeout("99999999H")).toBe(99_999_999 * 3_600_000);
  });

  it("refuses everything else", () => {
    for (const text of ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", "0x1S", " 1S"]) {
      expect(parseTimeout(text), text).toBeUndefined();
      expect(timeoutFault(text)).toMatch(/^malformed grpc-timeout: /);
    }
  });

  it("writes what it reads, never shorter than asked", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.000001, max: 1e9, noNaN: true }), (ms) => {
        const back = parseTimeout(formatTimeout(ms))!;
        expect(back).toBeGreaterThanOrEqual(ms * (1 - 1e-6));
        expect(back).toBeLessThanOrEqual(ms * 1.01 + 0.000002);
      }),
    );
  });
});

describe("status message", () => {
  it("escapes what a header cannot carry", () => {
    expect(encodeMessage("plain text")).toBe("plain text");
    expect(encodeMessage("100%\nß€")).toBe("100%25%0A%C3%9F%E2%82%AC");
  });

  it("comes back whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decodeMessage(encodeMessage(text))).toBe(text);
      }),
    );
  });

  it("takes broken escapes as they stand", () => {
    expect(decodeMessage("50% off")).toBe("50% off");
    expect(decodeMessage("%")).toBe("%");
    expect(decodeMessage("%4")).toBe("%4");
    expect(decodeMessage("a%zz%41")).toBe("a%zzA");
  });
});

describe("statusOf", () => {
  it("keeps the code of coded errors and calls the rest Unknown", () => {
    expect(statusOf(EtcdError.of("KeyEmpty"))).toEqual({ code: 3, message: "etcdserver: key is not provided" });
    expect(statusOf(new GrpcError(9, "no", [["a", "b"]]))).toEqual({ code: 9, message: "no", metadata: [["a", "b"]] });
    expect(statusOf(Object.assign(new Error("gone"), { code: "ENOENT" }))).toEqual({ code: 2, message: "gone" });
    expect(statusOf("text")).toEqual({ code: 2, message: "text" });
    expect(() => statusOf(new InvariantError("broken"))).toThrow("broken");
  });
});

describe("metadata", () => {
  const metadata = new Metadata([
    [":path", "/x"],
    ["content-type", "application/grpc"],
    ["token", "abc"],
    ["token", "def"],
    ["trace-bin", "AQID"],
    ["many-bin", "AQ,Ag=="],
  ]);

  it("hides what belongs to HTTP and gRPC", () => {
    expect(metadata.get(":path")).toBeUndefined();
    expect(metadata.get("content-type")).toBeUndefined();
    expect(metadata.entries().map(([name]) => name)).toEqual(["token", "token", "trace-bin", "many-bin", "many-bin"]);
  });

  it("gives first and all values, and bytes of -bin names", () => {
    expect(metadata.get("token")).toBe("abc");
    expect(metadata.getAll("token")).toEqual(["abc", "def"]);
    expect([...metadata.getBinary("trace-bin")!]).toEqual([1, 2, 3]);
  });

  it("encodes binary values without padding and reads both forms", () => {
    expect(encodeFields([["x-bin", new Uint8Array([255])]])).toEqual([["x-bin", "/w"]]);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const [[, text]] = encodeFields([["x-bin", bytes]]) as [[string, string]];
        expect([...decodeBinary(text)!]).toEqual([...bytes]);
        expect([...decodeBinary(Buffer.from(bytes).toString("base64"))!]).toEqual([...bytes]);
      }),
    );
    expect(decodeBinary("not base64!")).toBeUndefined();
  });

  it("drops reserved names and refuses illegal ones", () => {
    expect(encodeFields([["grpc-status", "0"]])).toEqual([]);
    expect(() => encodeFields([["Upper", "x"]])).toThrow("illegal characters");
    expect(() => encodeFields([["a", "line\nbreak"]])).toThrow("non-printable");
  });
});

class Waiter implements Deadlined {
  readonly deadlineMs: number;
  readonly #onExpire: () => void;
  deadlineBefore: Deadlined | undefined = undefined;
  deadlineAfter: Deadlined | undefined = undefined;
  deadlineSlot = -1;
  constructor(deadlineMs: number, onExpire: () => void) {
    this.deadlineMs = deadlineMs;
    this.#onExpire = onExpire;
  }
  expire(): void {
    this.#onExpire();
  }
}

describe("deadline wheel", () => {
  it("fires each one once, not early and at most a slot late, and stops its timer", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.boolean()), { maxLength: 60 }),
        fc.integer({ min: 0, max: 100_000 }),
        (delays, start) => {
          const time = new ManualTime();
          time.advance(start);
          const wheel = new DeadlineWheel(time, time);
          const fired: number[] = [];
          const waiters = delays.map(([delay], i) => {
            const waiter: Waiter = new Waiter(start + delay, () => {
              const late = time.monotonicMs() - waiter.deadlineMs;
              expect(late).toBeGreaterThanOrEqual(0);
              expect(late).toBeLessThanOrEqual(32);
              fired.push(i);
            });
            wheel.add(waiter);
            return waiter;
          });
          for (const [i, [, removed]] of delays.entries()) if (removed) wheel.remove(waiters[i]!);
          time.advance(30_100);
          expect(fired.sort((a, b) => a - b)).toEqual(delays.flatMap(([, removed], i) => (removed ? [] : [i])));
          expect(wheel.count).toBe(0);
          expect(time.pending).toBe(0);
        },
      ),
      { numRuns: 60, verbose: 1 },
    );
  });

  it("lets an expiry take others out, and add new ones", () => {
    const time = new ManualTime();
    const wheel = new DeadlineWheel(time, time);
    const fired: string[] = [];
    const b = new Waiter(100, () => fired.push("b"));
    const a: Waiter = new Waiter(100, () => {
      fired.push("a");
      wheel.remove(b);
      wheel.remove(c);
      wheel.add(new Waiter(110, () => fired.push("d")));
    });
    const c = new Waiter(100, () => fired.push("c"));
    for (const waiter of [b, c, a]) wheel.add(waiter);
    time.advance(200);
    expect(fired).toEqual(["a", "d"]);
    expect(time.pending).toBe(0);
  });
});
