import { type CancelSignal, type ClusterId, type Env, EtcdError, type LeaseId, type MemberId } from "../base/index.ts";
import { decodeMembers, type Member as MemberInfo } from "../state/membership/index.ts";
import { DecodeError, lease as leasepb, rpc } from "../wire/proto/index.ts";
import type { PeerRequest, PeerResponse, Transport } from "./peer/index.ts";

/** What a member says of itself on `/version`. */
export interface RemoteVersions {
  readonly server: string | undefined;
  readonly cluster: string | undefined;
}

/** A hash of a peer's keys. */
export interface RemoteHash {
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
  /** The peer's current revision. */
  readonly revision: number;
}

const nothing = new Uint8Array(0);

function get(path: string, headers: Readonly<Record<string, string>> = {}): PeerRequest {
  return { method: "GET", path, headers, body: nothing };
}

function textOf(response: PeerResponse): string {
  return Buffer.from(response.body).toString("utf8");
}

/** A peer answered, and what it says is of no kind that is known. */
export class PeerRefusal extends Error {
  override readonly name = "PeerRefusal";
}

/** What members ask each other besides raft: one request each, on the peer port. */
export class Remote {
  readonly #transport: Transport;
  readonly #env: Env;

  constructor(transport: Transport, env: Env) {
    this.#transport = transport;
    this.#env = env;
  }

  /**
   * The cluster as the first of `urls` that answers knows it.
   * @throws Error when none does
   */
  async cluster(
    urls: readonly string[],
    timeoutMs: number,
    quiet = false,
  ): Promise<{ members: MemberInfo[]; clusterId: ClusterId }> {
    for (const url of urls) {
      const address = `${url}/members`;
      try {
        const answer = await this.#transport.request(url, get("/members"), timeoutMs);
        const id = answer.headers["x-etcd-cluster-id"];
        if (answer.status !== 200) throw new Error(`status ${answer.status}`);
        if (id === undefined || !/^[0-9a-f]{1,16}$/i.test(id)) throw new Error("the answer names no cluster ID");
        const members = decodeMembers(textOf(answer));
        if (members.length > 0) return { members, clusterId: BigInt(`0x${id}`) };
        throw new Error("failed to get raft cluster member(s) from the given URLs");
      } catch (error) {
        if (!quiet) this.#env.logger.warn("failed to get cluster response", { address, error });
      }
    }
    throw new Error("could not retrieve cluster information from the given URLs");
  }

  /** Versions of a member; undefined when it does not answer. */
  async versions(member: MemberInfo, timeoutMs: number): Promise<RemoteVersions | undefined> {
    for (const url of member.peerURLs) {
      try {
        const answer = await this.#transport.request(url, get("/version"), timeoutMs);
        const said = JSON.parse(textOf(answer)) as { etcdserver?: unknown; etcdcluster?: unknown };
        return { server: text(said.etcdserver), cluster: text(said.etcdcluster) };
      } catch (error) {
        this.#env.logger.warn("failed to reach the peer URL", { address: `${url}/version`, error });
      }
    }
    return undefined;
  }

  /** Whether the cluster is being downgraded, by the first member that knows. */
  async downgradeEnabled(members: readonly MemberInfo[], timeoutMs: number): Promise<boolean> {
    for (const url of members.flatMap((member) => member.peerURLs)) {
      try {
        const answer = await this.#transport.request(url, get("/downgrade/enabled"), timeoutMs);
        const said = textOf(answer).trim();
        if (answer.status === 200 && (said === "true" || said === "false")) return said === "true";
      } catch (error) {
        this.#env.logger.warn("failed to get downgrade enabled status", { address: url, error });
      }
    }
    return false;
  }

