import { checkGiven, everyOf, type Kind, kinds, notWanted, oneOf } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { type Bytes, type KeyRange, toBytes, toRange } from "./keys.ts";
import {
  checkCall,
  checkKey,
  checkRange,
  deleteShape,
  leaseKind,
  none,
  putShape,
  type RequestOptions,
  rangeShape,
} from "./options.ts";
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

/**
 * How a condition compares what is there with what is given.
 *
 * @example
 * const newer: Relation = ">";
 * compare.modRevision("config", newer, 5);
 */
export type Relation = "=" | "!=" | "<" | ">";

const relations = { "=": 0, ">": 1, "<": 2, "!=": 3 } as const;
const relationKind = oneOf("=", "!=", "<", ">");

/** A condition of a transaction; made by `compare`. */
export interface Condition {
  readonly message: rpc.Compare;
}

function condition(
  keys: KeyRange,
  relation: Relation,
  target: rpc.CompareTarget,
  union: rpc.Compare["targetUnion"],
): Condition {
  return {
    message: rpc.createCompare({ ...toRange(keys), result: relations[relation], target, targetUnion: union }),
  };
}

function check(name: keyof typeof compare, keys: unknown, relation: unknown, value: unknown, kind: Kind): void {
  const where = `compare.${name}`;
  checkRange(where, keys, "key");
  checkGiven(where, "relation", relation, relationKind);
  checkGiven(where, name === "lease" ? "lease" : "value", value, kind);
}

/**
 * Conditions of a transaction. Each takes a key, or a range, of which every key has to fulfil it; a key that does not exist has
 * version and revisions 0 and no lease, and fulfils no condition on its value.
 *
 * @example
 * await client.txn().if(compare.missing("config")).do(op.put("config", "{}")).commit();
 */
export const compare = {
  /** The value, compared byte by byte. */
  value: (key: KeyRange, relation: Relation, value: Bytes): Condition => {
    check("value", key, relation, value, kinds.textOrBytes);
    return condition(key, relation, rpc.CompareTarget.VALUE, { case: "value", value: toBytes(value) });
  },
  /** The number of changes since the key was made; 0 when it does not exist. */
  version: (key: KeyRange, relation: Relation, value: number): Condition => {
    check("version", key, relation, value, kinds.integer);
    return condition(key, relation, rpc.CompareTarget.VERSION, { case: "version", value });
  },
  /** The revision of the put that made the key; 0 when it does not exist. */
  createRevision: (key: KeyRange, relation: Relation, value: number): Condition => {
    check("createRevision", key, relation, value, kinds.integer);
    return condition(key, relation, rpc.CompareTarget.CREATE, { case: "createRevision", value });
  },
  /** The revision of the key's last change; 0 when it does not exist. */
  modRevision: (key: KeyRange, relation: Relation, value: number): Condition => {
    check("modRevision", key, relation, value, kinds.integer);
    return condition(key, relation, rpc.CompareTarget.MOD, { case: "modRevision", value });
  },
  /** The lease that keeps the key alive; 0n for none. */
  lease: (key: KeyRange, relation: Relation, lease: bigint | { readonly id: bigint }): Condition => {
    check("lease", key, relation, lease, leaseKind);
    return condition(key, relation, rpc.CompareTarget.LEASE, { case: "lease", value: leaseId(lease) });
  },
  /** The key is there. */
  exists: (key: KeyRange): Condition => compare.createRevision(key, ">", 0),
  /** The key is not there. */
  missing: (key: KeyRange): Condition => compare.createRevision(key, "=", 0),
};

/** An operation of a transaction; made by `op`. */
export interface Operation {
  readonly message: rpc.RequestOp;
}

/**
 * Operations of a transaction; arguments as those of the client's methods of the same name.
 *
 * @example
 * const swap = [op.put("new", "1"), op.delete("old"), op.range({ prefix: "all/" })];
 * const { results } = await client.txn().do(...swap).commit();
 */
