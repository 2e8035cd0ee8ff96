import { type ClusterId, type Env, EtcdError, hexId, isEtcdError, type LeaseId, type MemberId } from "../base/index.ts";
import { isNotPrimary } from "../state/lease/index.ts";
import { encodeMembers, type Member as MemberInfo } from "../state/membership/index.ts";
import { DecodeError, lease as leasepb, rpc } from "../wire/proto/index.ts";
import type { PeerRequest, PeerResponse } from "./peer/index.ts";

/** What the service asks of its member. */
export interface PeerServiceHost {
  readonly clusterId: ClusterId;
  members(): readonly MemberInfo[];
  /** Promotes a learner in the name of whoever the token stands for; throws as the API does. */
  promote(id: MemberId, token: string | undefined): Promise<void>;
  hashKv(
    revision: number,
  ): Promise<{ hash: number; compactRevision: number; revision: number; currentRevision: number }>;
  /** Resolves once what was committed at the call is applied; rejects after a second. */
  applied(): Promise<void>;
  leaseRenew(id: LeaseId): number | Promise<number>;
  leaseLookup(id: LeaseId): { ttlSeconds: number; remainingMs(): number; keys(): string[] } | undefined;
  downgradeEnabled(): Promise<boolean>;
  versionJson(): string;
}

const nothing = new Uint8Array(0);

/** Everything on the peer port that is not raft itself. */
export class PeerService {
  readonly #host: PeerServiceHost;
  readonly #env: Env;

  constructor(host: PeerServiceHost, env: Env) {
    this.#host = host;
    this.#env = env;
  }

  async serve(request: PeerRequest): Promise<PeerResponse> {
    const { path } = request;
    if (path === "/members") return this.#get(request, () => this.#members());
    if (path === "/members/hashkv") return this.#get(request, () => this.#hashKv(request));
    if (path === "/version")
      return this.#get(request, async () => answer(200, "application/json", this.#host.versionJson()));
    if (path === "/downgrade/enabled") return this.#get(request, () => this.#downgrade());
    if (path.startsWith("/members/promote/")) return this.#post(request, () => this.#promote(request));
    if (path === "/leases") return this.#post(request, () => this.#renew(request.body));
    if (path === "/leases/internal") return this.#post(request, () => this.#timeToLive(request.body));
    return plain(404, "404 page not found");
  }

