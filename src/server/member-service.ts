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
import { rpc } from "../wire/proto/index.ts";
import { askLeader } from "./ask-leader.ts";
import type { Core } from "./core.ts";
import { noTransport } from "./peer/index.ts";
import { peerURLsOf } from "./peer-urls.ts";

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

  async promote(request: rpc.MemberPromoteRequest, token?: string): Promise<rpc.MemberPromoteResponse> {
    const { leadership, remote } = this.#core;
    if (leadership.isLeader) await this.promoteHere(request.ID);
    else {
      // Only the leader knows how far a learner has come.
      await askLeader(
        this.#core,
        (url, timeoutMs) => remote.promote(url, request.ID, token, timeoutMs),
        (error) =>
          isEtcdError(error, "MemberNotFound") ||
          isEtcdError(error, "MemberNotLearner") ||
          isEtcdError(error, "LearnerNotReady"),
      );
      // What the leader has done is to be seen in our answer.
      await this.#core.linearizable();
    }
    return rpc.createMemberPromoteResponse(this.#answer());
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
