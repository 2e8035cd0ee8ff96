import type { ClusterId, Env, MemberId, SemVer } from "../../base/index.ts";
import type {
  ConfChangeLike,
  DowngradeInfo,
  Member,
  MembershipChange,
  MembershipOptions,
  MembershipStore,
} from "./types.ts";

export type {
  ConfChangeContext,
  ConfChangeLike,
  DowngradeInfo,
  Member,
  MembershipChange,
  MembershipOptions,
  MembershipStore,
  Sha1,
} from "./types.ts";

/** Shape of the membership. `new Membership(store, options, env)` starts empty; `recover()` reads the store. */
export interface MembershipShape {
  readonly clusterId: ClusterId;
  readonly localId: MemberId;
  /** Undefined until decided. */
  readonly clusterVersion: SemVer | undefined;
  readonly downgrade: DowngradeInfo;
  /** By id, ascending. */
  members(): Member[];
  votingMembers(): Member[];
  member(id: MemberId): Member | undefined;
  memberByName(name: string): Member | undefined;
  removedIds(): MemberId[];
  isRemoved(id: MemberId): boolean;
  /** Whether this member is a learner; false when it is not in the list. */
  isLocalLearner(): boolean;
  /** All client URLs, sorted. */
  clientURLs(): string[];
  peerURLs(): string[];
  /** Validates a committed ConfChange against what is stored. Undefined when it may be applied. */
  validate(change: ConfChangeLike): Error | undefined;
  /** Applies a valid ConfChange to memory and store; says what became of it, for the transport. */
  apply(change: ConfChangeLike): MembershipChange;
  /** Applies cluster_member_attr_set. */
  setAttributes(id: MemberId, name: string, clientURLs: readonly string[]): void;
  setClusterVersion(version: SemVer): void;
  setDowngrade(info: DowngradeInfo): void;
  /** Called after each change of the cluster version. */
  onVersionChange(listener: (version: SemVer) => void): void;
  /** Reads members, removed ids, version and downgrade info from the store (or another one). */
  recover(store?: MembershipStore): void;
}

export type MembershipConstructor = new (
  store: MembershipStore,
  options: MembershipOptions,
  env: Env,
) => MembershipShape;
