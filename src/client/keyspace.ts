import { type CancelSignal, checkGiven, kinds } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { Connection } from "./connection.ts";
import { Election } from "./election.ts";
import { type Bytes, type KeyRange, type KeyValue, toBytes, toRange } from "./keys.ts";
import { type Lease, type LeaseInfo, LeaseKeeper, type LeaseOptions, leaseOptionsShape } from "./lease.ts";
import { Lock, type LockOptions, lockShape } from "./lock.ts";
import {
  checkCall,
  checkKey,
  checkRange,
  deleteCall,
  getCall,
  leaseKind,
  none,
  putCall,
  type RequestOptions,
  rangeCall,
  withRequest,
} from "./options.ts";
import { prefixInterval, prefixPut, prefixTxn, stripKeys } from "./prefix.ts";
import {
  type DeleteOptions,
  type DeleteResult,
  deleteRequest,
  deleteResult,
  type GetOptions,
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
import { type StmOptions, type StmTxn, stm } from "./stm.ts";
import { Txn } from "./txn.ts";
import { type Watcher, WatchHub, type WatchOptions, watchShape } from "./watch.ts";

/** What all key spaces of a client share. */
export class Core {
  readonly connection: Connection;
  readonly watches: WatchHub;
  readonly leases: LeaseKeeper;

  constructor(connection: Connection) {
    this.connection = connection;
    this.watches = new WatchHub(connection);
    this.leases = new LeaseKeeper(connection);
  }
}

const leaseInfoShape = withRequest({ keys: kinds.flag });
const leaseGrantShape = withRequest(leaseOptionsShape);

/**
 * Everything that is done with keys: a `Client` does it with all of them, a `Namespace` with those under its prefix. Functions that
 * take a `Keyspace` work with either.
 *
 * @example
 * async function enlist(keys: Keyspace, name: string) {
 *   await keys.put(`workers/${name}`, "up", { lease: await keys.lease(10) });
 * }
 * await enlist(client, "a");
 * await enlist(client.namespace("test/"), "a");
 */
export abstract class Keyspace {
  readonly #core: Core;
  readonly #prefix: Uint8Array;

  /** Made by `new Client(...)` and by `namespace`. */
  constructor(core: Core, prefix: Uint8Array) {
    this.#core = core;
    this.#prefix = prefix;
  }

  /** Whether the client is closed. */
  get closed(): boolean {
    return this.#core.connection.closed;
  }

  /** Writes a key. Resolves once a majority has it. */
  async put(key: Bytes, value: Bytes, options: PutOptions & RequestOptions = none): Promise<PutResult> {
    checkKey("client.put", "key", key);
    checkGiven("client.put", "value", value, kinds.textOrBytes);
    checkCall("client.put", options, putCall);
    let message = putRequest(key, value, options);
    if (this.#prefix.length > 0) message = prefixPut(this.#prefix, message);
    const request = rpc.encodePutRequest(message);
    const answer = await this.#core.connection.call("/etcdserverpb.KV/Put", request, false, options);
    return putResult(rpc.decodePutResponse(answer), this.#prefix.length);
  }

  /** The key, or undefined when it does not exist. */
  async get(key: Bytes, options: GetOptions & RequestOptions = none): Promise<KeyValue | undefined> {
    checkKey("client.get", "key", key);
    checkCall("client.get", options, getCall);
    return (await this.#range(key, options)).kvs[0];
  }

  /** The keys of a range, all or some of them. */
  async range(range: KeyRange, options: RangeOptions & RequestOptions = none): Promise<RangeResult> {
    checkRange("client.range", range);
    checkCall("client.range", options, rangeCall);
    return await this.#range(range, options);
  }

  async #range(range: KeyRange, options: RangeOptions & RequestOptions): Promise<RangeResult> {
    let message = rangeRequest(range, options);
    if (this.#prefix.length > 0) message = { ...message, ...prefixInterval(this.#prefix, message) };
    const request = rpc.encodeRangeRequest(message);
    const answer = await this.#core.connection.call("/etcdserverpb.KV/Range", request, true, options);
    return rangeResult(rpc.decodeRangeResponse(answer), this.#prefix.length);
  }

  /** Deletes a key, or the keys of a range. */
  async delete(range: KeyRange, options: DeleteOptions & RequestOptions = none): Promise<DeleteResult> {
    checkRange("client.delete", range);
    checkCall("client.delete", options, deleteCall);
    let message = deleteRequest(range, options);
    if (this.#prefix.length > 0) message = { ...message, ...prefixInterval(this.#prefix, message) };
    const request = rpc.encodeDeleteRangeRequest(message);
    const answer = await this.#core.connection.call("/etcdserverpb.KV/DeleteRange", request, false, options);
    return deleteResult(rpc.decodeDeleteRangeResponse(answer), this.#prefix.length);
  }

  /** Conditions and operations that are carried out in one step; see `Txn`. */
  txn(): Txn {
    return new Txn(async (request, options) => {
      // A transaction that only reads may be sent again like a read.
      const repeatable = [...request.success, ...request.failure].every(
        (operation) => operation.request.case === "requestRange",
      );
      const message = this.#prefix.length > 0 ? prefixTxn(this.#prefix, request) : request;
      const bytes = rpc.encodeTxnRequest(message);
      const answer = await this.#core.connection.call("/etcdserverpb.KV/Txn", bytes, repeatable, options);
      return { response: rpc.decodeTxnResponse(answer), strip: this.#prefix.length };
    });
  }

  /**
   * Runs `work` on the keys as if nobody else wrote meanwhile, and again when somebody did. `work` reads and writes by what it is
   * given and has no other effects, since it may run several times. Resolves to what `work` returned in the attempt that held.
   *
   * @example
   * await client.stm(async (tx) => {
   *   const from = Number((await tx.get("accounts/a"))?.text ?? 0);
   *   const to = Number((await tx.get("accounts/b"))?.text ?? 0);
   *   tx.put("accounts/a", `${from - 10}`);
   *   tx.put("accounts/b", `${to + 10}`);
   * });
   */
  async stm<T>(work: (tx: StmTxn) => Promise<T> | T, options: StmOptions = none): Promise<T> {
    return await stm(this, this.#core.connection.env, work, options);
  }

  /** Follows changes; see `Watcher`. */
  watch(range: KeyRange, options: WatchOptions = none): Watcher {
    checkRange("client.watch", range);
    checkCall("client.watch", options, watchShape);
    const interval = toRange(range);
    const outside = this.#prefix.length > 0 ? prefixInterval(this.#prefix, interval) : interval;
    return this.#core.watches.watch(outside, options, this.#prefix.length);
  }

  /** A lease of `ttl` seconds, kept alive until it is revoked or released. */
  async lease(ttl: number, options: LeaseOptions & RequestOptions = none): Promise<Lease> {
    checkGiven("client.lease", "ttl", ttl, kinds.integer);
    checkCall("client.lease", options, leaseGrantShape);
    return await this.#core.leases.grant(ttl, options);
  }

  /** Keeps a lease alive that was granted elsewhere. */
  async adoptLease(id: bigint, options: RequestOptions = none): Promise<Lease> {
    checkGiven("client.adoptLease", "id", id, kinds.int64);
    checkCall("client.adoptLease", options);
    return await this.#core.leases.adopt(id, options);
  }

  /** What the server knows of a lease; undefined when there is none. `keys`: also which keys hang on it. */
  async leaseInfo(
    lease: bigint | { readonly id: bigint },
    options: { readonly keys?: boolean | undefined } & RequestOptions = none,
  ): Promise<LeaseInfo | undefined> {
    checkGiven("client.leaseInfo", "lease", lease, leaseKind);
    checkCall("client.leaseInfo", options, leaseInfoShape);
    const info = await this.#core.leases.info(leaseId(lease), options.keys ?? false, options);
    if (info === undefined || this.#prefix.length === 0) return info;
    return { ...info, keys: stripKeys(this.#prefix, info.keys) };
  }

  /** Waits for the lock called `name` and takes it. */
  async lock(name: Bytes, options: LockOptions = none): Promise<Lock> {
    checkKey("client.lock", "name", name);
    checkCall("client.lock", options, lockShape);
    return await Lock.acquire(this, name, options);
  }

  /** Runs `work` under the lock. `work` gets a signal that tells when the lock may be lost. */
  async withLock<T>(
    name: Bytes,
    work: (signal: CancelSignal) => Promise<T> | T,
    options: LockOptions = none,
  ): Promise<T> {
    checkGiven("client.withLock", "work", work, kinds.fn);
    const lock = await this.lock(name, options);
    try {
      return await work(lock.signal);
    } finally {
      await lock.release();
    }
  }

  /** The election called `name`; see `Election`. */
  election(name: Bytes): Election {
    checkKey("client.election", "name", name);
    return new Election(this, name);
  }

  /**
   * The keys under `prefix`, as if there were no others: the prefix is put in front of every key that is sent and taken from every
   * key that comes back. Namespaces nest. They share the client's connection and end with it.
   */
  namespace(prefix: Bytes): Namespace {
    checkKey("client.namespace", "prefix", prefix);
    const bytes = toBytes(prefix);
    const whole = new Uint8Array(this.#prefix.length + bytes.length);
    whole.set(this.#prefix);
    whole.set(bytes, this.#prefix.length);
    return new Namespace(this.#core, whole);
  }
}

/**
 * The keys under a prefix: made by `client.namespace`. Reads, writes, transactions, watches, locks, elections and the keys of leases
 * are all within it.
 *
 * @example
 * const staging = client.namespace("staging/");
 * await staging.put("config", "{}"); // writes staging/config
 * console.log((await staging.get("config"))?.keyText); // config
 */
export class Namespace extends Keyspace {}
