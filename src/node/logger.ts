/**
 * The log as etcd's readers know it: one JSON object a line in zap's shape, keys in zap's order.
 *
 *     {"level":"info","ts":"2006-01-02T15:04:05.000000Z0700","logger"?,"caller","msg",<fields>,"stacktrace"?}
 *
 * pino puts the JSON together and sees to the writing; it writes at once, so that a line is out before a crash can follow it.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import pino from "pino";
import { type Clock, type LogFields, type Logger, type LogLevel, messageOf, systemErrorText } from "../base/index.ts";
import { RotatingFile, type Rotation } from "./log-rotation.ts";
import { type SourcePlace, sourcePlace } from "./source-lines.ts";

export interface LoggerOptions {
  /** Lines below it are dropped; etcd's names, `dpanic` included. Default info. */
  readonly level?: string;
  /** Default json. `console`: the same in columns, for people. */
  readonly format?: string;
  /** `default` and `stderr`, `stdout`, or paths of files to append to; each line goes to all. `/dev/null` alone silences. */
  readonly outputs?: readonly string[];
  /** At most 100 equal lines a second, then every hundredth. Default true, as etcd's. */
  readonly sampling?: boolean;
  /** Start files anew when they get large (`--enable-log-rotation`). */
  readonly rotation?: Rotation | undefined;
  /** Called when nobody reads standard output or standard error any more. Default: lines are lost. */
  readonly onBrokenPipe?: () => void;
  /** For tests: takes the place of the outputs. */
  readonly write?: (line: string) => void;
  /** For tests; default the machine's. */
  readonly clock?: Clock;
}

/** A logger with something to give back. */
export interface ProcessLogger extends Logger {
  /** Closes files. Lines after it are lost. */
  close(): void;
}

/** An output cannot be opened; the message is etcd's line for it. */
export class LogSinkError extends Error {
  override readonly name = "LogSinkError";
}

const levels = { debug: 20, info: 30, warn: 40, error: 50, dpanic: 53, panic: 55, fatal: 60 } as const;
type ZapLevel = keyof typeof levels;

const sampledFirst = 100;
const sampledEvery = 100;
/** Different texts counted within a second; beyond it counting starts anew, which lets more lines through. */
const sampledTextsMax = 4096;

