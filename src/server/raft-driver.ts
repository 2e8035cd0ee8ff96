import { assert, type Counter, type Env } from "../base/index.ts";
import {
  type Entry,
  type HardState,
  isLocalMessage,
  isLocalTarget,
  type MemoryStorage,
  type Message,
  MessageType,
  type RaftError,
  type RawNode,
  type ReadState,
  type Ready,
  type Snapshot,
  type SoftState,
} from "../raft/index.ts";
import type { Wal } from "../storage/wal/index.ts";
import type { Transport } from "./peer/index.ts";
import type { Proposal } from "./proposals.ts";

/** What the driver tells the member. All calls are synchronous and run to their end before raft goes on. */
export interface DriverEvents {
  /**
   * Committed entries in log order, each handed over once per process life. A promise holds raft up until it resolves: the state
   * cannot take entries just now.
   */
  onCommitted(entries: readonly Entry[]): Promise<void> | undefined;
  /** Only a leader may propose these, and this node no longer leads: the driver has dropped them. */
  onNotLeader(dropped: readonly Proposal[]): void;
  /** Leader or role changed. */
  onSoftState(state: SoftState): void;
  /** A read index that was asked for is known: every entry up to `index` must be applied before the read is answered. */
  onReadStates(states: readonly ReadState[]): void;
  /** Raft takes a snapshot: make what stands for it in files durable, before the log says that it is there. */
  onSaveSnapshot(snapshot: Snapshot): Promise<void>;
  /** The snapshot is in the log; the store must be replaced before any later entry is applied. */
  onSnapshot(snapshot: Snapshot): void;
  /** Raft wants a follower to get a snapshot: one of now, with the database behind it. */
  onSendSnapshot(message: Message): void;
  /** The disk failed, or an invariant broke: nothing more may be acknowledged. */
  onFatal(error: unknown): void;
}

/** Most proposals that may wait for their turn in the log; beyond it a caller is refused, not queued. */
export const proposalsWaitingMax = 65_536;

/** Something to make durable, in the order in which raft asked for it. */
interface Write {
  readonly snapshot: Snapshot | undefined;
  readonly entries: readonly Entry[];
  readonly hardState: HardState | undefined;
  readonly mustSync: boolean;
  /** What may be said, to ourselves and to others, once it is durable. */
  readonly responses: readonly Message[];
  begun: boolean;
  done: boolean;
}

/** Encoded entries that may wait for the disk before proposals wait in their queue instead. */
const unwrittenBytesMax = 64 * 1024 * 1024;

/**
 * Turns the raft state machine's wishes into acts. Raft runs with asynchronous storage writes: a turn never waits for the disk.
 *
 *     each turn   proposals and messages gathered -> raft -> messages out, entries to the log, committed ones applied
 *     the log     gathers what comes while a sync is in flight, and writes it with one write and one sync
 *     sync done   what raft may say now is said: acknowledgements, votes; a leader counts its own copy
 *
 * Invariants:
 * - writes begin, end and are answered in the order in which raft asked for them;
 * - an entry is handed to `onCommitted` only after it is stable in the local log;
 * - a leader's appends leave before its own sync, everyone's acknowledgements and votes after it (thesis, section 10.2.1).
 */
export class RaftDriver {
  readonly #node: RawNode;
  readonly #log: MemoryStorage;
  readonly #wal: Wal;
  readonly #transport: Transport;
  readonly #events: DriverEvents;
  readonly #env: Env;
  readonly #refusals: Counter;
  /** Waiting to be stepped into raft together; length at most `proposalsWaitingMax`. */
  #waiting: Proposal[] = [];
  /** `#waiting` may hold proposals that only a leader may make. */
  #leaderOnly = false;
  /** Oldest first. Bounded by `unwrittenBytesMax` for a leader, by raft's flow control for a follower. */
  readonly #writes: Write[] = [];
  /** A snapshot's files are being written: nothing may enter the log before its record does. */
  #snapshotFirst = false;
  /** Applied entries whose answer to raft waits for the state; answers keep their order. */
  #applying: Promise<void> | undefined;
  #scheduled = false;
  #running = false;
  /** Resolves `stop`. */
  #onIdle: (() => void) | undefined;
  #stopped = false;
  #lead = 0n;

