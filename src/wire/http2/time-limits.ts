/** What of the limits in `Http2Options` is about time. */
export interface TimeLimitOptions {
  readonly handshakeTimeoutMs: number;
  readonly settingsTimeoutMs: number;
  readonly frameTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** A connection at one instant, as far as the limits ask. */
export interface Progress {
  /** The peer's first SETTINGS came. */
  readonly settingsReceived: boolean;
  /** The peer acknowledged ours. */
  readonly settingsAcked: boolean;
  /**
   * Something that began and is not whole: a number that stays the same as long as it is the same thing, however many
   * bytes of it came meanwhile. Undefined when nothing is.
   */
  readonly unfinished: number | undefined;
  readonly openStreams: number;
  /** Streams ever opened, so that one that came and went between two looks is seen. */
  readonly streamsSeen: number;
  /** The peer was told that an end is near, and its answer decides when the last stream is named. */
  readonly noticeGiven: boolean;
}

/** What is overdue; the connection's end in all cases but the last two. */
export type Overdue =
  | "handshake"
  | "settings"
  | "frame"
  /** No stream for too long: time for a graceful end. */
  | "idle"
  /** The peer does not answer the notice: go on without. */
  | "notice";

/**
 * The time limits of one connection. It has no clock: whoever owns the connection says now and then what time it is,
 * and a limit is missed by up to the time between two looks.
 *
 *     first look                                                       every look
 *     |--- handshakeTimeoutMs: SETTINGS ---|                           |- frameTimeoutMs: same unfinished thing -|
 *     |--- settingsTimeoutMs: their acknowledgement ---|               |- idleTimeoutMs: no stream -|
 *                                                                      |- handshakeTimeoutMs: notice unanswered -|
 */
export class TimeLimits {
  readonly #options: TimeLimitOptions;
  #startMs = Number.NaN;
  #nowMs = Number.NaN;
  #unfinished: number | undefined;
  #unfinishedSinceMs = 0;
  /** `streamsSeen` when the connection was found without a stream; undefined while it has one. */
  #idleAt: number | undefined;
  #idleSinceMs = 0;
  #noticeSinceMs: number | undefined;

  constructor(options: TimeLimitOptions) {
    this.#options = options;
  }

  /** Moves time on; returns how much passed since the last look, 0 at the first. */
  pass(nowMs: number): number {
    const passed = Number.isNaN(this.#nowMs) ? 0 : nowMs - this.#nowMs;
    if (Number.isNaN(this.#startMs)) this.#startMs = nowMs;
    this.#nowMs = nowMs;
    return passed;
  }

  /** The first limit that is missed at the instant that `pass` was told. */
  look(progress: Progress): Overdue | undefined {
    const nowMs = this.#nowMs;
    const age = nowMs - this.#startMs;
    const options = this.#options;
    if (!progress.settingsReceived && age > options.handshakeTimeoutMs) return "handshake";
    if (!progress.settingsAcked && age > options.settingsTimeoutMs) return "settings";
    if (progress.unfinished === undefined || progress.unfinished !== this.#unfinished) {
      this.#unfinished = progress.unfinished;
      this.#unfinishedSinceMs = nowMs;
    } else if (nowMs - this.#unfinishedSinceMs > options.frameTimeoutMs) {
      return "frame";
    }
    if (progress.openStreams > 0) {
      this.#idleAt = undefined;
    } else if (this.#idleAt !== progress.streamsSeen) {
      this.#idleAt = progress.streamsSeen;
      this.#idleSinceMs = nowMs;
    } else if (nowMs - this.#idleSinceMs > options.idleTimeoutMs) {
      this.#idleSinceMs = nowMs;
      return "idle";
    }
    if (!progress.noticeGiven) return undefined;
    if (this.#noticeSinceMs === undefined) this.#noticeSinceMs = nowMs;
    else if (nowMs - this.#noticeSinceMs > options.handshakeTimeoutMs) return "notice";
    return undefined;
  }
}
