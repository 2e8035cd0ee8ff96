import {
  compareSemVer,
  formatSemVer,
  hexId,
  type MemberId,
  minorOnly,
  parseSemVer,
  type SemVer,
} from "../../base/index.ts";
import type { PeerSelf } from "./types.ts";

/** The versions this side speaks. */
export interface Versions {
  readonly server: SemVer;
  /** Oldest cluster version that is understood. */
  readonly clusterMin: SemVer;
}

type Headers = Readonly<Record<string, string | undefined>>;

/** What each request to a peer carries. */
export function requestHeaders(self: PeerSelf, versions: Versions): Record<string, string> {
  return {
    "x-server-from": hexId(self.memberId),
    "x-server-version": formatSemVer(versions.server),
    "x-min-cluster-version": formatSemVer(versions.clusterMin),
    "x-etcd-cluster-id": hexId(self.clusterId),
    ...(self.peerURLs.length > 0 ? { "x-peerurls": self.peerURLs.join(",") } : {}),
  };
}

export const INCOMPATIBLE_VERSION = "incompatible version";
export const CLUSTER_ID_MISMATCH = "cluster ID mismatch";

/** A peer from the time before the header existed. */
const VERSION_2_0: SemVer = { major: 2, minor: 0, patch: 0, pre: "" };

function versionOf(text: string | undefined): SemVer | undefined {
  return text === undefined || text === "" ? VERSION_2_0 : parseSemVer(text);
}

/** Why a request must be refused with 412, or undefined. */
export function refusalOf(headers: Headers, self: PeerSelf, versions: Versions): string | undefined {
  const server = versionOf(headers["x-server-version"]);
  const clusterMin = versionOf(headers["x-min-cluster-version"]);
  if (
    server === undefined ||
    clusterMin === undefined ||
    compareSemVer(minorOnly(server), minorOnly(versions.clusterMin)) < 0 ||
    compareSemVer(minorOnly(clusterMin), minorOnly(versions.server)) > 0
  ) {
    return INCOMPATIBLE_VERSION;
  }
  return headers["x-etcd-cluster-id"] === hexId(self.clusterId) ? undefined : CLUSTER_ID_MISMATCH;
}

/** A hex id as paths and headers carry it. */
export function parseId(text: string | undefined): MemberId | undefined {
  return text !== undefined && /^[0-9a-fA-F]{1,16}$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** The sender and where it can be reached, when it says so. */
export function senderOf(headers: Headers): { id: MemberId; urls: string[] } | undefined {
  const id = parseId(headers["x-server-from"]);
  const urls = headers["x-peerurls"];
  if (id === undefined || urls === undefined || urls === "") return undefined;
  return { id, urls: urls.split(",") };
}
