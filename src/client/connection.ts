import type { ConnectionOptions } from "node:tls";
import { type CancelSignal, Code, type Env, unit } from "../base/index.ts";
import {
  type CallOptions,
  type ClientStream,
  type ClientStreamEvents,
  connect,
  type Endpoint,
  EndpointError,
  type EndpointRules,
  type GrpcClient,
  GrpcError,
  type MetadataFields,
  parseEndpoint,
} from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { ClientError, cancelled } from "./errors.ts";
import { isAborted, none, type RequestOptions } from "./options.ts";

/**
 * TLS material, in the words of `node:tls`: PEM as text or bytes.
 *
 * @example
 * const tls: TlsSettings = { ca: "-----BEGIN CERTIFICATE-----...", servername: "etcd.internal" };
 */
export interface TlsSettings {
  /** Certificates to trust; without it those that Node trusts. */
  readonly ca?: string | Uint8Array;
  /** Our own certificate, for servers that ask for one. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** Name that the server's certificate has to bear, when it is not the endpoint's. */
  readonly servername?: string;
  /** False accepts any certificate. */
  readonly rejectUnauthorized?: boolean;
  /** Cipher suites in OpenSSL's words, separated by colons; without it those of Node. */
  readonly ciphers?: string;
  /** Key exchanges in OpenSSL's words, separated by colons; without it those of Node. */
  readonly ecdhCurve?: string;
  /** The oldest and the newest version of TLS that is spoken. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL's options, or-ed together. */
  readonly secureOptions?: number;
}

export interface ConnectionSettings {
  readonly endpoints: readonly string[];
  /** `etcdctl`: an endpoint that means nothing is one that cannot be reached. Else it is refused at once. */
  readonly endpointRules?: "etcdctl" | undefined;
  readonly tls?: TlsSettings | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly receiveBytesMax?: number | undefined;
  /** Time one request may take, with all its attempts; infinite: for ever. */
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Pause before the second attempt; doubles with each further one, up to `backoffMaxMs`, plus up to 10 % by chance. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

/**
 * One good connection at a time to one of the endpoints; when it fails the next endpoint is tried. Requests are tried
 * again where that is harmless: reads on any Unavailable, writes only when no server can have taken them up.
 */
export class Connection {
  readonly env: Env;
  readonly settings: ConnectionSettings;
  /** Those that can never be reached are kept with the reason. */
  readonly #endpoints: readonly (Endpoint | EndpointError)[];
  #next: number;
  #current: GrpcClient | undefined;
  /** Connections to one endpoint for one call. */
  readonly #others = new Set<GrpcClient>();
  /** Why the last attempt to connect failed; undefined once one has succeeded. */
  #dialFault: string | undefined;
  /** Which endpoint `#current` leads to. */
  #at = 0;
  #opening: Promise<GrpcClient> | undefined;
  #token: string | undefined;
  #authenticating: Promise<void> | undefined;
  #closed = false;

