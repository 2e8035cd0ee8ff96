import { hexId } from "../../../base/index.ts";
import type { rpc } from "../../../wire/proto/index.ts";
import { sizeText } from "../../command/text.ts";
import type { Health, Of } from "../display.ts";

export interface Rows {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function memberRows(answer: rpc.MemberListResponse): Rows {
  return {
    headings: ["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"],
    rows: answer.members.map((member) => [
      hexId(member.ID),
      member.name === "" ? "unstarted" : "started",
      member.name,
      member.peerURLs.join(","),
      member.clientURLs.join(","),
      String(member.isLearner),
    ]),
  };
}

export function endpointHealthRows(answer: readonly Health[]): Rows {
  return {
    headings: ["endpoint", "health", "took", "error"],
    rows: answer.map(({ endpoint, health, took, error }) => [endpoint, String(health), took, error]),
  };
}

export function endpointStatusRows(answers: readonly Of<rpc.StatusResponse>[]): Rows {
  return {
    headings: [
      "endpoint",
      "ID",
      "version",
      "storage version",
      "db size",
      "in use",
      "percentage not in use",
      "quota",
      "is leader",
      "is learner",
      "raft term",
      "raft index",
      "raft applied index",
      "errors",
      "downgrade target version",
      "downgrade enabled",
    ],
    rows: answers.map(({ endpoint, answer }) => [
      endpoint,
      hexId(answer.header?.memberId ?? 0n),
      answer.version,
      answer.storageVersion,
      sizeText(answer.dbSize),
      sizeText(answer.dbSizeInUse),
      `${100 - Math.trunc((answer.dbSizeInUse * 100) / answer.dbSize)}%`,
      sizeText(answer.dbSizeQuota),
      String(answer.leader === answer.header?.memberId),
      String(answer.isLearner),
      String(answer.raftTerm),
      String(answer.raftIndex),
      String(answer.raftAppliedIndex),
      answer.errors.join(", "),
      answer.downgradeInfo?.targetVersion ?? "",
      String(answer.downgradeInfo?.enabled ?? false),
    ]),
  };
}

export function endpointHashRows(answers: readonly Of<rpc.HashKVResponse>[]): Rows {
  return {
    headings: ["endpoint", "hash", "hash_revision"],
    rows: answers.map(({ endpoint, answer }) => [endpoint, String(answer.hash), String(answer.hashRevision)]),
  };
}
