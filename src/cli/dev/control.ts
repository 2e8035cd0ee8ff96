import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DevError } from "./options.ts";

/*
 * How `quorate dev` is told things from another terminal: a socket in its data directory that takes one line a connection, and
 * answers with one of JSON: {"ok": true, "text": "killed m1; m3 leads, seen after 0.68 s"}.
 */

export interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

/** The kernel takes no longer path for a socket. */
const socketPathMax = 100;

export function controlPath(dataDir: string): string {
  const path = join(dataDir, "control.sock");
  if (Buffer.byteLength(path) <= socketPathMax) return path;
  const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  return join(tmpdir(), `quorate-dev-${name}.sock`);
}

/** Whether a cluster was killed here: its socket is still there, and nobody listens. To be asked before `listen`. */
export function isLeftover(dataDir: string): boolean {
  return existsSync(controlPath(dataDir));
}

/** Listens for this directory's cluster. @throws DevError when one runs there already */
export async function listen(dataDir: string, act: (line: string) => Promise<Answer>): Promise<Server> {
  const path = controlPath(dataDir);
  for (let again = false; ; again = true) {
    try {
      return await bind(path, act);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "EADDRINUSE" || again) throw new DevError(`cannot listen on ${path}: ${message}`);
      if (await isHeard(path)) throw new DevError(`a cluster runs in ${dataDir} already; quorate dev status shows it`);
      rmSync(path, { force: true });
    }
  }
}

function bind(path: string, act: (line: string) => Promise<Answer>): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const lines = createInterface({ input: socket });
    lines.on("error", () => {});
    lines.once("line", (line) => {
      act(line).then(
        (answer) => socket.end(`${JSON.stringify(answer)}\n`),
        () => socket.destroy(),
      );
    });
  });
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(path, () => done(server));
  });
}

function isHeard(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

/** Tells the cluster of a directory one line. @throws DevError when none runs there */
export function tell(dataDir: string, line: string): Promise<Answer> {
  const path = controlPath(dataDir);
  return new Promise((done, failed) => {
    let said = "";
    const socket = connect(path);
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${line}\n`));
    socket.on("data", (text) => {
      said += text;
    });
    socket.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        ENOENT: `no cluster runs in ${dataDir}; start one with quorate dev`,
        ENOTDIR: `no cluster runs in ${dataDir}: it is a file`,
        ECONNREFUSED: `the cluster in ${dataDir} was killed; start it again with quorate dev`,
        EACCES: `the cluster in ${dataDir} belongs to another user`,
      };
      failed(new DevError(reasons[code ?? ""] ?? `the cluster in ${dataDir} cannot be reached: ${message}`));
    });
    socket.on("end", () => {
      try {
        done(JSON.parse(said) as Answer);
      } catch {
        failed(new DevError(`the cluster in ${dataDir} ended before it answered`));
      }
    });
  });
}
