/**
 * One response of a watch stream: `etcdserverpb.WatchResponse` without its header (whose revision is `revision`).
 * `events` may be shared with replies to other watchers: never change it; its identity may serve as a memo key for its encoding.
 */
export interface WatchReply {
  /** -1n speaks for the whole stream (refused create, manual progress). */
  readonly watchId: bigint;
  /** For the header: the store's revision when sent; 0 in a cancel by compaction, as etcd has it. */
  readonly revision: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** 0 unless cancelled because the wanted revision was compacted away. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** More pieces of the same response follow. */
  readonly fragment: boolean;
  /** Encoded `mvccpb.Event`s, ascending; all events of one revision are in one reply (or its fragments). */
  readonly events: readonly Uint8Array[];
}

/** Where a stream's replies go. */
export interface WatchSink {
  /** Whether an event reply may be sent now. While false, watchers fall behind and catch up later from the store. */
  writable(): boolean;
  /** Takes a reply. Replies to create, cancel and progress requests come whether writable or not. Must not call back into the stream. */
  send(reply: WatchReply): void;
  /** After a run of event replies: none follows at once. For sinks that time them, or send them off. */
  endRun?(): void;
}

export interface WatchCreate {
  /** 0n or absent: the stream picks the next free number. */
  readonly watchId?: bigint;
  /** Empty = "\0". */
  readonly key: string;
  /** "" = that key only, "\0" = all keys from `key` on, else exclusive. */
  readonly end: string;
  /** 0 = from now on; may lie in the future. */
  readonly startRevision: number;
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  readonly prevKv?: boolean;
  readonly progressNotify?: boolean;
  readonly fragment?: boolean;
}

/** The watchers of one gRPC stream. */
export interface WatchStream {
  /**
   * Sends the "created" reply (with `canceled` and a reason when refused) at once, so before any event.
   * Returns the id, or -1n when refused. The caller has checked permission before.
   */
  create(request: WatchCreate): bigint;
  /** The reply for a create that was refused outside (permission): created + canceled, id -1. */
  refuse(reason: string): bigint;
  /** Sends the "canceled" reply; an unknown id is met with silence. */
  cancel(watchId: bigint): boolean;
  /** One reply with id -1 if every watcher of the stream is in step with the store; else nothing. */
  requestProgress(): void;
  /** Tell that the sink became writable again; optional, it is polled every 10 ms otherwise. */
  resume(): void;
  /** Ends all watchers without replies. */
  close(): void;
  readonly watchers: number;
}

export interface WatchHubOptions {
  /** Interval of progress notifications; a jitter of up to 10 % is added per stream. Default 600,000 (at least 100). */
  readonly progressNotifyIntervalMs?: number;
  /** A reply at least this long is split if its watcher allows fragments: max-request-bytes + 512 KiB. Default 2 MiB. */
  readonly fragmentBytes?: number;
}
