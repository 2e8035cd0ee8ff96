/** Levels in etcd's (zap's) words. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "panic" | "fatal";

/** Facts of one line. Keys are kebab-case as etcd's are; bigint prints as decimal, Error as its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured log. `message` is constant text a test or a person can search for; what varies goes in `fields`.
 * Logging `panic` or `fatal` only writes: stopping is the caller's act.
 */
export interface Logger {
  enabled(level: LogLevel): boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  panic(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line. */
  child(fields: LogFields): Logger;
}

/** Says nothing. */
export const silentLogger: Logger = {
  enabled: () => false,
  debug() {},
  info() {},
  warn() {},
  error() {},
  panic() {},
  fatal() {},
  child: () => silentLogger,
};

/**
 * A logger whose lines go to `write`, with the fields of the loggers it is a child of. Levels that are not `enabled` (by default
 * all but debug) cost nothing.
 */
export function lineLogger(
  write: (level: LogLevel, message: string, fields: LogFields) => void,
  enabled: (level: LogLevel) => boolean = (level) => level !== "debug",
  common: LogFields = {},
): Logger {
  const at = (level: LogLevel): Logger["info"] =>
    enabled(level) ? (message, fields) => write(level, message, { ...common, ...fields }) : silentLogger.info;
  return {
    enabled,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    panic: at("panic"),
    fatal: at("fatal"),
    child: (fields) => lineLogger(write, enabled, { ...common, ...fields }),
  };
}
