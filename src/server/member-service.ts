import { Code, type Counter, EtcdError, isEtcdError, type MemberId } from "../base/index.ts";
import { ConfChangeType } from "../raft/index.ts";
import {
  encodeChangeContext,
  encodePromotion,
  learnerReady,
  type Member as MemberInfo,
  mayAdd,
  mayPromote,
  mayRemove,
  newMember,
} from "../state/membership/index.ts";
import { internal, rpc } from "../wire/proto/index.ts";
import { askLeader, retryMs } from "./ask-leader.ts";
import type { Core } from "./core.ts";
import { noTransport } from "./peer/index.ts";
import { peerURLsOf } from "./peer-urls.ts";
import { PeerRefusal } from "./remote.ts";
import { requestTimeoutMs } from "./timeouts.ts";
import type { Principal } from "./types.ts";

/** Errors of a leader that the next leader, or the same one a moment later, may not give. */
const passing: ReadonlySet<string> = new Set([
  "LeaderChanged",
  "NoLeader",
  "NotLeader",
  "Stopped",
  "Timeout",
  "TimeoutDueToConnectionLost",
  "TimeoutDueToLeaderFail",
  "TimeoutWaitAppliedIndex",
]);
/** An etcd leader gives most errors without a reason. The reason may be temporary, so the leader is asked this often. */
const refusalsMax = 4;
/** For this long after its election a leader may not know the progress of its learners. */
const newLeaderMs = 1000;

type Needs = Pick<
  Core,
  | "memberId"
  | "options"
  | "env"
  | "life"
  | "node"
  | "leadership"
  | "state"
  | "proposer"
  | "transport"
  | "connections"
  | "remote"
  | "linearizable"
  | "header"
>;

/** Changes of the cluster's members: what is checked before they are proposed, and what is answered. */
export class MemberService {
  readonly #core: Needs;
  readonly #promotions: Counter;
  readonly #promotionsFailed: Counter;

