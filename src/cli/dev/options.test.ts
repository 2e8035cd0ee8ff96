import { describe, expect, it } from "vitest";
import { FlagSet } from "../command/flags.ts";
import { devCommand } from "./command.ts";
import { devCommandOf } from "./options.ts";

const spec = devCommand({
  version: "0.0.0",
  etcd: "/bin/etcd",
  run: async () => {},
  ready: () => {},
  notify: undefined,
});

function read(...words: string[]) {
  const flags = new FlagSet();
  flags.add(spec.flags!);
  flags.parse(words);
  return devCommandOf(flags);
}

describe("quorate dev", () => {
  it("reads what it is to do", () => {
    expect(read()).toEqual({
      kind: "run",
      members: undefined,
      dataDir: "quorate.dev",
      basePort: undefined,
      serverFlags: [],
    });
    expect(read("--members", "5", "--base-port=4000", "--data-dir", "d", "--", "--snapshot-count=7", "x")).toEqual({
      kind: "run",
      members: 5,
      dataDir: "d",
      basePort: 4000,
      serverFlags: ["--snapshot-count=7", "x"],
    });
  });

  it.each([
    [["--kill", "leader"], "kill leader"],
    [["kill", "leader"], "kill leader"],
    [["--start", "m2"], "start m2"],
    [["start", "m2"], "start m2"],
    [["--status"], "status"],
    [["status"], "status"],
    [["stop"], "stop"],
    [["--stop"], "stop"],
  ])("tells a running cluster %j", (words, line) => {
    expect(read(...words, "--data-dir=d")).toEqual({ kind: "tell", dataDir: "d", line });
  });

  it.each([
    [["--members", "0"], '--members must be a whole number from 1 to 9, not "0"'],
    [["--members", "10"], '--members must be a whole number from 1 to 9, not "10"'],
    [["--members", "three"], '--members must be a whole number from 1 to 9, not "three"'],
    [["--members", ""], '--members must be a whole number from 1 to 9, not ""'],
    [["--base-port", "70000"], '--base-port must be a whole number from 1 to 65445, not "70000"'],
    [["kil", "m1"], 'unknown command "kil"; there are status, stop, kill, start'],
    [["kill"], "kill needs the name of one member: m2, or leader"],
    [["--kill", ""], "kill needs the name of one member: m2, or leader"],
    [["start", "m1", "m2"], "start needs the name of one member: m2"],
    [["status", "m1"], "status takes no name"],
    [["--kill", "m1", "--start", "m2"], "one thing at a time: kill m1, or start m2"],
    [["status", "--members", "3"], "--members is for starting a cluster, not for status"],
  ])("%j is refused", (words, message) => {
    expect(() => read(...words)).toThrow(message);
  });
});
