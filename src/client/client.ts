import type { Env } from "../base/index.ts";
import type { ClientStream, ClientStreamEvents, MetadataFields } from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { Connection, type TlsSettings } from "./connection.ts";
import { Election } from "./election.ts";
import { clientEnv } from "./env.ts";
import type { Bytes, KeyRange, KeyValue } from "./keys.ts";
import { type Lease, LeaseKeeper } from "./lease.ts";
import { Lock, type LockOptions } from "./lock.ts";
import {
  type DeleteOptions,
  type DeleteResult,
  deleteRequest,
  deleteResult,
  type GetOptions,
  type PutOptions,
  type PutResult,
  putRequest,
  putResult,
  type RangeOptions,
  type RangeResult,
  rangeRequest,
  rangeResult,
} from "./requests.ts";
import { Txn } from "./txn.ts";
import { type Watcher, WatchHub, type WatchOptions } from "./watch.ts";

export interface ClientOptions {
  /**
   * Client URLs of the members: `http://127.0.0.1:2379`; `https://` for TLS; `host:port`; `unix:/path` for a socket. One text may
   * hold several, with commas between. Blanks around them and empty ones do not count.
   */
  readonly endpoints: string | readonly string[];
  /** `etcdctl`: endpoints are read as etcdctl reads them, where one that means nothing only cannot be reached. Default: it is a TypeError. */
  readonly endpointRules?: "etcdctl";
  readonly tls?: TlsSettings;
  readonly username?: string;
  readonly password?: string;
  /** A token got elsewhere (a JWT, say), sent instead of logging in. */
  readonly token?: string;
  /** Milliseconds one request may take with all attempts. Default 10,000; Infinity waits for ever. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds for one connection to stand. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** Silence after which the server is asked for a sign of life while requests are open. Default 30,000 ms. */
  readonly keepaliveTimeMs?: number;
  /** Time it has to give one. Default 10,000 ms. */
  readonly keepaliveTimeoutMs?: number;
  /** Largest answer that is taken, in bytes. Default 2^31 - 1. */
  readonly receiveBytesMax?: number;
}

/** A member as the cluster knows it. */
export interface MemberInfo {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly learner: boolean;
}

/**
 * A client of Quorate and of etcd (3.4 and later).
 *
 * @example
 * const client = new Client({ endpoints: "http://127.0.0.1:2379" });
 * await client.put("greeting", "hello");
 * console.log((await client.get("greeting"))?.text);
 * client.close();
 */
export class Client {
  readonly #connection: Connection;
  readonly #watches: WatchHub;
  readonly #leases: LeaseKeeper;

