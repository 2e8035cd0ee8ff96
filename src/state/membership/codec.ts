import { type MemberId, utf8, utf8String } from "../../base/index.ts";
import { MembershipError } from "./errors.ts";
import { type Json, jsonString, jsonStrings, parseJson } from "./json.ts";
import type { ConfChangeContext, DowngradeInfo, Member } from "./types.ts";

/** A row of bucket `members`, the context of an added or updated member, an item of `/members`. */
export function encodeMember(member: Member): string {
  return `{${memberFields(member, jsonStrings(member.peerURLs))}}`;
}

/** Context of the AddNode change that promotes `id`. */
export function encodePromotion(id: MemberId): Uint8Array {
  return utf8(`{"id":${id},"peerURLs":null,"isPromote":true}`);
}

/** Context of a change that adds a member, or gives a known one new peer URLs. */
export function encodeChangeContext(member: Member): Uint8Array {
  return utf8(encodeMember(member));
}

/** Body of the peers' `/members`. */
export function encodeMembers(members: readonly Member[]): string {
  return `[${members.map(encodeMember).join(",")}]`;
}

/** Inner documents of the v2 tree in a `.snap` file. */
export function encodeRaftAttributes(member: Pick<Member, "peerURLs" | "isLearner">): string {
  return `{"peerURLs":${jsonStrings(member.peerURLs)}${member.isLearner ? ',"isLearner":true' : ""}}`;
}

export function encodeAttributes(member: Pick<Member, "name" | "clientURLs">): string {
  return `{${attributeFields(member).join(",")}}`;
}

function memberFields(member: Member, peerURLs: string): string {
  const fields = [`"id":${member.id}`, `"peerURLs":${peerURLs}`];
  if (member.isLearner) fields.push('"isLearner":true');
  return [...fields, ...attributeFields(member)].join(",");
}

function attributeFields(member: Pick<Member, "name" | "clientURLs">): string[] {
  const fields: string[] = [];
  if (member.name !== "") fields.push(`"name":${jsonString(member.name)}`);
  if (member.clientURLs.length > 0) fields.push(`"clientURLs":${jsonStrings(member.clientURLs)}`);
  return fields;
}

/** @throws MembershipError BadJson, BadMember */
export function decodeMember(text: string): Member {
  return memberOf(parseJson(text));
}

/** @throws MembershipError BadJson, BadMember */
export function decodeMembers(text: string): Member[] {
  const list = parseJson(text);
  if (list === null) return [];
  if (!Array.isArray(list)) throw new MembershipError("BadMember", "a list of members expected");
  return list.map(memberOf);
}

/** @throws MembershipError BadJson, BadMember */
export function decodeChangeContext(context: Uint8Array): ConfChangeContext {
  const document = parseJson(utf8String(context));
  return { member: memberOf(document), isPromote: field(document, "isPromote") === true };
}

export function encodeDowngrade(info: DowngradeInfo): Uint8Array {
  return utf8(`{"target-version":${jsonString(info.targetVersion)},"enabled":${info.enabled}}`);
}

/** @throws MembershipError BadJson, BadCluster */
export function decodeDowngrade(bytes: Uint8Array): DowngradeInfo {
  const document = parseJson(utf8String(bytes));
  const targetVersion = field(document, "target-version") ?? "";
  if (typeof targetVersion !== "string") throw new MembershipError("BadCluster", "downgrade target is no text");
  return { targetVersion, enabled: field(document, "enabled") === true };
}

function memberOf(document: Json): Member {
  const id = field(document, "id");
  if (typeof id !== "bigint" || id < 0n || id > 0xffff_ffff_ffff_ffffn) {
    throw new MembershipError("BadMember", "member id is no 64-bit number");
  }
  const name = field(document, "name") ?? "";
  if (typeof name !== "string") throw new MembershipError("BadMember", "member name is no text");
  return {
    id,
    name,
    peerURLs: strings(document, "peerURLs"),
    clientURLs: strings(document, "clientURLs"),
    isLearner: field(document, "isLearner") === true,
  };
}

function field(document: Json, name: string): Json | undefined {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new MembershipError("BadMember", "a JSON object expected");
  }
  return (document as { readonly [key: string]: Json })[name];
}

function strings(document: Json, name: string): string[] {
  const list = field(document, name) ?? [];
  if (!Array.isArray(list) || !list.every((item) => typeof item === "string")) {
    throw new MembershipError("BadMember", `${name} is no list of texts`);
  }
  return list as string[];
}
