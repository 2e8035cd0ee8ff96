import { assert } from "../../base/pure.ts";

/**
 * The appends sent to one follower and not acknowledged yet: a window of the last index of each message and its payload.
 * A ring that grows by doubling up to `limit`, for most followers never have more than a few messages in flight.
 */
export class Inflights {
  /** Most messages in flight. At least 1. */
  readonly limit: number;
  /** Full from this payload on; the message that passes it is still sent. Infinity: no limit. */
  readonly byteLimit: number;
  /** Last index and payload of message i at 2i and 2i + 1. Indexes rise from `#start` on, around the end. */
  #ring: number[] = [];
  /** Place of the oldest message; 0 when there is none. */
  #start = 0;
  /** 0 <= count <= limit. */
  #count = 0;
  /** Sum of the payloads in flight. */
  #bytes = 0;

  constructor(limit: number, byteLimit: number) {
    this.limit = limit;
    this.byteLimit = byteLimit;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#count === this.limit || this.#bytes >= this.byteLimit;
  }

  /** A message went out. Must not be full; `index` must be above every index in flight. */
  add(index: number, bytes: number): void {
    assert(!this.full, "a message is sent through a full window");
    const capacity = this.#ring.length / 2;
    if (this.#count === capacity) this.#grow();
    const at = (this.#start + this.#count) % (this.#ring.length / 2);
    this.#ring[2 * at] = index;
    this.#ring[2 * at + 1] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Everything up to `index` has arrived: an acknowledgement covers every message before it. */
  freeUpTo(index: number): void {
    const capacity = this.#ring.length / 2;
    while (this.#count > 0 && this.#ring[2 * this.#start]! <= index) {
      this.#bytes -= this.#ring[2 * this.#start + 1]!;
      this.#start = this.#start + 1 === capacity ? 0 : this.#start + 1;
      this.#count--;
    }
    if (this.#count === 0) this.#start = 0;
  }

  reset(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  clone(): Inflights {
    const copy = new Inflights(this.limit, this.byteLimit);
    copy.#ring = this.#ring.slice();
    copy.#start = this.#start;
    copy.#count = this.#count;
    copy.#bytes = this.#bytes;
    return copy;
  }

  /** Doubles the ring and lays the messages out from its beginning. */
  #grow(): void {
    const capacity = this.#ring.length / 2;
    const grown: number[] = new Array(2 * Math.min(this.limit, Math.max(1, 2 * capacity))).fill(0);
    for (let i = 0; i < this.#count; i++) {
      const at = (this.#start + i) % capacity;
      grown[2 * i] = this.#ring[2 * at]!;
      grown[2 * i + 1] = this.#ring[2 * at + 1]!;
    }
    this.#ring = grown;
    this.#start = 0;
  }
}
