import { Code } from "../../base/index.ts";
import type { ClientStream } from "../../client/index.ts";
import { kv, rpc } from "../../wire/proto/index.ts";
import { errorText, type Session } from "./session.ts";

export interface WatchWish {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly startRevision: number;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
}

/** A response to one watch; `failure` tells why it was the last. */
export interface WatchNews {
  readonly response: rpc.WatchResponse;
  readonly failure: string | undefined;
}

interface Watch {
  readonly wish: WatchWish;
  readonly tell: (news: WatchNews) => Promise<void>;
  readonly over: () => void;
  /** What to tell next, in order: a slow reader holds up only its own watch. */
  queue: Promise<void>;
  /** Known once the server answered. */
  id: bigint | undefined;
  nextRevision: number;
}

/**
 * Watches on one stream, told response by response as the server sends them (etcdctl prints headers, progress and
 * cancellations, which a `Client` keeps to itself). A lost stream is opened again and every watch goes on behind its
 * last event.
 */
export class Watching {
  readonly #session: Session;
  #stream: ClientStream | undefined;
  #opening = false;
  /** Watches that were asked for and not answered, in order. */
  #asked: Watch[] = [];
  readonly #watches = new Set<Watch>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Follows; resolves when the watch is over, which only the server decides. */
  watch(wish: WatchWish, tell: (news: WatchNews) => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const watch: Watch = {
        wish,
        tell,
        over: resolve,
        queue: Promise.resolve(),
        id: undefined,
        nextRevision: wish.startRevision,
      };
      this.#watches.add(watch);
      if (this.#stream !== undefined) this.#ask(this.#stream, watch);
      else void this.#open();
    });
  }

  /** Asks the server how far it is; the answer goes to every watch. */
  requestProgress(): void {
    this.#stream?.send(rpc.encodeWatchRequest({ requestUnion: { case: "progressRequest", value: {} } }));
  }

  #ask(stream: ClientStream, watch: Watch): void {
    this.#asked.push(watch);
    const value = rpc.createWatchCreateRequest({ ...watch.wish, startRevision: watch.nextRevision });
    stream.send(rpc.encodeWatchRequest({ requestUnion: { case: "createRequest", value } }));
  }

  async #open(): Promise<void> {
    if (this.#opening) return;
    this.#opening = true;
    while (this.#stream === undefined && this.#watches.size > 0) {
      try {
        let mine: ClientStream | undefined;
        let ended = false;
        mine = await this.#session.client.stream(
          "/etcdserverpb.Watch/Watch",
          {
            onMessage: (bytes) => this.#take(rpc.decodeWatchResponse(bytes)),
            onEnd: ({ code, message }) => {
              ended = true;
              if (mine !== undefined && mine !== this.#stream) return;
              this.#lost(code, message);
            },
          },
          [["hasleader", "true"]],
        );
        if (ended) continue;
        this.#stream = mine;
        for (const watch of this.#watches) this.#ask(mine, watch);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    this.#opening = false;
  }

  #lost(code: Code, message: string): void {
    this.#stream = undefined;
    this.#asked = [];
    for (const watch of this.#watches) watch.id = undefined;
    const again = (code === Code.Unavailable || code === Code.Internal) && message !== "etcdserver: no leader";
    if (again || code === Code.OK) {
      setTimeout(() => void this.#open(), 50);
      return;
    }
    const failure = errorText({ code, message });
    const response = rpc.createWatchResponse({ canceled: true });
    for (const watch of [...this.#watches]) this.#end(watch, response, failure);
  }

  #take(response: rpc.WatchResponse): void {
    if (response.created) {
      const watch = this.#asked.shift();
      if (watch === undefined) return;
      if (response.canceled) this.#end(watch, response, cancelText(response));
      else {
        watch.id = response.watchId;
        // A watch for what comes next starts here, also when it has to be made again.
        if (watch.nextRevision === 0) watch.nextRevision = (response.header?.revision ?? 0) + 1;
      }
      return;
    }
    // Asked-for progress is told to everybody.
    const everybody = response.watchId < 0n;
    for (const watch of [...this.#watches]) {
      if (!everybody && watch.id !== response.watchId) continue;
      if (response.canceled) {
        this.#end(watch, response, cancelText(response));
        continue;
      }
      // Behind everything this response tells of: its last event, or for mere progress its header.
      const last = response.events.at(-1);
      const pair = last === undefined ? undefined : kv.decodeEvent(last).kv;
      const reached = pair === undefined ? (response.header?.revision ?? 0) : kv.decodeKeyValue(pair).modRevision;
      watch.nextRevision = Math.max(watch.nextRevision, reached + 1);
      watch.queue = watch.queue.then(() => watch.tell({ response, failure: undefined }));
    }
  }

  #end(watch: Watch, response: rpc.WatchResponse, failure: string): void {
    this.#watches.delete(watch);
    watch.queue = watch.queue.then(() => watch.tell({ response, failure })).then(watch.over);
  }
}

function cancelText(response: rpc.WatchResponse): string {
  if (response.compactRevision !== 0) return "etcdserver: mvcc: required revision has been compacted";
  if (response.cancelReason === "") return "etcdserver: mvcc: required revision is a future revision";
  // A refusal by permission comes as the whole text of a gRPC error.
  if (response.cancelReason.startsWith("rpc error: code = ")) return response.cancelReason;
  return errorText({ code: Code.Unknown, message: response.cancelReason });
}
