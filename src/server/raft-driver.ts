import { assert, type Env } from "../base/index.ts";
import {
  type Entry,
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

/** What the driver tells the member. All calls are synchronous and run to their end before raft goes on. */
export interface DriverEvents {
  /**
   * Committed entries in log order, each handed over once per process life. A promise holds raft up until it resolves: the state
   * cannot take entries just now.
   */
  onCommitted(entries: readonly Entry[]): Promise<void> | undefined;
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

/**
 * Turns the raft state machine's wishes into acts, one batch after the other.
 *
 *     turn n    proposals gathered -> one step -> Ready -> one write + one sync in flight
 *     meanwhile what the batch before committed is applied and answered; new proposals gather
 *     sync done -> advance -> entries commit -> next Ready
 *
 * A leader's appends leave for all followers before its own write, so that they sync while it does.
 *
 * Invariants:
 * - at most one save is in flight, and Ready/advance strictly alternate around it;
 * - an entry is handed to `onCommitted` only after it is stable in the local log or was stable before;
 * - a leader's messages leave before its own sync, everyone else's after it (thesis, section 10.2.1).
 */
export class RaftDriver {
  readonly #node: RawNode;
  readonly #log: MemoryStorage;
  readonly #wal: Wal;
  readonly #transport: Transport;
  readonly #events: DriverEvents;
  readonly #env: Env;
  /** Encoded entries waiting to be stepped into raft together; length at most `proposalsWaitingMax`. */
  #waiting: Uint8Array[] = [];
  #scheduled = false;
  /** A save is in flight; `#run` goes on when it ends. */
  #saving = false;
  /** Resolves `quiesce`. */
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
  }

  get node(): RawNode {
    return this.#node;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Queues an encoded entry for the next batch; false when the queue is full. Without a leader it waits in the queue. */
  propose(data: Uint8Array): boolean {
    if (this.#waiting.length >= proposalsWaitingMax) return false;
    this.#waiting.push(data);
    this.#schedule();
    return true;
  }

  /** Forgets proposals that never entered the log because there was no leader; `data` is compared by identity. */
  withdraw(data: ReadonlySet<Uint8Array>): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !data.has(waiting));
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
    const refused = this.#node.step(message);
    if (refused !== undefined) this.#refused(refused, message);
    this.#schedule();
  }

  #refused(error: RaftError, message: Message): void {
    if (error.code === "CommitOutOfRange" || error.code === "ConflictWithCommitted") {
      this.#fail(error);
      return;
    }
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

  /** Stops after the save in flight, if any; nothing is proposed, applied or sent any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (!this.#saving) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#saving || this.#stopped) return;
    this.#scheduled = true;
    this.#env.scheduler.endOfTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    this.#run();
  };

  #run(): void {
    if (this.#saving || this.#stopped) return;
    try {
      this.#stepWaiting();
      while (!this.#stopped && this.#node.hasReady()) {
        if (!this.#handle(this.#node.ready())) return;
        this.#stepWaiting();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #stepWaiting(): void {
    if (this.#waiting.length === 0 || this.#lead === 0n) return;
    const batch = this.#waiting;
    this.#waiting = [];
    if (this.#node.proposeMany(batch) !== undefined) {
      // Dropped whole: a transfer is under way or the uncommitted tail is full. It waits; its callers have a deadline.
      this.#waiting = batch.concat(this.#waiting);
    }
  }

  /** Acts on one Ready. False when a save is in flight and the rest happens after it. */
  #handle(ready: Ready): boolean {
    if (ready.softState !== undefined) {
      this.#lead = ready.softState.lead;
      this.#events.onSoftState(ready.softState);
    }
    if (ready.readStates.length > 0) this.#events.onReadStates(ready.readStates);
    const leads = this.#lead === this.#node.id;
    if (leads && ready.messages.length > 0) this.#send(ready.messages);

    const snapshot = ready.snapshot;
    if (snapshot === undefined && !ready.mustSync) {
      // A new commit index alone need not be durable: the next sync carries it (raft can learn it again).
      if (ready.hardState !== undefined || ready.entries.length > 0) this.#wal.append(ready.hardState, ready.entries);
      return this.#settle(ready, leads, undefined, false);
    }

    const committed = ready.committedEntries;
    const firstNew = ready.entries[0]?.index ?? Number.MAX_SAFE_INTEGER;
    const early = snapshot === undefined && committed.length > 0 && committed[committed.length - 1]!.index < firstNew;
    this.#saving = true;
    const saved = this.#save(ready);
    const wait = early ? this.#events.onCommitted(committed) : undefined;
    saved.then(
      () => {
        this.#saving = false;
        let settled = false;
        try {
          if (snapshot !== undefined) {
            this.#log.applySnapshot(snapshot);
            this.#events.onSnapshot(snapshot);
          }
          settled = this.#settle(ready, leads, wait, early);
        } catch (error) {
          this.#fail(error);
        }
        if (!settled && this.#saving) return;
        this.#idle();
        this.#run();
      },
      (error: unknown) => {
        this.#saving = false;
        this.#fail(error);
        this.#idle();
      },
    );
    return false;
  }

  async #save(ready: Ready): Promise<void> {
    const metadata = ready.snapshot?.metadata;
    if (ready.snapshot !== undefined && metadata !== undefined) {
      await this.#events.onSaveSnapshot(ready.snapshot);
      await this.#wal.saveSnapshot({ index: metadata.index, term: metadata.term, confState: metadata.confState });
    }
    await this.#wal.save(ready.hardState, ready.entries);
  }

  /** What follows once a Ready's entries are stable. False when the state has to catch up first; `#run` goes on after it. */
  #settle(ready: Ready, sent: boolean, wait: Promise<void> | undefined, applied: boolean): boolean {
    if (ready.entries.length > 0) this.#log.append(ready.entries);
    if (!sent && ready.messages.length > 0) this.#send(ready.messages);
    let held = wait;
    if (!applied && ready.committedEntries.length > 0) held = this.#events.onCommitted(ready.committedEntries);
    if (held === undefined) {
      if (!this.#stopped) this.#node.advance(ready);
      return true;
    }
    this.#saving = true;
    const goOn = (): void => {
      this.#saving = false;
      if (!this.#stopped) this.#node.advance(ready);
      this.#idle();
      this.#run();
    };
    held.then(goOn, (error: unknown) => {
      this.#fail(error);
      goOn();
    });
    return false;
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
    this.#onIdle?.();
    this.#onIdle = undefined;
  }

  #fail(error: unknown): void {
    assert(error !== undefined, "a failure has a cause");
    if (this.#stopped) return;
    this.#stopped = true;
    this.#events.onFatal(error);
  }
}
