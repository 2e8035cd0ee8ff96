import {
  checkGiven,
  checkOptions,
  EMPTY,
  type Env,
  everyOf,
  isText,
  type Kind,
  kinds,
  oneOf,
  type Shape,
} from "../base/index.ts";
import type { ClientStream, ClientStreamEvents, MetadataFields } from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { Auth, Roles, Users } from "./auth.ts";
import { Cluster, type MemberInfo } from "./cluster.ts";
import { Connection, type TlsSettings } from "./connection.ts";
import { clientEnv } from "./env.ts";
import { Core, Keyspace } from "./keyspace.ts";
import { Maintenance } from "./maintenance.ts";
import { checkCall, none, type RequestOptions, withRequest } from "./options.ts";

/**
 * How to reach a cluster.
 *
 * @example
 * const options: ClientOptions = {
 *   endpoints: ["https://10.0.0.1:2379", "https://10.0.0.2:2379"],
 *   tls: { ca: "-----BEGIN CERTIFICATE-----..." },
 *   username: "alice",
 *   password: "secret",
 * };
 */
export interface ClientOptions {
  /**
   * Client URLs of the members: `http://127.0.0.1:2379`; `https://` for TLS; `host:port`; `unix:/path` for a socket. One text may
   * hold several, with commas between. Blanks around them and empty ones do not count.
   */
  readonly endpoints: string | readonly string[];
  /** `etcdctl`: endpoints are read as etcdctl reads them, where one that means nothing only cannot be reached. Default: it is a TypeError. */
  readonly endpointRules?: "etcdctl" | undefined;
  readonly tls?: TlsSettings | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A token got elsewhere (a JWT, say), sent instead of logging in. */
  readonly token?: string | undefined;
  /** Milliseconds one request may take with all attempts. Default 10,000; Infinity waits for ever. */
  readonly requestTimeoutMs?: number | undefined;
  /** Milliseconds for one connection to stand. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Silence after which the server is asked for a sign of life while requests are open. Default 30,000 ms. */
  readonly keepaliveTimeMs?: number | undefined;
  /** Time it has to give one. Default 10,000 ms. */
  readonly keepaliveTimeoutMs?: number | undefined;
  /** Largest answer that is taken, in bytes. Default 2^31 - 1. */
  readonly receiveBytesMax?: number | undefined;
}

const pemKind: Kind = {
  secret: true,
  wanted: "PEM as a string or Uint8Array",
  holds: (value) => kinds.textOrBytes.holds(value) || (Array.isArray(value) && everyOf(value, kinds.textOrBytes.holds)),
};
const tlsShape = {
  ca: pemKind,
  cert: pemKind,
  key: pemKind,
  servername: kinds.text,
  rejectUnauthorized: kinds.flag,
  ciphers: kinds.text,
  ecdhCurve: kinds.text,
  minVersion: oneOf("TLSv1.2", "TLSv1.3"),
  maxVersion: oneOf("TLSv1.2", "TLSv1.3"),
  secureOptions: kinds.count,
} as const satisfies Shape;

const clientShape = {
  endpoints: {
    wanted: "a URL or an array of URLs (at least one)",
    holds: (value) =>
      (isText(value) && value !== "") || (Array.isArray(value) && value.length > 0 && everyOf(value, isText)),
  },
  endpointRules: { wanted: '"etcdctl"', holds: (value) => value === "etcdctl" },
  tls: kinds.object,
  username: kinds.text,
  password: kinds.secret,
  token: kinds.secret,
  requestTimeoutMs: kinds.milliseconds,
  connectTimeoutMs: kinds.milliseconds,
  keepaliveTimeMs: kinds.milliseconds,
  keepaliveTimeoutMs: kinds.milliseconds,
  // Below zero no answer is taken, as with grpc-go.
  receiveBytesMax: kinds.integer,
} as const satisfies Shape;

const compactShape = withRequest({ physical: kinds.flag });
const callShape = withRequest({ repeatable: kinds.flag });
const pathKind: Kind = {
  wanted: 'a path like "/etcdserverpb.KV/Range"',
  holds: (value) => typeof value === "string" && /^\/[\x21-\x7e]+\/[\x21-\x7e]+$/.test(value),
};
const eventsKind: Kind = {
  wanted: "an object with the functions `onMessage` and `onEnd`",
  holds: (value) =>
    kinds.object.holds(value) &&
    typeof (value as ClientStreamEvents).onMessage === "function" &&
    typeof (value as ClientStreamEvents).onEnd === "function",
};
const metadataKind: Kind = {
  wanted: "an array of [name, value]",
  holds: (value) =>
    Array.isArray(value) &&
    everyOf(
      value,
      (field) => Array.isArray(field) && field.length === 2 && isText(field[0]) && kinds.textOrBytes.holds(field[1]),
    ),
};

