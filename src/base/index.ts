export { assert, InvariantError, unreachable } from "./assert.ts";
export { type Brand, type ClusterId, hexId, type LeaseId, type MemberId, type Millis } from "./brand.ts";
export {
  compareBytes,
  concatBytes,
  EMPTY,
  equalBytes,
  keyBytes,
  keyString,
  keyStringAt,
  prefixEnd,
  utf8,
  utf8String,
  viewOf,
} from "./bytes.ts";
export type { CancelSignal } from "./cancel-signal.ts";
export type { Clock, Scheduler, Timer } from "./clock.ts";
export { Code, codeName } from "./code.ts";
export { crc32c } from "./crc32c.ts";
export type { Env } from "./env.ts";
export { type ErrorKey, EtcdError, isEtcdError } from "./errors.ts";
export {
  checkGiven,
  checkOptions,
  describeGiven,
  everyOf,
  isBytes,
  isText,
  type Kind,
  kinds,
  nearest,
  notWanted,
  oneOf,
  type Shape,
} from "./given.ts";
export { http1HeadTimeoutMs, http1Options, serveLikeGo } from "./http1.ts";
export { type LogFields, type Logger, type LogLevel, lineLogger, silentLogger } from "./logger.ts";
export { ManualTime } from "./manual-time.ts";
export {
  type Counter,
  exponentialBuckets,
  type Gauge,
  type Histogram,
  type HistogramDefinition,
  type MetricDefinition,
  type Metrics,
  nullMetrics,
} from "./metrics.ts";
export { acceptOptions, callerAddress, dialOptions, plainAddress } from "./net.ts";
export { networkError, tlsErrorText } from "./network-errors.ts";
export { below, type Random, SeededRandom, unit } from "./random.ts";
export { RecentMisses } from "./recent-misses.ts";
export { compareSemVer, formatSemVer, majorMinor, minorOnly, parseSemVer, type SemVer } from "./semver.ts";
export { fileErrorText, messageOf, systemErrorText, systemMeaning } from "./system-error.ts";
