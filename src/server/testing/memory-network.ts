import { assert, type CancelSignal, type MemberId, type Scheduler } from "../../base/index.ts";
import type { Message } from "../../raft/index.ts";
import { raftpb } from "../../wire/proto/index.ts";
import type { PeerHost, PeerRequest, PeerResponse, PeerSelf, PeerSnapshot, Transport } from "../peer/index.ts";

/** How a link treats what goes over it. */
export interface LinkFaults {
  /** Milliseconds until a message arrives. */
  delayMs: number;
  /** Whether this message is lost; asked for each. */
  lose(): boolean;
}

interface Node {
  readonly transport: MemoryTransport;
  self: PeerSelf;
  host: PeerHost;
}

/**
 * Members of one process that talk without sockets. Messages travel as bytes, so that nobody shares what another may change, and
 * arrive after the delay of their link on the test's own clock.
 */
export class MemoryNetwork {
  readonly #scheduler: Scheduler;
  readonly #nodes = new Map<MemberId, Node>();
  readonly #byUrl = new Map<string, Node>();
  readonly #cut = new Set<string>();
  readonly #stalled = new Set<MemberId>();
  faults: LinkFaults = { delayMs: 0, lose: () => false };
  /** Snapshots that went over. */
  snapshots = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  transport(nowMs: () => number): Transport {
    return new MemoryTransport(this, nowMs);
  }

  /** Nothing goes from `a` to `b` nor back any more. */
  cut(a: MemberId, b: MemberId): void {
    this.#cut.add(linkOf(a, b)).add(linkOf(b, a));
  }

  /** As a process that stands still: it is not heard, and a request to it is not answered, nor refused. */
  stall(id: MemberId): void {
    this.isolate(id);
    this.#stalled.add(id);
  }

  isolate(id: MemberId): void {
    for (const other of this.#nodes.keys()) if (other !== id) this.cut(id, other);
  }

  heal(): void {
    this.#cut.clear();
    this.#stalled.clear();
  }

  join(transport: MemoryTransport, self: PeerSelf, host: PeerHost): void {
    const node: Node = { transport, self, host };
    this.#nodes.set(self.memberId, node);
    for (const url of self.peerURLs) this.#byUrl.set(url, node);
  }

  leave(transport: MemoryTransport): void {
    for (const [id, node] of this.#nodes) {
      if (node.transport !== transport) continue;
      this.#nodes.delete(id);
      for (const [other, { host }] of this.#nodes) {
        if (!this.#cut.has(linkOf(other, id))) this.#later(() => host.gone(id));
      }
    }
    for (const [url, node] of this.#byUrl) if (node.transport === transport) this.#byUrl.delete(url);
  }

  reaches(from: MemberId, to: MemberId): boolean {
    return this.#nodes.has(to) && !this.#cut.has(linkOf(from, to));
  }

  carry(from: MemberId, message: Message): void {
    if (!this.reaches(from, message.to) || this.faults.lose()) return;
    const bytes = raftpb.encodeMessage(message as raftpb.Message);
    this.#later(() => {
      if (!this.reaches(from, message.to)) return;
      this.#nodes.get(message.to)?.host.receive(raftpb.decodeMessage(bytes) as Message);
    });
  }

  async carrySnapshot(from: MemberId, message: Message, snapshot: PeerSnapshot): Promise<void> {
    const node = this.#nodes.get(message.to);
    if (node === undefined || !this.reaches(from, message.to)) throw new Error("unreachable");
    this.snapshots++;
    const copy = raftpb.decodeMessage(raftpb.encodeMessage(message as raftpb.Message)) as Message;
    await node.host.receiveSnapshot(copy, snapshot.chunks(16 * 1024));
  }

  ask(from: MemberId | undefined, url: string, request: PeerRequest): Promise<PeerResponse> {
    return new Promise((resolve, reject) => {
      this.#later(() => {
        const node = this.#byUrl.get(url);
        if (node !== undefined && this.#stalled.has(node.self.memberId)) return;
        if (node === undefined || (from !== undefined && !this.reaches(from, node.self.memberId))) {
          reject(new Error(`${url} does not answer`));
        } else node.host.serve(request).then(resolve, reject);
      });
    });
  }

  #later(run: () => void): void {
    if (this.faults.delayMs === 0) this.#scheduler.endOfTurn(run);
    else this.#scheduler.after(this.faults.delayMs, run);
  }
}

function linkOf(from: MemberId, to: MemberId): string {
  return `${from}>${to}`;
}

class MemoryTransport implements Transport {
  readonly #network: MemoryNetwork;
  readonly #nowMs: () => number;
  readonly #peers = new Map<MemberId, number>();
  #self: PeerSelf | undefined;
  #host: PeerHost | undefined;

  constructor(network: MemoryNetwork, nowMs: () => number) {
    this.#network = network;
    this.#nowMs = nowMs;
  }

  request(url: string, request: PeerRequest, _timeoutMs: number, signal?: CancelSignal): Promise<PeerResponse> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      this.#network.ask(this.#self?.memberId, url, request).then(resolve, reject);
    });
  }

  start(self: PeerSelf, host: PeerHost): void {
    this.#self = self;
    this.#host = host;
    this.#network.join(this, self, host);
  }

  setPeer(id: MemberId): void {
    if (!this.#peers.has(id)) this.#peers.set(id, this.#nowMs());
  }

  removePeer(id: MemberId): void {
    this.#peers.delete(id);
  }

  send(messages: readonly Message[]): void {
    assert(this.#self !== undefined, "sent before it was started");
    for (const message of messages) this.#network.carry(this.#self.memberId, message);
  }

  sendSnapshot(message: Message, snapshot: PeerSnapshot): void {
    this.#network
      .carrySnapshot(this.#self!.memberId, message, snapshot)
      .then(
        () => this.#host?.snapshotSent(message.to, true),
        () => this.#host?.snapshotSent(message.to, false),
      )
      .finally(() => snapshot.close());
  }

  activeSinceMs(id: MemberId): number | undefined {
    if (this.#self === undefined || !this.#network.reaches(this.#self.memberId, id)) return undefined;
    return this.#peers.get(id);
  }

  faultOf(id: MemberId): string | undefined {
    return this.activeSinceMs(id) === undefined ? `dial tcp ${id}: connect: connection refused` : undefined;
  }

  async close(): Promise<void> {
    this.#network.leave(this);
  }
}
