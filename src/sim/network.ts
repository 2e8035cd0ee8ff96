import { below, type CancelSignal, type MemberId } from "../base/index.ts";
import { type Message, MessageType } from "../raft/index.ts";
import type { PeerHost, PeerRequest, PeerResponse, PeerSelf, PeerSnapshot, Transport } from "../server/peer/index.ts";
import { raftpb } from "../wire/proto/index.ts";
import { chance, exponential, type Life, type ProcessTime, type World } from "./world.ts";

/** How the network treats what it carries; changed while it runs. */
export interface NetworkFaults {
  /** Least and mean extra time of a message. */
  latencyMinMs: number;
  latencyMeanMs: number;
  drop: number;
  duplicate: number;
  /** Messages keep their order on each link. */
  ordered: boolean;
}

/** One end of the network: a process and what it listens for. */
interface Endpoint {
  readonly url: string;
  readonly life: Life;
  readonly time: ProcessTime;
  self: PeerSelf | undefined;
  host: PeerHost | undefined;
  startedMs: number;
  readonly transport: SimTransport;
}

/** All links between the machines of one world. */
export class Network {
  readonly world: World;
  readonly faults: NetworkFaults;
  /** "from to" of links that carry nothing. */
  readonly #cut = new Set<string>();
  readonly #healedMs = new Map<string, number>();
  readonly #lastMs = new Map<string, number>();
  readonly #endpoints = new Map<string, Endpoint>();
  sent = 0;
  delivered = 0;
  /** Databases that arrived whole. */
  snapshots = 0;
  /** Told of each vote that leaves a member. */
  onVote: ((term: number, voter: MemberId, candidate: MemberId) => void) | undefined;
  /** Only a mutant has it. */
  doublesProposals = false;
  /** Only a mutant has it. */
  losesSnapshotTerms = false;

  constructor(world: World, faults: NetworkFaults) {
    this.world = world;
    this.faults = faults;
  }

  /** Cuts the one-way link. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from} ${to}`);
  }

  heal(from?: string, to?: string): void {
    const links = from === undefined ? [...this.#cut] : [`${from} ${to}`];
    for (const link of links) if (this.#cut.delete(link)) this.#healedMs.set(link, this.world.nowMs);
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.size > 0 && this.#cut.has(`${from} ${to}`);
  }

  /** A transport for a process that starts; the endpoint of its predecessor at `url` is gone. */
  connect(url: string, life: Life, time: ProcessTime): Transport {
    return new SimTransport(this, url, life, time);
  }

