import { describe, expect, it } from "vitest";
import { describeProcess, takeSignals } from "./signals.ts";

function take(options: { ignored?: string[]; watched?: boolean } = {}) {
  const listeners = new Map<string, () => void>();
  const said: string[] = [];
  const codes: number[] = [];
  takeSignals(
    {
      ignored: new Set(options.ignored),
      watched: options.watched ?? false,
      write: (text) => said.push(text),
      describe: () => "busy\n",
    },
    { on: (signal, listener) => listeners.set(signal, listener), exit: (code) => codes.push(code) },
  );
  return { listeners, said, codes };
}

describe("takeSignals", () => {
  it("goes on at those that Go only notes, and never touches those that mean a fault of the machine", () => {
    const { listeners, codes } = take();
    for (const name of ["USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "XFSZ", "IO", "PWR"]) {
      expect(listeners.has(`SIG${name}`), name).toBe(true);
      listeners.get(`SIG${name}`)!();
    }
    expect(codes).toEqual([]);
    for (const name of ["SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "TERM", "INT", "HUP", "TSTP", "CONT", "CHLD"]) {
      expect(listeners.has(`SIG${name}`), name).toBe(false);
    }
  });

  it("keeps ignoring what was ignored", () => {
    expect([...take({ ignored: ["HUP"] }).listeners.keys()]).toContain("SIGHUP");
    expect([...take({ ignored: ["HUP"] }).listeners.keys()]).not.toContain("SIGINT");
    expect([...take({ ignored: ["", "INT"] }).listeners.keys()]).toContain("SIGINT");
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
