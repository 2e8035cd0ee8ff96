import {
  type CancelSignal,
  type Env,
  formatSemVer,
  hexId,
  type MemberId,
  messageOf,
  type Timer,
} from "../../base/index.ts";
import type { Message } from "../../raft/index.ts";
import { DecodeError, raftpb } from "../../wire/proto/index.ts";
import { PeerProtocolError } from "./errors.ts";
import { parseId, refusalOf, requestHeaders, senderOf, type Versions } from "./headers.ts";
import { decodeMessage, FRAME_BYTES_MAX, MessageDecoder, SNAPSHOT_MESSAGE_BYTES_MAX } from "./message-codec.ts";
import { type PeerMetrics, peerMetrics } from "./metrics.ts";
import { EntryBlocks } from "./msgapp-codec.ts";
import { BodyTooLarge, type IncomingRequest, type PeerNetwork } from "./network.ts";
import { Peer, type PeerTimeouts } from "./peer.ts";
import type { StreamKind } from "./stream-writer.ts";
import type { PeerHost, PeerRequest, PeerResponse, PeerSelf, PeerSnapshot, Transport } from "./types.ts";

export interface RaftHttpOptions extends Versions {
  /** Flags raft-read-timeout and raft-write-timeout. */
  readonly timeouts: PeerTimeouts;
  /** For probes: the wall clock in RFC 3339, and back. */
  readonly formatTime: (wallMs: number) => string;
  readonly parseTime: (text: string) => number;
}

const checkMs = 500;
const probeMs = 4000;
const probeTimeoutMs = 3000;
/** Clocks that differ by more are warned about (etcd: 1 s). */
const clockDriftMs = 1000;
/** Senders that are no members as far as known here, and are answered all the same: a few at a time join. */
const remotesMax = 16;
/** Bodies of the small endpoints: a lease id, a revision. */
const smallBodyMax = 64 * 1024;

/** rafthttp: the protocol between members over HTTP/1.1, as etcd 3.7 speaks it (README). */
export class RaftHttp implements Transport {
  readonly #network: PeerNetwork;
  readonly #options: RaftHttpOptions;
  readonly #env: Env;
  readonly #metrics: PeerMetrics;
  readonly #blocks = new EntryBlocks();
  readonly #peers = new Map<MemberId, Peer>();
  /** Of `#peers`, those that were only heard of by their own requests. */
  readonly #remotes = new Set<MemberId>();
  readonly #timers: Timer[] = [];
  #running: { self: PeerSelf; host: PeerHost; headers: Record<string, string> } | undefined;
  #closed = false;

  constructor(network: PeerNetwork, options: RaftHttpOptions, env: Env) {
    this.#network = network;
    this.#options = options;
    this.#env = env;
    this.#metrics = peerMetrics(env);
  }

  request(url: string, request: PeerRequest, timeoutMs: number, signal?: CancelSignal): Promise<PeerResponse> {
    return this.#network.request(url, request, timeoutMs, signal);
  }

