import { EtcdError } from "../../base/index.ts";
import type { WatchHub } from "./hub.ts";
import type { WatchCreate, WatchReply, WatchSink, WatchStream } from "./types.ts";
import { NO_DELETE, NO_PUT, Watcher, type WatcherHome, WITH_PREVIOUS } from "./watcher.ts";

/** Above every key: no key holds a char code over 255. */
const highest = "\uffff";
/** Speaks for the stream, or for a watcher that never came to be. */
const noWatcher = -1n;

/** The watchers of one gRPC stream. */
export class OpenStream implements WatchStream, WatcherHome {
  readonly sink: WatchSink;
  readonly blocked = new Set<Watcher>();
  readonly #hub: WatchHub;
  readonly #watchers = new Map<bigint, Watcher>();
  #nextId = 0n;
  /** Ticks while any watcher ever asked for progress notifications. */
  #progress: { cancel(): void } | undefined = undefined;
  #closed = false;

  constructor(hub: WatchHub, sink: WatchSink) {
    this.#hub = hub;
    this.sink = sink;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  create(request: WatchCreate): bigint {
    if (this.#closed) return noWatcher;
    if (request.startRevision < 0) return this.refuse(EtcdError.of("Compacted").message);
    const low = request.key === "" ? "\0" : request.key;
    const high = request.end === "\0" ? highest : request.end;
    if (high !== "" && low >= high) return this.refuse("mvcc: watcher range is empty");
    let id = request.watchId ?? 0n;
    if (id === 0n) {
      while (this.#watchers.has(this.#nextId)) this.#nextId++;
      id = this.#nextId++;
    } else if (this.#watchers.has(id)) return this.refuse("mvcc: duplicate watch ID provided on the WatchStream");

    const variant =
      (request.noPut ? NO_PUT : 0) | (request.noDelete ? NO_DELETE : 0) | (request.prevKv ? WITH_PREVIOUS : 0);
    const { revision } = this.#hub;
    const next = request.startRevision === 0 ? revision + 1 : request.startRevision;
    const watcher = new Watcher(
      this,
      id,
      low,
      high,
      request.startRevision,
      next,
      variant,
      request.progressNotify === true,
      request.fragment === true,
    );
    this.#watchers.set(id, watcher);
    this.#send({ watchId: id, created: true });
    this.#hub.admit(watcher);
    if (watcher.progressNotify) this.#progress ??= this.#hub.everyProgressInterval(() => this.#tick());
    return id;
  }

  refuse(reason: string): bigint {
    this.#send({ watchId: noWatcher, created: true, canceled: true, cancelReason: reason });
    return noWatcher;
  }

  cancel(watchId: bigint): boolean {
    const watcher = this.#watchers.get(watchId);
    if (watcher === undefined) return false;
    this.#watchers.delete(watchId);
    this.#hub.dismiss(watcher);
    this.#send({ watchId, canceled: true });
    return true;
  }

  requestProgress(): void {
    if (this.#closed || this.#watchers.size === 0) return;
    this.#hub.flush();
    for (const watcher of this.#watchers.values()) if (!this.#inStep(watcher)) return;
    this.#send({ watchId: noWatcher });
  }

  resume(): void {
    if (!this.#closed && this.sink.writable()) this.#hub.unblock(this);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#progress?.cancel();
    for (const watcher of this.#watchers.values()) this.#hub.dismiss(watcher);
    this.#watchers.clear();
    this.#hub.release(this);
  }

  forget(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
  }

  /** Has had every event there is, and its start lies not in the future. */
  #inStep(watcher: Watcher): boolean {
    return watcher.state === "synced" && watcher.startRevision <= this.#hub.revision;
  }

  #tick(): void {
    this.#hub.flush();
    for (const watcher of this.#watchers.values()) {
      if (!watcher.progressNotify) continue;
      if (watcher.quiet && this.#inStep(watcher) && this.sink.writable()) this.#send({ watchId: watcher.id });
      watcher.quiet = true;
    }
  }

  #send(reply: Partial<WatchReply> & Pick<WatchReply, "watchId">): void {
    this.sink.send({
      watchId: reply.watchId,
      revision: this.#hub.revision,
      created: reply.created ?? false,
      canceled: reply.canceled ?? false,
      compactRevision: 0,
      cancelReason: reply.cancelReason ?? "",
      fragment: false,
      events: [],
    });
  }
}
