import type { LogLevel } from "../../base/index.ts";
import { messageOf } from "../../base/index.ts";
/** What a command may reach of the world. Tests give their own. */
export interface Io {
  /** Arguments after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  out(data: string | Uint8Array): void;
  err(data: string | Uint8Array): void;
  /** All of standard input from here to its end. */
  readAll(): Promise<Uint8Array>;
  /** Next line with its newline; what stands after the last newline comes as it is; undefined at the end. */
  readLine(): Promise<string | undefined>;
  /** Asks at the terminal without showing what is typed. */
  askPassword(prompt: string): Promise<string>;
  /** Calls `run` with the first SIGINT or SIGTERM. Returns what takes it back. */
  onInterrupt(run: (signal: NodeJS.Signals) => void): () => void;
}

/** The command is over, with this exit code. Whatever had to be said is said. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** etcd's exit codes. */
export const ExitCode = {
  Success: 0,
  Error: 1,
  BadConnection: 2,
  InvalidInput: 3,
  BadFeature: 4,
  Interrupted: 5,
  Io: 6,
  BadArgs: 128,
} as const;

/** Says `Error: ...` and ends the command. */
export function fail(io: Pick<Io, "err">, code: number, why: unknown): never {
  io.err(`Error: ${messageOf(why)}\n`);
  throw new Exit(code);
}

/** A log line in zap's shape on standard error, which etcd's commands use for what goes wrong underneath. */
export function logLine(io: Io, level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
  const { logger, caller, ...rest } = fields;
  const head = { level, ts: timestamp(), ...(logger === undefined ? {} : { logger }), caller };
  io.err(`${JSON.stringify({ ...head, msg: message, ...rest })}\n`);
}

function timestamp(): string {
  const exact = performance.timeOrigin + performance.now();
  const now = new Date(exact);
  const micros = Math.floor(exact * 1000) % 1_000_000;
  const offset = -now.getTimezoneOffset();
  const zone =
    offset === 0
      ? "Z"
      : `${offset < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(offset) / 60), 2)}${pad(Math.abs(offset) % 60, 2)}`;
  const date = `${now.getFullYear()}-${pad(now.getMonth() + 1, 2)}-${pad(now.getDate(), 2)}`;
  const time = `${pad(now.getHours(), 2)}:${pad(now.getMinutes(), 2)}:${pad(now.getSeconds(), 2)}`;
  return `${date}T${time}.${pad(micros, 6)}${zone}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
