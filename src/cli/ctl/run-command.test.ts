import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

describe("a command that etcdctl runs", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "quorate-run-"));
    const file = (name: string, text: string, mode: number): void => {
      writeFileSync(join(dir, name), text);
      chmodSync(join(dir, name), mode);
    };
    file("plain", "#!/bin/sh\nexit 7\n", 0o644);
    file("script", "#!/bin/sh\nexit 7\n", 0o755);
    file("textonly", "exit 7\n", 0o755);
    file("empty", "", 0o755);
    file("lost", "#!/no/such/interpreter\n", 0o755);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const run = (...command: string[]) => runCommand(command, { PATH: `${dir}:${process.env["PATH"]}` });
  const at = (name: string): string => join(dir, name);

  it("ends with its own code", async () => {
    expect(await run("sh", "-c", "exit 0")).toEqual({ code: 0, problem: undefined });
    for (const code of [1, 3, 128, 255]) {
      expect(await run("sh", "-c", `exit ${code}`)).toEqual({ code, problem: `exit status ${code}` });
    }
    expect((await run("script")).code).toBe(7);
  });

  // Words and codes of etcdctl 3.7.1.
  it.each([
    ["HUP", "hangup"],
    ["ILL", "illegal instruction"],
    ["TRAP", "trace/breakpoint trap"],
    ["ABRT", "aborted"],
    ["BUS", "bus error"],
    ["FPE", "floating point exception"],
    ["KILL", "killed"],
    ["USR1", "user defined signal 1"],
    ["SEGV", "segmentation fault"],
    ["USR2", "user defined signal 2"],
    ["PIPE", "broken pipe"],
    ["ALRM", "alarm clock"],
    ["TERM", "terminated"],
    ["XCPU", "CPU time limit exceeded"],
    ["XFSZ", "file size limit exceeded"],
    ["VTALRM", "virtual timer expired"],
    ["PROF", "profiling timer expired"],
    ["SYS", "bad system call"],
  ])("ended by SIG%s is 255", async (signal, name) => {
    expect(await run("sh", "-c", `kill -${signal} $$; exec sleep 5`)).toEqual({
      code: 255,
      problem: `signal: ${name}`,
    });
  });

  it("that cannot be started is 1, with the reason, and nothing is thrown", async () => {
    const cases: [string, string][] = [
      ["", "exec: no command"],
      ["no-such-program", 'exec: "no-such-program": executable file not found in $PATH'],
      ["plain", 'exec: "plain": executable file not found in $PATH'],
      [at("plain"), `fork/exec ${at("plain")}: permission denied`],
      [at("nothing"), `fork/exec ${at("nothing")}: no such file or directory`],
      [at("lost"), `fork/exec ${at("lost")}: no such file or directory`],
      [at("textonly"), `fork/exec ${at("textonly")}: exec format error`],
      [at("empty"), `fork/exec ${at("empty")}: exec format error`],
      ["textonly", `fork/exec ${at("textonly")}: exec format error`],
      [at("script/x"), `fork/exec ${at("script/x")}: not a directory`],
      [dir, `fork/exec ${dir}: permission denied`],
    ];
    for (const [program, problem] of cases) expect(await run(program)).toEqual({ code: 1, problem });
  });
});