  #get(request: PeerRequest, act: () => Promise<PeerResponse>): Promise<PeerResponse> | PeerResponse {
    return request.method === "GET" ? act() : notAllowed("GET");
  }

  #post(request: PeerRequest, act: () => Promise<PeerResponse>): Promise<PeerResponse> | PeerResponse {
    return request.method === "POST" ? act() : notAllowed("POST");
  }

  async #members(): Promise<PeerResponse> {
    return this.#own(answer(200, "application/json", `${encodeMembers(this.#host.members())}\n`));
  }

  async #promote(request: PeerRequest): Promise<PeerResponse> {
    const text = request.path.slice("/members/promote/".length);
    if (!/^[0-9]{1,20}$/.test(text) || BigInt(text) >= 1n << 64n) {
      return this.#own(plain(404, `member ${text} not found in cluster`));
    }
    const id = BigInt(text);
    try {
      await this.#host.promote(id, request.headers.authorization);
    } catch (error) {
      this.#env.logger.warn("failed to promote a member", { "member-id": hexId(id), error });
      return this.#own(this.#promotionRefused(error));
    }
    return this.#members();
  }

  #promotionRefused(error: unknown): PeerResponse {
    if (isEtcdError(error, "MemberNotFound")) return plain(404, "membership: ID not found");
    if (isEtcdError(error, "MemberNotLearner")) {
      return plain(412, "membership: can only promote a learner member");
    }
    if (isEtcdError(error, "LearnerNotReady")) return plain(412, error.message);
    if (isEtcdError(error, "Timeout")) return json(408, error.message);
    return json(500, error instanceof EtcdError ? error.message : "Internal Server Error");
  }

  async #hashKv(request: PeerRequest): Promise<PeerResponse> {
    const cluster = request.headers["x-etcd-cluster-id"];
    if (cluster !== undefined && cluster !== "" && cluster !== hexId(this.#host.clusterId)) {
      return plain(412, "cluster ID mismatch");
    }
    let revision: number;
    try {
      const said: unknown = JSON.parse(Buffer.from(request.body).toString("utf8"));
      revision = Number((said as { revision?: unknown } | null)?.revision ?? 0);
      if (!Number.isSafeInteger(revision)) throw new TypeError("revision is no integer");
    } catch (error) {
      this.#env.logger.warn("failed to unmarshal request", { error });
      return plain(400, "error unmarshalling request");
    }
    try {
      const result = await this.#host.hashKv(revision);
      // Fields as Go's encoder of the message writes them: zeros are left out.
      const fields = [
        `"header":{${result.currentRevision === 0 ? "" : `"revision":${result.currentRevision}`}}`,
        ...(result.hash === 0 ? [] : [`"hash":${result.hash}`]),
        ...(result.compactRevision === 0 ? [] : [`"compact_revision":${result.compactRevision}`]),
        ...(result.revision === 0 ? [] : [`"hash_revision":${result.revision}`]),
      ];
      return this.#own(answer(200, "application/json", `{${fields.join(",")}}`));
    } catch (error) {
      this.#env.logger.warn("failed to get hashKV", { "requested-revision": revision, error });
      if (isEtcdError(error, "Compacted")) return plain(400, "mvcc: required revision has been compacted");
      if (isEtcdError(error, "FutureRevision")) return plain(400, "mvcc: required revision is a future revision");
      return plain(400, error instanceof Error ? error.message : String(error));
    }
  }

  async #renew(body: Uint8Array): Promise<PeerResponse> {
    return this.#lease(async () => {
      const { ID } = rpc.decodeLeaseKeepAliveRequest(body);
      await this.#host.applied();
      const TTL = await this.#host.leaseRenew(ID);
      return rpc.encodeLeaseKeepAliveResponse(rpc.createLeaseKeepAliveResponse({ ID, TTL }));
    });
  }

  async #timeToLive(body: Uint8Array): Promise<PeerResponse> {
    return this.#lease(async () => {
      const request = leasepb.decodeLeaseInternalRequest(body).leaseTimeToLiveRequest;
      if (request === undefined) throw new DecodeError("Truncated", "no request");
      await this.#host.applied();
      const lease = this.#host.leaseLookup(request.ID);
      if (lease === undefined) throw EtcdError.of("LeaseNotFound");
      const leaseTimeToLiveResponse = rpc.createLeaseTimeToLiveResponse({
        header: rpc.createResponseHeader(),
        ID: request.ID,
        TTL: Math.trunc(lease.remainingMs() / 1000),
        grantedTTL: lease.ttlSeconds,
        keys: request.keys ? lease.keys().map((key) => Buffer.from(key, "latin1")) : [],
      });
      return leasepb.encodeLeaseInternalResponse({ leaseTimeToLiveResponse });
    });
  }

  async #lease(act: () => Promise<Uint8Array>): Promise<PeerResponse> {
    try {
      const body = await act();
      return { status: 200, headers: { "content-type": "application/protobuf" }, body };
    } catch (error) {
      if (error instanceof DecodeError) return plain(400, "error unmarshalling request");
      if (isEtcdError(error, "LeaseNotFound")) return plain(404, "lease not found");
      if (isEtcdError(error, "TimeoutWaitAppliedIndex")) {
        return plain(408, "waiting for node to catch up its applied index has timed out");
      }
      if (isNotPrimary(error)) return plain(400, "not a primary lessor");
      return plain(400, error instanceof Error ? error.message : String(error));
    }
  }

  async #downgrade(): Promise<PeerResponse> {
    try {
      return this.#own(answer(200, "text/plain; charset=utf-8", String(await this.#host.downgradeEnabled())));
    } catch (error) {
      return plain(500, `failed to get downgrade status: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #own(response: PeerResponse): PeerResponse {
    return { ...response, headers: { ...response.headers, "x-etcd-cluster-id": hexId(this.#host.clusterId) } };
  }
}

function answer(status: number, type: string, text: string): PeerResponse {
  return { status, headers: { "content-type": type }, body: text === "" ? nothing : Buffer.from(text) };
}

function plain(status: number, text: string): PeerResponse {
  return answer(status, "text/plain; charset=utf-8", `${text}\n`);
}

function json(status: number, message: string): PeerResponse {
  return answer(status, "application/json", JSON.stringify({ message }));
}

function notAllowed(allow: string): PeerResponse {
  const refused = plain(405, "Method Not Allowed");
  return { ...refused, headers: { ...refused.headers, allow } };
}
