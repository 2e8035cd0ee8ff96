import type { CancelSignal, ClusterId, MemberId } from "../../base/index.ts";
import type { Message } from "../../raft/index.ts";
import type { ChunkMemory } from "../../storage/store/index.ts";

/** One request to a peer's URL, whole in memory. Names of headers are lower-case. */
export interface PeerRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface PeerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A database image that goes along with a MsgSnap. */
export interface PeerSnapshot {
  /** Bytes that `chunks` yields in all. */
  readonly size: number;
  /** Each chunk has memory of its own, or what `memory` gives for it. */
  chunks(chunkBytes?: number, memory?: ChunkMemory): AsyncIterable<Uint8Array>;
  /** Called once, whether it was sent or not. */
  close(): void;
}

/** Who this member is, as its peers have to know. */
export interface PeerSelf {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  /** Told to peers that do not know this member yet, so that they can answer. */
  readonly peerURLs: readonly string[];
}

/** What the transport asks and tells its member. None of these is called from within a call into the transport. */
export interface PeerHost {
  /** A raft message that arrived. */
  receive(message: Message): void;
  /** A MsgSnap with the database that belongs to it. Resolves once raft took the message; rejects when it could not be kept. */
  receiveSnapshot(message: Message, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Any other request on the peer port: `/members`, `/leases` and their like. */
  serve(request: PeerRequest): Promise<PeerResponse>;
  /** A message to `id` was lost. */
  unreachable(id: MemberId): void;
  /** How the snapshot to `id` ended. */
  snapshotSent(id: MemberId, delivered: boolean): void;
  isRemoved(id: MemberId): boolean;
  /** A peer says that this member was removed from the cluster. */
  removed(): void;
  /**
   * The peer's process is gone: its connections ended, and where it listened nobody does. Only said where that is certain; a host
   * that does not answer may be slow, or cut off.
   */
  gone(id: MemberId): void;
}

/**
 * Carries raft messages and requests to the other members. The interface lives here, with the idea; HTTP as rafthttp speaks it,
 * the in-process network of the tests and the simulator's are implementations.
 *
 * Sending is best effort: a message may be lost, late, doubled or out of order, and raft copes. It must not block, and
 * must not call back into the member before it returns.
 */
export interface Transport {
  /**
   * Asks whoever listens on `url` (scheme, host, port); works before `start`. Any status resolves. Aborting
   * `signal` ends the wait; the peer may have received the request all the same.
   * @throws Error when there was no answer within `timeoutMs`, or `signal` was aborted before
   */
  request(url: string, request: PeerRequest, timeoutMs: number, signal?: CancelSignal): Promise<PeerResponse>;
  /** From now on messages are carried, and what arrives is handed to `host`. */
  start(self: PeerSelf, host: PeerHost): void;
  /** Makes a peer known, or gives a known one other URLs. */
  setPeer(id: MemberId, urls: readonly string[]): void;
  removePeer(id: MemberId): void;
  send(messages: readonly Message[]): void;
  /** Sends a MsgSnap and its database; the outcome comes by `snapshotSent`. */
  sendSnapshot(message: Message, snapshot: PeerSnapshot): void;
  /** Monotonic ms since when the peer can be reached without a break; undefined while it cannot. */
  activeSinceMs(id: MemberId): number | undefined;
  /** Why the peer could not be reached when that was last tried; undefined while it can be reached, or when that is not known. */
  faultOf(id: MemberId): string | undefined;
  close(): Promise<void>;
}

/** The transport of a cluster of one: nobody to talk to. */
export const noTransport: Transport = {
  request: async (url) => {
    throw new Error(`no network to reach ${url}`);
  },
  start() {},
  setPeer() {},
  removePeer() {},
  send() {},
  sendSnapshot: (_message, snapshot) => snapshot.close(),
  activeSinceMs: () => undefined,
  faultOf: () => undefined,
  close: async () => {},
};
