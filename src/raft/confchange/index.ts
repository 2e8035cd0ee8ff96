export {
  type ChangeBase,
  type Configuration,
  describeProgress,
  enterJoint,
  leaveJoint,
  simpleChange,
} from "./changer.ts";
export {
  asConfChangeV2,
  type ConfChangePlan,
  decodeConfChange,
  decodeConfChangeEntry,
  decodeConfChangeV2,
  encodeConfChange,
  encodeConfChangeEntry,
  encodeConfChangeV2,
  planOf,
} from "./codec.ts";
export { equivalent, restoreConfiguration } from "./restore.ts";
