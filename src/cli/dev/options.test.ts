import { describe, expect, it } from "vitest";
import { parseDev } from "./options.ts";

describe("quorate dev", () => {
  it("reads what it is to do", () => {
    expect(parseDev([])).toEqual({
      kind: "run",
      members: 3,
      dataDir: "quorate.dev",
      basePort: 2379,
      serverFlags: [],
    });
    expect(parseDev(["--members", "5", "--base-port=4000", "--data-dir", "d", "--", "--snapshot-count=7"])).toEqual({
      kind: "run",
      members: 5,
      dataDir: "d",
      basePort: 4000,
      serverFlags: ["--snapshot-count=7"],
    });
    expect(parseDev(["--kill", "leader"])).toEqual({ kind: "tell", dataDir: "quorate.dev", line: "kill leader" });
    expect(parseDev(["--start", "m2", "--data-dir=d"])).toEqual({ kind: "tell", dataDir: "d", line: "start m2" });
    expect(parseDev(["--status"])).toMatchObject({ kind: "tell", line: "status" });
    expect(parseDev(["-h"])).toEqual({ kind: "help" });
  });

  it("says what is wrong with a flag", () => {
    expect(() => parseDev(["--members", "0"])).toThrow('--members must be a whole number from 1 to 9, not "0"');
    expect(() => parseDev(["--members", "three"])).toThrow("whole number");
    expect(() => parseDev(["--base-port", "70000"])).toThrow("--base-port");
    expect(() => parseDev(["--nodes", "3"])).toThrow("--nodes");
  });
});
