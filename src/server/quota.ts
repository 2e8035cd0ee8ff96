import type { Env, Gauge } from "../base/index.ts";
import type { rpc } from "../wire/proto/index.ts";
import type { Command } from "./command.ts";

/** 2 GiB. */
export const QUOTA_DEFAULT_BYTES = 2 * 1024 ** 3;
/** 8 GiB: beyond it we warn, as start-up and snapshots get slow. */
export const QUOTA_SUGGESTED_MAX_BYTES = 8 * 1024 ** 3;

/** What a key costs besides its own bytes and the value's. */
const KEY_OVERHEAD = 256;
const LEASE_COST = 64;

/** Bytes that a put may add to the store. */
export function putCost(request: Pick<rpc.PutRequest, "key" | "value">): number {
  return KEY_OVERHEAD + request.key.length + request.value.length;
}

/** Bytes that a lease may add. */
export function leaseGrantCost(): number {
  return LEASE_COST;
}

/** Bytes that a txn may add: those of its dearer branch, nested txns included. 0 when it puts nothing. */
export function txnCost(request: Pick<rpc.TxnRequest, "success" | "failure">): number {
  return Math.max(opsCost(request.success), opsCost(request.failure));
}

function opsCost(ops: readonly rpc.RequestOp[]): number {
  let cost = 0;
  for (const { request } of ops) {
    if (request.case === "requestPut") cost += putCost(request.value);
    else if (request.case === "requestTxn") cost += txnCost(request.value);
  }
  return cost;
}

/**
 * Space quota of the store. Asked twice of each write: at the door, where a write that does not fit is refused and the NOSPACE
 * alarm raised; and when it is applied, where it is done all the same, since the size differs between members, and only then
 * answered with NoSpace.
 */
export class Quota {
  /** What `Status` reports: the limit in force. 0 when there is none. */
  readonly limitBytes: number;
  readonly #size: () => number;

  /**
   * @param configured flag quota-backend-bytes: 0 for the default, negative for none
   * @param size bytes of the store now
   */
  constructor(configured: number, size: () => number, env: Env) {
    this.#size = size;
    this.limitBytes = configured === 0 ? QUOTA_DEFAULT_BYTES : Math.max(0, configured);
    const gauge: Gauge = env.metrics.gauge({
      name: "etcd_server_quota_backend_bytes",
      help: "Size that the store may reach, in bytes.",
    });
    gauge.set(configured === 0 ? QUOTA_DEFAULT_BYTES : configured);
    const fields = { "quota-size-bytes": configured === 0 ? QUOTA_DEFAULT_BYTES : configured };
    if (configured < 0) {
      env.logger.info("disabled backend quota", fields);
    } else if (configured === 0) {
      env.logger.info("enabled backend quota with default value", fields);
    } else {
      if (configured > QUOTA_SUGGESTED_MAX_BYTES) {
        env.logger.warn("quota exceeds the maximum value", {
          ...fields,
          "quota-maximum-size-bytes": QUOTA_SUGGESTED_MAX_BYTES,
        });
      }
      env.logger.info("enabled backend quota", fields);
    }
  }

  /** Whether a write of that cost fits. What costs nothing always does, so that space can be made. */
  fits(cost: number): boolean {
    return cost === 0 || this.limitBytes === 0 || this.#size() + cost < this.limitBytes;
  }
}

/** What a command may add to the database; 0 for those that never wait for room. */
export function costOf(command: Command): number {
  switch (command.kind) {
    case "put":
      return putCost(command.value);
    case "txn":
      return txnCost(command.value);
    case "leaseGrant":
      return leaseGrantCost();
    default:
      return 0;
  }
}
