/**
 * Numbers of requests, as etcd makes them: low 16 bits of the member id, 40 bits of milliseconds at the start of the
 * member, 8 bits and upwards a counter. Two members never share one, nor do two lives of a member that lie a
 * millisecond apart. Also the source of lease ids (with the top bit cleared).
 */
export class RequestIds {
  #next: bigint;

  constructor(memberId: bigint, wallMs: number) {
    const stamp = BigInt.asUintN(40, BigInt(Math.trunc(wallMs)));
    this.#next = (BigInt.asUintN(16, memberId) << 48n) | (stamp << 8n);
  }

  next(): bigint {
    this.#next = BigInt.asUintN(64, this.#next + 1n);
    return this.#next;
  }
}