/** Opens the outputs. Throws `LogSinkError`. */
export function createLogger(options: LoggerOptions = {}): ProcessLogger {
  const { sinks, close } =
    options.write === undefined
      ? openSinks(options.outputs ?? ["default"], options)
      : { sinks: [{ write: options.write }], close: () => {} };
  const root = pino(
    {
      base: null,
      customLevels: levels,
      useOnlyCustomLevels: true,
      level: levelOf(options.level ?? "info"),
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"ts":"${stamp(options.clock)}"`,
    },
    {
      write(line: string): void {
        const out = options.format === "console" ? inColumns(line) : line;
        for (const sink of sinks) sink.write(out);
      },
    },
  );
  const sampler = (options.sampling ?? true) ? new Sampler(options.clock) : undefined;
  return new ZapLogger({ root, sampler, close }, {});
}

function levelOf(text: string): ZapLevel {
  const level = text.toLowerCase();
  return Object.hasOwn(levels, level) ? (level as ZapLevel) : "info";
}

interface Sink {
  write(line: string): void;
}

/** Writes lines at once. A line that cannot be written is lost: a full disk behind a log ends no member. */
class DescriptorSink implements Sink {
  readonly #descriptor: number;
  readonly #onBrokenPipe: () => void;

  constructor(descriptor: number, onBrokenPipe: () => void = () => {}) {
    this.#descriptor = descriptor;
    this.#onBrokenPipe = onBrokenPipe;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(this.#descriptor, bytes, done);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A pipe whose reader is slow, and that somebody made non-blocking.
        if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        else {
          if (code === "EPIPE") this.#onBrokenPipe();
          return;
        }
      }
    }
  }

  end(): void {
    closeSync(this.#descriptor);
  }
}

function openSinks(
  outputs: readonly string[],
  { rotation, onBrokenPipe }: Pick<LoggerOptions, "rotation" | "onBrokenPipe">,
): { sinks: Sink[]; close: () => void } {
  if (outputs.includes("/dev/null")) return { sinks: [], close: () => {} };
  const paths = new Set(outputs.map((output) => (output === "default" ? "stderr" : output)));
  const files: (Sink & { end(): void })[] = [];
  const sinks = [...paths].map((path): Sink => {
    if (path === "stdout") return new DescriptorSink(1, onBrokenPipe);
    // Under systemd what goes to standard error ends up in the journal.
    if (path === "stderr" || path === "systemd/journal") return new DescriptorSink(2, onBrokenPipe);
    const file = openFile(path, rotation);
    files.push(file);
    return forgiving(file);
  });
  return {
    sinks,
    close: () => {
      for (const file of files.splice(0)) file.end();
    },
  };
}

function openFile(output: string, rotation: Rotation | undefined): Sink & { end(): void } {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(output)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "file") {
    throw new LogSinkError(`open sink "${output}": no sink found for scheme "${scheme}"`);
  }
  const path = scheme === undefined ? output : output.replace(/^file:(?:\/\/(?:localhost)?)?/i, "");
  if (path === "") throw new LogSinkError(`open sink "${output}": open : no such file or directory`);
  try {
    return rotation === undefined ? new DescriptorSink(openSync(path, "a")) : new RotatingFile(path, rotation);
  } catch (error) {
    // Opening a directory for writing fails, for reading it would not.
    throw new LogSinkError(`open sink "${output}": open ${path}: ${systemErrorText(error) ?? String(error)}`);
  }
}

/** A full disk, or a reader of standard error that is gone, costs lines and not the server. */
function forgiving(sink: Sink & { on?(event: "error", listener: () => void): unknown }): Sink {
  sink.on?.("error", () => {});
  return {
    write(line) {
      try {
        sink.write(line);
      } catch {
        // There is nowhere to tell it.
      }
    },
  };
}

interface Shared {
  readonly root: pino.Logger<ZapLevel, true>;
  readonly sampler: Sampler | undefined;
  readonly close: () => void;
}

class ZapLogger implements ProcessLogger {
  readonly #shared: Shared;
  /** Of `child`; `logger` and `caller` among them take zap's places. */
  readonly #fields: LogFields;

  constructor(shared: Shared, fields: LogFields) {
    this.#shared = shared;
    this.#fields = fields;
  }

  enabled(level: LogLevel): boolean {
    return this.#shared.root.isLevelEnabled(level);
  }

  debug(message: string, fields?: LogFields): void {
    if (this.enabled("debug")) this.#write("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.enabled("info")) this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.enabled("warn")) this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    if (this.enabled("error")) this.#write("error", message, fields);
  }

  panic(message: string, fields?: LogFields): void {
    if (this.enabled("panic")) this.#write("panic", message, fields);
  }

  fatal(message: string, fields?: LogFields): void {
    if (this.enabled("fatal")) this.#write("fatal", message, fields);
  }

  child(fields: LogFields): Logger {
    return new ZapLogger(this.#shared, { ...this.#fields, ...fields });
  }

  close(): void {
    this.#shared.close();
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    const { root, sampler } = this.#shared;
    if (sampler !== undefined && !sampler.passes(level, message)) return;
    const severe = level === "error" || level === "panic" || level === "fatal";
    const { logger, caller, ...own } = this.#fields;
    const stack = caller === undefined || severe ? callers() : [];
    const line: Record<string, unknown> = {};
    if (logger !== undefined) line.logger = logger;
    line.caller = caller ?? (stack[0] === undefined ? "quorate" : shortCaller(stack[0]));
    line.msg = message;
    for (const key in own) line[key] = plainValue(own[key]);
    // A field never takes the place of one of zap's keys.
    if (fields !== undefined)
      for (const key in fields) line[reserved.has(key) ? `${key}_` : key] = plainValue(fields[key]);
    if (severe) line.stacktrace = stack.map(stackEntry).join("\n");
    root[level](line);
  }
}

const reserved = new Set(["level", "ts", "logger", "caller", "msg", "stacktrace"]);

/** What JSON has no word for: errors become their message, ids decimal numbers, bytes text. */
function plainValue(value: unknown): unknown {
  if (value instanceof Error) return messageOf(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (value instanceof Map || value instanceof Set) return [...value];
  return value;
}

/** zap's sampling: of equal lines the first hundred in each second, then one in a hundred. */
class Sampler {
  readonly #clock: Clock | undefined;
  #second = -1;
  readonly #counts = new Map<string, number>();

  constructor(clock: Clock | undefined) {
    this.#clock = clock;
  }

  passes(level: LogLevel, message: string): boolean {
    const second = Math.floor((this.#clock?.monotonicMs() ?? performance.now()) / 1000);
    if (second !== this.#second || this.#counts.size >= sampledTextsMax) {
      this.#second = second;
      this.#counts.clear();
    }
    const key = `${level} ${message}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= sampledFirst || (count - sampledFirst) % sampledEvery === 0;
  }
}

/** The wall clock at the moment when the clock of durations stood at 0. */
let originMs = performance.timeOrigin;

/** The wall clock with fractions of a millisecond, which `Date` does not have; it follows when somebody sets the clock. */
function wallMs(): number {
  const sinceMs = performance.now();
  const coarseMs = Date.now();
  if (Math.abs(originMs + sinceMs - coarseMs) > 2) originMs = coarseMs - sinceMs;
  return originMs + sinceMs;
}

/** Now in local time, to the microsecond, `Z` or the offset behind it. */
function stamp(clock: Clock | undefined): string {
  const ms = clock === undefined ? wallMs() : clock.wallMs();
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const micros = String(Math.floor((ms % 1) * 1000)).padStart(3, "0");
  const text = new Date(date.getTime() + offset * 60_000).toISOString();
  if (offset === 0) return `${text.slice(0, -1)}${micros}Z`;
  const size = Math.abs(offset);
  const hours = String(Math.floor(size / 60)).padStart(2, "0");
  const minutes = String(size % 60).padStart(2, "0");
  return `${text.slice(0, -1)}${micros}${offset < 0 ? "-" : "+"}${hours}${minutes}`;
}

/** Frames above the logger, outermost last. Costs a few microseconds: lines are rare, and a line's writing costs more. */
function callers(): NodeJS.CallSite[] {
  const { prepareStackTrace } = Error;
  const holder: { stack?: NodeJS.CallSite[] } = {};
  Error.prepareStackTrace = (_error, sites) => sites;
  Error.captureStackTrace(holder, callers);
  const sites = holder.stack ?? [];
  Error.prepareStackTrace = prepareStackTrace;
  // Our own two frames: #write and the level's method.
  return sites.slice(2);
}

/** `wal/wal.ts:12`: the last folder, the file and the line, as zap's short caller. */
function shortCaller(site: NodeJS.CallSite): string {
  const { file, line } = placeOf(site);
  const path = file.split("/").slice(-2).join("/");
  return path === "" ? "quorate" : `${path}:${line}`;
}

function placeOf(site: NodeJS.CallSite): SourcePlace {
  return sourcePlace((site.getFileName() ?? "").replace(/^file:\/\//, ""), site.getLineNumber() ?? 0);
}

function stackEntry(site: NodeJS.CallSite): string {
  const name = site.getFunctionName() ?? "<anonymous>";
  const owner = site.getTypeName();
  const full = owner === null || owner === "Object" ? name : `${owner}.${name}`;
  const { file, line } = placeOf(site);
  return `${full}\n\t${file}:${line}`;
}

/** The line as zap's console encoder lays it out. */
function inColumns(json: string): string {
  const { level, ts, logger, caller, msg, stacktrace, ...fields } = JSON.parse(json) as Record<string, string>;
  const columns = [ts, level, ...(logger === undefined ? [] : [logger]), caller, msg];
  // The fields keep their very digits: ids are longer than a JavaScript number.
  const rest = json.slice(json.indexOf(`"msg":${JSON.stringify(msg)}`) + `"msg":${JSON.stringify(msg)}`.length + 1);
  const end = stacktrace === undefined ? rest.length - 2 : rest.lastIndexOf(`"stacktrace":`) - 1;
  if (Object.keys(fields).length > 0) columns.push(`{${rest.slice(0, Math.max(0, end))}}`);
  return `${columns.join("\t")}\n${stacktrace === undefined ? "" : `${stacktrace}\n`}`;
}