/** Checks what was given and makes what all key spaces of the client share. */
function coreOf(options: ClientOptions, env: Env): Core {
  checkOptions("new Client", options, clientShape, ["endpoints"]);
  if (options.tls !== undefined) checkOptions("new Client: tls", options.tls, tlsShape);
  const { endpointRules } = options;
  return new Core(
    new Connection(env, {
      endpoints: endpointRules === "etcdctl" ? listOf(options.endpoints) : endpointsOf(options.endpoints),
      endpointRules,
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
    }),
  );
}

/**
 * A client of Quorate and of etcd (3.4 and later). What it does with keys stands in `Keyspace`.
 *
 * @example
 * const client = new Client({ endpoints: "http://127.0.0.1:2379" });
 * await client.put("greeting", "hello");
 * console.log((await client.get("greeting"))?.text);
 * client.close();
 */
export class Client extends Keyspace {
  readonly #core: Core;
  /** Authentication: on, off, logging in. */
  readonly auth: Auth;
  /** Users and their roles. */
  readonly users: Users;
  /** Roles and what they may do. */
  readonly roles: Roles;
  /** The members of the cluster. */
  readonly cluster: Cluster;
  /** Snapshots, alarms, defragmentation, hashes, leadership, downgrades. */
  readonly maintenance: Maintenance;

  /** Opens no connection yet; the first request does. Throws TypeError for options that are unknown or of a wrong type. */
  constructor(options: ClientOptions, env: Env = clientEnv()) {
    const core = coreOf(options, env);
    super(core, EMPTY);
    this.#core = core;
    this.auth = new Auth(core.connection);
    this.users = new Users(core.connection);
    this.roles = new Roles(core.connection);
    this.cluster = new Cluster(core.connection);
    this.maintenance = new Maintenance(core.connection);
  }

  /** Forgets history below `revision`. `physical`: wait until the space is free. */
  async compact(
    revision: number,
    options: { readonly physical?: boolean | undefined } & RequestOptions = none,
  ): Promise<void> {
    checkGiven("client.compact", "revision", revision, kinds.count);
    checkCall("client.compact", options, compactShape);
    const request = rpc.encodeCompactionRequest({ revision, physical: options.physical ?? false });
    await this.#core.connection.call("/etcdserverpb.KV/Compact", request, false, options);
  }

  /** The ids of all leases. */
  async leases(options: RequestOptions = none): Promise<bigint[]> {
    checkCall("client.leases", options);
    return await this.#core.leases.list(options);
  }

  /** All members; the same as `client.cluster.members`. */
  async members(
    options: { readonly serializable?: boolean | undefined } & RequestOptions = none,
  ): Promise<MemberInfo[]> {
    return await this.cluster.members(options);
  }

  /** How one member is, as the server words it; `client.maintenance.status` gives it in this client's words. */
  async status(endpoint: string, options: RequestOptions = none): Promise<rpc.StatusResponse> {
    checkGiven("client.status", "endpoint", endpoint, kinds.text);
    checkCall("client.status", options);
    this.#core.connection.parse(endpoint);
    const answer = await this.#core.connection.callAt(
      endpoint,
      "/etcdserverpb.Maintenance/Status",
      rpc.encodeStatusRequest({}),
      options,
    );
    return rpc.decodeStatusResponse(answer);
  }

  /** Calls any method with encoded messages, with the client's way of trying again. */
  async call(
    path: string,
    request: Uint8Array,
    options: { readonly repeatable?: boolean | undefined } & RequestOptions = none,
  ): Promise<Uint8Array> {
    checkGiven("client.call", "path", path, pathKind);
    checkGiven("client.call", "request", request, kinds.bytes);
    checkCall("client.call", options, callShape);
    const { repeatable = false, ...rest } = options;
    return await this.#core.connection.call(path, request, repeatable, rest);
  }

  /** Opens a stream of encoded messages to any method. Whoever needs it to last opens it again. */
  async stream(path: string, events: ClientStreamEvents, metadata?: MetadataFields): Promise<ClientStream> {
    checkGiven("client.stream", "path", path, pathKind);
    checkGiven("client.stream", "events", events, eventsKind);
    if (metadata !== undefined) checkGiven("client.stream", "metadata", metadata, metadataKind);
    return await this.#core.connection.stream(path, events, metadata);
  }

  /** Logs in now instead of with the first request; the same as `client.auth.login`. */
  async authenticate(options: RequestOptions = none): Promise<void> {
    await this.auth.login(options);
  }

  /** Ends watches and renewals and closes the connection. Leases are left to expire. */
  close(): void {
    this.#core.watches.close();
    this.#core.leases.close();
    this.#core.connection.close();
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