  constructor(core: Needs) {
    this.#core = core;
    const { metrics } = core.env;
    this.#promotions = metrics.counter({
      name: "etcd_server_learner_promote_successes",
      help: "The total number of successful learner promotions while this member is leader.",
    });
    this.#promotionsFailed = metrics.counter({
      name: "etcd_server_learner_promote_failures",
      help: "The total number of failed learner promotions (likely learner not ready) while this member is leader.",
      labels: ["failure"],
    });
  }

  async list(request: rpc.MemberListRequest): Promise<rpc.MemberListResponse> {
    if (request.linearizable) await this.#core.linearizable();
    return rpc.createMemberListResponse(this.#answer());
  }

  async add(request: rpc.MemberAddRequest): Promise<rpc.MemberAddResponse> {
    const { options, env, state, connections, transport, proposer } = this.#core;
    const peerURLs = peerURLsOf(request.peerURLs);
    if (transport === noTransport) throw noPeers();
    const member = newMember(options.sha1, peerURLs, env.clock.wallMs(), { isLearner: request.isLearner });
    this.#strict(() => mayAdd(state.membership.votingMembers(), request.isLearner, connections.healthyVoters()));
    await proposer.proposeConfChange({
      type: request.isLearner ? ConfChangeType.ConfChangeAddLearnerNode : ConfChangeType.ConfChangeAddNode,
      nodeId: member.id,
      context: encodeChangeContext(member),
    });
    return rpc.createMemberAddResponse({ ...this.#answer(), member: messageOf(member) });
  }

  async remove(request: rpc.MemberRemoveRequest): Promise<rpc.MemberRemoveResponse> {
    const { memberId, state, connections, proposer } = this.#core;
    const member = state.membership.member(request.ID);
    if (member !== undefined) {
      const target = {
        id: request.ID,
        isSelf: request.ID === memberId,
        isLearner: member.isLearner,
        active: connections.isActive(request.ID),
      };
      this.#strict(() => mayRemove(state.membership.votingMembers(), target, connections.healthyVoters()));
    }
    await proposer.proposeConfChange({
      type: ConfChangeType.ConfChangeRemoveNode,
      nodeId: request.ID,
      context: new Uint8Array(0),
    });
    return rpc.createMemberRemoveResponse(this.#answer());
  }

  async update(request: rpc.MemberUpdateRequest): Promise<rpc.MemberUpdateResponse> {
    const { state, proposer } = this.#core;
    const known = state.membership.member(request.ID);
    const member: MemberInfo = {
      id: request.ID,
      name: "",
      peerURLs: [...request.peerURLs],
      clientURLs: [],
      isLearner: known?.isLearner ?? false,
    };
    await proposer.proposeConfChange({
      type: ConfChangeType.ConfChangeUpdateNode,
      nodeId: request.ID,
      context: encodeChangeContext(member),
    });
    return rpc.createMemberUpdateResponse(this.#answer());
  }

  /**
   * `token`: the caller's, passed on when another member leads. A caller without one, named by a client certificate (`by`), gets a token for
   * this call.
   */
  async promote(request: rpc.MemberPromoteRequest, token?: string, by?: Principal): Promise<rpc.MemberPromoteResponse> {
    const { leadership, options, env } = this.#core;
    const endMs = env.clock.monotonicMs() + requestTimeoutMs(options.electionMs);
    if (!leadership.isLeader && token === undefined && by !== undefined) token = await this.#tokenOf(by);
    for (;;) {
      try {
        if (leadership.isLeader) await this.promoteHere(request.ID);
        else await this.#promoteByLeader(request.ID, token, endMs);
        break;
      } catch (error) {
        const moved = isEtcdError(error, "LeaderChanged") || isEtcdError(error, "NotLeader");
        if (!moved) throw error;
        if (env.clock.monotonicMs() + retryMs >= endMs) throw EtcdError.of("Timeout");
        await new Promise<void>((resolve) => env.scheduler.after(retryMs, resolve));
      }
    }
    return rpc.createMemberPromoteResponse(this.#answer());
  }

  /** Only the leader knows how far a learner has come. */
  async #promoteByLeader(id: MemberId, token: string | undefined, endMs: number): Promise<void> {
    const { state, remote, leadership } = this.#core;
    const wasLearner = state.membership.member(id)?.isLearner === true;
    let asked = 0;
    let refusals = 0;
    try {
      await askLeader(
        this.#core,
        (url, timeoutMs, signal) => {
          asked++;
          return remote.promote(url, id, token, timeoutMs, signal);
        },
        // A refusal is final unless its reason is temporary.
        (error) => {
          if (error instanceof PeerRefusal) return ++refusals >= refusalsMax;
          // A new leader has not heard of the learner's progress yet.
          if (isEtcdError(error, "LearnerNotReady") && leadership.ledForMs < newLeaderMs) return false;
          return isEtcdError(error) && !passing.has(error.key ?? "");
        },
        endMs,
      );
    } catch (error) {
      if (error instanceof PeerRefusal) throw EtcdError.raw(Code.Unknown, error.message);
      // An earlier leader promoted it, and its answer was lost.
      if (!(wasLearner && asked > 1 && isEtcdError(error, "MemberNotLearner"))) throw error;
    }
    // The answer must show what the leader has done.
    await this.#core.linearizable();
  }

  /**
   * A token for a user whom this member knows by a client certificate, which the leader does not see. Undefined for a user without a password,
   * who cannot have a token: the leader then refuses with UserEmpty.
   */
  async #tokenOf({ username }: Principal): Promise<string | undefined> {
    const { state, env, proposer } = this.#core;
    try {
      const value = internal.createInternalAuthenticateRequest({
        name: username,
        simpleToken: state.auth.tokenPrefix(),
      });
      return (await proposer.propose<rpc.AuthenticateResponse>({ kind: "authenticate", value })).token;
    } catch (error) {
      env.logger.warn("no token for a user named by certificate; only the leader itself can promote for them", {
        "user-name": username,
        error,
      });
      return undefined;
    }
  }

  /** Promotes as the leader. @throws EtcdError MemberNotFound, NotLeader, MemberNotLearner, LearnerNotReady */
  async promoteHere(id: MemberId): Promise<void> {
    const { memberId, node, leadership, state, proposer } = this.#core;
    const member = state.membership.member(id);
    if (member === undefined) throw EtcdError.of("MemberNotFound");
    if (!leadership.isLeader) throw EtcdError.of("NotLeader");
    try {
      const { progress } = node.status();
      const refused = learnerReady(progress.get(id)?.match, progress.get(memberId)?.match ?? 0);
      if (refused !== undefined && member.isLearner) throw refused;
      if (!member.isLearner) throw EtcdError.of("MemberNotLearner");
      this.#strict(() => mayPromote(state.membership.votingMembers()));
      await proposer.proposeConfChange({
        type: ConfChangeType.ConfChangeAddNode,
        nodeId: id,
        context: encodePromotion(id),
      });
    } catch (error) {
      this.#promotionsFailed.with(error instanceof Error ? error.message : String(error)).inc();
      throw error;
    }
    this.#promotions.inc();
  }

  #strict(check: () => EtcdError | undefined): void {
    if (!this.#core.options.strictReconfigCheck) return;
    const refused = check();
    if (refused !== undefined) throw refused;
  }

  /** Answers about members leave the revision out, as etcd's do. */
  #answer(): { header: rpc.ResponseHeader; members: rpc.Member[] } {
    return { header: this.#core.header(0), members: this.#core.state.membership.members().map(messageOf) };
  }
}

function messageOf(member: MemberInfo): rpc.Member {
  return rpc.createMember({
    ID: member.id,
    name: member.name,
    peerURLs: [...member.peerURLs],
    clientURLs: [...member.clientURLs],
    isLearner: member.isLearner,
  });
}

function noPeers(): EtcdError {
  return EtcdError.raw(
    Code.Unimplemented,
    "quorate: this member was started without a peer address; its cluster cannot grow beyond one member",
  );
}
