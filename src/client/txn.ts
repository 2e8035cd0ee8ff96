import { rpc } from "../wire/proto/index.ts";
import { type Bytes, type KeyRange, toBytes } from "./keys.ts";
import {
  type DeleteOptions,
  type DeleteResult,
  deleteRequest,
  deleteResult,
  leaseId,
  type PutOptions,
  type PutResult,
  putRequest,
  putResult,
  type RangeOptions,
  type RangeResult,
  rangeRequest,
  rangeResult,
} from "./requests.ts";

export type Relation = "=" | "!=" | "<" | ">";

const relations = { "=": 0, ">": 1, "<": 2, "!=": 3 } as const;

/** A condition of a transaction; made by `compare`. */
export interface Condition {
  readonly message: rpc.Compare;
}

function condition(
  key: Bytes,
  relation: Relation,
  target: rpc.CompareTarget,
  union: rpc.Compare["targetUnion"],
): Condition {
  return {
    message: rpc.createCompare({
      key: toBytes(key),
      result: relations[relation],
      target,
      targetUnion: union,
    }),
  };
}

/**
 * Conditions of a transaction.
 *
 * @example
 * client.txn().if(compare.missing("config")).do(op.put("config", "{}")).commit()
 */
export const compare = {
  value: (key: Bytes, relation: Relation, value: Bytes): Condition =>
    condition(key, relation, rpc.CompareTarget.VALUE, { case: "value", value: toBytes(value) }),
  version: (key: Bytes, relation: Relation, value: number): Condition =>
    condition(key, relation, rpc.CompareTarget.VERSION, { case: "version", value }),
  createRevision: (key: Bytes, relation: Relation, value: number): Condition =>
    condition(key, relation, rpc.CompareTarget.CREATE, { case: "createRevision", value }),
  modRevision: (key: Bytes, relation: Relation, value: number): Condition =>
    condition(key, relation, rpc.CompareTarget.MOD, { case: "modRevision", value }),
  lease: (key: Bytes, relation: Relation, lease: bigint | { readonly id: bigint }): Condition =>
    condition(key, relation, rpc.CompareTarget.LEASE, { case: "lease", value: leaseId(lease) }),
  exists: (key: Bytes): Condition => compare.createRevision(key, ">", 0),
  missing: (key: Bytes): Condition => compare.createRevision(key, "=", 0),
};

/** An operation of a transaction; made by `op`. */
export interface Operation {
  readonly message: rpc.RequestOp;
}

/** Operations of a transaction; arguments as those of the client's methods of the same name. */
export const op = {
  put: (key: Bytes, value: Bytes, options: PutOptions = {}): Operation => ({
    message: { request: { case: "requestPut", value: putRequest(key, value, options) } },
  }),
  range: (range: KeyRange, options: RangeOptions = {}): Operation => ({
    message: { request: { case: "requestRange", value: rangeRequest(range, options) } },
  }),
  delete: (range: KeyRange, options: DeleteOptions = {}): Operation => ({
    message: { request: { case: "requestDeleteRange", value: deleteRequest(range, options) } },
  }),
  txn: (nested: Txn): Operation => ({ message: { request: { case: "requestTxn", value: nested.message() } } }),
};

/** What one operation answered. */
export type OperationResult =
  | ({ readonly kind: "put" } & PutResult)
  | ({ readonly kind: "range" } & RangeResult)
  | ({ readonly kind: "delete" } & DeleteResult)
  | ({ readonly kind: "txn" } & TxnResult);

export interface TxnResult {
  readonly revision: number;
  /** All conditions held, so the `do` branch ran. */
  readonly succeeded: boolean;
  /** Of the branch that ran, in its order. */
  readonly results: readonly OperationResult[];
}

/**
 * A transaction: all conditions are looked at, and one of two lists of operations is run, in one step.
 *
 * @example
 * const { succeeded } = await client
 *   .txn()
 *   .if(compare.value("state", "=", "idle"))
 *   .do(op.put("state", "busy"))
 *   .else(op.range("state"))
 *   .commit();
 */
export class Txn {
  readonly #send: (request: rpc.TxnRequest) => Promise<rpc.TxnResponse>;
  #compare: readonly Condition[] = [];
  #do: readonly Operation[] = [];
  #else: readonly Operation[] = [];

  constructor(send: (request: rpc.TxnRequest) => Promise<rpc.TxnResponse>) {
    this.#send = send;
  }

  if(...conditions: readonly Condition[]): this {
    this.#compare = [...this.#compare, ...conditions];
    return this;
  }

  /** What to do when all conditions hold. (Not called `then`: an object with such a method counts as a promise.) */
  do(...operations: readonly Operation[]): this {
    this.#do = [...this.#do, ...operations];
    return this;
  }

  else(...operations: readonly Operation[]): this {
    this.#else = [...this.#else, ...operations];
    return this;
  }

  message(): rpc.TxnRequest {
    return {
      compare: this.#compare.map(({ message }) => message),
      success: this.#do.map(({ message }) => message),
      failure: this.#else.map(({ message }) => message),
    };
  }

  async commit(): Promise<TxnResult> {
    return txnResult(await this.#send(this.message()));
  }
}

function txnResult(response: rpc.TxnResponse): TxnResult {
  return {
    revision: response.header?.revision ?? 0,
    succeeded: response.succeeded,
    results: response.responses.map(({ response: one }) => {
      switch (one.case) {
        case "responsePut":
          return { kind: "put", ...putResult(one.value) };
        case "responseRange":
          return { kind: "range", ...rangeResult(one.value) };
        case "responseDeleteRange":
          return { kind: "delete", ...deleteResult(one.value) };
        case "responseTxn":
          return { kind: "txn", ...txnResult(one.value) };
        default:
          throw new TypeError("the server answered an operation with nothing");
      }
    }),
  };
}
