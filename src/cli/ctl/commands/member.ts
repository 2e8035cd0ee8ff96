import { messageOf } from "../../../base/index.ts";
import { parseUrls } from "../../../node/config/index.ts";
import { rpc } from "../../../wire/proto/index.ts";
import { ExitCode, fail, type Io } from "../../command/io.ts";
import { parseInteger, quote } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { limitOf, open } from "../session.ts";
import { isSerializable } from "./kv.ts";

export async function add(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length < 1) fail(io, ExitCode.BadArgs, "member name not provided");
  if (args.length > 1) {
    const hints = args
      .filter((arg) => arg.toLowerCase().startsWith("http"))
      .map((url) => `, did you mean --peer-urls=${url}`);
    fail(io, ExitCode.BadArgs, `too many arguments${hints.join("")}`);
  }
  const name = args[0]!;
  const peerUrls = flags.string("peer-urls");
  if (peerUrls === "") fail(io, ExitCode.BadArgs, "member peer urls not provided");
  const { session, display } = await open(call);
  let answer: rpc.MemberAddResponse;
  try {
    const peerURLs = checkedUrls(peerUrls);
    const request = { peerURLs, isLearner: flags.bool("learner") };
    answer = await session.call(
      "Cluster/MemberAdd",
      [rpc.MemberAddRequest, request],
      rpc.MemberAddResponse,
      limitOf(call),
    );
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  await display.show({ kind: "memberAdd", answer });
  if (display.format !== "simple") return;
  const cluster = answer.members.flatMap((member) =>
    member.peerURLs.map((url) => `${member.ID === answer.member?.ID ? name : member.name}=${url}`),
  );
  io.out(`\nETCD_NAME=${quote(name)}\n`);
  io.out(`ETCD_INITIAL_CLUSTER=${quote(cluster.join(","))}\n`);
  io.out(`ETCD_INITIAL_ADVERTISE_PEER_URLS=${quote(peerUrls)}\n`);
  io.out('ETCD_INITIAL_CLUSTER_STATE="existing"\n');
}

export async function remove(call: Invocation): Promise<void> {
  const id = memberId(call);
  const { session, display } = await open(call);
  let answer: rpc.MemberRemoveResponse;
  try {
    answer = await session.call(
      "Cluster/MemberRemove",
      [rpc.MemberRemoveRequest, { ID: id }],
      rpc.MemberRemoveResponse,
      limitOf(call),
    );
  } catch (error) {
    fail(call.io, ExitCode.Error, error);
  }
  await display.show({ kind: "memberRemove", answer, id });
}

export async function update(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const id = memberId(call);
  const peerUrls = flags.string("peer-urls");
  if (peerUrls === "") fail(io, ExitCode.BadArgs, "member peer urls not provided");
  const { session, display } = await open(call);
  let answer: rpc.MemberUpdateResponse;
  try {
    const request = { ID: id, peerURLs: checkedUrls(peerUrls) };
    answer = await session.call(
      "Cluster/MemberUpdate",
      [rpc.MemberUpdateRequest, request],
      rpc.MemberUpdateResponse,
      limitOf(call),
    );
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  await display.show({ kind: "memberUpdate", answer, id });
}

export async function list(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const linearizable = !isSerializable(io, flags.string("consistency"));
  const { session, display } = await open(call);
  let answer: rpc.MemberListResponse;
  try {
    answer = await session.call(
      "Cluster/MemberList",
      [rpc.MemberListRequest, { linearizable }],
      rpc.MemberListResponse,
      {
        repeatable: true,
        ...limitOf(call),
      },
    );
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  await display.show({ kind: "memberList", answer });
}

export async function promote(call: Invocation): Promise<void> {
  const id = memberId(call);
  const { session, display } = await open(call);
  let answer: rpc.MemberPromoteResponse;
  try {
    answer = await session.call(
      "Cluster/MemberPromote",
      [rpc.MemberPromoteRequest, { ID: id }],
      rpc.MemberPromoteResponse,
      limitOf(call),
    );
  } catch (error) {
    fail(call.io, ExitCode.Error, error);
  }
  await display.show({ kind: "memberPromote", answer, id });
}

function memberId({ io, args }: Invocation): bigint {
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "member ID is not provided");
  return parseMemberId(io, args[0]!);
}

function parseMemberId(io: Io, text: string): bigint {
  try {
    return parseInteger(text, 16, false);
  } catch (problem) {
    fail(io, ExitCode.BadArgs, `bad member ID arg (${messageOf(problem)}), expecting ID in Hex`);
  }
}

/** Peer URLs as they were given, once each is one that etcd takes. Throws with etcd's reason. */
function checkedUrls(list: string): string[] {
  parseUrls(list);
  return list.split(",");
}
