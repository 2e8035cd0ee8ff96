import { checkGiven, everyOf, isText, type Kind, kinds } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { Connection } from "./connection.ts";
import { checkCall, none, type RequestOptions, withRequest } from "./options.ts";

/**
 * A member as the cluster knows it.
 *
 * @example
 * for (const member of await client.members()) console.log(member.id.toString(16), member.name, member.clientUrls);
 */
export interface MemberInfo {
  readonly id: bigint;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  /** Receives the log and does not vote. */
  readonly learner: boolean;
}

const listShape = withRequest({ serializable: kinds.flag });
const addShape = withRequest({ learner: kinds.flag });
const urlsKind: Kind = {
  wanted: "a URL or an array of URLs",
  holds: (value) => isText(value) || (Array.isArray(value) && value.length > 0 && everyOf(value, isText)),
};

/**
 * The members of the cluster. Reached as `client.cluster`.
 *
 * @example
 * const added = await client.cluster.add("http://10.0.0.4:2380", { learner: true });
 * console.log((await client.cluster.members()).length);
 * await client.cluster.remove(added.id);
 */
export class Cluster {
  readonly #connection: Connection;

  /** Made by the client. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** All members. `serializable`: as the asked member knows them, without a majority. */
  async members(
    options: { readonly serializable?: boolean | undefined } & RequestOptions = none,
  ): Promise<MemberInfo[]> {
    checkCall("cluster.members", options, listShape);
    const request = rpc.encodeMemberListRequest({ linearizable: options.serializable !== true });
    const answer = await this.#connection.call("/etcdserverpb.Cluster/MemberList", request, true, options);
    return rpc.decodeMemberListResponse(answer).members.map(memberInfo);
  }

  /** Adds a member that will be reached by its peers at these URLs; it has to be started next. `learner`: without a vote at first. */
  async add(
    peerUrls: string | readonly string[],
    options: { readonly learner?: boolean | undefined } & RequestOptions = none,
  ): Promise<MemberInfo> {
    checkGiven("cluster.add", "peerUrls", peerUrls, urlsKind);
    checkCall("cluster.add", options, addShape);
    const request = rpc.encodeMemberAddRequest({ peerURLs: urls(peerUrls), isLearner: options.learner ?? false });
    const answer = await this.#connection.call("/etcdserverpb.Cluster/MemberAdd", request, false, options);
    return memberInfo(rpc.decodeMemberAddResponse(answer).member ?? rpc.createMember());
  }

  /** Gives a learner its vote. Refused until it has nearly all of the log. */
  async promote(id: bigint, options: RequestOptions = none): Promise<MemberInfo[]> {
    checkGiven("cluster.promote", "id", id, kinds.uint64);
    checkCall("cluster.promote", options);
    const request = rpc.encodeMemberPromoteRequest({ ID: id });
    const answer = await this.#connection.call("/etcdserverpb.Cluster/MemberPromote", request, false, options);
    return rpc.decodeMemberPromoteResponse(answer).members.map(memberInfo);
  }

  /** Changes where a member is reached by its peers. */
  async update(
    id: bigint,
    peerUrls: string | readonly string[],
    options: RequestOptions = none,
  ): Promise<MemberInfo[]> {
    checkGiven("cluster.update", "id", id, kinds.uint64);
    checkGiven("cluster.update", "peerUrls", peerUrls, urlsKind);
    checkCall("cluster.update", options);
    const request = rpc.encodeMemberUpdateRequest({ ID: id, peerURLs: urls(peerUrls) });
    const answer = await this.#connection.call("/etcdserverpb.Cluster/MemberUpdate", request, false, options);
    return rpc.decodeMemberUpdateResponse(answer).members.map(memberInfo);
  }

  /** Removes a member for good: its id never comes back. Resolves to the members that are left. */
  async remove(id: bigint, options: RequestOptions = none): Promise<MemberInfo[]> {
    checkGiven("cluster.remove", "id", id, kinds.uint64);
    checkCall("cluster.remove", options);
    const request = rpc.encodeMemberRemoveRequest({ ID: id });
    const answer = await this.#connection.call("/etcdserverpb.Cluster/MemberRemove", request, false, options);
    return rpc.decodeMemberRemoveResponse(answer).members.map(memberInfo);
  }
}

function urls(given: string | readonly string[]): string[] {
  return typeof given === "string" ? given.split(",") : [...given];
}

function memberInfo(member: rpc.Member): MemberInfo {
  return {
    id: member.ID,
    name: member.name,
    peerUrls: member.peerURLs,
    clientUrls: member.clientURLs,
    learner: member.isLearner,
  };
}
