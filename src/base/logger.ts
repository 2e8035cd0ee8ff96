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