  constructor(env: Env, settings: ConnectionSettings) {
    if (settings.endpoints.length === 0) throw new TypeError("a client needs at least one endpoint");
    this.env = env;
    this.settings = settings;
    this.#endpoints = settings.endpoints.map((text) => this.parse(text));
    // Clients that start together should not all sit on the same member.
    this.#next = Math.floor(unit(env.random) * this.#endpoints.length);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Where an endpoint leads. @throws TypeError when it leads nowhere; by etcdctl's rules that is a value */
  parse(text: string): Endpoint | EndpointError {
    const { endpointRules, tls } = this.settings;
    const lenient = endpointRules === "etcdctl";
    const rules: EndpointRules = lenient ? { secure: tls !== undefined } : { defaultPorts: true };
    try {
      return parseEndpoint(text, rules);
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      if (lenient) return error;
      const wanted = "http://host:port, https://host:port, host:port or unix:/path";
      throw new TypeError(`endpoint ${JSON.stringify(text)}: must be ${wanted} (${error.message})`);
    }
  }

  /** Sends a request until it is answered. `repeatable`: sending it twice does no harm. */
  async call(
    path: string,
    request: Uint8Array,
    repeatable: boolean,
    options: RequestOptions = none,
  ): Promise<Uint8Array> {
    const { signal, timeoutMs = this.settings.requestTimeoutMs } = options;
    const end = this.env.clock.monotonicMs() + timeoutMs;
    if (isAborted(signal)) throw cancelled();
    for (let attempt = 0; ; attempt++) {
      let failure: ClientError;
      try {
        const client = this.#usable() ?? (await this.#within(this.#ready(end), end, signal));
        const metadata = this.#knownMetadata() ?? (await this.#within(this.#metadata(), end, signal));
        const left = Math.max(1, end - this.env.clock.monotonicMs());
        const callOptions: CallOptions = { metadata, signal, ...limit(left) };
        return await client.unary(path, request, callOptions);
      } catch (error) {
        failure = ClientError.from(error);
      }
      if (this.#closed) throw new ClientError(Code.Canceled, "the client is closed");
      if (isAborted(signal)) throw cancelled();
      const stale = this.#tokenIsStale(failure) && attempt < refusalsMax;
      if (stale) {
        this.#token = undefined;
        if (attempt === 0) continue;
      }
      // A learner takes no such request at all; among several endpoints the next may be a voter's.
      const learner =
        failure.is("rpc not supported for learner") && this.#endpoints.length > 1 && attempt < refusalsMax;
      const harmless = stale || learner || failure.unsent || (repeatable && failure.code === Code.Unavailable);
      const pause = this.pauseMs(attempt);
      if (!harmless || this.env.clock.monotonicMs() + pause >= end) throw failure;
      if (learner || failure.code === Code.Unavailable) this.#leave();
      await this.sleep(pause, signal);
      if (isAborted(signal)) throw cancelled();
    }
  }

  #lateText(): string {
    const fault = this.#dialFault === undefined ? "" : `: ${this.#dialFault}`;
    return `no endpoint could be reached in time${fault}`;
  }

  /** What `work` gives, unless the time or the caller's patience ends before. The work itself goes on, for the others that wait for it. */
  #within<T>(work: Promise<T>, endMs: number, signal: CancelSignal | undefined): Promise<T> {
    if (signal === undefined && endMs === Number.POSITIVE_INFINITY) return work;
    return new Promise((resolve, reject) => {
      const onAbort = () => settle(() => reject(cancelled()));
      const left = Math.max(0, endMs - this.env.clock.monotonicMs());
      const timer = Number.isFinite(left)
        ? this.env.scheduler.after(left, () =>
            settle(() => reject(new ClientError(Code.Unavailable, this.#lateText(), true))),
          )
        : undefined;
      const settle = (end: () => void) => {
        timer?.cancel();
        signal?.removeEventListener("abort", onAbort);
        end();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      work.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  }

  /** Opens a stream on the present connection; whoever needs it to last opens it again. Rejects when nobody can be reached now. */
  async stream(path: string, events: ClientStreamEvents, metadata: MetadataFields = []): Promise<ClientStream> {
    const client = await this.#ready(this.env.clock.monotonicMs() + this.settings.connectTimeoutMs);
    const own = await this.#metadata();
    return client.stream(path, events, { metadata: [...own, ...metadata] });
  }

  /** Drops the present connection for new requests, e.g. since its member has no leader; open calls go on. */
  leave(): void {
    this.#leave();
  }

  pauseMs(attempt: number): number {
    const { backoffMs, backoffMaxMs } = this.settings;
    return Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(attempt, 20)) * (1 + unit(this.env.random) * 0.1);
  }

  /** Waits; also ends when the signal gives up. */
  sleep(ms: number, signal?: CancelSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      // A program that waits for its request must stay alive, so this timer is an ordinary one.
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  /** The endpoints as they were given. */
  get endpoints(): readonly string[] {
    return this.settings.endpoints;
  }

  /** The endpoint of the present connection, or of the next one. */
  get endpointInUse(): string {
    return this.settings.endpoints[(this.#current?.usable === true ? this.#at : this.#next) % this.#endpoints.length]!;
  }

  /** Asks one endpoint once, whatever the present connection is. */
  async callAt(
    endpoint: string,
    path: string,
    request: Uint8Array,
    options: RequestOptions = none,
  ): Promise<Uint8Array> {
    const { signal, timeoutMs = this.settings.requestTimeoutMs } = options;
    const end = this.env.clock.monotonicMs() + timeoutMs;
    const address = this.parse(endpoint);
    if (isAborted(signal)) throw cancelled();
    let client: GrpcClient | undefined;
    try {
      client = await this.#openUntil(address, end, signal);
      const metadata = this.#knownMetadata() ?? (await this.#within(this.#metadata(), end, signal));
      const left = Math.max(1, end - this.env.clock.monotonicMs());
      return await client.unary(path, request, { metadata, signal, ...limit(left) });
    } catch (error) {
      throw isAborted(signal) ? cancelled() : failureAt(error, client);
    } finally {
      if (client !== undefined) this.#leaveOther(client);
    }
  }

  /** Opens a stream to one endpoint, on a connection of its own that ends with the stream. */
  async streamAt(
    endpoint: string,
    path: string,
    events: ClientStreamEvents,
    options: RequestOptions,
  ): Promise<ClientStream> {
    const { signal, timeoutMs = this.settings.requestTimeoutMs } = options;
    const end = this.env.clock.monotonicMs() + timeoutMs;
    const address = this.parse(endpoint);
    if (isAborted(signal)) throw cancelled();
    let client: GrpcClient | undefined;
    try {
      client = await this.#openUntil(address, end, signal);
      const opened = client;
      const metadata = this.#knownMetadata() ?? (await this.#within(this.#metadata(), end, signal));
      const own: ClientStreamEvents = {
        onMessage: (message) => events.onMessage(message),
        onEnd: (outcome, trailer) => {
          this.#leaveOther(opened);
          events.onEnd(outcome, trailer);
        },
      };
      return client.stream(path, own, { metadata, signal });
    } catch (error) {
      if (client !== undefined) this.#leaveOther(client);
      throw isAborted(signal) ? cancelled() : failureAt(error, client);
    }
  }

  async #openUntil(
    endpoint: Endpoint | EndpointError,
    endMs: number,
    signal: CancelSignal | undefined,
  ): Promise<GrpcClient> {
    if (this.#closed) throw new ClientError(Code.Canceled, "the client is closed");
    const opening = this.#open(endpoint);
    try {
      const client = await this.#within(opening, endMs, signal);
      this.#others.add(client);
      return client;
    } catch (error) {
      // Nobody waits for it any more: close it should it still come to stand.
      void opening.then(
        (client) => client.close(),
        () => {},
      );
      throw error;
    }
  }

  #leaveOther(client: GrpcClient): void {
    this.#others.delete(client);
    client.shutdown();
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#others) client.close();
    this.#others.clear();
    this.#current?.close();
    this.#current = undefined;
  }

  #leave(): void {
    const client = this.#current;
    if (client === undefined) return;
    this.#current = undefined;
    client.shutdown();
  }

  /** The present connection, if it takes calls. */
  #usable(): GrpcClient | undefined {
    return this.#current?.usable === true && !this.#closed ? this.#current : undefined;
  }

  /** A connection that takes calls; tries every endpoint, again and again, until `endMs`. */
  async #ready(endMs: number): Promise<GrpcClient> {
    if (this.#closed) throw new ClientError(Code.Canceled, "the client is closed");
    if (this.#current?.usable === true) return this.#current;
    this.#opening ??= this.#openAny(endMs).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openAny(endMs: number): Promise<GrpcClient> {
    for (let attempt = 0; ; attempt++) {
      let failure: Error | undefined;
      for (let i = 0; i < this.#endpoints.length; i++) {
        const at = this.#next++ % this.#endpoints.length;
        const endpoint = this.#endpoints[at]!;
        try {
          const client = await this.#open(endpoint);
          if (this.#closed) {
            client.close();
            throw new ClientError(Code.Canceled, "the client is closed");
          }
          this.#current = client;
          this.#at = at;
          this.#dialFault = undefined;
          return client;
        } catch (error) {
          failure = error as Error;
          this.#dialFault = failure.message;
        }
        if (this.#closed) break;
      }
      const pause = this.pauseMs(attempt);
      if (this.#closed || this.env.clock.monotonicMs() + pause >= endMs) {
        throw new ClientError(Code.Unavailable, `no endpoint can be reached: ${failure?.message ?? ""}`, true);
      }
      await this.sleep(pause);
    }
  }

  async #open(endpoint: Endpoint | EndpointError): Promise<GrpcClient> {
    if (endpoint instanceof EndpointError) throw endpoint;
    const { tls, connectTimeoutMs, keepaliveTimeMs, keepaliveTimeoutMs, receiveBytesMax } = this.settings;
    return connect(this.env, {
      host: endpoint.host,
      port: endpoint.port,
      path: endpoint.path,
      tls: endpoint.secure ? ({ ...tls } as ConnectionOptions) : undefined,
      connectTimeoutMs,
      keepaliveTimeMs,
      keepaliveTimeoutMs,
      receiveBytesMax,
      userAgent: "quorate-client/0.1",
      metadata: [["client-api-version", "3.7.1"]],
    });
  }

  /** Logs in, if there is a user and no token yet. */
  async authenticate(options: RequestOptions = none): Promise<void> {
    const { signal, timeoutMs = this.settings.requestTimeoutMs } = options;
    if (isAborted(signal)) throw cancelled();
    try {
      await this.#within(this.#metadata(), this.env.clock.monotonicMs() + timeoutMs, signal);
    } catch (error) {
      throw ClientError.from(error);
    }
  }

  /** What goes with each request, if nobody has to be asked for it. */
  #knownMetadata(): MetadataFields | undefined {
    if (this.settings.token !== undefined) return [["token", this.settings.token]];
    if (this.settings.username === undefined) return noFields;
    if (this.#token === undefined) return undefined;
    return this.#token === "" ? noFields : [["token", this.#token]];
  }

  async #metadata(): Promise<MetadataFields> {
    const known = this.#knownMetadata();
    if (known !== undefined) return known;
    this.#authenticating ??= this.#authenticate().finally(() => {
      this.#authenticating = undefined;
    });
    await this.#authenticating;
    return this.#knownMetadata() ?? noFields;
  }

  /** Forgets the token: the next request logs in anew. */
  forgetToken(): void {
    this.#token = undefined;
  }

  async #authenticate(): Promise<void> {
    const { username = "", password = "", requestTimeoutMs } = this.settings;
    const client = await this.#ready(this.env.clock.monotonicMs() + requestTimeoutMs);
    try {
      const answer = await client.unary(
        "/etcdserverpb.Auth/Authenticate",
        rpc.encodeAuthenticateRequest({ name: username, password }),
        limit(requestTimeoutMs),
      );
      this.#token = rpc.decodeAuthenticateResponse(answer).token;
    } catch (error) {
      // A member without authentication needs no token.
      const off = error instanceof GrpcError && error.message === "etcdserver: authentication is not enabled";
      if (!off) throw error;
      this.#token = "";
    }
  }

  /**
   * Whether the request was refused for how its caller is known, and may be taken when it is said anew. Users that change under a
   * request refuse it even where a certificate names the caller and there is no token.
   */
  #tokenIsStale(failure: ClientError): boolean {
    const { token, username } = this.settings;
    if (token !== undefined) return false;
    if (failure.is("revision of auth store is old")) return true;
    return username !== undefined && (failure.is("invalid auth token") || failure.is("user name is empty"));
  }
}

/** Times that a request is sent anew that a server refused for a passing reason (etcd's client: 100 retries of any kind). */
const refusalsMax = 100;

const noFields: MetadataFields = [];

/** A failure at one endpoint. Before there was a connection nothing can have had an effect. */
function failureAt(error: unknown, client: GrpcClient | undefined): ClientError {
  const failure = ClientError.from(error);
  return client !== undefined || failure.unsent ? failure : new ClientError(failure.code, failure.message, true);
}

/** How a time limit is told to a call: an infinite one not at all. */
function limit(timeoutMs: number): Pick<CallOptions, "timeoutMs"> {
  return Number.isFinite(timeoutMs) ? { timeoutMs } : {};
}
