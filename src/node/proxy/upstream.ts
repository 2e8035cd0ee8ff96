import type { ConnectionOptions } from "node:tls";
import { Code, type Env, messageOf, type Timer, unit } from "../../base/index.ts";
import { connect, type GrpcClient, GrpcError, parseEndpoint } from "../../wire/grpc/index.ts";
import { rpc } from "../../wire/proto/index.ts";

export interface UpstreamOptions {
  /** As etcd's clients take them, see `parseEndpoint`. */
  readonly endpoints: readonly string[];
  /** What a connection shows and trusts; also for endpoints without a scheme. Undefined: those are plain. */
  readonly tls: (() => ConnectionOptions) | undefined;
  /** How often the members' URLs are asked for and taken as endpoints; 0: never. */
  readonly syncMs: number;
  readonly keepaliveTimeMs: number | undefined;
  readonly keepaliveTimeoutMs: number | undefined;
  readonly receiveBytesMax: number | undefined;
}

const connectTimeoutMs = 5000;
const syncTimeoutMs = 5000;

/**
 * The cluster behind a proxy: its endpoints, and one good connection to one of them, shared by all calls. When it is lost
 * the next call opens one to the next endpoint that answers.
 */
export class Upstream {
  readonly #env: Env;
  readonly #options: UpstreamOptions;
  #endpoints: readonly string[];
  #next: number;
  #current: GrpcClient | undefined;
  #opening: Promise<GrpcClient> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(env: Env, options: UpstreamOptions) {
    this.#env = env;
    this.#options = options;
    this.#endpoints = options.endpoints;
    if (this.#endpoints.length === 0) throw new TypeError("etcdclient: no available endpoints");
    // Proxies that start together should not all sit on the same member.
    this.#next = Math.floor(unit(env.random) * this.#endpoints.length);
    if (options.syncMs > 0) this.#timer = env.scheduler.every(options.syncMs, () => void this.#sync());
  }

  get endpoints(): readonly string[] {
    return this.#endpoints;
  }

  /** The connection that calls go by now. Rejects with Unavailable when no endpoint answers. */
  async ready(): Promise<GrpcClient> {
    if (this.#closed) throw new GrpcError(Code.Unavailable, "the proxy is closing");
    if (this.#current?.usable === true) return this.#current;
    this.#opening ??= this.#openAny().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#current?.close();
    this.#current = undefined;
  }

  async #openAny(): Promise<GrpcClient> {
    let why = "no endpoints";
    for (const _ of this.#endpoints) {
      const endpoint = this.#endpoints[this.#next++ % this.#endpoints.length]!;
      try {
        const client = await this.#open(endpoint);
        if (this.#closed) {
          client.close();
          break;
        }
        this.#current = client;
        return client;
      } catch (error) {
        why = messageOf(error);
        this.#env.logger.warn("failed to connect to an endpoint", { endpoint, error: why });
      }
    }
    throw new GrpcError(Code.Unavailable, `connection error: desc = "transport: Error while dialing: ${why}"`);
  }

  async #open(text: string): Promise<GrpcClient> {
    const { tls, keepaliveTimeMs, keepaliveTimeoutMs, receiveBytesMax } = this.#options;
    const { host, port, path, secure } = parseEndpoint(text.trim(), { secure: tls !== undefined });
    return connect(this.#env, {
      host,
      port,
      path,
      connectTimeoutMs,
      keepaliveTimeMs,
      keepaliveTimeoutMs,
      receiveBytesMax,
      ...(secure ? { tls: tls?.() ?? {} } : {}),
    });
  }

  /** Takes the URLs that members advertise as endpoints; learners answer too little to be one. */
  async #sync(): Promise<void> {
    try {
      const client = await this.ready();
      const request = rpc.MemberListRequest.encode(rpc.createMemberListRequest({ linearizable: true }));
      const answer = await client.unary("/etcdserverpb.Cluster/MemberList", request, { timeoutMs: syncTimeoutMs });
      const { members } = rpc.MemberListResponse.decode(answer);
      const found = members.filter((member) => !member.isLearner).flatMap((member) => member.clientURLs);
      if (found.length === 0 || this.#closed) return;
      if (found.length === this.#endpoints.length && found.every((url) => this.#endpoints.includes(url))) return;
      this.#endpoints = found;
      this.#env.logger.info("endpoints of the cluster changed", { endpoints: found });
    } catch (error) {
      this.#env.logger.warn("failed to ask for the cluster's endpoints", { error: messageOf(error) });
    }
  }
}
