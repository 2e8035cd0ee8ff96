import { type Counter, type Env, EtcdError, type Timer } from "../base/index.ts";
import type { RawNode, ReadState } from "../raft/index.ts";

interface Waiter {
  resolve(): void;
  reject(error: EtcdError): void;
}

/** Reads that share one read index: those that arrived in one turn, or while the round before was under way. */
interface Round {
  readonly waiters: Waiter[];
  readonly startedMs: number;
  /** Index to be applied before the reads go on; undefined until raft answered. */
  index: number | undefined;
}

/** How often a read index is asked for again while no answer comes (etcd: readIndexRetryTime). */
const retryMs = 500;
/** A round that takes longer than this is counted as slow (etcd: 1 s). */
const slowMs = 1000;

/**
 * The barrier before linearizable reads (thesis, section 6.4). One round at a time asks raft for a read index; reads that
 * come meanwhile share the next round. A round is told apart by its 8-byte context.
 */
export class Reads {
  readonly #env: Env;
  readonly #ask: (act: (node: RawNode) => void) => void;
  readonly #applied: () => number;
  readonly #timeoutMs: number;
  readonly #failed: Counter;
  readonly #slow: Counter;
  #nextContext: () => bigint;
  #current: Round | undefined;
  #context = 0n;
  /** Waiters of the round after the current one. */
  #next: Waiter[] = [];
  #retry: Timer | undefined;
  #starting = false;

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
      () => this.#next.length + (this.#current?.waiters.length ?? 0),
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
    const round = this.#current;
    if (round === undefined) return;
    for (const state of states) {
      if (contextNumber(state.requestCtx) !== this.#context) continue;
      round.index = state.index;
      this.#retry?.cancel();
      this.onApplied();
    }
  }

  /** Something was applied: a round whose index is reached ends. */
  onApplied(): void {
    const round = this.#current;
    if (round?.index === undefined || this.#applied() < round.index) return;
    this.#end(undefined);
  }

  /** The leader changed: an answer of the old one may never come, and etcd tells its readers so. */
  onLeaderChange(): void {
    if (this.#current !== undefined && this.#current.index === undefined) this.#end(EtcdError.of("LeaderChanged"));
  }

  stop(): void {
    const waiting = this.#next;
    this.#next = [];
    this.#end(EtcdError.of("Stopped"));
    for (const waiter of waiting) waiter.reject(EtcdError.of("Stopped"));
  }

  #start(): void {
    if (this.#next.length === 0 || this.#current !== undefined) return;
    this.#current = { waiters: this.#next, startedMs: this.#env.clock.monotonicMs(), index: undefined };
    this.#next = [];
    this.#context = this.#nextContext();
    this.#request();
    // Raft may have answered at once, and the round may be over.
    if (this.#current?.index === undefined) this.#retry = this.#env.scheduler.every(retryMs, () => this.#again());
  }

  #again(): void {
    const round = this.#current;
    if (round === undefined) return;
    if (this.#env.clock.monotonicMs() - round.startedMs >= this.#timeoutMs) {
      this.#slow.inc();
      this.#end(EtcdError.of("Timeout"));
      return;
    }
    if (round.index === undefined) this.#request();
  }

  #request(): void {
    const context = contextBytes(this.#context);
    this.#ask((node) => {
      node.readIndex(context);
    });
  }

  #end(error: EtcdError | undefined): void {
    const round = this.#current;
    this.#current = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
    if (round !== undefined) {
      if (error !== undefined) this.#failed.inc();
      else if (this.#env.clock.monotonicMs() - round.startedMs > slowMs) this.#slow.inc();
      for (const waiter of round.waiters) {
        if (error !== undefined) waiter.reject(error);
        else waiter.resolve();
      }
    }
    if (this.#next.length > 0 && !error?.is("Stopped")) this.#start();
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