  start(self: PeerSelf, host: PeerHost): void {
    this.#running = { self, host, headers: requestHeaders(self, this.#options) };
    const { scheduler } = this.#env;
    this.#timers.push(
      // The other side gives up after its own timeout, which is as long by default (etcd's too: a third of it).
      scheduler.every(this.#options.timeouts.readMs / 3, () => {
        for (const peer of this.#peers.values()) peer.heartbeat();
      }),
      scheduler.every(checkMs, () => {
        for (const peer of this.#peers.values()) peer.check();
      }),
      scheduler.every(probeMs, () => {
        for (const peer of this.#peers.values()) void this.#probe(peer);
      }),
    );
    this.#network.serve(
      (request) => {
        this.#serve(request).catch((error: unknown) => {
          this.#env.logger.warn("failed to serve a request of a peer", { path: request.path, error });
        });
      },
      () => this.#metrics.refused.with("400").inc(),
    );
  }

  setPeer(id: MemberId, urls: readonly string[]): void {
    this.#remotes.delete(id);
    this.#set(id, urls);
  }

  #set(id: MemberId, urls: readonly string[]): void {
    const running = this.#running;
    if (running === undefined || this.#closed || id === running.self.memberId) return;
    const known = this.#peers.get(id);
    if (known !== undefined) {
      known.update(urls);
      return;
    }
    const peer = new Peer(id, urls, {
      ...running,
      timeouts: this.#options.timeouts,
      network: this.#network,
      blocks: this.#blocks,
      metrics: this.#metrics,
      env: this.#env,
    });
    this.#peers.set(id, peer);
    peer.start();
  }

  removePeer(id: MemberId): void {
    const peer = this.#peers.get(id);
    this.#peers.delete(id);
    this.#remotes.delete(id);
    peer?.close();
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) {
      const peer = this.#peers.get(message.to);
      if (peer !== undefined) peer.send(message);
      else
        this.#env.logger.debug("ignored message send request; unknown remote peer target", { to: hexId(message.to) });
    }
    this.#blocks.clear();
  }

  sendSnapshot(message: Message, snapshot: PeerSnapshot): void {
    const peer = this.#peers.get(message.to);
    if (peer === undefined) {
      snapshot.close();
      this.#env.scheduler.endOfTurn(() => this.#running?.host.snapshotSent(message.to, false));
      return;
    }
    void peer.sendSnapshot(message, snapshot);
  }

  activeSinceMs(id: MemberId): number | undefined {
    return this.#peers.get(id)?.activeSinceMs;
  }

  faultOf(id: MemberId): string | undefined {
    return this.#peers.get(id)?.fault;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
    await this.#network.close();
  }

  // ---- the serving half ------------------------------------------------------------------------------------------------

  async #serve(request: IncomingRequest): Promise<void> {
    const running = this.#running;
    if (running === undefined || this.#closed) {
      request.respond(plain(503, "not started"));
      return;
    }
    const { path } = request;
    if (path === "/raft") return this.#takePost(request, running);
    if (path === "/raft/snapshot") return this.#takeSnapshot(request, running);
    if (path === "/raft/probing") {
      request.respond(json(`{"OK":true,"Now":"${this.#options.formatTime(this.#env.clock.wallMs())}"}`));
      return;
    }
    if (path.startsWith("/raft/stream/")) {
      this.#takeStream(request, running);
      return;
    }
    if (path.startsWith("/raft/")) {
      this.#refuse(request, 404, "404 page not found");
      return;
    }
    const body = await this.#bodyOf(request, smallBodyMax, "request body too large");
    if (body === undefined) return;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers[name] = value;
    const answer = await running.host.serve({ method: request.method as PeerRequest["method"], path, headers, body });
    if (answer.status >= 400) this.#metrics.refused.with(String(answer.status)).inc();
    request.respond(answer);
  }

  /** Checks who asks; false when it was refused. */
  #admit(request: IncomingRequest, self: PeerSelf, method: "GET" | "POST"): boolean {
    if (request.method !== method) {
      this.#refuse(request, 405, "Method Not Allowed", { allow: method });
      return false;
    }
    const why = refusalOf(request.headers, self, this.#options);
    if (why === undefined) return true;
    this.#env.logger.warn(
      why === "incompatible version" ? "failed version compatibility check" : "request cluster ID mismatch",
      {
        "local-member-id": hexId(self.memberId),
        "local-member-cluster-id": hexId(self.clusterId),
        "remote-peer-server-name": request.headers["x-server-from"],
        "remote-peer-server-version": request.headers["x-server-version"],
        "remote-peer-cluster-id": request.headers["x-etcd-cluster-id"],
      },
    );
    this.#refuse(request, 412, why);
    return false;
  }

  async #takePost(request: IncomingRequest, { self, host }: { self: PeerSelf; host: PeerHost }): Promise<void> {
    if (!this.#admit(request, self, "POST")) return;
    this.#hearOf(request, host);
    const body = await this.#bodyOf(request, FRAME_BYTES_MAX, "error reading raft message");
    if (body === undefined) return;
    let message: Message;
    try {
      message = decodeMessage(body);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#unreadable(request, error);
      this.#refuse(request, 400, "error unmarshalling raft message");
      return;
    }
    this.#metrics.receivedBytes.with(hexId(message.from)).inc(body.length);
    if (!this.#accept(request, message, self, host)) return;
    host.receive(message);
    request.respond(done);
  }

  async #takeSnapshot(request: IncomingRequest, { self, host }: { self: PeerSelf; host: PeerHost }): Promise<void> {
    if (!this.#admit(request, self, "POST")) return;
    this.#hearOf(request, host);
    const { logger, clock } = this.#env;
    const startedMs = clock.monotonicMs();
    const chunks = request.chunks()[Symbol.asyncIterator]();
    const decoder = new MessageDecoder(SNAPSHOT_MESSAGE_BYTES_MAX);
    let message: Message | undefined;
    try {
      while (message === undefined) {
        const { value, done } = await chunks.next();
        if (done === true) throw new PeerProtocolError("unexpected EOF");
        decoder.feed(value);
        message = decoder.next();
      }
    } catch (error) {
      this.#unreadable(request, error);
      this.#refuse(request, 400, `failed to decode raft message (${reasonOf(error)})`);
      return;
    }
    const from = hexId(message.from);
    const index = message.snapshot?.metadata?.index ?? 0;
    if (message.type !== raftpb.MessageType.MsgSnap || index === 0) {
      this.#metrics.snapshotReceiveFailures.with(from).inc();
      this.#refuse(request, 400, "wrong raft message type");
      return;
    }
    if (!this.#accept(request, message, self, host)) return;
    const fields = { "remote-snapshot-sender-id": from, "incoming-snapshot-index": index };
    logger.info("receiving database snapshot", fields);
    this.#metrics.snapshotReceiving.with(from).inc();
    let bytes = 0;
    const database = async function* (): AsyncGenerator<Uint8Array> {
      const rest = decoder.rest();
      bytes += rest.length;
      if (rest.length > 0) yield rest;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        bytes += next.value.length;
        yield next.value;
      }
    };
    try {
      await host.receiveSnapshot(message, database());
      this.#metrics.receivedBytes.with(from).inc(bytes);
      this.#metrics.snapshotReceived.with(from).inc();
      const tookMs = clock.monotonicMs() - startedMs;
      this.#metrics.snapshotReceiveSeconds.with(from).observe(tookMs / 1000);
      logger.info("received and saved database snapshot", {
        ...fields,
        "incoming-snapshot-size-bytes": bytes,
        "download-took": `${tookMs.toFixed(0)}ms`,
      });
      request.respond(done);
    } catch (error) {
      logger.warn("failed to save incoming database snapshot", { ...fields, error });
      this.#metrics.snapshotReceiveFailures.with(from).inc();
      this.#refuse(request, 500, `failed to save KV snapshot (${reasonOf(error)})`);
    } finally {
      this.#metrics.snapshotReceiving.with(from).dec();
    }
  }

  #takeStream(request: IncomingRequest, { self, host }: { self: PeerSelf; host: PeerHost }): void {
    if (!this.#admit(request, self, "GET")) return;
    const parts = request.path.split("/");
    const kind = parts[3];
    if (parts.length !== 5 || (kind !== "msgapp" && kind !== "message")) {
      this.#refuse(request, 404, "invalid path");
      return;
    }
    const from = parseId(parts[4]);
    if (from === undefined) {
      this.#refuse(request, 404, "invalid from");
      return;
    }
    const fields = { "remote-peer-id-from": hexId(from), "local-member-id": hexId(self.memberId) };
    if (host.isRemoved(from)) {
      this.#env.logger.warn("rejected stream from remote peer because it was removed", fields);
      this.#refuse(request, 410, "removed member");
      return;
    }
    const peer = this.#peers.get(from);
    if (peer === undefined) {
      this.#hearOf(request, host);
      this.#env.logger.warn("failed to find remote peer in cluster", fields);
      this.#refuse(request, 404, "error sender not found");
      return;
    }
    if (request.headers["x-raft-to"] !== hexId(self.memberId)) {
      this.#env.logger.warn("ignored streaming request; ID mismatch", fields);
      this.#refuse(request, 412, "to field mismatch");
      return;
    }
    peer.attach(kind satisfies StreamKind, request.stream(this.#answerHeaders(self)));
  }

  /** Whether the message may go to raft; answers what may not. */
  #accept(request: IncomingRequest, message: Message, self: PeerSelf, host: PeerHost): boolean {
    let why: string | undefined;
    if (host.isRemoved(message.from)) {
      why = "cannot process message from removed member";
      this.#env.logger.warn("rejected Raft message from removed member", { "removed-member-id": hexId(message.from) });
    } else if (message.to !== self.memberId) {
      why = "cannot process message to mismatch member";
      this.#env.logger.warn("rejected Raft message to mismatch member", { "mismatch-member-id": hexId(message.to) });
    }
    if (why === undefined) return true;
    this.#metrics.refused.with("403").inc();
    request.respond({ ...json(JSON.stringify({ message: why })), status: 403 });
    return false;
  }

  /** Somebody unknown wants an answer: keep the address, so that raft's answers reach it. */
  #hearOf(request: IncomingRequest, host: PeerHost): void {
    const sender = senderOf(request.headers);
    if (sender === undefined || this.#peers.has(sender.id) || host.isRemoved(sender.id)) return;
    if (this.#remotes.size >= remotesMax || sender.urls.some((url) => !URL.canParse(url))) return;
    this.#remotes.add(sender.id);
    this.#set(sender.id, sender.urls);
  }

  async #bodyOf(request: IncomingRequest, bytesMax: number, tooLarge: string): Promise<Uint8Array | undefined> {
    try {
      return await request.body(bytesMax);
    } catch (error) {
      this.#unreadable(request, error);
      this.#refuse(request, error instanceof BodyTooLarge ? 413 : 400, tooLarge);
      return undefined;
    }
  }

  #unreadable(request: IncomingRequest, error: unknown): void {
    this.#metrics.receivedFailures.with(request.remoteAddress).inc();
    this.#env.logger.warn("failed to read Raft message", { "remote-address": request.remoteAddress, error });
  }

  #refuse(request: IncomingRequest, status: number, text: string, headers: Record<string, string> = {}): void {
    this.#metrics.refused.with(String(status)).inc();
    const self = this.#running?.self;
    const answer = plain(status, text);
    request.respond({
      ...answer,
      headers: { ...answer.headers, ...(self === undefined ? {} : this.#answerHeaders(self)), ...headers },
    });
  }

  #answerHeaders(self: PeerSelf): Record<string, string> {
    return {
      "x-server-version": formatSemVer(this.#options.server),
      "x-etcd-cluster-id": hexId(self.clusterId),
    };
  }

  // ---- probes ----------------------------------------------------------------------------------------------------------

  async #probe(peer: Peer): Promise<void> {
    const { clock, logger } = this.#env;
    const sentMs = clock.monotonicMs();
    const request: PeerRequest = { method: "GET", path: "/raft/probing", headers: {}, body: new Uint8Array(0) };
    const id = hexId(peer.id);
    try {
      const answer = await this.#network.request(peer.url, request, probeTimeoutMs);
      if (this.#closed || answer.status !== 200) return;
      const tookMs = clock.monotonicMs() - sentMs;
      this.#metrics.roundTripSeconds.with(id).observe(tookMs / 1000);
      const said: unknown = JSON.parse(Buffer.from(answer.body).toString("utf8"));
      const now = (said as { Now?: unknown }).Now;
      if (typeof now !== "string") return;
      const driftMs = clock.wallMs() - tookMs / 2 - this.#options.parseTime(now);
      if (Math.abs(driftMs) > clockDriftMs) {
        logger.warn("prober found high clock drift", {
          "remote-peer-id": id,
          "clock-drift": `${(driftMs / 1000).toFixed(3)}s`,
          rtt: `${tookMs.toFixed(3)}ms`,
        });
      }
    } catch (error) {
      if (peer.activeSinceMs !== undefined && !this.#closed) {
        logger.warn("prober detected unhealthy status", { "remote-peer-id": id, error });
      }
    }
  }
}

const done: PeerResponse = { status: 204, headers: {}, body: new Uint8Array(0) };

function reasonOf(error: unknown): string {
  return messageOf(error);
}

function json(text: string): PeerResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(text) };
}

/** An error as Go's `http.Error` writes it. */
function plain(status: number, text: string): PeerResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: Buffer.from(`${text}\n`),
  };
}