  constructor(node: RawNode, log: MemoryStorage, wal: Wal, transport: Transport, events: DriverEvents, env: Env) {
    this.#node = node;
    this.#log = log;
    this.#wal = wal;
    this.#transport = transport;
    this.#events = events;
    this.#env = env;
    env.metrics.gaugeFrom(
      { name: "quorate_server_proposals_waiting", help: "Proposals gathered for the next write to the log." },
      () => this.#waiting.length,
    );
    env.metrics.gaugeFrom(
      { name: "quorate_server_log_writes_waiting", help: "Batches of entries that are not durable yet." },
      () => this.#writes.length,
    );
    this.#refusals = env.metrics.counter({
      name: "quorate_server_raft_messages_refused_total",
      help: "Messages of peers that raft refused.",
    });
  }

  get node(): RawNode {
    return this.#node;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Queues a proposal for the next batch; false when the queue is full. Without a leader it waits in the queue. Its `term` is set when
   * raft takes it.
   */
  propose(proposal: Proposal): boolean {
    if (this.#waiting.length >= proposalsWaitingMax) return false;
    this.#waiting.push(proposal);
    if (proposal.asLeader) this.#leaderOnly = true;
    this.#schedule();
    return true;
  }

  /** Forgets proposals that never entered the log because there was no leader. */
  withdraw(gone: ReadonlySet<Proposal>): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter((proposal) => !gone.has(proposal));
  }

  /** Runs `act` on the raft node, then whatever it made ready. */
  withNode(act: (node: RawNode) => void): void {
    if (this.#stopped) return;
    act(this.#node);
    this.#schedule();
  }

  /** A message from a peer. What raft refuses it forgets, but for news that our own log has lost entries. */
  step(message: Message): void {
    if (this.#stopped) return;
    // Local messages steer the node itself: nobody else may send one.
    if (isLocalMessage(message.type) || isLocalTarget(message.from)) {
      this.#refusals.inc();
      return;
    }
    const refused = this.#node.step(message);
    if (refused !== undefined) this.#refused(refused, message);
    this.#schedule();
  }

  #refused(error: RaftError, message: Message): void {
    if (error.code === "CommitOutOfRange" || error.code === "ConflictWithCommitted") {
      this.#fail(error);
      return;
    }
    this.#refusals.inc();
    const { logger } = this.#env;
    if (!logger.enabled("debug")) return;
    logger.debug("raft refused a message of a peer", { error, type: message.type, from: message.from });
  }

  tick(): void {
    if (this.#stopped) return;
    this.#node.tick();
    this.#schedule();
  }

  /** Works off all that is ready now, without waiting for the end of the turn. */
  runNow(): void {
    this.#run();
  }

  /** Stops after the writes in flight, if any; nothing is proposed, applied or sent any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#writes.every((write) => write.done || !write.begun) && !this.#snapshotFirst) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#running || this.#stopped) return;
    this.#scheduled = true;
    this.#env.scheduler.endOfTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    this.#run();
  };

  #run(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    try {
      this.#stepWaiting();
      while (!this.#stopped && this.#node.hasReady()) {
        this.#handle(this.#node.ready());
        this.#stepWaiting();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running = false;
    }
  }

  #stepWaiting(): void {
    if (this.#waiting.length === 0 || this.#lead === 0n) return;
    // The disk is behind: the next write that ends goes on here.
    if (this.#wal.pendingBytes > unwrittenBytesMax && this.#writes.length > 0) return;
    const batch = this.#leaderOnly ? this.#forThisRole() : this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const { term } = this.#node;
    const datas: Uint8Array[] = new Array(batch.length);
    for (let i = 0; i < batch.length; i++) datas[i] = batch[i]!.data;
    if (this.#node.proposeMany(datas) === undefined) {
      for (const proposal of batch) proposal.term = term;
      this.#leaderOnly = false;
    } else {
      // Dropped whole: a transfer is under way or the uncommitted tail is full. It waits; its callers have a deadline.
      this.#waiting = batch.concat(this.#waiting);
    }
  }

  /** Of what waits, all that may be proposed in the role of now. */
  #forThisRole(): Proposal[] {
    // A transfer that is under way refuses the batch: its proposals wait on, and are looked at again.
    if (this.#node.lead === this.#node.id) return this.#waiting;
    this.#leaderOnly = false;
    const refused = this.#waiting.filter(({ asLeader }) => asLeader);
    if (refused.length === 0) return this.#waiting;
    this.#events.onNotLeader(refused);
    return this.#waiting.filter(({ asLeader }) => !asLeader);
  }

  #handle(ready: Ready): void {
    if (ready.softState !== undefined) {
      this.#lead = ready.softState.lead;
      this.#events.onSoftState(ready.softState);
    }
    if (ready.readStates.length > 0) this.#events.onReadStates(ready.readStates);
    const { messages } = ready;
    let local = messages.length;
    // The two local threads' work comes last.
    while (local > 0 && isLocalTarget(messages[local - 1]!.to)) local--;
    if (local > 0) this.#send(local === messages.length ? messages : messages.slice(0, local));
    for (let i = local; i < messages.length; i++) {
      const work = messages[i]!;
      if (work.type === MessageType.MsgStorageAppend) {
        this.#write({
          snapshot: ready.snapshot,
          entries: ready.entries,
          hardState: ready.hardState,
          mustSync: ready.mustSync,
          responses: work.responses,
          begun: false,
          done: false,
        });
      } else this.#applyCommitted(work);
    }
  }

  // ---- applying --------------------------------------------------------------------------------------------------------

  #applyCommitted(work: Message): void {
    const wait = this.#events.onCommitted(work.entries);
    if (wait === undefined && this.#applying === undefined) {
      for (const response of work.responses) this.#node.step(response);
      return;
    }
    const before = this.#applying;
    const applying: Promise<void> = Promise.all([before, wait]).then(
      () => {
        if (this.#applying === applying) this.#applying = undefined;
        this.withNode((node) => {
          for (const response of work.responses) node.step(response);
        });
      },
      (error: unknown) => this.#fail(error),
    );
    this.#applying = applying;
  }

  // ---- writing ---------------------------------------------------------------------------------------------------------

  #write(write: Write): void {
    this.#writes.push(write);
    this.#beginWrites();
    // A new commit index alone need not be durable: the next sync carries it (raft can learn it again).
    if (this.#writes[0]!.done) this.#answerWrites();
  }

  #beginWrites(): void {
    for (const write of this.#writes) {
      if (this.#snapshotFirst) return;
      if (write.begun) continue;
      write.begun = true;
      const { snapshot, entries, hardState } = write;
      if (snapshot !== undefined) {
        this.#snapshotFirst = true;
        this.#settled(write, this.#saveSnapshot(snapshot, hardState, entries));
      } else if (write.mustSync) this.#settled(write, this.#wal.save(hardState, entries));
      else {
        this.#wal.append(hardState, entries);
        write.done = true;
      }
    }
  }

  async #saveSnapshot(snapshot: Snapshot, hardState: HardState | undefined, entries: readonly Entry[]): Promise<void> {
    const { index, term, confState } = snapshot.metadata!;
    await this.#events.onSaveSnapshot(snapshot);
    const recorded = this.#wal.saveSnapshot({ index, term, confState });
    const saved = this.#wal.save(hardState, entries);
    // A start trusts snapshots up to the commit index that the log holds, and the database takes its place right after this: an
    // index still in memory then would leave a member whose store is ahead of its log.
    const synced = this.#wal.sync();
    this.#snapshotFirst = false;
    this.#beginWrites();
    await Promise.all([recorded, saved, synced]);
  }

  #settled(write: Write, saved: Promise<void>): void {
    saved.then(
      () => {
        write.done = true;
        if (!this.#stopped && this.#writes[0] === write) {
          try {
            this.#answerWrites();
          } catch (error) {
            this.#fail(error);
          }
          this.#run();
        }
        this.#idle();
      },
      (error: unknown) => {
        write.done = true;
        this.#snapshotFirst = false;
        this.#fail(error);
        this.#idle();
      },
    );
  }

  /** Says what may be said after the oldest writes. */
  #answerWrites(): void {
    const toPeers: Message[] = [];
    const toSelf: Message[] = [];
    while (this.#writes[0]?.done === true) {
      const { snapshot, entries, responses } = this.#writes.shift()!;
      if (snapshot !== undefined) {
        this.#log.applySnapshot(snapshot);
        this.#events.onSnapshot(snapshot);
      }
      if (entries.length > 0) this.#log.append(entries);
      for (const response of responses) (response.to === this.#node.id ? toSelf : toPeers).push(response);
    }
    for (const response of toSelf) this.#node.step(response);
    if (toPeers.length > 0) this.#send(toPeers);
  }

  /**
   * Snapshots go their own way. Of several acknowledgements to one leader that were gathered while the disk was busy, the last
   * says all (a rejection is a message of its own).
   */
  #send(messages: readonly Message[]): void {
    let special = 0;
    for (let i = 0; i < messages.length; i++) {
      const { type } = messages[i]!;
      if (type === MessageType.MsgSnap || type === MessageType.MsgAppResp) special++;
    }
    if (special === 0) {
      this.#transport.send(messages);
      return;
    }
    const kept: Message[] = [];
    const acknowledged = new Set<bigint>();
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i]!;
      if (message.type === MessageType.MsgSnap) {
        this.#events.onSendSnapshot(message);
        continue;
      }
      if (message.type === MessageType.MsgAppResp && !message.reject) {
        if (acknowledged.has(message.to)) continue;
        acknowledged.add(message.to);
      }
      kept.push(message);
    }
    if (kept.length > 0) this.#transport.send(kept.reverse());
  }

  #idle(): void {
    if (this.#onIdle === undefined || this.#writes.some((write) => write.begun && !write.done)) return;
    this.#onIdle();
    this.#onIdle = undefined;
  }

  #fail(error: unknown): void {
    assert(error !== undefined, "a failure has a cause");
    if (this.#stopped) return;
    this.#stopped = true;
    this.#events.onFatal(error);
  }
}