  /** @throws EtcdError Compacted, FutureRevision, ClusterIdMismatch-like texts; Error when unreachable */
  async hashKv(member: MemberInfo, clusterId: string, revision: number, timeoutMs: number): Promise<RemoteHash> {
    let last: unknown = new Error("the member has no peer URL");
    for (const url of member.peerURLs) {
      try {
        const answer = await this.#transport.request(
          url,
          {
            method: "GET",
            path: "/members/hashkv",
            headers: { "content-type": "application/json", "x-etcd-cluster-id": clusterId },
            body: Buffer.from(JSON.stringify({ revision })),
          },
          timeoutMs,
        );
        const body = textOf(answer);
        if (answer.status !== 200) {
          if (body.includes("required revision has been compacted")) throw EtcdError.of("Compacted");
          if (body.includes("required revision is a future revision")) throw EtcdError.of("FutureRevision");
          throw new Error(`unknown error: ${body.trim()}`);
        }
        const said = JSON.parse(body) as Record<string, unknown>;
        const header = (said.header ?? {}) as Record<string, unknown>;
        return {
          hash: count(said.hash),
          compactRevision: count(said.compact_revision),
          hashRevision: count(said.hash_revision),
          revision: count(header.revision),
        };
      } catch (error) {
        last = error;
        this.#env.logger.warn("failed hash kv request", { "remote-peer-endpoint": url, error });
      }
    }
    throw last;
  }

  /** The same of several members at once; who could not be asked has an error. */
  hashKvs(
    members: readonly MemberInfo[],
    clusterId: string,
    revision: number,
    timeoutMs: number,
  ): Promise<{ id: MemberId; hash: RemoteHash | undefined; error: unknown }[]> {
    return Promise.all(
      members.map((member) =>
        this.hashKv(member, clusterId, revision, timeoutMs).then(
          (hash) => ({ id: member.id, hash, error: undefined }),
          (error: unknown) => ({ id: member.id, hash: undefined, error }),
        ),
      ),
    );
  }

  /** Renews at the leader. @throws EtcdError LeaseNotFound; Error when it could not be asked */
  async leaseRenew(url: string, id: LeaseId, timeoutMs: number, signal: CancelSignal): Promise<number> {
    const body = rpc.encodeLeaseKeepAliveRequest({ ID: id });
    const answer = await this.#lease(url, "/leases", body, timeoutMs, signal);
    return rpc.decodeLeaseKeepAliveResponse(answer).TTL;
  }

  /** @throws EtcdError LeaseNotFound; Error when it could not be asked */
  async leaseTimeToLive(
    url: string,
    request: rpc.LeaseTimeToLiveRequest,
    timeoutMs: number,
    signal: CancelSignal,
  ): Promise<rpc.LeaseTimeToLiveResponse> {
    const body = leasepb.encodeLeaseInternalRequest({ leaseTimeToLiveRequest: request });
    const said = await this.#lease(url, "/leases/internal", body, timeoutMs, signal);
    const answer = leasepb.decodeLeaseInternalResponse(said);
    if (answer.leaseTimeToLiveResponse === undefined)
      throw new DecodeError("Truncated", "an empty answer about a lease");
    return answer.leaseTimeToLiveResponse;
  }

  async #lease(
    url: string,
    path: string,
    body: Uint8Array,
    timeoutMs: number,
    signal: CancelSignal,
  ): Promise<Uint8Array> {
    const request: PeerRequest = { method: "POST", path, headers: { "content-type": "application/protobuf" }, body };
    const answer = await this.#transport.request(url, request, timeoutMs, signal);
    if (answer.status === 200) return answer.body;
    if (answer.status === 404) throw EtcdError.of("LeaseNotFound");
    throw new Error(`lease: status ${answer.status}: ${textOf(answer).trim()}`);
  }

  /**
   * Promotes by the leader. `token`: of the client that asked, since the leader checks who it is.
   * @throws EtcdError what the leader says; PeerRefusal when it says no more than that it failed; Error when it could not be asked
   */
  async promote(
    url: string,
    id: MemberId,
    token: string | undefined,
    timeoutMs: number,
    signal: CancelSignal,
  ): Promise<void> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: token };
    const request: PeerRequest = { method: "POST", path: `/members/promote/${id}`, headers, body: nothing };
    const answer = await this.#transport.request(url, request, timeoutMs, signal);
    if (answer.status === 200) return;
    const said = textOf(answer);
    if (answer.status === 408) throw EtcdError.of("Timeout");
    if (answer.status === 404) throw EtcdError.of("MemberNotFound");
    if (answer.status === 412) {
      if (said.includes("can only promote a learner member which is in sync with leader")) {
        throw EtcdError.of("LearnerNotReady");
      }
      if (said.includes("can only promote a learner member")) throw EtcdError.of("MemberNotLearner");
    }
    const known = EtcdError.ofText(messageOf(said));
    if (known !== undefined) throw known;
    throw new PeerRefusal(`member promote: unknown error(${said})`);
  }
}

/** The text of an error as etcd's peer port gives it: `{"message":"…"}`. */
function messageOf(body: string): string {
  try {
    return text((JSON.parse(body) as { message?: unknown } | null)?.message) ?? "";
  } catch {
    return body.trim();
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function count(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}