  constructor(options: ClientOptions, env: Env = clientEnv()) {
    this.#connection = new Connection(env, {
      endpoints: options.endpointRules === "etcdctl" ? listOf(options.endpoints) : endpointsOf(options.endpoints),
      endpointRules: options.endpointRules,
      tls: options.tls,
      username: options.username,
      password: options.password,
      token: options.token,
      receiveBytesMax: options.receiveBytesMax,
      requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      backoffMs: 25,
      backoffMaxMs: 2000,
      keepaliveTimeMs: options.keepaliveTimeMs ?? 30_000,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? 10_000,
    });
    this.#watches = new WatchHub(this.#connection);
    this.#leases = new LeaseKeeper(this.#connection);
  }

  get closed(): boolean {
    return this.#connection.closed;
  }

  async put(key: Bytes, value: Bytes, options: PutOptions = {}): Promise<PutResult> {
    const request = rpc.encodePutRequest(putRequest(key, value, options));
    return putResult(rpc.decodePutResponse(await this.#connection.call("/etcdserverpb.KV/Put", request, false)));
  }

  /** The key, or undefined when it does not exist. */
  async get(key: Bytes, options: GetOptions = {}): Promise<KeyValue | undefined> {
    return (await this.range(key, options)).kvs[0];
  }

  async range(range: KeyRange, options: RangeOptions = {}): Promise<RangeResult> {
    const request = rpc.encodeRangeRequest(rangeRequest(range, options));
    return rangeResult(rpc.decodeRangeResponse(await this.#connection.call("/etcdserverpb.KV/Range", request, true)));
  }

  async delete(range: KeyRange, options: DeleteOptions = {}): Promise<DeleteResult> {
    const request = rpc.encodeDeleteRangeRequest(deleteRequest(range, options));
    const answer = await this.#connection.call("/etcdserverpb.KV/DeleteRange", request, false);
    return deleteResult(rpc.decodeDeleteRangeResponse(answer));
  }

  txn(): Txn {
    return new Txn(async (request) => {
      // A transaction that only reads may be sent again like a read.
      const repeatable = [...request.success, ...request.failure].every(
        (operation) => operation.request.case === "requestRange",
      );
      const answer = await this.#connection.call("/etcdserverpb.KV/Txn", rpc.encodeTxnRequest(request), repeatable);
      return rpc.decodeTxnResponse(answer);
    });
  }

  /** Forgets history below `revision`. `physical`: wait until the space is free. */
  async compact(revision: number, options: { readonly physical?: boolean } = {}): Promise<void> {
    const request = rpc.encodeCompactionRequest({ revision, physical: options.physical ?? false });
    await this.#connection.call("/etcdserverpb.KV/Compact", request, false);
  }

  /** Follows changes; see `Watcher`. */
  watch(range: KeyRange, options: WatchOptions = {}): Watcher {
    return this.#watches.watch(range, options);
  }

  /** A lease of `ttl` seconds, kept alive until it is revoked or released. */
  lease(ttl: number, options: { readonly id?: bigint; readonly keepAlive?: boolean } = {}): Promise<Lease> {
    return this.#leases.grant(ttl, options.id ?? 0n, options.keepAlive ?? true);
  }

  /** Keeps a lease alive that was granted elsewhere. */
  adoptLease(id: bigint): Promise<Lease> {
    return this.#leases.adopt(id);
  }

  /** Waits for the lock called `name` and takes it. */
  lock(name: Bytes, options: LockOptions = {}): Promise<Lock> {
    return Lock.acquire(this, name, options);
  }

  /** Runs `work` under the lock. `work` gets a signal that tells when the lock may be lost. */
  async withLock<T>(name: Bytes, work: (signal: AbortSignal) => Promise<T>, options: LockOptions = {}): Promise<T> {
    const lock = await this.lock(name, options);
    try {
      return await work(lock.signal);
    } finally {
      await lock.release();
    }
  }

  election(name: Bytes): Election {
    return new Election(this, name);
  }

  async members(options: { readonly serializable?: boolean } = {}): Promise<MemberInfo[]> {
    const request = rpc.encodeMemberListRequest({ linearizable: options.serializable !== true });
    const answer = await this.#connection.call("/etcdserverpb.Cluster/MemberList", request, true);
    return rpc.decodeMemberListResponse(answer).members.map((member) => ({
      id: member.ID,
      name: member.name,
      peerUrls: member.peerURLs,
      clientUrls: member.clientURLs,
      learner: member.isLearner,
    }));
  }

  /** How one member is: version, size, leader, alarms. */
  async status(endpoint: string): Promise<rpc.StatusResponse> {
    return rpc.decodeStatusResponse(
      await this.#connection.callAt(endpoint, "/etcdserverpb.Maintenance/Status", new Uint8Array(0)),
    );
  }

  /** Calls any method with encoded messages, with the client's way of trying again. */
  call(
    path: string,
    request: Uint8Array,
    options: { readonly repeatable?: boolean; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    const { repeatable = false, ...rest } = options;
    return this.#connection.call(path, request, repeatable, rest);
  }

  /** Opens a stream of encoded messages to any method. Whoever needs it to last opens it again. */
  stream(path: string, events: ClientStreamEvents, metadata?: MetadataFields): Promise<ClientStream> {
    return this.#connection.stream(path, events, metadata);
  }

  /** Logs in now instead of with the first request. */
  authenticate(): Promise<void> {
    return this.#connection.authenticate();
  }

  /** Ends watches and renewals and closes the connection. Leases are left to expire. */
  close(): void {
    this.#watches.close();
    this.#leases.close();
    this.#connection.close();
  }
}

function listOf(endpoints: string | readonly string[]): readonly string[] {
  return typeof endpoints === "string" ? endpoints.split(",") : endpoints;
}

/** Without those that are blank, and each once. */
function endpointsOf(endpoints: string | readonly string[]): readonly string[] {
  const trimmed = listOf(endpoints).map((endpoint) => endpoint.trim());
  return [...new Set(trimmed.filter((endpoint) => endpoint !== ""))];
}
