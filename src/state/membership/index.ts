export {
  decodeChangeContext,
  decodeMember,
  decodeMembers,
  encodeAttributes,
  encodeChangeContext,
  encodeMember,
  encodeMembers,
  encodePromotion,
  encodeRaftAttributes,
} from "./codec.ts";
export { MembershipError, type MembershipErrorCode, type RefusalCode } from "./errors.ts";
export { adoptIds, bootstrapCluster, clusterId, memberId, newMember } from "./identity.ts";
export { type Json, jsonString, jsonStrings, parseJson } from "./json.ts";
export { Membership, storedMembers } from "./membership.ts";
export {
  allowedDowngrade,
  isStarted,
  isValidDowngrade,
  isValidVersionChange,
  learnerReady,
  mayAdd,
  mayPromote,
  mayRemove,
  quorumOf,
  type Removal,
  serverFits,
} from "./rules.ts";
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
export { formatInitialCluster, parseInitialCluster, parseURLs } from "./urls.ts";
