import { type Env, messageOf, type Timer } from "../../base/index.ts";
import type { Message } from "../../raft/index.ts";
import type { PeerNetwork } from "./network.ts";
import type { PeerRequest } from "./types.ts";

/** Waits between attempts: after a connection that stood, after the first that failed, and the longest. */
const againMs = 10;
const retryMs = 100;
const retryMaxMs = 400;

interface Decoder {
  push(chunk: Uint8Array, deliver: (message: Message) => void): void;
}

export interface StreamReaderEvents {
  connected(): void;
  /** `clean`: the peer ended it, as it does when it stops. */
  disconnected(reason: string, clean: boolean): void;
  /** The attempt to connect failed; `nobody`: nobody listens there. */
  refused(status: number | undefined, reason: string, nobody: boolean): void;
  received(message: Message): void;
  receivedBytes(count: number): void;
}

/** Fetches one stream of messages from a peer: dials, reads, dials again. */
export class StreamReader {
  readonly #network: PeerNetwork;
  readonly #target: () => { url: string; request: PeerRequest };
  readonly #newDecoder: () => Decoder;
  readonly #events: StreamReaderEvents;
  /** Silence after which a connection counts as dead. */
  readonly #silenceMs: number;
  readonly #env: Env;
  #connection: { close(): void } | undefined;
  #retry: Timer | undefined;
  #failures = 0;
  #heardMs = 0;
  #open = false;
  #closed = false;

  constructor(
    network: PeerNetwork,
    target: () => { url: string; request: PeerRequest },
    newDecoder: () => Decoder,
    events: StreamReaderEvents,
    silenceMs: number,
    env: Env,
  ) {
    this.#silenceMs = silenceMs;
    this.#network = network;
    this.#target = target;
    this.#newDecoder = newDecoder;
    this.#events = events;
    this.#env = env;
  }

  /** A stream stands. */
  get open(): boolean {
    return this.#open;
  }

  start(): void {
    this.#dial();
  }

  /** Dials at once instead of after the wait: the peer just showed that it is there. */
  hurry(): void {
    if (this.#retry === undefined) return;
    this.#retry.cancel();
    this.#retry = undefined;
    this.#failures = 0;
    this.#dial();
  }

  /** Asked now and then: gives a connection up that was silent for too long. */
  check(): void {
    if (this.#connection === undefined) return;
    if (this.#env.clock.monotonicMs() - this.#heardMs <= this.#silenceMs) return;
    this.#end(`no data for ${this.#silenceMs / 1000} s`, false);
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#connection?.close();
    this.#connection = undefined;
  }

  #dial(): void {
    if (this.#closed) return;
    const { url, request } = this.#target();
    const decoder = this.#newDecoder();
    const { clock } = this.#env;
    this.#heardMs = clock.monotonicMs();
    this.#open = false;
    const deliver = (message: Message): void => {
      if (!this.#closed) this.#events.received(message);
    };
    const connection = this.#network.openStream(url, request, {
      head: (status, _headers, body) => {
        if (this.#closed || this.#connection !== connection) return;
        this.#heardMs = clock.monotonicMs();
        if (status !== 200) {
          this.#connection = undefined;
          connection.close();
          this.#events.refused(status, body.trim(), false);
          this.#later();
          return;
        }
        this.#open = true;
        this.#failures = 0;
        this.#events.connected();
      },
      data: (chunk) => {
        if (this.#closed || this.#connection !== connection) return;
        this.#heardMs = clock.monotonicMs();
        this.#events.receivedBytes(chunk.length);
        try {
          decoder.push(chunk, deliver);
        } catch (error) {
          this.#end(messageOf(error), false);
        }
      },
      end: (error) => {
        if (this.#closed || this.#connection !== connection) return;
        const nobody = (error as { code?: unknown } | undefined)?.code === "ECONNREFUSED";
        this.#end(error?.message ?? "EOF", error === undefined, nobody);
      },
    });
    this.#connection = connection;
  }

  #end(reason: string, clean: boolean, nobody = false): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    const stood = this.#open;
    this.#open = false;
    if (stood) this.#events.disconnected(reason, clean);
    else this.#events.refused(undefined, reason, nobody);
    this.#later();
  }

  #later(): void {
    if (this.#closed) return;
    const failures = this.#failures;
    const waitMs = failures === 0 ? againMs : Math.min(retryMaxMs, retryMs * 2 ** Math.min(failures - 1, 4));
    this.#failures++;
    this.#retry = this.#env.scheduler.after(waitMs, () => {
      this.#retry = undefined;
      this.#dial();
    });
  }
}
