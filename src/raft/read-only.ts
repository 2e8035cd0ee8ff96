import { EMPTY } from "./messages.ts";
import type { JointConfig } from "./quorum/index.ts";
import type { Message } from "./types.ts";

/** A read waiting for proof that its leader still led when it arrived. */
export interface PendingRead {
  request: Message;
  /** The commit index when the read arrived: the least it must see. */
  index: number;
}

/**
 * Reads that wait for a quorum to confirm the leader (thesis 6.4). Each read has a place in one line, counted from 1 in this
 * term. A heartbeat carries the last place taken when it left; whoever answers it confirms every read up to that place, and
 * a quorum of answers releases them. One round of heartbeats so serves any number of reads.
 */
export class ReadOnlyQueue {
  /** Per member the last place it confirmed. */
  readonly #acks = new Map<bigint, number>();
  #waiting: PendingRead[] = [];
  /** Places released: `#waiting[0]` has place `#released + 1`. */
  #released = 0;

  get length(): number {
    return this.#waiting.length;
  }

  /** The last place taken. */
  get lastPlace(): number {
    return this.#released + this.#waiting.length;
  }

  add(index: number, request: Message): void {
    this.#waiting.push({ request, index });
  }

  /** `place` must not be beyond `lastPlace`. */
  acknowledge(from: bigint, place: number): void {
    this.#acks.set(from, Math.max(place, this.#acks.get(from) ?? 0));
  }

  /** Takes out the reads that a quorum has confirmed. */
  release(voters: JointConfig): PendingRead[] {
    const confirmed = voters.committedIndex((id) => this.#acks.get(id)) - this.#released;
    if (confirmed <= 0) return [];
    this.#released += Math.min(confirmed, this.#waiting.length);
    const released = this.#waiting.slice(0, confirmed);
    this.#waiting = this.#waiting.slice(confirmed);
    return released;
  }

  /** What a heartbeat has to carry: nothing when no read waits, else the last place, 8 bytes little-endian. */
  heartbeatContext(): Uint8Array {
    if (this.#waiting.length === 0) return EMPTY;
    const context = new Uint8Array(8);
    new DataView(context.buffer).setBigUint64(0, BigInt(this.lastPlace), true);
    return context;
  }

  /** The place in an answered heartbeat; undefined when the bytes are no context of ours. */
  placeOf(context: Uint8Array): number | undefined {
    if (context.length !== 8) return undefined;
    const place = Number(new DataView(context.buffer, context.byteOffset, 8).getBigUint64(0, true));
    return place <= this.lastPlace ? place : undefined;
  }
}
