import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, closeSync, constants as fileConstants, openSync, readSync, statSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { quote } from "../command/text.ts";

export interface Outcome {
  /** Its exit code; 255 when a signal ended it, 1 when it could not be started: what etcd exits with. */
  readonly code: number;
  /** Why it did not end well, as Go's os/exec says it. */
  readonly problem: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs a command with our output and error streams, and waits for it. Never rejects. */
export function runCommand(command: readonly string[], env: Environment): Promise<Outcome> {
  const [program = "", ...args] = command;
  if (program === "") return Promise.resolve({ code: 1, problem: "exec: no command" });
  if (lacksFormat(program, env)) return Promise.resolve(notStarted(program, env, "ENOEXEC", ""));
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(program, args, { env: { ...env }, stdio: ["ignore", "inherit", "inherit"] });
    } catch (error) {
      // Some failures are thrown, others come as an event.
      const { code, message } = error as NodeJS.ErrnoException;
      resolve(notStarted(program, env, code, message));
      return;
    }
    child.once("error", ({ code, message }: NodeJS.ErrnoException) => resolve(notStarted(program, env, code, message)));
    child.once("exit", (code, signal) => {
      if (signal === null) resolve({ code: code ?? 0, problem: code === 0 ? undefined : `exit status ${code}` });
      else {
        const name = signalNames[signal] ?? `signal ${constants.signals[signal]}`;
        resolve({ code: 255, problem: `signal: ${name}` });
      }
    });
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ENOTDIR: "not a directory",
  ENOEXEC: "exec format error",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long",
  E2BIG: "argument list too long",
  EAGAIN: "resource temporarily unavailable",
  ENOMEM: "cannot allocate memory",
  ETXTBSY: "text file busy",
};

function notStarted(program: string, env: Environment, code: string | undefined, message: string): Outcome {
  const why = reasons[code ?? ""] ?? message;
  if (program.includes("/")) return { code: 1, problem: `fork/exec ${program}: ${why}` };
  const missing = code === "ENOENT" || code === "EACCES" || code === "ENOTDIR";
  if (missing) return { code: 1, problem: `exec: ${quote(program)}: executable file not found in $PATH` };
  return { code: 1, problem: `fork/exec ${pathOf(program, env) ?? program}: ${why}` };
}

/**
 * Whether the kernel cannot tell what a file is: text without `#!`. Node would hand it to the shell, as execvp does; Go's os/exec, and
 * so etcd, refuses it.
 */
function lacksFormat(program: string, env: Environment): boolean {
  const path = program.includes("/") ? program : pathOf(program, env);
  if (path === undefined) return false;
  const head = Buffer.alloc(4);
  let read: number;
  try {
    const file = openSync(path, "r");
    try {
      read = readSync(file, head);
    } finally {
      closeSync(file);
    }
  } catch {
    // What it is to fail with shows when it is started.
    return false;
  }
  if (head.toString("latin1", 0, 2) === "#!") return false;
  const text = (byte: number): boolean => (byte >= 0x20 ? byte < 0x7f : byte === 9 || byte === 10 || byte === 13);
  return head.subarray(0, read).every(text) && isExecutable(path);
}

function pathOf(program: string, env: Environment): string | undefined {
  const directories = (env["PATH"] ?? "").split(delimiter);
  return directories.map((directory) => join(directory === "" ? "." : directory, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, fileConstants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const signalNames: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGILL: "illegal instruction",
  SIGTRAP: "trace/breakpoint trap",
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGKILL: "killed",
  SIGUSR1: "user defined signal 1",
  SIGSEGV: "segmentation fault",
  SIGUSR2: "user defined signal 2",
  SIGPIPE: "broken pipe",
  SIGALRM: "alarm clock",
  SIGTERM: "terminated",
  SIGSTKFLT: "stack fault",
  SIGXCPU: "CPU time limit exceeded",
  SIGXFSZ: "file size limit exceeded",
  SIGVTALRM: "virtual timer expired",
  SIGPROF: "profiling timer expired",
  SIGIO: "I/O possible",
  SIGPWR: "power failure",
  SIGSYS: "bad system call",
};
