/**
 * Tells a service manager how a server is doing, by systemd's sd_notify protocol: datagrams of `NAME=value` lines to the socket in
 * `NOTIFY_SOCKET`. How they leave the process is the channel's affair, see docs/decisions/0005-notify.md.
 */
import { type Logger, messageOf } from "../../base/index.ts";

/** Carries messages to the service manager. */
export interface NotifyChannel {
  /** Sends without waiting. `onFault` is called when the message cannot be delivered. */
  send(message: string, onFault: (error: unknown) => void): void;
}

/** What a server tells whoever manages it. Every call returns at once and none ever fails. */
export interface Notifier {
  /** What it is busy with, one line for people: systemctl shows it as `Status:`. */
  status(text: string): void;
  /** It serves. systemd counts the unit as started from here on. */
  ready(text: string): void;
  /** It was told to end, and does. */
  stopping(text: string): void;
  /**
   * From now on proves, as often as the service manager wants it, that the event loop turns and that `alive` does not throw. A
   * member that failed proves nothing any more, and the service manager ends the process.
   */
  watch(alive: () => void): void;
}

/** The part of a timer that is needed here; it must not keep the process alive. */
export type Every = (periodMs: number, run: () => void) => void;

/** Of a process that nobody wants to hear from. */
export const silentNotifier: Notifier = { status() {}, ready() {}, stopping() {}, watch() {} };

/** systemd's protocol over a channel. */
export class SystemdNotifier implements Notifier {
  readonly #channel: NotifyChannel;
  readonly #watchdogMs: number | undefined;
  readonly #logger: Logger;
  readonly #every: Every;
  /** A service manager that went away is told of once, not with each message. */
  #faulty = false;

  /** `watchdogMs`: how long the service manager waits for a sign of life; undefined when it wants none. */
  constructor(channel: NotifyChannel, watchdogMs: number | undefined, logger: Logger, every: Every) {
    this.#channel = channel;
    this.#watchdogMs = watchdogMs;
    this.#logger = logger;
    this.#every = every;
  }

  status(text: string): void {
    this.#send(`STATUS=${oneLine(text)}`);
  }

  ready(text: string): void {
    this.#logger.info("notifying init daemon");
    this.#send(`READY=1\nSTATUS=${oneLine(text)}`);
    if (!this.#faulty) this.#logger.info("successfully notified init daemon");
  }

  stopping(text: string): void {
    this.#send(`STOPPING=1\nSTATUS=${oneLine(text)}`);
  }

  watch(alive: () => void): void {
    if (this.#watchdogMs === undefined) return;
    let failed = false;
    const prove = (): void => {
      try {
        alive();
      } catch (error) {
        if (!failed)
          this.#logger.error("the member does not answer; the watchdog is not told that it lives", { error });
        failed = true;
        return;
      }
      failed = false;
      this.#send("WATCHDOG=1");
    };
    prove();
    this.#every(this.#watchdogMs / 2, prove);
  }

  #send(message: string): void {
    this.#channel.send(message, (error) => {
      if (!this.#faulty) this.#logger.error("failed to notify systemd", { message, error: messageOf(error) });
      this.#faulty = true;
    });
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}

/**
 * How long the service manager waits for a sign of life from process `pid`, in ms; undefined when it wants none from it. Set by
 * systemd for units with `WatchdogSec=`, and inherited by processes that are not meant.
 */
export function watchdogMs(env: Readonly<Record<string, string | undefined>>, pid: number): number | undefined {
  const { WATCHDOG_USEC: microseconds = "", WATCHDOG_PID: meant = "" } = env;
  if (!/^[1-9][0-9]*$/.test(microseconds)) return undefined;
  if (meant !== "" && meant !== String(pid)) return undefined;
  return Number(microseconds) / 1000;
}
