import { type ErrorKey, EtcdError } from "../../base/index.ts";

/** What may be wrong with a change of members, in etcd's words (peers see these texts), and what a client is told. */
const refusals = {
  IdRemoved: ["membership: ID removed", "MemberNotFound"],
  IdExists: ["membership: ID exists", "MemberExists"],
  IdNotFound: ["membership: ID not found", "MemberNotFound"],
  PeerUrlExists: ["membership: peerURL exists", "PeerUrlExists"],
  NotLearner: ["membership: can only promote a learner member", "MemberNotLearner"],
  TooManyLearners: ["membership: too many learner members in cluster", "TooManyLearners"],
} as const satisfies Record<string, readonly [string, ErrorKey]>;

export type RefusalCode = keyof typeof refusals;
export type MembershipErrorCode = RefusalCode | "BadJson" | "BadMember" | "BadUrl" | "BadCluster" | "ServerTooOld";

/** A fault of the world in the membership: a refused change, damaged data, a bad address, a version that does not fit. */
export class MembershipError extends Error {
  override readonly name = "MembershipError";
  readonly code: MembershipErrorCode;

  constructor(code: MembershipErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  static refusal(code: RefusalCode): MembershipError {
    return new MembershipError(code, refusals[code][0]);
  }

  /** What a client is told of a refused change; undefined for the other codes. */
  get client(): EtcdError | undefined {
    return this.code in refusals ? EtcdError.of(refusals[this.code as RefusalCode][1]) : undefined;
  }
}
