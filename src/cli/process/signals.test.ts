import { describe, expect, it } from "vitest";
import { describeProcess, takeSignals } from "./signals.ts";

function take(options: { watched?: boolean } = {}) {
  const listeners = new Map<string, () => void>();
  const said: string[] = [];
  const codes: number[] = [];
  takeSignals(
    {
      watched: options.watched ?? false,
      write: (text) => said.push(text),
      describe: () => "busy\n",
    },
    { on: (signal, listener) => listeners.set(signal, listener), exit: (code) => codes.push(code) },
  );
  return { listeners, said, codes };
}

describe("takeSignals", () => {
  it("never touches those that mean a fault of the machine, nor those that have the same default in Go", () => {
    expect([...take().listeners.keys()].sort()).toEqual(["SIGABRT", "SIGQUIT", "SIGSTKFLT"]);
  });

  it.each([
    ["SIGQUIT", "quit"],
    ["SIGABRT", "abort"],
    ["SIGSTKFLT", "stack fault"],
  ])("says what the process did and ends with 2 at %s", (signal, words) => {
    const { listeners, said, codes } = take();
    listeners.get(signal)!();
    expect(said).toEqual([`${signal}: ${words}\n\nbusy\n`]);
    expect(codes).toEqual([2]);
  });

  it("leaves SIGABRT to the system under a watchdog, which sends it to a loop that hangs", () => {
    const { listeners } = take({ watched: true });
    expect(listeners.has("SIGABRT")).toBe(false);
    expect(listeners.has("SIGQUIT")).toBe(true);
  });
});

it("a process's description names what its loop waits for", () => {
  const timer = setTimeout(() => {}, 60_000);
  expect(describeProcess()).toMatch(
    /^node v\d.*\nevent loop: busy [\d.]+ % of the time, waits for:\n(\t\w+: \d+\n)*\tTimeout: \d+\n/,
  );
  clearTimeout(timer);
});