  register(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.url, endpoint);
  }

  endpoint(url: string): Endpoint | undefined {
    const endpoint = this.#endpoints.get(url);
    return endpoint?.life.alive === true && endpoint.host !== undefined ? endpoint : undefined;
  }

  /** Since when both directions carry; 0 from the beginning. */
  carriesSinceMs(a: string, b: string): number | undefined {
    if (this.isCut(a, b) || this.isCut(b, a)) return undefined;
    return Math.max(this.#healedMs.get(`${a} ${b}`) ?? 0, this.#healedMs.get(`${b} ${a}`) ?? 0);
  }

  /** When something sent now arrives. */
  arrivalMs(from: string, to: string): number {
    const { latencyMinMs, latencyMeanMs, ordered } = this.faults;
    let atMs = this.world.nowMs + latencyMinMs + exponential(this.world.random, latencyMeanMs);
    if (ordered) {
      const link = `${from} ${to}`;
      atMs = Math.max(atMs, this.#lastMs.get(link) ?? 0);
      this.#lastMs.set(link, atMs);
    }
    return atMs;
  }
}

/** Messages travel as the bytes that they are between real members. */
class SimTransport implements Transport {
  readonly #network: Network;
  readonly #world: World;
  readonly #url: string;
  readonly #life: Life;
  readonly #endpoint: Endpoint;
  readonly #peers = new Map<MemberId, string>();

  constructor(network: Network, url: string, life: Life, time: ProcessTime) {
    this.#network = network;
    this.#world = network.world;
    this.#url = url;
    this.#life = life;
    this.#endpoint = { url, life, time, self: undefined, host: undefined, startedMs: 0, transport: this };
  }

  request(url: string, request: PeerRequest, timeoutMs: number, signal?: CancelSignal): Promise<PeerResponse> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new Error("the answer is not waited for any longer")), {
        once: true,
      });
      this.#request(url, request, timeoutMs).then(resolve, reject);
    });
  }

  async #request(url: string, request: PeerRequest, timeoutMs: number): Promise<PeerResponse> {
    const network = this.#network;
    const world = this.#world;
    const giveUpMs = world.nowMs + timeoutMs;
    await this.#until(network.arrivalMs(this.#url, url));
    const target = network.endpoint(url);
    const lost = (): boolean => network.isCut(this.#url, url) || chance(world.random, network.faults.drop);
    if (target === undefined || lost()) {
      // A dead process refuses at once; a dead link says nothing.
      if (target !== undefined) await this.#until(giveUpMs);
      throw new Error(`no answer from ${url}`);
    }
    return new Promise<PeerResponse>((resolve, reject) => {
      const timer = world.at(giveUpMs, () => reject(new Error(`no answer from ${url} in time`)), this.#life);
      const body = request.body.slice();
      world.after(
        0,
        () => {
          if (target.host === undefined) return;
          target.host.serve({ ...request, body }).then(
            (response) => {
              if (!target.life.alive || network.isCut(url, this.#url)) return;
              world.at(
                network.arrivalMs(url, this.#url),
                () => {
                  timer.cancel();
                  resolve({ ...response, body: response.body.slice() });
                },
                this.#life,
              );
            },
            () => {
              // A member that stops answers nothing more: the caller's time runs out.
            },
          );
        },
        target.life,
      );
    });
  }

  start(self: PeerSelf, host: PeerHost): void {
    this.#endpoint.self = self;
    this.#endpoint.host = host;
    this.#endpoint.startedMs = this.#world.nowMs;
    this.#network.register(this.#endpoint);
  }

  setPeer(id: MemberId, urls: readonly string[]): void {
    // As rafthttp: nobody is his own peer.
    if (urls[0] !== undefined && id !== this.#endpoint.self?.memberId) this.#peers.set(id, urls[0]);
  }

  removePeer(id: MemberId): void {
    this.#peers.delete(id);
  }

  send(messages: readonly Message[]): void {
    if (!this.#life.alive) return;
    for (const message of messages) {
      const url = this.#peers.get(message.to);
      if (url !== undefined) this.#send(url, message);
    }
  }

  #send(url: string, message: Message): void {
    const network = this.#network;
    const { random } = this.#world;
    network.sent++;
    if (message.type === MessageType.MsgVoteResp && !message.reject) {
      network.onVote?.(message.term, message.from, message.to);
    }
    if (network.isCut(this.#url, url) || network.endpoint(url) === undefined) {
      // A connection that breaks is noticed sooner or later.
      if (below(random, 4) === 0) this.#tell((host) => host.unreachable(message.to));
      return;
    }
    if (chance(random, network.faults.drop)) return;
    const bytes = raftpb.encodeMessage(message as raftpb.Message);
    this.#deliver(url, bytes);
    // Raft copes with any message that comes twice but a proposal: that is two entries. No transport over TCP doubles one.
    const single = message.type === MessageType.MsgProp && !network.doublesProposals;
    if (!single && chance(random, network.faults.duplicate)) this.#deliver(url, bytes);
  }

  #deliver(url: string, bytes: Uint8Array): void {
    const network = this.#network;
    const target = network.endpoint(url);
    if (target === undefined) return;
    this.#world.at(
      network.arrivalMs(this.#url, url),
      () => {
        if (network.isCut(this.#url, url) || target.host === undefined) return;
        network.delivered++;
        const message = raftpb.decodeMessage(bytes) as Message;
        if (this.#refused(target, message)) return;
        target.host!.receive(message);
      },
      target.life,
    );
  }

  /** A removed member is told so instead of being heard. */
  #refused(target: Endpoint, message: Message): boolean {
    if (target.host!.isRemoved(message.from)) {
      this.#tell((host) => host.removed());
      return true;
    }
    const self = this.#endpoint.self!;
    if (target.transport.#peers.get(self.memberId) === undefined && self.peerURLs[0] !== undefined) {
      // As rafthttp: a peer that is not known yet is answered where it says that it is.
      target.transport.setPeer(self.memberId, self.peerURLs);
    }
    return self.clusterId !== target.self!.clusterId || message.to !== target.self!.memberId;
  }

  sendSnapshot(message: Message, snapshot: PeerSnapshot): void {
    void this.#carrySnapshot(message, snapshot).then((delivered) => {
      this.#tell((host) => host.snapshotSent(message.to, delivered));
    });
  }

  async #carrySnapshot(message: Message, snapshot: PeerSnapshot): Promise<boolean> {
    const network = this.#network;
    const url = this.#peers.get(message.to);
    if (network.losesSnapshotTerms) message.snapshot!.metadata!.term = 0;
    const bytes = raftpb.encodeMessage(message as raftpb.Message);
    try {
      if (url === undefined) return false;
      const chunks: Uint8Array[] = [];
      for await (const chunk of snapshot.chunks(64 * 1024)) chunks.push(chunk.slice());
      await this.#until(network.arrivalMs(this.#url, url));
      const target = network.endpoint(url);
      if (target?.host === undefined || network.isCut(this.#url, url)) return false;
      const received = raftpb.decodeMessage(bytes) as Message;
      if (this.#refused(target, received)) return false;
      const arriving = (async function* (from: SimTransport): AsyncGenerator<Uint8Array> {
        for (const chunk of chunks) {
          await from.#world.wait(exponential(from.#world.random, network.faults.latencyMeanMs), target.life);
          if (network.isCut(from.#url, url) || !from.#life.alive) throw new Error("the connection broke");
          yield chunk;
        }
      })(this);
      const outcome = await new Promise<boolean>((resolve) => {
        this.#world.after(
          0,
          () => {
            if (target.host === undefined) return;
            target.host.receiveSnapshot(received, arriving).then(
              () => {
                network.snapshots++;
                resolve(true);
              },
              () => resolve(false),
            );
          },
          target.life,
        );
        // Silence counts as failure, as rafthttp's time-outs make it.
        this.#world.after(10_000, () => resolve(false), this.#life);
      });
      await this.#until(network.arrivalMs(url, this.#url));
      return outcome && !network.isCut(url, this.#url);
    } catch {
      return false;
    } finally {
      if (this.#life.alive) snapshot.close();
    }
  }

  activeSinceMs(id: MemberId): number | undefined {
    const url = this.#peers.get(id);
    const target = url === undefined ? undefined : this.#network.endpoint(url);
    const linkMs = url === undefined ? undefined : this.#network.carriesSinceMs(this.#url, url);
    if (target === undefined || linkMs === undefined) return undefined;
    return this.#endpoint.time.localMs(Math.max(linkMs, target.startedMs, this.#endpoint.startedMs) + 1);
  }

  faultOf(): string | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#endpoint.host = undefined;
  }

  #tell(act: (host: PeerHost) => void): void {
    this.#world.after(
      1,
      () => {
        const { host } = this.#endpoint;
        if (host !== undefined) act(host);
      },
      this.#life,
    );
  }

  #until(atMs: number): Promise<void> {
    return this.#world.wait(atMs - this.#world.nowMs, this.#life);
  }
}
