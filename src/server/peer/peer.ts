import { type Env, hexId, type MemberId, messageOf } from "../../base/index.ts";
import type { Message } from "../../raft/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import { encodeFramed, encodeMessage, MessageDecoder } from "./message-codec.ts";
import type { PeerMetrics } from "./metrics.ts";
import { type EntryBlocks, MsgAppDecoder } from "./msgapp-codec.ts";
import { type OutgoingStream, type PeerNetwork, uploadChunks } from "./network.ts";
import { StreamReader } from "./stream-reader.ts";
import { type StreamKind, StreamWriter } from "./stream-writer.ts";
import type { PeerHost, PeerRequest, PeerSelf, PeerSnapshot } from "./types.ts";

/** Messages that wait for a POST while no stream stands, and POSTs at once (etcd: 64 and 4). */
const pipelineMax = 64;
const pipelinePosts = 4;
/** Of a database that is sent, read at once. */
const snapshotReadBytes = 256 * 1024;

/** How long a connection between members may be silent, or take nothing, before it counts as dead. */
export interface PeerTimeouts {
  readonly readMs: number;
  readonly writeMs: number;
}

export interface PeerParts {
  readonly self: PeerSelf;
  readonly host: PeerHost;
  readonly network: PeerNetwork;
  readonly blocks: EntryBlocks;
  readonly metrics: PeerMetrics;
  readonly env: Env;
  readonly timeouts: PeerTimeouts;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Another member as this one sees it. Both sides fetch what the other has to say: the receiver of data dials. A message goes
 * out on the stream for its kind when the peer has fetched one, else as a POST of its own.
 *
 * Bounds: each stream 4096 messages or 64 MiB, the pipeline 64 messages. What does not fit is dropped, counted, and raft
 * hears that the peer could not be reached: a slow peer costs memory up to the bounds and nobody's time.
 */
export class Peer {
  readonly id: MemberId;
  readonly #parts: PeerParts;
  readonly #label: string;
  #urls: readonly string[];
  /** Which URL is in use; moves on when one fails. */
  #picked = 0;
  readonly #writers: Record<StreamKind, StreamWriter>;
  readonly #readers: StreamReader[];
  #pipeline: Message[] = [];
  #posting = 0;
  #activeSinceMs: number | undefined;
  #closed = false;
  #unreachableTold = false;
  #lastWarning = "";
  #fault: string | undefined;
  readonly #sentBytes;
  readonly #receivedBytes;

  constructor(id: MemberId, urls: readonly string[], parts: PeerParts) {
    this.id = id;
    this.#urls = urls;
    this.#parts = parts;
    this.#label = hexId(id);
    const { network, env, blocks, self } = parts;
    this.#sentBytes = parts.metrics.sentBytes.with(this.#label);
    this.#receivedBytes = parts.metrics.receivedBytes.with(this.#label);
    this.#writers = { msgapp: this.#writer("msgapp", blocks), message: this.#writer("message", blocks) };
    this.#readers = [
      this.#reader(network, env, "msgapp", () => new MsgAppDecoder(self.memberId, id)),
      this.#reader(network, env, "message", () => new MessageDecoder()),
    ];
  }