export const op = {
  put: (key: Bytes, value: Bytes, options: PutOptions = none): Operation => {
    checkKey("op.put", "key", key);
    checkGiven("op.put", "value", value, kinds.textOrBytes);
    checkCall("op.put", options, putShape);
    return { message: { request: { case: "requestPut", value: putRequest(key, value, options) } } };
  },
  range: (range: KeyRange, options: RangeOptions = none): Operation => {
    checkRange("op.range", range);
    checkCall("op.range", options, rangeShape);
    return { message: { request: { case: "requestRange", value: rangeRequest(range, options) } } };
  },
  delete: (range: KeyRange, options: DeleteOptions = none): Operation => {
    checkRange("op.delete", range);
    checkCall("op.delete", options, deleteShape);
    return { message: { request: { case: "requestDeleteRange", value: deleteRequest(range, options) } } };
  },
  /** A transaction within: its conditions decide which of its branches runs. */
  txn: (nested: Txn): Operation => {
    if (!(nested instanceof Txn)) throw notWanted("op.txn", "nested", "a Txn (client.txn())", nested);
    return { message: { request: { case: "requestTxn", value: nested.message() } } };
  },
};

/**
 * What one operation answered; `kind` tells which.
 *
 * @example
 * const { results } = await client.txn().do(op.range("key")).commit();
 * for (const result of results) if (result.kind === "range") console.log(result.kvs.length);
 */
export type OperationResult =
  | ({ readonly kind: "put" } & PutResult)
  | ({ readonly kind: "range" } & RangeResult)
  | ({ readonly kind: "delete" } & DeleteResult)
  | ({ readonly kind: "txn" } & TxnResult);

/** What a transaction answered. */
export interface TxnResult {
  readonly revision: number;
  /** All conditions held, so the `do` branch ran. */
  readonly succeeded: boolean;
  /** Of the branch that ran, in its order. */
  readonly results: readonly OperationResult[];
}

/** Sends a transaction; the answer comes with the bytes of the prefix to leave out of its keys. */
export type SendTxn = (
  request: rpc.TxnRequest,
  options: RequestOptions,
) => Promise<{ readonly response: rpc.TxnResponse; readonly strip: number }>;

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
  readonly #send: SendTxn;
  #compare: readonly Condition[] = [];
  #do: readonly Operation[] = [];
  #else: readonly Operation[] = [];

  constructor(send: SendTxn) {
    this.#send = send;
  }

  /** Adds conditions; all of them have to hold. */
  if(...conditions: readonly Condition[]): this {
    checkMade("txn.if", "conditions", conditions, "compare");
    this.#compare = [...this.#compare, ...conditions];
    return this;
  }

  /** What to do when all conditions hold. (Not called `then`: an object with such a method counts as a promise.) */
  do(...operations: readonly Operation[]): this {
    checkMade("txn.do", "operations", operations, "op");
    this.#do = [...this.#do, ...operations];
    return this;
  }

  /** What to do otherwise. */
  else(...operations: readonly Operation[]): this {
    checkMade("txn.else", "operations", operations, "op");
    this.#else = [...this.#else, ...operations];
    return this;
  }

  /** The transaction as a message, without the prefix of a namespace. */
  message(): rpc.TxnRequest {
    return {
      compare: this.#compare.map(({ message }) => message),
      success: this.#do.map(({ message }) => message),
      failure: this.#else.map(({ message }) => message),
    };
  }

  async commit(options: RequestOptions = none): Promise<TxnResult> {
    checkCall("txn.commit", options);
    const { response, strip } = await this.#send(this.message(), options);
    return txnResult(response, strip);
  }
}

function checkMade(where: string, name: string, given: readonly unknown[], by: "compare" | "op"): void {
  const made = (value: unknown) => kinds.object.holds(value) && kinds.object.holds((value as Operation).message);
  if (everyOf(given, made)) return;
  const wrong = given.find((value) => !made(value));
  throw notWanted(where, name, `made by \`${by}\``, wrong);
}

function txnResult(response: rpc.TxnResponse, strip: number): TxnResult {
  return {
    revision: response.header?.revision ?? 0,
    succeeded: response.succeeded,
    results: response.responses.map(({ response: one }) => {
      switch (one.case) {
        case "responsePut":
          return { kind: "put", ...putResult(one.value, strip) };
        case "responseRange":
          return { kind: "range", ...rangeResult(one.value, strip) };
        case "responseDeleteRange":
          return { kind: "delete", ...deleteResult(one.value, strip) };
        case "responseTxn":
          return { kind: "txn", ...txnResult(one.value, strip) };
        default:
          throw new TypeError("the server answered an operation with nothing");
      }
    }),
  };
}
