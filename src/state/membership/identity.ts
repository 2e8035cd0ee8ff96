import { type ClusterId, hexId, type MemberId, utf8 } from "../../base/index.ts";
import { MembershipError } from "./errors.ts";
import type { Member, Sha1 } from "./types.ts";

/**
 * Id of a member: the first eight bytes of SHA-1 over its sorted peer URLs, the token and, for a member added at run time, the
 * Unix time in seconds as decimal text. A member of the initial cluster has the cluster's token and no time; an added one has the time and no token.
 */
export function memberId(sha1: Sha1, peerURLs: readonly string[], token: string, unixSeconds?: number): MemberId {
  const time = unixSeconds === undefined ? "" : String(Math.floor(unixSeconds));
  return firstEight(sha1(utf8([...peerURLs].sort().join("") + token + time)));
}

/** Id of a cluster: the first eight bytes of SHA-1 over its first members' ids, ascending, eight bytes each. Made once, at the bootstrap. */
export function clusterId(sha1: Sha1, members: readonly MemberId[]): ClusterId {
  const bytes = new Uint8Array(8 * members.length);
  const view = new DataView(bytes.buffer);
  [...members].sort(byId).forEach((id, i) => {
    view.setBigUint64(8 * i, id);
  });
  return firstEight(sha1(bytes));
}

function firstEight(digest: Uint8Array): bigint {
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength).getBigUint64(0);
}

export function byId(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The members of a new cluster, by id ascending, and its id, from the parsed `initial-cluster`.
 * @throws MembershipError BadCluster when two members have one id
 */
export function bootstrapCluster(
  sha1: Sha1,
  initialCluster: ReadonlyMap<string, readonly string[]>,
  token: string,
): { members: Member[]; clusterId: ClusterId } {
  const members = new Map<MemberId, Member>();
  for (const [name, peerURLs] of initialCluster) {
    const id = memberId(sha1, peerURLs, token);
    if (members.has(id)) throw new MembershipError("BadCluster", `member exists with identical ID ${hexId(id)}`);
    if (id === 0n) throw new MembershipError("BadCluster", "cannot use 0 as member id");
    members.set(id, { id, name, peerURLs: [...peerURLs].sort(), clientURLs: [], isLearner: false });
  }
  const sorted = [...members.values()].sort((a, b) => byId(a.id, b.id));
  return {
    members: sorted,
    clusterId: clusterId(
      sha1,
      sorted.map((member) => member.id),
    ),
  };
}

/** A member to be added at run time. It has no name until it has started and said its own. */
export function newMember(
  sha1: Sha1,
  peerURLs: readonly string[],
  wallMs: number,
  options: { isLearner: boolean },
): Member {
  const id = memberId(sha1, peerURLs, "", wallMs / 1000);
  return { id, name: "", peerURLs: [...peerURLs].sort(), clientURLs: [], isLearner: options.isLearner };
}

/**
 * For a member that joins a running cluster: gives the members of its own `initial-cluster` the ids that the cluster knows, matched by
 * peer URLs. `same` compares two lists of URLs; it may resolve names.
 * @throws MembershipError BadCluster when the two lists do not describe the same members
 */
export async function adoptIds(
  existing: readonly Member[],
  local: readonly Member[],
  same: (a: readonly string[], b: readonly string[]) => boolean | Promise<boolean>,
): Promise<Member[]> {
  if (existing.length !== local.length) throw new MembershipError("BadCluster", "member count is unequal");
  const adopted: Member[] = [];
  for (const known of existing) {
    let match: Member | undefined;
    for (const own of local) {
      if (await same(known.peerURLs, own.peerURLs)) {
        match = own;
        break;
      }
    }
    if (match === undefined) {
      const urls = known.peerURLs.join(" ");
      throw new MembershipError(
        "BadCluster",
        `PeerURLs: no match found for existing member (${hexId(known.id)}, [${urls}])`,
      );
    }
    adopted.push({ ...match, id: known.id });
  }
  return adopted.sort((a, b) => byId(a.id, b.id));
}
