import { kv, rpc } from "../../../wire/proto/index.ts";
import type { Io } from "../../command/io.ts";
import type { Answer } from "../display.ts";
import { headerMembers, type Json, jsonArray, jsonHeader, jsonMessage, jsonObject, jsonString } from "../go-json.ts";
import { answerCodecs } from "./codecs.ts";

/** One line of JSON, as Go prints the client's structures. */
export function json(_io: Io, shown: Answer, hex: boolean): string {
  return `${jsonOf(shown, hex)}\n`;
}

function jsonOf(shown: Answer, hex: boolean): Json {
  switch (shown.kind) {
    case "txn":
      return txnJson(shown.answer);
    case "watch": {
      const { header, events, compactRevision, canceled, created, cancelReason } = shown.answer;
      return jsonObject([
        ["Header", jsonHeader(header)],
        [
          "Events",
          events.length === 0 ? "null" : jsonArray(events.map((event) => jsonMessage(kv.Event, kv.decodeEvent(event)))),
        ],
        ["CompactRevision", String(compactRevision)],
        ["Canceled", String(canceled)],
        ["Created", String(created)],
        ["CancelReason", jsonString(cancelReason)],
      ]);
    }
    case "leaseGrant": {
      const { header, ID, TTL, error } = shown.answer;
      return jsonObject([
        ...headerMembers(header),
        ["ID", String(ID)],
        ["TTL", String(TTL)],
        ["Error", jsonString(error)],
      ]);
    }
    case "leaseKeepAlive": {
      const { header, ID, TTL } = shown.answer;
      return jsonObject([...headerMembers(header), ["ID", String(ID)], ["TTL", String(TTL)]]);
    }
    case "leaseTimeToLive": {
      const { header, ID, TTL, grantedTTL, keys } = shown.answer;
      const encoded = keys.map((key) => `"${Buffer.from(key).toString("base64")}"`);
      return jsonObject([
        ...headerMembers(header),
        ["id", String(ID)],
        ["ttl", String(TTL)],
        ["granted-ttl", String(grantedTTL)],
        ["keys", keys.length === 0 ? "null" : jsonArray(encoded)],
      ]);
    }
    case "leases": {
      const { header, leases } = shown.answer;
      return jsonObject([
        ...headerMembers(header),
        ["leases", jsonArray(leases.map((lease) => jsonObject([["id", String(lease.ID)]])))],
      ]);
    }
    case "memberAdd":
      if (!hex) break;
      return jsonObject([
        ["header", hexHeader(shown.answer.header)],
        ["member", shown.answer.member === undefined ? "null" : hexMember(shown.answer.member)],
        ["members", jsonArray(shown.answer.members.map(hexMember))],
      ]);
    case "memberRemove":
    case "memberUpdate":
    case "memberPromote":
    case "memberList":
      if (!hex) break;
      return jsonObject([
        ["header", hexHeader(shown.answer.header)],
        ["members", jsonArray(shown.answer.members.map(hexMember))],
      ]);
    case "endpointHealth":
      return jsonArray(
        shown.answer.map(({ endpoint, health, took, error }) =>
          jsonObject([
            ["endpoint", jsonString(endpoint)],
            ["health", String(health)],
            ["took", jsonString(took)],
            ["error", error === "" ? undefined : jsonString(error)],
          ]),
        ),
      );
    case "endpointStatus":
      return perEndpoint(shown.answer, "Status", (answer) => jsonMessage(rpc.StatusResponse, answer));
    case "endpointHashKv":
      return perEndpoint(shown.answer, "HashKV", (answer) => jsonMessage(rpc.HashKVResponse, answer));
    default:
  }
  return jsonMessage(answerCodecs[shown.kind], shown.answer);
}

function perEndpoint<A>(
  answers: readonly { readonly endpoint: string; readonly answer: A }[],
  name: string,
  one: (answer: A) => Json,
): Json {
  if (answers.length === 0) return "null";
  return jsonArray(
    answers.map(({ endpoint, answer }) =>
      jsonObject([
        ["Endpoint", jsonString(endpoint)],
        [name, one(answer)],
      ]),
    ),
  );
}

function txnJson(answer: rpc.TxnResponse): Json {
  return jsonObject([
    ["header", answer.header === undefined ? undefined : jsonHeader(answer.header)],
    ["succeeded", answer.succeeded ? "true" : undefined],
    ["responses", answer.responses.length === 0 ? undefined : jsonArray(answer.responses.map(operationJson))],
  ]);
}

function operationJson({ response }: rpc.ResponseOp): Json {
  const inner = (name: string, value: Json) => jsonObject([["Response", jsonObject([[name, value]])]]);
  switch (response.case) {
    case "responseRange":
      return inner("response_range", jsonMessage(rpc.RangeResponse, response.value));
    case "responsePut":
      return inner("response_put", jsonMessage(rpc.PutResponse, response.value));
    case "responseDeleteRange":
      return inner("response_delete_range", jsonMessage(rpc.DeleteRangeResponse, response.value));
    case "responseTxn":
      return inner("response_txn", txnJson(response.value));
    default:
      return `{"Response":{}}`;
  }
}

function hexHeader(header: rpc.ResponseHeader | undefined): Json {
  if (header === undefined) return "null";
  return jsonObject([
    ["cluster_id", jsonString(header.clusterId.toString(16))],
    ["member_id", jsonString(header.memberId.toString(16))],
    ["revision", header.revision === 0 ? undefined : String(header.revision)],
    ["raft_term", header.raftTerm === 0 ? undefined : String(header.raftTerm)],
  ]);
}

function hexMember(member: rpc.Member): Json {
  const urls = (list: readonly string[]) =>
    list.length === 0 ? undefined : jsonArray(list.map((url) => jsonString(url)));
  return jsonObject([
    ["ID", jsonString(member.ID.toString(16))],
    ["name", member.name === "" ? undefined : jsonString(member.name)],
    ["peerURLs", urls(member.peerURLs)],
    ["clientURLs", urls(member.clientURLs)],
    ["isLearner", member.isLearner ? "true" : undefined],
  ]);
}