  start(): void {
    this.#parts.metrics.activePeers.with(hexId(this.#parts.self.memberId), this.#label).set(0);
    this.#parts.env.logger.info("started remote peer", { "remote-peer-id": this.#label });
    for (const reader of this.#readers) reader.start();
  }

  get activeSinceMs(): number | undefined {
    return this.#activeSinceMs;
  }

  /** Why it could not be reached when that was last tried; undefined while it can. */
  get fault(): string | undefined {
    return this.#activeSinceMs === undefined ? this.#fault : undefined;
  }

  get url(): string {
    return this.#urls[this.#picked % this.#urls.length] ?? "";
  }

  update(urls: readonly string[]): void {
    if (urls.length === this.#urls.length && urls.every((url, i) => url === this.#urls[i])) return;
    this.#urls = urls;
    this.#picked = 0;
  }

  /** The peer fetches what we have to say. */
  attach(kind: StreamKind, stream: OutgoingStream): void {
    this.#writers[kind].attach(stream);
    // It is there: no reason to wait with our own fetching.
    for (const reader of this.#readers) reader.hurry();
  }

  send(message: Message): void {
    if (this.#closed) return;
    const { msgapp, message: other } = this.#writers;
    const isAppend = message.type === raftpb.MessageType.MsgApp;
    let taken: boolean;
    if (isAppend && msgapp.attached) taken = msgapp.send(message);
    else if (other.attached) taken = other.send(message);
    else taken = this.#post(message);
    if (taken) return;
    this.#parts.metrics.dropped.with(this.#label).inc();
    this.#parts.metrics.sentFailures.with(this.#label).inc();
    this.#unreachable();
  }

  /** MsgSnap and the database behind it, in one POST. */
  async sendSnapshot(message: Message, snapshot: PeerSnapshot): Promise<void> {
    const { metrics, env, network, host } = this.#parts;
    const { logger, clock } = env;
    const index = message.snapshot?.metadata?.index ?? 0;
    const fields = { "snapshot-index": index, "remote-peer-id": this.#label, bytes: snapshot.size };
    logger.info("sending database snapshot", fields);
    const startedMs = clock.monotonicMs();
    metrics.snapshotSending.with(this.#label).inc();
    try {
      const answer = await network.upload(
        this.url,
        this.#request("POST", "/raft/snapshot", new Uint8Array(0), { "content-type": "application/octet-stream" }),
        snapshotBody(message, snapshot),
      );
      this.#checkPost(answer.status, answer.body);
      this.#activate();
      metrics.snapshotSent.with(this.#label).inc();
      metrics.snapshotSendSeconds.with(this.#label).observe((clock.monotonicMs() - startedMs) / 1000);
      this.#sentBytes.inc(snapshot.size);
      logger.info("sent database snapshot", fields);
      if (!this.#closed) host.snapshotSent(this.id, true);
    } catch (error) {
      logger.warn("failed to send database snapshot", { ...fields, error });
      metrics.snapshotSendFailures.with(this.#label).inc();
      metrics.sentFailures.with(this.#label).inc();
      this.#deactivate("sendMsgSnap", error);
      if (!this.#closed) {
        this.#unreachable();
        host.snapshotSent(this.id, false);
      }
    } finally {
      metrics.snapshotSending.with(this.#label).dec();
      snapshot.close();
    }
  }

  heartbeat(): void {
    this.#writers.msgapp.heartbeat();
    this.#writers.message.heartbeat();
  }

  check(): void {
    for (const reader of this.#readers) reader.check();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pipeline = [];
    for (const reader of this.#readers) reader.close();
    for (const writer of Object.values(this.#writers)) writer.close();
    this.#parts.metrics.activePeers.with(hexId(this.#parts.self.memberId), this.#label).set(0);
    this.#parts.env.logger.info("stopped remote peer", { "remote-peer-id": this.#label });
  }

  // ---- streams ---------------------------------------------------------------------------------------------------------

  #writer(kind: StreamKind, blocks: EntryBlocks): StreamWriter {
    const { env } = this.#parts;
    return new StreamWriter(
      kind,
      blocks,
      {
        attached: () => this.#activate(),
        detached: (reason, lost) => {
          if (lost) this.#unreachable();
          if (reason !== "replaced by a new connection") this.#deactivate(`stream ${kind} writer`, reason);
        },
        sent: (bytes) => this.#sentBytes.inc(bytes),
      },
      this.#parts.timeouts.writeMs,
      env,
    );
  }

  #reader(
    network: PeerNetwork,
    env: Env,
    kind: StreamKind,
    newDecoder: () => MsgAppDecoder | MessageDecoder,
  ): StreamReader {
    const { host, metrics, self } = this.#parts;
    const path = `/raft/stream/${kind}/${hexId(self.memberId)}`;
    return new StreamReader(
      network,
      () => ({
        url: this.url,
        request: this.#request("GET", path, new Uint8Array(0), { "x-raft-to": this.#label }),
      }),
      newDecoder,
      {
        connected: () => {
          this.#refusals = 0;
          this.#activate();
        },
        disconnected: (reason, clean) => {
          if (!clean) metrics.receivedFailures.with(this.#label).inc();
          this.#deactivate(`stream ${kind} reader`, reason);
        },
        refused: (status, reason, nobody) => {
          this.#picked++;
          this.#nobodyThere(nobody);
          if (status === 410) host.removed();
          this.#deactivate(`stream ${kind} dial`, status === undefined ? reason : `${status} ${reason}`);
        },
        received: (message) => host.receive(message),
        receivedBytes: (count) => this.#receivedBytes.inc(count),
      },
      this.#parts.timeouts.readMs,
      env,
    );
  }

  /** Dials in a row at which nobody listened. */
  #refusals = 0;

  /** Nobody at any of its addresses, and no connection left: the process is gone. */
  #nobodyThere(nobody: boolean): void {
    this.#refusals = nobody ? this.#refusals + 1 : 0;
    if (this.#refusals !== this.#urls.length || this.#closed) return;
    const { msgapp, message } = this.#writers;
    if (msgapp.attached || message.attached || this.#readers.some((reader) => reader.open)) {
      this.#refusals--;
      return;
    }
    this.#parts.host.gone(this.id);
  }

  // ---- pipeline --------------------------------------------------------------------------------------------------------

  #post(message: Message): boolean {
    if (this.#pipeline.length >= pipelineMax) return false;
    this.#pipeline.push(message);
    while (this.#posting < pipelinePosts && this.#pipeline.length > 0) void this.#postNext();
    return true;
  }

  async #postNext(): Promise<void> {
    this.#posting++;
    for (let message = this.#pipeline.shift(); message !== undefined; message = this.#pipeline.shift()) {
      const body = encodeMessage(message);
      try {
        const request = this.#request("POST", "/raft", body, { "content-type": "application/protobuf" });
        const answer = await this.#parts.network.request(this.url, request, this.#parts.timeouts.readMs);
        this.#checkPost(answer.status, answer.body);
        this.#sentBytes.inc(body.length);
        this.#activate();
      } catch (error) {
        if (this.#closed) break;
        this.#picked++;
        this.#parts.metrics.sentFailures.with(this.#label).inc();
        this.#deactivate("pipeline", error);
        this.#unreachable();
      }
    }
    this.#posting--;
  }

  #checkPost(status: number, body: Uint8Array): void {
    if (status === 204) return;
    if (status === 403) this.#parts.host.removed();
    throw new Error(`unexpected http status ${status}: ${Buffer.from(body).toString("utf8").trim()}`);
  }

  #request(
    method: "GET" | "POST",
    path: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): PeerRequest {
    return { method, path, body, headers: { ...this.#parts.headers, ...headers } };
  }

  // ---- what is known of the peer ---------------------------------------------------------------------------------------

  #activate(): void {
    if (this.#closed || this.#activeSinceMs !== undefined) return;
    const { metrics, env, self } = this.#parts;
    this.#activeSinceMs = env.clock.monotonicMs();
    this.#lastWarning = "";
    metrics.activePeers.with(hexId(self.memberId), this.#label).set(1);
    env.logger.info("peer became active", { "peer-id": this.#label });
  }

  #deactivate(what: string, cause: unknown): void {
    if (this.#closed) return;
    const { metrics, env, self } = this.#parts;
    const reason = messageOf(cause);
    this.#fault = reason;
    if (this.#activeSinceMs !== undefined) {
      this.#activeSinceMs = undefined;
      metrics.activePeers.with(hexId(self.memberId), this.#label).set(0);
      metrics.disconnected.with(hexId(self.memberId), this.#label).inc();
      env.logger.warn("peer became inactive (message send to peer failed)", {
        "peer-id": this.#label,
        error: `${what}: ${reason}`,
      });
    } else if (this.#lastWarning !== reason) {
      // Dials fail ten times a second while a peer is down: each reason is told once.
      env.logger.warn("cannot reach remote peer", { "peer-id": this.#label, error: `${what}: ${reason}` });
      this.#lastWarning = reason;
    }
  }

  /** Told to raft at the end of the turn, once. */
  #unreachable(): void {
    if (this.#unreachableTold || this.#closed) return;
    this.#unreachableTold = true;
    this.#parts.env.scheduler.endOfTurn(() => {
      this.#unreachableTold = false;
      if (!this.#closed) this.#parts.host.unreachable(this.id);
    });
  }
}

/**
 * Read into the same memory again and again: such as comes and goes with each chunk, outside the collector's heap, makes it mark all of the
 * heap many times a second.
 */
async function* snapshotBody(message: Message, snapshot: PeerSnapshot): AsyncGenerator<Uint8Array> {
  yield encodeFramed(message);
  const pieces = Array.from({ length: uploadChunks }, () => new Uint8Array(snapshotReadBytes));
  let turn = 0;
  const memory = async (bytes: number): Promise<Uint8Array> => pieces[turn++ % uploadChunks]!.subarray(0, bytes);
  yield* snapshot.chunks(snapshotReadBytes, memory);
}
