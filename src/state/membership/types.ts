import type { ClusterId, MemberId, SemVer } from "../../base/index.ts";
import type { Store } from "../../storage/store/index.ts";

/** What the membership needs of the store: buckets `members`, `members_removed`, `cluster`. */
export type MembershipStore = Pick<Store, "put" | "delete" | "get" | "visit">;

/** SHA-1 of some bytes, 20 bytes long. Handed in, since only adapters may reach for node:crypto. */
export type Sha1 = (bytes: Uint8Array) => Uint8Array;

/** A member as everyone agreed on it. Immutable: a change makes a new one. */
export interface Member {
  readonly id: MemberId;
  /** Empty until the member has published itself: it has not started yet. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

/** Same shape and numbers as raft's. */
export interface ConfChangeLike {
  readonly type: number;
  readonly nodeId: MemberId;
  readonly context: Uint8Array;
}

/** What travels in the context of a ConfChange, as JSON. */
export interface ConfChangeContext {
  readonly member: Member;
  /** AddNode that promotes a learner instead of adding a member. */
  readonly isPromote: boolean;
}

export interface DowngradeInfo {
  /** `3.6.0`, or empty when not enabled. */
  readonly targetVersion: string;
  readonly enabled: boolean;
}

export interface MembershipOptions {
  /** 0 while not known (offline tools). */
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  /** Flag max-learners, default 1. */
  readonly maxLearners: number;
  /** Version of this server, for the metric and the check at `recover`. */
  readonly serverVersion: SemVer;
}

export type MembershipChange =
  | { readonly kind: "added"; readonly member: Member }
  | { readonly kind: "promoted"; readonly member: Member }
  | { readonly kind: "updated"; readonly member: Member }
  | { readonly kind: "removed"; readonly member: Member | undefined; readonly id: MemberId };
