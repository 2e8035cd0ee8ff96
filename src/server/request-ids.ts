/**
 * Numbers of requests, as etcd makes them: low 16 bits of the member id, 40 bits of milliseconds at the start of the
 * member, 8 bits and upwards a counter. Two members never share one, nor do two lives of a member that lie a
 * millisecond apart. Also the source of lease ids (with the top bit cleared).
 */
export class RequestIds {
  #next: bigint;
  readonly #member: bigint;

  constructor(memberId: bigint, wallMs: number) {
    const stamp = BigInt.asUintN(40, BigInt(Math.trunc(wallMs)));
    this.#member = BigInt.asUintN(16, memberId);
    this.#next = (this.#member << 48n) | (stamp << 8n);
  }

  /** Whether a number comes from this member (or one whose id ends alike), in this life or an earlier one. */
  made(id: bigint): boolean {
    return BigInt.asUintN(64, id) >> 48n === this.#member;
  }

  next(): bigint {
    this.#next = BigInt.asUintN(64, this.#next + 1n);
    return this.#next;
  }
}
