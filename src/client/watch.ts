import { type CancelSignal, Code, kinds, oneOf, type Shape } from "../base/index.ts";
import type { ClientStream, Status } from "../wire/grpc/index.ts";
import { kv, rpc } from "../wire/proto/index.ts";
import type { Connection } from "./connection.ts";
import { ClientError, CompactedError } from "./errors.ts";
import { KeyValue } from "./keys.ts";
import { isAborted } from "./options.ts";

/**
 * How a range is watched.
 *
 * @example
 * const options: WatchOptions = { startRevision: 7, only: "delete", previous: true };
 */
export interface WatchOptions {
  /** First revision of interest; changes from now on when left out. */
  readonly startRevision?: number | undefined;
  /** Bring the key's former state with each event. */
  readonly previous?: boolean | undefined;
  /** Only puts, or only deletes. */
  readonly only?: "put" | "delete" | undefined;
  /** Ends the watch. */
  readonly signal?: CancelSignal | undefined;
}

export const watchShape = {
  startRevision: kinds.count,
  previous: kinds.flag,
  only: oneOf("put", "delete"),
  signal: kinds.signal,
} as const satisfies Shape;

/** One change of one key. */
export interface WatchEvent {
  readonly type: "put" | "delete";
  /** The key as it is now; of a deleted one only `key` and `modRevision` are set. */
  readonly kv: KeyValue;
  readonly previous: KeyValue | undefined;
  /** Revision that made the change. */
  readonly revision: number;
}

/** Key and range end as the server is told. */
interface WatchedRange {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

/** Events that may wait for a slow reader; above it nothing more is read from the connection that all watches share. */
const eventsWaitingMax = 2000;

/**
 * A watch. Read it with `for await`; it survives lost connections and members: it goes on after the last event it gave,
 * so that each event comes once and in order. It ends with `close`, or throws when it cannot go on (`CompactedError`).
 *
 * @example
 * for await (const event of client.watch({ prefix: "jobs/" })) console.log(event.type, event.kv.keyText);
 */
export class Watcher implements AsyncIterable<WatchEvent> {
  readonly #hub: WatchHub;
  readonly #range: WatchedRange;
  /** Bytes of a namespace to leave out of the keys. */
  readonly #strip: number;
  readonly #options: WatchOptions;
  /** Revision from which the watch goes on when it must be made again; 0 until the first server said "created". */
  #nextRevision: number;
  #waiting: WatchEvent[] = [];
  #partial: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: ClientError | undefined;
  #readyDone: (() => void) | undefined;
  readonly #onAbort = () => this.close();
  /** Id on the present stream, 0n while there is none. Owned by the hub. */
  id = 0n;
  /** Resolves once a server watches: no later change is missed. Also when the watch ended before. */
  readonly ready: Promise<void>;

