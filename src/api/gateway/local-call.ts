import { type Clock, Code, type Env, type Timer } from "../../base/index.ts";
import {
  Metadata,
  type MetadataFields,
  type MethodDefinition,
  type Peer,
  type Reply,
  type ServerStream,
  type Status,
  status,
  statusOf,
  statusOk,
  type UnaryServerCall,
} from "../../wire/grpc/index.ts";
import type { CallHead } from "./call-head.ts";

/** Where the answers of a call made in this process go. */
export interface LocalSink {
  /** One encoded message. */
  message(bytes: Uint8Array): void;
  /** The call is over; called once. `by` tells whether the method said so, or the gateway in its stead: the deadline passed, the member stops. */
  end(status: Status, by: "method" | "gateway"): void;
  /** Whether more may be written without piling up. */
  writable(): boolean;
}

/**
 * A call of a registered method without a wire in between: what the JSON gateway makes of an HTTP request. etcd's gateway
 * dials the server's own port instead; the method sees the same either way.
 */
export class LocalCall implements ServerStream, UnaryServerCall {
  readonly path: string;
  readonly metadata: Metadata;
  readonly peer: Peer;
  readonly deadlineMs: number;
  cancelled = false;
  onCancel: ((why: Status) => void) | undefined;
  onMessage: ((message: Uint8Array) => void) | undefined;
  onEnd: (() => void) | undefined;
  onDrain: (() => void) | undefined;
  readonly bufferedBytes = 0;
  readonly #sink: LocalSink;
  readonly #clock: Clock;
  readonly #deadline: Timer | undefined;
  ended = false;
  #paused = false;
  /** Requests that came while reading was paused, or before the handler was ready. */
  #waiting: Uint8Array[] = [];
  #requestsEnded = false;

  /** Once `head.timeoutMs` are over the call ends with DeadlineExceeded. */
  constructor(path: string, head: CallHead, peer: Peer, sink: LocalSink, env: Pick<Env, "clock" | "scheduler">) {
    this.path = path;
    this.metadata = new Metadata(head.metadata);
    this.peer = peer;
    this.#sink = sink;
    this.#clock = env.clock;
    const { timeoutMs } = head;
    this.deadlineMs = env.clock.monotonicMs() + timeoutMs;
    if (timeoutMs <= 0 || timeoutMs === Number.POSITIVE_INFINITY) return;
    this.#deadline = env.scheduler.after(timeoutMs, () => this.#finish(deadlineExceeded, "gateway"));
  }

  /** Runs a method that takes one message. */
  async runOnce(definition: MethodDefinition, request: Uint8Array): Promise<void> {
    if (this.ended) return;
    try {
      if (definition.kind === "unary") {
        const reply = await definition.handler(this, request);
        if (reply !== undefined) this.answer(reply);
      } else if (definition.kind === "serverStream") {
        await definition.handler(this, request);
      } else {
        await definition.handler(this);
        this.push(request);
        this.endRequests();
      }
    } catch (error) {
      this.end(statusOf(error));
    }
  }

  /** Starts a method that takes a stream of messages; feed it by `push` and `endRequests`. */
  async runStream(definition: MethodDefinition): Promise<void> {
    if (this.ended) return;
    if (definition.kind !== "bidi" && definition.kind !== "clientStream") {
      this.end(status(Code.Internal, "not a method with a stream of requests"));
      return;
    }
    try {
      await definition.handler(this);
    } catch (error) {
      this.end(statusOf(error));
    }
  }

  push(message: Uint8Array): void {
    if (this.ended) return;
    if (this.#paused) this.#waiting.push(message);
    else this.onMessage?.(message);
  }

  endRequests(): void {
    this.#requestsEnded = true;
    if (!this.#paused) this.onEnd?.();
  }

  /** The HTTP client went away. */
  cancel(): void {
    this.#finish(status(Code.Canceled, "context canceled"), "nobody");
  }

  /** The deadline has passed: it is no use to start. */
  get tooLate(): boolean {
    return this.#clock.monotonicMs() >= this.deadlineMs;
  }

  /** The call is not made after all; nobody is told. */
  forget(): void {
    this.ended = true;
    this.#deadline?.cancel();
  }

  /** Ends the call in the stead of the method, which is told through `onCancel`. */
  cut(why: Status): void {
    this.#finish(why, "gateway");
  }

  drained(): void {
    if (!this.ended) this.onDrain?.();
  }

  get paused(): boolean {
    return this.#paused;
  }

  addHeader(_fields: MetadataFields): void {}

  addTrailer(_fields: MetadataFields): void {}

  abort(why: Status): void {
    this.#finish(why, "method");
  }

  send(message: Reply): void {
    if (this.ended) return;
    this.#sink.message(message instanceof Uint8Array ? message : Buffer.concat(message));
  }

  answer(reply: Reply): void {
    this.send(reply);
    this.end(statusOk);
  }

  refuse(error: unknown): void {
    this.end(statusOf(error));
  }

  sendParts(head: Uint8Array, headBytes: number, body: Uint8Array): void {
    this.send([head.subarray(0, headBytes), body]);
  }

  /** Nothing is gathered here. */
  flush(): void {}

  /** A message was made into text when it was sent. */
  whenSent(run: () => void): void {
    if (!this.ended) queueMicrotask(run);
  }

  writable(): boolean {
    return this.#sink.writable();
  }

  end(outcome: Status = statusOk): void {
    if (this.ended) return;
    this.ended = true;
    this.#deadline?.cancel();
    this.#sink.end(outcome, "method");
  }

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    this.#paused = false;
    while (!this.#paused && this.#waiting.length > 0) this.onMessage?.(this.#waiting.shift()!);
    if (!this.#paused && this.#requestsEnded) this.onEnd?.();
  }

  #finish(why: Status, by: "method" | "gateway" | "nobody"): void {
    if (this.ended) return;
    this.ended = true;
    this.cancelled = true;
    this.#deadline?.cancel();
    this.onCancel?.(why);
    if (by !== "nobody") this.#sink.end(why, by);
  }
}

/** What a call is told whose deadline has passed, be it before it was made. */
export const deadlineExceeded = status(Code.DeadlineExceeded, "context deadline exceeded");
