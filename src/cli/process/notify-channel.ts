import { execFile } from "node:child_process";
import { writeSync } from "node:fs";
import type { NotifyChannel } from "./notifier.ts";

/** Pause before a message is tried again that found the service manager's queue full. */
const retryMs = 50;

/** Messages kept while that queue is full; the oldest go first. */
const waitingMax = 64;

type Write = (descriptor: number, text: string) => unknown;

/**
 * Writes to a connected datagram socket that the launcher made: one write is one message, and the kernel notes this process as its
 * sender, which is what systemd goes by.
 */
export class SocketChannel implements NotifyChannel {
  readonly #descriptor: number;
  readonly #write: Write;
  readonly #later: (delayMs: number, run: () => void) => void;
  #waiting: { message: string; onFault: (error: unknown) => void }[] = [];

  constructor(
    descriptor: number,
    write: Write = writeSync,
    later: (delayMs: number, run: () => void) => void = (delayMs, run) => void setTimeout(run, delayMs).unref(),
  ) {
    this.#descriptor = descriptor;
    this.#write = write;
    this.#later = later;
  }

  send(message: string, onFault: (error: unknown) => void): void {
    this.#waiting.push({ message, onFault });
    if (this.#waiting.length > waitingMax) this.#waiting.shift();
    if (this.#waiting.length === 1) this.#flush();
  }

  #flush(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      try {
        this.#write(this.#descriptor, next.message);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") {
          this.#later(retryMs, () => this.#flush());
          return;
        }
        next.onFault(error);
      }
      this.#waiting.shift();
    }
  }
}

/**
 * Has `systemd-notify` send each message, one after the other. systemd takes these from a process of root, or when the unit says
 * `NotifyAccess=all`; otherwise it takes messages of the main process alone.
 */
export class ProgramChannel implements NotifyChannel {
  #last: Promise<void> = Promise.resolve();

  send(message: string, onFault: (error: unknown) => void): void {
    const run = (): Promise<void> =>
      new Promise((done) => {
        execFile("systemd-notify", message.split("\n"), (error) => {
          if (error !== null) onFault(error);
          done();
        });
      });
    this.#last = this.#last.then(run);
  }
}