  constructor(hub: WatchHub, range: WatchedRange, options: WatchOptions, strip: number) {
    this.#hub = hub;
    this.#range = range;
    this.#strip = strip;
    this.#options = options;
    this.#nextRevision = options.startRevision ?? 0;
    this.ready = new Promise((resolve) => {
      this.#readyDone = resolve;
    });
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Whether it has ended, for whatever reason. */
  get closed(): boolean {
    return this.#ended;
  }

  /** Events that are here and were not read yet. */
  get backlog(): number {
    return this.#waiting.length;
  }

  /** Ends the watch; a `for await` over it ends after the events that are here already. */
  close(): void {
    this.#end(undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent> {
    try {
      for (;;) {
        const event = this.#waiting.shift();
        if (event !== undefined) {
          if (this.#waiting.length === 0) this.#hub.relieved();
          yield event;
          continue;
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.close();
    }
  }

  /** The request that makes this watch, or makes it again. */
  request(id: bigint): Uint8Array {
    const { only, previous } = this.#options;
    const filters: rpc.FilterType[] = [];
    if (only === "put") filters.push(rpc.FilterType.NODELETE);
    if (only === "delete") filters.push(rpc.FilterType.NOPUT);
    const value = rpc.createWatchCreateRequest({
      ...this.#range,
      startRevision: this.#nextRevision,
      prevKv: previous ?? false,
      filters,
      watchId: id,
      // Progress lets a quiet watch start again where it really stands instead of far back.
      progressNotify: true,
      fragment: true,
    });
    return rpc.encodeWatchRequest({ requestUnion: { case: "createRequest", value } });
  }

  created(revision: number): void {
    this.#partial = [];
    if (this.#nextRevision === 0) this.#nextRevision = revision + 1;
    this.#readyDone?.();
  }

  take(response: rpc.WatchResponse): void {
    if (this.#ended) return;
    if (response.fragment) {
      this.#partial.push(...response.events);
      return;
    }
    const events = this.#partial.length === 0 ? response.events : [...this.#partial, ...response.events];
    this.#partial = [];
    if (events.length === 0) {
      // Progress: everything up to this revision was sent.
      this.#nextRevision = Math.max(this.#nextRevision, (response.header?.revision ?? 0) + 1);
      return;
    }
    let last = 0;
    for (const bytes of events) {
      const event = kv.decodeEvent(bytes);
      const now = new KeyValue(event.kv ?? new Uint8Array(0), this.#strip);
      last = Math.max(last, now.modRevision);
      if (now.modRevision < this.#nextRevision) continue;
      this.#waiting.push({
        type: event.type === kv.EventType.DELETE ? "delete" : "put",
        kv: now,
        previous: event.prevKv === undefined ? undefined : new KeyValue(event.prevKv, this.#strip),
        revision: now.modRevision,
      });
    }
    this.#nextRevision = Math.max(this.#nextRevision, last + 1);
    this.#rouse();
  }

  fail(failure: ClientError): void {
    this.#end(failure);
  }

  #end(failure: ClientError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#hub.drop(this);
    this.#readyDone?.();
    this.#rouse();
  }

  #rouse(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** All watches of a client on one stream; makes them again when the stream is lost. */
export class WatchHub {
  readonly #connection: Connection;
  readonly #watchers = new Set<Watcher>();
  readonly #byId = new Map<bigint, Watcher>();
  /** Creates on the present stream that were not answered yet, in order: a refused one is answered without its id. */
  #asked: Watcher[] = [];
  #nextId = 1n;
  #stream: ClientStream | undefined;
  #opening = false;
  #attempt = 0;
  #paused = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  watch(range: WatchedRange, options: WatchOptions, strip: number): Watcher {
    const watcher = new Watcher(this, range, options, strip);
    if (isAborted(options.signal)) {
      watcher.close();
      return watcher;
    }
    this.#watchers.add(watcher);
    if (this.#stream !== undefined) this.#ask(this.#stream, watcher);
    else void this.#open();
    return watcher;
  }

  /** A watcher ended on our side. */
  drop(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    const known = this.#byId.delete(watcher.id);
    if (this.#watchers.size === 0) {
      this.#stream?.cancel();
      this.#forget();
    } else if (known) {
      this.#stream?.send(
        rpc.encodeWatchRequest({ requestUnion: { case: "cancelRequest", value: { watchId: watcher.id } } }),
      );
    }
    this.relieved();
  }

  /** A reader caught up. */
  relieved(): void {
    if (!this.#paused) return;
    for (const watcher of this.#watchers) if (watcher.backlog >= eventsWaitingMax / 2) return;
    this.#paused = false;
    this.#stream?.resumeReading();
  }

  close(): void {
    for (const watcher of [...this.#watchers]) watcher.close();
  }

  #forget(): void {
    this.#stream = undefined;
    this.#byId.clear();
    this.#asked = [];
    this.#paused = false;
  }

  #ask(stream: ClientStream, watcher: Watcher): void {
    watcher.id = this.#nextId++;
    this.#byId.set(watcher.id, watcher);
    this.#asked.push(watcher);
    stream.send(watcher.request(watcher.id));
  }

  async #open(): Promise<void> {
    if (this.#opening) return;
    this.#opening = true;
    while (this.#watchers.size > 0 && this.#stream === undefined) {
      if (this.#attempt > 0) await this.#connection.sleep(this.#connection.pauseMs(this.#attempt - 1));
      this.#attempt++;
      if (this.#connection.closed) break;
      try {
        let mine: ClientStream | undefined;
        let over: Status | undefined;
        mine = await this.#connection.stream(
          "/etcdserverpb.Watch/Watch",
          {
            onMessage: (bytes) => {
              if (mine !== undefined && mine === this.#stream) this.#take(bytes);
            },
            onEnd: (outcome) => {
              over = outcome;
              if (mine !== undefined && mine === this.#stream) this.#lost(outcome);
            },
          },
          // A member cut off from its leader ends the stream, and we go on at another one.
          [["hasleader", "true"]],
        );
        // It may have ended before it was handed over.
        if (over !== undefined) continue;
        this.#stream = mine;
        for (const watcher of this.#watchers) this.#ask(mine, watcher);
      } catch {
        // Nobody can be reached: try again for as long as somebody watches.
      }
    }
    this.#opening = false;
  }

  #lost(outcome: Status): void {
    this.#forget();
    switch (outcome.code) {
      case Code.InvalidArgument:
      case Code.Unimplemented:
      case Code.PermissionDenied:
      case Code.FailedPrecondition: {
        const failure = new ClientError(outcome.code, outcome.message);
        for (const watcher of [...this.#watchers]) watcher.fail(failure);
        return;
      }
      default:
        this.#connection.leave();
        void this.#open();
    }
  }

  #take(bytes: Uint8Array): void {
    const response = rpc.decodeWatchResponse(bytes);
    this.#attempt = 0;
    if (response.created) {
      const watcher = this.#asked.shift();
      if (watcher === undefined) return;
      if (response.canceled) {
        this.#byId.delete(watcher.id);
        watcher.fail(refused(response));
      } else watcher.created(response.header?.revision ?? 0);
      return;
    }
    const watcher = this.#byId.get(response.watchId);
    if (watcher === undefined) return;
    if (response.canceled) {
      this.#byId.delete(response.watchId);
      watcher.fail(refused(response));
      return;
    }
    watcher.take(response);
    if (watcher.backlog >= eventsWaitingMax && !this.#paused) {
      this.#paused = true;
      this.#stream?.pauseReading();
    }
  }
}

function refused(response: rpc.WatchResponse): ClientError {
  if (response.compactRevision > 0) return new CompactedError(response.compactRevision);
  const go = /^rpc error: code = (\w+) desc = (.*)$/s.exec(response.cancelReason);
  if (go === null) return new ClientError(Code.Canceled, response.cancelReason);
  const code = (Code as Record<string, Code>)[go[1]!] ?? Code.Unknown;
  return new ClientError(code, go[2]!);
}
