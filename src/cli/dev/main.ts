import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { messageOf } from "../../base/index.ts";
import { writeOrLose } from "../process/output.ts";
import { DevError, devHelp, parseDev } from "./options.ts";
import { type MemberStatus, Supervisor } from "./supervisor.ts";

/** `quorate dev`: a cluster on this machine in one command, its members started with the program `etcd`. The exit code. */
export async function runDev(args: readonly string[], etcd: string): Promise<number> {
  try {
    const command = parseDev(args);
    if (command.kind === "help") {
      writeOrLose(1, devHelp);
      return 0;
    }
    if (command.kind === "tell") {
      writeOrLose(1, `${await tell(controlPath(command.dataDir), command.line)}\n`);
      return 0;
    }
    return await run(command, etcd);
  } catch (error) {
    if (!(error instanceof DevError)) throw error;
    writeOrLose(2, `quorate dev: ${error.message}\n`);
    return 1;
  }
}

function controlPath(dataDir: string): string {
  return join(resolve(dataDir), "control.sock");
}

async function run(command: Extract<ReturnType<typeof parseDev>, { kind: "run" }>, etcd: string): Promise<number> {
  const say = (line: string): void => writeOrLose(1, `${line}\n`);
  const dataDir = resolve(command.dataDir);
  if (await answers(controlPath(dataDir))) throw new DevError(`a cluster runs in ${dataDir} already`);
  const supervisor = new Supervisor(
    [process.execPath, etcd],
    dataDir,
    { members: command.members, basePort: command.basePort, flags: command.serverFlags },
    say,
  );
  const ended = new Promise<void>((over) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => over());
  });
  let control: Server | undefined;
  try {
    await Promise.race([supervisor.startAll(), ended]);
    control = await listen(controlPath(dataDir), (line) => obey(supervisor, line));
    say(table(supervisor, await supervisor.status()));
    say(`  try    etcdctl --endpoints ${supervisor.endpoints} put greeting hello`);
    say('  kill   quorate dev --kill leader     (or type "kill leader" here; then "start m1", "status")');
    say("  stop   Ctrl-C\n");
    const lines = createInterface({ input: process.stdin });
    lines.on("line", (line) => {
      if (line.trim() === "") return;
      void obey(supervisor, line).then(say);
    });
    await ended;
    lines.close();
    return 0;
  } finally {
    control?.close();
    await supervisor.stop();
  }
}

/** Carries out one line; what came of it, for a person. */
async function obey(supervisor: Supervisor, line: string): Promise<string> {
  const [verb, which = ""] = line.trim().split(/\s+/);
  try {
    switch (verb) {
      case "kill": {
        const name = await supervisor.kill(which);
        const startedMs = performance.now();
        const leader = await supervisor.waitLeader();
        return `killed ${name}; ${leader} leads, seen after ${((performance.now() - startedMs) / 1000).toFixed(2)} s`;
      }
      case "start":
        await supervisor.start(which);
        return `${which} serves again`;
      case "status":
        return table(supervisor, await supervisor.status());
      default:
        return `"${line.trim()}" is none of: kill <m>, start <m>, status`;
    }
  } catch (error) {
    if (error instanceof DevError) return error.message;
    throw error;
  }
}

function table(supervisor: Supervisor, status: readonly MemberStatus[]): string {
  const rows = [
    ["member", "clients", "peers", "process", "role", "log"],
    ...supervisor.members.map(({ name, clientUrl, peerUrl, logPath }, i) => {
      const { pid, leads } = status[i]!;
      const role = pid === undefined ? "killed" : leads === undefined ? "silent" : leads ? "leader" : "follower";
      return [name, clientUrl, peerUrl, pid === undefined ? "-" : String(pid), role, logPath];
    }),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd());
  return `\n${lines.join("\n")}\n`;
}

/** A socket in the data directory that takes one line a connection. */
function listen(path: string, act: (line: string) => Promise<string>): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const lines = createInterface({ input: socket });
    lines.once("line", (line) => {
      act(line).then(
        (answer) => socket.end(`${answer}\n`),
        () => socket.destroy(),
      );
    });
  });
  return new Promise((done, failed) => {
    server.once("error", (error) => failed(new DevError(`cannot listen on ${path}: ${messageOf(error)}`)));
    server.listen(path, () => done(server));
  });
}

function tell(path: string, line: string): Promise<string> {
  return new Promise((done, failed) => {
    let answer = "";
    const socket = connect(path);
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${line}\n`));
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("error", () => {
      failed(new DevError(`no cluster runs in ${path.replace(/\/control\.sock$/, "")}; start one with quorate dev`));
    });
    socket.on("end", () => done(answer.trimEnd()));
  });
}

async function answers(path: string): Promise<boolean> {
  return tell(path, "status").then(
    () => true,
    () => false,
  );
}
