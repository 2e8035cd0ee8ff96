import { rmSync } from "node:fs";
import type { Server } from "node:net";
import { relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { writeOrLose } from "../process/output.ts";
import { controlPath, isLeftover, listen, tell } from "./control.ts";
import { basePortDefault, type DevCommand, DevError, membersDefault } from "./options.ts";
import { rememberShape, shapeOf } from "./shape.ts";
import { makeDirectory, Supervisor } from "./supervisor.ts";

/**
 * `quorate dev`: a cluster on this machine in one command, its members started with the program `etcd`; or what is told to one
 * that runs. The exit code. @throws DevError
 */
export async function runDev(command: DevCommand, etcd: string): Promise<number> {
  if (command.kind === "run") return run(command, etcd);
  const { ok, text } = await tell(resolve(command.dataDir), command.line);
  if (ok) writeOrLose(1, `${text}\n`);
  else writeOrLose(2, `quorate dev: ${text}\n`);
  return ok ? 0 : 1;
}

async function run(command: Extract<DevCommand, { kind: "run" }>, etcd: string): Promise<number> {
  const say = (line: string): void => writeOrLose(1, `${line}\n`);
  const dataDir = resolve(command.dataDir);
  const shape = shapeOf(dataDir, command);
  const { members = membersDefault, basePort = basePortDefault } = shape;
  makeDirectory(dataDir);
  const leftover = isLeftover(dataDir);
  const place = command.dataDir === "quorate.dev" ? "" : ` --data-dir ${command.dataDir}`;
  const supervisor = new Supervisor({
    command: [process.execPath, etcd],
    dataDir: shorter(dataDir),
    members,
    basePort,
    flags: command.serverFlags,
    commandFor: (line) => `quorate dev ${line}${place}`,
    say,
  });
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let control: Server | undefined;
  try {
    // First of all, so that two cannot start in one directory, and so that "status" is answered from the beginning.
    control = await listen(dataDir, (line) => obey(supervisor, line, end));
    rememberShape(dataDir, { members, basePort });
    endOnSignal(supervisor, end, say);
    say(`starting ${members === 1 ? "1 member" : `${members} members`} in ${shorter(dataDir)}`);
    const lines = createInterface({ input: process.stdin });
    lines.on("line", (line) => {
      if (line.trim() !== "") void obey(supervisor, line, end).then(({ text }) => say(text));
    });
    await Promise.race([supervisor.startAll(leftover).then(() => greet(supervisor, say)), ended]);
    await ended;
    lines.close();
    return 0;
  } finally {
    await supervisor.stop();
    control?.close();
    if (control !== undefined) rmSync(controlPath(dataDir), { force: true });
  }
}

async function greet(supervisor: Supervisor, say: (line: string) => void): Promise<void> {
  const status = await supervisor.status();
  say(status);
  say(`  try    quoratectl --endpoints ${supervisor.endpoints} put greeting hello`);
  say('  kill   quorate dev kill leader     (or type "kill leader" here; then "start m1", "status")');
  say("  stop   Ctrl-C\n");
}

/** The first signal ends the members in order, the second at once. A terminal that is closed counts as one. */
function endOnSignal(supervisor: Supervisor, end: () => void, say: (line: string) => void): void {
  let signalled = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signalled) {
      supervisor.stopNow();
      process.exit(signal === "SIGINT" ? 130 : 143);
    }
    signalled = true;
    say("stopping all members; once more to kill them");
    end();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  // Nobody reads what is said any more: `quorate dev | head`.
  process.stdout.on("error", end);
}

/** Carries out one line; what came of it, for a person. */
async function obey(supervisor: Supervisor, line: string, end: () => void): Promise<{ ok: boolean; text: string }> {
  const [verb = "", which = ""] = line.trim().split(/\s+/);
  try {
    switch (verb) {
      case "kill":
      case "start":
        if (which === "")
          throw new DevError(`${verb} needs the name of a member${verb === "kill" ? ", or leader" : ""}`);
        return { ok: true, text: verb === "kill" ? await supervisor.kill(which) : await supervisor.start(which) };
      case "status":
        return { ok: true, text: await supervisor.status() };
      case "stop":
        await supervisor.stop();
        setImmediate(end);
        return { ok: true, text: "stopped" };
      default:
        throw new DevError(`"${line.trim()}" is none of: kill <m>, start <m>, status, stop`);
    }
  } catch (error) {
    if (error instanceof DevError) return { ok: false, text: error.message };
    throw error;
  }
}

/** A path as it is shorter to read: from here, when it lies below. */
function shorter(path: string): string {
  const seen = relative(process.cwd(), path);
  return seen === "" || seen.startsWith("..") ? path : seen;
}
