import { type Counter, type Env, EtcdError, type Timer } from "../base/index.ts";
import type { RawNode, ReadState } from "../raft/index.ts";

interface Waiter {
  resolve(): void;
  reject(error: EtcdError): void;
}

/** Reads that share one read index: those that arrived in one turn, or while the round before asked for its own. */
interface Round {
  readonly waiters: Waiter[];
  readonly startedMs: number;
}

/** A round whose index raft told; its reads go on once that is applied. */
interface Confirmed extends Round {
  readonly index: number;
}

/** How often a read index is asked for again while no answer comes (etcd: readIndexRetryTime). */
const retryMs = 500;
/** A round that takes longer than this is counted as slow (etcd: 1 s). */
const slowMs = 1000;

/**
 * The barrier before linearizable reads (thesis, section 6.4). One round at a time asks raft for a read index; reads that
 * come meanwhile share the next round. A round is told apart by its 8-byte context.
 *
 * No read waits for ever. A round without an index fails after the request timeout. A round with one waits as long as entries are
 * applied, and fails when none was for that time: a follower that heard of an index may never hear of the entry, if its leader and the
 * majority are lost. Later rounds do not wait for it.
 */
export class Reads {
  readonly #env: Env;
  readonly #ask: (act: (node: RawNode) => void) => void;
  readonly #applied: () => number;
  readonly #timeoutMs: number;
  readonly #failed: Counter;
  readonly #slow: Counter;
  #nextContext: () => bigint;
  /** The round that asks for its index. */
  #current: Round | undefined;
  #context = 0n;
  /** Rounds that wait to be applied; indices only grow. */
  readonly #confirmed: Confirmed[] = [];
  /** Waiters of the round after the current one. */
  #next: Waiter[] = [];
  #timer: Timer | undefined;
  #starting = false;
  /** Applied index when it was looked at last while a round waited for it, and when it was last seen to have grown. */
  #seenApplied = 0;
  #seenAppliedMs = 0;

  constructor(
    ask: (act: (node: RawNode) => void) => void,
    applied: () => number,
    nextContext: () => bigint,
    timeoutMs: number,
    env: Env,
  ) {
    this.#ask = ask;
    this.#applied = applied;
    this.#nextContext = nextContext;
    this.#timeoutMs = timeoutMs;
    this.#env = env;
    this.#failed = env.metrics.counter({
      name: "etcd_server_read_indexes_failed_total",
      help: "The total number of failed read indexes seen.",
    });
    this.#slow = env.metrics.counter({
      name: "etcd_server_slow_read_indexes_total",
      help: "The total number of pending read indexes not in sync with leader's or timed out read index requests.",
    });
    env.metrics.gaugeFrom(
      { name: "quorate_server_reads_waiting", help: "Linearizable reads that wait for their read index." },
      () =>
        this.#next.length +
        (this.#current?.waiters.length ?? 0) +
        this.#confirmed.reduce((sum, { waiters }) => sum + waiters.length, 0),
    );
  }

  wait(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#next.push({ resolve, reject });
      if (this.#current === undefined && !this.#starting) {
        this.#starting = true;
        this.#env.scheduler.endOfTurn(() => {
          this.#starting = false;
          this.#start();
        });
      }
    });
  }

  onReadStates(states: readonly ReadState[]): void {
    for (const state of states) {
      const round = this.#current;
      if (round === undefined || contextNumber(state.requestCtx) !== this.#context) continue;
      this.#current = undefined;
      if (this.#confirmed.length === 0) this.#seenApplied = this.#applied();
      this.#confirmed.push({ ...round, index: state.index });
      this.onApplied();
      this.#start();
    }
  }

  /** Something was applied: rounds whose index is reached end. */
  onApplied(): void {
    const applied = this.#applied();
    for (let round = this.#confirmed[0]; round !== undefined && round.index <= applied; round = this.#confirmed[0]) {
      this.#confirmed.shift();
      if (this.#env.clock.monotonicMs() - round.startedMs > slowMs) this.#slow.inc();
      for (const waiter of round.waiters) waiter.resolve();
    }
  }

  /**
   * There is a new leader: an answer of the old one may never come, so the new one is asked at once. (etcd fails its readers with
   * `leader changed` here.) Asking again is safe: whichever leader answers, it was confirmed after the reads began.
   */
  onLeader(): void {
    if (this.#current !== undefined) this.#request();
  }

  stop(): void {
    const rounds = [...this.#confirmed.splice(0), ...(this.#current === undefined ? [] : [this.#current])];
    const waiting = [...rounds.flatMap(({ waiters }) => waiters), ...this.#next];
    this.#current = undefined;
    this.#next = [];
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const waiter of waiting) waiter.reject(EtcdError.of("Stopped"));
  }

  #start(): void {
    if (this.#next.length === 0 || this.#current !== undefined) return;
    this.#current = { waiters: this.#next, startedMs: this.#env.clock.monotonicMs() };
    this.#next = [];
    this.#context = this.#nextContext();
    this.#request();
    // Raft may have answered at once, and the round may be over.
    if (this.#current !== undefined || this.#confirmed.length > 0) {
      this.#timer ??= this.#env.scheduler.every(retryMs, () => this.#look());
    }
  }

  /** Asks again, and gives up what has waited too long. */
  #look(): void {
    const nowMs = this.#env.clock.monotonicMs();
    const applied = this.#applied();
    if (applied !== this.#seenApplied) {
      this.#seenApplied = applied;
      this.#seenAppliedMs = nowMs;
    }
    for (let round = this.#confirmed[0]; round !== undefined; round = this.#confirmed[0]) {
      if (nowMs - Math.max(round.startedMs, this.#seenAppliedMs) < this.#timeoutMs) break;
      this.#confirmed.shift();
      this.#slow.inc();
      this.#fail(round, EtcdError.of("Timeout"));
    }
    if (this.#current === undefined) {
      if (this.#confirmed.length > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    } else if (nowMs - this.#current.startedMs >= this.#timeoutMs) {
      this.#slow.inc();
      this.#failCurrent(EtcdError.of("Timeout"));
    } else this.#request();
  }

  #request(): void {
    const context = contextBytes(this.#context);
    this.#ask((node) => {
      node.readIndex(context);
    });
  }

  #failCurrent(error: EtcdError): void {
    const round = this.#current!;
    this.#current = undefined;
    this.#fail(round, error);
    this.#start();
  }

  #fail(round: Round, error: EtcdError): void {
    this.#failed.inc();
    for (const waiter of round.waiters) waiter.reject(error);
  }
}

/** Eight bytes, big-endian, as etcd's read index contexts are. */
function contextBytes(context: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, context);
  return bytes;
}

function contextNumber(bytes: Uint8Array): bigint {
  if (bytes.length !== 8) return -1n;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}
