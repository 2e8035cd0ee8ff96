import { spawn } from "node:child_process";
import { constants } from "node:os";
import { messageOf } from "../../base/index.ts";

export interface Outcome {
  readonly code: number;
  /** Why it did not end well, as Go's os/exec says it. */
  readonly problem: string | undefined;
}

/** Runs a command with our output and error streams, and waits for it. */
export function runCommand(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command[0]!, command.slice(1), { env: { ...env }, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", (error: NodeJS.ErrnoException) => {
      resolve({ code: 1, problem: messageOf(error) });
    });
    child.once("exit", (code, signal) => {
      if (signal === null) resolve({ code: code ?? 0, problem: code === 0 ? undefined : `exit status ${code}` });
      else {
        const name = signalNames[signal] ?? `signal ${constants.signals[signal]}`;
        resolve({ code: 1, problem: `signal: ${name}` });
      }
    });
  });
}

const signalNames: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGABRT: "aborted",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
  SIGPIPE: "broken pipe",
  SIGTERM: "terminated",
};
