import { describe, expect, it } from "vitest";
import { lineLogger } from "../../base/index.ts";
import { SystemdNotifier, watchdogMs } from "./notifier.ts";
import { SocketChannel } from "./notify-channel.ts";

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: "write" });
}

function rig(wanted?: number) {
  const sent: string[] = [];
  const lines: string[] = [];
  const state = { fault: undefined as Error | undefined, tick: () => {}, periodMs: 0 };
  const notifier = new SystemdNotifier(
    { send: (message, onFault) => (state.fault === undefined ? void sent.push(message) : onFault(state.fault)) },
    wanted,
    lineLogger((level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`)),
    (periodMs, run) => Object.assign(state, { periodMs, tick: run }),
  );
  return { notifier, sent, lines, state };
}

describe("SystemdNotifier", () => {
  it("speaks the protocol, a line for each field", () => {
    const { notifier, sent, lines } = rig();
    notifier.status("starting\n  up");
    notifier.ready("serving");
    notifier.stopping("bye");
    expect(sent).toEqual(["STATUS=starting up", "READY=1\nSTATUS=serving", "STOPPING=1\nSTATUS=bye"]);
    expect(lines).toEqual(["info notifying init daemon {}", "info successfully notified init daemon {}"]);
  });

  it("gives no sign of life when none is wanted", () => {
    const { notifier, sent, state } = rig();
    notifier.watch(() => {});
    state.tick();
    expect(sent).toEqual([]);
  });

  it("gives one at once and at half the interval, as long as the member answers", () => {
    const { notifier, sent, lines, state } = rig(3000);
    let failure: Error | undefined;
    notifier.watch(() => {
      if (failure !== undefined) throw failure;
    });
    expect(state.periodMs).toBe(1500);
    state.tick();
    expect(sent).toEqual(["WATCHDOG=1", "WATCHDOG=1"]);
    failure = new Error("stopped");
    state.tick();
    state.tick();
    expect(sent).toHaveLength(2);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^error the member does not answer/);
    failure = undefined;
    state.tick();
    expect(sent).toHaveLength(3);
  });

  it("tells of a service manager that is gone once, and never fails", () => {
    const { notifier, lines, state } = rig(1000);
    state.fault = errorOf("ECONNREFUSED");
    notifier.ready("serving");
    notifier.watch(() => {});
    state.tick();
    notifier.stopping("bye");
    expect(lines).toEqual([
      "info notifying init daemon {}",
      `error failed to notify systemd {"message":"READY=1\\nSTATUS=serving","error":"write: connection refused"}`,
    ]);
  });
});

describe("SocketChannel", () => {
  it("keeps order and tries again while the queue is full, keeping the newest", () => {
    const sent: string[] = [];
    const later: (() => void)[] = [];
    let full = true;
    const channel = new SocketChannel(
      3,
      (descriptor, text) => {
        expect(descriptor).toBe(3);
        if (full) throw errorOf("EAGAIN");
        sent.push(text);
      },
      (_, run) => later.push(run),
    );
    for (let i = 0; i < 100; i++) channel.send(String(i), () => expect.unreachable());
    expect(later).toHaveLength(1);
    full = false;
    later[0]!();
    expect(sent).toEqual(Array.from({ length: 64 }, (_, i) => String(i + 36)));
    channel.send("next", () => expect.unreachable());
    expect(sent.at(-1)).toBe("next");
  });

  it("gives up on a message that cannot be delivered, not on the next", () => {
    const faults: unknown[] = [];
    const sent: string[] = [];
    const channel = new SocketChannel(3, (_, text) => {
      if (text === "a") throw errorOf("ECONNREFUSED");
      sent.push(text);
    });
    channel.send("a", (error) => faults.push(error));
    channel.send("b", (error) => faults.push(error));
    expect(faults).toHaveLength(1);
    expect(sent).toEqual(["b"]);
  });
});

it.each([
  [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 30_000],
  [{ WATCHDOG_USEC: "1500" }, 1.5],
  [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, undefined],
  [{ WATCHDOG_USEC: "0", WATCHDOG_PID: "7" }, undefined],
  [{ WATCHDOG_USEC: "soon", WATCHDOG_PID: "7" }, undefined],
  [{}, undefined],
])("%j asks process 7 for a sign of life every %s ms", (env, ms) => {
  expect(watchdogMs(env, 7)).toBe(ms);
});
