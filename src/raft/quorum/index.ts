export { JointConfig } from "./joint.ts";
export {
  type AckedIndex,
  ascending,
  MajorityConfig,
  quorumIndex,
  quorumSize,
  type VoteOf,
  VoteResult,
  voteResultName,
} from "./majority.ts";
